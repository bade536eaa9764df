/* SPDX-License-Identifier: Apache-2.0 */
/* quell compare: the same virtual patients under several regimens. */
#include "base/io.h"
#include "cli/compare_text.h"
#include "cli/stored.h"
#include "compare/compare_json.h"
#include "compare/numerics.h"
#include "report/report.h"
#include <string.h>

#define FAILED_SHARE 0.01 /* of a regimen's patients: more is exit status 3 */

static void on_progress(void *ctx, uint64_t done, uint64_t total)
{
	ql_cli_show_warnings(ctx);
	ql_cli_progress(ctx, "Simulating", done, total);
}

bool ql_compare_outputs_writable(struct ql_cli *c, struct ql_compare_outputs *o)
{
	bool ok = !o->csv || ql_cli_writable(c, ql_arena_printf(&c->arena, "%s/endpoints.csv", o->csv));
	ok = ql_report_files_ready(c, &o->report) && ok;
	return (!o->figure || ql_cli_writable(c, o->figure)) && ok;
}

static enum quell_status write_outputs(struct ql_cli *c, const struct ql_compare_outputs *o, const struct ql_compare *r,
				       bool cvode)
{
	enum quell_status s = o->csv ? ql_compare_csv(r, o->csv, &c->ds) : QUELL_OK;
	struct ql_buf text = {0};
	if (s == QUELL_OK && (o->report.html || o->report.pdf)) {
		ql_compare_json(r, &text);
		s = ql_report_files_write(c, &o->report, ql_compare_heading(r, &c->arena), cvode ? "CVODE" : "Rodas5P", &text);
	}
	text.len = 0;
	if (s == QUELL_OK && o->figure) {
		ql_report_figure(r, &text);
		s = ql_out_file(o->figure, &text, &c->ds);
	}
	ql_buf_free(&text);
	return s;
}

static uint64_t say_what_happened(struct ql_cli *c, const struct ql_compare *r)
{
	uint64_t failed = 0, done = 0;
	bool too_many = false;
	for (int a = 0; a < r->n_arm; a++) {
		failed += r->arm[a].patients_failed;
		done += r->arm[a].patients_done;
		too_many = too_many || (double)r->arm[a].patients_failed > FAILED_SHARE * (double)r->arm[a].patients_done;
	}
	for (int a = 0; a < r->n_arm; a++)
		ql_cli_say(c, "Model", "%s %016llx under %s: %d states, %s kernel for %s", r->model_name,
			   (unsigned long long)r->model_hash, r->arm[a].id, r->arm[a].n_state, r->arm[a].kernel, r->arm[a].isa);
	ql_cli_say(c, r->interrupted ? "Stopped" : "Simulated", "%s patients x %d regimen%s, %g years, %.1f s; %s of %s solves failed",
		   ql_grouped(c, r->patients_total), r->n_arm, r->n_arm == 1 ? "" : "s", r->years, r->wall_s, ql_grouped(c, failed), ql_grouped(c, done));
	return too_many ? failed : 0;
}

int ql_compare_show(struct ql_cli *c, const struct ql_compare_outputs *o, const struct ql_compare *r, bool cvode)
{
	uint64_t too_many = say_what_happened(c, r);
	if (c->json)
		ql_compare_json(r, &c->out);
	else
		ql_compare_text(c, r);
	enum quell_status s = write_outputs(c, o, r, cvode);
	if (s != QUELL_OK)
		return ql_cli_exit(s);
	if (too_many) {
		struct ql_diag *d = ql_diag_add(&c->ds, QL_E0920, (struct ql_span){0}, "%s patients could not be integrated",
						ql_grouped(c, too_many));
		ql_diag_help(d, "try `--solver cvode` or a smaller `--rtol`; if both fail the model leaves its range");
		return QL_EXIT_SOLVES;
	}
	return r->interrupted ? QL_EXIT_INTERRUPTED : QL_EXIT_OK;
}

static bool listed(const struct ql_words *w, const char *word)
{
	bool found = false;
	for (int i = 0; i < w->n; i++)
		found = found || strcmp(w->item[i], word) == 0;
	return found;
}

