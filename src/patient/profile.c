/* SPDX-License-Identifier: Apache-2.0 */
#include "patient/profile.h"
#include "base/paths.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct ql_profile_def ql_profile_def[QL_PROFILE_N] = {
#define X(name, unit, low, high, choices, help) {#name, unit, low, high, choices, help},
	QL_PROFILE_FIELDS(X)
#undef X
};

const char *const ql_line_kind_text[] = {"regimen", "drugs", "month", "choice", "number", "text"};
const struct ql_line_def ql_line_def[QL_PL_N] = {
#define X(name, kind, unit, low, high, choices, help) {#name, QL_LK_##kind, unit, low, high, choices, help},
	QL_LINE_MEMBERS(X)
#undef X
};

const struct ql_course_def ql_course_def[QL_CK_COUNT] = {
	{"alc", "1e9/L", "alc", "lymphocytes in blood", 0.15, 0, 0, 3000},
	{"node", "cm", "node_diameter", "longest diameter of the largest node", 0.10, 0, 0, 40},
	{"igg", "g/L", "igg", "immunoglobulin G", 0.12, 0, 0, 60},
	{"mrd", "1", "mrd_blood", "residual disease in blood, share of leucocytes", 0.58, 1e-6, 0, 1},
	{"anc", "1e9/L", "anc", "neutrophils", 0.25, 0, 0, 50}};

const char *const ql_profile_part[QL_PROFILE_PARTS] = {"prior_lines", "courses", "preferences"};

static const struct ql_span command_line = {"command line", 0, 0, 0};

void ql_profile_blank(struct ql_profile *p)
{
	*p = (struct ql_profile){.name = "unknown", .title = "nothing is known"};
	for (int i = 0; i < QL_PROFILE_N; i++)
		p->value[i] = NAN;
}

/* --- one field --- */

static int field_of(const char *name)
{
	for (int i = 0; i < QL_PROFILE_N; i++)
		if (strcmp(ql_profile_def[i].name, name) == 0)
			return i;
	return -1;
}

static int choice_of(const char *choices, const char *word)
{
	size_t n = strlen(word);
	int place = 0;
	for (const char *c = choices;; place++) {
		const char *bar = strchr(c, '|');
		size_t len = bar ? (size_t)(bar - c) : strlen(c);
		if (len == n && strncmp(c, word, n) == 0)
			return place;
		if (!bar)
			return -1;
		c = bar + 1;
	}
}

static const char *range_text(const struct ql_profile_def *d, struct ql_diags *ds)
{
	char lo[32], hi[32];
	if (!d->unit)
		return ql_arena_printf(&ds->arena, "one of %s, or unknown", d->choices);
	return ql_arena_printf(&ds->arena, "%s to %s%s%s, or unknown", ql_format_double(d->low, lo),
			       ql_format_double(d->high, hi), *d->unit ? " " : "", d->unit);
}

static bool set_field(struct ql_profile *p, int f, const char *text, struct ql_span at, struct ql_diags *ds)
{
	const struct ql_profile_def *d = &ql_profile_def[f];
	double x = NAN;
	p->span[f] = at;
	p->value[f] = NAN;
	if (strcmp(text, "unknown") == 0)
		return true;
	bool ok;
	if (d->unit) {
		ok = ql_parse_double(text, strlen(text), &x) && x >= d->low && x <= d->high;
		if (ok && !*d->unit && d->high > 1 && x != floor(x))
			ok = false;
	} else {
		int place = choice_of(d->choices, text);
		x = place;
		ok = place >= 0;
	}
	if (!ok) {
		struct ql_diag *e = ql_diag_add(ds, QL_E0521, at, "`%s` cannot be %s", d->name, text);
		ql_diag_help(e, "%s: give %s", d->help, range_text(d, ds));
		return false;
	}
	p->value[f] = x;
	return true;
}

