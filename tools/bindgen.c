/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the verbs of the R and Python packages from the library's own tables: bindgen python | r | rd VERB | options.
 * `make bindings` puts the output into bindings/; a test refuses output that differs from what is there. */
#include "quell.h"
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* A word that the language reserves gets an underscore: `with` in Python, `function` in R. */
static void identifier(const char *name, const char *reserved)
{
	for (const char *p = name; *p; p++)
		putchar(*p == '-' ? '_' : *p);
	printf(strcmp(name, reserved) == 0 ? "_" : "");
}

#define PYTHON "with"
#define R "function"

static bool words(const char *fallback) { return !fallback || *fallback == '('; }

static bool is_number(const struct quell_option_info *o)
{
	return o->kind == QUELL_OPTION_NUMBER || o->kind == QUELL_OPTION_WHOLE;
}

/* In a manual of R: % begins a comment. */
static void rd_text(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		printf(text[i] == '%' ? "\\%c" : "%c", text[i]);
}

/* "one of A, B", "6 (year)", ... */
static void meaning(const struct quell_option_info *o)
{
	rd_text(o->help, strlen(o->help));
	if (o->choices) {
		printf(": ");
		for (const char *p = o->choices; *p; p++)
			*p == '|' ? printf(", ") : putchar(*p);
	}
	if (is_number(o) && o->hi < 1e300)
		printf(", %g to %g", o->lo, o->hi);
	if (*o->unit)
		printf(", in ");
	rd_text(o->unit, strlen(o->unit));
	if (o->fallback && words(o->fallback))
		printf(" (default: %.*s)", (int)strlen(o->fallback) - 2, o->fallback + 1);
}

static void fill(const char *text)
{
	size_t column = 100;
	for (const char *p = text; *p;) {
		size_t n = strcspn(p, " ");
		if (column + n + 1 > 100) {
			printf("%s", p == text ? "" : "\n");
			column = 0;
		} else {
			putchar(' ');
		}
		rd_text(p, n);
		column += n + 1;
		p += n + (p[n] == ' ');
	}
	putchar('\n');
}

/* ---- Python ---- */

static const char *python_type(const struct quell_option_info *o)
{
	switch (o->kind) {
	case QUELL_OPTION_FLAG:
		return "bool";
	case QUELL_OPTION_NUMBER:
		return words(o->fallback) ? "Optional[float]" : "float";
	case QUELL_OPTION_WHOLE:
		return words(o->fallback) ? "Optional[int]" : "int";
	case QUELL_OPTION_CHOICE:
		return "str";
	case QUELL_OPTION_TEXT:
		return words(o->fallback) ? "Optional[str]" : "str";
	case QUELL_OPTION_LIST:
		return "Items";
	case QUELL_OPTION_TABLE:
		return "Frame";
	case QUELL_OPTION_MODEL:
		return "ModelLike";
	}
	return "object";
}

static void python_default(const struct quell_option_info *o)
{
	if (o->kind == QUELL_OPTION_FLAG)
		printf("False");
	else if (words(o->fallback))
		printf("None");
	else if (is_number(o))
		printf("%s", o->fallback);
	else
		printf("\"%s\"", o->fallback);
}

/* The option that a verb cannot do without: it may be given without its name. */
static int primary(const struct quell_verb_info *v)
{
	for (int i = 0; i < v->n_option; i++)
		if (strcmp(v->option[i].name, "regimens") == 0 && strcmp(v->name, "recommend") != 0)
			return i;
	return 0;
}

static void python_option(const struct quell_option_info *o)
{
	printf("    ");
	identifier(o->name, PYTHON);
	printf(": %s = ", python_type(o));
	python_default(o);
	printf(",\n");
}

static void python_verb(const struct quell_verb_info *v)
{
	printf("\ndef %s(\n", v->name);
	python_option(&v->option[primary(v)]);
	printf("    *,\n");
	for (int i = 0; i < v->n_option; i++)
		if (i != primary(v))
			python_option(&v->option[i]);
	printf("    progress: Progress = None,\n) -> Result:\n    \"\"\"%s.\"\"\"\n", v->summary);
}

static void python(void)
{
	printf("# SPDX-License-Identifier: Apache-2.0\n"
	       "# What verbs.py makes of the library's tables, for type checkers. Written by tools/bindgen; do not edit.\n"
	       "from typing import Optional\n\n"
	       "from ._run import Frame, Items, ModelLike, Progress, Result\n\n__all__ = [");
	for (int i = 0; i < quell_verb_count(); i++)
		printf("%s\"%s\"", i ? ", " : "", quell_verb_at(i)->name);
	printf("]\n");
	for (int i = 0; i < quell_verb_count(); i++)
		python_verb(quell_verb_at(i));
}

/* ---- R ---- */

static void r_default(const struct quell_option_info *o)
{
	if (o->kind == QUELL_OPTION_FLAG)
		printf("FALSE");
	else if (words(o->fallback))
		printf("NULL");
	else if (is_number(o))
		printf("%s", o->fallback);
	else
		printf("\"%s\"", o->fallback);
}

/* R matches arguments by position as well: what a verb cannot do without comes first. */
static int r_order(const struct quell_verb_info *v, int k)
{
	int first = primary(v);
	return k == 0 ? first : k <= first ? k - 1 : k;
}

/* Names that R has already: models have a method of simulate(), and optimize() is one of stats. */
static const struct {
	const char *verb, *name;
} r_name[] = {{"simulate", "run_simulate"}, {"dataset", "run_dataset"}, {"optimize", "optimize_regimen"}};

