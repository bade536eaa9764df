/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions and units. Loosest to tightest: if, or, and, not, comparison, to, + -, * /, unary -, ^. */
#include "lang/parse.h"
#include <stdlib.h>
#include <string.h>

static struct ql_expr *parse_not(struct ql_parser *p);
static struct ql_expr *parse_unary(struct ql_parser *p);

static struct ql_expr *new_expr(struct ql_parser *p, enum ql_expr_kind kind, struct ql_span span)
{
	if (++p->n_nodes > QL_MAX_NODES && p->n_errors < QL_MAX_PARSE_ERRORS) {
		ql_parse_report(p, QL_E0107, span, "the text has more than %d terms", QL_MAX_NODES);
		p->n_errors = QL_MAX_PARSE_ERRORS; /* no use in reading on */
	}
	struct ql_expr *e = QL_NEW(p->arena, struct ql_expr);
	e->kind = (short)kind;
	e->span = span;
	return e;
}

/* An operator node over children pushed since base. */
static struct ql_expr *new_node(struct ql_parser *p, enum ql_expr_kind kind, struct ql_span start, int base)
{
	struct ql_expr *e = new_expr(p, kind, ql_span_to_here(p, start));
	e->arg = ql_take_children(p, base, &e->n_arg);
	e->pure = kind != QL_X_CONVERT && kind != QL_X_REDUCE;
	for (int i = 0; i < e->n_arg; i++)
		e->pure = e->pure && e->arg[i] && e->arg[i]->pure;
	return e;
}

static bool enter(struct ql_parser *p)
{
	if (++p->depth <= QL_MAX_DEPTH && p->n_nodes <= QL_MAX_NODES)
		return true;
	if (!p->panic && p->n_nodes <= QL_MAX_NODES) {
		struct ql_diag *d = ql_parse_report(p, QL_E0106, ql_tok_span(p, ql_peek(p)),
						    "the expression is nested more than %d levels deep", QL_MAX_DEPTH);
		ql_diag_help(d, "give inner parts a name with `let`");
	}
	p->panic = true;
	return false;
}

/* ---- units ---- */

static bool not_a_unit(struct ql_parser *p, const struct ql_token *t)
{
	static const char *const word[] = {"then", "else", "and", "or", "not", "in", "to", "atol", "scale", "into", "if"};
	for (size_t i = 0; i < sizeof word / sizeof *word; i++)
		if (ql_tok_is(p, t, word[i]))
			return true;
	return false;
}

enum { MAX_UNIT_FACTORS = 24 };
struct unit_list {
	struct ql_unit_factor item[MAX_UNIT_FACTORS];
	int n;
};

/* [-] whole number, or ( [-] p [/ q] ) */
static bool parse_power(struct ql_parser *p, int *num, int *den)
{
	double value[2] = {1, 1};
	bool paren = ql_accept(p, QL_T_LPAREN), minus = ql_accept(p, QL_T_MINUS);
	const struct ql_token *t = ql_peek(p);
	if (!ql_expect(p, QL_T_NUMBER, "a power") || !ql_parse_number(p, t, &value[0]))
		return false;
	if (paren && ql_accept(p, QL_T_SLASH)) {
		t = ql_peek(p);
		if (!ql_expect(p, QL_T_NUMBER, "a power") || !ql_parse_number(p, t, &value[1]))
			return false;
	}
	if (paren && !ql_expect(p, QL_T_RPAREN, NULL))
		return false;
	for (int i = 0; i < 2; i++)
		if (!(value[i] >= i && value[i] <= 12) || value[i] != (double)(int)value[i]) {
			if (!p->panic)
				ql_parse_report(p, QL_E0101, ql_tok_span(p, t), "powers of units are fractions of whole numbers up to 12");
			return false;
		}
	*num = minus ? -(int)value[0] : (int)value[0];
	*den = (int)value[1];
	return true;
}

static bool parse_unit_product(struct ql_parser *p, struct unit_list *list, int sign, bool one_only);

