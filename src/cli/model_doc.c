/* SPDX-License-Identifier: Apache-2.0 */
/* quell model doc: a model as pages to read, one per module. No network: styles and MathML stand in the pages. */
#define _GNU_SOURCE
#include "cli/library_text.h"
#include "cli/model_verbs.h"
#include "evidence/references.h"
#include "lang/typeset.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

struct pages {
	struct ql_cli *c;
	struct ql_model *m;
	const char *dir;
	const double *typical;
	struct ql_references refs;
	struct ql_buf b;
	const char **cited; /* keys of the page, as met */
	int n_cited, cap_cited;
};

static const char style[] =
	"body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}"
	"table{border-collapse:collapse;width:100%;font-size:.88rem}td,th{border-bottom:1px solid #ddd;padding:.25rem .5rem;"
	"text-align:left;vertical-align:top}th{border-bottom:2px solid #888}td.n{text-align:right;font-variant-numeric:tabular-nums}"
	"code{font-size:.9em}math{font-size:1.05rem;overflow-x:auto}.eq{margin:.8rem 0;overflow-x:auto}.eq p{margin:0;color:#555;"
	"font-size:.85rem}nav a{margin-right:.8rem}h2{margin-top:2.2rem}.note{color:#555}"
	"@media (prefers-color-scheme:dark){body{color:#e6e6e6;background:#161616}td,th{border-color:#444}.note,.eq p{color:#aaa}"
	"a{color:#8ab4f8}}";

static void text(struct pages *p, const char *s)
{
	for (; s && *s; s++) {
		const char *as = *s == '&' ? "&amp;" : *s == '<' ? "&lt;" : *s == '>' ? "&gt;" : *s == '"' ? "&quot;" : NULL;
		as ? ql_buf_puts(&p->b, as) : ql_buf_add(&p->b, s, 1);
	}
}

static void raw(struct pages *p, const char *s) { ql_buf_puts(&p->b, s); }

static const char *page_of(struct pages *p, int module)
{
	const char *name = p->m->module_name[module];
	return *name ? ql_arena_printf(&p->c->arena, "%s.html", name) : "model.html";
}

static void head(struct pages *p, const char *title, const char *doc)
{
	p->b.len = 0;
	p->n_cited = 0;
	raw(p, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
	       "content=\"width=device-width\"><title>");
	text(p, title);
	ql_buf_printf(&p->b, "</title><style>%s</style></head><body>\n<nav><a href=\"index.html\">index</a>", style);
	for (int i = 0; i < p->m->n_module; i++) {
		const char *name = p->m->module_name[i];
		ql_buf_printf(&p->b, "<a href=\"%s\">", page_of(p, i));
		text(p, *name ? name : "model");
		raw(p, "</a>");
	}
	raw(p, "</nav>\n<h1>");
	text(p, title);
	raw(p, "</h1>\n<p>");
	text(p, doc);
	raw(p, "</p>\n");
}

static void cite(struct pages *p, const char *key)
{
	int i = 0;
	while (i < p->n_cited && strcmp(p->cited[i], key) != 0)
		i++;
	if (i == p->n_cited) {
		QL_GROW(p->cited, p->n_cited, p->cap_cited);
		p->cited[p->n_cited++] = key;
	}
	ql_buf_printf(&p->b, "<a href=\"#r%d\">", i + 1);
	text(p, key);
	raw(p, "</a> ");
}

static enum quell_status finish(struct pages *p, const char *file)
{
	if (p->n_cited)
		raw(p, "<h2>References</h2>\n<ol>\n");
	for (int i = 0; i < p->n_cited; i++) {
		const struct ql_reference *r = ql_reference_find(&p->refs, p->cited[i]);
		struct ql_buf line = {0};
		if (r)
			ql_reference_text(r, &line);
		ql_buf_printf(&p->b, "<li id=\"r%d\"><code>", i + 1);
		text(p, p->cited[i]);
		raw(p, "</code> ");
		text(p, r ? line.data : "not in evidence/references.bib");
		raw(p, "</li>\n");
		ql_buf_free(&line);
	}
	raw(p, p->n_cited ? "</ol>\n" : "");
	ql_buf_printf(&p->b, "<p class=\"note\">Made by quell %s from model %016llx. %s</p>\n</body></html>\n", quell_version(),
		      (unsigned long long)p->m->hash, QL_RESEARCH_USE);
	struct ql_out_file f;
	enum quell_status s = ql_out_open(&f, ql_arena_printf(&p->c->arena, "%s/%s", p->dir, file), &p->c->ds);
	if (s != QUELL_OK)
		return s;
	ql_out_write(&f, p->b.data, p->b.len);
	return ql_out_commit(&f, &p->c->ds);
}

