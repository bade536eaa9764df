/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QL_SCALE_QUEUE_PRIVATE_H
#define QL_SCALE_QUEUE_PRIVATE_H

#include "scale/queue.h"

struct ql_queue { /* one call of ql_queue_run at work */
	struct ql_work *work;
	const struct ql_queue_opts *opts;
	struct ql_diags *ds;
	struct ql_queue_report *report;
	struct ql_store *store;
	int64_t run;
	double start;
	bool *done, *taken; /* [chunks]: stored; given to somebody */
	uint64_t n_done, next; /* next: no free chunk before it */
};

struct ql_piece { /* a computed chunk */
	uint64_t chunk;
	enum quell_status status;
	double cpu_s;
	struct ql_buf sum, rows;
};

double ql_wall(void); /* seconds, monotonic */
double ql_cpu_seconds(void); /* of this process */
enum quell_status ql_piece_compute(struct ql_work *w, uint64_t chunk, struct ql_piece *out);
void ql_piece_free(struct ql_piece *p);
/* The next chunk to compute, marked as taken; false: none is free, or the run is to stop. */
bool ql_queue_next(struct ql_queue *q, uint64_t *chunk);
bool ql_queue_cancelled(const struct ql_queue *q);
bool ql_queue_out_of_time(struct ql_queue *q);
enum quell_status ql_queue_put(struct ql_queue *q, struct ql_piece *p, int rank);
void ql_queue_say(const struct ql_queue *q, const char *fmt, ...) QL_PRINTF(2, 3);

/* Many ranks: rank 0 shares out and computes as well; the others compute. */
enum quell_status ql_queue_lead(struct ql_queue *q);
enum quell_status ql_queue_serve(struct ql_queue *q);

#endif
