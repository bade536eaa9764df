/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "evidence/table.h"

static struct ql_evidence *shipped(struct ql_diags *ds)
{
	struct ql_evidence *e;
	enum quell_status s = ql_evidence_load(QUELL_SOURCE_DIR, ds, &e);
	if (s != QUELL_OK) {
		struct ql_buf text = {0};
		ql_diags_render(ds, false, &text);
		fail_msg("%s", text.data);
	}
	return e;
}

static void the_shipped_table_is_sound(void **state)
{
	(void)state;
	struct ql_diags ds = {0};
	struct ql_evidence *e = shipped(&ds);
	assert_int_equal(ds.n, 0);
	assert_true(e->n_row > 900);
	int verified = 0, cited = 0;
	for (int i = 0; i < e->n_row; i++) {
		verified += e->row[i].verified;
		cited += e->row[i].cite[0] != 0;
	}
	assert_true(verified > 600 && verified < e->n_row);
	assert_true(cited >= e->n_row - 1);
	const struct ql_reference *r = ql_reference_find(&e->references, "Fischer2019NEJM");
	assert_non_null(r);
	struct ql_buf b = {0};
	ql_reference_text(r, &b);
	assert_string_equal(b.data,
			    "Fischer. NEJM 2019;380:2225. (+ASCO 2019 MRD abstract). doi:10.1056/NEJMoa1815281");
	ql_buf_free(&b);
	ql_evidence_free(e);
	ql_diags_free(&ds);
}

static void answers_come_best_first(void **state)
{
	(void)state;
	struct ql_diags ds = {0};
	struct ql_evidence *e = shipped(&ds);
	const char *obi[] = {"G-Clb"}, *first[] = {"CLL14", "CLL11"};
	const struct ql_trial_row *r[8];
	int n = ql_evidence_answers(e, obi, 1, "1L", first, 2, "pfs_median", r, 8);
	assert_true(n >= 4);
	assert_string_equal(r[0]->trial, "CLL14");
	for (int i = 1; i < n; i++) {
		if (strcmp(r[i - 1]->trial, r[i]->trial) == 0 && r[i - 1]->verified == r[i]->verified)
			assert_true(r[i - 1]->year >= r[i]->year);
		assert_true(strcmp(r[i]->subgroup, "all") == 0 || strcmp(r[i]->subgroup, "1L stratum") == 0);
		assert_string_equal(r[i]->endpoint, "PFS_median_mo");
	}
	int all = n;
	const struct ql_trial_row *few[2];
	assert_int_equal(ql_evidence_answers(e, obi, 1, "1L", first, 2, "pfs_median", few, 2), 2);
	assert_ptr_equal(few[0], r[0]);
	assert_ptr_equal(few[1], r[1]);
	assert_true(all > 2);
	assert_int_equal(ql_evidence_answers(e, obi, 1, "1L", first, 2, "pfs_rate_25mo", r, 8), 0);
	assert_int_equal(ql_evidence_answers(e, obi, 1, "1L", first, 2, "no_such_endpoint", r, 8), 0);
	double v, lo, hi;
	n = ql_evidence_answers(e, obi, 1, "1L", first, 2, "pfs_rate_24mo", r, 8);
	assert_true(n >= 1 && strcmp(r[0]->trial, "CLL14") == 0);
	ql_evidence_value(r[0], &v, &lo, &hi);
	assert_true(v > 0.5 && v < 0.8);
	n = ql_evidence_answers(e, obi, 1, "1L", first, 2, "infection_g3_24mo", r, 8);
	assert_true(n >= 1);
	assert_string_equal(r[0]->endpoint, "grade3_infection");
	assert_string_equal(r[0]->unit, "%");
	ql_evidence_free(e);
	ql_diags_free(&ds);
}

