/* SPDX-License-Identifier: Apache-2.0 */
#include "decide/sensitivity.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct ql_arena arena;

/* Every dimension of the first 2^m points has one point in each interval of length 2^-m, scrambled or not. */
static void each_dimension_is_stratified(void **state)
{
	(void)state;
	enum { DIMS = 2 * QL_SOBOL_MAX_INPUTS };
	for (int m = 1; m <= 9; m++) {
		int n = 1 << m;
		unsigned char *hit = calloc((size_t)n * DIMS, 1);
		double u[DIMS];
		for (int i = 0; i < n; i++) {
			ql_sobol_point(5, (uint32_t)i, DIMS, u);
			for (int d = 0; d < DIMS; d++) {
				assert_true(u[d] > 0 && u[d] < 1);
				hit[d * n + (int)(u[d] * n)]++;
			}
		}
		for (int i = 0; i < n * DIMS; i++)
			assert_int_equal(hit[i], 1);
		free(hit);
	}
}

/* The first two dimensions are a (0,2)-sequence: every box of area 2^-m with dyadic sides holds one of 2^m points. */
static void the_first_two_are_a_net(void **state)
{
	(void)state;
	enum { M = 8, N = 1 << M };
	for (int a = 0; a <= M; a++) {
		unsigned char hit[N] = {0};
		double u[2];
		for (int i = 0; i < N; i++) {
			ql_sobol_point(9, (uint32_t)i, 2, u);
			hit[(int)(u[0] * (1 << a)) * (1 << (M - a)) + (int)(u[1] * (1 << (M - a)))]++;
		}
		for (int i = 0; i < N; i++)
			assert_int_equal(hit[i], 1);
	}
}

static double g_mean(uint64_t seed, int n, int dims)
{
	double sum = 0, u[2 * QL_SOBOL_MAX_INPUTS];
	for (int i = 0; i < n; i++) {
		double product = 1;
		ql_sobol_point(seed, (uint32_t)i, dims, u);
		for (int d = 0; d < dims; d++) /* mean 1, variance of a factor 1 / (3 (1 + d)^4) */
			product *= 1 + (2 * u[d] - 1) / ((1.0 + d) * (1.0 + d));
		sum += product;
	}
	return sum / n;
}

/* Root mean square error over scrambles: far below that of random points, and unbiased. */
static void integrals_are_better_than_random(void **state)
{
	(void)state;
	enum { N = 1024, SEEDS = 20, DIMS = 128 };
	double square = 0, mean = 0, variance = 1;
	for (int d = 0; d < DIMS; d++)
		variance *= 1 + 1 / (3 * pow(1.0 + d, 4));
	double random = sqrt((variance - 1) / N);
	for (uint64_t s = 0; s < SEEDS; s++) {
		double e = g_mean(s, N, DIMS) - 1;
		square += e * e / SEEDS;
		mean += e / SEEDS;
	}
	assert_true(sqrt(square) < 0.1 * random);
	assert_true(fabs(mean) < 4 * sqrt(square / SEEDS));
}

struct function {
	int k;
	double first[8], total[8];
};

/* Ishigami: V = a^2/8 + b pi^4/5 + b^2 pi^8/18 + 1/2; g: V_j = 1/(3 (1+a_j)^2), V = prod(1 + V_j) - 1. */
static struct function known(int which)
{
	struct function f = {which ? 8 : 3, {0}, {0}};
	if (!which) {
		double a = 7, b = 0.1, p4 = pow(acos(-1.0), 4);
		double v1 = 0.5 * (1 + b * p4 / 5) * (1 + b * p4 / 5), v2 = a * a / 8, v13 = b * b * p4 * p4 * 8 / 225;
		double v = v1 + v2 + v13;
		return (struct function){3, {v1 / v, v2 / v, 0}, {(v1 + v13) / v, v2 / v, v13 / v}};
	}
	static const double a[] = {0, 1, 4.5, 9, 99, 99, 99, 99};
	double all = 1;
	for (int j = 0; j < 8; j++)
		all *= 1 + 1 / (3 * (1 + a[j]) * (1 + a[j]));
	for (int j = 0; j < 8; j++) {
		double vj = 1 / (3 * (1 + a[j]) * (1 + a[j]));
		f.first[j] = vj / (all - 1);
		f.total[j] = vj * all / (1 + vj) / (all - 1);
	}
	return f;
}

static double value(int which, const double *u) { return which ? ql_sobol_g(u, 8) : ql_ishigami(u); }

static struct ql_sobol indices(int which, uint64_t seed, uint64_t n)
{
	int k = which ? 8 : 3;
	double *f = malloc((size_t)n * (size_t)(k + 2) * sizeof *f), u[8];
	for (uint64_t i = 0; i < n; i++)
		for (int p = 0; p < k + 2; p++) {
			ql_saltelli_point(seed, (uint32_t)i, k, p, u);
			f[i * (uint64_t)(k + 2) + (uint64_t)p] = value(which, u);
		}
	struct ql_sobol s;
	ql_saltelli_estimate(f, n, k, 0.95, seed, &arena, &s);
	free(f);
	return s;
}

static bool covers(const struct ql_index *x, double truth) { return x->lower <= truth && truth <= x->upper; }

