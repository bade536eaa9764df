/* SPDX-License-Identifier: Apache-2.0 */
/* Tables and plots of a meta-analysis for the terminal. */
#ifndef QL_CLI_NMA_TEXT_H
#define QL_CLI_NMA_TEXT_H

#include "cli/cli.h"
#include "evidence/nma_report.h"
#include "evidence/pairwise_report.h"

/* Summary, forest against the reference, inconsistency, splits, league, notes. */
void ql_nma_print(struct ql_cli *c, const struct ql_nma_report *r);
/* Component model, meta-regression and posterior, as far as the report has them. */
void ql_nma_print_models(struct ql_cli *c, const struct ql_nma_report *r);
void ql_pair_print(struct ql_cli *c, const struct ql_pair_report *r);
/* The plots as SVG files in a folder that exists: forest, network, ranks (or forest, funnel); the names get the prefix.
 */
enum quell_status ql_nma_write_svg(struct ql_cli *c, const struct ql_nma_report *r, const char *folder,
				   const char *prefix);
enum quell_status ql_pair_write_svg(struct ql_cli *c, const struct ql_pair_report *r, const char *folder);
/* All pairs as CSV: treat, comp, estimate, limits, both scales. */
enum quell_status ql_nma_write_league(struct ql_cli *c, const struct ql_nma_report *r, const char *path);
/* "0.41", "12.3", "<0.001": at most four characters of information. */
const char *ql_short_number(double x, char *buf);
const char *ql_p_text(double p, char *buf); /* "p 0.03", "p < 0.001", "" for NaN */

#endif
