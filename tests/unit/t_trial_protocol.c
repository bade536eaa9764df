/* SPDX-License-Identifier: Apache-2.0 */
/* Protocols: what is refused, and what rules do to patients. */
#define _GNU_SOURCE
#include "rules_helpers.h"
#include "trial/rules.h"

static struct ql_protocol protocol;
static bool lenient_load;
static const char head[] = "protocol: t\nrules:\n";

static enum quell_status load(const char *path, struct ql_diags *ds)
{
	return ql_protocol_load(model, QUELL_SOURCE_DIR, path, lenient_load, &arena, ds, &protocol);
}

static const char *read_rules(const char *rules, bool lenient)
{
	lenient_load = lenient;
	return read_yaml(head, rules, load);
}

#define RULE(text) "  - {name: " text ", grade: assumed}\n"

static void complains(const char *rules, const char *code, const char *place, const char *help)
{
	says(read_rules(rules, false), code, place, help);
}

static void mistakes_have_a_place_and_a_remedy(void **state)
{
	(void)state;
	complains(RULE("a, when: anz < 1, stop: [btki.level]"), "E0666", ":3:", "did you mean `anc`?");
	complains(RULE("a, when: anc < 1, stop: [btki.levels]"), "E0666", ":3:", "did you mean `btki.level`?");
	complains(RULE("a, when: anc = 1, stop: [btki.level]"), "E0665", ":3:", "NAME < NUMBER");
	complains(RULE("a, when: anc < 1 or igg < 4, stop: [btki.level]"), "E0665", ":3:", "two rules stand for `or`");
	complains(RULE("a, when: anc < 1 and anc > 2, stop: [btki.level]"), "E0667", ":3:", "correct the limits");
	complains(RULE("a, when: anc < 1, hold: [btki.level]"), "E0665", ":3:", "until");
	complains(RULE("a, when: anc < 1, hold: [btki.level], until: anc > 0.5"), "E0667", ":3:", "exclude");
	complains(RULE("a, when: anc < 1"), "E0665", ":3:", "write one of");
	complains(RULE("a, when: anc < 1, stop: [btki.level], hold: [btki.level]"), "E0665", ":3:", "write one of");
	complains(RULE("a, when: igg < 4, give: {host.ivig: 0.4 g/kg}"), "E0665", ":3:", "every: 28 day");
	complains(RULE("a, when: igg < 4, give: {host.ivig: 0.4 g/m2}, most: 1"), "E0665", ":3:", "per kg");
	complains(RULE("a, when: igg < 4, give: {host.ivig: 4}, most: 1"), "E0665", ":3:", "0.4 g/kg");
	complains(RULE("a, when: igg < 4, set: {host.ivig: 4}, for: 7 day"), "E0665", ":3:", "use `give`");
	complains(RULE("a, when: anc < 1, set: {protocol.gcsf: 1.3}"), "E0665", ":3:", "for: 7 day");
	complains(RULE("a, when: anc < 1, set: {protocol.gcsf: 1.3}, for: 7 dai"), "E0665", ":3:", "21 day");
	complains(RULE("a, when: anc < 1, reduce: [bcl2i.dose]"), "E0665", ":3:", "by: {reduce: 0.5");
	complains(RULE("a, when: anc < 1, stop: [btki.level]") RULE("a, when: anc < 1, stop: [pi3ki.level]"), "E0665", ":4:",
		  "name of its own");
	complains(RULE("a, when: anc < 1, stop: [btki.level]") RULE("b, when: day > 30, set: {btki.level: 1}, for: 1 day"),
		  "E0667", ":4:", "exclude each other");
	complains(RULE("a, when: anc < 1, stop: [btki.level], after: b") RULE("b, when: anc < 1, stop: [pi3ki.level], after: a"),
		  "E0668", ":3:", "out of the circle");
	complains(RULE("a, when: anc < 1, stop: [btki.level], after: something else"), "E0666", ":3:", "names a rule");
	complains(RULE("a, wen: anc < 1, stop: [btki.level]"), "E0303", ":3:", "did you mean `when`?");
	const char *all = read_rules(RULE("a, when: anz < 1, stop: [btki.level]") RULE("b, when: anc < 1, stop: [nothing]"), false);
	assert_true(strstr(all, ":3:") && strstr(all, ":4:"));
	assert_true(strstr(read_rules(RULE("a, when: anc < 1, stop: [nothing]"), true), "E0669"));
	assert_true(protocol.rule[0].left_out);
}

