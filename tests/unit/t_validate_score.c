/* SPDX-License-Identifier: Apache-2.0 */
/* Published against simulated: what rows mean, how wide predictions are, and that no row is lost. */
#define _GNU_SOURCE
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/rng.h"
#include "base/special.h"
#include "report/report.h"
#include "trial/rules.h"
#include "validate/validate.h"
#include "dosing_helpers.h"
#include <jansson.h>

static struct ql_trial_row row(const char *endpoint, double value, const char *unit)
{
	return (struct ql_trial_row){.trial = "T", .treatment = "A", .comparator = "", .endpoint = endpoint, .unit = unit,
				     .subgroup = "all", .value = value, .lower = NAN, .upper = NAN};
}

static void rows_have_a_meaning(void **state)
{
	(void)state;
	struct ql_target t;
	double v, lo, hi;
	struct ql_trial_row r = row("PFS_rate@24mo", 88.2, "%");
	assert_null(ql_target_of(&r, &t));
	assert_string_equal(t.id, "pfs_rate_24mo");
	assert_int_equal(t.kind, QL_TARGET_RATE);
	assert_true(t.month == 24);
	ql_target_published(&r, &v, &lo, &hi);
	assert_true(fabs(v - 0.882) < 1e-12 && isnan(lo));
	r = row("OS_HR", 0.5, "HR");
	assert_null(ql_target_of(&r, &t));
	assert_int_equal(t.clock, QL_CLOCK_OS);
	r = row("uMRD_PB_1e-4", 76, "%");
	assert_null(ql_target_of(&r, &t));
	assert_string_equal(t.id, "umrd_pb_1e-4_eot");
	static const char *const without[] = {"uMRD_PB_1e-4@60mo_post", "uMRD_PB_1e-4@40mo", "n_randomised", "PFS_rate",
					      "ORR@12mo", "PFS_HR_prognostic", "something_new"};
	for (size_t i = 0; i < sizeof without / sizeof *without; i++) {
		r = row(without[i], 1, "%");
		assert_non_null(ql_target_of(&r, &t));
	}
}

static struct ql_patient_record patient(void)
{
	return (struct ql_patient_record){.pfs_day = INFINITY, .follow_day = 3000, .death_day = INFINITY, .last_day = 3000,
					  .next_day = INFINITY, .pfs2_day = INFINITY, .richter_day = INFINITY,
					  .end_day = 336, .infection_day = INFINITY, .af_day = INFINITY, .spm_day = INFINITY,
					  .tox_day = INFINITY, .response_day = INFINITY, .cr_day = INFINITY, .anc_nadir = NAN,
					  .mrd_blood_eot = NAN, .mrd_marrow_eot = NAN, .status = QUELL_OK};
}

static void records_answer(void **state)
{
	(void)state;
	double time;
	int event;
	struct ql_patient_record r = patient();
	r.pfs_day = 1000;
	r.pfs_cause = QL_PFS_PROGRESSION;
	r.death_day = 2000;
	r.next_day = 1500;
	r.response_day = 100;
	assert_true(ql_target_time(&r, QL_CLOCK_PFS, 900, &time, &event) && event == 0 && time == 900);
	assert_true(ql_target_time(&r, QL_CLOCK_PFS, INFINITY, &time, &event) && event == 1 && time == 1000);
	assert_true(ql_target_time(&r, QL_CLOCK_OS, 5000, &time, &event) && event == 1 && time == 2000);
	assert_true(ql_target_time(&r, QL_CLOCK_TTNT, 5000, &time, &event) && event == 1 && time == 1500);
	assert_true(ql_target_time(&r, QL_CLOCK_DOR, 5000, &time, &event) && event == 1 && time == 900);
	assert_false(ql_target_time(&r, QL_CLOCK_DOR, 50, &time, &event));
	r.pfs_cause = QL_PFS_DEATH;
	assert_true(ql_target_time(&r, QL_CLOCK_TTP, 5000, &time, &event) && event == 0 && time == 1000);
	r.infection_day = 400; /* within 90 days of the last dose */
	assert_true(ql_target_share(&r, QL_SHARE_INFECTION, false, 5000) == 1);
	assert_true(ql_target_share(&r, QL_SHARE_INFECTION, false, 399) == 0);
	r.infection_day = 427;
	assert_true(ql_target_share(&r, QL_SHARE_INFECTION, false, 5000) == 0);
	assert_true(ql_target_share(&r, QL_SHARE_UMRD_BLOOD, false, 5000) == 0); /* no sample counts against */
	r.mrd_blood_eot = 5e-5f;
	assert_true(ql_target_share(&r, QL_SHARE_UMRD_BLOOD, false, 5000) == 1);
	assert_true(isnan(ql_target_share(&r, QL_SHARE_UMRD_BLOOD_IN_CR, false, 5000)));
	assert_true(ql_target_share(&r, QL_SHARE_ORR, true, 5000) == 1 && ql_target_share(&r, QL_SHARE_ORR, true, 99) == 0);
	assert_true(ql_target_share(&r, QL_SHARE_ORR, false, 5000) == 0);
	assert_true(ql_target_share(&r, QL_SHARE_DEAD, false, 1999) == 0 && ql_target_share(&r, QL_SHARE_DEAD, false, 2000) == 1);
}

