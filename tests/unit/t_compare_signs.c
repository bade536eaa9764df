/* SPDX-License-Identifier: Apache-2.0 */
/* Signs and sizes that matter: which regimen is better, by how much, and in whom. Trials are those of the library. */
#define _GNU_SOURCE
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "trial/names.h"
#include "trial/rules.h"
#include "trial/survival.h"
#include "validate/panel.h"
#include "validate/target.h"
#include "dosing_helpers.h"

#define PATIENTS 400

static struct ql_panel *panel, *to_death; /* the first line alone; with next lines */
static struct ql_diags diags;

static int open_panel(void **state)
{
	(void)state;
	struct ql_panel_spec s = {.data_dir = QUELL_SOURCE_DIR, .patients = PATIENTS, .seed = 11, .threads = 2,
				  .first_line = true};
	if (ql_panel_open(&s, &diags, &panel) != QUELL_OK)
		return -1;
	s.first_line = false;
	s.patients = 2 * PATIENTS;
	return ql_panel_open(&s, &diags, &to_death) == QUELL_OK ? 0 : -1;
}

static int close_panel(void **state)
{
	ql_panel_close(panel);
	ql_panel_close(to_death);
	ql_diags_free(&diags);
	return scratch_remove(state);
}

struct arm {
	struct ql_cohort_records c;
};

/* covariate NULL: all patients; else those with this value. */
static struct arm simulate_in(struct ql_panel *p, const char *trial, const char *name, const char *covariate,
			      double value, double months)
{
	struct ql_design *d;
	struct arm a = {0};
	struct ql_condition who = {.kind = QL_COND_RANGE, .lo = value, .hi = value};
	if (covariate)
		who.q = ql_trial_quantity(ql_panel_model(p), covariate, 1u << QL_COVARIATE);
	enum quell_status s = ql_panel_design(p, trial, &diags, &d);
	if (s == QUELL_OK)
		s = ql_panel_cohort(p, d, ql_design_find_arm(d, name), covariate ? &who : NULL, months * QL_DAYS_PER_MONTH,
				    &diags, &a.c);
	if (s != QUELL_OK)
		show(&diags);
	assert_int_equal(s, QUELL_OK);
	return a;
}

static struct arm simulate(const char *trial, const char *name, const char *covariate, double value, double months)
{
	return simulate_in(panel, trial, name, covariate, value, months);
}

static double pfs(const struct arm *a, double month)
{
	double free = 0;
	for (size_t i = 0; i < a->c.n; i++)
		free += a->c.record[i].pfs_day > month * QL_DAYS_PER_MONTH;
	return free / (double)a->c.n;
}

static double median_pfs(const struct arm *a)
{
	for (double m = 1; m < 200; m += 0.5)
		if (pfs(a, m) < 0.5)
			return m;
	return INFINITY;
}

static double share(const struct arm *a, enum ql_share what)
{
	double yes = 0;
	for (size_t i = 0; i < a->c.n; i++)
		yes += ql_target_share(&a->c.record[i], what, a->c.continuous[i], INFINITY) > 0.5;
	return yes / (double)a->c.n;
}

static double ratio_of(enum ql_interval_of clock, const struct arm *a, const struct arm *b)
{
	struct ql_arena m = {0};
	size_t n = a->c.n + b->c.n, k = 0;
	double *time = QL_NEW_N(&m, double, n), *x = QL_NEW_N(&m, double, n);
	int *event = QL_NEW_N(&m, int, n);
	for (int side = 0; side < 2; side++)
		for (size_t i = 0; i < (side ? b : a)->c.n; i++, k++) {
			assert_true(ql_target_time(&(side ? b : a)->c.record[i], clock, INFINITY, &time[k], &event[k]));
			x[k] = side == 0;
		}
	struct ql_cox cox;
	assert_int_equal(ql_cox_fit(time, event, x, 1, NULL, n, QL_EFRON, &m, &cox), QUELL_OK);
	double hr = exp(cox.coef[0]);
	ql_arena_free(&m);
	return hr;
}

static double hazard_ratio(const struct arm *a, const struct arm *b) { return ratio_of(QL_CLOCK_PFS, a, b); }

static void between(const char *what, double x, double low, double high)
{
	if (getenv("QUELL_TEST_SHOW") || !(x >= low && x <= high))
		print_message("%s is %g, expected %g to %g\n", what, x, low, high);
	assert_true(x >= low && x <= high);
}

static void done(struct arm *a) { ql_cohort_records_free(&a->c); }

