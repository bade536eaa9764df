/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/whatif.h"
#include "base/io.h"
#include <math.h>
#include <string.h>

struct reader {
	const struct ql_model *m;
	const char *path;
	struct ql_arena *a;
	struct ql_diags *ds;
	struct ql_whatif *out;
};

static struct ql_diag *fault(struct ql_diags *ds, struct ql_span at, const char *text, const char *name)
{
	return ql_diag_add(ds, QL_E0322, at, text, name);
}

bool ql_whatif_applies(const struct ql_whatif *w, const char *regimen)
{
	for (int i = 0; i < w->n_applies_to; i++)
		if (strcmp(w->applies_to[i], regimen) == 0)
			return true;
	return false;
}

static void read_names(struct reader *r, const char *key, const char ***out, int *n)
{
	const struct ql_yaml *y = ql_yaml_get(r->out->yaml, key);
	if (!y || y->kind != QL_YAML_LIST || y->n == 0) {
		ql_diag_help(fault(r->ds, y ? y->span : r->out->yaml->span, "`%s` must be a list of names", key), "write `%s: [NAME]`", key);
		return;
	}
	*out = QL_NEW_N(r->a, const char *, (size_t)y->n);
	for (int i = 0; i < y->n; i++)
		if (y->item[i]->kind == QL_YAML_SCALAR)
			(*out)[(*n)++] = y->item[i]->text;
		else
			ql_diag_help(fault(r->ds, y->item[i]->span, "a name must stand in `%s`", key), "write `%s: [NAME]`", key);
}

static void read_grade(struct reader *r)
{
	const char *text = NULL;
	struct ql_whatif *out = r->out;
	ql_yaml_string(out->yaml, "warning", false, r->ds, &out->warning);
	if (!ql_yaml_string(out->yaml, "evidence", true, r->ds, &text))
		return;
	struct ql_span at = ql_yaml_get(out->yaml, "evidence")->span;
	if (strlen(text) != 1 || text[0] < 'A' || text[0] > 'D')
		ql_diag_help(ql_diag_add(r->ds, QL_E0411, at, "the grade is one of A, B, C, D"), "see `quell explain E0411`");
	else if (text[0] == 'D' && !out->warning)
		ql_diag_help(ql_diag_add(r->ds, QL_E0411, at, "grade D needs a warning"), "add `warning: no clinical data in CLL`");
	else
		out->evidence_grade = text[0];
}

/* Which of factor, value and add stands there. */
static bool read_size(struct reader *r, const struct ql_yaml *y, struct ql_whatif_change *c)
{
	static const char *const key[] = {"factor", "value", "add"};
	int n = 0;
	for (int k = 0; k < 3; k++) {
		if (!ql_yaml_get(y, key[k]))
			continue;
		if (!ql_yaml_number(y, key[k], true, r->ds, &c->x))
			return false;
		c->how = k == 0 ? QL_CHANGE_FACTOR : k == 1 ? QL_CHANGE_VALUE : QL_CHANGE_ADD;
		n++;
	}
	if (n == 1 && isfinite(c->x) && (c->how != QL_CHANGE_FACTOR || c->x > 0))
		return true;
	ql_diag_help(fault(r->ds, y->span, n == 1 ? "`%s` is no possible change" : "%s: one of `factor`, `value`, `add` must stand here", "change"),
		     "write for example `factor: 2`; factors are above 0");
	return false;
}

static void check_unit(struct reader *r, const struct ql_yaml *y, const struct ql_quantity *q, const struct ql_whatif_change *c)
{
	const struct ql_yaml *u = ql_yaml_get(y, "unit");
	if (c->how == QL_CHANGE_FACTOR && u)
		ql_diag_help(fault(r->ds, u->span, "a factor has no unit, but `%s` stands here", u->kind == QL_YAML_SCALAR ? u->text : "a list"), "remove `unit`");
	if (c->how == QL_CHANGE_FACTOR || (u && u->kind == QL_YAML_SCALAR && strcmp(u->text, q->unit) == 0))
		return;
	ql_diag_help(fault(r->ds, u ? u->span : y->span, u ? "`%s` has another unit in the model" : "the unit of `%s` is missing", q->name),
		     "write `unit: \"%s\"`", q->unit);
}

static void check_range(struct reader *r, const struct ql_quantity *q, const struct ql_whatif_change *c)
{
	char lo[32], hi[32];
	if (c->how != QL_CHANGE_VALUE || q->kind != QL_AGENT || (c->x >= q->lo && c->x <= q->hi))
		return;
	ql_diag_help(fault(r->ds, c->span, "the value is outside what `%s` accepts", q->name), "give %s to %s", ql_format_double(q->lo, lo),
		     ql_format_double(q->hi, hi));
}

static void check_constant(struct reader *r, const struct ql_whatif_change *c)
{
	double x;
	if (c->agent || c->how == QL_CHANGE_VALUE || ql_is_const(&r->m->dag, r->m->q[c->q].def, &x))
		return;
	ql_diag_help(fault(r->ds, c->span, "`%s` depends on who the patient is", r->m->q[c->q].name), "set it with `value:`, or change a number that it is made of");
}