/* Exponential times with a known median; half of the patients respond. */
static struct ql_cohort_records exponential(size_t n, double median_month, uint64_t seed)
{
	struct ql_cohort_records c = {calloc(n, sizeof *c.record), calloc(n, 1), calloc(n, 1), n, 0};
	for (size_t i = 0; i < n; i++) {
		c.record[i] = patient();
		double u = ((double)i + 0.5) / (double)n;
		c.record[i].pfs_day = (float)(-log(1 - u) / log(2.0) * median_month * QL_DAYS_PER_MONTH);
		c.record[i].last_day = c.record[i].follow_day = 6000;
		c.record[i].response = ql_rng_uniform(seed, i, 1, 0) < 0.5 ? QL_RESP_PR : QL_RESP_SD;
	}
	return c;
}

static struct ql_trial_sds no_effect;
static double published_value = NAN;
static int blocks;

static void predict(const char *endpoint, const struct ql_cohort_records *a, const struct ql_cohort_records *b,
		    struct ql_trial_sds effect, double follow, struct ql_prediction *out)
{
	struct ql_arena room[2] = {{0}};
	struct ql_trial_row r = row(endpoint, 1, "%");
	struct ql_target t;
	assert_null(ql_target_of(&r, &t));
	struct ql_prediction_spec s = {.target = &t, .a = a, .b = b, .n_a = 200, .n_b = b ? 200 : 0,
				       .median_follow_day = follow * QL_DAYS_PER_MONTH, .accrual_day = 365, .effect = effect, .published = published_value, .blocks = blocks,
				       .replicates = 2000, .key = 5, .scratch = room};
	ql_predict(&s, out);
	ql_arena_free(&room[0]);
	ql_arena_free(&room[1]);
}

/* Treated until progression, everybody responds at day 100; entry is spread over the year about a median of 120 days. */
static void who_entered_first_is_judged(void **state)
{
	(void)state;
	struct ql_cohort_records a = exponential(20000, 30, 1);
	memset(a.continuous, 1, a.n);
	for (size_t i = 0; i < a.n; i++)
		a.record[i].response_day = 100;
	struct ql_arena room[2] = {{0}};
	struct ql_trial_row r = row("ORR", 1, "%");
	struct ql_target t;
	assert_null(ql_target_of(&r, &t));
	struct ql_prediction all, part;
	struct ql_prediction_spec s = {.target = &t, .a = &a, .n_a = 200, .median_follow_day = 120, .accrual_day = 365,
				       .published = NAN, .replicates = 200, .key = 5, .scratch = room};
	ql_predict(&s, &all); /* followed 0 to 240 days: 140 of 240 have passed day 100 */
	assert_true(fabs(all.estimate - 140.0 / 240) < 0.02);
	s.assessed = 0.8; /* 48 to 240 days */
	ql_predict(&s, &part);
	assert_true(fabs(part.estimate - 140.0 / 192) < 0.02);
	s.assessed = 1;
	ql_predict(&s, &part);
	assert_true(part.estimate == all.estimate && part.lower[2] == all.lower[2]);
	ql_arena_free(&room[0]);
	ql_arena_free(&room[1]);
	ql_cohort_records_free(&a);
}

