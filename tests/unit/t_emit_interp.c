/* SPDX-License-Identifier: Apache-2.0 */
/* The interpreter against the graph itself, against difference quotients, against a dense solve, and lane by lane. */
#include "emit_model.h"

#define W_MAX 32
static _Alignas(64) double t[W_MAX], y[16 * W_MAX], f[16 * W_MAX], f2[16 * W_MAX], ft[16 * W_MAX], lu[256 * W_MAX];
static _Alignas(64) double p[64 * W_MAX], k[64], out[8 * W_MAX], b[16 * W_MAX], shift[W_MAX];

static const char *const everything[] = {"*"};

/* Patient `who`, put into lane `lane` of `w`: all values differ between patients. */
static void make_patient(const struct ql_plan *plan, struct ql_values *v, int who, int lane, int w)
{
	v->q[C_WT] = 60 + who;
	v->q[X_Z] = 0.05 * who - 0.5;
	v->q[X_U] = 0.5 / (who + 1);
	v->q[I_LEVEL] = 0.1 * who;
	v->q[I_RATE1] = who % 3;
	v->q[I_RATE2] = 0.01 * (who % 4);
	ql_plan_run_constants(plan, v, k);
	assert_int_equal(ql_plan_patient(plan, v, p + lane, y + lane, w), QUELL_OK);
	t[lane] = 0.5 * who;
	for (int i = 0; i < plan->n_state; i++)
		y[i * w + lane] = 0.3 + fmod(0.37 * (i + 2) * (who + 1), 3.0) * (i == plan->state_of_q[S_N] ? 10 : 1);
}

static void make_all(const struct ql_plan *plan, int w)
{
	struct ql_values v;
	ql_values_init(plan, &v);
	for (int lane = 0; lane < w; lane++)
		make_patient(plan, &v, lane, lane, w);
	ql_values_free(&v);
}

static void rates_and_outputs_match_the_graph(void **state)
{
	(void)state;
	struct ql_plan *plan = em_plan(everything, 1);
	struct ql_kernel *kernel;
	struct ql_values v;
	assert_int_equal(ql_interp_make(plan, 8, &kernel), QUELL_OK);
	make_all(plan, 8);
	kernel->rhs(kernel->self, t, y, p, k, f);
	kernel->out(kernel->self, t, y, p, k, out);
	ql_values_init(plan, &v);
	double *node = ql_realloc(NULL, (size_t)em.dag.n, sizeof *node), unused[64], start[16];
	for (int lane = 0; lane < 8; lane++) {
		v.q[C_WT] = 60 + lane;
		v.q[X_Z] = 0.05 * lane - 0.5;
		v.q[I_LEVEL] = 0.1 * lane;
		v.q[I_RATE1] = lane % 3;
		v.q[I_RATE2] = 0.01 * (lane % 4);
		assert_int_equal(ql_plan_patient(plan, &v, unused, start, 1), QUELL_OK);
		for (int i = 0; i < plan->n_state; i++)
			v.q[plan->state[i]] = y[i * 8 + lane];
		ql_dag_eval(&em.dag, NULL, v.q, t[lane], node);
		for (int i = 0; i < plan->n_state; i++) {
			double want = node[em_q[plan->state[i]].def];
			assert_true(fabs(f[i * 8 + lane] - want) <= 1e-13 * (1 + fabs(want)));
		}
		for (int i = 0; i < plan->n_out; i++)
			assert_true(fabs(out[i * 8 + lane] - node[em_q[plan->out_q[i]].def]) <= 1e-13);
	}
	ql_free(node);
	ql_values_free(&v);
	ql_interp_free(kernel);
	ql_plan_free(plan);
}