static void check_grade(struct reader *r, const struct ql_yaml *y)
{
	static const char *const known[] = {"verified", "derived", "recalled", "assumed", "calibrated"};
	const char *text = NULL;
	if (!ql_yaml_string(y, "grade", true, r->ds, &text))
		return;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(text, known[i]) == 0)
			return;
	ql_diag_help(fault(r->ds, ql_yaml_get(y, "grade")->span, "unknown grade `%s`", text), "one of verified, derived, recalled, assumed, calibrated");
}

static void read_change(struct reader *r, const struct ql_yaml *y)
{
	static const char *const keys[] = {"column", "parameter", "factor", "value", "add", "unit", "grade", "source", "note", NULL};
	struct ql_whatif_change *c = &r->out->change[r->out->n_change];
	if (y->kind != QL_YAML_MAP) {
		ql_diag_help(fault(r->ds, y->span, "`%s` holds entries", "change"), "write `- {column: mab.kcat, factor: 2, grade: assumed}`");
		return;
	}
	ql_yaml_check_keys(y, keys, r->ds);
	const struct ql_yaml *name = ql_yaml_get(y, "column");
	c->agent = name != NULL;
	name = name ? name : ql_yaml_get(y, "parameter");
	if (!name || name->kind != QL_YAML_SCALAR) {
		ql_diag_help(fault(r->ds, y->span, "%s says of no number that it changes", "the entry"), "add `column: SLOT.NAME` or `parameter: MODULE.NAME`");
		return;
	}
	const unsigned kinds = c->agent ? 1u << QL_AGENT : 1u << QL_PARAM;
	c->span = name->span;
	c->q = ql_model_find(r->m, name->text);
	if (c->q < 0 || !(kinds >> r->m->q[c->q].kind & 1)) {
		struct ql_diag *d = fault(r->ds, name->span, c->agent ? "no slot has a column `%s`" : "the model has no parameter `%s`", name->text);
		const char *near = ql_model_suggest(r->m, name->text, kinds);
		if (near)
			ql_diag_help(d, "did you mean `%s`?", near);
		else
			ql_diag_help(d, "`quell model show` lists the names");
		return;
	}
	check_grade(r, y);
	if (!read_size(r, y, c))
		return;
	check_unit(r, y, &r->m->q[c->q], c);
	check_range(r, &r->m->q[c->q], c);
	check_constant(r, c);
	r->out->n_change++;
}

static void read_changes(struct reader *r)
{
	static const char *const regimen_keys[] = {"agents", "doses", "response_day", "dropout_per_cycle", NULL};
	const struct ql_yaml *y = ql_yaml_get(r->out->yaml, "change"), *regimen = ql_yaml_get(r->out->yaml, "regimen");
	if (y && y->kind != QL_YAML_LIST)
		ql_diag_help(fault(r->ds, y->span, "`%s` must be a list", "change"), "write `change:` and below it `- {column: mab.kcat, factor: 2, grade: assumed}`");
	if (regimen && regimen->kind != QL_YAML_MAP)
		ql_diag_help(fault(r->ds, regimen->span, "`%s` must be a mapping", "regimen"), "write the keys of a regimen that change");
	else if (regimen)
		ql_yaml_check_keys(regimen, regimen_keys, r->ds);
	if (!y && !regimen)
		ql_diag_help(fault(r->ds, r->out->yaml->span, "%s changes nothing", r->out->id ? r->out->id : "it"), "add `change:` or `regimen:`");
	int n = y && y->kind == QL_YAML_LIST ? y->n : 0;
	r->out->change = QL_NEW_N(r->a, struct ql_whatif_change, (size_t)n + 1);
	for (int i = 0; i < n; i++)
		read_change(r, y->item[i]);
}

static enum quell_status load(void *arg)
{
	static const char *const keys[] = {"whatif", "title", "therapy", "evidence", "warning", "applies_to", "rationale", "sources", "change",
					   "regimen", NULL};
	struct reader *r = arg;
	struct ql_whatif *out = r->out;
	int errors = r->ds->n_errors;
	enum quell_status s = ql_yaml_read(r->a, r->path, r->ds, &out->yaml);
	if (s != QUELL_OK)
		return s;
	if (!out->yaml || out->yaml->kind != QL_YAML_MAP) {
		ql_diag_help(fault(r->ds, (struct ql_span){r->path, 0, 0, 0}, "%s", "the file describes no what-if"), "start with `whatif: NAME`");
		return QUELL_ERR_INPUT;
	}
	ql_yaml_check_keys(out->yaml, keys, r->ds);
	ql_yaml_string(out->yaml, "whatif", true, r->ds, &out->id);
	ql_yaml_string(out->yaml, "title", true, r->ds, &out->title);
	ql_yaml_string(out->yaml, "therapy", false, r->ds, &out->therapy);
	if (ql_yaml_string(out->yaml, "rationale", true, r->ds, &out->rationale) && strlen(out->rationale) < 40)
		ql_diag_help(fault(r->ds, ql_yaml_get(out->yaml, "rationale")->span, "the rationale of `%s` says too little", out->id ? out->id : "it"),
			     "say why the change is plausible and how large it is");
	read_grade(r);
	read_names(r, "applies_to", &out->applies_to, &out->n_applies_to);
	read_names(r, "sources", &out->source, &out->n_source);
	read_changes(r);
	return r->ds->n_errors > errors ? QUELL_ERR_INPUT : QUELL_OK;
}