static void predictions_have_the_right_width(void **state)
{
	(void)state;
	struct ql_cohort_records a = exponential(20000, 30, 1), b = exponential(20000, 60, 2);
	struct ql_prediction p, wide;
	predict("ORR", &a, NULL, no_effect, 60, &p);
	double binomial = ql_qnorm(0.975) * sqrt(0.25 / 200);
	assert_true(fabs(p.estimate - 0.5) < 0.02);
	assert_true(fabs((p.upper[2] - p.lower[2]) / 2 / binomial - 1) < 0.12);
	assert_true(fabs((p.upper[0] - p.lower[0]) / (p.upper[2] - p.lower[2]) - ql_qnorm(0.75) / ql_qnorm(0.975)) < 0.06);
	predict("ORR", &a, NULL, (struct ql_trial_sds){0, 0, 0.3}, 60, &wide);
	double expected = sqrt(1.0 / (200 * 0.25) + 0.09) / sqrt(1.0 / (200 * 0.25)); /* on the logit */
	assert_true(fabs((wide.upper[2] - wide.lower[2]) / (p.upper[2] - p.lower[2]) / expected - 1) < 0.12);
	predict("PFS_rate@30mo", &a, NULL, no_effect, 60, &p);
	assert_true(fabs(p.estimate - 0.5) < 0.002 && p.lower[2] > 0.40 && p.upper[2] < 0.60);
	predict("PFS_median_mo", &a, NULL, no_effect, 60, &p);
	assert_true(fabs(p.estimate - 30) < 0.1);
	/* A median of 200 exponential times has a logarithm with standard deviation 1/(ln 2 sqrt(200)). */
	assert_true(fabs(log(p.upper[2] / p.lower[2]) / 2 / (1.96 / (log(2.0) * sqrt(200))) - 1) < 0.25);
	predict("PFS_median_mo", &b, NULL, no_effect, 12, &p); /* a data cut long before the median */
	assert_true(isinf(p.upper[2]));
	predict("PFS_HR", &a, &b, no_effect, 60, &p);
	assert_true(fabs(p.estimate - 2) < 0.1 && p.lower[2] < 1.7 && p.upper[2] > 2.3);
	for (int k = 0; k < 2; k++) {
		struct ql_cohort_records *c = k ? &b : &a;
		free(c->record);
		free(c->continuous);
		free(c->block);
	}
}

static double width(const struct ql_prediction *p, double (*scale)(double))
{
	return fabs(scale(p->upper[2]) - scale(p->lower[2])) / 2 / ql_qnorm(0.975);
}

static double log_hazard(double surv) { return log(-log(surv)); }

