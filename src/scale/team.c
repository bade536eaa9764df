/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "scale/team.h"
#include "base/pack.h"
#include "scale/queue_private.h"
#include <dlfcn.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MODULE "quell_mpi.so"
#define LOST_AFTER_S 120.0 /* and twenty times the longest chunk so far */

/* --- joining --- */

static int number_in(const char *const *name)
{
	for (; *name; name++) {
		const char *text = getenv(*name);
		if (text && *text)
			return atoi(text);
	}
	return -1;
}

int ql_team_launched(void)
{
	static const char *const name[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_SIZE", NULL};
	int n = number_in(name);
	/* srun with PMIx gives the size in Slurm's own words. */
	if (n < 1 && getenv("PMIX_RANK") && getenv("SLURM_NTASKS"))
		n = atoi(getenv("SLURM_NTASKS"));
	return n < 1 ? 1 : n;
}

int ql_team_launched_rank(void)
{
	static const char *const name[] = {"OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK", NULL};
	int n = number_in(name);
	return n < 0 ? 0 : n;
}

static enum quell_status cannot(struct ql_diags *ds, const char *why)
{
	struct ql_diag *d = ql_diag_add(ds, QL_E1209, (struct ql_span){0}, "%d processes were started, but %s",
					ql_team_launched(), why);
	ql_diag_help(d, "install Open MPI's development files and build again (`quell --version` says whether MPI is on), or start "
			"one process");
	return QUELL_ERR_UNSUPPORTED;
}

/* Beside the program, or in the library folder of the prefix it was installed to. */
static void *load(struct ql_arena *a)
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
	char *slash = n > 0 ? (exe[n] = 0, strrchr(exe, '/')) : NULL;
	if (!slash)
		return NULL;
	*slash = 0;
	const char *place[] = {ql_arena_printf(a, "%s/" MODULE, exe), ql_arena_printf(a, "%s/../lib/quell/" MODULE, exe)};
	void *module = NULL;
	for (int i = 0; i < 2 && !module; i++)
		if (access(place[i], R_OK) == 0)
			module = dlopen(place[i], RTLD_NOW | RTLD_GLOBAL); /* global: Open MPI's own plug-ins look for it */
	return module;
}

enum quell_status ql_team_open(struct ql_diags *ds, struct ql_team **out)
{
	*out = NULL;
	if (ql_team_launched() == 1)
		return QUELL_OK;
	struct ql_arena a = {0};
	void *module = load(&a);
	ql_arena_free(&a);
	if (!module)
		return cannot(ds, "this quell was built without MPI");
	const struct ql_mpi *mpi = dlsym(module, "ql_mpi_module");
	if (!mpi || mpi->abi != QL_MPI_ABI)
		return cannot(ds, "the MPI module belongs to another version of quell");
	struct ql_team *t = ql_realloc(NULL, 1, sizeof *t);
	*t = (struct ql_team){.mpi = mpi, .module = module};
	if (mpi->start(&t->rank, &t->size) != 0) {
		ql_free(t);
		return cannot(ds, "MPI does not start");
	}
	t->lost = ql_alloc_aligned((size_t)t->size, sizeof *t->lost);
	t->idle = ql_alloc_aligned((size_t)t->size, sizeof *t->idle);
	*out = t;
	return QUELL_OK;
}

void ql_team_release(struct ql_team *t)
{
	for (int r = 1; !t->released && t->rank == 0 && r < t->size; r++)
		if (!t->lost[r])
			t->mpi->send(r, QL_TAG_STOP, NULL, 0);
	t->released = true;
}

void ql_team_close(struct ql_team *t)
{
	if (!t)
		return;
	bool any_lost = false;
	ql_team_release(t);
	for (int r = 0; r < t->size; r++)
		any_lost = any_lost || t->lost[r];
	if (any_lost) /* MPI's own end would wait for the lost ones */
		t->mpi->abandon(0);
	t->mpi->end();
	ql_free_aligned(t->lost);
	ql_free_aligned(t->idle);
	ql_free(t);
}

static void pause_ms(long ms)
{
	const struct timespec t = {0, ms * 1000000};
	nanosleep(&t, NULL);
}

const char *ql_team_share(struct ql_team *t, const char *text, struct ql_arena *a)
{
	int from, tag, any;
	size_t n = 0;
	if (!t)
		return text;
	for (int r = 1; t->rank == 0 && r < t->size; r++)
		t->mpi->send(r, QL_TAG_TEXT, text, strlen(text));
	if (t->rank == 0)
		return text;
	while ((any = t->mpi->waiting(&from, &tag, &n)) == 0)
		pause_ms(1);
	char *got = QL_NEW_N(a, char, n + 1);
	if (any < 0 || t->mpi->receive(from, tag, got, n) != 0 || tag != QL_TAG_TEXT)
		return NULL;
	return got;
}

void ql_team_give_up(struct ql_team *t, const struct ql_diags *ds)
{
	const char *why = ds->n ? ds->item[0]->message : "no reason is known";
	t->mpi->send(0, QL_TAG_FAILED, why, strlen(why));
}

