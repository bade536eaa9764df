/* SPDX-License-Identifier: Apache-2.0 */
/* SBML files written for this test, each with a closed form; refusals by name; hostile files. */
#define _GNU_SOURCE
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "dosing/dataset.h"
#include "dosing/sbml_run.h"
#include "dosing_helpers.h"

#define MATH(x) "<math xmlns=\"http://www.w3.org/1998/Math/MathML\">" x "</math>"
#define TIME "<csymbol encoding=\"text\" definitionURL=\"http://www.sbml.org/sbml/symbols/time\">t</csymbol>"
#define CI(x) "<ci>" x "</ci>"
#define CN(x) "<cn>" x "</cn>"
#define OP(f, args) "<apply><" f "/>" args "</apply>"

static const char head[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<sbml xmlns=\"http://www.sbml.org/sbml/level3/version2/core\" "
			   "level=\"3\" version=\"2\">\n<model>\n";
static const char tail[] = "</model>\n</sbml>\n";

struct fixture {
	struct ql_diags ds;
	struct ql_arena a;
	struct ql_model *m;
	struct ql_sbml *info;
	struct ql_buf out;
	double value[101][4]; /* of up to four variables */
	int n;
	enum quell_status status;
};

static void open_sbml(struct fixture *f, const char *body)
{
	*f = (struct fixture){0};
	struct ql_buf text = {0};
	ql_buf_printf(&text, "%s%s%s", head, body, tail);
	f->status = ql_sbml_load(scratch_file("m.xml", text.data), &f->ds, &f->m, &f->info);
	ql_buf_free(&text);
}

static void run_sbml(struct fixture *f, const char *body, const char *settings)
{
	open_sbml(f, body);
	if (f->status)
		show(&f->ds);
	assert_int_equal(f->status, QUELL_OK);
	struct ql_sbml_settings set;
	f->status = ql_sbml_settings_read(scratch_file("s.txt", settings), &f->a, &f->ds, &set);
	if (f->status == QUELL_OK)
		f->status = ql_sbml_run(f->m, f->info, &set, 0, NULL, &f->ds, &f->out);
	if (f->status)
		return;
	const char *line = strchr(f->out.data, '\n') + 1;
	for (; *line; line = strchr(line, '\n') + 1, f->n++) {
		char *at = (char *)line;
		(void)strtod(at, &at);
		for (int k = 0; k < set.n_variable && k < 4; k++)
			f->value[f->n][k] = strtod(at + 1, &at);
	}
}

static void close_sbml(struct fixture *f)
{
	ql_model_free(f->m);
	ql_buf_free(&f->out);
	ql_arena_free(&f->a);
	ql_diags_free(&f->ds);
}

static void expect_near(double got, double want)
{
	if (!(fabs(got - want) <= 1e-6 * fabs(want) + 1e-9))
		print_error("%.10g where %.10g is wanted\n", got, want);
	assert_true(fabs(got - want) <= 1e-6 * fabs(want) + 1e-9);
}

#define COMPARTMENT(id, size, constant) "<compartment id=\"" id "\" spatialDimensions=\"3\" size=\"" size "\" constant=\"" constant "\"/>"
#define SPECIES(id, c, init) "<species id=\"" id "\" compartment=\"" c "\" " init " hasOnlySubstanceUnits=\"false\" " \
			     "boundaryCondition=\"false\" constant=\"false\"/>"
#define PARAMETER(id, rest) "<parameter id=\"" id "\" " rest "/>"

/* A reaction in a growing volume: amounts follow the kinetic law, concentrations thin out. */
static void volumes_thin_concentrations(void **state)
{
	(void)state;
	struct fixture f;
	run_sbml(&f,
		 "<listOfCompartments>" COMPARTMENT("c", "2", "false") "</listOfCompartments>"
		 "<listOfSpecies>" SPECIES("a", "c", "initialConcentration=\"3\"") SPECIES("b", "c", "initialAmount=\"0\"") "</listOfSpecies>"
		 "<listOfParameters>" PARAMETER("k", "value=\"0.4\" constant=\"true\"") "</listOfParameters>"
		 "<listOfRules><rateRule variable=\"c\">" MATH(CN("0.5")) "</rateRule></listOfRules>"
		 "<listOfReactions><reaction id=\"r\" reversible=\"false\"><listOfReactants>"
		 "<speciesReference species=\"a\" stoichiometry=\"1\" constant=\"true\"/></listOfReactants><listOfProducts>"
		 "<speciesReference species=\"b\" stoichiometry=\"2\" constant=\"true\"/></listOfProducts><kineticLaw>"
		 MATH(OP("times", CI("k") CI("a") CI("c"))) "</kineticLaw></reaction></listOfReactions>",
		 "start: 0\nduration: 4\nsteps: 4\nvariables: a, b, c\namount: b\nconcentration: a\n");
	for (int t = 0; t < f.n; t++) {
		double a = 6 * exp(-0.4 * t), c = 2 + 0.5 * t;
		expect_near(f.value[t][0], a / c);
		expect_near(f.value[t][1], 2 * (6 - a));
		expect_near(f.value[t][2], c);
	}
	assert_int_equal(f.n, 5);
	close_sbml(&f);
}

/* A rate rule of a species is about its concentration, in whatever volume. */
static void rate_rules_mean_concentrations(void **state)
{
	(void)state;
	struct fixture f;
	run_sbml(&f,
		 "<listOfCompartments>" COMPARTMENT("c", "1", "false") "</listOfCompartments>"
		 "<listOfSpecies>" SPECIES("s", "c", "initialConcentration=\"5\"") "</listOfSpecies>"
		 "<listOfRules><assignmentRule variable=\"c\">" MATH(OP("plus", CN("1") OP("times", CN("0.5") TIME))) "</assignmentRule>"
		 "<rateRule variable=\"s\">" MATH(OP("times", CN("-0.3") CI("s"))) "</rateRule></listOfRules>",
		 "start: 0\nduration: 6\nsteps: 3\nvariables: s, c\namount: s\nconcentration:\n");
	for (int i = 0; i < f.n; i++) {
		double t = 2 * i;
		expect_near(f.value[i][0], 5 * exp(-0.3 * t) * (1 + 0.5 * t));
	}
	close_sbml(&f);
}

#define EVENT(id, attributes, trigger, assignments) \
	"<event id=\"" id "\" useValuesFromTriggerTime=\"true\"><trigger " attributes ">" MATH(trigger) "</trigger>" \
	"<listOfEventAssignments>" assignments "</listOfEventAssignments></event>"
#define SET(v, x) "<eventAssignment variable=\"" v "\">" MATH(x) "</eventAssignment>"
#define USUAL "initialValue=\"true\" persistent=\"true\""

/* A ball that loses a tenth of its speed at each bounce; the times are known. */
static void a_ball_bounces(void **state)
{
	(void)state;
	struct fixture f;
	run_sbml(&f,
		 "<listOfParameters>" PARAMETER("x", "value=\"5\" constant=\"false\"") PARAMETER("v", "value=\"0\" constant=\"false\"")
		 PARAMETER("n", "value=\"0\" constant=\"false\"") "</listOfParameters>"
		 "<listOfRules><rateRule variable=\"x\">" MATH(CI("v")) "</rateRule><rateRule variable=\"v\">" MATH(CN("-10"))
		 "</rateRule></listOfRules><listOfEvents>"
		 EVENT("bounce", USUAL, OP("lt", CI("x") CN("0")), SET("v", OP("times", CN("-0.9") CI("v")))
		       SET("n", OP("plus", CI("n") CN("1")))) "</listOfEvents>",
		 "start: 0\nduration: 5\nsteps: 100\nvariables: x, n\namount:\nconcentration:\nabsolute: 1e-8\n");
	assert_int_equal(f.status, QUELL_OK);
	for (int i = 0; i < f.n; i++) {
		double t = 0.05 * i, from = 0, up = 0, end = 1, x;
		int n = 0;
		if (t > 1) { /* falls for 1, then flights of 2*0.9^k */
			for (from = 1, up = 9, end = 1 + 2 * up / 10, n = 1; t > end; n++) {
				from = end;
				up *= 0.9;
				end += 2 * up / 10;
			}
		}
		x = n ? up * (t - from) - 5 * (t - from) * (t - from) : 5 - 5 * t * t;
		if (fabs(t - from) > 1e-6 && fabs(t - end) > 1e-6) {
			assert_true(fabs(f.value[i][0] - x) < 1e-5);
			assert_true(f.value[i][1] == n);
		}
	}
	close_sbml(&f);
}

/* Values from trigger time: two events that fire together exchange two values. */
static void events_together_see_the_state_before(void **state)
{
	(void)state;
	struct fixture f;
	run_sbml(&f,
		 "<listOfParameters>" PARAMETER("p", "value=\"1\" constant=\"false\"") PARAMETER("q", "value=\"2\" constant=\"false\"")
		 "</listOfParameters><listOfEvents>" EVENT("e1", USUAL, OP("geq", TIME CN("1")), SET("p", CI("q")))
		 EVENT("e2", USUAL, OP("geq", TIME CN("1")), SET("q", CI("p"))) "</listOfEvents>",
		 "start: 0\nduration: 2\nsteps: 4\nvariables: p, q\namount:\nconcentration:\n");
	assert_true(f.value[1][0] == 1 && f.value[1][1] == 2);
	assert_true(f.value[2][0] == 2 && f.value[2][1] == 1); /* at t = 1 itself */
	assert_true(f.value[4][0] == 2 && f.value[4][1] == 1);
	close_sbml(&f);
}

/* At the start: an event whose trigger was false before time fires, one whose trigger was true does not. An event that
 * is not persistent is cancelled by another that turns its trigger off. Events set off others at the same time. */
static void events_follow_their_flags(void **state)
{
	(void)state;
	struct fixture f;
	run_sbml(&f,
		 "<listOfParameters>" PARAMETER("a", "value=\"0\" constant=\"false\"") PARAMETER("b", "value=\"0\" constant=\"false\"")
		 PARAMETER("c", "value=\"0\" constant=\"false\"") PARAMETER("d", "value=\"0\" constant=\"false\"")
		 "</listOfParameters><listOfEvents>"
		 EVENT("first", "initialValue=\"false\" persistent=\"true\"", OP("geq", TIME CN("0")), SET("a", CN("1")))
		 EVENT("not", USUAL, OP("geq", TIME CN("0")), SET("a", CN("7")))
		 EVENT("off", USUAL, OP("geq", TIME CN("1.5")), SET("b", CN("1")))
		 EVENT("gone", "initialValue=\"true\" persistent=\"false\"", OP("and", OP("geq", TIME CN("1.5")) OP("eq", CI("b") CN("0"))),
		       SET("c", CN("1")))
		 EVENT("chain", USUAL, OP("gt", CI("b") CN("0.5")), SET("d", OP("plus", CI("d") CN("1")))) "</listOfEvents>",
		 "start: 0\nduration: 2\nsteps: 2\nvariables: a, b, c, d\namount:\nconcentration:\n");
	assert_int_equal(f.status, QUELL_OK);
	assert_true(f.value[0][0] == 1 && f.value[2][0] == 1);
	assert_true(f.value[2][1] == 1 && f.value[2][2] == 0 && f.value[2][3] == 1);
	close_sbml(&f);
}

static void events_without_end_are_an_error(void **state)
{
	(void)state;
	struct fixture f;
	run_sbml(&f,
		 "<listOfParameters>" PARAMETER("a", "value=\"0\" constant=\"false\"") "</listOfParameters><listOfEvents>"
		 EVENT("up", USUAL, OP("and", OP("geq", TIME CN("1")) OP("lt", CI("a") CN("1"))), SET("a", CN("1")))
		 EVENT("down", USUAL, OP("and", OP("geq", TIME CN("1")) OP("geq", CI("a") CN("1"))), SET("a", CN("0"))) "</listOfEvents>",
		 "start: 0\nduration: 2\nsteps: 2\nvariables: a\namount:\nconcentration:\n");
	assert_int_equal(f.status, QUELL_ERR_NUMERIC);
	assert_non_null(find_diag(&f.ds, QL_E1008));
	close_sbml(&f);
}

/* Functions, local parameters that hide others, piecewise, and the operators that are built from others. */
static void formulas_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *math;
		double value;
	} formula[] = {
		{OP("quotient", CN("-7") CN("2")), -3},
		{OP("rem", CN("-7") CN("2")), -1},
		{OP("factorial", CN("5")), 120},
		{OP("root", "<degree>" CN("3") "</degree>" CN("27")), 3},
		{OP("log", "<logbase>" CN("2") "</logbase>" CN("8")), 3},
		{OP("arcsinh", CN("-2")), -1.4436354751788103},
		{OP("arccosh", CN("2")), 1.3169578969248166},
		{OP("arctanh", CN("0.5")), 0.5493061443340549},
		{OP("arccoth", CN("2")), 0.5493061443340549},
		{OP("arcsech", CN("0.5")), 1.3169578969248166},
		{OP("arccsch", CN("2")), 0.48121182505960347},
		{OP("sec", CN("1")), 1.8508157176809255},
		{OP("xor", "<true/><true/><true/>"), 1},
		{OP("implies", "<true/><false/>"), 0},
		{OP("lt", CN("1") CN("2") CN("2")), 0},
		{OP("max", CN("1") CN("4") CN("2")), 4},
		{"<apply>" CI("f") CN("5") CN("3") "</apply>", 2},
		{"<piecewise><piece>" CN("1") OP("gt", CN("1") CN("2")) "</piece><otherwise>" CN("9") "</otherwise></piecewise>", 9},
	};
	for (size_t i = 0; i < sizeof formula / sizeof *formula; i++) {
		struct fixture f;
		struct ql_buf body = {0};
		ql_buf_printf(&body, "<listOfFunctionDefinitions><functionDefinition id=\"f\">" MATH("<lambda><bvar>" CI("u") "</bvar><bvar>" CI("w") "</bvar>"
			      OP("minus", CI("u") CI("w")) "</lambda>") "</functionDefinition></listOfFunctionDefinitions>"
			      "<listOfParameters>" PARAMETER("x", "constant=\"false\"") "</listOfParameters>"
			      "<listOfRules><assignmentRule variable=\"x\">" MATH("%s") "</assignmentRule></listOfRules>",
			      formula[i].math);
		run_sbml(&f, body.data, "start: 0\nduration: 1\nsteps: 1\nvariables: x\namount:\nconcentration:\n");
		expect_near(f.value[1][0], formula[i].value);
		ql_buf_free(&body);
		close_sbml(&f);
	}
}

