/* SPDX-License-Identifier: Apache-2.0 */
/* Calibration: only calibration trials, a better fit or none, the same draws after a stop. */
#define _GNU_SOURCE
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "validate/calibrate.h"
#include "validate/credibility.h"
#include "dosing_helpers.h"

static const char two[] = "name,prior_sd_log,why\nchemo.lk_f,0.2,log-kill\nbtki.f_kill,0.2,kill\n";

static struct ql_calibration *run(const char *parameters, const char *log, struct ql_diags *ds, enum quell_status expected)
{
	struct ql_calibrate_spec s = {.panel = {.data_dir = QUELL_SOURCE_DIR, .patients = 20, .seed = 4, .threads = 2},
				      .parameters = parameters, .log = log, .steps = 1, .draws = 3, .keep = 4};
	struct ql_calibration *c;
	enum quell_status status = ql_calibrate_run(&s, ds, &c);
	if (status != expected)
		show(ds);
	assert_int_equal(status, expected);
	return c;
}

static void a_stopped_run_goes_on(void **state)
{
	(void)state;
	struct ql_diags ds = {0};
	char parameters[128], log[128];
	strcpy(parameters, scratch_file("p.csv", two));
	strcpy(log, scratch_file("log", ""));
	struct ql_calibration *a = run(parameters, log, &ds, QUELL_OK), *b = run(parameters, log, &ds, QUELL_OK);
	assert_int_equal(a->n_reused, 0);
	assert_int_equal(b->n_reused, b->n_evaluations);
	assert_int_equal(a->n_parameter, 2);
	assert_int_equal(a->n_kept, 4);
	assert_true(a->n_target > 60);
	assert_true(a->log_posterior_after >= a->log_posterior_before);
	assert_true(a->effective >= 1 && a->effective <= 3);
	double moved = 0;
	for (int i = 0; i < a->n_target; i++) {
		assert_string_equal(a->target[i].row->role, "calibration");
		assert_true(a->target[i].row->row->verified);
		assert_true(a->target[i].weight > 0 && a->target[i].weight <= 1);
	}
	for (int j = 0; j < 2; j++) {
		assert_true(a->parameter[j].posterior_sd > 0 && a->parameter[j].posterior_sd <= a->parameter[j].prior_sd);
		for (int d = 0; d < a->n_kept; d++) {
			assert_true(a->draw[d * 2 + j] == b->draw[d * 2 + j]);
			moved += fabs(a->draw[d * 2 + j] - a->parameter[j].start);
		}
	}
	assert_true(moved > 0);
	struct ql_buf draws = {0}, report = {0};
	ql_calibration_draws_csv(a, "quell calibrate", &draws);
	ql_calibration_report(a, "quell calibrate", &report);
	assert_non_null(strstr(draws.data, "draw,chemo.lk_f,btki.f_kill\n1,"));
	assert_non_null(strstr(report.data, "Effective sample size"));
	/* What was written is read again, and the draws enter the intervals. */
	static const char *trial[] = {"cll14"};
	struct ql_validate_spec v = {.panel = {.data_dir = QUELL_SOURCE_DIR, .patients = 80, .seed = 3, .threads = 2,
					       .draws = scratch_file("draws.csv", draws.data)},
				     .trial = trial, .n_trial = 1, .replicates = 40};
	struct ql_validation *out;
	assert_int_equal(ql_validate_run(&v, &ds, &out), QUELL_OK);
	assert_int_equal(out->n_draws, 4);
	assert_int_equal(ds.item[ds.n - 1]->code, QL_W0649); /* 20 patients for each draw */
	struct ql_buf dossier = {0};
	assert_int_equal(ql_credibility(out, QUELL_SOURCE_DIR, "quell validate", &ds, &dossier), QUELL_OK);
	assert_non_null(strstr(dossier.data, "## Context of use"));
	assert_non_null(strstr(dossier.data, "## Limits"));
	assert_non_null(strstr(dossier.data, "4 posterior draws"));
	ql_validation_free(out);
	ql_buf_free(&draws);
	ql_buf_free(&report);
	ql_buf_free(&dossier);
	ql_calibration_free(a);
	ql_calibration_free(b);
	ql_diags_free(&ds);
}

static void unknown_parameters_are_named(void **state)
{
	(void)state;
	struct ql_diags ds = {0};
	run(scratch_file("bad.csv", "name,prior_sd_log\nchemo.lk_g,0.2\ndisease.rmax,x\n"), NULL, &ds, QUELL_ERR_INPUT);
	assert_true(ds.n_errors >= 2);
	bool named = false;
	for (int i = 0; i < ds.n; i++)
		named |= ds.item[i]->code == QL_E0604 && ds.item[i]->span.line == 2;
	assert_true(named);
	ql_diags_free(&ds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_stopped_run_goes_on),
					   cmocka_unit_test(unknown_parameters_are_named)};
	return cmocka_run_group_tests(tests, NULL, scratch_remove);
}
