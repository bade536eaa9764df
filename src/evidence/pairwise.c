/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/pairwise.h"
#include "base/special.h"
#include "evidence/linear.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const method_name[] = {"EE", "DL", "HE", "HS", "SJ", "ML", "REML", "EB", "PM"};

int ql_pair_method_find(const char *name)
{
	for (int i = 0; i < (int)(sizeof method_name / sizeof *method_name); i++)
		if (strcmp(method_name[i], name) == 0)
			return i;
	return strcmp(name, "FE") == 0 || strcmp(name, "CE") == 0 ? QL_PAIR_EE : -1;
}

struct regression {
	const double *y, *v, *x;
	int k, p;
	double b[2], cov[4], rss, sum_w;
};

/* Weighted least squares with weights 1/(v + tau2). */
static void regress(struct regression *r, double tau2)
{
	double s[3] = {0, 0, 0}, g[2] = {0, 0};
	r->sum_w = r->rss = 0;
	for (int i = 0; i < r->k; i++) {
		double w = 1 / (r->v[i] + tau2), x = r->x ? r->x[i] : 0;
		s[0] += w;
		s[1] += w * x;
		s[2] += w * x * x;
		g[0] += w * r->y[i];
		g[1] += w * x * r->y[i];
	}
	r->sum_w = s[0];
	if (r->p == 1) {
		r->b[0] = g[0] / s[0];
		r->b[1] = 0;
		r->cov[0] = 1 / s[0];
	} else {
		double det = s[0] * s[2] - s[1] * s[1];
		r->cov[0] = s[2] / det;
		r->cov[1] = r->cov[2] = -s[1] / det;
		r->cov[3] = s[0] / det;
		r->b[0] = r->cov[0] * g[0] + r->cov[1] * g[1];
		r->b[1] = r->cov[2] * g[0] + r->cov[3] * g[1];
	}
	for (int i = 0; i < r->k; i++) {
		double e = r->y[i] - r->b[0] - (r->x ? r->b[1] * r->x[i] : 0);
		r->rss += e * e / (r->v[i] + tau2);
	}
}

/* Trace of (W - WX(X'WX)^-1X'W) for the weights at tau2: sum w - sum w^2 h, h the variance of a fitted value. */
static double projected_trace(const struct regression *r, double tau2)
{
	double sum = 0;
	for (int i = 0; i < r->k; i++) {
		double w = 1 / (r->v[i] + tau2), x = r->x ? r->x[i] : 0;
		double h = r->cov[0] + (r->p > 1 ? 2 * x * r->cov[1] + x * x * r->cov[3] : 0);
		sum += w - w * w * h;
	}
	return sum;
}

/* Root of RSS(tau2) = target, which falls with tau2; 0 if already below at 0. */
static double profile(struct regression *r, double target)
{
	double lo = 0, hi = 1;
	regress(r, 0);
	if (r->rss <= target)
		return 0;
	for (int i = 0; i < 200 && (regress(r, hi), r->rss > target); i++)
		hi *= 2;
	for (int i = 0; i < 200 && hi - lo > 1e-14 * (1 + hi); i++) {
		double mid = 0.5 * (lo + hi);
		regress(r, mid);
		*(r->rss > target ? &lo : &hi) = mid;
	}
	return 0.5 * (lo + hi);
}

/* (Restricted) maximum likelihood through the network engine: one treatment arm per study. */
struct moderator {
	const double *x;
};
static int load_moderator(void *ctx, int study, int arm, int *col, double *val)
{
	const struct moderator *m = ctx;
	if (arm == 0)
		return 0;
	col[0] = 0;
	val[0] = 1;
	if (!m->x)
		return 1;
	col[1] = 1;
	val[1] = m->x[study];
	return 2;
}

static bool likelihood_tau2(struct ql_arena *a, struct regression *r, enum ql_tau_method method, double *tau2)
{
	static int arms[2] = {0, 1};
	struct ql_nma_study *st = QL_NEW_N(a, struct ql_nma_study, (size_t)r->k);
	double *y = QL_NEW_N(a, double, (size_t)r->k), *v = QL_NEW_N(a, double, (size_t)r->k);
	for (int i = 0; i < r->k; i++) {
		y[i] = r->y[i];
		v[i] = r->v[i];
		st[i] = (struct ql_nma_study){.k = 2, .arm = arms, .y = &y[i], .s = &v[i]};
	}
	struct moderator m = {r->x};
	struct ql_lin *lin = ql_lin_general(a, st, r->k, r->p, 2, load_moderator, &m);
	struct ql_lin_fit f = {0};
	return ql_lin_solve(lin, 0, true, false, &f) && ql_lin_tau2(lin, method, false, &f, tau2);
}