static void the_jacobian_matches_difference_quotients(void **state)
{
	(void)state;
	struct ql_plan *plan = em_plan(everything, 1);
	struct ql_kernel *kernel;
	assert_int_equal(ql_interp_make(plan, 1, &kernel), QUELL_OK);
	int n = plan->n_state;
	for (int who = 0; who < 6; who++) {
		struct ql_values v;
		ql_values_init(plan, &v);
		make_patient(plan, &v, who, 0, 1);
		ql_values_free(&v);
		double dense[16 * 16] = {0}, ahead[16], behind[16];
		kernel->rhs(kernel->self, t, y, p, k, f2);
		kernel->jac(kernel->self, t, y, p, k, f, ft, lu);
		assert_memory_equal(f, f2, (size_t)n * sizeof *f);
		for (int s = 0; s < kernel->n_lu; s++)
			dense[kernel->lu_row[s] * n + kernel->lu_col[s]] = -lu[s];
		for (int j = 0; j <= n; j++) { /* the last column is time */
			double *x = j < n ? &y[j] : t, old = *x, h = 1e-6 * (1 + fabs(old));
			*x = old + h;
			kernel->rhs(kernel->self, t, y, p, k, ahead);
			*x = old - h;
			kernel->rhs(kernel->self, t, y, p, k, behind);
			*x = old;
			for (int i = 0; i < n; i++) {
				double want = (ahead[i] - behind[i]) / (2 * h), got = j < n ? dense[i * n + j] : ft[i];
				if (!(fabs(got - want) <= 1e-7 * (1 + fabs(want))))
					fail_msg("d f%d / d %d: %.12g, difference quotient %.12g", i, j, got, want);
			}
		}
	}
	ql_interp_free(kernel);
	ql_plan_free(plan);
}

static void explicit_time_is_noticed(void **state)
{
	(void)state;
	for (int timed = 1; timed >= 0; timed--) {
		if (!timed)
			em_q[S_N].def = MUL(V(P_R), V(S_N)); /* the one rate that reads the clock */
		struct ql_plan *plan = em_plan(everything, 1);
		struct ql_kernel *kernel;
		assert_int_equal(ql_interp_make(plan, 1, &kernel), QUELL_OK);
		make_all(plan, 1);
		kernel->jac(kernel->self, t, y, p, k, f, ft, lu);
		assert_int_equal(kernel->autonomous, !timed);
		assert_int_equal(ft[plan->state_of_q[S_N]] != 0, timed && p[plan->p_of_q[I_LEVEL]] != 0);
		ql_interp_free(kernel);
		ql_plan_free(plan);
	}
}

/* Q*log(N)/N and Q*Z1/N at N = 0 have no value and no slope, but the branch is not taken there. */
static void check_branch(bool with_log)
{
	ql_node ratio = DIV(with_log ? FN(LOG, V(S_N)) : V(S_Z1), V(S_N)), positive = ql_op2(&em.dag, QL_OP_LT, K(0), V(S_N));
	em_q[S_M].def = MUL(V(S_A1), ql_op3(&em.dag, QL_OP_SELECT, positive, MUL(V(S_Q), ratio), K(3)));
	struct ql_plan *plan = em_plan(everything, 1);
	struct ql_kernel *kernel;
	assert_int_equal(ql_interp_make(plan, 1, &kernel), QUELL_OK);
	make_all(plan, 1);
	const int *at = plan->state_of_q;
	double a = y[at[S_A1]], q = y[at[S_Q]], z = y[at[S_Z1]];
	for (int taken = 0; taken < 2; taken++) {
		double r = with_log ? log(2) / 2 : z / 2, slope = with_log ? (1 - log(2)) / 4 : -z / 4, want[16] = {0};
		y[at[S_N]] = taken ? 2 : 0;
		kernel->jac(kernel->self, t, y, p, k, f, ft, lu);
		assert_true(fabs(f[at[S_M]] - a * (taken ? q * r : 3)) < 1e-14);
		want[at[S_A1]] = taken ? q * r : 3;
		want[at[S_Q]] = taken ? a * r : 0;
		want[at[S_Z1]] = taken && !with_log ? a * q / 2 : 0;
		want[at[S_N]] = taken ? a * q * slope : 0;
		for (int s = 0; s < kernel->n_lu; s++)
			if (kernel->lu_row[s] == at[S_M] && !(fabs(-lu[s] - want[kernel->lu_col[s]]) < 1e-14))
				fail_msg("column %d: %g instead of %g", kernel->lu_col[s], -lu[s], want[kernel->lu_col[s]]);
	}
	ql_interp_free(kernel);
	ql_plan_free(plan);
}

static void a_branch_not_taken_leaves_no_trace(void **state)
{
	(void)state;
	check_branch(false);
	check_branch(true);
}

