/* SPDX-License-Identifier: Apache-2.0 */
/* quell survival: statistics of any table of times and events. */
#include "base/json.h"
#include "cli/survival_verbs.h"

struct request {
	const char *time, *event, *group, *strata, *spec, *data, *out;
	struct ql_words cox, times, competing;
	int ties;
	double tau, rho, level;
};

static int run_file(struct ql_cli *c, const struct request *r, const char *path)
{
	struct ql_csv *table;
	const struct ql_work w = {&c->arena, &c->ds};
	const struct ql_survival_request q = {.time = r->time,
					      .event = r->event,
					      .group = r->group,
					      .strata = r->strata,
					      .cox = r->cox.item,
					      .n_cox = r->cox.n,
					      .times = r->times.item,
					      .n_times = r->times.n,
					      .competing = r->competing.item,
					      .n_competing = r->competing.n,
					      .ties = r->ties ? QL_BRESLOW : QL_EFRON,
					      .tau = r->tau,
					      .rho = r->rho,
					      .level = r->level};
	enum quell_status st = ql_csv_read(&c->arena, path, NULL, &c->ds, &table);
	if (st != QUELL_OK)
		return ql_cli_exit(st);
	json_t *o;
	st = ql_survival_analyses(&w, table, &q, &o);
	if (o && c->json)
		ql_cli_print_json(c, json_incref(o));
	else if (o)
		ql_survival_text(c, json_object_get(o, "analyses"));
	json_decref(o);
	return ql_cli_exit(st);
}

static int run_spec(struct ql_cli *c, const struct request *r)
{
	json_t *result = NULL;
	enum quell_status st = ql_survival_spec(c, r->spec, r->data, &result);
	if (st == QUELL_OK && r->out) {
		struct ql_out_file f;
		struct ql_buf text = {0};
		ql_json_write(result, &text);
		st = ql_out_open(&f, r->out, &c->ds);
		if (st == QUELL_OK) {
			ql_out_write(&f, text.data, text.len);
			st = ql_out_commit(&f, &c->ds);
		}
		ql_buf_free(&text);
	} else if (st == QUELL_OK) {
		ql_cli_print_json(c, json_incref(result));
	}
	json_decref(result);
	return ql_cli_exit(st);
}

static int missing(struct ql_cli *c, const char *what)
{
	struct ql_diag *d = ql_diag_add(&c->ds, QL_E0915, ql_cli_span(c, ""), "`quell survival` needs %s", what);
	ql_diag_help(d, "`quell survival --help` shows examples");
	return QL_EXIT_USAGE;
}

int ql_verb_survival(struct ql_cli *c, int argc, char **argv)
{
	struct request r = {.tau = NAN, .level = 0.95};
	const struct ql_opt opt[] = {
		QL_OPT_SHARED("time", QL_OPT_TEXT, &r.time),
		QL_OPT_SHARED("event", QL_OPT_TEXT, &r.event),
		QL_OPT_SHARED("group", QL_OPT_TEXT, &r.group),
		QL_OPT_SHARED("strata", QL_OPT_TEXT, &r.strata),
		QL_OPT_SHARED("cox", QL_OPT_LIST, &r.cox),
		QL_OPT_SHARED("ties", QL_OPT_CHOICE, &r.ties),
		QL_OPT_SHARED("rmst", QL_OPT_NUMBER, &r.tau),
		QL_OPT_SHARED("competing", QL_OPT_LIST, &r.competing),
		QL_OPT_SHARED("times", QL_OPT_LIST, &r.times),
		QL_OPT_SHARED("rho", QL_OPT_NUMBER, &r.rho),
		QL_OPT_SHARED("level", QL_OPT_NUMBER, &r.level),
		{"json", QL_OPT_FLAG, &c->json, NULL, NULL, 0, 0, NULL, "JSON on standard output"},
		{"spec", QL_OPT_TEXT, &r.spec, "FILE.json", NULL, 0, 0, NULL, "a list of analyses, in place of the options above"},
		{"data", QL_OPT_TEXT, &r.data, "FILE.csv", NULL, 0, 0, NULL, "the table for --spec"},
		{"out", QL_OPT_TEXT, &r.out, "FILE.json", "standard output", 0, 0, NULL, "where results of --spec go"},
		{0}};
	const struct ql_command cmd = {
		"survival", "[FILE.csv]", 0, 1,
		"Survival statistics of a table: Kaplan-Meier, medians, restricted means, log-rank and Peto-Peto tests,\n"
		"Cox regression, cumulative incidence with Gray's test.\n",
		"quell survival data.csv --time months --event died --group arm --rmst 60\n"
		"quell survival data.csv --time months --event died --cox arm,age --strata centre\n"
		"quell survival data.csv --time months --event cause --group arm --competing 2 --json\n"
		"quell survival --spec analyses.json --data data.csv --out results.json\n",
		{opt}};
	int exit;
	if (!ql_cli_parse(c, &cmd, argc, argv, &exit))
		return exit;
	if (r.spec)
		return r.data ? run_spec(c, &r) : missing(c, "--data FILE.csv beside --spec");
	if (c->args.n == 0)
		return missing(c, "a table: FILE.csv, or --spec and --data");
	if (!r.time || !r.event)
		return missing(c, "--time COLUMN and --event COLUMN");
	return run_file(c, &r, c->args.item[0]);
}
