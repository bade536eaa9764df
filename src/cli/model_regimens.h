/* SPDX-License-Identifier: Apache-2.0 */
/* What is left of the states for each regimen of the library, for `quell model show`. */
#ifndef QL_CLI_MODEL_REGIMENS_H
#define QL_CLI_MODEL_REGIMENS_H

#include "cli/cli.h"
#include "lang/model.h"

struct ql_regimen_size {
	const char *id;
	const char **active; /* doses and inputs, with `protocol` */
	int n_active;
	int states, jacobian, factors; /* for this regimen alone */
	double operations;             /* floating-point operations of one step of the integrator */
	const char *kernel;            /* the kernel set that a run takes; NULL: planned exactly and interpreted */
};
struct ql_regimen_sizes {
	struct ql_regimen_size *item;
	int n;
	double full; /* operations of a step with everything active */
};

int ql_model_plan_size(struct ql_cli *c, struct ql_model *m, const char *name, const char *const *active, int n_active, int *jacobian,
		       int *factors, double *operations);
/* Of the shipped model; an empty list if the library cannot be read. */
struct ql_regimen_sizes ql_model_regimen_sizes(struct ql_cli *c, struct ql_model *m);
/* One line per set of doses and inputs, with the regimens that use it. */
void ql_model_regimens_text(struct ql_cli *c, const struct ql_regimen_sizes *s);
json_t *ql_model_regimens_json(const struct ql_regimen_sizes *s);

#endif
