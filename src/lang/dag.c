/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/dag.h"
#include "base/elem.h"
#include "base/io.h"
#include <math.h>
#include <string.h>

static const struct {
	const char *text;
	int arity;
} op_info[QL_OP_COUNT] = {
#define X(name, text, arity) {text, arity},
	QL_OP_LIST(X)
#undef X
};

int ql_op_arity(enum ql_op op) { return op_info[op].arity; }

const char *ql_op_text(enum ql_op op) { return op_info[op].text; }

void ql_dag_init(struct ql_dag *d) { *d = (struct ql_dag){0}; }

void ql_dag_free(struct ql_dag *d)
{
	ql_free(d->node);
	ql_free(d->table);
	ql_free(d->stack);
	*d = (struct ql_dag){0};
}

/* Hash-consing. Constants are told apart by bits, so 0 and -0 differ and NaN equals itself. */

static uint64_t hash_node(const struct ql_dag_node *n)
{
	uint64_t bits;
	memcpy(&bits, &n->value, sizeof bits);
	uint64_t key[4] = {(uint64_t)n->op << 32 | (uint32_t)n->var, (uint64_t)(uint32_t)n->a << 32 | (uint32_t)n->b,
			   (uint32_t)n->c, bits};
	uint64_t h = ql_hash(QL_HASH_SEED, key, sizeof key);
	return h ^ h >> 32;
}

static bool same_node(const struct ql_dag_node *x, const struct ql_dag_node *y)
{
	return x->op == y->op && x->a == y->a && x->b == y->b && x->c == y->c && x->var == y->var &&
	       memcmp(&x->value, &y->value, sizeof x->value) == 0;
}

static void grow_table(struct ql_dag *d)
{
	int size = d->table_size ? 2 * d->table_size : 256;
	d->table = ql_realloc(d->table, (size_t)size, sizeof *d->table);
	d->table_size = size;
	for (int i = 0; i < size; i++)
		d->table[i] = QL_NO_NODE;
	for (ql_node i = 0; i < d->n; i++) {
		uint64_t slot = hash_node(&d->node[i]) & (uint64_t)(size - 1);
		while (d->table[slot] != QL_NO_NODE)
			slot = (slot + 1) & (uint64_t)(size - 1);
		d->table[slot] = i;
	}
}

static ql_node intern(struct ql_dag *d, struct ql_dag_node n)
{
	if (2 * (d->n + 1) > d->table_size)
		grow_table(d);
	uint64_t mask = (uint64_t)(d->table_size - 1), slot = hash_node(&n) & mask;
	while (d->table[slot] != QL_NO_NODE) {
		if (same_node(&d->node[d->table[slot]], &n))
			return d->table[slot];
		slot = (slot + 1) & mask;
	}
	QL_GROW(d->node, d->n, d->cap);
	d->node[d->n] = n;
	d->table[slot] = d->n;
	return d->n++;
}

static ql_node make(struct ql_dag *d, enum ql_op op, ql_node a, ql_node b, ql_node c)
{
	return intern(d, (struct ql_dag_node){.op = op, .a = a, .b = b, .c = c, .var = -1});
}

ql_node ql_const(struct ql_dag *d, double value)
{
	if (value == 0)
		value = 0; /* no negative zero */
	return intern(d, (struct ql_dag_node){QL_OP_CONST, QL_NO_NODE, QL_NO_NODE, QL_NO_NODE, -1, value});
}

ql_node ql_var(struct ql_dag *d, int quantity)
{
	return intern(d, (struct ql_dag_node){QL_OP_VAR, QL_NO_NODE, QL_NO_NODE, QL_NO_NODE, quantity, 0});
}

ql_node ql_time(struct ql_dag *d) { return make(d, QL_OP_TIME, QL_NO_NODE, QL_NO_NODE, QL_NO_NODE); }

bool ql_is_const(const struct ql_dag *d, ql_node n, double *value)
{
	if (d->node[n].op != QL_OP_CONST)
		return false;
	if (value)
		*value = d->node[n].value;
	return true;
}

/* Arithmetic of one node; the kernels do the same, lane by lane. */

