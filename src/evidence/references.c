/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/references.h"
#include "base/io.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct bib {
	struct ql_arena *a;
	struct ql_diags *ds;
	const char *file, *p, *end, *line_start;
	int line;
	bool failed;
};

static struct ql_span here(const struct bib *b)
{
	return (struct ql_span){b->file, b->line, (int)(b->p - b->line_start) + 1, 1};
}

static void fault(struct bib *b, const char *found, const char *want)
{
	struct ql_diag *d = ql_diag_add(b->ds, QL_E0708, here(b), "%s", found);
	ql_diag_help(d, "%s", want);
	b->failed = true;
}

static void step(struct bib *b)
{
	if (*b->p == '\n') {
		b->line++;
		b->line_start = b->p + 1;
	}
	b->p++;
}

static void skip_blank(struct bib *b)
{
	while (b->p < b->end && (isspace((unsigned char)*b->p) || *b->p == '%')) {
		if (*b->p == '%')
			while (b->p < b->end && *b->p != '\n')
				b->p++;
		else
			step(b);
	}
}

static bool take(struct bib *b, char c)
{
	skip_blank(b);
	if (b->p >= b->end || *b->p != c)
		return false;
	step(b);
	return true;
}

static const char *word(struct bib *b)
{
	skip_blank(b);
	const char *start = b->p;
	while (b->p < b->end && !isspace((unsigned char)*b->p) && !strchr("{},=\"", *b->p))
		b->p++;
	return ql_arena_strndup(b->a, start, (size_t)(b->p - start));
}

/* {text} with balanced braces, "text" or a word; braces and the backslash before _ & % are dropped. */
static const char *value(struct bib *b)
{
	skip_blank(b);
	if (b->p >= b->end || (*b->p != '{' && *b->p != '"'))
		return word(b);
	char close = *b->p == '{' ? '}' : '"';
	int depth = 0;
	char *text = ql_arena_alloc(b->a, (size_t)(b->end - b->p), 1), *out = text;
	struct bib open = *b;
	for (step(b); b->p < b->end && (depth > 0 || *b->p != close); step(b)) {
		depth += (*b->p == '{') - (*b->p == '}');
		bool escape = *b->p == '\\' && b->p + 1 < b->end && strchr("_&%#$", b->p[1]);
		if (*b->p != '{' && *b->p != '}' && !escape)
			*out++ = *b->p == '\n' ? ' ' : *b->p;
	}
	if (b->p >= b->end)
		fault(&open, "this value is never closed", "braces must balance"), b->failed = true;
	else
		step(b);
	return text;
}

static void set_field(struct ql_reference *r, const char *name, const char *text)
{
	struct {
		const char *name, **to;
	} f[] = {{"author", &r->author},   {"title", &r->title},
		 {"journal", &r->journal}, {"year", &r->year},
		 {"volume", &r->volume},   {"pages", &r->pages},
		 {"doi", &r->doi},         {"pmid", &r->pmid},
		 {"pmcid", &r->pmcid},     {"howpublished", &r->howpublished},
		 {"note", &r->note}};
	for (size_t i = 0; i < sizeof f / sizeof *f; i++)
		if (strcmp(f[i].name, name) == 0)
			*f[i].to = text;
}

static bool read_entry(struct bib *b, struct ql_reference *r)
{
	r->type = word(b);
	if (!take(b, '{')) {
		fault(b, "an entry needs a brace after its type", "write `@article{Key, ...}`");
		return false;
	}
	skip_blank(b);
	r->span = here(b);
	r->key = word(b);
	r->span.len = (int)strlen(r->key);
	if (!r->key[0]) {
		fault(b, "an entry needs a key", "write `@article{Key, ...}`");
		return false;
	}
	while (take(b, ',')) {
		const char *name = word(b);
		if (!name[0])
			break; /* comma before the closing brace */
		if (!take(b, '=')) {
			fault(b, "a field needs `=`", "write `year = {2019}`");
			return false;
		}
		set_field(r, name, value(b));
		if (b->failed)
			return false;
	}
	if (take(b, '}'))
		return true;
	fault(b, "expected `,` or the end of the entry", "fields are separated by commas");
	return false;
}

static int by_key(const void *x, const void *y)
{
	const struct ql_reference *a = x, *b = y;
	return strcmp(a->key, b->key);
}

static void check_unique(struct bib *b, struct ql_references *r)
{
	for (int i = 1; i < r->n; i++)
		if (strcmp(r->item[i - 1].key, r->item[i].key) == 0) {
			struct ql_diag *d =
			    ql_diag_add(b->ds, QL_E0708, r->item[i].span, "key `%s` is used twice", r->item[i].key);
			ql_diag_note(d, r->item[i - 1].span, "also here");
			b->failed = true;
		}
}

enum quell_status ql_references_read(struct ql_arena *a, const char *path, struct ql_diags *ds,
				     struct ql_references *out)
{
	const struct ql_source *src;
	enum quell_status s = ql_read_source(ds, path, &src);
	*out = (struct ql_references){0};
	if (s != QUELL_OK)
		return s;
	struct bib b = {a, ds, src->file, src->text, src->text + src->len, src->text, 1, false};
	size_t n_at = 0;
	for (const char *p = b.p; p < b.end; p++)
		n_at += *p == '@';
	out->item = QL_NEW_N(a, struct ql_reference, n_at);
	while (!b.failed) {
		while (b.p < b.end && *b.p != '@') {
			if (*b.p == '%')
				skip_blank(&b);
			else
				step(&b);
		}
		if (b.p >= b.end)
			break;
		step(&b);
		out->n += read_entry(&b, &out->item[out->n]);
	}
	if (out->n)
		qsort(out->item, (size_t)out->n, sizeof *out->item, by_key);
	check_unique(&b, out);
	return b.failed ? QUELL_ERR_INPUT : QUELL_OK;
}

const struct ql_reference *ql_reference_find(const struct ql_references *r, const char *key)
{
	struct ql_reference want = {.key = key};
	return r->n ? bsearch(&want, r->item, (size_t)r->n, sizeof want, by_key) : NULL;
}

static void part(struct ql_buf *out, const char *before, const char *text)
{
	if (text && text[0])
		ql_buf_printf(out, "%s%s", out->len ? before : "", text);
}

void ql_reference_text(const struct ql_reference *r, struct ql_buf *out)
{
	struct ql_buf b = {0};
	part(&b, "", r->author);
	part(&b, ". ", r->title);
	part(&b, ". ", r->journal ? r->journal : r->howpublished);
	if (!r->title || !r->year || !strstr(r->title, r->year))
		if (!r->howpublished || !r->year || !strstr(r->howpublished, r->year))
			part(&b, " ", r->year);
	part(&b, ";", r->volume);
	part(&b, ":", r->pages);
	part(&b, ". ", r->note);
	part(&b, ". doi:", r->doi);
	part(&b, ". PMID ", r->pmid);
	part(&b, ". ", r->pmcid);
	ql_buf_add(out, b.data ? b.data : "", b.len);
	ql_buf_free(&b);
}
