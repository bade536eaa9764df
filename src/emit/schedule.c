/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order in which a program's instructions are printed. Results do not
 * depend on it; speed does. A processor looks only some hundred instructions
 * ahead, so chains that depend on nothing of each other should alternate; but
 * what is computed early and used late costs a register.
 *
 * List scheduling on a simple machine: two operations start per cycle. Of the
 * instructions whose operands are there, the one with the longest chain behind
 * it goes next; when too many values are alive, the one that ends most lives.
 */
#include "emit/code.h"
#include <stdlib.h>
#include <string.h>

struct scheduling {
	const struct ql_program *g;
	int limit; /* values alive at a time */
	int *height, *uses, *waits, *user, *first_user; /* users of value v: user[first_user[v]] .. */
	double *finish;
	int *ready, n_ready;
	int *order, n_order;
	int live;
	double now;
};

static bool is_leaf(int op)
{
	return op == QL_OP_CONST || op == QL_OP_TIME || op == QL_C_Y || op == QL_C_P || op == QL_C_K;
}

/* Cycles until the result is there; about those of present x86 processors. */
static int latency(int op)
{
	switch (op) {
	case QL_OP_DIV: return 14;
	case QL_OP_SQRT: return 20;
	case QL_OP_EXP: return 60;
	case QL_OP_LOG: return 70;
	case QL_OP_POW: return 120;
	case QL_OP_SELECT:
	case QL_OP_ABS:
	case QL_OP_NEG:
	case QL_OP_NOT:
	case QL_OP_AND:
	case QL_OP_OR:
	case QL_C_STORE: return 1;
	default: return 4;
	}
}

/* Half cycles for which an operation keeps its unit busy. */
static double busy(int op)
{
	switch (op) {
	case QL_OP_DIV: return 2.5;
	case QL_OP_SQRT: return 4;
	case QL_OP_EXP: return 15;
	case QL_OP_LOG: return 20;
	case QL_OP_POW: return 35;
	default: return 0.5;
	}
}

static void list_users(struct scheduling *s, struct ql_arena *a)
{
	const struct ql_program *g = s->g;
	int n = g->n, total = 0;
	s->uses = QL_NEW_N(a, int, n);
	s->waits = QL_NEW_N(a, int, n);
	s->first_user = QL_NEW_N(a, int, n + 1);
	for (int i = 0; i < n; i++) {
		int operand[3] = {g->ins[i].a, g->ins[i].b, g->ins[i].c};
		for (int k = 0; k < 3; k++)
			if (operand[k] >= 0)
				s->uses[operand[k]]++;
	}
	for (int i = 0; i < n; i++) {
		s->first_user[i] = total;
		total += s->uses[i];
	}
	s->first_user[n] = total;
	s->user = QL_NEW_N(a, int, total);
	int *fill = QL_NEW_N(a, int, n);
	for (int i = 0; i < n; i++) {
		int operand[3] = {g->ins[i].a, g->ins[i].b, g->ins[i].c};
		for (int k = 0; k < 3; k++) {
			int v = operand[k];
			if (v < 0)
				continue;
			s->user[s->first_user[v] + fill[v]++] = i;
			s->waits[i] += !is_leaf(g->ins[v].op);
		}
	}
}

static void find_heights(struct scheduling *s)
{
	for (int i = s->g->n - 1; i >= 0; i--) {
		int above = 0;
		for (int j = s->first_user[i]; j < s->first_user[i + 1]; j++)
			above = s->height[s->user[j]] > above ? s->height[s->user[j]] : above;
		s->height[i] = above + latency(s->g->ins[i].op);
	}
}

static double start_of(const struct scheduling *s, int i)
{
	const struct ql_ins *x = &s->g->ins[i];
	int operand[3] = {x->a, x->b, x->c};
	double start = 0;
	for (int k = 0; k < 3; k++)
		if (operand[k] >= 0 && s->finish[operand[k]] > start)
			start = s->finish[operand[k]];
	return start;
}

/* How many more values are alive after instruction i. */
static int growth(const struct scheduling *s, int i)
{
	const struct ql_ins *x = &s->g->ins[i];
	int operand[3] = {x->a, x->b, x->c}, g = x->op != QL_C_STORE;
	for (int k = 0; k < 3; k++) {
		int v = operand[k], here = 0;
		if (v < 0 || is_leaf(s->g->ins[v].op) || (k > 0 && v == operand[0]) || (k > 1 && v == operand[1]))
			continue;
		for (int l = 0; l < 3; l++)
			here += operand[l] == v;
		g -= s->uses[v] == here;
	}
	return g;
}

static bool better(const struct scheduling *s, int i, int j, bool crowded)
{
	if (crowded) {
		int gi = growth(s, i), gj = growth(s, j);
		if (gi != gj)
			return gi < gj;
	}
	double late_i = start_of(s, i) - s->now, late_j = start_of(s, j) - s->now;
	late_i = late_i > 0 ? late_i : 0;
	late_j = late_j > 0 ? late_j : 0;
	if (late_i != late_j)
		return late_i < late_j;
	if (s->height[i] != s->height[j] && !crowded)
		return s->height[i] > s->height[j];
	return i < j;
}

static void print_leaf(struct scheduling *s, int v)
{
	if (v < 0 || !is_leaf(s->g->ins[v].op) || s->height[v] < 0)
		return;
	s->order[s->n_order++] = v;
	s->height[v] = -1;
}

static void issue(struct scheduling *s, int i)
{
	const struct ql_ins *x = &s->g->ins[i];
	int operand[3] = {x->a, x->b, x->c};
	double start = start_of(s, i);
	s->live += growth(s, i);
	for (int k = 0; k < 3; k++) {
		print_leaf(s, operand[k]);
		if (operand[k] >= 0)
			s->uses[operand[k]]--;
	}
	s->now = start > s->now ? start : s->now;
	s->now += busy(x->op);
	s->finish[i] = s->now + latency(x->op);
	s->order[s->n_order++] = i;
	for (int j = s->first_user[i]; j < s->first_user[i + 1]; j++)
		if (--s->waits[s->user[j]] == 0)
			s->ready[s->n_ready++] = s->user[j];
}

static void run(struct scheduling *s)
{
	for (int i = 0; i < s->g->n; i++)
		if (!is_leaf(s->g->ins[i].op) && s->waits[i] == 0)
			s->ready[s->n_ready++] = i;
	while (s->n_ready > 0) {
		int best = 0;
		bool crowded = s->live >= s->limit;
		for (int j = 1; j < s->n_ready; j++)
			if (better(s, s->ready[j], s->ready[best], crowded))
				best = j;
		int i = s->ready[best];
		s->ready[best] = s->ready[--s->n_ready];
		issue(s, i);
	}
}

int ql_schedule(const struct ql_program *g, int registers, struct ql_arena *a, int *order)
{
	struct scheduling s = {.g = g, .limit = registers, .order = order};
	s.height = QL_NEW_N(a, int, g->n);
	s.finish = QL_NEW_N(a, double, g->n);
	s.ready = QL_NEW_N(a, int, g->n);
	list_users(&s, a);
	find_heights(&s);
	run(&s);
	return s.n_order;
}
