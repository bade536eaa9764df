/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "validate/calibrate.h"
#include <stdio.h>

static json_t *parameter_json(const struct ql_calibrated *p)
{
	json_t *o = json_object();
	ql_json_put_text(o, "name", p->name);
	ql_json_put_real(o, "start", p->start);
	ql_json_put_real(o, "mode", p->mode);
	ql_json_put_real(o, "prior_sd", p->prior_sd);
	ql_json_put_real(o, "posterior_sd", p->posterior_sd);
	ql_json_put_real(o, "shift", p->shift);
	ql_json_put(o, "identified", json_boolean(p->identified));
	ql_json_put_text(o, "partner", p->partner);
	ql_json_put_real(o, "correlation", p->correlation);
	return o;
}

static json_t *target_json(const struct ql_target_fit *t)
{
	json_t *o = json_object();
	ql_json_put_text(o, "trial", t->row->trial);
	ql_json_put_text(o, "arm", t->row->arm);
	ql_json_put_text(o, "endpoint", t->row->target.id);
	ql_json_put_text(o, "unit", t->row->target.unit);
	ql_json_put_real(o, "published", t->published);
	ql_json_put_real(o, "before", t->before);
	ql_json_put_real(o, "after", t->after);
	ql_json_put_real(o, "z_before", t->z_before);
	ql_json_put_real(o, "z_after", t->z_after);
	ql_json_put_real(o, "weight", t->weight);
	return o;
}

/* "CLL14, Ven-G, pfs_rate_24mo" */
static void put_target(json_t *o, const char *key, const struct ql_validated *x)
{
	struct ql_buf b = {0};
	ql_buf_printf(&b, "%s, %s, %s", x->trial, x->arm, x->target.id);
	ql_json_put_text(o, key, b.data);
	ql_buf_free(&b);
}

static json_t *conflict_json(const struct ql_calibration *c, const struct ql_conflict *k)
{
	json_t *o = json_object();
	put_target(o, "a", c->target[k->a].row);
	put_target(o, "b", c->target[k->b].row);
	ql_json_put_real(o, "cosine", k->cosine);
	return o;
}

static json_t *draw_json(const struct ql_calibration *c, const double *x)
{
	json_t *o = json_object();
	for (int j = 0; j < c->n_parameter; j++)
		ql_json_put_real(o, c->parameter[j].name, x[j]);
	return o;
}

void ql_calibration_json(const struct ql_calibration *c, struct ql_buf *out)
{
	json_t *o = json_object(), *parameters = json_array(), *targets = json_array(), *conflicts = json_array(),
	       *draws = json_array();
	ql_json_put_text(o, "schema", "quell.calibrate/1");
	ql_json_put_text(o, "version", quell_version());
	ql_json_put_hash(o, "model_hash", c->v->model_hash);
	ql_json_put_count(o, "seed", c->v->seed);
	ql_json_put_count(o, "patients_per_arm", c->v->patients);
	ql_json_put_real(o, "rtol", c->v->rtol);
	ql_json_put_real(o, "log_posterior_before", c->log_posterior_before);
	ql_json_put_real(o, "log_posterior_after", c->log_posterior_after);
	ql_json_put_real(o, "effective_sample_size", c->effective);
	ql_json_put_count(o, "draws_weighted", (uint64_t)c->n_drawn);
	for (int i = 0; i < c->n_parameter; i++)
		json_array_append_new(parameters, parameter_json(&c->parameter[i]));
	for (int i = 0; i < c->n_target; i++)
		json_array_append_new(targets, target_json(&c->target[i]));
	for (int i = 0; i < c->n_conflict; i++)
		json_array_append_new(conflicts, conflict_json(c, &c->conflict[i]));
	for (int i = 0; i < c->n_kept; i++)
		json_array_append_new(draws, draw_json(c, c->draw + i * c->n_parameter));
	ql_json_put(o, "parameters", parameters);
	ql_json_put(o, "targets", targets);
	ql_json_put(o, "conflicts", conflicts);
	ql_json_put(o, "draws", draws);
	ql_json_write(o, out);
	json_decref(o);
}
