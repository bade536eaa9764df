/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Jacobian of a graph by vertex elimination (Griewank and Reese 1991).
 *
 * Every operation of the rates is a vertex, every local derivative an edge.
 * Eliminating a vertex joins each edge into it with each edge out of it (chain
 * rule); when only quantities and rates are left the edges are the Jacobian.
 * The order decides how many products that takes: the vertex that asks for the
 * fewest operations goes first. Forward and backward differentiation are two
 * fixed orders and cost two to four times as much on models where everything
 * depends on a few totals.
 *
 * What stands in a branch of a select may have no finite derivative while the
 * branch is not taken (x > 0 ? log(x) : 0). Such a vertex, and those between it
 * and its select, go before the select does, and the mask stays outermost.
 */
#include "emit/code.h"
#include <string.h>

struct edge {
	int from;
	ql_node value;
};

struct ql_vertex {
	struct edge *in;
	int *out;
	int n_in, cap_in, n_out, cap_out;
	int owner;    /* select whose branch alone needs this vertex, -1 if none */
	int blockers; /* of a select: vertices that must go first */
	bool tainted; /* may have no finite derivative, or stands on one of the same owner that may not */
	long cost; /* of the elimination; -1: not to be eliminated, or done */
};

struct entry { /* of the queue; stale when the vertex has another cost by now */
	long cost;
	int vertex;
};

void ql_accumulation_free(struct ql_accumulation *a)
{
	for (int i = 0; i < a->n_vertex; i++) {
		ql_free(a->vertex[i].in);
		ql_free(a->vertex[i].out);
	}
	ql_free(a->vertex);
	ql_free(a->queue);
	*a = (struct ql_accumulation){0};
}

static bool is_unit(const struct ql_dag *d, ql_node n)
{
	double v;
	return ql_is_const(d, n, &v) && (v == 1 || v == -1);
}

static struct edge *find_edge(struct ql_vertex *v, int from)
{
	for (int i = 0; i < v->n_in; i++)
		if (v->in[i].from == from)
			return &v->in[i];
	return NULL;
}

static void add_edge(struct ql_accumulation *a, int from, int to, ql_node value)
{
	struct ql_dag *d = a->w->d;
	struct ql_vertex *p = &a->vertex[from], *s = &a->vertex[to];
	struct edge *e = find_edge(s, from);
	double v;
	if (e) {
		e->value = ql_op2(d, QL_OP_ADD, e->value, value);
		return;
	}
	if (ql_is_const(d, value, &v) && v == 0)
		return;
	QL_GROW(s->in, s->n_in, s->cap_in);
	s->in[s->n_in++] = (struct edge){from, value};
	QL_GROW(p->out, p->n_out, p->cap_out);
	p->out[p->n_out++] = to;
}

static bool is_hazard(struct ql_lowering *w, int vertex)
{
	const struct ql_dag_node *x = &w->d->node[vertex];
	switch (x->op) {
	case QL_OP_DIV: return ql_phase_of(w, x->b) == QL_PHASE_DYNAMIC;
	case QL_OP_POW:
	case QL_OP_LOG:
	case QL_OP_TAN:
	case QL_OP_ASIN:
	case QL_OP_ACOS:
	case QL_OP_LGAMMA: return true;
	default: return false;
	}
}

/* Operations that eliminating v adds: a product (free between constants of a patient, or with 1), or the sum with what
 * is there, which takes the product along. A new edge counts a little, for what it costs later. */
#define OPERATION 4
static long elimination_cost(struct ql_accumulation *a, int vertex)
{
	struct ql_vertex *v = &a->vertex[vertex];
	struct ql_dag *d = a->w->d;
	long cost = 0;
	for (int j = 0; j < v->n_out; j++) {
		struct ql_vertex *s = &a->vertex[v->out[j]];
		ql_node onward = find_edge(s, vertex)->value;
		bool unit = is_unit(d, onward), fixed = ql_phase_of(a->w, onward) != QL_PHASE_DYNAMIC;
		for (int i = 0; i < v->n_in; i++) {
			bool fixed_in = ql_phase_of(a->w, v->in[i].value) != QL_PHASE_DYNAMIC;
			if (fixed && fixed_in)
				continue;
			bool filled = find_edge(s, v->in[i].from) != NULL;
			cost += filled || !(unit || is_unit(d, v->in[i].value)) ? OPERATION : 0;
			cost += !filled;
		}
	}
	return cost;
}

