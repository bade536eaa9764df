/* SPDX-License-Identifier: Apache-2.0 */
/* The rxode2 dialect: what the statements mean, and what is refused by name. */
#include "lang_model.h"

static bool said(const struct lang *l, enum ql_code code, int line, const char *part)
{
	for (int i = 0; i < l->ds.n; i++)
		if (l->ds.item[i]->code == code && l->ds.item[i]->span.line == line && strstr(l->ds.item[i]->message, part))
			return true;
	print_message("%s\n", l->text);
	return false;
}

static double with(const struct lang *l, const char *set, double x, const char *name)
{
	double *v = lang_values(l), *node = calloc((size_t)l->m->dag.n, sizeof *node);
	v[lang_find(l, set)] = x;
	ql_dag_eval(&l->m->dag, NULL, v, 0, node);
	double y = node[l->m->q[lang_find(l, name)].def];
	free(v);
	free(node);
	return y;
}

static void statements(void **state)
{
	(void)state;
	struct lang l = lang_good("# both signs, semicolons or not, several on a line\n"
				  "ka <- 0.5; ke = 0.1\n"
				  "V = 10; x = 1;\n"
				  "x = x + 1   # assigned again\n"
				  "hidden ~ 7\n"
				  "a.b = 2**3 %% 5 + (3 %% 2)\n"
				  "d/dt(depot) = -ka*depot\n"
				  "d/dt(central) <- ka*depot -\n"
				  "  ke*central\n"
				  "depot(0) = 100*x\n"
				  "cp = central/V\n"
				  "central(0) = V\n"
				  "f(depot) = 0.8; alag(depot) = 0.25\n"
				  "dur(central) = 2; rate(depot) = 5\n"
				  "late = t > 5 & !(time > 9) | x == 3\n");
	struct ql_model *m = l.m;
	assert_false(m->has_units);
	assert_int_equal(l.ds.n_errors, 0);
	assert_int_equal(l.ds.item[0]->code, QL_E0220); /* one note that units are off */
	assert_int_equal(l.ds.n, 1);
	assert_near(lang_value(&l, "x"), 2);
	assert_near(lang_value(&l, "a.b"), 3 + 1);
	assert_near(lang_value(&l, "depot"), 200);
	assert_near(lang_rate(&l, "central"), 0.5 * 200 - 0.1 * 10);
	assert_near(lang_value(&l, "cp"), 1);
	assert_int_equal(m->q[lang_find(&l, "cp")].kind, QL_OUTPUT);
	assert_int_equal(m->q[lang_find(&l, "hidden")].kind, QL_LET);
	assert_near(lang_node(&l, m->q[lang_find(&l, "late")].def, 7), 1);
	assert_near(lang_node(&l, m->q[lang_find(&l, "late")].def, 10), 0);
	/* one dose per state, named after it */
	assert_int_equal(m->n_dose, 2);
	const struct ql_dose *d = &m->dose[ql_model_find_dose(m, "depot")];
	assert_near(lang_node(&l, d->scale, 0), 1);
	assert_near(lang_node(&l, d->bioavailability, 0), 0.8);
	assert_near(lang_node(&l, d->lag, 0), 0.25);
	assert_near(lang_node(&l, d->modelled_rate, 0), 5);
	assert_int_equal(d->modelled_duration, QL_NO_NODE);
	d = &m->dose[ql_model_find_dose(m, "central")];
	assert_near(lang_node(&l, d->modelled_duration, 0), 2);
	assert_int_equal(d->bioavailability, QL_NO_NODE);
	lang_free(&l);
}

static void conditions(void **state)
{
	(void)state;
	struct lang l = lang_good("param(WT)\n"
				  "k = 1\n"
				  "if (WT > 100) {\n  k = 2\n  only = 5\n} else if (WT > 50) k = 3\nelse {\n  k <- k*4; other = 6\n}\n"
				  "if (WT < 10) d/dt(A) = -1 else d/dt(A) = -k*A\n"
				  "if (WT == 60)\n{\n  A(0) = 1\n}\n"
				  "z = ifelse(WT > 50, 10, 20)\n");
	assert_near(with(&l, "WT", 110, "k"), 2);
	assert_near(with(&l, "WT", 60, "k"), 3);
	assert_near(with(&l, "WT", 40, "k"), 4);
	assert_near(with(&l, "WT", 110, "only"), 5);
	assert_true(isnan(with(&l, "WT", 60, "only")));
	assert_near(with(&l, "WT", 40, "other"), 6);
	assert_near(with(&l, "WT", 5, "A"), -1);
	assert_near(with(&l, "WT", 5, "z"), 20);
	lang_free(&l);
}

