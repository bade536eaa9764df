/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
/* The main job end to end on the shipped model and library. */
#include "compare_helpers.h"
#include "compare/numerics.h"
#include "compare/simulate.h"
#include "compare/warm.h"
#include "trial/names.h"
#include "trial/rules.h"
#include <jansson.h>

static const char *four[] = {"clb-obi", "ven-obi", "clb-rituximab", "ibrutinib"};

static struct ql_run_spec small(void)
{
	return (struct ql_run_spec){.data_dir = QUELL_SOURCE_DIR, .population = "unfit-1l", .regimen = four,
				    .n_regimen = 4, .patients = 37, .seed = 7, .years = 3, .threads = 1};
}

/* Few patients run as pieces of arms beside each other: the same records, courses and progress. */
struct told {
	uint64_t last, total;
	bool falls;
};

static void note(void *ctx, uint64_t done, uint64_t total)
{
	struct told *t = ctx;
	t->falls |= done < t->last;
	t->last = done;
	t->total = total;
}

static void same_bytes_in_pieces(void **state)
{
	(void)state;
	struct ql_run_spec s = small();
	struct told t = {0};
	s.patients = 150;
	s.years = 2;
	char *whole = json_of(&s);
	static const int threads[] = {2, 5, 40};
	for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
		s.threads = threads[i];
		t = (struct told){0};
		s.progress = note;
		s.progress_ctx = &t;
		char *pieces = json_of(&s);
		assert_string_equal(whole, pieces);
		assert_int_equal(t.last, 600);
		assert_int_equal(t.total, 600);
		assert_false(t.falls);
		free(pieces);
	}
	free(whole);
}

/* Other regimens, parameters and threads in between leave no trace in what a kit of an earlier run gives. */
static void same_bytes_from_a_warm_kit(void **state)
{
	(void)state;
	const char *rmax[] = {"disease.rmax=0.004", "age=81"}, *two[] = {"ven-obi", "fcr"};
	struct ql_run_spec plain = small(), set = small(), other = small();
	set.set = rmax;
	set.n_set = 2;
	other.regimen = two;
	other.n_regimen = 2;
	other.set = rmax;
	other.n_set = 1;
	const struct ql_run_spec *asked[] = {&plain, &set, &other};
	char *cold[3];
	for (int i = 0; i < 3; i++)
		cold[i] = json_of(asked[i]);
	struct ql_warm *w = ql_warm_new();
	plain.warm = set.warm = other.warm = w;
	plain.threads = 3;
	static const int order[] = {0, 1, 0, 2, 1, 2, 0};
	for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
		char *warm = json_of(asked[order[i]]);
		assert_string_equal(warm, cold[order[i]]);
		free(warm);
	}
	set.warm_stamp = 1; /* the files have changed */
	char *again = json_of(&set);
	assert_string_equal(again, cold[1]);
	free(again);
	ql_warm_free(w);
	for (int i = 0; i < 3; i++)
		free(cold[i]);
}

/* A mistake leaves the kit as good as it was; without courses nothing else differs. */
static void kits_survive_mistakes(void **state)
{
	(void)state;
	struct ql_run_spec s = small(), wrong = small();
	const char *nobody[] = {"ven-obi", "no-such-regimen"};
	char *cold = json_of(&s);
	s.warm = wrong.warm = ql_warm_new();
	wrong.regimen = nobody;
	wrong.n_regimen = 2;
	for (int i = 0; i < 2; i++) {
		struct ql_diags ds = {0};
		struct ql_compare *c = NULL;
		assert_int_equal(ql_compare_run(&wrong, &ds, &c), QUELL_ERR_INPUT);
		assert_null(c);
		ql_diags_free(&ds);
		char *warm = json_of(&s);
		assert_string_equal(warm, cold);
		free(warm);
	}
	s.no_courses = true;
	struct ql_compare *c = compare(&s);
	json_t *all = json_loads(cold, 0, NULL);
	struct ql_buf b = {0};
	ql_compare_json(c, &b);
	json_t *less = json_loads(b.data, 0, NULL);
	for (size_t i = 0; i < json_array_size(json_object_get(all, "regimens")); i++) {
		assert_int_equal(c->arm[i].n_course, 0);
		json_object_set_new(json_array_get(json_object_get(all, "regimens"), i), "courses", json_array());
	}
	assert_true(json_equal(all, less));
	json_decref(all);
	json_decref(less);
	ql_buf_free(&b);
	ql_compare_free(c);
	ql_warm_free(s.warm);
	free(cold);
}