static bool before(struct entry x, struct entry y) { return x.cost < y.cost || (x.cost == y.cost && x.vertex > y.vertex); }

static void enqueue(struct ql_accumulation *a, int vertex)
{
	struct ql_vertex *v = &a->vertex[vertex];
	if (v->blockers)
		return;
	v->cost = elimination_cost(a, vertex);
	QL_GROW(a->queue, a->n_queue, a->cap_queue);
	int i = a->n_queue++;
	struct entry x = {v->cost, vertex};
	for (; i > 0 && before(x, a->queue[(i - 1) / 2]); i = (i - 1) / 2)
		a->queue[i] = a->queue[(i - 1) / 2];
	a->queue[i] = x;
}

static struct entry dequeue(struct ql_accumulation *a)
{
	struct entry top = a->queue[0], x = a->queue[--a->n_queue];
	int i = 0;
	for (;;) {
		int child = 2 * i + 1;
		if (child + 1 < a->n_queue && before(a->queue[child + 1], a->queue[child]))
			child++;
		if (child >= a->n_queue || !before(a->queue[child], x))
			break;
		a->queue[i] = a->queue[child];
		i = child;
	}
	a->queue[i] = x;
	return top;
}

static void detach(struct ql_accumulation *a, int vertex)
{
	struct ql_vertex *v = &a->vertex[vertex];
	for (int j = 0; j < v->n_out; j++) {
		struct ql_vertex *s = &a->vertex[v->out[j]];
		struct edge *e = find_edge(s, vertex);
		*e = s->in[--s->n_in];
	}
	for (int i = 0; i < v->n_in; i++) {
		struct ql_vertex *p = &a->vertex[v->in[i].from];
		for (int j = 0; j < p->n_out; j++)
			if (p->out[j] == vertex) {
				p->out[j] = p->out[--p->n_out];
				break;
			}
	}
}

static ql_node chain(struct ql_accumulation *a, int to, ql_node onward, ql_node inner)
{
	struct ql_dag *d = a->w->d;
	const struct ql_dag_node x = d->node[onward];
	double v;
	if (a->vertex[to].blockers && x.op == QL_OP_SELECT && ql_is_const(d, x.c, &v) && v == 0)
		return ql_op3(d, QL_OP_SELECT, x.a, ql_op2(d, QL_OP_MUL, x.b, inner), x.c);
	return ql_op2(d, QL_OP_MUL, onward, inner);
}

static void release_owner(struct ql_accumulation *a, int vertex)
{
	int owner = a->vertex[vertex].owner;
	if (owner < 0 || !a->vertex[vertex].tainted)
		return;
	a->vertex[owner].blockers--;
	if (a->vertex[owner].cost >= 0)
		enqueue(a, owner);
}

static void eliminate(struct ql_accumulation *a, int vertex)
{
	struct ql_vertex *v = &a->vertex[vertex];
	for (int j = 0; j < v->n_out; j++) {
		ql_node onward = find_edge(&a->vertex[v->out[j]], vertex)->value;
		for (int i = 0; i < v->n_in; i++)
			add_edge(a, v->in[i].from, v->out[j], chain(a, v->out[j], onward, v->in[i].value));
	}
	detach(a, vertex);
	v->cost = -1;
	release_owner(a, vertex);
	for (int i = 0; i < v->n_in; i++)
		if (a->vertex[v->in[i].from].cost >= 0)
			enqueue(a, v->in[i].from);
	for (int j = 0; j < v->n_out; j++)
		if (a->vertex[v->out[j]].cost >= 0)
			enqueue(a, v->out[j]);
	v->n_in = v->n_out = 0;
}

