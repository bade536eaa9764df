/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A simulated hazard ratio beside the evidence: for a pair of regimens the
 * direct, the indirect and the network estimate, where they come from, and
 * whether the simulation agrees. Used by compare, validate and the page.
 *
 *	struct ql_join *j;
 *	ql_join_open(e, "PFS_HR", "1L", false, &arena, ds, &j);
 *	struct ql_joined x = ql_join_pair(j, a->treatment, a->n, b->treatment, b->n, (struct ql_simulated){log(hr),
 *...});
 */
#ifndef QL_EVIDENCE_JOIN_H
#define QL_EVIDENCE_JOIN_H

#include "evidence/select.h"

enum ql_agreement {
	QL_NO_EVIDENCE,   /* no trial connects the two regimens */
	QL_NOT_SIMULATED, /* evidence, but no simulated value */
	QL_AGREES,        /* the simulated value lies in the 95 % interval of the network */
	QL_NEAR,          /* outside, but within what a further trial could show, or the two intervals overlap */
	QL_DIFFERS
};

struct ql_simulated { /* log hazard ratio of a against b; NaN te: not simulated */
	double te, lower, upper;
};
struct ql_joined {
	const char *treat_a, *treat_b;                /* names in the evidence; NULL if the regimen has none there */
	struct ql_estimate network, direct, indirect; /* log hazard ratios of a against b; te NaN where there is none */
	double proportion_direct;                     /* 0 to 1 */
	const struct ql_trial_row **row;              /* direct evidence: rows of the trials that compare the two */
	int n_row;
	bool verified; /* every row of this part of the network is verified */
	enum ql_agreement agreement;
	const char *statement; /* one sentence for people */
};

struct ql_join;
/* Networks of one endpoint and line (random effects, DL). QUELL_OK also when there is no evidence at all: then every
 * pair answers QL_NO_EVIDENCE. */
enum quell_status ql_join_open(const struct ql_evidence *e, const char *endpoint, const char *line, bool recalled,
			       struct ql_arena *a, struct ql_diags *ds, struct ql_join **out);
/* a and b: names of a regimen in evidence/trials.csv (`treatment` of a regimen file); the first that the network knows
 * counts. Strings live in the arena of the join. */
struct ql_joined ql_join_pair(struct ql_join *j, const char *const *a, int n_a, const char *const *b, int n_b,
			      struct ql_simulated s);
const char *ql_agreement_text(enum ql_agreement g); /* "agrees", ... for JSON */

#endif
