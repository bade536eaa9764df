/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "decide/recommend.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

static void put(json_t *o, const char *key, json_t *v) { json_object_set_new(o, key, v); }
static void text(json_t *o, const char *key, const char *s) { put(o, key, ql_json_text(s)); }
static void real(json_t *o, const char *key, double x) { put(o, key, ql_json_real(x)); }
static void count(json_t *o, const char *key, uint64_t n) { put(o, key, json_integer((json_int_t)n)); }

static json_t *ratio(struct ql_ratio r)
{
	if (!isfinite(r.estimate))
		return json_null();
	json_t *o = json_object();
	real(o, "estimate", r.estimate);
	real(o, "lower", r.lower);
	real(o, "upper", r.upper);
	return o;
}

static json_t *trials(const struct ql_trial_evidence *t)
{
	json_t *o = json_object(), *rows = json_array();
	put(o, "network", ratio(t->network));
	put(o, "direct", ratio(t->direct));
	for (int i = 0; i < t->n_row; i++) {
		json_t *r = json_object();
		text(r, "trial", t->row[i].trial);
		text(r, "role", t->row[i].role);
		count(r, "row", (uint64_t)t->row[i].row);
		json_array_append_new(rows, r);
	}
	put(o, "rows", rows);
	text(o, "certainty", t->certainty);
	text(o, "statement", t->statement);
	return o;
}

