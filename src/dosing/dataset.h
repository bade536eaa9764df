/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NONMEM data sets: records of doses, observations and resets, and their
 * simulation with any model.
 *
 * Columns (any case): ID TIME, and as needed EVID AMT CMT RATE DUR II ADDL SS MDV;
 * covariates of the model, which may change from record to record; inputs of
 * the model, which hold from their record on. DV and other columns are left
 * alone. A column C with "C" in a row comments the row out. TIME is the
 * model's own unit (day in models with units).
 *
 * Semantics are NONMEM's (PREDPP): additional and lagged doses act before a
 * record of the same time; EVID 3, EVID 4 and SS 1 give all states their
 * initial values, stop running infusions and cancel doses still to come; SS 2
 * adds its own steady state to what is there; a steady-state regimen with a
 * lag has all its doses lagged; infusions of it that still run go on;
 * bioavailability scales the amount and so the duration of an infusion of
 * given rate, and the rate of one of modelled duration (RATE -2).
 */
#ifndef QL_DOSING_DATASET_H
#define QL_DOSING_DATASET_H

#include "base/csv.h"
#include "emit/plan.h"

struct ql_record {
	int row;       /* of the table, for messages */
	double time, amt, rate, ii, dur; /* dur > 0: of the infusion; rate is -2 then */
	int evid, ss;
	long addl;
	int dose;      /* of the model; -1 if the record gives none */
};

struct ql_subject {
	const char *id;
	int first, n; /* records */
};

struct ql_dataset {
	struct ql_csv *table;
	struct ql_record *record;
	int n_record;
	struct ql_subject *subject;
	int n_subject;
	int *column_q; /* covariates and inputs that have a column */
	int n_column;
	double *value; /* [record*n_column + column], missing ones filled from above */
	/* places of columns for messages, -1 if absent */
	int col_id, col_time, col_amt, col_rate, col_ii, col_addl, col_ss, col_cmt, col_evid, col_mdv, col_dur;
};

/* Reads and checks; every malformed row is reported with line and column. Lives in `a`. */
enum quell_status ql_dataset_read(const struct ql_model *m, const char *path, struct ql_arena *a, struct ql_diags *ds,
				  struct ql_dataset *out);
/* The same from a table that was read with `any_case`; it must outlive *out. */
enum quell_status ql_dataset_take(const struct ql_model *m, struct ql_csv *table, struct ql_arena *a, struct ql_diags *ds,
				  struct ql_dataset *out);

/* The same from a text that the diagnostics hold. */
enum quell_status ql_dataset_parse(const struct ql_model *m, const struct ql_source *text, struct ql_arena *a, struct ql_diags *ds,
				   struct ql_dataset *out);

/* How a covariate goes from one record to the next: the later value from the earlier record on (NONMEM), the earlier
 * value up to the later record, or a straight line. */
enum ql_interpolation { QL_NOCB, QL_LOCF, QL_LINEAR };

struct ql_dataset_run {
	struct ql_model *model; /* gains nodes and, for QL_LINEAR, hidden inputs */
	const struct ql_dataset *data;
	enum ql_interpolation interpolation;
	const double *param; /* [n_q at the time of the call] values of QL_PARAM and QL_AGENT, NaN = the model's; or NULL */
	double rtol, atol;   /* 0: 1e-8 and 1e-10 (atol where the model gives none) */
	int threads;
	int native; /* enum ql_native of emit/native.h: whether compiled kernels are used; results are the same */
	bool states; /* the states of the model, too, behind its outputs */
	volatile const int *cancel;
};

struct ql_dataset_result {
	const char **name; /* columns: outputs, then states where asked for */
	int *quantity;     /* of the model, per column */
	int n_out;
	double *value; /* [record*n_out], NaN where a subject failed before */
	int n_failed;
	const enum quell_status *status; /* [n_subject] */
};

/* Outputs at every record, typical values (all random effects 0). Lives in `a`. QUELL_ERR_NUMERIC if subjects failed
 * (each with a diagnostic); the rest is there. */
enum quell_status ql_dataset_simulate(const struct ql_dataset_run *run, struct ql_arena *a, struct ql_diags *ds,
				      struct ql_dataset_result *out);
/* ID,TIME,outputs in the order of the records. */
void ql_dataset_write(const struct ql_dataset *data, const struct ql_dataset_result *result, struct ql_buf *out);

#endif
