/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quell_bench [--out FILE] [--patients N] [--seconds S] [--cases A,B,...]
 *
 * For each case: the reference is CVODE with KLU at rtol 1e-12; the mark is CVODE with KLU at rtol 1e-6. Every engine
 * is run from loose to tight tolerance until its error (wrms, see bench.h) is no larger than the mark's, then back as
 * far as it stays so; the rate at that tolerance is what counts. One core, process CPU time, best of several runs, all
 * engines on the same patients. deSolve takes part where R has it, on the cases that are marked. Writes a list of {case, engine, patients_per_s_core, achieved_error, ratio_vs_cvode_klu, rtol, steps, flops, peak_share} and appends to
 * history.csv beside it. flops: operations of the kernels and stage sums per patient; peak_share: of what this core does in
 * fused multiply-adds, measured at the start.
 */
#include "bench.h"
#include "base/io.h"
#include "base/json.h"
#include "base/paths.h"
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const double ladder[] = {1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 3e-6, 1e-6, 3e-7, 1e-7, 3e-8, 1e-8, 1e-9, 1e-10};
enum { N_LADDER = sizeof ladder / sizeof *ladder };

struct settings {
	const char *out, *cases;
	int patients;
	double seconds;
	bool all_rungs;
};

struct row {
	const char *engine;
	double rate, error, ratio, rtol, steps, flops; /* steps and flops per patient; NaN where not counted */
};

struct bench {
	struct settings set;
	struct ql_arena arena;
	struct ql_diags ds;
	json_t *results;
	double peak; /* flops per second */
	struct bench_desolve desolve;
};

struct engine {
	const char *name;
	enum bench_solver solver;
	int width;
	bool interpreted;
	double loosest; /* where the climb starts */
};

static const struct engine engines[] = {{"cvode-klu", BENCH_CVODE_KLU, 1, false, 1e-6},
					{"cvode-dense", BENCH_CVODE_DENSE, 1, false, 3e-6},
					{"quell-w4", BENCH_QUELL, 4, false, 1e-2},
					{"quell-w8", BENCH_QUELL, 8, false, 1e-2},
					{"interpreter", BENCH_QUELL, 32, true, 1e-2},
					{"desolve", BENCH_DESOLVE, 1, false, 1e-5}};

static const struct ql_kernel *kernel_for(struct bench *b, const struct bench_case *c, const struct engine *e)
{
	struct ql_kernel *k = NULL;
	if (!e->interpreted)
		return bench_kernel(&b->arena, c->plan, e->width);
	return ql_interp_make(c->plan, e->width, &k) == QUELL_OK ? k : NULL;
}

static void note(struct bench *b, const struct bench_case *c, const struct row *r)
{
	json_t *o = json_object();
	json_object_set_new(o, "case", json_string(c->name));
	json_object_set_new(o, "engine", json_string(r->engine));
	json_object_set_new(o, "patients_per_s_core", ql_json_real(r->rate));
	json_object_set_new(o, "achieved_error", ql_json_real(r->error));
	json_object_set_new(o, "ratio_vs_cvode_klu", ql_json_real(r->ratio));
	json_object_set_new(o, "rtol", ql_json_real(r->rtol));
	json_object_set_new(o, "steps", ql_json_real(r->steps));
	json_object_set_new(o, "flops", ql_json_real(r->flops));
	json_object_set_new(o, "peak_share", ql_json_real(r->flops * r->rate / b->peak));
	json_array_append_new(b->results, o);
	fprintf(stderr, "  %-12s %10.1f patients/s  wrms %-9.3g  x%.1f at rtol %g", r->engine, r->rate, r->error, r->ratio,
		r->rtol);
	if (isfinite(r->flops))
		fprintf(stderr, ", %.0f steps, %.0f %% of peak", r->steps, 100 * r->flops * r->rate / b->peak);
	fputc('\n', stderr);
}

/* Operations of the integrator itself per step and state (rodas_vec.inc, Rodas5P): stage sums 40 + 39, right sides 14, error
 * norm 6. Dense output is not counted. */
enum { STEP_FLOPS_PER_STATE = 99 };

static double flops_per_step(const struct ql_plan *plan)
{
	const struct ql_flops f = ql_plan_flops(plan);
	return f.jac + f.factor + 7 * f.rhs + 8 * f.solve + STEP_FLOPS_PER_STATE * plan->n_state;
}

static struct row row_of(const struct bench_case *c, const char *engine, const struct bench_run *r, double error,
			 const struct row *mark)
{
	const double steps = r->solver == BENCH_DESOLVE ? NAN : (double)(r->steps + r->rejected) / c->n_patient;
	const double rate = c->n_patient / r->seconds;
	return (struct row){engine, rate, error, mark ? rate / mark->rate : 1, r->rtol, steps,
			    r->solver == BENCH_QUELL ? steps * flops_per_step(c->plan) : NAN};
}

