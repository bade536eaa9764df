/* SPDX-License-Identifier: Apache-2.0 */
/* The score, and the size of the trial effect. */
#include "decide/validate_private.h"
#include "base/special.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BIG_ARM 150.0 /* patients: errors of smaller arms are mostly chance */

static bool is_share(const struct ql_validated *x)
{
	return x->target.kind == QL_TARGET_RATE || x->target.kind == QL_TARGET_SHARE;
}

/* Half-width of the 95 % interval over that of a binomial share of the trial's size. */
static double relative_width(const struct ql_validated *x)
{
	double p = fmin(fmax(x->sim.estimate, 0.5 / x->n), 1 - 0.5 / x->n);
	double binomial = ql_qnorm(0.975) * sqrt(p * (1 - p) / x->n);
	return (x->sim.upper[QL_LEVELS - 1] - x->sim.lower[QL_LEVELS - 1]) / 2 / binomial;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double median_of(double *x, int n)
{
	if (n == 0)
		return NAN;
	qsort(x, (size_t)n, sizeof *x, ascending);
	return n % 2 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}

static bool in_role(const struct ql_validated *x, const char *role)
{
	return x->counted && (strcmp(role, "all") == 0 || strcmp(x->role, role) == 0);
}

static void add_trials(const struct ql_validation *v, struct ql_score *s)
{
	double sum = 0;
	for (int d = 0; d < v->n_design; d++) {
		int n = 0, hit = 0;
		for (int i = 0; i < v->n_item; i++)
			if (v->item[i].design == v->design[d] && in_role(&v->item[i], s->role)) {
				n++;
				hit += v->item[i].hit;
			}
		s->n_trial += n > 0;
		sum += n > 0 ? (double)hit / n : 0;
	}
	s->by_trial = s->n_trial > 0 ? sum / s->n_trial : NAN;
}

static void add_row(const struct ql_validated *x, struct ql_score *s)
{
	struct ql_class_score *c = &s->class[x->target.class];
	s->n++;
	s->hit += x->hit;
	for (int l = 0; l < QL_LEVELS; l++)
		s->coverage[l] += x->value >= x->sim.lower[l] && x->value <= x->sim.upper[l];
	if (x->n < BIG_ARM || !isfinite(x->sim.estimate))
		return;
	double error = fabs(x->sim.estimate - x->value);
	c->mean_error += is_share(x) ? error : error / x->value;
	c->n++;
}

static void score_role(struct ql_validation *v, const char *role, struct ql_score *s)
{
	*s = (struct ql_score){.role = role};
	double *width = QL_NEW_N(&v->arena, double, (size_t)v->n_item + 1);
	int n = 0;
	for (int i = 0; i < v->n_item; i++) {
		if (!in_role(&v->item[i], role))
			continue;
		add_row(&v->item[i], s);
		if (is_share(&v->item[i]))
			width[n++] = relative_width(&v->item[i]);
	}
	for (int l = 0; l < QL_LEVELS; l++)
		s->coverage[l] = s->n ? s->coverage[l] / s->n : NAN;
	for (int c = 0; c < QL_CLASS_COUNT; c++)
		s->class[c].mean_error = s->class[c].n ? s->class[c].mean_error / s->class[c].n : NAN;
	s->half_width = median_of(width, n);
	add_trials(v, s);
}

void ql_validation_score(struct ql_validation *v)
{
	static const char *const role[4] = {"calibration", "validation", "evidence", "all"};
	for (int i = 0; i < 4; i++)
		score_role(v, role[i], &v->score[i]);
}

/* --- trial effect --- */

/* Rows of one regimen and endpoint; landmarks of a curve are one endpoint. */
static bool same_group(const struct ql_validated *a, const struct ql_validated *b)
{
	return a->target.kind == b->target.kind && a->target.class == b->target.class &&
	       a->target.clock == b->target.clock && a->target.share == b->target.share &&
	       strcmp(a->row->treatment, b->row->treatment) == 0 && strcmp(a->row->comparator, b->row->comparator) == 0;
}

static bool usable(const struct ql_validated *x)
{
	bool all = strcmp(x->row->subgroup, "all") == 0;
	return x->counted && all && strcmp(x->role, "calibration") == 0 && isfinite(x->sim.scaled) &&
	       isfinite(x->sim.variance);
}

struct trial_mean { /* of one trial in a group: residual and its sampling variance */
	const struct ql_design *design;
	double residual, variance;
	int n;
};

/* Trial means of the group that row `first` opens; 0 if an earlier row opened it. */
static int group_means(const struct ql_validation *v, int first, struct trial_mean *out)
{
	int n = 0;
	for (int i = 0; i < v->n_item; i++) {
		const struct ql_validated *x = &v->item[i];
		if (!usable(x) || !same_group(x, &v->item[first]))
			continue;
		if (i < first)
			return 0;
		int t = 0;
		while (t < n && out[t].design != x->design)
			t++;
		if (t == n)
			out[n++] = (struct trial_mean){.design = x->design};
		out[t].residual += ql_target_scaled(&x->target, x->value, x->n) - x->sim.scaled;
		out[t].variance += x->sim.variance;
		out[t].n++;
	}
	for (int t = 0; t < n; t++) {
		out[t].residual /= out[t].n; /* landmarks of one curve go together: their variances are averaged */
		out[t].variance /= out[t].n;
	}
	return n;
}

void ql_trial_effect_estimate(const struct ql_validation *v, struct ql_arena *scratch,
			      struct ql_trial_effect out[QL_CLASS_COUNT])
{
	double excess[QL_CLASS_COUNT] = {0}, total = 0;
	int total_df = 0;
	struct trial_mean *mean = QL_NEW_N(scratch, struct trial_mean, (size_t)v->n_item + 1);
	memset(out, 0, QL_CLASS_COUNT * sizeof *out);
	for (int i = 0; i < v->n_item; i++) {
		int n = usable(&v->item[i]) ? group_means(v, i, mean) : 0;
		if (n < 2)
			continue;
		enum ql_target_class c = v->item[i].target.class;
		double centre = 0, ss = 0, noise = 0;
		for (int t = 0; t < n; t++)
			centre += mean[t].residual / n;
		for (int t = 0; t < n; t++) {
			ss += (mean[t].residual - centre) * (mean[t].residual - centre);
			noise += mean[t].variance * (n - 1) / n;
			out[c].n_row += mean[t].n;
		}
		excess[c] += ss - noise;
		out[c].n_group++;
		out[c].df += n - 1;
	}
	for (int c = 0; c < QL_CLASS_COUNT; c++)
		if (c != QL_CLASS_MEDIAN && c != QL_CLASS_HR) {
			total += excess[c];
			total_df += out[c].df;
		}
	for (int c = 0; c < QL_CLASS_COUNT; c++) {
		bool logarithm = c == QL_CLASS_MEDIAN || c == QL_CLASS_HR;
		out[c].borrowed = out[c].df < 4;
		double e = out[c].borrowed ? (logarithm ? excess[QL_CLASS_MEDIAN] : total) : excess[c];
		int df = out[c].borrowed ? (logarithm ? out[QL_CLASS_MEDIAN].df : total_df) : out[c].df;
		out[c].sd = df > 0 ? sqrt(fmax(0.0, e / df)) : 0.0;
	}
}
