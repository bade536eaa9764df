/* SPDX-License-Identifier: Apache-2.0 */
/* quell runs: what a store holds. */
#include "base/json.h"
#include "cli/compare_text.h"
#include "cli/cli.h"
#include "store/export.h"
#include <inttypes.h>
#include <sqlite3.h>
#include <string.h>

struct asking {
	const char *store, *out;
	struct ql_words tables;
	bool gz, zstd;
};

/* --- list --- */

static int list(struct ql_cli *c, struct ql_store *s)
{
	struct ql_run *run;
	int n;
	enum quell_status status = ql_store_runs(s, &c->arena, &run, &n);
	if (status != QUELL_OK)
		return ql_cli_exit(status);
	if (c->json) {
		ql_cli_print_json(c, ql_runs_json(run, n));
		return QL_EXIT_OK;
	}
	ql_buf_puts(&c->out, " run  state       chunks         solves     seed  what\n");
	for (int i = 0; i < n; i++)
		ql_buf_printf(&c->out, "%4" PRId64 "  %-10s  %6" PRIu64 "/%-6" PRIu64 " %8s  %7" PRIu64 "  %s %s\n", run[i].id,
			      run[i].finished ? "finished" : "unfinished", run[i].chunks_done, run[i].chunks,
			      ql_grouped(c, run[i].units), run[i].seed, run[i].kind, run[i].title);
	return QL_EXIT_OK;
}

/* --- show --- */

static void show_log(struct ql_cli *c, struct ql_store *s, int64_t id)
{
	sqlite3_stmt *q = ql_store_sql(s, "SELECT at, event, detail FROM log WHERE run = ? ORDER BY id");
	if (!q)
		return;
	sqlite3_bind_int64(q, 1, id);
	while (sqlite3_step(q) == SQLITE_ROW)
		ql_buf_printf(&c->out, "  %s  %-9s  %s\n", (const char *)sqlite3_column_text(q, 0),
			      (const char *)sqlite3_column_text(q, 1), (const char *)sqlite3_column_text(q, 2));
	sqlite3_reset(q);
}

static int show(struct ql_cli *c, struct ql_store *s, int64_t id)
{
	struct ql_run r;
	const char *json;
	enum quell_status status = ql_store_run(s, id, &c->arena, &r);
	if (status == QUELL_OK)
		status = ql_store_result(s, id, &c->arena, &json);
	if (status != QUELL_OK)
		return ql_cli_exit(status);
	if (c->json && !json) {
		struct ql_diag *d = ql_diag_add(&c->ds, QL_E1206, (struct ql_span){0}, "run %" PRId64 " has no result yet", id);
		ql_diag_help(d, "`quell resume --store %s %" PRId64 "` finishes it", ql_store_path(s), id);
		return QL_EXIT_INPUT;
	}
	if (c->json) {
		ql_buf_puts(&c->out, json);
		return QL_EXIT_OK;
	}
	ql_buf_printf(&c->out, "run %" PRId64 ": %s of %s\nstate     %s, %" PRIu64 " of %" PRIu64 " chunks, %.1f MB\n", r.id, r.kind,
		      r.title, r.finished ? "finished" : "unfinished", r.chunks_done, r.chunks, (double)r.bytes / 1e6);
	ql_buf_printf(&c->out, "created   %s\nfinished  %s\nprogram   quell %s, model %s\ncommand   %s\nsettings  %s", r.created,
		      r.finished ? r.finished : "-", r.quell_version, r.model_hash, r.command, r.settings);
	ql_buf_puts(&c->out, "log\n");
	show_log(c, s, id);
	return QL_EXIT_OK;
}

/* --- diff --- */

static const json_t *endpoint_in(const json_t *result, const char *regimen, const char *id)
{
	size_t i, j;
	json_t *r, *e;
	json_array_foreach(json_object_get(result, "regimens"), i, r) {
		const char *name = json_string_value(json_object_get(r, "id"));
		json_array_foreach(json_object_get(r, "endpoints"), j, e) {
			const char *other = json_string_value(json_object_get(e, "id"));
			if (name && other && strcmp(name, regimen) == 0 && strcmp(other, id) == 0)
				return e;
		}
	}
	return NULL;
}

