/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and checking a protocol. */
#include "base/paths.h"
#include "dosing/item.h"
#include "trial/names.h"
#include "trial/protocol.h"
#include "trial/rules.h"
#include "trial/yaml_words.h"
#include <math.h>
#include <string.h>

struct reader {
	const struct ql_model *m;
	const char *data_dir;
	bool lenient;
	struct ql_arena *a;
	struct ql_diags *ds;
	struct ql_protocol *p;
	const char *after[QL_MAX_RULES]; /* names, resolved when all rules are read */
	struct ql_span after_at[QL_MAX_RULES];
};

static void wrong(struct reader *r, struct ql_span at, const char *message, const char *help)
{
	ql_diag_help(ql_diag_add(r->ds, QL_E0665, at, "%s", message), "%s", help);
}

/* --- conditions: "anc < 0.5 and infections >= 1" --- */

static int find_observable(struct reader *r, const char *name, size_t n, struct ql_span at)
{
	const char *names[QL_OBS_COUNT];
	for (int i = 0; i < QL_OBS_COUNT; i++) {
		names[i] = ql_observable[i].name;
		if (strlen(names[i]) == n && strncmp(names[i], name, n) == 0)
			return i;
	}
	const char *word = ql_arena_strndup(r->a, name, n), *near = ql_suggest(word, names, QL_OBS_COUNT);
	struct ql_diag *d = ql_diag_add(r->ds, QL_E0666, at, "conditions know no `%s`", word);
	if (near)
		ql_diag_help(d, "did you mean `%s`?", near);
	else
		ql_diag_help(d, "write one of anc, platelets, haemoglobin, alc, igg, mrd_blood, mrd_marrow, crs, icans, "
				"infections, infection_days, day");
	return -1;
}

static void narrow(struct ql_interval *i, char op, bool equal, double x)
{
	if (op == '<' && (x < i->high || (x == i->high && !equal))) {
		i->high = x;
		i->high_open = !equal;
	} else if (op == '>' && (x > i->low || (x == i->low && !equal))) {
		i->low = x;
		i->low_open = !equal;
	}
}

static const char *skip(const char *s)
{
	while (*s == ' ')
		s++;
	return s;
}

/* One comparison at s; where it ends, NULL after a mistake. */
static const char *read_comparison(struct reader *r, const char *s, struct ql_span at, struct ql_criterion *out)
{
	s = skip(s);
	const char *name = s;
	while ((*s >= 'a' && *s <= 'z') || *s == '_')
		s++;
	size_t n = (size_t)(s - name);
	s = skip(s);
	char op = *s;
	bool equal = (op == '<' || op == '>') && s[1] == '=';
	const char *number = skip(op == '<' || op == '>' ? s + 1 + equal : s), *end = number;
	while (*end && *end != ' ')
		end++;
	double x;
	if (n == 0 || (op != '<' && op != '>') || !ql_parse_double(number, (size_t)(end - number), &x)) {
		wrong(r, at, "the condition cannot be read", "write `NAME < NUMBER`, joined by `and`; with <, <=, > or >=");
		return NULL;
	}
	int o = find_observable(r, name, n, at);
	if (o < 0)
		return NULL;
	if (!(out->used >> o & 1u))
		out->in[o] = (struct ql_interval){-INFINITY, INFINITY, false, false};
	out->used |= 1u << o;
	narrow(&out->in[o], op, equal, x);
	return end;
}

static bool empty(const struct ql_interval *i)
{
	return i->low > i->high || (i->low == i->high && (i->low_open || i->high_open));
}