static void conditions_are_conjunctions_of_intervals(void **state)
{
	(void)state;
	assert_string_equal(read_rules(RULE("a, when: anc < 1.0 and anc >= 0.5 and igg<=4, stop: [btki.level]"), false), "");
	double x[QL_OBS_COUNT];
	for (int i = 0; i < QL_OBS_COUNT; i++)
		x[i] = NAN;
	const struct ql_criterion *c = &protocol.rule[0].when;
	x[QL_OBS_ANC] = 0.5, x[QL_OBS_IGG] = 4.0;
	assert_true(ql_criterion_holds(c, x));
	x[QL_OBS_ANC] = 1.0;
	assert_false(ql_criterion_holds(c, x));
	x[QL_OBS_ANC] = 0.49;
	assert_false(ql_criterion_holds(c, x));
	x[QL_OBS_ANC] = 0.7, x[QL_OBS_IGG] = NAN; /* not read */
	assert_false(ql_criterion_holds(c, x));
}

/* --- on patients --- */

static struct ql_patient_record *treat(const char *regimen, const char *population, const char *rules, double years,
				       uint64_t n, int threads)
{
	const char *list[] = {regimen};
	struct ql_run_spec s = {.data_dir = QUELL_SOURCE_DIR, .population = population, .regimen = list, .n_regimen = 1,
				.patients = n, .seed = 3, .years = years, .threads = threads, .lanes = threads > 1 ? 8 : 4,
				.protocol = rules, .next_line = "none"};
	return records(&s, 0, 0, n);
}

static int with(const struct ql_patient_record *r, int n, unsigned act)
{
	int k = 0;
	for (int i = 0; i < n; i++)
		k += (r[i].acts & act) != 0;
	return k;
}

static int below(const struct ql_patient_record *r, int n, double anc)
{
	int k = 0;
	for (int i = 0; i < n; i++)
		k += r[i].anc_nadir < anc;
	return k;
}

static void neutropenia_holds_doses_and_brings_growth_factor(void **state)
{
	(void)state;
	enum { N = 200 };
	struct ql_patient_record *plain = treat("ven-obi", "unfit-1l", "none", 1.2, N, 1);
	struct ql_patient_record *ruled = treat("ven-obi", "unfit-1l", "standard", 1.2, N, 1);
	assert_int_equal(with(plain, N, 255), 0);
	assert_true(with(ruled, N, QL_ACT_HOLD) > 5 && with(ruled, N, QL_ACT_GCSF) > 5);
	assert_true(with(ruled, N, QL_ACT_REDUCE) > 0);
	assert_true(below(ruled, N, 0.3) <= below(plain, N, 0.3)); /* what is held does not go deeper */
	for (int i = 0; i < N; i++) {
		assert_int_equal((ruled[i].acts & QL_ACT_HOLD) != 0, ruled[i].n_hold > 0);
		if (ruled[i].acts == 0)
			assert_memory_equal(&ruled[i], &plain[i], sizeof plain[i]);
	}
	struct ql_patient_record *again = treat("ven-obi", "unfit-1l", "standard", 1.2, N, 3);
	assert_memory_equal(again, ruled, N * sizeof *ruled);
	free(plain);
	free(ruled);
	free(again);
}

