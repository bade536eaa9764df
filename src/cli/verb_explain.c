/* SPDX-License-Identifier: Apache-2.0 */
/* quell explain NAME: everything of that name, in the model, the library, the evidence and the list of diagnostics. */
#include "base/json.h"
#include "base/paths.h"
#include "cli/explain_text.h"
#include "cli/library_text.h"
#include "cli/review_text.h"
#include "evidence/table.h"
#include "explain/diagram.h"
#include <ctype.h>
#include <string.h>

static const struct {
	const char *word, *plural, *folder;
	void (*show)(struct ql_cli *c, const struct ql_yaml *y);
} shelf[] = {{"regimen", "regimens", "library/regimens", ql_text_regimen},
	     {"population", "populations", "library/populations", ql_text_population},
	     {"what-if", "whatifs", "library/whatif", ql_text_whatif},
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
			bool read = ql_yaml_read(&c->arena, path, &c->ds, &y) == QUELL_OK;
			const struct ql_yaml *t = read ? ql_yaml_get(y, "title") : NULL, *w = read ? ql_yaml_get(y, "warning") : NULL;
			bool warns = w && w->kind == QL_YAML_SCALAR;
			ql_buf_printf(&c->out, "%-26s %s%s%s\n", list[i], t && t->kind == QL_YAML_SCALAR ? t->text : "", warns ? ": " : "",
				      warns ? w->text : "");
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
	int n;
	const char **therapy = ql_library_list(&c->arena, c->data_dir, "library/therapies", ".yaml", &n);
	for (int i = 0; i < n; i++)
		ql_words_add(&c->arena, known, therapy[i]);
	bool found = explain_file(c, name, known);
	if (!path)
		path = ql_arena_printf(&c->arena, "%s/models/cll/cll.qm", c->data_dir);
	if (ql_model_load(path, &c->ds, &m) == QUELL_OK)
		found = explain_quantity(c, m, name, known) || found;
	found = explain_trial(c, name, known) || found;
	static struct ql_model *suggests; /* its names are needed for suggestions until the program ends */
	if (found)
		ql_model_free(m);
	else
		suggests = m;
	(void)suggests;
	return found;
}

/* --- therapies and agents --- */

struct request {
	const char *name, *model, *figure, *html;
	struct ql_explain x;
	struct ql_explanation e[16];
	int n;
};

