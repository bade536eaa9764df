/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A trial many times over: what a trial of this size would report, how often
 * it would succeed, and what interim looks would do.
 */
#ifndef QL_STUDY_TRIAL_POWER_H
#define QL_STUDY_TRIAL_POWER_H

#include "study/trial_run.h"
#include "trial/sequential.h"

struct ql_power_spec {
	uint64_t replicates;   /* at least 2 */
	double alpha;          /* two-sided; tests of the looks are one-sided at half of it */
	double look[QL_MAX_LOOKS]; /* shares of the events that a trial has at its end, below 1; the end is added */
	int n_look;
	double futility;       /* stop where the conditional power under the present trend is below; 0: never */
	void (*progress)(void *ctx, uint64_t done, uint64_t total);
	void *progress_ctx;
};

struct ql_prediction { /* over replicates */
	double lower, median, upper; /* 2.5, 50, 97.5 % */
	uint64_t n;                  /* replicates in which the figure could be had */
};

struct ql_look {
	double information;    /* share of events */
	double limit;          /* of z, first arm better */
	double efficacy, futility; /* share of trials that stop here for it */
	double day, events;    /* mean over trials that come so far */
};

struct ql_power_contrast {
	enum ql_trial_time what;
	int arm_a, arm_b;
	struct ql_prediction hazard_ratio;
	double power;          /* share of trials with p < alpha and the first arm better */
	double harm;           /* the same with the first arm worse */
	double lower, upper;   /* Wilson limits of power */
};

struct ql_power_result {
	uint64_t replicates;
	bool assurance;        /* parameters were drawn */
	struct ql_prediction *endpoint[QL_TRIAL_MAX_ARMS]; /* in the order of ql_trial_estimate */
	int n_endpoint;
	struct ql_power_contrast *contrast;
	int n_contrast;
	struct ql_look look[QL_MAX_LOOKS]; /* progression-free survival, first arm against the second; the last is the end */
	int n_look;
	double stop_day, enrolled_events; /* expected: end of the trial, events at it */
};

/* Shares of events as text into power->look; QL_E0672 where that cannot be. power->replicates is set by then. */
bool ql_power_looks(const char *const *word, int n, struct ql_power_spec *power, struct ql_diags *ds);
/* One trial has one truth: what is not known about parameters shows between trials. QL_E0673 for draws without replicates. */
bool ql_power_draws_fit(const char *draws, const struct ql_power_spec *power, struct ql_span at, struct ql_diags *ds);
/* Everything in `a`. With parameter draws in the trial each replicate takes the next one: power becomes assurance. */
enum quell_status ql_trial_power(const struct ql_trial_spec *spec, const struct ql_power_spec *power, struct ql_arena *a,
				 struct ql_diags *ds, struct ql_power_result *out);

#endif
