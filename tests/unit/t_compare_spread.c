/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
/* Parameter uncertainty of a comparison: the variance between draws is found, chance is not mistaken for it, and a draw
 * does to its patients what --set does. */
#include "compare_helpers.h"
#include "base/rng.h"
#include "compare/draws.h"
#include "compare/spread.h"
#include "compare/tally.h"
#include "trial/rules.h"
#include <unistd.h>

#define HORIZON (36 * QL_DAYS_PER_MONTH)
enum { DRAWS = 40, PER_DRAW = 150, N = DRAWS * PER_DRAW };

static struct ql_arena work;

/* Exponential times; the logarithm of the hazard differs between draws by `sd`. Arm 1 has half the hazard in every draw. */
static struct ql_summary *simulated(double sd, const struct ql_endpoint_def *def, int n_def)
{
	struct ql_summary *s = ql_summary_make(2, DRAWS, HORIZON, def, n_def);
	static struct ql_patient_record r[2][N];
	for (int i = 0; i < N; i++) {
		double z = ql_quantile_normal(((i % DRAWS) + 0.5) / DRAWS);
		for (int a = 0; a < 2; a++) {
			double rate = log(2) / (a ? 48 : 24) / QL_DAYS_PER_MONTH * exp(sd * z);
			double t = -log(ql_rng_uniform(5, (uint64_t)i, (uint64_t)a, 0)) / rate;
			r[a][i] = ql_record_blank();
			r[a][i].status = QUELL_OK;
			r[a][i].pfs_day = t < HORIZON ? (float)t : INFINITY;
			r[a][i].pfs_cause = t < HORIZON ? QL_PFS_PROGRESSION : QL_PFS_CENSORED;
			r[a][i].follow_day = (float)fmin(t, HORIZON);
			r[a][i].end_day = r[a][i].follow_day;
			r[a][i].last_day = (float)HORIZON;
		}
	}
	struct ql_arm_result result[2] = {{.record = r[0]}, {.record = r[1]}};
	ql_summary_add(s, result, 0, N);
	return s;
}

static const struct ql_endpoint_def *find(const struct ql_endpoint_def *def, int n, const char *id)
{
	for (int i = 0; i < n; i++)
		if (strcmp(def[i].id, id) == 0)
			return &def[i];
	fail_msg("no %s", id);
	return NULL;
}

static void parameters_widen_and_chance_does_not(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	int n_def;
	const struct ql_endpoint_def *def = ql_endpoint_defs(&a, HORIZON, &n_def);
	static const double day[2];
	for (int spread = 0; spread < 2; spread++) {
		struct ql_summary *sum = simulated(spread ? 0.3 : 0, def, n_def);
		const struct ql_spread s = {sum, day, &work};
		struct ql_cohort c[2];
		struct ql_endpoint e;
		for (int arm = 0; arm < 2; arm++)
			c[arm] = (struct ql_cohort){.n = N, .horizon_day = HORIZON, .scratch = &work, .tally = &sum->arm[arm]};
		const struct ql_endpoint_def *rate = find(def, n_def, "pfs_rate_24mo");
		ql_endpoint_estimate(&c[0], rate, &e);
		ql_spread_endpoint(&s, 0, &c[0], rate, &e);
		/* S = 2^-exp(0.3 z): dS/dz = -log(2)/2 * 0.3 at z = 0, 0.104; over z 0.103. Chance within draws has sd 0.041. */
		if (spread)
			assert_true(fabs(e.parameter_sd - 0.103) < 0.015);
		else
			assert_true(e.parameter_sd < 0.02);
		assert_true(e.lower <= e.chance_lower && e.upper >= e.chance_upper);
		assert_true(e.kind == QL_INTERVAL_PARAMETER);
		/* 2.02 is Student's quantile of 39 degrees of freedom. */
		if (spread)
			assert_true(fabs((e.upper - e.lower) / 2 - 2.02 * 0.104) < 0.03);

		const struct ql_endpoint_def *median = find(def, n_def, "pfs_median");
		ql_endpoint_estimate(&c[0], median, &e);
		ql_spread_endpoint(&s, 0, &c[0], median, &e);
		assert_true(e.lower <= e.chance_lower && e.lower <= e.estimate);
		if (spread) /* 24 months * exp(-+0.3 * 2): 13 to 44, beyond the horizon */
			assert_true(e.lower > 11 && e.lower < 16 && isnan(e.upper));
		else
			assert_true(e.upper >= e.chance_upper && e.upper - e.lower < 8); /* between 0 and what 40 noisy draws leave open */

		/* The ratio is the same in all draws: nothing to add but noise. */
		struct ql_contrast x;
		ql_endpoint_contrast(&c[0], &c[1], median, ql_summary_pair(sum, 0, 1, (int)(median - def)), &x);
		double width = log(x.hr_upper) - log(x.hr_lower);
		ql_spread_contrast(&s, 0, 1, median, &x);
		assert_true(log(x.hr_upper) - log(x.hr_lower) < 2.2 * width);
		assert_true(fabs(x.hazard_ratio - 2) < 0.15);
		ql_summary_free(sum);
	}
	ql_arena_free(&a);
}

static struct ql_run_spec small(void)
{
	static const char *regimen[] = {"clb-obi", "ibrutinib"};
	return (struct ql_run_spec){.data_dir = QUELL_SOURCE_DIR, .population = "unfit-1l", .regimen = regimen, .n_regimen = 2,
				    .patients = 60, .seed = 7, .years = 3, .threads = 1};
}

