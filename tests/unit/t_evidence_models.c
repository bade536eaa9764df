/* SPDX-License-Identifier: Apache-2.0 */
/* Rare events, pairwise analysis, components, meta-regression and the samplers, each against something simpler. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/special.h"
#include "evidence/nma_bayes.h"
#include "evidence/nma_components.h"
#include "evidence/nma_rare.h"
#include "evidence/pairwise.h"

#define NEAR(got, want, tol)                                                                                           \
	do {                                                                                                           \
		double got_ = (got), want_ = (want);                                                                   \
		if (!(fabs(got_ - want_) <= (tol) * (1 + fabs(want_))))                                                \
			fail_msg("%s is %.15g, want %.15g", #got, got_, want_);                                        \
	} while (0)

struct fixture {
	struct ql_arena a;
	struct ql_diags ds;
	struct ql_nma_builder *b;
	struct ql_nma_data *d;
};

static void begin(struct fixture *f, enum ql_measure m)
{
	static const struct ql_nma_read_options o = {.measure = -1, .increment = 0.5, .keep_double_zero = true};
	*f = (struct fixture){0};
	f->b = ql_nma_builder_new(&f->a, &o, m, &f->ds);
}

static void arm(struct fixture *f, const char *study, const char *treat, double events, double n)
{
	struct ql_nma_arm x = {events, n, NAN, NAN, NAN};
	ql_nma_builder_arm(f->b, study, treat, x, NAN, (struct ql_span){0});
}

static void contrast(struct fixture *f, const char *study, const char *t1, const char *t2, double te, double se,
		     double x)
{
	ql_nma_builder_contrast(f->b, study, t1, t2, te, se, NAN, NAN, x, (struct ql_span){0}, NULL);
}

static void finish(struct fixture *f)
{
	assert_int_equal(ql_nma_builder_finish(f->b, &f->d), QUELL_OK);
}

static void done(struct fixture *f)
{
	ql_diags_free(&f->ds);
	ql_arena_free(&f->a);
}

static const struct ql_nma_options common = {.level = 0.95, .tau2 = NAN, .small_desirable = true};

/* ---- rare events ---- */

static const double table[4][4] = {{1, 40, 4, 42}, {0, 25, 3, 24}, {5, 90, 8, 88}, {2, 33, 1, 30}};

static void rare_fixture(struct fixture *f)
{
	begin(f, QL_OR);
	for (int i = 0; i < 4; i++) {
		char name[8];
		snprintf(name, sizeof name, "%d", i);
		arm(f, name, "new", table[i][0], table[i][1]);
		arm(f, name, "old", table[i][2], table[i][3]);
	}
	arm(f, "none", "new", 0, 20);
	arm(f, "none", "old", 0, 22);
	finish(f);
}

static double choose(double n, double k)
{
	return exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1));
}

/* Fisher's non-central hypergeometric likelihood, summed as it is written. */
static double fisher(double theta)
{
	double ll = 0;
	for (int i = 0; i < 4; i++) {
		double a = table[i][0], n = table[i][1], m = table[i][2] + a, k = table[i][3], sum = 0;
		for (double x = fmax(0, m - k); x <= fmin(n, m); x++)
			sum += choose(n, x) * choose(k, m - x) * exp(x * theta);
		ll += log(choose(n, a) * choose(k, m - a) * exp(a * theta) / sum);
	}
	return ll;
}

