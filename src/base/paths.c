/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "base/paths.h"
#include <dirent.h>
#include <errno.h>
#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_NAMES_SHOWN = 12 };

static bool is_file(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* The absolute form of `dir` if it holds the shipped model, else NULL. */
static const char *holds_data(struct ql_arena *a, const char *dir)
{
	char real[PATH_MAX];
	if (!is_file(ql_arena_printf(a, "%s/models/cll/cll.qm", dir)) || !realpath(dir, real))
		return NULL;
	return ql_arena_strdup(a, real);
}

static const char *program_dir(struct ql_arena *a)
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
	if (n <= 0)
		return NULL;
	exe[n] = 0;
	char *slash = strrchr(exe, '/');
	if (!slash)
		return NULL;
	*slash = 0;
	return ql_arena_strdup(a, exe);
}

/* The folder of what this function was linked into: libquell.so, or the program itself. */
static const char *library_dir(struct ql_arena *a)
{
	Dl_info info;
	const void *here = (const void *)(uintptr_t)&library_dir;
	const char *slash = dladdr(here, &info) && info.dli_fname ? strrchr(info.dli_fname, '/') : NULL;
	return slash ? ql_arena_strndup(a, info.dli_fname, (size_t)(slash - info.dli_fname)) : NULL;
}

/* <prefix>/share/quell beside <prefix>/bin, <prefix>/lib or <prefix>/lib/<machine>, else the folder above. */
static const char *beside(struct ql_arena *a, const char *dir)
{
	static const char *const up[] = {"../share/quell", "../../share/quell", ".."};
	const char *found = NULL;
	for (int i = 0; dir && !found && i < 3; i++)
		found = holds_data(a, ql_arena_printf(a, "%s/%s", dir, up[i]));
	return found;
}

const char *ql_data_dir(struct ql_arena *a, struct ql_diags *ds)
{
	const char *env = getenv("QUELL_DATA"), *found = NULL;
	if (env && *env) {
		found = holds_data(a, env);
	} else {
		found = beside(a, library_dir(a));
		if (!found)
			found = beside(a, program_dir(a));
		if (!found)
			found = holds_data(a, QUELL_SOURCE_DIR);
		if (!found)
			found = holds_data(a, QUELL_INSTALLED_DATA); /* started without a path where there is no /proc */
	}
	if (found)
		return found;
	struct ql_span at = {env && *env ? env : "models/cll/cll.qm", 0, 0, 0};
	struct ql_diag *d = ql_diag_add(ds, QL_E0901, at, "cannot find quell's data (models/, library/, evidence/)");
	if (env && *env)
		ql_diag_help(d, "QUELL_DATA is `%s`, which holds no models/cll/cll.qm; correct it or unset it", env);
	else
		ql_diag_help(d, "set QUELL_DATA to the folder that holds models/, library/ and evidence/");
	return NULL;
}

static int by_name(const void *x, const void *y) { return strcmp(*(const char *const *)x, *(const char *const *)y); }

/* Walks a folder; with `list` NULL counts names and bytes, else fills both up to their sizes. Allocates nothing, so
 * that the open directory cannot be lost. */
static void walk_folder(const char *path, const char *ext, const char **list, char *text, size_t *n, size_t *bytes)
{
	size_t max_n = *n, max_bytes = *bytes, end = strlen(ext);
	*n = *bytes = 0;
	DIR *dir = opendir(path);
	if (!dir && errno == ENOMEM)
		ql_out_of_memory();
	for (struct dirent *e; dir && (e = readdir(dir));) {
		size_t len = strlen(e->d_name);
		if (len <= end || e->d_name[0] == '.' || strcmp(e->d_name + len - end, ext) != 0)
			continue;
		len -= end;
		if (list) {
			if (*n == max_n || *bytes + len + 1 > max_bytes)
				break;
			list[*n] = memcpy(text + *bytes, e->d_name, len);
			text[*bytes + len] = 0;
		}
		*bytes += len + 1;
		++*n;
	}
	if (dir)
		closedir(dir);
}

const char **ql_library_list(struct ql_arena *a, const char *data_dir, const char *folder, const char *ext, int *n)
{
	const char *path = ql_arena_printf(a, "%s/%s", data_dir, folder);
	size_t count = 0, bytes = 0;
	walk_folder(path, ext, NULL, NULL, &count, &bytes);
	const char **list = QL_NEW_N(a, const char *, count + 1);
	char *text = ql_arena_alloc(a, bytes + 1, 1);
	walk_folder(path, ext, list, text, &count, &bytes);
	qsort(list, count, sizeof *list, by_name);
	*n = (int)count;
	return list;
}

static void unknown_name(const char *folder, const char *name, const char **list, int n, enum ql_code code,
			 const char *what, struct ql_diags *ds)
{
	struct ql_diag *d = ql_diag_add(ds, code, (struct ql_span){0}, "unknown %s `%s`", what, name);
	const char *near = ql_suggest(name, list, n);
	struct ql_buf known = {0};
	for (int i = 0; i < n && i < MAX_NAMES_SHOWN; i++)
		ql_buf_printf(&known, "%s%s", i ? ", " : "", list[i]);
	if (n > MAX_NAMES_SHOWN)
		ql_buf_printf(&known, " and %d more in %s", n - MAX_NAMES_SHOWN, folder);
	if (near)
		ql_diag_help(d, "did you mean `%s`? or give the path of a file", near);
	else if (n)
		ql_diag_help(d, "known: %s; or give the path of a file", known.data);
	else
		ql_diag_help(d, "%s is empty; give the path of a file instead", folder);
	ql_buf_free(&known);
}

const char *ql_library_file(struct ql_arena *a, const char *data_dir, const char *folder, const char *name,
			    const char *ext, enum ql_code code, const char *what, struct ql_diags *ds)
{
	if (strpbrk(name, "/."))
		return ql_arena_strdup(a, name);
	const char *path = ql_arena_printf(a, "%s/%s/%s%s", data_dir, folder, name, ext);
	if (*name && is_file(path))
		return path;
	int n;
	const char **list = ql_library_list(a, data_dir, folder, ext, &n);
	unknown_name(folder, name, list, n, code, what, ds);
	return NULL;
}
