/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state that repeats is a fixed point of the period map. A few plain
 * periods come first; then Newton's method on the map, with a Jacobian by
 * differences, which takes slow compartments in its stride. Its correction is
 * an estimate of the error, unlike the change over one period.
 */
#include "dosing/steady.h"
#include <math.h>
#include <string.h>

enum { PLAIN_FIRST = 3, NEWTON_TRIES = 30, PLAIN_MOST = 5000, TRANSIENT_MOST = 400 };
#define TOLERANCE 1e-6 /* of the last correction, which is applied */

enum quell_status ql_steady_make(const struct ql_plan *plan, const double *k, const double *atol, double rtol,
				 volatile const int *cancel, struct ql_steady **out)
{
	struct ql_steady *s = ql_alloc_aligned(1, sizeof *s);
	size_t n = (size_t)plan->n_state;
	*out = s;
	s->plan = plan;
	s->k = k;
	s->atol = atol;
	s->rtol = rtol;
	s->cancel = cancel;
	s->p = ql_alloc_aligned((size_t)plan->n_p + 1, sizeof(double));
	s->y0 = ql_alloc_aligned(n + 1, sizeof(double));
	s->y1 = ql_alloc_aligned(n + 1, sizeof(double));
	s->y2 = ql_alloc_aligned(n + 1, sizeof(double));
	s->col = ql_alloc_aligned(n + 1, sizeof(double));
	s->matrix = ql_alloc_aligned(n * n + 1, sizeof(double));
	s->matters = ql_alloc_aligned(n + 1, sizeof(bool));
	struct ql_kernel *kernel;
	enum quell_status status = ql_interp_make(plan, 1, &kernel);
	if (status != QUELL_OK)
		return status;
	s->kernel = kernel;
	s->lu = ql_alloc_aligned((size_t)kernel->n_lu + 1, sizeof(double));
	for (int i = 0; i < kernel->n_lu; i++)
		if (kernel->lu_is_jac[i])
			s->matters[kernel->lu_col[i]] = true;
	return ql_ode_work_make(kernel, &s->work);
}

void ql_steady_free(struct ql_steady *s)
{
	if (!s)
		return;
	if (s->work)
		ql_ode_work_free(s->work);
	if (s->kernel)
		ql_interp_free((struct ql_kernel *)s->kernel);
	double *block[] = {s->p, s->y0, s->y1, s->y2, s->col, s->matrix, s->lu};
	for (size_t i = 0; i < sizeof block / sizeof *block; i++)
		ql_free_aligned(block[i]);
	ql_free_aligned(s->matters);
	ql_free_aligned(s);
}

/* One integration from t0 to t1. */
struct shot {
	struct ql_steady *s;
	double t0, t1, *y;
	bool taken;
	enum quell_status status;
};

static bool shot_fetch(void *ctx, struct ql_lane *lane)
{
	struct shot *x = ctx;
	if (x->taken)
		return false;
	x->taken = true;
	lane->t = x->t0;
	lane->t_stop = x->t1;
	lane->t_sample = INFINITY;
	for (int i = 0; i < x->s->plan->n_state; i++)
		lane->y[i * lane->stride] = x->y[i];
	for (int i = 0; i < x->s->plan->n_p; i++)
		lane->p[i * lane->stride] = x->s->p[i];
	return true;
}

static enum ql_next shot_stop(void *ctx, struct ql_lane *lane)
{
	struct shot *x = ctx;
	for (int i = 0; i < x->s->plan->n_state; i++)
		x->y[i] = lane->y[i * lane->stride];
	return QL_FINISHED;
}

static enum ql_next shot_sample(void *ctx, struct ql_lane *lane, double t, const double *y, const double *out)
{
	(void)ctx, (void)t, (void)y, (void)out;
	lane->t_sample = INFINITY;
	return QL_GO_ON;
}

static enum ql_next shot_trigger(void *ctx, struct ql_lane *lane, int which)
{
	struct shot *x = ctx;
	ql_plan_fire(x->s->plan, x->s->v, which, lane->t, lane->y, lane->p, lane->stride);
	return QL_CHANGED;
}

static void shot_finished(void *ctx, struct ql_lane *lane, enum quell_status why)
{
	(void)lane;
	((struct shot *)ctx)->status = why;
}

static enum quell_status integrate(struct ql_steady *s, double t0, double t1, double *y)
{
	if (!(t1 > t0))
		return QUELL_OK;
	struct shot x = {s, t0, t1, y, false, QUELL_OK};
	const struct ql_ode_client client = {&x, shot_fetch, shot_stop, shot_sample, shot_trigger, shot_finished};
	struct ql_ode_opts opts = {.rtol = s->rtol, .atol = s->atol, .cancel = s->cancel};
	struct ql_ode_stats stats = {0};
	enum quell_status status = ql_ode_run(s->kernel, s->k, &opts, &client, s->work, &stats);
	return status != QUELL_OK ? status : x.status;
}