static void quantity_row(struct pages *p, int i)
{
	const struct ql_quantity *q = &p->m->q[i];
	char number[32] = "";
	const char *dot = *q->module ? q->name + strlen(q->module) + 1 : q->name;
	if (isfinite(p->typical[i]))
		snprintf(number, sizeof number, "%.6g", p->typical[i]);
	raw(p, "<tr><td><code>");
	text(p, dot);
	ql_buf_printf(&p->b, "</code></td><td class=\"n\">%s</td><td>", number);
	text(p, strcmp(q->unit, "1") == 0 ? "" : q->unit);
	raw(p, "</td><td>");
	text(p, q->spread_text);
	if (q->kind == QL_COVARIATE && q->integer_set)
		for (int k = 0; k < q->n_allowed; k++)
			ql_buf_printf(&p->b, "%s%g", k ? ", " : "", q->allowed[k]);
	else if (q->kind != QL_PARAM && isfinite(q->lo) && isfinite(q->hi) && q->lo < q->hi)
		ql_buf_printf(&p->b, "%g to %g", q->lo, q->hi);
	raw(p, "</td><td>");
	text(p, q->doc);
	raw(p, "</td><td>");
	text(p, ql_grade_word(q->grade));
	raw(p, "</td><td>");
	for (int k = 0; k < q->n_cite; k++)
		cite(p, q->cite[k]);
	raw(p, "</td></tr>\n");
}

static void table(struct pages *p, const char *module, enum ql_kind kind, const char *title, const char *spread)
{
	bool any = false;
	for (int i = 0; i < p->m->n_q; i++) {
		if (p->m->q[i].kind != kind || strcmp(p->m->q[i].module, module) != 0)
			continue;
		if (!any)
			ql_buf_printf(&p->b, "<h2>%s</h2>\n<table><tr><th>name</th><th>value</th><th>unit</th><th>%s</th><th>meaning</th>"
					     "<th>grade</th><th>source</th></tr>\n", title, spread);
		any = true;
		quantity_row(p, i);
	}
	raw(p, any ? "</table>\n" : "");
}

static void doses(struct pages *p, const char *module)
{
	bool any = false;
	for (int i = 0; i < p->m->n_dose; i++) {
		const struct ql_dose *d = &p->m->dose[i];
		if (strcmp(d->module, module) != 0)
			continue;
		raw(p, any ? "" : "<h2>Doses</h2>\n<table><tr><th>name</th><th>unit</th><th>into</th><th>meaning</th></tr>\n");
		any = true;
		raw(p, "<tr><td><code>");
		text(p, d->name);
		raw(p, "</code></td><td>");
		text(p, d->unit);
		raw(p, "</td><td><code>");
		text(p, p->m->q[d->state].name);
		raw(p, "</code></td><td>");
		text(p, d->doc);
		raw(p, "</td></tr>\n");
	}
	raw(p, any ? "</table>\n" : "");
}

static void equations(struct pages *p, const struct ql_typeset_item *item, int n, unsigned kinds, const char *title)
{
	bool any = false;
	for (int i = 0; i < n; i++) {
		if (!(kinds >> item[i].kind & 1))
			continue;
		if (!any)
			ql_buf_printf(&p->b, "<h2>%s</h2>\n", title);
		any = true;
		ql_buf_printf(&p->b, "<div class=\"eq\">%s", item[i].math);
		if (*item[i].doc) {
			raw(p, "<p>");
			text(p, item[i].doc);
			raw(p, "</p>");
		}
		raw(p, "</div>\n");
	}
}

/* The file that a module's quantities come from. */
static const char *file_of(const struct ql_model *m, const char *module)
{
	for (int i = 0; i < m->n_q; i++)
		if (strcmp(m->q[i].module, module) == 0 && m->q[i].kind != QL_AGENT && m->q[i].span.file && m->q[i].span.line)
			return m->q[i].span.file;
	return NULL;
}

