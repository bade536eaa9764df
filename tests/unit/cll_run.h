/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the shipped model for one patient through the planner, the interpreter and the integrator, with doses written
 * out in the test, so that a test of the biology leans on nothing of the trial layer. */
#ifndef CLL_RUN_H
#define CLL_RUN_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "emit/plan.h"
#include "ode/ode.h"

enum { CLL_MAX_ACTS = 512, CLL_MAX_SAMPLES = 1024 };

struct cll_act { /* give: amount over days (0 = at once); set: amount is the level */
	double t;
	const char *name;
	double amount, over;
};

struct cll {
	struct ql_model *m;
	struct ql_plan *plan;
	struct ql_kernel *kernel;
	struct ql_values v;
	double *k, *p, *y;
	struct ql_arena arena;
	int watch[16], n_watch; /* quantities kept at samples */
	double step;            /* days between samples */
	double sample[CLL_MAX_SAMPLES][16];
	int n_sample;
	struct { double t; int slot, state; double add, set; } change[2 * CLL_MAX_ACTS];
	int n_change, next_change;
	double t_end;
	int fired[64]; /* per trigger of the plan */
	long steps;
	bool queued, cvode;     /* cvode: the second solver, if it is built in */
	enum quell_status status;
};

static struct ql_model *cll_model;

static inline void cll_say(struct ql_diags *ds)
{
	struct ql_buf text = {0};
	ql_diags_render(ds, false, &text);
	if (text.len)
		fprintf(stderr, "%s", text.data);
	ql_buf_free(&text);
}

static inline struct ql_model *cll_load(void)
{
	struct ql_diags ds = {0};
	if (!cll_model) {
		enum quell_status s = ql_model_load(QUELL_SOURCE_DIR "/models/cll/cll.qm", &ds, &cll_model);
		cll_say(&ds);
		assert_int_equal(s, QUELL_OK);
	}
	ql_diags_free(&ds);
	return cll_model;
}

/* active: kernel names separated by one space; "protocol" is added. */
static inline struct cll *cll_open(const char *active)
{
	struct cll *c = calloc(1, sizeof *c);
	struct ql_diags ds = {0};
	const char *name[32] = {"protocol"};
	int n = 1;
	c->m = cll_load();
	char *copy = ql_arena_strdup(&c->arena, active);
	for (char *w = strtok(copy, " "); w; w = strtok(NULL, " "))
		name[n++] = w;
	enum quell_status s = ql_plan_make(c->m, "test", name, n, &ds, &c->plan);
	cll_say(&ds);
	ql_diags_free(&ds);
	assert_int_equal(s, QUELL_OK);
	assert_int_equal(ql_interp_make(c->plan, 1, &c->kernel), QUELL_OK);
	ql_values_init(c->plan, &c->v);
	for (int i = 0; i < c->m->n_q; i++) /* the typical patient: uniform draws in the middle, as normals are at 0 */
		if (c->m->q[i].kind == QL_RANDOM && c->m->q[i].draw == QL_DRAW_UNIFORM)
			c->v.q[i] = 0.5;
	c->k = calloc((size_t)c->plan->n_k + 8, sizeof(double));
	c->p = calloc((size_t)c->plan->n_p + 8, sizeof(double));
	c->y = calloc((size_t)c->plan->n_state + 8, sizeof(double));
	c->step = 1;
	return c;
}

static inline void cll_close(struct cll *c)
{
	ql_values_free(&c->v);
	ql_interp_free(c->kernel);
	ql_plan_free(c->plan);
	ql_arena_free(&c->arena);
	free(c->k);
	free(c->p);
	free(c->y);
	free(c);
}

static inline int cll_q(const struct cll *c, const char *name)
{
	int q = ql_model_find(c->m, name);
	if (q < 0)
		fail_msg("the model has no `%s`", name);
	return q;
}

