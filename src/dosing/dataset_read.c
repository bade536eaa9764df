/* SPDX-License-Identifier: Apache-2.0 */
#include "dosing/dataset.h"
#include "dosing/item.h"
#include <ctype.h>
#include <math.h>
#include <string.h>
#include <strings.h>

struct reader {
	const struct ql_model *m;
	const struct ql_csv *t;
	struct ql_arena *a;
	struct ql_diags *ds;
	struct ql_dataset *out;
	int *column; /* table column of each value column */
	int col_comment;
	int *dose_of; /* CMT number - 1: first dose into that state, -1 none */
	int n_state;
	int id_row; /* where the subject's ID was read */
};

static const char *const data_items[] = {"ID",  "TIME", "EVID", "AMT", "CMT", "RATE", "II",
					 "ADDL", "SS",   "MDV",  "DV",  "C",   NULL};
/* They change what the other items mean. */
static const char *const refused_items[] = {"DATE", "DAT1", "DAT2", "DAT3", "CONT", NULL};

static bool is_in(const char *name, const char *const *list)
{
	for (int i = 0; list[i]; i++)
		if (strcasecmp(name, list[i]) == 0)
			return true;
	return false;
}

static const char *bare_name(const struct ql_quantity *q)
{
	return q->module && *q->module ? q->name + strlen(q->module) + 1 : q->name;
}

/* A covariate or input by its name or last part; exact case wins over any case. -1 none, -2 ambiguous. */
static int find_quantity(const struct ql_model *m, const char *name)
{
	for (int pass = 0; pass < 2; pass++) {
		int found = -1;
		for (int i = 0; i < m->n_q; i++) {
			const struct ql_quantity *q = &m->q[i];
			if (q->kind != QL_COVARIATE && q->kind != QL_INPUT)
				continue;
			bool same = pass ? strcasecmp(q->name, name) == 0 || strcasecmp(bare_name(q), name) == 0
					 : strcmp(q->name, name) == 0 || strcmp(bare_name(q), name) == 0;
			if (same)
				found = found == -1 ? i : -2;
		}
		if (found != -1)
			return found;
	}
	return -1;
}

/* One warning for all columns that nothing reads. */
static void report_unused(struct reader *r, const bool *unused)
{
	struct ql_buf list = {0};
	int first = -1, n = 0;
	for (int c = 0; c < r->t->n_col; c++) {
		if (!unused[c])
			continue;
		first = first < 0 ? c : first;
		if (n < 8)
			ql_buf_printf(&list, "%s`%s`", n ? ", " : "", r->t->name[c]);
		n++;
	}
	if (n) {
		struct ql_diag *d = ql_diag_add(r->ds, QL_E0426, ql_csv_span(r->t, -1, first), "nothing reads the column%s %s%s",
						n > 1 ? "s" : "", list.data, n > 8 ? " and others" : "");
		ql_diag_help(d, "data sets set covariates and inputs of the model; parameters are set with `--set`");
	}
	ql_buf_free(&list);
}

static void read_value_columns(struct reader *r)
{
	struct ql_dataset *out = r->out;
	bool *unused = QL_NEW_N(r->a, bool, (size_t)r->t->n_col);
	out->column_q = QL_NEW_N(r->a, int, (size_t)r->t->n_col);
	r->column = QL_NEW_N(r->a, int, (size_t)r->t->n_col);
	for (int c = 0; c < r->t->n_col; c++) {
		if (is_in(r->t->name[c], data_items) || c == out->col_dur)
			continue;
		if (is_in(r->t->name[c], refused_items)) {
			struct ql_diag *d = ql_diag_add(r->ds, QL_E0420, ql_csv_span(r->t, -1, c), "%s is not supported",
							r->t->name[c]);
			ql_diag_help(d, "give TIME as a number and one record per line");
			continue;
		}
		int q = find_quantity(r->m, r->t->name[c]);
		bool twice = false;
		for (int k = 0; k < out->n_column; k++)
			twice = twice || out->column_q[k] == q;
		if (q >= 0 && !twice) {
			r->column[out->n_column] = c;
			out->column_q[out->n_column++] = q;
			continue;
		}
		unused[c] = true;
	}
	report_unused(r, unused);
}

