/* SPDX-License-Identifier: Apache-2.0 */
/* Statements of the rxode2 dialect. */
#include "lang/rx.h"
#include <string.h>

/* ---- which dialect is it ---- */

static bool is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

static bool is_native_word(const char *s, size_t n)
{
	static const char *const word[] = {"module", "model",  "param",  "state", "quad", "let",  "index", "covariate", "input", "draw",
					   "output", "handle", "dose",   "when",  "agent", "for",  "use",	 "kernel",	 "unit"};
	for (size_t i = 0; i < sizeof word / sizeof *word; i++)
		if (strlen(word[i]) == n && strncmp(word[i], s, n) == 0)
			return true;
	return false;
}

/* +1: a line of quell's own language, -1: of rxode2, 0: either or neither. */
static int judge_line(const char *s, const char *end)
{
	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	const char *word = s;
	while (s < end && is_word_char(*s))
		s++;
	size_t n = (size_t)(s - word);
	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	char next = s < end ? *s : 0, after = s + 1 < end ? s[1] : 0;
	if (n && is_native_word(word, n) && ((is_word_char(next) && next != '.') || (n == 5 && next == ':')))
		return 1;
	if (n == 0)
		return next == '}' || next == '{' ? -1 : 0;
	if ((next == '=' && after != '=') || (next == '<' && after == '-') || next == '(' || next == '~' || next == '{' ||
	    (n == 1 && *word == 'd' && next == '/'))
		return -1;
	return 0;
}

bool ql_rx_detect(const char *text, size_t len)
{
	const char *end = text + len;
	bool rxode = false;
	for (const char *line = text; line < end;) {
		const char *nl = memchr(line, '\n', (size_t)(end - line)), *stop = nl ? nl : end;
		int verdict = judge_line(line, stop);
		if (verdict > 0)
			return false;
		rxode = rxode || verdict < 0;
		line = stop + 1;
	}
	return rxode;
}

/* ---- parser ---- */

static struct ql_rx_stmt *new_stmt(struct ql_parser *p, enum ql_rx_kind kind)
{
	struct ql_rx_stmt *s = QL_NEW(p->arena, struct ql_rx_stmt);
	s->kind = (short)kind;
	s->span = ql_tok_span(p, ql_peek(p));
	return s;
}

static bool end_of_text(const struct ql_parser *p) { return p->at >= p->lex.n - 1; }
static const struct ql_token *raw(const struct ql_parser *p) { return &p->lex.tok[p->at]; }

static void begin_statement(struct ql_parser *p)
{
	p->first = p->at;
	p->panic = false;
	p->depth = 0;
}

static void unsupported(struct ql_parser *p, struct ql_span span, const char *what, const char *help)
{
	struct ql_diag *d = ql_parse_report(p, QL_E0111, span, "%s is not supported", what);
	ql_diag_help(d, "%s", help ? help : "docs/language.md lists what is read of rxode2");
}

/* To the end of the statement; braces that open in it are closed in it. */
static void skip_statement(struct ql_parser *p)
{
	int depth = 0;
	while (!end_of_text(p)) {
		int kind = raw(p)->kind;
		if (depth == 0 && (kind == QL_T_RBRACE || kind == QL_T_SEMI || (p->at > p->first && ql_at(p, QL_T_END))))
			return;
		depth += (kind == QL_T_LBRACE) - (kind == QL_T_RBRACE);
		p->at++;
		if (depth > 0)
			p->first = p->at;
	}
}

static bool expect_value(struct ql_parser *p, struct ql_rx_stmt *s)
{
	if (!ql_accept(p, QL_T_ASSIGN) && !ql_accept(p, QL_T_ARROW)) {
		ql_parse_fault(p, "`=` or `<-`");
		return false;
	}
	s->value = ql_parse_expr(p);
	return !p->panic;
}

static void endpoint_warning(struct ql_parser *p, struct ql_span span)
{
	struct ql_diag *d = ql_diag_add(p->ds, QL_E0112, span, "residual error is read and not simulated");
	ql_diag_help(d, "outputs are the model's predictions");
}

