/* SPDX-License-Identifier: Apache-2.0 */
/* Resistance, rescue and what differs between patients: subclones, protected cells, BAFF, lines of treatment, nodes out of
 * reach, blood counts, BTK inhibitors. Each with the observation it is held against. */
#include "cll_run.h"

enum { ALC, SPD, MRD_B, MRD_M, BURDEN, HB, PLT, WATCHED };

static struct cll *patient(const char *active)
{
	static const char *const watch[] = {"alc", "spd", "mrd_blood", "mrd_marrow", "burden", "haemoglobin", "platelets"};
	struct cll *c = cll_open(active);
	cll_default_agents(c);
	cll_set(c, "protocol.extinction", 0);
	for (int i = 0; i < WATCHED; i++)
		cll_watch(c, ql_arena_printf(&c->arena, "observe.%s", watch[i]));
	return c;
}

static void cycles_of_fc(struct cll *c)
{
	for (int i = 0; i < 6; i++)
		for (int d = 0; d < 3; d++)
			cll_do(c, 28 * i + d, "chemo.pulse", 1, 0);
}

static void obinutuzumab(struct cll *c)
{
	cll_do(c, 0, "mab.infusion", 1000, 0.2);
	cll_do(c, 7, "mab.infusion", 1000, 0.2);
	cll_do(c, 14, "mab.infusion", 1000, 0.2);
	for (int i = 1; i < 6; i++)
		cll_do(c, 28 * i, "mab.infusion", 1000, 0.2);
}

/* Share of the TP53-mutated subclone at the start and when the burden is back at a tenth of the start. */
static double subclone_at_relapse(bool chemo, double *at_start)
{
	struct cll *c = patient("chemo.pulse bcl2i.dose");
	cll_agent(c, "chemo", "fludarabine-cyclophosphamide");
	cll_set(c, "u(disease.u_sub)", 0.01);
	cll_watch(c, "disease.Sm[tp53_sub]");
	cll_watch(c, "disease.Pm[tp53_sub]");
	cll_begin(c);
	if (chemo)
		cycles_of_fc(c);
	cll_do(c, 0, "bcl2i.dose", chemo ? 0 : 400, 0);
	cll_do(c, 365, "bcl2i.dose", 0, 0);
	c->step = 10;
	cll_run(c, 5000, 1e-5);
	double share = NAN;
	for (int i = 0; i < c->n_sample; i++) {
		double *x = c->sample[i];
		if (i == 0)
			*at_start = (x[WATCHED] + x[WATCHED + 1]) / x[BURDEN];
		if (i * c->step > 400 && x[BURDEN] > 0.1 * c->sample[0][BURDEN] && isnan(share))
			share = (x[WATCHED] + x[WATCHED + 1]) / x[BURDEN];
	}
	cll_close(c);
	return share;
}

static double odds(double share) { return share / (1 - share); }

/* Rossi 2014: subclones of a few per cent dominate at relapse after chemotherapy. Venetoclax spares them little: what it
 * leaves is growth alone, so the odds of the subclone rise several times less. */
static void chemotherapy_selects_tp53(void **state)
{
	(void)state;
	double start, after_ven, after_fc = subclone_at_relapse(true, &start);
	assert_true(start > 0.03 && start < 0.06);
	assert_true(after_fc > 0.8);
	after_ven = subclone_at_relapse(false, &start);
	assert_true(odds(after_ven) < 0.25 * odds(after_fc));
}

/* Blood 2024;144:2748: BAFF rises when B cells are gone, and CLL cells that are left survive; a blocker of its receptor
 * takes the rescue away. */
static void baff_rescues_after_b_cell_depletion(void **state)
{
	(void)state;
	double left[2], baff[2];
	for (int blocked = 0; blocked < 2; blocked++) {
		struct cll *c = patient("bcl2i.dose mab.infusion");
		cll_agent(c, "mab", "obinutuzumab");
		cll_set(c, "mab.baff", blocked);
		cll_watch(c, "host.BN");
		cll_begin(c);
		obinutuzumab(c);
		cll_do(c, 21, "bcl2i.dose", 400, 0);
		cll_run(c, 200, 1e-5);
		left[blocked] = cll_at(c, BURDEN, 200);
		double bn = cll_at(c, WATCHED, 120) / cll_at(c, WATCHED, 0);
		baff[blocked] = 1.25 / (0.25 + bn);
		cll_close(c);
	}
	assert_true(baff[0] > 3);
	assert_true(left[1] < 0.8 * left[0]);
}

