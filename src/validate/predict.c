/* SPDX-License-Identifier: Apache-2.0 */
#include "validate/predict.h"
#include "base/rng.h"
#include "trial/rules.h"
#include "trial/survival.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

const double ql_level[QL_LEVELS] = {0.50, 0.80, 0.95};

/* Counter-based uniforms (SplitMix64 of a counter): millions are needed per endpoint. */
struct stream {
	uint64_t key, count;
};

static double uniform(struct stream *s)
{
	uint64_t z = s->key + ++s->count * 0x9e3779b97f4a7c15ull;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	z ^= z >> 31;
	return ((double)(z >> 11) + 0.5) * 0x1p-53;
}

static bool of_the_living(const struct ql_target *t)
{
	return t->kind == QL_TARGET_SHARE && (t->share == QL_SHARE_ALIVE || t->share == QL_SHARE_ON_TREATMENT);
}

static bool of_the_dead(const struct ql_target *t) { return t->kind == QL_TARGET_SHARE && t->share == QL_SHARE_DEAD; }

bool ql_target_on_hazard(const struct ql_target *t)
{
	return t->kind != QL_TARGET_SHARE || of_the_living(t) || of_the_dead(t);
}

static bool on_logit(const struct ql_target *t) { return t->kind == QL_TARGET_RATE || t->kind == QL_TARGET_SHARE; }

/* Shares are drawn in by half a patient, so that 0 and 1 have a place. */
double ql_target_scaled(const struct ql_target *t, double value, double n)
{
	if (!on_logit(t))
		return log(value);
	double p = (value * n + 0.5) / (n + 1.0);
	return log(p / (1.0 - p));
}

double ql_target_unscaled(const struct ql_target *t, double y, double n)
{
	if (!on_logit(t))
		return exp(y);
	double p = 1.0 / (1.0 + exp(-y));
	return fmin(1.0, fmax(0.0, (p * (n + 1.0) - 0.5) / n));
}

/* --- one estimate --- */

struct sample { /* of one arm */
	double *time;
	int *event;
	double *group;
	size_t n;
	double yes, judged;
};

struct work {
	const struct ql_prediction_spec *s;
	double *time, *group;
	int *event;
	double se, judged;   /* of the last estimate: of a log ratio; patients of a share */
	double parameter_sd; /* between parameter draws, on the scale of the effect */
};

/* From entry to the data cut, or to the loss. Where only a part could be judged by then, it is who entered first. */
static double observed_until(const struct ql_prediction_spec *s, struct stream *r)
{
	double accrual = fmin(s->accrual_day, 2.0 * s->median_follow_day);
	double entered = uniform(r) * (s->assessed > 0.0 ? s->assessed : 1.0);
	double follow = s->median_follow_day + accrual * (0.5 - entered);
	double u = uniform(r);
	if (s->dropout_per_year > 0.0)
		follow = fmin(follow, -log(u) / s->dropout_per_year * QL_DAYS_PER_YEAR);
	return follow;
}

static void add(struct sample *x, const struct ql_target *t, const struct ql_cohort_records *c, size_t i, double follow,
		double group)
{
	const struct ql_patient_record *r = &c->record[i];
	if (t->kind == QL_TARGET_SHARE) {
		double v = ql_target_share(r, t->share, c->continuous[i], follow);
		x->judged += !isnan(v);
		x->yes += !isnan(v) && v > 0.5;
	} else if (ql_target_time(r, t->clock, follow, &x->time[x->n], &x->event[x->n])) {
		x->group[x->n++] = group;
	}
}

/* shift: of the logarithm of the cumulative hazard. A median is then where the unshifted curve has S^exp(shift) = 1/2. */
static double km_value(const struct sample *x, const struct ql_target *t, double shift, struct ql_arena *a)
{
	struct ql_km km;
	if (x->n == 0 || ql_km_fit(x->time, x->event, NULL, x->n, 0.95, a, &km) != QUELL_OK)
		return NAN;
	if (t->kind == QL_TARGET_RATE) {
		double day = t->month * QL_DAYS_PER_MONTH;
		bool all_gone = km.surv[km.n - 1] == 0.0 && day >= km.time[km.n - 1];
		return all_gone ? 0.0 : ql_km_at(&km, day).surv;
	}
	double lower, upper, median;
	ql_km_quantile(&km, shift == 0.0 ? 0.5 : 1.0 - pow(0.5, exp(-shift)), &median, &lower, &upper);
	return isnan(median) ? INFINITY : median / QL_DAYS_PER_MONTH;
}

