/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rewrites for speed. Values that do not change while a patient is integrated
 * are computed once and kept in slots, so an expression should gather them:
 *
 *	x/d, d static              -> x*(1/d)
 *	x/d and y/d                -> x*r, y*r with r = 1/d
 *	s1*(s2*x)                  -> (s1*s2)*x
 *	(x + s1) + s2              -> (s1 + s2) + x
 *
 * Results differ from the unlowered expression by rounding only.
 */
#include "emit/code.h"
#include <string.h>

void ql_lowering_free(struct ql_lowering *w)
{
	ql_free(w->phase);
	ql_free(w->uses);
	ql_free(w->map);
	ql_free(w->mark);
	ql_free(w->divisions);
	*w = (struct ql_lowering){0};
}

static enum ql_phase node_phase(const struct ql_lowering *w, const struct ql_dag_node *x)
{
	if (x->op == QL_OP_TIME)
		return QL_PHASE_DYNAMIC;
	if (x->op == QL_OP_VAR)
		return w->var_phase[x->var];
	unsigned char phase = QL_PHASE_RUN;
	ql_node operand[3] = {x->a, x->b, x->c};
	for (int i = 0; i < 3; i++)
		if (operand[i] != QL_NO_NODE && w->phase[operand[i]] > phase)
			phase = w->phase[operand[i]];
	return phase;
}

enum ql_phase ql_phase_of(struct ql_lowering *w, ql_node n)
{
	if (w->n < w->d->n) {
		w->phase = ql_realloc(w->phase, (size_t)w->d->cap, 1);
		while (w->n < w->d->n) {
			w->phase[w->n] = (unsigned char)node_phase(w, &w->d->node[w->n]);
			w->n++;
		}
	}
	return w->phase[n];
}

static bool is_static(struct ql_lowering *w, ql_node n) { return ql_phase_of(w, n) != QL_PHASE_DYNAMIC; }

void ql_count_uses(struct ql_lowering *w, const ql_node *roots, int n_roots)
{
	struct ql_dag *d = w->d;
	if (d->n)
		(void)ql_phase_of(w, 0);
	w->mark = ql_realloc(w->mark, (size_t)d->n, 1);
	w->uses = ql_realloc(w->uses, (size_t)d->n, sizeof *w->uses);
	memset(w->uses, 0, (size_t)d->n * sizeof *w->uses);
	ql_dag_reach(d, roots, n_roots, w->mark);
	for (int i = 0; i < n_roots; i++)
		w->uses[roots[i]]++;
	for (ql_node n = 0; n < d->n; n++) {
		if (!w->mark[n])
			continue;
		ql_node operand[3] = {d->node[n].a, d->node[n].b, d->node[n].c};
		for (int i = 0; i < 3; i++)
			if (operand[i] != QL_NO_NODE)
				w->uses[operand[i]]++;
	}
}

static ql_node mul(struct ql_lowering *w, ql_node a, ql_node b) { return ql_op2(w->d, QL_OP_MUL, a, b); }

/* x = s*rest with s static; QL_NO_NODE stands for a factor 1. */
struct split {
	ql_node s, rest;
};

static struct split split_product(struct ql_lowering *w, ql_node x)
{
	const struct ql_dag_node n = w->d->node[x];
	if (is_static(w, x))
		return (struct split){x, QL_NO_NODE};
	if (n.op == QL_OP_MUL && is_static(w, n.a))
		return (struct split){n.a, n.b};
	if (n.op == QL_OP_MUL && is_static(w, n.b))
		return (struct split){n.b, n.a};
	return (struct split){QL_NO_NODE, x};
}

static ql_node product(struct ql_lowering *w, ql_node a, ql_node b)
{
	return a == QL_NO_NODE ? b : b == QL_NO_NODE ? a : mul(w, a, b);
}

/* a*b of rewritten operands; once_a: the original operand is used nowhere else, so pulling it apart costs nothing. */
static ql_node lower_mul(struct ql_lowering *w, ql_node a, ql_node b, bool once_a, bool once_b)
{
	struct split x = split_product(w, a), y = split_product(w, b);
	if (!once_a && y.rest != QL_NO_NODE && x.rest != QL_NO_NODE)
		x = (struct split){QL_NO_NODE, a};
	if (!once_b && x.rest != QL_NO_NODE && y.rest != QL_NO_NODE)
		y = (struct split){QL_NO_NODE, b};
	return product(w, product(w, x.s, y.s), product(w, x.rest, y.rest));
}

