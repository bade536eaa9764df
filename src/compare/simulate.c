/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/simulate.h"
#include "base/csv.h"
#include "base/io.h"
#include "base/json.h"
#include "compare/job.h"
#include "trial/names.h"
#include "trial/rules.h"
#include <inttypes.h>
#include <math.h>

struct simulating { /* one call at work */
	const struct ql_simulate_spec *spec;
	struct ql_run_spec run;
	struct ql_diags *ds;
	struct ql_simulation *s;
	struct ql_job job;
	struct ql_arm_result result;
	int *out; /* plan outputs of the arm that runs, in the order of s->output */
	struct ql_simulation_arm *arm;
};

static const char *copy(struct ql_simulation *s, const char *text) { return ql_arena_strdup(&s->arena, text); }

static void observe(void *ctx, uint64_t patient, double day, unsigned at, const double *out)
{
	struct simulating *k = ctx;
	(void)patient;
	(void)day;
	if (!(at & QL_READ_GRID) || k->arm->n_day >= k->s->n_day)
		return;
	for (int o = 0; o < k->s->n_output; o++)
		k->arm->value[o * k->s->n_day + k->arm->n_day] = k->out[o] < 0 ? NAN : out[k->out[o]];
	k->arm->n_day++;
}

static int output_quantity(const struct ql_model *m, const char *name)
{
	return ql_trial_quantity(m, name, 1u << QL_OUTPUT);
}

static void add_output(struct simulating *k, int q)
{
	struct ql_simulation *s = k->s;
	s->output[s->n_output] = copy(s, k->job.model->q[q].name);
	s->unit[s->n_output] = copy(s, k->job.model->q[q].unit);
	s->title[s->n_output] = copy(s, k->job.model->q[q].doc);
	s->n_output++;
}

static enum quell_status choose_outputs(struct simulating *k)
{
	const struct ql_model *m = k->job.model;
	size_t n = (size_t)(m->n_q + k->spec->n_output + 1);
	k->s->output = QL_NEW_N(&k->s->arena, const char *, n);
	k->s->unit = QL_NEW_N(&k->s->arena, const char *, n);
	k->s->title = QL_NEW_N(&k->s->arena, const char *, n);
	k->out = QL_NEW_N(&k->s->arena, int, n);
	for (int i = 0; i < m->n_q && k->spec->n_output == 0; i++)
		if (m->q[i].kind == QL_OUTPUT)
			add_output(k, i);
	for (int i = 0; i < k->spec->n_output; i++) {
		int q = output_quantity(m, k->spec->output[i]);
		if (q >= 0) {
			add_output(k, q);
			continue;
		}
		struct ql_diag *d = ql_diag_add(k->ds, QL_E0608, (struct ql_span){"command line", 0, 0, 0},
						"the model has no output `%s`", k->spec->output[i]);
		const char *near = ql_model_suggest(m, k->spec->output[i], 1u << QL_OUTPUT);
		ql_diag_help(d, near ? "did you mean `%s`?" : "`quell model show` lists the outputs", near);
	}
	return k->ds->n_errors ? QUELL_ERR_INPUT : QUELL_OK;
}

static void make_grid(struct simulating *k)
{
	double step = k->spec->step_day > 0.0 ? k->spec->step_day : 7.0;
	double horizon = k->run.years * QL_DAYS_PER_YEAR;
	k->s->n_day = (int)floor(horizon / step + 1e-9) + 1;
	k->s->day = QL_NEW_N(&k->s->arena, double, (size_t)k->s->n_day);
	for (int i = 0; i < k->s->n_day; i++)
		k->s->day[i] = i * step;
}

/* The same draw as the arm makes: a pure function of seed and patient. */
static void describe_patient(struct simulating *k)
{
	const struct ql_model *m = k->job.model;
	struct ql_simulation *s = k->s;
	struct ql_values *v = &k->job.scratch;
	ql_values_init(k->job.arm[0].plan, v);
	ql_population_draw(&k->job.population, m, k->run.seed, k->spec->patient, k->job.covariate, v);
	s->covariate = QL_NEW_N(&s->arena, const char *, (size_t)m->n_q + 1);
	s->covariate_unit = QL_NEW_N(&s->arena, const char *, (size_t)m->n_q + 1);
	s->covariate_value = QL_NEW_N(&s->arena, double, (size_t)m->n_q + 1);
	for (int i = 0; i < m->n_q; i++)
		if (m->q[i].kind == QL_COVARIATE) {
			s->covariate[s->n_covariate] = copy(s, m->q[i].name);
			s->covariate_unit[s->n_covariate] = copy(s, m->q[i].unit);
			s->covariate_value[s->n_covariate++] = v->q[i];
		}
	ql_values_free(v);
}

static enum quell_status simulate_arm(struct simulating *k, int i)
{
	const struct ql_job_arm *job = &k->job.arm[i];
	struct ql_simulation_arm *arm = k->arm = &k->s->arm[i];
	*arm = (struct ql_simulation_arm){.id = copy(k->s, job->regimen.name), .title = copy(k->s, job->regimen.title),
					  .evidence_grade = job->regimen.evidence_grade,
					  .warning = copy(k->s, job->regimen.warning), .n_state = job->plan->n_state};
	arm->value = QL_NEW_N(&k->s->arena, double, (size_t)k->s->n_output * (size_t)k->s->n_day + 1);
	for (int o = 0; o < k->s->n_output; o++)
		k->out[o] = ql_trial_output(job->plan, k->s->output[o]);
	struct ql_arm_spec spec = ql_job_arm_spec(&k->job, i);
	spec.first_patient = k->spec->patient;
	spec.typical = k->spec->typical;
	spec.grid = k->s->day;
	spec.n_grid = k->s->n_day;
	spec.observe = observe;
	spec.observe_ctx = k;
	enum quell_status s = ql_arm_run(&spec, k->ds, &k->result);
	if (s != QUELL_OK)
		return s;
	arm->status = (enum quell_status)k->result.record[0].status;
	ql_arm_result_free(&k->result);
	return QUELL_OK;
}

