/* SPDX-License-Identifier: Apache-2.0 */
/* quell simulate --data FILE: the records of a NONMEM data set through any model. */
#include "base/pool.h"
#include "cli/cli.h"
#include "dosing/dataset.h"
#include <string.h>

struct data_verb {
	struct ql_cli *c;
	const char *data, *model, *out;
	struct ql_words set, agents;
	int covariates, threads, native;
	double rtol, atol;
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
	struct ql_dataset data;
	struct ql_dataset_result result;
	enum quell_status s = ql_dataset_read(m, v->data, &c->arena, &c->ds, &data);
	double *param = QL_NEW_N(&c->arena, double, (size_t)m->n_q);
	for (int i = 0; i < m->n_q; i++)
		param[i] = NAN;
	for (int i = 0; i < v->set.n; i++)
		if (!ql_cli_set_parameter(v->c, m, v->set.item[i], param))
			s = QUELL_ERR_USAGE;
	if (s == QUELL_OK)
		s = ql_cli_bind_agents(v->c, m, &v->agents, param);
	if (s != QUELL_OK)
		return s;
	struct ql_dataset_run job = {.model = m,
				     .data = &data,
				     .interpolation = (enum ql_interpolation)v->covariates,
				     .param = param,
				     .rtol = v->rtol,
				     .atol = v->atol,
				     .threads = v->threads ? v->threads : ql_cpu_count(),
				     .native = v->native,
				     .cancel = c->cancel};
	s = ql_dataset_simulate(&job, &c->arena, &c->ds, &result);
	if (s != QUELL_OK && s != QUELL_ERR_NUMERIC)
		return s;
	enum quell_status written = write_result(v, &data, &result);
	return s != QUELL_OK ? s : written;
}

int ql_simulate_data(struct ql_cli *c, int argc, char **argv)
{
	struct data_verb v = {.c = c};
	const struct ql_opt opt[] = {
		{"data", QL_OPT_TEXT, &v.data, "FILE", NULL, 0, 0, NULL, "NONMEM data set (.csv)"},
		{"model", QL_OPT_TEXT, &v.model, "FILE", NULL, 0, 0, NULL, "model (.qm, or SBML .xml)"},
		{"out", QL_OPT_TEXT, &v.out, "FILE", "standard output", 0, 0, NULL, "ID, TIME and outputs, one row per record"},
		{"covariates", QL_OPT_CHOICE, &v.covariates, NULL, "nocb", 0, 0, "nocb|locf|linear",
		 "how covariates go from record to record"},
		{"set", QL_OPT_ITEM, &v.set, "NAME=VALUE", NULL, 0, 0, NULL, "change a parameter; may be repeated"},
		{"agents", QL_OPT_LIST, &v.agents, "SLOT=NAME,...", "the model's", 0, 0, NULL, "rows of library/agents"},
		{"rtol", QL_OPT_NUMBER, &v.rtol, "X", "1e-8", 1e-13, 0.1, NULL, "relative tolerance"},
		{"atol", QL_OPT_NUMBER, &v.atol, "X", "1e-10", 1e-300, 1e300, NULL, "absolute tolerance, where the model gives none"},
		{"threads", QL_OPT_INT, &v.threads, "N", "all cores", 1, 1024, NULL, "threads; results do not depend on it"},
		{"native", QL_OPT_CHOICE, &v.native, NULL, "auto", 0, 0, QL_NATIVE_CHOICES, QL_NATIVE_HELP},
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
