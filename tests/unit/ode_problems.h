/* SPDX-License-Identifier: Apache-2.0 */
/* Hand-written kernels and a client with a list of patients, for the tests of the integrators. */
#ifndef ODE_PROBLEMS_H
#define ODE_PROBLEMS_H

#include "ode/ode.h"
#include <math.h>
#include <string.h>

#define P_MAX_STATE 4
#define P_MAX_TRIG 2

/* One system of equations, written for one patient; J is row-major. */
struct problem {
	const char *name;
	int n, n_p, n_trig;
	bool autonomous;
	void (*f)(double t, const double *y, const double *p, double *f);
	void (*jac)(double t, const double *y, const double *p, double *J, double *ft);
	void (*trig)(double t, const double *y, const double *p, double *g);
};

/* y' = p1 - p0 y */
static void decay_f(double t, const double *y, const double *p, double *f)
{
	(void)t;
	f[0] = p[1] - p[0] * y[0];
}
static void decay_jac(double t, const double *y, const double *p, double *J, double *ft)
{
	(void)t, (void)y;
	J[0] = -p[0];
	ft[0] = 0;
}
static void decay_trig(double t, const double *y, const double *p, double *g)
{
	(void)t;
	g[0] = p[2] - y[0]; /* falls below p2 */
}

/* Prothero and Robinson: y' = -p0 (y - sin t) + cos t, solution sin t from y(0) = 0; y2' = 1 */
static void forced_f(double t, const double *y, const double *p, double *f)
{
	f[0] = -p[0] * (y[0] - sin(t)) + cos(t);
	f[1] = 1;
}
static void forced_jac(double t, const double *y, const double *p, double *J, double *ft)
{
	(void)y;
	J[0] = -p[0];
	J[1] = J[2] = J[3] = 0;
	ft[0] = p[0] * cos(t) - sin(t);
	ft[1] = 0;
}
static void forced_trig(double t, const double *y, const double *p, double *g)
{
	(void)t;
	g[0] = y[0] - p[1];
	g[1] = y[1] - p[2];
}

static void vdpol_f(double t, const double *y, const double *p, double *f)
{
	(void)t;
	f[0] = y[1];
	f[1] = p[0] * (1 - y[0] * y[0]) * y[1] - y[0];
}
static void vdpol_jac(double t, const double *y, const double *p, double *J, double *ft)
{
	(void)t;
	J[0] = 0;
	J[1] = 1;
	J[2] = -2 * p[0] * y[0] * y[1] - 1;
	J[3] = p[0] * (1 - y[0] * y[0]);
	ft[0] = ft[1] = 0;
}

static void rober_f(double t, const double *y, const double *p, double *f)
{
	(void)t;
	double a = 0.04 * p[0] * y[0], b = 1e4 * y[1] * y[2], c = 3e7 * y[1] * y[1];
	f[0] = b - a;
	f[1] = a - b - c;
	f[2] = c;
}
static void rober_jac(double t, const double *y, const double *p, double *J, double *ft)
{
	(void)t;
	const double rows[9] = {-0.04 * p[0],     1e4 * y[2], 1e4 * y[1], 0.04 * p[0], -1e4 * y[2] - 6e7 * y[1],
				-1e4 * y[1], 0,          6e7 * y[1], 0};
	memcpy(J, rows, sizeof rows);
	ft[0] = ft[1] = ft[2] = 0;
}

static const struct problem problem_decay = {"decay", 1, 3, 1, true, decay_f, decay_jac, decay_trig};
static const struct problem problem_forced = {"forced", 2, 3, 2, false, forced_f, forced_jac, forced_trig};
static const struct problem problem_vdpol = {"vdpol", 2, 1, 0, true, vdpol_f, vdpol_jac, NULL};
static const struct problem problem_rober = {"rober", 3, 1, 0, true, rober_f, rober_jac, NULL};

/* A kernel over W lanes made from a problem: each lane is gathered, evaluated and scattered. */
struct lanes {
	const struct problem *pr;
	int W;
	int row[16], col[16];
	bool is_jac[16];
	struct ql_kernel kernel;
};

static void gather(const struct lanes *s, int lane, const double *from, int n, double *to)
{
	for (int i = 0; i < n; i++)
		to[i] = from[i * s->W + lane];
}

static void lanes_rhs(const void *self, const double *t, const double *y, const double *p, const double *k, double *f)
{
	const struct lanes *s = self;
	(void)k;
	for (int l = 0; l < s->W; l++) {
		double yy[P_MAX_STATE], pp[4], ff[P_MAX_STATE];
		gather(s, l, y, s->pr->n, yy);
		gather(s, l, p, s->pr->n_p, pp);
		s->pr->f(t[l], yy, pp, ff);
		for (int i = 0; i < s->pr->n; i++)
			f[i * s->W + l] = ff[i];
	}
}

