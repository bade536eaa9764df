/* SPDX-License-Identifier: Apache-2.0 */
#include "base/elem.h"

#define QL_W 1
#define LN_SLEEF(name) ql_##name
#include "base/lanes.h"

/* Without the instruction, __builtin_fma calls the library: the same bits, slowly. */
#if defined(__x86_64__) && !defined(__FMA__)
#define WITH_FMA __attribute__((target("fma")))
#define HAS_FMA __builtin_cpu_supports("fma")
#else
#define WITH_FMA
#define HAS_FMA 1
#endif

WITH_FMA static double fast_exp(double x) { return ln_exp(x); }
WITH_FMA static double fast_log(double x) { return ln_log(x); }
WITH_FMA static double fast_pow(double x, double y) { return ln_pow(x, y); }

double ql_exp(double x) { return HAS_FMA ? fast_exp(x) : ln_exp(x); }
double ql_log(double x) { return HAS_FMA ? fast_log(x) : ln_log(x); }
double ql_pow(double x, double y) { return HAS_FMA ? fast_pow(x, y) : ln_pow(x, y); }

/* SLEEF's header hides these behind target macros; the symbols are always there. */
#define ELEM(name)                                        \
	double Sleef_finz_##name##d1_u10purecfma(double); \
	double Sleef_cinz_##name##d1_u10purec(double);    \
	double ql_##name(double x)                        \
	{                                                 \
		return HAS_FMA ? Sleef_finz_##name##d1_u10purecfma(x) : Sleef_cinz_##name##d1_u10purec(x); \
	}

ELEM(sin)
ELEM(cos)
ELEM(tan)
ELEM(asin)
ELEM(acos)
ELEM(atan)
ELEM(sinh)
ELEM(cosh)
ELEM(tanh)
ELEM(lgamma)
