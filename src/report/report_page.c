/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A report: the page of `quell serve` with one result inside. Where scripts do not run, the plain tables are read that
 * the page would take the place of; they come from the same JSON.
 */
#include "base/json.h"
#include "report/page.h"
#include "report/report.h"
#include "report/report_svg.h"
#include <math.h>
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

static void add_meta(struct ql_buf *b, const struct ql_report *r)
{
	struct ql_buf text = {0};
	json_t *o = json_object();
	json_object_set_new(o, "command", ql_json_text(r->command));
	json_object_set_new(o, "solver", ql_json_text(r->solver));
	ql_json_write(o, &text);
	json_decref(o);
	add_json(b, "quell-report", &text);
	ql_buf_free(&text);
}

/* --- without scripts --- */

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

static void cell(struct ql_buf *b, const char *tag, const char *text)
{
	ql_buf_printf(b, "<%s>", tag);
	ql_html_text(b, text);
	ql_buf_printf(b, "</%s>", tag);
}

static void number(struct ql_buf *b, const json_t *v, bool share)
{
	double x = json_number_value(v);
	if (!json_is_number(v))
		ql_buf_puts(b, "–");
	else if (share)
		ql_buf_printf(b, "%.*f", x > 0 && x < 0.0995 ? 1 : 0, 100 * x);
	else
		ql_buf_printf(b, "%.*f", fabs(x) < 10 ? 2 : 1, x);
}

static void figure(struct ql_buf *b, const json_t *value, const json_t *limits, bool share)
{
	number(b, value, share);
	if (!json_is_number(json_object_get(limits, "lower")) && !json_is_number(json_object_get(limits, "upper")))
		return;
	ql_buf_puts(b, " (");
	number(b, json_object_get(limits, "lower"), share);
	ql_buf_puts(b, "–");
	number(b, json_object_get(limits, "upper"), share);
	ql_buf_puts(b, ")");
}

static const json_t *of_id(const json_t *list, const char *id)
{
	size_t i;
	json_t *e;
	json_array_foreach(list, i, e)
		if (strcmp(text_of(e, "id"), id) == 0)
			return e;
	return NULL;
}

/* Comparisons and trials: an endpoint a row, a regimen or arm a column. */
static void endpoints(struct ql_buf *b, const json_t *arms)
{
	size_t i, a;
	json_t *e, *arm;
	ql_buf_puts(b, "<table><caption>per 100 patients, or the unit named; in brackets 95 % limits</caption><tr><th>outcome</th>");
	json_array_foreach(arms, a, arm) {
		ql_buf_puts(b, "<th>");
		ql_html_text(b, *text_of(arm, "id") ? text_of(arm, "id") : text_of(arm, "arm"));
		ql_buf_printf(b, " (evidence %s%s", text_of(arm, "evidence_grade"), *text_of(arm, "warning") ? ": " : "");
		ql_html_text(b, text_of(arm, "warning"));
		const char *prior = text_of(json_object_get(arm, "prior"), "text");
		ql_html_text(b, *prior ? "; " : "");
		ql_html_text(b, prior);
		ql_buf_puts(b, ")</th>");
	}
	ql_buf_puts(b, "</tr>\n");
	json_array_foreach(json_object_get(json_array_get(arms, 0), "endpoints"), i, e) {
		bool share = strcmp(text_of(e, "unit"), "1") == 0;
		ql_buf_puts(b, "<tr><th>");
		ql_html_text(b, text_of(e, "title"));
		ql_html_text(b, share ? "" : ", ");
		ql_html_text(b, share ? "" : text_of(e, "unit"));
		ql_buf_puts(b, "</th>");
		json_array_foreach(arms, a, arm) {
			const json_t *x = of_id(json_object_get(arm, "endpoints"), text_of(e, "id"));
			ql_buf_puts(b, "<td>");
			figure(b, json_object_get(x, "estimate"), json_object_get(x, "interval"), share);
			ql_buf_puts(b, "</td>");
		}
		ql_buf_puts(b, "</tr>\n");
	}
	ql_buf_puts(b, "</table>\n");
}

