/* SPDX-License-Identifier: Apache-2.0 */
/* Survival statistics against values worked out by hand and against each other. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/rng.h"
#include "trial/survival.h"

#define NEAR(x, y, tol) assert_true(fabs((x) - (y)) <= (tol) * (1 + fabs(y)))

/* Six patients: events at 1, 3, 3, 5; censored at 3, 4. */
static const double six_time[] = {3, 1, 4, 3, 5, 3};
static const int six_event[] = {1, 1, 0, 0, 1, 2};

static void kaplan_meier_by_hand(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	struct ql_km km;
	assert_int_equal(ql_km_fit(six_time, six_event, NULL, 6, 0.95, &a, &km), QUELL_OK);
	assert_int_equal(km.n, 4);
	NEAR(km.surv[0], 5.0 / 6, 1e-15);
	NEAR(km.surv[1], 5.0 / 6 * 3 / 5, 1e-15);
	NEAR(km.surv[2], 0.5, 1e-15);
	assert_true(km.surv[3] == 0 && isnan(km.se[3]) && isnan(km.lower[3]));
	double greenwood = 1.0 / (6 * 5) + 2.0 / (5 * 3);
	NEAR(km.se[1], 0.5 * sqrt(greenwood), 1e-14);
	/* log-log limits: log(-log S) -+ z se/(S log S) */
	double z = 1.959963984540054, c = log(-log(0.5)), w = z * sqrt(greenwood) / log(0.5);
	NEAR(km.lower[1], exp(-exp(c - w)), 1e-13);
	NEAR(km.upper[1], exp(-exp(c + w)), 1e-13);
	assert_true(km.lower[1] < 0.5 && km.upper[1] > 0.5);
	struct ql_km_point before = ql_km_at(&km, 0.5), at = ql_km_at(&km, 3), after = ql_km_at(&km, 3.5);
	assert_true(before.surv == 1 && before.se == 0 && before.lower == 1 && before.n_risk == 6);
	assert_true(at.n_risk == 5 && at.surv == km.surv[1]);
	assert_true(after.n_risk == 2 && after.surv == km.surv[1]);
	assert_true(isnan(ql_km_at(&km, 5.01).surv) && isnan(ql_km_at(&km, NAN).surv));
	ql_arena_free(&a);
}

static void median_of_a_flat_piece(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	struct ql_km km;
	double m, lo, hi;
	ql_km_fit(six_time, six_event, NULL, 6, 0.95, &a, &km);
	ql_km_quantile(&km, 0.5, &m, &lo, &hi);
	assert_true(m == 4); /* S is 0.5 from 3 to 5 */
	const double t[] = {1, 2, 3};
	const int one[] = {1, 0, 0};
	ql_km_fit(t, one, NULL, 3, 0.95, &a, &km);
	ql_km_quantile(&km, 0.5, &m, &lo, &hi);
	assert_true(isnan(m) && isnan(hi));
	ql_km_quantile(&km, 0.2, &m, &lo, &hi);
	assert_true(m == 1);
	ql_arena_free(&a);
}

static void restricted_mean_by_hand(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	struct ql_km km;
	double v, se;
	ql_km_fit(six_time, six_event, NULL, 6, 0.95, &a, &km);
	ql_km_rmst(&km, 4, &v, &se);
	NEAR(v, 1 + 2 * 5.0 / 6 + 1 * 0.5, 1e-14);
	double a1 = 2 * 5.0 / 6 + 0.5, a3 = 0.5;
	NEAR(se, sqrt(a1 * a1 / 30 + a3 * a3 * 2 / 15), 1e-14);
	/* Without censoring and tau at the last event it is the mean. */
	const double t[] = {2, 4, 9};
	const int all[] = {1, 1, 1};
	ql_km_fit(t, all, NULL, 3, 0.95, &a, &km);
	ql_km_rmst(&km, 9, &v, &se);
	NEAR(v, 5.0, 1e-14);
	ql_km_rmst(&km, 0, &v, &se);
	assert_true(v == 0 && se == 0);
	ql_arena_free(&a);
}

