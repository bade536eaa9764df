/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "ode/rodas_work.h"
#include "ode_problems.h"

static const struct ql_rodas_ops *forced_ops; /* NULL: what the processor likes best */

static const double atol_small[P_MAX_STATE] = {1e-9, 1e-9, 1e-9, 1e-9};

static struct ql_ode_opts options(double rtol) { return (struct ql_ode_opts){.rtol = rtol, .atol = atol_small}; }

static struct ql_ode_stats solve_ordered(const struct problem *pr, int W, const struct ql_ode_opts *o,
					 struct patient *p, int n, const int *order)
{
	struct lanes *s = calloc(1, sizeof *s);
	const struct ql_kernel *k = lanes_make(s, pr, W);
	struct queue q = {.patient = p, .order = order, .n = n, .n_state = pr->n, .n_p = pr->n_p};
	struct ql_ode_client c = queue_client(&q);
	struct ql_ode_work *w;
	struct ql_ode_stats stats;
	assert_int_equal(ql_ode_work_make(k, &w), QUELL_OK);
	if (forced_ops)
		w->ops = forced_ops;
	assert_int_equal(ql_ode_run(k, NULL, o, &c, w, &stats), QUELL_OK);
	assert_int_equal(stats.patients, n);
	for (int i = 0; i < n; i++)
		assert_true(p[i].done);
	ql_ode_work_free(w);
	free(s);
	return stats;
}

static struct ql_ode_stats solve(const struct problem *pr, int W, const struct ql_ode_opts *o, struct patient *p, int n)
{
	return solve_ordered(pr, W, o, p, n, NULL);
}

static struct patient vdpol_patient(double mu, double t_end)
{
	return (struct patient){.y0 = {2, 0}, .p = {mu}, .t_end = t_end};
}

/* The error against a much tighter run falls with the tolerance, for both methods. */
static void accuracy_follows_tolerance(void **state)
{
	(void)state;
	const struct problem *pr[] = {&problem_vdpol, &problem_rober};
	struct patient start[] = {vdpol_patient(50, 60), {.y0 = {1, 0, 0}, .p = {1}, .t_end = 4e4}};
	for (int m = QL_RODAS5P; m <= QL_RODAS4; m++)
		for (int i = 0; i < 2; i++) {
			struct ql_ode_opts o = {.method = m, .rtol = 1e-12, .atol = (double[]){1e-15, 1e-18, 1e-15}};
			struct patient ref = start[i];
			solve(pr[i], 1, &o, &ref, 1);
			assert_int_equal(ref.why, QUELL_OK);
			for (double rtol = 1e-4; rtol > 5e-10; rtol *= 0.01) {
				struct patient p = start[i];
				o.rtol = rtol;
				o.atol = (double[]){1e-3 * rtol, 1e-8 * rtol, 1e-3 * rtol};
				solve(pr[i], 4, &o, &p, 1);
				double worst = 0;
				for (int s = 0; s < pr[i]->n; s++)
					worst = fmax(worst, fabs(p.y_last[s] / ref.y_last[s] - 1));
				assert_true(worst < 50 * rtol);
			}
		}
}

static double error_at_end(enum ql_method m, const struct problem *pr, struct patient p, double h, const double *exact)
{
	struct ql_ode_opts o = options(1);
	o.method = m;
	o.h_fixed = h;
	solve(pr, 1, &o, &p, 1);
	double worst = 0;
	for (int i = 0; i < pr->n; i++)
		worst = fmax(worst, fabs(p.y_last[i] - exact[i]));
	return worst;
}

/* Fixed steps: halving h divides the error by 2^order, in step and in dense output. */
static void order_by_fixed_steps(void **state)
{
	(void)state;
	const double order[] = {5, 4};
	struct patient ref = vdpol_patient(1, 2);
	struct ql_ode_opts tight = {.rtol = 1e-13, .atol = (double[]){1e-15, 1e-15}};
	solve(&problem_vdpol, 1, &tight, &ref, 1);
	struct patient forced = {.p = {1, 9, 9}, .t_end = 2};
	const double exact_forced[] = {sin(2), 2};
	for (int m = QL_RODAS5P; m <= QL_RODAS4; m++) {
		double e1 = error_at_end(m, &problem_vdpol, vdpol_patient(1, 2), 0.0125, ref.y_last);
		double e2 = error_at_end(m, &problem_vdpol, vdpol_patient(1, 2), 0.00625, ref.y_last);
		double seen = log2(e1 / e2);
		assert_true(seen > order[m] - 0.3 && seen < order[m] + 0.8);
		e1 = error_at_end(m, &problem_forced, forced, 0.2, exact_forced);
		e2 = error_at_end(m, &problem_forced, forced, 0.1, exact_forced);
		seen = log2(e1 / e2);
		assert_true(seen > order[m] - 0.4 && seen < order[m] + 0.8);
	}
}

