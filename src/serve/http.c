/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wire: libmicrohttpd with one polling thread. A request that needs computing is suspended until its task ends, so
 * the thread only moves bytes. Limits: size of a body, number of connections, and a deadline for a request to arrive in
 * full, which a client that sends a byte now and then cannot stretch.
 */
#ifdef QUELL_HAVE_SERVE
#define _GNU_SOURCE
#include "serve/http.h"
#include "serve/route.h"
#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { MAX_CONNECTIONS = 512, IDLE_S = 10, CONNECTION_BYTES = 32 * 1024 };
#define ARRIVAL_S 10.0 /* for a whole request */

struct peer { /* one connection */
	int fd;
	double since_s; /* of the wait for the request now arriving */
	bool busy;      /* the request has arrived and is being answered */
	struct peer *next, *previous;
};

struct ql_http {
	struct ql_router *router;
	struct MHD_Daemon *daemon;
	pthread_mutex_t lock;
	struct peer *peer;
	int n_busy;
};

struct call { /* one request */
	struct ql_http *http;
	struct MHD_Connection *connection;
	struct peer *peer;
	struct ql_buf body;
	bool too_large, routed;
	struct ql_answer answer;
	struct ql_listener listener;
};

static double now_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* --- connections --- */

static void on_connection(void *cls, struct MHD_Connection *connection, void **context, enum MHD_ConnectionNotificationCode code)
{
	struct ql_http *h = cls;
	pthread_mutex_lock(&h->lock);
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		const union MHD_ConnectionInfo *fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
		struct peer *p = calloc(1, sizeof *p);
		if (p) {
			*p = (struct peer){fd ? fd->connect_fd : -1, now_s(), false, h->peer, NULL};
			if (h->peer)
				h->peer->previous = p;
			h->peer = p;
		}
		*context = p;
	} else if (*context) {
		struct peer *p = *context;
		*(p->previous ? &p->previous->next : &h->peer) = p->next;
		if (p->next)
			p->next->previous = p->previous;
		h->n_busy -= p->busy;
		free(p);
		*context = NULL;
	}
	pthread_mutex_unlock(&h->lock);
}

static void set_busy(struct call *k, bool busy)
{
	if (!k->peer)
		return;
	pthread_mutex_lock(&k->http->lock);
	k->http->n_busy += busy - k->peer->busy;
	k->peer->busy = busy;
	k->peer->since_s = now_s();
	pthread_mutex_unlock(&k->http->lock);
}

void ql_http_hang_up_on_idlers(struct ql_http *h)
{
	double now = now_s();
	pthread_mutex_lock(&h->lock);
	for (struct peer *p = h->peer; p; p = p->next)
		if (!p->busy && now - p->since_s > ARRIVAL_S && p->fd >= 0)
			shutdown(p->fd, SHUT_RDWR);
	pthread_mutex_unlock(&h->lock);
}

int ql_http_busy(struct ql_http *h)
{
	pthread_mutex_lock(&h->lock);
	int n = h->n_busy;
	pthread_mutex_unlock(&h->lock);
	return n;
}

/* --- replies --- */

static void add_headers(struct MHD_Response *m, const struct ql_reply *r)
{
	static const char *const always[][2] = {
		{"X-Content-Type-Options", "nosniff"},
		{"Referrer-Policy", "no-referrer"},
		{"Cross-Origin-Opener-Policy", "same-origin"},
		{"Cross-Origin-Resource-Policy", "same-origin"},
		{"X-Frame-Options", "DENY"},
		{"Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
					    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}};
	char seconds[16];
	for (size_t i = 0; i < sizeof always / sizeof *always; i++)
		MHD_add_response_header(m, always[i][0], always[i][1]);
	MHD_add_response_header(m, "Cache-Control", "no-store");
	if (r->type)
		MHD_add_response_header(m, "Content-Type", r->type);
	if (r->allow)
		MHD_add_response_header(m, "Allow", r->allow);
	if (r->command[0])
		MHD_add_response_header(m, "Quell-Command", r->command);
	if (r->location[0])
		MHD_add_response_header(m, "Location", r->location);
	if (r->status == 401)
		MHD_add_response_header(m, "WWW-Authenticate", "Bearer");
	if (r->retry_after_s > 0) {
		snprintf(seconds, sizeof seconds, "%d", r->retry_after_s);
		MHD_add_response_header(m, "Retry-After", seconds);
	}
}


