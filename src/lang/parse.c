/* SPDX-License-Identifier: Apache-2.0 */
/* Statements of the equations language. */
#include "lang/parse.h"
#include <math.h>
#include <string.h>

static struct ql_stmt *parse_statement(struct ql_parser *p);

static struct ql_stmt *new_stmt(struct ql_parser *p, enum ql_stmt_kind kind)
{
	struct ql_stmt *s = QL_NEW(p->arena, struct ql_stmt);
	s->kind = (short)kind;
	s->lo = -INFINITY;
	s->hi = INFINITY;
	s->span = ql_tok_span(p, ql_peek(p));
	return s;
}

static bool parse_value_list(struct ql_parser *p, struct ql_stmt *s)
{
	int base = p->n_stack;
	do
		ql_push_child(p, ql_parse_expr(p));
	while (!p->panic && ql_accept(p, QL_T_COMMA));
	s->value = ql_take_children(p, base, &s->n_value);
	return !p->panic;
}

static bool parse_one_value(struct ql_parser *p, struct ql_stmt *s)
{
	int base = p->n_stack;
	ql_push_child(p, ql_parse_expr(p));
	s->value = ql_take_children(p, base, &s->n_value);
	return !p->panic;
}

/* NAME [subs] [: unit] */
static bool parse_declared(struct ql_parser *p, struct ql_stmt *s, const char *what)
{
	s->name = ql_expect_name(p, what, &s->span);
	if (!s->name || !ql_parse_subs(p, &s->sub, &s->n_sub))
		return false;
	if (ql_accept(p, QL_T_COLON))
		s->unit = ql_parse_unit_ref(p);
	return !p->panic;
}

static bool signed_number(struct ql_parser *p, double *out)
{
	bool minus = ql_accept(p, QL_T_MINUS);
	const struct ql_token *t = ql_peek(p);
	if (!ql_expect(p, QL_T_NUMBER, "a number") || !ql_parse_number(p, t, out))
		return false;
	if (minus)
		*out = -*out;
	return true;
}

static bool parse_allowed_set(struct ql_parser *p, struct ql_stmt *s)
{
	double list[64];
	int n = 0;
	do {
		if (n == 64) {
			ql_parse_fault(p, "at most 64 values");
			return false;
		}
		if (!signed_number(p, &list[n++]))
			return false;
	} while (ql_accept(p, QL_T_COMMA));
	s->allowed = QL_NEW_N(p->arena, double, (size_t)n);
	memcpy(s->allowed, list, (size_t)n * sizeof *list);
	s->n_allowed = n;
	return ql_expect(p, QL_T_RBRACE, NULL);
}

/* in lo..hi | in {a, b} */
static bool parse_range(struct ql_parser *p, struct ql_stmt *s)
{
	if (!ql_at_word(p, "in"))
		return true;
	s->range_span = ql_tok_span(p, ql_peek(p));
	p->at++;
	s->has_range = true;
	bool ok = ql_accept(p, QL_T_LBRACE) ? parse_allowed_set(p, s)
					    : signed_number(p, &s->lo) && ql_expect(p, QL_T_DOTDOT, NULL) &&
						      signed_number(p, &s->hi);
	s->range_span = ql_span_to_here(p, s->range_span);
	return ok;
}

static bool parse_cites(struct ql_parser *p, struct ql_stmt *s)
{
	int base = p->n_stack;
	do {
		const char *key = ql_expect_name(p, "the key of a reference", NULL);
		if (!key)
			return false;
		ql_push_child(p, (void *)(uintptr_t)key);
	} while (ql_accept(p, QL_T_COMMA) || ql_accept(p, QL_T_SEMI));
	s->cite = ql_take_children(p, base, &s->n_cite);
	return ql_expect(p, QL_T_RBRACE, "`,` or `}`");
}

static bool parse_grade(struct ql_parser *p, struct ql_stmt *s)
{
	static const char *const word[] = {"verified", "derived", "recalled", "assumed", "calibrated"};
	for (int i = 0; i < 5; i++)
		if (ql_accept_word(p, word[i])) {
			s->grade = (enum ql_grade)(QL_VERIFIED + i);
			return ql_expect(p, QL_T_RBRACKET, NULL);
		}
	ql_parse_fault(p, "verified, derived, recalled, assumed or calibrated");
	return false;
}