static double number(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);
	return json_is_number(v) ? json_number_value(v) : (double)NAN;
}

static void put_number(struct ql_buf *b, double x)
{
	char text[32];
	snprintf(text, sizeof text, "%.5g", x);
	ql_buf_printf(b, " %11s", isnan(x) ? "-" : text);
}

static int diff_endpoints(struct ql_cli *c, const json_t *a, const json_t *b)
{
	int differ = 0, both = 0;
	size_t i, j;
	json_t *r, *e;
	json_array_foreach(json_object_get(a, "regimens"), i, r) {
		const char *regimen = json_string_value(json_object_get(r, "id"));
		json_array_foreach(json_object_get(r, "endpoints"), j, e) {
			const char *id = json_string_value(json_object_get(e, "id"));
			const json_t *other = regimen && id ? endpoint_in(b, regimen, id) : NULL;
			double x = number(e, "estimate"), y = number(other, "estimate");
			if (!other)
				continue;
			both++;
			if (x == y || (isnan(x) && isnan(y)))
				continue;
			if (differ++ == 0)
				ql_buf_puts(&c->out, "regimen         endpoint                        first      second  difference\n");
			ql_buf_printf(&c->out, "%-15s %-24s", regimen, id);
			put_number(&c->out, x);
			put_number(&c->out, y);
			put_number(&c->out, y - x);
			ql_buf_puts(&c->out, "\n");
		}
	}
	ql_buf_printf(&c->out, "%d of %d endpoints that both runs have differ\n", differ, both);
	return differ;
}

static void diff_settings(struct ql_cli *c, const struct ql_run *a, const struct ql_run *b)
{
	json_t *x = json_loads(a->settings, 0, NULL), *y = json_loads(b->settings, 0, NULL), *v;
	const char *key;
	json_object_foreach(x, key, v) {
		const json_t *w = json_object_get(y, key);
		if (w && json_equal(v, w))
			continue;
		char *p = json_dumps(v, JSON_ENCODE_ANY), *q = w ? json_dumps(w, JSON_ENCODE_ANY) : NULL;
		ql_buf_printf(&c->out, "setting %s: %s, %s\n", key, p ? p : "-", q ? q : "-");
		free(p);
		free(q);
	}
	json_decref(x);
	json_decref(y);
}

/* Like diff(1): exit status 1 when results differ. */
static int diff(struct ql_cli *c, struct ql_store *s, int64_t a, int64_t b)
{
	struct ql_run run[2];
	const char *text[2];
	const int64_t id[2] = {a, b};
	for (int i = 0; i < 2; i++) {
		enum quell_status status = ql_store_run(s, id[i], &c->arena, &run[i]);
		if (status == QUELL_OK)
			status = ql_store_result(s, id[i], &c->arena, &text[i]);
		if (status != QUELL_OK)
			return ql_cli_exit(status);
		if (!text[i]) {
			ql_diag_help(ql_diag_add(&c->ds, QL_E1206, (struct ql_span){0}, "run %" PRId64 " has no result yet", id[i]),
				     "`quell resume --store %s %" PRId64 "` finishes it", ql_store_path(s), id[i]);
			return QL_EXIT_INPUT;
		}
	}
	diff_settings(c, &run[0], &run[1]);
	if (strcmp(text[0], text[1]) == 0) {
		ql_buf_puts(&c->out, "the results have the same bytes\n");
		return QL_EXIT_OK;
	}
	json_t *x = json_loads(text[0], 0, NULL), *y = json_loads(text[1], 0, NULL);
	diff_endpoints(c, x, y);
	json_decref(x);
	json_decref(y);
	return 1;
}

/* --- export --- */

