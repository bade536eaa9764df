/* SPDX-License-Identifier: Apache-2.0 */
/* Data sets against closed forms: sums of responses to single doses of a one-compartment model with absorption. */
#define _GNU_SOURCE
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "dosing/dataset.h"
#include "dosing_helpers.h"

#define KA 1.5
#define K (1.1 / 20)
#define V 20.0

struct fixture {
	struct ql_diags ds;
	struct ql_arena a;
	struct ql_model *m;
	struct ql_dataset d;
	struct ql_dataset_result r;
	enum quell_status status;
};

static void close_run(struct fixture *f)
{
	ql_model_free(f->m);
	ql_arena_free(&f->a);
	ql_diags_free(&f->ds);
}

/* Runs records of a model text or (with '/') a model file. */
static void open_run(struct fixture *f, const char *model, const char *csv, enum ql_interpolation how, int threads)
{
	*f = (struct fixture){0};
	if (*model == '/')
		assert_int_equal(ql_model_load(model, &f->ds, &f->m), QUELL_OK);
	else
		f->m = model_of(model, &f->ds);
	f->status = ql_dataset_read(f->m, scratch_file("d.csv", csv), &f->a, &f->ds, &f->d);
	struct ql_dataset_run run = {.model = f->m, .data = &f->d, .interpolation = how, .threads = threads};
	if (f->status == QUELL_OK)
		f->status = ql_dataset_simulate(&run, &f->a, &f->ds, &f->r);
}

#define ONE_COMPARTMENT QUELL_SOURCE_DIR "/tests/exams/dosing.qm"
#define VARYING QUELL_SOURCE_DIR "/tests/exams/time-varying.qm"
#define HEAD "ID,TIME,EVID,AMT,CMT,RATE,II,ADDL,SS,LAGT,BIOAV,RAT2,DUR2\n"

/* --- closed forms: amount in central, tau after the start --- */

static double depot_bolus(double tau) { return tau < 0 ? 0 : KA / (KA - K) * (exp(-K * tau) - exp(-KA * tau)); }
static double central_bolus(double tau) { return tau < 0 ? 0 : exp(-K * tau); }
static double central_step(double tau) { return tau < 0 ? 0 : (1 - exp(-K * tau)) / K; }
static double depot_step(double tau)
{
	return tau < 0 ? 0 : (1 - exp(-K * tau)) / K - (exp(-K * tau) - exp(-KA * tau)) / (KA - K);
}
static double infusion(double (*step)(double), double rate, double duration, double tau)
{
	return rate * (step(tau) - step(tau - duration));
}

static double cp(double amount) { return amount / (V / 1000); }

static void expect_near(double got, double want, double rtol)
{
	if (!(fabs(got - want) <= rtol * fabs(want) + 1e-6))
		print_error("%.12g where %.12g is wanted\n", got, want);
	assert_true(fabs(got - want) <= rtol * fabs(want) + 1e-6);
}

/* Compares all records from `first` on with want(time). */
static void expect_course(const char *csv, int first, double (*want)(double t), double rtol)
{
	struct fixture f;
	open_run(&f, ONE_COMPARTMENT, csv, QL_NOCB, 1);
	if (f.status)
		show(&f.ds);
	assert_int_equal(f.status, QUELL_OK);
	for (int i = first; i < f.d.n_record; i++)
		expect_near(f.r.value[i], cp(want(f.d.record[i].time)), rtol);
	close_run(&f);
}

/* --- resets --- */

static double nothing(double t)
{
	(void)t;
	return 0;
}

static void a_reset_stops_and_cancels_everything(void **state)
{
	(void)state;
	expect_course(HEAD "1,0,1,480,2,10,0,0,0,0,1,10,2\n"  /* runs to 48 h */
			   "1,0,1,100,2,0,12,5,0,6,1,10,2\n"  /* lagged, with doses to come */
			   "1,20,3,0,2,0,0,0,0,0,1,10,2\n"
			   "1,21,0,0,2,0,0,0,0,0,1,10,2\n"
			   "1,31,0,0,2,0,0,0,0,0,1,10,2\n"
			   "1,60,0,0,2,0,0,0,0,0,1,10,2\n", 2, nothing, 1e-7);
}

