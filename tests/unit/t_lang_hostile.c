/* SPDX-License-Identifier: Apache-2.0 */
/* Hostile texts: a diagnostic in under a second and bounded memory, never a crash. */
#include "lang_model.h"
#include <sys/resource.h>

/* Repeats `piece` n times between two texts. */
static char *repeat(const char *before, const char *piece, size_t n, const char *after)
{
	size_t b = strlen(before), p = strlen(piece), a = strlen(after);
	char *s = malloc(b + n * p + a + 1), *to = s + b;
	memcpy(s, before, b);
	for (size_t i = 0; i < n; i++, to += p)
		memcpy(to, piece, p);
	memcpy(to, after, a + 1);
	return s;
}

/* The promise is a second; checked builds take several times as long. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SECONDS 15
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SECONDS 15
#endif
#endif
#ifndef SECONDS
#define SECONDS 1
#endif

/* Everything is freed before anything is asserted: a failure must not look like a leak of the reader. */
static void expect(char *text, size_t n, enum ql_code code)
{
	double start = lang_seconds();
	struct lang l = lang_parse_n(text, n ? n : strlen(text));
	double took = lang_seconds() - start;
	bool found = false, none = l.m == NULL;
	for (int i = 0; i < l.ds.n; i++)
		found = found || l.ds.item[i]->code == code;
	if (getenv("QUELL_TEST_TIMES"))
		print_message("%.3f s %.40s\n", took, text);
	if (!found || took > SECONDS)
		print_message("%.3f s, status %d, wanted %s\n%.2000s\n", took, l.status, ql_code_name(code), l.text);
	enum quell_status status = l.status;
	size_t shown = strlen(l.text);
	lang_free(&l);
	free(text);
	assert_int_equal(status, QUELL_ERR_INPUT);
	assert_true(none);
	assert_true(found);
	assert_true(took < SECONDS);
	assert_true(shown < 200000); /* a 100 MB line is shown as one screen row */
}

static void deep_nesting(void **state)
{
	(void)state;
	expect(repeat("let x : 1 = ", "(", 990000, "1"), 0, QL_E0106);
	expect(repeat("let x : 1 = ", "-", 200000, "1"), 0, QL_E0106);
	expect(repeat("let x : 1 = ", "not ", 200000, "1"), 0, QL_E0106);
	expect(repeat("let x : 1 = ", "2^", 100000, "1"), 0, QL_E0106);
	expect(repeat("let x : 1 = ", "exp(", 100000, "1"), 0, QL_E0106);
	expect(repeat("let x : 1 = ", "if 1 then 2 else ", 150000, "1"), 0, QL_E0106);
	expect(repeat("let x : 1 = ", "if ", 200000, "1"), 0, QL_E0106);
	expect(repeat("let x : ", "(", 200000, "1"), 0, QL_E0106);
	expect(repeat("", "if 1: ", 300000, "let x : 1 = 1"), 0, QL_E0106);
	expect(repeat("", "for i in j: ", 150000, "let x : 1 = 1"), 0, QL_E0106);
	expect(repeat("", "if 1 :\nelse ", 200000, "let x : 1 = 1"), 0, QL_E0110);
	expect(repeat("index i = a\nlet x : 1 = ", "sum(i in i : ", 100000, "1"), 0, QL_E0106);
}