static int export(struct ql_cli *c, struct ql_store *s, int64_t id, const struct asking *ask)
{
	const char *ending = ask->gz ? ".csv.gz" : ask->zstd ? ".csv.zst" : ".csv";
	struct ql_run r;
	enum quell_status status = id ? ql_store_run(s, id, &c->arena, &r) : QUELL_OK;
	for (int i = 0; ql_store_views[i] && status == QUELL_OK; i++) {
		uint64_t rows;
		bool wanted = ask->tables.n == 0;
		for (int k = 0; k < ask->tables.n; k++)
			wanted = wanted || strcmp(ask->tables.item[k], ql_store_views[i]) == 0;
		if (!wanted)
			continue;
		const char *path = ql_arena_printf(&c->arena, "%s/%s%s", ask->out, ql_store_views[i], ending);
		status = ql_store_export(s, ql_store_views[i], id, path, ask->gz ? QL_GZIP : ask->zstd ? QL_ZSTD : QL_PLAIN_CSV,
					 &rows);
		if (status == QUELL_OK)
			ql_cli_say(c, "Wrote", "%s, %s rows", path, ql_grouped(c, rows));
	}
	return ql_cli_exit(status);
}

static bool export_asked(struct ql_cli *c, const struct asking *ask)
{
	int before = c->ds.n_errors, n_views = 0;
	while (ql_store_views[n_views])
		n_views++;
	if (!ask->out)
		ql_diag_help(ql_diag_add(&c->ds, QL_E0915, ql_cli_span(c, "export"), "`quell runs export` needs a folder"),
			     "write `--out DIR` with an existing folder");
	if (ask->gz && ask->zstd)
		ql_diag_help(ql_diag_add(&c->ds, QL_E0913, ql_cli_span(c, "--zstd"), "--gz and --zstd exclude each other"),
			     "leave one out");
	if (ask->zstd && !ql_store_has_zstd())
		ql_diag_help(ql_diag_add(&c->ds, QL_E0913, ql_cli_span(c, "--zstd"), "this quell was built without zstd"),
			     "use --gz, or install libzstd-dev and build again");
	for (int i = 0; i < ask->tables.n; i++) {
		bool known = false;
		for (int k = 0; k < n_views; k++)
			known = known || strcmp(ask->tables.item[i], ql_store_views[k]) == 0;
		const char *near = ql_suggest(ask->tables.item[i], ql_store_views, n_views);
		if (!known)
			ql_diag_help(ql_diag_add(&c->ds, QL_E0916, ql_cli_span(c, ask->tables.item[i]), "no table `%s`",
						 ask->tables.item[i]),
				     near ? "did you mean `%s`?" : "endpoints, curves, courses, contrasts, sensitivities, patients, patient_courses",
				     near);
	}
	return c->ds.n_errors == before;
}

/* --- check, rm --- */

static int check(struct ql_cli *c, struct ql_store *s)
{
	int faults;
	enum quell_status status = ql_store_check(s, &faults);
	if (status == QUELL_OK && faults == 0)
		ql_buf_printf(&c->out, "%s is sound\n", ql_store_path(s));
	return status == QUELL_OK && faults ? QL_EXIT_INPUT : ql_cli_exit(status);
}

/* Words after the action as run numbers. */
static bool run_numbers(struct ql_cli *c, int64_t *id, int want)
{
	for (int i = 0; i < want; i++) {
		double x;
		const char *word = c->args.item[1 + i];
		if (ql_parse_double(word, strlen(word), &x) && x >= 1 && x <= 1e15 && x == floor(x)) {
			id[i] = (int64_t)x;
			continue;
		}
		ql_diag_help(ql_diag_add(&c->ds, QL_E0913, ql_cli_span(c, word), "`%s` is no run number", word),
			     "`quell runs list --store DB` shows the numbers");
		return false;
	}
	return true;
}

static const struct {
	const char *name;
	int least, most; /* run numbers */
} actions[] = {{"list", 0, 0}, {"show", 1, 1}, {"diff", 2, 2}, {"export", 0, 1}, {"rm", 1, 1}, {"check", 0, 0}};
enum { N_ACTION = sizeof actions / sizeof *actions };