static enum quell_status simulate(void *arg)
{
	struct simulating *k = arg;
	k->s = ql_realloc(NULL, 1, sizeof *k->s);
	*k->s = (struct ql_simulation){0};
	enum quell_status s = ql_job_open(&k->job, &k->run, k->ds);
	if (s == QUELL_OK)
		s = choose_outputs(k);
	if (s != QUELL_OK)
		return s;
	k->s->model_hash = k->job.model->hash;
	k->s->seed = k->run.seed;
	k->s->patient = k->spec->patient;
	k->s->population = copy(k->s, k->job.population.name);
	k->s->typical = k->spec->typical;
	k->s->rtol = k->run.rtol > 0.0 ? k->run.rtol : 1e-4;
	make_grid(k);
	describe_patient(k);
	k->s->n_arm = k->job.n_arm;
	k->s->arm = QL_NEW_N(&k->s->arena, struct ql_simulation_arm, (size_t)k->job.n_arm);
	for (int i = 0; i < k->s->n_arm && s == QUELL_OK; i++)
		s = simulate_arm(k, i);
	return s;
}

enum quell_status ql_simulate_run(const struct ql_simulate_spec *spec, struct ql_diags *ds, struct ql_simulation **out)
{
	*out = NULL;
	struct simulating k = {.spec = spec, .run = spec->run, .ds = ds};
	k.run.patients = 1;
	k.run.threads = 1;
	k.run.fixed_doses = true;
	enum quell_status s = ql_protect(simulate, &k);
	ql_arm_result_free(&k.result);
	ql_job_close(&k.job);
	if (s == QUELL_OK)
		*out = k.s;
	else
		ql_simulation_free(k.s);
	return s;
}

void ql_simulation_free(struct ql_simulation *s)
{
	if (!s)
		return;
	ql_arena_free(&s->arena);
	ql_free(s);
}

/* --- text --- */

static json_t *profile_json(const struct ql_simulation *s)
{
	json_t *o = json_object();
	for (int i = 0; i < s->n_covariate; i++) {
		json_t *v = json_object();
		ql_json_put_real(v, "value", s->covariate_value[i]);
		ql_json_put_text(v, "unit", s->covariate_unit[i]);
		ql_json_put(o, s->covariate[i], v);
	}
	return o;
}

static json_t *arm_json(const struct ql_simulation *s, const struct ql_simulation_arm *a)
{
	json_t *o = json_object(), *outputs = json_array();
	char grade[2] = {a->evidence_grade, 0};
	ql_json_put_text(o, "id", a->id);
	ql_json_put_text(o, "title", a->title);
	ql_json_put_text(o, "evidence_grade", grade);
	ql_json_put_text(o, "warning", a->warning);
	ql_json_put(o, "n_state", json_integer(a->n_state));
	ql_json_put_text(o, "status", quell_status_text(a->status));
	for (int i = 0; i < s->n_output; i++) {
		json_t *out = json_object();
		ql_json_put_text(out, "output", s->output[i]);
		ql_json_put_text(out, "unit", s->unit[i]);
		ql_json_put_text(out, "title", s->title[i]);
		ql_json_put_reals(out, "value", a->value + i * s->n_day, a->n_day);
		json_array_append_new(outputs, out);
	}
	ql_json_put(o, "outputs", outputs);
	return o;
}

void ql_simulation_json(const struct ql_simulation *s, struct ql_buf *out)
{
	json_t *o = json_object(), *regimens = json_array();
	ql_json_put_text(o, "schema", "quell.simulate/1");
	ql_json_put_text(o, "version", quell_version());
	ql_json_put_hash(o, "model_hash", s->model_hash);
	ql_json_put(o, "seed", json_integer((json_int_t)s->seed));
	ql_json_put_text(o, "population", s->population);
	ql_json_put(o, "patient", json_integer((json_int_t)s->patient));
	ql_json_put(o, "typical", json_boolean(s->typical));
	ql_json_put(o, "tolerances", json_pack("{s:o}", "rtol", ql_json_real(s->rtol)));
	ql_json_put(o, "profile", profile_json(s));
	ql_json_put_reals(o, "day", s->day, s->n_day);
	for (int i = 0; i < s->n_arm; i++)
		json_array_append_new(regimens, arm_json(s, &s->arm[i]));
	ql_json_put(o, "regimens", regimens);
	ql_json_write(o, out);
	json_decref(o);
}

void ql_simulation_csv(const struct ql_simulation *s, struct ql_buf *out)
{
	char text[32];
	ql_buf_puts(out, "regimen,day");
	for (int i = 0; i < s->n_output; i++)
		ql_buf_printf(out, ",%s", s->output[i]);
	ql_buf_puts(out, ",evidence_grade,warning\n");
	for (int a = 0; a < s->n_arm; a++)
		for (int d = 0; d < s->arm[a].n_day; d++) {
			ql_buf_printf(out, "%s,%s", s->arm[a].id, ql_format_double(s->day[d], text));
			for (int i = 0; i < s->n_output; i++)
				ql_buf_printf(out, ",%s",
					      ql_format_double(s->arm[a].value[i * s->n_day + d], text));
			ql_buf_printf(out, ",%c,", s->arm[a].evidence_grade);
			ql_csv_write_cell(out, s->arm[a].warning ? s->arm[a].warning : "", ',');
			ql_buf_puts(out, "\n");
		}
}
