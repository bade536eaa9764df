/* SPDX-License-Identifier: Apache-2.0 */
/* Quality of life beside the ranking: scores of the QLQ-CLL17, and what other sets of utilities would say. */
#include "base/paths.h"
#include "decide/recommend_private.h"
#include "trial/rules.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- sets of utilities --- */

static bool read_set(struct ql_recommending *k, const char *path)
{
	struct ql_recommendation *r = k->r;
	struct ql_utility_view *v = &r->utility[r->n_utility];
	*v = (struct ql_utility_view){0};
	if (ql_utility_load(path, &r->arena, k->ds, &v->set) != QUELL_OK)
		return false;
	r->n_utility++;
	return true;
}

/* The set that was asked for: one of the library or a file. */
static enum quell_status choose_set(struct ql_recommending *k)
{
	struct ql_recommendation *r = k->r;
	const char *name = k->spec->utilities;
	k->used = 0;
	if (!name || strcmp(name, ql_utility_base.id) == 0)
		return QUELL_OK;
	const char *path = ql_library_file(&r->arena, k->spec->run.data_dir, "library/utilities", name, ".yaml", QL_E0530,
					   "set of utilities", k->ds);
	struct ql_utility_set set;
	if (!path || ql_utility_load(path, &r->arena, k->ds, &set) != QUELL_OK)
		return QUELL_ERR_INPUT;
	for (k->used = 1; k->used < r->n_utility; k->used++)
		if (strcmp(r->utility[k->used].set.id, set.id) == 0)
			break;
	if (k->used == r->n_utility)
		r->n_utility++;
	r->utility[k->used] = (struct ql_utility_view){.set = set};
	return QUELL_OK;
}

enum quell_status ql_recommend_utilities(struct ql_recommending *k)
{
	struct ql_recommendation *r = k->r;
	int n;
	const char **name = ql_library_list(&r->arena, k->spec->run.data_dir, "library/utilities", ".yaml", &n);
	r->utility = QL_NEW_N(&r->arena, struct ql_utility_view, (size_t)n + 2);
	r->utility[r->n_utility++] = (struct ql_utility_view){.set = ql_utility_base};
	for (int i = 0; i < n; i++)
		if (!read_set(k, ql_arena_printf(&r->arena, "%s/library/utilities/%s.yaml", k->spec->run.data_dir, name[i])))
			return QUELL_ERR_INPUT;
	enum quell_status s = choose_set(k);
	r->utility[k->used].used = true;
	return s;
}

static double years_by(const struct ql_recommending *k, const struct ql_utility_set *u, const struct ql_candidate *c, uint64_t patient)
{
	const struct ql_patient_record *rec = &c->result.record[patient];
	const struct ql_utility_input in = {k->age[patient], fmin(c->infusion_day, (double)rec->end_day), (double)rec->end_day};
	return ql_utility_years(u, rec, &in);
}

double ql_recommend_qaly(const struct ql_recommending *k, const struct ql_candidate *c, uint64_t patient)
{
	if (k->used == 0)
		return (double)c->result.record[patient].qaly;
	return years_by(k, &k->r->utility[k->used].set, c, patient);
}

/* Mean of each criterion over the patients. */
static void mean_outcomes(const struct ql_recommending *k, const struct ql_candidate *c, double *mean)
{
	for (int i = 0; i < QL_K_COUNT; i++)
		mean[i] = 0;
	for (uint64_t p = 0; p < k->n_kept; p++)
		for (int i = 0; i < QL_K_COUNT; i++)
			mean[i] += c->x[p * QL_K_COUNT + (uint64_t)i] / (double)k->n_kept;
}

static void view(struct ql_recommending *k, struct ql_utility_view *v)
{
	struct ql_recommendation *r = k->r;
	double most = -INFINITY, best = -INFINITY, mean[QL_K_COUNT];
	v->qaly = QL_NEW_N(&r->arena, double, (size_t)r->n_eligible + 1);
	for (int i = 0; i < r->n_eligible; i++) {
		const struct ql_ranked *x = &r->ranked[i];
		const struct ql_candidate *c = &k->candidate[x->rank];
		v->qaly[i] = NAN;
		if (!x->smaa || !k->n_kept)
			continue;
		mean_outcomes(k, c, mean);
		mean[QL_K_qaly] = 0;
		for (uint64_t p = 0; p < k->n_kept; p++)
			mean[QL_K_qaly] += years_by(k, &v->set, c, k->kept[p]) / (double)k->n_kept;
		v->qaly[i] = mean[QL_K_qaly];
		double value = ql_smaa_value(mean, r->smaa.weight);
		if (x->smaa->tier != r->ranked[0].smaa->tier)
			continue;
		if (v->qaly[i] > most) {
			most = v->qaly[i];
			v->by_qaly = x->id;
		}
		if (value > best) {
			best = value;
			v->by_score = x->id;
		}
	}
}

/* --- scores --- */

static int ascending(const void *x, const void *y)
{
	double a = *(const double *)x, b = *(const double *)y;
	return (a > b) - (a < b);
}

static void scores(struct ql_recommending *k, struct ql_ranked *x, double *day)
{
	const struct ql_candidate *c = &k->candidate[x->rank];
	struct ql_quality_summary *q = &x->quality;
	const double n = (double)k->n_kept, five = 5 * QL_DAYS_PER_YEAR;
	for (int s = 0; s < QL_QUALITY_N; s++) {
		q->start[s] = q->mean[s] = q->well_5y[s] = 0;
		for (uint64_t p = 0; p < k->n_kept; p++) {
			const struct ql_patient_record *rec = &c->result.record[k->kept[p]];
			q->start[s] += (double)rec->quality_start[s] / n;
			q->mean[s] += (double)rec->quality_mean[s] / n;
			q->well_5y[s] += ((double)rec->worse_day[s] > five) / n;
			day[p] = (double)rec->worse_day[s];
		}
		/* everybody is followed to death or the horizon, so the median is that of the sample */
		qsort(day, k->n_kept, sizeof *day, ascending);
		q->worse_month[s] = day[(k->n_kept - 1) / 2] / QL_DAYS_PER_MONTH;
	}
}

void ql_recommend_quality(struct ql_recommending *k)
{
	struct ql_recommendation *r = k->r;
	double *day = QL_NEW_N(&r->arena, double, k->n_kept + 1);
	for (int i = 0; i < r->n_ranked; i++) {
		struct ql_quality_summary *q = &r->ranked[i].quality;
		for (int s = 0; s < QL_QUALITY_N; s++)
			q->start[s] = q->mean[s] = q->worse_month[s] = q->well_5y[s] = NAN;
		if (r->ranked[i].smaa && k->n_kept)
			scores(k, &r->ranked[i], day);
	}
	for (int i = 0; i < r->n_utility; i++)
		view(k, &r->utility[i]);
}
