/* SPDX-License-Identifier: Apache-2.0 */
/* What the records of one subject do: doses, infusions, resets, steady states, covariates, observations. */
#include "dosing/dataset_run.h"
#include <math.h>

enum { MAX_OVERLAP = 1000000 }; /* infusions of one steady-state regimen at once */

static const struct ql_record *record_at(const struct ql_live *l, int i) { return &l->sim->data->record[i]; }

static const double *values_at(const struct ql_live *l, int i)
{
	return l->sim->data->value + (size_t)i * (size_t)l->sim->data->n_column;
}

static double *slot(const struct ql_live *l, const struct ql_lane *lane, int quantity)
{
	int p = l->sim->plan->p_of_q[quantity];
	return p < 0 ? NULL : &lane->p[p * lane->stride];
}

void ql_live_fail(struct ql_live *l, enum quell_status status, enum ql_code reason, double t)
{
	if (l->dead)
		return;
	l->dead = true;
	l->sim->status[l->subject] = status;
	l->sim->reason[l->subject] = reason;
	l->sim->when[l->subject] = t;
}

/* --- covariates and inputs --- */

/* Puts the line of the covariates from record i to the next into the hidden inputs. */
static void set_lines(struct ql_live *l, struct ql_lane *lane, int i)
{
	const struct ql_dataset_sim *s = l->sim;
	for (int k = 0; k < s->n_vary; k++) {
		const struct ql_vary *v = &s->vary[k];
		double at = values_at(l, i)[s->vary_column[k]], slope = 0;
		if (i + 1 < l->end && record_at(l, i + 1)->time > record_at(l, i)->time)
			slope = (values_at(l, i + 1)[s->vary_column[k]] - at) /
				(record_at(l, i + 1)->time - record_at(l, i)->time);
		const int q[3] = {v->base, v->slope, v->from};
		const double x[3] = {at, slope, record_at(l, i)->time};
		for (int n = 0; n < 3; n++) {
			l->v.q[q[n]] = x[n];
			if (slot(l, lane, q[n]))
				*slot(l, lane, q[n]) = x[n];
		}
	}
}

/* Covariates of record i act from now on. */
static bool set_covariates(struct ql_live *l, int i)
{
	const struct ql_dataset *d = l->sim->data;
	bool changed = false;
	for (int c = 0; c < d->n_column; c++) {
		int q = d->column_q[c];
		double x = values_at(l, i)[c];
		if (l->sim->plan->m->q[q].kind == QL_COVARIATE && l->v.q[q] != x) {
			l->v.q[q] = x;
			changed = true;
		}
	}
	return changed;
}

static void set_inputs(struct ql_live *l, struct ql_lane *lane, int i)
{
	const struct ql_dataset *d = l->sim->data;
	for (int c = 0; c < d->n_column; c++) {
		int q = d->column_q[c];
		if (l->sim->plan->m->q[q].kind != QL_INPUT)
			continue;
		l->v.q[q] = values_at(l, i)[c];
		if (slot(l, lane, q))
			*slot(l, lane, q) = l->v.q[q];
	}
}

static void use_covariates(struct ql_live *l, struct ql_lane *lane, int i)
{
	if (set_covariates(l, i))
		ql_plan_patient_constants(l->sim->plan, &l->v, lane->p, lane->stride);
}

/* --- infusions --- */

/* The rate into a dose, summed anew over its streams. */
static void sum_rates(struct ql_live *l, struct ql_lane *lane, int dose)
{
	double rate = 0;
	for (int i = 0; i < l->n_stream; i++)
		if (l->stream[i].dose == dose)
			rate += l->stream[i].rate * l->stream[i].count;
	int p = l->sim->rate_slot[dose];
	if (p >= 0)
		lane->p[p * lane->stride] = rate;
}

/* The stream of a dose and rate; one that has run dry is used again. */
static int find_stream(struct ql_live *l, int dose, double rate)
{
	int dry = -1;
	for (int i = 0; i < l->n_stream; i++) {
		if (l->stream[i].dose == dose && l->stream[i].rate == rate)
			return i;
		if (l->stream[i].count == 0)
			dry = i;
	}
	if (dry < 0) {
		QL_GROW(l->stream, l->n_stream, l->cap_stream);
		dry = l->n_stream++;
	}
	l->stream[dry] = (struct ql_stream){dose, 0, rate};
	return dry;
}

static bool before(const struct ql_ending *a, const struct ql_ending *b)
{
	return a->time != b->time ? a->time < b->time : a->stream < b->stream;
}

