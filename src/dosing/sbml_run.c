/* SPDX-License-Identifier: Apache-2.0 */
#include "dosing/sbml_run.h"
#include "base/csv.h"
#include "emit/plan.h"
#include "ode/ode.h"
#include <math.h>
#include <string.h>

enum { MAX_CHAIN = 100000 };

/* An event that has fired and waits for its turn. */
struct waiting {
	int event;
	double *value; /* of its assignments, from trigger time; NULL: worked out when it runs */
};

struct run {
	const struct ql_model *m;
	const struct ql_sbml *info;
	const struct ql_sbml_settings *set;
	struct ql_diags *ds;
	struct ql_buf *out;
	struct ql_arena a;
	struct ql_plan *plan;
	struct ql_kernel *kernel;
	struct ql_ode_work *work;
	struct ql_values v;
	double *k, *atol;
	ql_node *column; /* what each variable shows */
	unsigned char *mark;
	double *node, *var;      /* values of the graph and of quantities */
	double *y, *f;           /* a shifted state and its rate */
	bool *is_true, *now, *next; /* triggers: as last known, and scratch */
	int *event_of_trig;
	struct waiting *queue;
	int n_queue, cap_queue;
	double last; /* time of the last events */
	bool due;    /* a sample found that events are due at this time */
	long row;
	bool fetched, too_many;
	enum quell_status status;
	double failed_at;
};

/* --- values --- */

static void evaluate(struct run *r, const unsigned char *mark, double t, const double *y, const double *p)
{
	for (int i = 0; i < r->plan->n_state; i++)
		r->var[r->plan->state[i]] = y[i];
	for (int i = 0; i < r->plan->n_input; i++)
		r->var[r->plan->input_q[i]] = p[i];
	ql_dag_eval(&r->m->dag, mark, r->var, t, r->node);
}

/* Conditions of all triggers `shift` from now, along the present rates. */
static void conditions(struct run *r, const struct ql_lane *lane, double shift, bool *out)
{
	const struct ql_kernel *k = r->kernel;
	int n = r->plan->n_state;
	if (n)
		memcpy(r->y, lane->y, (size_t)n * sizeof *r->y);
	if (shift != 0 && n) {
		k->rhs(k->self, &lane->t, lane->y, lane->p, r->k, r->f);
		for (int i = 0; i < n; i++)
			r->y[i] += shift * r->f[i];
	}
	evaluate(r, r->mark, lane->t + shift, r->y, lane->p);
	for (int i = 0; i < r->info->n_event; i++)
		out[i] = r->node[r->info->event[i].trigger] != 0;
}

/* --- events --- */

static double *assigned_values(struct run *r, const struct ql_lane *lane, int event)
{
	const struct ql_sbml_event *e = &r->info->event[event];
	double *value = QL_NEW_N(&r->a, double, (size_t)e->n_assign + 1);
	evaluate(r, r->mark, lane->t, lane->y, lane->p);
	for (int i = 0; i < e->n_assign; i++)
		value[i] = r->node[e->assign[i].value];
	return value;
}

static void put(struct run *r, struct ql_lane *lane, int q, double x)
{
	int s = r->plan->state_of_q[q], p = r->plan->p_of_q[q];
	if (s >= 0)
		lane->y[s] = x;
	if (p >= 0)
		lane->p[p] = x;
}

/* All assignments at once; a concentration becomes an amount with the size from before them. */
static void assign(struct run *r, struct ql_lane *lane, int event, const double *value)
{
	const struct ql_sbml_event *e = &r->info->event[event];
	evaluate(r, r->mark, lane->t, lane->y, lane->p);
	for (int i = 0; i < e->n_assign; i++)
		put(r, lane, e->assign[i].target,
		    e->assign[i].factor == QL_NO_NODE ? value[i] : value[i] * r->node[e->assign[i].factor]);
}

static void enqueue(struct run *r, const struct ql_lane *lane, int event)
{
	QL_GROW(r->queue, r->n_queue, r->cap_queue);
	const struct ql_sbml_event *e = &r->info->event[event];
	double *value = e->use_trigger_values ? assigned_values(r, lane, event) : NULL;
	r->queue[r->n_queue++] = (struct waiting){event, value};
}

