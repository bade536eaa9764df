/* SPDX-License-Identifier: Apache-2.0 */
/* quell explain NAME: everything of that name, in the model, the library, the evidence and the list of diagnostics. */
#include "base/paths.h"
#include "cli/library_text.h"
#include "evidence/table.h"
#include <ctype.h>
#include <string.h>

static const struct {
	const char *word, *plural, *folder;
	void (*show)(struct ql_cli *c, const struct ql_yaml *y);
} shelf[] = {{"regimen", "regimens", "library/regimens", ql_text_regimen},
	     {"population", "populations", "library/populations", ql_text_population},
	     {"agent", "agents", "library/agents", ql_text_agent}};
enum { N_SHELF = sizeof shelf / sizeof *shelf };

static bool explain_code(struct ql_cli *c, const char *name)
{
	char *upper = ql_arena_strdup(&c->arena, name);
	for (char *p = upper; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	int code = ql_code_find(upper);
	if (code < 0)
		return false;
	ql_text_heading(c, upper, ql_code_title((enum ql_code)code), NULL);
	ql_buf_printf(&c->out, "\n%s\n", ql_code_text((enum ql_code)code));
	return true;
}

static bool list_codes(struct ql_cli *c)
{
	for (int i = 0; i < QL_CODE_COUNT; i++)
		ql_buf_printf(&c->out, "%s  %s\n", ql_code_name((enum ql_code)i), ql_code_title((enum ql_code)i));
	return true;
}

/* `quell explain regimens`: the names on a shelf. */
static bool explain_shelf(struct ql_cli *c, const char *name)
{
	if (strcmp(name, "codes") == 0)
		return list_codes(c);
	for (int k = 0; k < N_SHELF; k++) {
		if (strcmp(name, shelf[k].plural) != 0)
			continue;
		int n;
		const char **list = ql_library_list(&c->arena, c->data_dir, shelf[k].folder, ".yaml", &n);
		for (int i = 0; i < n; i++) {
			struct ql_yaml *y;
			const char *path = ql_arena_printf(&c->arena, "%s/%s/%s.yaml", c->data_dir, shelf[k].folder, list[i]);
			const struct ql_yaml *t = ql_yaml_read(&c->arena, path, &c->ds, &y) == QUELL_OK ? ql_yaml_get(y, "title") : NULL;
			ql_buf_printf(&c->out, "%-26s %s\n", list[i], t && t->kind == QL_YAML_SCALAR ? t->text : "");
		}
		return true;
	}
	return false;
}

static bool explain_file(struct ql_cli *c, const char *name, struct ql_words *known)
{
	bool found = false;
	for (int k = 0; k < N_SHELF; k++) {
		int n;
		const char **list = ql_library_list(&c->arena, c->data_dir, shelf[k].folder, ".yaml", &n);
		for (int i = 0; i < n; i++) {
			struct ql_yaml *y;
			ql_words_add(&c->arena, known, list[i]);
			if (strcmp(list[i], name) != 0)
				continue;
			const char *path = ql_arena_printf(&c->arena, "%s/%s/%s.yaml", c->data_dir, shelf[k].folder, name);
			if (ql_yaml_read(&c->arena, path, &c->ds, &y) == QUELL_OK && y)
				shelf[k].show(c, y);
			found = true;
		}
	}
	return found;
}

static bool named(const struct ql_quantity *q, const char *name)
{
	const char *last = strrchr(q->base, '.'), *full = strrchr(q->name, '.');
	return strcmp(q->name, name) == 0 || strcmp(q->base, name) == 0 || (last && strcmp(last + 1, name) == 0) ||
	       (full && strcmp(full + 1, name) == 0);
}

static bool explain_quantity(struct ql_cli *c, struct ql_model *m, const char *name, struct ql_words *known)
{
	const double *typical = ql_typical_values(c, m);
	bool found = false;
	for (int i = 0; i < m->n_q; i++) {
		if (m->q[i].kind == QL_RANDOM)
			continue;
		ql_words_add(&c->arena, known, m->q[i].name);
		if (named(&m->q[i], name)) {
			ql_text_quantity(c, m, typical, i);
			found = true;
		}
	}
	for (int i = 0; i < m->n_dose; i++) {
		ql_words_add(&c->arena, known, m->dose[i].name);
		if (strcmp(m->dose[i].name, name) != 0)
			continue;
		ql_text_heading(c, name, "dose", m->dose[i].doc);
		ql_text_field(c, "unit", m->dose[i].unit);
		ql_text_field(c, "goes into", m->q[m->dose[i].state].name);
		found = true;
	}
	for (int i = 0; i < m->n_when; i++)
		if (strcmp(m->when[i].name, name) == 0) {
			ql_text_heading(c, name, "event", m->when[i].doc);
			found = true;
		}
	return found;
}

static bool explain_trial(struct ql_cli *c, const char *name, struct ql_words *known)
{
	struct ql_evidence *e = NULL;
	int rows = 0;
	if (ql_evidence_load(c->data_dir, &c->ds, &e) != QUELL_OK)
		return false;
	for (int i = 0; i < e->n_row; i++) {
		const struct ql_trial_row *r = &e->row[i];
		if (i == 0 || strcmp(r->trial, e->row[i - 1].trial) != 0)
			ql_words_add(&c->arena, known, ql_arena_strdup(&c->arena, r->trial));
		if (strcmp(r->trial, name) != 0)
			continue;
		if (rows++ == 0) {
			ql_text_heading(c, name, "trial", r->population);
			ql_text_field(c, "line", r->line);
			ql_text_field(c, "role", *r->role ? r->role : "none");
			ql_text_field(c, "publication", r->publication);
		}
	}
	if (rows)
		ql_text_field(c, "rows", ql_arena_printf(&c->arena, "%d in the evidence base; `quell evidence show %s`", rows, name));
	ql_evidence_free(e);
	return rows > 0;
}

static bool explain_name(struct ql_cli *c, const char *name, const char *path, struct ql_words *known)
{
	struct ql_model *m = NULL;
	bool found = explain_file(c, name, known);
	if (!path)
		path = ql_arena_printf(&c->arena, "%s/models/cll/cll.qm", c->data_dir);
	if (ql_model_load(path, &c->ds, &m) == QUELL_OK)
		found = explain_quantity(c, m, name, known) || found;
	found = explain_trial(c, name, known) || found;
	/* Names of the model stay in use for suggestions; the model lives until the program ends. */
	return found;
}

int ql_verb_explain(struct ql_cli *c, int argc, char **argv)
{
	const char *model = NULL;
	const struct ql_opt opt[] = {
		{"model", QL_OPT_TEXT, &model, "FILE", "the shipped CLL model", 0, 0, NULL, "look for names in another model"},
		{0}};
	const struct ql_command cmd = {
		"explain", "NAME", 1, 1,
		"Says what a name means: a parameter, state or output of the model, a regimen, agent or population of the\n"
		"library, a trial, or the code of a diagnostic. `regimens`, `agents`, `populations` and `codes` list them.\n",
		"quell explain ven-obi\nquell explain disease.rmax\nquell explain E0301\nquell explain regimens\n",
		{opt}};
	int exit;
	struct ql_words known = {0};
	if (!ql_cli_parse(c, &cmd, argc, argv, &exit))
		return exit;
	const char *name = c->args.item[0];
	if (explain_code(c, name))
		return QL_EXIT_OK;
	if (!ql_cli_data(c))
		return QL_EXIT_INPUT;
	if (explain_shelf(c, name) || explain_name(c, name, model, &known))
		return c->ds.n_errors ? QL_EXIT_INPUT : QL_EXIT_OK;
	struct ql_diag *d = ql_diag_add(&c->ds, QL_E0916, ql_cli_span(c, name), "nothing is called `%s`", name);
	const char *near = ql_suggest(name, known.item, known.n);
	if (near)
		ql_diag_help(d, "did you mean `%s`?", near);
	else
		ql_diag_help(d, "`quell explain regimens`, `quell model show` list names");
	return QL_EXIT_INPUT;
}
