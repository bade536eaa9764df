/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "serve/library.h"
#include "base/io.h"
#include "base/json.h"
#include "base/paths.h"
#include "base/yaml.h"
#include "explain/diagram.h"
#include "explain/explain.h"
#include "serve/address.h"
#include "serve/profile_json.h"
#include <ctype.h>
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

static void put_field(json_t *o, const char *key, const struct ql_yaml *y, const char *field)
{
	const struct ql_yaml *v = ql_yaml_get(y, field);
	if (v)
		ql_json_put(o, key, ql_yaml_json(v));
}

static json_t *shelf(struct ql_arena *a, const char *data_dir, const char *name, struct ql_diags *ds)
{
	json_t *list = json_array();
	int n;
	const char *folder = ql_arena_printf(a, "library/%s", name);
	const char **item = ql_library_list(a, data_dir, folder, ".yaml", &n);
	for (int i = 0; i < n; i++) {
		struct ql_yaml *y;
		if (ql_yaml_read(a, ql_arena_printf(a, "%s/%s/%s.yaml", data_dir, folder, item[i]), ds, &y) != QUELL_OK || !y)
			continue;
		json_t *o = json_object();
		ql_json_put(o, "id", ql_json_text(item[i]));
		put_field(o, "title", y, "title");
		put_field(o, "line", y, "line");
		put_field(o, "evidence_grade", y, "evidence");
		put_field(o, "warning", y, "warning");
		put_field(o, "treatment", y, "treatment");
		put_field(o, "trials", y, "trials");
		put_field(o, "role", y, "role");
		put_field(o, "nct", y, "nct");
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *head(const char *schema)
{
	json_t *o = json_object();
	ql_json_put(o, "schema", json_string(schema));
	ql_json_put(o, "version", json_string(quell_version()));
	return o;
}

/* Whether this program can answer at an address. */
static bool answered(struct ql_arena *a, const struct ql_serve_options *o, const struct ql_address *e)
{
	const char *words = e->words;
	if (!o->store && ql_address_needs_store(e))
		return false;
	return words[0] == '@' || !o->has || o->has(ql_arena_strndup(a, words, strcspn(words, " ")));
}

/* Of what is written in the files and where below the data folder they stand: the same on every machine. */
static uint64_t digest_folder(struct ql_arena *a, const char *data_dir, const char *folder, struct ql_diags *ds)
{
	uint64_t sum = 0;
	DIR *d = opendir(ql_arena_printf(a, "%s/%s", data_dir, folder));
	for (struct dirent *e; d && (e = readdir(d));) {
		struct stat st;
		const struct ql_source *text;
		if (e->d_name[0] == '.')
			continue;
		const char *name = ql_arena_printf(a, "%s/%s", folder, e->d_name), *full = ql_arena_printf(a, "%s/%s", data_dir, name);
		if (stat(full, &st) != 0)
			continue;
		if (S_ISDIR(st.st_mode))
			sum += digest_folder(a, data_dir, name, ds);
		else if (ql_read_source(ds, full, &text) == QUELL_OK)
			sum += ql_hash(ql_hash_str(name), text->text, text->len); /* a sum: the order of a folder is not fixed */
	}
	if (d)
		closedir(d);
	return sum;
}

static json_t *about(struct ql_arena *a, const struct ql_serve_options *options, struct ql_diags *ds)
{
	const char *data_dir = options->data_dir;
	json_t *o = head("quell.about/1"), *answers = json_array();
	for (int i = 0; i < ql_n_addresses; i++)
		if (answered(a, options, &ql_addresses[i]) && strcmp(ql_addresses[i].method, "DELETE") != 0)
			json_array_append_new(answers, json_string(ql_addresses[i].path));
	ql_json_put(o, "regimens", shelf(a, data_dir, "regimens", ds));
	ql_json_put(o, "populations", shelf(a, data_dir, "populations", ds));
	ql_json_put(o, "paths", answers);
	ql_json_put_hash(o, "library_hash", digest_folder(a, data_dir, "library", ds) + digest_folder(a, data_dir, "evidence", ds));
	return o;
}

static bool is_shelf(const char *s)
{
	return strcmp(s, "regimens") == 0 || strcmp(s, "populations") == 0 || strcmp(s, "agents") == 0 || strcmp(s, "trials") == 0;
}

static json_t *item(struct ql_arena *a, const char *data_dir, const char *shelf_name, const char *name, struct ql_diags *ds)
{
	struct ql_yaml *y = NULL;
	char *word = ql_arena_strndup(a, shelf_name, strlen(shelf_name) - 1);
	if (strpbrk(name, "./")) { /* would be read as a path */
		ql_diag_help(ql_diag_add(ds, QL_E1103, (struct ql_span){"request", 0, 0, 0}, "`%s` is no name of the library", name),
			     "`/api/v1/%s` lists the names", shelf_name);
		return NULL;
	}
	const char *path = ql_library_file(a, data_dir, ql_arena_printf(a, "library/%s", shelf_name), name, ".yaml", QL_E0916, word, ds);
	if (!path || ql_yaml_read(a, path, ds, &y) != QUELL_OK)
		return NULL;
	json_t *o = head("quell.library_item/1");
	ql_json_put(o, "id", ql_json_text(name));
	ql_json_put(o, "item", ql_yaml_json(y));
	return o;
}

static json_t *code(struct ql_arena *a, const char *name, struct ql_diags *ds)
{
	char *upper = ql_arena_strdup(a, name);
	for (char *p = upper; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	int found = ql_code_find(upper);
	if (found < 0) {
		ql_diag_help(ql_diag_add(ds, QL_E0916, (struct ql_span){"request", 0, 0, 0}, "no diagnostic code `%s`", name),
			     "`quell explain codes` lists them");
		return NULL;
	}
	json_t *o = head("quell.code/1");
	ql_json_put(o, "code", json_string(upper));
	ql_json_put(o, "title", ql_json_text(ql_code_title((enum ql_code)found)));
	ql_json_put(o, "text", ql_json_text(ql_code_text((enum ql_code)found)));
	return o;
}

/* A module's text, "disease.qm". */
static json_t *module(struct ql_arena *a, const char *data_dir, const char *name, struct ql_diags *ds)
{
	const struct ql_source *text;
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_"); /* no path */
	const char *path = ql_arena_printf(a, "%s/models/cll/%s", data_dir, name);
	struct stat st;
	if (n == 0 || strcmp(name + n, ".qm") != 0 || stat(path, &st) != 0) {
		ql_diag_help(ql_diag_add(ds, QL_E0916, (struct ql_span){"request", 0, 0, 0}, "no module `%s`", name),
			     "`/api/v1/model` names the file of every quantity");
		return NULL;
	}
	if (ql_read_source(ds, path, &text) != QUELL_OK)
		return NULL;
	json_t *o = head("quell.module/1");
	ql_json_put(o, "file", ql_json_text(name));
	ql_json_put(o, "text", ql_json_text(text->text));
	return o;
}

/* --- therapies --- */

static json_t *names_json(const struct ql_names *n)
{
	json_t *list = json_array();
	for (int i = 0; i < n->n; i++)
		json_array_append_new(list, ql_json_text(n->item[i]));
	return list;
}

static json_t *therapy_json(const struct ql_therapy *t)
{
	char grade[2] = {t->evidence_grade, 0};
	json_t *o = json_object();
	ql_json_put(o, "id", ql_json_text(t->id));
	ql_json_put(o, "title", ql_json_text(t->title));
	ql_json_put(o, "summary", ql_json_text(t->summary));
	ql_json_put(o, "evidence_grade", ql_json_text(grade));
	ql_json_put(o, "warning", ql_json_text(t->warning));
	ql_json_put(o, "population", ql_json_text(t->population));
	ql_json_put(o, "simulate", names_json(&t->simulate));
	return o;
}

static json_t *therapies(const struct ql_explain *x)
{
	json_t *o = head("quell.therapies/1"), *list = json_array();
	for (int i = 0; i < x->therapies.n; i++)
		json_array_append_new(list, therapy_json(&x->therapies.item[i]));
	ql_json_put(o, "therapies", list);
	return o;
}

/* The drawing of how a therapy works in the model. */
static json_t *diagram(const struct ql_explain *x, const char *id, struct ql_diags *ds)
{
	struct ql_buf svg = {0};
	const struct ql_therapy *t = ql_therapy_find(&x->therapies, id);
	if (!t) {
		ql_diag_help(ql_diag_add(ds, QL_E0916, (struct ql_span){"request", 0, 0, 0}, "no therapy `%s`", id),
			     "`/api/v1/therapies` lists them");
		return NULL;
	}
	if (ql_therapy_figure(x->model, x->data_dir, t, ds, &svg) != QUELL_OK) {
		ql_buf_free(&svg);
		return NULL;
	}
	json_t *o = head("quell.diagram/1");
	ql_json_put(o, "id", ql_json_text(id));
	ql_json_put(o, "svg", ql_json_text(svg.data));
	ql_buf_free(&svg);
	return o;
}

struct call {
	const struct ql_serve_options *options;
	const char *data_dir;
	struct ql_explain explain;
	bool explaining;
	struct ql_serve_command *c;
	struct ql_arena a;
	json_t *answer;
};

static enum quell_status answer(void *arg)
{
	struct call *k = arg;
	char **argv = k->c->argv;
	int argc = k->c->argc;
	if (strcmp(argv[0], "@about") == 0)
		k->answer = about(&k->a, k->options, &k->c->ds);
	else if (strcmp(argv[0], "@profile") == 0)
		k->answer = ql_profile_offer(&k->a, k->data_dir, &k->c->ds);
	else if (strcmp(argv[0], "@code") == 0 && argc == 2)
		k->answer = code(&k->a, argv[1], &k->c->ds);
	else if (strcmp(argv[0], "@module") == 0 && argc == 2)
		k->answer = module(&k->a, k->data_dir, argv[1], &k->c->ds);
	else if (strcmp(argv[0], "@therapies") == 0 || (strcmp(argv[0], "@diagram") == 0 && argc == 2)) {
		k->explaining = true;
		if (ql_explain_open(&k->explain, k->data_dir, &k->c->ds) == QUELL_OK)
			k->answer = argc == 2 ? diagram(&k->explain, argv[1], &k->c->ds) : therapies(&k->explain);
	} else if (strcmp(argv[0], "@item") == 0 && argc == 3 && is_shelf(argv[1]))
		k->answer = item(&k->a, k->data_dir, argv[1], argv[2], &k->c->ds);
	else if (strcmp(argv[0], "@shelf") == 0 && argc == 2 && is_shelf(argv[1])) {
		k->answer = head("quell.library/1");
		ql_json_put(k->answer, argv[1], shelf(&k->a, k->data_dir, argv[1], &k->c->ds));
	}
	if (k->answer)
		ql_json_write(k->answer, &k->c->out);
	return k->answer && k->c->ds.n_errors == 0 ? QUELL_OK : QUELL_ERR_INPUT;
}

void ql_serve_library(const struct ql_serve_options *o, struct ql_serve_command *c)
{
	struct call k = {.options = o, .data_dir = o->data_dir, .c = c};
	c->status = ql_protect(answer, &k);
	json_decref(k.answer);
	if (k.explaining)
		ql_explain_close(&k.explain);
	ql_arena_free(&k.a);
}

/* --- the stamp --- */

static uint64_t stamp_folder(struct ql_arena *a, const char *path, int depth)
{
	uint64_t sum = 0;
	DIR *d = depth < 8 ? opendir(path) : NULL;
	for (struct dirent *e; d && (e = readdir(d));) {
		struct stat st;
		if (e->d_name[0] == '.')
			continue;
		const char *full = ql_arena_printf(a, "%s/%s", path, e->d_name);
		if (stat(full, &st) != 0)
			continue;
		if (S_ISDIR(st.st_mode)) {
			sum += stamp_folder(a, full, depth + 1);
			continue;
		}
		int64_t what[3] = {st.st_size, st.st_mtim.tv_sec, st.st_mtim.tv_nsec};
		sum += ql_hash(ql_hash_str(full), what, sizeof what); /* a sum: the order of a folder is not fixed */
	}
	if (d)
		closedir(d);
	return sum;
}

uint64_t ql_serve_stamp(const char *data_dir)
{
	struct ql_arena a = {0};
	uint64_t sum = 0;
	static const char *const folder[] = {"models", "library", "evidence"};
	for (size_t i = 0; i < sizeof folder / sizeof *folder; i++)
		sum += stamp_folder(&a, ql_arena_printf(&a, "%s/%s", data_dir, folder[i]), 0);
	ql_arena_free(&a);
	return sum;
}