static bool read_condition(struct reader *r, const struct ql_yaml *rule, const char *key, bool required,
			   struct ql_criterion *out)
{
	const char *text = NULL;
	*out = (struct ql_criterion){.used = 0};
	if (!ql_yaml_string(rule, key, required, r->ds, &text) || !text)
		return false;
	struct ql_span at = ql_yaml_get(rule, key)->span;
	for (const char *s = text; s;) {
		s = read_comparison(r, s, at, out);
		if (!s)
			return false;
		s = skip(s);
		if (*s == 0)
			break;
		if (strncmp(s, "and ", 4) != 0) {
			wrong(r, at, "the condition cannot be read", "join comparisons by `and`; two rules stand for `or`");
			return false;
		}
		s += 4;
	}
	for (int i = 0; i < QL_OBS_COUNT; i++)
		if (out->used >> i & 1u && empty(&out->in[i])) {
			struct ql_diag *d = ql_diag_add(r->ds, QL_E0667, at, "no value of `%s` fulfils this", ql_observable[i].name);
			ql_diag_help(d, "correct the limits");
			return false;
		}
	return true;
}

/* --- what a rule acts on --- */

static bool missing(struct reader *r, struct ql_rule *rule, struct ql_span at, const char *name, const char *near)
{
	if (r->lenient) {
		ql_diag_add(r->ds, QL_E0669, at, "`%s` is left out: the model has no `%s`", rule->name, name);
		rule->left_out = true;
		return false;
	}
	struct ql_diag *d = ql_diag_add(r->ds, QL_E0666, at, "the model has no dose or input `%s`", name);
	ql_diag_help(d, near ? "did you mean `%s`?" : "`quell model show` lists doses and inputs", near);
	return false;
}

static bool find_target(struct reader *r, struct ql_rule *rule, const char *name, struct ql_span at,
			struct ql_rule_target *out)
{
	const struct ql_model *m = r->m;
	*out = (struct ql_rule_target){.name = name, .dose = -1, .input = -1, .span = at};
	out->dose = ql_model_find_dose(m, name);
	if (out->dose < 0)
		out->input = ql_trial_quantity(m, name, 1u << QL_INPUT);
	if (out->dose >= 0 || out->input >= 0)
		return true;
	const char **names = QL_NEW_N(r->a, const char *, (size_t)(m->n_dose + m->n_q));
	int n = 0;
	for (int i = 0; i < m->n_dose; i++)
		names[n++] = m->dose[i].name;
	for (int i = 0; i < m->n_q; i++)
		if (m->q[i].kind == QL_INPUT)
			names[n++] = m->q[i].name;
	return missing(r, rule, at, name, ql_suggest(name, names, n));
}

static void too_many(struct reader *r, struct ql_span at)
{
	wrong(r, at, "a rule acts on at most six doses", "write a second rule");
}

/* A list of names: `hold`, `reduce`, `stop`. */
static void read_names(struct reader *r, const struct ql_yaml *v, struct ql_rule *rule)
{
	int n = v->kind == QL_YAML_LIST ? v->n : 1;
	if (v->kind == QL_YAML_MAP || n == 0) {
		wrong(r, v->span, "names of doses or inputs must stand here", "write `[bcl2i.dose, chemo.pulse]`");
		return;
	}
	for (int i = 0; i < n; i++) {
		const struct ql_yaml *x = v->kind == QL_YAML_LIST ? v->item[i] : v;
		if (x->kind != QL_YAML_SCALAR)
			wrong(r, x->span, "a name must stand here", "write `[bcl2i.dose, chemo.pulse]`");
		else if (rule->n_target == QL_MAX_TARGETS)
			too_many(r, x->span);
		else if (find_target(r, rule, x->text, x->span, &rule->target[rule->n_target]))
			rule->n_target++;
	}
}

