/* SPDX-License-Identifier: Apache-2.0 */
/* For width 1, and for every width on a machine without known vectors. */
#include "base/elem.h"

#define QL_W 1
#define LN_SLEEF(name) ql_##name
#include "emit/interp_body.h"

struct ql_interp_body ql_interp_scalar = {"interpreter", QL_PL, run, factor, solve};
