/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a comparison keeps of its patients: counts, so that memory does not
 * grow with patients and sums are the same in any order and any cut into
 * pieces. Times are counted in sixteenths of a day, rounded up; a month of
 * 30.4375 days is a whole number of them, so what happened by a landmark is
 * exact. Medians and means of times are late by at most 1/16 day. Course
 * quantiles have the error stated in trial/course.h. Nothing else is lost.
 */
#ifndef QL_COMPARE_TALLY_H
#define QL_COMPARE_TALLY_H

#include "compare/adverse.h"
#include "compare/endpoint.h"
#include "trial/arm.h"
#include "trial/course.h"

#define QL_TALLY_PER_DAY 16
#define QL_TALLY_CODES 4
#define QL_TALLY_MEANS (QL_M_WORRIES - QL_M_QALY + 1)

enum ql_tally_kind { /* what its codes are */
	QL_TALLY_PFS,      /* enum ql_pfs_cause */
	QL_TALLY_INFECTION, /* this and the rest: 0 censored, 1 happened, 2 death before it */
	QL_TALLY_AF,
	QL_TALLY_SPM,
	QL_TALLY_TOXICITY,
	QL_TALLY_DEATH,    /* to the end of all follow-up, like the next ones */
	QL_TALLY_NEXT,
	QL_TALLY_EFS,
	QL_TALLY_PFS2,
	QL_TALLY_DETERIORATION,
	QL_TALLY_DURATION, /* since the response; responders */
	QL_TALLY_RESPONSE,
	QL_TALLY_NEUTROPENIA,
	QL_TALLY_KINDS
};

/* Bins of the counts by parameter draw: only how draws differ is read from them. A quarter of a month, so that months
 * are whole numbers of them. */
#define QL_TALLY_COARSE_DAY 7.609375

struct ql_tally { /* one arm */
	double horizon_day;
	double width_day;              /* of a bin: 1/QL_TALLY_PER_DAY, or QL_TALLY_COARSE_DAY */
	int n_bin;                     /* the last one is the horizon */
	uint64_t done, failed;         /* patients: finished, and of these not integrated */
	uint64_t infections;           /* severe ones */
	uint64_t follow, follow_last;  /* sum of bins under observation; patients whose bin is the last */
	uint64_t adverse[QL_ADVERSE], at_risk[QL_ADVERSE], at_risk_last[QL_ADVERSE]; /* first events; bins until them, as above */
	uint64_t mean[QL_TALLY_MEANS], mean_squares[QL_TALLY_MEANS]; /* QL_M_QALY to QL_M_WORRIES, of ql_tally_mean_value() */
	uint64_t yes[QL_MEASURES];     /* patients for whom a share's measure is true */
	uint32_t *count[QL_TALLY_KINDS]; /* [QL_TALLY_CODES * n_bin] */
};

struct ql_pair_sum { /* two arms, one endpoint: sums over patients who finished both */
	uint64_t n, a_better, b_better;
	/* For a mean of times: difference d of bins, and e of being in the last bin (which may be short). */
	int64_t d, e, de;
	uint64_t ee;
	unsigned __int128 dd;
};

/* Bin of a time, and the day that it stands for. Days above the horizon count as the horizon. */
int ql_tally_bin(double day, double horizon_day);
double ql_tally_day(int bin, double horizon_day);
int ql_tally_bins(double horizon_day);

/* Day that a bin of a tally stands for. */
double ql_tally_time(const struct ql_tally *t, int bin);
/* Days of `bins` added up over patients of whom `last` have the last bin. */
double ql_tally_days(const struct ql_tally *t, uint64_t bins, uint64_t last);

/* Years and scores in steps of 1/QL_TALLY_PER_YEAR, so that sums are exact. */
#define QL_TALLY_PER_YEAR 512
uint64_t ql_tally_years(double years);
/* of the measure QL_M_QALY + which */
uint64_t ql_tally_mean_value(const struct ql_patient_record *r, int which);

/* Empty counts of one arm; freed with ql_tally_free. */
void ql_tally_make(struct ql_tally *t, double horizon_day);
void ql_tally_make_coarse(struct ql_tally *t, double horizon_day);
void ql_tally_free(struct ql_tally *t);
void ql_tally_clear(struct ql_tally *t);
void ql_tally_add(struct ql_tally *t, const struct ql_patient_record *r);
void ql_tally_pack(const struct ql_tally *t, struct ql_buf *out);
struct ql_unpack;
void ql_tally_unpack(struct ql_tally *t, struct ql_unpack *u); /* adds */

void ql_pair_add(struct ql_pair_sum *p, const struct ql_patient_record *a, const struct ql_patient_record *b,
		 const struct ql_endpoint_def *def, double horizon_day);

struct ql_summary { /* all arms and pairs of a comparison */
	int n_arm, n_def, n_pair;
	const struct ql_endpoint_def *def;
	struct ql_tally *arm;
	struct ql_course_sum **course; /* per arm */
	struct ql_pair_sum *pair;      /* [n_pair][n_def]; pairs (0,1), (0,2) ... (1,2) ... */
	int n_draw;                    /* of parameters; 0: none */
	struct ql_tally *by_draw;      /* [n_draw][n_arm], coarse */
	uint64_t steps, rejected;
};

/* On the heap; `def` must outlive it. n_draw: parameter draws, patient i under draw i modulo n_draw; 0: none. */
struct ql_summary *ql_summary_make(int n_arm, int n_draw, double horizon_day, const struct ql_endpoint_def *def, int n_def);
void ql_summary_free(struct ql_summary *s);
/* Adds patients first .. first+n-1: result[arm].record[0..n), the same patients in every arm, and the courses. */
void ql_summary_add(struct ql_summary *s, const struct ql_arm_result *result, uint64_t first, uint64_t n);
const struct ql_pair_sum *ql_summary_pair(const struct ql_summary *s, int a, int b, int def);
/* As bytes; adding them to another summary of the same comparison. QUELL_ERR_INPUT: not such bytes; `s` is then of no
 * more use. */
void ql_summary_pack(const struct ql_summary *s, struct ql_buf *out);
enum quell_status ql_summary_unpack(struct ql_summary *s, const void *data, size_t size);

#endif
