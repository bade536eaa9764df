/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/job.h"
#include "base/io.h"
#include "base/paths.h"
#include "compare/warm.h"
#include "trial/names.h"
#include "trial/rules.h"
#include <math.h>
#include <string.h>

static const struct ql_span command_line = {"command line", 0, 0, 0};

static void out_of_range(struct ql_diags *ds, const char *what, double value, const char *expected)
{
	char text[32];
	struct ql_diag *d = ql_diag_add(ds, QL_E0605, command_line, "%s of %s is out of range", what,
					ql_format_double(value, text));
	ql_diag_help(d, "give %s", expected);
}

static void check_numbers(const struct ql_run_spec *s, struct ql_diags *ds)
{
	if (s->patients < 1 || s->patients > 2000000000u)
		out_of_range(ds, "number of patients", (double)s->patients, "1 to 2000000000");
	if (!(s->years > 0.0 && s->years <= 100.0))
		out_of_range(ds, "number of years", s->years, "more than 0, at most 100");
	if (s->seed >> 63)
		out_of_range(ds, "seed", (double)s->seed, "a whole number below 2^63");
	if (s->lanes != 0 && s->lanes != 4 && s->lanes != 8)
		out_of_range(ds, "number of lanes", s->lanes, "4 or 8");
	if (s->rtol != 0.0 && !(s->rtol >= 1e-12 && s->rtol <= 0.1))
		out_of_range(ds, "relative tolerance", s->rtol, "1e-12 to 0.1");
	if (s->n_regimen + s->n_whatif < 1 && !s->design)
		ql_diag_help(ql_diag_add(ds, QL_E0609, command_line, "no regimen given"),
			     "name regimens of library/regimens, for example ven-obi");
}

/* --- settings --- */

static void unknown_setting(const struct ql_model *m, const char *name, struct ql_diags *ds)
{
	const unsigned settable = 1u << QL_PARAM | 1u << QL_COVARIATE;
	struct ql_diag *d = ql_diag_add(ds, QL_E0604, command_line, "no parameter or covariate `%s`", name);
	int other = ql_trial_quantity(m, name, ~settable);
	const char *near = ql_model_suggest(m, name, settable);
	if (other >= 0)
		ql_diag_help(d, "`%s` exists but cannot be set; see `quell explain E0604`", m->q[other].name);
	else if (near)
		ql_diag_help(d, "did you mean `%s`?", near);
	else
		ql_diag_help(d, "`quell model show` lists all names");
}

static bool allowed(const struct ql_quantity *q, double x)
{
	bool listed = q->n_allowed == 0;
	for (int i = 0; i < q->n_allowed; i++)
		listed |= q->allowed[i] == x;
	return listed && x >= q->lo && x <= q->hi;
}

static void apply_setting(struct ql_job *job, const char *text, struct ql_diags *ds)
{
	const struct ql_model *m = job->model;
	const char *equals = strchr(text, '=');
	double x;
	if (!equals || equals == text || !ql_parse_double(equals + 1, strlen(equals + 1), &x) || !isfinite(x)) {
		struct ql_diag *d = ql_diag_add(ds, QL_E0603, command_line, "cannot read the setting `%s`", text);
		ql_diag_help(d, "write NAME=VALUE with a number");
		return;
	}
	const char *name = ql_arena_strndup(&job->arena, text, (size_t)(equals - text));
	int q = ql_trial_quantity(m, name, 1u << QL_PARAM | 1u << QL_COVARIATE);
	if (q < 0) {
		unknown_setting(m, name, ds);
	} else if (m->q[q].kind == QL_PARAM) {
		job->param[q] = x;
	} else if (allowed(&m->q[q], x)) {
		job->covariate[q] = x;
	} else {
		char lo[32], hi[32];
		struct ql_diag *d = ql_diag_add(ds, QL_E0605, command_line, "%s is outside what `%s` accepts",
						equals + 1, m->q[q].name);
		ql_diag_help(d, "the model accepts %s to %s %s", ql_format_double(m->q[q].lo, lo),
			     ql_format_double(m->q[q].hi, hi), m->q[q].unit);
	}
}

static void apply_settings(struct ql_job *job, struct ql_diags *ds)
{
	size_t n = (size_t)job->model->n_q + 1;
	job->param = QL_NEW_N(&job->arena, double, n);
	job->covariate = QL_NEW_N(&job->arena, double, n);
	for (size_t i = 0; i < n; i++)
		job->param[i] = job->covariate[i] = NAN;
	for (int i = 0; i < job->spec->n_set; i++)
		apply_setting(job, job->spec->set[i], ds);
}

/* --- files --- */

