/* SPDX-License-Identifier: Apache-2.0 */
/* `evidence`: published numbers; `regimen`: exact doses and the library's list. */
#include "api/api.h"
#include "base/json.h"
#include "base/paths.h"
#include "base/yaml.h"
#include "dosing/regimen.h"
#include "evidence/find.h"
#include <math.h>
#include <string.h>

/* ---- evidence ---- */

typedef const char *row_text(const struct ql_trial_row *r);
typedef double row_number(const struct ql_trial_row *r);

static const char *trial(const struct ql_trial_row *r) { return r->trial; }
static const char *nct(const struct ql_trial_row *r) { return r->nct; }
static const char *line(const struct ql_trial_row *r) { return r->line; }
static const char *treatment(const struct ql_trial_row *r) { return r->treatment; }
static const char *comparator(const struct ql_trial_row *r) { return r->comparator; }
static const char *endpoint(const struct ql_trial_row *r) { return r->endpoint; }
static const char *unit(const struct ql_trial_row *r) { return r->unit; }
static const char *subgroup(const struct ql_trial_row *r) { return r->subgroup; }
static const char *verified(const struct ql_trial_row *r) { return r->verified ? "yes" : "no"; }
static const char *role(const struct ql_trial_row *r) { return r->role; }
static const char *cite(const struct ql_trial_row *r) { return r->cite; }
static const char *publication(const struct ql_trial_row *r) { return r->publication; }
static const char *note(const struct ql_trial_row *r) { return r->note; }
static double value(const struct ql_trial_row *r) { return r->value; }
static double lower(const struct ql_trial_row *r) { return r->lower; }
static double upper(const struct ql_trial_row *r) { return r->upper; }
static double ci_level(const struct ql_trial_row *r) { return r->ci_level; }
static double n_arm(const struct ql_trial_row *r) { return r->n_arm; }
static double n_comp(const struct ql_trial_row *r) { return r->n_comp; }
static double followup(const struct ql_trial_row *r) { return r->followup_mo; }
static double year(const struct ql_trial_row *r) { return r->year ? (double)r->year : NAN; }

static const struct {
	const char *name, *unit, *title;
	row_text *text;
	row_number *number;
} column[] = {{"trial", "", "", trial, NULL},
	      {"nct", "", "", nct, NULL},
	      {"line", "", "of therapy", line, NULL},
	      {"treatment", "", "", treatment, NULL},
	      {"comparator", "", "empty for one arm", comparator, NULL},
	      {"endpoint", "", "", endpoint, NULL},
	      {"value", "", "in `unit`; missing: not reached", NULL, value},
	      {"lower", "", "in `unit`", NULL, lower},
	      {"upper", "", "in `unit`", NULL, upper},
	      {"ci_level", "%", "of the limits", NULL, ci_level},
	      {"unit", "", "", unit, NULL},
	      {"n_arm", "", "patients", NULL, n_arm},
	      {"n_comp", "", "patients of the comparator", NULL, n_comp},
	      {"followup_month", "month", "median", NULL, followup},
	      {"subgroup", "", "", subgroup, NULL},
	      {"verified", "", "yes: read in a source; no: recalled", verified, NULL},
	      {"role", "", "", role, NULL},
	      {"year", "", "of the publication", NULL, year},
	      {"cite", "", "key of evidence/references.bib", cite, NULL},
	      {"publication", "", "", publication, NULL},
	      {"note", "", "", note, NULL}};

struct find {
	struct ql_api_run *r;
	struct ql_evidence *e;
};

static enum quell_status find(void *arg)
{
	struct find *w = arg;
	struct ql_api_run *r = w->r;
	enum quell_status s = ql_evidence_load(r->data_dir, &r->ds, &w->e);
	if (s != QUELL_OK)
		return s;
	const struct ql_evidence_filter f = {.trial = ql_run_text(r, "trial"),
					     .line = ql_run_text(r, "line"),
					     .treatment = ql_run_text(r, "treatment"),
					     .endpoint = ql_run_text(r, "endpoint"),
					     .subgroup = ql_run_text(r, "subgroup"),
					     .role = ql_run_text(r, "role"),
					     .word = ql_run_text(r, "word"),
					     .verified = ql_run_flag(r, "verified"),
					     .recalled = ql_run_flag(r, "recalled")};
	const struct ql_trial_row **row = QL_NEW_N(&r->work, const struct ql_trial_row *, (size_t)w->e->n_row + 1);
	int n = ql_evidence_find(w->e, &f, row);
	struct ql_table *t = ql_run_add_table(r, "rows", n);
	int64_t *number = ql_table_ints(t, "row", "", "line of evidence/trials.csv");
	for (int i = 0; i < n; i++)
		number[i] = ql_row_number(row[i]);
	for (size_t c = 0; c < sizeof column / sizeof *column; c++) {
		int text = column[c].text ? ql_table_text(t, column[c].name, column[c].title) : -1;
		double *x = column[c].text ? NULL : ql_table_doubles(t, column[c].name, column[c].unit, column[c].title);
		for (int i = 0; i < n; i++)
			if (x)
				x[i] = column[c].number(row[i]);
			else
				ql_table_text_add(t, text, column[c].text(row[i]));
	}
	json_t *j = ql_rows_json(w->e, row, n);
	ql_json_write(j, &r->json);
	json_decref(j);
	return QUELL_OK;
}

