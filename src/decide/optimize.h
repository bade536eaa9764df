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
 *	  agent: {choose: [rituximab, obinutuzumab]}   # $agent
 *	  line: {order: [ven-obi, acalabrutinib]} # two of the list in an order: $line1, $line2
 *	regimen: {...}                            # a regimen with $first in its texts, or the name of one: $line1
 *	second_line: $line2                       # given to all who progress; the rest of `next_line` (next-line) behind it
 *	stop_rule: {when: "mrd_blood < $level and day >= 180", held_for: 84 day, stop: [bcl2i.dose]} # into `protocol` (standard)
 *
 * Search: where all variables are discrete and few, every combination; else DIRECT-L, then Sbplx, of NLopt; a constraint
 * that is missed is a penalty of ten times the miss.
 */
#ifndef QL_DECIDE_OPTIMIZE_H
#define QL_DECIDE_OPTIMIZE_H

#include "base/yaml.h"
#include "compare/compare.h"

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
	X(os_60mo, "alive at five years", 1)                          \
	X(ttnt, "years until the next treatment or death", 1)         \
	X(pfs2, "years until progression on the second line or death", 1) \
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
	const char **choice; /* NULL: a number; else the value is a place in the list, or (`order`) the number of a pair */
	int n_choice;
	bool order;
};
/* Values that a discrete variable can take; 0: not discrete. */
int ql_opt_values(const struct ql_opt_variable *v);
/* Its text, or that of place 0 or 1 of an order. */
const char *ql_opt_label(const struct ql_opt_variable *v, double x, int place, struct ql_arena *a);

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
	const char *regimen; /* the best one as a regimen file; NULL if it is one of the library: */
	const char *regimen_name;
	const char *next_line, *protocol; /* files that go with it; NULL: the usual ones */
	double wall_s;
};

struct ql_optimize_spec {
	struct ql_run_spec run; /* data_dir, seed, threads, ...; population, patients, years: 0 = as the file says */
	const char *path;
	int evaluations; /* schedules tried; 0 = 80 */
};

enum quell_status ql_optimize_run(const struct ql_optimize_spec *spec, struct ql_diags *ds, struct ql_optimisation **out);
void ql_optimisation_free(struct ql_optimisation *o);
/* The files that the best schedule is made of, and the name of each beside `out`: i = 0, 1, ...; false past the last. */
bool ql_optimisation_file(struct ql_optimisation *o, int i, const char *out, const char **path, const char **text);
/* How to run them with quell compare. */
const char *ql_optimisation_command(struct ql_optimisation *o, const char *out);
/* schema "quell.optimize/1" */
void ql_optimisation_json(const struct ql_optimisation *o, struct ql_buf *out);

#endif