static enum quell_status module_page(struct pages *p, int module)
{
	const char *name = p->m->module_name[module], *file = file_of(p->m, name);
	struct ql_typeset_item *item = NULL;
	int n = 0;
	enum quell_status s = file ? ql_typeset_file(file, &p->c->arena, &p->c->ds, &item, &n) : QUELL_OK;
	if (s != QUELL_OK)
		return s;
	head(p, *name ? name : p->m->name, p->m->module_doc[module] ? p->m->module_doc[module] : "");
	table(p, name, QL_STATE, "States, at the start", "");
	equations(p, item, n, 1u << QL_TS_RATE, "Rates of change");
	equations(p, item, n, 1u << QL_TS_START | 1u << QL_TS_PROPERTY, "Starts and properties of doses");
	equations(p, item, n, 1u << QL_TS_LET, "Intermediates");
	equations(p, item, n, 1u << QL_TS_PARAM, "Parameters given by equations");
	equations(p, item, n, 1u << QL_TS_CONTRIBUTION, "What this module adds to others");
	equations(p, item, n, 1u << QL_TS_EVENT, "Events");
	equations(p, item, n, 1u << QL_TS_OUTPUT, "Outputs");
	table(p, name, QL_PARAM, "Parameters", "between patients");
	table(p, name, QL_COVARIATE, "Covariates", "range");
	table(p, name, QL_AGENT, "Columns of an agent's row", "range");
	table(p, name, QL_INPUT, "Inputs", "range");
	doses(p, name);
	return finish(p, page_of(p, module));
}

static enum quell_status index_page(struct pages *p)
{
	static const struct {
		enum ql_kind kind;
		const char *name;
	} count[] = {{QL_STATE, "states"}, {QL_PARAM, "parameters"}, {QL_COVARIATE, "covariates"}, {QL_LET, "intermediates"}, {QL_OUTPUT, "outputs"}};
	head(p, p->m->name, p->m->doc);
	raw(p, "<p>");
	for (size_t k = 0; k < sizeof count / sizeof *count; k++) {
		int n = 0;
		for (int i = 0; i < p->m->n_q; i++)
			n += p->m->q[i].kind == count[k].kind;
		ql_buf_printf(&p->b, "%s%d %s", k ? ", " : "", n, count[k].name);
	}
	raw(p, ".</p>\n<table><tr><th>module</th><th>about</th></tr>\n");
	for (int i = 0; i < p->m->n_module; i++) {
		const char *name = p->m->module_name[i];
		ql_buf_printf(&p->b, "<tr><td><a href=\"%s\">", page_of(p, i));
		text(p, *name ? name : "model");
		raw(p, "</a></td><td>");
		text(p, p->m->module_doc[i]);
		raw(p, "</td></tr>\n");
	}
	raw(p, "</table>\n");
	return finish(p, "index.html");
}

static enum quell_status write_pages(struct pages *p)
{
	struct ql_cli *c = p->c;
	if (mkdir(p->dir, 0777) != 0 && errno != EEXIST) {
		struct ql_diag *d = ql_diag_add(&c->ds, QL_E0903, (struct ql_span){p->dir, 0, 0, 0}, "cannot make the folder: %s", strerror(errno));
		ql_diag_help(d, "give `--out` a folder in one that exists and may be written");
		return QUELL_ERR_IO;
	}
	enum quell_status s = index_page(p);
	for (int i = 0; i < p->m->n_module && s == QUELL_OK; i++)
		s = module_page(p, i);
	if (s == QUELL_OK)
		ql_buf_printf(&c->out, "%d pages in %s; start with %s/index.html\n", p->m->n_module + 1, p->dir, p->dir);
	return s;
}

int ql_model_doc_verb(struct ql_cli *c, const char *path, const struct ql_model_options *o)
{
	struct pages p = {.c = c, .dir = o->out};
	if (!o->out) {
		ql_diag_help(ql_diag_add(&c->ds, QL_E0915, ql_cli_span(c, ""), "`--out` is missing"), "say where: quell model doc FILE --out FOLDER");
		return QL_EXIT_USAGE;
	}
	if (!ql_cli_data(c))
		return QL_EXIT_INPUT;
	enum quell_status s = ql_model_load(path, &c->ds, &p.m);
	if (s == QUELL_OK)
		s = ql_references_read(&c->arena, ql_arena_printf(&c->arena, "%s/evidence/references.bib", c->data_dir), &c->ds, &p.refs);
	if (s == QUELL_OK) {
		p.typical = ql_typical_values(c, p.m);
		s = write_pages(&p);
	}
	ql_buf_free(&p.b);
	ql_free(p.cited);
	if (s != QUELL_ERR_MEMORY)
		ql_model_free(p.m);
	return ql_cli_exit(s);
}
