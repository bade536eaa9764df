/* SPDX-License-Identifier: Apache-2.0 */
/* One integration of all patients of a case, timed, and the error against a reference. */
#include "bench.h"
#include <math.h>
#include <string.h>
#include <time.h>

struct record {
	const struct bench_case *c;
	double *states;
	int next, failed;
	struct progress {
		int patient, event, sample;
	} progress[64];
};

static double *slot_of(const struct bench_event *e, struct ql_lane *l)
{
	return (e->change == BENCH_ADD_STATE ? l->y : l->p) + e->index * l->stride;
}

/* Events due at the lane's time; then the next stop. */
static bool give_events(struct record *r, struct ql_lane *l)
{
	const struct bench_case *c = r->c;
	struct progress *p = l->user;
	const int end = c->first_event[p->patient + 1];
	bool changed = false;
	for (; p->event < end && c->event[p->event].t <= l->t; p->event++) {
		const struct bench_event *e = &c->event[p->event];
		double *x = slot_of(e, l);
		*x = e->change == BENCH_SET_SLOT ? e->amount : *x + e->amount;
		changed = true;
	}
	l->t_stop = p->event < end ? fmin(c->event[p->event].t, c->horizon) : c->horizon;
	return changed;
}

static bool fetch(void *ctx, struct ql_lane *l)
{
	struct record *r = ctx;
	const struct bench_case *c = r->c;
	if (r->next >= c->n_patient)
		return false;
	struct progress *p = &r->progress[l->index];
	*p = (struct progress){r->next, c->first_event[r->next], 0};
	l->user = p;
	l->t = 0;
	for (int i = 0; i < c->plan->n_state; i++)
		l->y[i * l->stride] = c->y0[r->next * c->plan->n_state + i];
	for (int i = 0; i < c->plan->n_p; i++)
		l->p[i * l->stride] = c->p0[r->next * c->plan->n_p + i];
	give_events(r, l);
	l->t_sample = c->n_sample ? c->sample_t[0] : INFINITY;
	r->next++;
	return true;
}

static enum ql_next stop(void *ctx, struct ql_lane *l)
{
	struct record *r = ctx;
	if (l->t >= r->c->horizon)
		return QL_FINISHED;
	return give_events(r, l) ? QL_CHANGED : QL_GO_ON;
}

static enum ql_next sample(void *ctx, struct ql_lane *l, double t, const double *y, const double *out)
{
	struct record *r = ctx;
	struct progress *p = l->user;
	const int n = r->c->plan->n_state;
	(void)t, (void)out;
	memcpy(r->states + ((size_t)p->patient * (size_t)r->c->n_sample + (size_t)p->sample) * (size_t)n, y,
	       (size_t)n * sizeof *y);
	p->sample++;
	l->t_sample = p->sample < r->c->n_sample ? r->c->sample_t[p->sample] : INFINITY;
	return QL_GO_ON;
}

static enum ql_next trigger(void *ctx, struct ql_lane *l, int which)
{
	(void)ctx, (void)l, (void)which;
	return QL_GO_ON;
}

static void finished(void *ctx, struct ql_lane *l, enum quell_status why)
{
	(void)l;
	((struct record *)ctx)->failed += why != QUELL_OK;
}

double bench_cpu_seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static enum quell_status run_once(const struct bench_case *c, struct bench_run *r, const double *atol,
				  struct ql_ode_work *w)
{
	struct record rec = {.c = c, .states = r->states};
	const struct ql_ode_client client = {&rec, fetch, stop, sample, trigger, finished};
	const struct ql_ode_opts o = {.rtol = r->rtol, .atol = atol, .wants = QL_WANT_STATES, .max_steps = 10000000};
	struct ql_ode_stats st = {0};
	enum quell_status s;
	if (r->solver == BENCH_QUELL)
		s = ql_ode_run(r->kernel, c->k, &o, &client, w, &st);
	else
		s = ql_cvode_run(r->kernel, c->k, &o,
				 r->solver == BENCH_CVODE_KLU ? QL_CVODE_KLU : QL_CVODE_DENSE, &client, &st);
	r->failed = rec.failed;
	r->steps = st.steps;
	r->rejected = st.rejected;
	r->vector_steps = st.vector_steps;
	return s;
}

enum quell_status bench_measure(const struct bench_case *c, struct bench_run *r, double least_s)
{
	const int n = c->plan->n_state;
	double *atol = ql_alloc_aligned((size_t)n, sizeof *atol);
	for (int i = 0; i < n; i++)
		atol[i] = r->rtol * c->atol_unit[i];
	struct ql_ode_work *w = NULL;
	enum quell_status s = QUELL_OK;
	if (r->solver == BENCH_QUELL)
		s = ql_ode_work_make(r->kernel, &w);
	r->seconds = INFINITY;
	for (double spent = 0; s == QUELL_OK && (spent == 0 || spent < least_s);) {
		double start = bench_cpu_seconds();
		s = run_once(c, r, atol, w);
		double took = bench_cpu_seconds() - start;
		spent += took;
		r->seconds = fmin(r->seconds, took);
	}
	ql_ode_work_free(w);
	ql_free_aligned(atol);
	return s;
}

double bench_wrms(const struct bench_case *c, const double *y, const double *ref)
{
	const size_t n = (size_t)c->n_patient * (size_t)c->n_sample * (size_t)c->plan->n_state;
	double sum = 0;
	for (size_t i = 0; i < n; i++) {
		double e = (y[i] - ref[i]) / (1e-6 * fabs(ref[i]) + 1e-9);
		sum += e * e;
	}
	return sqrt(sum / (double)n);
}
