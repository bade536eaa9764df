/* SPDX-License-Identifier: Apache-2.0 */
/* One trial in chunks: allocation, records, sums, tests between arms. */
#include "study/trial_power.h"
#include "trial/rules.h"
#include "trial/survival.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct ql_trial *open_trial(const char *design, uint64_t patients, int threads)
{
	struct ql_diags ds = {0};
	struct ql_trial *t = NULL;
	struct ql_trial_spec s = {.data_dir = QUELL_SOURCE_DIR, .design = design, .patients = patients, .seed = 5,
				  .threads = threads, .lanes = threads > 1 ? 8 : 4};
	enum quell_status status = ql_trial_open(&s, &ds, &t);
	struct ql_buf b = {0};
	ql_diags_render(&ds, false, &b);
	if (ds.n_errors)
		fprintf(stderr, "%s", b.data);
	ql_buf_free(&b);
	ql_diags_free(&ds);
	assert_int_equal(status, QUELL_OK);
	return t;
}

static void chunk(struct ql_trial *t, uint64_t replicate, uint64_t first, uint64_t n, struct ql_patient_record *r)
{
	struct ql_diags ds = {0};
	assert_int_equal(ql_trial_chunk(t, replicate, first, n, r, NULL, NULL, &ds), QUELL_OK);
	ql_diags_free(&ds);
}

static void chunks_threads_and_lanes_do_not_matter(void **state)
{
	(void)state;
	enum { N = 600 };
	static struct ql_patient_record whole[N], parts[N];
	struct ql_trial *a = open_trial("cll14", N, 1), *b = open_trial("cll14", N, 3);
	chunk(a, 0, 0, N, whole);
	chunk(b, 0, 512, N - 512, parts + 512);
	chunk(b, 0, 0, 512, parts);
	assert_memory_equal(whole, parts, sizeof whole);
	struct ql_diags ds = {0};
	assert_int_equal(ql_trial_chunk(a, 0, 100, 20, parts, NULL, NULL, &ds), QUELL_ERR_INPUT); /* no block */
	ql_trial_close(b);
	/* sums of parts are sums of wholes, as bytes */
	struct ql_trial_sum *one = ql_trial_sum_make(a), *two = ql_trial_sum_make(a), *other = ql_trial_sum_make(a);
	struct ql_buf x = {0}, y = {0}, z = {0};
	ql_trial_sum_add(one, whole, N);
	ql_trial_sum_add(two, whole + 256, N - 256);
	ql_trial_sum_add(other, whole, 256);
	ql_trial_sum_pack(other, &z);
	assert_int_equal(ql_trial_sum_unpack(two, z.data, z.len), QUELL_OK);
	ql_trial_sum_pack(one, &x);
	ql_trial_sum_pack(two, &y);
	assert_int_equal(x.len, y.len);
	assert_memory_equal(x.data, y.data, x.len);
	assert_int_equal(ql_trial_sum_unpack(two, z.data, z.len - 1), QUELL_ERR_INPUT);
	ql_buf_free(&x);
	ql_buf_free(&y);
	ql_buf_free(&z);
	ql_trial_sum_free(one);
	ql_trial_sum_free(two);
	ql_trial_sum_free(other);
	ql_trial_close(a);
	ql_diags_free(&ds);
}

static void arms_have_their_sizes_and_strata_are_balanced(void **state)
{
	(void)state;
	struct ql_trial *t = open_trial("cll14", 0, 1);
	const struct ql_trial_info *i = ql_trial_info(t);
	assert_int_equal(i->n_total, 432);
	struct ql_patient_record *r = calloc(i->n_total, sizeof *r);
	for (uint64_t replicate = 0; replicate < 2; replicate++) {
		uint64_t n[QL_TRIAL_MAX_ARMS] = {0}, by[QL_TRIAL_MAX_STRATA][2] = {{0}};
		chunk(t, replicate, 0, i->n_total, r);
		for (uint64_t k = 0; k < i->n_total; k++) {
			n[r[k].arm]++;
			by[r[k].stratum][r[k].arm]++;
		}
		assert_int_equal(n[0], 216);
		assert_int_equal(n[1], 216);
		for (int s = 0; s < i->n_stratum; s++)
			assert_true(llabs((long long)by[s][0] - (long long)by[s][1]) <= 2 * 2); /* two blocks */
	}
	free(r);
	ql_trial_close(t);
}

