/* SPDX-License-Identifier: Apache-2.0 */
#include "validate/panel.h"
#include "base/paths.h"
#include "compare/draws.h"
#include "compare/job.h"
#include "trial/names.h"
#include "trial/rules.h"
#include <math.h>
#include <string.h>

#define MAX_NEXT 16 /* tables of next lines in one panel */

#define MAX_PROTOCOLS 16

struct held_design { /* what the panel keeps of a design beside it */
	struct ql_design design; /* first */
	const struct ql_protocol *protocol;
	const struct ql_next_table *next;  /* NULL: nothing follows */
	struct ql_next_table **crossover;  /* [n_arm] its own table; NULL: that of the trial */
};

struct ql_panel {
	struct ql_panel_spec spec;
	struct ql_arena arena;
	struct ql_model *model;
	struct ql_protocol *protocol; /* those asked for so far */
	const char **protocol_name;
	int n_protocol;
	struct ql_next_table *next; /* those asked for so far */
	const char **next_name;
	int n_next;
	struct ql_plans *plans; /* [n_draw]: run constants depend on parameters */
	double **param;         /* [n_draw][n_q] */
	double *own;            /* --set */
	int n_draw;
};

static enum quell_status read_setting(struct ql_panel *p, const char *text, struct ql_diags *ds)
{
	const struct ql_span command_line = {"command line", 0, 0, 0};
	const char *equals = strchr(text, '=');
	double x;
	if (equals && equals > text && ql_parse_double(equals + 1, strlen(equals + 1), &x) && isfinite(x)) {
		const char *name = ql_arena_strndup(&p->arena, text, (size_t)(equals - text));
		int q = ql_trial_quantity(p->model, name, 1u << QL_PARAM);
		if (q >= 0) {
			p->own[q] = x;
			return QUELL_OK;
		}
		ql_diag_help(ql_diag_add(ds, QL_E0604, command_line, "no parameter `%s`", name),
			     "`quell model show` lists all names");
		return QUELL_ERR_INPUT;
	}
	ql_diag_help(ql_diag_add(ds, QL_E0603, command_line, "cannot read the setting `%s`", text),
		     "write NAME=VALUE with a number");
	return QUELL_ERR_INPUT;
}

static enum quell_status read_draws(struct ql_panel *p, struct ql_diags *ds)
{
	struct ql_draws draws;
	enum quell_status s = ql_draws_load(p->model, p->spec.data_dir, p->spec.draws, p->spec.n_draws, p->own, &p->arena, ds, &draws);
	p->n_draw = draws.n;
	p->param = draws.param;
	return s;
}

static enum quell_status open_panel(struct ql_panel *p, struct ql_diags *ds)
{
	const struct ql_panel_spec *s = &p->spec;
	enum quell_status status = ql_model_load(ql_arena_printf(&p->arena, "%s/models/cll/cll.qm", s->data_dir), ds, &p->model);
	if (status != QUELL_OK)
		return status;
	p->own = QL_NEW_N(&p->arena, double, (size_t)p->model->n_q + 1);
	for (int i = 0; i < p->model->n_q; i++)
		p->own[i] = NAN;
	for (int i = 0; i < s->n_set; i++)
		if (read_setting(p, s->set[i], ds) != QUELL_OK)
			status = QUELL_ERR_INPUT;
	p->n_draw = 1;
	p->param = QL_NEW_N(&p->arena, double *, 1);
	p->param[0] = p->own;
	if (s->draws && strcmp(s->draws, "none") != 0 && status == QUELL_OK)
		status = read_draws(p, ds);
	if (status != QUELL_OK)
		return status;
	p->protocol = QL_NEW_N(&p->arena, struct ql_protocol, MAX_PROTOCOLS);
	p->protocol_name = QL_NEW_N(&p->arena, const char *, MAX_PROTOCOLS);
	p->next = QL_NEW_N(&p->arena, struct ql_next_table, MAX_NEXT);
	p->next_name = QL_NEW_N(&p->arena, const char *, MAX_NEXT);
	p->plans = QL_NEW_N(&p->arena, struct ql_plans, (size_t)p->n_draw + 1);
	for (int d = 0; d < p->n_draw; d++)
		p->plans[d] = (struct ql_plans){.model = p->model, .param = p->param[d], .lanes = s->lanes};
	return status;
}

struct opening {
	struct ql_panel *p;
	struct ql_diags *ds;
};

