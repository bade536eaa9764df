/* SPDX-License-Identifier: Apache-2.0 */
/* The search finds what it must, keeps to its bounds, repeats itself and names mistakes. */
#define _DEFAULT_SOURCE
#include "base/paths.h"
#include "compare/compare.h"
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
	assert_true(n >= 8);
	for (int i = 0; i < n; i++) {
		struct ql_optimize_spec s = spec_of(ql_arena_printf(&a, "%s/library/optimize/%s.yaml", QUELL_SOURCE_DIR, name[i]), 5);
		s.run.patients = 20;
		struct ql_optimisation *o = optimise(&s);
		assert_true(o->n_trial >= 2 && o->n_trial <= 5); /* whole numbers may be asked for twice */
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

/* Two lines: both orders are tried, the result is a table of next lines that a comparison takes, with the same figures. */
static void orders_are_tried_and_can_be_run(void **state)
{
	(void)state;
	char path[] = "/tmp/quell_optimize_XXXXXX", table[] = "/tmp/quell_next_XXXXXX.yaml";
	const char text[] = "optimize: x\npopulation: unfit-1l\nyears: 8\nminimise: {pfs2: -1}\ncompare: [ven-obi]\n"
			    "variables: {line: {order: [clb-obi, acalabrutinib]}}\nregimen: $line1\nsecond_line: $line2\n";
	int fd = mkstemp(path);
	assert_true(write(fd, text, sizeof text - 1) == (ssize_t)sizeof text - 1);
	close(fd);
	struct ql_optimize_spec s = spec_of(path, 10);
	struct ql_optimisation *o = optimise(&s);
	assert_true(o->n_trial == 2 && o->best >= 0 && o->evidence_grade == 'D' && o->warning);
	assert_string_equal(ql_opt_label(&o->variable[0], 0, 0, &o->arena), "clb-obi");
	assert_string_equal(ql_opt_label(&o->variable[0], 0, 1, &o->arena), "acalabrutinib");
	assert_string_equal(ql_opt_label(&o->variable[0], 1, 0, &o->arena), "acalabrutinib");
	assert_string_equal(o->regimen_name, ql_opt_label(&o->variable[0], o->trial[o->best].x[0], 0, &o->arena));
	const char *second = ql_opt_label(&o->variable[0], o->trial[o->best].x[0], 1, &o->arena);
	assert_non_null(strstr(o->next_line, ql_arena_printf(&o->arena, "line: 2..2, give: {%s: 1}", second)));
	assert_null(strchr(o->next_line, '$'));
	const char *name, *body;
	assert_true(ql_optimisation_file(o, 0, "plan.yaml", &name, &body) && body == o->next_line && strcmp(name, "plan.yaml") == 0);
	assert_false(ql_optimisation_file(o, 1, "plan.yaml", &name, &body));
	assert_non_null(strstr(ql_optimisation_command(o, "plan.yaml"), "--next-line plan.yaml"));
	fd = mkstemps(table, 5);
	assert_true(write(fd, o->next_line, strlen(o->next_line)) == (ssize_t)strlen(o->next_line));
	close(fd);
	const char *regimens[] = {o->regimen_name};
	struct ql_run_spec run = {.data_dir = QUELL_SOURCE_DIR, .population = "unfit-1l", .regimen = regimens, .n_regimen = 1,
				  .patients = 60, .seed = 1, .years = 8, .next_line = table};
	struct ql_diags ds = {0};
	struct ql_compare *c = NULL;
	assert_int_equal(ql_compare_run(&run, &ds, &c), QUELL_OK);
	double qaly = NAN;
	for (int i = 0; i < c->arm[0].n_endpoint; i++)
		if (strcmp(c->arm[0].endpoint[i].id, "qaly") == 0)
			qaly = c->arm[0].endpoint[i].estimate;
	assert_true(fabs(qaly - o->trial[o->best].measure[QL_O_qaly]) < 0.005); /* counted in steps */
	ql_compare_free(c);
	ql_diags_free(&ds);
	ql_optimisation_free(o);
	remove(path);
	remove(table);
}

/* A rule that stops at undetectable MRD shortens treatment against going on, and comes out as a protocol. */
static void stop_rules_are_varied(void **state)
{
	(void)state;
	struct ql_optimize_spec s = spec_of(QUELL_SOURCE_DIR "/library/optimize/venetoclax-mrd-stop.yaml", 6);
	struct ql_optimisation *o = optimise(&s);
	const struct ql_opt_reference *on = &o->reference[1];
	assert_string_equal(on->id, "venetoclax");
	assert_true(o->best >= 0 && o->trial[o->best].measure[QL_O_days] < on->measure[QL_O_days] - 0.5);
	assert_non_null(strstr(o->protocol, "name: optimised stop, when: \"mrd_blood < 1e-"));
	assert_null(strchr(o->protocol, '$'));
	assert_null(strchr(o->regimen, '$'));
	const char *name, *body;
	assert_true(ql_optimisation_file(o, 1, "dir/best.yaml", &name, &body) && body == o->protocol);
	assert_string_equal(name, "dir/best-protocol.yaml");
	ql_optimisation_free(o);
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
	refuse("optimize: x\npopulation: relapsed\nminimise: {qaly: -1}\nvariables: {a: {order: [br]}}\nregimen: $a1\nsecond_line: $a2\n");
	refuse("optimize: x\npopulation: relapsed\nminimise: {qaly: -1}\nvariables: {a: {order: [br, brr]}}\nregimen: $a1\nsecond_line: $a2\n");
	refuse("optimize: x\npopulation: relapsed\nminimise: {qaly: -1}\nvariables: {a: {choose: [1, 2]}}\nregimen: br\nstop_rule: {stop: [bcl2i.dose]}\n");
	ql_arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_worked_example_runs),
		cmocka_unit_test(steps_spare_cytokine_release),
		cmocka_unit_test(orders_are_tried_and_can_be_run),
		cmocka_unit_test(stop_rules_are_varied),
		cmocka_unit_test(mistakes_are_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
