/* SPDX-License-Identifier: Apache-2.0 */
/* The arms that what-ifs add to a job. */
#include "base/paths.h"
#include "compare/job.h"
#include <math.h>
#include <string.h>

static void add_arm(struct ql_job *job, int base, const struct ql_whatif *w, struct ql_diags *ds)
{
	struct ql_job_arm *arm = &job->arm[job->n_arm++];
	const char *agents = ql_arena_printf(&job->arena, "%s/library/agents", job->spec->data_dir);
	arm->base = base;
	arm->whatif = w;
	if (ql_whatif_regimen(job->model, w, job->arm[base].regimen.yaml, agents, &job->arena, ds, &arm->regimen) == QUELL_ERR_MEMORY)
		ql_out_of_memory();
}

static bool given_before(const struct ql_run_spec *spec, int at)
{
	for (int i = 0; i < at; i++)
		if (strcmp(spec->whatif[i], spec->whatif[at]) == 0)
			return true;
	return false;
}

/* Beside every regimen of the run that the what-if applies to; beside its first one, added, if there is none. */
static void add_whatif(struct ql_job *job, const char *name, struct ql_diags *ds)
{
	struct ql_whatif *w = QL_NEW(&job->arena, struct ql_whatif);
	const char *path = ql_library_file(&job->arena, job->spec->data_dir, "library/whatif", name, ".yaml", QL_E0322, "what-if", ds);
	enum quell_status s = path ? ql_whatif_load(job->model, path, &job->arena, ds, w) : QUELL_ERR_INPUT;
	if (s == QUELL_ERR_MEMORY)
		ql_out_of_memory();
	if (s != QUELL_OK)
		return;
	int n = job->n_arm, before = job->n_arm;
	for (int i = 0; i < n; i++)
		if (job->arm[i].base < 0 && job->arm[i].regimen.name && ql_whatif_applies(w, job->arm[i].regimen.name))
			add_arm(job, i, w, ds);
	if (job->n_arm > before)
		return;
	ql_job_add_regimen(job, w->applies_to[0], ds);
	if (job->arm[before].regimen.yaml)
		add_arm(job, before, w, ds);
}

void ql_job_add_whatifs(struct ql_job *job, struct ql_diags *ds)
{
	for (int i = 0; i < job->spec->n_whatif; i++)
		if (!given_before(job->spec, i))
			add_whatif(job, job->spec->whatif[i], ds);
}

/* The rows of the slots become the arm's own before a number in them changes. */
static void own_rows(struct ql_job *job, struct ql_regimen *r)
{
	for (int s = 0; s < r->n_slot; s++) {
		size_t n = (size_t)job->model->slot[r->slot[s]].n_column;
		double *value = QL_NEW_N(&job->arena, double, n + 1);
		memcpy(value, r->row[s].value, n * sizeof *value);
		r->row[s].value = value;
	}
}

static bool changes_parameters(const struct ql_whatif *w)
{
	for (int i = 0; i < w->n_change; i++)
		if (!w->change[i].agent)
			return true;
	return false;
}

void ql_job_whatif_numbers(struct ql_job *job, struct ql_diags *ds)
{
	size_t n = (size_t)job->model->n_q;
	for (int i = 0; i < job->n_arm; i++) {
		struct ql_job_arm *arm = &job->arm[i];
		arm->param = job->param;
		if (!arm->whatif)
			continue;
		if (changes_parameters(arm->whatif)) {
			arm->param = QL_NEW_N(&job->arena, double, n + 1);
			memcpy(arm->param, job->param, n * sizeof *arm->param);
		}
		own_rows(job, &arm->regimen);
		ql_whatif_numbers(job->model, arm->whatif, &arm->regimen, arm->param, ds);
	}
}
