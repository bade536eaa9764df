/* SPDX-License-Identifier: Apache-2.0 */
#include "emit/code.h"
#include <string.h>

static bool in_module(const char *name, const char *module)
{
	return module && *module && strcmp(name, module) == 0;
}

static bool activate(const struct ql_model *m, const char *name, struct ql_activity *act)
{
	bool all = strcmp(name, "*") == 0, found = all;
	for (int i = 0; i < m->n_dose; i++)
		if (all || strcmp(name, m->dose[i].name) == 0 || in_module(name, m->dose[i].module)) {
			act->dose[i] = 1;
			found = true;
		}
	for (int i = 0; i < m->n_q; i++) {
		const struct ql_quantity *q = &m->q[i];
		if (q->kind == QL_INPUT && (all || strcmp(name, q->name) == 0 || strcmp(name, q->base) == 0 ||
					    in_module(name, q->module))) {
			act->q[i] = 1;
			found = true;
		}
	}
	return found;
}

/* A hidden infusion rate goes with its dose, whatever its own name matched. */
static void follow_doses(const struct ql_model *m, struct ql_activity *act)
{
	for (int i = 0; i < m->n_dose; i++)
		act->q[m->dose[i].rate_input] = 0;
	for (int i = 0; i < m->n_dose; i++)
		if (act->dose[i])
			act->q[m->dose[i].rate_input] = 1;
}

static bool named_active(const struct ql_model *m, const struct ql_activity *act, const char *name)
{
	for (int i = 0; i < m->n_dose; i++)
		if (act->dose[i] && strcmp(name, m->dose[i].name) == 0)
			return true;
	for (int i = 0; i < m->n_q; i++)
		if (m->q[i].kind == QL_INPUT && act->q[i] &&
		    (strcmp(name, m->q[i].name) == 0 || strcmp(name, m->q[i].base) == 0))
			return true;
	return false;
}

static void unknown_name(const struct ql_model *m, const char *name, struct ql_arena *a, struct ql_diags *ds)
{
	const char **words = QL_NEW_N(a, const char *, m->n_dose + m->n_q);
	int n = 0;
	for (int i = 0; i < m->n_dose; i++)
		words[n++] = m->dose[i].name;
	for (int i = 0; i < m->n_q; i++)
		if (m->q[i].kind == QL_INPUT)
			words[n++] = m->q[i].name;
	const char *near = ql_suggest(name, words, n);
	struct ql_diag *d = ql_diag_add(ds, QL_E0850, (struct ql_span){0}, "the model has no dose or input `%s`", name);
	if (near)
		ql_diag_help(d, "did you mean `%s`?", near);
}

enum quell_status ql_activity_resolve(const struct ql_model *m, const char *const *active, int n_active,
				      struct ql_arena *a, struct ql_diags *ds, struct ql_activity *act)
{
	enum quell_status s = QUELL_OK;
	act->dose = ql_arena_alloc(a, (size_t)m->n_dose, 1);
	act->q = ql_arena_alloc(a, (size_t)m->n_q, 1);
	act->live = ql_arena_alloc(a, (size_t)m->n_q, 1);
	act->fires = ql_arena_alloc(a, (size_t)m->n_when, 1);
	if (!active)
		activate(m, "*", act);
	for (int i = 0; active && i < n_active; i++)
		if (!activate(m, active[i], act)) {
			if (ds)
				unknown_name(m, active[i], a, ds);
			s = QUELL_ERR_INPUT;
		}
	follow_doses(m, act);
	for (int i = 0; i < m->n_q; i++)
		if (m->q[i].kind == QL_ACTIVE)
			act->q[i] = named_active(m, act, m->q[i].base);
	return s;
}

