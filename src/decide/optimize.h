/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Doses and days of a regimen chosen to minimise a stated loss over virtual
 * patients, the same in every trial of a schedule. A file of library/optimize:
 *
 *	optimize: epcoritamab-step-up
 *	population: cellular
 *	patients: 300
 *	years: 1
 *	minimise: {crs_g2: 1}                     # weights of measures
 *	subject: {orr: {at_least: epcoritamab, margin: 0.02}}
 *	compare: [epcoritamab, epcoritamab-flat]  # regimens shown beside it
 *	variables:
 *	  first: {low: 0.04, high: 2, log: true}  # $first in the regimen
 *	regimen: {...}                            # a regimen with $first in its texts
 *
 * Search: DIRECT-L, then Sbplx, of NLopt; a constraint that is missed is a penalty of ten times the miss.
 */
#ifndef QL_DECIDE_OPTIMIZE_H
#define QL_DECIDE_OPTIMIZE_H

#include "base/yaml.h"
#include "decide/compare.h"

/* X(id, title, higher is better) */
#define QL_OPT_MEASURES(X)                                            \
	X(crs_any, "cytokine release of any grade", 0)                \
	X(crs_g2, "cytokine release of grade 2 or more", 0)           \
	X(crs_g3, "cytokine release of grade 3 or more", 0)           \
	X(orr, "response", 1)                                         \
	X(cr, "complete remission", 1)                                \
	X(umrd, "undetectable MRD in blood at any visit", 1)          \
	X(pfs_12mo, "progression-free at one year", 1)                \
	X(pfs_60mo, "progression-free at five years", 1)              \
	X(infection_12mo, "severe infection within a year", 0)        \
	X(days, "years on treatment", 0)                              \
	X(qaly, "quality-adjusted years", 1)                          \
	X(failed, "patients who could not be integrated", 0)

enum ql_opt_measure {
#define X(id, title, higher) QL_O_##id,
	QL_OPT_MEASURES(X)
#undef X
	QL_O_COUNT
};
struct ql_opt_measure_def {
	const char *id, *title;
	bool higher;
};
extern const struct ql_opt_measure_def ql_opt_measure_def[QL_O_COUNT];

#define QL_OPT_MAX_VARIABLES 8
struct ql_opt_variable {
	const char *name;
	double low, high;
	bool log, integer;
};

struct ql_opt_trial { /* one schedule */
	double x[QL_OPT_MAX_VARIABLES];
	double measure[QL_O_COUNT];
	double loss, miss; /* miss: of the constraints, 0 = all met */
	bool pareto;       /* nothing else is at least as good in the loss and in the first constraint */
};

struct ql_opt_reference {
	const char *id, *title;
	double measure[QL_O_COUNT], loss, miss;
};

struct ql_optimisation {
	struct ql_arena arena;
	const char *name, *title, *population, *warning;
	char evidence_grade;
	uint64_t model_hash, seed, patients;
	double years, rtol;
	int n_variable, n_trial, n_reference, best; /* best: of trial; -1: no schedule meets the constraints */
	struct ql_opt_variable variable[QL_OPT_MAX_VARIABLES];
	double weight[QL_O_COUNT], bound[QL_O_COUNT]; /* bound: NaN where none */
	struct ql_opt_trial *trial;
	struct ql_opt_reference *reference;
	const char *regimen; /* the best one as a regimen file */
	double wall_s;
};

struct ql_optimize_spec {
	struct ql_run_spec run; /* data_dir, seed, threads, ...; population, patients, years: 0 = as the file says */
	const char *path;
	int evaluations; /* schedules tried; 0 = 80 */
};

enum quell_status ql_optimize_run(const struct ql_optimize_spec *spec, struct ql_diags *ds, struct ql_optimisation **out);
void ql_optimisation_free(struct ql_optimisation *o);
/* schema "quell.optimize/1" */
void ql_optimisation_json(const struct ql_optimisation *o, struct ql_buf *out);

#endif
