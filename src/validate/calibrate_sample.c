/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Draws of `quell calibrate`. One evaluation carries the sampling error of its virtual cohorts, and weights by single
 * evaluations would follow that error. So a quadratic surface per target goes through all evaluations, in the parameters
 * scaled by the normal approximation; a cheap population Monte Carlo on the surface (a mixture of t laws that adapts) proposes
 * draws; these are simulated, the surface is fitted again with them, and so on in waves. The last wave is weighted by what its
 * own simulations changed.
 */
#include "base/rng.h"
#include "validate/calibrate_private.h"
#include <math.h>
#include <string.h>

#define WAVES 4
#define POOL 6000  /* candidates on the surface, per round */
#define ROUNDS 5   /* in which the proposal adapts */
#define DOF 6      /* of the t laws */
#define BOLD 0.15  /* share of the wide law, which covers the tails */
#define BOLD_SCALE 2.0
#define NARROW_SCALE 1.1

struct surface { /* y of a target = coefficients times 1, u, (u^2 - 1)/2; u: theta scaled */
	struct calibration *k;
	int n, m;
	double *centre, *root; /* theta = centre + root u */
	double *coef;	       /* [n_target][m] */
	double *u, *basis, *y;
};

struct pool { /* candidates of one round */
	double *theta, *lp, *weight; /* [POOL][n], log posterior on the surface, normalised weight */
	double *mean, *cov, *root;
	double effective;
};

/* --- the surface --- */

/* root u = x - centre */
static void scale(const double *root, const double *centre, const double *x, int n, double *u)
{
	for (int i = 0; i < n; i++) {
		double sum = x[i] - centre[i];
		for (int j = 0; j < i; j++)
			sum -= root[i * n + j] * u[j];
		u[i] = sum / root[i * n + i];
	}
}

static double set_basis(struct surface *s, const double *theta)
{
	double square = 0;
	scale(s->root, s->centre, theta, s->n, s->u);
	s->basis[0] = 1;
	for (int j = 0; j < s->n; j++) {
		s->basis[1 + j] = s->u[j];
		s->basis[1 + s->n + j] = (s->u[j] * s->u[j] - 1) / 2;
		square += s->u[j] * s->u[j];
	}
	return square;
}

static void solve(const double *l, int m, double *b)
{
	for (int i = 0; i < m; i++) {
		for (int j = 0; j < i; j++)
			b[i] -= l[i * m + j] * b[j];
		b[i] /= l[i * m + i];
	}
	for (int i = m - 1; i >= 0; i--) {
		for (int j = i + 1; j < m; j++)
			b[i] -= l[j * m + i] * b[j];
		b[i] /= l[i * m + i];
	}
}

/* Ridge regression: slopes nearly free, curvatures held near 0 unless the points ask for them; far points count less. */
static void fit(struct surface *s)
{
	struct calibration *k = s->k;
	int m = s->m, n_target = k->c->n_target;
	double *a = QL_NEW_N(&k->c->arena, double, (size_t)(2 * m * m)), *l = a + m * m;
	memset(s->coef, 0, (size_t)(n_target * m) * sizeof(double));
	for (int i = 0; i < m; i++)
		a[i * m + i] = i == 0 ? 1e-6 : i <= s->n ? 0.05 : 4.0;
	for (int p = 0; p < k->n_point; p++) {
		double w = 1 + set_basis(s, k->point[p].theta) / (2 * s->n);
		w = 1 / (w * w);
		for (int i = 0; i < m; i++)
			for (int j = 0; j <= i; j++)
				a[i * m + j] += w * s->basis[i] * s->basis[j];
		for (int t = 0; t < n_target; t++) {
			double y = k->point[p].y[t];
			y = isfinite(y) ? y : k->published[t] + 1.1; /* a median that is not reached: see the log posterior */
			for (int i = 0; i < m; i++)
				s->coef[t * m + i] += w * s->basis[i] * y;
		}
	}
	ql_calibration_cholesky(a, m, l);
	for (int t = 0; t < n_target; t++)
		solve(l, m, &s->coef[t * m]);
}

static double on_surface(struct surface *s, const double *theta)
{
	set_basis(s, theta);
	for (int t = 0; t < s->k->c->n_target; t++) {
		s->y[t] = 0;
		for (int i = 0; i < s->m; i++)
			s->y[t] += s->coef[t * s->m + i] * s->basis[i];
	}
	return ql_calibration_log_posterior(s->k, theta, s->y);
}

/* --- population Monte Carlo on it --- */

static double uniform(const struct calibration *k, int candidate, int round, int ordinal)
{
	return ql_rng_uniform(k->spec->panel.seed, (uint64_t)candidate, ql_hash_str("calibrate.pool"),
			      ((uint64_t)round << 32) + (uint64_t)ordinal);
}

