/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/pool.h"
#include "base/mem.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

struct job {
	atomic_int next;
	int limit;
	int seen[8];
	atomic_int sum;
};

static enum quell_status drain(void *ctx, int thread)
{
	struct job *j = ctx;
	j->seen[thread]++;
	for (int i; (i = atomic_fetch_add(&j->next, 1)) < j->limit;)
		atomic_fetch_add(&j->sum, i);
	return QUELL_OK;
}

static void every_thread_runs_once_and_the_queue_is_emptied(void **state)
{
	(void)state;
	for (int n = 1; n <= 8; n++) {
		struct job j = {.limit = 1000};
		assert_int_equal(ql_pool_run(n, drain, &j), QUELL_OK);
		assert_int_equal(j.sum, 499500);
		for (int i = 0; i < 8; i++)
			assert_int_equal(j.seen[i], i < n);
	}
	assert_true(ql_cpu_count() >= 1);
}

static enum quell_status fail_some(void *ctx, int thread)
{
	(void)ctx;
	return thread == 3 ? QUELL_ERR_NUMERIC : thread == 1 ? QUELL_ERR_IO : QUELL_OK;
}

static enum quell_status exhaust(void *ctx, int thread)
{
	(void)ctx;
	if (thread == 2)
		ql_realloc(NULL, (size_t)-1, (size_t)-1);
	return QUELL_OK;
}

static void first_failure_by_thread_number_is_returned(void **state)
{
	(void)state;
	assert_int_equal(ql_pool_run(4, fail_some, NULL), QUELL_ERR_IO);
	assert_int_equal(ql_pool_run(1, fail_some, NULL), QUELL_OK);
	assert_int_equal(ql_pool_run(3, exhaust, NULL), QUELL_ERR_MEMORY);
}

static void json_has_shortest_numbers_and_nulls(void **state)
{
	(void)state;
	json_t *o = json_object();
	json_object_set_new(o, "z", ql_json_real(0.1));
	json_object_set_new(o, "a", ql_json_real(NAN));
	json_object_set_new(o, "list", json_pack("[f,i,o]", 1e-9, 3, ql_json_real(1.0 / 0.0)));
	json_object_set_new(o, "text", ql_json_text("a\"b\\c\n\x01 \xc3\xa9"));
	json_object_set_new(o, "bad", ql_json_text("x\xff"));
	json_object_set_new(o, "none", ql_json_text(NULL));
	json_object_set_new(o, "empty", json_array());
	struct ql_buf b = {0};
	ql_json_write(o, &b);
	assert_string_equal(b.data, "{\n  \"z\": 0.1,\n  \"a\": null,\n  \"list\": [1e-09, 3, null],\n"
				    "  \"text\": \"a\\\"b\\\\c\\n\\u0001 \xc3\xa9\",\n  \"bad\": \"x?\",\n"
				    "  \"none\": null,\n  \"empty\": []\n}\n");
	json_t *back = json_loads(b.data, 0, NULL);
	assert_non_null(back);
	assert_true(json_real_value(json_object_get(back, "z")) == 0.1);
	json_decref(back);
	json_decref(o);
	ql_buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_thread_runs_once_and_the_queue_is_emptied),
		cmocka_unit_test(first_failure_by_thread_number_is_returned),
		cmocka_unit_test(json_has_shortest_numbers_and_nulls),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