static void dense_solve(int n, double *a, double *x)
{
	for (int c = 0; c < n; c++) {
		int best = c;
		for (int r = c + 1; r < n; r++)
			if (fabs(a[r * n + c]) > fabs(a[best * n + c]))
				best = r;
		for (int j = 0; j < n; j++) {
			double swap = a[c * n + j];
			a[c * n + j] = a[best * n + j];
			a[best * n + j] = swap;
		}
		double swap = x[c];
		x[c] = x[best];
		x[best] = swap;
		for (int r = c + 1; r < n; r++) {
			double l = a[r * n + c] / a[c * n + c];
			for (int j = c; j < n; j++)
				a[r * n + j] -= l * a[c * n + j];
			x[r] -= l * x[c];
		}
	}
	for (int r = n - 1; r >= 0; r--) {
		for (int j = r + 1; j < n; j++)
			x[r] -= a[r * n + j] * x[j];
		x[r] /= a[r * n + r];
	}
}

static void the_sparse_solve_matches_a_dense_one(void **state)
{
	(void)state;
	struct ql_plan *plan = em_plan(everything, 1);
	struct ql_kernel *kernel;
	assert_int_equal(ql_interp_make(plan, 4, &kernel), QUELL_OK);
	int n = plan->n_state;
	make_all(plan, 4);
	kernel->jac(kernel->self, t, y, p, k, f, ft, lu);
	for (int lane = 0; lane < 4; lane++)
		shift[lane] = 0.5 * (lane + 1);
	double dense[4][16 * 16] = {{0}}, x[4][16];
	for (int lane = 0; lane < 4; lane++) {
		for (int s = 0; s < kernel->n_lu; s++)
			dense[lane][kernel->lu_row[s] * n + kernel->lu_col[s]] =
				lu[s * 4 + lane] + (kernel->lu_row[s] == kernel->lu_col[s] ? shift[lane] : 0);
		for (int i = 0; i < n; i++)
			x[lane][i] = b[i * 4 + lane] = sin(i + 3 * lane) + 2;
		dense_solve(n, dense[lane], x[lane]);
	}
	kernel->factor(kernel->self, shift, lu);
	kernel->solve(kernel->self, lu, b);
	for (int lane = 0; lane < 4; lane++)
		for (int i = 0; i < n; i++)
			assert_true(fabs(b[i * 4 + lane] - x[lane][i]) <= 1e-12 * (1 + fabs(x[lane][i])));
	ql_interp_free(kernel);
	ql_plan_free(plan);
}

/* Everything a kernel does, for patients 0..w-1; results by patient in one list. */
static int trace(const struct ql_plan *plan, int w, int first, double *result)
{
	struct ql_kernel *kernel;
	struct ql_values v;
	assert_int_equal(ql_interp_make(plan, w, &kernel), QUELL_OK);
	ql_values_init(plan, &v);
	for (int lane = 0; lane < w; lane++)
		make_patient(plan, &v, first + lane, lane, w);
	ql_values_free(&v);
	kernel->jac(kernel->self, t, y, p, k, f, ft, lu);
	kernel->trig(kernel->self, t, y, p, k, out);
	for (int lane = 0; lane < w; lane++)
		shift[lane] = 1 + first + lane;
	kernel->factor(kernel->self, shift, lu);
	memcpy(b, f, (size_t)(plan->n_state * w) * sizeof *b);
	kernel->solve(kernel->self, lu, b);
	int n = 0;
	for (int lane = 0; lane < w; lane++) {
		for (int i = 0; i < kernel->n_lu; i++)
			result[n++] = lu[i * w + lane];
		for (int i = 0; i < plan->n_state; i++)
			result[n++] = b[i * w + lane];
		result[n++] = out[lane];
	}
	ql_interp_free(kernel);
	return n;
}

static void a_patient_has_the_same_bits_in_any_lane(void **state)
{
	(void)state;
	struct ql_plan *plan = em_plan(everything, 1);
	static double wide[8192], narrow[8192];
	int n = trace(plan, 32, 0, wide), at;
	assert_true(n <= 8192);
	static const int width[] = {1, 4, 8};
	for (int i = 0; i < 3; i++) {
		at = 0;
		for (int first = 0; first < 32; first += width[i])
			at += trace(plan, width[i], first, narrow + at);
		assert_int_equal(at, n);
		assert_memory_equal(narrow, wide, (size_t)n * sizeof *wide);
	}
	ql_plan_free(plan);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, em_set_up, em_tear_down)
	const struct CMUnitTest tests[] = {
		T(rates_and_outputs_match_the_graph),
		T(the_jacobian_matches_difference_quotients),
		T(explicit_time_is_noticed),
		T(a_branch_not_taken_leaves_no_trace),
		T(the_sparse_solve_matches_a_dense_one),
		T(a_patient_has_the_same_bits_in_any_lane),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
