/* SPDX-License-Identifier: Apache-2.0 */
/* A comparison between its files: compare.c opens, finishes and closes it, compare_simulate.c runs the patients,
 * compare_fill.c turns what they add up to into the result. */
#ifndef QL_COMPARE_COMPARE_PRIVATE_H
#define QL_COMPARE_COMPARE_PRIVATE_H

#include "compare/compare.h"
#include "compare/endpoint.h"
#include "compare/job.h"
#include "compare/tally.h"
#include <pthread.h>

struct ql_evidence;
struct ql_trials;

struct ql_told { /* how far a part of the run is */
	struct ql_comparison *k;
	uint64_t done;
};

struct ql_comparison { /* one call at work */
	const struct ql_run_spec *spec;
	struct ql_diags *ds;
	struct ql_compare *c;
	struct ql_job job;
	struct ql_evidence *evidence;
	struct ql_trials *trials;
	struct ql_arm_result *result; /* per arm: the patients simulated last */
	struct ql_arm_result part;    /* of them: those of one parameter draw */
	double *response_day;         /* per arm */
	struct ql_cohort *cohort;
	struct ql_endpoint_def *def;
	int n_def, n_all; /* n_all: arms, those that only bound others included */
	uint64_t done_before;
	struct ql_told *told, whole;     /* what is at work; an arm in one */
	int n_told;
	pthread_mutex_t told_lock;
	struct ql_arena scratch, cells;
	/* arguments of the call in progress */
	uint64_t first, n;
	struct ql_summary *sum;
	const struct ql_summary *total;
	int arm;
	void (*observe)(void *ctx, int arm, uint64_t patient, double day, unsigned at, const double *out);
	void *observe_ctx;
};

static inline const char *ql_comparison_copy(struct ql_comparison *k, const char *s)
{
	return ql_arena_strdup(&k->c->arena, s);
}

/* Patients k->first .. k->first + k->n - 1 under every regimen into k->result. Memory that runs out unwinds. */
enum quell_status ql_comparison_simulate_arms(struct ql_comparison *k);

/* What k->total says into k->c: arms with endpoints, curves and courses, and their differences. Memory that runs out
 * unwinds. */
void ql_comparison_fill(struct ql_comparison *k);

#endif
