/* SPDX-License-Identifier: Apache-2.0 */
/* Four lanes at a time (x86-64-v3; two with NEON). Compiled for that instruction set by the build. */
#define QL_W 4
#include "emit/interp_body.h"

#if QL_PL > 1
static struct ql_interp_body body = {"interpreter", QL_PL, run, factor, solve};
struct ql_interp_body *const ql_interp_v3 = &body;
#else
struct ql_interp_body *const ql_interp_v3 = (void *)0;
#endif