static void cells_bring_cytokine_release_and_its_treatment(void **state)
{
	(void)state;
	enum { N = 120 };
	struct ql_patient_record *r = treat("liso-cel", "cellular", "standard", 0.4, N, 1);
	struct ql_patient_record *plain = treat("liso-cel", "cellular", "none", 0.4, N, 1);
	int any = 0, grade2 = 0;
	for (int i = 0; i < N; i++) {
		any += r[i].crs_grade > 0;
		grade2 += r[i].crs_grade >= 2;
		assert_int_equal(r[i].crs_grade > 0, r[i].crs_day < INFINITY);
		assert_int_equal((r[i].acts & QL_ACT_TOCILIZUMAB) != 0, r[i].crs_grade >= 2);
		assert_true(r[i].crs_grade <= plain[i].crs_grade || r[i].icans_grade > 0);
	}
	assert_true(any > N / 3 && grade2 > 3);
	free(r);
	free(plain);
}

static struct ql_patient_record *of_doses(const char *agents, const char *doses, int n)
{
	char path[] = "/tmp/quell_dosesXXXXXX.yaml";
	int fd = mkstemps(path, 5);
	assert_true(fd >= 0);
	FILE *f = fdopen(fd, "w");
	fprintf(f, "regimen: late\ntitle: late\ntreatment: []\nline: [RR]\nevidence: C\nsources: []\nagents: {%s}\nresponse_day: 250\ndoses:\n%s",
		agents, doses);
	fclose(f);
	struct ql_patient_record *r = treat(path, "cellular", "none", 1, (uint64_t)n, 1);
	unlink(path);
	return r;
}

/* Share with release among those whom progression did not take off treatment before the dose. */
static double with_release(const struct ql_patient_record *r, int n, double from, double to)
{
	int seen = 0, dosed = 0;
	for (int i = 0; i < n; i++) {
		dosed += r[i].pfs_day > from + 8.0;
		seen += r[i].crs_grade > 0 && r[i].pfs_day > from + 8.0;
		assert_true(r[i].crs_grade == 0 || (r[i].crs_day > from && r[i].crs_day < to));
	}
	print_message("dose on day %g: release in %d of %d\n", from + 1.0, seen, dosed);
	assert_true(dosed > n / 5);
	return (double)seen / dosed;
}

/* Day 1 of the regimen is not day 1 of the cells: three months of ibrutinib first (as in Gauthier 2020, for longer), a
 * bispecific whose full dose comes late. Release is about as frequent as after the same dose on day 1. */
static void release_is_read_after_every_infusion(void **state)
{
	(void)state;
	enum { N = 100 };
	static const struct {
		const char *agents, *late, *early;
		double from, to; /* days of the first sign */
	} dose[] = {
	    {"cells: liso-cel, chemo: lymphodepletion, btki: ibrutinib",
	     "  - {set: btki.level, steps: {1: 1, 186: 0}}\n  - {give: chemo.pulse, amount: 1 dose, days: [91, 92, 93]}\n"
	     "  - {give: cells.infusion, amount: 1e8 cell, days: [96]}\n",
	     "  - {set: btki.level, steps: {1: 1, 186: 0}}\n  - {give: chemo.pulse, amount: 1 dose, days: [1, 2, 3]}\n"
	     "  - {give: cells.infusion, amount: 1e8 cell, days: [6]}\n", 95, 155},
	    {"bispecific: epcoritamab", "  - {give: bispecific.sc, steps: {1: 0.01 mg, 120: 48 mg, 127: 48 mg}}\n",
	     "  - {give: bispecific.sc, steps: {1: 48 mg, 8: 48 mg}}\n", 119, 179}};
	for (int k = 0; k < 2; k++) {
		struct ql_patient_record *late = of_doses(dose[k].agents, dose[k].late, N);
		struct ql_patient_record *early = of_doses(dose[k].agents, dose[k].early, N);
		double seen = with_release(late, N, dose[k].from, dose[k].to), expected = with_release(early, N, 0, 90);
		assert_true(seen > 0.5 && seen > 0.7 * expected);
		free(late);
		free(early);
	}
}