static void lanes_jac(const void *self, const double *t, const double *y, const double *p, const double *k, double *f,
		      double *ft, double *lu)
{
	const struct lanes *s = self;
	const int n = s->pr->n;
	lanes_rhs(self, t, y, p, k, f);
	for (int l = 0; l < s->W; l++) {
		double yy[P_MAX_STATE], pp[4], J[P_MAX_STATE * P_MAX_STATE], tt[P_MAX_STATE];
		gather(s, l, y, n, yy);
		gather(s, l, p, s->pr->n_p, pp);
		s->pr->jac(t[l], yy, pp, J, tt);
		for (int i = 0; i < n; i++)
			ft[i * s->W + l] = tt[i];
		for (int i = 0; i < n * n; i++)
			lu[i * s->W + l] = -J[s->row[i] * n + s->col[i]];
	}
}

static int slot(const struct lanes *s, int row, int col)
{
	int i = 0;
	while (s->row[i] != row || s->col[i] != col)
		i++;
	return i;
}

static void lanes_factor(const void *self, const double *shift, double *lu)
{
	const struct lanes *s = self;
	const int n = s->pr->n, W = s->W;
	for (int l = 0; l < W; l++) {
		for (int i = 0; i < n; i++)
			lu[i * W + l] += shift[l];
		for (int c = 0; c < n; c++)
			for (int r = c + 1; r < n; r++) {
				double m = lu[slot(s, r, c) * W + l] /= lu[c * W + l];
				for (int j = c + 1; j < n; j++)
					lu[slot(s, r, j) * W + l] -= m * lu[slot(s, c, j) * W + l];
			}
	}
}

static void lanes_solve(const void *self, const double *lu, double *b)
{
	const struct lanes *s = self;
	const int n = s->pr->n, W = s->W;
	for (int l = 0; l < W; l++) {
		for (int r = 1; r < n; r++)
			for (int c = 0; c < r; c++)
				b[r * W + l] -= lu[slot(s, r, c) * W + l] * b[c * W + l];
		for (int r = n - 1; r >= 0; r--) {
			for (int c = r + 1; c < n; c++)
				b[r * W + l] -= lu[slot(s, r, c) * W + l] * b[c * W + l];
			b[r * W + l] /= lu[r * W + l];
		}
	}
}

/* One output: the sum of the states plus the time. */
static void lanes_out(const void *self, const double *t, const double *y, const double *p, const double *k, double *out)
{
	const struct lanes *s = self;
	(void)p, (void)k;
	for (int l = 0; l < s->W; l++) {
		out[l] = t[l];
		for (int i = 0; i < s->pr->n; i++)
			out[l] += y[i * s->W + l];
	}
}

static void lanes_trig(const void *self, const double *t, const double *y, const double *p, const double *k, double *g)
{
	const struct lanes *s = self;
	(void)k;
	for (int l = 0; l < s->W; l++) {
		double yy[P_MAX_STATE], pp[4], gg[P_MAX_TRIG];
		gather(s, l, y, s->pr->n, yy);
		gather(s, l, p, s->pr->n_p, pp);
		s->pr->trig(t[l], yy, pp, gg);
		for (int j = 0; j < s->pr->n_trig; j++)
			g[j * s->W + l] = gg[j];
	}
}

static const struct ql_kernel *lanes_make(struct lanes *s, const struct problem *pr, int W)
{
	int m = 0;
	for (int i = 0; i < pr->n; i++, m++)
		s->row[m] = s->col[m] = i;
	for (int i = 0; i < pr->n * pr->n; i++)
		if (i / pr->n != i % pr->n) {
			s->row[m] = i / pr->n;
			s->col[m++] = i % pr->n;
		}
	for (int i = 0; i < m; i++)
		s->is_jac[i] = true;
	s->pr = pr;
	s->W = W;
	s->kernel = (struct ql_kernel){.name = pr->name,
				       .isa = "test",
				       .width = W,
				       .n_state = pr->n,
				       .n_p = pr->n_p,
				       .n_out = 1,
				       .n_trig = pr->n_trig,
				       .n_lu = pr->n * pr->n,
				       .autonomous = pr->autonomous,
				       .lu_row = s->row,
				       .lu_col = s->col,
				       .lu_is_jac = s->is_jac,
				       .self = s,
				       .rhs = lanes_rhs,
				       .jac = lanes_jac,
				       .factor = lanes_factor,
				       .solve = lanes_solve,
				       .out = lanes_out,
				       .trig = lanes_trig};
	return &s->kernel;
}

