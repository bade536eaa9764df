/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Generalised least squares over studies: the linear algebra under network
 * meta-analysis, component models and meta-regression.
 *
 * Every arm has a sparse row of loadings on p coefficients; a contrast loads
 * with the difference of its arms. With W the inverse covariance of a study's
 * contrasts and D the contrast matrix, L = D'WD acts on arms, and a tau2 of
 * contrasts is tau2/2 per arm, so traces need no contrast matrices:
 * tr(WP) = tr(L)/2, tr(WXVX'WP) = tr(LCL)/2, r'WPWr = |Lr|^2/2.
 */
#ifndef QL_EVIDENCE_LINEAR_H
#define QL_EVIDENCE_LINEAR_H

#include "evidence/nma.h"

struct ql_lin {
	struct ql_arena *a;
	const struct ql_nma_study *study;
	int n_study, p, n_contrast; /* n_contrast: sum of k-1 */
	int *arm_first;             /* [n_study] index of the study's first arm in load_first */
	int *load_first;            /* [arms + 1] */
	int *col;
	double *val;
	/* workspace */
	double *l;      /* sum of k*k */
	int *l_first;   /* [n_study] */
	double *normal; /* p*p */
	double ridge;   /* added to the diagonal of X'WX: precision of a normal prior at 0 */
};

struct ql_lin_fit {
	double tau2, q;         /* weighted residual sum of squares at tau2 */
	double *beta;           /* [p] */
	double *v;              /* [p*p]; only if asked */
	double *projector;      /* [p*p] on the coefficients that the data determine; deficient models only */
	double tr_wp, tr_hat_p; /* tr(WP), tr(WXVX'WP): the second only with v */
	double r_wpw_r;
	double log_det_s, log_det_x; /* log|S + tau2 P|, log|X'WX| */
	int rank;
};

/* Loadings: one treatment, one coefficient; the reference has none. */
struct ql_lin *ql_lin_network(struct ql_arena *a, const struct ql_nma_data *d, int reference);
/* General: load(ctx, study, arm, col, val) writes at most max entries and returns how many. */
struct ql_lin *ql_lin_general(struct ql_arena *a, const struct ql_nma_study *study, int n_study, int p, int max,
			      int (*load)(void *ctx, int study, int arm, int *col, double *val), void *ctx);
/* False if a covariance or X'WX cannot be inverted. With `deficient` X'WX may be singular: the Moore-Penrose inverse
 * is used (p up to 500) and rank says how much is identified. */
bool ql_lin_solve(struct ql_lin *m, double tau2, bool want_v, bool deficient, struct ql_lin_fit *f);
/* tau2 by the method; fit at tau2 = 0 (with v) is given. False if it did not converge. */
bool ql_lin_tau2(struct ql_lin *m, enum ql_tau_method method, bool deficient, const struct ql_lin_fit *at0,
		 double *tau2);
/* Variance of the difference of two loading rows. */
double ql_lin_quadratic(const struct ql_lin *m, const double *v, int arm_i, int arm_j);

/* Inverse of a small symmetric positive definite matrix in place, log determinant; false if it is not. */
bool ql_spd_invert(double *a, int n, double *log_det);
/* D'WD for W = (s + tau2 (I+J)/2)^-1 of a study with k arms; l is k*k. */
bool ql_arm_weights(const double *s, int k, double tau2, double *l, double *log_det);

/* (D'Wy)_i of a study with weights l. */
double ql_arm_target(const struct ql_nma_study *st, const double *l, int i);
/* r'Wr, and D'Wr into lr[k], for arm effects f[k]. */
double ql_arm_residual(const struct ql_nma_study *st, const double *l, const double *f, double *lr);

#endif
