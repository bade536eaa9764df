/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/review_text.h"
#include "base/json.h"
#include "base/yaml.h"
#include "lang/model.h"
#include <string.h>

static const char *text_of(const struct ql_yaml *map, const char *key)
{
	const struct ql_yaml *v = ql_yaml_get(map, key);
	return v && v->kind == QL_YAML_SCALAR ? v->text : NULL;
}

/* --- checks --- */

static void check_modules(struct ql_cli *c, const struct ql_model *m, const struct ql_yaml *row)
{
	const struct ql_yaml *list = ql_yaml_get(row, "module");
	for (int i = 0; list && list->kind == QL_YAML_LIST && i < list->n; i++) {
		bool found = false;
		for (int k = 0; k < m->n_module && !found; k++)
			found = list->item[i]->kind == QL_YAML_SCALAR && strcmp(m->module_name[k], list->item[i]->text) == 0;
		if (!found)
			ql_diag_help(ql_diag_add(&c->ds, QL_E0321, list->item[i]->span, "the model has no module `%s`",
						 list->item[i]->kind == QL_YAML_SCALAR ? list->item[i]->text : "?"),
				     "`quell model show` lists them");
	}
}

/* A row says how something is represented, with a command and a test, or why it is not. */
static void check_row(struct ql_cli *c, const struct ql_model *m, const struct ql_yaml *row)
{
	static const char *const keys[] = {"n", "concept", "module", "by", "run", "test", "absent", NULL};
	static const char *const needed[] = {"by", "run", "test"};
	if (row->kind != QL_YAML_MAP) {
		ql_diag_add(&c->ds, QL_E0305, row->span, "a row is a mapping");
		return;
	}
	ql_yaml_check_keys(row, keys, &c->ds);
	const char *concept_name = NULL;
	ql_yaml_string(row, "concept", true, &c->ds, &concept_name);
	check_modules(c, m, row);
	for (int i = 0; i < 3; i++) {
		bool has = text_of(row, needed[i]) != NULL, absent = text_of(row, "absent") != NULL;
		if (has == absent)
			ql_diag_help(ql_diag_add(&c->ds, QL_E0304, row->span, "`%s` %s", needed[i],
						 absent ? "stands beside `absent`" : "is missing"),
				     "a row has `by`, `run` and `test`, or `absent` with the reason");
	}
}

static const struct ql_yaml *read_review(struct ql_cli *c)
{
	struct ql_yaml *y = NULL;
	struct ql_model *m = NULL;
	const char *path = ql_arena_printf(&c->arena, "%s/library/review.yaml", c->data_dir);
	if (ql_yaml_read(&c->arena, path, &c->ds, &y) != QUELL_OK || !y ||
	    ql_model_load(ql_arena_printf(&c->arena, "%s/models/cll/cll.qm", c->data_dir), &c->ds, &m) != QUELL_OK)
		return NULL;
	const struct ql_yaml *sections = ql_yaml_get(y, "sections");
	for (int s = 0; sections && s < sections->n; s++) {
		const struct ql_yaml *rows = ql_yaml_get(sections->item[s], "rows");
		for (int i = 0; rows && i < rows->n; i++)
			check_row(c, m, rows->item[i]);
	}
	ql_model_free(m);
	return sections && c->ds.n_errors == 0 ? y : NULL;
}

/* --- Markdown --- */

/* A cell of a table: a bar would end it. */
static void cell(struct ql_buf *b, const char *s)
{
	for (; s && *s; s++) {
		if (*s == '|')
			ql_buf_puts(b, "\\");
		ql_buf_add(b, s, 1);
	}
}

static void modules(struct ql_buf *b, const struct ql_yaml *row)
{
	const struct ql_yaml *list = ql_yaml_get(row, "module");
	for (int i = 0; list && i < list->n; i++)
		ql_buf_printf(b, "%s`%s`", i ? ", " : "", list->item[i]->text);
}

static void row_text(struct ql_buf *b, const struct ql_yaml *row)
{
	const char *n = text_of(row, "n"), *absent = text_of(row, "absent");
	ql_buf_printf(b, "| %s | ", n ? n : "");
	cell(b, text_of(row, "concept"));
	ql_buf_puts(b, " | ");
	if (absent) {
		ql_buf_puts(b, "**not represented**: ");
		cell(b, absent);
		ql_buf_puts(b, " | | | |\n");
		return;
	}
	cell(b, text_of(row, "by"));
	ql_buf_puts(b, " | ");
	modules(b, row);
	ql_buf_puts(b, " | `");
	cell(b, text_of(row, "run"));
	ql_buf_puts(b, "` | ");
	cell(b, text_of(row, "test"));
	ql_buf_puts(b, " |\n");
}

static const char *one_line(struct ql_cli *c, const char *text)
{
	char *s = ql_arena_strdup(&c->arena, text ? text : "");
	size_t n = strlen(s);
	while (n && (s[n - 1] == '\n' || s[n - 1] == ' '))
		s[--n] = 0;
	return s;
}

enum quell_status ql_review_text(struct ql_cli *c)
{
	const struct ql_yaml *y = read_review(c);
	if (!y)
		return QUELL_ERR_INPUT;
	int rows_total = 0, absent = 0;
	const struct ql_yaml *sections = ql_yaml_get(y, "sections");
	ql_buf_printf(&c->out, "<!-- Written by `quell explain review` from library/review.yaml. -->\n# The review, mapped\n\n%s\n",
		      one_line(c, text_of(y, "intro")));
	for (int s = 0; s < sections->n; s++) {
		const struct ql_yaml *rows = ql_yaml_get(sections->item[s], "rows");
		ql_buf_printf(&c->out, "\n## %s\n\n| | concept | here | module | command | test |\n|---|---|---|---|---|---|\n",
			      text_of(sections->item[s], "title"));
		for (int i = 0; rows && i < rows->n; i++, rows_total++) {
			row_text(&c->out, rows->item[i]);
			absent += text_of(rows->item[i], "absent") != NULL;
		}
	}
	ql_buf_printf(&c->out, "\n%d concepts, %d of them not represented.\n", rows_total, absent);
	return QUELL_OK;
}

enum quell_status ql_review_json(struct ql_cli *c)
{
	static const char *const keys[] = {"n", "concept", "by", "run", "test", "absent"};
	const struct ql_yaml *y = read_review(c);
	if (!y)
		return QUELL_ERR_INPUT;
	json_t *o = json_object(), *list = json_array();
	const struct ql_yaml *sections = ql_yaml_get(y, "sections");
	json_object_set_new(o, "schema", json_string("quell.review/1"));
	for (int s = 0; s < sections->n; s++) {
		const struct ql_yaml *rows = ql_yaml_get(sections->item[s], "rows");
		for (int i = 0; rows && i < rows->n; i++) {
			json_t *r = json_object(), *module = json_array();
			const struct ql_yaml *m = ql_yaml_get(rows->item[i], "module");
			json_object_set_new(r, "section", ql_json_text(text_of(sections->item[s], "title")));
			for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
				json_object_set_new(r, keys[k], ql_json_text(text_of(rows->item[i], keys[k])));
			for (int k = 0; m && k < m->n; k++)
				json_array_append_new(module, ql_json_text(m->item[k]->text));
			json_object_set_new(r, "module", module);
			json_array_append_new(list, r);
		}
	}
	json_object_set_new(o, "rows", list);
	ql_cli_print_json(c, o);
	return QUELL_OK;
}
