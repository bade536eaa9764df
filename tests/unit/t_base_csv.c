/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/csv.h"

struct fixture {
	struct ql_arena a;
	struct ql_diags ds;
	struct ql_csv *t;
};

static enum quell_status parse_n(struct fixture *f, const char *text, size_t n, const struct ql_csv_options *o)
{
	ql_diags_free(&f->ds);
	ql_arena_free(&f->a);
	ql_diags_add_source(&f->ds, "t.csv", text, n);
	struct ql_source src = f->ds.source[0];
	return ql_csv_parse(&f->a, &src, o, &f->ds, &f->t);
}

static enum quell_status parse(struct fixture *f, const char *text)
{
	return parse_n(f, text, strlen(text), NULL);
}

static void done(struct fixture *f)
{
	ql_diags_free(&f->ds);
	ql_arena_free(&f->a);
}

static void assert_cell(const struct ql_csv *t, int row, int col, const char *want)
{
	struct ql_text c = ql_csv_cell(t, row, col);
	assert_int_equal(c.n, strlen(want));
	assert_memory_equal(c.s, want, c.n);
	assert_true(ql_csv_is(t, row, col, want));
}

/* The first fault: code, line, column. */
static void assert_fault(const struct fixture *f, enum ql_code code, int line, int col)
{
	assert_true(f->ds.n > 0);
	const struct ql_diag *d = f->ds.item[0];
	assert_int_equal(d->code, code);
	assert_int_equal(d->span.line, line);
	assert_int_equal(d->span.col, col);
}

static void plain_and_quoted_cells(void **state)
{
	(void)state;
	struct fixture f = {0};
	assert_int_equal(parse(&f, "id,name , value\r\n1,\"a, \"\"b\"\"\nc\", 2.5 \r\n\r\n2,,\"\"\n3,x,"), QUELL_OK);
	assert_int_equal(f.t->n_row, 3);
	assert_int_equal(f.t->n_col, 3);
	assert_string_equal(f.t->name[1], "name");
	assert_cell(f.t, 0, 1, "a, \"b\"\nc");
	assert_cell(f.t, 0, 2, "2.5");
	assert_cell(f.t, 1, 1, "");
	assert_cell(f.t, 1, 2, "");
	assert_cell(f.t, 2, 2, "");
	struct ql_span sp = ql_csv_span(f.t, 0, 2); /* after a line end inside a quoted cell */
	assert_int_equal(sp.line, 3);
	assert_int_equal(sp.col, 5);
	sp = ql_csv_span(f.t, 2, 1);
	assert_int_equal(sp.line, 6);
	assert_int_equal(sp.col, 3);
	char *copy = ql_csv_string(f.t, 0, 1, &f.a);
	assert_string_equal(copy, "a, \"b\"\nc");
	done(&f);
}

static void delimiters_are_guessed(void **state)
{
	(void)state;
	struct fixture f = {0};
	assert_int_equal(parse(&f, "a;b;\"c,d,e,f\"\n1;2;3\n"), QUELL_OK);
	assert_int_equal(f.t->delimiter, ';');
	assert_string_equal(f.t->name[2], "c,d,e,f");
	assert_int_equal(parse(&f, "a\tb\n1\t\n"), QUELL_OK);
	assert_int_equal(f.t->delimiter, '\t');
	assert_cell(f.t, 0, 1, "");
	assert_int_equal(parse(&f, "a\n1\n2\n"), QUELL_OK);
	assert_int_equal(f.t->n_row, 2);
	struct ql_csv_options o = {.delimiter = ';'};
	assert_int_equal(parse_n(&f, "a,b\n1,5\n", 8, &o), QUELL_OK);
	assert_int_equal(f.t->n_col, 1);
	done(&f);
}

static void columns_are_found(void **state)
{
	(void)state;
	struct fixture f = {0};
	struct ql_csv_options o = {.any_case = true, .comment = '#'};
	const char *text = "# made by hand\nID,Time,DV\n# middle\n1,0,.\n";
	assert_int_equal(parse_n(&f, text, strlen(text), &o), QUELL_OK);
	assert_int_equal(ql_csv_find(f.t, "TIME"), 1);
	assert_int_equal(ql_csv_column(f.t, "AMT", false, &f.ds), -1);
	assert_int_equal(f.ds.n_errors, 0);
	assert_int_equal(ql_csv_column(f.t, "Tiem", true, &f.ds), -1);
	assert_fault(&f, QL_E0313, 2, 1);
	assert_non_null(strstr(f.ds.item[0]->help, "Time"));
	assert_int_equal(ql_csv_span(f.t, 0, 0).line, 4);
	assert_int_equal(parse(&f, "a,b,a\n1,2,3\n"), QUELL_ERR_INPUT);
	assert_fault(&f, QL_E0313, 1, 5);
	assert_int_equal(parse(&f, ",a,b\nr1,1,2\n"), QUELL_OK); /* row names as R writes them */
	const char *known[] = {"", "a", "beta", NULL};
	ql_csv_check_columns(f.t, known, &f.ds);
	assert_fault(&f, QL_E0313, 1, 4);
	done(&f);
}

