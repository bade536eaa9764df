/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/spread.h"
#include "base/special.h"
#include "compare/endpoint_private.h"
#include "compare/tally.h"
#include "trial/rules.h"
#include "trial/survival.h"
#include <math.h>
#include <string.h>

#define LEVEL 0.95

/* --- one number --- */

enum scale { LOGIT, LOGARITHM, NATURAL };

static double scaled(enum scale s, double x)
{
	return s == LOGIT ? log(x / (1 - x)) : s == LOGARITHM ? log(x) : x;
}

static double unscaled(enum scale s, double y)
{
	return s == LOGIT ? 1 / (1 + exp(-y)) : s == LOGARITHM ? exp(y) : y;
}

static double slope(enum scale s, double x) { return s == LOGIT ? 1 / (x * (1 - x)) : s == LOGARITHM ? 1 / x : 1; }

struct draws { /* estimates of one number */
	double x[256];
	double one_over_n; /* mean of 1/patients */
	double patients;
	int n;
};

struct widened {
	double lower, upper, sd;
};

/* NaN limits: what was estimated has none, or nothing to widen (a share of 0 or 1). */
static struct widened widen(double x, double lower, double upper, enum scale s, const struct draws *d)
{
	struct widened w = {lower, upper, NAN};
	double mean = 0, squares = 0, z = ql_qnorm(0.5 + 0.5 * LEVEL);
	double half = (scaled(s, upper) - scaled(s, lower)) / 2;
	if (d->n < 2 || !isfinite(half) || !isfinite(scaled(s, x)))
		return w;
	for (int i = 0; i < d->n; i++)
		mean += d->x[i] / d->n;
	for (int i = 0; i < d->n; i++)
		squares += (d->x[i] - mean) * (d->x[i] - mean);
	double chance = half / z / slope(s, x), v = chance * chance, f = d->one_over_n;
	double between = f < 1 ? fmax(0, squares / (d->n - 1) - v * d->patients * f) / (1 - f) : 0;
	double reach = ql_qt(0.5 + 0.5 * LEVEL, d->n - 1) * sqrt(between * slope(s, x) * slope(s, x) + (half / z) * (half / z));
	w.sd = sqrt(between);
	if (between == 0.0) /* chance is all there is */
		return w;
	w.lower = fmin(lower, unscaled(s, scaled(s, x) - reach));
	w.upper = fmax(upper, unscaled(s, scaled(s, x) + reach));
	return w;
}

/* --- draws of an arm --- */

static const struct ql_tally *tally(const struct ql_spread *s, int draw, int arm)
{
	return &s->sum->by_draw[draw * s->sum->n_arm + arm];
}

static double patients(const struct ql_tally *t) { return (double)(t->done - t->failed); }

static struct ql_cohort cohort(const struct ql_spread *s, int draw, int arm)
{
	const struct ql_tally *t = tally(s, draw, arm);
	return (struct ql_cohort){.n = t->done, .horizon_day = t->horizon_day, .response_day = s->response_day[arm],
				  .scratch = s->scratch, .tally = t};
}

static void add(struct draws *d, double x, double n)
{
	if (!isfinite(x) || !(n > 0) || d->n == 256)
		return;
	d->x[d->n++] = x;
	d->one_over_n += 1 / n; /* a sum until finish() */
	d->patients += n;
}

static void finish(struct draws *d) { d->one_over_n = d->n ? d->one_over_n / d->n : 1; }

static enum scale scale_of(const struct ql_endpoint_def *def) { return strcmp(def->unit, "1") == 0 ? LOGIT : LOGARITHM; }

/* --- medians: the limits of the curve, where they cross one half --- */

struct band { /* of a survival curve, at quarters of a month */
	int n;
	double *day, *lower, *upper;
};

static void curve_at(const struct ql_cohort *c, enum ql_measure m, const double *day, int n, double *surv, double *lower,
		     double *upper)
{
	struct ql_arena a = {0};
	struct ql_times t = ql_cohort_times(c, m, &a);
	struct ql_km km;
	bool ok = t.n > 0 && ql_km_fit(t.time, t.event, t.weight, t.n, LEVEL, &a, &km) == QUELL_OK;
	for (int i = 0; i < n; i++) {
		struct ql_km_point p = ok ? ql_km_at(&km, day[i]) : (struct ql_km_point){.surv = NAN, .lower = NAN, .upper = NAN};
		bool all_gone = ok && km.surv[km.n - 1] == 0.0 && day[i] >= km.time[km.n - 1];
		surv[i] = all_gone ? 0.0 : p.surv;
		if (lower) {
			lower[i] = p.lower;
			upper[i] = p.upper;
		}
	}
	ql_arena_free(&a);
}

/* Estimates of the draws at n days, [draw][n]. */
static double *draw_curves(const struct ql_spread *s, int arm, enum ql_measure m, const double *day, int n, struct ql_arena *a)
{
	double *x = QL_NEW_N(a, double, (size_t)s->sum->n_draw * (size_t)n + 1);
	for (int d = 0; d < s->sum->n_draw; d++) {
		struct ql_cohort c = cohort(s, d, arm);
		curve_at(&c, m, day, n, x + (size_t)d * (size_t)n, NULL, NULL);
	}
	return x;
}

