/* SPDX-License-Identifier: Apache-2.0 */
/* Kernels compiled on demand: found again, compiled once for all, and never taken from where others can write. */
#define _GNU_SOURCE
#include "emit_model.h"
#include "emit/native.h"
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char base[64], cache[128];
static bool compiler;

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	(void)st, (void)flag, (void)f;
	return remove(path);
}

static int set_up(void **state)
{
	em_set_up(state);
	strcpy(base, "/tmp/quell-native-XXXXXX");
	if (!mkdtemp(base))
		return -1;
	snprintf(cache, sizeof cache, "%s/quell/kernels", base);
	setenv("XDG_CACHE_HOME", base, 1);
	unsetenv("CC");
	compiler = system("command -v cc >/dev/null 2>&1") == 0;
	return 0;
}

static int tear_down(void **state)
{
	nftw(base, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return em_tear_down(state);
}

#define NEED_COMPILER()                                         \
	do {                                                    \
		if (!compiler) {                                \
			print_message("no C compiler here\n");  \
			skip();                                 \
		}                                               \
	} while (0)

/* Each test wants a plan of its own: what was loaded before stays loaded in this process. */
static struct ql_plan *plan_number(int i)
{
	em_q[S_N].def = ADD(em_q[S_N].def, MUL(K(1000 + i), V(S_N)));
	return em_plan(NULL, 0);
}

static int count(const char *end)
{
	int n = 0;
	DIR *d = opendir(cache);
	for (struct dirent *e; d && (e = readdir(d));) {
		size_t len = strlen(e->d_name), k = strlen(end);
		n += e->d_name[0] != '.' && len >= k && strcmp(e->d_name + len - k, end) == 0;
	}
	if (d)
		closedir(d);
	return n;
}

static const char *only_library(void)
{
	static char path[512];
	*path = 0;
	DIR *d = opendir(cache);
	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d));)
		if (strstr(e->d_name, ".so"))
			snprintf(path, sizeof path, "%s/%s", cache, e->d_name);
	closedir(d);
	assert_true(*path);
	return path;
}

static const struct ql_kernel *get(const struct ql_plan *p, enum ql_native how, enum quell_status want, struct ql_diags *ds)
{
	const struct ql_kernel *k;
	*ds = (struct ql_diags){0};
	enum quell_status s = ql_native_kernel(p, 1, how, ds, &k);
	if (s != want) {
		struct ql_buf b = {0};
		ql_diags_render(ds, false, &b);
		print_message("%s\n%s\n", quell_status_text(s), b.data ? b.data : "");
		ql_buf_free(&b);
	}
	assert_int_equal(s, want);
	return k;
}

