/* SPDX-License-Identifier: Apache-2.0 */
/* quell sbml run FILE: a time course of an SBML file. */
#include "cli/cli.h"
#include "dosing/sbml_run.h"
#include <string.h>

struct sbml_verb {
	struct ql_cli *c;
	const char *settings, *out;
	double rtol;
};

static enum quell_status write_table(struct sbml_verb *v, const struct ql_buf *text)
{
	struct ql_out_file f;
	if (!v->out) {
		ql_buf_add(&v->c->out, text->data, text->len);
		return QUELL_OK;
	}
	enum quell_status s = ql_out_open(&f, v->out, &v->c->ds);
	if (s != QUELL_OK)
		return s;
	ql_out_write(&f, text->data, text->len);
	return ql_out_commit(&f, &v->c->ds);
}

static enum quell_status run(struct sbml_verb *v, const char *path)
{
	struct ql_cli *c = v->c;
	struct ql_sbml_settings set;
	struct ql_model *m = NULL;
	struct ql_sbml *info;
	struct ql_buf text = {0};
	enum quell_status s = ql_sbml_settings_read(v->settings, &c->arena, &c->ds, &set);
	enum quell_status read = ql_sbml_load(path, &c->ds, &m, &info);
	s = s == QUELL_OK ? read : s;
	if (s == QUELL_OK)
		s = ql_sbml_run(m, info, &set, v->rtol, c->cancel, &c->ds, &text);
	if (s == QUELL_OK)
		s = write_table(v, &text);
	ql_buf_free(&text);
	ql_model_free(m);
	return s;
}

int ql_verb_sbml(struct ql_cli *c, int argc, char **argv)
{
	struct sbml_verb v = {.c = c};
	const struct ql_opt opt[] = {
		{"settings", QL_OPT_TEXT, &v.settings, "FILE", NULL, 0, 0, NULL,
		 "start, duration, steps and variables, as in the SBML test suite"},
		{"out", QL_OPT_TEXT, &v.out, "FILE", "standard output", 0, 0, NULL, "table of time and variables (.csv)"},
		{"rtol", QL_OPT_NUMBER, &v.rtol, "X", "1e-3 of the wanted one", 1e-13, 0.1, NULL, "relative tolerance"},
		{0}};
	const struct ql_command cmd = {"sbml", "run FILE", 2, 2,
				       "Runs an SBML file (levels 1 to 3) and writes the course of its variables. What the file uses\n"
				       "and quell does not support is refused by name.\n",
				       "quell sbml run model.xml --settings settings.txt --out result.csv\n", {opt}};
	int exit;
	if (!ql_cli_parse(c, &cmd, argc, argv, &exit))
		return exit;
	const char *action = c->args.item[0];
	if (strcmp(action, "run") != 0) {
		struct ql_diag *d = ql_diag_add(&c->ds, QL_E0914, ql_cli_span(c, action), "`quell sbml` cannot `%s`", action);
		ql_diag_help(d, "write `quell sbml run FILE --settings FILE`; a model file may be SBML in other verbs as well");
		return QL_EXIT_USAGE;
	}
	if (!v.settings) {
		struct ql_diag *d = ql_diag_add(&c->ds, QL_E0915, ql_cli_span(c, ""), "`quell sbml run` needs settings");
		ql_diag_help(d, "write `--settings FILE`; `quell explain E1007` describes the file");
		return QL_EXIT_USAGE;
	}
	return ql_cli_exit(run(&v, c->args.item[1]));
}
