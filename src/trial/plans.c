/* SPDX-License-Identifier: Apache-2.0 */
#include "trial/plans.h"
#include "emit/native.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int by_text(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

/* What was asked for as one text, so that equal wishes meet: the kernel set's name or the sorted list itself. */
static const char *key_of(struct ql_plans *p, int set, const char **active, int n)
{
	if (set >= 0)
		return p->model->kernel[set].name;
	qsort(active, (size_t)n, sizeof *active, by_text);
	struct ql_buf b = {0};
	for (int i = 0; i < n; i++)
		ql_buf_printf(&b, "+%s", active[i]);
	const char *key = ql_arena_strdup(&p->arena, b.data ? b.data : "+");
	ql_buf_free(&b);
	return key;
}

static struct ql_planned *known(const struct ql_plans *p, const char *key)
{
	for (int i = 0; i < p->n; i++)
		if (strcmp(p->item[i]->name, key) == 0)
			return p->item[i];
	return NULL;
}

static enum quell_status find_kernel(const struct ql_plans *p, struct ql_planned *x, struct ql_diags *ds)
{
	int width = p->scalar ? 1 : p->lanes;
	x->kernel = ql_kernel_find(x->plan->hash, width);
	if (x->kernel)
		return QUELL_OK;
	enum quell_status s = ql_native_kernel(x->plan, width, (enum ql_native)p->native, ds, &x->kernel);
	if (s != QUELL_OK || x->kernel)
		return s;
	s = ql_interp_make(x->plan, width ? width : 32, &x->interpreter);
	x->kernel = x->interpreter;
	return s;
}

static void run_constants(struct ql_plans *p, struct ql_planned *x)
{
	struct ql_values v;
	ql_values_init(x->plan, &v);
	for (int i = 0; p->param && i < p->model->n_q; i++)
		if (!isnan(p->param[i]))
			ql_values_set(&v, i, p->param[i]);
	if (!x->k)
		x->k = QL_NEW_N(&p->arena, double, (size_t)x->plan->n_k + 1);
	ql_plan_run_constants(x->plan, &v, x->k);
	ql_values_free(&v);
	x->round = p->round;
}

void ql_plans_constants(struct ql_plans *p)
{
	for (int i = 0; i < p->n; i++)
		if (p->item[i]->status == QUELL_OK)
			run_constants(p, p->item[i]);
}

static enum quell_status make(struct ql_plans *p, int set, const char **active, int n, const char *name,
			      struct ql_planned *x, struct ql_diags *ds)
{
	const struct ql_kernel_set *k = set < 0 ? NULL : &p->model->kernel[set];
	enum quell_status s = k ? ql_plan_make(p->model, k->name, k->active, k->n_active, ds, &x->plan)
				: ql_plan_make(p->model, ql_arena_strdup(&p->arena, name), active, n, ds, &x->plan);
	if (s == QUELL_OK)
		s = find_kernel(p, x, ds);
	if (s != QUELL_OK)
		return s;
	run_constants(p, x);
	ql_trial_names_find(x->plan, &x->names);
	return QUELL_OK;
}

enum quell_status ql_plans_get(struct ql_plans *p, const char *const *active, int n_active, const char *name,
			       struct ql_diags *ds, const struct ql_planned **out)
{
	int n;
	const char **all = ql_trial_active(p->model, active, n_active, &p->arena, &n);
	int set = ql_kernel_set_for(p->model, all, n);
	const char *key = key_of(p, set, all, n);
	struct ql_planned *x = known(p, key);
	if (!x) {
		QL_GROW(p->item, p->n, p->cap);
		x = p->item[p->n] = QL_NEW(&p->arena, struct ql_planned);
		x->name = key;
		p->n++;
		x->status = QUELL_ERR_MEMORY; /* until it stands */
		x->status = make(p, set, all, n, name, x, ds);
	} else if (x->status == QUELL_OK && x->round != p->round) {
		run_constants(p, x);
	}
	*out = x;
	return x->status;
}

void ql_plans_set(struct ql_plans *p, const double *param)
{
	p->param = param;
	ql_plans_constants(p);
}

void ql_plans_begin(struct ql_plans *p, const double *param)
{
	p->param = param;
	p->round++;
}

void ql_plans_free(struct ql_plans *p)
{
	for (int i = 0; i < p->n; i++) {
		if (p->item[i]->interpreter)
			ql_interp_free(p->item[i]->interpreter);
		if (p->item[i]->plan)
			ql_plan_free(p->item[i]->plan);
	}
	ql_free(p->item);
	ql_arena_free(&p->arena);
	*p = (struct ql_plans){0};
}
