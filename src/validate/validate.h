/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Published against simulated: every row of the evidence that is about an arm
 * of a shipped trial, beside what the model predicts for a trial of that size,
 * hit or miss; the rest named with the reason. docs/validation.md says how.
 */
#ifndef QL_VALIDATE_VALIDATE_H
#define QL_VALIDATE_VALIDATE_H

#include "validate/predict.h"

struct ql_validate_spec {
	struct ql_panel_spec panel; /* data_dir, patients, seed, threads, lanes, rtol, set, draws, cancel, progress */
	const char **trial; /* ids or paths; none: every trial of the library */
	int n_trial;
	const char *role;   /* NULL: all */
	int replicates;     /* 0 = 400 */
	const char *trial_effect; /* file; NULL: the shipped library/validation/trial_effect.csv */
	bool no_trial_effect; /* to find its size */
};

struct ql_validated { /* one row of evidence/trials.csv beside the simulation */
	const struct ql_trial_row *row;
	const struct ql_design *design;
	const char *trial, *arm, *role, *source; /* arm: "Ven-G", "Ven-G against G-Clb (IGHV-U)" */
	struct ql_target target;
	double n;                  /* patients of the published value */
	double value, lower, upper; /* published, in the target's unit */
	struct ql_prediction sim;
	bool counted;              /* verified, and both sides have a value */
	bool hit;
	const char *reason;        /* why it is not simulated; NULL if it is */
	bool simulated;
	const struct ql_trial_evidence *network; /* PFS hazard ratios of whole trials: what all trials say of the pair; else NULL */
};

struct ql_class_score {
	int n;
	double mean_error;         /* of arms of 150 or more: points (0..1), medians and ratios as a share */
};

struct ql_score {
	const char *role;          /* "calibration", "validation", "evidence", "all" */
	int n, hit, n_trial;
	double by_trial;           /* one vote per trial: mean of the trials' shares of hits */
	double coverage[QL_LEVELS];
	double half_width;         /* median of interval half-width over binomial half-width; NaN: no shares */
	struct ql_class_score class[QL_CLASS_COUNT];
};

struct ql_left_out {
	const char *trial, *arm, *reason; /* arm "": the whole trial */
	const char *role;
};

/* Parts of the trial effect; names as in the file. */
enum ql_effect_part {
	QL_EFFECT_HAZARD_TRIAL,
	QL_EFFECT_HAZARD_ARM,
	QL_EFFECT_RESPONSE,
	QL_EFFECT_CR,
	QL_EFFECT_MRD,
	QL_EFFECT_AE,
	QL_EFFECT_COUNT
};
extern const char *const ql_effect_name[QL_EFFECT_COUNT];

struct ql_validation {
	struct ql_arena arena;
	uint64_t model_hash, seed, patients;
	double rtol;
	int replicates, n_draws;
	struct ql_evidence *evidence;
	struct ql_design **design;
	int n_design;
	struct ql_validated *item;
	int n_item;
	struct ql_left_out *left_out;
	int n_left_out;
	double trial_sd[QL_EFFECT_COUNT];
	struct ql_score score[4];  /* by role, then all */
	uint64_t n_failed, n_simulated;
	bool interrupted;
	double wall_s, cpu_s;      /* never in JSON */
	struct ql_panel *panel;    /* owner of the designs */
};

enum quell_status ql_validate_run(const struct ql_validate_spec *spec, struct ql_diags *ds, struct ql_validation **out);
void ql_validation_free(struct ql_validation *v);

/* The trial effect of a class of targets. */
struct ql_trial_sds ql_validation_effect(const struct ql_validation *v, enum ql_target_class c);

/*
 * The size of the trial effect: what differs between calibration trials beyond sampling, after the model has taken account
 * of who was enrolled. Every regimen has its own mean (what the model gets wrong of it in every trial is no variation
 * between trials). Curves: residuals of the arms, on the logarithm of the cumulative hazard, progression-free and overall
 * survival apart,
 *
 *	published - simulated = regimen + trial + arm + sampling,
 *
 * variances of trial and arm by restricted maximum likelihood; a published hazard ratio stands for arms that have no figure
 * of their own. Other shares: logits, between trials of one regimen, all classes pooled, since none has more than a few
 * degrees of freedom.
 */
struct ql_trial_effect {
	double sd;
	int n, df;   /* residuals; residuals less regimens */
	bool pooled; /* over classes */
};
void ql_trial_effect_estimate(const struct ql_validation *v, struct ql_arena *scratch,
			      struct ql_trial_effect out[QL_EFFECT_COUNT]);

/* Restricted log likelihood of residuals y = X b + z u + arms + noise; for tests. See trial_effect.c. */
struct ql_effect_row {
	int regimen_a, regimen_b; /* b: of the comparator of a ratio; -1: none */
	int trial, arm_a, arm_b;  /* numbers of random effects; trial -1 for a ratio */
	double y, variance;
};
/* Maximises it over both standard deviations. False: too few rows. *df: rows less rank of X. */
bool ql_effect_fit(const struct ql_effect_row *row, int n, int n_regimen, struct ql_arena *scratch, double *trial_sd,
		   double *arm_sd, int *df);

/* schema "quell.validate/1"; same bytes for the same inputs. */
void ql_validation_json(const struct ql_validation *v, struct ql_buf *out);

#endif
