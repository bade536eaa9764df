/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "decide/compare.h"
#include "base/pool.h"
#include "decide/endpoint.h"
#include "decide/job.h"
#include "decide/prior.h"
#include "decide/spread.h"
#include "decide/tally.h"
#include "decide/trials.h"
#include "decide/warm.h"
#include "evidence/table.h"
#include "trial/course.h"
#include "trial/rules.h"
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_PUBLISHED 8

struct told { /* how far a part of the run is */
	struct ql_comparison *k;
	uint64_t done;
};

struct ql_comparison { /* one call at work */
	const struct ql_run_spec *spec;
	struct ql_diags *ds;
	struct ql_compare *c;
	struct ql_job job;
	struct ql_evidence *evidence;
	struct ql_trials *trials;
	struct ql_arm_result *result; /* per arm: the patients simulated last */
	struct ql_arm_result part;    /* of them: those of one parameter draw */
	double *response_day;         /* per arm */
	struct ql_cohort *cohort;
	struct ql_endpoint_def *def;
	int n_def, n_all; /* n_all: arms, those that only bound others included */
	uint64_t done_before;
	struct told *told, whole;     /* what is at work; an arm in one */
	int n_told;
	pthread_mutex_t told_lock;
	struct ql_arena scratch, cells;
	/* arguments of the call in progress */
	uint64_t first, n;
	struct ql_summary *sum;
	const struct ql_summary *total;
	int arm;
	void (*observe)(void *ctx, int arm, uint64_t patient, double day, unsigned at, const double *out);
	void *observe_ctx;
};

static const char *copy(struct ql_compare *c, const char *s) { return s ? ql_arena_strdup(&c->arena, s) : NULL; }

/* Told by several threads at once, passed on from one thread at a time. */
static void progress(void *ctx, uint64_t done)
{
	struct told *t = ctx;
	struct ql_comparison *k = t->k;
	pthread_mutex_lock(&k->told_lock);
	uint64_t sum = k->done_before;
	t->done = done;
	for (int i = 0; i < k->n_told; i++)
		sum += k->told[i].done;
	k->spec->progress(k->spec->progress_ctx, sum, k->spec->patients * (uint64_t)k->n_all);
	pthread_mutex_unlock(&k->told_lock);
}

/* --- published figures --- */

static void add_published(struct ql_comparison *k, int arm, struct ql_endpoint *e)
{
	const struct ql_regimen *r = &k->job.arm[arm].regimen;
	const struct ql_population *p = &k->job.population;
	const struct ql_trial_row *row[MAX_PUBLISHED];
	int n = ql_evidence_answers(k->evidence, r->treatment, r->n_treatment, p->line, p->trial, p->n_trial, e->id, row,
				    MAX_PUBLISHED);
	if (n == 0)
		return;
	struct ql_published *out = QL_NEW_N(&k->c->arena, struct ql_published, (size_t)n);
	for (int i = 0; i < n; i++) {
		out[i] = (struct ql_published){.trial = copy(k->c, row[i]->trial), .arm = copy(k->c, row[i]->treatment),
					       .source = copy(k->c, row[i]->publication),
					       .population = copy(k->c, row[i]->population),
					       .verified = row[i]->verified};
		ql_evidence_value(row[i], &out[i].value, &out[i].lower, &out[i].upper);
	}
	e->published = out;
	e->n_published = n;
}

/* --- one arm --- */

static void note_missing(struct ql_comparison *k)
{
	struct ql_trial_names names;
	ql_trial_names_find(k->job.arm[0].plan, &names);
	for (int i = 0; i < k->n_def; i++) {
		const char *missing;
		if (ql_endpoint_available(k->def[i].measure, &names, &missing) || !missing)
			continue;
		ql_diag_add(k->ds, QL_E0607, (struct ql_span){0}, "`%s` is not reported: the model has no `%s`",
			    k->def[i].id, missing);
	}
}

/* Estimates of arm i, shown or not; with draws their spread is in the interval. */
static void estimate(struct ql_comparison *k, int i, int def, struct ql_endpoint *e)
{
	ql_endpoint_estimate(&k->cohort[i], &k->def[def], e);
	const struct ql_spread spread = {k->total, k->response_day, &k->scratch};
	if (k->total->n_draw > 1)
		ql_spread_endpoint(&spread, i, &k->cohort[i], &k->def[def], e);
}

