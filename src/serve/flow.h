/* SPDX-License-Identifier: Apache-2.0 */
/* A JSON value as YAML on one line, the way a person types it: {regimen: fcr, start: 2012-01, ended: completed}. */
#ifndef QL_SERVE_FLOW_H
#define QL_SERVE_FLOW_H

#include "base/mem.h"
#include <jansson.h>

/* Words stand plain where YAML reads them back as they are; what could pass for a number, and all else, is quoted. */
void ql_flow_write(const json_t *v, struct ql_buf *out);

#endif
