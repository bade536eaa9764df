/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "serve/task.h"
#include "base/io.h"
#include "base/pool.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { QUICK_THREADS = 2, MAX_QUEUED_QUICK = 1024, MAX_QUEUED_JOBS = 32, MAX_KEPT = 256 };
#define MAX_KEPT_BYTES ((size_t)192 << 20)
#define PROGRESS_EVERY_S 0.1

struct ql_task {
	struct ql_tasks *owner;
	struct ql_arena arena;
	uint64_t key, stamp;
	char id[17];
	const char *command;
	int argc;
	char **argv;
	bool job, fresh, listed;
	enum ql_task_state state;
	volatile int cancel;
	uint64_t done, total;
	double told_s;
	unsigned version;
	int status, refs;
	struct ql_bytes *bytes;
	struct ql_listener *listener;
	struct ql_task *next, *queue_next;
};

struct queue {
	struct ql_task *first, *last;
	int n;
};

struct ql_tasks {
	pthread_mutex_t lock;
	pthread_cond_t work;
	bool stopping;
	struct ql_task *all; /* newest first */
	int n_all;
	size_t bytes;
	struct queue quick, jobs;
	pthread_t thread[QUICK_THREADS + 1];
	int n_thread;
	void (*run)(void *ctx, struct ql_serve_command *c);
	void *ctx;
	const char *data_dir;
};

static double now_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static bool ended(const struct ql_task *k) { return k->state >= QL_TASK_DONE; }

/* --- references and the list; the lock is held --- */

static void let_go(struct ql_task *k)
{
	if (--k->refs > 0)
		return;
	ql_bytes_drop(k->bytes);
	struct ql_arena a = k->arena;
	ql_arena_free(&a);
}

static void unlist(struct ql_tasks *t, struct ql_task *k)
{
	for (struct ql_task **p = &t->all; *p; p = &(*p)->next) {
		if (*p != k)
			continue;
		*p = k->next;
		k->listed = false;
		t->n_all--;
		t->bytes -= k->bytes ? k->bytes->len : 0;
		let_go(k);
		return;
	}
}

/* The oldest results go when there are too many. */
static void make_room(struct ql_tasks *t)
{
	while (t->n_all > MAX_KEPT || t->bytes > MAX_KEPT_BYTES) {
		struct ql_task *oldest = NULL;
		for (struct ql_task *k = t->all; k; k = k->next)
			oldest = ended(k) && k != t->all ? k : oldest;
		if (!oldest)
			return;
		unlist(t, oldest);
	}
}

static void wake(struct ql_task *k, bool progress_only)
{
	struct ql_listener **p = &k->listener;
	k->version++;
	while (*p) {
		struct ql_listener *l = *p;
		if (progress_only && !l->progress) {
			p = &l->next;
			continue;
		}
		*p = l->next;
		l->next = NULL;
		l->wake(l->arg);
	}
}

static void enqueue(struct queue *q, struct ql_task *k)
{
	k->queue_next = NULL;
	if (q->last)
		q->last->queue_next = k;
	else
		q->first = k;
	q->last = k;
	q->n++;
}

static struct ql_task *dequeue(struct queue *q)
{
	struct ql_task *k = q->first;
	if (k) {
		q->first = k->queue_next;
		q->last = q->first ? q->last : NULL;
		q->n--;
	}
	return k;
}

/* --- running --- */

static int http_status(const struct ql_serve_command *c)
{
	for (int i = 0; i < c->ds.n; i++)
		switch (c->ds.item[i]->code) {
		case QL_E0916:
		case QL_E1206:
			return 404;
		case QL_E1202:
			return 507;
		case QL_E1201:
		case QL_E1203:
		case QL_E1204:
		case QL_E1205:
			return 500;
		default:
			break;
		}
	switch (c->status) {
	case QUELL_ERR_INPUT:
	case QUELL_ERR_USAGE:
		return 422;
	case QUELL_ERR_MEMORY:
		return 503;
	default:
		return 500;
	}
}

