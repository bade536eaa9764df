/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Syntax trees of model texts: what was written, before names mean anything.
 * Chains of equal precedence are one node with many operands, so the depth of
 * a tree is the depth of its brackets, which the parser limits: walking a tree
 * by recursion is safe.
 */
#ifndef QL_LANG_AST_H
#define QL_LANG_AST_H

#include "lang/lex.h"
#include "lang/model.h"

#define QL_MAX_DEPTH 200      /* of expressions */
#define QL_MAX_BLOCKS 40      /* of statements */
#define QL_MAX_NODES 300000   /* of expressions per text */

/* A unit as written: a product of factors. */
struct ql_unit_factor {
	const char *name; /* NULL: the number */
	double number;
	int p, q;	  /* power p/q, q > 0 */
	struct ql_span span;
};
struct ql_unit_ref {
	struct ql_unit_factor *factor;
	int n;
	const char *text; /* as written, blanks removed */
	struct ql_span span;
};

/* `i in index`, `index`, `element`, `*` inside brackets or after `for` and `sum(`. */
struct ql_sub {
	const char *name;   /* variable or element; NULL for `*` */
	const char *module; /* of the index after `in`, NULL if none */
	const char *in;	    /* index, NULL if not given */
	struct ql_span span;
};

enum ql_expr_kind {
	QL_X_NUM,     /* num [unit] */
	QL_X_REF,     /* [module.]name[subs] */
	QL_X_ADD,     /* chain of + and - */
	QL_X_MUL,     /* chain of * and / (and %% in rxode2) */
	QL_X_POW,     /* arg[0] ^ arg[1] */
	QL_X_NEG, QL_X_NOT,
	QL_X_AND, QL_X_OR, /* chains */
	QL_X_COMPARE, /* op[1]: kind of token */
	QL_X_IN,      /* sub[0].name in sub[0].in */
	QL_X_CONVERT, /* arg[0] to unit */
	QL_X_IF,      /* arg[0] ? arg[1] : arg[2] */
	QL_X_CALL,    /* name(args) */
	QL_X_REDUCE,  /* name(sub... : arg[0]) */
	QL_X_STRING   /* rxode2 only: a text to compare with */
};

struct ql_expr {
	short kind;
	bool pure; /* numbers only: no names, no units */
	int n_arg, n_sub;
	struct ql_span span;
	struct ql_span op_span; /* of the operator, for COMPARE */
	double num;
	struct ql_unit_ref *unit;
	const char *module, *name;
	struct ql_sub *sub;
	struct ql_expr **arg;
	unsigned char *op; /* chains: op[i] stands before arg[i] */
};

enum ql_stmt_kind {
	QL_S_INDEX, QL_S_UNIT, QL_S_PARAM, QL_S_COVARIATE, QL_S_INPUT, QL_S_DRAW, QL_S_STATE, QL_S_LET, QL_S_OUTPUT,
	QL_S_HANDLE, QL_S_ADD, QL_S_DOSE, QL_S_WHEN, QL_S_AGENT, QL_S_COLUMN, QL_S_DDT, QL_S_PROPERTY, QL_S_FOR, QL_S_IF,
	QL_S_USE, QL_S_KERNEL
};

enum ql_spread { QL_SPREAD_NONE, QL_SPREAD_LOGNORMAL, QL_SPREAD_LOGNORMAL_CV, QL_SPREAD_NORMAL, QL_SPREAD_LOGITNORMAL,
		 QL_SPREAD_UNIFORM };

struct ql_assign { /* of `when` */
	const char *module, *name;
	struct ql_sub *sub;
	int n_sub;
	struct ql_span span;
	struct ql_expr *value;
};

struct ql_stmt {
	short kind;
	bool is_quad;	 /* STATE */
	bool is_product; /* HANDLE declaration; ADD by `*=` */
	bool common;	 /* PARAM */
	bool all;	 /* KERNEL `*` */
	bool bad;	 /* did not parse; its name is known */
	struct ql_span span; /* of the name */
	const char *module, *name;
	struct ql_sub *sub; /* indices of the declaration or target; variables of FOR */
	int n_sub;
	struct ql_unit_ref *unit;
	struct ql_expr **value; /* values, definition, condition */
	int n_value;
	const char *doc;
	const char **cite;
	int n_cite;
	enum ql_grade grade;
	double lo, hi, *allowed; /* ranges */
	int n_allowed;
	bool has_range;
	struct ql_span range_span;
	double atol;
	enum ql_spread spread;
	enum ql_draw draw;
	struct ql_expr *spread_arg[2];
	const char *spread_text;
	struct ql_span spread_span;
	const char **word; /* INDEX elements, KERNEL members */
	struct ql_span *word_span;
	int n_word;
	const char *parent; /* INDEX `of`; USE: default agent; DOSE: module of the state */
	const char *target; /* DOSE: state; PROPERTY: f, alag, rate, dur; USE: instance name */
	const char *file;   /* USE: from "file" */
	struct ql_span target_span;
	struct ql_sub *target_sub;
	int n_target_sub;
	struct ql_assign *assign; /* WHEN */
	int n_assign;
	struct ql_stmt **body, **otherwise; /* FOR, IF, AGENT */
	int n_body, n_otherwise;
};

struct ql_text { /* one parsed file */
	const char *file;
	enum { QL_TEXT_OWN, QL_TEXT_MODULE, QL_TEXT_MODEL } role;
	const char *name, *doc;
	struct ql_span span;
	const char **uses;
	struct ql_span *uses_span;
	int n_uses;
	struct ql_stmt **stmt;
	int n_stmt;
};

struct ql_parser; /* parse.h; the caller frees it with ql_parser_free, also after memory ran out */

/* Reads the equations language. Trees live in `a`. Mistakes go to ds and the rest is still read. */
void ql_parse_text(struct ql_parser *p, struct ql_arena *a, const char *file, const char *text, size_t len,
		   struct ql_diags *ds, struct ql_text *out);
/* One expression on its own. NULL after a mistake, which is shown at `at`. */
struct ql_expr *ql_parse_expression(struct ql_parser *p, struct ql_arena *a, struct ql_span at, const char *text,
				    struct ql_diags *ds);
/* A unit on its own ("mg/m2"). NULL after a mistake. */
struct ql_unit_ref *ql_parse_unit(struct ql_parser *p, struct ql_arena *a, struct ql_span at, const char *text,
				  struct ql_diags *ds);

#endif
