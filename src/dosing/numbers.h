/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that a run sets in a model: parameters by NAME=VALUE, and the agent rows of its slots by SLOT=ROW. */
#ifndef QL_DOSING_NUMBERS_H
#define QL_DOSING_NUMBERS_H

#include "lang/model.h"

struct ql_numbers {
	const char *data_dir;     /* NULL: looked up when an agent row is needed */
	const char *const *set;   /* "NAME=VALUE": a parameter */
	int n_set;
	const char *const *agent; /* "SLOT=NAME": rows of library/agents in place of the model's defaults */
	int n_agent;
	struct ql_span (*at)(const void *ctx, const char *text); /* where such a text was given; NULL: "command line" */
	const void *at_ctx;
};

/* param[n_q]: NaN where the model's own value holds. All mistakes become diagnostics, and QUELL_ERR_INPUT. */
enum quell_status ql_numbers_read(const struct ql_numbers *x, const struct ql_model *m, double *param, struct ql_arena *a,
				  struct ql_diags *ds);

#endif
