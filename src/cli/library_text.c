/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/library_text.h"
#include "base/io.h"
#include "cli/explain_text.h"
#include <string.h>

enum { FIELD = 12 };

const struct ql_references *ql_cli_references(struct ql_cli *c)
{
	static struct ql_references refs;
	static bool tried;
	if (!tried && ql_cli_data(c)) {
		tried = true;
		const char *path = ql_arena_printf(&c->arena, "%s/evidence/references.bib", c->data_dir);
		if (ql_references_read(&c->arena, path, &c->ds, &refs) != QUELL_OK)
			refs.n = 0;
	}
	return &refs;
}

void ql_text_sources(struct ql_cli *c, const char *const *key, int n)
{
	const struct ql_references *refs = ql_cli_references(c);
	for (int i = 0; i < n; i++) {
		const struct ql_reference *r = ql_reference_find(refs, key[i]);
		ql_buf_puts(&c->out, i ? "" : "  sources\n");
		ql_buf_printf(&c->out, "    %s: ", key[i]);
		if (r)
			ql_reference_text(r, &c->out);
		else
			ql_buf_puts(&c->out, "not in evidence/references.bib");
		ql_buf_puts(&c->out, "\n");
	}
}

void ql_text_heading(struct ql_cli *c, const char *name, const char *kind, const char *title)
{
	ql_buf_printf(&c->out, "%s%s%s%s  %s%s%s\n", c->out.len ? "\n" : "", ql_cli_style(c, QL_BOLD), name,
		      ql_cli_style(c, QL_PLAIN), kind, title && *title ? ": " : "", title ? title : "");
}

void ql_text_field(struct ql_cli *c, const char *name, const char *value)
{
	if (value && *value)
		ql_buf_printf(&c->out, "  %-*s %s\n", FIELD, name, value);
}

/* A YAML value on one line: "a, b", "{k: v}". Depth is bounded by the reader. */
static void flat(struct ql_buf *b, const struct ql_yaml *v)
{
	if (v->kind == QL_YAML_SCALAR) {
		ql_buf_puts(b, v->text);
		return;
	}
	for (int i = 0; i < v->n; i++) {
		bool nested = v->item[i]->kind != QL_YAML_SCALAR;
		ql_buf_puts(b, i ? ", " : "");
		if (v->kind == QL_YAML_MAP)
			ql_buf_printf(b, "%s ", v->key[i]);
		ql_buf_puts(b, nested ? "(" : "");
		flat(b, v->item[i]);
		ql_buf_puts(b, nested ? ")" : "");
	}
}

static const char *value_text(struct ql_cli *c, const struct ql_yaml *map, const char *key)
{
	const struct ql_yaml *v = ql_yaml_get(map, key);
	struct ql_buf b = {0};
	if (!v)
		return NULL;
	flat(&b, v);
	const char *text = ql_arena_strdup(&c->arena, b.data ? b.data : "");
	ql_buf_free(&b);
	return text;
}

static void yaml_sources(struct ql_cli *c, const struct ql_yaml *map, const char *key)
{
	const struct ql_yaml *list = ql_yaml_get(map, key);
	if (!list || list->kind != QL_YAML_LIST || !list->n)
		return;
	const char **name = QL_NEW_N(&c->arena, const char *, (size_t)list->n);
	for (int i = 0; i < list->n; i++)
		name[i] = list->item[i]->kind == QL_YAML_SCALAR ? list->item[i]->text : "";
	ql_text_sources(c, name, list->n);
}

static void dose_line(struct ql_cli *c, const struct ql_yaml *d)
{
	static const struct {
		const char *key, *before, *after;
	} word[] = {{"amount", " ", ""}, {"steps", " day: level ", ""}, {"over", " over ", ""}, {"days", ", day ", ""},
		    {"cycles", ", cycles ", ""}, {"every", " every ", ""}, {"max", ", at most ", ""},
		    {"stop", ", may stop for ", ""}};
	const char *give = value_text(c, d, "give"), *set = value_text(c, d, "set");
	ql_buf_printf(&c->out, "    %s", give ? give : set ? set : "?");
	for (size_t i = 0; i < sizeof word / sizeof *word; i++) {
		const char *v = value_text(c, d, word[i].key);
		if (v)
			ql_buf_printf(&c->out, "%s%s%s", word[i].before, v, word[i].after);
	}
	ql_buf_puts(&c->out, "\n");
}

