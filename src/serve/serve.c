/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "serve/serve.h"
#include "compare/warm.h"
#include "serve/keep.h"
#include "serve/library.h"
#include "serve/route.h"
#ifdef QUELL_HAVE_SERVE
#include "serve/http.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { TICK_MS = 100, LINGER_TICKS = 20, WATCH_TICKS = 10, BEAT_TICKS = 100 };

/* A sockaddr for a numeric address; 0 if it is none. */
static socklen_t address_of(const char *text, int port, struct sockaddr_storage *out)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
	memset(out, 0, sizeof *out);
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		return sizeof *v4;
	}
	if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
		return sizeof *v6;
	}
	return 0;
}

bool ql_serve_is_loopback(const char *address)
{
	struct sockaddr_storage a;
	if (!address)
		return true;
	socklen_t n = address_of(address, 0, &a);
	if (n == sizeof(struct sockaddr_in))
		return ntohl(((struct sockaddr_in *)&a)->sin_addr.s_addr) >> 24 == 127;
	return n && IN6_IS_ADDR_LOOPBACK(&((struct sockaddr_in6 *)&a)->sin6_addr);
}

static int listen_on(const char *address, int port, struct ql_diags *ds)
{
	struct sockaddr_storage a;
	int one = 1;
	socklen_t n = address_of(address, port, &a);
	int fd = n ? socket(a.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) : -1;
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&a, n) == 0 && listen(fd, 256) == 0)
		return fd;
	int err = n ? errno : EINVAL;
	struct ql_diag *d = ql_diag_add(ds, QL_E1105, (struct ql_span){0}, "cannot listen on %s port %d: %s", address, port,
					n ? strerror(err) : "not a numeric address");
	ql_diag_help(d, "%s", err == EADDRINUSE ? "something listens there already; try `--port 0` for any free port"
				 : err == EACCES ? "ports below 1024 need rights; try `--port 8750`"
						 : "give an address of this machine, such as 127.0.0.1 or ::1");
	if (fd >= 0)
		close(fd);
	return -1;
}

static int port_of(int fd)
{
	struct sockaddr_storage a;
	socklen_t n = sizeof a;
	if (getsockname(fd, (struct sockaddr *)&a, &n) != 0)
		return 0;
	return ntohs(a.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&a)->sin6_port : ((struct sockaddr_in *)&a)->sin_port);
}

struct runner { /* what tasks are run with */
	const struct ql_serve_options *o;
	struct ql_warm *warm;
};

static bool works_in_store(const char *verb, bool job)
{
	return strcmp(verb, "runs") == 0 || strcmp(verb, "resume") == 0 || (job && strcmp(verb, "compare") == 0);
}

/* The words are the user's, the store is the server's. */
static void run_with_store(const struct ql_serve_options *o, struct ql_serve_command *c)
{
	char option[] = "--store", **words = c->argv, **argv = calloc((size_t)c->argc + 3, sizeof *argv), *path = strdup(o->store);
	c->status = QUELL_ERR_MEMORY;
	if (argv && path) {
		memcpy(argv, words, (size_t)c->argc * sizeof *argv);
		argv[c->argc] = option;
		argv[c->argc + 1] = path;
		c->argv = argv;
		c->argc += 2;
		o->run(c);
		c->argv = words;
		c->argc -= 2;
	}
	free(path);
	free(argv);
}

static void run_and_keep(const struct ql_serve_options *o, struct ql_serve_command *c)
{
	if (ql_keep_find(o->store, c)) {
		c->status = QUELL_OK;
		return;
	}
	if (c->ds.n_errors) { /* not after hours of computing */
		c->status = QUELL_ERR_IO;
		return;
	}
	o->run(c);
	if (c->status == QUELL_OK)
		c->status = ql_keep_put(o->store, c);
}

static void run_command(void *ctx, struct ql_serve_command *c)
{
	const struct runner *r = ctx;
	const struct ql_serve_options *o = r->o;
	c->warm = r->warm;
	if (c->argv[0][0] == '@')
		ql_serve_library(o, c);
	else if (o->store && ql_keep_wanted(c))
		run_and_keep(o, c);
	else if (o->store && works_in_store(c->argv[0], c->job))
		run_with_store(o, c);
	else
		o->run(c);
}

static void tick(void)
{
	struct timespec t = {0, TICK_MS * 1000000L};
	nanosleep(&t, NULL);
}

static void serve_until_cancelled(const struct ql_serve_options *o, struct ql_router *r, struct ql_http *h)
{
	for (long n = 1; !*o->cancel; n++) {
		tick();
		if (n % WATCH_TICKS == 0)
			ql_http_hang_up_on_idlers(h);
		if (n % BEAT_TICKS == 0) /* streams whose reader has gone are noticed when something is sent */
			ql_tasks_wake_all(r->tasks);
	}
}

static void say_ready(const struct ql_serve_options *o, const char *address, int port)
{
	struct ql_arena a = {0};
	bool v6 = strchr(address, ':') != NULL;
	if (o->ready)
		o->ready(o->ready_ctx, ql_arena_printf(&a, "http://%s%s%s:%d/%s%s", v6 ? "[" : "", address, v6 ? "]" : "", port,
						       o->token ? "#token=" : "", o->token ? o->token : ""));
	ql_arena_free(&a);
}

enum quell_status ql_serve(const struct ql_serve_options *o, struct ql_diags *ds)
{
	const char *address = o->address ? o->address : "127.0.0.1";
	bool loopback = ql_serve_is_loopback(address);
	int fd = loopback || (o->token && *o->token) ? listen_on(address, o->port, ds) : -1;
	if (fd < 0)
		return ds->n_errors ? QUELL_ERR_IO : QUELL_ERR_USAGE;
	int port = port_of(fd);
	struct ql_router r = {.guard = {port, loopback, o->token}, .data_dir = o->data_dir, .store = o->store};
	ql_openapi(&r.openapi);
	struct runner runner = {o, ql_warm_new()};
	r.tasks = ql_tasks_new(run_command, &runner, o->data_dir);
	struct ql_http *h = ql_http_start(&r, fd);
	if (h) {
		say_ready(o, address, port);
		serve_until_cancelled(o, &r, h);
		ql_tasks_stop(r.tasks);
		for (int i = 0; i < LINGER_TICKS && ql_http_busy(h) > 0; i++)
			tick();
		ql_http_stop(h);
	} else {
		close(fd);
		ql_tasks_stop(r.tasks);
		ql_diag_help(ql_diag_add(ds, QL_E1105, (struct ql_span){0}, "the HTTP library cannot start"),
			     "too many open files or threads may be in use");
	}
	ql_tasks_free(r.tasks);
	ql_warm_free(runner.warm);
	ql_buf_free(&r.openapi);
	return h ? QUELL_OK : QUELL_ERR_IO;
}
#else
bool ql_serve_is_loopback(const char *address)
{
	(void)address;
	return true;
}

enum quell_status ql_serve(const struct ql_serve_options *o, struct ql_diags *ds)
{
	(void)o;
	ql_diag_help(ql_diag_add(ds, QL_E1105, (struct ql_span){0}, "this build has no server"),
		     "it was built without libmicrohttpd; install libmicrohttpd-dev and build again");
	return QUELL_ERR_UNSUPPORTED;
}
#endif