static double after_reset_dose(double t) { return 70 * depot_bolus(t - 20) + 70 * depot_bolus(t - 28); }

static void a_reset_with_dose_starts_afresh(void **state)
{
	(void)state;
	expect_course(HEAD "1,0,1,480,2,10,0,0,0,0,1,10,2\n"
			   "1,0,1,100,2,0,12,5,0,6,1,10,2\n"
			   "1,20,4,70,1,0,8,1,0,0,1,10,2\n"
			   "1,27,0,0,2,0,0,0,0,0,1,10,2\n"
			   "1,33,0,0,2,0,0,0,0,0,1,10,2\n"
			   "1,90,0,0,2,0,0,0,0,0,1,10,2\n", 2, after_reset_dose, 1e-7);
}

static void a_reset_may_turn_the_clock_back(void **state)
{
	(void)state;
	struct fixture f;
	open_run(&f, ONE_COMPARTMENT,
		 HEAD "1,100,1,50,2,0,0,0,0,0,1,10,2\n1,110,0,0,2,0,0,0,0,0,1,10,2\n"
		      "1,0,4,80,2,0,0,0,0,0,1,10,2\n1,5,0,0,2,0,0,0,0,0,1,10,2\n", QL_NOCB, 1);
	assert_int_equal(f.status, QUELL_OK);
	expect_near(f.r.value[1], cp(50 * central_bolus(10)), 1e-7);
	expect_near(f.r.value[3], cp(80 * central_bolus(5)), 1e-7);
	close_run(&f);
}

/* --- steady states --- */

/* 60 mg at 3/h (20 h) into central every 8 h since ever, lag 5, F 1: arrivals at 40 + 5 - 8n, then 40 + 5 + 8n. */
static double long_infusion(double t)
{
	double s = 0;
	for (int n = -600; n <= 2; n++)
		s += infusion(central_step, 3, 20, t - (45 + 8 * n));
	return s;
}

static void steady_infusions_overlap_and_go_on(void **state)
{
	(void)state;
	expect_course(HEAD "1,0,1,1000,2,0,0,0,0,0,1,10,2\n"  /* gone at the steady state */
			   "1,39,1,500,2,5,0,0,0,0,1,10,2\n"  /* stopped by it */
			   "1,40,1,60,2,3,8,2,1,5,1,10,2\n"
			   "1,42,0,0,2,0,0,0,0,0,1,10,2\n1,46,0,0,2,0,0,0,0,0,1,10,2\n1,60,0,0,2,0,0,0,0,0,1,10,2\n"
			   "1,79,0,0,2,0,0,0,0,0,1,10,2\n1,200,0,0,2,0,0,0,0,0,1,10,2\n", 2, long_infusion, 1e-6);
}

/* Lag above the interval: the doses of the last two intervals are still on their way. */
static double long_lag(double t)
{
	double s = 0;
	for (int n = -900; n <= 0; n++)
		s += 0.5 * 30 * central_bolus(t - (13 + 6 * n));
	return s;
}

static void a_lag_may_exceed_the_interval(void **state)
{
	(void)state;
	expect_course(HEAD "1,0,1,30,2,0,6,0,1,13,0.5,10,2\n1,0.5,0,0,2,0,0,0,0,0,1,10,2\n1,2,0,0,2,0,0,0,0,0,1,10,2\n"
			   "1,8,0,0,2,0,0,0,0,0,1,10,2\n1,14,0,0,2,0,0,0,0,0,1,10,2\n1,40,0,0,2,0,0,0,0,0,1,10,2\n",
		      1, long_lag, 1e-6);
}

static double superposed(double t)
{
	double s = 40 * central_bolus(t) + infusion(depot_step, 4, 25, t);
	for (int n = -800; n <= 1; n++)
		s += 20 * depot_bolus(t - (10 + 12 * n)) * (10 + 12 * n <= 10 && t < 10 ? 0 : 1);
	return s;
}

