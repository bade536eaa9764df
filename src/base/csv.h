/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Delimited text as a table with places: evidence, survival data, NONMEM data
 * sets and populations are read by this one reader. First line: column names.
 * Comma, semicolon or tab (given, or guessed from the header), cells may be
 * quoted ("" is a quote inside), Unix or Windows line ends, UTF-8 with or
 * without a byte order mark. Blanks around unquoted cells and blank lines are
 * dropped. Ragged rows, bad quoting and wrong encodings are errors with line
 * and column; a file with any of them gives no table.
 *
 *	struct ql_csv *t;
 *	if (ql_csv_read(&arena, path, NULL, ds, &t) != QUELL_OK) ...
 *	int dose = ql_csv_column(t, "AMT", true, ds);         // reported if absent
 *	for (int i = 0; i < t->n_row; i++)
 *		ok &= ql_csv_number(t, i, dose, ds, &x);      // NaN where missing
 */
#ifndef QL_BASE_CSV_H
#define QL_BASE_CSV_H

#include "base/io.h"

struct ql_csv_options {
	char delimiter; /* 0: the most frequent of , ; tab in the header */
	char comment;   /* lines that begin with it are skipped, before and after the header; 0: none */
	bool any_case;  /* column names match without regard to (ASCII) case */
	int max_rows;   /* 0: no limit but memory (5e7 cells) */
};

struct ql_csv_place { /* private: place in the text; a million rows must stay small */
	uint32_t start, len;
};

struct ql_csv_column { /* a column in memory: exactly one pointer is set */
	const char *name;
	const double *real;       /* NaN: missing */
	const int32_t *whole;     /* INT32_MIN: missing */
	const int64_t *long_whole; /* INT64_MIN: missing */
	const char *const *text;  /* NULL: missing */
};

struct ql_csv {
	const char *file;
	int n_row, n_col; /* data rows; the header is not counted */
	char delimiter;
	bool any_case;
	const char **name; /* [n_col] */
	/* private */
	const char *text;
	size_t text_len;
	struct ql_csv_place *header, *cell;
	uint32_t *line; /* [n_row] line on which the row starts */
	int header_line, n_unescaped;
	struct ql_csv_unescaped *unescaped;
	const struct ql_csv_column *column; /* [n_col] a table in memory; NULL: a text */
	struct ql_arena *cells;             /* its numbers as text, made when asked for */
};

struct ql_text { /* not terminated */
	const char *s;
	size_t n;
};

/* Everything lives in `a`, except the text, which stays with `ds`. options may be NULL. */
enum quell_status ql_csv_read(struct ql_arena *a, const char *path, const struct ql_csv_options *options,
			      struct ql_diags *ds, struct ql_csv **out);
/* The same on a text already in ds; src->text must outlive the table. A leading byte order mark is skipped. */
enum quell_status ql_csv_parse(struct ql_arena *a, const struct ql_source *src, const struct ql_csv_options *options,
			       struct ql_diags *ds, struct ql_csv **out);

/* A table in memory behind the same functions, for callers that hold columns (data frames). The columns are borrowed and
 * must outlive the table; places read "data, row 3, column `AMT`". Names must be there and differ. */
enum quell_status ql_csv_from_columns(struct ql_arena *a, const char *file, const struct ql_csv_column *column, int n_col,
				      int64_t n_row, const struct ql_csv_options *options, struct ql_diags *ds,
				      struct ql_csv **out);

/* Index of a column, -1 if absent. ql_csv_column reports a required one that is absent, with a suggestion. */
int ql_csv_find(const struct ql_csv *t, const char *name);
int ql_csv_column(const struct ql_csv *t, const char *name, bool required, struct ql_diags *ds);
/* Reports (as errors) columns that are not in the NULL-terminated list. */
void ql_csv_check_columns(const struct ql_csv *t, const char *const *known, struct ql_diags *ds);

struct ql_text ql_csv_cell(const struct ql_csv *t, int row, int col);
struct ql_span ql_csv_span(const struct ql_csv *t, int row, int col); /* row -1: the header; col -1: the row's start */
char *ql_csv_string(const struct ql_csv *t, int row, int col, struct ql_arena *a); /* terminated copy */
/* Do two rows hold the same text, or numbers that are equal? */
bool ql_csv_same(const struct ql_csv *t, int row, int other, int col);
bool ql_csv_is(const struct ql_csv *t, int row, int col, const char *text);
/* Empty, ".", "NA", "NaN" or "null" (any case). */
bool ql_csv_is_missing(const struct ql_csv *t, int row, int col);

/* Finite number; a missing cell gives NaN and true. Anything else is reported (formulas, decimal commas, stray
 * units by name) and gives NaN and false. col -1 gives NaN and true, so optional columns need no care. */
bool ql_csv_number(const struct ql_csv *t, int row, int col, struct ql_diags *ds, double *out);
/* The same, and missing is an error too. */
bool ql_csv_number_required(const struct ql_csv *t, int row, int col, struct ql_diags *ds, double *out);
/* Whole number within [low, high]; missing is an error. */
bool ql_csv_whole(const struct ql_csv *t, int row, int col, long low, long high, struct ql_diags *ds, long *out);

/* Private to the reader: a cell of a table in memory. */
struct ql_text ql_csv_column_cell(const struct ql_csv *t, int row, int col);
struct ql_span ql_csv_column_span(const struct ql_csv *t, int row, int col);
bool ql_csv_column_number(const struct ql_csv *t, int row, int col, double *out);
/* Equal, as column names are compared. */
bool ql_csv_same_name(const struct ql_csv *t, const char *x, const char *y);

/* Writes one cell, quoted when it must be. */
void ql_csv_write_cell(struct ql_buf *out, const char *text, char delimiter);

#endif
