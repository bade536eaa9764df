/* SPDX-License-Identifier: Apache-2.0 */
#include "patient/posterior.h"
#include "base/rng.h"
#include "base/special.h"
#include "patient/law.h"
#include <math.h>
#include <string.h>

#define LOG_SQRT_2PI 0.91893853320467274178

/* --- one law --- */

/* Standardised value of a normal law on its own scale, with the truncation; false outside of the range. */
struct standard {
	double z, lo, hi, log_jacobian; /* d z/d x */
};

static double on_scale(enum ql_law_kind kind, double x)
{
	if (kind == QL_LAW_LOGNORMAL)
		return x > 0 ? ql_log(x) : -INFINITY;
	if (kind == QL_LAW_LOGITNORMAL)
		return x <= 0 ? -INFINITY : x >= 1 ? INFINITY : ql_log(x) - ql_log(1 - x);
	return x;
}

static bool standardise(const struct ql_population_law *law, const double *q, double x, struct standard *out)
{
	double mid = on_scale(law->kind, ql_law_number_value(&law->a, q)), sd = ql_law_number_value(&law->b, q);
	double y = on_scale(law->kind, x);
	if (!(x >= law->lo && x <= law->hi) || !(sd > 0) || !isfinite(y))
		return false;
	*out = (struct standard){(y - mid) / sd, (on_scale(law->kind, law->lo) - mid) / sd,
				 (on_scale(law->kind, law->hi) - mid) / sd, -ql_log(sd)};
	return true;
}

/* Log of the normal probability between two points. */
static double log_between(double lo, double hi)
{
	double p = lo > 0 ? ql_cdf_normal(-lo) - ql_cdf_normal(-hi) : ql_cdf_normal(hi) - ql_cdf_normal(lo);
	return p > 0 ? ql_log(p) : -INFINITY;
}

static double log_normal_law(const struct ql_population_law *law, const double *q, double x)
{
	struct standard s;
	if (!standardise(law, q, x, &s))
		return !(ql_law_number_value(&law->b, q) > 0) && x == ql_law_number_value(&law->a, q) ? 0 : -INFINITY;
	return -0.5 * s.z * s.z - LOG_SQRT_2PI + s.log_jacobian - log_between(s.lo, s.hi);
}

static double log_discrete(const struct ql_population_law *law, const double *q, double x)
{
	if (law->kind == QL_LAW_FIXED) /* a population that fixes a value says nothing about others: no evidence either way */
		return 0;
	if (law->kind == QL_LAW_BERNOULLI) {
		double p = ql_law_probability(law, q);
		return x == 1 ? (p > 0 ? ql_log(p) : -INFINITY) : p < 1 ? ql_log(1 - p) : -INFINITY;
	}
	for (int i = 0; i < law->n_choice; i++)
		if (law->choice[i] == x) {
			double p = law->cumulated[i] - (i ? law->cumulated[i - 1] : 0);
			return p > 0 ? ql_log(p) : -INFINITY;
		}
	return 0; /* between the listed values, as a number of lines beyond them: taken as it is */
}

static double log_law(const struct ql_population_law *law, const double *q, double x)
{
	switch (law->kind) {
	case QL_LAW_FIXED:
	case QL_LAW_BERNOULLI:
	case QL_LAW_CHOICE:
		return log_discrete(law, q, x);
	case QL_LAW_UNIFORM:
		return x >= law->lo && x <= law->hi ? 0 : -INFINITY;
	default:
		return log_normal_law(law, q, x);
	}
}

/* --- correlated normals --- */

struct group {
	int n, n_known, n_free;
	int known[QL_MAX_CORRELATED], free[QL_MAX_CORRELATED]; /* rows of the factor */
	double z[QL_MAX_CORRELATED];
};

/* Covariance of rows i and j. */
static double covariance(const struct ql_correlation *c, int i, int j)
{
	double sum = 0;
	for (int k = 0; k <= i && k <= j; k++)
		sum += c->factor[i * c->n + k] * c->factor[j * c->n + k];
	return sum;
}

/* log N(z; 0, covariance of the rows): Cholesky by hand, the sets are small. */
static double log_gauss(const struct ql_correlation *c, const int *row, int n, const double *z)
{
	double l[QL_MAX_CORRELATED][QL_MAX_CORRELATED], y[QL_MAX_CORRELATED], sum = 0;
	for (int i = 0; i < n; i++) {
		for (int j = 0; j <= i; j++) {
			double s = covariance(c, row[i], row[j]);
			for (int k = 0; k < j; k++)
				s -= l[i][k] * l[j][k];
			l[i][j] = i == j ? sqrt(fmax(s, 1e-12)) : s / l[j][j];
		}
		y[i] = z[row[i]];
		for (int k = 0; k < i; k++)
			y[i] -= l[i][k] * y[k];
		y[i] /= l[i][i];
		sum += -0.5 * y[i] * y[i] - ql_log(l[i][i]) - LOG_SQRT_2PI;
	}
	return sum;
}