static void ini_and_model(void **state)
{
	(void)state;
	struct lang l = lang_good("pk <- function() {\n"
				  "  description <- \"a test\"\n"
				  "  units <- list(time = \"day\",\n                dosing = \"mg\")\n"
				  "  ini({\n"
				  "    lka <- log(0.5) ; label(\"absorption\")\n"
				  "    lcl <- c(-5, 1, 5) # bounded\n"
				  "    lv <- fix(2)\n"
				  "    prop.sd <- c(0, 0.1)\n"
				  "    eta.ka ~ 0.09\n"
				  "    eta.cl + eta.v ~ c(0.04,\n"
				  "                       0.03, 0.25)\n"
				  "  })\n"
				  "  model({\n"
				  "    ka <- exp(lka + eta.ka)\n"
				  "    cl <- exp(lcl + eta.cl)\n"
				  "    v <- exp(lv + eta.v)\n"
				  "    d/dt(depot) <- -ka*depot\n"
				  "    d/dt(center) <- ka*depot - cl/v*center\n"
				  "    cp <- center/v\n"
				  "    cp ~ prop(prop.sd)\n"
				  "  })\n}\n");
	struct ql_model *m = l.m;
	assert_string_equal(m->name, "pk");
	assert_string_equal(m->doc, "a test");
	assert_true(said(&l, QL_E0112, 21, "residual error"));
	const struct ql_quantity *cl = &m->q[lang_find(&l, "lcl")];
	assert_near(cl->lo, -5);
	assert_near(cl->hi, 5);
	assert_near(lang_value(&l, "lcl"), 1);
	assert_string_equal(m->q[lang_find(&l, "lka")].doc, "absorption");
	assert_near(lang_value(&l, "ka"), 0.5);
	/* covariance of the effects: row by row of the Cholesky factor */
	double *v = lang_values(&l), *node = calloc((size_t)m->dag.n, sizeof *node);
	int cl_z = m->q[lang_find(&l, "eta.cl")].draw_random, v_z = m->q[lang_find(&l, "eta.v")].draw_random;
	v[cl_z] = 1;
	ql_dag_eval(&m->dag, NULL, v, 0, node);
	double a = node[m->q[lang_find(&l, "eta.cl")].realised], b = node[m->q[lang_find(&l, "eta.v")].realised];
	v[cl_z] = 0;
	v[v_z] = 1;
	ql_dag_eval(&m->dag, NULL, v, 0, node);
	double c = node[m->q[lang_find(&l, "eta.v")].realised];
	assert_near(a * a, 0.04);
	assert_near(a * b, 0.03);
	assert_near(b * b + c * c, 0.25);
	free(v);
	free(node);
	lang_free(&l);
}

