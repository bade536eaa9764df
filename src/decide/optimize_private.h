/* SPDX-License-Identifier: Apache-2.0 */
/* One optimisation at work. */
#ifndef QL_DECIDE_OPTIMIZE_PRIVATE_H
#define QL_DECIDE_OPTIMIZE_PRIVATE_H

#include "decide/optimize.h"

struct optimizing {
	const struct ql_optimize_spec *spec;
	struct ql_diags *ds;
	struct ql_optimisation *o;
	struct ql_run_spec run;
	struct ql_yaml *yaml, *regimen;
	const struct ql_yaml *second_line, *stop_rule; /* NULL: none */
	struct ql_yaml *next_table, *protocol; /* what they go into */
	const char *bound_of[QL_O_COUNT]; /* reference regimen whose measure is the bound */
	double margin[QL_O_COUNT];
	const char **compare;
	int n_compare, most;
	bool trying; /* schedules, not references */
	char folder[40], path[64], next_path[64], protocol_path[64]; /* the schedule in hand, as files */
	enum quell_status status;
};

/* optimize_text.c: the file with its variables replaced. */
void ql_opt_put_text(const struct ql_optimisation *o, const double *x, const char *text, bool quoted, struct ql_buf *b);
void ql_opt_put_map(const struct ql_optimisation *o, const double *x, const struct ql_yaml *y, struct ql_buf *b);
/* The table of next lines with the second line first; the protocol with the rule last. */
void ql_opt_put_next_line(const struct optimizing *k, const double *x, struct ql_buf *b);
void ql_opt_put_protocol(const struct optimizing *k, const double *x, struct ql_buf *b);

#endif
