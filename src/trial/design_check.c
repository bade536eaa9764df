/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a trial held against each other: sizes, ends of treatment, circles, visits, shares. */
#include "trial/design_private.h"
#include "trial/rules.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

int ql_design_find_arm(const struct ql_design *d, const char *name)
{
	for (int i = 0; i < d->n_arm; i++)
		if (strcmp(d->arm[i].name, name) == 0)
			return i;
	return -1;
}

double ql_design_horizon_day(const struct ql_design *d)
{
	return (d->accrual_months + d->follow_months) * QL_DAYS_PER_MONTH;
}

double ql_design_visit_near(const struct ql_design *d, double day)
{
	double from = 0.0, best = NAN;
	for (int i = 0; i < d->n_visits; i++) {
		const struct ql_visit_phase *v = &d->visits[i];
		double k = fmax(1.0, round((day - from) / v->every_day)), last = floor((v->until_day - from) / v->every_day);
		double visit = from + fmin(k, last) * v->every_day;
		if (last >= 1 && !(fabs(best - day) <= fabs(visit - day)))
			best = visit;
		from = v->until_day;
	}
	return fabs(best - day) <= d->window_day ? best : NAN;
}

void ql_design_apply(const struct ql_design *d, int arm, struct ql_arm_spec *spec)
{
	spec->visits = d->visits;
	spec->n_visits = d->n_visits;
	spec->window_day = d->window_day;
	spec->response_day = d->response_day;
	spec->mrd_day = d->mrd_day;
	spec->n_mrd = d->n_mrd;
	spec->judged_share = d->judged_share;
	spec->stop_day = d->arm[arm].stop == QL_DESIGN_FIXED ? d->arm[arm].stop_day : 0.0;
}

static void check_names(struct design_reader *r)
{
	const struct ql_design *d = r->out;
	for (int i = 1; i < d->n_arm; i++)
		if (ql_design_find_arm(d, d->arm[i].name) < i)
			ql_design_complain(r, QL_E0646, d->arm[i].span, "give every arm a name of its own",
					   "two arms are called `%s`", d->arm[i].name);
}

static void check_end(struct design_reader *r, const struct ql_design_arm *arm, const struct ql_design_part *p)
{
	const struct ql_regimen *g = &p->regimen;
	if (!g->name || !*g->name)
		return;
	if (arm->stop == QL_DESIGN_FIXED && g->end_day > arm->stop_day && !g->continuous)
		ql_design_complain(r, QL_E0643, p->span, "move `stop: day`, or name a regimen that ends in time",
				   "`%s` plans doses to day %g, and the arm ends on day %g", g->name, g->end_day,
				   arm->stop_day);
	if (arm->stop == QL_DESIGN_PROGRESSION && !g->continuous)
		ql_design_complain(r, QL_E0648, p->span, "name an open-ended regimen, or leave `stop` out",
				   "the arm treats until progression, and `%s` ends on day %g", g->name, g->end_day);
	if (arm->stop == QL_DESIGN_MRD && !r->out->protocol)
		ql_design_complain(r, QL_E0641, arm->span, "name one with `protocol: FILE`",
				   "MRD decides about treatment, and no protocol file says how");
}

static void check_parts(struct design_reader *r, struct ql_design_arm *arm)
{
	double sum = 0;
	for (int i = 0; i < arm->n_part; i++) {
		check_end(r, arm, &arm->part[i]);
		if (arm->part[i].only && r->population) {
			arm->part[i].share = ql_population_share(&r->out->population, r->m, arm->part[i].only);
			if (arm->part[i].share < QL_ELIGIBLE_AT_LEAST)
				ql_design_complain(r, QL_E0513, arm->part[i].span, "widen the condition, or leave the regimen out",
						   "hardly any patient of the trial gets `%s`", arm->part[i].regimen_name);
		}
		sum += arm->part[i].share;
	}
	if (arm->n_part > 1 && r->population && fabs(sum - 1.0) > 0.02)
		ql_design_complain(r, QL_E0648, arm->span, "let shares, or conditions that exclude each other, add up to all",
				   "the regimens of arm `%s` reach %.1f %% of its patients", arm->name, 100 * sum);
	for (int i = 0; i < arm->n_part && arm->n_part > 1; i++)
		arm->part[i].share /= sum;
	if (arm->n_part == 1)
		arm->part[0].share = 1.0;
}

