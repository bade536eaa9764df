/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/lex.h"
#include <string.h>

enum { MAX_LEX_ERRORS = 50, MAX_OPEN = 256, MAX_NAME = 100 };

struct lexer {
	struct ql_lex *out;
	struct ql_diags *ds;
	const char *text;
	int len, at, line, line_start, indent;
	bool rxode, line_begins;
	int depth;
	struct ql_span open[MAX_OPEN]; /* brackets not closed yet */
	int open_indent[MAX_OPEN];
	char open_kind[MAX_OPEN];
	int n_errors;
};

const char *ql_tok_text(enum ql_tok kind)
{
	static const char *const text[] = {
#define X(name, text) text,
		QL_TOKEN_LIST(X)
#undef X
	};
	return text[kind];
}

static struct ql_span span_here(const struct lexer *lx, int len)
{
	return (struct ql_span){lx->out->file, lx->line, lx->at - lx->line_start + 1, len};
}

/* Length of the UTF-8 sequence at p, 0 if it is not one. */
static int utf8_length(const unsigned char *p, size_t left)
{
	if (p[0] < 0x80)
		return 1;
	int n = p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : p[0] >= 0xe0 && p[0] < 0xf0 ? 3 : p[0] >= 0xf0 && p[0] < 0xf5 ? 4 : 0;
	if (n == 0 || (size_t)n > left)
		return 0;
	for (int i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	bool overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
	bool outside = (p[0] == 0xed && p[1] >= 0xa0) || (p[0] == 0xf4 && p[1] >= 0x90);
	return overlong || outside ? 0 : n;
}

/* The text must be readable as a whole before any word of it is trusted. */
static bool check_bytes(struct lexer *lx)
{
	const unsigned char *p = (const unsigned char *)lx->text;
	for (int i = 0; i < lx->len;) {
		int n = utf8_length(p + i, (size_t)(lx->len - i));
		bool control = n == 1 && (p[i] < 32 || p[i] == 127) && !strchr("\t\n\r\f", p[i] ? p[i] : 1);
		if (n == 0 || control) {
			lx->at = i;
			struct ql_diag *d =
				n == 0 ? ql_diag_add(lx->ds, QL_E0102, span_here(lx, 1), "byte 0x%02x is not UTF-8", p[i])
				       : ql_diag_add(lx->ds, QL_E0103, span_here(lx, 1), "control character 0x%02x", p[i]);
			ql_diag_help(d, n == 0 ? "save the file as UTF-8" : "remove it; is this a text file?");
			return false;
		}
		if (p[i] == '\n') {
			lx->line++;
			lx->line_start = i + 1;
		}
		i += n;
	}
	lx->line = 1;
	lx->line_start = lx->at = 0;
	return true;
}

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static char char_at(const struct lexer *lx, int i) { return i < lx->len ? lx->text[i] : 0; }

/* Lines count outside of brackets, and inside the braces of rxode2, which are blocks. */
static bool lines_count(const struct lexer *lx)
{
	return lx->depth == 0 || (lx->rxode && lx->depth <= MAX_OPEN && lx->open_kind[lx->depth - 1] == QL_T_LBRACE);
}

static void push(struct lexer *lx, enum ql_tok kind, int len)
{
	struct ql_lex *o = lx->out;
	QL_GROW(o->tok, o->n, o->cap);
	o->tok[o->n++] = (struct ql_token){.off = lx->at,
					   .len = len,
					   .line = lx->line,
					   .col = lx->at - lx->line_start + 1,
					   .kind = (short)kind,
					   .first = lx->line_begins && lines_count(lx),
					   .indent = lx->indent};
	lx->line_begins = false;
	lx->at += len;
}

static int name_length(const struct lexer *lx)
{
	int n = 1;
	for (;; n++) {
		char c = char_at(lx, lx->at + n);
		if (!is_letter(c) && !is_digit(c) && !(lx->rxode && c == '.'))
			return n;
	}
}

/* digits [. digits] [e[+-]digits]; "1..3" is a range, so a dot before a dot ends the number. */
static int number_length(const struct lexer *lx)
{
	int i = lx->at;
	while (is_digit(char_at(lx, i)))
		i++;
	if (char_at(lx, i) == '.' && char_at(lx, i + 1) != '.')
		for (i++; is_digit(char_at(lx, i));)
			i++;
	if (char_at(lx, i) == 'e' || char_at(lx, i) == 'E') {
		int j = i + 1 + (char_at(lx, i + 1) == '+' || char_at(lx, i + 1) == '-');
		if (is_digit(char_at(lx, j)))
			for (i = j; is_digit(char_at(lx, i));)
				i++;
	}
	return i - lx->at;
}

static void lex_string(struct lexer *lx, char quote)
{
	int n = 1;
	while (lx->at + n < lx->len && lx->text[lx->at + n] != quote && lx->text[lx->at + n] != '\n')
		n++;
	if (char_at(lx, lx->at + n) != quote) {
		struct ql_diag *d = ql_diag_add(lx->ds, QL_E0104, span_here(lx, n), "text is not closed on its line");
		ql_diag_help(d, "end it with %c before the line ends", quote);
		lx->n_errors++;
		push(lx, QL_T_STRING, n);
		return;
	}
	push(lx, QL_T_STRING, n + 1);
}

static void open_bracket(struct lexer *lx, enum ql_tok kind)
{
	struct ql_span here = span_here(lx, 1);
	push(lx, kind, 1);
	if (lx->depth < MAX_OPEN) {
		lx->open[lx->depth] = here;
		lx->open_indent[lx->depth] = lx->indent;
		lx->open_kind[lx->depth] = (char)kind;
	}
	lx->depth++;
}

static void close_bracket(struct lexer *lx, enum ql_tok kind)
{
	/* What it closes is the parser's business; here it only matters where lines end. */
	if (lx->depth > 0)
		lx->depth--;
	push(lx, kind, 1);
}

static const struct {
	char text[3];
	unsigned char kind;
} operators[] = {
	{"<=", QL_T_LE},     {">=", QL_T_GE},      {"==", QL_T_EQ},     {"!=", QL_T_NE},	{"&&", QL_T_AND},
	{"||", QL_T_OR},     {"+=", QL_T_ADD_TO},  {"*=", QL_T_MUL_TO}, {"..", QL_T_DOTDOT}, {"<-", QL_T_ARROW},
	{"**", QL_T_CARET},  {"%%", QL_T_MODULO},  {",", QL_T_COMMA},   {":", QL_T_COLON},	{";", QL_T_SEMI},
	{".", QL_T_DOT},     {"~", QL_T_TILDE},	   {"=", QL_T_ASSIGN},  {"+", QL_T_PLUS},	{"-", QL_T_MINUS},
	{"*", QL_T_STAR},    {"/", QL_T_SLASH},	   {"^", QL_T_CARET},   {"<", QL_T_LT},		{">", QL_T_GT},
	{"!", QL_T_NOT},     {"&", QL_T_AND},	   {"|", QL_T_OR},
};

static void lex_operator(struct lexer *lx)
{
	for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
		int n = (int)strlen(operators[i].text);
		/* `<-` assigns in rxode2 files only: elsewhere `a <-b` compares */
		bool off = !lx->rxode && (operators[i].kind == QL_T_ARROW || operators[i].kind == QL_T_MODULO ||
					  (n == 1 && strchr("&|", operators[i].text[0])));
		if (!off && lx->at + n <= lx->len && strncmp(lx->text + lx->at, operators[i].text, (size_t)n) == 0) {
			push(lx, operators[i].kind, n);
			return;
		}
	}
	const unsigned char *p = (const unsigned char *)lx->text + lx->at;
	int n = utf8_length(p, (size_t)(lx->len - lx->at));
	struct ql_diag *d = ql_diag_add(lx->ds, QL_E0101, span_here(lx, 1), "unexpected character `%.*s`", n, (const char *)p);
	ql_diag_help(d, "outside of comments and quoted texts only ASCII letters, digits and operators are used");
	lx->n_errors++;
	lx->at += n;
}