static double measure(struct bench *b, const struct bench_case *c, struct bench_run *r, const double *ref)
{
	if (r->solver == BENCH_DESOLVE ? !bench_desolve_run(&b->arena, c, &b->desolve, r)
				       : bench_measure(c, r, b->set.seconds) != QUELL_OK || r->failed)
		return INFINITY;
	double error = bench_wrms(c, r->states, ref);
	if (b->set.all_rungs)
		fprintf(stderr, "    rtol %-6g %9.1f/s wrms %-9.3g steps %.1f + %.1f rejected, vector steps %.1f\n", r->rtol,
			c->n_patient / r->seconds, error, (double)r->steps / c->n_patient,
			(double)r->rejected / c->n_patient, (double)r->vector_steps / c->n_patient);
	return error;
}

/* Halves the gap between a tolerance that is too loose and one that is not, on the scale of logarithms. */
static void refine(struct bench *b, const struct bench_case *c, struct bench_run *r, const double *ref,
		   const struct row *mark, double loose, struct row *best)
{
	for (int i = 0; i < 3 && loose > best->rtol; i++) {
		r->rtol = sqrt(loose * best->rtol);
		double error = measure(b, c, r, ref);
		if (error > mark->error)
			loose = r->rtol;
		else
			*best = row_of(c, best->engine, r, error, mark);
	}
}

/* From loose to tight until the error is down to the mark, then back as far as it stays there. */
static void climb(struct bench *b, const struct bench_case *c, const struct engine *e, struct bench_run *r,
		  const double *ref, const struct row *mark)
{
	struct row row = {e->name, NAN, NAN, NAN, NAN, NAN, NAN};
	for (int i = 0; i < N_LADDER && isnan(row.rate); i++) {
		if (ladder[i] > e->loosest)
			continue;
		r->rtol = ladder[i];
		double error = measure(b, c, r, ref);
		if (!(error <= mark->error))
			continue;
		row = row_of(c, e->name, r, error, mark);
		if (ladder[i] < e->loosest)
			refine(b, c, r, ref, mark, ladder[i - 1], &row);
	}
	note(b, c, &row);
}

static double *reference(struct bench *b, const struct bench_case *c, const struct ql_kernel *one, size_t n)
{
	double *ref = QL_NEW_N(&b->arena, double, n), *other = QL_NEW_N(&b->arena, double, n);
	struct bench_run r = {BENCH_CVODE_KLU, one, 1e-12, ref, 0, 0, 0, 0, 0};
	struct bench_run own = {BENCH_QUELL, one, 1e-10, other, 0, 0, 0, 0, 0};
	if (bench_measure(c, &r, 0) != QUELL_OK || r.failed || bench_measure(c, &own, 0) != QUELL_OK || own.failed)
		return NULL;
	fprintf(stderr, "%s: %d states, %d patients; reference and Rodas5P at 1e-10 agree to wrms %.2g\n", c->name,
		c->plan->n_state, c->n_patient, bench_wrms(c, other, ref));
	return ref;
}

static bool run_case(struct bench *b, const struct bench_case *c)
{
	const size_t n = (size_t)c->n_patient * (size_t)c->n_sample * (size_t)c->plan->n_state;
	const struct ql_kernel *one = bench_kernel(&b->arena, c->plan, 1);
	double *states = QL_NEW_N(&b->arena, double, n), *ref = one ? reference(b, c, one, n) : NULL;
	if (!ref) {
		fprintf(stderr, "%s: no %s\n", c->name, one ? "reference solution" : "compiled kernel");
		return false;
	}
	struct bench_run r = {BENCH_CVODE_KLU, one, 1e-6, states, 0, 0, 0, 0, 0};
	double error = measure(b, c, &r, ref);
	struct row mark = row_of(c, engines[0].name, &r, error, NULL);
	note(b, c, &mark);
	for (size_t i = 1; i < sizeof engines / sizeof *engines; i++) {
		r = (struct bench_run){engines[i].solver, kernel_for(b, c, &engines[i]), 0, states, 0, 0, 0, 0, 0};
		if (engines[i].solver == BENCH_DESOLVE && !bench_desolve_start(&b->arena, c, &b->desolve))
			continue;
		if (r.kernel)
			climb(b, c, &engines[i], &r, ref, &mark);
	}
	if (b->desolve.folder[0])
		bench_desolve_end(&b->arena, &b->desolve);
	b->desolve = (struct bench_desolve){0};
	return true;
}

static bool wanted(const struct bench *b, const char *name)
{
	const size_t n = strlen(name);
	for (const char *p = b->set.cases; p && (p = strstr(p, name)); p++)
		if ((p == b->set.cases || p[-1] == ',') && (p[n] == ',' || !p[n]))
			return true;
	return !b->set.cases;
}

