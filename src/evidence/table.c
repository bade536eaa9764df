/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/table.h"
#include "base/csv.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS(X)                                                                                                     \
	X(trial_id)                                                                                                    \
	X(NCT) X(publication) X(year) X(line) X(population) X(treatment) X(comparator) X(n_arm) X(n_comp) X(endpoint)  \
	    X(value) X(lower95) X(upper95) X(unit) X(followup_mo) X(subgroup) X(verified) X(note) X(ci_level) X(cite)

enum column {
#define X(name) COL_##name,
	COLUMNS(X)
#undef X
	    N_COL
};
static const char *const column_name[] = {
#define X(name) #name,
    COLUMNS(X)
#undef X
	NULL};

struct loader {
	struct ql_evidence *e;
	struct ql_csv *t;
	struct ql_diags *ds;
	const char *data_dir;
	int col[N_COL];
	struct ql_csv *roles;
	const char **trial; /* names in roles.csv */
	int n_trial;
};

static const char *text(const struct loader *l, int i, enum column c)
{
	return l->col[c] < 0 ? "" : ql_csv_string(l->t, i, l->col[c], &l->e->arena);
}

static double number(const struct loader *l, int i, enum column c)
{
	double x;
	ql_csv_number(l->t, i, l->col[c], l->ds, &x);
	return x;
}

QL_PRINTF(5, 6)
static struct ql_diag *row_fault(const struct loader *l, int i, enum column c, enum ql_code code, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	const char *message = ql_arena_vprintf(&l->ds->arena, fmt, ap);
	va_end(ap);
	return ql_diag_add(l->ds, code, ql_csv_span(l->t, i, l->col[c] < 0 ? 0 : l->col[c]), "%s", message);
}

static bool ends_with(const char *s, const char *tail)
{
	size_t n = strlen(s), m = strlen(tail);
	return n >= m && strcmp(s + n - m, tail) == 0;
}

static bool is_hazard_ratio(const char *endpoint)
{
	return strstr(endpoint, "_HR") != NULL;
}
static bool is_prognostic(const char *endpoint)
{
	return strstr(endpoint, "_prognostic") != NULL;
}

/* The unit an endpoint's name asks for, NULL where several are in use. */
static const char *unit_of(const char *endpoint)
{
	if (is_hazard_ratio(endpoint))
		return "HR";
	if (strstr(endpoint, "_median_mo"))
		return "months";
	if (strstr(endpoint, "_rate@") || strstr(endpoint, "_free@") || ends_with(endpoint, "_g3") ||
	    ends_with(endpoint, "_any") || strncmp(endpoint, "uMRD", 4) == 0 || strcmp(endpoint, "ORR") == 0 ||
	    strcmp(endpoint, "CR") == 0 || strcmp(endpoint, "grade3_infection") == 0)
		return "%";
	if (strncmp(endpoint, "n_", 2) == 0 || ends_with(endpoint, "_n"))
		return "n";
	return NULL;
}

static void check_unit(const struct loader *l, int i, const struct ql_trial_row *r)
{
	static const char *const units[] = {"HR", "%", "months", "n", "cells", "flag", "text"};
	const char *want = unit_of(r->endpoint);
	bool known = false;
	for (size_t k = 0; k < sizeof units / sizeof *units; k++)
		known |= strcmp(units[k], r->unit) == 0;
	if (!known) {
		struct ql_diag *d = row_fault(l, i, COL_unit, QL_E0703, "unknown unit `%s`", r->unit);
		ql_diag_help(d, "units are HR, %%, months, n, cells, flag and text");
	} else if (want && strcmp(want, r->unit) != 0) {
		struct ql_diag *d = row_fault(l, i, COL_unit, QL_E0703, "unit `%s` does not fit the endpoint", r->unit);
		ql_diag_help(d, "`%s` is in %s", r->endpoint, want);
	}
	double x = r->value;
	bool percent = strcmp(r->unit, "%") == 0, ratio = strcmp(r->unit, "HR") == 0;
	bool outside = (percent && (x < 0 || x > 100)) || (ratio && x <= 0) || x < 0;
	if (outside) {
		struct ql_diag *d =
		    row_fault(l, i, COL_value, QL_E0701, "the value is outside what unit `%s` allows", r->unit);
		ql_diag_help(d, percent ? "percentages run from 0 to 100" : "the value must be positive");
	}
}

