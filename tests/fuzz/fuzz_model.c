/* SPDX-License-Identifier: Apache-2.0 */
/* Model texts in both dialects: lexer, parser, checker, expansion; what loads must hold together. */
#include "lang/model.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void check_node(const struct ql_model *m, ql_node n)
{
	if (n != QL_NO_NODE && (n < 0 || n >= m->dag.n))
		abort();
}

static void check_model(const struct ql_model *m)
{
	for (int i = 0; i < m->n_q; i++) {
		const struct ql_quantity *q = &m->q[i];
		check_node(m, q->sym);
		check_node(m, q->def);
		check_node(m, q->realised);
		check_node(m, q->init);
		check_node(m, q->draw_mean);
		if (q->kind == QL_STATE && (q->def == QL_NO_NODE || q->init == QL_NO_NODE))
			abort();
		int found = ql_model_find(m, q->name);
		if (found < 0 || strcmp(m->q[found].name, q->name) != 0)
			abort(); /* names are unique, so a full name finds its own */
	}
	for (ql_node n = 0; n < m->dag.n; n++) {
		const struct ql_dag_node *x = &m->dag.node[n];
		if (x->a >= n || x->b >= n || x->c >= n || (x->op == QL_OP_VAR && (x->var < 0 || x->var >= m->n_q)))
			abort();
		/* intermediates are written out, never referred to */
		if (x->op == QL_OP_VAR && (m->q[x->var].kind == QL_LET || m->q[x->var].kind == QL_OUTPUT) && m->q[x->var].sym == n)
			abort();
	}
	for (int i = 0; i < m->n_dose; i++)
		if (m->q[m->dose[i].state].kind != QL_STATE || m->q[m->dose[i].rate_input].kind != QL_INPUT)
			abort();
	for (int i = 0; i < m->n_when; i++)
		check_node(m, m->when[i].g);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* `from "path"` could open any file of the machine; `use NAME` only NAME.qm here, which does not exist */
	char *text = malloc(size + 1);
	memcpy(text, data, size);
	text[size] = 0;
	if (size < 65536 && !strstr(text, "from")) {
		struct ql_diags ds = {0};
		struct ql_model *m = NULL;
		enum quell_status s = ql_model_parse("fuzz.qm", text, size, &ds, &m);
		if ((s == QUELL_OK) != (m != NULL) || (s != QUELL_OK && ds.n_errors == 0))
			abort();
		struct ql_buf b = {0};
		ql_buf_puts(&b, "");
		ql_diags_render(&ds, false, &b);
		ql_buf_free(&b);
		if (m) {
			ql_node n;
			check_model(m);
			ql_model_expression(m, text, (struct ql_span){"x", 1, 1, 1}, &ds, &n);
		}
		ql_model_free(m);
		ql_diags_free(&ds);
	}
	free(text);
	return 0;
}
