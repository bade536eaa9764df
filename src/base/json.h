/* SPDX-License-Identifier: Apache-2.0 */
/* Text of a jansson tree with the same bytes everywhere: keys in the order they were set, doubles as the shortest
 * decimal that reads back equal, NaN and infinities as null. */
#ifndef QL_BASE_JSON_H
#define QL_BASE_JSON_H

#include "base/mem.h"
#include <jansson.h>

/* Two-space indent, final newline. */
void ql_json_write(const json_t *v, struct ql_buf *out);
/* A real, or null if x is not finite. */
json_t *ql_json_real(double x);
/* A string, or null for NULL. Text that is not UTF-8 is shown with '?' for each bad byte. */
json_t *ql_json_text(const char *s);

#endif