/* "meaning" {sources} [grade], in any order, each at most once; a long meaning may be several texts */
static bool parse_notes(struct ql_parser *p, struct ql_stmt *s)
{
	for (;;) {
		const struct ql_token *t = ql_peek(p);
		if (t->kind == QL_T_STRING) {
			const char *text = ql_tok_string(p, t);
			s->doc = s->doc ? ql_arena_printf(p->arena, "%s %s", s->doc, text) : text;
			p->at++;
		} else if (!s->cite && ql_accept(p, QL_T_LBRACE)) {
			if (!parse_cites(p, s))
				return false;
		} else if (s->grade == QL_GRADE_NONE && ql_accept(p, QL_T_LBRACKET)) {
			if (!parse_grade(p, s))
				return false;
		} else {
			return true;
		}
	}
}

/* The text of a spread as written, for tables. */
static const char *spread_text(struct ql_parser *p, int from)
{
	size_t n = 0;
	for (int i = from; i < p->at; i++)
		n += (size_t)p->lex.tok[i].len + 1;
	char *s = ql_arena_alloc(p->arena, n + 1, 1), *to = s;
	for (int i = from; i < p->at; i++) {
		const struct ql_token *t = &p->lex.tok[i], *before = t - (i > from);
		if (i > from && before->off + before->len < t->off)
			*to++ = ' ';
		memcpy(to, p->lex.text + t->off, (size_t)t->len);
		to += t->len;
	}
	return s;
}

static bool parse_spread_args(struct ql_parser *p, struct ql_stmt *s, int wanted)
{
	int n = 0;
	if (!ql_expect(p, QL_T_LPAREN, NULL))
		return false;
	if (s->spread == QL_SPREAD_LOGNORMAL && ql_at_word(p, "cv") && ql_peek_at(p, 1)->kind == QL_T_ASSIGN) {
		p->at += 2;
		s->spread = QL_SPREAD_LOGNORMAL_CV;
	}
	do {
		if (s->kind == QL_S_PARAM && n == wanted && ql_accept_word(p, "common")) {
			s->common = true;
			break;
		}
		if (n == wanted) {
			ql_parse_fault(p, s->kind == QL_S_PARAM ? "`common` or `)`" : "`)`");
			return false;
		}
		s->spread_arg[n++] = ql_parse_expr(p);
	} while (!p->panic && ql_accept(p, QL_T_COMMA));
	if (!p->panic && n < wanted)
		ql_parse_fault(p, "`,` and a second argument");
	return !p->panic && ql_expect(p, QL_T_RPAREN, "`,` or `)`");
}

/* ~ lognormal(sd) | ... */
static bool parse_spread(struct ql_parser *p, struct ql_stmt *s)
{
	static const struct {
		const char *word;
		enum ql_spread spread;
		int args;
	} law[] = {{"lognormal", QL_SPREAD_LOGNORMAL, 1},
		   {"normal", QL_SPREAD_NORMAL, 1},
		   {"logitnormal", QL_SPREAD_LOGITNORMAL, 1},
		   {"uniform", QL_SPREAD_UNIFORM, 2}};
	if (!ql_accept(p, QL_T_TILDE))
		return true;
	int from = p->at;
	s->spread_span = ql_tok_span(p, ql_peek(p));
	for (size_t i = 0; i < sizeof law / sizeof *law; i++)
		if (ql_accept_word(p, law[i].word)) {
			s->spread = law[i].spread;
			bool ok = parse_spread_args(p, s, law[i].args);
			s->spread_text = spread_text(p, from);
			s->spread_span = ql_span_to_here(p, s->spread_span);
			return ok;
		}
	ql_parse_fault(p, "lognormal, normal, logitnormal or uniform");
	return false;
}