static const char *graded(struct ql_cli *c, const char *grade)
{
	return grade ? ql_arena_printf(&c->arena, "%s, %s", grade, ql_evidence_grade_text(*grade)) : NULL;
}

void ql_text_regimen(struct ql_cli *c, const struct ql_yaml *y)
{
	ql_text_heading(c, value_text(c, y, "regimen"), "regimen", value_text(c, y, "title"));
	ql_text_field(c, "evidence", graded(c, value_text(c, y, "evidence")));
	ql_text_field(c, "warning", value_text(c, y, "warning"));
	ql_text_field(c, "line", value_text(c, y, "line"));
	ql_text_field(c, "in trials as", value_text(c, y, "treatment"));
	ql_text_field(c, "agents", value_text(c, y, "agents"));
	ql_text_field(c, "response day", value_text(c, y, "response_day"));
	const struct ql_yaml *doses = ql_yaml_get(y, "doses");
	if (doses && doses->n)
		ql_buf_puts(&c->out, "  doses\n");
	for (int i = 0; doses && i < doses->n; i++)
		dose_line(c, doses->item[i]);
	yaml_sources(c, y, "sources");
}

static void change_line(struct ql_cli *c, const struct ql_yaml *y)
{
	const char *column = value_text(c, y, "column"), *parameter = value_text(c, y, "parameter"), *factor = value_text(c, y, "factor");
	const char *value = value_text(c, y, "value"), *add = value_text(c, y, "add"), *unit = value_text(c, y, "unit");
	ql_buf_printf(&c->out, "    %s %s %s%s%s  [%s]\n", column ? column : parameter ? parameter : "?", factor ? "times" : value ? "becomes" : "plus",
		      factor ? factor : value ? value : add ? add : "?", unit && strcmp(unit, "1") ? " " : "", unit && strcmp(unit, "1") ? unit : "",
		      value_text(c, y, "grade"));
}

void ql_text_whatif(struct ql_cli *c, const struct ql_yaml *y)
{
	ql_text_heading(c, value_text(c, y, "whatif"), "what if", value_text(c, y, "title"));
	ql_text_field(c, "evidence", graded(c, value_text(c, y, "evidence")));
	ql_text_field(c, "warning", value_text(c, y, "warning"));
	ql_text_field(c, "therapy", value_text(c, y, "therapy"));
	ql_text_field(c, "changes", value_text(c, y, "applies_to"));
	ql_text_field(c, "run", ql_arena_printf(&c->arena, "quell compare --what-if %s", value_text(c, y, "whatif")));
	const char *why = value_text(c, y, "rationale");
	ql_text_wrapped(c, why ? why : "", 2);
	const struct ql_yaml *change = ql_yaml_get(y, "change"), *regimen = ql_yaml_get(y, "regimen"), *doses = ql_yaml_get(regimen, "doses");
	for (int i = 0; change && change->kind == QL_YAML_LIST && i < change->n; i++) {
		ql_buf_puts(&c->out, i ? "" : "  numbers\n");
		change_line(c, change->item[i]);
	}
	ql_text_field(c, "agents", value_text(c, regimen, "agents"));
	for (int i = 0; doses && doses->kind == QL_YAML_LIST && i < doses->n; i++) {
		ql_buf_puts(&c->out, i ? "" : "  doses\n");
		dose_line(c, doses->item[i]);
	}
	yaml_sources(c, y, "sources");
}

void ql_text_population(struct ql_cli *c, const struct ql_yaml *y)
{
	ql_text_heading(c, value_text(c, y, "population"), "population", value_text(c, y, "title"));
	ql_text_field(c, "line", value_text(c, y, "line"));
	ql_text_field(c, "like trials", value_text(c, y, "trials"));
	const struct ql_yaml *list = ql_yaml_get(y, "covariates");
	ql_buf_puts(&c->out, list ? "  covariates\n" : "");
	for (int i = 0; list && list->kind == QL_YAML_MAP && i < list->n; i++) {
		const struct ql_yaml *v = list->item[i];
		const char *grade = value_text(c, v, "grade");
		ql_buf_printf(&c->out, "    %-14s ", list->key[i]);
		for (int k = 0; v->kind == QL_YAML_MAP && k < v->n; k++)
			if (strcmp(v->key[k], "grade") != 0 && strcmp(v->key[k], "source") != 0) {
				ql_buf_printf(&c->out, "%s%s ", k ? ", " : "", v->key[k]);
				flat(&c->out, v->item[k]);
			}
		ql_buf_printf(&c->out, "%s%s%s\n", grade ? "  [" : "", grade ? grade : "", grade ? "]" : "");
	}
	yaml_sources(c, y, "sources");
}

