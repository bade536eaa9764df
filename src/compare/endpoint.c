/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/endpoint.h"
#include "base/special.h"
#include "compare/endpoint_private.h"
#include "compare/tally.h"
#include "trial/rules.h"
#include "trial/survival.h"
#include <math.h>

#define LEVEL 0.95

/* --- one arm --- */

void ql_wilson(double share, double n, double level, double *lower, double *upper)
{
	double z = ql_qnorm(0.5 + 0.5 * level), z2 = z * z;
	double middle = (share + z2 / (2 * n)) / (1 + z2 / n);
	double half = z / (1 + z2 / n) * sqrt(share * (1 - share) / n + z2 / (4 * n * n));
	/* At 0 and at 1 the limit is the share itself, which rounding would miss. */
	*lower = !(n > 0) ? NAN : share > 0.0 ? fmax(0.0, middle - half) : 0.0;
	*upper = !(n > 0) ? NAN : share < 1.0 ? fmin(1.0, middle + half) : 1.0;
}

static void estimate_share(const struct ql_cohort *c, const struct ql_endpoint_def *def, struct ql_endpoint *out)
{
	uint64_t n = 0, yes = 0;
	if (c->tally) {
		n = c->tally->done - c->tally->failed;
		yes = c->tally->yes[def->measure];
	}
	for (uint64_t i = 0; !c->tally && i < c->n; i++)
		if (ql_cohort_counts(c, i)) {
			n++;
			yes += ql_record_value(&c->record[i], def, c->horizon_day) > 0.5;
		}
	out->estimate = n ? (double)yes / (double)n : NAN;
	ql_wilson(out->estimate, (double)n, LEVEL, &out->lower, &out->upper);
}

/* Kaplan-Meier at a landmark. Without events in it, or when none is left, Greenwood's limits do not exist. */
static void estimate_rate(const struct ql_cohort *c, const struct ql_endpoint_def *def, struct ql_arena *a,
			  struct ql_endpoint *out)
{
	struct ql_times t = ql_cohort_times(c, def->measure, a);
	struct ql_km km;
	if (t.n == 0 || ql_km_fit(t.time, t.event, t.weight, t.n, LEVEL, a, &km) != QUELL_OK)
		return;
	bool all_gone = km.n > 0 && km.surv[km.n - 1] == 0.0 && def->day >= km.time[km.n - 1];
	struct ql_km_point p = ql_km_at(&km, def->day);
	out->estimate = all_gone ? 0.0 : p.surv;
	out->lower = p.lower;
	out->upper = p.upper;
	if (out->estimate == 0.0 || out->estimate == 1.0)
		ql_wilson(out->estimate, t.patients, LEVEL, &out->lower, &out->upper);
}

static void estimate_time(const struct ql_cohort *c, const struct ql_endpoint_def *def, struct ql_arena *a,
			  struct ql_endpoint *out)
{
	struct ql_times t = ql_cohort_times(c, def->measure, a);
	struct ql_km km;
	if (t.n == 0 || ql_km_fit(t.time, t.event, t.weight, t.n, LEVEL, a, &km) != QUELL_OK)
		return;
	if (ql_endpoint_is_median(def->measure)) {
		ql_km_quantile(&km, 0.5, &out->estimate, &out->lower, &out->upper);
	} else {
		double se, z = ql_qnorm(0.5 + 0.5 * LEVEL);
		ql_km_rmst(&km, c->horizon_day, &out->estimate, &se);
		out->lower = fmax(0.0, out->estimate - z * se);
		out->upper = out->estimate + z * se;
	}
	out->estimate /= QL_DAYS_PER_MONTH;
	out->lower /= QL_DAYS_PER_MONTH;
	out->upper /= QL_DAYS_PER_MONTH;
}

