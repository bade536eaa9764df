/* SPDX-License-Identifier: Apache-2.0 */
#include "dosing/numbers.h"
#include "base/paths.h"
#include <math.h>
#include <string.h>

struct job {
	const struct ql_numbers *x;
	const struct ql_model *m;
	double *param;
	struct ql_arena *a;
	struct ql_diags *ds;
};

static struct ql_span at(const struct job *j, const char *text)
{
	return j->x->at ? j->x->at(j->x->at_ctx, text) : (struct ql_span){"command line", 0, 0, 0};
}

static void set_parameter(struct job *j, const char *text)
{
	const char *eq = strchr(text, '=');
	double x;
	if (!eq || !ql_parse_double(eq + 1, strlen(eq + 1), &x) || !isfinite(x)) {
		struct ql_diag *d = ql_diag_add(j->ds, QL_E0603, at(j, text), "cannot read the setting `%s`", text);
		ql_diag_help(d, "write NAME=NUMBER");
		return;
	}
	const char *name = ql_arena_strndup(j->a, text, (size_t)(eq - text));
	int q = ql_model_find(j->m, name);
	if (q >= 0 && j->m->q[q].kind == QL_PARAM) {
		j->param[q] = x;
		return;
	}
	struct ql_diag *d = ql_diag_add(j->ds, QL_E0604, at(j, text), "`%s` is no parameter of the model", name);
	const char *near = ql_model_suggest(j->m, name, 1u << QL_PARAM);
	if (q >= 0 && j->m->q[q].kind == QL_COVARIATE)
		ql_diag_help(d, "it is a covariate: give it as a column of the data set");
	else if (near)
		ql_diag_help(d, "did you mean `%s`?", near);
	else
		ql_diag_help(d, "`quell model show` lists all names");
}

/* The row of a slot: SLOT=NAME, else the model's default. */
static const char *agent_name(const struct job *j, const struct ql_slot *slot)
{
	size_t n = strlen(slot->name);
	for (int i = 0; i < j->x->n_agent; i++)
		if (strncmp(j->x->agent[i], slot->name, n) == 0 && j->x->agent[i][n] == '=')
			return j->x->agent[i] + n + 1;
	return slot->default_agent;
}

static void check_agents(struct job *j)
{
	for (int i = 0; i < j->x->n_agent; i++) {
		const char *text = j->x->agent[i], *eq = strchr(text, '=');
		if (eq && ql_model_find_slot(j->m, ql_arena_strndup(j->a, text, (size_t)(eq - text))) >= 0)
			continue;
		struct ql_diag *d = ql_diag_add(j->ds, QL_E0402, at(j, text), "`%s` names no slot of the model", text);
		ql_diag_help(d, "write SLOT=NAME with a slot of the model");
	}
}

static enum quell_status bind_agents(struct job *j)
{
	const char *dir = j->x->data_dir;
	for (int i = 0; i < j->m->n_slot; i++) {
		const struct ql_slot *slot = &j->m->slot[i];
		const char *name = agent_name(j, slot);
		struct ql_agent_row row;
		if (!name)
			continue;
		if (!dir && !(dir = ql_data_dir(j->a, j->ds)))
			return QUELL_ERR_IO;
		const char *path = ql_library_file(j->a, dir, "library/agents", name, ".yaml", QL_E0415, "agent", j->ds);
		enum quell_status s = path ? ql_agent_load(j->m, slot, path, j->a, j->ds, &row) : QUELL_ERR_INPUT;
		if (s == QUELL_ERR_MEMORY)
			ql_out_of_memory();
		for (int k = 0; k < slot->n_column && s == QUELL_OK; k++)
			j->param[slot->column[k]] = row.value[k];
	}
	return QUELL_OK;
}

enum quell_status ql_numbers_read(const struct ql_numbers *x, const struct ql_model *m, double *param, struct ql_arena *a,
				  struct ql_diags *ds)
{
	struct job j = {x, m, param, a, ds};
	int errors = ds->n_errors;
	for (int i = 0; i < m->n_q; i++)
		param[i] = NAN;
	for (int i = 0; i < x->n_set; i++)
		set_parameter(&j, x->set[i]);
	check_agents(&j);
	enum quell_status s = bind_agents(&j);
	return s == QUELL_OK && ds->n_errors > errors ? QUELL_ERR_INPUT : s;
}