static json_t *rules(const struct ql_ranked *x)
{
	json_t *list = json_array();
	for (int i = 0; i < x->n_rule; i++) {
		const struct ql_guideline_rule *g = x->rule[i].rule;
		json_t *o = json_object(), *sources = json_array();
		text(o, "id", g->id);
		text(o, "effect", ql_effect_text[g->effect]);
		put(o, "sure", json_boolean(x->rule[i].sure));
		text(o, "text", g->text);
		text(o, "grade", g->grade);
		for (int k = 0; k < g->n_source; k++)
			json_array_append_new(sources, json_string(g->source[k]));
		put(o, "sources", sources);
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
		text(o, "id", ql_benefit_def[k].id);
		text(o, "title", ql_benefit_def[k].title);
		text(o, "unit", ql_benefit_def[k].unit);
		real(o, "estimate", s->mean[k]);
		real(o, "lower", s->lower[k]);
		real(o, "upper", s->upper[k]);
		real(o, "part_of_score", s->part[k]);
		real(o, "model_error", r->error[k]);
		count(o, "model_error_arms", (uint64_t)r->error_arms[k]);
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *quality(const struct ql_quality_summary *q)
{
	json_t *list = json_array();
	for (int s = 0; s < QL_QUALITY_N; s++) {
		json_t *x = json_object();
		text(x, "id", ql_quality_id[s]);
		text(x, "title", ql_quality_title[s]);
		real(x, "start", q->start[s]);
		real(x, "mean_5y", q->mean[s]);
		real(x, "months_to_deterioration", q->worse_month[s]);
		real(x, "without_deterioration_5y", q->well_5y[s]);
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
		text(o, "id", v->set.id);
		text(o, "title", v->set.title);
		text(o, "note", v->set.note);
		put(o, "used", json_boolean(v->used));
		for (int k = 0; k < r->n_eligible; k++)
			real(qaly, r->ranked[k].id, v->qaly[k]);
		put(o, "qaly", qaly);
		text(o, "first_by_qaly", v->by_qaly);
		text(o, "first_by_score", v->by_score);
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *regimen(const struct ql_recommendation *r, const struct ql_ranked *x)
{
	json_t *o = json_object(), *ranks = json_array();
	char grade[2] = {x->grade, 0};
	text(o, "id", x->id);
	text(o, "title", x->title);
	put(o, "rank", x->eligible ? json_integer(x->rank) : json_null());
	put(o, "eligible", json_boolean(x->eligible));
	text(o, "excluded", x->excluded);
	text(o, "evidence_grade", grade);
	text(o, "warning", x->warning);
	put(o, "rules", rules(x));
	if (x->smaa) {
		real(o, "score", x->smaa->value);
		real(o, "first", x->smaa->first);
		real(o, "regret", x->smaa->regret);
		for (int i = 0; i < r->smaa.n_option; i++)
			json_array_append_new(ranks, ql_json_real(x->smaa->rank[i]));
		put(o, "rank_acceptability", ranks);
		count(o, "tier", (uint64_t)x->smaa->tier);
		put(o, "criteria", criteria(x));
		real(o, "pfs_rate_60mo", x->pfs5);
		real(o, "umrd_pb_1e-4_any", x->umrd);
		put(o, "quality_of_life", quality(&x->quality));
		count(o, "patients_failed", x->failed);
		text(o, "for_it", x->driver[0]);
		text(o, "against_it", x->driver[1]);
		put(o, "trials_against_first", x->against_first ? trials(x->against_first) : json_null());
		put(o, "direct_evidence_outranks", json_boolean(x->moved));
		put(o, "consensus_outranks", json_boolean(x->by_consensus));
		put(o, "used_in_calibration", json_boolean(x->calibrated));
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
	text(o, "name", r->profile.name);
	text(o, "title", r->profile.title);
	for (int f = 0; f < QL_PROFILE_N; f++)
		if (ql_profile_knows(&r->profile, (enum ql_profile_field)f))
			text(fields, ql_profile_def[f].name, ql_profile_text(&r->profile, (enum ql_profile_field)f, &a));
	ql_arena_free(&a);
	put(o, "known", fields);
	put(o, "prior_lines", r->profile.lines_known ? json_integer(r->profile.n_line) : json_null());
	count(o, "observations", (uint64_t)r->profile.n_seen);
	count(ipi, "points_low", (uint64_t)r->ipi.low);
	count(ipi, "points_high", (uint64_t)r->ipi.high);
	text(ipi, "group", r->ipi.group);
	put(o, "cll_ipi", ipi);
	text(o, "tls_risk", r->tls);
	text(o, "treatment_indication", three[r->indication]);
	text(o, "indication_why", r->indication_why);
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
		text(o, "field", t->field);
		text(o, "text", t->text);
		text(o, "grade", t->grade);
		put(o, "sources", json_array());
		for (int k = 0; k < t->n_source; k++)
			json_array_append_new(json_object_get(o, "sources"), json_string(t->source[k]));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *preferences(const struct ql_recommendation *r)
{
	json_t *o = json_object();
	put(o, "stated", json_boolean(r->smaa.stated));
	for (int k = 0; k < QL_K_COUNT; k++)
		real(o, ql_benefit_def[k].id, r->smaa.weight[k]);
	return o;
}

void ql_recommendation_json(const struct ql_recommendation *r, struct ql_buf *out)
{
	json_t *o = json_object(), *list = json_array(), *info = json_array(), *qaly = json_array(), *tol = json_object();
	char hash[20];
	snprintf(hash, sizeof hash, "%016" PRIx64, r->model_hash);
	text(o, "schema", "quell.recommend/1");
	text(o, "version", quell_version());
	text(o, "research_use", "groups of virtual patients, not advice for a person");
	text(o, "model", r->model_name);
	text(o, "model_hash", hash);
	count(o, "seed", r->seed);
	real(tol, "rtol", r->rtol);
	put(o, "tolerances", tol);
	text(o, "population", r->population);
	count(o, "patients", r->patients);
	count(o, "candidates", r->candidates);
	real(o, "effective_patients", r->effective);
	put(o, "outside_of_population", json_boolean(r->outside));
	real(o, "years", r->years);
	text(o, "draws", r->draws);
	count(o, "n_draws", (uint64_t)r->n_draws);
	text(o, "guideline", r->guideline.name);
	put(o, "profile", profile(r));
	put(o, "preferences", preferences(r));
	text(o, "verdict", ql_verdict_text[r->verdict]);
	text(o, "statement", r->statement);
	for (int i = 0; i < r->n_ranked; i++)
		json_array_append_new(list, regimen(r, &r->ranked[i]));
	put(o, "regimens", list);
	for (int i = 0; i < r->n_eligible && r->qaly_order[i]; i++)
		json_array_append_new(qaly, json_string(r->qaly_order[i]));
	put(o, "order_by_qaly", qaly);
	for (int i = 0; i < r->n_information; i++) {
		json_t *x = json_object();
		text(x, "field", r->information[i].field);
		text(x, "title", r->information[i].title);
		real(x, "value", r->information[i].value);
		real(x, "share_that_would_change", r->information[i].change);
		json_array_append_new(info, x);
	}
	put(o, "information", info);
	put(o, "to_be_tested", tests_due(r));
	put(o, "utility_sets", utilities(r));
	ql_json_write(o, out);
	json_decref(o);
}
