/* SPDX-License-Identifier: Apache-2.0 */
/* Private to dosing: one subject of a data set on its way through the integrator. */
#ifndef QL_DOSING_DATASET_RUN_H
#define QL_DOSING_DATASET_RUN_H

#include "dosing/dataset.h"
#include "dosing/steady.h"
#include "dosing/vary.h"

/* Doses still to come: `left` more after the one at `time`, every `ii`. */
struct ql_train {
	double time, ii;
	long left;
	int dose;
	double prescribed;     /* AMT */
	double bolus;          /* amount in state units; 0: infusion */
	double rate, duration; /* state units per time */
};

/* Running infusions of one dose at one rate, so that the sum of rates is exact and is 0 when all have ended. */
struct ql_stream {
	int dose, count;
	double rate;
};

struct ql_ending { /* heap by time, then by stream */
	double time;
	int stream;
};

/* What all threads share. */
struct ql_dataset_sim {
	const struct ql_dataset_run *run;
	const struct ql_dataset *data;
	struct ql_plan *plan;
	int width;
	const struct ql_kernel *native; /* NULL: interpret */
	struct ql_values v; /* of the run */
	const double *k, *atol, *param;
	double rtol;
	int n_param;
	struct ql_vary *vary; /* QL_LINEAR: covariates that change */
	int n_vary;
	int *vary_column;
	int *state_slot, *rate_slot; /* per dose: plan state and p slot, -1 if pruned */
	int *state_column; /* states that follow the outputs in a row of the result */
	int n_state_column;
	struct ql_dataset_result *result;
	enum quell_status *status; /* [n_subject] */
	enum ql_code *reason;      /* [n_subject], valid where status is not OK */
	double *when;              /* [n_subject] time of the failure */
	_Atomic int next;
};

/* One lane's subject. */
struct ql_live {
	struct ql_dataset_sim *sim;
	int subject, record, end; /* record: next to process */
	bool resume;              /* the clock was turned back: fetch goes on with this subject */
	bool dead;
	bool *clock_set; /* [n_q] inputs that a dose has set since the last reset */
	struct ql_values v;
	struct ql_train *train;
	int n_train, cap_train;
	struct ql_stream *stream;
	int n_stream, cap_stream;
	struct ql_ending *ending;
	int n_ending, cap_ending;
};

/* One thread's tools. */
struct ql_dataset_thread {
	struct ql_dataset_sim *sim;
	const struct ql_kernel *wide; /* compiled, or the next one */
	struct ql_kernel *interpreter, *single;
	struct ql_ode_work *work;
	struct ql_steady *steady;
	struct ql_live *live; /* per lane */
	double *y, *p, *out;  /* contiguous copies */
};

/* Everything due at lane->t: pending doses and infusion ends, then records of this time. Sets the next stop. */
enum ql_next ql_live_advance(struct ql_dataset_thread *w, struct ql_live *l, struct ql_lane *lane);
void ql_dataset_set_params(const struct ql_dataset_sim *s, struct ql_values *v);
/* Values, states and slots of a subject at its first record. */
enum quell_status ql_live_start(struct ql_live *l, struct ql_lane *lane);
void ql_live_fail(struct ql_live *l, enum quell_status status, enum ql_code reason, double t);

#endif
