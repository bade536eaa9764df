/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "scale/work_sensitivity.h"
#include "base/io.h"
#include "base/rng.h"
#include "compare/endpoint.h"
#include "compare/job.h"
#include "scale/queue_private.h"
#include "scale/sensitivity_private.h"
#include "trial/rules.h"
#include <fnmatch.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FAILED_SHARE 0.01   /* of the patients: more makes an evaluation a missing value */
#define CHUNK_SOLVES 8192.0 /* of one chunk */
#define LEVEL 0.95

static const struct ql_span command_line = {"command line", 0, 0, 0};

/* --- inputs --- */

static const char *grade_text(enum ql_grade g)
{
	static const char *const text[] = {"none", "verified", "derived", "recalled", "assumed", "calibrated"};
	return (size_t)g < sizeof text / sizeof *text ? text[g] : "none";
}

static void bad(struct ql_sensitivity_work *w, enum ql_code code, const char *help, const char *fmt, const char *name)
{
	char text[256];
	snprintf(text, sizeof text, fmt, name);
	ql_diag_help(ql_diag_add(w->ds, code, command_line, "%s", text), "%s", help);
}

/* A value of its own that can be multiplied: not 0 and no expression of others. */
static bool usable(const struct ql_model *m, int q, double *value)
{
	return m->q[q].kind == QL_PARAM && ql_is_const(&m->dag, m->q[q].def, value) && isfinite(*value) && *value != 0;
}

static void add_input(struct ql_sensitivity_work *w, int q, double value)
{
	const struct ql_quantity *x = &w->job.model->q[q];
	double f = w->spec->spread;
	struct ql_sensitivity_input in = {.name = x->name, .unit = x->unit, .grade = grade_text(x->grade), .quantity = q,
					  .typical = value};
	for (int i = 0; i < w->n_input; i++)
		if (w->input[i].quantity == q)
			return;
	if (strcmp(x->unit, "1") == 0 && value > 0 && value < 1) {
		double odds = value / (1 - value);
		in.scale = QL_SCALE_ODDS;
		in.low = odds / f / (1 + odds / f);
		in.high = odds * f / (1 + odds * f);
	} else {
		in.scale = value > 0 ? QL_SCALE_LOG : QL_SCALE_LINEAR;
		in.low = value > 0 ? value / f : value * f;
		in.high = value > 0 ? value * f : value / f;
	}
	w->input[w->n_input++] = in;
}

static void choose_inputs(struct ql_sensitivity_work *w)
{
	const struct ql_model *m = w->job.model;
	double value;
	w->input = QL_NEW_N(&w->arena, struct ql_sensitivity_input, (size_t)m->n_q + 1);
	for (int q = 0; w->spec->n_input == 0 && q < m->n_q; q++)
		if (usable(m, q, &value))
			add_input(w, q, value);
	for (int i = 0; i < w->spec->n_input; i++) {
		const char *name = w->spec->input[i];
		int before = w->n_input, exact = ql_trial_quantity(m, name, 1u << QL_PARAM);
		for (int q = 0; q < m->n_q; q++)
			if ((q == exact || (strchr(name, '*') && fnmatch(name, m->q[q].name, 0) == 0)) && usable(m, q, &value))
				add_input(w, q, value);
		if (w->n_input > before)
			continue;
		const char *near = ql_model_suggest(m, name, 1u << QL_PARAM);
		struct ql_diag *d = ql_diag_add(w->ds, QL_E0604, command_line, "no parameter `%s` with a value of its own", name);
		ql_diag_help(d, near && exact < 0 ? "did you mean `%s`?" : "a parameter that is 0 or follows from others needs --range",
			     near);
	}
}

