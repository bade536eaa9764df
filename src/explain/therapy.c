/* SPDX-License-Identifier: Apache-2.0 */
#include "explain/therapy.h"
#include "base/paths.h"
#include <stdlib.h>
#include <string.h>

struct reader {
	const char *data_dir;
	const struct ql_model *m;
	const struct ql_evidence *e;
	struct ql_arena *a;
	struct ql_diags *ds;
	struct ql_therapy *out;
};

static const char *const aspect_name[QL_N_ASPECT] = {"mechanism", "efficacy", "safety", "resistance", "future"};

const char *ql_aspect_name(enum ql_aspect a) { return aspect_name[a]; }

bool ql_names_have(const struct ql_names *n, const char *name)
{
	for (int i = 0; i < n->n; i++)
		if (strcmp(n->item[i], name) == 0)
			return true;
	return false;
}

const struct ql_therapy *ql_therapy_find(const struct ql_therapies *t, const char *id)
{
	for (int i = 0; i < t->n; i++)
		if (strcmp(t->item[i].id, id) == 0)
			return &t->item[i];
	return NULL;
}

const struct ql_therapy *ql_therapy_of_agent(const struct ql_therapies *t, const char *agent, const char **note)
{
	for (int i = 0; i < t->n; i++)
		for (int k = 0; k < t->item[i].agents.n; k++)
			if (strcmp(t->item[i].agents.item[k], agent) == 0) {
				*note = t->item[i].agent_note[k];
				return &t->item[i];
			}
	return NULL;
}

static struct ql_diag *fault(struct reader *r, struct ql_span at, const char *text, const char *name)
{
	return ql_diag_add(r->ds, QL_E0321, at, text, name);
}

/* A list of names; `required`: at least one. */
static void read_names(struct reader *r, const struct ql_yaml *map, const char *key, bool required, struct ql_names *out)
{
	const struct ql_yaml *y = ql_yaml_get(map, key);
	if (!y || y->kind != QL_YAML_LIST || (required && y->n == 0)) {
		if (y || required)
			ql_diag_help(fault(r, y ? y->span : map->span, "`%s` must be a list of names", key), "write `%s: [NAME, NAME]`", key);
		return;
	}
	out->item = QL_NEW_N(r->a, const char *, (size_t)y->n + 1);
	out->span = QL_NEW_N(r->a, struct ql_span, (size_t)y->n + 1);
	for (int i = 0; i < y->n; i++) {
		if (y->item[i]->kind != QL_YAML_SCALAR) {
			ql_diag_help(fault(r, y->item[i]->span, "a name must stand in `%s`", key), "write `%s: [NAME, NAME]`", key);
			continue;
		}
		out->item[out->n] = y->item[i]->text;
		out->span[out->n++] = y->item[i]->span;
	}
}

/* --- names must exist --- */

static void check_model_names(struct reader *r, const struct ql_names *n, unsigned kinds, const char *what)
{
	for (int i = 0; i < n->n; i++) {
		int q = ql_model_find(r->m, n->item[i]);
		if (q >= 0 && strcmp(r->m->q[q].name, n->item[i]) == 0 && (kinds >> r->m->q[q].kind & 1))
			continue;
		struct ql_diag *d = fault(r, n->span[i], q >= 0 ? "`%s` stands in the wrong list or is not its full name" : "the model has no `%s`",
					  n->item[i]);
		const char *near = ql_model_suggest(r->m, n->item[i], kinds);
		if (near)
			ql_diag_help(d, "did you mean `%s`?", near);
		else
			ql_diag_help(d, "name %s as `quell model show` prints it", what);
	}
}

static void check_files(struct reader *r, const struct ql_names *n, const char *folder, const char *what)
{
	int count;
	const char **known = ql_library_list(r->a, r->data_dir, folder, ".yaml", &count);
	for (int i = 0; i < n->n; i++) {
		bool found = false;
		for (int k = 0; k < count && !found; k++)
			found = strcmp(known[k], n->item[i]) == 0;
		if (found)
			continue;
		const char *near = ql_suggest(n->item[i], known, count);
		struct ql_diag *d = ql_diag_add(r->ds, QL_E0321, n->span[i], "no %s `%s` in %s", what, n->item[i], folder);
		if (near)
			ql_diag_help(d, "did you mean `%s`?", near);
		else
			ql_diag_help(d, "add the file or leave the name out");
	}
}

static void check_references(struct reader *r, const struct ql_names *n)
{
	for (int i = 0; i < n->n; i++)
		if (!ql_reference_find(&r->e->references, n->item[i]))
			ql_diag_help(fault(r, n->span[i], "`%s` is not in evidence/references.bib", n->item[i]), "add the publication there");
}