/* name = value | name <- value | name ~ value | name ~ error model */
static struct ql_rx_stmt *parse_assignment(struct ql_parser *p)
{
	static const char *const residual[] = {"add", "prop", "pow", "lnorm", "logn", "dnorm", "norm", "dlnorm", "logitNorm", "probitNorm",
					       "pois", "dpois", "binom", "dbinom", "t", "dt", "cauchy", "dcauchy", "propT", "propF",
					       "combined1", "combined2", "ordinal", "ll"};
	static const char *const fixed[] = {"cmt", "dvid", "addl", "ss", "amt", "dur", "rate", "id", "print", "printf",
					    "evid", "ii", "t", "time", "tlast", "newind"};
	struct ql_rx_stmt *s = new_stmt(p, QL_RX_ASSIGN);
	s->name = ql_expect_name(p, "a name", NULL);
	if (!s->name)
		return NULL;
	for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
		if (strcmp(s->name, fixed[i]) == 0) {
			struct ql_diag *d = ql_parse_report(p, QL_E0221, s->span, "`%s` cannot be assigned", s->name);
			ql_diag_help(d, "it belongs to the data; choose another name");
			return NULL;
		}
	if (ql_accept(p, QL_T_TILDE)) {
		for (size_t i = 0; i < sizeof residual / sizeof *residual; i++)
			if (ql_at_word(p, residual[i]) && ql_peek_at(p, 1)->kind == QL_T_LPAREN) {
				endpoint_warning(p, s->span);
				skip_statement(p);
				return NULL;
			}
		s->hidden = true;
		s->value = ql_parse_expr(p);
		return s;
	}
	if (ql_peek_at(p, 1)->kind == QL_T_STRING && (ql_at(p, QL_T_ASSIGN) || ql_at(p, QL_T_ARROW)))
		unsupported(p, ql_tok_span(p, ql_peek_at(p, 1)), "a text value", "use numbers, for example 0 and 1");
	return !p->panic && expect_value(p, s) ? s : NULL;
}

static struct ql_rx_stmt *parse_rate(struct ql_parser *p)
{
	struct ql_rx_stmt *s = new_stmt(p, QL_RX_RATE);
	p->at += 4; /* d / dt ( */
	s->span = ql_tok_span(p, ql_peek(p));
	s->name = ql_expect_name(p, "a state", NULL);
	return s->name && ql_expect(p, QL_T_RPAREN, NULL) && expect_value(p, s) ? s : NULL;
}

/* word(name, ...) that declares something: one statement per name */
static void parse_declaration(struct ql_parser *p, enum ql_rx_kind kind)
{
	p->at += 2;
	while (!p->panic && !ql_at(p, QL_T_RPAREN)) {
		struct ql_rx_stmt *s = new_stmt(p, kind);
		s->name = ql_expect_name(p, "a name", NULL);
		if (s->name)
			ql_push_child(p, s);
		if (!ql_accept(p, QL_T_COMMA))
			break;
	}
	if (!p->panic)
		ql_expect(p, QL_T_RPAREN, NULL);
}