static void endpoint_ids_map_exactly(void **state)
{
	(void)state;
	char b[64];
	assert_true(ql_evidence_endpoint("os_rate_72mo", b, sizeof b));
	assert_string_equal(b, "OS_rate@72mo");
	assert_true(ql_evidence_endpoint("umrd_bm_1e-4_eot", b, sizeof b));
	assert_string_equal(b, "uMRD_BM_1e-4");
	assert_true(ql_evidence_endpoint("af_36mo", b, sizeof b));
	assert_string_equal(b, "AF_any");
	assert_false(ql_evidence_endpoint("orr_24mo", b, sizeof b));
	assert_false(ql_evidence_endpoint("pfs_rate", b, sizeof b));
	assert_false(ql_evidence_endpoint("pfs_rate_x4mo", b, sizeof b));
}

/* A private copy of the table in which one cell of one row is replaced. */
static const char head[] =
    "trial_id,NCT,publication,year,line,population,treatment,comparator,n_arm,n_comp,endpoint,value,"
    "lower95,upper95,unit,followup_mo,subgroup,verified,note,ci_level,cite\n";

static void write_file(const char *dir, const char *name, const char *text)
{
	char path[256];
	snprintf(path, sizeof path, "%s/evidence/%s", dir, name);
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void load_rows(const char *rows, struct ql_diags *ds, enum quell_status *status, const char *bib)
{
	char dir[] = "/tmp/quell_evidence_XXXXXX", path[256], *text = malloc(strlen(head) + strlen(rows) + 1);
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/evidence", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	strcat(strcpy(text, head), rows);
	write_file(dir, "trials.csv", text);
	write_file(dir, "roles.csv", "trial_id,role\nT1,calibration\n");
	write_file(dir, "treatments.csv", "name,title,components\nFCR,x,FC+R\nFC,y,FC\n");
	write_file(dir, "references.bib", bib);
	struct ql_evidence *e;
	*status = ql_evidence_load(dir, ds, &e);
	ql_evidence_free(e);
	const char *names[] = {"trials.csv", "roles.csv", "treatments.csv", "references.bib"};
	for (int i = 0; i < 4; i++) {
		snprintf(path, sizeof path, "%s/evidence/%s", dir, names[i]);
		unlink(path);
	}
	snprintf(path, sizeof path, "%s/evidence", dir);
	rmdir(path);
	rmdir(dir);
	free(text);
}

#define BIB "% comment\n@article{A2010, author = {A}, year = 2010,}\n@misc{B, title = \"b {B}\"}\n"

static void every_fault_has_its_place(void **state)
{
	(void)state;
	static const struct {
		const char *row;
		enum ql_code code;
		int cell;
	} v[] = {
	    {"T1,,P,2010,1L,p,FCR,FC,408,409,PFS_HR,0.5,0.6,0.7,HR,37,all,yes,,95,A2010", QL_E0702, 12},
	    {"T1,,P,2010,1L,p,FCR,FC,408,409,PFS_HR,0.5,0.4,0.45,HR,37,all,yes,,95,A2010", QL_E0702, 13},
	    {"T1,,P,2010,1L,p,FCR,FC,408,409,PFS_HR,0.5,0.4,0.7,HR,37,all,yes,,,A2010", QL_E0702, 19},
	    {"T1,,P,2010,1L,p,FCR,FC,408,409,PFS_HR,0.5,0.4,0.7,%,37,all,yes,,95,A2010", QL_E0703, 14},
	    {"T1,,P,2010,1L,p,FCX,FC,408,409,PFS_HR,0.5,0.4,0.7,HR,37,all,yes,,95,A2010", QL_E0704, 6},
	    {"T1,,P,2010,1L,p,FCR,FC,408,409,PFS_HR,0.5,0.4,0.7,HR,37,all,yes,,95,A2011", QL_E0705, 20},
	    {"T1,,P,2010,1L,p,FCR,FC,40.5,409,PFS_HR,0.5,0.4,0.7,HR,37,all,yes,,95,A2010", QL_E0706, 8},
	    {"T1,,P,2010,1L,p,FCR,FC,-3,409,PFS_HR,0.5,0.4,0.7,HR,37,all,yes,,95,A2010", QL_E0706, 8},
	    {"T1,,P,2010,3L,p,FCR,FC,408,409,PFS_HR,0.5,0.4,0.7,HR,37,all,yes,,95,A2010", QL_E0701, 4},
	    {"T1,,P,2010,1L,p,FCR,,408,,PFS_HR,0.5,0.4,0.7,HR,37,all,yes,,95,A2010", QL_E0701, 7},
	    {"T1,,P,2010,1L,p,FCR,,408,,ORR,120,,,%,37,all,yes,,,A2010", QL_E0701, 11},
	    {"T1,,P,2010,1L,p,FCR,,408,,ORR,90,,,%,37,all,maybe,,,A2010", QL_E0701, 17},
	    {"T1,,P,2010,1L,p,FCR,,408,,ORR,,,,%,37,all,yes,,,A2010", QL_E0701, 11},
	    {"T1,,P,2010,1L,p,FCR,,408,,ORR,9O,,,%,37,all,yes,,,A2010", QL_E0316, 11},
	    {"T1,,P,2010,1L,p,FCR,,408,,ORR,90,,,%,37,all,yes,,,A2010\n"
	     "T1,,P,2010,1L,p,FCR,,408,,ORR,90,,,%,37,all,yes,,,A2010",
	     QL_E0707, 11},
	};
	for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
		struct ql_diags ds = {0};
		enum quell_status s;
		load_rows(v[i].row, &ds, &s, BIB);
		assert_int_equal(s, QUELL_ERR_INPUT);
		assert_int_equal(ds.item[0]->code, v[i].code);
		assert_int_equal(ds.item[0]->span.line, v[i].code == QL_E0707 ? 3 : 2);
		const char *cell = v[i].row;
		for (int k = 0; k < v[i].cell; k++)
			cell = strchr(cell, ',') + 1;
		assert_int_equal(ds.item[0]->span.col, cell - v[i].row + 1);
		ql_diags_free(&ds);
	}
}

