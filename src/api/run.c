/* SPDX-License-Identifier: Apache-2.0 */
/* Runs: made, executed here or in a thread of their own, read. */
#define _POSIX_C_SOURCE 200809L
#include "api/api.h"
#include "base/io.h"
#include "base/paths.h"
#include <errno.h>
#include <string.h>
#include <time.h>

/* ---- making and freeing ---- */

struct call {
	const struct ql_api_verb *verb;
	struct ql_api_run *r;
	struct quell_run **out;
};

static void free_results(struct ql_api_run *r)
{
	for (int i = 0; i < r->n_table; i++)
		ql_table_unref(r->table[i]);
	r->n_table = 0;
	r->json.len = 0;
	r->messages.len = 0;
	ql_diags_free(&r->ds);
	ql_arena_free(&r->work);
}

static void free_run(struct ql_api_run *r)
{
	if (!r)
		return;
	free_results(r);
	for (int i = 0; r->value && i < r->verb->n_option; i++) {
		ql_table_unref(r->value[i].table);
		ql_model_object_unref(r->value[i].model.m);
	}
	ql_free(r->table);
	ql_buf_free(&r->json);
	ql_buf_free(&r->messages);
	ql_arena_free(&r->arena);
	pthread_cond_destroy(&r->over);
	pthread_mutex_destroy(&r->lock);
	ql_free(r);
}

static enum quell_status make(void *arg)
{
	struct call *c = arg;
	struct ql_api_run *r = c->r = ql_realloc(NULL, 1, sizeof *r);
	*r = (struct ql_api_run){.verb = c->verb};
	pthread_condattr_t steady;
	pthread_condattr_init(&steady);
	pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
	pthread_cond_init(&r->over, &steady);
	pthread_condattr_destroy(&steady);
	pthread_mutex_init(&r->lock, NULL);
	r->value = QL_NEW_N(&r->arena, struct ql_run_value, (size_t)c->verb->n_option + 1);
	enum quell_status s = ql_handle_make(QL_RUN_HANDLE, r, c->out);
	r->handle = *c->out;
	return s;
}

static enum quell_status unknown_verb(const char *word)
{
	const char *names[64];
	int n = 0;
	for (; n < ql_n_api_verbs && n < 64; n++)
		names[n] = ql_api_verbs[n].name;
	const char *near = ql_suggest(word, names, n);
	return ql_api_fail(QUELL_ERR_USAGE, "unknown verb `%s`%s%s%s", word, near ? "; did you mean `" : "", near ? near : "",
			   near ? "`?" : "");
}

enum quell_status quell_run_new(const char *verb, struct quell_run **out)
{
	if (!out)
		return ql_api_fail(QUELL_ERR_USAGE, "quell_run_new: there is no place for the result");
	*out = NULL;
	if (!verb)
		return ql_api_fail(QUELL_ERR_USAGE, "quell_run_new: no verb was given (NULL)");
	struct call c = {.out = out};
	for (int i = 0; i < ql_n_api_verbs; i++)
		if (strcmp(ql_api_verbs[i].name, verb) == 0)
			c.verb = &ql_api_verbs[i];
	if (!c.verb)
		return unknown_verb(verb);
	enum quell_status s = ql_api_said(ql_protect(make, &c));
	if (s != QUELL_OK) {
		*out = NULL;
		free_run(c.r);
	}
	return s;
}

enum quell_status quell_run_free(struct quell_run *handle)
{
	struct ql_api_run *r;
	enum quell_status s = ql_handle_end(handle, QL_RUN_HANDLE, &r);
	free_run(r);
	return s;
}

/* ---- for the verbs ---- */

struct ql_table *ql_run_add_table(struct ql_api_run *r, const char *name, int64_t rows)
{
	QL_GROW(r->table, r->n_table, r->cap_table);
	struct ql_table *t = ql_table_make(name, rows);
	r->table[r->n_table++] = t;
	return t;
}

enum quell_status ql_run_data(struct ql_api_run *r)
{
	r->data_dir = ql_data_dir(&r->work, &r->ds);
	return r->data_dir ? QUELL_OK : QUELL_ERR_IO;
}

enum quell_status ql_run_write(struct ql_api_run *r, const char *path, const struct ql_buf *text)
{
	return path ? ql_out_file(path, text, &r->ds) : QUELL_OK;
}

void ql_run_on_progress(void *run, uint64_t done, uint64_t total)
{
	struct ql_api_run *r = run;
	r->done = done;
	r->total = total;
	if (r->progress)
		r->progress(r->progress_context, done, total);
}

/* ---- execution ---- */

/* Options have no dashes here: `--population` becomes `population`. */
static void plain_options(char *text)
{
	char *to = text;
	for (const char *p = text; p && *p; p++) {
		*to++ = *p;
		if (strncmp(p, "`--", 3) == 0)
			p += 2;
	}
	if (text)
		*to = 0;
}