static void rare_events_match_their_definitions(void **state)
{
	(void)state;
	struct fixture f;
	struct ql_nma_data *d;
	struct ql_nma *m;
	rare_fixture(&f);
	assert_int_equal(ql_rare_data(f.d, &f.ds, &d), QUELL_OK);
	assert_int_equal(d->n_study, 4);
	assert_int_equal(d->n_note, 1);
	assert_int_equal(ql_rare_fit(d, &common, QL_HYPERGEOMETRIC, &f.ds, &m), QUELL_OK);
	double t = ql_nma_estimate(m, 0, 1).te, h = 1e-4;
	NEAR((fisher(t + h) - fisher(t - h)) / (2 * h), 0, 1e-6);
	NEAR(ql_nma_estimate(m, 0, 1).se, 1 / sqrt(-(fisher(t + h) - 2 * fisher(t) + fisher(t - h)) / (h * h)), 1e-5);
	assert_int_equal(ql_rare_fit(d, &common, QL_MANTEL_HAENSZEL, &f.ds, &m), QUELL_OK);
	double b, se;
	ql_pair_mantel_haenszel(d, 0, QL_OR, &b, &se);
	NEAR(ql_nma_estimate(m, 0, 1).te, b, 1e-12); /* with two arms the generalised estimator is the usual one */
	NEAR(ql_nma_estimate(m, 0, 1).se, se, 1e-12);
	double r = 0, s = 0;
	for (int i = 0; i < 4; i++) {
		double n = table[i][1] + table[i][3];
		r += table[i][0] * (table[i][3] - table[i][2]) / n;
		s += table[i][2] * (table[i][1] - table[i][0]) / n;
	}
	NEAR(b, log(r / s), 1e-13);
	/* the multinomial approximation is conditional logistic regression on shares n*exp(theta) */
	assert_int_equal(ql_rare_fit(d, &common, QL_HYPERGEOMETRIC_RARE, &f.ds, &m), QUELL_OK);
	t = ql_nma_estimate(m, 0, 1).te;
	double score = 0;
	for (int i = 0; i < 4; i++) {
		double w = table[i][1] * exp(t) / (table[i][1] * exp(t) + table[i][3]);
		score += table[i][0] - (table[i][0] + table[i][2]) * w;
	}
	NEAR(score, 0, 1e-8);
	done(&f);
}

/* A three-arm trial split into its arms gives consistent estimates, and empty arms go. */
static void rare_networks_drop_what_says_nothing(void **state)
{
	(void)state;
	struct fixture f;
	struct ql_nma_data *d;
	begin(&f, QL_OR);
	arm(&f, "1", "A", 3, 50), arm(&f, "1", "B", 5, 50), arm(&f, "1", "C", 9, 50);
	arm(&f, "2", "A", 2, 40), arm(&f, "2", "D", 0, 40);
	arm(&f, "3", "B", 4, 60), arm(&f, "3", "C", 7, 60);
	finish(&f);
	assert_int_equal(ql_rare_data(f.d, &f.ds, &d), QUELL_OK);
	assert_int_equal(d->n_treat, 3);
	assert_int_equal(d->n_study, 2);
	struct ql_nma *m;
	for (int method = 0; method < 3; method++) {
		assert_int_equal(ql_rare_fit(d, &common, (enum ql_rare_method)method, &f.ds, &m), QUELL_OK);
		double ab = ql_nma_estimate(m, 0, 1).te, bc = ql_nma_estimate(m, 1, 2).te,
		       ac = ql_nma_estimate(m, 0, 2).te;
		NEAR(ab + bc, ac, 1e-12);
		assert_true(ab < 0 && bc < 0);
	}
	done(&f);
	begin(&f, QL_OR);
	contrast(&f, "1", "A", "B", 0.1, 0.2, NAN);
	finish(&f);
	assert_int_equal(ql_rare_data(f.d, &f.ds, &d), QUELL_ERR_INPUT);
	assert_int_equal(f.ds.item[0]->code, QL_E0721);
	done(&f);
}

/* ---- pairwise ---- */

static const double y[6] = {-0.9, -0.2, -1.4, 0.3, -0.6, -0.8}, v[6] = {0.1, 0.05, 0.3, 0.08, 0.02, 0.2};
static const double x[6] = {1, 4, 0, 6, 3, 1.5};

static double q_at(double tau2, int slope)
{
	double s0 = 0, s1 = 0, s2 = 0, g0 = 0, g1 = 0, q = 0;
	for (int i = 0; i < 6; i++) {
		double w = 1 / (v[i] + tau2);
		s0 += w, s1 += w * x[i], s2 += w * x[i] * x[i];
		g0 += w * y[i], g1 += w * x[i] * y[i];
	}
	double det = s0 * s2 - s1 * s1, b = slope ? (s2 * g0 - s1 * g1) / det : g0 / s0,
	       c = slope ? (s0 * g1 - s1 * g0) / det : 0;
	for (int i = 0; i < 6; i++)
		q += pow(y[i] - b - c * x[i], 2) / (v[i] + tau2);
	return q;
}

