/* SPDX-License-Identifier: Apache-2.0 */
/* Columns of a table to the arrays of a survival analysis. */
#include "trial/sample.h"
#include "base/io.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LEVELS = 200, MAX_CODE = 1000 };

struct factor {
	struct ql_levels levels;
	int *code; /* per row of the table, -1 where blank */
};

static bool all_numbers(const struct ql_levels *l)
{
	double x;
	for (int i = 0; i < l->n; i++)
		if (!ql_parse_double(l->name[i], strlen(l->name[i]), &x))
			return false;
	return true;
}

static int by_bytes(const void *x, const void *y) { return strcmp(*(const char *const *)x, *(const char *const *)y); }

static int by_number(const void *x, const void *y)
{
	const char *a = *(const char *const *)x, *b = *(const char *const *)y;
	double p = 0, q = 0;
	ql_parse_double(a, strlen(a), &p);
	ql_parse_double(b, strlen(b), &q);
	return p != q ? (p < q ? -1 : 1) : strcmp(a, b);
}

static int find_level(const struct ql_levels *l, struct ql_text cell)
{
	for (int i = 0; i < l->n; i++)
		if (strlen(l->name[i]) == cell.n && memcmp(l->name[i], cell.s, cell.n) == 0)
			return i;
	return -1;
}

static bool take_factor(const struct ql_work *c, const struct ql_csv *t, int col, struct factor *f)
{
	*f = (struct factor){.code = QL_NEW_N(c->a, int, (size_t)t->n_row + 1)};
	f->levels.name = QL_NEW_N(c->a, const char *, MAX_LEVELS + 1);
	for (int i = 0; i < t->n_row; i++) {
		struct ql_text cell = ql_csv_cell(t, i, col);
		if (ql_csv_is_missing(t, i, col) || find_level(&f->levels, cell) >= 0)
			continue;
		if (f->levels.n == MAX_LEVELS) {
			struct ql_diag *d = ql_diag_add(c->ds, QL_E0684, ql_csv_span(t, -1, col),
							"`%s` has more than %d different values", t->name[col], MAX_LEVELS);
			ql_diag_help(d, "choose a column with few values");
			return false;
		}
		f->levels.name[f->levels.n++] = ql_arena_strndup(c->a, cell.s, cell.n);
	}
	qsort(f->levels.name, (size_t)f->levels.n, sizeof *f->levels.name, all_numbers(&f->levels) ? by_number : by_bytes);
	for (int i = 0; i < t->n_row; i++)
		f->code[i] = ql_csv_is_missing(t, i, col) ? -1 : find_level(&f->levels, ql_csv_cell(t, i, col));
	return true;
}

/* NaN where blank. */
static double *take_numbers(const struct ql_work *c, const struct ql_csv *t, int col)
{
	double *x = QL_NEW_N(c->a, double, (size_t)t->n_row + 1);
	bool ok = true;
	for (int i = 0; i < t->n_row; i++)
		ok &= ql_csv_number(t, i, col, c->ds, &x[i]);
	return ok ? x : NULL;
}

static double *take_times(const struct ql_work *c, const struct ql_csv *t, int col)
{
	double *x = take_numbers(c, t, col);
	for (int i = 0; x && i < t->n_row; i++)
		if (x[i] < 0) {
			ql_diag_add(c->ds, QL_E0681, ql_csv_span(t, i, col), "a time of %g", x[i]);
			return NULL;
		}
	return x;
}

static double *take_events(const struct ql_work *c, const struct ql_csv *t, int col)
{
	double *x = take_numbers(c, t, col);
	for (int i = 0; x && i < t->n_row; i++)
		if (!isnan(x[i]) && !(x[i] >= 0 && x[i] <= MAX_CODE && x[i] == floor(x[i]))) {
			struct ql_diag *d = ql_diag_add(c->ds, QL_E0680, ql_csv_span(t, i, col),
							"`%s` must be 0 or a whole number", t->name[col]);
			ql_diag_help(d, "0 censored, 1 event, further numbers for competing events");
			return NULL;
		}
	return x;
}

static bool is_text(const struct ql_csv *t, int col)
{
	double x;
	for (int i = 0; i < t->n_row; i++) {
		struct ql_text cell = ql_csv_cell(t, i, col);
		if (!ql_csv_is_missing(t, i, col) && !ql_parse_double(cell.s, cell.n, &x))
			return true;
	}
	return false;
}

struct covariates {
	double **column; /* [p] per row of the table */
	const char **name;
	int p, cap;
};

static void add_column(const struct ql_work *c, struct covariates *v, const char *name, double *column)
{
	if (v->p == v->cap) {
		int cap = v->cap ? 2 * v->cap : 8;
		double **columns = QL_NEW_N(c->a, double *, (size_t)cap);
		const char **names = QL_NEW_N(c->a, const char *, (size_t)cap);
		for (int i = 0; i < v->p; i++) {
			columns[i] = v->column[i];
			names[i] = v->name[i];
		}
		*v = (struct covariates){columns, names, v->p, cap};
	}
	v->column[v->p] = column;
	v->name[v->p++] = name;
}

