/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pool.h"
#include "compare/compare_private.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Told by several threads at once, passed on from one thread at a time. */
static void progress(void *ctx, uint64_t done)
{
	struct ql_told *t = ctx;
	struct ql_comparison *k = t->k;
	pthread_mutex_lock(&k->told_lock);
	uint64_t sum = k->done_before;
	t->done = done;
	for (int i = 0; i < k->n_told; i++)
		sum += k->told[i].done;
	k->spec->progress(k->spec->progress_ctx, sum, k->spec->patients * (uint64_t)k->n_all);
	pthread_mutex_unlock(&k->told_lock);
}
static void observed(void *ctx, uint64_t patient, double day, unsigned at, const double *out)
{
	struct ql_comparison *k = ctx;
	k->observe(k->observe_ctx, k->arm, patient, day, at, out);
}

/* Patients first .. first+n-1 under regimen i, who is told by `t`. */
static struct ql_arm_spec spec_of(struct ql_comparison *k, int i, struct ql_told *t, uint64_t first, uint64_t n, int threads)
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
	k->told = QL_NEW_N(&k->scratch, struct ql_told, (size_t)(k->n_all * pieces));
	for (int i = 0; i < k->n_all; i++)
		for (int j = 0; j < pieces; j++) {
			uint64_t from = k->n * (uint64_t)j / (uint64_t)pieces, to = k->n * (uint64_t)(j + 1) / (uint64_t)pieces;
			k->told[c->n] = (struct ql_told){k, 0};
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
	k->whole = (struct ql_told){k, 0};
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
enum quell_status ql_comparison_simulate_arms(struct ql_comparison *k)
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
