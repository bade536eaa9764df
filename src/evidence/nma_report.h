/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that one network meta-analysis shows, computed once; as JSON, text and SVG. */
#ifndef QL_EVIDENCE_NMA_REPORT_H
#define QL_EVIDENCE_NMA_REPORT_H

#include "evidence/nma_bayes.h"
#include "evidence/nma_components.h"
#include "evidence/nma_rare.h"
#include <jansson.h>

struct ql_nma_report {
	const char *dataset, *method; /* as asked for: "DL", "REML", "MH", ... */
	const struct ql_nma_data *d;
	int n_studies;
	const struct ql_nma *m;
	struct ql_designs designs;
	bool has_designs; /* false for rare-event methods: only the inconsistency below, if any */
	double q_inc;     /* Mantel-Haenszel; NaN else */
	int df_inc;
	struct ql_split *split;
	int n_split;
	struct ql_ranks ranks;
	struct ql_contributions contributions;     /* n_row 0: not asked for */
	const struct ql_component_fit *components; /* NULL: not asked for */
	const struct ql_regression_fit *regression;
	const struct ql_bayes *bayes;
	const char *const *left_out; /* names of treatments in other parts of the network */
	int n_left_out;
};

/* Fits and derives all parts. Draws for the rankogram only up to 100 treatments, contributions up to 40. */
struct ql_nma_report_options {
	struct ql_nma_options fit;
	bool heat, contributions;
	enum ql_flow flow;
	int rare; /* enum ql_rare_method, or -1 */
	uint64_t draws, seed;
};
enum quell_status ql_nma_report_run(const struct ql_nma_data *d, const struct ql_nma_report_options *o,
				    struct ql_diags *ds, struct ql_nma_report *out);

/* In words: does the network have loops, what cannot be assessed. Into out, one sentence per line. */
void ql_nma_words(const struct ql_nma_report *r, struct ql_buf *out);

/* The part of the axis that a forest plot shows: room for the estimates and most of their limits, so that one useless
 * interval does not flatten the others; 0 is always inside, `pad` of the width is added on both sides. */
struct ql_forest_range {
	double low, high;
	enum ql_measure m;
};
struct ql_forest_range ql_forest_range(enum ql_measure m, const struct ql_estimate *e, int n, double pad);

/* Treatments, best P-score first; in the data's arena. */
int *ql_nma_rank_order(const struct ql_nma_report *r);

/* Parts of it. */
json_t *ql_components_json(const struct ql_nma_report *r);
json_t *ql_regression_json(const struct ql_nma_report *r);
json_t *ql_bayes_json(const struct ql_nma_report *r);
/* schema "quell.nma/1"; a new reference. */
json_t *ql_nma_json(const struct ql_nma_report *r);

#endif
