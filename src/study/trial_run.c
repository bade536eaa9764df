/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a trial, allocation, chunks. */
#include "base/io.h"
#include "base/rng.h"
#include "study/trial_private.h"
#include "trial/rules.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct ql_trial_lab ql_trial_lab[] = {
	{"LYM", "Lymphocytes", "10^9/L", "alc"},	  {"NEUT", "Neutrophils", "10^9/L", "anc"},
	{"HGB", "Haemoglobin", "g/L", "haemoglobin"},	  {"PLAT", "Platelets", "10^9/L", "platelets"},
	{"IGG", "Immunoglobulin G", "g/L", "igg"},	  {"SPD", "Sum of products of diameters", "cm^2", "spd"},
	{"SPLLEN", "Spleen length", "cm", "spleen_length"}, {"MRDPB", "MRD in blood", "fraction", "mrd_blood"},
};
const int ql_trial_lab_count = sizeof ql_trial_lab / sizeof *ql_trial_lab;

const char *const ql_trial_time_id[QL_TRIAL_TIMES] = {"pfs", "os", "ttnt"};

/* --- opening --- */

/* Values that a stratifying variable may take: pieces between its cuts, or the values that the model lists. */
static int stratum_values(const struct ql_model *m, const struct ql_design_stratum *s)
{
	return s->n_cut > 0 ? s->n_cut + 1 : m->q[s->q].n_allowed > 0 ? m->q[s->q].n_allowed : 1;
}

static int stratum_value(const struct ql_model *m, const struct ql_design_stratum *s, double x)
{
	int i = 0;
	if (s->n_cut > 0)
		while (i < s->n_cut && x >= s->cut[i])
			i++;
	else
		while (i < m->q[s->q].n_allowed - 1 && m->q[s->q].allowed[i] != x)
			i++;
	return i;
}

static const char *stratum_name(struct ql_trial *t, int code)
{
	const struct ql_design *d = &t->job.design;
	struct ql_buf b = {0};
	for (int i = d->n_stratum - 1; i >= 0; i--) {
		const struct ql_design_stratum *s = &d->stratum[i];
		int value = code % t->stratum_size[i];
		const char *name = t->job.model->q[s->q].name, *dot = strrchr(name, '.');
		code /= t->stratum_size[i];
		ql_buf_printf(&b, "%s%s ", b.len ? ", " : "", dot ? dot + 1 : name);
		if (s->n_cut > 0 && value == 0)
			ql_buf_printf(&b, "< %g", s->cut[0]);
		else if (s->n_cut > 0)
			ql_buf_printf(&b, ">= %g", s->cut[value - 1]);
		else
			ql_buf_printf(&b, "%g", t->job.model->q[s->q].n_allowed ? t->job.model->q[s->q].allowed[value] : 0.0);
	}
	const char *text = ql_arena_strdup(&t->arena, b.data ? b.data : "all");
	ql_buf_free(&b);
	return text;
}

static void describe_strata(struct ql_trial *t, struct ql_diags *ds)
{
	const struct ql_design *d = &t->job.design;
	int n = 1;
	for (int i = 0; i < d->n_stratum && i < 16; i++) {
		t->stratum_size[i] = stratum_values(t->job.model, &d->stratum[i]);
		n = n > QL_TRIAL_MAX_STRATA ? n : n * t->stratum_size[i];
	}
	if (n > QL_TRIAL_MAX_STRATA || d->n_stratum > 16) {
		const struct ql_yaml *y = ql_yaml_get(d->yaml, "stratify");
		ql_diag_help(ql_diag_add(ds, QL_E0671, y ? y->span : d->yaml->span, "more than %d strata", QL_TRIAL_MAX_STRATA),
			     "stratify by fewer variables, or with fewer cuts");
		n = 1;
	}
	t->info.n_stratum = n;
	for (int i = 0; i < n; i++)
		t->info.stratum[i] = stratum_name(t, i);
}

/* Shares of the design's sizes where the caller asks for another total; rounded so that they add up. */
static void describe_sizes(struct ql_trial *t)
{
	const struct ql_design *d = &t->job.design;
	uint64_t designed = 0, before = 0, all = t->spec.patients;
	for (int a = 0; a < d->n_arm; a++)
		designed += d->arm[a].n;
	if (all == 0)
		all = designed;
	double cumulated = 0.0;
	for (int a = 0; a < d->n_arm; a++) {
		cumulated += (double)d->arm[a].n;
		uint64_t until = a == d->n_arm - 1 ? all : (uint64_t)((double)all * cumulated / (double)designed + 0.5);
		t->info.n[a] = until - before;
		before = until;
	}
	t->info.n_total = all;
}

static char worse(char a, char b) { return a > b ? a : b; }