static void estimate_curve(struct ql_comparison *k, int i, enum ql_measure m, const char *id, struct ql_curve *out)
{
	ql_endpoint_curve(&k->cohort[i], m, id, &k->c->arena, out);
	const struct ql_spread spread = {k->total, k->response_day, &k->scratch};
	if (k->total->n_draw > 1)
		ql_spread_curve(&spread, i, m, out);
}

/* Whether arm b is arm i at one end of its prior; one without patients, after an interrupt, says nothing. */
static bool bounds(const struct ql_comparison *k, int b, int i)
{
	return k->job.arm[b].bounds == i && k->total->arm[b].done > k->total->arm[b].failed;
}

static void fill_endpoints(struct ql_comparison *k, int i, struct ql_arm *out)
{
	struct ql_trial_names names;
	ql_trial_names_find(k->job.arm[i].plan, &names);
	for (int a = 0; a < k->job.n_arm; a++) { /* all arms have the same endpoints */
		struct ql_trial_names other;
		ql_trial_names_find(k->job.arm[a].plan, &other);
		names.cytokines |= other.cytokines;
	}
	out->endpoint = QL_NEW_N(&k->c->arena, struct ql_endpoint, (size_t)k->n_def);
	for (int d = 0; d < k->n_def; d++) {
		const char *missing;
		if (!ql_endpoint_available(k->def[d].measure, &names, &missing) ||
		    (!k->job.has_next && ql_endpoint_needs_next(k->def[d].measure)))
			continue;
		struct ql_endpoint *e = &out->endpoint[out->n_endpoint++];
		estimate(k, i, d, e);
		for (int b = k->c->n_arm; b < k->n_all; b++)
			if (bounds(k, b, i)) {
				struct ql_endpoint bound;
				estimate(k, b, d, &bound);
				ql_prior_widen_endpoint(e, &bound);
			}
		add_published(k, i, e);
	}
}

static void fill_course(struct ql_compare *c, const struct ql_course_sum *sum, int axis, struct ql_course *out)
{
	static const double p[5] = {0.05, 0.25, 0.50, 0.75, 0.95};
	const double *day;
	int n = ql_course_days(sum, &day);
	double *column[6];
	for (int j = 0; j < 6; j++)
		column[j] = QL_NEW_N(&c->arena, double, (size_t)n);
	*out = (struct ql_course){ql_course_axis[axis].output, ql_course_axis[axis].unit, ql_course_axis[axis].title, n,
				  column[0], column[1], column[2], column[3], column[4], column[5]};
	for (int d = 0; d < n; d++) {
		column[0][d] = day[d];
		for (int j = 0; j < 5; j++)
			column[j + 1][d] = ql_course_quantile(sum, axis, d, p[j]);
	}
}

static void fill_courses(struct ql_comparison *k, int i, struct ql_arm *out)
{
	struct ql_trial_names names;
	ql_trial_names_find(k->job.arm[i].plan, &names);
	out->course = QL_NEW_N(&k->c->arena, struct ql_course, (size_t)ql_course_axis_count);
	for (int a = 0; a < ql_course_axis_count && k->total->arm[i].done > 0 && !k->spec->no_courses; a++)
		if (names.axis[a] >= 0)
			fill_course(k->c, k->total->course[i], a, &out->course[out->n_course++]);
}

static void fill_whatif(struct ql_comparison *k, int i, struct ql_arm *out)
{
	const struct ql_whatif *w = k->job.arm[i].whatif;
	out->base = k->job.arm[i].base;
	if (!w)
		return;
	out->whatif = copy(k->c, w->id);
	out->rationale = copy(k->c, w->rationale);
	out->source = QL_NEW_N(&k->c->arena, const char *, (size_t)w->n_source + 1);
	for (int s = 0; s < w->n_source; s++)
		out->source[out->n_source++] = copy(k->c, w->source[s]);
}

static void fill_curve(struct ql_comparison *k, int i, enum ql_measure m, const char *id, struct ql_arm *out)
{
	struct ql_curve *curve = &out->curve[out->n_curve++];
	estimate_curve(k, i, m, id, curve);
	for (int b = k->c->n_arm; b < k->n_all; b++)
		if (bounds(k, b, i)) {
			struct ql_curve bound;
			estimate_curve(k, b, m, id, &bound);
			ql_prior_widen_curve(curve, &bound);
		}
}