static void check_interval(const struct loader *l, int i, struct ql_trial_row *r)
{
	bool some = !isnan(r->lower) || !isnan(r->upper);
	if (r->lower > r->value)
		ql_diag_help(row_fault(l, i, COL_lower95, QL_E0702, "the lower limit lies above the estimate"),
			     "estimate and limits must come from the same analysis");
	if (r->upper < r->value)
		ql_diag_help(row_fault(l, i, COL_upper95, QL_E0702, "the upper limit lies below the estimate"),
			     "estimate and limits must come from the same analysis");
	if (some && isnan(r->ci_level))
		ql_diag_help(row_fault(l, i, COL_ci_level, QL_E0702, "limits without a confidence level"),
			     "write 95, or the level printed (97.5, 90.4)");
	if (r->ci_level <= 50 || r->ci_level >= 100)
		ql_diag_help(row_fault(l, i, COL_ci_level, QL_E0702, "a confidence level of this size is not used"),
			     "levels are percentages between 50 and 100");
}

static void check_count(const struct loader *l, int i, enum column c, double n)
{
	if (!isnan(n) && (n < 1 || n != floor(n) || n > 1e7))
		ql_diag_help(row_fault(l, i, c, QL_E0706, "a denominator must be a whole number of patients"),
			     "leave the cell empty if it is unknown");
}

static void check_treatment(const struct loader *l, int i, enum column c, const char *name)
{
	if (ql_evidence_treatment(l->e, name))
		return;
	struct ql_diag *d = row_fault(l, i, c, QL_E0704, "unknown regimen `%s`", name);
	const char **names = QL_NEW_N(&l->e->arena, const char *, (size_t)l->e->n_treatment);
	for (int k = 0; k < l->e->n_treatment; k++)
		names[k] = l->e->treatment[k].name;
	const char *near = ql_suggest(name, names, l->e->n_treatment);
	if (near)
		ql_diag_help(d, "did you mean `%s`? names stand in evidence/treatments.csv", near);
	else
		ql_diag_help(d, "add it to evidence/treatments.csv");
}

static void check_sides(const struct loader *l, int i, const struct ql_trial_row *r)
{
	check_count(l, i, COL_n_arm, r->n_arm);
	check_count(l, i, COL_n_comp, r->n_comp);
	if (is_prognostic(r->endpoint)) /* levels of a factor, not regimens */
		return;
	check_treatment(l, i, COL_treatment, r->treatment);
	if (r->comparator[0])
		check_treatment(l, i, COL_comparator, r->comparator);
	if (is_hazard_ratio(r->endpoint) && !r->comparator[0])
		row_fault(l, i, COL_comparator, QL_E0701, "`%s` needs a comparator", r->endpoint);
	if (r->comparator[0] && strcmp(r->comparator, r->treatment) == 0)
		row_fault(l, i, COL_comparator, QL_E0701, "`%s` is compared with itself", r->comparator);
	if (!r->comparator[0] && !isnan(r->n_comp))
		row_fault(l, i, COL_n_comp, QL_E0706, "a denominator without a comparator");
}

static void check_ids(const struct loader *l, int i, const struct ql_trial_row *r)
{
	static const char *const lines[] = {"1L", "RR", "1L+RR", "maint", "RT"};
	bool known = false;
	for (size_t k = 0; k < sizeof lines / sizeof *lines; k++)
		known |= strcmp(lines[k], r->line) == 0;
	if (!known)
		ql_diag_help(row_fault(l, i, COL_line, QL_E0701, "unknown line of therapy `%s`", r->line),
			     "lines are 1L, RR, 1L+RR, maint and RT");
	if (!r->trial[0])
		row_fault(l, i, COL_trial_id, QL_E0701, "the trial has no name");
	else if (!r->role[0])
		ql_diag_help(row_fault(l, i, COL_trial_id, QL_W0709, "trial `%s` has no role", r->trial),
			     "add a line `%s,evidence` to evidence/roles.csv", r->trial);
	if (!r->endpoint[0] || strpbrk(r->endpoint, " ,;"))
		row_fault(l, i, COL_endpoint, QL_E0701, "`%s` is no endpoint name", r->endpoint);
	if (r->year != 0 && (r->year < 1950 || r->year > 2100))
		row_fault(l, i, COL_year, QL_E0701, "this year cannot be right");
	if (r->cite[0] && !ql_reference_find(&l->e->references, r->cite))
		ql_diag_help(row_fault(l, i, COL_cite, QL_E0705, "no publication `%s`", r->cite),
			     "add the entry to evidence/references.bib");
	if (r->verified && !r->cite[0] && l->col[COL_cite] >= 0 && !isnan(r->value))
		ql_diag_help(row_fault(l, i, COL_cite, QL_E0705, "a verified number needs its publication"),
			     "write the key of the entry in evidence/references.bib");
}

static const char *role_of(const struct loader *l, const char *trial)
{
	for (int i = 0; i < l->n_trial; i++)
		if (strcmp(l->trial[i], trial) == 0)
			return ql_csv_string(l->roles, i, ql_csv_find(l->roles, "role"), &l->e->arena);
	return "";
}

