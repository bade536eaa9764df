/* SPDX-License-Identifier: Apache-2.0 */
/* Which instruction sets this machine has: "x86-64-v3", "x86-64-v4" or "generic". On other processors than x86 the
 * kernels and interpreter bodies of "x86-64-v3" are built for the compiler's default target and always suit. */
#ifndef QL_EMIT_MACHINE_H
#define QL_EMIT_MACHINE_H

#include <stdbool.h>

bool ql_machine_has(const char *isa);

#endif
