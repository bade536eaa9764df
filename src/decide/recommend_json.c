/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "compare/compare_json.h"
#include "decide/recommend.h"
#include <stdio.h>

static json_t *trials(const struct ql_trial_evidence *t)
{
	json_t *o = json_object(), *rows = json_array();
	ql_json_put(o, "network", ql_ratio_json(t->network));
	ql_json_put(o, "direct", ql_ratio_json(t->direct));
	for (int i = 0; i < t->n_row; i++) {
		json_t *r = json_object();
		ql_json_put_text(r, "trial", t->row[i].trial);
		ql_json_put_text(r, "role", t->row[i].role);
		ql_json_put_count(r, "row", (uint64_t)t->row[i].row);
		json_array_append_new(rows, r);
	}
	ql_json_put(o, "rows", rows);
	ql_json_put_text(o, "certainty", t->certainty);
	ql_json_put_text(o, "statement", t->statement);
	return o;
}

static json_t *rules(const struct ql_ranked *x)
{
	json_t *list = json_array();
	for (int i = 0; i < x->n_rule; i++) {
		const struct ql_guideline_rule *g = x->rule[i].rule;
		json_t *o = json_object(), *sources = json_array();
		ql_json_put_text(o, "id", g->id);
		ql_json_put_text(o, "effect", ql_effect_text[g->effect]);
		ql_json_put(o, "sure", json_boolean(x->rule[i].sure));
		ql_json_put_text(o, "text", g->text);
		ql_json_put_text(o, "grade", g->grade);
		for (int k = 0; k < g->n_source; k++)
			json_array_append_new(sources, json_string(g->source[k]));
		ql_json_put(o, "sources", sources);
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *criteria(const struct ql_ranked *r)
{
	const struct ql_smaa_option *s = r->smaa;
	json_t *list = json_array();
	for (int k = 0; k < QL_K_COUNT; k++) {
		json_t *o = json_object();
		ql_json_put_text(o, "id", ql_benefit_def[k].id);
		ql_json_put_text(o, "title", ql_benefit_def[k].title);
		ql_json_put_text(o, "unit", ql_benefit_def[k].unit);
		ql_json_put_real(o, "estimate", s->mean[k]);
		ql_json_put_real(o, "lower", s->lower[k]);
		ql_json_put_real(o, "upper", s->upper[k]);
		ql_json_put_real(o, "part_of_score", s->part[k]);
		ql_json_put_real(o, "model_error", r->error[k]);
		ql_json_put_count(o, "model_error_arms", (uint64_t)r->error_arms[k]);
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *quality(const struct ql_quality_summary *q)
{
	json_t *list = json_array();
	for (int s = 0; s < QL_QUALITY_N; s++) {
		json_t *x = json_object();
		ql_json_put_text(x, "id", ql_quality_id[s]);
		ql_json_put_text(x, "title", ql_quality_title[s]);
		ql_json_put_real(x, "start", q->start[s]);
		ql_json_put_real(x, "mean_5y", q->mean[s]);
		ql_json_put_real(x, "months_to_deterioration", q->worse_month[s]);
		ql_json_put_real(x, "without_deterioration_5y", q->well_5y[s]);
		json_array_append_new(list, x);
	}
	return list;
}

static json_t *utilities(const struct ql_recommendation *r)
{
	json_t *list = json_array();
	for (int i = 0; i < r->n_utility; i++) {
		const struct ql_utility_view *v = &r->utility[i];
		json_t *o = json_object(), *qaly = json_object();
		ql_json_put_text(o, "id", v->set.id);
		ql_json_put_text(o, "title", v->set.title);
		ql_json_put_text(o, "note", v->set.note);
		ql_json_put(o, "used", json_boolean(v->used));
		for (int k = 0; k < r->n_eligible; k++)
			ql_json_put_real(qaly, r->ranked[k].id, v->qaly[k]);
		ql_json_put(o, "qaly", qaly);
		ql_json_put_text(o, "first_by_qaly", v->by_qaly);
		ql_json_put_text(o, "first_by_score", v->by_score);
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *regimen(const struct ql_recommendation *r, const struct ql_ranked *x)
{
	json_t *o = json_object(), *ranks = json_array();
	char grade[2] = {x->grade, 0};
	ql_json_put_text(o, "id", x->id);
	ql_json_put_text(o, "title", x->title);
	ql_json_put(o, "rank", x->eligible ? json_integer(x->rank) : json_null());
	ql_json_put(o, "eligible", json_boolean(x->eligible));
	ql_json_put_text(o, "excluded", x->excluded);
	ql_json_put_text(o, "evidence_grade", grade);
	ql_json_put_text(o, "warning", x->warning);
	ql_json_put(o, "rules", rules(x));
	if (x->smaa) {
		ql_json_put_real(o, "score", x->smaa->value);
		ql_json_put_real(o, "first", x->smaa->first);
		ql_json_put_real(o, "regret", x->smaa->regret);
		for (int i = 0; i < r->smaa.n_option; i++)
			json_array_append_new(ranks, ql_json_real(x->smaa->rank[i]));
		ql_json_put(o, "rank_acceptability", ranks);
		ql_json_put_count(o, "tier", (uint64_t)x->smaa->tier);
		ql_json_put(o, "criteria", criteria(x));
		ql_json_put_real(o, "pfs_rate_60mo", x->pfs5);
		ql_json_put_real(o, "umrd_pb_1e-4_any", x->umrd);
		ql_json_put(o, "quality_of_life", quality(&x->quality));
		ql_json_put_count(o, "patients_failed", x->failed);
		ql_json_put_text(o, "for_it", x->driver[0]);
		ql_json_put_text(o, "against_it", x->driver[1]);
		ql_json_put(o, "trials_against_first", x->against_first ? trials(x->against_first) : json_null());
		ql_json_put(o, "direct_evidence_outranks", json_boolean(x->moved));
		ql_json_put(o, "consensus_outranks", json_boolean(x->by_consensus));
		ql_json_put(o, "used_in_calibration", json_boolean(x->calibrated));
	} else {
		json_decref(ranks);
	}
	return o;
}

static json_t *profile(const struct ql_recommendation *r)
{
	struct ql_arena a = {0};
	json_t *o = json_object(), *fields = json_object(), *ipi = json_object();
	static const char *const three[] = {"no", "yes", "not known"};
	ql_json_put_text(o, "name", r->profile.name);
	ql_json_put_text(o, "title", r->profile.title);
	for (int f = 0; f < QL_PROFILE_N; f++)
		if (ql_profile_knows(&r->profile, (enum ql_profile_field)f))
			ql_json_put_text(fields, ql_profile_def[f].name, ql_profile_text(&r->profile, (enum ql_profile_field)f, &a));
	ql_arena_free(&a);
	ql_json_put(o, "known", fields);
	ql_json_put(o, "prior_lines", r->profile.lines_known ? json_integer(r->profile.n_line) : json_null());
	ql_json_put_count(o, "observations", (uint64_t)r->profile.n_seen);
	ql_json_put_count(ipi, "points_low", (uint64_t)r->ipi.low);
	ql_json_put_count(ipi, "points_high", (uint64_t)r->ipi.high);
	ql_json_put_text(ipi, "group", r->ipi.group);
	ql_json_put(o, "cll_ipi", ipi);
	ql_json_put_text(o, "tls_risk", r->tls);
	ql_json_put_text(o, "treatment_indication", three[r->indication]);
	ql_json_put_text(o, "indication_why", r->indication_why);
	return o;
}

static json_t *tests_due(const struct ql_recommendation *r)
{
	json_t *list = json_array();
	for (int i = 0; i < r->guideline.n_test; i++) {
		const struct ql_guideline_test *t = &r->guideline.test[i];
		if (!ql_test_is_due(t, &r->profile))
			continue;
		json_t *o = json_object();
		ql_json_put_text(o, "field", t->field);
		ql_json_put_text(o, "text", t->text);
		ql_json_put_text(o, "grade", t->grade);
		ql_json_put(o, "sources", json_array());
		for (int k = 0; k < t->n_source; k++)
			json_array_append_new(json_object_get(o, "sources"), json_string(t->source[k]));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *preferences(const struct ql_recommendation *r)
{
	json_t *o = json_object();
	ql_json_put(o, "stated", json_boolean(r->smaa.stated));
	for (int k = 0; k < QL_K_COUNT; k++)
		ql_json_put_real(o, ql_benefit_def[k].id, r->smaa.weight[k]);
	return o;
}

void ql_recommendation_json(const struct ql_recommendation *r, struct ql_buf *out)
{
	json_t *o = json_object(), *list = json_array(), *info = json_array(), *qaly = json_array(), *tol = json_object();
	ql_json_put_text(o, "schema", "quell.recommend/1");
	ql_json_put_text(o, "version", quell_version());
	ql_json_put_text(o, "research_use", "groups of virtual patients, not advice for a person");
	ql_json_put_text(o, "model", r->model_name);
	ql_json_put_hash(o, "model_hash", r->model_hash);
	ql_json_put_count(o, "seed", r->seed);
	ql_json_put_real(tol, "rtol", r->rtol);
	ql_json_put(o, "tolerances", tol);
	ql_json_put_text(o, "population", r->population);
	ql_json_put_count(o, "patients", r->patients);
	ql_json_put_count(o, "candidates", r->candidates);
	ql_json_put_real(o, "effective_patients", r->effective);
	ql_json_put(o, "outside_of_population", json_boolean(r->outside));
	ql_json_put_real(o, "years", r->years);
	ql_json_put_text(o, "draws", r->draws);
	ql_json_put_count(o, "n_draws", (uint64_t)r->n_draws);
	ql_json_put_text(o, "guideline", r->guideline.name);
	ql_json_put(o, "profile", profile(r));
	ql_json_put(o, "preferences", preferences(r));
	ql_json_put_text(o, "verdict", ql_verdict_text[r->verdict]);
	ql_json_put_text(o, "statement", r->statement);
	for (int i = 0; i < r->n_ranked; i++)
		json_array_append_new(list, regimen(r, &r->ranked[i]));
	ql_json_put(o, "regimens", list);
	for (int i = 0; i < r->n_eligible && r->qaly_order[i]; i++)
		json_array_append_new(qaly, json_string(r->qaly_order[i]));
	ql_json_put(o, "order_by_qaly", qaly);
	for (int i = 0; i < r->n_information; i++) {
		json_t *x = json_object();
		ql_json_put_text(x, "field", r->information[i].field);
		ql_json_put_text(x, "title", r->information[i].title);
		ql_json_put_real(x, "value", r->information[i].value);
		ql_json_put_real(x, "share_that_would_change", r->information[i].change);
		json_array_append_new(info, x);
	}
	ql_json_put(o, "information", info);
	ql_json_put(o, "to_be_tested", tests_due(r));
	ql_json_put(o, "utility_sets", utilities(r));
	ql_json_write(o, out);
	json_decref(o);
}