static void same_bytes_for_threads_lanes_and_again(void **state)
{
	(void)state;
	struct ql_run_spec s = small();
	s.lanes = 4;
	char *one = json_of(&s);
	s.threads = 2;
	char *two = json_of(&s);
	s.lanes = 8;
	char *eight = json_of(&s);
	char *again = json_of(&s);
	assert_string_equal(one, two);
	assert_string_equal(one, eight);
	assert_string_equal(one, again);
	s.seed = 8;
	char *other = json_of(&s);
	assert_string_not_equal(one, other);
	free(one), free(two), free(eight), free(again), free(other);
}

static void everything_asked_for_is_reported(void **state)
{
	(void)state;
	static const char *const id[] = {"pfs_rate_24mo", "pfs_rate_36mo", "pfs_median", "umrd_pb_1e-4_eot",
					 "umrd_bm_1e-4_eot", "orr", "cr", "infection_g3_24mo", "neutropenia_g3",
					 "af_24mo", "death_24mo"};
	struct ql_run_spec s = small();
	struct ql_compare *c = compare(&s);
	assert_int_equal(c->n_arm, 4);
	for (int i = 0; i < 4; i++) {
		const struct ql_arm *a = &c->arm[i];
		assert_string_equal(a->id, four[i]);
		assert_int_equal(a->patients_failed, 0);
		assert_int_equal(a->patients_done, s.patients);
		assert_int_equal(a->evidence_grade, 'A');
		assert_int_equal(a->n_course, 6);
		assert_int_equal(a->curve[0].n, 37);
		for (size_t k = 0; k < sizeof id / sizeof *id; k++) {
			const struct ql_endpoint *e = endpoint(a, id[k]);
			assert_non_null(e);
			assert_true(isnan(e->estimate) || e->lower <= e->estimate || isnan(e->lower));
		}
		for (int k = 0; k < a->n_course; k++)
			for (int d = 0; d < a->course[k].n; d++)
				assert_true(!(a->course[k].q05[d] > a->course[k].q50[d]) &&
					    !(a->course[k].q50[d] > a->course[k].q95[d]));
	}
	assert_true(endpoint(&c->arm[1], "pfs_rate_36mo")->estimate > endpoint(&c->arm[2], "pfs_rate_36mo")->estimate);
	assert_non_null(endpoint(&c->arm[1], "pfs_rate_24mo")->published);
	assert_true(c->n_contrast > 0);
	ql_compare_free(c);
}

static const struct ql_contrast *pfs(const struct ql_compare *c, int a, int b)
{
	for (int i = 0; i < c->n_contrast; i++)
		if (c->contrast[i].arm_a == a && c->contrast[i].arm_b == b &&
		    strcmp(c->contrast[i].endpoint, "pfs_median") == 0)
			return &c->contrast[i];
	return NULL;
}

/* four[]: clb-obi, ven-obi, clb-rituximab, ibrutinib. CLL14 compares the first two itself; nobody compared the last two. */
static void trials_stand_beside_the_hazard_ratios(void **state)
{
	(void)state;
	struct ql_run_spec s = small();
	struct ql_compare *c = compare(&s);
	const struct ql_trial_evidence *t = pfs(c, 0, 1)->trials;
	assert_non_null(t);
	assert_string_equal(t->treat_a, "G-Clb");
	assert_string_equal(t->treat_b, "Ven-G");
	assert_true(t->verified && t->n_row == 1 && t->proportion_direct > 0.5 && t->certainty);
	assert_string_equal(t->row[0].trial, "CLL14");
	assert_string_equal(t->row[0].role, "calibration");
	assert_true(t->network.lower < t->network.estimate && t->network.estimate < t->network.upper);
	assert_true(t->direct.estimate > 1.0); /* clb-obi over ven-obi: published 0.40 the other way round */
	assert_true(fabs(ql_ratio_turned(t->direct).estimate - 0.40) < 0.005);
	assert_true(t->row[0].row > 1 && t->statement && t->agreement);
	t = pfs(c, 2, 3)->trials;
	assert_true(t->n_row == 0 && isnan(t->direct.estimate) && isfinite(t->indirect.estimate));
	assert_true(t->indirect.estimate == t->network.estimate);
	ql_compare_free(c);

	static const char *unknown[] = {"ven-obi", "gd-t"};
	s.regimen = unknown;
	s.n_regimen = 2;
	c = compare(&s);
	t = pfs(c, 0, 1)->trials;
	assert_string_equal(t->agreement, "no evidence");
	assert_true(!t->certainty && t->n_row == 0 && isnan(t->network.estimate));
	ql_compare_free(c);
}

