/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Group sequential tests: efficacy limits by the error-spending function of
 * Lan and DeMets (1983) of the O'Brien-Fleming kind, found by recursive
 * numerical integration (Armitage, McPherson, Rowe 1969; Jennison and Turnbull
 * 2000, chapter 19). One-sided, upper limits.
 */
#ifndef QL_TRIAL_SEQUENTIAL_H
#define QL_TRIAL_SEQUENTIAL_H

#include "quell.h"

#define QL_MAX_LOOKS 10

/* Error spent up to information t (0..1): 2 - 2 Phi(z_(1-alpha/2)/sqrt(t)), of `alpha` in total. */
double ql_spent_obrien_fleming(double alpha, double t);
/* Limits of the standardised statistic at information t[n], ascending, the last 1: stop for efficacy at z >= limit.
 * QUELL_ERR_INPUT if t does not ascend within (0, 1] or n is not in 1..QL_MAX_LOOKS. */
enum quell_status ql_sequential_limits(const double *t, int n, double alpha, double *limit);
/* Chance of z >= `final_limit` at information 1, given z at information t, if the trend so far goes on. */
double ql_conditional_power(double z, double t, double final_limit);

#endif
