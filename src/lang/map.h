/* SPDX-License-Identifier: Apache-2.0 */
/* A map from text to int, open addressing. Keys are not copied: they must outlive the map. */
#ifndef QL_LANG_MAP_H
#define QL_LANG_MAP_H

#include "base/mem.h"

struct ql_map {
	struct ql_map_slot {
		const char *key; /* NULL = free */
		int value;
	} * slot;
	int n, size;
};

/* Value of a key, -1 if absent. */
int ql_map_get(const struct ql_map *m, const char *key);
/* Sets a key, whether or not it is there. */
void ql_map_set(struct ql_map *m, const char *key, int value);
void ql_map_free(struct ql_map *m);

#endif