static double largest_move(const struct ql_numerics *n, const char *unit)
{
	double most = 0;
	for (int i = 0; i < n->n_effect; i++)
		if (strcmp(n->effect[i].unit, unit) == 0)
			most = fmax(most, fabs(n->effect[i].loose - n->effect[i].tight));
	return most;
}

/* A coarse tolerance shows in the endpoints, the default one hardly; the estimates are those of the run itself. */
static void the_numerical_error_is_measured(void **state)
{
	(void)state;
	struct ql_run_spec s = small();
	struct ql_diags ds = {0};
	struct ql_compare *c = compare(&s);
	assert_int_equal(ql_compare_numerics(&s, 1000000, &ds, c), QUELL_OK);
	assert_int_equal(c->numerics->patients, s.patients);
	assert_true(c->numerics->rtol == 1e-6 && c->numerics->failed == 0 && c->numerics->n_effect > 40);
	assert_true(largest_move(c->numerics, "1") < 0.02 && largest_move(c->numerics, "month") < 0.5);
	const struct ql_numeric_effect *first = &c->numerics->effect[0];
	assert_true(first->loose == endpoint(&c->arm[first->arm], first->endpoint)->estimate);
	const double fine = largest_move(c->numerics, "month");
	ql_compare_free(c);
	s.rtol = 0.1;
	c = compare(&s);
	assert_int_equal(ql_compare_numerics(&s, 20, &ds, c), QUELL_OK);
	assert_int_equal(c->numerics->patients, 20);
	assert_true(largest_move(c->numerics, "month") > fine);
	ql_compare_free(c);
	ql_diags_free(&ds);
}

/* --- what one patient sees, for comparisons --- */

enum { MAX_READS = 200, MAX_PATIENTS = 200, N_WATCHED = 6 };
static const char *const watched[N_WATCHED] = {"alc", "spd", "marrow_fraction", "mrd_blood", "mrd_marrow", "igg"};

struct watch {
	int out[N_WATCHED], n[MAX_PATIENTS];
	double day[MAX_PATIENTS][MAX_READS], value[MAX_PATIENTS][MAX_READS][N_WATCHED];
};

static void observe(void *ctx, uint64_t patient, double day, unsigned at, const double *out)
{
	struct watch *w = ctx;
	int n = w->n[patient];
	if (!(at & QL_READ_VISIT) || n >= MAX_READS)
		return;
	w->day[patient][n] = day;
	for (int i = 0; i < N_WATCHED; i++)
		w->value[patient][n][i] = out[w->out[i]];
	w->n[patient]++;
}

static void watch_arms(const struct ql_run_spec *spec, struct watch *w)
{
	struct ql_diags ds = {0};
	struct ql_job job;
	enum quell_status s = ql_job_open(&job, spec, &ds);
	show_errors(&ds);
	assert_int_equal(s, QUELL_OK);
	for (int i = 0; i < job.n_arm; i++) {
		struct ql_arm_result r;
		struct ql_arm_spec a = ql_job_arm_spec(&job, i);
		memset(&w[i], 0, sizeof w[i]);
		for (int k = 0; k < N_WATCHED; k++)
			w[i].out[k] = ql_trial_output(a.plan, watched[k]);
		a.observe = observe;
		a.observe_ctx = &w[i];
		assert_int_equal(ql_arm_run(&a, &ds, &r), QUELL_OK);
		assert_int_equal(r.n_failed, 0);
		ql_arm_result_free(&r);
	}
	ql_job_close(&job);
	ql_diags_free(&ds);
}