static uint64_t kit_key(const struct ql_run_spec *s)
{
	uint64_t what[] = {s->warm_stamp, (uint64_t)s->lanes, s->solver == QL_SOLVER_CVODE, (uint64_t)s->native};
	return ql_hash(ql_hash_str(s->data_dir), what, sizeof what);
}

static enum quell_status load_model(struct ql_job *job, struct ql_diags *ds)
{
	const struct ql_run_spec *spec = job->spec;
	if (spec->warm && !spec->model)
		job->kit = ql_warm_take(spec->warm, kit_key(spec));
	if (job->kit && job->kit->model) {
		job->model = job->kit->model;
		return QUELL_OK;
	}
	const char *path = job->spec->model;
	if (!path)
		path = ql_arena_printf(&job->arena, "%s/models/cll/cll.qm", job->spec->data_dir);
	enum quell_status s = ql_model_load(path, ds, &job->model);
	if (job->kit)
		job->kit->model = job->model;
	return s;
}

static void load_population(struct ql_job *job, struct ql_diags *ds)
{
	const char *path = ql_library_file(&job->arena, job->spec->data_dir, "library/populations",
					   job->spec->population, ".yaml", QL_E0602, "population", ds);
	if (path)
		ql_population_load(job->model, path, &job->arena, ds, &job->population);
}

void ql_job_add_regimen(struct ql_job *job, const char *name, struct ql_diags *ds)
{
	struct ql_job_arm *arm = &job->arm[job->n_arm++];
	const char *agents = ql_arena_printf(&job->arena, "%s/library/agents", job->spec->data_dir);
	const char *path = ql_library_file(&job->arena, job->spec->data_dir, "library/regimens", name, ".yaml", QL_E0601,
					   "regimen", ds);
	arm->base = -1;
	enum quell_status s = path ? ql_regimen_load(job->model, path, agents, &job->arena, ds, &arm->regimen) : QUELL_ERR_INPUT;
	if (s == QUELL_ERR_MEMORY)
		ql_out_of_memory();
	if (s != QUELL_OK)
		return;
	for (const struct ql_job_arm *other = job->arm; other < arm; other++)
		if (other->regimen.name && strcmp(other->regimen.name, arm->regimen.name) == 0)
			ql_diag_help(ql_diag_add(ds, QL_E0606, command_line, "regimen `%s` is given twice", arm->regimen.name),
				     "leave one out");
}

/* Arms, and within them the regimens that investigators chose from, one after another. */
static void load_design(struct ql_job *job, struct ql_diags *ds)
{
	const struct ql_run_spec *s = job->spec;
	struct ql_design *d = &job->design;
	const char *path = ql_library_file(&job->arena, s->data_dir, "library/trials", s->design, ".yaml", QL_E0670, "trial", ds);
	enum quell_status status = path ? ql_design_load(job->model, s->data_dir, path, &job->arena, ds, d) : QUELL_ERR_INPUT;
	if (status == QUELL_ERR_MEMORY)
		ql_out_of_memory();
	if (status != QUELL_OK)
		return;
	job->has_design = true;
	job->population = d->population;
	size_t n = 0;
	for (int a = 0; a < d->n_arm; a++)
		n += (size_t)d->arm[a].n_part;
	job->arm = QL_NEW_N(&job->arena, struct ql_job_arm, n + 1);
	for (int a = 0; a < d->n_arm; a++)
		for (int p = 0; p < d->arm[a].n_part; p++)
			job->arm[job->n_arm++] = (struct ql_job_arm){.regimen = d->arm[a].part[p].regimen, .base = -1, .design_arm = a,
								     .design_part = p};
}

static void load_arms(struct ql_job *job, struct ql_diags *ds)
{
	if (job->spec->design) {
		load_design(job, ds);
		return;
	}
	load_population(job, ds);
	/* Every what-if beside every regimen, and a base of its own. */
	const struct ql_run_spec *s = job->spec;
	job->arm = QL_NEW_N(&job->arena, struct ql_job_arm, (size_t)((s->n_regimen + s->n_whatif) * (s->n_whatif + 1)) + 1);
	for (int i = 0; i < s->n_regimen; i++)
		ql_job_add_regimen(job, s->regimen[i], ds);
	ql_job_add_whatifs(job, ds);
}

/* Before slots are filled: what patients cross over to binds its own agents only. */
static void load_crossover(struct ql_job *job)
{
	const struct ql_design *d = &job->design;
	for (int i = 0; job->has_design && i < job->n_arm; i++) {
		const struct ql_design_arm *a = &d->arm[job->arm[i].design_arm];
		if (!a->crossover_regimen)
			continue;
		job->arm[i].crossover = QL_NEW(&job->arena, struct ql_next_table);
		ql_next_with_crossover(job->has_next ? &job->next : NULL, job->model, a->crossover_regimen,
				       a->crossover_share, a->crossover_from_day, &job->arena, job->arm[i].crossover);
	}
}

