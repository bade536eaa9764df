/* SPDX-License-Identifier: Apache-2.0 */
#include "dosing/regimen.h"
#include <string.h>

enum quell_status ql_regimen_fill_slots(const struct ql_model *m, const char *data_dir, struct ql_regimen *r,
					struct ql_arena *a, struct ql_diags *ds)
{
	size_t n = (size_t)m->n_slot + 1;
	struct ql_agent_row *all = QL_NEW_N(a, struct ql_agent_row, n);
	int *slot = QL_NEW_N(a, int, n);
	bool *bound = QL_NEW_N(a, bool, n);
	for (int j = 0; j < r->n_slot; j++) {
		all[r->slot[j]] = r->row[j];
		bound[r->slot[j]] = true;
	}
	for (int s = 0; s < m->n_slot; s++) {
		slot[s] = s;
		const char *path = ql_arena_printf(a, "%s/library/agents/%s.yaml", data_dir, m->slot[s].default_agent);
		if (bound[s])
			continue;
		enum quell_status status = ql_agent_load(m, &m->slot[s], path, a, ds, &all[s]);
		if (status != QUELL_OK)
			return status;
	}
	r->slot = slot;
	r->row = all;
	r->n_slot = m->n_slot;
	return QUELL_OK;
}
