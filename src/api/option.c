/* SPDX-License-Identifier: Apache-2.0 */
/* Values of options: set by name, checked against the table, read by the verbs. */
#include "api/api.h"
#include <math.h>
#include <string.h>

#define MAX_EXACT 9007199254740992.0

static bool same_option(const char *x, const char *y)
{
	for (; *x && *y; x++, y++)
		if (*x != *y && !((*x == '-' || *x == '_') && (*y == '-' || *y == '_')))
			return false;
	return *x == *y;
}

static int find_option(const struct ql_api_run *r, const char *name)
{
	for (int i = 0; i < r->verb->n_option; i++)
		if (same_option(r->verb->option[i].name, name))
			return i;
	return -1;
}

static enum quell_status unknown_option(const struct ql_api_run *r, const char *name)
{
	const struct ql_api_verb *v = r->verb;
	const char *names[64];
	int n = 0;
	for (; n < v->n_option && n < 64; n++)
		names[n] = v->option[n].name;
	const char *near = ql_suggest(name, names, n);
	return ql_api_fail(QUELL_ERR_USAGE, "%s has no option `%s`%s%s%s", v->name, name, near ? "; did you mean `" : "",
			   near ? near : "", near ? "`?" : "");
}

static const char *kind_words(const struct quell_option_info *o)
{
	switch (o->kind) {
	case QUELL_OPTION_FLAG:
		return "true or false";
	case QUELL_OPTION_NUMBER:
		return "a number";
	case QUELL_OPTION_WHOLE:
		return "a whole number";
	case QUELL_OPTION_CHOICE:
		return "one of its words";
	case QUELL_OPTION_TEXT:
		return "text";
	case QUELL_OPTION_LIST:
		return "a list of texts";
	case QUELL_OPTION_TABLE:
		return "a table, or the path of one";
	case QUELL_OPTION_MODEL:
		return "a model, or the path of one";
	}
	return "something else";
}

static enum quell_status wrong_kind(const struct ql_api_run *r, int i, const char *what)
{
	const struct quell_option_info *o = &r->verb->option[i];
	return ql_api_fail(QUELL_ERR_USAGE, "%s: `%s` takes %s, not %s", r->verb->name, o->name, kind_words(o), what);
}

struct call {
	const struct ql_api_run *r;
	const char *option, *text;
	double number;
	struct ql_table *table;
	struct ql_model_object *model;
};

static enum quell_status refuse_number(const struct ql_api_run *r, const struct quell_option_info *o, double x)
{
	char number[32], lo[32], hi[32];
	const char *unit = *o->unit ? " " : "";
	ql_format_double(x, number);
	if (o->kind == QUELL_OPTION_FLAG)
		return ql_api_fail(QUELL_ERR_USAGE, "%s: `%s` is true (1) or false (0), not %s", r->verb->name, o->name,
				   number);
	if (isinf(o->hi))
		return ql_api_fail(QUELL_ERR_USAGE, "%s: `%s` cannot be %s; it takes %s, %s or more%s%s", r->verb->name,
				   o->name, number, kind_words(o), ql_format_double(o->lo, lo), unit, o->unit);
	return ql_api_fail(QUELL_ERR_USAGE, "%s: `%s` cannot be %s; it takes %s from %s to %s%s%s", r->verb->name, o->name,
			   number, kind_words(o), ql_format_double(o->lo, lo), ql_format_double(o->hi, hi), unit, o->unit);
}

static enum quell_status set_number(void *arg)
{
	struct call *c = arg;
	int i = find_option(c->r, c->option);
	if (i < 0)
		return unknown_option(c->r, c->option);
	const struct quell_option_info *o = &c->r->verb->option[i];
	if (o->kind != QUELL_OPTION_NUMBER && o->kind != QUELL_OPTION_WHOLE && o->kind != QUELL_OPTION_FLAG)
		return wrong_kind(c->r, i, "a number");
	bool ok = c->number >= o->lo && c->number <= o->hi && isfinite(c->number);
	if (o->kind != QUELL_OPTION_NUMBER)
		ok = ok && c->number == floor(c->number) && c->number <= MAX_EXACT;
	if (!ok)
		return refuse_number(c->r, o, c->number);
	c->r->value[i].number = c->number;
	c->r->value[i].set = true;
	return QUELL_OK;
}

