/* SPDX-License-Identifier: Apache-2.0 */
/* What a run needs before patients are simulated: model, population, regimens, settings, kernels. */
#ifndef QL_DECIDE_JOB_H
#define QL_DECIDE_JOB_H

#include "decide/compare.h"
#include "trial/arm.h"

struct ql_job_arm {
	struct ql_regimen regimen;
	struct ql_plan *plan; /* one per kernel set; shared between arms */
	bool owns_plan;
	const struct ql_kernel *kernel;
	struct ql_kernel *interpreter; /* kernel when none was compiled; owned */
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
	struct ql_values scratch;
};

/* Reads and checks everything, all mistakes at once. Close it whatever is returned. */
enum quell_status ql_job_open(struct ql_job *job, const struct ql_run_spec *spec, struct ql_diags *ds);
void ql_job_close(struct ql_job *job);
/* Settings of arm i in the form that ql_arm_run takes. */
struct ql_arm_spec ql_job_arm_spec(const struct ql_job *job, int i);

#endif
