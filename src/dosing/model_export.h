/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A model for another program: SBML, rxode2 or mrgsolve, at typical values
 * (all random effects 0), with numbers by which the recipient can check that
 * it arrived: the model's outputs as quell itself computes them.
 */
#ifndef QL_DOSING_MODEL_EXPORT_H
#define QL_DOSING_MODEL_EXPORT_H

#include "dosing/dataset.h"

enum ql_export_format { QL_FORMAT_SBML, QL_FORMAT_RXODE2, QL_FORMAT_MRGSOLVE };

struct ql_model_export {
	struct ql_model *model; /* gains nodes */
	enum ql_export_format format;
	const char *data;       /* path of a data set whose first subject's doses go along; NULL: none */
	const double *param;    /* [n_q] values of QL_PARAM and QL_AGENT, NaN = the model's; or NULL */
	double end;             /* of the expected numbers without data; 0 = 100 */
	double rtol;            /* of the expected numbers, 0 = 1e-10 */
	volatile const int *cancel;
};

/* `text`: the file. `expected`: CSV, time and outputs; the same numbers are comments of rxode2 and mrgsolve files. */
enum quell_status ql_model_export(const struct ql_model_export *x, struct ql_arena *a, struct ql_diags *ds, struct ql_buf *text,
				  struct ql_buf *expected);

#endif