static int choice_index(const char *choices, const char *word)
{
	size_t n = strlen(word);
	int k = 0;
	for (const char *p = choices;; k++) {
		const char *end = strchr(p, '|');
		size_t len = end ? (size_t)(end - p) : strlen(p);
		if (len == n && memcmp(p, word, n) == 0)
			return k;
		if (!end)
			return -1;
		p = end + 1;
	}
}

static void add_item(struct ql_api_run *r, struct ql_run_value *v, const char *text)
{
	if (v->n == v->cap) {
		int cap = v->cap ? 2 * v->cap : 8;
		const char **more = QL_NEW_N(&r->arena, const char *, (size_t)cap);
		if (v->n)
			memcpy(more, v->list, (size_t)v->n * sizeof *more);
		v->list = more;
		v->cap = cap;
	}
	v->list[v->n++] = text;
}

static enum quell_status set_text(void *arg)
{
	struct call *c = arg;
	struct ql_api_run *r = (struct ql_api_run *)c->r;
	int i = find_option(r, c->option);
	if (i < 0)
		return unknown_option(r, c->option);
	const struct quell_option_info *o = &r->verb->option[i];
	struct ql_run_value *v = &r->value[i];
	if (o->kind == QUELL_OPTION_NUMBER || o->kind == QUELL_OPTION_WHOLE || o->kind == QUELL_OPTION_FLAG)
		return wrong_kind(r, i, "text");
	json_t *utf8 = json_string(c->text);
	json_decref(utf8);
	if (!*c->text || !utf8)
		return ql_api_fail(QUELL_ERR_USAGE, "%s: `%s` cannot be %s", r->verb->name, o->name,
				   utf8 ? "empty text" : "text that is not UTF-8");
	int choice = o->kind == QUELL_OPTION_CHOICE ? choice_index(o->choices, c->text) : 0;
	if (choice < 0)
		return ql_api_fail(QUELL_ERR_USAGE, "%s: `%s` cannot be `%s`; it takes one of %s", r->verb->name, o->name,
				   c->text, o->choices);
	const char *text = ql_arena_strdup(&r->arena, c->text);
	if (o->kind == QUELL_OPTION_LIST)
		add_item(r, v, text);
	v->number = choice;
	v->text = text;
	v->set = true;
	return QUELL_OK;
}

static enum quell_status on_run(struct quell_run *handle, struct call *c, enum quell_status (*body)(void *))
{
	struct ql_api_run *r;
	enum quell_status s = ql_handle_enter(handle, QL_RUN_HANDLE, &r);
	if (s != QUELL_OK)
		return s;
	c->r = r;
	s = c->option ? ql_api_said(ql_protect(body, c)) : ql_api_fail(QUELL_ERR_USAGE, "no option was named (NULL)");
	ql_handle_leave(handle);
	return s;
}

enum quell_status quell_run_set_number(struct quell_run *r, const char *option, double value)
{
	struct call c = {.option = option, .number = value};
	return on_run(r, &c, set_number);
}

enum quell_status quell_run_set_text(struct quell_run *r, const char *option, const char *value)
{
	struct call c = {.option = option, .text = value ? value : ""};
	return on_run(r, &c, set_text);
}

static enum quell_status set_table(void *arg)
{
	struct call *c = arg;
	int i = find_option(c->r, c->option);
	if (i < 0)
		return unknown_option(c->r, c->option);
	if (c->r->verb->option[i].kind != QUELL_OPTION_TABLE)
		return wrong_kind(c->r, i, "a table");
	struct ql_run_value *v = &c->r->value[i];
	ql_table_ref(c->table);
	ql_table_unref(v->table);
	v->table = c->table;
	v->set = true;
	return QUELL_OK;
}

enum quell_status quell_run_set_table(struct quell_run *r, const char *option, struct quell_table *t)
{
	struct call c = {.option = option};
	enum quell_status s = ql_handle_share(t, QL_TABLE_HANDLE, &c.table);
	if (s != QUELL_OK)
		return s;
	if (c.table->n && !c.table->column[0].borrowed)
		s = ql_api_fail(QUELL_ERR_USAGE, "`%s` takes a table made by quell_table_new, not one of a result",
				option ? option : "");
	else
		s = on_run(r, &c, set_table);
	ql_handle_unshare(t);
	return s;
}

