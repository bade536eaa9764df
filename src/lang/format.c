/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/format.h"
#include "lang/lex.h"
#include "lang/rx.h"
#include <string.h>

enum { MAX_LEVELS = 200 };

struct formatter {
	const char *text;
	int len;
	bool rxode;
	struct ql_lex lx;
	struct ql_buf *out;
	int level[MAX_LEVELS], n_level; /* indents of the lines that enclose this one */
	int brackets;                   /* open, of any kind */
	int braces;                     /* open blocks of rxode2 */
	int indent;                     /* of the line being written */
	bool fresh;                     /* nothing on this line yet */
};

static const struct ql_token *tok(const struct formatter *f, int i) { return &f->lx.tok[i]; }

static bool is(const struct formatter *f, int i, enum ql_tok kind) { return i >= 0 && i < f->lx.n && tok(f, i)->kind == (short)kind; }

static bool is_word(const struct formatter *f, int i, const char *word)
{
	size_t n = strlen(word);
	return is(f, i, QL_T_NAME) && (size_t)tok(f, i)->len == n && memcmp(f->text + tok(f, i)->off, word, n) == 0;
}

/* Does the author have a blank between these words? */
static bool was_spaced(const struct formatter *f, int i) { return tok(f, i - 1)->off + tok(f, i - 1)->len < tok(f, i)->off; }

static bool is_keyword(const struct formatter *f, int i)
{
	static const char *const word[] = {"and", "or", "not", "if", "then", "else", "in", "to", "while"};
	for (size_t k = 0; k < sizeof word / sizeof *word; k++)
		if (is_word(f, i, word[k]))
			return true;
	return false;
}

static bool begins_operand(const struct formatter *f, int i)
{
	if (i < 0 || is_keyword(f, i))
		return true;
	switch ((enum ql_tok)tok(f, i)->kind) {
	case QL_T_NAME:
	case QL_T_NUMBER:
	case QL_T_STRING:
	case QL_T_RPAREN:
	case QL_T_RBRACKET:
	case QL_T_RBRACE: return false;
	default: return true;
	}
}

static bool is_sign(const struct formatter *f, int i)
{
	return is(f, i, QL_T_PLUS) || is(f, i, QL_T_MINUS) || is(f, i, QL_T_NOT);
}

/* A sign that belongs to what follows it: -x, !x. */
static bool is_prefix(const struct formatter *f, int i)
{
	return is(f, i, QL_T_NOT) || (is_sign(f, i) && begins_operand(f, i - 1));
}

static bool is_spaced_operator(const struct formatter *f, int i)
{
	switch ((enum ql_tok)tok(f, i)->kind) {
	case QL_T_TILDE:
	case QL_T_ASSIGN:
	case QL_T_ARROW:
	case QL_T_ADD_TO:
	case QL_T_MUL_TO:
	case QL_T_PLUS:
	case QL_T_MINUS:
	case QL_T_LT:
	case QL_T_LE:
	case QL_T_GT:
	case QL_T_GE:
	case QL_T_EQ:
	case QL_T_NE:
	case QL_T_AND:
	case QL_T_OR: return true;
	default: return false;
	}
}

static bool is_tight_operator(const struct formatter *f, int i)
{
	switch ((enum ql_tok)tok(f, i)->kind) {
	case QL_T_STAR: /* alone it means "all" */
		return !begins_operand(f, i - 1);
	case QL_T_SLASH:
	case QL_T_CARET:
	case QL_T_MODULO:
	case QL_T_DOT:
	case QL_T_DOTDOT: return true;
	default: return false;
	}
}

static bool has_line_end(const struct formatter *f, int from, int to)
{
	return memchr(f->text + from, '\n', (size_t)(to - from)) != NULL;
}

static bool ends_line(const struct formatter *f, int i)
{
	return i + 1 >= f->lx.n - 1 || has_line_end(f, tok(f, i)->off, tok(f, i + 1)->off);
}

/* Would these two words be others without the blank between them ("1 .x", "* *")? */
static bool would_glue(const struct formatter *f, int i)
{
	char a = f->text[tok(f, i)->off ? tok(f, i - 1)->off + tok(f, i - 1)->len - 1 : 0], b = f->text[tok(f, i)->off];
	if (a == '.')
		return b == '.' || (b >= '0' && b <= '9' && !is(f, i - 1, QL_T_DOTDOT));
	if (b == '.')
		return is(f, i - 1, QL_T_NUMBER) && !is(f, i, QL_T_DOTDOT);
	return strchr("<>=!&|+-*%", a) && strchr("<>=-*&|%", b);
}

