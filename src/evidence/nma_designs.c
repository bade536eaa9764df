/* SPDX-License-Identifier: Apache-2.0 */
/* Heterogeneity within and inconsistency between designs, net heat, node splitting. */
#include "evidence/linear.h"
#include "evidence/names.h"
#include "base/special.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct sorted_study { /* arms in treatment order (which is the order of names) */
	int k, design;
	int *treat;
	int *position; /* position[i]: arm of the study that is the i-th treatment */
};

static int compare_ints(const void *x, const void *y)
{
	int a = *(const int *)x, b = *(const int *)y;
	return (a > b) - (a < b);
}

static void sort_arms(struct ql_arena *a, const struct ql_nma_study *st, struct sorted_study *out)
{
	size_t k = (size_t)st->k;
	out->k = st->k;
	out->treat = QL_NEW_N(a, int, k);
	out->position = QL_NEW_N(a, int, k);
	memcpy(out->treat, st->arm, k * sizeof *out->treat);
	qsort(out->treat, k, sizeof *out->treat, compare_ints);
	for (int i = 0; i < st->k; i++)
		for (int j = 0; j < st->k; j++)
			if (st->arm[j] == out->treat[i])
				out->position[i] = j;
}

static void find_designs(const struct ql_nma_data *d, struct sorted_study *sorted, struct ql_designs *out)
{
	struct ql_names labels = {.a = d->a};
	struct ql_buf label = {0};
	out->design = QL_NEW_N(d->a, struct ql_nma_design, (size_t)d->n_study);
	for (int s = 0; s < d->n_study; s++) {
		sort_arms(d->a, &d->study[s], &sorted[s]);
		label.len = 0;
		for (int i = 0; i < sorted[s].k; i++)
			ql_buf_printf(&label, "%s%s", i ? ":" : "", d->treat[sorted[s].treat[i]]);
		int known = labels.n, g = ql_names_add(&labels, label.data, d->study[s].span);
		sorted[s].design = g;
		if (g == known)
			out->design[g] =
			    (struct ql_nma_design){.k = sorted[s].k, .treat = sorted[s].treat, .label = labels.name[g]};
		out->design[g].n_study++;
	}
	out->n = labels.n;
	ql_buf_free(&label);
}

/* Every design pooled by itself: one study per design, its contrasts against its first treatment. */
struct pooled {
	struct ql_nma_study *study; /* [n designs] */
	double q, tr_wp, tr_hat_p;  /* sums for the moment estimator within designs */
	double *q_design;
};

static double at(const double *l, int k, int i, int j)
{
	return l[i * k + j];
}

/* Adds the weights of one study to its design's normal equations. */
static bool add_study(const struct ql_nma_study *st, const struct sorted_study *so, double tau2, double *l, double *n,
		      double *g)
{
	int k = st->k, c = k - 1;
	double det;
	if (!ql_arm_weights(st->s, k, tau2, l, &det))
		return false;
	for (int i = 0; i < c; i++) {
		int pi = so->position[i + 1];
		for (int j = 0; j < c; j++)
			n[i * c + j] += at(l, k, pi, so->position[j + 1]);
		g[i] += ql_arm_target(st, l, pi);
	}
	return true;
}

/* Residuals against the pooled contrasts of the design; printed pairs that do not add up within the study are no
 * heterogeneity between studies, so that their least-squares fit is taken. */
static double study_q(struct ql_arena *a, const struct ql_nma_study *st, const struct sorted_study *so, const double *l,
		      const double *mean)
{
	int k = st->k;
	double *f = QL_NEW_N(a, double, (size_t)k), *lr = QL_NEW_N(a, double, (size_t)k);
	struct ql_nma_study fitted = *st;
	fitted.pair = NULL;
	for (int i = 1; i < k; i++)
		f[so->position[i]] = mean[i - 1];
	return ql_arm_residual(&fitted, l, f, lr);
}

