/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Virtual populations: who is simulated. A file of library/populations says
 * how each covariate is distributed and which hidden normals go together;
 * patient k of seed s is a pure function of (s, k), the same in every run.
 */
#ifndef QL_PATIENT_POPULATION_H
#define QL_PATIENT_POPULATION_H

#include "patient/condition.h"

struct ql_population {
	const char *name, *title, *line; /* "1L", "RR" */
	const char **trial;              /* whose published figures are shown first */
	int n_trial;
	const char **source;
	int n_source;
	struct ql_population_law *law; /* private to patient, like the next three */
	int n_law;
	struct ql_population_random *random;
	int n_random;
	struct ql_correlation *correlation;
	struct ql_population_table *table; /* CSV population, else NULL */
	struct ql_yaml *yaml; /* NULL for a CSV population */
	const struct ql_condition *eligibility; /* who is drawn; NULL = all */
};

/* path: .yaml or .csv. Everything lives in `a`. Names are resolved against the model; mistakes become diagnostics. */
enum quell_status ql_population_load(const struct ql_model *m, const char *path, struct ql_arena *a,
				     struct ql_diags *ds, struct ql_population *out);
/* The same with laws of covariates that replace or extend those of the file (`covariates` mapping of another file, NULL:
 * none) and a list of conditions on who is drawn (NULL: none). QL_E0513 if hardly a draw meets them. */
enum quell_status ql_population_load_for(const struct ql_model *m, const char *path, const struct ql_yaml *covariates,
					 const struct ql_yaml *eligibility, struct ql_arena *a, struct ql_diags *ds,
					 struct ql_population *out);
/* Share of 4,000 draws that meet a condition, of those whom the population admits. */
double ql_population_share(const struct ql_population *p, const struct ql_model *m, const struct ql_condition *c);
/* Fills COVARIATE and RANDOM entries of v->q for one patient. Params, agents, inputs are left alone. Thread-safe.
 * fixed: [n_q] values that replace drawn covariates (NaN where drawn) before others that depend on them are drawn;
 * NULL = all drawn. With
 * an eligibility, draws are repeated under other numbers until one meets it. */
void ql_population_draw(const struct ql_population *p, const struct ql_model *m, uint64_t seed, uint64_t patient,
			const double *fixed, struct ql_values *v);

#endif