static bool read_columns(struct reader *r)
{
	struct ql_dataset *o = r->out;
	int errors = r->ds->n_errors;
	o->col_id = ql_csv_column(r->t, "ID", true, r->ds);
	o->col_time = ql_csv_column(r->t, "TIME", true, r->ds);
	o->col_evid = ql_csv_find(r->t, "EVID");
	o->col_amt = ql_csv_find(r->t, "AMT");
	o->col_cmt = ql_csv_find(r->t, "CMT");
	o->col_rate = ql_csv_find(r->t, "RATE");
	o->col_ii = ql_csv_find(r->t, "II");
	o->col_addl = ql_csv_find(r->t, "ADDL");
	o->col_ss = ql_csv_find(r->t, "SS");
	o->col_mdv = ql_csv_find(r->t, "MDV");
	o->col_dur = find_quantity(r->m, "DUR") == -1 ? ql_csv_find(r->t, "DUR") : -1; /* a model may have it as covariate */
	r->col_comment = ql_csv_find(r->t, "C");
	read_value_columns(r);
	return r->ds->n_errors == errors;
}

/* A number; missing counts as 0. */
static bool number(struct reader *r, int row, int col, double *out)
{
	*out = 0;
	if (!ql_csv_number(r->t, row, col, r->ds, out))
		return false;
	if (isnan(*out))
		*out = 0;
	return true;
}

static bool whole(struct reader *r, int row, int col, double low, double high, const char *what, long *out)
{
	double x;
	*out = 0;
	if (!number(r, row, col, &x))
		return false;
	if (x == floor(x) && x >= low && x <= high) {
		*out = (long)x;
		return true;
	}
	struct ql_diag *d = ql_diag_add(r->ds, QL_E0421, ql_csv_span(r->t, row, col), "%s cannot be %g", r->t->name[col], x);
	ql_diag_label(d, "%s", what);
	return false;
}

static bool contradiction(struct reader *r, int row, int col, const char *message, const char *help)
{
	struct ql_diag *d = ql_diag_add(r->ds, QL_E0422, ql_csv_span(r->t, row, col), "%s", message);
	ql_diag_help(d, "%s", help);
	return false;
}

static bool unknown_compartment(struct reader *r, int row, const char *why, const char *help)
{
	int col = r->out->col_cmt;
	struct ql_text cell = col >= 0 ? ql_csv_cell(r->t, row, col) : (struct ql_text){"(no CMT column)", 15};
	struct ql_diag *d = ql_diag_add(r->ds, QL_E0423, ql_csv_span(r->t, row, col), "%s: %.*s", why,
					(int)(cell.n < 60 ? cell.n : 60), cell.s);
	ql_diag_help(d, "%s", help);
	return false;
}

static int dose_into(const struct ql_model *m, int state)
{
	for (int i = 0; i < m->n_dose; i++)
		if (m->dose[i].state == state)
			return i;
	return -1;
}

/* The states in order and the first dose into each. */
static void number_states(struct reader *r)
{
	r->dose_of = QL_NEW_N(r->a, int, (size_t)r->m->n_q);
	for (int i = 0; i < r->m->n_q; i++)
		if (r->m->q[i].kind == QL_STATE)
			r->dose_of[r->n_state++] = dose_into(r->m, i);
}

static bool named_compartment(struct reader *r, int row, int *dose)
{
	char *name = ql_csv_string(r->t, row, r->out->col_cmt, r->a);
	*dose = ql_dosing_find_dose(r->m, name);
	if (*dose >= 0)
		return true;
	int q = ql_model_find(r->m, name);
	*dose = q >= 0 && r->m->q[q].kind == QL_STATE ? dose_into(r->m, q) : -1;
	return *dose >= 0 || unknown_compartment(r, row, "the model takes no dose of this name",
						 "`quell model show` lists doses and states");
}

/* The dose that CMT means. Without CMT: the model's only or first dose, as NONMEM's default dose compartment. */
static bool read_dose(struct reader *r, int row, int *dose)
{
	int col = r->out->col_cmt;
	*dose = 0;
	if (!r->m->n_dose)
		return unknown_compartment(r, row, "the model takes no doses", "declare `dose NAME : UNIT into STATE`");
	if (col < 0 || ql_csv_is_missing(r->t, row, col))
		return true;
	struct ql_text cell = ql_csv_cell(r->t, row, col);
	double x;
	if (!ql_parse_double(cell.s, cell.n, &x))
		return named_compartment(r, row, dose);
	if (x == 0)
		return true;
	if (x < 0 && x == floor(x))
		return unknown_compartment(r, row, "turning compartments off is not supported",
					   "leave the compartment on, or give a reset with EVID 3");
	if (x != floor(x) || x > r->n_state)
		return unknown_compartment(r, row, "the model has no such compartment",
					   ql_arena_printf(r->a, "its states are numbered from 1 to %d", r->n_state));
	*dose = r->dose_of[(int)x - 1];
	return *dose >= 0 || unknown_compartment(r, row, "this compartment takes no dose",
						 "declare `dose NAME : UNIT into STATE` for it");
}