/* name | number | ( product ), each with an optional power */
static bool parse_unit_atom(struct ql_parser *p, struct unit_list *list, int sign)
{
	const struct ql_token *t = ql_peek(p);
	int first = list->n, num = 1, den = 1;
	if (t->kind == QL_T_LPAREN) {
		p->at++;
		bool ok = enter(p) && parse_unit_product(p, list, 1, false) && ql_expect(p, QL_T_RPAREN, NULL);
		p->depth--;
		if (!ok)
			return false;
	} else if ((t->kind == QL_T_NAME && !not_a_unit(p, t)) || t->kind == QL_T_NUMBER) {
		struct ql_unit_factor f = {.number = 1, .p = 1, .q = 1, .span = ql_tok_span(p, t)};
		p->at++;
		if (t->kind == QL_T_NAME)
			f.name = ql_tok_name(p, t);
		else if (!ql_parse_number(p, t, &f.number))
			return false;
		if (list->n == MAX_UNIT_FACTORS) {
			ql_parse_fault(p, "fewer factors in a unit");
			return false;
		}
		list->item[list->n++] = f;
	} else {
		ql_parse_fault(p, "a unit");
		return false;
	}
	if (ql_accept(p, QL_T_CARET) && !parse_power(p, &num, &den))
		return false;
	for (int i = first; i < list->n; i++) {
		struct ql_unit_factor *f = &list->item[i];
		f->p *= sign * num;
		f->q *= den;
		if (abs(f->p) > 144 || f->q > 144) {
			ql_parse_report(p, QL_E0101, f->span, "the power of this unit is too large");
			return false;
		}
	}
	return true;
}

static bool parse_unit_product(struct ql_parser *p, struct unit_list *list, int sign, bool one_only)
{
	if (!parse_unit_atom(p, list, sign))
		return false;
	while (!one_only) {
		bool number = p->lex.tok[p->at - 1].kind == QL_T_NUMBER && ql_at(p, QL_T_NAME) && !ql_peek(p)->first &&
			      !not_a_unit(p, ql_peek(p));
		int s = ql_accept(p, QL_T_STAR) || number ? 1 : ql_accept(p, QL_T_SLASH) ? -1 : 0;
		if (s == 0)
			break;
		if (!parse_unit_atom(p, list, s * sign))
			return false;
	}
	return true;
}

/* The words from `from` to the cursor without blanks. */
static const char *text_between(struct ql_parser *p, int from)
{
	size_t n = 0;
	for (int i = from; i < p->at; i++)
		n += (size_t)p->lex.tok[i].len;
	char *s = ql_arena_alloc(p->arena, n + 1, 1), *to = s;
	for (int i = from; i < p->at; i++) {
		memcpy(to, p->lex.text + p->lex.tok[i].off, (size_t)p->lex.tok[i].len);
		to += p->lex.tok[i].len;
	}
	return s;
}

static struct ql_unit_ref *finish_unit(struct ql_parser *p, struct unit_list *list, int from, bool ok)
{
	struct ql_unit_ref *u = NULL;
	if (ok) {
		u = QL_NEW(p->arena, struct ql_unit_ref);
		u->n = list->n;
		u->factor = QL_NEW_N(p->arena, struct ql_unit_factor, (size_t)list->n);
		memcpy(u->factor, list->item, (size_t)list->n * sizeof *list->item);
		u->text = text_between(p, from);
		u->span = ql_span_to_here(p, ql_tok_span(p, &p->lex.tok[from]));
	}
	return u;
}

struct ql_unit_ref *ql_parse_unit_ref(struct ql_parser *p)
{
	struct unit_list list;
	list.n = 0;
	int from = p->at;
	bool ok = parse_unit_product(p, &list, 1, false);
	return finish_unit(p, &list, from, ok);
}

/* A unit directly after a number: one name with a power, or any in parentheses. */
static struct ql_unit_ref *unit_after_number(struct ql_parser *p)
{
	const struct ql_token *t = ql_peek(p);
	bool name = t->kind == QL_T_NAME && !t->first && !not_a_unit(p, t);
	if (p->rxode || (!name && t->kind != QL_T_LPAREN))
		return NULL;
	struct unit_list list;
	list.n = 0;
	int from = p->at;
	bool ok = parse_unit_product(p, &list, 1, true);
	return finish_unit(p, &list, from, ok);
}

/* ---- brackets ---- */

static bool parse_sub(struct ql_parser *p, struct ql_sub *s)
{
	*s = (struct ql_sub){.span = ql_tok_span(p, ql_peek(p))};
	if (ql_accept(p, QL_T_STAR))
		return true;
	s->name = ql_expect_name(p, "an index, an element or `*`", NULL);
	if (s->name && ql_accept_word(p, "in")) {
		s->in = ql_expect_name(p, "the name of an index", NULL);
		if (s->in && ql_accept(p, QL_T_DOT)) {
			s->module = s->in;
			s->in = ql_expect_name(p, "the name of an index", NULL);
		}
		s->span = ql_span_to_here(p, s->span);
	}
	return s->name && !p->panic;
}

