/* SPDX-License-Identifier: Apache-2.0 */
/* Which instruction sets this machine has: "x86-64-v3" (AVX2, FMA), "x86-64-v4" (AVX-512), or "generic", which is any
 * processor but an x86: there the build uses the compiler's default target. */
#ifndef QL_EMIT_MACHINE_H
#define QL_EMIT_MACHINE_H

#include <stdbool.h>

bool ql_machine_has(const char *isa);

#endif
