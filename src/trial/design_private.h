/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QL_TRIAL_DESIGN_PRIVATE_H
#define QL_TRIAL_DESIGN_PRIVATE_H

#include "trial/design.h"
#include "trial/names.h"

#define QL_ELIGIBLE_AT_LEAST 0.005 /* of the population: below it, drawing would take hundreds of tries */

struct design_reader {
	const struct ql_model *m;
	const char *data_dir, *path;
	struct ql_arena *a;
	struct ql_diags *ds;
	struct ql_design *out;
	struct ql_span whole;
	bool population; /* loaded */
};

void ql_design_complain(struct design_reader *r, enum ql_code code, struct ql_span at, const char *help,
			const char *fmt, ...) QL_PRINTF(5, 6);
/* What the parts of the file say against each other. */
void ql_design_check(struct design_reader *r);

#endif
