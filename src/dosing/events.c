/* SPDX-License-Identifier: Apache-2.0 */
#include "dosing/item.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_EVENTS = 1000000 };

struct maker {
	const struct ql_model *m;
	const struct ql_regimen *r;
	const struct ql_body *body;
	double start, horizon;
	double (*value)(void *ctx, ql_node node);
	void *ctx;
	struct ql_events *out;
	enum quell_status status;
	double *given; /* per input: doses so far that set it; heap */
};

static double node_or(struct maker *k, ql_node n, double otherwise)
{
	return n == QL_NO_NODE ? otherwise : k->value(k->ctx, n);
}

static void add(struct maker *k, struct ql_event e)
{
	if (!isfinite(e.time_day) || !isfinite(e.amount)) {
		k->status = QUELL_ERR_NUMERIC;
		return;
	}
	if (e.time_day > k->horizon)
		return;
	if (k->out->n >= MAX_EVENTS) {
		k->status = QUELL_SOLVE_EVENTS;
		return;
	}
	QL_GROW(k->out->item, k->out->n, k->out->cap);
	k->out->item[k->out->n++] = e;
}

/* One dose: bolus, or start and end of an infusion. `over` fixes the duration, so bioavailability acts on the rate. */
static void add_dose(struct maker *k, int item, const struct ql_giving *g, double scale, double f, double lag)
{
	const struct ql_regimen_item *it = &k->r->item[item];
	const struct ql_dose *d = &k->m->dose[it->dose];
	double prescribed = ql_giving_amount(it, &g->amount, k->body);
	double amount = prescribed * scale * f;
	if (!(amount >= 0)) {
		k->status = QUELL_ERR_NUMERIC;
		return;
	}
	if (!(amount > 0))
		return;
	struct ql_event e = {.time_day = k->start + g->day + lag, .dose = item, .cycle = g->cycle, .prescribed = prescribed};
	if (!(it->over > 0)) {
		e.kind = QL_EV_BOLUS;
		e.quantity = d->state;
		e.amount = amount;
		add(k, e);
		return;
	}
	e.kind = QL_EV_RATE;
	e.quantity = d->rate_input;
	e.amount = amount / it->over;
	add(k, e);
	e.time_day += it->over;
	e.amount = -e.amount;
	add(k, e);
}

static void add_level(struct maker *k, int item, const struct ql_giving *g)
{
	const struct ql_regimen_item *it = &k->r->item[item];
	add(k, (struct ql_event){.time_day = k->start + g->day,
				 .kind = QL_EV_SET,
				 .quantity = it->input,
				 .amount = g->amount.value,
				 .dose = item,
				 .cycle = g->cycle,
				 .prescribed = g->amount.value});
}

static void add_item(struct maker *k, int item)
{
	const struct ql_regimen_item *it = &k->r->item[item];
	double scale = 1, f = 1, lag = 0;
	if (!it->set) {
		const struct ql_dose *d = &k->m->dose[it->dose];
		scale = node_or(k, d->scale, 1);
		f = node_or(k, d->bioavailability, 1);
		lag = node_or(k, d->lag, 0);
		if (!(lag >= 0))
			k->status = QUELL_ERR_NUMERIC;
	}
	struct ql_giving g;
	for (int i = 0; k->status == QUELL_OK && ql_item_giving(it, i, &g) && k->start + g.day <= k->horizon; i++) {
		if (it->set)
			add_level(k, item, &g);
		else
			add_dose(k, item, &g, scale, f, lag);
	}
}

static void add_marks(struct maker *k)
{
	const struct ql_regimen *r = k->r;
	struct ql_event e = {.kind = QL_EV_MARK, .quantity = -1, .dose = -1};
	bool open = r->cycle_days > 0 && r->continuous && r->n_cycle == 0;
	for (int c = 1; k->status == QUELL_OK && (open || c <= r->n_cycle); c++) {
		e.time_day = k->start + (c - 1) * r->cycle_days;
		e.cycle = c;
		if (e.time_day > k->horizon)
			break;
		add(k, e);
	}
	if (isinf(r->end_day))
		return;
	e.time_day = k->start + r->end_day;
	e.cycle = 0;
	add(k, e);
}

