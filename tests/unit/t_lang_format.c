/* SPDX-License-Identifier: Apache-2.0 */
/* Formatting: the model stays, comments stay, twice is once; on all shipped models, the library and faulty texts. */
#define _GNU_SOURCE
#include "lang_model.h"
#include "base/io.h"
#include "base/paths.h"
#include "lang/diff.h"
#include "lang/format.h"

static char *read_whole(const char *path)
{
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	struct ql_buf b = {0};
	char part[4096];
	ql_buf_puts(&b, "");
	for (size_t n; (n = fread(part, 1, sizeof part, f)) > 0;)
		ql_buf_add(&b, part, n);
	fclose(f);
	return b.data;
}

static char *formatted(const char *file, const char *text, enum quell_status *status)
{
	struct ql_diags ds = {0};
	struct ql_buf b = {0};
	ql_buf_puts(&b, "");
	*status = ql_format_text(file, text, strlen(text), &ds, &b);
	ql_diags_free(&ds);
	return b.data;
}

static void same(const char *in, const char *want)
{
	enum quell_status s;
	char *out = formatted("t.qm", in, &s);
	if (s != QUELL_OK || strcmp(out, want) != 0)
		fail_msg("%s: wanted\n%s\ngot\n%s", quell_status_text(s), want, out);
	char *again = formatted("t.qm", out, &s);
	assert_string_equal(again, out);
	free(out);
	free(again);
}

static void layout(void **state)
{
	(void)state;
	same("param   k:1/day=0.1   \"rate\"{Key1,Key2}  [assumed]   # why\n\n\n\n# alone\n   \nstate A : mg = 10\nd/dt(A)=-k*A",
	     "param k : 1/day = 0.1 \"rate\" {Key1, Key2} [assumed]  # why\n\n# alone\n\nstate A : mg = 10\nd/dt(A) = -k*A\n");
	same("let x : 1 = if  a<2 and not b then -1 else (c+ d) * 2^- 3\n", "let x : 1 = if a < 2 and not b then -1 else (c + d)*2^-3\n");
	same("index s = a,b\nfor t in s:\n  let x[t] : 1 = 1\n  for u in s:\n       let y[t,u] : 1 = sum(i in s : 1)\n            + 2\nlet z : 1 = 5 \n",
	     "index s = a, b\nfor t in s:\n    let x[t] : 1 = 1\n    for u in s:\n        let y[t, u] : 1 = sum(i in s : 1)\n            + 2\nlet z : 1 = 5\n");
	same("covariate w : kg=70 in 30 .. 200\nparam v : L = 0.07 (L/kg)*w\nkernel all=*\n",
	     "covariate w : kg = 70 in 30..200\nparam v : L = 0.07 (L/kg)*w\nkernel all = *\n");
	same("x<-1;y =2\nif(x>1&y!=2){\nz=x**2 %% 3\n}else{\n    z= - x\n}\nd/dt( A )=-x * A\ncp ~ add( 0.1 )\n",
	     "x <- 1; y = 2\nif (x > 1 & y != 2) {\n  z = x**2%%3\n} else {\n  z = -x\n}\nd/dt(A) = -x*A\ncp ~ add(0.1)\n");
	same("", "");
	same("\n\n# only a comment\n\n\n", "# only a comment\n");
}

static void refusals(void **state)
{
	(void)state;
	enum quell_status s;
	char *out = formatted("t.qm", "let x : 1 = \"open\nlet y : 1 = 2\n", &s);
	assert_int_equal(s, QUELL_ERR_INPUT);
	free(out);
}

/* Formats a file; the text keeps its words and comments (ql_format_text checks), and formatting again changes nothing. */
static char *stable(const char *path)
{
	enum quell_status s;
	char *text = read_whole(path), *once = formatted(path, text, &s);
	if (s != QUELL_OK)
		fail_msg("%s: %s", path, quell_status_text(s));
	char *twice = formatted(path, once, &s);
	assert_int_equal(s, QUELL_OK);
	if (strcmp(once, twice) != 0)
		fail_msg("%s: formatting twice differs", path);
	free(twice);
	free(text);
	return once;
}

static void library(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	int n;
	const char **name = ql_library_list(&a, QUELL_SOURCE_DIR, "library/models", ".qm", &n);
	for (int i = 0; i < n; i++) {
		const char *path = ql_arena_printf(&a, "%s/library/models/%s.qm", QUELL_SOURCE_DIR, name[i]);
		char *text = stable(path);
		struct lang x = {0}, y = lang_good(text);
		x.status = ql_model_load(path, &x.ds, &x.m);
		assert_int_equal(x.status, QUELL_OK);
		int changes = ql_model_diff(x.m, y.m, &a, NULL, NULL);
		if (changes)
			fail_msg("%s: %d changes", name[i], changes);
		lang_free(&x);
		lang_free(&y);
		free(text);
	}
	ql_arena_free(&a);
}

