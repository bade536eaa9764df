/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QL_STUDY_TRIAL_PRIVATE_H
#define QL_STUDY_TRIAL_PRIVATE_H

#include "compare/endpoint.h"
#include "compare/job.h"
#include "compare/tally.h"
#include "study/trial_run.h"

struct ql_trial {
	struct ql_arena arena;
	struct ql_trial_spec spec;
	struct ql_run_spec run;
	struct ql_job job;
	struct ql_trial_info info;
	int first_arm[QL_TRIAL_MAX_ARMS + 1]; /* of the job, per arm of the design */
	int stratum_size[16];                 /* values of each variable */
	struct ql_values v;                   /* one patient's covariates */
	struct ql_endpoint_def *def;
	int n_def;
	struct ql_arena scratch;
	uint64_t n_per_block[QL_TRIAL_MAX_ARMS];
};

struct ql_trial_sum {
	const struct ql_trial *t;
	int n_arm, n_stratum, n_day;
	struct ql_tally arm[QL_TRIAL_MAX_ARMS];
	uint32_t *count; /* [arm][stratum][time][event][day] */
};
uint32_t *ql_trial_count(const struct ql_trial_sum *s, int arm, int stratum, enum ql_trial_time what, int event);

/* id of a patient for random numbers */
static inline uint64_t ql_trial_patient(uint64_t replicate, uint64_t patient) { return replicate << 32 | patient; }

#endif
