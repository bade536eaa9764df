/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "store/schema.h"
#include "store/store.h"
#include <setjmp.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/quell_store_XXXXXX";
static struct ql_arena arena;

static const char *in_folder(const char *name) { return ql_arena_printf(&arena, "%s/%s", folder, name); }

static struct ql_store *open_store(const char *path, enum ql_store_mode mode, struct ql_diags *ds)
{
	struct ql_store *s;
	assert_int_equal(ql_store_open(path, mode, ds, &s), QUELL_OK);
	return s;
}

static const struct ql_run run_of = {.kind = "test", .title = "a test", .settings = "{\"a\": 1}", .settings_hash = "01",
				     .quell_version = "0", .model_hash = "0", .command = "quell", .seed = 7, .units = 30,
				     .chunks = 3};

static int64_t add_run(struct ql_store *s)
{
	int64_t id;
	assert_int_equal(ql_store_add_run(s, &run_of, &id), QUELL_OK);
	return id;
}

static void put(struct ql_store *s, int64_t run, uint64_t number, const char *text)
{
	const struct ql_chunk c = {.number = number, .first = 10 * number, .n = 10, .data = text, .size = strlen(text)};
	assert_int_equal(ql_store_put_chunk(s, run, &c), QUELL_OK);
}

static enum quell_status append(void *ctx, const void *data, size_t size)
{
	ql_buf_add(ctx, data, size);
	return QUELL_OK;
}

static void chunks_come_back_in_order(void **state)
{
	(void)state;
	struct ql_diags ds = {0};
	const char *path = in_folder("order.db");
	struct ql_store *s = open_store(path, QL_STORE_CREATE, &ds);
	int64_t run = add_run(s), found;
	char *big = calloc(1, 100001);
	memset(big, 'b', 100000);
	put(s, run, 2, "last");
	put(s, run, 0, "first ");
	ql_store_close(s);
	s = open_store(path, QL_STORE_WRITE, &ds);
	bool done[3];
	assert_int_equal(ql_store_chunks_done(s, run, done, 3), QUELL_OK);
	assert_true(done[0] && !done[1] && done[2]);
	put(s, run, 1, big);
	struct ql_buf all = {0};
	uint64_t damaged;
	assert_int_equal(ql_store_each_chunk(s, run, append, &all, &damaged), QUELL_OK);
	assert_int_equal(damaged, 0);
	assert_int_equal(all.len, 6 + 100000 + 4);
	assert_memory_equal(all.data, "first bbb", 9);
	assert_string_equal(all.data + all.len - 5, "blast");
	assert_int_equal(ql_store_find(s, "01", run_of.settings, &found), QUELL_OK);
	assert_int_equal(found, run);
	assert_int_equal(ql_store_find(s, "01", "{\"a\": 2}", &found), QUELL_OK); /* a collision of hashes is no find */
	assert_int_equal(found, 0);
	struct ql_run r;
	assert_int_equal(ql_store_run(s, 0, &arena, &r), QUELL_OK);
	assert_int_equal(r.chunks_done, 3);
	assert_true(r.bytes < 5000); /* compressed */
	assert_null(r.finished);
	ql_store_close(s);
	assert_int_equal(access(ql_arena_printf(&arena, "%s-lock", path), F_OK), -1);
	assert_int_equal(access(ql_arena_printf(&arena, "%s-wal", path), F_OK), -1);
	assert_int_equal(ds.n, 0);
	ql_buf_free(&all);
	free(big);
	ql_diags_free(&ds);
}

