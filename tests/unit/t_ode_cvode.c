/* SPDX-License-Identifier: Apache-2.0 */
/* CVODE behind the same contract as the lanes: the two agree on everything that is not rounding or tolerance. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "ode_problems.h"

static const double atol_small[P_MAX_STATE] = {1e-12, 1e-12, 1e-12, 1e-12};

static struct ql_ode_opts options(double rtol) { return (struct ql_ode_opts){.rtol = rtol, .atol = atol_small}; }

static enum quell_status cvode(const struct problem *pr, enum ql_cvode_linear lin, const struct ql_ode_opts *o,
			       struct patient *p, int n)
{
	struct lanes s;
	const struct ql_kernel *k = lanes_make(&s, pr, 1);
	struct queue q = {.patient = p, .n = n, .n_state = pr->n, .n_p = pr->n_p};
	struct ql_ode_client c = queue_client(&q);
	struct ql_ode_stats stats;
	return ql_cvode_run(k, NULL, o, lin, &c, &stats);
}

static void lanes(const struct problem *pr, const struct ql_ode_opts *o, struct patient *p, int n)
{
	struct lanes s;
	const struct ql_kernel *k = lanes_make(&s, pr, 4);
	struct queue q = {.patient = p, .n = n, .n_state = pr->n, .n_p = pr->n_p};
	struct ql_ode_client c = queue_client(&q);
	struct ql_ode_work *w;
	assert_int_equal(ql_ode_work_make(k, &w), QUELL_OK);
	assert_int_equal(ql_ode_run(k, NULL, o, &c, w, NULL), QUELL_OK);
	ql_ode_work_free(w);
}

static void skip_without_cvode(void)
{
	struct patient p = {.y0 = {1}, .p = {1, 0, -1}, .t_end = 1};
	struct ql_ode_opts o = options(1e-6);
	if (cvode(&problem_decay, QL_CVODE_DENSE, &o, &p, 1) == QUELL_ERR_UNSUPPORTED) {
		print_message("built without SUNDIALS CVODE: skipped\n");
		skip();
	}
}

static void fill(struct patient *p, int n)
{
	memset(p, 0, (size_t)n * sizeof *p);
	for (int i = 0; i < n; i++)
		p[i] = (struct patient){.y0 = {1 + 0.37 * i},
					.p = {0.3 + 0.11 * i, i % 2 ? 0.5 : 0, 0.4},
					.t_end = 10,
					.dose_every = 1.5,
					.dose = i == 4 ? 0 : 1.25,
					.sample_every = 0.5,
					.sample_at_start = i % 2,
					.reset_on_trigger = i % 3 ? NAN : 2.0,
					.stop_at_sample = i == 1 ? 4 : 0};
}

static void compare(const struct patient *a, const struct patient *b)
{
	assert_int_equal(a->why, b->why);
	assert_int_equal(a->n_stop, b->n_stop);
	assert_int_equal(a->n_sample, b->n_sample);
	assert_int_equal(a->n_trigger, b->n_trigger);
	assert_true(a->t_last == b->t_last);
	for (int i = 0; i < a->n_stop; i++)
		assert_true(a->stop_t[i] == b->stop_t[i]);
	for (int i = 0; i < a->n_sample; i++) {
		assert_true(a->sample_t[i] == b->sample_t[i]);
		assert_true(fabs(a->sample_out[i] - b->sample_out[i]) < 1e-6);
	}
	for (int i = 0; i < a->n_trigger; i++) {
		assert_true(fabs(a->trigger_t[i] - b->trigger_t[i]) < 1e-6);
		assert_int_equal(a->trigger_which[i], b->trigger_which[i]);
	}
}

static void agrees_with_the_lanes(void **state)
{
	(void)state;
	enum { N = 6 };
	static struct patient a[N], b[N];
	skip_without_cvode();
	struct ql_ode_opts o = options(1e-9);
	for (int lin = QL_CVODE_KLU; lin <= QL_CVODE_DENSE_FD; lin++) {
		fill(a, N);
		fill(b, N);
		lanes(&problem_decay, &o, a, N);
		assert_int_equal(cvode(&problem_decay, lin, &o, b, N), QUELL_OK);
		for (int i = 0; i < N; i++)
			compare(&a[i], &b[i]);
		struct patient x = {.p = {20, 0.7, 12}, .t_end = 20, .sample_every = 1, .reset_on_trigger = NAN}, y = x;
		lanes(&problem_forced, &o, &x, 1);
		assert_int_equal(cvode(&problem_forced, lin, &o, &y, 1), QUELL_OK);
		assert_true(x.n_trigger >= 4);
		compare(&x, &y);
	}
}

static void solves_robertson_with_each_linear_solver(void **state)
{
	(void)state;
	skip_without_cvode();
	struct ql_ode_opts o = {.rtol = 1e-9, .atol = (double[]){1e-12, 1e-18, 1e-12}};
	struct patient start = {.y0 = {1, 0, 0}, .p = {1}, .t_end = 4e4}, ref = start;
	lanes(&problem_rober, &o, &ref, 1);
	for (int lin = QL_CVODE_KLU; lin <= QL_CVODE_DENSE_FD; lin++) {
		struct patient p = start;
		assert_int_equal(cvode(&problem_rober, lin, &o, &p, 1), QUELL_OK);
		for (int s = 0; s < 3; s++)
			assert_true(fabs(p.y_last[s] / ref.y_last[s] - 1) < 1e-5);
	}
}

static void nan_f(double t, const double *y, const double *p, double *f) { f[0] = t > p[0] ? NAN : -y[0]; }
static void nan_jac(double t, const double *y, const double *p, double *J, double *ft)
{
	(void)t, (void)y, (void)p;
	J[0] = -1;
	ft[0] = 0;
}

static void failures_have_a_status(void **state)
{
	(void)state;
	skip_without_cvode();
	struct ql_ode_opts o = options(1e-6);
	const struct problem nan_after = {"nan", 1, 1, 0, false, nan_f, nan_jac, NULL};
	struct patient p[3] = {{.y0 = {1}, .p = {2}, .t_end = 5},
			       {.y0 = {NAN}, .p = {9}, .t_end = 5},
			       {.y0 = {1}, .p = {9}, .t_end = 5}};
	assert_int_equal(cvode(&nan_after, QL_CVODE_DENSE, &o, p, 3), QUELL_OK);
	assert_int_equal(p[0].why, QUELL_SOLVE_NONFINITE);
	assert_true(p[0].t_last > 1 && p[0].t_last <= 2);
	assert_true(fabs(p[0].y_last[0] - exp(-p[0].t_last)) < 1e-4);
	assert_int_equal(p[1].why, QUELL_SOLVE_INIT);
	assert_int_equal(p[2].why, QUELL_OK);
	assert_true(fabs(p[2].y_last[0] - exp(-5)) < 1e-4);
	struct patient v = {.y0 = {2, 0}, .p = {100}, .t_end = 200};
	o.max_steps = 20;
	cvode(&problem_vdpol, QL_CVODE_KLU, &o, &v, 1);
	assert_int_equal(v.why, QUELL_SOLVE_STEPS);
	o.h_fixed = 0.1;
	assert_int_equal(cvode(&problem_vdpol, QL_CVODE_KLU, &o, &v, 1), QUELL_ERR_USAGE);
}

static void no_f(double t, const double *y, const double *p, double *f) { (void)t, (void)y, (void)p, (void)f; }
static void no_jac(double t, const double *y, const double *p, double *J, double *ft)
{
	(void)t, (void)y, (void)p, (void)J, (void)ft;
}

static void a_model_without_states_runs(void **state)
{
	(void)state;
	skip_without_cvode();
	const struct problem none = {"none", 0, 1, 0, true, no_f, no_jac, NULL};
	struct ql_ode_opts o = options(1e-6);
	for (int lin = QL_CVODE_KLU; lin <= QL_CVODE_DENSE_FD; lin++) {
		struct patient p = {.t_end = 5, .sample_every = 1};
		assert_int_equal(cvode(&none, lin, &o, &p, 1), QUELL_OK);
		assert_int_equal(p.why, QUELL_OK);
		assert_int_equal(p.n_sample, 5);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_the_lanes),
		cmocka_unit_test(solves_robertson_with_each_linear_solver),
		cmocka_unit_test(failures_have_a_status),
		cmocka_unit_test(a_model_without_states_runs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
