/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions: syntax tree under bindings -> graph node and unit. Depth is limited by the parser. */
#include "lang/check.h"
#include "lang/rx.h"
#include <stdio.h>
#include <string.h>

typedef struct ql_value value;

static value unknown(struct ql_check *ck) { return (value){ql_const(&ck->m->dag, 1), QL_UNIT_ANY, false}; }

static value number(struct ql_check *ck, double x, int unit, bool fixed)
{
	return (value){ql_const(&ck->m->dag, x), unit, fixed};
}

/* ---- messages about units ---- */

/* Says where the units in an expression come from: the declarations of up to four names. */
static void note_origins(struct ql_check *ck, const struct ql_expr *e, struct ql_diag *d, int *left)
{
	if (!e || *left <= 0)
		return;
	if (e->kind == QL_X_REF && !ql_ck_bound(ck, e->name)) {
		struct ql_entity *x = ql_ck_lookup(ck, e->module, e->name);
		if (x && x->unit_known && x->unit > QL_UNIT_ONE) {
			(*left)--;
			ql_diag_note(d, x->decl->span, "`%s` is in %s", x->full, ql_units_text(&ck->us, x->unit));
		}
	}
	for (int i = 0; i < e->n_arg; i++)
		note_origins(ck, e->arg[i], d, left);
}

