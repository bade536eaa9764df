/* SPDX-License-Identifier: Apache-2.0 */
/* One arm at work: shared run, one worker per thread, one live patient per lane. */
#ifndef QL_TRIAL_ARM_PRIVATE_H
#define QL_TRIAL_ARM_PRIVATE_H

#include "trial/arm.h"
#include "trial/assess.h"
#include "trial/course.h"
#include "trial/names.h"
#include <pthread.h>
#include <stdatomic.h>

struct arm_run {
	const struct ql_arm_spec *spec;
	struct ql_trial_names names;
	struct ql_values base; /* what all patients start from: parameters, agents, inputs */
	double *atol;   /* [n_state] */
	const double *grid;
	int n_grid;
	double course_day[QL_COURSE_MAX_DAYS];
	struct ql_arm_result *out;
	atomic_ullong next, done, failed;
	pthread_mutex_t progress_lock;
	struct arm_worker *worker;
	int n_worker;
};

struct live { /* the patient on a lane */
	uint64_t id;
	struct ql_patient_record *record;
	struct ql_values v;
	struct ql_events events;
	int next_event;
	int *open;     /* [n_item] infusions that run */
	bool *stopped; /* [n_item] */
	int last_cycle;
	double end_of_treatment; /* last dose or level above 0; INFINITY while open-ended */

	double next_visit, next_regular, next_anc;
	int next_grid;
	bool response_pending;
	bool over; /* the trial ended at a sample; told to the integrator at the stop that follows */
	struct ql_reading baseline;
	struct ql_nadir nadir;
	unsigned ordinal[QL_HAPPEN_COUNT]; /* events drawn so far */
	double threshold[QL_HAPPEN_COUNT];
	uint16_t bin[QL_NAMES_MAX_AXES][QL_COURSE_MAX_DAYS];
};

struct arm_worker {
	struct arm_run *run;
	struct live *live; /* [width] */
	int n_live;
	struct ql_ode_work *work;
	double *t, *y, *p, *out; /* one vector call of the kernel's outputs */
	struct ql_ode_stats stats;
};

/* Fills the lane with patient `id`: covariates, constants, events, thresholds, baseline. */
enum quell_status ql_live_begin(struct arm_worker *w, struct live *l, struct ql_lane *lane, uint64_t id);
/* Sets t_stop and t_sample. */
void ql_live_schedule(const struct arm_run *run, const struct live *l, struct ql_lane *lane);
bool ql_live_apply_events(const struct arm_run *run, struct live *l, struct ql_lane *lane); /* true: something changed */
/* A uniform of the patient on a named stream. */
double ql_live_uniform(const struct arm_run *run, const struct live *l, const char *stream, uint64_t ordinal);
void ql_live_set_threshold(const struct arm_run *run, struct live *l, struct ql_lane *lane, int happening);
void ql_live_stop_for_toxicity(const struct arm_run *run, struct live *l, struct ql_lane *lane);
/* Reads what is due at t; true when the patient's trial ends here. */
bool ql_live_sample(const struct arm_run *run, struct live *l, struct ql_lane *lane, double t, const double *out);
void ql_live_read(const struct arm_run *run, const struct ql_lane *lane, double day, const double *out,
		  struct ql_reading *r);

#endif