static void read_value(const struct loader *l, int i, struct ql_trial_row *r)
{
	r->value = NAN;
	r->not_reached = ql_csv_is(l->t, i, l->col[COL_value], "NR");
	if (!r->not_reached && strcmp(r->unit, "text") != 0)
		r->value = number(l, i, COL_value);
	if (isnan(r->value) && !r->not_reached && strcmp(r->unit, "text") != 0)
		ql_diag_help(row_fault(l, i, COL_value, QL_E0701, "the row has no value"),
			     "write NR for a median that was not reached");
}

static void read_row(const struct loader *l, int i, struct ql_trial_row *r)
{
	*r = (struct ql_trial_row){.trial = text(l, i, COL_trial_id),
				   .nct = text(l, i, COL_NCT),
				   .publication = text(l, i, COL_publication),
				   .line = text(l, i, COL_line),
				   .population = text(l, i, COL_population),
				   .treatment = text(l, i, COL_treatment),
				   .comparator = text(l, i, COL_comparator),
				   .endpoint = text(l, i, COL_endpoint),
				   .unit = text(l, i, COL_unit),
				   .subgroup = text(l, i, COL_subgroup),
				   .note = text(l, i, COL_note),
				   .cite = text(l, i, COL_cite),
				   .n_arm = number(l, i, COL_n_arm),
				   .n_comp = number(l, i, COL_n_comp),
				   .lower = number(l, i, COL_lower95),
				   .upper = number(l, i, COL_upper95),
				   .ci_level = number(l, i, COL_ci_level),
				   .followup_mo = number(l, i, COL_followup_mo),
				   .span = ql_csv_span(l->t, i, l->col[COL_value])};
	r->role = role_of(l, r->trial);
	double year = number(l, i, COL_year);
	r->year = isnan(year) ? 0 : (int)year;
	if (!r->subgroup[0])
		r->subgroup = "all";
	r->verified = ql_csv_is(l->t, i, l->col[COL_verified], "yes");
	if (!r->verified && !ql_csv_is(l->t, i, l->col[COL_verified], "no"))
		ql_diag_help(
		    row_fault(l, i, COL_verified, QL_E0701, "`%s` is neither yes nor no", text(l, i, COL_verified)),
		    "yes: the value was read in the source; no: recalled");
	read_value(l, i, r);
	check_ids(l, i, r);
	check_sides(l, i, r);
	check_unit(l, i, r);
	check_interval(l, i, r);
}

static int compare_numbers(double a, double b)
{
	if (isnan(a) || isnan(b))
		return isnan(a) - isnan(b);
	return (a > b) - (a < b);
}

static int compare_rows(const void *x, const void *y)
{
	const struct ql_trial_row *a = *(const struct ql_trial_row *const *)x,
				  *b = *(const struct ql_trial_row *const *)y;
	const char *ka[] = {a->trial,    a->publication, a->treatment, a->comparator,
			    a->endpoint, a->subgroup,    a->line,      a->note};
	const char *kb[] = {b->trial,    b->publication, b->treatment, b->comparator,
			    b->endpoint, b->subgroup,    b->line,      b->note};
	int c = 0;
	for (int k = 0; k < 8 && c == 0; k++)
		c = strcmp(ka[k], kb[k]);
	const double na[] = {a->followup_mo, a->value, a->lower, a->upper},
		     nb[] = {b->followup_mo, b->value, b->lower, b->upper};
	for (int k = 0; k < 4 && c == 0; k++)
		c = compare_numbers(na[k], nb[k]);
	return c ? c : (a->verified > b->verified) - (a->verified < b->verified);
}

static void check_duplicates(const struct loader *l)
{
	int n = l->e->n_row;
	const struct ql_trial_row **order = QL_NEW_N(&l->e->arena, const struct ql_trial_row *, (size_t)n + 1);
	for (int i = 0; i < n; i++)
		order[i] = &l->e->row[i];
	if (n)
		qsort(order, (size_t)n, sizeof *order, compare_rows);
	for (int i = 1; i < n; i++)
		if (compare_rows(&order[i - 1], &order[i]) == 0) {
			struct ql_diag *d =
			    ql_diag_add(l->ds, QL_E0707, order[i]->span, "this row stands in the table twice");
			ql_diag_note(d, order[i - 1]->span, "also here");
		}
}

static char *in_folder(const struct loader *l, const char *name)
{
	return ql_arena_printf(&l->e->arena, "%s/evidence/%s", l->data_dir, name);
}

