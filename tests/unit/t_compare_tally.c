/* SPDX-License-Identifier: Apache-2.0 */
/* Counts instead of records: the same results, in any cut and order. */
#include "base/rng.h"
#include "compare/compare_json.h"
#include "compare/endpoint_private.h"
#include "compare/tally.h"
#include "trial/rules.h"
#include "trial/survival.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

enum { N = 3000 };
#define HORIZON 1000.01 /* not on the grid of sixteenths */

static struct ql_arena arena, scratch;
static struct ql_patient_record rec[2][N];

static double u(int arm, int i, int what) { return ql_rng_uniform(1, (uint64_t)i, (uint64_t)(arm * 100 + what), 0); }

/* A day, or never; coarse days so that there are ties. */
static float day(int arm, int i, int what, double mean, double until)
{
	double t = -mean * log(u(arm, i, what));
	if (i % 3 == 0)
		t = ceil(t / 28) * 28;
	return t < until ? (float)t : INFINITY;
}

static void make_records(void)
{
	for (int a = 0; a < 2; a++)
		for (int i = 0; i < N; i++) {
			struct ql_patient_record *r = &rec[a][i];
			float end = day(a, i, 0, a ? 900 : 700, HORIZON);
			bool ended = end < INFINITY;
			float follow = ended ? end : (float)HORIZON;
			*r = ql_record_blank();
			r->pfs_day = end;
			r->follow_day = follow;
			r->death_day = ended ? end + day(a, i, 12, 100, HORIZON - end) : INFINITY;
			r->last_day = r->death_day < INFINITY ? r->death_day : (float)HORIZON;
			if (ended && end + 30 < r->last_day && u(a, i, 13) < 0.7)
				r->next_day = end + 30;
			r->response_day = u(a, i, 14) < 0.7 ? follow * (float)u(a, i, 15) : INFINITY;
			r->deterioration_day = end;
			r->qaly = (float)(4 * u(a, i, 16));
			r->life_years = (float)(5 * u(a, i, 17));
			for (int q = 0; q < QL_QUALITY_N; q++)
				r->quality_mean[q] = (float)(100 * u(a, i, 18 + q));
			r->crs_grade = (unsigned char)(5 * u(a, i, 18));
			r->best = (unsigned char)(8 * u(a, i, 19));
			if (ended)
				r->pfs_cause = (unsigned char)(1 + (int)(3 * u(a, i, 1)));
			r->infection_day = day(a, i, 2, 1500, follow);
			r->n_infection = r->infection_day < INFINITY ? (unsigned char)(1 + 3 * u(a, i, 3)) : 0;
			r->af_day = day(a, i, 4, 3000, follow);
			r->spm_day = day(a, i, 5, 5000, follow);
			r->tox_day = day(a, i, 6, 4000, follow);
			r->end_day = follow * (float)u(a, i, 20);
			r->neutropenia_day = day(a, i, 21, 2000, r->end_day);
			r->crs_day = r->crs_grade ? day(a, i, 22, 60, follow) : INFINITY;
			r->icans_day = day(a, i, 23, 3000, follow);
			r->irr_day = day(a, i, 24, 3000, follow);
			r->tls_day = day(a, i, 25, 3000, follow);
			r->response = (unsigned char)(8 * u(a, i, 7));
			r->mrd_blood_eot = u(a, i, 8) < 0.2 ? NAN : (float)exp(-20 * u(a, i, 8));
			r->mrd_marrow_eot = (float)exp(-15 * u(a, i, 9));
			r->anc_nadir = (float)(4 * u(a, i, 10));
			r->status = u(a, i, 11) < 0.01 ? QUELL_SOLVE_STEPS : QUELL_OK;
		}
}

static bool same(double x, double y) { return x == y || (isnan(x) && isnan(y)); }
static bool near(double x, double y) { return same(x, y) || fabs(x - y) <= 1e-9 * (1 + fabs(y)); }

static struct ql_summary *sum_of(const struct ql_endpoint_def *def, int n_def, int first, int n)
{
	struct ql_summary *s = ql_summary_make(2, 0, HORIZON, def, n_def);
	struct ql_arm_result r[2] = {{.record = rec[0] + first}, {.record = rec[1] + first}};
	ql_summary_add(s, r, (uint64_t)first, (uint64_t)n);
	return s;
}

