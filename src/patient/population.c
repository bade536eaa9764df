/* SPDX-License-Identifier: Apache-2.0 */
#include "patient/law.h"
#include <string.h>

int ql_population_find(const struct ql_model *m, const char *name, unsigned kinds)
{
	int q = ql_model_find(m, name);
	if (q >= 0 && (kinds >> m->q[q].kind & 1))
		return q;
	int found = -1;
	for (int i = 0; i < m->n_q; i++) {
		if (!(kinds >> m->q[i].kind & 1) || !m->q[i].module || !*m->q[i].module)
			continue;
		if (strcmp(m->q[i].name + strlen(m->q[i].module) + 1, name) != 0)
			continue;
		if (found >= 0)
			return -2;
		found = i;
	}
	return found;
}

static void read_list(const struct ql_yaml *map, const char *key, struct ql_arena *a, struct ql_diags *ds,
		      const char ***out, int *n)
{
	const struct ql_yaml *y = ql_yaml_get(map, key);
	if (!y)
		return;
	bool single = y->kind == QL_YAML_SCALAR;
	if (y->kind == QL_YAML_MAP) {
		ql_diag_add(ds, QL_E0305, y->span, "`%s` must be a list of names", key);
		return;
	}
	*out = QL_NEW_N(a, const char *, single ? 1 : (size_t)y->n);
	for (int i = 0; i < (single ? 1 : y->n); i++) {
		const struct ql_yaml *item = single ? y : y->item[i];
		if (item->kind != QL_YAML_SCALAR)
			ql_diag_add(ds, QL_E0305, item->span, "a name must stand here");
		else
			(*out)[(*n)++] = item->text;
	}
}

static void unknown_covariate(const struct ql_model *m, const char *name, struct ql_span at, bool ambiguous,
			      struct ql_diags *ds)
{
	struct ql_diag *d = ql_diag_add(ds, QL_E0501, at, "`%s` is %s", name,
					ambiguous ? "the last part of several covariates" : "no covariate of the model");
	const char *near = ql_model_suggest(m, name, 1u << QL_COVARIATE);
	if (ambiguous)
		ql_diag_help(d, "use the full name, MODULE.%s", name);
	else if (near)
		ql_diag_help(d, "did you mean `%s`?", near);
}

static void read_laws(const struct ql_model *m, const struct ql_yaml *y, struct ql_arena *a, struct ql_diags *ds,
		      struct ql_population *out)
{
	if (y->kind != QL_YAML_MAP) {
		ql_diag_add(ds, QL_E0305, y->span, "`covariates` must be a mapping");
		return;
	}
	out->law = QL_NEW_N(a, struct ql_population_law, (size_t)y->n);
	bool ok = true;
	for (int i = 0; i < y->n; i++) {
		int q = ql_population_find(m, y->key[i], 1u << QL_COVARIATE);
		bool twice = false;
		for (int k = 0; k < out->n_law; k++)
			twice = twice || out->law[k].q == q;
		if (q < 0)
			unknown_covariate(m, y->key[i], y->key_span[i], q == -2, ds);
		else if (twice)
			ql_diag_add(ds, QL_E0302, y->key_span[i], "`%s` has a law already", m->q[q].name);
		else
			ok = ql_law_read(m, q, y->item[i], a, ds, &out->law[out->n_law++]) && ok;
	}
	if (ok)
		ql_laws_order(m, y, out->law, out->n_law, a, ds);
}

static void list_randoms(const struct ql_model *m, struct ql_arena *a, struct ql_population *out)
{
	out->random = QL_NEW_N(a, struct ql_population_random, (size_t)m->n_q);
	for (int i = 0; i < m->n_q; i++)
		if (m->q[i].kind == QL_RANDOM)
			out->random[out->n_random++] = (struct ql_population_random){
				i, m->q[i].draw == QL_DRAW_UNIFORM,
				ql_hash_str(m->q[i].stream ? m->q[i].stream : m->q[i].name), -1};
}

/* The laws of the file, those of `over` in place of or after them. */
static const struct ql_yaml *merged(const struct ql_model *m, const struct ql_yaml *base, const struct ql_yaml *over,
				    struct ql_arena *a)
{
	if (!over || over->kind != QL_YAML_MAP || !base || base->kind != QL_YAML_MAP)
		return over ? over : base;
	struct ql_yaml *out = QL_NEW(a, struct ql_yaml);
	size_t n = (size_t)(base->n + over->n);
	*out = *base;
	out->item = QL_NEW_N(a, struct ql_yaml *, n);
	out->key = QL_NEW_N(a, const char *, n);
	out->key_span = QL_NEW_N(a, struct ql_span, n);
	out->n = 0;
	for (int i = 0; i < base->n + over->n; i++) {
		const struct ql_yaml *from = i < base->n ? base : over;
		int k = i < base->n ? i : i - base->n;
		bool replaced = false;
		for (int j = 0; from == base && j < over->n; j++) {
			int q = ql_population_find(m, over->key[j], 1u << QL_COVARIATE);
			replaced |= q >= 0 && q == ql_population_find(m, base->key[k], 1u << QL_COVARIATE);
		}
		if (replaced)
			continue;
		out->item[out->n] = from->item[k];
		out->key[out->n] = from->key[k];
		out->key_span[out->n++] = from->key_span[k];
	}
	return out;
}

