/* SPDX-License-Identifier: Apache-2.0 */
/* What must come out of the equations by itself, each with the observation it is held against. One typical patient
 * (hidden normals at 0) unless a test says otherwise; doses are written out here. */
#include "cll_run.h"

enum { ALC, SPD, MRD_B, MRD_M, BURDEN, WATCHED }; /* always watched, in this order */

static struct cll *typical(const char *active)
{
	struct cll *c = cll_open(active);
	cll_default_agents(c);
	cll_set(c, "protocol.extinction", 0);
	cll_set(c, "disease.alc0", 60);
	cll_set(c, "disease.spd0", 40);
	cll_set(c, "disease.spleen0", 15);
	cll_set(c, "disease.marrow0", 0.6);
	cll_set(c, "disease.ldt", 10);
	cll_watch(c, "observe.alc");
	cll_watch(c, "observe.spd");
	cll_watch(c, "observe.mrd_blood");
	cll_watch(c, "observe.mrd_marrow");
	cll_watch(c, "observe.burden");
	return c;
}

static double extreme(const struct cll *c, int w, double from, double to, bool max, double *when)
{
	double best = max ? -INFINITY : INFINITY;
	for (int i = 0; i < c->n_sample; i++) {
		double t = i * c->step, x = c->sample[i][w];
		if (t >= from && t <= to && (max ? x > best : x < best)) {
			best = x;
			if (when)
				*when = t;
		}
	}
	return best;
}

static double peak(const struct cll *c, int w, double *when) { return extreme(c, w, 0, INFINITY, true, when); }

static void obinutuzumab(struct cll *c, double t0)
{
	cll_do(c, t0, "mab.infusion", 100, 1.0 / 6);
	cll_do(c, t0 + 1, "mab.infusion", 900, 1.0 / 6);
	cll_do(c, t0 + 7, "mab.infusion", 1000, 1.0 / 6);
	cll_do(c, t0 + 14, "mab.infusion", 1000, 1.0 / 6);
	for (int i = 1; i < 6; i++)
		cll_do(c, t0 + 28 * i, "mab.infusion", 1000, 1.0 / 6);
}

static void rituximab(struct cll *c, double t0)
{
	for (int i = 0; i < 6; i++)
		cll_do(c, t0 + 28 * i, "mab.infusion", i ? 950 : 712, 0.2);
}

static void venetoclax(struct cll *c, double t0, double t_end)
{
	static const double mg[] = {20, 50, 100, 200, 400};
	for (int i = 0; i < 5; i++)
		cll_do(c, t0 + 7 * i, "bcl2i.dose", mg[i], 0);
	cll_do(c, t_end, "bcl2i.dose", 0, 0);
}

/* Williams 2006: blood is cleared of more than 75 % of cells by the first 30 mg in 12 of 12; after a full dose cells
 * come back having lost more than 90 % of CD20. */
static void rituximab_clears_blood_and_shaves_cd20(void **state)
{
	(void)state;
	struct cll *c = typical("mab.infusion");
	cll_watch(c, "mab.F_b");
	cll_begin(c);
	cll_do(c, 0, "mab.infusion", 712, 0.2);
	c->step = 1.0 / 48;
	cll_run(c, 7, 1e-5);
	double leukaemic0 = cll_at(c, ALC, 0) - 2;
	assert_true(cll_at(c, ALC, 1.0 / 24) - 2 < 0.35 * leukaemic0);
	assert_true(extreme(c, ALC, 0, 0.25, false, NULL) - 2 < 0.25 * leukaemic0);
	assert_true(cll_at(c, ALC, 0.5) > 1.3 * extreme(c, ALC, 0, 0.25, false, NULL)); /* they return */
	assert_true(cll_at(c, WATCHED, 1) < 0.15 && cll_at(c, WATCHED, 2) < 0.15);
	cll_close(c);
}

/* Beers 2010, Valgardsdottir 2017: type II antibody is not internalised and CD20 is not lost; blood clears within a day. */
static void obinutuzumab_clears_blood_and_does_not_shave(void **state)
{
	(void)state;
	struct cll *c = typical("mab.infusion");
	cll_agent(c, "mab", "obinutuzumab");
	cll_watch(c, "mab.F_b");
	cll_watch(c, "mab.Cp");
	cll_begin(c);
	obinutuzumab(c, 0);
	c->step = 0.25;
	cll_run(c, 28, 1e-5);
	assert_true(cll_at(c, ALC, 1) < 3);
	assert_true(extreme(c, WATCHED, 0, 28, false, NULL) > 0.6);
	assert_true(extreme(c, WATCHED + 1, 0, 28, false, NULL) > 0.75); /* complement is spared */
	cll_close(c);
}