static enum quell_status set_model(void *arg)
{
	struct call *c = arg;
	struct ql_api_run *r = (struct ql_api_run *)c->r;
	int i = find_option(r, c->option);
	if (i < 0)
		return unknown_option(r, c->option);
	if (r->verb->option[i].kind != QUELL_OPTION_MODEL)
		return wrong_kind(r, i, "a model");
	struct ql_model_use use = {.m = c->model, .n_set = c->model->n_setting};
	use.set = QL_NEW_N(&r->arena, const char *, (size_t)use.n_set + 1);
	for (int k = 0; k < use.n_set; k++) {
		char number[32];
		use.set[k] = ql_arena_printf(&r->arena, "%s=%s", c->model->setting[k].name,
					     ql_format_double(c->model->setting[k].value, number));
	}
	use.m->refs++;
	ql_model_object_unref(r->value[i].model.m);
	r->value[i].model = use;
	r->value[i].set = true;
	return QUELL_OK;
}

enum quell_status quell_run_set_model(struct quell_run *r, const char *option, struct quell_model *m)
{
	struct call c = {.option = option};
	enum quell_status s = ql_handle_enter(m, QL_MODEL_HANDLE, &c.model);
	if (s != QUELL_OK)
		return s;
	s = on_run(r, &c, set_model);
	ql_handle_leave(m);
	return s;
}

/* ---- reading ---- */

const struct ql_run_value *ql_run_value(const struct ql_api_run *r, const char *option)
{
	return &r->value[find_option(r, option)];
}

static const char *fallback(const struct ql_api_run *r, const char *option)
{
	const char *text = r->verb->option[find_option(r, option)].fallback;
	return text && *text != '(' ? text : NULL;
}

double ql_run_number(const struct ql_api_run *r, const char *option)
{
	const struct ql_run_value *v = ql_run_value(r, option);
	const char *text = fallback(r, option);
	double x = NAN;
	if (!v->set && text)
		ql_parse_double(text, strlen(text), &x);
	return v->set ? v->number : x;
}

bool ql_run_flag(const struct ql_api_run *r, const char *option)
{
	const struct ql_run_value *v = ql_run_value(r, option);
	return v->set && v->number != 0;
}

const char *ql_run_text(const struct ql_api_run *r, const char *option)
{
	const struct ql_run_value *v = ql_run_value(r, option);
	return v->set ? v->text : fallback(r, option);
}

int ql_run_choice(const struct ql_api_run *r, const char *option)
{
	const struct ql_run_value *v = ql_run_value(r, option);
	int i = find_option(r, option);
	return v->set ? (int)v->number : choice_index(r->verb->option[i].choices, r->verb->option[i].fallback);
}

const char **ql_run_list(const struct ql_api_run *r, const char *option, int *n)
{
	const struct ql_run_value *v = ql_run_value(r, option);
	*n = v->n;
	return v->list;
}

int ql_run_int(const struct ql_api_run *r, const char *option)
{
	double x = ql_run_number(r, option);
	return isnan(x) ? 0 : (int)x;
}

uint64_t ql_run_count(const struct ql_api_run *r, const char *option)
{
	double x = ql_run_number(r, option);
	return isnan(x) ? 0 : (uint64_t)x;
}

int ql_run_threads(const struct ql_api_run *r) { return ql_run_int(r, "threads"); }

int ql_run_lanes(const struct ql_api_run *r)
{
	static const int lanes[] = {0, 4, 8}; /* auto|4|8 */
	return lanes[ql_run_choice(r, "lanes")];
}

enum quell_status ql_run_needs(struct ql_api_run *r, const char *option, const char *give)
{
	struct ql_diag *d = ql_diag_add(&r->ds, QL_E0915, (struct ql_span){0}, "%s needs %s`%s`", r->verb->name,
					strchr("aeiou", *option) ? "an " : "a ", option);
	ql_diag_help(d, "give %s", give);
	return QUELL_ERR_USAGE;
}

enum quell_status ql_run_csv(struct ql_api_run *r, const char *option, bool any_case, struct ql_csv **out)
{
	const struct ql_run_value *v = ql_run_value(r, option);
	const struct ql_csv_options o = {.any_case = any_case};
	*out = NULL;
	if (v->table)
		return ql_table_csv_view(v->table, &r->work, &r->ds, out);
	if (v->text)
		return ql_csv_read(&r->work, v->text, &o, &r->ds, out);
	struct ql_diag *d = ql_diag_add(&r->ds, QL_E0915, (struct ql_span){0}, "%s needs `%s`", r->verb->name, option);
	ql_diag_help(d, "give %s", r->verb->option[find_option(r, option)].help);
	return QUELL_ERR_USAGE;
}