static void numbers_are_checked(void **state)
{
	(void)state;
	struct fixture f = {0};
	assert_int_equal(parse(&f, "x;y\n-0.1;3\n1e-3;2.5\nNA;7\n\"1,5\";=A1+1\ninf;5 mg\n.;99999999999999999999\n"),
			 QUELL_OK);
	double x;
	long n;
	assert_true(ql_csv_number(f.t, 0, 0, &f.ds, &x) && x == -0.1);
	assert_true(ql_csv_number(f.t, 1, 0, &f.ds, &x) && x == 1e-3);
	assert_true(ql_csv_number(f.t, 2, 0, &f.ds, &x) && isnan(x));
	assert_true(ql_csv_number(f.t, 5, 0, &f.ds, &x) && isnan(x));
	assert_true(ql_csv_number(f.t, 5, 1, &f.ds, &x) && x == 1e20);
	assert_true(ql_csv_number(f.t, 0, -1, &f.ds, &x) && isnan(x));
	assert_true(ql_csv_whole(f.t, 0, 1, 0, 10, &f.ds, &n) && n == 3);
	assert_int_equal(f.ds.n_errors, 0);
	assert_false(ql_csv_number(f.t, 3, 0, &f.ds, &x));
	assert_fault(&f, QL_E0316, 5, 2);
	assert_non_null(strstr(f.ds.item[0]->help, "point"));
	assert_false(ql_csv_number(f.t, 3, 1, &f.ds, &x));
	assert_non_null(strstr(f.ds.item[1]->help, "formula"));
	assert_false(ql_csv_number(f.t, 4, 0, &f.ds, &x));
	assert_false(ql_csv_number(f.t, 4, 1, &f.ds, &x));
	assert_false(ql_csv_number_required(f.t, 2, 0, &f.ds, &x));
	assert_false(ql_csv_whole(f.t, 1, 1, 0, 10, &f.ds, &n));
	assert_false(ql_csv_whole(f.t, 2, 1, 0, 5, &f.ds, &n));
	assert_int_equal(f.ds.n_errors, 7);
	done(&f);
}

/* Both number paths give the double nearest to the text. */
static void numbers_round_right(void **state)
{
	(void)state;
	struct fixture f = {0};
	struct ql_buf text = {0};
	double want[2000];
	ql_buf_puts(&text, "x\n");
	unsigned long long r = 88172645463325252ull;
	for (int i = 0; i < 2000; i++) {
		r ^= r << 13, r ^= r >> 7, r ^= r << 17;
		char s[64];
		snprintf(s, sizeof s, "%s%llu.%0*llu", r & 1 ? "-" : "", r % 100000, (int)(1 + r % 11), r / 7 % 10);
		want[i] = strtod(s, NULL);
		ql_buf_printf(&text, "%s\n", s);
	}
	assert_int_equal(parse(&f, text.data), QUELL_OK);
	for (int i = 0; i < 2000; i++) {
		double x;
		assert_true(ql_csv_number(f.t, i, 0, &f.ds, &x) && x == want[i]);
	}
	ql_buf_free(&text);
	done(&f);
}

