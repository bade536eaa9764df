/* SPDX-License-Identifier: Apache-2.0 */
#include "api/sheet.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { DEEPEST = 8 };

struct place { /* of a row */
	const json_t *o[DEEPEST];
	const char *key[DEEPEST]; /* in the map that it came from; NULL: a list */
	int depth;                /* o[depth] is the row, o[0] the top */
	size_t index;
};

struct rows {
	struct ql_arena *a;
	struct place *place;
	int64_t n, cap;
};

static void add_row(struct rows *r, const struct place *p)
{
	if (r->n == r->cap) {
		int64_t cap = r->cap ? 2 * r->cap : 64;
		struct place *more = QL_NEW_N(r->a, struct place, (size_t)cap);
		if (r->n)
			memcpy(more, r->place, (size_t)r->n * sizeof *more);
		r->place = more;
		r->cap = cap;
	}
	r->place[r->n++] = *p;
}

/* The member that the first n bytes of a path name. */
static const json_t *member(const json_t *o, const char *path, size_t n) { return json_object_getn(o, path, n); }

static struct place pushed(const struct place *p, const json_t *o, const char *key)
{
	struct place q = *p;
	if (q.depth + 1 < DEEPEST)
		q.depth++;
	q.o[q.depth] = o;
	q.key[q.depth] = key;
	return q;
}

static void walk(struct rows *r, const char *path, size_t n, const struct place *p, const json_t *cur);

static void walk_all(struct rows *r, const char *path, size_t n, const struct place *p, const json_t *cur)
{
	const char *key;
	json_t *v;
	size_t i;
	json_array_foreach(cur, i, v) {
		const struct place q = pushed(p, v, NULL);
		walk(r, path, n, &q, v);
	}
	json_object_foreach((json_t *)cur, key, v) {
		const struct place q = pushed(p, v, key);
		if (json_is_object(v))
			walk(r, path, n, &q, v);
	}
}

static void walk_list(struct rows *r, const char *key, size_t n, const struct place *p)
{
	struct place q = *p;
	int up = 0;
	for (; n && *key == '^'; key++, n--)
		up++;
	size_t length = json_array_size(member(p->o[p->depth - up], key, n));
	for (q.index = 0; q.index < length; q.index++)
		add_row(r, &q);
}

static void walk(struct rows *r, const char *path, size_t n, const struct place *p, const json_t *cur)
{
	if (n == 0) {
		const struct place q = cur == p->o[p->depth] ? *p : pushed(p, cur, NULL);
		if (cur && !json_is_null(cur))
			add_row(r, &q);
		return;
	}
	size_t len = 0;
	while (len < n && path[len] != '/')
		len++;
	size_t skip = len < n ? len + 1 : len;
	if (*path == '#')
		walk_list(r, path + 1, n - 1, p);
	else if (*path == '*')
		walk_all(r, path + skip, n - skip, p, cur);
	else
		walk(r, path + skip, n - skip, p, member(cur, path, len));
}

/* Whether everything is there that has a name of its own before the first `*`, of one of the paths at least. */
static bool has_place(const json_t *top, const char *path)
{
	for (;; path++) {
		const json_t *cur = top;
		while (cur && *path && !strchr("*#|", *path)) {
			size_t len = strcspn(path, "/|");
			cur = member(cur, path, len);
			path += len + (path[len] == '/');
		}
		if (cur && !json_is_null(cur))
			return true;
		path += strcspn(path, "|");
		if (!*path)
			return false;
	}
}

static const char *key_of(const struct place *p, int up)
{
	return p->key[p->depth - up] ? p->key[p->depth - up] : "";
}

static const json_t *cell(const struct place *p, const char *path)
{
	int up = 0;
	for (; *path == '^'; path++)
		up++;
	const json_t *o = *path == '/' ? p->o[0] : p->o[p->depth - up];
	path += *path == '/';
	if (strcmp(path, ".") == 0)
		return o;
	while (o && *path) {
		size_t len = strcspn(path, "/#");
		if (path[len] == '#' && len == 0)
			return json_array_get(o, p->index);
		o = *path == '@' ? json_object_get(o, key_of(p, 0)) : member(o, path, len);
		path += len + (path[len] == '/');
	}
	return o;
}

/* The key itself: "@", "^@". */
static const char *cell_key(const struct place *p, const char *path)
{
	size_t up = strspn(path, "^");
	return strcmp(path + up, "@") == 0 ? key_of(p, (int)up) : NULL;
}