/* Largest difference as a share of what the acceptance allows: 1e-4 relative plus the floors of a clinic. */
static double worst(const struct watch *a, const struct watch *b, uint64_t patients)
{
	static const double floor_of[N_WATCHED] = {1e-3, 1e-3, 1e-6, 1e-6, 1e-6, 1e-6};
	double most = 0;
	for (int i = 0; i < 4; i++)
		for (uint64_t p = 0; p < patients; p++) {
			assert_int_equal(a[i].n[p], b[i].n[p]);
			assert_true(a[i].n[p] > 5);
			for (int d = 0; d < a[i].n[p]; d++) {
				assert_true(a[i].day[p][d] == b[i].day[p][d]);
				for (int k = 0; k < N_WATCHED; k++) {
					double x = a[i].value[p][d][k], y = b[i].value[p][d][k];
					most = fmax(most, fabs(x - y) / (1e-4 * fabs(y) + floor_of[k]));
				}
			}
		}
	return most;
}

static struct watch own[4], other[4];

/* Own and CVODE on the same fixed doses without extinction; the worst difference as a share of the allowed one. */
static double against_cvode(struct ql_run_spec s)
{
	const char *more = getenv("QUELL_TEST_PATIENTS"), *rtol = getenv("QUELL_TEST_RTOL");
	/* The acceptance asks for 200 patients over six years; the suite has time for a few. */
	s.patients = more ? strtoull(more, NULL, 10) : s.patients;
	s.years = more ? 6 : s.years;
	assert_in_range(s.patients, 1, MAX_PATIENTS);
	s.fixed_doses = true;
	s.rtol = rtol ? strtod(rtol, NULL) : 1e-6;
	watch_arms(&s, own);
	s.solver = QL_SOLVER_CVODE;
	s.rtol = 1e-10;
	watch_arms(&s, other);
	double most = worst(own, other, s.patients);
	print_message("worst difference as a share of the allowed one: %.3g\n", most);
	return most;
}

static void agrees_with_cvode(void **state)
{
	(void)state;
#ifndef QUELL_HAVE_CVODE
	print_message("built without CVODE\n");
	skip();
#endif
	struct ql_run_spec s = small();
	s.patients = 4;
	assert_true(against_cvode(s) < 1.0);
}

/* One regimen of each class: antibody, CAR-T, CAR-NK, bispecific; chemotherapy, immunomodulator, gamma-delta, BAK. */
static void every_class_agrees_with_cvode(void **state)
{
	(void)state;
#ifndef QUELL_HAVE_CVODE
	print_message("built without CVODE\n");
	skip();
#endif
	static const char *class[2][4] = {{"ofatumumab", "liso-cel", "car-nk", "epcoritamab"}, {"fcr", "len-rituximab", "gd-t", "bak"}};
	for (int k = 0; k < 2; k++) {
		struct ql_run_spec s = small();
		s.population = "relapsed";
		s.regimen = class[k];
		s.patients = 2;
		s.years = 1.5;
		assert_true(against_cvode(s) < 1.0);
	}
}

static void a_patient_is_the_same_in_any_company(void **state)
{
	(void)state;
	struct ql_diags ds = {0};
	struct ql_run_spec s = small();
	struct ql_job job;
	assert_int_equal(ql_job_open(&job, &s, &ds), QUELL_OK);
	struct ql_arm_spec many = ql_job_arm_spec(&job, 0), one = many;
	struct ql_arm_result rm, r1;
	one.first_patient = 29;
	one.n_patients = 1;
	assert_int_equal(ql_arm_run(&many, &ds, &rm), QUELL_OK);
	assert_int_equal(ql_arm_run(&one, &ds, &r1), QUELL_OK);
	assert_memory_equal(&rm.record[29], &r1.record[0], sizeof r1.record[0]);
	ql_arm_result_free(&rm);
	ql_arm_result_free(&r1);
	ql_job_close(&job);
	ql_diags_free(&ds);
}

/* --- chance --- */

static struct ql_patient_record *records(const struct ql_run_spec *s)
{
	struct ql_diags ds = {0};
	struct ql_job job;
	struct ql_arm_result r;
	assert_int_equal(ql_job_open(&job, s, &ds), QUELL_OK);
	struct ql_arm_spec a = ql_job_arm_spec(&job, 0);
	assert_int_equal(ql_arm_run(&a, &ds, &r), QUELL_OK);
	assert_int_equal(r.n_failed, 0);
	struct ql_patient_record *keep = malloc(s->patients * sizeof *keep);
	memcpy(keep, r.record, s->patients * sizeof *keep);
	ql_arm_result_free(&r);
	ql_job_close(&job);
	ql_diags_free(&ds);
	return keep;
}