/* One effect on the hazard: rates, medians and the living move together, ratios feel arms alone. */
static void the_trial_effect_acts_on_the_hazard(void **state)
{
	(void)state;
	struct ql_cohort_records a = exponential(20000, 30, 1), b = exponential(20000, 60, 2);
	const struct ql_trial_sds trial = {0.4, 0, 9}, arm = {0, 0.3, 9};
	struct ql_prediction p, q;
	predict("PFS_rate@30mo", &a, NULL, no_effect, 60, &p);
	predict("PFS_rate@30mo", &a, NULL, trial, 60, &q);
	assert_true(fabs(width(&q, log_hazard) / hypot(width(&p, log_hazard), 0.4) - 1) < 0.1);
	predict("PFS_median_mo", &a, NULL, no_effect, 60, &p);
	predict("PFS_median_mo", &a, NULL, trial, 90, &q); /* exponential: the logarithm of the median moves as that of the hazard */
	assert_true(fabs(width(&q, log) / hypot(width(&p, log), 0.4) - 1) < 0.15);
	predict("PFS_HR", &a, &b, no_effect, 60, &p);
	predict("PFS_HR", &a, &b, trial, 60, &q);
	assert_true(p.lower[2] == q.lower[2] && p.upper[2] == q.upper[2]);
	predict("PFS_HR", &a, &b, arm, 60, &q);
	assert_true(fabs(width(&q, log) / hypot(width(&p, log), sqrt(2) * 0.3) - 1) < 0.1);
	predict("deaths", &a, NULL, trial, 60, &p);
	predict("alive_at_fu", &a, NULL, trial, 60, &q);
	assert_true(fabs(p.estimate + q.estimate - 1) < 0.02 && fabs(p.upper[2] + q.lower[2] - 1) < 0.05);

	/* Published minus simulated, on one scale: a median 1.5 times as long, and the rate that belongs to it. */
	published_value = 45;
	predict("PFS_median_mo", &a, NULL, no_effect, 90, &p);
	published_value = pow(0.5, 1 / 1.5);
	predict("PFS_rate@30mo", &a, NULL, no_effect, 90, &q);
	assert_true(fabs(p.excess + log(1.5)) < 0.03 && fabs(q.excess + log(1.5)) < 0.03);
	assert_true(p.excess_variance > 0.003 && p.excess_variance < 0.03 && q.excess_variance > 0.003 && q.excess_variance < 0.03);
	published_value = NAN;
	for (int k = 0; k < 2; k++) {
		struct ql_cohort_records *c = k ? &b : &a;
		free(c->record);
		free(c->continuous);
		free(c->block);
	}
}

/* Few patients under each of many draws: what draws differ by widens, their small number does not. */
static void parameter_draws_widen_by_what_they_differ(void **state)
{
	(void)state;
	enum { DRAWS = 50, EACH = 60 };
	struct ql_prediction plain, same, differ;
	for (int k = 0; k < 2; k++) {
		const char *id = k ? "PFS_median_mo" : "PFS_rate@30mo";
		double (*scale)(double) = k ? log : log_hazard;
		struct ql_cohort_records a = exponential(DRAWS * EACH, 30, 1);
		for (size_t i = 0; i < a.n; i++) /* times ascend: deal them out in another order */
			a.block[i] = (unsigned char)(ql_rng_uniform(4, i, 2, 0) * DRAWS);
		predict(id, &a, NULL, no_effect, 90, &plain);
		blocks = DRAWS;
		predict(id, &a, NULL, no_effect, 90, &same);
		for (size_t i = 0; i < a.n; i++)
			a.record[i].pfs_day *= (float)exp(0.4 * ql_quantile_normal((a.block[i] + 0.5) / DRAWS));
		predict(id, &a, NULL, no_effect, 90, &differ);
		blocks = 0;
		assert_true(width(&same, scale) < 1.5 * width(&plain, scale));
		assert_true(fabs(width(&differ, scale) / hypot(width(&plain, scale), 0.4) - 1) < 0.2);
		free(a.record);
		free(a.continuous);
		free(a.block);
	}
}

static double z(int stream, int i) { return ql_quantile_normal(ql_rng_uniform(11, (uint64_t)i, (uint64_t)stream, 0)); }

static void variances_of_trial_and_arm_are_told_apart(void **state)
{
	(void)state;
	enum { TRIALS = 300 };
	static struct ql_effect_row row[2 * TRIALS];
	struct ql_arena a = {0};
	double trial, arm;
	int df;
	for (int i = 0; i < 2 * TRIALS; i++) {
		int t = i / 2, regimen = (t * 7 + (i % 2) * 3) % 10;
		double noise = 0.05 + 0.1 * (i % 3);
		row[i] = (struct ql_effect_row){regimen, -1, t, i, -1,
						0.3 * regimen + 0.4 * z(1, t) + 0.2 * z(2, i) + noise * z(3, i), noise * noise};
	}
	assert_true(ql_effect_fit(row, 120, 10, &a, &trial, &arm, &df));
	assert_int_equal(df, 110);
	assert_true(fabs(trial - 0.4) < 0.12 && fabs(arm - 0.2) < 0.1);
	/* One regimen, one arm per trial, equal variances: the textbook value. */
	double mean = 0, squares = 0;
	for (int i = 0; i < 40; i++) {
		row[i] = (struct ql_effect_row){0, -1, i, i, -1, 0.5 * z(4, i), 0.01};
		mean += row[i].y / 40;
	}
	for (int i = 0; i < 40; i++)
		squares += (row[i].y - mean) * (row[i].y - mean);
	assert_true(ql_effect_fit(row, 40, 1, &a, &trial, &arm, &df));
	assert_true(fabs(trial * trial + arm * arm - (squares / 39 - 0.01)) < 2e-4);
	/* Ratios alone know nothing of trials. */
	for (int i = 0; i < 40; i++)
		row[i] = (struct ql_effect_row){0, 1, -1, 2 * i, 2 * i + 1, 0.5 * z(5, i), 0.01};
	assert_true(ql_effect_fit(row, 40, 2, &a, &trial, &arm, &df));
	assert_true(fabs(arm - sqrt((0.25 - 0.01) / 2)) < 0.08);
	assert_false(ql_effect_fit(row, 1, 2, &a, &trial, &arm, &df));
	ql_arena_free(&a);
}