static void estimators_solve_their_equations(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	struct ql_pair_fit f;
	assert_true(ql_pair_fit(&a, y, v, NULL, 6, QL_PAIR_PM, false, 0.95, &f));
	NEAR(q_at(f.tau2, 0), 5, 1e-9);
	NEAR(q_at(f.tau2_lower, 0), ql_qchisq(0.975, 5), 1e-8);
	NEAR(q_at(f.tau2_upper, 0), ql_qchisq(0.025, 5), 1e-8);
	assert_true(ql_pair_fit(&a, y, v, x, 6, QL_PAIR_PM, false, 0.95, &f));
	if (f.tau2 > 0)
		NEAR(q_at(f.tau2, 1), 4, 1e-9);
	assert_true(ql_pair_fit(&a, y, v, NULL, 6, QL_PAIR_HE, false, 0.95, &f));
	double mean = 0, ss = 0, mv = 0;
	for (int i = 0; i < 6; i++)
		mean += y[i] / 6, mv += v[i] / 6;
	for (int i = 0; i < 6; i++)
		ss += pow(y[i] - mean, 2) / 5;
	NEAR(f.tau2, ss - mv, 1e-12);
	assert_true(ql_pair_fit(&a, y, v, NULL, 6, QL_PAIR_REML, true, 0.95, &f));
	double w = 0, wy = 0, scale = 0, score = 0;
	for (int i = 0; i < 6; i++)
		w += 1 / (v[i] + f.tau2), wy += y[i] / (v[i] + f.tau2);
	for (int i = 0; i < 6; i++) {
		double e = y[i] - wy / w, u = 1 / (v[i] + f.tau2);
		scale += e * e * u / 5;
		score += u * u * (e * e + 1 / w) - u;
	}
	NEAR(f.b[0], wy / w, 1e-12);
	NEAR(f.se[0], sqrt(scale / w), 1e-12);
	NEAR(f.upper[0] - f.b[0], ql_qt(0.975, 5) * f.se[0], 1e-12);
	NEAR(score, 0, 1e-7);
	ql_arena_free(&a);
}

static void small_study_tests(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	struct ql_pair_tests t;
	/* symmetric data: nothing to fill, no asymmetry */
	const double ys[5] = {-0.4, -0.2, 0, 0.2, 0.4}, vs[5] = {0.4, 0.1, 0.02, 0.1, 0.4};
	assert_true(ql_pair_tests(&a, ys, vs, 5, QL_PAIR_DL, 0.95, &t));
	assert_int_equal(t.fill_k, 0);
	NEAR(t.egger_z, 0, 1e-9);
	NEAR(t.begg_tau, 0, 1e-9);
	/* effects that fall strictly with the variance: Kendall's tau is 1, two of 5! orders are that extreme */
	const double yr[5] = {1, 2, 3.2, 4.5, 7}, vr[5] = {0.9, 1, 1.1, 1.2, 1.3};
	assert_true(ql_pair_tests(&a, yr, vr, 5, QL_PAIR_EE, 0.95, &t));
	NEAR(t.begg_tau, 1, 1e-12);
	NEAR(t.begg_p, 2.0 / 120, 1e-12);
	ql_arena_free(&a);
}

/* ---- components and regression ---- */

