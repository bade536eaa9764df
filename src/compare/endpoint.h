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
 * Death: death before progression, which competes. Overall survival and time
 * to next treatment: to death or the horizon, whatever was given.
 */
#ifndef QL_COMPARE_ENDPOINT_H
#define QL_COMPARE_ENDPOINT_H

#include "compare/compare.h"
#include "trial/arm.h"
#include "trial/names.h"

enum ql_measure {
	QL_M_PFS_RATE,
	QL_M_PFS_MEDIAN,
	QL_M_PFS_MEAN, /* restricted to the horizon */
	/* shares at the regimen's response_day */
	QL_M_ORR,
	QL_M_CR, /* CR or CRi, as trials report it */
	QL_M_RESPONSE_NE, /* each category by itself, in the order of enum ql_response */
	QL_M_RESPONSE_PD,
	QL_M_RESPONSE_SD,
	QL_M_RESPONSE_PR_L,
	QL_M_RESPONSE_PR,
	QL_M_RESPONSE_NPR,
	QL_M_RESPONSE_CRI,
	QL_M_RESPONSE_CR,
	QL_M_UMRD_BLOOD,
	QL_M_UMRD_MARROW,
	QL_M_UMRD5_BLOOD,
	QL_M_UMRD5_MARROW,
	QL_M_UMRD6_BLOOD,
	QL_M_UMRD6_MARROW,
	/* shares at any time of the first line */
	QL_M_BEST_ORR, /* responses that held */
	QL_M_BEST_CR,
	QL_M_UMRD_ANY,
	QL_M_NEUTROPENIA,
	QL_M_CRS,
	QL_M_CRS_G3,
	QL_M_ICANS,
	QL_M_ICANS_G3,
	QL_M_IRR_G3,
	QL_M_TLS,
	QL_M_INFECTION,
	QL_M_INFECTION_RATE,
	QL_M_AF,
	QL_M_SPM,
	QL_M_RICHTER,
	QL_M_DEATH,
	QL_M_TOX_STOP,
	QL_M_NEUTROPENIA_BY, /* incidence of the first one by a day */
	/* per patient-year at risk, in the order of enum ql_adverse */
	QL_M_NEUTROPENIA_RATE,
	QL_M_FIRST_INFECTION_RATE,
	QL_M_AF_RATE,
	QL_M_SPM_RATE,
	QL_M_RICHTER_RATE,
	QL_M_TOX_STOP_RATE,
	QL_M_CRS_RATE,
	QL_M_ICANS_RATE,
	QL_M_IRR_RATE,
	QL_M_TLS_RATE,
	/* past the first line */
	QL_M_OS_RATE,
	QL_M_OS_MEDIAN,
	QL_M_TTNT_FREE, /* no next line and alive */
	QL_M_TTNT_MEDIAN,
	QL_M_NEXT, /* incidence of a next line, death competes */
	QL_M_EFS_MEDIAN,
	QL_M_PFS2_MEDIAN,
	QL_M_DETERIORATION_MEDIAN,
	QL_M_QALY,
	QL_M_LIFE_YEARS,
	QL_M_SYMPTOMS, /* scores of trial/quality.h, in the order of its scales */
	QL_M_FATIGUE,
	QL_M_WORRIES,
	QL_M_NEXT_FIRST = QL_M_OS_RATE, /* measures from here to the one before QL_M_DOR_RATE need them */
	/* responders */
	QL_M_DOR_RATE = QL_M_WORRIES + 1,
	QL_M_DOR_MEDIAN,
	QL_M_RESPONSE_TIME, /* median until the response */
	QL_MEASURES
};

struct ql_endpoint_def {
	const char *id, *title, *unit;
	enum ql_measure measure;
	double day; /* landmark; 0 = none */
	bool detail; /* left out of the short table for people */
};

/* Endpoints within a horizon, in the order of display; in `a`. */
struct ql_endpoint_def *ql_endpoint_defs(struct ql_arena *a, double horizon_day, int *n);
/* False if the model lacks what the measure needs; *missing then names it, or is NULL where nothing is amiss: no regimen
 * releases cytokines. */
bool ql_endpoint_available(enum ql_measure m, const struct ql_trial_names *names, const char **missing);
/* True for what is known only of patients who are followed past their first line. */
bool ql_endpoint_needs_next(enum ql_measure m);

struct ql_tally;
struct ql_pair_sum;

struct ql_cell { /* of a tally: this many patients with this code at this time */
	int bin, code;
	uint32_t count;
};
struct ql_cells {
	bool found;
	struct ql_cell *cell;
	size_t n;
};

struct ql_cohort { /* records, or what compare/tally.h keeps of them: the same results */
	const struct ql_patient_record *record;
	uint64_t n;                /* records, finished or not */
	double horizon_day, response_day;
	struct ql_arena *scratch;  /* emptied after use; the caller's, so that it is freed whatever happens */
	const struct ql_tally *tally; /* if not NULL, it counts and `record` does not */
	struct ql_cells *cells;       /* [QL_TALLY_KINDS] zeroed, so that the tally is searched once; NULL: each time */
	struct ql_arena *keep;        /* for them; not emptied */
};
/* estimate, lower, upper, level, kind; estimate NaN where it cannot be had. */
void ql_endpoint_estimate(const struct ql_cohort *c, const struct ql_endpoint_def *def, struct ql_endpoint *out);
/* The curve of a rate on a monthly grid; arrays in `a`. */
void ql_endpoint_curve(const struct ql_cohort *c, enum ql_measure rate, const char *id, struct ql_arena *a,
		       struct ql_curve *out);
/* Both cohorts hold the same patients in the same order. `pair` sums over both: NULL to have it done from records. */
void ql_endpoint_contrast(const struct ql_cohort *a, const struct ql_cohort *b, const struct ql_endpoint_def *def,
			  const struct ql_pair_sum *pair, struct ql_contrast *out);

/* Score interval of a share (Wilson 1927). */
void ql_wilson(double share, double n, double level, double *lower, double *upper);

#endif
