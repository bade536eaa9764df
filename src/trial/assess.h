/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Response and progression by iwCLL 2018 as far as the states carry it
 * (Hallek 2018 Blood 131:2745, doi 10.1182/blood-2017-09-806398), CT staging.
 * Haemoglobin, platelets and biopsy are not simulated: one Bernoulli stands for
 * them (trial/rules.h). NaN in a reading: that item is not judged.
 */
#ifndef QL_TRIAL_ASSESS_H
#define QL_TRIAL_ASSESS_H

#include "trial/arm.h"

struct ql_reading { /* what a visit sees */
	double day;
	double alc;      /* 1e9/L */
	double spd;      /* cm2, six target nodes */
	double diameter; /* cm, largest node */
	double spleen;   /* cm, length */
	double marrow;   /* share of CLL cells */
	double anc;      /* 1e9/L */
	bool waiver;     /* BTK or PI3K inhibitor on board: lymphocytosis is redistribution */
};

struct ql_nadir { /* lowest so far, baseline included */
	double alc, spd, spleen;
};

void ql_nadir_start(struct ql_nadir *n, const struct ql_reading *baseline);
void ql_nadir_update(struct ql_nadir *n, const struct ql_reading *r);
bool ql_assess_progression(const struct ql_reading *r, const struct ql_nadir *n);
/* PD is not looked for here. `confirmed`: the items that are not simulated allow a complete remission. */
enum ql_response ql_assess_response(const struct ql_reading *r, const struct ql_reading *baseline, bool confirmed);

#endif
