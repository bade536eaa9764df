/* SPDX-License-Identifier: Apache-2.0 */
/* The analyses that one request asks for, on one table. */
#include "base/json.h"
#include "trial/sample.h"
#include <math.h>
#include <string.h>

static const struct ql_span command_line = {"command line", 0, 0, 0};

static const double *parse_times(const struct ql_work *c, const struct ql_survival_request *r)
{
	double *t = QL_NEW_N(c->a, double, (size_t)r->n_times + 1);
	for (int i = 0; i < r->n_times; i++)
		if (!ql_parse_double(r->times[i], strlen(r->times[i]), &t[i]) || !(t[i] >= 0)) {
			struct ql_diag *d = ql_diag_add(c->ds, QL_E0913, command_line, "a time cannot be `%s`", r->times[i]);
			ql_diag_help(d, "accepted: numbers, 0 or more");
			return NULL;
		}
	return t;
}

/* Marks the competing codes; false if one is no event code. */
static bool parse_competing(const struct ql_work *c, const struct ql_survival_request *r, bool competing[1001])
{
	for (int i = 0; i < r->n_competing; i++) {
		double x;
		const char *word = r->competing[i];
		if (!ql_parse_double(word, strlen(word), &x) || x < 1 || x > 1000 || x != floor(x)) {
			struct ql_diag *d = ql_diag_add(c->ds, QL_E0913, command_line, "a competing event cannot be `%s`", word);
			ql_diag_help(d, "accepted: event codes, whole numbers from 1 to 1000");
			return false;
		}
		competing[(int)x] = true;
	}
	return true;
}

static json_t *competing_risks(const struct ql_work *c, struct ql_sample *s, const bool competing[1001], const double *t,
			       int n_time)
{
	struct ql_cause *cause = QL_NEW_N(c->a, struct ql_cause, 1001);
	bool seen[1001] = {false};
	int n = 0;
	for (size_t i = 0; i < s->n; i++)
		seen[s->event[i]] = true;
	for (int k = 1; k <= 1000; k++)
		if (seen[k])
			cause[n++] = (struct ql_cause){
				ql_arena_printf(c->a, "%s_%d", competing[k] ? "competing" : "event", k), k};
	return ql_survival_cif(c, s, cause, n, t, n_time);
}

/* Rows complete in the named columns; every analysis drops rows for its own columns only. */
static bool take(const struct ql_work *c, const struct ql_csv *table, const char *what,
		 const struct ql_sample_columns *names, struct ql_sample *s)
{
	if (!ql_sample_take(c, table, names, s))
		return false;
	if (s->dropped)
		ql_diag_add(c->ds, QL_N0688, (struct ql_span){table->file, 0, 0, 0},
			    "%s: %zu of %d rows left out, a used column is blank", what, s->dropped, table->n_row);
	return true;
}

/* Competing events end observation. */
static void one_cause(struct ql_sample *s, const bool competing[1001])
{
	for (size_t i = 0; i < s->n; i++)
		s->event[i] = s->event[i] > 0 && !competing[s->event[i]];
}

static bool curves(const struct ql_work *c, const struct ql_csv *table, const struct ql_survival_request *r, const bool competing[1001],
		   const double *t, json_t *out)
{
	struct ql_sample s;
	const struct ql_sample_columns names = {r->time, r->event, r->group, NULL, NULL, 0};
	if (!take(c, table, "curves", &names, &s))
		return false;
	if (r->n_competing)
		json_object_set_new(out, "cif", competing_risks(c, &s, competing, t, r->n_times));
	else
		json_object_set_new(out, "km", ql_survival_km(c, &s, r->level, t, r->n_times));
	if (!isnan(r->tau) && !r->n_competing)
		json_object_set_new(out, "rmst", ql_survival_rmst(c, &s, r->tau, s.groups.n == 2 ? 1 : -1, 0));
	return true;
}

static bool test(const struct ql_work *c, const struct ql_csv *table, const struct ql_survival_request *r, const bool competing[1001],
		 json_t *out)
{
	struct ql_sample s;
	const struct ql_sample_columns names = {r->time, r->event, r->group, r->strata, NULL, 0};
	if (!take(c, table, "test", &names, &s))
		return false;
	one_cause(&s, competing);
	json_t *o = ql_survival_logrank(c, &s, r->rho);
	json_object_set_new(o, "rho", ql_json_real(r->rho));
	json_object_set_new(o, "cause_specific", json_boolean(r->n_competing > 0));
	json_object_set_new(out, "logrank", o);
	return true;
}

static bool regression(const struct ql_work *c, const struct ql_csv *table, const struct ql_survival_request *r,
		       const bool competing[1001], json_t *out)
{
	struct ql_sample s;
	const struct ql_sample_columns names = {r->time, r->event, NULL, r->strata, r->cox, r->n_cox};
	if (!take(c, table, "Cox model", &names, &s))
		return false;
	one_cause(&s, competing);
	json_t *o = ql_survival_cox(c, &s, r->ties);
	json_object_set_new(o, "cause_specific", json_boolean(r->n_competing > 0));
	json_object_set_new(out, "cox", o);
	return true;
}

enum quell_status ql_survival_analyses(const struct ql_work *w, const struct ql_csv *table,
				       const struct ql_survival_request *r, json_t **out)
{
	bool competing[1001] = {false};
	const double *t = parse_times(w, r);
	*out = NULL;
	if (!parse_competing(w, r, competing) || !t)
		return QUELL_ERR_USAGE;
	json_t *o = json_object(), *a = json_object();
	json_object_set_new(o, "schema", json_string("quell.survival/1"));
	json_object_set_new(o, "rows", json_integer(table->n_row));
	json_object_set_new(o, "analyses", a);
	bool ok = curves(w, table, r, competing, r->n_times ? t : NULL, a);
	ok = ok && (!r->group || test(w, table, r, competing, a));
	ok = ok && (!r->n_cox || regression(w, table, r, competing, a));
	if (ok)
		*out = o;
	else
		json_decref(o);
	return ok ? QUELL_OK : QUELL_ERR_INPUT;
}
