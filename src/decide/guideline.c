/* SPDX-License-Identifier: Apache-2.0 */
#include "decide/guideline.h"
#include "base/paths.h"
#include <math.h>
#include <string.h>

const char *const ql_effect_text[] = {"exclude", "last", "prefer", "caution"};

/* --- does it apply? --- */

static enum ql_three of_bool(bool x) { return x ? QL_YES : QL_NO; }

static double remission(const struct ql_profile *p)
{
	return p->n_line ? p->line[p->n_line - 1].remission_months : NAN;
}

static enum ql_three in_range(double x, double min, double max)
{
	return isnan(x) ? QL_UNSURE : of_bool(x >= min && x <= max);
}

static enum ql_three three_is(enum ql_three x, const char *is)
{
	if (x == QL_UNSURE)
		return QL_UNSURE;
	return of_bool(strcmp(is, x == QL_YES ? "yes" : "no") == 0);
}

/* The words are "low", "intermediate", "high", "intermediate or high" and "not known". */
static enum ql_three tls_is(const char *risk, const char *is)
{
	if (strcmp(risk, is) == 0)
		return QL_YES;
	return strcmp(risk, "not known") == 0 || (strcmp(risk, "intermediate or high") == 0 && strcmp(is, "low") != 0) ? QL_UNSURE : QL_NO;
}

/* What other fields say of one that is unknown: 0, the first choice, or -1. */
static int implied(const struct ql_profile *p, int field)
{
	const double *v = p->value;
	bool no = false;
	if (field == QL_PF_pregnancy)
		no = v[QL_PF_sex] == 1 || v[QL_PF_age] > 60;
	else if (field == QL_PF_btk_mutation)
		no = p->lines_known && !ql_profile_had(p, "BTK inhibitor");
	else if (field == QL_PF_bcl2_mutation)
		no = p->lines_known && !ql_profile_had(p, "BCL2 inhibitor");
	return no ? 0 : -1;
}

static enum ql_three field_holds(const struct ql_guideline_when *w, const struct ql_profile *p)
{
	const char *why;
	if (strcmp(w->field, "tp53_aberrant") == 0)
		return three_is(ql_tp53_aberrant(p), w->is);
	if (strcmp(w->field, "indication") == 0)
		return three_is(ql_treatment_indication(p, &why), w->is);
	if (strcmp(w->field, "tls_risk") == 0)
		return tls_is(ql_tls_risk(p), w->is);
	if (strcmp(w->field, "lines") == 0)
		return in_range(p->lines_known ? (double)p->n_line : (double)NAN, w->min, w->max);
	if (strcmp(w->field, "remission") == 0)
		return in_range(remission(p), w->min, w->max);
	for (int f = 0; f < QL_PROFILE_N; f++) {
		if (strcmp(ql_profile_def[f].name, w->field) != 0)
			continue;
		if (!ql_profile_knows(p, (enum ql_profile_field)f)) {
			const char *first = ql_profile_def[f].choices;
			return implied(p, f) < 0 ? QL_UNSURE : of_bool(strncmp(first, w->is, strcspn(first, "|")) == 0);
		}
		if (ql_profile_def[f].unit)
			return in_range(p->value[f], w->min, w->max);
		struct ql_arena a = {0};
		bool same = strcmp(ql_profile_text(p, (enum ql_profile_field)f, &a), w->is) == 0;
		ql_arena_free(&a);
		return of_bool(same);
	}
	return QL_UNSURE;
}

static enum ql_three history_holds(const struct ql_guideline_when *w, const struct ql_profile *p)
{
	const char *class = w->had ? w->had : w->never;
	if (!p->lines_known && class && ql_profile_had(p, class)) /* a mutation says so */
		return of_bool(w->had != NULL);
	if (!p->lines_known)
		return QL_UNSURE;
	if (w->had)
		return of_bool(ql_profile_had(p, w->had));
	if (w->never)
		return of_bool(!ql_profile_had(p, w->never));
	if (w->after)
		return ql_profile_had(p, w->after) ? in_range(ql_profile_remission_after(p, w->after), w->min, w->max) : QL_NO;
	if (w->intolerant)
		return of_bool(ql_profile_intolerant_of(p, w->intolerant));
	return of_bool(ql_profile_progressed_on(p, w->progressed));
}