static void counts_say_what_records_say(void **state)
{
	(void)state;
	int n_def;
	struct ql_endpoint_def *def = ql_endpoint_defs(&arena, HORIZON, &n_def);
	struct ql_summary *s = sum_of(def, n_def, 0, N);
	struct ql_cohort by_record[2], by_count[2];
	struct ql_cells cells[2][QL_TALLY_KINDS] = {{{0}}};
	struct ql_arena keep = {0};
	for (int a = 0; a < 2; a++) {
		by_record[a] = (struct ql_cohort){rec[a], N, HORIZON, 180, &scratch, NULL, NULL, NULL};
		by_count[a] = (struct ql_cohort){NULL, N, HORIZON, 180, &scratch, &s->arm[a], cells[a], &keep};
	}
	int contrasts = 0;
	for (int d = 0; d < n_def; d++) {
		for (int a = 0; a < 2; a++) {
			struct ql_endpoint x, y;
			ql_endpoint_estimate(&by_record[a], &def[d], &x);
			ql_endpoint_estimate(&by_count[a], &def[d], &y);
			if (isnan(x.estimate))
				fail_msg("%s cannot be had", def[d].id);
			if (!near(x.estimate, y.estimate) || !near(x.lower, y.lower) || !near(x.upper, y.upper))
				fail_msg("%s: %.17g and %.17g", def[d].id, x.estimate, y.estimate);
		}
		struct ql_contrast x, y;
		ql_endpoint_contrast(&by_record[0], &by_record[1], &def[d], NULL, &x);
		ql_endpoint_contrast(&by_count[0], &by_count[1], &def[d], ql_summary_pair(s, 0, 1, d), &y);
		contrasts += !isnan(x.difference);
		assert_true(near(x.difference, y.difference) && near(x.lower, y.lower) && near(x.upper, y.upper));
		assert_true(same(x.p_ahead, y.p_ahead));
		assert_true(near(x.hazard_ratio, y.hazard_ratio) && near(x.hr_upper, y.hr_upper));
	}
	assert_true(contrasts > 10);
	struct ql_curve x, y;
	ql_endpoint_curve(&by_record[0], QL_M_PFS_RATE, "pfs", &arena, &x);
	ql_endpoint_curve(&by_count[0], QL_M_PFS_RATE, "pfs", &arena, &y);
	assert_int_equal(x.n, y.n);
	for (int i = 0; i < x.n; i++)
		assert_true(near(x.surv[i], y.surv[i]) && x.at_risk[i] == y.at_risk[i] && x.events[i] == y.events[i]);
	by_count[0].cells = NULL; /* searched anew */
	ql_endpoint_curve(&by_count[0], QL_M_PFS_RATE, "pfs", &arena, &x);
	assert_memory_equal(x.surv, y.surv, (size_t)y.n * sizeof *y.surv);
	ql_arena_free(&keep);
	ql_summary_free(s);
}

/* Categories of response add up, and response and complete response are sums of them. */
static void categories_of_response_add_up(void **state)
{
	(void)state;
	static const char *const id[] = {"ne", "pd", "sd", "prl", "pr", "npr", "cri", "cr"};
	int n_def;
	struct ql_endpoint_def *def = ql_endpoint_defs(&arena, HORIZON, &n_def);
	struct ql_summary *s = sum_of(def, n_def, 0, N);
	struct ql_cohort c = {.n = N, .horizon_day = HORIZON, .response_day = 180, .scratch = &scratch, .tally = &s->arm[0]};
	double share[8] = {0}, orr = NAN, cr = NAN, all = 0;
	for (int d = 0; d < n_def; d++) {
		struct ql_endpoint e;
		ql_endpoint_estimate(&c, &def[d], &e);
		for (int k = 0; k < 8; k++)
			if (strncmp(def[d].id, "response_", 9) == 0 && strcmp(def[d].id + 9, id[k]) == 0)
				share[k] = e.estimate;
		orr = def[d].measure == QL_M_ORR ? e.estimate : orr;
		cr = def[d].measure == QL_M_CR ? e.estimate : cr;
	}
	for (int k = 0; k < 8; k++) {
		assert_true(share[k] > 0.05);
		all += share[k];
	}
	assert_true(fabs(all - 1) < 1e-12 && fabs(share[6] + share[7] - cr) < 1e-12);
	assert_true(fabs(share[3] + share[4] + share[5] + share[6] + share[7] - orr) < 1e-12);
	ql_summary_free(s);
}

