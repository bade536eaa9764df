/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A trial's patients as CDISC ADaM-style data sets in CSV: ADSL, ADTTE, ADRS,
 * ADAE, ADLB. docs/trials.md lists their columns. Rows are written chunk by
 * chunk; files appear under their names when all are complete.
 */
#ifndef QL_STUDY_ADAM_H
#define QL_STUDY_ADAM_H

#include "study/trial_run.h"

#define QL_ADAM_MOST 1000000u /* patients */

struct ql_adam;
/* Into an existing folder; nothing is left behind unless ql_adam_commit is reached. */
enum quell_status ql_adam_open(const struct ql_trial *t, const char *dir, struct ql_diags *ds, struct ql_adam **out);
/* For ql_trial_chunk: collects the visits of the chunk. */
void ql_adam_visit(void *adam, uint64_t patient, double day, const double *lab);
/* Rows of a finished chunk. */
void ql_adam_add(struct ql_adam *a, uint64_t replicate, uint64_t first, uint64_t n, const struct ql_patient_record *record);
enum quell_status ql_adam_commit(struct ql_adam *a, struct ql_diags *ds);
void ql_adam_free(struct ql_adam *a); /* abandons what was not committed */

/* One trial from its first patient to its last, into *sum; QUELL_ERR_INTERRUPTED with what there is. */
struct ql_trial_once {
	const char *adam; /* folder of data sets; NULL: none */
	void (*progress)(void *ctx, uint64_t done, uint64_t total);
	void *progress_ctx;
};
enum quell_status ql_trial_once(struct ql_trial *t, const struct ql_trial_once *how, struct ql_trial_sum *sum, struct ql_diags *ds);

#endif
