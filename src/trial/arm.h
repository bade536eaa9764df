/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One arm: many virtual patients under one regimen, through the integrator.
 * The protocol reads observables at visits, assesses response and progression
 * by iwCLL 2018 and keeps one record per patient; courses are summed into
 * histograms, so memory does not grow with the number of time points.
 * The first line ends at progression, death or Richter transformation, or at
 * the horizon. With a table of next lines the patient goes on: next regimens
 * under a plan that covers all that was given so far, so that every drug,
 * clone and cell is carried along, until death or the horizon.
 * Records depend on (seed, patient) and the settings only: any number of
 * threads, lanes or order gives the same bytes.
 */
#ifndef QL_TRIAL_ARM_H
#define QL_TRIAL_ARM_H

#include "dosing/regimen.h"
#include "ode/ode.h"
#include "patient/population.h"
#include "trial/next_line.h"
#include "trial/plans.h"
#include "trial/protocol.h"
#include <pthread.h>

enum ql_read_at { QL_READ_VISIT = 1, QL_READ_GRID = 2 };
struct ql_course_sum; /* histograms over patients per output and grid day; trial/course.h */

struct ql_visit_phase { /* every_day from the end of the phase before to until_day; the last one has no end */
	double every_day, until_day;
};

struct ql_arm_spec {
	struct ql_model *model;
	const struct ql_plan *plan;
	const struct ql_kernel *kernel;
	const struct ql_regimen *regimen;
	const struct ql_population *population;
	const double *k;     /* run constants of the plan */
	const double *param; /* [n_q] typical values that --set gave, NaN where the model's stands; NULL = none */
	const double *covariate; /* [n_q] values that replace drawn covariates, NaN where drawn; NULL = all drawn */
	bool typical;        /* hidden normals 0, hidden uniforms 0.5: the typical patient of these covariates */
	uint64_t first_patient, n_patients, seed;
	const uint64_t *patient; /* [n_patients] numbers in place of first_patient, ...; NULL */
	const struct ql_protocol *protocol; /* rules of the first line; NULL: doses as planned */
	const struct ql_next_table *next; /* what follows progression; NULL: the first line alone */
	double year;             /* calendar year of the start, for the table of next lines; 0: the present */
	struct ql_plans *plans;  /* for next lines */
	pthread_mutex_t *plans_lock; /* held while plans and diagnostics are added: for arms that run at once; NULL */
	double horizon_day;
	const struct ql_visit_phase *visits; /* NULL: the calendar of trial/rules.h */
	int n_visits;
	double window_day;   /* with visits: they take place this much before or after their planned day, at most a quarter of the
			      * way to the next; a visit so near a planned assessment answers for it */
	double response_day; /* 0: the regimen's own */
	const double *mrd_day; /* [n_mrd] ascending: MRD of blood and marrow at the first, blood at the others; none: at response_day */
	int n_mrd;
	double judged_share; /* of patients whose response can be judged; 0: that of trial/rules.h */
	double stop_day;     /* no dose of the first line later; 0: as the regimen says */
	double rtol;         /* below 1e-4 it tightens the model's absolute tolerances in proportion */
	int threads;
	bool cvode;
	bool no_courses;     /* the grid is read all the same, since the protocol sees what is read */
	bool fixed_doses;    /* no thresholds, no protocol, no extinction, to the horizon: for solver comparisons */
	const double *grid;  /* days at which `observe` reads, ascending; no courses are kept then. NULL: ql_course_grid() */
	int n_grid;
	/* Called with the plan's outputs at visits and grid days (`at`: bits of enum ql_read_at), at times by several
	 * threads at once; calls for one patient come in order of time. May be NULL. */
	void (*observe)(void *ctx, uint64_t patient, double day, unsigned at, const double *out);
	void *observe_ctx;
	volatile const int *cancel;
	void (*progress)(void *ctx, uint64_t done);
	void *progress_ctx;
};

struct ql_arm_result {
	struct ql_patient_record *record; /* [n_patients], heap */
	uint64_t n_done, n_failed;
	struct ql_course_sum *course; /* NULL with a grid of the caller's */
	struct ql_ode_stats stats;
	uint64_t n_line; /* lines begun after the first */
};

/* QUELL_ERR_INTERRUPTED after a cancel: the result then holds what was finished. */
enum quell_status ql_arm_run(const struct ql_arm_spec *spec, struct ql_diags *ds, struct ql_arm_result *out);
/* Adds the counts and courses of other patients of the same arm; the records are the caller's business. */
void ql_arm_result_add(struct ql_arm_result *sum, const struct ql_arm_result *x);
void ql_arm_result_free(struct ql_arm_result *r);

#endif
