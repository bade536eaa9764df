/* SPDX-License-Identifier: Apache-2.0 */
/* Cases sbml/NNNNN/ of the SBML test suite. */
#include "cli/conformance.h"
#include "base/csv.h"
#include "dosing/sbml_run.h"
#include <string.h>

struct sbml_case {
	struct ql_conformance *k;
	struct ql_conform_exam *e;
	const char *xml, *settings, *results;
	struct ql_diags ds;
	struct ql_arena a;
	struct ql_model *m;
	struct ql_buf out;
};

/* A table of numbers. The reader of data sets would refuse a variable called Time beside the column of times. */
struct table {
	int n_col, n_row;
	const char **name;
	double *value; /* [row*n_col + column] */
};

/* Next cell of a line, blanks and quotes dropped; *at moves behind it. */
static struct ql_text next_cell(const char **at, const char *end)
{
	const char *s = *at, *e = memchr(s, ',', (size_t)(end - s));
	e = e ? e : end;
	*at = e < end ? e + 1 : end + 1;
	while (s < e && (*s == ' ' || *s == '"'))
		s++;
	while (e > s && (e[-1] == ' ' || e[-1] == '"' || e[-1] == '\r'))
		e--;
	return (struct ql_text){s, (size_t)(e - s)};
}

static void read_head(struct ql_arena *a, const char *s, const char *end, struct table *t)
{
	t->name = QL_NEW_N(a, const char *, (size_t)(end - s) + 1);
	while (s <= end) {
		struct ql_text c = next_cell(&s, end);
		t->name[t->n_col++] = ql_arena_strndup(a, c.s, c.n);
	}
}

/* False if a row has another number of cells than the first line. What is no number counts as NaN. */
static bool read_table(struct ql_arena *a, const char *text, size_t len, struct table *t)
{
	const char *s = text, *all = text + len;
	int cap = 1;
	*t = (struct table){0};
	for (size_t i = 0; i < len; i++)
		cap += text[i] == '\n';
	for (int line = 0; s < all; line++) {
		const char *nl = memchr(s, '\n', (size_t)(all - s)), *end = nl ? nl : all;
		if (line == 0) {
			read_head(a, s, end, t);
			t->value = QL_NEW_N(a, double, (size_t)cap * (size_t)t->n_col);
		} else if (end > s && (end - s > 1 || *s != '\r')) {
			int c = 0;
			for (; s <= end; c++) {
				struct ql_text cell = next_cell(&s, end);
				double x;
				if (c < t->n_col)
					t->value[t->n_row * t->n_col + c] = ql_parse_double(cell.s, cell.n, &x) ? x : NAN;
			}
			if (c != t->n_col)
				return false;
			t->n_row++;
		}
		s = end + 1;
	}
	return t->n_col > 0;
}

static bool near(double got, double want, const struct ql_sbml_settings *set)
{
	if (!isfinite(got) || !isfinite(want))
		return isnan(want) ? isnan(got) : got == want;
	return fabs(got - want) <= set->absolute + set->relative * fabs(want);
}

/* Names are told apart by case, and time is the first column whatever else is called so. */
static int column_of(const struct table *t, const char *name)
{
	for (int c = 1; c < t->n_col; c++)
		if (strcmp(t->name[c], name) == 0)
			return c;
	return -1;
}

static const char *compare(struct sbml_case *x, const struct ql_sbml_settings *set, const struct table *want,
			   const struct table *got)
{
	if (got->n_row != want->n_row)
		return "wrong number of rows";
	int bad = 0;
	const char *first = NULL;
	for (int v = 0; v < set->n_variable; v++) {
		int c = column_of(want, set->variable[v]);
		if (c < 0)
			return "the expected results lack a variable";
		for (int row = 0; row < want->n_row; row++) {
			double w = want->value[row * want->n_col + c], g = got->value[row * got->n_col + v + 1];
			if (near(g, w, set))
				continue;
			if (!bad++)
				first = ql_arena_printf(&x->k->c->arena, "%s is %g where %g is wanted", set->variable[v], g, w);
		}
	}
	return bad ? ql_arena_printf(&x->k->c->arena, "%d points off, first %s", bad, first) : NULL;
}

static enum quell_status run(struct sbml_case *x, const char **verdict)
{
	struct ql_sbml_settings set;
	struct ql_sbml *info;
	struct table want, got;
	const struct ql_source *src;
	enum quell_status s = ql_sbml_settings_read(x->settings, &x->a, &x->ds, &set);
	if (s == QUELL_OK)
		s = ql_sbml_load(x->xml, &x->ds, &x->m, &info);
	if (s == QUELL_OK)
		s = ql_sbml_run(x->m, info, &set, 0, x->k->c->cancel, &x->ds, &x->out);
	if (s == QUELL_OK)
		s = ql_read_source(&x->ds, x->results, &src);
	if (s != QUELL_OK)
		return s;
	for (int i = 0; i < x->ds.n_source; i++)
		x->e->hash = ql_hash(x->e->hash, x->ds.source[i].text, x->ds.source[i].len);
	bool whole = read_table(&x->a, src->text, src->len, &want) && read_table(&x->a, x->out.data, x->out.len, &got);
	*verdict = whole ? compare(x, &set, &want, &got) : "the expected results are no table";
	return QUELL_OK;
}

/* The highest level of the model that is there. */
static const char *model_file(struct ql_conformance *k, const char *folder, const char *name)
{
	static const char *const level[] = {"l3v2", "l3v1", "l2v5", "l2v4", "l2v3", "l2v2", "l2v1", "l1v2"};
	for (size_t i = 0; i < sizeof level / sizeof *level; i++) {
		const char *path = ql_arena_printf(&k->c->arena, "%s/%s-sbml-%s.xml", folder, name, level[i]);
		if (ql_conform_exists(path))
			return path;
	}
	return NULL;
}

static void run_case(struct ql_conformance *k, struct ql_conform_exam *e, const char *folder, const char *name)
{
	struct ql_arena *a = &k->c->arena;
	struct sbml_case x = {.k = k,
			      .e = e,
			      .xml = model_file(k, folder, name),
			      .settings = ql_arena_printf(a, "%s/%s-settings.txt", folder, name),
			      .results = ql_arena_printf(a, "%s/%s-results.csv", folder, name)};
	if (!x.xml)
		return;
	const char *verdict = NULL;
	enum quell_status s = run(&x, &verdict);
	ql_conform_judge(k, e, name, s == QUELL_OK ? verdict : ql_conform_reason(k, &x.ds, s));
	ql_model_free(x.m);
	ql_buf_free(&x.out);
	ql_diags_free(&x.ds);
	ql_arena_free(&x.a);
}

void ql_conform_sbml(struct ql_conformance *k)
{
	const char *root = ql_arena_printf(&k->c->arena, "%s/sbml", k->exams);
	struct ql_words names = ql_conform_list(k, root);
	struct ql_conform_exam *e = NULL;
	for (int i = 0; i < names.n && !*k->c->cancel; i++) {
		if (strspn(names.item[i], "0123456789") != strlen(names.item[i]))
			continue;
		e = e ? e : ql_conform_add(k, "sbml", "SBML semantic test suite");
		run_case(k, e, ql_arena_printf(&k->c->arena, "%s/%s", root, names.item[i]), names.item[i]);
		ql_cli_progress(k->c, "Running", (uint64_t)i + 1, (uint64_t)names.n);
	}
}