static int find_action(struct ql_cli *c)
{
	const char *names[N_ACTION], *word = c->args.item[0];
	for (int i = 0; i < N_ACTION; i++) {
		names[i] = actions[i].name;
		if (strcmp(word, names[i]) != 0)
			continue;
		if (c->args.n - 1 >= actions[i].least && c->args.n - 1 <= actions[i].most)
			return i;
		ql_diag_help(ql_diag_add(&c->ds, QL_E0915, ql_cli_span(c, word), "`quell runs %s` takes %s", word,
					 actions[i].most == 0   ? "no run number"
					 : actions[i].least == 2 ? "two run numbers"
					 : actions[i].least == 1 ? "a run number"
								: "at most one run number"),
			     "`quell runs list --store DB` shows the numbers");
		return -1;
	}
	const char *near = ql_suggest(word, names, N_ACTION);
	ql_diag_help(ql_diag_add(&c->ds, QL_E0914, ql_cli_span(c, word), "`quell runs` cannot `%s`", word),
		     near ? "did you mean `%s`?" : "list, show, diff, export, rm, check", near);
	return -1;
}

static int remove_run(struct ql_cli *c, struct ql_store *s, int64_t id)
{
	enum quell_status status = ql_store_remove_run(s, id);
	if (status == QUELL_OK && c->json)
		return list(c, s);
	return ql_cli_exit(status);
}

static int act(struct ql_cli *c, struct ql_store *s, int action, const int64_t *id, const struct asking *ask)
{
	switch (action) {
	case 0:
		return list(c, s);
	case 1:
		return show(c, s, id[0]);
	case 2:
		return diff(c, s, id[0], id[1]);
	case 3:
		return export(c, s, id[0], ask);
	case 4:
		return remove_run(c, s, id[0]);
	default:
		return check(c, s);
	}
}

int ql_verb_runs(struct ql_cli *c, int argc, char **argv)
{
	struct asking ask = {0};
	const struct ql_opt opt[] = {
		QL_OPT_SHARED("store", QL_OPT_TEXT, &ask.store),
		{"out", QL_OPT_TEXT, &ask.out, "DIR", NULL, 0, 0, NULL, "export: an existing folder"},
		{"tables", QL_OPT_LIST, &ask.tables, "A,B", "all", 0, 0, NULL,
		 "export: endpoints, curves, courses, contrasts, sensitivities, patients, patient_courses"},
		{"gz", QL_OPT_FLAG, &ask.gz, NULL, NULL, 0, 0, NULL, "export: compressed by gzip"},
		{"zstd", QL_OPT_FLAG, &ask.zstd, NULL, NULL, 0, 0, NULL, "export: compressed by zstd"},
		{"json", QL_OPT_FLAG, &c->json, NULL, NULL, 0, 0, NULL, "list, show, rm: JSON on standard output; of rm, what is left"},
		{0}};
	const struct ql_command cmd = {
		"runs", "list | show RUN | diff RUN RUN | export [RUN] | rm RUN | check", 1, 3,
		"What a store holds. `show --json` prints a result as it was first printed; `diff` sets two runs side by side;\n"
		"`export` writes CSV; `check` tests the file and every checksum. The tables are described in docs/store.md.\n",
		"quell runs list --store trial.db\n"
		"quell runs show 2 --store trial.db --json\n"
		"quell runs export 2 --store trial.db --out tables --gz\n",
		{opt}};
	int exit, action;
	int64_t id[2] = {0};
	if (!ql_cli_parse(c, &cmd, argc, argv, &exit))
		return exit;
	if ((action = find_action(c)) < 0 || !run_numbers(c, id, c->args.n - 1))
		return QL_EXIT_USAGE;
	if (!ask.store) {
		ql_diag_help(ql_diag_add(&c->ds, QL_E0915, ql_cli_span(c, ""), "`quell runs` needs a store"), "write `--store FILE.db`");
		return QL_EXIT_USAGE;
	}
	if (action == 3 && !export_asked(c, &ask))
		return QL_EXIT_USAGE;
	struct ql_store *s;
	enum quell_status status = ql_store_open(ask.store, action == 4 ? QL_STORE_WRITE : QL_STORE_READ, &c->ds, &s);
	exit = status == QUELL_OK ? act(c, s, action, id, &ask) : ql_cli_exit(status);
	ql_store_close(s);
	return exit;
}
