/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a row of evidence/trials.csv says, in terms of patient records: which
 * clock, which share, at which month. What no record can answer is named with
 * the reason. docs/validation.md lists the definitions.
 */
#ifndef QL_VALIDATE_TARGET_H
#define QL_VALIDATE_TARGET_H

#include "evidence/table.h"
#include "trial/arm.h"

enum ql_target_kind { QL_TARGET_RATE, QL_TARGET_MEDIAN, QL_TARGET_HR, QL_TARGET_SHARE };
/* Classes share a size of the trial effect and a line of the score. */
enum ql_target_class {
	QL_CLASS_RATE,
	QL_CLASS_MEDIAN,
	QL_CLASS_HR,
	QL_CLASS_RESPONSE,
	QL_CLASS_CR,
	QL_CLASS_MRD,
	QL_CLASS_AE,
	QL_CLASS_COUNT
};
extern const char *const ql_target_class_name[QL_CLASS_COUNT];

enum ql_interval_of {
	QL_CLOCK_PFS,  /* progression, Richter transformation or death */
	QL_CLOCK_OS,
	QL_CLOCK_TTNT, /* next line or death */
	QL_CLOCK_TTP,  /* progression or Richter transformation; death censors */
	QL_CLOCK_TTF,  /* as PFS, or stop for toxicity */
	QL_CLOCK_DOR   /* from the first response to the event of PFS; responders alone */
};

enum ql_share {
	QL_SHARE_ORR,
	QL_SHARE_CR,
	QL_SHARE_PR,
	QL_SHARE_NPR,
	QL_SHARE_UMRD_BLOOD,
	QL_SHARE_UMRD_MARROW,
	QL_SHARE_UMRD_ANY,
	QL_SHARE_UMRD_BLOOD_IN_CR,
	QL_SHARE_UMRD_MARROW_IN_CR,
	QL_SHARE_NEUTROPENIA,
	QL_SHARE_INFECTION,
	QL_SHARE_AF,
	QL_SHARE_IRR,
	QL_SHARE_CRS,
	QL_SHARE_CRS_SEVERE,
	QL_SHARE_CRS_WORST,
	QL_SHARE_ICANS,
	QL_SHARE_ICANS_SEVERE,
	QL_SHARE_TOX_STOP,
	QL_SHARE_SPM,
	QL_SHARE_RICHTER,
	QL_SHARE_SPM_OR_RICHTER,
	QL_SHARE_DEAD,
	QL_SHARE_ALIVE,
	QL_SHARE_ON_TREATMENT
};

struct ql_target {
	char id[40];      /* "pfs_rate_24mo" */
	const char *unit; /* "1", "month" */
	enum ql_target_kind kind;
	enum ql_target_class class;
	enum ql_interval_of clock;
	enum ql_share share;
	double month;     /* rate */
};

/* Adverse events count while treatment goes on and this long after the last dose. */
#define QL_AE_WINDOW_DAY 90.0

/* NULL and *out filled, or the reason why no record answers. */
const char *ql_target_of(const struct ql_trial_row *row, struct ql_target *out);
/* Published value and limits in the target's unit. */
void ql_target_published(const struct ql_trial_row *row, double *value, double *lower, double *upper);

/* A patient whose observation ends on follow_day at the latest. False: not in the denominator. */
bool ql_target_time(const struct ql_patient_record *r, enum ql_interval_of clock, double follow_day, double *time, int *event);
/* 1, 0, or NaN: not in the denominator. continuous: treated until progression, so that the best response up to the
 * data cut counts; otherwise the response at the end of treatment. */
double ql_target_share(const struct ql_patient_record *r, enum ql_share share, bool continuous, double follow_day);

#endif