/* What get() does, in a process that has loaded nothing yet. Exit status: 0 kernel, 1 none and quiet, else 10 + code. */
static int in_child(const struct ql_plan *p, enum ql_native how)
{
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		struct ql_diags ds = {0};
		const struct ql_kernel *k;
		ql_native_kernel(p, 1, how, &ds, &k);
		_exit(k ? 0 : ds.n == 0 ? 1 : 10 + (int)(ds.item[0]->code - QL_E0850));
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void built_once_and_found_again(void **state)
{
	(void)state;
	NEED_COMPILER();
	struct ql_plan *p = plan_number(1);
	struct ql_diags ds;
	assert_null(get(p, QL_NATIVE_CACHED, QUELL_OK, &ds)); /* nothing there: silent */
	assert_int_equal(ds.n, 0);
	assert_true(access(cache, F_OK) != 0); /* and nothing made */
	assert_null(get(p, QL_NATIVE_OFF, QUELL_OK, &ds));
	const struct ql_kernel *k = get(p, QL_NATIVE_BUILD, QUELL_OK, &ds);
	assert_non_null(k);
	assert_true(k->plan_hash == p->hash && k->width == 1 && k->n_state == p->n_state);
	assert_ptr_equal(get(p, QL_NATIVE_CACHED, QUELL_OK, &ds), k);
	assert_int_equal(count(".so"), 1);
	assert_int_equal(count(""), 1); /* no lock, source, log or half-written file stays */
	setenv("CC", "/bin/false", 1);  /* a second process needs no compiler */
	assert_int_equal(in_child(p, QL_NATIVE_BUILD), 0);
	assert_int_equal(in_child(p, QL_NATIVE_CACHED), 0);
	struct stat st;
	assert_int_equal(stat(cache, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	ql_plan_free(p);
}

/* The umask may let a group write what the compiler makes. */
static void a_generous_umask_does_no_harm(void **state)
{
	(void)state;
	NEED_COMPILER();
	struct ql_plan *p = plan_number(2);
	mode_t old = umask(0);
	assert_int_equal(in_child(p, QL_NATIVE_BUILD), 0);
	umask(old);
	struct stat st;
	assert_int_equal(stat(only_library(), &st), 0);
	assert_int_equal(st.st_mode & 022, 0);
	assert_int_equal(in_child(p, QL_NATIVE_CACHED), 0);
	ql_plan_free(p);
}

static void many_at_once_build_one(void **state)
{
	(void)state;
	NEED_COMPILER();
	struct ql_plan *p = plan_number(3);
	char script[160], log[160], command[512];
	/* a compiler that leaves a mark each time */
	snprintf(script, sizeof script, "%s/cc", base);
	snprintf(log, sizeof log, "%s/log", base);
	FILE *f = fopen(script, "w");
	assert_non_null(f);
	fprintf(f, "#!/bin/sh\necho called >>%s\nsleep 0.3\nexec cc \"$@\"\n", log);
	fclose(f);
	chmod(script, 0700);
	setenv("CC", script, 1);
	pid_t pid[6];
	for (int i = 0; i < 6; i++)
		if ((pid[i] = fork()) == 0) {
			struct ql_diags ds = {0};
			const struct ql_kernel *k;
			ql_native_kernel(p, 1, QL_NATIVE_BUILD, &ds, &k);
			_exit(k ? 0 : 1);
		}
	for (int i = 0; i < 6; i++) {
		int status;
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	snprintf(command, sizeof command, "test $(wc -l <%s) -eq 1", log);
	assert_int_equal(system(command), 0);
	assert_int_equal(count(""), 1);
	ql_plan_free(p);
}

static void what_others_can_write_is_refused(void **state)
{
	(void)state;
	NEED_COMPILER();
	struct ql_plan *p = plan_number(4);
	const int refused = 10 + (QL_E0854 - QL_E0850), unsafe = 10 + (QL_E0853 - QL_E0850);
	char why[4200];
	assert_int_equal(in_child(p, QL_NATIVE_BUILD), 0);
	const char *lib = only_library();
	for (int i = 0; i < 2; i++) {
		chmod(lib, i ? 0702 : 0720);
		assert_int_equal(in_child(p, QL_NATIVE_CACHED), refused); /* a warning, and the interpreter */
		assert_false(ql_native_is_safe(lib, why, sizeof why));
		assert_non_null(strstr(why, "can be written by others"));
	}
	assert_int_equal(in_child(p, QL_NATIVE_BUILD), 0); /* made anew */
	assert_int_equal(in_child(p, QL_NATIVE_CACHED), 0);
	/* a folder on the way */
	chmod(base, 0777);
	assert_int_equal(in_child(p, QL_NATIVE_CACHED), 1);
	assert_int_equal(in_child(p, QL_NATIVE_BUILD), unsafe);
	chmod(base, 01777); /* sticky: others cannot replace what is ours */
	assert_int_equal(in_child(p, QL_NATIVE_CACHED), 0);
	chmod(base, 0700);
	chmod(cache, 01777); /* but the folder itself must be ours alone */
	assert_int_equal(in_child(p, QL_NATIVE_BUILD), unsafe);
	chmod(cache, 0700);
	/* a link to a file elsewhere, and a file of another owner */
	char away[256];
	snprintf(away, sizeof away, "%s/away.so", base);
	assert_int_equal(rename(lib, away), 0);
	assert_int_equal(symlink(away, lib), 0);
	assert_int_equal(in_child(p, QL_NATIVE_CACHED), refused);
	unlink(lib);
	assert_int_equal(rename(away, lib), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(lib, 65534, 65534), 0);
		assert_int_equal(in_child(p, QL_NATIVE_CACHED), refused);
		assert_int_equal(chown(lib, 0, 0), 0);
		assert_int_equal(chown(base, 65534, 65534), 0);
		assert_int_equal(in_child(p, QL_NATIVE_BUILD), unsafe);
		assert_int_equal(chown(base, 0, 0), 0);
	} else {
		print_message("not root: files of other users were not tried\n");
	}
	assert_int_equal(in_child(p, QL_NATIVE_CACHED), 0);
	ql_plan_free(p);
}

/* A file under the right name with the wrong content is not used. */
static void damaged_files_are_refused(void **state)
{
	(void)state;
	NEED_COMPILER();
	struct ql_plan *p = plan_number(5), *q = plan_number(6);
	assert_int_equal(in_child(p, QL_NATIVE_BUILD), 0);
	char mine[512], other[512];
	snprintf(mine, sizeof mine, "%s", only_library());
	FILE *f = fopen(mine, "w");
	assert_non_null(f);
	fputs("not a library\n", f);
	fclose(f);
	assert_int_equal(in_child(p, QL_NATIVE_CACHED), 10 + (QL_E0854 - QL_E0850));
	unlink(mine);
	assert_int_equal(in_child(q, QL_NATIVE_BUILD), 0);
	snprintf(other, sizeof other, "%s", only_library());
	assert_int_equal(rename(other, mine), 0); /* the kernel of another model */
	assert_int_equal(in_child(p, QL_NATIVE_CACHED), 10 + (QL_E0854 - QL_E0850));
	ql_plan_free(p);
	ql_plan_free(q);
}

static void without_a_compiler_it_says_so(void **state)
{
	(void)state;
	struct ql_plan *p = plan_number(7);
	setenv("CC", "/nonexistent/cc", 1);
	assert_int_equal(in_child(p, QL_NATIVE_BUILD), 10 + (QL_E0851 - QL_E0850));
	assert_int_equal(in_child(p, QL_NATIVE_CACHED), 1);
	setenv("CC", "/bin/false", 1);
	assert_int_equal(in_child(p, QL_NATIVE_BUILD), 10 + (QL_E0852 - QL_E0850));
	assert_int_equal(count(""), 0);
	unsetenv("XDG_CACHE_HOME");
	char *home = getenv("HOME"), *kept = home ? strdup(home) : NULL;
	unsetenv("HOME");
	assert_int_equal(in_child(p, QL_NATIVE_BUILD), 10 + (QL_E0853 - QL_E0850));
	if (kept)
		setenv("HOME", kept, 1);
	free(kept);
	ql_plan_free(p);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(built_once_and_found_again),	     T(a_generous_umask_does_no_harm), T(many_at_once_build_one),
		T(what_others_can_write_is_refused), T(damaged_files_are_refused),     T(without_a_compiler_it_says_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