static bool take_covariate(const struct ql_work *c, const struct ql_csv *t, const char *name, struct covariates *v)
{
	int col = ql_csv_column(t, name, true, c->ds);
	if (col < 0)
		return false;
	if (!is_text(t, col)) {
		double *x = take_numbers(c, t, col);
		if (x)
			add_column(c, v, name, x);
		return x != NULL;
	}
	struct factor f;
	if (!take_factor(c, t, col, &f))
		return false;
	for (int level = 1; level < f.levels.n; level++) {
		double *x = QL_NEW_N(c->a, double, (size_t)t->n_row + 1);
		for (int i = 0; i < t->n_row; i++)
			x[i] = f.code[i] < 0 ? NAN : f.code[i] == level;
		add_column(c, v, ql_arena_printf(c->a, "%s=%s", name, f.levels.name[level]), x);
	}
	return true;
}

static bool optional_factor(const struct ql_work *c, const struct ql_csv *t, const char *name, struct factor *f)
{
	*f = (struct factor){0};
	if (!name)
		return true;
	int col = ql_csv_column(t, name, true, c->ds);
	return col >= 0 && take_factor(c, t, col, f);
}

static bool complete(const double *time, const double *event, const struct factor *g, const struct factor *s,
		     const struct covariates *v, int i)
{
	bool ok = !isnan(time[i]) && !isnan(event[i]) && !(g->code && g->code[i] < 0) && !(s->code && s->code[i] < 0);
	for (int j = 0; ok && j < v->p; j++)
		ok = !isnan(v->column[j][i]);
	return ok;
}

/* Keeps only the levels that occur among the rows that are used. */
static void drop_empty_levels(struct ql_arena *a, struct ql_levels *l, int *code, size_t n)
{
	int *map = QL_NEW_N(a, int, (size_t)l->n + 1), m = 0;
	for (size_t i = 0; i < n; i++)
		map[code[i]] = 1;
	for (int k = 0; k < l->n; k++) {
		bool used = map[k];
		map[k] = m;
		if (used)
			l->name[m++] = l->name[k];
	}
	for (size_t i = 0; i < n; i++)
		code[i] = map[code[i]];
	l->n = m;
}

static void gather(const struct ql_work *c, int n_row, const double *time, const double *event, const struct factor *g,
		   const struct factor *s, const struct covariates *v, struct ql_sample *out)
{
	size_t rows = (size_t)n_row + 1, p = (size_t)v->p;
	out->time = QL_NEW_N(c->a, double, rows);
	out->event = QL_NEW_N(c->a, int, rows);
	out->group = QL_NEW_N(c->a, int, rows);
	out->strata = s->code ? QL_NEW_N(c->a, int, rows) : NULL;
	out->x = QL_NEW_N(c->a, double, rows * p + 1);
	out->p = v->p;
	out->term = v->name;
	for (int i = 0; i < n_row; i++) {
		if (!complete(time, event, g, s, v, i)) {
			out->dropped++;
			continue;
		}
		size_t k = out->n++;
		out->time[k] = time[i];
		out->event[k] = (int)event[i];
		out->group[k] = g->code ? g->code[i] : 0;
		if (out->strata)
			out->strata[k] = s->code[i];
		for (size_t j = 0; j < p; j++)
			out->x[k * p + j] = v->column[j][i];
	}
	static const char *all[] = {"all"};
	out->groups = g->code ? g->levels : (struct ql_levels){all, 1};
	if (g->code)
		drop_empty_levels(c->a, &out->groups, out->group, out->n);
}

bool ql_sample_take(const struct ql_work *c, const struct ql_csv *t, const struct ql_sample_columns *names,
		    struct ql_sample *out)
{
	*out = (struct ql_sample){0};
	int time = ql_csv_column(t, names->time, true, c->ds), event = ql_csv_column(t, names->event, true, c->ds);
	double *times = time >= 0 ? take_times(c, t, time) : NULL, *events = event >= 0 ? take_events(c, t, event) : NULL;
	struct factor group, strata;
	struct covariates v = {0};
	bool ok = optional_factor(c, t, names->group, &group);
	ok &= optional_factor(c, t, names->strata, &strata);
	for (int i = 0; i < names->n_covariate; i++)
		ok &= take_covariate(c, t, names->covariate[i], &v);
	if (!ok || !times || !events)
		return false;
	gather(c, t->n_row, times, events, &group, &strata, &v, out);
	if (out->n == 0)
		ql_diag_add(c->ds, QL_E0682, (struct ql_span){t->file, 0, 0, 0},
			    "no row of `%s` has a value in every column that is used", t->file);
	return out->n > 0;
}
