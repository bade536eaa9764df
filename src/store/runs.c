/* SPDX-License-Identifier: Apache-2.0 */
/* Runs, their chunks and their log. */
#define _GNU_SOURCE
#include "base/io.h"
#include "base/pack.h"
#include "store/store.h"
#include <inttypes.h>
#include <sqlite3.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#define CHUNK_LIMIT ((uint64_t)1 << 30) /* bytes; more in a store is damage */

static void now(char *text, size_t size)
{
	struct tm tm;
	time_t t = time(NULL);
	gmtime_r(&t, &tm);
	strftime(text, size, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* The texts of a bind must stay until the step: all callers step at once. */
static void text_at(sqlite3_stmt *q, int i, const char *s) { sqlite3_bind_text(q, i, s, -1, SQLITE_STATIC); }
static void count_at(sqlite3_stmt *q, int i, uint64_t x) { sqlite3_bind_int64(q, i, (sqlite3_int64)x); }

/* --- runs --- */

#define RUN_COLUMNS                                                                                                   \
	"SELECT id, kind, settings, settings_hash, quell_version, model_hash, title, command, created, finished, seed, " \
	"units, chunks, (SELECT count(*) FROM chunk c WHERE c.run = r.id), "                                            \
	"(SELECT coalesce(sum(length(data)), 0) FROM chunk c WHERE c.run = r.id) FROM run r "

static const char *text_of(sqlite3_stmt *q, int i, struct ql_arena *a)
{
	const char *s = (const char *)sqlite3_column_text(q, i);
	return ql_arena_strdup(a, s);
}

static void read_run(sqlite3_stmt *q, struct ql_arena *a, struct ql_run *r)
{
	*r = (struct ql_run){.id = sqlite3_column_int64(q, 0), .kind = text_of(q, 1, a), .settings = text_of(q, 2, a),
			     .settings_hash = text_of(q, 3, a), .quell_version = text_of(q, 4, a),
			     .model_hash = text_of(q, 5, a), .title = text_of(q, 6, a), .command = text_of(q, 7, a),
			     .created = text_of(q, 8, a), .finished = text_of(q, 9, a),
			     .seed = (uint64_t)sqlite3_column_int64(q, 10), .units = (uint64_t)sqlite3_column_int64(q, 11),
			     .chunks = (uint64_t)sqlite3_column_int64(q, 12),
			     .chunks_done = (uint64_t)sqlite3_column_int64(q, 13),
			     .bytes = (uint64_t)sqlite3_column_int64(q, 14)};
}

static enum quell_status no_run(struct ql_store *s, int64_t id)
{
	struct ql_span at = {ql_store_path(s), 0, 0, 0};
	struct ql_diag *d = id ? ql_diag_add(ql_store_diags(s), QL_E1206, at, "the store has no run %" PRId64, id)
			       : ql_diag_add(ql_store_diags(s), QL_E1206, at, "the store has no runs");
	ql_diag_help(d, "`quell runs list --store %s` shows what it has", ql_store_path(s));
	return QUELL_ERR_INPUT;
}

enum quell_status ql_store_run(struct ql_store *s, int64_t id, struct ql_arena *a, struct ql_run *out)
{
	sqlite3_stmt *q = id ? ql_store_sql(s, RUN_COLUMNS "WHERE id = ?")
			     : ql_store_sql(s, RUN_COLUMNS "ORDER BY finished IS NOT NULL, id DESC LIMIT 1");
	if (!q)
		return QUELL_ERR_IO;
	if (id)
		sqlite3_bind_int64(q, 1, id);
	int rc = sqlite3_step(q);
	if (rc == SQLITE_ROW)
		read_run(q, a, out);
	enum quell_status status = rc == SQLITE_ROW    ? QUELL_OK
				   : rc == SQLITE_DONE ? no_run(s, id)
						       : ql_store_fault(s, "read the run");
	sqlite3_reset(q);
	return status;
}

enum quell_status ql_store_find(struct ql_store *s, const char *settings_hash, const char *settings, int64_t *id)
{
	sqlite3_stmt *q = ql_store_sql(s, "SELECT id FROM run WHERE settings_hash = ? AND settings = ? ORDER BY id DESC LIMIT 1");
	*id = 0;
	if (!q)
		return QUELL_ERR_IO;
	text_at(q, 1, settings_hash);
	text_at(q, 2, settings);
	int rc = sqlite3_step(q);
	if (rc == SQLITE_ROW)
		*id = sqlite3_column_int64(q, 0);
	enum quell_status status = rc == SQLITE_ROW || rc == SQLITE_DONE ? QUELL_OK : ql_store_fault(s, "look for the run");
	sqlite3_reset(q);
	return status;
}

enum quell_status ql_store_runs(struct ql_store *s, struct ql_arena *a, struct ql_run **run, int *n)
{
	sqlite3_stmt *q = ql_store_sql(s, RUN_COLUMNS "ORDER BY id"), *c = ql_store_sql(s, "SELECT count(*) FROM run");
	*n = 0;
	if (!q || !c)
		return QUELL_ERR_IO;
	int count = sqlite3_step(c) == SQLITE_ROW ? sqlite3_column_int(c, 0) : 0, rc = SQLITE_DONE;
	sqlite3_reset(c);
	*run = QL_NEW_N(a, struct ql_run, (size_t)count + 1);
	while (*n < count && (rc = sqlite3_step(q)) == SQLITE_ROW)
		read_run(q, a, &(*run)[(*n)++]);
	enum quell_status status = rc == SQLITE_ROW || rc == SQLITE_DONE ? QUELL_OK : ql_store_fault(s, "list the runs");
	sqlite3_reset(q);
	return status;
}

enum quell_status ql_store_add_run(struct ql_store *s, const struct ql_run *r, int64_t *id)
{
	sqlite3_stmt *q = ql_store_sql(s, "INSERT INTO run(kind, title, settings, settings_hash, quell_version, model_hash, "
					  "command, seed, units, chunks, created) VALUES(?,?,?,?,?,?,?,?,?,?,?)");
	char at[32];
	if (!q)
		return QUELL_ERR_IO;
	const char *text[] = {r->kind, r->title, r->settings, r->settings_hash, r->quell_version, r->model_hash, r->command};
	for (int i = 0; i < 7; i++)
		text_at(q, i + 1, text[i]);
	count_at(q, 8, r->seed);
	count_at(q, 9, r->units);
	count_at(q, 10, r->chunks);
	now(at, sizeof at);
	text_at(q, 11, at);
	enum quell_status status = ql_store_step(s, q, "add the run");
	*id = sqlite3_last_insert_rowid(ql_store_db(s));
	return status;
}

enum quell_status ql_store_remove_run(struct ql_store *s, int64_t id)
{
	sqlite3_stmt *q = ql_store_sql(s, "DELETE FROM run WHERE id = ?");
	if (!q)
		return QUELL_ERR_IO;
	sqlite3_bind_int64(q, 1, id);
	enum quell_status status = ql_store_step(s, q, "remove the run");
	if (status == QUELL_OK && sqlite3_changes(ql_store_db(s)) == 0)
		status = no_run(s, id);
	return status == QUELL_OK ? ql_store_exec(s, "VACUUM", "give the space back") : status;
}

enum quell_status ql_store_result(struct ql_store *s, int64_t id, struct ql_arena *a, const char **json)
{
	sqlite3_stmt *q = ql_store_sql(s, "SELECT result FROM run WHERE id = ?");
	*json = NULL;
	if (!q)
		return QUELL_ERR_IO;
	sqlite3_bind_int64(q, 1, id);
	int rc = sqlite3_step(q);
	if (rc == SQLITE_ROW)
		*json = text_of(q, 0, a);
	enum quell_status status = rc == SQLITE_ROW    ? QUELL_OK
				   : rc == SQLITE_DONE ? no_run(s, id)
						       : ql_store_fault(s, "read the result");
	sqlite3_reset(q);
	return status;
}

enum quell_status ql_store_log(struct ql_store *s, int64_t run, const char *event, const char *fmt, ...)
{
	sqlite3_stmt *q = ql_store_sql(s, "INSERT INTO log(run, at, event, detail) VALUES(?,?,?,?)");
	char at[32], detail[256];
	va_list ap;
	if (!q)
		return QUELL_ERR_IO;
	va_start(ap, fmt);
	vsnprintf(detail, sizeof detail, fmt, ap);
	va_end(ap);
	now(at, sizeof at);
	sqlite3_bind_int64(q, 1, run);
	text_at(q, 2, at);
	text_at(q, 3, event);
	text_at(q, 4, detail);
	return ql_store_step(s, q, "write the log");
}

/* --- chunks --- */

static void checksum(char *text /* [17] */, const void *data, size_t n)
{
	snprintf(text, 17, "%016" PRIx64, ql_hash(QL_HASH_SEED, data, n));
}

/* Compressed if that makes it smaller; the checksum is of the plain bytes. */
static void squeeze(const struct ql_chunk *c, struct ql_buf *out)
{
	uLongf n = compressBound((uLong)c->size);
	char *room = ql_realloc(NULL, n, 1);
	if (compress2((Bytef *)room, &n, c->data, (uLong)c->size, 1) == Z_OK && n < c->size)
		ql_buf_add(out, room, n);
	ql_free(room);
}

static enum quell_status insert_chunk(struct ql_store *s, int64_t run, const struct ql_chunk *c, const struct ql_buf *packed)
{
	sqlite3_stmt *q = ql_store_sql(s, "INSERT INTO chunk(run, number, first, n, rank, cpu_s, stored, size, checksum, packed, "
					  "data) VALUES(?,?,?,?,?,?,?,?,?,?,?)");
	char at[32], sum[17];
	if (!q)
		return QUELL_ERR_IO;
	now(at, sizeof at);
	checksum(sum, c->data, c->size);
	sqlite3_bind_int64(q, 1, run);
	count_at(q, 2, c->number);
	count_at(q, 3, c->first);
	count_at(q, 4, c->n);
	sqlite3_bind_int(q, 5, c->rank);
	sqlite3_bind_double(q, 6, c->cpu_s);
	text_at(q, 7, at);
	count_at(q, 8, c->size);
	text_at(q, 9, sum);
	sqlite3_bind_int(q, 10, packed->len > 0);
	if (packed->len)
		sqlite3_bind_blob64(q, 11, packed->data, packed->len, SQLITE_STATIC);
	else
		sqlite3_bind_blob64(q, 11, c->size ? c->data : "", c->size, SQLITE_STATIC);
	return ql_store_step(s, q, "store a chunk");
}

enum quell_status ql_store_put_chunk(struct ql_store *s, int64_t run, const struct ql_chunk *c)
{
	struct ql_buf packed = {0};
	squeeze(c, &packed);
	enum quell_status status = ql_store_exec(s, "BEGIN IMMEDIATE", "store a chunk");
	if (status == QUELL_OK)
		status = insert_chunk(s, run, c, &packed);
	if (status == QUELL_OK && c->rows)
		status = c->rows(c->rows_ctx, s, run);
	if (status == QUELL_OK)
		status = ql_store_exec(s, "COMMIT", "store a chunk");
	if (status != QUELL_OK)
		sqlite3_exec(ql_store_db(s), "ROLLBACK", NULL, NULL, NULL);
	ql_buf_free(&packed);
	return status;
}

enum quell_status ql_store_chunks_done(struct ql_store *s, int64_t run, bool *done, uint64_t chunks)
{
	sqlite3_stmt *q = ql_store_sql(s, "SELECT number FROM chunk WHERE run = ?");
	int rc;
	if (!q)
		return QUELL_ERR_IO;
	memset(done, 0, chunks * sizeof *done);
	sqlite3_bind_int64(q, 1, run);
	while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
		uint64_t number = (uint64_t)sqlite3_column_int64(q, 0);
		if (number < chunks)
			done[number] = true;
	}
	enum quell_status status = rc == SQLITE_DONE ? QUELL_OK : ql_store_fault(s, "read the chunks");
	sqlite3_reset(q);
	return status;
}

/* The plain bytes of the row that q stands on, in *plain; false if they are not what was stored. */
static bool unpack_chunk(sqlite3_stmt *q, struct ql_buf *plain)
{
	const void *data = sqlite3_column_blob(q, 1);
	size_t stored = (size_t)sqlite3_column_bytes(q, 1);
	uint64_t size = (uint64_t)sqlite3_column_int64(q, 2);
	const char *want = (const char *)sqlite3_column_text(q, 3);
	char sum[17];
	plain->len = 0;
	if (size > CHUNK_LIMIT || !want)
		return false;
	if (sqlite3_column_int(q, 4)) {
		uLongf n = (uLongf)size;
		char *room = ql_realloc(NULL, (size_t)size + 1, 1);
		bool good = uncompress((Bytef *)room, &n, data, (uLong)stored) == Z_OK && n == size;
		if (good)
			ql_buf_add(plain, room, n);
		ql_free(room);
		if (!good)
			return false;
	} else if (stored == size) {
		ql_buf_add(plain, data ? data : "", stored);
	}
	checksum(sum, plain->data ? plain->data : "", plain->len);
	return plain->len == size && strcmp(sum, want) == 0;
}

#define CHUNK_DATA "SELECT number, data, size, checksum, packed FROM chunk WHERE run = ? ORDER BY number"

static enum quell_status drop_chunk(struct ql_store *s, int64_t run, uint64_t number)
{
	static const char *const sql[] = {
		"DELETE FROM patient WHERE run = ?1 AND patient >= (SELECT first FROM chunk WHERE run = ?1 AND number = ?2) "
		"AND patient < (SELECT first + n FROM chunk WHERE run = ?1 AND number = ?2)",
		"DELETE FROM patient_course WHERE run = ?1 AND patient >= (SELECT first FROM chunk WHERE run = ?1 AND number = ?2) "
		"AND patient < (SELECT first + n FROM chunk WHERE run = ?1 AND number = ?2)",
		"DELETE FROM chunk WHERE run = ?1 AND number = ?2"};
	struct ql_span at = {ql_store_path(s), 0, 0, 0};
	ql_diag_add(ql_store_diags(s), QL_E1208, at, "chunk %" PRIu64 " of run %" PRId64 " is damaged and is computed again",
		    number, run);
	for (int i = 0; i < 3; i++) {
		sqlite3_stmt *q = ql_store_sql(s, sql[i]);
		if (!q)
			return QUELL_ERR_IO;
		sqlite3_bind_int64(q, 1, run);
		count_at(q, 2, number);
		enum quell_status status = ql_store_step(s, q, "take a damaged chunk out");
		if (status != QUELL_OK)
			return status;
	}
	return QUELL_OK;
}

struct bad_list {
	uint64_t *number;
	size_t n, cap;
};

static enum quell_status walk(struct ql_store *s, int64_t run,
			      enum quell_status (*add)(void *ctx, const void *data, size_t size), void *ctx,
			      struct bad_list *bad)
{
	sqlite3_stmt *q = ql_store_sql(s, CHUNK_DATA);
	struct ql_buf plain = {0};
	enum quell_status status = QUELL_OK;
	int rc = SQLITE_DONE;
	if (!q)
		return QUELL_ERR_IO;
	sqlite3_bind_int64(q, 1, run);
	while (status == QUELL_OK && (rc = sqlite3_step(q)) == SQLITE_ROW) {
		if (!unpack_chunk(q, &plain)) {
			QL_GROW(bad->number, bad->n, bad->cap);
			bad->number[bad->n++] = (uint64_t)sqlite3_column_int64(q, 0);
		} else if (bad->n == 0 && add) {
			status = add(ctx, plain.data ? plain.data : "", plain.len);
		}
	}
	if (status == QUELL_OK && rc != SQLITE_DONE)
		status = ql_store_fault(s, "read the chunks");
	sqlite3_reset(q);
	ql_buf_free(&plain);
	return status;
}

enum quell_status ql_store_each_chunk(struct ql_store *s, int64_t run,
				      enum quell_status (*add)(void *ctx, const void *data, size_t size), void *ctx,
				      uint64_t *damaged)
{
	struct bad_list bad = {0};
	enum quell_status status = walk(s, run, add, ctx, &bad);
	for (size_t i = 0; i < bad.n && status == QUELL_OK; i++)
		status = drop_chunk(s, run, bad.number[i]);
	*damaged = bad.n;
	ql_free(bad.number);
	return status;
}

/* --- integrity --- */

static enum quell_status check_chunks(struct ql_store *s, int *faults)
{
	struct ql_arena a = {0};
	struct ql_run *run;
	int n;
	enum quell_status status = ql_store_runs(s, &a, &run, &n);
	for (int i = 0; i < n && status == QUELL_OK; i++) {
		struct bad_list bad = {0};
		status = walk(s, run[i].id, NULL, NULL, &bad);
		for (size_t k = 0; k < bad.n; k++, ++*faults)
			ql_diag_add(ql_store_diags(s), QL_E1204, (struct ql_span){ql_store_path(s), 0, 0, 0},
				    "run %" PRId64 ": the checksum of chunk %" PRIu64 " is wrong", run[i].id, bad.number[k]);
		ql_free(bad.number);
	}
	ql_arena_free(&a);
	return status;
}

enum quell_status ql_store_check(struct ql_store *s, int *faults)
{
	sqlite3_stmt *q = ql_store_sql(s, "PRAGMA integrity_check(20)");
	int rc;
	*faults = 0;
	if (!q)
		return QUELL_ERR_IO;
	while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(q, 0);
		if (text && strcmp(text, "ok") == 0)
			continue;
		++*faults;
		ql_diag_add(ql_store_diags(s), QL_E1204, (struct ql_span){ql_store_path(s), 0, 0, 0}, "%s",
			    text ? text : "no answer");
	}
	enum quell_status status = rc == SQLITE_DONE ? QUELL_OK : ql_store_fault(s, "check the store");
	sqlite3_reset(q);
	return status == QUELL_OK && *faults == 0 ? check_chunks(s, faults) : status;
}
