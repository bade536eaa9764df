/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QL_SERVE_HTTP_H
#define QL_SERVE_HTTP_H

#include "serve/route.h"

struct ql_http;
/* Answers on a listening socket, which it closes at the end; NULL if the library cannot start. */
struct ql_http *ql_http_start(struct ql_router *router, int listen_fd);
/* Closes connections whose request takes too long to arrive; call it about every second. */
void ql_http_hang_up_on_idlers(struct ql_http *h);
/* Requests being answered. */
int ql_http_busy(struct ql_http *h);
/* Nothing may be waiting for a task: stop the tasks first. */
void ql_http_stop(struct ql_http *h);

#endif
