/* SPDX-License-Identifier: Apache-2.0 */
/* The Arrow C data interface. Layout and rules: https://arrow.apache.org/docs/format/CDataInterface.html */
#include "api/api.h"
#include <stdlib.h>
#include <string.h>

/* What the two structures of one export share; columns count as children with no data of their own. */
struct schema_data {
	struct ArrowSchema *child, **list;
	char **metadata;
	char *text; /* names */
};

struct array_data {
	struct ql_table *t;
	struct ArrowArray *child, **list;
	const void *(*buffer)[3];
	const void *none[1];
};

static void release_child_schema(struct ArrowSchema *s) { s->release = NULL; }
static void release_child_array(struct ArrowArray *a) { a->release = NULL; }

static void free_schema(struct schema_data *d, int n)
{
	for (int i = 0; d->metadata && i < n; i++)
		free(d->metadata[i]);
	free(d->metadata);
	free(d->text);
	free(d->child);
	free(d->list);
	free(d);
}

static void release_schema(struct ArrowSchema *s)
{
	struct schema_data *d = s->private_data;
	for (int64_t i = 0; i < s->n_children; i++)
		if (s->children[i]->release)
			s->children[i]->release(s->children[i]);
	free_schema(d, (int)s->n_children);
	s->release = NULL;
}

/* The last part of an export that goes frees the table: children may have been moved out and live longer. */
static void release_array(struct ArrowArray *a)
{
	struct array_data *d = a->private_data;
	for (int64_t i = 0; i < a->n_children; i++)
		if (a->children[i]->release)
			a->children[i]->release(a->children[i]);
	ql_table_unref(d->t);
	free(d->child);
	free(d->list);
	free(d->buffer);
	free(d);
	a->release = NULL;
}

static void release_column(struct ArrowArray *a)
{
	struct array_data *d = a->private_data;
	ql_table_unref(d->t);
	free(d->buffer);
	free(d);
	release_child_array(a);
}

static char *put_pair(char *p, const char *key, const char *value)
{
	int32_t n = (int32_t)strlen(key), m = (int32_t)strlen(value);
	memcpy(p, &n, 4);
	memcpy(p + 4, key, (size_t)n);
	memcpy(p + 4 + n, &m, 4);
	memcpy(p + 8 + n, value, (size_t)m);
	return p + 8 + n + m;
}

/* Number of pairs, then length and bytes of every key and value. */
static char *metadata_of(const struct quell_column *c)
{
	char *text = malloc(4 + 2 * 8 + strlen("unit") + strlen("title") + strlen(c->unit) + strlen(c->title));
	const int32_t two = 2;
	if (!text)
		return NULL;
	memcpy(text, &two, 4);
	put_pair(put_pair(text + 4, "unit", c->unit), "title", c->title);
	return text;
}

static const char *format_of(enum quell_type t) { return t == QUELL_DOUBLE ? "g" : t == QUELL_INT64 ? "l" : "u"; }

static bool export_schema(const struct ql_table *t, struct ArrowSchema *out)
{
	size_t n = (size_t)t->n, length = strlen(t->name) + 1;
	for (int i = 0; i < t->n; i++)
		length += strlen(t->column[i].c.name) + 1;
	struct schema_data *d = calloc(1, sizeof *d);
	if (!d)
		return false;
	d->child = calloc(n + 1, sizeof *d->child);
	d->list = calloc(n + 1, sizeof *d->list);
	d->metadata = calloc(n + 1, sizeof *d->metadata);
	d->text = malloc(length);
	bool ok = d->child && d->list && d->metadata && d->text;
	for (size_t i = 0; ok && i < n; i++)
		ok = (d->metadata[i] = metadata_of(&t->column[i].c)) != NULL;
	if (!ok) {
		free_schema(d, t->n);
		return false;
	}
	char *p = d->text;
	for (size_t i = 0; i < n; i++) {
		const struct quell_column *c = &t->column[i].c;
		d->list[i] = &d->child[i];
		d->child[i] = (struct ArrowSchema){.format = format_of(c->type),
						   .name = strcpy(p, c->name),
						   .metadata = d->metadata[i],
						   .flags = c->valid ? ARROW_FLAG_NULLABLE : 0,
						   .release = release_child_schema};
		p += strlen(c->name) + 1;
	}
	*out = (struct ArrowSchema){.format = "+s",
				    .name = strcpy(p, t->name),
				    .n_children = t->n,
				    .children = d->list,
				    .release = release_schema,
				    .private_data = d};
	return true;
}

static bool export_column(struct ql_table *t, int i, struct ArrowArray *out)
{
	const struct quell_column *c = &t->column[i].c;
	struct array_data *d = calloc(1, sizeof *d);
	const void *(*buffer)[3] = calloc(1, sizeof *buffer);
	if (!d || !buffer) {
		free(d);
		free(buffer);
		return false;
	}
	int64_t nulls = 0;
	for (int64_t k = 0; c->valid && k < t->rows; k++)
		nulls += !(c->valid[k / 8] >> (k % 8) & 1);
	(*buffer)[0] = c->valid;
	(*buffer)[1] = c->type == QUELL_DOUBLE ? (const void *)c->doubles : c->type == QUELL_INT64 ? (const void *)c->ints : c->offsets;
	(*buffer)[2] = c->bytes;
	*d = (struct array_data){.t = t, .buffer = buffer};
	ql_table_ref(t);
	*out = (struct ArrowArray){.length = t->rows,
				   .null_count = nulls,
				   .n_buffers = c->type == QUELL_TEXT ? 3 : 2,
				   .buffers = *buffer,
				   .release = release_column,
				   .private_data = d};
	return true;
}

static bool export_array(struct ql_table *t, struct ArrowArray *out)
{
	size_t n = (size_t)t->n;
	struct array_data *d = calloc(1, sizeof *d);
	if (!d)
		return false;
	d->child = calloc(n + 1, sizeof *d->child);
	d->list = calloc(n + 1, sizeof *d->list);
	bool ok = d->child && d->list;
	for (size_t i = 0; ok && i < n; i++) {
		d->list[i] = &d->child[i];
		ok = export_column(t, (int)i, &d->child[i]);
	}
	if (!ok) {
		for (size_t i = 0; d->child && i < n; i++)
			if (d->child[i].release)
				d->child[i].release(&d->child[i]);
		free(d->child);
		free(d->list);
		free(d);
		return false;
	}
	ql_table_ref(t);
	d->t = t;
	*out = (struct ArrowArray){.length = t->rows,
				   .n_buffers = 1,
				   .buffers = d->none,
				   .n_children = t->n,
				   .children = d->list,
				   .release = release_array,
				   .private_data = d};
	return true;
}

enum quell_status quell_table_arrow(struct quell_table *handle, struct ArrowSchema *schema, struct ArrowArray *array)
{
	struct ql_table *t;
	if (!schema || !array)
		return ql_api_fail(QUELL_ERR_USAGE, "quell_table_arrow: there is no place for the result");
	memset(schema, 0, sizeof *schema);
	memset(array, 0, sizeof *array);
	enum quell_status s = ql_handle_share(handle, QL_TABLE_HANDLE, &t);
	if (s != QUELL_OK)
		return s;
	if (t->n && t->column[0].borrowed) {
		s = ql_api_fail(QUELL_ERR_USAGE, "quell_table_arrow is for tables of results");
	} else if (!export_schema(t, schema)) {
		s = ql_api_said(QUELL_ERR_MEMORY);
	} else if (!export_array(t, array)) {
		schema->release(schema);
		s = ql_api_said(QUELL_ERR_MEMORY);
	}
	ql_handle_unshare(handle);
	return s;
}
