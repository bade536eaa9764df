/* SPDX-License-Identifier: Apache-2.0 */
/* Runs work chunk by chunk through a store, on one process or many. */
#ifndef QL_SCALE_QUEUE_H
#define QL_SCALE_QUEUE_H

#include "scale/team.h"
#include "scale/work.h"

struct ql_queue_opts {
	const char *store;     /* path */
	const char *command;   /* as typed, for the list of runs */
	double max_s;          /* stop at a chunk's end before this much time has passed; 0 = no limit */
	volatile const int *cancel;
	void (*progress)(void *ctx, uint64_t done, uint64_t total);
	/* Something that people should know at once: "rank 3 was lost, its chunk 17 is run again". */
	void (*say)(void *ctx, const char *text);
	void *ctx;
	struct ql_team *team;  /* NULL: this process alone */
};

struct ql_queue_report {
	int64_t run;
	uint64_t chunks, reused, computed;
	uint64_t damaged; /* of the reused: computed again */
	int lost_ranks;
	bool out_of_time;
	double wall_s;
};

/* Takes up the run with these settings, or adds it; computes what is missing; result as JSON. QUELL_ERR_INTERRUPTED:
 * stopped by a signal or by max_s; finished chunks are stored. On ranks above 0: works for rank 0 until told to stop,
 * *json stays empty. */
enum quell_status ql_queue_run(struct ql_work *w, const struct ql_queue_opts *o, struct ql_diags *ds, struct ql_buf *json,
			       struct ql_queue_report *report);

#endif