double ql_op_apply(enum ql_op op, double a, double b, double c)
{
	switch (op) {
	case QL_OP_ADD: return a + b;
	case QL_OP_SUB: return a - b;
	case QL_OP_MUL: return a * b;
	case QL_OP_DIV: return a / b;
	case QL_OP_NEG: return -a;
	case QL_OP_POW: return ql_pow(a, b);
	case QL_OP_SQRT: return sqrt(a);
	case QL_OP_EXP: return ql_exp(a);
	case QL_OP_LOG: return ql_log(a);
	case QL_OP_MIN: return a < b ? a : b;
	case QL_OP_MAX: return a > b ? a : b;
	case QL_OP_ABS: return fabs(a);
	case QL_OP_FLOOR: return floor(a);
	case QL_OP_CEIL: return ceil(a);
	case QL_OP_LT: return a < b;
	case QL_OP_LE: return a <= b;
	case QL_OP_EQ: return a == b;
	case QL_OP_NE: return a != b;
	case QL_OP_AND: return a != 0 && b != 0;
	case QL_OP_OR: return a != 0 || b != 0;
	case QL_OP_NOT: return a == 0;
	case QL_OP_SELECT: return a != 0 ? b : c;
	case QL_OP_SIN: return ql_sin(a);
	case QL_OP_COS: return ql_cos(a);
	case QL_OP_TAN: return ql_tan(a);
	case QL_OP_ASIN: return ql_asin(a);
	case QL_OP_ACOS: return ql_acos(a);
	case QL_OP_ATAN: return ql_atan(a);
	case QL_OP_SINH: return ql_sinh(a);
	case QL_OP_COSH: return ql_cosh(a);
	case QL_OP_TANH: return ql_tanh(a);
	case QL_OP_LGAMMA: return ql_lgamma(a);
	case QL_OP_FMA: return fma(a, b, c);
	case QL_OP_CONST:
	case QL_OP_VAR:
	case QL_OP_TIME:
	case QL_OP_COUNT: break;
	}
	return NAN;
}

static bool is_value(const struct ql_dag *d, ql_node n, double value)
{
	return d->node[n].op == QL_OP_CONST && d->node[n].value == value;
}

bool ql_op_is_condition(enum ql_op op)
{
	switch (op) {
	case QL_OP_LT:
	case QL_OP_LE:
	case QL_OP_EQ:
	case QL_OP_NE:
	case QL_OP_AND:
	case QL_OP_OR:
	case QL_OP_NOT: return true;
	default: return false;
	}
}

static bool is_op(const struct ql_dag *d, ql_node n, enum ql_op op) { return d->node[n].op == op; }

static bool is_boolean(const struct ql_dag *d, ql_node n)
{
	return ql_op_is_condition(d->node[n].op) || is_value(d, n, 0) || is_value(d, n, 1);
}

static ql_node truth(struct ql_dag *d, ql_node n)
{
	return is_boolean(d, n) ? n : ql_op2(d, QL_OP_NE, n, ql_const(d, 0));
}

/* Identities. Each function returns QL_NO_NODE when none applies. Constants stand first in sums and products. */

/* Masks: m*x with m 0 or 1 is select(m, x, 0), so that a branch not taken counts for nothing even if it is not finite. */

static bool is_masked(const struct ql_dag *d, ql_node n)
{
	return d->node[n].op == QL_OP_SELECT && is_value(d, d->node[n].c, 0);
}

static ql_node masked(struct ql_dag *d, ql_node m, ql_node x)
{
	return ql_op3(d, QL_OP_SELECT, m, x, ql_const(d, 0));
}

/* select(m, x, 0) op select(not m, y, 0) = select(m, x, op y), and with equal masks select(m, x op y, 0). */
static ql_node merge_masked(struct ql_dag *d, enum ql_op op, ql_node a, ql_node b)
{
	if (!is_masked(d, a) || !is_masked(d, b))
		return QL_NO_NODE;
	const struct ql_dag_node x = d->node[a], y = d->node[b];
	if (x.a == y.a)
		return masked(d, x.a, ql_op2(d, op, x.b, y.b));
	if (ql_op1(d, QL_OP_NOT, x.a) != y.a)
		return QL_NO_NODE;
	return ql_op3(d, QL_OP_SELECT, x.a, x.b, op == QL_OP_ADD ? y.b : ql_op1(d, QL_OP_NEG, y.b));
}