static void nobody_is_seen_after_the_end(void **state)
{
	(void)state;
	enum { N = 512 };
	static struct ql_patient_record r[N];
	struct ql_trial *t = open_trial("cll14", N, 1);
	const struct ql_trial_info *info = ql_trial_info(t);
	int lost = 0;
	chunk(t, 3, 0, N, r);
	for (uint64_t i = 0; i < N; i++) {
		double end = info->follow_day - ql_trial_entry_day(t, 3, i);
		assert_true(r[i].last_day <= (float)end);
		lost += r[i].last_day < (float)end && !(r[i].death_day < INFINITY);
	}
	assert_true(lost > 0 && lost < N / 5); /* 1 % a year for six years */
	ql_trial_close(t);
}

/* The counts against the same statistics on individual data. */
static void tests_between_arms_are_those_of_the_data(void **state)
{
	(void)state;
	enum { N = 768 };
	static struct ql_patient_record r[N];
	static double time[N], x[N];
	static int event[N], group[N], strata[N];
	struct ql_trial *t = open_trial("cll14", N, 1);
	struct ql_trial_sum *s = ql_trial_sum_make(t);
	struct ql_arena a = {0};
	chunk(t, 0, 0, N, r);
	ql_trial_sum_add(s, r, N);
	for (int what = 0; what < QL_TRIAL_TIMES; what++) {
		size_t n = 0;
		for (int i = 0; i < N; i++) {
			int day;
			bool happened;
			if (!ql_trial_event(&r[i], (enum ql_trial_time)what, &day, &happened))
				continue;
			time[n] = day;
			event[n] = happened;
			group[n] = r[i].arm;
			strata[n] = r[i].stratum;
			x[n++] = r[i].arm == 0;
		}
		struct ql_cox cox;
		struct ql_logrank lr;
		struct ql_trial_contrast c;
		assert_int_equal(ql_cox_fit(time, event, x, 1, strata, n, QL_EFRON, &a, &cox), QUELL_OK);
		assert_int_equal(ql_logrank_test(time, event, group, 2, strata, n, 0.0, &a, &lr), QUELL_OK);
		ql_trial_contrast_fit(s, (enum ql_trial_time)what, 0, 1, &c);
		assert_true(c.events == (double)cox.n_event);
		assert_true(fabs(c.hazard_ratio - exp(cox.coef[0])) < 1e-9 && fabs(c.se - cox.se[0]) < 1e-9);
		assert_true(fabs(c.p - lr.p) < 1e-9);
		if (what == QL_TIME_PFS)
			assert_true(c.hazard_ratio < 0.7 && c.p < 0.01); /* CLL14 */
	}
	ql_arena_free(&a);
	ql_trial_sum_free(s);
	ql_trial_close(t);
}

static void arms_draw_other_patients_and_so_do_replicates(void **state)
{
	(void)state;
	enum { N = 256 };
	static struct ql_patient_record a[N], b[N];
	struct ql_trial *t = open_trial("cll14", N, 1);
	int same = 0;
	chunk(t, 0, 0, N, a);
	chunk(t, 1, 0, N, b);
	for (int i = 0; i < N; i++)
		same += a[i].anc_nadir == b[i].anc_nadir;
	assert_true(same < 3);
	ql_trial_close(t);
}