static void load_protocol(struct ql_job *job, struct ql_diags *ds)
{
	const struct ql_run_spec *s = job->spec;
	const char *name = s->protocol ? s->protocol
			   : job->has_design && job->design.protocol ? job->design.protocol
								     : "standard";
	if (s->fixed_doses || strcmp(name, "none") == 0)
		return;
	struct ql_warm_kit *kit = job->kit;
	if (kit && kit->protocol_name && strcmp(kit->protocol_name, name) == 0) {
		job->protocol = kit->protocol;
		job->has_protocol = true;
		return;
	}
	bool keep = kit && !kit->protocol_name;
	job->has_protocol = ql_protocol_load(job->model, s->data_dir, name, s->model && !s->protocol, keep ? &kit->arena : &job->arena,
					     ds, &job->protocol) == QUELL_OK;
	if (keep && job->has_protocol) {
		kit->protocol = job->protocol;
		kit->protocol_name = ql_arena_strdup(&kit->arena, name);
	}
}

static void load_next_lines(struct ql_job *job, struct ql_diags *ds)
{
	const struct ql_run_spec *s = job->spec;
	const char *name = s->next_line				    ? s->next_line
			   : job->has_design && job->design.next_line ? job->design.next_line
			   : s->model || !job->has_protocol	    ? "none"
								    : job->protocol.next_line;
	if (s->fixed_doses || !name || strcmp(name, "none") == 0)
		return;
	struct ql_warm_kit *kit = job->kit;
	if (kit && kit->next_name && strcmp(kit->next_name, name) == 0) {
		job->next = kit->next_lines;
		job->has_next = true;
		return;
	}
	bool keep = kit && !kit->next_name;
	job->has_next = ql_next_table_load(job->model, s->data_dir, name, keep ? &kit->arena : &job->arena, ds, &job->next) == QUELL_OK;
	if (keep && job->has_next) {
		kit->next_lines = job->next;
		kit->next_name = ql_arena_strdup(&kit->arena, name);
	}
}

/* Slots that a regimen leaves alone hold the model's default agents: nothing of them is given, but their columns are
 * read where a kernel covers more than the regimen needs. */
static void fill_slots(struct ql_job *job, struct ql_diags *ds)
{
	const struct ql_model *m = job->model;
	struct ql_agent_row *row = QL_NEW_N(&job->arena, struct ql_agent_row, (size_t)m->n_slot + 1);
	for (int s = 0; s < m->n_slot; s++) {
		const char *path = ql_arena_printf(&job->arena, "%s/library/agents/%s.yaml", job->spec->data_dir,
						   m->slot[s].default_agent);
		if (ql_agent_load(m, &m->slot[s], path, &job->arena, ds, &row[s]) != QUELL_OK)
			return;
	}
	for (int i = 0; i < job->n_arm; i++) {
		struct ql_regimen *r = &job->arm[i].regimen;
		struct ql_agent_row *all = QL_NEW_N(&job->arena, struct ql_agent_row, (size_t)m->n_slot + 1);
		int *slot = QL_NEW_N(&job->arena, int, (size_t)m->n_slot + 1);
		for (int s = 0; s < m->n_slot; s++) {
			slot[s] = s;
			all[s] = row[s];
		}
		for (int j = 0; j < r->n_slot; j++)
			all[r->slot[j]] = r->row[j];
		r->slot = slot;
		r->row = all;
		r->n_slot = m->n_slot;
	}
}

/* --- kernels --- */

/* Run constants belong to a set of plans: an arm with parameters of its own needs its own. */
static void choose_plans(struct ql_job *job, struct ql_job_arm *arm)
{
	arm->plans = &job->plans;
	if (arm->param == job->param)
		return;
	arm->plans = QL_NEW(&job->arena, struct ql_plans);
	*arm->plans = (struct ql_plans){.model = job->model, .param = arm->param, .lanes = job->plans.lanes, .scalar = job->plans.scalar,
					.native = job->plans.native};
}

enum quell_status ql_job_prepare_arm(struct ql_job *job, struct ql_job_arm *arm, struct ql_diags *ds)
{
	const struct ql_regimen *r = &arm->regimen;
	const struct ql_planned *p;
	choose_plans(job, arm);
	enum quell_status s = ql_plans_get(arm->plans, r->active, r->n_active, r->name, ds, &p);
	if (s != QUELL_OK)
		return s;
	arm->plan = p->plan;
	arm->kernel = p->kernel;
	arm->k = p->k;
	return QUELL_OK;
}