static void steady_state_two_adds(void **state)
{
	(void)state;
	expect_course(HEAD "1,0,1,40,2,0,0,0,0,0,1,10,2\n1,0,1,100,1,4,0,0,0,0,1,10,2\n"
			   "1,10,1,20,1,0,12,1,2,0,1,10,2\n1,12,0,0,2,0,0,0,0,0,1,10,2\n"
			   "1,24,0,0,2,0,0,0,0,0,1,10,2\n1,50,0,0,2,0,0,0,0,0,1,10,2\n", 2, superposed, 1e-6);
}

static double declining(double t) { return 100 / K * exp(-K * t) + 100 * KA / (KA - K) * (exp(-K * t) - exp(-KA * t)) / KA; }

static void a_constant_infusion_ends_at_its_record(void **state)
{
	(void)state;
	expect_course(HEAD "1,0,1,0,1,100,0,0,1,0,1,10,2\n1,1,0,0,2,0,0,0,0,0,1,10,2\n1,30,0,0,2,0,0,0,0,0,1,10,2\n", 0,
		      declining, 1e-7);
}

/* Nonlinear elimination has no closed form: two hundred real doses are the measure. */
static void a_nonlinear_steady_state_is_that_of_many_doses(void **state)
{
	(void)state;
	static const char mm[] = "param vm = 12\nparam km = 3\nstate a = 0\ndose iv into a\nd/dt(a) = -vm*a/(km + a)\noutput x = a\n";
	struct fixture f;
	open_run(&f, mm, "ID,TIME,EVID,AMT,CMT,RATE,II,ADDL,SS\n1,0,1,100,1,25,12,0,1\n1,5,0,0,1,0,0,0,0\n"
			 "2,0,1,100,1,25,12,200,0\n2,2400,2,0,1,0,0,0,0\n2,2405,0,0,1,0,0,0,0\n", QL_NOCB, 1);
	assert_int_equal(f.status, QUELL_OK);
	expect_near(f.r.value[0], f.r.value[3], 1e-6);
	expect_near(f.r.value[1], f.r.value[4], 1e-6);
	close_run(&f);
}

/* A deep compartment with a half-life of about 9000 intervals; the mean is dose/(clearance*interval). */
static void slow_compartments_settle_at_once(void **state)
{
	(void)state;
	static const char deep[] = "param k10 = 0.1\nparam k12 = 0.02\nparam k21 = 7e-6\nstate a = 0\nstate b = 0\nstate auc = 5\n"
				   "dose iv into a\nd/dt(a) = -(k10 + k12)*a + k21*b\nd/dt(b) = k12*a - k21*b\nd/dt(auc) = a\n"
				   "output x = a\noutput y = b\noutput z = auc\n";
	struct fixture f;
	open_run(&f, deep, "ID,TIME,EVID,AMT,CMT,RATE,II,ADDL,SS\n1,0,1,50,1,0,12,0,1\n1,12,0,0,1,0,0,0,0\n", QL_NOCB, 1);
	assert_int_equal(f.status, QUELL_OK);
	expect_near(f.r.value[5] - 5, 50 / 0.1, 1e-6); /* area over one interval at steady state */
	expect_near(f.r.value[2], 5, 0);               /* an area under the curve is nobody's steady state */
	expect_near(f.r.value[1], 0.02 * (50 / 0.1 / 12) / 7e-6, 1e-3);
	close_run(&f);
}

static void no_steady_state_is_an_error(void **state)
{
	(void)state;
	static const char sink[] = "state a = 0\nstate b = 0\ndose iv into a\nd/dt(a) = -a*(1 + b)\nd/dt(b) = 0.1*a\noutput x = a\noutput y = b\n";
	struct fixture f;
	open_run(&f, sink, "ID,TIME,EVID,AMT,CMT,RATE,II,ADDL,SS\n1,0,1,50,1,0,12,0,1\n1,12,0,0,1,0,0,0,0\n"
			   "2,0,1,50,1,0,0,0,0\n2,1,0,0,1,0,0,0,0\n", QL_NOCB, 1);
	assert_int_equal(f.status, QUELL_ERR_NUMERIC);
	const struct ql_diag *d = find_diag(&f.ds, QL_E0429);
	assert_non_null(d);
	assert_int_equal(d->span.line, 2);
	assert_true(isnan(f.r.value[2]) && f.r.value[6] > 0 && f.r.n_failed == 1);
	close_run(&f);
}