/* NAME: amount, for `give` and `set`. */
static void read_amounts(struct reader *r, const struct ql_yaml *v, struct ql_rule *rule)
{
	bool give = rule->kind == QL_RULE_GIVE;
	if (v->kind != QL_YAML_MAP || v->n == 0) {
		wrong(r, v->span, "doses with amounts must stand here", give ? "write `{host.ivig: 0.4 g/kg}`" : "write `{protocol.gcsf: 1.3}`");
		return;
	}
	for (int i = 0; i < v->n; i++) {
		struct ql_rule_target t;
		if (!find_target(r, rule, v->key[i], v->key_span[i], &t))
			continue;
		if (give != (t.dose >= 0)) {
			wrong(r, v->key_span[i], give ? "`give` is for doses" : "`set` is for inputs", give ? "use `set` for a level" : "use `give` for a dose");
			continue;
		}
		if (rule->n_target == QL_MAX_TARGETS) {
			too_many(r, v->key_span[i]);
			continue;
		}
		struct ql_amount amount;
		const char *unit = give ? r->m->dose[t.dose].unit : r->m->q[t.input].unit;
		const struct ql_yaml *x = v->item[i];
		if (ql_yaml_is_number(x, &t.amount)) {
			if (give) {
				wrong(r, x->span, "the amount needs its unit", "write `0.4 g/kg`, `8 mg/kg` or `1 dose`");
				continue;
			}
		} else if (ql_amount_read(r->m, x, unit, true, r->a, r->ds, &amount)) {
			if (amount.per != QL_FLAT && amount.per != QL_PER_KG) {
				wrong(r, x->span, "rules dose by weight or not at all", "give a fixed amount or one per kg");
				continue;
			}
			t.per_kg = amount.per == QL_PER_KG;
			t.amount = amount.value;
		} else {
			continue;
		}
		rule->target[rule->n_target++] = t;
	}
}

static void read_reduction(struct reader *r, const struct ql_yaml *map, struct ql_rule *rule, const char *key)
{
	static const char *const keys[] = {"reduce", "least", NULL};
	rule->factor = 1.0;
	rule->least = 0.0;
	const struct ql_yaml *y = ql_yaml_get(map, key);
	if (!y)
		return;
	if (y->kind != QL_YAML_MAP) {
		wrong(r, y->span, "a reduction must stand here", "write `{reduce: 0.5, least: 0.25}`");
		return;
	}
	ql_yaml_check_keys(y, keys, r->ds);
	ql_yaml_number(y, "reduce", true, r->ds, &rule->factor);
	ql_yaml_number(y, "least", false, r->ds, &rule->least);
	if (!(rule->factor > 0.0 && rule->factor < 1.0) || !(rule->least >= 0.0 && rule->least < 1.0))
		wrong(r, y->span, "a reduction lies between 0 and 1", "write `{reduce: 0.5, least: 0.25}`");
}

static const struct {
	const char *key;
	enum ql_rule_kind kind;
} acts[] = {{"hold", QL_RULE_HOLD}, {"reduce", QL_RULE_REDUCE}, {"stop", QL_RULE_STOP}, {"give", QL_RULE_GIVE}, {"set", QL_RULE_SET}};

static void read_act(struct reader *r, const struct ql_yaml *y, struct ql_rule *rule)
{
	const struct ql_yaml *found = NULL;
	int n = 0;
	for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
		const struct ql_yaml *v = ql_yaml_get(y, acts[i].key);
		if (!v)
			continue;
		n++;
		found = v;
		rule->kind = acts[i].kind;
	}
	if (n != 1) {
		wrong(r, rule->span, n ? "a rule has one act" : "the rule does nothing",
		      "write one of `hold`, `reduce`, `stop`, `give`, `set`");
		return;
	}
	if (rule->kind == QL_RULE_GIVE || rule->kind == QL_RULE_SET)
		read_amounts(r, found, rule);
	else
		read_names(r, found, rule);
}

/* What the record says was done. */
static unsigned act_of(const struct ql_rule *rule)
{
	static const struct {
		const char *name;
		unsigned act;
	} known[] = {{"gcsf", QL_ACT_GCSF}, {"ivig", QL_ACT_IVIG}, {"tocilizumab", QL_ACT_TOCILIZUMAB}, {"dexamethasone", QL_ACT_STEROID}};
	if (rule->kind == QL_RULE_HOLD)
		return QL_ACT_HOLD;
	if (rule->kind == QL_RULE_REDUCE)
		return QL_ACT_REDUCE;
	const unsigned mrd = 1u << QL_OBS_MRD_BLOOD | 1u << QL_OBS_MRD_MARROW;
	if (rule->kind == QL_RULE_STOP)
		return rule->when.used & mrd ? QL_ACT_MRD_STOP : QL_ACT_OTHER;
	for (size_t i = 0; rule->n_target && i < sizeof known / sizeof *known; i++) {
		const char *dot = strrchr(rule->target[0].name, '.');
		if (strcmp(dot ? dot + 1 : rule->target[0].name, known[i].name) == 0)
			return known[i].act;
	}
	return QL_ACT_OTHER;
}

