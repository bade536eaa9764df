/* SPDX-License-Identifier: Apache-2.0 */
/* What a run needs before patients are simulated: model, population, regimens, settings, kernels. */
#ifndef QL_DECIDE_JOB_H
#define QL_DECIDE_JOB_H

#include "decide/compare.h"
#include "trial/arm.h"
#include "trial/plans.h"

struct ql_job_arm {
	struct ql_regimen regimen;
	struct ql_plan *plan; /* these three belong to `plans`, which arms share */
	const struct ql_kernel *kernel;
	double *k;
};

struct ql_job {
	struct ql_arena arena;
	const struct ql_run_spec *spec;
	struct ql_model *model;
	struct ql_population population;
	double *param, *covariate; /* [n_q] */
	struct ql_job_arm *arm;
	int n_arm;
	struct ql_plans plans;
	struct ql_protocol protocol;
	bool has_protocol;
	struct ql_next_table next;
	bool has_next;
	struct ql_values scratch;
};

/* Reads and checks everything, all mistakes at once. Close it whatever is returned. */
enum quell_status ql_job_open(struct ql_job *job, const struct ql_run_spec *spec, struct ql_diags *ds);
void ql_job_close(struct ql_job *job);
/* Settings of arm i in the form that ql_arm_run takes. */
struct ql_arm_spec ql_job_arm_spec(struct ql_job *job, int i);

#endif
