/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands at work. The same command asked for twice at once runs once; results are kept while there is room, since a
 * command's answer depends on its words and the files of the library only. Short tasks have threads of their own, so
 * that a long job never makes the page wait. Every function may be called from any thread.
 */
#ifndef QL_SERVE_TASK_H
#define QL_SERVE_TASK_H

#include "serve/address.h"
#include "serve/serve.h"

enum ql_task_state { QL_TASK_QUEUED, QL_TASK_RUNNING, QL_TASK_DONE, QL_TASK_FAILED, QL_TASK_CANCELLED };

struct ql_listener { /* owned by who listens; unlisten before it goes */
	void (*wake)(void *arg); /* under the lock: must not call back */
	void *arg;
	bool progress;   /* wake on progress, too */
	bool superseded; /* the same view has asked for something else since */
	char view[64];
	struct ql_listener *next;
};

struct ql_task; /* opaque; a reference is held by whoever got it */
struct ql_tasks;

struct ql_task_view { /* a task at one moment */
	char id[17];
	enum ql_task_state state;
	uint64_t done, total;
	unsigned version; /* changes whenever the rest does */
	int status;       /* of HTTP, when it has ended */
	struct ql_bytes *bytes; /* held for the caller; NULL until it has ended */
	const char *command;
};

struct ql_tasks *ql_tasks_new(void (*run)(void *ctx, struct ql_serve_command *c), void *ctx, const char *data_dir);
/* Cancels all, waits for the threads, wakes every listener. Tasks still held stay readable until released. */
void ql_tasks_stop(struct ql_tasks *t);
void ql_tasks_free(struct ql_tasks *t); /* after stop, when nothing is held */

/* A running, waiting or kept task of this command, or a new one; NULL if too many wait already. */
struct ql_task *ql_tasks_submit(struct ql_tasks *t, const struct ql_command_line *line, uint64_t stamp, bool job);
struct ql_task *ql_tasks_find(struct ql_tasks *t, const char *id); /* jobs only; NULL if there is none */
/* Up to max jobs, newest first; held. */
int ql_tasks_jobs(struct ql_tasks *t, struct ql_task **out, int max);
void ql_task_release(struct ql_task *task);
void ql_task_look(struct ql_task *task, struct ql_task_view *out);
void ql_task_cancel(struct ql_task *task);

/* From now on l is woken when the task ends. False if it has ended already: then nothing is registered. `before` is
 * called under the lock just before registration (to suspend a connection), never when false is returned. For a
 * listener of progress, false also when the version differs from `version`. */
bool ql_task_listen(struct ql_task *task, struct ql_listener *l, unsigned version, void (*before)(void *arg));
void ql_task_unlisten(struct ql_task *task, struct ql_listener *l);
/* Whoever listens for `view` to another task is told to stop; what nobody waits for is cancelled. */
void ql_tasks_supersede(struct ql_tasks *t, const char *view, const struct ql_task *except);
void ql_tasks_wake_all(struct ql_tasks *t); /* streams, to send a sign of life */

#endif
