/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the interpreter: its programs, and one body per instruction set. */
#ifndef QL_EMIT_INTERP_H
#define QL_EMIT_INTERP_H

#include "emit/code.h"

/* Where an operand lives. Registers, constants and k are the interpreter's own, the rest are the caller's arrays. */
enum ql_space { QL_IN_REG, QL_IN_CONST, QL_IN_K, QL_IN_T, QL_IN_Y, QL_IN_P, QL_SPACES };

struct ql_operand {
	int space, index;
};

struct ql_interp_ins {
	int op;       /* as in struct ql_ins */
	int to;       /* register; for a store: index in the target array */
	int target;   /* of a store */
	struct ql_operand a, b, c;
};

struct ql_interp_program {
	struct ql_interp_ins *ins;
	int n, n_reg;
	double *constant; /* [n_const*width], every lane filled */
};

/* LU work flattened: at pivot row `row`, step l: t = a[l]; a[dst] -= t*a[src] for n pairs; a[l] = t*a[pivot]. */
struct ql_interp_lu {
	const struct ql_plan_code *code;
	int n_state;
	int *pair; /* src, dst alternating, in the order of use */
	int *n_pair; /* per L entry, in the order of use */
};

struct ql_interp {
	struct ql_kernel kernel;
	struct ql_arena arena;
	struct ql_interp_program rhs, jac, out, trig;
	struct ql_interp_lu lu;
	struct ql_interp_body *body;
	int chunk; /* lanes done at a time */
	double *constants;
};

struct ql_interp_call {
	const double *t, *y, *p, *k;
	double *to[QL_TO_TRIG + 1];
};

/* What an instruction set provides, for widths that are a multiple of `lanes`. */
struct ql_interp_body {
	const char *isa;
	int lanes;
	void (*run)(const struct ql_interp *in, const struct ql_interp_program *g, const struct ql_interp_call *call);
	void (*factor)(const struct ql_interp *in, const double *shift, double *lu);
	void (*solve)(const struct ql_interp *in, const double *lu, double *b);
};

extern struct ql_interp_body ql_interp_scalar;
/* NULL where the build has none; the caller checks the machine. */
extern struct ql_interp_body *const ql_interp_v3, *const ql_interp_v4;

#endif
