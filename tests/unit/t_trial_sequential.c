/* SPDX-License-Identifier: Apache-2.0 */
/* Limits of group sequential tests against published tables and against simulation. */
#include "base/rng.h"
#include "base/special.h"
#include "trial/sequential.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdbool.h>

#define CLOSE(x, y) assert_true(fabs((x) - (y)) < 6e-4)

/* Lan-DeMets limits of the O'Brien-Fleming kind, one-sided 0.025, as gsDesign and Jennison and Turnbull print them. */
static void limits_are_those_of_the_tables(void **state)
{
	(void)state;
	double c[QL_MAX_LOOKS];
	const double one[] = {1.0}, two[] = {0.5, 1.0}, three[] = {0.5, 0.75, 1.0}, five[] = {0.2, 0.4, 0.6, 0.8, 1.0};
	assert_int_equal(ql_sequential_limits(one, 1, 0.025, c), QUELL_OK);
	CLOSE(c[0], 1.95996);
	assert_int_equal(ql_sequential_limits(two, 2, 0.025, c), QUELL_OK);
	CLOSE(c[0], 2.9626);
	CLOSE(c[1], 1.9686);
	assert_int_equal(ql_sequential_limits(three, 3, 0.025, c), QUELL_OK);
	CLOSE(c[0], 2.9626);
	CLOSE(c[1], 2.3590);
	CLOSE(c[2], 2.0141);
	assert_int_equal(ql_sequential_limits(five, 5, 0.025, c), QUELL_OK);
	CLOSE(c[0], 4.8769);
	CLOSE(c[1], 3.3569);
	CLOSE(c[2], 2.6803);
	CLOSE(c[3], 2.2898);
	CLOSE(c[4], 2.0310);
}

/* A walk without drift crosses with chance alpha in total, and has spent what it should at every look. */
static void error_is_spent_as_planned(void **state)
{
	(void)state;
	enum { N = 400000 };
	const double t[] = {0.3, 0.6, 0.85, 1.0};
	double c[4], crossed[4] = {0};
	assert_int_equal(ql_sequential_limits(t, 4, 0.05, c), QUELL_OK);
	for (int i = 0; i < N; i++) {
		double score = 0, before = 0;
		for (int k = 0; k < 4; k++) {
			double u = ql_rng_uniform(9, (uint64_t)i, 1, (uint64_t)k);
			score += sqrt(t[k] - before) * ql_quantile_normal(u);
			before = t[k];
			if (score / sqrt(t[k]) >= c[k]) {
				for (int j = k; j < 4; j++)
					crossed[j]++;
				break;
			}
		}
	}
	for (int k = 0; k < 4; k++) {
		double p = ql_spent_obrien_fleming(0.05, t[k]), se = sqrt(p * (1 - p) / N);
		assert_true(fabs(crossed[k] / N - p) < 4 * se);
	}
}

static void conditional_power_follows_the_trend(void **state)
{
	(void)state;
	assert_true(fabs(ql_conditional_power(0.0, 0.5, 1.96) - ql_pnorm_upper(1.96 / sqrt(0.5))) < 1e-12);
	assert_true(fabs(ql_conditional_power(1.96 * sqrt(0.5), 0.5, 1.96) - 0.5) < 1e-12); /* on course for the limit */
	assert_true(ql_conditional_power(3.0, 0.5, 1.96) > 0.98);
	assert_true(ql_conditional_power(2.0, 1.0, 1.96) == 1.0 && ql_conditional_power(1.9, 1.0, 1.96) == 0.0);
}

static void what_cannot_be_planned_is_refused(void **state)
{
	(void)state;
	double c[QL_MAX_LOOKS];
	const double down[] = {0.5, 0.4}, over[] = {0.5, 1.1}, zero[] = {0.0, 1.0};
	assert_int_equal(ql_sequential_limits(down, 2, 0.025, c), QUELL_ERR_INPUT);
	assert_int_equal(ql_sequential_limits(over, 2, 0.025, c), QUELL_ERR_INPUT);
	assert_int_equal(ql_sequential_limits(zero, 2, 0.025, c), QUELL_ERR_INPUT);
	assert_int_equal(ql_sequential_limits(down, 0, 0.025, c), QUELL_ERR_INPUT);
	assert_int_equal(ql_sequential_limits(down, 1, 0.0, c), QUELL_ERR_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_are_those_of_the_tables),
		cmocka_unit_test(error_is_spent_as_planned),
		cmocka_unit_test(conditional_power_follows_the_trend),
		cmocka_unit_test(what_cannot_be_planned_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
