/* SPDX-License-Identifier: Apache-2.0 */
#include "study/trial_json.h"
#include "base/json.h"
#include "compare/compare_json.h"
#include <math.h>
#include <stdio.h>


static json_t *prediction(const struct ql_prediction *p)
{
	json_t *o = json_object();
	ql_json_put_real(o, "median", p->median);
	ql_json_put(o, "interval", ql_interval_json(p->lower, p->upper, 0.95, "trial"));
	ql_json_put_count(o, "replicates", p->n);
	return o;
}

static json_t *endpoint(const struct ql_endpoint *e, const struct ql_prediction *p)
{
	json_t *o = json_object();
	ql_json_put_text(o, "id", e->id);
	ql_json_put_text(o, "title", e->title);
	ql_json_put_text(o, "unit", e->unit);
	ql_json_put_real(o, "estimate", e->estimate);
	ql_json_put(o, "interval", ql_interval_json(e->lower, e->upper, e->level, "sampling"));
	if (p)
		ql_json_put(o, "prediction", prediction(p));
	return o;
}

static json_t *arm_json(const struct ql_trial_info *info, const struct ql_trial_sum *sum, const struct ql_trial_result *r,
			const struct ql_power_result *power, int a)
{
	json_t *o = json_object(), *endpoints = json_array(), *curves = json_array();
	char grade[2] = {info->evidence_grade[a], 0};
	uint64_t failed, done = ql_trial_sum_done(sum, a, &failed);
	ql_json_put_text(o, "arm", info->arm[a]);
	ql_json_put_text(o, "title", info->arm_title[a]);
	ql_json_put_text(o, "evidence_grade", grade);
	ql_json_put_text(o, "warning", info->warning[a]);
	ql_json_put_count(o, "patients", info->n[a]);
	ql_json_put_count(o, "patients_done", done);
	ql_json_put_count(o, "patients_failed", failed);
	for (int e = 0; e < r->n_endpoint; e++)
		json_array_append_new(endpoints, endpoint(&r->endpoint[a][e], power ? &power->endpoint[a][e] : NULL));
	for (int c = 0; c < r->n_curve; c++)
		json_array_append_new(curves, ql_curve_json(&r->curve[a][c]));
	ql_json_put(o, "endpoints", endpoints);
	ql_json_put(o, "curves", curves);
	return o;
}

static json_t *contrast_json(const struct ql_trial_info *info, const struct ql_trial_contrast *c,
			     const struct ql_power_result *power, int i)
{
	json_t *o = json_object();
	ql_json_put_text(o, "endpoint", ql_trial_time_id[c->what]);
	ql_json_put_text(o, "a", info->arm[c->arm_a]);
	ql_json_put_text(o, "b", info->arm[c->arm_b]);
	ql_json_put_real(o, "events", c->events);
	ql_json_put_real(o, "hazard_ratio", c->hazard_ratio);
	ql_json_put(o, "interval", ql_interval_json(c->lower, c->upper, 0.95, "sampling"));
	ql_json_put_real(o, "log_hazard_ratio", c->log_hr);
	ql_json_put_real(o, "se", c->se);
	ql_json_put_real(o, "z", c->z);
	ql_json_put_real(o, "p", c->p);
	if (power) {
		const struct ql_power_contrast *p = &power->contrast[i];
		ql_json_put(o, "prediction", prediction(&p->hazard_ratio));
		ql_json_put_real(o, power->assurance ? "assurance" : "power", p->power);
		ql_json_put(o, "power_interval", ql_interval_json(p->lower, p->upper, 0.95, "monte_carlo"));
		ql_json_put_real(o, "worse", p->harm);
	}
	return o;
}

static json_t *looks_json(const struct ql_power_result *p)
{
	json_t *list = json_array();
	for (int i = 0; i < p->n_look; i++) {
		const struct ql_look *l = &p->look[i];
		json_t *o = json_object();
		ql_json_put_real(o, "information", l->information);
		ql_json_put_real(o, "limit", l->limit);
		ql_json_put_real(o, "efficacy", l->efficacy);
		ql_json_put_real(o, "futility", l->futility);
		ql_json_put_real(o, "day", l->day);
		ql_json_put_real(o, "events", l->events);
		json_array_append_new(list, o);
	}
	return list;
}

static void add_power(json_t *o, const struct ql_power_result *p, double alpha)
{
	ql_json_put_count(o, "replicates", p->replicates);
	ql_json_put_real(o, "alpha", alpha);
	if (p->n_look == 0)
		return;
	ql_json_put(o, "looks", looks_json(p));
	ql_json_put_real(o, "expected_stop_day", p->stop_day);
	ql_json_put_real(o, "expected_events", p->enrolled_events);
}

void ql_trial_json(const struct ql_trial *t, const struct ql_trial_sum *sum, const struct ql_trial_result *r,
		   const struct ql_power_result *power, double alpha, bool interrupted, struct ql_buf *out)
{
	const struct ql_trial_info *info = ql_trial_info(t);
	json_t *o = json_object(), *arms = json_array(), *contrasts = json_array(), *tolerances = json_object();
	ql_json_put_text(o, "schema", "quell.trial/1");
	ql_json_put_text(o, "version", quell_version());
	ql_json_put_hash(o, "model_hash", info->model_hash);
	ql_json_put_count(o, "seed", info->seed);
	ql_json_put_real(tolerances, "rtol", info->rtol);
	ql_json_put(o, "tolerances", tolerances);
	ql_json_put_text(o, "trial", info->id);
	ql_json_put_text(o, "title", info->title);
	ql_json_put_text(o, "population", info->population);
	ql_json_put_count(o, "patients_total", info->n_total);
	ql_json_put_real(o, "follow_day", info->follow_day);
	ql_json_put(o, "parameter_draws", ql_draws_json(info->draws, info->draws_hash, info->n_draws));
	ql_json_put(o, "interrupted", json_boolean(interrupted));
	if (power)
		add_power(o, power, alpha);
	for (int a = 0; a < info->n_arm; a++)
		json_array_append_new(arms, arm_json(info, sum, r, power, a));
	for (int i = 0; i < r->n_contrast; i++)
		json_array_append_new(contrasts, contrast_json(info, &r->contrast[i], power, i));
	ql_json_put(o, "arms", arms);
	ql_json_put(o, "contrasts", contrasts);
	ql_json_write(o, out);
	json_decref(o);
}