/* Fischer 2019, Eichhorst 2016, Kater 2019: blood is below marrow by half a log to one (shares of undetectable MRD), not by
 * many: protected cells of blood keep it from emptying. */
static void blood_follows_marrow(void **state)
{
	(void)state;
	struct cll *c = patient("bcl2i.dose mab.infusion");
	cll_agent(c, "mab", "obinutuzumab");
	cll_begin(c);
	obinutuzumab(c);
	cll_do(c, 21, "bcl2i.dose", 400, 0);
	cll_do(c, 336, "bcl2i.dose", 0, 0);
	cll_run(c, 420, 1e-5);
	double gap = log10(cll_at(c, MRD_M, 420) / cll_at(c, MRD_B, 420));
	assert_true(gap > 0.2 && gap < 2);
	cll_close(c);
}

static double left_after_fc(int lines, bool refractory)
{
	struct cll *c = patient("chemo.pulse");
	cll_agent(c, "chemo", "fludarabine-cyclophosphamide");
	cll_set(c, "disease.relapsed", lines > 0);
	cll_set(c, "disease.prior_lines", lines);
	cll_set(c, "disease.chemo_refractory", refractory);
	cll_set(c, "disease.sub_hidden", 0);
	cll_begin(c);
	cycles_of_fc(c);
	cll_run(c, 168, 1e-5);
	double x = cll_at(c, BURDEN, 168);
	cll_close(c);
	return x;
}

static double left_on_btki(const char *drug, bool failed, double *tox, double *af)
{
	struct cll *c = patient("btki.level");
	cll_agent(c, "btki", drug);
	cll_set(c, "disease.relapsed", failed);
	cll_set(c, "disease.btki_failed", failed);
	cll_watch(c, "toxicity.H_tox");
	cll_watch(c, "toxicity.H_af");
	cll_begin(c);
	cll_do(c, 0, "btki.level", 1, 0);
	cll_run(c, 900, 1e-5);
	double x = cll_at(c, BURDEN, 900);
	if (tox)
		*tox = cll_at(c, WATCHED, 900);
	if (af)
		*af = cll_at(c, WATCHED + 1, 900);
	cll_close(c);
	return x;
}

/* Robak 2010, Fraser 2020, Seymour 2018: chemotherapy loses with every line; Woyach 2017: after failure of one covalent BTK
 * inhibitor the next one fails, pirtobrutinib does not. */
static void treatment_before_counts(void **state)
{
	(void)state;
	double first = left_after_fc(0, false), second = left_after_fc(1, false), fourth = left_after_fc(3, false);
	assert_true(second > 1.5 * first && fourth > 1.5 * second && left_after_fc(1, true) > 1.5 * second);
	double ibrutinib = left_on_btki("ibrutinib", true, NULL, NULL), pirtobrutinib = left_on_btki("pirtobrutinib", true, NULL, NULL);
	assert_true(ibrutinib > 5 * pirtobrutinib);
}

/* Byrd 2021 (ELEVATE-RR): acalabrutinib is stopped less and gives less fibrillation than ibrutinib at equal effect; Brown 2023
 * (ALPINE, direction only): zanubrutinib as well, and goes deeper. */
static void btk_inhibitors_differ(void **state)
{
	(void)state;
	static const char *const drug[] = {"ibrutinib", "acalabrutinib", "zanubrutinib"};
	double left[3], tox[3], af[3];
	for (int i = 0; i < 3; i++)
		left[i] = left_on_btki(drug[i], false, &tox[i], &af[i]);
	assert_true(tox[1] < 0.85 * tox[0] && tox[2] < 0.85 * tox[0]);
	assert_true(af[1] < 0.7 * af[0] && af[2] < af[1]);
	assert_true(left[2] < left[1] && left[1] < left[0] && left[1] > 0.5 * left[0]);
}

/* Liang 2023: large nodes shorten remissions after CAR-T cells; responses in blood and marrow come without nodes. */
static void nodes_may_be_out_of_reach(void **state)
{
	(void)state;
	double spd[2], blood[2];
	for (int hidden = 0; hidden < 2; hidden++) {
		struct cll *c = patient("cells.infusion chemo.pulse");
		cll_agent(c, "chemo", "lymphodepletion");
		cll_set(c, "disease.relapsed", 1);
		cll_set(c, "cells.fit_z", 1);
		cll_set(c, "cells.unreached", hidden ? 0.6 : 0.01);
		cll_begin(c);
		for (int d = 0; d < 3; d++)
			cll_do(c, d, "chemo.pulse", 1, 0);
		cll_do(c, 5, "cells.infusion", 0.16, 0);
		cll_run(c, 65, 1e-5);
		spd[hidden] = cll_at(c, SPD, 65) / cll_at(c, SPD, 0);
		blood[hidden] = cll_at(c, MRD_B, 65);
		cll_close(c);
	}
	assert_true(spd[0] < 0.3 && spd[1] > 0.5);
	assert_true(blood[0] < 1e-4 && blood[1] < 1e-3);
}

