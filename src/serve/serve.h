/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page and its API over HTTP on this machine.
 *
 * A request to the API becomes the command line that answers it, and the command runs in this process: the numbers are
 * those of the command line by construction. The server knows which fields an address takes, keeps results, and lets
 * nobody in who did not open the page: see guard.h. What a command does is the caller's business (`run`).
 */
#ifndef QL_SERVE_SERVE_H
#define QL_SERVE_SERVE_H

#include "base/diag.h"

struct ql_warm;

struct ql_serve_command { /* one command on behalf of a request; the server frees out and ds */
	int argc;
	char **argv; /* argv[0] is the verb; a NULL ends it */
	volatile int *cancel;
	void (*progress)(void *ctx, uint64_t done, uint64_t total); /* from one thread at a time */
	void *progress_ctx;
	bool job;             /* runs behind the page's back */
	struct ql_warm *warm; /* what commands may leave for each other (compare/warm.h) */
	uint64_t stamp;       /* of the files when the request came */
	struct ql_buf out;  /* JSON */
	struct ql_diags ds;
	enum quell_status status; /* QUELL_OK: `out` is the answer, though some patients may have failed */
};

struct ql_serve_options {
	const char *data_dir;
	const char *address; /* numeric; NULL = 127.0.0.1 */
	int port;            /* 0 = any free one */
	const char *store;   /* SQLite file in which long runs are kept; NULL: they end with the program */
	const char *token;   /* what requests to the API must carry; needed where `address` is not of the loopback */
	void (*run)(struct ql_serve_command *command); /* from several threads at once */
	bool (*has)(const char *verb);                 /* whether `run` knows a verb; NULL: all */
	volatile int *cancel;                          /* stops the server */
	void (*ready)(void *ctx, const char *url);
	void *ready_ctx;
};

/* Serves until *cancel. QUELL_ERR_IO with a diagnostic if it cannot begin. */
enum quell_status ql_serve(const struct ql_serve_options *o, struct ql_diags *ds);
/* Whether a numeric address belongs to the loopback interface. */
bool ql_serve_is_loopback(const char *address);

#endif