static ql_node mask_product(struct ql_dag *d, ql_node a, ql_node b)
{
	if (is_boolean(d, a) && d->node[a].op != QL_OP_CONST)
		return masked(d, a, b);
	if (is_boolean(d, b) && d->node[b].op != QL_OP_CONST)
		return masked(d, b, a);
	return QL_NO_NODE;
}

static ql_node simplify_add(struct ql_dag *d, ql_node a, ql_node b)
{
	const struct ql_dag_node x = d->node[a], y = d->node[b];
	if (is_value(d, a, 0))
		return b;
	if (x.op == QL_OP_CONST && y.op == QL_OP_ADD && is_op(d, y.a, QL_OP_CONST))
		return ql_op2(d, QL_OP_ADD, ql_const(d, x.value + d->node[y.a].value), y.b);
	if (y.op == QL_OP_NEG)
		return ql_op2(d, QL_OP_SUB, a, y.a);
	if (x.op == QL_OP_NEG)
		return ql_op2(d, QL_OP_SUB, b, x.a);
	if (a == b)
		return ql_op2(d, QL_OP_MUL, ql_const(d, 2), a);
	return merge_masked(d, QL_OP_ADD, a, b);
}

static ql_node simplify_sub(struct ql_dag *d, ql_node a, ql_node b)
{
	double v;
	if (a == b)
		return ql_const(d, 0);
	if (is_value(d, a, 0))
		return ql_op1(d, QL_OP_NEG, b);
	if (ql_is_const(d, b, &v))
		return ql_op2(d, QL_OP_ADD, ql_const(d, -v), a);
	if (is_op(d, b, QL_OP_NEG))
		return ql_op2(d, QL_OP_ADD, a, d->node[b].a);
	if (is_op(d, a, QL_OP_NEG))
		return ql_op1(d, QL_OP_NEG, ql_op2(d, QL_OP_ADD, d->node[a].a, b));
	return merge_masked(d, QL_OP_SUB, a, b);
}

/* x*a where x is a product or quotient with a division by a somewhere near: the division goes. */
static ql_node cancel(struct ql_dag *d, ql_node x, ql_node a, int depth)
{
	const struct ql_dag_node n = d->node[x];
	if (n.op == QL_OP_DIV && n.b == a)
		return n.a;
	if (depth == 0 || (n.op != QL_OP_MUL && n.op != QL_OP_DIV))
		return QL_NO_NODE;
	ql_node r = cancel(d, n.a, a, depth - 1);
	if (r != QL_NO_NODE)
		return ql_op2(d, n.op, r, n.b);
	r = n.op == QL_OP_MUL ? cancel(d, n.b, a, depth - 1) : QL_NO_NODE;
	return r != QL_NO_NODE ? ql_op2(d, QL_OP_MUL, n.a, r) : r;
}

static ql_node simplify_mul(struct ql_dag *d, ql_node a, ql_node b)
{
	const struct ql_dag_node x = d->node[a], y = d->node[b];
	if (is_value(d, a, 0) || is_value(d, a, 1))
		return is_value(d, a, 0) ? a : b;
	if (is_value(d, a, -1))
		return ql_op1(d, QL_OP_NEG, b);
	if (x.op == QL_OP_CONST && y.op == QL_OP_NEG)
		return ql_op2(d, QL_OP_MUL, ql_const(d, -x.value), y.a);
	if (x.op == QL_OP_CONST && y.op == QL_OP_MUL && is_op(d, y.a, QL_OP_CONST))
		return ql_op2(d, QL_OP_MUL, ql_const(d, x.value * d->node[y.a].value), y.b);
	if (x.op == QL_OP_NEG)
		return ql_op1(d, QL_OP_NEG, ql_op2(d, QL_OP_MUL, x.a, b));
	if (y.op == QL_OP_NEG)
		return ql_op1(d, QL_OP_NEG, ql_op2(d, QL_OP_MUL, a, y.a));
	ql_node r = mask_product(d, a, b);
	if (r != QL_NO_NODE || x.op == QL_OP_CONST)
		return r;
	r = cancel(d, a, b, 3);
	return r != QL_NO_NODE ? r : cancel(d, b, a, 3);
}

