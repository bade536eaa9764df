/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Products that no patient with CLL has fixed. Their agent rows say how
 * doubtful the product's own kill and growth are (kill_prior, grow_prior: log
 * standard deviations of numbers that all patients share). A comparison
 * simulates such a regimen three times, as typed and with the parameter
 * `potency` of the slot at both limits of 95 %, and its intervals hold all
 * three. Kill and growth move together, which gives the widest interval.
 */
#ifndef QL_COMPARE_PRIOR_H
#define QL_COMPARE_PRIOR_H

#include "compare/job.h"

/* Appends two arms per shown arm with such a product, unless potency is set. */
enum quell_status ql_job_add_bounds(struct ql_job *job, struct ql_diags *ds);
/* The prior of a shown arm, in `a`; NULL: none. */
const struct ql_prior *ql_job_prior(const struct ql_job *job, int arm, struct ql_arena *a);
/* Make the intervals of the first hold those of the second. */
void ql_prior_widen_endpoint(struct ql_endpoint *e, const struct ql_endpoint *bound);
void ql_prior_widen_curve(struct ql_curve *c, const struct ql_curve *bound);
void ql_prior_widen_contrast(struct ql_contrast *x, const struct ql_contrast *bound);

#endif