/* Incidence and its error at the landmark; limits by log(-log). */
bool ql_cohort_incidence(const struct ql_cohort *c, const struct ql_endpoint_def *def, struct ql_arena *a,
			 double *value, double *se, uint64_t *n)
{
	struct ql_times t = ql_cohort_times(c, def->measure, a);
	struct ql_cif cif;
	*n = (uint64_t)t.patients;
	if (t.n == 0 || ql_cif_fit_counts(t.time, t.event, t.weight, t.n, 1, a, &cif) != QUELL_OK)
		return false;
	/* Nobody under observation any more: the curve stays where it is. */
	double last = cif.n > 0 ? cif.time[cif.n - 1] : def->day;
	struct ql_cif_point p = ql_cif_at(&cif, fmin(def->day, last));
	*value = p.value;
	*se = p.se;
	return true;
}

static void estimate_incidence(const struct ql_cohort *c, const struct ql_endpoint_def *def, struct ql_arena *a,
			       struct ql_endpoint *out)
{
	double f, se, z = ql_qnorm(0.5 + 0.5 * LEVEL);
	uint64_t n;
	if (!ql_cohort_incidence(c, def, a, &f, &se, &n))
		return;
	out->estimate = f;
	if (!(f > 0.0 && f < 1.0)) {
		ql_wilson(f, (double)n, LEVEL, &out->lower, &out->upper);
		return;
	}
	double w = z * se / (f * log(f));
	out->lower = pow(f, exp(-w));
	out->upper = pow(f, exp(w));
}

/* Events over time under observation; exact Poisson limits. Severe infections: all of them; others: the first. */
static void estimate_event_rate(const struct ql_cohort *c, enum ql_measure m, struct ql_endpoint *out)
{
	bool all = m == QL_M_INFECTION_RATE;
	enum ql_adverse what = (enum ql_adverse)(all ? 0 : m - QL_M_NEUTROPENIA_RATE);
	double events = 0, days = 0, alpha = 1 - LEVEL;
	if (c->tally) {
		const struct ql_tally *t = c->tally;
		events = (double)(all ? t->infections : t->adverse[what]);
		days = all ? ql_tally_days(t, t->follow, t->follow_last) : ql_tally_days(t, t->at_risk[what], t->at_risk_last[what]);
	}
	for (uint64_t i = 0; !c->tally && i < c->n; i++)
		if (ql_cohort_counts(c, i)) {
			double time = c->record[i].follow_day;
			bool event;
			if (!all)
				ql_record_adverse(&c->record[i], what, &time, &event);
			events += all ? c->record[i].n_infection : event;
			days += ql_tally_day(ql_tally_bin(time, c->horizon_day), c->horizon_day);
		}
	double years = days / QL_DAYS_PER_YEAR;
	if (!(years > 0.0))
		return;
	out->estimate = events / years;
	out->lower = events > 0.0 ? ql_qchisq(alpha / 2, 2 * events) / 2 / years : 0.0;
	out->upper = ql_qchisq(1 - alpha / 2, 2 * events + 2) / 2 / years;
}

/* Mean of a value of each patient, kept in steps of 1/QL_TALLY_PER_YEAR. */
static void estimate_mean(const struct ql_cohort *c, const struct ql_endpoint_def *def, struct ql_endpoint *out)
{
	const int which = (int)def->measure - QL_M_QALY;
	double n = 0, sum = 0, squares = 0;
	if (c->tally) {
		n = (double)(c->tally->done - c->tally->failed);
		sum = (double)c->tally->mean[which];
		squares = (double)c->tally->mean_squares[which];
	}
	for (uint64_t i = 0; !c->tally && i < c->n; i++)
		if (ql_cohort_counts(c, i)) {
			double x = (double)ql_tally_mean_value(&c->record[i], which);
			n++;
			sum += x;
			squares += x * x;
		}
	if (!(n > 0))
		return;
	double mean = sum / n, variance = n > 1 ? fmax(0.0, squares - sum * mean) / (n - 1) : NAN;
	double half = ql_qnorm(0.5 + 0.5 * LEVEL) * sqrt(variance / n);
	out->estimate = mean / QL_TALLY_PER_YEAR;
	out->lower = fmax(0.0, mean - half) / QL_TALLY_PER_YEAR;
	out->upper = (mean + half) / QL_TALLY_PER_YEAR;
}

