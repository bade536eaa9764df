/* SPDX-License-Identifier: Apache-2.0 */
/* Settings and results of a sensitivity analysis as JSON. */
#include "base/json.h"
#include "scale/sensitivity_private.h"
#include "scale/work_compare.h"
#include <inttypes.h>
#include <string.h>

static const char *const method_name[] = {"sobol", "morris"};
static const char *const scale_name[] = {"linear", "log", "odds"};

static void put(json_t *o, const char *key, json_t *v) { json_object_set_new(o, key, v); }
static void put_text(json_t *o, const char *key, const char *s) { put(o, key, ql_json_text(s)); }
static void put_real(json_t *o, const char *key, double x) { put(o, key, ql_json_real(x)); }
static void put_count(json_t *o, const char *key, uint64_t n) { put(o, key, json_integer((json_int_t)n)); }

static void put_hash(json_t *o, const char *key, uint64_t h)
{
	char text[17];
	snprintf(text, sizeof text, "%016" PRIx64, h);
	put(o, key, json_string(text));
}

static json_t *words(struct ql_arena *a, const char **word, int n)
{
	json_t *list = json_array();
	for (int i = 0; i < n; i++)
		json_array_append_new(list, ql_json_text(a ? ql_work_path(a, word[i]) : word[i]));
	return list;
}

const char *ql_sensitivity_settings(struct ql_sensitivity_work *w)
{
	const struct ql_sensitivity_spec *s = w->spec;
	const struct ql_run_spec *r = s->run;
	struct ql_buf b = {0};
	json_t *o = json_object();
	put_text(o, "kind", "sensitivity");
	put_text(o, "quell", quell_version());
	put_text(o, "method", method_name[s->method]);
	put_count(o, "samples", s->samples);
	put_count(o, "seed", r->seed);
	put_text(o, "function", s->function);
	if (!s->function) {
		put_text(o, "model", ql_work_path(&w->arena, r->model));
		put_hash(o, "model_hash", w->job.model->hash);
		put_hash(o, "inputs_hash", ql_work_inputs_hash(w->ds, r->data_dir));
		put_text(o, "population", ql_work_path(&w->arena, r->population));
		put(o, "regimens", words(&w->arena, r->regimen, r->n_regimen));
		put(o, "set", words(NULL, r->set, r->n_set));
		put_count(o, "patients", r->patients);
		put_real(o, "years", r->years);
		put_real(o, "rtol", r->rtol > 0 ? r->rtol : 1e-4);
		put_text(o, "solver", r->solver == QL_SOLVER_CVODE ? "cvode" : "own");
		put_text(o, "protocol", ql_work_path(&w->arena, r->protocol));
		put_text(o, "next_line", ql_work_path(&w->arena, r->next_line));
		put(o, "fixed_doses", json_boolean(r->fixed_doses));
		put_real(o, "spread", s->spread);
		put(o, "params", words(NULL, s->input, s->n_input));
		put(o, "ranges", words(NULL, s->range, s->n_range));
		put(o, "endpoints", words(NULL, s->endpoint, s->n_endpoint));
	}
	put_count(o, "chunk_evaluations", w->chunk_size);
	ql_json_write(o, &b);
	json_decref(o);
	const char *text = ql_arena_strdup(&w->arena, b.data);
	ql_buf_free(&b);
	return text;
}

static const char **read_words(const json_t *list, struct ql_arena *a, int *n)
{
	*n = (int)json_array_size(list);
	const char **out = QL_NEW_N(a, const char *, (size_t)*n + 1);
	for (int i = 0; i < *n; i++) {
		const char *s = json_string_value(json_array_get(list, (size_t)i));
		out[i] = ql_arena_strdup(a, s ? s : "");
	}
	return out;
}

static const char *read_text(const json_t *o, const char *key, struct ql_arena *a)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? ql_arena_strdup(a, s) : NULL;
}