static void a_finished_run_fills_the_tables_once(void **state)
{
	(void)state;
	struct ql_diags ds = {0};
	struct ql_store *s = open_store(in_folder("finish.db"), QL_STORE_CREATE, &ds);
	int64_t run = add_run(s);
	const char *json = "{\"regimens\": [{\"id\": \"x\", \"endpoints\": [{\"id\": \"e\", \"estimate\": 0.1, "
			   "\"interval\": {\"lower\": null, \"upper\": 1}}]}]}\n", *back;
	assert_int_equal(ql_store_finish(s, run, json), QUELL_OK);
	assert_int_equal(ql_store_result(s, run, &arena, &back), QUELL_OK);
	assert_string_equal(back, json);
	sqlite3_stmt *q = ql_store_sql(s, "SELECT estimate, lower, upper FROM endpoints");
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	assert_true(sqlite3_column_double(q, 0) == 0.1);
	assert_int_equal(sqlite3_column_type(q, 1), SQLITE_NULL);
	sqlite3_reset(q);
	/* A second time the rows are there already: all or nothing. */
	assert_int_not_equal(ql_store_finish(s, run, json), QUELL_OK);
	assert_true(ds.n_errors == 1);
	int faults;
	assert_int_equal(ql_store_check(s, &faults), QUELL_OK);
	assert_int_equal(faults, 0);
	ql_store_close(s);
	ql_diags_free(&ds);
}

static void one_writer_at_a_time(void **state)
{
	(void)state;
	struct ql_diags ds = {0};
	const char *path = in_folder("lock.db");
	struct ql_store *a = open_store(path, QL_STORE_CREATE, &ds), *b, *reader;
	assert_int_equal(ql_store_open(path, QL_STORE_WRITE, &ds, &b), QUELL_ERR_IO);
	assert_int_equal(ds.item[0]->code, QL_E1205);
	ql_store_close(b);
	reader = open_store(path, QL_STORE_READ, &ds);
	int64_t run = add_run(a);
	struct ql_run r;
	assert_int_equal(ql_store_run(reader, run, &arena, &r), QUELL_OK);
	ql_store_close(a);
	ql_store_close(reader);
	b = open_store(path, QL_STORE_WRITE, &ds);
	ql_store_close(b);
	ql_diags_free(&ds);
}

static void every_step_of_the_schema_can_be_made_alone(void **state)
{
	(void)state;
	for (int from = 1; from <= QL_STORE_VERSION; from++) {
		struct ql_diags ds = {0};
		const char *path = in_folder(ql_arena_printf(&arena, "v%d.db", from));
		sqlite3 *db;
		assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
		for (int v = 0; v < from; v++)
			assert_int_equal(sqlite3_exec(db, ql_store_upgrade[v], NULL, NULL, NULL), SQLITE_OK);
		assert_int_equal(sqlite3_exec(db, ql_arena_printf(&arena, "PRAGMA application_id = %d; PRAGMA user_version = %d; "
						  "INSERT INTO run(kind, title, settings, settings_hash, quell_version, model_hash, "
						  "command, seed, units, chunks, created) VALUES('test','','{}','00','0','0','',1,2,3,"
						  "'2024-01-01T00:00:00Z')", QL_STORE_APPLICATION, from), NULL, NULL, NULL), SQLITE_OK);
		sqlite3_close(db);
		struct ql_store *s;
		enum quell_status read = ql_store_open(path, QL_STORE_READ, &ds, &s);
		assert_int_equal(read, from == QL_STORE_VERSION ? QUELL_OK : QUELL_ERR_INPUT);
		ql_store_close(s);
		s = open_store(path, QL_STORE_WRITE, &ds);
		struct ql_run r;
		assert_int_equal(ql_store_run(s, 1, &arena, &r), QUELL_OK);
		assert_int_equal(r.chunks, 3);
		put(s, 1, 0, "x");
		assert_int_equal(ql_store_finish(s, 1, "{\"regimens\": [{\"id\": \"x\"}]}"), QUELL_OK);
		ql_store_close(s);
		s = open_store(path, QL_STORE_READ, &ds);
		ql_store_close(s);
		ql_diags_free(&ds);
	}
}

