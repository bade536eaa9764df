/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/request.h"
#include "base/json.h"
#include <string.h>

struct ql_bytes *ql_bytes_new(struct ql_buf *take)
{
	struct ql_bytes *b = ql_realloc(NULL, 1, sizeof *b);
	*b = (struct ql_bytes){take->data, take->len, 1};
	*take = (struct ql_buf){0};
	return b;
}

struct ql_bytes *ql_bytes_hold(struct ql_bytes *b)
{
	__atomic_add_fetch(&b->refs, 1, __ATOMIC_RELAXED);
	return b;
}

void ql_bytes_drop(struct ql_bytes *b)
{
	if (!b || __atomic_sub_fetch(&b->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	ql_free(b->data);
	ql_free(b);
}

void ql_reply_clear(struct ql_reply *r)
{
	ql_bytes_drop(r->bytes);
	*r = (struct ql_reply){0};
}

void ql_reply_command(struct ql_reply *r, const char *command)
{
	size_t n = strlen(command); /* one that is cut off would be another command */
	memcpy(r->command, n < sizeof r->command ? command : "", n < sizeof r->command ? n + 1 : 1);
}

void ql_reply_buf(struct ql_reply *r, int status, const char *type, struct ql_buf *take)
{
	ql_bytes_drop(r->bytes);
	r->bytes = ql_bytes_new(take);
	r->status = status;
	r->type = type;
}

/* --- problem documents --- */


static const char *shown_path(const char *file, const char *data_dir)
{
	size_t n = data_dir ? strlen(data_dir) : 0;
	return file && n && strncmp(file, data_dir, n) == 0 && file[n] == '/' ? file + n + 1 : file;
}

static void put_place(json_t *o, const struct ql_span *at, const char *data_dir)
{
	if (at->file)
		ql_json_put(o, "file", ql_json_text(shown_path(at->file, data_dir)));
	if (at->line > 0) {
		ql_json_put(o, "line", json_integer(at->line));
		ql_json_put(o, "column", json_integer(at->col));
		ql_json_put(o, "length", json_integer(at->len));
	}
}

static json_t *diag_json(const struct ql_diag *d, const char *data_dir)
{
	static const char *const severity[] = {"error", "warning", "note"};
	json_t *o = json_object(), *notes = json_array();
	ql_json_put(o, "code", ql_json_text(ql_code_name(d->code)));
	ql_json_put(o, "severity", json_string(severity[d->severity]));
	ql_json_put(o, "title", ql_json_text(ql_code_title(d->code)));
	ql_json_put(o, "message", ql_json_text(d->message));
	if (d->label)
		ql_json_put(o, "label", ql_json_text(d->label));
	if (d->help)
		ql_json_put(o, "help", ql_json_text(d->help));
	put_place(o, &d->span, data_dir);
	for (const struct ql_diag_note *n = d->notes; n; n = n->next) {
		json_t *v = json_object();
		ql_json_put(v, "message", ql_json_text(n->text));
		put_place(v, &n->span, data_dir);
		json_array_append_new(notes, v);
	}
	ql_json_put(o, "notes", notes);
	return o;
}

void ql_problem_json(struct ql_buf *out, int status, const char *title, const char *detail, const struct ql_diags *ds,
		     const char *data_dir)
{
	json_t *o = json_object(), *list = json_array();
	ql_json_put(o, "type", json_string("about:blank"));
	ql_json_put(o, "title", ql_json_text(title));
	ql_json_put(o, "status", json_integer(status));
	if (detail)
		ql_json_put(o, "detail", ql_json_text(detail));
	for (int i = 0; ds && i < ds->n; i++)
		json_array_append_new(list, diag_json(ds->item[i], data_dir));
	ql_json_put(o, "diagnostics", list);
	ql_json_write(o, out);
	json_decref(o);
}

void ql_reply_problem(struct ql_reply *r, int status, const char *title, const char *detail, const struct ql_diags *ds,
		      const char *data_dir)
{
	struct ql_buf text = {0};
	ql_problem_json(&text, status, title, detail, ds, data_dir);
	ql_reply_buf(r, status, "application/problem+json", &text);
}
