/* SPDX-License-Identifier: Apache-2.0 */
/* Models by handle. A run reads the text again for itself: what simulates a model adds to it. */
#include "api/api.h"
#include "base/paths.h"
#include "emit/plan.h"
#include <math.h>
#include <string.h>

void ql_model_object_unref(struct ql_model_object *m)
{
	if (!m || --m->refs > 0)
		return;
	for (int i = 0; i < m->n_setting; i++)
		ql_free(m->setting[i].name);
	ql_free(m->setting);
	ql_buf_free(&m->messages);
	ql_model_free(m->m);
	ql_diags_free(&m->ds);
	ql_arena_free(&m->arena);
	ql_free(m);
}

static enum quell_status read(const struct ql_model_object *o, struct ql_diags *ds, struct ql_model **out)
{
	return o->path ? ql_model_load(o->path, ds, out) : ql_model_parse(o->name, o->text, o->length, ds, out);
}

enum quell_status ql_model_again(const struct ql_model_object *o, struct ql_diags *ds, struct ql_model **out)
{
	enum quell_status s = read(o, ds, out);
	if (s != QUELL_OK || (*out)->hash == o->m->hash)
		return s;
	struct ql_diag *d = ql_diag_add(ds, QL_E0901, (struct ql_span){o->path, 0, 0, 0}, "the model has changed since it was loaded");
	ql_diag_help(d, "load it again");
	ql_model_free(*out);
	*out = NULL;
	return QUELL_ERR_INPUT;
}

double *ql_model_typical(struct ql_model *m, struct ql_arena *a, struct ql_diags *ds) { return ql_plan_typical(m, a, ds); }

struct call {
	struct ql_model_object *o;
	const char *path, *name, *text;
	size_t length;
	double value;
	void *out;
	struct ql_table *t;
	struct ql_arena scratch;
	struct ql_diags ds;
	struct ql_model *m;
};

static enum quell_status load(void *arg)
{
	struct call *c = arg;
	struct ql_model_object *o = ql_realloc(NULL, 1, sizeof *o);
	*o = (struct ql_model_object){.refs = 1};
	c->o = o;
	if (c->text) {
		o->name = ql_arena_strdup(&o->arena, c->name ? c->name : "model");
		o->text = ql_arena_strndup(&o->arena, c->text, c->length);
		o->length = c->length;
	} else if (c->path) {
		o->path = ql_arena_strdup(&o->arena, c->path);
	} else {
		const char *dir = ql_data_dir(&o->arena, &o->ds);
		if (!dir)
			return QUELL_ERR_IO;
		o->path = ql_arena_printf(&o->arena, "%s/models/cll/cll.qm", dir);
	}
	return read(o, &o->ds, &o->m);
}

static enum quell_status render(void *arg)
{
	struct call *c = arg;
	ql_diags_render(&c->o->ds, false, &c->o->messages);
	return QUELL_OK;
}

static enum quell_status open_model(struct call *c, struct quell_model **out)
{
	if (!out)
		return ql_api_fail(QUELL_ERR_USAGE, "there is no place for the model");
	*out = NULL;
	enum quell_status s = ql_api_said(ql_protect(load, c));
	if (c->o && ql_protect(render, c) == QUELL_OK && s != QUELL_OK && c->o->messages.len)
		ql_api_set_error(c->o->messages.data, c->o->messages.len);
	if (s == QUELL_OK)
		s = ql_handle_make(QL_MODEL_HANDLE, c->o, out);
	if (s != QUELL_OK)
		ql_model_object_unref(c->o);
	return s;
}

enum quell_status quell_model_load(const char *path, struct quell_model **out)
{
	struct call c = {.path = path};
	return open_model(&c, out);
}

enum quell_status quell_model_parse(const char *name, const char *text, size_t length, struct quell_model **out)
{
	struct call c = {.name = name, .text = text ? text : "", .length = text ? length : 0};
	return open_model(&c, out);
}

enum quell_status quell_model_free(struct quell_model *handle)
{
	struct ql_model_object *m;
	enum quell_status s = ql_handle_end(handle, QL_MODEL_HANDLE, &m);
	ql_model_object_unref(m);
	return s;
}

/* ---- values ---- */

static bool settable(const struct ql_model *m, int q)
{
	return q >= 0 && (m->q[q].kind == QL_PARAM || m->q[q].kind == QL_COVARIATE);
}

