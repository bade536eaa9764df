/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rng.h"
#include "patient/law.h"
#include <math.h>

double ql_law_number_value(const struct ql_law_number *x, const double *q)
{
	if (x->by >= 0)
		for (int i = 0; i < x->n; i++)
			if (q[x->by] == x->when[i])
				return x->then[i];
	return x->value;
}

static double logit(double p) { return ql_log(p) - ql_log(1 - p); }
static double expit(double x) { return 1 / (1 + ql_exp(-x)); }

/* The normal quantile of a draw held inside (lo, hi) by inverting the part of the distribution function between
 * them; the tail that is short is the one that is computed, so far ranges stay exact. */
static double truncated_normal(double u, double z, double lo, double hi)
{
	if (lo == -INFINITY && hi == INFINITY)
		return z;
	bool flip = lo > 0;
	double from = flip ? ql_cdf_normal(-hi) : ql_cdf_normal(lo);
	double to = flip ? ql_cdf_normal(-lo) : ql_cdf_normal(hi);
	double share = flip ? 1 - u : u;
	double p = from + share * (to - from);
	if (!(p > 0 && p < 1)) /* the range lies where the distribution function has no digits left */
		return lo > -INFINITY ? lo : hi;
	double x = ql_quantile_normal(p);
	x = flip ? -x : x;
	return x < lo ? lo : x > hi ? hi : x;
}

static double clamp(double x, double lo, double hi) { return x < lo ? lo : x > hi ? hi : x; }

static double centred(const struct ql_population_law *law, const double *q, double u, double z)
{
	double mid = ql_law_number_value(&law->a, q), sd = ql_law_number_value(&law->b, q), lo = law->lo, hi = law->hi;
	if (law->kind == QL_LAW_LOGNORMAL) {
		mid = ql_log(mid);
		lo = lo > 0 ? ql_log(lo) : -INFINITY;
		hi = hi < INFINITY ? ql_log(hi) : hi;
	} else if (law->kind == QL_LAW_LOGITNORMAL) {
		mid = logit(mid);
		lo = lo > 0 ? logit(lo) : -INFINITY;
		hi = hi < 1 ? logit(hi) : INFINITY;
	}
	double x = sd > 0 ? mid + sd * truncated_normal(u, z, (lo - mid) / sd, (hi - mid) / sd) : mid;
	if (law->kind == QL_LAW_LOGNORMAL)
		x = ql_exp(x);
	else if (law->kind == QL_LAW_LOGITNORMAL)
		x = expit(x);
	return clamp(x, law->lo, law->hi);
}

static double uniform(const struct ql_population_law *law, const double *q, double u)
{
	double lo = fmax(ql_law_number_value(&law->a, q), law->lo), hi = fmin(ql_law_number_value(&law->b, q), law->hi);
	return clamp(lo + u * (hi - lo), law->lo, law->hi);
}

double ql_law_probability(const struct ql_population_law *law, const double *q)
{
	double p = ql_law_number_value(&law->a, q);
	if (law->n_shift && p > 0 && p < 1) {
		double x = logit(p);
		for (int i = 0; i < law->n_shift; i++)
			x += ql_law_number_value(&law->shift[i], q);
		p = expit(x);
	}
	return p;
}

static double bernoulli(const struct ql_population_law *law, const double *q, double u)
{
	return u > 1 - ql_law_probability(law, q); /* the upper tail is 1, so that a positive correlation means what it says */
}

static double choice(const struct ql_population_law *law, double u)
{
	int i = 0;
	while (i < law->n_choice - 1 && u >= law->cumulated[i])
		i++;
	return law->choice[i];
}

double ql_law_draw(const struct ql_population_law *law, const double *q, double u, double z)
{
	switch (law->kind) {
	case QL_LAW_FIXED:
		return ql_law_number_value(&law->a, q);
	case QL_LAW_UNIFORM:
		return uniform(law, q, u);
	case QL_LAW_BERNOULLI:
		return bernoulli(law, q, u);
	case QL_LAW_CHOICE:
		return choice(law, u);
	default:
		return centred(law, q, u, z);
	}
}