static void describe(struct ql_trial *t, struct ql_diags *ds)
{
	const struct ql_design *d = &t->job.design;
	struct ql_trial_info *info = &t->info;
	*info = (struct ql_trial_info){.id = d->name, .title = d->title, .population = d->base_population,
				       .model_name = t->job.model->name, .n_arm = d->n_arm,
				       .follow_day = ql_design_horizon_day(d), .model_hash = t->job.model->hash,
				       .seed = t->spec.seed, .rtol = t->spec.rtol > 0.0 ? t->spec.rtol : 1e-4};
	for (int a = 0; a < d->n_arm; a++) {
		info->arm[a] = d->arm[a].name;
		info->arm_title[a] = d->arm[a].title ? d->arm[a].title : d->arm[a].part[0].regimen.title;
		info->evidence_grade[a] = 'A';
		for (int p = 0; p < d->arm[a].n_part; p++) {
			const struct ql_regimen *r = &d->arm[a].part[p].regimen;
			info->evidence_grade[a] = worse(info->evidence_grade[a], r->evidence_grade);
			if (r->warning)
				info->warning[a] = r->warning;
		}
	}
	info->draws = t->job.draws.name;
	info->draws_hash = t->job.draws.hash;
	info->n_draws = t->job.draws.n;
	describe_strata(t, ds);
	describe_sizes(t);
	t->def = ql_endpoint_defs(&t->arena, info->follow_day, &t->n_def);
	for (int i = 0, a = -1; i < t->job.n_arm; i++)
		if (t->job.arm[i].design_arm != a)
			t->first_arm[a = t->job.arm[i].design_arm] = i;
	t->first_arm[d->n_arm] = t->job.n_arm;
}

struct opening {
	struct ql_trial *t;
	struct ql_diags *ds;
};

static enum quell_status open_trial(void *arg)
{
	struct opening *o = arg;
	struct ql_trial *t = o->t;
	const struct ql_trial_spec *s = &t->spec;
	t->run = (struct ql_run_spec){.data_dir = s->data_dir, .design = s->design, .patients = s->patients ? s->patients : 1,
				      .seed = s->seed, .years = 1, .threads = s->threads, .lanes = s->lanes,
				      .solver = s->solver, .rtol = s->rtol, .set = s->set, .n_set = s->n_set,
				      .draws = s->draws, .n_draws = s->n_draws, .cancel = s->cancel};
	enum quell_status status = ql_job_open(&t->job, &t->run, o->ds);
	if (status != QUELL_OK)
		return status;
	if (t->job.design.n_arm > QL_TRIAL_MAX_ARMS) {
		ql_diag_help(ql_diag_add(o->ds, QL_E0671, t->job.design.arm[QL_TRIAL_MAX_ARMS].span, "more than %d arms", QL_TRIAL_MAX_ARMS),
			     "split the trial");
		return QUELL_ERR_INPUT;
	}
	describe(t, o->ds);
	if (o->ds->n_errors > 0)
		return QUELL_ERR_INPUT;
	ql_values_init(t->job.arm[0].plan, &t->v);
	return QUELL_OK;
}

enum quell_status ql_trial_open(const struct ql_trial_spec *spec, struct ql_diags *ds, struct ql_trial **out)
{
	*out = NULL;
	struct ql_trial *t = ql_realloc(NULL, 1, sizeof *t);
	*t = (struct ql_trial){.spec = *spec};
	struct opening o = {t, ds};
	enum quell_status s = ql_protect(open_trial, &o);
	if (s == QUELL_OK)
		*out = t;
	else
		ql_trial_close(t);
	return s;
}

void ql_trial_use_draw(struct ql_trial *t, uint64_t replicate)
{
	if (t->job.draws.n > 0)
		ql_job_use_draw(&t->job, (int)(replicate % (uint64_t)t->job.draws.n));
}

void ql_trial_close(struct ql_trial *t)
{
	if (!t)
		return;
	ql_values_free(&t->v);
	ql_job_close(&t->job);
	ql_arena_free(&t->scratch);
	ql_arena_free(&t->arena);
	ql_free(t);
}

const struct ql_trial_info *ql_trial_info(const struct ql_trial *t) { return &t->info; }

/* --- allocation --- */

struct seat { /* one patient of a block */
	uint64_t key;
	int index, stratum, arm, part;
};

static int by_stratum(const void *x, const void *y)
{
	const struct seat *a = x, *b = y;
	if (a->stratum != b->stratum)
		return a->stratum - b->stratum;
	return a->key < b->key ? -1 : a->key > b->key;
}

/* Patients of arms up to and including `arm` among the first n. */
static uint64_t seats_until(const struct ql_trial *t, int arm, uint64_t n)
{
	uint64_t all = 0;
	for (int a = 0; a <= arm; a++)
		all += t->info.n[a];
	return (uint64_t)((unsigned __int128)n * all / t->info.n_total);
}

