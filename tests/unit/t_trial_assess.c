/* SPDX-License-Identifier: Apache-2.0 */
#include "trial/assess.h"
#include "trial/course.h"
#include "trial/rules.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>

static const struct ql_reading start = {0, 80.0, 40.0, 2.6, 17.0, 0.6, 4.0, false, NAN, NAN};

static void progression_follows_each_item(void **state)
{
	(void)state;
	struct ql_nadir n;
	ql_nadir_start(&n, &start);
	struct ql_reading low = {200, 2.0, 4.0, 0.8, 11.0, 0.0, 3.0, false, NAN, NAN};
	assert_false(ql_assess_progression(&low, &n));
	ql_nadir_update(&n, &low);
	struct ql_reading r = low;
	assert_false(ql_assess_progression(&r, &n));
	r.spd = 6.0, r.diameter = 1.5; /* half again, but no node above 1.5 cm */
	assert_false(ql_assess_progression(&r, &n));
	r.diameter = 1.51;
	assert_true(ql_assess_progression(&r, &n));
	r = low, r.alc = 4.9;
	assert_false(ql_assess_progression(&r, &n));
	r.alc = 5.0;
	assert_true(ql_assess_progression(&r, &n));
	r = low, r.spleen = 14.0;
	assert_false(ql_assess_progression(&r, &n));
	r.spleen = 14.1;
	assert_true(ql_assess_progression(&r, &n));
	n.spleen = 12.5;
	assert_false(ql_assess_progression(&r, &n));
}

static void lymphocytosis_is_waived_on_btki_in_the_first_year(void **state)
{
	(void)state;
	struct ql_nadir n;
	ql_nadir_start(&n, &start);
	struct ql_reading r = {56, 140.0, 12.0, 1.4, 13.0, 0.3, 4.0, true, NAN, NAN};
	assert_false(ql_assess_progression(&r, &n));
	r.day = 366;
	assert_true(ql_assess_progression(&r, &n));
	n.alc = 4.0, r.alc = 9.0;
	assert_false(ql_assess_progression(&r, &n));
	r.waiver = false;
	assert_true(ql_assess_progression(&r, &n));
}

static void nadir_ignores_what_was_not_read(void **state)
{
	(void)state;
	struct ql_nadir n;
	ql_nadir_start(&n, &start);
	struct ql_reading r = {28, NAN, 20.0, 1.8, NAN, NAN, NAN, false, NAN, NAN};
	ql_nadir_update(&n, &r);
	assert_true(n.alc == 80.0 && n.spd == 20.0 && n.spleen == 17.0);
	assert_false(ql_assess_progression(&r, &n));
}

/* The more CLL in the marrow, the more often a biopsy finds it; the same patient never clears by getting worse. */
static void biopsy_finds_what_is_left(void **state)
{
	(void)state;
	assert_int_equal(ql_assess_biopsy(0.0, 0.74), QL_BIOPSY_CLEAR);
	assert_int_equal(ql_assess_biopsy(0.0, 0.76), QL_BIOPSY_NODULES);
	assert_int_equal(ql_assess_biopsy(0.0, 0.81), QL_BIOPSY_RESIDUAL);
	assert_int_equal(ql_assess_biopsy(0.002, 0.37), QL_BIOPSY_CLEAR); /* half the chance */
	assert_int_equal(ql_assess_biopsy(0.002, 0.44), QL_BIOPSY_RESIDUAL);
	assert_int_equal(ql_assess_biopsy(NAN, 0.74), QL_BIOPSY_CLEAR); /* no marrow: not judged */
	for (double u = 0.01; u < 1; u += 0.05)
		for (double m = 1e-6; m < 1; m *= 2)
			assert_false(ql_assess_biopsy(m, u) != QL_BIOPSY_CLEAR && ql_assess_biopsy(2 * m, u) == QL_BIOPSY_CLEAR);
}

