/* SPDX-License-Identifier: Apache-2.0 */
/* quell explain NAME: a diagnostic code. Names of the model and the library follow. */
#include "cli/cli.h"
#include <ctype.h>
#include <string.h>

static void explain_code(struct ql_cli *c, enum ql_code code)
{
	ql_buf_printf(&c->out, "%s%s%s  %s\n\n%s\n", ql_cli_style(c, QL_BOLD), ql_code_name(code), ql_cli_style(c, QL_PLAIN),
		      ql_code_title(code), ql_code_text(code));
}

int ql_verb_explain(struct ql_cli *c, int argc, char **argv)
{
	const struct ql_command cmd = {"explain", "NAME", 1, 1, "Says what a name or a diagnostic code means.\n",
				       "quell explain E0301\n", {NULL}};
	int exit;
	if (!ql_cli_parse(c, &cmd, argc, argv, &exit))
		return exit;
	const char *name = c->args.item[0];
	char *upper = ql_arena_strdup(&c->arena, name);
	for (char *p = upper; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	int code = ql_code_find(upper);
	if (code >= 0) {
		explain_code(c, (enum ql_code)code);
		return QL_EXIT_OK;
	}
	struct ql_diag *d = ql_diag_add(&c->ds, QL_E0916, ql_cli_span(c, name), "nothing is called `%s`", name);
	ql_diag_help(d, "diagnostic codes look like E0301");
	return QL_EXIT_INPUT;
}