enum { MAX_SUBS = 8 };

static bool parse_sub_list(struct ql_parser *p, struct ql_sub **sub, int *n)
{
	struct ql_sub list[MAX_SUBS];
	*n = 0;
	do {
		if (*n == MAX_SUBS) {
			ql_parse_fault(p, "at most 8 indices");
			return false;
		}
		if (!parse_sub(p, &list[(*n)++]))
			return false;
	} while (ql_accept(p, QL_T_COMMA));
	*sub = QL_NEW_N(p->arena, struct ql_sub, (size_t)*n);
	memcpy(*sub, list, (size_t)*n * sizeof *list);
	return true;
}

/* `x [assumed]` is a grade, not an element. */
static bool at_grade(struct ql_parser *p)
{
	static const char *const grade[] = {"verified", "derived", "recalled", "assumed", "calibrated"};
	for (size_t i = 0; i < sizeof grade / sizeof *grade; i++)
		if (ql_tok_is(p, ql_peek_at(p, 1), grade[i]) && ql_peek_at(p, 2)->kind == QL_T_RBRACKET)
			return true;
	return false;
}

bool ql_parse_subs(struct ql_parser *p, struct ql_sub **sub, int *n)
{
	*n = 0;
	*sub = NULL;
	if (!ql_at(p, QL_T_LBRACKET) || at_grade(p))
		return true;
	p->at++;
	return parse_sub_list(p, sub, n) && ql_expect(p, QL_T_RBRACKET, NULL);
}

bool ql_parse_binders(struct ql_parser *p, struct ql_sub **sub, int *n)
{
	if (!parse_sub_list(p, sub, n))
		return false;
	for (int i = 0; i < *n; i++)
		if (!(*sub)[i].in) {
			if (!p->panic)
				ql_diag_help(ql_parse_report(p, QL_E0101, (*sub)[i].span, "expected `variable in index`"),
					     "for example `i in site`");
			return false;
		}
	return true;
}

/* ---- operands ---- */

static struct ql_expr *parse_call(struct ql_parser *p, const char *name, struct ql_span start)
{
	int base = p->n_stack;
	p->at++; /* ( */
	while (!ql_at(p, QL_T_RPAREN)) {
		ql_push_child(p, ql_parse_expr(p));
		if (p->panic || !ql_accept(p, QL_T_COMMA))
			break;
	}
	if (!p->panic)
		ql_expect(p, QL_T_RPAREN, "`,` or `)`");
	struct ql_expr *e = new_node(p, QL_X_CALL, start, base);
	e->name = name;
	if (e->n_arg == 0)
		e->pure = false;
	return e;
}

static bool at_reduction(struct ql_parser *p, const char *name)
{
	if (p->rxode || ql_peek(p)->kind != QL_T_LPAREN)
		return false;
	bool binder = ql_peek_at(p, 1)->kind == QL_T_NAME && ql_tok_is(p, ql_peek_at(p, 2), "in");
	if (strcmp(name, "sum") == 0 || strcmp(name, "prod") == 0)
		return binder;
	return binder && (strcmp(name, "min") == 0 || strcmp(name, "max") == 0);
}

static struct ql_expr *parse_reduction(struct ql_parser *p, const char *name, struct ql_span start)
{
	struct ql_sub *sub = NULL;
	int n_sub = 0, base = p->n_stack;
	p->at++; /* ( */
	if (ql_parse_binders(p, &sub, &n_sub) && ql_expect(p, QL_T_COLON, "`:` and what to add up"))
		ql_push_child(p, ql_parse_expr(p));
	if (!p->panic)
		ql_expect(p, QL_T_RPAREN, NULL);
	struct ql_expr *e = new_node(p, QL_X_REDUCE, start, base);
	e->name = name;
	e->sub = sub;
	e->n_sub = n_sub;
	return e;
}

