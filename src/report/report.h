/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A result as one HTML file that loads nothing: the page of `quell serve` with the JSON inside, so that the numbers are
 * those of --json. Same bytes for the same inputs. The figure is the survival chart of a comparison as a file of its own.
 */
#ifndef QL_REPORT_REPORT_H
#define QL_REPORT_REPORT_H

#include "compare/compare.h"

struct ql_report {
	const char *title;
	const char *command;        /* the command line that made it; NULL: none */
	const char *solver;         /* "Rodas5P", "CVODE"; NULL: not said */
	const struct ql_buf *json;  /* quell.compare, quell.trial, quell.validate or quell.recommend */
};

void ql_report_page(const struct ql_report *r, struct ql_buf *out);
/* "clb-obi, ven-obi compared", in the arena. */
const char *ql_compare_heading(const struct ql_compare *c, struct ql_arena *a);
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
