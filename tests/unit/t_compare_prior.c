/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
/* Products without clinical data in CLL run with wide priors: their intervals hold the product at both ends of the doubt
 * about it, the width is said, and nobody else's figures move. */
#include "compare_helpers.h"
#include "compare/prior.h"
#include "compare/tally.h"
#include <jansson.h>

static const char *const product[] = {"gd-t", "gd-t-autologous", "bak", "car-m", "liso-cel"};
enum { N_PRODUCT = 5, N_DOUBTFUL = 4 };

static struct ql_run_spec spec_of(const char *const *regimen, int n)
{
	return (struct ql_run_spec){.data_dir = QUELL_SOURCE_DIR, .population = "relapsed", .regimen = (const char **)(uintptr_t)regimen,
				    .n_regimen = n, .patients = 200, .seed = 11, .years = 2, .native = 2};
}

static double width(const struct ql_arm *a, const char *id)
{
	const struct ql_endpoint *e = endpoint(a, id);
	return e->upper - e->lower;
}

/* Beside a run with the product held where it is typed: same estimates, wider intervals, for doubtful products alone. */
static void intervals_hold_the_prior(void **state)
{
	(void)state;
	static const char *fixed[] = {"cells.potency=0"};
	struct ql_run_spec s = spec_of(product, N_PRODUCT);
	struct ql_compare *wide = compare(&s);
	s.set = fixed;
	s.n_set = 1;
	struct ql_compare *narrow = compare(&s);
	assert_int_equal(wide->n_arm, N_PRODUCT);
	for (int a = 0; a < N_PRODUCT; a++) {
		const struct ql_arm *x = &wide->arm[a], *y = &narrow->arm[a];
		bool doubtful = a < N_DOUBTFUL;
		assert_true(doubtful == (x->prior != NULL));
		assert_null(y->prior);
		for (int i = 0; i < x->n_endpoint; i++) {
			const struct ql_endpoint *e = &x->endpoint[i], *f = &y->endpoint[i];
			assert_true(e->estimate == f->estimate || (isnan(e->estimate) && isnan(f->estimate)));
			assert_int_equal(e->kind, doubtful ? QL_INTERVAL_PARAMETER : QL_INTERVAL_MONTE_CARLO);
			assert_false(e->lower > f->lower || e->upper < f->upper);
			assert_true(doubtful || e->lower == f->lower || isnan(e->lower));
		}
		print_message("%-16s mean time free of progression %.2f months, width %.2f, of chance alone %.2f\n", x->id,
			      endpoint(x, "pfs_mean")->estimate, width(x, "pfs_mean"), width(y, "pfs_mean"));
		if (doubtful)
			assert_true(width(x, "pfs_mean") > 1.5 * width(y, "pfs_mean"));
	}
	ql_compare_free(wide);
	ql_compare_free(narrow);
}

/* Factors either way for 95 %: kill by 5, growth of gamma-delta T cells by 2. */
static void the_width_is_said(void **state)
{
	(void)state;
	struct ql_run_spec s = spec_of(product, N_PRODUCT);
	s.patients = 20;
	struct ql_compare *c = compare(&s);
	for (int a = 0; a < N_DOUBTFUL; a++) {
		assert_true(fabs(c->arm[a].prior->kill_factor - 5) < 0.01);
		assert_true(strstr(c->arm[a].prior->text, "kill uncertain by a factor of 5") != NULL);
	}
	assert_true(fabs(c->arm[0].prior->growth_factor - 2) < 0.01);
	struct ql_buf b = {0};
	ql_compare_json(c, &b);
	json_t *o = json_loads(b.data, 0, NULL), *first = json_array_get(json_object_get(o, "regimens"), 0);
	json_t *prior = json_object_get(first, "prior");
	assert_true(fabs(json_real_value(json_object_get(prior, "kill_factor")) - 5) < 0.01);
	assert_string_equal(json_string_value(json_object_get(prior, "agent")), "gamma-delta");
	assert_true(json_is_null(json_object_get(json_array_get(json_object_get(o, "regimens"), N_DOUBTFUL), "prior")));
	json_decref(o);
	ql_buf_free(&b);
	ql_compare_free(c);
}

static double band(const struct ql_curve *c)
{
	double sum = 0;
	for (int i = 0; i < c->n; i++)
		sum += isnan(c->upper[i]) ? 0 : c->upper[i] - c->lower[i];
	return sum;
}

/* Differences and curves as well; which arm stands first does not matter. */
static void contrasts_and_curves_hold_it_too(void **state)
{
	(void)state;
	static const char *fixed[] = {"cells.potency=0"};
	static const char *const order[2][2] = {{"gd-t", "liso-cel"}, {"liso-cel", "gd-t"}};
	double ratio[2], low[2], high[2];
	for (int i = 0; i < 2; i++) {
		struct ql_run_spec s = spec_of(order[i], 2);
		struct ql_compare *c = compare(&s);
		for (int k = 0; k < c->n_contrast; k++) {
			assert_int_equal(c->contrast[k].kind, QL_INTERVAL_PARAMETER);
			if (strcmp(c->contrast[k].endpoint, "pfs_median") != 0)
				continue;
			ratio[i] = c->contrast[k].hazard_ratio;
			low[i] = c->contrast[k].hr_lower;
			high[i] = c->contrast[k].hr_upper;
		}
		s.set = fixed;
		s.n_set = 1;
		struct ql_compare *narrow = compare(&s);
		assert_true(band(&c->arm[i].curve[0]) > 1.5 * band(&narrow->arm[i].curve[0]));
		assert_true(band(&c->arm[1 - i].curve[0]) == band(&narrow->arm[1 - i].curve[0]));
		ql_compare_free(narrow);
		ql_compare_free(c);
	}
	assert_true(fabs(ratio[0] * ratio[1] - 1) < 1e-9);
	assert_true(fabs(low[0] * high[1] - 1) < 1e-9 && fabs(high[0] * low[1] - 1) < 1e-9);
	assert_true(high[0] / low[0] > 2);
}

/* Simulated in pieces and added up: the arms that only bound others are part of the sum. */
static void pieces_give_the_same(void **state)
{
	(void)state;
	struct ql_run_spec s = spec_of(product, 2);
	struct ql_diags ds = {0};
	struct ql_comparison *k = NULL;
	struct ql_compare *whole = compare(&s), *cut = NULL;
	assert_int_equal(ql_comparison_open(&s, &ds, &k), QUELL_OK);
	struct ql_summary *sum = ql_comparison_summary(k);
	assert_int_equal(ql_comparison_simulate(k, 130, 70, sum), QUELL_OK);
	assert_int_equal(ql_comparison_simulate(k, 0, 130, sum), QUELL_OK);
	assert_int_equal(ql_comparison_finish(k, sum, false, &cut), QUELL_OK);
	struct ql_buf a = {0}, b = {0};
	ql_compare_json(whole, &a);
	ql_compare_json(cut, &b);
	assert_string_equal(a.data, b.data);
	ql_buf_free(&a);
	ql_buf_free(&b);
	ql_compare_free(whole);
	ql_compare_free(cut);
	ql_comparison_close(k);
	ql_summary_free(sum);
	ql_diags_free(&ds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(intervals_hold_the_prior),
		cmocka_unit_test(the_width_is_said),
		cmocka_unit_test(contrasts_and_curves_hold_it_too),
		cmocka_unit_test(pieces_give_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