static void unknown_field(const char *name, struct ql_span at, struct ql_diags *ds)
{
	const char *names[QL_PROFILE_N + QL_PROFILE_PARTS];
	for (int i = 0; i < QL_PROFILE_N; i++)
		names[i] = ql_profile_def[i].name;
	memcpy(names + QL_PROFILE_N, ql_profile_part, sizeof ql_profile_part);
	struct ql_diag *d = ql_diag_add(ds, QL_E0520, at, "a profile has no field `%s`", name);
	const char *near = ql_suggest(name, names, QL_PROFILE_N + QL_PROFILE_PARTS);
	if (near)
		ql_diag_help(d, "did you mean `%s`?", near);
	else
		ql_diag_help(d, "`quell recommend --fields` lists them; names, dates of birth and the like have no place here");
}

bool ql_profile_set(struct ql_profile *p, const char *text, struct ql_diags *ds)
{
	const char *equals = strchr(text, '=');
	if (!equals || equals == text) {
		ql_diag_help(ql_diag_add(ds, QL_E0520, command_line, "cannot read `%s`", text), "write FIELD=VALUE, as in age=70");
		return false;
	}
	const char *name = ql_arena_strndup(&ds->arena, text, (size_t)(equals - text));
	int f = field_of(name);
	if (f < 0) {
		unknown_field(name, command_line, ds);
		return false;
	}
	return set_field(p, f, equals + 1, command_line, ds);
}

const char *ql_profile_text(const struct ql_profile *p, enum ql_profile_field f, struct ql_arena *a)
{
	const struct ql_profile_def *d = &ql_profile_def[f];
	char number[32];
	if (!ql_profile_knows(p, f))
		return "unknown";
	if (d->unit)
		return ql_arena_strdup(a, ql_format_double(p->value[f], number));
	const char *c = d->choices;
	for (int i = 0; i < (int)p->value[f]; i++)
		c = strchr(c, '|') + 1;
	return ql_arena_strndup(a, c, strcspn(c, "|"));
}

/* --- prior lines --- */

#define MAX_WORDS 64 /* agents of a regimen, drugs, and a class for each */

struct reader {
	const char *data_dir, *path;
	struct ql_arena *a;
	struct ql_diags *ds;
	struct ql_profile *p;
	const char **agent, **regimen;
	int n_agent, n_regimen;
};

static void add_word(struct reader *r, struct ql_prior_line *l, const char *word)
{
	for (int i = 0; word && i < l->n_word; i++)
		if (strcmp(l->word[i], word) == 0)
			return;
	if (word && l->n_word < MAX_WORDS)
		l->word[l->n_word++] = ql_arena_strdup(r->a, word);
}

