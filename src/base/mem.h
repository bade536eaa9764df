/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory: arenas, a growing text buffer, and one way to survive exhaustion.
 *
 * Allocation never returns NULL to its caller. When memory runs out the
 * innermost ql_protect() of the thread returns QUELL_ERR_MEMORY, and the
 * arenas made by the protected call are freed by its owner as usual. Public
 * entry points wrap their body in ql_protect(); code below them stays free of
 * checks. Hold no foreign resource (FILE, parser) across an allocation without
 * making it reachable from the object that the entry point frees.
 */
#ifndef QL_BASE_MEM_H
#define QL_BASE_MEM_H

#include "quell.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define QL_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define QL_PRINTF(f, a)
#endif

struct ql_arena {
	struct ql_arena_block *head;
	size_t used_bytes; /* sum over blocks, for limits and tests */
};

/* Runs fn(arg); QUELL_ERR_MEMORY if an allocation inside failed. Nests. */
enum quell_status ql_protect(enum quell_status (*fn)(void *), void *arg);
/* What a failed allocation does: for code that had to clean up under a ql_protect() of its own first. */
_Noreturn void ql_out_of_memory(void);
/* For code that sees an allocation of the C library's fail: notes it and returns QUELL_ERR_MEMORY. */
enum quell_status ql_memory_failed(void);
/* Whether any allocation has failed in this process, so that a program never ends as if nothing had happened. */
bool ql_memory_ran_out(void);

/* Zeroed memory, 16-byte aligned, freed with the arena. Overflow-checked. */
void *ql_arena_alloc(struct ql_arena *a, size_t count, size_t size);
char *ql_arena_strdup(struct ql_arena *a, const char *s); /* NULL stays NULL */
char *ql_arena_strndup(struct ql_arena *a, const char *s, size_t n);
char *ql_arena_printf(struct ql_arena *a, const char *fmt, ...) QL_PRINTF(2, 3);
char *ql_arena_vprintf(struct ql_arena *a, const char *fmt, va_list ap);
void ql_arena_free(struct ql_arena *a); /* leaves an empty, usable arena */

#define QL_NEW(a, type) ((type *)ql_arena_alloc((a), 1, sizeof(type)))
#define QL_NEW_N(a, type, n) ((type *)ql_arena_alloc((a), (n), sizeof(type)))

/* Heap: for things that grow. ql_realloc keeps content; ql_free(NULL) is fine. */
void *ql_realloc(void *p, size_t count, size_t size);
void ql_free(void *p);
/* 64-byte aligned, zeroed; for vector work arrays. Free with ql_free_aligned. */
void *ql_alloc_aligned(size_t count, size_t size);
void ql_free_aligned(void *p);

/* Makes room for one more element: doubles *p when n reaches *cap. */
#define QL_GROW(p, n, cap)                                                        \
	do {                                                                      \
		if ((n) >= (cap)) { /* cap grows last: the list stays whole when memory runs out */ \
			(p) = ql_realloc((p), (size_t)((cap) ? 2 * (cap) : 8), sizeof *(p)); \
			(cap) = (cap) ? 2 * (cap) : 8;                            \
		}                                                                 \
	} while (0)

/* A growing string; data is always terminated once something was added. */
struct ql_buf {
	char *data;
	size_t len, cap;
};
void ql_buf_add(struct ql_buf *b, const char *s, size_t n);
void ql_buf_puts(struct ql_buf *b, const char *s);
void ql_buf_printf(struct ql_buf *b, const char *fmt, ...) QL_PRINTF(2, 3);
void ql_buf_free(struct ql_buf *b);

/* Tests only: the n-th allocation from now on fails (0 = never). */
void ql_mem_fail_after(long n);

#endif
