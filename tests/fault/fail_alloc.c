/* SPDX-License-Identifier: Apache-2.0 */
/* LD_PRELOAD: the allocation numbered FAIL_AT (from 1) fails, and so does every one after it if FAIL_ON is set. Other
 * allocations are the C library's. The number of allocations is written to the file FAIL_COUNT, where that is set.
 * UDUNITS-2 (and expat under it) crashes when an allocation of its own fails: those are spared. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

#define EXPORT __attribute__((visibility("default")))

static atomic_long count;
static long fail_at;
static int fail_on, started;

__attribute__((constructor)) static void start(void)
{
	const char *at = getenv("FAIL_AT");
	fail_at = at ? atol(at) : 0;
	fail_on = getenv("FAIL_ON") != NULL;
	void *frame[2];
	backtrace(frame, 2); /* loads what it needs now */
	count = 0;
	started = 1;
}

static int spared(void)
{
	static _Thread_local int busy;
	void *frame[64];
	int found = 0;
	if (busy)
		return 1;
	busy = 1;
	const int n = backtrace(frame, 64);
	for (int i = 0; i < n && !found; i++) {
		Dl_info where;
		found = dladdr(frame[i], &where) && where.dli_fname &&
			(strstr(where.dli_fname, "udunits") || strstr(where.dli_fname, "expat"));
	}
	busy = 0;
	return found;
}

__attribute__((destructor)) static void end(void)
{
	const char *path = getenv("FAIL_COUNT");
	long n = count;
	FILE *f;
	fail_at = 0;
	if (!path || !(f = fopen(path, "w")))
		return;
	fprintf(f, "%ld\n", n);
	fclose(f);
}

static int fails(void)
{
	long n = ++count;
	if (!started || fail_at <= 0 || !(n == fail_at || (fail_on && n > fail_at)) || spared())
		return 0;
	errno = ENOMEM;
	return 1;
}

EXPORT void *malloc(size_t size) { return fails() ? NULL : __libc_malloc(size); }
EXPORT void *calloc(size_t n, size_t size) { return fails() ? NULL : __libc_calloc(n, size); }
EXPORT void *realloc(void *p, size_t size) { return fails() ? NULL : __libc_realloc(p, size); }
EXPORT void *aligned_alloc(size_t alignment, size_t size) { return fails() ? NULL : __libc_memalign(alignment, size); }
EXPORT int posix_memalign(void **out, size_t alignment, size_t size)
{
	void *p = fails() ? NULL : __libc_memalign(alignment, size);
	if (!p)
		return ENOMEM;
	*out = p;
	return 0;
}