#define RATE(var, math) "<listOfParameters>" PARAMETER("x", "value=\"0\" constant=\"false\"") "</listOfParameters>" \
			"<listOfRules><rateRule variable=\"" var "\">" MATH(math) "</rateRule></listOfRules>"

static void what_is_not_supported_is_refused_by_name(void **state)
{
	(void)state;
	static const struct {
		const char *body, *word;
		enum ql_code code;
	} refused[] = {
		{"<listOfParameters>" PARAMETER("x", "value=\"0\" constant=\"false\"") "</listOfParameters><listOfRules><algebraicRule>"
		 MATH(OP("minus", CI("x") CN("1"))) "</algebraicRule></listOfRules>", "algebraic", QL_E1002},
		{RATE("x", "<apply><csymbol encoding=\"text\" definitionURL=\"http://www.sbml.org/sbml/symbols/delay\">d</csymbol>" CI("x") CN("1") "</apply>"),
		 "delay", QL_E1002},
		{RATE("x", "<apply><csymbol encoding=\"text\" definitionURL=\"http://www.sbml.org/sbml/symbols/rateOf\">r</csymbol>" CI("x") "</apply>"),
		 "rateOf", QL_E1002},
		{"<listOfParameters>" PARAMETER("x", "value=\"0\" constant=\"false\"") "</listOfParameters><listOfEvents><event id=\"e\" "
		 "useValuesFromTriggerTime=\"true\"><trigger " USUAL ">" MATH("<true/>") "</trigger><priority>" MATH(CN("1"))
		 "</priority></event></listOfEvents>", "priority", QL_E1002},
		{"<listOfParameters>" PARAMETER("x", "value=\"0\" constant=\"false\"") "</listOfParameters><listOfEvents><event id=\"e\" "
		 "useValuesFromTriggerTime=\"true\"><trigger " USUAL ">" MATH("<true/>") "</trigger><delay>" MATH(CN("1"))
		 "</delay></event></listOfEvents>", "delay", QL_E1002},
		{RATE("x", CI("nobody")), "nobody", QL_E1003},
		{RATE("y", CN("1")), "y", QL_E1003},
		{"<listOfParameters>" PARAMETER("x", "constant=\"false\"") PARAMETER("y", "constant=\"false\"") "</listOfParameters><listOfRules>"
		 "<assignmentRule variable=\"x\">" MATH(CI("y")) "</assignmentRule><assignmentRule variable=\"y\">" MATH(CI("x"))
		 "</assignmentRule></listOfRules>", "itself", QL_E1004},
		{"<listOfParameters><broken></listOfParameters>", "", QL_E1001},
	};
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct fixture f;
		open_sbml(&f, refused[i].body);
		const struct ql_diag *d = find_diag(&f.ds, refused[i].code);
		if (!d || !strstr(d->message, refused[i].word)) {
			print_error("case %zu\n", i);
			show(&f.ds);
		}
		assert_int_equal(f.status, refused[i].code == QL_E1002 ? QUELL_ERR_UNSUPPORTED : QUELL_ERR_INPUT);
		assert_non_null(d);
		assert_non_null(strstr(d->message, refused[i].word));
		assert_null(f.m);
		close_sbml(&f);
	}
}

