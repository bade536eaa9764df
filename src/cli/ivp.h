/* SPDX-License-Identifier: Apache-2.0 */
/* Initial value problems from a reference file: equations as text, solved by the interpreter and the own integrator. */
#ifndef QL_CLI_IVP_H
#define QL_CLI_IVP_H

#include "base/diag.h"
#include "ode/ode.h"
#include <jansson.h>

struct ql_ivp_problem {
	const char *name, *file;
	int n, n_time;
	const char **state, **rate; /* names, and right-hand sides as text */
	double *y0, *scale, *time;
	double t0;
};

/* Problem `name` of the file; mistakes become diagnostics. Everything lives in `a`. */
enum quell_status ql_ivp_read(struct ql_arena *a, const char *path, const char *name, struct ql_diags *ds,
			      struct ql_ivp_problem *out);
/* States at all times, y[time*n + state], with atol = rtol*scale. */
enum quell_status ql_ivp_solve(const struct ql_ivp_problem *p, double rtol, enum ql_method method,
			       struct ql_arena *a, struct ql_diags *ds, double **y);
/* {"problem", "rtol", "t", "y"} */
json_t *ql_ivp_result(const struct ql_ivp_problem *p, double rtol, const double *y);

#endif
