/* SPDX-License-Identifier: Apache-2.0 */
/* The search finds what it must, keeps to its bounds, repeats itself and names mistakes. */
#define _POSIX_C_SOURCE 200809L
#include "base/paths.h"
#include "decide/optimize.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct ql_optimize_spec spec_of(const char *path, int evaluations)
{
	struct ql_optimize_spec s = {.path = path, .evaluations = evaluations};
	s.run.data_dir = QUELL_SOURCE_DIR;
	s.run.patients = 60;
	s.run.seed = 1;
	return s;
}

static struct ql_optimisation *optimise(const struct ql_optimize_spec *s)
{
	struct ql_diags ds = {0};
	struct ql_optimisation *o = NULL;
	if (ql_optimize_run(s, &ds, &o) != QUELL_OK) {
		struct ql_buf text = {0};
		ql_diags_render(&ds, false, &text);
		fail_msg("%s", text.data ? text.data : "no diagnostics");
	}
	ql_diags_free(&ds);
	return o;
}

static void every_worked_example_runs(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	int n;
	const char **name = ql_library_list(&a, QUELL_SOURCE_DIR, "library/optimize", ".yaml", &n);
	assert_true(n >= 5);
	for (int i = 0; i < n; i++) {
		struct ql_optimize_spec s = spec_of(ql_arena_printf(&a, "%s/library/optimize/%s.yaml", QUELL_SOURCE_DIR, name[i]), 5);
		s.run.patients = 20;
		struct ql_optimisation *o = optimise(&s);
		assert_int_equal(o->n_trial, 5);
		assert_true(o->n_reference >= 2 && o->evidence_grade == 'D' && o->warning);
		for (int t = 0; t < o->n_trial; t++)
			for (int v = 0; v < o->n_variable; v++)
				assert_true(o->trial[t].x[v] >= o->variable[v].low && o->trial[t].x[v] <= o->variable[v].high);
		ql_optimisation_free(o);
	}
	ql_arena_free(&a);
}

/* What steps are for: less cytokine release than flat dosing at the same response. */
static void steps_spare_cytokine_release(void **state)
{
	(void)state;
	struct ql_optimize_spec s = spec_of(QUELL_SOURCE_DIR "/library/optimize/epcoritamab-step-up.yaml", 16);
	struct ql_optimisation *o = optimise(&s);
	assert_true(o->best >= 0);
	const struct ql_opt_trial *best = &o->trial[o->best];
	const struct ql_opt_reference *licensed = &o->reference[0], *flat = &o->reference[1];
	assert_string_equal(licensed->id, "epcoritamab");
	assert_string_equal(flat->id, "epcoritamab-flat");
	assert_true(best->measure[QL_O_crs_g2] <= licensed->measure[QL_O_crs_g2]);
	assert_true(best->measure[QL_O_crs_g2] < flat->measure[QL_O_crs_g2]);
	assert_true(best->measure[QL_O_orr] >= licensed->measure[QL_O_orr] - 0.01 - 1e-12);
	assert_non_null(strstr(o->regimen, "epcoritamab-optimised"));
	assert_null(strchr(o->regimen, '$'));
	struct ql_buf one = {0}, two = {0};
	ql_optimisation_json(o, &one);
	ql_optimisation_free(o);
	s.run.threads = 2;
	o = optimise(&s);
	ql_optimisation_json(o, &two);
	assert_string_equal(one.data, two.data);
	ql_optimisation_free(o);
	ql_buf_free(&one);
	ql_buf_free(&two);
}

static void refuse(const char *text)
{
	char path[] = "/tmp/quell_optimize_XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
	struct ql_optimize_spec s = spec_of(path, 5);
	struct ql_diags ds = {0};
	struct ql_optimisation *o = NULL;
	assert_int_equal(ql_optimize_run(&s, &ds, &o), QUELL_ERR_INPUT);
	assert_null(o);
	assert_true(ds.n_errors > 0 && ds.item[0]->help);
	ql_diags_free(&ds);
	remove(path);
}

static void mistakes_are_named(void **state)
{
	(void)state;
	const char *end = "variables: {a: {low: 1, high: 2}}\nregimen: {regimen: x}\n";
	struct ql_arena a = {0};
	refuse("optimize: x\npopulation: relapsed\n");
	refuse(ql_arena_printf(&a, "optimize: x\npopulation: relapsed\nminimise: {crs_g9: 1}\n%s", end));
	refuse(ql_arena_printf(&a, "optimize: x\npopulation: relapsed\nminimise: {crs_g2: much}\n%s", end));
	refuse(ql_arena_printf(&a, "optimize: x\npopulation: relapsed\nminimise: {crs_g2: 1}\nsubject: {orr: {at_most: 1}}\n%s", end));
	refuse("optimize: x\npopulation: relapsed\nminimise: {crs_g2: 1}\nvariables: {a: {low: 2, high: 1}}\nregimen: {regimen: x}\n");
	refuse(ql_arena_printf(&a, "optimize: x\npopulation: relapsed\nminimise: {crs_g2: 1}\ncompare: [ven-obbi]\n%s", end));
	refuse(ql_arena_printf(&a, "optimize: x\npopulation: relapsed\nminimise: {crs_g2: 1}\n%s", end)); /* not a regimen */
	ql_arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_worked_example_runs),
		cmocka_unit_test(steps_spare_cytokine_release),
		cmocka_unit_test(mistakes_are_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
