/* SPDX-License-Identifier: Apache-2.0 */
/* Columns in memory as a table, so that data frames go through the same readers as files, without a detour by text. */
#include "base/csv.h"
#include <limits.h>
#include <math.h>
#include <string.h>

enum { MAX_COLUMNS = 100000 };

static bool whole_at(const struct ql_csv_column *c, int row, int64_t *out)
{
	if (c->whole) {
		*out = c->whole[row];
		return c->whole[row] != INT32_MIN;
	}
	*out = c->long_whole[row];
	return c->long_whole[row] != INT64_MIN;
}

bool ql_csv_column_number(const struct ql_csv *t, int row, int col, double *out)
{
	const struct ql_csv_column *c = &t->column[col];
	int64_t whole;
	*out = NAN;
	if (c->real)
		*out = c->real[row];
	else if (whole_at(c, row, &whole))
		*out = (double)whole;
	if (!isinf(*out))
		return true;
	*out = NAN;
	return false;
}

struct ql_text ql_csv_column_cell(const struct ql_csv *t, int row, int col)
{
	const struct ql_csv_column *c = &t->column[col];
	char number[32];
	const char *text = "";
	int64_t whole;
	if (row < 0)
		text = c->name;
	else if (c->text)
		text = c->text[row] ? c->text[row] : "";
	else if (c->real && !isnan(c->real[row]))
		text = ql_arena_strdup(t->cells, ql_format_double(c->real[row], number));
	else if (!c->real && whole_at(c, row, &whole))
		text = ql_arena_printf(t->cells, "%lld", (long long)whole);
	return (struct ql_text){text, strlen(text)};
}

struct ql_span ql_csv_column_span(const struct ql_csv *t, int row, int col)
{
	const char *name = col >= 0 ? t->name[col] : NULL, *file = t->file;
	if (row >= 0)
		file = ql_arena_printf(t->cells, "%s, row %d", file, row + 1);
	if (name)
		file = ql_arena_printf(t->cells, "%s, column `%s`", file, name);
	return (struct ql_span){file, 0, 0, 0};
}

bool ql_csv_same(const struct ql_csv *t, int row, int other, int col)
{
	double x, y;
	if (row == other)
		return true;
	if (t->column && !t->column[col].text) {
		ql_csv_column_number(t, row, col, &x);
		ql_csv_column_number(t, other, col, &y);
		return x == y || (isnan(x) && isnan(y));
	}
	struct ql_text a = ql_csv_cell(t, row, col), b = ql_csv_cell(t, other, col);
	if (a.n == b.n && memcmp(a.s, b.s, a.n) == 0)
		return true;
	return ql_parse_double(a.s, a.n, &x) && ql_parse_double(b.s, b.n, &y) && x == y;
}

enum quell_status ql_csv_from_columns(struct ql_arena *a, const char *file, const struct ql_csv_column *column, int n_col,
				      int64_t n_row, const struct ql_csv_options *options, struct ql_diags *ds,
				      struct ql_csv **out)
{
	struct ql_csv *t = QL_NEW(a, struct ql_csv);
	struct ql_span whole = {file, 0, 0, 0};
	int errors = ds->n_errors;
	*out = NULL;
	*t = (struct ql_csv){.file = ql_arena_strdup(a, file),
			     .n_col = n_col,
			     .delimiter = ',',
			     .any_case = options && options->any_case,
			     .text = "",
			     .column = column,
			     .cells = a};
	if (n_row > INT_MAX - 2 || n_col > MAX_COLUMNS) {
		ql_diag_help(ql_diag_add(ds, QL_E0314, whole, "%lld rows and %d columns", (long long)n_row, n_col),
			     "at most %d rows and %d columns", INT_MAX - 2, MAX_COLUMNS);
		return QUELL_ERR_INPUT;
	}
	t->n_row = (int)n_row;
	t->name = QL_NEW_N(a, const char *, (size_t)n_col + 1);
	for (int i = 0; i < n_col; i++) {
		t->name[i] = column[i].name;
		for (int k = 0; k < i && n_col < 2000; k++)
			if (ql_csv_same_name(t, t->name[i], t->name[k]))
				ql_diag_add(ds, QL_E0313, whole, "column `%s` appears twice", t->name[i]);
	}
	if (n_col == 0)
		ql_diag_add(ds, QL_E0313, whole, "the table has no columns");
	if (ds->n_errors > errors)
		return QUELL_ERR_INPUT;
	*out = t;
	return QUELL_OK;
}
