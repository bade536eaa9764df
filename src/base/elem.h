/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Elementary functions with the same bits on every machine and in every lane
 * of a kernel. exp, log and pow are those of base/lanes.h at width one; the
 * others are SLEEF's deterministic functions (`finz`, or `cinz` on an x86
 * without fused multiply-add, where their bits may differ).
 */
#ifndef QL_BASE_ELEM_H
#define QL_BASE_ELEM_H

double ql_exp(double x);
double ql_log(double x);
double ql_pow(double x, double y); /* negative x needs a whole y */
double ql_sin(double x);
double ql_cos(double x);
double ql_tan(double x);
double ql_asin(double x);
double ql_acos(double x);
double ql_atan(double x);
double ql_sinh(double x);
double ql_cosh(double x);
double ql_tanh(double x);
double ql_lgamma(double x);

#endif
