/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Population parameters fitted to the summary endpoints of calibration trials.
 *
 * Common random numbers: every evaluation simulates the same virtual patients,
 * so endpoints move smoothly with parameters. A Gauss-Newton search finds the
 * mode of the posterior (prior: log-normal about the model's values); waves of
 * draws follow from a surface through all evaluations (calibrate_sample.c).
 * docs/calibration.md.
 */
#ifndef QL_VALIDATE_CALIBRATE_H
#define QL_VALIDATE_CALIBRATE_H

#include "validate/validate.h"

struct ql_calibrate_spec {
	struct ql_panel_spec panel; /* data_dir, patients, seed, threads, lanes, rtol, cancel */
	const char *parameters;     /* file; NULL: library/calibration/parameters.csv */
	const char *log;            /* evaluations so far, so that a run can go on; NULL: none kept */
	int steps;                  /* Gauss-Newton steps; 0 = 2 */
	int draws;                  /* draws of each of four waves; 0 = 60 */
	int keep;                   /* equally weighted draws to keep; 0 = 24 */
	void (*progress)(void *ctx, const char *what, uint64_t done, uint64_t total);
	void *progress_ctx;
};

struct ql_calibrated {  /* one parameter; spreads are of the logarithm */
	const char *name;
	int q;
	double start, mode, prior_sd, posterior_sd;
	double mean;         /* of the draws: exp of the mean logarithm */
	double shift;        /* of the mode, in prior standard deviations */
	const char *partner; /* the parameter it goes with most, and how */
	double correlation;
	bool identified;     /* the data halve its variance at least */
};

struct ql_target_fit { /* one row that was fitted */
	const struct ql_validated *row;
	double published, before, after; /* in the target's unit */
	double z_before, z_after;        /* residual in standard errors, trial effect included */
	double weight;                   /* rows of one curve or response share a vote */
};

struct ql_conflict { /* two targets that pull the parameters apart */
	int a, b;       /* of target[] */
	double cosine;  /* of their pulls, -1: opposite */
};

struct ql_calibration {
	struct ql_arena arena;
	struct ql_validation *v;
	struct ql_calibrated *parameter;
	int n_parameter;
	struct ql_target_fit *target;
	int n_target;
	struct ql_conflict *conflict;
	int n_conflict;
	double log_posterior_before, log_posterior_after;
	double effective; /* effective sample size of the last wave of draws, under the surface through all evaluations */
	double effective_alone; /* the same by the single evaluations, which carry the error of their cohorts */
	double misfit; /* of the surface: root mean square, in standard errors of the targets */
	int n_drawn;
	double *draw;     /* [n_kept][n_parameter], values */
	int n_kept;
	int n_evaluations, n_reused;
	double wall_s;    /* never in files */
};

enum quell_status ql_calibrate_run(const struct ql_calibrate_spec *spec, struct ql_diags *ds, struct ql_calibration **out);
void ql_calibration_free(struct ql_calibration *c);
/* The kept draws as `quell validate --draws` reads them; `command` goes into the head. */
void ql_calibration_draws_csv(const struct ql_calibration *c, const char *command, struct ql_buf *out);
/* schema "quell.calibrate/1"; same bytes for the same inputs. */
void ql_calibration_json(const struct ql_calibration *c, struct ql_buf *out);
/* What was found, as a page of text in Markdown. */
void ql_calibration_report(const struct ql_calibration *c, const char *command, struct ql_buf *out);

#endif
