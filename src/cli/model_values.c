/* SPDX-License-Identifier: Apache-2.0 */
/* --set and --agents for verbs that take any model. */
#include "base/paths.h"
#include "cli/cli.h"
#include "lang/model.h"
#include <string.h>

/* "NAME=VALUE" of --set into param[n_q]. */
bool ql_cli_set_parameter(struct ql_cli *c, const struct ql_model *m, const char *text, double *param)
{
	const char *eq = strchr(text, '=');
	struct ql_span at = ql_cli_span(c, text);
	double x;
	if (!eq || !ql_parse_double(eq + 1, strlen(eq + 1), &x)) {
		struct ql_diag *d = ql_diag_add(&c->ds, QL_E0913, at, "`--set` does not take `%s`", text);
		ql_diag_help(d, "write NAME=NUMBER");
		return false;
	}
	const char *name = ql_arena_strndup(&c->arena, text, (size_t)(eq - text));
	int q = ql_model_find(m, name);
	if (q >= 0 && m->q[q].kind == QL_PARAM) {
		param[q] = x;
		return true;
	}
	struct ql_diag *d = ql_diag_add(&c->ds, QL_E0913, at, "`%s` is no parameter of the model", name);
	const char *near = ql_model_suggest(m, name, 1u << QL_PARAM);
	if (near)
		ql_diag_help(d, "did you mean `%s`?", near);
	return false;
}

/* The row of a slot: SLOT=NAME of --agents, else the model's default. */
static const char *agent_name(const struct ql_words *agents, const struct ql_slot *slot)
{
	size_t n = strlen(slot->name);
	for (int i = 0; i < agents->n; i++)
		if (strncmp(agents->item[i], slot->name, n) == 0 && agents->item[i][n] == '=')
			return agents->item[i] + n + 1;
	return slot->default_agent;
}

static bool check_agents(struct ql_cli *c, const struct ql_words *agents, const struct ql_model *m)
{
	for (int i = 0; i < agents->n; i++) {
		const char *text = agents->item[i], *eq = strchr(text, '=');
		if (eq && ql_model_find_slot(m, ql_arena_strndup(&c->arena, text, (size_t)(eq - text))) >= 0)
			continue;
		struct ql_diag *d = ql_diag_add(&c->ds, QL_E0913, ql_cli_span(c, text), "`--agents` does not take `%s`", text);
		ql_diag_help(d, "write SLOT=NAME with a slot of the model");
		return false;
	}
	return true;
}

/* Rows of the library for the slots of the model. */
enum quell_status ql_cli_bind_agents(struct ql_cli *c, const struct ql_model *m, const struct ql_words *agents, double *param)
{
	if (!check_agents(c, agents, m))
		return QUELL_ERR_USAGE;
	for (int i = 0; i < m->n_slot; i++) {
		const char *name = agent_name(agents, &m->slot[i]);
		struct ql_agent_row row;
		if (!name)
			continue;
		if (!ql_cli_data(c))
			return QUELL_ERR_IO;
		const char *path = ql_library_file(&c->arena, c->data_dir, "library/agents", name, ".yaml", QL_E0916, "agent", &c->ds);
		if (!path)
			return QUELL_ERR_INPUT;
		enum quell_status s = ql_agent_load(m, &m->slot[i], path, &c->arena, &c->ds, &row);
		if (s != QUELL_OK)
			return s;
		for (int k = 0; k < m->slot[i].n_column; k++)
			param[m->slot[i].column[k]] = row.value[k];
	}
	return QUELL_OK;
}
