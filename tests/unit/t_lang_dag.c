/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "base/elem.h"
#include "lang/dag.h"

static struct ql_dag d;
static ql_node x, y;

static int set_up(void **state)
{
	(void)state;
	ql_dag_init(&d);
	x = ql_var(&d, 0);
	y = ql_var(&d, 1);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	ql_dag_free(&d);
	return 0;
}

static ql_node num(double v) { return ql_const(&d, v); }
static ql_node op2(enum ql_op op, ql_node a, ql_node b) { return ql_op2(&d, op, a, b); }
static ql_node add(ql_node a, ql_node b) { return op2(QL_OP_ADD, a, b); }
static ql_node mul(ql_node a, ql_node b) { return op2(QL_OP_MUL, a, b); }

static double value_at(ql_node n, double vx, double vy, double t)
{
	double var[2] = {vx, vy}, *value = ql_realloc(NULL, (size_t)d.n, sizeof *value);
	ql_dag_eval(&d, NULL, var, t, value);
	double v = value[n];
	ql_free(value);
	return v;
}

static void equal_expressions_are_equal_numbers(void **state)
{
	(void)state;
	assert_int_equal(add(x, y), add(y, x));
	assert_int_equal(mul(x, y), mul(y, x));
	assert_int_not_equal(op2(QL_OP_SUB, x, y), op2(QL_OP_SUB, y, x));
	assert_int_equal(ql_var(&d, 0), x);
	assert_int_equal(num(0.0), num(-0.0));
	for (int i = 0; i < 5000; i++)
		(void)add(num(i), x);
	int n = d.n;
	for (int i = 0; i < 5000; i++)
		(void)add(x, num(i));
	assert_int_equal(d.n, n);
}

static void identities_hold(void **state)
{
	(void)state;
	ql_node zero = num(0), one = num(1);
	assert_int_equal(add(x, zero), x);
	assert_int_equal(mul(x, one), x);
	assert_int_equal(mul(zero, x), zero);
	assert_int_equal(op2(QL_OP_SUB, x, x), zero);
	assert_int_equal(op2(QL_OP_DIV, x, x), one);
	assert_int_equal(op2(QL_OP_DIV, zero, x), zero);
	assert_int_equal(op2(QL_OP_POW, x, one), x);
	assert_int_equal(op2(QL_OP_POW, x, zero), one);
	assert_int_equal(ql_op3(&d, QL_OP_SELECT, one, x, y), x);
	assert_int_equal(ql_op3(&d, QL_OP_SELECT, zero, x, y), y);
	assert_int_equal(ql_op3(&d, QL_OP_SELECT, x, y, y), y);
	ql_node neg_y = ql_op1(&d, QL_OP_NEG, y);
	assert_int_equal(add(x, neg_y), op2(QL_OP_SUB, x, y));
	assert_int_equal(ql_op1(&d, QL_OP_NEG, neg_y), y);
	assert_int_equal(mul(num(3), mul(num(2), x)), mul(num(6), x));
	assert_int_equal(add(num(3), add(num(2), x)), add(num(5), x));
	ql_node z = ql_var(&d, 2), ratio = op2(QL_OP_DIV, x, y);
	assert_int_equal(mul(y, ratio), x);
	assert_int_equal(mul(y, mul(z, ratio)), mul(z, x));
	assert_int_equal(op2(QL_OP_DIV, mul(x, y), y), x);
	ql_node less = op2(QL_OP_LT, x, y);
	assert_int_equal(ql_op1(&d, QL_OP_NOT, less), op2(QL_OP_LE, y, x));
	assert_int_equal(op2(QL_OP_AND, one, less), less);
	assert_int_equal(op2(QL_OP_OR, less, one), one);
	assert_int_equal(op2(QL_OP_AND, less, zero), zero);
}

static void powers_become_products_and_roots(void **state)
{
	(void)state;
	static const double exponent[] = {2, 3, 0.5, 1.5, -1, -0.5, 4, 7, -2.5, 8};
	for (size_t i = 0; i < sizeof exponent / sizeof *exponent; i++) {
		ql_node n = op2(QL_OP_POW, x, num(exponent[i]));
		assert_int_not_equal(d.node[n].op, QL_OP_POW);
		double v = value_at(n, 1.7, 0, 0), want = pow(1.7, exponent[i]);
		assert_true(fabs(v - want) < 1e-14 * want);
	}
	assert_int_equal(op2(QL_OP_POW, x, num(2)), mul(x, x));
	assert_int_equal(d.node[op2(QL_OP_POW, x, num(1.3))].op, QL_OP_POW);
}

static void substitution_simplifies_again(void **state)
{
	(void)state;
	ql_node t = ql_time(&d), e = add(mul(x, ql_op1(&d, QL_OP_EXP, y)), mul(t, y));
	ql_node map[2] = {num(0), QL_NO_NODE};
	struct ql_dag_memo memo = {0};
	assert_int_equal(ql_dag_substitute(&d, e, map, 2, QL_NO_NODE, &memo), mul(t, y));
	ql_dag_memo_free(&memo);
	assert_int_equal(ql_dag_substitute(&d, e, map, 2, num(2), &memo), mul(num(2), y));
	ql_dag_memo_free(&memo);
}