/* DUR is RATE -2 with the duration in the record. */
static bool take_duration(struct reader *r, int row, struct ql_record *x)
{
	int col = r->out->col_dur;
	if (x->dur == 0)
		return true;
	if (x->dur < 0 || x->rate != 0)
		return contradiction(r, row, col, x->dur < 0 ? "an infusion cannot be shorter than 0" : "both DUR and RATE are set",
				     "give one of them: DUR, the time an infusion takes, or RATE");
	x->rate = -2;
	return true;
}

static bool check_dose(struct reader *r, int row, const struct ql_record *x)
{
	const struct ql_dataset *o = r->out;
	bool constant = x->ss && x->amt == 0 && x->rate != 0 && x->ii == 0;
	if (x->amt < 0)
		return contradiction(r, row, o->col_amt, "a dose cannot be negative", "give the amount as a positive number");
	if (x->rate < 0 && x->rate != -1 && x->rate != -2)
		return contradiction(r, row, o->col_rate, "RATE is 0, above 0, -1 (modelled rate) or -2 (modelled duration)",
				     "correct the rate");
	if (x->amt == 0 && !constant)
		return contradiction(r, row, o->col_amt, "a dose needs an amount",
				     x->evid == 4 ? "for a reset without dose write EVID 3"
						  : "AMT may be 0 only for a constant infusion at steady state "
						    "(RATE above 0, SS 1, II 0)");
	if (constant && x->rate == -2)
		return contradiction(r, row, o->col_rate, "a constant infusion has no duration",
				     "give its RATE, or -1 for a modelled rate");
	if (constant && x->addl)
		return contradiction(r, row, o->col_addl, "a constant infusion has no additional doses", "set ADDL to 0");
	if (x->ii < 0)
		return contradiction(r, row, o->col_ii, "II cannot be negative", "give the interval between doses");
	if (x->addl && x->ii == 0)
		return contradiction(r, row, o->col_addl, "ADDL needs the interval II", "set II, or ADDL to 0");
	if (x->ss && x->ii == 0 && !constant)
		return contradiction(r, row, o->col_ss, "SS needs the interval II",
				     "set II; a constant infusion has AMT 0, RATE above 0 and II 0");
	return true;
}

static bool check_no_dose(struct reader *r, int row, const struct ql_record *x)
{
	const struct ql_dataset *o = r->out;
	const char *help = "set it to 0, or EVID to 1 (dose) or 4 (reset and dose)";
	const struct {
		bool set;
		int col;
	} item[] = {{x->amt != 0, o->col_amt}, {x->rate != 0, o->col_rate}, {x->ss != 0, o->col_ss},
		    {x->addl != 0, o->col_addl}};
	for (int i = 0; i < 4; i++)
		if (item[i].set)
			return contradiction(r, row, item[i].col,
					     ql_arena_printf(r->a, "%s is set in a record that gives no dose",
							     r->t->name[item[i].col]),
					     help);
	return true;
}

/* EVID 2 and 3 with a negative CMT would turn a compartment off. */
static bool check_no_switch(struct reader *r, int row, int evid)
{
	double x;
	int col = r->out->col_cmt;
	struct ql_text cell = col >= 0 ? ql_csv_cell(r->t, row, col) : (struct ql_text){"", 0};
	return evid == 0 || !ql_parse_double(cell.s, cell.n, &x) || x >= 0 ||
	       unknown_compartment(r, row, "turning compartments off is not supported",
				   "leave the compartment on, or give a reset with EVID 3");
}

static bool check_time(struct reader *r, int row, const struct ql_record *x, const struct ql_record *before)
{
	if (!before || x->time >= before->time || x->evid >= 3)
		return true;
	struct ql_diag *d = ql_diag_add(r->ds, QL_E0424, ql_csv_span(r->t, row, r->out->col_time),
					"TIME goes from %g back to %g", before->time, x->time);
	ql_diag_help(d, "sort the records of a subject by TIME; only EVID 3 and 4 may go back");
	return false;
}

