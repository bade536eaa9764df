/* SPDX-License-Identifier: Apache-2.0 */
/* Hostile requests, as the router sees them. The input is "METHOD\nPATH\nNAME=VALUE&...\nHEADERS...\n\nBODY"; commands are
 * answered by what the library says, without computing. */
#include "serve/library.h"
#include "serve/route.h"
#include <stdlib.h>
#include <string.h>

static void run(void *ctx, struct ql_serve_command *c)
{
	(void)ctx;
	for (int i = 0; i < c->argc; i++) /* words of a command are text, and none names a file */
		if (strlen(c->argv[i]) > 8192 || strstr(c->argv[i], "../"))
			abort();
	if (c->argv[0][0] == '@') {
		const struct ql_serve_options o = {.data_dir = QUELL_SOURCE_DIR};
		ql_serve_library(&o, c);
	} else {
		ql_buf_puts(&c->out, "{}");
		c->status = QUELL_OK;
	}
}

static char *line(char **rest)
{
	char *s = *rest, *end = s ? strchr(s, '\n') : NULL;
	if (end)
		*end++ = 0;
	*rest = end;
	return s ? s : (char *)"";
}

static void read_args(struct ql_request *q, char *text)
{
	for (char *p = text; p && *p;) {
		char *next = strchr(p, '&'), *equals;
		if (next)
			*next++ = 0;
		equals = strchr(p, '=');
		if (equals)
			*equals++ = 0;
		if (q->n_arg == QL_ARG_LIMIT) {
			q->too_many_args = true;
			return;
		}
		q->arg_name[q->n_arg] = p;
		q->arg_value[q->n_arg++] = equals;
		p = next;
	}
}

static void read_headers(struct ql_request *q, char **rest)
{
	for (char *h = line(rest); *h; h = line(rest)) {
		char *value = strchr(h, ':');
		if (!value)
			continue;
		*value++ = 0;
		if (strcmp(h, "Host") == 0)
			q->host = value;
		else if (strcmp(h, "Origin") == 0)
			q->origin = value;
		else if (strcmp(h, "Authorization") == 0)
			q->authorization = value;
		else if (strcmp(h, "View") == 0)
			q->view = value;
		else if (strcmp(h, "Type") == 0)
			q->content_type = value;
	}
}

struct one {
	struct ql_router *router;
	char *text;
	size_t size;
};

static void nothing(void *arg) { (void)arg; }

static enum quell_status ask(void *arg)
{
	struct one *o = arg;
	struct ql_request q = {.host = "127.0.0.1:80", .content_type = "application/json"};
	struct ql_answer a;
	struct ql_listener l = {.wake = nothing};
	char *rest = o->text;
	q.method = line(&rest);
	q.path = line(&rest);
	read_args(&q, line(&rest));
	read_headers(&q, &rest);
	q.body = rest;
	q.body_len = rest ? (size_t)(o->text + o->size - rest) : 0;
	ql_route(o->router, &q, &a);
	if (a.kind != QL_ANSWER_REPLY) {
		if (ql_task_listen(a.task, &l, 0, nothing))
			ql_task_unlisten(a.task, &l);
		ql_route_ended(a.task, false, &a.reply);
		ql_task_release(a.task);
	}
	if (a.reply.status < 200 || a.reply.status > 599)
		abort();
	ql_reply_clear(&a.reply);
	return QUELL_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ql_router r;
	if (!r.tasks) {
		r = (struct ql_router){.guard = {80, true, NULL}, .data_dir = QUELL_SOURCE_DIR};
		ql_openapi(&r.openapi);
		r.tasks = ql_tasks_new(run, NULL, QUELL_SOURCE_DIR);
	}
	struct one o = {&r, malloc(size + 1), size};
	if (!o.text)
		return 0;
	memcpy(o.text, data, size);
	o.text[size] = 0;
	ql_protect(ask, &o);
	free(o.text);
	return 0;
}