/* Rank at one time: cycle marks, ends of infusions, the rest in file order, the end of treatment. */
static int rank(const struct ql_event *e)
{
	if (e->kind == QL_EV_MARK)
		return e->cycle ? 0 : 3;
	return e->kind == QL_EV_RATE && e->amount < 0 ? 1 : 2;
}

static int by_time(const void *a, const void *b)
{
	const struct ql_event *x = a, *y = b;
	if (x->time_day != y->time_day)
		return x->time_day < y->time_day ? -1 : 1;
	int order = rank(x) - rank(y);
	return order ? order : x->dose - y->dose;
}

/* Insertion: lists are short and nearly in order; a long one goes to the library. Equal events are never told apart,
 * because an item gives at most one dose at a time. */
static void sort(struct ql_event *e, int n)
{
	if (n > 512) {
		qsort(e, (size_t)n, sizeof *e, by_time);
		return;
	}
	for (int i = 1; i < n; i++) {
		struct ql_event x = e[i];
		int k = i;
		for (; k > 0 && by_time(&e[k - 1], &x) > 0; k--)
			e[k] = e[k - 1];
		e[k] = x;
	}
}

static bool is_dose(const struct ql_event *e)
{
	return e->kind == QL_EV_BOLUS || (e->kind == QL_EV_RATE && e->amount > 0);
}

static bool has_clocks(const struct maker *k)
{
	for (int i = 0; i < k->r->n_item; i++)
		if (!k->r->item[i].set && k->m->dose[k->r->item[i].dose].n_clock)
			return true;
	return false;
}

/* What the model wants to know of doses given so far (time of the last one, and so on) is set with each dose. */
static void add_clocks(struct maker *k)
{
	int n = k->out->n;
	if (!has_clocks(k))
		return;
	k->given = ql_realloc(NULL, (size_t)k->m->n_q + 1, sizeof *k->given);
	memset(k->given, 0, (size_t)k->m->n_q * sizeof *k->given);
	for (int i = 0; i < n && k->status == QUELL_OK; i++) {
		struct ql_event set = k->out->item[i];
		if (!is_dose(&set))
			continue;
		const struct ql_dose *d = &k->m->dose[k->r->item[set.dose].dose];
		double prescribed = set.prescribed, t = set.time_day;
		set.kind = QL_EV_SET;
		for (int c = 0; c < d->n_clock; c++) {
			enum ql_clock_kind kind = d->clock[c].kind;
			double count = ++k->given[d->clock[c].input];
			set.quantity = d->clock[c].input;
			set.amount = kind == QL_CLOCK_COUNT ? count : kind == QL_CLOCK_AMOUNT ? prescribed : t;
			if (kind != QL_CLOCK_FIRST || count == 1)
				add(k, set);
		}
	}
	sort(k->out->item, k->out->n);
}

static enum quell_status make(void *arg)
{
	struct maker *k = arg;
	add_marks(k);
	for (int i = 0; i < k->r->n_item && k->status == QUELL_OK; i++)
		add_item(k, i);
	sort(k->out->item, k->out->n);
	add_clocks(k);
	return k->status;
}

enum quell_status ql_regimen_events(const struct ql_model *m, const struct ql_regimen *r, const struct ql_body *body,
				    double start_day, double horizon_day, double (*value)(void *ctx, ql_node node),
				    void *ctx, struct ql_events *out)
{
	struct maker k = {m, r, body, start_day, horizon_day, value, ctx, out, QUELL_OK, NULL};
	enum quell_status s = ql_protect(make, &k);
	ql_free(k.given);
	return s;
}

void ql_events_free(struct ql_events *e)
{
	ql_free(e->item);
	*e = (struct ql_events){0};
}
