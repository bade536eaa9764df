/* SPDX-License-Identifier: Apache-2.0 */
#include "explain/explain.h"
#include "base/paths.h"
#include <math.h>
#include <string.h>

enum { MAX_SIMULATED = 4 }; /* regimens of one agent */

const char *ql_evidence_grade_text(char grade)
{
	switch (grade) {
	case 'A':
		return "phase 3 in CLL";
	case 'B':
		return "phase 1-2 with 20 or more CLL patients";
	case 'C':
		return "fewer than 20 CLL patients";
	case 'D':
		return "no clinical data in CLL";
	}
	return "";
}

static enum quell_status open_all(void *arg)
{
	struct { struct ql_explain *x; struct ql_diags *ds; } *j = arg;
	struct ql_explain *x = j->x;
	const char *path = ql_arena_printf(&x->arena, "%s/models/cll/cll.qm", x->data_dir);
	enum quell_status s = ql_model_load(path, j->ds, &x->model);
	if (s == QUELL_OK)
		s = ql_evidence_load(x->data_dir, j->ds, &x->evidence);
	return s == QUELL_OK ? ql_therapies_load(x->data_dir, x->model, x->evidence, &x->arena, j->ds, &x->therapies) : s;
}

enum quell_status ql_explain_open(struct ql_explain *x, const char *data_dir, struct ql_diags *ds)
{
	struct { struct ql_explain *x; struct ql_diags *ds; } j = {x, ds};
	*x = (struct ql_explain){.data_dir = data_dir};
	return ql_protect(open_all, &j);
}

void ql_explain_close(struct ql_explain *x)
{
	ql_model_free(x->model);
	ql_evidence_free(x->evidence);
	ql_arena_free(&x->arena);
	*x = (struct ql_explain){0};
}

void ql_explanation_free(struct ql_explanation *e)
{
	ql_compare_free(e->run);
	e->run = NULL;
}

/* --- regimens --- */

static const char *text_of(const struct ql_yaml *map, const char *key)
{
	const struct ql_yaml *v = ql_yaml_get(map, key);
	return v && v->kind == QL_YAML_SCALAR ? v->text : NULL;
}

static int names_of(struct ql_explain *x, const struct ql_yaml *map, const char *key, const char ***out)
{
	const struct ql_yaml *v = ql_yaml_get(map, key);
	int n = 0, count = !v ? 0 : v->kind == QL_YAML_LIST ? v->n : 1;
	*out = QL_NEW_N(&x->arena, const char *, (size_t)count + 1);
	for (int i = 0; i < count; i++) {
		const struct ql_yaml *item = v->kind == QL_YAML_LIST ? v->item[i] : v;
		if (item->kind == QL_YAML_SCALAR)
			(*out)[n++] = item->text;
	}
	return n;
}

static struct ql_yaml *read_regimen(struct ql_explain *x, const char *name, struct ql_diags *ds, struct ql_explain_regimen *out)
{
	struct ql_yaml *y = NULL;
	const char *path = ql_arena_printf(&x->arena, "%s/library/regimens/%s.yaml", x->data_dir, name);
	if (ql_yaml_read(&x->arena, path, ds, &y) != QUELL_OK || !y)
		return NULL;
	const char *grade = text_of(y, "evidence");
	*out = (struct ql_explain_regimen){.id = name, .title = text_of(y, "title"), .warning = text_of(y, "warning"),
					   .evidence_grade = grade ? *grade : 0};
	out->n_treatment = names_of(x, y, "treatment", &out->treatment);
	out->n_line = names_of(x, y, "line", &out->line);
	return y;
}

static bool binds(const struct ql_yaml *regimen, const char *agent)
{
	const struct ql_yaml *agents = ql_yaml_get(regimen, "agents");
	for (int i = 0; agents && agents->kind == QL_YAML_MAP && i < agents->n; i++)
		if (agents->item[i]->kind == QL_YAML_SCALAR && strcmp(agents->item[i]->text, agent) == 0)
			return true;
	return false;
}

/* --- published --- */

