/* SPDX-License-Identifier: Apache-2.0 */
/* Kaplan-Meier estimate, its quantiles and its restricted mean. */
#include "base/rng.h"
#include "trial/survival.h"
#include <math.h>
#include <stdlib.h>

#define FLAT 1.4901161193847656e-8 /* sqrt of the double epsilon: closer values of S count as equal (as in R) */

struct entry {
	double time, weight;
	size_t index;
	bool event;
};

static int by_time(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;
	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	return a->index < b->index ? -1 : a->index > b->index;
}

static struct entry *sorted(const double *time, const int *event, const double *weight, size_t n, struct ql_arena *a)
{
	for (size_t i = 0; i < n; i++)
		if (!isfinite(time[i]) || event[i] < 0 || (weight && !(weight[i] >= 0 && isfinite(weight[i]))))
			return NULL;
	struct entry *e = QL_NEW_N(a, struct entry, n + 1);
	for (size_t i = 0; i < n; i++)
		e[i] = (struct entry){time[i], weight ? weight[i] : 1.0, i, event[i] != 0};
	qsort(e, n, sizeof *e, by_time);
	return e;
}

static void make_arrays(struct ql_arena *a, struct ql_km *km, size_t distinct)
{
	double **array[] = {&km->time, &km->surv, &km->se, &km->lower, &km->upper, &km->n_risk, &km->n_event, &km->n_censor};
	for (size_t i = 0; i < sizeof array / sizeof *array; i++)
		*array[i] = QL_NEW_N(a, double, distinct);
	km->n = (int)distinct;
}

/* Counts at the distinct times; numbers at risk by summing from the end. */
static void count(struct ql_km *km, const struct entry *e, size_t n)
{
	int row = -1;
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || e[i].time != e[i - 1].time)
			km->time[++row] = e[i].time;
		*(e[i].event ? &km->n_event[row] : &km->n_censor[row]) += e[i].weight;
	}
	double at_risk = 0;
	for (row = km->n - 1; row >= 0; row--) {
		at_risk += km->n_event[row] + km->n_censor[row];
		km->n_risk[row] = at_risk;
	}
}

static void limits(struct ql_km *km, int i, double z)
{
	double s = km->surv[i];
	if (s >= 1) {
		km->lower[i] = km->upper[i] = 1;
	} else if (s <= 0) {
		km->se[i] = km->lower[i] = km->upper[i] = NAN;
	} else {
		double half = z * km->se[i] / (s * ql_log(s)); /* negative: so is the logarithm */
		km->lower[i] = ql_pow(s, ql_exp(-half));
		km->upper[i] = ql_pow(s, ql_exp(half));
	}
}

static void estimate(struct ql_km *km)
{
	double s = 1, greenwood = 0, z = ql_quantile_normal(0.5 + km->level / 2);
	for (int i = 0; i < km->n; i++) {
		double n = km->n_risk[i], d = km->n_event[i];
		if (d > 0) {
			/* The last one at risk leaves exactly nothing, whatever rounding did to sums of weights. */
			bool all = km->n_censor[i] == 0 && i == km->n - 1;
			s = all ? 0 : s * (1 - d / n);
			greenwood += all ? 0 : d / (n * (n - d));
		}
		km->surv[i] = s;
		km->se[i] = s * sqrt(greenwood);
		limits(km, i, z);
	}
}

enum quell_status ql_km_fit(const double *time, const int *event, const double *weight, size_t n, double level,
			    struct ql_arena *a, struct ql_km *out)
{
	*out = (struct ql_km){.level = level};
	if (!(level > 0 && level < 1) || n > (size_t)2000000000)
		return QUELL_ERR_INPUT;
	struct entry *e = sorted(time, event, weight, n, a);
	if (!e)
		return QUELL_ERR_INPUT;
	size_t distinct = n > 0;
	for (size_t i = 1; i < n; i++)
		distinct += e[i].time != e[i - 1].time;
	make_arrays(a, out, distinct);
	count(out, e, n);
	estimate(out);
	return QUELL_OK;
}

/* Number of times <= t. */
static int times_up_to(const double *time, int n, double t)
{
	int lo = 0, hi = n;
	while (lo < hi) {
		int mid = lo + (hi - lo) / 2;
		if (time[mid] <= t)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct ql_km_point ql_km_at(const struct ql_km *km, double t)
{
	struct ql_km_point p = {NAN, NAN, NAN, NAN, 0};
	if (km->n == 0 || !(t <= km->time[km->n - 1]))
		return p;
	int k = times_up_to(km->time, km->n, t);
	p = (struct ql_km_point){1, 0, 1, 1, 0};
	if (k > 0)
		p = (struct ql_km_point){km->surv[k - 1], km->se[k - 1], km->lower[k - 1], km->upper[k - 1], 0};
	bool exact = k > 0 && km->time[k - 1] == t;
	p.n_risk = km->n_risk[exact ? k - 1 : k];
	return p;
}

static double crossing(const double *time, const double *y, int n, double level)
{
	int first = 0;
	while (first < n && !(y[first] < level + FLAT)) /* NaN is passed over */
		first++;
	if (first == n)
		return NAN;
	if (fabs(y[first] - level) >= FLAT)
		return time[first];
	for (int i = first + 1; i < n; i++)
		if (y[i] < y[first])
			return (time[first] + time[i]) / 2;
	return time[first];
}

void ql_km_quantile(const struct ql_km *km, double p, double *value, double *lower, double *upper)
{
	*value = crossing(km->time, km->surv, km->n, 1 - p);
	*lower = crossing(km->time, km->lower, km->n, 1 - p);
	*upper = crossing(km->time, km->upper, km->n, 1 - p);
}

void ql_km_rmst(const struct ql_km *km, double tau, double *value, double *se)
{
	double area = 0, var = 0, right = tau;
	/* From the right, so that `area` is what lies between each time and tau. */
	for (int i = times_up_to(km->time, km->n, tau) - 1; i >= 0; i--) {
		double n = km->n_risk[i], d = km->n_event[i];
		area += km->surv[i] * (right - km->time[i]);
		right = km->time[i];
		if (d > 0 && km->surv[i] > 0)
			var += area * area * d / (n * (n - d));
	}
	*value = km->n && tau >= 0 ? area + right : NAN;
	*se = km->n && tau >= 0 ? sqrt(var) : NAN;
}