/* rxode2: `d/dt(`, `name <-`, and `name =` where no argument can stand. */
static bool starts_rx_statement(const struct lexer *lx)
{
	if (lx->len - lx->at >= 5 && strncmp(lx->text + lx->at, "d/dt(", 5) == 0)
		return true;
	int i = lx->at + name_length(lx);
	while (char_at(lx, i) == ' ' || char_at(lx, i) == '\t')
		i++;
	int before = lx->out->n ? lx->out->tok[lx->out->n - 1].kind : QL_T_END;
	bool argument = before == QL_T_COMMA || before == QL_T_LPAREN;
	return (char_at(lx, i) == '<' && char_at(lx, i + 1) == '-') || (char_at(lx, i) == '=' && char_at(lx, i + 1) != '=' && !argument);
}

static bool starts_statement(const struct lexer *lx)
{
	static const char *const word[] = {"param",  "state", "quad", "let",   "index",	"covariate", "input", "draw", "output",
					   "handle", "dose",  "when", "agent", "module", "model",	"use",	 "kernel"};
	if (strncmp(lx->text + lx->at, "d/dt(", lx->len - lx->at < 5 ? (size_t)(lx->len - lx->at) : 5) == 0)
		return true;
	int n = name_length(lx);
	for (size_t i = 0; i < sizeof word / sizeof *word; i++)
		if ((int)strlen(word[i]) == n && strncmp(lx->text + lx->at, word[i], (size_t)n) == 0)
			return true;
	return false;
}

/* A bracket that is open where an obvious new statement begins was forgotten: say so and go on from there. */
static void check_forgotten_bracket(struct lexer *lx)
{
	if (lx->depth == 0 || lx->depth > MAX_OPEN || !is_letter(char_at(lx, lx->at)))
		return;
	int innermost = lx->depth - 1, base = 0;
	while (lx->rxode && base <= innermost && lx->open_kind[innermost - base] != QL_T_LBRACE)
		base++;
	base = lx->rxode ? lx->depth - base : 0; /* what stays open: the block around the statement */
	bool forgotten = lx->rxode ? base < lx->depth && starts_rx_statement(lx)
				   : lx->indent <= lx->open_indent[0] && starts_statement(lx);
	if (!forgotten)
		return;
	struct ql_diag *d = ql_diag_add(lx->ds, QL_E0105, lx->open[innermost], "`%s` is not closed",
					ql_tok_text((enum ql_tok)lx->open_kind[innermost]));
	ql_diag_note(d, span_here(lx, 1), "the next statement begins here");
	ql_diag_help(d, "close it before the statement ends");
	lx->n_errors++;
	lx->depth = base;
}