static void push_ending(struct ql_live *l, struct ql_ending x)
{
	QL_GROW(l->ending, l->n_ending, l->cap_ending);
	int i = l->n_ending++;
	for (; i > 0 && before(&x, &l->ending[(i - 1) / 2]); i = (i - 1) / 2)
		l->ending[i] = l->ending[(i - 1) / 2];
	l->ending[i] = x;
}

static struct ql_ending pop_ending(struct ql_live *l)
{
	struct ql_ending top = l->ending[0], x = l->ending[--l->n_ending];
	int i = 0;
	for (int child = 1; child < l->n_ending; child = 2 * i + 1) {
		if (child + 1 < l->n_ending && before(&l->ending[child + 1], &l->ending[child]))
			child++;
		if (!before(&l->ending[child], &x))
			break;
		l->ending[i] = l->ending[child];
		i = child;
	}
	l->ending[i] = x;
	return top;
}

static void start_infusion(struct ql_live *l, struct ql_lane *lane, int dose, double rate, double end)
{
	int s = find_stream(l, dose, rate);
	l->stream[s].count++;
	push_ending(l, (struct ql_ending){end, s});
	sum_rates(l, lane, dose);
}

static bool end_infusions(struct ql_live *l, struct ql_lane *lane)
{
	bool any = false;
	while (l->n_ending && l->ending[0].time <= lane->t) {
		struct ql_ending e = pop_ending(l);
		l->stream[e.stream].count--;
		sum_rates(l, lane, l->stream[e.stream].dose);
		any = true;
	}
	return any;
}

/* --- doses --- */

/* What the model wants to know of doses (time of the last one, and so on). */
static void set_clocks(struct ql_live *l, struct ql_lane *lane, const struct ql_train *x, double t)
{
	const struct ql_dose *d = &l->sim->plan->m->dose[x->dose];
	for (int i = 0; i < d->n_clock; i++) {
		int input = d->clock[i].input;
		double *q = &l->v.q[input];
		bool keep = d->clock[i].kind == QL_CLOCK_FIRST && l->clock_set[input];
		*q = d->clock[i].kind == QL_CLOCK_COUNT	   ? *q + 1
		     : d->clock[i].kind == QL_CLOCK_AMOUNT ? x->prescribed
		     : keep				   ? *q
							   : t;
		l->clock_set[input] = true;
		if (slot(l, lane, d->clock[i].input))
			*slot(l, lane, d->clock[i].input) = *q;
	}
}

static void arrive(struct ql_live *l, struct ql_lane *lane, const struct ql_train *x)
{
	set_clocks(l, lane, x, x->time);
	int s = l->sim->state_slot[x->dose];
	bool too_short = lane->t + x->duration <= lane->t; /* for the clock: the amount arrives at once */
	if (x->rate > 0 && !too_short)
		start_infusion(l, lane, x->dose, x->rate, lane->t + x->duration);
	else if (s >= 0)
		lane->y[s * lane->stride] += x->rate > 0 ? x->rate * x->duration : x->bolus;
}

static bool arrivals(struct ql_live *l, struct ql_lane *lane)
{
	bool any = false;
	for (int i = 0; i < l->n_train; i++) {
		struct ql_train *x = &l->train[i];
		while (x->time <= lane->t && x->left >= 0) {
			arrive(l, lane, x);
			any = true;
			x->left--;
			x->time += x->ii;
		}
	}
	int kept = 0;
	for (int i = 0; i < l->n_train; i++)
		if (l->train[i].left >= 0)
			l->train[kept++] = l->train[i];
	l->n_train = kept;
	return any;
}

static double dose_value(struct ql_live *l, ql_node n, double otherwise)
{
	return n == QL_NO_NODE ? otherwise : ql_plan_value(l->sim->plan, &l->v, n);
}

/* Amount, rate and duration of a dose record; false if the model gives impossible dose parameters. */
static bool describe(struct ql_live *l, const struct ql_record *r, struct ql_train *x, double *lag)
{
	const struct ql_dose *d = &l->sim->plan->m->dose[r->dose];
	double f = dose_value(l, d->bioavailability, 1), scale = dose_value(l, d->scale, 1);
	*lag = dose_value(l, d->lag, 0);
	*x = (struct ql_train){.dose = r->dose, .left = r->addl, .ii = r->ii, .prescribed = r->amt};
	if (!(f >= 0 && isfinite(f) && *lag >= 0 && isfinite(*lag) && isfinite(scale)))
		return false;
	if (r->rate == 0) {
		x->bolus = r->amt * f * scale;
		return true;
	}
	if (r->rate == -2) {
		x->duration = r->dur > 0 ? r->dur : dose_value(l, d->modelled_duration, NAN);
		x->rate = r->amt * f * scale / x->duration;
		return x->duration > 0 && isfinite(x->duration);
	}
	double rate = r->rate > 0 ? r->rate : dose_value(l, d->modelled_rate, NAN);
	x->duration = r->amt * f / rate;
	x->rate = rate * scale;
	return rate > 0 && isfinite(rate);
}

