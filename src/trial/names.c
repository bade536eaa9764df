/* SPDX-License-Identifier: Apache-2.0 */
#include "trial/names.h"
#include <string.h>

const char *const ql_happening_name[QL_HAPPEN_COUNT] = {"death", "infection", "af", "spm", "richter", "toxicity"};

/* 2: the full name, 1: its last part, 0: another. */
static int match(const char *full, const char *name)
{
	if (strcmp(full, name) == 0)
		return 2;
	const char *dot = strrchr(full, '.');
	return dot && strcmp(dot + 1, name) == 0;
}

/* Keeps the best match in *found; a second bare match makes it ambiguous (-2). */
static void consider(int quality, int index, int *best, int *found)
{
	if (quality > *best) {
		*best = quality;
		*found = index;
	} else if (quality == 1 && *best == 1) {
		*found = -2;
	}
}

int ql_trial_quantity(const struct ql_model *m, const char *name, unsigned kinds)
{
	int best = 0, found = -1;
	for (int i = 0; i < m->n_q; i++)
		if (kinds >> m->q[i].kind & 1u)
			consider(match(m->q[i].name, name), i, &best, &found);
	return found < 0 ? -1 : found;
}

int ql_trial_output(const struct ql_plan *plan, const char *name)
{
	int best = 0, found = -1;
	for (int i = 0; i < plan->n_out; i++)
		consider(match(plan->m->q[plan->out_q[i]].name, name), i, &best, &found);
	return found < 0 ? -1 : found;
}

static const char *const set_by_trial[] = {"next_death",   "next_infection", "next_af",    "next_spm",
					   "next_richter", "next_toxicity",  "extinction", "progressed", "failed"};

enum { N_SET_BY_TRIAL = sizeof set_by_trial / sizeof *set_by_trial };

const char **ql_trial_active(const struct ql_model *m, const char *const *active, int n_active, struct ql_arena *a,
			     int *n)
{
	const char **list = QL_NEW_N(a, const char *, (size_t)(n_active + N_SET_BY_TRIAL));
	*n = 0;
	for (int i = 0; i < n_active; i++)
		list[(*n)++] = active[i];
	for (int i = 0; i < N_SET_BY_TRIAL; i++) {
		int q = ql_trial_quantity(m, set_by_trial[i], 1u << QL_INPUT);
		if (q >= 0)
			list[(*n)++] = m->q[q].name;
	}
	return list;
}

static int input_slot(const struct ql_plan *plan, const char *name)
{
	int q = ql_trial_quantity(plan->m, name, 1u << QL_INPUT);
	return q < 0 ? -1 : plan->p_of_q[q];
}

static int trigger(const struct ql_plan *plan, const char *name)
{
	int best = 0, found = -1;
	for (int i = 0; i < plan->n_trig; i++)
		consider(match(plan->m->when[plan->trig_when[i]].name, name), i, &best, &found);
	return found < 0 ? -1 : found;
}

/* Cumulative hazards as the model calls them. */
static const char *const hazard_name[QL_HAPPEN_COUNT] = {"H_death", "H_inf", "H_af", "H_spm", "H_richter", "H_tox"};

static int state(const struct ql_plan *plan, const char *name)
{
	int q = ql_trial_quantity(plan->m, name, 1u << QL_STATE);
	return q < 0 ? -1 : plan->state_of_q[q];
}

static void find_outputs(const struct ql_plan *plan, struct ql_trial_names *n)
{
	n->alc = ql_trial_output(plan, "alc");
	n->spd = ql_trial_output(plan, "spd");
	n->node_diameter = ql_trial_output(plan, "node_diameter");
	n->spleen_length = ql_trial_output(plan, "spleen_length");
	n->marrow_fraction = ql_trial_output(plan, "marrow_fraction");
	n->mrd_blood = ql_trial_output(plan, "mrd_blood");
	n->mrd_marrow = ql_trial_output(plan, "mrd_marrow");
	n->anc = ql_trial_output(plan, "anc");
	n->haemoglobin = ql_trial_output(plan, "haemoglobin");
	n->platelets = ql_trial_output(plan, "platelets");
	n->igg = ql_trial_output(plan, "igg");
	n->il6_rise = ql_trial_output(plan, "il6_rise");
	n->effectors = ql_trial_output(plan, "effectors");
	n->irr_risk = ql_trial_output(plan, "mab.irr_risk");
	n->tls_risk = ql_trial_output(plan, "tls_risk");
	n->cells_kept = ql_trial_output(plan, "cells_kept");
	n->lineages_kept = ql_trial_output(plan, "lineages_kept");
	n->burden = ql_trial_output(plan, "observe.burden");
	if (n->burden < 0)
		n->burden = ql_trial_output(plan, "burden");
	n->cytokines = n->il6_rise >= 0 && state(plan, "MAC") >= 0;
	for (int i = 0; i < ql_course_axis_count && i < QL_NAMES_MAX_AXES; i++)
		n->axis[i] = ql_trial_output(plan, ql_course_axis[i].output);
}

void ql_trial_names_find(const struct ql_plan *plan, struct ql_trial_names *n)
{
	const unsigned covariate = 1u << QL_COVARIATE;
	*n = (struct ql_trial_names){0};
	find_outputs(plan, n);
	n->weight = ql_trial_quantity(plan->m, "weight", covariate);
	n->bsa = ql_trial_quantity(plan->m, "bsa", covariate);
	n->crcl = ql_trial_quantity(plan->m, "crcl", covariate);
	n->tp53 = ql_trial_quantity(plan->m, "tp53", covariate);
	n->ighv_u = ql_trial_quantity(plan->m, "ighv_u", covariate);
	n->age = ql_trial_quantity(plan->m, "age", covariate);
	n->relapsed = ql_trial_quantity(plan->m, "relapsed", covariate);
	n->lines_since = ql_trial_quantity(plan->m, "lines_since", covariate);
	n->cells_left = ql_trial_quantity(plan->m, "cells_left", covariate);
	n->lineages_left = ql_trial_quantity(plan->m, "lineages_left", covariate);
	n->chemo_refractory = ql_trial_quantity(plan->m, "chemo_refractory", covariate);
	n->mab_dose = ql_model_find_dose(plan->m, "mab.infusion");
	n->cell_doses = ql_model_find_dose(plan->m, "cells.infusion") >= 0 || ql_model_find_dose(plan->m, "bispecific.sc") >= 0;
	n->bcl2i_input = ql_trial_quantity(plan->m, "bcl2i.dose", 1u << QL_INPUT);
	n->extinction = input_slot(plan, "extinction");
	n->progressed = input_slot(plan, "progressed");
	n->failed = input_slot(plan, "failed");
	n->level[0] = input_slot(plan, "btki.level");
	n->level[1] = input_slot(plan, "pi3ki.level");
	for (int h = 0; h < QL_HAPPEN_COUNT; h++) {
		char name[32] = "next_";
		strncat(name, ql_happening_name[h], sizeof name - 6);
		n->next[h] = input_slot(plan, name);
		n->trigger[h] = trigger(plan, ql_happening_name[h]);
		n->hazard[h] = state(plan, hazard_name[h]);
	}
}