static void fill_cohort(struct ql_comparison *k, int i)
{
	k->cohort[i] = (struct ql_cohort){.n = k->total->arm[i].done, .horizon_day = k->total->arm[i].horizon_day,
					  .response_day = k->response_day[i], .scratch = &k->scratch,
					  .tally = &k->total->arm[i], .keep = &k->cells,
					  .cells = QL_NEW_N(&k->cells, struct ql_cells, QL_TALLY_KINDS)};
}

static void fill_arm(struct ql_comparison *k, int i)
{
	const struct ql_job_arm *job = &k->job.arm[i];
	struct ql_arm *out = &k->c->arm[i];
	*out = (struct ql_arm){.id = copy(k->c, job->regimen.name), .title = copy(k->c, job->regimen.title),
			       .evidence_grade = job->regimen.evidence_grade,
			       .warning = copy(k->c, job->regimen.warning), .kernel = copy(k->c, job->plan->name),
			       .isa = copy(k->c, job->kernel->isa), .n_state = job->plan->n_state,
			       .patients_failed = k->total->arm[i].failed, .patients_done = k->total->arm[i].done};
	out->prior = ql_job_prior(&k->job, i, &k->c->arena);
	fill_whatif(k, i, out);
	fill_endpoints(k, i, out);
	out->curve = QL_NEW_N(&k->c->arena, struct ql_curve, 2);
	fill_curve(k, i, QL_M_PFS_RATE, "pfs", out);
	if (k->job.has_next)
		fill_curve(k, i, QL_M_OS_RATE, "os", out);
	fill_courses(k, i, out);
}

static void observed(void *ctx, uint64_t patient, double day, unsigned at, const double *out)
{
	struct ql_comparison *k = ctx;
	k->observe(k->observe_ctx, k->arm, patient, day, at, out);
}

/* Patients first .. first+n-1 under regimen i, who is told by `t`. */
static struct ql_arm_spec spec_of(struct ql_comparison *k, int i, struct told *t, uint64_t first, uint64_t n, int threads)
{
	struct ql_arm_spec s = ql_job_arm_spec(&k->job, i);
	s.first_patient = first;
	s.n_patients = n;
	s.threads = threads;
	s.progress = k->spec->progress ? progress : NULL;
	s.progress_ctx = t;
	return s;
}

/* --- few patients: pieces of arms beside each other --- */

/* Up to this many patients, an arm whose patients are shared out spends much of its time on passes with few of them,
 * where lanes are empty and threads wait. One thread a piece is faster. */
#define FEW_PATIENTS 2048
#define LEAST_PIECE 64

struct piece {
	int arm;
	uint64_t first, n;
	struct ql_arm_result result;
	enum quell_status status;
};

struct crew { /* of threads, each of which takes the next piece */
	struct ql_comparison *k;
	struct piece *piece;
	int n, threads; /* threads: for each piece */
	atomic_int next;
	pthread_mutex_t plans_lock;
};

static enum quell_status work(void *ctx, int thread)
{
	struct crew *c = ctx;
	(void)thread;
	for (int i; (i = atomic_fetch_add(&c->next, 1)) < c->n;) {
		struct piece *p = &c->piece[i];
		struct ql_arm_spec s = spec_of(c->k, p->arm, &c->k->told[i], p->first, p->n, c->threads);
		s.plans_lock = &c->plans_lock;
		p->status = ql_arm_run(&s, c->k->ds, &p->result);
	}
	return QUELL_OK;
}

static void lay_out(struct crew *c, int pieces)
{
	struct ql_comparison *k = c->k;
	c->piece = QL_NEW_N(&k->scratch, struct piece, (size_t)(k->n_all * pieces));
	k->told = QL_NEW_N(&k->scratch, struct told, (size_t)(k->n_all * pieces));
	for (int i = 0; i < k->n_all; i++)
		for (int j = 0; j < pieces; j++) {
			uint64_t from = k->n * (uint64_t)j / (uint64_t)pieces, to = k->n * (uint64_t)(j + 1) / (uint64_t)pieces;
			k->told[c->n] = (struct told){k, 0};
			c->piece[c->n++] = (struct piece){.arm = i, .first = k->first + from, .n = to - from};
		}
	k->n_told = c->n;
}

