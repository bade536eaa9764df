/* SPDX-License-Identifier: Apache-2.0 */
#include "decide/smaa.h"
#include "base/rng.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct ql_benefit_def ql_benefit_def[QL_K_COUNT] = {
#define X(id, title, unit, worst, best, share, error, weight) {#id, title, unit, worst, best, share, error, weight},
	QL_BENEFITS(X)
#undef X
};

/* Concentration of the Dirichlet around stated weights, and around the usual ones (dossier of endpoints 5.4; assumed). */
#define STATED 20.0
#define UNKNOWN ((double)QL_K_COUNT)

void ql_preferences_none(struct ql_smaa *s)
{
	s->stated = false;
	for (int k = 0; k < QL_K_COUNT; k++)
		s->weight[k] = ql_benefit_def[k].weight;
}

bool ql_preferences_read(const struct ql_yaml *y, struct ql_smaa *s, struct ql_diags *ds)
{
	const char *names[QL_K_COUNT];
	double sum = 0;
	bool ok = true;
	ql_preferences_none(s);
	if (!y || (y->kind == QL_YAML_SCALAR && strcmp(y->text, "unknown") == 0))
		return true;
	if (y->kind != QL_YAML_MAP) {
		ql_diag_help(ql_diag_add(ds, QL_E0529, y->span, "`preferences` must be a mapping"),
			     "write {os: 3, infection: 2}, or unknown; `quell recommend --fields` lists the criteria");
		return false;
	}
	for (int k = 0; k < QL_K_COUNT; k++) {
		names[k] = ql_benefit_def[k].id;
		s->weight[k] = 0;
	}
	for (int i = 0; i < y->n; i++) {
		int k = 0;
		double w;
		while (k < QL_K_COUNT && strcmp(names[k], y->key[i]) != 0)
			k++;
		if (k == QL_K_COUNT) {
			struct ql_diag *d = ql_diag_add(ds, QL_E0529, y->key_span[i], "no criterion is called `%s`", y->key[i]);
			const char *near = ql_suggest(y->key[i], names, QL_K_COUNT);
			if (near)
				ql_diag_help(d, "did you mean `%s`?", near);
			else
				ql_diag_help(d, "`quell recommend --fields` lists the criteria");
			ok = false;
		} else if (!ql_yaml_is_number(y->item[i], &w) || !(w >= 0 && w <= QL_MAX_WEIGHT)) {
			ql_diag_help(ql_diag_add(ds, QL_E0529, y->item[i]->span, "not a weight"), "give a number from 0 to %.0f", QL_MAX_WEIGHT);
			ok = false;
		} else {
			sum += s->weight[k] = w;
		}
	}
	if (ok && !(sum > 0)) {
		ql_diag_help(ql_diag_add(ds, QL_E0529, y->span, "no criterion has a weight"), "give at least one above 0, or leave `preferences` out");
		return false;
	}
	for (int k = 0; k < QL_K_COUNT; k++)
		s->weight[k] /= sum;
	s->stated = ok;
	return ok;
}

static double value_of(int k, double x)
{
	const struct ql_benefit_def *d = &ql_benefit_def[k];
	double v = (x - d->worst) / (d->best - d->worst);
	return v < 0 ? 0 : v > 1 ? 1 : v;
}

double ql_smaa_value(const double *x, const double *weight)
{
	double sum = 0;
	for (int k = 0; k < QL_K_COUNT; k++)
		sum += weight[k] * value_of(k, x[k]);
	return sum;
}

/* --- draws --- */

struct stream {
	uint64_t seed, draw, name, next;
};
static double uniform(struct stream *s) { return ql_rng_uniform(s->seed, s->draw, s->name, s->next++); }
static double normal(struct stream *s) { return ql_quantile_normal(uniform(s)); }

/* Marsaglia and Tsang 2000, ACM Trans Math Softw 26:363; below 1 by the power of a uniform. */
static double gamma_draw(struct stream *s, double shape)
{
	if (shape < 1)
		return gamma_draw(s, shape + 1) * ql_exp(ql_log(uniform(s)) / shape);
	const double d = shape - 1.0 / 3.0, c = 1 / sqrt(9 * d);
	for (;;) {
		double x = normal(s), v = 1 + c * x;
		v = v * v * v;
		if (v > 0 && ql_log(uniform(s)) < 0.5 * x * x + d - d * v + d * ql_log(v))
			return d * v;
	}
}

static void draw_weights(const struct ql_smaa *s, uint64_t draw, double *w)
{
	struct stream r = {s->seed, draw, ql_hash_str("smaa weights"), 0};
	double sum = 0;
	for (int k = 0; k < QL_K_COUNT; k++) {
		double shape = (s->stated ? STATED : UNKNOWN) * s->weight[k];
		w[k] = shape > 1e-9 ? gamma_draw(&r, shape) : 0;
		sum += w[k];
	}
	for (int k = 0; k < QL_K_COUNT; k++)
		w[k] /= sum;
}

/* Weights of patients for one draw: the Bayesian bootstrap (Rubin 1981, Ann Stat 9:130), the same for all options; of
 * parameter draws and of patients within them. */
