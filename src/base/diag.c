/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "base/diag.h"
#include <stdlib.h>
#include <string.h>

struct code_info {
	const char *name, *title, *text;
	enum ql_severity severity;
};

static const struct code_info code_info[] = {
#define X(code, severity, title, text) {#code, title, text, severity},
#include "base/codes/all.def"
#undef X
};

const char *ql_code_name(enum ql_code code) { return code_info[code].name; }
const char *ql_code_title(enum ql_code code) { return code_info[code].title; }
const char *ql_code_text(enum ql_code code) { return code_info[code].text; }

int ql_code_find(const char *name)
{
	for (int i = 0; i < QL_CODE_COUNT; i++)
		if (strcmp(code_info[i].name, name) == 0)
			return i;
	return -1;
}

const char *ql_diags_add_source(struct ql_diags *ds, const char *file, const char *text, size_t len)
{
	QL_GROW(ds->source, ds->n_source, ds->cap_source);
	struct ql_source s = {.file = ql_arena_strdup(&ds->arena, file), .text = ql_arena_strndup(&ds->arena, text, len),
			      .len = len};
	ds->source[ds->n_source++] = s;
	return s.file;
}

struct ql_diag *ql_diag_add(struct ql_diags *ds, enum ql_code code, struct ql_span span, const char *fmt, ...)
{
	struct ql_diag *d = QL_NEW(&ds->arena, struct ql_diag);
	va_list ap;
	va_start(ap, fmt);
	d->message = ql_arena_vprintf(&ds->arena, fmt, ap);
	va_end(ap);
	d->code = code;
	d->severity = code_info[code].severity;
	d->span = span;
	if (span.file)
		d->span.file = ql_arena_strdup(&ds->arena, span.file);
	d->arena = &ds->arena;
	if (d->severity == QL_ERROR)
		ds->n_errors++;
	if (d->severity == QL_WARNING)
		ds->n_warnings++;
	if (ds->n < (ds->limit ? ds->limit : 200)) {
		QL_GROW(ds->item, ds->n, ds->cap);
		ds->item[ds->n++] = d;
	}
	return d;
}

void ql_diag_label(struct ql_diag *d, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	d->label = ql_arena_vprintf(d->arena, fmt, ap);
	va_end(ap);
}

void ql_diag_help(struct ql_diag *d, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	d->help = ql_arena_vprintf(d->arena, fmt, ap);
	va_end(ap);
}

void ql_diag_note(struct ql_diag *d, struct ql_span span, const char *fmt, ...)
{
	struct ql_diag_note *n = QL_NEW(d->arena, struct ql_diag_note);
	va_list ap;
	va_start(ap, fmt);
	n->text = ql_arena_vprintf(d->arena, fmt, ap);
	va_end(ap);
	n->span = span;
	if (span.file)
		n->span.file = ql_arena_strdup(d->arena, span.file);
	if (d->last_note)
		d->last_note->next = n;
	else
		d->notes = n;
	d->last_note = n;
}

void ql_diags_free(struct ql_diags *ds)
{
	ql_arena_free(&ds->arena);
	ql_free(ds->item);
	ql_free(ds->source);
	*ds = (struct ql_diags){0};
}

/* Finds the marked line; false when the text is not at hand. */
static bool source_line(const struct ql_diags *ds, struct ql_span span, const char **line, int *len)
{
	for (int i = ds->n_source - 1; i >= 0 && span.file && span.line > 0; i--) {
		const struct ql_source *s = &ds->source[i];
		if (strcmp(s->file, span.file) != 0)
			continue;
		const char *p = s->text, *end = s->text + s->len;
		for (int l = 1; l < span.line && p < end; l++) {
			const char *nl = memchr(p, '\n', (size_t)(end - p));
			p = nl ? nl + 1 : end;
		}
		const char *nl = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
		ptrdiff_t n = (nl ? nl : end) - p;
		*line = p;
		*len = n > 4000 ? 4000 : (int)n;
		return true;
	}
	return false;
}

