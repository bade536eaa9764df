/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/explain_text.h"
#include "cli/library_text.h"
#include <string.h>

enum { WIDEST = 120, NAME = 22 };

void ql_text_wrapped(struct ql_cli *c, const char *text, int indent)
{
	int width = ql_cli_width() < WIDEST ? ql_cli_width() : WIDEST, at = 0;
	for (const char *p = text; *p;) {
		size_t blank = strspn(p, " \n"), len = strcspn(p + blank, " \n");
		p += blank;
		const char *word = ql_arena_strndup(&c->arena, p, len);
		if (len && at && at + 1 + ql_text_width(word) > width) {
			ql_buf_puts(&c->out, "\n");
			at = 0;
		}
		if (len) {
			if (at)
				ql_buf_puts(&c->out, " ");
			else
				ql_buf_printf(&c->out, "%*s", indent, "");
			ql_buf_puts(&c->out, word);
			at = (at ? at + 1 : indent) + ql_text_width(word);
		}
		p += len;
	}
	ql_buf_puts(&c->out, "\n");
}

static const char *joined(struct ql_cli *c, const char *const *item, int n)
{
	struct ql_buf b = {0};
	for (int i = 0; i < n; i++)
		ql_buf_printf(&b, "%s%s", i ? ", " : "", item[i]);
	const char *text = ql_arena_strdup(&c->arena, b.data ? b.data : "");
	ql_buf_free(&b);
	return text;
}

static void field(struct ql_cli *c, const char *name, const char *text)
{
	if (!*text)
		return;
	ql_buf_printf(&c->out, "  %s%s%s\n", ql_cli_style(c, QL_DIM), name, ql_cli_style(c, QL_PLAIN));
	ql_text_wrapped(c, text, 4);
}

void ql_text_therapy_line(struct ql_cli *c, const struct ql_therapy *t)
{
	ql_buf_printf(&c->out, "%-16s %c  %s%s%s\n", t->id, t->evidence_grade, t->title, t->warning ? ": " : "",
		      t->warning ? t->warning : "");
}

static void published(struct ql_cli *c, const struct ql_explanation *e, int k)
{
	char number[32], patients[32];
	ql_buf_printf(&c->out, "  %spublished%s\n", ql_cli_style(c, QL_DIM), ql_cli_style(c, QL_PLAIN));
	if (e->n_published[k] == 0)
		ql_buf_puts(&c->out, "    none in this evidence base\n");
	for (int i = 0; i < e->n_published[k]; i++) {
		const struct ql_trial_row *r = e->published[k][i];
		const char *n = isfinite(r->n_arm) ? ql_arena_printf(&c->arena, " of %s", ql_format_double(r->n_arm, patients)) : "";
		const char *value = ql_arena_printf(&c->arena, "%s %s%s", ql_format_double(r->value, number), r->unit, n);
		ql_buf_puts(&c->out, "    ");
		ql_buf_pad(&c->out, ql_arena_printf(&c->arena, "%s ", r->treatment), 16, false);
		ql_buf_pad(&c->out, ql_arena_printf(&c->arena, "%s ", r->endpoint), NAME, false);
		ql_buf_pad(&c->out, ql_arena_printf(&c->arena, "%s ", value), 20, false);
		ql_buf_printf(&c->out, "%s, %s%s%s%s\n", r->trial, r->population, strcmp(r->subgroup, "all") ? ", " : "",
			      strcmp(r->subgroup, "all") ? r->subgroup : "", r->verified ? "" : ", recalled");
	}
}

static const char *estimate(struct ql_cli *c, const struct ql_endpoint *e)
{
	bool share = strcmp(e->unit, "1") == 0;
	double f = share ? 100 : 1;
	if (!isfinite(e->estimate))
		return "-";
	return ql_arena_printf(&c->arena, "%.0f%s (%.0f%s%.0f)", f * e->estimate, share ? " of 100" : e->unit, f * e->lower, c->ascii ? "-" : "–",
			       f * e->upper);
}

