/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions of a listing as text of rxode2 and C, and as MathML. Depth is bounded by the listing. */
#include "lang/listing.h"
#include "base/io.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *stands_for(const struct ql_listing *l, ql_node n)
{
	const struct ql_dag_node *x = &l->m->dag.node[n];
	if (x->op == QL_OP_VAR)
		return l->q_name[x->var];
	return n < l->n_node ? l->node_name[n] : NULL;
}

/* --- infix --- */

enum { P_SELECT, P_OR, P_AND, P_NOT, P_COMPARE, P_ADD, P_MUL, P_NEG, P_POW, P_ATOM };

static int precedence(const struct ql_listing *l, ql_node n, bool own, enum ql_dialect dialect)
{
	const struct ql_dag_node *x = &l->m->dag.node[n];
	if (x->op == QL_OP_CONST)
		return x->value < 0 || signbit(x->value) ? P_NEG : P_ATOM;
	if (!own && stands_for(l, n))
		return P_ATOM;
	switch (x->op) {
	case QL_OP_SELECT: return dialect == QL_AS_C ? P_SELECT : P_ATOM;
	case QL_OP_OR: return P_OR;
	case QL_OP_AND: return P_AND;
	case QL_OP_NOT: return P_NOT;
	case QL_OP_LT:
	case QL_OP_LE:
	case QL_OP_EQ:
	case QL_OP_NE: return P_COMPARE;
	case QL_OP_ADD:
	case QL_OP_SUB: return P_ADD;
	case QL_OP_MUL:
	case QL_OP_DIV: return P_MUL;
	case QL_OP_NEG: return P_NEG;
	case QL_OP_POW: return dialect == QL_AS_C ? P_ATOM : P_POW;
	default: return P_ATOM;
	}
}

static void put_number(double x, enum ql_dialect dialect, struct ql_buf *out)
{
	char text[32];
	if (isnan(x))
		ql_buf_puts(out, dialect == QL_AS_C ? "NAN" : "NaN");
	else if (isinf(x))
		ql_buf_printf(out, "%s%s", x < 0 ? "-" : "", dialect == QL_AS_C ? "INFINITY" : "Inf");
	else {
		ql_buf_puts(out, ql_format_double(x, text));
		if (dialect == QL_AS_C && !strpbrk(text, ".e"))
			ql_buf_puts(out, ".0"); /* whole numbers divide without a rest in C */
	}
}

static void put(const struct ql_listing *l, ql_node n, bool own, enum ql_dialect dialect, struct ql_buf *out);

static void put_part(const struct ql_listing *l, ql_node n, int least, enum ql_dialect dialect, struct ql_buf *out)
{
	int rank = precedence(l, n, false, dialect);
	bool wrap = rank < least || (rank == P_NEG && least > P_ADD);
	ql_buf_puts(out, wrap ? "(" : "");
	put(l, n, false, dialect, out);
	ql_buf_puts(out, wrap ? ")" : "");
}

static const char *function_name(enum ql_op op, enum ql_dialect dialect)
{
	switch (op) {
	case QL_OP_MIN: return dialect == QL_AS_C ? "fmin" : "min";
	case QL_OP_MAX: return dialect == QL_AS_C ? "fmax" : "max";
	case QL_OP_ABS: return dialect == QL_AS_C ? "fabs" : "abs";
	case QL_OP_POW: return "pow";
	case QL_OP_SELECT: return "ifelse";
	default: return ql_op_text(op);
	}
}

static const char *infix_sign(enum ql_op op)
{
	switch (op) {
	case QL_OP_ADD: return " + ";
	case QL_OP_SUB: return " - ";
	case QL_OP_MUL: return "*";
	case QL_OP_DIV: return "/";
	case QL_OP_LT: return " < ";
	case QL_OP_LE: return " <= ";
	case QL_OP_EQ: return " == ";
	case QL_OP_NE: return " != ";
	case QL_OP_AND: return " && ";
	case QL_OP_OR: return " || ";
	case QL_OP_POW: return "^";
	default: return NULL;
	}
}

static void put_call(const struct ql_listing *l, const struct ql_dag_node *x, enum ql_dialect dialect, struct ql_buf *out)
{
	const ql_node arg[3] = {x->a, x->b, x->c};
	ql_buf_printf(out, "%s(", function_name(x->op, dialect));
	for (int i = 0; i < ql_op_arity(x->op); i++) {
		ql_buf_puts(out, i ? ", " : "");
		put(l, arg[i], false, dialect, out);
	}
	ql_buf_puts(out, ")");
}

