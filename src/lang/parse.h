/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the parsers: the cursor over the words, and expressions, which both dialects share. */
#ifndef QL_LANG_PARSE_H
#define QL_LANG_PARSE_H

#include "lang/ast.h"

struct ql_parser {
	struct ql_lex lex;
	struct ql_arena *arena;
	struct ql_diags *ds;
	int at;
	int indent;	 /* of the statement being read: a line no deeper ends it */
	int first;	 /* index of its first word */
	int depth;	 /* of expressions */
	int blocks;	 /* of statements */
	int n_nodes;
	int n_errors;
	bool rxode, panic; /* panic: this statement is already in error; say no more */
	struct ql_span shift; /* line > 0: the text is a piece of another file and stands there */
	void **stack;	      /* children while their number is not known */
	int n_stack, cap_stack;
};

#define QL_MAX_PARSE_ERRORS 100

/* The word at the cursor; QL_T_END at the end of the statement. */
const struct ql_token *ql_peek(struct ql_parser *p);
const struct ql_token *ql_peek_at(struct ql_parser *p, int ahead);
bool ql_at(struct ql_parser *p, enum ql_tok kind);
bool ql_at_word(struct ql_parser *p, const char *word);
bool ql_accept(struct ql_parser *p, enum ql_tok kind);
bool ql_accept_word(struct ql_parser *p, const char *word);
/* Accepts or reports "expected ... found ...". */
bool ql_expect(struct ql_parser *p, enum ql_tok kind, const char *what);
bool ql_expect_word(struct ql_parser *p, const char *word);
/* A name, or NULL after a report. `what` as in "the name of the parameter". */
const char *ql_expect_name(struct ql_parser *p, const char *what, struct ql_span *span);
const char *ql_tok_name(struct ql_parser *p, const struct ql_token *t); /* text of a word, in the arena */
bool ql_tok_is(const struct ql_parser *p, const struct ql_token *t, const char *word);
const char *ql_tok_string(struct ql_parser *p, const struct ql_token *t); /* without the quotes */
struct ql_span ql_tok_span(const struct ql_parser *p, const struct ql_token *t);
/* From a start to the word before the cursor; one line only. */
struct ql_span ql_span_to_here(const struct ql_parser *p, struct ql_span start);
void ql_parse_fault(struct ql_parser *p, const char *what);
struct ql_diag *ql_parse_report(struct ql_parser *p, enum ql_code code, struct ql_span span, const char *fmt, ...)
	QL_PRINTF(4, 5);
bool ql_is_reserved(const char *word);

struct ql_expr *ql_parse_expr(struct ql_parser *p);
struct ql_unit_ref *ql_parse_unit_ref(struct ql_parser *p);
/* `[` subs `]` after a name, if it stands there. */
bool ql_parse_subs(struct ql_parser *p, struct ql_sub **sub, int *n);
/* `i in index, ...` up to, and without, the closing word. */
bool ql_parse_binders(struct ql_parser *p, struct ql_sub **sub, int *n);
/* Moves the children pushed since `base` into the arena. */
void *ql_take_children(struct ql_parser *p, int base, int *n);
void ql_push_child(struct ql_parser *p, void *child);
bool ql_parse_number(struct ql_parser *p, const struct ql_token *t, double *out);

void ql_parser_init(struct ql_parser *p, struct ql_arena *a, struct ql_diags *ds);
void ql_parser_free(struct ql_parser *p);

#endif
