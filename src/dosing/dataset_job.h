/* SPDX-License-Identifier: Apache-2.0 */
/* A data set through a model, with settings and agent rows by name: what `quell simulate --data` and the library do. */
#ifndef QL_DOSING_DATASET_JOB_H
#define QL_DOSING_DATASET_JOB_H

#include "dosing/dataset.h"

struct ql_dataset_job {
	const char *data_dir;     /* NULL: looked up when an agent row is needed */
	const char *const *set;   /* "NAME=VALUE": a parameter */
	int n_set;
	const char *const *agent; /* "SLOT=NAME": rows of library/agents in place of the model's defaults */
	int n_agent;
	enum ql_interpolation interpolation;
	bool states;       /* states of the model as columns, too */
	double rtol, atol; /* 0: the defaults of ql_dataset_run */
	int threads;       /* 0: all cores */
	int native;        /* enum ql_native */
	volatile const int *cancel;
};

/* table was read with `any_case`. Everything lives in `a`; m gains nodes. All mistakes of settings, agents and records
 * are reported in one go. QUELL_ERR_NUMERIC if subjects failed; the rest is there. */
enum quell_status ql_dataset_job_run(const struct ql_dataset_job *job, struct ql_model *m, struct ql_csv *table,
				     struct ql_arena *a, struct ql_diags *ds, struct ql_dataset *data,
				     struct ql_dataset_result *out);

#endif
