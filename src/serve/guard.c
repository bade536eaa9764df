/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "serve/guard.h"
#include <stdio.h>
#include <string.h>

static bool own_host(const struct ql_guard *g, const char *host)
{
	static const char *const name[] = {"127.0.0.1", "localhost", "[::1]"};
	char full[64];
	if (!host)
		return false;
	for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
		snprintf(full, sizeof full, "%s:%d", name[i], g->port);
		if (strcasecmp(host, full) == 0 || (g->port == 80 && strcasecmp(host, name[i]) == 0))
			return true;
	}
	return false;
}

static bool own_origin(const struct ql_request *q)
{
	size_t n = sizeof "http://" - 1;
	return !q->origin || (q->host && strncmp(q->origin, "http://", n) == 0 && strcasecmp(q->origin + n, q->host) == 0);
}

/* Takes as long for a near miss as for a far one. */
static bool same_secret(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	unsigned char differ = n != m;
	for (size_t i = 0; i < n; i++)
		differ |= (unsigned char)(a[i] ^ b[m ? i % m : 0]);
	return m > 0 && !differ;
}

static bool carries_token(const struct ql_guard *g, const struct ql_request *q)
{
	size_t n = sizeof "Bearer " - 1;
	return !g->token || (q->authorization && strncmp(q->authorization, "Bearer ", n) == 0 &&
			     same_secret(g->token, q->authorization + n));
}

static bool is_json(const char *type)
{
	size_t n = sizeof "application/json" - 1;
	return type && strncasecmp(type, "application/json", n) == 0 && (!type[n] || type[n] == ';' || type[n] == ' ');
}

static bool refuse(struct ql_reply *r, int status, const char *title, const char *detail)
{
	ql_reply_problem(r, status, title, detail, NULL, NULL);
	return false;
}

bool ql_guard_admits(const struct ql_guard *g, const struct ql_request *q, struct ql_reply *reply)
{
	bool api = strncmp(q->path, "/api", 4) == 0;
	if (g->loopback && !own_host(g, q->host))
		return refuse(reply, 403, "unknown host",
			      "this server answers under 127.0.0.1 and localhost with its port only");
	if (!own_origin(q))
		return refuse(reply, 403, "another site asked", "only the page that quell serves may use this server");
	if (api && q->fetch_site && strcmp(q->fetch_site, "same-origin") != 0 && strcmp(q->fetch_site, "none") != 0)
		return refuse(reply, 403, "another site asked", "only the page that quell serves may use this server");
	if (api && !carries_token(g, q))
		return refuse(reply, 401, "token needed",
			      "send `Authorization: Bearer TOKEN`; `quell serve` printed the token when it began");
	if (strcmp(q->method, "POST") == 0 && !is_json(q->content_type))
		return refuse(reply, 415, "not JSON", "send the request with `Content-Type: application/json`");
	return true;
}
