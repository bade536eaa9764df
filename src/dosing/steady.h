/* SPDX-License-Identifier: Apache-2.0 */
/* Private to dosing: steady states of repeated doses and of constant infusions. */
#ifndef QL_DOSING_STEADY_H
#define QL_DOSING_STEADY_H

#include "emit/plan.h"
#include "ode/ode.h"

struct ql_steady {
	const struct ql_plan *plan;
	const struct ql_kernel *kernel; /* width 1 */
	struct ql_ode_work *work;
	const double *k, *atol;
	double rtol;
	struct ql_values *v; /* of the patient, for triggers; set by the caller before each call */
	double *p;           /* [n_p] the patient's slots, all rates 0 on entry; scratch */
	/* scratch */
	double *y0, *y1, *y2, *col, *matrix, *lu;
	bool *matters; /* some rate reads the state: others do not take part in the search and keep their value */
	volatile const int *cancel;
};

/* The repeated dose. */
struct ql_steady_dose {
	double ii, t_end;      /* interval; time at which the state is wanted (the record) */
	double since;          /* time since the last arrival before t_end, in (0, ii] */
	int state;             /* plan state, -1: infusion only */
	double bolus;          /* added at an arrival */
	int rate_slot;         /* p slot */
	double rate, duration; /* of each infusion; rate 0: none */
	const struct ql_clock *clock; /* what arrivals set besides */
	int n_clock;
	double prescribed;
};

enum quell_status ql_steady_make(const struct ql_plan *plan, const double *k, const double *atol, double rtol,
				 volatile const int *cancel, struct ql_steady **out);
void ql_steady_free(struct ql_steady *s);

/* y: in a start, out the state at t_end just before an arrival there. QUELL_ERR_NUMERIC: there is none. */
enum quell_status ql_steady_periodic(struct ql_steady *s, const struct ql_steady_dose *d, double *y);
/* The same for an infusion at constant rate, without end. */
enum quell_status ql_steady_constant(struct ql_steady *s, int rate_slot, double rate, double t, double *y);

#endif