static void clear_clocks(struct ql_live *l)
{
	const struct ql_model *m = l->sim->plan->m;
	for (int i = 0; i < m->n_dose; i++)
		for (int k = 0; k < m->dose[i].n_clock; k++) {
			l->v.q[m->dose[i].clock[k].input] = 0;
			l->clock_set[m->dose[i].clock[k].input] = false;
		}
}

static void reset(struct ql_live *l, struct ql_lane *lane)
{
	l->n_train = 0;
	l->n_stream = 0;
	l->n_ending = 0;
	clear_clocks(l);
	ql_plan_patient(l->sim->plan, &l->v, lane->p, lane->y, lane->stride);
}

static void copy_in(struct ql_dataset_thread *w, const struct ql_lane *lane, double *y, double *p)
{
	for (int i = 0; y && i < w->sim->plan->n_state; i++)
		y[i] = lane->y[i * lane->stride];
	for (int i = 0; p && i < w->sim->plan->n_p; i++)
		p[i] = lane->p[i * lane->stride];
}

/* The steady state of the record's own regimen alone, from the initial state, into w->y. */
static enum quell_status settle(struct ql_dataset_thread *w, struct ql_live *l, struct ql_lane *lane,
				const struct ql_train *x, double lag, double *since)
{
	struct ql_steady *s = w->steady;
	struct ql_lane own = {.stride = 1, .t = lane->t, .y = w->y, .p = s->p};
	int slots = l->sim->rate_slot[x->dose];
	s->v = &l->v;
	enum quell_status status = ql_plan_patient(l->sim->plan, &l->v, own.p, own.y, 1);
	if (status != QUELL_OK)
		return status;
	if (x->ii == 0)
		return ql_steady_constant(s, slots, x->rate, lane->t, own.y);
	if (x->duration > MAX_OVERLAP * x->ii)
		return QUELL_SOLVE_EVENTS;
	double phase = fmod(lag, x->ii);
	*since = phase > 0 ? x->ii - phase : x->ii;
	const struct ql_steady_dose d = {.ii = x->ii,
					 .t_end = lane->t,
					 .since = *since,
					 .state = x->rate > 0 ? -1 : l->sim->state_slot[x->dose],
					 .bolus = x->bolus,
					 .rate_slot = x->rate > 0 ? slots : -1,
					 .rate = x->rate,
					 .duration = x->duration,
					 .clock = l->sim->plan->m->dose[x->dose].clock,
					 .n_clock = l->sim->plan->m->dose[x->dose].n_clock,
					 .prescribed = x->prescribed};
	return ql_steady_periodic(s, &d, own.y);
}

/* Infusions of the regimen's earlier doses that still run at the record, and lagged doses that are still to come. */
static void carry_over(struct ql_live *l, struct ql_lane *lane, const struct ql_train *x, double lag, double since)
{
	for (double ago = since; x->rate > 0 && x->ii > 0 && ago < x->duration; ago += x->ii)
		if (lane->t - ago + x->duration > lane->t)
			start_infusion(l, lane, x->dose, x->rate, lane->t - ago + x->duration);
	long pending = x->ii > 0 ? lround((lag - (x->ii - since)) / x->ii) : 0;
	if (pending <= 0)
		return;
	QL_GROW(l->train, l->n_train, l->cap_train);
	struct ql_train *more = &l->train[l->n_train++];
	*more = *x;
	more->left = pending - 1;
	more->time = lane->t + x->ii - since;
}

