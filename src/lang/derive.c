/* SPDX-License-Identifier: Apache-2.0 */
/* Derivatives of expression graphs. */
#include "lang/dag.h"

#define ADD(a, b) ql_op2(d, QL_OP_ADD, (a), (b))
#define SUB(a, b) ql_op2(d, QL_OP_SUB, (a), (b))
#define MUL(a, b) ql_op2(d, QL_OP_MUL, (a), (b))
#define DIV(a, b) ql_op2(d, QL_OP_DIV, (a), (b))
#define NEG(a) ql_op1(d, QL_OP_NEG, (a))
#define NUM(v) ql_const(d, (v))
#define IF(c, a, b) ql_op3(d, QL_OP_SELECT, (c), (a), (b))

/* Digamma for x > 0: eight steps of the recurrence, then the asymptotic series (error below 1e-15). */
static ql_node digamma(struct ql_dag *d, ql_node x)
{
	static const double c[6] = {1. / 12, -1. / 120, 1. / 252, -1. / 240, 1. / 132, -691. / 32760};
	ql_node below = NUM(0);
	for (int i = 0; i < 8; i++)
		below = ADD(below, DIV(NUM(1), ADD(NUM(i), x)));
	ql_node y = ADD(NUM(8), x), r = DIV(NUM(1), y), r2 = MUL(r, r), series = NUM(c[5]);
	for (int i = 4; i >= 0; i--)
		series = ADD(MUL(series, r2), NUM(c[i]));
	return SUB(SUB(SUB(ql_op1(d, QL_OP_LOG, y), MUL(NUM(0.5), r)), MUL(series, r2)), below);
}

static ql_node slope1(struct ql_dag *d, ql_node n, enum ql_op op, ql_node u)
{
	ql_node one = NUM(1), zero = NUM(0);
	switch (op) {
	case QL_OP_SQRT: return IF(ql_op2(d, QL_OP_NE, zero, u), DIV(NUM(0.5), n), zero);
	case QL_OP_EXP: return n;
	case QL_OP_LOG: return DIV(one, u);
	case QL_OP_ABS: return IF(ql_op2(d, QL_OP_LT, u, zero), NUM(-1), one);
	case QL_OP_SIN: return ql_op1(d, QL_OP_COS, u);
	case QL_OP_COS: return NEG(ql_op1(d, QL_OP_SIN, u));
	case QL_OP_TAN: return ADD(one, MUL(n, n));
	case QL_OP_ASIN: return DIV(one, ql_op1(d, QL_OP_SQRT, SUB(one, MUL(u, u))));
	case QL_OP_ACOS: return NEG(DIV(one, ql_op1(d, QL_OP_SQRT, SUB(one, MUL(u, u)))));
	case QL_OP_ATAN: return DIV(one, ADD(one, MUL(u, u)));
	case QL_OP_SINH: return ql_op1(d, QL_OP_COSH, u);
	case QL_OP_COSH: return ql_op1(d, QL_OP_SINH, u);
	case QL_OP_TANH: return SUB(one, MUL(n, n));
	case QL_OP_LGAMMA: return digamma(d, u);
	default: return zero; /* floor, ceil, not */
	}
}

/* d(u^v)/du and /dv: written with u^v itself, so that one power serves value and slope. */
static ql_node pow_slope(struct ql_dag *d, ql_node n, ql_node u, ql_node v, int operand)
{
	ql_node zero = NUM(0), nonzero = ql_op2(d, QL_OP_NE, zero, u);
	if (operand == 0)
		return IF(nonzero, MUL(v, DIV(n, u)), ql_op2(d, QL_OP_EQ, NUM(1), v));
	return IF(nonzero, MUL(n, ql_op1(d, QL_OP_LOG, u)), zero);
}

static ql_node div_slope(struct ql_dag *d, ql_node n, ql_node divisor, int operand)
{
	ql_node inverse = DIV(NUM(1), divisor);
	return operand == 0 ? inverse : NEG(MUL(n, inverse));
}

ql_node ql_dag_partial(struct ql_dag *d, ql_node n, int operand)
{
	const struct ql_dag_node x = d->node[n];
	ql_node one = NUM(1), zero = NUM(0);
	switch (x.op) {
	case QL_OP_ADD: return one;
	case QL_OP_SUB: return operand == 0 ? one : NUM(-1);
	case QL_OP_MUL: return operand == 0 ? x.b : x.a;
	case QL_OP_DIV: return div_slope(d, n, x.b, operand);
	case QL_OP_NEG: return NUM(-1);
	case QL_OP_POW: return pow_slope(d, n, x.a, x.b, operand);
	case QL_OP_MIN: return operand == 0 ? ql_op2(d, QL_OP_LT, x.a, x.b) : ql_op2(d, QL_OP_LE, x.b, x.a);
	case QL_OP_MAX: return operand == 0 ? ql_op2(d, QL_OP_LT, x.b, x.a) : ql_op2(d, QL_OP_LE, x.a, x.b);
	case QL_OP_SELECT: return operand == 0 ? zero : operand == 1 ? IF(x.a, one, zero) : IF(x.a, zero, one);
	case QL_OP_FMA: return operand == 0 ? x.b : operand == 1 ? x.a : one;
	default: return ql_op_arity(x.op) == 1 ? slope1(d, n, x.op, x.a) : zero; /* comparisons and logic are flat */
	}
}

static ql_node slope_of(struct ql_dag *d, ql_node n, const struct ql_dag_memo *memo, const void *ctx)
{
	const struct ql_dag_node x = d->node[n];
	int quantity = *(const int *)ctx;
	if (x.op == QL_OP_VAR)
		return NUM(x.var == quantity);
	if (x.op == QL_OP_TIME)
		return NUM(quantity < 0);
	ql_node operand[3] = {x.a, x.b, x.c}, sum = NUM(0);
	for (int i = 0; i < ql_op_arity(x.op); i++) {
		double v;
		ql_node slope = memo->to[operand[i]];
		if (!ql_is_const(d, slope, &v) || v != 0)
			sum = ADD(sum, MUL(ql_dag_partial(d, n, i), slope));
	}
	return sum;
}

ql_node ql_dag_differentiate(struct ql_dag *d, ql_node root, int quantity, struct ql_dag_memo *memo)
{
	return ql_dag_walk(d, root, memo, slope_of, &quantity);
}