/* Functions that call each other twice per level would take 2^60 steps to write out. */
static void exploding_functions_are_stopped(void **state)
{
	(void)state;
	struct ql_buf body = {0};
	ql_buf_puts(&body, "<listOfFunctionDefinitions>");
	for (int i = 0; i < 60; i++) {
		ql_buf_printf(&body, "<functionDefinition id=\"f%d\"><math xmlns=\"http://www.w3.org/1998/Math/MathML\"><lambda><bvar>"
			      CI("u") "</bvar>", i);
		if (i)
			ql_buf_printf(&body, OP("plus", "<apply>" CI("f%d") CI("u") "</apply><apply>" CI("f%d") CI("u") "</apply>"),
				      i - 1, i - 1);
		else
			ql_buf_puts(&body, CI("u"));
		ql_buf_puts(&body, "</lambda></math></functionDefinition>");
	}
	ql_buf_puts(&body, "</listOfFunctionDefinitions>" RATE("x", "<apply>" CI("f59") CI("x") "</apply>"));
	struct fixture f;
	open_sbml(&f, body.data);
	assert_int_equal(f.status, QUELL_ERR_INPUT);
	assert_non_null(find_diag(&f.ds, QL_E1005));
	ql_buf_free(&body);
	close_sbml(&f);
}

