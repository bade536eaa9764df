/* SPDX-License-Identifier: Apache-2.0 */
/* Network meta-analysis against closed forms and against dense matrices computed the long way. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "base/special.h"
#include "evidence/linear.h"

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
	static const struct ql_nma_read_options o = {.measure = -1, .increment = 0.5};
	*f = (struct fixture){0};
	f->b = ql_nma_builder_new(&f->a, &o, m, &f->ds);
}

static void add(struct fixture *f, const char *study, const char *t1, const char *t2, double te, double se)
{
	ql_nma_builder_contrast(f->b, study, t1, t2, te, se, NAN, NAN, NAN, (struct ql_span){0}, NULL);
}

static void finish(struct fixture *f)
{
	if (ql_nma_builder_finish(f->b, &f->d) != QUELL_OK) {
		struct ql_buf text = {0};
		ql_diags_render(&f->ds, false, &text);
		fail_msg("%s", text.data);
	}
}

static void done(struct fixture *f)
{
	ql_diags_free(&f->ds);
	ql_arena_free(&f->a);
}

static struct ql_nma *fit(struct fixture *f, enum ql_tau_method method, bool random)
{
	struct ql_nma_options o = {
	    .method = method, .random = random, .small_desirable = true, .level = 0.95, .tau2 = NAN};
	struct ql_nma *m;
	assert_int_equal(ql_nma_fit(f->d, &o, &f->ds, &m), QUELL_OK);
	return m;
}

static int index_of(const struct fixture *f, const char *name)
{
	for (int i = 0; i < f->d->n_treat; i++)
		if (strcmp(f->d->treat[i], name) == 0)
			return i;
	return -1;
}

static struct ql_estimate estimate(const struct fixture *f, const struct ql_nma *m, const char *x, const char *y)
{
	return ql_nma_estimate(m, index_of(f, x), index_of(f, y));
}

/* Inverse variance, Q and DerSimonian-Laird by hand. */
static void two_treatments_are_pairwise(void **state)
{
	(void)state;
	const double y[5] = {-0.9, -1.6, 0.1, -0.4, -0.8}, se[5] = {0.5, 0.4, 0.2, 0.3, 0.6};
	struct fixture f;
	begin(&f, QL_GENERIC);
	double w = 0, wy = 0, w2 = 0, q = 0;
	for (int i = 0; i < 5; i++) {
		char name[8];
		snprintf(name, sizeof name, "s%d", i);
		add(&f, name, i % 2 ? "ctl" : "new", i % 2 ? "new" : "ctl", i % 2 ? -y[i] : y[i], se[i]);
		w += 1 / (se[i] * se[i]);
		wy += y[i] / (se[i] * se[i]);
		w2 += pow(se[i], -4);
	}
	finish(&f);
	for (int i = 0; i < 5; i++)
		q += pow((y[i] - wy / w) / se[i], 2);
	struct ql_nma *m = fit(&f, QL_DL, false);
	struct ql_estimate e = estimate(&f, m, "new", "ctl");
	NEAR(e.te, wy / w, 1e-13);
	NEAR(e.se, 1 / sqrt(w), 1e-13);
	NEAR(e.lower, wy / w - 1.959963984540054 / sqrt(w), 1e-12);
	NEAR(m->q, q, 1e-13);
	assert_int_equal(m->df, 4);
	NEAR(m->i2, (q - 4) / q, 1e-13);
	m = fit(&f, QL_DL, true);
	NEAR(m->tau2, (q - 4) / (w - w2 / w), 1e-12);
	struct ql_ranks r;
	ql_nma_ranks(m, 20000, 3, &r);
	e = estimate(&f, m, "new", "ctl");
	NEAR(r.p_score[index_of(&f, "new")], ql_pnorm(-e.te / e.se), 1e-12);
	NEAR(r.p_score[0] + r.p_score[1], 1, 1e-12);
	NEAR(r.sucra[0], r.p_score[0], 0.01);
	m = fit(&f, QL_PM, true);
	double gq = 0, gw = 0, gwy = 0;
	for (int i = 0; i < 5; i++) {
		gw += 1 / (se[i] * se[i] + m->tau2);
		gwy += y[i] / (se[i] * se[i] + m->tau2);
	}
	for (int i = 0; i < 5; i++)
		gq += pow(y[i] - gwy / gw, 2) / (se[i] * se[i] + m->tau2);
	NEAR(gq, 4, 1e-9);
	done(&f);
}

