/* SPDX-License-Identifier: Apache-2.0 */
/* Runs that a store keeps: through the queue, listed, resumed. */
#include "api/stored.h"
#include "base/json.h"
#include <sqlite3.h>
#include <string.h>

static enum quell_status bad(struct ql_api_run *r, const char *option, const char *value, const char *takes)
{
	struct ql_diag *d = ql_diag_add(&r->ds, QL_E0913, (struct ql_span){0}, "`%s` does not take `%s`", option, value);
	ql_diag_help(d, "%s", takes);
	return QUELL_ERR_USAGE;
}

static enum quell_status keep_options(struct ql_api_run *r, struct ql_api_store *o)
{
	int n;
	const char **keep = ql_run_list(r, "keep", &n);
	for (int i = 0; i < n; i++) {
		bool patients = strcmp(keep[i], "patients") == 0, courses = strcmp(keep[i], "courses") == 0;
		if (!patients && !courses)
			return bad(r, "keep", keep[i], "rows that can be kept: patients, courses");
		o->keep_patients = o->keep_patients || patients;
		o->keep_courses = o->keep_courses || courses;
	}
	o->chunk = ql_run_count(r, "chunk");
	return QUELL_OK;
}

enum quell_status ql_api_store_options(struct ql_api_run *r, struct ql_api_store *o)
{
	const char *time = ql_run_text(r, "max-time");
	bool has_keep = strcmp(r->verb->name, "resume") != 0;
	enum quell_status s = has_keep ? keep_options(r, o) : QUELL_OK;
	if (s != QUELL_OK)
		return s;
	o->path = ql_run_text(r, "store");
	if (time && !ql_duration_parse(time, &o->max_s))
		return bad(r, "max-time", time, "seconds, or a number with s, m, h or d: 90m");
	if (!o->path && (time || o->chunk || o->keep_patients || o->keep_courses)) {
		struct ql_diag *d = ql_diag_add(&r->ds, QL_E0915, (struct ql_span){0}, "`max-time`, `keep` and `chunk` need a `store`");
		ql_diag_help(d, "give the path of one, which is made if it is not there");
		return QUELL_ERR_USAGE;
	}
	return QUELL_OK;
}

static void stored_table(struct ql_api_run *r, const struct ql_queue_report *q, const struct ql_work *w)
{
	const int64_t value[] = {q->run, (int64_t)q->chunks, (int64_t)q->reused, (int64_t)q->computed};
	static const char *const name[] = {"run", "chunks", "reused", "computed"};
	struct ql_table *t = ql_run_add_table(r, "stored", 1);
	for (int i = 0; i < 4; i++)
		*ql_table_ints(t, name[i], "", "") = value[i];
	ql_table_text_add(t, ql_table_text(t, "settings", "all that the result depends on, as JSON"), w->settings);
}

enum quell_status ql_api_stored(struct ql_api_run *r, const struct ql_api_store *o, struct ql_work *w)
{
	struct ql_queue_report report = {0};
	const struct ql_queue_opts q = {.store = o->path, .command = "by the library", .max_s = o->max_s, .cancel = &r->cancel,
					.progress = ql_run_on_progress, .ctx = r};
	if (o->expect && !ql_work_expected(w, o->expect, o->path, &r->ds))
		return QUELL_ERR_INPUT;
	enum quell_status s = ql_queue_run(w, &q, &r->ds, &r->json, &report);
	if (report.run)
		stored_table(r, &report, w);
	return s;
}

/* ---- a store ---- */

struct reading {
	struct ql_api_run *r;
	const char *path;
	int64_t id;
	struct ql_store *s;
	struct ql_run run;
};

static enum quell_status read_log(struct reading *w)
{
	static const char *const name[] = {"at", "event", "detail"};
	sqlite3_stmt *q = ql_store_sql(w->s, "SELECT at, event, detail FROM log WHERE run = ? ORDER BY id");
	const char **cell = NULL;
	int n = 0, cap = 0;
	if (!q)
		return QUELL_ERR_IO;
	sqlite3_bind_int64(q, 1, w->run.id);
	while (sqlite3_step(q) == SQLITE_ROW) {
		if (n == cap) {
			const char **more = QL_NEW_N(&w->r->work, const char *, (size_t)(cap = cap ? 2 * cap : 32) * 3);
			if (n)
				memcpy(more, cell, (size_t)n * 3 * sizeof *more);
			cell = more;
		}
		for (int k = 0; k < 3; k++) {
			const char *text = (const char *)sqlite3_column_text(q, k);
			cell[3 * n + k] = ql_arena_strdup(&w->r->work, text ? text : "");
		}
		n++;
	}
	sqlite3_reset(q);
	struct ql_table *t = ql_run_add_table(w->r, "log", n);
	for (int k = 0; k < 3; k++) {
		int column = ql_table_text(t, name[k], k ? "" : "UTC");
		for (int i = 0; i < n; i++)
			ql_table_text_add(t, column, cell[3 * i + k]);
	}
	return QUELL_OK;
}

