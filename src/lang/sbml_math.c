/* SPDX-License-Identifier: Apache-2.0 */
/* Formulas of SBML as nodes of the expression graph. */
#ifdef QUELL_HAVE_SBML
#include "lang/sbml_private.h"
#include <math.h>
#include <string.h>

enum { MAX_DEPTH = 300, MAX_WORK = 5000000 };

struct formula {
	struct ql_sbml_reader *r;
	struct ql_dag *d;
	enum ql_sbml_mode mode;
	const struct ql_sbml_scope *scope;
	const SBase_t *at;
};

static ql_node expr(struct formula *f, const ASTNode_t *x);

static ql_node number(struct formula *f, double x) { return ql_const(f->d, x); }
static ql_node op1(struct formula *f, enum ql_op op, ql_node a) { return ql_op1(f->d, op, a); }
static ql_node op2(struct formula *f, enum ql_op op, ql_node a, ql_node b) { return ql_op2(f->d, op, a, b); }
static ql_node inverse(struct formula *f, ql_node a) { return op2(f, QL_OP_DIV, number(f, 1), a); }
static ql_node choose(struct formula *f, ql_node c, ql_node a, ql_node b) { return ql_op3(f->d, QL_OP_SELECT, c, a, b); }
static ql_node truth(struct formula *f, ql_node a) { return op2(f, QL_OP_NE, a, number(f, 0)); }

static ql_node fault(struct formula *f, const char *what)
{
	ql_sbml_complain(f->r, QL_E1005, f->at, "%s", what);
	return number(f, 0);
}

static ql_node child(struct formula *f, const ASTNode_t *x, unsigned i)
{
	if (i >= ASTNode_getNumChildren(x))
		return fault(f, "an operator has too few arguments");
	return expr(f, ASTNode_getChild(x, i));
}

/* sum, product, and, or, min, max of any number of arguments */
static ql_node chain(struct formula *f, const ASTNode_t *x, enum ql_op op, double empty, bool logic)
{
	unsigned n = ASTNode_getNumChildren(x);
	if (n == 0)
		return number(f, empty);
	ql_node s = logic ? truth(f, child(f, x, 0)) : child(f, x, 0);
	for (unsigned i = 1; i < n; i++)
		s = op2(f, op, s, logic ? truth(f, child(f, x, i)) : child(f, x, i));
	return s;
}

static ql_node xor_chain(struct formula *f, const ASTNode_t *x)
{
	ql_node s = number(f, 0);
	for (unsigned i = 0; i < ASTNode_getNumChildren(x); i++)
		s = op2(f, QL_OP_NE, s, truth(f, child(f, x, i)));
	return s;
}

/* a < b < c means all neighbours */
static ql_node relation(struct formula *f, const ASTNode_t *x, enum ql_op op, bool swap)
{
	unsigned n = ASTNode_getNumChildren(x);
	ql_node s = number(f, 1);
	for (unsigned i = 0; i + 1 < n; i++) {
		ql_node a = child(f, x, i), b = child(f, x, i + 1);
		ql_node one = swap ? op2(f, op, b, a) : op2(f, op, a, b);
		s = i ? op2(f, QL_OP_AND, s, one) : one;
	}
	return s;
}

static ql_node piecewise(struct formula *f, const ASTNode_t *x)
{
	unsigned n = ASTNode_getNumChildren(x);
	ql_node s = n % 2 ? child(f, x, n - 1) : number(f, NAN);
	for (unsigned i = n / 2; i-- > 0;)
		s = choose(f, truth(f, child(f, x, 2 * i + 1)), child(f, x, 2 * i), s);
	return s;
}

static ql_node minus(struct formula *f, const ASTNode_t *x)
{
	if (ASTNode_getNumChildren(x) == 1)
		return op1(f, QL_OP_NEG, child(f, x, 0));
	return op2(f, QL_OP_SUB, child(f, x, 0), child(f, x, 1));
}