/* f(x) = ..., mtime(x) = ..., x(0) = ..., declarations; false if it is none of these */
static bool parse_call_statement(struct ql_parser *p, struct ql_rx_stmt **out)
{
	static const struct {
		const char *word;
		short property;
	} property[] = {{"f", 0}, {"F", 0}, {"alag", 1}, {"lag", 1}, {"rate", 2}, {"dur", 3}};
	static const struct {
		const char *word;
		enum ql_rx_kind kind;
	} declaration[] = {{"cmt", QL_RX_CMT},	  {"locf", QL_RX_INPUT},     {"nocb", QL_RX_INPUT}, {"linear", QL_RX_INPUT},
			   {"midpoint", QL_RX_INPUT}, {"param", QL_RX_PARAM}, {"params", QL_RX_PARAM}};
	static const char *const refused[] = {"while", "for", "repeat", "print", "printf", "Rprintf", "bolus", "infuse", "infuseDur", "reset",
					      "replace", "multiply", "phantom", "evid_", "delay", "past", "df", "levels", "matExp", "indLin"};
	const struct ql_token *t = ql_peek(p);
	if (t->kind != QL_T_NAME || ql_peek_at(p, 1)->kind != QL_T_LPAREN)
		return false;
	*out = NULL;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		if (ql_tok_is(p, t, refused[i])) {
			unsupported(p, ql_tok_span(p, t), ql_arena_printf(p->arena, "`%s`", refused[i]), NULL);
			return true;
		}
	if (ql_tok_is(p, t, "dvid")) {
		ql_diag_add(p->ds, QL_E0112, ql_tok_span(p, t), "dvid() has no effect");
		skip_statement(p);
		return true;
	}
	for (size_t i = 0; i < sizeof declaration / sizeof *declaration; i++)
		if (ql_tok_is(p, t, declaration[i].word)) {
			parse_declaration(p, declaration[i].kind);
			return true;
		}
	struct ql_rx_stmt *s = new_stmt(p, QL_RX_PROPERTY);
	bool zero = ql_peek_at(p, 2)->kind == QL_T_NUMBER && ql_peek_at(p, 3)->kind == QL_T_RPAREN;
	if (zero) {
		s->kind = QL_RX_INIT;
		double x;
		s->name = ql_tok_name(p, t);
		const struct ql_token *number = ql_peek_at(p, 2);
		if (ql_parse_number(p, number, &x) && x != 0)
			unsupported(p, ql_tok_span(p, number), "a start value at another time than 0", "write `name(0) = ...`");
		p->at += 4;
		*out = !p->panic && expect_value(p, s) ? s : NULL;
		return true;
	}
	s->kind = ql_tok_is(p, t, "mtime") ? QL_RX_MTIME : QL_RX_PROPERTY;
	s->property = -1;
	for (size_t i = 0; i < sizeof property / sizeof *property; i++)
		if (ql_tok_is(p, t, property[i].word))
			s->property = property[i].property;
	if (s->kind == QL_RX_PROPERTY && s->property < 0) {
		struct ql_diag *d = ql_parse_report(p, QL_E0111, s->span, "`%.*s(...)` does not begin a statement", t->len > 40 ? 40 : t->len,
						    p->lex.text + t->off);
		ql_diag_help(d, "statements are name = ..., d/dt(x) = ..., x(0) = ..., f(x), alag(x), rate(x), dur(x), mtime(x), if (...) { }");
		return true;
	}
	p->at += 2;
	s->span = ql_tok_span(p, ql_peek(p));
	s->name = ql_expect_name(p, "a state", NULL);
	*out = s->name && ql_expect(p, QL_T_RPAREN, NULL) && expect_value(p, s) ? s : NULL;
	return true;
}

static void parse_statement(struct ql_parser *p);

/* { statements } or one statement */
static struct ql_rx_stmt **parse_body(struct ql_parser *p, int *n)
{
	int base = p->n_stack;
	if (++p->blocks > QL_MAX_BLOCKS) {
		if (p->n_errors < QL_MAX_PARSE_ERRORS)
			ql_parse_report(p, QL_E0106, ql_tok_span(p, raw(p)), "blocks are nested more than %d deep", QL_MAX_BLOCKS);
		p->at = p->lex.n - 1;
	} else if (raw(p)->kind == QL_T_LBRACE) {
		struct ql_span open = ql_tok_span(p, raw(p));
		p->at++;
		while (!end_of_text(p) && raw(p)->kind != QL_T_RBRACE && p->n_errors < QL_MAX_PARSE_ERRORS)
			parse_statement(p);
		if (end_of_text(p) && p->n_errors < QL_MAX_PARSE_ERRORS)
			ql_parse_report(p, QL_E0105, open, "`{` is not closed");
		else if (raw(p)->kind == QL_T_RBRACE)
			p->at++;
	} else {
		parse_statement(p);
	}
	p->blocks--;
	return ql_take_children(p, base, n);
}

static struct ql_rx_stmt *parse_if(struct ql_parser *p)
{
	struct ql_rx_stmt *s = new_stmt(p, QL_RX_IF);
	p->at++;
	if (!ql_expect(p, QL_T_LPAREN, NULL))
		return NULL;
	s->value = ql_parse_expr(p);
	if (p->panic || !ql_expect(p, QL_T_RPAREN, NULL))
		return NULL;
	s->body = parse_body(p, &s->n_body);
	while (!end_of_text(p) && raw(p)->kind == QL_T_SEMI)
		p->at++;
	if (ql_tok_is(p, raw(p), "else")) {
		p->at++;
		p->first = p->at;
		s->otherwise = parse_body(p, &s->n_otherwise);
	}
	return s;
}

static bool at_rate(struct ql_parser *p)
{
	return ql_at_word(p, "d") && ql_peek_at(p, 1)->kind == QL_T_SLASH && ql_tok_is(p, ql_peek_at(p, 2), "dt") &&
	       ql_peek_at(p, 3)->kind == QL_T_LPAREN;
}

