/* SPDX-License-Identifier: Apache-2.0 */
/* Eight lanes at a time (x86-64-v4). Compiled for that instruction set by the build. */
#define QL_W 8
#include "emit/interp_body.h"

#if QL_PL == 8
static struct ql_interp_body body = {"interpreter", QL_PL, run, factor, solve};
struct ql_interp_body *const ql_interp_v4 = &body;
#else
struct ql_interp_body *const ql_interp_v4 = (void *)0;
#endif