static double mean_square(const struct regression *r)
{
	double mean = 0, ss = 0;
	for (int i = 0; i < r->k; i++)
		mean += r->y[i] / r->k;
	for (int i = 0; i < r->k; i++)
		ss += (r->y[i] - mean) * (r->y[i] - mean);
	return ss / r->k;
}

/* Hedges: unweighted residuals. Weights are made equal by replacing the variances. */
static double hedges(struct ql_arena *a, const struct regression *r)
{
	double *one = QL_NEW_N(a, double, (size_t)r->k);
	for (int i = 0; i < r->k; i++)
		one[i] = 1;
	struct regression u = *r;
	u.v = one;
	regress(&u, 0);
	double trace_pv = 0;
	for (int i = 0; i < r->k; i++) {
		double x = r->x ? r->x[i] : 0, h = u.cov[0] + (r->p > 1 ? 2 * x * u.cov[1] + x * x * u.cov[3] : 0);
		trace_pv += (1 - h) * r->v[i];
	}
	return fmax(0, (u.rss - trace_pv) / (r->k - r->p));
}

static bool variance_between(struct ql_arena *a, struct regression *r, enum ql_pair_method method, double *tau2)
{
	double start;
	*tau2 = 0;
	regress(r, 0);
	switch (method) {
	case QL_PAIR_EE:
		return true;
	case QL_PAIR_DL:
		*tau2 = fmax(0, (r->rss - (r->k - r->p)) / projected_trace(r, 0));
		return true;
	case QL_PAIR_HE:
		*tau2 = hedges(a, r);
		return true;
	case QL_PAIR_HS:
		*tau2 = fmax(0, (r->rss - r->k) / r->sum_w);
		return true;
	case QL_PAIR_SJ:
		start = mean_square(r);
		regress(r, start);
		*tau2 = start * r->rss / (r->k - r->p);
		return true;
	case QL_PAIR_EB: /* the empirical Bayes equation has the same root */
	case QL_PAIR_PM:
		*tau2 = profile(r, r->k - r->p);
		return true;
	case QL_PAIR_ML:
	case QL_PAIR_REML:
		return likelihood_tau2(a, r, method == QL_PAIR_ML ? QL_ML : QL_REML, tau2);
	}
	return false;
}

/* Typical within-study variance of Higgins and Thompson. */
static double typical_variance(struct regression *r)
{
	regress(r, 0);
	return (r->k - r->p) / projected_trace(r, 0);
}

bool ql_pair_fit(struct ql_arena *a, const double *y, const double *v, const double *x, int k,
		 enum ql_pair_method method, bool knapp_hartung, double level, struct ql_pair_fit *out)
{
	struct regression r = {.y = y, .v = v, .x = x, .k = k, .p = x ? 2 : 1};
	*out = (struct ql_pair_fit){.k = k,
				    .p = r.p,
				    .df = k - r.p,
				    .p_q = NAN,
				    .i2 = NAN,
				    .h2 = NAN,
				    .r2 = NAN,
				    .tau2_lower = NAN,
				    .tau2_upper = NAN,
				    .predict_lower = NAN,
				    .predict_upper = NAN};
	if (out->df < 0 || !variance_between(a, &r, method, &out->tau2))
		return false;
	double half = level / 2, crit = knapp_hartung ? ql_qt(0.5 + half, out->df) : ql_qnorm(0.5 + half);
	if (out->df > 0) {
		double s2 = typical_variance(&r);
		out->q = r.rss;
		out->p_q = ql_pchisq_upper(r.rss, out->df);
		out->i2 = method == QL_PAIR_EE ? fmax(0, 1 - out->df / r.rss) : out->tau2 / (out->tau2 + s2);
		out->h2 = method == QL_PAIR_EE ? r.rss / out->df : out->tau2 / s2 + 1;
		if (!x && method != QL_PAIR_EE) {
			out->tau2_lower = profile(&r, ql_qchisq(0.5 + half, out->df));
			out->tau2_upper = profile(&r, ql_qchisq(0.5 - half, out->df));
		}
	}
	regress(&r, out->tau2);
	double scale = knapp_hartung && out->df > 0 ? sqrt(r.rss / out->df) : 1;
	for (int j = 0; j < r.p; j++) {
		out->b[j] = r.b[j];
		out->se[j] = sqrt(r.cov[j * 3]) * scale;
		out->z[j] = out->b[j] / out->se[j];
		out->pval[j] =
		    knapp_hartung ? 2 * ql_pt(-fabs(out->z[j]), out->df) : 2 * ql_pnorm_upper(fabs(out->z[j]));
		out->lower[j] = out->b[j] - crit * out->se[j];
		out->upper[j] = out->b[j] + crit * out->se[j];
	}
	if (!x && method != QL_PAIR_EE) {
		double wide = crit * sqrt(out->tau2 + out->se[0] * out->se[0]);
		out->predict_lower = out->b[0] - wide;
		out->predict_upper = out->b[0] + wide;
	}
	struct ql_pair_fit without;
	if (x && ql_pair_fit(a, y, v, NULL, k, method, false, level, &without) && without.tau2 > 0)
		out->r2 = fmax(0, 1 - out->tau2 / without.tau2);
	return true;
}

