/* SPDX-License-Identifier: Apache-2.0 */
#include "dosing/schedule.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ACTIONS = 20000 };

struct planning {
	const struct ql_plan *p;
	struct ql_values *v;
	const struct ql_dataset *data;
	struct ql_diags *ds;
	struct ql_action *action;
	int n, cap;
	struct given { /* for the clocks */
		double time, amount;
		int dose;
	} * given;
	int n_given, cap_given;
	bool bad;
};

static void refuse(struct planning *k, int row, int col, const char *what)
{
	struct ql_diag *d = ql_diag_add(k->ds, QL_E0439, ql_csv_span(k->data->table, row, col), "%s cannot be written as events at fixed times", what);
	ql_diag_help(d, "export without `--data`, or with plain doses");
	k->bad = true;
}

static void act(struct planning *k, double time, enum ql_action_kind kind, int q, double value)
{
	if (k->n >= MAX_ACTIONS)
		return;
	QL_GROW(k->action, k->n, k->cap);
	k->action[k->n++] = (struct ql_action){time, value, kind, q};
}

static double value_of(struct planning *k, ql_node n, double otherwise)
{
	return n == QL_NO_NODE ? otherwise : ql_plan_value(k->p, k->v, n);
}

static void give(struct planning *k, const struct ql_record *r)
{
	const struct ql_dose *d = &k->p->m->dose[r->dose];
	double f = value_of(k, d->bioavailability, 1), scale = value_of(k, d->scale, 1), lag = value_of(k, d->lag, 0);
	double rate = r->rate > 0 ? r->rate : r->rate == -1 ? value_of(k, d->modelled_rate, NAN) : 0, duration = 0;
	if (r->rate == -2) {
		duration = value_of(k, d->modelled_duration, NAN);
		rate = r->amt * f * scale / duration;
	} else if (r->rate != 0) {
		duration = r->amt * f / rate;
		rate *= scale;
	}
	if (!isfinite(f * scale * lag * rate * duration) || f < 0 || lag < 0 || rate < 0 || duration < 0) {
		refuse(k, r->row, k->data->col_amt, "a dose whose properties are not finite and positive");
		return;
	}
	for (long i = 0; i <= r->addl && k->n < MAX_ACTIONS; i++) {
		double t = r->time + lag + (double)i * r->ii;
		QL_GROW(k->given, k->n_given, k->cap_given);
		k->given[k->n_given++] = (struct given){t, r->amt, r->dose};
		if (rate == 0) {
			act(k, t, QL_ACT_ADD_STATE, d->state, r->amt * f * scale);
		} else {
			act(k, t, QL_ACT_ADD_RATE, d->rate_input, rate);
			act(k, t + duration, QL_ACT_ADD_RATE, d->rate_input, -rate);
		}
	}
}

static int by_time_given(const void *x, const void *y)
{
	const struct given *a = x, *b = y;
	return (a->time > b->time) - (a->time < b->time);
}

static void clocks(struct planning *k)
{
	const struct ql_model *m = k->p->m;
	double *count = ql_realloc(NULL, (size_t)m->n_q + 1, sizeof *count);
	memset(count, 0, ((size_t)m->n_q + 1) * sizeof *count);
	qsort(k->given, (size_t)k->n_given, sizeof *k->given, by_time_given);
	for (int i = 0; i < k->n_given; i++) {
		const struct ql_dose *d = &m->dose[k->given[i].dose];
		for (int j = 0; j < d->n_clock; j++) {
			int q = d->clock[j].input;
			double n = ++count[q];
			switch (d->clock[j].kind) {
			case QL_CLOCK_LAST: act(k, k->given[i].time, QL_ACT_SET_INPUT, q, k->given[i].time); break;
			case QL_CLOCK_COUNT: act(k, k->given[i].time, QL_ACT_SET_INPUT, q, n); break;
			case QL_CLOCK_AMOUNT: act(k, k->given[i].time, QL_ACT_SET_INPUT, q, k->given[i].amount); break;
			case QL_CLOCK_FIRST:
				if (n == 1)
					act(k, k->given[i].time, QL_ACT_SET_INPUT, q, k->given[i].time);
				break;
			}
		}
	}
	ql_free(count);
}

