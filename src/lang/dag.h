/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expressions as a hash-consed directed acyclic graph.
 *
 * Building a node folds constants and applies identities that hold for finite
 * values (x+0, x*1, x*0, x-x, x/x, pow(x,1), select on a constant, ...), and
 * powers with small whole or half exponents become products and roots, so
 * equal expressions are equal node numbers and common subexpressions are
 * shared. A node's operands always have smaller numbers: one upward sweep
 * evaluates or differentiates a whole model without recursion.
 */
#ifndef QL_LANG_DAG_H
#define QL_LANG_DAG_H

#include "base/mem.h"

typedef int32_t ql_node; /* index; QL_NO_NODE = none */
#define QL_NO_NODE (-1)

/* X(name, text, arity). Comparisons and logic give 0 or 1; select(c,a,b) = c != 0 ? a : b. */
#define QL_OP_LIST(X)                                                                       \
	X(CONST, "const", 0) X(VAR, "var", 0) X(TIME, "t", 0)                               \
	X(ADD, "+", 2) X(SUB, "-", 2) X(MUL, "*", 2) X(DIV, "/", 2) X(NEG, "-", 1)          \
	X(POW, "pow", 2) X(SQRT, "sqrt", 1) X(EXP, "exp", 1) X(LOG, "log", 1)               \
	X(MIN, "min", 2) X(MAX, "max", 2) X(ABS, "abs", 1) X(FLOOR, "floor", 1) X(CEIL, "ceil", 1) \
	X(LT, "<", 2) X(LE, "<=", 2) X(EQ, "==", 2) X(NE, "!=", 2)                          \
	X(AND, "&&", 2) X(OR, "||", 2) X(NOT, "!", 1) X(SELECT, "select", 3)                \
	X(SIN, "sin", 1) X(COS, "cos", 1) X(TAN, "tan", 1) X(ASIN, "asin", 1) X(ACOS, "acos", 1) X(ATAN, "atan", 1) \
	X(SINH, "sinh", 1) X(COSH, "cosh", 1) X(TANH, "tanh", 1)                            \
	X(LGAMMA, "lgamma", 1) X(FMA, "fma", 3) /* FMA(a,b,c) = a*b+c: made by the emitter, never by the parser */

enum ql_op {
#define X(name, text, arity) QL_OP_##name,
	QL_OP_LIST(X)
#undef X
	QL_OP_COUNT
};

/* Whether it gives true or false (1 or 0 as a number). */
bool ql_op_is_condition(enum ql_op op);

struct ql_dag_node {
	enum ql_op op;
	ql_node a, b, c; /* operands, QL_NO_NODE where unused */
	int var;         /* QL_OP_VAR: index into the model's quantities */
	double value;    /* QL_OP_CONST */
};

struct ql_dag {
	struct ql_dag_node *node;
	int n, cap;
	ql_node *table; /* open addressing, size a power of two */
	int table_size;
	ql_node *stack; /* scratch of the walks */
	int stack_cap;
};

void ql_dag_init(struct ql_dag *d);
void ql_dag_free(struct ql_dag *d);

ql_node ql_const(struct ql_dag *d, double value);
ql_node ql_var(struct ql_dag *d, int quantity);
ql_node ql_time(struct ql_dag *d);
ql_node ql_op1(struct ql_dag *d, enum ql_op op, ql_node a);
ql_node ql_op2(struct ql_dag *d, enum ql_op op, ql_node a, ql_node b);
ql_node ql_op3(struct ql_dag *d, enum ql_op op, ql_node a, ql_node b, ql_node c);
bool ql_is_const(const struct ql_dag *d, ql_node n, double *value);

int ql_op_arity(enum ql_op op);
double ql_op_apply(enum ql_op op, double a, double b, double c); /* NaN for leaves */
const char *ql_op_text(enum ql_op op);

/* Rebuilds `root` with map[quantity] in place of variables (QL_NO_NODE: keep), simplifying again.
 * memo has d->n entries of QL_NO_NODE at first and may be shared by calls with the same map; it is grown. */
struct ql_dag_memo {
	ql_node *to;
	int n;
};
ql_node ql_dag_substitute(struct ql_dag *d, ql_node root, const ql_node *map, int n_map, ql_node time_map,
			  struct ql_dag_memo *memo);
void ql_dag_memo_free(struct ql_dag_memo *memo);

/* Visits what root needs, operands first, and remembers what visit() made of each node. */
typedef ql_node (*ql_dag_visit)(struct ql_dag *d, ql_node n, const struct ql_dag_memo *memo, const void *ctx);
ql_node ql_dag_walk(struct ql_dag *d, ql_node root, struct ql_dag_memo *memo, ql_dag_visit visit, const void *ctx);

/* Derivative of root with respect to a quantity, or to time if quantity < 0; memo as above, one per quantity.
 * Non-smooth functions (min, max, abs, select, floor) take the derivative of the active branch. Where a root or a
 * power has no finite derivative at 0 (sqrt(u), u^v with v < 1) the derivative there is 0, so that a Jacobian stays
 * finite; that of lgamma holds for positive arguments. */
ql_node ql_dag_differentiate(struct ql_dag *d, ql_node root, int quantity, struct ql_dag_memo *memo);

/* Derivative of one operation with respect to its operand 0, 1 or 2, the others held. */
ql_node ql_dag_partial(struct ql_dag *d, ql_node n, int operand);

/* Marks every node that `roots` need; mark has d->n entries. */
void ql_dag_reach(const struct ql_dag *d, const ql_node *roots, int n_roots, unsigned char *mark);

/* Scalar evaluation of everything marked (or all if mark is NULL), in node order.
 * value[d->n] in and out: entries of VAR nodes come from var_value, TIME from t. Same bits as the kernels. */
void ql_dag_eval(const struct ql_dag *d, const unsigned char *mark, const double *var_value, double t, double *value);

#endif
