/* SPDX-License-Identifier: Apache-2.0 */
/* Survival analyses of a sample as JSON objects. */
#include "base/json.h"
#include "base/special.h"
#include "trial/sample.h"
#include <math.h>
#include <string.h>

static json_t *put_list(json_t *o, const char *key)
{
	json_t *list = json_array();
	json_object_set_new(o, key, list);
	return list;
}

static json_t *put_object(json_t *o, const char *key)
{
	json_t *inner = json_object();
	json_object_set_new(o, key, inner);
	return inner;
}

/* Times and events of one group, contiguous. */
struct part {
	double *time;
	int *event;
	size_t n, events;
};

static struct part part_of(const struct ql_work *c, const struct ql_sample *s, int group)
{
	struct part p = {QL_NEW_N(c->a, double, s->n), QL_NEW_N(c->a, int, s->n), 0, 0};
	for (size_t i = 0; i < s->n; i++)
		if (s->group[i] == group) {
			p.time[p.n] = s->time[i];
			p.event[p.n++] = s->event[i];
			p.events += s->event[i] != 0;
		}
	return p;
}

/* Steps of 1, 2, 2.5 or 5 times a power of ten that cut the longest time into about six. */
static const double *round_times(const struct ql_work *c, const struct ql_sample *s, int *n)
{
	static const double round[] = {1, 2, 2.5, 5, 10};
	double longest = 0, step = 1;
	for (size_t i = 0; i < s->n; i++)
		longest = fmax(longest, s->time[i]);
	if (longest > 0) {
		double power = pow(10, floor(log10(longest / 6)));
		for (size_t i = 0; i < 5 && (i == 0 || step * 7 < longest); i++)
			step = round[i] * power;
	}
	double *time = QL_NEW_N(c->a, double, 16);
	for (*n = 0; *n < 16 && step * (*n + 1) <= longest; ++*n)
		time[*n] = step * (*n + 1);
	return time;
}

json_t *ql_survival_km(const struct ql_work *c, const struct ql_sample *s, double level, const double *time, int n_time)
{
	json_t *result = json_object(), *groups = put_object(result, "groups");
	if (!time)
		time = round_times(c, s, &n_time);
	for (int g = 0; g < s->groups.n; g++) {
		struct part part = part_of(c, s, g);
		struct ql_km km;
		double median, lower, upper;
		if (ql_km_fit(part.time, part.event, NULL, part.n, level, c->a, &km) != QUELL_OK)
			continue; /* the sample was checked when it was read */
		ql_km_quantile(&km, 0.5, &median, &lower, &upper);
		json_t *o = put_object(groups, s->groups.name[g]);
		ql_json_put_count(o, "n", part.n);
		ql_json_put_count(o, "events", part.events);
		ql_json_put_real(o, "median", median);
		ql_json_put_real(o, "median_lower", lower);
		ql_json_put_real(o, "median_upper", upper);
		json_t *at = put_list(o, "time"), *risk = put_list(o, "n_risk"), *surv = put_list(o, "surv"),
		       *se = put_list(o, "se"), *lo = put_list(o, "lower"), *hi = put_list(o, "upper");
		for (int i = 0; i < n_time; i++) {
			struct ql_km_point p = ql_km_at(&km, time[i]);
			if (isnan(p.surv))
				continue;
			json_array_append_new(at, ql_json_real(time[i]));
			json_array_append_new(risk, json_integer((json_int_t)p.n_risk));
			json_array_append_new(surv, ql_json_real(p.surv));
			json_array_append_new(se, ql_json_real(p.se));
			json_array_append_new(lo, ql_json_real(p.lower));
			json_array_append_new(hi, ql_json_real(p.upper));
		}
	}
	return result;
}

json_t *ql_survival_rmst(const struct ql_work *c, const struct ql_sample *s, double tau, int minuend, int subtrahend)
{
	json_t *result = json_object(), *groups = put_object(result, "groups");
	double *value = QL_NEW_N(c->a, double, (size_t)s->groups.n), *se = QL_NEW_N(c->a, double, (size_t)s->groups.n);
	for (int g = 0; g < s->groups.n; g++) {
		struct part part = part_of(c, s, g);
		struct ql_km km;
		if (ql_km_fit(part.time, part.event, NULL, part.n, 0.95, c->a, &km) != QUELL_OK)
			continue;
		ql_km_rmst(&km, tau, &value[g], &se[g]);
		json_t *o = put_object(groups, s->groups.name[g]);
		ql_json_put_real(o, "rmst", value[g]);
		ql_json_put_real(o, "se", se[g]);
		if (tau > km.time[km.n - 1] && km.surv[km.n - 1] > 0)
			ql_diag_add(c->ds, QL_W0686, (struct ql_span){0}, "`%s` is observed up to %g only, not %g",
				    s->groups.name[g], km.time[km.n - 1], tau);
	}
	if (minuend >= 0) {
		json_t *o = put_object(result, "difference");
		ql_json_put_real(o, "estimate", value[minuend] - value[subtrahend]);
		ql_json_put_real(o, "se", hypot(se[minuend], se[subtrahend]));
	}
	return result;
}

