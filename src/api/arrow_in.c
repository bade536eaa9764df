/* SPDX-License-Identifier: Apache-2.0 */
/* Columns of other libraries by the Arrow C data interface. Doubles and whole numbers of 32 and 64 bits without missing
 * values stay where they are; everything else is turned into doubles or text. */
#include "api/api.h"
#include <math.h>
#include <string.h>

struct column { /* at work */
	const char *name, *format;
	const struct ArrowArray *a;
	int64_t start, rows; /* of the values: offsets are added */
};

struct call {
	struct ArrowSchema *schema;
	struct ArrowArray *array;
	struct ql_arena *arena;
	struct quell_table *table;
	int at; /* column */
	enum quell_status s;
};

static bool valid(const struct ArrowArray *a, int64_t i)
{
	const uint8_t *bits = a->n_buffers > 0 && a->null_count != 0 ? a->buffers[0] : NULL;
	return !bits || bits[i / 8] >> (i % 8) & 1;
}

static bool any_missing(const struct column *c)
{
	bool found = false;
	for (int64_t i = 0; i < c->rows && !found; i++)
		found = !valid(c->a, c->start + i);
	return found;
}

/* Element i of an array of numbers. */
static double number(char format, const void *data, int64_t i)
{
	switch (format) {
	case 'b':
		return ((const uint8_t *)data)[i / 8] >> (i % 8) & 1;
	case 'c':
		return ((const int8_t *)data)[i];
	case 'C':
		return ((const uint8_t *)data)[i];
	case 's':
		return ((const int16_t *)data)[i];
	case 'S':
		return ((const uint16_t *)data)[i];
	case 'i':
		return ((const int32_t *)data)[i];
	case 'I':
		return ((const uint32_t *)data)[i];
	case 'l':
		return (double)((const int64_t *)data)[i];
	case 'L':
		return (double)((const uint64_t *)data)[i];
	case 'f':
		return (double)((const float *)data)[i];
	case 'g':
		return ((const double *)data)[i];
	}
	return NAN;
}

static bool is_number(const char *format) { return format[0] && !format[1] && strchr("bcCsSiIlLfg", format[0]); }
static bool is_text(const char *format) { return strcmp(format, "u") == 0 || strcmp(format, "U") == 0; }

static const char *text_at(struct ql_arena *arena, const char *format, const struct ArrowArray *a, int64_t i)
{
	const char *bytes = a->buffers[2];
	if (!valid(a, i))
		return NULL;
	int64_t from = *format == 'u' ? ((const int32_t *)a->buffers[1])[i] : ((const int64_t *)a->buffers[1])[i];
	int64_t to = *format == 'u' ? ((const int32_t *)a->buffers[1])[i + 1] : ((const int64_t *)a->buffers[1])[i + 1];
	return ql_arena_strndup(arena, bytes ? bytes + from : "", (size_t)(to - from));
}

static enum quell_status give_numbers(const struct call *k, const struct column *c)
{
	const void *data = c->a->n_buffers > 1 ? c->a->buffers[1] : NULL;
	bool as_is = data && !any_missing(c);
	if (as_is && *c->format == 'g')
		return quell_table_add_doubles(k->table, c->name, (const double *)data + c->start);
	if (as_is && *c->format == 'i')
		return quell_table_add_int32(k->table, c->name, (const int32_t *)data + c->start);
	if (as_is && *c->format == 'l')
		return quell_table_add_int64(k->table, c->name, (const int64_t *)data + c->start);
	double *x = QL_NEW_N(k->arena, double, (size_t)c->rows + 1);
	for (int64_t i = 0; i < c->rows; i++)
		x[i] = data && valid(c->a, c->start + i) ? number(*c->format, data, c->start + i) : (double)NAN;
	return quell_table_add_doubles(k->table, c->name, x);
}

static enum quell_status give_texts(const struct call *k, const struct column *c)
{
	const char **x = QL_NEW_N(k->arena, const char *, (size_t)c->rows + 1);
	for (int64_t i = 0; i < c->rows; i++)
		x[i] = text_at(k->arena, c->format, c->a, c->start + i);
	return quell_table_add_text(k->table, c->name, x);
}

