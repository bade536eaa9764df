/* SPDX-License-Identifier: Apache-2.0 */
#include "base/elem.h"

/* SLEEF's header hides these behind target macros; the symbols are always there. */
#define ELEM(name)                                   \
	double Sleef_finz_##name##d1_u10purecfma(double); \
	double ql_##name(double x) { return Sleef_finz_##name##d1_u10purecfma(x); }

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