static ql_node simplify_div(struct ql_dag *d, ql_node a, ql_node b)
{
	double v;
	int exponent;
	if (a == b)
		return ql_const(d, 1);
	if (is_value(d, a, 0))
		return a;
	/* A power of two: the reciprocal is exact. */
	if (ql_is_const(d, b, &v) && fabs(frexp(v, &exponent)) == 0.5 && exponent > -1000 && exponent < 1000)
		return ql_op2(d, QL_OP_MUL, ql_const(d, 1 / v), a);
	if (is_op(d, a, QL_OP_NEG))
		return ql_op1(d, QL_OP_NEG, ql_op2(d, QL_OP_DIV, d->node[a].a, b));
	if (is_op(d, b, QL_OP_NEG))
		return ql_op1(d, QL_OP_NEG, ql_op2(d, QL_OP_DIV, a, d->node[b].a));
	if (is_op(d, a, QL_OP_MUL) && d->node[a].b == b)
		return d->node[a].a;
	if (is_op(d, a, QL_OP_MUL) && d->node[a].a == b)
		return d->node[a].b;
	return QL_NO_NODE;
}

static ql_node whole_power(struct ql_dag *d, ql_node a, int n)
{
	if (n == 1)
		return a;
	ql_node half = whole_power(d, a, n / 2), square = ql_op2(d, QL_OP_MUL, half, half);
	return n % 2 ? ql_op2(d, QL_OP_MUL, square, a) : square;
}

/* Exponents k/2 up to 8 in size become products, roots and one reciprocal. */
static ql_node simplify_pow(struct ql_dag *d, ql_node a, ql_node b)
{
	double v;
	if (is_value(d, a, 1) || is_value(d, b, 0))
		return ql_const(d, 1);
	if (!ql_is_const(d, b, &v) || fabs(v) > 8 || 2 * v != floor(2 * v))
		return QL_NO_NODE;
	int whole = (int)floor(fabs(v));
	ql_node r = fabs(v) > whole ? ql_op1(d, QL_OP_SQRT, a) : ql_const(d, 1);
	if (whole)
		r = ql_op2(d, QL_OP_MUL, whole_power(d, a, whole), r);
	return v < 0 ? ql_op2(d, QL_OP_DIV, ql_const(d, 1), r) : r;
}

static ql_node simplify_compare(struct ql_dag *d, enum ql_op op, ql_node a, ql_node b)
{
	if (a == b)
		return ql_const(d, op == QL_OP_LE || op == QL_OP_EQ);
	if (op == QL_OP_NE && is_value(d, a, 0) && is_boolean(d, b))
		return b;
	return QL_NO_NODE;
}

static ql_node simplify_logic(struct ql_dag *d, enum ql_op op, ql_node a, ql_node b)
{
	double v;
	if (a == b)
		return truth(d, a);
	if (!ql_is_const(d, a, &v))
		return QL_NO_NODE;
	if (op == QL_OP_AND)
		return v != 0 ? truth(d, b) : ql_const(d, 0);
	return v != 0 ? ql_const(d, 1) : truth(d, b);
}

static ql_node simplify2(struct ql_dag *d, enum ql_op op, ql_node a, ql_node b)
{
	switch (op) {
	case QL_OP_ADD: return simplify_add(d, a, b);
	case QL_OP_SUB: return simplify_sub(d, a, b);
	case QL_OP_MUL: return simplify_mul(d, a, b);
	case QL_OP_DIV: return simplify_div(d, a, b);
	case QL_OP_POW: return simplify_pow(d, a, b);
	case QL_OP_MIN:
	case QL_OP_MAX: return a == b ? a : QL_NO_NODE;
	case QL_OP_LT:
	case QL_OP_LE:
	case QL_OP_EQ:
	case QL_OP_NE: return simplify_compare(d, op, a, b);
	case QL_OP_AND:
	case QL_OP_OR: return simplify_logic(d, op, a, b);
	default: return QL_NO_NODE;
	}
}

static bool commutes(enum ql_op op)
{
	return op == QL_OP_ADD || op == QL_OP_MUL || op == QL_OP_MIN || op == QL_OP_MAX || op == QL_OP_EQ ||
	       op == QL_OP_NE || op == QL_OP_AND || op == QL_OP_OR;
}

static ql_node simplify_neg(struct ql_dag *d, ql_node a)
{
	const struct ql_dag_node x = d->node[a];
	if (x.op == QL_OP_NEG)
		return x.a;
	if (x.op == QL_OP_SUB)
		return ql_op2(d, QL_OP_SUB, x.b, x.a);
	if (x.op == QL_OP_MUL && is_op(d, x.a, QL_OP_CONST))
		return ql_op2(d, QL_OP_MUL, ql_const(d, -d->node[x.a].value), x.b);
	return QL_NO_NODE;
}