static void check_evidence(struct reader *r)
{
	const struct ql_names *t = &r->out->treatments;
	for (int i = 0; i < t->n; i++)
		if (!ql_evidence_treatment(r->e, t->item[i]))
			ql_diag_help(fault(r, t->span[i], "`%s` is no treatment of the evidence base", t->item[i]),
				     "evidence/treatments.csv lists them");
	for (int k = 0; k < QL_N_ASPECT; k++) {
		const struct ql_names *p = &r->out->aspect[k].published;
		for (int i = 0; i < p->n; i++) {
			bool found = false;
			for (int j = 0; j < r->e->n_row && !found; j++)
				found = strcmp(r->e->row[j].endpoint, p->item[i]) == 0;
			if (!found)
				ql_diag_help(fault(r, p->span[i], "the evidence base has no endpoint `%s`", p->item[i]),
					     "name an entry of the column `endpoint` of evidence/trials.csv");
		}
	}
}

/* --- reading --- */

/* Without the line end that folded YAML leaves. */
static const char *trimmed(struct ql_arena *a, const char *s)
{
	size_t n = strlen(s);
	while (n && (s[n - 1] == '\n' || s[n - 1] == ' '))
		n--;
	return ql_arena_strndup(a, s, n);
}

static void read_aspect(struct reader *r, const struct ql_yaml *aspects, enum ql_aspect k)
{
	static const char *const keys[] = {"text", "references", "parameters", "equations", "published", "simulated", "what_if", NULL};
	const unsigned numbers = 1u << QL_PARAM | 1u << QL_AGENT | 1u << QL_COVARIATE | 1u << QL_INPUT;
	const unsigned equations = 1u << QL_LET | 1u << QL_STATE | 1u << QL_OUTPUT;
	struct ql_therapy_aspect *out = &r->out->aspect[k];
	const struct ql_yaml *y = ql_yaml_get(aspects, aspect_name[k]);
	bool measured = k == QL_EFFICACY || k == QL_SAFETY;
	if (!y || y->kind != QL_YAML_MAP) {
		ql_diag_help(fault(r, y ? y->span : aspects->span, "the aspect `%s` is missing", aspect_name[k]),
			     "every therapy has mechanism, efficacy, safety, resistance and future");
		return;
	}
	ql_yaml_check_keys(y, keys, r->ds);
	if (ql_yaml_string(y, "text", true, r->ds, &out->text) && strlen(out->text = trimmed(r->a, out->text)) < 100)
		ql_diag_help(fault(r, ql_yaml_get(y, "text")->span, "the text of `%s` says too little", aspect_name[k]), "write some sentences");
	read_names(r, y, "references", true, &out->references);
	read_names(r, y, "parameters", true, &out->parameters);
	read_names(r, y, "equations", true, &out->equations);
	read_names(r, y, "published", measured, &out->published);
	read_names(r, y, "simulated", measured, &out->simulated);
	read_names(r, y, "what_if", k == QL_FUTURE, &out->what_if);
	check_references(r, &out->references);
	check_model_names(r, &out->parameters, numbers, "a parameter");
	check_model_names(r, &out->equations, equations, "an equation");
	check_files(r, &out->what_if, "library/whatif", "what-if");
}

static void read_agents(struct reader *r, const struct ql_yaml *top)
{
	const struct ql_yaml *y = ql_yaml_get(top, "agents");
	struct ql_names *out = &r->out->agents;
	if (!y || y->kind != QL_YAML_MAP) {
		ql_diag_help(fault(r, y ? y->span : top->span, "`%s` must map agents to what distinguishes them", "agents"),
			     "write `agents: {rituximab: \"...\"}`");
		return;
	}
	out->item = QL_NEW_N(r->a, const char *, (size_t)y->n + 1);
	out->span = QL_NEW_N(r->a, struct ql_span, (size_t)y->n + 1);
	r->out->agent_note = QL_NEW_N(r->a, const char *, (size_t)y->n + 1);
	for (int i = 0; i < y->n; i++) {
		if (y->item[i]->kind != QL_YAML_SCALAR || strlen(y->item[i]->text) < 20) {
			ql_diag_help(fault(r, y->item[i]->span, "`%s` needs a sentence", y->key[i]), "say what distinguishes the agent");
			continue;
		}
		out->item[out->n] = y->key[i];
		out->span[out->n] = y->key_span[i];
		r->out->agent_note[out->n++] = y->item[i]->text;
	}
	check_files(r, out, "library/agents", "agent");
}