static const char *r_function(const char *verb)
{
	for (size_t i = 0; i < sizeof r_name / sizeof *r_name; i++)
		if (strcmp(r_name[i].verb, verb) == 0)
			return r_name[i].name;
	return verb;
}

static void r_signature(const struct quell_verb_info *v, const char *name, const char *indent)
{
	printf("%s(", name);
	for (int k = 0; k < v->n_option; k++) {
		const struct quell_option_info *o = &v->option[r_order(v, k)];
		printf("%s", k ? k % 4 == 0 ? ",\n" : ", " : "");
		printf("%s", k && k % 4 == 0 ? indent : "");
		identifier(o->name, R);
		printf(" = ");
		r_default(o);
	}
	printf(",\n%sprogress = interactive())", indent);
}

static void r(void)
{
	printf("# SPDX-License-Identifier: Apache-2.0\n# The verbs. Written by tools/bindgen from the library's tables; do not edit.\n");
	for (int i = 0; i < quell_verb_count(); i++) {
		const struct quell_verb_info *v = quell_verb_at(i);
		printf("\n%s <- function", r_function(v->name));
		r_signature(v, "", "  ");
		printf("\n  run_verb(\"%s\", environment())\n", v->name);
	}
}

static void rd_tables(const struct quell_verb_info *v)
{
	for (int i = 0; i < v->n_table; i++)
		printf("\\item{\\code{%s}}{%s: %s.}\n", v->table[i].name, v->table[i].rows, v->table[i].columns);
}

static int rd(const char *verb)
{
	const struct quell_verb_info *v = quell_verb_find(verb);
	if (!v)
		return 1;
	printf("%% Written by tools/bindgen from the library's tables; do not edit.\n\\name{%s}\n\\alias{%s}\n\\title{%c%s}\n", r_function(v->name),
	       r_function(v->name), v->summary[0] & ~32, v->summary + 1);
	printf("\\description{\n");
	fill(v->about);
	printf("}\n\\usage{\n");
	r_signature(v, r_function(v->name), "  ");
	printf("\n}\n\\arguments{\n");
	for (int k = 0; k < v->n_option; k++) {
		const struct quell_option_info *o = &v->option[r_order(v, k)];
		printf("\\item{");
		identifier(o->name, R);
		printf("}{");
		meaning(o);
		printf("}\n");
	}
	printf("\\item{progress}{show a line of progress}\n}\n\\value{A list of data frames of class \\code{quell_result}. Columns "
	       "carry their unit as\nattribute \\code{unit}.\n\\describe{\n");
	rd_tables(v);
	printf("}\n}\n");
	return 0;
}

static void rd_options(const struct quell_verb_info *v)
{
	printf("\\describe{\n");
	for (int k = 0; k < v->n_option; k++) {
		const struct quell_option_info *o = &v->option[k];
		if (strcmp(o->name, "data") == 0 || strcmp(o->name, "model") == 0 || strcmp(o->name, "regimens") == 0 ||
		    strcmp(o->name, "seed") == 0)
			continue;
		printf("\\item{\\code{");
		identifier(o->name, R);
		printf("}}{");
		meaning(o);
		printf("}\n");
	}
	printf("}\n");
}

/* The method for models: two verbs behind one function, their options in the dots. */
static void rd_simulate(void)
{
	const struct quell_verb_info *s = quell_verb_find("simulate"), *d = quell_verb_find("dataset");
	printf("%% Written by tools/bindgen from the library's tables; do not edit.\n\\name{simulate}\n\\alias{simulate}\n"
	       "\\alias{simulate.quell_model}\n\\title{Simulate a model}\n\\description{\n");
	printf("With \\code{events}: ");
	fill(d->about);
	printf("\nWithout: ");
	fill(s->about);
	printf("}\n\\usage{\n\\method{simulate}{quell_model}(object, nsim = 1, seed = NULL, events = NULL,\n  regimens = NULL, ..., "
	       "progress = interactive())\n}\n\\arguments{\n\\item{object}{a model, see \\code{\\link{cll_model}}}\n"
	       "\\item{nsim}{1; populations are simulated by \\code{\\link{compare}}}\n\\item{seed}{random seed of the profile}\n"
	       "\\item{events}{a data frame with NONMEM columns, see \\code{\\link{ev}}, or the path of a CSV file}\n"
	       "\\item{regimens}{names of regimens of the library}\n\\item{...}{options, listed below}\n"
	       "\\item{progress}{show a line of progress}\n}\n\\details{\nOptions with \\code{events}:\n");
	rd_options(d);
	printf("\nOptions with \\code{regimens}:\n");
	rd_options(s);
	printf("}\n\\value{A list of data frames of class \\code{quell_result}. With \\code{events}\n\\describe{\n");
	rd_tables(d);
	printf("}\nwith \\code{regimens}\n\\describe{\n");
	rd_tables(s);
	printf("}\n}\n");
}

/* "verb option" lines, for tools/check_options. */
static void options(void)
{
	for (int i = 0; i < quell_verb_count(); i++)
		for (int k = 0; k < quell_verb_at(i)->n_option; k++)
			printf("%s %s\n", quell_verb_at(i)->name, quell_verb_at(i)->option[k].name);
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "python") == 0)
		return python(), 0;
	if (argc == 2 && strcmp(argv[1], "r") == 0)
		return r(), 0;
	if (argc == 3 && strcmp(argv[1], "rd") == 0 && strcmp(argv[2], "simulate") == 0)
		return rd_simulate(), 0;
	if (argc == 3 && strcmp(argv[1], "rd") == 0)
		return rd(argv[2]);
	if (argc == 2 && strcmp(argv[1], "options") == 0)
		return options(), 0;
	fprintf(stderr, "usage: bindgen python | r | rd VERB | options\n");
	return 2;
}
