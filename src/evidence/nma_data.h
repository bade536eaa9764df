/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the network input: rows as read, and effects of arms. */
#ifndef QL_EVIDENCE_NMA_DATA_H
#define QL_EVIDENCE_NMA_DATA_H

#include "evidence/names.h"
#include "evidence/nma.h"

enum ql_row_kind { QL_ROW_CONTRAST, QL_ROW_DIFFERENCE, QL_ROW_ARM };
struct ql_row {
	enum ql_row_kind kind;
	int study, t1, t2;
	double te, se, n1, n2, covariate;
	struct ql_nma_arm observed;
	struct ql_span span;
	const struct ql_trial_row *row;
	bool bad; /* reported already; its study is not built */
};

struct ql_nma_builder {
	struct ql_arena *a;
	struct ql_nma_read_options o;
	enum ql_measure measure;
	struct ql_diags *ds;
	int errors; /* in ds when building began */
	struct ql_names treat, folded, study;
	struct ql_row *row;
	int n_row, cap_row, n_refitted;
	struct ql_span name_span[2]; /* where the treatments of the next row stand; line 0: at the row's own span */
};

/* A row of a table of differences: diff NaN and se of its own mean for the base arm. */
void ql_nma_builder_difference(struct ql_nma_builder *b, const char *study, const char *treat, double diff, double se,
			       double covariate, struct ql_span span);

/* What is wrong with an arm for this measure, in words, or NULL. */
const char *ql_arm_fault(enum ql_measure m, const struct ql_nma_arm *x);
/* y and s of a study from its observed arms; false (with a note) if the study carries no information. */
bool ql_arm_effects(struct ql_nma_data *d, struct ql_nma_study *st, const struct ql_nma_read_options *o);

#endif
