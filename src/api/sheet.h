/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables of a result as paths into its JSON, so that what a verb returns is
 * described once, and a result that a store kept gives the same tables.
 *
 * The path of the rows: members by name, `*` for every element of a list or
 * every object in a map, `#day` at the end for one row per element of the
 * list `day` (`#^time`: of the object one level up); several paths with `|`.
 * The path of a column, from the row: members by name; `^` before it for the
 * row's parent among the `*`, once per level; `/` for the top; `@` the name
 * that the row has in its map, alone or within a path; `#` at the end for the
 * row's element of a list; `.` the row itself.
 */
#ifndef QL_API_SHEET_H
#define QL_API_SHEET_H

#include "api/api.h"

enum ql_sheet_kind {
	QL_SHEET_TEXT,  /* a list of texts is joined; null: missing */
	QL_SHEET_REAL,  /* null: NaN */
	QL_SHEET_WHOLE,
	QL_SHEET_YES,   /* "yes", "no" */
	QL_SHEET_EACH   /* a REAL for every number of the map there; `name` is put before its names */
};

struct ql_sheet_column {
	const char *name, *path, *unit, *title;
	enum ql_sheet_kind kind;
};

struct ql_api_table {
	const char *name, *rows;
	const char *columns; /* of a table that its verb fills by itself; NULL: */
	const char *path;
	const struct ql_sheet_column *column;
	int n_column;
};

/* The sheets among the tables (up to one without a name) whose place the JSON has, from r->json. */
void ql_run_sheets(struct ql_api_run *r, const struct ql_api_table *table);
/* The same of r's own verb. */
void ql_run_own_sheets(struct ql_api_run *r);
/* "a, b, c" for quell_table_info; in `a`. */
const char *ql_sheet_columns(const struct ql_api_table *t, struct ql_arena *a);

#endif