static void blank_records(struct ql_comparison *k, int i)
{
	struct ql_patient_record *record = ql_realloc(NULL, (size_t)k->n, sizeof *record);
	for (uint64_t j = 0; j < k->n; j++)
		record[j] = ql_record_blank();
	k->result[i].record = record;
}

/* The result of an arm as if it had run in one. After an interrupt some pieces may have no records. */
static void join(struct ql_comparison *k, const struct piece *p)
{
	struct ql_arm_result *sum = &k->result[p->arm];
	if (!sum->record)
		blank_records(k, p->arm);
	if (p->result.record)
		memcpy(&sum->record[p->first - k->first], p->result.record, (size_t)p->n * sizeof *sum->record);
	ql_arm_result_add(sum, &p->result);
}

struct joining {
	struct crew *c;
	int threads;
};

static enum quell_status run_pieces(void *arg)
{
	struct joining *g = arg;
	struct crew *c = g->c;
	int n_arm = c->k->n_all, most = (int)(c->k->n / LEAST_PIECE), pieces = 4 * g->threads / n_arm;
	lay_out(c, pieces > most ? (most > 1 ? most : 1) : pieces > 1 ? pieces : 1);
	c->threads = g->threads > c->n ? g->threads / c->n : 1;
	enum quell_status s = ql_pool_run(g->threads < c->n ? g->threads : c->n, work, c);
	for (int i = 0; i < c->n && s == QUELL_OK; i++)
		s = c->piece[i].status;
	for (int i = 0; i < c->n && (s == QUELL_OK || s == QUELL_ERR_INTERRUPTED); i++)
		join(c->k, &c->piece[i]);
	return s;
}

static enum quell_status together(struct ql_comparison *k, int threads)
{
	struct crew c = {.k = k};
	struct joining g = {&c, threads};
	pthread_mutex_init(&c.plans_lock, NULL);
	enum quell_status s = ql_protect(run_pieces, &g);
	for (int i = 0; c.piece && i < c.n; i++)
		ql_arm_result_free(&c.piece[i].result);
	pthread_mutex_destroy(&c.plans_lock);
	k->n_told = 0;
	ql_arena_free(&k->scratch);
	if (s == QUELL_ERR_MEMORY)
		ql_out_of_memory();
	return s;
}

/* Records to their places, courses and counts added up. */
static void collect(struct ql_comparison *k, int i, const uint64_t *patient, uint64_t n)
{
	struct ql_arm_result *all = &k->result[i], *part = &k->part;
	for (uint64_t j = 0; part->record && j < n; j++)
		all->record[patient[j] - k->first] = part->record[j];
	ql_arm_result_add(all, part);
	ql_arm_result_free(part);
}

/* Regimen i for everybody (patient: NULL) or for n patients by number; one after the other. */
static enum quell_status simulate_arm(struct ql_comparison *k, int i, const uint64_t *patient, uint64_t n, int threads,
				      struct ql_arm_result *out)
{
	struct ql_arm_spec spec = spec_of(k, i, &k->whole, k->first, n, threads);
	spec.patient = patient;
	spec.observe = k->observe && i < k->c->n_arm ? observed : NULL;
	spec.observe_ctx = k;
	k->arm = i;
	k->told = &k->whole;
	k->whole = (struct told){k, 0};
	k->n_told = 1;
	enum quell_status s = ql_arm_run(&spec, k->ds, out);
	k->n_told = 0;
	k->done_before += n;
	return s;
}

/* Every draw of parameters with its patients under every regimen. */
static enum quell_status simulate_draws(struct ql_comparison *k, int threads)
{
	uint64_t draws = (uint64_t)k->job.draws.n, *patient = QL_NEW_N(&k->scratch, uint64_t, (size_t)k->n + 1);
	enum quell_status s = QUELL_OK;
	for (int i = 0; i < k->n_all; i++)
		blank_records(k, i);
	for (uint64_t d = 0; d < draws && s == QUELL_OK; d++) {
		uint64_t n = 0;
		for (uint64_t p = k->first; p < k->first + k->n; p++)
			if (p % draws == d)
				patient[n++] = p;
		if (n > 0)
			ql_job_use_draw(&k->job, (int)d);
		for (int i = 0; n > 0 && i < k->n_all && s == QUELL_OK; i++) {
			s = simulate_arm(k, i, patient, n, threads, &k->part);
			collect(k, i, patient, n);
		}
	}
	ql_arena_free(&k->scratch);
	return s;
}