/* Layout 1 kept responses as the codes of its time; as words they stay what they were. */
static void responses_of_the_first_layout(void **state)
{
	(void)state;
	struct ql_diags ds = {0};
	const char *path = in_folder("responses.db");
	sqlite3 *db;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, ql_store_upgrade[0], NULL, NULL, NULL), SQLITE_OK);
	const char *sql = ql_arena_printf(&arena, "PRAGMA application_id = %d; PRAGMA user_version = 1;"
		"INSERT INTO run(kind, title, settings, settings_hash, quell_version, model_hash, command, seed, units, chunks, created) "
		"VALUES('compare','','{}','00','0','0','',1,2,3,'');"
		"INSERT INTO arm VALUES(1, 0, 'ven-obi', '', 'A', NULL, 3, 0);"
		"INSERT INTO patient(run, arm, patient, status, response, pfs_cause, pfs_day, death_day) VALUES"
		"(1, 0, 0, 0, 5, 0, NULL, NULL), (1, 0, 1, 0, 3, 2, 400.5, 400.5), (1, 0, 2, 21, 0, 0, NULL, NULL);",
		QL_STORE_APPLICATION);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	struct ql_store *s = open_store(path, QL_STORE_WRITE, &ds);
	sqlite3_stmt *q = ql_store_sql(s, "SELECT group_concat(response || ' ' || pfs_cause || ' ' || status, ', '), sum(pfs_day), "
					  "count(pfs_day), count(pfs2_day) FROM patients WHERE regimen = 'ven-obi'");
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	assert_string_equal(sqlite3_column_text(q, 0), "CR censored ok, PR-L death ok, NE censored failed");
	assert_true(sqlite3_column_double(q, 1) == 400.5);
	assert_int_equal(sqlite3_column_int(q, 2), 1);
	assert_int_equal(sqlite3_column_int(q, 3), 0);
	sqlite3_reset(q);
	int faults;
	assert_int_equal(ql_store_check(s, &faults), QUELL_OK);
	assert_int_equal(faults, 0);
	ql_store_close(s);
	ql_diags_free(&ds);
}

/* A store as quell left it at layout 2 (tests/golden/store): its rows stay, what was not kept then is NULL. */
static void rows_of_the_second_layout(void **state)
{
	(void)state;
	struct ql_diags ds = {0};
	const char *path = in_folder("layout_2.db");
	assert_int_equal(system(ql_arena_printf(&arena, "cp " QUELL_SOURCE_DIR "/tests/golden/store/layout_2.db %s", path)), 0);
	struct ql_store *s;
	assert_int_equal(ql_store_open(path, QL_STORE_READ, &ds, &s), QUELL_ERR_INPUT);
	ql_store_close(s);
	ql_diags_free(&ds);
	s = open_store(path, QL_STORE_WRITE, &ds);
	sqlite3_stmt *q = ql_store_sql(s, "SELECT count(*), count(follow_day), sum(n_hold), count(icans_day) + count(irr_day) + count(tls_day) + "
					  "count(neutropenia_day) + count(symptoms_start) + count(fatigue_mean) + count(worries_worse_day) + "
					  "count(acts) FROM patients WHERE regimen = 'ven-obi'");
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(q, 0), 3);
	assert_int_equal(sqlite3_column_int(q, 1), 3);
	assert_int_equal(sqlite3_column_int(q, 2), 2);
	assert_int_equal(sqlite3_column_int(q, 3), 0);
	sqlite3_reset(q);
	int faults;
	assert_int_equal(ql_store_check(s, &faults), QUELL_OK);
	assert_int_equal(faults, 0);
	ql_store_close(s);
	ql_diags_free(&ds);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : 1;
}

static int remove_folder(void **state)
{
	(void)state;
	char command[64];
	snprintf(command, sizeof command, "rm -r %s", folder);
	ql_arena_free(&arena);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chunks_come_back_in_order),
		cmocka_unit_test(a_finished_run_fills_the_tables_once),
		cmocka_unit_test(one_writer_at_a_time),
		cmocka_unit_test(every_step_of_the_schema_can_be_made_alone),
		cmocka_unit_test(responses_of_the_first_layout),
		cmocka_unit_test(rows_of_the_second_layout),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