/* A patient: what is done to it and what was seen of it. */
#define MAX_SEEN 400
struct patient {
	double t0, y0[P_MAX_STATE], p[4];
	double t_end;
	double dose_every, dose;     /* 0: none; added to state 0 */
	double sample_every;         /* 0: none */
	bool sample_at_start, fix_on_trigger;
	double stop_at_sample;       /* a sample at this time asks for a stop; 0: none */
	double reset_on_trigger;     /* trigger 0 puts state 0 here; NAN: only counts */

	bool done;
	enum quell_status why;
	double t_last, y_last[P_MAX_STATE];
	int n_sample, n_stop, n_trigger;
	double sample_t[MAX_SEEN], sample_y[MAX_SEEN][P_MAX_STATE], sample_out[MAX_SEEN];
	double stop_t[MAX_SEEN];
	double trigger_t[MAX_SEEN], trigger_y[MAX_SEEN];
	int trigger_which[MAX_SEEN];
	long steps, rejected;
};

struct queue {
	struct patient *patient;
	const int *order; /* NULL: as they are */
	int n, next;
	int n_state, n_p;
};

static bool queue_fetch(void *ctx, struct ql_lane *l)
{
	struct queue *q = ctx;
	if (q->next >= q->n)
		return false;
	int i = q->next++;
	struct patient *p = &q->patient[q->order ? q->order[i] : i];
	l->user = p;
	l->t = p->t0;
	for (int s = 0; s < q->n_state; s++)
		l->y[s * l->stride] = p->y0[s];
	for (int s = 0; s < q->n_p; s++)
		l->p[s * l->stride] = p->p[s];
	l->t_stop = p->dose_every > 0 ? fmin(p->t0 + p->dose_every, p->t_end) : p->t_end;
	l->t_sample = p->sample_at_start ? p->t0 : p->sample_every > 0 ? p->t0 + p->sample_every : INFINITY;
	return true;
}

static enum ql_next queue_stop(void *ctx, struct ql_lane *l)
{
	(void)ctx;
	struct patient *p = l->user;
	if (p->n_stop < MAX_SEEN)
		p->stop_t[p->n_stop] = l->t;
	p->n_stop++;
	if (l->t >= p->t_end || (p->stop_at_sample > 0 && l->t == p->stop_at_sample))
		return QL_FINISHED;
	l->t_stop = fmin(p->t0 + p->dose_every * (p->n_stop + 1), p->t_end);
	l->y[0] += p->dose;
	return p->dose != 0 ? QL_CHANGED : QL_GO_ON;
}

static enum ql_next queue_sample(void *ctx, struct ql_lane *l, double t, const double *y, const double *out)
{
	struct queue *q = ctx;
	struct patient *p = l->user;
	if (p->n_sample < MAX_SEEN) {
		p->sample_t[p->n_sample] = t;
		p->sample_out[p->n_sample] = out ? out[0] : NAN;
		if (y)
			memcpy(p->sample_y[p->n_sample], y, (size_t)q->n_state * sizeof *y);
	}
	p->n_sample++;
	const int next = p->sample_at_start ? p->n_sample : p->n_sample + 1;
	l->t_sample = p->sample_every > 0 ? p->t0 + p->sample_every * next : INFINITY;
	return p->stop_at_sample > 0 && t == p->stop_at_sample ? QL_CHANGED : QL_GO_ON;
}

static enum ql_next queue_trigger(void *ctx, struct ql_lane *l, int which)
{
	(void)ctx;
	struct patient *p = l->user;
	if (p->n_trigger < MAX_SEEN) {
		p->trigger_t[p->n_trigger] = l->t;
		p->trigger_y[p->n_trigger] = l->y[0];
		p->trigger_which[p->n_trigger] = which;
	}
	p->n_trigger++;
	if (which != 0 || isnan(p->reset_on_trigger))
		return QL_GO_ON;
	l->y[0] = p->reset_on_trigger;
	return QL_CHANGED;
}

static void queue_finished(void *ctx, struct ql_lane *l, enum quell_status why)
{
	struct queue *q = ctx;
	struct patient *p = l->user;
	p->done = true;
	p->why = why;
	p->t_last = l->t;
	p->steps = l->steps;
	p->rejected = l->rejected;
	for (int s = 0; s < q->n_state; s++)
		p->y_last[s] = l->y[s * l->stride];
}

static struct ql_ode_client queue_client(struct queue *q)
{
	return (struct ql_ode_client){q, queue_fetch, queue_stop, queue_sample, queue_trigger, queue_finished};
}

/* Everything that was seen of two runs of a patient is the same, bit for bit. */
static inline bool same_patient(const struct patient *a, const struct patient *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

#endif
