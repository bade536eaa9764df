/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers for names: treatments and studies of a table, a million of them if need be. */
#ifndef QL_EVIDENCE_NAMES_H
#define QL_EVIDENCE_NAMES_H

#include "base/diag.h"

struct ql_names {
	struct ql_arena *a;
	const char **name;
	struct ql_span *span; /* where it was first seen */
	int n, cap;
	int *slot; /* hash table of 1 + index */
	size_t n_slot;
};

/* Index of the name; a new one is added. */
int ql_names_add(struct ql_names *t, const char *name, struct ql_span span);
int ql_names_find(const struct ql_names *t, const char *name); /* -1 */
/* Lower case without accents, combining marks and repeated blanks: what two spellings of one name share. */
char *ql_name_fold(struct ql_arena *a, const char *name);
/* An arena array of at least cap elements that keeps the first n. */
void *ql_arena_grow(struct ql_arena *a, void *old, size_t n, size_t cap, size_t size);

#endif