static void weights_count_patients(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	struct ql_km once, twice;
	double time[12], weight[6] = {2, 2, 2, 2, 2, 2};
	int event[12];
	for (int i = 0; i < 12; i++) {
		time[i] = six_time[i % 6];
		event[i] = six_event[i % 6];
	}
	ql_km_fit(time, event, NULL, 12, 0.95, &a, &once);
	ql_km_fit(six_time, six_event, weight, 6, 0.95, &a, &twice);
	assert_int_equal(once.n, twice.n);
	for (int i = 0; i < once.n; i++) {
		NEAR(twice.surv[i], once.surv[i], 1e-15);
		if (i < once.n - 1)
			NEAR(twice.upper[i], once.upper[i], 1e-14);
	}
	ql_arena_free(&a);
}

static void bad_input_is_refused(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	struct ql_km km;
	struct ql_cox cox;
	struct ql_logrank lr;
	double t[] = {1, NAN}, x[] = {0, INFINITY};
	int e[] = {1, 0}, g[] = {0, 2}, negative[] = {1, -1};
	double fine[] = {1, 2};
	assert_int_equal(ql_km_fit(t, e, NULL, 2, 0.95, &a, &km), QUELL_ERR_INPUT);
	assert_int_equal(ql_km_fit(fine, negative, NULL, 2, 0.95, &a, &km), QUELL_ERR_INPUT);
	assert_int_equal(ql_km_fit(fine, e, NULL, 2, 1.0, &a, &km), QUELL_ERR_INPUT);
	assert_int_equal(ql_cox_fit(fine, e, x, 1, NULL, 2, QL_EFRON, &a, &cox), QUELL_ERR_INPUT);
	assert_int_equal(ql_logrank_test(fine, e, g, 2, NULL, 2, 0, &a, &lr), QUELL_ERR_INPUT);
	assert_int_equal(ql_km_fit(fine, e, NULL, 0, 0.95, &a, &km), QUELL_OK);
	assert_true(km.n == 0 && isnan(ql_km_at(&km, 1).surv));
	ql_arena_free(&a);
}

static void logrank_by_hand(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	struct ql_logrank lr;
	const double t[] = {1, 2, 3, 4};
	const int e[] = {1, 1, 1, 0}, g[] = {0, 1, 0, 1};
	assert_int_equal(ql_logrank_test(t, e, g, 2, NULL, 4, 0, &a, &lr), QUELL_OK);
	double expected = 2.0 / 4 + 1.0 / 3 + 1.0 / 2, var = 1.0 / 4 + 2.0 / 9 + 1.0 / 4;
	NEAR(lr.expected[0], expected, 1e-15);
	NEAR(lr.chisq, (2 - expected) * (2 - expected) / var, 1e-14);
	NEAR(lr.p, erfc(sqrt(lr.chisq / 2)), 1e-12);
	assert_true(lr.df == 1 && lr.n[0] == 2 && lr.observed[1] == 1);
	/* Splitting every patient into a stratum of its own leaves no comparison. */
	const int own[] = {0, 1, 2, 3};
	ql_logrank_test(t, e, g, 2, own, 4, 0, &a, &lr);
	assert_true(lr.chisq == 0);
	ql_arena_free(&a);
}

/* The score test of Cox at zero without ties is the log-rank test. */
static void logrank_is_the_cox_score_test(void **state)
{
	(void)state;
	enum { N = 200 };
	struct ql_arena a = {0};
	double t[N], x[2 * N];
	int e[N], g[N], s[N];
	for (int i = 0; i < N; i++) {
		g[i] = i % 3;
		s[i] = (i / 3) % 4;
		x[2 * i] = g[i] == 1;
		x[2 * i + 1] = g[i] == 2;
		t[i] = -log(ql_rng_uniform(3, (uint64_t)i, 1, 0)) / (1 + 0.5 * g[i]);
		e[i] = ql_rng_uniform(3, (uint64_t)i, 2, 0) < 0.7;
	}
	struct ql_logrank lr;
	struct ql_cox cox;
	for (int strata = 0; strata < 2; strata++) {
		ql_logrank_test(t, e, g, 3, strata ? s : NULL, N, 0, &a, &lr);
		ql_cox_fit(t, e, x, 2, strata ? s : NULL, N, QL_EFRON, &a, &cox);
		assert_true(cox.converged && lr.df == 2);
		NEAR(cox.score, lr.chisq, 1e-10);
	}
	ql_arena_free(&a);
}

