/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Results that outlive the program. Comparisons keep their chunks in the store by themselves (`quell compare --store`);
 * other long commands have no chunks, and their whole result is kept here as a run of the same store, found again by the
 * command, the version and the stamp of the files.
 */
#ifndef QL_SERVE_KEEP_H
#define QL_SERVE_KEEP_H

#include "serve/serve.h"

/* Whether a command's result is kept here. */
bool ql_keep_wanted(const struct ql_serve_command *c);
/* The kept answer of this command into c->out: true; faults of the store into c->ds. */
bool ql_keep_find(const char *store, struct ql_serve_command *c);
/* Keeps c->out. Not QUELL_OK: c->ds says why. */
enum quell_status ql_keep_put(const char *store, struct ql_serve_command *c);

#endif