static void linear_compartments(void **state)
{
	(void)state;
	/* names in any case; the same rates as written out */
	struct lang l = lang_good("CL = 3; V = 10; Q = 2; Vp = 20; ka = 0.5; q2 = 1; vp2 = 5\ncp = linCmt()\nf(depot) = 0.5\n"
				  "central(0) = 7; depot(0) = 11; peripheral1(0) = 13; peripheral2(0) = 17\n");
	assert_near(lang_value(&l, "cp"), 0.7);
	assert_near(lang_rate(&l, "depot"), -5.5);
	assert_near(lang_rate(&l, "peripheral1"), 0.2 * 7 - 0.1 * 13);
	assert_near(lang_rate(&l, "peripheral2"), 0.1 * 7 - 0.2 * 17);
	assert_near(lang_rate(&l, "central"), 5.5 - (0.3 + 0.2 + 0.1) * 7 + 0.1 * 13 + 0.2 * 17);
	assert_near(lang_node(&l, l.m->dose[ql_model_find_dose(l.m, "depot")].bioavailability, 0), 0.5);
	lang_free(&l);
	l = lang_good("kel = 0.3; v = 10; k12 = 0.2; k21 = 0.1\ncp = linCmt()\ncentral(0) = 7; peripheral1(0) = 13\n");
	assert_near(lang_rate(&l, "central"), -0.5 * 7 + 0.1 * 13);
	assert_int_equal(ql_model_find(l.m, "depot"), -1);
	lang_free(&l);
	l = lang_good("cl = 1; v2 = 2; q3 = 3; v3 = 4; ka = 1\ncp = linCmt()\ncentral(0) = 1\n");
	assert_near(lang_rate(&l, "central"), -0.5 - 1.5);
	lang_free(&l);
	l = lang_parse("a = 1\ncp = linCmt()\n");
	assert_true(said(&l, QL_E0111, 2, "linCmt()"));
	lang_free(&l);
}

static void time_of_doses(void **state)
{
	(void)state;
	struct lang l = lang_good("d/dt(A) = transit(2, 3, 0.5) - A\nd/dt(B) = A\ny = tad() + 10*tad(B) + 100*tafd(B) + 1000*podo(A)\n"
				  "n = dosenum()\nmtime(m1) = 4\nw = (t >= m1)*2\n");
	struct ql_model *m = l.m;
	int last = lang_find(&l, "tlast(A)"), amount = lang_find(&l, "podo(A)");
	double *v = lang_values(&l), *node = calloc((size_t)m->dag.n, sizeof *node);
	v[last] = 1;
	v[amount] = 100;
	ql_dag_eval(&m->dag, NULL, v, 3, node);
	double ktr = 3. / 3, t = 2;
	assert_true(fabs(node[m->q[lang_find(&l, "A")].def] - 50 * ktr * pow(ktr * t, 2) * exp(-ktr * t) / 2) < 1e-13);
	free(v);
	free(node);
	/* a dose into A sets the clocks of A and of all, one into B those of B and of all */
	const struct ql_dose *a = &m->dose[ql_model_find_dose(m, "A")], *b = &m->dose[ql_model_find_dose(m, "B")];
	assert_int_equal(a->n_clock, 4); /* tlast(A), podo(A), tlast(), dosenum() */
	assert_int_equal(b->n_clock, 4); /* tlast(), tlast(B), tfirst(B), dosenum() */
	int w = ql_model_find_when(m, "mtime(m1)");
	assert_true(w >= 0);
	assert_near(lang_node(&l, m->when[w].g, 6), 2);
	assert_int_equal(m->when[w].n_assign, 0);
	lang_free(&l);
}

static void functions(void **state)
{
	(void)state;
	struct lang l = lang_good("x = 2.5\n"
				  "a = log2(8) + log1p(x) + expm1(x) + fabs(-x) + ceiling(x) + trunc(-x) + round(x) + log10(100)\n"
				  "b = gamma(5) + lgamma(4) + factorial(3) + sign(-x)\n"
				  "c = expit(x, 1, 3) + logit(2.5, 1, 3) + R_pow(2, 3) + sum(1, 2, 3) + prod(2, 3, 4) + max(1, x, 2) + min(x, 9)\n"
				  "d = pi + M_PI - exp(1)\n"
				  "lnx = ln(x) + sqrt(x) + abs(-x) + atan(x) + tanh(x)\n");
	double x = 2.5;
	assert_true(fabs(lang_value(&l, "a") - (3 + log1p(x) + expm1(x) + x + 3 - 2 + 3 + 2)) < 1e-12);
	assert_true(fabs(lang_value(&l, "b") - (24 + log(6) + 6 - 1)) < 1e-12);
	assert_true(fabs(lang_value(&l, "c") - (1 + 2 / (1 + exp(-x)) + log(1.5 / 0.5) + 8 + 6 + 24 + x + x)) < 1e-12);
	assert_true(fabs(lang_value(&l, "d") - (2 * acos(-1.) - exp(1))) < 1e-12);
	assert_true(fabs(lang_value(&l, "lnx") - (log(x) + sqrt(x) + x + atan(x) + tanh(x))) < 1e-12);
	lang_free(&l);
}

