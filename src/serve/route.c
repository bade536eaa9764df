/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "serve/route.h"
#include "base/json.h"
#include "report/page.h"
#include "serve/library.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_JOBS_SHOWN = 64 };
#define STAMP_EVERY_S 1.0

static const char *const state_name[] = {"queued", "running", "done", "failed", "cancelled"};

static void problem(struct ql_answer *a, int status, const char *title, const char *detail)
{
	ql_reply_problem(&a->reply, status, title, detail, NULL, NULL);
}

/* --- the page --- */

static bool serve_page(const struct ql_request *q, struct ql_answer *a)
{
	struct ql_page_file f;
	if (!ql_page_find(strcmp(q->path, "/") == 0 ? "index.html" : q->path[0] ? q->path + 1 : "", &f) || !f.type)
		return false;
	if (strcmp(q->method, "GET") != 0) {
		a->reply.allow = "GET, HEAD";
		problem(a, 405, "this address takes GET only", NULL);
		return true;
	}
	a->reply.status = 200;
	a->reply.type = f.type;
	a->reply.still = f.data;
	a->reply.still_len = f.len;
	return true;
}

/* --- jobs --- */

static json_t *job_json(struct ql_task *task, struct ql_task_view *v)
{
	json_t *o = json_object();
	ql_task_look(task, v);
	json_object_set_new(o, "id", json_string(v->id));
	json_object_set_new(o, "state", json_string(state_name[v->state]));
	json_object_set_new(o, "done", json_integer((json_int_t)v->done));
	json_object_set_new(o, "total", json_integer((json_int_t)v->total));
	json_object_set_new(o, "command", ql_json_text(v->command));
	if ((v->state == QL_TASK_FAILED || v->state == QL_TASK_CANCELLED) && v->bytes)
		json_object_set_new(o, "problem", json_loadb(v->bytes->data, v->bytes->len, 0, NULL));
	return o;
}

static void reply_json(struct ql_answer *a, int status, json_t *o)
{
	struct ql_buf text = {0};
	ql_json_write(o, &text);
	json_decref(o);
	ql_reply_buf(&a->reply, status, "application/json", &text);
}

static void reply_job(struct ql_answer *a, int status, struct ql_task *task)
{
	struct ql_task_view v;
	json_t *o = json_object();
	json_object_set_new(o, "job", job_json(task, &v));
	snprintf(a->reply.location, sizeof a->reply.location, "/api/v1/jobs/%s", v.id);
	ql_reply_command(&a->reply, v.command);
	ql_bytes_drop(v.bytes);
	reply_json(a, status, o);
}

static void list_jobs(struct ql_router *r, struct ql_answer *a)
{
	struct ql_task *task[MAX_JOBS_SHOWN];
	json_t *o = json_object(), *list = json_array();
	int n = ql_tasks_jobs(r->tasks, task, MAX_JOBS_SHOWN);
	for (int i = 0; i < n; i++) {
		struct ql_task_view v;
		json_array_append_new(list, job_json(task[i], &v));
		ql_bytes_drop(v.bytes);
		ql_task_release(task[i]);
	}
	json_object_set_new(o, "jobs", list);
	reply_json(a, 200, o);
}

static void job_result(struct ql_answer *a, struct ql_task *task)
{
	struct ql_task_view v;
	ql_task_look(task, &v);
	bool over = v.state >= QL_TASK_DONE;
	ql_bytes_drop(v.bytes);
	if (over)
		ql_route_ended(task, false, &a->reply);
	else
		problem(a, 409, "the job has not ended", "wait for its events, or ask again later");
}

/* /api/v1/jobs, /api/v1/jobs/ID, /api/v1/jobs/ID/events, /api/v1/jobs/ID/result */
static bool serve_jobs(struct ql_router *r, const struct ql_request *q, struct ql_answer *a)
{
	static const char prefix[] = "/api/v1/jobs";
	char id[17];
	const char *rest = q->path + sizeof prefix - 1;
	bool get = strcmp(q->method, "GET") == 0, del = strcmp(q->method, "DELETE") == 0;
	if (strncmp(q->path, prefix, sizeof prefix - 1) != 0 || (*rest && *rest != '/'))
		return false;
	size_t n = *rest ? strcspn(rest + 1, "/") : 0;
	const char *what = *rest ? rest + 1 + n : "";
	bool bare = !*what;
	if (*rest && (n != 16 || (!bare && strcmp(what, "/events") != 0 && strcmp(what, "/result") != 0))) {
		problem(a, 404, "no such job", "`/api/v1/jobs` lists them");
		return true;
	}
	if (!get && !(del && *rest && bare)) {
		a->reply.allow = *rest && bare ? "GET, HEAD, DELETE" : "GET, HEAD";
		problem(a, 405, "this address does not take that method", NULL);
		return true;
	}
	if (!*rest) {
		list_jobs(r, a);
		return true;
	}
	memcpy(id, rest + 1, 16);
	id[16] = 0;
	struct ql_task *task = ql_tasks_find(r->tasks, id);
	if (!task) {
		problem(a, 404, "no such job", "`/api/v1/jobs` lists them; a job is forgotten when the program ends");
		return true;
	}
	if (del)
		ql_task_cancel(task);
	if (bare) {
		reply_job(a, 200, task);
	} else if (strcmp(what, "/result") == 0) {
		job_result(a, task);
	} else {
		a->kind = QL_ANSWER_STREAM;
		a->task = task;
		return true;
	}
	ql_task_release(task);
	return true;
}

