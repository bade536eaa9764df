/* SPDX-License-Identifier: Apache-2.0 */
/* quell trial run as work cut into chunks of whole allocation blocks. */
#ifndef QL_SCALE_WORK_TRIAL_H
#define QL_SCALE_WORK_TRIAL_H

#include "scale/work.h"
#include "study/trial_json.h"

struct ql_trial_work;

/* chunk_patients 0: chosen so that a chunk takes seconds; rounded up to whole blocks. The specification must stay. Close
 * it whatever is returned. */
enum quell_status ql_trial_work_open(const struct ql_trial_spec *spec, double alpha, bool keep_patients,
				     uint64_t chunk_patients, struct ql_diags *ds, struct ql_trial_work **out);
struct ql_work *ql_trial_work(struct ql_trial_work *w);
/* What the JSON was made from, after ql_queue_run() has returned QUELL_OK; live as long as the work. */
const struct ql_trial *ql_trial_work_trial(const struct ql_trial_work *w);
const struct ql_trial_sum *ql_trial_work_sum(const struct ql_trial_work *w);
const struct ql_trial_result *ql_trial_work_result(const struct ql_trial_work *w);
void ql_trial_work_close(struct ql_trial_work *w);

/* From a run's settings; texts in `a`. data_dir, threads, lanes and cancel are left as they are. */
enum quell_status ql_trial_settings_read(const char *settings, struct ql_arena *a, struct ql_trial_spec *spec,
					 double *alpha, bool *keep_patients, uint64_t *chunk_patients);

#endif
