/* SPDX-License-Identifier: Apache-2.0 */
/* What a run needs before patients are simulated: model, population, regimens, settings, kernels. */
#ifndef QL_COMPARE_JOB_H
#define QL_COMPARE_JOB_H

#include "compare/compare.h"
#include "compare/draws.h"
#include "compare/whatif.h"
#include "trial/arm.h"
#include "trial/design.h"
#include "trial/plans.h"

struct ql_job_arm {
	struct ql_regimen regimen;
	const struct ql_whatif *whatif; /* NULL: the regimen as it is */
	int base;                       /* arm that the what-if changes; -1 */
	int bounds;                     /* shown arm that this one bounds, see compare/prior.h; -1 */
	int potency;                    /* the parameter by which it does */
	double side;                    /* its value */
	double *param;                  /* [n_q] the job's, or with the what-if's changes */
	struct ql_plans *plans;         /* the job's, or its own where parameters change */
	struct ql_plan *plan; /* these three belong to `plans`, which arms share */
	const struct ql_kernel *kernel;
	double *k;
	int design_arm, design_part; /* with a design */
	struct ql_next_table *crossover; /* its own table of next lines; NULL: that of the job */
};

struct ql_job {
	struct ql_arena arena;
	const struct ql_run_spec *spec;
	struct ql_model *model;
	struct ql_population population;
	double *param, *covariate; /* [n_q] */
	struct ql_draws draws;     /* n = 0: none */
	struct ql_job_arm *arm;
	int n_arm, n_shown; /* the first n_shown are results of their own */
	struct ql_plans plans;
	struct ql_design design;
	bool has_design;
	struct ql_protocol protocol;
	bool has_protocol;
	struct ql_next_table next;
	bool has_next;
	struct ql_values scratch;
	struct ql_warm_kit *kit; /* owns the model and lends the plans; NULL: the job owns them */
};

/* Reads and checks everything, all mistakes at once. Close it whatever is returned. */
enum quell_status ql_job_open(struct ql_job *job, const struct ql_run_spec *spec, struct ql_diags *ds);
void ql_job_close(struct ql_job *job);
/* Private to the job: a regimen of the library as the next arm; the arms of spec->whatif, before and after the slots are
 * filled. */
void ql_job_add_regimen(struct ql_job *job, const char *name, struct ql_diags *ds);
void ql_job_add_whatifs(struct ql_job *job, struct ql_diags *ds);
void ql_job_whatif_numbers(struct ql_job *job, struct ql_diags *ds);
/* Private to the job: plan, kernel and constants of an arm whose regimen and parameters stand. */
enum quell_status ql_job_prepare_arm(struct ql_job *job, struct ql_job_arm *arm, struct ql_diags *ds);
/* After a change of job->param: the constants again of all arms without parameters of their own. */
void ql_job_constants(struct ql_job *job);
/* The parameters of draw d for all arms, what-ifs on top of them. Not while patients are simulated. */
void ql_job_use_draw(struct ql_job *job, int d);
/* Settings of arm i in the form that ql_arm_run takes. */
struct ql_arm_spec ql_job_arm_spec(struct ql_job *job, int i);

#endif