static bool run_cases(struct bench *b, const char *data_dir)
{
	static const struct {
		const char *regimen, *population;
	} cll[] = {{"clb-obi", "unfit-1l"},  {"ven-obi", "unfit-1l"},  {"clb-rituximab", "unfit-1l"},
		   {"ibrutinib", "unfit-1l"}, {"liso-cel", "relapsed"}, {"epcoritamab", "relapsed"},
		   {"ofatumumab", "relapsed"}, {"car-nk", "relapsed"}, {"gd-t", "relapsed"}, {"bak", "relapsed"}};
	struct bench_case c;
	bool ok = true;
	for (size_t i = 0; i < sizeof cll / sizeof *cll; i++) {
		if (!wanted(b, ql_arena_printf(&b->arena, "cll-%s", cll[i].regimen)))
			continue;
		ok &= bench_case_cll(&b->arena, data_dir, cll[i].regimen, cll[i].population, b->set.patients, &b->ds, &c) &&
		      run_case(b, &c);
		bench_case_free(&c);
	}
	for (int i = 0; i < bench_n_small; i++) {
		if (!wanted(b, bench_small_names[i]))
			continue;
		ok &= bench_case_small(&b->arena, bench_small_names[i], b->set.patients, &b->ds, &c) && run_case(b, &c);
		bench_case_free(&c);
	}
	return ok;
}

static void read_line_of(const char *command, char *out, int n)
{
	FILE *p = popen(command, "r");
	if (!p || !fgets(out, n, p))
		snprintf(out, (size_t)n, "unknown");
	if (p)
		pclose(p);
	out[strcspn(out, "\n,")] = 0;
}

/* Appends what was measured, with date, commit and processor, to history.csv beside the output. */
static void write_history(struct bench *b)
{
	char commit[64], processor[128], date[32];
	time_t now = time(NULL);
	strftime(date, sizeof date, "%Y-%m-%d", gmtime(&now));
	read_line_of("git rev-parse --short HEAD 2>/dev/null", commit, sizeof commit);
	read_line_of("sed -n 's/^model name[^:]*: //p' /proc/cpuinfo", processor, sizeof processor);
	const char *slash = strrchr(b->set.out, '/');
	FILE *f = fopen(ql_arena_printf(&b->arena, "%.*shistory.csv", slash ? (int)(slash - b->set.out) + 1 : 0, b->set.out),
			"a");
	if (!f)
		return;
	if (ftell(f) == 0)
		fputs("date,commit,processor,case,engine,patients_per_s_core,achieved_error,ratio_vs_cvode_klu,rtol,steps,flops,"
		      "peak_share\n", f);
	size_t i;
	json_t *o;
	json_array_foreach(b->results, i, o) {
		fprintf(f, "%s,%s,%s,%s,%s", date, commit, processor, json_string_value(json_object_get(o, "case")),
			json_string_value(json_object_get(o, "engine")));
		static const char *const keys[] = {"patients_per_s_core", "achieved_error", "ratio_vs_cvode_klu", "rtol", "steps",
						  "flops", "peak_share"};
		for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
			const json_t *x = json_object_get(o, keys[k]);
			fprintf(f, json_is_number(x) ? ",%.5g" : ",", json_number_value(x));
		}
		fputc('\n', f);
	}
	fclose(f);
}

static bool write_results(struct bench *b)
{
	struct ql_buf text = {0};
	struct ql_out_file f;
	ql_json_write(b->results, &text);
	bool ok = ql_out_open(&f, b->set.out, &b->ds) == QUELL_OK;
	if (ok) {
		fwrite(text.data, 1, text.len, f.f);
		ok = ql_out_commit(&f, &b->ds) == QUELL_OK;
	}
	ql_buf_free(&text);
	if (ok)
		write_history(b);
	return ok;
}

static enum quell_status run(void *arg)
{
	struct bench *b = arg;
	const char *data_dir = ql_data_dir(&b->arena, &b->ds);
	b->peak = bench_peak_flops();
	fprintf(stderr, "this core: %.1f GFLOP/s in fused multiply-adds\n", 1e-9 * b->peak);
	bool ok = data_dir && run_cases(b, data_dir);
	return write_results(b) && ok ? QUELL_OK : QUELL_ERR_INPUT;
}

static bool parse(int argc, char **argv, struct settings *s)
{
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;
		double x = NAN;
		if (strcmp(argv[i], "--all") == 0) {
			s->all_rungs = true;
			continue;
		}
		if (!value)
			return false;
		ql_parse_double(value, strlen(value), &x);
		if (strcmp(argv[i], "--out") == 0)
			s->out = value;
		else if (strcmp(argv[i], "--cases") == 0)
			s->cases = value;
		else if (strcmp(argv[i], "--patients") == 0 && x >= 1 && x <= 1e5)
			s->patients = (int)x;
		else if (strcmp(argv[i], "--seconds") == 0 && x >= 0)
			s->seconds = x;
		else
			return false;
		i++;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct bench b = {.set = {"bench/latest.json", NULL, 64, 1.0, false}};
	if (!parse(argc, argv, &b.set)) {
		fputs("quell_bench [--out FILE] [--patients N] [--seconds S] [--cases A,B,...] [--all]\n", stderr);
		return 2;
	}
	b.results = json_array();
	enum quell_status s = ql_protect(run, &b);
	struct ql_buf text = {0};
	ql_diags_render(&b.ds, false, &text);
	if (text.len && b.ds.n_errors)
		fputs(text.data, stderr);
	ql_buf_free(&text);
	ql_diags_free(&b.ds);
	json_decref(b.results);
	ql_arena_free(&b.arena);
	return s == QUELL_OK ? 0 : 1;
}