static enum quell_status one_by_one(struct ql_comparison *k, int threads)
{
	enum quell_status s = QUELL_OK;
	for (int i = 0; i < k->n_all && s == QUELL_OK; i++)
		s = simulate_arm(k, i, NULL, k->n, threads, &k->result[i]);
	return s;
}

/* Whoever observes is told of one regimen at a time. */
static enum quell_status simulate_arms(struct ql_comparison *k)
{
	int threads = k->spec->threads > 0 ? k->spec->threads : ql_cpu_count();
	if (k->job.draws.n > 0)
		return simulate_draws(k, threads);
	if (threads == 1 || k->n_all == 1 || k->n > FEW_PATIENTS || k->observe)
		return one_by_one(k, threads);
	enum quell_status s = together(k, threads);
	k->done_before += k->n * (uint64_t)k->n_all;
	return s;
}

/* --- all arms --- */

static struct ql_trial_regimen in_trials(const struct ql_comparison *k, int arm)
{
	const struct ql_regimen *r = &k->job.arm[arm].regimen;
	return (struct ql_trial_regimen){r->treatment, r->n_treatment};
}

static void add_trials(struct ql_comparison *k, struct ql_contrast *x)
{
	if (strcmp(x->endpoint, "pfs_median") == 0)
		x->trials = ql_trials_beside(k->trials, in_trials(k, x->arm_a), in_trials(k, x->arm_b),
					     (struct ql_ratio){x->hazard_ratio, x->hr_lower, x->hr_upper});
}

/* Pairs are summed in the order of arms; the other way round is turned. */
static void contrast_between(struct ql_comparison *k, int a, int b, int def, struct ql_contrast *out)
{
	int low = a < b ? a : b, high = a < b ? b : a;
	ql_endpoint_contrast(&k->cohort[low], &k->cohort[high], &k->def[def], ql_summary_pair(k->total, low, high, def), out);
	if (k->total->n_draw > 1) {
		const struct ql_spread spread = {k->total, k->response_day, &k->scratch};
		ql_spread_contrast(&spread, low, high, &k->def[def], out);
		out->kind = QL_INTERVAL_PARAMETER;
	}
	if (a == low)
		return;
	struct ql_contrast x = *out;
	out->difference = -x.difference;
	out->lower = -x.upper;
	out->upper = -x.lower;
	out->p_ahead = 1.0 - x.p_ahead;
	out->hazard_ratio = 1.0 / x.hazard_ratio;
	out->hr_lower = 1.0 / x.hr_upper;
	out->hr_upper = 1.0 / x.hr_lower;
}

/* The difference with either product anywhere within its prior. */
static void widen_contrast(struct ql_comparison *k, int a, int b, int def, struct ql_contrast *out)
{
	for (int i = 0; i < k->n_all; i++)
		for (int j = 0; j < k->n_all; j++) {
			struct ql_contrast bound;
			if (!(i == a || bounds(k, i, a)) || !(j == b || bounds(k, j, b)) || (i == a && j == b))
				continue;
			contrast_between(k, i, j, def, &bound);
			ql_prior_widen_contrast(out, &bound);
		}
}

static void fill_contrasts(struct ql_comparison *k)
{
	int pairs = k->c->n_arm * (k->c->n_arm - 1) / 2;
	k->c->contrast = QL_NEW_N(&k->c->arena, struct ql_contrast, (size_t)(pairs * k->n_def + 1));
	for (int a = 0; a < k->c->n_arm; a++)
		for (int b = a + 1; b < k->c->n_arm; b++)
			for (int d = 0; d < k->n_def; d++) {
				struct ql_contrast *out = &k->c->contrast[k->c->n_contrast];
				contrast_between(k, a, b, d, out);
				widen_contrast(k, a, b, d, out);
				out->arm_a = a;
				out->arm_b = b;
				if (isnan(out->difference) && isnan(out->hazard_ratio))
					continue;
				add_trials(k, out);
				k->c->n_contrast++;
			}
}

