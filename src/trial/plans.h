/* SPDX-License-Identifier: Apache-2.0 */
/* Plans and kernels of one run, each made once, when first asked for. */
#ifndef QL_TRIAL_PLANS_H
#define QL_TRIAL_PLANS_H

#include "trial/names.h"

struct ql_planned {
	const char *name;           /* kernel set, or what was asked for */
	struct ql_plan *plan;
	const struct ql_kernel *kernel;
	struct ql_kernel *interpreter; /* the kernel, when none was compiled; owned */
	double *k;                  /* run constants */
	unsigned round;             /* of the parameters that they belong to */
	struct ql_trial_names names;
	enum quell_status status;   /* of making it */
};

struct ql_plans { /* zero-initialise, then set the first five */
	struct ql_model *model;
	const double *param; /* [n_q] typical values that were set, NaN where the model's stands; NULL = none */
	int lanes;           /* 0 = best */
	bool scalar;         /* width 1, for CVODE */
	int native;          /* enum ql_native */
	struct ql_arena arena;
	struct ql_planned **item;
	int n, cap;
	unsigned round;
};

/* The plan for these doses and inputs and what the trial layer itself sets: the smallest kernel set that covers them,
 * else exactly these, under `name`. Not from several threads at once. */
enum quell_status ql_plans_get(struct ql_plans *p, const char *const *active, int n_active, const char *name,
			       struct ql_diags *ds, const struct ql_planned **out);
/* Other typical values for all plans made so far and later; what was got before stays valid. Not while a run goes on. */
void ql_plans_set(struct ql_plans *p, const double *param);
/* The same for a new run: nothing that was got before is used any more, and constants follow when a plan is asked for. */
void ql_plans_begin(struct ql_plans *p, const double *param);
/* After a change of the parameters: run constants of all plans again. */
void ql_plans_constants(struct ql_plans *p);
void ql_plans_free(struct ql_plans *p);

#endif
