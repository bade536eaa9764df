/* SPDX-License-Identifier: Apache-2.0 */
#include "trial/sequential.h"
#include "base/special.h"
#include <math.h>
#include <stdbool.h>

#define GRID 801      /* points of the density between looks, odd for Simpson's rule */
#define FAR 8.0       /* standard deviations that count */

double ql_spent_obrien_fleming(double alpha, double t)
{
	return t > 0.0 ? 2.0 * ql_pnorm_upper(ql_qnorm(1.0 - alpha / 2.0) / sqrt(t < 1.0 ? t : 1.0)) : 0.0;
}

struct density { /* of the score B = z*sqrt(t) on lo..hi, of trials that go on */
	double lo, hi, value[GRID];
};

static double normal(double x) { return exp(-0.5 * x * x) * 0.3989422804014327; }

static double weight(int i) { return i == 0 || i == GRID - 1 ? 1.0 : i % 2 ? 4.0 : 2.0; }

/* Chance of B > limit after a step of variance v. */
static double beyond(const struct density *d, double limit, double v)
{
	double step = (d->hi - d->lo) / (GRID - 1), sum = 0.0;
	for (int i = 0; i < GRID; i++)
		sum += weight(i) * d->value[i] * ql_pnorm_upper((limit - (d->lo + i * step)) / sqrt(v));
	return sum * step / 3.0;
}

/* The density after the step, cut off at the new limit. */
static void advance(const struct density *from, double limit, double t, double v, struct density *to)
{
	double step = (from->hi - from->lo) / (GRID - 1);
	to->lo = -FAR * sqrt(t);
	to->hi = limit;
	for (int j = 0; j < GRID; j++) {
		double b = to->lo + j * (to->hi - to->lo) / (GRID - 1), sum = 0.0;
		for (int i = 0; i < GRID; i++)
			sum += weight(i) * from->value[i] * normal((b - (from->lo + i * step)) / sqrt(v));
		to->value[j] = sum * step / 3.0 / sqrt(v);
	}
}

static void start(double limit, double t, struct density *d)
{
	d->lo = -FAR * sqrt(t);
	d->hi = limit;
	for (int i = 0; i < GRID; i++)
		d->value[i] = normal((d->lo + i * (d->hi - d->lo) / (GRID - 1)) / sqrt(t)) / sqrt(t);
}

/* The limit beyond which `spend` lies, by bisection. */
static double limit_for(const struct density *d, double spend, double t, double v)
{
	double low = -FAR * sqrt(t), high = FAR * sqrt(t);
	for (int i = 0; i < 100; i++) {
		double middle = 0.5 * (low + high);
		*(beyond(d, middle, v) > spend ? &low : &high) = middle;
	}
	return 0.5 * (low + high);
}

enum quell_status ql_sequential_limits(const double *t, int n, double alpha, double *limit)
{
	struct density a, b, *now = &a, *next = &b;
	if (n < 1 || n > QL_MAX_LOOKS || !(alpha > 0.0 && alpha < 1.0))
		return QUELL_ERR_INPUT;
	for (int k = 0; k < n; k++)
		if (!(t[k] > (k ? t[k - 1] : 0.0) && t[k] <= 1.0))
			return QUELL_ERR_INPUT;
	for (int k = 0; k < n; k++) {
		double spend = ql_spent_obrien_fleming(alpha, t[k]) - (k ? ql_spent_obrien_fleming(alpha, t[k - 1]) : 0.0);
		if (k == 0) {
			limit[0] = -ql_qnorm(spend);
			limit[0] = limit[0] < FAR ? limit[0] : FAR;
			start(limit[0] * sqrt(t[0]), t[0], now);
			continue;
		}
		double v = t[k] - t[k - 1], score = limit_for(now, spend, t[k], v);
		limit[k] = score / sqrt(t[k]);
		advance(now, score, t[k], v, next);
		struct density *swap = now;
		now = next;
		next = swap;
	}
	return QUELL_OK;
}

double ql_conditional_power(double z, double t, double final_limit)
{
	double score = z * sqrt(t);
	if (!(t < 1.0))
		return score >= final_limit;
	return ql_pnorm_upper((final_limit - score - score / t * (1.0 - t)) / sqrt(1.0 - t));
}
