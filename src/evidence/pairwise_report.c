/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/pairwise_report.h"
#include "base/json.h"
#include <math.h>

bool ql_pair_fits(const struct ql_nma_data *d)
{
	for (int s = 0; s < d->n_study; s++)
		if (d->study[s].k != 2)
			return false;
	return d->n_treat == 2;
}

static bool check_moderator(const struct ql_nma_data *d, double *x, struct ql_diags *ds)
{
	bool differs = false;
	for (int s = 0; s < d->n_study; s++) {
		x[s] = d->study[s].covariate;
		if (isnan(x[s])) {
			ql_diag_add(ds, QL_E0724, d->study[s].span, "study `%s` has no value of the covariate",
				    d->study[s].name);
			return false;
		}
		differs |= x[s] != x[0];
	}
	if (!differs || d->n_study < 3) {
		ql_diag_add(ds, QL_E0724, d->study[0].span, "the covariate %s",
			    differs ? "needs at least three studies" : "is the same in every study");
		return false;
	}
	return true;
}

static enum quell_status did_not_converge(const struct ql_nma_data *d, struct ql_diags *ds)
{
	struct ql_span at = {d->study[0].span.file, 0, 0, 0};
	ql_diag_add(ds, QL_E0725, at, "the variance between studies did not converge");
	return QUELL_ERR_NUMERIC;
}

enum quell_status ql_pair_report_run(const struct ql_nma_data *d, int reference, enum ql_pair_method method,
				     bool knapp_hartung, bool moderator, double level, struct ql_diags *ds,
				     struct ql_pair_report *r)
{
	size_t k = (size_t)d->n_study;
	r->d = d;
	r->comp = reference;
	r->treat = 1 - reference;
	r->knapp_hartung = knapp_hartung;
	r->level = level;
	r->y = QL_NEW_N(d->a, double, k);
	r->v = QL_NEW_N(d->a, double, k);
	r->weight = QL_NEW_N(d->a, double, k);
	r->has_counts = true;
	for (size_t i = 0; i < k; i++) {
		const struct ql_nma_study *st = &d->study[i];
		r->y[i] = st->arm[0] == reference ? st->y[0] : -st->y[0];
		r->v[i] = st->s[0];
		r->has_counts &= st->observed && isfinite(st->observed[0].events) && isfinite(st->observed[0].n);
	}
	if (!ql_pair_fit(d->a, r->y, r->v, NULL, d->n_study, method, knapp_hartung, level, &r->fit))
		return did_not_converge(d, ds);
	double sum = 0;
	for (size_t i = 0; i < k; i++)
		sum += r->weight[i] = 1 / (r->v[i] + r->fit.tau2);
	for (size_t i = 0; i < k; i++)
		r->weight[i] /= sum;
	r->has_tests = ql_pair_tests(d->a, r->y, r->v, d->n_study, method, level, &r->tests);
	if (moderator) {
		double *x = QL_NEW_N(d->a, double, k);
		if (!check_moderator(d, x, ds))
			return QUELL_ERR_INPUT;
		if (!ql_pair_fit(d->a, r->y, r->v, x, d->n_study, method, knapp_hartung, level, &r->slope))
			return did_not_converge(d, ds);
		r->has_slope = true;
	}
	if (r->has_counts) {
		ql_pair_mantel_haenszel(d, r->treat, d->measure, &r->mh, &r->mh_se);
		ql_pair_peto(d, r->treat, &r->peto, &r->peto_se);
	}
	return QUELL_OK;
}

static json_t *coefficient(const struct ql_pair_fit *f, int j)
{
	return json_pack("{so,so,so,so,so,so}", "te", ql_json_real(f->b[j]), "se", ql_json_real(f->se[j]), "lower", ql_json_real(f->lower[j]),
			 "upper", ql_json_real(f->upper[j]), "z", ql_json_real(f->z[j]), "p", ql_json_real(f->pval[j]));
}

