/* SPDX-License-Identifier: Apache-2.0 */
/* The finished graph: symbols of intermediates replaced, and what must hold of the whole model. */
#include "lang/check.h"
#include <string.h>

/* ---- symbols that stood for lets in cycles of names: replace them, or report a cycle of elements ---- */

static bool is_placeholder(const struct ql_model *m, int q) { return m->q[q].kind == QL_LET || m->q[q].kind == QL_OUTPUT; }

struct resolve {
	ql_node *map;
	struct ql_dag_memo memo;
	int *seen; /* per node: number of the search that met it */
	int n_seen, search;
	ql_node *todo;
	int n_todo, cap_todo;
	int *found;
	int n_found, cap_found;
	unsigned char *color;
};

static void look_at(struct resolve *r, ql_node n)
{
	if (n == QL_NO_NODE || r->seen[n] == r->search)
		return;
	r->seen[n] = r->search;
	QL_GROW(r->todo, r->n_todo, r->cap_todo);
	r->todo[r->n_todo++] = n;
}

/* Variables of intermediates below a node, in the arena. */
static int *placeholders_below(struct ql_check *ck, struct resolve *r, ql_node root, int *count)
{
	const struct ql_dag *d = &ck->m->dag;
	if (r->n_seen < d->n) {
		r->seen = ql_realloc(r->seen, (size_t)d->n * 2, sizeof *r->seen);
		for (; r->n_seen < 2 * d->n; r->n_seen++)
			r->seen[r->n_seen] = 0;
	}
	r->search++;
	r->n_found = 0;
	look_at(r, root);
	while (r->n_todo > 0) {
		const struct ql_dag_node *x = &d->node[r->todo[--r->n_todo]];
		if (x->op == QL_OP_VAR && is_placeholder(ck->m, x->var)) {
			QL_GROW(r->found, r->n_found, r->cap_found);
			r->found[r->n_found++] = x->var;
		}
		look_at(r, x->a);
		look_at(r, x->b);
		look_at(r, x->c);
	}
	int *list = QL_NEW_N(&ck->scratch, int, (size_t)r->n_found + 1);
	if (r->n_found)
		memcpy(list, r->found, (size_t)r->n_found * sizeof *list);
	*count = r->n_found;
	return list;
}

struct resolve_frame {
	int q, next, n;
	int *list;
};

static void report_cycle(struct ql_check *ck, int x)
{
	const struct ql_quantity *q = &ck->m->q[x];
	struct ql_diag *d = ql_ck_error(ck, QL_E0207, q->span, "`%s` depends on itself", q->name);
	const struct ql_cycle *c = NULL;
	for (int i = 0; i < ck->n_entity && !c; i++)
		c = ck->entity[i]->full == q->base ? ck->entity[i]->cycle : NULL;
	for (int i = 0; c && i < c->n; i++)
		if (c->way[i]->full != q->base)
			ql_diag_note(d, c->way[i]->decl->span, "through `%s`", c->way[i]->full);
	ql_diag_help(d, "break the cycle: one of them must be computed without the others, or be a state");
}

static void resolve_one(struct ql_check *ck, struct resolve *r, int first, struct resolve_frame *stack)
{
	struct ql_model *m = ck->m;
	int top = 0;
	stack[0] = (struct resolve_frame){.q = first};
	stack[0].list = placeholders_below(ck, r, m->q[first].def, &stack[0].n);
	r->color[first] = 1;
	while (top >= 0) {
		struct resolve_frame *f = &stack[top];
		if (f->next == f->n) {
			m->q[f->q].def = ql_dag_substitute(&m->dag, m->q[f->q].def, r->map, m->n_q, QL_NO_NODE, &r->memo);
			m->q[f->q].sym = m->q[f->q].realised = r->map[f->q] = m->q[f->q].def;
			r->color[f->q] = 2;
			top--;
			continue;
		}
		int x = f->list[f->next++];
		if (r->color[x] == 1)
			report_cycle(ck, x);
		if (r->color[x] != 0 || m->q[x].def == QL_NO_NODE)
			continue;
		r->color[x] = 1;
		stack[++top] = (struct resolve_frame){.q = x};
		stack[top].list = placeholders_below(ck, r, m->q[x].def, &stack[top].n);
	}
}

static void replace(struct ql_check *ck, struct resolve *r, ql_node *n)
{
	if (*n != QL_NO_NODE)
		*n = ql_dag_substitute(&ck->m->dag, *n, r->map, ck->m->n_q, QL_NO_NODE, &r->memo);
}

static void replace_everywhere(struct ql_check *ck, struct resolve *r)
{
	struct ql_model *m = ck->m;
	for (int i = 0; i < m->n_q; i++) {
		struct ql_quantity *q = &m->q[i];
		bool let = is_placeholder(m, i);
		if (!let)
			replace(ck, r, &q->def);
		replace(ck, r, &q->init);
		replace(ck, r, &q->draw_mean);
		if (q->kind == QL_PARAM)
			replace(ck, r, &q->realised);
	}
	for (int i = 0; i < m->n_dose; i++) {
		struct ql_dose *x = &m->dose[i];
		ql_node *all[] = {&x->scale, &x->bioavailability, &x->lag, &x->modelled_rate, &x->modelled_duration};
		for (int k = 0; k < 5; k++)
			replace(ck, r, all[k]);
	}
	for (int i = 0; i < m->n_when; i++) {
		replace(ck, r, &m->when[i].g);
		for (int k = 0; k < m->when[i].n_assign; k++)
			replace(ck, r, &m->when[i].value[k]);
	}
}

