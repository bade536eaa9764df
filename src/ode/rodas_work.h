/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the integrator: its work space, its vector operations and what its files share. */
#ifndef QL_ODE_RODAS_WORK_H
#define QL_ODE_RODAS_WORK_H

#include "ode/lane.h"
#include "ode/rodas_table.h"

#define QL_MAX_LANES 32
#define QL_LOOKS 3 /* interior points of a step that may hide a double crossing */

/* What the integrator keeps of a lane beside what the client sees. */
struct ql_lane_state {
	bool active;
	bool fresh;         /* the first step from here is chosen from the derivatives */
	bool after_reject;  /* the next step may not grow */
	bool hits_stop;     /* the step under way ends at t_stop exactly */
	double h_next;      /* what the controller wants, before stops shorten it */
	double log_err;     /* log2 of the error of the last accepted step */
	int bad_tries;      /* attempts in a row with non-finite values */
};

/* How the step that was just accepted ends for a lane. */
struct ql_lane_end {
	double t, theta;    /* end of the step: its full length, a trigger or a set-back */
	int trigger;        /* -1: none */
	bool set_back;      /* a sample asked for a stop here */
};

struct ql_rodas_ops;

/* Arrays [index*W + lane], 64-byte aligned, all inside one block with this struct. */
struct ql_ode_work {
	const struct ql_kernel *kernel;
	const struct ql_rodas_ops *ops;
	const struct ql_rodas_table *table;
	const double *k;
	const struct ql_ode_opts *opts;
	const struct ql_ode_client *client;
	struct ql_ode_stats stats;
	struct ql_lane_care care;
	int W, n, n_p, n_lu, n_out, n_trig;
	bool drained;     /* the queue is empty */
	bool dense_ready; /* D belongs to the step just taken */

	double *y, *p; /* current state and per-lane values */
	double *u;     /* stage value; the new state after a step */
	double *U[QL_RODAS_STAGES];
	double *D[QL_RODAS_DENSE];
	double *f, *ft, *lu;
	double *ys;               /* state at theta */
	double *out;
	double *g[QL_LOOKS + 2];  /* triggers at the start, inside and at the end of the step */
	double *g_move;           /* how far each trigger moved in the step before; INFINITY: unknown */
	double *gs, *ga, *gb;     /* triggers at theta, and at the ends of a bracket */
	double *row, *row_out;    /* contiguous copies for the client */

	/* per lane */
	double *t, *h, *ts, *theta, *err, *bad, *shift;
	int64_t *mask;         /* -1: take the new state */
	int64_t *rose, *hides; /* set by watch() */
	struct ql_lane lane[QL_MAX_LANES];
	struct ql_lane_state state[QL_MAX_LANES];
	struct ql_lane_end end[QL_MAX_LANES];
};

/* Vector operations, compiled for each width and instruction set; all give the same bits. */
struct ql_rodas_ops {
	const char *isa;
	int width;
	/* From f (in U[0] if the kernel is autonomous), ft, lu at (t, y) and h: factors, runs the stages, leaves the
	 * new state in u, the sum of squared weighted errors in err and something that is not 0 in bad where the new
	 * state is not finite. */
	void (*advance)(struct ql_ode_work *w);
	/* ys = state at theta[lane] within the step */
	void (*dense)(struct ql_ode_work *w);
	/* y = u in the lanes of mask */
	void (*take)(struct ql_ode_work *w);
	/* Compares triggers at both ends of the step: rose[lane] is not 0 if one rose through 0, hides[lane] if one may
	 * have crossed twice in between: it is on the same side at both ends and came near zero, measured by how far
	 * it moved in this step or the one before. */
	void (*watch)(struct ql_ode_work *w);
	/* The step went to its end in the lanes of mask: its last trigger values are the first of the next. */
	void (*pass_on)(struct ql_ode_work *w);
};

/* NULL when this build or processor lacks them. */
const struct ql_rodas_ops *ql_rodas_ops_generic(int width);
const struct ql_rodas_ops *ql_rodas_ops_v3(int width);
const struct ql_rodas_ops *ql_rodas_ops_v4(int width);

/* rodas_control.c: scalar, so that all builds agree. */
double ql_rodas_first_step(const struct ql_ode_work *w, int lane);
void ql_rodas_choose(struct ql_ode_work *w, int lane);          /* sets h[lane], hits_stop */
enum quell_status ql_rodas_judge(struct ql_ode_work *w, int lane, bool *accepted);

/* rodas_events.c */
void ql_rodas_trigger_values(struct ql_ode_work *w, const double *y, const double *t, double *g);
void ql_rodas_find_triggers(struct ql_ode_work *w, uint32_t accepted); /* may shorten end[] */
void ql_rodas_samples(struct ql_ode_work *w, uint32_t accepted);       /* may shorten end[] */
enum ql_next ql_rodas_sample_now(struct ql_ode_work *w, int lane);

#endif
