/* SPDX-License-Identifier: Apache-2.0 */
/* Models from text, and values of their quantities by plain evaluation of the graph. */
#ifndef LANG_MODEL_H
#define LANG_MODEL_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "lang/model.h"

struct lang {
	struct ql_diags ds;
	struct ql_model *m;
	enum quell_status status;
	char *text; /* rendered diagnostics */
};

static inline void lang_render(struct lang *l)
{
	struct ql_buf b = {0};
	ql_buf_puts(&b, "");
	ql_diags_render(&l->ds, false, &b);
	l->text = b.data;
}

static inline struct lang lang_parse_n(const char *text, size_t n)
{
	struct lang l = {0};
	l.status = ql_model_parse("t.qm", text, n, &l.ds, &l.m);
	lang_render(&l);
	return l;
}

static inline struct lang lang_parse(const char *text) { return lang_parse_n(text, strlen(text)); }

static inline void lang_free(struct lang *l)
{
	ql_model_free(l->m);
	ql_diags_free(&l->ds);
	free(l->text);
	*l = (struct lang){0};
}

/* Parses what must be right. */
static inline struct lang lang_good(const char *text)
{
	struct lang l = lang_parse(text);
	if (!l.m)
		print_message("%s\n", l.text);
	assert_int_equal(l.status, QUELL_OK);
	assert_non_null(l.m);
	return l;
}

static inline int lang_find(const struct lang *l, const char *name)
{
	int q = ql_model_find(l->m, name);
	if (q < 0)
		print_message("no quantity %s\n", name);
	assert_true(q >= 0);
	return q;
}

/* Values of all quantities: typical patient (normals 0, uniforms 1/2), states at start, everything active. */
static inline double *lang_values(const struct lang *l)
{
	const struct ql_model *m = l->m;
	double *v = calloc((size_t)m->n_q + 1, sizeof *v), *node = calloc((size_t)m->dag.n + 1, sizeof *node);
	for (int pass = 0; pass < 2; pass++)
		for (int i = 0; i < m->n_q; i++) {
			const struct ql_quantity *q = &m->q[i];
			ql_node n = q->kind == QL_STATE ? q->init : q->kind == QL_LET || q->kind == QL_OUTPUT ? QL_NO_NODE : q->def;
			if (q->kind == QL_RANDOM)
				v[i] = q->draw == QL_DRAW_UNIFORM ? 0.5 : 0;
			if (q->kind == QL_ACTIVE)
				v[i] = 1;
			if (n == QL_NO_NODE || q->kind == QL_RANDOM || (q->kind == QL_DRAW && q->draw == QL_DRAW_POISSON))
				continue;
			ql_dag_eval(&m->dag, NULL, v, 0, node);
			v[i] = node[n];
		}
	free(node);
	return v;
}

static inline double lang_node(const struct lang *l, ql_node n, double t)
{
	double *v = lang_values(l), *node = calloc((size_t)l->m->dag.n + 1, sizeof *node);
	assert_true(n >= 0);
	ql_dag_eval(&l->m->dag, NULL, v, t, node);
	double x = node[n];
	free(v);
	free(node);
	return x;
}

/* Value of a quantity (a state: its initial value). */
static inline double lang_value(const struct lang *l, const char *name)
{
	const struct ql_quantity *q = &l->m->q[lang_find(l, name)];
	return lang_node(l, q->kind == QL_STATE ? q->init : q->kind == QL_PARAM ? q->realised : q->sym, 0);
}

static inline double lang_rate(const struct lang *l, const char *name)
{
	return lang_node(l, l->m->q[lang_find(l, name)].def, 0);
}

/* Processor time: the machine may be busy with other things. */
static inline double lang_seconds(void) { return (double)clock() / CLOCKS_PER_SEC; }

static inline bool lang_near(double a, double b) { return fabs(a - b) <= 1e-12 * (fabs(a) + fabs(b)) + 1e-300; }
#define assert_near(a, b) assert_true(lang_near((a), (b)))

#endif
