/* SPDX-License-Identifier: Apache-2.0 */
/* The library against the model: every regimen and population of the library loads, names only what exists, and runs. */
#include "cll_regimen.h"
#include "base/paths.h"
#include "evidence/references.h"
#include "evidence/table.h"
#include "patient/population.h"

static struct ql_evidence *evidence(void)
{
	static struct ql_evidence *e;
	struct ql_diags ds = {0};
	if (!e)
		assert_int_equal(ql_evidence_load(QUELL_SOURCE_DIR, &ds, &e), QUELL_OK);
	ql_diags_free(&ds);
	return e;
}

static const char **library(struct ql_arena *a, const char *folder, int *n)
{
	return ql_library_list(a, QUELL_SOURCE_DIR, folder, ".yaml", n);
}

static bool in_trials(const char *treatment)
{
	const struct ql_evidence *e = evidence();
	for (int i = 0; i < e->n_row; i++)
		if (strcmp(e->row[i].treatment, treatment) == 0)
			return true;
	return false;
}

static void need_reference(const char *key, const char *where)
{
	if (!ql_reference_find(&evidence()->references, key))
		fail_msg("%s: `%s` is not in references.bib", where, key);
}

static void every_source_is_in_the_references(void **state)
{
	(void)state;
	struct ql_model *m = cll_load();
	struct ql_arena a = {0};
	int n, cited = 0;
	for (int i = 0; i < m->n_q; i++)
		for (int k = 0; k < m->q[i].n_cite; k++, cited++)
			need_reference(m->q[i].cite[k], m->q[i].name);
	assert_true(cited > 100);
	const char **row = library(&a, "library/agents", &n);
	for (int i = 0; i < n; i++) {
		struct ql_diags ds = {0};
		struct ql_yaml *y = NULL;
		const char *path = ql_arena_printf(&a, QUELL_SOURCE_DIR "/library/agents/%s.yaml", row[i]);
		assert_int_equal(ql_yaml_read(&a, path, &ds, &y), QUELL_OK);
		const struct ql_yaml *columns = ql_yaml_get(y, "columns");
		for (int c = 0; c < columns->n; c++) {
			const struct ql_yaml *source = ql_yaml_get(columns->item[c], "source");
			for (int k = 0; k < source->n; k++)
				need_reference(source->item[k]->text, row[i]);
		}
		ql_diags_free(&ds);
	}
	ql_arena_free(&a);
}

static void every_regimen_loads_and_names_what_exists(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	int n;
	const char **name = library(&a, "library/regimens", &n);
	assert_true(n >= 45);
	assert_true(cll_load()->n_kernel <= 12);
	for (int i = 0; i < n; i++) {
		struct ql_regimen r;
		load_regimen(&a, name[i], &r);
		assert_string_equal(r.name, name[i]);
		assert_true(r.n_source > 0 && r.n_line > 0 && r.response_day > 0);
		assert_true(r.evidence_grade >= 'A' && r.evidence_grade <= 'D');
		if (r.evidence_grade == 'D' && !r.warning)
			fail_msg("%s: no warning although there are no data", name[i]);
		for (int k = 0; k < r.n_source; k++)
			need_reference(r.source[k], name[i]);
		for (int t = 0; t < r.n_treatment; t++)
			if (!in_trials(r.treatment[t]))
				fail_msg("%s: `%s` is no treatment of trials.csv", name[i], r.treatment[t]);
	}
	ql_arena_free(&a);
}

/* At most a dozen kernel sets, and one for every regimen. */
static void a_kernel_set_covers_every_regimen(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	int n;
	const char **name = library(&a, "library/regimens", &n);
	assert_true(cll_load()->n_kernel <= 12);
	for (int i = 0; i < n; i++) {
		struct ql_regimen r;
		load_regimen(&a, name[i], &r);
		const char **want = ql_arena_alloc(&a, (size_t)(r.n_active + 1) * sizeof *want, sizeof *want);
		memcpy(want, r.active, (size_t)r.n_active * sizeof *want);
		want[r.n_active] = "protocol";
		assert_true(ql_kernel_set_for(cll_load(), want, r.n_active + 1) >= 0);
	}
	ql_arena_free(&a);
}

