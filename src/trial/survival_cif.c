/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Aalen-Johansen cumulative incidence and Gray's test.
 *
 * With S the survival free of any event, F the incidence of the cause and G = 1-F: a change dL of the cause's hazard
 * increment at u moves F(t) by S(u-) (1 - (F(t)-F(u))/S(u)) dL, one of another cause by -S(u-) (F(t)-F(u))/S(u) dL.
 * Both variances are sums of squares of these; being quadratic in F(t) they are kept as three running sums.
 */
#include "base/special.h"
#include "trial/survival.h"
#include <math.h>
#include <stdlib.h>

struct item {
	double time, count;
	int event, group;
};

static int by_time(const void *x, const void *y)
{
	const struct item *a = x, *b = y;
	return a->time < b->time ? -1 : a->time > b->time;
}

static struct item *take_items(const double *time, const int *event, const double *count, const int *group,
			       int n_group, size_t n, struct ql_arena *a)
{
	struct item *item = QL_NEW_N(a, struct item, n + 1);
	for (size_t i = 0; i < n; i++) {
		if (!isfinite(time[i]) || event[i] < 0 || (count && !(count[i] >= 0 && isfinite(count[i]))) || (group && (group[i] < 0 || group[i] >= n_group)))
			return NULL;
		item[i] = (struct item){time[i], count ? count[i] : 1, event[i], group ? group[i] : 0};
	}
	qsort(item, n, sizeof *item, by_time);
	return item;
}

/* sum (a - F b)^2 = aa - 2 F ab + F^2 bb */
struct squares {
	double aa, ab, bb;
};

static void add_square(struct squares *q, double weight, double a, double b)
{
	q->aa += weight * a * a;
	q->ab += weight * a * b;
	q->bb += weight * b * b;
}

static double sum_squares(const struct squares *q, double f)
{
	double v = q->aa - 2 * f * q->ab + f * f * q->bb;
	return v > 0 ? v : 0;
}

/* Variance of a hazard increment: d events of n, hypergeometric for ties. */
static double increment_variance(double d, double n) { return n > 1 ? d * (n - d) / (n * n * (n - 1)) : d / (n * n); }

struct cif_state {
	double surv, value;           /* S(t), F(t) */
	double a, b;                  /* influence of a patient still at risk: a - F(t) b */
	struct squares delta, gone;   /* delta method; influences of patients no longer at risk */
};

/* One distinct time: n at risk, d1 of the cause, d2 of other causes, c censored. */
static void cif_step(struct cif_state *s, double n, double d1, double d2, double c)
{
	double before = s->surv, after = d1 + d2 >= n ? 0 : before * (1 - (d1 + d2) / n);
	s->value += before * d1 / n;
	double slope = after > 0 ? before / after : 0;
	double a1 = before + slope * s->value, a2 = slope * s->value;
	add_square(&s->delta, increment_variance(d1, n), a1, slope);
	add_square(&s->delta, increment_variance(d2, n), a2, slope);
	s->a -= (a1 * d1 + a2 * d2) / (n * n);
	s->b -= slope * (d1 + d2) / (n * n);
	add_square(&s->gone, d1, s->a + a1 / n, s->b + slope / n);
	add_square(&s->gone, d2, s->a + a2 / n, s->b + slope / n);
	add_square(&s->gone, c, s->a, s->b);
	s->surv = after;
}

enum quell_status ql_cif_fit_counts(const double *time, const int *event, const double *weight, size_t n, int cause,
				    struct ql_arena *a, struct ql_cif *out)
{
	*out = (struct ql_cif){0};
	struct item *item = take_items(time, event, weight, NULL, 0, n, a);
	if (!item || cause < 1 || n > (size_t)2000000000)
		return QUELL_ERR_INPUT;
	size_t distinct = n > 0;
	double left = n > 0 ? item[0].count : 0;
	for (size_t i = 1; i < n; i++) {
		distinct += item[i].time != item[i - 1].time;
		left += item[i].count;
	}
	out->time = QL_NEW_N(a, double, distinct);
	out->value = QL_NEW_N(a, double, distinct);
	out->n_risk = QL_NEW_N(a, double, distinct);
	out->se = QL_NEW_N(a, double, distinct);
	out->se_ij = QL_NEW_N(a, double, distinct);
	struct cif_state s = {.surv = 1};
	for (size_t i = 0; i < n; out->n++) {
		double count[3] = {0}, risk = left;
		out->time[out->n] = item[i].time;
		for (; i < n && item[i].time == out->time[out->n]; i++)
			count[item[i].event == 0 ? 2 : item[i].event == cause ? 0 : 1] += item[i].count;
		left -= count[0] + count[1] + count[2];
		cif_step(&s, risk, count[0], count[1], count[2]);
		out->n_event += (size_t)count[0];
		out->n_risk[out->n] = risk;
		out->value[out->n] = s.value;
		out->se[out->n] = sqrt(sum_squares(&s.delta, s.value));
		double u = s.a - s.value * s.b;
		out->se_ij[out->n] = sqrt(sum_squares(&s.gone, s.value) + left * u * u);
	}
	return QUELL_OK;
}

