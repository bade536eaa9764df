/* SPDX-License-Identifier: Apache-2.0 */
/* Rows per patient that a run was asked to keep: records, and courses on the days of trial/course.h. Packed on the
 * rank that simulated them, put into tables by the one that writes. */
#ifndef QL_SCALE_ROWS_H
#define QL_SCALE_ROWS_H

#include "compare/compare.h"
#include "store/store.h"
#include "trial/course.h"
#include "trial/names.h"

struct ql_rows {
	bool patients, courses;
	int n_arm, n_day;
	double day[QL_COURSE_MAX_DAYS];
	struct ql_trial_names *names; /* [n_arm] */
	uint64_t first, n;
	float *value;                 /* [n_arm][n][n_day][QL_NAMES_MAX_AXES], NaN: not read */
	size_t cap;
};

/* Watches the comparison if courses are wanted. */
void ql_rows_open(struct ql_rows *r, struct ql_comparison *k, bool patients, bool courses);
void ql_rows_free(struct ql_rows *r);
void ql_rows_begin(struct ql_rows *r, uint64_t first, uint64_t n);
void ql_rows_pack(const struct ql_rows *r, const struct ql_comparison *k, uint64_t first, uint64_t n, struct ql_buf *out);
enum quell_status ql_rows_put_patient(struct ql_store *s, int64_t run, int arm, uint64_t patient,
				      const struct ql_patient_record *r);
enum quell_status ql_rows_keep(const void *data, size_t size, struct ql_store *s, int64_t run);

#endif
