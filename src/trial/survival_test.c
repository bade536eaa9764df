/* SPDX-License-Identifier: Apache-2.0 */
/* Log-rank and Peto-Peto tests, stratified. */
#include "base/rng.h"
#include "base/special.h"
#include "trial/survival.h"
#include <math.h>
#include <stdlib.h>

struct item {
	double time;
	int stratum, group;
	bool event;
};

struct sums {
	int g;
	double *observed, *expected, *var; /* var: g x g */
	double *at_risk, *died;            /* at one time */
};

static int by_stratum_and_time(const void *x, const void *y)
{
	const struct item *a = x, *b = y;
	if (a->stratum != b->stratum)
		return a->stratum < b->stratum ? -1 : 1;
	return a->time < b->time ? -1 : a->time > b->time;
}

/* The hypergeometric terms of one event time. */
static void add_time(struct sums *s, double n, double d, double weight)
{
	double spread = n > 1 ? d * (n - d) / (n - 1) : 0;
	for (int i = 0; i < s->g; i++) {
		double share = s->at_risk[i] / n;
		s->observed[i] += weight * s->died[i];
		s->expected[i] += weight * d * share;
		for (int j = 0; j < s->g; j++)
			s->var[i * s->g + j] += weight * weight * spread * share * ((i == j) - s->at_risk[j] / n);
	}
}

/* One stratum: item[0..n), in order of time. */
static void add_stratum(struct sums *s, const struct item *item, size_t n, double rho)
{
	double surv = 1;
	for (int i = 0; i < s->g; i++)
		s->at_risk[i] = 0;
	for (size_t i = 0; i < n; i++)
		s->at_risk[item[i].group]++;
	for (size_t i = 0; i < n;) {
		size_t first = i;
		double d = 0, risk = (double)(n - i);
		for (int k = 0; k < s->g; k++)
			s->died[k] = 0;
		for (; i < n && item[i].time == item[first].time; i++)
			if (item[i].event) {
				s->died[item[i].group]++;
				d++;
			}
		if (d > 0)
			add_time(s, risk, d, rho == 0 ? 1 : ql_pow(surv, rho));
		surv *= 1 - d / risk;
		for (size_t k = first; k < i; k++)
			s->at_risk[item[k].group]--;
	}
}

/* u' V^-1 u over the groups in `keep` less the first of them; Gauss elimination with pivots on the diagonal. */
static double quadratic_form(const struct sums *s, const int *keep, int m, struct ql_arena *a)
{
	double *v = QL_NEW_N(a, double, (size_t)m * (size_t)m), *u = QL_NEW_N(a, double, (size_t)m), chisq = 0;
	for (int i = 0; i < m; i++) {
		u[i] = s->observed[keep[i + 1]] - s->expected[keep[i + 1]];
		for (int j = 0; j < m; j++)
			v[i * m + j] = s->var[keep[i + 1] * s->g + keep[j + 1]];
	}
	for (int k = 0; k < m; k++) {
		double pivot = v[k * m + k];
		if (!(pivot > 1e-12 * s->var[keep[k + 1] * s->g + keep[k + 1]]))
			continue;
		chisq += u[k] * u[k] / pivot;
		for (int i = k + 1; i < m; i++) {
			double f = v[i * m + k] / pivot;
			u[i] -= f * u[k];
			for (int j = k + 1; j < m; j++)
				v[i * m + j] -= f * v[k * m + j];
		}
	}
	return chisq;
}

static struct item *take_items(const double *time, const int *event, const int *group, int n_group, const int *strata,
			       size_t n, struct ql_arena *a)
{
	struct item *item = QL_NEW_N(a, struct item, n + 1);
	for (size_t i = 0; i < n; i++) {
		if (!isfinite(time[i]) || event[i] < 0 || group[i] < 0 || group[i] >= n_group || (strata && strata[i] < 0))
			return NULL;
		item[i] = (struct item){time[i], strata ? strata[i] : 0, group[i], event[i] != 0};
	}
	qsort(item, n, sizeof *item, by_stratum_and_time);
	return item;
}

enum quell_status ql_logrank_test(const double *time, const int *event, const int *group, int n_group,
				  const int *strata, size_t n, double rho, struct ql_arena *a, struct ql_logrank *out)
{
	*out = (struct ql_logrank){.n_group = n_group};
	if (n_group < 1 || n_group > 10000 || !(rho >= 0))
		return QUELL_ERR_INPUT;
	size_t g = (size_t)n_group;
	struct item *item = take_items(time, event, group, n_group, strata, n, a);
	if (!item)
		return QUELL_ERR_INPUT;
	struct sums s = {.g = n_group, .observed = QL_NEW_N(a, double, g), .expected = QL_NEW_N(a, double, g),
			 .var = QL_NEW_N(a, double, g * g), .at_risk = QL_NEW_N(a, double, g), .died = QL_NEW_N(a, double, g)};
	for (size_t first = 0, i = 0; i < n; first = i) {
		while (i < n && item[i].stratum == item[first].stratum)
			i++;
		add_stratum(&s, item + first, i - first, rho);
	}
	int *keep = QL_NEW_N(a, int, g), m = 0;
	for (int i = 0; i < n_group; i++)
		if (s.expected[i] > 0)
			keep[m++] = i;
	out->observed = s.observed;
	out->expected = s.expected;
	out->n = QL_NEW_N(a, size_t, g);
	for (size_t i = 0; i < n; i++)
		out->n[group[i]]++;
	out->df = m > 0 ? m - 1 : 0;
	out->chisq = out->df > 0 ? quadratic_form(&s, keep, out->df, a) : 0;
	out->p = out->df > 0 ? ql_pchisq_upper(out->chisq, out->df) : NAN;
	return QUELL_OK;
}