static enum quell_status open_body(void *arg)
{
	struct opening *o = arg;
	return open_panel(o->p, o->ds);
}

enum quell_status ql_panel_open(const struct ql_panel_spec *spec, struct ql_diags *ds, struct ql_panel **out)
{
	struct ql_panel *p = ql_realloc(NULL, 1, sizeof *p);
	*p = (struct ql_panel){.spec = *spec};
	*out = p;
	return ql_protect(open_body, &(struct opening){p, ds});
}

void ql_panel_close(struct ql_panel *p)
{
	if (!p)
		return;
	for (int d = 0; p->plans && d < p->n_draw; d++)
		ql_plans_free(&p->plans[d]);
	if (p->model)
		ql_model_free(p->model);
	ql_arena_free(&p->arena);
	ql_free(p);
}

struct ql_model *ql_panel_model(struct ql_panel *p) { return p->model; }
int ql_panel_n_draws(const struct ql_panel *p) { return p->n_draw; }

void ql_panel_set(struct ql_panel *p, const double *param)
{
	p->param[0] = (double *)param;
	ql_plans_set(&p->plans[0], param);
}

static enum quell_status too_many(const char *what, int most, struct ql_diags *ds)
{
	ql_diag_add(ds, QL_E0648, (struct ql_span){0}, "more than %d %s", most, what);
	return QUELL_ERR_INPUT;
}

static enum quell_status find_protocol(struct ql_panel *p, struct held_design *d, struct ql_diags *ds)
{
	const char *name = d->design.protocol ? d->design.protocol : "standard";
	for (int i = 0; i < p->n_protocol; i++)
		if (strcmp(p->protocol_name[i], name) == 0) {
			d->protocol = &p->protocol[i];
			return QUELL_OK;
		}
	if (p->n_protocol == MAX_PROTOCOLS)
		return too_many("protocols", MAX_PROTOCOLS, ds);
	d->protocol = &p->protocol[p->n_protocol];
	p->protocol_name[p->n_protocol] = name;
	return ql_protocol_load(p->model, p->spec.data_dir, name, false, &p->arena, ds, &p->protocol[p->n_protocol++]);
}

/* The table of the trial's years. */
static enum quell_status find_next(struct ql_panel *p, struct held_design *d, struct ql_diags *ds)
{
	const char *name = d->design.next_line ? d->design.next_line : d->protocol->next_line;
	if (p->spec.first_line || !name || strcmp(name, "none") == 0)
		return QUELL_OK;
	for (int i = 0; i < p->n_next; i++)
		if (strcmp(p->next_name[i], name) == 0) {
			d->next = &p->next[i];
			return QUELL_OK;
		}
	if (p->n_next == MAX_NEXT)
		return too_many("tables of next lines", MAX_NEXT, ds);
	d->next = &p->next[p->n_next];
	p->next_name[p->n_next] = name;
	return ql_next_table_load(p->model, p->spec.data_dir, name, &p->arena, ds, &p->next[p->n_next++]);
}

/* Before slots are filled: what patients cross over to binds its own agents only. */
static void find_crossovers(struct ql_panel *p, struct held_design *d)
{
	d->crossover = QL_NEW_N(&p->arena, struct ql_next_table *, (size_t)d->design.n_arm + 1);
	for (int i = 0; i < d->design.n_arm && !p->spec.first_line; i++) {
		const struct ql_design_arm *a = &d->design.arm[i];
		if (!a->crossover_regimen)
			continue;
		d->crossover[i] = QL_NEW(&p->arena, struct ql_next_table);
		ql_next_with_crossover(d->next, p->model, a->crossover_regimen, a->crossover_share,
				       a->crossover_from_day, &p->arena, d->crossover[i]);
	}
}

enum quell_status ql_panel_design(struct ql_panel *p, const char *name, struct ql_diags *ds, struct ql_design **out)
{
	const char *path = ql_library_file(&p->arena, p->spec.data_dir, "library/trials", name, ".yaml", QL_E0640, "trial", ds);
	struct held_design *d = QL_NEW(&p->arena, struct held_design);
	*out = &d->design;
	if (!path)
		return QUELL_ERR_INPUT;
	enum quell_status s = ql_design_load(p->model, p->spec.data_dir, path, &p->arena, ds, *out);
	if (s == QUELL_OK)
		s = find_protocol(p, d, ds);
	if (s == QUELL_OK)
		s = find_next(p, d, ds);
	if (s == QUELL_OK)
		find_crossovers(p, d);
	for (int a = 0; s == QUELL_OK && a < (*out)->n_arm; a++)
		for (int k = 0; s == QUELL_OK && k < (*out)->arm[a].n_part; k++)
			s = ql_regimen_fill_slots(p->model, p->spec.data_dir, &(*out)->arm[a].part[k].regimen, &p->arena, ds);
	return s;
}