static void read_grade(struct reader *r, const struct ql_yaml *top)
{
	const char *text = NULL;
	ql_yaml_string(top, "warning", false, r->ds, &r->out->warning);
	if (!ql_yaml_string(top, "evidence", true, r->ds, &text))
		return;
	struct ql_span at = ql_yaml_get(top, "evidence")->span;
	if (strlen(text) != 1 || text[0] < 'A' || text[0] > 'D')
		ql_diag_help(ql_diag_add(r->ds, QL_E0411, at, "the grade is one of A, B, C, D"), "see `quell explain E0411`");
	else if (text[0] == 'D' && !r->out->warning)
		ql_diag_help(ql_diag_add(r->ds, QL_E0411, at, "grade D needs a warning"), "add `warning: no clinical data in CLL`");
	else
		r->out->evidence_grade = text[0];
}

static void check_simulate(struct reader *r)
{
	for (int i = 0; i < r->out->simulate.n; i++)
		if (!ql_names_have(&r->out->regimens, r->out->simulate.item[i]))
			ql_diag_help(fault(r, r->out->simulate.span[i], "`%s` is not among the regimens of the therapy", r->out->simulate.item[i]),
				     "add it to `regimens`");
}

static void read_therapy(struct reader *r)
{
	static const char *const keys[] = {"therapy", "title",	  "summary",  "order",	    "evidence", "warning", "population",
					   "regimens", "simulate", "treatments", "aspects", "agents", "diagram", NULL};
	struct ql_therapy *out = r->out;
	struct ql_yaml *y = NULL;
	double order = 0;
	if (ql_yaml_read(r->a, out->path, r->ds, &y) != QUELL_OK)
		return;
	if (!y || y->kind != QL_YAML_MAP) {
		fault(r, (struct ql_span){out->path, 0, 0, 0}, "`%s` describes no therapy", out->path);
		return;
	}
	ql_yaml_check_keys(y, keys, r->ds);
	ql_yaml_string(y, "therapy", true, r->ds, &out->id);
	ql_yaml_string(y, "title", true, r->ds, &out->title);
	ql_yaml_string(y, "summary", true, r->ds, &out->summary);
	ql_yaml_number(y, "order", true, r->ds, &order);
	out->order = (int)order;
	ql_yaml_string(y, "population", true, r->ds, &out->population);
	read_grade(r, y);
	read_names(r, y, "regimens", true, &out->regimens);
	read_names(r, y, "simulate", true, &out->simulate);
	read_names(r, y, "treatments", true, &out->treatments);
	check_files(r, &out->regimens, "library/regimens", "regimen");
	check_simulate(r);
	read_agents(r, y);
	out->diagram = ql_yaml_get(y, "diagram");
	const struct ql_yaml *aspects = ql_yaml_get(y, "aspects");
	if (!aspects || aspects->kind != QL_YAML_MAP) {
		ql_diag_help(fault(r, y->span, "`%s` is missing", "aspects"), "add the five aspects");
		return;
	}
	ql_yaml_check_keys(aspects, (const char *const[]){"mechanism", "efficacy", "safety", "resistance", "future", NULL}, r->ds);
	for (int k = 0; k < QL_N_ASPECT; k++)
		read_aspect(r, aspects, (enum ql_aspect)k);
	check_evidence(r);
}

static int by_order(const void *a, const void *b)
{
	const struct ql_therapy *x = a, *y = b;
	return (x->order > y->order) - (x->order < y->order);
}

struct load_job {
	struct reader reader;
	struct ql_therapies *out;
};

static enum quell_status load(void *arg)
{
	struct load_job *j = arg;
	struct reader *r = &j->reader;
	int n, errors = r->ds->n_errors;
	const char **name = ql_library_list(r->a, r->data_dir, "library/therapies", ".yaml", &n);
	j->out->item = QL_NEW_N(r->a, struct ql_therapy, (size_t)n + 1);
	for (int i = 0; i < n; i++) {
		r->out = &j->out->item[j->out->n++];
		r->out->path = ql_arena_printf(r->a, "%s/library/therapies/%s.yaml", r->data_dir, name[i]);
		read_therapy(r);
		if (r->out->id && strcmp(r->out->id, name[i]) != 0)
			fault(r, (struct ql_span){r->out->path, 1, 1, 0}, "the file of `%s` must have its name", r->out->id);
	}
	if (r->ds->n_errors > errors)
		return QUELL_ERR_INPUT;
	qsort(j->out->item, (size_t)j->out->n, sizeof *j->out->item, by_order);
	return QUELL_OK;
}

enum quell_status ql_therapies_load(const char *data_dir, const struct ql_model *m, const struct ql_evidence *e,
				    struct ql_arena *a, struct ql_diags *ds, struct ql_therapies *out)
{
	struct load_job j = {{data_dir, m, e, a, ds, NULL}, out};
	*out = (struct ql_therapies){0};
	return ql_protect(load, &j);
}