/* A partial likelihood with a closed root: L(r) = 1/(2+r) * r/(1+r) is largest at r = sqrt 2. */
static void cox_by_hand(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	struct ql_cox c;
	const double t[] = {1, 2, 3}, x[] = {0, 1, 0};
	const int e[] = {1, 1, 0};
	for (int ties = 0; ties < 2; ties++) {
		assert_int_equal(ql_cox_fit(t, e, x, 1, NULL, 3, ties ? QL_BRESLOW : QL_EFRON, &a, &c), QUELL_OK);
		assert_true(c.converged);
		double r = sqrt(2.0);
		NEAR(c.coef[0], log(r), 1e-9);
		NEAR(c.loglik, log(1 / (2 + r)) + log(r / (1 + r)), 1e-13);
		NEAR(c.loglik_null, log(1.0 / 3) + log(1.0 / 2), 1e-14);
		double info = 2 * r / ((2 + r) * (2 + r)) + r / ((1 + r) * (1 + r));
		NEAR(c.se[0], 1 / sqrt(info), 1e-8);
		NEAR(c.wald, c.coef[0] * c.coef[0] * info, 1e-8);
		NEAR(c.upper[0], exp(c.coef[0] + 1.959963984540054 * c.se[0]), 1e-12);
	}
	ql_arena_free(&a);
}

/* Two tied events among four, one in each group: by symmetry no effect, and known likelihoods. */
static void cox_ties_by_hand(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	struct ql_cox c;
	const double t[] = {1, 1, 2, 2}, x[] = {1, 0, 1, 0};
	const int e[] = {1, 1, 0, 0};
	ql_cox_fit(t, e, x, 1, NULL, 4, QL_EFRON, &a, &c);
	NEAR(c.coef[0], 0.0, 1e-12); /* symmetric */
	NEAR(c.loglik, -log(4.0) - log(3.0), 1e-14);
	ql_cox_fit(t, e, x, 1, NULL, 4, QL_BRESLOW, &a, &c);
	NEAR(c.loglik, -2 * log(4.0), 1e-14);
	ql_arena_free(&a);
}

static void cox_says_when_it_cannot(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	struct ql_cox c;
	const double t[] = {1, 2, 3, 4, 5, 6};
	const int e[] = {1, 1, 1, 1, 1, 1}, none[] = {0, 0, 0, 0, 0, 0};
	const double separated[] = {1, 1, 1, 0, 0, 0}; /* all of one group die first */
	ql_cox_fit(t, e, separated, 1, NULL, 6, QL_EFRON, &a, &c);
	assert_false(c.converged);
	assert_true(c.coef[0] > 5);
	ql_cox_fit(t, none, separated, 1, NULL, 6, QL_EFRON, &a, &c);
	assert_false(c.converged);
	/* A column twice, and a constant one. */
	const double x[] = {1, 1, 7, 0, 0, 7, 1, 1, 7, 0, 0, 7, 0, 0, 7, 1, 1, 7};
	const double alone[] = {1, 0, 1, 0, 0, 1};
	struct ql_cox single;
	ql_cox_fit(t, e, x, 3, NULL, 6, QL_EFRON, &a, &c);
	ql_cox_fit(t, e, alone, 1, NULL, 6, QL_EFRON, &a, &single);
	assert_true(c.rank == 1 && c.converged && isnan(c.coef[1]) && isnan(c.se[2]));
	NEAR(c.coef[0], single.coef[0], 1e-10);
	NEAR(c.wald, single.wald, 1e-10);
	ql_arena_free(&a);
}

