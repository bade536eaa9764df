/* SPDX-License-Identifier: Apache-2.0 */
#include "emit_model.h"
#include "base/rng.h"

static const char *const drug1[] = {"drug1"}, *const drug1_level[] = {"drug1", "level"}, *const drug2[] = {"drug2"};

static void what_cannot_move_is_pruned(void **state)
{
	(void)state;
	struct ql_plan *all = em_plan(NULL, 0), *one = em_plan(drug1, 1), *two = em_plan(drug2, 1);
	/* base starts at its steady state and nothing moves it, whatever is given */
	assert_int_equal(all->n_state, 7);
	assert_int_equal(all->state_of_q[S_BASE], -1);
	assert_int_equal(one->n_state, 5);
	assert_int_equal(one->state_of_q[S_Z1], -1);
	assert_int_equal(one->state_of_q[S_Z2], -1);
	assert_true(one->state_of_q[S_Q] >= 0);
	/* without drug 1 its compartments stay empty */
	assert_int_equal(two->n_state, 5);
	assert_int_equal(two->state_of_q[S_A1], -1);
	assert_int_equal(two->state_of_q[S_A2], -1);
	/* the event assigns `level`, so it is an input of every plan although nobody asked for it */
	assert_true(one->p_of_q[I_LEVEL] >= 0);
	assert_int_equal(one->n_trig, 1);
	assert_int_equal(one->p_of_q[I_RATE2], -1);
	assert_true(one->hash != all->hash && one->hash != two->hash);
	ql_plan_free(all);
	ql_plan_free(one);
	ql_plan_free(two);
}

static void the_hash_is_of_the_arithmetic(void **state)
{
	(void)state;
	struct ql_plan *before = em_plan(drug1, 1);
	(void)MUL(V(S_N), ADD(V(S_M), V(S_A1))); /* something else happens in the model's graph */
	struct ql_plan *after = em_plan(drug1, 1), *more = em_plan(drug1_level, 2);
	assert_true(before->hash == after->hash);
	assert_true(before->hash == more->hash);
	em_q[S_N].def = MUL(em_q[S_N].def, K(2));
	struct ql_plan *changed = em_plan(drug1, 1);
	assert_true(changed->hash != before->hash);
	ql_plan_free(before);
	ql_plan_free(after);
	ql_plan_free(more);
	ql_plan_free(changed);
}

static void a_condition_that_cannot_vary_fires_nothing(void **state)
{
	(void)state;
	em_when.g = SUB(V(P_R), V(D_THRESH));
	struct ql_plan *p = em_plan(drug1, 1);
	assert_int_equal(p->n_trig, 0);
	assert_int_equal(p->p_of_q[I_LEVEL], -1);
	ql_plan_free(p);
	em_when.at_start = true;
	p = em_plan(drug1, 1);
	assert_int_equal(p->n_trig, 1);
	ql_plan_free(p);
}

static void unknown_names_are_reported(void **state)
{
	(void)state;
	struct ql_diags ds = {0};
	struct ql_plan *p = NULL;
	const char *const wrong[] = {"drug3"};
	assert_int_equal(ql_plan_make(&em, "x", wrong, 1, &ds, &p), QUELL_ERR_INPUT);
	assert_null(p);
	assert_int_equal(ds.n_errors, 1);
	assert_int_equal(ds.item[0]->code, QL_E0850);
	assert_non_null(strstr(ds.item[0]->help, "drug1"));
	ql_diags_free(&ds);
}

static void memory_exhaustion_is_a_status(void **state)
{
	(void)state;
	struct ql_diags ds = {0};
	for (long n = 1; n < 60; n++) {
		struct ql_plan *p = NULL;
		ql_mem_fail_after(n);
		enum quell_status s = n == 1 ? QUELL_ERR_MEMORY : ql_plan_make(&em, "x", NULL, 0, &ds, &p);
		ql_mem_fail_after(0);
		assert_true(s == QUELL_ERR_MEMORY || p);
		ql_plan_free(p);
	}
	ql_diags_free(&ds);
}