static enum ql_three holds(const struct ql_guideline_when *w, const struct ql_profile *p)
{
	enum ql_three best = QL_NO;
	if (w->field)
		return field_holds(w, p);
	if (!w->n_any)
		return history_holds(w, p);
	for (int i = 0; i < w->n_any; i++) {
		enum ql_three x = holds(&w->any[i], p);
		if (x == QL_YES)
			return QL_YES;
		best = x == QL_UNSURE ? QL_UNSURE : best;
	}
	return best;
}

static enum ql_three all_hold(const struct ql_guideline_when *w, int n, const struct ql_profile *p)
{
	enum ql_three all = QL_YES;
	for (int i = 0; i < n; i++) {
		enum ql_three x = holds(&w[i], p);
		if (x == QL_NO)
			return QL_NO;
		all = x == QL_UNSURE ? QL_UNSURE : all;
	}
	return all;
}

enum ql_three ql_rule_applies(const struct ql_guideline_rule *r, const struct ql_profile *p)
{
	return all_hold(r->when, r->n_when, p);
}

bool ql_rule_gives_way(const struct ql_guideline *g, const struct ql_guideline_rule *r, const struct ql_profile *p)
{
	for (int i = 0; i < g->n_rule; i++)
		for (int k = 0; k < g->rule[i].n_over; k++)
			if (strcmp(g->rule[i].over[k], r->id) == 0 && ql_rule_applies(&g->rule[i], p) == QL_YES)
				return true;
	return false;
}

bool ql_test_is_due(const struct ql_guideline_test *t, const struct ql_profile *p)
{
	if (all_hold(t->when, t->n_when, p) == QL_NO)
		return false;
	if (strcmp(t->field, "tp53_aberrant") == 0)
		return ql_tp53_aberrant(p) == QL_UNSURE;
	for (int f = 0; f < QL_PROFILE_N; f++)
		if (strcmp(ql_profile_def[f].name, t->field) == 0)
			return !ql_profile_knows(p, (enum ql_profile_field)f);
	return false;
}

/* --- whom does it concern? --- */

/* Agents as the regimen's file lists them: its rows also hold the default agents of slots that it leaves alone. */
bool ql_regimen_holds(const struct ql_regimen *g, const char *word)
{
	const struct ql_yaml *agents = g->yaml ? ql_yaml_get(g->yaml, "agents") : NULL;
	if (strcmp(g->name, word) == 0)
		return true;
	for (int i = 0; agents && agents->kind == QL_YAML_MAP && i < agents->n; i++) {
		const char *name = agents->item[i]->kind == QL_YAML_SCALAR ? agents->item[i]->text : "";
		if (strcmp(name, word) == 0)
			return true;
		for (int s = 0; s < g->n_slot; s++) {
			const struct ql_yaml *class = strcmp(g->row[s].name, name) == 0 && g->row[s].yaml ? ql_yaml_get(g->row[s].yaml, "class") : NULL;
			if (class && class->kind == QL_YAML_SCALAR && strcmp(class->text, word) == 0)
				return true;
		}
	}
	return false;
}

static int count(const struct ql_words_list *l, const struct ql_regimen *g)
{
	int n = 0;
	for (int i = 0; i < l->n; i++)
		n += ql_regimen_holds(g, l->word[i]);
	return n;
}

bool ql_rule_targets(const struct ql_guideline_rule *r, const struct ql_regimen *g)
{
	if ((r->any.n && !count(&r->any, g)) || count(&r->all, g) < r->all.n || count(&r->none, g))
		return false;
	return r->continuous < 0 || (r->continuous != 0) == g->continuous;
}

/* --- the file --- */

struct reader {
	struct ql_arena *a;
	struct ql_diags *ds;
	const char **known; /* agents, classes, regimens */
	int n_known, cap;
};

static void know(struct reader *r, const char *word)
{
	if (!word)
		return;
	if (r->n_known == r->cap) {
		int cap = r->cap ? 2 * r->cap : 256;
		const char **more = QL_NEW_N(r->a, const char *, (size_t)cap);
		for (int i = 0; i < r->n_known; i++)
			more[i] = r->known[i];
		r->known = more;
		r->cap = cap;
	}
	r->known[r->n_known++] = word;
}