static ql_node truncated(struct formula *f, ql_node a)
{
	return choose(f, op2(f, QL_OP_LT, a, number(f, 0)), op1(f, QL_OP_CEIL, a), op1(f, QL_OP_FLOOR, a));
}

static ql_node power(struct formula *f, ql_node a, ql_node b) { return op2(f, QL_OP_POW, a, b); }
static ql_node logarithm(struct formula *f, ql_node a) { return op1(f, QL_OP_LOG, a); }
static ql_node root2(struct formula *f, ql_node a) { return op1(f, QL_OP_SQRT, a); }
static ql_node plus1(struct formula *f, ql_node a, double b) { return op2(f, QL_OP_ADD, a, number(f, b)); }

/* log(x + sqrt(x^2 + sign)), odd for sign +1 so that large negative x keep their digits */
static ql_node inverse_hyperbolic(struct formula *f, ql_node a, double sign)
{
	ql_node u = sign > 0 ? op1(f, QL_OP_ABS, a) : a;
	ql_node l = logarithm(f, op2(f, QL_OP_ADD, u, root2(f, plus1(f, op2(f, QL_OP_MUL, u, u), sign))));
	return sign > 0 ? choose(f, op2(f, QL_OP_LT, a, number(f, 0)), op1(f, QL_OP_NEG, l), l) : l;
}

static ql_node arctanh(struct formula *f, ql_node a)
{
	ql_node up = plus1(f, a, 1), down = op2(f, QL_OP_SUB, number(f, 1), a);
	return op2(f, QL_OP_MUL, number(f, 0.5), logarithm(f, op2(f, QL_OP_DIV, up, down)));
}

/* n!: exact whole numbers as far as a double holds them */
static ql_node factorial(struct formula *f, ql_node a)
{
	double n;
	if (ql_is_const(f->d, a, &n) && n >= 0 && n == floor(n) && n < 171) {
		double p = 1;
		for (int i = 2; i <= (int)n; i++)
			p *= i;
		return number(f, p);
	}
	return op1(f, QL_OP_EXP, op1(f, QL_OP_LGAMMA, plus1(f, a, 1)));
}

static const struct {
	ASTNodeType_t type;
	enum ql_op op;
	bool inverse_first, inverse_after; /* f(1/x), 1/f(x) */
} simple[] = {{AST_FUNCTION_ABS, QL_OP_ABS, false, false},	 {AST_FUNCTION_EXP, QL_OP_EXP, false, false},
	      {AST_FUNCTION_LN, QL_OP_LOG, false, false},	 {AST_FUNCTION_FLOOR, QL_OP_FLOOR, false, false},
	      {AST_FUNCTION_CEILING, QL_OP_CEIL, false, false},	 {AST_FUNCTION_SIN, QL_OP_SIN, false, false},
	      {AST_FUNCTION_COS, QL_OP_COS, false, false},	 {AST_FUNCTION_TAN, QL_OP_TAN, false, false},
	      {AST_FUNCTION_SINH, QL_OP_SINH, false, false},	 {AST_FUNCTION_COSH, QL_OP_COSH, false, false},
	      {AST_FUNCTION_TANH, QL_OP_TANH, false, false},	 {AST_FUNCTION_SEC, QL_OP_COS, false, true},
	      {AST_FUNCTION_CSC, QL_OP_SIN, false, true},	 {AST_FUNCTION_COT, QL_OP_TAN, false, true},
	      {AST_FUNCTION_SECH, QL_OP_COSH, false, true},	 {AST_FUNCTION_CSCH, QL_OP_SINH, false, true},
	      {AST_FUNCTION_COTH, QL_OP_TANH, false, true},	 {AST_FUNCTION_ARCSIN, QL_OP_ASIN, false, false},
	      {AST_FUNCTION_ARCCOS, QL_OP_ACOS, false, false},	 {AST_FUNCTION_ARCTAN, QL_OP_ATAN, false, false},
	      {AST_FUNCTION_ARCSEC, QL_OP_ACOS, true, false},	 {AST_FUNCTION_ARCCSC, QL_OP_ASIN, true, false},
	      {AST_FUNCTION_ARCCOT, QL_OP_ATAN, true, false}};

