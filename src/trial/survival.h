/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Survival statistics on plain arrays: Kaplan-Meier with Greenwood log-log
 * limits, medians, restricted mean, log-rank and Peto-Peto (stratified), Cox
 * (Efron, Breslow, strata), Aalen-Johansen with jackknife and delta errors,
 * Gray's test. Definitions follow R's survival and cmprsk.
 */
#ifndef QL_TRIAL_SURVIVAL_H
#define QL_TRIAL_SURVIVAL_H

#include "base/mem.h"

/* A step function at the distinct times (events and censorings), in order. */
struct ql_km {
	int n;
	double *time, *surv, *se, *lower, *upper; /* se by Greenwood; limits NaN where surv is 0 */
	double *n_risk, *n_event, *n_censor;
	double level;
};
/* time[n], event[n] (0 censored, else event), weight may be NULL. Arrays of *out live in a. */
enum quell_status ql_km_fit(const double *time, const int *event, const double *weight, size_t n, double level,
			    struct ql_arena *a, struct ql_km *out);
/* Value at t (right-continuous); before the first time 1 with limits 1. NaN beyond the last observation. */
struct ql_km_point {
	double surv, se, lower, upper, n_risk;
};
struct ql_km_point ql_km_at(const struct ql_km *km, double t);
/* Quantile (median: p = 0.5) with limits; NaN = not reached. */
void ql_km_quantile(const struct ql_km *km, double p, double *value, double *lower, double *upper);
/* Area under the curve up to tau and its standard error. */
void ql_km_rmst(const struct ql_km *km, double tau, double *value, double *se);

/* Cumulative incidence of `cause` (event codes 1..n_cause, 0 censored) at the distinct times; se by delta method. */
struct ql_cif {
	int n;
	double *time, *value, *se;
};
enum quell_status ql_cif_fit(const double *time, const int *event, size_t n, int cause, struct ql_arena *a,
			     struct ql_cif *out);
double ql_cif_at(const struct ql_cif *c, double t, double *se);

struct ql_logrank {
	int n_group, df;
	double *observed, *expected; /* per group */
	double chisq, p;
};
/* group codes 0..n_group-1, strata codes may be NULL; rho 0 log-rank, 1 Peto-Peto. */
enum quell_status ql_logrank_test(const double *time, const int *event, const int *group, int n_group,
				  const int *strata, size_t n, double rho, struct ql_arena *a, struct ql_logrank *out);

enum ql_ties { QL_EFRON, QL_BRESLOW };
struct ql_cox {
	int p;
	double *coef, *se, *lower, *upper; /* limits of exp(coef), 95 % */
	double *var;                       /* p x p */
	double loglik_null, loglik, score, wald, lr;
	int iterations;
	bool converged; /* false: separation or no events; coef is where it stopped */
};
/* x[n*p] row-major; strata may be NULL. */
enum quell_status ql_cox_fit(const double *time, const int *event, const double *x, int p, const int *strata, size_t n,
			     enum ql_ties ties, struct ql_arena *a, struct ql_cox *out);

#endif