/* Fixes what does not move: activity flags, inputs nobody sets, states at their initial value. */
static void fill_map(const struct ql_model *m, struct ql_graph *g, const struct ql_activity *act, ql_node *fixed)
{
	ql_graph_start(g, m);
	for (int i = 0; i < m->n_q; i++)
		if (m->q[i].kind == QL_ACTIVE)
			g->map[i] = ql_const(&g->dag, act->q[i]);
	for (int i = 0; i < m->n_q; i++) {
		const struct ql_quantity *q = &m->q[i];
		fixed[i] = q->kind == QL_STATE && !act->live[i]  ? q->init
			   : q->kind == QL_INPUT && !act->q[i] ? q->def
							       : QL_NO_NODE;
	}
	ql_graph_import(g, m, fixed, m->n_q);
	for (int i = 0; i < m->n_q; i++)
		if (fixed[i] != QL_NO_NODE)
			g->map[i] = g->from[fixed[i]];
	ql_graph_forget(g);
}

static int count_dynamics(const struct ql_model *m)
{
	int n = m->n_q;
	for (int i = 0; i < m->n_when; i++)
		n += 1 + m->when[i].n_assign;
	return n;
}

static void import_dynamics(const struct ql_model *m, struct ql_graph *g, ql_node *roots)
{
	int n = 0;
	for (int i = 0; i < m->n_q; i++)
		if (m->q[i].kind == QL_STATE)
			roots[n++] = m->q[i].def;
	for (int i = 0; i < m->n_when; i++) {
		roots[n++] = m->when[i].g;
		for (int j = 0; j < m->when[i].n_assign; j++)
			roots[n++] = m->when[i].value[j];
	}
	ql_graph_import(g, m, roots, n);
}

/* What is left in the graph of states, inputs and time varies: what was fixed has been mapped away. */
static bool varies(const struct ql_model *m, const struct ql_dag *d, ql_node n, unsigned char *mark)
{
	ql_dag_reach(d, &n, 1, mark);
	for (ql_node i = 0; i <= n; i++) {
		const struct ql_dag_node *x = &d->node[i];
		if (mark[i] && (x->op == QL_OP_TIME || (x->op == QL_OP_VAR && (m->q[x->var].kind == QL_STATE ||
									      m->q[x->var].kind == QL_INPUT))))
			return true;
	}
	return false;
}

/* One pass of the greatest fixed point: keeps whatever the present assumption cannot hold still. An event can fire only
 * if its condition varies, since it must turn true. */
static bool find_movers(const struct ql_model *m, struct ql_graph *g, struct ql_activity *act)
{
	bool changed = false;
	double v;
	g->mark = ql_realloc(g->mark, (size_t)(g->dag.n > g->n_from ? g->dag.n : g->n_from), 1);
	for (int i = 0; i < m->n_q; i++) {
		if (m->q[i].kind != QL_STATE || act->live[i])
			continue;
		ql_node rate = g->from[m->q[i].def];
		if (!ql_is_const(&g->dag, rate, &v) || v != 0)
			act->live[i] = changed = true;
	}
	for (int i = 0; i < m->n_when; i++) {
		const struct ql_when *w = &m->when[i];
		if (!w->at_start && !varies(m, &g->dag, g->from[w->g], g->mark))
			continue;
		if (!act->fires[i])
			act->fires[i] = changed = true;
		for (int j = 0; j < w->n_assign; j++) {
			int q = w->target[j];
			unsigned char *moves = m->q[q].kind == QL_STATE ? &act->live[q] : &act->q[q];
			if (!*moves && g->from[w->value[j]] != g->map[q])
				*moves = changed = true;
		}
	}
	return changed;
}

void ql_activity_prune(const struct ql_model *m, struct ql_graph *g, struct ql_arena *a, struct ql_activity *act)
{
	ql_node *scratch = QL_NEW_N(a, ql_node, count_dynamics(m));
	for (int i = 0; i < m->n_dose; i++)
		if (act->dose[i])
			act->live[m->dose[i].state] = 1;
	do {
		fill_map(m, g, act, scratch);
		import_dynamics(m, g, scratch);
	} while (find_movers(m, g, act));
}