static void reach_marks_what_is_needed(void **state)
{
	(void)state;
	ql_node a = add(x, num(1)), b = mul(y, y);
	unsigned char mark[64];
	assert_true(d.n < 64);
	ql_dag_reach(&d, &a, 1, mark);
	assert_true(mark[a] && mark[x] && !mark[y] && !mark[b]);
}

/* A function of (x, y, t) and how far its derivatives may be from central differences. */
static void check_slopes(ql_node n, double vx, double vy)
{
	const double h = 1e-5, t = 0.7;
	struct ql_dag_memo by_x = {0}, by_y = {0}, by_t = {0};
	ql_node nx = ql_dag_differentiate(&d, n, 0, &by_x), ny = ql_dag_differentiate(&d, n, 1, &by_y);
	ql_node nt = ql_dag_differentiate(&d, n, -1, &by_t);
	double want[3] = {(value_at(n, vx + h, vy, t) - value_at(n, vx - h, vy, t)) / (2 * h),
			  (value_at(n, vx, vy + h, t) - value_at(n, vx, vy - h, t)) / (2 * h),
			  (value_at(n, vx, vy, t + h) - value_at(n, vx, vy, t - h)) / (2 * h)};
	double got[3] = {value_at(nx, vx, vy, t), value_at(ny, vx, vy, t), value_at(nt, vx, vy, t)};
	for (int i = 0; i < 3; i++)
		if (!(fabs(got[i] - want[i]) <= 1e-8 * (1 + fabs(want[i]))))
			fail_msg("op %s at (%g, %g): slope %d is %.12g, difference quotient %.12g",
				 ql_op_text(d.node[n].op), vx, vy, i, got[i], want[i]);
	ql_dag_memo_free(&by_x);
	ql_dag_memo_free(&by_y);
	ql_dag_memo_free(&by_t);
}

static void derivatives_match_differences(void **state)
{
	(void)state;
	ql_node t = ql_time(&d), u = add(mul(x, y), mul(num(0.3), t)), v = op2(QL_OP_DIV, x, add(y, t));
	static const enum ql_op one[] = {QL_OP_NEG, QL_OP_SQRT, QL_OP_EXP, QL_OP_LOG, QL_OP_ABS, QL_OP_SIN, QL_OP_COS,
					 QL_OP_TAN, QL_OP_ATAN, QL_OP_SINH, QL_OP_COSH, QL_OP_TANH, QL_OP_LGAMMA,
					 QL_OP_FLOOR, QL_OP_CEIL};
	static const enum ql_op two[] = {QL_OP_ADD, QL_OP_SUB, QL_OP_MUL, QL_OP_DIV, QL_OP_POW, QL_OP_MIN, QL_OP_MAX,
					 QL_OP_LT};
	for (size_t i = 0; i < sizeof one / sizeof *one; i++)
		check_slopes(ql_op1(&d, one[i], u), 1.2, 0.4);
	check_slopes(ql_op1(&d, QL_OP_ASIN, u), 0.5, 0.4);
	check_slopes(ql_op1(&d, QL_OP_ACOS, u), 0.5, 0.4);
	for (size_t i = 0; i < sizeof two / sizeof *two; i++)
		check_slopes(op2(two[i], u, v), 1.2, 0.4);
	check_slopes(op2(QL_OP_POW, u, num(1.3)), 1.2, 0.4);
	check_slopes(ql_op3(&d, QL_OP_SELECT, op2(QL_OP_LT, u, v), mul(u, u), v), 1.2, 0.4);
	check_slopes(ql_op3(&d, QL_OP_SELECT, op2(QL_OP_LT, u, v), mul(u, u), v), 2.0, 3.0);
	check_slopes(ql_op3(&d, QL_OP_FMA, u, v, mul(u, t)), 1.2, 0.4);
}

static void slopes_stay_finite_at_zero(void **state)
{
	(void)state;
	struct ql_dag_memo memo = {0};
	ql_node root = ql_dag_differentiate(&d, ql_op1(&d, QL_OP_SQRT, x), 0, &memo);
	ql_node power = ql_dag_differentiate(&d, op2(QL_OP_POW, x, y), 0, &memo);
	assert_true(value_at(root, 0, 0, 0) == 0);
	assert_true(value_at(power, 0, 1.3, 0) == 0);
	assert_true(value_at(power, 0, 0.7, 0) == 0);
	assert_true(value_at(power, 0, 1, 0) == 1);
	ql_dag_memo_free(&memo);
}

static void constants_fold_with_the_same_bits(void **state)
{
	(void)state;
	double v;
	assert_true(ql_is_const(&d, op2(QL_OP_POW, num(1.7), num(1.3)), &v));
	assert_true(v == ql_pow(1.7, 1.3) && fabs(v - pow(1.7, 1.3)) < 1e-15 * v);
	assert_true(v == value_at(op2(QL_OP_POW, x, y), 1.7, 1.3, 0));
	assert_true(ql_is_const(&d, ql_op1(&d, QL_OP_LGAMMA, num(4.5)), &v));
	assert_true(fabs(v - lgamma(4.5)) < 1e-14);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(equal_expressions_are_equal_numbers), T(identities_hold), T(powers_become_products_and_roots),
		T(substitution_simplifies_again),       T(reach_marks_what_is_needed),
		T(derivatives_match_differences),       T(slopes_stay_finite_at_zero),
		T(constants_fold_with_the_same_bits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