static enum quell_status read_treatments(struct loader *l)
{
	struct ql_csv *t;
	enum quell_status s = ql_csv_read(&l->e->arena, in_folder(l, "treatments.csv"), NULL, l->ds, &t);
	if (s != QUELL_OK)
		return s;
	int name = ql_csv_column(t, "name", true, l->ds), title = ql_csv_column(t, "title", true, l->ds);
	int components = ql_csv_column(t, "components", true, l->ds);
	if (name < 0 || title < 0 || components < 0)
		return QUELL_ERR_INPUT;
	l->e->treatment = QL_NEW_N(&l->e->arena, struct ql_treatment, (size_t)t->n_row);
	for (int i = 0; i < t->n_row; i++) {
		struct ql_treatment x = {ql_csv_string(t, i, name, &l->e->arena),
					 ql_csv_string(t, i, title, &l->e->arena),
					 ql_csv_string(t, i, components, &l->e->arena)};
		if (ql_evidence_treatment(l->e, x.name))
			ql_diag_add(l->ds, QL_E0704, ql_csv_span(t, i, name), "regimen `%s` is named twice", x.name);
		l->e->treatment[l->e->n_treatment++] = x;
	}
	return QUELL_OK;
}

static enum quell_status read_roles(struct loader *l)
{
	static const char *const roles[] = {"calibration", "validation", "evidence"};
	enum quell_status s = ql_csv_read(&l->e->arena, in_folder(l, "roles.csv"), NULL, l->ds, &l->roles);
	if (s != QUELL_OK)
		return s;
	int trial = ql_csv_column(l->roles, "trial_id", true, l->ds),
	    role = ql_csv_column(l->roles, "role", true, l->ds);
	if (trial < 0 || role < 0)
		return QUELL_ERR_INPUT;
	l->n_trial = l->roles->n_row;
	l->trial = QL_NEW_N(&l->e->arena, const char *, (size_t)l->n_trial);
	for (int i = 0; i < l->n_trial; i++) {
		l->trial[i] = ql_csv_string(l->roles, i, trial, &l->e->arena);
		bool known = false;
		for (int k = 0; k < 3; k++)
			known |= ql_csv_is(l->roles, i, role, roles[k]);
		if (!known)
			ql_diag_help(ql_diag_add(l->ds, QL_E0701, ql_csv_span(l->roles, i, role), "unknown role"),
				     "roles are calibration, validation and evidence");
	}
	return QUELL_OK;
}

static enum quell_status read_trials(struct loader *l)
{
	enum quell_status s = ql_csv_read(&l->e->arena, in_folder(l, "trials.csv"), NULL, l->ds, &l->t);
	if (s != QUELL_OK)
		return s;
	for (int c = 0; c < N_COL; c++)
		l->col[c] = ql_csv_column(l->t, column_name[c], c != COL_cite, l->ds);
	ql_csv_check_columns(l->t, column_name, l->ds);
	if (l->ds->n_errors)
		return QUELL_ERR_INPUT;
	l->e->row = QL_NEW_N(&l->e->arena, struct ql_trial_row, (size_t)l->t->n_row);
	for (int i = 0; i < l->t->n_row; i++)
		read_row(l, i, &l->e->row[i]);
	l->e->n_row = l->t->n_row;
	check_duplicates(l);
	return QUELL_OK;
}

static enum quell_status load(void *arg)
{
	struct loader *l = arg;
	int errors = l->ds->n_errors;
	enum quell_status s =
	    ql_references_read(&l->e->arena, in_folder(l, "references.bib"), l->ds, &l->e->references);
	if (s == QUELL_OK)
		s = read_treatments(l);
	if (s == QUELL_OK)
		s = read_roles(l);
	if (s == QUELL_OK)
		s = read_trials(l);
	return s != QUELL_OK ? s : l->ds->n_errors > errors ? QUELL_ERR_INPUT : QUELL_OK;
}

enum quell_status ql_evidence_load(const char *data_dir, struct ql_diags *ds, struct ql_evidence **out)
{
	*out = NULL;
	struct ql_evidence *e = calloc(1, sizeof *e);
	if (!e)
		return ql_memory_failed();
	struct loader l = {.e = e, .ds = ds, .data_dir = data_dir};
	enum quell_status s = ql_protect(load, &l);
	if (s == QUELL_OK)
		*out = e;
	else
		ql_evidence_free(e);
	return s;
}

void ql_evidence_free(struct ql_evidence *e)
{
	if (!e)
		return;
	ql_arena_free(&e->arena);
	free(e);
}

const struct ql_treatment *ql_evidence_treatment(const struct ql_evidence *e, const char *name)
{
	for (int i = 0; i < e->n_treatment; i++)
		if (strcmp(e->treatment[i].name, name) == 0)
			return &e->treatment[i];
	return NULL;
}

bool ql_evidence_has_trial(const struct ql_evidence *e, const char *trial)
{
	for (int i = 0; i < e->n_row; i++)
		if (strcmp(e->row[i].trial, trial) == 0)
			return true;
	return false;
}