static void describe(struct ql_comparison *k)
{
	struct ql_compare *c = k->c;
	c->model_hash = k->job.model->hash;
	c->model_name = copy(c, k->job.model->name);
	c->seed = k->spec->seed;
	c->patients_total = k->spec->patients;
	c->years = k->spec->years;
	c->rtol = k->spec->rtol > 0.0 ? k->spec->rtol : 1e-4;
	c->population = copy(c, k->job.population.name);
	c->population_title = copy(c, k->job.population.title);
	c->draws = copy(c, k->job.draws.name);
	c->draws_hash = k->job.draws.hash;
	c->n_draws = k->job.draws.n;
	c->n_arm = k->job.n_shown;
	c->arm = QL_NEW_N(&c->arena, struct ql_arm, (size_t)c->n_arm);
}

/* --- in pieces --- */

static enum quell_status load_evidence(struct ql_comparison *k)
{
	struct ql_warm_kit *kit = k->job.kit;
	if (kit && kit->evidence) {
		k->evidence = kit->evidence;
		return QUELL_OK;
	}
	enum quell_status s = ql_evidence_load(k->spec->data_dir, k->ds, &k->evidence);
	if (s == QUELL_OK && kit)
		kit->evidence = k->evidence;
	return s;
}

static void warn_few(struct ql_comparison *k)
{
	int n = k->job.draws.n;
	if (n < 1 || k->spec->patients / (uint64_t)n >= QL_DRAWS_PATIENTS)
		return;
	ql_diag_help(ql_diag_add(k->ds, QL_W0649, (struct ql_span){"command line", 0, 0, 0},
				 "%d draws leave %d patients to each", n, (int)(k->spec->patients / (uint64_t)n)),
		     "give --patients %d or more, or --n-draws", n * QL_DRAWS_PATIENTS);
}

static enum quell_status open_job(void *arg)
{
	struct ql_comparison *k = arg;
	k->c = ql_realloc(NULL, 1, sizeof *k->c);
	*k->c = (struct ql_compare){0};
	enum quell_status s = ql_job_open(&k->job, k->spec, k->ds);
	if (s == QUELL_OK)
		s = ql_job_add_bounds(&k->job, k->ds);
	if (s == QUELL_OK)
		s = load_evidence(k);
	if (s == QUELL_OK)
		s = ql_trials_open(k->spec->data_dir, k->evidence, k->job.population.line, &k->c->arena, k->ds, &k->trials);
	if (s != QUELL_OK)
		return s;
	describe(k);
	k->n_all = k->job.n_arm;
	size_t n = (size_t)k->n_all;
	k->def = ql_endpoint_defs(&k->c->arena, k->spec->years * QL_DAYS_PER_YEAR, &k->n_def);
	k->response_day = QL_NEW_N(&k->c->arena, double, n);
	for (size_t i = 0; i < n; i++)
		k->response_day[i] = k->job.arm[i].regimen.response_day;
	warn_few(k);
	k->result = QL_NEW_N(&k->c->arena, struct ql_arm_result, n);
	k->cohort = QL_NEW_N(&k->c->arena, struct ql_cohort, n);
	note_missing(k);
	return QUELL_OK;
}

enum quell_status ql_comparison_open(const struct ql_run_spec *spec, struct ql_diags *ds, struct ql_comparison **out)
{
	struct ql_comparison *k = calloc(1, sizeof *k);
	*out = k;
	if (!k)
		return ql_memory_failed();
	k->spec = spec;
	k->ds = ds;
	pthread_mutex_init(&k->told_lock, NULL);
	return ql_protect(open_job, k);
}

const struct ql_job *ql_comparison_job(const struct ql_comparison *k) { return &k->job; }

static enum quell_status make_summary(void *arg)
{
	struct ql_comparison *k = arg;
	k->sum = ql_summary_make(k->n_all, k->job.draws.n, k->spec->years * QL_DAYS_PER_YEAR, k->def, k->n_def);
	return QUELL_OK;
}

struct ql_summary *ql_comparison_summary(const struct ql_comparison *k)
{
	struct ql_comparison copy_of = *k;
	return ql_protect(make_summary, &copy_of) == QUELL_OK ? copy_of.sum : NULL;
}