static const char *joined(struct ql_arena *a, const json_t *list)
{
	const char *text = NULL;
	const json_t *v;
	size_t i;
	json_array_foreach(list, i, v) {
		if (json_is_string(v))
			text = text ? ql_arena_printf(a, "%s, %s", text, json_string_value(v)) : json_string_value(v);
	}
	return text;
}

static double real(const json_t *v) { return json_is_number(v) ? json_number_value(v) : (double)NAN; }

static const char *text(struct ql_arena *a, const json_t *v)
{
	return json_is_array(v) ? joined(a, v) : json_string_value(v);
}

static void fill_text(struct ql_table *t, const struct ql_sheet_column *c, const struct rows *r)
{
	int column = ql_table_text(t, c->name, c->title);
	for (int64_t i = 0; i < r->n; i++) {
		const char *key = cell_key(&r->place[i], c->path);
		const json_t *v = key ? NULL : cell(&r->place[i], c->path);
		if (c->kind == QL_SHEET_YES)
			ql_table_text_add(t, column, json_is_boolean(v) ? (json_is_true(v) ? "yes" : "no") : NULL);
		else
			ql_table_text_add(t, column, key ? key : text(r->a, v));
	}
}

static void fill_reals(struct ql_table *t, const char *name, const struct ql_sheet_column *c, const struct rows *r, const char *key)
{
	double *x = ql_table_doubles(t, name, c->unit, c->title);
	for (int64_t i = 0; i < r->n; i++) {
		const json_t *v = cell(&r->place[i], c->path);
		x[i] = real(key ? json_object_get(v, key) : v);
	}
}

static void fill_column(struct ql_table *t, const struct ql_sheet_column *c, const struct rows *r)
{
	const char *key;
	json_t *v;
	switch (c->kind) {
	case QL_SHEET_TEXT:
	case QL_SHEET_YES:
		fill_text(t, c, r);
		break;
	case QL_SHEET_REAL:
		fill_reals(t, c->name, c, r, NULL);
		break;
	case QL_SHEET_WHOLE: {
		int64_t *x = ql_table_ints(t, c->name, c->unit, c->title);
		for (int64_t i = 0; i < r->n; i++)
			x[i] = json_integer_value(cell(&r->place[i], c->path));
		break;
	}
	case QL_SHEET_EACH:
		json_object_foreach(r->n ? (json_t *)cell(&r->place[0], c->path) : NULL, key, v) {
			(void)v;
			fill_reals(t, ql_arena_printf(r->a, "%s%s", c->name, key), c, r, key);
		}
	}
}

static void fill(struct ql_api_run *r, const json_t *top, const struct ql_api_table *t)
{
	struct rows rows = {.a = &r->work};
	const struct place start = {.o = {top}};
	for (const char *path = t->path;;) {
		size_t n = strcspn(path, "|");
		walk(&rows, path, n, &start, top);
		if (!path[n])
			break;
		path += n + 1;
	}
	struct ql_table *out = ql_run_add_table(r, t->name, rows.n);
	for (int i = 0; i < t->n_column; i++)
		fill_column(out, &t->column[i], &rows);
}

struct job {
	struct ql_api_run *r;
	const struct ql_api_table *table;
	json_t *top;
};

static enum quell_status fill_all(void *arg)
{
	struct job *j = arg;
	for (const struct ql_api_table *t = j->table; t->name; t++)
		if (!t->columns && has_place(j->top, t->path))
			fill(j->r, j->top, t);
	return QUELL_OK;
}

void ql_run_sheets(struct ql_api_run *r, const struct ql_api_table *table)
{
	struct job j = {r, table, json_loadb(r->json.data ? r->json.data : "", r->json.len, JSON_ALLOW_NUL, NULL)};
	enum quell_status s = ql_protect(fill_all, &j);
	json_decref(j.top);
	if (s == QUELL_ERR_MEMORY)
		ql_out_of_memory();
}

void ql_run_own_sheets(struct ql_api_run *r) { ql_run_sheets(r, r->verb->table); }

const char *ql_sheet_columns(const struct ql_api_table *t, struct ql_arena *a)
{
	const char *all = "";
	for (int i = 0; i < t->n_column; i++) {
		const struct ql_sheet_column *c = &t->column[i];
		const char *name = c->kind == QL_SHEET_EACH ? ql_arena_printf(a, "%s%s", c->name, c->title) : c->name;
		all = ql_arena_printf(a, "%s%s%s", all, i ? ", " : "", name);
	}
	return all;
}
