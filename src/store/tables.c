/* SPDX-License-Identifier: Apache-2.0 */
/* A finished result as rows of tables, for R, Python, DuckDB and SQL. The JSON text stays the one result. */
#define _GNU_SOURCE
#include "base/mem.h"
#include "store/store.h"
#include <jansson.h>
#include <math.h>
#include <sqlite3.h>
#include <string.h>
#include <time.h>

struct filling {
	struct ql_store *s;
	int64_t run;
	enum quell_status status;
};

static void bind_json(sqlite3_stmt *q, int i, const json_t *v)
{
	if (json_is_string(v))
		sqlite3_bind_text(q, i, json_string_value(v), -1, SQLITE_TRANSIENT);
	else if (json_is_integer(v))
		sqlite3_bind_int64(q, i, json_integer_value(v));
	else if (json_is_real(v))
		sqlite3_bind_double(q, i, json_real_value(v));
	else
		sqlite3_bind_null(q, i);
}

static sqlite3_stmt *begin(struct filling *f, const char *sql)
{
	if (f->status != QUELL_OK)
		return NULL;
	sqlite3_stmt *q = ql_store_sql(f->s, sql);
	if (!q)
		f->status = QUELL_ERR_IO;
	else
		sqlite3_bind_int64(q, 1, f->run);
	return q;
}

static void end(struct filling *f, sqlite3_stmt *q)
{
	if (q)
		f->status = ql_store_step(f->s, q, "store the result");
}

/* Columns from the keys of an object, after what is bound already. */
static void bind_keys(sqlite3_stmt *q, int first, const json_t *o, const char *const *key)
{
	for (int i = 0; q && key[i]; i++)
		bind_json(q, first + i, json_object_get(o, key[i]));
}

static void fill_endpoint(struct filling *f, int arm, int position, const json_t *e)
{
	static const char *const key[] = {"id", "title", "unit", "estimate", NULL};
	static const char *const limit[] = {"lower", "upper", "level", "kind", NULL};
	sqlite3_stmt *q = begin(f, "INSERT INTO endpoint(run, arm, position, id, title, unit, estimate, lower, upper, level, "
				   "interval) VALUES(?,?,?,?,?,?,?,?,?,?,?)");
	if (!q)
		return;
	sqlite3_bind_int(q, 2, arm);
	sqlite3_bind_int(q, 3, position);
	bind_keys(q, 4, e, key);
	bind_keys(q, 8, json_object_get(e, "interval"), limit);
	end(f, q);
}

/* Arrays of one length as rows: `key[0]` gives the length. */
static void fill_columns(struct filling *f, const char *sql, int arm, const json_t *o, const char *const *label,
			 const char *const *key)
{
	size_t n = json_array_size(json_object_get(o, key[0]));
	int labels = 0;
	while (label[labels])
		labels++;
	for (size_t row = 0; row < n; row++) {
		sqlite3_stmt *q = begin(f, sql);
		if (!q)
			return;
		sqlite3_bind_int(q, 2, arm);
		bind_keys(q, 3, o, label);
		for (int i = 0; key[i]; i++)
			bind_json(q, 3 + labels + i, json_array_get(json_object_get(o, key[i]), row));
		end(f, q);
	}
}

static void fill_arm(struct filling *f, int arm, const json_t *o)
{
	static const char *const key[] = {"id", "title", "evidence_grade", "warning", "patients_done", "patients_failed", NULL};
	static const char *const curve_label[] = {"id", NULL}, *const course_label[] = {"output", "unit", NULL};
	static const char *const curve[] = {"month", "surv", "lower", "upper", "at_risk", "events", "censored", NULL};
	static const char *const course[] = {"day", "q05", "q25", "q50", "q75", "q95", NULL};
	size_t i;
	json_t *v;
	sqlite3_stmt *q = begin(f, "INSERT INTO arm(run, arm, id, title, evidence_grade, warning, patients_done, patients_failed) "
				   "VALUES(?,?,?,?,?,?,?,?)");
	if (!q)
		return;
	sqlite3_bind_int(q, 2, arm);
	bind_keys(q, 3, o, key);
	if (!json_object_get(o, "id")) /* of a trial */
		bind_json(q, 3, json_object_get(o, "arm"));
	end(f, q);
	json_array_foreach(json_object_get(o, "endpoints"), i, v)
		fill_endpoint(f, arm, (int)i, v);
	json_array_foreach(json_object_get(o, "curves"), i, v)
		fill_columns(f, "INSERT INTO curve(run, arm, id, month, surv, lower, upper, at_risk, events, censored) "
				"VALUES(?,?,?,?,?,?,?,?,?,?)", arm, v, curve_label, curve);
	json_array_foreach(json_object_get(o, "courses"), i, v)
		fill_columns(f, "INSERT INTO course(run, arm, output, unit, day, q05, q25, q50, q75, q95) "
				"VALUES(?,?,?,?,?,?,?,?,?,?)", arm, v, course_label, course);
}

