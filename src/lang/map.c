/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/map.h"
#include "base/io.h"
#include <string.h>

static struct ql_map_slot *find_slot(const struct ql_map *m, const char *key)
{
	unsigned at = (unsigned)(ql_hash_str(key) >> 7) & (unsigned)(m->size - 1);
	while (m->slot[at].key && strcmp(m->slot[at].key, key) != 0)
		at = (at + 1) & (unsigned)(m->size - 1);
	return &m->slot[at];
}

int ql_map_get(const struct ql_map *m, const char *key)
{
	if (!m->size)
		return -1;
	const struct ql_map_slot *s = find_slot(m, key);
	return s->key ? s->value : -1;
}

static void grow(struct ql_map *m)
{
	struct ql_map bigger = {0};
	bigger.size = m->size ? 2 * m->size : 64;
	bigger.slot = ql_realloc(NULL, (size_t)bigger.size, sizeof *bigger.slot);
	memset(bigger.slot, 0, (size_t)bigger.size * sizeof *bigger.slot);
	for (int i = 0; i < m->size; i++)
		if (m->slot[i].key)
			*find_slot(&bigger, m->slot[i].key) = m->slot[i];
	bigger.n = m->n;
	ql_free(m->slot);
	*m = bigger;
}

void ql_map_set(struct ql_map *m, const char *key, int value)
{
	if (2 * (m->n + 1) > m->size)
		grow(m);
	struct ql_map_slot *s = find_slot(m, key);
	m->n += !s->key;
	s->key = key;
	s->value = value;
}

void ql_map_free(struct ql_map *m)
{
	ql_free(m->slot);
	*m = (struct ql_map){0};
}
