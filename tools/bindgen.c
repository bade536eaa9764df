/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the verbs of the R and Python packages from the library's own tables: bindgen python | r | rd VERB.
 * `make bindings` puts the output into bindings/; a test refuses output that differs from what is there. */
#include "quell.h"
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static void identifier(const char *name)
{
	for (; *name; name++)
		putchar(*name == '-' ? '_' : *name);
}

static bool words(const char *fallback) { return !fallback || *fallback == '('; }

static bool is_number(const struct quell_option_info *o)
{
	return o->kind == QUELL_OPTION_NUMBER || o->kind == QUELL_OPTION_WHOLE;
}

/* "one of A, B", "6 (year)", ... */
static void meaning(const struct quell_option_info *o, bool r)
{
	printf("%s", o->help);
	if (o->choices) {
		printf(": ");
		for (const char *p = o->choices; *p; p++)
			*p == '|' ? printf(", ") : putchar(*p);
	}
	if (is_number(o) && o->hi < 1e300)
		printf(", %g to %g", o->lo, o->hi);
	if (*o->unit)
		printf(strcmp(o->unit, "%") == 0 && r ? ", in \\%%" : ", in %s", o->unit);
	if (o->fallback && words(o->fallback))
		printf(" (default: %.*s)", (int)strlen(o->fallback) - 2, o->fallback + 1);
}

static void fill(const char *text, const char *indent, size_t width)
{
	size_t column = width;
	for (const char *p = text; *p;) {
		size_t n = strcspn(p, " ");
		if (column + n + 1 > width) {
			printf("%s%s", column == width && p == text ? "" : "\n", indent);
			column = 0;
		} else {
			putchar(' ');
		}
		printf("%.*s", (int)n, p);
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

static void python_verb(const struct quell_verb_info *v)
{
	printf("\n\ndef %s(\n    *,\n", v->name);
	for (int i = 0; i < v->n_option; i++) {
		printf("    ");
		identifier(v->option[i].name);
		printf(": %s = ", python_type(&v->option[i]));
		python_default(&v->option[i]);
		printf(",\n");
	}
	printf("    progress: Progress = None,\n) -> Result:\n    \"\"\"");
	printf("%s.\n\n", v->summary);
	fill(v->about, "    ", 100);
	printf("\n    Parameters\n    ----------\n");
	for (int i = 0; i < v->n_option; i++) {
		printf("    ");
		identifier(v->option[i].name);
		printf(" : %s\n        ", python_type(&v->option[i]));
		meaning(&v->option[i], false);
		printf("\n");
	}
	printf("    progress : callable(done, total), or True for a line on standard error\n\n");
	printf("    Returns\n    -------\n    Result with the tables\n\n");
	for (int i = 0; i < v->n_table; i++) {
		printf("    %s : %s\n", v->table[i].name, v->table[i].rows);
		fill(v->table[i].columns, "        ", 100);
	}
	printf("    \"\"\"\n    return _run(\"%s\", locals())\n", v->name);
}

static void python(void)
{
	printf("# SPDX-License-Identifier: Apache-2.0\n"
	       "\"\"\"The verbs. Written by tools/bindgen from the library's tables; do not edit.\"\"\"\n"
	       "from typing import Optional\n\n"
	       "from ._run import Frame, Items, ModelLike, Progress, Result, _run\n\n__all__ = [");
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
	int n = 0;
	for (int pass = 0; pass < 2; pass++)
		for (int i = 0; i < v->n_option; i++) {
			bool first = v->option[i].kind == QUELL_OPTION_TABLE || strcmp(v->option[i].name, "regimens") == 0 ||
				     strcmp(v->option[i].name, "design") == 0;
			if (first == (pass == 0) && n++ == k)
				return i;
		}
	return -1;
}

static bool r_internal(const char *verb) { return strcmp(verb, "simulate") == 0 || strcmp(verb, "dataset") == 0; }

static void r_signature(const struct quell_verb_info *v, const char *name, const char *indent)
{
	printf("%s(", name);
	for (int k = 0; k < v->n_option; k++) {
		const struct quell_option_info *o = &v->option[r_order(v, k)];
		printf("%s", k ? k % 4 == 0 ? ",\n" : ", " : "");
		printf("%s", k && k % 4 == 0 ? indent : "");
		identifier(o->name);
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
		char name[64];
		snprintf(name, sizeof name, "%s%s", r_internal(v->name) ? "run_" : "", v->name);
		printf("\n%s <- function", name);
		r_signature(v, "", "  ");
		printf("\n  run_verb(\"%s\", list(", v->name);
		for (int k = 0; k < v->n_option; k++) {
			printf("%s", k ? k % 4 == 0 ? ",\n    " : ", " : "");
			identifier(v->option[k].name);
			printf(" = ");
			identifier(v->option[k].name);
		}
		printf("), progress)\n");
	}
	printf("\nverb_options <- list(");
	for (int i = 0; i < quell_verb_count(); i++) {
		const struct quell_verb_info *v = quell_verb_at(i);
		printf("%s\n  %s = c(", i ? "," : "", v->name);
		for (int k = 0; k < v->n_option; k++) {
			printf("%s", k ? k % 3 == 0 ? ",\n    " : ", " : "");
			identifier(v->option[k].name);
			printf(" = \"%d\"", (int)v->option[k].kind);
		}
		printf(")");
	}
	printf(")\n");
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
	printf("%% Written by tools/bindgen from the library's tables; do not edit.\n\\name{%s}\n\\alias{%s}\n\\title{%c%s}\n", v->name,
	       v->name, v->summary[0] & ~32, v->summary + 1);
	printf("\\description{\n");
	fill(v->about, "", 100);
	printf("}\n\\usage{\n");
	r_signature(v, v->name, "  ");
	printf("\n}\n\\arguments{\n");
	for (int k = 0; k < v->n_option; k++) {
		const struct quell_option_info *o = &v->option[r_order(v, k)];
		printf("\\item{");
		identifier(o->name);
		printf("}{");
		meaning(o, true);
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
		identifier(o->name);
		printf("}}{");
		meaning(o, true);
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
	fill(d->about, "", 100);
	printf("\nWithout: ");
	fill(s->about, "", 100);
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
	fprintf(stderr, "usage: bindgen python | r | rd VERB\n");
	return 2;
}
