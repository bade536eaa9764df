/* SPDX-License-Identifier: Apache-2.0 */
/* `explain`: what a name means, as rows; therapies and agents with all that src/explain gathers. */
#include "api/sheet.h"
#include "base/paths.h"
#include "base/yaml.h"
#include "explain/diagram.h"
#include "explain/explain.h"
#include <ctype.h>
#include <math.h>
#include <string.h>

enum { MOST = 16 }; /* therapies */

struct thing {
	const char *kind, *name, *title, *text, *unit, *spread, *grade, *sources, *warning;
	double value;
};

struct job {
	struct ql_api_run *r;
	const char *name;
	bool open;
	struct ql_explain x;
	struct ql_explanation e[MOST];
	int n;
	struct ql_model *m;
	struct thing *thing;
	int n_thing, cap_thing;
	const char **known; /* names, for suggestions */
	int n_known, cap_known;
	struct ql_buf text;
};

static const struct {
	const char *kind, *plural, *folder, *text;
} shelf[] = {{"regimen", "regimens", "library/regimens", NULL},
	     {"population", "populations", "library/populations", NULL},
	     {"what-if", "whatifs", "library/whatif", "rationale"},
	     {"agent", "agents", "library/agents", "class"},
	     {"therapy", "therapies", "library/therapies", "summary"}};
enum { N_SHELF = sizeof shelf / sizeof *shelf };

/* ---- what has that name ---- */

static struct thing *add(struct job *j, const char *kind, const char *name)
{
	struct ql_arena *a = &j->r->work;
	if (j->n_thing == j->cap_thing) {
		int cap = j->cap_thing ? 2 * j->cap_thing : 16;
		struct thing *more = QL_NEW_N(a, struct thing, (size_t)cap);
		if (j->n_thing)
			memcpy(more, j->thing, (size_t)j->n_thing * sizeof *more);
		j->thing = more;
		j->cap_thing = cap;
	}
	struct thing *t = &j->thing[j->n_thing++];
	*t = (struct thing){.kind = kind, .name = ql_arena_strdup(a, name), .value = NAN};
	return t;
}

static void know(struct job *j, const char *name)
{
	if (j->n_known == j->cap_known) {
		int cap = j->cap_known ? 2 * j->cap_known : 256;
		const char **more = QL_NEW_N(&j->r->work, const char *, (size_t)cap);
		if (j->n_known)
			memcpy(more, j->known, (size_t)j->n_known * sizeof *more);
		j->known = more;
		j->cap_known = cap;
	}
	j->known[j->n_known++] = name;
}

static void code(struct job *j, enum ql_code c)
{
	struct thing *t = add(j, "diagnostic", ql_code_name(c));
	t->title = ql_code_title(c);
	t->text = ql_code_text(c);
}

