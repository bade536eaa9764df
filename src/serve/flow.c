/* SPDX-License-Identifier: Apache-2.0 */
/* web/src/lib/flow.ts does the same for the command that the page shows. */
#include "serve/flow.h"
#include "base/io.h"
#include <stdlib.h>
#include <string.h>

static bool is_plain(const char *s)
{
	static const char alnum[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	return *s && strchr(alnum, *s) && s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+/-")] == 0;
}

static void quoted(const char *s, struct ql_buf *out)
{
	json_t *v = json_string(s);
	char *text = v ? json_dumps(v, JSON_ENCODE_ANY) : NULL;
	ql_buf_puts(out, text ? text : "\"\"");
	free(text);
	json_decref(v);
}

static void word(const char *s, bool key, struct ql_buf *out)
{
	double x;
	if (is_plain(s) && (key || !ql_parse_double(s, strlen(s), &x)))
		ql_buf_puts(out, s);
	else
		quoted(s, out);
}

static void number(const json_t *v, struct ql_buf *out)
{
	char text[32];
	if (json_is_integer(v))
		ql_buf_printf(out, "%lld", (long long)json_integer_value(v));
	else
		ql_buf_puts(out, ql_format_double(json_real_value(v), text));
}

void ql_flow_write(const json_t *v, struct ql_buf *out)
{
	const char *key, *between = "";
	json_t *x;
	size_t i;
	if (json_is_object(v)) {
		ql_buf_puts(out, "{");
		json_object_foreach((json_t *)v, key, x) {
			ql_buf_puts(out, between);
			word(key, true, out);
			ql_buf_puts(out, ": ");
			ql_flow_write(x, out);
			between = ", ";
		}
		ql_buf_puts(out, "}");
	} else if (json_is_array(v)) {
		ql_buf_puts(out, "[");
		json_array_foreach(v, i, x) {
			ql_buf_puts(out, between);
			ql_flow_write(x, out);
			between = ", ";
		}
		ql_buf_puts(out, "]");
	} else if (json_is_string(v)) {
		word(json_string_value(v), false, out);
	} else if (json_is_number(v)) {
		number(v, out);
	} else {
		ql_buf_puts(out, json_is_true(v) ? "true" : json_is_false(v) ? "false" : "null");
	}
}
