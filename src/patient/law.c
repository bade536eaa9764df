/* SPDX-License-Identifier: Apache-2.0 */
#include "patient/law.h"
#include <math.h>
#include <string.h>

/* What a parameter of a law must satisfy. */
enum demand { ANY, NOT_NEGATIVE, POSITIVE, PROBABILITY, INSIDE_UNIT };

struct reader {
	const struct ql_model *m;
	const struct ql_quantity *q;
	struct ql_arena *a;
	struct ql_diags *ds;
	struct ql_population_law *law;
};

static bool complain(struct reader *r, enum ql_code code, struct ql_span at, const char *message, const char *help)
{
	struct ql_diag *d = ql_diag_add(r->ds, code, at, "%s", message);
	ql_diag_help(d, "%s", help);
	return false;
}

static bool demand_met(enum demand want, double x)
{
	switch (want) {
	case NOT_NEGATIVE:
		return x >= 0;
	case POSITIVE:
		return x > 0;
	case PROBABILITY:
		return x >= 0 && x <= 1;
	case INSIDE_UNIT:
		return x > 0 && x < 1;
	default:
		return isfinite(x);
	}
}

static const char *demand_text(enum demand want)
{
	static const char *const text[] = {"a finite number", "0 or more", "above 0", "between 0 and 1",
					   "between 0 and 1, both excluded"};
	return text[want];
}

static bool check(struct reader *r, const struct ql_yaml *y, enum demand want, double x)
{
	if (isfinite(x) && demand_met(want, x))
		return true;
	struct ql_diag *d = ql_diag_add(r->ds, QL_E0503, y->span, "`%s` is not possible here", y->text);
	ql_diag_label(d, "this must be %s", demand_text(want));
	return false;
}

/* Is every value that the other covariate can have in the table? */
static bool table_complete(struct reader *r, const struct ql_yaml *y, const struct ql_law_number *x)
{
	const struct ql_quantity *by = &r->m->q[x->by];
	if (!isnan(x->value))
		return true;
	if (!by->n_allowed) {
		struct ql_diag *d = ql_diag_add(r->ds, QL_E0505, y->span, "`%s` can have values that are not listed", by->name);
		ql_diag_help(d, "add `else: NUMBER`");
		return false;
	}
	for (int i = 0; i < by->n_allowed; i++) {
		bool found = false;
		for (int k = 0; k < x->n && !found; k++)
			found = x->when[k] == by->allowed[i];
		if (found)
			continue;
		struct ql_diag *d =
			ql_diag_add(r->ds, QL_E0505, y->span, "there is no entry for `%s` = %g", by->name, by->allowed[i]);
		ql_diag_help(d, "add `%g: NUMBER` or `else: NUMBER`", by->allowed[i]);
		return false;
	}
	return true;
}

static int find_other(struct reader *r, const char *name, struct ql_span at)
{
	int q = ql_population_find(r->m, name, 1u << QL_COVARIATE);
	if (q >= 0)
		return q;
	struct ql_diag *d = ql_diag_add(r->ds, QL_E0501, at, "`%s` is %s", name,
					q == -2 ? "the last part of several covariates" : "no covariate of the model");
	const char *near = ql_model_suggest(r->m, name, 1u << QL_COVARIATE);
	if (near)
		ql_diag_help(d, "did you mean `%s`?", near);
	return -1;
}

/* Entries `VALUE: NUMBER` of a table; `skip` is the key that is not one. */
static bool read_entries(struct reader *r, const struct ql_yaml *y, enum demand want, struct ql_law_number *out)
{
	bool ok = true;
	out->when = QL_NEW_N(r->a, double, (size_t)y->n);
	out->then = QL_NEW_N(r->a, double, (size_t)y->n);
	for (int i = 0; i < y->n; i++) {
		double when, then;
		if (strcmp(y->key[i], "by") == 0)
			continue;
		if (!ql_yaml_is_number(y->item[i], &then)) {
			ok = complain(r, QL_E0505, y->item[i]->span, "a number must stand here", "write `VALUE: NUMBER`");
			continue;
		}
		ok = check(r, y->item[i], want, then) && ok;
		if (strcmp(y->key[i], "else") == 0) {
			out->value = then;
		} else if (ql_parse_double(y->key[i], strlen(y->key[i]), &when)) {
			out->when[out->n] = when;
			out->then[out->n++] = then;
		} else {
			ok = complain(r, QL_E0505, y->key_span[i], "the key must be a value of the other covariate, or `else`",
				      "write for example `{by: ighv_u, 1: 9, 0: 16}`");
		}
	}
	return ok;
}