static void put(const struct ql_listing *l, ql_node n, bool own, enum ql_dialect dialect, struct ql_buf *out)
{
	const struct ql_dag_node *x = &l->m->dag.node[n];
	const char *name = own && x->op != QL_OP_VAR ? NULL : stands_for(l, n);
	int mine = precedence(l, n, own, dialect);
	if (x->op == QL_OP_CONST) {
		put_number(x->value, dialect, out);
	} else if (x->op == QL_OP_TIME) {
		ql_buf_puts(out, dialect == QL_AS_C ? "now" : "t");
	} else if (name) {
		ql_buf_puts(out, name);
	} else if (x->op == QL_OP_NEG || x->op == QL_OP_NOT) {
		ql_buf_puts(out, x->op == QL_OP_NEG ? "-" : "!");
		put_part(l, x->a, P_POW, dialect, out);
	} else if (x->op == QL_OP_SELECT && dialect == QL_AS_C) {
		put_part(l, x->a, P_SELECT + 1, dialect, out);
		ql_buf_puts(out, " ? ");
		put_part(l, x->b, P_SELECT + 1, dialect, out);
		ql_buf_puts(out, " : ");
		put_part(l, x->c, P_SELECT + 1, dialect, out);
	} else if (infix_sign(x->op) && mine != P_ATOM) {
		/* the right side is wrapped at equal rank, so that the order of operations stays; base and exponent always */
		if (mine == P_ADD || mine == P_MUL) { /* a sign in front binds as it should */
			bool wrap = precedence(l, x->a, false, dialect) < mine;
			ql_buf_puts(out, wrap ? "(" : "");
			put(l, x->a, false, dialect, out);
			ql_buf_puts(out, wrap ? ")" : "");
		} else {
			put_part(l, x->a, x->op == QL_OP_POW || mine == P_COMPARE ? P_ATOM : mine, dialect, out);
		}
		ql_buf_puts(out, infix_sign(x->op));
		put_part(l, x->b, x->op == QL_OP_POW || mine == P_COMPARE ? P_ATOM : mine + 1, dialect, out);
	} else {
		put_call(l, x, dialect, out);
	}
}

void ql_listing_text(const struct ql_listing *l, ql_node n, bool own, enum ql_dialect dialect, struct ql_buf *out)
{
	put(l, n, own, dialect, out);
}

/* --- MathML --- */

struct mathml {
	const struct ql_listing *l;
	struct ql_buf *out;
	bool bad;
};

static void number(struct mathml *w, ql_node n, bool own);

/* Decimal digits without an exponent where that is short: readers multiply mantissa and power, which rounds. */
void ql_mathml_number(double x, struct ql_buf *out)
{
	char text[32];
	if (isnan(x)) {
		ql_buf_puts(out, "<notanumber/>");
		return;
	}
	if (isinf(x)) {
		ql_buf_puts(out, x > 0 ? "<infinity/>" : "<apply><minus/><infinity/></apply>");
		return;
	}
	ql_format_double(x, text);
	char *e = strchr(text, 'e');
	if (!e) {
		ql_buf_printf(out, "<cn>%s</cn>", text);
		return;
	}
	int power = atoi(e + 1);
	*e = 0;
	if (power > 40 || power < -40) {
		ql_buf_printf(out, "<cn type=\"e-notation\">%s<sep/>%d</cn>", text, power);
		return;
	}
	char digit[32];
	int n = 0, before = 0;
	bool point = false;
	for (const char *c = text; *c; c++)
		if (*c == '.')
			point = true;
		else if (*c != '-') {
			digit[n++] = *c;
			before += !point;
		}
	before += power; /* digits before the point */
	ql_buf_puts(out, *text == '-' ? "<cn>-" : "<cn>");
	if (before <= 0)
		ql_buf_puts(out, "0.");
	for (int i = before; i < 0; i++)
		ql_buf_puts(out, "0");
	for (int i = 0; i < n || i < before; i++) {
		if (i == before && before > 0)
			ql_buf_puts(out, ".");
		ql_buf_add(out, i < n ? &digit[i] : "0", 1);
	}
	ql_buf_puts(out, "</cn>");
}

