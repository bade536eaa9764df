/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time courses of an arm as histograms: one count per output, grid day and
 * bin. Counts add exactly in any order, so quantiles have the same bits for
 * any number of threads, and memory does not grow with patients. A quantile is
 * off by at most half a bin: see QL_COURSE_BINS and the ranges in course.c
 * (at most 1.1 % of the value on logarithmic axes, 0.0005 for marrow).
 */
#ifndef QL_TRIAL_COURSE_H
#define QL_TRIAL_COURSE_H

#include "base/pack.h"

#define QL_COURSE_BINS 1000
#define QL_COURSE_MAX_DAYS 64
#define QL_COURSE_SKIP 0xffffu /* bin number of "no value" */

struct ql_course_axis {
	const char *output, *title, *unit;
	double low, high; /* values outside are counted at the ends */
	bool logarithmic;
};

extern const struct ql_course_axis ql_course_axis[];
extern const int ql_course_axis_count;

struct ql_course_sum;

/* Visits of a trial are dense at first: days 0, 7, 14, 28, ... 364, then equal steps to the horizon. */
int ql_course_grid(double horizon_day, double *day /* [QL_COURSE_MAX_DAYS] */);

struct ql_course_sum *ql_course_make(const double *day, int n_day);
struct ql_course_sum *ql_course_like(const struct ql_course_sum *c); /* empty, with the same days */
void ql_course_free(struct ql_course_sum *c);
int ql_course_days(const struct ql_course_sum *c, const double **day);
/* Bin of a value on axis `a`, 0 .. QL_COURSE_BINS+1 (ends), QL_COURSE_SKIP for NaN. */
unsigned ql_course_bin(int a, double value);
/* Thread-safe. */
void ql_course_count(struct ql_course_sum *c, int a, int day, unsigned bin);
/* Adds the counts of `from`, which has the same days. */
void ql_course_merge(struct ql_course_sum *into, const struct ql_course_sum *from);
/* Counts as bytes, and their addition. */
void ql_course_pack(const struct ql_course_sum *c, struct ql_buf *out);
void ql_course_unpack(struct ql_course_sum *c, struct ql_unpack *u);
/* Patients counted, and the p-quantile of them; NaN if none. */
uint64_t ql_course_total(const struct ql_course_sum *c, int a, int day);
double ql_course_quantile(const struct ql_course_sum *c, int a, int day, double p);

#endif