static bool parse_draw_law(struct ql_parser *p, struct ql_stmt *s)
{
	static const struct {
		const char *word;
		enum ql_draw draw;
		int args;
	} law[] = {{"exponential", QL_DRAW_EXPONENTIAL, 1},
		   {"poisson", QL_DRAW_POISSON, 1},
		   {"uniform", QL_DRAW_UNIFORM, 2},
		   {"normal", QL_DRAW_NORMAL, 2}};
	if (!ql_expect(p, QL_T_TILDE, NULL))
		return false;
	int from = p->at;
	s->spread_span = ql_tok_span(p, ql_peek(p));
	for (size_t i = 0; i < sizeof law / sizeof *law; i++)
		if (ql_accept_word(p, law[i].word)) {
			s->draw = law[i].draw;
			bool ok = parse_spread_args(p, s, law[i].args);
			s->spread_text = spread_text(p, from);
			s->spread_span = ql_span_to_here(p, s->spread_span);
			return ok;
		}
	ql_parse_fault(p, "exponential, poisson, uniform or normal");
	return false;
}

/* ---- one function per statement; the word is accepted already ---- */

static void parse_index(struct ql_parser *p, struct ql_stmt *s)
{
	s->name = ql_expect_name(p, "the name of the index", &s->span);
	if (!s->name || !ql_expect(p, QL_T_ASSIGN, NULL))
		return;
	int base = p->n_stack, n;
	do {
		int at = p->at;
		if (!ql_expect_name(p, "an element (a name)", NULL))
			break;
		ql_push_child(p, &p->lex.tok[at]);
	} while (ql_accept(p, QL_T_COMMA));
	const struct ql_token **element = ql_take_children(p, base, &n);
	s->n_word = n;
	s->word = QL_NEW_N(p->arena, const char *, (size_t)n);
	s->word_span = QL_NEW_N(p->arena, struct ql_span, (size_t)n);
	for (int i = 0; i < n; i++) {
		s->word[i] = ql_tok_name(p, element[i]);
		s->word_span[i] = ql_tok_span(p, element[i]);
	}
	if (!p->panic && ql_accept_word(p, "of")) {
		s->parent = ql_expect_name(p, "the name of the larger index", &s->target_span);
		if (s->parent && ql_accept(p, QL_T_DOT)) {
			s->module = s->parent;
			s->parent = ql_expect_name(p, "the name of the larger index", NULL);
		}
	}
	if (!p->panic)
		parse_notes(p, s);
}

static void parse_unit_stmt(struct ql_parser *p, struct ql_stmt *s)
{
	s->name = ql_expect_name(p, "the name of the unit", &s->span);
	if (s->name && ql_accept(p, QL_T_ASSIGN))
		s->unit = ql_parse_unit_ref(p);
	if (!p->panic)
		parse_notes(p, s);
}

static void parse_param(struct ql_parser *p, struct ql_stmt *s)
{
	if (parse_declared(p, s, "the name of the parameter") && ql_expect(p, QL_T_ASSIGN, "`=` and a value") &&
	    parse_value_list(p, s) && parse_spread(p, s))
		parse_notes(p, s);
}

static void parse_given(struct ql_parser *p, struct ql_stmt *s)
{
	bool ok = parse_declared(p, s, "a name");
	if (ok && ql_accept(p, QL_T_ASSIGN))
		ok = parse_one_value(p, s);
	if (ok && parse_range(p, s))
		parse_notes(p, s);
}

static void parse_draw(struct ql_parser *p, struct ql_stmt *s)
{
	if (parse_declared(p, s, "the name of the draw") && parse_draw_law(p, s))
		parse_notes(p, s);
}

static void parse_state(struct ql_parser *p, struct ql_stmt *s)
{
	bool ok = parse_declared(p, s, "the name of the state");
	if (ok && ql_accept(p, QL_T_ASSIGN))
		ok = parse_one_value(p, s);
	if (ok && ql_accept_word(p, "atol"))
		ok = signed_number(p, &s->atol);
	if (ok)
		parse_notes(p, s);
}

static void parse_let(struct ql_parser *p, struct ql_stmt *s)
{
	if (parse_declared(p, s, "a name") && ql_expect(p, QL_T_ASSIGN, "`=` and an expression") && parse_one_value(p, s))
		parse_notes(p, s);
}