static ssize_t read_bytes(void *cls, uint64_t at, char *out, size_t max)
{
	const struct ql_bytes *b = cls;
	size_t n = at < b->len ? b->len - (size_t)at : 0;
	if (n == 0)
		return MHD_CONTENT_READER_END_OF_STREAM;
	n = n < max ? n : max;
	memcpy(out, b->data + at, n);
	return (ssize_t)n;
}

static void drop_bytes(void *cls) { ql_bytes_drop(cls); }

static enum MHD_Result send_reply(struct MHD_Connection *connection, struct ql_reply *r)
{
	struct MHD_Response *m;
	if (r->bytes && r->bytes->len) {
		m = MHD_create_response_from_callback(r->bytes->len, 65536, read_bytes, r->bytes, drop_bytes);
		if (m)
			r->bytes = NULL; /* now the response's */
	} else {
		m = MHD_create_response_from_buffer(r->still_len, (void *)(uintptr_t)r->still, MHD_RESPMEM_PERSISTENT);
	}
	if (!m)
		return MHD_NO;
	add_headers(m, r);
	enum MHD_Result ok = MHD_queue_response(connection, (unsigned)r->status, m);
	MHD_destroy_response(m);
	return ok;
}

/* --- streams of events --- */

struct stream {
	struct MHD_Connection *connection;
	struct ql_task *task;
	struct ql_listener listener;
	struct ql_buf text;
	size_t at;
	unsigned version;
	bool begun, over;
};

static void suspend_stream(void *arg) { MHD_suspend_connection(((struct stream *)arg)->connection); }
static void resume_stream(void *arg) { MHD_resume_connection(((struct stream *)arg)->connection); }

static ssize_t read_stream(void *cls, uint64_t pos, char *out, size_t max)
{
	struct stream *s = cls;
	(void)pos;
	if (s->at == s->text.len) {
		if (s->over)
			return MHD_CONTENT_READER_END_OF_STREAM;
		s->listener.progress = true;
		if (s->begun && ql_task_listen(s->task, &s->listener, s->version, suspend_stream))
			return 0;
		s->text.len = s->at = 0;
		s->begun = true;
		s->over = ql_route_event(s->task, &s->text, &s->version);
	}
	size_t n = s->text.len - s->at < max ? s->text.len - s->at : max;
	memcpy(out, s->text.data + s->at, n);
	s->at += n;
	return (ssize_t)n;
}

static void free_stream(void *cls)
{
	struct stream *s = cls;
	ql_task_unlisten(s->task, &s->listener);
	ql_task_release(s->task);
	ql_buf_free(&s->text);
	free(s);
}

static enum MHD_Result send_stream(struct call *k)
{
	struct stream *s = calloc(1, sizeof *s);
	struct ql_reply r = {.status = 200, .type = "text/event-stream"};
	if (!s)
		return MHD_NO;
	s->connection = k->connection;
	s->task = k->answer.task;
	s->listener.wake = resume_stream;
	s->listener.arg = s;
	struct MHD_Response *m = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, read_stream, s, free_stream);
	if (!m) {
		free(s);
		return MHD_NO;
	}
	k->answer.task = NULL; /* now the stream's */
	add_headers(m, &r);
	enum MHD_Result ok = MHD_queue_response(k->connection, 200, m);
	MHD_destroy_response(m);
	return ok;
}

/* --- requests --- */

static enum MHD_Result take_arg(void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct ql_request *q = cls;
	(void)kind;
	if (q->n_arg == QL_ARG_LIMIT) {
		q->too_many_args = true;
		return MHD_NO;
	}
	q->arg_name[q->n_arg] = name;
	q->arg_value[q->n_arg++] = value;
	return MHD_YES;
}

static void suspend_call(void *arg) { MHD_suspend_connection(((struct call *)arg)->connection); }
static void resume_call(void *arg) { MHD_resume_connection(((struct call *)arg)->connection); }

struct routing {
	struct call *k;
	const char *path, *method;
};

static enum quell_status route(void *arg)
{
	const struct routing *x = arg;
	struct MHD_Connection *c = x->k->connection;
	struct ql_request q = {.method = x->method, .path = x->path, .body = x->k->body.data, .body_len = x->k->body.len};
	q.host = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Host");
	q.origin = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Origin");
	q.fetch_site = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Sec-Fetch-Site");
	q.content_type = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Content-Type");
	q.authorization = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Authorization");
	q.view = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Quell-View");
	MHD_get_connection_values(c, MHD_GET_ARGUMENT_KIND, take_arg, &q);
	struct ql_listener *l = &x->k->listener;
	l->wake = resume_call;
	l->arg = x->k;
	if (q.view && strlen(q.view) < sizeof l->view)
		memcpy(l->view, q.view, strlen(q.view) + 1);
	ql_route(x->k->http->router, &q, &x->k->answer);
	return QUELL_OK;
}

