/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
/* What follows progression: the table, the carrying over, the record. */
#include "rules_helpers.h"
#include "trial/rules.h"
#include "validate/panel.h"

static const char *arms[] = {"clb-obi", "ibrutinib", "ven-obi"};

static struct ql_run_spec base(const char *population, uint64_t patients)
{
	return (struct ql_run_spec){.data_dir = QUELL_SOURCE_DIR, .population = population, .regimen = arms,
				    .n_regimen = 3, .patients = patients, .seed = 11, .years = 8, .threads = 1};
}

static void same_bytes_for_threads_lanes_and_chunks(void **state)
{
	(void)state;
	struct ql_run_spec s = base("relapsed", 96);
	s.lanes = 4;
	for (int arm = 0; arm < 3; arm++) {
		struct ql_patient_record *one = records(&s, arm, 0, 96);
		struct ql_run_spec t = s;
		t.threads = 3;
		t.lanes = 8;
		struct ql_patient_record *many = records(&t, arm, 0, 96);
		assert_memory_equal(one, many, 96 * sizeof *one);
		struct ql_patient_record *part = records(&s, arm, 40, 37);
		assert_memory_equal(one + 40, part, 37 * sizeof *one);
		free(one);
		free(many);
		free(part);
	}
}

static void records_hold_together(void **state)
{
	(void)state;
	struct ql_run_spec s = base("unfit-1l", 400);
	double horizon = (float)(8 * QL_DAYS_PER_YEAR);
	int next = 0, later_deaths = 0;
	struct ql_patient_record *r = records(&s, 0, 0, 400);
	for (int i = 0; i < 400; i++) {
		assert_true(r[i].pfs_day <= r[i].death_day);
		assert_true(r[i].follow_day <= r[i].last_day && r[i].last_day <= horizon);
		assert_true(r[i].end_day <= r[i].follow_day);
		assert_true((r[i].death_day < INFINITY) == (r[i].last_day < horizon));
		if (r[i].death_day < INFINITY)
			assert_true(r[i].last_day == r[i].death_day);
		if (r[i].pfs_cause == QL_PFS_DEATH)
			assert_true(r[i].pfs_day == r[i].death_day && r[i].n_line == 0);
		assert_true((r[i].pfs_cause == QL_PFS_CENSORED) == !(r[i].pfs_day < INFINITY));
		if (r[i].n_line > 0) {
			assert_true(r[i].pfs_cause == QL_PFS_PROGRESSION);
			assert_true(r[i].next_day > r[i].pfs_day && r[i].next_day <= r[i].last_day);
			assert_true(r[i].line[r[i].n_line - 1] > 0);
			assert_true(!(r[i].pfs2_day < r[i].next_day));
			next++;
		}
		later_deaths += r[i].pfs_day < r[i].death_day && r[i].death_day < INFINITY;
		if (r[i].n_line < QL_MAX_NEXT_LINES)
			assert_int_equal(r[i].line[r[i].n_line], 0);
	}
	assert_true(next > 100 && later_deaths > 10);
	free(r);
}

/* --- the table --- */

static const char head[] = "next_line: t\ndelay:\n"
			   "  on_treatment: {median: 21 day, sd: 0, grade: assumed}\n"
			   "  off_treatment: {median: 1 year, sd: 0.5, grade: assumed}\n"
			   "  off_treatment_relapsed: {median: 12 week, sd: 0, grade: assumed}\nrows:\n";

static struct ql_next_table table;

static enum quell_status load(const char *path, struct ql_diags *ds)
{
	return ql_next_table_load(model, QUELL_SOURCE_DIR, path, &arena, ds, &table);
}

static const char *read_table(const char *rows) { return read_yaml(head, rows, load); }

#define ROW(text) "  - {name: " text ", grade: assumed}\n"

static void complains(const char *rows, const char *code, const char *place, const char *help)
{
	says(read_table(rows), code, place, help);
}

static void mistakes_have_a_place_and_a_remedy(void **state)
{
	(void)state;
	complains(ROW("a, unless: [BTK inhibiter], give: {acalabrutinib: 1}"), "E0662", ":7:", "did you mean `BTK inhibitor`?");
	complains(ROW("a, give: {acalabrutinb: 1}"), "E0601", ":7:", "did you mean `acalabrutinib`?");
	complains(ROW("a, unless: [BTK inhibitor], give: {acalabrutinib: -1}"), "E0661", ":7:", "REGIMEN: 1");
	complains(ROW("a, unless: [BTK inhibitor], line: 3..2, give: {acalabrutinib: 1}"), "E0661", ":7:", "2..3");
	complains(ROW("a, unless: [BTK inhibitor]"), "E0661", ":7:", "give: {REGIMEN: 1}");
	complains(ROW("a, unles: [BTK inhibitor], give: {acalabrutinib: 1}"), "E0303", ":7:", "did you mean `unless`?");
	complains(ROW("a, give: {acalabrutinib: 1}"), "E0663", ":7:", "unless");
	complains(ROW("a, after: [BTK inhibitor], give: {venetoclax: 1}")
		  ROW("b, after: [BCL2 inhibitor], give: {ibrutinib: 1}"), "E0663", ":7:", "off_years");
	complains(ROW("a, unless: [BTK inhibitor], give: {acalabrutinib: 1}")
		  ROW("b, unless: [BTK inhibitor, BCL2 inhibitor], line: 2..3, give: {venetoclax: 1}"), "E0664", ":8:",
		  "put it before `a`");
	/* all at once */
	const char *text = read_table(ROW("a, unless: [BTK inhibiter], give: {nonsense: 1}"));
	assert_true(strstr(text, "E0662") && strstr(text, "E0601"));
}

