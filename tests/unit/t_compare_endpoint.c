/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "compare/compare_json.h"
#include "compare/endpoint.h"
#include "trial/rules.h"
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>
#include <unistd.h>

#define HORIZON (3 * QL_DAYS_PER_YEAR)

static struct ql_arena scratch;

static struct ql_patient_record followed(double until)
{
	struct ql_patient_record r = ql_record_blank();
	r.status = QUELL_OK;
	r.follow_day = r.last_day = r.end_day = (float)until;
	return r;
}

static struct ql_patient_record ended(double day, enum ql_pfs_cause cause)
{
	struct ql_patient_record r = followed(day);
	r.pfs_day = (float)day;
	r.pfs_cause = (unsigned char)cause;
	if (cause == QL_PFS_DEATH)
		r.death_day = (float)day;
	return r;
}

static struct ql_endpoint estimate(const struct ql_cohort *c, const char *id)
{
	struct ql_arena a = {0};
	int n;
	struct ql_endpoint e = {.estimate = -1};
	struct ql_endpoint_def *def = ql_endpoint_defs(&a, c->horizon_day, &n);
	for (int i = 0; i < n; i++)
		if (strcmp(def[i].id, id) == 0)
			ql_endpoint_estimate(c, &def[i], &e);
	ql_arena_free(&a);
	return e;
}

#define NEAR(x, y) assert_true(fabs((x) - (y)) < 1e-9)

/* Ten patients: 4 progress, 2 die, 3 go on, 1 failed to integrate. */
static void fill(struct ql_patient_record *r)
{
	double m = QL_DAYS_PER_MONTH;
	r[0] = ended(6 * m, QL_PFS_PROGRESSION);
	r[1] = ended(10 * m, QL_PFS_DEATH);
	r[2] = ended(14 * m, QL_PFS_PROGRESSION);
	r[3] = ended(20 * m, QL_PFS_DEATH);
	r[4] = ended(26 * m, QL_PFS_PROGRESSION);
	r[5] = ended(30 * m, QL_PFS_RICHTER);
	r[6] = followed(HORIZON);
	r[7] = followed(HORIZON);
	r[8] = followed(HORIZON);
	r[9] = ended(1, QL_PFS_DEATH);
	r[9].status = QUELL_SOLVE_STEPS;
	r[2].infection_day = (float)(3 * m);
	r[2].n_infection = 2;
	r[6].infection_day = (float)(18 * m);
	r[6].n_infection = 1;
	r[6].response = QL_RESP_CR;
	r[7].response = QL_RESP_PR;
	r[8].response = QL_RESP_PR_L;
	r[6].mrd_blood_eot = 5e-5f;
	r[7].mrd_blood_eot = 2e-4f;
	r[6].anc_nadir = 0.9f;
	r[7].anc_nadir = 1.1f;
}

static void rates_and_median_by_hand(void **state)
{
	(void)state;
	struct ql_patient_record r[10];
	fill(r);
	struct ql_cohort c = {r, 10, HORIZON, 180, &scratch, NULL, NULL, NULL};
	NEAR(estimate(&c, "pfs_rate_12mo").estimate, 7.0 / 9);
	NEAR(estimate(&c, "pfs_rate_24mo").estimate, 5.0 / 9);
	NEAR(estimate(&c, "pfs_rate_36mo").estimate, 3.0 / 9);
	NEAR(estimate(&c, "pfs_median").estimate, 26.0);
	NEAR(estimate(&c, "pfs_mean").estimate, (6 + 10 + 14 + 20 + 26 + 30 + 3 * 36) / 9.0);
	assert_true(estimate(&c, "pfs_rate_48mo").estimate == -1); /* beyond the horizon: not offered */
	struct ql_endpoint e = estimate(&c, "pfs_rate_24mo");
	/* Greenwood log-log at S = 5/9 without censoring: variance of log(-log S) is (1-S)/(S n log(S)^2). */
	double s = 5.0 / 9, se = sqrt((1 - s) / (s * 9)) / fabs(log(s));
	NEAR(e.lower, pow(s, exp(1.959963984540054 * se)));
	NEAR(e.upper, pow(s, exp(-1.959963984540054 * se)));
}