/* NAME=LOW:HIGH: uniform between them, whatever the parameter. */
static void apply_range(struct ql_sensitivity_work *w, const char *text)
{
	const struct ql_model *m = w->job.model;
	const char *equals = strchr(text, '='), *colon = equals ? strchr(equals, ':') : NULL;
	double low, high, value = NAN;
	if (!colon || !ql_parse_double(equals + 1, (size_t)(colon - equals - 1), &low) ||
	    !ql_parse_double(colon + 1, strlen(colon + 1), &high) || !isfinite(low) || !isfinite(high) || low >= high) {
		bad(w, QL_E0603, "write NAME=LOW:HIGH with two numbers, the smaller first", "cannot read the range `%s`", text);
		return;
	}
	const char *name = ql_arena_strndup(&w->arena, text, (size_t)(equals - text));
	int q = ql_trial_quantity(m, name, 1u << QL_PARAM);
	if (q < 0) {
		const char *near = ql_model_suggest(m, name, 1u << QL_PARAM);
		bad(w, QL_E0604, near ? ql_arena_printf(&w->arena, "did you mean `%s`?", near) : "`quell model show` lists all names",
		    "no parameter `%s`", name);
		return;
	}
	if (!usable(m, q, &value))
		value = ql_is_const(&m->dag, m->q[q].def, &value) ? value : (double)NAN;
	int i = 0;
	while (i < w->n_input && w->input[i].quantity != q)
		i++;
	w->n_input += i == w->n_input;
	w->input[i] = (struct ql_sensitivity_input){m->q[q].name, m->q[q].unit, grade_text(m->q[q].grade), q, QL_SCALE_LINEAR,
						    value, low, high};
}

double ql_sensitivity_value(const struct ql_sensitivity_input *in, double u)
{
	if (in->scale == QL_SCALE_LOG)
		return in->low * ql_pow(in->high / in->low, u);
	if (in->scale == QL_SCALE_LINEAR)
		return in->low + u * (in->high - in->low);
	double low = in->low / (1 - in->low), high = in->high / (1 - in->high), odds = low * ql_pow(high / low, u);
	return odds / (1 + odds);
}

/* --- outputs --- */

static void choose_outputs(struct ql_sensitivity_work *w)
{
	int n_def;
	struct ql_endpoint_def *def = ql_endpoint_defs(&w->arena, w->spec->run->years * QL_DAYS_PER_YEAR, &n_def);
	const char **names = QL_NEW_N(&w->arena, const char *, (size_t)n_def);
	size_t most = (size_t)(w->job.n_arm * w->spec->n_endpoint) + 1;
	for (int d = 0; d < n_def; d++)
		names[d] = def[d].id;
	w->output = QL_NEW_N(&w->arena, struct ql_sensitivity_output, most);
	w->def = QL_NEW_N(&w->arena, struct ql_endpoint_def, most);
	w->arm = QL_NEW_N(&w->arena, int, most);
	for (int e = 0; e < w->spec->n_endpoint; e++) {
		int d = 0;
		while (d < n_def && strcmp(def[d].id, w->spec->endpoint[e]) != 0)
			d++;
		if (d == n_def) {
			const char *near = ql_suggest(w->spec->endpoint[e], names, n_def);
			bad(w, QL_E0916, near ? ql_arena_printf(&w->arena, "did you mean `%s`?", near)
					      : "docs/results.md lists endpoints; landmarks must lie within --years",
			    "no endpoint `%s` within this horizon", w->spec->endpoint[e]);
			continue;
		}
		for (int a = 0; a < w->job.n_arm; a++) {
			const struct ql_regimen *r = &w->job.arm[a].regimen;
			w->def[w->n_output] = def[d];
			w->arm[w->n_output] = a;
			w->output[w->n_output++] = (struct ql_sensitivity_output){
				.regimen = r->name, .endpoint = def[d].id, .title = def[d].title, .unit = def[d].unit,
				.warning = r->warning, .evidence_grade = r->evidence_grade};
		}
	}
}

/* --- one evaluation --- */

static uint64_t per_row(const struct ql_sensitivity_work *w)
{
	return (uint64_t)w->n_input + (w->spec->method == QL_SENSITIVITY_SOBOL ? 2 : 1);
}

static void point(const struct ql_sensitivity_work *w, uint64_t evaluation, double *u)
{
	uint64_t row = evaluation / per_row(w);
	int which = (int)(evaluation % per_row(w)), moved;
	if (w->spec->method == QL_SENSITIVITY_SOBOL)
		ql_saltelli_point(w->spec->run->seed, (uint32_t)row, w->n_input, which, u);
	else
		ql_morris_point(w->spec->run->seed, row, w->n_input, which, u, &moved);
}

