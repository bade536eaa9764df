/* SPDX-License-Identifier: Apache-2.0 */
#include "dosing/dataset_run.h"
#include "base/pool.h"
#include "dosing/schedule.h"
#include "emit/native.h"
#include <math.h>
#include <string.h>

enum { MAX_WIDTH = 8, WIDE = 32 };

/* --- the client of the integrator --- */

/* Takes the next subject, or goes on with the one whose clock was turned back. Subjects that are over at once (all
 * records at one time) are dealt with here. */
static bool fetch(void *ctx, struct ql_lane *lane)
{
	struct ql_dataset_thread *w = ctx;
	struct ql_live *l = &w->live[lane->index];
	for (;;) {
		if (!l->resume) {
			l->subject = w->sim->next++;
			if (l->subject >= w->sim->data->n_subject)
				return false;
			const struct ql_subject *s = &w->sim->data->subject[l->subject];
			l->record = s->first;
			l->end = s->first + s->n;
			enum quell_status status = ql_live_start(l, lane);
			if (status != QUELL_OK) {
				ql_live_fail(l, status, QL_E0431, w->sim->data->record[l->record].time);
				continue;
			}
		}
		l->resume = false;
		lane->t = w->sim->data->record[l->record].time;
		lane->t_sample = INFINITY;
		lane->user = l;
		if (ql_live_advance(w, l, lane) != QL_FINISHED)
			return true;
	}
}

static enum ql_next stop(void *ctx, struct ql_lane *lane) { return ql_live_advance(ctx, lane->user, lane); }

static enum ql_next sample(void *ctx, struct ql_lane *lane, double t, const double *y, const double *out)
{
	(void)ctx, (void)t, (void)y, (void)out;
	lane->t_sample = INFINITY;
	return QL_GO_ON;
}

static enum ql_next trigger(void *ctx, struct ql_lane *lane, int which)
{
	struct ql_dataset_thread *w = ctx;
	struct ql_live *l = lane->user;
	ql_plan_fire(w->sim->plan, &l->v, which, lane->t, lane->y, lane->p, lane->stride);
	return QL_CHANGED;
}

static void finished(void *ctx, struct ql_lane *lane, enum quell_status why)
{
	(void)ctx;
	if (why != QUELL_OK)
		ql_live_fail(lane->user, why, QL_E0431, lane->t);
}

/* --- threads --- */

static void thread_free(struct ql_dataset_thread *w)
{
	for (int i = 0; w->live && i < w->sim->width; i++) {
		ql_values_free(&w->live[i].v);
		ql_free(w->live[i].train);
		ql_free(w->live[i].clock_set);
		ql_free(w->live[i].stream);
		ql_free(w->live[i].ending);
	}
	ql_free(w->live);
	ql_free_aligned(w->y);
	ql_free_aligned(w->p);
	ql_free_aligned(w->out);
	ql_steady_free(w->steady);
	if (w->work)
		ql_ode_work_free(w->work);
	ql_interp_free(w->interpreter);
	ql_interp_free(w->single);
}

static enum quell_status thread_make(struct ql_dataset_thread *w)
{
	struct ql_dataset_sim *s = w->sim;
	int width = s->width;
	enum quell_status status = s->native ? QUELL_OK : ql_interp_make(s->plan, width, &w->interpreter);
	w->wide = s->native ? s->native : w->interpreter;
	if (status == QUELL_OK)
		status = ql_interp_make(s->plan, 1, &w->single);
	if (status == QUELL_OK)
		status = ql_ode_work_make(w->wide, &w->work);
	if (status == QUELL_OK)
		status = ql_steady_make(s->plan, s->k, s->atol, fmin(1e-10, 0.1 * s->rtol), s->run->cancel, &w->steady);
	if (status != QUELL_OK)
		return status;
	w->y = ql_alloc_aligned((size_t)s->plan->n_state + 1, sizeof(double));
	w->p = ql_alloc_aligned((size_t)s->plan->n_p + 1, sizeof(double));
	w->out = ql_alloc_aligned((size_t)s->plan->n_out + 1, sizeof(double));
	struct ql_live *live = ql_realloc(NULL, (size_t)width, sizeof *live);
	memset(live, 0, (size_t)width * sizeof *live);
	w->live = live;
	for (int i = 0; i < width; i++) {
		live[i].sim = s;
		live[i].clock_set = ql_realloc(NULL, (size_t)s->plan->m->n_q + 1, sizeof(bool));
	}
	return QUELL_OK;
}

