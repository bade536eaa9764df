/* SPDX-License-Identifier: Apache-2.0 */
/* What happens to a patient between steps, the same for every engine: stops, samples that are due, triggers that a
 * change turns on. */
#ifndef QL_ODE_LANE_H
#define QL_ODE_LANE_H

#include "ode/ode.h"

/* READY: go on stepping. Otherwise the patient is over. */
enum ql_outcome { QL_READY, QL_OVER, QL_OVER_EVENTS };

/* An engine, as far as the calls below need it. */
struct ql_lane_care {
	void *engine;
	const struct ql_ode_client *client;
	struct ql_ode_stats *stats;
	long max_events; /* 0: the default */
	int n_trig;
	/* Trigger values at the lane's present time and state; element j at [j*stride]. */
	const double *(*triggers)(void *engine, struct ql_lane *l);
	/* Hands the lane's present state to the client as a sample. */
	enum ql_next (*sample)(void *engine, struct ql_lane *l);
};

/* g0: the lane's trigger values, strided, up to date before the call and after it. *changed is set when the client
 * changed something. Each returns QL_READY or how the patient ended. */
enum ql_outcome ql_lane_stop(const struct ql_lane_care *c, struct ql_lane *l, double *g0, bool *changed);
enum ql_outcome ql_lane_trigger(const struct ql_lane_care *c, struct ql_lane *l, int which, double *g0, bool *changed);
/* Samples and stops that are due at the lane's present time, until none is. */
enum ql_outcome ql_lane_settle(const struct ql_lane_care *c, struct ql_lane *l, double *g0, bool *changed);

enum quell_status ql_outcome_status(enum ql_outcome o);
bool ql_lane_is_finite(const struct ql_lane *l, int n_state);

#endif
