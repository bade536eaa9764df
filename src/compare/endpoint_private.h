/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QL_COMPARE_ENDPOINT_PRIVATE_H
#define QL_COMPARE_ENDPOINT_PRIVATE_H

#include "compare/endpoint.h"

struct ql_times {
	double *time;   /* on the grid of compare/tally.h */
	int *event;     /* 0 censored, 1 what the measure counts, 2 a competing event */
	double *weight; /* patients */
	size_t n;
	double patients; /* sum of weights */
};

bool ql_cohort_counts(const struct ql_cohort *c, uint64_t i);
struct ql_times ql_cohort_times(const struct ql_cohort *c, enum ql_measure m, struct ql_arena *a);
double ql_record_value(const struct ql_patient_record *r, const struct ql_endpoint_def *def, double horizon_day);
/* False for response and MRD when their visit is not within the horizon. */
bool ql_cohort_judged(const struct ql_cohort *c, enum ql_measure m);
bool ql_endpoint_is_share(enum ql_measure m);
bool ql_measure_is_bad(enum ql_measure m);     /* shares of what nobody wants */
bool ql_endpoint_is_rate(enum ql_measure m);   /* Kaplan-Meier at a landmark */
bool ql_endpoint_is_per_year(enum ql_measure m); /* events over time at risk */
bool ql_endpoint_is_median(enum ql_measure m); /* of a Kaplan-Meier curve */
/* The event of a record: false if the patient does not count. 0 censored, 1 what the measure counts, 2 competing. */
bool ql_record_event(const struct ql_patient_record *r, enum ql_measure m, double *time, int *event);
bool ql_cohort_incidence(const struct ql_cohort *c, const struct ql_endpoint_def *def, struct ql_arena *a,
			 double *value, double *se, uint64_t *n);
/* Log hazard ratio of a measure that is a median, a over b, by Cox with Efron's ties; false if there is none. */
bool ql_cohort_hazard_ratio(const struct ql_cohort *a, const struct ql_cohort *b, enum ql_measure m, double *beta,
			    double *se);

#endif