enum quell_status ql_cif_fit(const double *time, const int *event, size_t n, int cause, struct ql_arena *a,
			     struct ql_cif *out)
{
	return ql_cif_fit_counts(time, event, NULL, n, cause, a, out);
}

struct ql_cif_point ql_cif_at(const struct ql_cif *c, double t)
{
	if (c->n == 0 || !(t <= c->time[c->n - 1]))
		return (struct ql_cif_point){NAN, NAN, NAN, 0};
	int lo = 0, hi = c->n; /* lo becomes the number of times <= t */
	while (lo < hi) {
		int mid = lo + (hi - lo) / 2;
		if (c->time[mid] <= t)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == 0)
		return (struct ql_cif_point){0, 0, 0, c->n_risk[0]};
	double n_risk = c->n_risk[c->time[lo - 1] == t ? lo - 1 : lo];
	return (struct ql_cif_point){c->value[lo - 1], c->se[lo - 1], c->se_ij[lo - 1], n_risk};
}

/*
 * Gray's test. Group k scores d1_k less its share of the cause's events, shares by R_k = n_k (1-F_k(t-))/S_k(t-).
 * Its variance follows from the martingales of the groups r: with h_r = n_r/S_r(t-), a_kr = h_k (1{k=r} - h_r/h.) and
 * c_kr the integral of a_kr dF0/G0, an increment of cause 1 in group r counts a_kr + (1 - G0/S_r)(c_kr(end) - c_kr),
 * one of the other causes -(G0/S_r)(c_kr(end) - c_kr). c_kr(end) is known only at the end, hence the sums v, w and q.
 */
struct gray {
	int g;
	double *n, *d1, *d2;         /* at risk, events at this time */
	double *surv, *value;        /* S_k, F_k just before this time */
	double f0;                   /* pooled F just before */
	double *score, *c, *a;       /* g, g x g, g x g */
	double *v, *w, *q;           /* sums without, with one and with two factors c(end): g x g, g x g, g */
};

static void make_gray(struct gray *s, int g, struct ql_arena *a)
{
	size_t n = (size_t)g;
	double **vector[] = {&s->n, &s->d1, &s->d2, &s->surv, &s->value, &s->score, &s->q};
	double **matrix[] = {&s->c, &s->a, &s->v, &s->w};
	*s = (struct gray){.g = g};
	for (size_t i = 0; i < sizeof vector / sizeof *vector; i++)
		*vector[i] = QL_NEW_N(a, double, n);
	for (size_t i = 0; i < sizeof matrix / sizeof *matrix; i++)
		*matrix[i] = QL_NEW_N(a, double, n * n);
	for (int k = 0; k < g; k++)
		s->surv[k] = 1;
}

/* Adds increments of group r with variance `var`, seen by score k as base_k + factor (c_kr(end) - c_kr). */
static void gray_increment(struct gray *s, int r, double var, const double *base, double factor)
{
	int g = s->g;
	s->q[r] += factor * factor * var;
	for (int k = 0; k < g; k++) {
		double x = base[k] - factor * s->c[k * g + r];
		s->w[k * g + r] += x * factor * var;
		for (int l = 0; l <= k; l++)
			s->v[k * g + l] += x * (base[l] - factor * s->c[l * g + r]) * var;
	}
}

static void gray_scores(struct gray *s, double events, double h, double share)
{
	int g = s->g;
	double rise = events / (h * (1 - s->f0));
	for (int k = 0; k < g; k++) {
		double hk = s->n[k] > 0 ? s->n[k] / s->surv[k] : 0;
		s->score[k] += s->d1[k] - events * hk * (1 - s->value[k]) / share;
		for (int r = 0; r < g; r++) {
			double hr = s->n[r] > 0 ? s->n[r] / s->surv[r] : 0;
			s->a[k * g + r] = hk * ((k == r) - hr / h);
			s->c[k * g + r] += s->a[k * g + r] * rise;
		}
	}
}