static struct ql_expr *parse_reference(struct ql_parser *p)
{
	const struct ql_token *t = ql_peek(p);
	struct ql_span start = ql_tok_span(p, t);
	if (ql_tok_is(p, t, "sum") || ql_tok_is(p, t, "prod")) {
		p->at++;
		if (at_reduction(p, ql_tok_name(p, t)))
			return parse_reduction(p, ql_tok_name(p, t), start);
		if (!p->rxode) {
			ql_parse_fault(p, "`(i in index : expression)`");
			return NULL;
		}
		p->at--;
	}
	const char *name = ql_expect_name(p, "an expression", NULL), *module = NULL;
	if (!name)
		return NULL;
	if (at_reduction(p, name))
		return parse_reduction(p, name, start);
	if (ql_at(p, QL_T_LPAREN))
		return parse_call(p, name, start);
	if (ql_accept(p, QL_T_DOT)) {
		module = name;
		name = ql_expect_name(p, "a name of that module", NULL);
	}
	struct ql_expr *e = new_expr(p, QL_X_REF, start);
	e->module = module;
	e->name = name;
	if (name && !p->rxode)
		ql_parse_subs(p, &e->sub, &e->n_sub);
	e->span = ql_span_to_here(p, start);
	return e;
}

static struct ql_expr *parse_number(struct ql_parser *p)
{
	const struct ql_token *t = ql_peek(p);
	struct ql_expr *e = new_expr(p, QL_X_NUM, ql_tok_span(p, t));
	if (!ql_parse_number(p, t, &e->num))
		return NULL;
	p->at++;
	e->unit = unit_after_number(p);
	e->pure = !e->unit;
	e->span = ql_span_to_here(p, e->span);
	return e;
}

static struct ql_expr *parse_primary(struct ql_parser *p)
{
	const struct ql_token *t = ql_peek(p);
	if (t->kind == QL_T_NUMBER)
		return parse_number(p);
	if (t->kind == QL_T_NAME)
		return parse_reference(p);
	if (t->kind == QL_T_STRING && p->rxode) {
		struct ql_expr *e = new_expr(p, QL_X_STRING, ql_tok_span(p, t));
		e->name = ql_tok_string(p, t);
		p->at++;
		return e;
	}
	if (t->kind == QL_T_LPAREN) {
		struct ql_span start = ql_tok_span(p, t);
		p->at++;
		struct ql_expr *e = ql_parse_expr(p);
		if (!p->panic)
			ql_expect(p, QL_T_RPAREN, NULL);
		if (e && e->span.line == start.line) { /* mark the brackets too */
			e->span = start;
			e->span = ql_span_to_here(p, start);
		}
		return e;
	}
	ql_parse_fault(p, "an expression");
	return NULL;
}

static struct ql_expr *parse_power_chain(struct ql_parser *p)
{
	struct ql_span start = ql_tok_span(p, ql_peek(p));
	struct ql_expr *left = parse_primary(p);
	if (p->panic || !ql_accept(p, QL_T_CARET))
		return left;
	int base = p->n_stack;
	ql_push_child(p, left);
	ql_push_child(p, parse_unary(p)); /* right side: -1 and a^b^c = a^(b^c) */
	return new_node(p, QL_X_POW, start, base);
}

static struct ql_expr *parse_unary(struct ql_parser *p)
{
	struct ql_span start = ql_tok_span(p, ql_peek(p));
	if (!enter(p)) {
		p->depth--;
		return NULL;
	}
	struct ql_expr *e;
	bool minus = ql_accept(p, QL_T_MINUS);
	if (minus || ql_accept(p, QL_T_PLUS)) {
		e = parse_unary(p);
		if (minus && !p->panic) {
			int base = p->n_stack;
			ql_push_child(p, e);
			e = new_node(p, QL_X_NEG, start, base);
		}
	} else {
		e = parse_power_chain(p);
	}
	p->depth--;
	return e;
}

/* ---- chains ---- */

static bool one_of(struct ql_parser *p, const enum ql_tok *kinds, unsigned char *op)
{
	for (; *kinds != QL_T_END; kinds++)
		if (ql_at(p, *kinds)) {
			*op = (unsigned char)*kinds;
			return true;
		}
	return false;
}

