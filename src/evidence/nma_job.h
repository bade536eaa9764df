/* SPDX-License-Identifier: Apache-2.0 */
/* One table through everything that was asked for: what `quell nma` and the library do. */
#ifndef QL_EVIDENCE_NMA_JOB_H
#define QL_EVIDENCE_NMA_JOB_H

#include "base/csv.h"
#include "evidence/nma_report.h"
#include "evidence/pairwise_report.h"

struct ql_nma_request {
	const char *dataset;      /* name in the result; NULL: from the table's file name */
	const char *method;       /* "DL", "REML:knha", "MH", ... */
	const char *reference;    /* NULL: the most compared treatment */
	const char *covariate;    /* column of a meta-regression; NULL */
	const char *group1, *group2; /* sides of 2x2 tables; NULL: treatment, control */
	const char *inactive;     /* treatment without components; NULL */
	const char *tau_prior;    /* "half-normal:0.5", "uniform:2"; NULL: half-normal:1 */
	int measure;              /* 0: as the columns say; else enum ql_measure */
	bool common, undesirable, hk, repair, exact_names, heat, keep_double_zero, components, separate_slopes, bayes;
	int contributions;        /* 0 none, 1 shortest path, 2 random walk */
	int chains, warmup, chain_draws;
	double level, increment, effect_sd; /* level in percent; effect_sd 0: 10 */
	uint64_t draws, seed;
	volatile int *cancel;
};

struct ql_nma_answer {
	bool is_pair; /* two treatments in two-arm studies, by a pairwise method */
	struct ql_pair_report pair;
	struct ql_nma_report network;
	double network_ms; /* time of the network part; never in JSON */
};

/* table was read with `any_case`. Everything lives in `a`. */
enum quell_status ql_nma_job_run(struct ql_arena *a, struct ql_csv *table, const struct ql_nma_request *q,
				 struct ql_diags *ds, struct ql_nma_answer *out);
/* schema "quell.nma/1"; a new reference. */
json_t *ql_nma_answer_json(const struct ql_nma_answer *x);

#endif
