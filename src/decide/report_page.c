/* SPDX-License-Identifier: Apache-2.0 */
/* The report with the page inside: what is read without scripts stays, the page takes over where they run. */
#include "base/json.h"
#include "decide/compare_json.h"
#include "decide/page.h"
#include "decide/report.h"
#include <string.h>

static void add_file(struct ql_buf *b, const char *name)
{
	struct ql_page_file f;
	if (ql_page_find(name, &f))
		ql_buf_add(b, f.data, f.len);
}

/* JSON as the text of a script element: no `<` that could end it. */
static void add_json(struct ql_buf *b, const char *id, const struct ql_buf *json)
{
	ql_buf_printf(b, "<script type=\"application/json\" id=\"%s\">", id);
	for (const char *p = json->data, *end = p + json->len; p < end;) {
		const char *stop = memchr(p, '<', (size_t)(end - p));
		ql_buf_add(b, p, (size_t)((stop ? stop : end) - p));
		if (stop)
			ql_buf_puts(b, "\\u003c");
		p = stop ? stop + 1 : end;
	}
	ql_buf_puts(b, "</script>\n");
}

static void add_meta(struct ql_buf *b, const struct ql_report_meta *meta)
{
	struct ql_buf text = {0};
	json_t *o = json_object();
	json_object_set_new(o, "command", ql_json_text(meta ? meta->command : NULL));
	json_object_set_new(o, "solver", ql_json_text(meta ? meta->solver : NULL));
	ql_json_write(o, &text);
	json_decref(o);
	add_json(b, "quell-report", &text);
	ql_buf_free(&text);
}

/* Nothing may be loaded, and of scripts only the one with this hash may run. */
static void add_policy(struct ql_buf *b)
{
	ql_buf_puts(b, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
		       "img-src data: blob:; script-src '");
	add_file(b, "app.js.hash");
	ql_buf_puts(b, "'\">\n<style id=\"page-style\" media=\"not all\">\n");
	add_file(b, "app.css");
	ql_buf_puts(b, "</style>\n");
}

/* Copies `from` up to `mark`; returns where the mark begins. The marks are those of ql_report_html(). */
static const char *copy_to(struct ql_buf *b, const char *from, const char *mark)
{
	const char *at = strstr(from, mark);
	ql_buf_add(b, from, at ? (size_t)(at - from) : strlen(from));
	return at ? at : from + strlen(from);
}

void ql_report_page(const struct ql_compare *c, const struct ql_report_meta *meta, struct ql_buf *out)
{
	struct ql_buf plain = {0}, json = {0};
	ql_report_html(c, meta, &plain);
	ql_compare_json(c, &json);
	const char *rest = copy_to(out, plain.data, "</head>");
	add_policy(out);
	rest = copy_to(out, rest, "</body>");
	add_json(out, "quell-data", &json);
	add_meta(out, meta);
	ql_buf_puts(out, "<script type=\"module\">");
	add_file(out, "app.js");
	ql_buf_puts(out, "</script>\n");
	ql_buf_puts(out, rest);
	ql_buf_free(&plain);
	ql_buf_free(&json);
}