static bool simple_function(struct formula *f, const ASTNode_t *x, ASTNodeType_t type, ql_node *out)
{
	for (size_t i = 0; i < sizeof simple / sizeof *simple; i++) {
		if (simple[i].type != type)
			continue;
		ql_node a = child(f, x, 0);
		a = op1(f, simple[i].op, simple[i].inverse_first ? inverse(f, a) : a);
		*out = simple[i].inverse_after ? inverse(f, a) : a;
		return true;
	}
	return false;
}

/* Functions of one or two arguments that need several operations. */
static bool function(struct formula *f, const ASTNode_t *x, ASTNodeType_t type, ql_node *out)
{
	if (simple_function(f, x, type, out))
		return true;
	switch (type) {
	case AST_FUNCTION_ARCSINH: *out = inverse_hyperbolic(f, child(f, x, 0), 1); return true;
	case AST_FUNCTION_ARCCSCH: *out = inverse_hyperbolic(f, inverse(f, child(f, x, 0)), 1); return true;
	case AST_FUNCTION_ARCCOSH: *out = inverse_hyperbolic(f, child(f, x, 0), -1); return true;
	case AST_FUNCTION_ARCSECH: *out = inverse_hyperbolic(f, inverse(f, child(f, x, 0)), -1); return true;
	case AST_FUNCTION_ARCTANH: *out = arctanh(f, child(f, x, 0)); return true;
	case AST_FUNCTION_ARCCOTH: *out = arctanh(f, inverse(f, child(f, x, 0))); return true;
	case AST_FUNCTION_FACTORIAL: *out = factorial(f, child(f, x, 0)); return true;
	case AST_FUNCTION_MIN: *out = chain(f, x, QL_OP_MIN, INFINITY, false); return true;
	case AST_FUNCTION_MAX: *out = chain(f, x, QL_OP_MAX, -INFINITY, false); return true;
	case AST_FUNCTION_POWER:
	case AST_POWER: *out = power(f, child(f, x, 0), child(f, x, 1)); return true;
	case AST_FUNCTION_ROOT: /* degree, radicand; one argument: square root */
		if (ASTNode_getNumChildren(x) == 1) {
			*out = root2(f, child(f, x, 0));
		} else {
			double degree;
			ql_node n = child(f, x, 0), a = child(f, x, 1);
			bool two = ql_is_const(f->d, n, &degree) && degree == 2;
			*out = two ? root2(f, a) : power(f, a, inverse(f, n));
		}
		return true;
	case AST_FUNCTION_LOG: { /* base, argument; one argument: base 10 */
		bool base = ASTNode_getNumChildren(x) > 1;
		ql_node b = base ? child(f, x, 0) : number(f, 10);
		*out = op2(f, QL_OP_DIV, logarithm(f, child(f, x, base ? 1 : 0)), logarithm(f, b));
		return true;
	}
	case AST_FUNCTION_QUOTIENT:
		*out = truncated(f, op2(f, QL_OP_DIV, child(f, x, 0), child(f, x, 1)));
		return true;
	case AST_FUNCTION_REM: {
		ql_node a = child(f, x, 0), b = child(f, x, 1);
		*out = op2(f, QL_OP_SUB, a, op2(f, QL_OP_MUL, b, truncated(f, op2(f, QL_OP_DIV, a, b))));
		return true;
	}
	default: return false;
	}
}

