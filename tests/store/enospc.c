/* SPDX-License-Identifier: Apache-2.0 */
/* For LD_PRELOAD: the disk is full once QUELL_TEST_ROOM bytes were written to files whose name holds ".db". */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SHOWN __attribute__((visibility("default")))

static int full(int fd, size_t n)
{
	static long long written;
	char link[64], name[PATH_MAX];
	const char *room = getenv("QUELL_TEST_ROOM");
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t len = readlink(link, name, sizeof name - 1);
	if (!room || len < 0)
		return 0;
	name[len] = 0;
	if (!strstr(name, ".db") || strstr(name, "-shm"))
		return 0;
	written += (long long)n;
	return written > atoll(room);
}

SHOWN ssize_t pwrite64(int fd, const void *data, size_t n, off64_t at)
{
	static ssize_t (*real)(int, const void *, size_t, off64_t);
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "pwrite64");
	if (full(fd, n)) {
		errno = ENOSPC;
		return -1;
	}
	return real(fd, data, n, at);
}

SHOWN ssize_t pwrite(int fd, const void *data, size_t n, off64_t at)
{
	static ssize_t (*real)(int, const void *, size_t, off64_t);
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "pwrite");
	if (full(fd, n)) {
		errno = ENOSPC;
		return -1;
	}
	return real(fd, data, n, at);
}

SHOWN ssize_t write(int fd, const void *data, size_t n)
{
	static ssize_t (*real)(int, const void *, size_t);
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "write");
	if (full(fd, n)) {
		errno = ENOSPC;
		return -1;
	}
	return real(fd, data, n);
}
