/* SPDX-License-Identifier: Apache-2.0 */
/* Words of a model text. Line ends are not words: the first word of a line outside brackets is marked. */
#ifndef QL_LANG_LEX_H
#define QL_LANG_LEX_H

#include "base/diag.h"

/* X(name, text) */
#define QL_TOKEN_LIST(X)                                                                                         \
	X(END, "end of the statement") X(NAME, "a name") X(NUMBER, "a number") X(STRING, "a quoted text")        \
	X(LPAREN, "(") X(RPAREN, ")") X(LBRACKET, "[") X(RBRACKET, "]") X(LBRACE, "{") X(RBRACE, "}")            \
	X(COMMA, ",") X(COLON, ":") X(SEMI, ";") X(DOT, ".") X(DOTDOT, "..") X(TILDE, "~")                       \
	X(ASSIGN, "=") X(ARROW, "<-") X(ADD_TO, "+=") X(MUL_TO, "*=")                                            \
	X(PLUS, "+") X(MINUS, "-") X(STAR, "*") X(SLASH, "/") X(CARET, "^") X(MODULO, "%%")                      \
	X(LT, "<") X(LE, "<=") X(GT, ">") X(GE, ">=") X(EQ, "==") X(NE, "!=") X(AND, "&&") X(OR, "||") X(NOT, "!")

enum ql_tok {
#define X(name, text) QL_T_##name,
	QL_TOKEN_LIST(X)
#undef X
};

struct ql_token {
	int off, len, line, col;
	short kind;
	bool first; /* starts a line outside of brackets */
	int indent; /* of its line, tabs to multiples of 8 */
};

struct ql_lex {
	const char *file, *text;
	struct ql_token *tok; /* ends with QL_T_END; heap */
	int n, cap;
	int end_line;
};

/* Splits a text. rxode2 texts have names with dots and quotes of both kinds. Mistakes are reported and skipped;
 * false if the text cannot be read at all (too large, NUL, not UTF-8). */
bool ql_lex_text(struct ql_lex *lx, const char *file, const char *text, size_t len, bool rxode, struct ql_diags *ds);
void ql_lex_free(struct ql_lex *lx);
const char *ql_tok_text(enum ql_tok kind);

#define QL_TEXT_LIMIT ((size_t)4 << 20)
#define QL_WORD_LIMIT 1000000

#endif
