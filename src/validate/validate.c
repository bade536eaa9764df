/* SPDX-License-Identifier: Apache-2.0 */
/* Designs, rows, cohorts: what is simulated and what is not. Scores are in validate_score.c. */
#define _GNU_SOURCE
#include "validate/validate.h"
#include "base/csv.h"
#include "base/paths.h"
#include "base/pool.h"
#include "compare/draws.h"
#include "trial/rules.h"
#include "validate/validate_private.h"
#include <math.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

/* --- designs and what is left out --- */

static bool wanted_role(const struct validation *k, const char *role)
{
	return !k->spec->role || strcmp(k->spec->role, role) == 0;
}

static enum quell_status load_designs(struct validation *k)
{
	struct ql_validation *v = k->v;
	int n = k->spec->n_trial;
	const char **name = k->spec->trial;
	if (n == 0)
		name = ql_library_list(&v->arena, k->spec->panel.data_dir, "library/trials", ".yaml", &n);
	v->design = QL_NEW_N(&v->arena, struct ql_design *, (size_t)n + 1);
	enum quell_status s = QUELL_OK;
	for (int i = 0; i < n; i++) {
		struct ql_design *d;
		enum quell_status one = ql_panel_design(v->panel, name[i], k->ds, &d);
		if (one != QUELL_OK)
			s = one;
		else if (wanted_role(k, d->role))
			v->design[v->n_design++] = d;
	}
	return s;
}

static enum quell_status read_left_out(struct validation *k)
{
	struct ql_validation *v = k->v;
	struct ql_csv *t;
	enum quell_status s = ql_csv_read(&v->arena, ql_arena_printf(&v->arena, "%s/library/validation/left_out.csv",
								     k->spec->panel.data_dir), NULL, k->ds, &t);
	if (s != QUELL_OK)
		return s;
	int trial = ql_csv_column(t, "trial_id", true, k->ds), arm = ql_csv_column(t, "arm", true, k->ds),
	    why = ql_csv_column(t, "reason", true, k->ds);
	if (trial < 0 || arm < 0 || why < 0)
		return QUELL_ERR_INPUT;
	v->left_out = QL_NEW_N(&v->arena, struct ql_left_out, (size_t)t->n_row + 1);
	for (int i = 0; i < t->n_row; i++)
		v->left_out[v->n_left_out++] = (struct ql_left_out){ql_csv_string(t, i, trial, &v->arena),
								    ql_csv_string(t, i, arm, &v->arena),
								    ql_csv_string(t, i, why, &v->arena), ""};
	for (int i = 0; i < v->n_left_out; i++)
		for (int r = 0; r < v->evidence->n_row; r++)
			if (strcmp(v->evidence->row[r].trial, v->left_out[i].trial) == 0)
				v->left_out[i].role = v->evidence->row[r].role;
	return QUELL_OK;
}

static const char *arm_left_out(const struct ql_validation *v, const char *trial, const char *arm)
{
	for (int i = 0; i < v->n_left_out; i++)
		if (strcmp(v->left_out[i].trial, trial) == 0 && *arm && strcmp(v->left_out[i].arm, arm) == 0)
			return v->left_out[i].reason;
	return NULL;
}

static enum quell_status read_trial_effect(struct validation *k)
{
	struct ql_validation *v = k->v;
	if (k->spec->no_trial_effect)
		return QUELL_OK;
	const char *path = k->spec->trial_effect;
	if (!path)
		path = ql_arena_printf(&v->arena, "%s/library/validation/trial_effect.csv", k->spec->panel.data_dir);
	struct ql_csv_options o = {.comment = '#'};
	struct ql_csv *t;
	enum quell_status s = ql_csv_read(&v->arena, path, &o, k->ds, &t);
	if (s != QUELL_OK)
		return s;
	int class = ql_csv_column(t, "class", true, k->ds), sd = ql_csv_column(t, "sd", true, k->ds);
	for (int i = 0; class >= 0 && sd >= 0 && i < t->n_row; i++)
		for (int c = 0; c < QL_EFFECT_COUNT; c++)
			if (ql_csv_is(t, i, class, ql_effect_name[c]) &&
			    !ql_csv_number_required(t, i, sd, k->ds, &v->trial_sd[c]))
				s = QUELL_ERR_INPUT;
	return class >= 0 && sd >= 0 ? s : QUELL_ERR_INPUT;
}

