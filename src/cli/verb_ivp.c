/* SPDX-License-Identifier: Apache-2.0 */
/* quell ivp: one problem of a reference file at one tolerance. */
#include "base/json.h"
#include "cli/cli.h"
#include "cli/ivp.h"

static enum quell_status write_result(struct ql_cli *c, json_t *result, const char *path)
{
	if (!path) {
		ql_cli_print_json(c, result);
		return QUELL_OK;
	}
	struct ql_buf text = {0};
	struct ql_out_file f;
	ql_json_write(result, &text);
	json_decref(result);
	enum quell_status s = ql_out_open(&f, path, &c->ds);
	if (s == QUELL_OK) {
		ql_out_write(&f, text.data, text.len);
		s = ql_out_commit(&f, &c->ds);
	}
	ql_buf_free(&text);
	return s;
}

int ql_verb_ivp(struct ql_cli *c, int argc, char **argv)
{
	const char *ref = NULL, *out = NULL;
	double rtol = 1e-6;
	int method = QL_RODAS5P;
	const struct ql_opt opt[] = {
		{"ref", QL_OPT_TEXT, &ref, "FILE.json", NULL, 0, 0, NULL, "file with the problems (required)"},
		{"rtol", QL_OPT_NUMBER, &rtol, "R", "1e-6", 1e-13, 0.1, NULL,
		 "relative tolerance; the absolute one is R times the state's scale"},
		{"method", QL_OPT_CHOICE, &method, NULL, "rodas5p", 0, 0, "rodas5p|rodas4", "Rosenbrock method"},
		{"out", QL_OPT_TEXT, &out, "FILE.json", "standard output", 0, 0, NULL, "where the result goes"},
		{0}};
	const struct ql_command cmd = {"ivp", "NAME", 1, 1,
				       "Solves an initial value problem given as text in a reference file and writes the states\n"
				       "at the file's times.\n",
				       "quell ivp ROBER --ref reference.json --rtol 1e-8 --out rober.json\n", {opt}};
	int exit;
	if (!ql_cli_parse(c, &cmd, argc, argv, &exit))
		return exit;
	if (!ref) {
		struct ql_diag *d = ql_diag_add(&c->ds, QL_E0915, ql_cli_span(c, ""), "`quell ivp` needs `--ref`");
		ql_diag_help(d, "the file that holds the problems");
		return QL_EXIT_USAGE;
	}
	struct ql_ivp_problem p;
	double *y;
	enum quell_status s = ql_ivp_read(&c->arena, ref, c->args.item[0], &c->ds, &p);
	if (s == QUELL_OK)
		s = ql_ivp_solve(&p, rtol, (enum ql_method)method, &c->arena, &c->ds, &y);
	if (s == QUELL_OK)
		s = write_result(c, ql_ivp_result(&p, rtol, y), out);
	return ql_cli_exit(s);
}