/* tr(L C L) / 2 for the pooled covariance c x c of a design, arms in treatment order */
static double pooled_hat_trace(const struct sorted_study *so, const double *l, const double *v)
{
	int k = so->k, c = k - 1;
	double sum = 0;
	for (int i = 0; i < k; i++)
		for (int j = 1; j < k; j++)
			for (int m = 1; m < k; m++)
				sum += at(l, k, i, so->position[j]) * v[(j - 1) * c + m - 1] *
				       at(l, k, so->position[m], i);
	return 0.5 * sum;
}

static bool pool_designs(const struct ql_nma_data *d, const struct sorted_study *sorted, const struct ql_designs *ds,
			 double tau2, struct pooled *out)
{
	int n = ds->n;
	double **normal = QL_NEW_N(d->a, double *, (size_t)n), **g = QL_NEW_N(d->a, double *, (size_t)n);
	double **weights = QL_NEW_N(d->a, double *, (size_t)d->n_study);
	*out = (struct pooled){.study = QL_NEW_N(d->a, struct ql_nma_study, (size_t)n),
			       .q_design = QL_NEW_N(d->a, double, (size_t)n)};
	for (int i = 0; i < n; i++) {
		size_t c = (size_t)ds->design[i].k - 1;
		normal[i] = QL_NEW_N(d->a, double, c *c);
		g[i] = QL_NEW_N(d->a, double, c);
		out->study[i] = (struct ql_nma_study){.name = ds->design[i].label,
						      .k = ds->design[i].k,
						      .arm = ds->design[i].treat,
						      .y = QL_NEW_N(d->a, double, c),
						      .s = normal[i]};
	}
	for (int s = 0; s < d->n_study; s++) {
		int i = sorted[s].design;
		weights[s] = QL_NEW_N(d->a, double, (size_t)(sorted[s].k * sorted[s].k));
		if (!add_study(&d->study[s], &sorted[s], tau2, weights[s], normal[i], g[i]))
			return false;
	}
	for (int i = 0; i < n; i++) {
		int c = ds->design[i].k - 1;
		double det;
		if (!ql_spd_invert(normal[i], c, &det))
			return false;
		for (int a = 0; a < c; a++)
			for (int b = 0; b < c; b++)
				out->study[i].y[a] += normal[i][a * c + b] * g[i][b];
	}
	for (int s = 0; s < d->n_study; s++) {
		int i = sorted[s].design, k = sorted[s].k;
		if (ds->design[i].n_study > 1) {
			double q = study_q(d->a, &d->study[s], &sorted[s], weights[s], out->study[i].y);
			out->q_design[i] += q;
			out->q += q;
		}
		for (int a = 0; a < k; a++)
			out->tr_wp += 0.5 * weights[s][a * k + a];
		out->tr_hat_p += pooled_hat_trace(&sorted[s], weights[s], normal[i]);
	}
	return true;
}

/* Q of the consistency model over pooled designs, skipping one; residual Q by design in part (may be NULL). */
static bool between(const struct ql_nma_data *d, const struct pooled *p, int n, int skip, double *q, int *df,
		    double *part)
{
	struct ql_nma_study *use = QL_NEW_N(d->a, struct ql_nma_study, (size_t)n);
	int *index = QL_NEW_N(d->a, int, (size_t)n), m = 0, contrasts = 0;
	for (int i = 0; i < n; i++)
		if (i != skip) {
			index[m] = i;
			contrasts += p->study[i].k - 1;
			use[m++] = p->study[i];
		}
	*q = NAN;
	*df = 0;
	if (m == 0)
		return true;
	struct ql_nma_data sub = {.a = d->a, .n_treat = d->n_treat, .treat = d->treat, .n_study = m, .study = use};
	int *where = QL_NEW_N(d->a, int, (size_t)d->n_treat);
	int parts = ql_nma_parts(&sub, where);
	*df = contrasts - (d->n_treat - parts);
	struct ql_lin *lin = ql_lin_network(d->a, &sub, 0);
	struct ql_lin_fit f = {0};
	if (!ql_lin_solve(lin, 0, false, parts > 1, &f))
		return false;
	*q = f.q;
	for (int s = 0; part && s < m; s++) {
		int k = use[s].k;
		double *fit = QL_NEW_N(d->a, double, (size_t)k), *lr = QL_NEW_N(d->a, double, (size_t)k);
		for (int i = 0; i < k; i++)
			fit[i] = use[s].arm[i] ? f.beta[use[s].arm[i] - 1] : 0;
		part[index[s]] = ql_arm_residual(&use[s], lin->l + lin->l_first[s], fit, lr);
	}
	return true;
}

