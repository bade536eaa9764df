/* SPDX-License-Identifier: Apache-2.0 */
/* quell validate: every shipped trial, published against simulated. */
#include "cli/report.h"
#include "cli/validate_text.h"
#include "validate/credibility.h"
#include <string.h>

static void on_progress(void *ctx, uint64_t done, uint64_t total) { ql_cli_progress(ctx, "Simulating", done, total); }

/* The table that read_trial_effect() reads, with what made it. */
static void trial_effect_csv(struct ql_cli *c, const struct ql_validation *v, struct ql_buf *out)
{
	struct ql_trial_effect e[QL_EFFECT_COUNT];
	char sd[32];
	ql_trial_effect_estimate(v, &c->arena, e);
	ql_buf_printf(out, "# between calibration trials, beyond sampling and what the model gets wrong of a regimen in all of\n"
			   "# them: logarithm of the cumulative hazard of curves, logit of other shares.\n# %s\n# model %016llx\n",
		      c->line, (unsigned long long)v->model_hash);
	ql_buf_puts(out, "class,sd,residuals,df,pooled\n");
	for (int i = 0; i < QL_EFFECT_COUNT; i++)
		ql_buf_printf(out, "%s,%s,%d,%d,%s\n", ql_effect_name[i], ql_format_double(round(e[i].sd * 1e4) / 1e4, sd),
			      e[i].n, e[i].df, e[i].pooled ? "yes" : "no");
}

struct outputs {
	const char *effect, *dossier;
	struct ql_report_files report;
	bool all, score_only;
};

static enum quell_status show(struct ql_cli *c, const struct ql_validation *v, const struct outputs *o)
{
	enum quell_status s = QUELL_OK;
	struct ql_buf text = {0};
	if (o->report.html || o->report.pdf) {
		ql_validation_json(v, &text);
		s = ql_report_files_write(c, &o->report, "Published against simulated", NULL, &text);
	}
	text.len = 0;
	if (o->effect && s == QUELL_OK) {
		trial_effect_csv(c, v, &text);
		s = ql_out_file(o->effect, &text, &c->ds);
	}
	text.len = 0;
	if (o->dossier && s == QUELL_OK)
		s = ql_credibility(v, c->data_dir, c->line, &c->ds, &text);
	if (o->dossier && s == QUELL_OK)
		s = ql_out_file(o->dossier, &text, &c->ds);
	ql_buf_free(&text);
	if (c->json)
		ql_validation_json(v, &c->out);
	else if (o->score_only)
		ql_validate_score_text(c, v);
	else
		ql_validate_text(c, v, o->all);
	ql_cli_say(c, "Validated", "%d trials, %llu patients (%llu not integrated) in %.1f s, %.1f s of processor time",
		   v->n_design, (unsigned long long)v->n_simulated, (unsigned long long)v->n_failed, v->wall_s, v->cpu_s);
	return s;
}

int ql_verb_validate(struct ql_cli *c, int argc, char **argv)
{
	static const char *const roles[] = {NULL, "calibration", "validation", "evidence"};
	struct ql_validate_spec spec = {.panel = {.rtol = 1e-4}};
	struct ql_words trials = {0}, set = {0};
	struct outputs o = {0};
	int role = 0;
	const struct ql_opt opt[] = {
		QL_OPT_SHARED("trial", QL_OPT_LIST, &trials),
		QL_OPT_SHARED("role", QL_OPT_CHOICE, &role),
		QL_OPT_SHARED("patients", QL_OPT_COUNT, &spec.panel.patients),
		QL_OPT_SHARED("replicates", QL_OPT_INT, &spec.replicates),
		QL_OPT_SHARED("seed", QL_OPT_COUNT, &spec.panel.seed),
		QL_OPT_SHARED("set", QL_OPT_ITEM, &set),
		QL_OPT_SHARED("draws", QL_OPT_TEXT, &spec.panel.draws),
		QL_OPT_SHARED("n-draws", QL_OPT_INT, &spec.panel.n_draws),
		QL_OPT_SHARED("trial-effect", QL_OPT_TEXT, &spec.trial_effect),
		{"find-trial-effect", QL_OPT_TEXT, &o.effect, "FILE", NULL, 0, 0, NULL,
		 "estimate the trial effect from calibration trials and write it; intervals are then without it"},
		QL_OPT_SHARED("html", QL_OPT_TEXT, &o.report.html),
		QL_REPORT_PDF(&o.report),
		QL_OPT_SHARED("credibility", QL_OPT_TEXT, &o.dossier),
		{"all", QL_OPT_FLAG, &o.all, NULL, NULL, 0, 0, NULL, "name the rows and trials that are not simulated, too"},
		{"score", QL_OPT_FLAG, &o.score_only, NULL, NULL, 0, 0, NULL, "the score alone"},
		QL_OPT_SHARED("threads", QL_OPT_INT, &spec.panel.threads),
		{"json", QL_OPT_FLAG, &c->json, NULL, NULL, 0, 0, NULL, "JSON on standard output"},
		{0}};
	const struct ql_command cmd = {
		"validate", "", 0, 0,
		"Simulates every trial of the library and holds it against what was published. A hit: the\n"
		"published value lies in the 95 % interval of a simulated trial of that size.\n",
		"quell validate --trial cll14,murano\nquell validate --role validation --html board.html\n", {opt}};
	int exit;
	if (!ql_cli_parse(c, &cmd, argc, argv, &exit))
		return exit;
	if (!ql_report_files_ready(c, &o.report))
		return QL_EXIT_INPUT;
	if (!ql_cli_data(c))
		return ql_cli_exit(QUELL_ERR_IO);
	spec.panel.data_dir = c->data_dir;
	spec.panel.set = set.item;
	spec.panel.n_set = set.n;
	spec.panel.cancel = c->cancel;
	spec.panel.progress = on_progress;
	spec.panel.progress_ctx = c;
	spec.trial = trials.item;
	spec.n_trial = trials.n;
	spec.role = roles[role];
	spec.no_trial_effect = o.effect != NULL;
	struct ql_validation *v;
	enum quell_status s = ql_validate_run(&spec, &c->ds, &v);
	if (s == QUELL_OK) {
		s = show(c, v, &o);
		ql_validation_free(v);
	}
	return ql_cli_exit(s);
}