/* Mo 2013: rituximab troughs are undetectable after cycle 1 and exceed 10 mg/L only by cycle 4. */
static void rituximab_disappears_in_cycle_one(void **state)
{
	(void)state;
	struct cll *c = typical("mab.infusion");
	cll_watch(c, "mab.A_c");
	cll_begin(c);
	rituximab(c, 0);
	cll_run(c, 168, 1e-5);
	double mg_per_L = 144.0 / 1000 / 3.6;
	assert_true(cll_at(c, WATCHED, 27) * mg_per_L < 1);
	assert_true(cll_at(c, WATCHED, 140) * mg_per_L > 10);
	cll_close(c);
}

/* Kennedy 2004, Tuscano 2020: complement is used up, more so at high counts. */
static void complement_falls_with_burden(void **state)
{
	(void)state;
	double low[2];
	for (int i = 0; i < 2; i++) {
		struct cll *c = typical("mab.infusion");
		cll_set(c, "disease.alc0", i ? 150 : 10);
		cll_watch(c, "mab.Cp");
		cll_begin(c);
		cll_do(c, 0, "mab.infusion", 712, 0.2);
		c->step = 0.25;
		cll_run(c, 3, 1e-5);
		low[i] = extreme(c, WATCHED, 0, 3, false, NULL);
		cll_close(c);
	}
	assert_true(low[1] < 0.25 && low[0] > 2 * low[1]);
}

/* Wodarz 2014, Burger 2015: lymphocytes rise for weeks while nodes shrink. */
static void ibrutinib_moves_cells_into_blood(void **state)
{
	(void)state;
	double day = 0;
	struct cll *c = typical("btki.level");
	cll_begin(c);
	cll_do(c, 0, "btki.level", 1, 0);
	cll_run(c, 730, 1e-5);
	double rise = peak(c, ALC, &day) / cll_at(c, ALC, 0);
	assert_true(rise > 1.3 && rise < 1.8);
	assert_true(day >= 10 && day <= 35);
	assert_true(cll_at(c, SPD, 28) < 0.6 * cll_at(c, SPD, 0));
	assert_true(cll_at(c, MRD_M, 730) > 1e-3); /* marrow stays positive on a BTK inhibitor alone */
	cll_close(c);
}

/* HOVON 139 (Blood Adv 2018;2:3566): obinutuzumab before venetoclax lowers the class of tumour lysis risk; Goede 2014:
 * one in five has a severe reaction to the first obinutuzumab infusion, one in 25 to rituximab. */
static void debulking_lowers_the_risk_of_tumour_lysis(void **state)
{
	(void)state;
	struct cll *c = typical("bcl2i.dose mab.infusion");
	cll_agent(c, "mab", "obinutuzumab");
	cll_set(c, "disease.alc0", 50);
	cll_watch(c, "bcl2i.tls_risk");
	cll_watch(c, "mab.irr_risk");
	cll_begin(c);
	obinutuzumab(c, 0);
	cll_run(c, 22, 1e-5);
	assert_true(cll_at(c, WATCHED, 21) < 0.5 * cll_at(c, WATCHED, 0));
	assert_true(cll_at(c, WATCHED + 1, 0) > 0.15 && cll_at(c, WATCHED + 1, 0) < 0.30);
	cll_close(c);
}

/* Lew 2020, Al-Sawaf 2024: venetoclax with obinutuzumab reaches below 1e-4 in blood. */
static void venetoclax_obinutuzumab_clears_mrd(void **state)
{
	(void)state;
	struct cll *c = typical("bcl2i.dose mab.infusion");
	cll_agent(c, "mab", "obinutuzumab");
	cll_begin(c);
	obinutuzumab(c, 0);
	venetoclax(c, 21, 336);
	cll_run(c, 336, 1e-5);
	assert_true(cll_at(c, MRD_B, 336) < 1e-5);
	assert_true(cll_at(c, MRD_M, 336) < 1e-4);
	cll_close(c);
}

