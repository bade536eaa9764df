/* SPDX-License-Identifier: Apache-2.0 */
/* The protocol at work: readings, rules, orders. */
#include "base/rng.h"
#include "trial/arm_private.h"
#include "trial/rules.h"
#include <math.h>
#include <string.h>

void ql_rules_start(const struct arm_run *run, struct live *l)
{
	const struct ql_protocol *p = run->spec->protocol;
	l->n_order = 0;
	l->n_sample = 0;
	l->doses_changed = false;
	for (int i = 0; p && i < p->n_rule; i++)
		l->rule[i] = (struct ql_rule_state){.true_since = NAN, .last = -INFINITY};
}

/* --- readings --- */

static double assayed(const struct arm_run *run, const struct live *l, int o, double value)
{
	const struct ql_assay *a = &run->spec->protocol->assay[o];
	if (a->sd > 0.0) {
		char stream[40] = "assay.";
		strncat(stream, ql_observable[o].name, sizeof stream - 7);
		value *= ql_exp(a->sd * ql_quantile_normal(ql_live_uniform(run, l, stream, l->n_sample)));
	}
	return value < a->limit ? a->limit : value;
}

static void read_all(const struct arm_run *run, const struct live *l, double t, const double *out, double *reading)
{
	const struct ql_trial_names *n = &run->names;
	const int index[QL_OBS_COUNT] = {[QL_OBS_ANC] = n->anc, [QL_OBS_PLATELETS] = n->platelets,
					 [QL_OBS_HAEMOGLOBIN] = n->haemoglobin, [QL_OBS_ALC] = n->alc,
					 [QL_OBS_IGG] = n->igg, [QL_OBS_MRD_BLOOD] = n->mrd_blood,
					 [QL_OBS_MRD_MARROW] = n->mrd_marrow};
	unsigned used = run->spec->protocol->used;
	for (int o = 0; o < QL_OBS_COUNT; o++) {
		reading[o] = NAN;
		if (used >> o & 1u && ql_observable[o].output && index[o] >= 0)
			reading[o] = assayed(run, l, o, out[index[o]]);
	}
	reading[QL_OBS_CRS] = l->seen->crs_grade;
	reading[QL_OBS_ICANS] = l->seen->icans_grade;
	reading[QL_OBS_INFECTIONS] = l->seen->n_infection;
	reading[QL_OBS_INFECTION_DAYS] = t - l->last_infection;
	reading[QL_OBS_DAY] = t - l->start_day;
}

/* --- acts --- */

static bool meant(const struct ql_rule_target *t, const struct ql_regimen_item_info *item)
{
	return (t->dose >= 0 && t->dose == item->dose) || (t->input >= 0 && t->input == item->input);
}

/* Items of the regimen that the rule names and that are not over at t; *i starts at -1. */
static bool next_item(const struct ql_rule *r, const struct live *l, double t, int *i)
{
	for (++*i; *i < l->regimen->n_item; ++*i) {
		const struct ql_regimen_item_info *item = &l->regimen->info[*i];
		for (int k = 0; k < r->n_target && !l->stopped[*i]; k++)
			if (meant(&r->target[k], item) && l->start_day + item->last_day > t)
				return true;
	}
	return false;
}

static void reduce(const struct ql_rule *r, struct live *l, int item)
{
	double to = fmax(r->least, l->scale[item] * r->factor);
	if (!(r->factor < 1.0) || !(to < l->scale[item]))
		return;
	l->scale[item] = to;
	if (l->seen->n_reduced < UINT8_MAX)
		l->seen->n_reduced++;
	l->seen->acts |= QL_ACT_REDUCE;
}

static bool order(struct live *l, double at, int state, int slot, double amount)
{
	if (l->n_order == QL_MAX_ORDERS || (state < 0 && slot < 0))
		return false;
	l->order[l->n_order++] = (struct ql_order){at, state, slot, amount};
	return true;
}