/* A turnover model that is not empty at the start keeps its baseline. */
static void baselines_are_kept(void **state)
{
	(void)state;
	static const char turnover[] = "state r = 10\ndose iv into r\nd/dt(r) = 1 - 0.1*r\noutput x = r\n";
	struct fixture f;
	open_run(&f, turnover, "ID,TIME,EVID,AMT,CMT,RATE,II,ADDL,SS\n1,0,1,5,1,0,6,0,1\n1,3,1,5,1,0,6,0,2\n1,4,3,0,1,0,0,0,0\n", QL_NOCB, 1);
	assert_int_equal(f.status, QUELL_OK);
	double own = 5 / (1 - exp(-0.6));
	expect_near(f.r.value[0], 10 + own, 1e-7);
	expect_near(f.r.value[1], 10 + own * exp(-0.3) + own, 1e-7);
	expect_near(f.r.value[2], 10, 1e-12);
	close_run(&f);
}

/* --- rates, order, covariates --- */

static double modelled(double t)
{
	return infusion(central_step, 7, 0.5 * 42 / 7, t - 1) + infusion(central_step, 0.5 * 42 / 6, 6, t - 1);
}

static void rates_and_durations_of_the_model(void **state)
{
	(void)state;
	expect_course(HEAD "1,0,1,42,2,-1,0,0,0,1,0.5,7,2\n1,0,1,42,2,-2,0,0,0,1,0.5,7,6\n1,2,0,0,2,0,0,0,0,1,0.5,7,6\n"
			   "1,5,0,0,2,0,0,0,0,1,0.5,7,6\n1,20,0,0,2,0,0,0,0,1,0.5,7,6\n", 2, modelled, 1e-7);
}

static void records_act_in_the_order_of_the_file(void **state)
{
	(void)state;
	struct fixture f;
	open_run(&f, ONE_COMPARTMENT,
		 HEAD "1,0,1,10,2,0,24,1,0,0,1,10,2\n1,24,0,0,2,0,0,0,0,0,1,10,2\n1,30,0,0,2,0,0,0,0,0,1,10,2\n"
		      "1,30,1,10,2,0,0,0,0,0,1,10,2\n1,30,0,0,2,0,0,0,0,0,1,10,2\n", QL_NOCB, 1);
	assert_int_equal(f.status, QUELL_OK);
	double at30 = 10 * (central_bolus(30) + central_bolus(6));
	expect_near(f.r.value[1], cp(10 * (central_bolus(24) + 1)), 1e-7); /* the additional dose comes first */
	expect_near(f.r.value[2], cp(at30), 1e-7);
	expect_near(f.r.value[4], cp(at30 + 10), 1e-7);
	close_run(&f);
}

static double clearance(double wt) { return 1.1 * pow(wt / 70, 0.75) / V; }

static void covariates_hold_or_join(void **state)
{
	(void)state;
	static const char csv[] = "id,time,wt,evid,amt,cmt\n1,0,60,1,100,2\n1,4,90,0,0,2\n1,10,50,0,0,2\n1,20,.,0,0,2\n";
	struct fixture f;
	open_run(&f, VARYING, csv, QL_NOCB, 1);
	assert_int_equal(f.status, QUELL_OK);
	expect_near(f.r.value[2], cp(100 * exp(-4 * clearance(90) - 6 * clearance(50))), 1e-7);
	close_run(&f);
	open_run(&f, VARYING, csv, QL_LOCF, 1);
	expect_near(f.r.value[2], cp(100 * exp(-4 * clearance(60) - 6 * clearance(90))), 1e-7);
	close_run(&f);
	open_run(&f, VARYING, csv, QL_LINEAR, 1);
	assert_int_equal(f.status, QUELL_OK);
	double area = 0; /* by Simpson's rule */
	for (int i = 0; i <= 2000; i++) {
		double t = 10.0 * i / 2000, wt = t < 4 ? 60 + 30 * t / 4 : 90 - 40 * (t - 4) / 6;
		area += clearance(wt) * (i == 0 || i == 2000 ? 1 : i % 2 ? 4 : 2) * (10.0 / 2000) / 3;
	}
	expect_near(f.r.value[2], cp(100 * exp(-area)), 1e-6);
	expect_near(f.r.value[3], cp(100 * exp(-area - 10 * clearance(50))), 1e-6);
	close_run(&f);
}