static void good_rows_and_warnings_pass(void **state)
{
	(void)state;
	struct ql_diags ds = {0};
	enum quell_status s;
	load_rows("T2,,P,2010,1L,p,FCR,FC,408,409,PFS_HR,0.5,0.4,0.7,HR,37,,yes,,97.5,B\n"
		  "T1,,P,2010,1L,p,FCR,,408,,PFS_median_mo,NR,,,months,37,all,no,,,A2010\n",
		  &ds, &s, BIB);
	assert_int_equal(s, QUELL_OK);
	assert_int_equal(ds.n, 1);
	assert_int_equal(ds.item[0]->code, QL_W0709);
	ql_diags_free(&ds);
}

static void bad_bibliographies_are_reported(void **state)
{
	(void)state;
	static const struct {
		const char *bib;
		int line;
	} v[] = {{"@article{A, year = {2010}\n", 2},
		 {"@article{A, year {2010}}\n", 1},
		 {"@article{A, year = {2010\n}\n", 3},
		 {"\n@misc{A}\n@misc{A}\n", 3},
		 {"@article\n", 2}};
	for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
		struct ql_diags ds = {0};
		enum quell_status s;
		load_rows("", &ds, &s, v[i].bib);
		assert_int_equal(s, QUELL_ERR_INPUT);
		assert_int_equal(ds.item[0]->code, QL_E0708);
		assert_int_equal(ds.item[0]->span.line, v[i].line);
		ql_diags_free(&ds);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_shipped_table_is_sound),  cmocka_unit_test(answers_come_best_first),
	    cmocka_unit_test(endpoint_ids_map_exactly),    cmocka_unit_test(every_fault_has_its_place),
	    cmocka_unit_test(good_rows_and_warnings_pass), cmocka_unit_test(bad_bibliographies_are_reported),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
