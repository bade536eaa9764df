/* SPDX-License-Identifier: Apache-2.0 */
/* Designs: every shipped one loads and agrees with the evidence; every kind of contradiction is named with its line. */
#define _GNU_SOURCE
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/paths.h"
#include "evidence/table.h"
#include "patient/law.h"
#include "trial/design.h"
#include "dosing_helpers.h"

static struct ql_model *model;

static int open_model(void **state)
{
	(void)state;
	static struct ql_diags ds;
	return ql_model_load(QUELL_SOURCE_DIR "/models/cll/cll.qm", &ds, &model) == QUELL_OK ? 0 : -1;
}

static int close_model(void **state)
{
	ql_model_free(model);
	return scratch_remove(state);
}

struct fixture {
	struct ql_diags ds;
	struct ql_arena a;
	struct ql_design d;
	enum quell_status status;
};

static void open_text(struct fixture *f, const char *text)
{
	*f = (struct fixture){0};
	f->status = ql_design_load(model, QUELL_SOURCE_DIR, scratch_file("t.yaml", text), &f->a, &f->ds, &f->d);
}

static void close_text(struct fixture *f)
{
	ql_arena_free(&f->a);
	ql_diags_free(&f->ds);
}

static const char good[] = "trial: T\n"
			   "role: plan\n"
			   "population:\n"
			   "  base: unfit-1l\n"
			   "  covariates:\n"
			   "    tp53: {bernoulli: {p: 0.5}, source: [], grade: assumed}\n"
			   "  eligibility:\n"
			   "    - {covariate: age, max: 72}\n"
			   "    - any: [{covariate: crcl, max: 60}, {covariate: tp53, is: 1}]\n"
			   "arms:\n"
			   "  - {arm: A, regimen: ven-obi, n: 100}\n"
			   "  - {arm: B, n: 50, regimens: [{regimen: fcr, if: {covariate: tp53, is: 0}}, "
			   "{regimen: br, if: {covariate: tp53, is: 1}}]}\n"
			   "follow_up: {accrual_months: 12, months: 60}\n";

static void test_good(void **state)
{
	(void)state;
	struct fixture f;
	open_text(&f, good);
	if (f.status != QUELL_OK)
		show(&f.ds);
	assert_int_equal(f.status, QUELL_OK);
	assert_int_equal(f.d.n_arm, 2);
	assert_int_equal(f.d.arm[0].n, 100);
	assert_int_equal(f.d.arm[1].n_part, 2);
	assert_true(fabs(f.d.arm[1].part[0].share + f.d.arm[1].part[1].share - 1) < 1e-12);
	assert_true(f.d.eligible_share > 0.1 && f.d.eligible_share < 0.6);
	assert_true(fabs(ql_design_horizon_day(&f.d) - 72 * 30.4375) < 1e-9);
	struct ql_values v = {.q = calloc((size_t)model->n_q, sizeof(double))};
	int age = ql_population_find(model, "age", 1u << QL_COVARIATE);
	int tp53 = ql_population_find(model, "tp53", 1u << QL_COVARIATE);
	int crcl = ql_population_find(model, "crcl", 1u << QL_COVARIATE);
	double mutated = 0;
	for (uint64_t i = 0; i < 500; i++) {
		ql_population_draw(&f.d.population, model, 3, i, NULL, &v);
		assert_true(v.q[age] <= 72);
		assert_true(v.q[crcl] <= 60 || v.q[tp53] == 1);
		mutated += v.q[tp53];
	}
	assert_true(mutated > 250); /* half of the laws' patients, more of the eligible */
	free(v.q);
	close_text(&f);
}

struct bad {
	const char *name, *from, *to;
	enum ql_code code;
	int line; /* 0: the whole file */
};