static void near_share(double got, double want, double n) { assert_true(fabs(got - want) < 4 * sqrt(want * (1 - want) / n)); }

/* Six cycles with a chance of 0.05 before each of the last five; the same patients drop out under both. */
static void drop_out_has_its_rate_and_is_paired(void **state)
{
	(void)state;
	enum { N = 1000 };
	struct ql_run_spec s = small();
	s.patients = N;
	s.years = 0.02;
	s.n_regimen = 1;
	struct ql_patient_record *a = records(&s);
	s.regimen = (const char *[]){"clb-rituximab"};
	struct ql_patient_record *b = records(&s);
	int out = 0;
	for (int i = 0; i < N; i++) {
		assert_int_equal(a[i].last_cycle, b[i].last_cycle);
		assert_in_range(a[i].last_cycle, 0, 5);
		out += a[i].last_cycle > 0;
	}
	near_share((double)out / N, 1 - pow(0.95, 5), N);
	free(a), free(b);
}

/* Ibrutinib is stopped for toxicity at 0.040 a year while nobody has progressed yet. */
static void toxicity_stops_at_its_rate(void **state)
{
	(void)state;
	enum { N = 1000 };
	struct ql_run_spec s = small();
	s.patients = N;
	s.years = 1;
	s.regimen = (const char *[]){"ibrutinib"};
	s.n_regimen = 1;
	struct ql_patient_record *r = records(&s);
	double stopped = 0, years = 0;
	for (int i = 0; i < N; i++) {
		stopped += r[i].tox_day < INFINITY;
		years += fmin(r[i].tox_day, r[i].follow_day) / QL_DAYS_PER_YEAR;
	}
	assert_true(fabs(stopped - 0.040 * years) < 4 * sqrt(0.040 * years));
	free(r);
}

/* --- interruption --- */

struct stopper {
	volatile int cancel;
	uint64_t last;
};

static void stop_after_ten(void *ctx, uint64_t done, uint64_t total)
{
	struct stopper *st = ctx;
	assert_true(done <= total);
	st->last = done;
	st->cancel = done >= 10;
}

static void an_interrupt_keeps_what_was_finished(void **state)
{
	(void)state;
	struct stopper st = {0};
	struct ql_run_spec s = small();
	s.cancel = &st.cancel;
	s.progress = stop_after_ten;
	s.progress_ctx = &st;
	struct ql_compare *c = compare(&s);
	assert_true(c->interrupted);
	assert_true(c->arm[0].patients_done >= 10 && c->arm[0].patients_done < s.patients);
	assert_int_equal(c->arm[1].patients_done, 0);
	assert_false(isnan(endpoint(&c->arm[0], "pfs_rate_12mo")->estimate));
	assert_true(isnan(endpoint(&c->arm[1], "pfs_rate_12mo")->estimate));
	ql_compare_free(c);
}

/* --- bad input --- */

static void refuse(const struct ql_run_spec *s, enum ql_code code)
{
	struct ql_diags ds = {0};
	struct ql_compare *c = NULL;
	assert_int_not_equal(ql_compare_run(s, &ds, &c), QUELL_OK);
	assert_null(c);
	if (!find_diag(&ds, code))
		show(&ds);
	assert_non_null(find_diag(&ds, code));
	ql_diags_free(&ds);
}

static void mistakes_are_named(void **state)
{
	(void)state;
	struct ql_run_spec s = small();
	s.patients = 0;
	refuse(&s, QL_E0605);
	s.patients = 2000000001u;
	refuse(&s, QL_E0605);
	s = small();
	s.years = NAN;
	refuse(&s, QL_E0605);
	s = small();
	s.lanes = 5;
	refuse(&s, QL_E0605);
	s = small();
	s.population = "unfit";
	refuse(&s, QL_E0602);
	s = small();
	s.regimen = (const char *[]){"ven-obi", "ven-obo"};
	s.n_regimen = 2;
	refuse(&s, QL_E0601);
	s.regimen = (const char *[]){"ven-obi", "ven-obi"};
	refuse(&s, QL_E0606);
	s = small();
	s.n_set = 1;
	s.set = (const char *[]){"disease.Nh"};
	refuse(&s, QL_E0603);
	s.set = (const char *[]){"disease.Nh=many"};
	refuse(&s, QL_E0603);
	s.set = (const char *[]){"disease.Nx=3"};
	refuse(&s, QL_E0604);
	s.set = (const char *[]){"age=7"};
	refuse(&s, QL_E0605);
	s = small();
	s.n_regimen = 0;
	refuse(&s, QL_E0609);
}

