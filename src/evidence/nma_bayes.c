/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/nma_bayes.h"
#include "base/io.h"
#include "base/rng.h"
#include "evidence/linear.h"
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- one chain's random numbers ---- */

struct stream {
	uint64_t seed, chain, id, n;
};
static double uniform(struct stream *s)
{
	return ql_rng_uniform(s->seed, s->chain, s->id, s->n++);
}
static double normal(struct stream *s)
{
	return ql_quantile_normal(uniform(s));
}

/* Slice sampling (Neal 2003): stepping out, then shrinking. */
static double slice(struct stream *s, double x, double width, double (*log_f)(void *ctx, double x), void *ctx)
{
	double level = log_f(ctx, x) + log(uniform(s));
	double low = x - width * uniform(s), high = low + width;
	for (int i = 0; i < 50 && log_f(ctx, low) > level; i++)
		low -= width;
	for (int i = 0; i < 50 && log_f(ctx, high) > level; i++)
		high += width;
	for (int i = 0; i < 200; i++) {
		double y = low + (high - low) * uniform(s);
		if (log_f(ctx, y) > level)
			return y;
		*(y < x ? &low : &high) = y;
	}
	return x;
}

/* Log prior density of log tau. */
static double log_prior(const struct ql_bayes_options *o, double log_tau)
{
	double tau = exp(log_tau);
	if (o->prior == QL_UNIFORM)
		return tau < o->tau_scale ? log_tau : -INFINITY;
	return log_tau - 0.5 * tau * tau / (o->tau_scale * o->tau_scale);
}

/* beta ~ N(mean, (R R')^-1) from the lower Cholesky factor of the precision. */
static void draw_normal(struct stream *s, const double *factor, lapack_int p, const double *mean, double *out)
{
	for (int i = 0; i < p; i++)
		out[i] = normal(s);
	LAPACKE_dtrtrs(LAPACK_COL_MAJOR, 'L', 'T', 'N', p, 1, factor, p, out, p);
	for (int i = 0; i < p; i++)
		out[i] += mean[i];
}

/* ---- contrasts ---- */

struct contrast_chain {
	const struct ql_bayes_options *o;
	struct ql_lin *m;
	struct ql_lin_fit fit;
};

static double marginal(void *ctx, double log_tau)
{
	struct contrast_chain *c = ctx;
	double prior = log_prior(c->o, log_tau), ridge = 0;
	if (isinf(prior) || log_tau < -40 || !ql_lin_solve(c->m, exp(2 * log_tau), false, false, &c->fit))
		return -INFINITY;
	for (int i = 0; i < c->m->p; i++)
		ridge += c->fit.beta[i] * c->fit.beta[i];
	return prior - 0.5 * (c->fit.log_det_s + c->fit.log_det_x + c->fit.q + c->m->ridge * ridge);
}

static bool run_contrasts(struct ql_lin *m, const struct ql_bayes_options *o, int chain, double *tau, double *beta)
{
	struct contrast_chain c = {.o = o, .m = m};
	struct stream s = {o->seed, (uint64_t)chain, ql_hash_str("nma contrasts"), 0};
	double log_tau = log(o->tau_scale * (0.1 + 0.2 * chain));
	int p = m->p;
	for (int i = -o->warmup; i < o->draws; i++) {
		if (o->cancel && *o->cancel)
			return false;
		log_tau = slice(&s, log_tau, 1, marginal, &c);
		if (i < 0)
			continue;
		tau[i] = exp(log_tau);
		marginal(&c, log_tau); /* leaves the factor of the precision in normal */
		draw_normal(&s, m->normal, p, c.fit.beta, beta + (size_t)i * (size_t)p);
	}
	return true;
}

/* ---- arms ---- */

struct arm_chain {
	const struct ql_nma_data *d;
	const struct ql_bayes_options *o;
	struct stream s;
	int p, n_arm;
	int *study, *col;           /* [n_arm]; col -1: reference */
	double *events, *n, *theta; /* log odds */
	double *base, *beta;        /* [studies], [p] */
	double tau;
	/* the arm or the step in hand */
	double prior_mean, prior_var, r, size;
	double *z; /* standardised deviations */
	double *precision, *mean;
};

static double effect_of(const struct arm_chain *c, int arm)
{
	return c->col[arm] < 0 ? 0 : c->beta[c->col[arm]];
}

static double binomial_log(double r, double n, double theta)
{
	double l = theta > 0 ? theta + log1p(exp(-theta)) : log1p(exp(theta));
	return r * theta - n * l;
}