/* Patient i lives under draw i modulo their number; --set wins over a draw. */
static void a_draw_does_what_a_setting_does(void **state)
{
	(void)state;
	struct ql_run_spec s = small(), plain = small();
	static const char *set[2][1] = {{"btki.f_kill=0.3"}, {"btki.f_kill=0.9"}};
	s.draws = scratch_file("draws-two.csv", "# a comment\ndraw,btki.f_kill\n1,0.3\n2,0.9\n");
	struct ql_diags ds = {0};
	struct ql_comparison *drawn, *one;
	assert_int_equal(ql_comparison_open(&s, &ds, &drawn), QUELL_OK);
	struct ql_summary *sum = ql_comparison_summary(drawn), *other;
	assert_int_equal(ql_comparison_simulate(drawn, 0, s.patients, sum), QUELL_OK);
	const struct ql_patient_record *r = ql_comparison_records(drawn, 1);
	int differ = 0;
	for (int d = 0; d < 2; d++) {
		plain.set = set[d];
		plain.n_set = 1;
		assert_int_equal(ql_comparison_open(&plain, &ds, &one), QUELL_OK);
		other = ql_comparison_summary(one);
		assert_int_equal(ql_comparison_simulate(one, 0, s.patients, other), QUELL_OK);
		const struct ql_patient_record *q = ql_comparison_records(one, 1);
		for (uint64_t i = (uint64_t)d; i < s.patients; i += 2)
			assert_memory_equal(&r[i], &q[i], sizeof *q);
		for (uint64_t i = 1 - (uint64_t)d; i < s.patients; i += 2)
			differ += memcmp(&r[i], &q[i], sizeof *q) != 0;
		ql_summary_free(other);
		ql_comparison_close(one);
	}
	assert_true(differ > 10);
	ql_summary_free(sum);
	ql_comparison_close(drawn);
	ql_diags_free(&ds);

	s.set = plain.set;
	s.n_set = 1;
	struct ql_compare *fixed = compare(&s), *set_alone = compare(&plain);
	for (int e = 0; e < fixed->arm[1].n_endpoint; e++)
		assert_true(fixed->arm[1].endpoint[e].estimate == set_alone->arm[1].endpoint[e].estimate ||
			    isnan(set_alone->arm[1].endpoint[e].estimate));
	ql_compare_free(fixed);
	ql_compare_free(set_alone);
}

static char *in_pieces(const struct ql_run_spec *spec, uint64_t piece)
{
	struct ql_diags ds = {0};
	struct ql_comparison *k;
	struct ql_compare *c;
	assert_int_equal(ql_comparison_open(spec, &ds, &k), QUELL_OK);
	struct ql_summary *total = ql_comparison_summary(k);
	for (uint64_t first = 0; first < spec->patients; first += piece) {
		struct ql_summary *part = ql_comparison_summary(k);
		uint64_t left = spec->patients - first;
		struct ql_buf b = {0};
		assert_int_equal(ql_comparison_simulate(k, first, left < piece ? left : piece, part), QUELL_OK);
		ql_summary_pack(part, &b);
		assert_int_equal(ql_summary_unpack(total, b.data, b.len), QUELL_OK);
		ql_buf_free(&b);
		ql_summary_free(part);
	}
	assert_int_equal(ql_comparison_finish(k, total, false, &c), QUELL_OK);
	struct ql_buf b = {0};
	ql_compare_json(c, &b);
	ql_compare_free(c);
	ql_summary_free(total);
	ql_comparison_close(k);
	ql_diags_free(&ds);
	return b.data;
}

static void same_bytes_for_threads_lanes_and_pieces(void **state)
{
	(void)state;
	struct ql_run_spec s = small();
	s.draws = QL_DRAWS_SHIPPED;
	s.n_draws = 5;
	s.lanes = 4;
	char *one = json_of(&s);
	s.threads = 2;
	s.lanes = 8;
	char *two = json_of(&s), *pieces = in_pieces(&s, 13);
	assert_string_equal(one, two);
	assert_string_equal(one, pieces);
	assert_non_null(strstr(one, "\"draws\": 5"));
	assert_non_null(strstr(one, "interval_chance"));
	free(one), free(two), free(pieces);
}

static void expect(const char *text, enum ql_code code)
{
	struct ql_run_spec s = small();
	struct ql_diags ds = {0};
	struct ql_compare *c = NULL;
	s.draws = scratch_file("draws-bad.csv", text);
	s.patients = 4;
	enum quell_status status = ql_compare_run(&s, &ds, &c);
	if (!find_diag(&ds, code))
		show(&ds);
	assert_non_null(find_diag(&ds, code));
	assert_true((status == QUELL_OK) == (ds.n_errors == 0));
	ql_diags_free(&ds);
	ql_compare_free(c);
}

static void mistakes_are_named(void **state)
{
	(void)state;
	expect("draw,btki.f_kil\n1,0.3\n", QL_E0604);
	expect("draw\n1\n", QL_E0673);
	expect("btki.f_kill\n", QL_E0673);
	expect("weight,btki.f_kill\n0.2,0.3\n0.8,0.3\n", QL_E0673);
	expect("btki.f_kill\nhigh\n", QL_E0316);
	expect("# model 0123456789abcdef, seed 1\nbtki.f_kill\n0.3\n0.4\n", QL_W0674);
	expect("btki.f_kill\n0.3\n0.4\n", QL_W0649);
}

static int clean(void **state)
{
	(void)state;
	ql_arena_free(&work);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parameters_widen_and_chance_does_not),
		cmocka_unit_test(a_draw_does_what_a_setting_does),
		cmocka_unit_test(same_bytes_for_threads_lanes_and_pieces),
		cmocka_unit_test(mistakes_are_named),
	};
	return cmocka_run_group_tests(tests, NULL, clean);
}
