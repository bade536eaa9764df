/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QL_VALIDATE_CALIBRATE_PRIVATE_H
#define QL_VALIDATE_CALIBRATE_PRIVATE_H

#include "validate/calibrate.h"
#include "validate/validate_private.h"
#include <stdio.h>

struct evaluation {
	uint64_t key;
	double *y;
};

struct point { /* theta and what came of it */
	double *theta, *y;
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
	struct point *point; /* every evaluation of this run, in order */
	int n_point;
	FILE *log;
	double *jacobian;           /* [n_target][n_parameter] */
	double *covariance, *factor, *gradient, *trial_point, *y_up, *y_down;
};

enum quell_status ql_calibration_evaluate(struct calibration *k, const double *theta, double *y);
double ql_calibration_log_posterior(const struct calibration *k, const double *theta, const double *y);
/* Lower Cholesky factor of an n by n matrix. */
void ql_calibration_cholesky(const double *a, int n, double *l);
void ql_calibration_tell(struct calibration *k, const char *what, int done, int total);

/* Draws about the mode; `covariance` is that of the normal approximation before and of the draws after. */
enum quell_status ql_calibration_sample(struct calibration *k, const double *mode);

#endif