static void the_first_row_that_fits_is_taken(void **state)
{
	(void)state;
	assert_string_equal(read_table(ROW("late, after: [BCL2 inhibitor], off_years: 3.., line: 2..3, give: {venetoclax: 1}")
				       ROW("btk, unless: [BTK inhibitor], age: ..80, give: {acalabrutinib: 1, zanubrutinib: 3}")
				       ROW("ven, unless: [BCL2 inhibitor], give: {ven-rituximab: 1}")
				       ROW("pirto, unless: [pirtobrutinib], had: [BTK inhibitor], give: {pirtobrutinib: 1}")),
			    "");
	struct { const char *regimen; uint64_t words; } r[8];
	for (int i = 0; i < table.n_regimen; i++)
		r[i].regimen = table.regimen[i].name, r[i].words = table.words_of[i];
	assert_string_equal(r[0].regimen, "venetoclax");
	uint64_t ven = r[0].words, btk = r[1].words;
	struct ql_next_patient p = {.failed = 0, .had = 0, .line = 2, .off_days = 0, .age = 70, .crcl = 80};
	assert_string_equal(r[ql_next_choose(&table, &p, 0.2)].regimen, "acalabrutinib");
	assert_string_equal(r[ql_next_choose(&table, &p, 0.3)].regimen, "zanubrutinib");
	p.age = 81;
	assert_string_equal(r[ql_next_choose(&table, &p, 0.2)].regimen, "ven-rituximab");
	p.failed = p.had = ven;
	p.age = 70;
	p.off_days = 3.1 * QL_DAYS_PER_YEAR;
	assert_string_equal(r[ql_next_choose(&table, &p, 0.2)].regimen, "venetoclax");
	p.line = 4;
	assert_string_equal(r[ql_next_choose(&table, &p, 0.2)].regimen, "acalabrutinib");
	p.had = ven | btk;
	assert_string_equal(r[ql_next_choose(&table, &p, 0.2)].regimen, "pirtobrutinib");
	p.had |= r[4].words;
	assert_int_equal(ql_next_choose(&table, &p, 0.2), -1);
	p.line = 6;
	p.had = 0;
	assert_int_equal(ql_next_choose(&table, &p, 0.2), -1);
	assert_true(ql_next_delay_day(&table, 0, 0.0, false, 1.0) == 21.0);
	assert_true(ql_next_delay_day(&table, 0, 100.0, true, 1.0) == 84.0);
	assert_true(fabs(ql_next_delay_day(&table, 0, 100.0, false, 1.0) - 365.25 * exp(0.5)) < 1e-9);
}

/* Practice by calendar year; and a next line that waits until there is a reason to treat. */
static void years_and_the_reason_to_treat(void **state)
{
	(void)state;
	assert_string_equal(read_table(ROW("btk, unless: [BTK inhibitor], year: 2014.., give: {ibrutinib: 1}")
				       ROW("old, unless: [bendamustine], year: ..2014, give: {br: 1}")), "");
	struct ql_next_patient p = {.line = 2, .age = 70, .crcl = 80, .year = 2009};
	assert_string_equal(table.regimen[ql_next_choose(&table, &p, 0)].name, "br");
	p.year = 2015;
	assert_string_equal(table.regimen[ql_next_choose(&table, &p, 0)].name, "ibrutinib");
	p.year = INFINITY;
	assert_string_equal(table.regimen[ql_next_choose(&table, &p, 0)].name, "ibrutinib");
	assert_true(ql_next_need(&table, 0, 400.0, 0.0) == 0.0); /* none is asked for */
	assert_string_equal(read_table(ROW("btk, unless: [BTK inhibitor], give: {ibrutinib: 1}")
				       "need: {share: 0.8, sd: 0.5, grade: assumed}\n"), "");
	assert_true(fabs(ql_next_need(&table, 0, 400.0, 1.0) - 0.8 * exp(0.5)) < 1e-9);
	assert_true(ql_next_need(&table, 0, 0.0, 1.0) == 0.0); /* progression on treatment is reason enough */
	complains(ROW("btk, unless: [BTK inhibitor], give: {ibrutinib: 1}") "need: {share: -1, sd: 0.5, grade: assumed}\n",
		  "E0661", ":8:", "share: 0.7");
	complains(ROW("btk, unless: [BTK inhibitor], give: {ibrutinib: 1}") "need: 0.7\n", "E0661", ":8:", "share: 0.7");
	complains(ROW("all, unless: [BTK inhibitor], year: 2000.., give: {ibrutinib: 1}")
		  ROW("late, unless: [BTK inhibitor], year: 2010..2012, give: {ibrutinib: 1}"), "E0664", ":8:", "put it before");
}