/* Bucher's indirect comparison, and its combination with direct evidence. */
static void a_triangle_is_bucher(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f, QL_GENERIC);
	add(&f, "1", "A", "B", -0.3, 0.1);
	add(&f, "2", "B", "C", -0.5, 0.2);
	finish(&f);
	struct ql_nma *m = fit(&f, QL_DL, true);
	NEAR(estimate(&f, m, "A", "C").te, -0.8, 1e-13);
	NEAR(estimate(&f, m, "A", "C").se, sqrt(0.05), 1e-13);
	assert_int_equal(m->df, 0);
	assert_true(isnan(m->i2) && m->tau2 == 0);
	struct ql_designs g;
	ql_nma_designs(m, false, &g);
	assert_int_equal(g.df_between, 0);
	done(&f);

	begin(&f, QL_GENERIC);
	add(&f, "1", "A", "B", -0.3, 0.1);
	add(&f, "2", "B", "C", -0.5, 0.2);
	add(&f, "3", "A", "C", -0.2, 0.3);
	finish(&f);
	m = fit(&f, QL_DL, false);
	double wd = 1 / 0.09, wi = 1 / 0.05;
	NEAR(estimate(&f, m, "A", "C").te, (-0.2 * wd - 0.8 * wi) / (wd + wi), 1e-13);
	NEAR(m->q, 0.36 / (0.09 + 0.05), 1e-12);
	int n;
	struct ql_split *s = ql_nma_split(m, &n);
	assert_int_equal(n, 3);
	NEAR(s[1].proportion, wd / (wd + wi), 1e-12);
	NEAR(s[1].indirect.te, -0.8, 1e-12);
	NEAR(s[1].indirect.se, sqrt(0.05), 1e-12);
	NEAR(s[1].difference.te, 0.6, 1e-12);
	for (int i = 0; i < 3; i++) /* one loop: the same inconsistency wherever it is cut */
		NEAR(s[i].difference.p, ql_pchisq_upper(m->q, 1), 1e-10);
	ql_nma_designs(m, true, &g);
	NEAR(g.q_between, m->q, 1e-12);
	NEAR(g.design[0].q_detached, 0, 1e-10);
	struct ql_contributions c;
	for (int method = 0; method < 2; method++) {
		ql_nma_contributions(m, (enum ql_flow)method, &c);
		for (int r = 0; r < 3; r++)
			NEAR(c.share[r * 3] + c.share[r * 3 + 1] + c.share[r * 3 + 2], 1, 1e-12);
		NEAR(c.share[1 * 3 + 1], wd / (wd + wi), 1e-12); /* A:C: the direct edge, and half of the rest each */
		NEAR(c.share[1 * 3 + 0], 0.5 * wi / (wd + wi), 1e-12);
	}
	done(&f);
}

/* ---- the long way: every contrast, every covariance, one dense system ---- */

static double noise(unsigned *state)
{
	*state = *state * 1664525u + 1013904223u;
	return (double)(*state >> 8) / 16777216.0;
}

enum { MOST = 200 };

static void invert(double *a, int n, double *log_det)
{
	*log_det = 0;
	for (int j = 0; j < n; j++) {
		int best = j;
		for (int i = j; i < n; i++)
			best = fabs(a[i * 2 * n + j]) > fabs(a[best * 2 * n + j]) ? i : best;
		for (int k = 0; k < 2 * n; k++) {
			double t = a[j * 2 * n + k];
			a[j * 2 * n + k] = a[best * 2 * n + k];
			a[best * 2 * n + k] = t;
		}
		double d = a[j * 2 * n + j];
		*log_det += log(fabs(d));
		for (int k = 0; k < 2 * n; k++)
			a[j * 2 * n + k] /= d;
		for (int i = 0; i < n; i++)
			for (int k = 2 * n - 1; i != j && k >= j; k--)
				a[i * 2 * n + k] -= a[i * 2 * n + j] * a[j * 2 * n + k];
	}
}

static double *inverse_of(const double *a, int n, double *log_det)
{
	double *w = calloc((size_t)(2 * n * n), sizeof *w), *out = calloc((size_t)(n * n), sizeof *out);
	for (int i = 0; i < n; i++) {
		memcpy(w + i * 2 * n, a + i * n, (size_t)n * sizeof *w);
		w[i * 2 * n + n + i] = 1;
	}
	invert(w, n, log_det);
	for (int i = 0; i < n; i++)
		memcpy(out + i * n, w + i * 2 * n + n, (size_t)n * sizeof *w);
	free(w);
	return out;
}