/* A parameter whose typical value is an expression follows the line of its covariate as well. */
static void parameters_follow_covariates(void **state)
{
	(void)state;
	static const char model[] = "covariate w = 1\nparam k = 0.1*w\nstate a = 0\ndose iv into a\nd/dt(a) = -k*a\noutput x = a\n";
	struct fixture f;
	open_run(&f, model, "ID,TIME,W,AMT\n1,0,1,100\n1,10,3,0\n", QL_LINEAR, 1);
	assert_int_equal(f.status, QUELL_OK);
	expect_near(f.r.value[1], 100 * exp(-0.1 * 20), 1e-6);
	close_run(&f);
}

static void inputs_hold_from_their_record(void **state)
{
	(void)state;
	static const char model[] = "input level = 0\nstate a = 100\nd/dt(a) = -0.1*level*a\noutput x = a\n";
	struct fixture f;
	open_run(&f, model, "ID,TIME,level\n1,0,0\n1,5,2\n1,8,.\n1,10,0\n1,20,0\n", QL_NOCB, 1);
	assert_int_equal(f.status, QUELL_OK);
	expect_near(f.r.value[1], 100, 1e-12);
	expect_near(f.r.value[3], 100 * exp(-1), 1e-7);
	expect_near(f.r.value[4], 100 * exp(-1), 1e-7);
	close_run(&f);
}

/* Same bytes for any number of threads and any neighbours in the lanes. */
static void subjects_do_not_see_each_other(void **state)
{
	(void)state;
	struct ql_buf csv = {0};
	ql_buf_puts(&csv, HEAD);
	for (int i = 0; i < 37; i++)
		ql_buf_printf(&csv, "%d,0,1,%d,%d,%d,12,3,%d,%g,0.7,10,2\n%d,7,0,0,2,0,0,0,0,0,1,10,2\n%d,50,0,0,2,0,0,0,0,0,1,10,2\n",
			      i, 10 + i, 1 + i % 2, i % 3 ? 3 : 0, i % 5 == 0, 0.1 * i, i, i);
	struct fixture one, two, alone;
	open_run(&one, ONE_COMPARTMENT, csv.data, QL_NOCB, 1);
	open_run(&two, ONE_COMPARTMENT, csv.data, QL_NOCB, 2);
	assert_int_equal(one.status, QUELL_OK);
	assert_memory_equal(one.r.value, two.r.value, (size_t)one.d.n_record * sizeof(double));
	open_run(&alone, ONE_COMPARTMENT, HEAD "11,0,1,21,2,3,12,3,0,1.1,0.7,10,2\n11,7,0,0,2,0,0,0,0,0,1,10,2\n"
					       "11,50,0,0,2,0,0,0,0,0,1,10,2\n"
					       "99,0,1,5,1,0,0,0,0,0,1,10,2\n", QL_NOCB, 1); /* both doses: the same plan */
	assert_memory_equal(alone.r.value, one.r.value + 33, 3 * sizeof(double));
	close_run(&one);
	close_run(&two);
	close_run(&alone);
	ql_buf_free(&csv);
}

static void storms_of_doses_are_no_trouble(void **state)
{
	(void)state;
	struct fixture f;
	open_run(&f, ONE_COMPARTMENT, HEAD "1,0,1,1,2,0.5,0.01,99999,0,0,1,10,2\n1,1000,0,0,2,0,0,0,0,0,1,10,2\n", QL_NOCB, 1);
	assert_int_equal(f.status, QUELL_OK);
	double s = 0;
	for (int i = 0; i < 100000; i++)
		s += infusion(central_step, 0.5, 2, 1000 - 0.01 * i);
	expect_near(f.r.value[1], cp(s), 1e-5);
	close_run(&f);
}

