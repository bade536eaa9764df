/* SPDX-License-Identifier: Apache-2.0 */
/* Agent rows: library/agents/<name>.yaml against the columns that a module asks for. */
#include "lang/units.h"
#include "base/yaml.h"
#include "lang/check.h"
#include <math.h>
#include <string.h>

struct agent_job {
	const struct ql_model *m;
	const struct ql_slot *slot;
	const char *path;
	struct ql_arena *a;
	struct ql_diags *ds;
	struct ql_agent_row *out;
};

/* "CL" of "mab.CL", "kint" of "mab.kint[node]". */
static const char *column_name(const struct ql_quantity *q)
{
	const char *dot = strchr(q->base, '.');
	return dot ? dot + 1 : q->base;
}

static struct ql_diag *report(const struct agent_job *j, struct ql_span at, const char *fmt, ...) QL_PRINTF(3, 4);
static struct ql_diag *report(const struct agent_job *j, struct ql_span at, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	char *text = ql_arena_vprintf(j->a, fmt, ap);
	va_end(ap);
	return ql_diag_add(j->ds, QL_E0219, at, "%s", text);
}

static void check_columns_known(const struct agent_job *j, const struct ql_yaml *columns)
{
	const char **word = QL_NEW_N(j->a, const char *, (size_t)j->slot->n_column + 1);
	for (int i = 0; i < j->slot->n_column; i++)
		word[i] = column_name(&j->m->q[j->slot->column[i]]);
	for (int k = 0; k < columns->n; k++) {
		bool known = false;
		for (int i = 0; i < j->slot->n_column; i++)
			known = known || strcmp(word[i], columns->key[k]) == 0;
		if (known)
			continue;
		struct ql_diag *d = report(j, columns->key_span[k], "`%s` is not a column of `%s`", columns->key[k], j->slot->module);
		const char *near = ql_suggest(columns->key[k], word, j->slot->n_column);
		if (near)
			ql_diag_help(d, "did you mean `%s`?", near);
		else
			ql_diag_help(d, "the columns stand in the `agent` block of %s.qm", j->slot->module);
	}
}

/* The value of an element: a number for all, or nested maps by element names. */
static const struct ql_yaml *element(const struct agent_job *j, const struct ql_yaml *value, const struct ql_quantity *q)
{
	const char *at = strchr(q->name, '[');
	while (value && value->kind == QL_YAML_MAP && at && *at != ']') {
		size_t n = strcspn(at + 1, ",]");
		value = ql_yaml_get(value, ql_arena_strndup(j->a, at + 1, n));
		at += n + 1;
	}
	return value;
}

static void check_elements(const struct agent_job *j, const struct ql_yaml *value, const char *name)
{
	for (int k = 0; value && value->kind == QL_YAML_MAP && k < value->n; k++) {
		bool known = false;
		for (int i = 0; i < j->slot->n_column; i++) {
			const struct ql_quantity *q = &j->m->q[j->slot->column[i]];
			const char *at = strcmp(column_name(q), name) == 0 ? strchr(q->name, '[') : NULL;
			size_t n = at ? strcspn(at + 1, ",]") : 0;
			known = known || (at && strlen(value->key[k]) == n && strncmp(at + 1, value->key[k], n) == 0);
		}
		if (!known)
			ql_diag_help(report(j, value->key_span[k], "`%s` is not an element of column `%s`", value->key[k], name),
				     "the index of the column in %s.qm lists its elements", j->slot->module);
	}
}

static const char *join_sources(const struct agent_job *j, const struct ql_yaml *source)
{
	if (!source || (source->kind == QL_YAML_LIST && source->n == 0))
		return NULL;
	if (source->kind == QL_YAML_SCALAR)
		return *source->text ? source->text : NULL;
	const char *text = NULL;
	for (int i = 0; i < source->n; i++)
		if (source->item[i]->kind == QL_YAML_SCALAR)
			text = text ? ql_arena_printf(j->a, "%s, %s", text, source->item[i]->text) : source->item[i]->text;
	return text;
}