static void parse_handle(struct ql_parser *p, struct ql_stmt *s)
{
	if (!parse_declared(p, s, "the name of the handle") || !ql_expect(p, QL_T_ASSIGN, "`= sum` or `= product`"))
		return;
	if (ql_accept_word(p, "product"))
		s->is_product = true;
	else if (!ql_accept_word(p, "sum"))
		ql_parse_fault(p, "`sum` or `product`");
	if (!p->panic)
		parse_notes(p, s);
}

static void parse_dose(struct ql_parser *p, struct ql_stmt *s)
{
	if (!parse_declared(p, s, "the name of the dose") || !ql_expect_word(p, "into"))
		return;
	s->target = ql_expect_name(p, "the state that receives the dose", &s->target_span);
	if (s->target && ql_accept(p, QL_T_DOT)) {
		s->parent = s->target;
		s->target = ql_expect_name(p, "the state that receives the dose", NULL);
	}
	if (!s->target || !ql_parse_subs(p, &s->target_sub, &s->n_target_sub))
		return;
	s->target_span = ql_span_to_here(p, s->target_span);
	if (ql_accept_word(p, "scale") && !parse_one_value(p, s))
		return;
	parse_notes(p, s);
}

static bool parse_assign(struct ql_parser *p, struct ql_assign *a)
{
	*a = (struct ql_assign){.span = ql_tok_span(p, ql_peek(p))};
	a->name = ql_expect_name(p, "the state or input to set", NULL);
	if (a->name && ql_accept(p, QL_T_DOT)) {
		a->module = a->name;
		a->name = ql_expect_name(p, "the state or input to set", NULL);
	}
	if (!a->name || !ql_parse_subs(p, &a->sub, &a->n_sub))
		return false;
	a->span = ql_span_to_here(p, a->span);
	if (!ql_expect(p, QL_T_ASSIGN, NULL))
		return false;
	a->value = ql_parse_expr(p);
	return !p->panic;
}

static void parse_when(struct ql_parser *p, struct ql_stmt *s)
{
	struct ql_assign list[64];
	s->name = ql_expect_name(p, "the name of the event", &s->span);
	if (!s->name || !ql_parse_subs(p, &s->sub, &s->n_sub) || !ql_expect(p, QL_T_LPAREN, "`(` and a condition") ||
	    !parse_one_value(p, s) || !ql_expect(p, QL_T_RPAREN, NULL))
		return;
	if (ql_accept(p, QL_T_COLON)) {
		do {
			if (s->n_assign == 64) {
				ql_parse_fault(p, "at most 64 assignments");
				return;
			}
			if (!parse_assign(p, &list[s->n_assign++]))
				return;
		} while (ql_accept(p, QL_T_COMMA));
		s->assign = QL_NEW_N(p->arena, struct ql_assign, (size_t)s->n_assign);
		memcpy(s->assign, list, (size_t)s->n_assign * sizeof *list);
	}
	parse_notes(p, s);
}

static void parse_use(struct ql_parser *p, struct ql_stmt *s)
{
	s->name = ql_expect_name(p, "the name of a module", &s->span);
	if (s->name && ql_accept_word(p, "as"))
		s->target = ql_expect_name(p, "the name of the instance", &s->target_span);
	if (!p->panic && ql_accept_word(p, "from")) {
		const struct ql_token *t = ql_peek(p);
		if (ql_expect(p, QL_T_STRING, "the file in quotes"))
			s->file = ql_tok_string(p, t);
	}
	if (!p->panic && ql_accept_word(p, "default"))
		s->parent = ql_expect_name(p, "the name of an agent row", NULL);
}

static void parse_kernel(struct ql_parser *p, struct ql_stmt *s)
{
	s->name = ql_expect_name(p, "the name of the kernel set", &s->span);
	if (!s->name || !ql_expect(p, QL_T_ASSIGN, NULL) || ql_at(p, QL_T_END))
		return;
	if (ql_accept(p, QL_T_STAR)) {
		s->all = true;
		return;
	}
	int base = p->n_stack, n = 0;
	struct ql_span span[256];
	do {
		if (n == 256) {
			ql_parse_fault(p, "at most 256 names");
			break;
		}
		const char *name = ql_expect_name(p, "a dose or an input", &span[n]);
		if (name && ql_accept(p, QL_T_DOT)) {
			const char *last = ql_expect_name(p, "a dose or an input", NULL);
			name = last ? ql_arena_printf(p->arena, "%s.%s", name, last) : NULL;
		}
		if (!name)
			break;
		span[n] = ql_span_to_here(p, span[n]);
		n++;
		ql_push_child(p, (void *)(uintptr_t)name);
	} while (ql_accept(p, QL_T_COMMA));
	s->word = ql_take_children(p, base, &s->n_word);
	s->word_span = QL_NEW_N(p->arena, struct ql_span, (size_t)n);
	memcpy(s->word_span, span, (size_t)n * sizeof *span);
}