/* Time and amount of the last arrival. Numbers of doses and the first one have no meaning since ever. */
static void set_clocks(struct ql_steady *s, const struct ql_steady_dose *d, double t)
{
	for (int i = 0; i < d->n_clock; i++) {
		int p = s->plan->p_of_q[d->clock[i].input];
		if (p >= 0 && d->clock[i].kind == QL_CLOCK_LAST)
			s->p[p] = t;
		else if (p >= 0 && d->clock[i].kind == QL_CLOCK_AMOUNT)
			s->p[p] = d->prescribed;
	}
}

/* One interval [t_end - ii, t_end], on which arrivals and ends of infusions fall at fixed phases. */
static enum quell_status period(struct ql_steady *s, const struct ql_steady_dose *d, double *y)
{
	double start = d->t_end - d->ii, arrival = d->ii - d->since;
	double whole = floor(d->duration / d->ii), rest = d->duration - whole * d->ii;
	double end = arrival + rest;
	end = end >= d->ii ? end - d->ii : end;
	double cut[4] = {0, fmin(arrival, end), fmax(arrival, end), d->ii};
	enum quell_status status = QUELL_OK;
	set_clocks(s, d, start + arrival - d->ii);
	for (int i = 0; i < 3 && status == QUELL_OK; i++) {
		double mid = 0.5 * (cut[i] + cut[i + 1]) - arrival;
		double phase = mid < 0 ? mid + d->ii : mid;
		if (i > 0 && cut[i] == arrival && cut[i + 1] != arrival) {
			set_clocks(s, d, start + arrival);
			if (d->state >= 0)
				y[d->state] += d->bolus;
		}
		if (d->rate_slot >= 0)
			s->p[d->rate_slot] = d->rate * (whole + (phase < rest));
		status = integrate(s, start + cut[i], start + cut[i + 1], y);
	}
	if (d->rate_slot >= 0)
		s->p[d->rate_slot] = 0;
	return status;
}

/* Solves matrix*x = b in place by elimination with pivoting; false if singular. */
static bool solve(double *m, double *b, int n)
{
	for (int c = 0; c < n; c++) {
		int pivot = c;
		for (int r = c + 1; r < n; r++)
			if (fabs(m[r * n + c]) > fabs(m[pivot * n + c]))
				pivot = r;
		if (!(fabs(m[pivot * n + c]) > 1e-12))
			return false;
		for (int j = 0; j < n && pivot != c; j++) {
			double x = m[c * n + j];
			m[c * n + j] = m[pivot * n + j];
			m[pivot * n + j] = x;
		}
		double x = b[c];
		b[c] = b[pivot];
		b[pivot] = x;
		for (int r = c + 1; r < n; r++) {
			double f = m[r * n + c] / m[c * n + c];
			for (int j = c; j < n && f != 0; j++)
				m[r * n + j] -= f * m[c * n + j];
			b[r] -= f * b[c];
		}
	}
	for (int r = n - 1; r >= 0; r--) {
		for (int j = r + 1; j < n; j++)
			b[r] -= m[r * n + j] * b[j];
		b[r] /= m[r * n + r];
	}
	return true;
}

/* Largest |x| relative to the state, over states that matter. */
static double relative(const struct ql_steady *s, const double *x, const double *y, double scale)
{
	double worst = 0;
	for (int i = 0; i < s->plan->n_state; i++)
		if (s->matters[i]) {
			double r = fabs(x[i]) / (fabs(y[i]) + 1e-6 * scale + s->atol[i]);
			worst = r > worst || isnan(r) ? r : worst;
		}
	return worst;
}

static void keep_the_rest(const struct ql_steady *s, const double *from, double *y)
{
	for (int i = 0; i < s->plan->n_state; i++)
		if (!s->matters[i])
			y[i] = from[i];
}

/* residual := map(y) - y */
static enum quell_status residual(struct ql_steady *s, const struct ql_steady_dose *d, const double *y, double *out)
{
	size_t n = (size_t)s->plan->n_state;
	memcpy(out, y, n * sizeof *out);
	enum quell_status status = period(s, d, out);
	for (size_t i = 0; i < n; i++)
		out[i] = s->matters[i] ? out[i] - y[i] : 0;
	return status;
}

/* I - M, M the derivative of the map. */
static enum quell_status jacobian(struct ql_steady *s, const struct ql_steady_dose *d, double *y, const double *res,
				  double scale)
{
	int n = s->plan->n_state;
	for (int j = 0; j < n; j++) {
		double keep = y[j], step = 1e-3 * (fabs(keep) + 1e-3 * scale);
		enum quell_status status = QUELL_OK;
		if (s->matters[j]) {
			y[j] = keep + step;
			status = residual(s, d, y, s->col);
			y[j] = keep;
		}
		if (status != QUELL_OK)
			return status;
		for (int i = 0; i < n; i++) {
			bool both = s->matters[i] && s->matters[j];
			s->matrix[i * n + j] = both ? -(s->col[i] - res[i]) / step : i == j;
		}
	}
	return QUELL_OK;
}

static double scale_of(const struct ql_steady *s, const struct ql_steady_dose *d, const double *y)
{
	double scale = fabs(d->bolus) + fabs(d->rate) * d->duration;
	for (int i = 0; i < s->plan->n_state; i++)
		scale = s->matters[i] ? fmax(scale, fabs(y[i])) : scale;
	return scale;
}