static bool read_table(struct reader *r, const struct ql_yaml *y, enum demand want, struct ql_law_number *out)
{
	const char *name = NULL;
	if (!ql_yaml_string(y, "by", true, r->ds, &name))
		return false;
	out->by = find_other(r, name, ql_yaml_get(y, "by")->span);
	if (out->by < 0)
		return false;
	return read_entries(r, y, want, out) && table_complete(r, y, out);
}

static bool read_number(struct reader *r, const struct ql_yaml *law, const char *key, bool required, enum demand want,
			double otherwise, struct ql_law_number *out)
{
	const struct ql_yaml *y = ql_yaml_get(law, key);
	*out = (struct ql_law_number){.value = otherwise, .by = -1};
	if (!y)
		return !required || ql_yaml_number(law, key, true, r->ds, &out->value);
	out->span = y->span;
	if (y->kind == QL_YAML_MAP) {
		out->value = NAN;
		return read_table(r, y, want, out);
	}
	return ql_yaml_number(law, key, true, r->ds, &out->value) && check(r, y, want, out->value);
}

/* sd, or cv turned into the sd of the logarithm. */
static bool read_spread(struct reader *r, const struct ql_yaml *y, bool cv_allowed, struct ql_law_number *out)
{
	if (!cv_allowed || !ql_yaml_get(y, "cv"))
		return read_number(r, y, "sd", true, NOT_NEGATIVE, 0, out);
	if (ql_yaml_get(y, "sd"))
		return complain(r, QL_E0502, y->span, "a lognormal has `sd` or `cv`, not both", "remove one of them");
	if (!read_number(r, y, "cv", true, NOT_NEGATIVE, 0, out))
		return false;
	out->value = sqrt(log1p(out->value * out->value));
	for (int i = 0; i < out->n; i++)
		out->then[i] = sqrt(log1p(out->then[i] * out->then[i]));
	return true;
}

static bool read_centred(struct reader *r, const struct ql_yaml *y)
{
	static const char *const normal[] = {"mean", "sd", NULL}, *const lognormal[] = {"median", "sd", "cv", NULL},
		     *const logitnormal[] = {"median", "sd", NULL};
	enum ql_law_kind kind = r->law->kind;
	ql_yaml_check_keys(y, kind == QL_LAW_NORMAL ? normal : kind == QL_LAW_LOGNORMAL ? lognormal : logitnormal, r->ds);
	enum demand want = kind == QL_LAW_NORMAL ? ANY : kind == QL_LAW_LOGNORMAL ? POSITIVE : INSIDE_UNIT;
	bool ok = read_number(r, y, kind == QL_LAW_NORMAL ? "mean" : "median", true, want, 0, &r->law->a);
	return read_spread(r, y, kind == QL_LAW_LOGNORMAL, &r->law->b) && ok;
}

static bool read_uniform(struct reader *r, const struct ql_yaml *y)
{
	static const char *const keys[] = {"low", "high", NULL};
	struct ql_law_number *lo = &r->law->a, *hi = &r->law->b;
	ql_yaml_check_keys(y, keys, r->ds);
	bool ok = read_number(r, y, "low", true, ANY, 0, lo);
	ok = read_number(r, y, "high", true, ANY, 0, hi) && ok;
	if (ok && lo->by < 0 && hi->by < 0 && !(lo->value < hi->value))
		return complain(r, QL_E0503, y->span, "`low` is not below `high`", "swap them, or use `fixed`");
	return ok;
}

