/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A time course of an SBML file with the event semantics of SBML: triggers
 * with initial values, values from trigger time, persistence, and chains of
 * events at one time. Events that fire together run in the order of the file.
 */
#ifndef QL_DOSING_SBML_RUN_H
#define QL_DOSING_SBML_RUN_H

#include "lang/sbml.h"

/* A settings file of the SBML test suite. */
struct ql_sbml_settings {
	double start, duration;
	long steps;
	const char **variable;
	struct ql_span *span; /* of each variable's line */
	bool *as_amount, *as_concentration;
	int n_variable;
	double absolute, relative; /* wanted tolerances; 1e-6 and 1e-4 where not given */
};
enum quell_status ql_sbml_settings_read(const char *path, struct ql_arena *a, struct ql_diags *ds,
					struct ql_sbml_settings *out);

/* Table as text: time and the variables, one row per output time. rtol 0: chosen from the settings. */
enum quell_status ql_sbml_run(struct ql_model *m, const struct ql_sbml *info, const struct ql_sbml_settings *set,
			      double rtol, volatile const int *cancel, struct ql_diags *ds, struct ql_buf *out);

#endif
