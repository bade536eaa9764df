/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much each direct comparison contributes to each estimate. A row of the
 * hat matrix is a unit flow from one treatment to the other through the
 * network (König 2013); it is split into paths either by taking the shortest
 * one again and again (Papakonstantinou 2018) or by a random walk that leaves
 * each node in proportion to the flow (Davies 2022). A path of length l gives
 * each of its edges 1/l of its flow.
 */
#include "evidence/linear.h"
#include <math.h>
#include <string.h>

#define NO_FLOW 1e-10

struct graph {
	int n, n_edge;
	int *a, *b; /* edge ends, a < b */
	double *weight;
	double *flow;  /* from a to b; negative the other way */
	double *share; /* [n_edge] */
	struct ql_arena *arena;
};

static void total_weights(const struct ql_nma *m, double *w)
{
	size_t n = (size_t)m->n;
	for (int s = 0; s < m->d->n_study; s++) {
		const struct ql_nma_study *st = &m->d->study[s];
		double *l = QL_NEW_N(m->d->a, double, (size_t)(st->k * st->k)), det;
		if (!ql_arm_weights(st->s, st->k, m->tau2, l, &det))
			continue;
		for (int i = 0; i < st->k; i++)
			for (int j = 0; j < st->k; j++)
				if (i != j)
					w[(size_t)st->arm[i] * n + (size_t)st->arm[j]] -= l[i * st->k + j];
	}
}

static void find_edges(const struct ql_nma *m, struct graph *g)
{
	size_t n = (size_t)m->n;
	double *w = QL_NEW_N(m->d->a, double, n *n);
	total_weights(m, w);
	*g = (struct graph){.n = m->n, .arena = m->d->a};
	size_t most = n * (n - 1) / 2;
	g->a = QL_NEW_N(m->d->a, int, most);
	g->b = QL_NEW_N(m->d->a, int, most);
	g->weight = QL_NEW_N(m->d->a, double, most);
	for (int i = 0; i < m->n; i++)
		for (int j = i + 1; j < m->n; j++) {
			double x = w[(size_t)i * n + (size_t)j];
			if (x == 0)
				continue;
			g->a[g->n_edge] = i;
			g->b[g->n_edge] = j;
			g->weight[g->n_edge++] = x;
		}
	g->flow = QL_NEW_N(m->d->a, double, (size_t)g->n_edge);
	g->share = QL_NEW_N(m->d->a, double, (size_t)g->n_edge);
}

static void unit_flow(const struct ql_nma *m, struct graph *g, int from, int to)
{
	size_t n = (size_t)m->n, i = (size_t)from, j = (size_t)to;
	for (int e = 0; e < g->n_edge; e++) {
		size_t a = (size_t)g->a[e], b = (size_t)g->b[e];
		double x = m->v[a * n + i] - m->v[a * n + j] - m->v[b * n + i] + m->v[b * n + j];
		g->flow[e] = g->weight[e] * x;
	}
}

static int tail(const struct graph *g, int e)
{
	return g->flow[e] > 0 ? g->a[e] : g->b[e];
}
static int head(const struct graph *g, int e)
{
	return g->flow[e] > 0 ? g->b[e] : g->a[e];
}

/* Breadth first; neighbours in the order of names. Writes the edges of the path, returns its length, 0 if none. */
static int shortest_path(const struct graph *g, int from, int to, int *queue, int *came, int *path)
{
	for (int i = 0; i < g->n; i++)
		came[i] = -1;
	int first = 0, last = 0, n = 0;
	queue[last++] = from;
	came[from] = g->n_edge;
	while (first < last && came[to] < 0) {
		int u = queue[first++];
		for (int e = 0; e < g->n_edge; e++) {
			if (fabs(g->flow[e]) <= NO_FLOW || tail(g, e) != u || came[head(g, e)] >= 0)
				continue;
			came[head(g, e)] = e;
			queue[last++] = head(g, e);
		}
	}
	for (int v = to; came[to] >= 0 && v != from; v = tail(g, came[v]))
		path[n++] = came[v];
	return n;
}

static void by_shortest_path(struct graph *g, int from, int to)
{
	int *queue = QL_NEW_N(g->arena, int, (size_t)g->n), *came = QL_NEW_N(g->arena, int, (size_t)g->n);
	int *path = QL_NEW_N(g->arena, int, (size_t)g->n), len;
	for (int guard = 0; guard <= g->n_edge && (len = shortest_path(g, from, to, queue, came, path)) > 0; guard++) {
		double flow = INFINITY;
		for (int i = 0; i < len; i++)
			flow = fmin(flow, fabs(g->flow[path[i]]));
		for (int i = 0; i < len; i++) {
			g->share[path[i]] += flow / len;
			g->flow[path[i]] -= g->flow[path[i]] > 0 ? flow : -flow;
		}
	}
}