/* Runs what waits, and what that sets off, at this time. `shift`: where conditions are looked at. */
static void run_queue(struct run *r, struct ql_lane *lane, double shift)
{
	for (int head = 0; head < r->n_queue; head++) {
		if (head > MAX_CHAIN) {
			r->too_many = true;
			break;
		}
		struct waiting w = r->queue[head];
		if (!r->info->event[w.event].persistent && !r->is_true[w.event])
			continue;
		assign(r, lane, w.event, w.value ? w.value : assigned_values(r, lane, w.event));
		conditions(r, lane, shift, r->next);
		for (int i = 0; i < r->info->n_event; i++)
			if (r->next[i] && !r->is_true[i])
				enqueue(r, lane, i);
		memcpy(r->is_true, r->next, (size_t)r->info->n_event * sizeof *r->next);
	}
	r->n_queue = 0;
	r->last = lane->t;
}

/* Fires every event whose condition turns true here. `which`: one that the integrator saw rise, or -1. */
static void fire(struct run *r, struct ql_lane *lane, int which, double before, double after)
{
	int n = r->info->n_event;
	if (before < 0 && lane->t + before > r->last)
		conditions(r, lane, before, r->is_true);
	conditions(r, lane, after, r->now);
	if (which >= 0) {
		r->is_true[which] = false;
		r->now[which] = true;
	}
	for (int i = 0; i < n; i++)
		if (r->now[i] && !r->is_true[i])
			enqueue(r, lane, i);
	memcpy(r->is_true, r->now, (size_t)n * sizeof *r->now);
	run_queue(r, lane, after);
}

/* Times closer than this are one time. */
static double instant(const struct run *r, double t)
{
	return 1e-10 * fmax(fabs(t), r->set->duration / (double)(r->set->steps > 0 ? r->set->steps : 1));
}

/* --- the client of the integrator --- */

static double output_time(const struct run *r, long i)
{
	return r->set->start + (double)i * r->set->duration / (double)(r->set->steps > 0 ? r->set->steps : 1);
}

static void write_row(struct run *r, const struct ql_lane *lane, double t, const double *y)
{
	char text[32];
	evaluate(r, NULL, t, y, lane->p);
	ql_buf_puts(r->out, ql_format_double(output_time(r, r->row), text));
	for (int i = 0; i < r->set->n_variable; i++)
		ql_buf_printf(r->out, ",%s", ql_format_double(r->node[r->column[i]], text));
	ql_buf_puts(r->out, "\n");
	r->row++;
}

static bool fetch(void *ctx, struct ql_lane *lane)
{
	struct run *r = ctx;
	if (r->fetched)
		return false;
	r->fetched = true;
	enum quell_status s = ql_plan_patient(r->plan, &r->v, lane->p, lane->y, lane->stride);
	if (s != QUELL_OK) {
		r->status = s;
		return false;
	}
	lane->t = 0;
	for (int i = 0; i < r->info->n_event; i++)
		r->is_true[i] = r->info->event[i].initial_value;
	r->last = 0;
	fire(r, lane, -1, 0, 0);
	lane->t_sample = output_time(r, 0);
	lane->t_stop = output_time(r, r->set->steps);
	return !r->too_many;
}

static enum ql_next sample(void *ctx, struct ql_lane *lane, double t, const double *y, const double *out)
{
	struct run *r = ctx;
	(void)out;
	if (r->info->n_event && !r->due && t > r->last) { /* does a condition hold from this very time on? */
		struct ql_lane here = *lane;
		here.t = t;
		here.y = (double *)y;
		conditions(r, &here, 0, r->now);
		for (int i = 0; i < r->info->n_event; i++)
			r->due = r->due || (r->now[i] && !r->is_true[i]);
		for (int i = 0; i < r->info->n_event; i++)
			r->is_true[i] = r->is_true[i] && r->now[i];
		if (r->due)
			return QL_CHANGED;
	}
	write_row(r, lane, t, y);
	lane->t_sample = r->row <= r->set->steps ? output_time(r, r->row) : INFINITY;
	return QL_GO_ON;
}