/* --- messages --- */

static void pack_piece(const struct ql_piece *p, struct ql_buf *out)
{
	ql_pack(out, p->chunk);
	ql_pack(out, (uint64_t)p->status);
	ql_pack(out, (uint64_t)(p->cpu_s * 1e6));
	ql_pack(out, p->sum.len);
	ql_pack(out, p->rows.len);
	ql_buf_add(out, p->sum.data ? p->sum.data : "", p->sum.len);
	ql_buf_add(out, p->rows.data ? p->rows.data : "", p->rows.len);
}

static bool unpack_piece(const void *data, size_t size, uint64_t chunks, struct ql_piece *p)
{
	const unsigned char *at = data;
	struct ql_unpack u = {at, at + size, false};
	p->chunk = ql_unpack(&u);
	p->status = (enum quell_status)ql_unpack(&u);
	p->cpu_s = (double)ql_unpack(&u) * 1e-6;
	uint64_t sum = ql_unpack(&u), rows = ql_unpack(&u), left = (uint64_t)(u.end - u.at);
	if (u.bad || p->chunk >= chunks || sum > left || rows != left - sum)
		return false;
	p->sum.len = p->rows.len = 0;
	ql_buf_add(&p->sum, (const char *)u.at, (size_t)sum);
	ql_buf_add(&p->rows, (const char *)u.at + sum, (size_t)rows);
	return true;
}

/* --- ranks above 0 --- */

static enum quell_status answer(struct ql_queue *q, uint64_t chunk)
{
	struct ql_piece p = {0};
	struct ql_buf b = {0};
	ql_piece_compute(q->work, chunk, &p);
	if (p.status != QUELL_OK)
		p.sum.len = p.rows.len = 0;
	pack_piece(&p, &b);
	int sent = q->opts->team->mpi->send(0, QL_TAG_RESULT, b.data, b.len);
	ql_piece_free(&p);
	ql_buf_free(&b);
	return sent == 0 ? QUELL_OK : QUELL_ERR_IO;
}

enum quell_status ql_queue_serve(struct ql_queue *q)
{
	const struct ql_mpi *mpi = q->opts->team->mpi;
	int from, tag;
	size_t n;
	enum quell_status s = mpi->send(0, QL_TAG_READY, NULL, 0) == 0 ? QUELL_OK : QUELL_ERR_IO;
	while (s == QUELL_OK) {
		int any = mpi->waiting(&from, &tag, &n);
		if (any < 0)
			return QUELL_ERR_IO;
		if (any == 0) {
			pause_ms(1);
			continue;
		}
		uint64_t chunk = 0;
		if (n > sizeof chunk || mpi->receive(from, tag, &chunk, n) != 0)
			return QUELL_ERR_IO;
		if (tag == QL_TAG_STOP)
			return QUELL_OK;
		s = answer(q, chunk);
	}
	return s;
}

/* --- rank 0 --- */

enum { NOTHING = -1 };

struct other { /* a rank above 0 */
	int64_t chunk; /* what it computes, or NOTHING */
	double since;
};

struct lead {
	struct ql_queue *q;
	struct ql_team *team;
	struct other *other; /* [size] */
	double longest;
	/* this rank's own computing, in a thread */
	pthread_t thread;
	struct ql_piece piece;
	bool computing;
	_Atomic bool computed;
	struct ql_buf message;
	enum quell_status status;
};

static void *compute_here(void *arg)
{
	struct lead *l = arg;
	ql_piece_compute(l->q->work, l->piece.chunk, &l->piece);
	l->computed = true;
	return NULL;
}

static void fail(struct lead *l, enum quell_status s)
{
	if (l->status == QUELL_OK)
		l->status = s;
}

static void take_back(struct lead *l, uint64_t chunk)
{
	l->q->taken[chunk] = false;
	if (chunk < l->q->next)
		l->q->next = chunk;
}

static void start_here(struct lead *l)
{
	uint64_t chunk;
	if (l->computing || l->status != QUELL_OK || !ql_queue_next(l->q, &chunk))
		return;
	l->piece.chunk = chunk;
	l->computed = false;
	l->computing = pthread_create(&l->thread, NULL, compute_here, l) == 0;
	if (!l->computing)
		fail(l, QUELL_ERR_MEMORY);
}

static void end_here(struct lead *l)
{
	pthread_join(l->thread, NULL);
	l->computing = false;
	fail(l, l->piece.status);
	if (l->piece.status == QUELL_OK && l->status == QUELL_OK)
		fail(l, ql_queue_put(l->q, &l->piece, 0));
}

static void give(struct lead *l, int rank)
{
	uint64_t chunk;
	struct other *o = &l->other[rank];
	if (!l->team->idle[rank] || l->team->lost[rank] || l->status != QUELL_OK || !ql_queue_next(l->q, &chunk))
		return;
	l->team->idle[rank] = false;
	o->chunk = (int64_t)chunk;
	o->since = ql_wall();
	if (l->team->mpi->send(rank, QL_TAG_CHUNK, &chunk, sizeof chunk) != 0)
		fail(l, QUELL_ERR_IO);
}