static int choose_part(const struct ql_trial *t, const struct ql_design_arm *arm, uint64_t id)
{
	double sum = 0.0, u = ql_rng_uniform(t->spec.seed, id, ql_hash_str("trial.regimen"), 0);
	for (int p = 0; p < arm->n_part; p++)
		sum += ql_condition_holds(arm->part[p].only, t->v.q, t->job.covariate) ? arm->part[p].share : 0.0;
	double at = 0.0;
	int last = 0;
	for (int p = 0; p < arm->n_part; p++) {
		if (!ql_condition_holds(arm->part[p].only, t->v.q, t->job.covariate))
			continue;
		last = p;
		at += arm->part[p].share;
		if (u * sum < at)
			return p;
	}
	return last;
}

static void draw(struct ql_trial *t, uint64_t id)
{
	ql_population_draw(&t->job.population, t->job.model, t->spec.seed, id, t->job.covariate, &t->v);
}

static int stratum_of(const struct ql_trial *t)
{
	const struct ql_design *d = &t->job.design;
	int code = 0;
	for (int i = 0; i < d->n_stratum && t->info.n_stratum > 1; i++)
		code = code * t->stratum_size[i] + stratum_value(t->job.model, &d->stratum[i], t->v.q[d->stratum[i].q]);
	return code;
}

/* Within a block patients are put in order of stratum and chance, and arms are dealt out along it so that each has its
 * share of every stretch: balanced by stratum, exact in total. */
static void allocate(struct ql_trial *t, uint64_t replicate, uint64_t first, int n, struct seat *seat)
{
	const struct ql_design *d = &t->job.design;
	uint64_t quota[QL_TRIAL_MAX_ARMS], given[QL_TRIAL_MAX_ARMS] = {0};
	bool draws = t->info.n_stratum > 1;
	for (int a = 0; a < d->n_arm; a++)
		draws |= d->arm[a].n_part > 1;
	for (int i = 0; i < n; i++) {
		uint64_t id = ql_trial_patient(replicate, first + (uint64_t)i);
		seat[i] = (struct seat){ql_rng_bits(t->spec.seed, id, ql_hash_str("trial.allocation"), 0), i, 0, 0, 0};
		if (!draws)
			continue;
		draw(t, id);
		seat[i].stratum = stratum_of(t);
	}
	qsort(seat, (size_t)n, sizeof *seat, by_stratum);
	for (int a = 0; a < d->n_arm; a++)
		quota[a] = seats_until(t, a, first + (uint64_t)n) - seats_until(t, a, first) -
			   (a ? seats_until(t, a - 1, first + (uint64_t)n) - seats_until(t, a - 1, first) : 0);
	for (int i = 0; i < n; i++) {
		int best = -1;
		double most = -INFINITY;
		for (int a = 0; a < d->n_arm; a++) {
			double owed = (double)quota[a] * (i + 1) / n - (double)given[a];
			if (given[a] < quota[a] && owed > most) {
				most = owed;
				best = a;
			}
		}
		seat[i].arm = best < 0 ? 0 : best;
		given[seat[i].arm]++;
	}
	for (int i = 0; i < n; i++) {
		uint64_t id = ql_trial_patient(replicate, first + (uint64_t)seat[i].index);
		if (d->arm[seat[i].arm].n_part < 2)
			continue;
		draw(t, id);
		seat[i].part = choose_part(t, &d->arm[seat[i].arm], id);
	}
}

/* --- chunks --- */

struct watch { /* turns outputs of a plan into laboratory values */
	ql_trial_visit_fn *visit;
	void *ctx;
	int out[8];
};

static void observe(void *ctx, uint64_t patient, double day, unsigned at, const double *out)
{
	const struct watch *w = ctx;
	double lab[8];
	if (!(at & QL_READ_VISIT))
		return;
	for (int i = 0; i < ql_trial_lab_count; i++)
		lab[i] = w->out[i] < 0 ? NAN : out[w->out[i]];
	w->visit(w->ctx, patient & 0xffffffffu, day, lab);
}

double ql_trial_entry_day(const struct ql_trial *t, uint64_t replicate, uint64_t patient)
{
	double u = ql_rng_uniform(t->spec.seed, ql_trial_patient(replicate, patient), ql_hash_str("trial.entry"), 0);
	return u * t->job.design.accrual_months * QL_DAYS_PER_MONTH;
}

