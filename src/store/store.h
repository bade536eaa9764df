/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The results database: an SQLite file with runs, their finished chunks, results and, on request, patients. The schema
 * is documented in docs/store.md and is part of the interface.
 *
 * What ql_store_put_chunk() has returned QUELL_OK for survives the end of the process and of the machine (WAL,
 * synchronous=FULL). One process writes, held by a lock beside the file; any number read. Failures are reported into
 * the list given to ql_store_open().
 */
#ifndef QL_STORE_STORE_H
#define QL_STORE_STORE_H

#include "base/diag.h"

#define QL_STORE_VERSION 3 /* of the schema */

struct ql_store;

enum ql_store_mode {
	QL_STORE_READ,
	QL_STORE_WRITE, /* the lock is taken, an older schema brought up to date */
	QL_STORE_CREATE /* the same, and a missing file is made */
};

/* Close it even after a failure (NULL is fine). */
enum quell_status ql_store_open(const char *path, enum ql_store_mode mode, struct ql_diags *ds, struct ql_store **out);
void ql_store_close(struct ql_store *s);
const char *ql_store_path(const struct ql_store *s);

struct ql_run { /* texts live in the arena that was passed */
	int64_t id;
	const char *kind;          /* "compare", "trial", "sensitivity" */
	const char *settings;      /* canonical JSON: all that the result depends on */
	const char *settings_hash; /* 16 hex digits */
	const char *quell_version, *model_hash, *title, *command;
	const char *created, *finished; /* UTC, ISO 8601; finished NULL while it is not */
	uint64_t seed, units;           /* units: patients times regimens, or evaluations */
	uint64_t chunks, chunks_done;
	uint64_t bytes;                 /* of its chunks */
};

/* Run by number; 0: the latest one that is not finished, or else the latest. QL_E1206 if there is none. */
enum quell_status ql_store_run(struct ql_store *s, int64_t id, struct ql_arena *a, struct ql_run *out);
/* The run with these settings, finished or not; *id = 0: none. */
enum quell_status ql_store_find(struct ql_store *s, const char *settings_hash, const char *settings, int64_t *id);
enum quell_status ql_store_runs(struct ql_store *s, struct ql_arena *a, struct ql_run **run, int *n);
/* schema "quell.runs/1"; the caller's. */
struct json_t *ql_runs_json(const struct ql_run *run, int n);
/* Of r, all but id, created, finished, chunks_done and bytes. */
enum quell_status ql_store_add_run(struct ql_store *s, const struct ql_run *r, int64_t *id);
enum quell_status ql_store_remove_run(struct ql_store *s, int64_t id);
/* JSON text in `a`; NULL while the run is not finished. */
enum quell_status ql_store_result(struct ql_store *s, int64_t id, struct ql_arena *a, const char **json);

struct ql_chunk {
	uint64_t number, first, n; /* patients first .. first+n-1, or evaluations */
	const void *data;
	size_t size;
	int rank;
	double cpu_s;
	/* Adds rows to other tables in the same transaction; may be NULL. */
	enum quell_status (*rows)(void *ctx, struct ql_store *s, int64_t run);
	void *rows_ctx;
};

enum quell_status ql_store_put_chunk(struct ql_store *s, int64_t run, const struct ql_chunk *c);
/* done[chunks]: which are stored. */
enum quell_status ql_store_chunks_done(struct ql_store *s, int64_t run, bool *done, uint64_t chunks);
/* Calls add() for every chunk in order. A chunk whose checksum is wrong is taken out: *damaged says how many were, and
 * then add() has not seen all. */
enum quell_status ql_store_each_chunk(struct ql_store *s, int64_t run,
				      enum quell_status (*add)(void *ctx, const void *data, size_t size), void *ctx,
				      uint64_t *damaged);
/* Result into the run and its tables, in one transaction. */
enum quell_status ql_store_finish(struct ql_store *s, int64_t run, const char *json);
/* A line of the run's log: "started", "resumed", "stopped", "finished", "rank lost". */
enum quell_status ql_store_log(struct ql_store *s, int64_t run, const char *event, const char *fmt, ...) QL_PRINTF(4, 5);
/* SQLite's integrity check and all checksums. *faults 0: sound. Faults are reported as QL_E1204. */
enum quell_status ql_store_check(struct ql_store *s, int *faults);

/* --- within the room and for those who add rows --- */
struct sqlite3;
struct sqlite3_stmt;
struct sqlite3 *ql_store_db(struct ql_store *s);
struct ql_diags *ql_store_diags(struct ql_store *s);
/* Reports what SQLite says and returns the status for it; `doing` completes "cannot ...". */
enum quell_status ql_store_fault(struct ql_store *s, const char *doing);
enum quell_status ql_store_exec(struct ql_store *s, const char *sql, const char *doing);
/* A statement, kept until the store is closed; NULL after a fault that has been reported. */
struct sqlite3_stmt *ql_store_sql(struct ql_store *s, const char *sql);
/* Steps once, resets, and reports a fault. */
enum quell_status ql_store_step(struct ql_store *s, struct sqlite3_stmt *q, const char *doing);

#endif