static bool better(const struct ql_trial_row *a, const struct ql_trial_row *b)
{
	bool whole_a = strcmp(a->subgroup, "all") == 0, whole_b = strcmp(b->subgroup, "all") == 0;
	if (whole_a != whole_b)
		return whole_a;
	if (a->verified != b->verified)
		return a->verified;
	double fa = isnan(a->followup_mo) ? 0 : a->followup_mo, fb = isnan(b->followup_mo) ? 0 : b->followup_mo;
	return fa != fb ? fa > fb : a->year > b->year;
}

/* One row per trial, treatment and endpoint: whole population, then verified, then latest. */
static void published_for(struct ql_explain *x, const char *treatment, const char *endpoint, struct ql_explanation *out, int k)
{
	const struct ql_evidence *e = x->evidence;
	int first = out->n_published[k];
	for (int i = 0; i < e->n_row; i++) {
		const struct ql_trial_row *r = &e->row[i];
		if (strcmp(r->treatment, treatment) != 0 || strcmp(r->endpoint, endpoint) != 0 || *r->comparator || isnan(r->value))
			continue;
		int at = first;
		while (at < out->n_published[k] && strcmp(out->published[k][at]->trial, r->trial) != 0)
			at++;
		if (at == out->n_published[k])
			out->published[k][out->n_published[k]++] = r;
		else if (better(r, out->published[k][at]))
			out->published[k][at] = r;
	}
}

static void add_published(struct ql_explain *x, const char *const *treatment, int n, struct ql_explanation *out)
{
	for (int k = 0; k < QL_N_ASPECT; k++) {
		const struct ql_names *p = &out->therapy->aspect[k].published;
		out->published[k] = QL_NEW_N(&x->arena, const struct ql_trial_row *, (size_t)x->evidence->n_row + 1);
		for (int e = 0; e < p->n; e++)
			for (int t = 0; t < n; t++)
				published_for(x, treatment[t], p->item[e], out, k);
	}
}

/* --- simulated --- */

static void add_figures(struct ql_explain *x, struct ql_explanation *out)
{
	for (int k = 0; k < QL_N_ASPECT; k++) {
		const struct ql_names *want = &out->therapy->aspect[k].simulated;
		out->figure[k] = QL_NEW_N(&x->arena, struct ql_explain_figure, (size_t)(want->n * out->run->n_arm) + 1);
		for (int e = 0; e < want->n; e++)
			for (int a = 0; a < out->run->n_arm; a++)
				for (int i = 0; i < out->run->arm[a].n_endpoint; i++)
					if (strcmp(out->run->arm[a].endpoint[i].id, want->item[e]) == 0)
						out->figure[k][out->n_figure[k]++] =
							(struct ql_explain_figure){&out->run->arm[a], &out->run->arm[a].endpoint[i]};
	}
}

static enum quell_status simulate(struct ql_explain *x, const char **regimen, int n, struct ql_diags *ds, struct ql_explanation *out)
{
	if (n == 0)
		return QUELL_OK;
	const struct ql_run_spec spec = {.data_dir = x->data_dir, .population = out->population, .regimen = regimen, .n_regimen = n,
					 .patients = QL_EXPLAIN_PATIENTS, .seed = QL_EXPLAIN_SEED, .years = QL_EXPLAIN_YEARS};
	enum quell_status s = ql_compare_run(&spec, ds, &out->run);
	if (s == QUELL_OK)
		add_figures(x, out);
	return s;
}

/* --- the two kinds of explanation --- */

struct job {
	struct ql_explain *x;
	const char *name;
	struct ql_diags *ds;
	struct ql_explanation *out;
};

static enum quell_status therapy(void *arg)
{
	struct job *j = arg;
	const struct ql_therapy *t = ql_therapy_find(&j->x->therapies, j->name);
	struct ql_explanation *out = j->out;
	if (!t)
		return QUELL_ERR_USAGE;
	out->therapy = t;
	out->population = t->population;
	out->evidence_grade = t->evidence_grade;
	out->warning = t->warning;
	out->regimen = QL_NEW_N(&j->x->arena, struct ql_explain_regimen, (size_t)t->regimens.n);
	for (int i = 0; i < t->regimens.n; i++)
		if (read_regimen(j->x, t->regimens.item[i], j->ds, &out->regimen[out->n_regimen]))
			out->n_regimen++;
	add_published(j->x, t->treatments.item, t->treatments.n, out);
	return simulate(j->x, t->simulate.item, t->simulate.n, j->ds, out);
}