static bool steady_state(struct ql_dataset_thread *w, struct ql_live *l, struct ql_lane *lane,
			 const struct ql_record *r, const struct ql_train *x, double lag)
{
	double since = x->ii;
	if (r->ss == 1)
		reset(l, lane);
	enum quell_status status = settle(w, l, lane, x, lag, &since);
	if (status != QUELL_OK) {
		ql_live_fail(l, status, status == QUELL_ERR_NUMERIC ? QL_E0429 : QL_E0431, lane->t);
		return false;
	}
	/* SS 2 adds; what the model holds without any dose is there already. */
	int n = l->sim->plan->n_state;
	double *initial = w->steady->y1;
	ql_plan_patient(l->sim->plan, &l->v, w->steady->p, initial, 1);
	for (int i = 0; i < n; i++)
		lane->y[i * lane->stride] = r->ss == 1 ? w->y[i] : lane->y[i * lane->stride] + (w->y[i] - initial[i]);
	if (x->ii > 0)
		set_clocks(l, lane, x, lane->t - since);
	carry_over(l, lane, x, lag, since);
	return true;
}

static void give(struct ql_dataset_thread *w, struct ql_live *l, struct ql_lane *lane, const struct ql_record *r)
{
	struct ql_train x;
	double lag;
	if (!describe(l, r, &x, &lag)) {
		ql_live_fail(l, QUELL_ERR_INPUT, QL_E0430, lane->t);
		return;
	}
	if (r->ss && !steady_state(w, l, lane, r, &x, lag))
		return;
	if (r->amt == 0) /* a constant infusion at steady state ends at its own record */
		return;
	x.time = lane->t + lag;
	QL_GROW(l->train, l->n_train, l->cap_train);
	l->train[l->n_train++] = x;
	arrivals(l, lane);
}

/* --- records --- */

static void observe(struct ql_dataset_thread *w, struct ql_live *l, const struct ql_lane *lane, int i)
{
	const struct ql_kernel *k = w->single;
	double t = record_at(l, i)->time;
	copy_in(w, lane, w->y, w->p);
	double *row = l->sim->result->value + (size_t)i * (size_t)l->sim->result->n_out;
	k->out(k->self, &t, w->y, w->p, l->sim->k, row);
	for (int s = 0; s < l->sim->n_state_column; s++) {
		int slot = l->sim->plan->state_of_q[l->sim->state_column[s]];
		row[k->n_out + s] = slot >= 0 ? w->y[slot] : l->v.q[l->sim->state_column[s]];
	}
}

/* Returns true if the state, the rates or anything else that the solver sees changed. */
static bool process(struct ql_dataset_thread *w, struct ql_live *l, struct ql_lane *lane, int i)
{
	const struct ql_record *r = record_at(l, i);
	bool changed = r->evid == 1 || r->evid >= 3 || l->sim->data->n_column > 0;
	use_covariates(l, lane, i);
	set_inputs(l, lane, i);
	set_lines(l, lane, i);
	if (r->evid >= 3)
		reset(l, lane);
	if (r->dose >= 0)
		give(w, l, lane, r);
	if (!l->dead)
		observe(w, l, lane, i);
	if (l->sim->run->interpolation == QL_NOCB && i + 1 < l->end)
		use_covariates(l, lane, i + 1);
	return changed;
}

static double next_pending(const struct ql_live *l)
{
	double t = INFINITY;
	for (int i = 0; i < l->n_train; i++)
		t = fmin(t, l->train[i].time);
	return l->n_ending ? fmin(t, l->ending[0].time) : t;
}

enum ql_next ql_live_advance(struct ql_dataset_thread *w, struct ql_live *l, struct ql_lane *lane)
{
	bool changed = end_infusions(l, lane);
	changed |= arrivals(l, lane);
	while (l->record < l->end && !l->dead && record_at(l, l->record)->time == lane->t)
		changed |= process(w, l, lane, l->record++);
	if (l->dead || l->record == l->end)
		return QL_FINISHED;
	double t = record_at(l, l->record)->time;
	if (t < lane->t) { /* a reset that starts the clock again */
		l->resume = true;
		return QL_FINISHED;
	}
	lane->t_stop = fmin(t, next_pending(l));
	return changed ? QL_CHANGED : QL_GO_ON;
}

enum quell_status ql_live_start(struct ql_live *l, struct ql_lane *lane)
{
	const struct ql_dataset *d = l->sim->data;
	ql_values_free(&l->v);
	ql_values_init(l->sim->plan, &l->v);
	ql_dataset_set_params(l->sim, &l->v);
	for (int c = 0; c < d->n_column; c++)
		l->v.q[d->column_q[c]] = values_at(l, l->record)[c];
	l->n_train = 0;
	l->n_stream = 0;
	l->n_ending = 0;
	clear_clocks(l);
	l->dead = false;
	enum quell_status s = ql_plan_patient(l->sim->plan, &l->v, lane->p, lane->y, lane->stride);
	set_lines(l, lane, l->record);
	return s;
}
