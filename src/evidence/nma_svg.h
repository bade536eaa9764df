/* SPDX-License-Identifier: Apache-2.0 */
/* Plots of a meta-analysis as SVG: black labels, colours that pass 3:1 on white, title and description inside. */
#ifndef QL_EVIDENCE_NMA_SVG_H
#define QL_EVIDENCE_NMA_SVG_H

#include "evidence/nma_report.h"
#include "evidence/pairwise_report.h"

void ql_nma_svg_forest(const struct ql_nma_report *r,
		       struct ql_buf *out); /* against the reference, best P-score first */
void ql_nma_svg_network(const struct ql_nma_report *r,
			struct ql_buf *out);                              /* nodes and edges grow with their studies */
void ql_nma_svg_ranks(const struct ql_nma_report *r, struct ql_buf *out); /* rankogram; empty without draws */
void ql_pair_svg_forest(const struct ql_pair_report *r, struct ql_buf *out);
void ql_pair_svg_funnel(const struct ql_pair_report *r, struct ql_buf *out);

#endif
