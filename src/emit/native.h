/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernels compiled on demand for this machine, kept in
 * $XDG_CACHE_HOME/quell/kernels (else ~/.cache/quell/kernels) under the hash
 * of their C text, headers and compiler options.
 *
 * A kernel from here gives the bits of the interpreter, so a run may use
 * whichever there is. What is loaded stays loaded until the process ends.
 * Nothing is loaded that another user could have written: owner and mode of
 * the file and of every folder above it are checked.
 */
#ifndef QL_EMIT_NATIVE_H
#define QL_EMIT_NATIVE_H

#include "emit/plan.h"

enum ql_native {
	QL_NATIVE_CACHED, /* a kernel that was compiled before, else none */
	QL_NATIVE_BUILD,  /* compile what is not there; no compiler is an error */
	QL_NATIVE_OFF
};

/* Width 0: one full register of this machine. *out is NULL where there is none; CACHED then still returns QUELL_OK. */
enum quell_status ql_native_kernel(const struct ql_plan *p, int width, enum ql_native how, struct ql_diags *ds,
				   const struct ql_kernel **out);

/* The folder, made if `make`; NULL with a diagnostic (if ds is not NULL) where it cannot be had safely, or without one if
 * it does not exist. */
const char *ql_native_folder(struct ql_arena *a, bool make, struct ql_diags *ds);

/* No other user can change what stands under an absolute path: owners, modes, links. `why` (size n) names the fault. */
bool ql_native_is_safe(const char *path, char *why, size_t n);

#endif
