/* SPDX-License-Identifier: Apache-2.0 */
/* quell calibrate: population parameters from the summary endpoints of calibration trials. */
#include "cli/cli.h"
#include "decide/calibrate.h"
#include <string.h>

static void on_progress(void *ctx, const char *what, uint64_t done, uint64_t total)
{
	ql_cli_progress(ctx, what, done, total);
}

static enum quell_status write_file(struct ql_cli *c, const char *path, const struct ql_buf *text)
{
	struct ql_out_file f;
	enum quell_status s = ql_out_open(&f, path, &c->ds);
	if (s != QUELL_OK)
		return s;
	ql_out_write(&f, text->data, text->len);
	return ql_out_commit(&f, &c->ds);
}

int ql_verb_calibrate(struct ql_cli *c, int argc, char **argv)
{
	struct ql_calibrate_spec spec = {.panel = {.patients = 200, .seed = 1, .rtol = 1e-4}, .steps = 2, .draws = 60, .keep = 24};
	const char *draws = NULL, *report = NULL;
	const struct ql_opt opt[] = {
		{"out", QL_OPT_TEXT, &draws, "FILE", NULL, 0, 0, NULL, "the kept draws, for --draws of validate"},
		{"report", QL_OPT_TEXT, &report, "FILE", "standard output", 0, 0, NULL, "what was found, as Markdown"},
		{"parameters", QL_OPT_TEXT, &spec.parameters, "FILE", "library/calibration/parameters.csv", 0, 0, NULL,
		 "which parameters, and the spread of their priors"},
		{"log", QL_OPT_TEXT, &spec.log, "FILE", "none", 0, 0, NULL,
		 "evaluations so far: a run that was stopped goes on from there"},
		{"patients", QL_OPT_COUNT, &spec.panel.patients, "N", "200", 20, 1e6, NULL, "virtual patients per arm"},
		{"steps", QL_OPT_INT, &spec.steps, "N", "2", 1, 50, NULL, "Gauss-Newton steps"},
		{"draw", QL_OPT_INT, &spec.draws, "N", "60", 2, 100000, NULL, "weighted draws"},
		{"keep", QL_OPT_INT, &spec.keep, "N", "24", 1, 255, NULL, "draws that are kept"},
		{"seed", QL_OPT_COUNT, &spec.panel.seed, "N", "1", 0, 9007199254740992.0, NULL, "random seed"},
		{"threads", QL_OPT_INT, &spec.panel.threads, "N", "all cores", 1, 1024, NULL,
		 "threads; results do not depend on it"},
		{0}};
	const struct ql_command cmd = {
		"calibrate", "", 0, 0,
		"Fits population parameters to the verified endpoints of trials with role calibration, on\n"
		"common random numbers, and draws from their posterior. Trials for validation are not read.\n",
		"quell calibrate --out draws.csv --report calibration.md --log calibrate.log\n", {opt}};
	int exit;
	if (!ql_cli_parse(c, &cmd, argc, argv, &exit))
		return exit;
	if (!ql_cli_data(c))
		return ql_cli_exit(QUELL_ERR_IO);
	spec.panel.data_dir = c->data_dir;
	spec.panel.cancel = c->cancel;
	spec.progress = on_progress;
	spec.progress_ctx = c;
	struct ql_calibration *r;
	enum quell_status s = ql_calibrate_run(&spec, &c->ds, &r);
	if (s != QUELL_OK)
		return ql_cli_exit(s);
	struct ql_buf text = {0};
	if (draws) {
		ql_calibration_draws_csv(r, c->line, &text);
		s = write_file(c, draws, &text);
		text.len = 0;
	}
	if (s == QUELL_OK && report) {
		ql_calibration_report(r, c->line, &text);
		s = write_file(c, report, &text);
	} else if (s == QUELL_OK) {
		ql_calibration_report(r, c->line, &c->out);
	}
	ql_buf_free(&text);
	ql_cli_say(c, "Calibrated", "%d parameters on %d targets, %d evaluations (%d from the log), effective sample size %.1f of "
		   "%d, %.0f s", r->n_parameter, r->n_target, r->n_evaluations, r->n_reused, r->effective, r->n_drawn, r->wall_s);
	ql_calibration_free(r);
	return ql_cli_exit(s);
}