static const char *title_of(int status)
{
	switch (status) {
	case 404:
		return "nothing of that name";
	case 422:
		return "the request cannot be computed";
	case 503:
		return "memory ran out";
	case 507:
		return "the store has no room for the result";
	default:
		return "the computation failed";
	}
}

struct outcome {
	const struct ql_tasks *t;
	const struct ql_serve_command *c;
	int status;
	struct ql_buf text;
};

static enum quell_status write_problem(void *arg)
{
	struct outcome *o = arg;
	ql_problem_json(&o->text, o->status, title_of(o->status), quell_status_text(o->c->status), &o->c->ds, o->t->data_dir);
	return QUELL_OK;
}

static void finish(struct ql_tasks *t, struct ql_task *k, struct ql_serve_command *c)
{
	struct outcome o = {t, c, 200, {0}};
	if (k->cancel) {
		k->state = QL_TASK_CANCELLED;
		o.status = t->stopping ? 503 : 409;
		ql_problem_json(&o.text, o.status, t->stopping ? "the program is stopping" : "the run was stopped", NULL, NULL, NULL);
	} else if (c->status == QUELL_OK) {
		k->state = QL_TASK_DONE;
		o.text = c->out;
		c->out = (struct ql_buf){0};
	} else {
		k->state = QL_TASK_FAILED;
		o.status = http_status(c);
		ql_protect(write_problem, &o);
	}
	k->status = o.status;
	k->bytes = ql_bytes_new(&o.text);
	if (k->listed) {
		t->bytes += k->bytes->len;
		if ((k->state != QL_TASK_DONE || k->fresh) && !k->job)
			unlist(t, k);
	}
	wake(k, false);
	make_room(t);
}

static void on_progress(void *ctx, uint64_t done, uint64_t total)
{
	struct ql_task *k = ctx;
	double now = now_s();
	if (done < total && now - k->told_s < PROGRESS_EVERY_S)
		return;
	pthread_mutex_lock(&k->owner->lock);
	k->told_s = now;
	k->done = done;
	k->total = total;
	wake(k, true);
	pthread_mutex_unlock(&k->owner->lock);
}

static void run_one(struct ql_tasks *t, struct ql_task *k)
{
	struct ql_serve_command c = {.argc = k->argc, .argv = k->argv, .cancel = &k->cancel, .progress = on_progress,
				     .progress_ctx = k, .stamp = k->stamp,
				     .job = k->job};
	k->state = QL_TASK_RUNNING;
	wake(k, true);
	pthread_mutex_unlock(&t->lock);
	t->run(t->ctx, &c);
	pthread_mutex_lock(&t->lock);
	finish(t, k, &c);
	ql_buf_free(&c.out);
	ql_diags_free(&c.ds);
}

static void *work(void *arg, struct queue *q)
{
	struct ql_tasks *t = arg;
	pthread_mutex_lock(&t->lock);
	while (!t->stopping || q->first) {
		struct ql_task *k = dequeue(q);
		if (!k) {
			pthread_cond_wait(&t->work, &t->lock);
			continue;
		}
		if (!k->cancel) {
			run_one(t, k);
		} else if (!ended(k)) {
			struct ql_serve_command nothing = {0};
			finish(t, k, &nothing);
		}
		let_go(k);
	}
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

static void *work_quick(void *arg) { return work(arg, &((struct ql_tasks *)arg)->quick); }
static void *work_jobs(void *arg) { return work(arg, &((struct ql_tasks *)arg)->jobs); }

struct ql_tasks *ql_tasks_new(void (*run)(void *ctx, struct ql_serve_command *c), void *ctx, const char *data_dir)
{
	struct ql_tasks *t = ql_realloc(NULL, 1, sizeof *t);
	*t = (struct ql_tasks){.run = run, .ctx = ctx, .data_dir = data_dir};
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->work, NULL);
	for (int i = 0; i <= QUICK_THREADS; i++)
		t->n_thread += pthread_create(&t->thread[t->n_thread], NULL, i ? work_quick : work_jobs, t) == 0;
	return t;
}