static void shares_count_everyone_who_was_finished(void **state)
{
	(void)state;
	struct ql_patient_record r[10];
	fill(r);
	struct ql_cohort c = {r, 10, HORIZON, 180, &scratch, NULL, NULL, NULL};
	NEAR(estimate(&c, "orr").estimate, 3.0 / 9);
	NEAR(estimate(&c, "cr").estimate, 1.0 / 9);
	NEAR(estimate(&c, "umrd_pb_1e-4_eot").estimate, 1.0 / 9);
	NEAR(estimate(&c, "umrd_bm_1e-4_eot").estimate, 0.0);
	NEAR(estimate(&c, "neutropenia_g3").estimate, 1.0 / 9);
	c.response_day = HORIZON + 1;
	assert_true(isnan(estimate(&c, "orr").estimate));
	double lower, upper; /* Wilson's limits for 1 of 9, from R: prop.test(1, 9, correct = FALSE) */
	ql_wilson(1.0 / 9, 9, 0.95, &lower, &upper);
	assert_true(fabs(lower - 0.01987) < 1e-4 && fabs(upper - 0.43498) < 1e-4);
}

static void adverse_events_compete_with_death(void **state)
{
	(void)state;
	struct ql_patient_record r[10];
	fill(r);
	struct ql_cohort c = {r, 10, HORIZON, 180, &scratch, NULL, NULL, NULL};
	/* By hand: event at 3 (9 at risk), death at 10 (7: one censored at 6), death is competing, event at 18 (6,
	 * the first infection of patient 2 took it out), so F = 1/9 + 8/9*6/7*1/6. */
	NEAR(estimate(&c, "infection_g3_12mo").estimate, 1.0 / 9);
	NEAR(estimate(&c, "infection_g3_24mo").estimate, 1.0 / 9 + 8.0 / 9 * 6 / 7 * 1 / 6);
	/* Death before progression: progression competes, nothing is censored before 24 months. */
	NEAR(estimate(&c, "death_24mo").estimate, 2.0 / 9);
	double years = (6 + 10 + 14 + 20 + 26 + 30 + 3 * 36) / 12.0;
	struct ql_endpoint e = estimate(&c, "infection_g3_rate");
	assert_true(fabs(e.estimate - 3 / years) < 1e-6 && e.lower < e.estimate && e.upper > e.estimate);
}

static void curve_counts_add_up(void **state)
{
	(void)state;
	struct ql_patient_record r[10];
	struct ql_arena a = {0};
	struct ql_curve k;
	fill(r);
	struct ql_cohort c = {r, 10, HORIZON, 180, &scratch, NULL, NULL, NULL};
	ql_endpoint_curve(&c, QL_M_PFS_RATE, "pfs", &a, &k);
	assert_int_equal(k.n, 37);
	for (int i = 0; i < k.n; i++) { /* who leaves in month i was at risk just before */
		assert_true(k.at_risk[i] >= 9 - k.events[i] - k.censored[i]);
		assert_true(i == 0 || k.at_risk[i] <= 9 - k.events[i - 1] - k.censored[i - 1]);
	}
	assert_int_equal(k.at_risk[0], 9);
	assert_int_equal(k.at_risk[36], 3);
	assert_int_equal(k.events[36], 6);
	assert_int_equal(k.censored[36], 3);
	assert_true(k.surv[0] == 1.0);
	NEAR(k.surv[36], 3.0 / 9);
	ql_arena_free(&a);
}

static void nobody_left_is_zero_not_missing(void **state)
{
	(void)state;
	struct ql_patient_record r[3] = {ended(100, QL_PFS_DEATH), ended(200, QL_PFS_PROGRESSION),
					 ended(300, QL_PFS_DEATH)};
	struct ql_cohort c = {r, 3, HORIZON, 180, &scratch, NULL, NULL, NULL};
	struct ql_endpoint e = estimate(&c, "pfs_rate_24mo");
	assert_true(e.estimate == 0.0 && e.lower == 0.0 && e.upper > 0.3);
	NEAR(estimate(&c, "death_24mo").estimate, 2.0 / 3);
	struct ql_cohort none = {r, 0, HORIZON, 180, &scratch, NULL, NULL, NULL};
	assert_true(isnan(estimate(&none, "pfs_rate_24mo").estimate));
	assert_true(isnan(estimate(&none, "orr").estimate));
}

