/* SPDX-License-Identifier: Apache-2.0 */
#include "emit/code.h"
#include <string.h>

void ql_graph_free(struct ql_graph *g)
{
	ql_dag_free(&g->dag);
	ql_free(g->from);
	ql_free(g->mark);
	ql_free(g->map);
	*g = (struct ql_graph){0};
}

void ql_graph_start(struct ql_graph *g, const struct ql_model *m)
{
	ql_graph_free(g);
	g->n_from = m->dag.n;
	g->from = ql_realloc(NULL, (size_t)g->n_from, sizeof *g->from);
	g->mark = ql_realloc(NULL, (size_t)g->n_from, 1);
	g->map = ql_realloc(NULL, (size_t)m->n_q, sizeof *g->map);
	for (int i = 0; i < m->n_q; i++)
		g->map[i] = QL_NO_NODE;
	ql_graph_forget(g);
}

void ql_graph_forget(struct ql_graph *g)
{
	for (int i = 0; i < g->n_from; i++)
		g->from[i] = QL_NO_NODE;
}

static ql_node copy_node(struct ql_graph *g, const struct ql_dag_node *x)
{
	struct ql_dag *d = &g->dag;
	switch (ql_op_arity(x->op)) {
	case 1: return ql_op1(d, x->op, g->from[x->a]);
	case 2: return ql_op2(d, x->op, g->from[x->a], g->from[x->b]);
	case 3: return ql_op3(d, x->op, g->from[x->a], g->from[x->b], g->from[x->c]);
	default: break;
	}
	if (x->op == QL_OP_VAR)
		return g->map[x->var] != QL_NO_NODE ? g->map[x->var] : ql_var(d, x->var);
	return x->op == QL_OP_TIME ? ql_time(d) : ql_const(d, x->value);
}

void ql_graph_import(struct ql_graph *g, const struct ql_model *m, const ql_node *roots, int n_roots)
{
	ql_dag_reach(&m->dag, roots, n_roots, g->mark);
	for (ql_node n = 0; n < m->dag.n; n++)
		if (g->mark[n] && g->from[n] == QL_NO_NODE)
			g->from[n] = copy_node(g, &m->dag.node[n]);
}