static double dense_error(enum ql_method m, double h)
{
	struct patient p = {.p = {1, 9, 9}, .t_end = 2, .sample_every = 0.01};
	struct ql_ode_opts o = options(1);
	o.method = m;
	o.h_fixed = h;
	solve(&problem_forced, 1, &o, &p, 1);
	double worst = 0;
	for (int i = 0; i < p.n_sample; i++)
		worst = fmax(worst, fabs(p.sample_y[i][0] - sin(p.sample_t[i])));
	return worst;
}

static void order_of_dense_output(void **state)
{
	(void)state;
	/* Interpolants of order 4 (Rodas5P) and 3 (Rodas4): their error falls by one power more than that. */
	const double least[] = {3.7, 2.7};
	for (int m = QL_RODAS5P; m <= QL_RODAS4; m++) {
		double seen = log2(dense_error(m, 0.25) / dense_error(m, 0.125));
		assert_true(seen > least[m] && seen < least[m] + 2);
	}
}

static void fill_mixed(struct patient *p, int n)
{
	memset(p, 0, (size_t)n * sizeof *p);
	for (int i = 0; i < n; i++)
		p[i] = (struct patient){.t0 = 0.1 * (i % 3),
					.y0 = {1 + 0.37 * i},
					.p = {0.3 + 0.11 * (i * 7 % 13), i % 2 ? 0.5 : 0, 0.4},
					.t_end = 10 + i * 5 % 7,
					.dose_every = 1.5 + 0.25 * (i % 4),
					.dose = i % 5 == 4 ? 0 : 1.25,
					.sample_every = 0.33,
					.sample_at_start = i % 2,
					.reset_on_trigger = i % 3 ? NAN : 2.0};
}

/* The same patient has the same bits for any width, lane, neighbour and place in the queue. */
static void lanes_do_not_matter(void **state)
{
	(void)state;
	enum { N = 23 };
	const int widths[] = {1, 4, 8, 32};
	static struct patient ref[N], p[N];
	struct ql_ode_opts o = options(1e-6);
	for (int m = QL_RODAS5P; m <= QL_RODAS4; m++) {
		o.method = m;
		fill_mixed(ref, N);
		struct ql_ode_stats alone = solve(&problem_decay, 1, &o, ref, N);
		for (int v = 0; v < 4; v++)
			for (int turn = 0; turn < N; turn += 5) {
				int order[N];
				for (int i = 0; i < N; i++)
					order[i] = (i * 9 + turn) % N;
				fill_mixed(p, N);
				struct ql_ode_stats s = solve_ordered(&problem_decay, widths[v], &o, p, N, order);
				assert_int_equal(s.steps, alone.steps);
				assert_int_equal(s.triggers, alone.triggers);
				for (int i = 0; i < N; i++)
					assert_true(same_patient(&ref[i], &p[i]));
			}
	}
}

/* The portable loops take the same steps as those of the processor's instruction set. */
static void instruction_sets_do_not_matter(void **state)
{
	(void)state;
	enum { N = 9 };
	static struct patient a[N], b[N];
	struct ql_ode_opts o = options(1e-7);
	const int widths[] = {1, 4, 8, 32};
	for (int v = 0; v < 4; v++) {
		fill_mixed(a, N);
		fill_mixed(b, N);
		solve(&problem_decay, widths[v], &o, a, N);
		forced_ops = ql_rodas_ops_generic(widths[v]);
		solve(&problem_decay, widths[v], &o, b, N);
		forced_ops = NULL;
		for (int i = 0; i < N; i++)
			assert_true(same_patient(&a[i], &b[i]));
	}
}

