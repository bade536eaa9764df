/* SPDX-License-Identifier: Apache-2.0 */
#include "base/csv.h"
#include "dosing/item.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct record {
	double time;
	int item;
	struct ql_amount amount;
};

struct writer {
	const struct ql_model *m;
	const struct ql_regimen *r;
	const struct ql_body *body;
	double horizon;
	double (*value)(void *ctx, ql_node node);
	void *ctx;
	const char *id;
	bool header;
	struct ql_buf *out;
	struct ql_arena a;
	struct record *record;
	int n, cap;
	int *input; /* columns of levels */
	double *level;
	int n_input;
};

int ql_dosing_compartment(const struct ql_model *m, int q)
{
	int n = 0;
	for (int i = 0; i <= q && i < m->n_q; i++)
		n += m->q[i].kind == QL_STATE;
	return q >= 0 && q < m->n_q && m->q[q].kind == QL_STATE ? n : 0;
}

static void put_number(struct writer *w, double x)
{
	char text[32];
	ql_buf_printf(w->out, ",%s", ql_format_double(x, text));
}

static void put_compartment(struct writer *w, int dose)
{
	int same = 0;
	for (int i = 0; i < w->m->n_dose; i++)
		same += w->m->dose[i].state == w->m->dose[dose].state;
	if (same == 1) {
		ql_buf_printf(w->out, ",%d", ql_dosing_compartment(w->m, w->m->dose[dose].state));
		return;
	}
	ql_buf_puts(w->out, ",");
	ql_csv_write_cell(w->out, w->m->dose[dose].name, ',');
}

static void put_levels(struct writer *w)
{
	for (int i = 0; i < w->n_input; i++)
		put_number(w, w->level[i]);
	ql_buf_puts(w->out, "\n");
}

static void put_record(struct writer *w, const struct record *rec)
{
	const struct ql_regimen_item *it = &w->r->item[rec->item];
	ql_csv_write_cell(w->out, w->id, ',');
	put_number(w, rec->time);
	if (it->set) {
		for (int i = 0; i < w->n_input; i++)
			if (w->input[i] == it->input)
				w->level[i] = rec->amount.value;
		ql_buf_puts(w->out, ",2,0,0,0,0,0,0,1");
	} else {
		ql_node fn = w->m->dose[it->dose].bioavailability;
		double amount = ql_giving_amount(it, &rec->amount, w->body);
		double f = fn == QL_NO_NODE || !w->value ? 1 : w->value(w->ctx, fn);
		ql_buf_puts(w->out, ",1");
		put_number(w, amount);
		put_compartment(w, it->dose);
		put_number(w, it->over > 0 ? amount * f / it->over : 0);
		ql_buf_puts(w->out, ",0,0,0,1");
	}
	put_levels(w);
}

static int by_time(const void *a, const void *b)
{
	const struct record *x = a, *y = b;
	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x->item - y->item;
}

static void list_inputs(struct writer *w)
{
	w->input = QL_NEW_N(&w->a, int, (size_t)w->r->n_item + 1);
	w->level = QL_NEW_N(&w->a, double, (size_t)w->r->n_item + 1);
	for (int i = 0; i < w->r->n_item; i++) {
		bool known = !w->r->item[i].set;
		for (int k = 0; k < w->n_input && !known; k++)
			known = w->input[k] == w->r->item[i].input;
		if (known)
			continue;
		int q = w->r->item[i].input;
		w->input[w->n_input] = q;
		ql_is_const(&w->m->dag, w->m->q[q].def, &w->level[w->n_input++]);
	}
}

static enum quell_status write(void *arg)
{
	struct writer *w = arg;
	list_inputs(w);
	for (int i = 0; i < w->r->n_item; i++) {
		struct ql_giving g;
		const struct ql_regimen_item *it = &w->r->item[i];
		for (int k = 0; ql_item_giving(it, k, &g) && g.day <= w->horizon; k++) {
			if (!it->set && !(ql_giving_amount(it, &g.amount, w->body) > 0))
				continue;
			if (w->n >= 1000000)
				return QUELL_SOLVE_EVENTS;
			QL_GROW(w->record, w->n, w->cap);
			w->record[w->n++] = (struct record){g.day, i, g.amount};
		}
	}
	if (w->n)
		qsort(w->record, (size_t)w->n, sizeof *w->record, by_time);
	if (w->header) {
		ql_buf_puts(w->out, "ID,TIME,EVID,AMT,CMT,RATE,II,ADDL,SS,MDV");
		for (int i = 0; i < w->n_input; i++) {
			ql_buf_puts(w->out, ",");
			ql_csv_write_cell(w->out, w->m->q[w->input[i]].name, ',');
		}
		ql_buf_puts(w->out, "\n");
	}
	for (int i = 0; i < w->n; i++)
		put_record(w, &w->record[i]);
	return QUELL_OK;
}

enum quell_status ql_regimen_dataset(const struct ql_model *m, const struct ql_regimen *r, const struct ql_body *body,
				     double horizon_day, double (*value)(void *ctx, ql_node node), void *ctx,
				     const char *id, bool header, struct ql_buf *out)
{
	struct writer w = {.m = m, .r = r, .body = body, .horizon = horizon_day, .value = value,
			   .ctx = ctx, .id = id, .header = header, .out = out};
	enum quell_status s = ql_protect(write, &w);
	ql_free(w.record);
	ql_arena_free(&w.a);
	return s;
}
