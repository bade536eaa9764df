/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Golden diagnostics: each tests/golden/lang/NAME.qm holds mistakes, NAME.txt
 * what quell says about them. QUELL_GOLDEN_WRITE=1 writes the texts anew; read
 * them before committing: a newcomer must be able to fix the fault from them.
 */
#define _GNU_SOURCE
#include "lang_model.h"
#include "base/io.h"
#include "base/paths.h"

#define FOLDER "tests/golden/lang"

static char *read_whole(const char *path)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		return NULL;
	struct ql_buf b = {0};
	char part[4096];
	ql_buf_puts(&b, "");
	for (size_t n; (n = fread(part, 1, sizeof part, f)) > 0;)
		ql_buf_add(&b, part, n);
	fclose(f);
	return b.data;
}

static bool same_as_golden(struct ql_arena *a, const char *name)
{
	const char *golden = ql_arena_printf(a, "%s/%s/%s.txt", QUELL_SOURCE_DIR, FOLDER, name);
	char *text = read_whole(ql_arena_printf(a, "%s/%s/%s.qm", QUELL_SOURCE_DIR, FOLDER, name));
	struct lang l = {0};
	l.status = ql_model_parse(ql_arena_printf(a, "%s.qm", name), text, strlen(text), &l.ds, &l.m);
	lang_render(&l);
	if (getenv("QUELL_GOLDEN_WRITE")) {
		FILE *f = fopen(golden, "wb");
		assert_non_null(f);
		fputs(l.text, f);
		fclose(f);
	}
	char *wanted = read_whole(golden);
	bool same = wanted && strcmp(wanted, l.text) == 0;
	if (!same)
		print_message("---- %s: wanted\n%s---- found\n%s", name, wanted ? wanted : "(no golden text)\n", l.text);
	assert_true(l.ds.n_errors + l.ds.n_warnings > 0);
	assert_true((l.ds.n_errors > 0) == (l.m == NULL));
	free(wanted);
	free(text);
	lang_free(&l);
	return same;
}

static void golden(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	int n, failed = 0;
	const char **name = ql_library_list(&a, QUELL_SOURCE_DIR, FOLDER, ".qm", &n);
	assert_true(n >= 50);
	for (int i = 0; i < n; i++)
		failed += !same_as_golden(&a, name[i]);
	assert_int_equal(failed, 0);
	ql_arena_free(&a);
}

/* Every code of the language can be provoked: a code that nothing reports is no use. */
static void every_error_has_help_or_label(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	int n, bare = 0, all = 0;
	const char **name = ql_library_list(&a, QUELL_SOURCE_DIR, FOLDER, ".qm", &n);
	for (int i = 0; i < n; i++) {
		char *text = read_whole(ql_arena_printf(&a, "%s/%s/%s.qm", QUELL_SOURCE_DIR, FOLDER, name[i]));
		struct lang l = lang_parse(text);
		for (int k = 0; k < l.ds.n; k++) {
			const struct ql_diag *d = l.ds.item[k];
			if (d->severity == QL_NOTE)
				continue;
			all++;
			if (!d->help && !d->label) {
				bare++;
				print_message("%s: %s\n", name[i], d->message);
			}
		}
		free(text);
		lang_free(&l);
	}
	assert_int_equal(bare, 0);
	assert_true(all > 100);
	ql_arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(golden), cmocka_unit_test(every_error_has_help_or_label)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
