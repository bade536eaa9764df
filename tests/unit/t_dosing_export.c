/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exported models read back: SBML by libSBML without an error and with the same course, rxode2 by quell's own reader of
 * that dialect, mrgsolve's blocks as the C that they are.
 */
#define _GNU_SOURCE
#include "corpus.h"
#include "dosing/model_export.h"
#include "dosing/sbml_run.h"
#ifdef QUELL_HAVE_SBML
#include <sbml/SBMLTypes.h>
#endif

enum { STEPS = 20, MAX_OUT = 64 };

struct exported {
	struct ql_diags ds;
	struct ql_arena a;
	struct ql_model *m;
	struct ql_buf text, expected;
	enum quell_status status;
	const char *name[MAX_OUT];
	int n_out, rows;
	double time[200], value[200][MAX_OUT];
	double end;
};

static void show(const struct ql_diags *ds)
{
	struct ql_buf b = {0};
	ql_diags_render(ds, false, &b);
	print_message("%.3000s\n", b.data ? b.data : "");
	ql_buf_free(&b);
}

static const char *write_text(const char *name, const struct ql_buf *b)
{
	static char path[256];
	snprintf(path, sizeof path, "%s/%s", work, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fwrite(b->data, 1, b->len, f);
	fclose(f);
	return path;
}

/* A table "time,a,b\n0,1,2\n" into name, time, value. */
static void read_table(struct exported *e, const char *text)
{
	char *copy = ql_arena_strdup(&e->a, text), *line_save = NULL, *save = NULL;
	char *line = strtok_r(copy, "\n", &line_save);
	e->n_out = e->rows = 0;
	strtok_r(line, ",", &save);
	for (char *w; (w = strtok_r(NULL, ",", &save));) {
		assert_true(e->n_out < MAX_OUT);
		e->name[e->n_out++] = w;
	}
	while ((line = strtok_r(NULL, "\n", &line_save))) {
		assert_true(e->rows < 200);
		char *at = line;
		e->time[e->rows] = strtod(at, &at);
		for (int i = 0; i < e->n_out; i++)
			e->value[e->rows][i] = *at == ',' ? strtod(at + 1, &at) : NAN;
		e->rows++;
	}
}

/* The head of a corpus model on a grid that SBML runs have, too. */
static const char *grid_data(const char *text, double *end)
{
	static char path[128];
	char *csv = corpus_data(text), *save = NULL;
	struct ql_buf b = {0};
	*end = atof(strstr(text, "# end: ") + 7);
	int next = 0;
	for (char *line = strtok_r(csv, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		double t = strchr(line, ',') ? atof(strchr(line, ',') + 1) : 0;
		bool observation = strstr(line, ",0,0,0,0,0,0") && *line == '1';
		for (; *line == '1' && next <= STEPS && *end * next / STEPS <= t; next++)
			if (!observation && *end * next / STEPS == t)
				break; /* doses act before the observation of their time */
			else
				ql_buf_printf(&b, "1,%.17g,0,0,0,0,0,0\n", *end * next / STEPS);
		if (!observation)
			ql_buf_printf(&b, "%s\n", line);
	}
	snprintf(path, sizeof path, "%s/grid.csv", work);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(b.data, f);
	fclose(f);
	ql_buf_free(&b);
	free(csv);
	return path;
}

static bool export(struct exported *e, const char *path, const char *data, enum ql_export_format format, const double *param)
{
	e->status = ql_model_load(path, &e->ds, &e->m);
	struct ql_model_export job = {.model = e->m, .format = format, .data = data, .param = param};
	if (e->status == QUELL_OK)
		e->status = ql_model_export(&job, &e->a, &e->ds, &e->text, &e->expected);
	if (e->status == QUELL_OK)
		read_table(e, e->expected.data);
	return e->status == QUELL_OK;
}

static void release(struct exported *e)
{
	ql_model_free(e->m);
	ql_diags_free(&e->ds);
	ql_buf_free(&e->text);
	ql_buf_free(&e->expected);
	ql_arena_free(&e->a);
}

/* Largest difference, relative to the largest value of that output. */
static double distance(const struct exported *e, int k, double (*other)(const void *, int row, int k), const void *ctx)
{
	double top = 0, worst = 0;
	for (int i = 0; i < e->rows; i++)
		top = fmax(top, fabs(e->value[i][k]));
	for (int i = 0; i < e->rows; i++) {
		double d = fabs(e->value[i][k] - other(ctx, i, k));
		worst = isnan(d) ? INFINITY : fmax(worst, d);
	}
	return worst == 0 ? 0 : worst / top;
}

static double of_table(const void *ctx, int row, int k) { return ((const struct exported *)ctx)->value[row][k]; }

#ifdef QUELL_HAVE_SBML
/* Errors of libSBML's reader; `deep`: of all its checks, too, which take seconds for a large model. */
static int sbml_errors(const char *path, bool deep)
{
	SBMLDocument_t *d = readSBML(path);
	int errors = 0;
	if (deep)
		SBMLDocument_checkConsistency(d);
	for (unsigned i = 0; i < SBMLDocument_getNumErrors(d); i++) {
		const XMLError_t *x = (const XMLError_t *)SBMLDocument_getError(d, i);
		if (XMLError_getSeverity(x) >= LIBSBML_SEV_ERROR) {
			errors++;
			print_message("%.400s\n", XMLError_getMessage(x));
		}
	}
	SBMLDocument_free(d);
	return errors;
}

/* Reads the file back and runs it; the largest difference over all outputs. */
static double sbml_distance(struct exported *e, const char *path, double rtol)
{
	struct ql_diags ds = {0};
	struct ql_model *m = NULL;
	struct ql_sbml *info;
	struct ql_buf out = {0};
	enum quell_status s = ql_sbml_load(path, &ds, &m, &info);
	bool no[MAX_OUT] = {0};
	struct ql_span span[MAX_OUT] = {{0}};
	struct ql_sbml_settings set = {.duration = e->end, .steps = e->rows - 1, .variable = e->name, .span = span, .as_amount = no,
				       .as_concentration = no, .n_variable = e->n_out, .absolute = 1e-13, .relative = 1e-10};
	if (s == QUELL_OK)
		s = ql_sbml_run(m, info, &set, rtol, NULL, &ds, &out);
	if (s != QUELL_OK)
		show(&ds);
	double worst = s == QUELL_OK ? 0 : INFINITY;
	struct exported *back = calloc(1, sizeof *back);
	if (s == QUELL_OK)
		read_table(back, out.data);
	if (s == QUELL_OK && (back->rows != e->rows || back->n_out != e->n_out))
		worst = INFINITY;
	for (int k = 0; s == QUELL_OK && k < e->n_out && worst < INFINITY; k++) {
		double d = distance(e, k, of_table, back);
		if (d > 1e-8)
			print_message("%s: %g\n", e->name[k], d);
		worst = fmax(worst, d);
	}
	release(back);
	free(back);
	ql_buf_free(&out);
	ql_model_free(m);
	ql_diags_free(&ds);
	return worst;
}
#endif

static void corpus_through_sbml(void **state)
{
	(void)state;
#ifndef QUELL_HAVE_SBML
	print_message("built without libSBML\n");
	skip();
#else
	struct ql_arena a = {0};
	int n, failed = 0;
	const char **name = ql_library_list(&a, QUELL_SOURCE_DIR, CORPUS, ".qm", &n);
	for (int i = 0; i < n; i++) {
		struct exported *e = calloc(1, sizeof *e);
		char *text = corpus_read(corpus_path(&a, name[i]));
		const char *data = grid_data(text, &e->end);
		if (export(e, corpus_path(&a, name[i]), data, QL_FORMAT_SBML, NULL)) {
			const char *path = write_text("model.xml", &e->text);
			double d = sbml_errors(path, i % 20 == 0) ? INFINITY : sbml_distance(e, path, 1e-10);
			if (!(d <= 1e-8)) {
				print_message("%s: differs by %g\n", name[i], d);
				failed++;
			}
		} else {
			show(&e->ds);
			print_message("%s: not exported\n", name[i]);
			failed++;
		}
		release(e);
		free(e);
		free(text);
	}
	ql_arena_free(&a);
	assert_int_equal(failed, 0);
#endif
}

/* The rxode2 text through quell's reader of rxode2, with the doses of the data set. */
static void corpus_through_rxode2(void **state)
{
	(void)state;
	struct ql_arena a = {0};
	int n, failed = 0;
	const char **name = ql_library_list(&a, QUELL_SOURCE_DIR, CORPUS, ".qm", &n);
	for (int i = 0; i < n; i++) {
		struct exported *e = calloc(1, sizeof *e), *back = calloc(1, sizeof *back);
		char *text = corpus_read(corpus_path(&a, name[i])), data[256];
		snprintf(data, sizeof data, "%s", grid_data(text, &e->end));
		bool good = export(e, corpus_path(&a, name[i]), data, QL_FORMAT_RXODE2, NULL);
		if (!good)
			show(&e->ds);
		good = good && export(back, write_text("back.qm", &e->text), data, QL_FORMAT_RXODE2, NULL);
		if (!good)
			show(&back->ds);
		double worst = good && back->n_out == e->n_out && back->rows == e->rows ? 0 : INFINITY;
		for (int k = 0; worst < INFINITY && k < e->n_out; k++) {
			int j = 0;
			while (j < back->n_out && strcmp(back->name[j], e->name[k]) != 0)
				j++;
			double top = 0;
			for (int r = 0; r < e->rows; r++)
				top = fmax(top, fabs(e->value[r][k]));
			for (int r = 0; j < back->n_out && r < e->rows; r++)
				worst = fmax(worst, e->value[r][k] == back->value[r][j] ? 0 : fabs(e->value[r][k] - back->value[r][j]) / top);
			worst = j == back->n_out ? INFINITY : worst;
		}
		if (!(worst <= 1e-8)) {
			print_message("%s: differs by %g\n", name[i], worst);
			failed++;
		}
		release(e);
		release(back);
		free(e);
		free(back);
		free(text);
	}
	ql_arena_free(&a);
	assert_int_equal(failed, 0);
}

/* ---- mrgsolve ---- */

/* Lines of a block, "$ODE" to the next "$". */
static void each_line(const char *text, const char *block, void (*put)(struct ql_buf *, const char *line), struct ql_buf *out)
{
	char start[32];
	snprintf(start, sizeof start, "\n%s", block);
	const char *at = strstr(text, start);
	if (!at)
		return; /* a model without parameters has no such block */
	for (at = strchr(at + 1, '\n') + 1; *at && *at != '$'; at = strchr(at, '\n') + 1) {
		char line[8192];
		size_t n = (size_t)(strchr(at, '\n') - at);
		assert_true(n < sizeof line);
		memcpy(line, at, n);
		line[n] = 0;
		if (n)
			put(out, line);
	}
}

static void as_code(struct ql_buf *out, const char *line) { ql_buf_printf(out, "%s\n", line); }

static void as_parameter(struct ql_buf *out, const char *line)
{
	char id[300], value[64];
	assert_int_equal(sscanf(line, "%299s : %63s", id, value), 2);
	ql_buf_printf(out, "double %s = %s;\n", id, value);
}

static void as_compartment(struct ql_buf *out, const char *line)
{
	char id[300];
	assert_int_equal(sscanf(line, "%299s", id), 1);
	ql_buf_printf(out, "double %s = 0, %s_0 = 0, dxdt_%s = 0, F_%s = 1, ALAG_%s = 0, R_%s = 0, D_%s = 0;\n", id, id, id, id, id, id, id);
}

static void start_state(struct ql_buf *out, const char *line)
{
	char id[300];
	assert_int_equal(sscanf(line, "%299s", id), 1);
	ql_buf_printf(out, "%s = %s_0;\n", id, id);
}

static void print_rate(struct ql_buf *out, const char *line)
{
	char id[300];
	assert_int_equal(sscanf(line, "%299s", id), 1);
	ql_buf_printf(out, "printf(\"%%.17g\\n\", dxdt_%s);\n", id);
}

/* Compiles $MAIN and $ODE and compares all rates at the start with the model's. */
static double mrgsolve_distance(struct exported *e, const char *name)
{
	struct ql_buf c = {0};
	char command[512], path[256];
	ql_buf_puts(&c, "#include <math.h>\n#include <stdio.h>\nstatic double SOLVERTIME = 0, now = 0;\n");
	ql_buf_puts(&c, "int main(void) {\n");
	each_line(e->text.data, "$PARAM", as_parameter, &c);
	each_line(e->text.data, "$CMT", as_compartment, &c);
	each_line(e->text.data, "$MAIN", as_code, &c);
	each_line(e->text.data, "$CMT", start_state, &c);
	each_line(e->text.data, "$ODE", as_code, &c);
	each_line(e->text.data, "$CMT", print_rate, &c);
	ql_buf_puts(&c, "return 0; }\n");
	snprintf(path, sizeof path, "%s", write_text("mrg.c", &c));
	ql_buf_free(&c);
	snprintf(command, sizeof command, "cc -w -ffp-contract=off -o %s/mrg %s -lm && %s/mrg", work, path, work);
	FILE *f = popen(command, "r");
	assert_non_null(f);
	struct lang l = {.m = e->m};
	double worst = 0;
	double *v = lang_values(&l), *node = calloc((size_t)e->m->dag.n + 1, sizeof *node);
	for (int i = 0; i < e->m->n_q; i++)
		if (e->m->q[i].kind == QL_ACTIVE)
			v[i] = 0; /* nothing is given in this run */
	ql_dag_eval(&e->m->dag, NULL, v, 0, node);
	for (int i = 0; i < e->m->n_q; i++) {
		double x, want = e->m->q[i].kind == QL_STATE ? node[e->m->q[i].def] : 0;
		if (e->m->q[i].kind != QL_STATE)
			continue;
		if (fscanf(f, "%lf", &x) != 1) {
			worst = INFINITY;
			break;
		}
		double d = x == want || (isnan(x) && isnan(want)) ? 0 : fabs(x - want) / fmax(fabs(x), fabs(want));
		if (d > 1e-9)
			print_message("%s: d/dt(%s) %.17g, not %.17g\n", name, e->m->q[i].name, x, want);
		worst = fmax(worst, d);
	}
	free(v);
	free(node);
	return pclose(f) == 0 ? worst : INFINITY;
}

static void some_through_mrgsolve(void **state)
{
	(void)state;
	if (!has_compiler()) {
		print_message("no C compiler here\n");
		skip();
	}
	static const char *const name[] = {"pk1-oral", "pk2-oral", "pk3-propofol", "idr-circadian", "glucose-dalla-man", "signalling-mapk",
					   "myelosuppression-friberg", "tmdd-two-targets", "nerve-hodgkin-huxley", "cart-stein"};
	struct ql_arena a = {0};
	for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
		struct exported *e = calloc(1, sizeof *e);
		if (!export(e, corpus_path(&a, name[i]), NULL, QL_FORMAT_MRGSOLVE, NULL))
			show(&e->ds);
		assert_int_equal(e->status, QUELL_OK);
		double d = mrgsolve_distance(e, name[i]);
		if (!(d < 1e-9))
			fail_msg("%s: %g", name[i], d);
		release(e);
		free(e);
	}
	ql_arena_free(&a);
}

/* ---- the shipped model ---- */

static double *default_agents(struct ql_model *m, struct ql_arena *a)
{
	double *param = QL_NEW_N(a, double, (size_t)m->n_q + 1);
	struct ql_diags ds = {0};
	for (int i = 0; i < m->n_q; i++)
		param[i] = NAN;
	for (int s = 0; s < m->n_slot; s++) {
		struct ql_agent_row row;
		const char *path = ql_arena_printf(a, QUELL_SOURCE_DIR "/library/agents/%s.yaml", m->slot[s].default_agent);
		assert_int_equal(ql_agent_load(m, &m->slot[s], path, a, &ds, &row), QUELL_OK);
		for (int i = 0; i < m->slot[s].n_column; i++)
			param[m->slot[s].column[i]] = row.value[i];
	}
	ql_diags_free(&ds);
	return param;
}

/* Two years: untreated, then an antibody by infusion, tablets as a level, chemotherapy in pulses. */
static const char *treatment(double end)
{
	struct ql_buf b = {0};
	static char path[256];
	ql_buf_puts(&b, "ID,TIME,EVID,AMT,CMT,RATE,II,ADDL,btki.level\n");
	for (int i = 0; i <= STEPS; i++) {
		double t = end * i / STEPS, level = t >= 300 ? 1 : 0;
		if (i == 2)
			ql_buf_printf(&b, "1,%g,1,1000,mab.infusion,6000,7,2,0\n", t);
		if (i == 4)
			ql_buf_printf(&b, "1,%g,1,0.5,chemo.pulse,0,28,1,0\n", t);
		ql_buf_printf(&b, "1,%g,0,0,0,0,0,0,%g\n", t, level);
	}
	snprintf(path, sizeof path, "%s", write_text("treatment.csv", &b));
	ql_buf_free(&b);
	return path;
}

static void cll_through_sbml(void **state)
{
	(void)state;
#ifndef QUELL_HAVE_SBML
	print_message("built without libSBML\n");
	skip();
#else
	struct exported *e = calloc(1, sizeof *e);
	struct ql_arena a = {0};
	struct ql_model *m = NULL;
	struct ql_diags ds = {0};
	const char *model = QUELL_SOURCE_DIR "/models/cll/cll.qm";
	assert_int_equal(ql_model_load(model, &ds, &m), QUELL_OK);
	double *param = default_agents(m, &a);
	e->end = 800;
	if (!export(e, model, treatment(e->end), QL_FORMAT_SBML, param))
		show(&e->ds);
	assert_int_equal(e->status, QUELL_OK);
	const char *path = write_text("cll.xml", &e->text);
	assert_int_equal(sbml_errors(path, getenv("QUELL_TEST_SLOW") != NULL), 0);
	double d = sbml_distance(e, path, 1e-11);
	print_message("CLL model through SBML: %d outputs, %d times, largest difference %.2g\n", e->n_out, e->rows, d);
	assert_true(d <= 1e-8);
	release(e);
	free(e);
	ql_model_free(m);
	ql_diags_free(&ds);
	ql_arena_free(&a);
#endif
}

/* Untreated, where none of the events that rxode2 lacks fires. */
static void cll_through_rxode2(void **state)
{
	(void)state;
	struct exported *e = calloc(1, sizeof *e), *back = calloc(1, sizeof *back);
	struct ql_arena a = {0};
	struct ql_model *m = NULL;
	struct ql_diags ds = {0};
	const char *model = QUELL_SOURCE_DIR "/models/cll/cll.qm";
	assert_int_equal(ql_model_load(model, &ds, &m), QUELL_OK);
	assert_true(export(e, model, NULL, QL_FORMAT_RXODE2, default_agents(m, &a)));
	if (!export(back, write_text("cll_back.qm", &e->text), NULL, QL_FORMAT_RXODE2, NULL))
		show(&back->ds);
	assert_int_equal(back->status, QUELL_OK);
	assert_true(back->n_out == e->n_out && back->rows == e->rows);
	for (int k = 0; k < e->n_out; k++) {
		int j = 0;
		while (j < back->n_out && strcmp(back->name[j], e->name[k]) != 0)
			j++;
		assert_true(j < back->n_out);
		for (int r = 0; r < e->rows; r++)
			if (fabs(e->value[r][k] - back->value[r][j]) > 1e-8 * (fabs(e->value[r][k]) + 1e-6))
				fail_msg("%s at %g: %.12g, %.12g", e->name[k], e->time[r], e->value[r][k], back->value[r][j]);
	}
	release(e);
	release(back);
	free(e);
	free(back);
	ql_model_free(m);
	ql_diags_free(&ds);
	ql_arena_free(&a);
}

/* What a format cannot say is refused or named, never dropped. */
static void what_cannot_be_said_is_said(void **state)
{
	(void)state;
	static const char text[] = "d/dt(A) = -0.1*A\ncp = A/10\n";
	struct ql_buf b = {0};
	char model[256], data[256];
	ql_buf_puts(&b, text);
	snprintf(model, sizeof model, "%s", write_text("small.qm", &b));
	ql_buf_free(&b);
	ql_buf_puts(&b, "ID,TIME,EVID,AMT,CMT,II,SS\n1,0,1,100,A,12,1\n1,24,0,0,0,0,0\n");
	snprintf(data, sizeof data, "%s", write_text("ss.csv", &b));
	ql_buf_free(&b);
	struct exported *e = calloc(1, sizeof *e);
	assert_false(export(e, model, data, QL_FORMAT_SBML, NULL));
	assert_int_equal(e->status, QUELL_ERR_INPUT);
	bool found = false;
	for (int i = 0; i < e->ds.n; i++)
		found = found || (e->ds.item[i]->code == QL_E0439 && e->ds.item[i]->span.line == 2);
	assert_true(found);
	release(e);
	*e = (struct exported){0};
	ql_buf_puts(&b, "d/dt(A) = 1\ny = lgamma(A + 1)\n");
	snprintf(model, sizeof model, "%s", write_text("lgamma.qm", &b));
	ql_buf_free(&b);
	assert_false(export(e, model, NULL, QL_FORMAT_SBML, NULL));
	assert_int_equal(e->ds.item[e->ds.n - 1]->code, QL_E1002);
	release(e);
	*e = (struct exported){0};
	ql_buf_puts(&b, "param k = 0.1 \"rate\" [assumed]\nstate A = 10\nd/dt(A) = -k*A\nwhen low (A < 5): A = 10\noutput c = A\n");
	snprintf(model, sizeof model, "%s", write_text("event.qm", &b));
	ql_buf_free(&b);
	assert_true(export(e, model, NULL, QL_FORMAT_RXODE2, NULL));
	found = false;
	for (int i = 0; i < e->ds.n; i++)
		found = found || e->ds.item[i]->code == QL_E0115;
	assert_true(found);
	assert_non_null(strstr(e->text.data, "Not exported: 1 event"));
	release(e);
	free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_cannot_be_said_is_said), cmocka_unit_test(corpus_through_rxode2),
		cmocka_unit_test(some_through_mrgsolve),       cmocka_unit_test(corpus_through_sbml),
		cmocka_unit_test(cll_through_sbml),	       cmocka_unit_test(cll_through_rxode2),
	};
	return cmocka_run_group_tests(tests, corpus_set_up, corpus_tear_down);
}