static void stops_and_samples_are_exact(void **state)
{
	(void)state;
	struct patient p = {.y0 = {3}, .p = {0.7, 0, -1}, .t_end = 30, .dose_every = 3, .dose = 2, .sample_every = 1};
	struct ql_ode_opts o = options(1e-9);
	solve(&problem_decay, 4, &o, &p, 1);
	assert_int_equal(p.n_stop, 10);
	assert_int_equal(p.n_sample, 30);
	for (int i = 0; i < p.n_stop; i++)
		assert_true(p.stop_t[i] == 3.0 * (i + 1));
	double last = 3;
	for (int i = 0; i < p.n_sample; i++) {
		assert_true(p.sample_t[i] == i + 1);
		double exact = last * exp(-0.7);
		assert_true(fabs(p.sample_y[i][0] / exact - 1) < 1e-7);
		assert_true(p.sample_out[i] == p.sample_y[i][0] + p.sample_t[i]);
		last = (i + 1) % 3 == 0 ? exact + 2 : exact; /* the sample at a stop comes before it */
	}
	assert_true(p.t_last == 30);
}

static void samples_bring_what_is_wanted(void **state)
{
	(void)state;
	const struct patient start = {.y0 = {3}, .p = {0.1, 0, -1}, .t_end = 9, .sample_every = 2};
	struct patient both = start, states = start, outputs = start;
	struct ql_ode_opts o = options(1e-6);
	solve(&problem_decay, 4, &o, &both, 1);
	o.wants = QL_WANT_STATES;
	solve(&problem_decay, 4, &o, &states, 1);
	o.wants = QL_WANT_OUTPUTS;
	solve(&problem_decay, 4, &o, &outputs, 1);
	for (int i = 0; i < both.n_sample; i++) {
		assert_true(states.sample_y[i][0] == both.sample_y[i][0] && isnan(states.sample_out[i]));
		assert_true(outputs.sample_out[i] == both.sample_out[i] && outputs.sample_y[i][0] == 0);
	}
}

static void a_sample_may_ask_for_a_stop(void **state)
{
	(void)state;
	struct patient p = {.y0 = {3}, .p = {0.1, 0, -1}, .t_end = 30, .sample_every = 2, .stop_at_sample = 8};
	struct ql_ode_opts o = options(1e-6);
	solve(&problem_decay, 1, &o, &p, 1);
	assert_int_equal(p.n_stop, 1);
	assert_int_equal(p.n_sample, 4);
	assert_true(p.t_last == 8 && p.stop_t[0] == 8);
	assert_true(p.y_last[0] == p.sample_y[3][0]);
}

/* Sampling at the start and, where asked for, after the change made by a stop. */
static void a_sample_due_now_is_taken_now(void **state)
{
	(void)state;
	struct patient p = {.t0 = 1, .y0 = {3}, .p = {0.1, 0, -1}, .t_end = 9, .sample_every = 2, .sample_at_start = true};
	struct ql_ode_opts o = options(1e-6);
	solve(&problem_decay, 4, &o, &p, 1);
	assert_int_equal(p.n_sample, 5);
	assert_true(p.sample_t[0] == 1 && p.sample_y[0][0] == 3 && p.sample_out[0] == 4);
	assert_true(p.sample_t[4] == 9 && p.sample_y[4][0] == p.y_last[0]);
}

/* A dose that lifts a state over its threshold fires at the dose; no step is needed to see it. */
static void a_change_may_fire_triggers(void **state)
{
	(void)state;
	struct patient p = {.p = {1, 0.2, 50}, .t_end = 2, .dose_every = 1, .dose = 5, .reset_on_trigger = 0.1};
	struct ql_ode_opts o = options(1e-6);
	p.p[1] = 2;
	solve(&problem_forced, 4, &o, &p, 1);
	assert_int_equal(p.n_trigger, 1);
	assert_true(p.trigger_t[0] == 1 && p.trigger_y[0] > 5);
	assert_int_equal(p.n_stop, 2);
}

static void triggers_are_found_at_their_time(void **state)
{
	(void)state;
	/* 3 exp(-0.5 t) falls below 0.4; each time it is put back to 2 */
	struct patient p = {.y0 = {3}, .p = {0.5, 0, 0.4}, .t_end = 40, .reset_on_trigger = 2};
	struct ql_ode_opts o = options(1e-10);
	solve(&problem_decay, 4, &o, &p, 1);
	double t = 2 * log(3 / 0.4);
	int n = 0;
	for (; t < 40; n++, t += 2 * log(2 / 0.4)) {
		assert_true(n < p.n_trigger);
		assert_true(fabs(p.trigger_t[n] - t) < 1e-7);
		assert_true(p.trigger_y[n] < 0.4 && p.trigger_y[n] > 0.4 * (1 - 1e-9));
	}
	assert_int_equal(p.n_trigger, n);
}