struct dense {
	int n, p;
	double *x, *s, *pm, *y;
};

static void to_dense(const struct ql_nma_data *d, struct dense *o)
{
	o->p = d->n_treat - 1;
	for (int s = 0; s < d->n_study; s++)
		o->n += d->study[s].k - 1;
	size_t n = (size_t)o->n;
	o->x = calloc(n * (size_t)o->p, sizeof *o->x);
	o->s = calloc(n * n, sizeof *o->s);
	o->pm = calloc(n * n, sizeof *o->pm);
	o->y = calloc(n, sizeof *o->y);
	for (int s = 0, r = 0; s < d->n_study; r += d->study[s++].k - 1)
		for (int i = 0, c = d->study[s].k - 1; i < c; i++) {
			int t = d->study[s].arm[i + 1], b = d->study[s].arm[0];
			if (t)
				o->x[(r + i) * o->p + t - 1] += 1;
			if (b)
				o->x[(r + i) * o->p + b - 1] -= 1;
			o->y[r + i] = d->study[s].y[i];
			for (int j = 0; j < c; j++) {
				o->s[(r + i) * o->n + r + j] = d->study[s].s[i * c + j];
				o->pm[(r + i) * o->n + r + j] = i == j ? 1 : 0.5;
			}
		}
}

/* beta, Q, residual projection R = W - WX(X'WX)^-1X'W, restricted log-likelihood */
static void dense_fit(const struct dense *d, double tau2, double *beta, double *v, double *q, double *trace,
		      double *reml, double *ml)
{
	int n = d->n, p = d->p;
	double *c = calloc((size_t)(n * n), sizeof *c), det, det_x;
	for (int i = 0; i < n * n; i++)
		c[i] = d->s[i] + tau2 * d->pm[i];
	double *w = inverse_of(c, n, &det), *wx = calloc((size_t)(n * p), sizeof *wx),
	       *xwx = calloc((size_t)(p * p), sizeof *xwx);
	for (int i = 0; i < n; i++)
		for (int j = 0; j < p; j++)
			for (int k = 0; k < n; k++)
				wx[i * p + j] += w[i * n + k] * d->x[k * p + j];
	for (int i = 0; i < p; i++)
		for (int j = 0; j < p; j++)
			for (int k = 0; k < n; k++)
				xwx[i * p + j] += d->x[k * p + i] * wx[k * p + j];
	double *inv = inverse_of(xwx, p, &det_x);
	memcpy(v, inv, (size_t)(p * p) * sizeof *v);
	for (int i = 0; i < p; i++) {
		beta[i] = 0;
		for (int j = 0; j < p; j++)
			for (int k = 0; k < n; k++)
				beta[i] += inv[i * p + j] * wx[k * p + j] * d->y[k];
	}
	*q = *trace = 0;
	for (int i = 0; i < n; i++)
		for (int j = 0; j < n; j++) {
			double ri = d->y[i], rj = d->y[j], h = 0;
			for (int k = 0; k < p; k++) {
				ri -= d->x[i * p + k] * beta[k];
				rj -= d->x[j * p + k] * beta[k];
				for (int l = 0; l < p; l++)
					h += wx[i * p + k] * inv[k * p + l] * wx[j * p + l];
			}
			*q += ri * w[i * n + j] * rj;
			*trace += (w[i * n + j] - h) * d->pm[j * n + i];
		}
	*reml = -0.5 * (det + det_x + *q);
	*ml = -0.5 * (det + *q);
	free(c), free(w), free(wx), free(xwx), free(inv);
}

