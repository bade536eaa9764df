/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "dosing/dataset.h"
#include "dosing/regimen.h"
#include "patient/population.h"
#include "dosing_helpers.h"

static const char module_text[] = "module drug \"a drug\"\n"
				  "agent:\n    CL : L/day in 0.001..10 \"clearance\"\n"
				  "param fa : 1 = 0.8 \"share absorbed\" [assumed]\n"
				  "state A : mg = 0 \"amount\"\n"
				  "state D : mg = 0 \"depot\"\n"
				  "input level : mg = 0 \"level\"\n"
				  "dose iv : mg into A \"intravenous\"\n"
				  "dose sc : mg into D \"under the skin\"\n"
				  "f(sc) = fa\nalag(sc) = 0.5 day\n"
				  "d/dt(A) = -CL/(1 L)*A + 1 (1/day)*D + 1 (1/day)*level\nd/dt(D) = -1 (1/day)*D\n"
				  "output amount : mg = A \"amount\"\n";
static const char agent_text[] = "agent: good\nmodule: drug\ntitle: a good drug\nclass: test\n"
				 "label: {iv: 100 mg, level: 10 mg}\nrequires: [b]\n"
				 "columns:\n  CL: {value: 1, unit: L/day, source: [], grade: assumed}\n";

struct fixture {
	struct ql_diags ds;
	struct ql_arena a;
	struct ql_model *m;
	struct ql_regimen r;
	struct ql_events e;
	enum quell_status status;
};

static void open_model(struct fixture *f)
{
	char dir[200];
	*f = (struct fixture){0};
	scratch_file("drug.qm", module_text);
	scratch_file("good.yaml", agent_text);
	const char *path = scratch_file("both.qm", "model both \"two drugs\"\nuse drug as a default good\nuse drug as b default good\n");
	snprintf(dir, sizeof dir, "%s", path);
	if (ql_model_load(dir, &f->ds, &f->m))
		show(&f->ds);
	assert_non_null(f->m);
	f->ds.n = f->ds.n_errors = f->ds.n_warnings = 0;
}

static void open_regimen(struct fixture *f, const char *doses)
{
	open_model(f);
	struct ql_buf text = {0};
	ql_buf_printf(&text, "regimen: t\nevidence: A\nagents: {a: good, b: good}\nresponse_day: 100\ndoses:\n%s", doses);
	f->status = ql_regimen_load(f->m, scratch_file("t.yaml", text.data), scratch, &f->a, &f->ds, &f->r);
	ql_buf_free(&text);
}

static void close_regimen(struct fixture *f)
{
	ql_model_free(f->m);
	ql_events_free(&f->e);
	ql_arena_free(&f->a);
	ql_diags_free(&f->ds);
}

/* Constants of the patient: the absorbed share, the lag; everything else is 1. */
static double value(void *ctx, ql_node n)
{
	struct fixture *f = ctx;
	double x;
	for (int i = 0; i < f->m->n_dose; i++) {
		if (n == f->m->dose[i].bioavailability)
			return 0.8;
		if (n == f->m->dose[i].lag)
			return 0.5;
	}
	return ql_is_const(&f->m->dag, n, &x) ? x : 1;
}

static void make(struct fixture *f, double start, double horizon)
{
	const struct ql_body body = {80, 2, 60};
	if (f->status)
		show(&f->ds);
	assert_int_equal(f->status, QUELL_OK);
	f->e.n = 0;
	assert_int_equal(ql_regimen_events(f->m, &f->r, &body, start, horizon, value, f, &f->e), QUELL_OK);
}

static void expect_event(const struct fixture *f, int i, double time, enum ql_event_kind kind, double amount, int cycle)
{
	assert_true(i < f->e.n);
	const struct ql_event *e = &f->e.item[i];
	if (fabs(e->time_day - time) > 1e-12 || e->kind != kind || fabs(e->amount - amount) > 1e-9 * fabs(amount) || e->cycle != cycle)
		print_error("event %d: day %g kind %d amount %g cycle %d\n", i, e->time_day, e->kind, e->amount, e->cycle);
	assert_true(fabs(e->time_day - time) < 1e-12);
	assert_int_equal(e->kind, kind);
	assert_true(fabs(e->amount - amount) <= 1e-9 * fabs(amount));
	assert_int_equal(e->cycle, cycle);
}

