/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A comparison as a page for people: one HTML file with its styles and drawings
 * inside, no script, nothing loaded from elsewhere. Same bytes for the same
 * inputs. The figure is the survival chart of the page as a file of its own.
 */
#ifndef QL_DECIDE_REPORT_H
#define QL_DECIDE_REPORT_H

#include "decide/compare.h"

struct ql_report_meta {
	const char *command; /* the command line that made it, or NULL */
	const char *solver;  /* "Rodas5P", "CVODE" */
};

void ql_report_html(const struct ql_compare *c, const struct ql_report_meta *meta, struct ql_buf *out);
/* The same with the page of `quell serve` and the JSON inside: where scripts run, charts take over. Still one file that
 * loads nothing, and the numbers are those of ql_compare_json(). */
void ql_report_page(const struct ql_compare *c, const struct ql_report_meta *meta, struct ql_buf *out);
/* A standalone SVG; nothing is written if the comparison has no survival curve. */
void ql_report_figure(const struct ql_compare *c, struct ql_buf *out);

/* The stored contrast of two arms in an endpoint, whichever way round it is stored; NULL if there is none. */
const struct ql_contrast *ql_compare_contrast(const struct ql_compare *c, int a, int b, const char *endpoint);
/* Id of the latest progression-free rate that could be estimated, "pfs_rate_72mo"; NULL if there is none. */
const char *ql_compare_last_rate(const struct ql_compare *c);

#define QL_RESEARCH_USE_LONG                                                                                       \
	"Research use only. quell simulates groups of virtual patients. It is not a medical device, and must not " \
	"be used to choose treatment for a person."

#endif
