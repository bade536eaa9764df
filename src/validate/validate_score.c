/* SPDX-License-Identifier: Apache-2.0 */
/* The score. */
#include "base/special.h"
#include "validate/validate_private.h"
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
