/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Virtual populations: who is simulated. A file of library/populations says
 * how each covariate is distributed and which hidden normals go together;
 * patient k of seed s is a pure function of (s, k), the same in every run.
 */
#ifndef QL_PATIENT_POPULATION_H
#define QL_PATIENT_POPULATION_H

#include "emit/plan.h"

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
};

/* path: .yaml or .csv. Everything lives in `a`. Names are resolved against the model; mistakes become diagnostics. */
enum quell_status ql_population_load(const struct ql_model *m, const char *path, struct ql_arena *a,
				     struct ql_diags *ds, struct ql_population *out);
/* Fills COVARIATE and RANDOM entries of v->q for one patient. Params, agents, inputs are left alone. Thread-safe.
 * fixed: [n_q] values that replace drawn covariates (NaN where drawn) before others that depend on them are drawn;
 * NULL = all drawn. */
void ql_population_draw(const struct ql_population *p, const struct ql_model *m, uint64_t seed, uint64_t patient,
			const double *fixed, struct ql_values *v);

#endif