bool ql_cohort_judged(const struct ql_cohort *c, enum ql_measure m)
{
	bool at_response = m >= QL_M_ORR && m <= QL_M_UMRD6_MARROW;
	return !at_response || (c->response_day > 0.0 && c->response_day <= c->horizon_day);
}

void ql_endpoint_estimate(const struct ql_cohort *c, const struct ql_endpoint_def *def, struct ql_endpoint *out)
{
	*out = (struct ql_endpoint){.id = def->id, .title = def->title, .unit = def->unit, .detail = def->detail,
				    .estimate = NAN, .lower = NAN, .upper = NAN, .level = LEVEL, .kind = QL_INTERVAL_MONTE_CARLO,
				    .chance_lower = NAN, .chance_upper = NAN, .parameter_sd = NAN};
	if (!ql_cohort_judged(c, def->measure))
		return;
	if (ql_endpoint_is_share(def->measure))
		estimate_share(c, def, out);
	else if (ql_endpoint_is_rate(def->measure))
		estimate_rate(c, def, c->scratch, out);
	else if (def->measure >= QL_M_QALY && def->measure <= QL_M_WORRIES)
		estimate_mean(c, def, out);
	else if (ql_endpoint_is_median(def->measure) || def->measure == QL_M_PFS_MEAN)
		estimate_time(c, def, c->scratch, out);
	else if (ql_endpoint_is_per_year(def->measure))
		estimate_event_rate(c, def->measure, out);
	else
		estimate_incidence(c, def, c->scratch, out);
	ql_arena_free(c->scratch);
}

/* --- curve --- */

static uint64_t count_until(const struct ql_times *t, double day, int event)
{
	double n = 0;
	for (size_t i = 0; i < t->n; i++)
		n += t->event[i] == event && t->time[i] <= day ? t->weight[i] : 0;
	return (uint64_t)n;
}

void ql_endpoint_curve(const struct ql_cohort *c, enum ql_measure rate, const char *id, struct ql_arena *a,
		       struct ql_curve *out)
{
	struct ql_times t = ql_cohort_times(c, rate, c->scratch);
	int n = (int)floor(c->horizon_day / QL_DAYS_PER_MONTH + 1e-9) + 1;
	size_t size = (size_t)n;
	*out = (struct ql_curve){id, 0, QL_NEW_N(a, double, size), QL_NEW_N(a, double, size),
				 QL_NEW_N(a, double, size), QL_NEW_N(a, double, size), QL_NEW_N(a, uint64_t, size),
				 QL_NEW_N(a, uint64_t, size), QL_NEW_N(a, uint64_t, size)};
	struct ql_endpoint_def def = {.measure = rate};
	struct ql_km km;
	if (t.n == 0 || ql_km_fit(t.time, t.event, t.weight, t.n, LEVEL, c->scratch, &km) != QUELL_OK)
		n = 0;
	for (int i = 0; i < n; i++) {
		def.day = fmin(i * QL_DAYS_PER_MONTH, c->horizon_day);
		struct ql_km_point p = ql_km_at(&km, def.day);
		bool all_gone = km.surv[km.n - 1] == 0.0 && def.day >= km.time[km.n - 1];
		out->month[i] = i;
		out->surv[i] = all_gone ? 0.0 : p.surv;
		out->lower[i] = p.lower;
		out->upper[i] = p.upper;
		out->events[i] = count_until(&t, def.day, 1);
		out->censored[i] = count_until(&t, def.day, 0);
		out->at_risk[i] = (uint64_t)p.n_risk;
	}
	out->n = n;
	ql_arena_free(c->scratch);
}