static void random_network(struct fixture *f, unsigned seed)
{
	begin(f, QL_GENERIC);
	unsigned r = seed;
	int n_treat = 4 + (int)(noise(&r) * 6);
	for (int s = 0; s < 18; s++) {
		int k = s < n_treat - 1 ? 2 : 2 + (int)(noise(&r) * 3), arm[4], have = 0;
		double x[4], v[4];
		while (have < k) {
			int t =
			    s < n_treat - 1 ? (have ? s + 1 : (int)(noise(&r) * (s + 1))) : (int)(noise(&r) * n_treat);
			bool used = false;
			for (int i = 0; i < have; i++)
				used |= arm[i] == t;
			if (used)
				continue;
			arm[have] = t;
			v[have] = 0.01 + 0.2 * noise(&r);
			x[have++] = 0.2 * t + 1.5 * (noise(&r) - 0.5);
		}
		for (int i = 0; i < k; i++)
			for (int j = i + 1; j < k; j++) {
				char name[8], a[8], b[8];
				snprintf(name, sizeof name, "s%d", s);
				snprintf(a, sizeof a, "t%d", arm[i]);
				snprintf(b, sizeof b, "t%d", arm[j]);
				add(f, name, a, b, x[i] - x[j], sqrt(v[i] + v[j]));
			}
	}
	finish(f);
}

static void networks_match_dense_matrices(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 25; seed++) {
		struct fixture f;
		struct dense d = {0};
		random_network(&f, seed);
		to_dense(f.d, &d);
		double beta[16], v[256], q, trace, reml, ml, q0, unused;
		dense_fit(&d, 0, beta, v, &q0, &trace, &reml, &ml);
		struct ql_nma *m = fit(&f, QL_DL, true);
		NEAR(m->q, q0, 1e-9);
		assert_int_equal(m->df, d.n - d.p);
		NEAR(m->tau2, fmax(0, (q0 - m->df) / trace), 1e-9);
		for (int method = QL_DL; method <= QL_PM; method++) {
			m = fit(&f, (enum ql_tau_method)method, true);
			dense_fit(&d, m->tau2, beta, v, &q, &trace, &reml, &ml);
			for (int i = 0; i < d.p; i++) {
				struct ql_estimate e = ql_nma_estimate(m, i + 1, 0);
				NEAR(e.te, beta[i], 1e-9);
				NEAR(e.se, sqrt(v[i * d.p + i]), 1e-9);
			}
			if (method == QL_PM && m->tau2 > 0)
				NEAR(q, m->df, 1e-8);
			double here = method == QL_REML ? reml : ml, step = 1e-3 * (m->tau2 + 0.01), above, below;
			if (method != QL_REML && method != QL_ML)
				continue;
			double r2, m2;
			dense_fit(&d, m->tau2 + step, beta, v, &q, &unused, &r2, &m2);
			above = method == QL_REML ? r2 : m2;
			dense_fit(&d, fmax(0, m->tau2 - step), beta, v, &q, &unused, &r2, &m2);
			below = method == QL_REML ? r2 : m2;
			assert_true(here >= above - 1e-12 && here >= below - 1e-12);
		}
		struct ql_designs g;
		m = fit(&f, QL_DL, true);
		ql_nma_designs(m, true, &g);
		NEAR(g.q_within + g.q_between, m->q, 1e-9);
		assert_int_equal(g.df_within + g.df_between, m->df);
		free(d.x), free(d.s), free(d.pm), free(d.y);
		done(&f);
	}
}

/* In a network of two-arm studies the indirect estimate is the network without the direct studies. */
static void splitting_equals_leaving_out(void **state)
{
	(void)state;
	static const struct {
		const char *a, *b;
		double te, se;
	} v[] = {{"A", "B", 0.2, 0.2}, {"A", "B", 0.5, 0.3}, {"B", "C", -0.1, 0.25}, {"A", "C", 0.4, 0.15},
		 {"C", "D", 0.3, 0.2}, {"A", "D", 0.2, 0.3}, {"B", "D", 0.6, 0.35},  {"B", "C", 0.2, 0.2}};
	struct fixture all, less;
	begin(&all, QL_GENERIC);
	begin(&less, QL_GENERIC);
	for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
		char name[8];
		snprintf(name, sizeof name, "%zu", i);
		add(&all, name, v[i].a, v[i].b, v[i].te, v[i].se);
		if (strcmp(v[i].a, "A") != 0 || strcmp(v[i].b, "B") != 0)
			add(&less, name, v[i].a, v[i].b, v[i].te, v[i].se);
	}
	finish(&all);
	finish(&less);
	int n;
	struct ql_split *s = ql_nma_split(fit(&all, QL_DL, false), &n);
	struct ql_estimate e = estimate(&less, fit(&less, QL_DL, false), "A", "B");
	assert_string_equal(all.d->treat[s[0].treat], "A");
	assert_string_equal(all.d->treat[s[0].comp], "B");
	NEAR(s[0].indirect.te, e.te, 1e-12);
	NEAR(s[0].indirect.se, e.se, 1e-12);
	done(&all);
	done(&less);
}