/* SBML stands wherever a model does: here under a data set, with a dose into a species. */
static void sbml_is_a_model(void **state)
{
	(void)state;
	struct fixture f;
	open_sbml(&f, "<listOfCompartments>" COMPARTMENT("c", "4", "true") "</listOfCompartments>"
		      "<listOfSpecies>" SPECIES("s", "c", "initialAmount=\"0\"") "</listOfSpecies>"
		      "<listOfParameters>" PARAMETER("k", "value=\"0.2\" constant=\"true\"") "</listOfParameters>"
		      "<listOfReactions><reaction id=\"r\" reversible=\"false\"><listOfReactants>"
		      "<speciesReference species=\"s\" stoichiometry=\"1\" constant=\"true\"/></listOfReactants><kineticLaw>"
		      MATH(OP("times", CI("k") CI("s") CI("c"))) "</kineticLaw></reaction></listOfReactions>");
	ql_model_free(f.m);
	char path[200];
	snprintf(path, sizeof path, "%s/m.xml", scratch);
	assert_int_equal(ql_model_load(path, &f.ds, &f.m), QUELL_OK);
	struct ql_dataset d;
	struct ql_dataset_result r;
	assert_int_equal(ql_dataset_read(f.m, scratch_file("d.csv", "ID,TIME,AMT,CMT\n1,0,80,s\n1,3,0,.\n"), &f.a, &f.ds, &d), QUELL_OK);
	struct ql_dataset_run run = {.model = f.m, .data = &d, .threads = 1};
	assert_int_equal(ql_dataset_simulate(&run, &f.a, &f.ds, &r), QUELL_OK);
	int s = -1;
	for (int i = 0; i < r.n_out; i++)
		if (strcmp(r.name[i], "s") == 0)
			s = i;
	assert_true(s >= 0);
	expect_near(r.value[s], 20);
	expect_near(r.value[r.n_out + s], 20 * exp(-0.6));
	close_sbml(&f);
}