static void cycles_and_infusions(void **state)
{
	(void)state;
	struct fixture f;
	open_regimen(&f, "  - {give: a.iv, amount: 0.1 g, over: 6 h, cycles: 1..2, every: 28 day, days: [1, 8]}\n"
			 "  - {set: b.level, steps: {1: 5 mg, 30: 0 mg}}\n");
	make(&f, 0, 1000);
	assert_int_equal(f.e.n, 2 + 8 + 2 + 1);
	expect_event(&f, 0, 0, QL_EV_MARK, 0, 1);
	expect_event(&f, 1, 0, QL_EV_RATE, 400, 1);
	expect_event(&f, 2, 0, QL_EV_SET, 5, 0);
	expect_event(&f, 3, 0.25, QL_EV_RATE, -400, 1);
	expect_event(&f, 4, 7, QL_EV_RATE, 400, 1);
	expect_event(&f, 6, 28, QL_EV_MARK, 0, 2);
	expect_event(&f, 9, 29, QL_EV_SET, 0, 0);
	expect_event(&f, 12, 35.25, QL_EV_MARK, 0, 0);
	assert_true(f.e.item[1].quantity == f.m->dose[ql_model_find_dose(f.m, "a.iv")].rate_input);
	assert_true(f.r.end_day == 35.25 && f.r.n_cycle == 2 && f.r.cycle_days == 28 && !f.r.continuous);
	assert_int_equal(f.r.n_active, 2);
	f.e.n = 0;
	make(&f, 100, 120); /* a later line of therapy, cut at the horizon */
	expect_event(&f, 1, 100, QL_EV_RATE, 400, 1);
	assert_int_equal(f.e.n, 6);
	close_regimen(&f);
}

static void bodies_lags_and_shares(void **state)
{
	(void)state;
	struct fixture f;
	open_regimen(&f, "  - {give: a.iv, amount: 10 mg/m2}\n"
			 "  - {give: a.iv, amount: 0.5 mg/kg, max: 35 mg, days: [2]}\n"
			 "  - {give: a.iv, amount: 0.2 mg/(mL/min), days: [3]}\n"
			 "  - {give: a.iv, amount: 40 mg, days: [4], by_crcl: [{below: 70, factor: 0.5}, {below: 30, factor: 0}]}\n"
			 "  - {give: b.sc, steps: {5: 10 mg, 6: 20 mg}}\n");
	make(&f, 0, 1000);
	expect_event(&f, 0, 0, QL_EV_BOLUS, 20, 0);
	expect_event(&f, 1, 1, QL_EV_BOLUS, 35, 0);
	expect_event(&f, 2, 2, QL_EV_BOLUS, 12, 0);
	expect_event(&f, 3, 3, QL_EV_BOLUS, 20, 0);
	expect_event(&f, 4, 4.5, QL_EV_BOLUS, 8, 0);
	expect_event(&f, 6, 5.5, QL_EV_BOLUS, 16, 0);
	assert_true(f.e.item[4].prescribed == 10);
	close_regimen(&f);
}

static void open_ends_and_levels(void **state)
{
	(void)state;
	struct fixture f;
	open_regimen(&f, "  - {give: a.iv, amount: 1 mg, cycles: 3.., every: 10 day}\n"
			 "  - {set: b.level, level: 7 mg, days: 1..3, cycles: 1..2, every: 10 day, stop: [toxicity, progression]}\n");
	make(&f, 0, 60);
	int doses = 0, last = -1;
	for (int i = 0; i < f.e.n; i++)
		if (f.e.item[i].kind == QL_EV_BOLUS) {
			doses++;
			last = f.e.item[i].cycle;
		}
	assert_int_equal(doses, 5); /* days 20, 30, ... 60 */
	assert_int_equal(last, 7);
	assert_true(f.r.continuous && isinf(f.r.end_day));
	assert_true(f.r.info[1].stop == (QL_STOP_TOXICITY | QL_STOP_PROGRESSION) && f.r.stops_for_toxicity[1]);
	assert_true(f.r.info[0].stop == QL_STOP_PROGRESSION && !f.r.stops_for_toxicity[0]);
	int up = 0, down = 0;
	for (int i = 0; i < f.e.n; i++)
		if (f.e.item[i].kind == QL_EV_SET) {
			up += f.e.item[i].amount == 7 && (f.e.item[i].time_day == 0 || f.e.item[i].time_day == 10);
			down += f.e.item[i].amount == 0 && (f.e.item[i].time_day == 3 || f.e.item[i].time_day == 13);
		}
	assert_true(up == 2 && down == 2);
	close_regimen(&f);
}

