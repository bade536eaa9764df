/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the evidence table by what they say. */
#ifndef QL_EVIDENCE_FIND_H
#define QL_EVIDENCE_FIND_H

#include "evidence/table.h"
#include <jansson.h>

struct ql_evidence_filter { /* NULL and false: anything. Words without regard to case. */
	const char *trial, *line, *treatment, *endpoint, *subgroup, *role; /* endpoint: or how it begins */
	const char *word; /* anywhere in a row */
	bool verified, recalled;
};
/* Fills out[e->n_row]; returns how many. */
int ql_evidence_find(const struct ql_evidence *e, const struct ql_evidence_filter *f, const struct ql_trial_row **out);

/* Line of evidence/trials.csv. */
int ql_row_number(const struct ql_trial_row *r);
json_t *ql_row_json(const struct ql_evidence *e, const struct ql_trial_row *r);
/* schema "quell.evidence/1", a new reference. */
json_t *ql_rows_json(const struct ql_evidence *e, const struct ql_trial_row *const *row, int n);

#endif