static bool read_record(struct reader *r, int row, const struct ql_record *before, struct ql_record *x)
{
	struct ql_dataset *o = r->out;
	long evid = 0, ss = 0, mdv;
	*x = (struct ql_record){.row = row, .dose = -1};
	bool ok = ql_csv_number_required(r->t, row, o->col_time, r->ds, &x->time);
	ok = number(r, row, o->col_amt, &x->amt) && ok;
	ok = number(r, row, o->col_rate, &x->rate) && ok;
	ok = number(r, row, o->col_ii, &x->ii) && ok;
	ok = number(r, row, o->col_dur, &x->dur) && ok;
	ok = whole(r, row, o->col_addl, 0, 1e9, "a whole number of additional doses", &x->addl) && ok;
	ok = whole(r, row, o->col_ss, 0, 2, "0, 1 (steady state after reset) or 2 (added to what is there)", &ss) && ok;
	ok = whole(r, row, o->col_mdv, 0, 1, "0 or 1", &mdv) && ok;
	ok = whole(r, row, o->col_evid, 0, 4, "0 observation, 1 dose, 2 other, 3 reset, 4 reset and dose", &evid) && ok;
	if (!ok)
		return false;
	x->ss = (int)ss;
	x->evid = (int)evid;
	if (o->col_evid < 0 && (x->amt != 0 || x->rate != 0 || x->ss || x->addl || x->ii != 0))
		x->evid = 1;
	if (x->evid == 1 || x->evid == 4) {
		ok = take_duration(r, row, x);
		ok = check_dose(r, row, x) && ok;
		ok = read_dose(r, row, &x->dose) && ok;
	} else {
		ok = check_no_dose(r, row, x);
		ok = check_no_switch(r, row, x->evid) && ok;
	}
	if (ok && x->rate < 0 && x->dur == 0) {
		const struct ql_dose *d = &r->m->dose[x->dose];
		if ((x->rate == -1 ? d->modelled_rate : d->modelled_duration) == QL_NO_NODE) {
			struct ql_diag *g = ql_diag_add(r->ds, QL_E0425, ql_csv_span(r->t, row, o->col_rate),
							"the model gives no %s for `%s`", x->rate == -1 ? "rate" : "duration",
							d->name);
			ql_diag_help(g, "add `%s(%s) = ...` to the model", x->rate == -1 ? "rate" : "dur", d->name);
			ok = false;
		}
	}
	return check_time(r, row, x, before) && ok;
}

static bool in_range(struct reader *r, int row, int c, double x)
{
	const struct ql_quantity *q = &r->m->q[r->out->column_q[c]];
	bool ok = !q->n_allowed && x >= q->lo && x <= q->hi;
	for (int i = 0; i < q->n_allowed; i++)
		ok = ok || q->allowed[i] == x;
	if (ok)
		return true;
	struct ql_diag *d = ql_diag_add(r->ds, QL_E0421, ql_csv_span(r->t, row, r->column[c]),
					"`%s` cannot be %g in this model", q->name, x);
	if (q->n_allowed)
		ql_diag_help(d, "the model lists the values that it accepts");
	else
		ql_diag_help(d, "the model accepts %g to %g", q->lo, q->hi);
	return false;
}

/* Values of covariate and input columns; a missing one keeps the value before it. */
static bool read_values(struct reader *r, int row, bool first)
{
	struct ql_dataset *o = r->out;
	double *value = o->value + (size_t)o->n_record * (size_t)o->n_column;
	bool ok = true;
	for (int c = 0; c < o->n_column; c++) {
		double x;
		if (!ql_csv_number(r->t, row, r->column[c], r->ds, &x)) {
			ok = false;
		} else if (!isnan(x)) {
			ok = in_range(r, row, c, x) && ok;
			value[c] = x;
		} else if (!first) {
			value[c] = value[c - o->n_column];
		} else if (r->m->q[o->column_q[c]].kind == QL_INPUT) {
			ql_is_const(&r->m->dag, r->m->q[o->column_q[c]].def, &value[c]);
		} else {
			struct ql_diag *d = ql_diag_add(r->ds, QL_E0427, ql_csv_span(r->t, row, r->column[c]),
							"the first record has no value for `%s`", r->t->name[r->column[c]]);
			ql_diag_help(d, "fill it in; later records may leave it out");
			ok = false;
		}
	}
	return ok;
}

static void start_subject(struct reader *r, int row)
{
	struct ql_dataset *o = r->out;
	struct ql_subject *s = &o->subject[o->n_subject++];
	r->id_row = row;
	*s = (struct ql_subject){ql_csv_string(r->t, row, o->col_id, r->a), o->n_record, 0};
}

