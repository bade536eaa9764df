/* SPDX-License-Identifier: Apache-2.0 */
/* The public interface, by its header alone. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "quell.h"

static const char oral[] = "ini({ KA <- 0.8; CL <- 4; V <- 50 })\n"
			   "d/dt(depot) = -KA*depot\n"
			   "d/dt(central) = KA*depot - CL/V*central\n"
			   "cp = central/V\n";

static void said(const char *what)
{
	if (!strstr(quell_last_error(), what))
		fail_msg("`%s` says nothing of `%s`", quell_last_error(), what);
}

static struct quell_model *model_of(const char *text)
{
	struct quell_model *m;
	assert_int_equal(quell_model_parse("oral", text, strlen(text), &m), QUELL_OK);
	return m;
}

/* Two subjects, four records each. */
static const double id[] = {1, 1, 1, 1, 2, 2, 2, 2}, when[] = {0, 1, 4, 24, 0, 1, 4, 24},
		    amt[] = {100, NAN, 0, 0, 200, 0, 0, 0};
static const int32_t evid[] = {1, 0, 0, 0, 1, 0, 0, 0};

static struct quell_table *data_set(void)
{
	struct quell_table *t;
	assert_int_equal(quell_table_new("data", 8, &t), QUELL_OK);
	assert_int_equal(quell_table_add_doubles(t, "ID", id), QUELL_OK);
	assert_int_equal(quell_table_add_doubles(t, "TIME", when), QUELL_OK);
	assert_int_equal(quell_table_add_doubles(t, "AMT", amt), QUELL_OK);
	assert_int_equal(quell_table_add_int32(t, "EVID", evid), QUELL_OK);
	return t;
}

static struct quell_run *dataset_run(void)
{
	struct quell_model *m = model_of(oral);
	struct quell_table *t = data_set();
	struct quell_run *r;
	assert_int_equal(quell_run_new("dataset", &r), QUELL_OK);
	assert_int_equal(quell_run_set_model(r, "model", m), QUELL_OK);
	assert_int_equal(quell_run_set_table(r, "data", t), QUELL_OK);
	assert_int_equal(quell_model_free(m), QUELL_OK); /* the run keeps both */
	assert_int_equal(quell_table_free(t), QUELL_OK);
	return r;
}

static struct quell_column column(struct quell_run *r, const char *table, const char *name, struct quell_table **t)
{
	struct quell_column c;
	int i;
	assert_int_equal(quell_run_table(r, table, t), QUELL_OK);
	assert_int_equal(quell_table_find(*t, name, &i), QUELL_OK);
	assert_int_equal(quell_table_column(*t, i, &c), QUELL_OK);
	return c;
}

static double exact(double dose, double t, double cl)
{
	double ka = 0.8, k = cl / 50;
	return dose / 50 * ka / (ka - k) * (exp(-k * t) - exp(-ka * t));
}

static void test_dataset(void **state)
{
	(void)state;
	struct quell_run *r = dataset_run();
	struct quell_table *t;
	assert_int_equal(quell_run_set_number(r, "states", 1), QUELL_OK);
	assert_int_equal(quell_run_execute(r), QUELL_OK);
	struct quell_column c = column(r, "records", "cp", &t);
	assert_int_equal(c.rows, 8);
	for (int i = 0; i < 8; i++)
		assert_true(fabs(c.doubles[i] - exact(i < 4 ? 100 : 200, when[i], 4)) < 1e-6);
	int depot;
	assert_int_equal(quell_table_find(t, "depot", &depot), QUELL_OK);
	assert_int_equal(quell_table_column(t, depot, &c), QUELL_OK);
	assert_true(fabs(c.doubles[7] - 200 * exp(-0.8 * 24)) < 1e-6);
	quell_table_free(t);
	c = column(r, "subjects", "status", &t);
	assert_int_equal(c.type, QUELL_TEXT);
	assert_int_equal(c.rows, 2);
	assert_int_equal(strncmp(c.bytes + c.offsets[1], "no error", (size_t)(c.offsets[2] - c.offsets[1])), 0);
	quell_table_free(t);
	quell_run_free(r);
}