/* Nodes so that flow runs forward; false if it runs in circles (negative weights of a multi-arm trial). */
static bool order_nodes(const struct graph *g, int *order)
{
	int *degree = QL_NEW_N(g->arena, int, (size_t)g->n), n = 0;
	for (int e = 0; e < g->n_edge; e++)
		if (fabs(g->flow[e]) > NO_FLOW)
			degree[head(g, e)]++;
	for (int i = 0; i < g->n; i++)
		if (degree[i] == 0)
			order[n++] = i;
	for (int k = 0; k < n; k++)
		for (int e = 0; e < g->n_edge; e++)
			if (fabs(g->flow[e]) > NO_FLOW && tail(g, e) == order[k] && --degree[head(g, e)] == 0)
				order[n++] = head(g, e);
	return n == g->n;
}

/* Chances of reaching a node in l steps, and of going from it to the end in l steps, for all l at once. */
static bool by_random_walk(struct graph *g, int from, int to)
{
	size_t n = (size_t)g->n;
	int *order = QL_NEW_N(g->arena, int, n);
	if (!order_nodes(g, order))
		return false;
	double *out = QL_NEW_N(g->arena, double, n), *ahead = QL_NEW_N(g->arena, double, n *n),
	       *behind = QL_NEW_N(g->arena, double, n *n);
	for (int e = 0; e < g->n_edge; e++)
		if (fabs(g->flow[e]) > NO_FLOW)
			out[tail(g, e)] += fabs(g->flow[e]);
	ahead[(size_t)from * n] = 1;
	behind[(size_t)to * n] = 1;
	for (int k = 0; k < g->n; k++)
		for (int e = 0; e < g->n_edge; e++) {
			if (fabs(g->flow[e]) <= NO_FLOW || tail(g, e) != order[k])
				continue;
			size_t u = (size_t)tail(g, e), v = (size_t)head(g, e);
			for (size_t l = 1; l < n; l++)
				ahead[v * n + l] += ahead[u * n + l - 1] * fabs(g->flow[e]) / out[u];
		}
	for (int k = g->n - 1; k >= 0; k--)
		for (int e = 0; e < g->n_edge; e++) {
			if (fabs(g->flow[e]) <= NO_FLOW || tail(g, e) != order[k])
				continue;
			size_t u = (size_t)tail(g, e), v = (size_t)head(g, e);
			for (size_t l = 1; l < n; l++)
				behind[u * n + l] += behind[v * n + l - 1] * fabs(g->flow[e]) / out[u];
		}
	for (int e = 0; e < g->n_edge; e++) {
		if (fabs(g->flow[e]) <= NO_FLOW)
			continue;
		size_t u = (size_t)tail(g, e), v = (size_t)head(g, e);
		double step = fabs(g->flow[e]) / out[u];
		for (size_t i = 0; i < n; i++)
			for (size_t j = 0; ahead[u * n + i] > 0 && j < n; j++)
				g->share[e] += ahead[u * n + i] * step * behind[v * n + j] / (double)(i + j + 1);
	}
	return true;
}

void ql_nma_contributions(const struct ql_nma *m, enum ql_flow method, struct ql_contributions *out)
{
	struct graph g;
	find_edges(m, &g);
	size_t rows = (size_t)m->n * (size_t)(m->n - 1) / 2, cols = (size_t)g.n_edge;
	*out = (struct ql_contributions){.n_row = (int)rows, .n_col = g.n_edge, .col_a = g.a, .col_b = g.b};
	out->row_a = QL_NEW_N(m->d->a, int, rows);
	out->row_b = QL_NEW_N(m->d->a, int, rows);
	out->share = QL_NEW_N(m->d->a, double, rows *cols);
	out->mean_path = QL_NEW_N(m->d->a, double, rows);
	out->parallelism = QL_NEW_N(m->d->a, double, rows);
	struct ql_arena work = {0};
	g.arena = &work;
	size_t r = 0;
	for (int i = 0; i < m->n; i++)
		for (int j = i + 1; j < m->n; j++, r++) {
			out->row_a[r] = i;
			out->row_b[r] = j;
			unit_flow(m, &g, i, j);
			double largest = 0;
			for (int e = 0; e < g.n_edge; e++) {
				out->mean_path[r] += fabs(g.flow[e]);
				largest = fmax(largest, fabs(g.flow[e]));
			}
			out->parallelism[r] = 1 / largest;
			memset(g.share, 0, cols * sizeof *g.share);
			bool ok = true;
			if (method == QL_SHORTEST_PATH)
				by_shortest_path(&g, i, j);
			else
				ok = by_random_walk(&g, i, j);
			for (size_t e = 0; e < cols; e++)
				out->share[r * cols + e] = ok ? g.share[e] : NAN;
			ql_arena_free(&work);
		}
}