static bool read_shifts(struct reader *r, const struct ql_yaml *y)
{
	const struct ql_yaml *shifts = ql_yaml_get(y, "logit_shift");
	if (!shifts)
		return true;
	if (shifts->kind != QL_YAML_MAP)
		return complain(r, QL_E0305, shifts->span, "`logit_shift` must be a mapping",
				"write `logit_shift: {ighv_u: {1: 0.35, 0: -0.75}}`");
	r->law->shift = QL_NEW_N(r->a, struct ql_law_number, (size_t)shifts->n);
	bool ok = true;
	for (int i = 0; i < shifts->n; i++) {
		struct ql_law_number x = {.value = NAN, .span = shifts->item[i]->span};
		x.by = find_other(r, shifts->key[i], shifts->key_span[i]);
		if (shifts->item[i]->kind != QL_YAML_MAP)
			ok = complain(r, QL_E0305, shifts->item[i]->span, "a table must stand here",
				      "write `{1: 0.35, 0: -0.75}`");
		else if (x.by < 0)
			ok = false;
		else
			ok = read_entries(r, shifts->item[i], ANY, &x) && table_complete(r, shifts->item[i], &x) && ok;
		r->law->shift[r->law->n_shift++] = x;
	}
	return ok;
}

static bool read_bernoulli(struct reader *r, const struct ql_yaml *y)
{
	static const char *const keys[] = {"p", "logit_shift", NULL};
	ql_yaml_check_keys(y, keys, r->ds);
	bool ok = read_number(r, y, "p", true, PROBABILITY, 0, &r->law->a);
	return read_shifts(r, y) && ok;
}

static bool read_choice(struct reader *r, const struct ql_yaml *y)
{
	static const char *const keys[] = {"values", "weights", NULL};
	ql_yaml_check_keys(y, keys, r->ds);
	const struct ql_yaml *v = ql_yaml_get(y, "values"), *w = ql_yaml_get(y, "weights");
	if (!v || v->kind != QL_YAML_LIST || v->n == 0 || (w && (w->kind != QL_YAML_LIST || w->n != v->n)))
		return complain(r, QL_E0502, y->span, "a choice needs as many values as weights",
				"write `choice: {values: [1, 2, 3], weights: [0.5, 0.3, 0.2]}`");
	struct ql_population_law *law = r->law;
	law->n_choice = v->n;
	law->choice = QL_NEW_N(r->a, double, (size_t)v->n);
	law->cumulated = QL_NEW_N(r->a, double, (size_t)v->n);
	bool ok = true;
	double sum = 0;
	for (int i = 0; i < v->n; i++) {
		double weight = 1;
		if (!ql_yaml_is_number(v->item[i], &law->choice[i]) || (w && !ql_yaml_is_number(w->item[i], &weight)))
			return complain(r, QL_E0502, v->item[i]->span, "values and weights must be numbers",
					"write `choice: {values: [1, 2, 3], weights: [0.5, 0.3, 0.2]}`");
		ok = check(r, v->item[i], ANY, law->choice[i]) && (!w || check(r, w->item[i], NOT_NEGATIVE, weight)) && ok;
		law->cumulated[i] = sum += weight;
	}
	if (ok && !(sum > 0))
		return complain(r, QL_E0503, y->span, "all weights are 0", "give one value a weight above 0");
	for (int i = 0; i < v->n; i++)
		law->cumulated[i] /= sum;
	return ok;
}

static bool read_fixed(struct reader *r, const struct ql_yaml *y)
{
	struct ql_law_number *x = &r->law->a;
	*x = (struct ql_law_number){.by = -1, .span = y->span};
	if (y->kind == QL_YAML_MAP) {
		x->value = NAN;
		return read_table(r, y, ANY, x);
	}
	if (!ql_yaml_is_number(y, &x->value))
		return complain(r, QL_E0305, y->span, "`fixed` needs a number", "write `fixed: 65`");
	return check(r, y, ANY, x->value);
}

