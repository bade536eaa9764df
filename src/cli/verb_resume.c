/* SPDX-License-Identifier: Apache-2.0 */
/* quell resume: go on with a run of a store. */
#include "cli/sensitivity.h"
#include "cli/stored.h"
#include "cli/trial_stored.h"
#include <string.h>

/* The run as it was asked for; the store is closed again, so that the queue can lock it. */
static enum quell_status read_run(struct ql_cli *c, const char *store, int64_t id, struct ql_run *run)
{
	struct ql_store *s;
	enum quell_status status = ql_store_open(store, QL_STORE_READ, &c->ds, &s);
	if (status == QUELL_OK)
		status = ql_store_run(s, id, &c->arena, run);
	ql_store_close(s);
	return status;
}

static int no_such_kind(struct ql_cli *c, const char *store, const struct ql_run *run)
{
	struct ql_diag *d = ql_diag_add(&c->ds, QL_E1203, ql_cli_span(c, store), "run %lld is a `%s`, which this quell cannot resume",
					(long long)run->id, run->kind);
	ql_diag_help(d, "use quell %s, which made it", run->quell_version);
	return QL_EXIT_INPUT;
}

int ql_verb_resume(struct ql_cli *c, int argc, char **argv)
{
	struct ql_stored stored = {0};
	struct ql_compare_outputs o = {0};
	struct ql_run_spec spec = {0};
	struct ql_compare_keep keep;
	struct ql_run run = {0};
	struct ql_opt store_opt[QL_RESUME_N_OPT], out_opt[QL_COMPARE_N_OPT];
	ql_resume_options(&stored, store_opt);
	ql_compare_output_options(&o, out_opt);
	const struct ql_opt opt[] = {
		QL_OPT_SHARED("threads", QL_OPT_INT, &spec.threads),
		{"json", QL_OPT_FLAG, &c->json, NULL, NULL, 0, 0, NULL, "JSON on standard output"},
		{0}};
	const struct ql_command cmd = {
		"resume", "[RUN]", 0, 1,
		"Goes on with an unfinished run of a store, the latest one if no number is given. Finished chunks are used\n"
		"as they are; the result has the same bytes as that of a run that was never stopped.\n",
		"quell resume --store trial.db --json\n"
		"quell resume --store trial.db 3 --max-time 8h\n",
		{store_opt, opt, out_opt}};
	int exit;
	double id = 0;
	if (!ql_cli_parse(c, &cmd, argc, argv, &exit))
		return exit;
	if (!stored.store) {
		ql_diag_help(ql_diag_add(&c->ds, QL_E0915, ql_cli_span(c, ""), "`quell resume` needs a store"),
			     "write `--store FILE.db`");
		return QL_EXIT_USAGE;
	}
	if (c->args.n && (!ql_parse_double(c->args.item[0], strlen(c->args.item[0]), &id) || id < 1 || id > 1e15 || id != floor(id))) {
		ql_diag_help(ql_diag_add(&c->ds, QL_E0913, ql_cli_span(c, c->args.item[0]), "`%s` is no run number", c->args.item[0]),
			     "`quell runs list --store %s` shows the numbers", stored.store);
		return QL_EXIT_USAGE;
	}
	if (!ql_stored_finish(c, &stored, &exit))
		return exit;
	bool first = !c->team || c->team->rank == 0; /* it alone opens the store, which may not be on the others' machines */
	if (!ql_cli_data(c) || (first && (read_run(c, stored.store, (int64_t)id, &run) != QUELL_OK ||
					  !ql_compare_outputs_writable(c, &o))))
		return QL_EXIT_INPUT;
	run.settings = ql_team_share(c->team, run.settings, &c->arena);
	if (!run.settings)
		return QL_EXIT_INPUT;
	spec.data_dir = c->data_dir;
	spec.cancel = c->cancel;
	stored.expect = run.settings;
	if (ql_compare_settings_read(run.settings, &c->arena, &spec, &keep, &stored.chunk) == QUELL_OK)
		return ql_compare_stored(c, &spec, keep, &stored, &o);
	struct ql_sensitivity_spec sensitivity = {0};
	if (ql_sensitivity_settings_read(run.settings, &c->arena, &spec, &sensitivity) == QUELL_OK)
		return ql_sensitivity_stored(c, &sensitivity, &spec, &stored, 10);
	struct ql_trial_spec trial = {.data_dir = c->data_dir, .threads = spec.threads, .cancel = c->cancel};
	bool keep_patients;
	double alpha;
	if (ql_trial_settings_read(run.settings, &c->arena, &trial, &alpha, &keep_patients, &stored.chunk) == QUELL_OK)
		return ql_trial_stored(c, &trial, alpha, keep_patients, &stored, false);
	return first ? no_such_kind(c, stored.store, &run) : QL_EXIT_INPUT;
}
