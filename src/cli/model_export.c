/* SPDX-License-Identifier: Apache-2.0 */
/* quell model export: a model for another program, with expected numbers beside it. */
#include "cli/model_verbs.h"
#include "dosing/model_export.h"
#include "dosing/numbers.h"
#include <string.h>

/* "model.xml" -> "model.expected.csv" */
static const char *expected_path(struct ql_cli *c, const char *out)
{
	const char *slash = strrchr(out, '/'), *dot = strrchr(slash ? slash : out, '.');
	size_t n = dot && dot != out && dot[-1] != '/' ? (size_t)(dot - out) : strlen(out);
	return ql_arena_printf(&c->arena, "%.*s.expected.csv", (int)n, out);
}

static struct ql_span where(const void *ctx, const char *text) { return ql_cli_span(ctx, text); }

static enum quell_status export(struct ql_cli *c, struct ql_model *m, const struct ql_model_options *o)
{
	double *param = QL_NEW_N(&c->arena, double, (size_t)m->n_q + 1);
	const struct ql_numbers numbers = {.data_dir = c->data_dir, .set = (const char *const *)o->set.item, .n_set = o->set.n,
					   .agent = (const char *const *)o->agents.item, .n_agent = o->agents.n, .at = where,
					   .at_ctx = c};
	enum quell_status s = ql_numbers_read(&numbers, m, param, &c->arena, &c->ds);
	if (s != QUELL_OK)
		return s;
	struct ql_buf text = {0}, expected = {0};
	struct ql_model_export job = {.model = m, .format = (enum ql_export_format)o->format, .data = o->data, .param = param,
				      .end = o->end, .cancel = c->cancel};
	s = ql_model_export(&job, &c->arena, &c->ds, &text, &expected);
	if (s == QUELL_OK && o->out)
		s = ql_out_file(o->out, &text, &c->ds);
	if (s == QUELL_OK && o->out)
		s = ql_out_file(expected_path(c, o->out), &expected, &c->ds);
	if (s == QUELL_OK && !o->out)
		ql_buf_add(&c->out, text.data, text.len);
	ql_buf_free(&text);
	ql_buf_free(&expected);
	return s;
}

int ql_model_export_verb(struct ql_cli *c, const char *path, const struct ql_model_options *o)
{
	struct ql_model *m = NULL;
	enum quell_status s = ql_model_load(path, &c->ds, &m);
	if (s == QUELL_OK)
		s = export(c, m, o);
	if (s != QUELL_ERR_MEMORY)
		ql_model_free(m);
	return ql_cli_exit(s);
}
