/* SPDX-License-Identifier: Apache-2.0 */
/* Hazard ratios of validated trials beside the whole network: direct, indirect and network estimates. */
#include "compare/trials.h"
#include "validate/validate_private.h"
#include <string.h>

static bool is_pfs_ratio(const struct ql_validated *x)
{
	return x->simulated && x->target.kind == QL_TARGET_HR && strcmp(x->row->endpoint, "PFS_HR") == 0 &&
	       strcmp(x->row->subgroup, "all") == 0;
}

enum quell_status ql_validation_evidence(struct validation *k)
{
	static const char *const line[] = {"1L", "RR"};
	struct ql_validation *v = k->v;
	for (size_t l = 0; l < sizeof line / sizeof *line; l++) {
		struct ql_trials *t;
		enum quell_status s = ql_trials_open(k->spec->panel.data_dir, v->evidence, line[l], &v->arena, k->ds, &t);
		if (s != QUELL_OK)
			return s;
		for (int i = 0; i < v->n_item; i++) {
			struct ql_validated *x = &v->item[i];
			const int top = QL_LEVELS - 1;
			if (!is_pfs_ratio(x) || strcmp(x->row->line, line[l]) != 0)
				continue;
			x->network = ql_trials_beside(t, (struct ql_trial_regimen){&x->row->treatment, 1},
						      (struct ql_trial_regimen){&x->row->comparator, 1},
						      (struct ql_ratio){x->sim.estimate, x->sim.lower[top], x->sim.upper[top]});
		}
	}
	return QUELL_OK;
}
