/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a regimen of the library for one patient of cll_run.h. */
#ifndef CLL_REGIMEN_H
#define CLL_REGIMEN_H

#include "cll_run.h"
#include "dosing/regimen.h"

static inline void load_regimen(struct ql_arena *a, const char *name, struct ql_regimen *r)
{
	struct ql_diags ds = {0};
	const char *path = ql_arena_printf(a, QUELL_SOURCE_DIR "/library/regimens/%s.yaml", name);
	enum quell_status s = ql_regimen_load(cll_load(), path, QUELL_SOURCE_DIR "/library/agents", a, &ds, r);
	cll_say(&ds);
	assert_int_equal(ds.n_warnings, 0);
	ql_diags_free(&ds);
	assert_int_equal(s, QUELL_OK);
}

static inline double value_of(void *ctx, ql_node node)
{
	struct cll *c = ctx;
	return ql_plan_value(c->plan, &c->v, node);
}

/* In a plan of just what the regimen uses, or in the kernel set that a comparison would take. */
static inline struct cll *open_regimen(struct ql_arena *a, const char *name, bool in_set, struct ql_regimen *r)
{
	struct ql_buf active = {0};
	load_regimen(a, name, r);
	const char **want = ql_arena_alloc(a, (size_t)(r->n_active + 1) * sizeof *want, sizeof *want);
	memcpy(want, r->active, (size_t)r->n_active * sizeof *want);
	want[r->n_active] = "protocol";
	int set = in_set ? ql_kernel_set_for(cll_load(), want, r->n_active + 1) : -1;
	const struct ql_kernel_set *k = set >= 0 ? &cll_load()->kernel[set] : NULL;
	for (int i = 0; i < (k ? k->n_active : r->n_active); i++)
		ql_buf_printf(&active, "%s%s", i ? " " : "", k ? k->active[i] : r->active[i]);
	struct cll *c = cll_open(active.data ? active.data : "");
	ql_buf_free(&active);
	cll_default_agents(c);
	for (int s = 0; s < r->n_slot; s++)
		for (int n = 0; n < c->m->slot[r->slot[s]].n_column; n++)
			c->v.q[c->m->slot[r->slot[s]].column[n]] = r->row[s].value[n];
	return c;
}

static inline void plan_doses(struct cll *c, const struct ql_regimen *r, double horizon)
{
	struct ql_events e = {0};
	struct ql_body body = {78, 1.9, 75};
	assert_int_equal(ql_regimen_events(c->m, r, &body, 0, horizon, value_of, c, &e), QUELL_OK);
	for (int i = 0; i < e.n; i++) {
		const struct ql_event *x = &e.item[i];
		if (x->kind == QL_EV_BOLUS)
			cll_change(c, x->time_day, -1, c->plan->state_of_q[x->quantity], x->amount, NAN);
		else if (x->kind == QL_EV_RATE)
			cll_change(c, x->time_day, c->plan->p_of_q[x->quantity], -1, x->amount, NAN);
		else if (x->kind == QL_EV_SET)
			cll_change(c, x->time_day, c->plan->p_of_q[x->quantity], -1, 0, x->amount);
	}
	ql_events_free(&e);
}

#endif