static void contrasts_are_paired(void **state)
{
	(void)state;
	struct ql_patient_record a[4] = {followed(HORIZON), followed(HORIZON), ended(400, QL_PFS_PROGRESSION),
					 ended(300, QL_PFS_PROGRESSION)};
	struct ql_patient_record b[4] = {ended(200, QL_PFS_PROGRESSION), followed(HORIZON),
					 ended(300, QL_PFS_PROGRESSION), ended(301, QL_PFS_PROGRESSION)};
	struct ql_cohort ca = {a, 4, HORIZON, 180, &scratch, NULL, NULL, NULL}, cb = {b, 4, HORIZON, 180, &scratch, NULL, NULL, NULL};
	struct ql_endpoint_def rate = {"pfs_rate_12mo", "", "1", QL_M_PFS_RATE, 12 * QL_DAYS_PER_MONTH, false};
	struct ql_endpoint_def median = {"pfs_median", "", "month", QL_M_PFS_MEDIAN, 0, false};
	struct ql_contrast x;
	ql_endpoint_contrast(&ca, &cb, &rate, NULL, &x);
	/* differences 1, 0, 1, 0 */
	NEAR(x.difference, 0.5);
	NEAR(x.upper - x.difference, 1.959963984540054 * sqrt(1.0 / 3 / 4));
	NEAR(x.p_ahead, 1.0);
	ql_endpoint_contrast(&ca, &cb, &median, NULL, &x);
	NEAR(x.p_ahead, 2.0 / 3);
	assert_true(x.hazard_ratio < 1.0 && x.hr_lower < x.hazard_ratio && x.hr_upper > x.hazard_ratio);
	b[0].status = QUELL_SOLVE_STEPS; /* a failure in either arm takes the pair out */
	ql_endpoint_contrast(&ca, &cb, &rate, NULL, &x);
	NEAR(x.difference, 1.0 / 3);
}

static void json_follows_the_schema(void **state)
{
	(void)state;
	struct ql_published p = {.trial = "CLL14", .source = "Fischer, \"NEJM\"", .value = 0.88, .lower = NAN,
				 .upper = NAN, .verified = true};
	struct ql_endpoint e[2] = {{.id = "pfs_rate_24mo", .title = "t", .unit = "1", .estimate = 0.1, .lower = 0,
				    .upper = 0.2, .level = 0.95, .published = &p, .n_published = 1},
				   {.id = "pfs_median", .unit = "month", .estimate = NAN, .lower = NAN, .upper = NAN,
				    .level = 0.95}};
	struct ql_arm arm = {.id = "x", .title = "x, y", .evidence_grade = 'D', .warning = "no clinical data in CLL",
			     .kernel = "k", .n_state = 9, .endpoint = e, .n_endpoint = 2};
	struct ql_compare c = {.model_hash = 0xabc, .seed = 7, .patients_total = 10, .arm = &arm, .n_arm = 1};
	struct ql_buf b = {0};
	ql_compare_json(&c, &b);
	json_t *o = json_loads(b.data, 0, NULL), *r = json_array_get(json_object_get(o, "regimens"), 0);
	json_t *list = json_object_get(r, "endpoints"), *e0 = json_array_get(list, 0), *e1 = json_array_get(list, 1);
	assert_string_equal(json_string_value(json_object_get(o, "schema")), "quell.compare/1");
	assert_string_equal(json_string_value(json_object_get(o, "model_hash")), "0000000000000abc");
	assert_int_equal(json_integer_value(json_object_get(o, "seed")), 7);
	assert_int_equal(json_integer_value(json_object_get(o, "patients_total")), 10);
	assert_string_equal(json_string_value(json_object_get(r, "warning")), "no clinical data in CLL");
	assert_int_equal(json_integer_value(json_object_get(r, "patients_failed")), 0);
	assert_true(json_real_value(json_object_get(e0, "estimate")) == 0.1);
	assert_string_equal(json_string_value(json_object_get(json_object_get(e0, "interval"), "kind")), "monte_carlo");
	assert_true(json_is_null(json_object_get(json_object_get(e0, "published"), "lower")));
	assert_true(json_is_null(json_object_get(e1, "estimate")));
	assert_true(json_is_null(json_object_get(e1, "published")));
	json_decref(o);
	ql_buf_free(&b);
}

static void tables_are_written_all_or_none(void **state)
{
	(void)state;
	struct ql_diags ds = {0};
	struct ql_compare c = {.n_arm = 0};
	char dir[] = "/tmp/quell-test-XXXXXX", path[64];
	assert_non_null(mkdtemp(dir));
	assert_int_equal(ql_compare_csv(&c, dir, &ds), QUELL_OK);
	static const char *const name[] = {"endpoints.csv", "curves.csv", "courses.csv", "contrasts.csv"};
	for (int i = 0; i < 4; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, name[i]);
		assert_int_equal(unlink(path), 0);
	}
	assert_int_equal(rmdir(dir), 0); /* nothing else was left */
	assert_int_equal(ql_compare_csv(&c, "/no/such/place", &ds), QUELL_ERR_IO);
	assert_int_equal(ds.n_errors, 1);
	ql_diags_free(&ds);
}

