/* SPDX-License-Identifier: Apache-2.0 */
/* Tables by the Arrow C data interface, in and out. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "quell.h"

static void said(const char *what)
{
	if (!strstr(quell_last_error(), what))
		fail_msg("`%s` says nothing of `%s`", quell_last_error(), what);
}

/* A struct array of up to 4 columns as another library would hand it over; counts its releases. */
static int released_schemas, released_arrays;
static void release_schema(struct ArrowSchema *s) { released_schemas++, s->release = NULL; }
static void release_array(struct ArrowArray *a) { released_arrays++, a->release = NULL; }

static struct ArrowSchema field[4], *fields[4], words_schema = {.format = "u", .name = ""};
static struct ArrowArray column[4], *columns[4];

static void frame(struct ArrowSchema *s, struct ArrowArray *a, int n, int64_t rows)
{
	for (int i = 0; i < n; i++) {
		fields[i] = &field[i];
		columns[i] = &column[i];
		column[i].length = rows;
	}
	*s = (struct ArrowSchema){.format = "+s", .name = "", .n_children = n, .children = fields, .release = release_schema};
	*a = (struct ArrowArray){.length = rows, .n_buffers = 1, .n_children = n, .children = columns, .release = release_array};
	released_schemas = released_arrays = 0;
}

static struct quell_run *survival_of(struct quell_table *t)
{
	struct quell_run *r;
	assert_int_equal(quell_run_new("survival", &r), QUELL_OK);
	assert_int_equal(quell_run_set_table(r, "data", t), QUELL_OK);
	assert_int_equal(quell_table_free(t), QUELL_OK); /* the run keeps it */
	assert_int_equal(quell_run_set_text(r, "time", "t"), QUELL_OK);
	assert_int_equal(quell_run_set_text(r, "event", "e"), QUELL_OK);
	assert_int_equal(quell_run_set_text(r, "group", "g"), QUELL_OK);
	return r;
}

static double number(struct quell_run *r, const char *table, const char *name, int row)
{
	struct quell_table *t;
	struct quell_column c;
	int i;
	assert_int_equal(quell_run_table(r, table, &t), QUELL_OK);
	assert_int_equal(quell_table_find(t, name, &i), QUELL_OK);
	assert_int_equal(quell_table_column(t, i, &c), QUELL_OK);
	double x = c.type == QUELL_DOUBLE ? c.doubles[row] : (double)c.ints[row];
	quell_table_free(t);
	return x;
}

/* Offsets, a bitmap, 8-bit events, a dictionary: what pandas and polars send. */
static void test_in(void **state)
{
	(void)state;
	static const double t[] = {-1, 1, 2, 3, 4, 5};
	static const int8_t e[] = {1, 0, 1, 1, 7};
	static const uint8_t known[] = {0x0f}; /* the fifth row is missing */
	static const int16_t code[] = {0, 1, 1, 0, 0};
	static const int32_t at[] = {0, 1, 3};
	static const char bytes[] = "abb";
	const void *tb[] = {NULL, t}, *eb[] = {known, e}, *gb[] = {NULL, code}, *wb[] = {NULL, at, bytes};
	struct ArrowArray words = {.length = 2, .n_buffers = 3, .buffers = wb};
	struct ArrowSchema s;
	struct ArrowArray a;
	struct quell_table *table;
	field[0] = (struct ArrowSchema){.format = "g", .name = "t"};
	field[1] = (struct ArrowSchema){.format = "c", .name = "e"};
	field[2] = (struct ArrowSchema){.format = "s", .name = "g", .dictionary = &words_schema};
	column[0] = (struct ArrowArray){.offset = 1, .n_buffers = 2, .buffers = tb};
	column[1] = (struct ArrowArray){.null_count = 1, .n_buffers = 2, .buffers = eb};
	column[2] = (struct ArrowArray){.n_buffers = 2, .buffers = gb, .dictionary = &words};
	frame(&s, &a, 3, 5);
	assert_int_equal(quell_table_take_arrow("data", &s, &a, &table), QUELL_OK);
	assert_null(s.release);
	assert_null(a.release);
	assert_int_equal(released_schemas, 1);
	assert_int_equal(released_arrays, 0); /* its columns are in use */
	struct quell_run *r = survival_of(table);
	assert_int_equal(quell_run_execute(r), QUELL_OK);
	assert_true(number(r, "groups", "n", 0) == 2 && number(r, "groups", "n", 1) == 2); /* a: 1 and 4; b: 2 and 3 */
	assert_true(number(r, "groups", "events", 0) == 2 && number(r, "groups", "events", 1) == 1);
	assert_int_equal(quell_run_free(r), QUELL_OK);
	assert_int_equal(released_arrays, 1);
}