static void test_settings_of_a_model(void **state)
{
	(void)state;
	struct quell_model *m = model_of(oral);
	struct quell_table *d = data_set(), *t;
	struct quell_run *r;
	double x;
	assert_int_equal(quell_model_get(m, "CL", &x), QUELL_OK);
	assert_true(x == 4);
	assert_int_equal(quell_model_set(m, "CL", 5), QUELL_OK);
	assert_int_equal(quell_model_get(m, "CL", &x), QUELL_OK);
	assert_true(x == 5);
	assert_int_equal(quell_model_set(m, "cl", 5), QUELL_ERR_INPUT);
	said("did you mean `CL`");
	assert_int_equal(quell_model_set(m, "CL", NAN), QUELL_ERR_INPUT);
	said("finite");
	quell_run_new("dataset", &r);
	quell_run_set_model(r, "model", m);
	quell_run_set_table(r, "data", d);
	quell_model_set(m, "CL", 50); /* later changes are not for this run */
	assert_int_equal(quell_run_execute(r), QUELL_OK);
	struct quell_column c = column(r, "records", "cp", &t);
	assert_true(fabs(c.doubles[3] - exact(100, 24, 5)) < 1e-6);
	quell_table_free(t);
	assert_int_equal(quell_model_table(m, "quantities", &t), QUELL_OK);
	int64_t rows;
	assert_int_equal(quell_table_size(t, &rows, NULL), QUELL_OK);
	assert_true(rows > 5);
	quell_table_free(t);
	quell_run_free(r);
	quell_table_free(d);
	quell_model_free(m);
}

static void test_options_are_checked(void **state)
{
	(void)state;
	struct quell_run *r;
	assert_int_equal(quell_run_new("compere", &r), QUELL_ERR_USAGE);
	said("did you mean `compare`");
	assert_null(r);
	quell_run_new("compare", &r);
	assert_int_equal(quell_run_set_number(r, "patient", 3), QUELL_ERR_USAGE);
	said("did you mean `patients`");
	assert_int_equal(quell_run_set_number(r, "patients", 1.5), QUELL_ERR_USAGE);
	said("a whole number from 1 to 2000000000");
	assert_int_equal(quell_run_set_number(r, "years", NAN), QUELL_ERR_USAGE);
	said("`years` cannot be nan; it takes a number from 0.1 to 40 year");
	assert_int_equal(quell_run_set_number(r, "seed", 1e300), QUELL_ERR_USAGE);
	assert_int_equal(quell_run_set_text(r, "years", "6"), QUELL_ERR_USAGE);
	said("takes a number, not text");
	assert_int_equal(quell_run_set_text(r, "lanes", "5"), QUELL_ERR_USAGE);
	said("auto|4|8");
	assert_int_equal(quell_run_set_text(r, "population", ""), QUELL_ERR_USAGE);
	assert_int_equal(quell_run_set_text(r, "population", "\xff"), QUELL_ERR_USAGE);
	said("UTF-8");
	assert_int_equal(quell_run_set_text(r, NULL, "x"), QUELL_ERR_USAGE);
	assert_int_equal(quell_run_set_number(r, "fixed_doses", 1), QUELL_OK); /* _ for - */
	assert_int_equal(quell_run_execute(r), QUELL_ERR_USAGE);
	said("compare needs regimens");
	quell_run_set_text(r, "regimens", "venobi");
	assert_int_equal(quell_run_execute(r), QUELL_ERR_INPUT);
	said("did you mean `ven-obi`");
	int n;
	struct quell_diagnostic d;
	assert_int_equal(quell_run_diagnostic_count(r, &n), QUELL_OK);
	assert_int_equal(n, 1);
	assert_int_equal(quell_run_diagnostic(r, 0, &d), QUELL_OK);
	assert_string_equal(d.code, "E0601");
	assert_int_equal(d.severity, QUELL_SEVERITY_ERROR);
	assert_non_null(quell_explain_code(d.code));
	assert_int_equal(quell_run_diagnostic(r, 1, &d), QUELL_ERR_USAGE);
	quell_run_free(r);
}

static void test_freed_and_foreign_handles(void **state)
{
	(void)state;
	struct quell_run *r;
	struct quell_table *t = data_set(), *again;
	assert_int_equal(quell_run_new("compare", &r), QUELL_OK);
	assert_int_equal(quell_run_free(r), QUELL_OK);
	assert_int_equal(quell_run_free(r), QUELL_ERR_USAGE);
	said("freed");
	assert_int_equal(quell_run_execute(r), QUELL_ERR_USAGE);
	assert_int_equal(quell_run_cancel(r), QUELL_ERR_USAGE);
	assert_int_equal(quell_run_execute((struct quell_run *)t), QUELL_ERR_USAGE);
	assert_int_equal(quell_run_execute(NULL), QUELL_ERR_USAGE);
	said("NULL");
	assert_int_equal(quell_table_size((struct quell_table *)(uintptr_t)0xdeadbeefcafe, NULL, NULL), QUELL_ERR_USAGE);
	assert_int_equal(quell_table_free(t), QUELL_OK);
	assert_int_equal(quell_table_new("data", 1, &again), QUELL_OK); /* takes the place that was freed */
	assert_ptr_not_equal(again, t);
	assert_int_equal(quell_table_size(t, NULL, NULL), QUELL_ERR_USAGE);
	assert_int_equal(quell_table_free(again), QUELL_OK);
	assert_int_equal(quell_table_free(NULL), QUELL_OK);
	assert_int_equal(quell_model_load("/nonexistent.qm", (struct quell_model **)&again), QUELL_ERR_IO);
	said("/nonexistent.qm");
}