/* Covariate, parameter, input or hidden normal. */
static inline void cll_set(struct cll *c, const char *name, double value) { ql_values_set(&c->v, cll_q(c, name), value); }

static inline void cll_agent(struct cll *c, const char *slot, const char *row)
{
	struct ql_diags ds = {0};
	struct ql_agent_row r;
	int s = ql_model_find_slot(c->m, slot);
	assert_true(s >= 0);
	enum quell_status st = ql_agent_load(c->m, &c->m->slot[s],
					     ql_arena_printf(&c->arena, QUELL_SOURCE_DIR "/library/agents/%s.yaml", row),
					     &c->arena, &ds, &r);
	cll_say(&ds);
	ql_diags_free(&ds);
	assert_int_equal(st, QUELL_OK);
	for (int i = 0; i < c->m->slot[s].n_column; i++)
		c->v.q[c->m->slot[s].column[i]] = r.value[i];
}

static inline void cll_default_agents(struct cll *c)
{
	for (int s = 0; s < c->m->n_slot; s++)
		if (c->m->slot[s].default_agent)
			cll_agent(c, c->m->slot[s].name, c->m->slot[s].default_agent);
}

/* Constants and initial states; call after the last cll_set. */
static inline void cll_begin(struct cll *c)
{
	ql_plan_run_constants(c->plan, &c->v, c->k);
	assert_int_equal(ql_plan_patient(c->plan, &c->v, c->p, c->y, 1), QUELL_OK);
}

static inline void cll_watch(struct cll *c, const char *name)
{
	c->watch[c->n_watch++] = cll_q(c, name);
}

static inline void cll_change(struct cll *c, double t, int slot, int state, double add, double set)
{
	int i = c->n_change++;
	while (i > 0 && c->change[i - 1].t > t) {
		c->change[i] = c->change[i - 1];
		i--;
	}
	c->change[i].t = t;
	c->change[i].slot = slot;
	c->change[i].state = state;
	c->change[i].add = add;
	c->change[i].set = set;
}

static inline void cll_do(struct cll *c, double t, const char *name, double amount, double over)
{
	int d = ql_model_find_dose(c->m, name);
	if (d < 0) {
		cll_change(c, t, c->plan->p_of_q[cll_q(c, name)], -1, 0, amount);
		return;
	}
	const struct ql_dose *dose = &c->m->dose[d];
	double x = amount * ql_plan_value(c->plan, &c->v, dose->scale);
	if (over > 0) {
		int slot = c->plan->p_of_q[dose->rate_input];
		cll_change(c, t, slot, -1, x / over, NAN);
		cll_change(c, t + over, slot, -1, -x / over, NAN);
	} else {
		cll_change(c, t, -1, c->plan->state_of_q[dose->state], x, NAN);
	}
}

static inline double cll_next(const struct cll *c)
{
	double t = c->next_change < c->n_change ? c->change[c->next_change].t : INFINITY;
	return fmin(t, c->t_end);
}

static inline void cll_apply(struct cll *c, struct ql_lane *lane)
{
	for (; c->next_change < c->n_change && c->change[c->next_change].t <= lane->t; c->next_change++) {
		int i = c->next_change;
		if (c->change[i].state >= 0)
			lane->y[c->change[i].state * lane->stride] += c->change[i].add;
		else if (isnan(c->change[i].set))
			lane->p[c->change[i].slot * lane->stride] += c->change[i].add;
		else
			lane->p[c->change[i].slot * lane->stride] = c->change[i].set;
	}
}

static inline bool cll_fetch(void *ctx, struct ql_lane *lane)
{
	struct cll *c = ctx;
	if (!c->queued)
		return false;
	c->queued = false;
	for (int i = 0; i < c->plan->n_state; i++)
		lane->y[i * lane->stride] = c->y[i];
	for (int i = 0; i < c->plan->n_p; i++)
		lane->p[i * lane->stride] = c->p[i];
	lane->t = 0;
	cll_apply(c, lane);
	lane->t_stop = cll_next(c);
	lane->t_sample = c->step;
	return true;
}