static bool logic(struct formula *f, const ASTNode_t *x, ASTNodeType_t type, ql_node *out)
{
	switch (type) {
	case AST_RELATIONAL_EQ: *out = relation(f, x, QL_OP_EQ, false); return true;
	case AST_RELATIONAL_NEQ: *out = relation(f, x, QL_OP_NE, false); return true;
	case AST_RELATIONAL_LT: *out = relation(f, x, QL_OP_LT, false); return true;
	case AST_RELATIONAL_LEQ: *out = relation(f, x, QL_OP_LE, false); return true;
	case AST_RELATIONAL_GT: *out = relation(f, x, QL_OP_LT, true); return true;
	case AST_RELATIONAL_GEQ: *out = relation(f, x, QL_OP_LE, true); return true;
	case AST_LOGICAL_AND: *out = chain(f, x, QL_OP_AND, 1, true); return true;
	case AST_LOGICAL_OR: *out = chain(f, x, QL_OP_OR, 0, true); return true;
	case AST_LOGICAL_XOR: *out = xor_chain(f, x); return true;
	case AST_LOGICAL_NOT: *out = op1(f, QL_OP_NOT, truth(f, child(f, x, 0))); return true;
	case AST_LOGICAL_IMPLIES:
		*out = op2(f, QL_OP_OR, op1(f, QL_OP_NOT, truth(f, child(f, x, 0))), truth(f, child(f, x, 1)));
		return true;
	case AST_CONSTANT_TRUE: *out = number(f, 1); return true;
	case AST_CONSTANT_FALSE: *out = number(f, 0); return true;
	case AST_FUNCTION_PIECEWISE: *out = piecewise(f, x); return true;
	default: return false;
	}
}

static bool literal(struct formula *f, const ASTNode_t *x, ASTNodeType_t type, ql_node *out)
{
	switch (type) {
	case AST_INTEGER:
	case AST_REAL:
	case AST_REAL_E:
	case AST_RATIONAL: *out = number(f, ASTNode_getValue(x)); return true;
	case AST_CONSTANT_PI: *out = number(f, 3.14159265358979323846); return true;
	case AST_CONSTANT_E: *out = number(f, 2.71828182845904523536); return true;
	case AST_NAME_AVOGADRO: *out = number(f, 6.02214179e23); return true;
	case AST_NAME_TIME: *out = f->mode == QL_SB_START ? number(f, 0) : ql_time(f->d); return true;
	default: return false;
	}
}

static ql_node name(struct formula *f, const ASTNode_t *x)
{
	const char *id = ASTNode_getName(x);
	for (const struct ql_sbml_scope *s = f->scope; s && id; s = s->up)
		for (int i = 0; i < s->n; i++)
			if (strcmp(s->name[i], id) == 0)
				return s->value[i];
	int e = id ? ql_sbml_find(f->r, id) : -1;
	if (e >= 0)
		return ql_sbml_value(f->r, e, f->mode);
	ql_sbml_complain(f->r, QL_E1003, f->at, "`%s` is defined nowhere", id ? id : "?");
	return number(f, 0);
}

/* A call of a function definition: its body with the arguments bound. It sees nothing else. */
static ql_node call(struct formula *f, const ASTNode_t *x)
{
	const char *id = ASTNode_getName(x);
	FunctionDefinition_t *fd = id ? Model_getFunctionDefinitionById(f->r->sbml, id) : NULL;
	if (!fd) {
		ql_sbml_complain(f->r, QL_E1003, f->at, "the function `%s` is defined nowhere", id ? id : "?");
		return number(f, 0);
	}
	unsigned n = FunctionDefinition_getNumArguments(fd);
	if (n != ASTNode_getNumChildren(x))
		return fault(f, "a function is called with the wrong number of arguments");
	if (!FunctionDefinition_isSetMath(fd) || !FunctionDefinition_getBody(fd))
		return number(f, NAN);
	struct ql_sbml_scope own = {NULL, QL_NEW_N(f->r->a, const char *, n), QL_NEW_N(f->r->a, ql_node, n), (int)n};
	for (unsigned i = 0; i < n; i++) {
		const char *arg = ASTNode_getName(FunctionDefinition_getArgument(fd, i));
		own.name[i] = arg ? arg : "";
		own.value[i] = child(f, x, i);
	}
	struct formula inner = *f;
	inner.scope = &own;
	inner.at = (const SBase_t *)fd;
	return expr(&inner, FunctionDefinition_getBody(fd));
}

