/* SPDX-License-Identifier: Apache-2.0 */
/* quell calibrate: population parameters from the summary endpoints of calibration trials. */
#include "cli/cli.h"
#include "validate/calibrate.h"
#include <string.h>

static void on_progress(void *ctx, const char *what, uint64_t done, uint64_t total)
{
	ql_cli_progress(ctx, what, done, total);
}

int ql_verb_calibrate(struct ql_cli *c, int argc, char **argv)
{
	struct ql_calibrate_spec spec = {.panel = {.rtol = 1e-4}};
	const char *draws = NULL, *report = NULL;
	const struct ql_opt opt[] = {
		QL_OPT_SHARED("out", QL_OPT_TEXT, &draws),
		QL_OPT_SHARED("report", QL_OPT_TEXT, &report),
		QL_OPT_SHARED("parameters", QL_OPT_TEXT, &spec.parameters),
		QL_OPT_SHARED("log", QL_OPT_TEXT, &spec.log),
		QL_OPT_SHARED("patients", QL_OPT_COUNT, &spec.panel.patients),
		QL_OPT_SHARED("steps", QL_OPT_INT, &spec.steps),
		QL_OPT_SHARED("draw", QL_OPT_INT, &spec.draws),
		QL_OPT_SHARED("keep", QL_OPT_INT, &spec.keep),
		QL_OPT_SHARED("seed", QL_OPT_COUNT, &spec.panel.seed),
		QL_OPT_SHARED("threads", QL_OPT_INT, &spec.panel.threads),
		{"json", QL_OPT_FLAG, &c->json, NULL, NULL, 0, 0, NULL, "JSON on standard output"},
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
		s = ql_out_file(draws, &text, &c->ds);
		text.len = 0;
	}
	if (s == QUELL_OK && report) {
		ql_calibration_report(r, c->line, &text);
		s = ql_out_file(report, &text, &c->ds);
	} else if (s == QUELL_OK && !c->json) {
		ql_calibration_report(r, c->line, &c->out);
	}
	if (s == QUELL_OK && c->json)
		ql_calibration_json(r, &c->out);
	ql_buf_free(&text);
	ql_cli_say(c, "Calibrated", "%d parameters on %d targets, %d evaluations (%d from the log), effective sample size %.1f of "
		   "%d, %.0f s", r->n_parameter, r->n_target, r->n_evaluations, r->n_reused, r->effective, r->n_drawn, r->wall_s);
	ql_calibration_free(r);
	return ql_cli_exit(s);
}