static bool in_model(const struct ql_quantity *q, double x)
{
	for (int i = 0; i < q->n_allowed; i++)
		if (q->allowed[i] == x)
			return true;
	return !q->n_allowed && x >= q->lo && x <= q->hi;
}

static bool accepts(struct reader *r, double x, struct ql_span at)
{
	if (in_model(r->q, x))
		return true;
	struct ql_diag *d = ql_diag_add(r->ds, QL_E0504, at, "`%s` cannot be %g in this model", r->q->name, x);
	if (r->q->n_allowed) {
		struct ql_buf list = {0};
		for (int i = 0; i < r->q->n_allowed; i++)
			ql_buf_printf(&list, "%s%g", i ? ", " : "", r->q->allowed[i]);
		ql_diag_help(d, "the model accepts %s", list.data);
		ql_buf_free(&list);
	} else {
		ql_diag_help(d, "the model accepts %g to %g", r->q->lo, r->q->hi);
	}
	return false;
}

/* Every value that a discrete law can give must be one that the model accepts. */
static bool values_accepted(struct reader *r, struct ql_span at)
{
	const struct ql_population_law *law = r->law;
	bool ok = true;
	if (law->kind == QL_LAW_FIXED) {
		ok = isnan(law->a.value) || accepts(r, law->a.value, at);
		for (int i = 0; i < law->a.n; i++)
			ok = accepts(r, law->a.then[i], at) && ok;
	} else if (law->kind == QL_LAW_BERNOULLI) {
		ok = accepts(r, 0, at) && accepts(r, 1, at);
	} else if (law->kind == QL_LAW_CHOICE) {
		for (int i = 0; i < law->n_choice; i++)
			ok = accepts(r, law->choice[i], at) && ok;
	} else if (r->q->n_allowed) {
		ok = complain(r, QL_E0504, at, "the model accepts single values only, this law is continuous",
			      "use `bernoulli`, `choice` or `fixed`");
	}
	return ok;
}

static bool number_below(const struct ql_law_number *x, double bound)
{
	bool below = x->n || !isnan(x->value);
	if (!isnan(x->value))
		below = x->value < bound;
	for (int i = 0; i < x->n && below; i++)
		below = x->then[i] < bound;
	return below;
}

/* The range of the file, cut to that of the model. */
static bool read_range(struct reader *r, const struct ql_yaml *y)
{
	struct ql_population_law *law = r->law;
	const struct ql_yaml *range = ql_yaml_get(y, "range");
	double lo = -INFINITY, hi = INFINITY;
	bool discrete = law->kind == QL_LAW_FIXED || law->kind == QL_LAW_BERNOULLI || law->kind == QL_LAW_CHOICE;
	if (range) {
		if (discrete)
			return complain(r, QL_E0509, range->span, "a range has no meaning for this law", "remove `range`");
		if (range->kind != QL_YAML_LIST || range->n != 2 || !ql_yaml_is_number(range->item[0], &lo) ||
		    !ql_yaml_is_number(range->item[1], &hi) || !(lo < hi))
			return complain(r, QL_E0509, range->span, "a range is two numbers, low before high",
					"write `range: [45, 90]`");
		if (!r->q->n_allowed && (lo < r->q->lo || hi > r->q->hi))
			return accepts(r, lo < r->q->lo ? lo : hi, range->span);
	}
	law->lo = fmax(lo, r->q->lo);
	law->hi = fmin(hi, r->q->hi);
	bool empty = law->kind == QL_LAW_UNIFORM && (number_below(&law->b, law->lo) || !number_below(&law->a, law->hi));
	empty = empty || (law->kind == QL_LAW_LOGNORMAL && law->hi <= 0) ||
		(law->kind == QL_LAW_LOGITNORMAL && (law->hi <= 0 || law->lo >= 1));
	return !empty || complain(r, QL_E0509, range ? range->span : y->span, "the law gives no value inside the range",
				  "widen the range or move the law");
}