/* p(known | free) = p(known, free)/p(free), over the rows that the known ones touch at all. */
static double log_conditional(const struct ql_correlation *c, const struct group *g)
{
	int row[QL_MAX_CORRELATED], touched[QL_MAX_CORRELATED], n = 0, n_touched = 0;
	for (int i = 0; i < g->n_free; i++) {
		bool touches = false;
		for (int k = 0; k < g->n_known; k++)
			touches |= fabs(covariance(c, g->free[i], g->known[k])) > 0;
		if (touches)
			touched[n_touched++] = g->free[i];
	}
	for (int i = 0; i < n_touched; i++)
		row[n++] = touched[i];
	for (int k = 0; k < g->n_known; k++)
		row[n++] = g->known[k];
	return log_gauss(c, row, n, g->z) - log_gauss(c, touched, n_touched, g->z);
}

static bool is_normal(const struct ql_population_law *law)
{
	return law->kind == QL_LAW_NORMAL || law->kind == QL_LAW_LOGNORMAL || law->kind == QL_LAW_LOGITNORMAL;
}

static bool has_range(const struct ql_population_law *law) { return is_normal(law) || law->kind == QL_LAW_UNIFORM; }

bool ql_population_reaches(const struct ql_population_law *law, double x)
{
	return isnan(x) || !has_range(law) || (x >= law->lo && x <= law->hi);
}

double ql_population_log_weight(const struct ql_population *p, const struct ql_model *m, uint64_t seed, uint64_t patient,
				const double *fixed, const double *q)
{
	struct group g = {0};
	double sum = 0;
	(void)m;
	if (p->correlation)
		ql_population_correlated(p, seed, patient, g.z);
	for (int i = 0; p->correlation && i < p->correlation->n; i++)
		g.free[g.n_free++] = i;
	for (int i = 0; i < p->n_law; i++) {
		const struct ql_population_law *law = &p->law[i];
		struct standard s;
		if (isnan(fixed[law->q]))
			continue;
		/* beyond the range of the population its border says most about the rest */
		const double x = has_range(law) ? fmin(fmax(fixed[law->q], law->lo), law->hi) : fixed[law->q];
		if (law->correlated < 0 || !is_normal(law) || !standardise(law, q, x, &s)) {
			sum += log_law(law, q, x);
			continue;
		}
		/* the density of the untruncated normal; its part inside the range only scales it */
		g.z[law->correlated] = s.z;
		g.known[g.n_known++] = law->correlated;
		sum += s.log_jacobian - log_between(s.lo, s.hi);
		for (int k = 0; k < g.n_free; k++)
			if (g.free[k] == law->correlated)
				g.free[k] = g.free[--g.n_free];
	}
	return g.n_known ? sum + log_conditional(p->correlation, &g) : sum;
}

/* --- courses --- */

/* Log-normal error; a value at or below the floor says only that the assay saw nothing. */
double ql_observation_log_density(const struct ql_observation *o, double truth)
{
	const struct ql_course_def *d = &ql_course_def[o->kind];
	if (!(truth >= 0))
		return -INFINITY;
	if (d->floor > 0 && o->value <= d->floor) {
		double p = ql_pnorm((log(d->floor) - log(fmax(truth, 1e-12))) / d->sd);
		return p > 1e-300 ? log(p) : -690;
	}
	if (!(o->value > 0))
		return truth < 1e-3 ? 0 : -690;
	double z = (log(o->value) - log(fmax(truth, 1e-12))) / d->sd;
	return -0.5 * z * z;
}

/* --- resampling --- */

static double largest(const double *x, uint64_t n, uint64_t *at)
{
	double most = -INFINITY;
	for (uint64_t i = 0; i < n; i++)
		if (x[i] > most) {
			most = x[i];
			*at = i;
		}
	return most;
}

bool ql_posterior_resample(const double *log_weight, uint64_t candidates, uint64_t n, uint64_t seed, struct ql_arena *a,
			   struct ql_posterior_sample *out)
{
	double sum = 0, squares = 0;
	bool equal = true;
	*out = (struct ql_posterior_sample){.n = n, .candidates = candidates};
	out->log_best = largest(log_weight, candidates, &out->best);
	if (!(out->log_best > -INFINITY))
		return false;
	for (uint64_t i = 0; i < candidates; i++) {
		double w = ql_exp(log_weight[i] - out->log_best);
		sum += w;
		squares += w * w;
		equal &= fabs(log_weight[i] - log_weight[0]) < 1e-12;
	}
	out->effective = fmin(sum * sum / squares, (double)n);
	out->patient = QL_NEW_N(a, uint64_t, n + 1);
	if (equal) {
		for (uint64_t i = 0; i < n; i++)
			out->patient[i] = i;
		return true;
	}
	double u = ql_rng_uniform(seed, 0, ql_hash_str("posterior resampling"), 0), reached = 0;
	uint64_t k = 0;
	for (uint64_t i = 0; i < candidates && k < n; i++) {
		reached += ql_exp(log_weight[i] - out->log_best) / sum * (double)n;
		while (k < n && (double)k + u < reached)
			out->patient[k++] = i;
	}
	for (; k < n; k++) /* rounding at the very end */
		out->patient[k] = out->best;
	return true;
}