static enum ql_next stop(void *ctx, struct ql_lane *lane)
{
	struct run *r = ctx;
	double end = output_time(r, r->set->steps);
	if (r->due) {
		r->due = false;
		fire(r, lane, -1, 0, 0);
		lane->t_sample = output_time(r, r->row);
		lane->t_stop = end;
		return r->too_many ? QL_FINISHED : QL_CHANGED;
	}
	return QL_FINISHED;
}

static enum ql_next trigger(void *ctx, struct ql_lane *lane, int which)
{
	struct run *r = ctx;
	double near = instant(r, lane->t);
	int event = r->event_of_trig[which];
	if (r->is_true[event] && lane->t - r->last <= 2 * near)
		return QL_GO_ON; /* it has fired at this time already */
	fire(r, lane, event, -near, near);
	return r->too_many ? QL_FINISHED : QL_CHANGED;
}

static void finished(void *ctx, struct ql_lane *lane, enum quell_status why)
{
	struct run *r = ctx;
	r->status = why;
	r->failed_at = lane->t;
}

/* --- preparation --- */

static bool find_columns(struct run *r)
{
	const char **id = QL_NEW_N(&r->a, const char *, (size_t)r->info->n_symbol + 1);
	r->column = QL_NEW_N(&r->a, ql_node, (size_t)r->set->n_variable);
	for (int i = 0; i < r->info->n_symbol; i++)
		id[i] = r->info->symbol[i].id;
	bool ok = true;
	for (int i = 0; i < r->set->n_variable; i++) {
		int found = -1;
		for (int k = 0; k < r->info->n_symbol; k++)
			if (strcmp(id[k], r->set->variable[i]) == 0)
				found = k;
		if (found < 0) {
			struct ql_diag *d = ql_diag_add(r->ds, QL_E1003, r->set->span[i], "the model has no `%s`",
							r->set->variable[i]);
			const char *near = ql_suggest(r->set->variable[i], id, r->info->n_symbol);
			if (near)
				ql_diag_help(d, "did you mean `%s`?", near);
			ok = false;
			continue;
		}
		const struct ql_sbml_symbol *s = &r->info->symbol[found];
		r->column[i] = r->set->as_amount[i] ? s->amount : r->set->as_concentration[i] ? s->concentration : s->value;
	}
	return ok;
}

/* Only doses could make rates active, and nobody gives any. */
static enum quell_status make_plan(struct run *r)
{
	static const char *const none[] = {NULL};
	enum quell_status s = ql_plan_make((struct ql_model *)r->m, "sbml", none, 0, r->ds, &r->plan);
	if (s == QUELL_OK)
		s = ql_interp_make(r->plan, 1, &r->kernel);
	if (s == QUELL_OK)
		s = ql_ode_work_make(r->kernel, &r->work);
	return s;
}

static void prepare(struct run *r)
{
	struct ql_arena *a = &r->a;
	size_t n_event = (size_t)r->info->n_event + 1, n_state = (size_t)r->plan->n_state + 1;
	ql_values_init(r->plan, &r->v);
	r->k = QL_NEW_N(a, double, (size_t)r->plan->n_k + 1);
	ql_plan_run_constants(r->plan, &r->v, r->k);
	r->node = QL_NEW_N(a, double, (size_t)r->m->dag.n);
	r->var = QL_NEW_N(a, double, (size_t)r->m->n_q + 1);
	r->y = QL_NEW_N(a, double, n_state);
	r->f = QL_NEW_N(a, double, n_state);
	r->atol = QL_NEW_N(a, double, n_state);
	for (int i = 0; i < r->plan->n_state; i++)
		r->atol[i] = fmin(1e-4 * r->set->absolute, 1e-9) + 1e-30;
	r->is_true = QL_NEW_N(a, bool, n_event);
	r->now = QL_NEW_N(a, bool, n_event);
	r->next = QL_NEW_N(a, bool, n_event);
	ql_node *root = QL_NEW_N(a, ql_node, 1);
	r->mark = QL_NEW_N(a, unsigned char, (size_t)r->m->dag.n);
	unsigned char *one = QL_NEW_N(a, unsigned char, (size_t)r->m->dag.n);
	for (int i = 0; i < r->info->n_event; i++)
		for (int k = -1; k < 2 * r->info->event[i].n_assign; k++) {
			const struct ql_sbml_assignment *x = &r->info->event[i].assign[k < 0 ? 0 : k / 2];
			*root = k < 0 ? r->info->event[i].trigger : k % 2 ? x->factor : x->value;
			if (*root == QL_NO_NODE)
				continue;
			ql_dag_reach(&r->m->dag, root, 1, one);
			for (int n = 0; n < r->m->dag.n; n++)
				r->mark[n] |= one[n];
		}
	r->event_of_trig = QL_NEW_N(a, int, (size_t)r->plan->n_trig + 1);
	for (int i = 0; i < r->plan->n_trig; i++)
		for (int k = 0; k < r->info->n_event; k++)
			if (r->info->event[k].when == r->plan->trig_when[i])
				r->event_of_trig[i] = k;
}