static void test_faults_of_a_table(void **state)
{
	(void)state;
	static const double bad_time[] = {0, 1, INFINITY, 24, 0, 1, 4, 24};
	static const char *const text[] = {"1", "1", "1", "x", "2", "2", NULL, "2"}, *const latin[] = {"\xe9"};
	struct quell_model *m = model_of(oral);
	struct quell_table *t, *one;
	struct quell_run *r;
	quell_table_new("frame", 8, &t);
	quell_table_add_doubles(t, "ID", id);
	quell_table_add_doubles(t, "time", bad_time);
	quell_table_add_text(t, "AMT", text);
	quell_table_add_int32(t, "CMT", evid);
	quell_run_new("dataset", &r);
	quell_run_set_model(r, "model", m);
	assert_int_equal(quell_run_set_table(r, "model", t), QUELL_ERR_USAGE);
	assert_int_equal(quell_run_set_table(r, "data", t), QUELL_OK);
	assert_int_equal(quell_table_add_doubles(t, "DV", id), QUELL_ERR_USAGE);
	said("given to a run");
	assert_int_equal(quell_run_execute(r), QUELL_ERR_INPUT);
	said("frame, row 3, column `time`");
	said("frame, row 4, column `AMT`");
	int n;
	assert_int_equal(quell_run_table_count(r, &n), QUELL_OK);
	assert_int_equal(n, 0);
	quell_table_new("one", 1, &one);
	assert_int_equal(quell_table_add_text(one, "x", latin), QUELL_ERR_INPUT);
	said("UTF-8");
	assert_int_equal(quell_table_add_doubles(one, "x", NULL), QUELL_ERR_USAGE);
	assert_int_equal(quell_table_add_doubles(one, "", id), QUELL_ERR_USAGE);
	quell_table_free(one);
	assert_int_equal(quell_table_new("none", -1, &one), QUELL_ERR_USAGE);
	assert_int_equal(quell_table_new("none", 0, &one), QUELL_OK);
	quell_run_set_table(r, "data", one);
	assert_int_equal(quell_run_execute(r), QUELL_ERR_INPUT);
	said("no columns");
	quell_table_add_doubles(one, "ID", NULL);
	quell_table_free(one);
	quell_run_free(r);
	quell_table_free(t);
	quell_model_free(m);
}

/* The consumer's side of the Arrow interface, by its rules. */
static void test_arrow(void **state)
{
	(void)state;
	struct quell_run *r = dataset_run();
	struct quell_table *t;
	struct ArrowSchema s;
	struct ArrowArray a;
	assert_int_equal(quell_run_execute(r), QUELL_OK);
	struct quell_column c = column(r, "records", "cp", &t);
	assert_int_equal(quell_table_arrow(t, &s, &a), QUELL_OK);
	quell_table_free(t);
	quell_run_free(r); /* the arrays outlive everything */
	assert_string_equal(s.format, "+s");
	assert_int_equal(s.n_children, 3);
	assert_string_equal(s.children[0]->name, "ID");
	assert_string_equal(s.children[2]->name, "cp");
	assert_string_equal(s.children[2]->format, "g");
	assert_int_equal(a.length, 8);
	assert_int_equal(a.children[2]->n_buffers, 2);
	assert_ptr_equal(a.children[2]->buffers[1], c.doubles); /* no copy */
	int32_t pairs;
	memcpy(&pairs, s.children[0]->metadata, 4);
	assert_int_equal(pairs, 2);
	struct ArrowArray moved = *a.children[2]; /* a child moved out lives on */
	a.children[2]->release = NULL;
	a.release(&a);
	s.release(&s);
	assert_null(a.release);
	assert_true(fabs(((const double *)moved.buffers[1])[3] - exact(100, 24, 4)) < 1e-6);
	moved.release(&moved);
}

static void test_missing_text_in_arrow(void **state)
{
	(void)state;
	struct quell_run *r;
	struct quell_table *t;
	struct ArrowSchema s;
	struct ArrowArray a;
	quell_run_new("simulate", &r);
	quell_run_set_text(r, "regimens", "ven-obi");
	quell_run_set_number(r, "years", 0.2);
	assert_int_equal(quell_run_execute(r), QUELL_OK);
	struct quell_column c = column(r, "regimens", "warning", &t); /* none: phase 3 in CLL */
	assert_non_null(c.valid);
	assert_int_equal(c.valid[0] & 1, 0);
	assert_int_equal(quell_table_arrow(t, &s, &a), QUELL_OK);
	assert_int_equal(a.children[3]->null_count, 1);
	assert_int_equal(a.children[3]->n_buffers, 3);
	assert_string_equal(s.children[3]->format, "u");
	s.release(&s);
	a.release(&a);
	quell_table_free(t);
	quell_run_free(r);
}

