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
/* Keys of an object; the reference of v is taken. */
void ql_json_put(json_t *o, const char *key, json_t *v);
void ql_json_put_text(json_t *o, const char *key, const char *s);
void ql_json_put_real(json_t *o, const char *key, double x);
void ql_json_put_count(json_t *o, const char *key, uint64_t n);
void ql_json_put_hash(json_t *o, const char *key, uint64_t hash); /* sixteen hexadecimal digits */
void ql_json_put_reals(json_t *o, const char *key, const double *x, int n);
void ql_json_put_counts(json_t *o, const char *key, const uint64_t *x, int n);

#endif
