/* SPDX-License-Identifier: Apache-2.0 */
/* The shipped model: provenance of every number, and what its equations must keep whatever their numbers are. */
#include "cll_run.h"
#include "base/paths.h"

static bool has_text(const char *s) { return s && *s; }

static void every_parameter_says_where_it_comes_from(void **state)
{
	(void)state;
	struct ql_model *m = cll_load();
	int n = 0, exceptions = 0;
	for (int i = 0; i < m->n_q; i++) {
		const struct ql_quantity *q = &m->q[i];
		if (q->kind != QL_PARAM)
			continue;
		n++;
		bool good = has_text(q->unit) && has_text(q->doc) && q->grade != QL_GRADE_NONE &&
			    (q->n_cite > 0 || q->grade == QL_ASSUMED);
		if (!good)
			fprintf(stderr, "%s:%d: %s lacks unit, meaning, source or grade\n", q->span.file, q->span.line, q->name);
		exceptions += !good;
	}
	assert_true(n > 200);
	assert_int_equal(exceptions, 0);
}

static void every_other_quantity_has_a_unit_and_a_meaning(void **state)
{
	(void)state;
	struct ql_model *m = cll_load();
	for (int i = 0; i < m->n_q; i++) {
		const struct ql_quantity *q = &m->q[i];
		if (q->kind != QL_COVARIATE && q->kind != QL_AGENT && q->kind != QL_INPUT && q->kind != QL_STATE &&
		    q->kind != QL_OUTPUT)
			continue;
		if (strncmp(q->name, "rate(", 5) != 0 && (!has_text(q->unit) || !has_text(q->doc)))
			fail_msg("%s:%d: %s lacks unit or meaning", q->span.file, q->span.line, q->name);
	}
}

/* Every row of the library fills the columns of its module, and says where each number comes from. */
static void every_agent_row_fits_and_says_where_it_comes_from(void **state)
{
	(void)state;
	struct ql_model *m = cll_load();
	struct ql_arena a = {0};
	int n, fitted = 0;
	const char **row = ql_library_list(&a, QUELL_SOURCE_DIR, "library/agents", ".yaml", &n);
	assert_true(n >= 40);
	for (int i = 0; i < n; i++) {
		struct ql_diags ds = {0};
		const char *path = ql_arena_printf(&a, QUELL_SOURCE_DIR "/library/agents/%s.yaml", row[i]);
		struct ql_yaml *y = NULL;
		const char *module = NULL;
		assert_int_equal(ql_yaml_read(&a, path, &ds, &y), QUELL_OK);
		assert_true(ql_yaml_string(y, "module", true, &ds, &module));
		for (int s = 0; s < m->n_slot; s++) {
			struct ql_agent_row r;
			if (strcmp(m->slot[s].module, module) != 0)
				continue;
			enum quell_status st = ql_agent_load(m, &m->slot[s], path, &a, &ds, &r);
			cll_say(&ds);
			assert_int_equal(st, QUELL_OK);
			for (int c = 0; c < m->slot[s].n_column; c++)
				if (r.grade[c] == QL_GRADE_NONE || (r.grade[c] != QL_ASSUMED && !has_text(r.source[c])))
					fail_msg("%s: %s lacks source or grade", path, m->q[m->slot[s].column[c]].name);
			fitted++;
			break;
		}
		ql_diags_free(&ds);
	}
	assert_int_equal(fitted, n);
	ql_arena_free(&a);
}

/* Rates of all states at the start, with the present inputs. */
static void cll_rates(const struct cll *c, double *f)
{
	double t = 0;
	c->kernel->rhs(c->kernel->self, &t, c->y, c->p, c->k, f);
}

static double cll_rate(const struct cll *c, const double *f, const char *state)
{
	int s = c->plan->state_of_q[cll_q(c, state)];
	return s >= 0 ? f[s] : 0;
}

static double cll_value(const struct cll *c, const char *state)
{
	int q = cll_q(c, state), s = c->plan->state_of_q[q];
	return s >= 0 ? c->y[s] : c->v.q[q];
}

static const char *const compartment[] = {"disease.S[blood]",  "disease.S[node]", "disease.S[spleen]", "disease.S[marrow]",
					  "disease.P[node]", "disease.P[spleen]", "disease.P[marrow]"};

static double growth_at_start(double ldt) { return log(2) / (ldt * 365.25 / 12); }

