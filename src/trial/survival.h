/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Survival statistics on plain arrays: Kaplan-Meier with Greenwood log-log
 * limits, medians, restricted mean, log-rank and Peto-Peto (stratified), Cox
 * (Efron, Breslow, strata), Aalen-Johansen with jackknife and delta errors,
 * Gray's test. Definitions follow R's survival and cmprsk.
 *
 * Times are finite; equal means equal in all bits. A NaN or infinite time, an
 * event code below 0, a group or stratum outside of its range: QUELL_ERR_INPUT.
 * Results live in the arena that is passed, and so does scratch space in
 * proportion to n.
 */
#ifndef QL_TRIAL_SURVIVAL_H
#define QL_TRIAL_SURVIVAL_H

#include "base/mem.h"

/* A step function at the distinct times (events and censorings), in order. */
struct ql_km {
	int n;
	double *time, *surv, *se, *lower, *upper; /* se by Greenwood; se and limits NaN where surv is 0 */
	double *n_risk, *n_event, *n_censor;      /* sums of weights */
	double level;
};
/* time[n], event[n] (0 censored, else event), weight may be NULL. Weights count as numbers of patients: for
 * importance weights the estimate is right and the error is not. */
enum quell_status ql_km_fit(const double *time, const int *event, const double *weight, size_t n, double level,
			    struct ql_arena *a, struct ql_km *out);
/* Value at t (right-continuous); before the first event 1 with limits 1. NaN beyond the last observation.
 * n_risk counts times >= t. */
struct ql_km_point {
	double surv, se, lower, upper, n_risk;
};
struct ql_km_point ql_km_at(const struct ql_km *km, double t);
/* Quantile (median: p = 0.5) with limits; NaN = not reached. First time with S < 1-p; where S stays at 1-p the middle
 * of that flat piece. Limits are where the limits of the curve do the same. */
void ql_km_quantile(const struct ql_km *km, double p, double *value, double *lower, double *upper);
/* Area under the curve up to tau and its standard error. Beyond the last observation the curve is held level; compare
 * tau with time[n-1] to know. */
void ql_km_rmst(const struct ql_km *km, double tau, double *value, double *se);

/* Aalen-Johansen: cumulative incidence of `cause` (event codes 1, 2, ...; 0 censored) at the distinct times. */
struct ql_cif {
	int n;
	double *time, *value, *n_risk;
	double *se;    /* delta method */
	double *se_ij; /* infinitesimal jackknife */
	size_t n_event; /* of this cause */
};
enum quell_status ql_cif_fit(const double *time, const int *event, size_t n, int cause, struct ql_arena *a,
			     struct ql_cif *out);
/* The same of patients in groups: count[i] of them, a whole number, had event[i] at time[i]. */
enum quell_status ql_cif_fit_counts(const double *time, const int *event, const double *count, size_t n, int cause,
				    struct ql_arena *a, struct ql_cif *out);
/* Value at t (right-continuous), 0 before the first time, NaN beyond the last. n_risk counts times >= t. */
struct ql_cif_point {
	double value, se, se_ij, n_risk;
};
struct ql_cif_point ql_cif_at(const struct ql_cif *c, double t);

struct ql_logrank {
	int n_group, df;           /* df: groups with expected > 0, less one */
	double *observed, *expected; /* per group, weighted */
	size_t *n;                 /* per group */
	double chisq, p;
};
/* group codes 0..n_group-1, strata codes >= 0 or NULL; rho 0 log-rank, 1 Peto-Peto. */
enum quell_status ql_logrank_test(const double *time, const int *event, const int *group, int n_group,
				  const int *strata, size_t n, double rho, struct ql_arena *a, struct ql_logrank *out);

/* Gray's test (1988, rho 0) of equal cumulative incidence of `cause` over groups. df = n_group - 1. */
enum quell_status ql_gray_test(const double *time, const int *event, const int *group, int n_group, size_t n, int cause,
			       struct ql_arena *a, double *chisq, int *df, double *p);

enum ql_ties { QL_EFRON, QL_BRESLOW };
struct ql_cox {
	int p, rank;                       /* rank < p: columns that follow from others have NaN coef and se */
	size_t n, n_event;
	double *coef, *se, *lower, *upper; /* limits of exp(coef), 95 % */
	double *var;                       /* p x p */
	double loglik_null, loglik, score, wald, lr; /* tests have `rank` degrees of freedom */
	int iterations;
	bool converged; /* false: separation or no events; coef is where it stopped */
};
/* x[n*p] row-major, finite; strata codes >= 0 or NULL. */
enum quell_status ql_cox_fit(const double *time, const int *event, const double *x, int p, const int *strata, size_t n,
			     enum ql_ties ties, struct ql_arena *a, struct ql_cox *out);

#endif
