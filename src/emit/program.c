/* SPDX-License-Identifier: Apache-2.0 */
#include "emit/code.h"
#include <string.h>

void ql_builder_start(struct ql_builder *b, struct ql_lowering *w)
{
	b->w = w;
	b->zero = ql_const(w->d, 0);
	b->n_ins = 0;
	b->n_value = w->d->n;
	b->value_of = ql_realloc(b->value_of, (size_t)b->n_value, sizeof *b->value_of);
	for (int i = 0; i < b->n_value; i++)
		b->value_of[i] = -1;
}

void ql_builder_free(struct ql_builder *b)
{
	ql_free(b->ins);
	ql_free(b->value_of);
	ql_free(b->stack);
	ql_free(b->slot_of);
	*b = (struct ql_builder){0};
}

struct ql_program ql_builder_finish(const struct ql_builder *b, struct ql_arena *a)
{
	struct ql_program g = {QL_NEW_N(a, struct ql_ins, b->n_ins), b->n_ins};
	if (b->n_ins)
		memcpy(g.ins, b->ins, (size_t)b->n_ins * sizeof *g.ins);
	return g;
}

static int append(struct ql_builder *b, struct ql_ins ins)
{
	QL_GROW(b->ins, b->n_ins, b->cap_ins);
	b->ins[b->n_ins] = ins;
	return b->n_ins++;
}

/* How a node is computed: which operation on which nodes. Products that are summed become fused operations. */
struct form {
	int op;
	ql_node a, b, c;
};

static bool is_product(const struct ql_builder *b, ql_node n)
{
	return b->lanes && b->w->d->node[n].op == QL_OP_MUL && ql_phase_of(b->w, n) == QL_PHASE_DYNAMIC;
}

static struct form fused(const struct ql_builder *b, int op, ql_node product, ql_node addend)
{
	const struct ql_dag_node *p = &b->w->d->node[product];
	return (struct form){op, p->a, p->b, addend};
}

static struct form form_of(const struct ql_builder *b, ql_node n)
{
	const struct ql_dag_node *x = &b->w->d->node[n];
	if (x->op == QL_OP_ADD || x->op == QL_OP_SUB) {
		bool left = is_product(b, x->a), right = is_product(b, x->b);
		if (left && right) /* fuse the one that nobody else needs */
			left = b->w->uses[x->a] < b->w->uses[x->b];
		if (left)
			return fused(b, x->op == QL_OP_ADD ? QL_OP_FMA : QL_C_FMS, x->a, x->b);
		if (right)
			return fused(b, x->op == QL_OP_ADD ? QL_OP_FMA : QL_C_FNMA, x->b, x->a);
	}
	if (x->op == QL_OP_NEG && b->w->uses[x->a] == 1) {
		const struct ql_dag_node *y = &b->w->d->node[x->a];
		if (y->op == QL_OP_ADD && (is_product(b, y->a) || is_product(b, y->b))) {
			struct form f = form_of(b, x->a);
			f.op = QL_C_FNMS;
			return f;
		}
		if (is_product(b, x->a)) /* one operation instead of a product and a change of sign */
			return fused(b, QL_C_FNMS, x->a, b->zero);
	}
	return (struct form){(int)x->op, x->a, x->b, x->c};
}

static int slot_for(struct ql_builder *b, ql_node n, struct ql_slots *s)
{
	if (b->n_slot_of < b->w->d->n) {
		b->slot_of = ql_realloc(b->slot_of, (size_t)b->w->d->n, sizeof *b->slot_of);
		while (b->n_slot_of < b->w->d->n)
			b->slot_of[b->n_slot_of++] = -1;
	}
	if (b->slot_of[n] < 0) {
		QL_GROW(s->node, s->n, s->cap);
		s->node[s->n] = n;
		b->slot_of[n] = s->first + s->n++;
	}
	return b->slot_of[n];
}

/* Leaves: what is loaded rather than computed. */
static bool load(struct ql_builder *b, ql_node n, struct ql_ins *ins)
{
	const struct ql_dag_node *x = &b->w->d->node[n];
	*ins = (struct ql_ins){.op = (int)x->op, .a = -1, .b = -1, .c = -1, .index = x->var, .value = x->value};
	if (x->op == QL_OP_CONST)
		return true;
	if (!b->lanes)
		return x->op == QL_OP_VAR || x->op == QL_OP_TIME;
	switch (ql_phase_of(b->w, n)) {
	case QL_PHASE_RUN:
		ins->op = QL_C_K;
		ins->index = slot_for(b, n, b->k);
		return true;
	case QL_PHASE_PATIENT:
		ins->op = QL_C_P;
		ins->index = slot_for(b, n, b->p);
		return true;
	default: break;
	}
	if (x->op != QL_OP_VAR)
		return x->op == QL_OP_TIME;
	ins->op = b->is_input[x->var] ? QL_C_P : QL_C_Y;
	ins->index = b->is_input[x->var] ? b->p_of_q[x->var] : b->state_of_q[x->var];
	return true;
}

static int push(struct ql_builder *b, int depth, ql_node n)
{
	if (n == QL_NO_NODE || b->value_of[n] >= 0)
		return depth;
	QL_GROW(b->stack, depth, b->cap_stack);
	b->stack[depth] = n;
	return depth + 1;
}

static int value(const struct ql_builder *b, ql_node n) { return n == QL_NO_NODE ? -1 : b->value_of[n]; }

int ql_builder_value(struct ql_builder *b, ql_node root)
{
	int depth = push(b, 0, root);
	while (depth > 0) {
		ql_node n = b->stack[depth - 1];
		struct ql_ins ins;
		if (b->value_of[n] >= 0) {
			depth--;
			continue;
		}
		if (!load(b, n, &ins)) {
			struct form f = form_of(b, n);
			int deeper = push(b, push(b, push(b, depth, f.c), f.b), f.a);
			if (deeper > depth) {
				depth = deeper;
				continue;
			}
			ins = (struct ql_ins){.op = f.op, .a = value(b, f.a), .b = value(b, f.b), .c = value(b, f.c)};
		}
		b->value_of[n] = append(b, ins);
		depth--;
	}
	return b->value_of[root];
}

void ql_builder_store(struct ql_builder *b, ql_node root, enum ql_target target, int index)
{
	int v = ql_builder_value(b, root);
	append(b, (struct ql_ins){.op = QL_C_STORE, .a = v, .b = -1, .c = -1, .index = index, .target = (int)target});
}

void ql_builder_draw_poisson(struct ql_builder *b, ql_node uniform, ql_node mean, int quantity)
{
	int u = ql_builder_value(b, uniform), m = ql_builder_value(b, mean);
	int v = append(b, (struct ql_ins){.op = QL_C_DRAW_POISSON, .a = u, .b = m, .c = -1});
	append(b, (struct ql_ins){.op = QL_C_STORE, .a = v, .b = -1, .c = -1, .index = quantity, .target = QL_TO_Q});
}
