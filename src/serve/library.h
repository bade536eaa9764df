/* SPDX-License-Identifier: Apache-2.0 */
/* What the library holds, as JSON: lists of a shelf, one item as written, a diagnostic code. */
#ifndef QL_SERVE_LIBRARY_H
#define QL_SERVE_LIBRARY_H

#include "serve/serve.h"

/* Answers "@about", "@shelf SHELF", "@item SHELF NAME", "@code CODE", "@module FILE", "@therapies", "@diagram THERAPY"; shelves are regimens, populations, agents. */
void ql_serve_library(const struct ql_serve_options *o, struct ql_serve_command *c);
/* Changes when a file below models/, library/ or evidence/ does (by path, size and time of change). */
uint64_t ql_serve_stamp(const char *data_dir);

#endif
