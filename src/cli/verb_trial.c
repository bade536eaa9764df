/* SPDX-License-Identifier: Apache-2.0 */
/* quell trial: one trial from its file, many of them for power, a template to start from. */
#include "base/io.h"
#include "cli/compare_text.h"
#include "cli/report.h"
#include "cli/trial_stored.h"
#include "cli/trial_text.h"
#include "study/adam.h"
#include "study/trial_json.h"
#include <string.h>

struct trial_verb {
	struct ql_cli *c;
	struct ql_trial_spec spec;
	struct ql_power_spec power;
	struct ql_words set, looks;
	const char *adam;
	uint64_t patients;
	int lanes, solver;
	bool all;
	struct ql_stored stored;
	struct ql_report_files files;
};

static void on_replicate(void *ctx, uint64_t done, uint64_t total) { ql_cli_progress(ctx, "Trials", done, total); }

static void on_patient(void *ctx, uint64_t done, uint64_t total) { ql_cli_progress(ctx, "Simulating", done, total); }

static enum quell_status simulate(struct trial_verb *v, struct ql_trial *t, struct ql_trial_sum *sum)
{
	const struct ql_trial_once how = {.adam = v->adam, .progress = on_patient, .progress_ctx = v->c};
	return ql_trial_once(t, &how, sum, &v->c->ds);
}

static int too_many_failed(struct trial_verb *v, const struct ql_trial *t, const struct ql_trial_sum *sum)
{
	uint64_t failed = 0, done = 0;
	for (int a = 0; a < ql_trial_info(t)->n_arm; a++) {
		uint64_t f;
		done += ql_trial_sum_done(sum, a, &f);
		failed += f;
	}
	ql_cli_say(v->c, "Simulated", "%s patients of %s; %s solves failed", ql_grouped(v->c, done), ql_trial_info(t)->id,
		   ql_grouped(v->c, failed));
	if (failed * 100 <= done)
		return QL_EXIT_OK;
	struct ql_diag *d = ql_diag_add(&v->c->ds, QL_E0920, (struct ql_span){0}, "%s patients could not be integrated", ql_grouped(v->c, failed));
	ql_diag_help(d, "try `--solver cvode` or a smaller `--rtol`; if both fail the model leaves its range");
	return QL_EXIT_SOLVES;
}

static int show(struct trial_verb *v, struct ql_trial *t, struct ql_trial_sum *sum, const struct ql_power_result *power, bool interrupted)
{
	struct ql_trial_result r;
	enum quell_status s = ql_trial_estimate(t, sum, &v->c->arena, &r);
	if (s != QUELL_OK)
		return ql_cli_exit(s);
	struct ql_buf json = {0};
	ql_trial_json(t, sum, &r, power, v->power.alpha, interrupted, &json);
	if (v->c->json)
		ql_buf_add(&v->c->out, json.data, json.len);
	else
		ql_trial_text(v->c, t, &r, power, v->power.alpha, v->all);
	s = ql_report_files_write(v->c, &v->files, ql_trial_info(t)->title, v->solver ? "CVODE" : "Rodas5P", &json);
	ql_buf_free(&json);
	if (s != QUELL_OK)
		return ql_cli_exit(s);
	return interrupted ? QL_EXIT_INTERRUPTED : QL_EXIT_OK;
}

static int run_open(struct trial_verb *v, struct ql_trial *t)
{
	struct ql_power_result power;
	bool many = v->power.replicates > 1;
	struct ql_trial_sum *sum = ql_trial_sum_make(t);
	enum quell_status s = simulate(v, t, sum);
	bool interrupted = s == QUELL_ERR_INTERRUPTED;
	if (s == QUELL_OK && many) {
		v->power.progress = on_replicate;
		v->power.progress_ctx = v->c;
		s = ql_trial_power(&v->spec, &v->power, &v->c->arena, &v->c->ds, &power);
		many = s == QUELL_OK;
	}
	ql_cli_progress(v->c, "", 1, 1);
	int exit = s == QUELL_OK || interrupted ? show(v, t, sum, many && s == QUELL_OK ? &power : NULL, interrupted) : ql_cli_exit(s);
	if (exit == QL_EXIT_OK)
		exit = too_many_failed(v, t, sum);
	ql_trial_sum_free(sum);
	return exit;
}

/* A store holds one trial's counts and records: what needs more than that runs without one. */
static bool storable(struct trial_verb *v, int *exit)
{
	const char *word = v->files.html ? "--html" : v->files.pdf ? "--pdf" : v->adam ? "--adam" : v->power.replicates > 1 ? "--replicates" : NULL;
	for (int i = 0; i < v->stored.keep.n; i++)
		if (strcmp(v->stored.keep.item[i], "courses") == 0)
			word = "courses";
	if (!word || (!v->stored.store && !v->stored.dry_run))
		return true;
	ql_diag_help(ql_diag_add(&v->c->ds, QL_E0913, ql_cli_span(v->c, word), "a trial in a store takes no `%s`", word),
		     "leave it out, or run without --store and --dry-run");
	*exit = QL_EXIT_USAGE;
	return false;
}