/* --- rows to arms --- */

/* The arm of a row: of its subgroup if a cohort has that name, else the first of its treatment. */
static int find_arm(const struct ql_design *d, const char *treatment, const char *subgroup)
{
	int found = -1;
	for (int i = d->n_arm - 1; i >= 0; i--) {
		if (strcmp(d->arm[i].treatment, treatment) != 0)
			continue;
		if (d->arm[i].subgroup && strcmp(d->arm[i].subgroup, subgroup) == 0)
			return i;
		if (!d->arm[i].subgroup)
			found = i;
	}
	return found;
}

/* Subgroups that need no entry in the design. */
static const struct {
	const char *name, *covariate;
	double lo, hi;
} common[] = {
	{"IGHV-U", "ighv_u", 1, 1},
	{"IGHV-M", "ighv_u", 0, 0},
	{"del17p/TP53", "tp53", 1, 1},
	{"no del17p", "tp53", 0, 0},
	{"age>65", "age", 65, INFINITY},
	{"age<65", "age", -INFINITY, 65},
};

static const struct ql_condition *find_subgroup(struct validation *k, const struct ql_design *d, const char *name,
						bool *known)
{
	*known = true;
	if (strcmp(name, "all") == 0 || !*name)
		return NULL;
	for (int i = 0; i < d->n_subgroup; i++)
		if (strcmp(d->subgroup[i].name, name) == 0)
			return d->subgroup[i].who;
	for (size_t i = 0; i < sizeof common / sizeof *common; i++)
		if (strcmp(common[i].name, name) == 0) {
			struct ql_condition *c = QL_NEW(&k->v->arena, struct ql_condition);
			*c = (struct ql_condition){.kind = QL_COND_RANGE, .lo = common[i].lo, .hi = common[i].hi,
						   .q = ql_trial_quantity(ql_panel_model(k->v->panel), common[i].covariate,
									  1u << QL_COVARIATE)};
			*known = c->q >= 0;
			return c;
		}
	*known = false;
	return NULL;
}

static bool same(const char *a, const char *b) { return strcmp(a, b) == 0; }

/* An estimate that the table holds twice is used once: the row with limits, else the first. */
static bool repeated(const struct ql_evidence *e, int i)
{
	const struct ql_trial_row *r = &e->row[i];
	for (int j = 0; j < e->n_row; j++) {
		const struct ql_trial_row *x = &e->row[j];
		if (j == i || !x->verified || !same(x->trial, r->trial) || !same(x->treatment, r->treatment) ||
		    !same(x->comparator, r->comparator) || !same(x->endpoint, r->endpoint) ||
		    !same(x->subgroup, r->subgroup) || x->value != r->value)
			continue;
		bool same_cut = x->followup_mo == r->followup_mo || (isnan(x->followup_mo) && isnan(r->followup_mo));
		bool better = !isnan(x->lower) && isnan(r->lower), worse = isnan(x->lower) && !isnan(r->lower);
		if (same_cut && (better || (!worse && j < i)))
			return true;
	}
	return false;
}

static const char *unfit(struct validation *k, int i, struct planned *p)
{
	struct ql_validated *x = p->item;
	const struct ql_trial_row *r = x->row;
	bool known;
	const char *why = ql_target_of(r, &x->target);
	if (why)
		return why;
	p->a = find_arm(x->design, r->treatment, r->subgroup);
	p->b = *r->comparator ? find_arm(x->design, r->comparator, r->subgroup) : -1;
	if (p->a < 0)
		return (why = arm_left_out(k->v, r->trial, r->treatment)) ? why : "the design has no such arm";
	if ((x->target.kind == QL_TARGET_HR) != (p->b >= 0))
		return (why = arm_left_out(k->v, r->trial, r->comparator)) ? why : "the design has no such comparator";
	bool cohort = x->design->arm[p->a].subgroup && same(x->design->arm[p->a].subgroup, r->subgroup);
	p->subgroup = cohort ? NULL : find_subgroup(k, x->design, r->subgroup, &known);
	if (!cohort && !known)
		return "the subgroup cannot be told from covariates";
	if (r->verified && repeated(k->v->evidence, i))
		return "the same estimate as another row";
	if (r->not_reached || isnan(x->value))
		return "not reached: no value to compare";
	return NULL;
}

