/* SPDX-License-Identifier: Apache-2.0 */
/* Quality of life: scores and their deterioration, years by sets of utilities, and both in simulated patients. */
#define _POSIX_C_SOURCE 200809L
#include "base/paths.h"
#include "compare/job.h"
#include "trial/quality.h"
#include "trial/rules.h"
#include "trial/utility.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NEAR(a, b) assert_true(fabs((double)(a) - (double)(b)) < 1e-6)

enum { SYMPTOMS, FATIGUE, WORRIES };

static void scores_follow_the_map(void **state)
{
	(void)state;
	double x[QL_QUALITY_N];
	struct ql_quality_state s = {NAN, NAN, NAN, NAN, false, false, false, false};
	ql_quality_score(&s, x); /* nothing read: what is always there */
	NEAR(x[SYMPTOMS], 10);
	NEAR(x[FATIGUE], 25);
	NEAR(x[WORRIES], 35);
	s = (struct ql_quality_state){3000, 90, 40, 1e-5, true, true, true, true};
	ql_quality_score(&s, x);
	NEAR(x[SYMPTOMS], 10 + 15 + 5 + 15 + 5);
	NEAR(x[FATIGUE], 25 + 0.67 * 30 + 10 + 10);
	NEAR(x[WORRIES], 35 + 15 - 5 + 5 + 5);
	s = (struct ql_quality_state){750, 150, 200, 1e-2, false, false, false, false};
	ql_quality_score(&s, x);
	NEAR(x[SYMPTOMS], 17.5);
	NEAR(x[FATIGUE], 25);
	NEAR(x[WORRIES], 35);
	s.haemoglobin = -1e6; /* bounded whatever comes */
	ql_quality_score(&s, x);
	assert_true(x[FATIGUE] <= 100);
}

/* Definite: what gets better again does not count; the step itself does; means are of time. */
static void deterioration_is_definite(void **state)
{
	(void)state;
	struct ql_quality q = {0};
	struct ql_patient_record r = ql_record_blank();
	const double start[] = {20, 20, 20}, bad[] = {30, 20, 29.9}, good[] = {29, 20, 20}, worse[] = {31, 20, 45};
	ql_quality_see(&q, 0, start);
	ql_quality_see(&q, 100, bad);
	ql_quality_see(&q, 200, good);
	ql_quality_see(&q, 300, worse);
	r.last_day = 500;
	ql_quality_close(&q, &r);
	NEAR(r.worse_day[SYMPTOMS], 300);
	assert_true(isinf(r.worse_day[FATIGUE]));
	NEAR(r.worse_day[WORRIES], 300);
	NEAR(r.quality_start[SYMPTOMS], 20);
	assert_true(fabs((double)r.quality_mean[SYMPTOMS] - (20 * 100 + 30 * 100 + 29 * 100 + 31 * 200) / 500.0) < 1e-4);
	NEAR(r.quality_mean[FATIGUE], 20);
	r.death_day = r.last_day = 400;
	ql_quality_close(&q, &r);
	NEAR(r.worse_day[FATIGUE], 400); /* death */
	ql_quality_progress(&q, 450); /* adds to what was last seen, once */
	ql_quality_progress(&q, 460);
	NEAR(q.last[FATIGUE], 30);
	NEAR(q.since[FATIGUE], 450);
	NEAR(q.last[WORRIES], 60);
	/* years beyond the fifth do not count in the mean */
	q = (struct ql_quality){0};
	ql_quality_see(&q, 0, start);
	ql_quality_see(&q, QL_QUALITY_MEAN_DAY, worse);
	r.death_day = INFINITY;
	r.last_day = 3652.5f;
	ql_quality_close(&q, &r);
	NEAR(r.quality_mean[SYMPTOMS], 20);
	struct ql_patient_record cut = r;
	ql_record_censor(&cut, 1000, 0);
	assert_true(isinf(cut.worse_day[SYMPTOMS]));
}

static double years(double from, double to, double rate)
{
	double k = log(1 + rate) / 365.25;
	return (exp(-k * from) - exp(-k * to)) / k / 365.25;
}

/* Against sums by hand, without the age norm. */
static void years_add_up(void **state)
{
	(void)state;
	struct ql_utility_set u = ql_utility_base;
	u.age_loss = 0;
	u.waiting = 0.55;
	struct ql_patient_record r = ql_record_blank();
	r.pfs_day = 1000;
	r.next_day = 1100;
	r.pfs2_day = 2000;
	r.last_day = 3000;
	r.end_day = 400;
	struct ql_utility_input in = {70, 200, 400};
	double expected = 0.69 * years(0, 200, 0.035) + 0.73 * years(200, 400, 0.035) + 0.77 * years(400, 1000, 0.035) +
			  0.55 * years(1000, 1100, 0.035) + 0.60 * years(1100, 2000, 0.035) + 0.50 * years(2000, 3000, 0.035);
	assert_true(fabs(ql_utility_years(&u, &r, &in) - expected) < 1e-12);
	r.infection_day = 50;
	r.n_infection = 2;
	assert_true(fabs(ql_utility_years(&u, &r, &in) - (expected - 2 * 0.195 * years(50, 64, 0.035))) < 1e-12);
	r.n_infection = 0;
	/* by response: none until the first, complete later */
	u.no_response = 0.78;
	u.partial_response = 0.84;
	u.complete_response = 0.91;
	r.response_day = 100;
	r.cr_day = 500;
	expected = 0.78 * years(0, 100, 0.035) + 0.84 * years(100, 500, 0.035) + 0.91 * years(500, 1000, 0.035) +
		   0.55 * years(1000, 1100, 0.035) + 0.60 * years(1100, 2000, 0.035) + 0.50 * years(2000, 3000, 0.035);
	assert_true(fabs(ql_utility_years(&u, &r, &in) - expected) < 1e-12);
	u.discount = 0;
	r.response_day = r.cr_day = INFINITY;
	expected = (0.78 * 1000 + 0.55 * 100 + 0.60 * 900 + 0.50 * 1000) / 365.25;
	assert_true(fabs(ql_utility_years(&u, &r, &in) - expected) < 1e-9);
}