static void additive_components_add(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f, QL_MD);
	contrast(&f, "1", "A", "P", 1.0, 0.2, NAN);
	contrast(&f, "2", "B", "P", 0.5, 0.3, NAN);
	contrast(&f, "3", "A + B", "P", 1.8, 0.4, NAN);
	contrast(&f, "4", "C + A", "A", 0.7, 0.5, NAN);
	finish(&f);
	struct ql_component_fit c;
	assert_int_equal(ql_nma_components(f.d, NULL, "P", &common, &f.ds, &c), QUELL_OK);
	assert_int_equal(c.n, 3);
	/* normal equations of A and B: weights 25, 1/0.09, 6.25 */
	double wa = 25, wb = 1 / 0.09, wab = 6.25, det = (wa + wab) * (wb + wab) - wab * wab;
	double ga = wa * 1.0 + wab * 1.8, gb = wb * 0.5 + wab * 1.8;
	double ea = ((wb + wab) * ga - wab * gb) / det, eb = ((wa + wab) * gb - wab * ga) / det;
	for (int i = 0; i < 3; i++) {
		if (c.name[i][0] == 'A') {
			NEAR(c.effect[i].te, ea, 1e-10);
			NEAR(c.effect[i].se, sqrt((wb + wab) / det), 1e-10);
		} else {
			NEAR(c.effect[i].te, c.name[i][0] == 'B' ? eb : 0.7, 1e-10);
		}
	}
	double q = wa * pow(1 - ea, 2) + wb * pow(0.5 - eb, 2) + wab * pow(1.8 - ea - eb, 2);
	NEAR(c.q, q, 1e-9);
	assert_int_equal(c.df, 1);
	NEAR(c.q_difference, q, 1e-9); /* the usual network fits exactly */
	done(&f);
	/* two parts that no study connects, joined by shared components; D is never compared without E */
	begin(&f, QL_MD);
	contrast(&f, "1", "A", "P", 1.0, 0.2, NAN);
	contrast(&f, "2", "A+B", "B+C", 0.4, 0.2, NAN);
	contrast(&f, "3", "D+E", "P", 0.4, 0.2, NAN);
	finish(&f);
	assert_int_equal(ql_nma_components(f.d, NULL, "P", &common, &f.ds, &c), QUELL_OK);
	assert_true(isnan(c.q_difference));
	for (int i = 0; i < c.n; i++) {
		if (c.name[i][0] == 'C')
			NEAR(c.effect[i].te, 0.6, 1e-10);
		if (strchr("BDE", c.name[i][0]))
			assert_true(isnan(c.effect[i].te));
	}
	for (int t = 0; t < f.d->n_treat; t++)
		if (strcmp(f.d->treat[t], "D+E") == 0)
			NEAR(c.treat[t].te, 0.4, 1e-10);
	done(&f);
}

static void regression_of_two_treatments_is_pairwise(void **state)
{
	(void)state;
	struct fixture f;
	struct ql_regression_fit r;
	struct ql_pair_fit p;
	begin(&f, QL_MD);
	for (int i = 0; i < 6; i++) {
		char name[8];
		snprintf(name, sizeof name, "%d", i);
		contrast(&f, name, "new", "old", y[i], sqrt(v[i]), x[i]);
	}
	finish(&f);
	struct ql_nma_options o = common;
	o.random = true;
	o.reference = 1;
	assert_int_equal(ql_nma_regression(f.d, true, &o, &f.ds, &r), QUELL_OK);
	assert_true(ql_pair_fit(&f.a, y, v, x, 6, QL_PAIR_DL, false, 0.95, &p));
	NEAR(r.tau2, p.tau2, 1e-10);
	NEAR(r.slope[0].te, p.b[1], 1e-9);
	NEAR(r.slope[0].se, p.se[1], 1e-9);
	NEAR(r.effect[0].te, p.b[0] + p.b[1] * r.mean, 1e-9);
	NEAR(r.q, p.q, 1e-9);
	assert_int_equal(r.df, 4);
	struct ql_regression_fit separate;
	assert_int_equal(ql_nma_regression(f.d, false, &o, &f.ds, &separate), QUELL_OK);
	NEAR(separate.slope[0].te, r.slope[0].te, 1e-9);
	done(&f);
}

/* ---- samplers ---- */

/* Posterior mean of tau and of the effect by integrating over a grid of tau. */
static void on_a_grid(double scale, double sd, double *tau, double *effect)
{
	double norm = 0, best = -INFINITY;
	*tau = *effect = 0;
	for (int pass = 0; pass < 2; pass++)
		for (double t = 0.0005; t < 6; t += 0.001) {
			double w = 1 / (sd * sd), wy = 0, yy = 0, det = 0;
			for (int i = 0; i < 6; i++) {
				double u = 1 / (v[i] + t * t);
				w += u, wy += u * y[i], yy += u * y[i] * y[i], det += log(v[i] + t * t);
			}
			double l = -0.5 * (det + log(w) + yy - wy * wy / w) - 0.5 * t * t / (scale * scale);
			if (pass == 0) {
				best = fmax(best, l);
				continue;
			}
			norm += exp(l - best);
			*tau += t * exp(l - best);
			*effect += wy / w * exp(l - best);
		}
	*tau /= norm;
	*effect /= norm;
}