static const char *describe_arm(struct ql_validation *v, const struct ql_trial_row *r)
{
	bool all = same(r->subgroup, "all") || !*r->subgroup;
	const char *pair = *r->comparator ? ql_arena_printf(&v->arena, "%s against %s", r->treatment, r->comparator) : r->treatment;
	return all ? pair : ql_arena_printf(&v->arena, "%s (%s)", pair, r->subgroup);
}

static void list_rows(struct validation *k)
{
	struct ql_validation *v = k->v;
	size_t room = (size_t)v->evidence->n_row + 1;
	v->item = QL_NEW_N(&v->arena, struct ql_validated, room);
	k->planned = QL_NEW_N(&v->arena, struct planned, room);
	for (int d = 0; d < v->n_design; d++)
		for (int i = 0; i < v->evidence->n_row; i++) {
			const struct ql_trial_row *r = &v->evidence->row[i];
			if (!same(r->trial, v->design[d]->name))
				continue;
			struct ql_validated *x = &v->item[v->n_item];
			struct planned *p = &k->planned[v->n_item++];
			*x = (struct ql_validated){.row = r, .design = v->design[d], .trial = r->trial,
						   .arm = describe_arm(v, r), .role = v->design[d]->role,
						   .source = *r->cite ? r->cite : r->publication};
			*p = (struct planned){.item = x, .design = d, .a = -1, .b = -1, .cohort = {-1, -1}};
			ql_target_published(r, &x->value, &x->lower, &x->upper);
			x->reason = unfit(k, i, p);
			if (!x->reason && k->wanted && !k->wanted(x))
				x->reason = "not asked for";
		}
}

/* --- cohorts --- */

static double follow_months(const struct ql_validated *x)
{
	double m = x->row->followup_mo;
	return isnan(m) ? x->design->follow_months + x->design->accrual_months / 2 : m;
}

/* Until the last data cut of the trial's rows. */
static double horizon_day(const struct validation *k, int design)
{
	double months = 12;
	for (int i = 0; i < k->v->n_item; i++) {
		const struct ql_validated *x = &k->v->item[i];
		if (k->planned[i].design != design || x->reason)
			continue;
		double follow = follow_months(x), accrual = fmin(x->design->accrual_months, 2 * follow);
		months = fmax(months, fmax(follow + accrual / 2, x->target.month + 1));
	}
	return fmin(months, 180) * QL_DAYS_PER_MONTH;
}

static int find_cohort(struct validation *k, int design, int arm, const struct ql_condition *subgroup, const char *name)
{
	for (int i = 0; i < k->n_cohort; i++)
		if (k->cohort[i].design == design && k->cohort[i].arm == arm && same(k->cohort[i].name, name))
			return i;
	k->cohort[k->n_cohort] = (struct cohort){.design = design, .arm = arm, .subgroup = subgroup, .name = name};
	return k->n_cohort++;
}

static void plan_cohorts(struct validation *k)
{
	k->cohort = QL_NEW_N(&k->v->arena, struct cohort, 2 * (size_t)k->v->n_item + 1);
	for (int i = 0; i < k->v->n_item; i++) {
		struct planned *p = &k->planned[i];
		const char *name = p->subgroup ? p->item->row->subgroup : "";
		if (p->item->reason)
			continue;
		p->cohort[0] = find_cohort(k, p->design, p->a, p->subgroup, name);
		if (p->b >= 0)
			p->cohort[1] = find_cohort(k, p->design, p->b, p->subgroup, name);
	}
}

