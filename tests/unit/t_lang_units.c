/* SPDX-License-Identifier: Apache-2.0 */
/* Units: what the shipped file says, conversions, and that they are safe from several threads. */
#include "lang_model.h"
#include "base/pool.h"
#include "lang/units.h"

static double factor(const char *from, const char *to)
{
	double f = NAN;
	return ql_unit_convert(from, to, &f) ? f : NAN;
}

static void known_factors(void **state)
{
	(void)state;
	static const struct {
		const char *from, *to;
		double factor;
	} list[] = {
		{"year", "day", 365.25},   {"month", "day", 365.25 / 12}, {"year", "month", 12},	{"week", "day", 7},
		{"day", "h", 24},	   {"h", "min", 60},		  {"min", "s", 60},	{"h", "day", 1. / 24},
		{"g", "mg", 1000},	   {"mg", "ug", 1000},		  {"ug", "ng", 1000},	{"ng", "pg", 1000},
		{"L", "mL", 1000},	   {"mL", "uL", 1000},		  {"dL", "L", 0.1},	{"L", "m^3", 1e-3},
		{"cm", "m", 0.01},	   {"m2", "cm^2", 1e4},		  {"cm^3", "mL", 1},	{"nM", "nmol/L", 1},
		{"uM", "nM", 1000},	   {"mol/L", "M", 1},		  {"kDa", "g/mol", 1e3}, {"1/kDa", "nmol/mg", 1000},
		{"Gcell", "cell", 1e9},	   {"Gcell/L", "cell/uL", 1e3},	  {"1e9/L", "1/uL", 1e3}, {"mL/min", "L/day", 1.44},
		{"percent", "1", 0.01},	   {"mg/m2", "mg/m^2", 1},	  {"1/year", "1/day", 1 / 365.25},
		{"mg/day/kg", "mg/(kg*day)", 1}, {"m^(1/2)", "m^(1/2)", 1}, {"IU/mL", "IU/L", 1000},
		{"molecule", "nmol", 1e9 / 6.02214076e23}, {"100 mg", "g", 0.1}, {"mIU", "IU", 1e-3},
	};
	for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
		double f = factor(list[i].from, list[i].to), b = factor(list[i].to, list[i].from);
		if (!(fabs(f / list[i].factor - 1) < 1e-12) || !(fabs(f * b - 1) < 1e-12))
			print_message("%s -> %s: %.17g\n", list[i].from, list[i].to, f);
		assert_true(fabs(f / list[i].factor - 1) < 1e-12);
		assert_true(fabs(f * b - 1) < 1e-12);
	}
	/* round factors come out round */
	assert_true(factor("mg", "ug") == 1000 && factor("year", "day") == 365.25 && factor("Gcell", "cell") == 1e9);
}

