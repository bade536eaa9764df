/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Models on top of the network: additive components (the effect of A+B is the
 * sum of A and B; Welton 2009, Rücker 2020), and meta-regression on a
 * study covariate. Both work on networks that are not connected, as far as
 * their coefficients are identified.
 */
#ifndef QL_EVIDENCE_NMA_COMPONENTS_H
#define QL_EVIDENCE_NMA_COMPONENTS_H

#include "evidence/nma.h"

struct ql_component_fit {
	const struct ql_nma_data *d;
	int n; /* components */
	const char **name;
	struct ql_estimate *effect; /* [n] adding the component; te NaN where not identified */
	struct ql_estimate *treat;  /* [treatments] against nothing (or the inactive treatment) */
	double tau2, q, p_q;        /* q and df of the additive model, common-effect weights */
	int df, rank;
	double q_difference, p_difference; /* against the usual model; NaN if the network is not connected */
	int df_difference;
};
/* composition[t] "A+B" for every treatment; NULL: its name is split at `+`. inactive: the treatment without
 * components (placebo), or NULL. QL_E0721 if no treatment has a component. */
enum quell_status ql_nma_components(const struct ql_nma_data *d, const char *const *composition, const char *inactive,
				    const struct ql_nma_options *o, struct ql_diags *ds, struct ql_component_fit *out);

struct ql_regression_fit {
	bool common;                /* one slope for every treatment against the reference, or one each */
	double mean;                /* covariate is centred here */
	int n_slope;                /* 1, or treatments - 1 */
	struct ql_estimate *slope;  /* change of the effect per unit of the covariate; te NaN where not identified */
	struct ql_estimate *effect; /* [treatments] against the reference, at the mean of the covariate */
	double tau2, q, p_q, r2;    /* r2: share of tau2 that the covariate explains; NaN if tau2 was 0 */
	int df;
};
/* QL_E0724 if a study lacks the covariate or it does not vary. */
enum quell_status ql_nma_regression(const struct ql_nma_data *d, bool common, const struct ql_nma_options *o,
				    struct ql_diags *ds, struct ql_regression_fit *out);

#endif