static void check_circles(struct design_reader *r)
{
	const struct ql_design *d = r->out;
	for (int i = 0; i < d->n_arm; i++) {
		int at = i;
		for (int step = 0; step < d->n_arm && at >= 0; step++) {
			at = d->arm[at].crossover;
			if (at != i)
				continue;
			ql_design_complain(r, QL_E0645, d->arm[i].span, "remove one of the crossovers",
					   "patients of arm `%s` would cross over back to it", d->arm[i].name);
			return;
		}
	}
}

/* "pfs_rate_24mo": 24. 0 where the id has no landmark. */
static double landmark(const char *id)
{
	size_t n = strlen(id), i = n;
	if (n < 4 || strcmp(id + n - 2, "mo") != 0)
		return 0;
	for (i = n - 2; i > 0 && (strchr("0123456789.", id[i - 1]) != NULL); i--)
		;
	return i < n - 2 ? strtod(id + i, NULL) : 0;
}

static bool at_response(const char *id)
{
	return strcmp(id, "orr") == 0 || strcmp(id, "cr") == 0 || strncmp(id, "umrd_", 5) == 0;
}

static void check_day(struct design_reader *r, double day, struct ql_span at, const char *what)
{
	const struct ql_design *d = r->out;
	if (day > ql_design_horizon_day(d))
		ql_design_complain(r, QL_E0644, at, "follow longer, or read it earlier",
				   "%s is read on day %g, and the trial is over on day %.0f", what, day,
				   ql_design_horizon_day(d));
	else if (isnan(ql_design_visit_near(d, day)))
		ql_design_complain(r, QL_E0644, at, "add a visit then, or widen assess: {window_days: N}",
				   "%s is read on day %g, and no visit is within %g days of it", what, day, d->window_day);
}

static void check_endpoints(struct design_reader *r)
{
	const struct ql_design *d = r->out;
	const struct ql_yaml *assess = ql_yaml_get(d->yaml, "assess");
	if (d->response_day > 0)
		check_day(r, d->response_day, ql_yaml_get(assess, "response_day")->span, "the response");
	for (int i = 0; i < d->n_mrd; i++)
		check_day(r, d->mrd_day[i], ql_yaml_get(assess, "mrd_days")->span, "MRD");
	for (int i = 0; i < d->n_endpoint; i++) {
		const struct ql_design_endpoint *e = &d->endpoint[i];
		double month = landmark(e->id);
		if (month * QL_DAYS_PER_MONTH > ql_design_horizon_day(d) * (1 + 1e-9))
			ql_design_complain(r, QL_E0644, e->span, "follow longer, or leave the endpoint out",
					   "`%s` lies after the end of follow-up, month %g", e->id,
					   d->accrual_months + d->follow_months);
		for (int k = 0; k < d->n_arm && at_response(e->id) && d->response_day == 0; k++)
			for (int p = 0; p < d->arm[k].n_part; p++) {
				double day = d->arm[k].part[p].regimen.response_day;
				if (day > ql_design_horizon_day(d))
					check_day(r, day, e->span, ql_arena_printf(r->a, "`%s` of arm `%s`", e->id, d->arm[k].name));
			}
	}
}

void ql_design_check(struct design_reader *r)
{
	check_names(r);
	for (int i = 0; i < r->out->n_arm; i++)
		check_parts(r, &r->out->arm[i]);
	check_circles(r);
	if (r->out->follow_months > 0 && r->out->n_visits > 0)
		check_endpoints(r);
}