static enum quell_status simulate_arm(struct ql_sensitivity_work *w, int a, double *f)
{
	static const double no_grid = 0;
	struct ql_arm_result r;
	struct ql_arm_spec s = ql_job_arm_spec(&w->job, a);
	s.grid = &no_grid; /* no courses */
	s.n_grid = 0;
	enum quell_status status = ql_arm_run(&s, w->ds, &r);
	bool good = status == QUELL_OK && (double)r.n_failed <= FAILED_SHARE * (double)s.n_patients;
	const struct ql_cohort c = {.record = r.record, .n = s.n_patients, .horizon_day = s.horizon_day,
				    .response_day = s.regimen->response_day, .scratch = &w->scratch};
	for (int o = 0; status == QUELL_OK && o < w->n_output; o++) {
		struct ql_endpoint e = {.estimate = NAN};
		if (w->arm[o] != a)
			continue;
		if (good)
			ql_endpoint_estimate(&c, &w->def[o], &e);
		f[o] = e.estimate;
	}
	ql_arm_result_free(&r);
	return status;
}

static enum quell_status evaluate(struct ql_sensitivity_work *w, uint64_t evaluation, double *f)
{
	point(w, evaluation, w->u);
	if (w->spec->function) {
		f[0] = strcmp(w->spec->function, "g") == 0 ? ql_sobol_g(w->u, w->n_input) : ql_ishigami(w->u);
		return QUELL_OK;
	}
	for (int i = 0; i < w->n_input; i++)
		w->job.param[w->input[i].quantity] = ql_sensitivity_value(&w->input[i], w->u[i]);
	ql_job_constants(&w->job);
	enum quell_status s = QUELL_OK;
	for (int a = 0; a < w->job.n_arm && s == QUELL_OK; a++)
		s = simulate_arm(w, a, f);
	return s;
}

/* --- chunks --- */

static void span(void *self, uint64_t chunk, uint64_t *first, uint64_t *n)
{
	const struct ql_sensitivity_work *w = self;
	uint64_t left = w->work.units - chunk * w->chunk_size;
	*first = chunk * w->chunk_size;
	*n = left < w->chunk_size ? left : w->chunk_size;
}

static void put_double(struct ql_buf *b, double x)
{
	uint64_t u;
	char byte[8];
	memcpy(&u, &x, sizeof u);
	for (int i = 0; i < 8; i++)
		byte[i] = (char)(u >> (8 * i));
	ql_buf_add(b, byte, 8);
}

static double get_double(const unsigned char *p)
{
	uint64_t u = 0;
	double x;
	for (int i = 0; i < 8; i++)
		u |= (uint64_t)p[i] << (8 * i);
	memcpy(&x, &u, sizeof x);
	return x;
}

static enum quell_status run(void *self, uint64_t chunk, struct ql_buf *sum, struct ql_buf *rows)
{
	struct ql_sensitivity_work *w = self;
	uint64_t first, n;
	(void)rows;
	span(w, chunk, &first, &n);
	for (uint64_t e = first; e < first + n; e++) {
		enum quell_status s = evaluate(w, e, w->f);
		if (s != QUELL_OK)
			return s;
		for (int o = 0; o < w->n_output; o++)
			put_double(sum, w->f[o]);
	}
	return QUELL_OK;
}

static enum quell_status restart(void *self)
{
	struct ql_sensitivity_work *w = self;
	w->n_value = 0;
	if (!w->value)
		w->value = QL_NEW_N(&w->arena, double, (size_t)w->work.units * (size_t)w->n_output + 1);
	return QUELL_OK;
}

static enum quell_status add(void *self, const void *sum, size_t size)
{
	struct ql_sensitivity_work *w = self;
	const unsigned char *p = sum;
	if (size % 8 != 0 || w->n_value + size / 8 > w->work.units * (uint64_t)w->n_output)
		return QUELL_ERR_INPUT;
	for (size_t i = 0; i < size; i += 8)
		w->value[w->n_value++] = get_double(p + i);
	return QUELL_OK;
}

/* --- result --- */

static int by_influence(const void *x, const void *y, void *ctx)
{
	const struct ql_sensitivity_output *o = ctx;
	const int *a = x, *b = y;
	const struct ql_index *v = o->sobol.total ? o->sobol.total : o->morris.mu_star;
	double p = v[*a].value, q = v[*b].value;
	p = isnan(p) ? -INFINITY : p;
	q = isnan(q) ? -INFINITY : q;
	return p != q ? (p < q ? 1 : -1) : *a - *b;
}

