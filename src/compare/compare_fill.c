/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/compare_private.h"
#include "compare/prior.h"
#include "compare/spread.h"
#include "compare/trials.h"
#include "evidence/table.h"
#include "trial/course.h"
#include "trial/rules.h"
#include <math.h>
#include <string.h>

#define MAX_PUBLISHED 8

static const char *copy(struct ql_comparison *k, const char *s) { return ql_comparison_copy(k, s); }

/* --- published figures --- */

static void add_published(struct ql_comparison *k, int arm, struct ql_endpoint *e)
{
	const struct ql_regimen *r = &k->job.arm[arm].regimen;
	const struct ql_population *p = &k->job.population;
	const struct ql_trial_row *row[MAX_PUBLISHED];
	int n = ql_evidence_answers(k->evidence, r->treatment, r->n_treatment, p->line, p->trial, p->n_trial, e->id, row,
				    MAX_PUBLISHED);
	if (n == 0)
		return;
	struct ql_published *out = QL_NEW_N(&k->c->arena, struct ql_published, (size_t)n);
	for (int i = 0; i < n; i++) {
		out[i] = (struct ql_published){.trial = copy(k, row[i]->trial), .arm = copy(k, row[i]->treatment),
					       .source = copy(k, row[i]->publication),
					       .population = copy(k, row[i]->population),
					       .verified = row[i]->verified};
		ql_evidence_value(row[i], &out[i].value, &out[i].lower, &out[i].upper);
	}
	e->published = out;
	e->n_published = n;
}

/* --- one arm --- */

/* Estimates of arm i, shown or not; with draws their spread is in the interval. */
static void estimate(struct ql_comparison *k, int i, int def, struct ql_endpoint *e)
{
	ql_endpoint_estimate(&k->cohort[i], &k->def[def], e);
	const struct ql_spread spread = {k->total, k->response_day, &k->scratch};
	if (k->total->n_draw > 1)
		ql_spread_endpoint(&spread, i, &k->cohort[i], &k->def[def], e);
}

static void estimate_curve(struct ql_comparison *k, int i, enum ql_measure m, const char *id, struct ql_curve *out)
{
	ql_endpoint_curve(&k->cohort[i], m, id, &k->c->arena, out);
	const struct ql_spread spread = {k->total, k->response_day, &k->scratch};
	if (k->total->n_draw > 1)
		ql_spread_curve(&spread, i, m, out);
}

/* Whether arm b is arm i at one end of its prior; one without patients, after an interrupt, says nothing. */
static bool bounds(const struct ql_comparison *k, int b, int i)
{
	return k->job.arm[b].bounds == i && k->total->arm[b].done > k->total->arm[b].failed;
}

static void fill_endpoints(struct ql_comparison *k, int i, struct ql_arm *out)
{
	struct ql_trial_names names;
	ql_trial_names_find(k->job.arm[i].plan, &names);
	for (int a = 0; a < k->job.n_arm; a++) { /* all arms have the same endpoints */
		struct ql_trial_names other;
		ql_trial_names_find(k->job.arm[a].plan, &other);
		names.cytokines |= other.cytokines;
	}
	out->endpoint = QL_NEW_N(&k->c->arena, struct ql_endpoint, (size_t)k->n_def);
	for (int d = 0; d < k->n_def; d++) {
		const char *missing;
		if (!ql_endpoint_available(k->def[d].measure, &names, &missing) ||
		    (!k->job.has_next && ql_endpoint_needs_next(k->def[d].measure)))
			continue;
		struct ql_endpoint *e = &out->endpoint[out->n_endpoint++];
		estimate(k, i, d, e);
		for (int b = k->c->n_arm; b < k->n_all; b++)
			if (bounds(k, b, i)) {
				struct ql_endpoint bound;
				estimate(k, b, d, &bound);
				ql_prior_widen_endpoint(e, &bound);
			}
		add_published(k, i, e);
	}
}

static void fill_course(struct ql_compare *c, const struct ql_course_sum *sum, int axis, struct ql_course *out)
{
	static const double p[5] = {0.05, 0.25, 0.50, 0.75, 0.95};
	const double *day;
	int n = ql_course_days(sum, &day);
	double *column[6];
	for (int j = 0; j < 6; j++)
		column[j] = QL_NEW_N(&c->arena, double, (size_t)n);
	*out = (struct ql_course){ql_course_axis[axis].output, ql_course_axis[axis].unit, ql_course_axis[axis].title, n,
				  column[0], column[1], column[2], column[3], column[4], column[5]};
	for (int d = 0; d < n; d++) {
		column[0][d] = day[d];
		for (int j = 0; j < 5; j++)
			column[j + 1][d] = ql_course_quantile(sum, axis, d, p[j]);
	}
}

static void fill_courses(struct ql_comparison *k, int i, struct ql_arm *out)
{
	struct ql_trial_names names;
	ql_trial_names_find(k->job.arm[i].plan, &names);
	out->course = QL_NEW_N(&k->c->arena, struct ql_course, (size_t)ql_course_axis_count);
	for (int a = 0; a < ql_course_axis_count && k->total->arm[i].done > 0 && !k->spec->no_courses; a++)
		if (names.axis[a] >= 0)
			fill_course(k->c, k->total->course[i], a, &out->course[out->n_course++]);
}

static void fill_whatif(struct ql_comparison *k, int i, struct ql_arm *out)
{
	const struct ql_whatif *w = k->job.arm[i].whatif;
	out->base = k->job.arm[i].base;
	if (!w)
		return;
	out->whatif = copy(k, w->id);
	out->rationale = copy(k, w->rationale);
	out->source = QL_NEW_N(&k->c->arena, const char *, (size_t)w->n_source + 1);
	for (int s = 0; s < w->n_source; s++)
		out->source[out->n_source++] = copy(k, w->source[s]);
}

