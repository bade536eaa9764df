/* SPDX-License-Identifier: Apache-2.0 */
/* quell compare as work cut into chunks: each holds the same patients under every regimen. */
#ifndef QL_SCALE_WORK_COMPARE_H
#define QL_SCALE_WORK_COMPARE_H

#include "scale/work.h"

struct ql_compare_keep { /* rows asked for */
	bool patients, courses;
};

struct ql_compare_work;

/* chunk_patients 0: chosen so that a chunk takes seconds. The specification must stay; its progress is told per
 * patient. Close it whatever is returned. */
enum quell_status ql_compare_work_open(const struct ql_run_spec *spec, struct ql_compare_keep keep,
				       uint64_t chunk_patients, struct ql_diags *ds, struct ql_compare_work **out);
struct ql_work *ql_compare_work(struct ql_compare_work *c);
/* The result behind the JSON, after ql_queue_run() has returned QUELL_OK; the caller's. */
struct ql_compare *ql_compare_work_result(struct ql_compare_work *c);
void ql_compare_work_close(struct ql_compare_work *c);

/* What a run's settings say; texts in `a`. data_dir, threads, lanes, cancel and progress are left as they are. */
enum quell_status ql_compare_settings_read(const char *settings, struct ql_arena *a, struct ql_run_spec *spec,
					   struct ql_compare_keep *keep, uint64_t *chunk_patients);

#endif
