/* SPDX-License-Identifier: Apache-2.0 */
/* From a request to its answer: at once, when a task has ended, or as a stream of a task's progress. */
#ifndef QL_SERVE_ROUTE_H
#define QL_SERVE_ROUTE_H

#include "serve/guard.h"
#include "serve/task.h"

/* patients x regimens x years above which a comparison becomes a job: some seconds on two cores */
#define QL_JOB_SIZE 60000.0

struct ql_router {
	struct ql_guard guard;
	const char *data_dir;
	const char *store; /* as it was given; NULL: none */
	struct ql_tasks *tasks;
	struct ql_buf openapi;
	uint64_t stamp;
	double stamp_s; /* when it was taken */
};

enum ql_answer_kind { QL_ANSWER_REPLY, QL_ANSWER_WAIT, QL_ANSWER_STREAM };
struct ql_answer {
	enum ql_answer_kind kind;
	struct ql_reply reply; /* owned by the caller; for QL_ANSWER_WAIT filled by ql_route_ended() */
	struct ql_task *task;  /* held for the caller: what to wait for, or to stream */
};

void ql_route(struct ql_router *r, const struct ql_request *q, struct ql_answer *out);
/* The reply of a task that has ended, or of a wait that was cut short. */
void ql_route_ended(struct ql_task *task, bool superseded, struct ql_reply *out);
/* One event of a stream: "data: {...}\n\n"; true if it is the last. */
bool ql_route_event(struct ql_task *task, struct ql_buf *out, unsigned *version);

#endif