/* ---- blocks ---- */

static void skip_statement(struct ql_parser *p)
{
	while (!ql_at(p, QL_T_END))
		p->at++;
}

static bool end_of_text(const struct ql_parser *p) { return p->at >= p->lex.n - 1; }

/* Statements from the cursor on while lines are indented deeper than `outer`. */
static struct ql_stmt **parse_lines(struct ql_parser *p, int outer, int *n)
{
	int base = p->n_stack;
	while (!end_of_text(p) && p->lex.tok[p->at].indent > outer && p->n_errors < QL_MAX_PARSE_ERRORS) {
		int before = p->at;
		struct ql_stmt *s = parse_statement(p);
		if (s)
			ql_push_child(p, s);
		if (p->at == before) /* a word that begins nothing, at the end of a bad line */
			p->at++;
	}
	return ql_take_children(p, base, n);
}

/* `:` then a block of deeper lines, or one statement on the same line. */
static struct ql_stmt **parse_block(struct ql_parser *p, int *n)
{
	int indent = p->indent, first = p->first;
	*n = 0;
	if (!ql_expect(p, QL_T_COLON, "`:` and an indented block"))
		return NULL;
	const struct ql_token *t = &p->lex.tok[p->at];
	struct ql_stmt **list = NULL;
	if (++p->blocks > QL_MAX_BLOCKS) {
		ql_parse_report(p, QL_E0106, ql_tok_span(p, t), "blocks are nested more than %d deep", QL_MAX_BLOCKS);
	} else if (t->first && t->indent > indent && !end_of_text(p)) {
		list = parse_lines(p, indent, n);
	} else if (!t->first && !end_of_text(p)) {
		int base = p->n_stack;
		struct ql_stmt *s = parse_statement(p);
		if (s)
			ql_push_child(p, s);
		list = ql_take_children(p, base, n);
	} else {
		struct ql_diag *d = ql_parse_report(p, QL_E0110, ql_span_to_here(p, ql_tok_span(p, &p->lex.tok[p->at - 1])),
						    "a block of deeper indented lines must follow");
		ql_diag_help(d, "indent the lines that belong here");
	}
	p->blocks--;
	p->indent = indent;
	p->first = first;
	return list;
}

static void parse_for(struct ql_parser *p, struct ql_stmt *s)
{
	if (ql_parse_binders(p, &s->sub, &s->n_sub))
		s->body = parse_block(p, &s->n_body);
}

/* `else` stands on a line of its own with the indentation of its `if`. */
static bool at_else(const struct ql_parser *p, int indent)
{
	const struct ql_token *t = &p->lex.tok[p->at];
	return !end_of_text(p) && t->first && t->indent == indent && ql_tok_is(p, t, "else");
}

static void parse_if_block(struct ql_parser *p, struct ql_stmt *s)
{
	int indent = p->indent;
	if (!parse_one_value(p, s))
		return;
	s->body = parse_block(p, &s->n_body);
	if (p->panic || !at_else(p, indent))
		return;
	p->first = p->at++;
	if (!ql_at_word(p, "if")) {
		s->otherwise = parse_block(p, &s->n_otherwise);
		return;
	}
	struct ql_stmt *inner = new_stmt(p, QL_S_IF);
	p->at++;
	if (++p->blocks > QL_MAX_BLOCKS)
		ql_parse_report(p, QL_E0106, inner->span, "blocks are nested more than %d deep", QL_MAX_BLOCKS);
	else
		parse_if_block(p, inner);
	p->blocks--;
	s->otherwise = QL_NEW(p->arena, struct ql_stmt *);
	s->otherwise[0] = inner;
	s->n_otherwise = 1;
}