static double marrow_at_two_years(const char *btki, const char *mab)
{
	struct cll *c = typical(mab ? "btki.level mab.infusion" : "btki.level");
	cll_agent(c, "btki", btki);
	if (mab)
		cll_agent(c, "mab", mab);
	cll_begin(c);
	cll_do(c, 0, "btki.level", 1, 0);
	if (mab && strcmp(mab, "rituximab") == 0)
		rituximab(c, 28);
	else if (mab)
		obinutuzumab(c, 28);
	cll_run(c, 730, 1e-5);
	double m = cll_at(c, MRD_M, 730);
	cll_close(c);
	return m;
}

/* Woyach 2018 (A041202): rituximab adds nothing to ibrutinib; Sharman 2025: obinutuzumab adds to acalabrutinib. */
static void antibody_helps_acalabrutinib_but_not_ibrutinib(void **state)
{
	(void)state;
	double ibrutinib = marrow_at_two_years("ibrutinib", NULL), acala = marrow_at_two_years("acalabrutinib", NULL);
	assert_true(marrow_at_two_years("ibrutinib", "rituximab") > 0.5 * ibrutinib);
	assert_true(marrow_at_two_years("acalabrutinib", "obinutuzumab") < 0.3 * acala); /* how much it helps: t_compare_signs */
}

/* Burden left after six months, relative to intact TP53. */
static double harm_of_tp53(const char *active, bool chemo)
{
	double left[2];
	for (int tp53 = 0; tp53 < 2; tp53++) {
		struct cll *c = typical(active);
		cll_agent(c, "chemo", "fludarabine-cyclophosphamide");
		cll_set(c, "disease.tp53", tp53);
		cll_begin(c);
		for (int i = 0; i < 6 && chemo; i++)
			for (int d = 0; d < 3; d++)
				cll_do(c, 28 * i + d, "chemo.pulse", 1, 0);
		if (!chemo)
			venetoclax(c, 0, 1000);
		cll_run(c, 168, 1e-5);
		left[tp53] = cll_at(c, BURDEN, 168);
		cll_close(c);
	}
	return left[1] / left[0];
}

/* Hallek 2010, Freise 2017: del(17p) takes most of the effect of chemotherapy and little of that of venetoclax. */
static void tp53_hurts_chemotherapy_most(void **state)
{
	(void)state;
	assert_true(harm_of_tp53("chemo.pulse", true) > 5 * harm_of_tp53("bcl2i.dose", false));
}

/* Blombery 2019: in relapsed patients G101V is seen after 19 to 42 months of continuous venetoclax, not before. */
static void bcl2_mutation_takes_over_on_continuous_venetoclax(void **state)
{
	(void)state;
	struct cll *c = typical("bcl2i.dose");
	cll_set(c, "disease.relapsed", 1);
	cll_watch(c, "disease.Sm[bcl2_mut]");
	cll_watch(c, "disease.Pm[bcl2_mut]");
	cll_begin(c);
	venetoclax(c, 0, 1e4);
	c->step = 10;
	cll_run(c, 1500, 1e-5);
	double share[2];
	for (int i = 0; i < 2; i++) {
		double day = i ? 1280 : 360;
		share[i] = (cll_at(c, WATCHED, day) + cll_at(c, WATCHED + 1, day)) / cll_at(c, BURDEN, day);
	}
	assert_true(share[0] < 1e-2 && share[1] > 0.5);
	cll_close(c);
}

/* ---- cells and bispecifics ---- */

enum { IL6 = WATCHED, EFFECTORS, B_CELLS };

static struct cll *cells(const char *row, double fitness, double burden)
{
	struct cll *c = typical("cells.infusion cells.infusion_active cells.il2 chemo.pulse");
	cll_agent(c, "cells", row);
	cll_agent(c, "chemo", "lymphodepletion");
	cll_set(c, "cells.fit_z", fitness);
	cll_set(c, "disease.relapsed", 1);
	cll_set(c, "disease.alc0", 2.2 + 48 * burden);
	cll_set(c, "disease.spd0", burden < 1 ? 8 : burden > 1 ? 70 : 35);
	cll_set(c, "disease.spleen0", burden < 1 ? 11.5 : burden > 1 ? 18 : 15);
	cll_set(c, "disease.marrow0", fmin(0.9, 0.5 * burden));
	cll_watch(c, "observe.il6_rise");
	cll_watch(c, "observe.effectors");
	cll_watch(c, "observe.b_cells");
	cll_begin(c);
	return c;
}