static void columns(struct planning *k, const struct ql_subject *s)
{
	const struct ql_dataset *d = k->data;
	for (int c = 0; c < d->n_column; c++) {
		int q = d->column_q[c];
		bool input = k->p->m->q[q].kind == QL_INPUT;
		for (int i = s->first; i < s->first + s->n; i++) {
			const double *x = d->value + (size_t)i * (size_t)d->n_column + c;
			bool first = i == s->first, changed = first || *x != *(x - d->n_column);
			if (input && changed)
				act(k, d->record[i].time, QL_ACT_SET_INPUT, q, *x);
			else if (!input && !first && changed) {
				refuse(k, d->record[i].row, -1, "a covariate that changes");
				break;
			}
		}
	}
}

static int by_time(const void *x, const void *y)
{
	const struct ql_action *a = x, *b = y;
	return a->time != b->time ? (a->time > b->time) - (a->time < b->time) : (a->q > b->q) - (a->q < b->q);
}

static enum quell_status plan(void *arg)
{
	struct planning *k = arg;
	const struct ql_subject *s = &k->data->subject[0];
	for (int i = s->first; i < s->first + s->n; i++) {
		const struct ql_record *r = &k->data->record[i];
		if (r->ss)
			refuse(k, r->row, k->data->col_ss, "a steady state");
		else if (r->evid == 3 || r->evid == 4)
			refuse(k, r->row, k->data->col_evid, "a reset");
		else if (r->dose >= 0)
			give(k, r);
	}
	columns(k, s);
	clocks(k);
	if (k->n >= MAX_ACTIONS)
		refuse(k, k->data->record[s->first].row, -1, "more than 20000 doses and changes");
	qsort(k->action, (size_t)k->n, sizeof *k->action, by_time);
	return k->bad ? QUELL_ERR_INPUT : QUELL_OK;
}

enum quell_status ql_schedule_make(const struct ql_plan *p, struct ql_values *v, const struct ql_dataset *data, int subject,
				   struct ql_arena *a, struct ql_diags *ds, struct ql_action **out, int *n)
{
	struct ql_dataset one = *data;
	one.subject = data->subject + subject;
	one.n_subject = 1;
	struct planning k = {.p = p, .v = v, .data = &one, .ds = ds};
	*out = NULL;
	*n = 0;
	enum quell_status s = ql_protect(plan, &k);
	if (s == QUELL_OK) {
		*n = k.n;
		*out = QL_NEW_N(a, struct ql_action, (size_t)k.n + 1);
		if (k.n)
			memcpy(*out, k.action, (size_t)k.n * sizeof *k.action);
	}
	ql_free(k.action);
	ql_free(k.given);
	return s;
}

const char **ql_dataset_active(const struct ql_model *m, const struct ql_dataset *data, struct ql_arena *a, int *n)
{
	bool *used = QL_NEW_N(a, bool, (size_t)m->n_dose + 1);
	size_t most = (size_t)(m->n_dose + data->n_column) + 1;
	for (int i = 0; i < m->n_dose; i++)
		most += (size_t)m->dose[i].n_clock;
	const char **name = QL_NEW_N(a, const char *, most);
	*n = 0;
	for (int i = 0; i < data->n_record; i++)
		if (data->record[i].dose >= 0)
			used[data->record[i].dose] = true;
	for (int i = 0; i < m->n_dose; i++)
		if (used[i]) {
			name[(*n)++] = m->dose[i].name;
			for (int k = 0; k < m->dose[i].n_clock; k++)
				name[(*n)++] = m->q[m->dose[i].clock[k].input].name;
		}
	for (int c = 0; c < data->n_column; c++)
		if (m->q[data->column_q[c]].kind == QL_INPUT)
			name[(*n)++] = m->q[data->column_q[c]].name;
	return name;
}
