/* SPDX-License-Identifier: Apache-2.0 */
/* Distribution functions for statistics (survival, network meta-analysis). Relative error about 1e-12
 * unless stated; NaN in, NaN out. Patient trajectories never depend on these. */
#ifndef QL_BASE_SPECIAL_H
#define QL_BASE_SPECIAL_H

#include <stdbool.h>

double ql_pnorm(double z);                     /* lower tail */
double ql_pnorm_upper(double z);
double ql_qnorm(double p);
double ql_pchisq_upper(double x, double df);
double ql_qchisq(double p, double df);
double ql_pt(double t, double df);             /* lower tail */
double ql_qt(double p, double df);
double ql_pgamma(double x, double shape);      /* regularised lower incomplete gamma */
double ql_pbeta(double x, double a, double b); /* regularised incomplete beta */
double ql_qbeta(double p, double a, double b);
double ql_pf_upper(double f, double df1, double df2);

#endif