static double arm_density(void *ctx, double theta)
{
	const struct arm_chain *c = ctx;
	double e = theta - c->prior_mean;
	return binomial_log(c->r, c->size, theta) - 0.5 * e * e / c->prior_var;
}

static void update_arms(struct arm_chain *c)
{
	c->prior_var = 0.5 * c->tau * c->tau;
	for (int a = 0; a < c->n_arm; a++) {
		c->prior_mean = c->base[c->study[a]] + effect_of(c, a);
		c->r = c->events[a];
		c->size = c->n[a];
		double width = fmin(2 * sqrt(c->prior_var), 2 / sqrt(c->r + 0.5) + 2 / sqrt(c->size - c->r + 0.5));
		c->theta[a] = slice(&c->s, c->theta[a], width, arm_density, c);
	}
}

/* Effects given the arms, baselines integrated out; then the baselines. */
static void update_effects(struct arm_chain *c)
{
	size_t p = (size_t)c->p;
	double w = 2 / (c->tau * c->tau);
	memset(c->precision, 0, p * p * sizeof *c->precision);
	memset(c->mean, 0, p * sizeof *c->mean);
	for (size_t i = 0; i < p; i++)
		c->precision[i * p + i] = 1 / (c->o->effect_sd * c->o->effect_sd);
	for (int first = 0, last; first < c->n_arm; first = last) {
		double centre = 0;
		for (last = first; last < c->n_arm && c->study[last] == c->study[first]; last++)
			centre += c->theta[last];
		int k = last - first;
		for (int a = first; a < last; a++) {
			if (c->col[a] < 0)
				continue;
			c->mean[c->col[a]] += w * (c->theta[a] - centre / k);
			for (int b = first; b < last; b++)
				if (c->col[b] >= 0)
					c->precision[(size_t)c->col[a] * p + (size_t)c->col[b]] +=
					    w * ((a == b) - 1.0 / k);
		}
	}
	LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'L', c->p, c->precision, c->p);
	LAPACKE_dpotrs(LAPACK_COL_MAJOR, 'L', c->p, 1, c->precision, c->p, c->mean, c->p);
	draw_normal(&c->s, c->precision, c->p, c->mean, c->beta);
	for (int first = 0, last; first < c->n_arm; first = last) {
		double mean = 0;
		for (last = first; last < c->n_arm && c->study[last] == c->study[first]; last++)
			mean += c->theta[last] - effect_of(c, last);
		int k = last - first;
		c->base[c->study[first]] = mean / k + normal(&c->s) / sqrt(w * k);
	}
}

static double tau_given_arms(void *ctx, double log_tau)
{
	const struct arm_chain *c = ctx;
	return log_prior(c->o, log_tau) - c->n_arm * log_tau - c->size * exp(-2 * log_tau);
}

static double tau_given_deviations(void *ctx, double log_tau)
{
	const struct arm_chain *c = ctx;
	double sum = log_prior(c->o, log_tau), scale = exp(log_tau) * sqrt(0.5);
	for (int a = 0; a < c->n_arm && isfinite(sum); a++)
		sum += binomial_log(c->events[a], c->n[a], c->base[c->study[a]] + effect_of(c, a) + scale * c->z[a]);
	return sum;
}

static void update_tau(struct arm_chain *c)
{
	c->size = 0; /* sum of squared deviations */
	for (int a = 0; a < c->n_arm; a++) {
		double e = c->theta[a] - c->base[c->study[a]] - effect_of(c, a);
		c->size += e * e;
	}
	c->tau = exp(slice(&c->s, log(c->tau), 0.5, tau_given_arms, c));
	double scale = c->tau * sqrt(0.5);
	for (int a = 0; a < c->n_arm; a++)
		c->z[a] = (c->theta[a] - c->base[c->study[a]] - effect_of(c, a)) / scale;
	c->tau = exp(slice(&c->s, log(c->tau), 0.5, tau_given_deviations, c));
	scale = c->tau * sqrt(0.5);
	for (int a = 0; a < c->n_arm; a++)
		c->theta[a] = c->base[c->study[a]] + effect_of(c, a) + scale * c->z[a];
}