static ql_node simplify_not(struct ql_dag *d, ql_node a)
{
	const struct ql_dag_node x = d->node[a];
	switch (x.op) {
	case QL_OP_LT: return ql_op2(d, QL_OP_LE, x.b, x.a);
	case QL_OP_LE: return ql_op2(d, QL_OP_LT, x.b, x.a);
	case QL_OP_EQ: return ql_op2(d, QL_OP_NE, x.a, x.b);
	case QL_OP_NE: return ql_op2(d, QL_OP_EQ, x.a, x.b);
	case QL_OP_NOT: return truth(d, x.a);
	default: return QL_NO_NODE;
	}
}

static ql_node simplify1(struct ql_dag *d, enum ql_op op, ql_node a)
{
	enum ql_op inner = d->node[a].op;
	if (op == QL_OP_NEG)
		return simplify_neg(d, a);
	if (op == QL_OP_NOT)
		return simplify_not(d, a);
	if (op == QL_OP_ABS && inner == QL_OP_NEG)
		return ql_op1(d, QL_OP_ABS, d->node[a].a);
	if (op == QL_OP_ABS && (inner == QL_OP_ABS || inner == QL_OP_SQRT || inner == QL_OP_EXP))
		return a;
	if ((op == QL_OP_FLOOR || op == QL_OP_CEIL) && (inner == QL_OP_FLOOR || inner == QL_OP_CEIL))
		return a;
	return QL_NO_NODE;
}

ql_node ql_op1(struct ql_dag *d, enum ql_op op, ql_node a)
{
	double x;
	if (ql_is_const(d, a, &x))
		return ql_const(d, ql_op_apply(op, x, 0, 0));
	ql_node s = simplify1(d, op, a);
	return s != QL_NO_NODE ? s : make(d, op, a, QL_NO_NODE, QL_NO_NODE);
}

ql_node ql_op2(struct ql_dag *d, enum ql_op op, ql_node a, ql_node b)
{
	double x, y;
	bool const_a = ql_is_const(d, a, &x), const_b = ql_is_const(d, b, &y);
	if (const_a && const_b)
		return ql_const(d, ql_op_apply(op, x, y, 0));
	if (commutes(op) && (const_b || (!const_a && a > b))) {
		ql_node swap = a;
		a = b;
		b = swap;
	}
	ql_node s = simplify2(d, op, a, b);
	return s != QL_NO_NODE ? s : make(d, op, a, b, QL_NO_NODE);
}

static ql_node make_select(struct ql_dag *d, ql_node c, ql_node a, ql_node b)
{
	const struct ql_dag_node x = d->node[c];
	if (x.op == QL_OP_CONST)
		return x.value != 0 ? a : b;
	if (a == b)
		return a;
	if (x.op == QL_OP_NOT)
		return ql_op3(d, QL_OP_SELECT, x.a, b, a);
	if (x.op == QL_OP_NE && is_value(d, x.a, 0))
		return ql_op3(d, QL_OP_SELECT, x.b, a, b);
	if (is_value(d, a, 1) && is_value(d, b, 0))
		return truth(d, c);
	return make(d, QL_OP_SELECT, c, a, b);
}

static ql_node make_fma(struct ql_dag *d, ql_node a, ql_node b, ql_node c)
{
	double x, y, z;
	bool const_a = ql_is_const(d, a, &x), const_b = ql_is_const(d, b, &y);
	if (const_a && const_b && ql_is_const(d, c, &z))
		return ql_const(d, fma(x, y, z));
	if ((const_a && (x == 0 || x == 1 || x == -1)) || (const_b && (y == 0 || y == 1 || y == -1)) ||
	    is_value(d, c, 0))
		return ql_op2(d, QL_OP_ADD, ql_op2(d, QL_OP_MUL, a, b), c);
	return a <= b ? make(d, QL_OP_FMA, a, b, c) : make(d, QL_OP_FMA, b, a, c);
}

ql_node ql_op3(struct ql_dag *d, enum ql_op op, ql_node a, ql_node b, ql_node c)
{
	return op == QL_OP_FMA ? make_fma(d, a, b, c) : make_select(d, a, b, c);
}