/* sin t stays above 1 - d for a time of about 2 sqrt(2 d), far below the step that the tolerance allows. */
static void double_crossings_are_seen(void **state)
{
	(void)state;
	for (double d = 0.3; d > 1e-3; d *= 0.5) {
		struct patient p = {.p = {2, 1 - d, 12}, .t_end = 20, .reset_on_trigger = NAN};
		struct ql_ode_opts o = options(1e-4);
		solve(&problem_forced, 8, &o, &p, 1);
		const double pi = acos(-1);
		int n = 0, clock = 0;
		for (double t = asin(1 - d); t < 20; t += 2 * pi, n++) {
			clock += p.trigger_which[n + clock] == 1;
			assert_int_equal(p.trigger_which[n + clock], 0);
			assert_true(fabs(p.trigger_t[n + clock] - t) < 0.01);
		}
		assert_int_equal(clock, 1);
		assert_int_equal(p.n_trigger, n + clock);
		assert_true(fabs(p.trigger_t[2] - 12) < 1e-9);
	}
}

static void nan_f(double t, const double *y, const double *p, double *f)
{
	f[0] = t > p[0] ? NAN : -y[0];
}
static void explode_f(double t, const double *y, const double *p, double *f)
{
	(void)t, (void)p;
	f[0] = y[0] * y[0];
}
static void explode_jac(double t, const double *y, const double *p, double *J, double *ft)
{
	(void)t, (void)p;
	J[0] = 2 * y[0];
	ft[0] = 0;
}
static void minus_one_jac(double t, const double *y, const double *p, double *J, double *ft)
{
	(void)t, (void)y, (void)p;
	J[0] = -1;
	ft[0] = 0;
}

static void failures_have_a_status_and_the_last_good_state(void **state)
{
	(void)state;
	struct ql_ode_opts o = options(1e-6);
	const struct problem nan_after = {"nan", 1, 1, 0, false, nan_f, minus_one_jac, NULL};
	struct patient p[3] = {{.y0 = {1}, .p = {2}, .t_end = 5},
			       {.y0 = {NAN}, .p = {9}, .t_end = 5},
			       {.y0 = {1}, .p = {9}, .t_end = 5}};
	solve(&nan_after, 4, &o, p, 3);
	assert_int_equal(p[0].why, QUELL_SOLVE_NONFINITE);
	assert_true(p[0].t_last > 1.99 && p[0].t_last <= 2);
	assert_true(fabs(p[0].y_last[0] - exp(-p[0].t_last)) < 1e-4);
	assert_int_equal(p[1].why, QUELL_SOLVE_INIT);
	assert_int_equal(p[2].why, QUELL_OK);
	assert_true(fabs(p[2].y_last[0] - exp(-5)) < 1e-6);

	const struct problem explode = {"explode", 1, 1, 0, true, explode_f, explode_jac, NULL};
	struct patient e = {.y0 = {1}, .t_end = 5};
	solve(&explode, 1, &o, &e, 1);
	assert_true(e.why == QUELL_SOLVE_STALLED || e.why == QUELL_SOLVE_NONFINITE);
	assert_true(e.t_last > 0.99 && e.t_last < 1.01 && isfinite(e.y_last[0]));

	struct patient v = vdpol_patient(100, 200);
	o.max_steps = 30;
	solve(&problem_vdpol, 8, &o, &v, 1);
	assert_int_equal(v.why, QUELL_SOLVE_STEPS);
	assert_int_equal(v.steps + v.rejected, 30);

	struct patient many = {.y0 = {1}, .p = {1, 0, -1}, .t_end = 1e5, .dose_every = 1, .dose = 1};
	o = options(1e-3);
	o.max_events = 1000;
	solve(&problem_decay, 1, &o, &many, 1);
	assert_int_equal(many.why, QUELL_SOLVE_EVENTS);
	assert_true(many.t_last == 1001);
}

static void extreme_values_and_horizons(void **state)
{
	(void)state;
	struct ql_ode_opts o = options(1e-6);
	struct patient p[4] = {{.y0 = {1e-300}, .p = {1, 0, -1}, .t_end = 3},
			       {.y0 = {1e300}, .p = {1, 0, -1}, .t_end = 3},
			       {.y0 = {2}, .p = {1, 0, -1}, .t_end = 0},
			       {.y0 = {1}, .p = {1, 0, -1}, .t_end = 36525}};
	solve(&problem_decay, 4, &o, p, 4);
	for (int i = 0; i < 4; i++)
		assert_int_equal(p[i].why, QUELL_OK);
	assert_true(fabs(p[1].y_last[0] / (1e300 * exp(-3)) - 1) < 1e-5);
	assert_true(p[2].y_last[0] == 2 && p[2].steps == 0);
	assert_true(fabs(p[3].y_last[0]) < 1e-8 && p[3].steps < 200);

	struct patient storm = {.y0 = {1}, .p = {1, 0, -1}, .t_end = 1e4, .dose_every = 0.1, .dose = 1};
	solve(&problem_decay, 8, &o, &storm, 1);
	assert_int_equal(storm.why, QUELL_OK);
	assert_true(storm.n_stop >= 99999 && storm.n_stop <= 100001);
}