static enum quell_status thread_run(void *arg)
{
	struct ql_dataset_thread *w = arg;
	enum quell_status status = thread_make(w);
	if (status != QUELL_OK)
		return status;
	const struct ql_ode_client client = {w, fetch, stop, sample, trigger, finished};
	const struct ql_ode_opts opts = {.rtol = w->sim->rtol, .atol = w->sim->atol, .cancel = w->sim->run->cancel};
	struct ql_ode_stats stats = {0};
	return ql_ode_run(w->wide, w->sim->k, &opts, &client, w->work, &stats);
}

static enum quell_status work(void *ctx, int thread)
{
	(void)thread;
	struct ql_dataset_thread w = {.sim = ctx};
	enum quell_status status = ql_protect(thread_run, &w);
	thread_free(&w);
	return status;
}

/* --- preparation --- */

void ql_dataset_set_params(const struct ql_dataset_sim *s, struct ql_values *v)
{
	for (int i = 0; s->param && i < s->n_param; i++) {
		enum ql_kind kind = s->plan->m->q[i].kind;
		if (kind == QL_PARAM && !isnan(s->param[i]))
			ql_values_set(v, i, s->param[i]); /* also where the model defines it by an expression */
		else if (kind == QL_AGENT && !isnan(s->param[i]))
			v->q[i] = s->param[i];
	}
}

/* Columns of covariates that change within some subject. */
static int varying_columns(const struct ql_model *m, const struct ql_dataset *d, int *column)
{
	int n = 0;
	for (int c = 0; c < d->n_column; c++) {
		bool varies = false;
		for (int s = 0; s < d->n_subject && !varies; s++)
			for (int i = 1; i < d->subject[s].n && !varies; i++) {
				const double *x = d->value + (size_t)(d->subject[s].first + i) * (size_t)d->n_column + c;
				varies = *x != *(x - d->n_column);
			}
		if (varies && m->q[d->column_q[c]].kind == QL_COVARIATE)
			column[n++] = c;
	}
	return n;
}

static void prepare_lines(struct ql_dataset_sim *s, struct ql_arena *a)
{
	const struct ql_dataset *d = s->data;
	s->vary_column = QL_NEW_N(a, int, (size_t)d->n_column + 1);
	s->n_vary = varying_columns(s->run->model, d, s->vary_column);
	s->vary = QL_NEW_N(a, struct ql_vary, (size_t)s->n_vary + 1);
	for (int i = 0; i < s->n_vary; i++)
		s->vary[i].covariate = d->column_q[s->vary_column[i]];
	if (s->n_vary)
		ql_vary_covariates(s->run->model, s->vary, s->n_vary, s->param);
}

/* Doses and inputs that the data use, and the hidden inputs of the lines: the plan leaves the rest out. */
static const char **active_names(struct ql_dataset_sim *s, struct ql_arena *a, int *n)
{
	const struct ql_model *m = s->run->model;
	const char **used = ql_dataset_active(m, s->data, a, n);
	const char **name = QL_NEW_N(a, const char *, (size_t)(*n + 3 * s->n_vary) + 1);
	memcpy(name, used, (size_t)*n * sizeof *name);
	for (int i = 0; i < s->n_vary; i++) {
		const int q[3] = {s->vary[i].base, s->vary[i].slope, s->vary[i].from};
		for (int k = 0; k < 3; k++)
			name[(*n)++] = m->q[q[k]].name;
	}
	return name;
}

