/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts as bytes: whole numbers in groups of seven bits, low ones first, and
 * rows of counts as (zeros skipped, count) pairs. The same numbers give the
 * same bytes. Readers check every step: bytes from outside cannot harm.
 */
#ifndef QL_BASE_PACK_H
#define QL_BASE_PACK_H

#include "base/mem.h"

void ql_pack(struct ql_buf *out, uint64_t x);
void ql_pack_row(struct ql_buf *out, const uint32_t *count, size_t n);

struct ql_unpack { /* start with {data, data + size, false} */
	const unsigned char *at, *end;
	bool bad; /* set by the first read that found no number; all later ones give 0 */
};
uint64_t ql_unpack(struct ql_unpack *u);
/* Adds a row to count[n]; a place beyond n, or a sum above 2^32-1, is bad. */
void ql_unpack_row(struct ql_unpack *u, uint32_t *count, size_t n);

#endif
