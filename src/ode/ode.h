/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The batched stiff integrator: Rodas5P (Steinebach 2023, BIT 63:27,
 * doi:10.1007/s10543-023-00967-x) or Rodas4, one patient per lane, each lane
 * with its own time, step, events and status, refilled from a queue.
 *
 * The caller is a client that hands out patients and hears about stops,
 * samples, triggers and ends. Stops are hit exactly; samples are read from the
 * dense output and cost no step. A lane's results depend on nothing but its own
 * patient: same bits for any width, lane, neighbour or thread.
 */
#ifndef QL_ODE_ODE_H
#define QL_ODE_ODE_H

#include "base/kernel.h"
#include "base/mem.h"

enum ql_method { QL_RODAS5P, QL_RODAS4 };

/* What sample() is given; the other pointer is NULL and costs nothing. */
enum ql_wants { QL_WANT_BOTH, QL_WANT_STATES, QL_WANT_OUTPUTS };

struct ql_ode_opts {
	enum ql_method method;
	double rtol;
	const double *atol;  /* [n_state] */
	double h_first;      /* first step after a start or a stop that changed something; 0 = chosen */
	double h_max;        /* 0 = none */
	double h_fixed;      /* > 0: fixed steps, no error control (order tests) */
	long max_steps;      /* per patient, accepted + rejected; 0 = 1000000 */
	long max_events;     /* stops + triggers per patient; 0 = 10000000 */
	enum ql_wants wants;
	volatile const int *cancel; /* non-zero: finish soon with QUELL_ERR_INTERRUPTED; may be NULL */
};

/* One lane as the client sees it. y and p point at the lane's column: element i is y[i*stride]. */
struct ql_lane {
	int index, stride;
	double t;
	double *y, *p;
	double t_stop;   /* next time to hit exactly; the patient ends when stop() says so. Set by the client. */
	double t_sample; /* next time to sample, INFINITY for none. A sample at t_stop comes before the stop; set to t
			  * by fetch, stop or trigger, it is taken at once, after their changes. */
	void *user;      /* the client's record for this patient */
	long steps, rejected, events;
};

enum ql_next { QL_GO_ON, QL_CHANGED, QL_FINISHED };

struct ql_ode_client {
	void *ctx;
	/* Fills t, y, p, t_stop, t_sample, user; false when the queue is empty. */
	bool (*fetch)(void *ctx, struct ql_lane *lane);
	/* At t == t_stop. May change y and p; must set a later t_stop or return QL_FINISHED (t_stop left at t calls
	 * again at once). QL_CHANGED if y or p changed: the next step is chosen anew and triggers that the change
	 * turned on fire; QL_GO_ON if not: the step memory is kept. */
	enum ql_next (*stop)(void *ctx, struct ql_lane *lane);
	/* At t_sample: states y[n_state] and outputs out[n_out] are contiguous copies. Must set a later t_sample
	 * (one that is not later counts as INFINITY).
	 * QL_CHANGED: the lane is set back to this very time and state, and stop() is called there. */
	enum ql_next (*sample)(void *ctx, struct ql_lane *lane, double t, const double *y, const double *out);
	/* Trigger `which` rose through zero at lane->t (the lane already stands there, y is the state then).
	 * May change y and p. Same returns as stop(). */
	enum ql_next (*trigger)(void *ctx, struct ql_lane *lane, int which);
	/* The patient is over: QUELL_OK after QL_FINISHED, QUELL_SOLVE_*, or QUELL_ERR_INTERRUPTED; lane holds the
	 * last good state. */
	void (*finished)(void *ctx, struct ql_lane *lane, enum quell_status why);
};

struct ql_ode_stats {
	long patients, failed, steps, rejected, vector_steps, stops, triggers;
};

/* Work space for one thread; allocated once, nothing is allocated while stepping. */
struct ql_ode_work;
enum quell_status ql_ode_work_make(const struct ql_kernel *k, struct ql_ode_work **out);
void ql_ode_work_free(struct ql_ode_work *w);

/* Runs until fetch() says the queue is empty and all lanes are done. */
enum quell_status ql_ode_run(const struct ql_kernel *kernel, const double *k, const struct ql_ode_opts *opts,
			     const struct ql_ode_client *client, struct ql_ode_work *work, struct ql_ode_stats *stats);

/* The same contract through SUNDIALS CVODE (BDF, analytic Jacobian), one patient at a time; kernel->width must be 1.
 * QUELL_ERR_UNSUPPORTED when built without SUNDIALS. */
enum ql_cvode_linear { QL_CVODE_KLU, QL_CVODE_DENSE, QL_CVODE_DENSE_FD };
enum quell_status ql_cvode_run(const struct ql_kernel *kernel, const double *k, const struct ql_ode_opts *opts,
			       enum ql_cvode_linear linear, const struct ql_ode_client *client,
			       struct ql_ode_stats *stats);

#endif