/* The last day on which a patient is seen: end of the trial, or loss to follow-up. */
static double seen_until(const struct ql_trial *t, uint64_t replicate, uint64_t patient)
{
	double end = t->info.follow_day - ql_trial_entry_day(t, replicate, patient), rate = t->job.design.dropout_per_year;
	if (!(rate > 0.0))
		return end;
	double u = ql_rng_uniform(t->spec.seed, ql_trial_patient(replicate, patient), ql_hash_str("trial.lost"), 0);
	return fmin(end, ql_quantile_exponential(u) / rate * QL_DAYS_PER_YEAR);
}

struct chunk {
	struct ql_trial *t;
	uint64_t replicate, first, n;
	struct ql_patient_record *record;
	ql_trial_visit_fn *visit;
	void *visit_ctx;
	struct ql_diags *ds;
	struct seat *seat;      /* [n] */
	uint64_t *id, *place;   /* [n] of the group that runs */
	struct ql_arm_result result;
};

static double response_day(const struct ql_trial *t, int job_arm)
{
	return t->job.design.response_day > 0.0 ? t->job.design.response_day : t->job.arm[job_arm].regimen.response_day;
}

/* Everyone of the chunk who gets regimen `i` of the job. */
static enum quell_status run_group(struct chunk *c, int i)
{
	static const double no_grid;
	struct ql_trial *t = c->t;
	const struct ql_job_arm *arm = &t->job.arm[i];
	struct watch w = {c->visit, c->visit_ctx, {0}};
	uint64_t n = 0;
	for (uint64_t k = 0; k < c->n; k++) {
		const struct seat *s = &c->seat[k];
		if (s->arm != arm->design_arm || s->part != arm->design_part)
			continue;
		c->place[n] = k / QL_TRIAL_BLOCK * QL_TRIAL_BLOCK + (uint64_t)s->index;
		c->id[n] = ql_trial_patient(c->replicate, c->first + c->place[n]);
		c->record[c->place[n]].stratum = (uint8_t)s->stratum;
		n++;
	}
	if (n == 0)
		return QUELL_OK;
	struct ql_arm_spec s = ql_job_arm_spec(&t->job, i);
	s.n_patients = n;
	s.patient = c->id;
	s.grid = &no_grid; /* no courses */
	s.n_grid = 0;
	for (int k = 0; k < ql_trial_lab_count; k++)
		w.out[k] = ql_trial_output(arm->plan, ql_trial_lab[k].output);
	s.observe = c->visit ? observe : NULL;
	s.observe_ctx = &w;
	enum quell_status status = ql_arm_run(&s, c->ds, &c->result);
	for (uint64_t k = 0; k < n && c->result.record; k++) {
		struct ql_patient_record *r = &c->record[c->place[k]];
		uint8_t stratum = r->stratum;
		*r = c->result.record[k];
		r->arm = (uint8_t)arm->design_arm;
		r->stratum = stratum;
		ql_record_censor(r, seen_until(t, c->replicate, c->first + c->place[k]), response_day(t, i));
	}
	ql_arm_result_free(&c->result);
	return status;
}

static enum quell_status run_chunk(void *arg)
{
	struct chunk *c = arg;
	c->seat = ql_realloc(NULL, (size_t)c->n + 1, sizeof *c->seat);
	c->id = ql_realloc(NULL, (size_t)c->n + 1, sizeof *c->id);
	c->place = ql_realloc(NULL, (size_t)c->n + 1, sizeof *c->place);
	for (uint64_t i = 0; i < c->n; i++)
		c->record[i] = ql_record_blank();
	for (uint64_t at = 0; at < c->n; at += QL_TRIAL_BLOCK)
		allocate(c->t, c->replicate, c->first + at, (int)(c->n - at < QL_TRIAL_BLOCK ? c->n - at : QL_TRIAL_BLOCK),
			 c->seat + at);
	enum quell_status s = QUELL_OK;
	for (int i = 0; i < c->t->job.n_arm && s == QUELL_OK; i++)
		s = run_group(c, i);
	return s;
}

enum quell_status ql_trial_chunk(struct ql_trial *t, uint64_t replicate, uint64_t first, uint64_t n,
				 struct ql_patient_record *record, ql_trial_visit_fn *visit, void *visit_ctx,
				 struct ql_diags *ds)
{
	struct chunk c = {.t = t, .replicate = replicate, .first = first, .n = n, .record = record, .visit = visit,
			  .visit_ctx = visit_ctx, .ds = ds};
	if (first % QL_TRIAL_BLOCK != 0 || first + n > t->info.n_total ||
	    ((first + n) % QL_TRIAL_BLOCK != 0 && first + n != t->info.n_total))
		return QUELL_ERR_INPUT;
	enum quell_status s = ql_protect(run_chunk, &c);
	ql_arm_result_free(&c.result);
	ql_free(c.seat);
	ql_free(c.id);
	ql_free(c.place);
	return s;
}