/* Models that ask for the time after the dose are told with each dose, lag included. */
static void clocks_go_with_doses(void **state)
{
	(void)state;
	struct fixture f = {0};
	f.m = model_of("d/dt(a) = -tad()*a\nd/dt(b) = -tafd()*b\nx = a + dosenum()\n", &f.ds);
	const char *text = "regimen: t\nevidence: A\ndoses:\n  - {give: a, steps: {1: 5, 3: 7}}\n  - {give: b, amount: 2, days: [2]}\n";
	f.status = ql_regimen_load(f.m, scratch_file("t.yaml", text), scratch, &f.a, &f.ds, &f.r);
	make(&f, 10, 100);
	double last = -1, first = -1, count = -1;
	int n_first = 0;
	for (int i = 0; i < f.e.n; i++) {
		const struct ql_event *e = &f.e.item[i];
		for (int c = 0; e->kind == QL_EV_SET && c < f.m->dose[0].n_clock; c++) {
			const struct ql_clock *clock = &f.m->dose[0].clock[c];
			if (clock->input != e->quantity)
				continue;
			last = clock->kind == QL_CLOCK_LAST ? e->amount : last;
			first = clock->kind == QL_CLOCK_FIRST ? e->amount : first;
			n_first += clock->kind == QL_CLOCK_FIRST;
			count = clock->kind == QL_CLOCK_COUNT ? e->amount : count;
		}
	}
	assert_true(last == 12 && first == 10 && n_first == 1 && count == 3);
	assert_true(f.r.n_active > 2);
	close_regimen(&f);
}

/* What is exported and read back does the same as the list of events: amounts that enter, by closed forms. */
static void a_regimen_survives_its_export(void **state)
{
	(void)state;
	struct fixture f;
	open_regimen(&f, "  - {give: a.iv, amount: 12 mg, over: 12 h, cycles: 1..3, every: 2 day}\n"
			 "  - {give: b.sc, amount: 10 mg, days: [2]}\n  - {set: b.level, steps: {1: 4 mg, 3: 0 mg}}\n");
	const struct ql_body body = {80, 2, 60};
	struct ql_buf csv = {0};
	assert_int_equal(ql_regimen_dataset(f.m, &f.r, &body, 100, value, &f, "7", true, &csv), QUELL_OK);
	static const char top[] = "ID,TIME,EVID,AMT,CMT,RATE,II,ADDL,SS,MDV,b.level\n7,0,1,12,1,24,0,0,0,1,0\n";
	if (strncmp(csv.data, top, sizeof top - 1) != 0)
		print_error("%s", csv.data);
	assert_true(strncmp(csv.data, top, sizeof top - 1) == 0);
	ql_buf_puts(&csv, "7,20,0,0,.,0,0,0,0,0,.\n");
	struct ql_dataset d;
	struct ql_dataset_result r;
	for (int i = 0; i < f.r.n_slot; i++) /* without the trial layer: the row's numbers as defaults */
		for (int c = 0; c < f.m->slot[f.r.slot[i]].n_column; c++)
			f.m->q[f.m->slot[f.r.slot[i]].column[c]].def = ql_const(&f.m->dag, f.r.row[i].value[c]);
	enum quell_status s = ql_dataset_read(f.m, scratch_file("x.csv", csv.data), &f.a, &f.ds, &d);
	if (s)
		show(&f.ds);
	assert_int_equal(s, QUELL_OK);
	struct ql_dataset_run run = {.model = f.m, .data = &d, .interpolation = QL_NOCB, .threads = 1};
	assert_int_equal(ql_dataset_simulate(&run, &f.a, &f.ds, &r), QUELL_OK);
	double a = 0, tau = 8 - 0.0;
	for (int c = 0; c < 3; c++) /* infusions of 24/day over half a day, washed out at 1/day */
		a += 24 * (exp(-(20 - 0.5 - 2 * c)) - exp(-(20 - 2.0 * c)));
	double b = 4 * (exp(-(20 - 2.0)) - exp(-20.0)) + 0.8 * 10 * (20 - 1.5) * exp(-(20 - 1.5));
	const double *last = r.value + (size_t)(d.n_record - 1) * (size_t)r.n_out;
	(void)tau;
	assert_true(fabs(last[0] / a - 1) < 1e-5);
	assert_true(fabs(last[1] / b - 1) < 1e-5);
	ql_buf_free(&csv);
	close_regimen(&f);
}

