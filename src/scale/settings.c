/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "scale/settings.h"
#include "compare/draws.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* --- what they hold of files --- */

const char *ql_settings_path(struct ql_arena *a, const char *name)
{
	char real[PATH_MAX];
	if (!name || !strpbrk(name, "/.") || !realpath(name, real))
		return name;
	return ql_arena_strdup(a, real);
}

static int by_name(const void *x, const void *y)
{
	const struct ql_source *const *a = x, *const *b = y;
	return strcmp((*a)->file, (*b)->file);
}

uint64_t ql_settings_inputs_hash(const struct ql_diags *ds, const char *data_dir)
{
	const struct ql_source **list = ql_realloc(NULL, (size_t)ds->n_source + 1, sizeof(const struct ql_source *));
	size_t prefix = strlen(data_dir), n = 0;
	for (int i = 0; i < ds->n_source; i++) {
		const char *file = ds->source[i].file;
		bool shipped = strncmp(file, data_dir, prefix) == 0 && file[prefix] == '/';
		bool of_results = shipped && strncmp(file + prefix, "/evidence/", 10) == 0;
		if (strcmp(file, "command line") != 0 && !of_results)
			list[n++] = &ds->source[i];
	}
	qsort(list, n, sizeof *list, by_name);
	uint64_t h = QL_HASH_SEED;
	for (size_t i = 0; i < n; i++)
		if (i == 0 || strcmp(list[i]->file, list[i - 1]->file) != 0)
			h = ql_hash(ql_hash(h, list[i]->text, list[i]->len), "", 1);
	ql_free(list);
	return h;
}

/* --- writing --- */

json_t *ql_settings_new(const char *kind)
{
	json_t *o = json_object();
	ql_json_put_text(o, "kind", kind);
	ql_json_put_text(o, "quell", quell_version());
	return o;
}

void ql_settings_put_words(json_t *o, const char *key, const char *const *word, int n)
{
	json_t *list = json_array();
	for (int i = 0; i < n; i++)
		json_array_append_new(list, ql_json_text(word[i]));
	ql_json_put(o, key, list);
}

static void put_path(json_t *o, const char *key, struct ql_arena *a, const char *name)
{
	ql_json_put_text(o, key, ql_settings_path(a, name));
}

static void put_paths(json_t *o, const char *key, struct ql_arena *a, const char *const *name, int n)
{
	const char **path = QL_NEW_N(a, const char *, (size_t)n + 1);
	for (int i = 0; i < n; i++)
		path[i] = ql_settings_path(a, name[i]);
	ql_settings_put_words(o, key, path, n);
}

void ql_settings_put_solver(json_t *o, enum ql_solver solver)
{
	ql_json_put_text(o, "solver", solver == QL_SOLVER_CVODE ? "cvode" : "own");
}

void ql_settings_put_run(json_t *o, struct ql_arena *a, const struct ql_run_spec *s, uint64_t model_hash,
			 const struct ql_diags *ds)
{
	put_path(o, "model", a, s->model);
	ql_json_put_hash(o, "model_hash", model_hash);
	ql_json_put_hash(o, "inputs_hash", ql_settings_inputs_hash(ds, s->data_dir));
	put_path(o, "population", a, s->population);
	put_paths(o, "regimens", a, s->regimen, s->n_regimen);
	put_paths(o, "what_ifs", a, s->whatif, s->n_whatif);
	ql_settings_put_words(o, "set", s->set, s->n_set);
	ql_json_put_count(o, "patients", s->patients);
	ql_json_put_real(o, "years", s->years);
	ql_json_put_count(o, "seed", s->seed);
	ql_json_put_real(o, "rtol", s->rtol > 0 ? s->rtol : 1e-4);
	ql_settings_put_solver(o, s->solver);
	put_path(o, "protocol", a, s->protocol);
	put_path(o, "next_line", a, s->next_line);
	if (s->draws) {
		bool named = strcmp(s->draws, QL_DRAWS_SHIPPED) == 0;
		ql_json_put_text(o, "draws", named ? s->draws : ql_settings_path(a, s->draws));
		ql_json_put(o, "n_draws", json_integer(s->n_draws));
	}
	ql_json_put(o, "fixed_doses", json_boolean(s->fixed_doses));
}

const char *ql_settings_text(json_t *o, struct ql_arena *a)
{
	struct ql_buf b = {0};
	ql_json_write(o, &b);
	json_decref(o);
	const char *text = ql_arena_strdup(a, b.data);
	ql_buf_free(&b);
	return text;
}

/* --- reading --- */

json_t *ql_settings_open(const char *settings, const char *kind)
{
	json_t *o = json_loads(settings, 0, NULL);
	const char *found = json_string_value(json_object_get(o, "kind"));
	if (found && strcmp(found, kind) == 0)
		return o;
	json_decref(o);
	return NULL;
}

const char *ql_settings_read_text(const json_t *o, const char *key, struct ql_arena *a)
{
	const char *s = json_string_value(json_object_get(o, key));
	return ql_arena_strdup(a, s);
}

const char **ql_settings_read_words(const json_t *o, const char *key, struct ql_arena *a, int *n)
{
	const json_t *list = json_object_get(o, key);
	*n = (int)json_array_size(list);
	const char **out = QL_NEW_N(a, const char *, (size_t)*n + 1);
	for (int i = 0; i < *n; i++) {
		const char *s = json_string_value(json_array_get(list, (size_t)i));
		out[i] = ql_arena_strdup(a, s ? s : "");
	}
	return out;
}

uint64_t ql_settings_read_count(const json_t *o, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(o, key));
}

double ql_settings_read_real(const json_t *o, const char *key) { return json_number_value(json_object_get(o, key)); }

bool ql_settings_read_bool(const json_t *o, const char *key) { return json_is_true(json_object_get(o, key)); }

enum ql_solver ql_settings_read_solver(const json_t *o)
{
	const char *solver = json_string_value(json_object_get(o, "solver"));
	return solver && strcmp(solver, "cvode") == 0 ? QL_SOLVER_CVODE : QL_SOLVER_OWN;
}

void ql_settings_read_run(const json_t *o, struct ql_arena *a, struct ql_run_spec *s)
{
	s->model = ql_settings_read_text(o, "model", a);
	s->population = ql_settings_read_text(o, "population", a);
	s->protocol = ql_settings_read_text(o, "protocol", a);
	s->next_line = ql_settings_read_text(o, "next_line", a);
	s->regimen = ql_settings_read_words(o, "regimens", a, &s->n_regimen);
	s->whatif = ql_settings_read_words(o, "what_ifs", a, &s->n_whatif);
	s->set = ql_settings_read_words(o, "set", a, &s->n_set);
	s->patients = ql_settings_read_count(o, "patients");
	s->years = ql_settings_read_real(o, "years");
	s->seed = ql_settings_read_count(o, "seed");
	s->rtol = ql_settings_read_real(o, "rtol");
	s->solver = ql_settings_read_solver(o);
	s->draws = ql_settings_read_text(o, "draws", a);
	s->n_draws = (int)ql_settings_read_count(o, "n_draws");
	s->fixed_doses = ql_settings_read_bool(o, "fixed_doses");
}