/* Edges of the rates' own graph: only what depends on a quantity that varies gets vertices with edges. */
static void build_edges(struct ql_accumulation *a, const ql_node *f, int n_f, const unsigned char *is_input)
{
	struct ql_dag *d = a->w->d;
	int n = a->n_vertex - n_f;
	for (ql_node i = 0; i < n; i++) {
		const struct ql_dag_node x = d->node[i];
		ql_node operand[3] = {x.a, x.b, x.c};
		for (int k = 0; a->needed[i] && k < ql_op_arity(x.op); k++) {
			ql_node u = operand[k];
			if (is_input[u] || a->vertex[u].n_in)
				add_edge(a, u, i, ql_dag_partial(d, i, k));
		}
	}
	for (int i = 0; i < n_f; i++)
		if (is_input[f[i]] || a->vertex[f[i]].n_in)
			add_edge(a, f[i], n + i, ql_const(d, -1));
}

/* Users have larger numbers than what they use, so one downward sweep settles who needs a vertex. */
static void find_owners(struct ql_accumulation *a, int n_f)
{
	int n = a->n_vertex - n_f;
	for (int i = a->n_vertex - 1; i >= 0; i--) {
		struct ql_vertex *v = &a->vertex[i];
		v->owner = -1;
		for (int j = 0; j < v->n_out && i < n; j++) {
			int s = v->out[j];
			int owner = s < n && a->w->d->node[s].op == QL_OP_SELECT ? s : a->vertex[s].owner;
			if (j > 0 && owner != v->owner)
				owner = -1;
			v->owner = owner;
			if (owner < 0)
				break;
		}
	}
	for (int i = 0; i < n; i++) {
		struct ql_vertex *v = &a->vertex[i];
		v->tainted = v->n_in && is_hazard(a->w, i);
		for (int j = 0; j < v->n_in && !v->tainted; j++)
			v->tainted = a->vertex[v->in[j].from].tainted && a->vertex[v->in[j].from].owner == v->owner;
		if (v->tainted && v->owner >= 0)
			a->vertex[v->owner].blockers++;
	}
}

void ql_accumulate(struct ql_accumulation *a, struct ql_lowering *w, const ql_node *f, int n_f, const unsigned char *is_input,
		   unsigned char *needed)
{
	int n = w->d->n;
	a->w = w;
	a->needed = needed;
	ql_dag_reach(w->d, f, n_f, needed);
	a->n_vertex = 0;
	a->vertex = ql_realloc(NULL, (size_t)(n + n_f), sizeof *a->vertex);
	memset(a->vertex, 0, (size_t)(n + n_f) * sizeof *a->vertex);
	a->n_vertex = n + n_f;
	build_edges(a, f, n_f, is_input);
	find_owners(a, n_f);
	for (int i = 0; i < n; i++)
		a->vertex[i].cost = is_input[i] || !a->vertex[i].n_in ? -1 : 0;
	for (int i = n; i < n + n_f; i++)
		a->vertex[i].cost = -1;
	for (int i = 0; i < n; i++)
		if (a->vertex[i].cost == 0)
			enqueue(a, i);
	while (a->n_queue > 0) {
		struct entry top = dequeue(a);
		if (a->vertex[top.vertex].cost == top.cost)
			eliminate(a, top.vertex);
	}
}

/* The seeds are -1: solvers want -J, and signs are best absorbed where they arise. */
ql_node ql_accumulated(const struct ql_accumulation *a, int f, int n_f, ql_node input)
{
	struct edge *e = input == QL_NO_NODE ? NULL : find_edge(&a->vertex[a->n_vertex - n_f + f], input);
	double v;
	return e && (!ql_is_const(a->w->d, e->value, &v) || v != 0) ? e->value : QL_NO_NODE;
}
