/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Elimination order and fill of shift*I - J, decided once. Pivots are taken
 * from the diagonal (the shift makes it dominant when a step is too long for
 * it not to be: the error control then shortens the step); Markowitz counts
 * choose among them, fill breaks ties, the lower number breaks the rest.
 */
#include "emit/code.h"
#include <string.h>

struct elimination {
	int n;
	unsigned char *a; /* pattern, [n*n] */
	unsigned char *done;
};

static int fill_of(const struct elimination *e, int pivot)
{
	int fill = 0;
	for (int i = 0; i < e->n; i++) {
		if (e->done[i] || i == pivot || !e->a[i * e->n + pivot])
			continue;
		for (int j = 0; j < e->n; j++)
			if (!e->done[j] && j != pivot && e->a[pivot * e->n + j] && !e->a[i * e->n + j])
				fill++;
	}
	return fill;
}

static long markowitz_count(const struct elimination *e, int pivot)
{
	long row = 0, column = 0;
	for (int i = 0; i < e->n; i++)
		if (!e->done[i] && i != pivot) {
			row += e->a[pivot * e->n + i];
			column += e->a[i * e->n + pivot];
		}
	return row * column;
}

static int choose_pivot(const struct elimination *e)
{
	int best = -1, best_fill = 0;
	long best_count = 0;
	for (int i = 0; i < e->n; i++) {
		if (e->done[i])
			continue;
		long count = markowitz_count(e, i);
		if (best >= 0 && count > best_count)
			continue;
		int fill = count ? fill_of(e, i) : 0;
		if (best < 0 || count < best_count || fill < best_fill) {
			best = i;
			best_count = count;
			best_fill = fill;
		}
	}
	return best;
}

static void eliminate(struct elimination *e, int pivot)
{
	e->done[pivot] = 1;
	for (int i = 0; i < e->n; i++) {
		if (e->done[i] || !e->a[i * e->n + pivot])
			continue;
		for (int j = 0; j < e->n; j++)
			if (!e->done[j])
				e->a[i * e->n + j] |= e->a[pivot * e->n + j];
	}
}

/* Slots: the diagonal by state, then the rest of each row in order of elimination. */
static void number_slots(struct ql_plan_code *code, int n, const unsigned char *filled, const unsigned char *jac,
			 struct ql_arena *a, int *slot)
{
	int count = n;
	for (int i = 0; i < n * n; i++)
		count += filled[i] && i / n != i % n;
	code->n_lu = count;
	code->lu_row = QL_NEW_N(a, int, count);
	code->lu_col = QL_NEW_N(a, int, count);
	code->lu_is_jac = QL_NEW_N(a, bool, count);
	count = n;
	for (int step = 0; step < n; step++) {
		int i = code->order[step];
		for (int at = 0; at < n; at++) {
			int j = code->order[at], s = i == j ? i : count;
			if (i != j && !filled[i * n + j])
				continue;
			count += i != j;
			slot[i * n + j] = s;
			code->lu_row[s] = i;
			code->lu_col[s] = j;
			code->lu_is_jac[s] = jac[i * n + j];
		}
	}
}

static void list_rows(struct ql_plan_code *code, int n, struct ql_arena *a, const int *slot)
{
	code->row = QL_NEW_N(a, struct ql_lu_row, n);
	for (int step = 0; step < n; step++) {
		int i = code->order[step];
		struct ql_lu_row *r = &code->row[i];
		r->l = QL_NEW_N(a, int, n);
		r->l_col = QL_NEW_N(a, int, n);
		r->u = QL_NEW_N(a, int, n);
		r->u_col = QL_NEW_N(a, int, n);
		for (int at = 0; at < step; at++) {
			int j = code->order[at];
			if (slot[i * n + j] < 0)
				continue;
			r->l[r->n_l] = slot[i * n + j];
			r->l_col[r->n_l++] = j;
		}
		for (int at = n - 1; at > step; at--) {
			int j = code->order[at];
			if (slot[i * n + j] < 0)
				continue;
			r->u[r->n_u] = slot[i * n + j];
			r->u_col[r->n_u++] = j;
		}
	}
}

void ql_sparse_plan(int n, const unsigned char *jac, struct ql_arena *a, struct ql_plan_code *code)
{
	struct elimination e = {n, QL_NEW_N(a, unsigned char, n * n), QL_NEW_N(a, unsigned char, n)};
	int *slot = QL_NEW_N(a, int, n * n);
	memcpy(e.a, jac, (size_t)(n * n));
	code->order = QL_NEW_N(a, int, n);
	code->step_of = QL_NEW_N(a, int, n);
	for (int step = 0; step < n; step++) {
		code->order[step] = choose_pivot(&e);
		code->step_of[code->order[step]] = step;
		eliminate(&e, code->order[step]);
	}
	for (int i = 0; i < n * n; i++)
		slot[i] = -1;
	number_slots(code, n, e.a, jac, a, slot);
	list_rows(code, n, a, slot);
	code->slot_at = slot;
}
