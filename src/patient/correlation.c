/* SPDX-License-Identifier: Apache-2.0 */
#include "patient/law.h"
#include <math.h>
#include <string.h>

struct reader {
	const struct ql_model *m;
	struct ql_population *p;
	struct ql_correlation *c;
	struct ql_arena *a;
	struct ql_diags *ds;
	double *matrix; /* QL_MAX_CORRELATED squared, row-major */
};

/* The stream behind a name: a covariate that has a law, or the spread of a parameter. NULL if neither. */
static const char *stream_of(const struct reader *r, const char *name)
{
	int q = ql_population_find(r->m, name, 1u << QL_COVARIATE);
	for (int i = 0; q >= 0 && i < r->p->n_law; i++)
		if (r->p->law[i].q == q)
			return r->m->q[q].name;
	q = ql_population_find(r->m, name, 1u << QL_PARAM);
	for (int i = 0; i < r->m->n_q; i++) {
		const struct ql_quantity *x = &r->m->q[i];
		if (x->kind == QL_RANDOM && x->stream && strcmp(x->stream, q >= 0 ? r->m->q[q].name : name) == 0)
			return x->stream;
	}
	return NULL;
}

static int row_of(struct reader *r, const struct ql_yaml *entry, const char *key)
{
	const char *name = NULL;
	if (!ql_yaml_string(entry, key, true, r->ds, &name))
		return -1;
	struct ql_span at = ql_yaml_get(entry, key)->span;
	const char *stream = stream_of(r, name);
	if (!stream) {
		struct ql_diag *d = ql_diag_add(r->ds, QL_E0506, at,
						"`%s` is neither a covariate of this population nor a parameter with a spread",
						name);
		const char *near = ql_model_suggest(r->m, name, 1u << QL_COVARIATE | 1u << QL_PARAM);
		if (near)
			ql_diag_help(d, "did you mean `%s`?", near);
		return -1;
	}
	for (int i = 0; i < r->c->n; i++)
		if (strcmp(r->c->name[i], stream) == 0)
			return i;
	if (r->c->n == QL_MAX_CORRELATED) {
		ql_diag_add(r->ds, QL_E0507, at, "more than %d names are correlated", QL_MAX_CORRELATED);
		return -1;
	}
	r->c->name[r->c->n] = stream;
	r->c->stream[r->c->n] = ql_hash_str(stream);
	return r->c->n++;
}

static bool read_entry(struct reader *r, const struct ql_yaml *entry)
{
	static const char *const keys[] = {"a", "b", "rho", "source", "grade", "note", NULL};
	double rho = 0;
	int errors = r->ds->n_errors;
	ql_yaml_check_keys(entry, keys, r->ds);
	int i = row_of(r, entry, "a"), k = row_of(r, entry, "b");
	if (!ql_yaml_number(entry, "rho", true, r->ds, &rho) || i < 0 || k < 0)
		return false;
	double *cell = &r->matrix[i * QL_MAX_CORRELATED + k];
	const char *why = NULL;
	if (!(fabs(rho) < 1))
		why = "a correlation lies between -1 and 1, both excluded";
	else if (i == k)
		why = "a name cannot be correlated with itself";
	else if (*cell != 0)
		why = "this pair was given before";
	if (why)
		ql_diag_add(r->ds, QL_E0507, ql_yaml_get(entry, why[0] == 'a' && i != k ? "rho" : "b")->span, "%s", why);
	*cell = r->matrix[k * QL_MAX_CORRELATED + i] = rho;
	return r->ds->n_errors == errors;
}

/* Cholesky factor; the row where it breaks down is named. */
static bool factorise(struct reader *r, const struct ql_yaml *list)
{
	struct ql_correlation *c = r->c;
	size_t n = (size_t)c->n;
	c->factor = QL_NEW_N(r->a, double, n * n);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k <= i; k++) {
			double s = i == k ? 1 : r->matrix[i * QL_MAX_CORRELATED + k];
			for (size_t l = 0; l < k; l++)
				s -= c->factor[i * n + l] * c->factor[k * n + l];
			if (i == k && !(s > 1e-10)) {
				struct ql_diag *d = ql_diag_add(
					r->ds, QL_E0508, list->span,
					"the correlations of `%s` contradict those among the other names", c->name[i]);
				ql_diag_help(d, "bring them nearer to 0, or give the missing pairs a correlation too");
				return false;
			}
			c->factor[i * n + k] = i == k ? sqrt(s) : s / c->factor[k * n + k];
		}
	return true;
}

static void mark(struct ql_population *p, const struct ql_correlation *c)
{
	for (int k = 0; k < c->n; k++) {
		for (int i = 0; i < p->n_law; i++)
			if (p->law[i].stream == c->stream[k])
				p->law[i].correlated = k;
		for (int i = 0; i < p->n_random; i++)
			if (p->random[i].stream == c->stream[k])
				p->random[i].correlated = k;
	}
}

bool ql_correlations_read(const struct ql_model *m, const struct ql_yaml *list, struct ql_population *p,
			  struct ql_arena *a, struct ql_diags *ds)
{
	if (!list)
		return true;
	if (list->kind != QL_YAML_LIST) {
		struct ql_diag *d = ql_diag_add(ds, QL_E0305, list->span, "`correlations` must be a list");
		ql_diag_help(d, "write `- {a: ldt, b: disease.rmax, rho: -0.3}`");
		return false;
	}
	struct reader r = {m, p, QL_NEW(a, struct ql_correlation), a, ds, NULL};
	r.c->name = QL_NEW_N(a, const char *, QL_MAX_CORRELATED);
	r.c->stream = QL_NEW_N(a, uint64_t, QL_MAX_CORRELATED);
	r.matrix = QL_NEW_N(a, double, (size_t)QL_MAX_CORRELATED * QL_MAX_CORRELATED);
	bool ok = true;
	for (int i = 0; i < list->n; i++)
		ok = read_entry(&r, list->item[i]) && ok;
	if (!ok || !factorise(&r, list))
		return false;
	if (r.c->n) {
		p->correlation = r.c;
		mark(p, r.c);
	}
	return true;
}