static double cox_value(const struct sample *x, struct ql_arena *a, double *se)
{
	struct ql_cox cox;
	if (x->n < 2 || ql_cox_fit(x->time, x->event, x->group, 1, NULL, x->n, QL_EFRON, a, &cox) != QUELL_OK)
		return NAN;
	*se = cox.converged && cox.rank == 1 ? cox.se[0] : NAN;
	return cox.converged && cox.rank == 1 ? exp(cox.coef[0]) : NAN;
}

static double estimate(struct work *w, const struct sample *x, double shift)
{
	const struct ql_target *t = w->s->target;
	w->judged = x->judged;
	double v = t->kind == QL_TARGET_SHARE ? (x->judged > 0 ? x->yes / x->judged : NAN)
					      : t->kind == QL_TARGET_HR ? cox_value(x, &w->s->scratch[1], &w->se) : km_value(x, t, shift, &w->s->scratch[1]);
	ql_arena_free(&w->s->scratch[1]);
	return v;
}

static struct sample empty(struct work *w) { return (struct sample){w->time, w->event, w->group, 0, 0, 0}; }

/* All simulated patients, or those of one parameter draw. Rates and medians are what long observation would show; ratios and counts up to the data cut
 * depend on it and are observed as the trial was. */
static double estimate_all(struct work *w, int block)
{
	const struct ql_prediction_spec *s = w->s;
	struct stream r = {s->key ^ 0x5851f42d4c957f2dull, 0};
	struct sample x = empty(w);
	bool cut = s->target->kind == QL_TARGET_HR || s->target->kind == QL_TARGET_SHARE;
	for (int side = 0; side < 2; side++) {
		const struct ql_cohort_records *c = side ? s->b : s->a;
		for (size_t i = 0; c && i < c->n; i++)
			if (block < 0 || c->block[i] == block)
				add(&x, s->target, c, i, cut ? observed_until(s, &r) : INFINITY, side == 0);
	}
	return estimate(w, &x, 0.0);
}

struct shift { /* trial effect of one replicate */
	double trial, a, b, parameter; /* standard normals */
};

static double hazard_shift(const struct work *w, const struct shift *z)
{
	const struct ql_prediction_spec *s = w->s;
	if (s->target->kind == QL_TARGET_HR)
		return s->effect.hazard_arm * (z->a - z->b) + w->parameter_sd * z->parameter;
	return s->effect.hazard_trial * z->trial + s->effect.hazard_arm * z->a + w->parameter_sd * z->parameter;
}

/* Deviations are widened for the size of the simulated cohort; a shift that is inside them already is made so much
 * smaller before. */
static double widening(const struct ql_prediction_spec *s)
{
	return sqrt(1.0 + (double)s->n_a / (double)s->a->n);
}