static struct ql_stmt *parse_column(struct ql_parser *p)
{
	struct ql_stmt *s = new_stmt(p, QL_S_COLUMN);
	p->first = p->at;
	p->indent = p->lex.tok[p->at].indent;
	p->panic = false;
	int base = p->n_stack;
	parse_given(p, s);
	p->n_stack = base;
	if (!p->panic && !ql_at(p, QL_T_END) && !ql_at(p, QL_T_SEMI))
		ql_parse_fault(p, "the end of the line");
	s->bad = p->panic;
	if (p->panic)
		skip_statement(p);
	return s->name ? s : NULL;
}

static void parse_agent(struct ql_parser *p, struct ql_stmt *s)
{
	int indent = p->indent, base = p->n_stack;
	if (!ql_expect(p, QL_T_COLON, "`:` and an indented block"))
		return;
	while (!end_of_text(p) && p->lex.tok[p->at].indent > indent && p->n_errors < QL_MAX_PARSE_ERRORS) {
		int before = p->at;
		struct ql_stmt *column = parse_column(p);
		if (column)
			ql_push_child(p, column);
		if (p->at < p->lex.n - 1 && p->lex.tok[p->at].kind == QL_T_SEMI)
			p->at++;
		if (p->at == before)
			p->at++;
	}
	s->body = ql_take_children(p, base, &s->n_body);
	p->indent = indent;
	p->first = p->at;
	p->panic = false;
}

/* ---- statements that start otherwise ---- */

/* d/dt(S[t in tissue]) = expression */
static void parse_rate(struct ql_parser *p, struct ql_stmt *s)
{
	p->at += 4; /* d / dt ( */
	s->name = ql_expect_name(p, "a state", &s->span);
	if (!s->name || !ql_parse_subs(p, &s->sub, &s->n_sub))
		return;
	s->span = ql_span_to_here(p, s->span);
	if (ql_expect(p, QL_T_RPAREN, NULL) && ql_expect(p, QL_T_ASSIGN, NULL) && parse_one_value(p, s))
		parse_notes(p, s);
}

/* f(dose) = expression */
static void parse_property(struct ql_parser *p, struct ql_stmt *s)
{
	s->target = ql_tok_name(p, ql_peek(p));
	p->at += 2;
	s->name = ql_expect_name(p, "a dose", &s->span);
	if (s->name && ql_parse_subs(p, &s->sub, &s->n_sub) && ql_expect(p, QL_T_RPAREN, NULL) &&
	    ql_expect(p, QL_T_ASSIGN, NULL) && parse_one_value(p, s))
		parse_notes(p, s);
}

/* owner.handle[subs] += expression */
static void parse_contribution(struct ql_parser *p, struct ql_stmt *s)
{
	s->name = ql_expect_name(p, "a statement", &s->span);
	if (s->name && ql_accept(p, QL_T_DOT)) {
		s->module = s->name;
		s->name = ql_expect_name(p, "the name of a handle", NULL);
	}
	if (!s->name || !ql_parse_subs(p, &s->sub, &s->n_sub))
		return;
	s->span = ql_span_to_here(p, s->span);
	if (ql_accept(p, QL_T_MUL_TO))
		s->is_product = true;
	else if (!ql_accept(p, QL_T_ADD_TO))
		ql_parse_fault(p, "`+=` or `*=`");
	if (!p->panic && parse_one_value(p, s))
		parse_notes(p, s);
}