static void response_needs_two_items_of_group_a(void **state)
{
	(void)state;
	struct ql_reading r = {252, 2.0, 4.0, 0.8, 11.0, 0.001, 3.0, false, NAN, NAN};
	assert_int_equal(ql_assess_response(&r, &start, QL_BIOPSY_CLEAR), QL_RESP_CR);
	assert_int_equal(ql_assess_response(&r, &start, QL_BIOPSY_NODULES), QL_RESP_NPR);
	assert_int_equal(ql_assess_response(&r, &start, QL_BIOPSY_RESIDUAL), QL_RESP_PR);
	struct ql_reading x = r;
	x.marrow = 0.01;
	assert_int_equal(ql_assess_response(&x, &start, QL_BIOPSY_CLEAR), QL_RESP_PR);
	x = r, x.spleen = 13.0;
	assert_int_equal(ql_assess_response(&x, &start, QL_BIOPSY_CLEAR), QL_RESP_PR);
	x.spleen = 15.0; /* excess of 4 cm halved */
	x.spd = 20.1;
	assert_int_equal(ql_assess_response(&x, &start, QL_BIOPSY_CLEAR), QL_RESP_PR);
	x.spleen = 15.1;
	assert_int_equal(ql_assess_response(&x, &start, QL_BIOPSY_CLEAR), QL_RESP_SD);
	x.spd = 20.0;
	assert_int_equal(ql_assess_response(&x, &start, QL_BIOPSY_CLEAR), QL_RESP_PR);
	x.alc = 40.1;
	assert_int_equal(ql_assess_response(&x, &start, QL_BIOPSY_CLEAR), QL_RESP_SD);
	x.alc = 40.0;
	assert_int_equal(ql_assess_response(&x, &start, QL_BIOPSY_CLEAR), QL_RESP_PR);
}

static void lymphocytes_alone_make_pr_l(void **state)
{
	(void)state;
	struct ql_reading x = {252, 41.0, 4.0, 0.8, 11.0, 0.001, 3.0, true, NAN, NAN};
	assert_int_equal(ql_assess_response(&x, &start, QL_BIOPSY_CLEAR), QL_RESP_PR_L);
	x.spleen = 15.1; /* one of two tissue items is not enough */
	assert_int_equal(ql_assess_response(&x, &start, QL_BIOPSY_CLEAR), QL_RESP_SD);
	struct ql_reading flat = start;
	flat.spleen = 12.0; /* normal at the start: nodes are the only one */
	x.spleen = 12.5;
	assert_int_equal(ql_assess_response(&x, &flat, QL_BIOPSY_CLEAR), QL_RESP_PR_L);
}

static void the_only_abnormal_item_decides(void **state)
{
	(void)state;
	struct ql_reading small = start, x = {252, 2.0, 7.0, 0.8, 11.0, 0.001, 3.0, false, NAN, NAN};
	small.spd = 8.0;
	small.spleen = 12.0;
	assert_int_equal(ql_assess_response(&x, &small, QL_BIOPSY_CLEAR), QL_RESP_CR);
	x.alc = 41.0;
	assert_int_equal(ql_assess_response(&x, &small, QL_BIOPSY_CLEAR), QL_RESP_SD);
}

static void low_counts_make_cri_and_hold_a_response_back(void **state)
{
	(void)state;
	struct ql_reading b = start, r = {252, 2.0, 4.0, 0.8, 11.0, 0.001, 3.0, false, 125.0, 160.0};
	b.hb = 100.0;
	b.plt = 80.0;
	assert_int_equal(ql_assess_response(&r, &b, QL_BIOPSY_CLEAR), QL_RESP_CR);
	struct ql_reading x = r;
	x.anc = 1.5;
	assert_int_equal(ql_assess_response(&x, &b, QL_BIOPSY_CLEAR), QL_RESP_CRI);
	x = r, x.hb = 109.9;
	assert_int_equal(ql_assess_response(&x, &b, QL_BIOPSY_CLEAR), QL_RESP_CRI);
	x = r, x.plt = 99.0;
	assert_int_equal(ql_assess_response(&x, &b, QL_BIOPSY_CLEAR), QL_RESP_CRI);
	x.hb = 105.0; /* neither of the two that were low is better; neutrophils were normal */
	assert_int_equal(ql_assess_response(&x, &b, QL_BIOPSY_CLEAR), QL_RESP_SD);
	b.plt = 60.0;
	x.plt = 90.0; /* half again */
	assert_int_equal(ql_assess_response(&x, &b, QL_BIOPSY_CLEAR), QL_RESP_CRI);
}