static void read_times(struct reader *r, const struct ql_yaml *y, struct ql_rule *rule)
{
	double most = 0.0;
	ql_yaml_days(y, "held_for", false, QL_E0665, r->ds, &rule->held_for_day);
	ql_yaml_days(y, "delay", false, QL_E0665, r->ds, &rule->delay_day);
	ql_yaml_days(y, "every", false, QL_E0665, r->ds, &rule->every_day);
	ql_yaml_days(y, "for", false, QL_E0665, r->ds, &rule->for_day);
	ql_yaml_number(y, "most", false, r->ds, &most);
	rule->most = most >= 1.0 && most <= 1e6 ? (int)most : 0;
	if (rule->held_for_day < 0.0 || rule->delay_day < 0.0 || rule->every_day < 0.0 || rule->for_day < 0.0 || most < 0.0)
		wrong(r, rule->span, "times of a rule cannot be negative", "write `delay: 12 h`, `every: 28 day`");
	if (rule->kind == QL_RULE_GIVE && !(rule->every_day > 0.0) && rule->most == 0)
		wrong(r, rule->span, "the rule would give a dose at every visit without end",
		      "say how often with `every: 28 day`, or how many with `most: 3`");
	if (rule->kind == QL_RULE_SET && !(rule->for_day > 0.0) && !rule->has_until)
		wrong(r, rule->span, "the rule sets a level and never takes it back", "add `for: 7 day`, or a condition `until`");
	if (rule->kind == QL_RULE_HOLD && !rule->has_until)
		wrong(r, rule->span, "the rule holds doses and never gives them again", "add a condition `until`, or use `stop`");
}

static void read_rule(struct reader *r, const struct ql_yaml *y)
{
	static const char *const keys[] = {"name", "when", "until", "hold", "reduce", "stop", "give", "set", "then", "by", "held_for",
					   "delay", "every", "for", "most", "after", "source", "grade", "note", NULL};
	struct ql_protocol *p = r->p;
	if (y->kind != QL_YAML_MAP || p->n_rule == QL_MAX_RULES) {
		wrong(r, y->span, y->kind != QL_YAML_MAP ? "a rule must stand here" : "a protocol has at most 32 rules",
		      "write `- name: ...` with `when:` and one act");
		return;
	}
	struct ql_rule *rule = &p->rule[p->n_rule];
	*rule = (struct ql_rule){.name = "", .span = y->span, .after = -1};
	ql_yaml_check_keys(y, keys, r->ds);
	if (ql_yaml_string(y, "name", true, r->ds, &rule->name))
		rule->span = ql_yaml_get(y, "name")->span;
	ql_yaml_check_grade(y, QL_E0665, r->ds);
	read_condition(r, y, "when", true, &rule->when);
	rule->has_until = read_condition(r, y, "until", false, &rule->until);
	read_act(r, y, rule);
	read_reduction(r, y, rule, rule->kind == QL_RULE_REDUCE ? "by" : "then");
	if (rule->kind == QL_RULE_REDUCE && !ql_yaml_get(y, "by"))
		wrong(r, rule->span, "the rule does not say by how much", "add `by: {reduce: 0.5, least: 0.25}`");
	read_times(r, y, rule);
	rule->act = act_of(rule);
	if (ql_yaml_string(y, "after", false, r->ds, &r->after[p->n_rule]) && r->after[p->n_rule])
		r->after_at[p->n_rule] = ql_yaml_get(y, "after")->span;
	p->used |= rule->when.used | rule->until.used;
	p->n_rule++;
}

/* --- what cannot be meant --- */

static bool overlap(const struct ql_criterion *a, const struct ql_criterion *b)
{
	for (int i = 0; i < QL_OBS_COUNT; i++) {
		if (!(a->used >> i & 1u) || !(b->used >> i & 1u))
			continue;
		struct ql_interval x = a->in[i];
		const struct ql_interval *y = &b->in[i];
		if (y->low > x.low || (y->low == x.low && y->low_open))
			x.low = y->low, x.low_open = y->low_open;
		if (y->high < x.high || (y->high == x.high && y->high_open))
			x.high = y->high, x.high_open = y->high_open;
		if (empty(&x))
			return false;
	}
	return true;
}

