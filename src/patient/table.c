/* SPDX-License-Identifier: Apache-2.0 */
/* A CSV file as a population: one row per patient, one column per covariate. */
#include "base/csv.h"
#include "patient/law.h"
#include <math.h>
#include <string.h>

static bool accepted(const struct ql_quantity *q, double x)
{
	for (int i = 0; i < q->n_allowed; i++)
		if (q->allowed[i] == x)
			return true;
	return !q->n_allowed && x >= q->lo && x <= q->hi;
}

static void read_columns(const struct ql_model *m, const struct ql_csv *t, struct ql_diags *ds, int *q)
{
	for (int c = 0; c < t->n_col; c++) {
		q[c] = ql_population_find(m, t->name[c], 1u << QL_COVARIATE);
		for (int k = 0; k < c && q[c] >= 0; k++)
			if (q[k] == q[c])
				ql_diag_add(ds, QL_E0510, ql_csv_span(t, -1, c), "`%s` has a column already",
					    m->q[q[c]].name);
		if (q[c] >= 0 || strcmp(t->name[c], "ID") == 0 || strcmp(t->name[c], "id") == 0)
			continue;
		struct ql_diag *d = ql_diag_add(ds, QL_E0511, ql_csv_span(t, -1, c), "`%s` is no covariate of the model",
						t->name[c]);
		const char *near = ql_model_suggest(m, t->name[c], 1u << QL_COVARIATE);
		if (near)
			ql_diag_help(d, "did you mean `%s`?", near);
	}
}

static void read_cell(const struct ql_model *m, const struct ql_csv *t, int row, int col, int q, struct ql_diags *ds,
		      double *out)
{
	if (!ql_csv_number_required(t, row, col, ds, out))
		return;
	if (accepted(&m->q[q], *out))
		return;
	struct ql_diag *d =
		ql_diag_add(ds, QL_E0504, ql_csv_span(t, row, col), "`%s` cannot be %g in this model", m->q[q].name, *out);
	if (!m->q[q].n_allowed)
		ql_diag_help(d, "the model accepts %g to %g", m->q[q].lo, m->q[q].hi);
}

enum quell_status ql_population_table_read(const struct ql_model *m, const char *path, struct ql_arena *a,
					   struct ql_diags *ds, struct ql_population *out)
{
	struct ql_csv *t;
	int errors = ds->n_errors;
	enum quell_status s = ql_csv_read(a, path, NULL, ds, &t);
	if (s != QUELL_OK)
		return s;
	int *q = QL_NEW_N(a, int, (size_t)t->n_col);
	read_columns(m, t, ds, q);
	struct ql_population_table *table = QL_NEW(a, struct ql_population_table);
	table->q = QL_NEW_N(a, int, (size_t)t->n_col);
	for (int c = 0; c < t->n_col; c++)
		if (q[c] >= 0)
			table->q[table->n_column++] = q[c];
	if (t->n_row == 0 || table->n_column == 0) {
		struct ql_diag *d = ql_diag_add(ds, QL_E0510, (struct ql_span){path, 1, 1, 0}, "the table has no %s",
						t->n_row ? "column that is a covariate" : "patients");
		ql_diag_help(d, "the first line names covariates, each further line is one patient");
		return QUELL_ERR_INPUT;
	}
	table->n_row = t->n_row;
	table->value = QL_NEW_N(a, double, (size_t)t->n_row * (size_t)table->n_column);
	double *v = table->value;
	for (int r = 0; r < t->n_row; r++)
		for (int c = 0; c < t->n_col; c++)
			if (q[c] >= 0)
				read_cell(m, t, r, c, q[c], ds, v++);
	out->table = table;
	const char *slash = strrchr(path, '/');
	out->name = out->title = ql_arena_strndup(a, slash ? slash + 1 : path, strlen(slash ? slash + 1 : path) - 4);
	return ds->n_errors == errors ? QUELL_OK : QUELL_ERR_INPUT;
}
