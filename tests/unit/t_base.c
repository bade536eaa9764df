/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "base/rng.h"
#include "base/yaml.h"

static void numbers_round_trip(void **state)
{
	(void)state;
	char buf[32];
	assert_string_equal(ql_format_double(0.1, buf), "0.1");
	assert_string_equal(ql_format_double(1e-9, buf), "1e-09");
	assert_string_equal(ql_format_double(-1e5, buf), "-100000");
	assert_string_equal(ql_format_double(1e15, buf), "1e+15");
	assert_string_equal(ql_format_double(5e-324, buf), "5e-324");
	assert_string_equal(ql_format_double(0.1 + 0.2, buf), "0.30000000000000004");
	assert_string_equal(ql_format_double(2.0 / 3, buf), "0.6666666666666666");
	double x;
	assert_true(ql_parse_double("1e3", 3, &x));
	assert_true(x == 1000.0);
	assert_false(ql_parse_double("1e3x", 4, &x));
	assert_false(ql_parse_double("0x10", 4, &x));
}

static void philox_is_a_function_of_its_key(void **state)
{
	(void)state;
	assert_true(ql_rng_bits(1, 2, 3, 4) == ql_rng_bits(1, 2, 3, 4));
	assert_true(ql_rng_bits(1, 2, 3, 4) != ql_rng_bits(1, 2, 3, 5));
	double sum = 0, squares = 0;
	for (uint64_t i = 0; i < 20000; i++) {
		double z = ql_quantile_normal(ql_rng_uniform(7, i, 1, 0));
		sum += z;
		squares += z * z;
	}
	assert_true(fabs(sum / 20000) < 0.03);
	assert_true(fabs(squares / 20000 - 1) < 0.05);
}

static void quantiles_match_tables(void **state)
{
	(void)state;
	assert_true(fabs(ql_quantile_normal(0.975) - 1.959963984540054) < 1e-14);
	assert_true(fabs(ql_quantile_normal(1e-10) + 6.361340902404056) < 1e-12);
	assert_true(ql_quantile_poisson(0.5, 3.0) == 3.0);
	assert_true(fabs(ql_quantile_poisson(0.975, 1e6) - 1001961) <= 2);
}

static enum quell_status exhaust(void *arg)
{
	(void)ql_arena_alloc(arg, 1 << 20, 1);
	return QUELL_OK;
}

static void exhaustion_becomes_a_status(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	ql_mem_fail_after(1);
	assert_int_equal(ql_protect(exhaust, &a), QUELL_ERR_MEMORY);
	assert_int_equal(ql_protect(exhaust, &a), QUELL_OK);
	ql_arena_free(&a);
}

static struct ql_yaml *parse(struct ql_arena *a, struct ql_diags *ds, const char *text)
{
	struct ql_yaml *y;
	ql_diags_add_source(ds, "t.yaml", text, strlen(text));
	struct ql_source src = ds->source[ds->n_source - 1];
	ql_yaml_parse(a, &src, ds, &y);
	return y;
}

static void yaml_reports_places(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	struct ql_diags ds = {0};
	struct ql_yaml *y = parse(&a, &ds, "a: 1\nb: [x, 2]\n");
	double x;
	assert_true(ql_yaml_number(y, "a", true, &ds, &x) && x == 1);
	assert_int_equal(ql_yaml_get(y, "b")->item[1]->span.line, 2);
	assert_null(parse(&a, &ds, "a: 1\na: 2\n"));
	assert_int_equal(ds.n_errors, 1);
	assert_int_equal(ds.item[0]->span.line, 2);
	assert_null(parse(&a, &ds, "a: [1, 2\n"));
	assert_null(parse(&a, &ds, "a: &x 1\nb: *x\n"));
	struct ql_buf text = {0};
	ql_diags_render(&ds, false, &text);
	assert_non_null(strstr(text.data, "t.yaml:2:1"));
	ql_buf_free(&text);
	ql_diags_free(&ds);
	ql_arena_free(&a);
}

/* Wherever memory runs out; a sanitizer sees what a reader leaves behind. */
static void yaml_without_memory(void **state)
{
	(void)state;
	struct ql_buf text = {0};
	for (int i = 0; i < 400; i++)
		ql_buf_printf(&text, "key%d: {a: [1, 2, \"%*s\"]}\n", i, 300, "x");
	int failed = 0;
	for (long n = 1; n < 100; n++) {
		struct ql_arena a = {0};
		struct ql_diags ds = {0};
		struct ql_source src = {.file = "t.yaml", .text = text.data, .len = text.len};
		struct ql_yaml *y;
		ql_mem_fail_after(n);
		enum quell_status s = ql_yaml_parse(&a, &src, &ds, &y);
		ql_mem_fail_after(0);
		assert_true(s == QUELL_ERR_MEMORY ? !y : s == QUELL_OK && y->n == 400);
		failed += s == QUELL_ERR_MEMORY;
		ql_arena_free(&a);
		ql_diags_free(&ds);
	}
	assert_true(failed > 10);
	ql_buf_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_round_trip),       cmocka_unit_test(philox_is_a_function_of_its_key),
		cmocka_unit_test(quantiles_match_tables),   cmocka_unit_test(exhaustion_becomes_a_status),
		cmocka_unit_test(yaml_reports_places),
		cmocka_unit_test(yaml_without_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