static void know_library(struct reader *r, const char *data_dir)
{
	int n;
	const char **list = ql_library_list(r->a, data_dir, "library/agents", ".yaml", &n);
	for (int i = 0; i < n; i++) {
		struct ql_yaml *y = NULL;
		const char *class = NULL;
		know(r, list[i]);
		if (ql_yaml_read(r->a, ql_arena_printf(r->a, "%s/library/agents/%s.yaml", data_dir, list[i]), r->ds, &y) == QUELL_OK)
			ql_yaml_string(y, "class", false, r->ds, &class);
		know(r, class);
	}
	list = ql_library_list(r->a, data_dir, "library/regimens", ".yaml", &n);
	for (int i = 0; i < n; i++)
		know(r, list[i]);
}

static const char *known_word(struct reader *r, const struct ql_yaml *y)
{
	if (y->kind != QL_YAML_SCALAR) {
		ql_diag_help(ql_diag_add(r->ds, QL_E0528, y->span, "an agent, a class or a regimen must stand here"), "write its name");
		return NULL;
	}
	for (int i = 0; i < r->n_known; i++)
		if (strcmp(r->known[i], y->text) == 0)
			return r->known[i];
	struct ql_diag *d = ql_diag_add(r->ds, QL_E0528, y->span, "`%s` is no agent, class or regimen", y->text);
	const char *near = ql_suggest(y->text, r->known, r->n_known);
	if (near)
		ql_diag_help(d, "did you mean `%s`?", near);
	return NULL;
}

static void read_words(struct reader *r, const struct ql_yaml *map, const char *key, struct ql_words_list *out)
{
	const struct ql_yaml *y = ql_yaml_get(map, key);
	if (!y)
		return;
	if (y->kind != QL_YAML_LIST) {
		ql_diag_help(ql_diag_add(r->ds, QL_E0528, y->span, "`%s` must be a list", key), "write [ibrutinib, BCL2 inhibitor]");
		return;
	}
	out->word = QL_NEW_N(r->a, const char *, (size_t)y->n + 1);
	for (int i = 0; i < y->n; i++) {
		const char *word = known_word(r, y->item[i]);
		if (word)
			out->word[out->n++] = word;
	}
}

static bool known_field(const char *name)
{
	static const char *const derived[] = {"tp53_aberrant", "indication", "tls_risk", "lines", "remission"};
	for (size_t i = 0; i < sizeof derived / sizeof *derived; i++)
		if (strcmp(derived[i], name) == 0)
			return true;
	for (int f = 0; f < QL_PROFILE_N; f++)
		if (strcmp(ql_profile_def[f].name, name) == 0)
			return true;
	return false;
}

/* {field: F, is: [a, b]} is any of two conditions. */
static void read_choices(struct reader *r, struct ql_guideline_when *w, const struct ql_yaml *is)
{
	w->any = QL_NEW_N(r->a, struct ql_guideline_when, (size_t)is->n + 1);
	for (int i = 0; i < is->n; i++)
		if (is->item[i]->kind == QL_YAML_SCALAR)
			w->any[w->n_any++] = (struct ql_guideline_when){.field = w->field, .is = is->item[i]->text, .min = -INFINITY, .max = INFINITY};
	if (!w->field || !known_field(w->field) || !w->n_any)
		ql_diag_help(ql_diag_add(r->ds, QL_E0528, is->span, "the condition asks nothing"), "write {field: F, is: [X, Y]} with a field of a profile");
	w->field = NULL;
}

