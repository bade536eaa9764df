/* SPDX-License-Identifier: Apache-2.0 */
/* A file of analyses (JSON) to a file of results: `quell survival --spec`. */
#include "cli/survival_verbs.h"
#include <string.h>

struct spec {
	struct ql_cli *c;
	struct ql_work w;
	const char *file, *id;
	const struct ql_csv *table;
	const json_t *analysis;
	bool ok;
};

static void fault(struct spec *s, const char *what)
{
	struct ql_diag *d = ql_diag_add(&s->c->ds, QL_E0683, (struct ql_span){s->file, 0, 0, 0}, "analysis `%s`: %s",
					s->id ? s->id : "?", what);
	ql_diag_help(d, "see `quell explain E0683` for what an analysis holds");
	s->ok = false;
}

/* NULL for an absent or null optional field. */
static const char *text(struct spec *s, const char *key, bool required)
{
	const json_t *v = json_object_get(s->analysis, key);
	if (json_is_string(v))
		return json_string_value(v);
	if (required || (v && !json_is_null(v)))
		fault(s, ql_arena_printf(&s->c->arena, "`%s` must be text", key));
	return NULL;
}

static double number(struct spec *s, const char *key, double absent)
{
	const json_t *v = json_object_get(s->analysis, key);
	if (v && !json_is_number(v))
		fault(s, ql_arena_printf(&s->c->arena, "`%s` must be a number", key));
	return json_is_number(v) ? json_number_value(v) : absent;
}

static const double *times(struct spec *s, int *n)
{
	const json_t *list = json_object_get(s->analysis, "times");
	*n = 0;
	if (!list)
		return NULL;
	double *t = QL_NEW_N(&s->c->arena, double, json_array_size(list) + 1);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *v = json_array_get(list, i);
		if (!json_is_number(v))
			fault(s, "`times` must be a list of numbers");
		t[(*n)++] = json_number_value(v);
	}
	if (!json_is_array(list))
		fault(s, "`times` must be a list of numbers");
	return t;
}

static const char *const *covariates(struct spec *s, int *n)
{
	const json_t *list = json_object_get(s->analysis, "covariates");
	const char **name = QL_NEW_N(&s->c->arena, const char *, json_array_size(list) + 1);
	*n = 0;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *v = json_array_get(list, i);
		if (!json_is_string(v))
			fault(s, "`covariates` must be a list of column names");
		else
			name[(*n)++] = json_string_value(v);
	}
	if (*n == 0)
		fault(s, "`covariates` must be a list of column names");
	return name;
}

static bool sample(struct spec *s, const char *event_key, const char *const *covariate, int n_covariate,
		   struct ql_sample *out)
{
	struct ql_sample_columns names = {text(s, "time", true), text(s, event_key, true), text(s, "group", false),
					  text(s, "strata", false), covariate, n_covariate};
	return s->ok && ql_sample_take(&s->w, s->table, &names, out);
}

static json_t *do_km(struct spec *s)
{
	int n;
	struct ql_sample sm;
	const double *t = times(s, &n);
	const char *type = text(s, "conf_type", false);
	if (type && strcmp(type, "log-log") != 0)
		fault(s, "`conf_type` can only be log-log");
	double level = number(s, "conf_level", 0.95);
	if (!(level > 0 && level < 1))
		fault(s, "`conf_level` must lie between 0 and 1");
	return sample(s, "status", NULL, 0, &sm) ? ql_survival_km(&s->w, &sm, level, t, n) : NULL;
}

static int group_of(const struct ql_sample *sm, const char *name, size_t len)
{
	for (int g = 0; g < sm->groups.n; g++)
		if (strlen(sm->groups.name[g]) == len && memcmp(sm->groups.name[g], name, len) == 0)
			return g;
	return -1;
}

static json_t *do_rmst(struct spec *s)
{
	struct ql_sample sm;
	double tau = number(s, "tau", NAN);
	const char *difference = text(s, "difference", false), *minus = difference ? strstr(difference, " minus ") : NULL;
	if (!(tau > 0))
		fault(s, "`tau` must be a positive number");
	if (difference && !minus)
		fault(s, "`difference` must read `A minus B`");
	if (!sample(s, "status", NULL, 0, &sm))
		return NULL;
	int a = -1, b = -1;
	if (minus) {
		a = group_of(&sm, difference, (size_t)(minus - difference));
		b = group_of(&sm, minus + 7, strlen(minus + 7));
		if (a < 0 || b < 0)
			fault(s, "`difference` names a group that does not occur");
	}
	return s->ok ? ql_survival_rmst(&s->w, &sm, tau, a, b) : NULL;
}