static bool share_target(const struct ql_rule *a, const struct ql_rule *b)
{
	for (int i = 0; i < a->n_target; i++)
		for (int j = 0; j < b->n_target; j++)
			if (a->target[i].dose == b->target[j].dose && a->target[i].input == b->target[j].input)
				return true;
	return false;
}

static bool takes_away(const struct ql_rule *r) { return r->kind == QL_RULE_HOLD || r->kind == QL_RULE_STOP; }
static bool adds(const struct ql_rule *r) { return r->kind == QL_RULE_GIVE || r->kind == QL_RULE_SET; }

static void check_contradictions(struct reader *r)
{
	struct ql_protocol *p = r->p;
	for (int i = 0; i < p->n_rule; i++) {
		const struct ql_rule *a = &p->rule[i];
		if (a->has_until && overlap(&a->when, &a->until)) {
			struct ql_diag *d = ql_diag_add(r->ds, QL_E0667, a->span, "`%s` begins and ends at the same values", a->name);
			ql_diag_help(d, "let `until` exclude what `when` asks for: `anc >= 1.0` after `anc < 1.0`");
		}
		for (int j = 0; j < i; j++) {
			const struct ql_rule *b = &p->rule[j];
			if (strcmp(a->name, b->name) == 0) {
				struct ql_diag *d = ql_diag_add(r->ds, QL_E0665, a->span, "two rules are called `%s`", a->name);
				ql_diag_note(d, b->span, "the first one");
				ql_diag_help(d, "give each a name of its own");
			}
			bool opposite = (takes_away(a) && adds(b)) || (adds(a) && takes_away(b));
			if (!opposite || !share_target(a, b) || !overlap(&a->when, &b->when))
				continue;
			struct ql_diag *d = ql_diag_add(r->ds, QL_E0667, a->span, "`%s` and `%s` ask for opposite things",
							a->name, b->name);
			ql_diag_note(d, b->span, "both can hold at one visit");
			ql_diag_help(d, "make their conditions exclude each other");
		}
	}
}

static void resolve_after(struct reader *r)
{
	struct ql_protocol *p = r->p;
	for (int i = 0; i < p->n_rule; i++) {
		if (!r->after[i])
			continue;
		const char *names[QL_MAX_RULES];
		for (int j = 0; j < p->n_rule; j++) {
			names[j] = p->rule[j].name;
			if (strcmp(names[j], r->after[i]) == 0)
				p->rule[i].after = j;
		}
		if (p->rule[i].after >= 0)
			continue;
		struct ql_diag *d = ql_diag_add(r->ds, QL_E0666, r->after_at[i], "there is no rule `%s`", r->after[i]);
		const char *near = ql_suggest(r->after[i], names, p->n_rule);
		ql_diag_help(d, near ? "did you mean `%s`?" : "`after` names a rule of this file", near);
	}
	for (int i = 0; i < p->n_rule; i++) {
		int at = p->rule[i].after, steps = 0;
		while (at >= 0 && at != i && steps++ < p->n_rule)
			at = p->rule[at].after;
		if (at != i)
			continue;
		struct ql_diag *d = ql_diag_add(r->ds, QL_E0668, r->after_at[i], "`%s` waits for itself", p->rule[i].name);
		ql_diag_help(d, "take one `after` out of the circle");
		return;
	}
}

/* --- assays --- */