/* Section 5 of the initialisation: whatever the profile, every site grows at the rate of the doubling time. */
static void every_site_grows_at_r0_at_start(void **state)
{
	(void)state;
	struct cll *c = cll_open("");
	double *f = calloc((size_t)c->plan->n_state + 8, sizeof *f);
	cll_default_agents(c);
	unsigned seed = 11;
	for (int i = 0; i < 60; i++) {
		double x[6];
		for (int j = 0; j < 6; j++) {
			seed = seed * 1664525u + 1013904223u;
			x[j] = (seed >> 8) * 0x1p-24;
		}
		double ldt = 10 + 50 * x[4];
		cll_set(c, "disease.alc0", 5 + 300 * x[0]);
		cll_set(c, "disease.spd0", 4 + 120 * x[1]);
		cll_set(c, "disease.spleen0", 11 + 12 * x[2]);
		cll_set(c, "disease.marrow0", 0.1 + 0.8 * x[3]);
		cll_set(c, "disease.ldt", ldt);
		cll_set(c, "disease.fP", 0.005 + 0.2 * x[5]);
		cll_begin(c);
		cll_rates(c, f);
		for (int s = 0; s < 7; s++) {
			double r = cll_rate(c, f, compartment[s]) / cll_value(c, compartment[s]);
			if (fabs(r / growth_at_start(ldt) - 1) > 1e-9)
				fail_msg("patient %d: %s grows at %g, not %g", i, compartment[s], r, growth_at_start(ldt));
		}
	}
	free(f);
	cll_close(c);
}

static double total_rate(struct cll *c, double *f)
{
	double sum = 0;
	cll_rates(c, f);
	for (int s = 0; s < 7; s++)
		sum += cll_rate(c, f, compartment[s]);
	return sum;
}

static void move(struct cll *c, const char *from, const char *to, double share)
{
	int a = c->plan->state_of_q[cll_q(c, from)], b = c->plan->state_of_q[cll_q(c, to)];
	double x = share * c->y[a];
	c->y[a] -= x;
	c->y[b] += x;
}

/* Cells that change their place are neither made nor lost: growth depends on how many there are, not where. */
static void traffic_conserves_cells(void **state)
{
	(void)state;
	struct cll *c = cll_open("");
	double *f = calloc((size_t)c->plan->n_state + 8, sizeof *f);
	cll_default_agents(c);
	cll_begin(c);
	double before = total_rate(c, f);
	move(c, "disease.S[blood]", "disease.S[marrow]", 0.3);
	move(c, "disease.S[node]", "disease.S[blood]", 0.2);
	move(c, "disease.S[marrow]", "disease.S[spleen]", 0.1);
	move(c, "disease.P[spleen]", "disease.P[node]", 0.5);
	assert_true(fabs(total_rate(c, f) / before - 1) < 1e-12);
	free(f);
	cll_close(c);
}

/* Antibody: what leaves plasma and periphery without clearance, uptake and binding is nothing. */
static void antibody_is_conserved_without_losses(void **state)
{
	(void)state;
	static const char *const none[] = {"mab.CL", "mab.pAg", "mab.kint", "mab.kseq", "mab.kcdc", "mab.kcat", "mab.kdcB"};
	struct cll *c = cll_open("mab.infusion");
	cll_default_agents(c);
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		cll_set(c, none[i], 0);
	cll_watch(c, "mab.A_c");
	cll_watch(c, "mab.A_p");
	cll_begin(c);
	cll_do(c, 0, "mab.infusion", 712, 0.2);
	cll_run(c, 60, 1e-8);
	double given = 712 * 1000 / 144.0;
	assert_true(fabs((cll_at(c, 0, 60) + cll_at(c, 1, 60)) / given - 1) < 1e-6);
	cll_close(c);
}

static void no_engaged_t_cells_without_a_bispecific(void **state)
{
	(void)state;
	static const char *const where[] = {"blood", "node", "spleen", "marrow"};
	struct cll *c = cll_open("bispecific.sc bispecific.iv chemo.pulse mab.infusion cells.infusion");
	cll_default_agents(c);
	for (int i = 0; i < 4; i++)
		cll_watch(c, ql_arena_printf(&c->arena, "tcells.E[%s]", where[i]));
	cll_begin(c);
	for (int i = 0; i < 3; i++)
		cll_do(c, i, "chemo.pulse", 1, 0);
	cll_do(c, 1, "mab.infusion", 712, 0.2);
	cll_do(c, 5, "cells.infusion", 0.1, 0);
	cll_run(c, 90, 1e-5);
	for (int i = 0; i < c->n_sample; i++)
		for (int w = 0; w < 4; w++)
			assert_true(c->sample[i][w] == 0);
	cll_close(c);
}