static void falling_counts_are_progression_if_cll_does_it(void **state)
{
	(void)state;
	struct ql_reading b = start, r = {300, 2.0, 4.0, 0.8, 11.0, 0.5, 3.0, false, 100.0, 160.0};
	b.hb = 120.0;
	b.plt = 170.0;
	struct ql_nadir n;
	ql_nadir_start(&n, &b);
	assert_int_equal(ql_assess_pd(&r, &n, false), QL_PD_CYTOPENIA);
	assert_int_equal(ql_assess_pd(&r, &n, true), 0);
	struct ql_reading x = r;
	x.hb = 100.1;
	assert_int_equal(ql_assess_pd(&x, &n, false), 0);
	x.plt = 85.0;
	assert_int_equal(ql_assess_pd(&x, &n, false), QL_PD_CYTOPENIA);
	x.marrow = 0.29;
	assert_int_equal(ql_assess_pd(&x, &n, false), 0);
	x.hb = NAN;
	x.plt = NAN;
	x.marrow = 0.9;
	assert_int_equal(ql_assess_pd(&x, &n, false), 0);
}

static void a_response_counts_when_it_holds(void **state)
{
	(void)state;
	struct ql_best b;
	ql_best_start(&b);
	ql_best_add(&b, 28, QL_RESP_SD);
	assert_int_equal(b.best, QL_RESP_SD);
	ql_best_add(&b, 56, QL_RESP_PR);
	ql_best_add(&b, 84, QL_RESP_SD); /* broken */
	ql_best_add(&b, 112, QL_RESP_PR_L);
	ql_best_add(&b, 140, QL_RESP_CR);
	assert_int_equal(b.best, QL_RESP_SD);
	ql_best_add(&b, 168, QL_RESP_PR);
	assert_int_equal(b.best, QL_RESP_PR_L);
	assert_true(b.response_day == 112.0 && b.cr_day == (double)INFINITY);
	ql_best_add(&b, 196, QL_RESP_CR);
	assert_int_equal(b.best, QL_RESP_PR);
	ql_best_add(&b, 252, QL_RESP_CRI);
	assert_int_equal(b.best, QL_RESP_CRI);
	assert_true(b.response_day == 112.0 && b.cr_day == 196.0);
	ql_best_add(&b, 308, QL_RESP_CR);
	assert_int_equal(b.best, QL_RESP_CRI);
	ql_best_add(&b, 364, QL_RESP_CR);
	assert_int_equal(b.best, QL_RESP_CR);
	assert_true(b.cr_day == 196.0);
}

