/* SPDX-License-Identifier: Apache-2.0 */
/* A schedule as the text of the files that a run reads. */
#include "decide/optimize_private.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* The variable whose name follows `$`, the longest; *len: of the name, *place: which of an order. */
static int variable_at(const struct ql_optimisation *o, const char *s, size_t *len, int *place)
{
	int hit = -1;
	*len = 0;
	for (int i = 0; i < o->n_variable; i++) {
		const struct ql_opt_variable *v = &o->variable[i];
		size_t n = strlen(v->name);
		if (strncmp(s, v->name, n) != 0 || (v->order && s[n] != '1' && s[n] != '2'))
			continue;
		if (n + v->order > *len) {
			hit = i;
			*len = n + v->order;
			*place = v->order && s[n] == '2';
		}
	}
	return hit;
}

void ql_opt_put_text(const struct ql_optimisation *o, const double *x, const char *s, bool quoted, struct ql_buf *b)
{
	struct ql_arena a = {0};
	ql_buf_puts(b, quoted ? "\"" : "");
	while (*s) {
		size_t len;
		int place = 0, hit = *s == '$' ? variable_at(o, s + 1, &len, &place) : -1;
		if (hit >= 0) {
			ql_buf_puts(b, ql_opt_label(&o->variable[hit], x[hit], place, &a));
			s += len + 1;
		} else {
			ql_buf_add(b, s++, 1);
		}
	}
	ql_buf_puts(b, quoted ? "\"" : "");
	ql_arena_free(&a);
}

/* Keys may hold variables as well ({$day: 0}). */
static void put_key(const struct ql_optimisation *o, const double *x, const char *key, struct ql_buf *b)
{
	ql_opt_put_text(o, x, key, false, b);
}

static void put_flow(const struct ql_optimisation *o, const double *x, const struct ql_yaml *y, struct ql_buf *b)
{
	if (y->kind == QL_YAML_SCALAR) {
		/* what stands alone on a line may hold commas; within braces it must be quoted */
		ql_opt_put_text(o, x, y->text, y->quoted || strpbrk(y->text, ",[]{}") || strstr(y->text, ": "), b);
		return;
	}
	ql_buf_puts(b, y->kind == QL_YAML_LIST ? "[" : "{");
	for (int i = 0; i < y->n; i++) {
		ql_buf_puts(b, i ? ", " : "");
		if (y->kind == QL_YAML_MAP) {
			put_key(o, x, y->key[i], b);
			ql_buf_puts(b, ": ");
		}
		put_flow(o, x, y->item[i], b);
	}
	ql_buf_puts(b, y->kind == QL_YAML_LIST ? "]" : "}");
}

void ql_opt_put_map(const struct ql_optimisation *o, const double *x, const struct ql_yaml *y, struct ql_buf *b)
{
	for (int i = 0; i < y->n; i++) {
		const struct ql_yaml *v = y->item[i];
		ql_buf_printf(b, "%s:", y->key[i]);
		bool items = v->kind == QL_YAML_LIST && v->n && v->item[0]->kind == QL_YAML_MAP;
		ql_buf_puts(b, items ? "\n" : " ");
		for (int k = 0; items && k < v->n; k++) {
			ql_buf_puts(b, "  - ");
			put_flow(o, x, v->item[k], b);
			ql_buf_puts(b, "\n");
		}
		if (!items) {
			put_flow(o, x, v, b);
			ql_buf_puts(b, "\n");
		}
	}
}

/* The entries of a file but for one list, then that list with `row` in front or behind. */
static void put_with_row(const struct optimizing *k, const struct ql_yaml *y, const char *list, const char *row, bool front, struct ql_buf *b)
{
	const struct ql_optimisation *o = k->o;
	static const double none[QL_OPT_MAX_VARIABLES] = {0};
	struct ql_yaml rest = *y, *rows = NULL;
	rest.n = 0;
	rest.key = QL_NEW_N(&k->o->arena, const char *, (size_t)y->n + 1);
	rest.item = QL_NEW_N(&k->o->arena, struct ql_yaml *, (size_t)y->n + 1);
	for (int i = 0; i < y->n; i++) {
		if (strcmp(y->key[i], list) == 0) {
			rows = y->item[i];
			continue;
		}
		rest.key[rest.n] = y->key[i];
		rest.item[rest.n++] = y->item[i];
	}
	ql_opt_put_map(o, none, &rest, b);
	ql_buf_printf(b, "%s:\n", list);
	if (front)
		ql_buf_printf(b, "  - %s\n", row);
	for (int i = 0; rows && i < rows->n; i++) {
		ql_buf_puts(b, "  - ");
		put_flow(o, none, rows->item[i], b);
		ql_buf_puts(b, "\n");
	}
	if (!front)
		ql_buf_printf(b, "  - %s\n", row);
}

void ql_opt_put_next_line(const struct optimizing *k, const double *x, struct ql_buf *b)
{
	struct ql_buf row = {0};
	ql_buf_puts(&row, "{name: second line of the order, line: 2..2, give: {");
	ql_opt_put_text(k->o, x, k->second_line->text, false, &row);
	ql_buf_puts(&row, ": 1}, source: [], grade: assumed}");
	put_with_row(k, k->next_table, "rows", row.data, true, b);
	ql_buf_free(&row);
}

void ql_opt_put_protocol(const struct optimizing *k, const double *x, struct ql_buf *b)
{
	struct ql_buf row = {0};
	ql_buf_puts(&row, "{name: optimised stop");
	for (int i = 0; i < k->stop_rule->n; i++) {
		ql_buf_printf(&row, ", %s: ", k->stop_rule->key[i]);
		put_flow(k->o, x, k->stop_rule->item[i], &row);
	}
	if (!ql_yaml_get(k->stop_rule, "source"))
		ql_buf_puts(&row, ", source: []");
	ql_buf_puts(&row, ql_yaml_get(k->stop_rule, "grade") ? "}" : ", grade: assumed}");
	put_with_row(k, k->protocol, "rules", row.data, false, b);
	ql_buf_free(&row);
}

/* --- files of the result --- */

static const char *beside(struct ql_optimisation *o, const char *out, const char *suffix)
{
	const char *dot = strrchr(out, '.'), *slash = strrchr(out, '/');
	size_t stem = dot && (!slash || dot > slash) ? (size_t)(dot - out) : strlen(out);
	return *suffix ? ql_arena_printf(&o->arena, "%.*s%s.yaml", (int)stem, out, suffix) : out;
}

bool ql_optimisation_file(struct ql_optimisation *o, int i, const char *out, const char **path, const char **text)
{
	const char *const list[] = {o->regimen, o->next_line, o->protocol};
	static const char *const suffix[] = {"", "-next-line", "-protocol"};
	int n = 0;
	for (int f = 0; f < 3; f++) {
		if (!list[f] || n++ < i)
			continue;
		*text = list[f];
		*path = beside(o, out, i == 0 ? "" : suffix[f]);
		return true;
	}
	return false;
}

const char *ql_optimisation_command(struct ql_optimisation *o, const char *out)
{
	struct ql_buf b = {0};
	const char *path, *text;
	ql_buf_puts(&b, "quell compare");
	if (o->regimen_name)
		ql_buf_printf(&b, " --regimens %s", o->regimen_name);
	for (int i = 0; ql_optimisation_file(o, i, out, &path, &text); i++)
		ql_buf_printf(&b, " %s %s", text == o->regimen ? "--regimen" : text == o->next_line ? "--next-line" : "--protocol", path);
	const char *command = ql_arena_strdup(&o->arena, b.data);
	ql_buf_free(&b);
	return command;
}