static void simulated(struct ql_cli *c, const struct ql_explanation *e, int k)
{
	const char *title = "";
	if (!e->run) {
		ql_buf_puts(&c->out, "  simulated: no regimen of the library gives it\n");
		return;
	}
	ql_buf_printf(&c->out, "  %ssimulated: %d virtual patients of `%s`, %g years; 95 %% interval of chance alone%s%s\n", ql_cli_style(c, QL_DIM),
		      QL_EXPLAIN_PATIENTS, e->population, e->run->years, ql_compare_has_prior(e->run) ? ", and of a wide prior" : "",
		      ql_cli_style(c, QL_PLAIN));
	for (int i = 0; i < e->n_figure[k]; i++) {
		const struct ql_explain_figure *f = &e->figure[k][i];
		if (strcmp(title, f->endpoint->title) != 0)
			ql_buf_printf(&c->out, "    %s\n", f->endpoint->title);
		title = f->endpoint->title;
		ql_buf_puts(&c->out, "      ");
		ql_buf_pad(&c->out, ql_arena_printf(&c->arena, "%s ", f->arm->id), NAME, false);
		ql_buf_printf(&c->out, "%s%s%s%s%s\n", estimate(c, f->endpoint), f->arm->warning ? "  " : "", f->arm->warning ? f->arm->warning : "",
			      f->arm->prior ? "; " : "", f->arm->prior ? f->arm->prior->text : "");
	}
}

static void aspect(struct ql_cli *c, const struct ql_explanation *e, int k)
{
	const struct ql_therapy_aspect *a = &e->therapy->aspect[k];
	ql_buf_printf(&c->out, "\n%s%s%s\n", ql_cli_style(c, QL_BOLD), ql_aspect_name((enum ql_aspect)k), ql_cli_style(c, QL_PLAIN));
	ql_text_wrapped(c, a->text, 2);
	if (k == QL_EFFICACY || k == QL_SAFETY) {
		published(c, e, k);
		simulated(c, e, k);
	}
	field(c, "what if", joined(c, a->what_if.item, a->what_if.n));
	field(c, "equations", joined(c, a->equations.item, a->equations.n));
	field(c, "parameters", joined(c, a->parameters.item, a->parameters.n));
	ql_text_sources(c, a->references.item, a->references.n);
}

static void regimens(struct ql_cli *c, const struct ql_explanation *e)
{
	ql_buf_printf(&c->out, "  %sregimens%s\n", ql_cli_style(c, QL_DIM), ql_cli_style(c, QL_PLAIN));
	for (int i = 0; i < e->n_regimen; i++) {
		const struct ql_explain_regimen *r = &e->regimen[i];
		ql_buf_puts(&c->out, "    ");
		ql_buf_pad(&c->out, ql_arena_printf(&c->arena, "%s ", r->id), NAME + 4, false);
		ql_buf_printf(&c->out, "%c  %s%s%s\n", r->evidence_grade, r->title ? r->title : "", r->warning ? ": " : "", r->warning ? r->warning : "");
	}
}

void ql_text_explanation(struct ql_cli *c, const struct ql_explanation *e)
{
	const struct ql_therapy *t = e->therapy;
	if (e->agent)
		ql_text_heading(c, t->id, "therapy, as it concerns", e->agent);
	else
		ql_text_heading(c, t->id, "therapy", t->title);
	ql_text_field(c, "evidence", ql_arena_printf(&c->arena, "%c, %s", e->evidence_grade, ql_evidence_grade_text(e->evidence_grade)));
	ql_text_field(c, "warning", e->warning);
	ql_text_wrapped(c, e->agent ? e->agent_note : t->summary, 2);
	regimens(c, e);
	for (int i = 0; !e->agent && i < t->agents.n; i++) {
		if (i == 0)
			ql_buf_printf(&c->out, "  %sagents%s\n", ql_cli_style(c, QL_DIM), ql_cli_style(c, QL_PLAIN));
		ql_text_wrapped(c, ql_arena_printf(&c->arena, "%s: %s", t->agents.item[i], t->agent_note[i]), 4);
	}
	for (int k = 0; k < QL_N_ASPECT; k++)
		aspect(c, e, k);
	ql_buf_puts(&c->out, "\n" QL_RESEARCH_USE "\n");
}