/* Logarithm of the mixture's density, up to a constant; square: squared distance in units of its scale. */
static double log_proposal(double square, int n)
{
	double narrow = log(1 - BOLD) - n * log(NARROW_SCALE) - (DOF + n) / 2.0 * log1p(square / (NARROW_SCALE * NARROW_SCALE) / DOF);
	double wide = log(BOLD) - n * log(BOLD_SCALE) - (DOF + n) / 2.0 * log1p(square / (BOLD_SCALE * BOLD_SCALE) / DOF);
	return fmax(narrow, wide) + log1p(exp(-fabs(narrow - wide)));
}

static double draw_candidate(struct surface *s, const struct pool *p, int d, int round)
{
	int n = s->n;
	double chi = 0, square = 0, *at = &p->theta[d * n];
	for (int i = 0; i < DOF / 2; i++)
		chi -= 2 * log(uniform(s->k, d, round, n + 1 + i));
	double size = (uniform(s->k, d, round, n) < BOLD ? BOLD_SCALE : NARROW_SCALE) / sqrt(chi / DOF);
	memcpy(at, p->mean, (size_t)n * sizeof *at);
	for (int j = 0; j < n; j++) {
		double z = size * ql_quantile_normal(uniform(s->k, d, round, j));
		square += z * z;
		for (int i = j; i < n; i++)
			at[i] += p->root[i * n + j] * z;
	}
	return log_proposal(square, n);
}

/* Weights of log values times heat, and their effective sample size. */
static double normalise(const double *lw, double heat, int n, double *w)
{
	double most = -INFINITY, sum = 0, squares = 0;
	for (int d = 0; d < n; d++)
		most = fmax(most, heat * lw[d]);
	for (int d = 0; d < n; d++)
		sum += w[d] = exp(heat * lw[d] - most);
	for (int d = 0; d < n; d++) {
		w[d] /= sum;
		squares += w[d] * w[d];
	}
	return 1 / squares;
}

static void adapt(struct pool *p, int n)
{
	memset(p->mean, 0, (size_t)n * sizeof(double));
	memset(p->cov, 0, (size_t)(n * n) * sizeof(double));
	for (int d = 0; d < POOL; d++)
		for (int i = 0; i < n; i++)
			p->mean[i] += p->weight[d] * p->theta[d * n + i];
	for (int d = 0; d < POOL; d++)
		for (int i = 0; i < n; i++)
			for (int j = 0; j <= i; j++)
				p->cov[i * n + j] += p->weight[d] * (p->theta[d * n + i] - p->mean[i]) * (p->theta[d * n + j] - p->mean[j]);
	for (int i = 0; i < n; i++)
		p->cov[i * n + i] += 1e-10;
	ql_calibration_cholesky(p->cov, n, p->root);
}

/* Rounds from the normal approximation on; while few candidates carry the weight, it is tempered. */
static void explore(struct surface *s, struct pool *p, int wave)
{
	int n = s->n;
	double *lw = QL_NEW_N(&s->k->c->arena, double, POOL);
	memcpy(p->mean, s->centre, (size_t)n * sizeof(double));
	memcpy(p->root, s->root, (size_t)(n * n) * sizeof(double));
	for (int round = 0; round < ROUNDS; round++) {
		for (int d = 0; d < POOL; d++) {
			double q = draw_candidate(s, p, d, wave * ROUNDS + round);
			p->lp[d] = on_surface(s, &p->theta[d * n]);
			lw[d] = p->lp[d] - q;
		}
		double heat = 1;
		p->effective = normalise(lw, heat, POOL, p->weight);
		if (round == ROUNDS - 1)
			return;
		while (heat > 0.01 && normalise(lw, heat, POOL, p->weight) < 10.0 * n)
			heat *= 0.8;
		adapt(p, n);
	}
}

/* Systematic resampling; picked[i] < of. */
static void pick(const struct calibration *k, const double *weight, int of, int count, const char *stream, int *picked)
{
	double u = ql_rng_uniform(k->spec->panel.seed, 0, ql_hash_str(stream), 0), cumulated = 0;
	int n = 0;
	for (int d = 0; d < of; d++) {
		cumulated += weight[d];
		while (n < count && (n + u) / count < cumulated)
			picked[n++] = d;
	}
	while (n < count) /* rounding of the sum */
		picked[n++] = of - 1;
}

/* --- waves --- */

struct wave { /* draws that were simulated */
	double *theta, *before, *alone; /* log posterior on the surface they were drawn from, and by their own simulation */
	int n;
};

