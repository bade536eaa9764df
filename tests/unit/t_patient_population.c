/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/rng.h"
#include "patient/population.h"
#include "dosing_helpers.h"

static const char model_text[] = "covariate age : year = 65 in 18..110 \"age\"\n"
				 "covariate u : 1 = 1 in {0, 1} \"unmutated\"\n"
				 "covariate tp53 : 1 = 0 in {0, 1} \"TP53\"\n"
				 "covariate ldt : month = 12 in 0.5..200 \"doubling time\"\n"
				 "covariate share : 1 = 0.5 in 0..1 \"a share\"\n"
				 "covariate k : 1 = 2 in 0..10 \"a number\"\n"
				 "param rate : 1/day = 0.1 ~ lognormal(0.4) \"rate\" [assumed]\n"
				 "state x : 1 = 1 \"x\"\n"
				 "d/dt(x) = -rate*x*(1 + 0*(age/(1 year) + u + tp53 + ldt/(1 month) + share + k))\n"
				 "output o : 1 = x \"x\"\n";

struct fixture {
	struct ql_diags ds;
	struct ql_arena a;
	struct ql_model *m;
	struct ql_population p;
	enum quell_status status;
};

static void open_population(struct fixture *f, const char *file, const char *text)
{
	*f = (struct fixture){0};
	f->m = model_of(model_text, &f->ds);
	f->ds.n = f->ds.n_errors = f->ds.n_warnings = 0;
	f->status = ql_population_load(f->m, scratch_file(file, text), &f->a, &f->ds, &f->p);
}

static void close_population(struct fixture *f)
{
	ql_model_free(f->m);
	ql_arena_free(&f->a);
	ql_diags_free(&f->ds);
}

static double *draw(struct fixture *f, uint64_t patient, const double *fixed, struct ql_values *v)
{
	ql_population_draw(&f->p, f->m, 7, patient, fixed, v);
	return v->q;
}

static const char good[] = "population: test\n"
			   "covariates:\n"
			   "  age: {normal: {mean: 72, sd: 7}, range: [75, 90]}\n"
			   "  ldt: {lognormal: {median: {by: u, 1: 9, 0: 16}, sd: 0.5}}\n"
			   "  u: {bernoulli: {p: 0.6}}\n"
			   "  tp53: {bernoulli: {p: 0.12, logit_shift: {u: {1: 0.35, 0: -0.75}}}}\n"
			   "  share: {logitnormal: {median: 0.3, sd: 1}}\n"
			   "  k: {choice: {values: [1, 2, 4], weights: [1, 2, 1]}}\n"
			   "correlations:\n"
			   "  - {a: age, b: rate, rho: -0.6}\n";

/* Moments against their closed forms, with five standard errors of room. */
static void laws_have_their_moments(void **state)
{
	(void)state;
	struct fixture f;
	open_population(&f, "p.yaml", good);
	if (f.status)
		show(&f.ds);
	assert_int_equal(f.status, QUELL_OK);
	int age = ql_model_find(f.m, "age"), u = ql_model_find(f.m, "u"), tp53 = ql_model_find(f.m, "tp53"),
	    ldt = ql_model_find(f.m, "ldt"), share = ql_model_find(f.m, "share"), k = ql_model_find(f.m, "k");
	double *q = calloc((size_t)f.m->n_q, sizeof *q);
	struct ql_values v = {.q = q};
	enum { N = 40000 };
	double s_age = 0, s_u = 0, s_tp_u = 0, s_log_u = 0, s_logit = 0, s_k = 0, n_u = 0;
	for (uint64_t i = 0; i < N; i++) {
		draw(&f, i, NULL, &v);
		assert_true(q[age] >= 75 && q[age] <= 90);
		s_age += q[age];
		s_u += q[u];
		n_u += q[u];
		s_tp_u += q[u] * q[tp53];
		s_log_u += q[u] * log(q[ldt]);
		s_logit += log(q[share] / (1 - q[share]));
		s_k += q[k];
	}
	double lo = 3.0 / 7, hi = 18.0 / 7, mass = ql_cdf_normal(hi) - ql_cdf_normal(lo);
	double truncated = 72 + 7 * (exp(-lo * lo / 2) - exp(-hi * hi / 2)) / sqrt(2 * M_PI) / mass;
	assert_true(fabs(s_age / N - truncated) < 5 * 3.4 / sqrt(N));
	assert_true(fabs(s_u / N - 0.6) < 5 * 0.49 / sqrt(N));
	double odds = 0.12 / 0.88 * exp(0.35);
	assert_true(fabs(s_tp_u / n_u - odds / (1 + odds)) < 5 * 0.37 / sqrt(n_u));
	assert_true(fabs(s_log_u / n_u - log(9)) < 5 * 0.5 / sqrt(n_u));
	assert_true(fabs(s_logit / N - log(0.3 / 0.7)) < 5 * 1.0 / sqrt(N));
	assert_true(fabs(s_k / N - 2.25) < 5 * 1.1 / sqrt(N));
	free(q);
	close_population(&f);
}

