/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Work cut into chunks: what a long job looks like to the queue. A chunk's bytes depend on the settings and its number
 * only, never on what ran before, where or with how many threads; so chunks may be computed anywhere, in any order,
 * twice, and kept. The result is made from all of them, added in order.
 *
 * To bring a new kind of job: fill a struct ql_work (src/scale/work_compare.c shows how) and give it to ql_queue_run().
 */
#ifndef QL_SCALE_WORK_H
#define QL_SCALE_WORK_H

#include "compare/compare.h"
#include "store/store.h"

struct ql_work {
	const char *kind, *title;   /* "compare"; one line for lists */
	const char *settings;       /* canonical JSON (ql_json_write): all that the result depends on */
	uint64_t model_hash, seed;
	uint64_t units, chunks;     /* units: patients times regimens, or evaluations; shown as progress */
	const char *unit_name;
	void *self;
	/* First item and number of items of a chunk. */
	void (*span)(void *self, uint64_t chunk, uint64_t *first, uint64_t *n);
	/* Computes a chunk: what is added up, and rows for tables (left empty unless asked for). QUELL_ERR_INTERRUPTED
	 * after a cancel. Called from one thread at a time, which need not be that of the other functions. */
	enum quell_status (*run)(void *self, uint64_t chunk, struct ql_buf *sum, struct ql_buf *rows);
	/* Forgets what was added. */
	enum quell_status (*restart)(void *self);
	/* Adds a chunk's `sum`; in order of chunks. QUELL_ERR_INPUT: not such bytes. */
	enum quell_status (*add)(void *self, const void *sum, size_t size);
	/* The result as JSON, once all were added. */
	enum quell_status (*finish)(void *self, struct ql_buf *json);
	/* Puts a chunk's `rows` into tables; NULL if the kind has none. */
	enum quell_status (*keep)(void *self, const void *rows, size_t size, struct ql_store *s, int64_t run);
	/* For --dry-run: seconds of processor, stored bytes and bytes of memory that the whole will take. */
	enum quell_status (*estimate)(void *self, double *cpu_s, double *disk, double *memory);
	uint64_t done_units;        /* set by the queue: finished before this chunk */
};

/* Whether the settings are those of a run to resume; if not, QL_E1207 says what differs. */
bool ql_work_expected(const struct ql_work *w, const char *expect, const char *store, struct ql_diags *ds);
/* "90", "30m", "12h", "2d" as seconds; false: no duration. */
bool ql_duration_parse(const char *text, double *out);

#endif