static void published_sets_are_read(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	struct ql_diags ds = {0};
	int n;
	const char **name = ql_library_list(&a, QUELL_SOURCE_DIR, "library/utilities", ".yaml", &n);
	assert_true(n >= 3);
	for (int i = 0; i < n; i++) {
		struct ql_utility_set u;
		assert_int_equal(ql_utility_load(ql_arena_printf(&a, "%s/library/utilities/%s.yaml", QUELL_SOURCE_DIR, name[i]), &a, &ds, &u),
				 QUELL_OK);
		assert_string_equal(u.id, name[i]);
		assert_true(u.late <= u.waiting + 1e-12 && u.late < (isnan(u.partial_response) ? u.off : u.partial_response));
	}
	assert_int_equal(ds.n, 0);
	ql_diags_free(&ds);
	ql_arena_free(&a);
}

static void refuse(const char *text)
{
	char path[] = "/tmp/quell_utilities_XXXXXX";
	struct ql_arena a = {0};
	struct ql_diags ds = {0};
	struct ql_utility_set u;
	int fd = mkstemp(path);
	assert_true(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
	if (ql_utility_load(path, &a, &ds, &u) != QUELL_ERR_INPUT || ds.n_errors == 0 || ds.item[0]->span.line == 0)
		fail_msg("accepted: %s", text);
	remove(path);
	ql_diags_free(&ds);
	ql_arena_free(&a);
}

static void mistakes_are_named(void **state)
{
	(void)state;
	refuse("utilities: x\ntitle: y\n");
	refuse("utilities: x\ntitle: y\nvalues:\n  off: 0.8\n");
	refuse("utilities: x\ntitle: y\nvalues:\n  off: {value: 1.2, source: [], grade: assumed}\n");
	refuse("utilities: x\ntitle: y\nvalues:\n  off: {value: 0.8, source: [], grade: sure}\n");
	refuse("utilities: x\ntitle: y\nvalues:\n  of: {value: 0.8, source: [], grade: assumed}\n");
	refuse("utilities: x\ntitle: y\nvalues:\n  no_response: {value: 0.8, source: [], grade: assumed}\n");
}

/* Simulated patients: scores in range, the same for any lanes, worse never after death; treatment lightens symptoms, and
 * who waits does not get better. */
static void patients_have_scores(void **state)
{
	(void)state;
	static const char *regimens[] = {"ven-obi", "watch-and-wait"};
	enum { N = 96 };
	static struct ql_patient_record seen[2][N];
	for (int lanes = 4; lanes <= 8; lanes += 4) {
		struct ql_run_spec s = {.data_dir = QUELL_SOURCE_DIR, .population = "unfit-1l", .regimen = regimens, .n_regimen = 2,
					.patients = N, .seed = 7, .years = 6, .lanes = lanes};
		struct ql_job job = {0};
		struct ql_diags ds = {0};
		assert_int_equal(ql_job_open(&job, &s, &ds), QUELL_OK);
		for (int arm = 0; arm < 2; arm++) {
			struct ql_arm_spec a = ql_job_arm_spec(&job, arm);
			struct ql_arm_result result = {0};
			assert_int_equal(ql_arm_run(&a, &ds, &result), QUELL_OK);
			if (lanes == 4)
				memcpy(seen[arm], result.record, sizeof seen[arm]);
			else
				assert_memory_equal(seen[arm], result.record, sizeof seen[arm]);
			ql_arm_result_free(&result);
		}
		ql_job_close(&job);
		ql_diags_free(&ds);
	}
	double mean[2] = {0, 0};
	for (int arm = 0; arm < 2; arm++)
		for (int i = 0; i < N; i++) {
			const struct ql_patient_record *r = &seen[arm][i];
			for (int q = 0; q < QL_QUALITY_N; q++) {
				assert_true(r->quality_mean[q] >= 0 && r->quality_mean[q] <= 100 && r->quality_start[q] >= 0);
				assert_true(r->worse_day[q] <= r->death_day && r->worse_day[q] > 0);
				assert_true(seen[0][i].quality_start[q] == seen[1][i].quality_start[q]);
			}
			mean[arm] += (double)r->quality_mean[SYMPTOMS] / N;
		}
	assert_true(mean[0] < mean[1] - 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scores_follow_the_map),   cmocka_unit_test(deterioration_is_definite),
		cmocka_unit_test(years_add_up),		   cmocka_unit_test(published_sets_are_read),
		cmocka_unit_test(mistakes_are_named),	   cmocka_unit_test(patients_have_scores),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
