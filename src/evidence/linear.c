/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/linear.h"
#include <lapacke.h>
#include <math.h>
#include <string.h>

enum { SMALL = 16 }; /* arms of a study that need no heap */

bool ql_spd_invert(double *a, int n, double *log_det)
{
	double det = 0;
	for (int j = 0; j < n; j++) { /* Gauss-Jordan on a symmetric matrix; n is the number of arms */
		double d = a[j * n + j];
		if (!(d > 0) || isinf(d))
			return false;
		det += log(d);
		for (int i = 0; i < n; i++)
			a[j * n + i] = i == j ? 1 / d : a[j * n + i] / d;
		for (int i = 0; i < n; i++) {
			double f = a[i * n + j];
			if (i == j || f == 0)
				continue;
			a[i * n + j] = 0;
			for (int k = 0; k < n; k++)
				a[i * n + k] -= f * a[j * n + k];
		}
	}
	*log_det = det;
	return true;
}

bool ql_arm_weights(const double *s, int k, double tau2, double *l, double *log_det)
{
	int c = k - 1;
	double small[SMALL * SMALL], *w = c <= SMALL ? small : ql_realloc(NULL, (size_t)c * (size_t)c, sizeof *w);
	for (int i = 0; i < c * c; i++)
		w[i] = s[i] + tau2 * (i % (c + 1) ? 0.5 : 1);
	bool ok = ql_spd_invert(w, c, log_det);
	memset(l, 0, (size_t)k * (size_t)k * sizeof *l);
	for (int i = 0; ok && i < c; i++)
		for (int j = 0; j < c; j++) {
			double x = 0.5 * (w[i * c + j] + w[j * c + i]);
			l[(i + 1) * k + j + 1] = x;
			l[(i + 1) * k] -= x;
			l[j + 1] -= x;
			l[0] += x;
		}
	if (w != small)
		ql_free(w);
	return ok;
}

static struct ql_lin *new_model(struct ql_arena *a, const struct ql_nma_study *study, int n_study, int p, int max)
{
	struct ql_lin *m = QL_NEW(a, struct ql_lin);
	size_t arms = 0, squares = 0;
	*m = (struct ql_lin){.a = a, .study = study, .n_study = n_study, .p = p};
	m->arm_first = QL_NEW_N(a, int, (size_t)n_study);
	m->l_first = QL_NEW_N(a, int, (size_t)n_study);
	for (int s = 0; s < n_study; s++) {
		m->arm_first[s] = (int)arms;
		m->l_first[s] = (int)squares;
		arms += (size_t)study[s].k;
		squares += (size_t)study[s].k * (size_t)study[s].k;
		m->n_contrast += study[s].k - 1;
	}
	m->load_first = QL_NEW_N(a, int, arms + 1);
	m->col = QL_NEW_N(a, int, arms *(size_t)max);
	m->val = QL_NEW_N(a, double, arms *(size_t)max);
	m->l = QL_NEW_N(a, double, squares);
	m->normal = QL_NEW_N(a, double, (size_t)p *(size_t)p);
	return m;
}

struct ql_lin *ql_lin_general(struct ql_arena *a, const struct ql_nma_study *study, int n_study, int p, int max,
			      int (*load)(void *ctx, int study, int arm, int *col, double *val), void *ctx)
{
	struct ql_lin *m = new_model(a, study, n_study, p, max);
	int arm = 0, at = 0;
	for (int s = 0; s < n_study; s++)
		for (int i = 0; i < study[s].k; i++, arm++) {
			m->load_first[arm] = at;
			at += load(ctx, s, i, m->col + at, m->val + at);
			m->load_first[arm + 1] = at;
		}
	return m;
}

struct network {
	const struct ql_nma_data *d;
	int reference;
};

static int load_treatment(void *ctx, int study, int arm, int *col, double *val)
{
	const struct network *w = ctx;
	int t = w->d->study[study].arm[arm];
	if (t == w->reference)
		return 0;
	*col = t - (t > w->reference);
	*val = 1;
	return 1;
}

struct ql_lin *ql_lin_network(struct ql_arena *a, const struct ql_nma_data *d, int reference)
{
	struct network w = {d, reference};
	return ql_lin_general(a, d->study, d->n_study, d->n_treat - 1, 1, load_treatment, &w);
}