static void long_lines(void **state)
{
	(void)state;
	expect(repeat("let x : 1 = ", "a", 100000000, "\n"), 0, QL_E0107);
	expect(repeat("let x : 1 = ", "1 + ", 2000000, "1\n"), 0, QL_E0107);
	expect(repeat("let x : 1 = ", "1+", 350000, "1\n"), 0, QL_E0107);
	expect(repeat("let x : 1 = ", "a", 4000000, "\n"), 0, QL_E0101);
	expect(repeat("let x : 1 = \"", "a", 4000000, "\n"), 0, QL_E0104);
	expect(repeat("let x : 1 = ", "9", 4000000, "\n"), 0, QL_E0108);
	expect(repeat("", "\n", 1000000, "x"), 0, QL_E0109);
	expect(repeat("", "?", 4000000, "x"), 0, QL_E0101);
	expect(repeat("", "\"\n", 200000, "x"), 0, QL_E0104);
	expect(repeat("", "param\n", 100000, "x"), 0, QL_E0109);
	expect(repeat("let y = 1\n", "x = 1\n", 100000, "x"), 0, QL_E0109);
	expect(repeat("", "x = 1\n", 100000, "x"), 0, QL_E0101);
	expect(repeat("", "if (x) { ", 150000, "x"), 0, QL_E0106);
	expect(repeat("", "if (x) ", 200000, "x = 1"), 0, QL_E0106);
	expect(repeat("x = ", "(", 900000, "x"), 0, QL_E0106);
	expect(repeat("x = ", "f(", 400000, "x"), 0, QL_E0106);
	expect(repeat("f <- function() {\n", "ini({\n", 200000, "x"), 0, QL_E0101);
	expect(repeat("x = 2\n", "if (x < 2) x = x + 1 else if (x < 3) y = x\n", 20000, "z = 1/0\n"), 0, QL_E0216);
	expect(repeat("x = 2\n", "x = x*x + x\n", 50000, "z = 1/0\n"), 0, QL_E0216);
	expect(repeat("let x = ", "y + ", 200000, "y\n"), 0, QL_E0201);
	expect(repeat("", "let x = y\n", 60000, ""), 0, QL_E0202);
	expect(repeat("", "]", 1000000, "x"), 0, QL_E0107);
	expect(repeat("", "]", 200000, "x"), 0, QL_E0109);
	expect(repeat("let x[", "i,", 100000, "i] = 1"), 0, QL_E0101);
	expect(repeat("let x : ", "day*", 300000, "day = 1"), 0, QL_E0101);
	expect(repeat("param x : 1 = ", "1,", 400000, "1\n"), 0, QL_E0107);
}

