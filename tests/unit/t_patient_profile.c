/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of profiles: a file, what is set beside it, and mistakes in either. */
#define _POSIX_C_SOURCE 200809L
#include "patient/profile.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct reading {
	struct ql_arena a;
	struct ql_diags ds;
	struct ql_profile p;
	enum quell_status status;
};

static void file_of(char *path, const char *text)
{
	strcpy(path, "/tmp/quell_profile_XXXXXX");
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");
	fputs(text, f);
	fclose(f);
}

/* `text` is a file's, or NULL for none. */
static struct reading *read_it(const char *text, const char *const *with, int n_with)
{
	struct reading *r = calloc(1, sizeof *r);
	char path[40];
	if (text)
		file_of(path, text);
	r->status = ql_profile_load(text ? path : NULL, with, n_with, QUELL_SOURCE_DIR, &r->a, &r->ds, &r->p);
	if (text)
		remove(path);
	return r;
}

static void done(struct reading *r)
{
	ql_diags_free(&r->ds);
	ql_arena_free(&r->a);
	free(r);
}

#define READ(text, ...) read_it(text, (const char *const[]){__VA_ARGS__}, (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)))

/* Not known, untreated and listed are three answers, from a file and beside it alike. */
static void earlier_treatment_has_three_states(void **state)
{
	(void)state;
	static const struct {
		const char *file, *with;
		bool known;
		int n;
	} c[] = {
		{"profile: x\n", "age=70", false, 0},
		{"profile: x\nprior_lines: unknown\n", "age=70", false, 0},
		{"profile: x\nprior_lines: []\n", "age=70", true, 0},
		{"profile: x\nprior_lines: [{regimen: fcr}]\n", "age=70", true, 1},
		{NULL, "prior_lines=unknown", false, 0},
		{NULL, "prior_lines=[]", true, 0},
		{NULL, "prior_lines=[{regimen: fcr}, {drugs: []}]", true, 2},
		{"profile: x\nprior_lines: [{regimen: fcr}]\n", "prior_lines=unknown", false, 0},
		{"profile: x\nprior_lines: [{regimen: fcr}]\n", "prior_lines=[]", true, 0},
		{"profile: x\nprior_lines: []\n", "prior_lines=[{regimen: fcr}, {regimen: br}]", true, 2},
	};
	for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
		struct reading *r = READ(c[i].file, c[i].with);
		assert_int_equal(r->status, QUELL_OK);
		assert_true(r->p.lines_known == c[i].known && r->p.n_line == c[i].n);
		done(r);
	}
}

/* What is set beside a file is read like the file. */
static void parts_are_set_beside_a_file(void **state)
{
	(void)state;
	static const char text[] = "profile: x\nage: 60\nprior_lines: [{regimen: br, ended: toxicity}]\n"
				   "courses: {alc: {unit: 1e9/L, at: {0: 10}}}\npreferences: {os: 1}\n";
	struct reading *plain = READ(text, "age=61");
	struct reading *r = READ(text, "age=62", "prior_lines=[{regimen: fcr, start: 2012-01, end: 2012-07, ended: completed, remission_months: 40},"
				 " {drugs: [ibrutinib], response: PR, ended: progression, remission_months: unknown, note: 'at home, well'}]",
				 "courses={regimen: ibrutinib, node: {unit: cm, at: {90: 2, 0: 5}}, alc: {unit: 1e9/L, at: {30: 80}}}",
				 "preferences={infection: 2}");
	assert_int_equal(plain->status, QUELL_OK);
	assert_int_equal(r->status, QUELL_OK);
	assert_true(plain->p.value[QL_PF_age] == 61 && plain->p.n_line == 1 && plain->p.n_seen == 1);
	assert_true(plain->p.line[0].ended == QL_ENDED_TOXICITY && strcmp(plain->p.course_regimen, QL_COURSE_REGIMEN) == 0);
	assert_true(r->p.value[QL_PF_age] == 62 && r->p.n_line == 2 && strcmp(r->p.name, "x") == 0);
	assert_true(r->p.line[0].remission_months == 40 && r->p.line[0].end_month - r->p.line[0].start_month == 6);
	assert_true(r->p.line[1].ended == QL_ENDED_PROGRESSION && isnan(r->p.line[1].remission_months) && r->p.line[1].n_word == 2);
	assert_true(r->p.n_seen == 3 && r->p.seen[0].value == 5 && r->p.seen[1].kind == QL_CK_ALC && r->p.seen[2].day == 90);
	assert_string_equal(r->p.course_regimen, "ibrutinib");
	assert_non_null(ql_yaml_get(r->p.preferences, "infection"));
	assert_null(ql_yaml_get(r->p.preferences, "os"));
	done(plain);
	done(r);
	r = READ(text, "courses=unknown", "prior_lines=[]", "prior_lines=[{regimen: fcr}]");
	assert_true(r->status == QUELL_OK && r->p.n_seen == 0 && !r->p.course_regimen && r->p.n_line == 1); /* the last one stands */
	done(r);
}

/* JSON, as the API and the bindings give it, reads the same. */
static void json_is_read_as_well(void **state)
{
	(void)state;
	struct reading *r = READ(NULL, "prior_lines=[{\"regimen\":\"fcr\",\"ended\":\"completed\",\"remission_months\":40}]",
				 "courses={'regimen': 'ibrutinib', 'alc': {'unit': '1e9/L', 'at': {0: 40, 28: 52.5}}}");
	assert_int_equal(r->status, QUELL_OK);
	assert_true(r->p.n_line == 1 && r->p.line[0].remission_months == 40 && r->p.n_seen == 2 && r->p.seen[1].value == 52.5);
	done(r);
}

