/* SPDX-License-Identifier: Apache-2.0 */
#include "dosing/dataset_job.h"
#include "base/paths.h"
#include "base/pool.h"
#include <math.h>
#include <string.h>

static const struct ql_span command_line = {"command line", 0, 0, 0};

/* "NAME=VALUE" into param[n_q]. */
static void set_parameter(const struct ql_model *m, const char *text, double *param, struct ql_arena *a, struct ql_diags *ds)
{
	const char *eq = strchr(text, '=');
	double x;
	if (!eq || !ql_parse_double(eq + 1, strlen(eq + 1), &x) || !isfinite(x)) {
		struct ql_diag *d = ql_diag_add(ds, QL_E0603, command_line, "cannot read the setting `%s`", text);
		ql_diag_help(d, "write NAME=NUMBER");
		return;
	}
	const char *name = ql_arena_strndup(a, text, (size_t)(eq - text));
	int q = ql_model_find(m, name);
	if (q >= 0 && m->q[q].kind == QL_PARAM) {
		param[q] = x;
		return;
	}
	struct ql_diag *d = ql_diag_add(ds, QL_E0604, command_line, "`%s` is no parameter of the model", name);
	const char *near = ql_model_suggest(m, name, 1u << QL_PARAM);
	if (q >= 0 && m->q[q].kind == QL_COVARIATE)
		ql_diag_help(d, "it is a covariate: give it as a column of the data set");
	else if (near)
		ql_diag_help(d, "did you mean `%s`?", near);
}

/* The row of a slot: SLOT=NAME of the job, else the model's default. */
static const char *agent_name(const struct ql_dataset_job *job, const struct ql_slot *slot)
{
	size_t n = strlen(slot->name);
	for (int i = 0; i < job->n_agent; i++)
		if (strncmp(job->agent[i], slot->name, n) == 0 && job->agent[i][n] == '=')
			return job->agent[i] + n + 1;
	return slot->default_agent;
}

static void check_agents(const struct ql_dataset_job *job, const struct ql_model *m, struct ql_arena *a, struct ql_diags *ds)
{
	for (int i = 0; i < job->n_agent; i++) {
		const char *text = job->agent[i], *eq = strchr(text, '=');
		if (eq && ql_model_find_slot(m, ql_arena_strndup(a, text, (size_t)(eq - text))) >= 0)
			continue;
		struct ql_diag *d = ql_diag_add(ds, QL_E0402, command_line, "`%s` names no slot of the model", text);
		ql_diag_help(d, "write SLOT=NAME with a slot of the model");
	}
}

/* Rows of the library for the slots of the model. */
static enum quell_status bind_agents(const struct ql_dataset_job *job, const struct ql_model *m, double *param,
				     struct ql_arena *a, struct ql_diags *ds)
{
	const char *dir = job->data_dir;
	for (int i = 0; i < m->n_slot; i++) {
		const char *name = agent_name(job, &m->slot[i]);
		struct ql_agent_row row;
		if (!name)
			continue;
		if (!dir && !(dir = ql_data_dir(a, ds)))
			return QUELL_ERR_IO;
		const char *path = ql_library_file(a, dir, "library/agents", name, ".yaml", QL_E0916, "agent", ds);
		if (!path || ql_agent_load(m, &m->slot[i], path, a, ds, &row) != QUELL_OK)
			continue;
		for (int k = 0; k < m->slot[i].n_column; k++)
			param[m->slot[i].column[k]] = row.value[k];
	}
	return QUELL_OK;
}

enum quell_status ql_dataset_job_run(const struct ql_dataset_job *job, struct ql_model *m, struct ql_csv *table,
				     struct ql_arena *a, struct ql_diags *ds, struct ql_dataset *data,
				     struct ql_dataset_result *out)
{
	int errors = ds->n_errors;
	double *param = QL_NEW_N(a, double, (size_t)m->n_q + 1);
	enum quell_status s = ql_dataset_take(m, table, a, ds, data);
	if (s == QUELL_ERR_MEMORY)
		ql_out_of_memory();
	for (int i = 0; i < m->n_q; i++)
		param[i] = NAN;
	for (int i = 0; i < job->n_set; i++)
		set_parameter(m, job->set[i], param, a, ds);
	check_agents(job, m, a, ds);
	enum quell_status bound = bind_agents(job, m, param, a, ds);
	if (s != QUELL_OK || bound != QUELL_OK)
		return s != QUELL_OK ? s : bound;
	if (ds->n_errors > errors)
		return QUELL_ERR_INPUT;
	const struct ql_dataset_run run = {.model = m,
					   .data = data,
					   .interpolation = job->interpolation,
					   .param = param,
					   .rtol = job->rtol,
					   .atol = job->atol,
					   .threads = job->threads ? job->threads : ql_cpu_count(),
					   .states = job->states,
					   .native = job->native,
					   .cancel = job->cancel};
	return ql_dataset_simulate(&run, a, ds, out);
}