enum quell_status ql_explain_therapy(struct ql_explain *x, const char *id, struct ql_diags *ds, struct ql_explanation *out)
{
	struct job j = {x, id, ds, out};
	*out = (struct ql_explanation){0};
	return ql_protect(therapy, &j);
}

/* The best grade of the regimens that give the agent; D if there is none. */
static void grade_agent(struct ql_explanation *out)
{
	out->evidence_grade = 'D';
	for (int i = 0; i < out->n_regimen; i++)
		if (out->regimen[i].evidence_grade < out->evidence_grade)
			out->evidence_grade = out->regimen[i].evidence_grade;
	out->warning = text_of(out->agent_row, "warning");
	if (out->evidence_grade == 'D' && !out->warning)
		out->warning = ql_evidence_grade_text('D');
}

static bool has_line(const struct ql_explain_regimen *r, const char *line)
{
	for (int i = 0; i < r->n_line; i++)
		if (strcmp(r->line[i], line) == 0)
			return true;
	return false;
}

/* Regimens that the therapy itself simulates come first, then the order of the library; one line for all. */
static int choose_simulated(struct job *j, const char **chosen)
{
	struct ql_explanation *out = j->out;
	int n = 0, relapsed = 0;
	for (int i = 0; i < out->n_regimen; i++)
		relapsed += has_line(&out->regimen[i], "RR");
	const char *line = relapsed ? "RR" : "1L";
	out->population = relapsed ? "relapsed" : "unfit-1l";
	for (int pass = 0; pass < 2; pass++)
		for (int i = 0; i < out->n_regimen && n < MAX_SIMULATED; i++)
			if (has_line(&out->regimen[i], line) && ql_names_have(&out->therapy->simulate, out->regimen[i].id) == (pass == 0))
				chosen[n++] = out->regimen[i].id;
	return n;
}

static void add_treatments(const struct ql_explain_regimen *r, const char **treatment, int *n)
{
	for (int t = 0; t < r->n_treatment; t++) {
		int at = 0;
		while (at < *n && strcmp(treatment[at], r->treatment[t]) != 0)
			at++;
		if (at == *n)
			treatment[(*n)++] = r->treatment[t];
	}
}

static enum quell_status agent(void *arg)
{
	struct job *j = arg;
	struct ql_explain *x = j->x;
	struct ql_explanation *out = j->out;
	int n, n_treatment = 0;
	out->therapy = ql_therapy_of_agent(&x->therapies, j->name, &out->agent_note);
	if (!out->therapy)
		return QUELL_ERR_USAGE;
	out->agent = j->name;
	const char *path = ql_arena_printf(&x->arena, "%s/library/agents/%s.yaml", x->data_dir, j->name);
	enum quell_status s = ql_yaml_read(&x->arena, path, j->ds, &out->agent_row);
	if (s != QUELL_OK)
		return s;
	const char **name = ql_library_list(&x->arena, x->data_dir, "library/regimens", ".yaml", &n);
	const char **treatment = QL_NEW_N(&x->arena, const char *, 16 * (size_t)n + 16), *chosen[MAX_SIMULATED];
	out->regimen = QL_NEW_N(&x->arena, struct ql_explain_regimen, (size_t)n + 1);
	for (int i = 0; i < n; i++) {
		struct ql_explain_regimen r;
		struct ql_yaml *y = read_regimen(x, name[i], j->ds, &r);
		if (!y || !binds(y, j->name) || r.n_treatment > 16)
			continue;
		out->regimen[out->n_regimen++] = r;
		add_treatments(&r, treatment, &n_treatment);
	}
	grade_agent(out);
	add_published(x, treatment, n_treatment, out);
	int n_chosen = choose_simulated(j, chosen);
	return simulate(x, chosen, n_chosen, j->ds, out);
}

enum quell_status ql_explain_agent(struct ql_explain *x, const char *name, struct ql_diags *ds, struct ql_explanation *out)
{
	struct job j = {x, name, ds, out};
	*out = (struct ql_explanation){0};
	return ql_protect(agent, &j);
}