static struct ql_validation *run(uint64_t patients, int threads, struct ql_diags *ds)
{
	static const char *trials[] = {"cll14", "gauguin", "resonate"};
	struct ql_validate_spec s = {.panel = {.data_dir = QUELL_SOURCE_DIR, .patients = patients, .seed = 3,
					       .threads = threads},
				     .trial = trials, .n_trial = 3, .replicates = 40};
	struct ql_validation *v;
	enum quell_status status = ql_validate_run(&s, ds, &v);
	if (status != QUELL_OK)
		show(ds);
	assert_int_equal(status, QUELL_OK);
	return v;
}

static void no_row_is_lost(void **state)
{
	(void)state;
	struct ql_diags ds = {0};
	struct ql_validation *v = run(40, 2, &ds);
	int rows = 0, counted = 0;
	for (int i = 0; i < v->evidence->n_row; i++)
		for (int d = 0; d < v->n_design; d++)
			rows += strcmp(v->evidence->row[i].trial, v->design[d]->name) == 0;
	assert_int_equal(v->n_item, rows);
	for (int i = 0; i < v->n_item; i++) {
		const struct ql_validated *x = &v->item[i];
		assert_true(x->simulated == (x->reason == NULL));
		assert_true(!x->counted || (x->row->verified && x->simulated));
		counted += x->counted;
		if (x->simulated)
			assert_true(x->sim.lower[2] <= x->sim.lower[0] && x->sim.upper[0] <= x->sim.upper[2]);
	}
	assert_int_equal(v->score[3].n, counted);
	assert_true(counted > 30);
	ql_validation_free(v);
	ql_diags_free(&ds);
}

static void json_is_what_is_promised(void **state)
{
	(void)state;
	struct ql_diags ds = {0};
	struct ql_buf one = {0}, two = {0}, html = {0};
	struct ql_validation *v = run(40, 1, &ds);
	ql_validation_json(v, &one);
	ql_report_page(&(struct ql_report){"Published <against> simulated", "quell validate", NULL, &one}, &html);
	ql_validation_free(v);
	v = run(40, 3, &ds);
	ql_validation_json(v, &two);
	ql_validation_free(v);
	assert_string_equal(one.data, two.data);
	json_t *j = json_loads(one.data, 0, NULL);
	assert_non_null(j);
	static const char *const keys[] = {"trial", "arm", "id", "unit", "role", "published", "simulated", "hit"};
	size_t i;
	json_t *e;
	json_array_foreach(json_object_get(j, "endpoints"), i, e) {
		assert_int_equal(json_object_size(e), 8);
		for (size_t k = 0; k < 8; k++)
			assert_non_null(json_object_get(e, keys[k]));
		assert_int_equal(json_object_size(json_object_get(e, "published")), 4);
		assert_int_equal(json_object_size(json_object_get(e, "simulated")), 3);
		assert_true(json_is_boolean(json_object_get(e, "hit")));
	}
	assert_true(i > 30);
	assert_non_null(json_object_get(j, "model_hash"));
	json_array_foreach(json_object_get(j, "networks"), i, e) { /* what all trials say of the pair */
		const json_t *t = json_object_get(e, "trials");
		assert_true(json_array_size(json_object_get(t, "rows")) > 0); /* at least the trial itself */
		assert_non_null(json_object_get(t, "statement"));
	}
	assert_true(i > 0);
	assert_non_null(strstr(html.data, "<h1>Published &lt;against&gt; simulated</h1>"));
	assert_non_null(strstr(html.data, "</td><td>miss</td></tr>"));
	assert_non_null(strstr(html.data, "</html>"));
	json_decref(j);
	ql_buf_free(&one);
	ql_buf_free(&two);
	ql_buf_free(&html);
	ql_diags_free(&ds);
}