static bool give(const struct arm_run *run, struct live *l, const struct ql_rule *r, double t)
{
	bool any = false;
	for (int i = 0; i < r->n_target; i++) {
		const struct ql_dose *d = &run->spec->model->dose[r->target[i].dose];
		double amount = r->target[i].amount * ql_plan_value(run->plan, &l->v, d->scale);
		if (r->target[i].per_kg)
			amount *= ql_live_covariate(l, run->names.weight, 75.0);
		any |= order(l, t + r->delay_day, run->plan->state_of_q[d->state], -1, amount);
	}
	return any;
}

static bool set(const struct arm_run *run, struct live *l, const struct ql_rule *r, double t)
{
	bool any = false;
	for (int i = 0; i < r->n_target; i++) {
		int q = r->target[i].input, slot = run->plan->p_of_q[q];
		if (!order(l, t + r->delay_day, -1, slot, r->target[i].amount))
			continue;
		any = true;
		if (r->for_day > 0.0)
			order(l, t + r->delay_day + r->for_day, -1, slot, run->base.q[q]);
	}
	return any;
}

static bool act(const struct arm_run *run, struct live *l, const struct ql_rule *r, struct ql_rule_state *s, double t)
{
	bool any = false;
	int i = -1;
	switch (r->kind) {
	case QL_RULE_HOLD:
		while (next_item(r, l, t, &i)) {
			l->held[i]++;
			any = true;
		}
		if (any && l->seen->n_hold < UINT8_MAX)
			l->seen->n_hold++;
		s->on = any;
		break;
	case QL_RULE_REDUCE:
		while (next_item(r, l, t, &i)) {
			double before = l->scale[i];
			reduce(r, l, i);
			any |= l->scale[i] < before;
		}
		break;
	case QL_RULE_STOP:
		while (next_item(r, l, t, &i)) {
			l->stopped[i] = true;
			any = true;
		}
		if (any)
			l->end_of_treatment = fmax(t, ql_live_end_of_treatment(l));
		break;
	case QL_RULE_GIVE: any = give(run, l, r, t); break;
	case QL_RULE_SET:
		any = set(run, l, r, t);
		s->on = any && r->has_until;
		break;
	}
	if (!any)
		return false;
	l->seen->acts |= (uint8_t)r->act;
	l->doses_changed |= r->kind == QL_RULE_HOLD || r->kind == QL_RULE_REDUCE || r->kind == QL_RULE_STOP;
	s->times++;
	s->last = t;
	return true;
}

static bool release(const struct arm_run *run, struct live *l, const struct ql_rule *r, struct ql_rule_state *s, double t)
{
	s->on = false;
	bool changed = false;
	int i = -1;
	while (r->kind == QL_RULE_HOLD && next_item(r, l, t, &i)) {
		l->held[i] -= l->held[i] > 0;
		reduce(r, l, i);
		changed = l->doses_changed = true;
	}
	for (int k = 0; r->kind == QL_RULE_SET && k < r->n_target; k++) {
		int q = r->target[k].input;
		changed |= order(l, t, -1, run->plan->p_of_q[q], run->base.q[q]);
	}
	return changed;
}

/* MRD is sampled at visits, not at every blood count. */
static bool waits_for_visit(const struct ql_rule *r)
{
	return (r->when.used | r->until.used) & (1u << QL_OBS_MRD_BLOOD | 1u << QL_OBS_MRD_MARROW);
}

bool ql_rules_read(const struct arm_run *run, struct live *l, double t, const double *out, bool at_visit)
{
	const struct ql_protocol *p = run->spec->protocol;
	double reading[QL_OBS_COUNT];
	bool changed = false;
	if (!p || p->n_rule == 0 || run->spec->fixed_doses)
		return false;
	read_all(run, l, t, out, reading);
	l->n_sample++;
	for (int i = 0; i < p->n_rule; i++) {
		const struct ql_rule *r = &p->rule[i];
		struct ql_rule_state *s = &l->rule[i];
		if (r->left_out || (!at_visit && waits_for_visit(r)))
			continue;
		if (!ql_criterion_holds(&r->when, reading)) {
			s->true_since = NAN;
			if (s->on && r->has_until && ql_criterion_holds(&r->until, reading))
				changed |= release(run, l, r, s, t);
			continue;
		}
		if (isnan(s->true_since))
			s->true_since = t;
		bool due = !s->on && t - s->true_since >= r->held_for_day && t - s->last >= fmax(r->every_day, r->for_day) &&
			   (r->most == 0 || s->times < r->most) && (r->after < 0 || l->rule[r->after].times > 0);
		if (due)
			changed |= act(run, l, r, s, t);
	}
	return changed;
}

