/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cox regression by Newton's method with step halving on centred and scaled
 * columns. One pass over the patients, latest time first within each stratum,
 * gives log likelihood, score and information; ties by Efron or Breslow.
 */
#include "base/rng.h"
#include "trial/survival.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ITERATIONS = 50, MAX_HALVINGS = 30 };
#define SINGULAR 1e-11
#define Z975 1.959963984540054

struct row {
	double time;
	int stratum;
	bool event;
	size_t index;
};

struct work {
	int p;
	size_t n;
	enum ql_ties ties;
	const struct row *row;
	double *x;              /* [n*p] in row order, centred and scaled */
	double *mean, *scale;   /* per column; scale 0: constant column */
	double *beta, *step, *u, *info, *chol;
	bool *aliased;
	double *s1, *s2, *d1, *d2, *dx; /* sums over the risk set and over the tied events */
};

static int latest_first(const void *x, const void *y)
{
	const struct row *a = x, *b = y;
	if (a->stratum != b->stratum)
		return a->stratum < b->stratum ? -1 : 1;
	if (a->time != b->time)
		return a->time > b->time ? -1 : 1;
	return a->index < b->index ? -1 : a->index > b->index;
}

static void standardise(struct work *w, const double *x)
{
	for (int j = 0; j < w->p; j++) {
		double mean = 0, ss = 0;
		for (size_t i = 0; i < w->n; i++)
			mean += x[i * (size_t)w->p + (size_t)j] / (double)w->n;
		for (size_t i = 0; i < w->n; i++) {
			double d = x[i * (size_t)w->p + (size_t)j] - mean;
			ss += d * d / (double)w->n;
		}
		double scale = sqrt(ss);
		w->mean[j] = mean;
		w->scale[j] = scale > SINGULAR * fabs(mean) ? scale : 0;
		for (size_t i = 0; i < w->n; i++) {
			double d = x[w->row[i].index * (size_t)w->p + (size_t)j] - mean;
			w->x[i * (size_t)w->p + (size_t)j] = w->scale[j] > 0 ? d / scale : 0;
		}
	}
}

static void add_outer(double *s1, double *s2, const double *x, double r, int p)
{
	for (int j = 0; j < p; j++) {
		s1[j] += r * x[j];
		for (int k = 0; k <= j; k++)
			s2[j * p + k] += r * x[j] * x[k];
	}
}

/* The terms of `deaths` tied events once the risk set includes them. */
static double tied_terms(struct work *w, int deaths, double s0, double d0)
{
	int p = w->p;
	double loglik = 0;
	for (int l = 0; l < deaths; l++) {
		double f = w->ties == QL_EFRON ? (double)l / deaths : 0, c = s0 - f * d0;
		loglik -= ql_log(c);
		for (int j = 0; j < p; j++) {
			double aj = (w->s1[j] - f * w->d1[j]) / c;
			w->u[j] -= aj;
			for (int k = 0; k <= j; k++)
				w->info[j * p + k] += (w->s2[j * p + k] - f * w->d2[j * p + k]) / c -
						      aj * (w->s1[k] - f * w->d1[k]) / c;
		}
	}
	for (int j = 0; j < p; j++)
		w->u[j] += w->dx[j];
	return loglik;
}

static void clear(double *v, int n)
{
	for (int i = 0; i < n; i++)
		v[i] = 0;
}

/* Log likelihood at w->beta; fills u and the lower triangle of info. */
static double evaluate(struct work *w)
{
	int p = w->p;
	double loglik = 0, s0 = 0;
	clear(w->u, p);
	clear(w->info, p * p);
	for (size_t i = 0; i < w->n;) {
		if (i == 0 || w->row[i].stratum != w->row[i - 1].stratum) {
			s0 = 0;
			clear(w->s1, p);
			clear(w->s2, p * p);
		}
		double d0 = 0, time = w->row[i].time;
		int deaths = 0, stratum = w->row[i].stratum;
		clear(w->d1, p);
		clear(w->d2, p * p);
		clear(w->dx, p);
		for (; i < w->n && w->row[i].time == time && w->row[i].stratum == stratum; i++) {
			const double *x = w->x + i * (size_t)p;
			double eta = 0;
			for (int j = 0; j < p; j++)
				eta += w->beta[j] * x[j];
			double r = ql_exp(eta);
			s0 += r;
			add_outer(w->s1, w->s2, x, r, p);
			if (!w->row[i].event)
				continue;
			deaths++;
			d0 += r;
			loglik += eta;
			add_outer(w->d1, w->d2, x, r, p);
			for (int j = 0; j < p; j++)
				w->dx[j] += x[j];
		}
		if (deaths)
			loglik += tied_terms(w, deaths, s0, d0);
	}
	return loglik;
}

