/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kernel: the arithmetic of one model, pruned to the biology in use, over W
 * lanes. Made by the C emitter (compiled) or the lane interpreter; used by the
 * integrator, which knows nothing about models.
 *
 * All lane arrays are laid out [index*W + lane] and 64-byte aligned:
 *   t[W]            time, day (or the model's own unit)
 *   y[n_state*W]    states
 *   p[n_p*W]        per-lane values: constants of the patient, inputs set by events
 *   k[n_k]          values shared by all lanes of a run (population-level parameters)
 * Lane i of any output depends on lane i of the inputs and on k only, with the
 * same bits for every W and instruction set that has fused multiply-add.
 */
#ifndef QL_BASE_KERNEL_H
#define QL_BASE_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

struct ql_kernel {
	const char *name;    /* kernel set, e.g. "chemo_mab" */
	const char *isa;     /* "x86-64-v3", "x86-64-v4", "generic", "interpreter" */
	uint64_t plan_hash;  /* identifies equations and layout */
	int width;           /* W: 1, 4, 8, or 32 (interpreter) */
	int n_state, n_p, n_k, n_out, n_trig;
	int n_lu;            /* slots of the LU array, fill included */
	bool autonomous;     /* rates do not depend on t explicitly: ft is identically 0 */
	const int *lu_row, *lu_col; /* position of each slot; diagonal slots first: slot i < n_state is (i,i) */
	const bool *lu_is_jac;      /* false for pure fill */
	const void *self;    /* passed back to the functions; NULL for compiled kernels */

	/* f = dy/dt */
	void (*rhs)(const void *self, const double *t, const double *y, const double *p, const double *k, double *f);
	/* f, ft = d f/d t, and lu = -J in its slots (fill slots set to 0) */
	void (*jac)(const void *self, const double *t, const double *y, const double *p, const double *k, double *f,
		    double *ft, double *lu);
	/* lu := LU factors of shift*I - J, shift[W] per lane; no pivoting, order fixed */
	void (*factor)(const void *self, const double *shift, double *lu);
	/* b := (shift*I - J)^-1 b */
	void (*solve)(const void *self, const double *lu, double *b);
	/* out[n_out*W], g[n_trig*W]: outputs; trigger functions (an event when g rises through 0) */
	void (*out)(const void *self, const double *t, const double *y, const double *p, const double *k, double *out);
	void (*trig)(const void *self, const double *t, const double *y, const double *p, const double *k, double *g);
};

#endif