void ql_tasks_stop(struct ql_tasks *t)
{
	pthread_mutex_lock(&t->lock);
	t->stopping = true;
	for (struct ql_task *k = t->all; k; k = k->next)
		if (!ended(k))
			k->cancel = 1;
	pthread_cond_broadcast(&t->work);
	pthread_mutex_unlock(&t->lock);
	for (int i = 0; i < t->n_thread; i++)
		pthread_join(t->thread[i], NULL);
	t->n_thread = 0;
}

void ql_tasks_free(struct ql_tasks *t)
{
	while (t->all)
		unlist(t, t->all);
	pthread_mutex_destroy(&t->lock);
	pthread_cond_destroy(&t->work);
	ql_free(t);
}

/* --- asking --- */

static struct ql_task *make_task(struct ql_tasks *t, const struct ql_command_line *line, uint64_t key, uint64_t stamp, bool job)
{
	struct ql_arena a = {0};
	struct ql_task *k = QL_NEW(&a, struct ql_task);
	k->owner = t;
	k->key = key;
	k->stamp = stamp;
	snprintf(k->id, sizeof k->id, "%016llx", (unsigned long long)key);
	k->command = ql_arena_strdup(&a, line->text);
	k->argc = line->argc;
	k->argv = QL_NEW_N(&a, char *, (size_t)line->argc + 1);
	for (int i = 0; i < line->argc; i++)
		k->argv[i] = ql_arena_strdup(&a, line->argv[i]);
	k->job = job;
	k->fresh = line->fresh;
	k->listed = true;
	k->refs = 2; /* the list and the queue */
	k->arena = a;
	k->next = t->all;
	t->all = k;
	t->n_all++;
	enqueue(job ? &t->jobs : &t->quick, k);
	pthread_cond_broadcast(&t->work);
	return k;
}

static uint64_t key_of(const struct ql_command_line *line, uint64_t stamp)
{
	uint64_t h = ql_hash(QL_HASH_SEED, &stamp, sizeof stamp);
	for (int i = 0; i < line->argc; i++)
		h = ql_hash(h, line->argv[i], strlen(line->argv[i]) + 1);
	return h;
}

static bool same_words(const struct ql_task *k, const struct ql_command_line *line)
{
	bool same = k->argc == line->argc;
	for (int i = 0; i < line->argc && same; i++)
		same = strcmp(k->argv[i], line->argv[i]) == 0;
	return same;
}

struct ql_task *ql_tasks_submit(struct ql_tasks *t, const struct ql_command_line *line, uint64_t stamp, bool job)
{
	uint64_t key = key_of(line, stamp);
	pthread_mutex_lock(&t->lock);
	struct ql_task *k = t->all;
	while (k && !(k->key == key && same_words(k, line) && !(line->fresh && (!job || ended(k)))))
		k = k->next;
	if (k && (k->cancel || k->state == QL_TASK_FAILED)) { /* ask again */
		unlist(t, k);
		k = NULL;
	}
	struct queue *q = job ? &t->jobs : &t->quick;
	if (!k && !t->stopping && q->n < (job ? MAX_QUEUED_JOBS : MAX_QUEUED_QUICK))
		k = make_task(t, line, key, stamp, job);
	if (k)
		k->refs++;
	make_room(t);
	pthread_mutex_unlock(&t->lock);
	return k;
}

struct ql_task *ql_tasks_find(struct ql_tasks *t, const char *id)
{
	pthread_mutex_lock(&t->lock);
	struct ql_task *k = t->all;
	while (k && !(k->job && strcmp(k->id, id) == 0))
		k = k->next;
	if (k)
		k->refs++;
	pthread_mutex_unlock(&t->lock);
	return k;
}