static ql_node lower_div(struct ql_lowering *w, ql_node a, ql_node b, bool once_a, bool shared_divisor)
{
	struct ql_dag *d = w->d;
	if (is_static(w, a) && is_static(w, b))
		return ql_op2(d, QL_OP_DIV, a, b);
	if (is_static(w, b) || shared_divisor)
		return lower_mul(w, a, ql_op2(d, QL_OP_DIV, ql_const(d, 1), b), once_a, true);
	struct split x = split_product(w, a);
	if (!once_a || x.s == QL_NO_NODE || x.rest == QL_NO_NODE)
		return ql_op2(d, QL_OP_DIV, a, b);
	return mul(w, x.s, ql_op2(d, QL_OP_DIV, x.rest, b));
}

/* (s + x) + t and the like, s and t static. */
static ql_node lower_add(struct ql_lowering *w, enum ql_op op, ql_node a, ql_node b, bool once_a, bool once_b)
{
	struct ql_dag *d = w->d;
	if (op == QL_OP_ADD && is_static(w, a)) {
		ql_node swap = a;
		a = b;
		b = swap;
		once_a = once_b;
	}
	const struct ql_dag_node x = d->node[a];
	if (!is_static(w, b) || is_static(w, a) || !once_a)
		return ql_op2(d, op, a, b);
	if (x.op == QL_OP_ADD && is_static(w, x.a))
		return ql_op2(d, QL_OP_ADD, ql_op2(d, op, x.a, b), x.b);
	if (x.op == QL_OP_ADD && is_static(w, x.b))
		return ql_op2(d, QL_OP_ADD, ql_op2(d, op, x.b, b), x.a);
	if (x.op == QL_OP_SUB && is_static(w, x.a))
		return ql_op2(d, QL_OP_SUB, ql_op2(d, op, x.a, b), x.b);
	return ql_op2(d, op, a, b);
}

static ql_node lower_node(struct ql_lowering *w, ql_node n, const int *divisions)
{
	struct ql_dag *d = w->d;
	const struct ql_dag_node x = d->node[n];
	int arity = ql_op_arity(x.op);
	ql_node a = arity > 0 ? w->map[x.a] : QL_NO_NODE, b = arity > 1 ? w->map[x.b] : QL_NO_NODE;
	bool once_a = arity > 0 && w->uses[x.a] == 1, once_b = arity > 1 && w->uses[x.b] == 1;
	if (x.op == QL_OP_MUL)
		return lower_mul(w, a, b, once_a, once_b);
	if (x.op == QL_OP_DIV)
		return lower_div(w, a, b, once_a, divisions[x.b] > 1);
	if (x.op == QL_OP_ADD || x.op == QL_OP_SUB)
		return lower_add(w, x.op, a, b, once_a, once_b);
	switch (arity) {
	case 1: return ql_op1(d, x.op, a);
	case 2: return ql_op2(d, x.op, a, b);
	case 3: return ql_op3(d, x.op, a, b, w->map[x.c]);
	default: return n;
	}
}

void ql_lower(struct ql_lowering *w, ql_node *roots, int n_roots)
{
	struct ql_dag *d = w->d;
	int n_old = d->n;
	ql_count_uses(w, roots, n_roots);
	w->map = ql_realloc(w->map, (size_t)n_old, sizeof *w->map);
	int *divisions = w->divisions = ql_realloc(w->divisions, (size_t)n_old, sizeof *divisions);
	memset(divisions, 0, (size_t)n_old * sizeof *divisions);
	for (ql_node n = 0; n < n_old; n++)
		if (w->mark[n] && d->node[n].op == QL_OP_DIV)
			divisions[d->node[n].b]++;
	for (ql_node n = 0; n < n_old; n++)
		if (w->mark[n])
			w->map[n] = lower_node(w, n, divisions);
	for (int i = 0; i < n_roots; i++)
		roots[i] = w->map[roots[i]];
	ql_count_uses(w, roots, n_roots);
}
