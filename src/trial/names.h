/* SPDX-License-Identifier: Apache-2.0 */
/* Where the trial layer finds its quantities in a model: docs/regimens.md. -1 = the model has no such name. */
#ifndef QL_TRIAL_NAMES_H
#define QL_TRIAL_NAMES_H

#include "emit/plan.h"
#include "trial/course.h"

enum ql_happening {
	QL_HAPPEN_DEATH,
	QL_HAPPEN_INFECTION,
	QL_HAPPEN_AF,
	QL_HAPPEN_SPM,
	QL_HAPPEN_RICHTER,
	QL_HAPPEN_TOXICITY,
	QL_HAPPEN_COUNT
};

#define QL_NAMES_MAX_AXES 8

struct ql_trial_names {
	/* plan outputs */
	int alc, spd, node_diameter, spleen_length, marrow_fraction, mrd_blood, mrd_marrow, anc;
	int haemoglobin, platelets, igg, il6_rise, effectors, irr_risk, tls_risk, cells_kept, lineages_kept, burden;
	bool cytokines; /* something may release them: the state MAC moves */
	bool cell_doses; /* the model tells doses of `cells` and `bispecific` from others */
	int axis[QL_NAMES_MAX_AXES]; /* output of ql_course_axis[i] */
	/* quantities: covariates */
	int weight, bsa, crcl, tp53, ighv_u, age, relapsed;
	/* the same, set by the trial when a later line begins */
	int lines_since, cells_left, lineages_left, chemo_refractory;
	/* of the model: dose and input whose start is watched */
	int mab_dose, bcl2i_input;
	/* p slots: inputs */
	int next[QL_HAPPEN_COUNT], extinction, level[2], progressed, failed;
	/* plan states: cumulative hazards of ql_happening_name, by `H_<name>`; -1 where none */
	int hazard[QL_HAPPEN_COUNT];
	/* plan triggers */
	int trigger[QL_HAPPEN_COUNT];
};

extern const char *const ql_happening_name[QL_HAPPEN_COUNT];

void ql_trial_names_find(const struct ql_plan *plan, struct ql_trial_names *out);
/* Quantity of one of the kinds (bit per enum ql_kind) by full name, or by last part where that is unique; -1. */
int ql_trial_quantity(const struct ql_model *m, const char *name, unsigned kinds);
/* The doses and inputs of a regimen and, after them, the inputs that the trial layer itself sets. In `a`. */
const char **ql_trial_active(const struct ql_model *m, const char *const *active, int n_active, struct ql_arena *a,
			     int *n);
/* The same among the plan's outputs: index of the output. */
int ql_trial_output(const struct ql_plan *plan, const char *name);

#endif