static const struct {
	const char *word;
	enum ql_stmt_kind kind;
	void (*parse)(struct ql_parser *, struct ql_stmt *);
} statements[] = {
	{"index", QL_S_INDEX, parse_index},	{"unit", QL_S_UNIT, parse_unit_stmt}, {"param", QL_S_PARAM, parse_param},
	{"covariate", QL_S_COVARIATE, parse_given}, {"input", QL_S_INPUT, parse_given}, {"draw", QL_S_DRAW, parse_draw},
	{"state", QL_S_STATE, parse_state},	{"quad", QL_S_STATE, parse_state},    {"let", QL_S_LET, parse_let},
	{"output", QL_S_OUTPUT, parse_let},	{"handle", QL_S_HANDLE, parse_handle}, {"dose", QL_S_DOSE, parse_dose},
	{"when", QL_S_WHEN, parse_when},	{"agent", QL_S_AGENT, parse_agent},   {"for", QL_S_FOR, parse_for},
	{"if", QL_S_IF, parse_if_block},	{"use", QL_S_USE, parse_use},	      {"kernel", QL_S_KERNEL, parse_kernel},
};
enum { N_STATEMENTS = sizeof statements / sizeof *statements };

static bool at_rate(struct ql_parser *p)
{
	return ql_at_word(p, "d") && ql_peek_at(p, 1)->kind == QL_T_SLASH && ql_tok_is(p, ql_peek_at(p, 2), "dt") &&
	       ql_peek_at(p, 3)->kind == QL_T_LPAREN;
}

static bool at_property(struct ql_parser *p)
{
	static const char *const word[] = {"f", "alag", "rate", "dur"};
	for (int i = 0; i < 4; i++)
		if (ql_at_word(p, word[i]) && ql_peek_at(p, 1)->kind == QL_T_LPAREN)
			return true;
	return false;
}

/* Does an operator of assignment follow a name with optional module and brackets? */
static bool at_contribution(struct ql_parser *p)
{
	int i = 1;
	if (ql_peek(p)->kind != QL_T_NAME)
		return false;
	if (ql_peek_at(p, i)->kind == QL_T_DOT)
		i += 2;
	if (ql_peek_at(p, i)->kind == QL_T_LBRACKET)
		while (i < 64 && ql_peek_at(p, i)->kind != QL_T_END && ql_peek_at(p, i++)->kind != QL_T_RBRACKET)
			;
	return ql_peek_at(p, i)->kind == QL_T_ADD_TO || ql_peek_at(p, i)->kind == QL_T_MUL_TO;
}

static void unknown_statement(struct ql_parser *p)
{
	const struct ql_token *t = ql_peek(p), *next = ql_peek_at(p, 1);
	const char *word[N_STATEMENTS];
	for (int i = 0; i < N_STATEMENTS; i++)
		word[i] = statements[i].word;
	int shown = t->len > 40 ? 40 : t->len;
	struct ql_diag *d = ql_parse_report(p, QL_E0109, ql_tok_span(p, t), "`%.*s` does not begin a statement", shown,
					    p->lex.text + t->off);
	if (t->kind != QL_T_NAME) {
		ql_diag_help(d, "a line that continues the one above must be indented deeper than the statement's first line");
		return;
	}
	const char *name = ql_tok_name(p, t), *near = ql_suggest(name, word, N_STATEMENTS);
	if (next->kind == QL_T_ASSIGN || next->kind == QL_T_LBRACKET || next->kind == QL_T_COLON)
		ql_diag_help(d, "write `let %s = ...` for an intermediate, `param %s : unit = ...` for a parameter", name, name);
	else if (strcmp(name, "module") == 0 || strcmp(name, "model") == 0)
		ql_diag_help(d, "`%s` can only stand at the start of the file", name);
	else if (near)
		ql_diag_help(d, "did you mean `%s`?", near);
	else
		ql_diag_help(d, "statements start with index, param, covariate, input, draw, state, quad, let, handle, output, dose, "
				"when, agent, for, if, d/dt( ) or owner.handle +=");
}

static struct ql_stmt *parse_kind(struct ql_parser *p)
{
	struct ql_stmt *s = new_stmt(p, QL_S_LET);
	if (at_rate(p)) {
		s->kind = QL_S_DDT;
		parse_rate(p, s);
		return s;
	}
	if (at_contribution(p)) {
		s->kind = QL_S_ADD;
		parse_contribution(p, s);
		return s;
	}
	for (int i = 0; i < N_STATEMENTS; i++)
		if (ql_at_word(p, statements[i].word) &&
		    (ql_peek_at(p, 1)->kind == QL_T_NAME || statements[i].kind == QL_S_AGENT || statements[i].kind == QL_S_IF)) {
			s->kind = (short)statements[i].kind;
			s->is_quad = strcmp(statements[i].word, "quad") == 0;
			p->at++;
			statements[i].parse(p, s);
			return s;
		}
	if (at_property(p)) {
		s->kind = QL_S_PROPERTY;
		parse_property(p, s);
		return s;
	}
	unknown_statement(p);
	return NULL;
}

