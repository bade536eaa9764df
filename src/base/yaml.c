/* SPDX-License-Identifier: Apache-2.0 */
#include "base/yaml.h"
#include <string.h>
#include <yaml.h>

enum { MAX_DEPTH = 32, MAX_NODES = 2000000 };

struct frame { /* one open list or map */
	struct ql_yaml *node;
	const char *key; /* pending key of a map */
	struct ql_span key_span;
	int cap;
};

struct reader {
	yaml_parser_t parser;
	struct ql_arena *a;
	const char *file;
	struct ql_diags *ds;
	struct frame stack[MAX_DEPTH];
	int depth, nodes;
	struct ql_yaml *root;
	bool failed;
};

static struct ql_span span_of(const struct reader *r, yaml_mark_t m, yaml_mark_t e)
{
	int len = e.line == m.line && e.column > m.column ? (int)(e.column - m.column) : 1;
	return (struct ql_span){r->file, (int)m.line + 1, (int)m.column + 1, len};
}

static void fail(struct reader *r, enum ql_code code, struct ql_span span, const char *what)
{
	ql_diag_add(r->ds, code, span, "%s", what);
	r->failed = true;
}

static void *grown(struct ql_arena *a, void *old, size_t n, size_t cap, size_t size)
{
	void *p = ql_arena_alloc(a, cap, size);
	if (n)
		memcpy(p, old, n * size);
	return p;
}

static void append(struct reader *r, struct frame *f, struct ql_yaml *v)
{
	struct ql_yaml *c = f->node;
	if (c->n == f->cap) {
		f->cap = f->cap ? 2 * f->cap : 8;
		size_t n = (size_t)c->n, cap = (size_t)f->cap;
		c->item = grown(r->a, c->item, n, cap, sizeof *c->item);
		c->key = grown(r->a, c->key, n, cap, sizeof *c->key);
		c->key_span = grown(r->a, c->key_span, n, cap, sizeof *c->key_span);
	}
	if (c->kind == QL_YAML_MAP) {
		for (int i = 0; i < c->n && c->n < 4096; i++)
			if (strcmp(c->key[i], f->key) == 0) {
				struct ql_diag *d =
					ql_diag_add(r->ds, QL_E0302, f->key_span, "`%s` appears twice here", f->key);
				ql_diag_note(d, c->key_span[i], "first given here");
				ql_diag_help(d, "leave one of the two out");
				r->failed = true;
			}
		c->key[c->n] = f->key;
		c->key_span[c->n] = f->key_span;
		f->key = NULL;
	}
	c->item[c->n++] = v;
}

/* Puts a finished or opened node where it belongs; false when it was taken as a key. */
static bool place(struct reader *r, struct ql_yaml *v)
{
	if (r->depth == 0) {
		r->root = v;
		return true;
	}
	struct frame *f = &r->stack[r->depth - 1];
	if (f->node->kind == QL_YAML_MAP && !f->key) {
		if (v->kind != QL_YAML_SCALAR) {
			fail(r, QL_E0305, v->span, "a key must be plain text");
			return true;
		}
		f->key = v->text;
		f->key_span = v->span;
		return false;
	}
	append(r, f, v);
	return true;
}

static void take_node(struct reader *r, const yaml_event_t *e, enum ql_yaml_kind kind)
{
	struct ql_span span = span_of(r, e->start_mark, e->end_mark);
	if (++r->nodes > MAX_NODES) {
		fail(r, QL_E0306, span, "too many YAML nodes");
		return;
	}
	struct ql_yaml *v = QL_NEW(r->a, struct ql_yaml);
	v->kind = kind;
	v->span = span;
	if (kind == QL_YAML_SCALAR) {
		if (memchr(e->data.scalar.value, 0, e->data.scalar.length))
			fail(r, QL_E0301, span, "a NUL byte inside a value");
		v->text = ql_arena_strndup(r->a, (const char *)e->data.scalar.value, e->data.scalar.length);
		v->quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	}
	place(r, v);
	if (kind == QL_YAML_SCALAR || r->failed)
		return;
	if (r->depth == MAX_DEPTH) {
		fail(r, QL_E0306, span, "YAML is nested too deeply");
		return;
	}
	r->stack[r->depth++] = (struct frame){.node = v};
}

static bool take_event(struct reader *r, const yaml_event_t *e, int *documents)
{
	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (++*documents > 1)
			fail(r, QL_E0301, span_of(r, e->start_mark, e->end_mark), "only one document per file");
		break;
	case YAML_ALIAS_EVENT:
		fail(r, QL_E0306, span_of(r, e->start_mark, e->end_mark), "aliases are not supported; write the value out");
		break;
	case YAML_SCALAR_EVENT:
		take_node(r, e, QL_YAML_SCALAR);
		break;
	case YAML_SEQUENCE_START_EVENT:
		take_node(r, e, QL_YAML_LIST);
		break;
	case YAML_MAPPING_START_EVENT:
		take_node(r, e, QL_YAML_MAP);
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		r->depth--;
		break;
	case YAML_STREAM_END_EVENT:
		return false;
	default:
		break;
	}
	return !r->failed;
}

struct protected_read {
	struct reader *r;
	int documents;
	yaml_event_t event; /* at work: freed by the caller, since a node may find no memory and unwind */
};