/* True when y has settled. On failure y is back where it was. */
static bool newton(struct ql_steady *s, const struct ql_steady_dose *d, double *y)
{
	size_t n = (size_t)s->plan->n_state;
	double before = INFINITY;
	memcpy(s->y1, y, n * sizeof *y);
	for (int i = 0; i < NEWTON_TRIES; i++) {
		double scale = scale_of(s, d, y), *step = s->y2;
		if (residual(s, d, y, step) != QUELL_OK)
			break;
		double size = relative(s, step, y, scale);
		if (!(size < before || size < s->rtol * 10))
			break;
		before = size;
		if (jacobian(s, d, y, step, scale) != QUELL_OK || !solve(s->matrix, step, (int)n))
			break;
		double error = relative(s, step, y, scale);
		for (size_t k = 0; k < n; k++)
			y[k] += step[k];
		if (error < TOLERANCE)
			return true;
	}
	memcpy(y, s->y1, n * sizeof *y);
	return false;
}

/* Plain periods. The ratio of successive changes gives the distance that is left. */
static bool repeat(struct ql_steady *s, const struct ql_steady_dose *d, int most, double *y, enum quell_status *status)
{
	size_t n = (size_t)s->plan->n_state;
	double before = INFINITY;
	for (int i = 0; i < most; i++) {
		*status = residual(s, d, y, s->y2);
		if (*status != QUELL_OK)
			return false;
		double size = relative(s, s->y2, y, scale_of(s, d, y)), ratio = fmin(size / before, 0.9999);
		for (size_t k = 0; k < n; k++)
			y[k] += s->y2[k];
		if (size <= s->rtol || (i > 1 && size * ratio / (1 - ratio) < 10 * s->rtol))
			return true;
		before = size;
	}
	return false;
}

enum quell_status ql_steady_periodic(struct ql_steady *s, const struct ql_steady_dose *d, double *y)
{
	enum quell_status status = QUELL_OK;
	memcpy(s->y0, y, (size_t)s->plan->n_state * sizeof *y);
	bool settled = repeat(s, d, PLAIN_FIRST, y, &status);
	settled = settled || (status == QUELL_OK && newton(s, d, y));
	settled = settled || (status == QUELL_OK && repeat(s, d, PLAIN_MOST, y, &status));
	keep_the_rest(s, s->y0, y);
	if (status == QUELL_OK && !settled)
		status = QUELL_ERR_NUMERIC;
	return status;
}

/* Pseudo-transient Newton: implicit Euler whose step grows as the rates fall, so it follows the way in from the start
 * and ends in Newton's method on f = 0. */
static bool transient(struct ql_steady *s, double t, double *y)
{
	const struct ql_kernel *k = s->kernel;
	int n = s->plan->n_state;
	double h = 1e-3, before = INFINITY;
	for (int i = 0; i < TRANSIENT_MOST; i++) {
		double *step = s->y2, scale = 0;
		k->jac(k->self, &t, y, s->p, s->k, step, s->col, s->lu);
		for (int j = 0; j < n; j++)
			scale = s->matters[j] ? fmax(scale, fabs(y[j])) : scale;
		double size = 0, shift = 1 / h;
		for (int j = 0; j < n; j++)
			size = s->matters[j] ? fmax(size, fabs(step[j])) : size;
		if (i > 0 && size > 0)
			h *= fmin(fmax(before / size, 0.5), 10);
		before = size;
		k->factor(k->self, &shift, s->lu);
		k->solve(k->self, s->lu, step);
		double error = relative(s, step, y, scale);
		if (!isfinite(error))
			return false;
		for (int j = 0; j < n; j++)
			y[j] += s->matters[j] ? step[j] : 0;
		if (error < 1e-12 && (h > 1e6 || size == 0))
			return true;
		h = error < 1e-6 ? 10 * h : h;
	}
	return false;
}

enum quell_status ql_steady_constant(struct ql_steady *s, int rate_slot, double rate, double t, double *y)
{
	size_t n = (size_t)s->plan->n_state;
	memcpy(s->y0, y, n * sizeof *y);
	if (rate_slot >= 0)
		s->p[rate_slot] = rate;
	bool settled = transient(s, t, y);
	if (!settled) { /* the long way: double the time until nothing moves */
		memcpy(y, s->y0, n * sizeof *y);
		enum quell_status status = QUELL_OK;
		for (double h = 1; h < 1e9 && !settled && status == QUELL_OK; h *= 2) {
			memcpy(s->y1, y, n * sizeof *y);
			status = integrate(s, t, t + h, y);
			for (size_t i = 0; i < n; i++)
				s->y2[i] = y[i] - s->y1[i];
			settled = relative(s, s->y2, y, 0) < 10 * s->rtol;
		}
	}
	if (rate_slot >= 0)
		s->p[rate_slot] = 0;
	keep_the_rest(s, s->y0, y);
	return settled ? QUELL_OK : QUELL_ERR_NUMERIC;
}