static bool is_block(const struct ql_stmt *s) { return s->kind == QL_S_FOR || s->kind == QL_S_IF || s->kind == QL_S_AGENT; }

/* One statement from the cursor on; NULL after a mistake, with the cursor behind it. */
static struct ql_stmt *parse_statement(struct ql_parser *p)
{
	p->first = p->at;
	p->indent = p->lex.tok[p->at].indent;
	p->panic = false;
	p->depth = 0;
	int base = p->n_stack;
	struct ql_stmt *s = parse_kind(p);
	if (s && !p->panic && !is_block(s) && !ql_at(p, QL_T_END) && !ql_at(p, QL_T_SEMI)) {
		struct ql_span span = ql_tok_span(p, ql_peek(p));
		ql_parse_fault(p, "the end of the statement");
		if (ql_peek(p)->first && p->ds->n && p->ds->item[p->ds->n - 1]->span.line == span.line)
			ql_diag_help(p->ds->item[p->ds->n - 1],
				     "this line is indented deeper than the statement above, so it continues that statement");
		else if ((ql_at(p, QL_T_NUMBER) || ql_at(p, QL_T_LPAREN)) && p->ds->n)
			ql_diag_help(p->ds->item[p->ds->n - 1], "is an operator missing before it, as in `2*3`?");
	}
	bool bad = p->panic;
	if (bad)
		skip_statement(p);
	while (!end_of_text(p) && p->lex.tok[p->at].kind == QL_T_SEMI)
		p->at++;
	p->panic = false;
	p->n_stack = base;
	if (s && bad && !is_block(s)) {
		s->bad = true; /* kept, so that uses of its name are not reported too */
		return s->name && s->kind != QL_S_ADD ? s : NULL;
	}
	return s;
}

/* module NAME "text" uses A, B | model NAME "text" */
static void parse_header(struct ql_parser *p, struct ql_text *out)
{
	bool module = ql_at_word(p, "module");
	if ((!module && !ql_at_word(p, "model")) || ql_peek_at(p, 1)->kind != QL_T_NAME)
		return;
	out->role = module ? QL_TEXT_MODULE : QL_TEXT_MODEL;
	p->first = p->at++;
	p->indent = p->lex.tok[p->first].indent;
	struct ql_stmt s = {0};
	out->name = ql_expect_name(p, "the name of the module", &out->span);
	if (out->name)
		parse_notes(p, &s);
	if (!out->name)
		out->name = ""; /* reported; readers rely on a name */
	out->doc = s.doc;
	int base = p->n_stack, n = 0;
	struct ql_span span[256];
	if (module && !p->panic && ql_accept_word(p, "uses"))
		do {
			const char *name = ql_expect_name(p, "the name of a module", &span[n]);
			if (!name || n == 255)
				break;
			n++;
			ql_push_child(p, (void *)(uintptr_t)name);
		} while (ql_accept(p, QL_T_COMMA));
	out->uses = ql_take_children(p, base, &out->n_uses);
	out->uses_span = QL_NEW_N(p->arena, struct ql_span, (size_t)n);
	memcpy(out->uses_span, span, (size_t)n * sizeof *span);
	if (!p->panic)
		parse_notes(p, &s);
	if (!p->panic && !ql_at(p, QL_T_END))
		ql_parse_fault(p, "the end of the statement");
	if (p->panic)
		skip_statement(p);
}

void ql_parse_text(struct ql_parser *p, struct ql_arena *a, const char *file, const char *text, size_t len,
		   struct ql_diags *ds, struct ql_text *out)
{
	ql_parser_init(p, a, ds);
	*out = (struct ql_text){.file = file};
	if (!ql_lex_text(&p->lex, file, text, len, false, ds))
		return;
	parse_header(p, out);
	p->panic = false;
	out->stmt = parse_lines(p, -1, &out->n_stmt);
}
