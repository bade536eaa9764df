/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "decide/compare.h"
#include "decide/endpoint.h"
#include "decide/job.h"
#include "decide/trials.h"
#include "evidence/table.h"
#include "trial/course.h"
#include "trial/rules.h"
#include <math.h>
#include <string.h>
#include <time.h>

#define MAX_PUBLISHED 8

struct comparison { /* one call at work */
	const struct ql_run_spec *spec;
	struct ql_diags *ds;
	struct ql_compare *c;
	struct ql_job job;
	struct ql_evidence *evidence;
	struct ql_trials *trials;
	struct ql_arm_result *result; /* per arm */
	struct ql_cohort *cohort;
	struct ql_endpoint_def *def;
	int n_def;
	uint64_t done_before;
	struct ql_arena scratch;
};

static const char *copy(struct ql_compare *c, const char *s) { return s ? ql_arena_strdup(&c->arena, s) : NULL; }

static void progress(void *ctx, uint64_t done)
{
	struct comparison *k = ctx;
	k->spec->progress(k->spec->progress_ctx, k->done_before + done,
			  k->spec->patients * (uint64_t)k->spec->n_regimen);
}

/* --- published figures --- */

static void add_published(struct comparison *k, int arm, struct ql_endpoint *e)
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
		out[i] = (struct ql_published){.trial = copy(k->c, row[i]->trial), .arm = copy(k->c, row[i]->treatment),
					       .source = copy(k->c, row[i]->publication),
					       .population = copy(k->c, row[i]->population),
					       .verified = row[i]->verified};
		ql_evidence_value(row[i], &out[i].value, &out[i].lower, &out[i].upper);
	}
	e->published = out;
	e->n_published = n;
}

/* --- one arm --- */

static void note_missing(struct comparison *k)
{
	struct ql_trial_names names;
	ql_trial_names_find(k->job.arm[0].plan, &names);
	for (int i = 0; i < k->n_def; i++) {
		const char *missing;
		if (ql_endpoint_available(k->def[i].measure, &names, &missing))
			continue;
		ql_diag_add(k->ds, QL_E0607, (struct ql_span){0}, "`%s` is not reported: the model has no `%s`",
			    k->def[i].id, missing);
	}
}