/* One warning for the first ID that comes back. */
static void check_repeats(struct reader *r)
{
	struct ql_dataset *o = r->out;
	size_t size = 16;
	while (size < 2 * (size_t)o->n_subject)
		size *= 2;
	int *slot = QL_NEW_N(r->a, int, size);
	for (int i = 0; i < o->n_subject; i++) {
		size_t at = ql_hash_str(o->subject[i].id) & (size - 1);
		for (; slot[at]; at = (at + 1) & (size - 1)) {
			const struct ql_subject *other = &o->subject[slot[at] - 1];
			if (strcmp(other->id, o->subject[i].id) != 0)
				continue;
			struct ql_diag *d = ql_diag_add(
				r->ds, QL_E0428, ql_csv_span(r->t, o->record[o->subject[i].first].row, o->col_id),
				"ID %s comes back after another ID", o->subject[i].id);
			ql_diag_note(d, ql_csv_span(r->t, o->record[other->first].row, o->col_id), "it stood here before");
			ql_diag_help(d, "keep the records of a subject together, or take the second block as a new subject");
			return;
		}
		slot[at] = i + 1;
	}
}

static enum quell_status read_rows(struct reader *r)
{
	struct ql_dataset *o = r->out;
	size_t n = (size_t)r->t->n_row;
	int errors = r->ds->n_errors;
	o->record = QL_NEW_N(r->a, struct ql_record, n);
	o->subject = QL_NEW_N(r->a, struct ql_subject, n);
	o->value = QL_NEW_N(r->a, double, n * (size_t)o->n_column);
	for (int row = 0; row < r->t->n_row; row++) {
		if (ql_csv_is(r->t, row, r->col_comment, "C"))
			continue;
		if (ql_csv_is_missing(r->t, row, o->col_id)) {
			ql_diag_add(r->ds, QL_E0421, ql_csv_span(r->t, row, o->col_id), "ID is missing");
			continue;
		}
		bool first = !o->n_subject || !ql_csv_same(r->t, row, r->id_row, o->col_id);
		if (first)
			start_subject(r, row);
		struct ql_subject *s = &o->subject[o->n_subject - 1];
		bool values = read_values(r, row, s->n == 0);
		if (!read_record(r, row, s->n ? &o->record[o->n_record - 1] : NULL, &o->record[o->n_record]) || !values)
			continue;
		o->n_record++;
		s->n++;
	}
	if (r->ds->n_errors > errors)
		return QUELL_ERR_INPUT;
	if (!o->n_record) {
		struct ql_diag *d = ql_diag_add(r->ds, QL_E0420, (struct ql_span){r->t->file, 1, 1, 0}, "the data set has no records");
		ql_diag_help(d, "the first line names the columns, each further line is one record");
		return QUELL_ERR_INPUT;
	}
	check_repeats(r);
	return QUELL_OK;
}

struct load {
	struct reader r;
	const char *path;             /* NULL: r.out->table is there */
	const struct ql_source *text; /* in place of the file at path */
};

static enum quell_status load(void *arg)
{
	struct load *l = arg;
	struct reader *r = &l->r;
	const struct ql_csv_options options = {.any_case = true};
	enum quell_status s = QUELL_OK;
	if (l->text)
		s = ql_csv_parse(r->a, l->text, &options, r->ds, &r->out->table);
	else if (l->path)
		s = ql_csv_read(r->a, l->path, &options, r->ds, &r->out->table);
	if (s != QUELL_OK)
		return s;
	r->t = r->out->table;
	number_states(r);
	return read_columns(r) ? read_rows(r) : QUELL_ERR_INPUT;
}

enum quell_status ql_dataset_read(const struct ql_model *m, const char *path, struct ql_arena *a, struct ql_diags *ds,
				  struct ql_dataset *out)
{
	struct load l = {.r = {.m = m, .a = a, .ds = ds, .out = out}, .path = path};
	*out = (struct ql_dataset){0};
	return ql_protect(load, &l);
}

enum quell_status ql_dataset_parse(const struct ql_model *m, const struct ql_source *text, struct ql_arena *a, struct ql_diags *ds,
				   struct ql_dataset *out)
{
	struct load l = {.r = {.m = m, .a = a, .ds = ds, .out = out}, .text = text};
	*out = (struct ql_dataset){0};
	return ql_protect(load, &l);
}

enum quell_status ql_dataset_take(const struct ql_model *m, struct ql_csv *table, struct ql_arena *a, struct ql_diags *ds,
				  struct ql_dataset *out)
{
	struct load l = {.r = {.m = m, .a = a, .ds = ds, .out = out}};
	*out = (struct ql_dataset){.table = table};
	return ql_protect(load, &l);
}
