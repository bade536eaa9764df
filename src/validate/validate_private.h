/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QL_VALIDATE_VALIDATE_PRIVATE_H
#define QL_VALIDATE_VALIDATE_PRIVATE_H

#include "validate/validate.h"
#include <stdatomic.h>

struct cohort {
	int design, arm;
	const struct ql_condition *subgroup;
	const char *name; /* of the subgroup; "" = all */
	struct ql_cohort_records records;
};

struct planned { /* how a row is simulated */
	struct ql_validated *item;
	int design, a, b; /* arms; b: comparator, -1 = none */
	const struct ql_condition *subgroup;
	double share; /* of the arm's patients in the subgroup */
	int cohort[2];
};

struct validation { /* one call at work */
	const struct ql_validate_spec *spec;
	struct ql_diags *ds;
	struct ql_validation *v;
	struct planned *planned; /* [n_item] */
	struct cohort *cohort;
	int n_cohort;
	struct ql_arena *scratch; /* two per thread */
	int n_scratch;
	atomic_int next;
	bool (*wanted)(const struct ql_validated *x); /* NULL: every row that can be simulated */
};

/* Designs, rows and cohorts, before anything is simulated. */
enum quell_status ql_validation_prepare(struct validation *k);
/* Simulates every cohort again, under the panel's present parameters. */
enum quell_status ql_validation_simulate(struct validation *k);
enum quell_status ql_validation_predict(struct validation *k);
void ql_validation_clean(struct validation *k);

void ql_validation_score(struct ql_validation *v);
/* Fills `network` of the items. */
enum quell_status ql_validation_evidence(struct validation *k);

#endif