void ql_ck_resolve_symbols(struct ql_check *ck)
{
	struct ql_model *m = ck->m;
	if (!ck->placeholders || ck->n_errors || ck->stop)
		return;
	struct resolve r = {.search = 0};
	r.map = QL_NEW_N(&ck->scratch, ql_node, (size_t)m->n_q);
	r.color = ql_arena_alloc(&ck->scratch, (size_t)m->n_q, 1);
	for (int i = 0; i < m->n_q; i++)
		r.map[i] = QL_NO_NODE;
	struct resolve_frame *stack = QL_NEW_N(&ck->scratch, struct resolve_frame, (size_t)m->n_q + 1);
	for (int i = 0; i < m->n_q && !ck->n_errors; i++)
		if (is_placeholder(m, i) && m->q[i].def != QL_NO_NODE && !r.color[i])
			resolve_one(ck, &r, i, stack);
	if (!ck->n_errors)
		replace_everywhere(ck, &r);
	ql_dag_memo_free(&r.memo);
	ql_free(r.seen);
	ql_free(r.todo);
	ql_free(r.found);
}

/* ---- checks of the finished graph ---- */

/* Bits of the kinds of quantities below each node, computed once in node order. */
uint32_t ql_ck_leaves(struct ql_check *ck, ql_node n)
{
	struct ql_dag *d = &ck->m->dag;
	while (ck->n_leaf <= n) {
		const struct ql_dag_node *x = &d->node[ck->n_leaf];
		QL_GROW(ck->leaf, ck->n_leaf, ck->cap_leaf);
		uint32_t bits = x->op == QL_OP_TIME ? QL_LEAF_TIME : 0;
		if (x->op == QL_OP_VAR)
			bits = 1u << ck->m->q[x->var].kind;
		const ql_node arg[3] = {x->a, x->b, x->c};
		for (int k = 0; k < 3; k++)
			bits |= arg[k] != QL_NO_NODE ? ck->leaf[arg[k]] : 0;
		ck->leaf[ck->n_leaf++] = bits;
	}
	return ck->leaf[n];
}

static void need_constant(struct ql_check *ck, ql_node n, struct ql_span span, const char *name, const char *what, uint32_t banned)
{
	if (n == QL_NO_NODE)
		return;
	uint32_t found = ql_ck_leaves(ck, n) & banned;
	if (!found)
		return;
	const char *kind = found & 1u << QL_STATE   ? "a state"
			   : found & 1u << QL_INPUT ? "an input"
			   : found & QL_LEAF_TIME   ? "time"
						    : "a random draw";
	struct ql_diag *d = ql_ck_error(ck, QL_E0209, span, "%s of `%s` depends on %s", what, name, kind);
	ql_diag_help(d, "it is computed once per patient, before the run: use parameters, covariates and draws only");
}

static void check_constants(struct ql_check *ck)
{
	struct ql_model *m = ck->m;
	const uint32_t moving = 1u << QL_STATE | 1u << QL_INPUT | QL_LEAF_TIME;
	for (int i = 0; i < m->n_q; i++) {
		struct ql_quantity *q = &m->q[i];
		if (q->kind == QL_STATE)
			need_constant(ck, q->init, q->span, q->name, "the initial value", moving);
		if (q->kind == QL_PARAM) {
			need_constant(ck, q->def, q->span, q->name, "the value", moving | 1u << QL_DRAW);
			need_constant(ck, q->realised, q->span, q->name, "the spread", moving | 1u << QL_DRAW);
		}
		if (q->kind == QL_DRAW) {
			need_constant(ck, q->draw_mean, q->span, q->name, "the mean", moving);
			need_constant(ck, q->def, q->span, q->name, "the law", moving);
		}
	}
	for (int i = 0; i < m->n_dose; i++) {
		struct ql_dose *x = &m->dose[i];
		need_constant(ck, x->scale, x->span, x->name, "the scale", moving);
		need_constant(ck, x->bioavailability, x->span, x->name, "f", moving);
		need_constant(ck, x->lag, x->span, x->name, "alag", moving);
		need_constant(ck, x->modelled_rate, x->span, x->name, "rate", moving);
		need_constant(ck, x->modelled_duration, x->span, x->name, "dur", moving);
	}
}

static void report_quad(struct ql_check *ck, const struct ql_quantity *quad)
{
	struct ql_model *m = ck->m;
	struct ql_diag *d = ql_ck_error(ck, QL_E0218, quad->span, "`%s` is a quad, but a rate reads it", quad->name);
	unsigned char *mark = ql_arena_alloc(&ck->scratch, (size_t)m->dag.n, 1);
	for (int i = 0; i < m->n_q; i++) {
		if (m->q[i].kind != QL_STATE)
			continue;
		ql_dag_reach(&m->dag, &m->q[i].def, 1, mark);
		if (mark[quad->sym]) {
			ql_diag_note(d, m->q[i].span, "the rate of `%s` reads it", m->q[i].name);
			break;
		}
	}
	ql_diag_help(d, "declare it with `state`");
}

static void check_quads(struct ql_check *ck)
{
	struct ql_model *m = ck->m;
	ql_node *rate = QL_NEW_N(&ck->scratch, ql_node, (size_t)m->n_q + 1);
	int n = 0;
	for (int i = 0; i < m->n_q; i++)
		if (m->q[i].kind == QL_STATE)
			rate[n++] = m->q[i].def;
	unsigned char *mark = ql_arena_alloc(&ck->scratch, (size_t)m->dag.n, 1);
	ql_dag_reach(&m->dag, rate, n, mark);
	for (int i = 0; i < m->n_q && !ck->stop; i++)
		if (m->q[i].kind == QL_STATE && m->q[i].is_quad && mark[m->q[i].sym])
			report_quad(ck, &m->q[i]);
}

void ql_ck_finish(struct ql_check *ck)
{
	check_constants(ck);
	check_quads(ck);
}