static double upper_tail(double q, int df)
{
	return df > 0 ? ql_pchisq_upper(q, df) : NAN;
}

/* The treatments of a design may need another design to stay connected; then it cannot be detached. */
static void detach_designs(const struct ql_nma_data *d, const struct pooled *p, struct ql_designs *out, bool heat)
{
	double *base = QL_NEW_N(d->a, double, (size_t)out->n), *part = QL_NEW_N(d->a, double, (size_t)out->n), q;
	int df;
	if (heat) {
		out->heat = QL_NEW_N(d->a, double, (size_t)out->n *(size_t)out->n);
		if (!between(d, p, out->n, -1, &q, &df, base))
			return;
	}
	for (int i = 0; i < out->n; i++) {
		struct ql_nma_design *g = &out->design[i];
		if (!between(d, p, out->n, i, &g->q_detached, &g->df_detached, heat ? part : NULL))
			g->q_detached = NAN;
		part[i] = 0; /* a detached design fits itself */
		for (int c = 0; heat && c < out->n; c++)
			out->heat[(size_t)c * (size_t)out->n + (size_t)i] = base[c] - part[c];
		if (g->df_detached >= out->df_between) /* nothing else bears on this design */
			g->q_detached = NAN;
	}
}

void ql_nma_designs(const struct ql_nma *m, bool heat, struct ql_designs *out)
{
	enum { DETACH_LIMIT = 300 }; /* one network fit per design */
	const struct ql_nma_data *d = m->d;
	struct sorted_study *sorted = QL_NEW_N(d->a, struct sorted_study, (size_t)d->n_study);
	struct pooled p;
	*out = (struct ql_designs){.q_within = NAN,
				   .q_between = NAN,
				   .p_within = NAN,
				   .p_between = NAN,
				   .q_between_random = NAN,
				   .p_between_random = NAN};
	find_designs(d, sorted, out);
	if (!pool_designs(d, sorted, out, 0, &p))
		return;
	for (int i = 0; i < out->n; i++) {
		struct ql_nma_design *g = &out->design[i];
		g->q_within = p.q_design[i];
		g->df_within = (g->n_study - 1) * (g->k - 1);
		g->q_detached = NAN;
		out->df_within += g->df_within;
	}
	out->q_within = p.q;
	out->df_between = m->df - out->df_within;
	out->q_between = fmax(0, m->q - p.q);
	bool exact = true; /* else part of Q lies within studies whose printed contrasts do not add up */
	for (int s = 0; s < d->n_study; s++)
		exact &= d->study[s].pair == NULL;
	double q;
	int df;
	if (!exact && between(d, &p, out->n, -1, &q, &df, NULL))
		out->q_between = q;
	out->p_within = upper_tail(out->q_within, out->df_within);
	out->p_between = upper_tail(out->q_between, out->df_between);
	if (out->n <= DETACH_LIMIT && out->df_between > 0)
		detach_designs(d, &p, out, heat);
	double denominator = p.tr_wp - p.tr_hat_p;
	out->tau2_within = out->df_within > 0 && denominator > 0 ? fmax(0, (p.q - out->df_within) / denominator) : 0;
	if (out->df_between > 0 && pool_designs(d, sorted, out, out->tau2_within, &p) &&
	    between(d, &p, out->n, -1, &q, &df, NULL)) {
		out->q_between_random = q;
		out->p_between_random = upper_tail(q, df);
	}
}

