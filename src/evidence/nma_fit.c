/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/linear.h"
#include "base/special.h"
#include <math.h>
#include <string.h>

/* Coefficients of the linear model back to treatments: the reference is 0. */
static void spread(const struct ql_lin *lin, const struct ql_lin_fit *f, struct ql_nma *m)
{
	int n = m->n, r = m->o.reference;
	for (int i = 0; i < n; i++) {
		if (i == r)
			continue;
		int a = i - (i > r);
		m->effect[i] = f->beta[a];
		for (int j = 0; j < n; j++)
			if (j != r)
				m->v[(size_t)i * (size_t)n + (size_t)j] =
				    f->v[(size_t)a * (size_t)lin->p + (size_t)(j - (j > r))];
	}
}

/* I2 with the interval of Higgins and Thompson (2002) for H. */
static void inconsistency_share(struct ql_nma *m)
{
	m->i2 = m->i2_lower = m->i2_upper = m->p_q = NAN;
	double q = m->q, df = m->df, k = df + 1;
	if (m->df < 1)
		return;
	m->p_q = ql_pchisq_upper(q, df);
	m->i2 = fmax(0, 1 - df / q);
	double se = NAN;
	if (q > k)
		se = 0.5 * (log(q) - log(df)) / (sqrt(2 * q) - sqrt(2 * k - 3));
	else if (k > 2)
		se = sqrt(1 / (2 * (k - 2)) * (1 - 1 / (3 * (k - 2) * (k - 2))));
	if (isnan(se))
		return;
	double h = fmax(1, sqrt(q / df)), z = ql_qnorm(0.5 + m->o.level / 2);
	double low = fmax(1, exp(log(h) - z * se)), high = fmax(1, exp(log(h) + z * se));
	m->i2_lower = 1 - 1 / (low * low);
	m->i2_upper = 1 - 1 / (high * high);
}

static void set_quantiles(struct ql_nma *m)
{
	double p = 0.5 + m->o.level / 2;
	m->inflate = 1;
	m->crit = ql_qnorm(p);
	if (m->o.hartung_knapp && m->o.random && m->df > 0) {
		m->crit = ql_qt(p, m->df);
		m->inflate = sqrt(m->q_random / m->df);
	}
	m->predict_crit = m->o.random && m->df > 0 ? ql_qt(p, m->df) : NAN;
}

static enum quell_status numeric_fault(struct ql_diags *ds, const struct ql_nma_data *d, const char *what)
{
	struct ql_diag *g = ql_diag_add(ds, QL_E0725, (struct ql_span){d->study[0].span.file, 0, 0, 0}, "%s", what);
	ql_diag_help(g, "look for standard errors that differ by many orders of magnitude");
	return QUELL_ERR_NUMERIC;
}

static bool one_part(const struct ql_nma_data *d)
{
	int *part = QL_NEW_N(d->a, int, (size_t)d->n_treat);
	return ql_nma_parts(d, part) == 1;
}

enum quell_status ql_nma_fit(const struct ql_nma_data *d, const struct ql_nma_options *o, struct ql_diags *ds,
			     struct ql_nma **out)
{
	*out = NULL;
	if (!one_part(d)) {
		ql_diag_add(ds, QL_E0718, (struct ql_span){d->study[0].span.file, 0, 0, 0},
			    "the network is not connected");
		return QUELL_ERR_INPUT;
	}
	struct ql_nma *m = QL_NEW(d->a, struct ql_nma);
	size_t n = (size_t)d->n_treat;
	*m = (struct ql_nma){.d = d, .o = *o, .n = d->n_treat};
	m->effect = QL_NEW_N(d->a, double, n);
	m->v = QL_NEW_N(d->a, double, n *n);
	struct ql_lin *lin = ql_lin_network(d->a, d, o->reference);
	struct ql_lin_fit f = {0};
	bool estimate = o->random && isnan(o->tau2);
	if (!ql_lin_solve(lin, 0, true, false, &f))
		return numeric_fault(ds, d, "the weights of the network cannot be inverted");
	m->q = m->q_random = f.q;
	m->df = lin->n_contrast - lin->p;
	if (estimate && !ql_lin_tau2(lin, o->method, false, &f, &m->tau2))
		return numeric_fault(ds, d, "the variance between studies did not converge");
	if (o->random && !estimate)
		m->tau2 = o->tau2;
	if (m->tau2 > 0 && !ql_lin_solve(lin, m->tau2, true, false, &f))
		return numeric_fault(ds, d, "the weights of the network cannot be inverted");
	if (m->tau2 > 0)
		m->q_random = f.q;
	spread(lin, &f, m);
	inconsistency_share(m);
	set_quantiles(m);
	*out = m;
	return QUELL_OK;
}

struct ql_estimate ql_nma_estimate(const struct ql_nma *m, int i, int j)
{
	size_t n = (size_t)m->n, a = (size_t)i, b = (size_t)j;
	struct ql_estimate e = {.te = m->effect[i] - m->effect[j]};
	double v = m->v[a * n + a] + m->v[b * n + b] - 2 * m->v[a * n + b];
	e.se = i == j ? 0 : sqrt(fmax(0, v)) * m->inflate;
	e.lower = e.te - m->crit * e.se;
	e.upper = e.te + m->crit * e.se;
	double half = m->predict_crit * sqrt(e.se * e.se + m->tau2);
	e.predict_lower = e.te - half;
	e.predict_upper = e.te + half;
	e.z = i == j ? NAN : e.te / e.se;
	bool student = m->o.hartung_knapp && m->o.random && m->df > 0;
	e.p = i == j ? NAN : student ? 2 * ql_pt(-fabs(e.z), m->df) : 2 * ql_pnorm_upper(fabs(e.z));
	return e;
}
