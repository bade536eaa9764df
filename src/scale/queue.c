/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "scale/queue.h"
#include "scale/queue_private.h"
#include "base/io.h"
#include <inttypes.h>
#include <string.h>
#include <time.h>

static double seconds(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double ql_wall(void) { return seconds(CLOCK_MONOTONIC); }
double ql_cpu_seconds(void) { return seconds(CLOCK_PROCESS_CPUTIME_ID); }

/* --- one chunk --- */

struct computing {
	struct ql_work *w;
	uint64_t chunk;
	struct ql_piece *out;
};

static enum quell_status compute(void *arg)
{
	struct computing *c = arg;
	c->out->sum.len = c->out->rows.len = 0;
	return c->w->run(c->w->self, c->chunk, &c->out->sum, &c->out->rows);
}

enum quell_status ql_piece_compute(struct ql_work *w, uint64_t chunk, struct ql_piece *out)
{
	struct computing c = {w, chunk, out};
	double cpu = ql_cpu_seconds();
	out->chunk = chunk;
	out->status = ql_protect(compute, &c);
	out->cpu_s = ql_cpu_seconds() - cpu;
	return out->status;
}

void ql_piece_free(struct ql_piece *p)
{
	ql_buf_free(&p->sum);
	ql_buf_free(&p->rows);
}

static enum quell_status keep_rows(void *ctx, struct ql_store *s, int64_t run)
{
	struct computing *c = ctx;
	return c->w->keep(c->w->self, c->out->rows.data, c->out->rows.len, s, run);
}

static uint64_t units_of(const struct ql_queue *q, uint64_t chunk)
{
	uint64_t first, n, all = 0;
	q->work->span(q->work->self, q->work->chunks - 1, &first, &n);
	all = first + n;
	q->work->span(q->work->self, chunk, &first, &n);
	return n * (q->work->units / all);
}

/* Into the store. A chunk that another rank has delivered meanwhile is the same: it is dropped. */
enum quell_status ql_queue_put(struct ql_queue *q, struct ql_piece *p, int rank)
{
	struct computing c = {q->work, p->chunk, p};
	struct ql_chunk chunk = {.number = p->chunk, .data = p->sum.data ? p->sum.data : "", .size = p->sum.len, .rank = rank,
				 .cpu_s = p->cpu_s, .rows_ctx = &c};
	if (q->done[p->chunk])
		return QUELL_OK;
	q->work->span(q->work->self, p->chunk, &chunk.first, &chunk.n);
	chunk.rows = q->work->keep && p->rows.len ? keep_rows : NULL;
	enum quell_status s = ql_store_put_chunk(q->store, q->run, &chunk);
	if (s != QUELL_OK)
		return s;
	q->done[p->chunk] = true;
	q->n_done++;
	q->report->computed++;
	q->work->done_units += units_of(q, p->chunk);
	if (q->opts->progress)
		q->opts->progress(q->opts->ctx, q->work->done_units, q->work->units);
	return QUELL_OK;
}

/* --- what stops a run --- */

bool ql_queue_cancelled(const struct ql_queue *q) { return q->opts->cancel && *q->opts->cancel; }

/* No new chunk when it would probably end after max_s. */
bool ql_queue_out_of_time(struct ql_queue *q)
{
	double passed = ql_wall() - q->start, each = q->report->computed ? passed / (double)q->report->computed : 0;
	if (q->opts->max_s > 0 && passed + each * (q->opts->team ? q->opts->team->size : 1) > q->opts->max_s)
		q->report->out_of_time = true;
	return q->report->out_of_time;
}

bool ql_queue_next(struct ql_queue *q, uint64_t *chunk)
{
	while (q->next < q->work->chunks && (q->done[q->next] || q->taken[q->next]))
		q->next++;
	if (q->next == q->work->chunks || ql_queue_cancelled(q) || ql_queue_out_of_time(q))
		return false;
	*chunk = q->next;
	q->taken[q->next] = true;
	return true;
}

void ql_queue_say(const struct ql_queue *q, const char *fmt, ...)
{
	char text[256];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (q->opts->say)
		q->opts->say(q->opts->ctx, text);
}

/* --- phases --- */

static enum quell_status run_alone(struct ql_queue *q)
{
	struct ql_piece p = {0};
	enum quell_status s = QUELL_OK;
	uint64_t chunk;
	while (s == QUELL_OK && ql_queue_next(q, &chunk)) {
		s = ql_piece_compute(q->work, chunk, &p);
		if (s == QUELL_OK)
			s = ql_queue_put(q, &p, 0);
	}
	ql_piece_free(&p);
	return s;
}

static enum quell_status open_run(struct ql_queue *q)
{
	const struct ql_work *w = q->work;
	char hash[17], model[17];
	snprintf(hash, sizeof hash, "%016" PRIx64, ql_hash_str(w->settings));
	snprintf(model, sizeof model, "%016" PRIx64, w->model_hash);
	enum quell_status s = ql_store_open(q->opts->store, QL_STORE_CREATE, q->ds, &q->store);
	if (s == QUELL_OK)
		s = ql_store_find(q->store, hash, w->settings, &q->run);
	if (s != QUELL_OK)
		return s;
	if (q->run)
		return ql_store_chunks_done(q->store, q->run, q->done, w->chunks);
	struct ql_run r = {.kind = w->kind, .title = w->title, .settings = w->settings, .settings_hash = hash,
			   .quell_version = quell_version(), .model_hash = model,
			   .command = q->opts->command ? q->opts->command : "", .seed = w->seed, .units = w->units,
			   .chunks = w->chunks};
	return ql_store_add_run(q->store, &r, &q->run);
}

static void count_done(struct ql_queue *q)
{
	q->n_done = q->work->done_units = q->next = 0;
	memset(q->taken, 0, q->work->chunks * sizeof *q->taken);
	for (uint64_t i = 0; i < q->work->chunks; i++)
		if (q->done[i]) {
			q->n_done++;
			q->work->done_units += units_of(q, i);
		}
}

static enum quell_status compute_missing(struct ql_queue *q)
{
	count_done(q);
	if (q->n_done == q->work->chunks)
		return QUELL_OK;
	enum quell_status s = q->opts->team ? ql_queue_lead(q) : run_alone(q);
	if (s == QUELL_OK && q->n_done < q->work->chunks)
		s = QUELL_ERR_INTERRUPTED;
	return s;
}

static enum quell_status add_chunk(void *ctx, const void *data, size_t size)
{
	struct ql_queue *q = ctx;
	return q->work->add(q->work->self, data, size);
}

/* Until all chunks are there and sound. */
static enum quell_status compute_all(struct ql_queue *q)
{
	enum quell_status s;
	uint64_t damaged;
	do {
		s = compute_missing(q);
		if (s == QUELL_OK)
			s = q->work->restart(q->work->self);
		if (s != QUELL_OK)
			return s;
		s = ql_store_each_chunk(q->store, q->run, add_chunk, q, &damaged);
		if (s == QUELL_OK && damaged)
			s = ql_store_chunks_done(q->store, q->run, q->done, q->work->chunks);
		q->report->damaged += damaged;
	} while (s == QUELL_OK && damaged);
	return s;
}

static enum quell_status note(struct ql_queue *q, enum quell_status s)
{
	const char *event = s == QUELL_OK ? "finished" : "stopped";
	const char *why = s == QUELL_OK			   ? "all chunks"
			  : q->report->out_of_time	   ? "time limit"
			  : s == QUELL_ERR_INTERRUPTED ? "signal"
						       : quell_status_text(s);
	/* After a full disk there is no room for this line either; the reason has been reported. */
	if (s == QUELL_OK || s == QUELL_ERR_INTERRUPTED)
		return ql_store_log(q->store, q->run, event, "%s; %" PRIu64 " of %" PRIu64 " chunks", why, q->n_done,
				    q->work->chunks);
	return QUELL_OK;
}

static enum quell_status finish(struct ql_queue *q, struct ql_buf *json)
{
	struct ql_arena a = {0};
	const char *before;
	enum quell_status s = q->work->finish(q->work->self, json);
	if (s == QUELL_OK)
		s = ql_store_result(q->store, q->run, &a, &before);
	if (s == QUELL_OK && !before) {
		s = ql_store_finish(q->store, q->run, json->data);
		if (s == QUELL_OK)
			s = note(q, QUELL_OK);
	}
	ql_arena_free(&a);
	return s;
}

struct queue_call {
	struct ql_queue *q;
	struct ql_buf *json;
};

static enum quell_status run_queue(void *arg)
{
	struct queue_call *call = arg;
	struct ql_queue *q = call->q;
	q->done = ql_realloc(NULL, q->work->chunks, sizeof *q->done);
	q->taken = ql_realloc(NULL, q->work->chunks, sizeof *q->taken);
	memset(q->done, 0, q->work->chunks * sizeof *q->done);
	enum quell_status s = open_run(q);
	if (s != QUELL_OK)
		return s;
	count_done(q);
	q->report->run = q->run;
	q->report->chunks = q->work->chunks;
	q->report->reused = q->n_done;
	if (q->n_done < q->work->chunks)
		s = ql_store_log(q->store, q->run, q->n_done ? "resumed" : "started", "%" PRIu64 " of %" PRIu64 " chunks; %d rank%s",
				 q->n_done, q->work->chunks, q->opts->team ? q->opts->team->size : 1,
				 q->opts->team ? "s" : "");
	if (s == QUELL_OK)
		s = compute_all(q);
	if (s == QUELL_OK)
		return finish(q, call->json);
	enum quell_status logged = note(q, s);
	return s == QUELL_ERR_INTERRUPTED && logged != QUELL_OK ? logged : s;
}

enum quell_status ql_queue_run(struct ql_work *w, const struct ql_queue_opts *o, struct ql_diags *ds, struct ql_buf *json,
			       struct ql_queue_report *report)
{
	*report = (struct ql_queue_report){0};
	struct ql_queue q = {.work = w, .opts = o, .ds = ds, .report = report, .start = ql_wall()};
	if (o->team && o->team->rank > 0)
		return ql_queue_serve(&q);
	struct queue_call call = {&q, json};
	enum quell_status s = ql_protect(run_queue, &call);
	if (o->team)
		ql_team_release(o->team);
	ql_store_close(q.store);
	ql_free(q.done);
	ql_free(q.taken);
	report->wall_s = ql_wall() - q.start;
	return s;
}