static void take_result(struct lead *l, int rank, size_t n)
{
	struct ql_piece p = {0};
	struct other *o = &l->other[rank];
	if (!unpack_piece(l->message.data, n, l->q->work->chunks, &p)) {
		fail(l, QUELL_ERR_INTERNAL);
	} else if (p.status != QUELL_OK) {
		take_back(l, p.chunk);
		fail(l, p.status);
	} else {
		double took = ql_wall() - o->since;
		l->longest = took > l->longest ? took : l->longest;
		if (l->status == QUELL_OK || l->status == QUELL_ERR_INTERRUPTED) {
			enum quell_status put = ql_queue_put(l->q, &p, rank);
			if (put != QUELL_OK)
				l->status = put;
		}
	}
	if (l->team->lost[rank])
		ql_queue_say(l->q, "rank %d answers again", rank);
	l->team->lost[rank] = false;
	l->team->idle[rank] = true;
	o->chunk = NOTHING;
	ql_piece_free(&p);
}

static void given_up(struct lead *l, int rank, size_t n)
{
	struct ql_diag *d = ql_diag_add(l->q->ds, QL_E1209, (struct ql_span){0}, "rank %d cannot take part: %.*s", rank, (int)n,
					n ? l->message.data : "");
	ql_diag_help(d, "all machines of a job need the same program and the same files under the same paths");
	fail(l, QUELL_ERR_INPUT);
}

static bool listen(struct lead *l)
{
	size_t n = 0;
	int from, tag, any = l->team->mpi->waiting(&from, &tag, &n);
	if (any < 0)
		fail(l, QUELL_ERR_IO);
	if (any <= 0)
		return false;
	if (n > l->message.cap) {
		l->message.data = ql_realloc(l->message.data, n, 1);
		l->message.cap = n;
	}
	if (l->team->mpi->receive(from, tag, l->message.data, n) != 0)
		fail(l, QUELL_ERR_IO);
	else if (tag == QL_TAG_RESULT)
		take_result(l, from, n);
	else if (tag == QL_TAG_FAILED)
		given_up(l, from, n);
	else
		l->team->idle[from] = true;
	return true;
}

/* A rank that has been silent for far longer than any chunk took: its chunk goes to another. Should it answer after
 * all, the answer is the same one. */
static void look_for_lost(struct lead *l)
{
	double limit = 20 * l->longest > LOST_AFTER_S ? 20 * l->longest : LOST_AFTER_S, now = ql_wall();
	for (int r = 1; r < l->team->size; r++) {
		struct other *o = &l->other[r];
		if (o->chunk == NOTHING || l->team->lost[r] || now - o->since < limit)
			continue;
		l->team->lost[r] = true;
		l->q->report->lost_ranks++;
		ql_queue_say(l->q, "rank %d has been silent for %.0f s; its chunk %" PRId64 " is given to another", r, now - o->since,
			     o->chunk);
		ql_store_log(l->q->store, l->q->run, "rank lost", "rank %d, chunk %" PRId64, r, o->chunk);
		take_back(l, (uint64_t)o->chunk);
		o->chunk = NOTHING;
	}
}

static bool anybody_at_work(const struct lead *l)
{
	bool any = l->computing;
	for (int r = 1; r < l->team->size; r++)
		any = any || (l->other[r].chunk != NOTHING && !l->team->lost[r]);
	return any;
}

static void report_under_way(struct lead *l)
{
	for (int r = 1; r < l->team->size; r++)
		if (l->other[r].chunk != NOTHING)
			ql_store_log(l->q->store, l->q->run, "under way", "rank %d, chunk %" PRId64, r, l->other[r].chunk);
}

static enum quell_status lead(void *arg)
{
	struct lead *l = arg;
	do {
		start_here(l);
		while (listen(l))
			continue;
		for (int r = 1; r < l->team->size; r++)
			give(l, r);
		if (l->computing && l->computed)
			end_here(l);
		else
			pause_ms(1);
		look_for_lost(l);
		if (ql_queue_cancelled(l->q)) { /* the launcher may be ending us: do not wait for the others */
			fail(l, QUELL_ERR_INTERRUPTED);
			report_under_way(l);
			break;
		}
	} while (anybody_at_work(l) || (l->status == QUELL_OK && l->q->n_done < l->q->work->chunks && !l->q->report->out_of_time));
	return l->status;
}

enum quell_status ql_queue_lead(struct ql_queue *q)
{
	struct lead l = {.q = q, .team = q->opts->team};
	l.other = ql_realloc(NULL, (size_t)l.team->size, sizeof *l.other);
	for (int r = 0; r < l.team->size; r++)
		l.other[r] = (struct other){.chunk = NOTHING};
	enum quell_status s = ql_protect(lead, &l);
	if (l.computing)
		pthread_join(l.thread, NULL);
	ql_piece_free(&l.piece);
	ql_buf_free(&l.message);
	ql_free(l.other);
	return s;
}