static json_t *do_logrank(struct spec *s)
{
	struct ql_sample sm;
	double rho = number(s, "rho", 0);
	if (!(rho >= 0 && rho <= 10))
		fault(s, "`rho` must lie between 0 and 10");
	text(s, "group", true);
	return sample(s, "status", NULL, 0, &sm) ? ql_survival_logrank(&s->w, &sm, rho) : NULL;
}

static json_t *do_cox(struct spec *s)
{
	struct ql_sample sm;
	int n;
	const char *const *name = covariates(s, &n), *ties = text(s, "ties", false);
	bool breslow = ties && strcmp(ties, "breslow") == 0;
	if (ties && !breslow && strcmp(ties, "efron") != 0)
		fault(s, "`ties` must be efron or breslow");
	return sample(s, "status", name, n, &sm) ? ql_survival_cox(&s->w, &sm, breslow ? QL_BRESLOW : QL_EFRON) : NULL;
}

static json_t *do_cif(struct spec *s)
{
	struct ql_sample sm;
	int n, n_cause = 0;
	const double *t = times(s, &n);
	json_t *causes = json_object_get(s->analysis, "causes"), *code;
	struct ql_cause *cause = QL_NEW_N(&s->c->arena, struct ql_cause, json_object_size(causes) + 1);
	const char *name;
	json_object_foreach(causes, name, code)
	{
		if (!json_is_integer(code) || json_integer_value(code) < 1 || json_integer_value(code) > 1000)
			fault(s, "`causes` maps names to event codes from 1 to 1000");
		else
			cause[n_cause++] = (struct ql_cause){name, (int)json_integer_value(code)};
	}
	if (n_cause == 0)
		fault(s, "`causes` maps names to event codes from 1 to 1000");
	return sample(s, "event", NULL, 0, &sm) ? ql_survival_cif(&s->w, &sm, cause, n_cause, t, n) : NULL;
}

static json_t *analyse(struct spec *s)
{
	static const struct {
		const char *kind;
		json_t *(*run)(struct spec *s);
	} kinds[] = {{"km", do_km}, {"rmst", do_rmst}, {"logrank", do_logrank}, {"cox", do_cox}, {"cif", do_cif}};
	s->id = NULL;
	s->id = text(s, "id", true);
	const char *kind = text(s, "kind", true);
	for (size_t i = 0; kind && s->id && i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(kinds[i].kind, kind) == 0)
			return kinds[i].run(s);
	if (kind && s->id)
		fault(s, "`kind` must be km, rmst, logrank, cox or cif");
	return NULL;
}

static enum quell_status read_spec(struct ql_cli *c, const char *path, json_t **out)
{
	const struct ql_source *src;
	json_error_t e;
	enum quell_status st = ql_read_source(&c->ds, path, &src);
	if (st != QUELL_OK)
		return st;
	*out = json_loadb(src->text, src->len, JSON_REJECT_DUPLICATES, &e);
	if (*out && json_is_array(json_object_get(*out, "analyses")))
		return QUELL_OK;
	if (!*out)
		ql_diag_add(&c->ds, QL_E0683, (struct ql_span){path, e.line, e.column > 0 ? e.column : 1, 1}, "%s", e.text);
	else
		ql_diag_add(&c->ds, QL_E0683, (struct ql_span){path, 0, 0, 0}, "`analyses` is missing or no list");
	json_decref(*out);
	return QUELL_ERR_INPUT;
}

enum quell_status ql_survival_spec(struct ql_cli *c, const char *path, const char *data, json_t **out)
{
	json_t *spec;
	struct ql_csv *table;
	enum quell_status st = read_spec(c, path, &spec);
	if (st != QUELL_OK)
		return st;
	st = ql_csv_read(&c->arena, data, NULL, &c->ds, &table);
	struct spec s = {.c = c, .w = {&c->arena, &c->ds}, .file = path, .table = table, .ok = st == QUELL_OK};
	json_t *analyses = json_object_get(spec, "analyses"), *results = json_object(), *analysis;
	size_t i;
	bool all = s.ok;
	json_array_foreach(analyses, i, analysis)
	{
		if (st != QUELL_OK)
			break;
		s.analysis = analysis;
		s.ok = true;
		json_t *r = analyse(&s);
		all = all && r;
		if (r)
			json_object_set_new(results, s.id, r);
	}
	*out = json_object();
	json_object_set(*out, "dataset", json_object_get(spec, "dataset"));
	json_object_set_new(*out, "results", results);
	json_decref(spec);
	return st != QUELL_OK ? st : all ? QUELL_OK : QUELL_ERR_INPUT;
}
