/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/names.h"
#include "base/io.h"
#include <ctype.h>
#include <string.h>

void *ql_arena_grow(struct ql_arena *a, void *old, size_t n, size_t cap, size_t size)
{
	void *p = ql_arena_alloc(a, cap, size);
	if (n)
		memcpy(p, old, n * size);
	return p;
}

/* The slot that holds the name, or the free one where it belongs. */
static size_t slot_of(const struct ql_names *t, const char *name)
{
	size_t i = (size_t)ql_hash_str(name) & (t->n_slot - 1);
	while (t->slot[i] && strcmp(t->name[t->slot[i] - 1], name) != 0)
		i = (i + 1) & (t->n_slot - 1);
	return i;
}

static void rehash(struct ql_names *t)
{
	t->n_slot = t->n_slot ? 2 * t->n_slot : 64;
	t->slot = QL_NEW_N(t->a, int, t->n_slot);
	for (int i = 0; i < t->n; i++)
		t->slot[slot_of(t, t->name[i])] = i + 1;
}

int ql_names_find(const struct ql_names *t, const char *name)
{
	return t->n_slot ? t->slot[slot_of(t, name)] - 1 : -1;
}

int ql_names_add(struct ql_names *t, const char *name, struct ql_span span)
{
	if (2 * (size_t)t->n >= t->n_slot)
		rehash(t);
	size_t at = slot_of(t, name);
	if (t->slot[at])
		return t->slot[at] - 1;
	if (t->n == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 32;
		t->name = ql_arena_grow(t->a, t->name, (size_t)t->n, (size_t)t->cap, sizeof *t->name);
		t->span = ql_arena_grow(t->a, t->span, (size_t)t->n, (size_t)t->cap, sizeof *t->span);
	}
	t->name[t->n] = ql_arena_strdup(t->a, name);
	t->span[t->n] = span;
	t->slot[at] = ++t->n;
	return t->n - 1;
}

/* Base letters of U+00C0..U+017F; '.' leaves the character as it is. */
static const char base_letter[] = "aaaaaaaceeeeiiiidnooooo.ouuuuyts"
				  "aaaaaaaceeeeiiiidnooooo.ouuuuyty"
				  "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkk"
				  "llllllllllnnnnnnnnnooooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

char *ql_name_fold(struct ql_arena *a, const char *name)
{
	size_t n = strlen(name);
	char *out = ql_arena_alloc(a, n + 1, 1), *o = out;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)name[i], next = i + 1 < n ? (unsigned char)name[i + 1] : 0;
		unsigned point = c >= 0xc2 && c < 0xe0 ? (c & 31u) << 6 | (next & 63u) : 0;
		if (c == ' ' || point == 0xa0) {
			if (o > out && o[-1] != ' ')
				*o++ = ' ';
			i += point == 0xa0;
		} else if (point >= 0x300 && point < 0x370) {
			i++; /* a combining mark */
		} else if (point >= 0xc0 && point < 0xc0 + sizeof base_letter - 1 && base_letter[point - 0xc0] != '.') {
			*o++ = base_letter[point - 0xc0];
			i++;
		} else {
			*o++ = (char)tolower(c);
		}
	}
	if (o > out && o[-1] == ' ')
		o--;
	*o = 0;
	return out;
}