static void venetoclax_beats_chlorambucil_beside_obinutuzumab(void **state)
{
	(void)state;
	struct arm v = simulate("cll14", "Ven-G", NULL, 0, 72), c = simulate("cll14", "G-Clb", NULL, 0, 72);
	between("hazard ratio, Ven-Obi over Clb-Obi", hazard_ratio(&v, &c), 0.2, 0.65);
	between("uMRD, Ven-Obi less Clb-Obi", share(&v, QL_SHARE_UMRD_BLOOD) - share(&c, QL_SHARE_UMRD_BLOOD), 0.2, 0.7);
	done(&v);
	done(&c);
}

static void antibodies_add_to_chlorambucil(void **state)
{
	(void)state;
	struct arm g = simulate("cll11", "G-Clb", NULL, 0, 72), r = simulate("cll11", "R-Clb", NULL, 0, 72),
		   c = simulate("cll11", "Clb", NULL, 0, 72);
	between("hazard ratio, Clb-Obi over Clb-R", hazard_ratio(&g, &r), 0.3, 0.75);
	between("hazard ratio, Clb-R over Clb", hazard_ratio(&r, &c), 0.25, 0.85);
	assert_true(median_pfs(&g) > median_pfs(&r) && median_pfs(&r) > median_pfs(&c));
	done(&g);
	done(&r);
	done(&c);
}

/* FCR is better than BR, and patients with mutated IGHV do not go on relapsing at the rate of the others. */
static void fcr_beats_br_and_mutated_patients_stay_in_remission(void **state)
{
	(void)state;
	struct arm f = simulate("cll10", "FCR", NULL, 0, 96), b = simulate("cll10", "BR", NULL, 0, 96);
	between("hazard ratio, BR over FCR", hazard_ratio(&b, &f), 1.05, 2.2);
	struct arm m = simulate("cll10", "FCR", "ighv_u", 0, 96), u = simulate("cll10", "FCR", "ighv_u", 1, 96);
	double late_m = pfs(&m, 96) / pfs(&m, 60), late_u = pfs(&u, 96) / pfs(&u, 60);
	between("mutated, progression-free at 96 of those at 60 months", late_m, 0.5, 1);
	assert_true(late_m > late_u + 0.1);
	assert_true(pfs(&m, 72) > pfs(&u, 72) + 0.15);
	done(&f);
	done(&b);
	done(&m);
	done(&u);
}

static void venetoclax_rituximab_beats_br_in_relapse(void **state)
{
	(void)state;
	struct arm v = simulate("murano", "Ven-R", NULL, 0, 48), b = simulate("murano", "BR", NULL, 0, 48);
	between("hazard ratio, Ven-R over BR", hazard_ratio(&v, &b), 0.05, 0.3);
	done(&v);
	done(&b);
}

/* ELEVATE-TN: published hazard ratio 0.58. */
static void obinutuzumab_adds_to_acalabrutinib(void **state)
{
	(void)state;
	struct arm g = simulate("elevate-tn", "Acala-G", NULL, 0, 75), a = simulate("elevate-tn", "Acala", NULL, 0, 75);
	between("hazard ratio, Acala-Obi over Acala", hazard_ratio(&g, &a), 0.35, 0.85);
	done(&g);
	done(&a);
}

static double effect(const char *trial, const char *arm, const char *covariate, double months)
{
	struct arm with = simulate(trial, arm, covariate, 1, months), without = simulate(trial, arm, covariate, 0, months);
	double hr = hazard_ratio(&with, &without);
	done(&with);
	done(&without);
	return hr;
}

/* Dossier of endpoints, section 3.3: unmutated IGHV and TP53 matter most under chemotherapy, least under BTK inhibitors. */
static void risk_factors_by_class(void **state)
{
	(void)state;
	double chemo = effect("elevate-tn", "G-Clb", "ighv_u", 72), btki = effect("elevate-tn", "Acala", "ighv_u", 72),
	       ven = effect("cll14", "Ven-G", "ighv_u", 72);
	between("IGHV-U, Clb-Obi", chemo, 1.9, 6); /* published about 3, and more than under BTK inhibitors: docs/credibility.md */
	between("IGHV-U, acalabrutinib", btki, 0.8, 1.9);
	between("IGHV-U, Ven-Obi", ven, 1.2, 4);
	assert_true(chemo > btki);
	double tp_chemo = effect("cll14", "G-Clb", "tp53", 72), tp_btki = effect("elevate-tn", "Acala", "tp53", 72),
	       tp_ven = effect("cll14", "Ven-G", "tp53", 72);
	between("TP53, Clb-Obi", tp_chemo, 1.5, 8);
	between("TP53, acalabrutinib", tp_btki, 0.9, 2.5);
	between("TP53, Ven-Obi", tp_ven, 1.3, 5);
	assert_true(tp_chemo > tp_btki);
}