/* sum over arms of L_ij times the outer product of their loadings, into the lower triangle (row >= column) */
static void add_normal(struct ql_lin *m, int s)
{
	int k = m->study[s].k;
	const double *l = m->l + m->l_first[s];
	const int *first = m->load_first + m->arm_first[s];
	for (int i = 0; i < k; i++)
		for (int j = 0; j < k; j++)
			for (int a = first[i]; a < first[i + 1]; a++)
				for (int b = first[j]; b < first[j + 1]; b++)
					if (m->col[a] >= m->col[b])
						m->normal[(size_t)m->col[b] * (size_t)m->p + (size_t)m->col[a]] +=
						    l[i * k + j] * m->val[a] * m->val[b];
}

static double arm_value(const struct ql_lin *m, int arm, const double *beta)
{
	double x = 0;
	for (int a = m->load_first[arm]; a < m->load_first[arm + 1]; a++)
		x += m->val[a] * beta[m->col[a]];
	return x;
}

static double loading_product(const struct ql_lin *m, const double *v, int i, int j)
{
	double x = 0;
	for (int a = m->load_first[i]; a < m->load_first[i + 1]; a++)
		for (int b = m->load_first[j]; b < m->load_first[j + 1]; b++)
			x += m->val[a] * m->val[b] * v[(size_t)m->col[a] * (size_t)m->p + (size_t)m->col[b]];
	return x;
}

double ql_lin_quadratic(const struct ql_lin *m, const double *v, int i, int j)
{
	return loading_product(m, v, i, i) + loading_product(m, v, j, j) - 2 * loading_product(m, v, i, j);
}

/* (D'Wy)_i. With pairs that do not add up, y is their least-squares fit with the weights -L_ij (as in graph theory). */
double ql_arm_target(const struct ql_nma_study *st, const double *l, int i)
{
	double g = 0;
	int k = st->k;
	for (int j = 0; j < k; j++)
		if (st->pair)
			g -= j == i ? 0 : l[i * k + j] * st->pair[i * k + j];
		else
			g += j == 0 ? 0 : l[i * k + j] * st->y[j - 1];
	return g;
}

/* r'Wr and (D'Wr)_i for the residuals against fitted arm effects f[k]. */
double ql_arm_residual(const struct ql_nma_study *st, const double *l, const double *f, double *lr)
{
	int k = st->k;
	double q = 0;
	for (int i = 0; i < k; i++) {
		lr[i] = 0;
		for (int j = 0; j < k; j++) {
			double r = st->pair ? st->pair[i * k + j] : (i ? st->y[i - 1] : 0) - (j ? st->y[j - 1] : 0);
			r -= f[i] - f[j];
			lr[i] -= j == i ? 0 : l[i * k + j] * r;
			q -= j <= i ? 0 : l[i * k + j] * r * r;
		}
	}
	return q;
}

/* X'WX and X'Wy, into m->normal and beta. */
static bool assemble(struct ql_lin *m, double tau2, struct ql_lin_fit *f)
{
	memset(m->normal, 0, (size_t)m->p * (size_t)m->p * sizeof *m->normal);
	memset(f->beta, 0, (size_t)m->p * sizeof *f->beta);
	for (int i = 0; i < m->p; i++)
		m->normal[(size_t)i * (size_t)m->p + (size_t)i] = m->ridge;
	for (int s = 0; s < m->n_study; s++) {
		const struct ql_nma_study *st = &m->study[s];
		double *l = m->l + m->l_first[s], det;
		if (!ql_arm_weights(st->s, st->k, tau2, l, &det))
			return false;
		f->log_det_s += det;
		add_normal(m, s);
		for (int i = 0; i < st->k; i++) {
			double g = ql_arm_target(st, l, i);
			int arm = m->arm_first[s] + i;
			for (int a = m->load_first[arm]; a < m->load_first[arm + 1]; a++)
				f->beta[m->col[a]] += g * m->val[a];
		}
	}
	return true;
}

static bool solve_full_rank(struct ql_lin *m, bool want_v, struct ql_lin_fit *f)
{
	lapack_int p = m->p;
	if (LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'L', p, m->normal, p) != 0)
		return false;
	double top = 0, low = INFINITY;
	for (int i = 0; i < p; i++) {
		double d = m->normal[(size_t)i * (size_t)p + (size_t)i];
		f->log_det_x += 2 * log(d);
		top = fmax(top, d);
		low = fmin(low, d);
	}
	if (!(low > 1e-9 * top)) /* condition beyond what doubles carry */
		return false;
	LAPACKE_dpotrs(LAPACK_COL_MAJOR, 'L', p, 1, m->normal, p, f->beta, p);
	f->rank = m->p;
	if (!want_v)
		return true;
	if (LAPACKE_dpotri(LAPACK_COL_MAJOR, 'L', p, m->normal, p) != 0)
		return false;
	for (int j = 0; j < p; j++)
		for (int i = j; i < p; i++) {
			double x = m->normal[(size_t)j * (size_t)p + (size_t)i];
			f->v[(size_t)j * (size_t)p + (size_t)i] = f->v[(size_t)i * (size_t)p + (size_t)j] = x;
		}
	return true;
}