static enum quell_status prepare_plan(struct ql_dataset_sim *s, struct ql_arena *a, struct ql_diags *ds)
{
	const struct ql_model *m = s->run->model;
	int n;
	const char **active = active_names(s, a, &n);
	enum quell_status status = ql_plan_make(s->run->model, "data", active, n, ds, &s->plan);
	if (status != QUELL_OK)
		return status;
	bool many = s->data->n_subject >= 4;
	status = ql_native_kernel(s->plan, many ? 0 : 1, (enum ql_native)s->run->native, ds, &s->native);
	if (status != QUELL_OK)
		return status;
	/* the interpreter's cost per instruction is shared by its lanes */
	s->width = s->native ? s->native->width : s->data->n_subject >= WIDE * s->run->threads ? WIDE : many ? MAX_WIDTH : 1;
	double *atol = QL_NEW_N(a, double, (size_t)s->plan->n_state + 1), *k = QL_NEW_N(a, double, (size_t)s->plan->n_k + 1);
	for (int i = 0; i < s->plan->n_state; i++) {
		double given = m->q[s->plan->state[i]].atol;
		atol[i] = given > 0 ? given : s->run->atol > 0 ? s->run->atol : 1e-10;
	}
	ql_values_init(s->plan, &s->v);
	ql_dataset_set_params(s, &s->v);
	ql_plan_run_constants(s->plan, &s->v, k);
	s->atol = atol;
	s->k = k;
	s->state_slot = QL_NEW_N(a, int, (size_t)m->n_dose + 1);
	s->rate_slot = QL_NEW_N(a, int, (size_t)m->n_dose + 1);
	for (int i = 0; i < m->n_dose; i++) {
		s->state_slot[i] = s->plan->state_of_q[m->dose[i].state];
		s->rate_slot[i] = m->dose[i].rate_input < 0 ? -1 : s->plan->p_of_q[m->dose[i].rate_input];
	}
	return QUELL_OK;
}

/* Names of the outputs, short where that is unique. */
static void name_outputs(struct ql_dataset_sim *s, struct ql_arena *a)
{
	const struct ql_model *m = s->run->model;
	struct ql_dataset_result *r = s->result;
	int n = s->plan->n_out;
	s->state_column = QL_NEW_N(a, int, (size_t)m->n_q + 1);
	for (int i = 0; s->run->states && i < m->n_q; i++)
		if (m->q[i].kind == QL_STATE)
			s->state_column[s->n_state_column++] = i;
	r->n_out = n + s->n_state_column;
	r->name = QL_NEW_N(a, const char *, (size_t)r->n_out + 1);
	r->quantity = QL_NEW_N(a, int, (size_t)r->n_out + 1);
	for (int i = 0; i < r->n_out; i++) {
		r->quantity[i] = i < n ? s->plan->out_q[i] : s->state_column[i - n];
		const struct ql_quantity *q = &m->q[r->quantity[i]];
		r->name[i] = q->module && *q->module ? q->name + strlen(q->module) + 1 : q->name;
	}
	for (int i = 0; i < r->n_out; i++)
		for (int k = 0; k < r->n_out; k++)
			if (k != i && strcmp(r->name[i], r->name[k]) == 0)
				r->name[i] = m->q[r->quantity[i]].name;
}

static void report(struct ql_dataset_sim *s, struct ql_diags *ds)
{
	const struct ql_dataset *d = s->data;
	for (int i = 0; i < d->n_subject; i++) {
		if (s->status[i] == QUELL_OK || s->status[i] == QUELL_ERR_INTERRUPTED)
			continue;
		s->result->n_failed++;
		int row = d->record[d->subject[i].first].row;
		for (int k = d->subject[i].first; k < d->subject[i].first + d->subject[i].n; k++)
			if (d->record[k].time <= s->when[i])
				row = d->record[k].row;
		struct ql_diag *g = ql_diag_add(ds, s->reason[i], ql_csv_span(d->table, row, d->col_time),
						"ID %s: %s", d->subject[i].id,
						s->reason[i] == QL_E0431 ? quell_status_text(s->status[i])
									 : ql_code_title(s->reason[i]));
		ql_diag_label(g, "at TIME %g", s->when[i]);
		if (s->reason[i] == QL_E0431)
			ql_diag_help(g, "try a smaller `--rtol`, or look at the model near this time");
	}
}