static void start_arms(struct arm_chain *c, struct ql_arena *a, int reference)
{
	const struct ql_nma_data *d = c->d;
	int n = 0;
	for (int s = 0; s < d->n_study; s++)
		c->n_arm += d->study[s].k;
	size_t arms = (size_t)c->n_arm, p = (size_t)c->p;
	c->study = QL_NEW_N(a, int, arms);
	c->col = QL_NEW_N(a, int, arms);
	c->events = QL_NEW_N(a, double, arms);
	c->n = QL_NEW_N(a, double, arms);
	c->theta = QL_NEW_N(a, double, arms);
	c->z = QL_NEW_N(a, double, arms);
	c->base = QL_NEW_N(a, double, (size_t)d->n_study);
	c->beta = QL_NEW_N(a, double, p);
	c->precision = QL_NEW_N(a, double, p *p);
	c->mean = QL_NEW_N(a, double, p);
	for (int s = 0; s < d->n_study; s++)
		for (int i = 0; i < d->study[s].k; i++, n++) {
			const struct ql_nma_arm *x = &d->study[s].observed[i];
			int t = d->study[s].arm[i];
			c->study[n] = s;
			c->col[n] = t == reference ? -1 : t - (t > reference);
			c->events[n] = x->events;
			c->n[n] = x->n;
			c->theta[n] = log((x->events + 0.5) / (x->n - x->events + 0.5)) + 0.2 * normal(&c->s);
			c->base[s] += c->theta[n] / d->study[s].k;
		}
}

static bool run_arms(const struct ql_nma_data *d, const struct ql_bayes_options *o, int chain, double *tau,
		     double *beta)
{
	struct arm_chain c = {.d = d, .o = o, .p = d->n_treat - 1, .tau = o->tau_scale * (0.1 + 0.2 * chain)};
	struct ql_arena work = {0};
	c.s = (struct stream){o->seed, (uint64_t)chain, ql_hash_str("nma arms"), 0};
	start_arms(&c, &work, o->reference);
	bool finished = true;
	for (int i = -o->warmup; i < o->draws && finished; i++) {
		update_effects(&c);
		update_tau(&c);
		update_arms(&c);
		finished = !(o->cancel && *o->cancel);
		if (i < 0)
			continue;
		tau[i] = c.tau;
		memcpy(beta + (size_t)i * (size_t)c.p, c.beta, (size_t)c.p * sizeof *beta);
	}
	ql_arena_free(&work);
	return finished;
}

/* ---- summaries ---- */

static int ascending(const void *x, const void *y)
{
	double a = *(const double *)x, b = *(const double *)y;
	return (a > b) - (a < b);
}

static double quantile(const double *sorted, size_t n, double p)
{
	double at = p * (double)(n - 1);
	size_t i = (size_t)at;
	return i + 1 < n ? sorted[i] + (at - (double)i) * (sorted[i + 1] - sorted[i]) : sorted[n - 1];
}

static void moments(const double *x, int n, double *mean, double *variance)
{
	*mean = *variance = 0;
	for (int i = 0; i < n; i++)
		*mean += x[i] / n;
	for (int i = 0; i < n; i++)
		*variance += (x[i] - *mean) * (x[i] - *mean) / (n - 1);
}

/* Split R-hat, and the effective sample size with Geyer's initial monotone sequence over all chains (BDA3, 11.4-5). */
static void diagnose(const double *x, int chains, int n, struct ql_posterior *out)
{
	double grand = 0, within = 0, between = 0, mean, var;
	int half = n / 2, m = 2 * chains;
	for (int c = 0; c < m; c++) {
		moments(x + (c / 2) * n + (c % 2) * half, half, &mean, &var);
		grand += mean / m;
		within += var / m;
	}
	for (int c = 0; c < m; c++) {
		moments(x + (c / 2) * n + (c % 2) * half, half, &mean, &var);
		between += (mean - grand) * (mean - grand) / (m - 1);
	}
	double pooled = within * (half - 1) / half + between;
	out->r_hat = within > 0 ? sqrt(pooled / within) : NAN;
	double sum = 0, previous = INFINITY;
	for (int lag = 0; lag + 1 < n - 4; lag += 2) {
		double pair = 0;
		for (int l = lag; l < lag + 2; l++) {
			double variogram = 0;
			for (int c = 0; c < chains; c++)
				for (int i = l; i < n; i++)
					variogram +=
					    (x[c * n + i] - x[c * n + i - l]) * (x[c * n + i] - x[c * n + i - l]);
			pair += 1 - variogram / (chains * (n - l)) / (2 * pooled);
		}
		if (pair < 0)
			break;
		previous = fmin(pair, previous);
		sum += previous;
	}
	double total = (double)chains * n;
	out->ess = fmin(total / (2 * sum - 1), total);
}