/* Paired differences against their definition, patient by patient. */
static void differences_of_times_are_exact(void **state)
{
	(void)state;
	const struct ql_endpoint_def def = {"pfs_mean", "", "month", QL_M_PFS_MEAN, 0, false};
	struct ql_cohort c[2] = {{rec[0], N, HORIZON, 180, &scratch, NULL, NULL, NULL}, {rec[1], N, HORIZON, 180, &scratch, NULL, NULL, NULL}};
	struct ql_contrast out;
	double n = 0, mean = 0, square = 0;
	for (int i = 0; i < N; i++) {
		if (rec[0][i].status || rec[1][i].status)
			continue;
		double d = ql_record_value(&rec[0][i], &def, HORIZON) - ql_record_value(&rec[1][i], &def, HORIZON);
		double step = d - mean;
		mean += step / ++n;
		square += step * (d - mean);
	}
	ql_endpoint_contrast(&c[0], &c[1], &def, NULL, &out);
	assert_true(fabs(out.difference - mean) < 1e-12);
	assert_true(fabs(out.upper - mean - 1.959963984540054 * sqrt(square / (n - 1) / n)) < 1e-12);
}

/* The two-arm Cox fit from counts against the general one from rows. */
static void hazard_ratio_is_that_of_the_general_fit(void **state)
{
	(void)state;
	struct ql_cohort c[2] = {{rec[0], N, HORIZON, 180, &scratch, NULL, NULL, NULL}, {rec[1], N, HORIZON, 180, &scratch, NULL, NULL, NULL}};
	double *time = QL_NEW_N(&arena, double, 2 * N), *x = QL_NEW_N(&arena, double, 2 * N), beta, se;
	int *event = QL_NEW_N(&arena, int, 2 * N);
	size_t n = 0;
	for (int a = 0; a < 2; a++) {
		struct ql_times t = ql_cohort_times(&c[a], QL_M_PFS_RATE, &arena);
		for (size_t i = 0; i < t.n; i++, n++) {
			time[n] = t.time[i];
			event[n] = t.event[i];
			x[n] = a == 0;
		}
	}
	struct ql_cox cox;
	assert_int_equal(ql_cox_fit(time, event, x, 1, NULL, n, QL_EFRON, &arena, &cox), QUELL_OK);
	assert_true(ql_cohort_hazard_ratio(&c[0], &c[1], QL_M_PFS_MEDIAN, &beta, &se));
	assert_true(fabs(beta - cox.coef[0]) < 1e-9 && fabs(se - cox.se[0]) < 1e-9);
	struct ql_cohort none = {rec[1], 0, HORIZON, 180, &scratch, NULL, NULL, NULL};
	assert_false(ql_cohort_hazard_ratio(&c[0], &none, QL_M_PFS_MEDIAN, &beta, &se));
}

static void incidence_from_counts(void **state)
{
	(void)state;
	enum { ROWS = 60 };
	double time[ROWS], count[ROWS], *all = QL_NEW_N(&arena, double, 5 * ROWS);
	int event[ROWS], *all_event = QL_NEW_N(&arena, int, 5 * ROWS);
	size_t n = 0;
	for (int i = 0; i < ROWS; i++) {
		time[i] = floor(20 * u(0, i, 50));
		event[i] = (int)(3 * u(0, i, 51));
		count[i] = floor(5 * u(0, i, 52));
		for (int k = 0; k < (int)count[i]; k++, n++) {
			all[n] = time[i];
			all_event[n] = event[i];
		}
	}
	struct ql_cif a, b;
	assert_int_equal(ql_cif_fit(all, all_event, n, 1, &arena, &a), QUELL_OK);
	assert_int_equal(ql_cif_fit_counts(time, event, count, ROWS, 1, &arena, &b), QUELL_OK);
	for (double t = 0; t < 19; t++) {
		struct ql_cif_point p = ql_cif_at(&a, t), q = ql_cif_at(&b, t);
		assert_true(p.value == q.value && p.se == q.se && p.se_ij == q.se_ij && p.n_risk == q.n_risk);
	}
	assert_true(a.value[a.n - 1] > 0.2);
	count[3] = NAN;
	assert_int_equal(ql_cif_fit_counts(time, event, count, ROWS, 1, &arena, &b), QUELL_ERR_INPUT);
}

