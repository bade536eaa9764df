/* SPDX-License-Identifier: Apache-2.0 */
/* A therapy as a page. */
#include "base/io.h"
#include "explain/diagram.h"
#include "explain/explain.h"
#include "report/report.h"
#include "report/report_svg.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static void cell(struct ql_buf *b, const char *text)
{
	ql_buf_puts(b, "<td>");
	ql_html_text(b, text);
	ql_buf_puts(b, "</td>");
}

static void code(struct ql_buf *b, const char *text)
{
	ql_buf_puts(b, "<code>");
	ql_html_text(b, text);
	ql_buf_puts(b, "</code>");
}

/* --- published and simulated --- */

static void published(struct ql_buf *b, const struct ql_explanation *e, int k)
{
	char text[96], x[32], n[32];
	ql_buf_puts(b, "<h3>Published</h3>\n");
	if (e->n_published[k] == 0) {
		ql_buf_puts(b, "<p>None in this evidence base.</p>\n");
		return;
	}
	ql_buf_puts(b, "<div class=\"scroll\"><table class=\"plain\"><thead><tr><th>treatment</th><th>endpoint</th><th>value</th><th>trial</th>"
		       "<th>who</th><th>read in the source</th></tr></thead><tbody>\n");
	for (int i = 0; i < e->n_published[k]; i++) {
		const struct ql_trial_row *r = e->published[k][i];
		snprintf(text, sizeof text, "%s %s%s%s", ql_format_double(r->value, x), r->unit, isfinite(r->n_arm) ? " of " : "",
			 isfinite(r->n_arm) ? ql_format_double(r->n_arm, n) : "");
		ql_buf_puts(b, "<tr>");
		cell(b, r->treatment);
		cell(b, r->endpoint);
		cell(b, text);
		cell(b, r->trial);
		cell(b, r->population);
		cell(b, r->verified ? "yes" : "recalled");
		ql_buf_puts(b, "</tr>\n");
	}
	ql_buf_puts(b, "</tbody></table></div>\n");
}

static void estimate(char *out, size_t size, const struct ql_endpoint *e)
{
	bool share = strcmp(e->unit, "1") == 0;
	double f = share ? 100 : 1;
	if (isfinite(e->estimate))
		snprintf(out, size, "%.0f (%.0f–%.0f) %s", f * e->estimate, f * e->lower, f * e->upper, share ? "of 100" : e->unit);
	else
		snprintf(out, size, "–");
}

static void simulated(struct ql_buf *b, const struct ql_explanation *e, int k)
{
	char text[96];
	ql_buf_puts(b, "<h3>Simulated</h3>\n");
	if (!e->run) {
		ql_buf_puts(b, "<p>No regimen of the library gives it.</p>\n");
		return;
	}
	ql_buf_printf(b, "<p class=\"soft\">%d virtual patients, %g years, seed %d; 95 %% interval of chance alone%s: ", QL_EXPLAIN_PATIENTS,
		      e->run->years, QL_EXPLAIN_SEED, ql_compare_has_prior(e->run) ? ", and of a wide prior" : "");
	ql_html_text(b, e->run->population_title);
	ql_buf_puts(b, ".</p>\n<div class=\"scroll\"><table class=\"plain\"><thead><tr><th>endpoint</th><th>regimen</th><th>estimate</th><th>evidence</th></tr>"
		       "</thead><tbody>\n");
	for (int i = 0; i < e->n_figure[k]; i++) {
		const struct ql_explain_figure *f = &e->figure[k][i];
		estimate(text, sizeof text, f->endpoint);
		ql_buf_puts(b, "<tr>");
		cell(b, f->endpoint->title);
		cell(b, f->arm->id);
		cell(b, text);
		ql_buf_printf(b, "<td>%c%s", f->arm->evidence_grade, f->arm->warning ? ": " : "");
		ql_html_text(b, f->arm->warning);
		if (f->arm->prior) {
			ql_buf_puts(b, "; ");
			ql_html_text(b, f->arm->prior->text);
		}
		ql_buf_puts(b, "</td></tr>\n");
	}
	ql_buf_puts(b, "</tbody></table></div>\n");
}

/* --- the model behind a text --- */

static void model_names(struct ql_buf *b, const struct ql_model *m, const struct ql_names *n, const char *title)
{
	static const char *const grade[] = {"", "verified", "derived", "recalled", "assumed", "calibrated"};
	ql_buf_printf(b, "<h4>%s</h4>\n<ul>\n", title);
	for (int i = 0; i < n->n; i++) {
		const struct ql_quantity *q = &m->q[ql_model_find(m, n->item[i])];
		ql_buf_puts(b, "<li>");
		code(b, q->name);
		ql_buf_puts(b, q->doc && *q->doc ? ": " : "");
		ql_html_text(b, q->doc);
		if (q->unit && *q->unit && strcmp(q->unit, "1") != 0) {
			ql_buf_puts(b, ", ");
			ql_html_text(b, q->unit);
		}
		ql_buf_printf(b, "%s%s%s</li>\n", q->grade ? " (" : "", grade[q->grade], q->grade ? ")" : "");
	}
	ql_buf_puts(b, "</ul>\n");
}