static void read_when(struct reader *r, const struct ql_yaml *y, struct ql_guideline_when *w, int depth)
{
	static const char *const keys[] = {"field", "is", "min", "max", "had", "never", "progressed", "intolerant", "remission_after",
					   "any", NULL};
	*w = (struct ql_guideline_when){.min = -INFINITY, .max = INFINITY};
	if (y->kind != QL_YAML_MAP || depth > 4) {
		ql_diag_help(ql_diag_add(r->ds, QL_E0528, y->span, "a condition must be a mapping"), "write {field: tp53_aberrant, is: yes}");
		return;
	}
	ql_yaml_check_keys(y, keys, r->ds);
	ql_yaml_string(y, "field", false, r->ds, &w->field);
	const struct ql_yaml *is = ql_yaml_get(y, "is");
	if (is && is->kind == QL_YAML_LIST) {
		read_choices(r, w, is);
		return;
	}
	ql_yaml_string(y, "is", false, r->ds, &w->is);
	ql_yaml_number(y, "min", false, r->ds, &w->min);
	ql_yaml_number(y, "max", false, r->ds, &w->max);
	const struct ql_yaml *had = ql_yaml_get(y, "had"), *never = ql_yaml_get(y, "never"), *on = ql_yaml_get(y, "progressed"),
			     *any = ql_yaml_get(y, "any");
	w->had = had ? known_word(r, had) : NULL;
	w->never = never ? known_word(r, never) : NULL;
	w->progressed = on ? known_word(r, on) : NULL;
	const struct ql_yaml *intolerant = ql_yaml_get(y, "intolerant"), *after = ql_yaml_get(y, "remission_after");
	w->intolerant = intolerant ? known_word(r, intolerant) : NULL;
	w->after = after ? known_word(r, after) : NULL;
	if (any && any->kind == QL_YAML_LIST) {
		w->any = QL_NEW_N(r->a, struct ql_guideline_when, (size_t)any->n + 1);
		for (int i = 0; i < any->n; i++)
			read_when(r, any->item[i], &w->any[w->n_any++], depth + 1);
	}
	if (w->field && !known_field(w->field))
		ql_diag_help(ql_diag_add(r->ds, QL_E0528, y->span, "a profile has no field `%s`", w->field),
			     "`quell recommend --fields` lists the fields");
	if (!w->field && !had && !never && !on && !intolerant && !after && !w->n_any)
		ql_diag_help(ql_diag_add(r->ds, QL_E0528, y->span, "the condition asks nothing"), "write {field: F, is: X} or {had: W}");
	if ((w->field || after) && !w->is && isinf(w->min) && isinf(w->max))
		ql_diag_help(ql_diag_add(r->ds, QL_E0528, y->span, "the condition on `%s` has no limit", w->field ? w->field : "remission_after"),
			     "add is:, min: or max:");
	if (!w->is)
		w->is = "";
}

static const char **read_list(struct reader *r, const struct ql_yaml *y, const char *key, int *n)
{
	const struct ql_yaml *list = ql_yaml_get(y, key);
	const char **source = QL_NEW_N(r->a, const char *, list && list->kind == QL_YAML_LIST ? (size_t)list->n + 1 : 1);
	*n = 0;
	for (int i = 0; list && list->kind == QL_YAML_LIST && i < list->n; i++)
		if (list->item[i]->kind == QL_YAML_SCALAR)
			source[(*n)++] = list->item[i]->text;
	return source;
}

static struct ql_guideline_when *read_conditions(struct reader *r, const struct ql_yaml *y, int *n)
{
	const struct ql_yaml *when = ql_yaml_get(y, "when");
	struct ql_guideline_when *w = NULL;
	*n = 0;
	if (when && when->kind == QL_YAML_LIST) {
		w = QL_NEW_N(r->a, struct ql_guideline_when, (size_t)when->n + 1);
		for (int i = 0; i < when->n; i++)
			read_when(r, when->item[i], &w[(*n)++], 0);
	}
	return w;
}

static void read_test(struct reader *r, const struct ql_yaml *y, struct ql_guideline_test *out)
{
	static const char *const keys[] = {"field", "when", "text", "source", "grade", NULL};
	*out = (struct ql_guideline_test){.field = "", .text = "", .grade = "assumed"};
	if (y->kind != QL_YAML_MAP) {
		ql_diag_help(ql_diag_add(r->ds, QL_E0528, y->span, "a test must be a mapping"), "write {field: tp53_aberrant, text: WHY}");
		return;
	}
	ql_yaml_check_keys(y, keys, r->ds);
	ql_yaml_string(y, "field", true, r->ds, &out->field);
	ql_yaml_string(y, "text", true, r->ds, &out->text);
	ql_yaml_string(y, "grade", true, r->ds, &out->grade);
	if (!known_field(out->field))
		ql_diag_help(ql_diag_add(r->ds, QL_E0528, y->span, "a profile has no field `%s`", out->field),
			     "`quell recommend --fields` lists the fields");
	out->source = read_list(r, y, "source", &out->n_source);
	out->when = read_conditions(r, y, &out->n_when);
}

