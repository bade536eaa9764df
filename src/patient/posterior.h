/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patients of a population who match a profile: candidates are drawn with the
 * known covariates fixed and weighted by how probable those values are given
 * everything else that was drawn (likelihood weighting), then resampled.
 * Unknown covariates and hidden factors keep their spread, shifted by what is
 * known. Courses multiply the weights by the probability of the observations.
 */
#ifndef QL_PATIENT_POSTERIOR_H
#define QL_PATIENT_POSTERIOR_H

#include "patient/population.h"
#include "patient/profile.h"

/* log probability (density) of the fixed covariates of one candidate given the rest of it; -INFINITY: impossible. A value
 * beyond the range of its law counts as the border. q as filled by ql_population_draw() with the same arguments. */
double ql_population_log_weight(const struct ql_population *p, const struct ql_model *m, uint64_t seed, uint64_t patient,
				const double *fixed, const double *q);

/* The law's range holds the value. */
bool ql_population_reaches(const struct ql_population_law *law, double x);

/* log density, up to a constant, of an observation when the model says `truth`: log-normal error; at or below the floor of
 * the assay the probability of seeing nothing. */
double ql_observation_log_density(const struct ql_observation *o, double truth);

struct ql_posterior_sample {
	uint64_t *patient; /* [n] numbers of candidates, ascending; one may stand several times */
	uint64_t n, candidates;
	double effective;  /* effective sample size of the weights, scaled to n: at most n */
	uint64_t best;     /* candidate of the largest weight (maximum a posteriori among the candidates) */
	double log_best;
};
/* Systematic resampling of n from log weights [candidates], with one uniform of the seed. All equal: 0..n-1. False if every
 * weight is 0. The list lives in `a`. */
bool ql_posterior_resample(const double *log_weight, uint64_t candidates, uint64_t n, uint64_t seed, struct ql_arena *a,
			   struct ql_posterior_sample *out);

#endif
