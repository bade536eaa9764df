/* SPDX-License-Identifier: Apache-2.0 */
/* Every malformed row of a data set is an error with its place and reason, and one run reports them all. */
#define _GNU_SOURCE
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "dosing/dataset.h"
#include "dosing_helpers.h"

static const char model_text[] = "covariate wt = 70 in 30..200\nstate a = 0\nstate b = 0\nstate c = 0\ndose iv into a\ndose oral into b\n"
				 "rate(iv) = 5\nd/dt(a) = -a*wt + b\nd/dt(b) = -b\nd/dt(c) = a - c\noutput x = a\n";

static enum quell_status read_text(const char *csv, struct ql_diags *ds, struct ql_arena *a, struct ql_dataset *d)
{
	struct ql_model *m = model_of(model_text, ds);
	ds->n = ds->n_errors = 0;
	enum quell_status s = ql_dataset_read(m, scratch_file("d.csv", csv), a, ds, d);
	ql_model_free(m);
	return s;
}

#define H "ID,TIME,EVID,AMT,CMT,RATE,II,ADDL,SS,MDV,WT\n"

static const struct {
	const char *csv;
	enum ql_code code;
	int line, col;
} fault[] = {
	{"TIME,AMT\n0,1\n", QL_E0420, 1, 0},
	{"ID,AMT\n1,1\n", QL_E0420, 1, 0},
	{"ID,TIME,DATE\n1,0,2020\n", QL_E0420, 1, 9},
	{H, QL_E0420, 1, 1},
	{H "1,0,5,1,1,0,0,0,0,1,70\n", QL_E0421, 2, 5},
	{H "1,0,0.5,1,1,0,0,0,0,1,70\n", QL_E0421, 2, 5},
	{H "1,0,1,1,1,0,0,0,3,1,70\n", QL_E0421, 2, 17},
	{H "1,0,1,1,1,0,24,1.5,0,1,70\n", QL_E0421, 2, 16},
	{H "1,0,0,0,1,0,0,0,0,2,70\n", QL_E0421, 2, 19},
	{H "1,0,0,0,1,0,0,0,0,0,700\n", QL_E0421, 2, 21},
	{H ".,0,0,0,1,0,0,0,0,0,70\n", QL_E0421, 2, 1},
	{H "1,0,1,-5,1,0,0,0,0,1,70\n", QL_E0422, 2, 7},
	{H "1,0,1,0,1,0,0,0,0,1,70\n", QL_E0422, 2, 7},
	{H "1,0,4,0,1,0,0,0,0,1,70\n", QL_E0422, 2, 7},
	{H "1,0,0,5,1,0,0,0,0,1,70\n", QL_E0422, 2, 7},
	{H "1,0,3,0,1,0,0,0,1,1,70\n", QL_E0422, 2, 17},
	{H "1,0,2,0,1,3,0,0,0,1,70\n", QL_E0422, 2, 11},
	{H "1,0,1,5,1,-3,0,0,0,1,70\n", QL_E0422, 2, 11},
	{H "1,0,1,5,1,0,0,3,0,1,70\n", QL_E0422, 2, 15},
	{H "1,0,1,5,1,0,-2,3,0,1,70\n", QL_E0422, 2, 13},
	{H "1,0,1,5,1,0,0,0,1,1,70\n", QL_E0422, 2, 17},
	{H "1,0,1,0,1,5,0,2,1,1,70\n", QL_E0422, 2, 15},
	{H "1,0,1,0,1,-2,0,0,1,1,70\n", QL_E0422, 2, 11},
	{H "1,0,1,5,9,0,0,0,0,1,70\n", QL_E0423, 2, 9},
	{H "1,0,1,5,3,0,0,0,0,1,70\n", QL_E0423, 2, 9},
	{H "1,0,1,5,-1,0,0,0,0,1,70\n", QL_E0423, 2, 9},
	{H "1,0,1,5,1.5,0,0,0,0,1,70\n", QL_E0423, 2, 9},
	{H "1,0,1,5,gut,0,0,0,0,1,70\n", QL_E0423, 2, 9},
	{H "1,5,1,5,1,0,0,0,0,1,70\n1,4,0,0,1,0,0,0,0,0,70\n", QL_E0424, 3, 3},
	{H "1,0,1,5,2,-1,0,0,0,1,70\n", QL_E0425, 2, 11},
	{H "1,0,1,5,1,-2,0,0,0,1,70\n", QL_E0425, 2, 11},
	{H "1,0,1,5,1,0,0,0,0,1,.\n", QL_E0427, 2, 21},
};

