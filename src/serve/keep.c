/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "serve/keep.h"
#include "base/io.h"
#include "base/json.h"
#include "store/store.h"
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

bool ql_keep_wanted(const struct ql_serve_command *c)
{
	return c->job && (strcmp(c->argv[0], "validate") == 0 || strcmp(c->argv[0], "recommend") == 0 || strcmp(c->argv[0], "trial") == 0);
}

/* All that the result depends on. */
static const char *settings_of(const struct ql_serve_command *c, struct ql_arena *a, char hash[17])
{
	struct ql_buf b = {0};
	json_t *o = json_object(), *words = json_array();
	char files[17];
	snprintf(files, sizeof files, "%016" PRIx64, c->stamp);
	for (int i = 1; i < c->argc; i++)
		json_array_append_new(words, ql_json_text(c->argv[i]));
	json_object_set_new(o, "kind", ql_json_text(c->argv[0]));
	json_object_set_new(o, "quell", json_string(quell_version()));
	json_object_set_new(o, "files", json_string(files));
	json_object_set_new(o, "words", words);
	ql_json_write(o, &b);
	json_decref(o);
	const char *text = ql_arena_strdup(a, b.data);
	snprintf(hash, 17, "%016" PRIx64, ql_hash_str(text));
	ql_buf_free(&b);
	return text;
}

struct keeping {
	const char *path;
	struct ql_serve_command *c;
	struct ql_store *s;
	struct ql_arena a;
	bool found;
};

static enum quell_status find(void *arg)
{
	struct keeping *k = arg;
	char hash[17];
	const char *settings = settings_of(k->c, &k->a, hash), *json = NULL;
	int64_t id = 0;
	enum quell_status s = ql_store_open(k->path, QL_STORE_READ, &k->c->ds, &k->s);
	if (s == QUELL_OK)
		s = ql_store_find(k->s, hash, settings, &id);
	if (s == QUELL_OK && id)
		s = ql_store_result(k->s, id, &k->a, &json);
	k->found = s == QUELL_OK && json;
	if (k->found)
		ql_buf_puts(&k->c->out, json);
	return s;
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

static const char *command_of(const struct keeping *k, struct ql_arena *a)
{
	struct ql_buf b = {0};
	ql_buf_puts(&b, "quell");
	for (int i = 0; i < k->c->argc; i++)
		ql_buf_printf(&b, " %s", k->c->argv[i]);
	const char *text = ql_arena_strdup(a, b.data);
	ql_buf_free(&b);
	return text;
}

static enum quell_status put(void *arg)
{
	struct keeping *k = arg;
	char hash[17];
	const char *settings = settings_of(k->c, &k->a, hash);
	json_t *o = json_loadb(k->c->out.data, k->c->out.len, 0, NULL);
	const json_t *profile = json_object_get(o, "profile");
	const json_t *units = NULL;
	static const char *const count[] = {"patients_simulated", "patients_total", "patients"};
	for (size_t i = 0; i < sizeof count / sizeof *count && !units; i++)
		units = json_object_get(o, count[i]);
	struct ql_run r = {.kind = k->c->argv[0], .settings = settings, .settings_hash = hash, .quell_version = quell_version()};
	r.model_hash = ql_arena_strdup(&k->a, text_of(o, "model_hash"));
	r.title = profile ? ql_arena_strdup(&k->a, text_of(profile, "title"))
		  : json_object_get(o, "trial") ? ql_arena_strdup(&k->a, text_of(o, "title")) : "published trials";
	r.command = command_of(k, &k->a);
	r.seed = (uint64_t)json_integer_value(json_object_get(o, "seed"));
	r.units = (uint64_t)json_integer_value(units);
	json_decref(o);
	int64_t id;
	enum quell_status s = ql_store_open(k->path, QL_STORE_CREATE, &k->c->ds, &k->s);
	if (s == QUELL_OK)
		s = ql_store_add_run(k->s, &r, &id);
	if (s != QUELL_OK)
		return s;
	s = ql_store_finish(k->s, id, k->c->out.data);
	if (s != QUELL_OK)
		ql_store_remove_run(k->s, id);
	return s;
}

static enum quell_status with_store(struct keeping *k, enum quell_status (*what)(void *))
{
	enum quell_status s = ql_protect(what, k);
	ql_store_close(k->s);
	ql_arena_free(&k->a);
	return s;
}

bool ql_keep_find(const char *store, struct ql_serve_command *c)
{
	struct keeping k = {.path = store, .c = c};
	if (access(store, F_OK) != 0)
		return false;
	with_store(&k, find);
	return k.found;
}

enum quell_status ql_keep_put(const char *store, struct ql_serve_command *c)
{
	struct keeping k = {.path = store, .c = c};
	return with_store(&k, put);
}