/* iwCLL 2018 asks for haemoglobin and platelets: both fall untreated as the marrow fills, both recover as it clears, and
 * chemotherapy lowers platelets on the way. */
static void blood_counts_follow_the_marrow(void **state)
{
	(void)state;
	double hb[3], plt[3], lowest = INFINITY;
	for (int i = 0; i < 3; i++) {
		struct cll *c = patient("bcl2i.dose mab.infusion chemo.pulse");
		cll_agent(c, "mab", "obinutuzumab");
		cll_agent(c, "chemo", "fludarabine-cyclophosphamide");
		cll_set(c, "host.hb0", 105);
		cll_set(c, "host.plt0", 110);
		cll_begin(c);
		if (i == 1) {
			obinutuzumab(c);
			cll_do(c, 21, "bcl2i.dose", 400, 0);
		}
		if (i == 2)
			cycles_of_fc(c);
		cll_run(c, 365, 1e-5);
		hb[i] = cll_at(c, HB, 364);
		plt[i] = cll_at(c, PLT, 364);
		for (int d = 0; d < 100 && i == 2; d++)
			lowest = fmin(lowest, cll_at(c, PLT, d));
		cll_close(c);
	}
	assert_true(hb[0] < 105 && hb[1] > 115 && hb[2] > 115);
	assert_true(plt[0] < 110 && plt[1] > 140 && plt[2] > 140);
	assert_true(lowest < 100);
}

/* One number moves depth and tempo: who has a shallow response also grows back fast. */
static void depth_and_tempo_go_together(void **state)
{
	(void)state;
	double deepest[2], back[2];
	for (int fast = 0; fast < 2; fast++) {
		struct cll *c = patient("bcl2i.dose");
		cll_set(c, "u(disease.u_course)", fast ? 0.9 : 0.1);
		cll_begin(c);
		cll_do(c, 0, "bcl2i.dose", 400, 0);
		cll_do(c, 365, "bcl2i.dose", 0, 0);
		c->step = 5;
		cll_run(c, 1500, 1e-5);
		deepest[fast] = cll_at(c, BURDEN, 365);
		back[fast] = log(cll_at(c, BURDEN, 700) / cll_at(c, BURDEN, 500));
		cll_close(c);
	}
	assert_true(deepest[1] > 2 * deepest[0] && back[1] > 1.2 * back[0]);
}

/* Wodarz 2014: 23 (standard deviation 17) per cent of the tissue burden moves to blood under ibrutinib, the rest dies there. */
static void ibrutinib_redistributes_a_quarter(void **state)
{
	(void)state;
	struct cll *c = patient("btki.level");
	cll_watch(c, "disease.S[blood]");
	cll_watch(c, "disease.S[node]");
	cll_watch(c, "disease.S[spleen]");
	cll_watch(c, "disease.S[marrow]");
	cll_begin(c);
	cll_do(c, 0, "btki.level", 1, 0);
	cll_run(c, 900, 1e-5);
	double moved = cll_at(c, WATCHED, 900) - cll_at(c, WATCHED, 0), tissue = 0, out = 0.0018 + 0.012 * 0.94;
	for (int i = 0; i < 900; i++)
		moved += out * c->sample[i][WATCHED];
	for (int t = 1; t < 4; t++)
		tissue += cll_at(c, WATCHED + t, 0);
	assert_true(moved / tissue > 0.23 - 0.17 && moved / tissue < 0.23 + 0.17);
	cll_close(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chemotherapy_selects_tp53),
		cmocka_unit_test(baff_rescues_after_b_cell_depletion),
		cmocka_unit_test(blood_follows_marrow),
		cmocka_unit_test(treatment_before_counts),
		cmocka_unit_test(btk_inhibitors_differ),
		cmocka_unit_test(nodes_may_be_out_of_reach),
		cmocka_unit_test(blood_counts_follow_the_marrow),
		cmocka_unit_test(depth_and_tempo_go_together),
		cmocka_unit_test(ibrutinib_redistributes_a_quarter),
	};
	return cmocka_run_group_tests(tests, NULL, cll_teardown);
}
