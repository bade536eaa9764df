/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may ask. A server on the loopback interface can be reached by every page that the user has open, so:
 *
 * - Host must be this server's own name, or another site could point its name here (DNS rebinding).
 * - Origin, where the browser sends it, must be this server, and Sec-Fetch-Site must not name another one.
 * - what changes something must be JSON, which a form of another site cannot send.
 * - on a wider address every request to the API carries the token of this start.
 */
#ifndef QL_SERVE_GUARD_H
#define QL_SERVE_GUARD_H

#include "serve/request.h"

struct ql_guard {
	int port;
	bool loopback;
	const char *token; /* NULL: none */
};

/* True: go on. False: *reply says why not. */
bool ql_guard_admits(const struct ql_guard *g, const struct ql_request *q, struct ql_reply *reply);

#endif