static void each_fault_has_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof fault / sizeof *fault; i++) {
		struct ql_diags ds = {0};
		struct ql_arena a = {0};
		struct ql_dataset d;
		enum quell_status s = read_text(fault[i].csv, &ds, &a, &d);
		const struct ql_diag *g = find_diag(&ds, fault[i].code);
		bool ok = g && g->span.line == fault[i].line && (!fault[i].col || g->span.col == fault[i].col);
		bool from_csv = !g && fault[i].code == QL_E0420; /* a missing column is reported by the reader of tables */
		if (!ok && !from_csv) {
			print_error("case %zu (%d:%d)\n", i, g ? g->span.line : 0, g ? g->span.col : 0);
			show(&ds);
		}
		assert_int_equal(s, QUELL_ERR_INPUT);
		assert_true(ok || (from_csv && ds.n_errors > 0));
		ql_arena_free(&a);
		ql_diags_free(&ds);
	}
}

static void all_faults_in_one_run(void **state)
{
	(void)state;
	struct ql_diags ds = {0};
	struct ql_arena a = {0};
	struct ql_dataset d;
	assert_int_equal(read_text(H "1,0,1,-5,1,0,0,0,0,1,70\n1,x,0,0,1,0,0,0,0,0,70\n1,3,7,0,1,0,0,0,0,0,70\n2,0,1,5,8,0,0,0,0,1,70\n",
				   &ds, &a, &d), QUELL_ERR_INPUT);
	assert_int_equal(ds.n_errors, 4);
	ql_arena_free(&a);
	ql_diags_free(&ds);
}

static void what_is_odd_but_clear_is_read(void **state)
{
	(void)state;
	struct ql_diags ds = {0};
	struct ql_arena a = {0};
	struct ql_dataset d;
	/* any case, no EVID, names as CMT, a commented row, an ID that comes back, unknown columns */
	assert_int_equal(read_text("c,id,time,amt,cmt,rate,extra,DV\n.,1,0,5,oral,0,1,.\nC,1,0,9,1,0,1,.\n.,1,2,.,.,.,1,3\n"
				   ".,2,0,5,a,-1,1,.\n.,1,7,0,.,0,1,.\n", &ds, &a, &d), QUELL_OK);
	assert_int_equal(d.n_record, 4);
	assert_int_equal(d.n_subject, 3);
	assert_int_equal(d.record[0].evid, 1);
	assert_int_equal(d.record[0].dose, 1);
	assert_int_equal(d.record[1].evid, 0);
	assert_int_equal(d.record[2].dose, 0);
	assert_non_null(find_diag(&ds, QL_E0426));
	assert_non_null(find_diag(&ds, QL_E0428));
	assert_int_equal(ds.n_errors, 0);
	ql_arena_free(&a);
	ql_diags_free(&ds);
}

static void exhaustion_is_a_status(void **state)
{
	(void)state;
	struct ql_diags ds = {0};
	struct ql_arena a = {0};
	struct ql_dataset d;
	struct ql_model *m = model_of(model_text, &ds);
	const char *path = scratch_file("d.csv", H "1,0,1,5,1,0,24,3,1,1,70\n1,40,0,0,1,0,0,0,0,0,80\n2,0,1,5,1,0,0,0,0,1,70\n");
	assert_int_equal(ql_dataset_read(m, path, &a, &ds, &d), QUELL_OK);
	bool finished = false;
	for (long n = 1; n < 400 && !finished; n++) {
		struct ql_dataset_run run = {.model = m, .data = &d, .threads = 1};
		struct ql_dataset_result r;
		ql_mem_fail_after(n);
		enum quell_status s = ql_dataset_simulate(&run, &a, &ds, &r);
		ql_mem_fail_after(0);
		finished = s == QUELL_OK;
		assert_true(finished || s == QUELL_ERR_MEMORY);
	}
	assert_true(finished);
	ql_model_free(m);
	ql_arena_free(&a);
	ql_diags_free(&ds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fault_has_its_place),
		cmocka_unit_test(all_faults_in_one_run),
		cmocka_unit_test(what_is_odd_but_clear_is_read),
		cmocka_unit_test(exhaustion_is_a_status),
	};
	return cmocka_run_group_tests(tests, NULL, scratch_remove);
}
