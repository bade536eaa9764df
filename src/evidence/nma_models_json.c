/* SPDX-License-Identifier: Apache-2.0 */
/* JSON of the models on top of the network: components, meta-regression, Bayesian. */
#include "base/json.h"
#include "evidence/nma_report.h"
#include <math.h>

static json_t *estimate(const struct ql_estimate *e)
{
	return json_pack("{so,so,so,so,so,so}", "te", ql_json_real(e->te), "se", ql_json_real(e->se), "lower", ql_json_real(e->lower), "upper",
			 ql_json_real(e->upper), "z", ql_json_real(e->z), "p", ql_json_real(e->p));
}

json_t *ql_components_json(const struct ql_nma_report *r)
{
	const struct ql_component_fit *f = r->components;
	json_t *effects = json_object(), *treats = json_object();
	for (int i = 0; i < f->n; i++)
		json_object_set_new(effects, f->name[i],
				    isnan(f->effect[i].te) ? json_null() : estimate(&f->effect[i]));
	for (int t = 0; t < f->d->n_treat; t++)
		json_object_set_new(treats, f->d->treat[t],
				    isnan(f->treat[t].te) ? json_null() : estimate(&f->treat[t]));
	return json_pack("{so,so,so,so,si,so,so,so,so}", "components", effects, "treatments", treats, "tau2",
			 ql_json_real(f->tau2), "Q", ql_json_real(f->q), "df", f->df, "p", ql_json_real(f->p_q), "Q_difference",
			 ql_json_real(f->q_difference), "df_difference",
			 isnan(f->q_difference) ? json_null() : json_integer(f->df_difference), "p_difference",
			 ql_json_real(f->p_difference));
}

json_t *ql_regression_json(const struct ql_nma_report *r)
{
	const struct ql_regression_fit *f = r->regression;
	json_t *slopes = json_object(), *effects = json_object();
	for (int t = 0, k = 0; t < r->d->n_treat; t++) {
		if (t == r->m->o.reference)
			continue;
		json_object_set_new(effects, r->d->treat[t],
				    isnan(f->effect[t].te) ? json_null() : estimate(&f->effect[t]));
		const struct ql_estimate *s = &f->slope[f->common ? 0 : k++];
		json_object_set_new(slopes, r->d->treat[t], isnan(s->te) ? json_null() : estimate(s));
	}
	return json_pack("{ss,so,so,so,so,so,si,so}", "slopes_are", f->common ? "common" : "separate", "slopes", slopes,
			 "effects_at_mean", effects, "covariate_mean", ql_json_real(f->mean), "tau2", ql_json_real(f->tau2), "Q",
			 ql_json_real(f->q), "df", f->df, "R2", ql_json_real(f->r2));
}

static json_t *posterior(const struct ql_posterior *p)
{
	return json_pack("{so,so,so,so,so,so,so,so,so}", "mean", ql_json_real(p->mean), "sd", ql_json_real(p->sd), "q2.5",
			 ql_json_real(p->q2_5), "q25", ql_json_real(p->q25), "median", ql_json_real(p->median), "q75", ql_json_real(p->q75), "q97.5",
			 ql_json_real(p->q97_5), "r_hat", ql_json_real(p->r_hat), "ess", ql_json_real(p->ess));
}

json_t *ql_bayes_json(const struct ql_nma_report *r)
{
	const struct ql_bayes *b = r->bayes;
	json_t *effects = json_object(), *sucra = json_object(), *ranks = json_object();
	for (int t = 0; t < r->d->n_treat; t++) {
		if (t != b->o.reference)
			json_object_set_new(effects, r->d->treat[t], posterior(&b->effect[t]));
		json_object_set_new(sucra, r->d->treat[t], ql_json_real(b->sucra[t]));
		json_t *row = json_array();
		for (int k = 0; k < r->d->n_treat; k++)
			json_array_append_new(row, ql_json_real(b->rank[t * r->d->n_treat + k]));
		json_object_set_new(ranks, r->d->treat[t], row);
	}
	json_t *prior = json_pack("{s{ss,so},s{ss,so}}", "effects", "distribution", "normal", "sd",
				  ql_json_real(b->o.effect_sd), "tau", "distribution",
				  b->o.prior == QL_UNIFORM ? "uniform" : "half-normal", "scale", ql_json_real(b->o.tau_scale));
	return json_pack("{ss,so,si,si,si,so,so,so,so,so,so}", "likelihood", b->o.binomial ? "binomial" : "normal",
			 "prior", prior, "chains", b->o.chains, "warmup", b->o.warmup, "draws_per_chain", b->o.draws,
			 "tau", posterior(&b->tau), "effects", effects, "sucra", sucra, "rank_probabilities", ranks,
			 "worst_r_hat", ql_json_real(b->worst_r_hat), "least_ess", ql_json_real(b->least_ess));
}