static void grid_ends_within_the_horizon(void **state)
{
	(void)state;
	double day[QL_COURSE_MAX_DAYS];
	static const double horizon[] = {0.5, 30, 364, 365, 448, 2191.5, 3652.5, 36525};
	for (size_t i = 0; i < sizeof horizon / sizeof *horizon; i++) {
		int n = ql_course_grid(horizon[i], day);
		assert_in_range(n, 1, QL_COURSE_MAX_DAYS);
		assert_true(day[0] == 0.0 && day[n - 1] <= horizon[i]);
		for (int k = 1; k < n; k++)
			assert_true(day[k] > day[k - 1]);
	}
	assert_int_equal(ql_course_grid(2191.5, day), 38);
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Quantiles of the histogram against those of the sorted sample. */
static void quantiles_are_within_half_a_bin(void **state)
{
	(void)state;
	enum { N = 5000 };
	static double x[N];
	double day = 0.0;
	for (int a = 0; a < ql_course_axis_count; a++) {
		const struct ql_course_axis *ax = &ql_course_axis[a];
		struct ql_course_sum *c = ql_course_make(&day, 1);
		uint64_t seed = 12345;
		for (int i = 0; i < N; i++) {
			seed = seed * 6364136223846793005ull + 1442695040888963407ull;
			double u = (double)(seed >> 11) * 0x1p-53;
			x[i] = ax->logarithmic ? ax->low * pow(ax->high / ax->low, 0.1 + 0.8 * u * u) : u;
			ql_course_count(c, a, 0, ql_course_bin(a, x[i]));
		}
		ql_course_count(c, a, 0, ql_course_bin(a, NAN));
		assert_int_equal(ql_course_total(c, a, 0), N);
		qsort(x, N, sizeof *x, ascending);
		for (int k = 1; k < 20; k++) {
			double p = k / 20.0, got = ql_course_quantile(c, a, 0, p), want = x[(int)ceil(p * N) - 1];
			double width = ax->logarithmic ? want * (pow(ax->high / ax->low, 1.0 / QL_COURSE_BINS) - 1.0)
						       : 1.0 / QL_COURSE_BINS;
			assert_true(fabs(got - want) <= width);
		}
		ql_course_free(c);
	}
}

static void ends_of_the_axis_hold_the_rest(void **state)
{
	(void)state;
	double day = 0.0;
	struct ql_course_sum *c = ql_course_make(&day, 1);
	int mrd = 3;
	assert_true(isnan(ql_course_quantile(c, mrd, 0, 0.5)));
	ql_course_count(c, mrd, 0, ql_course_bin(mrd, 0.0));
	assert_true(ql_course_quantile(c, mrd, 0, 0.5) == ql_course_axis[mrd].low);
	ql_course_count(c, mrd, 0, ql_course_bin(mrd, 7.0));
	assert_true(fabs(ql_course_quantile(c, mrd, 0, 0.95) - 1.0) < 1e-12);
	ql_course_free(c);
}

static void treatment_is_wanted_when_the_disease_is_back(void **state)
{
	(void)state;
	struct ql_reading r = {300, 3.0, 4.0, 0.8, 11.0, 0.05, 4.0, false, 130.0, 180.0};
	assert_false(ql_assess_need(&r, &start, 0.7));
	r.spd = 27.9;
	assert_false(ql_assess_need(&r, &start, 0.7));
	r.spd = 28.0;
	assert_true(ql_assess_need(&r, &start, 0.7));
	r.spd = 4.0, r.alc = 55.0;
	assert_false(ql_assess_need(&r, &start, 0.7));
	r.alc = 56.0;
	assert_true(ql_assess_need(&r, &start, 0.7));
	r.alc = 3.0, r.spleen = 15.9; /* 4 cm too long at the start */
	assert_true(ql_assess_need(&r, &start, 0.7));
	r.spleen = 12.0, r.hb = 95.0;
	assert_false(ql_assess_need(&r, &start, 0.7)); /* not by CLL */
	r.marrow = 0.4;
	assert_true(ql_assess_need(&r, &start, 0.7));
	struct ql_reading few = start, back = r;
	few.alc = 6.0, back.hb = 130.0, back.alc = 6.0; /* few lymphocytes are no reason */
	assert_false(ql_assess_need(&back, &few, 0.7));
	struct ql_reading unknown = {.spd = NAN, .alc = NAN};
	assert_true(ql_assess_need(&unknown, &start, 0.7));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(treatment_is_wanted_when_the_disease_is_back),
		cmocka_unit_test(progression_follows_each_item),
		cmocka_unit_test(lymphocytosis_is_waived_on_btki_in_the_first_year),
		cmocka_unit_test(nadir_ignores_what_was_not_read),
		cmocka_unit_test(biopsy_finds_what_is_left), cmocka_unit_test(response_needs_two_items_of_group_a),
		cmocka_unit_test(lymphocytes_alone_make_pr_l),
		cmocka_unit_test(the_only_abnormal_item_decides),
		cmocka_unit_test(low_counts_make_cri_and_hold_a_response_back),
		cmocka_unit_test(falling_counts_are_progression_if_cll_does_it),
		cmocka_unit_test(a_response_counts_when_it_holds),
		cmocka_unit_test(grid_ends_within_the_horizon),
		cmocka_unit_test(quantiles_are_within_half_a_bin),
		cmocka_unit_test(ends_of_the_axis_hold_the_rest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
