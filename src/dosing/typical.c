/* SPDX-License-Identifier: Apache-2.0 */
#include "dosing/regimen.h"
#include "emit/plan.h"
#include <math.h>

struct typical { /* a patient with the model's default covariates, under the regimen's agents */
	struct ql_plan *plan;
	struct ql_values v;
};

static double node_value(void *ctx, ql_node n)
{
	struct typical *t = ctx;
	return ql_plan_value(t->plan, &t->v, n);
}

static double covariate(const struct ql_model *m, const struct typical *t, const char *name)
{
	int q = ql_model_find(m, name);
	return q >= 0 ? t->v.q[q] : NAN;
}

static void bind_agents(const struct ql_model *m, const struct ql_regimen *r, struct typical *t)
{
	for (int i = 0; i < r->n_slot; i++) {
		const struct ql_slot *slot = &m->slot[r->slot[i]];
		for (int k = 0; k < slot->n_column; k++)
			t->v.q[slot->column[k]] = r->row[i].value[k];
	}
}

enum quell_status ql_regimen_typical_dataset(struct ql_model *m, const struct ql_regimen *r, double years, struct ql_diags *ds,
					     struct ql_buf *out)
{
	struct typical t;
	enum quell_status s = ql_plan_make(m, r->name, NULL, 0, ds, &t.plan);
	if (s != QUELL_OK)
		return s;
	ql_values_init(t.plan, &t.v);
	bind_agents(m, r, &t);
	const struct ql_body body = {covariate(m, &t, "weight"), covariate(m, &t, "bsa"), covariate(m, &t, "crcl")};
	s = ql_regimen_dataset(m, r, &body, 365.25 * years, node_value, &t, "1", true, out);
	ql_values_free(&t.v);
	ql_plan_free(t.plan);
	return s;
}