static void begin_line(struct lexer *lx)
{
	lx->line_begins = true;
	lx->indent = 0;
	for (; char_at(lx, lx->at) == ' ' || char_at(lx, lx->at) == '\t'; lx->at++)
		lx->indent = lx->text[lx->at] == '\t' ? (lx->indent | 7) + 1 : lx->indent + 1;
	check_forgotten_bracket(lx);
}

static void lex_name(struct lexer *lx)
{
	int n = name_length(lx);
	if (n > MAX_NAME) {
		struct ql_diag *d = ql_diag_add(lx->ds, QL_E0101, span_here(lx, n), "a name has at most %d letters", MAX_NAME);
		ql_diag_help(d, "this one has %d", n);
		lx->n_errors++;
	}
	push(lx, QL_T_NAME, n > MAX_NAME ? MAX_NAME : n);
	lx->at += n > MAX_NAME ? n - MAX_NAME : 0;
}

static void lex_word(struct lexer *lx)
{
	char c = lx->text[lx->at];
	if (is_letter(c)) {
		lex_name(lx);
	} else if (is_digit(c) || (c == '.' && is_digit(char_at(lx, lx->at + 1)))) {
		push(lx, QL_T_NUMBER, number_length(lx));
	} else if (c == '"' || (c == '\'' && lx->rxode)) {
		lex_string(lx, c);
	} else if (c == '(') {
		open_bracket(lx, QL_T_LPAREN);
	} else if (c == '[') {
		open_bracket(lx, QL_T_LBRACKET);
	} else if (c == '{') {
		open_bracket(lx, QL_T_LBRACE);
	} else if (c == ')' || c == ']' || c == '}') {
		close_bracket(lx, c == ')' ? QL_T_RPAREN : c == ']' ? QL_T_RBRACKET : QL_T_RBRACE);
	} else {
		lex_operator(lx);
	}
}

static void lex_all(struct lexer *lx)
{
	begin_line(lx);
	while (lx->at < lx->len && lx->n_errors < MAX_LEX_ERRORS && lx->out->n < QL_WORD_LIMIT) {
		char c = lx->text[lx->at];
		if (c == '\n') {
			lx->line++;
			lx->line_start = ++lx->at;
			begin_line(lx);
		} else if (c == ' ' || c == '\t' || c == '\r' || c == '\f') {
			lx->at++;
		} else if (c == '#') {
			const char *nl = memchr(lx->text + lx->at, '\n', (size_t)(lx->len - lx->at));
			lx->at = nl ? (int)(nl - lx->text) : lx->len;
		} else {
			lex_word(lx);
		}
	}
}

static bool too_large(const char *file, size_t len, struct ql_diags *ds)
{
	if (len <= QL_TEXT_LIMIT)
		return false;
	struct ql_span all = {file, 0, 0, 0};
	struct ql_diag *d = ql_diag_add(ds, QL_E0107, all, "the text has %zu bytes; the limit is %zu", len, QL_TEXT_LIMIT);
	ql_diag_help(d, "is this a model file?");
	return true;
}

bool ql_lex_text(struct ql_lex *out, const char *file, const char *text, size_t len, bool rxode, struct ql_diags *ds)
{
	*out = (struct ql_lex){.file = file, .text = text};
	if (too_large(file, len, ds))
		return false;
	struct lexer state = {.out = out, .ds = ds, .text = text, .len = (int)len, .line = 1, .rxode = rxode};
	struct lexer *lx = &state;
	bool ok = check_bytes(lx);
	if (ok) {
		lex_all(lx);
		if (out->n >= QL_WORD_LIMIT) {
			ql_diag_add(ds, QL_E0107, span_here(lx, 1), "the text has more than %d words", QL_WORD_LIMIT);
			ok = false;
		} else if (lx->depth > 0 && lx->depth <= MAX_OPEN && lx->n_errors < MAX_LEX_ERRORS) {
			struct ql_diag *d = ql_diag_add(ds, QL_E0105, lx->open[lx->depth - 1], "`%s` is not closed",
							ql_tok_text((enum ql_tok)lx->open_kind[lx->depth - 1]));
			ql_diag_help(d, "close it before the statement ends");
		}
		lx->depth = 0;
		lx->line_begins = true;
		lx->indent = 0;
		push(lx, QL_T_END, 0);
	}
	out->end_line = lx->line;
	return ok;
}

void ql_lex_free(struct ql_lex *lx)
{
	ql_free(lx->tok);
	lx->tok = NULL;
	lx->n = lx->cap = 0;
}