/* The year of a trial decides what follows: nobody gets a BTK inhibitor in 2005, everybody in 2020. */
static void a_trial_of_its_years(void **state)
{
	(void)state;
	static const char *const trial = "trial: Y\nrole: plan\npopulation: {base: unfit-1l}\narms: [{arm: A, regimen: clb, n: 60}]\n"
					 "year: %d\nfollow_up: {accrual_months: 0, months: 48}\n";
	for (int year = 2003; year <= 2020; year += 17) {
		char path[] = "/tmp/quell-trial-XXXXXX.yaml";
		int fd = mkstemps(path, 5), btki = 0, other = 0;
		assert_true(fd >= 0);
		FILE *f = fdopen(fd, "w");
		fprintf(f, trial, year);
		fclose(f);
		struct ql_diags ds = {0};
		struct ql_panel *panel;
		struct ql_design *d;
		struct ql_cohort_records c;
		struct ql_panel_spec s = {.data_dir = QUELL_SOURCE_DIR, .patients = 60, .seed = 3, .threads = 2};
		assert_int_equal(ql_panel_open(&s, &ds, &panel), QUELL_OK);
		assert_int_equal(ql_panel_design(panel, path, &ds, &d), QUELL_OK);
		remove(path);
		struct ql_arena room = {0};
		assert_int_equal(ql_panel_cohort(panel, d, 0, NULL, 48 * QL_DAYS_PER_MONTH, &ds, &c), QUELL_OK);
		struct ql_next_table t;
		assert_int_equal(ql_next_table_load(ql_panel_model(panel), QUELL_SOURCE_DIR, "next-line", &room, &ds, &t), QUELL_OK);
		for (size_t i = 0; i < c.n; i++)
			for (int l = 0; l < c.record[i].n_line; l++) {
				const char *name = t.regimen[c.record[i].line[l] - 1].name;
				bool is = strstr(name, "brutinib") != NULL;
				btki += is, other += !is;
			}
		assert_true(year == 2003 ? btki == 0 && other > 20 : btki > 20 && btki > 3 * other);
		ql_cohort_records_free(&c);
		ql_panel_close(panel);
		ql_arena_free(&room);
		ql_diags_free(&ds);
	}
}

/* Holds and growth factor go on after the first line: with a first line that asks for nothing, what comes later differs. */
static void the_protocol_acts_on_later_lines(void **state)
{
	(void)state;
	struct ql_run_spec s = base("relapsed", 400), none = s;
	none.protocol = "none";
	none.next_line = "next-line";
	struct ql_patient_record *a = records(&s, 1, 0, 400), *b = records(&none, 1, 0, 400); /* ibrutinib */
	int same = 0, other = 0;
	for (int i = 0; i < 400; i++) {
		if (a[i].acts || a[i].n_line == 0)
			continue;
		assert_true(a[i].pfs_day == b[i].pfs_day && a[i].next_day == b[i].next_day);
		bool differs = a[i].death_day != b[i].death_day || a[i].pfs2_day != b[i].pfs2_day;
		same += !differs, other += differs;
	}
	assert_true(other > 5 && same > 5);
	free(a);
	free(b);
}

/* Without a table the first line is all there is, and its part of the record is the same. */
static void the_first_line_does_not_depend_on_what_follows(void **state)
{
	(void)state;
	struct ql_run_spec s = base("unfit-1l", 120), none = s;
	none.next_line = "none";
	struct ql_patient_record *a = records(&s, 0, 0, 120), *b = records(&none, 0, 0, 120);
	for (int i = 0; i < 120; i++) {
		assert_true(a[i].pfs_day == b[i].pfs_day && a[i].pfs_cause == b[i].pfs_cause);
		assert_true(a[i].infection_day == b[i].infection_day && a[i].response == b[i].response);
		assert_true(b[i].n_line == 0 && b[i].last_day == b[i].follow_day);
	}
	free(a);
	free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_bytes_for_threads_lanes_and_chunks),
		cmocka_unit_test(records_hold_together),
		cmocka_unit_test(the_first_line_does_not_depend_on_what_follows),
		cmocka_unit_test(mistakes_have_a_place_and_a_remedy),
		cmocka_unit_test(the_first_row_that_fits_is_taken),
		cmocka_unit_test(years_and_the_reason_to_treat),
		cmocka_unit_test(a_trial_of_its_years),
		cmocka_unit_test(the_protocol_acts_on_later_lines),
	};
	return cmocka_run_group_tests(tests, NULL, clean_up);
}