/* Kendall 1948: with constant rates 1/X = (1 + d (1 - exp(-g t))/g)/n(0). */
static void lineages_follow_the_birth_death_law(void **state)
{
	(void)state;
	struct cll *c = cll_open("");
	double ldt = 24, r0 = growth_at_start(ldt), fP = 0.03, death = 0.0055 - r0;
	cll_default_agents(c);
	cll_set(c, "disease.ldt", ldt);
	cll_watch(c, "disease.lineages_inv[wild]");
	cll_watch(c, "observe.burden");
	cll_begin(c);
	cll_run(c, 1, 1e-10);
	double n0 = cll_at(c, 1, 0) * 1e9, blood = (60 - 2.2) * 5e9;
	double mobile = blood + (1 - fP) * (n0 - blood), d = (death * mobile + 0.001 * fP * (n0 - blood)) / n0;
	double grown = (cll_at(c, 0, 1) - cll_at(c, 0, 0)) * n0, expected = d * (1 - exp(-r0)) / r0;
	assert_true(fabs(cll_at(c, 0, 0) * n0 - 1) < 1e-12);
	assert_true(fabs(grown / expected - 1) < 1e-4);
	cll_close(c);
}

static int fired(const struct cll *c, const char *name)
{
	for (int i = 0; i < c->plan->n_trig; i++)
		if (strcmp(c->m->when[c->plan->trig_when[i]].name, name) == 0)
			return c->fired[i];
	fail_msg("no trigger `%s`", name);
	return 0;
}

static void hazards_fire_at_their_threshold(void **state)
{
	(void)state;
	static const char *const happening[] = {"death", "infection", "af", "spm", "richter", "toxicity"};
	struct cll *c = cll_open("btki.level");
	cll_default_agents(c);
	for (int i = 0; i < 6; i++)
		cll_set(c, ql_arena_printf(&c->arena, "protocol.next_%s", happening[i]), 0.003);
	cll_begin(c);
	cll_do(c, 0, "btki.level", 1, 0);
	c->step = 30;
	cll_run(c, 1500, 1e-5);
	for (int i = 0; i < 6; i++)
		assert_int_equal(fired(c, ql_arena_printf(&c->arena, "toxicity.%s", happening[i])), 1);
	cll_close(c);
}

/* A clone that falls below its threshold is gone for good; with extinction off it comes back. */
static void the_last_cells_die(void **state)
{
	(void)state;
	double left[2];
	for (int on = 0; on < 2; on++) {
		struct cll *c = cll_open("chemo.pulse");
		cll_default_agents(c);
		cll_agent(c, "chemo", "fludarabine-cyclophosphamide");
		cll_set(c, "chemo.lk", 4);
		cll_set(c, "chemo.pi_che", 1);
		cll_set(c, "disease.sub_hidden", 0); /* no TP53-mutated cells, which chemotherapy leaves */
		cll_set(c, "protocol.extinction", on);
		cll_watch(c, "observe.burden");
		cll_begin(c);
		for (int i = 0; i < 12; i++)
			for (int d = 0; d < 3; d++)
				cll_do(c, 28 * i + d, "chemo.pulse", 1, 0);
		c->step = 100;
		cll_run(c, 6000, 1e-5);
		left[on] = cll_at(c, 0, 6000);
		assert_int_equal(fired(c, "disease.extinct_wild"), on);
		cll_close(c);
	}
	assert_true(left[0] > 1e-3);
	assert_true(left[1] <= 1e-9);
}

/* What a later line first tells apart from the wild type has fared as the wild type did, to the last of its lineages. */
static void a_clone_that_is_followed_late_starts_from_what_is_left(void **state)
{
	(void)state;
	struct { double cells, lineages; } left[] = {{1, 1}, {1e-2, 0.5}, {1e-6, 1e-4}, {1e-9, 1e-14}};
	double founders = 0;
	for (int i = 0; i < 4; i++) {
		struct cll *c = cll_open("btki.level");
		cll_default_agents(c);
		cll_set(c, "disease.cells_left", left[i].cells);
		cll_set(c, "disease.lineages_left", left[i].lineages);
		cll_begin(c);
		double n = 1e9 * (cll_value(c, "disease.Sm[btk_mut]") + cll_value(c, "disease.Pm[btk_mut]"));
		if (i == 0)
			founders = n;
		double alive = founders * left[i].lineages, expected = alive < 1e-3 ? 0 : founders * left[i].cells / (1 - exp(-alive));
		assert_true(founders > 1e3);
		if (fabs(n - expected) > 1e-9 * founders)
			fail_msg("%g founders, %g of the lineages left: %g cells, not %g", founders, left[i].lineages, n, expected);
		if (expected > 0)
			assert_true(fabs(cll_value(c, "disease.lineages_inv[btk_mut]") * alive - 1) < 1e-9);
		cll_close(c);
	}
}

