/* SPDX-License-Identifier: Apache-2.0 */
/* What the simulating verbs share, and `simulate`. */
#include "api/simulation.h"
#include "decide/simulate.h"
#include <math.h>
#include <string.h>

enum quell_status ql_api_run_spec(struct ql_run *r, struct ql_run_spec *s)
{
	static const int lanes[] = {0, 4, 8};
	int n_named, n_own, n_set, n_whatif;
	const char **named = ql_run_list(r, "regimens", &n_named), **own = ql_run_list(r, "regimen", &n_own),
		   **set = ql_run_list(r, "set", &n_set), **whatif = ql_run_list(r, "what-if", &n_whatif);
	const struct ql_run_value *model = ql_run_value(r, "model");
	double threads = ql_run_number(r, "threads");
	enum quell_status st = ql_run_data(r);
	if (st != QUELL_OK)
		return st;
	const char **regimen = QL_NEW_N(&r->work, const char *, (size_t)(n_named + n_own) + 1);
	for (int i = 0; i < n_named + n_own; i++)
		regimen[i] = i < n_named ? named[i] : own[i - n_named];
	const char **all_set = QL_NEW_N(&r->work, const char *, (size_t)(n_set + model->model.n_set) + 1);
	for (int i = 0; i < model->model.n_set; i++)
		all_set[i] = model->model.set[i];
	for (int i = 0; i < n_set; i++)
		all_set[model->model.n_set + i] = set[i];
	if (n_named + n_own + n_whatif == 0) {
		struct ql_diag *d = ql_diag_add(&r->ds, QL_E0915, (struct ql_span){0}, "%s needs regimens", r->verb->info.name);
		ql_diag_help(d, "give `regimens`, for example ven-obi, or `regimen`, the path of a .yaml");
		return QUELL_ERR_USAGE;
	}
	if (model->model.m && !model->model.m->path) {
		struct ql_diag *d = ql_diag_add(&r->ds, QL_E0915, (struct ql_span){0}, "%s needs a model that was read from a file",
						r->verb->info.name);
		ql_diag_help(d, "save the text as a .qm file and load that");
		return QUELL_ERR_UNSUPPORTED;
	}
	*s = (struct ql_run_spec){.data_dir = r->data_dir,
				  .model = model->model.m ? model->model.m->path : model->text,
				  .population = ql_run_text(r, "population"),
				  .regimen = regimen,
				  .n_regimen = n_named + n_own,
				  .whatif = whatif,
				  .n_whatif = n_whatif,
				  .patients = (uint64_t)ql_run_number(r, "patients"),
				  .seed = (uint64_t)ql_run_number(r, "seed"),
				  .years = ql_run_number(r, "years"),
				  .threads = isnan(threads) ? 0 : (int)threads,
				  .lanes = lanes[ql_run_choice(r, "lanes")],
				  .solver = ql_run_choice(r, "solver") ? QL_SOLVER_CVODE : QL_SOLVER_OWN,
				  .native = ql_run_choice(r, "native"),
				  .rtol = ql_run_number(r, "rtol"),
				  .set = all_set,
				  .n_set = n_set + model->model.n_set,
				  .fixed_doses = ql_run_flag(r, "fixed-doses"),
				  .cancel = &r->cancel,
				  .progress = ql_run_on_progress,
				  .progress_ctx = r};
	return QUELL_OK;
}

/* ---- simulate ---- */

static void courses(struct ql_run *r, const struct ql_simulation *s)
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

static void profile(struct ql_run *r, const struct ql_simulation *s)
{
	struct ql_table *t = ql_run_add_table(r, "profile", s->n_covariate);
	int name = ql_table_text(t, "covariate", "");
	double *value = ql_table_doubles(t, "value", "", "in `unit`");
	int unit = ql_table_text(t, "unit", "");
	for (int i = 0; i < s->n_covariate; i++) {
		ql_table_text_add(t, name, s->covariate[i]);
		value[i] = s->covariate_value[i];
		ql_table_text_add(t, unit, s->covariate_unit[i]);
	}
}

static void regimens(struct ql_run *r, const struct ql_simulation *s)
{
	struct ql_table *t = ql_run_add_table(r, "regimens", s->n_arm);
	int id = ql_table_text(t, "regimen", ""), title = ql_table_text(t, "title", ""),
	    grade = ql_table_text(t, "evidence_grade", "A phase 3 in CLL to D no clinical data in CLL"),
	    warning = ql_table_text(t, "warning", "");
	int64_t *state = ql_table_ints(t, "n_state", "", "states of the pruned model");
	int status = ql_table_text(t, "status", "of the integration");
	for (int a = 0; a < s->n_arm; a++) {
		const char letter[2] = {s->arm[a].evidence_grade, 0};
		ql_table_text_add(t, id, s->arm[a].id);
		ql_table_text_add(t, title, s->arm[a].title);
		ql_table_text_add(t, grade, letter);
		ql_table_text_add(t, warning, s->arm[a].warning);
		state[a] = s->arm[a].n_state;
		ql_table_text_add(t, status, quell_status_text(s->arm[a].status));
	}
}

struct fill {
	struct ql_run *r;
	const struct ql_simulation *s;
};

static enum quell_status fill(void *arg)
{
	struct fill *f = arg;
	courses(f->r, f->s);
	profile(f->r, f->s);
	regimens(f->r, f->s);
	ql_simulation_json(f->s, &f->r->json);
	return QUELL_OK;
}

enum quell_status ql_api_simulate(struct ql_run *r)
{
	struct ql_simulate_spec spec = {.patient = (uint64_t)ql_run_number(r, "patient"),
					.typical = ql_run_flag(r, "typical"),
					.step_day = ql_run_number(r, "step")};
	spec.output = ql_run_list(r, "outputs", &spec.n_output);
	enum quell_status s = ql_api_run_spec(r, &spec.run);
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