static double replicate(struct work *w, struct stream *r, const struct shift *z)
{
	const struct ql_prediction_spec *s = w->s;
	struct sample x = empty(w);
	for (int side = 0; side < 2; side++) {
		const struct ql_cohort_records *c = side ? s->b : s->a;
		uint64_t n = side ? s->n_b : s->n_a;
		if (!c)
			continue;
		for (uint64_t i = 0; i < n && c->n > 0; i++) {
			size_t k = (size_t)(uniform(r) * (double)c->n);
			add(&x, s->target, c, k, observed_until(s, r), side == 0);
		}
	}
	return estimate(w, &x, s->target->kind == QL_TARGET_MEDIAN ? hazard_shift(w, z) / widening(s) : 0.0);
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double quantile(const double *sorted, int n, double p)
{
	double at = p * (n - 1);
	int i = (int)at;
	if (i >= n - 1 || sorted[i] == sorted[i + 1])
		return sorted[i < n - 1 ? i : n - 1];
	return isinf(sorted[i + 1]) ? (at - i > 0.5 ? sorted[i + 1] : sorted[i]) : sorted[i] + (at - i) * (sorted[i + 1] - sorted[i]);
}

/* Deviations of finite values from their median, widened for the simulated cohort's own sampling error. */
static void widen(double *y, int n, double factor, struct ql_arena *a)
{
	double *sorted = QL_NEW_N(a, double, (size_t)n + 1);
	memcpy(sorted, y, (size_t)n * sizeof *y);
	qsort(sorted, (size_t)n, sizeof *sorted, ascending);
	double m = quantile(sorted, n, 0.5);
	for (int i = 0; i < n && isfinite(m); i++)
		y[i] = isfinite(y[i]) ? m + (y[i] - m) * factor : y[i];
}

static double variance_of(const double *y, int n)
{
	double sum = 0, ss = 0;
	int k = 0;
	for (int i = 0; i < n; i++)
		if (isfinite(y[i])) {
			sum += y[i];
			k++;
		}
	for (int i = 0; i < n; i++)
		if (isfinite(y[i]))
			ss += (y[i] - sum / k) * (y[i] - sum / k);
	return k > n / 2 && k > 1 ? ss / (k - 1) : NAN;
}

/* The effect on an estimate y on its scale; medians have it already. */
static double shifted(const struct work *w, double y, const struct shift *z)
{
	const struct ql_target *t = w->s->target;
	if (t->kind == QL_TARGET_MEDIAN || isinf(y))
		return y;
	if (!ql_target_on_hazard(t))
		return y + w->s->effect.share * z->trial + w->parameter_sd * z->parameter;
	if (t->kind == QL_TARGET_HR)
		return y + hazard_shift(w, z);
	double p = 1.0 / (1.0 + exp(of_the_dead(t) ? y : -y)); /* alive or free of the event */
	double q = pow(p, exp(hazard_shift(w, z)));
	q = fmin(fmax(q, 1e-12), 1.0 - 1e-12);
	return of_the_dead(t) ? log((1.0 - q) / q) : log(q / (1.0 - q));
}

static void summarise(const struct work *w, double *y, const struct shift *z, int n, double size,
		      struct ql_prediction *out)
{
	const struct ql_prediction_spec *s = w->s;
	widen(y, n, widening(s), &s->scratch[0]);
	out->variance = variance_of(y, n);
	for (int i = 0; i < n; i++)
		y[i] = shifted(w, y[i], &z[i]);
	qsort(y, (size_t)n, sizeof *y, ascending);
	for (int l = 0; l < QL_LEVELS && n > s->replicates / 2; l++) {
		double lo = quantile(y, n, 0.5 - ql_level[l] / 2), hi = quantile(y, n, 0.5 + ql_level[l] / 2);
		out->lower[l] = isinf(lo) ? INFINITY : ql_target_unscaled(s->target, lo, size);
		out->upper[l] = isinf(hi) ? INFINITY : ql_target_unscaled(s->target, hi, size);
	}
}

/* --- published minus simulated --- */

static double log_hazard(double surv) { return log(-log(surv)); }

/* Share of simulated patients without the event at a day; block -1: all of them. */
static double free_at(struct work *w, double day, int block)
{
	const struct ql_prediction_spec *s = w->s;
	struct sample x = {w->time, w->event, w->group, 0, 0, 0};
	struct ql_target at = *s->target;
	at.kind = QL_TARGET_RATE;
	at.month = day / QL_DAYS_PER_MONTH;
	for (size_t i = 0; i < s->a->n; i++)
		if (block < 0 || s->a->block[i] == block)
			add(&x, &at, s->a, i, INFINITY, 0);
	double v = km_value(&x, &at, 0.0, &s->scratch[1]);
	ql_arena_free(&s->scratch[1]);
	return v;
}

/* Of a share of patients, simulated p and published q; variance on the logit. */
static void hazard_excess(double p, double q, double logit_variance, struct ql_prediction *out)
{
	double slope = (1.0 - p) / log(p); /* of the logarithm of the hazard by the logit */
	out->excess = log_hazard(q) - log_hazard(p);
	out->excess_variance = logit_variance * slope * slope;
}

static void fill_excess(struct work *w, double size, struct ql_prediction *out)
{
	const struct ql_prediction_spec *s = w->s;
	const struct ql_target *t = s->target;
	double y = ql_target_scaled(t, s->published, size);
	if (!ql_target_on_hazard(t) || t->kind == QL_TARGET_HR) {
		out->excess = y - out->scaled;
		out->excess_variance = out->variance;
	} else if (t->kind == QL_TARGET_MEDIAN) {
		double p = free_at(w, s->published * QL_DAYS_PER_MONTH, -1), factor = widening(s);
		if (p > 0.0 && p < 1.0)
			hazard_excess(p, 0.5, factor * factor / (size * p * (1.0 - p)), out);
	} else {
		double sign = of_the_dead(t) ? -1.0 : 1.0, p = 1.0 / (1.0 + exp(-sign * out->scaled)), q = 1.0 / (1.0 + exp(-sign * y));
		hazard_excess(p, q, out->variance, out);
	}
}

/* --- parameter draws --- */

/* Of the patients of a draw, on the scale on which the trial effect acts. A median is read as the share that is left at the
 * median of all. *variance: by chance. */
static double block_value(struct work *w, const struct ql_prediction *all, int block, double n, double *variance)
{
	const struct ql_prediction_spec *s = w->s;
	const struct ql_target *t = s->target;
	double v, p;
	if (t->kind == QL_TARGET_MEDIAN) {
		double day = isfinite(all->estimate) ? all->estimate * QL_DAYS_PER_MONTH : s->median_follow_day;
		v = free_at(w, day, block);
		p = free_at(w, day, -1);
	} else {
		v = estimate_all(w, block);
		p = all->estimate;
	}
	if (t->kind == QL_TARGET_HR) {
		*variance = w->se * w->se;
		return log(v);
	}
	if (t->kind == QL_TARGET_SHARE)
		n = w->judged;
	if (of_the_dead(t)) {
		v = 1.0 - v;
		p = 1.0 - p;
	}
	p = fmin(fmax(p, 0.5 / n), 1.0 - 0.5 / n);
	v = (v * n + 0.5) / (n + 1.0); /* none and all have a place */
	double slope = ql_target_on_hazard(t) ? (1.0 - p) / log(p) : 1.0;
	*variance = slope * slope / (n * p * (1.0 - p));
	return ql_target_on_hazard(t) ? log_hazard(v) : log(v / (1.0 - v));
}

/* What draws differ by beyond chance. */
static double parameter_sd(struct work *w, const struct ql_prediction *all)
{
	const struct ql_prediction_spec *s = w->s;
	double sum = 0, squares = 0, chance = 0;
	int n = 0;
	for (int b = 0; b < s->blocks; b++) {
		double size = 0, variance;
		for (size_t i = 0; i < s->a->n; i++)
			size += s->a->block[i] == b;
		double y = size > 1 ? block_value(w, all, b, size, &variance) : NAN;
		if (!isfinite(y))
			continue;
		n++;
		sum += y;
		squares += y * y;
		chance += variance;
	}
	return n > 1 ? sqrt(fmax(0.0, (squares - sum * sum / n) / (n - 1) - chance / n)) : 0.0;
}

double ql_trial_effect_sd(const struct ql_target *t, const struct ql_trial_sds *s, double estimate)
{
	if (!ql_target_on_hazard(t))
		return s->share;
	if (t->kind == QL_TARGET_HR)
		return sqrt(2.0) * s->hazard_arm;
	double sd = sqrt(s->hazard_trial * s->hazard_trial + s->hazard_arm * s->hazard_arm);
	if (t->kind == QL_TARGET_MEDIAN) /* as with a constant hazard */
		return sd;
	double p = fmin(fmax(of_the_dead(t) ? 1.0 - estimate : estimate, 1e-3), 1.0 - 1e-3);
	return sd * -log(p) / (1.0 - p);
}

void ql_predict(const struct ql_prediction_spec *s, struct ql_prediction *out)
{
	size_t all = s->a->n + (s->b ? s->b->n : 0), trial = (size_t)(s->n_a + s->n_b), room = (all > trial ? all : trial) + 1;
	struct work w = {.s = s, .time = QL_NEW_N(&s->scratch[0], double, room),
			 .group = QL_NEW_N(&s->scratch[0], double, room), .event = QL_NEW_N(&s->scratch[0], int, room)};
	double size = (double)s->n_a;
	*out = (struct ql_prediction){.estimate = estimate_all(&w, -1), .variance = NAN, .excess = NAN, .excess_variance = NAN};
	for (int l = 0; l < QL_LEVELS; l++)
		out->lower[l] = out->upper[l] = NAN;
	out->scaled = ql_target_scaled(s->target, out->estimate, size);
	double *y = QL_NEW_N(&s->scratch[0], double, (size_t)s->replicates + 1);
	struct shift *z = QL_NEW_N(&s->scratch[0], struct shift, (size_t)s->replicates + 1);
	struct stream r = {s->key, 0}, effects = {s->key ^ 0x94d049bb133111ebull, 0};
	int n = 0;
	if (s->blocks > 1 && s->replicates > 0)
		w.parameter_sd = parameter_sd(&w, out);
	for (int i = 0; i < s->replicates; i++) {
		z[n] = (struct shift){ql_quantile_normal(uniform(&effects)), ql_quantile_normal(uniform(&effects)),
				      ql_quantile_normal(uniform(&effects)), ql_quantile_normal(uniform(&effects))};
		double v = replicate(&w, &r, &z[n]);
		if (!isnan(v))
			y[n++] = ql_target_scaled(s->target, v, size);
	}
	out->n_missing = s->replicates - n;
	if (n > 1)
		summarise(&w, y, z, n, size, out);
	if (n > 1 && !isnan(s->published))
		fill_excess(&w, size, out);
	ql_arena_free(&s->scratch[0]);
}
