/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include <inttypes.h>
#include "base/io.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* jansson answers a failed allocation by leaving things out. The count makes that an error when the text is written. */
static _Thread_local long lost;

static void *counted_malloc(size_t size)
{
	void *p = malloc(size);
	if (!p) {
		lost++;
		(void)ql_memory_failed();
	}
	return p;
}

__attribute__((constructor)) static void count_lost_allocations(void) { json_set_alloc_funcs(counted_malloc, free); }

json_t *ql_json_real(double x) { return isfinite(x) ? json_real(x) : json_null(); }

json_t *ql_json_text(const char *s)
{
	if (!s)
		return json_null();
	json_t *v = json_string(s);
	if (v)
		return v;
	struct ql_buf b = {0};
	ql_buf_puts(&b, s);
	for (size_t i = 0; i < b.len; i++)
		if ((unsigned char)b.data[i] >= 0x80)
			b.data[i] = '?';
	v = json_string(b.data);
	ql_buf_free(&b);
	return v;
}

static void write_string(const char *s, size_t n, struct ql_buf *out)
{
	ql_buf_puts(out, "\"");
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		if (c == '"' || c == '\\')
			ql_buf_printf(out, "\\%c", c);
		else if (c == '\n')
			ql_buf_puts(out, "\\n");
		else if (c < 0x20)
			ql_buf_printf(out, "\\u%04x", c);
		else
			ql_buf_add(out, s + i, 1);
	}
	ql_buf_puts(out, "\"");
}

static void write_scalar(const json_t *v, struct ql_buf *out)
{
	char text[32];
	switch (json_typeof(v)) {
	case JSON_STRING:
		write_string(json_string_value(v), json_string_length(v), out);
		break;
	case JSON_INTEGER:
		ql_buf_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
		break;
	case JSON_REAL:
		ql_buf_puts(out, isfinite(json_real_value(v)) ? ql_format_double(json_real_value(v), text) : "null");
		break;
	default:
		ql_buf_puts(out, json_is_true(v) ? "true" : json_is_false(v) ? "false" : "null");
	}
}

static void new_line(int depth, struct ql_buf *out) { ql_buf_printf(out, "\n%*s", 2 * depth, ""); }

/* Numbers only: one line, as the arrays of curves would fill pages otherwise. */
static bool is_flat(const json_t *array)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *v = json_array_get(array, i);
		if (json_is_object(v) || json_is_array(v))
			return false;
	}
	return true;
}

/* Depth is that of the trees quell builds itself, a handful of levels. */
static void write_value(const json_t *v, int depth, struct ql_buf *out)
{
	if (json_is_array(v)) {
		bool flat = is_flat(v);
		ql_buf_puts(out, "[");
		for (size_t i = 0; i < json_array_size(v); i++) {
			ql_buf_puts(out, i == 0 ? "" : flat ? ", " : ",");
			if (!flat)
				new_line(depth + 1, out);
			write_value(json_array_get(v, i), depth + 1, out);
		}
		if (!flat)
			new_line(depth, out);
		ql_buf_puts(out, "]");
	} else if (json_is_object(v)) {
		const char *key;
		json_t *child;
		bool first = true;
		ql_buf_puts(out, "{");
		json_object_foreach((json_t *)(uintptr_t)v, key, child) {
			ql_buf_puts(out, first ? "" : ",");
			first = false;
			new_line(depth + 1, out);
			write_string(key, strlen(key), out);
			ql_buf_puts(out, ": ");
			write_value(child, depth + 1, out);
		}
		if (!first)
			new_line(depth, out);
		ql_buf_puts(out, "}");
	} else {
		write_scalar(v, out);
	}
}

void ql_json_write(const json_t *v, struct ql_buf *out)
{
	if (lost) {
		lost = 0;
		ql_out_of_memory();
	}
	write_value(v, 0, out);
	ql_buf_puts(out, "\n");
}

void ql_json_put(json_t *o, const char *key, json_t *v) { json_object_set_new(o, key, v); }
void ql_json_put_text(json_t *o, const char *key, const char *s) { ql_json_put(o, key, ql_json_text(s)); }
void ql_json_put_real(json_t *o, const char *key, double x) { ql_json_put(o, key, ql_json_real(x)); }
void ql_json_put_count(json_t *o, const char *key, uint64_t n) { ql_json_put(o, key, json_integer((json_int_t)n)); }

void ql_json_put_hash(json_t *o, const char *key, uint64_t hash)
{
	char text[20];
	snprintf(text, sizeof text, "%016" PRIx64, hash);
	ql_json_put_text(o, key, text);
}

void ql_json_put_reals(json_t *o, const char *key, const double *x, int n)
{
	json_t *list = json_array();
	for (int i = 0; i < n; i++)
		json_array_append_new(list, ql_json_real(x[i]));
	ql_json_put(o, key, list);
}

void ql_json_put_counts(json_t *o, const char *key, const uint64_t *x, int n)
{
	json_t *list = json_array();
	for (int i = 0; i < n; i++)
		json_array_append_new(list, json_integer((json_int_t)x[i]));
	ql_json_put(o, key, list);
}
