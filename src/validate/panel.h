/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many trials under one model: designs, and cohorts of their arms, each
 * simulated once and kept. Arms of a trial draw different patients, and so do
 * trials; a cohort is a pure function of (design, arm, subgroup, seed).
 */
#ifndef QL_VALIDATE_PANEL_H
#define QL_VALIDATE_PANEL_H

#include "compare/compare.h"
#include "trial/arm.h"
#include "trial/design.h"

struct ql_cohort_records {
	struct ql_patient_record *record; /* finished patients only */
	unsigned char *continuous;        /* per record: its regimen goes on until progression */
	unsigned char *block;             /* per record: which parameter draw it lived under */
	size_t n;
	uint64_t n_failed;
};

struct ql_panel_spec {
	const char *data_dir;
	uint64_t patients, seed; /* per arm */
	int threads, lanes;
	double rtol; /* 0 = 1e-4 */
	const char **set; /* NAME=VALUE, parameters */
	int n_set;
	const char *draws; /* parameter draws (compare/draws.h); NULL or "none": the model's values */
	int n_draws;       /* first so many of them; 0 = all */
	bool first_line;   /* nothing after progression: faster, without overall survival */
	volatile const int *cancel;
	void (*progress)(void *ctx, uint64_t done, uint64_t total);
	void *progress_ctx;
};

struct ql_panel;
/* Reads model, protocol, next lines and draws. Close it whatever is returned. */
enum quell_status ql_panel_open(const struct ql_panel_spec *spec, struct ql_diags *ds, struct ql_panel **out);
void ql_panel_close(struct ql_panel *p);
struct ql_model *ql_panel_model(struct ql_panel *p);
int ql_panel_n_draws(const struct ql_panel *p);
/* Replaces the parameter values (calibration). param: [n_q], NaN where the model's value stands; kept by the caller. */
void ql_panel_set(struct ql_panel *p, const double *param);
/* Loads a design: id of library/trials or a path. */
enum quell_status ql_panel_design(struct ql_panel *p, const char *name, struct ql_diags *ds, struct ql_design **out);
/* Simulates an arm, or the patients of it that meet a condition (NULL: all), up to horizon_day. Freed by the caller. */
enum quell_status ql_panel_cohort(struct ql_panel *p, const struct ql_design *d, int arm,
				  const struct ql_condition *subgroup, double horizon_day, struct ql_diags *ds,
				  struct ql_cohort_records *out);
void ql_cohort_records_free(struct ql_cohort_records *c);

#endif