static enum ql_grade read_grade(const struct agent_job *j, const struct ql_yaml *column)
{
	static const char *const word[] = {"verified", "derived", "recalled", "assumed", "calibrated"};
	const char *text = NULL;
	if (!ql_yaml_string(column, "grade", true, j->ds, &text) || !text)
		return QL_GRADE_NONE;
	for (int i = 0; i < 5; i++)
		if (strcmp(text, word[i]) == 0)
			return (enum ql_grade)(QL_VERIFIED + i);
	struct ql_diag *d = report(j, ql_yaml_get(column, "grade")->span, "unknown grade `%s`", text);
	ql_diag_help(d, "use verified, derived, recalled, assumed or calibrated");
	return QL_GRADE_NONE;
}

static void read_value(const struct agent_job *j, int i, const struct ql_yaml *column, double factor)
{
	const struct ql_quantity *q = &j->m->q[j->slot->column[i]];
	const struct ql_yaml *all = ql_yaml_get(column, "value"), *v = element(j, all, q);
	double x;
	j->out->value[i] = NAN;
	if (!all)
		return;
	if (!ql_yaml_is_number(v, &x) || !isfinite(x)) {
		struct ql_diag *d = report(j, v ? v->span : all->span, "`%s` needs a number", q->name);
		ql_diag_help(d, strchr(q->name, '[') ? "give one number for all elements, or a map by element"
						     : "write `value: NUMBER`, the unit beside it");
		return;
	}
	x *= factor;
	j->out->value[i] = x;
	bool inside = x >= q->lo && x <= q->hi;
	for (int k = 0; k < q->n_allowed && !(inside = q->allowed[k] == x); k++)
		;
	if (inside)
		return;
	struct ql_diag *d = report(j, v->span, "`%s` is %g %s, outside of %g..%g", q->name, x, q->unit, q->lo, q->hi);
	ql_diag_help(d, "the range stands in the `agent` block of %s.qm", j->slot->module);
}

/* Factor from the row's unit to the column's; converting here is safe because both are written down. */
static double unit_factor(const struct agent_job *j, const struct ql_quantity *q, const struct ql_yaml *column)
{
	const char *text = NULL;
	double factor = 1;
	if (!ql_yaml_string(column, "unit", true, j->ds, &text) || !text || !j->m->has_units)
		return 1;
	if (strcmp(text, q->unit) == 0 || ql_unit_convert(text, q->unit, &factor))
		return factor;
	struct ql_diag *d = report(j, ql_yaml_get(column, "unit")->span, "`%s` is in %s, which does not fit %s", q->name, text, q->unit);
	ql_diag_help(d, "write the value in %s", *q->unit ? q->unit : "1");
	return 1;
}