/* --- cohorts --- */

void ql_cohort_records_free(struct ql_cohort_records *c)
{
	ql_free(c->record);
	ql_free(c->continuous);
	ql_free(c->block);
	*c = (struct ql_cohort_records){0};
}

static void keep(struct ql_cohort_records *c, const struct ql_arm_result *r, uint64_t n, bool continuous, int block)
{
	c->record = ql_realloc(c->record, c->n + (size_t)n + 1, sizeof *c->record);
	c->continuous = ql_realloc(c->continuous, c->n + (size_t)n + 1, 1);
	c->block = ql_realloc(c->block, c->n + (size_t)n + 1, 1);
	for (uint64_t i = 0; i < n; i++) {
		if (r->record[i].status != QUELL_OK)
			continue;
		c->record[c->n] = r->record[i];
		c->continuous[c->n] = continuous;
		c->block[c->n++] = (unsigned char)block;
	}
	c->n_failed += r->n_failed;
}

struct piece { /* the patients of one regimen under one parameter draw */
	const struct held_design *held;
	int arm;
	const struct ql_design_part *part;
	const struct ql_population *population;
	uint64_t first, n;
	int draw;
	double horizon_day;
};

static enum quell_status run_piece(struct ql_panel *p, const struct piece *w, struct ql_diags *ds,
				   struct ql_cohort_records *out)
{
	const struct ql_regimen *g = &w->part->regimen;
	const struct ql_planned *plan;
	struct ql_plans *plans = &p->plans[w->draw];
	const struct ql_next_table *crossover = w->held->crossover[w->arm];
	enum quell_status s = ql_plans_get(plans, g->active, g->n_active, g->name, ds, &plan);
	if (s != QUELL_OK)
		return s;
	const double no_grid = 0.0;
	struct ql_arm_spec a = {.model = p->model, .plan = plan->plan, .kernel = plan->kernel, .regimen = g,
				.population = w->population, .k = plan->k, .param = plans->param,
				.first_patient = w->first, .n_patients = w->n,
				.seed = (p->spec.seed ^ ql_hash_str(w->held->design.name)) >> 1,
				.protocol = w->held->protocol, .next = crossover ? crossover : w->held->next,
				.year = w->held->design.year, .plans = plans, .horizon_day = w->horizon_day,
				.rtol = p->spec.rtol > 0 ? p->spec.rtol : 1e-4, .threads = p->spec.threads,
				.grid = &no_grid, .n_grid = 0, .cancel = p->spec.cancel};
	struct ql_arm_result r;
	ql_design_apply(&w->held->design, w->arm, &a);
	s = ql_arm_run(&a, ds, &r);
	if (s == QUELL_OK)
		keep(out, &r, w->n, g->continuous, w->draw);
	ql_arm_result_free(&r);
	return s;
}

enum quell_status ql_panel_cohort(struct ql_panel *p, const struct ql_design *d, int arm,
				  const struct ql_condition *subgroup, double horizon_day, struct ql_diags *ds,
				  struct ql_cohort_records *out)
{
	const struct ql_design_arm *a = &d->arm[arm];
	struct ql_arena scratch = {0};
	enum quell_status s = QUELL_OK;
	uint64_t first = (uint64_t)(arm + 1) << 32; /* arms are other people */
	*out = (struct ql_cohort_records){0};
	for (int k = 0; k < a->n_part && s == QUELL_OK; k++)
		for (int draw = 0; draw < p->n_draw && s == QUELL_OK; draw++) {
			struct ql_population who = d->population;
			who.eligibility = ql_condition_and(ql_condition_and(who.eligibility, a->part[k].only, &scratch), subgroup,
							   &scratch);
			double n = round((double)p->spec.patients * a->part[k].share / p->n_draw);
			struct piece w = {(const struct held_design *)d, arm, &a->part[k], &who, first, (uint64_t)fmax(1.0, n), draw, horizon_day};
			s = run_piece(p, &w, ds, out);
			first += w.n;
		}
	ql_arena_free(&scratch);
	if (s != QUELL_OK)
		ql_cohort_records_free(out);
	return s;
}