static enum quell_status simulate(void *arg)
{
	struct ql_comparison *k = arg;
	enum quell_status s = QUELL_OK;
	for (int i = 0; i < k->n_all; i++)
		ql_arm_result_free(&k->result[i]);
	s = simulate_arms(k);
	if (s == QUELL_OK || s == QUELL_ERR_INTERRUPTED)
		ql_summary_add(k->sum, k->result, k->first, k->n);
	return s;
}

enum quell_status ql_comparison_simulate(struct ql_comparison *k, uint64_t first, uint64_t n, struct ql_summary *sum)
{
	k->first = first;
	k->n = n;
	k->sum = sum;
	return ql_protect(simulate, k);
}

void ql_comparison_observe(struct ql_comparison *k,
			   void (*observe)(void *ctx, int arm, uint64_t patient, double day, unsigned at, const double *out),
			   void *ctx)
{
	k->observe = observe;
	k->observe_ctx = ctx;
}

const struct ql_patient_record *ql_comparison_records(const struct ql_comparison *k, int arm)
{
	return k->result[arm].record;
}

static enum quell_status finish(void *arg)
{
	struct ql_comparison *k = arg;
	k->c->steps = (long)k->total->steps;
	k->c->rejected = (long)k->total->rejected;
	for (int i = 0; i < k->n_all; i++)
		fill_cohort(k, i);
	for (int i = 0; i < k->c->n_arm; i++)
		fill_arm(k, i);
	fill_contrasts(k);
	return QUELL_OK;
}

enum quell_status ql_comparison_finish(struct ql_comparison *k, const struct ql_summary *sum, bool interrupted,
				       struct ql_compare **out)
{
	k->total = sum;
	k->c->interrupted = interrupted;
	for (int i = 0; i < k->n_all; i++)
		ql_arm_result_free(&k->result[i]);
	enum quell_status s = ql_protect(finish, k);
	*out = s == QUELL_OK ? k->c : NULL;
	if (s == QUELL_OK)
		k->c = NULL;
	return s;
}

/* Separate from the calls because what it frees may have been made before memory ran out. */
void ql_comparison_close(struct ql_comparison *k)
{
	if (!k)
		return;
	ql_arena_free(&k->scratch);
	ql_arm_result_free(&k->part);
	ql_arena_free(&k->cells);
	for (int i = 0; k->c && k->result && i < k->n_all; i++)
		ql_arm_result_free(&k->result[i]);
	ql_compare_free(k->c);
	if (k->evidence && !(k->job.kit && k->job.kit->evidence == k->evidence))
		ql_evidence_free(k->evidence);
	ql_job_close(&k->job);
	pthread_mutex_destroy(&k->told_lock);
	free(k);
}

/* --- at once --- */

/* Patients at a time: memory stays small, and the end of a piece, where lanes run dry, costs little. */
#define PIECE 8192

static double seconds(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static enum quell_status simulate_all(struct ql_comparison *k, struct ql_summary *sum)
{
	uint64_t total = k->spec->patients;
	enum quell_status s = QUELL_OK;
	for (uint64_t first = 0; first < total && s == QUELL_OK; first += PIECE)
		s = ql_comparison_simulate(k, first, total - first < PIECE ? total - first : PIECE, sum);
	return s;
}

enum quell_status ql_compare_run(const struct ql_run_spec *spec, struct ql_diags *ds, struct ql_compare **out)
{
	*out = NULL;
	double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	struct ql_comparison *k;
	struct ql_summary *sum = NULL;
	enum quell_status s = ql_comparison_open(spec, ds, &k);
	if (s == QUELL_OK) {
		sum = ql_comparison_summary(k);
		s = sum ? simulate_all(k, sum) : ql_memory_failed();
	}
	if (s == QUELL_OK || s == QUELL_ERR_INTERRUPTED)
		s = ql_comparison_finish(k, sum, s == QUELL_ERR_INTERRUPTED, out);
	ql_comparison_close(k);
	ql_summary_free(sum);
	if (*out) {
		(*out)->wall_s = seconds(CLOCK_MONOTONIC) - wall;
		(*out)->cpu_s = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	}
	return s;
}

void ql_compare_free(struct ql_compare *c)
{
	if (!c)
		return;
	ql_arena_free(&c->arena);
	ql_free(c);
}
