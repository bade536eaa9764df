/* SPDX-License-Identifier: Apache-2.0 */
/* quell model build: compiled kernels of a model into the cache. */
#define _POSIX_C_SOURCE 200809L
#include "cli/model_verbs.h"
#include "base/json.h"
#include "emit/native.h"
#include <string.h>
#include <time.h>

struct builder {
	struct ql_cli *c;
	struct ql_model *m;
	const char *path;
	json_t *list;
	int done;
};

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void say(struct builder *b, const char *name, const struct ql_plan *p, const struct ql_kernel *k, const char *how,
		double seconds)
{
	if (b->c->json) {
		json_t *o = json_object();
		char hash[32];
		snprintf(hash, sizeof hash, "%016llx", (unsigned long long)p->hash);
		json_object_set_new(o, "kernel", json_string(name));
		json_object_set_new(o, "states", json_integer(p->n_state));
		json_object_set_new(o, "plan_hash", json_string(hash));
		json_object_set_new(o, "target", json_string(k->isa));
		json_object_set_new(o, "lanes", json_integer(k->width));
		json_array_append_new(b->list, o);
		return;
	}
	ql_buf_printf(&b->c->out, "  %-26s %3d states, %s, %d lane%s: %s", name, p->n_state, k->isa, k->width,
		      k->width == 1 ? "" : "s", how);
	if (seconds > 0)
		ql_buf_printf(&b->c->out, " %.1f s", seconds);
	ql_buf_puts(&b->c->out, "\n");
}

/* Both widths that runs ask for: a full register, and one lane. */
static enum quell_status build(struct builder *b, const char *name, const char *const *active, int n_active)
{
	struct ql_plan *p = NULL;
	enum quell_status s = ql_plan_make(b->m, name, active, n_active, &b->c->ds, &p);
	for (int i = 0; s == QUELL_OK && i < 2; i++) {
		const struct ql_kernel *k = ql_kernel_find(p->hash, i), *before = NULL;
		const char *how = "in the program";
		double start = now(), seconds = 0;
		if (!k) {
			s = ql_native_kernel(p, i, QL_NATIVE_CACHED, &b->c->ds, &before);
			k = before;
			how = "in the cache";
		}
		if (!k && s == QUELL_OK) {
			s = ql_native_kernel(p, i, QL_NATIVE_BUILD, &b->c->ds, &k);
			seconds = now() - start;
			how = "compiled in";
		}
		if (s == QUELL_OK && k) {
			say(b, name, p, k, how, seconds);
			b->done++;
		}
	}
	if (p)
		ql_plan_free(p);
	return s;
}

/* A dose with what it sets besides: what a data set that gives it makes active. */
static enum quell_status build_dose(struct builder *b, const struct ql_dose *d)
{
	const char **active = QL_NEW_N(&b->c->arena, const char *, (size_t)d->n_clock + 1);
	active[0] = d->name;
	for (int i = 0; i < d->n_clock; i++)
		active[i + 1] = b->m->q[d->clock[i].input].name;
	return build(b, d->name, active, d->n_clock + 1);
}

static enum quell_status build_wanted(struct builder *b, const struct ql_words *doses)
{
	const char **active = QL_NEW_N(&b->c->arena, const char *, (size_t)(b->m->n_q + doses->n) + 1);
	int n = 0;
	struct ql_buf name = {0};
	for (int i = 0; i < doses->n; i++) {
		active[n++] = doses->item[i];
		ql_buf_printf(&name, "%s%s", i ? "," : "", doses->item[i]);
		int d = ql_model_find_dose(b->m, doses->item[i]);
		for (int k = 0; d >= 0 && k < b->m->dose[d].n_clock && n < b->m->n_q; k++)
			active[n++] = b->m->q[b->m->dose[d].clock[k].input].name;
	}
	const char *title = ql_arena_strdup(&b->c->arena, name.data);
	ql_buf_free(&name);
	return build(b, title, active, n);
}

static enum quell_status build_all(struct builder *b, const struct ql_words *doses)
{
	enum quell_status s = QUELL_OK;
	struct ql_model *m = b->m;
	if (doses->n)
		return build_wanted(b, doses);
	for (int i = 0; i < m->n_kernel && s == QUELL_OK; i++) {
		const struct ql_kernel_set *k = &m->kernel[i];
		bool all = k->n_active == 1 && strcmp(k->active[0], "*") == 0;
		s = build(b, k->name, all ? NULL : k->active, all ? 0 : k->n_active);
	}
	if (m->n_kernel || s != QUELL_OK)
		return s;
	static const char *const nothing[] = {NULL};
	s = build(b, "no dose", nothing, 0);
	for (int i = 0; i < m->n_dose && s == QUELL_OK; i++)
		s = build_dose(b, &m->dose[i]);
	return s == QUELL_OK && m->n_dose > 1 ? build(b, "all doses", NULL, 0) : s;
}

int ql_model_build_verb(struct ql_cli *c, const char *path, const struct ql_model_options *o)
{
	struct builder b = {.c = c, .path = path, .list = json_array()};
	const char *folder = ql_native_folder(&c->arena, true, &c->ds);
	enum quell_status s = folder ? ql_model_load(path, &c->ds, &b.m) : QUELL_ERR_IO;
	if (s == QUELL_OK && !c->json)
		ql_buf_printf(&c->out, "%s: kernels in %s\n", path, folder);
	if (s == QUELL_OK)
		s = build_all(&b, &o->doses);
	if (s == QUELL_OK && c->json) {
		json_t *top = json_object();
		char hash[32];
		snprintf(hash, sizeof hash, "%016llx", (unsigned long long)b.m->hash);
		json_object_set_new(top, "schema", json_string("quell.model-build/1"));
		json_object_set_new(top, "model_hash", json_string(hash));
		json_object_set(top, "kernels", b.list);
		ql_cli_print_json(c, top);
	}
	json_decref(b.list);
	if (s != QUELL_ERR_MEMORY)
		ql_model_free(b.m);
	return ql_cli_exit(s);
}