static const struct bad bads[] = {
	{"no patients", "n: 100", "n: 0", QL_E0642, 11},
	{"too many", "n: 100", "n: 2000000001", QL_E0642, 11},
	{"half a patient", "n: 100", "n: 1.5", QL_E0642, 11},
	{"arm without size", "regimen: ven-obi, n: 100", "regimen: ven-obi", QL_E0641, 11},
	{"arm without regimen", "regimen: ven-obi, n: 100", "n: 100", QL_E0641, 11},
	{"unknown regimen", "regimen: ven-obi", "regimen: ven-obo", QL_E0601, 11},
	{"dose after end", "n: 100}", "n: 100, stop: {rule: fixed, day: 100}}", QL_E0643, 11},
	{"fixed until progression", "n: 100}", "n: 100, stop: {rule: progression}}", QL_E0648, 11},
	{"mrd without rules", "n: 100}", "n: 100, stop: {rule: mrd}}", QL_E0641, 11},
	{"nobody eligible", "max: 72}", "max: 45}", QL_E0513, 8},
	{"no such patient", "max: 72}", "max: 12}", QL_E0512, 8},
	{"unknown covariate", "covariate: age", "covariate: agee", QL_E0501, 8},
	{"same name", "arm: B", "arm: A", QL_E0646, 12},
	{"shares", "{covariate: tp53, is: 1}}]}\n", "{covariate: age, min: 64}}]}\n", QL_E0648, 12},
	{"circle", "n: 100}", "n: 100, crossover: {to: A}}", QL_E0645, 11},
	{"unknown arm", "n: 100}", "n: 100, crossover: {to: C}}", QL_E0648, 11},
	{"late endpoint", "follow_up:", "endpoints: [pfs_rate_84mo]\nfollow_up:", QL_E0644, 13},
	{"no visit", "follow_up:", "visits: [{every_days: 100}]\nassess: {response_day: 250}\nfollow_up:", QL_E0644, 14},
	{"visit after the end", "follow_up:", "assess: {response_day: 3000}\nfollow_up:", QL_E0644, 13},
	{"visits go back", "follow_up:", "visits: [{every_days: 28, until_day: 50}, {every_days: 7, until_day: 40}]\nfollow_up:",
	 QL_E0648, 13},
	{"no follow-up", "months: 60", "dropout_per_year: 0", QL_E0641, 13},
	{"negative follow-up", "months: 60", "months: -1", QL_E0647, 13},
	{"no role", "role: plan\n", "", QL_E0304, 1},
	{"unknown role", "role: plan", "role: magic", QL_E0648, 2},
	{"unknown base", "base: unfit-1l", "base: unfit", QL_E0602, 4},
};

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bads / sizeof *bads; i++) {
		const struct bad *b = &bads[i];
		char text[2048];
		const char *at = strstr(good, b->from);
		assert_non_null(at);
		snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good), good, b->to, at + strlen(b->from));
		struct fixture f;
		open_text(&f, text);
		bool found = false;
		for (int k = 0; k < f.ds.n; k++)
			found |= f.ds.item[k]->code == b->code && f.ds.item[k]->span.line == b->line && f.ds.item[k]->help;
		if (f.status != QUELL_ERR_INPUT || !found) {
			print_message("%s: %s at line %d was not reported\n", b->name, ql_code_name(b->code), b->line);
			show(&f.ds);
		}
		assert_int_equal(f.status, QUELL_ERR_INPUT);
		assert_true(found);
		close_text(&f);
	}
}

static void test_all_at_once(void **state)
{
	(void)state;
	struct fixture f;
	open_text(&f, "trial: T\nrole: x\narms:\n  - {arm: A, n: 0}\n  - {arm: A, regimen: nothing, n: 1}\n");
	assert_int_equal(f.status, QUELL_ERR_INPUT);
	assert_true(f.ds.n_errors >= 7);
	close_text(&f);
}

static void check_shipped(const char *id, struct ql_evidence *e)
{
	struct ql_diags ds = {0};
	struct ql_arena a = {0};
	struct ql_design d;
	const char *path = ql_arena_printf(&a, "%s/library/trials/%s.yaml", QUELL_SOURCE_DIR, id);
	enum quell_status s = ql_design_load(model, QUELL_SOURCE_DIR, path, &a, &ds, &d);
	if (s != QUELL_OK)
		show(&ds);
	assert_int_equal(s, QUELL_OK);
	char *file_name = ql_arena_strdup(&a, d.name);
	for (char *c = file_name; *c; c++)
		*c = *c == '/' ? '-' : *c;
	assert_int_equal(strcasecmp(file_name, id), 0);
	for (int i = 0; i < d.n_source; i++)
		assert_non_null(ql_reference_find(&e->references, d.source[i]));
	bool rows = false;
	for (int i = 0; i < e->n_row; i++)
		if (strcmp(e->row[i].trial, d.name) == 0) {
			rows = true;
			assert_string_equal(e->row[i].role, d.role);
			assert_true(!d.nct || !*e->row[i].nct || strcmp(e->row[i].nct, d.nct) == 0);
		}
	assert_true(rows);
	for (int k = 0; k < d.n_arm; k++) {
		bool known = false;
		for (int i = 0; i < e->n_row; i++)
			known |= strcmp(e->row[i].trial, d.name) == 0 && (strcmp(e->row[i].treatment, d.arm[k].treatment) == 0 ||
									  strcmp(e->row[i].comparator, d.arm[k].treatment) == 0);
		if (!known)
			print_message("%s: arm %s has no row in evidence/trials.csv\n", id, d.arm[k].name);
		assert_true(known);
	}
	ql_arena_free(&a);
	ql_diags_free(&ds);
}

static void test_shipped(void **state)
{
	(void)state;
	struct ql_diags ds = {0};
	struct ql_arena a = {0};
	struct ql_evidence *e;
	assert_int_equal(ql_evidence_load(QUELL_SOURCE_DIR, &ds, &e), QUELL_OK);
	int n;
	const char **id = ql_library_list(&a, QUELL_SOURCE_DIR, "library/trials", ".yaml", &n);
	assert_true(n >= 1);
	for (int i = 0; i < n; i++)
		check_shipped(id[i], e);
	ql_evidence_free(e);
	ql_arena_free(&a);
	ql_diags_free(&ds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_good), cmocka_unit_test(test_bad),
					   cmocka_unit_test(test_all_at_once), cmocka_unit_test(test_shipped)};
	return cmocka_run_group_tests(tests, open_model, close_model);
}