static void fill_contrast(struct filling *f, int position, const json_t *o)
{
	static const char *const key[] = {"a", "b", "endpoint", "difference", NULL};
	static const char *const limit[] = {"lower", "upper", NULL}, *const rest[] = {"p_ahead", NULL};
	sqlite3_stmt *q = begin(f, "INSERT INTO contrast(run, position, a, b, endpoint, difference, lower, upper, p_ahead, "
				   "hazard_ratio, hr_lower, hr_upper) VALUES(?,?,?,?,?,?,?,?,?,?,?,?)");
	const json_t *ratio = json_object_get(o, "hazard_ratio");
	if (!q)
		return;
	sqlite3_bind_int(q, 2, position);
	bind_keys(q, 3, o, key);
	bind_keys(q, 9, o, rest);
	if (json_is_number(ratio)) { /* of a trial: the interval is the ratio's */
		bind_json(q, 10, ratio);
		bind_keys(q, 11, json_object_get(o, "interval"), limit);
	} else {
		static const char *const hr[] = {"estimate", "lower", "upper", NULL};
		bind_keys(q, 7, json_object_get(o, "interval"), limit);
		bind_keys(q, 10, ratio, hr);
	}
	end(f, q);
}

static void bind_index(sqlite3_stmt *q, int first, const json_t *o)
{
	const json_t *interval = json_object_get(o, "interval");
	bind_json(q, first, json_object_get(o, "estimate"));
	bind_json(q, first + 1, json_object_get(interval, "lower"));
	bind_json(q, first + 2, json_object_get(interval, "upper"));
}

static void fill_sensitivity(struct filling *f, int output, const json_t *o)
{
	static const char *const of[] = {"regimen", "endpoint", NULL};
	static const char *const key[] = {"name", "unit", "grade", "scale", "typical", "low", "high", NULL};
	static const char *const morris[] = {"mu", "sigma", NULL};
	size_t i;
	json_t *v;
	json_array_foreach(json_object_get(o, "inputs"), i, v) {
		sqlite3_stmt *q = begin(f, "INSERT INTO sensitivity VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
		if (!q)
			return;
		sqlite3_bind_int(q, 2, output);
		sqlite3_bind_int(q, 3, (int)i);
		bind_keys(q, 4, o, of);
		bind_keys(q, 6, v, key);
		bind_index(q, 13, json_object_get(v, "first"));
		bind_index(q, 16, json_object_get(v, "total"));
		bind_index(q, 19, json_object_get(v, "mu_star"));
		bind_keys(q, 22, v, morris);
		end(f, q);
	}
}

static void fill_run(struct filling *f, const char *text)
{
	sqlite3_stmt *q = begin(f, "UPDATE run SET finished = ?2, result = ?3 WHERE id = ?1");
	char at[32];
	struct tm tm;
	time_t t = time(NULL);
	if (!q)
		return;
	gmtime_r(&t, &tm);
	strftime(at, sizeof at, "%Y-%m-%dT%H:%M:%SZ", &tm);
	sqlite3_bind_text(q, 2, at, -1, SQLITE_STATIC);
	sqlite3_bind_text(q, 3, text, -1, SQLITE_STATIC);
	end(f, q);
}

static void fill(struct filling *f, const char *text)
{
	json_t *o = json_loads(text, 0, NULL), *v;
	size_t i;
	fill_run(f, text);
	json_array_foreach(json_object_get(o, "regimens"), i, v)
		fill_arm(f, (int)i, v);
	json_array_foreach(json_object_get(o, "arms"), i, v)
		fill_arm(f, (int)i, v);
	json_array_foreach(json_object_get(o, "contrasts"), i, v)
		fill_contrast(f, (int)i, v);
	json_array_foreach(json_object_get(o, "outputs"), i, v)
		fill_sensitivity(f, (int)i, v);
	json_decref(o);
}

enum quell_status ql_store_finish(struct ql_store *s, int64_t run, const char *json)
{
	struct filling f = {s, run, ql_store_exec(s, "BEGIN IMMEDIATE", "store the result")};
	fill(&f, json);
	if (f.status == QUELL_OK)
		f.status = ql_store_exec(s, "COMMIT", "store the result");
	if (f.status != QUELL_OK)
		sqlite3_exec(ql_store_db(s), "ROLLBACK", NULL, NULL, NULL);
	return f.status;
}
