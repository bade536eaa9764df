/* SPDX-License-Identifier: Apache-2.0 */
/* Where compiled kernels are kept, and whether another user could have put something there. */
#define _GNU_SOURCE
#include "emit/native.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A folder on the way: nobody else can rename what is in it. The sticky bit keeps others from that; the last folder and
 * the file itself must be ours alone to write. */
static bool component_is_safe(const char *path, bool last, char *why, size_t n)
{
	struct stat st;
	if (lstat(path, &st) != 0) {
		snprintf(why, n, "%s: %s", path, strerror(errno));
		return false;
	}
	if (st.st_uid != geteuid() && st.st_uid != 0) {
		snprintf(why, n, "%s belongs to user %ld", path, (long)st.st_uid);
		return false;
	}
	if (last && st.st_uid != geteuid()) {
		snprintf(why, n, "%s belongs to root, not to you", path);
		return false;
	}
	bool shared = st.st_mode & (S_IWGRP | S_IWOTH), sticky = S_ISDIR(st.st_mode) && (st.st_mode & S_ISVTX);
	if (shared && (last || !sticky)) {
		snprintf(why, n, "%s can be written by others (mode %04o)", path, (unsigned)(st.st_mode & 07777));
		return false;
	}
	if (last ? !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode) : !S_ISDIR(st.st_mode)) {
		snprintf(why, n, "%s is neither a file nor a folder", path);
		return false;
	}
	return true;
}

bool ql_native_is_safe(const char *path, char *why, size_t n)
{
	char part[PATH_MAX], real[PATH_MAX];
	/* the folder's links are followed first, then what they led to is checked; the last name must not be a link */
	struct stat st;
	if (lstat(path, &st) != 0 || S_ISLNK(st.st_mode) || !realpath(path, real)) {
		snprintf(why, n, "%s: %s", path, errno ? strerror(errno) : "a link");
		return false;
	}
	if (!component_is_safe("/", false, why, n))
		return false;
	for (char *slash = strchr(real + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof part, "%.*s", (int)(slash - real), real);
		if (!component_is_safe(part, false, why, n))
			return false;
	}
	return component_is_safe(real, true, why, n);
}

static void not_safe(struct ql_diags *ds, const char *folder, const char *why)
{
	if (!ds)
		return;
	struct ql_diag *d = ql_diag_add(ds, QL_E0853, (struct ql_span){folder, 0, 0, 0}, "the cache of kernels is not safe: %s", why);
	ql_diag_help(d, "correct the owner or mode (`chmod go-w`), or set XDG_CACHE_HOME to a folder of your own");
}

/* mkdir -p with mode 0700 for what is new. */
static bool make_folders(const char *path)
{
	char part[PATH_MAX];
	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
		if (mkdir(part, 0700) != 0 && errno != EEXIST)
			return false;
	}
	return mkdir(path, 0700) == 0 || errno == EEXIST;
}

const char *ql_native_folder(struct ql_arena *a, bool make, struct ql_diags *ds)
{
	const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME"), *folder;
	char why[PATH_MAX + 128];
	/* relative values are to be ignored (XDG Base Directory Specification) */
	if (xdg && xdg[0] == '/')
		folder = ql_arena_printf(a, "%s/quell/kernels", xdg);
	else if (home && home[0] == '/')
		folder = ql_arena_printf(a, "%s/.cache/quell/kernels", home);
	else {
		if (make)
			not_safe(ds, "HOME", "neither XDG_CACHE_HOME nor HOME is an absolute path");
		return NULL;
	}
	if (strlen(folder) > PATH_MAX - 64)
		return NULL;
	if (make && !make_folders(folder)) {
		not_safe(ds, folder, strerror(errno));
		return NULL;
	}
	if (!make && access(folder, F_OK) != 0)
		return NULL;
	if (!ql_native_is_safe(folder, why, sizeof why)) {
		not_safe(ds, folder, why);
		return NULL;
	}
	return folder;
}
