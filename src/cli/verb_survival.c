/* SPDX-License-Identifier: Apache-2.0 */
/* quell survival: statistics of any table of times and events. */
#include "base/json.h"
#include "cli/survival_data.h"
#include <string.h>

struct request {
	const char *time, *event, *group, *strata, *spec, *data, *out;
	struct ql_words cox, times, competing;
	int ties;
	double tau, rho, level;
};

static const double *parse_times(struct ql_cli *c, const struct request *r)
{
	double *t = QL_NEW_N(&c->arena, double, (size_t)r->times.n + 1);
	for (int i = 0; i < r->times.n; i++)
		if (!ql_parse_double(r->times.item[i], strlen(r->times.item[i]), &t[i]) || !(t[i] >= 0)) {
			ql_diag_add(&c->ds, QL_E0913, ql_cli_span(c, r->times.item[i]), "`--times` does not take `%s`",
				    r->times.item[i]);
			return NULL;
		}
	return t;
}

/* Marks the competing codes; false if one is no event code. */
static bool parse_competing(struct ql_cli *c, const struct request *r, bool competing[1001])
{
	for (int i = 0; i < r->competing.n; i++) {
		double x;
		const char *word = r->competing.item[i];
		if (!ql_parse_double(word, strlen(word), &x) || x < 1 || x > 1000 || x != floor(x)) {
			struct ql_diag *d = ql_diag_add(&c->ds, QL_E0913, ql_cli_span(c, word),
							"`--competing` does not take `%s`", word);
			ql_diag_help(d, "accepted: event codes, whole numbers from 1 to 1000");
			return false;
		}
		competing[(int)x] = true;
	}
	return true;
}

static json_t *competing_risks(struct ql_cli *c, struct ql_sample *s, const bool competing[1001], const double *t,
			       int n_time)
{
	struct ql_cause *cause = QL_NEW_N(&c->arena, struct ql_cause, 1001);
	bool seen[1001] = {false};
	int n = 0;
	for (size_t i = 0; i < s->n; i++)
		seen[s->event[i]] = true;
	for (int k = 1; k <= 1000; k++)
		if (seen[k])
			cause[n++] = (struct ql_cause){
				ql_arena_printf(&c->arena, "%s_%d", competing[k] ? "competing" : "event", k), k};
	return ql_survival_cif(c, s, cause, n, t, n_time);
}

/* Rows complete in the named columns; every analysis drops rows for its own columns only. */
static bool take(struct ql_cli *c, const struct ql_csv *table, const char *what,
		 const struct ql_sample_columns *names, struct ql_sample *s)
{
	if (!ql_sample_take(c, table, names, s))
		return false;
	if (s->dropped)
		ql_diag_add(&c->ds, QL_N0688, (struct ql_span){table->file, 0, 0, 0},
			    "%s: %zu of %d rows left out, a used column is blank", what, s->dropped, table->n_row);
	return true;
}

/* Competing events end observation. */
static void one_cause(struct ql_sample *s, const bool competing[1001])
{
	for (size_t i = 0; i < s->n; i++)
		s->event[i] = s->event[i] > 0 && !competing[s->event[i]];
}

static bool curves(struct ql_cli *c, const struct ql_csv *table, const struct request *r, const bool competing[1001],
		   const double *t, json_t *out)
{
	struct ql_sample s;
	const struct ql_sample_columns names = {r->time, r->event, r->group, NULL, NULL, 0};
	if (!take(c, table, "curves", &names, &s))
		return false;
	if (r->competing.n)
		json_object_set_new(out, "cif", competing_risks(c, &s, competing, t, r->times.n));
	else
		json_object_set_new(out, "km", ql_survival_km(c, &s, r->level, t, r->times.n));
	if (!isnan(r->tau) && !r->competing.n)
		json_object_set_new(out, "rmst", ql_survival_rmst(c, &s, r->tau, s.groups.n == 2 ? 1 : -1, 0));
	return true;
}

