/* SPDX-License-Identifier: Apache-2.0 */
/* From what was observed in arms to contrasts and their covariance. */
#include "evidence/nma_data.h"
#include "base/special.h"
#include <math.h>
#include <string.h>

static const char *const measure_name[] = {"effect", "MD", "SMD", "OR", "RR", "RD", "IRR", "HR"};

const char *ql_measure_name(enum ql_measure m)
{
	return measure_name[m];
}

bool ql_measure_is_ratio(enum ql_measure m)
{
	return m == QL_OR || m == QL_RR || m == QL_IRR || m == QL_HR;
}

double ql_ci_quantile(double percent)
{
	return ql_qnorm(0.5 + percent / 200);
}

static bool is_count(double x)
{
	return x >= 0 && x == floor(x) && x < 9e15;
}

const char *ql_arm_fault(enum ql_measure m, const struct ql_nma_arm *x)
{
	switch (m) {
	case QL_OR:
	case QL_RR:
	case QL_RD:
		if (!is_count(x->events) || !is_count(x->n) || !(x->n > 0))
			return "events and patients must be whole numbers, patients positive";
		return x->events > x->n ? "more events than patients" : NULL;
	case QL_IRR:
		if (!is_count(x->events))
			return "events must be a whole number";
		return x->time > 0 && isfinite(x->time) ? NULL : "the time at risk must be positive";
	case QL_MD:
	case QL_SMD:
		if (!isfinite(x->mean))
			return "there is no mean";
		if (!(x->sd > 0) || isinf(x->sd))
			return "the standard deviation must be positive";
		return x->n >= 2 && isfinite(x->n) ? NULL : "at least two patients are needed";
	default:
		return "this measure cannot be computed from arms";
	}
}

/* Zero cells: something is added to all cells of a study that has one. */
static double increment_of(enum ql_measure m, const struct ql_nma_study *st, double increment)
{
	for (int i = 0; i < st->k; i++) {
		const struct ql_nma_arm *x = &st->observed[i];
		bool full = m != QL_IRR && m != QL_RR && x->events == x->n;
		if (x->events == 0 || full)
			return increment;
	}
	return 0;
}

/* Effect of one arm and its variance; contrasts are differences of these. */
static void arm_effect(enum ql_measure m, const struct ql_nma_arm *x, double c, double *effect, double *variance)
{
	double e = x->events + c, n = x->n + 2 * c;
	switch (m) {
	case QL_OR:
		*effect = log(e / (n - e));
		*variance = 1 / e + 1 / (n - e);
		break;
	case QL_RR:
		*effect = log(e / n);
		*variance = 1 / e - 1 / n;
		break;
	case QL_RD: /* the increment goes into the variance only */
		*effect = x->events / x->n;
		*variance = e * (n - e) / (n * n * n);
		break;
	case QL_IRR:
		*effect = log(e / x->time);
		*variance = 1 / e;
		break;
	default:
		*effect = x->mean;
		*variance = x->sd * x->sd / x->n;
	}
}

static void fill_from_arms(struct ql_nma_study *st, enum ql_measure m, double c)
{
	double base, v0, x, v;
	arm_effect(m, &st->observed[0], c, &base, &v0);
	for (int i = 0; i < st->k - 1; i++) {
		arm_effect(m, &st->observed[i + 1], c, &x, &v);
		st->y[i] = x - base;
		for (int j = 0; j < st->k - 1; j++)
			st->s[i * (st->k - 1) + j] = v0 + (i == j ? v : 0);
	}
}

/* Hedges' g with the standard deviation pooled over all arms, exact small-sample factor. */
static void fill_standardised(struct ql_nma_study *st)
{
	double squares = 0, total = 0;
	for (int i = 0; i < st->k; i++) {
		squares += (st->observed[i].n - 1) * st->observed[i].sd * st->observed[i].sd;
		total += st->observed[i].n;
	}
	double df = total - st->k, sd = sqrt(squares / df);
	double j = exp(lgamma(df / 2) - lgamma((df - 1) / 2)) / sqrt(df / 2);
	int c = st->k - 1;
	for (int i = 0; i < c; i++)
		st->y[i] = j * (st->observed[i + 1].mean - st->observed[0].mean) / sd;
	for (int a = 0; a < c; a++)
		for (int b = 0; b < c; b++)
			st->s[a * c + b] = 1 / st->observed[0].n + (a == b ? 1 / st->observed[a + 1].n : 0) +
					   st->y[a] * st->y[b] / (2 * total);
}

static bool without_events(const struct ql_nma_study *st)
{
	bool none = true, all = true;
	for (int i = 0; i < st->k; i++) {
		none &= st->observed[i].events == 0;
		all &= st->observed[i].events == st->observed[i].n;
	}
	return none || all;
}

bool ql_arm_effects(struct ql_nma_data *d, struct ql_nma_study *st, const struct ql_nma_read_options *o)
{
	enum ql_measure m = d->measure;
	if (m == QL_SMD) {
		fill_standardised(st);
		return true;
	}
	if (m == QL_MD) {
		fill_from_arms(st, m, 0);
		return true;
	}
	bool relative = m == QL_OR || m == QL_RR || m == QL_IRR;
	if (relative && without_events(st) && !o->keep_double_zero) {
		ql_nma_note(
		    d,
		    "study %s has no events in any arm (or only events) and says nothing about a relative effect; "
		    "left out",
		    st->name);
		return false;
	}
	double c = increment_of(m, st, o->increment);
	if (c > 0)
		d->n_incremented++;
	fill_from_arms(st, m, c);
	return true;
}
