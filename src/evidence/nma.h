/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network meta-analysis: data in, estimates out.
 *
 * A study with k arms enters as k-1 contrasts against its first arm with their
 * covariance, so multi-arm trials carry their correlation exactly. Effects are
 * on the additive scale (log for ratios). Heterogeneity is one variance tau2
 * of every contrast; contrasts of one trial share half of it.
 *
 *	ql_nma_read() or ql_nma_builder_*()  ->  struct ql_nma_data
 *	ql_nma_fit()                         ->  struct ql_nma
 *	ql_nma_designs(), ql_nma_split(), ql_nma_ranks(), ...
 *
 * Everything lives in the arena of the caller.
 */
#ifndef QL_EVIDENCE_NMA_H
#define QL_EVIDENCE_NMA_H

#include "evidence/table.h"

enum ql_measure { QL_GENERIC, QL_MD, QL_SMD, QL_OR, QL_RR, QL_RD, QL_IRR, QL_HR };
const char *ql_measure_name(enum ql_measure m); /* "OR"; "effect" for generic */
bool ql_measure_is_ratio(enum ql_measure m);    /* analysed as a logarithm */
double ql_ci_quantile(double percent);          /* 95 -> 1.96 */

struct ql_nma_arm { /* what was observed; NaN where the input has only contrasts */
	double events, n, mean, sd, time;
};

struct ql_nma_study {
	const char *name;
	int k;        /* arms */
	int *arm;     /* [k] treatments */
	double *y;    /* [k-1] arm i+1 minus arm 0 */
	double *s;    /* [(k-1)*(k-1)] covariance */
	double *pair; /* [k*k] arm i minus arm j as printed, where contrasts of one study do not add up exactly: all
			 of them are fitted, with the weights of the model. NULL: y says everything */
	struct ql_nma_arm *observed; /* [k], or NULL */
	double covariate;            /* NaN without */
	double residual;             /* largest disagreement among the printed contrasts of a multi-arm study */
	struct ql_span span;
	const struct ql_trial_row **row; /* rows of the evidence base behind it, or NULL */
	int n_row;
};

struct ql_nma_data {
	struct ql_arena *a;
	enum ql_measure measure;
	int n_treat;
	const char **treat;
	int n_study;
	struct ql_nma_study *study;
	const char **note; /* what was left out or changed, in words */
	int n_note, cap_note;
	int n_incremented; /* studies with a zero cell */
};

void ql_nma_note(struct ql_nma_data *d, const char *fmt, ...) QL_PRINTF(2, 3);

/* ---- input ---- */

struct ql_nma_read_options {
	int measure;                 /* -1: as the columns say */
	const char *covariate;       /* column, or NULL */
	const char *group1, *group2; /* names of the two sides of 2x2 tables; NULL: "treatment", "control" */
	double increment;            /* added to all cells of studies with a zero cell; 0.5 */
	bool keep_double_zero;       /* studies without any event stay in (with the increment) */
	bool repair;                 /* multi-arm contrasts: accept any contradiction, fill in missing ones */
	bool exact_names;            /* names that differ in case or accents only are different treatments */
};
/* Tables of contrasts (studlab, treat1, treat2, TE, seTE), arms (study, treatment, events, n | mean, sd, n | events,
 * time), arms side by side (treatment1, event1, n1, treatment2, ...), differences (study, treatment, diff, std.err),
 * 2x2 (tpos, tneg, cpos, cneg) and pairs (yi, vi). docs/evidence.md lists the names of columns. */
enum quell_status ql_nma_read(struct ql_arena *a, const char *path, const struct ql_nma_read_options *o,
			      struct ql_diags *ds, struct ql_nma_data **out);

struct ql_csv;
/* The same from a table that was read with `any_case`. */
enum quell_status ql_nma_take(struct ql_arena *a, struct ql_csv *table, const struct ql_nma_read_options *o,
			      struct ql_diags *ds, struct ql_nma_data **out);

/* Row by row; then finish, which checks every study. */
struct ql_nma_builder;
struct ql_nma_builder *ql_nma_builder_new(struct ql_arena *a, const struct ql_nma_read_options *o, enum ql_measure m,
					  struct ql_diags *ds);
/* te = treat1 minus treat2. n1, n2: patients, NaN if unknown; used only to fill in missing variances. */
void ql_nma_builder_contrast(struct ql_nma_builder *b, const char *study, const char *treat1, const char *treat2,
			     double te, double se, double n1, double n2, double covariate, struct ql_span span,
			     const struct ql_trial_row *row);
void ql_nma_builder_arm(struct ql_nma_builder *b, const char *study, const char *treat, struct ql_nma_arm observed,
			double covariate, struct ql_span span);