static enum quell_status no_parameter(const struct call *c)
{
	const char *near = ql_model_suggest(c->o->m, c->name, 1u << QL_PARAM | 1u << QL_COVARIATE);
	return ql_api_fail(QUELL_ERR_INPUT, "the model has no parameter or covariate `%s`%s%s%s", c->name,
			   near ? "; did you mean `" : "", near ? near : "", near ? "`?" : "");
}

static struct ql_model_setting *setting_of(struct ql_model_object *o, const char *name)
{
	for (int i = 0; i < o->n_setting; i++)
		if (strcmp(o->setting[i].name, name) == 0)
			return &o->setting[i];
	return NULL;
}

static enum quell_status set(void *arg)
{
	struct call *c = arg;
	struct ql_model_object *o = c->o;
	int q = ql_model_find(o->m, c->name);
	if (!settable(o->m, q))
		return no_parameter(c);
	const struct ql_quantity *x = &o->m->q[q];
	bool inside = isfinite(c->value) && (x->kind == QL_PARAM || x->n_allowed > 0 || (c->value >= x->lo && c->value <= x->hi));
	for (int i = 0, hit = 0; inside && i < x->n_allowed; i++) {
		hit |= x->allowed[i] == c->value;
		inside = hit || i < x->n_allowed - 1;
	}
	if (!inside)
		return ql_api_fail(QUELL_ERR_INPUT, "`%s` cannot be %g%s", x->name, c->value,
				   isfinite(c->value) ? "; the model accepts a smaller range" : "; a finite number is needed");
	struct ql_model_setting *s = setting_of(o, x->name);
	if (!s) {
		QL_GROW(o->setting, o->n_setting, o->cap_setting);
		s = &o->setting[o->n_setting];
		size_t n = strlen(x->name) + 1;
		s->name = memcpy(ql_realloc(NULL, n, 1), x->name, n);
		o->n_setting++;
	}
	s->value = c->value;
	return QUELL_OK;
}

static enum quell_status get(void *arg)
{
	struct call *c = arg;
	int q = ql_model_find(c->o->m, c->name);
	if (!settable(c->o->m, q))
		return no_parameter(c);
	struct ql_model_setting *s = setting_of(c->o, c->o->m->q[q].name);
	if (s) {
		*(double *)c->out = s->value;
		return QUELL_OK;
	}
	enum quell_status st = ql_model_again(c->o, &c->ds, &c->m);
	if (st == QUELL_OK)
		*(double *)c->out = ql_model_typical(c->m, &c->scratch, &c->ds)[q];
	return st;
}

static enum quell_status on_model(struct quell_model *handle, struct call *c, enum quell_status (*body)(void *))
{
	enum quell_status s = ql_handle_enter(handle, QL_MODEL_HANDLE, &c->o);
	if (s != QUELL_OK)
		return s;
	s = ql_api_said(ql_protect(body, c));
	if (s != QUELL_OK && c->ds.n)
		ql_api_fail(s, "%s", c->ds.item[0]->message);
	ql_model_free(c->m);
	ql_diags_free(&c->ds);
	ql_arena_free(&c->scratch);
	ql_handle_leave(handle);
	return s;
}

enum quell_status quell_model_set(struct quell_model *m, const char *name, double value)
{
	struct call c = {.name = name ? name : "(NULL)", .value = value};
	return on_model(m, &c, set);
}

enum quell_status quell_model_get(struct quell_model *m, const char *name, double *value)
{
	double unused;
	struct call c = {.name = name ? name : "(NULL)", .out = value ? value : &unused};
	return on_model(m, &c, get);
}

static enum quell_status hash(void *arg)
{
	struct call *c = arg;
	*(uint64_t *)c->out = c->o->m->hash;
	return QUELL_OK;
}

enum quell_status quell_model_hash(struct quell_model *m, uint64_t *out)
{
	uint64_t unused;
	struct call c = {.out = out ? out : &unused};
	return on_model(m, &c, hash);
}

static enum quell_status messages(void *arg)
{
	struct call *c = arg;
	*(const char **)c->out = c->o->messages.len ? c->o->messages.data : "";
	return QUELL_OK;
}

enum quell_status quell_model_messages(struct quell_model *m, const char **text)
{
	const char *unused;
	struct call c = {.out = text ? text : &unused};
	return on_model(m, &c, messages);
}

/* ---- tables ---- */

static bool listed(const struct ql_quantity *q)
{
	return q->kind != QL_RANDOM && q->kind != QL_ACTIVE && q->kind != QL_LET;
}