/* Every role in the library is the one of evidence/roles.csv, and every trial of that list is simulated or named. */
static void every_trial_is_accounted_for(void **state)
{
	(void)state;
	struct ql_diags ds = {0};
	struct ql_validate_spec s = {.panel = {.data_dir = QUELL_SOURCE_DIR, .patients = 2, .seed = 1, .first_line = true},
				     .replicates = 20};
	struct ql_validation *v;
	assert_int_equal(ql_validate_run(&s, &ds, &v), QUELL_OK);
	assert_true(v->n_design >= 30);
	for (int i = 0; i < v->evidence->n_row; i++) {
		bool found = false;
		for (int d = 0; d < v->n_design; d++)
			found |= strcmp(v->design[d]->name, v->evidence->row[i].trial) == 0;
		for (int k = 0; k < v->n_left_out; k++)
			found |= !*v->left_out[k].arm && strcmp(v->left_out[k].trial, v->evidence->row[i].trial) == 0;
		if (!found)
			print_message("%s is neither simulated nor named\n", v->evidence->row[i].trial);
		assert_true(found);
	}
	ql_validation_free(v);
	ql_diags_free(&ds);
}

/* RESONATE lets its patients cross over at progression, and judges the usual share; CLL10 says another one. */
static void trials_keep_their_own_rules(void **state)
{
	(void)state;
	struct ql_diags ds = {0};
	struct ql_panel *p;
	struct ql_panel_spec spec = {.data_dir = QUELL_SOURCE_DIR, .patients = 200, .seed = 3, .threads = 2};
	struct ql_design *resonate, *cll10;
	struct ql_cohort_records c;
	assert_int_equal(ql_panel_open(&spec, &ds, &p), QUELL_OK);
	assert_int_equal(ql_panel_design(p, "resonate", &ds, &resonate), QUELL_OK);
	assert_int_equal(ql_panel_design(p, "cll10", &ds, &cll10), QUELL_OK);
	assert_true(fabs(resonate->judged_share - (1 - QL_NOT_EVALUABLE)) < 1e-12 && fabs(cll10->judged_share - 0.97) < 1e-12);
	int next = 0, most = 0, count[256] = {0};
	assert_int_equal(ql_panel_cohort(p, resonate, 1, NULL, 2000, &ds, &c), QUELL_OK);
	for (size_t i = 0; i < c.n; i++)
		if (c.record[i].n_line > 0) {
			next++;
			count[c.record[i].line[0]]++;
		}
	for (int i = 0; i < 256; i++)
		most = count[i] > most ? count[i] : most;
	assert_true(next > 100 && fabs((double)most / next - resonate->arm[1].crossover_share) < 0.12);
	ql_cohort_records_free(&c);
	ql_panel_close(p);
	ql_diags_free(&ds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_have_a_meaning), cmocka_unit_test(records_answer),
		cmocka_unit_test(trials_keep_their_own_rules),
		cmocka_unit_test(the_trial_effect_acts_on_the_hazard),
		cmocka_unit_test(parameter_draws_widen_by_what_they_differ),
		cmocka_unit_test(variances_of_trial_and_arm_are_told_apart),
		cmocka_unit_test(who_entered_first_is_judged),
		cmocka_unit_test(predictions_have_the_right_width), cmocka_unit_test(no_row_is_lost),
		cmocka_unit_test(json_is_what_is_promised), cmocka_unit_test(every_trial_is_accounted_for)};
	return cmocka_run_group_tests(tests, NULL, scratch_remove);
}