/* ---- small-study effects ---- */

static void egger(struct ql_arena *a, const double *y, const double *v, int k, enum ql_pair_method method,
		  struct ql_pair_tests *t)
{
	double *se = QL_NEW_N(a, double, (size_t)k);
	struct ql_pair_fit f;
	t->egger_z = t->egger_p = t->egger_t = t->egger_t_p = NAN;
	for (int i = 0; i < k; i++)
		se[i] = sqrt(v[i]);
	if (k < 3)
		return;
	if (ql_pair_fit(a, y, v, se, k, method, false, 0.95, &f)) {
		t->egger_z = f.z[1];
		t->egger_p = f.pval[1];
	}
	struct regression r = {.y = y, .v = v, .x = se, .k = k, .p = 2};
	regress(&r, 0);
	t->egger_t = r.b[1] / sqrt(r.cov[3] * r.rss / (k - 2));
	t->egger_t_p = 2 * ql_pt(-fabs(t->egger_t), k - 2);
}

/* Number of permutations of n with a given number of discordant pairs, as probabilities. */
static double kendall_tail(struct ql_arena *a, int n, int discordant)
{
	int most = n * (n - 1) / 2;
	double *p = QL_NEW_N(a, double, (size_t)most + 1), *next = QL_NEW_N(a, double, (size_t)most + 1);
	p[0] = 1;
	for (int m = 2; m <= n; m++) {
		memset(next, 0, ((size_t)most + 1) * sizeof *next);
		for (int i = 0; i <= most; i++)
			for (int j = 0; j < m && i + j <= most; j++)
				next[i + j] += p[i] / m;
		memcpy(p, next, ((size_t)most + 1) * sizeof *p);
	}
	double sum = 0;
	for (int i = 0; i <= discordant; i++)
		sum += p[i];
	return sum;
}

static int sign(double x)
{
	return (x > 0) - (x < 0);
}

/* Sum of t(t-1)(2t+5) over groups of equal values, and of t(t-1)/2. */
static void ties(const double *x, int n, double *variance, double *pairs)
{
	*variance = *pairs = 0;
	for (int i = 0; i < n; i++) {
		int t = 0;
		bool first = true;
		for (int j = 0; j < n; j++) {
			t += x[j] == x[i];
			first &= j >= i || x[j] != x[i];
		}
		if (first) {
			*variance += (double)t * (t - 1) * (2 * t + 5);
			*pairs += 0.5 * t * (t - 1);
		}
	}
}

static void begg(struct ql_arena *a, const double *y, const double *v, int k, struct ql_pair_tests *t)
{
	struct regression r = {.y = y, .v = v, .k = k, .p = 1};
	double *z = QL_NEW_N(a, double, (size_t)k);
	t->begg_tau = t->begg_p = NAN;
	if (k < 3)
		return;
	regress(&r, 0);
	for (int i = 0; i < k; i++)
		z[i] = (y[i] - r.b[0]) / sqrt(v[i] - 1 / r.sum_w);
	int s = 0, pairs = k * (k - 1) / 2;
	for (int i = 0; i < k; i++)
		for (int j = 0; j < i; j++)
			s += sign(z[i] - z[j]) * sign(v[i] - v[j]);
	double vz, vv, pz, pv;
	ties(z, k, &vz, &pz);
	ties(v, k, &vv, &pv);
	t->begg_tau = s / sqrt((pairs - pz) * (pairs - pv));
	if (pz == 0 && pv == 0 && k < 50) {
		int discordant = (pairs - s) / 2,
		    low = discordant < pairs - discordant ? discordant : pairs - discordant;
		t->begg_p = fmin(1, 2 * kendall_tail(a, k, low));
	} else {
		double variance = (k * (k - 1.0) * (2 * k + 5) - vz - vv) / 18;
		t->begg_p = 2 * ql_pnorm_upper(fabs((double)s) / sqrt(variance));
	}
}

struct ranked {
	double y, v, size;
	int order;
};
static int by_effect(const void *p, const void *q)
{
	const struct ranked *a = p, *b = q;
	return a->y != b->y ? (a->y > b->y) - (a->y < b->y) : a->order - b->order;
}
static int by_size(const void *p, const void *q)
{
	const struct ranked *a = p, *b = q;
	return a->size != b->size ? (a->size > b->size) - (a->size < b->size) : a->order - b->order;
}