static void deplete(struct cll *c)
{
	for (int i = 0; i < 3; i++)
		cll_do(c, i, "chemo.pulse", 1, 0);
}

static double car_t_peak(double fitness, double burden, double dose, double *day, double *il6, double *b_left)
{
	struct cll *c = cells("ctl019", fitness, burden);
	deplete(c);
	cll_do(c, 5, "cells.infusion", dose, 0);
	c->step = 0.5;
	cll_run(c, 120, 1e-5);
	double x = peak(c, EFFECTORS, day);
	*il6 = peak(c, IL6, NULL);
	*b_left = extreme(c, B_CELLS, 0, 120, false, NULL) / cll_at(c, B_CELLS, 0);
	cll_close(c);
	return x;
}

/* Stein 2019, Porter 2015, Kalos 2011: peak 9 to 22 days after infusion, two logs between responders and others,
 * B-cell aplasia and cytokine release in responders only, expansion follows burden more than dose. */
static void car_t_cells_expand_on_antigen(void **state)
{
	(void)state;
	double day = 0, il6, b, weak_il6, weak_b, x, y, z;
	double good = car_t_peak(0.8, 1, 0.16, &day, &il6, &b);
	assert_true(day - 5 >= 9 && day - 5 <= 22);
	assert_true(il6 > 25 && b < 0.1);
	double weak = car_t_peak(-1, 1, 0.16, &x, &weak_il6, &weak_b);
	assert_true(good > 100 * weak);
	assert_true(weak_il6 < 25 && weak_b > 0.1);
	double ten_times_dose = car_t_peak(0.8, 1, 1.6, &x, &y, &z) / good;
	double small_burden = good / car_t_peak(0.8, 0.05, 0.16, &x, &y, &z);
	assert_true(ten_times_dose < 1.5 && small_burden > 1.5);
}

/* Liu 2020: response without cytokine release. */
static void car_nk_cells_release_no_cytokines(void **state)
{
	(void)state;
	struct cll *c = cells("car-nk", 0, 1);
	deplete(c);
	cll_do(c, 5, "cells.infusion_active", 0.7, 0);
	cll_run(c, 60, 1e-5);
	assert_true(peak(c, IL6, NULL) < 5);
	assert_true(cll_at(c, BURDEN, 35) < 0.2 * cll_at(c, BURDEN, 0));
	cll_close(c);
}

/* Share of the burden left at day 90, relative to no cells. Donor cells come after lymphodepletion, with zoledronate and
 * interleukin-2, as in the regimen; so does the comparator. bulky: counts of 150e9/L and nodes twice as large. */
static double innate_effect(const char *row, double dose, bool donor, bool mrd_level, bool bulky)
{
	double left[2];
	for (int given = 0; given < 2; given++) {
		struct cll *c = cells(row, 0, bulky ? 3 : 1);
		if (donor) {
			deplete(c);
			cll_do(c, 5, "cells.il2", 1, 0);
			cll_do(c, 15, "cells.il2", 0, 0);
		}
		for (int i = 0; i < c->plan->n_state && mrd_level; i++) /* after a deep remission: 1e9 cells */
			if (strncmp(c->m->q[c->plan->state[i]].base, "disease.S", 9) == 0 ||
			    strncmp(c->m->q[c->plan->state[i]].base, "disease.P", 9) == 0)
				c->y[i] *= 1e-3;
		for (int i = 0; i < (donor ? 1 : 3) && given; i++)
			cll_do(c, 5 + 28 * i, "cells.infusion_active", dose, 0);
		cll_run(c, 90, 1e-5);
		left[given] = cll_at(c, BURDEN, 90);
		cll_close(c);
	}
	return left[1] / left[0];
}

/* No patient data in CLL: counts of cells alone say that products that do not expand cannot debulk (few kills per
 * cell against 1e12 targets), while the same dose matters where few cells are left. */
