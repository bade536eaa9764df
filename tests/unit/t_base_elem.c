/* SPDX-License-Identifier: Apache-2.0 */
/* exp, log and pow against the long double library; edges as C has them. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/elem.h"

static uint64_t seed = 12345;

static double uniform(void)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (double)(seed >> 11) * 0x1p-53;
}

/* |got - want| in units of the last place of a double near want. */
static double ulps(double got, long double want)
{
	int e;
	(void)frexpl(want, &e);
	return (double)fabsl(((long double)got - want) / ldexpl(1, (e < -1021 ? -1021 : e) - 53));
}

static void keep(double *worst, double x) { *worst = x > *worst ? x : *worst; }

static void errors_stay_within_their_bounds(void **state)
{
	(void)state;
	double e = 0, l = 0, p = 0, far = 0;
	for (int i = 0; i < 200000; i++) {
		double x = (uniform() - 0.5) * (i % 2 ? 1400 : 4), y;
		keep(&e, ulps(ql_exp(x), expl((long double)x)));
		x = i % 3 == 0 ? exp((uniform() - 0.5) * 1400) : i % 3 == 1 ? 0.5 + 2 * uniform() : 1 + (uniform() - 0.5) * 1e-3;
		keep(&l, ulps(ql_log(x), logl((long double)x)));
		x = exp((uniform() - 0.5) * 20);
		y = (uniform() - 0.5) * 6;
		keep(&p, ulps(ql_pow(x, y), powl((long double)x, (long double)y)));
		y = (uniform() - 0.5) * 140;
		if (fabs(y * log(x)) < 700)
			keep(&far, ulps(ql_pow(x, y), powl((long double)x, (long double)y)));
	}
	if (e > 1.0 || l > 0.6 || p > 1.3 || far > 3)
		fail_msg("ulps: exp %.3f, log %.3f, pow %.3f, far pow %.3f", e, l, p, far);
	assert_true(e > 0.5 && l > 0.5 && p > 0.5); /* the yardstick itself works */
}

static void edges_are_those_of_c(void **state)
{
	(void)state;
	assert_true(ql_exp(0) == 1 && ql_exp(-INFINITY) == 0 && ql_exp(INFINITY) == INFINITY && isnan(ql_exp(NAN)));
	assert_true(ql_exp(-745) == exp(-745) && ql_exp(-800) == 0 && ql_exp(709.7) < INFINITY && ql_exp(710) == INFINITY);
	assert_true(ql_log(0) == -INFINITY && isnan(ql_log(-1)) && ql_log(INFINITY) == INFINITY && isnan(ql_log(NAN)));
	assert_true(ql_log(1) == 0 && ql_log(5e-324) == log(5e-324));
	assert_true(ql_pow(0, 0.3) == 0 && ql_pow(0, -0.3) == INFINITY && ql_pow(0, 0) == 1 && ql_pow(7, 0) == 1);
	assert_true(ql_pow(1, 1e300) == 1 && ql_pow(2, 1e300) == INFINITY && ql_pow(2, -1e300) == 0);
	assert_true(ql_pow(INFINITY, 0.5) == INFINITY && ql_pow(INFINITY, -2) == 0);
	assert_true(isnan(ql_pow(NAN, 2)) && isnan(ql_pow(2, NAN)) && isnan(ql_pow(-2, 0.5)));
	assert_true(ql_pow(-2, 3) == -8 && ql_pow(-2, 4) == 16 && ql_pow(-2, -3) == -0.125);
	assert_true(fabs(ql_pow(3e-310, 0.7) / pow(3e-310, 0.7) - 1) < 1e-15);
}

static void the_other_functions_are_themselves(void **state)
{
	(void)state;
	static const struct {
		double (*mine)(double), (*theirs)(double);
	} f[] = {{ql_sin, sin},   {ql_cos, cos},   {ql_tan, tan},   {ql_asin, asin}, {ql_acos, acos},
		 {ql_atan, atan}, {ql_sinh, sinh}, {ql_cosh, cosh}, {ql_tanh, tanh}, {ql_lgamma, lgamma}};
	for (size_t i = 0; i < sizeof f / sizeof *f; i++)
		for (double x = 0.05; x < 1; x += 0.05)
			assert_true(fabs(f[i].mine(x) - f[i].theirs(x)) <= 4e-16 * (1 + fabs(f[i].theirs(x))));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_stay_within_their_bounds),
		cmocka_unit_test(edges_are_those_of_c),
		cmocka_unit_test(the_other_functions_are_themselves),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