static void faults_have_places(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum ql_code code;
		int line, col;
	} v[] = {
	    {"a,b\n1,2,3\n", QL_E0315, 2, 5},
	    {"a,b\n1,2\n7\n", QL_E0315, 3, 1},
	    {"a,b\n1,\"2\n3,4\n", QL_E0312, 2, 3},
	    {"a,b\n1,\"2\"x\n", QL_E0312, 2, 6},
	    {"a,b\n1,5\" pipe\n", QL_E0312, 2, 4},
	    {"a,b\r1,2\r", QL_E0312, 1, 4},
	    {"a,b\n1,caf\xe9\n", QL_E0311, 2, 6},
	    {"a,b\n1,\xc0\xaf\n", QL_E0311, 2, 3},
	    {"a,b\n1,\xed\xa0\x80\n", QL_E0311, 2, 3},
	    {"\xff\xfe"
	     "a,b",
	     QL_E0311, 1, 1},
	    {"", QL_E0313, 0, 0},
	    {"\n \n", QL_E0313, 0, 0},
	};
	struct fixture f = {0};
	for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
		assert_int_equal(parse(&f, v[i].text), QUELL_ERR_INPUT);
		assert_null(f.t);
		assert_fault(&f, v[i].code, v[i].line, v[i].col);
	}
	assert_int_equal(parse_n(&f, "a,b\n1,\0\n", 8, NULL), QUELL_ERR_INPUT);
	assert_fault(&f, QL_E0311, 2, 3);
	assert_int_equal(parse(&f, "\xef\xbb\xbf"
				   "a,b\n1,\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\n"),
			 QUELL_OK);
	assert_string_equal(f.t->name[0], "a");
	struct ql_csv_options o = {.max_rows = 1};
	assert_int_equal(parse_n(&f, "a\n1\n2\n", 6, &o), QUELL_ERR_INPUT);
	assert_fault(&f, QL_E0314, 3, 1);
	done(&f);
}

static void many_faults_are_counted(void **state)
{
	(void)state;
	struct fixture f = {0};
	struct ql_buf text = {0};
	ql_buf_puts(&text, "a,b\n");
	for (int i = 0; i < 5000; i++)
		ql_buf_puts(&text, i % 2 ? "1\n" : "1,x\"y\n");
	assert_int_equal(parse(&f, text.data), QUELL_ERR_INPUT);
	assert_int_equal(f.ds.n, 42);
	assert_non_null(strstr(f.ds.item[41]->message, "2480 further"));
	ql_buf_free(&text);
	done(&f);
}

static void a_million_rows_are_quick(void **state)
{
	(void)state;
	char path[] = "/tmp/quell_csv_XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	FILE *o = fdopen(fd, "wb");
	fputs("\xef\xbb\xbf"
	      "id,time,value,arm\n",
	      o);
	for (int i = 0; i < 1000000; i++)
		fprintf(o, "%d,%d.5,%d.%03d,\"arm %d\"\n", i, i % 365, i % 100, i % 1000, i % 3);
	fclose(o);
	struct fixture f = {0};
	clock_t start = clock();
	assert_int_equal(ql_csv_read(&f.a, path, NULL, &f.ds, &f.t), QUELL_OK);
	assert_int_equal(f.t->n_row, 1000000);
	double sum = 0, x;
	for (int i = 0; i < f.t->n_row; i++) {
		assert_true(ql_csv_number(f.t, i, 2, &f.ds, &x));
		sum += x;
	}
	double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
	assert_true(fabs(sum - 1e6 * (49.5 + 0.4995)) < 1e-3);
	assert_cell(f.t, 999999, 3, "arm 0");
	assert_int_equal(ql_csv_span(f.t, 999999, 1).line, 1000001);
	assert_int_equal(ql_csv_span(f.t, 0, 0).col, 1);
	print_message("a million rows read in %.2f s\n", seconds);
	assert_true(seconds < 5);
	unlink(path);
	done(&f);
}

static void written_cells_read_back(void **state)
{
	(void)state;
	static const char *v[] = {"plain", "a,b", "say \"hi\"", " edge", "two\nlines", ""};
	struct fixture f = {0};
	struct ql_buf text = {0};
	ql_buf_puts(&text, "k,x\n");
	for (int i = 0; i < 6; i++) {
		ql_buf_puts(&text, "k,");
		ql_csv_write_cell(&text, v[i], ',');
		ql_buf_puts(&text, "\n");
	}
	assert_int_equal(parse(&f, text.data), QUELL_OK);
	for (int i = 0; i < 6; i++)
		assert_cell(f.t, i, 1, v[i]);
	ql_buf_free(&text);
	done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(plain_and_quoted_cells),  cmocka_unit_test(delimiters_are_guessed),
	    cmocka_unit_test(columns_are_found),       cmocka_unit_test(numbers_are_checked),
	    cmocka_unit_test(numbers_round_right),     cmocka_unit_test(faults_have_places),
	    cmocka_unit_test(many_faults_are_counted), cmocka_unit_test(a_million_rows_are_quick),
	    cmocka_unit_test(written_cells_read_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
