/* SPDX-License-Identifier: Apache-2.0 */
/* The cursor over the words of a text, and how the parsers complain. */
#include "lang/parse.h"
#include "base/io.h"
#include <math.h>
#include <string.h>

void ql_parser_init(struct ql_parser *p, struct ql_arena *a, struct ql_diags *ds)
{
	*p = (struct ql_parser){.arena = a, .ds = ds};
}

void ql_parser_free(struct ql_parser *p)
{
	ql_lex_free(&p->lex);
	ql_free(p->stack);
	p->stack = NULL;
}

/* In rxode2 a line that ends in an operator goes on. */
static bool goes_on(const struct ql_token *before)
{
	switch (before->kind) {
	case QL_T_PLUS: case QL_T_MINUS: case QL_T_STAR: case QL_T_SLASH: case QL_T_CARET: case QL_T_MODULO: case QL_T_ASSIGN:
	case QL_T_ARROW: case QL_T_TILDE: case QL_T_LT: case QL_T_LE: case QL_T_GT: case QL_T_GE: case QL_T_EQ: case QL_T_NE:
	case QL_T_AND: case QL_T_OR: case QL_T_NOT: case QL_T_COMMA: return true;
	default: return false;
	}
}

const struct ql_token *ql_peek_at(struct ql_parser *p, int ahead)
{
	const struct ql_token *end = &p->lex.tok[p->lex.n - 1];
	for (int i = p->at; i <= p->at + ahead; i++) {
		if (i >= p->lex.n - 1)
			return end;
		const struct ql_token *t = &p->lex.tok[i];
		bool next_statement = i > p->first && t->first && (p->rxode ? !goes_on(t - 1) : t->indent <= p->indent);
		if (next_statement)
			return end;
	}
	return &p->lex.tok[p->at + ahead];
}

const struct ql_token *ql_peek(struct ql_parser *p) { return ql_peek_at(p, 0); }

bool ql_at(struct ql_parser *p, enum ql_tok kind) { return ql_peek(p)->kind == (short)kind; }

bool ql_tok_is(const struct ql_parser *p, const struct ql_token *t, const char *word)
{
	size_t n = strlen(word);
	return t->kind == QL_T_NAME && (size_t)t->len == n && memcmp(p->lex.text + t->off, word, n) == 0;
}

bool ql_at_word(struct ql_parser *p, const char *word) { return ql_tok_is(p, ql_peek(p), word); }

bool ql_accept(struct ql_parser *p, enum ql_tok kind)
{
	if (!ql_at(p, kind) || kind == QL_T_END)
		return false;
	p->at++;
	return true;
}

bool ql_accept_word(struct ql_parser *p, const char *word)
{
	if (!ql_at_word(p, word))
		return false;
	p->at++;
	return true;
}

struct ql_span ql_tok_span(const struct ql_parser *p, const struct ql_token *t)
{
	if (p->shift.line > 0)
		return p->shift;
	return (struct ql_span){p->lex.file, t->line, t->col, t->len};
}

struct ql_span ql_span_to_here(const struct ql_parser *p, struct ql_span start)
{
	if (p->shift.line > 0 || p->at == 0)
		return start;
	const struct ql_token *last = &p->lex.tok[p->at - 1];
	if (last->line == start.line && last->col + last->len > start.col)
		start.len = last->col + last->len - start.col;
	return start;
}

struct ql_diag *ql_parse_report(struct ql_parser *p, enum ql_code code, struct ql_span span, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	char *text = ql_arena_vprintf(&p->ds->arena, fmt, ap);
	va_end(ap);
	p->panic = true;
	p->n_errors++;
	return ql_diag_add(p->ds, code, span, "%s", text);
}

/* Where the cursor stands, in words; at the end of a statement the place is behind its last word. */
static const char *found_here(struct ql_parser *p, struct ql_span *span)
{
	const struct ql_token *t = ql_peek(p);
	if (t->kind != QL_T_END) {
		*span = ql_tok_span(p, t);
		int shown = t->len > 40 ? 40 : t->len;
		return ql_arena_printf(&p->ds->arena, "`%.*s%s`", shown, p->lex.text + t->off, t->len > 40 ? "..." : "");
	}
	*span = ql_tok_span(p, t);
	if (p->at > 0 && p->shift.line == 0) {
		const struct ql_token *last = &p->lex.tok[p->at - 1];
		*span = (struct ql_span){p->lex.file, last->line, last->col + last->len, 1};
	}
	return "the end of the statement";
}