static void estimate_output(struct ql_sensitivity_work *w, int o)
{
	struct ql_sensitivity_output *out = &w->output[o];
	uint64_t seed = w->spec->run->seed;
	for (uint64_t e = 0; e < w->work.units; e++)
		w->column[e] = w->value[e * (uint64_t)w->n_output + (uint64_t)o];
	if (w->spec->method == QL_SENSITIVITY_SOBOL)
		ql_saltelli_estimate(w->column, w->spec->samples, w->n_input, LEVEL, seed, &w->arena, &out->sobol);
	else
		ql_morris_estimate(w->column, w->spec->samples, w->n_input, LEVEL, seed, &w->arena, &out->morris);
	out->order = QL_NEW_N(&w->arena, int, (size_t)w->n_input + 1);
	for (int i = 0; i < w->n_input; i++)
		out->order[i] = i;
	qsort_r(out->order, (size_t)w->n_input, sizeof *out->order, by_influence, out);
}

static enum quell_status finish(void *self, struct ql_buf *json)
{
	struct ql_sensitivity_work *w = self;
	w->column = QL_NEW_N(&w->arena, double, (size_t)w->work.units + 1);
	w->result = (struct ql_sensitivity){.spec = w->spec, .input = w->input, .n_input = w->n_input, .n_output = w->n_output,
					    .output = w->output, .evaluations = w->work.units};
	if (!w->spec->function) {
		w->result.population = w->job.population.name;
		w->result.model_name = w->job.model->name;
		w->result.model_hash = w->job.model->hash;
	}
	for (uint64_t e = 0; e < w->work.units; e++)
		for (int o = 0; o < w->n_output; o++)
			if (isnan(w->value[e * (uint64_t)w->n_output + (uint64_t)o])) {
				w->result.failed++;
				break;
			}
	for (int o = 0; o < w->n_output; o++)
		estimate_output(w, o);
	ql_sensitivity_json(&w->result, LEVEL, json);
	return QUELL_OK;
}

static enum quell_status estimate(void *self, double *cpu_s, double *disk, double *memory)
{
	struct ql_sensitivity_work *w = self;
	const uint64_t pilot = w->work.units < 4 ? w->work.units : 4;
	double start = ql_cpu_seconds();
	for (uint64_t e = 0; e < pilot; e++) {
		enum quell_status s = evaluate(w, e * (w->work.units / pilot), w->f);
		if (s != QUELL_OK)
			return s;
	}
	*cpu_s = (ql_cpu_seconds() - start) * (double)w->work.units / (double)pilot;
	*disk = (double)w->work.units * 8.0 * w->n_output + 300.0 * (double)w->work.chunks + 2e5;
	*memory = 40e6 + (double)w->work.units * 16.0 * w->n_output +
		  (double)w->spec->run->patients * sizeof(struct ql_patient_record);
	return QUELL_OK;
}

/* --- opening --- */

static void function_inputs(struct ql_sensitivity_work *w)
{
	w->n_input = strcmp(w->spec->function, "g") == 0 ? 8 : 3;
	w->input = QL_NEW_N(&w->arena, struct ql_sensitivity_input, (size_t)w->n_input);
	for (int i = 0; i < w->n_input; i++)
		w->input[i] = (struct ql_sensitivity_input){ql_arena_printf(&w->arena, "x%d", i + 1), "", "none", -1,
							    QL_SCALE_LINEAR, NAN, 0, 1};
	w->output = QL_NEW(&w->arena, struct ql_sensitivity_output);
	w->output[0] = (struct ql_sensitivity_output){.regimen = w->spec->function, .endpoint = "value", .title = "value of the function",
						      .unit = "1", .evidence_grade = '-'};
	w->n_output = 1;
}

