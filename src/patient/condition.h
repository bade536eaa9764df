/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conditions on covariates: who may enter a trial, who gets which regimen.
 *
 *	- {covariate: age, min: 65}
 *	- {covariate: tp53, is: 0}
 *	- any:
 *	    - {covariate: age, min: 65}
 *	    - {covariate: crcl, max: 70}
 *
 * A list holds when all of its members hold; limits belong to the range.
 */
#ifndef QL_PATIENT_CONDITION_H
#define QL_PATIENT_CONDITION_H

#include "emit/plan.h"

struct ql_yaml;

enum ql_condition_kind { QL_COND_RANGE, QL_COND_ALL, QL_COND_ANY };

struct ql_condition {
	enum ql_condition_kind kind;
	int q;         /* range: covariate */
	double lo, hi; /* range, both limits included; -INFINITY, INFINITY where open */
	int n;         /* all, any */
	struct ql_condition *child;
	struct ql_span span;
	const char *source, *grade; /* NULL where the file gives none */
};

/* Reads a list of conditions (all must hold). NULL after a mistake, which was reported. */
struct ql_condition *ql_condition_read(const struct ql_model *m, const struct ql_yaml *y, struct ql_arena *a,
				       struct ql_diags *ds);
/* NULL holds. Conditions on covariates of `fixed` (not NaN) hold whatever their value: who sets a covariate for every
 * patient has decided. fixed may be NULL. */
bool ql_condition_holds(const struct ql_condition *c, const double *q, const double *fixed);
/* Both; either may be NULL. */
const struct ql_condition *ql_condition_and(const struct ql_condition *a, const struct ql_condition *b,
					    struct ql_arena *arena);

#endif