enum quell_status ql_validation_simulate(struct validation *k)
{
	struct ql_validation *v = k->v;
	for (int i = 0; i < k->n_cohort; i++) {
		struct cohort *c = &k->cohort[i];
		ql_cohort_records_free(&c->records);
		enum quell_status s = ql_panel_cohort(v->panel, v->design[c->design], c->arm, c->subgroup,
						      horizon_day(k, c->design), k->ds, &c->records);
		v->interrupted |= s == QUELL_ERR_INTERRUPTED;
		if (s != QUELL_OK)
			return s;
		v->n_failed += c->records.n_failed;
		v->n_simulated += c->records.n + c->records.n_failed;
		if (k->spec->panel.progress)
			k->spec->panel.progress(k->spec->panel.progress_ctx, (uint64_t)i + 1, (uint64_t)k->n_cohort);
	}
	return QUELL_OK;
}

/* --- predictions --- */

static double size_of(const struct planned *p, int arm, double printed)
{
	const struct ql_design *d = p->item->design;
	if (printed >= 1)
		return printed;
	/* A subgroup without a printed size: its share of the arm, as the design draws it. */
	double share = p->subgroup ? p->share : 1.0;
	return fmax(2.0, round((double)d->arm[arm].n * share));
}

/* Response at a cut before all could be judged: the printed number is smaller than the arm. */
static double assessed(const struct planned *p)
{
	const struct ql_validated *x = p->item;
	double n = (double)x->design->arm[p->a].n;
	bool response = x->target.class == QL_CLASS_RESPONSE || x->target.class == QL_CLASS_CR;
	return response && !p->subgroup && x->row->n_arm >= 1 && x->row->n_arm < n ? x->row->n_arm / n : 1.0;
}

static void predict_one(struct validation *k, struct planned *p, struct ql_arena *scratch)
{
	struct ql_validated *x = p->item;
	const struct ql_trial_row *r = x->row;
	double follow = follow_months(x);
	x->n = size_of(p, p->a, r->n_arm);
	const char *text[5] = {r->trial, x->arm, r->endpoint, r->cite, r->subgroup};
	uint64_t key = k->spec->panel.seed ^ (uint64_t)(follow * 1000);
	for (int i = 0; i < 5; i++)
		key = ql_hash(key, text[i], strlen(text[i]) + 1);
	struct ql_prediction_spec s = {.target = &x->target, .a = &k->cohort[p->cohort[0]].records,
				       .b = p->b >= 0 ? &k->cohort[p->cohort[1]].records : NULL,
				       .n_a = (uint64_t)x->n, .n_b = p->b >= 0 ? (uint64_t)size_of(p, p->b, r->n_comp) : 0,
				       .median_follow_day = follow * QL_DAYS_PER_MONTH,
				       .accrual_day = x->design->accrual_months * QL_DAYS_PER_MONTH,
				       .dropout_per_year = x->design->dropout_per_year, .assessed = assessed(p),
				       .effect = ql_validation_effect(k->v, x->target.class), .published = x->value, .replicates = k->v->replicates,
				       .blocks = k->v->n_draws, .key = key, .scratch = scratch};
	ql_predict(&s, &x->sim);
	if (k->v->replicates == 0)
		return; /* estimates alone were asked for */
	x->simulated = !isnan(x->sim.estimate) && !isnan(x->sim.lower[QL_LEVELS - 1]);
	if (!x->simulated)
		x->reason = "too few simulated patients have it";
	x->counted = x->simulated && r->verified;
	x->hit = x->simulated && x->value >= x->sim.lower[QL_LEVELS - 1] && x->value <= x->sim.upper[QL_LEVELS - 1];
}

/* Rows are taken in turn by threads; each result depends on its row alone. */
static enum quell_status predict_some(void *ctx, int thread)
{
	struct validation *k = ctx;
	for (;;) {
		int i = atomic_fetch_add(&k->next, 1);
		if (i >= k->v->n_item || (k->spec->panel.cancel && *k->spec->panel.cancel))
			return QUELL_OK;
		if (!k->planned[i].item->reason)
			predict_one(k, &k->planned[i], &k->scratch[2 * thread]);
	}
}

