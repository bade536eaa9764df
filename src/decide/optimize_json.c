/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "decide/optimize.h"
#include <stdio.h>

static json_t *measures(const double *m)
{
	json_t *o = json_object();
	for (int i = 0; i < QL_O_COUNT; i++)
		ql_json_put(o, ql_opt_measure_def[i].id, ql_json_real(m[i]));
	return o;
}

static json_t *trial(const struct ql_optimisation *o, const struct ql_opt_trial *t)
{
	json_t *x = json_object(), *at = json_object();
	struct ql_arena a = {0};
	for (int v = 0; v < o->n_variable; v++) {
		const struct ql_opt_variable *q = &o->variable[v];
		const char *first = q->choice ? ql_opt_label(q, t->x[v], 0, &a) : NULL;
		ql_json_put(at, q->name, !first ? ql_json_real(t->x[v])
				 : q->order ? json_string(ql_arena_printf(&a, "%s, then %s", first, ql_opt_label(q, t->x[v], 1, &a)))
					    : json_string(first));
	}
	ql_arena_free(&a);
	ql_json_put(x, "variables", at);
	ql_json_put(x, "loss", ql_json_real(t->loss));
	ql_json_put(x, "constraint_miss", ql_json_real(t->miss));
	ql_json_put(x, "pareto", json_boolean(t->pareto));
	ql_json_put(x, "measures", measures(t->measure));
	return x;
}

void ql_optimisation_json(const struct ql_optimisation *o, struct ql_buf *out)
{
	json_t *top = json_object(), *trials = json_array(), *references = json_array(), *tol = json_object(), *bounds = json_object(),
	       *weights = json_object();
	char grade[2] = {o->evidence_grade, 0};
	ql_json_put(top, "schema", json_string("quell.optimize/1"));
	ql_json_put(top, "version", json_string(quell_version()));
	ql_json_put_hash(top, "model_hash", o->model_hash);
	ql_json_put(top, "seed", json_integer((json_int_t)o->seed));
	ql_json_put(tol, "rtol", ql_json_real(o->rtol));
	ql_json_put(top, "tolerances", tol);
	ql_json_put(top, "name", ql_json_text(o->name));
	ql_json_put(top, "title", ql_json_text(o->title));
	ql_json_put(top, "population", ql_json_text(o->population));
	ql_json_put(top, "evidence_grade", ql_json_text(grade));
	ql_json_put(top, "warning", ql_json_text(o->warning));
	ql_json_put(top, "patients", json_integer((json_int_t)o->patients));
	ql_json_put(top, "years", ql_json_real(o->years));
	for (int i = 0; i < QL_O_COUNT; i++) {
		if (o->weight[i] < 0 || o->weight[i] > 0)
			ql_json_put(weights, ql_opt_measure_def[i].id, ql_json_real(o->weight[i]));
		if (o->bound[i] == o->bound[i])
			ql_json_put(bounds, ql_opt_measure_def[i].id, ql_json_real(o->bound[i]));
	}
	ql_json_put(top, "minimise", weights);
	ql_json_put(top, "bounds", bounds);
	for (int i = 0; i < o->n_reference; i++) {
		json_t *r = json_object();
		ql_json_put(r, "id", json_string(o->reference[i].id));
		ql_json_put(r, "loss", ql_json_real(o->reference[i].loss));
		ql_json_put(r, "constraint_miss", ql_json_real(o->reference[i].miss));
		ql_json_put(r, "measures", measures(o->reference[i].measure));
		json_array_append_new(references, r);
	}
	ql_json_put(top, "references", references);
	for (int i = 0; i < o->n_trial; i++)
		json_array_append_new(trials, trial(o, &o->trial[i]));
	ql_json_put(top, "best", o->best >= 0 ? trial(o, &o->trial[o->best]) : json_null());
	ql_json_put(top, "schedules", trials);
	ql_json_put(top, "regimen", ql_json_text(o->regimen));
	ql_json_put(top, "regimen_name", ql_json_text(o->regimen_name));
	ql_json_put(top, "next_line", ql_json_text(o->next_line));
	ql_json_put(top, "protocol", ql_json_text(o->protocol));
	ql_json_write(top, out);
	json_decref(top);
}
