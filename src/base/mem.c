/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include <setjmp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ql_arena_block {
	struct ql_arena_block *next;
	size_t used, size;
	_Alignas(16) unsigned char data[];
};

struct trap {
	jmp_buf env;
	struct trap *up;
};

static _Thread_local struct trap *trap_top;
static _Thread_local long fail_countdown;
static atomic_bool ran_out;

void ql_mem_fail_after(long n) { fail_countdown = n; }

static bool injected_failure(void) { return fail_countdown > 0 && --fail_countdown == 0; }

enum quell_status ql_protect(enum quell_status (*fn)(void *), void *arg)
{
	struct trap t;
	t.up = trap_top;
	if (setjmp(t.env)) {
		trap_top = trap_top->up;
		return QUELL_ERR_MEMORY;
	}
	trap_top = &t;
	enum quell_status s = fn(arg);
	trap_top = trap_top->up;
	return s;
}

enum quell_status ql_memory_failed(void)
{
	ran_out = true;
	return QUELL_ERR_MEMORY;
}

bool ql_memory_ran_out(void) { return ran_out; }

_Noreturn void ql_out_of_memory(void)
{
	ran_out = true;
	if (trap_top)
		longjmp(trap_top->env, 1);
	/* No entry point above us: a fault of ours, not of the input. */
	abort();
}

static size_t checked_size(size_t count, size_t size)
{
	if (size && count > ((size_t)-1 / 4) / size)
		ql_out_of_memory();
	return count * size;
}

void *ql_arena_alloc(struct ql_arena *a, size_t count, size_t size)
{
	size_t bytes = (checked_size(count, size) + 15) & ~(size_t)15;
	struct ql_arena_block *b = a->head;
	if (!b || b->size - b->used < bytes) {
		size_t want = bytes > 32768 ? bytes : 32768;
		b = injected_failure() ? NULL : calloc(1, sizeof *b + want);
		if (!b)
			ql_out_of_memory();
		b->size = want;
		b->next = a->head;
		a->head = b;
	}
	void *p = b->data + b->used;
	b->used += bytes;
	a->used_bytes += bytes;
	return p;
}

char *ql_arena_strndup(struct ql_arena *a, const char *s, size_t n)
{
	char *p = ql_arena_alloc(a, n + 1, 1);
	memcpy(p, s, n);
	return p;
}

char *ql_arena_strdup(struct ql_arena *a, const char *s) { return s ? ql_arena_strndup(a, s, strlen(s)) : NULL; }

char *ql_arena_vprintf(struct ql_arena *a, const char *fmt, va_list ap)
{
	va_list again;
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	size_t len = n > 0 ? (size_t)n : 0;
	char *p = ql_arena_alloc(a, len + 1, 1);
	vsnprintf(p, len + 1, fmt, again);
	va_end(again);
	return p;
}

char *ql_arena_printf(struct ql_arena *a, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	char *p = ql_arena_vprintf(a, fmt, ap);
	va_end(ap);
	return p;
}

void ql_arena_free(struct ql_arena *a)
{
	while (a->head) {
		struct ql_arena_block *next = a->head->next;
		free(a->head);
		a->head = next;
	}
	a->used_bytes = 0;
}

void *ql_realloc(void *p, size_t count, size_t size)
{
	size_t bytes = checked_size(count, size);
	void *q = injected_failure() ? NULL : realloc(p, bytes ? bytes : 1);
	if (!q)
		ql_out_of_memory();
	return q;
}

void ql_free(void *p) { free(p); }

void *ql_alloc_aligned(size_t count, size_t size)
{
	size_t bytes = (checked_size(count, size) + 63) & ~(size_t)63;
	void *p = injected_failure() ? NULL : aligned_alloc(64, bytes ? bytes : 64);
	if (!p)
		ql_out_of_memory();
	memset(p, 0, bytes);
	return p;
}

void ql_free_aligned(void *p) { free(p); }

void ql_buf_add(struct ql_buf *b, const char *s, size_t n)
{
	if (b->len + n + 1 > b->cap) {
		size_t cap = b->cap ? b->cap : 256;
		while (cap < b->len + n + 1)
			cap *= 2;
		b->data = ql_realloc(b->data, cap, 1);
		b->cap = cap;
	}
	memcpy(b->data + b->len, s, n);
	b->len += n;
	b->data[b->len] = 0;
}

void ql_buf_puts(struct ql_buf *b, const char *s) { ql_buf_add(b, s, strlen(s)); }

void ql_buf_printf(struct ql_buf *b, const char *fmt, ...)
{
	char small[512];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(small, sizeof small, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if ((size_t)n < sizeof small) {
		ql_buf_add(b, small, (size_t)n);
		return;
	}
	char *big = ql_realloc(NULL, (size_t)n + 1, 1);
	va_start(ap, fmt);
	vsnprintf(big, (size_t)n + 1, fmt, ap);
	va_end(ap);
	ql_buf_add(b, big, (size_t)n);
	ql_free(big);
}

void ql_buf_free(struct ql_buf *b)
{
	free(b->data);
	*b = (struct ql_buf){0};
}
