/* SPDX-License-Identifier: Apache-2.0 */
/* Observed courses: candidates are simulated under the regimen of the course and weighted by the observations. */
#include "decide/recommend_private.h"
#include "trial/names.h"
#include <math.h>
#include <string.h>

struct watch {
	const struct ql_profile *p;
	const double *day; /* grid, ascending, no day twice */
	int n_day;
	int output[QL_CK_COUNT];
	double *log_likelihood; /* [candidate] */
};

static void observe(void *ctx, uint64_t patient, double day, unsigned at, const double *out)
{
	struct watch *w = ctx;
	if (!(at & QL_READ_GRID))
		return;
	for (int i = 0; i < w->p->n_seen; i++) {
		const struct ql_observation *o = &w->p->seen[i];
		if (fabs(o->day - day) < 1e-9 && w->output[o->kind] >= 0)
			w->log_likelihood[patient] += ql_observation_log_density(o, out[w->output[o->kind]]);
	}
}

/* A run of its own for the regimen of the course. */
static enum quell_status simulate(struct ql_recommending *k, struct watch *w)
{
	const char *regimen[1] = {k->r->profile.course_regimen};
	struct ql_run_spec spec = k->run;
	struct ql_job job = {0};
	struct ql_arm_result result = {0};
	spec.regimen = regimen;
	spec.n_regimen = 1;
	spec.patients = k->n_candidate;
	spec.years = (w->day[w->n_day - 1] + 1) / 365.25;
	spec.progress = NULL;
	spec.protocol = "none";
	spec.next_line = "none";
	enum quell_status s = ql_job_open(&job, &spec, k->ds);
	if (s == QUELL_OK) {
		memcpy(job.covariate, k->job.covariate, (size_t)k->job.model->n_q * sizeof *job.covariate);
		for (int c = 0; c < QL_CK_COUNT; c++)
			w->output[c] = ql_trial_output(job.arm[0].plan, ql_course_def[c].output);
		struct ql_arm_spec a = ql_job_arm_spec(&job, 0);
		a.grid = w->day;
		a.n_grid = w->n_day;
		a.observe = observe;
		a.observe_ctx = w;
		s = ql_arm_run(&a, k->ds, &result);
		for (uint64_t i = 0; s == QUELL_OK && i < k->n_candidate; i++)
			if (result.record[i].status != QUELL_OK)
				w->log_likelihood[i] = -INFINITY;
	}
	ql_arm_result_free(&result);
	ql_job_close(&job);
	return s;
}

enum quell_status ql_recommend_courses(struct ql_recommending *k)
{
	const struct ql_profile *p = &k->r->profile;
	double *day = QL_NEW_N(&k->r->arena, double, (size_t)p->n_seen + 1);
	struct watch w = {.p = p, .day = day, .log_likelihood = k->log_weight};
	for (int i = 0; i < p->n_seen; i++)
		if (w.n_day == 0 || p->seen[i].day > day[w.n_day - 1])
			day[w.n_day++] = p->seen[i].day;
	return simulate(k, &w);
}