static void references(struct ql_buf *b, const struct ql_references *refs, const struct ql_names *n)
{
	ql_buf_puts(b, "<h3>Sources</h3>\n<ul>\n");
	for (int i = 0; i < n->n; i++) {
		const struct ql_reference *r = ql_reference_find(refs, n->item[i]);
		struct ql_buf text = {0};
		ql_reference_text(r, &text);
		ql_buf_puts(b, "<li>");
		if (r->doi) {
			ql_buf_puts(b, "<a href=\"https://doi.org/");
			ql_html_text(b, r->doi);
			ql_buf_puts(b, "\">");
		}
		ql_html_text(b, text.data);
		ql_buf_puts(b, r->doi ? "</a></li>\n" : "</li>\n");
		ql_buf_free(&text);
	}
	ql_buf_puts(b, "</ul>\n");
}

static void aspect(struct ql_buf *b, const struct ql_explain *x, const struct ql_explanation *e, int k)
{
	static const char *const title[] = {"Mechanism", "Efficacy", "Side effects and safety", "Resistance", "Future directions"};
	const struct ql_therapy_aspect *a = &e->therapy->aspect[k];
	ql_buf_printf(b, "<section id=\"%s\">\n<h2>%s</h2>\n<p>", ql_aspect_name((enum ql_aspect)k), title[k]);
	ql_html_text(b, a->text);
	ql_buf_puts(b, "</p>\n");
	if (k == QL_EFFICACY || k == QL_SAFETY) {
		published(b, e, k);
		simulated(b, e, k);
	}
	if (a->what_if.n) {
		ql_buf_puts(b, "<h3>What if</h3>\n<ul>\n");
		for (int i = 0; i < a->what_if.n; i++) {
			ql_buf_puts(b, "<li>");
			code(b, "quell compare --what-if ");
			code(b, a->what_if.item[i]);
			ql_buf_puts(b, "</li>\n");
		}
		ql_buf_puts(b, "</ul>\n");
	}
	ql_buf_puts(b, "<details><summary>In the model</summary>\n");
	model_names(b, x->model, &a->equations, "Equations");
	model_names(b, x->model, &a->parameters, "Parameters");
	ql_buf_puts(b, "</details>\n");
	references(b, &x->evidence->references, &a->references);
	ql_buf_puts(b, "</section>\n");
}

static void regimens(struct ql_buf *b, const struct ql_explanation *e)
{
	ql_buf_puts(b, "<section id=\"regimens\">\n<h2>Regimens of the library</h2>\n<table class=\"plain\"><thead><tr><th>name</th><th>what</th>"
		       "<th>evidence</th></tr></thead><tbody>\n");
	for (int i = 0; i < e->n_regimen; i++) {
		ql_buf_puts(b, "<tr>");
		cell(b, e->regimen[i].id);
		cell(b, e->regimen[i].title);
		ql_buf_printf(b, "<td>%c%s", e->regimen[i].evidence_grade, e->regimen[i].warning ? ": " : "");
		ql_html_text(b, e->regimen[i].warning);
		ql_buf_puts(b, "</td></tr>\n");
	}
	ql_buf_puts(b, "</tbody></table>\n<h2>Agents</h2>\n<dl>\n");
	for (int i = 0; i < e->therapy->agents.n; i++) {
		ql_buf_puts(b, "<dt>");
		ql_html_text(b, e->therapy->agents.item[i]);
		ql_buf_puts(b, "</dt><dd>");
		ql_html_text(b, e->therapy->agent_note[i]);
		ql_buf_puts(b, "</dd>\n");
	}
	ql_buf_puts(b, "</dl>\n</section>\n");
}

enum quell_status ql_explain_html(const struct ql_explain *x, const struct ql_explanation *e, struct ql_diags *ds, struct ql_buf *b)
{
	const struct ql_therapy *t = e->therapy;
	ql_report_head(b, t->title);
	ql_html_text(b, t->title);
	ql_buf_puts(b, "</h1>\n<p>");
	ql_html_text(b, t->summary);
	ql_buf_printf(b, "</p>\n<p>Evidence grade %c: %s.</p>\n", t->evidence_grade, ql_evidence_grade_text(t->evidence_grade));
	if (t->warning) {
		ql_buf_puts(b, "<p class=\"use\"><strong>");
		ql_html_text(b, t->warning);
		ql_buf_puts(b, "</strong></p>\n");
	}
	ql_buf_puts(b, "<p class=\"use\">" QL_RESEARCH_USE_LONG "</p>\n</header>\n<main>\n<figure class=\"scroll\">\n");
	enum quell_status s = ql_therapy_figure(x->model, x->data_dir, t, ds, b);
	ql_buf_puts(b, "</figure>\n");
	for (int k = 0; k < QL_N_ASPECT; k++)
		aspect(b, x, e, k);
	regimens(b, e);
	ql_buf_printf(b, "</main>\n<footer><p class=\"soft\">quell %s, model %s %016llx</p></footer>\n</body>\n</html>\n", quell_version(), x->model->name,
		      (unsigned long long)x->model->hash);
	return s;
}
