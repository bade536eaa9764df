/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Diagnostics: what is wrong with the user's input, where, and what to do.
 *
 * Every reader takes a struct ql_diags and keeps going after a mistake, so
 * that one run reports all of them. Messages are lower case without a full
 * stop; the label stands alone under the carets; help says what to do.
 *
 *	struct ql_diag *d = ql_diag_add(ds, QL_E0203, span, "units do not agree");
 *	ql_diag_label(d, "this is %s", unit);
 *	ql_diag_help(d, "write `to mg` to convert");
 */
#ifndef QL_BASE_DIAG_H
#define QL_BASE_DIAG_H

#include "base/mem.h"

/* Place in a text: 1-based line and column (bytes), len >= 0 bytes marked. line 0 = whole file. */
struct ql_span {
	const char *file;
	int line, col, len;
};

/* Codes: base/codes/<room>.def lists X(code, severity, "title", "long explanation"). */
enum ql_severity { QL_ERROR, QL_WARNING, QL_NOTE };
enum ql_code {
#define X(code, severity, title, text) QL_##code,
#include "base/codes/all.def"
#undef X
	QL_CODE_COUNT
};

struct ql_diag_note {
	struct ql_span span; /* line 0: no place */
	char *text;
	struct ql_diag_note *next;
};

struct ql_diag {
	enum ql_code code;
	enum ql_severity severity;
	struct ql_span span;
	char *message, *label, *help;
	struct ql_diag_note *notes, *last_note;
	struct ql_arena *arena;
};

struct ql_source { /* a text that spans point into, kept for rendering */
	const char *file;
	const char *text;
	size_t len;
};

struct ql_diags {
	struct ql_arena arena;
	struct ql_diag **item;
	int n, cap;
	int n_errors, n_warnings;
	int limit; /* further errors are counted, not stored; 0 = 200 */
	struct ql_source *source;
	int n_source, cap_source;
};

/* The text is copied into the list, so spans stay printable. Returns the stored file name. */
const char *ql_diags_add_source(struct ql_diags *ds, const char *file, const char *text, size_t len);
/* Adds one; severity from the code list. Never NULL. */
struct ql_diag *ql_diag_add(struct ql_diags *ds, enum ql_code code, struct ql_span span, const char *fmt, ...)
	QL_PRINTF(4, 5);
void ql_diag_label(struct ql_diag *d, const char *fmt, ...) QL_PRINTF(2, 3);
void ql_diag_help(struct ql_diag *d, const char *fmt, ...) QL_PRINTF(2, 3);
void ql_diag_note(struct ql_diag *d, struct ql_span span, const char *fmt, ...) QL_PRINTF(3, 4);
void ql_diags_free(struct ql_diags *ds);

/* The rustc-like block for one, or for all, with carets; color adds ANSI codes. */
void ql_diag_render(const struct ql_diags *ds, const struct ql_diag *d, bool color, struct ql_buf *out);
void ql_diags_render(const struct ql_diags *ds, bool color, struct ql_buf *out);

const char *ql_code_name(enum ql_code code);  /* "E0203" */
const char *ql_code_title(enum ql_code code);
const char *ql_code_text(enum ql_code code);  /* for `quell explain E0203` */
int ql_code_find(const char *name);           /* -1 if unknown */

/* Nearest of n words to `word` by edit distance, or NULL if none is near. */
const char *ql_suggest(const char *word, const char *const *words, int n);

#endif
