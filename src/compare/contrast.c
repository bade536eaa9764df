/* SPDX-License-Identifier: Apache-2.0 */
/* Differences between two arms that hold the same virtual patients. */
#include "base/special.h"
#include "compare/endpoint_private.h"
#include "compare/tally.h"
#include "trial/rules.h"
#include <math.h>
#include <stdlib.h>

#define LEVEL 0.95

static void share_ahead(const struct ql_pair_sum *p, struct ql_contrast *out)
{
	uint64_t n = p->a_better + p->b_better;
	out->p_ahead = n ? (double)p->a_better / (double)n : NAN;
}

/* Mean of the patients' own differences, from their sum and the sum of their squares. */
static void contrast_mean(double n, double sum, double squares, struct ql_contrast *out)
{
	if (n < 2)
		return;
	double mean = sum / n, variance = fmax(0.0, squares - sum * mean) / (n - 1);
	double half = ql_qnorm(0.5 + 0.5 * LEVEL) * sqrt(variance / n);
	out->difference = mean;
	out->lower = mean - half;
	out->upper = mean + half;
}

static void contrast_shares(const struct ql_pair_sum *p, const struct ql_endpoint_def *def, struct ql_contrast *out)
{
	double a = (double)p->a_better, b = (double)p->b_better;
	contrast_mean((double)p->n, ql_measure_is_bad(def->measure) ? b - a : a - b, a + b, out);
	if (p->n >= 2)
		share_ahead(p, out);
}