static struct quell_run *long_run(void)
{
	struct quell_run *r;
	assert_int_equal(quell_run_new("compare", &r), QUELL_OK);
	quell_run_set_text(r, "regimens", "ven-obi");
	quell_run_set_number(r, "patients", 3e6);
	return r;
}

static void test_start_poll_cancel(void **state)
{
	(void)state;
	struct quell_run *r = long_run();
	struct quell_state s;
	assert_int_equal(quell_run_start(r), QUELL_OK);
	do
		assert_int_equal(quell_run_poll(r, 20, &s), QUELL_OK);
	while (s.running && s.done == 0);
	assert_int_equal(s.running, 1);
	assert_int_equal(s.total, 3000000);
	assert_int_equal(quell_run_execute(r), QUELL_ERR_USAGE); /* it is taken */
	said("in use");
	assert_int_equal(quell_run_set_number(r, "seed", 3), QUELL_ERR_USAGE);
	assert_int_equal(quell_run_free(r), QUELL_ERR_USAGE);
	assert_int_equal(quell_run_cancel(r), QUELL_OK);
	do
		assert_int_equal(quell_run_poll(r, 1000, &s), QUELL_OK);
	while (s.running);
	assert_int_equal(s.status, QUELL_ERR_INTERRUPTED);
	struct quell_table *t;
	struct quell_column c = column(r, "regimens", "patients_done", &t);
	assert_true(c.ints[0] > 0 && c.ints[0] < 3000000);
	quell_table_free(t);
	assert_int_equal(quell_run_free(r), QUELL_OK);
}

static void *hammer(void *arg)
{
	long *refused = arg;
	struct quell_run *r = *(struct quell_run **)(refused + 1);
	for (int i = 0; i < 20000; i++) {
		int n;
		*refused += quell_run_table_count(r, &n) != QUELL_OK;
	}
	return NULL;
}

/* Many threads on one handle: every call works or is refused; afterwards the handle is as before. */
static void test_threads_on_one_handle(void **state)
{
	(void)state;
	struct quell_run *r = dataset_run();
	struct {
		long refused;
		struct quell_run *r;
	} arg[3];
	pthread_t thread[3];
	assert_int_equal(quell_run_execute(r), QUELL_OK);
	for (int i = 0; i < 3; i++) {
		arg[i].refused = 0;
		arg[i].r = r;
		pthread_create(&thread[i], NULL, hammer, &arg[i]);
	}
	for (int i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	int n;
	assert_int_equal(quell_run_table_count(r, &n), QUELL_OK);
	assert_int_equal(n, 2);
	assert_int_equal(quell_run_free(r), QUELL_OK);
}

static void test_every_option_is_described(void **state)
{
	(void)state;
	for (int v = 0; v < quell_verb_count(); v++) {
		const struct quell_verb_info *info = quell_verb_at(v);
		struct quell_run *r;
		assert_ptr_equal(quell_verb_find(info->name), info);
		assert_int_equal(quell_run_new(info->name, &r), QUELL_OK);
		for (int i = 0; i < info->n_option; i++) {
			const struct quell_option_info *o = &info->option[i];
			bool number = o->kind == QUELL_OPTION_NUMBER || o->kind == QUELL_OPTION_WHOLE;
			assert_true(strlen(o->help) > 3);
			assert_non_null(o->unit);
			assert_int_equal(o->kind == QUELL_OPTION_CHOICE, o->choices != NULL);
			char *end;
			double x = o->fallback && *o->fallback != '(' ? strtod(o->fallback, &end) : o->lo;
			if (number)
				assert_int_equal(quell_run_set_number(r, o->name, x), QUELL_OK);
			if (o->kind == QUELL_OPTION_CHOICE)
				assert_int_equal(quell_run_set_text(r, o->name, o->fallback), QUELL_OK);
		}
		for (int i = 0; i < info->n_table; i++)
			assert_true(strlen(info->table[i].columns) > 3);
		quell_run_free(r);
	}
	assert_null(quell_verb_at(quell_verb_count()));
	assert_null(quell_verb_find("no such verb"));
	assert_int_equal(quell_abi(), QUELL_ABI);
	assert_null(quell_explain_code("E9999"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dataset),
		cmocka_unit_test(test_settings_of_a_model),
		cmocka_unit_test(test_options_are_checked),
		cmocka_unit_test(test_freed_and_foreign_handles),
		cmocka_unit_test(test_faults_of_a_table),
		cmocka_unit_test(test_arrow),
		cmocka_unit_test(test_missing_text_in_arrow),
		cmocka_unit_test(test_start_poll_cancel),
		cmocka_unit_test(test_threads_on_one_handle),
		cmocka_unit_test(test_every_option_is_described),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
