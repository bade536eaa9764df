/* SPDX-License-Identifier: Apache-2.0 */
/* Equations of a model text as they were written, typeset as MathML: indices stay indices, for a reader of papers. */
#ifndef QL_LANG_TYPESET_H
#define QL_LANG_TYPESET_H

#include "base/diag.h"

enum ql_typeset_kind { QL_TS_RATE, QL_TS_START, QL_TS_LET, QL_TS_OUTPUT, QL_TS_PARAM, QL_TS_CONTRIBUTION, QL_TS_PROPERTY, QL_TS_EVENT };

struct ql_typeset_item {
	enum ql_typeset_kind kind;
	const char *name; /* as declared, without index */
	const char *math; /* <math>...</math> */
	const char *doc;  /* "" if none */
	int line;
};

/* Statements with an equation, in the order of the file; everything in `a`. Constants alone are left to tables. */
enum quell_status ql_typeset_file(const char *path, struct ql_arena *a, struct ql_diags *ds, struct ql_typeset_item **out, int *n);

#endif