/* operand { op operand }: one node with all operands; op[i] stands before operand i. */
static struct ql_expr *parse_chain(struct ql_parser *p, enum ql_expr_kind kind, const enum ql_tok *kinds,
				   struct ql_expr *(*operand)(struct ql_parser *))
{
	struct ql_span start = ql_tok_span(p, ql_peek(p));
	struct ql_expr *first = operand(p);
	unsigned char op;
	if (p->panic || !one_of(p, kinds, &op))
		return first;
	int base = p->n_stack, from = p->at, n;
	ql_push_child(p, first);
	while (!p->panic && one_of(p, kinds, &op)) {
		p->at++;
		struct ql_expr *next = operand(p);
		ql_push_child(p, next);
		ql_push_child(p, (void *)(uintptr_t)op);
	}
	struct ql_expr *e = new_expr(p, kind, ql_span_to_here(p, start));
	void **pair = ql_take_children(p, base, &n);
	e->n_arg = (n + 1) / 2;
	e->arg = QL_NEW_N(p->arena, struct ql_expr *, (size_t)e->n_arg);
	e->op = ql_arena_alloc(p->arena, (size_t)e->n_arg, 1);
	e->pure = true;
	for (int i = 0; i < e->n_arg; i++) {
		e->arg[i] = pair[i ? 2 * i - 1 : 0];
		e->op[i] = i ? (unsigned char)(uintptr_t)pair[2 * i] : 0;
		e->pure = e->pure && e->arg[i] && e->arg[i]->pure;
	}
	e->op_span = ql_tok_span(p, &p->lex.tok[from]);
	return e;
}

static struct ql_expr *parse_product(struct ql_parser *p)
{
	static const enum ql_tok ops[] = {QL_T_STAR, QL_T_SLASH, QL_T_MODULO, QL_T_END};
	return parse_chain(p, QL_X_MUL, ops, parse_unary);
}

static struct ql_expr *parse_sum(struct ql_parser *p)
{
	static const enum ql_tok ops[] = {QL_T_PLUS, QL_T_MINUS, QL_T_END};
	return parse_chain(p, QL_X_ADD, ops, parse_product);
}

static struct ql_expr *parse_conversion(struct ql_parser *p)
{
	struct ql_span start = ql_tok_span(p, ql_peek(p));
	struct ql_expr *e = parse_sum(p);
	while (!p->rxode && !p->panic && ql_accept_word(p, "to")) {
		int base = p->n_stack;
		if (!enter(p)) {
			p->depth--;
			return NULL;
		}
		p->depth--;
		ql_push_child(p, e);
		struct ql_unit_ref *unit = ql_parse_unit_ref(p);
		e = new_node(p, QL_X_CONVERT, start, base);
		e->unit = unit;
		if (ql_at_word(p, "to"))
			ql_parse_fault(p, "one `to` only");
	}
	return e;
}

static struct ql_expr *parse_index_test(struct ql_parser *p, struct ql_expr *left, struct ql_span start)
{
	p->at++; /* in */
	struct ql_expr *e = new_expr(p, QL_X_IN, start);
	e->sub = QL_NEW(p->arena, struct ql_sub);
	e->n_sub = 1;
	e->sub->name = left->name;
	e->sub->span = left->span;
	e->sub->in = ql_expect_name(p, "the name of an index", NULL);
	if (e->sub->in && ql_accept(p, QL_T_DOT)) {
		e->sub->module = e->sub->in;
		e->sub->in = ql_expect_name(p, "the name of an index", NULL);
	}
	e->span = ql_span_to_here(p, start);
	return e;
}

static struct ql_expr *parse_comparison(struct ql_parser *p)
{
	static const enum ql_tok ops[] = {QL_T_LT, QL_T_LE, QL_T_GT, QL_T_GE, QL_T_EQ, QL_T_NE, QL_T_END};
	struct ql_span start = ql_tok_span(p, ql_peek(p));
	struct ql_expr *left = parse_conversion(p);
	unsigned char op;
	if (p->panic || !left)
		return left;
	if (!p->rxode && ql_at_word(p, "in") && left->kind == QL_X_REF && !left->n_sub && !left->module &&
	    ql_peek_at(p, 1)->kind == QL_T_NAME)
		return parse_index_test(p, left, start);
	if (!one_of(p, ops, &op))
		return left;
	struct ql_span op_span = ql_tok_span(p, ql_peek(p));
	int base = p->n_stack;
	p->at++;
	ql_push_child(p, left);
	ql_push_child(p, parse_conversion(p));
	struct ql_expr *e = new_node(p, QL_X_COMPARE, start, base);
	e->op = ql_arena_alloc(p->arena, 2, 1);
	e->op[1] = op;
	e->op_span = op_span;
	if (!p->panic && one_of(p, ops, &op))
		ql_parse_fault(p, "one comparison (join several with `and`)");
	return e;
}

