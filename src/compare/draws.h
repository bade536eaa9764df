/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Draws from the posterior of the parameters: a CSV file with a column per
 * parameter (full name) and a row per draw, all of equal weight. Read once;
 * comparison, trials and validation take their patients or replicates from
 * them in turn.
 */
#ifndef QL_COMPARE_DRAWS_H
#define QL_COMPARE_DRAWS_H

#include "base/diag.h"
#include "lang/model.h"

#define QL_DRAWS_SHIPPED "posterior" /* the name of library/posterior/draws.csv */
#define QL_DRAWS_MOST 255
#define QL_DRAWS_PATIENTS 40 /* per draw; with fewer the spread of parameters is hard to tell from chance */

struct ql_draws {
	int n, n_parameter;
	double **param;   /* [n][n_q]; NaN where the model's value stands */
	const char *name; /* as asked for */
	uint64_t hash;    /* of the file */
};

/* name: QL_DRAWS_SHIPPED or a path. most: the first so many rows, 0 = all. own [n_q]: values that the user set, NaN where
 * not; they win over the file. Lives in `a`. */
enum quell_status ql_draws_load(const struct ql_model *m, const char *data_dir, const char *name, int most, const double *own,
				struct ql_arena *a, struct ql_diags *ds, struct ql_draws *out);

#endif