/* The hidden normals have the correlation asked for; truncation acts on the covariate after that. */
static void normals_go_together(void **state)
{
	(void)state;
	struct fixture f;
	open_population(&f, "p.yaml", "population: test\ncovariates:\n  age: {normal: {mean: 65, sd: 5}, range: [18, 110]}\n"
				      "  ldt: {lognormal: {median: 10, sd: 0.3}}\n"
				      "correlations:\n  - {a: age, b: rate, rho: -0.6}\n  - {a: ldt, b: age, rho: 0.5}\n");
	assert_int_equal(f.status, QUELL_OK);
	int age = ql_model_find(f.m, "age"), ldt = ql_model_find(f.m, "ldt"), z = -1;
	for (int i = 0; i < f.m->n_q; i++)
		if (f.m->q[i].kind == QL_RANDOM)
			z = i;
	assert_true(z >= 0);
	double *q = calloc((size_t)f.m->n_q, sizeof *q), az = 0, al = 0, lz = 0;
	struct ql_values v = {.q = q};
	enum { N = 40000 };
	for (uint64_t i = 0; i < N; i++) {
		draw(&f, i, NULL, &v);
		double a = (q[age] - 65) / 5, l = log(q[ldt] / 10) / 0.3;
		az += a * q[z];
		al += a * l;
		lz += l * q[z];
	}
	assert_true(fabs(az / N + 0.6) < 0.03);
	assert_true(fabs(al / N - 0.5) < 0.03);
	assert_true(fabs(lz / N) < 0.03);
	free(q);
	close_population(&f);
}

/* A patient does not change when other laws come or go, and fixed values carry their dependants along. */
static void draws_belong_to_names(void **state)
{
	(void)state;
	struct fixture f, g;
	open_population(&f, "p.yaml", good);
	open_population(&g, "r.yaml", "population: test\ncovariates:\n  ldt: {lognormal: {median: {by: u, 1: 9, 0: 16}, sd: 0.5}}\n"
				      "  u: {bernoulli: {p: 0.6}}\n");
	assert_int_equal(g.status, QUELL_OK);
	int ldt = ql_model_find(f.m, "ldt"), u = ql_model_find(f.m, "u");
	size_t n = (size_t)f.m->n_q;
	double *q = calloc(n, sizeof *q), *p = calloc(n, sizeof *p), *fixed = calloc(n, sizeof *fixed);
	struct ql_values v = {.q = q}, w = {.q = p};
	for (size_t i = 0; i < n; i++)
		fixed[i] = NAN;
	for (uint64_t i = 0; i < 200; i++) {
		draw(&f, i, NULL, &v);
		draw(&g, i, NULL, &w);
		assert_true(q[ldt] == p[ldt] && q[u] == p[u]);
		fixed[u] = 1 - q[u];
		draw(&g, i, fixed, &w);
		double ratio = q[u] == 1 ? 16.0 / 9 : 9.0 / 16;
		assert_true(p[u] == fixed[u] && fabs(p[ldt] / q[ldt] / ratio - 1) < 1e-4);
	}
	free(q);
	free(p);
	free(fixed);
	close_population(&f);
	close_population(&g);
}

static void far_tails_stay_exact(void **state)
{
	(void)state;
	struct fixture f;
	open_population(&f, "p.yaml", "population: test\ncovariates:\n  age: {normal: {mean: 20, sd: 2}, range: [40, 110]}\n");
	assert_int_equal(f.status, QUELL_OK);
	int age = ql_model_find(f.m, "age");
	double *q = calloc((size_t)f.m->n_q, sizeof *q), s = 0;
	struct ql_values v = {.q = q};
	for (uint64_t i = 0; i < 20000; i++)
		s += draw(&f, i, NULL, &v)[age];
	/* mean of a normal beyond 10 sd: 10 + hazard excess 0.09805... (Mills ratio) */
	double mills = 10.098093233962512;
	assert_true(fabs(s / 20000 - (20 + 2 * mills)) < 5 * 0.2 / sqrt(20000));
	free(q);
	close_population(&f);
}

