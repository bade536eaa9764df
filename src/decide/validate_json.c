/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "decide/compare_json.h"
#include "decide/validate.h"
#include <inttypes.h>
#include <math.h>

static void put(json_t *o, const char *key, json_t *v) { json_object_set_new(o, key, v); }
static void put_text(json_t *o, const char *key, const char *s) { put(o, key, ql_json_text(s)); }
static void put_real(json_t *o, const char *key, double x) { put(o, key, ql_json_real(x)); }
static void put_count(json_t *o, const char *key, uint64_t n) { put(o, key, json_integer((json_int_t)n)); }

static json_t *row_json(const struct ql_validated *x)
{
	json_t *o = json_object(), *p = json_object(), *s = json_object();
	put_text(o, "trial", x->trial);
	put_text(o, "arm", x->arm);
	put_text(o, "id", x->target.id);
	put_text(o, "unit", x->target.unit);
	put_text(o, "role", x->role);
	put_real(p, "value", x->value);
	put_real(p, "lower", x->lower);
	put_real(p, "upper", x->upper);
	put_text(p, "source", x->source);
	put(o, "published", p);
	put_real(s, "estimate", x->sim.estimate);
	put_real(s, "lower", x->sim.lower[QL_LEVELS - 1]);
	put_real(s, "upper", x->sim.upper[QL_LEVELS - 1]);
	put(o, "simulated", s);
	put(o, "hit", json_boolean(x->hit));
	return o;
}

/* Simulated hazard ratios beside the whole network, not only the trial itself. */
static json_t *network_json(const struct ql_validated *x)
{
	json_t *o = json_object();
	put_text(o, "trial", x->trial);
	put_text(o, "arm", x->arm);
	put_text(o, "source", x->source);
	put_real(o, "simulated", x->sim.estimate);
	put(o, "trials", ql_trial_evidence_json(x->network));
	return o;
}

static json_t *reason_json(const struct ql_validated *x)
{
	json_t *o = json_object();
	put_text(o, "trial", x->trial);
	put_text(o, "arm", x->arm);
	put_text(o, "endpoint", x->row->endpoint);
	put_text(o, "role", x->role);
	put(o, "verified", json_boolean(x->row->verified));
	put_text(o, "source", x->source);
	put_text(o, "reason", x->reason);
	return o;
}

static json_t *score_json(const struct ql_score *s)
{
	json_t *o = json_object(), *c = json_object(), *e = json_array();
	put_text(o, "role", s->role);
	put_count(o, "endpoints", (uint64_t)s->n);
	put_count(o, "hits", (uint64_t)s->hit);
	put_real(o, "hit_share", s->n ? (double)s->hit / s->n : NAN);
	put_count(o, "trials", (uint64_t)s->n_trial);
	put_real(o, "one_vote_per_trial", s->by_trial);
	put_real(c, "50", s->coverage[0]);
	put_real(c, "80", s->coverage[1]);
	put_real(c, "95", s->coverage[2]);
	put(o, "coverage", c);
	put_real(o, "half_width_over_binomial", s->half_width);
	for (int i = 0; i < QL_CLASS_COUNT; i++) {
		json_t *k = json_object();
		put_text(k, "class", ql_target_class_name[i]);
		put_count(k, "endpoints", (uint64_t)s->class[i].n);
		put_real(k, "mean_absolute_error", s->class[i].mean_error);
		json_array_append_new(e, k);
	}
	put(o, "errors_of_arms_of_150_or_more", e);
	return o;
}

static void add_rows(json_t *o, const struct ql_validation *v)
{
	json_t *counted = json_array(), *recalled = json_array(), *without = json_array(), *trials = json_array(),
	       *networks = json_array();
	for (int i = 0; i < v->n_item; i++) {
		const struct ql_validated *x = &v->item[i];
		if (x->network)
			json_array_append_new(networks, network_json(x));
		if (x->counted)
			json_array_append_new(counted, row_json(x));
		else if (x->simulated)
			json_array_append_new(recalled, row_json(x));
		else
			json_array_append_new(without, reason_json(x));
	}
	for (int i = 0; i < v->n_left_out; i++) {
		json_t *t = json_object();
		put_text(t, "trial", v->left_out[i].trial);
		put_text(t, "arm", *v->left_out[i].arm ? v->left_out[i].arm : NULL);
		put_text(t, "role", v->left_out[i].role);
		put_text(t, "reason", v->left_out[i].reason);
		json_array_append_new(trials, t);
	}
	put(o, "endpoints", counted);
	put(o, "recalled", recalled);
	put(o, "not_simulated", without);
	put(o, "trials_left_out", trials);
	put(o, "networks", networks);
}

void ql_validation_json(const struct ql_validation *v, struct ql_buf *out)
{
	char hash[24];
	json_t *o = json_object(), *scores = json_array(), *effects = json_object();
	put_text(o, "schema", "quell.validate/1");
	put_text(o, "version", quell_version());
	snprintf(hash, sizeof hash, "%016" PRIx64, v->model_hash);
	put_text(o, "model_hash", hash);
	put_count(o, "seed", v->seed);
	put_count(o, "patients_per_arm", v->patients);
	put_count(o, "replicates", (uint64_t)v->replicates);
	put_count(o, "parameter_draws", v->n_draws > 1 ? (uint64_t)v->n_draws : 0);
	put_real(o, "rtol", v->rtol);
	put_count(o, "trials", (uint64_t)v->n_design);
	put_count(o, "patients_simulated", v->n_simulated);
	put_count(o, "patients_failed", v->n_failed);
	for (int i = 0; i < QL_CLASS_COUNT; i++)
		put_real(effects, ql_target_class_name[i], v->trial_sd[i]);
	put(o, "trial_effect_sd", effects);
	for (int i = 0; i < 4; i++)
		if (v->score[i].n > 0)
			json_array_append_new(scores, score_json(&v->score[i]));
	put(o, "score", scores);
	add_rows(o, v);
	ql_json_write(o, out);
	json_decref(o);
}