static void read_assay(struct reader *r, const struct ql_yaml *y, struct ql_span key_at, const char *key)
{
	static const char *const keys[] = {"cv", "log10_sd", "limit", "source", "grade", "note", NULL};
	int o = find_observable(r, key, strlen(key), key_at);
	if (o < 0)
		return;
	if (y->kind != QL_YAML_MAP || !ql_observable[o].output) {
		wrong(r, y->kind != QL_YAML_MAP ? y->span : key_at, y->kind != QL_YAML_MAP ? "an assay must stand here" : "this is not measured",
		      "write `anc: {cv: 0.1, grade: assumed}`");
		return;
	}
	double cv = 0.0, log10_sd = 0.0;
	ql_yaml_check_keys(y, keys, r->ds);
	ql_yaml_check_grade(y, QL_E0665, r->ds);
	ql_yaml_number(y, "cv", false, r->ds, &cv);
	ql_yaml_number(y, "log10_sd", false, r->ds, &log10_sd);
	ql_yaml_number(y, "limit", false, r->ds, &r->p->assay[o].limit);
	if (!(cv >= 0.0 && cv <= 2.0) || !(log10_sd >= 0.0 && log10_sd <= 2.0) || !(r->p->assay[o].limit >= 0.0))
		wrong(r, y->span, "noise lies between 0 and 2, a limit is not negative", "write `{log10_sd: 0.25, limit: 1e-6}`");
	r->p->assay[o].sd = log10_sd > 0.0 ? log10_sd * 2.302585092994046 : sqrt(log1p(cv * cv));
}

static void read_assays(struct reader *r)
{
	const struct ql_yaml *y = ql_yaml_get(r->p->yaml, "assay");
	r->p->assay[QL_OBS_MRD_BLOOD] = r->p->assay[QL_OBS_MRD_MARROW] =
		(struct ql_assay){QL_MRD_NOISE_LOG10 * 2.302585092994046, QL_MRD_FLOOR};
	if (y && y->kind != QL_YAML_MAP)
		wrong(r, y->span, "`assay` is a mapping", "write `assay: {anc: {cv: 0.1, grade: assumed}}`");
	for (int i = 0; y && y->kind == QL_YAML_MAP && i < y->n; i++)
		read_assay(r, y->item[i], y->key_span[i], y->key[i]);
}

static enum quell_status load(struct reader *r, const char *path)
{
	static const char *const keys[] = {"protocol", "title", "sources", "next_line", "assay", "rules", "note", NULL};
	struct ql_protocol *p = r->p;
	int errors = r->ds->n_errors;
	enum quell_status s = ql_yaml_read(r->a, path, r->ds, &p->yaml);
	if (s != QUELL_OK)
		return s;
	if (!p->yaml || p->yaml->kind != QL_YAML_MAP) {
		wrong(r, (struct ql_span){path, 0, 0, 0}, "the file is no protocol", "start with `protocol: NAME`");
		return QUELL_ERR_INPUT;
	}
	ql_yaml_check_keys(p->yaml, keys, r->ds);
	ql_yaml_string(p->yaml, "protocol", true, r->ds, &p->name);
	p->title = p->name;
	ql_yaml_string(p->yaml, "title", false, r->ds, &p->title);
	ql_yaml_string(p->yaml, "next_line", false, r->ds, &p->next_line);
	read_assays(r);
	const struct ql_yaml *rules = ql_yaml_get(p->yaml, "rules");
	if (rules && rules->kind != QL_YAML_LIST)
		wrong(r, rules->span, "`rules` is a list", "write `rules:` and below it `- name: ...`");
	for (int i = 0; rules && rules->kind == QL_YAML_LIST && i < rules->n; i++)
		read_rule(r, rules->item[i]);
	resolve_after(r);
	check_contradictions(r);
	return r->ds->n_errors > errors ? QUELL_ERR_INPUT : QUELL_OK;
}

enum quell_status ql_protocol_load(const struct ql_model *m, const char *data_dir, const char *name, bool lenient,
				   struct ql_arena *a, struct ql_diags *ds, struct ql_protocol *out)
{
	*out = (struct ql_protocol){.name = ""};
	struct reader *r = QL_NEW(a, struct reader);
	*r = (struct reader){.m = m, .data_dir = data_dir, .lenient = lenient, .a = a, .ds = ds, .p = out};
	const char *path = ql_library_file(a, data_dir, "library/protocols", name, ".yaml", QL_E0660, "protocol", ds);
	return path ? load(r, path) : QUELL_ERR_INPUT;
}