static const struct {
	const char *name;
	enum ql_law_kind kind;
	bool (*read)(struct reader *r, const struct ql_yaml *y);
} laws[] = {{"fixed", QL_LAW_FIXED, read_fixed},
	    {"normal", QL_LAW_NORMAL, read_centred},
	    {"lognormal", QL_LAW_LOGNORMAL, read_centred},
	    {"logitnormal", QL_LAW_LOGITNORMAL, read_centred},
	    {"uniform", QL_LAW_UNIFORM, read_uniform},
	    {"bernoulli", QL_LAW_BERNOULLI, read_bernoulli},
	    {"choice", QL_LAW_CHOICE, read_choice}};
enum { N_LAWS = sizeof laws / sizeof *laws };

bool ql_law_read(const struct ql_model *m, int q, const struct ql_yaml *y, struct ql_arena *a, struct ql_diags *ds,
		 struct ql_population_law *out)
{
	static const char *const keys[] = {"fixed",	"normal", "lognormal", "logitnormal", "uniform", "bernoulli",
					   "choice",	"range",  "source",    "grade",	      "note",	 NULL};
	*out = (struct ql_population_law){.q = q, .correlated = -1, .stream = ql_hash_str(m->q[q].name)};
	out->a.by = out->b.by = -1;
	struct reader r = {m, &m->q[q], a, ds, out};
	const char *help = "write for example `{normal: {mean: 72, sd: 7}, range: [45, 90]}`";
	if (y->kind != QL_YAML_MAP)
		return complain(&r, QL_E0502, y->span, "a covariate needs a law", help);
	int errors = ds->n_errors, found = -1;
	ql_yaml_check_keys(y, keys, ds);
	for (int i = 0; i < N_LAWS; i++) {
		if (!ql_yaml_get(y, laws[i].name))
			continue;
		if (found >= 0)
			return complain(&r, QL_E0502, y->span, "a covariate has one law only", "remove all but one");
		found = i;
	}
	if (found < 0)
		return complain(&r, QL_E0502, y->span, "there is no law here", help);
	const struct ql_yaml *law = ql_yaml_get(y, laws[found].name);
	out->kind = laws[found].kind;
	if (out->kind != QL_LAW_FIXED && law->kind != QL_YAML_MAP)
		return complain(&r, QL_E0502, law->span, "the parameters of the law must be a mapping", help);
	return laws[found].read(&r, law) && read_range(&r, y) && values_accepted(&r, law->span) && ds->n_errors == errors;
}

/* Does law l read covariate q? */
static bool reads(const struct ql_population_law *l, int q)
{
	bool yes = l->a.by == q || l->b.by == q;
	for (int i = 0; i < l->n_shift; i++)
		yes = yes || l->shift[i].by == q;
	return yes;
}

bool ql_laws_order(const struct ql_model *m, const struct ql_yaml *covariates, struct ql_population_law *law, int n,
		   struct ql_arena *a, struct ql_diags *ds)
{
	struct ql_population_law *sorted = QL_NEW_N(a, struct ql_population_law, (size_t)n);
	bool *done = QL_NEW_N(a, bool, (size_t)n);
	int n_sorted = 0;
	while (n_sorted < n) {
		int before = n_sorted;
		for (int i = 0; i < n; i++) {
			bool ready = !done[i];
			for (int k = 0; k < n && ready; k++)
				ready = done[k] || !reads(&law[i], law[k].q);
			if (ready) {
				done[i] = true;
				sorted[n_sorted++] = law[i];
			}
		}
		if (n_sorted > before)
			continue;
		int i = 0;
		while (done[i])
			i++;
		struct ql_diag *d = ql_diag_add(ds, QL_E0505, covariates->span, "`%s` depends on itself through `by`",
						m->q[law[i].q].name);
		ql_diag_help(d, "let one of the covariates in the circle stand alone");
		return false;
	}
	if (n)
		memcpy(law, sorted, (size_t)n * sizeof *law);
	return true;
}
