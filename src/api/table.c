/* SPDX-License-Identifier: Apache-2.0 */
/* Tables: of the caller's columns, borrowed, or of results, owned and counted. */
#include "api/api.h"
#include <limits.h>
#include <math.h>
#include <string.h>

struct ql_table *ql_table_make(const char *name, int64_t rows)
{
	struct ql_table *t = ql_realloc(NULL, 1, sizeof *t);
	*t = (struct ql_table){.refs = 1, .rows = rows};
	pthread_mutex_init(&t->lock, NULL);
	t->name = ql_arena_strdup(&t->arena, name);
	return t;
}

void ql_table_ref(struct ql_table *t) { t->refs++; }

void ql_table_unref(struct ql_table *t)
{
	if (!t || --t->refs > 0)
		return;
	for (int i = 0; i < t->n; i++) {
		struct ql_table_column *c = &t->column[i];
		ql_free_aligned(c->own_doubles);
		ql_free_aligned(c->own_ints);
		ql_free_aligned(c->own_offsets);
		ql_free_aligned(c->own_valid);
		ql_buf_free(&c->own_bytes);
	}
	if (t->taken.release)
		t->taken.release(&t->taken);
	ql_free(t->column);
	ql_buf_free(&t->csv);
	pthread_mutex_destroy(&t->lock);
	ql_arena_free(&t->arena);
	ql_free(t);
}

static struct ql_table_column *add_column(struct ql_table *t, const char *name, enum quell_type type)
{
	const char *kept = ql_arena_strdup(&t->arena, name);
	QL_GROW(t->column, t->n, t->cap);
	struct ql_table_column *c = &t->column[t->n++];
	*c = (struct ql_table_column){.c = {.name = kept, .unit = "", .title = "", .type = type, .rows = t->rows}};
	return c;
}

static void describe(struct ql_table *t, struct ql_table_column *c, const char *unit, const char *title)
{
	c->c.unit = ql_arena_strdup(&t->arena, unit ? unit : "");
	c->c.title = ql_arena_strdup(&t->arena, title ? title : "");
}

double *ql_table_doubles(struct ql_table *t, const char *name, const char *unit, const char *title)
{
	struct ql_table_column *c = add_column(t, name, QUELL_DOUBLE);
	describe(t, c, unit, title);
	c->own_doubles = ql_alloc_aligned((size_t)t->rows + 1, sizeof(double));
	c->c.doubles = c->own_doubles;
	return c->own_doubles;
}

int64_t *ql_table_ints(struct ql_table *t, const char *name, const char *unit, const char *title)
{
	struct ql_table_column *c = add_column(t, name, QUELL_INT64);
	describe(t, c, unit, title);
	c->own_ints = ql_alloc_aligned((size_t)t->rows + 1, sizeof(int64_t));
	c->c.ints = c->own_ints;
	return c->own_ints;
}

int ql_table_text(struct ql_table *t, const char *name, const char *title)
{
	struct ql_table_column *c = add_column(t, name, QUELL_TEXT);
	describe(t, c, "", title);
	c->own_offsets = ql_alloc_aligned((size_t)t->rows + 1, sizeof(int32_t));
	c->c.offsets = c->own_offsets;
	ql_buf_puts(&c->own_bytes, "");
	c->c.bytes = c->own_bytes.data;
	return t->n - 1;
}

void ql_table_text_add(struct ql_table *t, int column, const char *s)
{
	struct ql_table_column *c = &t->column[column];
	if (!s && !c->own_valid) {
		c->own_valid = ql_alloc_aligned((size_t)t->rows / 8 + 1, 1);
		memset(c->own_valid, 0xff, (size_t)t->rows / 8 + 1);
		c->c.valid = c->own_valid;
	}
	if (!s)
		c->own_valid[c->n_text / 8] &= (uint8_t) ~(1u << (c->n_text % 8));
	else
		ql_buf_puts(&c->own_bytes, s);
	if (c->own_bytes.len > INT32_MAX)
		ql_out_of_memory();
	c->own_offsets[++c->n_text] = (int32_t)c->own_bytes.len;
	c->c.bytes = c->own_bytes.data;
}

void ql_table_text_fill(struct ql_table *t, int column, const char *s, int64_t times)
{
	for (int64_t i = 0; i < times; i++)
		ql_table_text_add(t, column, s);
}

/* ---- the caller's tables ---- */

