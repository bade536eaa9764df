/* SPDX-License-Identifier: Apache-2.0 */
/* Reading what a run left: tables, JSON, diagnostics. */
#include "api/api.h"
#include "base/paths.h"
#include <string.h>

enum quell_status quell_run_table_count(struct quell_run *handle, int *n)
{
	struct ql_api_run *r;
	enum quell_status s = ql_handle_enter(handle, QL_RUN_HANDLE, &r);
	if (s != QUELL_OK)
		return s;
	if (n)
		*n = r->n_table;
	ql_handle_leave(handle);
	return QUELL_OK;
}

enum quell_status quell_run_table_name(struct quell_run *handle, int i, const char **name)
{
	struct ql_api_run *r;
	enum quell_status s = ql_handle_enter(handle, QL_RUN_HANDLE, &r);
	if (s != QUELL_OK)
		return s;
	if (i < 0 || i >= r->n_table)
		s = ql_api_fail(QUELL_ERR_USAGE, "the result has %d tables, numbered from 0; there is no table %d", r->n_table, i);
	else if (name)
		*name = r->table[i]->name;
	ql_handle_leave(handle);
	return s;
}

static enum quell_status no_table(const struct ql_api_run *r, const char *name)
{
	char list[1024] = "";
	for (int i = 0; i < r->n_table; i++)
		if (strlen(list) + strlen(r->table[i]->name) + 3 < sizeof list) {
			strcat(list, i ? ", " : "");
			strcat(list, r->table[i]->name);
		}
	return ql_api_fail(QUELL_ERR_USAGE, "%s has no table `%s`%s%s", r->verb->name, name ? name : "(NULL)",
			   r->n_table ? "; it has " : ": it has not been executed, or failed", list);
}

enum quell_status quell_run_table(struct quell_run *handle, const char *name, struct quell_table **out)
{
	struct ql_api_run *r;
	if (!out)
		return ql_api_fail(QUELL_ERR_USAGE, "quell_run_table: there is no place for the result");
	*out = NULL;
	enum quell_status s = ql_handle_enter(handle, QL_RUN_HANDLE, &r);
	if (s != QUELL_OK)
		return s;
	struct ql_table *t = NULL;
	for (int i = 0; name && i < r->n_table; i++)
		if (strcmp(r->table[i]->name, name) == 0)
			t = r->table[i];
	if (!t) {
		s = no_table(r, name);
	} else {
		ql_table_ref(t);
		s = ql_handle_make(QL_TABLE_HANDLE, t, out);
		if (s != QUELL_OK)
			ql_table_unref(t);
	}
	ql_handle_leave(handle);
	return s;
}

enum quell_status quell_run_json(struct quell_run *handle, const char **text, size_t *length)
{
	struct ql_api_run *r;
	enum quell_status s = ql_handle_enter(handle, QL_RUN_HANDLE, &r);
	if (s != QUELL_OK)
		return s;
	if (text)
		*text = r->json.len ? r->json.data : "";
	if (length)
		*length = r->json.len;
	ql_handle_leave(handle);
	return QUELL_OK;
}

enum quell_status quell_run_diagnostic_count(struct quell_run *handle, int *n)
{
	struct ql_api_run *r;
	enum quell_status s = ql_handle_enter(handle, QL_RUN_HANDLE, &r);
	if (s != QUELL_OK)
		return s;
	if (n)
		*n = r->ds.n;
	ql_handle_leave(handle);
	return QUELL_OK;
}

static const char *or_empty(const char *s) { return s ? s : ""; }

enum quell_status quell_run_diagnostic(struct quell_run *handle, int i, struct quell_diagnostic *out)
{
	struct ql_api_run *r;
	enum quell_status s = ql_handle_enter(handle, QL_RUN_HANDLE, &r);
	if (s != QUELL_OK)
		return s;
	if (i < 0 || i >= r->ds.n) {
		s = ql_api_fail(QUELL_ERR_USAGE, "there are %d diagnostics, numbered from 0; there is no number %d", r->ds.n, i);
	} else if (out) {
		const struct ql_diag *d = r->ds.item[i];
		*out = (struct quell_diagnostic){.code = ql_code_name(d->code),
						 .message = or_empty(d->message),
						 .label = or_empty(d->label),
						 .help = or_empty(d->help),
						 .file = or_empty(d->span.file),
						 .severity = (enum quell_severity)d->severity,
						 .line = d->span.line,
						 .column = d->span.line > 0 ? d->span.col : 0};
	}
	ql_handle_leave(handle);
	return s;
}

enum quell_status quell_run_messages(struct quell_run *handle, const char **text)
{
	struct ql_api_run *r;
	enum quell_status s = ql_handle_enter(handle, QL_RUN_HANDLE, &r);
	if (s != QUELL_OK)
		return s;
	if (text)
		*text = r->messages.len ? r->messages.data : "";
	ql_handle_leave(handle);
	return QUELL_OK;
}

const char *quell_explain_code(const char *code)
{
	int i = code ? ql_code_find(code) : -1;
	return i < 0 ? NULL : ql_code_text((enum ql_code)i);
}

/* ---- where the data are ---- */

struct place {
	struct ql_arena arena;
	struct ql_diags ds;
	const char *dir;
	struct ql_buf text;
};

static enum quell_status find_data(void *arg)
{
	struct place *p = arg;
	p->dir = ql_data_dir(&p->arena, &p->ds);
	ql_diags_render(&p->ds, false, &p->text);
	return p->dir ? QUELL_OK : QUELL_ERR_IO;
}

enum quell_status quell_data_dir(const char **path)
{
	static _Thread_local char kept[4096];
	struct place p = {.dir = NULL};
	enum quell_status s = ql_api_said(ql_protect(find_data, &p));
	if (s == QUELL_OK && strlen(p.dir) >= sizeof kept)
		s = ql_api_fail(QUELL_ERR_IO, "the path of the data is too long");
	else if (s == QUELL_OK)
		strcpy(kept, p.dir);
	else if (p.text.len)
		ql_api_set_error(p.text.data, p.text.len);
	if (path)
		*path = s == QUELL_OK ? kept : NULL;
	ql_buf_free(&p.text);
	ql_diags_free(&p.ds);
	ql_arena_free(&p.arena);
	return s;
}
