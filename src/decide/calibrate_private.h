/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QL_DECIDE_CALIBRATE_PRIVATE_H
#define QL_DECIDE_CALIBRATE_PRIVATE_H

#include "decide/calibrate.h"
#include "decide/validate_private.h"
#include <stdio.h>

struct evaluation {
	uint64_t key;
	double *y;
};

struct calibration { /* one call at work; theta: logarithms of parameters over their start */
	const struct ql_calibrate_spec *spec;
	struct ql_diags *ds;
	struct ql_calibration *c;
	struct validation rows;
	double *param;              /* [n_q] */
	double *published, *variance; /* [n_target], on the scale */
	struct evaluation *known;
	int n_known, cap_known;
	FILE *log;
	double *jacobian;           /* [n_target][n_parameter] */
	double *covariance, *factor, *gradient, *trial_point, *y_up, *y_down;
};

#endif