static void refusals(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum ql_code code;
		int line;
		const char *part;
	} list[] = {
		{"a = 1\nwhile (a < 3) { a = a + 1 }\nb = 2\n", QL_E0111, 2, "`while`"},
		{"a = 1\nprint(a)\n", QL_E0111, 2, "`print`"},
		{"sex = 1\nif (sex == \"male\") a = 1\n", QL_E0111, 2, "text"},
		{"a = \"x\"\n", QL_E0111, 1, "text value"},
		{"a = pnorm(1)\n", QL_E0111, 1, "`pnorm`"},
		{"a = delay(x, 1)\n", QL_E0111, 1, "`delay`"},
		{"levels(x) = 1\n", QL_E0111, 1, "`levels`"},
		{"rate = 5\n", QL_E0221, 1, "`rate`"},
		{"d/dt(A) = -A\nA = 1\n", QL_E0221, 2, "is a state"},
		{"d/dt(A) = -A\nf(AA) = 1\n", QL_E0221, 2, "`AA`"},
		{"d/dt(A) = -A\nA(1) = 1\n", QL_E0111, 2, "start value"},
		{"d/dt(A) = -A\nalag(A) = t\n", QL_E0209, 1, "alag"},
		{"d/dt(A) = -A\nA(0) = 1 + A\n", QL_E0209, 1, "initial value"},
		{"cmt(A)\nd/dt(B) = -B\n", QL_E0208, 1, "no equation"},
		{"y = x\nx = 2\n", QL_E0202, 2, "read as a parameter"},
		{"y = foo(1)\n", QL_E0212, 1, "foo"},
		{"y = 1/0\n", QL_E0216, 1, "zero"},
		{"y = (1 + 2\nz = 3\n", QL_E0105, 1, "("},
		{"y = 1 +* 2\n", QL_E0101, 1, "expression"},
		{"if (1) { y = 2\n", QL_E0105, 1, "{"},
		{"ini({ a <- c(3, 1, 2) })\nmodel({ y = a })\n", QL_E0215, 1, "range"},
		{"ini({ a + b ~ c(1, 2, 1) })\nmodel({ y = a })\n", QL_E0215, 1, "not positive"},
		{"ini({ a + b ~ c(1, 2) })\nmodel({ y = a })\n", QL_E0213, 1, "3 numbers"},
		{"ini({ a ~ 0.1 | occ })\nmodel({ y = a })\n", QL_E0111, 1, "occasions"},
		{"d/dt(A) = transit(1)\n", QL_E0212, 1, "transit"},
		{"y = transit(1, 2)\n", QL_E0212, 1, "transit"},
		{"cl = 1; v = 1\ny = linCmt()\nd/dt(central) = 1\n", QL_E0202, 3, "linCmt"},
	};
	for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
		struct lang l = lang_parse(list[i].text);
		if (l.status != QUELL_ERR_INPUT)
			print_message("accepted: %s\n", list[i].text);
		assert_int_equal(l.status, QUELL_ERR_INPUT);
		assert_true(said(&l, list[i].code, list[i].line, list[i].part));
		lang_free(&l);
	}
}

static void own_language_without_units(void **state)
{
	(void)state;
	struct lang l = lang_good("param k = 0.5 \"k\" [assumed]\nstate A = 10\nd/dt(A) = -k*A\nf(A) = 0.5\noutput c = A/2\n");
	assert_false(l.m->has_units);
	assert_near(lang_rate(&l, "A"), -5);
	assert_int_equal(l.m->n_dose, 1);
	assert_string_equal(l.m->dose[0].name, "A");
	assert_near(lang_node(&l, l.m->dose[0].bioavailability, 0), 0.5);
	lang_free(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statements),	      cmocka_unit_test(conditions), cmocka_unit_test(ini_and_model),
		cmocka_unit_test(linear_compartments), cmocka_unit_test(time_of_doses), cmocka_unit_test(functions),
		cmocka_unit_test(refusals),	      cmocka_unit_test(own_language_without_units),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