static void contrast_times(const struct ql_pair_sum *p, double horizon_day, struct ql_contrast *out)
{
	double unit = 1.0 / (QL_TALLY_PER_DAY * QL_DAYS_PER_MONTH);
	double last = (horizon_day - (double)(ql_tally_bins(horizon_day) - 1) / QL_TALLY_PER_DAY) / QL_DAYS_PER_MONTH;
	contrast_mean((double)p->n, unit * (double)p->d + last * (double)p->e,
		      unit * unit * (double)p->dd + 2 * unit * last * (double)p->de + last * last * (double)p->ee, out);
	if (p->n >= 2)
		share_ahead(p, out);
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

struct risk { /* two arms at one time: at risk, events */
	double time, n_a, n_b, d_a, d_b;
};

static int by_time(const void *x, const void *y)
{
	const struct risk *a = x, *b = y;
	return (a->time > b->time) - (a->time < b->time);
}

static size_t add_risks(const struct ql_times *t, bool in_a, struct risk *row)
{
	for (size_t i = 0; i < t->n; i++) {
		double w = t->weight[i], d = t->event[i] ? w : 0;
		row[i] = in_a ? (struct risk){t->time[i], w, 0, d, 0} : (struct risk){t->time[i], 0, w, 0, d};
	}
	return t->n;
}

/* Rows of one time become one, and "leaves here" becomes "at risk here". */
static size_t join_risks(struct risk *row, size_t n)
{
	size_t m = 0;
	qsort(row, n, sizeof *row, by_time);
	for (size_t i = 0; i < n; i++) {
		if (m == 0 || row[m - 1].time != row[i].time) {
			row[m++] = row[i];
			continue;
		}
		row[m - 1].n_a += row[i].n_a;
		row[m - 1].n_b += row[i].n_b;
		row[m - 1].d_a += row[i].d_a;
		row[m - 1].d_b += row[i].d_b;
	}
	for (size_t i = m; i-- > 1;) {
		row[i - 1].n_a += row[i].n_a;
		row[i - 1].n_b += row[i].n_b;
	}
	return m;
}

/* Score and information of the log hazard ratio, ties by Efron. */
static void cox_score(const struct risk *row, size_t n, double beta, double *score, double *information)
{
	double r = exp(beta);
	*score = *information = 0;
	for (size_t i = 0; i < n; i++) {
		double ties = row[i].d_a + row[i].d_b;
		for (double l = 0; l < ties; l++) {
			double a = r * (row[i].n_a - l / ties * row[i].d_a), p = a / (a + row[i].n_b - l / ties * row[i].d_b);
			*score -= p;
			*information += p * (1 - p);
		}
		*score += row[i].d_a;
	}
}

/* The score falls with beta: Newton's method, halved into the bracket where it would leave it. */
static bool cox_solve(const struct risk *row, size_t n, double *beta, double *se)
{
	double low = -20, high = 20, x = 0, score, information;
	for (int i = 0; i < 100; i++) {
		cox_score(row, n, x, &score, &information);
		*(score > 0 ? &low : &high) = x;
		double next = information > 0 ? x + score / information : NAN;
		if (!(next > low && next < high))
			next = 0.5 * (low + high);
		if (fabs(next - x) <= 1e-13 * (1 + fabs(x))) {
			*beta = x;
			*se = 1 / sqrt(information);
			return information > 0 && fabs(x) < 15; /* beyond: one arm without events, no finite estimate */
		}
		x = next;
	}
	return false;
}

bool ql_cohort_hazard_ratio(const struct ql_cohort *a, const struct ql_cohort *b, enum ql_measure m, double *beta,
			    double *se)
{
	struct ql_arena *arena = a->scratch;
	struct ql_times ta = ql_cohort_times(a, m, arena), tb = ql_cohort_times(b, m, arena);
	struct risk *row = QL_NEW_N(arena, struct risk, ta.n + tb.n + 1);
	size_t n = add_risks(&ta, true, row);
	n += add_risks(&tb, false, row + n);
	bool found = cox_solve(row, join_risks(row, n), beta, se);
	ql_arena_free(arena);
	return found;
}

static void contrast_median(const struct ql_cohort *a, const struct ql_cohort *b, const struct ql_endpoint_def *def,
			    const struct ql_pair_sum *pair, struct ql_contrast *out)
{
	struct ql_endpoint ea, eb;
	double beta, se, z = ql_qnorm(0.5 + 0.5 * LEVEL);
	ql_endpoint_estimate(a, def, &ea);
	ql_endpoint_estimate(b, def, &eb);
	out->difference = ea.estimate - eb.estimate;
	if (ql_cohort_hazard_ratio(a, b, def->measure, &beta, &se)) {
		out->hazard_ratio = exp(beta);
		out->hr_lower = exp(beta - z * se);
		out->hr_upper = exp(beta + z * se);
	}
	share_ahead(pair, out);
}

/* Two estimates with intervals, as if the arms were not paired: too wide, not too narrow. */
static void contrast_estimates(const struct ql_endpoint *a, const struct ql_endpoint *b, struct ql_contrast *out)
{
	double wa = 0.5 * (a->upper - a->lower), wb = 0.5 * (b->upper - b->lower), half = sqrt(wa * wa + wb * wb);
	out->difference = a->estimate - b->estimate;
	out->lower = out->difference - half;
	out->upper = out->difference + half;
}

static void contrast_rates(const struct ql_cohort *a, const struct ql_cohort *b, const struct ql_endpoint_def *def,
			   struct ql_contrast *out)
{
	struct ql_endpoint x, y;
	ql_endpoint_estimate(a, def, &x);
	ql_endpoint_estimate(b, def, &y);
	contrast_estimates(&x, &y, out);
}

static void contrast(const struct ql_cohort *a, const struct ql_cohort *b, const struct ql_endpoint_def *def,
		     const struct ql_pair_sum *pair, struct ql_contrast *out)
{
	enum ql_measure m = def->measure;
	out->endpoint = def->id;
	out->kind = QL_INTERVAL_MONTE_CARLO;
	out->difference = out->lower = out->upper = out->p_ahead = NAN;
	out->hazard_ratio = out->hr_lower = out->hr_upper = NAN;
	if (!ql_cohort_judged(a, m) || !ql_cohort_judged(b, m))
		return;
	if (m == QL_M_DOR_RATE || m == QL_M_RESPONSE_TIME || m == QL_M_DOR_MEDIAN)
		return; /* other patients respond in the two arms: nothing to pair */
	if (m == QL_M_OS_RATE || m == QL_M_TTNT_FREE || (m >= QL_M_QALY && m <= QL_M_WORRIES) || ql_endpoint_is_per_year(m)) {
		contrast_rates(a, b, def, out);
		return;
	}
	if (ql_endpoint_is_median(m))
		contrast_median(a, b, def, pair, out);
	else if (m == QL_M_PFS_MEAN)
		contrast_times(pair, a->horizon_day, out);
	else if (m == QL_M_PFS_RATE || ql_endpoint_is_share(m))
		contrast_shares(pair, def, out);
	else
		contrast_incidence(a, b, def, out);
}

void ql_endpoint_contrast(const struct ql_cohort *a, const struct ql_cohort *b, const struct ql_endpoint_def *def,
			  const struct ql_pair_sum *pair, struct ql_contrast *out)
{
	struct ql_pair_sum sum = {0};
	for (uint64_t i = 0; !pair && i < a->n && i < b->n; i++) /* an interrupted arm may be empty */
		ql_pair_add(&sum, &a->record[i], &b->record[i], def, a->horizon_day);
	contrast(a, b, def, pair ? pair : &sum, out);
}