static struct ql_rx_stmt *parse_kind(struct ql_parser *p)
{
	struct ql_rx_stmt *s = NULL;
	if (ql_at_word(p, "if") && ql_peek_at(p, 1)->kind == QL_T_LPAREN)
		return parse_if(p);
	if (ql_at_word(p, "break") || ql_at_word(p, "next")) {
		unsupported(p, ql_tok_span(p, ql_peek(p)), "`break`", NULL);
		return NULL;
	}
	if (at_rate(p))
		return parse_rate(p);
	if (parse_call_statement(p, &s))
		return s;
	return parse_assignment(p);
}

static void end_statement(struct ql_parser *p, bool block)
{
	bool closed = ql_at(p, QL_T_END) || ql_at(p, QL_T_SEMI) || ql_at(p, QL_T_RBRACE) || block || (p->blocks > 0 && ql_at_word(p, "else"));
	if (!p->panic && !closed)
		ql_parse_fault(p, "the end of the statement");
	if (p->panic)
		skip_statement(p);
	while (!end_of_text(p) && raw(p)->kind == QL_T_SEMI)
		p->at++;
	p->panic = false;
}

static void parse_statement(struct ql_parser *p)
{
	int before = p->at, base = p->n_stack;
	begin_statement(p);
	struct ql_rx_stmt *s = parse_kind(p);
	if (p->panic)
		p->n_stack = base; /* what a broken statement left behind */
	if (s && (!p->panic || s->kind == QL_RX_IF))
		ql_push_child(p, s);
	end_statement(p, s && s->kind == QL_RX_IF);
	if (p->at == before && !end_of_text(p))
		p->at++;
}

/* ---- ini({ }) ---- */

static struct ql_rx_stmt *parse_label(struct ql_parser *p)
{
	struct ql_rx_stmt *s = new_stmt(p, QL_RX_LABEL);
	p->at += 2;
	const struct ql_token *t = ql_peek(p);
	if (!ql_expect(p, QL_T_STRING, "a quoted text"))
		return NULL;
	s->text = ql_tok_string(p, t);
	return ql_expect(p, QL_T_RPAREN, NULL) ? s : NULL;
}

static struct ql_rx_stmt *parse_ini_entry(struct ql_parser *p)
{
	if (ql_at_word(p, "label") && ql_peek_at(p, 1)->kind == QL_T_LPAREN)
		return parse_label(p);
	struct ql_rx_stmt *s = new_stmt(p, QL_RX_THETA);
	int base = p->n_stack;
	do {
		int at = p->at;
		if (!ql_expect_name(p, "a parameter", NULL))
			return NULL;
		ql_push_child(p, &p->lex.tok[at]);
	} while (ql_accept(p, QL_T_PLUS));
	int n;
	const struct ql_token **word = ql_take_children(p, base, &n);
	s->n_names = n;
	s->names = QL_NEW_N(p->arena, const char *, (size_t)n);
	s->names_span = QL_NEW_N(p->arena, struct ql_span, (size_t)n);
	for (int i = 0; i < n; i++) {
		s->names[i] = ql_tok_name(p, word[i]);
		s->names_span[i] = ql_tok_span(p, word[i]);
	}
	s->name = s->names[0];
	if (ql_accept(p, QL_T_TILDE)) {
		s->kind = QL_RX_ETA;
		s->value = ql_parse_expr(p);
		if (s->value && s->value->kind == QL_X_OR)
			unsupported(p, s->value->op_span, "variability between occasions (`| occ`)", NULL);
		return s;
	}
	if (n > 1) {
		ql_parse_fault(p, "`~`");
		return NULL;
	}
	return expect_value(p, s) ? s : NULL;
}

static void parse_ini(struct ql_parser *p)
{
	while (!end_of_text(p) && raw(p)->kind != QL_T_RBRACE && p->n_errors < QL_MAX_PARSE_ERRORS) {
		int before = p->at, base = p->n_stack;
		begin_statement(p);
		struct ql_rx_stmt *s = parse_ini_entry(p);
		if (p->panic)
			p->n_stack = base;
		if (s && !p->panic)
			ql_push_child(p, s);
		/* label("...") may follow on the same line */
		bool label = ql_at_word(p, "label");
		end_statement(p, label);
		if (p->at == before && !end_of_text(p))
			p->at++;
	}
}

/* ---- the whole: bare statements, or a function with ini() and model() ---- */

static bool at_block(const struct ql_parser *p, const char *word)
{
	return ql_tok_is(p, raw(p), word) && p->at + 2 < p->lex.n && raw(p)[1].kind == QL_T_LPAREN && raw(p)[2].kind == QL_T_LBRACE;
}