/* Moore-Penrose inverse by eigenvalues. */
static bool solve_deficient(struct ql_lin *m, struct ql_lin_fit *f)
{
	lapack_int p = m->p;
	size_t n = (size_t)p;
	double *w = QL_NEW_N(m->a, double, n), *g = QL_NEW_N(m->a, double, n);
	if (LAPACKE_dsyev(LAPACK_COL_MAJOR, 'V', 'L', p, m->normal, p, w) != 0)
		return false;
	double top = p ? w[p - 1] : 0;
	memcpy(g, f->beta, n * sizeof *g);
	memset(f->v, 0, n * n * sizeof *f->v);
	memset(f->projector, 0, n * n * sizeof *f->v);
	f->rank = 0;
	for (size_t e = 0; e < n; e++) {
		if (!(w[e] > 1e-10 * top))
			continue;
		f->rank++;
		f->log_det_x += log(w[e]);
		const double *u = m->normal + e * n;
		for (size_t i = 0; i < n; i++)
			for (size_t j = 0; j < n; j++) {
				f->v[i * n + j] += u[i] * u[j] / w[e];
				f->projector[i * n + j] += u[i] * u[j];
			}
	}
	for (size_t i = 0; i < n; i++) {
		f->beta[i] = 0;
		for (size_t j = 0; j < n; j++)
			f->beta[i] += f->v[i * n + j] * g[j];
	}
	return true;
}

/* tr(LCL) with C the covariance of the study's arms. */
static double hat_trace(const struct ql_lin *m, int s, const double *v)
{
	int k = m->study[s].k, arm = m->arm_first[s];
	const double *l = m->l + m->l_first[s];
	double sum = 0;
	for (int i = 0; i < k; i++)
		for (int j = 0; j < k; j++) {
			double ll = 0;
			for (int x = 0; x < k; x++)
				ll += l[i * k + x] * l[x * k + j];
			if (ll != 0)
				sum += ll * loading_product(m, v, arm + i, arm + j);
		}
	return sum;
}

static void residual_sums(const struct ql_lin *m, bool want_v, struct ql_lin_fit *f)
{
	for (int s = 0; s < m->n_study; s++) {
		const struct ql_nma_study *st = &m->study[s];
		int k = st->k, arm = m->arm_first[s];
		const double *l = m->l + m->l_first[s];
		double small[2 * SMALL + 2],
		    *fit = k <= SMALL + 1 ? small : ql_realloc(NULL, 2 * (size_t)k, sizeof *fit), *lr = fit + k;
		for (int i = 0; i < k; i++)
			fit[i] = arm_value(m, arm + i, f->beta);
		f->q += ql_arm_residual(st, l, fit, lr);
		for (int i = 0; i < k; i++) {
			f->r_wpw_r += 0.5 * lr[i] * lr[i];
			f->tr_wp += 0.5 * l[i * k + i];
		}
		if (want_v)
			f->tr_hat_p += 0.5 * hat_trace(m, s, f->v);
		if (fit != small)
			ql_free(fit);
	}
}

bool ql_lin_solve(struct ql_lin *m, double tau2, bool want_v, bool deficient, struct ql_lin_fit *f)
{
	double *beta = f->beta, *v = f->v, *projector = f->projector;
	size_t p = (size_t)m->p;
	*f = (struct ql_lin_fit){
	    .tau2 = tau2, .beta = beta ? beta : QL_NEW_N(m->a, double, p), .v = v, .projector = projector};
	want_v |= deficient;
	if (deficient && !projector)
		f->projector = QL_NEW_N(m->a, double, p *p);
	if (want_v && !v)
		f->v = QL_NEW_N(m->a, double, p *p);
	if (!assemble(m, tau2, f))
		return false;
	if (deficient ? !solve_deficient(m, f) : !solve_full_rank(m, want_v, f))
		return false;
	residual_sums(m, want_v, f);
	return true;
}

