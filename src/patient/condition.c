/* SPDX-License-Identifier: Apache-2.0 */
#include "patient/condition.h"
#include "base/yaml.h"
#include "patient/law.h"
#include <math.h>
#include <string.h>

#define MAX_DEPTH 8

struct reader {
	const struct ql_model *m;
	struct ql_arena *a;
	struct ql_diags *ds;
	bool ok;
};

static void complain(struct reader *r, enum ql_code code, struct ql_span at, const char *what, const char *help)
{
	r->ok = false;
	ql_diag_help(ql_diag_add(r->ds, code, at, "%s", what), "%s", help);
}

static void find_covariate(struct reader *r, const struct ql_yaml *y, struct ql_condition *out)
{
	const struct ql_yaml *v = ql_yaml_get(y, "covariate");
	if (!v || v->kind != QL_YAML_SCALAR) {
		complain(r, QL_E0512, v ? v->span : y->span, "the condition names no covariate",
			 "write {covariate: NAME, min: X, max: Y}, {covariate: NAME, is: X} or any: [...]");
		return;
	}
	out->q = ql_population_find(r->m, v->text, 1u << QL_COVARIATE);
	if (out->q >= 0)
		return;
	r->ok = false;
	struct ql_diag *d = ql_diag_add(r->ds, QL_E0501, v->span, "`%s` is no covariate of the model", v->text);
	const char *near = ql_model_suggest(r->m, v->text, 1u << QL_COVARIATE);
	if (near)
		ql_diag_help(d, "did you mean `%s`?", near);
}

static void check_reach(struct reader *r, const struct ql_condition *c)
{
	const struct ql_quantity *q = &r->m->q[c->q];
	char lo[32], hi[32];
	if (c->lo > c->hi) {
		complain(r, QL_E0512, c->span, "min is above max", "exchange the two");
	} else if (c->hi < q->lo || c->lo > q->hi) {
		r->ok = false;
		struct ql_diag *d = ql_diag_add(r->ds, QL_E0512, c->span, "no patient can have such a `%s`", q->name);
		ql_diag_help(d, "the model knows %s to %s %s", ql_format_double(q->lo, lo),
			     ql_format_double(q->hi, hi), q->unit);
	}
}

static void read_range(struct reader *r, const struct ql_yaml *y, struct ql_condition *out)
{
	static const char *const keys[] = {"covariate", "min", "max", "is", "source", "grade", "note", NULL};
	double is;
	ql_yaml_check_keys(y, keys, r->ds);
	*out = (struct ql_condition){.kind = QL_COND_RANGE, .q = -1, .lo = -INFINITY, .hi = INFINITY, .span = y->span};
	find_covariate(r, y, out);
	bool range = ql_yaml_get(y, "min") || ql_yaml_get(y, "max"), exact = ql_yaml_get(y, "is");
	if (range == exact)
		complain(r, QL_E0512, y->span, range ? "`is` cannot stand beside min and max" : "the condition asks nothing",
			 "give `is`, or one or both of `min` and `max`");
	r->ok &= ql_yaml_number(y, "min", false, r->ds, &out->lo);
	r->ok &= ql_yaml_number(y, "max", false, r->ds, &out->hi);
	if (exact && ql_yaml_number(y, "is", true, r->ds, &is))
		out->lo = out->hi = is;
	ql_yaml_string(y, "source", false, r->ds, &out->source);
	ql_yaml_string(y, "grade", false, r->ds, &out->grade);
	if (out->q >= 0 && r->ok)
		check_reach(r, out);
}

static void read_one(struct reader *r, const struct ql_yaml *y, int depth, struct ql_condition *out);

static void read_group(struct reader *r, enum ql_condition_kind kind, const struct ql_yaml *list, int depth,
		       struct ql_condition *out)
{
	*out = (struct ql_condition){.kind = kind, .q = -1, .span = list->span};
	if (list->kind != QL_YAML_LIST || list->n == 0 || depth > MAX_DEPTH) {
		complain(r, QL_E0512, list->span, depth > MAX_DEPTH ? "conditions are nested too deep" :
			 "a list of conditions must stand here", "write one `- {covariate: NAME, min: X}` per line");
		return;
	}
	out->child = QL_NEW_N(r->a, struct ql_condition, (size_t)list->n);
	out->n = list->n;
	for (int i = 0; i < list->n; i++)
		read_one(r, list->item[i], depth + 1, &out->child[i]);
}

static void read_one(struct reader *r, const struct ql_yaml *y, int depth, struct ql_condition *out)
{
	const struct ql_yaml *any = ql_yaml_get(y, "any"), *all = ql_yaml_get(y, "all");
	if (y->kind != QL_YAML_MAP)
		complain(r, QL_E0512, y->span, "a condition must stand here", "write {covariate: NAME, min: X}");
	else if ((any || all) && y->n > 1)
		complain(r, QL_E0512, y->span, "`any` and `all` stand alone", "put the other conditions on lines of their own");
	else if (any || all)
		read_group(r, any ? QL_COND_ANY : QL_COND_ALL, any ? any : all, depth, out);
	else
		read_range(r, y, out);
}

struct ql_condition *ql_condition_read(const struct ql_model *m, const struct ql_yaml *y, struct ql_arena *a,
				       struct ql_diags *ds)
{
	struct reader r = {m, a, ds, true};
	struct ql_condition *out = QL_NEW(a, struct ql_condition);
	int errors = ds->n_errors;
	if (y->kind == QL_YAML_MAP)
		read_one(&r, y, 0, out);
	else
		read_group(&r, QL_COND_ALL, y, 0, out);
	return r.ok && ds->n_errors == errors ? out : NULL;
}

bool ql_condition_holds(const struct ql_condition *c, const double *q, const double *fixed)
{
	if (!c)
		return true;
	if (c->kind == QL_COND_RANGE)
		return (fixed && !isnan(fixed[c->q])) || (q[c->q] >= c->lo && q[c->q] <= c->hi);
	for (int i = 0; i < c->n; i++)
		if (ql_condition_holds(&c->child[i], q, fixed) == (c->kind == QL_COND_ANY))
			return c->kind == QL_COND_ANY;
	return c->kind == QL_COND_ALL;
}

const struct ql_condition *ql_condition_and(const struct ql_condition *a, const struct ql_condition *b,
					    struct ql_arena *arena)
{
	if (!a || !b)
		return a ? a : b;
	struct ql_condition *both = QL_NEW(arena, struct ql_condition);
	*both = (struct ql_condition){.kind = QL_COND_ALL, .q = -1, .n = 2, .span = a->span,
				      .child = QL_NEW_N(arena, struct ql_condition, 2)};
	both->child[0] = *a;
	both->child[1] = *b;
	return both;
}
