/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What-ifs: library/whatif/<id>.yaml changes a regimen of the library to ask
 * what a future direction would bring. It replaces keys of the regimen
 * (`regimen:`) and changes numbers of its agents or of the model (`change:`),
 * with a rationale, sources and an evidence grade of its own.
 */
#ifndef QL_COMPARE_WHATIF_H
#define QL_COMPARE_WHATIF_H

#include "dosing/regimen.h"

struct ql_whatif_change {
	int q;      /* a PARAM, or an AGENT column */
	bool agent;
	enum { QL_CHANGE_FACTOR, QL_CHANGE_VALUE, QL_CHANGE_ADD } how;
	double x;
	struct ql_span span;
};
struct ql_whatif {
	const char *id, *title, *therapy, *warning, *rationale;
	char evidence_grade;
	const char **applies_to, **source;
	int n_applies_to, n_source;
	struct ql_whatif_change *change;
	int n_change;
	struct ql_yaml *yaml;
};

/* Everything is checked against the model; mistakes become diagnostics and QUELL_ERR_INPUT. Lives in `a`. */
enum quell_status ql_whatif_load(const struct ql_model *m, const char *path, struct ql_arena *a, struct ql_diags *ds, struct ql_whatif *out);
bool ql_whatif_applies(const struct ql_whatif *w, const char *regimen);
/* The regimen `base` (its YAML) as the what-if has it; named "BASE+ID", no treatment of the evidence base answers for it. */
enum quell_status ql_whatif_regimen(const struct ql_model *m, const struct ql_whatif *w, const struct ql_yaml *base, const char *agents_dir,
				    struct ql_arena *a, struct ql_diags *ds, struct ql_regimen *out);
/* Changes of parameters in param[q]; NaN: the model's value. */
void ql_whatif_parameters(const struct ql_model *m, const struct ql_whatif *w, double *param);
/* Those, and columns in the rows of `r` (which must be its own). */
enum quell_status ql_whatif_numbers(const struct ql_model *m, const struct ql_whatif *w, struct ql_regimen *r, double *param,
				    struct ql_diags *ds);

#endif
