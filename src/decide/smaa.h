/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ranking under doubt about outcomes and about what matters: stochastic
 * multicriteria acceptability analysis (Lahdelma and Salminen 2001, Oper Res
 * 49:444). Values are linear between fixed anchors, weights are Dirichlet,
 * outcomes are bootstrapped over the patients and shaken by a model error that
 * grows as evidence gets weaker. Order follows tiers first.
 */
#ifndef QL_DECIDE_SMAA_H
#define QL_DECIDE_SMAA_H

#include "base/yaml.h"

/* X(id, title, unit, worst, best, share, error, weight): weight is the middle of what patients say where nothing is stated:
 * survival first, then severe infection and the way of giving in one study (Landfeldt, n = 311: 36, 21, 13 of 100), time
 * without progression first in another (Mansfield 2017, Blood Adv 1:2285, doi 10.1182/bloodadvances.2017007294); mapped to
 * these criteria by us (assumed). Anchors and the standard deviation of the model error, on the logit scale
 * for shares and on the logarithm else. Anchors: dossier of endpoints 5.4 (assumed). Errors: assumed; they stand where calibration trials say nothing (decide/model_error.h). */
#define QL_BENEFITS(X)                                                                           \
	X(qaly, "quality-adjusted years in ten", "year", 3, 8, 0, 0.03, 0.20)                          \
	X(os, "alive at five years", "1", 0.5, 1, 1, 0.30, 0.25)                                       \
	X(ttnt, "years until the next treatment or death, in ten", "year", 0, 10, 0, 0.12, 0.20)       \
	X(infection, "severe infection within two years", "1", 0.5, 0, 1, 0.40, 0.12)                  \
	X(af, "atrial fibrillation within five years", "1", 0.2, 0, 1, 0.40, 0.05)                     \
	X(spm, "second cancer within five years", "1", 0.2, 0, 1, 0.30, 0.05)                          \
	X(days, "days on treatment in ten years", "day", 3650, 0, 0, 0.10, 0.08)                       \
	X(acute, "tumour lysis, or cytokine release or neurotoxicity of grade 3 or more", "1", 0.2, 0, 1, 0.50, 0.05)

enum ql_benefit {
#define X(id, title, unit, worst, best, share, error, weight) QL_K_##id,
	QL_BENEFITS(X)
#undef X
	QL_K_COUNT
};
struct ql_benefit_def {
	const char *id, *title, *unit;
	double worst, best;
	bool share;
	double error, weight;
};
extern const struct ql_benefit_def ql_benefit_def[QL_K_COUNT];

#define QL_SMAA_DRAWS 1000
#define QL_MAX_WEIGHT 1e6 /* of a stated preference; only ratios matter */

struct ql_smaa_option {
	const double *x;  /* [n][QL_K_COUNT] per patient */
	const double *error; /* [QL_K_COUNT] of the model; NULL: those of ql_benefit_def */
	char grade;       /* evidence: A 1, B 1.5, C 2, D 3 times the model error */
	int tier;         /* 0 first */
	/* results */
	double mean[QL_K_COUNT], lower[QL_K_COUNT], upper[QL_K_COUNT]; /* 95 % over draws */
	double value;     /* mean score */
	double first;     /* share of draws in which it comes first */
	double *rank;     /* [n_option] share of draws in which it has rank i+1 */
	double regret;    /* mean distance to the best of tier 0 */
	double part[QL_K_COUNT]; /* mean of weight times value: the parts of the score */
};

struct ql_smaa {
	int n_option;
	struct ql_smaa_option *option;
	uint64_t n;       /* patients */
	const int *group; /* [n] parameter draw under which each lives, drawn anew as a whole; NULL: one for all */
	int n_group;
	double weight[QL_K_COUNT]; /* of the patient, or the usual ones; they add up to 1 */
	bool stated;
	uint64_t seed;
};

/* Reads `preferences: {os: 3, infection: 2}`; criteria left out get 0. NULL: nothing stated. */
bool ql_preferences_read(const struct ql_yaml *y, struct ql_smaa *s, struct ql_diags *ds);
void ql_preferences_none(struct ql_smaa *s);
/* Arrays of the options in `a`. */
void ql_smaa_run(struct ql_smaa *s, struct ql_arena *a);
/* Score of a patient's outcomes under given weights. */
double ql_smaa_value(const double *x, const double *weight);

#endif