struct call {
	const struct ql_dataset_run *run;
	struct ql_arena *a;
	struct ql_diags *ds;
	struct ql_dataset_result *out;
	struct ql_dataset_sim sim;
};

static enum quell_status simulate(void *arg)
{
	struct call *c = arg;
	struct ql_dataset_sim *s = &c->sim;
	const struct ql_dataset *d = c->run->data;
	size_t n_subject = (size_t)d->n_subject;
	s->run = c->run;
	s->data = d;
	s->param = c->run->param;
	s->n_param = c->run->model->n_q;
	s->rtol = c->run->rtol > 0 ? c->run->rtol : 1e-8;
	s->result = c->out;
	s->status = QL_NEW_N(c->a, enum quell_status, n_subject + 1);
	c->out->status = s->status;
	s->reason = QL_NEW_N(c->a, enum ql_code, n_subject + 1);
	s->when = QL_NEW_N(c->a, double, n_subject + 1);
	if (c->run->interpolation == QL_LINEAR)
		prepare_lines(s, c->a);
	enum quell_status status = prepare_plan(s, c->a, c->ds);
	if (status != QUELL_OK)
		return status;
	name_outputs(s, c->a);
	size_t n_value = (size_t)d->n_record * (size_t)c->out->n_out;
	c->out->value = QL_NEW_N(c->a, double, n_value + 1);
	for (size_t i = 0; i < n_value; i++)
		c->out->value[i] = NAN;
	int threads = c->run->threads > 0 ? c->run->threads : 1;
	threads = threads > (d->n_subject + MAX_WIDTH - 1) / MAX_WIDTH ? (d->n_subject + MAX_WIDTH - 1) / MAX_WIDTH : threads;
	status = ql_pool_run(threads, work, s);
	report(s, c->ds);
	return status == QUELL_OK && c->out->n_failed ? QUELL_ERR_NUMERIC : status;
}

enum quell_status ql_dataset_simulate(const struct ql_dataset_run *run, struct ql_arena *a, struct ql_diags *ds,
				      struct ql_dataset_result *out)
{
	struct call c = {.run = run, .a = a, .ds = ds, .out = out};
	*out = (struct ql_dataset_result){0};
	enum quell_status status = ql_protect(simulate, &c);
	ql_values_free(&c.sim.v);
	if (c.sim.plan)
		ql_plan_free(c.sim.plan);
	return status;
}

void ql_dataset_write(const struct ql_dataset *data, const struct ql_dataset_result *result, struct ql_buf *out)
{
	char text[32];
	ql_buf_puts(out, "ID,TIME");
	for (int i = 0; i < result->n_out; i++) {
		ql_buf_puts(out, ",");
		ql_csv_write_cell(out, result->name[i], ',');
	}
	ql_buf_puts(out, "\n");
	for (int s = 0; s < data->n_subject; s++)
		for (int i = data->subject[s].first; i < data->subject[s].first + data->subject[s].n; i++) {
			ql_csv_write_cell(out, data->subject[s].id, ',');
			ql_buf_printf(out, ",%s", ql_format_double(data->record[i].time, text));
			const double *x = result->value + (size_t)i * (size_t)result->n_out;
			for (int k = 0; k < result->n_out; k++)
				ql_buf_printf(out, ",%s", isnan(x[k]) ? "" : ql_format_double(x[k], text));
			ql_buf_puts(out, "\n");
		}
}
