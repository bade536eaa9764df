/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a trial of n patients would report: cohorts are resampled to the
 * trial's size, observed as its data cut saw them (entry, cut, loss), and
 * estimated as trials estimate; a trial effect is added. What is read off a
 * curve (rates, medians, hazard ratios, shares of the living) takes it on the
 * logarithm of the cumulative hazard, so that all of them move together;
 * other shares take it on the logit. Quantiles over replicates are the prediction interval.
 */
#ifndef QL_VALIDATE_PREDICT_H
#define QL_VALIDATE_PREDICT_H

#include "validate/panel.h"
#include "validate/target.h"

#define QL_LEVELS 3
extern const double ql_level[QL_LEVELS]; /* 0.50, 0.80, 0.95 */

/* Standard deviations of the trial effect. */
struct ql_trial_sds {
	double hazard_trial; /* logarithm of the cumulative hazard: all arms of a trial */
	double hazard_arm;   /* and of each arm by itself: what hazard ratios feel */
	double share;        /* logit of a share that is read off no curve */
};

struct ql_prediction_spec {
	const struct ql_target *target;
	const struct ql_cohort_records *a, *b; /* b: the comparator of a hazard ratio */
	uint64_t n_a, n_b;                     /* patients of the trial */
	double median_follow_day, accrual_day, dropout_per_year;
	double assessed; /* share of the patients who were judged, those who entered first; 0: all */
	struct ql_trial_sds effect;
	double published; /* NaN: none; for `excess` */
	int replicates, blocks; /* blocks: parameter draws in the cohorts; a replicate takes patients of one */
	uint64_t key;    /* of its random numbers */
	struct ql_arena *scratch; /* [2], emptied after use; the caller's, so that they are freed whatever happens */
};

struct ql_prediction {
	double estimate; /* of all simulated patients; INFINITY: not reached; NaN: cannot be had */
	double lower[QL_LEVELS], upper[QL_LEVELS];
	double scaled, variance; /* estimate and its sampling variance at the trial's size on the scale: logit of shares
				  * and rates, logarithm of medians and ratios; without trial effect */
	double excess, excess_variance; /* published minus simulated: logarithm of the cumulative hazard at the published time (of
					 * the ratio), logit of other shares; and its sampling variance */
	int n_missing;   /* replicates that could not be estimated */
};

/* Read off a curve: the trial effect acts on its hazard. */
bool ql_target_on_hazard(const struct ql_target *t);
/* Standard deviation of the trial effect on the scale of the target, about an estimate. */
double ql_trial_effect_sd(const struct ql_target *t, const struct ql_trial_sds *s, double estimate);
void ql_predict(const struct ql_prediction_spec *s, struct ql_prediction *out);
/* A published value on the scale of its target; n: patients (shares and rates). */
double ql_target_scaled(const struct ql_target *t, double value, double n);
double ql_target_unscaled(const struct ql_target *t, double y, double n);

#endif
