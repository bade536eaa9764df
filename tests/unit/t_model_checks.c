/* SPDX-License-Identifier: Apache-2.0 */
/* The rest of the check tables of the component specifications: neutrophils, indolent disease, cells over a year and in the
 * two patients of Kalos 2011, bispecifics at low burden. As in t_model_tables.c the components' own numbers are set back
 * where the joint calibration has moved them, and the tolerance stands beside each figure. */
#include "cll_tables.h"

static double lowest(const struct cll *c, int w)
{
	double x = INFINITY;
	for (int i = 0; i < c->n_sample; i++)
		x = fmin(x, c->sample[i][w]);
	return x;
}

/* Partner drugs, section 2.1: median nadir under a slope, by pulses and at the steady state of continuous drugs. */
static void neutrophils(void **state)
{
	(void)state;
	static const struct {
		const char *what, *active, *slot, *row, *give;
		double slope, anc0, nadir;
		int cycles, days, every;
	} row[] = {{"nadir under FCR", "chemo.pulse", "chemo", "fludarabine-cyclophosphamide", "chemo.pulse", 0.314, 4, 0.49, 6, 3, 1},
		   {"nadir under BR", "chemo.pulse", "chemo", "bendamustine", "chemo.pulse", 0.342, 4, 0.87, 6, 2, 1},
		   {"nadir under chlorambucil-obinutuzumab", "chemo.pulse", "chemo", "chlorambucil", "chemo.pulse", 0.60, 4, 1.04, 12, 2, 14},
		   {"nadir after lymphodepletion", "chemo.pulse", "chemo", "lymphodepletion", "chemo.pulse", 0.347, 4, 0.30, 1, 3, 1},
		   {"nadir on venetoclax", "bcl2i.dose", "bcl2i", "venetoclax", "bcl2i.dose", 0.130, 3.5, 1.20, 0, 0, 0},
		   {"nadir on a BTK inhibitor", "btki.level", "btki", "acalabrutinib", "btki.level", 0.107, 3.5, 1.68, 0, 0, 0}};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct cll *c = cll_open(row[i].active);
		cll_default_agents(c);
		cll_agent(c, row[i].slot, row[i].row);
		cll_set(c, "protocol.extinction", 0);
		cll_set(c, "host.anc0", row[i].anc0);
		cll_set(c, ql_arena_printf(&c->arena, "%s.anc", row[i].slot), row[i].slope);
		cll_watch(c, "observe.anc");
		cll_begin(c);
		for (int n = 0; n < row[i].cycles; n++)
			for (int d = 0; d < row[i].days; d++)
				cll_do(c, 28 * n + row[i].every * d, row[i].give, 1, 0);
		if (row[i].cycles == 0)
			cll_do(c, 0, row[i].give, strcmp(row[i].slot, "bcl2i") == 0 ? 400 : 1, 0);
		cll_run(c, 340, 1e-5);
		check(row[i].what, lowest(c, 0), row[i].nadir, row[i].cycles == 1 ? 1.5 : 1.35); /* once: 95 % below 1.0 was assumed */
		cll_close(c);
	}
}

/* Antibody and disease, section 5.1, second row: mutated, doubling in 40 months. */
static void indolent_disease(void **state)
{
	(void)state;
	static const double day[] = {182, 364, 728, 1820}, alc[] = {22.9, 25.3, 29.6, 39.3};
	struct cll *c = cll_open("");
	cll_default_agents(c);
	cll_set(c, "protocol.extinction", 0);
	cll_set(c, "disease.ighv_u", 0);
	cll_set(c, "disease.alc0", 20.6);
	cll_set(c, "disease.spd0", 8);
	cll_set(c, "disease.marrow0", 0.35);
	cll_set(c, "disease.spleen0", 12);
	cll_set(c, "disease.ldt", 40);
	cll_watch(c, "observe.alc");
	cll_begin(c);
	c->step = 7;
	cll_run(c, 1827, 1e-5);
	for (int i = 0; i < 4; i++) /* the specification bounded every site, this model the whole */
		check("untreated lymphocytes, doubling in 40 months", cll_at(c, 0, day[i]), alc[i], i < 3 ? 1.15 : 1.6);
	cll_close(c);
}

enum { B_CELLS = STUB_WATCHED, MRD };

static struct cll *car_t(double fitness, double burden)
{
	struct cll *c = stub("cells.infusion chemo.pulse", NULL, burden);
	cll_watch(c, "observe.b_cells");
	cll_watch(c, "observe.mrd_blood");
	cll_set(c, "cells.rho", 1.12);
	cll_set(c, "cells.kappa", 15);
	cll_set(c, "cells.eta", 0.3);
	cll_set(c, "cells.sig6_on", 0);
	cll_set(c, "cells.fit_logit", log(fitness / (1 - fitness)));
	return c;
}

