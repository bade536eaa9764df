/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A trial as written in library/trials/<trial>.yaml: who is enrolled, what the
 * arms get, when patients are seen, how long they are followed. docs/trials.md
 * describes the file. Everything that contradicts itself is refused here, with
 * its place, before anything is simulated.
 */
#ifndef QL_TRIAL_DESIGN_H
#define QL_TRIAL_DESIGN_H

#include "base/yaml.h"
#include "dosing/regimen.h"
#include "patient/population.h"
#include "trial/arm.h"

enum ql_design_stop {
	QL_DESIGN_AS_REGIMEN,   /* the regimen's own end, progression and toxicity stop what it says they stop */
	QL_DESIGN_FIXED,        /* no dose after stop_day */
	QL_DESIGN_PROGRESSION,  /* the regimen must be open-ended */
	QL_DESIGN_MRD           /* MRD decides at visits; the rules are in the protocol file */
};

struct ql_design_part { /* one regimen of an arm; several where investigators chose */
	const char *regimen_name;
	struct ql_regimen regimen;
	double share;                    /* of the arm's patients; with `only`: of those drawn */
	const struct ql_condition *only; /* given to these patients; NULL = anybody */
	struct ql_span span;
};

struct ql_design_arm {
	const char *name;
	const char *treatment;  /* as in the column treatment of evidence/trials.csv; the name, unless the file says */
	const char *subgroup;   /* rows of this subgroup are about this arm: cohorts of one treatment. NULL = none */
	const char *title;      /* may be NULL */
	struct ql_design_part *part;
	int n_part;
	uint64_t n;             /* patients randomised */
	double allocation;      /* relative; 1 where the file gives none */
	enum ql_design_stop stop;
	double stop_day;        /* QL_DESIGN_FIXED */
	int crossover;          /* arm that patients may cross over to at progression; -1 = none, or no arm */
	const struct ql_regimen *crossover_regimen; /* its regimen, or one of its own; NULL: no crossover */
	double crossover_share; /* of those who progress */
	double crossover_from_day; /* earliest day in the trial */
	struct ql_span span;
};

struct ql_design_stratum {
	int q; /* covariate */
	int n_cut;
	double *cut; /* ascending; none: every value is a stratum of its own */
};

struct ql_design_cut { /* a data cut */
	const char *name, *source;
	double median_months; /* median follow-up */
};

struct ql_design_subgroup { /* of all arms; name as in the column subgroup of evidence/trials.csv */
	const char *name;
	const struct ql_condition *who;
};

struct ql_design_endpoint {
	const char *id; /* as in `quell compare --json`, "pfs_rate_24mo" */
	struct ql_span span;
};

struct ql_design {
	const char *name, *title, *nct, *role, *line;
	const char **source;
	int n_source;
	const char *base_population;
	struct ql_population population; /* laws of the trial, and its eligibility */
	double eligible_share;           /* of the population that the laws describe */
	struct ql_design_arm *arm;
	int n_arm;
	struct ql_design_stratum *stratum;
	int n_stratum;
	struct ql_design_subgroup *subgroup;
	int n_subgroup;
	struct ql_visit_phase *visits; /* never empty */
	int n_visits;
	double window_day;               /* a visit answers for a planned day this near */
	double response_day;             /* 0: each regimen's own */
	double *mrd_day;                 /* ascending; none: at the response */
	int n_mrd;
	double judged_share;             /* of patients whose response can be judged */
	struct ql_design_endpoint *endpoint;
	int n_endpoint;
	double accrual_months;
	double follow_months;            /* from the last patient's entry: those who entered first are seen longer */
	double dropout_per_year;         /* lost to follow-up */
	struct ql_design_cut *cut;
	int n_cut;
	const char *protocol;            /* name or path of a protocol file; NULL = the default protocol */
	struct ql_span protocol_span;
	double year;                     /* calendar year in which the middle patient enters; 0: the present */
	const char *next_line;           /* table of next lines of the trial's years; NULL = the protocol's */
	const char *note;
	struct ql_yaml *yaml;
};

/* Everything lives in `a`. All mistakes at once. */
enum quell_status ql_design_load(const struct ql_model *m, const char *data_dir, const char *path, struct ql_arena *a,
				 struct ql_diags *ds, struct ql_design *out);
/* Longest time that a patient can be in the trial: accrual and follow-up. */
double ql_design_horizon_day(const struct ql_design *d);
/* The visit nearest to a day, by the design's phases; NaN if none is within the window. */
double ql_design_visit_near(const struct ql_design *d, double day);
/* What the design says of an arm's visits, assessments and end of treatment; the horizon is left alone. */
void ql_design_apply(const struct ql_design *d, int arm, struct ql_arm_spec *spec);
/* -1 if there is no such arm. */
int ql_design_find_arm(const struct ql_design *d, const char *name);

#endif