static void replicates_give_intervals_and_power(void **state)
{
	(void)state;
	struct ql_diags ds = {0};
	struct ql_arena a = {0};
	struct ql_power_result p, q;
	struct ql_trial_spec s = {.data_dir = QUELL_SOURCE_DIR, .design = "cll14", .patients = 256, .seed = 5, .threads = 1};
	struct ql_power_spec many = {.replicates = 12, .alpha = 0.05, .look = {0.5}, .n_look = 1, .futility = 0.1};
	assert_int_equal(ql_trial_power(&s, &many, &a, &ds, &p), QUELL_OK);
	s.threads = 3;
	assert_int_equal(ql_trial_power(&s, &many, &a, &ds, &q), QUELL_OK);
	assert_int_equal(p.n_look, 2);
	assert_true(p.look[0].limit > 2.96 && p.look[0].limit < 2.97 && p.look[1].limit > 1.968 && p.look[1].limit < 1.969);
	assert_true(p.contrast[0].power > 0.5 && p.contrast[0].harm == 0.0); /* CLL14 with 128 patients an arm */
	assert_true(p.contrast[0].hazard_ratio.lower < p.contrast[0].hazard_ratio.median);
	assert_true(p.contrast[0].hazard_ratio.n == 12);
	assert_true(p.look[0].efficacy > 0.0 && p.stop_day < 7 * QL_DAYS_PER_YEAR);
	assert_memory_equal(p.look, q.look, sizeof p.look);
	for (int arm = 0; arm < 2; arm++)
		assert_memory_equal(p.endpoint[arm], q.endpoint[arm], (size_t)p.n_endpoint * sizeof *p.endpoint[0]);
	/* looks that cannot be */
	many.look[0] = 1.0;
	assert_int_equal(ql_trial_power(&s, &many, &a, &ds, &p), QUELL_ERR_INPUT);
	assert_int_equal(ds.n_errors, 1);
	ql_arena_free(&a);
	ql_diags_free(&ds);
}

static void drawn_parameters_make_assurance(void **state)
{
	(void)state;
	const char *path = "/tmp/quell-draws-test.csv";
	FILE *f = fopen(path, "w");
	fputs("disease.Nh,disease.kPS\n10,0.0005\n30,0.0002\n", f);
	fclose(f);
	struct ql_diags ds = {0};
	struct ql_arena a = {0};
	struct ql_power_result fixed, drawn;
	struct ql_trial_spec s = {.data_dir = QUELL_SOURCE_DIR, .design = "cll14", .patients = 128, .seed = 5, .threads = 1};
	struct ql_power_spec many = {.replicates = 4, .alpha = 0.05};
	assert_int_equal(ql_trial_power(&s, &many, &a, &ds, &fixed), QUELL_OK);
	s.draws = path;
	assert_int_equal(ql_trial_power(&s, &many, &a, &ds, &drawn), QUELL_OK);

	/* The fourth trial lives under the second draw, as if its numbers had been set. */
	static struct ql_patient_record by_draw[128], by_set[128];
	static const char *set[] = {"disease.Nh=30", "disease.kPS=0.0002"};
	struct ql_trial *t, *plain;
	assert_int_equal(ql_trial_open(&s, &ds, &t), QUELL_OK);
	s.draws = NULL;
	s.set = set;
	s.n_set = 2;
	assert_int_equal(ql_trial_open(&s, &ds, &plain), QUELL_OK);
	ql_trial_use_draw(t, 3);
	ql_trial_use_draw(plain, 3);
	chunk(t, 3, 0, 128, by_draw);
	chunk(plain, 3, 0, 128, by_set);
	assert_memory_equal(by_draw, by_set, sizeof by_set);
	ql_trial_close(t);
	ql_trial_close(plain);
	remove(path);
	assert_true(drawn.assurance && !fixed.assurance);
	assert_true(drawn.contrast[0].hazard_ratio.median != fixed.contrast[0].hazard_ratio.median);
	ql_arena_free(&a);
	ql_diags_free(&ds);
}

/* A file of its own: fixed end of treatment in one arm, and everyone of the other crosses over. */
static void fixed_ends_and_crossover_are_kept(void **state)
{
	(void)state;
	enum { N = 256 };
	static struct ql_patient_record r[N];
	const char *path = "/tmp/quell-crossover-test.yaml";
	FILE *f = fopen(path, "w");
	fputs("trial: X\nrole: plan\nline: 1L\npopulation: {base: unfit-1l}\narms:\n"
	      "  - {arm: A, regimen: ibrutinib, n: 128, stop: {rule: fixed, day: 200}}\n"
	      "  - {arm: B, regimen: clb, n: 128, crossover: {to: A, share: 1, from_day: 0}}\n"
	      "visits: [{every_days: 28}]\nfollow_up: {accrual_months: 0, months: 60, grade: assumed}\n", f);
	fclose(f);
	struct ql_trial *t = open_trial(path, N, 1);
	remove(path);
	chunk(t, 0, 0, N, r);
	int crossed = 0, first = 0;
	for (int i = 0; i < N; i++) {
		if (r[i].arm == 0) {
			assert_true(r[i].end_day <= 200.0f);
		} else if (r[i].n_line > 0) {
			first = first ? first : r[i].line[0];
			assert_int_equal(r[i].line[0], first); /* all to the same regimen */
			crossed++;
		}
	}
	assert_true(crossed > 20);
	ql_trial_close(t);
}

