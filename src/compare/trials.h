/* SPDX-License-Identifier: Apache-2.0 */
/* A comparison's hazard ratios beside what trials say of the same pairs. */
#ifndef QL_COMPARE_TRIALS_H
#define QL_COMPARE_TRIALS_H

#include "compare/compare.h"
#include "evidence/table.h"

struct ql_trials;
/* Networks of progression-free survival for a line of treatment (rows that are verified), in `a`. */
enum quell_status ql_trials_open(const char *data_dir, const struct ql_evidence *e, const char *line, struct ql_arena *a,
				 struct ql_diags *ds, struct ql_trials **out);
/* Names of a regimen in the evidence, and the simulated hazard ratio of a over b (NaN: not simulated). */
struct ql_trial_regimen {
	const char *const *treatment;
	int n_treatment;
};
const struct ql_trial_evidence *ql_trials_beside(struct ql_trials *t, struct ql_trial_regimen a,
						 struct ql_trial_regimen b, struct ql_ratio simulated);

#endif