static enum MHD_Result reply_problem(struct MHD_Connection *c, int status, const char *title, const char *detail)
{
	struct ql_reply r = {0};
	ql_reply_problem(&r, status, title, detail, NULL, NULL);
	enum MHD_Result ok = send_reply(c, &r);
	ql_reply_clear(&r);
	return ok;
}

static enum MHD_Result reply_too_large(struct MHD_Connection *c)
{
	return reply_problem(c, 413, "the request is too large", "a request may hold 1 MiB");
}

static enum MHD_Result begin(struct ql_http *h, struct MHD_Connection *c, void **con_cls)
{
	const char *length = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Content-Length");
	if (length && strtoull(length, NULL, 10) > QL_BODY_LIMIT)
		return reply_too_large(c);
	struct call *k = calloc(1, sizeof *k);
	if (!k)
		return MHD_NO;
	const union MHD_ConnectionInfo *peer = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	k->http = h;
	k->connection = c;
	k->peer = peer ? peer->socket_context : NULL;
	*con_cls = k;
	return MHD_YES;
}

static enum MHD_Result answer(struct call *k, const char *path, const char *method)
{
	struct routing x = {k, path, method};
	if (!k->routed) {
		set_busy(k, true);
		if (k->too_large)
			return reply_too_large(k->connection);
		k->routed = true;
		if (ql_protect(route, &x) != QUELL_OK)
			return reply_problem(k->connection, 503, "memory ran out", NULL);
		if (k->answer.kind == QL_ANSWER_WAIT && ql_task_listen(k->answer.task, &k->listener, 0, suspend_call))
			return MHD_YES;
	}
	if (k->answer.kind == QL_ANSWER_STREAM)
		return send_stream(k);
	if (k->answer.kind == QL_ANSWER_WAIT)
		ql_route_ended(k->answer.task, k->listener.superseded, &k->answer.reply);
	return send_reply(k->connection, &k->answer.reply);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *c, const char *path, const char *method, const char *version,
				  const char *data, size_t *size, void **con_cls)
{
	struct call *k = *con_cls;
	(void)version;
	if (!k)
		return begin(cls, c, con_cls);
	if (*size == 0)
		return answer(k, path, method);
	if (k->body.len + *size > QL_BODY_LIMIT)
		k->too_large = true;
	else
		ql_buf_add(&k->body, data, *size);
	*size = 0;
	return MHD_YES;
}

static void on_completed(void *cls, struct MHD_Connection *c, void **con_cls, enum MHD_RequestTerminationCode code)
{
	struct call *k = *con_cls;
	(void)cls, (void)c, (void)code;
	if (!k)
		return;
	set_busy(k, false);
	if (k->answer.task) {
		ql_task_unlisten(k->answer.task, &k->listener);
		ql_task_release(k->answer.task);
	}
	ql_reply_clear(&k->answer.reply);
	ql_buf_free(&k->body);
	free(k);
	*con_cls = NULL;
}

struct ql_http *ql_http_start(struct ql_router *router, int listen_fd)
{
	struct ql_http *h = calloc(1, sizeof *h);
	if (!h)
		return NULL;
	h->router = router;
	pthread_mutex_init(&h->lock, NULL);
	h->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNALLY | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, h,
				     MHD_OPTION_LISTEN_SOCKET, listen_fd, MHD_OPTION_NOTIFY_COMPLETED, on_completed, h,
				     MHD_OPTION_NOTIFY_CONNECTION, on_connection, h, MHD_OPTION_CONNECTION_LIMIT,
				     (unsigned)MAX_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
				     MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, 1,
				     MHD_OPTION_END);
	if (h->daemon)
		return h;
	pthread_mutex_destroy(&h->lock);
	free(h);
	return NULL;
}

void ql_http_stop(struct ql_http *h)
{
	MHD_stop_daemon(h->daemon);
	pthread_mutex_destroy(&h->lock);
	free(h);
}
#else
typedef int ql_no_server; /* ISO C wants something here */
#endif