/* --- commands --- */

static uint64_t stamp_now(struct ql_router *r)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	double now = (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
	if (r->stamp_s <= 0.0 || now - r->stamp_s > STAMP_EVERY_S) {
		r->stamp = ql_serve_stamp(r->data_dir);
		r->stamp_s = now;
	}
	return r->stamp;
}

static void submit(struct ql_router *r, const struct ql_request *q, const struct ql_command_line *line, struct ql_answer *a)
{
	bool job = line->size > QL_JOB_SIZE;
	struct ql_task *task = ql_tasks_submit(r->tasks, line, stamp_now(r), job);
	if (!task) {
		a->reply.retry_after_s = 5;
		problem(a, 503, "too much is waiting already", "stop some jobs, or try again in some seconds");
		return;
	}
	ql_tasks_supersede(r->tasks, q->view, task);
	if (job) {
		reply_job(a, 202, task);
		ql_task_release(task);
		return;
	}
	a->kind = QL_ANSWER_WAIT;
	a->task = task;
}

static void serve_command(struct ql_router *r, const struct ql_request *q, struct ql_answer *a)
{
	struct ql_arena arena = {0};
	struct ql_diags ds = {0};
	struct ql_command_line line;
	const char *word, *allow;
	const struct ql_address *e = ql_address_find(&arena, q->method, q->path, &word, &allow);
	if (!e && allow) {
		a->reply.allow = allow;
		problem(a, 405, "this address does not take that method", NULL);
	} else if (!e) {
		problem(a, 404, "nothing at this address", "`/api` describes what there is");
	} else if (!r->store && ql_address_needs_store(e)) {
		problem(a, 404, "this program keeps no runs", "start it with a store: `quell serve --store FILE.db`");
	} else if (q->too_many_args) {
		problem(a, 400, "too many fields in the query", NULL);
	} else if (ql_address_command(e, word, q, r->store, &arena, &ds, &line) != QUELL_OK) {
		bool grammar = ds.item[0]->code == QL_E1101;
		ql_reply_problem(&a->reply, grammar ? 400 : 422, grammar ? "the request is not JSON" : "the request has mistakes", NULL,
				 &ds, r->data_dir);
	} else {
		submit(r, q, &line, a);
	}
	ql_diags_free(&ds);
	ql_arena_free(&arena);
}

void ql_route(struct ql_router *r, const struct ql_request *q, struct ql_answer *a)
{
	struct ql_request plain = *q;
	*a = (struct ql_answer){QL_ANSWER_REPLY, {0}, NULL};
	if (strcmp(q->method, "HEAD") == 0)
		plain.method = "GET";
	if (!ql_guard_admits(&r->guard, &plain, &a->reply))
		return;
	if (strcmp(plain.path, "/api") == 0 && strcmp(plain.method, "GET") != 0) {
		a->reply.allow = "GET, HEAD";
		problem(a, 405, "this address takes GET only", NULL);
		return;
	}
	if (strcmp(plain.path, "/api") == 0) {
		a->reply = (struct ql_reply){.status = 200, .type = "application/json", .still = r->openapi.data, .still_len = r->openapi.len};
		return;
	}
	if (serve_jobs(r, &plain, a) || (strncmp(plain.path, "/api", 4) != 0 && serve_page(&plain, a)))
		return;
	serve_command(r, &plain, a);
}

void ql_route_ended(struct ql_task *task, bool superseded, struct ql_reply *out)
{
	struct ql_task_view v;
	ql_task_look(task, &v);
	if (superseded) { /* nobody waits for it, and browsers note errors on their console */
		ql_bytes_drop(v.bytes);
		out->status = 204;
		return;
	}
	if (v.state < QL_TASK_DONE) {
		ql_bytes_drop(v.bytes);
		ql_reply_problem(out, 503, "the program is stopping", NULL, NULL, NULL);
		return;
	}
	out->status = v.status;
	out->type = v.state == QL_TASK_DONE ? "application/json" : "application/problem+json";
	out->bytes = v.bytes;
	ql_reply_command(out, v.command);
}

bool ql_route_event(struct ql_task *task, struct ql_buf *out, unsigned *version)
{
	struct ql_task_view v;
	json_t *o = job_json(task, &v);
	char *text = json_dumps(o, JSON_COMPACT);
	ql_buf_printf(out, "data: %s\n\n", text ? text : "{}");
	free(text);
	json_decref(o);
	ql_bytes_drop(v.bytes);
	*version = v.version;
	return v.state >= QL_TASK_DONE;
}