void ql_text_agent(struct ql_cli *c, const struct ql_yaml *y)
{
	ql_text_heading(c, value_text(c, y, "agent"), "agent", value_text(c, y, "title"));
	ql_text_field(c, "class", value_text(c, y, "class"));
	ql_text_field(c, "module", value_text(c, y, "module"));
	ql_text_field(c, "warning", value_text(c, y, "warning"));
	const struct ql_yaml *list = ql_yaml_get(y, "columns");
	ql_buf_puts(&c->out, list ? "  parameters\n" : "");
	for (int i = 0; list && list->kind == QL_YAML_MAP && i < list->n; i++) {
		const struct ql_yaml *v = list->item[i];
		const char *unit = value_text(c, v, "unit"), *source = value_text(c, v, "source"), *value = value_text(c, v, "value");
		const char *number = ql_arena_printf(&c->arena, "%s%s%s", value ? value : "?",
						     unit && strcmp(unit, "1") != 0 ? " " : "",
						     unit && strcmp(unit, "1") != 0 ? unit : "");
		ql_buf_printf(&c->out, "    %-12s ", list->key[i]);
		ql_buf_pad(&c->out, number, 34, false);
		ql_buf_printf(&c->out, " %-11s %s\n", value_text(c, v, "grade"), source ? source : "");
	}
}

/* "models/cll/disease.qm:52" for a file that comes with quell. */
static const char *place(struct ql_cli *c, struct ql_span s)
{
	const char *file = s.file;
	size_t n = c->data_dir ? strlen(c->data_dir) : 0;
	if (n && file && strncmp(file, c->data_dir, n) == 0 && file[n] == '/')
		file += n + 1;
	return file ? ql_arena_printf(&c->arena, "%s:%d", file, s.line) : NULL;
}

/* The line on which a quantity is defined, as it was read. */
static const char *defining_line(struct ql_cli *c, struct ql_span s)
{
	for (int i = 0; i < c->ds.n_source && s.file && s.line > 0; i++) {
		if (strcmp(c->ds.source[i].file, s.file) != 0)
			continue;
		const char *p = c->ds.source[i].text;
		for (int line = 1; line < s.line && p; line++)
			p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL;
		size_t len = p ? strcspn(p, "\n") : 0, blank = p ? strspn(p, " \t") : 0;
		if (len > blank && len < 400)
			return ql_arena_strndup(&c->arena, p + blank, len - blank);
	}
	return NULL;
}

static const char *limits(struct ql_cli *c, const struct ql_quantity *q)
{
	char lo[32], hi[32];
	struct ql_buf b = {0};
	for (int i = 0; i < q->n_allowed; i++)
		ql_buf_printf(&b, "%s%s", i ? " or " : "", ql_format_double(q->allowed[i], lo));
	if (!q->n_allowed && (isfinite(q->lo) || isfinite(q->hi)))
		ql_buf_printf(&b, "%s to %s", ql_format_double(q->lo, lo), ql_format_double(q->hi, hi));
	const char *text = b.data ? ql_arena_strdup(&c->arena, b.data) : NULL;
	ql_buf_free(&b);
	return text;
}

const double *ql_typical_values(struct ql_cli *c, struct ql_model *m) { return ql_plan_typical(m, &c->arena, &c->ds); }

void ql_text_quantity(struct ql_cli *c, const struct ql_model *m, const double *typical, int index)
{
	const struct ql_quantity *q = &m->q[index];
	char number[32];
	double x = typical[index];
	ql_text_heading(c, q->name, ql_kind_word(q), q->doc);
	const char *unit = *q->unit && strcmp(q->unit, "1") != 0 ? q->unit : "";
	if (isfinite(x))
		ql_text_field(c, q->kind == QL_STATE ? "at start" : q->kind == QL_PARAM ? "value" : "default",
			      ql_arena_printf(&c->arena, "%s %s", ql_format_double(x, number), unit));
	else
		ql_text_field(c, "unit", *unit ? unit : q->unit);
	ql_text_field(c, "spread", q->spread_text);
	ql_text_field(c, "accepted", limits(c, q));
	ql_text_field(c, "grade", ql_grade_word(q->grade));
	ql_text_field(c, "defined in", place(c, q->span));
	ql_text_field(c, "as", defining_line(c, q->span));
	ql_text_sources(c, q->cite, q->n_cite);
}
