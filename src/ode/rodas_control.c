/* SPDX-License-Identifier: Apache-2.0 */
/* Step size control, one lane at a time, in plain scalar arithmetic so that every build takes the same steps. */
#include "ode/rodas_work.h"
#include <float.h>
#include <math.h>
#include <string.h>

#define SAFETY 0.9
#define GROW_MOST 6.0
#define SHRINK_MOST 0.2
#define SHRINK_BAD 0.1
#define BAD_TRIES 30
#define PI_NOW 0.7   /* exponents of the PI controller, over the order of the error estimate */
#define PI_BEFORE 0.4
#define ERR_LEAST 1e-10

static double least(double a, double b) { return a < b ? a : b; }
static double most(double a, double b) { return a > b ? a : b; }

/* The step sizes must not depend on the bits of a library's pow. Both take and give normal numbers only. */
static double log2_of(double x)
{
	uint64_t bits;
	memcpy(&bits, &x, sizeof bits);
	int e = (int)(bits >> 52) - 1023;
	bits = (bits & 0xfffffffffffff) | UINT64_C(1023) << 52;
	double m; /* [1, 2) */
	memcpy(&m, &bits, sizeof m);
	if (m > 1.4142135623730951) {
		m *= 0.5;
		e++;
	}
	double z = (m - 1) / (m + 1), z2 = z * z;
	return e + 2.8853900817779268 * z * (1 + z2 * (1.0 / 3 + z2 * (1.0 / 5 + z2 * (1.0 / 7 + z2 * (1.0 / 9)))));
}

static double two_to(double y)
{
	y = least(most(y, -1000), 1000);
	const double whole = floor(y + 0.5), r = (y - whole) * 0.69314718055994531;
	const uint64_t bits = (uint64_t)((int64_t)whole + 1023) << 52;
	double scale;
	memcpy(&scale, &bits, sizeof scale);
	return scale * (1 + r * (1 + r * (1.0 / 2 + r * (1.0 / 6 + r * (1.0 / 24 + r * (1.0 / 120))))));
}

/* Weighted size of f and of its derivative along the solution, J f + ft; lu still holds -J. */
static void rates_of_change(const struct ql_ode_work *w, int lane, double *first, double *second)
{
	const struct ql_kernel *k = w->kernel;
	const int W = w->W, n = w->n;
	const double *f = (k->autonomous ? w->U[0] : w->f) + lane, *lu = w->lu + lane;
	double *jf = w->row, sum1 = 0, sum2 = 0;
	for (int i = 0; i < n; i++)
		jf[i] = (k->autonomous ? 0 : w->ft[i * W + lane]) - lu[i * W] * f[i * W]; /* slot i is (i,i) */
	for (int s = n; s < k->n_lu;) {
		const int row = k->lu_row[s];
		double sum = 0;
		for (; s < k->n_lu && k->lu_row[s] == row; s++)
			sum += lu[s * W] * f[k->lu_col[s] * W];
		jf[row] -= sum;
	}
	for (int i = 0; i < n; i++) {
		double weight = 1 / (w->opts->atol[i] + w->opts->rtol * fabs(w->y[i * W + lane]));
		double a = f[i * W] * weight, b = jf[i] * weight;
		sum1 += a * a;
		sum2 += b * b;
	}
	*first = n ? sqrt(sum1 / n) : 0; /* a model of formulas alone */
	*second = n ? sqrt(sum2 / n) : 0;
}

/* If derivatives go on growing like d2/d1, the local error is about d1/rate (rate h)^order / 3000: make that 1. The
 * constant was chosen on dosed models, where it saves most steps. */
double ql_rodas_first_step(const struct ql_ode_work *w, int lane)
{
	double d1, d2;
	rates_of_change(w, lane, &d1, &d2);
	double span = w->lane[lane].t_stop - w->lane[lane].t;
	if (!(span < DBL_MAX))
		span = fabs(w->lane[lane].t) + 1;
	if (!isfinite(d1) || !isfinite(d2))
		return 1e-6 * span;
	if (d2 == 0) /* constant rates are integrated exactly */
		return span;
	double rate = d1 * d1 > d2 ? d2 / d1 : sqrt(d2);
	double x = two_to(log2_of(least(most(3000 * rate / most(d1, 1e-100), 1e-60), 1e60)) / w->table->order);
	return least(x, 1) / rate;
}

void ql_rodas_choose(struct ql_ode_work *w, int lane)
{
	struct ql_lane_state *s = &w->state[lane];
	const struct ql_ode_opts *o = w->opts;
	const double left = w->lane[lane].t_stop - w->t[lane];
	if (s->fresh) {
		s->h_next = o->h_first > 0 ? o->h_first : ql_rodas_first_step(w, lane);
		s->fresh = false;
		s->log_err = 0;
	}
	double h = o->h_fixed > 0 ? o->h_fixed : s->h_next;
	if (o->h_max > 0 && h > o->h_max)
		h = o->h_max;
	s->hits_stop = h >= left * (1 - 1e-10);
	if (s->hits_stop)
		h = left;
	else if (o->h_fixed <= 0 && h > 0.5 * left)
		h = 0.5 * left;
	w->h[lane] = h;
}

static enum quell_status reject(struct ql_ode_work *w, int lane, double h)
{
	struct ql_lane_state *s = &w->state[lane];
	w->lane[lane].rejected++;
	s->h_next = h;
	s->after_reject = true;
	if (s->bad_tries >= BAD_TRIES)
		return QUELL_SOLVE_NONFINITE;
	if (!(h > 16 * DBL_EPSILON * fabs(w->t[lane])) || h < DBL_MIN / DBL_EPSILON)
		return s->bad_tries ? QUELL_SOLVE_NONFINITE : QUELL_SOLVE_STALLED;
	return QUELL_OK;
}

static void accept(struct ql_ode_work *w, int lane, double err)
{
	struct ql_lane_state *s = &w->state[lane];
	const double q = w->table->order, h = w->h[lane], log_err = log2_of(most(err, ERR_LEAST));
	double grow = SAFETY * two_to((PI_BEFORE * s->log_err - PI_NOW * log_err) / q);
	grow = least(most(grow, SHRINK_MOST), s->after_reject ? 1 : GROW_MOST);
	double next = h * grow;
	if (h < s->h_next) /* cut short by a stop: what was wanted before still holds, unless the error says no */
		next = most(next, least(s->h_next, h * SAFETY * two_to(-log_err / q)));
	s->h_next = next;
	s->log_err = log_err;
	s->after_reject = false;
	s->bad_tries = 0;
	w->lane[lane].steps++;
}

enum quell_status ql_rodas_judge(struct ql_ode_work *w, int lane, bool *accepted)
{
	struct ql_lane_state *s = &w->state[lane];
	const double err = w->n ? sqrt(w->err[lane] / w->n) : 0;
	const bool good = w->bad[lane] == 0;
	*accepted = good && (err <= 1 || w->opts->h_fixed > 0);
	if (*accepted) {
		accept(w, lane, err);
	} else {
		s->bad_tries = good ? 0 : s->bad_tries + 1;
		double shrink = good && err < DBL_MAX ? SAFETY * two_to(-log2_of(err) / w->table->order) : 0;
		enum quell_status why = reject(w, lane, w->h[lane] * most(shrink, good ? SHRINK_MOST : SHRINK_BAD));
		if (why == QUELL_OK && w->opts->h_fixed > 0)
			why = QUELL_SOLVE_NONFINITE;
		if (why != QUELL_OK)
			return why;
	}
	return QUELL_OK;
}
