/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the evidence table to a network: which row of which cut enters, and why
 * the others do not.
 *
 * One cut per trial and endpoint: the latest one with limits whose rows are
 * verified (or any, if recalled rows are asked for). Standard errors come from
 * the printed limits and their level. Left out: prognostic rows, subgroups
 * (except the stratum of the line in a trial of both lines), rows without
 * limits, and rows whose note says that they must not be pooled or that they
 * rest on a subset.
 */
#ifndef QL_EVIDENCE_SELECT_H
#define QL_EVIDENCE_SELECT_H

#include "evidence/nma.h"

enum ql_row_fate {
	QL_USED,
	QL_RECALLED, /* not verified */
	QL_NO_LIMITS,
	QL_EARLIER_CUT, /* a later cut of the trial is used */
	QL_SUBGROUP,
	QL_NOT_POOLED,   /* its note forbids it */
	QL_EXCLUDED,     /* on request */
	QL_SAME_CONTRAST /* the cut gives this contrast twice */
};
const char *ql_row_fate_text(enum ql_row_fate f);

struct ql_selection_options {
	const char *endpoint;       /* "PFS_HR" */
	const char *line;           /* "1L", "RR", ... */
	bool recalled;              /* rows that are not verified may enter */
	const char *const *exclude; /* trials */
	int n_exclude;
	const char *const *cut; /* "TRIAL=CITE": this publication instead of the latest */
	int n_cut;
};
struct ql_selected {
	const struct ql_trial_row *row;
	enum ql_row_fate fate;
	double te, se;   /* log hazard ratio; NaN without limits */
	bool asymmetric; /* limits lie off centre by more than a quarter of a standard error (log scale) */
};
struct ql_selection {
	struct ql_selected *item; /* every row of the endpoint and line, in the order of the table */
	int n, n_used;
	struct ql_nma_data *data;
};
/* QL_E0726 if nothing is left. Everything lives in a. */
enum quell_status ql_evidence_select(const struct ql_evidence *e, const struct ql_selection_options *o,
				     struct ql_arena *a, struct ql_diags *ds, struct ql_selection *out);
/* "pfs" -> "PFS_HR", "1" -> "1L"; NULL if unknown. */
const char *ql_selection_endpoint(const char *word);
const char *ql_selection_line(const char *word);

#endif