/* Cholesky factor of info into chol; columns without information of their own are marked and left out. */
static int factor(struct work *w)
{
	int p = w->p, rank = 0;
	memcpy(w->chol, w->info, (size_t)(p * p) * sizeof *w->chol);
	double *c = w->chol;
	for (int j = 0; j < p; j++) {
		double d = c[j * p + j];
		for (int k = 0; k < j; k++)
			d -= w->aliased[k] ? 0 : c[j * p + k] * c[j * p + k];
		w->aliased[j] = !(d > SINGULAR * w->info[j * p + j]) || w->info[j * p + j] <= 0;
		c[j * p + j] = w->aliased[j] ? 0 : sqrt(d);
		rank += !w->aliased[j];
		for (int i = j + 1; i < p; i++) {
			double s = c[i * p + j];
			for (int k = 0; k < j; k++)
				s -= w->aliased[k] ? 0 : c[i * p + k] * c[j * p + k];
			c[i * p + j] = w->aliased[j] ? 0 : s / c[j * p + j];
		}
	}
	return rank;
}

static void solve(const struct work *w, double *b)
{
	int p = w->p;
	const double *c = w->chol;
	for (int j = 0; j < p; j++) {
		for (int k = 0; k < j; k++)
			b[j] -= c[j * p + k] * b[k];
		b[j] = w->aliased[j] ? 0 : b[j] / c[j * p + j];
	}
	for (int j = p - 1; j >= 0; j--) {
		for (int k = j + 1; k < p; k++)
			b[j] -= c[k * p + j] * b[k];
		b[j] = w->aliased[j] ? 0 : b[j] / c[j * p + j];
	}
}

static double dot(const double *a, const double *b, int p)
{
	double s = 0;
	for (int j = 0; j < p; j++)
		s += a[j] * b[j];
	return s;
}

/* One Newton step from w->beta, whose log likelihood is *loglik. True when nothing is left to gain; then the last
 * step tells whether the coefficients have settled or run away. */
static bool newton(struct work *w, double *loglik, double *move)
{
	int p = w->p;
	memcpy(w->step, w->u, (size_t)p * sizeof *w->step);
	factor(w);
	solve(w, w->step);
	double before = *loglik, scale = 1;
	for (int j = 0; j < p; j++)
		w->beta[j] += w->step[j];
	double now = evaluate(w);
	for (int h = 0; h < MAX_HALVINGS && !(now >= before - 1e-12 * (1 + fabs(before))); h++) {
		scale /= 2;
		for (int j = 0; j < p; j++)
			w->beta[j] -= scale * w->step[j];
		now = evaluate(w);
	}
	*move = 0;
	for (int j = 0; j < p; j++)
		*move = fmax(*move, fabs(scale * w->step[j]) / (1 + fabs(w->beta[j])));
	*loglik = now;
	return *move < 1e-10 || fabs(now - before) < 1e-14 * (1 + fabs(now));
}

