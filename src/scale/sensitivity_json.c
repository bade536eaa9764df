/* SPDX-License-Identifier: Apache-2.0 */
/* Settings and results of a sensitivity analysis as JSON. */
#include "scale/sensitivity_private.h"
#include "scale/settings.h"
#include <string.h>

static const char *const method_name[] = {"sobol", "morris"};
static const char *const scale_name[] = {"linear", "log", "odds"};

const char *ql_sensitivity_settings(struct ql_sensitivity_work *w)
{
	const struct ql_sensitivity_spec *s = w->spec;
	json_t *o = ql_settings_new("sensitivity");
	ql_json_put_text(o, "method", method_name[s->method]);
	ql_json_put_count(o, "samples", s->samples);
	ql_json_put_count(o, "seed", s->run->seed);
	ql_json_put_text(o, "function", s->function);
	if (!s->function) {
		ql_settings_put_run(o, &w->arena, s->run, w->job.model->hash, w->ds);
		ql_json_put_real(o, "spread", s->spread);
		ql_settings_put_words(o, "params", s->input, s->n_input);
		ql_settings_put_words(o, "ranges", s->range, s->n_range);
		ql_settings_put_words(o, "endpoints", s->endpoint, s->n_endpoint);
	}
	ql_json_put_count(o, "chunk_evaluations", w->chunk_size);
	return ql_settings_text(o, &w->arena);
}

enum quell_status ql_sensitivity_settings_read(const char *settings, struct ql_arena *a, struct ql_run_spec *r,
					       struct ql_sensitivity_spec *s)
{
	json_t *o = ql_settings_open(settings, "sensitivity");
	if (!o)
		return QUELL_ERR_INPUT;
	const char *method = json_string_value(json_object_get(o, "method"));
	s->method = method && strcmp(method, "morris") == 0 ? QL_SENSITIVITY_MORRIS : QL_SENSITIVITY_SOBOL;
	s->samples = ql_settings_read_count(o, "samples");
	s->function = ql_settings_read_text(o, "function", a);
	s->spread = ql_settings_read_real(o, "spread");
	s->input = ql_settings_read_words(o, "params", a, &s->n_input);
	s->range = ql_settings_read_words(o, "ranges", a, &s->n_range);
	s->endpoint = ql_settings_read_words(o, "endpoints", a, &s->n_endpoint);
	ql_settings_read_run(o, a, r);
	s->run = r;
	json_decref(o);
	return QUELL_OK;
}

/* --- results --- */

static json_t *index_json(const struct ql_index *x, double level)
{
	json_t *o = json_object(), *interval = json_object();
	ql_json_put_real(o, "estimate", x->value);
	ql_json_put_real(interval, "lower", x->lower);
	ql_json_put_real(interval, "upper", x->upper);
	ql_json_put_real(interval, "level", level);
	ql_json_put_text(interval, "kind", "bootstrap");
	ql_json_put(o, "interval", interval);
	return o;
}

static json_t *input_json(const struct ql_sensitivity *r, const struct ql_sensitivity_output *out, int i, double level)
{
	const struct ql_sensitivity_input *in = &r->input[i];
	json_t *o = json_object();
	ql_json_put_text(o, "name", in->name);
	ql_json_put_text(o, "unit", in->unit);
	ql_json_put_text(o, "grade", in->grade);
	ql_json_put_real(o, "typical", in->typical);
	ql_json_put_real(o, "low", in->low);
	ql_json_put_real(o, "high", in->high);
	ql_json_put_text(o, "scale", scale_name[in->scale]);
	if (r->spec->method == QL_SENSITIVITY_SOBOL) {
		ql_json_put(o, "first", index_json(&out->sobol.first[i], level));
		ql_json_put(o, "total", index_json(&out->sobol.total[i], level));
	} else {
		ql_json_put(o, "mu_star", index_json(&out->morris.mu_star[i], level));
		ql_json_put_real(o, "mu", out->morris.mu[i]);
		ql_json_put_real(o, "sigma", out->morris.sigma[i]);
	}
	return o;
}

static json_t *output_json(const struct ql_sensitivity *r, const struct ql_sensitivity_output *out, double level)
{
	json_t *o = json_object(), *inputs = json_array();
	char grade[2] = {out->evidence_grade, 0};
	bool sobol = r->spec->method == QL_SENSITIVITY_SOBOL;
	ql_json_put_text(o, "regimen", out->regimen);
	ql_json_put_text(o, "evidence_grade", grade);
	ql_json_put_text(o, "warning", out->warning);
	ql_json_put_text(o, "endpoint", out->endpoint);
	ql_json_put_text(o, "title", out->title);
	ql_json_put_text(o, "unit", out->unit);
	ql_json_put_count(o, "samples_used", sobol ? out->sobol.n_used : out->morris.n_used);
	if (sobol) {
		ql_json_put_real(o, "mean", out->sobol.mean);
		ql_json_put_real(o, "variance", out->sobol.variance);
	}
	for (int i = 0; i < r->n_input; i++)
		json_array_append_new(inputs, input_json(r, out, out->order[i], level));
	ql_json_put(o, "inputs", inputs);
	return o;
}

void ql_sensitivity_json(const struct ql_sensitivity *r, double level, struct ql_buf *out)
{
	const struct ql_sensitivity_spec *s = r->spec;
	json_t *o = json_object(), *outputs = json_array();
	ql_json_put_text(o, "schema", "quell.sensitivity/1");
	ql_json_put_text(o, "version", quell_version());
	ql_json_put_text(o, "method", method_name[s->method]);
	ql_json_put_count(o, "seed", s->run->seed);
	ql_json_put_count(o, "samples", s->samples);
	ql_json_put_count(o, "evaluations", r->evaluations);
	ql_json_put_count(o, "evaluations_failed", r->failed);
	ql_json_put_text(o, "function", s->function);
	if (!s->function) {
		json_t *tolerances = json_object();
		ql_json_put_text(o, "model", r->model_name);
		ql_json_put_hash(o, "model_hash", r->model_hash);
		ql_json_put_text(o, "population", r->population);
		ql_json_put_count(o, "patients_per_evaluation", s->run->patients);
		ql_json_put_real(o, "years", s->run->years);
		ql_json_put_real(o, "spread", s->spread);
		ql_json_put_real(tolerances, "rtol", s->run->rtol > 0 ? s->run->rtol : 1e-4);
		ql_json_put(o, "tolerances", tolerances);
	}
	for (int i = 0; i < r->n_output; i++)
		json_array_append_new(outputs, output_json(r, &r->output[i], level));
	ql_json_put(o, "outputs", outputs);
	ql_json_write(o, out);
	json_decref(o);
}