void ql_compare_output_options(struct ql_compare_outputs *o, struct ql_opt *opt)
{
	const struct ql_opt table[] = {
		{"csv", QL_OPT_TEXT, &o->csv, "DIR", NULL, 0, 0, NULL, "tables for other programs, into an existing folder"},
		QL_OPT_SHARED("html", QL_OPT_TEXT, &o->report.html),
		QL_OPT_SHARED("numerics", QL_OPT_COUNT, &o->numerics),
		QL_REPORT_PDF(&o->report),
		QL_OPT_SHARED("figure", QL_OPT_TEXT, &o->figure),
		{0}};
	_Static_assert(sizeof table / sizeof *table == QL_COMPARE_N_OPT, "keep QL_COMPARE_N_OPT in step");
	memcpy(opt, table, sizeof table);
}

static int run(struct ql_cli *c, struct ql_sim *sim, struct ql_compare_outputs *o, struct ql_stored *stored)
{
	int exit;
	if (!ql_stored_finish(c, stored, &exit))
		return exit;
	enum quell_status s = ql_sim_finish(c, sim);
	if (s != QUELL_OK || !ql_compare_outputs_writable(c, o))
		return QL_EXIT_INPUT;
	const struct ql_compare_keep keep = {listed(&stored->keep, "patients"), listed(&stored->keep, "courses")};
	if (stored->store || stored->dry_run)
		return ql_compare_stored(c, &sim->spec, keep, stored, o);
	struct ql_compare *r = NULL;
	sim->spec.progress = on_progress;
	sim->spec.progress_ctx = c;
	sim->spec.warm = c->warm;
	sim->spec.warm_stamp = c->warm_stamp;
	s = ql_compare_run(&sim->spec, &c->ds, &r);
	ql_cli_progress(c, "", 1, 1);
	if (s == QUELL_OK && r && o->numerics && !r->interrupted)
		s = ql_compare_numerics(&sim->spec, o->numerics, &c->ds, r);
	exit = r ? ql_compare_show(c, o, r, sim->solver) : ql_cli_exit(s);
	ql_compare_free(r);
	return exit == QL_EXIT_OK ? ql_cli_exit(s) : exit;
}

int ql_verb_compare(struct ql_cli *c, int argc, char **argv)
{
	struct ql_sim sim = {0};
	struct ql_compare_outputs o = {0};
	struct ql_opt common[QL_SIM_N_OPT];
	ql_sim_options(c, &sim, common);
	struct ql_stored stored = {0};
	const struct ql_opt own[] = {
		QL_OPT_SHARED("draws", QL_OPT_TEXT, &sim.spec.draws),
		QL_OPT_SHARED("n-draws", QL_OPT_INT, &sim.spec.n_draws),
		QL_OPT_SHARED("no-courses", QL_OPT_FLAG, &sim.spec.no_courses),
		QL_OPT_SHARED("no-contrasts", QL_OPT_FLAG, &sim.spec.no_contrasts),
		{0}};
	struct ql_opt opt[QL_COMPARE_N_OPT], store_opt[QL_STORED_N_OPT];
	ql_compare_output_options(&o, opt);
	ql_stored_options(&stored, store_opt);
	const struct ql_command cmd = {
		"compare", NULL, 0, 0,
		"Simulates the same virtual patients under several regimens and sets the published figures beside the\n"
		"simulated ones.\n",
		"quell compare --population unfit-1l --regimens clb-obi,ven-obi,ibrutinib --html report.html\n"
		"quell compare --regimens clb-obi --regimen my-regimen.yaml --patients 5000 --years 6 --seed 7 --json\n"
		"quell compare --population relapsed --regimens liso-cel --what-if btki-bridge-car-t,dual-car\n"
		"quell compare --regimens ven-obi --set disease.rmax=0.005 --csv tables\n"
		"quell compare --regimens clb-obi,ven-obi --patients 20000 --draws posterior\n"
		"quell compare --regimens clb-obi,ven-obi --patients 1e6 --store trial.db --max-time 8h\n",
		{common, own, opt, store_opt}};
	int exit;
	if (!ql_cli_parse(c, &cmd, argc, argv, &exit))
		return exit;
	if (sim.regimens.n + sim.regimen_files.n + sim.whatif.n == 0) {
		struct ql_diag *d = ql_diag_add(&c->ds, QL_E0915, ql_cli_span(c, ""), "`quell compare` needs regimens");
		ql_diag_help(d, "write `--regimens A,B`; `quell explain regimens` lists them");
		return QL_EXIT_USAGE;
	}
	return run(c, &sim, &o, &stored);
}