static void no_f(double t, const double *y, const double *p, double *f) { (void)t, (void)y, (void)p, (void)f; }
static void no_jac(double t, const double *y, const double *p, double *J, double *ft)
{
	(void)t, (void)y, (void)p, (void)J, (void)ft;
}

/* Every state may have been pruned; visits and stops remain. */
static void a_model_without_states_runs(void **state)
{
	(void)state;
	const struct problem none = {"none", 0, 1, 0, true, no_f, no_jac, NULL};
	struct patient p = {.t_end = 5, .sample_every = 1};
	struct ql_ode_opts o = options(1e-6);
	solve(&none, 4, &o, &p, 1);
	assert_int_equal(p.why, QUELL_OK);
	assert_int_equal(p.n_sample, 5);
	assert_true(p.sample_out[4] == 5 && p.t_last == 5);
}

static void work_space_must_fit_and_memory_may_run_out(void **state)
{
	(void)state;
	struct lanes a, b;
	const struct ql_kernel *k = lanes_make(&a, &problem_vdpol, 4), *other = lanes_make(&b, &problem_rober, 4);
	struct ql_ode_work *w;
	ql_mem_fail_after(1);
	assert_int_equal(ql_ode_work_make(k, &w), QUELL_ERR_MEMORY);
	assert_null(w);
	assert_int_equal(ql_ode_work_make(k, &w), QUELL_OK);
	struct queue q = {0};
	struct ql_ode_client c = queue_client(&q);
	struct ql_ode_opts o = options(1e-6);
	assert_int_equal(ql_ode_run(other, NULL, &o, &c, w, NULL), QUELL_ERR_USAGE);
	assert_int_equal(ql_ode_run(k, NULL, &o, &c, w, NULL), QUELL_OK);
	ql_ode_work_free(w);
}

static void cancelling_ends_every_lane(void **state)
{
	(void)state;
	struct lanes s;
	const struct ql_kernel *k = lanes_make(&s, &problem_vdpol, 4);
	struct patient p[6];
	for (int i = 0; i < 6; i++)
		p[i] = vdpol_patient(10, 100);
	struct queue q = {.patient = p, .n = 6, .n_state = 2, .n_p = 1};
	struct ql_ode_client c = queue_client(&q);
	volatile int stop = 1;
	struct ql_ode_opts o = options(1e-6);
	o.cancel = &stop;
	struct ql_ode_work *w;
	assert_int_equal(ql_ode_work_make(k, &w), QUELL_OK);
	assert_int_equal(ql_ode_run(k, NULL, &o, &c, w, NULL), QUELL_ERR_INTERRUPTED);
	for (int i = 0; i < 6; i++)
		assert_int_equal(p[i].done, i < 4);
	assert_int_equal(p[0].why, QUELL_ERR_INTERRUPTED);
	ql_ode_work_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accuracy_follows_tolerance),
		cmocka_unit_test(order_by_fixed_steps),
		cmocka_unit_test(order_of_dense_output),
		cmocka_unit_test(lanes_do_not_matter),
		cmocka_unit_test(instruction_sets_do_not_matter),
		cmocka_unit_test(stops_and_samples_are_exact),
		cmocka_unit_test(samples_bring_what_is_wanted),
		cmocka_unit_test(a_sample_due_now_is_taken_now),
		cmocka_unit_test(a_change_may_fire_triggers),
		cmocka_unit_test(a_sample_may_ask_for_a_stop),
		cmocka_unit_test(triggers_are_found_at_their_time),
		cmocka_unit_test(double_crossings_are_seen),
		cmocka_unit_test(failures_have_a_status_and_the_last_good_state),
		cmocka_unit_test(extreme_values_and_horizons),
		cmocka_unit_test(a_model_without_states_runs),
		cmocka_unit_test(work_space_must_fit_and_memory_may_run_out),
		cmocka_unit_test(cancelling_ends_every_lane),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
