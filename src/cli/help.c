/* SPDX-License-Identifier: Apache-2.0 */
/* Help pages from the tables. */
#include "cli/pages.h"
#include <string.h>

enum { NAME_WIDTH = 26 };

static void heading(struct ql_cli *c, const char *text)
{
	ql_buf_printf(&c->out, "%s%s%s\n", ql_cli_style(c, QL_BOLD), text, ql_cli_style(c, QL_PLAIN));
}

static void indented(struct ql_cli *c, const char *lines)
{
	for (const char *p = lines; *p;) {
		const char *end = strchr(p, '\n');
		int len = end ? (int)(end - p) : (int)strlen(p);
		ql_buf_printf(&c->out, "  %.*s\n", len, p);
		p += len + (end != NULL);
	}
}

static void option_line(struct ql_cli *c, const struct ql_opt *o)
{
	char lo[32], hi[32];
	const char *value = o->metavar ? o->metavar : o->kind == QL_OPT_CHOICE ? o->choices : "";
	const char *name = ql_arena_printf(&c->arena, "  --%s %s", o->name, value);
	ql_buf_pad(&c->out, name, NAME_WIDTH, false);
	ql_buf_printf(&c->out, "%s%s", ql_text_width(name) > NAME_WIDTH ? "\n                          " : "", o->help);
	bool ranged = o->kind == QL_OPT_NUMBER || o->kind == QL_OPT_COUNT || o->kind == QL_OPT_INT;
	if (ranged && isfinite(o->hi))
		ql_buf_printf(&c->out, ", %s to %s", ql_format_double(o->lo, lo), ql_format_double(o->hi, hi));
	if (o->fallback)
		ql_buf_printf(&c->out, " (default %s)", o->fallback);
	ql_buf_puts(&c->out, "\n");
}

void ql_cli_help(struct ql_cli *c, const struct ql_command *cmd)
{
	if (c->pages) {
		ql_pages_add(c, cmd);
		return;
	}
	indented(c, cmd->about);
	ql_buf_puts(&c->out, "\n");
	heading(c, "usage");
	ql_buf_printf(&c->out, "  quell %s%s%s [options]\n\n", cmd->name, cmd->arguments && *cmd->arguments ? " " : "",
		      cmd->arguments ? cmd->arguments : "");
	heading(c, "examples");
	indented(c, cmd->examples);
	ql_buf_puts(&c->out, "\n");
	heading(c, "options");
	for (size_t t = 0; t < sizeof cmd->opt / sizeof *cmd->opt && cmd->opt[t]; t++)
		for (const struct ql_opt *o = cmd->opt[t]; o->name; o++)
			option_line(c, o);
	indented(c, "--ascii                 no characters outside of ASCII in tables\n"
		    "--help                  this page\n");
}