static void any_cut_and_order_gives_the_same_bytes(void **state)
{
	(void)state;
	int n_def;
	struct ql_endpoint_def *def = ql_endpoint_defs(&arena, HORIZON, &n_def);
	struct ql_summary *whole = sum_of(def, n_def, 0, N), *added = sum_of(def, n_def, 0, 0);
	static const int cut[] = {0, 1, 700, 701, 2999, N};
	static const int order[] = {3, 0, 4, 2, 1};
	struct ql_buf want = {0}, got = {0};
	for (int i = 0; i < 5; i++) {
		struct ql_summary *part = sum_of(def, n_def, cut[order[i]], cut[order[i] + 1] - cut[order[i]]);
		struct ql_buf bytes = {0};
		ql_summary_pack(part, &bytes);
		assert_int_equal(ql_summary_unpack(added, bytes.data, bytes.len), QUELL_OK);
		ql_buf_free(&bytes);
		ql_summary_free(part);
	}
	ql_summary_pack(whole, &want);
	ql_summary_pack(added, &got);
	assert_int_equal(want.len, got.len);
	assert_memory_equal(want.data, got.data, want.len);
	/* Cut short, or with any byte changed: refused or other counts, never a crash. */
	for (size_t n = 0; n < want.len; n += 97)
		assert_int_equal(ql_summary_unpack(added, want.data, n), QUELL_ERR_INPUT);
	for (size_t i = 0; i < want.len; i += 31) {
		want.data[i] = (char)(want.data[i] ^ (1 << i % 8));
		(void)ql_summary_unpack(added, want.data, want.len);
		want.data[i] = (char)(want.data[i] ^ (1 << i % 8));
	}
	ql_buf_free(&want);
	ql_buf_free(&got);
	ql_summary_free(whole);
	ql_summary_free(added);
}

static void landmarks_are_on_the_grid(void **state)
{
	(void)state;
	for (int month = 1; month <= 480; month++) {
		double day_of = month * QL_DAYS_PER_MONTH, later = nextafterf((float)day_of, INFINITY);
		assert_true(ql_tally_day(ql_tally_bin(day_of, 1e5), 1e5) == day_of);
		assert_true(ql_tally_day(ql_tally_bin(later, 1e5), 1e5) > day_of);
	}
	assert_int_equal(ql_tally_bin(INFINITY, HORIZON), ql_tally_bins(HORIZON) - 1);
	assert_true(ql_tally_day(ql_tally_bins(HORIZON) - 1, HORIZON) == HORIZON);
}

static char *json_in_pieces(const struct ql_run_spec *spec, uint64_t piece)
{
	struct ql_diags ds = {0};
	struct ql_comparison *k;
	struct ql_compare *c;
	struct ql_buf b = {0};
	assert_int_equal(ql_comparison_open(spec, &ds, &k), QUELL_OK);
	struct ql_summary *sum = ql_comparison_summary(k);
	for (uint64_t i = 0; i < spec->patients; i += piece)
		assert_int_equal(ql_comparison_simulate(k, i, piece < spec->patients - i ? piece : spec->patients - i, sum),
				 QUELL_OK);
	assert_int_equal(ql_comparison_finish(k, sum, false, &c), QUELL_OK);
	ql_compare_json(c, &b);
	ql_compare_free(c);
	ql_comparison_close(k);
	ql_summary_free(sum);
	ql_diags_free(&ds);
	return b.data;
}

static void a_comparison_in_pieces(void **state)
{
	(void)state;
	const char *regimen[] = {"clb-obi", "ven-obi"};
	struct ql_run_spec spec = {.data_dir = QUELL_SOURCE_DIR, .population = "unfit-1l", .regimen = regimen,
				   .n_regimen = 2, .patients = 40, .seed = 3, .years = 2.5, .threads = 1};
	char *whole = json_in_pieces(&spec, 40), *seven = json_in_pieces(&spec, 7);
	assert_string_equal(whole, seven);
	free(whole);
	free(seven);
}

static int clean(void **state)
{
	(void)state;
	ql_arena_free(&arena);
	ql_arena_free(&scratch);
	return 0;
}

int main(void)
{
	make_records();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_say_what_records_say),
		cmocka_unit_test(categories_of_response_add_up),
		cmocka_unit_test(differences_of_times_are_exact),
		cmocka_unit_test(hazard_ratio_is_that_of_the_general_fit),
		cmocka_unit_test(incidence_from_counts),
		cmocka_unit_test(any_cut_and_order_gives_the_same_bytes),
		cmocka_unit_test(landmarks_are_on_the_grid),
		cmocka_unit_test(a_comparison_in_pieces),
	};
	return cmocka_run_group_tests(tests, NULL, clean);
}