/* Writes a window of the line around the span, so that a 100 MB line prints as one screen row. */
static void render_excerpt(const struct ql_diags *ds, struct ql_span span, const char *label, char mark, int gutter,
			   struct ql_buf *out)
{
	const char *line;
	int len;
	if (!source_line(ds, span, &line, &len))
		return;
	int first = span.col > 100 ? span.col - 60 : 1;
	if (first > len + 1)
		return;
	int shown = len - first + 1 < 140 ? len - first + 1 : 140;
	ql_buf_printf(out, "%*s |\n%*d | ", gutter, "", gutter, span.line);
	for (int i = 0; i < shown; i++) {
		unsigned char c = (unsigned char)line[first - 1 + i];
		ql_buf_add(out, c == '\t' || c < 32 || c == 127 ? " " : (const char *)&line[first - 1 + i], 1);
	}
	ql_buf_printf(out, "\n%*s | %*s", gutter, "", span.col - first, "");
	int width = span.len > 0 ? span.len : 1;
	if (span.col - first + width > shown + 1)
		width = shown + 1 - (span.col - first) > 1 ? shown + 1 - (span.col - first) : 1;
	for (int i = 0; i < width; i++)
		ql_buf_add(out, &mark, 1);
	if (label)
		ql_buf_printf(out, " %s", label);
	ql_buf_puts(out, "\n");
}

static const char *severity_word(enum ql_severity s)
{
	return s == QL_ERROR ? "error" : s == QL_WARNING ? "warning" : "note";
}

static void render_place(struct ql_span span, int gutter, struct ql_buf *out)
{
	if (!span.file)
		return;
	if (span.line > 0)
		ql_buf_printf(out, "%*s--> %s:%d:%d\n", gutter, "", span.file, span.line, span.col);
	else
		ql_buf_printf(out, "%*s--> %s\n", gutter, "", span.file);
}

void ql_diag_render(const struct ql_diags *ds, const struct ql_diag *d, bool color, struct ql_buf *out)
{
	const char *on = !color ? "" : d->severity == QL_ERROR ? "\033[1;31m" : "\033[1;33m";
	const char *off = color ? "\033[0m" : "";
	int gutter = d->span.line >= 10000 ? 6 : d->span.line >= 100 ? 4 : 2;
	ql_buf_printf(out, "%s%s[%s]%s: %s\n", on, severity_word(d->severity), ql_code_name(d->code), off, d->message);
	render_place(d->span, gutter, out);
	render_excerpt(ds, d->span, d->label, '^', gutter, out);
	for (const struct ql_diag_note *n = d->notes; n; n = n->next) {
		ql_buf_printf(out, "%*s = note: %s\n", gutter, "", n->text);
		if (n->span.line > 0) {
			render_place(n->span, gutter, out);
			render_excerpt(ds, n->span, NULL, '-', gutter, out);
		}
	}
	if (d->help)
		ql_buf_printf(out, "%*s = help: %s\n", gutter, "", d->help);
	if (d->severity != QL_NOTE)
		ql_buf_printf(out, "%*s = more: quell explain %s\n", gutter, "", ql_code_name(d->code));
}

void ql_diags_render(const struct ql_diags *ds, bool color, struct ql_buf *out)
{
	for (int i = 0; i < ds->n; i++) {
		ql_diag_render(ds, ds->item[i], color, out);
		ql_buf_puts(out, "\n");
	}
	int stored = 0;
	for (int i = 0; i < ds->n; i++)
		stored += ds->item[i]->severity == QL_ERROR;
	if (ds->n_errors > stored)
		ql_buf_printf(out, "and %d more errors\n", ds->n_errors - stored);
}

static int edit_distance(const char *a, const char *b)
{
	enum { MAX = 64 };
	int la = (int)strnlen(a, MAX), lb = (int)strnlen(b, MAX);
	int row[MAX + 1];
	for (int j = 0; j <= lb; j++)
		row[j] = j;
	for (int i = 1; i <= la; i++) {
		int diagonal = row[0];
		row[0] = i;
		for (int j = 1; j <= lb; j++) {
			char ca = a[i - 1] >= 'A' && a[i - 1] <= 'Z' ? (char)(a[i - 1] + 32) : a[i - 1];
			char cb = b[j - 1] >= 'A' && b[j - 1] <= 'Z' ? (char)(b[j - 1] + 32) : b[j - 1];
			int best = diagonal + (ca != cb);
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			diagonal = row[j];
			row[j] = best;
		}
	}
	return row[lb];
}

const char *ql_suggest(const char *word, const char *const *words, int n)
{
	int limit = (int)strnlen(word, 64) / 3 + 1, best = limit + 1;
	const char *found = NULL;
	for (int i = 0; i < n; i++) {
		int d = edit_distance(word, words[i]);
		if (d < best) {
			best = d;
			found = words[i];
		}
	}
	return found;
}