/* --- at a stop --- */

/* Levels as they should be now. */
static bool set_levels(const struct arm_run *run, struct live *l, struct ql_lane *lane)
{
	bool changed = false;
	l->doses_changed = false;
	for (int i = 0; i < l->regimen->n_item; i++) {
		int q = l->regimen->info[i].input, p = q < 0 ? -1 : run->plan->p_of_q[q];
		if (p < 0 || isnan(l->level[i])) /* not its turn yet */
			continue;
		double now = l->stopped[i] || l->held[i] > 0 ? 0.0 : l->level[i] * l->scale[i];
		changed |= *ql_slot(lane, p) != now;
		*ql_slot(lane, p) = now;
	}
	return changed;
}

bool ql_rules_act(const struct arm_run *run, struct live *l, struct ql_lane *lane)
{
	bool changed = l->doses_changed && set_levels(run, l, lane);
	int left = 0;
	for (int i = 0; i < l->n_order; i++) {
		const struct ql_order *o = &l->order[i];
		if (o->at > lane->t) {
			l->order[left++] = *o;
			continue;
		}
		changed = true;
		if (o->state >= 0)
			lane->y[o->state * lane->stride] += o->amount;
		else
			*ql_slot(lane, o->slot) = o->amount;
	}
	l->n_order = left;
	return changed;
}

double ql_rules_next(const struct live *l)
{
	double next = INFINITY;
	for (int i = 0; i < l->n_order; i++)
		next = fmin(next, l->order[i].at);
	return next;
}

/* --- cytokines --- */

static double expit(double x) { return 1.0 / (1.0 + ql_exp(-x)); }
static double log10_of(double x) { return ql_log(x) / 2.302585092994046; }

static int crs_grade(double peak, double u)
{
	static const double threshold[] = QL_CRS_THRESHOLDS;
	int grade = 0;
	for (int g = 0; g < 4 && peak > 0.0; g++)
		grade += u < expit(QL_CRS_SLOPE * (log10_of(peak) - log10_of(threshold[g])));
	return grade;
}

static int icans_grade(const struct live *l)
{
	if (!(l->peak_effectors > 0.0) || !(l->peak_il6 > 0.0))
		return 0;
	double x = QL_ICANS_SLOPE * (log10_of(l->peak_effectors) + log10_of(fmax(l->peak_il6, 3.0)) - 2.0);
	double any = l->bispecific ? QL_ICANS_ANY_BISPECIFIC : QL_ICANS_ANY_CELLS;
	double severe = l->bispecific ? QL_ICANS_G3_BISPECIFIC : QL_ICANS_G3_CELLS;
	double release = l->peak_il6 / (l->peak_il6 + QL_ICANS_HALF_IL6);
	return l->u_icans < release * expit(severe + x) ? 3 : l->u_icans < release * expit(any + x) ? 1 : 0;
}

void ql_rules_cytokines(const struct arm_run *run, struct live *l, double t, const double *out)
{
	double rise = out[run->names.il6_rise], cells = run->names.effectors < 0 ? 0.0 : out[run->names.effectors];
	if (rise > l->peak_il6)
		l->peak_il6 = rise;
	if (cells > l->peak_effectors)
		l->peak_effectors = cells;
	int crs = crs_grade(l->peak_il6, l->u_crs), icans = icans_grade(l);
	if (crs > 0 && l->seen->crs_grade == 0)
		l->seen->crs_day = (float)t;
	if (icans > 0 && l->seen->icans_grade == 0)
		l->seen->icans_day = (float)t;
	l->seen->crs_grade = (uint8_t)crs;
	l->seen->icans_grade = (uint8_t)icans;
}