/* Walks: operands first, with an explicit stack, stopping at what the memo knows. */

static void memo_room(struct ql_dag_memo *memo, int n)
{
	if (memo->n >= n)
		return;
	memo->to = ql_realloc(memo->to, (size_t)n, sizeof *memo->to);
	while (memo->n < n)
		memo->to[memo->n++] = QL_NO_NODE;
}

void ql_dag_memo_free(struct ql_dag_memo *memo)
{
	ql_free(memo->to);
	*memo = (struct ql_dag_memo){0};
}

static int push(struct ql_dag *d, int depth, ql_node n, const struct ql_dag_memo *memo)
{
	if (n == QL_NO_NODE || memo->to[n] != QL_NO_NODE)
		return depth;
	QL_GROW(d->stack, depth, d->stack_cap);
	d->stack[depth] = n;
	return depth + 1;
}

ql_node ql_dag_walk(struct ql_dag *d, ql_node root, struct ql_dag_memo *memo, ql_dag_visit visit,
		    const void *ctx)
{
	memo_room(memo, root + 1);
	int depth = push(d, 0, root, memo);
	while (depth > 0) {
		ql_node n = d->stack[depth - 1];
		const struct ql_dag_node x = d->node[n];
		int deeper = push(d, push(d, push(d, depth, x.c, memo), x.b, memo), x.a, memo);
		if (deeper > depth) {
			depth = deeper;
			continue;
		}
		depth--;
		if (memo->to[n] == QL_NO_NODE)
			memo->to[n] = visit(d, n, memo, ctx);
	}
	return memo->to[root];
}

struct substitution {
	const ql_node *map;
	int n_map;
	ql_node time_map;
};

static ql_node rebuild(struct ql_dag *d, ql_node n, const struct ql_dag_memo *memo, const void *ctx)
{
	const struct substitution *s = ctx;
	const struct ql_dag_node x = d->node[n];
	if (x.op == QL_OP_VAR)
		return x.var < s->n_map && s->map[x.var] != QL_NO_NODE ? s->map[x.var] : n;
	if (x.op == QL_OP_TIME)
		return s->time_map != QL_NO_NODE ? s->time_map : n;
	switch (op_info[x.op].arity) {
	case 1: return ql_op1(d, x.op, memo->to[x.a]);
	case 2: return ql_op2(d, x.op, memo->to[x.a], memo->to[x.b]);
	case 3: return ql_op3(d, x.op, memo->to[x.a], memo->to[x.b], memo->to[x.c]);
	default: return n;
	}
}

ql_node ql_dag_substitute(struct ql_dag *d, ql_node root, const ql_node *map, int n_map, ql_node time_map,
			  struct ql_dag_memo *memo)
{
	struct substitution s = {map, n_map, time_map};
	return ql_dag_walk(d, root, memo, rebuild, &s);
}

void ql_dag_reach(const struct ql_dag *d, const ql_node *roots, int n_roots, unsigned char *mark)
{
	memset(mark, 0, (size_t)d->n);
	for (int i = 0; i < n_roots; i++)
		if (roots[i] != QL_NO_NODE)
			mark[roots[i]] = 1;
	for (ql_node n = d->n - 1; n >= 0; n--) {
		if (!mark[n])
			continue;
		const struct ql_dag_node *x = &d->node[n];
		if (x->a != QL_NO_NODE)
			mark[x->a] = 1;
		if (x->b != QL_NO_NODE)
			mark[x->b] = 1;
		if (x->c != QL_NO_NODE)
			mark[x->c] = 1;
	}
}

void ql_dag_eval(const struct ql_dag *d, const unsigned char *mark, const double *var_value, double t, double *value)
{
	for (ql_node n = 0; n < d->n; n++) {
		if (mark && !mark[n])
			continue;
		const struct ql_dag_node *x = &d->node[n];
		if (x->op == QL_OP_CONST)
			value[n] = x->value;
		else if (x->op == QL_OP_VAR)
			value[n] = var_value[x->var];
		else if (x->op == QL_OP_TIME)
			value[n] = t;
		else
			value[n] = ql_op_apply(x->op, value[x->a], x->b == QL_NO_NODE ? 0 : value[x->b],
					 x->c == QL_NO_NODE ? 0 : value[x->c]);
	}
}
