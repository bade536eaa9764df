/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
/* What-ifs: every one of the library is well-formed, sourced and runs beside its base on the same patients. */
#include "compare_helpers.h"
#include "base/paths.h"
#include "explain/therapy.h"

static struct ql_compare *compare_with(const char **regimen, int n_regimen, const char **whatif, int n_whatif, uint64_t patients, double years)
{
	struct ql_run_spec spec = {.data_dir = QUELL_SOURCE_DIR, .population = "relapsed", .regimen = regimen, .n_regimen = n_regimen,
				   .whatif = whatif, .n_whatif = n_whatif, .patients = patients, .seed = 5, .years = years, .native = 2};
	return compare(&spec);
}

static double value(const struct ql_compare *c, int arm, const char *id)
{
	for (int i = 0; i < c->arm[arm].n_endpoint; i++)
		if (strcmp(c->arm[arm].endpoint[i].id, id) == 0)
			return c->arm[arm].endpoint[i].estimate;
	fail_msg("no endpoint %s", id);
	return NAN;
}

/* Every file: loads, is named by one therapy at least, cites what exists, and runs beside its first base. */
static void every_whatif_runs(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	struct ql_diags ds = {0};
	struct ql_model *m = NULL;
	struct ql_evidence *e = NULL;
	struct ql_therapies t;
	int n;
	assert_int_equal(ql_model_load(QUELL_SOURCE_DIR "/models/cll/cll.qm", &ds, &m), QUELL_OK);
	assert_int_equal(ql_evidence_load(QUELL_SOURCE_DIR, &ds, &e), QUELL_OK);
	assert_int_equal(ql_therapies_load(QUELL_SOURCE_DIR, m, e, &a, &ds, &t), QUELL_OK);
	const char **name = ql_library_list(&a, QUELL_SOURCE_DIR, "library/whatif", ".yaml", &n);
	assert_true(n >= 20);
	for (int i = 0; i < n; i++) {
		struct ql_whatif w;
		int listed = 0;
		enum quell_status s = ql_whatif_load(m, ql_arena_printf(&a, QUELL_SOURCE_DIR "/library/whatif/%s.yaml", name[i]), &a, &ds, &w);
		show(&ds);
		assert_int_equal(s, QUELL_OK);
		assert_string_equal(w.id, name[i]);
		for (int k = 0; k < w.n_source; k++)
			if (!ql_reference_find(&e->references, w.source[k]))
				fail_msg("%s: `%s` is not in references.bib", name[i], w.source[k]);
		for (int k = 0; k < t.n; k++)
			listed += ql_names_have(&t.item[k].aspect[QL_FUTURE].what_if, name[i]);
		if (!listed || !w.therapy || !ql_therapy_find(&t, w.therapy))
			fail_msg("%s: no therapy lists it", name[i]);
		struct ql_compare *c = compare_with(NULL, 0, &name[i], 1, 6, 1.5);
		assert_int_equal(c->n_arm, 2);
		assert_string_equal(c->arm[1].whatif, name[i]);
		assert_string_equal(c->arm[0].id, w.applies_to[0]);
		assert_int_equal(c->arm[1].base, 0);
		assert_int_equal(c->arm[0].patients_failed + c->arm[1].patients_failed, 0);
		assert_true(c->arm[1].evidence_grade >= c->arm[0].evidence_grade);
		assert_true(c->arm[1].evidence_grade != 'D' || strcmp(c->arm[1].warning, "no clinical data in CLL") == 0);
		for (int k = 0; k < c->arm[1].n_endpoint; k++)
			assert_int_equal(c->arm[1].endpoint[k].n_published, 0);
		ql_compare_free(c);
	}
	ql_evidence_free(e);
	ql_model_free(m);
	ql_diags_free(&ds);
	ql_arena_free(&a);
}

/* The base has the same bits with and without what-ifs beside it; a what-if that changes nothing that matters here stays
 * with it. */
static void the_base_is_left_alone(void **state)
{
	(void)state;
	const char *regimen[] = {"rituximab", "liso-cel"}, *whatif[] = {"fc-engineered", "fitter-car-t", "cd47-block"};
	struct ql_compare *alone = compare_with(regimen, 2, NULL, 0, 40, 1), *beside = compare_with(regimen, 2, whatif, 3, 40, 1);
	assert_int_equal(beside->n_arm, 5);
	for (int a = 0; a < 2; a++) {
		assert_string_equal(alone->arm[a].id, beside->arm[a].id);
		for (int i = 0; i < alone->arm[a].n_endpoint; i++)
			assert_memory_equal(&alone->arm[a].endpoint[i].estimate, &beside->arm[a].endpoint[i].estimate, sizeof(double));
	}
	assert_string_equal(beside->arm[2].id, "rituximab+fc-engineered");
	assert_string_equal(beside->arm[3].id, "liso-cel+fitter-car-t");
	assert_int_equal(beside->arm[4].base, 0);
	ql_compare_free(alone);
	ql_compare_free(beside);
}

