/* SPDX-License-Identifier: Apache-2.0 */
/* A request and its reply, without the wire: what the router, the tests and the fuzzer see. */
#ifndef QL_SERVE_REQUEST_H
#define QL_SERVE_REQUEST_H

#include "base/diag.h"

#define QL_BODY_LIMIT ((size_t)1 << 20)
enum { QL_ARG_LIMIT = 32 };

struct ql_request {
	const char *method, *path; /* decoded, without the query */
	const char *host, *origin, *fetch_site, *content_type, *authorization, *view; /* headers; NULL if absent */
	int n_arg; /* query */
	const char *arg_name[QL_ARG_LIMIT], *arg_value[QL_ARG_LIMIT];
	bool too_many_args;
	const char *body;
	size_t body_len;
};

/* Bytes shared between the results kept and the replies on their way. */
struct ql_bytes {
	char *data;
	size_t len;
	int refs; /* atomic */
};
struct ql_bytes *ql_bytes_new(struct ql_buf *take); /* empties *take */
struct ql_bytes *ql_bytes_hold(struct ql_bytes *b);
void ql_bytes_drop(struct ql_bytes *b); /* NULL is fine */

struct ql_reply {
	int status;
	const char *type;       /* media type, static */
	struct ql_bytes *bytes; /* owned */
	const char *still;      /* static content in place of bytes */
	size_t still_len;
	const char *allow;  /* header Allow, static */
	char command[8192]; /* header Quell-Command: the command line that answers the same; "" = none, or longer than this */
	char location[80];
	int retry_after_s;
};
void ql_reply_command(struct ql_reply *r, const char *command);
void ql_reply_clear(struct ql_reply *r);
void ql_reply_buf(struct ql_reply *r, int status, const char *type, struct ql_buf *take);

/* Problem documents (RFC 9457). detail may be NULL; ds may be NULL. Paths below data_dir are shown without it. */
void ql_reply_problem(struct ql_reply *r, int status, const char *title, const char *detail, const struct ql_diags *ds,
		      const char *data_dir);
void ql_problem_json(struct ql_buf *out, int status, const char *title, const char *detail, const struct ql_diags *ds,
		     const char *data_dir);

#endif
