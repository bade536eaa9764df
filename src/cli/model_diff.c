/* SPDX-License-Identifier: Apache-2.0 */
/* quell model diff, quell model fmt. */
#include "base/json.h"
#include "cli/model_verbs.h"
#include "lang/diff.h"
#include "lang/format.h"
#include <string.h>

static json_t *change_json(const struct ql_change *x)
{
	static const char *const word[] = {"added", "removed", "changed"};
	json_t *o = json_object();
	json_object_set_new(o, "change", json_string(word[x->kind]));
	json_object_set_new(o, "group", json_string(x->group));
	json_object_set_new(o, "name", json_string(x->name));
	json_object_set_new(o, "what", ql_json_text(x->what));
	json_object_set_new(o, "from", ql_json_text(x->from));
	json_object_set_new(o, "to", ql_json_text(x->to));
	return o;
}

static void print_json(struct ql_cli *c, const struct ql_model *a, const struct ql_model *b, const struct ql_change *x, int n)
{
	json_t *o = json_object(), *list = json_array();
	char hash[32];
	json_object_set_new(o, "schema", json_string("quell.model-diff/1"));
	snprintf(hash, sizeof hash, "%016llx", (unsigned long long)a->hash);
	json_object_set_new(o, "from_hash", json_string(hash));
	snprintf(hash, sizeof hash, "%016llx", (unsigned long long)b->hash);
	json_object_set_new(o, "to_hash", json_string(hash));
	for (int i = 0; i < n; i++)
		json_array_append_new(list, change_json(&x[i]));
	json_object_set_new(o, "changes", list);
	ql_cli_print_json(c, o);
}

/* "disease.S[node]" and "disease.S[spleen]" changed in the same way: one entry. */
static bool same_change(const struct ql_change *x, const struct ql_change *y)
{
	const char *bracket = strchr(x->name, '[');
	size_t base = bracket ? (size_t)(bracket - x->name) : 0;
	bool same_what = x->what == y->what || (x->what && y->what && strcmp(x->what, y->what) == 0);
	return base && x->kind == y->kind && same_what && strcmp(x->group, y->group) == 0 && strncmp(x->name, y->name, base + 1) == 0;
}

static void print_change(struct ql_cli *c, const struct ql_change *x, int n)
{
	static const char sign[] = {'+', '-', '~'};
	bool isolated = n == 1;
	ql_buf_printf(&c->out, "  %c %s %s", sign[x->kind], x->group, x->name);
	for (int i = 1; i < n && i < 6; i++)
		ql_buf_printf(&c->out, " %s", strchr(x[i].name, '['));
	if (n > 6)
		ql_buf_printf(&c->out, " and %d more", n - 6);
	if (x->kind != QL_CHANGED) {
		const char *is = x->kind == QL_ADDED ? x->to : x->from;
		ql_buf_printf(&c->out, "%s%s\n", isolated && is && *is ? ": " : "", isolated && is ? is : "");
		return;
	}
	ql_buf_printf(&c->out, ", %s%s\n", x->what, isolated ? "" : ", the first:");
	ql_buf_printf(&c->out, "      was %s\n      is  %s\n", x->from, x->to);
}

int ql_model_diff_verb(struct ql_cli *c, const char *one, const char *other)
{
	struct ql_model *a = NULL, *b = NULL;
	enum quell_status s = ql_model_load(one, &c->ds, &a), t = ql_model_load(other, &c->ds, &b);
	struct ql_change *x = NULL;
	int n = 0;
	s = s == QUELL_OK ? t : s;
	if (s == QUELL_OK) {
		ql_model_diff(a, b, &c->arena, &x, &n);
		if (c->json) {
			print_json(c, a, b, x, n);
		} else if (n == 0) {
			ql_buf_puts(&c->out, "The models are the same; their texts may differ in layout, comments and order.\n");
		} else {
			ql_buf_printf(&c->out, "%s -> %s: %d difference%s\n", one, other, n, n == 1 ? "" : "s");
			for (int i = 0, k; i < n; i += k) {
				for (k = 1; i + k < n && same_change(&x[i], &x[i + k]); k++)
					;
				print_change(c, &x[i], k);
			}
		}
	}
	if (s != QUELL_ERR_MEMORY) {
		ql_model_free(a);
		ql_model_free(b);
	}
	return ql_cli_exit(s);
}

/* --- fmt --- */

static enum quell_status format_one(struct ql_cli *c, const char *path, const struct ql_model_options *o, bool *differs)
{
	const struct ql_source *src;
	struct ql_buf text = {0};
	enum quell_status s = ql_read_source(&c->ds, path, &src);
	if (s == QUELL_OK) {
		ql_buf_puts(&text, "");
		s = ql_format_text(src->file, src->text, src->len, &c->ds, &text);
	}
	*differs = s == QUELL_OK && (text.len != src->len || memcmp(text.data, src->text, src->len) != 0);
	if (s == QUELL_OK && !o->write && !o->check)
		ql_buf_add(&c->out, text.data, text.len);
	if (*differs && o->write) {
		struct ql_out_file f;
		s = ql_out_open(&f, path, &c->ds);
		if (s == QUELL_OK) {
			ql_out_write(&f, text.data, text.len);
			s = ql_out_commit(&f, &c->ds);
		}
	}
	if (*differs && (o->write || o->check))
		ql_buf_printf(&c->out, "%s %s\n", o->write ? "formatted" : "would change", path);
	ql_buf_free(&text);
	return s;
}

int ql_model_fmt_verb(struct ql_cli *c, const char *first, const struct ql_model_options *o)
{
	int exit = QL_EXIT_OK;
	bool any = false;
	for (int i = 1; i == 1 || i < c->args.n; i++) {
		bool differs;
		enum quell_status s = format_one(c, i == 1 ? first : c->args.item[i], o, &differs);
		int one = ql_cli_exit(s);
		exit = one > exit ? one : exit;
		any = any || differs;
	}
	return exit == QL_EXIT_OK && o->check && any ? QL_EXIT_INPUT : exit;
}
