/* SPDX-License-Identifier: Apache-2.0 */
/* A pairwise meta-analysis of two treatments with everything that goes with it. */
#ifndef QL_EVIDENCE_PAIRWISE_REPORT_H
#define QL_EVIDENCE_PAIRWISE_REPORT_H

#include "evidence/pairwise.h"
#include <jansson.h>

struct ql_pair_report {
	const char *dataset, *method; /* as asked for: "REML:knha" */
	const struct ql_nma_data *d;
	int treat, comp; /* effects are treat minus comp */
	bool knapp_hartung;
	double level;
	double *y, *v, *weight; /* [studies]; weights at tau2, summing to 1 */
	struct ql_pair_fit fit;
	bool has_tests, has_slope, has_counts;
	struct ql_pair_tests tests;
	struct ql_pair_fit slope; /* with the moderator of the data */
	double mh, mh_se, peto, peto_se;
};

/* d: two treatments, two-arm studies. QL_E0725 if the variance does not converge. */
enum quell_status ql_pair_report_run(const struct ql_nma_data *d, int reference, enum ql_pair_method method,
				     bool knapp_hartung, bool moderator, double level, struct ql_diags *ds,
				     struct ql_pair_report *out);
bool ql_pair_fits(const struct ql_nma_data *d); /* two treatments in two-arm studies? */
/* schema "quell.nma/1" with a member "pairwise"; a new reference. */
json_t *ql_pair_json(const struct ql_pair_report *r);

#endif
