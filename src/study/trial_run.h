/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One trial from its design: patients are allocated, treated and followed in
 * chunks; a chunk gives records; records are added into a sum of fixed size;
 * estimates come from the sum. Nothing grows with the number of patients
 * unless the caller keeps the records.
 *
 *	ql_trial_open(&spec, ds, &t);
 *	sum = ql_trial_sum_make(t);
 *	for each chunk: ql_trial_chunk(t, replicate, first, n, record, ...);
 *	                ql_trial_sum_add(sum, record, n);
 *	ql_trial_estimate(t, sum, &arena, &result);
 *
 * Patient i of replicate r is a pure function of (design, seed, r, i): any
 * chunking, order, threads or machines give the same records, and sums add up
 * to the same bytes in any order. Arms draw independent patients, and so do
 * replicates.
 */
#ifndef QL_STUDY_TRIAL_RUN_H
#define QL_STUDY_TRIAL_RUN_H

#include "compare/compare.h"
#include "trial/record.h"

/* Allocation goes by blocks of this many patients; chunks start at multiples of it and end there or at the last
 * patient. */
#define QL_TRIAL_BLOCK 256u
#define QL_TRIAL_MAX_ARMS 8
#define QL_TRIAL_MAX_STRATA 64

struct ql_trial_spec {
	const char *data_dir, *design; /* name in library/trials or a path */
	uint64_t patients;             /* all arms together; 0 = as the design says */
	uint64_t seed;
	int threads, lanes;
	enum ql_solver solver;
	double rtol;                   /* 0 = 1e-4 */
	const char **set;              /* as in struct ql_run_spec */
	int n_set;
	const char *draws;             /* parameter draws (compare/draws.h), for ql_trial_use_draw; NULL: none */
	int n_draws;                   /* the first so many; 0 = all */
	volatile const int *cancel;
};

struct ql_trial; /* opened: design, model, plans and kernels of every arm and of what may follow */

struct ql_trial_info {
	const char *id, *title, *population, *model_name;
	int n_arm, n_stratum;
	const char *arm[QL_TRIAL_MAX_ARMS], *arm_title[QL_TRIAL_MAX_ARMS];
	const char *warning[QL_TRIAL_MAX_ARMS]; /* "no clinical data in CLL"; NULL if none */
	char evidence_grade[QL_TRIAL_MAX_ARMS];
	uint64_t n[QL_TRIAL_MAX_ARMS], n_total;
	const char *stratum[QL_TRIAL_MAX_STRATA];
	double follow_day;
	uint64_t model_hash, design_hash, seed;
	double rtol;
	const char *draws; /* NULL: none */
	uint64_t draws_hash;
	int n_draws;
};

/* Reads and checks everything, all mistakes at once. *out is NULL on failure. */
enum quell_status ql_trial_open(const struct ql_trial_spec *spec, struct ql_diags *ds, struct ql_trial **out);
/* The parameters of the draw of a replicate: they are taken in turn. Without draws: nothing. Not during a chunk. */
void ql_trial_use_draw(struct ql_trial *t, uint64_t replicate);
void ql_trial_close(struct ql_trial *t);
const struct ql_trial_info *ql_trial_info(const struct ql_trial *t);

/* What a visit of a patient showed (for data sets): assayed values in the order of ql_trial_lab. Called for one patient
 * in order of time, for several patients by several threads at once. */
struct ql_trial_lab {
	const char *code, *title, *unit; /* "LYM", "Lymphocytes", "10^9/L" */
	const char *output;              /* of the model */
};
extern const struct ql_trial_lab ql_trial_lab[];
extern const int ql_trial_lab_count;
typedef void ql_trial_visit_fn(void *ctx, uint64_t patient, double day, const double *lab);

/* Records of patients first .. first+n-1 (numbers within the trial), in order, into record[n]. One chunk at a time per
 * struct ql_trial; a chunk uses the trial's threads. QUELL_ERR_INTERRUPTED after a cancel: patients that were not
 * finished have that status. visit may be NULL. */
enum quell_status ql_trial_chunk(struct ql_trial *t, uint64_t replicate, uint64_t first, uint64_t n,
				 struct ql_patient_record *record, ql_trial_visit_fn *visit, void *visit_ctx,
				 struct ql_diags *ds);

/* Counts of an analysis, of fixed size whatever the number of patients: tallies by arm (compare/tally.h), and times to
 * progression, death and next treatment by arm, stratum and day, rounded up, as data sets hold them. */
enum ql_trial_time { QL_TIME_PFS, QL_TIME_OS, QL_TIME_TTNT, QL_TRIAL_TIMES };
extern const char *const ql_trial_time_id[QL_TRIAL_TIMES]; /* "pfs", "os", "ttnt" */
struct ql_trial_sum;
struct ql_trial_sum *ql_trial_sum_make(const struct ql_trial *t);
void ql_trial_sum_free(struct ql_trial_sum *s);
void ql_trial_sum_clear(struct ql_trial_sum *s);
void ql_trial_sum_add(struct ql_trial_sum *s, const struct ql_patient_record *record, uint64_t n);
/* As bytes, and adding them to another sum of the same trial. QUELL_ERR_INPUT: not such bytes; `s` is then of no more use. */
void ql_trial_sum_pack(const struct ql_trial_sum *s, struct ql_buf *out);
enum quell_status ql_trial_sum_unpack(struct ql_trial_sum *s, const void *data, size_t size);
uint64_t ql_trial_sum_done(const struct ql_trial_sum *s, int arm, uint64_t *failed);

/* Day in the trial at which a patient entered, the first one at 0: evenly over the accrual. */
double ql_trial_entry_day(const struct ql_trial *t, uint64_t replicate, uint64_t patient);
/* The day, on days as data sets hold them, and whether it is an event; false if the patient does not count. */
bool ql_trial_event(const struct ql_patient_record *r, enum ql_trial_time what, int *day, bool *event);

/* First arm against another one: hazard ratio (Cox, Efron's ties, stratified) and log-rank test (stratified). */
struct ql_trial_contrast {
	enum ql_trial_time what;
	int arm_a, arm_b;
	double events, hazard_ratio, lower, upper, p; /* NaN where they cannot be had; p two-sided */
	double log_hr, se, z;                         /* z of the log-rank test; below 0: a is better */
};
struct ql_trial_result {
	struct ql_endpoint *endpoint[QL_TRIAL_MAX_ARMS]; /* the same list in every arm */
	int n_endpoint;
	struct ql_curve curve[QL_TRIAL_MAX_ARMS][2];     /* pfs, os */
	int n_curve;
	struct ql_trial_contrast *contrast;
	int n_contrast;
};
/* Everything in `a`; published figures are not looked up. */
enum quell_status ql_trial_estimate(const struct ql_trial *t, const struct ql_trial_sum *s, struct ql_arena *a,
				    struct ql_trial_result *out);
void ql_trial_contrast_fit(const struct ql_trial_sum *s, enum ql_trial_time what, int a, int b,
			   struct ql_trial_contrast *out);

#endif