/* ---- node splitting ---- */

struct direct { /* sums over the studies that compare a pair */
	int i, j, n;
	double w, wy;
};

static int compare_pairs(const void *x, const void *y)
{
	const struct direct *a = x, *b = y;
	return a->i != b->i ? (a->i > b->i) - (a->i < b->i) : (a->j > b->j) - (a->j < b->j);
}

static struct direct *direct_pairs(const struct ql_nma *m, int *n_out)
{
	const struct ql_nma_data *d = m->d;
	size_t most = 0;
	for (int s = 0; s < d->n_study; s++)
		most += (size_t)(d->study[s].k * (d->study[s].k - 1) / 2);
	struct direct *p = QL_NEW_N(d->a, struct direct, most);
	int n = 0, kept = 0;
	for (int s = 0; s < d->n_study; s++) {
		const struct ql_nma_study *st = &d->study[s];
		int c = st->k - 1;
		for (int a = 0; a < st->k; a++)
			for (int b = a + 1; b < st->k; b++) {
				double va = a ? st->s[(a - 1) * c + a - 1] : 0, vb = st->s[(b - 1) * c + b - 1];
				double cov = a ? st->s[(a - 1) * c + b - 1] : 0;
				double te = st->pair ? st->pair[a * st->k + b] : (a ? st->y[a - 1] : 0) - st->y[b - 1],
				       w = 1 / (va + vb - 2 * cov + m->tau2);
				bool swap = st->arm[a] > st->arm[b];
				p[n++] = (struct direct){swap ? st->arm[b] : st->arm[a], swap ? st->arm[a] : st->arm[b],
							 1, w, w * (swap ? -te : te)};
			}
	}
	qsort(p, (size_t)n, sizeof *p, compare_pairs);
	for (int i = 0; i < n; i++) {
		if (kept && compare_pairs(&p[kept - 1], &p[i]) == 0) {
			p[kept - 1].n++;
			p[kept - 1].w += p[i].w;
			p[kept - 1].wy += p[i].wy;
		} else {
			p[kept++] = p[i];
		}
	}
	*n_out = kept;
	return p;
}

static struct ql_estimate normal_estimate(double te, double se, double crit)
{
	double z = te / se;
	return (struct ql_estimate){te, se, te - crit * se, te + crit * se, z, 2 * ql_pnorm_upper(fabs(z)), NAN, NAN};
}

struct ql_split *ql_nma_split(const struct ql_nma *m, int *n)
{
	const struct ql_estimate none = {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
	struct direct *p = direct_pairs(m, n);
	struct ql_split *out = QL_NEW_N(m->d->a, struct ql_split, (size_t)*n);
	double crit = ql_qnorm(0.5 + m->o.level / 2);
	for (int k = 0; k < *n; k++) {
		struct ql_split *s = &out[k];
		*s = (struct ql_split){
		    .treat = p[k].i, .comp = p[k].j, .n_study = p[k].n, .indirect = none, .difference = none};
		s->network = ql_nma_estimate(m, s->treat, s->comp);
		s->direct = normal_estimate(p[k].wy / p[k].w, sqrt(1 / p[k].w), crit);
		double se = s->network.se / m->inflate, share = se * se * p[k].w;
		s->proportion = fmin(1, share);
		if (share > 1 - 1e-8)
			continue; /* nothing indirect */
		double indirect = (s->network.te - share * s->direct.te) / (1 - share);
		s->indirect = normal_estimate(indirect, se / sqrt(1 - share), crit);
		s->difference = normal_estimate(s->direct.te - indirect, hypot(s->direct.se, s->indirect.se), crit);
	}
	return out;
}