static json_t *tests_json(const struct ql_pair_report *r)
{
	const struct ql_pair_tests *t = &r->tests;
	return json_pack("{s{so,so},s{so,so},s{so,so},s{si,ss,so}}", "egger_random", "z", ql_json_real(t->egger_z), "p",
			 ql_json_real(t->egger_p), "egger_regression", "t", ql_json_real(t->egger_t), "p", ql_json_real(t->egger_t_p), "begg",
			 "tau", ql_json_real(t->begg_tau), "p", ql_json_real(t->begg_p), "trim_and_fill", "added", t->fill_k, "side",
			 t->fill_right ? "right" : "left", "effect",
			 r->has_tests ? coefficient(&t->fill, 0) : json_null());
}

json_t *ql_pair_json(const struct ql_pair_report *r)
{
	const struct ql_pair_fit *f = &r->fit;
	bool common = isnan(f->predict_lower);
	const char *treat = r->d->treat[r->treat], *comp = r->d->treat[r->comp];
	json_t *o =
	    json_pack("{ss,ss,ss,ss,ss,ss,sb,so,si,si}", "schema", "quell.nma/1", "dataset", r->dataset, "measure",
		      ql_measure_name(r->d->measure), "method", r->method, "model", common ? "common" : "random",
		      "reference", comp, "log_scale", ql_measure_is_ratio(r->d->measure), "level", ql_json_real(r->level),
		      "studies", f->k, "treatments", 2);
	json_object_set_new(o, "tau2", common ? json_null() : ql_json_real(f->tau2));
	json_object_set_new(o, "tau2_lower", ql_json_real(f->tau2_lower));
	json_object_set_new(o, "tau2_upper", ql_json_real(f->tau2_upper));
	json_object_set_new(o, "Q", ql_json_real(f->q));
	json_object_set_new(o, "df_Q", json_integer(f->df));
	json_object_set_new(o, "p_Q", ql_json_real(f->p_q));
	json_object_set_new(o, "I2", ql_json_real(f->i2));
	json_object_set_new(o, "H2", ql_json_real(f->h2));
	json_t *e = coefficient(f, 0), *studies = json_array(), *p;
	json_object_set_new(e, "treat", json_string(treat));
	json_object_set_new(e, "comp", json_string(comp));
	json_object_set_new(e, "predict_lower", ql_json_real(f->predict_lower));
	json_object_set_new(e, "predict_upper", ql_json_real(f->predict_upper));
	json_object_set_new(o, "effects", json_pack("[o]", e));
	for (int i = 0; i < r->d->n_study; i++)
		json_array_append_new(studies,
				      json_pack("{ss,so,so,so}", "study", r->d->study[i].name, "te", ql_json_real(r->y[i]),
						"se", ql_json_real(sqrt(r->v[i])), "weight", ql_json_real(r->weight[i])));
	p = json_pack("{sb,so}", "knapp_hartung", r->knapp_hartung, "studies", studies);
	json_object_set_new(p, "small_study_effects", tests_json(r));
	if (r->has_slope)
		json_object_set_new(p, "meta_regression",
				    json_pack("{so,so,so,so,so,so}", "intercept", coefficient(&r->slope, 0), "slope",
					      coefficient(&r->slope, 1), "tau2", ql_json_real(r->slope.tau2), "R2",
					      ql_json_real(r->slope.r2), "Q_residual", ql_json_real(r->slope.q), "p_residual",
					      ql_json_real(r->slope.p_q)));
	if (r->has_counts)
		json_object_set_new(p, "without_correction",
				    json_pack("{s{ss,so,so},s{ss,so,so}}", "mantel_haenszel", "measure",
					      r->d->measure == QL_RR ? "RR" : "OR", "te", ql_json_real(r->mh), "se",
					      ql_json_real(r->mh_se), "peto", "measure", "OR", "te", ql_json_real(r->peto), "se",
					      ql_json_real(r->peto_se)));
	json_object_set_new(o, "pairwise", p);
	json_t *notes = json_array();
	for (int i = 0; i < r->d->n_note; i++)
		json_array_append_new(notes, json_string(r->d->note[i]));
	json_object_set_new(o, "notes", notes);
	return o;
}
