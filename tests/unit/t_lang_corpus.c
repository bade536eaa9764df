/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every model of library/models: it parses, cites where it comes from, runs its own `# run:` line through the records of
 * a data set in both back ends, and both give the same numbers. Pairs that say the same in two ways must agree, too.
 */
#define _GNU_SOURCE
#include "corpus.h"
#include "dosing/dataset.h"
#include "emit/native.h"

struct course {
	struct ql_arena a;
	struct ql_dataset data;
	struct ql_dataset_result r;
	double seconds;
};

static bool simulate(const char *path, enum ql_native how, struct course *out)
{
	struct ql_diags ds = {0};
	struct ql_model *m = NULL;
	*out = (struct course){0};
	char *text = corpus_read(path);
	const char *csv_path = corpus_data_file(text);
	enum quell_status s = ql_model_load(path, &ds, &m);
	if (s == QUELL_OK)
		s = ql_dataset_read(m, csv_path, &out->a, &ds, &out->data);
	struct ql_dataset_run run = {.model = m, .data = &out->data, .rtol = 1e-8, .atol = 1e-10, .threads = 1, .native = (int)how};
	if (s == QUELL_OK)
		s = ql_dataset_simulate(&run, &out->a, &ds, &out->r);
	if (s != QUELL_OK || ds.n_errors) {
		struct ql_buf b = {0};
		ql_diags_render(&ds, false, &b);
		print_message("%s: %s\n%s%s\n", path, quell_status_text(s), b.data ? b.data : "", csv_path);
		ql_buf_free(&b);
	}
	bool good = s == QUELL_OK && ds.n_errors == 0;
	/* result names live with the model's arena: keep them */
	for (int i = 0; good && i < out->r.n_out; i++)
		out->r.name[i] = ql_arena_strdup(&out->a, out->r.name[i]);
	ql_model_free(m);
	ql_diags_free(&ds);
	free(text);
	return good;
}

static bool moves(const struct course *c)
{
	int n = c->r.n_out, rows = c->data.n_record;
	for (int k = 0; k < n; k++)
		for (int i = 1; i < rows; i++)
			if (c->r.value[i * n + k] != c->r.value[k])
				return true;
	return false;
}

/* Largest difference relative to the value; NaN agrees with NaN only. */
static double distance(const struct course *x, const struct course *y)
{
	double worst = 0;
	if (x->r.n_out != y->r.n_out || x->data.n_record != y->data.n_record)
		return INFINITY;
	for (int i = 0; i < x->data.n_record * x->r.n_out; i++) {
		double a = x->r.value[i], b = y->r.value[i];
		if (isnan(a) != isnan(b))
			return INFINITY;
		double d = a == b || isnan(a) ? 0 : fabs(a - b) / fmax(fabs(a), fabs(b));
		worst = d > worst ? d : worst;
	}
	return worst;
}

static void every_model_runs_in_both_back_ends(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	int n, failed = 0, finite = 0, all = 0;
	bool native = has_compiler();
	const char **name = ql_library_list(&a, QUELL_SOURCE_DIR, CORPUS, ".qm", &n);
	if (!native)
		print_message("no C compiler: only the interpreter was run\n");
	assert_true(n >= 60);
	for (int i = 0; i < n; i++) {
		struct course mine, theirs;
		const char *path = corpus_path(&a, name[i]);
		bool good = simulate(path, QL_NATIVE_OFF, &mine), both = good && (!native || simulate(path, QL_NATIVE_BUILD, &theirs));
		if (!good || !both || !moves(&mine) || (native && distance(&mine, &theirs) > 1e-12)) {
			print_message("%s: %s\n", name[i], !good ? "does not run" : !both ? "does not run compiled" :
				      !moves(&mine) ? "no output moves" : "the back ends differ");
			failed++;
		}
		for (int k = 0; good && k < mine.data.n_record * mine.r.n_out; k++, all++)
			finite += isfinite(mine.r.value[k]) != 0;
		if (native && both)
			ql_arena_free(&theirs.a);
		ql_arena_free(&mine.a);
	}
	if (finite != all)
		print_message("%d of %d values are not finite\n", all - finite, all);
	assert_int_equal(failed, 0);
	assert_int_equal(finite, all);
	ql_arena_free(&a);
}