/* [name <-] function() { or [name <-] rxode2({ and the like: the wrapper is skipped, its closing too */
static bool accept_wrapper(struct ql_parser *p, struct ql_rx_text *out)
{
	static const char *const word[] = {"function", "rxode2", "rxode", "RxODE"};
	int at = p->at;
	const struct ql_token *t = &p->lex.tok[at];
	const char *name = NULL;
	if (t->kind == QL_T_NAME && at + 2 < p->lex.n && (t[1].kind == QL_T_ARROW || t[1].kind == QL_T_ASSIGN)) {
		name = ql_tok_name(p, t);
		at += 2;
		t += 2;
	}
	for (size_t i = 0; i < sizeof word / sizeof *word; i++) {
		if (!ql_tok_is(p, t, word[i]) || at + 3 >= p->lex.n || t[1].kind != QL_T_LPAREN)
			continue;
		int skip = t[2].kind == QL_T_LBRACE ? 3 : t[2].kind == QL_T_RPAREN && t[3].kind == QL_T_LBRACE ? 4 : 0;
		if (!skip)
			continue;
		p->at = at + skip;
		out->name = name ? name : out->name;
		return true;
	}
	return false;
}

static void close_block(struct ql_parser *p, struct ql_span open, bool paren)
{
	if (raw(p)->kind == QL_T_RBRACE && !end_of_text(p))
		p->at++;
	else if (p->n_errors < QL_MAX_PARSE_ERRORS)
		ql_parse_report(p, QL_E0105, open, "`{` is not closed");
	if (paren && raw(p)->kind == QL_T_RPAREN)
		p->at++;
	p->panic = false;
}

/* `description <- "..."`, `units <- list(...)`: what nlmixr2 keeps beside a model */
static bool accept_metadata(struct ql_parser *p, struct ql_rx_text *out)
{
	const struct ql_token *t = raw(p);
	if (t->kind != QL_T_NAME || p->at + 2 >= p->lex.n || (t[1].kind != QL_T_ARROW && t[1].kind != QL_T_ASSIGN))
		return false;
	bool list = ql_tok_is(p, &t[2], "list") || ql_tok_is(p, &t[2], "c") || ql_tok_is(p, &t[2], "paste") || ql_tok_is(p, &t[2], "paste0");
	if (t[2].kind != QL_T_STRING && !(list && t[3].kind == QL_T_LPAREN))
		return false;
	if (ql_tok_is(p, t, "description") && t[2].kind == QL_T_STRING)
		out->doc = ql_tok_string(p, &t[2]);
	p->first = p->at;
	skip_statement(p);
	return true;
}

static void parse_top(struct ql_parser *p, struct ql_rx_text *out)
{
	struct ql_span open = {0};
	int wrappers = 0;
	bool blocks = false;
	while (!end_of_text(p) && p->n_errors < QL_MAX_PARSE_ERRORS) {
		if (raw(p)->kind == QL_T_SEMI) {
			p->at++;
		} else if (wrappers < 4 && accept_wrapper(p, out)) {
			wrappers++;
		} else if (at_block(p, "ini") || at_block(p, "model")) {
			bool ini = at_block(p, "ini");
			open = ql_tok_span(p, raw(p));
			blocks = true;
			p->at += 3;
			if (ini)
				parse_ini(p);
			while (!ini && !end_of_text(p) && raw(p)->kind != QL_T_RBRACE && p->n_errors < QL_MAX_PARSE_ERRORS)
				parse_statement(p);
			close_block(p, open, true);
		} else if (wrappers > 0 && raw(p)->kind == QL_T_RBRACE) {
			wrappers--;
			close_block(p, open, true);
		} else if (!((wrappers > 0 || blocks) && accept_metadata(p, out))) {
			parse_statement(p);
		}
	}
}

void ql_rx_parse(struct ql_parser *p, struct ql_arena *a, const char *file, const char *text, size_t len, struct ql_diags *ds,
		 struct ql_rx_text *out)
{
	ql_parser_init(p, a, ds);
	p->rxode = true;
	*out = (struct ql_rx_text){0};
	if (!ql_lex_text(&p->lex, file, text, len, true, ds))
		return;
	int base = p->n_stack;
	parse_top(p, out);
	out->stmt = ql_take_children(p, base, &out->n_stmt);
}