json_t *ql_survival_logrank(const struct ql_work *c, const struct ql_sample *s, double rho)
{
	json_t *result = json_object();
	struct ql_logrank t;
	if (ql_logrank_test(s->time, s->event, s->group, s->groups.n, s->strata, s->n, rho, c->a, &t) != QUELL_OK)
		return result;
	ql_json_put_real(result, "chisq", t.chisq);
	ql_json_put_count(result, "df", (size_t)t.df);
	ql_json_put_real(result, "p", t.p);
	json_t *groups = put_object(result, "groups");
	for (int g = 0; g < t.n_group; g++) {
		json_t *o = put_object(groups, s->groups.name[g]);
		ql_json_put_count(o, "n", t.n[g]);
		ql_json_put_real(o, "observed", t.observed[g]);
		ql_json_put_real(o, "expected", t.expected[g]);
	}
	return result;
}

static void cox_warnings(const struct ql_work *c, const struct ql_cox *f)
{
	if (!f->converged)
		ql_diag_help(ql_diag_add(c->ds, QL_W0685, (struct ql_span){0}, "the Cox model did not settle after %d steps",
					 f->iterations),
			     "look at the events per group; leave the covariate out or merge groups");
	if (f->rank < f->p)
		ql_diag_add(c->ds, QL_W0687, (struct ql_span){0}, "%d of %d covariates follow from the others", f->p - f->rank,
			    f->p);
}

json_t *ql_survival_cox(const struct ql_work *c, const struct ql_sample *s, enum ql_ties ties)
{
	json_t *result = json_object();
	struct ql_cox f;
	if (ql_cox_fit(s->time, s->event, s->x, s->p, s->strata, s->n, ties, c->a, &f) != QUELL_OK)
		return result;
	cox_warnings(c, &f);
	ql_json_put_count(result, "n", f.n);
	ql_json_put_count(result, "events", f.n_event);
	ql_json_put_real(result, "loglik_null", f.loglik_null);
	ql_json_put_real(result, "loglik", f.loglik);
	ql_json_put_real(result, "lr", f.lr);
	ql_json_put_real(result, "wald", f.wald);
	ql_json_put_real(result, "score", f.score);
	ql_json_put_count(result, "df", (size_t)f.rank);
	json_object_set_new(result, "converged", json_boolean(f.converged));
	json_t *terms = put_object(result, "terms");
	for (int j = 0; j < f.p; j++) {
		json_t *o = put_object(terms, s->term[j]);
		ql_json_put_real(o, "coef", f.coef[j]);
		ql_json_put_real(o, "se", f.se[j]);
		ql_json_put_real(o, "hr", exp(f.coef[j]));
		ql_json_put_real(o, "lower", f.lower[j]);
		ql_json_put_real(o, "upper", f.upper[j]);
		ql_json_put_real(o, "p", 2 * ql_pnorm_upper(fabs(f.coef[j] / f.se[j])));
	}
	return result;
}

static void put_cif(const struct ql_work *c, json_t *o, const struct part *part, const struct ql_cause *cause,
		    const double *time, int n_time, bool first)
{
	struct ql_cif f;
	if (ql_cif_fit(part->time, part->event, part->n, cause->code, c->a, &f) != QUELL_OK)
		return;
	json_t *at = first ? put_list(o, "time") : NULL, *risk = first ? put_list(o, "n_risk") : NULL;
	json_t *own = put_object(o, cause->name);
	ql_json_put_count(own, "events", f.n_event);
	json_t *value = put_list(own, "cif"), *ij = put_list(own, "se_ij"), *delta = put_list(own, "se_delta");
	for (int i = 0; i < n_time; i++) {
		struct ql_cif_point p = ql_cif_at(&f, time[i]);
		if (isnan(p.value))
			continue;
		if (first) {
			json_array_append_new(at, ql_json_real(time[i]));
			json_array_append_new(risk, json_integer((json_int_t)p.n_risk));
		}
		json_array_append_new(value, ql_json_real(p.value));
		json_array_append_new(ij, ql_json_real(p.se_ij));
		json_array_append_new(delta, ql_json_real(p.se));
	}
}

json_t *ql_survival_cif(const struct ql_work *c, const struct ql_sample *s, const struct ql_cause *cause, int n_cause,
			const double *time, int n_time)
{
	json_t *result = json_object(), *groups = put_object(result, "groups");
	if (!time)
		time = round_times(c, s, &n_time);
	for (int g = 0; g < s->groups.n; g++) {
		struct part part = part_of(c, s, g);
		json_t *o = put_object(groups, s->groups.name[g]);
		ql_json_put_count(o, "n", part.n);
		for (int k = 0; k < n_cause; k++)
			put_cif(c, o, &part, &cause[k], time, n_time, k == 0);
	}
	if (s->groups.n < 2)
		return result;
	json_t *tests = put_object(result, "gray_test");
	for (int k = 0; k < n_cause; k++) {
		double chisq, p;
		int df;
		if (ql_gray_test(s->time, s->event, s->group, s->groups.n, s->n, cause[k].code, c->a, &chisq, &df, &p) !=
		    QUELL_OK)
			continue;
		json_t *o = put_object(tests, cause[k].name);
		ql_json_put_real(o, "chisq", chisq);
		ql_json_put_count(o, "df", (size_t)df);
		ql_json_put_real(o, "p", p);
	}
	return result;
}