static struct work make_work(struct ql_arena *a, struct row *row, int p, size_t n, enum ql_ties ties)
{
	struct work w = {.p = p, .n = n, .ties = ties, .row = row};
	size_t np = (size_t)p + 1, pp = np * np;
	double **vector[] = {&w.mean, &w.scale, &w.beta, &w.step, &w.u, &w.s1, &w.d1, &w.dx};
	double **matrix[] = {&w.info, &w.chol, &w.s2, &w.d2};
	for (size_t i = 0; i < sizeof vector / sizeof *vector; i++)
		*vector[i] = QL_NEW_N(a, double, np);
	for (size_t i = 0; i < sizeof matrix / sizeof *matrix; i++)
		*matrix[i] = QL_NEW_N(a, double, pp);
	w.x = QL_NEW_N(a, double, n * np);
	w.aliased = QL_NEW_N(a, bool, np);
	return w;
}

/* Coefficients, variance and limits in the caller's units. */
static void report(struct work *w, struct ql_arena *a, struct ql_cox *out)
{
	int p = w->p;
	size_t np = (size_t)p;
	out->rank = factor(w);
	out->coef = QL_NEW_N(a, double, np + 1);
	out->se = QL_NEW_N(a, double, np + 1);
	out->lower = QL_NEW_N(a, double, np + 1);
	out->upper = QL_NEW_N(a, double, np + 1);
	out->var = QL_NEW_N(a, double, np * np + 1);
	double *unit = w->step;
	for (int j = 0; j < p; j++) {
		clear(unit, p);
		unit[j] = 1;
		solve(w, unit);
		for (int k = 0; k < p; k++) {
			double v = unit[k] / (w->scale[j] * w->scale[k]);
			out->var[j * p + k] = w->aliased[j] || w->aliased[k] ? NAN : v;
		}
		double b = w->beta[j] / w->scale[j], se = sqrt(out->var[j * p + j]);
		out->coef[j] = w->aliased[j] ? NAN : b;
		out->se[j] = se;
		out->lower[j] = w->aliased[j] ? NAN : ql_exp(b - Z975 * se);
		out->upper[j] = w->aliased[j] ? NAN : ql_exp(b + Z975 * se);
	}
	/* b' V^-1 b over the columns that are in: the information itself is V^-1. */
	out->wald = 0;
	for (int j = 0; j < p; j++)
		for (int k = 0; k < p; k++)
			out->wald += w->aliased[j] || w->aliased[k]
					     ? 0
					     : w->beta[j] * w->beta[k] * w->info[j > k ? j * p + k : k * p + j];
}

static bool acceptable(const double *time, const int *event, const double *x, int p, const int *strata, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isfinite(time[i]) || event[i] < 0 || (strata && strata[i] < 0))
			return false;
	for (size_t i = 0; i < n * (size_t)p; i++)
		if (!isfinite(x[i]))
			return false;
	return p >= 0 && p <= 1000;
}

static void fit(struct work *w, struct ql_cox *out)
{
	double move = 0;
	out->loglik_null = out->loglik = evaluate(w);
	memcpy(w->step, w->u, (size_t)w->p * sizeof *w->step);
	int rank = factor(w);
	solve(w, w->step);
	out->score = dot(w->u, w->step, w->p);
	bool done = rank == 0;
	while (!done && out->iterations < MAX_ITERATIONS) {
		done = newton(w, &out->loglik, &move);
		out->iterations++;
	}
	/* Under separation the likelihood levels off while the coefficient still moves by about one per step. */
	out->converged = done && out->n_event > 0 && move < 1e-5;
	out->lr = 2 * (out->loglik - out->loglik_null);
}

enum quell_status ql_cox_fit(const double *time, const int *event, const double *x, int p, const int *strata, size_t n,
			     enum ql_ties ties, struct ql_arena *a, struct ql_cox *out)
{
	*out = (struct ql_cox){.p = p, .n = n};
	if (!acceptable(time, event, x, p, strata, n))
		return QUELL_ERR_INPUT;
	struct row *row = QL_NEW_N(a, struct row, n + 1);
	for (size_t i = 0; i < n; i++) {
		row[i] = (struct row){time[i], strata ? strata[i] : 0, event[i] != 0, i};
		out->n_event += event[i] != 0;
	}
	qsort(row, n, sizeof *row, latest_first);
	struct work w = make_work(a, row, p, n, ties);
	standardise(&w, x);
	fit(&w, out);
	report(&w, a, out);
	return QUELL_OK;
}
