/* SPDX-License-Identifier: Apache-2.0 */
/* Patients of the CLL model under a regimen: fixed dose list, no extinction, no events by chance. */
#include "bench.h"
#include "dosing/regimen.h"
#include "patient/population.h"
#include <math.h>
#include <string.h>

#define SEED 7
#define WEEKS 260

struct value_context {
	const struct ql_plan *plan;
	struct ql_values *v;
};

static double node_value(void *ctx, ql_node node)
{
	struct value_context *c = ctx;
	return ql_plan_value(c->plan, c->v, node);
}

static double covariate(const struct ql_model *m, const struct ql_values *v, const char *name, double missing)
{
	int q = ql_model_find(m, name);
	for (int i = 0; q < 0 && i < m->n_q; i++) {
		const char *dot = strrchr(m->q[i].name, '.');
		if (m->q[i].kind == QL_COVARIATE && dot && strcmp(dot + 1, name) == 0)
			q = i;
	}
	return q < 0 ? missing : v->q[q];
}

static void add_event(struct bench_case *c, const struct ql_event *e)
{
	if (e->kind == QL_EV_MARK)
		return;
	const bool state = e->kind == QL_EV_BOLUS;
	const int index = state ? c->plan->state_of_q[e->quantity] : c->plan->p_of_q[e->quantity];
	const enum bench_change change = state ? BENCH_ADD_STATE : e->kind == QL_EV_SET ? BENCH_SET_SLOT : BENCH_ADD_SLOT;
	if (index >= 0)
		bench_case_event(c, (struct bench_event){e->time_day, change, index, e->amount});
}

static bool add_patient(struct bench_case *c, const struct ql_regimen *r, const struct ql_population *pop,
			struct ql_values *v, int i)
{
	const struct ql_plan *plan = c->plan;
	ql_population_draw(pop, c->m, SEED, (uint64_t)i, NULL, v);
	if (ql_plan_patient(plan, v, c->p0 + i * plan->n_p, c->y0 + i * plan->n_state, 1) != QUELL_OK)
		return false;
	for (int q = 0; q < c->m->n_q; q++) {
		const char *dot = strrchr(c->m->q[q].name, '.');
		if (c->m->q[q].kind == QL_INPUT && plan->p_of_q[q] >= 0 &&
		    strcmp(dot ? dot + 1 : c->m->q[q].name, "extinction") == 0)
			c->p0[i * plan->n_p + plan->p_of_q[q]] = 0;
	}
	const struct ql_body body = {covariate(c->m, v, "weight", 75), covariate(c->m, v, "bsa", 1.9),
				     covariate(c->m, v, "crcl", 80)};
	struct value_context ctx = {plan, v};
	struct ql_events events = {0};
	enum quell_status s = ql_regimen_events(c->m, r, &body, 0, c->horizon, node_value, &ctx, &events);
	for (int e = 0; s == QUELL_OK && e < events.n; e++)
		add_event(c, &events.item[e]);
	ql_events_free(&events);
	c->first_event[i + 1] = c->n_event;
	return s == QUELL_OK;
}

static bool make_plan(struct bench_case *c, const struct ql_regimen *r, struct ql_diags *ds)
{
	int set = ql_kernel_set_for(c->m, r->active, r->n_active);
	const char *const *active = set < 0 ? r->active : c->m->kernel[set].active;
	const int n = set < 0 ? r->n_active : c->m->kernel[set].n_active;
	return ql_plan_make(c->m, set < 0 ? r->name : c->m->kernel[set].name, active, n, ds, &c->plan) == QUELL_OK;
}

static void weekly_samples(struct ql_arena *a, struct bench_case *c)
{
	c->n_sample = WEEKS;
	c->horizon = 7.0 * WEEKS;
	c->sample_t = QL_NEW_N(a, double, WEEKS);
	for (int i = 0; i < WEEKS; i++)
		c->sample_t[i] = 7.0 * i + 3.5; /* off the dosing days */
}

static void bind_row(const struct bench_case *c, int slot, const struct ql_agent_row *row, struct ql_values *v)
{
	for (int j = 0; j < c->m->slot[slot].n_column; j++)
		v->q[c->m->slot[slot].column[j]] = row->value[j];
}

/* The regimen's agents, and the default ones in the slots that it leaves alone. */
static bool bind_agents(struct ql_arena *a, const char *folder, const struct bench_case *c, const struct ql_regimen *r,
			struct ql_diags *ds, struct ql_values *v)
{
	for (int i = 0; i < c->m->n_slot; i++) {
		struct ql_agent_row row;
		const char *name = c->m->slot[i].default_agent;
		if (!name)
			continue;
		if (ql_agent_load(c->m, &c->m->slot[i], ql_arena_printf(a, "%s/%s.yaml", folder, name), a, ds, &row) != QUELL_OK)
			return false;
		bind_row(c, i, &row, v);
	}
	for (int i = 0; i < r->n_slot; i++)
		bind_row(c, r->slot[i], &r->row[i], v);
	return true;
}

bool bench_case_cll(struct ql_arena *a, const char *data_dir, const char *regimen, const char *population,
		    int n_patient, struct ql_diags *ds, struct bench_case *c)
{
	struct ql_regimen *r = QL_NEW(a, struct ql_regimen);
	struct ql_population *pop = QL_NEW(a, struct ql_population);
	const char *agents = ql_arena_printf(a, "%s/library/agents", data_dir);
	*c = (struct bench_case){.name = ql_arena_printf(a, "cll-%s", regimen)};
	if (ql_model_load(ql_arena_printf(a, "%s/models/cll/cll.qm", data_dir), ds, &c->m) != QUELL_OK ||
	    ql_regimen_load(c->m, ql_arena_printf(a, "%s/library/regimens/%s.yaml", data_dir, regimen),
			    agents, a, ds, r) != QUELL_OK ||
	    ql_population_load(c->m, ql_arena_printf(a, "%s/library/populations/%s.yaml", data_dir, population),
			       a, ds, pop) != QUELL_OK ||
	    !make_plan(c, r, ds))
		return false;
	weekly_samples(a, c);
	bench_case_start(a, c, n_patient);
	struct ql_values v;
	ql_values_init(c->plan, &v);
	bool ok = bind_agents(a, agents, c, r, ds, &v);
	ql_plan_run_constants(c->plan, &v, c->k);
	for (int i = 0; ok && i < n_patient; i++)
		ok = add_patient(c, r, pop, &v, i);
	ql_values_free(&v);
	for (int i = 0; i < c->plan->n_state; i++)
		c->atol_unit[i] = 1e-3;
	return ok;
}
