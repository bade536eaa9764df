/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a trial of n patients would report: cohorts are resampled to the
 * trial's size, observed as its data cut saw them (entry, cut, loss), and
 * estimated as trials estimate; a trial effect is added on the scale of the
 * estimate. Quantiles over replicates are the prediction interval.
 */
#ifndef QL_DECIDE_PREDICT_H
#define QL_DECIDE_PREDICT_H

#include "decide/panel.h"
#include "decide/target.h"

#define QL_LEVELS 3
extern const double ql_level[QL_LEVELS]; /* 0.50, 0.80, 0.95 */

struct ql_prediction_spec {
	const struct ql_target *target;
	const struct ql_cohort_records *a, *b; /* b: the comparator of a hazard ratio */
	uint64_t n_a, n_b;                     /* patients of the trial */
	double median_follow_day, accrual_day, dropout_per_year;
	double trial_sd; /* of the trial effect, on the scale below */
	int replicates, blocks; /* blocks: parameter draws in the cohorts; a replicate takes patients of one */
	uint64_t key;    /* of its random numbers */
	struct ql_arena *scratch; /* [2], emptied after use; the caller's, so that they are freed whatever happens */
};

struct ql_prediction {
	double estimate; /* of all simulated patients; INFINITY: not reached; NaN: cannot be had */
	double lower[QL_LEVELS], upper[QL_LEVELS];
	double scaled, variance; /* estimate and its sampling variance at the trial's size on the scale: logit of shares
				  * and rates, logarithm of medians and ratios; without trial effect */
	int n_missing;   /* replicates that could not be estimated */
};

void ql_predict(const struct ql_prediction_spec *s, struct ql_prediction *out);
/* A published value on the scale of its target; n: patients (shares and rates). */
double ql_target_scaled(const struct ql_target *t, double value, double n);
double ql_target_unscaled(const struct ql_target *t, double y, double n);

#endif