static void fill_endpoints(struct comparison *k, int i, struct ql_arm *out)
{
	struct ql_trial_names names;
	ql_trial_names_find(k->job.arm[i].plan, &names);
	out->endpoint = QL_NEW_N(&k->c->arena, struct ql_endpoint, (size_t)k->n_def);
	for (int d = 0; d < k->n_def; d++) {
		const char *missing;
		if (!ql_endpoint_available(k->def[d].measure, &names, &missing))
			continue;
		struct ql_endpoint *e = &out->endpoint[out->n_endpoint++];
		ql_endpoint_estimate(&k->cohort[i], &k->def[d], e);
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

static void fill_courses(struct comparison *k, int i, struct ql_arm *out)
{
	struct ql_trial_names names;
	ql_trial_names_find(k->job.arm[i].plan, &names);
	out->course = QL_NEW_N(&k->c->arena, struct ql_course, (size_t)ql_course_axis_count);
	for (int a = 0; a < ql_course_axis_count && k->result[i].course; a++)
		if (names.axis[a] >= 0)
			fill_course(k->c, k->result[i].course, a, &out->course[out->n_course++]);
}

static void fill_arm(struct comparison *k, int i)
{
	const struct ql_job_arm *job = &k->job.arm[i];
	struct ql_arm *out = &k->c->arm[i];
	*out = (struct ql_arm){.id = copy(k->c, job->regimen.name), .title = copy(k->c, job->regimen.title),
			       .evidence_grade = job->regimen.evidence_grade,
			       .warning = copy(k->c, job->regimen.warning), .kernel = copy(k->c, job->plan->name),
			       .isa = copy(k->c, job->kernel->isa), .n_state = job->plan->n_state,
			       .patients_failed = k->result[i].n_failed, .patients_done = k->result[i].n_done};
	fill_endpoints(k, i, out);
	out->curve = QL_NEW(&k->c->arena, struct ql_curve);
	out->n_curve = 1;
	ql_endpoint_pfs_curve(&k->cohort[i], &k->c->arena, out->curve);
	fill_courses(k, i, out);
	k->c->steps += k->result[i].stats.steps;
	k->c->rejected += k->result[i].stats.rejected;
}

static enum quell_status simulate_arm(struct comparison *k, int i)
{
	struct ql_arm_spec s = ql_job_arm_spec(&k->job, i);
	s.progress = k->spec->progress ? progress : NULL;
	s.progress_ctx = k;
	enum quell_status status = ql_arm_run(&s, k->ds, &k->result[i]);
	if (status == QUELL_OK || status == QUELL_ERR_INTERRUPTED)
		k->cohort[i] = (struct ql_cohort){k->result[i].record, s.n_patients, s.horizon_day,
						  s.regimen->response_day, &k->scratch};
	k->done_before += s.n_patients;
	return status;
}

/* --- all arms --- */

static struct ql_trial_regimen in_trials(const struct comparison *k, int arm)
{
	const struct ql_regimen *r = &k->job.arm[arm].regimen;
	return (struct ql_trial_regimen){r->treatment, r->n_treatment};
}

static void add_trials(struct comparison *k, struct ql_contrast *x)
{
	if (strcmp(x->endpoint, "pfs_median") == 0)
		x->trials = ql_trials_beside(k->trials, in_trials(k, x->arm_a), in_trials(k, x->arm_b),
					     (struct ql_ratio){x->hazard_ratio, x->hr_lower, x->hr_upper});
}

static void fill_contrasts(struct comparison *k)
{
	int pairs = k->c->n_arm * (k->c->n_arm - 1) / 2;
	k->c->contrast = QL_NEW_N(&k->c->arena, struct ql_contrast, (size_t)(pairs * k->n_def + 1));
	for (int a = 0; a < k->c->n_arm; a++)
		for (int b = a + 1; b < k->c->n_arm; b++)
			for (int d = 0; d < k->n_def; d++) {
				struct ql_contrast *out = &k->c->contrast[k->c->n_contrast];
				ql_endpoint_contrast(&k->cohort[a], &k->cohort[b], &k->def[d], out);
				out->arm_a = a;
				out->arm_b = b;
				if (isnan(out->difference) && isnan(out->hazard_ratio))
					continue;
				add_trials(k, out);
				k->c->n_contrast++;
			}
}

static void describe(struct comparison *k)
{
	struct ql_compare *c = k->c;
	c->model_hash = k->job.model->hash;
	c->model_name = copy(c, k->job.model->name);
	c->seed = k->spec->seed;
	c->patients_total = k->spec->patients;
	c->years = k->spec->years;
	c->rtol = k->spec->rtol > 0.0 ? k->spec->rtol : 1e-4;
	c->population = copy(c, k->job.population.name);
	c->population_title = copy(c, k->job.population.title);
	c->n_arm = k->job.n_arm;
	c->arm = QL_NEW_N(&c->arena, struct ql_arm, (size_t)c->n_arm);
}

static enum quell_status compare(void *arg)
{
	struct comparison *k = arg;
	k->c = ql_realloc(NULL, 1, sizeof *k->c);
	*k->c = (struct ql_compare){0};
	enum quell_status s = ql_job_open(&k->job, k->spec, k->ds);
	if (s == QUELL_OK)
		s = ql_evidence_load(k->spec->data_dir, k->ds, &k->evidence);
	if (s == QUELL_OK)
		s = ql_trials_open(k->spec->data_dir, k->evidence, k->job.population.line, &k->c->arena, k->ds, &k->trials);
	if (s != QUELL_OK)
		return s;
	describe(k);
	size_t n = (size_t)k->c->n_arm;
	k->def = ql_endpoint_defs(&k->c->arena, k->spec->years * QL_DAYS_PER_YEAR, &k->n_def);
	k->result = QL_NEW_N(&k->c->arena, struct ql_arm_result, n);
	k->cohort = QL_NEW_N(&k->c->arena, struct ql_cohort, n);
	for (size_t i = 0; i < n; i++)
		k->cohort[i].scratch = &k->scratch;
	note_missing(k);
	for (int i = 0; i < k->c->n_arm && !k->c->interrupted; i++) {
		s = simulate_arm(k, i);
		if (s != QUELL_OK && s != QUELL_ERR_INTERRUPTED)
			return s;
		k->c->interrupted = s == QUELL_ERR_INTERRUPTED;
	}
	for (int i = 0; i < k->c->n_arm; i++)
		fill_arm(k, i);
	fill_contrasts(k);
	return QUELL_OK;
}

static double seconds(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Separate from compare() because what it frees may have been made before memory ran out. */
static void clean_up(struct comparison *k)
{
	ql_arena_free(&k->scratch);
	for (int i = 0; k->result && i < k->c->n_arm; i++)
		ql_arm_result_free(&k->result[i]);
	if (k->evidence)
		ql_evidence_free(k->evidence);
	ql_job_close(&k->job);
}

enum quell_status ql_compare_run(const struct ql_run_spec *spec, struct ql_diags *ds, struct ql_compare **out)
{
	*out = NULL;
	double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	struct comparison k = {.spec = spec, .ds = ds};
	enum quell_status s = ql_protect(compare, &k);
	clean_up(&k);
	if (s != QUELL_OK) {
		ql_compare_free(k.c);
		return s;
	}
	k.c->wall_s = seconds(CLOCK_MONOTONIC) - wall;
	k.c->cpu_s = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	*out = k.c;
	return QUELL_OK;
}

void ql_compare_free(struct ql_compare *c)
{
	if (!c)
		return;
	ql_arena_free(&c->arena);
	ql_free(c);
}