static void contrast_sampler_matches_integration(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f, QL_OR);
	for (int i = 0; i < 6; i++) {
		char name[8];
		snprintf(name, sizeof name, "%d", i);
		contrast(&f, name, "new", "old", y[i], sqrt(v[i]), NAN);
	}
	finish(&f);
	struct ql_bayes_options o = {.chains = 4,
				     .warmup = 200,
				     .draws = 5000,
				     .seed = 3,
				     .reference = 1,
				     .tau_scale = 0.7,
				     .effect_sd = 2,
				     .small_desirable = true};
	struct ql_bayes b, again;
	double tau, effect;
	on_a_grid(0.7, 2, &tau, &effect);
	assert_int_equal(ql_nma_bayes(f.d, &o, &f.ds, &b), QUELL_OK);
	assert_true(b.worst_r_hat < 1.01 && b.least_ess > 4000);
	NEAR(b.tau.mean, tau, 4 * b.tau.sd / sqrt(b.tau.ess));
	NEAR(b.effect[0].mean, effect, 4 * b.effect[0].sd / sqrt(b.effect[0].ess));
	NEAR(b.sucra[0] + b.sucra[1], 1, 1e-9);
	assert_int_equal(ql_nma_bayes(f.d, &o, &f.ds, &again), QUELL_OK);
	assert_true(again.tau.mean == b.tau.mean && again.effect[0].q97_5 == b.effect[0].q97_5);
	done(&f);
}

/* With many patients the binomial likelihood is normal in the log odds, so that both samplers must agree. */
static void arm_sampler_agrees_with_contrasts(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f, QL_OR);
	static const double p[5][2] = {{0.30, 0.22}, {0.42, 0.35}, {0.25, 0.14}, {0.36, 0.33}, {0.50, 0.37}};
	for (int i = 0; i < 5; i++) {
		char name[8];
		snprintf(name, sizeof name, "%d", i);
		arm(&f, name, i % 2 ? "B" : "A", floor(40000 * p[i][0]), 40000);
		arm(&f, name, "C", floor(40000 * p[i][1]), 40000);
	}
	finish(&f);
	struct ql_bayes_options o = {
	    .chains = 4, .warmup = 500, .draws = 8000, .seed = 5, .reference = 2, .prior = QL_UNIFORM, .tau_scale = 3};
	struct ql_bayes normal, binomial;
	assert_int_equal(ql_nma_bayes(f.d, &o, &f.ds, &normal), QUELL_OK);
	o.binomial = true;
	assert_int_equal(ql_nma_bayes(f.d, &o, &f.ds, &binomial), QUELL_OK);
	assert_true(binomial.worst_r_hat < 1.02);
	for (int t = 0; t < 2; t++) {
		double mc = 4 * hypot(normal.effect[t].sd / sqrt(normal.effect[t].ess),
				      binomial.effect[t].sd / sqrt(binomial.effect[t].ess));
		NEAR(binomial.effect[t].mean, normal.effect[t].mean, mc);
		NEAR(binomial.effect[t].sd, normal.effect[t].sd, 0.1);
	}
	NEAR(binomial.tau.median, normal.tau.median, 0.05);
	done(&f);
}

/* A slow chain must be recognised as one. */
static void diagnostics_see_slow_chains(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	double *z = calloc(8000, sizeof *z);
	unsigned r = 1;
	for (int c = 0; c < 4; c++)
		for (int i = 0; i < 2000; i++) {
			double u = 0;
			for (int k = 0; k < 12; k++) {
				r = r * 1664525u + 1013904223u;
				u += (double)(r >> 8) / 16777216.0;
			}
			z[c * 2000 + i] = (i ? 0.9 * z[c * 2000 + i - 1] : 0) + u - 6;
		}
	struct ql_posterior p = ql_posterior_of(&a, z, 4, 2000);
	assert_true(p.ess > 250 && p.ess < 700); /* 8000 * (1-0.9)/(1+0.9) = 421 */
	assert_true(p.r_hat > 1 && p.r_hat < 1.05);
	for (int i = 0; i < 2000; i++)
		z[i] += 5;
	p = ql_posterior_of(&a, z, 4, 2000);
	assert_true(p.r_hat > 1.2 && p.ess < 100);
	free(z);
	ql_arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rare_events_match_their_definitions),
	    cmocka_unit_test(rare_networks_drop_what_says_nothing),
	    cmocka_unit_test(estimators_solve_their_equations),
	    cmocka_unit_test(small_study_tests),
	    cmocka_unit_test(additive_components_add),
	    cmocka_unit_test(regression_of_two_treatments_is_pairwise),
	    cmocka_unit_test(contrast_sampler_matches_integration),
	    cmocka_unit_test(arm_sampler_agrees_with_contrasts),
	    cmocka_unit_test(diagnostics_see_slow_chains),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