/* Quantities that do not move keep their value: parameters, and states and inputs that the plan fixed. */
static void set_constants(struct run *r)
{
	double *p = QL_NEW_N(&r->a, double, (size_t)r->plan->n_p + 1);
	double *y = QL_NEW_N(&r->a, double, (size_t)r->plan->n_state + 1);
	ql_plan_patient(r->plan, &r->v, p, y, 1);
	memcpy(r->var, r->v.q, (size_t)r->m->n_q * sizeof *r->var);
	ql_dag_eval(&r->m->dag, NULL, r->var, 0, r->node);
	for (int i = 0; i < r->m->n_q; i++)
		if (r->m->q[i].kind == QL_STATE && r->plan->state_of_q[i] < 0)
			r->var[i] = r->node[r->m->q[i].init];
}

static enum quell_status integrate(struct run *r, double rtol, volatile const int *cancel)
{
	const struct ql_ode_client client = {r, fetch, stop, sample, trigger, finished};
	/* Formulas may switch with time where no event says so: no step is longer than an output interval. */
	const struct ql_ode_opts opts = {.rtol = rtol > 0 ? rtol : fmin(1e-8, 1e-3 * r->set->relative),
					 .atol = r->atol,
					 .h_max = r->set->steps > 0 ? r->set->duration / (double)r->set->steps : 0,
					 .cancel = cancel};
	struct ql_ode_stats stats = {0};
	enum quell_status s = ql_ode_run(r->kernel, r->k, &opts, &client, r->work, &stats);
	struct ql_span whole = {0};
	if (r->too_many) {
		struct ql_diag *d = ql_diag_add(r->ds, QL_E1008, whole, "events keep firing each other");
		ql_diag_help(d, "look for two events whose assignments turn each other's condition on");
		return QUELL_ERR_NUMERIC;
	}
	if (s == QUELL_OK && r->status != QUELL_OK) {
		ql_diag_add(r->ds, QL_E1009, whole, "at time %g: %s", r->failed_at, quell_status_text(r->status));
		return r->status;
	}
	return s;
}

struct call {
	struct run *r;
	double rtol;
	volatile const int *cancel;
};

static enum quell_status run(void *arg)
{
	struct call *c = arg;
	struct run *r = c->r;
	if (!find_columns(r))
		return QUELL_ERR_INPUT;
	enum quell_status s = make_plan(r);
	if (s != QUELL_OK)
		return s;
	prepare(r);
	set_constants(r);
	ql_buf_puts(r->out, "time");
	for (int i = 0; i < r->set->n_variable; i++) {
		ql_buf_puts(r->out, ",");
		ql_csv_write_cell(r->out, r->set->variable[i], ',');
	}
	ql_buf_puts(r->out, "\n");
	return integrate(r, c->rtol, c->cancel);
}

enum quell_status ql_sbml_run(struct ql_model *m, const struct ql_sbml *info, const struct ql_sbml_settings *set,
			      double rtol, volatile const int *cancel, struct ql_diags *ds, struct ql_buf *out)
{
	struct run r = {.m = m, .info = info, .set = set, .ds = ds, .out = out};
	struct call c = {&r, rtol, cancel};
	enum quell_status s = ql_protect(run, &c);
	ql_values_free(&r.v);
	if (r.work)
		ql_ode_work_free(r.work);
	ql_interp_free(r.kernel);
	if (r.plan)
		ql_plan_free(r.plan);
	ql_free(r.queue);
	ql_arena_free(&r.a);
	return s;
}
