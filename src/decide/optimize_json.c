/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "decide/optimize.h"
#include <inttypes.h>
#include <stdio.h>

static void put(json_t *o, const char *key, json_t *v) { json_object_set_new(o, key, v); }

static json_t *measures(const double *m)
{
	json_t *o = json_object();
	for (int i = 0; i < QL_O_COUNT; i++)
		put(o, ql_opt_measure_def[i].id, ql_json_real(m[i]));
	return o;
}

static json_t *trial(const struct ql_optimisation *o, const struct ql_opt_trial *t)
{
	json_t *x = json_object(), *at = json_object();
	struct ql_arena a = {0};
	for (int v = 0; v < o->n_variable; v++) {
		const struct ql_opt_variable *q = &o->variable[v];
		const char *first = q->choice ? ql_opt_label(q, t->x[v], 0, &a) : NULL;
		put(at, q->name, !first ? ql_json_real(t->x[v])
				 : q->order ? json_string(ql_arena_printf(&a, "%s, then %s", first, ql_opt_label(q, t->x[v], 1, &a)))
					    : json_string(first));
	}
	ql_arena_free(&a);
	put(x, "variables", at);
	put(x, "loss", ql_json_real(t->loss));
	put(x, "constraint_miss", ql_json_real(t->miss));
	put(x, "pareto", json_boolean(t->pareto));
	put(x, "measures", measures(t->measure));
	return x;
}

void ql_optimisation_json(const struct ql_optimisation *o, struct ql_buf *out)
{
	json_t *top = json_object(), *trials = json_array(), *references = json_array(), *tol = json_object(), *bounds = json_object(),
	       *weights = json_object();
	char hash[20], grade[2] = {o->evidence_grade, 0};
	snprintf(hash, sizeof hash, "%016" PRIx64, o->model_hash);
	put(top, "schema", json_string("quell.optimize/1"));
	put(top, "version", json_string(quell_version()));
	put(top, "model_hash", json_string(hash));
	put(top, "seed", json_integer((json_int_t)o->seed));
	put(tol, "rtol", ql_json_real(o->rtol));
	put(top, "tolerances", tol);
	put(top, "name", ql_json_text(o->name));
	put(top, "title", ql_json_text(o->title));
	put(top, "population", ql_json_text(o->population));
	put(top, "evidence_grade", ql_json_text(grade));
	put(top, "warning", ql_json_text(o->warning));
	put(top, "patients", json_integer((json_int_t)o->patients));
	put(top, "years", ql_json_real(o->years));
	for (int i = 0; i < QL_O_COUNT; i++) {
		if (o->weight[i] < 0 || o->weight[i] > 0)
			put(weights, ql_opt_measure_def[i].id, ql_json_real(o->weight[i]));
		if (o->bound[i] == o->bound[i])
			put(bounds, ql_opt_measure_def[i].id, ql_json_real(o->bound[i]));
	}
	put(top, "minimise", weights);
	put(top, "bounds", bounds);
	for (int i = 0; i < o->n_reference; i++) {
		json_t *r = json_object();
		put(r, "id", json_string(o->reference[i].id));
		put(r, "loss", ql_json_real(o->reference[i].loss));
		put(r, "constraint_miss", ql_json_real(o->reference[i].miss));
		put(r, "measures", measures(o->reference[i].measure));
		json_array_append_new(references, r);
	}
	put(top, "references", references);
	for (int i = 0; i < o->n_trial; i++)
		json_array_append_new(trials, trial(o, &o->trial[i]));
	put(top, "best", o->best >= 0 ? trial(o, &o->trial[o->best]) : json_null());
	put(top, "schedules", trials);
	put(top, "regimen", ql_json_text(o->regimen));
	put(top, "regimen_name", ql_json_text(o->regimen_name));
	put(top, "next_line", ql_json_text(o->next_line));
	put(top, "protocol", ql_json_text(o->protocol));
	ql_json_write(top, out);
	json_decref(top);
}