static void refuse(const char *with, enum ql_code code, int col, const char *help)
{
	struct reading *r = READ(NULL, with);
	const struct ql_diag *d = NULL;
	for (int i = 0; i < r->ds.n && !d; i++)
		d = r->ds.item[i]->code == code ? r->ds.item[i] : NULL;
	if (r->status != QUELL_ERR_INPUT || !d)
		fail_msg("no %s for %s", ql_code_name(code), with);
	if (d->span.col != col || (col && d->span.line != 1) || strncmp(d->span.file, "value of ", 9) != 0)
		fail_msg("%s: %s at %s:%d:%d", with, ql_code_name(code), d->span.file, d->span.line, d->span.col);
	if (help && (!d->help || !strstr(d->help, help)))
		fail_msg("%s: help is %s", with, d->help ? d->help : "missing");
	done(r);
}

static void mistakes_have_a_place_and_a_way_out(void **state)
{
	(void)state;
	refuse("prior_lines=", QL_E0304, 0, "unknown");
	refuse("prior_lines=none", QL_E0305, 1, "[]");
	refuse("prior_lines={regimen: fcr}", QL_E0305, 1, "untreated");
	refuse("prior_lines=[fcr]", QL_E0305, 2, "{drugs:");
	refuse("prior_lines=[{ended: completed}]", QL_E0304, 2, "name a regimen");
	refuse("prior_lines=[{regimen: fcrr}]", QL_E0522, 12, "did you mean `fcr`");
	refuse("prior_lines=[{regimen: surgery}]", QL_E0522, 12, "name its drugs");
	refuse("prior_lines=[{regimen: venobi}]", QL_E0522, 12, "ven-obi");
	refuse("prior_lines=[{regimen: [fcr]}]", QL_E0305, 12, NULL);
	refuse("prior_lines=[{regimen: fcr, dose: 3}]", QL_E0303, 17, "known keys");
	refuse("prior_lines=[{drugs: ibrutinib}]", QL_E0305, 10, "write [");
	refuse("prior_lines=[{drugs: [[ibrutinib]]}]", QL_E0305, 11, "write [");
	refuse("prior_lines=[{drugs: [ibrutinb]}]", QL_E0522, 11, "did you mean `ibrutinib`");
	refuse("prior_lines=[{drugs: [ibrutinib, ibrutinib, ibrutinib, ibrutinib, ibrutinib, ibrutinib, ibrutinib, ibrutinib, ibrutinib, "
	       "ibrutinib, ibrutinib, ibrutinib, ibrutinib]}]", QL_E0305, 10, "at most 12");
	refuse("prior_lines=[{regimen: fcr, response: good}]", QL_E0521, 27, "PR-L");
	refuse("prior_lines=[{regimen: fcr, ended: badly}]", QL_E0521, 24, "toxicity");
	refuse("prior_lines=[{regimen: fcr, remission_months: 700}]", QL_E0521, 35, "0 to 600");
	refuse("prior_lines=[{regimen: fcr, remission_months: \"3\"}]", QL_E0305, 35, NULL);
	refuse("prior_lines=[{regimen: fcr, start: 2019-13}]", QL_E0523, 24, "YYYY-MM");
	refuse("prior_lines=[{regimen: fcr, start: 2019, end: 2018}]", QL_E0523, 35, "exchange");
	refuse("prior_lines=[{regimen: fcr, start: 2019, end: 2020}, {regimen: br, start: 2018}]", QL_E0523, 42, "order");
	refuse("prior_lines=[{regimen: fcr, regimen: br}]", QL_E0302, 17, NULL);
	refuse("courses=[]", QL_E0305, 1, "{regimen:");
	refuse("courses=rising", QL_E0305, 1, "or unknown");
	refuse("courses={alc: 40}", QL_E0524, 7, "unit: 1e9/L");
	refuse("courses={alc: {unit: 1e9/L, at: {7306: 40}}}", QL_E0524, 26, "0 to 7305");
	refuse("courses={alc: {unit: 1e9/L, at: {0: high}}}", QL_E0524, 29, "0 to 3000");
	refuse("courses={alc: {unit: cells/uL, at: {0: 40}}}", QL_E0524, 14, "1e9/L");
	refuse("courses={ldh: {unit: U/L, at: {0: 40}}}", QL_E0303, 2, "alc, node, igg, mrd and anc");
	refuse("courses={regimen: ibrutinb, alc: {unit: 1e9/L, at: {0: 40}}}", QL_E0522, 11, "ibrutinib");
}

/* Every mistake of a call is told, those of a file included; what is set beside a file may put its contradictions right. */
static void all_at_once(void **state)
{
	(void)state;
	struct reading *r = READ("profile: x\ncrcl: -5\n", "age=7", "agee=70", "prior_lines=[{regimen: fcr, ended: badly}]", "courses={ldh: 1}");
	assert_int_equal(r->ds.n_errors, 5);
	done(r);
	r = READ("profile: x\nbtk_mutation: C481S\nprior_lines: []\n", "prior_lines=[{drugs: [ibrutinib], ended: progression}]");
	assert_true(r->status == QUELL_OK && r->ds.n == 0);
	done(r);
	r = READ("profile: x\nbtk_mutation: C481S\n", "prior_lines=[]");
	assert_true(r->status == QUELL_ERR_INPUT && r->ds.item[0]->code == QL_E0525);
	done(r);
	r = READ("profile: x\ndel17p: \"yes\"\ntp53: normal\n", "age=70");
	assert_true(r->status == QUELL_OK && r->ds.n_warnings == 1); /* told once */
	done(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(earlier_treatment_has_three_states), cmocka_unit_test(parts_are_set_beside_a_file),
		cmocka_unit_test(json_is_read_as_well),               cmocka_unit_test(mistakes_have_a_place_and_a_way_out),
		cmocka_unit_test(all_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