static void read_column(const struct agent_job *j, int i, const struct ql_yaml *columns)
{
	static const char *const keys[] = {"value", "unit", "source", "grade", "note", "spread", "meaning", NULL};
	const struct ql_quantity *q = &j->m->q[j->slot->column[i]];
	const char *name = column_name(q);
	const struct ql_yaml *column = ql_yaml_get(columns, name);
	bool first = i == 0 || strcmp(column_name(&j->m->q[j->slot->column[i - 1]]), name) != 0;
	j->out->value[i] = NAN;
	if (!column || column->kind != QL_YAML_MAP) {
		if (!first)
			return;
		struct ql_diag *d = report(j, column ? column->span : columns->span, "column `%s` (%s) is missing", name, q->unit);
		ql_diag_help(d, "add `%s: {value: ..., unit: %s, source: [...], grade: ...}`", name, *q->unit ? q->unit : "\"1\"");
		return;
	}
	if (!first) { /* another element of the same column: what concerns all of them is reported already */
		const struct ql_yaml *value = ql_yaml_get(column, "value");
		struct ql_diags quiet = {0};
		struct agent_job again = *j;
		again.ds = &quiet;
		double factor = unit_factor(&again, q, column);
		read_value(value && value->kind == QL_YAML_MAP ? j : &again, i, column, factor);
		j->out->source[i] = j->out->source[i - 1];
		j->out->grade[i] = j->out->grade[i - 1];
		ql_diags_free(&quiet);
		return;
	}
	ql_yaml_check_keys(column, keys, j->ds);
	if (!ql_yaml_get(column, "value"))
		ql_diag_help(report(j, column->span, "column `%s` has no value", name), "add `value: NUMBER` in %s",
			     *q->unit ? q->unit : "1");
	check_elements(j, ql_yaml_get(column, "value"), name);
	read_value(j, i, column, unit_factor(j, q, column));
	j->out->source[i] = join_sources(j, ql_yaml_get(column, "source"));
	j->out->grade[i] = read_grade(j, column);
	bool needs = j->out->grade[i] == QL_VERIFIED || j->out->grade[i] == QL_RECALLED;
	if (needs && !j->out->source[i])
		ql_diag_help(ql_diag_add(j->ds, QL_E0217, column->span, "column `%s` has no source", name),
			     "name keys of references.bib, or grade it `assumed`");
}

static enum quell_status load_agent(void *arg)
{
	static const char *const keys[] = {"agent", "module", "title", "class", "warning", "label", "requires", "columns", "note", "sources", NULL};
	struct agent_job *j = arg;
	struct ql_agent_row *row = j->out;
	int errors = j->ds->n_errors;
	const char *module = NULL;
	enum quell_status s = ql_yaml_read(j->a, j->path, j->ds, &row->yaml);
	if (s != QUELL_OK)
		return s;
	size_t n = (size_t)j->slot->n_column;
	row->value = QL_NEW_N(j->a, double, n);
	row->source = QL_NEW_N(j->a, const char *, n);
	row->grade = QL_NEW_N(j->a, enum ql_grade, n);
	if (!row->yaml || row->yaml->kind != QL_YAML_MAP) {
		ql_diag_help(report(j, (struct ql_span){j->path, 0, 0, 0}, "this is not an agent row"), "start with `agent: NAME`");
		return QUELL_ERR_INPUT;
	}
	ql_yaml_check_keys(row->yaml, keys, j->ds);
	ql_yaml_string(row->yaml, "agent", true, j->ds, &row->name);
	ql_yaml_string(row->yaml, "title", false, j->ds, &row->title);
	if (ql_yaml_string(row->yaml, "module", true, j->ds, &module) && module && strcmp(module, j->slot->module) != 0) {
		struct ql_diag *d = report(j, ql_yaml_get(row->yaml, "module")->span, "this row is for module `%s`, but slot `%s` needs `%s`",
					   module, j->slot->name, j->slot->module);
		ql_diag_help(d, "name another agent for `%s`", j->slot->name);
		return QUELL_ERR_INPUT;
	}
	row->slot_module = module;
	const struct ql_yaml *columns = ql_yaml_get(row->yaml, "columns");
	if (!columns || columns->kind != QL_YAML_MAP) {
		ql_diag_help(report(j, row->yaml->span, "the row has no `columns`"), "copy those of another row of `%s`", j->slot->module);
		return QUELL_ERR_INPUT;
	}
	check_columns_known(j, columns);
	for (int i = 0; i < j->slot->n_column; i++)
		read_column(j, i, columns);
	return j->ds->n_errors > errors ? QUELL_ERR_INPUT : QUELL_OK;
}

enum quell_status ql_agent_load(const struct ql_model *m, const struct ql_slot *slot, const char *path, struct ql_arena *a,
				struct ql_diags *ds, struct ql_agent_row *out)
{
	struct agent_job j = {m, slot, path, a, ds, out};
	*out = (struct ql_agent_row){0};
	return ql_protect(load_agent, &j);
}