/* Shifting and scaling a column changes its coefficient as algebra says, even far from zero. */
static void cox_is_equivariant(void **state)
{
	(void)state;
	enum { N = 100 };
	struct ql_arena a = {0};
	double t[N], x[2 * N], y[2 * N];
	int e[N];
	for (int i = 0; i < N; i++) {
		x[2 * i] = ql_quantile_normal(ql_rng_uniform(5, (uint64_t)i, 1, 0));
		x[2 * i + 1] = i % 2;
		y[2 * i] = 1e6 + 1000 * x[2 * i];
		y[2 * i + 1] = 1 - x[2 * i + 1];
		t[i] = ceil(20 * -log(ql_rng_uniform(5, (uint64_t)i, 2, 0)) * exp(-0.7 * x[2 * i]));
		e[i] = i % 5 != 0;
	}
	struct ql_cox c, d;
	ql_cox_fit(t, e, x, 2, NULL, N, QL_EFRON, &a, &c);
	ql_cox_fit(t, e, y, 2, NULL, N, QL_EFRON, &a, &d);
	NEAR(d.coef[0] * 1000, c.coef[0], 1e-7);
	NEAR(d.coef[1], -c.coef[1], 1e-8);
	NEAR(d.loglik, c.loglik, 1e-12);
	NEAR(d.var[1] * 1000, -c.var[1], 1e-7);
	ql_arena_free(&a);
}

/* Without competing events incidence is 1 - S, and the delta method's error is Greenwood's but for ties. */
static void incidence_without_competitors(void **state)
{
	(void)state;
	enum { N = 60 };
	struct ql_arena a = {0};
	double t[N];
	int e[N];
	for (int i = 0; i < N; i++) {
		t[i] = -log(ql_rng_uniform(9, (uint64_t)i, 1, 0));
		e[i] = i % 3 != 0;
	}
	struct ql_km km;
	struct ql_cif cif;
	ql_km_fit(t, e, NULL, N, 0.95, &a, &km);
	assert_int_equal(ql_cif_fit(t, e, N, 1, &a, &cif), QUELL_OK);
	assert_int_equal(cif.n, km.n);
	assert_int_equal(cif.n_event, 40);
	for (int i = 0; i < km.n; i++) {
		NEAR(cif.value[i], 1 - km.surv[i], 1e-13);
		assert_true(cif.n_risk[i] == km.n_risk[i]);
		double s = 1, v = 0; /* Aalen's form: d/n^2 in place of d/(n(n-d)), propagated through the product */
		for (int k = 0; k <= i; k++) {
			s *= 1 - km.n_event[k] / km.n_risk[k];
			if (km.n_event[k] > 0 && km.n_risk[k] > 1)
				v += 1 / ((km.n_risk[k] - 1) * (km.n_risk[k] - 1));
		}
		if (s > 0)
			NEAR(cif.se[i], s * sqrt(v), 1e-10);
	}
	struct ql_cif_point p = ql_cif_at(&cif, -1);
	assert_true(p.value == 0 && p.se == 0 && p.n_risk == N);
	assert_true(isnan(ql_cif_at(&cif, 1e9).value));
	ql_arena_free(&a);
}

/* Cumulative incidence with case weights, straight from the definition. */
static double weighted_incidence(const double *t, const int *e, const double *w, int n, int cause, double until)
{
	double surv = 1, f = 0;
	for (double now = -1;;) {
		double next = INFINITY, risk = 0, d1 = 0, d = 0;
		for (int i = 0; i < n; i++)
			if (t[i] > now && t[i] < next)
				next = t[i];
		if (next > until)
			return f;
		for (int i = 0; i < n; i++) {
			risk += t[i] >= next ? w[i] : 0;
			d += t[i] == next && e[i] ? w[i] : 0;
			d1 += t[i] == next && e[i] == cause ? w[i] : 0;
		}
		f += surv * d1 / risk;
		surv *= 1 - d / risk;
		now = next;
	}
}

