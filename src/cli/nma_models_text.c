/* SPDX-License-Identifier: Apache-2.0 */
/* Component model, meta-regression and posterior in the terminal. */
#include "cli/nma_text.h"

static void put_shown(struct ql_cli *c, enum ql_measure m, double x, int width)
{
	char s[32];
	ql_buf_pad(&c->out, ql_short_number(ql_measure_is_ratio(m) ? exp(x) : x, s), width, true);
}

static void put_line(struct ql_cli *c, enum ql_measure m, const char *name, double te, double lower, double upper)
{
	ql_buf_puts(&c->out, "  ");
	ql_buf_pad(&c->out, name, 30, false);
	if (isnan(te)) {
		ql_buf_puts(&c->out, " not identified by these studies\n");
		return;
	}
	put_shown(c, m, te, 8);
	put_shown(c, m, lower, 9);
	ql_buf_puts(&c->out, " to");
	put_shown(c, m, upper, 8);
	ql_buf_puts(&c->out, "\n");
}

static void put_components(struct ql_cli *c, const struct ql_nma_report *r)
{
	const struct ql_component_fit *f = r->components;
	char p[32], t[32];
	ql_buf_printf(&c->out, "\nadditive components (%s of adding each), tau %s\n", ql_measure_name(r->d->measure),
		      ql_short_number(sqrt(f->tau2), t));
	for (int i = 0; i < f->n; i++)
		put_line(c, r->d->measure, f->name[i], f->effect[i].te, f->effect[i].lower, f->effect[i].upper);
	if (f->df > 0)
		ql_buf_printf(&c->out, "  Q %.2f on %d df, %s\n", f->q, f->df, ql_p_text(f->p_q, p));
	if (!isnan(f->q_difference) && f->df_difference > 0)
		ql_buf_printf(&c->out, "  additivity: Q %.2f on %d df, %s against the usual network\n", f->q_difference,
			      f->df_difference, ql_p_text(f->p_difference, p));
}

static void put_regression(struct ql_cli *c, const struct ql_nma_report *r)
{
	const struct ql_regression_fit *f = r->regression;
	char p[32], t[32];
	ql_buf_printf(&c->out, "\nmeta-regression, %s; tau %s",
		      f->common ? "one slope for all against the reference" : "a slope each",
		      ql_short_number(sqrt(f->tau2), t));
	if (!isnan(f->r2))
		ql_buf_printf(&c->out, ", explains %.0f %% of tau2", 100 * f->r2);
	ql_buf_puts(&c->out, "\n");
	for (int k = 0, i = 0; i < r->d->n_treat && k < f->n_slope; i++) {
		if (i == r->m->o.reference)
			continue;
		const struct ql_estimate *s = &f->slope[k++];
		ql_buf_puts(&c->out, "  ");
		ql_buf_pad(&c->out, f->common ? "slope per unit" : r->d->treat[i], 30, false);
		if (isnan(s->te))
			ql_buf_puts(&c->out, " not identified by these studies\n");
		else
			ql_buf_printf(&c->out, " %.4g (%.4g to %.4g), %s\n", s->te, s->lower, s->upper,
				      ql_p_text(s->p, p));
	}
	ql_buf_printf(&c->out, "  effects at the mean covariate (%.4g):\n", f->mean);
	for (int i = 0; i < r->d->n_treat; i++)
		if (i != r->m->o.reference)
			put_line(c, r->d->measure, r->d->treat[i], f->effect[i].te, f->effect[i].lower,
				 f->effect[i].upper);
}

static void put_bayes(struct ql_cli *c, const struct ql_nma_report *r)
{
	const struct ql_bayes *b = r->bayes;
	ql_buf_printf(&c->out, "\nBayesian, %s likelihood; priors: effects normal sd %g, tau %s %g\n",
		      b->o.binomial ? "binomial" : "normal", b->o.effect_sd,
		      b->o.prior == QL_UNIFORM ? "uniform to" : "half-normal", b->o.tau_scale);
	for (int t = 0; t < r->d->n_treat; t++)
		if (t != b->o.reference)
			put_line(c, r->d->measure, r->d->treat[t], b->effect[t].median, b->effect[t].q2_5,
				 b->effect[t].q97_5);
	put_line(c, QL_GENERIC, "tau", b->tau.median, b->tau.q2_5, b->tau.q97_5);
	ql_buf_printf(&c->out, "  %d chains of %d draws, largest R-hat %.3f, least effective sample size %.0f%s\n",
		      b->o.chains, b->o.draws, b->worst_r_hat, b->least_ess,
		      b->worst_r_hat > 1.01 || b->least_ess < 400 ? " (not converged: more draws are needed)" : "");
}

void ql_nma_print_models(struct ql_cli *c, const struct ql_nma_report *r)
{
	if (r->components)
		put_components(c, r);
	if (r->regression)
		put_regression(c, r);
	if (r->bayes)
		put_bayes(c, r);
}