static bool in_folder(struct ql_cli *c, const char *folder, const char *name)
{
	int n;
	const char **list = ql_library_list(&c->arena, c->data_dir, folder, ".yaml", &n);
	for (int i = 0; i < n; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

static enum quell_status gather(struct ql_cli *c, struct request *r, bool all, bool agent)
{
	enum quell_status s = QUELL_OK;
	for (int i = 0; all && i < r->x.therapies.n && i < 16 && s == QUELL_OK; i++)
		s = ql_explain_therapy(&r->x, r->x.therapies.item[i].id, &c->ds, &r->e[r->n++]);
	if (!all)
		s = agent ? ql_explain_agent(&r->x, r->name, &c->ds, &r->e[r->n++]) : ql_explain_therapy(&r->x, r->name, &c->ds, &r->e[r->n++]);
	return s;
}

static enum quell_status show_explained(struct ql_cli *c, struct request *r)
{
	enum quell_status s = QUELL_OK;
	struct ql_buf text = {0};
	if (c->json)
		ql_explain_json(&r->x, r->e, r->n, &c->out);
	else
		ql_text_explanation(c, &r->e[0]);
	if (r->html && (s = ql_explain_html(&r->x, &r->e[0], &c->ds, &text)) == QUELL_OK)
		s = ql_out_file(r->html, &text, &c->ds);
	text.len = 0;
	if (s == QUELL_OK && r->figure && (s = ql_therapy_figure(r->x.model, r->x.data_dir, r->e[0].therapy, &c->ds, &text)) == QUELL_OK)
		s = ql_out_file(r->figure, &text, &c->ds);
	ql_buf_free(&text);
	return s;
}

static int explain_therapies(struct ql_cli *c, struct request *r, bool agent)
{
	bool all = strcmp(r->name, "therapies") == 0;
	enum quell_status s = ql_explain_open(&r->x, c->data_dir, &c->ds);
	for (int i = 0; s == QUELL_OK && all && !c->json && i < r->x.therapies.n; i++)
		ql_text_therapy_line(c, &r->x.therapies.item[i]);
	if (s == QUELL_OK && (c->json || !all))
		s = gather(c, r, all, agent);
	if (s == QUELL_OK && (c->json || !all))
		s = show_explained(c, r);
	for (int i = 0; i < r->n; i++)
		ql_explanation_free(&r->e[i]);
	ql_explain_close(&r->x);
	return ql_cli_exit(s);
}

/* What is said in words of anything else, as JSON. */
static void text_as_json(struct ql_cli *c, const char *name)
{
	json_t *o = json_object();
	json_object_set_new(o, "schema", json_string("quell.explain/1"));
	json_object_set_new(o, "name", ql_json_text(name));
	json_object_set_new(o, "text", ql_json_text(c->out.data));
	c->out.len = 0;
	ql_cli_print_json(c, o);
}

static int explain_other(struct ql_cli *c, struct request *r)
{
	struct ql_words known = {0};
	bool agent = in_folder(c, "library/agents", r->name);
	if (explain_shelf(c, r->name) || explain_name(c, r->name, r->model, &known)) {
		if (c->json && !agent)
			text_as_json(c, r->name);
		if (agent && c->json)
			c->out.len = 0;
		return c->ds.n_errors ? QL_EXIT_INPUT : agent ? explain_therapies(c, r, true) : QL_EXIT_OK;
	}
	struct ql_diag *d = ql_diag_add(&c->ds, QL_E0916, ql_cli_span(c, r->name), "nothing is called `%s`", r->name);
	const char *near = ql_suggest(r->name, known.item, known.n);
	if (near)
		ql_diag_help(d, "did you mean `%s`?", near);
	else
		ql_diag_help(d, "`quell explain regimens`, `quell model show` list names");
	return QL_EXIT_INPUT;
}

static bool fits_files(struct ql_cli *c, const struct request *r)
{
	if ((!r->figure && !r->html) || in_folder(c, "library/therapies", r->name))
		return true;
	struct ql_diag *d = ql_diag_add(&c->ds, QL_E0914, ql_cli_span(c, r->name), "there is no page or figure of `%s`", r->name);
	ql_diag_help(d, "name one therapy; `quell explain therapies` lists them");
	return false;
}

int ql_verb_explain(struct ql_cli *c, int argc, char **argv)
{
	struct request r = {0};
	const struct ql_opt opt[] = {
		{"json", QL_OPT_FLAG, &c->json, NULL, NULL, 0, 0, NULL, "JSON on standard output"},
		QL_OPT_SHARED("figure", QL_OPT_TEXT, &r.figure),
		QL_OPT_SHARED("html", QL_OPT_TEXT, &r.html),
		QL_OPT_SHARED("model", QL_OPT_TEXT, &r.model),
		{0}};
	const struct ql_command cmd = {
		"explain", "NAME", 1, 1,
		"Says what a name means: a therapy, agent, regimen, population or what-if of the library, a parameter, state or\n"
		"output of the model, a trial, or the code of a diagnostic. Therapies and agents come with five aspects\n"
		"(mechanism, efficacy, safety, resistance, future), each with sources and the equations that stand for it, and\n"
		"with figures simulated on the spot. `therapies`, `agents`, `regimens`, `populations`, `whatifs`, `codes` list names;\n"
		"`review` maps the review behind quell onto commands and tests.\n",
		"quell explain therapies\nquell explain anti-cd20 --figure anti-cd20.svg\nquell explain ven-obi\nquell explain disease.rmax\n"
		"quell explain E0301\nquell explain therapies --json\n",
		{opt}};
	int exit;
	if (!ql_cli_parse(c, &cmd, argc, argv, &exit))
		return exit;
	r.name = c->args.item[0];
	if (explain_code(c, r.name)) {
		if (c->json)
			text_as_json(c, r.name);
		return QL_EXIT_OK;
	}
	if (!ql_cli_data(c) || !fits_files(c, &r))
		return c->data_dir ? QL_EXIT_USAGE : QL_EXIT_INPUT;
	if (strcmp(r.name, "review") == 0)
		return ql_cli_exit(c->json ? ql_review_json(c) : ql_review_text(c));
	if (strcmp(r.name, "therapies") == 0 || in_folder(c, "library/therapies", r.name))
		return explain_therapies(c, &r, false);
	return explain_other(c, &r);
}
