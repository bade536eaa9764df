/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bayesian random-effects network meta-analysis.
 *
 * Contrasts: normal likelihood. The effects are integrated out, so that tau is
 * drawn from its marginal posterior by slice sampling and the effects follow
 * exactly given tau; successive draws are nearly independent.
 * Arms with events and patients: binomial likelihood on the log odds, Gibbs
 * sampling with slice steps for the arms; tau is updated both given the arms
 * and given their standardised deviations (interweaving), so that it mixes
 * whether it is large or near 0.
 * Baselines of studies are flat. Chains are streams of the counter-based
 * generator: the same seed gives the same draws.
 */
#ifndef QL_EVIDENCE_NMA_BAYES_H
#define QL_EVIDENCE_NMA_BAYES_H

#include "evidence/nma.h"

enum ql_tau_prior { QL_HALF_NORMAL, QL_UNIFORM };
struct ql_bayes_options {
	int chains, warmup, draws; /* draws per chain after warm-up */
	uint64_t seed;
	double effect_sd; /* normal prior of every effect against the reference; 0: 10, or 15 times the largest
			     observed difference if the scale has units */
	enum ql_tau_prior prior;
	double tau_scale; /* half-normal scale or upper end; 0: 1, or the largest observed difference */
	bool binomial;    /* needs events and patients of every arm */
	int reference;
	bool small_desirable;
	volatile const int *cancel;
};
struct ql_posterior {
	double mean, sd, q2_5, q25, median, q75, q97_5;
	double r_hat, ess; /* split R-hat; effective sample size of all chains together */
};
struct ql_bayes {
	struct ql_bayes_options o; /* with the defaults filled in */
	struct ql_posterior tau;
	struct ql_posterior *effect; /* [treatments] against the reference; zeros for it */
	double *sucra, *rank;        /* [n], [n*n] */
	double worst_r_hat, least_ess;
};
/* QL_E0721 if the likelihood does not fit the data; QUELL_ERR_INTERRUPTED. */
enum quell_status ql_nma_bayes(const struct ql_nma_data *d, const struct ql_bayes_options *o, struct ql_diags *ds,
			       struct ql_bayes *out);

/* Diagnostics for chains*n draws (chain after chain). */
struct ql_posterior ql_posterior_of(struct ql_arena *a, const double *x, int chains, int n);

#endif
