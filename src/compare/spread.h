/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parameter uncertainty of a comparison. Patients are shared out over the
 * parameter draws, so estimates of all patients are means over the posterior.
 * What draws differ by beyond chance is the parameter variance:
 *
 *	B = max(0, S^2 - V * n * mean(1/n_d)) / (1 - mean(1/n_d))
 *
 * with S^2 the variance of the draws' own estimates, V the variance by chance
 * of the estimate of all n patients, n_d the patients of a draw. Intervals
 * are then estimate +- t * sqrt(B + V), t of Student's distribution with
 * draws - 1 degrees of freedom, on the scale of the logit for shares and of
 * the logarithm for times and rates; those of medians are read off the
 * limits of their curve.
 */
#ifndef QL_COMPARE_SPREAD_H
#define QL_COMPARE_SPREAD_H

#include "compare/endpoint.h"

struct ql_summary;

struct ql_spread { /* arms of one comparison */
	const struct ql_summary *sum;
	const double *response_day; /* [n_arm] */
	struct ql_arena *scratch;   /* emptied after use */
};

/* Widens what was estimated from all patients. `all`: the cohort that did it. */
void ql_spread_endpoint(const struct ql_spread *s, int arm, const struct ql_cohort *all, const struct ql_endpoint_def *def,
			struct ql_endpoint *out);
void ql_spread_curve(const struct ql_spread *s, int arm, enum ql_measure rate, struct ql_curve *out);
void ql_spread_contrast(const struct ql_spread *s, int a, int b, const struct ql_endpoint_def *def, struct ql_contrast *out);

#endif