/* Eight patients past their first line: times in months. */
static void what_follows_has_endpoints_of_its_own(void **state)
{
	(void)state;
	double m = QL_DAYS_PER_MONTH;
	struct ql_patient_record r[8];
	for (int i = 0; i < 8; i++) {
		r[i] = ended((4 + 2 * i) * m, QL_PFS_PROGRESSION);
		r[i].last_day = (float)(36 * m);
		r[i].response_day = (float)(2 * m);
		r[i].best = QL_RESP_PR;
		r[i].qaly = 1.5f;
		r[i].quality_mean[1] = 42.25f;
		r[i].crs_grade = (uint8_t)(i / 2);
		r[i].icans_grade = i == 7 ? 3 : 0;
		r[i].mrd_blood_eot = r[i].mrd_marrow_eot = (float)pow(10, -3 - i * 0.5);
	}
	for (int i = 0; i < 6; i++) {
		r[i].next_day = r[i].pfs_day + (float)m;
		r[i].n_line = 1;
	}
	for (int i = 0; i < 4; i++) {
		r[i].death_day = r[i].last_day = (float)((20 + 2 * i) * m);
		r[i].pfs2_day = (float)((12 + 2 * i) * m);
	}
	r[7].response_day = INFINITY;
	r[7].best = QL_RESP_SD;
	struct ql_cohort c = {r, 8, HORIZON, 200, &scratch, NULL, NULL, NULL};
	NEAR(estimate(&c, "os_rate_24mo").estimate, 5.0 / 8); /* deaths at 20, 22, 24 */
	NEAR(estimate(&c, "os_median").estimate, 26); /* flat at one half from 26 to the end: its middle is not reached */
	NEAR(estimate(&c, "ttnt_free_24mo").estimate, 2.0 / 8);
	NEAR(estimate(&c, "ttnt_median").estimate, 12); /* next lines at 5, 7, 9, 11 ... */
	NEAR(estimate(&c, "next_treatment_24mo").estimate, 6.0 / 8);
	NEAR(estimate(&c, "efs_median").estimate, 11);
	NEAR(estimate(&c, "pfs2_median").estimate, 18);
	NEAR(estimate(&c, "dor_median").estimate, 8); /* seven responders, 2 to 14 months */
	NEAR(estimate(&c, "response_time_median").estimate, 2);
	NEAR(estimate(&c, "orr_best").estimate, 7.0 / 8);
	NEAR(estimate(&c, "cr_best").estimate, 0);
	NEAR(estimate(&c, "crs_any").estimate, 6.0 / 8);
	NEAR(estimate(&c, "crs_g3").estimate, 2.0 / 8);
	NEAR(estimate(&c, "icans_any").estimate, 1.0 / 8);
	NEAR(estimate(&c, "umrd_pb_1e-5_eot").estimate, 3.0 / 8);
	NEAR(estimate(&c, "umrd_bm_1e-6_eot").estimate, 1.0 / 8);
	NEAR(estimate(&c, "qaly").estimate, 1.5);
	NEAR(estimate(&c, "fatigue_mean").estimate, 42.25);
}

static void a_data_cut_hides_what_came_later(void **state)
{
	(void)state;
	struct ql_patient_record r = ended(300, QL_PFS_PROGRESSION), x = r;
	r.next_day = 330, r.n_line = 1, r.death_day = r.last_day = 900, r.infection_day = 100, r.response = QL_RESP_PR;
	x = r;
	ql_record_censor(&x, 1000, 252);
	assert_memory_equal(&x, &r, sizeof r);
	ql_record_censor(&x, 400, 252);
	assert_true(x.pfs_day == 300 && x.next_day == 330 && x.death_day == INFINITY && x.last_day == 400);
	ql_record_censor(&x, 310, 252);
	assert_true(x.pfs_day == 300 && x.next_day == INFINITY && x.n_line == 0 && x.response == QL_RESP_PR);
	ql_record_censor(&x, 200, 252);
	assert_true(x.pfs_day == INFINITY && x.pfs_cause == QL_PFS_CENSORED && x.follow_day == 200 && x.last_day == 200);
	assert_true(x.response == QL_RESP_NE && x.infection_day == 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rates_and_median_by_hand),
		cmocka_unit_test(shares_count_everyone_who_was_finished),
		cmocka_unit_test(adverse_events_compete_with_death),
		cmocka_unit_test(curve_counts_add_up),
		cmocka_unit_test(nobody_left_is_zero_not_missing),
		cmocka_unit_test(contrasts_are_paired),
		cmocka_unit_test(what_follows_has_endpoints_of_its_own),
		cmocka_unit_test(a_data_cut_hides_what_came_later),
		cmocka_unit_test(json_follows_the_schema),
		cmocka_unit_test(tables_are_written_all_or_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
