/* SPDX-License-Identifier: Apache-2.0 */
/* Differences between two arms that hold the same virtual patients. */
#include "base/special.h"
#include "decide/endpoint_private.h"
#include "trial/rules.h"
#include "trial/survival.h"
#include <math.h>

#define LEVEL 0.95

static bool both(const struct ql_cohort *a, const struct ql_cohort *b, uint64_t i)
{
	return i < b->n && ql_cohort_counts(a, i) && ql_cohort_counts(b, i); /* an interrupted arm may be empty */
}

static void share_ahead(uint64_t a_better, uint64_t b_better, struct ql_contrast *out)
{
	out->p_ahead = a_better + b_better ? (double)a_better / (double)(a_better + b_better) : NAN;
}

/* Mean of the patients' own differences. */
static void contrast_values(const struct ql_cohort *a, const struct ql_cohort *b, const struct ql_endpoint_def *def,
			    struct ql_contrast *out)
{
	double n = 0, mean = 0, square = 0;
	uint64_t a_better = 0, b_better = 0;
	int sign = def->measure == QL_M_NEUTROPENIA ? -1 : 1;
	for (uint64_t i = 0; i < a->n; i++) {
		if (!both(a, b, i))
			continue;
		double d = ql_record_value(&a->record[i], def, a->horizon_day) -
			   ql_record_value(&b->record[i], def, b->horizon_day);
		n++;
		double step = d - mean;
		mean += step / n;
		square += step * (d - mean);
		a_better += sign * d > 0;
		b_better += sign * d < 0;
	}
	if (n < 2)
		return;
	double half = ql_qnorm(0.5 + 0.5 * LEVEL) * sqrt(square / (n - 1) / n);
	out->difference = mean;
	out->lower = mean - half;
	out->upper = mean + half;
	share_ahead(a_better, b_better, out);
}

/* Pairing lowers the error of this difference; leaving that out makes the interval too wide, not too narrow. */
static void contrast_incidence(const struct ql_cohort *a, const struct ql_cohort *b, const struct ql_endpoint_def *def,
			       struct ql_contrast *out)
{
	double fa, fb, sa, sb;
	uint64_t na, nb;
	if (ql_cohort_incidence(a, def, a->scratch, &fa, &sa, &na) && ql_cohort_incidence(b, def, a->scratch, &fb, &sb, &nb)) {
		double half = ql_qnorm(0.5 + 0.5 * LEVEL) * sqrt(sa * sa + sb * sb);
		out->difference = fa - fb;
		out->lower = out->difference - half;
		out->upper = out->difference + half;
	}
	ql_arena_free(a->scratch);
}

static void hazard_ratio(const struct ql_cohort *a, const struct ql_cohort *b, struct ql_contrast *out)
{
	struct ql_arena *arena = a->scratch;
	struct ql_times ta = ql_cohort_times(a, QL_M_PFS_RATE, arena), tb = ql_cohort_times(b, QL_M_PFS_RATE, arena);
	size_t n = ta.n + tb.n;
	double *time = QL_NEW_N(arena, double, n + 1), *x = QL_NEW_N(arena, double, n + 1);
	int *event = QL_NEW_N(arena, int, n + 1);
	for (size_t i = 0; i < n; i++) {
		bool in_a = i < ta.n;
		time[i] = in_a ? ta.time[i] : tb.time[i - ta.n];
		event[i] = in_a ? ta.event[i] : tb.event[i - ta.n];
		x[i] = in_a;
	}
	struct ql_cox cox;
	if (n > 0 && ql_cox_fit(time, event, x, 1, NULL, n, QL_EFRON, arena, &cox) == QUELL_OK && cox.converged) {
		out->hazard_ratio = exp(cox.coef[0]);
		out->hr_lower = cox.lower[0];
		out->hr_upper = cox.upper[0];
	}
	ql_arena_free(a->scratch);
}

static void contrast_median(const struct ql_cohort *a, const struct ql_cohort *b, const struct ql_endpoint_def *def,
			    struct ql_contrast *out)
{
	struct ql_endpoint ea, eb;
	ql_endpoint_estimate(a, def, &ea);
	ql_endpoint_estimate(b, def, &eb);
	out->difference = ea.estimate - eb.estimate;
	hazard_ratio(a, b, out);
	uint64_t a_better = 0, b_better = 0;
	for (uint64_t i = 0; i < a->n; i++)
		if (both(a, b, i)) {
			a_better += a->record[i].pfs_day > b->record[i].pfs_day;
			b_better += a->record[i].pfs_day < b->record[i].pfs_day;
		}
	share_ahead(a_better, b_better, out);
}

void ql_endpoint_contrast(const struct ql_cohort *a, const struct ql_cohort *b, const struct ql_endpoint_def *def,
			  struct ql_contrast *out)
{
	enum ql_measure m = def->measure;
	out->endpoint = def->id;
	out->difference = out->lower = out->upper = out->p_ahead = NAN;
	out->hazard_ratio = out->hr_lower = out->hr_upper = NAN;
	if (!ql_cohort_judged(a, m) || !ql_cohort_judged(b, m))
		return;
	if (m == QL_M_PFS_MEDIAN)
		contrast_median(a, b, def, out);
	else if (m == QL_M_PFS_RATE || m == QL_M_PFS_MEAN || ql_endpoint_is_share(m))
		contrast_values(a, b, def, out);
	else if (m != QL_M_INFECTION_RATE)
		contrast_incidence(a, b, def, out);
}
