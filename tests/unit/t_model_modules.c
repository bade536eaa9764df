/* SPDX-License-Identifier: Apache-2.0 */
/* What holds for every module: nothing goes below zero, a second solver agrees, no column of an agent and no row of the
 * library is without effect. */
#include "cll_regimen.h"
#include "base/paths.h"

static const char *const seen[] = {"alc", "spd", "marrow_fraction", "mrd_blood", "mrd_marrow", "anc", "haemoglobin",
				   "platelets", "igg", "b_cells", "burden", "il6_rise", "effectors"};
enum { N_SEEN = 13 };

static struct cll *run_regimen(struct ql_arena *a, const char *name, bool cvode)
{
	struct ql_regimen r;
	struct cll *c = open_regimen(a, name, false, &r);
	cll_set(c, "disease.relapsed", 1);
	cll_set(c, "protocol.extinction", 0);
	for (int w = 0; w < N_SEEN; w++)
		cll_watch(c, ql_arena_printf(&c->arena, "observe.%s", seen[w]));
	cll_begin(c);
	plan_doses(c, &r, 365);
	c->step = 7;
	c->cvode = cvode;
	cll_run(c, 365, cvode ? 1e-9 : 1e-6);
	return c;
}

/* One regimen of each class of treatment. */
static const char *const of_class[] = {"watch-and-wait", "ibrutinib",	"clb-obi",    "fcr",	  "ven-obi",	"ven-obi-ibrutinib", "idela-rituximab",
				       "len-rituximab",	 "alemtuzumab", "rituximab",  "jcar014",  "car-nk",	"gd-t-obi",	     "bak",
				       "car-m",		 "epcoritamab", "blinatumomab", "pembrolizumab"};
enum { N_CLASS = sizeof of_class / sizeof *of_class };

/* Two solvers with nothing in common but the equations. A clinic's floors: 1e-3 of a cell per nL, a millionth of an MRD. */
static void a_second_solver_agrees(void **state)
{
	(void)state;
#ifndef QUELL_HAVE_CVODE
	print_message("built without CVODE\n");
	skip();
#endif
	static const double floor_of[N_SEEN] = {1e-3, 1e-3, 1e-6, 1e-6, 1e-6, 1e-3, 1e-3, 1e-2, 1e-3, 1e-3, 1e-3, 1e-2, 1e-2};
	struct ql_arena a = {0};
	for (int i = 0; i < N_CLASS; i++) {
		struct cll *own = run_regimen(&a, of_class[i], false), *other = run_regimen(&a, of_class[i], true);
		double worst = 0;
		assert_int_equal(own->n_sample, other->n_sample);
		for (int k = 0; k < own->n_sample; k++)
			for (int w = 0; w < N_SEEN; w++) {
				double x = own->sample[k][w], y = other->sample[k][w], off = fabs(x - y) / (1e-4 * fabs(y) + floor_of[w]);
				if (isnan(x) && isnan(y))
					continue;
				if (!(off < 1))
					fail_msg("%s: %s on day %d is %.9g, with CVODE %.9g", of_class[i], seen[w], 7 * k, x, y);
				worst = fmax(worst, off);
			}
		print_message("%-18s %d states, worst difference %.2g of the allowed\n", of_class[i], own->plan->n_state, worst);
		cll_close(own);
		cll_close(other);
	}
	ql_arena_free(&a);
}

/* Cells, drugs, cytokines, hazards: all are amounts. The integrator may miss zero by its absolute tolerance, no more. */
static void nothing_goes_below_zero(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	for (int i = 0; i < N_CLASS; i++) {
		struct ql_regimen r;
		for (int leg = 0; leg < 4; leg++) {
			static const double until[] = {1.5, 16, 90, 365};
			struct cll *d = open_regimen(&a, of_class[i], false, &r);
			cll_set(d, "protocol.extinction", 0);
			cll_begin(d);
			plan_doses(d, &r, until[leg]);
			d->step = 30;
			cll_run(d, until[leg], 1e-4);
			for (int s = 0; s < d->plan->n_state; s++)
				if (d->y[s] < -10 * d->plan->atol[s])
					fail_msg("%s, day %g: %s is %g", of_class[i], until[leg], d->m->q[d->plan->state[s]].name, d->y[s]);
			cll_close(d);
		}
	}
	ql_arena_free(&a);
}

/* Everything at once for six weeks, so that each column has something to act on. */
static struct cll *everything(void)
{
	struct cll *c = cll_open("btki.level pi3ki.level imid.level bcl2i.dose chemo.pulse mab.infusion mab2.infusion pd1.level "
				 "cells.infusion cells.infusion_active cells.il2 bispecific.sc bispecific.iv");
	cll_default_agents(c);
	cll_set(c, "protocol.extinction", 0);
	cll_set(c, "disease.u20", 1e-4);
	cll_set(c, "disease.u19", 1e-4);
	cll_set(c, "cells.fit_z", 0.5);
	cll_set(c, "cells.potency", 0.5);
	cll_set(c, "z(cells.rho_f)", 0.5);
	cll_set(c, "z(cells.kappa_f)", 0.5);
	cll_watch(c, "mab.irr_risk");
	return c;
}

/* A few columns act only on a product of their own, or where antigen is scarce. */
static bool prepare(struct cll *c, const char *column)
{
	static const struct {
		const char *column, *slot, *row;
		bool small;
	} own[] = {{"bispecific.C50", "bispecific", "blinatumomab", false}, {"bispecific.CL_new", "bispecific", "mosunetuzumab", false},
		   {"bispecific.k_new", "bispecific", "mosunetuzumab", false}, {"cells.recog", "cells", "gamma-delta", false},
		   {"cells.aut", "cells", "car-nk", true}};
	for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
		if (!column || strcmp(own[i].column, column) != 0)
			continue;
		cll_agent(c, own[i].slot, own[i].row);
		if (own[i].small) {
			cll_set(c, "disease.alc0", 2.5);
			cll_set(c, "disease.spd0", 1);
			cll_set(c, "disease.spleen0", 9);
			cll_set(c, "disease.marrow0", 0.01);
		}
		return true;
	}
	return false;
}