static void infuse(struct cll *c, double dose)
{
	for (int d = 0; d < 3; d++)
		cll_do(c, d, "chemo.pulse", 1, 0);
	cll_do(c, 5, "cells.infusion", dose, 0);
}

/* Section 5.1: B-cell aplasia for more than a year and cells that stay where the product is fit, neither where it is not. The
 * specification holds its tail of 13 to 23 cells/uL to be five to twenty times too high. */
static void car_t_cells_over_a_year(void **state)
{
	(void)state;
	static const struct { double fitness, left; } row[] = {{0.9, 23}, {0.8, 18}, {0.7, 13}, {0.5, 0}};
	for (int i = 0; i < 4; i++) {
		struct cll *c = car_t(row[i].fitness, 1);
		cll_begin(c);
		infuse(c, 0.15);
		cll_run(c, 372, 1e-5);
		double left = cll_at(c, EFF, 370), b = cll_at(c, B_CELLS, 370) / cll_at(c, B_CELLS, 0), mrd = cll_at(c, MRD, 95);
		if (getenv("QUELL_TEST_SHOW"))
			printf("fitness %.1f: %.3g cells/uL (table %g), B cells %.2g, blood MRD at 90 days %.2g\n", row[i].fitness, left,
			       row[i].left, b, mrd);
		if (row[i].left > 0) {
			assert_true(left > row[i].left / 20 && left < row[i].left * 2);
			assert_true(b < 0.1);
			assert_true(mrd < 1e-4 || row[i].fitness < 0.75);
		} else {
			assert_true(left < 1 && b > 0.1 && mrd > 0.1);
		}
		cll_close(c);
	}
}

/* Kalos 2011 as in the same section: many cells against much disease, few against little. */
static void the_patients_of_kalos(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		double fitness, dose, burden, g6, peak, day, il6;
	} row[] = {{"UPN1", 0.9, 1.1, 1, 18, 400, 11.8, 2430}, {"UPN3", 0.8, 0.014, 0.05, 6, 92, 19, 48}};
	for (int i = 0; i < 2; i++) {
		double day = 0, x;
		struct cll *c = car_t(row[i].fitness, row[i].burden);
		cll_set(c, "cytokines.g6", row[i].g6);
		cll_begin(c);
		infuse(c, row[i].dose);
		c->step = 0.25;
		cll_run(c, 60, 1e-5);
		check(ql_arena_printf(&c->arena, "%s, CAR-T peak per uL", row[i].name), highest(c, EFF, &day), row[i].peak, 1.6);
		check(ql_arena_printf(&c->arena, "%s, day of the peak", row[i].name), day - 5, row[i].day, 1.25);
		x = highest(c, IL6, &day);
		check(ql_arena_printf(&c->arena, "%s, interleukin-6", row[i].name), x, row[i].il6, 2);
		cll_close(c);
	}
}

/* Section 5.3: interleukin-6 at a fifth of the burden, stepped and flat, and with a third step. */
static void epcoritamab_at_low_burden(void **state)
{
	(void)state;
	static const struct { double first, second, third, burden, il6; } row[] = {
	    {0.16, 0.8, 48, 0.2, 40}, {48, 48, 48, 0.2, 121}, {0.16, 0.8, 3, 1, 72}};
	for (int i = 0; i < 3; i++) {
		struct cll *c = stub("bispecific.sc", NULL, row[i].burden);
		cll_set(c, "tcells.fit_logit", log(0.6 / 0.4));
		cll_set(c, "tcells.sig6_on", 0);
		cll_begin(c);
		cll_do(c, 0, "bispecific.sc", row[i].first, 0);
		cll_do(c, 7, "bispecific.sc", row[i].second, 0);
		cll_do(c, 14, "bispecific.sc", row[i].third, 0);
		for (int k = 3; k < 8; k++)
			cll_do(c, 7 * k, "bispecific.sc", 48, 0);
		double day = 0;
		c->step = 0.25;
		cll_run(c, 56, 1e-5);
		check("interleukin-6 under epcoritamab", highest(c, IL6, &day), row[i].il6, 1.6);
		cll_close(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(neutrophils),
		cmocka_unit_test(indolent_disease),
		cmocka_unit_test(car_t_cells_over_a_year),
		cmocka_unit_test(the_patients_of_kalos),
		cmocka_unit_test(epcoritamab_at_low_burden),
	};
	return cmocka_run_group_tests(tests, NULL, cll_teardown);
}