/* A blank between words i-1 and i of one line, by the rules of the layout? */
static bool wants_space(const struct formatter *f, int i)
{
	if (is(f, i, QL_T_COMMA) || is(f, i, QL_T_SEMI) || is(f, i, QL_T_RPAREN) || is(f, i, QL_T_RBRACKET))
		return false;
	if (is(f, i - 1, QL_T_LPAREN) || is(f, i - 1, QL_T_LBRACKET))
		return false;
	if (is(f, i, QL_T_RBRACE) || is(f, i - 1, QL_T_LBRACE))
		return f->rxode && was_spaced(f, i); /* a block, or a list of names */
	if (is_prefix(f, i - 1))
		return false;
	if (is(f, i - 1, QL_T_COMMA) || is(f, i - 1, QL_T_SEMI) || is(f, i - 1, QL_T_COLON))
		return true;
	if (is_tight_operator(f, i - 1) || (is_tight_operator(f, i) && !(is(f, i, QL_T_STAR) && is(f, i - 1, QL_T_ASSIGN))))
		return false;
	if (is_spaced_operator(f, i - 1) || is_spaced_operator(f, i))
		return true;
	if (is(f, i, QL_T_COLON))
		return !ends_line(f, i); /* `x : mg`, but `for t in s:` */
	if (is_keyword(f, i - 1) || is(f, i - 1, QL_T_STRING) || (is(f, i - 1, QL_T_RPAREN) && is(f, i, QL_T_LBRACE)))
		return true;
	if (is(f, i, QL_T_LPAREN) || is(f, i, QL_T_LBRACKET) || is(f, i, QL_T_LBRACE))
		return was_spaced(f, i); /* a call or a unit; an index or a grade */
	return true;
}

static bool space_before(const struct formatter *f, int i)
{
	return wants_space(f, i) || (was_spaced(f, i) && would_glue(f, i));
}

/* --- lines --- */

static void end_line(struct formatter *f)
{
	while (f->out->len && f->out->data[f->out->len - 1] == ' ')
		f->out->data[--f->out->len] = 0;
	ql_buf_puts(f->out, "\n");
	f->fresh = true;
}

static void put_indent(struct formatter *f, int n)
{
	for (int i = 0; i < n; i++)
		ql_buf_puts(f->out, " ");
	f->fresh = false;
}

/* Indentation of the line that word i begins. */
static int native_indent(struct formatter *f, int i)
{
	const struct ql_token *t = tok(f, i);
	if (!t->first) /* inside brackets */
		return 4 * f->n_level;
	while (f->n_level && f->level[f->n_level - 1] >= t->indent)
		f->n_level--;
	if (f->n_level < MAX_LEVELS)
		f->level[f->n_level++] = t->indent;
	return 4 * (f->n_level - 1);
}

static int rxode_indent(const struct formatter *f, int i)
{
	int depth = f->braces + (f->brackets > f->braces ? 1 : 0);
	if (is(f, i, QL_T_RBRACE) || is(f, i, QL_T_RPAREN))
		depth--;
	bool goes_on = i > 0 && (is_spaced_operator(f, i - 1) || is_tight_operator(f, i - 1));
	return 2 * ((depth > 0 ? depth : 0) + goes_on);
}

/* The comment that starts at text[at], without what follows it. Returns where its line ends. */
static int put_comment(struct formatter *f, int at)
{
	int end = at;
	while (end < f->len && f->text[end] != '\n')
		end++;
	int stop = end;
	while (stop > at && (f->text[stop - 1] == ' ' || f->text[stop - 1] == '\t' || f->text[stop - 1] == '\r'))
		stop--;
	ql_buf_add(f->out, f->text + at, (size_t)(stop - at));
	return end;
}

/* What stands between two words: comments and line ends. `indent`: of the line that comes next. At most one blank line. */
static void put_gap(struct formatter *f, int from, int to, int indent, bool at_end)
{
	int blank = 0;
	for (int i = from; i < to; i++) {
		char c = f->text[i];
		if (c == '\n') {
			if (!f->fresh)
				end_line(f);
			else
				blank++;
		} else if (c == '#') {
			if (f->fresh) {
				if (blank && f->out->len)
					ql_buf_puts(f->out, "\n");
				put_indent(f, indent);
			} else {
				ql_buf_puts(f->out, "  ");
			}
			i = put_comment(f, i) - 1;
			f->fresh = false;
			blank = 0;
		}
	}
	if (f->fresh && blank && f->out->len && !at_end)
		ql_buf_puts(f->out, "\n");
}

