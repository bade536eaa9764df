/* SPDX-License-Identifier: Apache-2.0 */
/* One patient's scalar work: constants, draws, initial states, events. */
#include "emit/code.h"
#include "base/rng.h"
#include <math.h>
#include <string.h>

static double arithmetic(const struct ql_ins *x, const double *r)
{
	double a = r[x->a], b = x->b < 0 ? 0 : r[x->b], c = x->c < 0 ? 0 : r[x->c];
	return x->op == QL_C_DRAW_POISSON ? ql_quantile_poisson(a, b) : ql_op_apply((enum ql_op)x->op, a, b, c);
}

struct targets {
	double *k, *p, *y;
	int stride;
};

static void store(const struct ql_ins *x, double value, struct ql_values *v, const struct targets *to)
{
	switch (x->target) {
	case QL_TO_K: to->k[x->index] = value; break;
	case QL_TO_P: to->p[x->index * to->stride] = value; break;
	case QL_TO_Q: v->q[x->index] = value; break;
	case QL_TO_Q_PARAM:
		if (!v->fixed[x->index])
			v->q[x->index] = value;
		break;
	case QL_TO_Y:
		if (to->y)
			to->y[x->index * to->stride] = value;
		break;
	default: break;
	}
}

static void run_program(const struct ql_program *g, struct ql_values *v, const struct targets *to)
{
	double *r = v->node;
	for (int i = 0; i < g->n; i++) {
		const struct ql_ins *x = &g->ins[i];
		switch (x->op) {
		case QL_OP_CONST: r[i] = x->value; break;
		case QL_OP_VAR: r[i] = v->q[x->index]; break;
		case QL_OP_TIME: r[i] = 0; break;
		case QL_C_STORE: store(x, r[x->a], v, to); break;
		default: r[i] = arithmetic(x, r); break;
		}
	}
}

static double default_of(const struct ql_plan *p, struct ql_values *v, const struct ql_quantity *q)
{
	switch (q->kind) {
	case QL_PARAM:
	case QL_COVARIATE:
	case QL_AGENT:
	case QL_INPUT: return q->def == QL_NO_NODE ? 0 : ql_plan_value(p, v, q->def);
	case QL_RANDOM: return q->draw == QL_DRAW_UNIFORM ? 0.5 : 0;
	default: return 0;
	}
}

void ql_values_init(const struct ql_plan *p, struct ql_values *v)
{
	const struct ql_model *m = p->m;
	const struct ql_plan_code *code = p->code;
	const struct ql_program *g[3] = {&code->run_constants, &code->definitions, &code->patient_constants};
	*v = (struct ql_values){0};
	v->n_node = m->dag.n;
	for (int i = 0; i < 3; i++)
		if (g[i]->n > v->n_node)
			v->n_node = g[i]->n;
	v->q = ql_realloc(NULL, (size_t)m->n_q, sizeof *v->q);
	v->fixed = ql_realloc(NULL, (size_t)m->n_q, 1);
	v->node = ql_realloc(NULL, (size_t)v->n_node, sizeof *v->node);
	v->seen = ql_realloc(NULL, (size_t)v->n_node, sizeof *v->seen);
	memset(v->q, 0, (size_t)m->n_q * sizeof *v->q);
	memset(v->fixed, 0, (size_t)m->n_q);
	memset(v->seen, 0, (size_t)v->n_node * sizeof *v->seen);
	/* Constants first, then defaults that are expressions of them. */
	for (int i = 0; i < m->n_q; i++)
		if (m->q[i].kind == QL_ACTIVE)
			v->q[i] = code->activity->q[i];
		else if (m->q[i].def != QL_NO_NODE)
			(void)ql_is_const(&m->dag, m->q[i].def, &v->q[i]);
	for (int i = 0; i < m->n_q; i++)
		if (m->q[i].kind != QL_ACTIVE)
			v->q[i] = default_of(p, v, &m->q[i]);
	run_program(&code->definitions, v, &(struct targets){.stride = 1});
}

void ql_values_free(struct ql_values *v)
{
	ql_free(v->q);
	ql_free(v->fixed);
	ql_free(v->node);
	ql_free(v->seen);
	ql_free(v->stack);
	*v = (struct ql_values){0};
}

void ql_values_set(struct ql_values *v, int quantity, double value)
{
	v->q[quantity] = value;
	v->fixed[quantity] = 1;
}

void ql_plan_run_constants(const struct ql_plan *p, struct ql_values *v, double *k)
{
	run_program(&p->code->run_constants, v, &(struct targets){.k = k, .stride = 1});
}

void ql_plan_patient_constants(const struct ql_plan *p, struct ql_values *v, double *pslot, int stride)
{
	run_program(&p->code->patient_constants, v, &(struct targets){.p = pslot, .stride = stride});
}