/* The infinitesimal jackknife is the root of the summed squared derivatives by case weight. */
static void jackknife_is_a_derivative(void **state)
{
	(void)state;
	enum { N = 25 };
	struct ql_arena a = {0};
	double t[N], w[N];
	int e[N];
	for (int i = 0; i < N; i++) {
		t[i] = ceil(8 * ql_rng_uniform(4, (uint64_t)i, 1, 0)); /* ties */
		e[i] = (int)(3 * ql_rng_uniform(4, (uint64_t)i, 2, 0));
		w[i] = 1;
	}
	struct ql_cif cif;
	ql_cif_fit(t, e, N, 2, &a, &cif);
	for (int k = 0; k < cif.n; k++) {
		NEAR(cif.value[k], weighted_incidence(t, e, w, N, 2, cif.time[k]), 1e-13);
		double sum = 0, h = 1e-5;
		for (int i = 0; i < N; i++) {
			w[i] = 1 + h;
			double up = weighted_incidence(t, e, w, N, 2, cif.time[k]);
			w[i] = 1 - h;
			double slope = (up - weighted_incidence(t, e, w, N, 2, cif.time[k])) / (2 * h);
			w[i] = 1;
			sum += slope * slope;
		}
		NEAR(cif.se_ij[k], sqrt(sum), 1e-8);
	}
	ql_arena_free(&a);
}

static void gray_test_behaves(void **state)
{
	(void)state;
	enum { N = 900 };
	struct ql_arena a = {0};
	double t[N];
	int e[N], g[N], turned[N], df;
	double chisq, p, again;
	for (int i = 0; i < N; i++) {
		g[i] = i % 3;
		turned[i] = (g[i] + 1) % 3;
		t[i] = ceil(30 * -log(ql_rng_uniform(6, (uint64_t)i, 1, 0)));
		e[i] = (int)(3 * ql_rng_uniform(6, (uint64_t)i, 2, 0));
	}
	assert_int_equal(ql_gray_test(t, e, g, 3, N, 1, &a, &chisq, &df, &p), QUELL_OK);
	assert_true(df == 2 && chisq > 0 && p > 0.001); /* no difference was put in */
	ql_gray_test(t, e, turned, 3, N, 1, &a, &again, &df, &p);
	NEAR(again, chisq, 1e-9); /* which group is left out does not matter */
	for (int i = 0; i < N; i++)
		if (g[i] == 2 && e[i] == 1 && i % 2)
			e[i] = 2; /* half of cause 1 moves to cause 2 in one group */
	ql_gray_test(t, e, g, 3, N, 1, &a, &chisq, &df, &p);
	assert_true(p < 1e-4);
	/* Without competitors the score is the log-rank score; the variances differ by their order only. */
	struct ql_logrank lr;
	for (int i = 0; i < N; i++)
		e[i] = e[i] > 0;
	ql_gray_test(t, e, g, 3, N, 1, &a, &chisq, &df, &p);
	ql_logrank_test(t, e, g, 3, NULL, N, 0, &a, &lr);
	NEAR(chisq, lr.chisq, 0.05);
	assert_int_equal(ql_gray_test(t, e, g, 1, N, 1, &a, &chisq, &df, &p), QUELL_ERR_INPUT);
	ql_arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kaplan_meier_by_hand),  cmocka_unit_test(median_of_a_flat_piece),
		cmocka_unit_test(restricted_mean_by_hand), cmocka_unit_test(weights_count_patients),
		cmocka_unit_test(bad_input_is_refused),  cmocka_unit_test(logrank_by_hand),
		cmocka_unit_test(logrank_is_the_cox_score_test), cmocka_unit_test(cox_by_hand),
		cmocka_unit_test(cox_ties_by_hand),      cmocka_unit_test(cox_says_when_it_cannot),
		cmocka_unit_test(cox_is_equivariant),    cmocka_unit_test(incidence_without_competitors),
		cmocka_unit_test(jackknife_is_a_derivative), cmocka_unit_test(gray_test_behaves),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