static void a_rule_stops_both_drugs_at_undetectable_mrd(void **state)
{
	(void)state;
	enum { N = 60 };
	struct ql_patient_record *r = treat("acala-ven-obi", "fit-1l", "mrd-guided", 2, N, 1);
	struct ql_patient_record *plain = treat("acala-ven-obi", "fit-1l", "standard", 2, N, 1);
	int stopped = 0;
	for (int i = 0; i < N; i++)
		if (r[i].acts & QL_ACT_MRD_STOP) {
			stopped++;
			assert_true(r[i].end_day >= 180 + 80 && r[i].end_day <= plain[i].end_day + 1e-3);
		}
	assert_true(stopped > 10);
	free(r);
	free(plain);
}

static void immunoglobulin_follows_infection_with_low_igg(void **state)
{
	(void)state;
	enum { N = 300 };
	const char *path = write_yaml(head, RULE("a, when: igg < 7 and infections >= 1, give: {host.ivig: 0.4 g/kg}, every: 28 day"));
	struct ql_patient_record *r = treat("ibrutinib", "relapsed", path, 5, N, 1);
	int given = with(r, N, QL_ACT_IVIG);
	unlink(path);
	for (int i = 0; i < N; i++)
		if (r[i].acts & QL_ACT_IVIG)
			assert_true(r[i].n_infection > 0);
	assert_true(given > 3);
	free(r);
}

/* --- what is shipped --- */

static void check_sources(const struct ql_yaml *y, const char *bib, const char *file)
{
	for (int i = 0; y && i < y->n; i++) {
		bool sources = y->kind == QL_YAML_MAP && (strcmp(y->key[i], "source") == 0 || strcmp(y->key[i], "sources") == 0);
		for (int k = 0; sources && k < y->item[i]->n; k++) {
			char key[96];
			snprintf(key, sizeof key, "{%s,", y->item[i]->item[k]->text);
			if (!strstr(bib, key))
				fail_msg("%s: `%s` is not in references.bib", file, y->item[i]->item[k]->text);
		}
		if (!sources)
			check_sources(y->item[i], bib, file);
	}
}

static void shipped_files_are_clean_and_cite_what_exists(void **state)
{
	(void)state;
	static const char *const protocols[] = {"standard", "mrd-guided"};
	struct ql_diags ds = {0}, own = {0};
	const struct ql_source *bib;
	assert_int_equal(ql_read_source(&own, QUELL_SOURCE_DIR "/evidence/references.bib", &bib), QUELL_OK);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ql_protocol_load(model, QUELL_SOURCE_DIR, protocols[i], false, &arena, &ds, &protocol), QUELL_OK);
		check_sources(protocol.yaml, bib->text, protocols[i]);
	}
	struct ql_next_table t;
	assert_int_equal(ql_next_table_load(model, QUELL_SOURCE_DIR, "next-line", &arena, &ds, &t), QUELL_OK);
	check_sources(t.yaml, bib->text, "next-line");
	assert_int_equal(ds.n_errors + ds.n_warnings, 0);
	ql_diags_free(&ds);
	ql_diags_free(&own);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mistakes_have_a_place_and_a_remedy),
		cmocka_unit_test(conditions_are_conjunctions_of_intervals),
		cmocka_unit_test(shipped_files_are_clean_and_cite_what_exists),
		cmocka_unit_test(neutropenia_holds_doses_and_brings_growth_factor),
		cmocka_unit_test(cells_bring_cytokine_release_and_its_treatment),
		cmocka_unit_test(release_is_read_after_every_infusion),
		cmocka_unit_test(a_rule_stops_both_drugs_at_undetectable_mrd),
		cmocka_unit_test(immunoglobulin_follows_infection_with_low_igg),
	};
	return cmocka_run_group_tests(tests, NULL, clean_up);
}