/* What the changes must do if the equations read them: more killing, more response. */
static void changes_have_their_sense(void **state)
{
	(void)state;
	static const struct {
		const char *whatif, *endpoint;
		int sign;
	} want[] = {{"fc-engineered", "pfs_mean", 1},  {"cd47-block", "pfs_mean", 1},	     {"fitter-car-t", "cr", 1},
		    {"armoured-car-nk", "orr", 1},     {"longer-ven-obi", "pfs_mean", 1}, {"costimulated-bispecific", "pfs_mean", 1},
		    {"bispecific-low-burden", "umrd_bm_1e-4_eot", 1}};
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		const char *name = want[i].whatif;
		struct ql_compare *c = compare_with(NULL, 0, &name, 1, 150, 3);
		double gain = value(c, 1, want[i].endpoint) - value(c, 0, want[i].endpoint);
		if (!(want[i].sign * gain > 0))
			fail_msg("%s: %s changes by %g", name, want[i].endpoint, gain);
		ql_compare_free(c);
	}
}

static void said(const char *text, const char *want)
{
	char path[] = "/tmp/quell_whatif_XXXXXX.yaml";
	struct ql_arena a = {0};
	struct ql_diags ds = {0};
	struct ql_model *m = NULL;
	struct ql_whatif w;
	struct ql_buf b = {0};
	snprintf(path, sizeof path, "/tmp/quell_whatif_%06d.yaml", abs(rand()) % 1000000);
	FILE *f = fopen(path, "w");
	fputs(text, f);
	fclose(f);
	assert_int_equal(ql_model_load(QUELL_SOURCE_DIR "/models/cll/cll.qm", &ds, &m), QUELL_OK);
	assert_int_equal(ql_whatif_load(m, path, &a, &ds, &w), QUELL_ERR_INPUT);
	ql_diags_render(&ds, false, &b);
	if (!strstr(b.data, want))
		fail_msg("`%s` was not said:\n%s", want, b.data);
	remove(path);
	ql_buf_free(&b);
	ql_model_free(m);
	ql_diags_free(&ds);
	ql_arena_free(&a);
}

#define HEAD "whatif: x\ntitle: t\nevidence: C\napplies_to: [rituximab]\nsources: [Gao2025ExpHematolOncol]\n" \
	     "rationale: a long enough reason why this should be tried at all\n"

static void mistakes_are_named(void **state)
{
	(void)state;
	said("whatif: x\ntitle: t\n", "missing");
	said(HEAD, "changes nothing");
	said(HEAD "change:\n  - {column: mab.kcatt, factor: 2, grade: assumed}\n", "did you mean `mab.kcat`");
	said(HEAD "change:\n  - {column: mab.kc, factor: 2, grade: assumed}\n", "no slot has a column `mab.kc`");
	said(HEAD "change:\n  - {parameter: mab.kc, factor: -2, grade: assumed}\n", "factors are above 0");
	said(HEAD "change:\n  - {parameter: mab.kc, value: 2, grade: assumed}\n", "the unit of `mab.kc` is missing");
	said(HEAD "change:\n  - {parameter: mab.kc, value: 2, unit: kg, grade: assumed}\n", "has another unit in the model");
	said(HEAD "change:\n  - {column: cells.recog, value: 3, unit: \"1\", grade: assumed}\n", "outside what `cells.recog` accepts");
	said(HEAD "change:\n  - {parameter: disease.rmax, factor: 2, grade: assumed}\n", "depends on who the patient is");
	said(HEAD "change:\n  - {column: mab.kcat, factor: 2, add: 3, grade: assumed}\n", "one of `factor`, `value`, `add`");
	said(HEAD "change:\n  - {column: mab.kcat, factor: 2, grade: guessed}\n", "unknown grade `guessed`");
	said(HEAD "regimen: {evidence: A}\n", "unknown key `evidence`");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_whatif_runs),
		cmocka_unit_test(the_base_is_left_alone),
		cmocka_unit_test(changes_have_their_sense),
		cmocka_unit_test(mistakes_are_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
