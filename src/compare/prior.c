/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/prior.h"
#include <math.h>
#include <string.h>

#define LIMIT 1.959963984540054 /* of 95 %, in standard deviations */

struct doubt { /* of the product in one slot */
	const char *agent;
	double kill_sd, grow_sd;
	int potency; /* quantity */
};

static double column(const struct ql_model *m, const struct ql_slot *slot, const double *value, const char *name)
{
	for (int i = 0; i < slot->n_column; i++) {
		const char *dot = strrchr(m->q[slot->column[i]].name, '.');
		if (dot && strcmp(dot + 1, name) == 0)
			return value[i];
	}
	return 0.0;
}

/* The first product of the arm with a doubt of its own. Slots that the regimen leaves alone hold the model's defaults. */
static bool find_doubt(const struct ql_job *job, const struct ql_job_arm *arm, struct doubt *out)
{
	const struct ql_model *m = job->model;
	const struct ql_regimen *r = &arm->regimen;
	for (int i = 0; i < r->n_slot; i++) {
		const struct ql_slot *slot = &m->slot[r->slot[i]];
		char name[128];
		snprintf(name, sizeof name, "%s.potency", slot->name);
		*out = (struct doubt){r->row[i].name, column(m, slot, r->row[i].value, "kill_prior"),
				      column(m, slot, r->row[i].value, "grow_prior"), ql_model_find(m, name)};
		if (out->kill_sd + out->grow_sd > 0.0 && out->potency >= 0 && isnan(job->param[out->potency]))
			return true;
	}
	return false;
}

static enum quell_status add_bound(struct ql_job *job, int shown, const struct doubt *d, double side, struct ql_diags *ds)
{
	struct ql_job_arm *arm = &job->arm[job->n_arm];
	size_t n = (size_t)job->model->n_q;
	*arm = job->arm[shown];
	arm->bounds = shown;
	arm->param = QL_NEW_N(&job->arena, double, n + 1);
	memcpy(arm->param, job->arm[shown].param, n * sizeof *arm->param);
	arm->potency = d->potency;
	arm->side = arm->param[d->potency] = side * LIMIT;
	job->n_arm++; /* before what may fail, since closing frees its plans */
	arm->plans = NULL;
	return ql_job_prepare_arm(job, arm, ds);
}

enum quell_status ql_job_add_bounds(struct ql_job *job, struct ql_diags *ds)
{
	enum quell_status s = QUELL_OK;
	struct ql_job_arm *all = QL_NEW_N(&job->arena, struct ql_job_arm, 3 * (size_t)job->n_arm + 1);
	memcpy(all, job->arm, (size_t)job->n_arm * sizeof *all);
	job->arm = all;
	for (int i = 0; i < job->n_shown && s == QUELL_OK; i++) {
		struct doubt d;
		if (!find_doubt(job, &job->arm[i], &d))
			continue;
		s = add_bound(job, i, &d, -1.0, ds);
		if (s == QUELL_OK)
			s = add_bound(job, i, &d, 1.0, ds);
	}
	return s;
}

const struct ql_prior *ql_job_prior(const struct ql_job *job, int arm, struct ql_arena *a)
{
	struct doubt d;
	if (!find_doubt(job, &job->arm[arm], &d))
		return NULL;
	struct ql_prior *p = QL_NEW(a, struct ql_prior);
	*p = (struct ql_prior){ql_arena_strdup(a, d.agent), exp(LIMIT * d.kill_sd), exp(LIMIT * d.grow_sd), NULL};
	p->text = ql_arena_printf(a, "wide prior: kill uncertain by a factor of %.2g", p->kill_factor);
	if (d.grow_sd > 0.0)
		p->text = ql_arena_printf(a, "%s, growth by %.2g", p->text, p->growth_factor);
	return p;
}

bool ql_compare_has_prior(const struct ql_compare *c)
{
	for (int i = 0; i < c->n_arm; i++)
		if (c->arm[i].prior)
			return true;
	return false;
}

/* A limit that is not reached (NaN) lies above all others. */
static void widen(double *lower, double *upper, double low, double high)
{
	*lower = fmin(*lower, low);
	*upper = isnan(*upper) || isnan(high) ? NAN : fmax(*upper, high);
}

void ql_prior_widen_endpoint(struct ql_endpoint *e, const struct ql_endpoint *bound)
{
	if (e->kind == QL_INTERVAL_MONTE_CARLO) {
		e->chance_lower = e->lower;
		e->chance_upper = e->upper;
		e->parameter_sd = NAN;
	}
	widen(&e->lower, &e->upper, bound->lower, bound->upper);
	e->kind = QL_INTERVAL_PARAMETER;
}

void ql_prior_widen_curve(struct ql_curve *c, const struct ql_curve *bound)
{
	for (int i = 0; i < c->n && i < bound->n; i++)
		if (!isnan(c->surv[i]) && !isnan(bound->surv[i])) {
			c->lower[i] = fmin(c->lower[i], bound->lower[i]);
			c->upper[i] = fmax(c->upper[i], bound->upper[i]);
		}
}

void ql_prior_widen_contrast(struct ql_contrast *x, const struct ql_contrast *bound)
{
	if (!isnan(x->lower) && !isnan(bound->lower))
		widen(&x->lower, &x->upper, bound->lower, bound->upper);
	if (!isnan(x->hr_lower) && !isnan(bound->hr_lower))
		widen(&x->hr_lower, &x->hr_upper, bound->hr_lower, bound->hr_upper);
	x->kind = QL_INTERVAL_PARAMETER;
}