static void ranking(struct ql_buf *b, const json_t *o)
{
	size_t i;
	json_t *r;
	cell(b, "p", text_of(o, "statement"));
	ql_buf_puts(b, "<table><tr><th>regimen</th><th>evidence</th><th>first in, per 100</th><th>score</th><th>why not</th></tr>\n");
	json_array_foreach(json_object_get(o, "regimens"), i, r) {
		ql_buf_puts(b, "<tr>");
		cell(b, "th", text_of(r, "id"));
		ql_buf_puts(b, "<td>");
		ql_html_text(b, text_of(r, "evidence_grade"));
		ql_html_text(b, *text_of(r, "warning") ? ": " : "");
		ql_html_text(b, text_of(r, "warning"));
		ql_buf_puts(b, "</td><td>");
		number(b, json_object_get(r, "first"), true);
		ql_buf_puts(b, "</td><td>");
		number(b, json_object_get(r, "score"), false);
		ql_buf_puts(b, "</td>");
		cell(b, "td", text_of(r, "excluded"));
		ql_buf_puts(b, "</tr>\n");
	}
	ql_buf_puts(b, "</table>\n");
}

static void scoreboard(struct ql_buf *b, const json_t *o)
{
	size_t i;
	json_t *x;
	ql_buf_puts(b, "<table><tr><th>trial</th><th>arm</th><th>endpoint</th><th>role</th><th>published</th><th>simulated</th><th></th></tr>\n");
	json_array_foreach(json_object_get(o, "endpoints"), i, x) {
		const json_t *p = json_object_get(x, "published"), *s = json_object_get(x, "simulated");
		bool share = strcmp(text_of(x, "unit"), "1") == 0;
		ql_buf_puts(b, "<tr>");
		cell(b, "th", text_of(x, "trial"));
		cell(b, "td", text_of(x, "arm"));
		cell(b, "td", text_of(x, "id"));
		cell(b, "td", text_of(x, "role"));
		ql_buf_puts(b, "<td>");
		figure(b, json_object_get(p, "value"), p, share);
		ql_buf_puts(b, "</td><td>");
		figure(b, json_object_get(s, "estimate"), s, share);
		ql_buf_puts(b, json_is_true(json_object_get(x, "hit")) ? "</td><td>hit</td></tr>\n" : "</td><td>miss</td></tr>\n");
	}
	ql_buf_puts(b, "</table>\n");
}

static void plain(struct ql_buf *b, const struct ql_report *r)
{
	json_t *o = json_loadb(r->json->data, r->json->len, 0, NULL);
	const char *schema = text_of(o, "schema");
	ql_buf_puts(b, "<main>\n");
	cell(b, "h1", r->title);
	cell(b, "p", QL_RESEARCH_USE_LONG);
	if (strncmp(schema, "quell.recommend", 15) == 0)
		ranking(b, o);
	else if (strncmp(schema, "quell.validat", 13) == 0)
		scoreboard(b, o);
	else
		endpoints(b, json_object_get(o, json_object_get(o, "arms") ? "arms" : "regimens"));
	ql_buf_puts(b, "<p>quell ");
	ql_html_text(b, text_of(o, "version"));
	ql_buf_puts(b, ", model ");
	ql_html_text(b, text_of(o, "model_hash"));
	if (r->command) {
		ql_buf_puts(b, ": <code>");
		ql_html_text(b, r->command);
		ql_buf_puts(b, "</code>");
	}
	ql_buf_puts(b, "</p>\n</main>\n");
	json_decref(o);
}

/* Nothing may be loaded, and of scripts only the one with this hash may run. */
void ql_report_page(const struct ql_report *r, struct ql_buf *out)
{
	ql_buf_puts(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
			 "content=\"width=device-width,initial-scale=1\">\n<title>");
	ql_html_text(out, r->title);
	ql_buf_puts(out, "</title>\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
			 "'unsafe-inline'; img-src data: blob:; script-src '");
	add_file(out, "app.js.hash");
	ql_buf_puts(out, "'\">\n<style>\n");
	add_file(out, "app.css");
	ql_buf_puts(out, "</style>\n</head>\n<body>\n<div id=\"app\">\n");
	plain(out, r);
	ql_buf_puts(out, "</div>\n");
	add_json(out, "quell-data", r->json);
	add_meta(out, r);
	ql_buf_puts(out, "<script type=\"module\">");
	add_file(out, "app.js");
	ql_buf_puts(out, "</script>\n</body>\n</html>\n");
}