static void draw_patients(const struct ql_smaa *s, uint64_t draw, double *share)
{
	struct stream r = {s->seed, draw, ql_hash_str("smaa bootstrap"), 0};
	const uint64_t groups = ql_hash_str("smaa parameter draws");
	double sum = 0;
	for (uint64_t i = 0; i < s->n; i++) {
		share[i] = -ql_log(uniform(&r));
		if (s->group)
			share[i] *= -ql_log(ql_rng_uniform(s->seed, draw, groups, (uint64_t)s->group[i]));
		sum += share[i];
	}
	for (uint64_t i = 0; i < s->n; i++)
		share[i] /= sum;
}

static double shaken(int k, double x, double z)
{
	if (!ql_benefit_def[k].share)
		return x * ql_exp(z);
	if (!(x > 0 && x < 1))
		return x;
	return 1 / (1 + ql_exp(-(ql_log(x) - ql_log(1 - x) + z)));
}

static double doubt(char grade) { return grade == 'A' ? 1 : grade == 'B' ? 1.5 : grade == 'C' ? 2 : 3; }

/* Outcomes of one option in one draw. Errors of what lasts (quality-adjusted years, survival, next treatment) go
 * together, since they come from the same course of disease. */
static void draw_outcomes(const struct ql_smaa *s, int option, uint64_t draw, const double *share, double *out)
{
	const struct ql_smaa_option *o = &s->option[option];
	struct stream r = {s->seed, draw, ql_hash_str("smaa model error") + (uint64_t)option, 0};
	const double course = normal(&r);
	for (int k = 0; k < QL_K_COUNT; k++)
		out[k] = 0;
	for (uint64_t i = 0; i < s->n; i++)
		for (int k = 0; k < QL_K_COUNT; k++)
			out[k] += share[i] * o->x[i * QL_K_COUNT + (uint64_t)k];
	for (int k = 0; k < QL_K_COUNT; k++) {
		double z = k <= QL_K_ttnt ? course : normal(&r);
		out[k] = shaken(k, out[k], z * (o->error ? o->error[k] : ql_benefit_def[k].error) * doubt(o->grade));
	}
}

struct work {
	double *share, *outcome; /* [n], [draw][option][criterion] */
	double *score;           /* [option] */
	double *sorted;          /* [draws] */
};

static void add_ranks(struct ql_smaa *s, const double *score)
{
	for (int i = 0; i < s->n_option; i++) {
		int rank = 0;
		for (int j = 0; j < s->n_option; j++)
			rank += s->option[j].tier < s->option[i].tier ||
				(s->option[j].tier == s->option[i].tier && (score[j] > score[i] || (score[j] == score[i] && j < i)));
		s->option[i].rank[rank] += 1.0 / QL_SMAA_DRAWS;
	}
}

static void add_draw(struct ql_smaa *s, uint64_t draw, struct work *w)
{
	double weight[QL_K_COUNT], best = -INFINITY;
	draw_weights(s, draw, weight);
	draw_patients(s, draw, w->share);
	for (int i = 0; i < s->n_option; i++) {
		double *x = w->outcome + ((size_t)draw * (size_t)s->n_option + (size_t)i) * QL_K_COUNT;
		draw_outcomes(s, i, draw, w->share, x);
		w->score[i] = ql_smaa_value(x, weight);
		s->option[i].value += w->score[i] / QL_SMAA_DRAWS;
		for (int k = 0; k < QL_K_COUNT; k++) {
			s->option[i].mean[k] += x[k] / QL_SMAA_DRAWS;
			s->option[i].part[k] += weight[k] * value_of(k, x[k]) / QL_SMAA_DRAWS;
		}
		if (s->option[i].tier == 0)
			best = fmax(best, w->score[i]);
	}
	for (int i = 0; i < s->n_option && best > -INFINITY; i++)
		s->option[i].regret += fmax(best - w->score[i], 0) / QL_SMAA_DRAWS;
	add_ranks(s, w->score);
}

static int ascending(const void *x, const void *y)
{
	double a = *(const double *)x, b = *(const double *)y;
	return (a > b) - (a < b);
}

static void limits(struct ql_smaa *s, struct work *w)
{
	for (int i = 0; i < s->n_option; i++)
		for (int k = 0; k < QL_K_COUNT; k++) {
			for (size_t d = 0; d < QL_SMAA_DRAWS; d++)
				w->sorted[d] = w->outcome[(d * (size_t)s->n_option + (size_t)i) * QL_K_COUNT + (size_t)k];
			qsort(w->sorted, QL_SMAA_DRAWS, sizeof *w->sorted, ascending);
			s->option[i].lower[k] = w->sorted[QL_SMAA_DRAWS / 40];
			s->option[i].upper[k] = w->sorted[QL_SMAA_DRAWS - 1 - QL_SMAA_DRAWS / 40];
		}
}

void ql_smaa_run(struct ql_smaa *s, struct ql_arena *a)
{
	size_t n = (size_t)s->n_option;
	struct work w = {QL_NEW_N(a, double, s->n + 1), QL_NEW_N(a, double, QL_SMAA_DRAWS * (n + 1) * QL_K_COUNT),
			 QL_NEW_N(a, double, n + 1), QL_NEW_N(a, double, QL_SMAA_DRAWS)};
	for (size_t i = 0; i < n; i++)
		s->option[i].rank = QL_NEW_N(a, double, n + 1);
	for (uint64_t d = 0; d < QL_SMAA_DRAWS; d++)
		add_draw(s, d, &w);
	limits(s, &w);
	for (size_t i = 0; i < n; i++)
		s->option[i].first = s->option[i].rank[0];
}