/* Half the derivative of the (restricted) likelihood, or Q - df for Paule-Mandel: all fall through zero. */
struct tau_equation {
	struct ql_lin *m;
	enum ql_tau_method method;
	bool deficient, failed;
	struct ql_lin_fit fit;
};

static double score_of(const struct tau_equation *e)
{
	const struct ql_lin_fit *f = &e->fit;
	if (e->method == QL_PM)
		return f->q - (e->m->n_contrast - f->rank);
	return f->r_wpw_r - f->tr_wp + (e->method == QL_REML ? f->tr_hat_p : 0);
}

static double tau_score(struct tau_equation *e, double tau2)
{
	if (ql_lin_solve(e->m, tau2, e->method == QL_REML, e->deficient, &e->fit))
		return score_of(e);
	e->failed = true;
	return 0;
}

/* Root between lo (score > 0) and hi (score < 0): inverse quadratic interpolation where it is safe, else halving
 * (Chandrupatla 1997). An evaluation inverts the whole network, so that few are wanted. */
static double tau_root(struct tau_equation *e, double lo, double f_lo, double hi, double f_hi)
{
	double a = hi, fa = f_hi, b = lo, fb = f_lo, c = a, fc = fa, t = f_lo / (f_lo - f_hi);
	for (int i = 0; i < 200 && !e->failed; i++) {
		double x = a + t * (b - a), f = tau_score(e, x);
		if ((f > 0) == (fa > 0)) {
			c = a, fc = fa;
		} else {
			c = b, fc = fb;
			b = a, fb = fa;
		}
		a = x, fa = f;
		double best = fabs(fa) < fabs(fb) ? a : b, tol = 1e-14 + 1e-11 * fabs(best), width = fabs(b - a);
		if (fa == 0 || width < 2 * tol)
			return best;
		double xi = (a - b) / (c - b), phi = (fa - fb) / (fc - fb), least = tol / width;
		bool safe = phi * phi < xi && (1 - phi) * (1 - phi) < 1 - xi;
		t = safe ? fa / (fb - fa) * (fc / (fb - fc)) + (c - a) / (b - a) * (fa / (fc - fa)) * (fb / (fc - fb))
			 : 0.5;
		t = fmin(fmax(t, least), 1 - least);
	}
	return a;
}

static double log_likelihood(const struct tau_equation *e)
{
	double x = e->method == QL_REML ? e->fit.log_det_x : 0;
	return -0.5 * (e->fit.log_det_s + x + e->fit.q);
}

static double moment_tau2(const struct ql_lin *m, const struct ql_lin_fit *at0)
{
	double denominator = at0->tr_wp - at0->tr_hat_p;
	if (m->n_contrast <= at0->rank)
		return 0;
	return denominator > 0 ? fmax(0, (at0->q - (m->n_contrast - at0->rank)) / denominator) : 0;
}

bool ql_lin_tau2(struct ql_lin *m, enum ql_tau_method method, bool deficient, const struct ql_lin_fit *at0,
		 double *tau2)
{
	double start = moment_tau2(m, at0);
	*tau2 = start;
	if (method == QL_DL || m->n_contrast <= at0->rank)
		return true;
	struct tau_equation e = {.m = m, .method = method, .deficient = deficient, .fit = *at0};
	double lo = 0, f_lo = score_of(&e), zero_likelihood = log_likelihood(&e);
	e.fit.beta = e.fit.v = e.fit.projector = NULL; /* at0 stays as it is */
	bool inner = f_lo <= 0;                        /* zero is a local maximum: is there a better one inside? */
	if (inner && (method == QL_PM || start == 0)) {
		*tau2 = 0;
		return !e.failed;
	}
	if (inner) {
		lo = start;
		f_lo = tau_score(&e, lo);
		if (f_lo <= 0) {
			*tau2 = 0;
			return !e.failed;
		}
	}
	double hi = fmax(2 * start, 1e-6), f_hi = tau_score(&e, hi);
	for (int i = 0; i < 80 && f_hi > 0 && !e.failed; i++) {
		lo = hi;
		f_lo = f_hi;
		hi *= 4;
		f_hi = tau_score(&e, hi);
	}
	if (e.failed || f_hi > 0)
		return false;
	*tau2 = tau_root(&e, lo, f_lo, hi, f_hi);
	if (inner && tau_score(&e, *tau2) < INFINITY && log_likelihood(&e) < zero_likelihood)
		*tau2 = 0;
	return !e.failed;
}