enum quell_status ql_api_evidence(struct ql_api_run *r)
{
	struct find w = {.r = r};
	enum quell_status s = ql_run_data(r);
	if (s == QUELL_OK)
		s = ql_protect(find, &w);
	if (w.e)
		ql_evidence_free(w.e);
	return s;
}

/* ---- regimen ---- */

static const char *field(const struct ql_yaml *y, const char *key)
{
	const struct ql_yaml *v = ql_yaml_get(y, key);
	return v && v->kind == QL_YAML_SCALAR ? v->text : "";
}

static enum quell_status library(struct ql_api_run *r)
{
	int n;
	const char **name = ql_library_list(&r->work, r->data_dir, "library/regimens", ".yaml", &n);
	struct ql_table *t = ql_run_add_table(r, "library", n);
	int id = ql_table_text(t, "regimen", ""),
	    grade = ql_table_text(t, "evidence_grade", "A phase 3 in CLL to D no clinical data in CLL"),
	    title = ql_table_text(t, "title", "");
	for (int i = 0; i < n; i++) {
		struct ql_yaml *y;
		const char *path = ql_arena_printf(&r->work, "%s/library/regimens/%s.yaml", r->data_dir, name[i]);
		enum quell_status s = ql_yaml_read(&r->work, path, &r->ds, &y);
		if (s != QUELL_OK)
			return s;
		ql_table_text_add(t, id, name[i]);
		ql_table_text_add(t, grade, field(y, "evidence"));
		ql_table_text_add(t, title, field(y, "title"));
	}
	return QUELL_OK;
}

/* The data set that was written, as a table: numbers, except CMT where doses have names. */
static enum quell_status doses(struct ql_api_run *r, const struct ql_buf *csv)
{
	const char *file = ql_diags_add_source(&r->ds, "doses", csv->data, csv->len);
	const struct ql_source src = {file, csv->data, csv->len};
	struct ql_csv *c;
	enum quell_status s = ql_csv_parse(&r->work, &src, NULL, &r->ds, &c);
	if (s != QUELL_OK)
		return s;
	struct ql_table *t = ql_run_add_table(r, "doses", c->n_row);
	for (int k = 0; k < c->n_col; k++) {
		bool number = true;
		double x;
		for (int i = 0; i < c->n_row && number; i++) {
			struct ql_text cell = ql_csv_cell(c, i, k);
			number = ql_csv_is_missing(c, i, k) || ql_parse_double(cell.s, cell.n, &x);
		}
		double *out = number ? ql_table_doubles(t, c->name[k], strcmp(c->name[k], "TIME") ? "" : "day", "") : NULL;
		int text = number ? -1 : ql_table_text(t, c->name[k], "");
		for (int i = 0; i < c->n_row; i++)
			if (out)
				ql_csv_number(c, i, k, &r->ds, &out[i]);
			else
				ql_table_text_add(t, text, ql_csv_string(c, i, k, &r->work));
	}
	return QUELL_OK;
}

struct show {
	struct ql_api_run *r;
	struct ql_model *m;
	struct ql_buf csv;
};

static enum quell_status show(void *arg)
{
	struct show *w = arg;
	struct ql_api_run *r = w->r;
	struct ql_regimen regimen;
	const char *agents = ql_arena_printf(&r->work, "%s/library/agents", r->data_dir), *name = ql_run_text(r, "name");
	enum quell_status s = library(r);
	if (s != QUELL_OK || !name)
		return s;
	const char *path = ql_library_file(&r->work, r->data_dir, "library/regimens", name, ".yaml", QL_E0601, "regimen", &r->ds);
	if (!path)
		return QUELL_ERR_INPUT;
	s = ql_model_load(ql_arena_printf(&r->work, "%s/models/cll/cll.qm", r->data_dir), &r->ds, &w->m);
	if (s == QUELL_OK)
		s = ql_regimen_load(w->m, path, agents, &r->work, &r->ds, &regimen);
	if (s == QUELL_OK)
		s = ql_regimen_typical_dataset(w->m, &regimen, ql_run_number(r, "years"), &r->ds, &w->csv);
	return s == QUELL_OK ? doses(r, &w->csv) : s;
}

enum quell_status ql_api_regimen(struct ql_api_run *r)
{
	struct show w = {.r = r};
	enum quell_status s = ql_run_data(r);
	if (s == QUELL_OK)
		s = ql_protect(show, &w);
	ql_buf_free(&w.csv);
	ql_model_free(w.m);
	return s;
}
