/* SPDX-License-Identifier: Apache-2.0 */
/* One recommendation at work. */
#ifndef QL_DECIDE_RECOMMEND_PRIVATE_H
#define QL_DECIDE_RECOMMEND_PRIVATE_H

#include "compare/job.h"
#include "compare/trials.h"
#include "decide/model_error.h"
#include "decide/recommend.h"
#include "patient/posterior.h"

struct ql_candidate { /* one regimen */
	struct ql_applied_rule *rule;
	int n_rule, tier;
	bool preferred;       /* consensus names it for this profile */
	const char *excluded; /* NULL: simulated */
	struct ql_arm_result result;
	double *x;            /* [patients][QL_K_COUNT]; after drop_failed the first n_kept rows count */
	double pfs5, umrd;
	uint64_t failed;
	double error[QL_K_COUNT]; /* of the model, and calibration arms behind it */
	int error_arms[QL_K_COUNT];
	double infusion_day; /* last infusion that the regimen plans */
};

struct ql_recommending {
	const struct ql_recommend_spec *spec;
	struct ql_diags *ds;
	struct ql_recommendation *r;
	struct ql_run_spec run;
	struct ql_job job;
	struct ql_evidence *evidence;
	struct ql_trials *trials;
	struct ql_model_errors errors;
	struct ql_candidate *candidate; /* per arm */
	struct ql_values v; /* scratch of draws */
	double *log_weight;
	uint64_t n_candidate, n_kept;
	uint64_t *part;       /* patients of one parameter draw */
	uint64_t *kept;       /* [n_kept] rows of the records */
	double *age;          /* [patients] */
	int used;             /* utility set behind the ranking */
	struct ql_posterior_sample sample;
};

/* recommend_course.c: adds the log likelihood of the observed courses to log_weight. */
enum quell_status ql_recommend_courses(struct ql_recommending *k);
/* recommend_quality.c: reads the sets of utilities; years of one patient by the set behind the ranking; scores and other
 * sets, after the order is known. */
enum quell_status ql_recommend_utilities(struct ql_recommending *k);
double ql_recommend_qaly(const struct ql_recommending *k, const struct ql_candidate *c, uint64_t patient);
void ql_recommend_quality(struct ql_recommending *k);
/* recommend_rank.c: ranks, evidence, drivers, information, verdict. */
void ql_recommend_rank(struct ql_recommending *k);

#endif