static void tables_are_read_by_row(void **state)
{
	(void)state;
	struct fixture f;
	open_population(&f, "p.csv", "ID,age,u\n1,60,0\n2,70,1\n3,80,1\n");
	assert_int_equal(f.status, QUELL_OK);
	int age = ql_model_find(f.m, "age");
	double *q = calloc((size_t)f.m->n_q, sizeof *q), s = 0;
	struct ql_values v = {.q = q};
	assert_true(draw(&f, 1, NULL, &v)[age] == 70);
	assert_true(draw(&f, 2, NULL, &v)[age] == 80);
	for (uint64_t i = 3; i < 3003; i++)
		s += draw(&f, i, NULL, &v)[age];
	assert_true(fabs(s / 3000 - 70) < 1);
	free(q);
	close_population(&f);
}

static void mistakes_are_named(void **state)
{
	(void)state;
	static const struct {
		const char *file, *text;
		enum ql_code code;
		int line;
	} wrong[] = {
		{"p.yaml", "population: t\ncovariates:\n  agee: {fixed: 1}\n", QL_E0501, 3},
		{"p.yaml", "population: t\ncovariates:\n  age: {range: [1, 2]}\n", QL_E0502, 3},
		{"p.yaml", "population: t\ncovariates:\n  age: {normal: {mean: 70, sd: -1}}\n", QL_E0503, 3},
		{"p.yaml", "population: t\ncovariates:\n  age: {fixed: 12}\n", QL_E0504, 3},
		{"p.yaml", "population: t\ncovariates:\n  u: {normal: {mean: 1, sd: 1}}\n", QL_E0504, 3},
		{"p.yaml", "population: t\ncovariates:\n  ldt: {lognormal: {median: {by: u, 1: 9}, sd: 1}}\n", QL_E0505, 3},
		{"p.yaml", "population: t\ncovariates:\n  u: {bernoulli: {p: {by: tp53, 0: 1, 1: 0}}}\n"
			   "  tp53: {bernoulli: {p: {by: u, 0: 1, 1: 0}}}\n", QL_E0505, 3},
		{"p.yaml", "population: t\ncovariates:\n  age: {fixed: 70}\ncorrelations:\n  - {a: age, b: nobody, rho: 0.1}\n",
		 QL_E0506, 5},
		{"p.yaml", "population: t\ncovariates:\n  age: {normal: {mean: 70, sd: 1}}\ncorrelations:\n"
			   "  - {a: age, b: rate, rho: 1.1}\n", QL_E0507, 5},
		{"p.yaml", "population: t\ncovariates:\n  age: {normal: {mean: 70, sd: 1}}\n  ldt: {uniform: {low: 1, high: 2}}\n"
			   "correlations:\n  - {a: age, b: rate, rho: 0.9}\n  - {a: ldt, b: rate, rho: 0.9}\n"
			   "  - {a: age, b: ldt, rho: -0.9}\n", QL_E0508, 6},
		{"p.yaml", "population: t\ncovariates:\n  age: {normal: {mean: 70, sd: 1}, range: [80, 20]}\n", QL_E0509, 3},
		{"p.yaml", "population: t\nfoo: 1\n", QL_E0303, 2},
		{"p.yaml", "title: t\n", QL_E0304, 1},
		{"p.csv", "age\n70\n7\n", QL_E0504, 3},
		{"p.csv", "age\n", QL_E0510, 1},
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct fixture f;
		open_population(&f, wrong[i].file, wrong[i].text);
		const struct ql_diag *d = find_diag(&f.ds, wrong[i].code);
		if (!d || d->span.line != wrong[i].line) {
			print_error("case %zu\n", i);
			show(&f.ds);
		}
		assert_int_equal(f.status, QUELL_ERR_INPUT);
		assert_non_null(d);
		assert_int_equal(d->span.line, wrong[i].line);
		close_population(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(laws_have_their_moments), cmocka_unit_test(normals_go_together),
		cmocka_unit_test(draws_belong_to_names),   cmocka_unit_test(far_tails_stay_exact),
		cmocka_unit_test(tables_are_read_by_row),  cmocka_unit_test(mistakes_are_named),
	};
	return cmocka_run_group_tests(tests, NULL, scratch_remove);
}
