/* SPDX-License-Identifier: Apache-2.0 */
/* quell simulate --data FILE: the records of a NONMEM data set through any model. */
#include "cli/cli.h"
#include "dosing/dataset_job.h"

struct data_verb {
	struct ql_cli *c;
	const char *data, *model, *out;
	struct ql_words set, agents;
	int covariates, threads, native;
	double rtol, atol;
	bool states;
};

static enum quell_status write_result(struct data_verb *v, const struct ql_dataset *data, const struct ql_dataset_result *r)
{
	if (!v->out) {
		ql_dataset_write(data, r, &v->c->out);
		return QUELL_OK;
	}
	struct ql_buf text = {0};
	struct ql_out_file f;
	enum quell_status s = ql_out_open(&f, v->out, &v->c->ds);
	if (s == QUELL_OK) {
		ql_dataset_write(data, r, &text);
		ql_out_write(&f, text.data, text.len);
		s = ql_out_commit(&f, &v->c->ds);
	}
	ql_buf_free(&text);
	return s;
}

static enum quell_status run(struct data_verb *v, struct ql_model *m)
{
	struct ql_cli *c = v->c;
	struct ql_csv *table;
	struct ql_dataset data;
	struct ql_dataset_result result;
	const struct ql_csv_options options = {.any_case = true};
	const struct ql_dataset_job job = {.data_dir = c->data_dir,
					   .set = v->set.item,
					   .n_set = v->set.n,
					   .agent = v->agents.item,
					   .n_agent = v->agents.n,
					   .interpolation = (enum ql_interpolation)v->covariates,
					   .states = v->states,
					   .rtol = v->rtol,
					   .atol = v->atol,
					   .threads = v->threads,
					   .native = v->native,
					   .cancel = c->cancel};
	enum quell_status s = ql_csv_read(&c->arena, v->data, &options, &c->ds, &table);
	if (s == QUELL_OK)
		s = ql_dataset_job_run(&job, m, table, &c->arena, &c->ds, &data, &result);
	if (s != QUELL_OK && s != QUELL_ERR_NUMERIC)
		return s;
	enum quell_status written = write_result(v, &data, &result);
	return s != QUELL_OK ? s : written;
}

int ql_simulate_data(struct ql_cli *c, int argc, char **argv)
{
	struct data_verb v = {.c = c};
	const struct ql_opt opt[] = {
		QL_OPT_SHARED_WITH("dataset", "data", QL_OPT_TEXT, &v.data),
		QL_OPT_SHARED_WITH("dataset", "model", QL_OPT_TEXT, &v.model),
		{"out", QL_OPT_TEXT, &v.out, "FILE", "standard output", 0, 0, NULL, "ID, TIME and outputs, one row per record"},
		QL_OPT_SHARED_WITH("dataset", "covariates", QL_OPT_CHOICE, &v.covariates),
		QL_OPT_SHARED_WITH("dataset", "set", QL_OPT_ITEM, &v.set),
		QL_OPT_SHARED_WITH("dataset", "agents", QL_OPT_LIST, &v.agents),
		QL_OPT_SHARED_WITH("dataset", "states", QL_OPT_FLAG, &v.states),
		QL_OPT_SHARED_WITH("dataset", "rtol", QL_OPT_NUMBER, &v.rtol),
		QL_OPT_SHARED_WITH("dataset", "atol", QL_OPT_NUMBER, &v.atol),
		QL_OPT_SHARED_WITH("dataset", "threads", QL_OPT_INT, &v.threads),
		QL_OPT_SHARED_WITH("dataset", "native", QL_OPT_CHOICE, &v.native),
		{0}};
	const struct ql_command cmd = {"simulate", "", 0, 0,
				       "With --data: runs the records of a NONMEM data set through a model and writes its outputs\n"
				       "at every record. docs/data-sets.md describes the columns.\n",
				       "quell simulate --data pk.csv --model pk.qm --out result.csv\n", {opt}};
	int exit;
	if (!ql_cli_parse(c, &cmd, argc, argv, &exit))
		return exit;
	if (!v.data || !v.model) {
		struct ql_diag *d = ql_diag_add(&c->ds, QL_E0915, ql_cli_span(c, ""), "`--%s` is missing",
						v.data ? "model" : "data");
		ql_diag_help(d, "give a data set and a model: --data FILE.csv --model FILE.qm");
		return QL_EXIT_USAGE;
	}
	struct ql_model *m;
	enum quell_status s = ql_model_load(v.model, &c->ds, &m);
	if (s == QUELL_OK)
		s = run(&v, m);
	if (s != QUELL_ERR_MEMORY)
		ql_model_free(m);
	return ql_cli_exit(s);
}
