/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the public interface: verbs that keep their work in a store. */
#ifndef QL_API_STORED_H
#define QL_API_STORED_H

#include "api/tables.h"
#include "scale/queue.h"
#include "scale/work_compare.h"
#include "scale/work_sensitivity.h"
#include "scale/work_trial.h"
#include "study/trial_json.h"

struct ql_api_store {
	const char *path; /* NULL: none */
	double max_s;
	uint64_t chunk;
	bool keep_patients, keep_courses;
	const char *expect; /* settings of the run to resume; NULL: any */
};
/* `store`, `max-time`, and where the verb has them `keep` and `chunk`. */
enum quell_status ql_api_store_options(struct ql_api_run *r, struct ql_api_store *out);
/* Through the queue: r->json, and the table `stored`. */
enum quell_status ql_api_stored(struct ql_api_run *r, const struct ql_api_store *o, struct ql_work *w);

/* What `compare`, `trial` and `sensitivity` do once their options are read; `resume` reads them from the store. The run
 * functions free what they open. */
struct ql_api_compare {
	struct ql_api_run *r;
	struct ql_run_spec spec;
	struct ql_api_store store;
	struct ql_compare_keep keep;
	struct ql_compare *c;
	struct ql_compare_work *work;
};
enum quell_status ql_api_compare_run(struct ql_api_compare *w);

struct ql_api_trial_job {
	struct ql_api_run *r;
	struct ql_trial_spec spec;
	struct ql_power_spec power;
	struct ql_api_store store;
	bool keep_patients;
	const char *adam;
	struct ql_trial *t;
	struct ql_trial_sum *sum;
	struct ql_trial_work *work;
};
enum quell_status ql_api_trial_run(struct ql_api_trial_job *w);

struct ql_api_sensitivity_job {
	struct ql_api_run *r;
	struct ql_run_spec run;
	struct ql_sensitivity_spec spec; /* its run: &run */
	struct ql_api_store store;
	struct ql_sensitivity_work *work;
};
enum quell_status ql_api_sensitivity_run(struct ql_api_sensitivity_job *w);

#endif