static struct ql_expr *parse_not(struct ql_parser *p)
{
	struct ql_span start = ql_tok_span(p, ql_peek(p));
	if (!ql_at(p, QL_T_NOT) && (p->rxode || !ql_at_word(p, "not")))
		return parse_comparison(p);
	p->at++;
	if (!enter(p)) {
		p->depth--;
		return NULL;
	}
	int base = p->n_stack;
	ql_push_child(p, parse_not(p));
	p->depth--;
	return new_node(p, QL_X_NOT, start, base);
}

/* Words stand for their operators in chains of `and` and `or`. */
static void accept_words(struct ql_parser *p, const char *word, enum ql_tok kind)
{
	if (!p->rxode && ql_at_word(p, word))
		p->lex.tok[p->at].kind = (short)kind;
}

static struct ql_expr *parse_and_operand(struct ql_parser *p)
{
	struct ql_expr *e = parse_not(p);
	accept_words(p, "and", QL_T_AND);
	accept_words(p, "or", QL_T_OR);
	return e;
}

static struct ql_expr *parse_and(struct ql_parser *p)
{
	static const enum ql_tok ops[] = {QL_T_AND, QL_T_END};
	return parse_chain(p, QL_X_AND, ops, parse_and_operand);
}

static struct ql_expr *parse_or(struct ql_parser *p)
{
	static const enum ql_tok ops[] = {QL_T_OR, QL_T_END};
	return parse_chain(p, QL_X_OR, ops, parse_and);
}

static struct ql_expr *parse_if(struct ql_parser *p)
{
	struct ql_span start = ql_tok_span(p, ql_peek(p));
	int base = p->n_stack;
	p->at++; /* if */
	ql_push_child(p, ql_parse_expr(p));
	if (!p->panic && ql_expect_word(p, "then"))
		ql_push_child(p, ql_parse_expr(p));
	if (!p->panic && !ql_at_word(p, "else")) {
		ql_parse_fault(p, "`else`");
	} else if (!p->panic) {
		p->at++;
		ql_push_child(p, ql_parse_expr(p));
	}
	return new_node(p, QL_X_IF, start, base);
}

struct ql_expr *ql_parse_expr(struct ql_parser *p)
{
	struct ql_expr *e = NULL;
	if (enter(p))
		e = !p->rxode && ql_at_word(p, "if") ? parse_if(p) : parse_or(p);
	p->depth--;
	return e;
}

/* ---- pieces that stand alone ---- */

static bool begin_piece(struct ql_parser *p, struct ql_arena *a, struct ql_span at, const char *text, struct ql_diags *ds)
{
	ql_parser_init(p, a, ds);
	/* Faults are shown where the text stands in its own file. */
	p->shift = at.line > 0 ? at : (struct ql_span){at.file, 1, 1, 0};
	p->shift.file = at.file ? ql_arena_strdup(a, at.file) : "";
	struct ql_diags scratch = {0};
	bool ok = ql_lex_text(&p->lex, p->shift.file, text, strlen(text), false, &scratch) && !scratch.n_errors;
	enum ql_code code = scratch.n ? scratch.item[0]->code : QL_E0101;
	const char *why = ql_arena_strdup(a, scratch.n ? scratch.item[0]->message : "cannot be read");
	ql_diags_free(&scratch);
	if (!ok)
		ql_diag_add(ds, code, p->shift, "in `%.60s`: %s", text, why);
	return ok;
}

struct ql_expr *ql_parse_expression(struct ql_parser *p, struct ql_arena *a, struct ql_span at, const char *text,
				    struct ql_diags *ds)
{
	struct ql_expr *e = NULL;
	if (!begin_piece(p, a, at, text, ds))
		return NULL;
	p->indent = -1;
	e = ql_parse_expr(p);
	if (!p->panic && !ql_at(p, QL_T_END))
		ql_parse_fault(p, "an operator or the end of the expression");
	return p->panic ? NULL : e;
}

struct ql_unit_ref *ql_parse_unit(struct ql_parser *p, struct ql_arena *a, struct ql_span at, const char *text,
				  struct ql_diags *ds)
{
	struct ql_unit_ref *u = NULL;
	if (!begin_piece(p, a, at, text, ds))
		return NULL;
	p->indent = -1;
	u = ql_parse_unit_ref(p);
	if (!p->panic && !ql_at(p, QL_T_END))
		ql_parse_fault(p, "the end of the unit");
	return p->panic ? NULL : u;
}