static bool test(struct ql_cli *c, const struct ql_csv *table, const struct request *r, const bool competing[1001],
		 json_t *out)
{
	struct ql_sample s;
	const struct ql_sample_columns names = {r->time, r->event, r->group, r->strata, NULL, 0};
	if (!take(c, table, "test", &names, &s))
		return false;
	one_cause(&s, competing);
	json_t *o = ql_survival_logrank(c, &s, r->rho);
	json_object_set_new(o, "rho", ql_json_real(r->rho));
	json_object_set_new(o, "cause_specific", json_boolean(r->competing.n > 0));
	json_object_set_new(out, "logrank", o);
	return true;
}

static bool regression(struct ql_cli *c, const struct ql_csv *table, const struct request *r,
		       const bool competing[1001], json_t *out)
{
	struct ql_sample s;
	const struct ql_sample_columns names = {r->time, r->event, NULL, r->strata, r->cox.item, r->cox.n};
	if (!take(c, table, "Cox model", &names, &s))
		return false;
	one_cause(&s, competing);
	json_t *o = ql_survival_cox(c, &s, r->ties ? QL_BRESLOW : QL_EFRON);
	json_object_set_new(o, "cause_specific", json_boolean(r->competing.n > 0));
	json_object_set_new(out, "cox", o);
	return true;
}

static int run_file(struct ql_cli *c, const struct request *r, const char *path)
{
	struct ql_csv *table;
	bool competing[1001] = {false};
	const double *t = parse_times(c, r);
	if (!parse_competing(c, r, competing) || !t)
		return QL_EXIT_USAGE;
	enum quell_status st = ql_csv_read(&c->arena, path, NULL, &c->ds, &table);
	if (st != QUELL_OK)
		return ql_cli_exit(st);
	json_t *o = json_object(), *a = json_object();
	json_object_set_new(o, "schema", json_string("quell.survival/1"));
	json_object_set_new(o, "rows", json_integer(table->n_row));
	json_object_set_new(o, "analyses", a);
	bool ok = curves(c, table, r, competing, r->times.n ? t : NULL, a);
	ok = ok && (!r->group || test(c, table, r, competing, a));
	ok = ok && (!r->cox.n || regression(c, table, r, competing, a));
	if (ok && c->json)
		ql_cli_print_json(c, json_incref(o));
	else if (ok)
		ql_survival_text(c, a);
	json_decref(o);
	return ok ? QL_EXIT_OK : QL_EXIT_INPUT;
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
		{"time", QL_OPT_TEXT, &r.time, "COLUMN", NULL, 0, 0, NULL, "time to the event or to the end of observation"},
		{"event", QL_OPT_TEXT, &r.event, "COLUMN", NULL, 0, 0, NULL, "0 censored, 1 event, further codes competing events"},
		{"group", QL_OPT_TEXT, &r.group, "COLUMN", NULL, 0, 0, NULL, "compare the values of this column"},
		{"strata", QL_OPT_TEXT, &r.strata, "COLUMN", NULL, 0, 0, NULL, "stratify the test and the Cox model"},
		{"cox", QL_OPT_LIST, &r.cox, "X1,X2,...", NULL, 0, 0, NULL,
		 "Cox regression on these columns; text becomes indicators"},
		{"ties", QL_OPT_CHOICE, &r.ties, NULL, "efron", 0, 0, "efron|breslow", "tied event times in the Cox model"},
		{"rmst", QL_OPT_NUMBER, &r.tau, "TAU", NULL, 0, INFINITY, NULL, "restricted mean up to TAU"},
		{"competing", QL_OPT_LIST, &r.competing, "CODE,...", NULL, 0, 0, NULL,
		 "codes of competing events: cumulative incidence in place of survival"},
		{"times", QL_OPT_LIST, &r.times, "T1,T2,...", "round times", 0, 0, NULL, "times at which to report"},
		{"rho", QL_OPT_NUMBER, &r.rho, "X", "0, log-rank", 0, 10, NULL, "weight S^rho of the test; 1 is Peto-Peto"},
		{"level", QL_OPT_NUMBER, &r.level, "P", "0.95", 0.5, 0.999999, NULL, "level of survival limits"},
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