static void fill_curve(struct ql_comparison *k, int i, enum ql_measure m, const char *id, struct ql_arm *out)
{
	struct ql_curve *curve = &out->curve[out->n_curve++];
	estimate_curve(k, i, m, id, curve);
	for (int b = k->c->n_arm; b < k->n_all; b++)
		if (bounds(k, b, i)) {
			struct ql_curve bound;
			estimate_curve(k, b, m, id, &bound);
			ql_prior_widen_curve(curve, &bound);
		}
}

static void fill_cohort(struct ql_comparison *k, int i)
{
	k->cohort[i] = (struct ql_cohort){.n = k->total->arm[i].done, .horizon_day = k->total->arm[i].horizon_day,
					  .response_day = k->response_day[i], .scratch = &k->scratch,
					  .tally = &k->total->arm[i], .keep = &k->cells,
					  .cells = QL_NEW_N(&k->cells, struct ql_cells, QL_TALLY_KINDS)};
}

static void fill_arm(struct ql_comparison *k, int i)
{
	const struct ql_job_arm *job = &k->job.arm[i];
	struct ql_arm *out = &k->c->arm[i];
	*out = (struct ql_arm){.id = copy(k, job->regimen.name), .title = copy(k, job->regimen.title),
			       .evidence_grade = job->regimen.evidence_grade,
			       .warning = copy(k, job->regimen.warning), .kernel = copy(k, job->plan->name),
			       .isa = copy(k, job->kernel->isa), .n_state = job->plan->n_state,
			       .patients_failed = k->total->arm[i].failed, .patients_done = k->total->arm[i].done};
	out->prior = ql_job_prior(&k->job, i, &k->c->arena);
	fill_whatif(k, i, out);
	fill_endpoints(k, i, out);
	out->curve = QL_NEW_N(&k->c->arena, struct ql_curve, 2);
	fill_curve(k, i, QL_M_PFS_RATE, "pfs", out);
	if (k->job.has_next)
		fill_curve(k, i, QL_M_OS_RATE, "os", out);
	fill_courses(k, i, out);
}

/* --- all arms --- */

static struct ql_trial_regimen in_trials(const struct ql_comparison *k, int arm)
{
	const struct ql_regimen *r = &k->job.arm[arm].regimen;
	return (struct ql_trial_regimen){r->treatment, r->n_treatment};
}

static void add_trials(struct ql_comparison *k, struct ql_contrast *x)
{
	if (strcmp(x->endpoint, "pfs_median") == 0)
		x->trials = ql_trials_beside(k->trials, in_trials(k, x->arm_a), in_trials(k, x->arm_b),
					     (struct ql_ratio){x->hazard_ratio, x->hr_lower, x->hr_upper});
}

/* Pairs are summed in the order of arms; the other way round is turned. */
static void contrast_between(struct ql_comparison *k, int a, int b, int def, struct ql_contrast *out)
{
	int low = a < b ? a : b, high = a < b ? b : a;
	ql_endpoint_contrast(&k->cohort[low], &k->cohort[high], &k->def[def], ql_summary_pair(k->total, low, high, def), out);
	if (k->total->n_draw > 1) {
		const struct ql_spread spread = {k->total, k->response_day, &k->scratch};
		ql_spread_contrast(&spread, low, high, &k->def[def], out);
		out->kind = QL_INTERVAL_PARAMETER;
	}
	if (a == low)
		return;
	struct ql_contrast x = *out;
	out->difference = -x.difference;
	out->lower = -x.upper;
	out->upper = -x.lower;
	out->p_ahead = 1.0 - x.p_ahead;
	out->hazard_ratio = 1.0 / x.hazard_ratio;
	out->hr_lower = 1.0 / x.hr_upper;
	out->hr_upper = 1.0 / x.hr_lower;
}

/* The difference with either product anywhere within its prior. */
static void widen_contrast(struct ql_comparison *k, int a, int b, int def, struct ql_contrast *out)
{
	for (int i = 0; i < k->n_all; i++)
		for (int j = 0; j < k->n_all; j++) {
			struct ql_contrast bound;
			if (!(i == a || bounds(k, i, a)) || !(j == b || bounds(k, j, b)) || (i == a && j == b))
				continue;
			contrast_between(k, i, j, def, &bound);
			ql_prior_widen_contrast(out, &bound);
		}
}

static void fill_contrasts(struct ql_comparison *k)
{
	int pairs = k->c->n_arm * (k->c->n_arm - 1) / 2;
	k->c->contrast = QL_NEW_N(&k->c->arena, struct ql_contrast, (size_t)(pairs * k->n_def + 1));
	for (int a = 0; a < k->c->n_arm; a++)
		for (int b = a + 1; b < k->c->n_arm; b++)
			for (int d = 0; d < k->n_def; d++) {
				struct ql_contrast *out = &k->c->contrast[k->c->n_contrast];
				contrast_between(k, a, b, d, out);
				widen_contrast(k, a, b, d, out);
				out->arm_a = a;
				out->arm_b = b;
				if (isnan(out->difference) && isnan(out->hazard_ratio))
					continue;
				add_trials(k, out);
				k->c->n_contrast++;
			}
}

void ql_comparison_fill(struct ql_comparison *k)
{
	for (int i = 0; i < k->n_all; i++)
		fill_cohort(k, i);
	for (int i = 0; i < k->c->n_arm; i++)
		fill_arm(k, i);
	if (!k->spec->no_contrasts)
		fill_contrasts(k);
}