enum quell_status ql_whatif_load(const struct ql_model *m, const char *path, struct ql_arena *a, struct ql_diags *ds, struct ql_whatif *out)
{
	struct reader r = {m, path, a, ds, out};
	*out = (struct ql_whatif){0};
	return ql_protect(load, &r);
}

/* --- applying --- */

/* The base with the keys of `over` in place of its own or added. */
static struct ql_yaml *merged(struct ql_arena *a, const struct ql_yaml *base, const struct ql_yaml *over)
{
	struct ql_yaml *y = QL_NEW(a, struct ql_yaml);
	size_t n = (size_t)(base->n + (over ? over->n : 0)) + 1;
	*y = *base;
	y->item = QL_NEW_N(a, struct ql_yaml *, n);
	y->key = QL_NEW_N(a, const char *, n);
	y->key_span = QL_NEW_N(a, struct ql_span, n);
	y->n = 0;
	for (int i = 0; i < base->n; i++) {
		if (over && ql_yaml_get(over, base->key[i]))
			continue;
		y->key[y->n] = base->key[i];
		y->key_span[y->n] = base->key_span[i];
		y->item[y->n++] = base->item[i];
	}
	for (int i = 0; over && i < over->n; i++) {
		y->key[y->n] = over->key[i];
		y->key_span[y->n] = over->key_span[i];
		y->item[y->n++] = over->item[i];
	}
	return y;
}

enum quell_status ql_whatif_regimen(const struct ql_model *m, const struct ql_whatif *w, const struct ql_yaml *base, const char *agents_dir,
				    struct ql_arena *a, struct ql_diags *ds, struct ql_regimen *out)
{
	struct ql_yaml *y = merged(a, base, ql_yaml_get(w->yaml, "regimen"));
	enum quell_status s = ql_regimen_build(m, y, agents_dir, a, ds, out);
	if (s != QUELL_OK)
		return s;
	out->title = ql_arena_printf(a, "%s; what if: %s", out->title, w->title);
	out->name = ql_arena_printf(a, "%s+%s", out->name, w->id);
	if (w->evidence_grade > out->evidence_grade)
		out->evidence_grade = w->evidence_grade;
	if (!out->warning || out->evidence_grade == 'D')
		out->warning = w->warning ? w->warning : out->warning;
	out->n_treatment = 0;
	return QUELL_OK;
}

/* Checked on reading: a number, not an expression of covariates, unless the change sets a value. */
static double model_value(const struct ql_model *m, int q)
{
	double x = NAN;
	ql_is_const(&m->dag, m->q[q].def, &x);
	return x;
}

static double changed(const struct ql_whatif_change *c, double old)
{
	return c->how == QL_CHANGE_FACTOR ? old * c->x : c->how == QL_CHANGE_VALUE ? c->x : old + c->x;
}

static bool change_column(const struct ql_model *m, const struct ql_whatif_change *c, struct ql_regimen *r, struct ql_diags *ds)
{
	char text[32], lo[32], hi[32];
	for (int s = 0; s < r->n_slot; s++)
		for (int k = 0; k < m->slot[r->slot[s]].n_column; k++) {
			if (m->slot[r->slot[s]].column[k] != c->q)
				continue;
			double x = changed(c, r->row[s].value[k]);
			if (x >= m->q[c->q].lo && x <= m->q[c->q].hi) {
				r->row[s].value[k] = x;
				return true;
			}
			struct ql_diag *d = ql_diag_add(ds, QL_E0322, c->span, "`%s` of %s would become %s", m->q[c->q].name, r->row[s].name,
							ql_format_double(x, text));
			ql_diag_help(d, "the column accepts %s to %s; change the factor", ql_format_double(m->q[c->q].lo, lo),
				     ql_format_double(m->q[c->q].hi, hi));
			return false;
		}
	return true;
}

void ql_whatif_parameters(const struct ql_model *m, const struct ql_whatif *w, double *param)
{
	for (int i = 0; i < w->n_change; i++) {
		const struct ql_whatif_change *c = &w->change[i];
		if (!c->agent)
			param[c->q] = changed(c, isnan(param[c->q]) ? model_value(m, c->q) : param[c->q]);
	}
}

enum quell_status ql_whatif_numbers(const struct ql_model *m, const struct ql_whatif *w, struct ql_regimen *r, double *param,
				    struct ql_diags *ds)
{
	bool ok = true;
	ql_whatif_parameters(m, w, param);
	for (int i = 0; i < w->n_change; i++)
		if (w->change[i].agent)
			ok = change_column(m, &w->change[i], r, ds) && ok;
	return ok ? QUELL_OK : QUELL_ERR_INPUT;
}