static const char *const seen[] = {"observe.alc", "observe.spd", "observe.marrow_fraction", "observe.mrd_blood",
				   "observe.mrd_marrow", "observe.anc", "observe.igg", "observe.b_cells", "observe.spleen_length",
				   "observe.burden"};
enum { N_SEEN = 10 };

static double burden_after(struct ql_arena *a, const char *name, bool in_set)
{
	struct ql_regimen r;
	struct cll *c = open_regimen(a, name, in_set, &r);
	cll_set(c, "disease.relapsed", 1);
	cll_set(c, "protocol.extinction", 0);
	for (int w = 0; w < N_SEEN; w++)
		cll_watch(c, seen[w]);
	cll_begin(c);
	plan_doses(c, &r, 365);
	c->step = 7;
	cll_run(c, 365, 1e-5);
	for (int k = 0; k < c->n_sample; k++)
		for (int w = 0; w < N_SEEN; w++)
			if (!(c->sample[k][w] >= 0 && c->sample[k][w] < 1e5))
				fail_msg("%s: %s is %g on day %d", name, seen[w], c->sample[k][w], 7 * k);
	double burden = cll_at(c, N_SEEN - 1, 364);
	cll_close(c);
	return burden;
}

/* A year, one relapsed patient: every regimen is solved, what the clinic sees stays possible, and what else a kernel
 * set holds makes no difference. */
static void every_regimen_runs_the_same_in_its_kernel_set(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	int n;
	const char **name = library(&a, "library/regimens", &n);
	for (int i = 0; i < n; i++) {
		double alone = burden_after(&a, name[i], false), in_set = burden_after(&a, name[i], true);
		if (fabs(in_set - alone) > 1e-3 * alone + 1e-6)
			fail_msg("%s: %g Gcell are left, %g in its kernel set", name[i], alone, in_set);
	}
	ql_arena_free(&a);
}

/* Every drawn patient has a start: cells in every site, growth between the bounds, homing not negative. */
static void every_population_gives_possible_patients(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	int n;
	const char **name = library(&a, "library/populations", &n);
	assert_true(n >= 4);
	struct cll *c = cll_open("btki.level bcl2i.dose chemo.pulse mab.infusion");
	double *f = calloc((size_t)c->plan->n_state + 8, sizeof *f), zero = 0;
	cll_default_agents(c);
	for (int i = 0; i < n; i++) {
		struct ql_diags ds = {0};
		struct ql_population p;
		const char *path = ql_arena_printf(&a, QUELL_SOURCE_DIR "/library/populations/%s.yaml", name[i]);
		enum quell_status s = ql_population_load(c->m, path, &a, &ds, &p);
		cll_say(&ds);
		assert_int_equal(ds.n_warnings, 0);
		ql_diags_free(&ds);
		assert_int_equal(s, QUELL_OK);
		for (int k = 0; k < p.n_source; k++)
			need_reference(p.source[k], name[i]);
		for (uint64_t k = 0; k < 500; k++) {
			ql_population_draw(&p, c->m, 3, k, NULL, &c->v);
			cll_begin(c);
			c->kernel->rhs(c->kernel->self, &zero, c->y, c->p, c->k, f);
			for (int t = 0; t < 4; t++) {
				static const char *const site[] = {"blood", "node", "spleen", "marrow"};
				int y = c->plan->state_of_q[cll_q(c, ql_arena_printf(&a, "disease.S[%s]", site[t]))];
				double growth = f[y] / c->y[y];
				if (!(c->y[y] > 0 && growth > 0 && growth < 0.02))
					fail_msg("%s, patient %d: %g Gcell in %s grow at %g", name[i], (int)k, c->y[y], site[t], growth);
			}
		}
	}
	free(f);
	cll_close(c);
	ql_arena_free(&a);
}

static int teardown(void **state)
{
	(void)state;
	ql_model_free(cll_model);
	ql_evidence_free(evidence());
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_source_is_in_the_references),
		cmocka_unit_test(every_regimen_loads_and_names_what_exists),
		cmocka_unit_test(a_kernel_set_covers_every_regimen),
		cmocka_unit_test(every_regimen_runs_the_same_in_its_kernel_set),
		cmocka_unit_test(every_population_gives_possible_patients),
	};
	return cmocka_run_group_tests(tests, NULL, teardown);
}
