/* SPDX-License-Identifier: Apache-2.0 */
#include "dosing/vary.h"
#include <math.h>

static int add_input(struct ql_model *m, const char *name)
{
	int i = m->n_q++;
	m->q[i] = ql_quantity_blank(QL_INPUT, name);
	m->q[i].sym = ql_var(&m->dag, i);
	m->q[i].def = ql_const(&m->dag, 0);
	return i;
}

static void add_inputs(struct ql_model *m, struct ql_vary *v, int n)
{
	m->q = ql_realloc(m->q, (size_t)(m->n_q + 3 * n), sizeof *m->q);
	for (int i = 0; i < n; i++) {
		const char *name = m->q[v[i].covariate].name;
		v[i].base = add_input(m, ql_arena_printf(&m->arena, "%s~base", name));
		v[i].slope = add_input(m, ql_arena_printf(&m->arena, "%s~slope", name));
		v[i].from = add_input(m, ql_arena_printf(&m->arena, "%s~from", name));
	}
}

static ql_node line(struct ql_model *m, const struct ql_vary *v)
{
	struct ql_dag *d = &m->dag;
	ql_node since = ql_op2(d, QL_OP_SUB, ql_time(d), m->q[v->from].sym);
	return ql_op2(d, QL_OP_ADD, m->q[v->base].sym, ql_op2(d, QL_OP_MUL, m->q[v->slope].sym, since));
}

static ql_node rewritten(struct ql_model *m, ql_node n, const ql_node *map, struct ql_dag_memo *memo)
{
	return n == QL_NO_NODE ? n : ql_dag_substitute(&m->dag, n, map, m->n_q, QL_NO_NODE, memo);
}

/* Parameters whose typical value is an expression of what varies; each pass follows one more link of a chain. */
static void follow_parameters(struct ql_model *m, ql_node *map, const double *is_set, int n_set)
{
	bool changed = true;
	for (int pass = 0; changed && pass < m->n_q; pass++) {
		struct ql_dag_memo memo = {0};
		changed = false;
		for (int i = 0; i < m->n_q; i++) {
			const struct ql_quantity *q = &m->q[i];
			if (q->kind != QL_PARAM || q->def == QL_NO_NODE || (is_set && i < n_set && !isnan(is_set[i])))
				continue;
			ql_node to = rewritten(m, q->def, map, &memo);
			if (to == q->def || to == map[i])
				continue;
			map[i] = to;
			changed = true;
		}
		ql_dag_memo_free(&memo);
	}
}

void ql_vary_covariates(struct ql_model *m, struct ql_vary *v, int n, const double *is_set)
{
	int n_before = m->n_q;
	add_inputs(m, v, n);
	ql_node *map = QL_NEW_N(&m->arena, ql_node, (size_t)m->n_q);
	for (int i = 0; i < m->n_q; i++)
		map[i] = QL_NO_NODE;
	for (int i = 0; i < n; i++)
		map[v[i].covariate] = line(m, &v[i]);
	follow_parameters(m, map, is_set, n_before);
	struct ql_dag_memo memo = {0};
	for (int i = 0; i < n_before; i++) {
		struct ql_quantity *q = &m->q[i];
		if (q->kind != QL_STATE && q->kind != QL_LET && q->kind != QL_OUTPUT)
			continue;
		bool same = q->sym == q->def;
		q->def = rewritten(m, q->def, map, &memo);
		q->sym = same ? q->def : q->sym;
	}
	for (int i = 0; i < m->n_when; i++) {
		m->when[i].g = rewritten(m, m->when[i].g, map, &memo);
		for (int k = 0; k < m->when[i].n_assign; k++)
			m->when[i].value[k] = rewritten(m, m->when[i].value[k], map, &memo);
	}
	ql_dag_memo_free(&memo);
}