struct ql_posterior ql_posterior_of(struct ql_arena *a, const double *x, int chains, int n)
{
	size_t total = (size_t)chains * (size_t)n;
	double *sorted = QL_NEW_N(a, double, total), variance;
	struct ql_posterior p;
	memcpy(sorted, x, total * sizeof *x);
	qsort(sorted, total, sizeof *sorted, ascending);
	moments(x, (int)total, &p.mean, &variance);
	p.sd = sqrt(variance);
	p.q2_5 = quantile(sorted, total, 0.025);
	p.q25 = quantile(sorted, total, 0.25);
	p.median = quantile(sorted, total, 0.5);
	p.q75 = quantile(sorted, total, 0.75);
	p.q97_5 = quantile(sorted, total, 0.975);
	diagnose(x, chains, n, &p);
	return p;
}

static void count_ranks(const struct ql_nma_data *d, const struct ql_bayes_options *o, const double *beta, size_t draws,
			struct ql_bayes *out)
{
	size_t n = (size_t)d->n_treat, p = n - 1, r = (size_t)o->reference;
	out->rank = QL_NEW_N(d->a, double, n *n);
	out->sucra = QL_NEW_N(d->a, double, n);
	for (size_t k = 0; k < draws; k++)
		for (size_t i = 0; i < n; i++) {
			double x = i == r ? 0 : beta[k * p + i - (i > r)];
			size_t better = 0;
			for (size_t j = 0; j < n; j++) {
				double y = j == r ? 0 : beta[k * p + j - (j > r)];
				better += o->small_desirable ? y < x : y > x;
			}
			out->rank[i * n + better] += 1 / (double)draws;
		}
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++)
			out->sucra[i] += out->rank[i * n + k] * (double)(n - 1 - k) / (double)(n - 1);
}

static void fill_defaults(const struct ql_nma_data *d, struct ql_bayes_options *o)
{
	double largest = 0;
	for (int s = 0; s < d->n_study; s++)
		for (int i = 0; i < d->study[s].k - 1; i++)
			largest = fmax(largest, fabs(d->study[s].y[i]));
	bool has_unit = d->measure == QL_MD || d->measure == QL_GENERIC;
	largest = largest > 0 ? largest : 1;
	if (!(o->effect_sd > 0))
		o->effect_sd = has_unit ? 15 * largest : 10;
	if (!(o->tau_scale > 0))
		o->tau_scale = has_unit ? largest : 1;
}

static bool has_counts(const struct ql_nma_data *d, struct ql_diags *ds)
{
	for (int s = 0; s < d->n_study; s++)
		if (!d->study[s].observed || isnan(d->study[s].observed[0].events) ||
		    isnan(d->study[s].observed[0].n)) {
			ql_diag_add(ds, QL_E0721, d->study[s].span, "study `%s` has no events and patients of arms",
				    d->study[s].name);
			return false;
		}
	return true;
}

enum quell_status ql_nma_bayes(const struct ql_nma_data *d, const struct ql_bayes_options *options, struct ql_diags *ds,
			       struct ql_bayes *out)
{
	struct ql_bayes_options o = *options;
	*out = (struct ql_bayes){0};
	fill_defaults(d, &o);
	if (o.binomial && !has_counts(d, ds))
		return QUELL_ERR_INPUT;
	size_t p = (size_t)d->n_treat - 1, per = (size_t)o.draws, total = per * (size_t)o.chains;
	double *tau = QL_NEW_N(d->a, double, total), *beta = QL_NEW_N(d->a, double, total *p),
	       *x = QL_NEW_N(d->a, double, total);
	struct ql_lin *m = ql_lin_network(d->a, d, o.reference);
	m->ridge = 1 / (o.effect_sd * o.effect_sd);
	for (int c = 0; c < o.chains; c++) {
		double *t = tau + (size_t)c * per, *b = beta + (size_t)c * per * p;
		if (!(o.binomial ? run_arms(d, &o, c, t, b) : run_contrasts(m, &o, c, t, b)))
			return QUELL_ERR_INTERRUPTED;
	}
	out->o = o;
	out->tau = ql_posterior_of(d->a, tau, o.chains, o.draws);
	out->effect = QL_NEW_N(d->a, struct ql_posterior, p + 1);
	out->worst_r_hat = out->tau.r_hat;
	out->least_ess = out->tau.ess;
	for (size_t j = 0; j < p; j++) {
		for (size_t i = 0; i < total; i++)
			x[i] = beta[i * p + j];
		struct ql_posterior *e = &out->effect[j + (j >= (size_t)o.reference)];
		*e = ql_posterior_of(d->a, x, o.chains, o.draws);
		out->worst_r_hat = fmax(out->worst_r_hat, e->r_hat);
		out->least_ess = fmin(out->least_ess, e->ess);
	}
	count_ranks(d, &o, beta, total, out);
	return QUELL_OK;
}
