/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/nma_components.h"
#include "base/special.h"
#include "evidence/linear.h"
#include "evidence/names.h"
#include <math.h>
#include <string.h>

static const struct ql_estimate unknown = {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};

/* The linear form c'beta, if the data determine it. */
static struct ql_estimate linear_form(const struct ql_lin *m, const struct ql_lin_fit *f, const double *c, double level)
{
	size_t p = (size_t)m->p;
	double te = 0, v = 0, off = 0, size = 0;
	for (size_t i = 0; i < p; i++) {
		double projected = 0;
		for (size_t j = 0; j < p; j++) {
			projected += f->projector[i * p + j] * c[j];
			v += c[i] * f->v[i * p + j] * c[j];
		}
		te += c[i] * f->beta[i];
		off = fmax(off, fabs(projected - c[i]));
		size = fmax(size, fabs(c[i]));
	}
	if (size == 0)
		return (struct ql_estimate){0, 0, 0, 0, NAN, NAN, NAN, NAN};
	if (off > 1e-7 * size)
		return unknown;
	double se = sqrt(fmax(0, v)), z = te / se, crit = ql_qnorm(0.5 + level / 2);
	return (struct ql_estimate){te, se, te - crit * se, te + crit * se, z, 2 * ql_pnorm_upper(fabs(z)), NAN, NAN};
}

static enum quell_status fit_model(struct ql_lin *m, const struct ql_nma_data *d, const struct ql_nma_options *o,
				   struct ql_diags *ds, double *tau2, double *q0, struct ql_lin_fit *f)
{
	struct ql_span at = {d->study[0].span.file, 0, 0, 0};
	*tau2 = 0;
	bool ok = ql_lin_solve(m, 0, true, true, f);
	*q0 = f->q;
	if (ok && o->random) {
		ok = isnan(o->tau2) ? ql_lin_tau2(m, o->method, true, f, tau2) : true;
		*tau2 = isnan(o->tau2) ? *tau2 : o->tau2;
	}
	if (ok && *tau2 > 0)
		ok = ql_lin_solve(m, *tau2, true, true, f);
	if (ok)
		return QUELL_OK;
	ql_diag_add(ds, QL_E0725, at, "the model could not be fitted");
	return QUELL_ERR_NUMERIC;
}

/* ---- components ---- */

struct parts {
	struct ql_names names;
	const struct ql_nma_data *d;
	double *load; /* [treatments * components] */
	int n;
};

static void split_names(struct parts *p, const char *const *composition, const char *inactive)
{
	const struct ql_nma_data *d = p->d;
	for (int pass = 0; pass < 2; pass++) {
		if (pass) {
			p->n = p->names.n;
			p->load = QL_NEW_N(d->a, double, (size_t)d->n_treat *(size_t)p->n);
		}
		for (int t = 0; t < d->n_treat; t++) {
			const char *text = composition ? composition[t] : d->treat[t];
			if (inactive && strcmp(d->treat[t], inactive) == 0)
				continue;
			for (const char *s = text, *e; *s; s = *e ? e + 1 : e) {
				e = strchr(s, '+');
				e = e ? e : s + strlen(s);
				const char *a = s, *b = e;
				while (a < b && *a == ' ')
					a++;
				while (b > a && b[-1] == ' ')
					b--;
				if (a == b)
					continue;
				int c = ql_names_add(&p->names, ql_arena_strndup(d->a, a, (size_t)(b - a)),
						     (struct ql_span){0});
				if (pass)
					p->load[t * p->n + c] = 1;
			}
		}
	}
}

static int load_components(void *ctx, int study, int arm, int *col, double *val)
{
	const struct parts *p = ctx;
	int t = p->d->study[study].arm[arm], n = 0;
	for (int c = 0; c < p->n; c++)
		if (p->load[t * p->n + c] != 0) {
			col[n] = c;
			val[n++] = 1;
		}
	return n;
}