/* "1 Gcell" or "1 (Gcell/day)" */
static const char *number_with_unit(struct ql_check *ck, double x, const char *unit)
{
	bool name = strspn(unit, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == strlen(unit);
	return ql_arena_printf(&ck->scratch, name ? "%g %s" : "%g (%s)", x, unit);
}

static void help_units(struct ql_check *ck, const struct ql_expr *e, int found, int wanted, struct ql_diag *d)
{
	double factor;
	const char *to = ql_units_text(&ck->us, wanted);
	if (e->pure) {
		ql_diag_help(d, "give the number its unit: `%s`", number_with_unit(ck, e->kind == QL_X_NUM ? e->num : 1.0, to));
	} else if (ql_units_factor(&ck->us, found, wanted, &factor)) {
		ql_diag_help(d, "write `... to %s` to convert (a factor of %g)", to, factor);
	} else {
		const char *times = ql_units_text(&ck->us, ql_units_div(&ck->us, wanted, found));
		const char *over = ql_units_text(&ck->us, ql_units_div(&ck->us, found, wanted));
		bool divide = strncmp(times, "1/", 2) == 0;
		ql_diag_help(d, "%s this by a quantity in %s, or correct one of the units", divide ? "divide" : "multiply",
			     divide ? over : times);
	}
}

static const char *unit_words(struct ql_check *ck, int unit)
{
	return unit == QL_UNIT_ONE ? "1 (a plain number)" : ql_units_text(&ck->us, unit);
}

void ql_ck_check_unit(struct ql_check *ck, const struct ql_expr *e, int found, int wanted, const char *what)
{
	if (ql_units_same(&ck->us, found, wanted))
		return;
	const char *tick = strchr(what, ' ') ? "" : "`";
	struct ql_diag *d = ql_ck_error(ck, QL_E0203, e->span, "units do not agree: %s%s%s is in %s, this is in %s", tick, what, tick,
					unit_words(ck, wanted), unit_words(ck, found));
	int left = 4;
	ql_diag_label(d, "this is in %s", ql_units_text(&ck->us, found));
	note_origins(ck, e, d, &left);
	help_units(ck, e, found, wanted, d);
}

/* Two operands that must agree; the unit of the result. */
static int join_units(struct ql_check *ck, const struct ql_expr *ea, int a, const struct ql_expr *eb, int b, const char *what)
{
	if (ql_units_same(&ck->us, a, b))
		return a == QL_UNIT_ZERO || b == QL_UNIT_ANY ? b : a;
	struct ql_diag *d = ql_ck_error(ck, QL_E0203, eb->span, "units do not agree in %s: %s and %s", what, unit_words(ck, a),
					unit_words(ck, b));
	int left = 2;
	ql_diag_label(d, "this is in %s", ql_units_text(&ck->us, b));
	if (ea->kind != QL_X_REF)
		ql_diag_note(d, ea->span, "this is in %s", ql_units_text(&ck->us, a));
	note_origins(ck, ea, d, &left);
	left += 2;
	if (eb->kind != QL_X_REF || ea->kind != QL_X_REF || eb->name != ea->name)
		note_origins(ck, eb, d, &left);
	bool first = ea->pure && !eb->pure;
	help_units(ck, first ? ea : eb, first ? a : b, first ? b : a, d);
	return first ? b : a; /* the likelier one, so that the same mistake is not reported again further out */
}

static void need_plain(struct ql_check *ck, const struct ql_expr *e, int unit, const char *what)
{
	if (ql_units_same(&ck->us, unit, QL_UNIT_ONE))
		return;
	double factor;
	struct ql_diag *d = ql_ck_error(ck, QL_E0205, e->span, "%s must be a plain number, this is in %s", what,
					ql_units_text(&ck->us, unit));
	int left = 4;
	ql_diag_label(d, "this is in %s", ql_units_text(&ck->us, unit));
	note_origins(ck, e, d, &left);
	if (ql_units_factor(&ck->us, unit, QL_UNIT_ONE, &factor))
		ql_diag_help(d, "write `(...) to 1` (a factor of %g)", factor);
	else
		ql_diag_help(d, "divide by a reference value, for example `.../(%s)`",
			     number_with_unit(ck, 1, ql_units_text(&ck->us, unit)));
}

static bool is_zero(struct ql_check *ck, ql_node n)
{
	double x;
	return ql_is_const(&ck->m->dag, n, &x) && x == 0;
}

/* ---- names ---- */

static value index_variable(struct ql_check *ck, const struct ql_expr *e)
{
	struct ql_diag *d = ql_ck_error(ck, QL_E0206, e->span, "`%s` is an index variable, not a number", e->name);
	ql_diag_help(d, "use it in brackets, or compare it: `%s == element`, `%s in index`", e->name, e->name);
	return unknown(ck);
}

static bool builtin(struct ql_check *ck, const struct ql_expr *e, value *out)
{
	if (e->module || e->n_sub)
		return false;
	if (strcmp(e->name, "t") == 0) {
		*out = (value){ql_time(&ck->m->dag), ck->units_on ? ck->us.day : QL_UNIT_ANY, false};
		return true;
	}
	if (strcmp(e->name, "pi") == 0) {
		*out = number(ck, 3.14159265358979323846, QL_UNIT_ONE, true);
		return true;
	}
	return false;
}

/* What expressions use for an element: its node, or its symbol while it is not computed yet. */
static value element_value(struct ql_check *ck, struct ql_entity *x, int elem, struct ql_span span)
{
	value v = {x->node[elem], x->unit_known ? x->unit : QL_UNIT_ANY, false};
	if (v.node != QL_NO_NODE)
		return v;
	if (!x->defined[elem]) {
		struct ql_diag *d = ql_ck_error(ck, QL_E0208, span, "`%s` has no definition", ql_ck_element_name(ck, x, elem, true));
		ql_diag_note(d, x->decl->span, "other elements are defined here");
		return unknown(ck);
	}
	if (x->q[elem] < 0) /* a parameter or draw in a cycle, or an error reported before */
		return unknown(ck);
	if (!x->unit_known && ck->units_on) {
		struct ql_diag *d = ql_ck_error(ck, QL_E0225, x->decl->span, "the unit of `%s` cannot be worked out", x->full);
		ql_diag_note(d, span, "it is needed here, before it is known");
		ql_diag_help(d, "write `%s : unit = ...`", x->name);
	}
	ck->placeholders = true;
	v.node = ql_var(&ck->m->dag, x->q[elem]);
	return v;
}

static value eval_ref(struct ql_check *ck, const struct ql_expr *e)
{
	value v;
	if (!e->module && ql_ck_bound(ck, e->name))
		return index_variable(ck, e);
	if (ck->rx)
		return ql_rx_ref(ck, e);
	if (!ck->entity)
		return ql_ck_model_ref(ck, e);
	struct ql_entity *x = ql_ck_lookup(ck, e->module, e->name);
	if (!x && builtin(ck, e, &v))
		return v;
	if (!x)
		x = ql_ck_resolve(ck, e->module, e->name, e->span);
	if (!x)
		return unknown(ck);
	int elem = ql_ck_element(ck, x, e->sub, e->n_sub, e->span);
	return elem < 0 ? unknown(ck) : element_value(ck, x, elem, e->span);
}

/* ---- operators ---- */

static value eval_sum(struct ql_check *ck, const struct ql_expr *e)
{
	value a = ql_ck_eval(ck, e->arg[0]);
	const struct ql_expr *with = e->arg[0]; /* the operand whose unit the chain has */
	for (int i = 1; i < e->n_arg; i++) {
		value b = ql_ck_eval(ck, e->arg[i]);
		bool open = a.unit == QL_UNIT_ANY || a.unit == QL_UNIT_ZERO;
		a.unit = join_units(ck, with, a.unit, e->arg[i], b.unit, e->op[i] == QL_T_PLUS ? "this sum" : "this difference");
		with = open ? e->arg[i] : with;
		a.node = ql_op2(&ck->m->dag, e->op[i] == QL_T_PLUS ? QL_OP_ADD : QL_OP_SUB, a.node, b.node);
		a.fixed = a.fixed && b.fixed;
	}
	return a;
}

static ql_node modulo(struct ql_dag *d, ql_node a, ql_node b)
{
	ql_node whole = ql_op1(d, QL_OP_FLOOR, ql_op2(d, QL_OP_DIV, a, b));
	return ql_op2(d, QL_OP_SUB, a, ql_op2(d, QL_OP_MUL, whole, b));
}

/* `day` or `m^2` where nothing of that name is declared but a unit has it: its number, -1 otherwise. */
static int unit_word(struct ql_check *ck, const struct ql_expr *e)
{
	double power = 1;
	if (e && e->kind == QL_X_POW && e->arg[1] && e->arg[1]->kind == QL_X_NUM && !e->arg[1]->unit) {
		power = e->arg[1]->num;
		e = e->arg[0];
	}
	if (!e || e->kind != QL_X_REF || e->module || e->n_sub || !e->name || ql_ck_bound(ck, e->name) ||
	    ql_ck_lookup(ck, NULL, e->name) || !ck->units_on)
		return -1;
	struct ql_unit_factor factor = {.name = e->name, .number = 1, .p = 1, .q = 1};
	struct ql_unit_ref ref = {.factor = &factor, .n = 1};
	const struct ql_unit_factor *bad;
	int unit = ql_units_of(&ck->us, &ref, &bad);
	return unit < 0 ? -1 : ql_units_pow(&ck->us, unit, power);
}

/* `0.1 g/L`: words that follow a number with a unit belong to the unit, unless they are declared here. */
static bool extends_unit(struct ql_check *ck, const struct ql_expr *e, int i, bool *open, value *a)
{
	int unit = *open ? unit_word(ck, e->arg[i]) : -1;
	if (unit < 0) {
		*open = e->op[i] == QL_T_STAR && e->arg[i] && e->arg[i]->kind == QL_X_NUM && e->arg[i]->unit;
		return false;
	}
	a->unit = e->op[i] == QL_T_STAR ? ql_units_mul(&ck->us, a->unit, unit) : ql_units_div(&ck->us, a->unit, unit);
	return true;
}

static value eval_product(struct ql_check *ck, const struct ql_expr *e)
{
	value a = ql_ck_eval(ck, e->arg[0]);
	bool open = e->arg[0] && e->arg[0]->kind == QL_X_NUM && e->arg[0]->unit;
	for (int i = 1; i < e->n_arg; i++) {
		if (extends_unit(ck, e, i, &open, &a))
			continue;
		value b = ql_ck_eval(ck, e->arg[i]);
		bool times = e->op[i] == QL_T_STAR;
		if (!times && is_zero(ck, b.node)) {
			struct ql_diag *d = ql_ck_error(ck, QL_E0216, e->arg[i]->span, "division by zero");
			ql_diag_label(d, "this is always 0");
			ql_diag_help(d, "correct the divisor; a handle that no module adds to is 0 (a product: 1)");
			return unknown(ck);
		}
		if (e->op[i] == QL_T_MODULO)
			a.node = modulo(&ck->m->dag, a.node, b.node);
		else
			a.node = ql_op2(&ck->m->dag, times ? QL_OP_MUL : QL_OP_DIV, a.node, b.node);
		a.unit = times ? ql_units_mul(&ck->us, a.unit, b.unit) : ql_units_div(&ck->us, a.unit, b.unit);
		a.fixed = a.fixed && b.fixed;
	}
	return a;
}

static int power_unit(struct ql_check *ck, const struct ql_expr *base, value a, ql_node exponent)
{
	double x;
	int unit;
	if (a.unit == QL_UNIT_ANY || ql_units_same(&ck->us, a.unit, QL_UNIT_ONE))
		return a.unit == QL_UNIT_ZERO ? QL_UNIT_ONE : a.unit;
	if (ql_is_const(&ck->m->dag, exponent, &x) && (unit = ql_units_pow(&ck->us, a.unit, x)) >= 0)
		return unit;
	struct ql_diag *d = ql_ck_error(ck, QL_E0205, base->span, "something in %s can only be raised to a fixed power, like 2 or 1/3",
					ql_units_text(&ck->us, a.unit));
	int left = 2;
	ql_diag_label(d, "this is in %s", ql_units_text(&ck->us, a.unit));
	note_origins(ck, base, d, &left);
	ql_diag_help(d, "divide the base by a reference value: `(.../(%s))^...`", number_with_unit(ck, 1, ql_units_text(&ck->us, a.unit)));
	return QL_UNIT_ANY;
}

static value eval_power(struct ql_check *ck, const struct ql_expr *base, const struct ql_expr *exponent)
{
	value a = ql_ck_eval(ck, base), b = ql_ck_eval(ck, exponent);
	need_plain(ck, exponent, b.unit, "an exponent");
	int unit = power_unit(ck, base, a, b.node);
	return (value){ql_op2(&ck->m->dag, QL_OP_POW, a.node, b.node), unit, a.fixed && b.fixed};
}

/* `i == node`, `i != j`: decided now. False if neither side is an index variable. */
static bool index_comparison(struct ql_check *ck, const struct ql_expr *e, value *out)
{
	const struct ql_binding *b[2] = {NULL, NULL};
	for (int i = 0; i < 2; i++)
		if (e->arg[i]->kind == QL_X_REF && !e->arg[i]->module && !e->arg[i]->n_sub)
			b[i] = ql_ck_bound(ck, e->arg[i]->name);
	if (!b[0] && !b[1])
		return false;
	int first = b[0] ? 0 : 1;
	const struct ql_expr *other = e->arg[1 - first];
	const struct ql_index_set *root = &ck->set[ck->set[b[first]->set].root];
	int pos = -1;
	*out = number(ck, 0, QL_UNIT_ONE, true);
	if (b[1 - first] && ck->set[b[1 - first]->set].root == ck->set[b[first]->set].root)
		pos = b[1 - first]->pos;
	else if (other->kind == QL_X_REF && !other->module && !other->n_sub)
		pos = ql_map_get(&root->at, other->name);
	if (pos < 0 || (e->op[1] != QL_T_EQ && e->op[1] != QL_T_NE)) {
		const char *what = other->kind == QL_X_REF && !other->module ? other->name : "this";
		struct ql_diag *d = pos < 0 ? ql_ck_error(ck, QL_E0206, other->span, "`%s` is not an element of `%s`", what, root->name)
					    : ql_ck_error(ck, QL_E0206, e->op_span, "elements of `%s` have no order", root->name);
		const char *near = other->kind == QL_X_REF ? ql_suggest(other->name, root->elem, root->n) : NULL;
		if (pos >= 0)
			ql_diag_help(d, "use == or !=");
		else if (near)
			ql_diag_help(d, "did you mean `%s`?", near);
		return true;
	}
	*out = number(ck, (pos == b[first]->pos) == (e->op[1] == QL_T_EQ), QL_UNIT_ONE, true);
	return true;
}

static value eval_comparison(struct ql_check *ck, const struct ql_expr *e)
{
	value out;
	if (index_comparison(ck, e, &out))
		return out;
	value a = ql_ck_eval(ck, e->arg[0]), b = ql_ck_eval(ck, e->arg[1]);
	join_units(ck, e->arg[0], a.unit, e->arg[1], b.unit, "this comparison");
	struct ql_dag *d = &ck->m->dag;
	ql_node n;
	switch (e->op[1]) {
	case QL_T_LT: n = ql_op2(d, QL_OP_LT, a.node, b.node); break;
	case QL_T_LE: n = ql_op2(d, QL_OP_LE, a.node, b.node); break;
	case QL_T_GT: n = ql_op2(d, QL_OP_LT, b.node, a.node); break;
	case QL_T_GE: n = ql_op2(d, QL_OP_LE, b.node, a.node); break;
	case QL_T_EQ: n = ql_op2(d, QL_OP_EQ, a.node, b.node); break;
	default: n = ql_op2(d, QL_OP_NE, a.node, b.node); break;
	}
	return (value){n, QL_UNIT_ONE, a.fixed && b.fixed};
}

/* `and`, `or`: what is decided stops the chain, so that later parts may name elements that do not exist. */
static value eval_logic(struct ql_check *ck, const struct ql_expr *e)
{
	bool is_and = e->kind == QL_X_AND;
	value a = number(ck, is_and, QL_UNIT_ONE, true);
	for (int i = 0; i < e->n_arg; i++) {
		value b = ql_ck_eval(ck, e->arg[i]);
		double x;
		need_plain(ck, e->arg[i], b.unit, "a condition");
		a.node = ql_op2(&ck->m->dag, is_and ? QL_OP_AND : QL_OP_OR, a.node, b.node);
		if (b.fixed && ql_is_const(&ck->m->dag, b.node, &x) && (x != 0) != is_and)
			return number(ck, !is_and, QL_UNIT_ONE, true);
		a.fixed = a.fixed && b.fixed;
	}
	return a;
}

static value eval_in(struct ql_check *ck, const struct ql_expr *e)
{
	const struct ql_binding *b = ql_ck_bound(ck, e->sub->name);
	int set = ql_ck_set(ck, e->sub->module, e->sub->in, e->span);
	if (!b) {
		ql_ck_error(ck, QL_E0206, e->sub->span, "`%s` is not an index variable here", e->sub->name);
		return unknown(ck);
	}
	if (set < 0)
		return unknown(ck);
	if (ck->set[set].root != ck->set[b->set].root) {
		ql_ck_error(ck, QL_E0206, e->span, "`%s` runs over `%s`, which shares nothing with `%s`", b->name,
			    ck->set[b->set].name, ck->set[set].name);
		return unknown(ck);
	}
	return number(ck, ck->set[set].slot[b->pos] >= 0, QL_UNIT_ONE, true);
}

static value eval_if(struct ql_check *ck, const struct ql_expr *e)
{
	value c = ql_ck_eval(ck, e->arg[0]);
	double x;
	if (c.fixed && ql_is_const(&ck->m->dag, c.node, &x)) {
		value v = ql_ck_eval(ck, e->arg[x != 0 ? 1 : 2]);
		return v;
	}
	need_plain(ck, e->arg[0], c.unit, "a condition");
	value a = ql_ck_eval(ck, e->arg[1]), b = ql_ck_eval(ck, e->arg[2]);
	int unit = join_units(ck, e->arg[1], a.unit, e->arg[2], b.unit, "the branches of this `if`");
	return (value){ql_op3(&ck->m->dag, QL_OP_SELECT, c.node, a.node, b.node), unit, false};
}

static value eval_convert(struct ql_check *ck, const struct ql_expr *e)
{
	value a = ql_ck_eval(ck, e->arg[0]);
	int unit = ql_ck_unit(ck, e->unit);
	double factor;
	if (!ql_units_factor(&ck->us, a.unit, unit, &factor)) {
		struct ql_diag *d = ql_ck_error(ck, QL_E0203, e->span, "%s cannot be converted to %s",
						ql_units_text(&ck->us, a.unit), ql_units_text(&ck->us, unit));
		int left = 4;
		note_origins(ck, e->arg[0], d, &left);
		ql_diag_help(d, "the two measure different things; multiply by a quantity in %s first",
			     ql_units_text(&ck->us, ql_units_div(&ck->us, unit, a.unit)));
		return (value){a.node, unit, false};
	}
	return (value){ql_op2(&ck->m->dag, QL_OP_MUL, ql_const(&ck->m->dag, factor), a.node), unit, false};
}

static value eval_number(struct ql_check *ck, const struct ql_expr *e)
{
	if (e->unit)
		return number(ck, e->num, ql_ck_unit(ck, e->unit), false);
	return number(ck, e->num, !ck->units_on ? QL_UNIT_ANY : e->num == 0 ? QL_UNIT_ZERO : QL_UNIT_ONE, true);
}

/* ---- functions ---- */

enum rule { PLAIN, KEEP, ROOT };
static const struct {
	const char *name;
	enum ql_op op;
	enum rule rule;
} functions[] = {
	{"exp", QL_OP_EXP, PLAIN},   {"log", QL_OP_LOG, PLAIN},	  {"ln", QL_OP_LOG, PLAIN},    {"sqrt", QL_OP_SQRT, ROOT},
	{"abs", QL_OP_ABS, KEEP},    {"floor", QL_OP_FLOOR, PLAIN}, {"ceil", QL_OP_CEIL, PLAIN}, {"sin", QL_OP_SIN, PLAIN},
	{"cos", QL_OP_COS, PLAIN},   {"tan", QL_OP_TAN, PLAIN},	  {"asin", QL_OP_ASIN, PLAIN}, {"acos", QL_OP_ACOS, PLAIN},
	{"atan", QL_OP_ATAN, PLAIN}, {"sinh", QL_OP_SINH, PLAIN}, {"cosh", QL_OP_COSH, PLAIN}, {"tanh", QL_OP_TANH, PLAIN},
	{"lgamma", QL_OP_LGAMMA, PLAIN},
};
enum { N_FUNCTIONS = sizeof functions / sizeof *functions };
static const char *const other_functions[] = {"log10", "pow", "min", "max", "hill", "expit", "logit", "active"};

static bool arity(struct ql_check *ck, const struct ql_expr *e, int n)
{
	if (e->n_arg == n)
		return true;
	struct ql_diag *d = ql_ck_error(ck, QL_E0212, e->span, "`%s` takes %d argument%s, %d given", e->name, n, n == 1 ? "" : "s",
					e->n_arg);
	if (strcmp(e->name, "hill") == 0)
		ql_diag_help(d, "hill(x, half, n) is x^n/(half^n + x^n)");
	else
		ql_diag_help(d, n == 1 ? "write `%s(x)`" : "write `%s(x, y)`", e->name);
	return false;
}

static value call_one(struct ql_check *ck, const struct ql_expr *e, int f)
{
	if (!arity(ck, e, 1))
		return unknown(ck);
	value a = ql_ck_eval(ck, e->arg[0]);
	if (functions[f].rule == PLAIN) {
		need_plain(ck, e->arg[0], a.unit, ql_arena_printf(&ck->scratch, "the argument of %s", e->name));
		a.unit = ck->units_on ? QL_UNIT_ONE : QL_UNIT_ANY;
	} else if (functions[f].rule == ROOT) {
		int unit = ql_units_pow(&ck->us, a.unit, 0.5);
		a.unit = unit < 0 ? QL_UNIT_ANY : unit;
	}
	a.node = ql_op1(&ck->m->dag, functions[f].op, a.node);
	return a;
}

static value call_extreme(struct ql_check *ck, const struct ql_expr *e)
{
	if (e->n_arg < 1) {
		ql_ck_error(ck, QL_E0212, e->span, "`%s` needs an argument", e->name);
		return unknown(ck);
	}
	value a = ql_ck_eval(ck, e->arg[0]);
	enum ql_op op = strcmp(e->name, "min") == 0 ? QL_OP_MIN : QL_OP_MAX;
	for (int i = 1; i < e->n_arg; i++) {
		value b = ql_ck_eval(ck, e->arg[i]);
		a.unit = join_units(ck, e->arg[i - 1], a.unit, e->arg[i], b.unit, ql_arena_printf(&ck->scratch, "%s", e->name));
		a.node = ql_op2(&ck->m->dag, op, a.node, b.node);
		a.fixed = a.fixed && b.fixed;
	}
	return a;
}

/* x^n/(half^n + x^n) of the positive part of x */
static value call_hill(struct ql_check *ck, const struct ql_expr *e)
{
	if (!arity(ck, e, 3))
		return unknown(ck);
	struct ql_dag *d = &ck->m->dag;
	value x = ql_ck_eval(ck, e->arg[0]), h = ql_ck_eval(ck, e->arg[1]), n = ql_ck_eval(ck, e->arg[2]);
	join_units(ck, e->arg[0], x.unit, e->arg[1], h.unit, "hill");
	need_plain(ck, e->arg[2], n.unit, "the exponent of hill");
	ql_node positive = ql_op2(d, QL_OP_MAX, x.node, ql_const(d, 0));
	ql_node xn = ql_op2(d, QL_OP_POW, positive, n.node), hn = ql_op2(d, QL_OP_POW, h.node, n.node);
	ql_node r = ql_op2(d, QL_OP_DIV, xn, ql_op2(d, QL_OP_ADD, hn, xn));
	return (value){r, ck->units_on ? QL_UNIT_ONE : QL_UNIT_ANY, false};
}

static value call_plain(struct ql_check *ck, const struct ql_expr *e)
{
	struct ql_dag *d = &ck->m->dag;
	if (!arity(ck, e, 1))
		return unknown(ck);
	value a = ql_ck_eval(ck, e->arg[0]);
	ql_node one = ql_const(d, 1);
	need_plain(ck, e->arg[0], a.unit, ql_arena_printf(&ck->scratch, "the argument of %s", e->name));
	if (strcmp(e->name, "log10") == 0)
		a.node = ql_op2(d, QL_OP_MUL, ql_const(d, 0.43429448190325182765), ql_op1(d, QL_OP_LOG, a.node));
	else if (strcmp(e->name, "expit") == 0)
		a.node = ql_op2(d, QL_OP_DIV, one, ql_op2(d, QL_OP_ADD, one, ql_op1(d, QL_OP_EXP, ql_op1(d, QL_OP_NEG, a.node))));
	else
		a.node = ql_op1(d, QL_OP_LOG, ql_op2(d, QL_OP_DIV, a.node, ql_op2(d, QL_OP_SUB, one, a.node)));
	a.unit = ck->units_on ? QL_UNIT_ONE : QL_UNIT_ANY;
	return a;
}

static int active_quantity(struct ql_check *ck, const char *full)
{
	const char *name = ql_arena_printf(ck->a, "active(%s)", full);
	char key[QL_NAME_BUFFER];
	snprintf(key, sizeof key, "a0:%.600s", full);
	int q = ql_map_get(&ck->names, key);
	if (q >= 0)
		return q;
	q = ql_ck_new_quantity(ck, QL_ACTIVE, name);
	ck->m->q[q].base = full;
	ck->m->q[q].unit = "1";
	ck->m->q[q].doc = "1 if it can be given in this run";
	ck->m->q[q].sym = ck->m->q[q].realised = ql_var(&ck->m->dag, q);
	ql_map_set(&ck->names, ql_arena_strdup(&ck->scratch, key), q);
	return q;
}

static value call_active(struct ql_check *ck, const struct ql_expr *e)
{
	const struct ql_expr *a = e->n_arg == 1 ? e->arg[0] : NULL;
	if (!a || a->kind != QL_X_REF || !ck->entity) {
		struct ql_diag *d = ql_ck_error(ck, QL_E0212, e->span, "`active` takes the name of a dose or an input");
		ql_diag_help(d, "for example active(infusion)");
		return unknown(ck);
	}
	int inst = a->module ? ql_ck_instance(ck, a->module) : ck->here;
	struct ql_dose_entry *dose = inst >= 0 && ql_ck_sees(ck, ck->here, inst) ? ql_ck_dose(ck, inst, a->name) : NULL;
	struct ql_entity *x = dose ? NULL : ql_ck_lookup(ck, a->module, a->name);
	if (!dose && !x && !(x = ql_ck_resolve(ck, a->module, a->name, a->span)))
		return unknown(ck);
	const char *full = dose ? dose->full : x->full;
	if (x && x->role != QL_ROLE_INPUT) {
		struct ql_diag *d = ql_ck_error(ck, QL_E0212, a->span, "`%s` is neither a dose nor an input", full);
		ql_diag_note(d, x->decl->span, "it is declared here");
		ql_diag_help(d, "active() asks whether a dose or an input can be given in this run");
		return unknown(ck);
	}
	if (x) {
		int elem = ql_ck_element(ck, x, a->sub, a->n_sub, a->span);
		if (elem < 0)
			return unknown(ck);
		full = ql_ck_element_name(ck, x, elem, true);
	}
	int q = active_quantity(ck, full);
	return (value){ck->m->q[q].sym, ck->units_on ? QL_UNIT_ONE : QL_UNIT_ANY, false};
}

static value unknown_function(struct ql_check *ck, const struct ql_expr *e)
{
	const char *word[N_FUNCTIONS + 8];
	int n = 0;
	for (int i = 0; i < N_FUNCTIONS; i++)
		word[n++] = functions[i].name;
	for (size_t i = 0; i < sizeof other_functions / sizeof *other_functions; i++)
		word[n++] = other_functions[i];
	const char *near = ql_suggest(e->name, word, n);
	struct ql_diag *d;
	if (ck->entity && ql_ck_lookup(ck, NULL, e->name)) {
		d = ql_ck_error(ck, QL_E0212, e->span, "`%s` is a quantity, not a function", e->name);
		ql_diag_help(d, "write `%s*(...)` to multiply, `%s[...]` for an element", e->name, e->name);
	} else {
		d = ql_ck_error(ck, QL_E0212, e->span, "unknown function `%s`", e->name);
		if (near)
			ql_diag_help(d, "did you mean `%s`?", near);
	}
	for (int i = 0; i < e->n_arg; i++)
		ql_ck_eval(ck, e->arg[i]);
	return unknown(ck);
}

static value eval_call(struct ql_check *ck, const struct ql_expr *e)
{
	value out;
	if (ck->rx && ql_rx_call(ck, e, &out))
		return out;
	for (int i = 0; i < N_FUNCTIONS; i++)
		if (strcmp(functions[i].name, e->name) == 0)
			return call_one(ck, e, i);
	if (strcmp(e->name, "min") == 0 || strcmp(e->name, "max") == 0)
		return call_extreme(ck, e);
	if (strcmp(e->name, "pow") == 0)
		return arity(ck, e, 2) ? eval_power(ck, e->arg[0], e->arg[1]) : unknown(ck);
	if (strcmp(e->name, "hill") == 0)
		return call_hill(ck, e);
	if (strcmp(e->name, "log10") == 0 || strcmp(e->name, "expit") == 0 || strcmp(e->name, "logit") == 0)
		return call_plain(ck, e);
	if (strcmp(e->name, "active") == 0)
		return call_active(ck, e);
	return unknown_function(ck, e);
}

/* ---- sum(i in index : ...) ---- */

static void reduce_step(struct ql_check *ck, const struct ql_expr *e, const int *set, int k, value *acc)
{
	if (!ql_ck_burn(ck))
		return;
	if (k < e->n_sub) {
		for (int i = 0; i < ck->set[set[k]].n && !ck->stop; i++) {
			if (!ql_ck_bind(ck, e->sub[k].name, set[k], i)) {
				ql_ck_error(ck, QL_E0106, e->span, "too many index variables");
				return;
			}
			reduce_step(ck, e, set, k + 1, acc);
			ck->n_bind--;
		}
		return;
	}
	value v = ql_ck_eval(ck, e->arg[0]);
	static const struct {
		const char *name;
		enum ql_op op;
	} kind[] = {{"sum", QL_OP_ADD}, {"prod", QL_OP_MUL}, {"min", QL_OP_MIN}, {"max", QL_OP_MAX}};
	int which = 0;
	while (strcmp(kind[which].name, e->name) != 0)
		which++;
	if (acc->node == QL_NO_NODE) {
		*acc = v;
		return;
	}
	acc->node = ql_op2(&ck->m->dag, kind[which].op, acc->node, v.node);
	acc->unit = which == 1 ? ql_units_mul(&ck->us, acc->unit, v.unit)
			       : join_units(ck, e->arg[0], acc->unit, e->arg[0], v.unit, "this sum");
}

static value eval_reduce(struct ql_check *ck, const struct ql_expr *e)
{
	int set[QL_MAX_DIMS];
	value acc = {QL_NO_NODE, QL_UNIT_ANY, false};
	for (int i = 0; i < e->n_sub; i++)
		if ((set[i] = ql_ck_set(ck, e->sub[i].module, e->sub[i].in, e->sub[i].span)) < 0)
			return unknown(ck);
	int bound = ck->n_bind;
	reduce_step(ck, e, set, 0, &acc);
	ck->n_bind = bound;
	acc.fixed = false;
	return acc.node == QL_NO_NODE ? unknown(ck) : acc;
}

struct ql_value ql_ck_eval(struct ql_check *ck, const struct ql_expr *e)
{
	if (!e || !ql_ck_burn(ck))
		return unknown(ck);
	struct ql_dag *d = &ck->m->dag;
	value a;
	switch ((enum ql_expr_kind)e->kind) {
	case QL_X_NUM: return eval_number(ck, e);
	case QL_X_REF: return e->name ? eval_ref(ck, e) : unknown(ck);
	case QL_X_ADD: return eval_sum(ck, e);
	case QL_X_MUL: return eval_product(ck, e);
	case QL_X_POW: return eval_power(ck, e->arg[0], e->arg[1]);
	case QL_X_NEG:
		a = ql_ck_eval(ck, e->arg[0]);
		a.node = ql_op1(d, QL_OP_NEG, a.node);
		return a;
	case QL_X_NOT:
		a = ql_ck_eval(ck, e->arg[0]);
		need_plain(ck, e->arg[0], a.unit, "a condition");
		a.node = ql_op1(d, QL_OP_NOT, a.node);
		a.unit = QL_UNIT_ONE;
		return a;
	case QL_X_AND:
	case QL_X_OR: return eval_logic(ck, e);
	case QL_X_COMPARE: return eval_comparison(ck, e);
	case QL_X_IN: return eval_in(ck, e);
	case QL_X_CONVERT: return eval_convert(ck, e);
	case QL_X_IF: return eval_if(ck, e);
	case QL_X_CALL: return eval_call(ck, e);
	case QL_X_REDUCE: return eval_reduce(ck, e);
	case QL_X_STRING: {
		struct ql_diag *x = ql_ck_error(ck, QL_E0111, e->span, "comparison with a text is not supported");
		ql_diag_help(x, "code the groups as numbers, for example 0 and 1");
		return unknown(ck);
	}
	}
	return unknown(ck);
}

ql_node ql_ck_eval_as(struct ql_check *ck, const struct ql_expr *e, int unit, const char *what, bool adopt)
{
	if (!e)
		return ql_const(&ck->m->dag, 1);
	if (adopt && e->pure)
		return ql_ck_eval(ck, e).node;
	if (adopt && e->kind == QL_X_IF && e->n_arg == 3) {
		value c = ql_ck_eval(ck, e->arg[0]);
		double x;
		if (c.fixed && ql_is_const(&ck->m->dag, c.node, &x))
			return ql_ck_eval_as(ck, e->arg[x != 0 ? 1 : 2], unit, what, true);
		need_plain(ck, e->arg[0], c.unit, "a condition");
		ql_node a = ql_ck_eval_as(ck, e->arg[1], unit, what, true), b = ql_ck_eval_as(ck, e->arg[2], unit, what, true);
		return ql_op3(&ck->m->dag, QL_OP_SELECT, c.node, a, b);
	}
	value v = ql_ck_eval(ck, e);
	ql_ck_check_unit(ck, e, v.unit, unit, what);
	return v.node;
}

/* ---- conditions of events ---- */

static ql_node trigger_comparison(struct ql_check *ck, const struct ql_expr *e)
{
	value out;
	struct ql_dag *d = &ck->m->dag;
	if (index_comparison(ck, e, &out))
		return ql_op2(d, QL_OP_SUB, out.node, ql_const(d, 0.5));
	value a = ql_ck_eval(ck, e->arg[0]), b = ql_ck_eval(ck, e->arg[1]);
	join_units(ck, e->arg[0], a.unit, e->arg[1], b.unit, "this comparison");
	if (e->op[1] == QL_T_EQ || e->op[1] == QL_T_NE) {
		struct ql_diag *x = ql_ck_error(ck, QL_E0223, e->op_span, "an event cannot wait for equality");
		ql_diag_help(x, "use < or >");
	}
	bool less = e->op[1] == QL_T_LT || e->op[1] == QL_T_LE;
	return less ? ql_op2(d, QL_OP_SUB, b.node, a.node) : ql_op2(d, QL_OP_SUB, a.node, b.node);
}

ql_node ql_ck_trigger(struct ql_check *ck, const struct ql_expr *e)
{
	struct ql_dag *d = &ck->m->dag;
	if (!e || !ql_ck_burn(ck))
		return ql_const(d, -1);
	if (e->kind == QL_X_COMPARE)
		return trigger_comparison(ck, e);
	if (e->kind == QL_X_NOT)
		return ql_op1(d, QL_OP_NEG, ql_ck_trigger(ck, e->arg[0]));
	if (e->kind == QL_X_AND || e->kind == QL_X_OR) {
		ql_node g = ql_ck_trigger(ck, e->arg[0]);
		for (int i = 1; i < e->n_arg; i++)
			g = ql_op2(d, e->kind == QL_X_AND ? QL_OP_MIN : QL_OP_MAX, g, ql_ck_trigger(ck, e->arg[i]));
		return g;
	}
	value v = ql_ck_eval(ck, e);
	need_plain(ck, e, v.unit, "a condition");
	return ql_op2(d, QL_OP_SUB, v.node, ql_const(d, 0.5));
}