static bool is_condition(const struct ql_listing *l, ql_node n, bool own)
{
	return (own || !stands_for(l, n)) && ql_op_is_condition(l->m->dag.node[n].op);
}

static void condition(struct mathml *w, ql_node n, bool own)
{
	const struct ql_dag_node *x = &w->l->m->dag.node[n];
	if (!is_condition(w->l, n, own)) {
		ql_buf_puts(w->out, "<apply><neq/>");
		number(w, n, own);
		ql_buf_puts(w->out, "<cn>0</cn></apply>");
		return;
	}
	const char *tag = x->op == QL_OP_LT ? "lt" : x->op == QL_OP_LE ? "leq" : x->op == QL_OP_EQ ? "eq" : x->op == QL_OP_NE ? "neq" :
			  x->op == QL_OP_AND ? "and" : x->op == QL_OP_OR ? "or" : "not";
	bool logic = x->op == QL_OP_AND || x->op == QL_OP_OR || x->op == QL_OP_NOT;
	ql_buf_printf(w->out, "<apply><%s/>", tag);
	logic ? condition(w, x->a, false) : number(w, x->a, false);
	if (x->b != QL_NO_NODE)
		logic ? condition(w, x->b, false) : number(w, x->b, false);
	ql_buf_puts(w->out, "</apply>");
}

static const char *mathml_name(enum ql_op op)
{
	switch (op) {
	case QL_OP_ADD: return "plus";
	case QL_OP_SUB:
	case QL_OP_NEG: return "minus";
	case QL_OP_MUL: return "times";
	case QL_OP_DIV: return "divide";
	case QL_OP_POW: return "power";
	case QL_OP_SQRT: return "root";
	case QL_OP_EXP: return "exp";
	case QL_OP_LOG: return "ln";
	case QL_OP_MIN: return "min";
	case QL_OP_MAX: return "max";
	case QL_OP_ABS: return "abs";
	case QL_OP_FLOOR: return "floor";
	case QL_OP_CEIL: return "ceiling";
	case QL_OP_SIN: return "sin";
	case QL_OP_COS: return "cos";
	case QL_OP_TAN: return "tan";
	case QL_OP_ASIN: return "arcsin";
	case QL_OP_ACOS: return "arccos";
	case QL_OP_ATAN: return "arctan";
	case QL_OP_SINH: return "sinh";
	case QL_OP_COSH: return "cosh";
	case QL_OP_TANH: return "tanh";
	default: return NULL;
	}
}

static void number(struct mathml *w, ql_node n, bool own)
{
	const struct ql_dag_node *x = &w->l->m->dag.node[n];
	const char *name = own && x->op != QL_OP_VAR ? NULL : stands_for(w->l, n), *tag = mathml_name(x->op);
	if (x->op == QL_OP_CONST) {
		ql_mathml_number(x->value, w->out);
	} else if (x->op == QL_OP_TIME) {
		ql_buf_puts(w->out, "<csymbol encoding=\"text\" definitionURL=\"http://www.sbml.org/sbml/symbols/time\">t</csymbol>");
	} else if (name) {
		ql_buf_printf(w->out, "<ci>%s</ci>", name);
	} else if (is_condition(w->l, n, own)) {
		ql_buf_puts(w->out, "<piecewise><piece><cn>1</cn>");
		condition(w, n, own);
		ql_buf_puts(w->out, "</piece><otherwise><cn>0</cn></otherwise></piecewise>");
	} else if (x->op == QL_OP_SELECT) {
		ql_buf_puts(w->out, "<piecewise><piece>");
		number(w, x->b, false);
		condition(w, x->a, false);
		ql_buf_puts(w->out, "</piece><otherwise>");
		number(w, x->c, false);
		ql_buf_puts(w->out, "</otherwise></piecewise>");
	} else if (tag) {
		ql_buf_printf(w->out, "<apply><%s/>", tag);
		number(w, x->a, false);
		if (x->b != QL_NO_NODE)
			number(w, x->b, false);
		ql_buf_puts(w->out, "</apply>");
	} else {
		w->bad = true;
		ql_buf_puts(w->out, "<notanumber/>");
	}
}

bool ql_listing_mathml(const struct ql_listing *l, ql_node n, bool own, struct ql_buf *out)
{
	struct mathml w = {l, out, false};
	number(&w, n, own);
	return !w.bad;
}
