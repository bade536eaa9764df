/* SPDX-License-Identifier: Apache-2.0 */
/* Private to dosing: covariates that change along a straight line during a run. */
#ifndef QL_DOSING_VARY_H
#define QL_DOSING_VARY_H

#include "lang/model.h"

/* A covariate as base + slope*(t - from), three hidden inputs. */
struct ql_vary {
	int covariate, base, slope, from; /* quantities */
};

/* Adds the inputs and rewrites rates, lets, outputs and triggers to use the line; initial values, dose parameters and
 * draws keep the covariate itself. Parameters whose typical value depends on the covariate follow it, unless
 * `is_set` says that the caller fixes them. v[n] has `covariate` filled in. */
void ql_vary_covariates(struct ql_model *m, struct ql_vary *v, int n, const double *is_set);

#endif