static void patients_get_their_constants(void **state)
{
	(void)state;
	struct ql_plan *p = em_plan(NULL, 0);
	struct ql_values v;
	double k[64], slot[64 * 4], y[8 * 4];
	assert_true(p->n_k <= 64 && p->n_p <= 64 && p->n_state <= 8);
	ql_values_init(p, &v);
	assert_true(v.q[ACT_2] == 1);
	v.q[C_WT] = 90;
	v.q[X_Z] = 0.3;
	v.q[X_U] = 0.7;
	v.q[X_UP] = 0.5;
	v.q[I_LEVEL] = 0.25;
	ql_plan_run_constants(p, &v, k);
	assert_int_equal(ql_plan_patient(p, &v, slot + 1, y + 1, 4), QUELL_OK);
	assert_true(fabs(v.q[P_DERIVED] - 3 * pow(90. / 70, 0.75)) < 1e-14);
	assert_true(fabs(v.q[D_THRESH] + log1p(-0.7)) < 1e-15);
	assert_true(v.q[D_COUNT] == ql_quantile_poisson(0.5, 6));
	assert_true(v.q[S_N] == 20 * ql_exp(0.3) && y[4 * p->state_of_q[S_N] + 1] == v.q[S_N]);
	assert_true(fabs(v.q[S_BASE] - 0.05 / 0.07) < 1e-15);
	assert_true(slot[4 * p->p_of_q[I_LEVEL] + 1] == 0.25);
	/* a value that the caller fixes beats the definition */
	ql_values_set(&v, P_DERIVED, 4);
	assert_int_equal(ql_plan_patient(p, &v, slot + 1, y + 1, 4), QUELL_OK);
	assert_true(v.q[P_DERIVED] == 4);
	assert_true(ql_plan_value(p, &v, MUL(V(P_DERIVED), V(P_V))) == 12);
	v.q[X_Z] = NAN;
	assert_int_equal(ql_plan_patient(p, &v, slot + 1, y + 1, 4), QUELL_SOLVE_INIT);
	ql_values_free(&v);
	ql_plan_free(p);
}

static void events_assign_from_the_state_before(void **state)
{
	(void)state;
	struct ql_plan *p = em_plan(NULL, 0);
	struct ql_values v;
	double slot[64 * 2], y[8 * 2];
	ql_values_init(p, &v);
	assert_int_equal(ql_plan_patient(p, &v, slot, y, 2), QUELL_OK);
	int n = 2 * p->state_of_q[S_N], level = 2 * p->p_of_q[I_LEVEL];
	y[n] = 8;
	slot[level] = 3;
	ql_plan_fire(p, &v, 0, 1.0, y, slot, 2);
	assert_true(y[n] == 4 && slot[level] == 11);
	assert_true(v.q[S_N] == 4 && v.q[I_LEVEL] == 11);
	ql_values_free(&v);
	ql_plan_free(p);
}

static void the_smallest_covering_kernel_set_is_found(void **state)
{
	(void)state;
	const char *a1[] = {"drug1"}, *a12[] = {"drug1", "drug2"}, *star[] = {"*"};
	struct ql_kernel_set sets[3] = {{"all", star, 1}, {"one", a1, 1}, {"both", a12, 2}};
	em.kernel = sets;
	em.n_kernel = 3;
	assert_int_equal(ql_kernel_set_for(&em, drug1, 1), 1);
	assert_int_equal(ql_kernel_set_for(&em, drug2, 1), 2);
	assert_int_equal(ql_kernel_set_for(&em, drug1_level, 2), 0);
	em.n_kernel = 2;
	sets[0] = sets[2];
	assert_int_equal(ql_kernel_set_for(&em, drug1_level, 2), -1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, em_set_up, em_tear_down)
	const struct CMUnitTest tests[] = {
		T(what_cannot_move_is_pruned),   T(the_hash_is_of_the_arithmetic),
		T(a_condition_that_cannot_vary_fires_nothing),
		T(unknown_names_are_reported),   T(memory_exhaustion_is_a_status),
		T(patients_get_their_constants), T(events_assign_from_the_state_before),
		T(the_smallest_covering_kernel_set_is_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