static enum quell_status read_events(void *arg)
{
	struct protected_read *p = arg;
	struct reader *r = p->r;
	for (bool more = true; more;) {
		if (!yaml_parser_parse(&r->parser, &p->event)) {
			yaml_mark_t m = r->parser.problem_mark;
			const char *why = r->parser.problem ? r->parser.problem : "unreadable";
			fail(r, QL_E0301, span_of(r, m, m), why);
			return QUELL_ERR_INPUT;
		}
		more = take_event(r, &p->event, &p->documents);
		yaml_event_delete(&p->event);
	}
	return r->failed ? QUELL_ERR_INPUT : QUELL_OK;
}

enum quell_status ql_yaml_parse(struct ql_arena *a, const struct ql_source *src, struct ql_diags *ds,
				struct ql_yaml **out)
{
	struct reader r = {.a = a, .file = src->file, .ds = ds};
	*out = NULL;
	if (!yaml_parser_initialize(&r.parser))
		return ql_memory_failed();
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)src->text, src->len);
	struct protected_read p = {.r = &r};
	enum quell_status s = ql_protect(read_events, &p);
	yaml_event_delete(&p.event);
	yaml_parser_delete(&r.parser);
	if (s == QUELL_OK)
		*out = r.root;
	return s;
}

enum quell_status ql_yaml_read(struct ql_arena *a, const char *path, struct ql_diags *ds, struct ql_yaml **out)
{
	const struct ql_source *src;
	*out = NULL;
	enum quell_status s = ql_read_source(ds, path, &src);
	if (s != QUELL_OK)
		return s;
	struct ql_source copy = *src; /* the list may move when more sources are added */
	return ql_yaml_parse(a, &copy, ds, out);
}

struct ql_yaml *ql_yaml_get(const struct ql_yaml *map, const char *key)
{
	if (!map || map->kind != QL_YAML_MAP)
		return NULL;
	for (int i = 0; i < map->n; i++)
		if (strcmp(map->key[i], key) == 0)
			return map->item[i];
	return NULL;
}

void ql_yaml_check_keys(const struct ql_yaml *map, const char *const *known, struct ql_diags *ds)
{
	int n = 0;
	while (known[n])
		n++;
	for (int i = 0; map && map->kind == QL_YAML_MAP && i < map->n; i++) {
		bool ok = false;
		for (int k = 0; k < n && !ok; k++)
			ok = strcmp(map->key[i], known[k]) == 0;
		if (ok)
			continue;
		struct ql_diag *d = ql_diag_add(ds, QL_E0303, map->key_span[i], "unknown key `%s`", map->key[i]);
		const char *near = ql_suggest(map->key[i], known, n);
		struct ql_buf list = {0};
		for (int k = 0; k < n; k++)
			ql_buf_printf(&list, "%s%s", k ? ", " : "", known[k]);
		if (near)
			ql_diag_help(d, "did you mean `%s`? known keys: %s", near, list.data);
		else
			ql_diag_help(d, "known keys: %s", list.data);
		ql_buf_free(&list);
	}
}

static bool absent(const struct ql_yaml *map, const char *key, bool required, struct ql_diags *ds)
{
	if (required) {
		struct ql_span at = map ? map->span : (struct ql_span){0};
		struct ql_diag *d = ql_diag_add(ds, QL_E0304, at, "`%s` is missing here", key);
		ql_diag_help(d, "add a line `%s: ...`", key);
	}
	return !required;
}

static bool wrong(const struct ql_yaml *v, const char *key, const char *want, struct ql_diags *ds)
{
	struct ql_diag *d = ql_diag_add(ds, QL_E0305, v->span, "`%s` must be %s", key, want);
	ql_diag_label(d, "this is %s", v->kind == QL_YAML_LIST ? "a list" : v->kind == QL_YAML_MAP ? "a mapping" : "other text");
	return false;
}

bool ql_yaml_string(const struct ql_yaml *map, const char *key, bool required, struct ql_diags *ds, const char **out)
{
	const struct ql_yaml *v = ql_yaml_get(map, key);
	if (!v)
		return absent(map, key, required, ds);
	if (v->kind != QL_YAML_SCALAR)
		return wrong(v, key, "text", ds);
	*out = v->text;
	return true;
}

bool ql_yaml_is_number(const struct ql_yaml *v, double *out)
{
	return v && v->kind == QL_YAML_SCALAR && !v->quoted && ql_parse_double(v->text, strlen(v->text), out);
}

bool ql_yaml_number(const struct ql_yaml *map, const char *key, bool required, struct ql_diags *ds, double *out)
{
	const struct ql_yaml *v = ql_yaml_get(map, key);
	if (!v)
		return absent(map, key, required, ds);
	return ql_yaml_is_number(v, out) || wrong(v, key, "a number", ds);
}

bool ql_yaml_bool(const struct ql_yaml *map, const char *key, bool required, struct ql_diags *ds, bool *out)
{
	const struct ql_yaml *v = ql_yaml_get(map, key);
	if (!v)
		return absent(map, key, required, ds);
	if (v->kind == QL_YAML_SCALAR && (strcmp(v->text, "true") == 0 || strcmp(v->text, "false") == 0)) {
		*out = v->text[0] == 't';
		return true;
	}
	return wrong(v, key, "true or false", ds);
}