static const struct ql_api_table *tables_of(const char *kind)
{
	return strcmp(kind, "compare") == 0 ? ql_tables_compare : strcmp(kind, "trial") == 0 ? ql_tables_trial
	       : strcmp(kind, "sensitivity") == 0 ? ql_tables_sensitivity : NULL;
}

/* One run: the row of the list, its log, and what it returned when it was finished. */
static enum quell_status show(struct reading *w)
{
	const char *json;
	enum quell_status s = ql_store_run(w->s, w->id, &w->r->work, &w->run);
	if (s == QUELL_OK)
		s = ql_store_result(w->s, w->id, &w->r->work, &json);
	if (s != QUELL_OK)
		return s;
	json_t *list = ql_runs_json(&w->run, 1);
	ql_json_write(list, &w->r->json);
	json_decref(list);
	ql_run_own_sheets(w->r);
	w->r->json.len = 0;
	s = read_log(w);
	if (s != QUELL_OK || !json || !tables_of(w->run.kind))
		return s;
	ql_buf_puts(&w->r->json, json);
	ql_run_sheets(w->r, tables_of(w->run.kind));
	return QUELL_OK;
}

static enum quell_status runs(void *arg)
{
	struct reading *w = arg;
	struct ql_run *run;
	int n;
	enum quell_status s = ql_store_open(w->path, QL_STORE_READ, &w->r->ds, &w->s);
	if (s == QUELL_OK && w->id)
		return show(w);
	if (s == QUELL_OK)
		s = ql_store_runs(w->s, &w->r->work, &run, &n);
	if (s != QUELL_OK)
		return s;
	json_t *list = ql_runs_json(run, n);
	ql_json_write(list, &w->r->json);
	json_decref(list);
	ql_run_own_sheets(w->r);
	return QUELL_OK;
}

enum quell_status ql_api_runs(struct ql_api_run *r)
{
	struct reading w = {.r = r, .path = ql_run_text(r, "store"), .id = (int64_t)ql_run_count(r, "run")};
	if (!w.path)
		return ql_run_needs(r, "store", "the path of a store");
	enum quell_status s = ql_protect(runs, &w);
	ql_store_close(w.s);
	return s;
}

/* ---- resume ---- */

static enum quell_status read_run(void *arg)
{
	struct reading *w = arg;
	enum quell_status s = ql_store_open(w->path, QL_STORE_READ, &w->r->ds, &w->s);
	return s == QUELL_OK ? ql_store_run(w->s, w->id, &w->r->work, &w->run) : s;
}

static enum quell_status no_such_kind(struct ql_api_run *r, const struct ql_run *run)
{
	struct ql_diag *d = ql_diag_add(&r->ds, QL_E1203, (struct ql_span){0}, "run %lld is a `%s`, which this quell cannot resume",
					(long long)run->id, run->kind);
	ql_diag_help(d, "use quell %s, which made it", run->quell_version);
	return QUELL_ERR_INPUT;
}

static enum quell_status go_on(struct ql_api_run *r, struct ql_api_store *store, const struct ql_run *run)
{
	const struct ql_run_spec start = {.data_dir = r->data_dir, .threads = ql_run_threads(r), .cancel = &r->cancel};
	struct ql_api_compare c = {.r = r, .spec = start};
	struct ql_api_sensitivity_job s = {.r = r, .run = start};
	struct ql_api_trial_job t = {.r = r, .spec = {.data_dir = r->data_dir, .threads = start.threads, .cancel = &r->cancel}};
	store->expect = run->settings;
	if (ql_compare_settings_read(run->settings, &r->work, &c.spec, &c.keep, &store->chunk) == QUELL_OK) {
		c.store = *store;
		return ql_api_compare_run(&c);
	}
	if (ql_sensitivity_settings_read(run->settings, &r->work, &s.run, &s.spec) == QUELL_OK) {
		s.store = *store;
		return ql_api_sensitivity_run(&s);
	}
	if (ql_trial_settings_read(run->settings, &r->work, &t.spec, &t.power.alpha, &t.keep_patients, &store->chunk) == QUELL_OK) {
		t.store = *store;
		return ql_api_trial_run(&t);
	}
	return no_such_kind(r, run);
}

enum quell_status ql_api_resume(struct ql_api_run *r)
{
	struct ql_api_store store = {0};
	struct reading w = {.r = r, .id = (int64_t)ql_run_count(r, "run")};
	enum quell_status s = ql_api_store_options(r, &store);
	w.path = store.path;
	if (s == QUELL_OK && !store.path)
		s = ql_run_needs(r, "store", "the path of a store");
	if (s == QUELL_OK)
		s = ql_run_data(r);
	if (s == QUELL_OK)
		s = ql_protect(read_run, &w);
	ql_store_close(w.s); /* so that the queue can lock it */
	return s == QUELL_OK ? go_on(r, &store, &w.run) : s;
}