static void refused(const char *what)
{
	struct ArrowSchema s;
	struct ArrowArray a;
	struct quell_table *table;
	frame(&s, &a, 1, 2);
	assert_int_not_equal(quell_table_take_arrow("data", &s, &a, &table), QUELL_OK);
	said(what);
	assert_null(table);
	assert_int_equal(released_schemas, 1);
	assert_int_equal(released_arrays, 1);
}

static void test_refused(void **state)
{
	(void)state;
	static const double x[] = {1, 2};
	static const int32_t at[] = {0, 1, 2};
	const void *b[] = {NULL, x}, *tb[] = {NULL, at, "\xff\xfe"};
	struct ArrowSchema s;
	struct ArrowArray a;
	struct quell_table *table;
	column[0] = (struct ArrowArray){.n_buffers = 2, .buffers = b};
	field[0] = (struct ArrowSchema){.format = "tsn:", .name = "when"};
	refused("column `when` holds Arrow's type `tsn:`");
	field[0] = (struct ArrowSchema){.format = "g", .name = NULL};
	refused("needs a name");
	field[0] = (struct ArrowSchema){.format = "u", .name = "word"};
	column[0] = (struct ArrowArray){.n_buffers = 3, .buffers = tb};
	refused("data, row 1, column `word`: the text is not UTF-8");
	frame(&s, &a, 1, 2);
	s.format = "g";
	assert_int_equal(quell_table_take_arrow("data", &s, &a, &table), QUELL_ERR_USAGE);
	said("struct array");
	frame(&s, &a, 1, 2);
	a.n_children = 0;
	assert_int_equal(quell_table_take_arrow("data", &s, &a, &table), QUELL_ERR_USAGE);
	said("do not belong together");
	assert_int_equal(quell_table_take_arrow("data", &s, &a, &table), QUELL_ERR_USAGE); /* both are empty now */
	said("taken over before");
	assert_int_equal(quell_table_take_arrow("data", NULL, NULL, &table), QUELL_ERR_USAGE);
	frame(&s, &a, 1, 2);
	assert_int_equal(quell_table_take_arrow("data", &s, &a, NULL), QUELL_ERR_USAGE);
}

/* Out of a result and in again: the same numbers, whatever is released first. */
static void test_round(void **state)
{
	(void)state;
	static const double t[] = {1, 2, 3, 4}, e[] = {1, 0, 1, 1};
	static const char *const g[] = {"x", "y", NULL, "x"};
	struct quell_table *table, *again;
	struct ArrowSchema s;
	struct ArrowArray a;
	assert_int_equal(quell_table_new("data", 4, &table), QUELL_OK);
	assert_int_equal(quell_table_add_doubles(table, "t", t), QUELL_OK);
	assert_int_equal(quell_table_add_doubles(table, "e", e), QUELL_OK);
	assert_int_equal(quell_table_add_text(table, "g", g), QUELL_OK);
	struct quell_run *r = survival_of(table);
	assert_int_equal(quell_run_execute(r), QUELL_OK);
	assert_int_equal(quell_run_table(r, "curves", &table), QUELL_OK);
	assert_int_equal(quell_table_arrow(table, &s, &a), QUELL_OK);
	quell_table_free(table);
	quell_run_free(r);
	assert_int_equal(quell_table_take_arrow("curves", &s, &a, &again), QUELL_OK);
	assert_int_equal(quell_run_new("survival", &r), QUELL_OK);
	assert_int_equal(quell_run_set_table(r, "data", again), QUELL_OK);
	quell_table_free(again);
	quell_run_set_text(r, "time", "time");
	quell_run_set_text(r, "event", "surv"); /* 1 and 0 at the ends */
	assert_int_not_equal(quell_run_execute(r), QUELL_ERR_INTERNAL);
	quell_run_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_in), cmocka_unit_test(test_refused), cmocka_unit_test(test_round)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
