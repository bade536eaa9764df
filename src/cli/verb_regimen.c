/* SPDX-License-Identifier: Apache-2.0 */
/* quell regimen: what the library holds, and a regimen as an event list. */
#include "base/paths.h"
#include "cli/library_text.h"
#include "dosing/regimen.h"
#include <string.h>

static const char *field(const struct ql_yaml *y, const char *key)
{
	const struct ql_yaml *v = ql_yaml_get(y, key);
	return v && v->kind == QL_YAML_SCALAR ? v->text : "";
}

static int list(struct ql_cli *c)
{
	int n;
	const char **name = ql_library_list(&c->arena, c->data_dir, "library/regimens", ".yaml", &n);
	for (int i = 0; i < n; i++) {
		struct ql_yaml *y;
		const char *path = ql_arena_printf(&c->arena, "%s/library/regimens/%s.yaml", c->data_dir, name[i]);
		if (ql_yaml_read(&c->arena, path, &c->ds, &y) == QUELL_OK)
			ql_buf_printf(&c->out, "%-26s %s  %s%s%s\n", name[i], field(y, "evidence"), field(y, "title"),
				      *field(y, "warning") ? ": " : "", field(y, "warning"));
	}
	return c->ds.n_errors ? QL_EXIT_INPUT : QL_EXIT_OK;
}

static int dataset(struct ql_cli *c, const char *path, double years)
{
	struct ql_model *m = NULL;
	struct ql_regimen r;
	const char *model = ql_arena_printf(&c->arena, "%s/models/cll/cll.qm", c->data_dir);
	const char *agents = ql_arena_printf(&c->arena, "%s/library/agents", c->data_dir);
	enum quell_status s = ql_model_load(model, &c->ds, &m);
	if (s == QUELL_OK)
		s = ql_regimen_load(m, path, agents, &c->arena, &c->ds, &r);
	if (s == QUELL_OK)
		s = ql_regimen_typical_dataset(m, &r, years, &c->ds, &c->out);
	ql_model_free(m);
	return ql_cli_exit(s);
}

static int show(struct ql_cli *c, const char *name, bool csv, double years)
{
	struct ql_yaml *y;
	const char *path = ql_library_file(&c->arena, c->data_dir, "library/regimens", name, ".yaml", QL_E0916, "regimen", &c->ds);
	if (!path)
		return QL_EXIT_INPUT;
	if (csv)
		return dataset(c, path, years);
	enum quell_status s = ql_yaml_read(&c->arena, path, &c->ds, &y);
	if (s == QUELL_OK && y)
		ql_text_regimen(c, y);
	return ql_cli_exit(s);
}

int ql_verb_regimen(struct ql_cli *c, int argc, char **argv)
{
	bool csv = false;
	double years = 6;
	const struct ql_opt opt[] = {
		{"csv", QL_OPT_FLAG, &csv, NULL, NULL, 0, 0, NULL, "the events of a patient as a NONMEM data set (CSV)"},
		QL_OPT_SHARED("years", QL_OPT_NUMBER, &years),
		{0}};
	const struct ql_command cmd = {"regimen", "list | show NAME|FILE", 1, 2,
				       "Lists the regimens of the library, or shows one: in words, or as the exact doses of a patient\n"
				       "with the model's default weight, body surface and clearance.\n",
				       "quell regimen list\nquell regimen show ven-obi\nquell regimen show ven-obi --csv --years 2\n",
				       {opt}};
	int exit;
	if (!ql_cli_parse(c, &cmd, argc, argv, &exit))
		return exit;
	const char *action = c->args.item[0];
	bool is_list = strcmp(action, "list") == 0, is_show = strcmp(action, "show") == 0;
	if ((!is_list && !is_show) || (is_list ? c->args.n != 1 : c->args.n != 2)) {
		struct ql_diag *d = ql_diag_add(&c->ds, QL_E0914, ql_cli_span(c, action), "`quell regimen` cannot `%s`", action);
		ql_diag_help(d, "write `quell regimen list` or `quell regimen show NAME`");
		return QL_EXIT_USAGE;
	}
	if (!ql_cli_data(c))
		return QL_EXIT_INPUT;
	return is_list ? list(c) : show(c, c->args.item[1], csv, years);
}