static void gray_variances(struct gray *s, double events, double h, double f0_after, double *base)
{
	int g = s->g;
	for (int r = 0; r < g; r++) {
		if (!(s->n[r] > 0))
			continue;
		double n = s->n[r], before = s->surv[r], after = before * (n - s->d1[r] - s->d2[r]) / n;
		double ratio = after > 0 ? (1 - f0_after) / after : 0, expected = h * before;
		if (events > 0) {
			double ties = events > 1 ? 1 - (events - 1) / (expected - 1) : 1;
			for (int k = 0; k < g; k++)
				base[k] = s->a[k * g + r];
			gray_increment(s, r, ties * before * events / (h * n), base, 1 - ratio);
		}
		if (s->d2[r] > 0 && after > 0) {
			for (int k = 0; k < g; k++)
				base[k] = 0;
			gray_increment(s, r, before * before * increment_variance(s->d2[r], n), base, -ratio);
		}
	}
}

static void gray_time(struct gray *s, double *base)
{
	double h = 0, share = 0, events = 0;
	for (int k = 0; k < s->g; k++) {
		if (!(s->n[k] > 0))
			continue;
		h += s->n[k] / s->surv[k];
		share += s->n[k] * (1 - s->value[k]) / s->surv[k];
		events += s->d1[k];
	}
	double f0_after = s->f0 + events / h;
	if (events > 0)
		gray_scores(s, events, h, share);
	gray_variances(s, events, h, f0_after, base);
	s->f0 = f0_after;
	for (int k = 0; k < s->g; k++) {
		if (!(s->n[k] > 0))
			continue;
		s->value[k] += s->surv[k] * s->d1[k] / s->n[k];
		s->surv[k] *= (s->n[k] - s->d1[k] - s->d2[k]) / s->n[k];
	}
}

/* score' V^-1 score over all groups but the last. */
static double gray_chisq(struct gray *s)
{
	int g = s->g, m = g - 1;
	double *v = s->v, chisq = 0;
	for (int k = 0; k < g; k++)
		for (int l = 0; l <= k; l++) {
			for (int r = 0; r < g; r++) {
				double ck = s->c[k * g + r], cl = s->c[l * g + r];
				v[k * g + l] += ck * cl * s->q[r] + ck * s->w[l * g + r] + cl * s->w[k * g + r];
			}
			v[l * g + k] = v[k * g + l];
		}
	for (int k = 0; k < m; k++) {
		double pivot = v[k * g + k];
		if (!(pivot > 0))
			return NAN;
		chisq += s->score[k] * s->score[k] / pivot;
		for (int i = k + 1; i < m; i++) {
			double f = v[i * g + k] / pivot;
			s->score[i] -= f * s->score[k];
			for (int j = k + 1; j < m; j++)
				v[i * g + j] -= f * v[k * g + j];
		}
	}
	return chisq;
}

enum quell_status ql_gray_test(const double *time, const int *event, const int *group, int n_group, size_t n, int cause,
			       struct ql_arena *a, double *chisq, int *df, double *p)
{
	*chisq = *p = NAN;
	*df = n_group - 1;
	if (n_group < 2 || n_group > 1000 || cause < 1)
		return QUELL_ERR_INPUT;
	struct item *item = take_items(time, event, NULL, group, n_group, n, a);
	if (!item)
		return QUELL_ERR_INPUT;
	struct gray s;
	make_gray(&s, n_group, a);
	double *base = QL_NEW_N(a, double, (size_t)n_group);
	for (size_t i = 0; i < n; i++)
		s.n[item[i].group]++;
	for (size_t i = 0; i < n;) {
		size_t first = i;
		for (int k = 0; k < n_group; k++)
			s.d1[k] = s.d2[k] = 0;
		for (; i < n && item[i].time == item[first].time; i++)
			if (item[i].event > 0)
				(item[i].event == cause ? s.d1 : s.d2)[item[i].group]++;
		gray_time(&s, base);
		for (size_t k = first; k < i; k++)
			s.n[item[k].group]--;
	}
	*chisq = gray_chisq(&s);
	*p = ql_pchisq_upper(*chisq, *df);
	return QUELL_OK;
}
