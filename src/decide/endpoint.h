/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Endpoints of one arm from its records, and paired differences between arms.
 * Patients who failed to integrate or were not finished are left out and
 * counted elsewhere.
 *
 * Progression-free survival: progression at a visit, death or Richter
 * transformation; Kaplan-Meier. Response and MRD: share of all patients, who
 * died, progressed or were not judged count against. Adverse events:
 * Aalen-Johansen, death competes, and progression ends observation (censored).
 * Death: death before progression, which competes.
 */
#ifndef QL_DECIDE_ENDPOINT_H
#define QL_DECIDE_ENDPOINT_H

#include "decide/compare.h"
#include "trial/arm.h"
#include "trial/names.h"

enum ql_measure {
	QL_M_PFS_RATE,
	QL_M_PFS_MEDIAN,
	QL_M_PFS_MEAN, /* restricted to the horizon */
	QL_M_ORR,
	QL_M_CR,
	QL_M_UMRD_BLOOD,
	QL_M_UMRD_MARROW,
	QL_M_NEUTROPENIA,
	QL_M_INFECTION,
	QL_M_INFECTION_RATE,
	QL_M_AF,
	QL_M_SPM,
	QL_M_RICHTER,
	QL_M_DEATH,
	QL_M_TOX_STOP,
	QL_MEASURES
};

struct ql_endpoint_def {
	const char *id, *title, *unit;
	enum ql_measure measure;
	double day; /* landmark; 0 = none */
};

/* Endpoints within a horizon, in the order of display; in `a`. */
struct ql_endpoint_def *ql_endpoint_defs(struct ql_arena *a, double horizon_day, int *n);
/* False if the model lacks what the measure needs; *missing then names it. */
bool ql_endpoint_available(enum ql_measure m, const struct ql_trial_names *names, const char **missing);

struct ql_tally;
struct ql_pair_sum;

struct ql_cohort { /* records, or what decide/tally.h keeps of them: the same results */
	const struct ql_patient_record *record;
	uint64_t n;                /* records, finished or not */
	double horizon_day, response_day;
	struct ql_arena *scratch;  /* emptied after use; the caller's, so that it is freed whatever happens */
	const struct ql_tally *tally; /* if not NULL, it counts and `record` does not */
};
/* estimate, lower, upper, level, kind; estimate NaN where it cannot be had. */
void ql_endpoint_estimate(const struct ql_cohort *c, const struct ql_endpoint_def *def, struct ql_endpoint *out);
/* PFS on a monthly grid; arrays in `a`. */
void ql_endpoint_pfs_curve(const struct ql_cohort *c, struct ql_arena *a, struct ql_curve *out);
/* Both cohorts hold the same patients in the same order. `pair` sums over both: NULL to have it done from records. */
void ql_endpoint_contrast(const struct ql_cohort *a, const struct ql_cohort *b, const struct ql_endpoint_def *def,
			  const struct ql_pair_sum *pair, struct ql_contrast *out);

/* Score interval of a share (Wilson 1927). */
void ql_wilson(double share, double n, double level, double *lower, double *upper);

#endif