static int run(struct trial_verb *v, const char *file)
{
	static const int lanes[] = {0, 4, 8};
	struct ql_cli *c = v->c;
	struct ql_trial *t = NULL;
	int exit;
	if (!ql_stored_finish(c, &v->stored, &exit) || !storable(v, &exit))
		return exit;
	if (!ql_report_files_ready(c, &v->files))
		return QL_EXIT_INPUT;
	if (!ql_cli_data(c) || !ql_power_looks(v->looks.item, v->looks.n, &v->power, &c->ds) ||
	    !ql_power_draws_fit(v->spec.draws, &v->power, ql_cli_span(c, "--draws"), &c->ds))
		return QL_EXIT_INPUT;
	v->spec.data_dir = c->data_dir;
	v->spec.design = file;
	v->spec.patients = v->patients;
	v->spec.lanes = lanes[v->lanes];
	v->spec.solver = v->solver ? QL_SOLVER_CVODE : QL_SOLVER_OWN;
	v->spec.set = v->set.item;
	v->spec.n_set = v->set.n;
	v->spec.cancel = c->cancel;
	if (v->stored.store || v->stored.dry_run)
		return ql_trial_stored(c, &v->spec, v->power.alpha, v->stored.keep.n > 0, &v->stored, v->all);
	enum quell_status s = ql_trial_open(&v->spec, &c->ds, &t);
	if (s != QUELL_OK)
		return ql_cli_exit(s);
	exit = run_open(v, t);
	ql_trial_close(t);
	return exit;
}

static int write_template(struct ql_cli *c, const char *path)
{
	struct ql_out_file f;
	if (!path) {
		ql_buf_puts(&c->out, ql_trial_template);
		return QL_EXIT_OK;
	}
	enum quell_status s = ql_out_open(&f, path, &c->ds);
	if (s == QUELL_OK) {
		ql_out_write(&f, ql_trial_template, strlen(ql_trial_template));
		s = ql_out_commit(&f, &c->ds);
	}
	return ql_cli_exit(s);
}

static int unknown_action(struct ql_cli *c, const char *word)
{
	static const char *const known[] = {"run", "new"};
	const char *near = ql_suggest(word, known, 2);
	struct ql_diag *d = ql_diag_add(&c->ds, QL_E0910, ql_cli_span(c, word), "`quell trial` knows no `%s`", word);
	ql_diag_help(d, near ? "did you mean `%s`?" : "write `quell trial run FILE` or `quell trial new FILE`", near);
	return QL_EXIT_USAGE;
}

int ql_verb_trial(struct ql_cli *c, int argc, char **argv)
{
	struct trial_verb v = {.c = c};
	const struct ql_opt opt[] = {
		QL_OPT_SHARED("patients", QL_OPT_COUNT, &v.patients),
		QL_OPT_SHARED("seed", QL_OPT_COUNT, &v.spec.seed),
		QL_OPT_SHARED("replicates", QL_OPT_COUNT, &v.power.replicates),
		QL_OPT_SHARED("alpha", QL_OPT_NUMBER, &v.power.alpha),
		QL_OPT_SHARED("looks", QL_OPT_LIST, &v.looks),
		QL_OPT_SHARED("futility", QL_OPT_NUMBER, &v.power.futility),
		QL_OPT_SHARED("draws", QL_OPT_TEXT, &v.spec.draws),
		QL_OPT_SHARED("n-draws", QL_OPT_INT, &v.spec.n_draws),
		QL_OPT_SHARED("adam", QL_OPT_TEXT, &v.adam),
		QL_REPORT_HTML(&v.files),
		QL_REPORT_PDF(&v.files),
		{"all", QL_OPT_FLAG, &v.all, NULL, NULL, 0, 0, NULL, "every endpoint, not only the usual ones"},
		{"json", QL_OPT_FLAG, &c->json, NULL, NULL, 0, 0, NULL, "JSON on standard output"},
		{0}};
	const struct ql_opt engine[] = {
		QL_OPT_SHARED("set", QL_OPT_ITEM, &v.set),
		QL_OPT_SHARED("threads", QL_OPT_INT, &v.spec.threads),
		QL_OPT_SHARED("lanes", QL_OPT_CHOICE, &v.lanes),
		QL_OPT_SHARED("solver", QL_OPT_CHOICE, &v.solver),
		QL_OPT_SHARED("rtol", QL_OPT_NUMBER, &v.spec.rtol),
		{0}};
	struct ql_opt store_opt[QL_STORED_N_OPT];
	ql_stored_options(&v.stored, store_opt);
	const struct ql_command cmd = {
		"trial", "run FILE | new [FILE]", 1, 2,
		"`run` simulates one trial from its file (or a trial of the library by name): patients are allocated by strata,\n"
		"arms draw different patients, and the data are cut as the file says. `new` writes a commented file to start from.\n",
		"quell trial new my-trial.yaml\n"
		"quell trial run my-trial.yaml --adam out\n"
		"quell trial run cll14 --replicates 200 --looks 0.5,0.75 --json\n",
		{opt, engine, store_opt}};
	int exit;
	if (!ql_cli_parse(c, &cmd, argc, argv, &exit))
		return exit;
	const char *action = c->args.item[0], *file = c->args.n > 1 ? c->args.item[1] : NULL;
	if (strcmp(action, "new") == 0)
		return write_template(c, file);
	if (strcmp(action, "run") != 0)
		return unknown_action(c, action);
	if (!file) {
		ql_diag_help(ql_diag_add(&c->ds, QL_E0915, ql_cli_span(c, action), "`quell trial run` needs a trial"),
			     "name a file, or a trial of library/trials");
		return QL_EXIT_USAGE;
	}
	return run(&v, file);
}
