/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/paths.h"

static char root[] = "/tmp/quell_paths_XXXXXX";

static void touch(const char *name)
{
	char path[256];
	snprintf(path, sizeof path, "%s/%s", root, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fclose(f);
}

static void folder(const char *name)
{
	char path[256];
	snprintf(path, sizeof path, "%s/%s", root, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

static int make_tree(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(root));
	static const char *const folders[] = {"models", "models/cll", "library", "library/regimens", "library/empty"};
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		folder(folders[i]);
	touch("models/cll/cll.qm");
	touch("library/regimens/ven-obi.yaml");
	touch("library/regimens/clb-obi.yaml");
	touch("library/regimens/notes.txt");
	return 0;
}

static int remove_tree(void **state)
{
	(void)state;
	char command[300];
	snprintf(command, sizeof command, "rm -r '%s'", root);
	return system(command) == 0 ? 0 : -1;
}

static void environment_decides(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	struct ql_diags ds = {0};
	setenv("QUELL_DATA", root, 1);
	const char *dir = ql_data_dir(&a, &ds);
	assert_non_null(dir);
	assert_string_equal(strrchr(dir, '/'), strrchr(root, '/'));
	setenv("QUELL_DATA", "/nonexistent", 1);
	assert_null(ql_data_dir(&a, &ds));
	assert_int_equal(ds.n_errors, 1);
	assert_non_null(strstr(ds.item[0]->help, "/nonexistent"));
	unsetenv("QUELL_DATA");
	ql_diags_free(&ds);
	ql_arena_free(&a);
}

static void names_become_paths(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	struct ql_diags ds = {0};
	const char *f = "library/regimens";
	const char *path = ql_library_file(&a, root, f, "ven-obi", ".yaml", QL_E0916, "regimen", &ds);
	assert_non_null(path);
	assert_string_equal(strrchr(path, '/'), "/ven-obi.yaml");
	assert_string_equal(ql_library_file(&a, root, f, "mine.yaml", ".yaml", QL_E0916, "regimen", &ds), "mine.yaml");
	assert_int_equal(ds.n_errors, 0);
	assert_null(ql_library_file(&a, root, f, "VenObi", ".yaml", QL_E0916, "regimen", &ds));
	assert_null(ql_library_file(&a, root, f, "", ".yaml", QL_E0916, "regimen", &ds));
	assert_null(ql_library_file(&a, root, "library/empty", "x", ".yaml", QL_E0916, "regimen", &ds));
	assert_int_equal(ds.n_errors, 3);
	assert_non_null(strstr(ds.item[0]->help, "did you mean `ven-obi`"));
	assert_null(strstr(ds.item[0]->help, "notes"));
	assert_non_null(strstr(ds.item[2]->help, "empty"));
	ql_diags_free(&ds);
	ql_arena_free(&a);
}

static void lists_are_sorted(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	int n;
	const char **list = ql_library_list(&a, root, "library/regimens", ".yaml", &n);
	assert_int_equal(n, 2);
	assert_string_equal(list[0], "clb-obi");
	assert_string_equal(list[1], "ven-obi");
	ql_library_list(&a, root, "library/nowhere", ".yaml", &n);
	assert_int_equal(n, 0);
	ql_arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(environment_decides),
		cmocka_unit_test(names_become_paths),
		cmocka_unit_test(lists_are_sorted),
	};
	return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