enum quell_status ql_plan_patient(const struct ql_plan *p, struct ql_values *v, double *pslot, double *y, int stride)
{
	run_program(&p->code->definitions, v, &(struct targets){.y = y, .stride = stride});
	for (int i = 0; i < p->n_input; i++)
		pslot[i * stride] = v->q[p->input_q[i]];
	ql_plan_patient_constants(p, v, pslot, stride);
	for (int i = 0; i < p->n_state; i++)
		if (!isfinite(y[i * stride]))
			return QUELL_SOLVE_INIT;
	return QUELL_OK;
}

/* Any node of the model's graph: a walk over just what it needs. */

static int push(struct ql_values *v, int depth, ql_node n)
{
	if (n == QL_NO_NODE || v->seen[n] == v->generation)
		return depth;
	QL_GROW(v->stack, depth, v->cap_stack);
	v->stack[depth] = n;
	return depth + 1;
}

static void make_room(struct ql_values *v, int n)
{
	if (n <= v->n_node)
		return;
	v->node = ql_realloc(v->node, (size_t)n, sizeof *v->node);
	v->seen = ql_realloc(v->seen, (size_t)n, sizeof *v->seen);
	memset(v->seen + v->n_node, 0, (size_t)(n - v->n_node) * sizeof *v->seen);
	v->n_node = n;
}

static double leaf_or_op(const struct ql_dag_node *x, const struct ql_values *v, double t)
{
	switch (x->op) {
	case QL_OP_CONST: return x->value;
	case QL_OP_VAR: return v->q[x->var];
	case QL_OP_TIME: return t;
	default:
		return ql_op_apply(x->op, v->node[x->a], x->b == QL_NO_NODE ? 0 : v->node[x->b],
				   x->c == QL_NO_NODE ? 0 : v->node[x->c]);
	}
}

static double evaluate(const struct ql_plan *p, struct ql_values *v, ql_node root, double t)
{
	make_room(v, root + 1);
	int depth = push(v, 0, root);
	while (depth > 0) {
		ql_node n = v->stack[depth - 1];
		const struct ql_dag_node *x = &p->m->dag.node[n];
		int deeper = push(v, push(v, push(v, depth, x->c), x->b), x->a);
		if (deeper > depth) {
			depth = deeper;
			continue;
		}
		depth--;
		v->node[n] = leaf_or_op(x, v, t);
		v->seen[n] = v->generation;
	}
	return v->node[root];
}

/* Forgets what was evaluated: quantities may have changed. */
static void next_generation(struct ql_values *v)
{
	if (++v->generation == 0) {
		memset(v->seen, 0, (size_t)v->n_node * sizeof *v->seen);
		v->generation = 1;
	}
}

double ql_plan_value(const struct ql_plan *p, struct ql_values *v, ql_node n)
{
	next_generation(v);
	return evaluate(p, v, n, 0);
}

void ql_plan_fire(const struct ql_plan *p, struct ql_values *v, int trig, double t, double *y, double *pslot, int stride)
{
	const struct ql_when *w = &p->m->when[p->trig_when[trig]];
	for (int i = 0; i < p->n_state; i++)
		v->q[p->state[i]] = y[i * stride];
	for (int i = 0; i < p->n_input; i++)
		v->q[p->input_q[i]] = pslot[i * stride];
	/* All values from the state before the event, then all assignments. */
	next_generation(v);
	for (int j = 0; j < w->n_assign; j++)
		(void)evaluate(p, v, w->value[j], t);
	for (int j = 0; j < w->n_assign; j++) {
		int q = w->target[j], state = p->state_of_q[q], slot = p->p_of_q[q];
		double value = v->node[w->value[j]];
		if (state >= 0)
			y[state * stride] = value;
		if (slot >= 0)
			pslot[slot * stride] = value;
		if (state >= 0 || slot >= 0)
			v->q[q] = value;
	}
}

double *ql_plan_typical(struct ql_model *m, struct ql_arena *a, struct ql_diags *ds)
{
	double *value = QL_NEW_N(a, double, (size_t)m->n_q + 1);
	struct ql_plan *plan = NULL;
	struct ql_values v;
	for (int i = 0; i < m->n_q; i++)
		value[i] = NAN;
	if (ql_plan_make(m, "all", NULL, 0, ds, &plan) != QUELL_OK)
		return value;
	ql_values_init(plan, &v);
	double *slot = QL_NEW_N(a, double, (size_t)plan->n_p + 1), *y = QL_NEW_N(a, double, (size_t)plan->n_state + 1);
	ql_plan_patient(plan, &v, slot, y, 1); /* what is not finite at the start has no number */
	for (int i = 0; i < m->n_q; i++) {
		enum ql_kind k = m->q[i].kind;
		bool has = k == QL_PARAM || k == QL_COVARIATE || k == QL_INPUT;
		int state = k == QL_STATE ? plan->state_of_q[i] : -1;
		value[i] = state >= 0 ? y[state] : has ? v.q[i] : NAN;
	}
	ql_values_free(&v);
	ql_plan_free(plan);
	return value;
}