static void start_plans(struct ql_job *job)
{
	const struct ql_run_spec *spec = job->spec;
	if (job->kit && job->kit->plans.model) {
		job->plans = job->kit->plans;
		job->kit->plans = (struct ql_plans){0};
		ql_plans_begin(&job->plans, job->param);
		return;
	}
	job->plans = (struct ql_plans){.model = job->model, .param = job->param, .lanes = spec->lanes,
				       .scalar = spec->solver == QL_SOLVER_CVODE, .native = spec->native};
}

enum quell_status ql_job_open(struct ql_job *job, const struct ql_run_spec *spec, struct ql_diags *ds)
{
	*job = (struct ql_job){.spec = spec};
	check_numbers(spec, ds);
	enum quell_status s = load_model(job, ds);
	if (s != QUELL_OK)
		return s;
	apply_settings(job, ds);
	load_arms(job, ds);
	load_protocol(job, ds);
	load_next_lines(job, ds);
	if (ds->n_errors == 0) {
		load_crossover(job);
		fill_slots(job, ds);
	}
	if (ds->n_errors == 0)
		ql_job_whatif_numbers(job, ds);
	if (ds->n_errors == 0 && spec->draws)
		ql_draws_load(job->model, spec->data_dir, spec->draws, spec->n_draws, job->param, &job->arena, ds, &job->draws);
	if (ds->n_errors > 0)
		return QUELL_ERR_INPUT;
	start_plans(job);
	job->n_shown = job->n_arm;
	for (int i = 0; i < job->n_arm && s == QUELL_OK; i++) {
		job->arm[i].bounds = -1;
		s = ql_job_prepare_arm(job, &job->arm[i], ds);
	}
	return s;
}

void ql_job_constants(struct ql_job *job) { ql_plans_constants(&job->plans); }

void ql_job_use_draw(struct ql_job *job, int d)
{
	const double *param = job->draws.param[d];
	ql_plans_set(&job->plans, param);
	for (int i = 0; i < job->n_arm; i++) {
		struct ql_job_arm *arm = &job->arm[i];
		if (arm->plans == &job->plans) {
			arm->param = job->draws.param[d];
			continue;
		}
		memcpy(arm->param, param, (size_t)job->model->n_q * sizeof *param);
		if (arm->whatif)
			ql_whatif_parameters(job->model, arm->whatif, arm->param);
		if (arm->bounds >= 0)
			arm->param[arm->potency] = arm->side;
		ql_plans_set(arm->plans, arm->param);
	}
}

void ql_job_close(struct ql_job *job)
{
	for (int i = 0; i < job->n_arm; i++)
		if (job->arm[i].plans && job->arm[i].plans != &job->plans)
			ql_plans_free(job->arm[i].plans);
	ql_values_free(&job->scratch);
	if (job->kit) {
		if (job->plans.model) {
			job->plans.param = NULL;
			job->kit->plans = job->plans;
		}
		ql_warm_give(job->spec->warm, job->kit);
	} else {
		ql_plans_free(&job->plans);
		if (job->model)
			ql_model_free(job->model);
	}
	ql_arena_free(&job->arena);
	*job = (struct ql_job){0};
}

struct ql_arm_spec ql_job_arm_spec(struct ql_job *job, int i)
{
	const struct ql_run_spec *s = job->spec;
	const struct ql_job_arm *arm = &job->arm[i];
	const struct ql_next_table *next = arm->crossover ? arm->crossover : job->has_next ? &job->next : NULL;
	struct ql_arm_spec spec = {.model = job->model, .plan = arm->plan, .kernel = arm->kernel,
				   .regimen = &arm->regimen, .population = &job->population, .k = arm->k,
				   .param = arm->param, .covariate = job->covariate, .n_patients = s->patients,
				   .seed = s->seed, .horizon_day = s->years * QL_DAYS_PER_YEAR,
				   .rtol = s->rtol > 0.0 ? s->rtol : 1e-4, .threads = s->threads,
				   .cvode = s->solver == QL_SOLVER_CVODE, .fixed_doses = s->fixed_doses,
				   .protocol = job->has_protocol ? &job->protocol : NULL, .next = next,
				   .plans = arm->plans, .no_courses = s->no_courses, .cancel = s->cancel};
	if (job->has_design) {
		ql_design_apply(&job->design, arm->design_arm, &spec);
		spec.horizon_day = ql_design_horizon_day(&job->design);
		spec.year = job->design.year;
	}
	return spec;
}
