/* SPDX-License-Identifier: Apache-2.0 */
/* For width 1, and for every width on a machine without known vectors. */
#define QL_W 1
#include "emit/interp_body.h"

struct ql_interp_body ql_interp_scalar = {"interpreter", QL_PL, run, factor, solve};