/* The modules of the shipped model, written to a folder and loaded from there. */
static void shipped_model(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	int n;
	char dir[] = "/tmp/quell-format-XXXXXX", command[128];
	assert_non_null(mkdtemp(dir));
	const char **name = ql_library_list(&a, QUELL_SOURCE_DIR, "models/cll", ".qm", &n);
	assert_true(n > 10);
	for (int i = 0; i < n; i++) {
		char *text = stable(ql_arena_printf(&a, "%s/models/cll/%s.qm", QUELL_SOURCE_DIR, name[i]));
		FILE *f = fopen(ql_arena_printf(&a, "%s/%s.qm", dir, name[i]), "w");
		assert_non_null(f);
		fputs(text, f);
		fclose(f);
		free(text);
	}
	struct lang x = {0}, y = {0};
	x.status = ql_model_load(QUELL_SOURCE_DIR "/models/cll/cll.qm", &x.ds, &x.m);
	y.status = ql_model_load(ql_arena_printf(&a, "%s/cll.qm", dir), &y.ds, &y.m);
	assert_int_equal(x.status, QUELL_OK);
	if (y.status != QUELL_OK) {
		lang_render(&y);
		fail_msg("%s", y.text);
	}
	assert_int_equal(ql_model_diff(x.m, y.m, &a, NULL, NULL), 0);
	lang_free(&x);
	lang_free(&y);
	snprintf(command, sizeof command, "rm -r %s", dir);
	assert_int_equal(system(command), 0);
	ql_arena_free(&a);
}

/* Faulty texts are laid out as well, as long as they are words. */
static void faulty_texts(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	int n, done = 0;
	const char **name = ql_library_list(&a, QUELL_SOURCE_DIR, "tests/golden/lang", ".qm", &n);
	for (int i = 0; i < n; i++) {
		enum quell_status s;
		char *text = read_whole(ql_arena_printf(&a, "%s/tests/golden/lang/%s.qm", QUELL_SOURCE_DIR, name[i]));
		char *out = formatted(name[i], text, &s);
		if (s != QUELL_OK && s != QUELL_ERR_INPUT)
			fail_msg("%s: %s", name[i], quell_status_text(s));
		done += s == QUELL_OK;
		free(text);
		free(out);
	}
	assert_true(done > 40);
	ql_arena_free(&a);
}

static unsigned next_random(unsigned *seed) { return (*seed = *seed * 1103515245u + 12345u) >> 8; }

/* Texts with pieces cut out, doubled and strewn in: whatever can be split into words comes back with the same words. */
static void damaged_texts(void **state)
{
	(void)state;
	static const char *const strewn[] = {"(", ")", "{", "}", "[", "]", "\n", "\n    ", " ", "#x\n", "..", ".", "1.", "2", "-", "+", "*", "=",
					     "<", "!", ":", ",", ";", "if ", "else ", "\"a\"", "x", "~", "\t", "^", "%%", "&", "e"};
	struct ql_arena a = {0};
	int n, laid_out = 0;
	unsigned seed = 11;
	const char **name = ql_library_list(&a, QUELL_SOURCE_DIR, "tests/golden/lang", ".qm", &n);
	for (int i = 0; i < 4000; i++) {
		char *text = read_whole(ql_arena_printf(&a, "%s/tests/golden/lang/%s.qm", QUELL_SOURCE_DIR, name[i % n]));
		struct ql_buf b = {0};
		ql_buf_puts(&b, "");
		for (size_t at = 0, len = strlen(text); at < len;) {
			size_t k = 1 + next_random(&seed) % 30;
			k = k > len - at ? len - at : k;
			if (next_random(&seed) % 12)
				ql_buf_add(&b, text + at, k);
			if (next_random(&seed) % 6 == 0)
				ql_buf_puts(&b, strewn[next_random(&seed) % (sizeof strewn / sizeof *strewn)]);
			at += k;
		}
		enum quell_status s, again = QUELL_OK;
		char *once = formatted("t.qm", b.data, &s), *twice = s == QUELL_OK ? formatted("t.qm", once, &again) : NULL;
		if ((s != QUELL_OK && s != QUELL_ERR_INPUT) || (twice && (again != QUELL_OK || strcmp(once, twice) != 0)))
			fail_msg("%s\n----\n%s\n----\n%s\n----\n%s", quell_status_text(s), b.data, once, twice ? twice : "");
		laid_out += s == QUELL_OK;
		free(once);
		free(twice);
		ql_buf_free(&b);
		free(text);
	}
	assert_true(laid_out > 1000);
	ql_arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(layout),	    cmocka_unit_test(refusals), cmocka_unit_test(library),
					   cmocka_unit_test(shipped_model), cmocka_unit_test(faulty_texts), cmocka_unit_test(damaged_texts)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
