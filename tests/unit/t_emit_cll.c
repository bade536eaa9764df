/* SPDX-License-Identifier: Apache-2.0 */
/* The shipped model: its compiled kernels are found, give the interpreter's bits, and their Jacobian and factors hold
 * against difference quotients and against the matrix itself. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "emit/plan.h"

static struct ql_model *m;

static int load(void **state)
{
	(void)state;
	struct ql_diags ds = {0};
	enum quell_status s = ql_model_load(QUELL_SOURCE_DIR "/models/cll/cll.qm", &ds, &m);
	ql_diags_free(&ds);
	return s == QUELL_OK ? 0 : -1;
}

static int unload(void **state)
{
	(void)state;
	ql_model_free(m);
	return 0;
}

struct arrays {
	double *t, *y, *p, *k, *f, *ft, *lu, *b, *out, *g, *shift;
};

static double *lanes(int n, int w) { return ql_alloc_aligned((size_t)(n + 1) * (size_t)w, sizeof(double)); }

static struct arrays allocate(const struct ql_kernel *k)
{
	int w = k->width, n = k->n_state;
	return (struct arrays){lanes(1, w), lanes(n, w), lanes(k->n_p, w), lanes(k->n_k, 1), lanes(n, w), lanes(n, w),
			       lanes(k->n_lu, w), lanes(n, w), lanes(k->n_out, w), lanes(k->n_trig, w), lanes(1, w)};
}

static void release(struct arrays *a)
{
	double *all[] = {a->t, a->y, a->p, a->k, a->f, a->ft, a->lu, a->b, a->out, a->g, a->shift};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		ql_free_aligned(all[i]);
}

static void set_default_agents(struct ql_values *v)
{
	struct ql_arena a = {0};
	struct ql_diags ds = {0};
	for (int s = 0; s < m->n_slot; s++) {
		const struct ql_slot *slot = &m->slot[s];
		struct ql_agent_row row;
		const char *path = ql_arena_printf(&a, QUELL_SOURCE_DIR "/library/agents/%s.yaml", slot->default_agent);
		assert_int_equal(ql_agent_load(m, slot, path, &a, &ds, &row), QUELL_OK);
		for (int i = 0; i < slot->n_column; i++)
			v->q[slot->column[i]] = row.value[i];
	}
	ql_diags_free(&ds);
	ql_arena_free(&a);
}

/* Every lane another patient, somewhere in the course of a treatment: each state moved by up to a factor two. */
static void fill(const struct ql_plan *plan, int w, struct arrays *a)
{
	struct ql_values v;
	ql_values_init(plan, &v);
	set_default_agents(&v);
	ql_plan_run_constants(plan, &v, a->k);
	for (int lane = 0; lane < w; lane++) {
		for (int i = 0; i < m->n_q; i++)
			if (m->q[i].kind == QL_RANDOM)
				v.q[i] = m->q[i].draw == QL_DRAW_UNIFORM ? (lane + 0.5) / w : sin(i + lane);
		for (int i = 0; i < plan->n_input; i++)
			v.q[plan->input_q[i]] = 0.3;
		assert_int_equal(ql_plan_patient(plan, &v, a->p + lane, a->y + lane, w), QUELL_OK);
		for (int i = 0; i < plan->n_state; i++)
			a->y[i * w + lane] = (a->y[i * w + lane] + 0.1) * exp(0.7 * sin(3 * i + lane));
		a->t[lane] = 1.5 * lane;
		a->shift[lane] = 20 + lane;
	}
	ql_values_free(&v);
}

static void run_all(const struct ql_kernel *k, struct arrays *a)
{
	k->rhs(k->self, a->t, a->y, a->p, a->k, a->b);
	k->jac(k->self, a->t, a->y, a->p, a->k, a->f, a->ft, a->lu);
	k->factor(k->self, a->shift, a->lu);
	k->solve(k->self, a->lu, a->b);
	k->out(k->self, a->t, a->y, a->p, a->k, a->out);
	k->trig(k->self, a->t, a->y, a->p, a->k, a->g);
}

static void assert_same(const double *x, const double *y, int n, const char *what)
{
	for (int i = 0; i < n; i++) {
		if (!isfinite(x[i]))
			fail_msg("%s %d is %g", what, i, x[i]);
		if (memcmp(&x[i], &y[i], sizeof *x) != 0)
			fail_msg("%s %d: %a and %a", what, i, x[i], y[i]);
	}
}