enum quell_status ql_table_csv_view(const struct ql_table *t, struct ql_arena *a, struct ql_diags *ds, struct ql_csv **out)
{
	const struct ql_csv_options options = {.any_case = true};
	struct ql_csv_column *in = QL_NEW_N(a, struct ql_csv_column, (size_t)t->n + 1);
	for (int i = 0; i < t->n; i++)
		in[i] = t->column[i].in;
	return ql_csv_from_columns(a, t->name, in, t->n, t->rows, &options, ds, out);
}

struct call {
	const char *name;
	int64_t rows;
	struct ql_table *t;
	struct ql_csv_column in;
	struct quell_table **out;
	struct ql_buf *csv;
};

static bool is_utf8(const char *s)
{
	json_t *j = json_string(s); /* NULL for anything else */
	json_decref(j);
	return j != NULL;
}

static enum quell_status make(void *arg)
{
	struct call *c = arg;
	c->t = ql_table_make(c->name, c->rows);
	return ql_handle_make(QL_TABLE_HANDLE, c->t, c->out);
}

enum quell_status quell_table_new(const char *name, int64_t rows, struct quell_table **out)
{
	if (!out)
		return ql_api_fail(QUELL_ERR_USAGE, "quell_table_new: there is no place for the result");
	*out = NULL;
	if (rows < 0)
		return ql_api_fail(QUELL_ERR_USAGE, "quell_table_new: %lld rows", (long long)rows);
	struct call c = {.name = name && is_utf8(name) ? name : "data", .rows = rows, .out = out};
	enum quell_status s = ql_api_said(ql_protect(make, &c));
	if (s != QUELL_OK)
		ql_table_unref(c.t);
	return s;
}

static enum quell_status add_input(void *arg)
{
	struct call *c = arg;
	enum quell_type type = c->in.real ? QUELL_DOUBLE : c->in.text ? QUELL_TEXT : QUELL_INT64;
	struct ql_table_column *column = add_column(c->t, c->name, type);
	column->borrowed = true;
	column->in = c->in;
	column->in.name = column->c.name;
	column->c.doubles = c->in.real;
	column->c.ints = c->in.long_whole;
	return QUELL_OK;
}

static enum quell_status bad_text(const struct ql_table *t, const char *name, const char *const *x)
{
	for (int64_t i = 0; x && i < t->rows; i++)
		if (x[i] && !is_utf8(x[i]))
			return ql_api_fail(QUELL_ERR_INPUT, "%s, row %lld, column `%s`: the text is not UTF-8", t->name,
					   (long long)i + 1, name);
	return QUELL_OK;
}

static enum quell_status add(struct quell_table *handle, const char *name, struct ql_csv_column in)
{
	struct ql_table *t;
	enum quell_status s = ql_handle_enter(handle, QL_TABLE_HANDLE, &t);
	if (s != QUELL_OK)
		return s;
	if (!name || !*name || !is_utf8(name))
		s = ql_api_fail(QUELL_ERR_USAGE, "a column needs a name, in UTF-8");
	else if (t->n && !t->column[0].borrowed)
		s = ql_api_fail(QUELL_ERR_USAGE, "the table belongs to a result and takes no further columns");
	else if (t->refs > 1)
		s = ql_api_fail(QUELL_ERR_USAGE, "the table was given to a run and takes no further columns");
	else if (!in.real && !in.whole && !in.long_whole && !in.text && t->rows > 0)
		s = ql_api_fail(QUELL_ERR_USAGE, "column `%s` has no values (NULL)", name);
	else
		s = bad_text(t, name, in.text);
	if (s == QUELL_OK) {
		static const double nothing;
		if (t->rows == 0)
			in = (struct ql_csv_column){.real = &nothing};
		struct call c = {.t = t, .name = name, .in = in};
		s = ql_api_said(ql_protect(add_input, &c));
	}
	ql_handle_leave(handle);
	return s;
}

enum quell_status quell_table_add_doubles(struct quell_table *t, const char *name, const double *x)
{
	return add(t, name, (struct ql_csv_column){.real = x});
}

enum quell_status quell_table_add_int32(struct quell_table *t, const char *name, const int32_t *x)
{
	return add(t, name, (struct ql_csv_column){.whole = x});
}

enum quell_status quell_table_add_int64(struct quell_table *t, const char *name, const int64_t *x)
{
	return add(t, name, (struct ql_csv_column){.long_whole = x});
}

enum quell_status quell_table_add_text(struct quell_table *t, const char *name, const char *const *x)
{
	return add(t, name, (struct ql_csv_column){.text = x});
}

enum quell_status quell_table_free(struct quell_table *handle)
{
	struct ql_table *t;
	enum quell_status s = ql_handle_end(handle, QL_TABLE_HANDLE, &t);
	ql_table_unref(t);
	return s;
}