enum quell_status ql_sensitivity_settings_read(const char *settings, struct ql_arena *a, struct ql_run_spec *r,
					       struct ql_sensitivity_spec *s)
{
	json_t *o = json_loads(settings, 0, NULL);
	const char *kind = json_string_value(json_object_get(o, "kind")), *text;
	if (!kind || strcmp(kind, "sensitivity") != 0) {
		json_decref(o);
		return QUELL_ERR_INPUT;
	}
	text = json_string_value(json_object_get(o, "method"));
	s->method = text && strcmp(text, "morris") == 0 ? QL_SENSITIVITY_MORRIS : QL_SENSITIVITY_SOBOL;
	s->samples = (uint64_t)json_integer_value(json_object_get(o, "samples"));
	s->function = read_text(o, "function", a);
	s->spread = json_number_value(json_object_get(o, "spread"));
	s->input = read_words(json_object_get(o, "params"), a, &s->n_input);
	s->range = read_words(json_object_get(o, "ranges"), a, &s->n_range);
	s->endpoint = read_words(json_object_get(o, "endpoints"), a, &s->n_endpoint);
	r->model = read_text(o, "model", a);
	r->population = read_text(o, "population", a);
	r->protocol = read_text(o, "protocol", a);
	r->next_line = read_text(o, "next_line", a);
	r->regimen = read_words(json_object_get(o, "regimens"), a, &r->n_regimen);
	r->set = read_words(json_object_get(o, "set"), a, &r->n_set);
	r->patients = (uint64_t)json_integer_value(json_object_get(o, "patients"));
	r->years = json_number_value(json_object_get(o, "years"));
	r->seed = (uint64_t)json_integer_value(json_object_get(o, "seed"));
	r->rtol = json_number_value(json_object_get(o, "rtol"));
	text = json_string_value(json_object_get(o, "solver"));
	r->solver = text && strcmp(text, "cvode") == 0 ? QL_SOLVER_CVODE : QL_SOLVER_OWN;
	r->fixed_doses = json_is_true(json_object_get(o, "fixed_doses"));
	s->run = r;
	json_decref(o);
	return QUELL_OK;
}

/* --- results --- */

static json_t *index_json(const struct ql_index *x, double level)
{
	json_t *o = json_object(), *interval = json_object();
	put_real(o, "estimate", x->value);
	put_real(interval, "lower", x->lower);
	put_real(interval, "upper", x->upper);
	put_real(interval, "level", level);
	put_text(interval, "kind", "bootstrap");
	put(o, "interval", interval);
	return o;
}

static json_t *input_json(const struct ql_sensitivity *r, const struct ql_sensitivity_output *out, int i, double level)
{
	const struct ql_sensitivity_input *in = &r->input[i];
	json_t *o = json_object();
	put_text(o, "name", in->name);
	put_text(o, "unit", in->unit);
	put_text(o, "grade", in->grade);
	put_real(o, "typical", in->typical);
	put_real(o, "low", in->low);
	put_real(o, "high", in->high);
	put_text(o, "scale", scale_name[in->scale]);
	if (r->spec->method == QL_SENSITIVITY_SOBOL) {
		put(o, "first", index_json(&out->sobol.first[i], level));
		put(o, "total", index_json(&out->sobol.total[i], level));
	} else {
		put(o, "mu_star", index_json(&out->morris.mu_star[i], level));
		put_real(o, "mu", out->morris.mu[i]);
		put_real(o, "sigma", out->morris.sigma[i]);
	}
	return o;
}

static json_t *output_json(const struct ql_sensitivity *r, const struct ql_sensitivity_output *out, double level)
{
	json_t *o = json_object(), *inputs = json_array();
	char grade[2] = {out->evidence_grade, 0};
	bool sobol = r->spec->method == QL_SENSITIVITY_SOBOL;
	put_text(o, "regimen", out->regimen);
	put_text(o, "evidence_grade", grade);
	put_text(o, "warning", out->warning);
	put_text(o, "endpoint", out->endpoint);
	put_text(o, "title", out->title);
	put_text(o, "unit", out->unit);
	put_count(o, "samples_used", sobol ? out->sobol.n_used : out->morris.n_used);
	if (sobol) {
		put_real(o, "mean", out->sobol.mean);
		put_real(o, "variance", out->sobol.variance);
	}
	for (int i = 0; i < r->n_input; i++)
		json_array_append_new(inputs, input_json(r, out, out->order[i], level));
	put(o, "inputs", inputs);
	return o;
}

void ql_sensitivity_json(const struct ql_sensitivity *r, double level, struct ql_buf *out)
{
	const struct ql_sensitivity_spec *s = r->spec;
	json_t *o = json_object(), *outputs = json_array();
	put_text(o, "schema", "quell.sensitivity/1");
	put_text(o, "version", quell_version());
	put_text(o, "method", method_name[s->method]);
	put_count(o, "seed", s->run->seed);
	put_count(o, "samples", s->samples);
	put_count(o, "evaluations", r->evaluations);
	put_count(o, "evaluations_failed", r->failed);
	put_text(o, "function", s->function);
	if (!s->function) {
		json_t *tolerances = json_object();
		put_text(o, "model", r->model_name);
		put_hash(o, "model_hash", r->model_hash);
		put_text(o, "population", r->population);
		put_count(o, "patients_per_evaluation", s->run->patients);
		put_real(o, "years", s->run->years);
		put_real(o, "spread", s->spread);
		put_real(tolerances, "rtol", s->run->rtol > 0 ? s->run->rtol : 1e-4);
		put(o, "tolerances", tolerances);
	}
	for (int i = 0; i < r->n_output; i++)
		json_array_append_new(outputs, output_json(r, &r->output[i], level));
	put(o, "outputs", outputs);
	ql_json_write(o, out);
	json_decref(o);
}
