/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Elementary functions with the same bits on every machine with fused
 * multiply-add: SLEEF's deterministic `finz` family at width one. Compiled
 * kernels call the same family at their own width, so a lane agrees with these.
 */
#ifndef QL_BASE_ELEM_H
#define QL_BASE_ELEM_H

#include "base/rng.h" /* ql_exp, ql_log, ql_pow */

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