/* Each file: what it is, where from (author, journal, year; DOI or a word on it), what its values are. */
static void every_model_says_where_it_comes_from(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	int n, failed = 0;
	const char **name = ql_library_list(&a, QUELL_SOURCE_DIR, CORPUS, ".qm", &n);
	for (int i = 0; i < n; i++) {
		char *text = corpus_read(corpus_path(&a, name[i]));
		const char *source = strchr(text, '\n');
		char line[400] = "";
		if (source)
			sscanf(source + 1, "%399[^\n]", line);
		bool year = false;
		for (const char *c = line; *c; c++)
			year = year || ((strncmp(c, " 19", 3) == 0 || strncmp(c, " 20", 3) == 0) && c[3] >= '0' && c[3] <= '9');
		bool doi = strstr(line, "doi:10.") || strstr(line, "no DOI") || strstr(line, "DOI not checked");
		if (!year || !doi || !strstr(text, "alues") || !strstr(text, "Time ")) {
			print_message("%s: source or values are not stated: %s\n", name[i], line);
			failed++;
		}
		free(text);
	}
	assert_int_equal(failed, 0);
	ql_arena_free(&a);
}

/* The same model written in two ways. */
static void two_ways_of_saying_it_agree(void **state)
{
	(void)state;
	static const struct {
		const char *one, *other, *output;
		double tolerance;
	} pair[] = {
		{"pk1-oral", "pk1-oral-lincmt", "cp", 1e-7},
		{"pk2-bolus", "pk2-lincmt", "cp", 1e-7},
		{"pk3-bolus", "pk3-lincmt", "cp", 1e-7},
		{"pk1-transit", "pk1-transit-chain", "cp", 1e-6},
	};
	struct ql_arena a = {0};
	for (size_t p = 0; p < sizeof pair / sizeof *pair; p++) {
		struct course x, y;
		assert_true(simulate(corpus_path(&a, pair[p].one), QL_NATIVE_OFF, &x));
		assert_true(simulate(corpus_path(&a, pair[p].other), QL_NATIVE_OFF, &y));
		int i = 0, k = 0;
		while (i < x.r.n_out && strcmp(x.r.name[i], pair[p].output) != 0)
			i++;
		while (k < y.r.n_out && strcmp(y.r.name[k], pair[p].output) != 0)
			k++;
		assert_true(i < x.r.n_out && k < y.r.n_out && x.data.n_record == y.data.n_record);
		double top = 0, worst = 0;
		for (int j = 0; j < x.data.n_record; j++) {
			double u = x.r.value[j * x.r.n_out + i], v = y.r.value[j * y.r.n_out + k];
			top = fmax(top, fabs(u));
			worst = fmax(worst, fabs(u - v));
		}
		if (!(worst <= pair[p].tolerance * top))
			fail_msg("%s and %s differ by %g of %g", pair[p].one, pair[p].other, worst, top);
		ql_arena_free(&x.a);
		ql_arena_free(&y.a);
	}
	ql_arena_free(&a);
}

/* Closed forms: a bolus, and the invariant of predator and prey. */
static void closed_forms_hold(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	struct course c;
	assert_true(simulate(corpus_path(&a, "pk1-bolus"), QL_NATIVE_OFF, &c));
	assert_string_equal(c.r.name[0], "cp");
	for (int i = 1; i < c.data.n_record; i++) {
		double want = 2 * exp(-0.1 * c.data.record[i].time), got = c.r.value[i * c.r.n_out];
		if (c.data.record[i].time > 0 && fabs(got - want) > 1e-7 * want)
			fail_msg("bolus at %g: %g, %g", c.data.record[i].time, got, want);
	}
	ql_arena_free(&c.a);
	assert_true(simulate(corpus_path(&a, "immune-lotka-volterra"), QL_NATIVE_OFF, &c));
	int k = 0;
	while (k < c.r.n_out && strcmp(c.r.name[k], "invariant") != 0)
		k++;
	assert_true(k < c.r.n_out);
	for (int i = 1; i < c.data.n_record; i++)
		assert_true(fabs(c.r.value[i * c.r.n_out + k] - c.r.value[k]) < 1e-6);
	ql_arena_free(&c.a);
	ql_arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_model_says_where_it_comes_from),
		cmocka_unit_test(every_model_runs_in_both_back_ends),
		cmocka_unit_test(two_ways_of_saying_it_agree),
		cmocka_unit_test(closed_forms_hold),
	};
	return cmocka_run_group_tests(tests, corpus_set_up, corpus_tear_down);
}