static const char *citations(struct ql_arena *a, const struct ql_quantity *q)
{
	const char *list = "";
	for (int i = 0; i < q->n_cite; i++)
		list = ql_arena_printf(a, "%s%s%s", list, i ? ", " : "", q->cite[i]);
	return list;
}

static void fill_text(struct ql_table *t, const char *column, const char *title, const struct ql_model *m,
		      const char *(*text)(struct ql_arena *a, const struct ql_quantity *q), struct ql_arena *a)
{
	int c = ql_table_text(t, column, title);
	for (int i = 0; i < m->n_q; i++)
		if (listed(&m->q[i]))
			ql_table_text_add(t, c, text(a, &m->q[i]));
}

static const char *name_of(struct ql_arena *a, const struct ql_quantity *q) { return (void)a, q->name; }
static const char *kind_of(struct ql_arena *a, const struct ql_quantity *q) { return (void)a, ql_kind_word(q); }
static const char *unit_of(struct ql_arena *a, const struct ql_quantity *q) { return (void)a, q->unit; }
static const char *spread_of(struct ql_arena *a, const struct ql_quantity *q) { return (void)a, q->spread_text; }
static const char *grade_of(struct ql_arena *a, const struct ql_quantity *q) { return (void)a, ql_grade_word(q->grade); }
static const char *doc_of(struct ql_arena *a, const struct ql_quantity *q) { return (void)a, q->doc ? q->doc : ""; }

static struct ql_table *quantities(struct call *c)
{
	const struct ql_model *m = c->m;
	const double *typical = ql_model_typical(c->m, &c->scratch, &c->ds);
	int64_t n = 0;
	for (int i = 0; i < m->n_q; i++)
		n += listed(&m->q[i]);
	struct ql_table *t = c->t = ql_table_make("quantities", n);
	fill_text(t, "name", "", m, name_of, &c->scratch);
	fill_text(t, "kind", "", m, kind_of, &c->scratch);
	fill_text(t, "unit", "", m, unit_of, &c->scratch);
	double *value = ql_table_doubles(t, "value", "", "typical value, default, or value at the start; in `unit`");
	for (int i = 0, k = 0; i < m->n_q; i++) {
		const struct ql_model_setting *s = setting_of(c->o, m->q[i].name);
		if (listed(&m->q[i]))
			value[k++] = s ? s->value : typical[i];
	}
	fill_text(t, "spread", "how patients differ", m, spread_of, &c->scratch);
	fill_text(t, "grade", "where the number comes from", m, grade_of, &c->scratch);
	fill_text(t, "sources", "keys of evidence/references.bib", m, citations, &c->scratch);
	fill_text(t, "meaning", "", m, doc_of, &c->scratch);
	return t;
}

static struct ql_table *doses(struct call *c)
{
	const struct ql_model *m = c->m;
	struct ql_table *t = c->t = ql_table_make("doses", m->n_dose);
	int name = ql_table_text(t, "name", ""), unit = ql_table_text(t, "unit", "of the prescribed amount"),
	    into = ql_table_text(t, "into", "state"), meaning = ql_table_text(t, "meaning", "");
	for (int i = 0; i < m->n_dose; i++) {
		ql_table_text_add(t, name, m->dose[i].name);
		ql_table_text_add(t, unit, m->dose[i].unit ? m->dose[i].unit : "");
		ql_table_text_add(t, into, m->q[m->dose[i].state].name);
		ql_table_text_add(t, meaning, m->dose[i].doc ? m->dose[i].doc : "");
	}
	return t;
}

static enum quell_status table(void *arg)
{
	struct call *c = arg;
	bool q = strcmp(c->name, "quantities") == 0;
	if (!q && strcmp(c->name, "doses") != 0)
		return ql_api_fail(QUELL_ERR_USAGE, "a model has the tables `quantities` and `doses`, not `%s`", c->name);
	enum quell_status s = ql_model_again(c->o, &c->ds, &c->m);
	if (s != QUELL_OK)
		return s;
	q ? quantities(c) : doses(c);
	return ql_handle_make(QL_TABLE_HANDLE, c->t, c->out);
}

enum quell_status quell_model_table(struct quell_model *m, const char *which, struct quell_table **out)
{
	if (!out)
		return ql_api_fail(QUELL_ERR_USAGE, "quell_model_table: there is no place for the result");
	*out = NULL;
	struct call c = {.name = which ? which : "(NULL)", .out = out};
	enum quell_status s = on_model(m, &c, table);
	if (s != QUELL_OK) {
		ql_table_unref(c.t);
		*out = NULL;
	}
	return s;
}