/* Models that ask for the time after the dose: a falls as exp(-tad^2/2) after each dose, lag included. */
static void models_see_the_time_after_dose(void **state)
{
	(void)state;
	static const char model[] = "d/dt(a) = -tad()*a\nalag(a) = 0.5\nx = a\nn = dosenum()\np = podo()\n";
	struct fixture f;
	open_run(&f, model, "ID,TIME,EVID,AMT,CMT,II,ADDL,SS\n1,0,1,10,1,1,1,0\n1,2,0,0,1,0,0,0\n1,3,4,10,1,1,0,1\n1,3.75,0,0,1,0,0,0\n", QL_NOCB, 1);
	if (f.status)
		show(&f.ds);
	assert_int_equal(f.status, QUELL_OK);
	const double *r1 = f.r.value + f.r.n_out, *r3 = f.r.value + 3 * f.r.n_out, *r2 = f.r.value + 2 * f.r.n_out;
	int x = -1, n = -1, p = -1;
	for (int i = 0; i < f.r.n_out; i++) {
		x = strcmp(f.r.name[i], "x") == 0 ? i : x;
		n = strcmp(f.r.name[i], "n") == 0 ? i : n;
		p = strcmp(f.r.name[i], "p") == 0 ? i : p;
	}
	assert_true(x >= 0 && n >= 0 && p >= 0);
	expect_near(r1[x], 10 * (exp(-0.5) + 1) * exp(-0.125), 1e-6);
	assert_true(r1[n] == 2 && r1[p] == 10);
	double trough = 10 * exp(-0.5) / (1 - exp(-0.5)); /* just before a dose, every 1, at steady state */
	expect_near(r2[x], (trough + 10) * exp(-0.125), 1e-6);
	expect_near(r3[x], (trough + 10) * exp(-0.5 * 0.25 * 0.25), 1e-6);
	close_run(&f);
}

static void thresholds_act_between_records(void **state)
{
	(void)state;
	static const char model[] = "state a = 0\ndose iv into a\nd/dt(a) = -0.1*a\nwhen low (a < 50) : a = 100\noutput x = a\n";
	struct fixture f;
	open_run(&f, model, "ID,TIME,AMT\n1,0,100\n1,10,0\n", QL_NOCB, 1);
	assert_int_equal(f.status, QUELL_OK);
	expect_near(f.r.value[1], 200 * exp(-1), 1e-6); /* refilled at log(2)/0.1 */
	close_run(&f);
}

/* A hundred thousand infusions at once. */
static void many_infusions_at_once(void **state)
{
	(void)state;
	struct fixture f;
	open_run(&f, ONE_COMPARTMENT, HEAD "1,0,1,1000,2,0.5,0.001,99999,0,0,1,10,2\n1,150,0,0,2,0,0,0,0,0,1,10,2\n", QL_NOCB, 1);
	assert_int_equal(f.status, QUELL_OK);
	double s = 0;
	for (int i = 0; i < 100000; i++)
		s += infusion(central_step, 0.5, 2000, 150 - 0.001 * i);
	expect_near(f.r.value[1], cp(s), 1e-5);
	close_run(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reset_stops_and_cancels_everything),
		cmocka_unit_test(a_reset_with_dose_starts_afresh),
		cmocka_unit_test(a_reset_may_turn_the_clock_back),
		cmocka_unit_test(steady_infusions_overlap_and_go_on),
		cmocka_unit_test(a_lag_may_exceed_the_interval),
		cmocka_unit_test(steady_state_two_adds),
		cmocka_unit_test(a_constant_infusion_ends_at_its_record),
		cmocka_unit_test(a_nonlinear_steady_state_is_that_of_many_doses),
		cmocka_unit_test(slow_compartments_settle_at_once),
		cmocka_unit_test(no_steady_state_is_an_error),
		cmocka_unit_test(baselines_are_kept),
		cmocka_unit_test(rates_and_durations_of_the_model),
		cmocka_unit_test(records_act_in_the_order_of_the_file),
		cmocka_unit_test(covariates_hold_or_join),
		cmocka_unit_test(parameters_follow_covariates),
		cmocka_unit_test(inputs_hold_from_their_record),
		cmocka_unit_test(subjects_do_not_see_each_other),
		cmocka_unit_test(storms_of_doses_are_no_trouble),
		cmocka_unit_test(models_see_the_time_after_dose),
		cmocka_unit_test(thresholds_act_between_records),
		cmocka_unit_test(many_infusions_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, scratch_remove);
}