static void read_rule(struct reader *r, const struct ql_yaml *y, struct ql_guideline_rule *out)
{
	static const char *const keys[] = {"id", "when", "effect", "target", "over", "text", "source", "grade", NULL};
	static const char *const target_keys[] = {"any", "all", "none", "continuous", NULL};
	const char *effect = "";
	*out = (struct ql_guideline_rule){.continuous = -1, .grade = "assumed"};
	if (y->kind != QL_YAML_MAP) {
		ql_diag_add(r->ds, QL_E0528, y->span, "a rule must be a mapping");
		return;
	}
	ql_yaml_check_keys(y, keys, r->ds);
	ql_yaml_string(y, "id", true, r->ds, &out->id);
	ql_yaml_string(y, "text", true, r->ds, &out->text);
	ql_yaml_string(y, "grade", true, r->ds, &out->grade);
	ql_yaml_string(y, "effect", true, r->ds, &effect);
	out->source = read_list(r, y, "source", &out->n_source);
	out->over = read_list(r, y, "over", &out->n_over);
	int e = 0;
	while (e < 4 && strcmp(effect, ql_effect_text[e]) != 0)
		e++;
	if (e == 4)
		ql_diag_help(ql_diag_add(r->ds, QL_E0528, y->span, "`effect` cannot be %s", effect), "one of exclude, last, prefer, caution");
	out->effect = (enum ql_effect)(e & 3);
	const struct ql_yaml *target = ql_yaml_get(y, "target");
	out->when = read_conditions(r, y, &out->n_when);
	if (!target || target->kind != QL_YAML_MAP) {
		ql_diag_help(ql_diag_add(r->ds, QL_E0528, y->span, "the rule has no target"), "write target: {any: [ibrutinib]}");
		return;
	}
	ql_yaml_check_keys(target, target_keys, r->ds);
	read_words(r, target, "any", &out->any);
	read_words(r, target, "all", &out->all);
	read_words(r, target, "none", &out->none);
	bool continuous;
	if (ql_yaml_get(target, "continuous") && ql_yaml_bool(target, "continuous", true, r->ds, &continuous))
		out->continuous = continuous;
}

static void check_over(struct reader *r, const struct ql_guideline *g, const struct ql_yaml *rules)
{
	for (int i = 0; i < g->n_rule; i++)
		for (int k = 0; k < g->rule[i].n_over; k++) {
			bool known = false;
			for (int j = 0; j < g->n_rule; j++)
				known |= g->rule[j].id && strcmp(g->rule[j].id, g->rule[i].over[k]) == 0;
			if (!known)
				ql_diag_help(ql_diag_add(r->ds, QL_E0528, rules->item[i]->span, "no rule is called `%s`", g->rule[i].over[k]),
					     "`over` lists ids of rules of this file");
		}
}

enum quell_status ql_guideline_load(const char *path, const char *data_dir, struct ql_arena *a, struct ql_diags *ds,
				    struct ql_guideline *out)
{
	static const char *const keys[] = {"guideline", "title", "candidates", "rules", "tests", "note", NULL};
	struct reader r = {.a = a, .ds = ds};
	struct ql_yaml *y;
	int errors = ds->n_errors;
	*out = (struct ql_guideline){0};
	enum quell_status s = ql_yaml_read(a, path, ds, &y);
	if (s != QUELL_OK)
		return s;
	know_library(&r, data_dir);
	ql_yaml_check_keys(y, keys, ds);
	ql_yaml_string(y, "guideline", true, ds, &out->name);
	ql_yaml_string(y, "title", false, ds, &out->title);
	const struct ql_yaml *candidates = ql_yaml_get(y, "candidates"), *rules = ql_yaml_get(y, "rules");
	read_words(&r, candidates, "untreated", &out->candidates[0]);
	read_words(&r, candidates, "treated", &out->candidates[1]);
	if (!rules || rules->kind != QL_YAML_LIST) {
		ql_diag_add(ds, QL_E0528, (struct ql_span){path, 0, 0, 0}, "`rules` is missing");
		return QUELL_ERR_INPUT;
	}
	out->rule = QL_NEW_N(a, struct ql_guideline_rule, (size_t)rules->n + 1);
	for (int i = 0; i < rules->n; i++)
		read_rule(&r, rules->item[i], &out->rule[out->n_rule++]);
	const struct ql_yaml *tests = ql_yaml_get(y, "tests");
	out->test = QL_NEW_N(a, struct ql_guideline_test, (size_t)(tests && tests->kind == QL_YAML_LIST ? tests->n : 0) + 1);
	for (int i = 0; tests && tests->kind == QL_YAML_LIST && i < tests->n; i++)
		read_test(&r, tests->item[i], &out->test[out->n_test++]);
	check_over(&r, out, rules);
	return ds->n_errors == errors ? QUELL_OK : QUELL_ERR_INPUT;
}