enum quell_status ql_nma_components(const struct ql_nma_data *d, const char *const *composition, const char *inactive,
				    const struct ql_nma_options *o, struct ql_diags *ds, struct ql_component_fit *out)
{
	struct parts p = {.names = {.a = d->a}, .d = d};
	struct ql_span at = {d->study[0].span.file, 0, 0, 0};
	split_names(&p, composition, inactive);
	if (p.n == 0 || p.n > 500) {
		ql_diag_add(ds, QL_E0721, at, p.n ? "more than 500 components" : "no treatment has a component");
		return QUELL_ERR_INPUT;
	}
	struct ql_lin *m = ql_lin_general(d->a, d->study, d->n_study, p.n, p.n, load_components, &p);
	struct ql_lin_fit f = {0};
	*out =
	    (struct ql_component_fit){.d = d, .n = p.n, .name = p.names.name, .q_difference = NAN, .p_difference = NAN};
	enum quell_status s = fit_model(m, d, o, ds, &out->tau2, &out->q, &f);
	if (s != QUELL_OK)
		return s;
	out->rank = f.rank;
	out->df = m->n_contrast - f.rank;
	out->p_q = out->df > 0 ? ql_pchisq_upper(out->q, out->df) : NAN;
	out->effect = QL_NEW_N(d->a, struct ql_estimate, (size_t)p.n);
	out->treat = QL_NEW_N(d->a, struct ql_estimate, (size_t)d->n_treat);
	double *c = QL_NEW_N(d->a, double, (size_t)p.n);
	for (int i = 0; i < p.n; i++) {
		c[i] = 1;
		out->effect[i] = linear_form(m, &f, c, o->level);
		c[i] = 0;
	}
	for (int t = 0; t < d->n_treat; t++)
		out->treat[t] = linear_form(m, &f, p.load + t * p.n, o->level);
	int *part = QL_NEW_N(d->a, int, (size_t)d->n_treat);
	struct ql_lin *usual = ql_lin_network(d->a, d, 0);
	struct ql_lin_fit u = {0};
	if (ql_nma_parts(d, part) == 1 && ql_lin_solve(usual, 0, false, false, &u)) {
		out->df_difference = usual->p - f.rank;
		out->q_difference = fmax(0, out->q - u.q);
		out->p_difference =
		    out->df_difference > 0 ? ql_pchisq_upper(out->q_difference, out->df_difference) : NAN;
	}
	return QUELL_OK;
}

/* ---- meta-regression ---- */

struct slopes {
	const struct ql_nma_data *d;
	int reference;
	bool common;
	double mean;
};

static int load_slopes(void *ctx, int study, int arm, int *col, double *val)
{
	const struct slopes *w = ctx;
	int t = w->d->study[study].arm[arm], n = w->d->n_treat - 1;
	if (t == w->reference)
		return 0;
	col[0] = t - (t > w->reference);
	val[0] = 1;
	col[1] = w->common ? n : n + col[0];
	val[1] = w->d->study[study].covariate - w->mean;
	return 2;
}

static bool check_covariate(const struct ql_nma_data *d, struct ql_diags *ds, double *mean)
{
	bool differs = false;
	*mean = 0;
	for (int s = 0; s < d->n_study; s++) {
		double x = d->study[s].covariate;
		if (isnan(x)) {
			ql_diag_add(ds, QL_E0724, d->study[s].span, "study `%s` has no value of the covariate",
				    d->study[s].name);
			return false;
		}
		*mean += x / d->n_study;
		differs |= x != d->study[0].covariate;
	}
	if (!differs)
		ql_diag_add(ds, QL_E0724, d->study[0].span, "the covariate is the same in every study");
	return differs;
}

enum quell_status ql_nma_regression(const struct ql_nma_data *d, bool common, const struct ql_nma_options *o,
				    struct ql_diags *ds, struct ql_regression_fit *out)
{
	struct slopes w = {d, o->reference, common, 0};
	int n = d->n_treat - 1;
	*out = (struct ql_regression_fit){.common = common, .n_slope = common ? 1 : n, .r2 = NAN};
	if (!check_covariate(d, ds, &w.mean))
		return QUELL_ERR_INPUT;
	struct ql_lin *m = ql_lin_general(d->a, d->study, d->n_study, n + out->n_slope, 2, load_slopes, &w);
	struct ql_lin_fit f = {0};
	if (m->p > 500) {
		ql_diag_add(ds, QL_E0721, d->study[0].span,
			    "more than 500 coefficients; use one slope for all treatments");
		return QUELL_ERR_INPUT;
	}
	enum quell_status s = fit_model(m, d, o, ds, &out->tau2, &out->q, &f);
	if (s != QUELL_OK)
		return s;
	out->mean = w.mean;
	out->df = m->n_contrast - f.rank;
	out->p_q = out->df > 0 ? ql_pchisq_upper(out->q, out->df) : NAN;
	out->slope = QL_NEW_N(d->a, struct ql_estimate, (size_t)out->n_slope);
	out->effect = QL_NEW_N(d->a, struct ql_estimate, (size_t)d->n_treat);
	double *c = QL_NEW_N(d->a, double, (size_t)m->p), before;
	for (int i = 0; i < m->p; i++) {
		c[i] = 1;
		struct ql_estimate e = linear_form(m, &f, c, o->level);
		c[i] = 0;
		if (i < n)
			out->effect[i + (i >= o->reference)] = e;
		else
			out->slope[i - n] = e;
	}
	struct ql_lin *plain = ql_lin_network(d->a, d, o->reference);
	struct ql_lin_fit at0 = {0};
	if (o->random && ql_lin_solve(plain, 0, true, false, &at0) &&
	    ql_lin_tau2(plain, o->method, false, &at0, &before) && before > 0)
		out->r2 = fmax(0, 1 - out->tau2 / before);
	return QUELL_OK;
}
