/* SPDX-License-Identifier: Apache-2.0 */
/* What verbs share that keep their work in a store: options, the run through the queue, what is said about it. */
#ifndef QL_CLI_STORED_H
#define QL_CLI_STORED_H

#include "cli/cli.h"
#include "cli/report.h"
#include "scale/queue.h"
#include "scale/work_compare.h"

struct ql_stored {
	const char *store;
	uint64_t chunk;
	struct ql_words keep;
	const char *max_time;
	bool dry_run;
	double max_s;       /* after ql_stored_finish() */
	const char *expect; /* settings of the run to resume; NULL: any */
};

#define QL_STORED_N_OPT 6
void ql_stored_options(struct ql_stored *s, struct ql_opt *opt);
/* --store and --max-time alone, for `resume`. */
#define QL_RESUME_N_OPT 3
void ql_resume_options(struct ql_stored *s, struct ql_opt *opt);
/* Reads durations and joins the other processes of the job. False: a diagnostic says why; *exit. */
bool ql_stored_finish(struct ql_cli *c, struct ql_stored *s, int *exit);

/* Threads for one of several processes on a machine: 1 unless asked for. */
int ql_stored_threads(const struct ql_cli *c, int asked);
/* Through the queue; says how much was reused, and on a stop how to go on. */
enum quell_status ql_stored_run(struct ql_cli *c, const struct ql_stored *s, struct ql_work *w, struct ql_buf *json,
				struct ql_queue_report *report);
/* Whether the settings are those of the run to resume; if not, says what differs. */
bool ql_stored_expected(struct ql_cli *c, const struct ql_stored *s, const struct ql_work *w);
/* --dry-run: the pilot and what follows from it, on standard output. */
int ql_stored_dry_run(struct ql_cli *c, const struct ql_stored *s, struct ql_work *w, int threads);

struct ql_compare_outputs {
	const char *csv, *figure;
	struct ql_report_files report;
	uint64_t numerics; /* patients solved again at tighter tolerances */
};
#define QL_COMPARE_N_OPT 6
void ql_compare_output_options(struct ql_compare_outputs *o, struct ql_opt *opt);
bool ql_compare_outputs_writable(struct ql_cli *c, struct ql_compare_outputs *o);
/* Says what happened, prints and writes the result; exit status. */
int ql_compare_show(struct ql_cli *c, const struct ql_compare_outputs *o, const struct ql_compare *r, bool cvode);
/* quell compare --store, and quell resume of such a run. */
int ql_compare_stored(struct ql_cli *c, struct ql_run_spec *spec, struct ql_compare_keep keep, const struct ql_stored *s,
		      const struct ql_compare_outputs *o);

#endif