/* ---- reading ---- */

enum quell_status quell_table_size(struct quell_table *handle, int64_t *rows, int *columns)
{
	struct ql_table *t;
	enum quell_status s = ql_handle_share(handle, QL_TABLE_HANDLE, &t);
	if (s != QUELL_OK)
		return s;
	if (rows)
		*rows = t->rows;
	if (columns)
		*columns = t->n;
	ql_handle_unshare(handle);
	return QUELL_OK;
}

enum quell_status quell_table_column(struct quell_table *handle, int i, struct quell_column *out)
{
	struct ql_table *t;
	enum quell_status s = ql_handle_share(handle, QL_TABLE_HANDLE, &t);
	if (s != QUELL_OK)
		return s;
	if (!out)
		s = ql_api_fail(QUELL_ERR_USAGE, "quell_table_column: there is no place for the result");
	else if (i < 0 || i >= t->n)
		s = ql_api_fail(QUELL_ERR_USAGE, "the table has %d columns, numbered from 0; there is no column %d", t->n, i);
	else
		*out = t->column[i].c;
	ql_handle_unshare(handle);
	return s;
}

enum quell_status quell_table_find(struct quell_table *handle, const char *name, int *column)
{
	struct ql_table *t;
	enum quell_status s = ql_handle_share(handle, QL_TABLE_HANDLE, &t);
	if (s != QUELL_OK)
		return s;
	int found = -1;
	for (int i = 0; name && i < t->n && found < 0; i++)
		if (strcmp(t->column[i].c.name, name) == 0)
			found = i;
	if (found < 0)
		s = ql_api_fail(QUELL_ERR_USAGE, "the table `%s` has no column `%s`", t->name, name ? name : "(NULL)");
	else if (column)
		*column = found;
	ql_handle_unshare(handle);
	return s;
}

static void csv_cell(const struct ql_table_column *c, int64_t row, struct ql_buf *text, struct ql_buf *out)
{
	char number[32];
	int32_t from, to;
	switch (c->c.type) {
	case QUELL_DOUBLE:
		ql_buf_puts(out, isnan(c->c.doubles[row]) ? "" : ql_format_double(c->c.doubles[row], number));
		break;
	case QUELL_INT64:
		ql_buf_printf(out, "%lld", (long long)c->c.ints[row]);
		break;
	case QUELL_TEXT:
		from = c->c.offsets[row];
		to = c->c.offsets[row + 1];
		text->len = 0;
		ql_buf_add(text, c->c.bytes + from, (size_t)(to - from));
		ql_csv_write_cell(out, text->data, ',');
	}
}

static enum quell_status write_csv(void *arg)
{
	struct call *c = arg;
	const struct ql_table *t = c->t;
	struct ql_buf *out = &c->csv[0], *text = &c->csv[1];
	for (int i = 0; i < t->n; i++) {
		ql_buf_puts(out, i ? "," : "");
		ql_csv_write_cell(out, t->column[i].c.name, ',');
	}
	ql_buf_puts(out, "\n");
	for (int64_t row = 0; row < t->rows; row++)
		for (int i = 0; i < t->n; i++) {
			ql_buf_puts(out, i ? "," : "");
			csv_cell(&t->column[i], row, text, out);
			ql_buf_puts(out, i == t->n - 1 ? "\n" : "");
		}
	return QUELL_OK;
}

enum quell_status quell_table_csv(struct quell_table *handle, const char **text, size_t *length)
{
	struct ql_table *t;
	enum quell_status s = ql_handle_share(handle, QL_TABLE_HANDLE, &t);
	if (s != QUELL_OK)
		return s;
	pthread_mutex_lock(&t->lock);
	if (t->n && t->column[0].borrowed) {
		s = ql_api_fail(QUELL_ERR_USAGE, "quell_table_csv is for tables of results");
	} else if (!t->csv.data) {
		struct ql_buf out[2] = {{0}};
		struct call c = {.t = t, .csv = out};
		s = ql_api_said(ql_protect(write_csv, &c));
		ql_buf_free(&out[1]);
		if (s == QUELL_OK)
			t->csv = out[0];
		else
			ql_buf_free(&out[0]);
	}
	if (text)
		*text = s == QUELL_OK ? t->csv.data : "";
	if (length)
		*length = s == QUELL_OK ? t->csv.len : 0;
	pthread_mutex_unlock(&t->lock);
	ql_handle_unshare(handle);
	return s;
}