enum quell_status ql_nma_builder_finish(struct ql_nma_builder *b, struct ql_nma_data **out);

/* Treatment by name, -1 with QL_E0720 and a suggestion. */
int ql_nma_treatment(const struct ql_nma_data *d, const char *name, struct ql_diags *ds);
/* Parts that no study connects: part[n_treat] gets 0..n-1; returns n. */
int ql_nma_parts(const struct ql_nma_data *d, int *part);
/* The studies and treatments of one part, as data of their own. */
struct ql_nma_data *ql_nma_part(const struct ql_nma_data *d, const int *part, int which);
/* Treatment of most studies (then the one that is less often named first, as comparators are; then by name): the
 * default reference. */
int ql_nma_hub(const struct ql_nma_data *d);

/* ---- the model ---- */

enum ql_tau_method { QL_DL, QL_REML, QL_ML, QL_PM };

struct ql_nma_options {
	enum ql_tau_method method;
	bool random;
	bool hartung_knapp;
	bool small_desirable;
	int reference;
	double level; /* 0.95 */
	double tau2;  /* fixed value; NaN: estimate it */
};

struct ql_nma {
	const struct ql_nma_data *d;
	struct ql_nma_options o;
	int n;                                 /* treatments */
	double tau2;                           /* 0 in the common-effect model */
	double q, p_q, i2, i2_lower, i2_upper; /* from common-effect weights; NaN without degrees of freedom */
	int df;
	double q_random;     /* with weights at tau2 */
	double *effect;      /* [n] against the reference */
	double *v;           /* [n*n] covariance of effect; row and column of the reference are 0 */
	double crit;         /* quantile for intervals: normal, or t for Hartung-Knapp */
	double inflate;      /* factor on standard errors (Hartung-Knapp), else 1 */
	double predict_crit; /* t quantile for prediction intervals; NaN if there are too few studies */
};

/* QUELL_ERR_NUMERIC if the weights cannot be inverted (QL_E0725), QUELL_ERR_INPUT if the data are not one part. */
enum quell_status ql_nma_fit(const struct ql_nma_data *d, const struct ql_nma_options *o, struct ql_diags *ds,
			     struct ql_nma **out);

struct ql_estimate {
	double te, se, lower, upper, z, p, predict_lower, predict_upper;
};
/* treat i minus treat j */
struct ql_estimate ql_nma_estimate(const struct ql_nma *m, int i, int j);

/* ---- inconsistency ---- */

struct ql_nma_design {
	int k;
	int *treat;        /* sorted by name */
	const char *label; /* "A:B:C" */
	int n_study;
	double q_within;
	int df_within;
	double q_detached; /* between-designs Q with this design detached; NaN if nothing is left to compare */
	int df_detached;
};
struct ql_designs {
	int n;
	struct ql_nma_design *design;
	double q_within, p_within, q_between, p_between;
	int df_within, df_between;
	double tau2_within, q_between_random, p_between_random; /* full design-by-treatment interaction model */
	double *heat; /* [n*n] net heat: change of design r's between-designs Q when design c is detached; NULL unless
			 asked */
};
void ql_nma_designs(const struct ql_nma *m, bool heat, struct ql_designs *out);

struct ql_split { /* node splitting by back-calculation */
	int treat, comp, n_study;
	double proportion;                                        /* share of direct evidence */
	struct ql_estimate network, direct, indirect, difference; /* NaN where there is none */
};
/* Every pair that a study compares directly. */
struct ql_split *ql_nma_split(const struct ql_nma *m, int *n);

/* ---- ranking ---- */

struct ql_ranks {
	double *p_score;   /* [n] */
	double *sucra;     /* [n] from the rankogram; NULL without draws */
	double *rankogram; /* [n*n] chance of treatment (row) at rank (column); NULL without draws */
	uint64_t draws;
};
/* draws 0: P-scores only. */
void ql_nma_ranks(const struct ql_nma *m, uint64_t draws, uint64_t seed, struct ql_ranks *out);

/* ---- how evidence flows ---- */

enum ql_flow { QL_SHORTEST_PATH, QL_RANDOM_WALK };
struct ql_contributions {
	int n_row, n_col;
	int *row_a, *row_b;              /* comparisons: all pairs */
	int *col_a, *col_b;              /* pairs with direct evidence */
	double *share;                   /* [n_row*n_col], rows sum to 1 */
	double *mean_path, *parallelism; /* [n_row] mean path length; 1 / largest flow */
};
void ql_nma_contributions(const struct ql_nma *m, enum ql_flow method, struct ql_contributions *out);

#endif
