/* SPDX-License-Identifier: Apache-2.0 */
/* What a questionnaire at a visit would say: the state that the scores of trial/quality.h are mapped from. */
#include "trial/arm_private.h"
#include "trial/utility.h"
#include <math.h>

static double output(const double *out, int index) { return index < 0 ? NAN : out[index]; }

static bool is_infusion(const struct arm_run *run, const struct live *l, const struct ql_event *e)
{
	const struct ql_regimen_item_info *info = e->dose < 0 ? NULL : &l->regimen->info[e->dose];
	return info && e->amount > 0.0 && ql_utility_is_infusion(run->spec->model, info->dose);
}

static bool infusions(const struct arm_run *run, const struct live *l, double t)
{
	for (int i = l->next_event; i-- > 0;) {
		const struct ql_event *e = &l->events.item[i];
		if (e->time_day < t - QL_Q_WINDOW_DAY)
			return false;
		if (is_infusion(run, l, e) && !l->stopped[e->dose] && (l->last_cycle == 0 || e->cycle <= l->last_cycle))
			return true;
	}
	return false;
}

static bool within(double day, double t) { return day >= t - QL_Q_WINDOW_DAY && day <= t; }

/* Severe infection, cytokine release of grade 2 or more or neurotoxicity; counted on the first line. */
static bool recent_event(const struct live *l, double t)
{
	const struct ql_patient_record *r = l->record;
	return l->stage == QL_STAGE_FIRST &&
	       (within(l->last_infection, t) || (r->crs_grade >= 2 && within((double)r->crs_day, t)) ||
		(r->icans_grade >= 1 && within((double)r->icans_day, t)));
}

void ql_live_quality(const struct arm_run *run, struct live *l, double t, const double *out)
{
	const struct ql_trial_names *n = &run->names;
	double score[QL_QUALITY_N];
	bool treated = t > 0.0 && (l->stage == QL_STAGE_FIRST || l->begun);
	l->quality.progressed |= l->stage != QL_STAGE_FIRST;
	const struct ql_quality_state s = {.burden_gcell = output(out, n->burden), .haemoglobin = output(out, n->haemoglobin),
					   .platelets = output(out, n->platelets), .mrd_blood = output(out, n->mrd_blood),
					   .event = t > 0.0 && recent_event(l, t), .on_drug = treated && t <= l->end_of_treatment,
					   .infusions = treated && infusions(run, l, t), .progressed = l->quality.progressed};
	ql_quality_score(&s, score);
	ql_quality_see(&l->quality, t, score);
}
