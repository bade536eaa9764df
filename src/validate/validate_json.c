/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "compare/compare_json.h"
#include "validate/validate.h"
#include <math.h>


static json_t *row_json(const struct ql_validated *x)
{
	json_t *o = json_object(), *p = json_object(), *s = json_object();
	ql_json_put_text(o, "trial", x->trial);
	ql_json_put_text(o, "arm", x->arm);
	ql_json_put_text(o, "id", x->target.id);
	ql_json_put_text(o, "unit", x->target.unit);
	ql_json_put_text(o, "role", x->role);
	ql_json_put_real(p, "value", x->value);
	ql_json_put_real(p, "lower", x->lower);
	ql_json_put_real(p, "upper", x->upper);
	ql_json_put_text(p, "source", x->source);
	ql_json_put(o, "published", p);
	ql_json_put_real(s, "estimate", x->sim.estimate);
	ql_json_put_real(s, "lower", x->sim.lower[QL_LEVELS - 1]);
	ql_json_put_real(s, "upper", x->sim.upper[QL_LEVELS - 1]);
	ql_json_put(o, "simulated", s);
	ql_json_put(o, "hit", json_boolean(x->hit));
	return o;
}

/* Simulated hazard ratios beside the whole network, not only the trial itself. */
static json_t *network_json(const struct ql_validated *x)
{
	json_t *o = json_object();
	ql_json_put_text(o, "trial", x->trial);
	ql_json_put_text(o, "arm", x->arm);
	ql_json_put_text(o, "source", x->source);
	ql_json_put_real(o, "simulated", x->sim.estimate);
	ql_json_put(o, "trials", ql_trial_evidence_json(x->network));
	return o;
}

static json_t *reason_json(const struct ql_validated *x)
{
	json_t *o = json_object();
	ql_json_put_text(o, "trial", x->trial);
	ql_json_put_text(o, "arm", x->arm);
	ql_json_put_text(o, "endpoint", x->row->endpoint);
	ql_json_put_text(o, "role", x->role);
	ql_json_put(o, "verified", json_boolean(x->row->verified));
	ql_json_put_text(o, "source", x->source);
	ql_json_put_text(o, "reason", x->reason);
	return o;
}

static json_t *score_json(const struct ql_score *s)
{
	json_t *o = json_object(), *c = json_object(), *e = json_array();
	ql_json_put_text(o, "role", s->role);
	ql_json_put_count(o, "endpoints", (uint64_t)s->n);
	ql_json_put_count(o, "hits", (uint64_t)s->hit);
	ql_json_put_real(o, "hit_share", s->n ? (double)s->hit / s->n : NAN);
	ql_json_put_count(o, "trials", (uint64_t)s->n_trial);
	ql_json_put_real(o, "one_vote_per_trial", s->by_trial);
	ql_json_put_real(c, "50", s->coverage[0]);
	ql_json_put_real(c, "80", s->coverage[1]);
	ql_json_put_real(c, "95", s->coverage[2]);
	ql_json_put(o, "coverage", c);
	ql_json_put_real(o, "half_width_over_binomial", s->half_width);
	for (int i = 0; i < QL_CLASS_COUNT; i++) {
		json_t *k = json_object();
		ql_json_put_text(k, "class", ql_target_class_name[i]);
		ql_json_put_count(k, "endpoints", (uint64_t)s->class[i].n);
		ql_json_put_real(k, "mean_absolute_error", s->class[i].mean_error);
		json_array_append_new(e, k);
	}
	ql_json_put(o, "errors_of_arms_of_150_or_more", e);
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
		ql_json_put_text(t, "trial", v->left_out[i].trial);
		ql_json_put_text(t, "arm", *v->left_out[i].arm ? v->left_out[i].arm : NULL);
		ql_json_put_text(t, "role", v->left_out[i].role);
		ql_json_put_text(t, "reason", v->left_out[i].reason);
		json_array_append_new(trials, t);
	}
	ql_json_put(o, "endpoints", counted);
	ql_json_put(o, "recalled", recalled);
	ql_json_put(o, "not_simulated", without);
	ql_json_put(o, "trials_left_out", trials);
	ql_json_put(o, "networks", networks);
}

void ql_validation_json(const struct ql_validation *v, struct ql_buf *out)
{
	json_t *o = json_object(), *scores = json_array(), *effects = json_object();
	ql_json_put_text(o, "schema", "quell.validate/1");
	ql_json_put_text(o, "version", quell_version());
	ql_json_put_hash(o, "model_hash", v->model_hash);
	ql_json_put_count(o, "seed", v->seed);
	ql_json_put_count(o, "patients_per_arm", v->patients);
	ql_json_put_count(o, "replicates", (uint64_t)v->replicates);
	ql_json_put_count(o, "parameter_draws", v->n_draws > 1 ? (uint64_t)v->n_draws : 0);
	ql_json_put_real(o, "rtol", v->rtol);
	ql_json_put_count(o, "trials", (uint64_t)v->n_design);
	ql_json_put_count(o, "patients_simulated", v->n_simulated);
	ql_json_put_count(o, "patients_failed", v->n_failed);
	for (int i = 0; i < QL_EFFECT_COUNT; i++)
		ql_json_put_real(effects, ql_effect_name[i], v->trial_sd[i]);
	ql_json_put(o, "trial_effect_sd", effects);
	for (int i = 0; i < 4; i++)
		if (v->score[i].n > 0)
			json_array_append_new(scores, score_json(&v->score[i]));
	ql_json_put(o, "score", scores);
	add_rows(o, v);
	ql_json_write(o, out);
	json_decref(o);
}