static double death_at_start(const char *const *name, const double *value, int n)
{
	struct cll *c = cll_open("");
	double *f = calloc((size_t)c->plan->n_state + 8, sizeof *f);
	cll_default_agents(c);
	for (int i = 0; i < n; i++)
		cll_set(c, name[i], value[i]);
	cll_begin(c);
	cll_rates(c, f);
	double rate = 365.25 * cll_rate(c, f, "toxicity.H_death");
	free(f);
	cll_close(c);
	return rate;
}

/* Death by the disease and by infection rises with every line that failed, most while it is back and nothing is given. */
static void death_rises_with_the_lines_that_failed(void **state)
{
	(void)state;
	static const char *const name[] = {"disease.lines_since", "protocol.failed", "disease.chemo_refractory"};
	double first = death_at_start(name, (double[]){0, 0, 0}, 3), waits = death_at_start(name, (double[]){0, 1, 0}, 3);
	double before = first;
	for (int line = 1; line <= 4; line++) {
		double d = death_at_start(name, (double[]){line, 0, 0}, 3);
		assert_true(d > before + 0.01);
		before = d;
	}
	assert_true(waits > first + 0.02);
	assert_true(death_at_start(name, (double[]){2, 0, 1}, 3) > death_at_start(name, (double[]){2, 0, 0}, 3) + 0.01);
	/* from some line on it rises no further */
	assert_true(death_at_start(name, (double[]){9, 0, 0}, 3) == death_at_start(name, (double[]){5, 0, 0}, 3));
}

/* A run pays for the biology it uses. */
static void pruning_leaves_what_a_regimen_needs(void **state)
{
	(void)state;
	static const struct {
		const char *active;
		int at_most;
	} want[] = {{"", 21}, {"btki.level", 26}, {"btki.level mab.infusion", 44}, {"bcl2i.dose mab.infusion", 43},
		    {"chemo.pulse mab.infusion", 44}, {"bispecific.sc", 46}};
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		struct cll *c = cll_open(want[i].active);
		if (c->plan->n_state > want[i].at_most)
			fail_msg("`%s` keeps %d states", want[i].active, c->plan->n_state);
		cll_close(c);
	}
	/* what a BTK inhibitor alone costs: less than half of everything */
	struct cll *btki = cll_open("btki.level"),
		   *all = cll_open("btki.level pi3ki.level imid.level bcl2i.dose chemo.pulse mab.infusion mab2.infusion pd1.level "
				   "cells.infusion cells.infusion_active cells.il2 bispecific.sc bispecific.iv cytokines.tocilizumab");
	print_message("states: BTK inhibitor alone %d, everything %d\n", btki->plan->n_state, all->plan->n_state);
	assert_true(2 * btki->plan->n_state < all->plan->n_state);
	cll_close(btki);
	cll_close(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_parameter_says_where_it_comes_from),
		cmocka_unit_test(every_other_quantity_has_a_unit_and_a_meaning),
		cmocka_unit_test(every_agent_row_fits_and_says_where_it_comes_from),
		cmocka_unit_test(every_site_grows_at_r0_at_start),
		cmocka_unit_test(traffic_conserves_cells),
		cmocka_unit_test(antibody_is_conserved_without_losses),
		cmocka_unit_test(no_engaged_t_cells_without_a_bispecific),
		cmocka_unit_test(lineages_follow_the_birth_death_law),
		cmocka_unit_test(hazards_fire_at_their_threshold),
		cmocka_unit_test(the_last_cells_die),
		cmocka_unit_test(a_clone_that_is_followed_late_starts_from_what_is_left),
		cmocka_unit_test(death_rises_with_the_lines_that_failed),
		cmocka_unit_test(pruning_leaves_what_a_regimen_needs),
	};
	return cmocka_run_group_tests(tests, NULL, cll_teardown);
}