/* Results do not depend on the order of rows, the names of studies or the reference. */
static void order_does_not_matter(void **state)
{
	(void)state;
	struct fixture f, g;
	begin(&f, QL_GENERIC);
	begin(&g, QL_GENERIC);
	add(&f, "x", "A", "B", -0.3, 0.1), add(&f, "y", "B", "C", -0.5, 0.2), add(&f, "z", "A", "C", -0.2, 0.3);
	add(&g, "r", "C", "A", 0.2, 0.3), add(&g, "q", "B", "C", -0.5, 0.2), add(&g, "p", "B", "A", 0.3, 0.1);
	finish(&f);
	finish(&g);
	struct ql_nma *a = fit(&f, QL_REML, true), *b = fit(&g, QL_REML, true);
	struct ql_nma_options o = a->o;
	o.reference = 2;
	struct ql_nma *c;
	assert_int_equal(ql_nma_fit(f.d, &o, &f.ds, &c), QUELL_OK);
	for (int i = 0; i < 3; i++)
		for (int j = 0; j < 3; j++) {
			NEAR(ql_nma_estimate(a, i, j).te, ql_nma_estimate(b, i, j).te, 1e-12);
			NEAR(ql_nma_estimate(a, i, j).te, ql_nma_estimate(c, i, j).te, 1e-9);
			NEAR(ql_nma_estimate(a, i, j).se, ql_nma_estimate(c, i, j).se, 1e-9);
		}
	done(&f);
	done(&g);
}

static void arms_give_the_usual_effects(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f, QL_OR);
	struct ql_nma_arm x = {12, 100, NAN, NAN, NAN}, y = {20, 110, NAN, NAN, NAN}, z = {0, 50, NAN, NAN, NAN};
	ql_nma_builder_arm(f.b, "1", "A", x, NAN, (struct ql_span){0});
	ql_nma_builder_arm(f.b, "1", "B", y, NAN, (struct ql_span){0});
	ql_nma_builder_arm(f.b, "2", "A", z, NAN, (struct ql_span){0});
	ql_nma_builder_arm(f.b, "2", "B", y, NAN, (struct ql_span){0});
	ql_nma_builder_arm(f.b, "3", "A", z, NAN, (struct ql_span){0});
	ql_nma_builder_arm(f.b, "3", "B", z, NAN, (struct ql_span){0});
	finish(&f);
	assert_int_equal(f.d->n_study, 2);
	assert_int_equal(f.d->n_note, 1);
	NEAR(f.d->study[0].y[0], log(20.0 / 90 / (12.0 / 88)), 1e-14);
	NEAR(f.d->study[0].s[0], 1 / 12.0 + 1 / 88.0 + 1 / 20.0 + 1 / 90.0, 1e-14);
	NEAR(f.d->study[1].y[0], log(20.5 / 90.5 / (0.5 / 50.5)), 1e-14);
	done(&f);
	begin(&f, QL_SMD);
	struct ql_nma_arm p = {NAN, 20, 5, 2, NAN}, q = {NAN, 30, 6.5, 3, NAN};
	ql_nma_builder_arm(f.b, "1", "A", p, NAN, (struct ql_span){0});
	ql_nma_builder_arm(f.b, "1", "B", q, NAN, (struct ql_span){0});
	finish(&f);
	double sd = sqrt((19 * 4 + 29 * 9) / 48.0), j = exp(lgamma(24) - lgamma(23.5)) / sqrt(24), d = j * 1.5 / sd;
	NEAR(f.d->study[0].y[0], d, 1e-13);
	NEAR(f.d->study[0].s[0], 1 / 20.0 + 1 / 30.0 + d * d / 100, 1e-13);
	done(&f);
}

/* Contrasts of a multi-arm study that do not add up act like two-arm studies with the reduced weights of graph theory.
 */