static void compare(const struct ql_plan *plan, const struct ql_kernel *k)
{
	struct ql_kernel *interpreter;
	assert_int_equal(ql_interp_make(plan, k->width, &interpreter), QUELL_OK);
	int w = k->width;
	struct arrays a = allocate(k), b = allocate(k);
	fill(plan, w, &a);
	fill(plan, w, &b);
	run_all(k, &a);
	run_all(interpreter, &b);
	assert_same(a.f, b.f, k->n_state * w, "rate");
	assert_same(a.ft, b.ft, k->n_state * w, "slope in time");
	assert_same(a.lu, b.lu, k->n_lu * w, "factor");
	assert_same(a.b, b.b, k->n_state * w, "solution");
	assert_same(a.out, b.out, k->n_out * w, "output");
	assert_same(a.g, b.g, k->n_trig * w, "trigger");
	release(&a);
	release(&b);
	ql_interp_free(interpreter);
}

static void compiled_kernels_are_found_and_agree(void **state)
{
	(void)state;
	static const int width[] = {0, 1, 4, 8};
	struct ql_diags ds = {0};
	int found = 0;
	for (int i = 0; i < m->n_kernel; i++) {
		struct ql_plan *plan;
		const struct ql_kernel_set *set = &m->kernel[i];
		assert_int_equal(ql_plan_make(m, set->name, set->active, set->n_active, &ds, &plan), QUELL_OK);
		found += ql_kernel_find(plan->hash, 0) != NULL;
		for (int j = 0; j < 4; j++) {
			const struct ql_kernel *k = ql_kernel_find(plan->hash, width[j]);
			if (k && (j == 0 || width[j] != ql_kernel_find(plan->hash, 0)->width))
				compare(plan, k);
		}
		ql_plan_free(plan);
	}
	ql_diags_free(&ds);
	if (!found) {
		print_message("this build has no kernels for this machine: nothing to compare\n");
		skip();
	}
	assert_int_equal(found, m->n_kernel);
}

/* Where a branch switches within the difference's step the quotient says nothing; the others must all agree. */
static void check_jacobian(const struct ql_plan *plan)
{
	struct ql_kernel *k;
	assert_int_equal(ql_interp_make(plan, 1, &k), QUELL_OK);
	struct arrays a = allocate(k);
	int n = k->n_state, off = 0;
	fill(plan, 1, &a);
	k->jac(k->self, a.t, a.y, a.p, a.k, a.f, a.ft, a.lu);
	double *dense = lanes(n * n, 1), *ahead = lanes(n, 1), *behind = lanes(n, 1);
	for (int s = 0; s < k->n_lu; s++)
		dense[k->lu_row[s] * n + k->lu_col[s]] = -a.lu[s];
	for (int j = 0; j < n; j++) {
		double old = a.y[j], h = 1e-6 * (fabs(old) + 1e-3);
		a.y[j] = old + h;
		k->rhs(k->self, a.t, a.y, a.p, a.k, ahead);
		a.y[j] = old - h;
		k->rhs(k->self, a.t, a.y, a.p, a.k, behind);
		a.y[j] = old;
		for (int i = 0; i < n; i++) {
			double want = (ahead[i] - behind[i]) / (2 * h);
			double noise = 1e-13 * (fabs(ahead[i]) + fabs(a.f[i])) / h;
			if (!(fabs(dense[i * n + j] - want) <= 1e-5 * (fabs(want) + 1e-6) + 100 * noise))
				off++;
		}
	}
	if (off > 0)
		fail_msg("%s: %d entries of the Jacobian are off", plan->name, off);
	/* shift*I - J times the solution is the right-hand side */
	memcpy(a.b, a.f, (size_t)n * sizeof *a.b);
	k->factor(k->self, a.shift, a.lu);
	k->solve(k->self, a.lu, a.b);
	for (int i = 0; i < n; i++) {
		double sum = a.shift[0] * a.b[i], size = fabs(sum);
		for (int j = 0; j < n; j++) {
			sum -= dense[i * n + j] * a.b[j];
			size += fabs(dense[i * n + j] * a.b[j]);
		}
		assert_true(fabs(sum - a.f[i]) <= 1e-11 * (size + fabs(a.f[i])));
	}
	ql_free_aligned(dense);
	ql_free_aligned(ahead);
	ql_free_aligned(behind);
	release(&a);
	ql_interp_free(k);
}

static void jacobians_and_factors_hold(void **state)
{
	(void)state;
	struct ql_diags ds = {0};
	for (int i = 0; i < m->n_kernel; i++) {
		struct ql_plan *plan;
		const struct ql_kernel_set *set = &m->kernel[i];
		assert_int_equal(ql_plan_make(m, set->name, set->active, set->n_active, &ds, &plan), QUELL_OK);
		check_jacobian(plan);
		ql_plan_free(plan);
	}
	ql_diags_free(&ds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compiled_kernels_are_found_and_agree),
		cmocka_unit_test(jacobians_and_factors_hold),
	};
	return cmocka_run_group_tests(tests, load, unload);
}