static void count_brackets(struct formatter *f, int i)
{
	int open = is(f, i, QL_T_LPAREN) || is(f, i, QL_T_LBRACKET) || is(f, i, QL_T_LBRACE);
	int close = is(f, i, QL_T_RPAREN) || is(f, i, QL_T_RBRACKET) || is(f, i, QL_T_RBRACE);
	f->brackets += open - close;
	f->braces += is(f, i, QL_T_LBRACE) - is(f, i, QL_T_RBRACE);
	f->brackets = f->brackets > 0 ? f->brackets : 0;
	f->braces = f->braces > 0 ? f->braces : 0;
}

static void put_all(struct formatter *f)
{
	int from = 0, n = f->lx.n - 1;
	f->fresh = true;
	for (int i = 0; i < n; i++) {
		const struct ql_token *t = tok(f, i);
		bool new_line = i == 0 || has_line_end(f, from, t->off);
		if (new_line) {
			int indent = f->rxode ? rxode_indent(f, i) : native_indent(f, i);
			put_gap(f, from, t->off, indent, false);
			put_indent(f, indent);
		} else if (space_before(f, i)) {
			ql_buf_puts(f->out, " ");
		}
		ql_buf_add(f->out, f->text + t->off, (size_t)t->len);
		f->fresh = false;
		count_brackets(f, i);
		from = t->off + t->len;
	}
	put_gap(f, from, f->len, 0, true);
	if (!f->fresh)
		end_line(f);
}

/* --- the result says the same --- */

/* Which earlier line of the statement's kind a line is deeper than decides what belongs together: the order of indents. */
static bool same_nesting(const struct ql_lex *a, const struct ql_lex *b)
{
	int before_a = 0, before_b = 0;
	for (int i = 0; i < a->n - 1; i++) {
		if (!a->tok[i].first)
			continue;
		int x = a->tok[i].indent, y = b->tok[i].indent;
		if (i && ((x > before_a) != (y > before_b) || (x == 0) > (y == 0)))
			return false;
		before_a = x;
		before_b = y;
	}
	return true;
}

static bool same_words(const struct formatter *f, const struct ql_lex *b, const char *text)
{
	if (f->lx.n != b->n)
		return false;
	for (int i = 0; i < b->n; i++) {
		const struct ql_token *x = &f->lx.tok[i], *y = &b->tok[i];
		if (x->kind != y->kind || x->first != y->first || x->len != y->len || memcmp(f->text + x->off, text + y->off, (size_t)x->len))
			return false;
	}
	return f->rxode || same_nesting(&f->lx, b);
}

static int count_comments(const struct formatter *f, const char *text, size_t len, const struct ql_lex *lx)
{
	(void)f;
	int n = 0, from = 0;
	for (int i = 0; i < lx->n; i++) {
		int to = i == lx->n - 1 ? (int)len : lx->tok[i].off;
		for (int k = from; k < to; k++)
			if (text[k] == '#') {
				n++;
				while (k < to && text[k] != '\n')
					k++;
			}
		from = lx->tok[i].off + lx->tok[i].len;
	}
	return n;
}

static enum quell_status verify(const struct formatter *f, const char *file, struct ql_diags *ds)
{
	struct ql_lex again;
	const char *text = f->out->data ? f->out->data : "";
	bool read = ql_lex_text(&again, file, text, f->out->len, f->rxode, ds);
	bool same = read && same_words(f, &again, text) &&
		    count_comments(f, f->text, (size_t)f->len, &f->lx) == count_comments(f, text, f->out->len, &again);
	ql_lex_free(&again);
	return same ? QUELL_OK : QUELL_ERR_INTERNAL;
}

struct call {
	struct formatter *f;
	const char *file;
	struct ql_diags *ds;
};

static enum quell_status format(void *arg)
{
	struct call *c = arg;
	struct formatter *f = c->f;
	int errors = c->ds->n_errors;
	f->rxode = ql_rx_detect(f->text, (size_t)f->len);
	if (!ql_lex_text(&f->lx, c->file, f->text, (size_t)f->len, f->rxode, c->ds) || c->ds->n_errors > errors)
		return QUELL_ERR_INPUT;
	put_all(f);
	return verify(f, c->file, c->ds);
}

enum quell_status ql_format_text(const char *file, const char *text, size_t len, struct ql_diags *ds, struct ql_buf *out)
{
	if (len > QL_TEXT_LIMIT)
		len = QL_TEXT_LIMIT + 1; /* the lexer says what is wrong */
	struct formatter f = {.text = text, .len = (int)len, .out = out};
	struct call c = {&f, file, ds};
	enum quell_status s = ql_protect(format, &c);
	ql_lex_free(&f.lx);
	if (s == QUELL_ERR_MEMORY)
		ql_out_of_memory();
	return s;
}