static void settings_are_checked(void **state)
{
	(void)state;
	static const char *const wrong[] = {"start: 0\nduration: 1\nsteps: 1\n", "start: x\nduration: 1\nsteps: 1\nvariables: a\n",
					    "duration: 1\nsteps: 1\nvariables: a\n", "start: 0\nduration: -1\nsteps: 1\nvariables: a\n", ""};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct ql_diags ds = {0};
		struct ql_arena a = {0};
		struct ql_sbml_settings set;
		assert_int_equal(ql_sbml_settings_read(scratch_file("s.txt", wrong[i]), &a, &ds, &set), QUELL_ERR_INPUT);
		assert_non_null(find_diag(&ds, QL_E1007));
		ql_arena_free(&a);
		ql_diags_free(&ds);
	}
}

int main(void)
{
#ifndef QUELL_HAVE_SBML
	return 0;
#endif
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(volumes_thin_concentrations),
		cmocka_unit_test(rate_rules_mean_concentrations),
		cmocka_unit_test(a_ball_bounces),
		cmocka_unit_test(events_together_see_the_state_before),
		cmocka_unit_test(events_follow_their_flags),
		cmocka_unit_test(events_without_end_are_an_error),
		cmocka_unit_test(formulas_are_read),
		cmocka_unit_test(what_is_not_supported_is_refused_by_name),
		cmocka_unit_test(exploding_functions_are_stopped),
		cmocka_unit_test(sbml_is_a_model),
		cmocka_unit_test(settings_are_checked),
	};
	return cmocka_run_group_tests(tests, NULL, scratch_remove);
}