static void different_things(void **state)
{
	(void)state;
	static const char *const list[][2] = {
		{"g", "kg"},	   /* drug mass and body weight: mg/kg must not vanish */
		{"mg/kg", "1"},	   {"mg", "IU"}, {"cell", "1"}, {"dose", "1"}, {"cell", "dose"}, {"L", "m^2"}, {"day", "mg"}, {"nmol", "mg"},
		{"Gcell", "1e9"},
	};
	for (size_t i = 0; i < sizeof list / sizeof *list; i++)
		assert_true(isnan(factor(list[i][0], list[i][1])));
	static const char *const bad[] = {"", "zorkmid", "mg/", "mg//L", "(mg", "mg^", "mg^x", "m^99", "kelvin", "Pa", "degC", "2 3", "-1",
					  "mg since 2000", "lg(re 1 mg)", "0/L", "m^m", "1e999", "\"", "mg @ 3", "m\xc2\xb2"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_true(isnan(factor(bad[i], bad[i])));
}

static enum quell_status hammer(void *ctx, int thread)
{
	(void)ctx;
	for (int i = 0; i < 50; i++)
		if (factor(thread % 2 ? "mg/L" : "ng/mL", "ug/mL") != (thread % 2 ? 1 : 1e-3))
			return QUELL_ERR_INTERNAL;
	return QUELL_OK;
}

static void threads(void **state)
{
	(void)state;
	assert_int_equal(ql_pool_run(4, hammer, NULL), QUELL_OK);
}

/* What the checker works out, read from the unit of a let without one. */
static const char *unit_of(const char *expression)
{
	static char text[2000], unit[200];
	snprintf(text, sizeof text,
		 "param k : 1/day = 1 \"k\" [assumed]\nparam V : L = 2 \"V\" [assumed]\nparam A : mg = 3 \"A\" [assumed]\n"
		 "param N : Gcell = 3 \"N\" [assumed]\nparam w : kg = 70 \"w\" [assumed]\nparam M : kDa = 144 \"M\" [assumed]\n"
		 "let x = %s\n", expression);
	struct lang l = lang_good(text);
	snprintf(unit, sizeof unit, "%s", l.m->q[lang_find(&l, "x")].unit);
	lang_free(&l);
	return unit;
}

static void inference(void **state)
{
	(void)state;
	static const char *const list[][2] = {
		{"A/V", "mg/L"},	{"k*A", "mg/day"},	   {"A/A", "1"},	   {"A/w", "mg/kg"},	{"sqrt(V*V)", "L"},
		{"sqrt(V)", "L^(1/2)"}, {"V^2", "L^2"},		   {"V^-1", "1/L"},	   {"V^(2/3)", "L^(2/3)"}, {"pow(V, 0.5)", "L^(1/2)"},
		{"A + 2 mg", "mg"},	{"max(A, 0)", "mg"},	   {"0*A", "1"},	   {"exp(-k*t)", "1"},	{"t", "day"},
		{"A > 3 mg", "1"},	{"if k > 0 then A else 0 mg", "mg"}, {"A to g", "g"}, {"1/M to nmol/mg", "nmol/mg"}, {"0.5 mg/L", "mg/L"},
		{"0.5 (mg/L)", "mg/L"}, {"3 m^2", "m^2"},	   {"N/(5 L)", "Gcell/L"}, {"N*1e9", "Gcell"},	{"hill(A, 2 mg, 3)", "1"},
		{"-A", "mg"},		{"abs(A)", "mg"},	   {"2*pi", "1"},	   {"(N to cell)/(1 cell)", "1"}, {"N/(1 cell)", "Gcell/cell"},
		{"A*k/V*t", "mg/L"},
	};
	for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
		const char *unit = unit_of(list[i][0]);
		if (strcmp(unit, list[i][1]) != 0)
			print_message("%s is in %s, not %s\n", list[i][0], unit, list[i][1]);
		assert_string_equal(unit, list[i][1]);
	}
}

static void conversions_change_numbers(void **state)
{
	(void)state;
	struct lang l = lang_good("param w : h = 36 \"w\" [assumed]\nparam r : 1/year = 365.25 \"r\" [assumed]\n"
				  "let a : day = w to day\nlet b : 1/day = r to 1/day\nlet c : ug = 2 mg to ug\n"
				  "let d : 1 = (w to day)*(r to 1/day)\nlet e : mL/min = 1.44 L/day to mL/min\n");
	assert_near(lang_value(&l, "a"), 1.5);
	assert_near(lang_value(&l, "b"), 1);
	assert_near(lang_value(&l, "c"), 2000);
	assert_near(lang_value(&l, "d"), 1.5);
	assert_near(lang_value(&l, "e"), 1);
	lang_free(&l);
}

static void own_units(void **state)
{
	(void)state;
	struct lang l = lang_good("unit vial = 100 mg \"a vial\"\nunit puff \"a puff\"\nparam a : vial = 2 \"a\" [assumed]\n"
				  "let b : mg = a to mg\nlet c : puff/day = 3 (puff/day)\n");
	assert_near(lang_value(&l, "b"), 200);
	lang_free(&l);
	/* one model's units are not another's */
	l = lang_parse("param a : puff = 2 \"a\" [assumed]\n");
	assert_int_equal(l.ds.item[0]->code, QL_E0204);
	lang_free(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_factors), cmocka_unit_test(different_things), cmocka_unit_test(threads),
		cmocka_unit_test(inference),	 cmocka_unit_test(conversions_change_numbers), cmocka_unit_test(own_units),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