static enum quell_status prepare(struct ql_sensitivity_work *w)
{
	enum quell_status s = ql_job_open(&w->job, w->spec->run, w->ds);
	if (s != QUELL_OK)
		return s;
	choose_inputs(w);
	for (int i = 0; i < w->spec->n_range; i++)
		apply_range(w, w->spec->range[i]);
	choose_outputs(w);
	if (w->spec->method == QL_SENSITIVITY_SOBOL && w->n_input > QL_SOBOL_MAX_INPUTS) {
		struct ql_diag *d = ql_diag_add(w->ds, QL_E0605, command_line, "Sobol' indices of %d parameters are too many",
						w->n_input);
		ql_diag_help(d, "screen with `--method morris` first and name at most %d with `--params`", QL_SOBOL_MAX_INPUTS);
	}
	return w->ds->n_errors ? QUELL_ERR_INPUT : QUELL_OK;
}

static const char *title_of(struct ql_sensitivity_work *w)
{
	return ql_arena_printf(&w->arena, "%s of %d inputs on %s%s%s", w->spec->method == QL_SENSITIVITY_SOBOL ? "Sobol'" : "Morris",
			       w->n_input, w->output[0].endpoint, w->spec->function ? " of " : ", ", w->output[0].regimen);
}

static enum quell_status open_work(void *arg)
{
	struct ql_sensitivity_work *w = arg;
	const struct ql_run_spec *r = w->spec->run;
	enum quell_status s = QUELL_OK;
	if (w->spec->function)
		function_inputs(w);
	else
		s = prepare(w);
	if (s != QUELL_OK)
		return s;
	double solves = w->spec->function ? 1 : (double)r->patients * w->job.n_arm;
	w->u = QL_NEW_N(&w->arena, double, (size_t)w->n_input + 1);
	w->f = QL_NEW_N(&w->arena, double, (size_t)w->n_output + 1);
	w->work.units = w->spec->samples * per_row(w);
	w->chunk_size = (uint64_t)fmax(1, floor(CHUNK_SOLVES / solves));
	w->work = (struct ql_work){.kind = "sensitivity", .title = title_of(w), .settings = ql_sensitivity_settings(w),
				   .model_hash = w->spec->function ? 0 : w->job.model->hash, .seed = r->seed,
				   .units = w->work.units, .chunks = (w->work.units + w->chunk_size - 1) / w->chunk_size,
				   .unit_name = "evaluations", .self = w, .span = span, .run = run, .restart = restart, .add = add,
				   .finish = finish, .estimate = estimate};
	return QUELL_OK;
}

enum quell_status ql_sensitivity_work_open(const struct ql_sensitivity_spec *spec, struct ql_diags *ds,
					   struct ql_sensitivity_work **out)
{
	struct ql_sensitivity_work *w = calloc(1, sizeof *w);
	*out = w;
	if (!w)
		return QUELL_ERR_MEMORY;
	w->spec = spec;
	w->ds = ds;
	return ql_protect(open_work, w);
}

struct ql_work *ql_sensitivity_work(struct ql_sensitivity_work *w) { return &w->work; }
const struct ql_sensitivity *ql_sensitivity_result(const struct ql_sensitivity_work *w) { return &w->result; }

void ql_sensitivity_work_close(struct ql_sensitivity_work *w)
{
	if (!w)
		return;
	ql_job_close(&w->job);
	ql_arena_free(&w->scratch);
	ql_arena_free(&w->arena);
	free(w);
}

struct running {
	struct ql_sensitivity_work *w;
	struct ql_buf *json, sum;
};

static enum quell_status run_all(void *arg)
{
	struct running *r = arg;
	const struct ql_run_spec *spec = r->w->spec->run;
	enum quell_status s = restart(r->w);
	for (uint64_t c = 0; c < r->w->work.chunks && s == QUELL_OK; c++) {
		r->sum.len = 0;
		s = run(r->w, c, &r->sum, NULL);
		if (s == QUELL_OK)
			s = add(r->w, r->sum.data, r->sum.len);
		if (spec->progress)
			spec->progress(spec->progress_ctx, c + 1, r->w->work.chunks);
	}
	return s == QUELL_OK ? finish(r->w, r->json) : s;
}

enum quell_status ql_sensitivity_run(struct ql_sensitivity_work *w, struct ql_buf *json)
{
	struct running r = {.w = w, .json = json};
	enum quell_status s = ql_protect(run_all, &r);
	ql_buf_free(&r.sum);
	return s;
}
