/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One profile under regimens: the course of chosen outputs on a grid of days.
 * Doses are given as planned; nothing happens by chance (no hazards, no
 * progression rule, no extinction), so the course is that of the equations.
 */
#ifndef QL_COMPARE_SIMULATE_H
#define QL_COMPARE_SIMULATE_H

#include "compare/compare.h"

struct ql_simulate_spec {
	/* data_dir, model, population, regimens, seed, years, lanes, solver, rtol, set; patients is ignored. Covariates
	 * may be set too: "age=70". */
	struct ql_run_spec run;
	uint64_t patient;      /* which patient of the population; 0 is the first */
	bool typical;          /* hidden normals at 0 instead of the patient's own */
	const char **output;   /* full or unique last names of outputs; none = all */
	int n_output;
	double step_day;       /* 0 = 7 */
};

struct ql_simulation_arm {
	const char *id, *title;
	char evidence_grade;
	const char *warning;
	int n_state;
	enum quell_status status; /* of the solve */
	int n_day;                /* days reached */
	double *value;            /* [output*days + day] */
};

struct ql_simulation {
	struct ql_arena arena;
	uint64_t model_hash, seed, patient;
	const char *population;
	bool typical;
	double rtol;
	int n_day, n_output, n_arm, n_covariate;
	double *day;
	const char **output, **unit, **title;
	const char **covariate, **covariate_unit; /* who the profile is */
	double *covariate_value;
	struct ql_simulation_arm *arm;
};

enum quell_status ql_simulate_run(const struct ql_simulate_spec *spec, struct ql_diags *ds, struct ql_simulation **out);
void ql_simulation_free(struct ql_simulation *s);
/* schema "quell.simulate/1"; same bytes for the same inputs. */
void ql_simulation_json(const struct ql_simulation *s, struct ql_buf *out);
/* One table: regimen, day, then one column per output. */
void ql_simulation_csv(const struct ql_simulation *s, struct ql_buf *out);

#endif