static ql_node unsupported(struct formula *f, const ASTNode_t *x, ASTNodeType_t type)
{
	const char *id = ASTNode_getName(x);
	ql_sbml_refuse(f->r, f->at, type == AST_FUNCTION_DELAY	   ? "delay in a formula"
				    : type == AST_FUNCTION_RATE_OF ? "rateOf in a formula"
				    : id			   ? id
								   : "an operator of a formula");
	return number(f, 0);
}

static ql_node expr(struct formula *f, const ASTNode_t *x)
{
	if (f->r->depth >= MAX_DEPTH)
		return fault(f, "the formula is nested too deeply, or a function calls itself");
	if (f->r->work++ == MAX_WORK)
		return fault(f, "the formulas are too long when functions are written out");
	if (f->r->work > MAX_WORK || f->r->ds->n_errors - f->r->errors > 50)
		return number(f, 0);
	f->r->depth++;
	ASTNodeType_t type = ASTNode_getType(x);
	ql_node out;
	if (literal(f, x, type, &out) || logic(f, x, type, &out) || function(f, x, type, &out))
		;
	else if (type == AST_PLUS)
		out = chain(f, x, QL_OP_ADD, 0, false);
	else if (type == AST_TIMES)
		out = chain(f, x, QL_OP_MUL, 1, false);
	else if (type == AST_MINUS)
		out = minus(f, x);
	else if (type == AST_DIVIDE)
		out = op2(f, QL_OP_DIV, child(f, x, 0), child(f, x, 1));
	else if (type == AST_NAME)
		out = name(f, x);
	else if (type == AST_FUNCTION)
		out = call(f, x);
	else
		out = unsupported(f, x, type);
	f->r->depth--;
	return out;
}

ql_node ql_sbml_math(struct ql_sbml_reader *r, const ASTNode_t *x, enum ql_sbml_mode mode,
		     const struct ql_sbml_scope *scope, const SBase_t *at)
{
	struct formula f = {r, &r->m->dag, mode, scope, at};
	return expr(&f, x);
}

/* Conditions become distances: a < b is b - a, and is the smaller, or the larger, not the negative. What cannot be
 * measured is a step between -1 and 1, found by bisection. One upward sweep over the graph, as operands come first. */
ql_node ql_sbml_surrogate(struct ql_sbml_reader *r, ql_node condition)
{
	struct ql_dag *d = &r->m->dag;
	int n = condition + 1;
	ql_node *g = QL_NEW_N(r->a, ql_node, (size_t)n);
	unsigned char *mark = QL_NEW_N(r->a, unsigned char, (size_t)d->n);
	ql_dag_reach(d, &condition, 1, mark);
	for (ql_node i = 0; i < n; i++) {
		if (!mark[i])
			continue;
		struct ql_dag_node x = d->node[i]; /* a copy: the graph grows */
		switch (x.op) {
		case QL_OP_LT:
		case QL_OP_LE: g[i] = ql_op2(d, QL_OP_SUB, x.b, x.a); break;
		case QL_OP_AND: g[i] = ql_op2(d, QL_OP_MIN, g[x.a], g[x.b]); break;
		case QL_OP_OR: g[i] = ql_op2(d, QL_OP_MAX, g[x.a], g[x.b]); break;
		case QL_OP_NOT: g[i] = ql_op1(d, QL_OP_NEG, g[x.a]); break;
		case QL_OP_SELECT: g[i] = ql_op3(d, QL_OP_SELECT, x.a, g[x.b], g[x.c]); break;
		default: {
			ql_node zero = ql_const(d, 0), one = ql_const(d, 1);
			g[i] = ql_op3(d, QL_OP_SELECT, ql_op2(d, QL_OP_NE, i, zero), one, ql_op1(d, QL_OP_NEG, one));
		}
		}
	}
	return g[condition];
}
#else
typedef int ql_sbml_math_is_not_empty;
#endif