/* Codes and a dictionary of texts: factors, categories. */
static enum quell_status give_codes(const struct call *k, const struct column *c, const char *of)
{
	const struct ArrowArray *words = c->a->dictionary;
	const char **word = QL_NEW_N(k->arena, const char *, (size_t)words->length + 1);
	const char **x = QL_NEW_N(k->arena, const char *, (size_t)c->rows + 1);
	for (int64_t i = 0; i < words->length; i++)
		word[i] = text_at(k->arena, of, words, words->offset + i);
	for (int64_t i = 0; i < c->rows; i++) {
		double code = valid(c->a, c->start + i) ? number(*c->format, c->a->buffers[1], c->start + i) : -1.0;
		x[i] = code >= 0 && code < (double)words->length ? word[(int64_t)code] : NULL;
	}
	return quell_table_add_text(k->table, c->name, x);
}

static enum quell_status give(void *arg)
{
	struct call *k = arg;
	const struct ArrowSchema *s = k->schema->children[k->at];
	const struct ArrowArray *a = k->array->children[k->at];
	const struct column c = {s->name ? s->name : "", s->format, a, k->array->offset + a->offset, k->array->length};
	if (s->dictionary && is_text(s->dictionary->format) && is_number(c.format) && a->dictionary)
		k->s = give_codes(k, &c, s->dictionary->format);
	else if (!s->dictionary && is_number(c.format))
		k->s = give_numbers(k, &c);
	else if (!s->dictionary && is_text(c.format))
		k->s = give_texts(k, &c);
	else if (strcmp(c.format, "n") == 0)
		k->s = give_numbers(k, &(struct column){c.name, "g", &(struct ArrowArray){0}, 0, c.rows});
	else
		k->s = ql_api_fail(QUELL_ERR_USAGE, "column `%s` holds Arrow's type `%s`; a column holds numbers or text", c.name, c.format);
	return k->s;
}

static enum quell_status checked(const struct ArrowSchema *s, const struct ArrowArray *a)
{
	if (!s || !a || !s->release || !a->release || !s->format)
		return ql_api_fail(QUELL_ERR_USAGE, "these Arrow structures are empty: they were released, or taken over before");
	if (strcmp(s->format, "+s") != 0)
		return ql_api_fail(QUELL_ERR_USAGE, "a table is a struct array (`+s`) of its columns, not `%s`", s->format);
	if (s->n_children != a->n_children || a->length < 0)
		return ql_api_fail(QUELL_ERR_USAGE, "schema and array do not belong together: %lld and %lld columns",
				   (long long)s->n_children, (long long)a->n_children);
	if (a->null_count > 0)
		return ql_api_fail(QUELL_ERR_USAGE, "whole rows of the struct array are missing; columns may have missing values, rows not");
	return QUELL_OK;
}

static enum quell_status take(const char *name, struct ArrowSchema *schema, struct ArrowArray *array, struct quell_table **out)
{
	struct ql_table *t;
	enum quell_status s = quell_table_new(name, array->length, out);
	if (s == QUELL_OK)
		s = ql_handle_share(*out, QL_TABLE_HANDLE, &t);
	if (s != QUELL_OK)
		return s;
	struct call k = {schema, array, &t->arena, *out, 0, QUELL_OK};
	for (; k.at < (int)schema->n_children && s == QUELL_OK; k.at++)
		s = ql_api_said(ql_protect(give, &k));
	if (s == QUELL_OK) {
		t->taken = *array;
		array->release = NULL; /* moved */
	}
	ql_handle_unshare(*out);
	return s;
}

enum quell_status quell_table_take_arrow(const char *name, struct ArrowSchema *schema, struct ArrowArray *array, struct quell_table **out)
{
	if (!out)
		return ql_api_fail(QUELL_ERR_USAGE, "quell_table_take_arrow: there is no place for the result");
	*out = NULL;
	enum quell_status s = checked(schema, array);
	if (s == QUELL_OK)
		s = take(name, schema, array, out);
	if (s != QUELL_OK && *out) {
		char kept[512];
		snprintf(kept, sizeof kept, "%s", quell_last_error());
		quell_table_free(*out);
		*out = NULL;
		ql_api_fail(s, "%s", kept);
	}
	if (array && array->release)
		array->release(array);
	if (schema && schema->release)
		schema->release(schema);
	return s;
}