int ql_tasks_jobs(struct ql_tasks *t, struct ql_task **out, int max)
{
	int n = 0;
	pthread_mutex_lock(&t->lock);
	for (struct ql_task *k = t->all; k && n < max; k = k->next)
		if (k->job) {
			k->refs++;
			out[n++] = k;
		}
	pthread_mutex_unlock(&t->lock);
	return n;
}

void ql_task_release(struct ql_task *k)
{
	struct ql_tasks *t = k->owner;
	pthread_mutex_lock(&t->lock);
	let_go(k);
	pthread_mutex_unlock(&t->lock);
}

void ql_task_look(struct ql_task *k, struct ql_task_view *out)
{
	pthread_mutex_lock(&k->owner->lock);
	*out = (struct ql_task_view){.state = k->state, .done = k->done, .total = k->total, .version = k->version,
				     .status = k->status, .bytes = k->bytes ? ql_bytes_hold(k->bytes) : NULL,
				     .command = k->command};
	memcpy(out->id, k->id, sizeof out->id);
	pthread_mutex_unlock(&k->owner->lock);
}

/* The lock is held. What still waits in a queue ends here; what runs ends when it notices. */
static void cancel(struct ql_tasks *t, struct ql_task *k)
{
	struct ql_serve_command nothing = {0};
	if (ended(k) || k->cancel)
		return;
	k->cancel = 1;
	if (k->state == QL_TASK_QUEUED)
		finish(t, k, &nothing);
}

void ql_task_cancel(struct ql_task *k)
{
	pthread_mutex_lock(&k->owner->lock);
	cancel(k->owner, k);
	pthread_mutex_unlock(&k->owner->lock);
}

bool ql_task_listen(struct ql_task *k, struct ql_listener *l, unsigned version, void (*before)(void *arg))
{
	pthread_mutex_lock(&k->owner->lock);
	bool wait = !ended(k) && !(l->progress && k->version != version) && !k->owner->stopping;
	if (wait) {
		before(l->arg);
		l->next = k->listener;
		k->listener = l;
	}
	pthread_mutex_unlock(&k->owner->lock);
	return wait;
}

static void forget(struct ql_task *k, const struct ql_listener *l)
{
	for (struct ql_listener **p = &k->listener; *p; p = &(*p)->next)
		if (*p == l) {
			*p = l->next;
			return;
		}
}

void ql_task_unlisten(struct ql_task *k, struct ql_listener *l)
{
	pthread_mutex_lock(&k->owner->lock);
	forget(k, l);
	pthread_mutex_unlock(&k->owner->lock);
}

static bool supersede_in(struct ql_task *k, const char *view)
{
	for (struct ql_listener *l = k->listener; l; l = l->next)
		if (strcmp(l->view, view) == 0) {
			forget(k, l);
			l->superseded = true;
			l->wake(l->arg);
			return true;
		}
	return false;
}

void ql_tasks_supersede(struct ql_tasks *t, const char *view, const struct ql_task *except)
{
	if (!view || !*view || strlen(view) >= sizeof ((struct ql_listener *)0)->view)
		return;
	pthread_mutex_lock(&t->lock);
	for (struct ql_task *k = t->all, *next; k; k = next) {
		bool any = false;
		next = k->next;
		while (k != except && supersede_in(k, view))
			any = true;
		if (any && !k->listener && !k->job && !ended(k)) {
			cancel(t, k);
			next = t->all; /* the list may have changed */
		}
	}
	pthread_mutex_unlock(&t->lock);
}

void ql_tasks_wake_all(struct ql_tasks *t)
{
	pthread_mutex_lock(&t->lock);
	for (struct ql_task *k = t->all; k; k = k->next)
		wake(k, true);
	pthread_mutex_unlock(&t->lock);
}