static enum quell_status read_yaml(const struct ql_model *m, const char *path, const struct ql_yaml *over,
				   struct ql_arena *a, struct ql_diags *ds, struct ql_population *out)
{
	static const char *const keys[] = {"population", "title",	 "line", "trials", "sources",
					   "covariates", "correlations", "note", NULL};
	enum quell_status s = ql_yaml_read(a, path, ds, &out->yaml);
	if (s != QUELL_OK)
		return s;
	struct ql_span whole = {path, 0, 0, 0};
	if (!out->yaml || out->yaml->kind != QL_YAML_MAP) {
		ql_diag_add(ds, QL_E0304, whole, "`population` is missing: the file describes nothing");
		return QUELL_ERR_INPUT;
	}
	int errors = ds->n_errors;
	ql_yaml_check_keys(out->yaml, keys, ds);
	ql_yaml_string(out->yaml, "population", true, ds, &out->name);
	out->title = out->name;
	ql_yaml_string(out->yaml, "title", false, ds, &out->title);
	ql_yaml_string(out->yaml, "line", false, ds, &out->line);
	read_list(out->yaml, "trials", a, ds, &out->trial, &out->n_trial);
	read_list(out->yaml, "sources", a, ds, &out->source, &out->n_source);
	const struct ql_yaml *covariates = merged(m, ql_yaml_get(out->yaml, "covariates"), over, a);
	if (covariates)
		read_laws(m, covariates, a, ds, out);
	if (ds->n_errors == errors)
		ql_correlations_read(m, ql_yaml_get(out->yaml, "correlations"), out, a, ds);
	return ds->n_errors == errors ? QUELL_OK : QUELL_ERR_INPUT;
}

struct load {
	const struct ql_model *m;
	const char *path;
	const struct ql_yaml *covariates, *eligibility;
	struct ql_arena *a;
	struct ql_diags *ds;
	struct ql_population *out;
};

#define SHARE_DRAWS 4000

double ql_population_share(const struct ql_population *p, const struct ql_model *m, const struct ql_condition *c)
{
	struct ql_values v = {.q = ql_realloc(NULL, (size_t)m->n_q + 1, sizeof(double))};
	struct ql_population laws = *p;
	int yes = 0;
	laws.n_random = 0;
	for (int i = 0; i < m->n_q; i++)
		if (m->q[i].kind != QL_COVARIATE || m->q[i].def == QL_NO_NODE || !ql_is_const(&m->dag, m->q[i].def, &v.q[i]))
			v.q[i] = 0.0;
	for (int i = 0; i < SHARE_DRAWS; i++) {
		ql_population_draw(&laws, m, 1, (uint64_t)i, NULL, &v);
		yes += ql_condition_holds(c, v.q, NULL);
	}
	ql_free(v.q);
	return (double)yes / SHARE_DRAWS;
}

static enum quell_status read_eligibility(struct load *l)
{
	const struct ql_condition *c = ql_condition_read(l->m, l->eligibility, l->a, l->ds);
	if (!c)
		return QUELL_ERR_INPUT;
	double share = ql_population_share(l->out, l->m, c);
	if (share < 0.005) {
		struct ql_diag *d = ql_diag_add(l->ds, QL_E0513, l->eligibility->span,
						"hardly anybody of population `%s` is eligible", l->out->name);
		ql_diag_label(d, "%d of %d draws meet these conditions", (int)(share * SHARE_DRAWS + 0.5), SHARE_DRAWS);
		ql_diag_help(d, "widen the conditions, or give the population the covariates of the trial");
		return QUELL_ERR_INPUT;
	}
	l->out->eligibility = c;
	return QUELL_OK;
}

static enum quell_status load(void *arg)
{
	struct load *l = arg;
	size_t n = strlen(l->path);
	*l->out = (struct ql_population){.name = "", .title = "", .line = ""};
	list_randoms(l->m, l->a, l->out);
	enum quell_status s;
	if (n > 4 && strcmp(l->path + n - 4, ".csv") == 0)
		s = ql_population_table_read(l->m, l->path, l->a, l->ds, l->out);
	else
		s = read_yaml(l->m, l->path, l->covariates, l->a, l->ds, l->out);
	if (s == QUELL_OK && l->eligibility)
		s = read_eligibility(l);
	return s;
}

enum quell_status ql_population_load_for(const struct ql_model *m, const char *path, const struct ql_yaml *covariates,
					 const struct ql_yaml *eligibility, struct ql_arena *a, struct ql_diags *ds,
					 struct ql_population *out)
{
	struct load l = {m, path, covariates, eligibility, a, ds, out};
	return ql_protect(load, &l);
}

enum quell_status ql_population_load(const struct ql_model *m, const char *path, struct ql_arena *a,
				     struct ql_diags *ds, struct ql_population *out)
{
	return ql_population_load_for(m, path, NULL, NULL, a, ds, out);
}