static bool listed(const char *name, const char *const *list, int n)
{
	for (int i = 0; i < n; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

static void add_drug(struct reader *r, struct ql_prior_line *l, const char *name, struct ql_span at)
{
	struct ql_yaml *y = NULL;
	const char *class = NULL;
	if (!listed(name, r->agent, r->n_agent)) {
		struct ql_diag *d = ql_diag_add(r->ds, QL_E0522, at, "unknown drug `%s`", name);
		const char *near = ql_suggest(name, r->agent, r->n_agent);
		if (near)
			ql_diag_help(d, "did you mean `%s`?", near);
		else
			ql_diag_help(d, "`quell explain agents` lists the drugs; leave out what the model does not know and say so in `note`");
		return;
	}
	add_word(r, l, name);
	if (ql_yaml_read(r->a, ql_arena_printf(r->a, "%s/library/agents/%s.yaml", r->data_dir, name), r->ds, &y) == QUELL_OK && y)
		ql_yaml_string(y, "class", false, r->ds, &class);
	add_word(r, l, class);
}

static void add_regimen(struct reader *r, struct ql_prior_line *l, const char *name, struct ql_span at)
{
	struct ql_yaml *y = NULL;
	if (!listed(name, r->regimen, r->n_regimen)) {
		struct ql_diag *d = ql_diag_add(r->ds, QL_E0522, at, "unknown regimen `%s`", name);
		const char *near = ql_suggest(name, r->regimen, r->n_regimen);
		if (near)
			ql_diag_help(d, "did you mean `%s`?", near);
		else
			ql_diag_help(d, "name its drugs instead: `drugs: [rituximab, ...]`");
		return;
	}
	l->regimen = ql_arena_strdup(r->a, name);
	if (ql_yaml_read(r->a, ql_arena_printf(r->a, "%s/library/regimens/%s.yaml", r->data_dir, name), r->ds, &y) != QUELL_OK)
		return;
	const struct ql_yaml *agents = ql_yaml_get(y, "agents");
	for (int i = 0; agents && agents->kind == QL_YAML_MAP && i < agents->n; i++)
		if (agents->item[i]->kind == QL_YAML_SCALAR)
			add_drug(r, l, agents->item[i]->text, at);
}

/* "2019-03" or "2019"; -1 and a message else. */
static int month_of(struct reader *r, const struct ql_yaml *y)
{
	int year = 0, month = 1, used = 0;
	if (y->kind == QL_YAML_SCALAR && strcmp(y->text, "unknown") == 0)
		return -1;
	bool full = y->kind == QL_YAML_SCALAR && sscanf(y->text, "%4d-%2d%n", &year, &month, &used) == 2 && !y->text[used];
	bool plain = !full && y->kind == QL_YAML_SCALAR && sscanf(y->text, "%4d%n", &year, &used) == 1 && !y->text[used];
	if (plain)
		month = 1;
	if ((full || plain) && year >= 1950 && year <= 2100 && month >= 1 && month <= 12)
		return 12 * year + month - 1;
	ql_diag_help(ql_diag_add(r->ds, QL_E0523, y->span, "not a month"), "write YYYY-MM or YYYY; days of a month are not needed");
	return -1;
}

static bool is_unknown(const struct ql_yaml *y) { return y && y->kind == QL_YAML_SCALAR && strcmp(y->text, "unknown") == 0; }

/* The place of a choice; 0, which is `unknown`, where nothing is given. */
static int read_choice(struct reader *r, const struct ql_yaml *line, enum ql_line_member m)
{
	const struct ql_line_def *d = &ql_line_def[m];
	const char *text = NULL;
	if (!ql_yaml_string(line, d->name, false, r->ds, &text) || !text)
		return 0;
	int place = choice_of(d->choices, text);
	if (place < 0) {
		struct ql_diag *e = ql_diag_add(r->ds, QL_E0521, ql_yaml_get(line, d->name)->span, "`%s` cannot be %s", d->name, text);
		ql_diag_help(e, "%s: give one of %s", d->help, d->choices);
	}
	return place < 0 ? 0 : place;
}

/* What was given: a regimen, drugs, or both. */
static void read_given(struct reader *r, const struct ql_yaml *y, struct ql_prior_line *l)
{
	const struct ql_yaml *regimen = ql_yaml_get(y, "regimen"), *drugs = ql_yaml_get(y, "drugs");
	const char *name = NULL;
	if (ql_yaml_string(y, "regimen", false, r->ds, &name) && name)
		add_regimen(r, l, name, regimen->span);
	if (drugs && (drugs->kind != QL_YAML_LIST || drugs->n > QL_MAX_DRUGS))
		ql_diag_help(ql_diag_add(r->ds, QL_E0305, drugs->span, drugs->kind == QL_YAML_LIST ? "too many drugs for one line" : "`drugs` must be a list"),
			     "write [rituximab, ...], at most %d; [] where none is known", QL_MAX_DRUGS);
	for (int i = 0; drugs && drugs->kind == QL_YAML_LIST && i < drugs->n && i < QL_MAX_DRUGS; i++) {
		if (drugs->item[i]->kind == QL_YAML_SCALAR)
			add_drug(r, l, drugs->item[i]->text, drugs->item[i]->span);
		else
			ql_diag_help(ql_diag_add(r->ds, QL_E0305, drugs->item[i]->span, "a drug must be a name"), "write [rituximab, ...]");
	}
	if (!regimen && !drugs)
		ql_diag_help(ql_diag_add(r->ds, QL_E0304, y->span, "what was given is missing"),
			     "name a regimen of the library, or `drugs: [...]`");
}

static void read_remission(struct reader *r, const struct ql_yaml *line, struct ql_prior_line *l)
{
	const struct ql_line_def *d = &ql_line_def[QL_PL_remission_months];
	const struct ql_yaml *y = ql_yaml_get(line, d->name);
	double months = NAN;
	if (!y || is_unknown(y) || !ql_yaml_number(line, d->name, false, r->ds, &months))
		return;
	if (!(months >= d->low && months <= d->high))
		ql_diag_help(ql_diag_add(r->ds, QL_E0521, y->span, "`remission_months` cannot be %g", months),
			     "months from the end of the line to the next need of treatment: give %g to %g, or unknown", d->low, d->high);
	else
		l->remission_months = months;
	if (l->ended == QL_ENDED_PROGRESSION && months > 1)
		ql_diag_help(ql_diag_add(r->ds, QL_E0526, y->span, "a line that ended by progression has no remission after it"),
			     "write `ended: completed` if treatment ended in remission; it counts as progression on treatment");
}

static void read_line(struct reader *r, const struct ql_yaml *y, struct ql_prior_line *l)
{
	const char *keys[QL_PL_N + 1] = {NULL}, *note = NULL;
	for (int m = 0; m < QL_PL_N; m++)
		keys[m] = ql_line_def[m].name;
	*l = (struct ql_prior_line){.word = QL_NEW_N(r->a, const char *, MAX_WORDS), .start_month = -1, .end_month = -1,
				    .remission_months = NAN, .span = y->span};
	if (y->kind != QL_YAML_MAP) {
		ql_diag_help(ql_diag_add(r->ds, QL_E0305, y->span, "a line of treatment must be a mapping"),
			     "write {drugs: [rituximab], ended: progression}");
		return;
	}
	ql_yaml_check_keys(y, keys, r->ds);
	read_given(r, y, l);
	l->ended = (enum ql_line_end)read_choice(r, y, QL_PL_ended);
	read_choice(r, y, QL_PL_response);
	ql_yaml_string(y, "note", false, r->ds, &note);
	const struct ql_yaml *start = ql_yaml_get(y, "start"), *end = ql_yaml_get(y, "end");
	l->start_month = start ? month_of(r, start) : -1;
	l->end_month = end ? month_of(r, end) : -1;
	read_remission(r, y, l);
	if (l->start_month >= 0 && l->end_month >= 0 && l->end_month < l->start_month)
		ql_diag_help(ql_diag_add(r->ds, QL_E0523, end->span, "the line ends before it starts"), "exchange `start` and `end`");
}

/* A remission that was not stated lasts at most until the next line began. */
static void fill_remissions(struct ql_profile *p)
{
	for (int i = 0; i + 1 < p->n_line; i++) {
		struct ql_prior_line *l = &p->line[i];
		int next = p->line[i + 1].start_month;
		if (isnan(l->remission_months) && l->end_month >= 0 && next >= l->end_month)
			l->remission_months = next - l->end_month;
	}
}

static void check_order(struct reader *r)
{
	int last = -1;
	for (int i = 0; i < r->p->n_line; i++) {
		const struct ql_prior_line *l = &r->p->line[i];
		if (l->start_month >= 0 && last >= 0 && l->start_month < last) {
			struct ql_diag *d = ql_diag_add(r->ds, QL_E0523, l->span, "line %d starts before line %d ended", i + 1, i);
			ql_diag_help(d, "list the lines in the order in which they were given");
		}
		last = l->end_month >= 0 ? l->end_month : l->start_month >= 0 ? l->start_month : last;
	}
}

static void read_lines(struct reader *r, const struct ql_yaml *y)
{
	r->p->lines_known = false;
	r->p->line = NULL;
	r->p->n_line = 0;
	if (!y || is_unknown(y))
		return;
	if (y->kind != QL_YAML_LIST) {
		ql_diag_help(ql_diag_add(r->ds, QL_E0305, y->span, "`prior_lines` must be a list"),
			     "[] for an untreated patient, [{regimen: fcr, ended: completed}] for one line, or unknown");
		return;
	}
	r->p->lines_known = true;
	r->p->line = QL_NEW_N(r->a, struct ql_prior_line, (size_t)y->n + 1);
	for (int i = 0; i < y->n; i++)
		read_line(r, y->item[i], &r->p->line[r->p->n_line++]);
	check_order(r);
	fill_remissions(r->p);
}

/* --- courses --- */

static int course_of(const char *name)
{
	for (int i = 0; i < QL_CK_COUNT; i++)
		if (strcmp(ql_course_def[i].name, name) == 0)
			return i;
	return -1;
}

static void read_points(struct reader *r, int kind, const struct ql_yaml *at)
{
	const struct ql_course_def *d = &ql_course_def[kind];
	for (int i = 0; i < at->n; i++) {
		double day, value;
		char lo[32], hi[32];
		if (!ql_parse_double(at->key[i], strlen(at->key[i]), &day) || !(day >= 0 && day <= QL_LAST_COURSE_DAY)) {
			ql_diag_help(ql_diag_add(r->ds, QL_E0524, at->key_span[i], "not a day of the course"),
				     "days count from the start of the regimen of the course, 0 to %g", QL_LAST_COURSE_DAY);
		} else if (!ql_yaml_is_number(at->item[i], &value) || !(value >= d->low && value <= d->high)) {
			struct ql_diag *e = ql_diag_add(r->ds, QL_E0524, at->item[i]->span, "`%s` cannot have this value", d->name);
			ql_diag_help(e, "give %s to %s %s", ql_format_double(d->low, lo), ql_format_double(d->high, hi), d->unit);
		} else {
			r->p->seen[r->p->n_seen++] = (struct ql_observation){(enum ql_course_kind)kind, day, value};
		}
	}
}

static void read_course(struct reader *r, int kind, const struct ql_yaml *y)
{
	static const char *const keys[] = {"unit", "at", NULL};
	const struct ql_course_def *d = &ql_course_def[kind];
	const char *unit = NULL;
	ql_yaml_check_keys(y, keys, r->ds);
	const struct ql_yaml *at = ql_yaml_get(y, "at");
	if (!at || at->kind != QL_YAML_MAP || !ql_yaml_string(y, "unit", true, r->ds, &unit)) {
		ql_diag_help(ql_diag_add(r->ds, QL_E0524, y->span, "the course of `%s` is not understood", d->name),
			     "write {unit: %s, at: {0: VALUE, 28: VALUE}}", d->unit);
		return;
	}
	if (strcmp(unit, d->unit) != 0) {
		struct ql_diag *e = ql_diag_add(r->ds, QL_E0524, ql_yaml_get(y, "unit")->span, "`%s` is not given in %s", d->name, unit);
		ql_diag_help(e, "convert the values to %s and say so", d->unit);
		return;
	}
	read_points(r, kind, at);
}

static int by_day(const void *x, const void *y)
{
	const struct ql_observation *a = x, *b = y;
	return a->day < b->day ? -1 : a->day > b->day ? 1 : (int)a->kind - (int)b->kind;
}

static void read_course_regimen(struct reader *r, const struct ql_yaml *y)
{
	const char *name = NULL;
	r->p->course_regimen = r->p->n_seen ? QL_COURSE_REGIMEN : NULL;
	if (!ql_yaml_string(y, "regimen", false, r->ds, &name) || !name)
		return;
	if (!listed(name, r->regimen, r->n_regimen)) {
		struct ql_diag *d = ql_diag_add(r->ds, QL_E0522, ql_yaml_get(y, "regimen")->span, "unknown regimen `%s`", name);
		const char *near = ql_suggest(name, r->regimen, r->n_regimen);
		ql_diag_help(d, near ? "did you mean `%s`?" : "`quell explain regimens` lists them%s", near ? near : "");
	}
	if (r->p->n_seen)
		r->p->course_regimen = name;
}

static size_t count_points(const struct ql_yaml *courses)
{
	size_t n = 0;
	for (int i = 0; i < courses->n; i++) {
		const struct ql_yaml *at = ql_yaml_get(courses->item[i], "at");
		n += at && at->kind == QL_YAML_MAP ? (size_t)at->n : 0;
	}
	return n;
}

static void read_courses(struct reader *r, const struct ql_yaml *y)
{
	r->p->course_regimen = NULL;
	r->p->seen = NULL;
	r->p->n_seen = 0;
	if (!y || is_unknown(y))
		return;
	if (y->kind != QL_YAML_MAP) {
		ql_diag_help(ql_diag_add(r->ds, QL_E0305, y->span, "`courses` must be a mapping"),
			     "write {regimen: %s, alc: {unit: 1e9/L, at: {0: 40, 90: 52}}}, or unknown", QL_COURSE_REGIMEN);
		return;
	}
	r->p->seen = QL_NEW_N(r->a, struct ql_observation, count_points(y) + 1);
	for (int i = 0; i < y->n; i++) {
		int kind = course_of(y->key[i]);
		if (kind >= 0)
			read_course(r, kind, y->item[i]);
		else if (strcmp(y->key[i], "regimen") != 0)
			ql_diag_help(ql_diag_add(r->ds, QL_E0303, y->key_span[i], "no course is called `%s`", y->key[i]),
				     "courses are alc, node, igg, mrd and anc");
	}
	read_course_regimen(r, y);
	qsort(r->p->seen, (size_t)r->p->n_seen, sizeof *r->p->seen, by_day);
}

/* --- the file --- */

static void read_fields(struct reader *r)
{
	static const char *const other[] = {"profile", "title", "prior_lines", "courses", "preferences", "note", "expect"};
	const struct ql_yaml *y = r->p->yaml;
	for (int i = 0; i < y->n; i++) {
		int f = field_of(y->key[i]);
		if (f < 0 && !listed(y->key[i], other, sizeof other / sizeof *other))
			unknown_field(y->key[i], y->key_span[i], r->ds);
		else if (f >= 0 && y->item[i]->kind != QL_YAML_SCALAR)
			ql_diag_help(ql_diag_add(r->ds, QL_E0305, y->item[i]->span, "`%s` must be one value", y->key[i]), "give %s",
				     range_text(&ql_profile_def[f], r->ds));
		else if (f >= 0)
			set_field(r->p, f, y->item[i]->text, y->item[i]->span, r->ds);
	}
}

static void read_part(struct reader *r, const char *part, const struct ql_yaml *y)
{
	if (strcmp(part, "prior_lines") == 0)
		read_lines(r, y);
	else if (strcmp(part, "courses") == 0)
		read_courses(r, y);
	else
		r->p->preferences = y;
}

static void read_file(struct reader *r)
{
	struct ql_profile *p = r->p;
	if (!p->yaml || p->yaml->kind != QL_YAML_MAP) {
		ql_diag_help(ql_diag_add(r->ds, QL_E0304, (struct ql_span){r->path, 0, 0, 0}, "the profile says nothing"),
			     "start with `profile: NAME`; every other field may be left out");
		p->yaml = NULL;
		return;
	}
	ql_yaml_string(p->yaml, "profile", true, r->ds, &p->name);
	p->title = p->name;
	ql_yaml_string(p->yaml, "title", false, r->ds, &p->title);
	read_fields(r);
	for (int i = 0; i < QL_PROFILE_PARTS; i++)
		read_part(r, ql_profile_part[i], ql_yaml_get(p->yaml, ql_profile_part[i]));
}

/* --- beside the file --- */

/* The part that "prior_lines=..." sets; NULL for a field. */
static const char *part_of(const char *text)
{
	for (int i = 0; i < QL_PROFILE_PARTS; i++) {
		size_t n = strlen(ql_profile_part[i]);
		if (strncmp(text, ql_profile_part[i], n) == 0 && text[n] == '=')
			return ql_profile_part[i];
	}
	return NULL;
}

/* A part as YAML; places are those of its text. */
static enum quell_status set_part(struct reader *r, const char *part, const char *text)
{
	const char *file = ql_arena_printf(r->a, "value of %s", part);
	struct ql_source src = {.text = ql_arena_strdup(r->a, text), .len = strlen(text)};
	struct ql_yaml *y = NULL;
	src.file = ql_diags_add_source(r->ds, file, text, src.len);
	enum quell_status s = ql_yaml_parse(r->a, &src, r->ds, &y);
	if (s != QUELL_OK)
		return s;
	if (!y)
		ql_diag_help(ql_diag_add(r->ds, QL_E0304, (struct ql_span){src.file, 0, 0, 0}, "`%s` says nothing", part),
			     "give its value as in a file, or `%s=unknown`", part);
	else
		read_part(r, part, y);
	return QUELL_OK;
}

/* Of a part that is given twice the last one stands, as of a field. */
static bool given_again(const char *const *with, int n_with, int i)
{
	for (int j = i + 1; j < n_with; j++)
		if (part_of(with[j]) == part_of(with[i]))
			return true;
	return false;
}

static enum quell_status read_with(struct reader *r, const char *const *with, int n_with)
{
	for (int i = 0; i < n_with; i++) {
		const char *part = part_of(with[i]);
		if (!part) {
			ql_profile_set(r->p, with[i], r->ds);
		} else if (!given_again(with, n_with, i)) {
			enum quell_status s = set_part(r, part, with[i] + strlen(part) + 1);
			if (s != QUELL_OK && s != QUELL_ERR_INPUT)
				return s;
		}
	}
	return QUELL_OK;
}

enum quell_status ql_profile_load(const char *path, const char *const *with, int n_with, const char *data_dir,
				  struct ql_arena *a, struct ql_diags *ds, struct ql_profile *out)
{
	struct reader r = {.data_dir = data_dir, .path = path, .a = a, .ds = ds, .p = out};
	int errors = ds->n_errors;
	ql_profile_blank(out);
	r.agent = ql_library_list(a, data_dir, "library/agents", ".yaml", &r.n_agent);
	r.regimen = ql_library_list(a, data_dir, "library/regimens", ".yaml", &r.n_regimen);
	enum quell_status s = path ? ql_yaml_read(a, path, ds, &out->yaml) : QUELL_OK;
	if (s != QUELL_OK && s != QUELL_ERR_INPUT)
		return s;
	if (path && s == QUELL_OK)
		read_file(&r);
	else if (!path && n_with)
		out->name = "given", out->title = "a profile given field by field";
	s = read_with(&r, with, n_with);
	ql_profile_check(out, ds);
	return s != QUELL_OK ? s : ds->n_errors == errors ? QUELL_OK : QUELL_ERR_INPUT;
}

/* --- fields against each other --- */

static bool both(const struct ql_profile *p, enum ql_profile_field a, enum ql_profile_field b)
{
	return ql_profile_knows(p, a) && ql_profile_knows(p, b);
}

static void odd(const struct ql_profile *p, enum ql_profile_field f, enum ql_code code, struct ql_diags *ds, const char *what,
		const char *help)
{
	struct ql_span at = p->span[f].file ? p->span[f] : command_line;
	ql_diag_help(ql_diag_add(ds, code, at, "%s", what), "%s", help);
}

static void check_person(const struct ql_profile *p, struct ql_diags *ds)
{
	const double *v = p->value;
	if (both(p, QL_PF_pregnancy, QL_PF_sex) && v[QL_PF_pregnancy] == 2 && v[QL_PF_sex] == 1)
		odd(p, QL_PF_pregnancy, QL_E0525, ds, "a pregnancy contradicts the sex", "correct one of the two, or leave it out");
	if (both(p, QL_PF_pregnancy, QL_PF_age) && v[QL_PF_pregnancy] == 2 && v[QL_PF_age] > 60)
		odd(p, QL_PF_pregnancy, QL_E0525, ds, "a pregnancy contradicts this age", "correct one of the two, or leave it out");
	if (both(p, QL_PF_heart_failure, QL_PF_ecog) && v[QL_PF_heart_failure] == 2 && v[QL_PF_ecog] == 0)
		odd(p, QL_PF_ecog, QL_E0526, ds, "performance status 0 with severe heart failure is unusual", "both are used as they stand");
}

static bool had_class(const struct ql_profile *p, const char *class)
{
	for (int i = 0; i < p->n_line; i++)
		if (listed(class, p->line[i].word, p->line[i].n_word))
			return true;
	return false;
}

/* Resistance is selected by the drug. */
static void check_mutation(const struct ql_profile *p, enum ql_profile_field f, const char *class, struct ql_diags *ds)
{
	if (!ql_profile_knows(p, f) || !(p->value[f] > 0) || !p->lines_known || had_class(p, class))
		return;
	const char *what = ql_arena_printf(&ds->arena, "a resistance mutation (`%s`) without a %s among the lines", ql_profile_def[f].name, class);
	odd(p, f, p->n_line ? QL_E0526 : QL_E0525, ds, what, "list the drug under `prior_lines`");
}

static void check_mutations(const struct ql_profile *p, struct ql_diags *ds)
{
	check_mutation(p, QL_PF_btk_mutation, "BTK inhibitor", ds);
	check_mutation(p, QL_PF_bcl2_mutation, "BCL2 inhibitor", ds);
}

void ql_profile_check(const struct ql_profile *p, struct ql_diags *ds)
{
	const double *v = p->value;
	if (both(p, QL_PF_alc, QL_PF_rai) && v[QL_PF_alc] < 0.1)
		odd(p, QL_PF_alc, QL_E0525, ds, "no lymphocytes in blood contradict a Rai stage",
		    "Rai stages describe disease in blood: give the lymphocyte count, or leave the stage out");
	if (both(p, QL_PF_hb, QL_PF_rai) && v[QL_PF_rai] < 3 && v[QL_PF_hb] < 110)
		odd(p, QL_PF_rai, QL_E0526, ds, "haemoglobin below 110 g/L makes Rai stage III",
		    "the numbers are used, not the stage; say so if the anaemia has another cause");
	if (both(p, QL_PF_platelets, QL_PF_rai) && v[QL_PF_rai] < 4 && v[QL_PF_platelets] < 100)
		odd(p, QL_PF_rai, QL_E0526, ds, "platelets below 100e9/L make Rai stage IV", "the numbers are used, not the stage");
	if (both(p, QL_PF_binet, QL_PF_hb) && v[QL_PF_binet] < 2 && v[QL_PF_hb] < 100)
		odd(p, QL_PF_binet, QL_E0526, ds, "haemoglobin below 100 g/L makes Binet stage C", "the numbers are used, not the stage");
	if (both(p, QL_PF_del17p, QL_PF_tp53) && v[QL_PF_del17p] == 1 && v[QL_PF_tp53] == 0)
		odd(p, QL_PF_tp53, QL_E0526, ds, "deletion 17p with TP53 normal by sequencing is rare",
		    "the deletion alone counts as TP53 aberrant");
	if (both(p, QL_PF_binet, QL_PF_platelets) && v[QL_PF_binet] < 2 && v[QL_PF_platelets] < 100)
		odd(p, QL_PF_binet, QL_E0526, ds, "platelets below 100e9/L make Binet stage C", "the numbers are used, not the stage");
	if (both(p, QL_PF_rai, QL_PF_node) && v[QL_PF_rai] == 0 && v[QL_PF_node] > 2)
		odd(p, QL_PF_rai, QL_E0526, ds, "enlarged nodes make Rai stage I at least", "the numbers are used, not the stage");
	if (both(p, QL_PF_rai, QL_PF_spleen) && v[QL_PF_rai] < 2 && v[QL_PF_spleen] > 16)
		odd(p, QL_PF_rai, QL_E0526, ds, "a spleen of this length makes Rai stage II at least", "the numbers are used, not the stage");
	check_person(p, ds);
	check_mutations(p, ds);
}
