/* SPDX-License-Identifier: Apache-2.0 */
#include "dosing/dataset_job.h"
#include "base/pool.h"
#include "dosing/numbers.h"

enum quell_status ql_dataset_job_run(const struct ql_dataset_job *job, struct ql_model *m, struct ql_csv *table,
				     struct ql_arena *a, struct ql_diags *ds, struct ql_dataset *data,
				     struct ql_dataset_result *out)
{
	int errors = ds->n_errors;
	double *param = QL_NEW_N(a, double, (size_t)m->n_q + 1);
	enum quell_status s = ql_dataset_take(m, table, a, ds, data);
	if (s == QUELL_ERR_MEMORY)
		ql_out_of_memory();
	const struct ql_numbers numbers = {.data_dir = job->data_dir, .set = job->set, .n_set = job->n_set, .agent = job->agent,
					   .n_agent = job->n_agent};
	enum quell_status bound = ql_numbers_read(&numbers, m, param, a, ds);
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
