/* SPDX-License-Identifier: Apache-2.0 */
/* Pairwise meta-analysis of two treatments: ten estimators of the variance between studies, Knapp-Hartung, moderators,
 * small-study effects (Egger, Begg, trim and fill), Mantel-Haenszel and Peto. Definitions follow R's metafor. */
#ifndef QL_EVIDENCE_PAIRWISE_H
#define QL_EVIDENCE_PAIRWISE_H

#include "evidence/nma.h"

enum ql_pair_method {
	QL_PAIR_EE,
	QL_PAIR_DL,
	QL_PAIR_HE,
	QL_PAIR_HS,
	QL_PAIR_SJ,
	QL_PAIR_ML,
	QL_PAIR_REML,
	QL_PAIR_EB,
	QL_PAIR_PM
};
/* "DL"; -1 if unknown. */
int ql_pair_method_find(const char *name);

struct ql_pair_fit {
	int k, p;           /* studies, coefficients (1 without moderator) */
	double b[2], se[2]; /* intercept, slope of the moderator */
	double lower[2], upper[2], z[2], pval[2];
	double tau2, tau2_lower, tau2_upper; /* interval by the Q profile; NaN for EE or with a moderator */
	double q, p_q, i2, h2;               /* q: residual, common-effect weights */
	int df;
	double predict_lower, predict_upper;
	double r2; /* share of tau2 that the moderator explains; NaN without */
};
struct ql_pair_tests {
	double egger_z, egger_p;   /* mixed-effects regression on the standard error, tau2 by the method of the fit */
	double egger_t, egger_t_p; /* weighted regression with a free scale */
	double begg_tau, begg_p;   /* exact without ties up to 49 studies */
	int fill_k;                /* trim and fill, L0: studies added */
	bool fill_right;
	struct ql_pair_fit fill;
};

/* y[k], v[k]; x[k] a moderator or NULL. False if it did not converge. */
bool ql_pair_fit(struct ql_arena *a, const double *y, const double *v, const double *x, int k,
		 enum ql_pair_method method, bool knapp_hartung, double level, struct ql_pair_fit *out);
bool ql_pair_tests(struct ql_arena *a, const double *y, const double *v, int k, enum ql_pair_method method,
		   double level, struct ql_pair_tests *out);

/* From 2x2 tables: observed arms of two-arm studies, treat against comp. Log scale. */
void ql_pair_mantel_haenszel(const struct ql_nma_data *d, int treat, enum ql_measure m, double *b, double *se);
void ql_pair_peto(const struct ql_nma_data *d, int treat, double *b, double *se);

#endif
