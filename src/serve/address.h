/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The addresses of the API as a table: what each takes and which command answers it. Checking, the description at /api
 * and the command line shown to the user all come from it.
 */
#ifndef QL_SERVE_ADDRESS_H
#define QL_SERVE_ADDRESS_H

#include "serve/request.h"
#include <jansson.h>

enum ql_field_kind {
	QL_FIELD_NAME,     /* a name of the library: never a path */
	QL_FIELD_NAMES,    /* a list of them */
	QL_FIELD_TEXT,     /* printable text, no comma */
	QL_FIELD_TEXTS,
	QL_FIELD_COUNT,    /* whole number in lo..hi */
	QL_FIELD_NUMBER,
	QL_FIELD_CHOICE,   /* one of "a|b|c" */
	QL_FIELD_FLAG,
	QL_FIELD_SETTINGS, /* {"disease.rmax": 0.005} */
	QL_FIELD_FACTS,    /* {"age": 70, "ighv": "mutated", "prior_lines": [{"regimen": "fcr"}]} */
	QL_FIELD_ITEM      /* a name of the library, as the command's argument */
};

struct ql_field { /* a NULL name ends a table */
	const char *name;
	enum ql_field_kind kind;
	bool required;
	double lo, hi;
	const char *choices, *help;
};

enum ql_address_size {
	QL_SMALL,    /* answered at once */
	QL_FRESH,    /* the same, and never from what was answered before; about the store */
	QL_BY_COURSES, /* by patients, regimens and years: large ones become jobs */
	QL_LONG      /* always a job */
};

#define QL_SCHEMA_OF_RUN "" /* as the verb that made the run has it */

struct ql_address {
	const char *method, *path; /* "/api/v1/regimens/{name}": the word there becomes the last argument */
	const char *words;         /* "evidence nma"; "@..." is answered by library.c */
	const struct ql_field *field; /* options of the same name */
	const char *schema, *summary; /* schema: of the answer, "quell.compare/1"; see shape.h */
	enum ql_address_size size;
};
extern const struct ql_address ql_addresses[];
extern const int ql_n_addresses;

struct ql_command_line {
	int argc;
	char **argv;
	const char *text; /* for people: "quell compare --population unfit-1l ..." */
	bool fresh;       /* answers are not kept */
	double size;      /* patients x regimens x years, 0 or infinite by the kind of address */
};

/* The endpoint of a path; *word is the part in braces (in the arena) or NULL. NULL if there is none, with *allow the methods
 * that the path does take (static), or NULL. */
const struct ql_address *ql_address_find(struct ql_arena *a, const char *method, const char *path, const char **word,
					   const char **allow);
/* Whether an address is about the store of the program, which it may not have. */
bool ql_address_needs_store(const struct ql_address *e);
/* Checks query or body and builds the command. QUELL_ERR_INPUT with every mistake in ds. `store` (NULL: none) is named in
 * the text of commands about the store. */
enum quell_status ql_address_command(const struct ql_address *e, const char *word, const struct ql_request *q, const char *store,
				     struct ql_arena *a, struct ql_diags *ds, struct ql_command_line *out);
/* The OpenAPI 3.1 description. */
void ql_openapi(struct ql_buf *out);

#endif
