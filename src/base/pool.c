/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "base/pool.h"
#include "base/mem.h"
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

struct task {
	enum quell_status (*work)(void *ctx, int thread);
	void *ctx;
	int index;
	enum quell_status status;
	pthread_t thread;
	bool started;
};

int ql_cpu_count(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : (int)sysconf(_SC_NPROCESSORS_ONLN);
	return n > 0 ? n : 1;
}

static enum quell_status body(void *arg)
{
	struct task *t = arg;
	return t->work(t->ctx, t->index);
}

static void *entry(void *arg)
{
	struct task *t = arg;
	t->status = ql_protect(body, t);
	return NULL;
}

static enum quell_status run_all(void *arg)
{
	struct task *t = arg;
	for (int i = 1; t[i].work; i++)
		t[i].started = pthread_create(&t[i].thread, NULL, entry, &t[i]) == 0;
	for (int i = 0; t[i].work; i++) /* a thread that the system refused is run here instead */
		if (!t[i].started)
			entry(&t[i]);
	for (int i = 0; t[i].work; i++)
		if (t[i].started)
			pthread_join(t[i].thread, NULL);
	for (int i = 0; t[i].work; i++)
		if (t[i].status != QUELL_OK)
			return t[i].status;
	return QUELL_OK;
}

enum quell_status ql_pool_run(int n, enum quell_status (*work)(void *ctx, int thread), void *ctx)
{
	if (n < 1)
		n = 1;
	struct task *t = ql_realloc(NULL, (size_t)n + 1, sizeof *t);
	for (int i = 0; i < n; i++)
		t[i] = (struct task){.work = work, .ctx = ctx, .index = i};
	t[n] = (struct task){0};
	enum quell_status s = run_all(t);
	ql_free(t);
	return s;
}