/* Duval and Tweedie 2000, L0. Studies are thought missing on the side towards which the small ones do not lean. */
static bool trim_and_fill(struct ql_arena *a, const double *y, const double *v, int k, enum ql_pair_method method,
			  double level, struct ql_pair_tests *t)
{
	size_t n = (size_t)k;
	double *se = QL_NEW_N(a, double, n), *ys = QL_NEW_N(a, double, 2 * n), *vs = QL_NEW_N(a, double, 2 * n);
	struct ranked *r = QL_NEW_N(a, struct ranked, n), *s = QL_NEW_N(a, struct ranked, n);
	struct ql_pair_fit f;
	for (int i = 0; i < k; i++)
		se[i] = sqrt(v[i]);
	if (k < 3 || !ql_pair_fit(a, y, v, se, k, method, false, level, &f))
		return false;
	t->fill_right = f.b[1] < 0;
	double flip = t->fill_right ? -1 : 1;
	for (int i = 0; i < k; i++)
		r[i] = (struct ranked){flip * y[i], v[i], 0, i};
	qsort(r, n, sizeof *r, by_effect);
	int before = -1;
	t->fill_k = 0;
	for (int it = 0; it < 100 && t->fill_k != before; it++) {
		before = t->fill_k;
		for (int i = 0; i < k - before; i++) {
			ys[i] = r[i].y;
			vs[i] = r[i].v;
		}
		if (k - before < 2 || !ql_pair_fit(a, ys, vs, NULL, k - before, method, false, level, &f))
			return false;
		for (int i = 0; i < k; i++)
			s[i] = (struct ranked){r[i].y, 0, fabs(r[i].y - f.b[0]), i};
		qsort(s, n, sizeof *s, by_size);
		double above = 0;
		for (int i = 0; i < k; i++)
			above += s[i].y > f.b[0] ? i + 1 : 0;
		double k0 = (4 * above - k * (k + 1.0)) / (2 * k - 1.0);
		t->fill_k = k0 > 0 ? (int)floor(k0 + 0.5) : 0;
	}
	for (int i = 0; i < k; i++) {
		ys[i] = y[i];
		vs[i] = v[i];
	}
	for (int i = 0; i < t->fill_k; i++) {
		ys[k + i] = flip * (2 * f.b[0] - r[k - t->fill_k + i].y);
		vs[k + i] = r[k - t->fill_k + i].v;
	}
	return ql_pair_fit(a, ys, vs, NULL, k + t->fill_k, method, false, level, &t->fill);
}

bool ql_pair_tests(struct ql_arena *a, const double *y, const double *v, int k, enum ql_pair_method method,
		   double level, struct ql_pair_tests *out)
{
	*out = (struct ql_pair_tests){0};
	egger(a, y, v, k, method, out);
	begg(a, y, v, k, out);
	return trim_and_fill(a, y, v, k, method, level, out);
}

/* ---- 2x2 tables ---- */

void ql_pair_mantel_haenszel(const struct ql_nma_data *d, int treat, enum ql_measure m, double *b, double *se)
{
	double r = 0, s = 0, p = 0, pr = 0, ps = 0, qs = 0;
	for (int i = 0; i < d->n_study; i++) {
		const struct ql_nma_study *st = &d->study[i];
		const struct ql_nma_arm *x = &st->observed[st->arm[0] != treat],
					*y = &st->observed[st->arm[0] == treat];
		double a = x->events, c = y->events, n = x->n + y->n, bb = x->n - a, dd = y->n - c;
		if (m == QL_RR) { /* Greenland and Robins 1985 */
			r += a * y->n / n;
			s += c * x->n / n;
			p += (x->n * y->n * (a + c) - a * c * n) / (n * n);
		} else {
			double cr = a * dd / n, cs = bb * c / n;
			r += cr;
			s += cs;
			pr += cr * (a + dd) / n;
			ps += (cs * (a + dd) + cr * (bb + c)) / n;
			qs += cs * (bb + c) / n;
		}
	}
	*b = log(r / s);
	*se = m == QL_RR ? sqrt(p / (r * s)) : sqrt(pr / (2 * r * r) + ps / (2 * r * s) + qs / (2 * s * s));
}

void ql_pair_peto(const struct ql_nma_data *d, int treat, double *b, double *se)
{
	double observed = 0, variance = 0;
	for (int i = 0; i < d->n_study; i++) {
		const struct ql_nma_study *st = &d->study[i];
		const struct ql_nma_arm *x = &st->observed[st->arm[0] != treat],
					*y = &st->observed[st->arm[0] == treat];
		double events = x->events + y->events, n = x->n + y->n;
		observed += x->events - events * x->n / n;
		variance += x->n * y->n * events * (n - events) / (n * n * (n - 1));
	}
	*b = observed / variance;
	*se = 1 / sqrt(variance);
}
