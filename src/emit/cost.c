/* SPDX-License-Identifier: Apache-2.0 */
/* Floating-point operations of a plan's programs: a fused multiply-add is two, a polynomial what it evaluates. */
#include "emit/code.h"

/* exp, log, pow: counted in base/lanes.h; the rest as usual for polynomials of double precision. */
enum { EXP_FLOPS = 30, LOG_FLOPS = 43, POW_FLOPS = 80, OTHER_FLOPS = 40 };

static double flops_of(int op)
{
	switch (op) {
	case QL_OP_ADD: case QL_OP_SUB: case QL_OP_MUL: case QL_OP_DIV: case QL_OP_SQRT:
		return 1;
	case QL_OP_FMA: case QL_C_FMS: case QL_C_FNMA: case QL_C_FNMS:
		return 2;
	case QL_OP_EXP:
		return EXP_FLOPS;
	case QL_OP_LOG:
		return LOG_FLOPS;
	case QL_OP_POW:
		return POW_FLOPS;
	case QL_OP_SIN: case QL_OP_COS: case QL_OP_TAN: case QL_OP_ASIN: case QL_OP_ACOS: case QL_OP_ATAN:
	case QL_OP_SINH: case QL_OP_COSH: case QL_OP_TANH: case QL_OP_LGAMMA:
		return OTHER_FLOPS;
	default:
		return 0;
	}
}

static double program_flops(const struct ql_program *p)
{
	double sum = 0;
	for (int i = 0; i < p->n; i++)
		sum += flops_of(p->ins[i].op);
	return sum;
}

struct ql_flops ql_plan_flops(const struct ql_plan *p)
{
	const struct ql_plan_code *c = p->code;
	struct ql_flops f = {program_flops(&c->rhs), program_flops(&c->jac), 0, 0};
	for (int i = 0; i < p->n_state; i++) {
		const struct ql_lu_row *row = &c->row[i];
		for (int j = 0; j < row->n_l; j++)
			f.factor += 1 + 2 * c->row[row->l_col[j]].n_u; /* the multiplier, and its row times it */
		f.factor += 1 + row->n_u;                              /* reciprocal pivot, unit diagonal in U */
		f.solve += 2 * (row->n_l + row->n_u) + 1;
	}
	return f;
}