static void innate_products_act_only_at_mrd_level(void **state)
{
	(void)state;
	static const struct {
		const char *row;
		double dose;
		bool donor;
	} product[] = {{"bak", 6, false}, {"gamma-delta-impaired", 1, false}, {"car-m", 5, false}, {"gamma-delta", 10, true}};
	for (int i = 0; i < 4; i++) {
		double usual = innate_effect(product[i].row, product[i].dose, product[i].donor, false, false);
		double bulky = innate_effect(product[i].row, product[i].dose, product[i].donor, false, true);
		double mrd = innate_effect(product[i].row, product[i].dose, product[i].donor, true, false);
		if (getenv("QUELL_TEST_SHOW"))
			printf("%-20s left of the burden: usual %.3f, bulky %.3f, MRD %.3f\n", product[i].row, usual, bulky, mrd);
		assert_true(usual > 0.8 && bulky > 0.9);
		assert_true(mrd < usual - 0.1);
	}
}

static double epcoritamab(bool stepped, double *burden_left)
{
	struct cll *c = typical("bispecific.sc");
	cll_set(c, "disease.relapsed", 1);
	cll_watch(c, "observe.il6_rise");
	cll_begin(c);
	if (stepped) {
		cll_do(c, 0, "bispecific.sc", 0.16, 0);
		cll_do(c, 7, "bispecific.sc", 0.8, 0);
	}
	for (int i = stepped ? 2 : 0; i < 12; i++)
		cll_do(c, 7 * i, "bispecific.sc", 48, 0);
	c->step = 0.25;
	cll_run(c, 90, 1e-5);
	double x = peak(c, IL6, NULL);
	*burden_left = cll_at(c, BURDEN, 90) / cll_at(c, BURDEN, 0);
	cll_close(c);
	return x;
}

/* Hosseini 2020, and the check table of the component model: step-up lowers peak interleukin-6 four- to six-fold at equal
 * response. T cells release when they become active, so the first doses spread one burst over weeks and raise tolerance. */
static void step_up_lowers_cytokine_release(void **state)
{
	(void)state;
	double stepped_left, flat_left;
	double stepped = epcoritamab(true, &stepped_left), flat = epcoritamab(false, &flat_left);
	assert_true(flat > 4 * stepped && flat < 6 * stepped);
	assert_true(stepped_left < 1.25 * flat_left);
}

/* Friberg 2002 as calibrated on CLL10: fludarabine-cyclophosphamide brings the typical nadir to about 0.5e9/L. */
static void chemotherapy_brings_neutropenia(void **state)
{
	(void)state;
	struct cll *c = typical("chemo.pulse");
	cll_agent(c, "chemo", "fludarabine-cyclophosphamide");
	cll_watch(c, "observe.anc");
	cll_watch(c, "observe.igg");
	cll_begin(c);
	for (int i = 0; i < 6; i++)
		for (int d = 0; d < 3; d++)
			cll_do(c, 28 * i + d, "chemo.pulse", 1, 0);
	cll_run(c, 168, 1e-5);
	double nadir = extreme(c, WATCHED, 0, 168, false, NULL);
	assert_true(nadir > 0.25 && nadir < 0.8);
	assert_true(fabs(cll_at(c, WATCHED + 1, 168) / cll_at(c, WATCHED + 1, 0) - 1) < 0.15); /* IgG is slow */
	cll_close(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rituximab_clears_blood_and_shaves_cd20),
		cmocka_unit_test(obinutuzumab_clears_blood_and_does_not_shave),
		cmocka_unit_test(rituximab_disappears_in_cycle_one),
		cmocka_unit_test(complement_falls_with_burden),
		cmocka_unit_test(ibrutinib_moves_cells_into_blood),
		cmocka_unit_test(debulking_lowers_the_risk_of_tumour_lysis),
		cmocka_unit_test(venetoclax_obinutuzumab_clears_mrd),
		cmocka_unit_test(antibody_helps_acalabrutinib_but_not_ibrutinib),
		cmocka_unit_test(tp53_hurts_chemotherapy_most),
		cmocka_unit_test(bcl2_mutation_takes_over_on_continuous_venetoclax),
		cmocka_unit_test(car_t_cells_expand_on_antigen),
		cmocka_unit_test(car_nk_cells_release_no_cytokines),
		cmocka_unit_test(innate_products_act_only_at_mrd_level),
		cmocka_unit_test(step_up_lowers_cytokine_release),
		cmocka_unit_test(chemotherapy_brings_neutropenia),
	};
	return cmocka_run_group_tests(tests, NULL, cll_teardown);
}
