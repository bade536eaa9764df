/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far the model may be off in the outcomes that the ranking weighs: from
 * the distance of simulated from published figures of calibration arms, by
 * class of the regimen (library/validation/model_error.csv, written by
 * tools/model_error.py). No validation trial enters.
 */
#ifndef QL_DECIDE_MODEL_ERROR_H
#define QL_DECIDE_MODEL_ERROR_H

#include "decide/smaa.h"
#include "dosing/regimen.h"

struct ql_error_row {
	const char *measure, *class; /* "all": any class */
	double sd;
	long arms;
};
struct ql_model_errors {
	struct ql_error_row *row;
	int n_row;
};

/* Without the file: no rows, and everything is assumed. */
enum quell_status ql_model_errors_load(const char *data_dir, struct ql_arena *a, struct ql_diags *ds, struct ql_model_errors *out);
/* Standard deviations of one regimen's errors, by criterion; arms[k]: calibration arms behind it, 0: assumed. Fewer than
 * five arms may raise what is assumed, not lower it. The error of quality-adjusted years is a tenth of that of survival
 * (assumed). */
void ql_model_errors_of(const struct ql_model_errors *m, const struct ql_regimen *g, double *sd, int *arms);

#endif