static void known_indices_lie_within_their_intervals(void **state)
{
	(void)state;
	for (int which = 0; which < 2; which++) {
		struct function f = known(which);
		int hits = 0, all = 0;
		for (uint64_t seed = 1; seed <= 20; seed++) {
			struct ql_sobol s = indices(which, seed, 512);
			for (int j = 0; j < f.k; j++) {
				bool first = covers(&s.first[j], f.first[j]), total = covers(&s.total[j], f.total[j]);
				if (seed == 1 && (!first || !total))
					fail_msg("function %d, input %d: first %g in %g..%g, total %g in %g..%g", which, j + 1,
						 f.first[j], s.first[j].lower, s.first[j].upper, f.total[j], s.total[j].lower,
						 s.total[j].upper);
				hits += first + total;
				all += 2;
			}
		}
		/* 95 % at least: rows of the sequence spread more evenly than the bootstrap takes them to. */
		assert_true(hits >= 0.95 * all);
		/* 16 times the rows: a quarter of the width, give or take what widths themselves vary. */
		struct ql_sobol wide = indices(which, 3, 256), narrow = indices(which, 3, 4096);
		assert_true(narrow.total[0].upper - narrow.total[0].lower < 0.35 * (wide.total[0].upper - wide.total[0].lower));
		assert_true(fabs(narrow.first[0].value - f.first[0]) < 0.02);
		assert_true(fabs(narrow.total[0].value - f.total[0]) < 0.02);
	}
	assert_true(fabs(known(0).first[0] - 0.3139) < 1e-4 && fabs(known(0).total[2] - 0.2437) < 1e-4); /* as published */
}

static void morris_of_a_straight_function_is_exact(void **state)
{
	(void)state;
	enum { K = 5, N = 10 };
	static const double slope[K] = {3, -2, 0, 0.5, 1};
	double f[N][K + 1], u[K];
	for (int t = 0; t < N; t++)
		for (int p = 0; p <= K; p++) {
			int moved;
			ql_morris_point(4, (uint64_t)t, K, p, u, &moved);
			f[t][p] = 1;
			for (int j = 0; j < K; j++) {
				assert_true(u[j] >= 0 && u[j] <= 1 + 1e-12);
				assert_true(fabs(u[j] * 3 - round(u[j] * 3)) < 1e-12);
				f[t][p] += slope[j] * u[j];
			}
			assert_true(p == 0 ? moved == -1 : moved >= 0 && moved < K);
		}
	struct ql_morris m;
	ql_morris_estimate(&f[0][0], N, K, 0.95, 4, &arena, &m);
	for (int j = 0; j < K; j++) {
		assert_true(fabs(m.mu[j] - slope[j]) < 1e-12 && fabs(m.mu_star[j].value - fabs(slope[j])) < 1e-12);
		assert_true(m.sigma[j] < 1e-12 && fabs(m.mu_star[j].lower - fabs(slope[j])) < 1e-12);
	}
	f[2][3] = NAN;
	ql_morris_estimate(&f[0][0], N, K, 0.95, 4, &arena, &m);
	assert_int_equal(m.n_used, N - 1);
	assert_true(fabs(m.mu[0] - 3) < 1e-12);
}

/* Published for the Ishigami function: x2 and x1 move most, x3 only by interaction (mean near 0, sd large). */
static void morris_sees_interaction(void **state)
{
	(void)state;
	enum { N = 400 };
	double(*f)[4] = malloc(N * sizeof *f), u[3];
	int moved;
	for (int t = 0; t < N; t++)
		for (int p = 0; p <= 3; p++) {
			ql_morris_point(1, (uint64_t)t, 3, p, u, &moved);
			f[t][p] = ql_ishigami(u);
		}
	struct ql_morris m;
	ql_morris_estimate(&f[0][0], N, 3, 0.95, 1, &arena, &m);
	assert_true(fabs(m.mu[2]) < 0.2 * m.mu_star[2].value && m.sigma[2] > m.mu_star[2].value);
	assert_true(m.mu_star[2].lower < m.mu_star[2].value && m.mu_star[2].value < m.mu_star[2].upper);
	free(f);
}

static void missing_values_take_their_row_out(void **state)
{
	(void)state;
	enum { N = 64, K = 3 };
	double f[N][K + 2], u[K];
	for (int i = 0; i < N; i++)
		for (int p = 0; p < K + 2; p++) {
			ql_saltelli_point(1, (uint32_t)i, K, p, u);
			f[i][p] = ql_ishigami(u);
		}
	f[5][0] = f[9][4] = NAN;
	struct ql_sobol s;
	ql_saltelli_estimate(&f[0][0], N, K, 0.95, 1, &arena, &s);
	assert_int_equal(s.n_used, N - 2);
	assert_true(isfinite(s.total[0].value) && isfinite(s.total[0].upper));
	for (int i = 0; i < N; i++)
		for (int p = 0; p < K + 2; p++)
			f[i][p] = 0.7;
	ql_saltelli_estimate(&f[0][0], N, K, 0.95, 1, &arena, &s); /* nothing moves it: no shares of nothing */
	assert_true(isnan(s.first[0].value) && isnan(s.total[0].lower) && fabs(s.mean - 0.7) < 1e-15);
}

static int clean(void **state)
{
	(void)state;
	ql_arena_free(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_dimension_is_stratified),
		cmocka_unit_test(the_first_two_are_a_net),
		cmocka_unit_test(integrals_are_better_than_random),
		cmocka_unit_test(known_indices_lie_within_their_intervals),
		cmocka_unit_test(morris_of_a_straight_function_is_exact),
		cmocka_unit_test(morris_sees_interaction),
		cmocka_unit_test(missing_values_take_their_row_out),
	};
	return cmocka_run_group_tests(tests, NULL, clean);
}