/* A bracket of this statement that the lexer found open says what is wrong better than its consequences. */
static bool bracket_reported(const struct ql_parser *p)
{
	if (p->at == 0 || p->shift.line > 0)
		return false;
	int from = p->lex.tok[p->first].line, to = p->lex.tok[p->at - 1].line;
	for (int i = 0; i < p->ds->n; i++) {
		const struct ql_diag *d = p->ds->item[i];
		if (d->code == QL_E0105 && d->span.line >= from && d->span.line <= to && strcmp(d->span.file, p->lex.file) == 0)
			return true;
	}
	return false;
}

void ql_parse_fault(struct ql_parser *p, const char *what)
{
	if (p->panic)
		return;
	if (ql_at(p, QL_T_END) && bracket_reported(p)) {
		p->panic = true;
		return;
	}
	struct ql_span span;
	const char *found = found_here(p, &span);
	struct ql_diag *d = ql_parse_report(p, QL_E0101, span, "expected %s, found %s", what, found);
	ql_diag_label(d, "%s expected here", what);
}

bool ql_expect(struct ql_parser *p, enum ql_tok kind, const char *what)
{
	if (ql_accept(p, kind))
		return true;
	ql_parse_fault(p, what ? what : ql_arena_printf(p->arena, "`%s`", ql_tok_text(kind)));
	return false;
}

bool ql_expect_word(struct ql_parser *p, const char *word)
{
	if (ql_accept_word(p, word))
		return true;
	ql_parse_fault(p, ql_arena_printf(p->arena, "`%s`", word));
	return false;
}

bool ql_is_reserved(const char *word)
{
	static const char *const list[] = {"if", "then", "else", "and", "or", "not", "in", "to", "sum", "prod"};
	for (size_t i = 0; i < sizeof list / sizeof *list; i++)
		if (strcmp(list[i], word) == 0)
			return true;
	return false;
}

const char *ql_tok_name(struct ql_parser *p, const struct ql_token *t)
{
	return ql_arena_strndup(p->arena, p->lex.text + t->off, (size_t)t->len);
}

const char *ql_tok_string(struct ql_parser *p, const struct ql_token *t)
{
	int end = t->len > 1 && p->lex.text[t->off + t->len - 1] == p->lex.text[t->off] ? t->len - 2 : t->len - 1;
	return ql_arena_strndup(p->arena, p->lex.text + t->off + 1, (size_t)end);
}

const char *ql_expect_name(struct ql_parser *p, const char *what, struct ql_span *span)
{
	const struct ql_token *t = ql_peek(p);
	if (t->kind != QL_T_NAME) {
		ql_parse_fault(p, what);
		return NULL;
	}
	const char *name = ql_tok_name(p, t);
	if (span)
		*span = ql_tok_span(p, t);
	if (!p->rxode && ql_is_reserved(name)) {
		if (!p->panic) {
			struct ql_diag *d = ql_parse_report(p, QL_E0101, ql_tok_span(p, t),
							    "`%s` is a word of the language and cannot be a name", name);
			ql_diag_help(d, "choose another name");
		}
		return NULL;
	}
	p->at++;
	return name;
}

void ql_push_child(struct ql_parser *p, void *child)
{
	QL_GROW(p->stack, p->n_stack, p->cap_stack);
	p->stack[p->n_stack++] = child;
}

void *ql_take_children(struct ql_parser *p, int base, int *n)
{
	*n = p->n_stack - base;
	void **list = QL_NEW_N(p->arena, void *, (size_t)*n);
	if (*n)
		memcpy(list, p->stack + base, (size_t)*n * sizeof *list);
	p->n_stack = base;
	return list;
}

bool ql_parse_number(struct ql_parser *p, const struct ql_token *t, double *out)
{
	if (ql_parse_double(p->lex.text + t->off, (size_t)t->len, out) && isfinite(*out))
		return true;
	if (!p->panic)
		ql_diag_help(ql_parse_report(p, QL_E0108, ql_tok_span(p, t), "`%.*s` is not a finite number",
					     t->len > 40 ? 40 : t->len, p->lex.text + t->off),
			     "numbers reach from -1.8e308 to 1.8e308");
	return false;
}