static enum quell_status simulate(struct surface *s, struct pool *p, struct wave *w, int wave)
{
	struct calibration *k = s->k;
	int *picked = QL_NEW_N(&k->c->arena, int, (size_t)w->n + 1);
	double *y = QL_NEW_N(&k->c->arena, double, (size_t)k->c->n_target + 1);
	pick(k, p->weight, POOL, w->n, "calibrate.wave", picked);
	for (int d = 0; d < w->n; d++) {
		double *at = &w->theta[d * s->n];
		memcpy(at, &p->theta[picked[d] * s->n], (size_t)s->n * sizeof *at);
		w->before[d] = p->lp[picked[d]];
		enum quell_status status = ql_calibration_evaluate(k, at, y);
		if (status != QUELL_OK)
			return status;
		w->alone[d] = ql_calibration_log_posterior(k, at, y);
		ql_calibration_tell(k, "Drawing", wave * w->n + d + 1, WAVES * w->n);
	}
	return QUELL_OK;
}

static void keep(struct surface *s, const struct wave *w, int count)
{
	struct ql_calibration *c = s->k->c;
	double *lw = QL_NEW_N(&c->arena, double, (size_t)(2 * w->n) + 1), *weight = lw + w->n;
	int *picked = QL_NEW_N(&c->arena, int, (size_t)count + 1);
	for (int d = 0; d < w->n; d++)
		lw[d] = w->alone[d] - w->before[d];
	c->effective_alone = normalise(lw, 1, w->n, weight);
	for (int d = 0; d < w->n; d++)
		lw[d] = on_surface(s, &w->theta[d * s->n]) - w->before[d];
	c->effective = normalise(lw, 1, w->n, weight);
	c->n_drawn = w->n;
	c->n_kept = count;
	c->draw = QL_NEW_N(&c->arena, double, (size_t)(count * s->n) + 1);
	pick(s->k, weight, w->n, count, "calibrate.keep", picked);
	for (int d = 0; d < count; d++)
		for (int j = 0; j < s->n; j++)
			c->draw[d * s->n + j] = c->parameter[j].start * exp(w->theta[picked[d] * s->n + j]);
}

/* Root mean square of what the surface misses of the evaluations near the mode, in standard errors of the targets. */
static double misfit(struct surface *s)
{
	struct calibration *k = s->k;
	double sum = 0, weight = 0;
	for (int p = 0; p < k->n_point; p++) {
		double w = 1 / (1 + set_basis(s, k->point[p].theta) / s->n);
		on_surface(s, k->point[p].theta);
		for (int t = 0; t < k->c->n_target; t++) {
			double d = isfinite(k->point[p].y[t]) ? k->point[p].y[t] - s->y[t] : 0;
			sum += w * d * d / k->variance[t];
			weight += w;
		}
	}
	return sqrt(sum / weight);
}

enum quell_status ql_calibration_sample(struct calibration *k, const double *mode)
{
	struct ql_calibration *c = k->c;
	size_t n = (size_t)c->n_parameter, m = 2 * n + 1, t = (size_t)c->n_target;
	int count = k->spec->draws > 0 ? k->spec->draws : 60, kept = k->spec->keep > 0 ? k->spec->keep : 24;
	struct surface s = {.k = k, .n = (int)n, .m = (int)m, .centre = QL_NEW_N(&c->arena, double, n),
			    .root = QL_NEW_N(&c->arena, double, n * n), .coef = QL_NEW_N(&c->arena, double, t * m + 1),
			    .u = QL_NEW_N(&c->arena, double, n), .basis = QL_NEW_N(&c->arena, double, m),
			    .y = QL_NEW_N(&c->arena, double, t + 1)};
	struct pool p = {.theta = QL_NEW_N(&c->arena, double, POOL * n), .lp = QL_NEW_N(&c->arena, double, POOL),
			 .weight = QL_NEW_N(&c->arena, double, POOL), .mean = QL_NEW_N(&c->arena, double, n),
			 .cov = QL_NEW_N(&c->arena, double, n * n), .root = QL_NEW_N(&c->arena, double, n * n)};
	struct wave w = {.theta = QL_NEW_N(&c->arena, double, (size_t)count * n + 1), .n = count,
			 .before = QL_NEW_N(&c->arena, double, (size_t)count + 1),
			 .alone = QL_NEW_N(&c->arena, double, (size_t)count + 1)};
	memcpy(s.centre, mode, n * sizeof(double));
	ql_calibration_cholesky(k->covariance, (int)n, s.root);
	for (int wave = 0; wave < WAVES; wave++) {
		fit(&s);
		explore(&s, &p, wave);
		enum quell_status status = simulate(&s, &p, &w, wave);
		if (status != QUELL_OK)
			return status;
	}
	fit(&s);
	keep(&s, &w, kept);
	explore(&s, &p, WAVES);
	c->misfit = misfit(&s);
	adapt(&p, s.n);
	for (size_t j = 0; j < n; j++)
		c->parameter[j].mean = c->parameter[j].start * exp(p.mean[j]);
	return QUELL_OK;
}