static void codes(struct job *j)
{
	char *upper = ql_arena_strdup(&j->r->work, j->name);
	for (char *p = upper; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	int found = ql_code_find(upper);
	if (found >= 0)
		code(j, (enum ql_code)found);
	for (int i = 0; strcmp(j->name, "codes") == 0 && i < QL_CODE_COUNT; i++)
		code(j, (enum ql_code)i);
}

static const char *scalar(const struct ql_yaml *y, const char *key)
{
	const struct ql_yaml *v = key ? ql_yaml_get(y, key) : NULL;
	return v && v->kind == QL_YAML_SCALAR ? v->text : NULL;
}

static const char *list(struct ql_arena *a, const struct ql_yaml *v)
{
	const char *text = NULL;
	for (int i = 0; v && v->kind == QL_YAML_LIST && i < v->n; i++)
		if (v->item[i]->kind == QL_YAML_SCALAR)
			text = text ? ql_arena_printf(a, "%s, %s", text, v->item[i]->text) : v->item[i]->text;
	return text;
}

static void file(struct job *j, int k, const char *name)
{
	struct ql_arena *a = &j->r->work;
	struct ql_yaml *y;
	const char *path = ql_arena_printf(a, "%s/%s/%s.yaml", j->r->data_dir, shelf[k].folder, name);
	if (ql_yaml_read(a, path, &j->r->ds, &y) != QUELL_OK || !y)
		return;
	struct thing *t = add(j, shelf[k].kind, name);
	t->title = scalar(y, "title");
	t->text = scalar(y, shelf[k].text);
	t->grade = scalar(y, "evidence");
	t->warning = scalar(y, "warning");
	t->sources = list(a, ql_yaml_get(y, "sources"));
}

static void files(struct job *j)
{
	for (int k = 0; k < N_SHELF; k++) {
		int n;
		bool all = strcmp(j->name, shelf[k].plural) == 0;
		const char **name = ql_library_list(&j->r->work, j->r->data_dir, shelf[k].folder, ".yaml", &n);
		for (int i = 0; i < n; i++) {
			know(j, name[i]);
			if (all || strcmp(name[i], j->name) == 0)
				file(j, k, name[i]);
		}
	}
}

static bool named(const struct ql_quantity *q, const char *name)
{
	const char *last = strrchr(q->base, '.'), *full = strrchr(q->name, '.');
	return strcmp(q->name, name) == 0 || strcmp(q->base, name) == 0 || (last && strcmp(last + 1, name) == 0) ||
	       (full && strcmp(full + 1, name) == 0);
}

static void quantity(struct job *j, const struct ql_quantity *q, double value)
{
	struct ql_arena *a = &j->r->work;
	struct thing *t = add(j, ql_kind_word(q), q->name);
	t->title = q->doc;
	t->unit = q->unit;
	t->value = value;
	t->spread = q->spread_text;
	t->grade = ql_grade_word(q->grade);
	for (int i = 0; i < q->n_cite; i++)
		t->sources = t->sources ? ql_arena_printf(a, "%s, %s", t->sources, q->cite[i]) : ql_arena_strdup(a, q->cite[i]);
}

static void quantities(struct job *j)
{
	struct ql_model *m = j->m;
	const double *typical = ql_model_typical(m, &j->r->work, &j->r->ds);
	for (int i = 0; i < m->n_q; i++) {
		if (m->q[i].kind == QL_RANDOM)
			continue;
		know(j, m->q[i].name);
		if (named(&m->q[i], j->name))
			quantity(j, &m->q[i], typical[i]);
	}
	for (int i = 0; i < m->n_dose; i++) {
		know(j, m->dose[i].name);
		if (strcmp(m->dose[i].name, j->name) != 0)
			continue;
		struct thing *t = add(j, "dose", j->name);
		t->title = m->dose[i].doc;
		t->unit = m->dose[i].unit;
		t->text = ql_arena_printf(&j->r->work, "goes into %s", m->q[m->dose[i].state].name);
	}
	for (int i = 0; i < m->n_when; i++)
		if (strcmp(m->when[i].name, j->name) == 0)
			add(j, "event", j->name)->title = m->when[i].doc;
}

static void trials(struct job *j)
{
	const struct ql_evidence *e = j->x.evidence;
	struct thing *t = NULL;
	for (int i = 0; i < e->n_row; i++) {
		const struct ql_trial_row *r = &e->row[i];
		if (i == 0 || strcmp(r->trial, e->row[i - 1].trial) != 0)
			know(j, r->trial);
		if (t || strcmp(r->trial, j->name) != 0)
			continue;
		t = add(j, "trial", r->trial);
		t->title = ql_arena_strdup(&j->r->work, r->population);
		t->text = ql_arena_printf(&j->r->work, "line %s; role %s; %s", r->line, *r->role ? r->role : "none", r->publication);
	}
}

static void things_table(struct job *j)
{
	static const struct {
		const char *name, *title;
		size_t at;
	} column[] = {{"kind", "", offsetof(struct thing, kind)}, {"name", "", offsetof(struct thing, name)},
		      {"title", "", offsetof(struct thing, title)}, {"text", "", offsetof(struct thing, text)},
		      {"unit", "of the value", offsetof(struct thing, unit)},
		      {"spread", "how patients differ", offsetof(struct thing, spread)},
		      {"grade", "where a number comes from; A to D: evidence of a regimen, what-if or therapy", offsetof(struct thing, grade)},
		      {"sources", "keys of evidence/references.bib", offsetof(struct thing, sources)},
		      {"warning", "", offsetof(struct thing, warning)}};
	struct ql_table *t = ql_run_add_table(j->r, "things", j->n_thing);
	for (size_t k = 0; k < sizeof column / sizeof *column; k++) {
		if (strcmp(column[k].name, "spread") == 0) {
			double *x = ql_table_doubles(t, "value", "", "typical, in `unit`");
			for (int i = 0; i < j->n_thing; i++)
				x[i] = j->thing[i].value;
		}
		int c = ql_table_text(t, column[k].name, column[k].title);
		for (int i = 0; i < j->n_thing; i++)
			ql_table_text_add(t, c, *(const char *const *)((const char *)&j->thing[i] + column[k].at));
	}
}

/* ---- therapies and agents ---- */

static enum quell_status gather(struct job *j, const struct thing *t, bool all)
{
	enum quell_status s = QUELL_OK;
	for (int i = 0; all && i < j->x.therapies.n && i < MOST && s == QUELL_OK; i++)
		s = ql_explain_therapy(&j->x, j->x.therapies.item[i].id, &j->r->ds, &j->e[j->n++]);
	if (!all)
		s = strcmp(t->kind, "agent") == 0 ? ql_explain_agent(&j->x, t->name, &j->r->ds, &j->e[j->n++])
						  : ql_explain_therapy(&j->x, t->name, &j->r->ds, &j->e[j->n++]);
	if (s == QUELL_OK)
		ql_explain_json(&j->x, j->e, j->n, &j->r->json);
	return s;
}

static enum quell_status write_files(struct job *j, const struct thing *t)
{
	const char *html = ql_run_text(j->r, "html"), *figure = ql_run_text(j->r, "figure");
	enum quell_status s = QUELL_OK;
	if (!html && !figure)
		return QUELL_OK;
	if (!t || strcmp(t->kind, "therapy") != 0) {
		struct ql_diag *d = ql_diag_add(&j->r->ds, QL_E0914, (struct ql_span){0}, "there is no page or figure of `%s`", j->name);
		ql_diag_help(d, "name one therapy; `therapies` lists them");
		return QUELL_ERR_USAGE;
	}
	if (html && (s = ql_explain_html(&j->x, &j->e[0], &j->r->ds, &j->text)) == QUELL_OK)
		s = ql_run_write(j->r, html, &j->text);
	j->text.len = 0;
	if (s == QUELL_OK && figure &&
	    (s = ql_therapy_figure(j->x.model, j->r->data_dir, j->e[0].therapy, &j->r->ds, &j->text)) == QUELL_OK)
		s = ql_run_write(j->r, figure, &j->text);
	return s;
}

static enum quell_status unknown(struct job *j)
{
	struct ql_diag *d = ql_diag_add(&j->r->ds, QL_E0916, (struct ql_span){0}, "nothing is called `%s`", j->name);
	const char *near = ql_suggest(j->name, j->known, j->n_known);
	if (near)
		ql_diag_help(d, "did you mean `%s`?", near);
	else
		ql_diag_help(d, "`therapies`, `agents`, `regimens`, `populations`, `whatifs` and `codes` list names");
	return QUELL_ERR_INPUT;
}

static enum quell_status load_model(struct job *j)
{
	const struct ql_run_value *v = ql_run_value(j->r, "model");
	if (v->model.m)
		return ql_model_again(v->model.m, &j->r->ds, &j->m);
	const char *path = v->text ? v->text : ql_arena_printf(&j->r->work, "%s/models/cll/cll.qm", j->r->data_dir);
	return ql_model_load(path, &j->r->ds, &j->m);
}

static enum quell_status explain(void *arg)
{
	struct job *j = arg;
	codes(j);
	if (j->n_thing) { /* a code needs no model */
		things_table(j);
		return QUELL_OK;
	}
	enum quell_status s = ql_run_data(j->r);
	j->open = s == QUELL_OK;
	if (s == QUELL_OK)
		s = ql_explain_open(&j->x, j->r->data_dir, &j->r->ds);
	if (s == QUELL_OK)
		s = load_model(j);
	if (s != QUELL_OK)
		return s;
	files(j);
	quantities(j);
	trials(j);
	if (j->n_thing == 0)
		return unknown(j);
	things_table(j);
	const struct thing *t = NULL;
	for (int i = 0; i < j->n_thing && !t; i++)
		if (strcmp(j->thing[i].kind, "therapy") == 0 || strcmp(j->thing[i].kind, "agent") == 0)
			t = &j->thing[i];
	bool all = strcmp(j->name, "therapies") == 0;
	if (t && (all || strcmp(t->name, j->name) == 0))
		s = gather(j, t, all);
	if (s == QUELL_OK)
		ql_run_own_sheets(j->r);
	return s == QUELL_OK ? write_files(j, all ? NULL : t) : s;
}

enum quell_status ql_api_explain(struct ql_api_run *r)
{
	struct job j = {.r = r, .name = ql_run_text(r, "name")};
	if (!j.name)
		return ql_run_needs(r, "name", "a name, such as ven-obi, disease.rmax or E0401");
	enum quell_status s = ql_protect(explain, &j);
	for (int i = 0; i < j.n; i++)
		ql_explanation_free(&j.e[i]);
	if (j.open)
		ql_explain_close(&j.x);
	ql_model_free(j.m);
	ql_buf_free(&j.text);
	return s;
}
