/* SPDX-License-Identifier: Apache-2.0 */
#include "decide/trial_json.h"
#include "base/json.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

static void set(json_t *o, const char *key, json_t *v) { json_object_set_new(o, key, v); }
static void set_real(json_t *o, const char *key, double x) { set(o, key, ql_json_real(x)); }
static void set_text(json_t *o, const char *key, const char *s) { set(o, key, ql_json_text(s)); }
static void set_count(json_t *o, const char *key, uint64_t n) { set(o, key, json_integer((json_int_t)n)); }

static json_t *hash_json(uint64_t hash)
{
	char text[20];
	snprintf(text, sizeof text, "%016" PRIx64, hash);
	return ql_json_text(text);
}

static json_t *interval(double lower, double upper, double level, const char *kind)
{
	json_t *o = json_object();
	set_real(o, "lower", lower);
	set_real(o, "upper", upper);
	set_real(o, "level", level);
	set_text(o, "kind", kind);
	return o;
}

static json_t *prediction(const struct ql_prediction *p)
{
	json_t *o = json_object();
	set_real(o, "median", p->median);
	set(o, "interval", interval(p->lower, p->upper, 0.95, "trial"));
	set_count(o, "replicates", p->n);
	return o;
}

static json_t *endpoint(const struct ql_endpoint *e, const struct ql_prediction *p)
{
	json_t *o = json_object();
	set_text(o, "id", e->id);
	set_text(o, "title", e->title);
	set_text(o, "unit", e->unit);
	set_real(o, "estimate", e->estimate);
	set(o, "interval", interval(e->lower, e->upper, e->level, "sampling"));
	if (p)
		set(o, "prediction", prediction(p));
	return o;
}

static json_t *reals(const double *x, int n)
{
	json_t *list = json_array();
	for (int i = 0; i < n; i++)
		json_array_append_new(list, ql_json_real(x[i]));
	return list;
}

static json_t *counts(const uint64_t *x, int n)
{
	json_t *list = json_array();
	for (int i = 0; i < n; i++)
		json_array_append_new(list, json_integer((json_int_t)x[i]));
	return list;
}

static json_t *curve(const struct ql_curve *c)
{
	json_t *o = json_object();
	set_text(o, "id", c->id);
	set(o, "month", reals(c->month, c->n));
	set(o, "surv", reals(c->surv, c->n));
	set(o, "lower", reals(c->lower, c->n));
	set(o, "upper", reals(c->upper, c->n));
	set(o, "at_risk", counts(c->at_risk, c->n));
	set(o, "events", counts(c->events, c->n));
	set(o, "censored", counts(c->censored, c->n));
	return o;
}

static json_t *arm_json(const struct ql_trial_info *info, const struct ql_trial_sum *sum, const struct ql_trial_result *r,
			const struct ql_power_result *power, int a)
{
	json_t *o = json_object(), *endpoints = json_array(), *curves = json_array();
	char grade[2] = {info->evidence_grade[a], 0};
	uint64_t failed, done = ql_trial_sum_done(sum, a, &failed);
	set_text(o, "arm", info->arm[a]);
	set_text(o, "title", info->arm_title[a]);
	set_text(o, "evidence_grade", grade);
	set_text(o, "warning", info->warning[a]);
	set_count(o, "patients", info->n[a]);
	set_count(o, "patients_done", done);
	set_count(o, "patients_failed", failed);
	for (int e = 0; e < r->n_endpoint; e++)
		json_array_append_new(endpoints, endpoint(&r->endpoint[a][e], power ? &power->endpoint[a][e] : NULL));
	for (int c = 0; c < r->n_curve; c++)
		json_array_append_new(curves, curve(&r->curve[a][c]));
	set(o, "endpoints", endpoints);
	set(o, "curves", curves);
	return o;
}

static json_t *contrast_json(const struct ql_trial_info *info, const struct ql_trial_contrast *c,
			     const struct ql_power_result *power, int i)
{
	json_t *o = json_object();
	set_text(o, "endpoint", ql_trial_time_id[c->what]);
	set_text(o, "a", info->arm[c->arm_a]);
	set_text(o, "b", info->arm[c->arm_b]);
	set_real(o, "events", c->events);
	set_real(o, "hazard_ratio", c->hazard_ratio);
	set(o, "interval", interval(c->lower, c->upper, 0.95, "sampling"));
	set_real(o, "log_hazard_ratio", c->log_hr);
	set_real(o, "se", c->se);
	set_real(o, "z", c->z);
	set_real(o, "p", c->p);
	if (power) {
		const struct ql_power_contrast *p = &power->contrast[i];
		set(o, "prediction", prediction(&p->hazard_ratio));
		set_real(o, power->assurance ? "assurance" : "power", p->power);
		set(o, "power_interval", interval(p->lower, p->upper, 0.95, "monte_carlo"));
		set_real(o, "worse", p->harm);
	}
	return o;
}

static json_t *looks_json(const struct ql_power_result *p)
{
	json_t *list = json_array();
	for (int i = 0; i < p->n_look; i++) {
		const struct ql_look *l = &p->look[i];
		json_t *o = json_object();
		set_real(o, "information", l->information);
		set_real(o, "limit", l->limit);
		set_real(o, "efficacy", l->efficacy);
		set_real(o, "futility", l->futility);
		set_real(o, "day", l->day);
		set_real(o, "events", l->events);
		json_array_append_new(list, o);
	}
	return list;
}

static void add_power(json_t *o, const struct ql_power_result *p, double alpha)
{
	set_count(o, "replicates", p->replicates);
	set_real(o, "alpha", alpha);
	if (p->n_look == 0)
		return;
	set(o, "looks", looks_json(p));
	set_real(o, "expected_stop_day", p->stop_day);
	set_real(o, "expected_events", p->enrolled_events);
}

void ql_trial_json(const struct ql_trial *t, const struct ql_trial_sum *sum, const struct ql_trial_result *r,
		   const struct ql_power_result *power, double alpha, bool interrupted, struct ql_buf *out)
{
	const struct ql_trial_info *info = ql_trial_info(t);
	json_t *o = json_object(), *arms = json_array(), *contrasts = json_array(), *tolerances = json_object();
	set_text(o, "schema", "quell.trial/1");
	set_text(o, "version", quell_version());
	set(o, "model_hash", hash_json(info->model_hash));
	set_count(o, "seed", info->seed);
	set_real(tolerances, "rtol", info->rtol);
	set(o, "tolerances", tolerances);
	set_text(o, "trial", info->id);
	set_text(o, "title", info->title);
	set_text(o, "population", info->population);
	set_count(o, "patients_total", info->n_total);
	set_real(o, "follow_day", info->follow_day);
	set(o, "interrupted", json_boolean(interrupted));
	if (power)
		add_power(o, power, alpha);
	for (int a = 0; a < info->n_arm; a++)
		json_array_append_new(arms, arm_json(info, sum, r, power, a));
	for (int i = 0; i < r->n_contrast; i++)
		json_array_append_new(contrasts, contrast_json(info, &r->contrast[i], power, i));
	set(o, "arms", arms);
	set(o, "contrasts", contrasts);
	ql_json_write(o, out);
	json_decref(o);
}
