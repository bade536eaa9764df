/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Regimens for one profile: rules first, then the eligible regimens on the same
 * virtual patients who match the profile, ranked under doubt about outcomes and
 * wishes; evidence and consensus beside it, never mixed in. Groups of virtual
 * patients, not advice for a person.
 */
#ifndef QL_DECIDE_RECOMMEND_H
#define QL_DECIDE_RECOMMEND_H

#include "compare/compare.h"
#include "decide/guideline.h"
#include "decide/smaa.h"
#include "trial/quality.h"
#include "trial/utility.h"

struct ql_recommend_spec {
	struct ql_run_spec run;      /* data_dir, model, seed, patients, years (at least 2), threads, lanes, rtol, set, next_line, ...;
				      * population NULL: the nearest one; regimens none: the candidates of the guideline */
	const char *profile;         /* path; NULL: all unknown */
	const char **with;           /* "FIELD=VALUE", after the file */
	int n_with;
	const char *utilities;       /* name in library/utilities or a path; NULL: the base set */
	const char *guideline;       /* name in library/guidelines or a path; NULL = "cll" */
};

enum ql_verdict {
	QL_V_PREFERRED, /* one regimen leads */
	QL_V_EQUIPOISE, /* several are as good as each other */
	QL_V_WAIT,      /* no indication to treat */
	QL_V_NOT_KNOWN  /* nothing eligible rests on evidence, or the population holds no such patient */
};

struct ql_applied_rule {
	const struct ql_guideline_rule *rule;
	bool sure; /* false: depends on a field that is unknown */
};

/* Scores in the manner of the QLQ-CLL17 (trial/quality.h), over the patients of one regimen. */
struct ql_quality_summary {
	double start[QL_QUALITY_N], mean[QL_QUALITY_N]; /* at the start; mean over the first five years alive */
	double worse_month[QL_QUALITY_N]; /* median months to definite deterioration or death; INFINITY: beyond the horizon */
	double well_5y[QL_QUALITY_N];     /* share without either at five years */
};

struct ql_ranked {
	const char *id, *title;
	char grade;
	const char *warning;
	int rank;              /* from 1 */
	bool eligible;
	struct ql_applied_rule *rule; /* that concern it */
	int n_rule;
	const char *excluded;  /* why not: text; NULL if eligible */
	const struct ql_smaa_option *smaa; /* NULL if not simulated */
	double pfs5, umrd;     /* share without progression at five years, and with uMRD4 in blood at any visit */
	struct ql_quality_summary quality; /* NaN if not simulated */
	double error[QL_K_COUNT];   /* standard deviation of the model error, before the grade multiplies it */
	int error_arms[QL_K_COUNT]; /* calibration arms behind it; 0: assumed */
	uint64_t failed;
	const char *driver[2]; /* what speaks for it and against it, beside the first */
	const struct ql_trial_evidence *against_first; /* trials: this regimen over the first; NULL for the first itself */
	bool moved;            /* put ahead of another because direct evidence outranks the simulation */
	bool by_consensus;     /* put ahead of better scores because consensus names it */
	bool calibrated;       /* a trial of it was used in calibration */
};

/* What another set of utilities would say of the same patients. */
struct ql_utility_view {
	struct ql_utility_set set;
	bool used;            /* the set behind the ranking */
	double *qaly;         /* [n_eligible] in order of the ranking; NaN if not simulated */
	const char *by_qaly, *by_score; /* best of the first tier by these years alone, and by the score */
};

struct ql_information { /* what knowing a field would change */
	const char *field, *title;
	double value;  /* mean gain of score when the choice may depend on it */
	double change; /* share of patients for whom another regimen would lead */
};

struct ql_recommendation {
	struct ql_arena arena;
	struct ql_profile profile;
	struct ql_guideline guideline;
	struct ql_cll_ipi ipi;
	const char *tls, *indication_why;
	enum ql_three indication;
	const char *population, *model_name;
	uint64_t model_hash, seed, patients, candidates;
	double years, rtol, effective; /* effective number of patients behind the answer */
	const char *draws; /* parameter draws that the patients live under in turn; NULL: none */
	int n_draws;
	bool outside; /* hardly any candidate matches */
	struct ql_smaa smaa;
	struct ql_ranked *ranked; /* eligible ones in order, then the rest */
	int n_ranked, n_eligible;
	enum ql_verdict verdict;
	const char *statement; /* in words */
	struct ql_information *information;
	int n_information;
	struct ql_utility_view *utility;
	int n_utility;
	const char **qaly_order; /* ids by quality-adjusted years alone */
	double wall_s;
};

enum quell_status ql_recommend_run(const struct ql_recommend_spec *spec, struct ql_diags *ds,
				   struct ql_recommendation **out);
void ql_recommendation_free(struct ql_recommendation *r);
extern const char *const ql_verdict_text[];
/* schema "quell.recommend/1" */
void ql_recommendation_json(const struct ql_recommendation *r, struct ql_buf *out);

#endif