static void settings_change_the_result(void **state)
{
	(void)state;
	struct ql_run_spec s = small();
	char *plain = json_of(&s);
	s.n_set = 1;
	s.set = (const char *[]){"tp53=1"};
	char *worse = json_of(&s);
	s.set = (const char *[]){"Nh=20"};
	char *slower = json_of(&s);
	assert_string_not_equal(plain, worse);
	assert_string_not_equal(plain, slower);
	free(plain), free(worse), free(slower);
}

/* --- memory --- */

static void running_out_of_memory_is_an_error_not_a_crash(void **state)
{
	(void)state;
	struct ql_run_spec s = small();
	s.patients = 2;
	s.n_regimen = 1;
	s.years = 0.2;
	int failed = 0;
	for (long n = 1; n < 4000; n = n * 3 / 2 + 1) {
		struct ql_diags ds = {0};
		struct ql_compare *c = NULL;
		ql_mem_fail_after(n);
		enum quell_status st = ql_compare_run(&s, &ds, &c);
		ql_mem_fail_after(0);
		assert_true(st == QUELL_OK || st == QUELL_ERR_MEMORY);
		failed += st == QUELL_ERR_MEMORY;
		ql_compare_free(c);
		ql_diags_free(&ds);
	}
	assert_true(failed > 3);
}

/* --- one profile --- */

static void a_profile_is_simulated_on_its_grid(void **state)
{
	(void)state;
	struct ql_diags ds = {0};
	struct ql_simulate_spec s = {.run = small(), .typical = true, .step_day = 28,
				     .output = (const char *[]){"alc", "igg"}, .n_output = 2};
	s.run.n_set = 1;
	s.run.set = (const char *[]){"alc0=100"};
	struct ql_simulation *r = NULL;
	enum quell_status st = ql_simulate_run(&s, &ds, &r);
	show_errors(&ds);
	assert_int_equal(st, QUELL_OK);
	assert_int_equal(r->n_arm, 4);
	assert_int_equal(r->n_output, 2);
	assert_int_equal(r->n_day, (int)(3 * QL_DAYS_PER_YEAR / 28) + 1);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(r->arm[i].n_day, r->n_day);
		assert_true(fabs(r->arm[i].value[0] - 100) < 1.0); /* day 0, before the first dose */
	}
	assert_true(r->arm[0].value[3] < 10); /* antibody and chemotherapy empty the blood */
	struct ql_buf b = {0};
	ql_simulation_json(r, &b);
	json_t *o = json_loads(b.data, 0, NULL);
	assert_non_null(o);
	json_decref(o);
	ql_buf_free(&b);
	ql_simulation_free(r);
	s.output = (const char *[]){"alk"};
	s.n_output = 1;
	assert_int_equal(ql_simulate_run(&s, &ds, &r), QUELL_ERR_INPUT);
	ql_diags_free(&ds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_asked_for_is_reported),
		cmocka_unit_test(trials_stand_beside_the_hazard_ratios),
		cmocka_unit_test(the_numerical_error_is_measured),
		cmocka_unit_test(same_bytes_for_threads_lanes_and_again),
		cmocka_unit_test(same_bytes_in_pieces),
		cmocka_unit_test(same_bytes_from_a_warm_kit),
		cmocka_unit_test(kits_survive_mistakes),
		cmocka_unit_test(a_patient_is_the_same_in_any_company),
		cmocka_unit_test(agrees_with_cvode),
		cmocka_unit_test(every_class_agrees_with_cvode),
		cmocka_unit_test(drop_out_has_its_rate_and_is_paired),
		cmocka_unit_test(toxicity_stops_at_its_rate),
		cmocka_unit_test(an_interrupt_keeps_what_was_finished),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(settings_change_the_result),
		cmocka_unit_test(running_out_of_memory_is_an_error_not_a_crash),
		cmocka_unit_test(a_profile_is_simulated_on_its_grid),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