static const struct {
	const char *doses;
	enum ql_code code;
	int line; /* doses start on line 6 */
} fault[] = {
	{"  - {give: a.ivv, amount: 1 mg}\n", QL_E0401, 6},
	{"  - {set: a.iv, level: 1 mg}\n", QL_E0401, 6},
	{"  - {give: iv, amount: 1 mg}\n", QL_E0401, 6}, /* two drugs have one */
	{"  - {give: a.iv, amount: 1mg}\n", QL_E0404, 6},
	{"  - {give: a.iv, amount: [1]}\n", QL_E0404, 6},
	{"  - {give: a.iv, amount: 1 mmol}\n", QL_E0405, 6},
	{"  - {give: a.iv, amount: 1 furlong}\n", QL_E0405, 6},
	{"  - {set: a.level, level: 1 mg/kg}\n", QL_E0405, 6},
	{"  - {give: a.iv, amount: 1 mg, over: 3 kg}\n", QL_E0405, 6},
	{"  - {give: a.iv, amount: -1 mg}\n", QL_E0406, 6},
	{"  - {give: a.iv, amount: 1 mg, over: 0 h}\n", QL_E0406, 6},
	{"  - {give: a.iv, amount: 1 mg, days: [0]}\n", QL_E0406, 6},
	{"  - {give: a.iv, amount: 1 mg, days: [1, two]}\n", QL_E0407, 6},
	{"  - {give: a.iv, amount: 1 mg, cycles: 2..1, every: 28 day}\n", QL_E0407, 6},
	{"  - {give: a.iv, amount: 1 mg, cycles: 1..6}\n", QL_E0407, 6},
	{"  - {give: a.iv, amount: 1 mg, cycles: 1..6, every: 7 day, days: [8]}\n", QL_E0407, 6},
	{"  - {give: a.iv, steps: {8: 1 mg, 1: 2 mg}}\n", QL_E0407, 6},
	{"  - {give: a.iv, steps: {1: 1 mg}, days: [1]}\n", QL_E0407, 6},
	{"  - {give: a.iv}\n", QL_E0407, 6},
	{"  - {amount: 1 mg}\n", QL_E0407, 6},
	{"  - {give: a.iv, amount: 1001 mg}\n", QL_E0408, 6},
	{"  - {give: a.iv, amount: 1 mg, cycles: 1..1000000, every: 1 day, days: [1, 1.5]}\n", QL_E0410, 6},
	{"  - {give: a.iv, amount: 1 mg, stop: never}\n", QL_E0414, 6},
	{"  - {give: a.iv, amount: 1 mg, by_crcl: [{below: 0, factor: 1}]}\n", QL_E0414, 6},
	{"  - {give: a.iv, amount: 1 mg, often: 3}\n", QL_E0303, 6},
	{"  - {give: b.iv, amount: 1 mg}\n  - {give: a.iv, amount: 1 mg\n", QL_E0301, 0},
};

static void mistakes_have_their_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof fault / sizeof *fault; i++) {
		struct fixture f;
		open_regimen(&f, fault[i].doses);
		const struct ql_diag *d = find_diag(&f.ds, fault[i].code);
		if (!d || (fault[i].line && d->span.line != fault[i].line)) {
			print_error("case %zu\n", i);
			show(&f.ds);
		}
		assert_int_equal(f.status, QUELL_ERR_INPUT);
		assert_non_null(d);
		assert_true(!fault[i].line || d->span.line == fault[i].line);
		close_regimen(&f);
	}
}