static void rounded_contrasts_act_as_edges(void **state)
{
	(void)state;
	const double te[3] = {-0.30, -0.52, -0.80}, se[3] = {0.10, 0.20, 0.19}; /* AB, BC, AC; residual 0.02 */
	struct fixture f, g;
	begin(&f, QL_GENERIC);
	add(&f, "m", "A", "B", te[0], se[0]), add(&f, "m", "B", "C", te[1], se[1]),
	    add(&f, "m", "A", "C", te[2], se[2]);
	add(&f, "2", "C", "D", 0.1, 0.2), add(&f, "3", "A", "D", -0.9, 0.3);
	finish(&f);
	NEAR(f.d->study[0].residual, 0.02 * 0.04 / (0.01 + 0.04 + 0.0361), 1e-9); /* shared out by variance */
	double s[4] = {se[0] * se[0], 0, 0, se[2] * se[2]}, l[9], det;
	s[1] = s[2] = 0.5 * (s[0] + s[3] - se[1] * se[1]);
	assert_true(ql_arm_weights(s, 3, 0, l, &det));
	begin(&g, QL_GENERIC);
	add(&g, "ab", "A", "B", te[0], sqrt(-1 / l[1])), add(&g, "bc", "B", "C", te[1], sqrt(-1 / l[5]));
	add(&g, "ac", "A", "C", te[2], sqrt(-1 / l[2]));
	add(&g, "2", "C", "D", 0.1, 0.2), add(&g, "3", "A", "D", -0.9, 0.3);
	finish(&g);
	struct ql_nma *a = fit(&f, QL_DL, false), *b = fit(&g, QL_DL, false);
	for (int i = 0; i < 4; i++)
		for (int j = 0; j < 4; j++) {
			NEAR(ql_nma_estimate(a, i, j).te, ql_nma_estimate(b, i, j).te, 1e-12);
			NEAR(ql_nma_estimate(a, i, j).se, ql_nma_estimate(b, i, j).se, 1e-12);
		}
	NEAR(a->q, b->q, 1e-12);
	assert_int_equal(a->df, 1);
	struct ql_designs d;
	ql_nma_designs(a, false, &d);
	NEAR(d.q_within, 0, 1e-12);
	assert_true(d.q_between < a->q); /* what is wrong within the study is no inconsistency between designs */
	done(&f);
	done(&g);
}

static double seconds(clock_t since)
{
	return (double)(clock() - since) / CLOCKS_PER_SEC;
}

/* Star of `n` treatments plus random studies: a connected network of any size. */
static void grown_network(struct fixture *f, int n_treat, int n_study)
{
	unsigned r = 11;
	begin(f, QL_GENERIC);
	for (int s = 0; s < n_study; s++) {
		char name[16], a[16], b[16];
		int i = s < n_treat - 1 ? s + 1 : (int)(noise(&r) * n_treat),
		    j = s < n_treat - 1 ? (int)(noise(&r) * i) : i;
		while (j == i)
			j = (int)(noise(&r) * n_treat);
		snprintf(name, sizeof name, "s%d", s);
		snprintf(a, sizeof a, "t%d", i);
		snprintf(b, sizeof b, "t%d", j);
		add(f, name, a, b, 2 * noise(&r) - 1, 0.1 + 0.4 * noise(&r));
	}
	finish(f);
}

/* Everything but the draws of the rankogram, as in the first screen of a result. Times are processor times. */
static void networks_are_quick(void **state)
{
	(void)state;
	static const struct {
		int treatments, studies, repeats;
		double limit;
	} v[] = {{10, 26, 50, 0.005}, {1000, 5000, 1, 10}};
	for (int k = 0; k < 2; k++) {
		double best = INFINITY;
		struct fixture f;
		grown_network(&f, v[k].treatments, v[k].studies);
		for (int i = 0; i < v[k].repeats; i++) {
			struct ql_designs g;
			struct ql_ranks ranks;
			int n;
			clock_t start = clock();
			struct ql_nma *m = fit(&f, QL_DL, true);
			ql_nma_designs(m, false, &g);
			ql_nma_split(m, &n);
			ql_nma_ranks(m, 0, 1, &ranks);
			best = fmin(best, seconds(start));
		}
		print_message("%d treatments, %d studies: %.3g ms\n", v[k].treatments, v[k].studies, 1e3 * best);
		assert_true(best < v[k].limit);
		done(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(two_treatments_are_pairwise),    cmocka_unit_test(a_triangle_is_bucher),
	    cmocka_unit_test(networks_match_dense_matrices),  cmocka_unit_test(splitting_equals_leaving_out),
	    cmocka_unit_test(order_does_not_matter),          cmocka_unit_test(arms_give_the_usual_effects),
	    cmocka_unit_test(rounded_contrasts_act_as_edges), cmocka_unit_test(networks_are_quick),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