static void find_shares(struct validation *k)
{
	for (int i = 0; i < k->v->n_item; i++) {
		struct planned *p = &k->planned[i];
		if (!p->item->reason && p->subgroup)
			p->share = ql_population_share(&p->item->design->population, ql_panel_model(k->v->panel), p->subgroup);
	}
}

enum quell_status ql_validation_predict(struct validation *k)
{
	int n = k->spec->panel.threads > 0 ? k->spec->panel.threads : ql_cpu_count();
	if (!k->scratch) {
		k->n_scratch = 2 * n;
		k->scratch = QL_NEW_N(&k->v->arena, struct ql_arena, (size_t)k->n_scratch);
		find_shares(k);
	}
	k->next = 0;
	return ql_pool_run(n, predict_some, k);
}

/* --- all --- */

enum quell_status ql_validation_prepare(struct validation *k)
{
	struct ql_validation *v = k->v;
	enum quell_status s = ql_panel_open(&k->spec->panel, k->ds, &v->panel);
	if (s == QUELL_OK)
		s = ql_evidence_load(k->spec->panel.data_dir, k->ds, &v->evidence);
	if (s == QUELL_OK)
		s = load_designs(k);
	if (s == QUELL_OK)
		s = read_left_out(k);
	if (s == QUELL_OK)
		s = read_trial_effect(k);
	if (s != QUELL_OK)
		return s;
	v->model_hash = ql_panel_model(v->panel)->hash;
	v->n_draws = ql_panel_n_draws(v->panel);
	if (v->n_draws > 1 && v->patients / (uint64_t)v->n_draws < QL_DRAWS_PATIENTS)
		ql_diag_help(ql_diag_add(k->ds, QL_W0649, (struct ql_span){"command line", 0, 0, 0},
					 "%d draws leave %d patients of an arm to each", v->n_draws,
					 (int)(v->patients / (uint64_t)v->n_draws)),
			     "give --patients %d or more, or --n-draws", v->n_draws * QL_DRAWS_PATIENTS);
	list_rows(k);
	plan_cohorts(k);
	return QUELL_OK;
}

static enum quell_status validate(void *arg)
{
	struct validation *k = arg;
	enum quell_status s = ql_validation_prepare(k);
	if (s == QUELL_OK)
		s = ql_validation_simulate(k);
	if (s == QUELL_OK)
		s = ql_validation_predict(k);
	if (s != QUELL_OK)
		return s;
	ql_validation_score(k->v);
	return ql_validation_evidence(k);
}

static double seconds(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void ql_validation_clean(struct validation *k)
{
	for (int i = 0; i < k->n_cohort; i++)
		ql_cohort_records_free(&k->cohort[i].records);
	for (int i = 0; i < k->n_scratch; i++)
		ql_arena_free(&k->scratch[i]);
}

enum quell_status ql_validate_run(const struct ql_validate_spec *spec, struct ql_diags *ds, struct ql_validation **out)
{
	struct ql_validation *v = ql_realloc(NULL, 1, sizeof *v);
	struct validation k = {.spec = spec, .ds = ds, .v = v};
	double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	*v = (struct ql_validation){.seed = spec->panel.seed, .patients = spec->panel.patients,
				    .rtol = spec->panel.rtol > 0 ? spec->panel.rtol : 1e-4,
				    .replicates = spec->replicates > 0 ? spec->replicates : 400};
	enum quell_status s = ql_protect(validate, &k);
	ql_validation_clean(&k);
	v->wall_s = seconds(CLOCK_MONOTONIC) - wall;
	v->cpu_s = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	*out = v;
	if (s != QUELL_OK) {
		ql_validation_free(v);
		*out = NULL;
	}
	return s;
}

void ql_validation_free(struct ql_validation *v)
{
	if (!v)
		return;
	ql_panel_close(v->panel);
	if (v->evidence)
		ql_evidence_free(v->evidence);
	ql_arena_free(&v->arena);
	ql_free(v);
}
