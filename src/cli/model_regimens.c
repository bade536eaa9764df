/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/model_regimens.h"
#include "base/json.h"
#include "base/paths.h"
#include "cli/explain_text.h"
#include "dosing/regimen.h"
#include "emit/plan.h"
#include <stdlib.h>
#include <string.h>

enum { STAGES = 8 }; /* of Rodas5P */

int ql_model_plan_size(struct ql_cli *c, struct ql_model *m, const char *name, const char *const *active, int n_active, int *jacobian,
		       int *factors, double *operations)
{
	struct ql_plan *p = NULL;
	struct ql_kernel *kernel = NULL;
	*jacobian = *factors = 0;
	*operations = 0;
	if (ql_plan_make(m, name, active, n_active, &c->ds, &p) != QUELL_OK)
		return -1;
	int n = p->n_state;
	const struct ql_flops f = ql_plan_flops(p);
	*operations = f.jac + f.factor + STAGES * (f.rhs + f.solve);
	if (ql_interp_make(p, 1, &kernel) == QUELL_OK) {
		*factors = kernel->n_lu;
		for (int i = 0; i < kernel->n_lu; i++)
			*jacobian += kernel->lu_is_jac[i];
		ql_interp_free(kernel);
	}
	ql_plan_free(p);
	return n;
}

static int by_name(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

static bool same_active(const struct ql_regimen_size *a, const struct ql_regimen_size *b)
{
	bool same = a->n_active == b->n_active;
	for (int i = 0; same && i < a->n_active; i++)
		same = strcmp(a->active[i], b->active[i]) == 0;
	return same;
}

static void measure(struct ql_cli *c, struct ql_model *m, struct ql_regimen_sizes *s)
{
	struct ql_regimen_size *x = &s->item[s->n - 1];
	int set = ql_kernel_set_for(m, x->active, x->n_active);
	x->kernel = set >= 0 ? m->kernel[set].name : NULL;
	for (int i = 0; i < s->n - 1; i++)
		if (same_active(&s->item[i], x)) {
			x->states = s->item[i].states;
			x->jacobian = s->item[i].jacobian;
			x->factors = s->item[i].factors;
			x->operations = s->item[i].operations;
			return;
		}
	x->states = ql_model_plan_size(c, m, x->id, x->active, x->n_active, &x->jacobian, &x->factors, &x->operations);
}

struct ql_regimen_sizes ql_model_regimen_sizes(struct ql_cli *c, struct ql_model *m)
{
	struct ql_regimen_sizes s = {0};
	int n = 0;
	const char **name = ql_library_list(&c->arena, c->data_dir, "library/regimens", ".yaml", &n);
	const char *agents = ql_arena_printf(&c->arena, "%s/library/agents", c->data_dir);
	s.item = QL_NEW_N(&c->arena, struct ql_regimen_size, (size_t)n + 1);
	for (int i = 0; i < n; i++) {
		struct ql_regimen r;
		const char *path = ql_arena_printf(&c->arena, "%s/library/regimens/%s.yaml", c->data_dir, name[i]);
		if (ql_regimen_load(m, path, agents, &c->arena, &c->ds, &r) != QUELL_OK)
			continue;
		struct ql_regimen_size *x = &s.item[s.n++];
		x->id = name[i];
		x->active = QL_NEW_N(&c->arena, const char *, (size_t)r.n_active + 1);
		for (int k = 0; k < r.n_active; k++)
			x->active[x->n_active++] = r.active[k];
		x->active[x->n_active++] = "protocol";
		qsort(x->active, (size_t)x->n_active, sizeof *x->active, by_name);
		measure(c, m, &s);
	}
	int jacobian, factors;
	ql_model_plan_size(c, m, "all", NULL, 0, &jacobian, &factors, &s.full);
	return s;
}

void ql_model_regimens_text(struct ql_cli *c, const struct ql_regimen_sizes *s)
{
	for (int i = 0; i < s->n; i++) {
		const struct ql_regimen_size *x = &s->item[i];
		bool seen = false;
		for (int k = 0; k < i && !seen; k++)
			seen = same_active(&s->item[k], x);
		if (seen)
			continue;
		struct ql_buf who = {0};
		for (int k = i; k < s->n; k++)
			if (same_active(&s->item[k], x))
				ql_buf_printf(&who, "%s%s", k > i ? ", " : "", s->item[k].id);
		ql_buf_printf(&c->out, "  %3d states, %4d entries of the Jacobian, %4d of its factors, a step costs %2.0f %% of the full model",
			      x->states, x->jacobian, x->factors, 100 * x->operations / s->full);
		ql_buf_printf(&c->out, x->kernel ? "; runs in kernel %s\n" : "; interpreted\n", x->kernel);
		ql_text_wrapped(c, who.data, 6);
		ql_buf_free(&who);
	}
}

json_t *ql_model_regimens_json(const struct ql_regimen_sizes *s)
{
	json_t *list = json_array();
	for (int i = 0; i < s->n; i++) {
		const struct ql_regimen_size *x = &s->item[i];
		json_t *o = json_object(), *active = json_array();
		json_object_set_new(o, "id", json_string(x->id));
		json_object_set_new(o, "states", json_integer(x->states));
		json_object_set_new(o, "jacobian", json_integer(x->jacobian));
		json_object_set_new(o, "factors", json_integer(x->factors));
		json_object_set_new(o, "operations_per_step", ql_json_real(x->operations));
		json_object_set_new(o, "share_of_full_model", ql_json_real(x->operations / s->full));
		json_object_set_new(o, "kernel", ql_json_text(x->kernel));
		for (int k = 0; k < x->n_active; k++)
			json_array_append_new(active, json_string(x->active[k]));
		json_object_set_new(o, "active", active);
		json_array_append_new(list, o);
	}
	return list;
}