static const char same_patients[] = "trial: S\nrole: plan\npopulation: {base: unfit-1l}\n"
				    "arms:\n  - {arm: continuous, regimen: acalabrutinib, n: 10}\n"
				    "  - {arm: fixed, regimen: ven-obi, n: 10}\n"
				    "follow_up: {accrual_months: 0, months: 60}\n";

static void equal_pfs_with_unequal_mrd(void **state)
{
	(void)state;
	const char *file = scratch_file("same.yaml", same_patients);
	struct arm c = simulate(file, "continuous", NULL, 0, 48), f = simulate(file, "fixed", NULL, 0, 48);
	between("PFS at 48 months, continuous less fixed", pfs(&c, 48) - pfs(&f, 48), -0.1, 0.15);
	between("uMRD, continuous", share(&c, QL_SHARE_UMRD_BLOOD), 0, 0.1);
	between("uMRD, fixed", share(&f, QL_SHARE_UMRD_BLOOD), 0.6, 0.95);
	done(&c);
	done(&f);
}

static double alive(const struct arm *a, double month)
{
	double n = 0;
	for (size_t i = 0; i < a->c.n; i++)
		n += a->c.record[i].death_day > month * QL_DAYS_PER_MONTH;
	return n / (double)a->c.n;
}

static void survival_of(const char *trial, const char *better, const char *worse, double months, double low, double high)
{
	struct arm a = simulate_in(to_death, trial, better, NULL, 0, months),
		   b = simulate_in(to_death, trial, worse, NULL, 0, months);
	print_message("%s %s over %s, overall survival: ", trial, better, worse);
	between("hazard ratio", ratio_of(QL_CLOCK_OS, &a, &b), low, high);
	print_message("%.2f and %.2f alive at %g months\n", alive(&a, months - 0.01), alive(&b, months - 0.01), months);
	done(&a);
	done(&b);
}

/* Survival is longer under the better first treatment although next lines rescue; the more so, the less was left to give. */
static void better_first_lines_make_longer_lives(void **state)
{
	(void)state;
	survival_of("resonate-2", "Ibr", "Clb", 72, 0.3, 0.95);
	survival_of("e1912", "Ibr-R", "FCR", 72, 0.25, 0.9);
	survival_of("helios", "Ibr-BR", "BR", 60, 0.4, 0.9);
	survival_of("murano", "Ven-R", "BR", 60, 0.3, 0.85);
	survival_of("cll11", "G-Clb", "Clb", 60, 0.35, 0.85);
	survival_of("cll14", "Ven-G", "G-Clb", 72, 0.5, 1.1);
}

/* The same disease in other years: as little was left to give, so short were lives. */
static void lives_grew_longer_with_what_was_left_to_give(void **state)
{
	(void)state;
	static const char *const text = "trial: Y\nrole: plan\npopulation: {base: unfit-1l}\n"
					"arms: [{arm: A, regimen: clb, n: 60}]\nyear: %d\n"
					"follow_up: {accrual_months: 0, months: 72}\n";
	double n[2];
	for (int i = 0; i < 2; i++) {
		char yaml[512];
		snprintf(yaml, sizeof yaml, text, i ? 2021 : 2000);
		struct arm a = simulate_in(to_death, scratch_file(i ? "new.yaml" : "old.yaml", yaml), "A", NULL, 0, 72);
		n[i] = alive(&a, 71.99);
		done(&a);
	}
	between("alive at 72 months, 2021 less 2000", n[1] - n[0], 0.05, 0.4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(venetoclax_beats_chlorambucil_beside_obinutuzumab),
					   cmocka_unit_test(antibodies_add_to_chlorambucil),
					   cmocka_unit_test(fcr_beats_br_and_mutated_patients_stay_in_remission),
					   cmocka_unit_test(venetoclax_rituximab_beats_br_in_relapse),
					   cmocka_unit_test(obinutuzumab_adds_to_acalabrutinib),
					   cmocka_unit_test(risk_factors_by_class),
					   cmocka_unit_test(equal_pfs_with_unequal_mrd),
					   cmocka_unit_test(better_first_lines_make_longer_lives),
					   cmocka_unit_test(lives_grew_longer_with_what_was_left_to_give)};
	return cmocka_run_group_tests(tests, open_panel, close_panel);
}