/* Limits at n days, in place. */
static void widen_curve(const struct ql_spread *s, int arm, enum ql_measure m, const double *day, int n, const double *surv,
			double *lower, double *upper)
{
	struct ql_arena a = {0};
	const double *x = draw_curves(s, arm, m, day, n, &a);
	for (int i = 0; i < n; i++) {
		struct draws d = {.n = 0};
		for (int k = 0; k < s->sum->n_draw; k++)
			add(&d, x[(size_t)k * (size_t)n + (size_t)i], patients(tally(s, k, arm)));
		finish(&d);
		struct widened w = widen(surv[i], lower[i], upper[i], LOGIT, &d);
		lower[i] = w.lower;
		upper[i] = w.upper;
	}
	ql_arena_free(&a);
}

static double crossing(const double *day, const double *y, int n)
{
	for (int i = 1; i < n; i++)
		if (y[i] <= 0.5 && y[i - 1] > 0.5)
			return day[i - 1] + (y[i - 1] - 0.5) / (y[i - 1] - y[i]) * (day[i] - day[i - 1]);
	return NAN;
}

static void spread_median(const struct ql_spread *s, int arm, const struct ql_cohort *all, enum ql_measure m,
			  struct ql_endpoint *out)
{
	struct ql_arena a = {0};
	int n = (int)floor(all->horizon_day / QL_TALLY_COARSE_DAY) + 1;
	double *day = QL_NEW_N(&a, double, (size_t)n), *surv = QL_NEW_N(&a, double, (size_t)n);
	double *lower = QL_NEW_N(&a, double, (size_t)n), *upper = QL_NEW_N(&a, double, (size_t)n);
	for (int i = 0; i < n; i++)
		day[i] = i * QL_TALLY_COARSE_DAY;
	curve_at(all, m, day, n, surv, lower, upper);
	widen_curve(s, arm, m, day, n, surv, lower, upper);
	for (int i = 0; i < n; i++) { /* no limits where the curve is at an end of its range */
		lower[i] = isnan(lower[i]) ? surv[i] : lower[i];
		upper[i] = isnan(upper[i]) ? surv[i] : upper[i];
	}
	double lo = crossing(day, lower, n) / QL_DAYS_PER_MONTH, hi = crossing(day, upper, n) / QL_DAYS_PER_MONTH;
	out->lower = isnan(lo) ? out->lower : fmin(lo, isnan(out->lower) ? INFINITY : out->lower);
	out->upper = isnan(out->upper) || isnan(hi) ? NAN : fmax(hi, out->upper);
	ql_arena_free(&a);
}

/* --- what is reported --- */

void ql_spread_endpoint(const struct ql_spread *s, int arm, const struct ql_cohort *all, const struct ql_endpoint_def *def,
			struct ql_endpoint *out)
{
	out->kind = QL_INTERVAL_PARAMETER;
	out->chance_lower = out->lower;
	out->chance_upper = out->upper;
	if (ql_endpoint_is_median(def->measure)) {
		if (!isnan(out->lower) || !isnan(out->estimate))
			spread_median(s, arm, all, def->measure, out);
		return;
	}
	struct draws d = {.n = 0};
	for (int k = 0; k < s->sum->n_draw; k++) {
		struct ql_cohort c = cohort(s, k, arm);
		struct ql_endpoint e;
		ql_endpoint_estimate(&c, def, &e);
		add(&d, e.estimate, patients(c.tally));
	}
	finish(&d);
	struct widened w = widen(out->estimate, out->lower, out->upper, scale_of(def), &d);
	out->lower = w.lower;
	out->upper = w.upper;
	out->parameter_sd = w.sd;
}

void ql_spread_curve(const struct ql_spread *s, int arm, enum ql_measure rate, struct ql_curve *out)
{
	struct ql_arena a = {0};
	double *day = QL_NEW_N(&a, double, (size_t)out->n + 1);
	for (int i = 0; i < out->n; i++)
		day[i] = fmin(out->month[i] * QL_DAYS_PER_MONTH, tally(s, 0, arm)->horizon_day);
	widen_curve(s, arm, rate, day, out->n, out->surv, out->lower, out->upper);
	ql_arena_free(&a);
}

static void spread_ratio(const struct ql_spread *s, int a, int b, const struct ql_endpoint_def *def, struct ql_contrast *out)
{
	struct draws d = {.n = 0};
	for (int k = 0; k < s->sum->n_draw; k++) {
		struct ql_cohort x = cohort(s, k, a), y = cohort(s, k, b);
		double beta, se;
		if (ql_cohort_hazard_ratio(&x, &y, def->measure, &beta, &se))
			add(&d, beta, fmin(patients(x.tally), patients(y.tally)));
	}
	finish(&d);
	struct widened w = widen(log(out->hazard_ratio), log(out->hr_lower), log(out->hr_upper), NATURAL, &d);
	out->hr_lower = exp(w.lower);
	out->hr_upper = exp(w.upper);
}

void ql_spread_contrast(const struct ql_spread *s, int a, int b, const struct ql_endpoint_def *def, struct ql_contrast *out)
{
	if (ql_endpoint_is_median(def->measure)) {
		if (!isnan(out->hazard_ratio))
			spread_ratio(s, a, b, def, out);
		return;
	}
	struct draws d = {.n = 0};
	for (int k = 0; k < s->sum->n_draw; k++) {
		struct ql_cohort x = cohort(s, k, a), y = cohort(s, k, b);
		struct ql_endpoint ex, ey;
		ql_endpoint_estimate(&x, def, &ex);
		ql_endpoint_estimate(&y, def, &ey);
		add(&d, ex.estimate - ey.estimate, fmin(patients(x.tally), patients(y.tally)));
	}
	finish(&d);
	struct widened w = widen(out->difference, out->lower, out->upper, NATURAL, &d);
	out->lower = w.lower;
	out->upper = w.upper;
}