static void dose(struct cll *c)
{
	static const char *const level[] = {"btki.level", "pi3ki.level", "imid.level", "pd1.level", "cells.il2"};
	cll_begin(c);
	for (int i = 0; i < 5; i++)
		cll_do(c, 4, level[i], 0.5, 0);
	cll_do(c, 4, "bcl2i.dose", 100, 0);
	for (int i = 0; i < 2; i++)
		cll_do(c, i, "chemo.pulse", 1, 0);
	cll_do(c, 3, "mab.infusion", 700, 0.2);
	cll_do(c, 3, "mab2.infusion", 700, 0.2);
	cll_do(c, 5, "cells.infusion", 0.1, 0);
	cll_do(c, 5, "cells.infusion_active", 0.1, 0);
	cll_do(c, 6, "bispecific.sc", 1, 0);
	cll_do(c, 6, "bispecific.iv", 1, 0);
	c->step = 50;
	cll_run(c, 42, 1e-5);
}

static bool dose_everything(struct cll *c, const char *column)
{
	bool own = prepare(c, column);
	if (own || !column)
		dose(c);
	return own;
}

static bool same_course(const struct cll *a, const struct cll *b)
{
	for (int s = 0; s < a->plan->n_state; s++)
		if (fabs(a->y[s] - b->y[s]) > 1e-7 * fabs(a->y[s]) + 1e-3 * a->plan->atol[s])
			return false;
	return a->n_watch == 0 || fabs(a->sample[0][0] - b->sample[0][0]) < 1e-12; /* outputs that no rate reads: at the start */
}

/* A row of the library that fills a column gets what the column says: no number is carried along in vain. */
static void every_column_has_an_effect(void **state)
{
	(void)state;
	struct cll *base = everything();
	dose_everything(base, NULL);
	int dead = 0, n = 0;
	for (int s = 0; s < base->m->n_slot; s++) {
		const struct ql_slot *slot = &base->m->slot[s];
		if (strcmp(slot->name, "mab2") == 0 || strcmp(slot->name, "tcells") == 0)
			continue; /* second instances of a module */
		for (int k = 0; k < slot->n_column; k++, n++) {
			const struct ql_quantity *q = &base->m->q[slot->column[k]];
			struct cll *own = everything(), *c = everything();
			if (!dose_everything(own, q->name)) {
				cll_close(own);
				own = base;
			}
			prepare(c, q->name);
			double x = c->v.q[slot->column[k]];
			c->v.q[slot->column[k]] = x > 0.9 * q->hi ? 0.8 * x : fmin(q->hi, 1.1 * x + 0.05 * fmin(1, q->hi - q->lo));
			dose(c);
			if (same_course(own, c)) {
				fprintf(stderr, "%s changes nothing\n", q->name);
				dead++;
			}
			cll_close(c);
			if (own != base)
				cll_close(own);
		}
	}
	cll_close(base);
	print_message("%d columns\n", n);
	assert_int_equal(dead, 0);
}

/* Every row does something to a patient who gets it. */
static void every_row_has_an_effect(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	int n;
	const char **row = ql_library_list(&a, QUELL_SOURCE_DIR, "library/agents", ".yaml", &n);
	for (int i = 0; i < n; i++) {
		struct ql_diags ds = {0};
		struct ql_yaml *y = NULL;
		const char *module = NULL, *path = ql_arena_printf(&a, QUELL_SOURCE_DIR "/library/agents/%s.yaml", row[i]);
		assert_int_equal(ql_yaml_read(&a, path, &ds, &y), QUELL_OK);
		assert_true(ql_yaml_string(y, "module", true, &ds, &module));
		ql_diags_free(&ds);
		static const struct { const char *module, *slot, *give; double amount; } how[] = {
			{"anti_cd20", "mab", "mab.infusion", 500}, {"btki", "btki", "btki.level", 1}, {"pi3ki", "pi3ki", "pi3ki.level", 1},
			{"bcl2i", "bcl2i", "bcl2i.dose", 400}, {"imid", "imid", "imid.level", 1}, {"chemo", "chemo", "chemo.pulse", 1},
			{"checkpoint", "pd1", "pd1.level", 1}, {"effectors", "cells", "cells.infusion_active", 1}, {"bispecific", "bispecific", "bispecific.iv", 1}};
		bool known = false;
		for (size_t h = 0; h < sizeof how / sizeof *how; h++) {
			if (strcmp(how[h].module, module) != 0)
				continue;
			known = true;
			struct cll *c[2];
			for (int given = 0; given < 2; given++) {
				c[given] = cll_open(how[h].give);
				cll_default_agents(c[given]);
				cll_agent(c[given], how[h].slot, row[i]);
				cll_begin(c[given]);
				if (given)
					cll_do(c[given], 0, how[h].give, how[h].amount, 0);
				c[given]->step = 30;
				cll_run(c[given], 21, 1e-6);
			}
			if (same_course(c[0], c[1]))
				fail_msg("%s has no effect", row[i]);
			cll_close(c[0]);
			cll_close(c[1]);
		}
		assert_true(known);
	}
	ql_arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_second_solver_agrees),
		cmocka_unit_test(nothing_goes_below_zero),
		cmocka_unit_test(every_column_has_an_effect),
		cmocka_unit_test(every_row_has_an_effect),
	};
	return cmocka_run_group_tests(tests, NULL, cll_teardown);
}