struct seen { /* at visits, by threads */
	int n, off_grid, early;
};

static void see(void *ctx, uint64_t patient, double day, const double *lab)
{
	struct seen *s = ctx;
	(void)patient;
	(void)lab;
	double planned = 84 * round(day / 84), off = fabs(day - planned);
	s->n++;
	s->off_grid += off > 1;
	s->early += off > 10.0 + 1e-6; /* second looks at lymphocytes */
}

/* Visits within their window, MRD on its own days, a response that all can be judged for, a crossover to what no arm gives. */
static void designs_say_when_and_who_is_judged(void **state)
{
	(void)state;
	enum { N = 256 };
	static struct ql_patient_record r[N];
	const char *path = "/tmp/quell-assess-test.yaml";
	FILE *f = fopen(path, "w");
	fputs("trial: X\nrole: plan\nline: 1L\npopulation: {base: unfit-1l}\narms:\n"
	      "  - {arm: A, regimen: clb-obi, n: 128, crossover: {regimen: ibrutinib, share: 1}}\n"
	      "  - {arm: B, regimen: clb-obi, n: 128}\n"
	      "visits: [{every_days: 84}]\n"
	      "assess: {response_day: 200, mrd_days: [100, 420], window_days: 10, not_evaluable: 0, source: [X], grade: assumed}\n"
	      "follow_up: {accrual_months: 0, months: 60, grade: assumed}\n", f);
	fclose(f);
	struct ql_diags ds = {0};
	struct ql_trial *t;
	struct ql_trial_spec spec = {.data_dir = QUELL_SOURCE_DIR, .design = path, .seed = 5, .threads = 1};
	assert_int_equal(ql_trial_open(&spec, &ds, &t), QUELL_ERR_INPUT); /* day 100 has no visit near */
	ql_diags_free(&ds);
	f = fopen(path, "r+");
	static char text[1000];
	size_t n = fread(text, 1, sizeof text - 1, f);
	fclose(f);
	text[n] = 0;
	memcpy(strstr(text, "[100, 420]"), "[ 90, 420]", 10);
	memcpy(strstr(text, "day: 200"), "day: 175", 8);
	f = fopen(path, "w");
	fputs(text, f);
	fclose(f);
	assert_int_equal(ql_trial_open(&spec, &ds, &t), QUELL_OK);
	struct seen seen = {0};
	assert_int_equal(ql_trial_chunk(t, 0, 0, N, r, see, &seen, &ds), QUELL_OK);
	assert_true(seen.n > 1000 && seen.off_grid > seen.n / 2 && seen.early < seen.n / 10);
	int judged = 0, mrd = 0, crossed = 0;
	for (int i = 0; i < N; i++) {
		if (r[i].follow_day > 190) { /* somebody came to the assessment */
			assert_true(r[i].response != QL_RESP_NE);
			judged++;
		}
		if (r[i].follow_day > 100 && !isnan(r[i].mrd_blood_eot))
			mrd++;
		crossed += r[i].arm == 0 && r[i].next_day < r[i].pfs_day + 150;
	}
	assert_true(judged > 150 && mrd > 200);
	assert_true(crossed > 30); /* soon, though chlorambucil had ended long before */
	ql_trial_close(t);
	remove(path);
	ql_diags_free(&ds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chunks_threads_and_lanes_do_not_matter),
		cmocka_unit_test(arms_have_their_sizes_and_strata_are_balanced),
		cmocka_unit_test(nobody_is_seen_after_the_end),
		cmocka_unit_test(tests_between_arms_are_those_of_the_data),
		cmocka_unit_test(arms_draw_other_patients_and_so_do_replicates),
		cmocka_unit_test(designs_say_when_and_who_is_judged),
		cmocka_unit_test(fixed_ends_and_crossover_are_kept),
		cmocka_unit_test(replicates_give_intervals_and_power),
		cmocka_unit_test(drawn_parameters_make_assurance),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