static inline enum ql_next cll_stop(void *ctx, struct ql_lane *lane)
{
	struct cll *c = ctx;
	cll_apply(c, lane);
	if (lane->t >= c->t_end)
		return QL_FINISHED;
	lane->t_stop = cll_next(c);
	return QL_CHANGED;
}

static inline void cll_keep(struct cll *c, const double *y, const double *out)
{
	assert_true(c->n_sample < CLL_MAX_SAMPLES);
	for (int w = 0; w < c->n_watch; w++) {
		int s = c->plan->state_of_q[c->watch[w]];
		double x = s >= 0 ? y[s] : NAN;
		for (int i = 0; i < c->plan->n_out; i++)
			if (c->plan->out_q[i] == c->watch[w])
				x = out[i];
		c->sample[c->n_sample][w] = x;
	}
	c->n_sample++;
}

static inline enum ql_next cll_sample(void *ctx, struct ql_lane *lane, double t, const double *y, const double *out)
{
	struct cll *c = ctx;
	cll_keep(c, y, out);
	lane->t_sample = t + c->step;
	return QL_GO_ON;
}

static inline enum ql_next cll_trigger(void *ctx, struct ql_lane *lane, int which)
{
	struct cll *c = ctx;
	c->fired[which]++;
	ql_plan_fire(c->plan, &c->v, which, lane->t, lane->y, lane->p, lane->stride);
	return QL_CHANGED;
}

static inline void cll_finished(void *ctx, struct ql_lane *lane, enum quell_status why)
{
	struct cll *c = ctx;
	c->status = why;
	c->steps = lane->steps;
	for (int i = 0; i < c->plan->n_state; i++)
		c->y[i] = lane->y[i * lane->stride];
}

/* Samples every c->step days; sample[0] is the start. */
static inline void cll_run(struct cll *c, double t_end, double rtol)
{
	struct ql_ode_work *work;
	struct ql_ode_stats stats = {0};
	struct ql_ode_opts opts = {.rtol = rtol, .atol = c->plan->atol, .max_steps = 20000};
	const struct ql_ode_client client = {c, cll_fetch, cll_stop, cll_sample, cll_trigger, cll_finished};
	double *out = calloc((size_t)c->plan->n_out + 1, sizeof *out), zero = 0;
	c->kernel->out(c->kernel->self, &zero, c->y, c->p, c->k, out);
	cll_keep(c, c->y, out);
	free(out);
	c->t_end = t_end;
	c->queued = true;
	if (c->cvode) {
		double *finer = ql_arena_alloc(&c->arena, (size_t)c->plan->n_state * sizeof *finer, sizeof *finer);
		for (int i = 0; i < c->plan->n_state; i++) /* the judge's errors must be small also where few cells grow a thousandfold */
			finer[i] = 1e-4 * c->plan->atol[i];
		opts.atol = finer;
		opts.max_steps = 200000;
		assert_int_equal(ql_cvode_run(c->kernel, c->k, &opts, QL_CVODE_KLU, &client, &stats), QUELL_OK);
	} else {
		assert_int_equal(ql_ode_work_make(c->kernel, &work), QUELL_OK);
		assert_int_equal(ql_ode_run(c->kernel, c->k, &opts, &client, work, &stats), QUELL_OK);
		ql_ode_work_free(work);
	}
	assert_int_equal(c->status, QUELL_OK);
}

/* Watched quantity w at day t. */
static inline double cll_at(const struct cll *c, int w, double day)
{
	int i = (int)(day / c->step + 0.5);
	assert_true(i < c->n_sample);
	return c->sample[i][w];
}

/* Of a whole test program. */
static inline int cll_teardown(void **state)
{
	(void)state;
	ql_model_free(cll_model);
	return 0;
}

#endif
