/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "compare/compare.h"
#include "compare/compare_private.h"
#include "compare/prior.h"
#include "compare/trials.h"
#include "compare/warm.h"
#include "evidence/table.h"
#include "trial/rules.h"
#include <stdlib.h>
#include <time.h>

/* --- opening --- */

static void describe(struct ql_comparison *k)
{
	struct ql_compare *c = k->c;
	c->model_hash = k->job.model->hash;
	c->model_name = ql_comparison_copy(k, k->job.model->name);
	c->seed = k->spec->seed;
	c->patients_total = k->spec->patients;
	c->years = k->spec->years;
	c->rtol = k->spec->rtol > 0.0 ? k->spec->rtol : 1e-4;
	c->population = ql_comparison_copy(k, k->job.population.name);
	c->population_title = ql_comparison_copy(k, k->job.population.title);
	c->draws = ql_comparison_copy(k, k->job.draws.name);
	c->draws_hash = k->job.draws.hash;
	c->n_draws = k->job.draws.n;
	c->n_arm = k->job.n_shown;
	c->arm = QL_NEW_N(&c->arena, struct ql_arm, (size_t)c->n_arm);
}

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

/* --- in pieces --- */

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
	s = ql_comparison_simulate_arms(k);
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
	ql_comparison_fill(k);
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