static void wrong_bytes(void **state)
{
	(void)state;
	char nul[] = "let x : 1 = 1\nlet y\0 : 1 = 2\n";
	struct lang l = lang_parse_n(nul, sizeof nul - 1);
	assert_int_equal(l.ds.item[0]->code, QL_E0103);
	assert_int_equal(l.ds.item[0]->span.line, 2);
	assert_int_equal(l.ds.item[0]->span.col, 6);
	lang_free(&l);
	static const char *const bad[] = {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		expect(repeat("# comment ", bad[i], 1, ""), 0, QL_E0102);
	expect(repeat("let x : 1 = 1 \x01", "", 0, ""), 0, QL_E0103);
	expect(repeat("let \xc3\xa4 : 1 = 1", "", 0, ""), 0, QL_E0101);
	struct lang good = lang_good("let x : 1 = 1 \"\xc2\xb5g, \xe2\x82\xac, \xf0\x9f\x98\x80\" # \xc3\xa4\r\n");
	lang_free(&good);
}

/* n elements named e0, e1, ... */
static char *big_index(const char *name, int n)
{
	struct ql_buf b = {0};
	ql_buf_printf(&b, "index %s = e0", name);
	for (int i = 1; i < n; i++)
		ql_buf_printf(&b, ", e%d", i);
	ql_buf_puts(&b, "\n");
	return b.data;
}

static void huge_models(void **state)
{
	(void)state;
	expect(repeat("index i = 1..1000000000\n", "", 0, ""), 0, QL_E0101);
	char *index = big_index("i", 1000);
	expect(repeat(index, "state X[i, i, i] : 1 = 0\n", 1, ""), 0, QL_E0210);
	expect(repeat(index, "let x : 1 = sum(a in i, b in i, c in i : 1)\n", 1, ""), 0, QL_E0210);
	expect(repeat(index, "let x : 1 = sum(a in i : sum(b in i : sum(c in i : 1)))\n", 1, ""), 0, QL_E0210);
	expect(repeat(index, "for a in i:\n for b in i:\n  for c in i:\n   let x : 1 = 1\n", 1, ""), 0, QL_E0202);
	expect(repeat(index, "when x[a in i, b in i] (t < 1 day)\n", 1, ""), 0, QL_E0210);
	expect(repeat(index, "state S[i, i] : 1 = 0\nwhen x (t < 1 day) : S[*, *] = 1\n", 1, ""), 0, QL_E0210);
	expect(repeat(index, "let x[a in i] : 1 = unknown[a]\n", 1, ""), 0, QL_E0201);
	expect(repeat(index, "let x[a in i] : 1 = if a == e0 then x[e999] else x[a] + 1\n", 1, ""), 0, QL_E0207);
	free(index);
	index = big_index("i", 100000);
	expect(repeat(index, "let x[a in i] : 1 = x[a]\n", 1, ""), 0, QL_E0207);
	expect(repeat(index, "state x[i] : 1 = 0\n", 1, ""), 0, QL_E0208);
	expect(repeat(index, "param x[i] : 1 = 1, 2, 3\n", 1, ""), 0, QL_E0213);
	free(index);
}

static char *chain(int n, const char *last)
{
	struct ql_buf b = {0};
	for (int i = 0; i < n; i++)
		ql_buf_printf(&b, "let x%d : 1 = x%d + 1\n", i, i + 1);
	ql_buf_printf(&b, "let x%d : 1 = %s\n", n, last);
	return b.data;
}

static void long_chains(void **state)
{
	(void)state;
	char *text = chain(20000, "x0");
	expect(text, 0, QL_E0207);
	text = chain(20000, "1");
	double start = lang_seconds();
	struct lang l = lang_good(text);
	double x0 = lang_value(&l, "x0"), took = lang_seconds() - start;
	lang_free(&l);
	free(text);
	assert_near(x0, 20001);
	assert_true(took < SECONDS);
	expect(repeat("let a = b\nlet b = a\n", "", 0, ""), 0, QL_E0207);
	expect(repeat("let a : 1 = b\nlet b : 1 = a\n", "", 0, ""), 0, QL_E0207);
	expect(repeat("param a : 1 = b\nparam b : 1 = a\n", "", 0, ""), 0, QL_E0207);
	expect(repeat("let a : 1 = a\n", "", 0, ""), 0, QL_E0207);
}

static void memory_runs_out(void **state)
{
	(void)state;
	static const char text[] = "index i = a, b\nparam p[i] : 1 = 1, 2 ~ lognormal(1) \"p\" [assumed]\n"
				   "state S[i] : Gcell = 1\nlet x[k in i] : Gcell = S[k]*p[k] + y\nlet y = sum(k in i : S[k])\n"
				   "d/dt(S[k in i]) = -x[k]/(1 day) + zz\ndose d : Gcell into S[a]\nwhen w (S[a] < 1 Gcell) : S[*] = 0\n";
	int failed = 0;
	for (long n = 1;; n++) {
		struct ql_diags ds = {0};
		struct ql_model *m = NULL;
		ql_mem_fail_after(n);
		enum quell_status s = ql_model_parse("t.qm", text, sizeof text - 1, &ds, &m);
		ql_mem_fail_after(0);
		assert_null(m);
		ql_diags_free(&ds);
		if (s == QUELL_ERR_INPUT)
			break;
		assert_int_equal(s, QUELL_ERR_MEMORY);
		failed++;
	}
	assert_true(failed > 10);
}

static void memory_is_bounded(void **state)
{
	(void)state;
	struct rusage r;
	getrusage(RUSAGE_SELF, &r);
	print_message("peak %ld MB\n", r.ru_maxrss / 1024);
	assert_true(r.ru_maxrss < 1500L * 1024 * SECONDS); /* the texts themselves are up to 300 MB */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deep_nesting), cmocka_unit_test(wrong_bytes),     cmocka_unit_test(huge_models),
		cmocka_unit_test(long_chains),	cmocka_unit_test(memory_runs_out), cmocka_unit_test(long_lines),
		cmocka_unit_test(memory_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
