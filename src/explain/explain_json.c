/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "explain/explain.h"

static void put_grade(json_t *o, char grade)
{
	const char text[2] = {grade, 0};
	ql_json_put_text(o, "evidence_grade", text);
}

static json_t *list(const struct ql_names *n)
{
	json_t *l = json_array();
	for (int i = 0; i < n->n; i++)
		json_array_append_new(l, json_string(n->item[i]));
	return l;
}

static json_t *published_json(const struct ql_trial_row *r)
{
	json_t *o = json_object();
	ql_json_put_text(o, "trial", r->trial);
	ql_json_put_text(o, "treatment", r->treatment);
	ql_json_put_text(o, "endpoint", r->endpoint);
	ql_json_put(o, "value", ql_json_real(r->value));
	ql_json_put(o, "lower", ql_json_real(r->lower));
	ql_json_put(o, "upper", ql_json_real(r->upper));
	ql_json_put_text(o, "unit", r->unit);
	ql_json_put(o, "patients", ql_json_real(r->n_arm));
	ql_json_put_text(o, "line", r->line);
	ql_json_put_text(o, "population", r->population);
	ql_json_put_text(o, "subgroup", r->subgroup);
	ql_json_put_text(o, "source", r->publication);
	ql_json_put_text(o, "reference", *r->cite ? r->cite : NULL);
	ql_json_put(o, "verified", json_boolean(r->verified));
	ql_json_put(o, "row", json_integer(r->span.line));
	return o;
}

static json_t *simulated_json(const struct ql_explain_figure *f)
{
	json_t *o = json_object(), *interval = json_object();
	ql_json_put_text(o, "regimen", f->arm->id);
	put_grade(o, f->arm->evidence_grade);
	ql_json_put_text(o, "warning", f->arm->warning);
	ql_json_put_text(o, "endpoint", f->endpoint->id);
	ql_json_put_text(o, "title", f->endpoint->title);
	ql_json_put_text(o, "unit", f->endpoint->unit);
	ql_json_put(o, "estimate", ql_json_real(f->endpoint->estimate));
	ql_json_put(interval, "lower", ql_json_real(f->endpoint->lower));
	ql_json_put(interval, "upper", ql_json_real(f->endpoint->upper));
	ql_json_put(interval, "level", ql_json_real(f->endpoint->level));
	ql_json_put_text(interval, "kind", ql_interval_name(f->endpoint->kind));
	ql_json_put(o, "interval", interval);
	ql_json_put_text(o, "prior", f->arm->prior ? f->arm->prior->text : NULL);
	ql_json_put(o, "patients_failed", json_integer((json_int_t)f->arm->patients_failed));
	return o;
}

static json_t *aspect_json(const struct ql_explanation *e, int k)
{
	const struct ql_therapy_aspect *a = &e->therapy->aspect[k];
	json_t *o = json_object(), *model = json_object();
	ql_json_put_text(o, "text", a->text);
	ql_json_put(o, "references", list(&a->references));
	ql_json_put(model, "parameters", list(&a->parameters));
	ql_json_put(model, "equations", list(&a->equations));
	ql_json_put(o, "model", model);
	if (k == QL_EFFICACY || k == QL_SAFETY) {
		json_t *published = json_array(), *simulated = json_array();
		for (int i = 0; i < e->n_published[k]; i++)
			json_array_append_new(published, published_json(e->published[k][i]));
		for (int i = 0; i < e->n_figure[k]; i++)
			json_array_append_new(simulated, simulated_json(&e->figure[k][i]));
		ql_json_put(o, "published", published);
		ql_json_put(o, "simulated", simulated);
	}
	if (k == QL_FUTURE)
		ql_json_put(o, "what_if", list(&a->what_if));
	return o;
}

static json_t *simulation_json(const struct ql_explanation *e)
{
	if (!e->run)
		return json_null();
	json_t *o = json_object();
	ql_json_put_text(o, "population", e->population);
	ql_json_put_text(o, "population_title", e->run->population_title);
	ql_json_put(o, "patients", json_integer((json_int_t)e->run->patients_total));
	ql_json_put(o, "years", ql_json_real(e->run->years));
	ql_json_put(o, "seed", json_integer((json_int_t)e->run->seed));
	ql_json_put(o, "rtol", ql_json_real(e->run->rtol));
	return o;
}

static json_t *regimens_json(const struct ql_explanation *e)
{
	json_t *l = json_array();
	for (int i = 0; i < e->n_regimen; i++) {
		json_t *o = json_object();
		ql_json_put_text(o, "id", e->regimen[i].id);
		ql_json_put_text(o, "title", e->regimen[i].title);
		put_grade(o, e->regimen[i].evidence_grade);
		ql_json_put_text(o, "warning", e->regimen[i].warning);
		json_array_append_new(l, o);
	}
	return l;
}

static json_t *agents_json(const struct ql_therapy *t)
{
	json_t *l = json_array();
	for (int i = 0; i < t->agents.n; i++) {
		json_t *o = json_object();
		ql_json_put_text(o, "id", t->agents.item[i]);
		ql_json_put_text(o, "note", t->agent_note[i]);
		json_array_append_new(l, o);
	}
	return l;
}

static const char *row_text(const struct ql_explanation *e, const char *key)
{
	const struct ql_yaml *v = ql_yaml_get(e->agent_row, key);
	return v && v->kind == QL_YAML_SCALAR ? v->text : NULL;
}

static json_t *explanation_json(const struct ql_explanation *e)
{
	json_t *o = json_object(), *aspects = json_object();
	ql_json_put_text(o, "id", e->agent ? e->agent : e->therapy->id);
	ql_json_put_text(o, "title", e->agent ? row_text(e, "title") : e->therapy->title);
	if (e->agent) {
		ql_json_put_text(o, "class", row_text(e, "class"));
		ql_json_put_text(o, "therapy", e->therapy->id);
		ql_json_put_text(o, "note", e->agent_note);
	} else {
		ql_json_put_text(o, "summary", e->therapy->summary);
	}
	put_grade(o, e->evidence_grade);
	ql_json_put_text(o, "evidence", ql_evidence_grade_text(e->evidence_grade));
	ql_json_put_text(o, "warning", e->warning);
	ql_json_put(o, "regimens", regimens_json(e));
	if (!e->agent)
		ql_json_put(o, "agents", agents_json(e->therapy));
	ql_json_put(o, "simulation", simulation_json(e));
	for (int k = 0; k < QL_N_ASPECT; k++)
		ql_json_put(aspects, ql_aspect_name((enum ql_aspect)k), aspect_json(e, k));
	ql_json_put(o, "aspects", aspects);
	return o;
}

void ql_explain_json(const struct ql_explain *x, const struct ql_explanation *e, int n, struct ql_buf *out)
{
	json_t *o = json_object(), *l = json_array();
	ql_json_put_text(o, "schema", "quell.explain/1");
	ql_json_put_text(o, "version", quell_version());
	ql_json_put_text(o, "model", x->model->name);
	ql_json_put_hash(o, "model_hash", x->model->hash);
	for (int i = 0; i < n; i++)
		json_array_append_new(l, explanation_json(&e[i]));
	ql_json_put(o, n && e[0].agent ? "agents" : "therapies", l);
	ql_json_write(o, out);
	json_decref(o);
}