/* Warnings about files that come with quell are for those who edit them; and there is no command line here. */
static void sift_diagnostics(struct ql_api_run *r)
{
	int n = 0;
	for (int i = 0; i < r->ds.n; i++) {
		struct ql_diag *d = r->ds.item[i];
		const char *file = d->span.file;
		if (d->severity == QL_WARNING && r->data_dir && file && strncmp(file, r->data_dir, strlen(r->data_dir)) == 0)
			continue;
		if (file && strcmp(file, "command line") == 0)
			d->span = (struct ql_span){0};
		plain_options(d->message);
		plain_options(d->help);
		r->ds.item[n++] = d;
	}
	r->ds.n = n;
}

static enum quell_status finish(void *arg)
{
	struct ql_api_run *r = arg;
	sift_diagnostics(r);
	ql_diags_render(&r->ds, false, &r->messages);
	while (r->messages.len && r->messages.data[r->messages.len - 1] == '\n')
		r->messages.data[--r->messages.len] = 0;
	return QUELL_OK;
}

static enum quell_status run_verb(void *arg)
{
	struct ql_api_run *r = arg;
	return r->verb->run(r);
}

static void keep_error(const struct ql_api_run *r, enum quell_status s)
{
	if (s == QUELL_OK)
		return;
	if (r->messages.len)
		ql_api_set_error(r->messages.data, r->messages.len);
	else
		ql_api_fail(s, "%s", quell_status_text(s));
}

static enum quell_status execute(struct ql_api_run *r)
{
	free_results(r);
	r->done = r->total = 0;
	r->data_dir = NULL;
	enum quell_status s = ql_protect(run_verb, r);
	if (ql_protect(finish, r) != QUELL_OK)
		s = QUELL_ERR_MEMORY;
	bool partial = s == QUELL_OK || s == QUELL_ERR_INTERRUPTED || s == QUELL_ERR_NUMERIC;
	for (int i = 0; !partial && i < r->n_table; i++)
		ql_table_unref(r->table[i]);
	if (!partial)
		r->n_table = 0;
	keep_error(r, s);
	return s;
}

enum quell_status quell_run_execute(struct quell_run *handle)
{
	struct ql_api_run *r;
	enum quell_status s = ql_handle_enter(handle, QL_RUN_HANDLE, &r);
	if (s != QUELL_OK)
		return s;
	r->cancel = 0;
	s = execute(r);
	ql_handle_leave(handle);
	return s;
}

static void *in_thread(void *arg)
{
	struct ql_api_run *r = arg;
	enum quell_status s = execute(r);
	pthread_mutex_lock(&r->lock);
	r->status = s;
	r->finished = true;
	pthread_cond_broadcast(&r->over);
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

enum quell_status quell_run_start(struct quell_run *handle)
{
	struct ql_api_run *r;
	enum quell_status s = ql_handle_enter(handle, QL_RUN_HANDLE, &r);
	if (s != QUELL_OK)
		return s;
	r->cancel = 0;
	pthread_mutex_lock(&r->lock);
	r->finished = false;
	r->started = pthread_create(&r->thread, NULL, in_thread, r) == 0;
	bool started = r->started;
	pthread_mutex_unlock(&r->lock);
	if (started)
		return QUELL_OK; /* the handle stays taken until the end is seen by a poll */
	ql_handle_leave(handle);
	return ql_api_fail(QUELL_ERR_MEMORY, "no further thread can be started");
}

static struct timespec after_ms(int ms)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += ms % 1000 * 1000000L;
	if (t.tv_nsec >= 1000000000L) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000L;
	}
	return t;
}

/* Under the run's lock: the thread has ended; give the handle back. */
static void close_thread(struct ql_api_run *r)
{
	pthread_join(r->thread, NULL);
	r->started = false;
	ql_handle_leave(r->handle);
}

enum quell_status quell_run_poll(struct quell_run *handle, int wait_ms, struct quell_state *out)
{
	struct ql_api_run *r;
	enum quell_status s = ql_handle_share(handle, QL_RUN_HANDLE, &r);
	if (s != QUELL_OK)
		return s;
	const struct timespec until = after_ms(wait_ms > 0 ? wait_ms : 0);
	pthread_mutex_lock(&r->lock);
	while (r->started && !r->finished && wait_ms > 0)
		if (pthread_cond_timedwait(&r->over, &r->lock, &until) == ETIMEDOUT)
			break;
	bool over = r->finished || !r->started;
	if (r->started && r->finished)
		close_thread(r);
	if (over)
		keep_error(r, r->status);
	if (out)
		*out = (struct quell_state){!over, r->status, r->done, r->total};
	pthread_mutex_unlock(&r->lock);
	ql_handle_unshare(handle);
	return QUELL_OK;
}

enum quell_status quell_run_cancel(struct quell_run *handle)
{
	struct ql_api_run *r;
	enum quell_status s = ql_handle_share(handle, QL_RUN_HANDLE, &r);
	if (s != QUELL_OK)
		return s;
	r->cancel = 1;
	ql_handle_unshare(handle);
	return QUELL_OK;
}

enum quell_status quell_run_on_progress(struct quell_run *handle, quell_progress f, void *context)
{
	struct ql_api_run *r;
	enum quell_status s = ql_handle_enter(handle, QL_RUN_HANDLE, &r);
	if (s != QUELL_OK)
		return s;
	r->progress = f;
	r->progress_context = context;
	ql_handle_leave(handle);
	return QUELL_OK;
}