/* The correlated normals of a patient. */
static void correlate(const struct ql_correlation *c, uint64_t seed, uint64_t patient, double *z)
{
	double own[QL_MAX_CORRELATED];
	for (int i = 0; i < c->n; i++) {
		own[i] = ql_quantile_normal(ql_rng_uniform(seed, patient, c->stream[i], 0));
		const double *row = c->factor + (size_t)i * (size_t)c->n;
		z[i] = 0;
		for (int j = 0; j <= i; j++)
			z[i] += row[j] * own[j];
	}
}

static void draw_row(const struct ql_population_table *t, uint64_t seed, uint64_t patient, double *q)
{
	uint64_t n = (uint64_t)t->n_row, row = patient;
	if (row >= n) {
		row = (uint64_t)(ql_rng_uniform(seed, patient, ql_hash_str("population row"), 0) * (double)n);
		row = row < n ? row : n - 1;
	}
	for (int i = 0; i < t->n_column; i++)
		q[t->q[i]] = t->value[row * (uint64_t)t->n_column + (uint64_t)i];
}

void ql_population_correlated(const struct ql_population *p, uint64_t seed, uint64_t patient, double *z)
{
	correlate(p->correlation, seed, patient, z);
}

/* Strictly inside (0,1) whatever the normal. */
static double unit_of(double z) { return clamp(ql_cdf_normal(z), 0x1p-54, 1 - 0x1p-53); }

static double draw_law(const struct ql_population_law *law, uint64_t seed, uint64_t patient, const double *together,
		       const double *q)
{
	if (law->kind == QL_LAW_FIXED)
		return ql_law_draw(law, q, 0, 0);
	if (law->correlated >= 0)
		return ql_law_draw(law, q, unit_of(together[law->correlated]), together[law->correlated]);
	double u = ql_rng_uniform(seed, patient, law->stream, 0);
	return ql_law_draw(law, q, u, ql_quantile_normal(u));
}

static double draw_random(const struct ql_population_random *r, uint64_t seed, uint64_t patient, const double *together)
{
	if (r->correlated >= 0)
		return r->uniform ? unit_of(together[r->correlated]) : together[r->correlated];
	double u = ql_rng_uniform(seed, patient, r->stream, 0);
	return r->uniform ? u : ql_quantile_normal(u);
}

static void draw_laws(const struct ql_population *p, const struct ql_model *m, uint64_t seed, uint64_t patient,
		      const double *fixed, double *together, double *q)
{
	if (p->correlation)
		correlate(p->correlation, seed, patient, together);
	if (p->table)
		draw_row(p->table, seed, patient, q);
	for (int i = 0; fixed && i < m->n_q; i++)
		if (m->q[i].kind == QL_COVARIATE && !isnan(fixed[i]))
			q[i] = fixed[i];
	for (int i = 0; i < p->n_law; i++) {
		const struct ql_population_law *law = &p->law[i];
		if (!fixed || isnan(fixed[law->q]))
			q[law->q] = draw_law(law, seed, patient, together, q);
	}
}

/* Patient numbers stay below 2^40, so that the numbers of repeated draws are nobody else's. */
#define NEXT_DRAW ((uint64_t)1 << 40)
#define MAX_DRAWS 100000

void ql_population_draw(const struct ql_population *p, const struct ql_model *m, uint64_t seed, uint64_t patient,
			const double *fixed, struct ql_values *v)
{
	double together[QL_MAX_CORRELATED];
	draw_laws(p, m, seed, patient, fixed, together, v->q);
	for (int i = 1; i < MAX_DRAWS && !ql_condition_holds(p->eligibility, v->q, fixed); i++) {
		patient += NEXT_DRAW;
		draw_laws(p, m, seed, patient, fixed, together, v->q);
	}
	for (int i = 0; i < p->n_random; i++)
		v->q[p->random[i].q] = draw_random(&p->random[i], seed, patient, together);
}