static void heads_are_checked(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum ql_code code;
	} head[] = {
		{"evidence: A\ndoses: []\n", QL_E0304},
		{"regimen: t\ndoses: []\n", QL_E0304},
		{"regimen: t\nevidence: A\n", QL_E0304},
		{"regimen: t\nevidence: E\ndoses: []\n", QL_E0411},
		{"regimen: t\nevidence: D\ndoses: []\n", QL_E0411},
		{"regimen: t\nevidence: A\nagents: {c: good}\ndoses: []\n", QL_E0402},
		{"regimen: t\nevidence: A\nagents: {a: [good, good]}\ndoses: []\n", QL_E0403},
		{"regimen: t\nevidence: A\nagents: {a: missing}\ndoses: []\n", QL_E0415},
		{"regimen: t\nevidence: A\ndropout_per_cycle: 2\ndoses: []\n", QL_E0406},
		{"regimen: t\nevidence: A\ndosis: []\ndoses: []\n", QL_E0303},
		{"", QL_E0304},
	};
	for (size_t i = 0; i < sizeof head / sizeof *head; i++) {
		struct fixture f;
		open_model(&f);
		f.status = ql_regimen_load(f.m, scratch_file("t.yaml", head[i].text), scratch, &f.a, &f.ds, &f.r);
		if (!find_diag(&f.ds, head[i].code)) {
			print_error("case %zu\n", i);
			show(&f.ds);
		}
		assert_int_not_equal(f.status, QUELL_OK);
		assert_non_null(find_diag(&f.ds, head[i].code));
		close_regimen(&f);
	}
}

static void doubtful_regimens_are_warned_about(void **state)
{
	(void)state;
	struct fixture f;
	open_regimen(&f, "  - {give: a.iv, amount: 2000 mg, over: 30 h, days: [1, 2], above_label: true}\n");
	assert_int_equal(f.status, QUELL_OK);
	assert_non_null(find_diag(&f.ds, QL_E0409)); /* overlap */
	assert_non_null(find_diag(&f.ds, QL_E0412)); /* b is bound and never given */
	assert_non_null(find_diag(&f.ds, QL_E0413)); /* and a asks for it */
	close_regimen(&f);
}

/* Everything that is shipped can be read. */
static void the_library_is_sound(void **state)
{
	(void)state;
	struct ql_diags ds = {0};
	struct ql_arena a = {0};
	struct ql_model *m;
	assert_int_equal(ql_model_load("models/cll/cll.qm", &ds, &m), QUELL_OK);
	int regimens = 0, populations = 0;
	for (int kind = 0; kind < 2; kind++) {
		const char *folder = kind ? "library/populations" : "library/regimens";
		DIR *dir = opendir(folder);
		assert_non_null(dir);
		for (struct dirent *e; (e = readdir(dir));) {
			char path[512];
			if (!strstr(e->d_name, ".yaml"))
				continue;
			snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
			struct ql_regimen r;
			struct ql_population p;
			enum quell_status s = kind ? ql_population_load(m, path, &a, &ds, &p)
						   : ql_regimen_load(m, path, "library/agents", &a, &ds, &r);
			if (s)
				show(&ds);
			assert_int_equal(s, QUELL_OK);
			regimens += !kind;
			populations += kind;
		}
		closedir(dir);
	}
	assert_true(regimens > 20 && populations >= 3);
	assert_int_equal(ds.n_errors, 0);
	ql_model_free(m);
	ql_arena_free(&a);
	ql_diags_free(&ds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cycles_and_infusions),	     cmocka_unit_test(bodies_lags_and_shares),
		cmocka_unit_test(open_ends_and_levels),	     cmocka_unit_test(a_regimen_survives_its_export),
		cmocka_unit_test(clocks_go_with_doses), cmocka_unit_test(mistakes_have_their_place), cmocka_unit_test(heads_are_checked),
		cmocka_unit_test(doubtful_regimens_are_warned_about), cmocka_unit_test(the_library_is_sound),
	};
	return cmocka_run_group_tests(tests, NULL, scratch_remove);
}
