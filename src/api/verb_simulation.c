/* SPDX-License-Identifier: Apache-2.0 */
/* What the simulating verbs share, and `simulate`. */
#include "api/sheet.h"
#include "api/simulation.h"
#include "compare/simulate.h"
#include <math.h>
#include <string.h>

/* What was set in the model, then the option `set`. */
static const char **all_set(struct ql_api_run *r, const struct ql_model_use *model, int *n)
{
	int n_set;
	const char **set = ql_run_list(r, "set", &n_set);
	const char **all = QL_NEW_N(&r->work, const char *, (size_t)(n_set + model->n_set) + 1);
	for (int i = 0; i < model->n_set; i++)
		all[i] = model->set[i];
	for (int i = 0; i < n_set; i++)
		all[model->n_set + i] = set[i];
	*n = n_set + model->n_set;
	return all;
}

/* Of `regimens` and `regimen`. */
static const char **all_regimens(struct ql_api_run *r, int *n)
{
	int n_named, n_own;
	const char **named = ql_run_list(r, "regimens", &n_named), **own = ql_run_list(r, "regimen", &n_own);
	const char **all = QL_NEW_N(&r->work, const char *, (size_t)(n_named + n_own) + 1);
	for (int i = 0; i < n_named + n_own; i++)
		all[i] = i < n_named ? named[i] : own[i - n_named];
	*n = n_named + n_own;
	return all;
}

static enum quell_status refused(struct ql_api_run *r, const struct ql_run_spec *s, bool needs_regimens, const struct ql_model_use *model)
{
	struct ql_diag *d = NULL;
	if (needs_regimens && s->n_regimen + s->n_whatif == 0) {
		d = ql_diag_add(&r->ds, QL_E0915, (struct ql_span){0}, "%s needs regimens", r->verb->name);
		ql_diag_help(d, "give `regimens`, for example ven-obi, or `regimen`, the path of a .yaml");
		return QUELL_ERR_USAGE;
	}
	if (model->m && !model->m->path) {
		d = ql_diag_add(&r->ds, QL_E0915, (struct ql_span){0}, "%s needs a model that was read from a file", r->verb->name);
		ql_diag_help(d, "save the text as a .qm file and load that");
		return QUELL_ERR_UNSUPPORTED;
	}
	return QUELL_OK;
}

enum quell_status ql_api_run_spec(struct ql_api_run *r, bool needs_regimens, struct ql_run_spec *s)
{
	const struct ql_run_value *model = ql_run_value(r, "model");
	enum quell_status st = ql_run_data(r);
	if (st != QUELL_OK)
		return st;
	*s = (struct ql_run_spec){.data_dir = r->data_dir,
				  .model = model->model.m ? model->model.m->path : model->text,
				  .population = ql_run_text(r, "population"),
				  .patients = ql_run_count(r, "patients"),
				  .seed = ql_run_count(r, "seed"),
				  .years = ql_run_number(r, "years"),
				  .threads = ql_run_threads(r),
				  .lanes = ql_run_lanes(r),
				  .solver = ql_run_choice(r, "solver") ? QL_SOLVER_CVODE : QL_SOLVER_OWN,
				  .native = ql_run_choice(r, "native"),
				  .rtol = ql_run_number(r, "rtol"),
				  .protocol = ql_run_text(r, "protocol"),
				  .next_line = ql_run_text(r, "next-line"),
				  .fixed_doses = ql_run_flag(r, "fixed-doses"),
				  .cancel = &r->cancel,
				  .progress = ql_run_on_progress,
				  .progress_ctx = r};
	s->regimen = all_regimens(r, &s->n_regimen);
	s->whatif = ql_run_list(r, "what-if", &s->n_whatif);
	s->set = all_set(r, &model->model, &s->n_set);
	return refused(r, s, needs_regimens, &model->model);
}

/* ---- simulate ---- */

static void courses(struct ql_api_run *r, const struct ql_simulation *s)
{
	int64_t n = 0;
	for (int a = 0; a < s->n_arm; a++)
		n += s->arm[a].n_day;
	struct ql_table *t = ql_run_add_table(r, "courses", n);
	int regimen = ql_table_text(t, "regimen", "");
	for (int a = 0; a < s->n_arm; a++)
		ql_table_text_fill(t, regimen, s->arm[a].id, s->arm[a].n_day);
	double *day = ql_table_doubles(t, "day", "day", "since the start of treatment");
	for (int a = 0; a < s->n_arm; a++) {
		memcpy(day, s->day, (size_t)s->arm[a].n_day * sizeof *day);
		day += s->arm[a].n_day;
	}
	for (int o = 0; o < s->n_output; o++) {
		double *x = ql_table_doubles(t, s->output[o], s->unit[o], s->title[o]);
		for (int a = 0; a < s->n_arm; a++) {
			memcpy(x, s->arm[a].value + (size_t)o * (size_t)s->n_day, (size_t)s->arm[a].n_day * sizeof *x);
			x += s->arm[a].n_day;
		}
	}
}

struct fill {
	struct ql_api_run *r;
	const struct ql_simulation *s;
};

static enum quell_status fill(void *arg)
{
	struct fill *f = arg;
	courses(f->r, f->s);
	ql_simulation_json(f->s, &f->r->json);
	ql_run_own_sheets(f->r);
	return QUELL_OK;
}

enum quell_status ql_api_simulate(struct ql_api_run *r)
{
	struct ql_simulate_spec spec = {.patient = (uint64_t)ql_run_number(r, "patient"),
					.typical = ql_run_flag(r, "typical"),
					.step_day = ql_run_number(r, "step")};
	spec.output = ql_run_list(r, "outputs", &spec.n_output);
	enum quell_status s = ql_api_run_spec(r, true, &spec.run);
	if (s != QUELL_OK)
		return s;
	struct ql_simulation *out = NULL;
	s = ql_simulate_run(&spec, &r->ds, &out);
	struct fill f = {r, out};
	if (s == QUELL_OK)
		s = ql_protect(fill, &f);
	for (int a = 0; s == QUELL_OK && a < out->n_arm; a++)
		if (out->arm[a].status != QUELL_OK)
			s = QUELL_ERR_NUMERIC;
	ql_simulation_free(out);
	return s;
}
