/* SPDX-License-Identifier: Apache-2.0 */
/* Reads models: files, modules, the checker, and the names of the result. */
#include "lang/check.h"
#include "lang/rx.h"
#include "lang/sbml.h"
#include "base/io.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct load_job {
	const char *path; /* file to read, or name of the text */
	const char *text; /* NULL: read the file */
	size_t len;
	struct ql_diags *ds;
	struct ql_model **out;
	struct ql_check ck;
	struct ql_map files; /* path -> number of the text */
	struct ql_text **texts;
	int n_texts, cap_texts;
};

/* ---- texts ---- */

struct source {
	const char *text;
	size_t len;
};

/* The bytes of a file, or those that were given; part of the model's hash. */
static bool read_source(struct load_job *j, const char *path, const char *text, size_t len, struct source *out)
{
	if (!text) {
		const struct ql_source *src;
		if (ql_read_source(j->ds, path, &src) != QUELL_OK)
			return false;
		*out = (struct source){src->text, src->len};
	} else {
		ql_diags_add_source(j->ds, path, text, len < QL_TEXT_LIMIT ? len : 0);
		*out = (struct source){text, len};
	}
	j->ck.m->hash = ql_hash(j->ck.m->hash, out->text, out->len);
	return true;
}

static struct ql_text *read_text(struct load_job *j, const char *path, const struct source *src)
{
	struct ql_check *ck = &j->ck;
	struct ql_text *t = QL_NEW(ck->a, struct ql_text);
	ql_parse_text(&ck->parser, ck->a, ql_arena_strdup(ck->a, path), src->text, src->len, j->ds, t);
	ql_parser_free(&ck->parser);
	return t;
}

static const char *beside(struct load_job *j, const char *file)
{
	const char *slash = strrchr(j->path, '/');
	if (*file == '/' || !slash)
		return file;
	return ql_arena_printf(j->ck.a, "%.*s/%s", (int)(slash - j->path), j->path, file);
}

/* The text of a module; each file is read once. NULL after a report. */
static struct ql_text *module_text(struct load_job *j, const char *file, struct ql_span at, const char *hint)
{
	const char *path = beside(j, file);
	int known = ql_map_get(&j->files, path);
	if (known >= 0)
		return j->texts[known];
	struct ql_text *t = NULL;
	if (access(path, R_OK) != 0) {
		struct ql_diag *d = ql_ck_error(&j->ck, QL_E0211, at, "there is no file `%s`", path);
		ql_diag_help(d, "%s", hint);
	} else {
		struct source src;
		if (read_source(j, path, NULL, 0, &src))
			t = read_text(j, path, &src);
	}
	if (t && t->role != QL_TEXT_MODULE) {
		struct ql_diag *d = ql_ck_error(&j->ck, QL_E0211, at, "`%s` is not a module", path);
		ql_diag_help(d, "its first line must be `module NAME \"text\" uses A, B`");
		t = NULL;
	}
	QL_GROW(j->texts, j->n_texts, j->cap_texts);
	ql_map_set(&j->files, path, j->n_texts);
	j->texts[j->n_texts++] = t;
	return t;
}

static struct ql_instance *add_instance(struct ql_check *ck, const char *name, const struct ql_text *t, struct ql_span span)
{
	if (ck->n_inst == QL_MAX_INSTANCES) {
		ql_ck_error(ck, QL_E0210, span, "a model binds at most %d modules", QL_MAX_INSTANCES);
		ck->stop = true;
		return NULL;
	}
	struct ql_instance *x = &ck->inst[ck->n_inst++];
	*x = (struct ql_instance){.name = name, .text = t, .span = span};
	return x;
}

static int find_instance(const struct ql_check *ck, const char *name)
{
	for (int i = 0; i < ck->n_inst; i++)
		if (strcmp(ck->inst[i].name, name) == 0)
			return i;
	return -1;
}

static void bind_module(struct load_job *j, const struct ql_stmt *s)
{
	struct ql_check *ck = &j->ck;
	const char *name = s->target ? s->target : s->name;
	int before = find_instance(ck, name);
	if (s->bad)
		return;
	if (before >= 0) {
		struct ql_diag *d = ql_ck_error(ck, QL_E0202, s->span, "`%s` is bound twice", name);
		ql_diag_note(d, ck->inst[before].span, "the first binding is here");
		ql_diag_help(d, "give one of them another name: `use %s as NAME`", s->name);
		return;
	}
	const char *file = s->file ? s->file : ql_arena_printf(ck->a, "%s.qm", s->name);
	struct ql_text *t = module_text(j, file, s->span, "modules stand beside the model; write `from \"file\"` for another place");
	if (!t)
		return;
	struct ql_instance *x = add_instance(ck, name, t, s->span);
	if (x)
		x->slot_default = s->parent;
}

static void link_uses(struct ql_check *ck)
{
	for (int i = 0; i < ck->n_inst; i++) {
		struct ql_instance *x = &ck->inst[i];
		if (x->text->role != QL_TEXT_MODULE)
			continue;
		x->uses = QL_NEW_N(ck->a, int, (size_t)x->text->n_uses);
		for (int k = 0; k < x->text->n_uses; k++) {
			int other = find_instance(ck, x->text->uses[k]);
			if (other >= 0) {
				x->uses[x->n_uses++] = other;
				continue;
			}
			struct ql_diag *d = ql_ck_error(ck, QL_E0211, x->text->uses_span[k], "`%s` uses `%s`, which the model does not bind",
							x->name, x->text->uses[k]);
			ql_diag_help(d, "add `use FILE as %s` to the model", x->text->uses[k]);
		}
	}
}

/* A module on its own: what it uses is read from the files beside it, and what those use. */
static void bind_alone(struct load_job *j, struct ql_text *t)
{
	struct ql_check *ck = &j->ck;
	add_instance(ck, t->name, t, t->span);
	for (int i = 0; i < ck->n_inst && !ck->stop; i++) {
		const struct ql_text *x = ck->inst[i].text;
		for (int k = 0; k < x->n_uses; k++) {
			if (find_instance(ck, x->uses[k]) >= 0)
				continue;
			const char *file = ql_arena_printf(ck->a, "%s.qm", x->uses[k]);
			struct ql_text *other = module_text(j, file, x->uses_span[k], "check the model that binds this module instead");
			if (other)
				add_instance(ck, x->uses[k], other, x->uses_span[k]);
		}
	}
}

static bool has_unit(struct ql_stmt **list, int n)
{
	for (int i = 0; i < n; i++)
		if (list[i]->unit || has_unit(list[i]->body, list[i]->n_body) || has_unit(list[i]->otherwise, list[i]->n_otherwise))
			return true;
	return false;
}

static void no_units_note(struct ql_check *ck, const char *file)
{
	ql_ck_error(ck, QL_E0220, (struct ql_span){file, 0, 0, 0}, "units are off: no declaration carries one");
}

static void bind_all(struct load_job *j, struct ql_text *t)
{
	struct ql_check *ck = &j->ck;
	ck->inst = QL_NEW_N(&ck->scratch, struct ql_instance, QL_MAX_INSTANCES);
	ck->units_on = true;
	if (t->role == QL_TEXT_MODULE) {
		bind_alone(j, t);
	} else if (t->role == QL_TEXT_MODEL) {
		for (int i = 0; i < t->n_stmt; i++)
			if (t->stmt[i]->kind == QL_S_USE)
				bind_module(j, t->stmt[i]);
		struct ql_instance *x = add_instance(ck, "", t, t->span);
		if (x)
			x->uses_all = true;
	} else {
		add_instance(ck, "", t, (struct ql_span){t->file, 1, 1, 1});
		ck->units_on = has_unit(t->stmt, t->n_stmt);
		if (!ck->units_on && t->n_stmt)
			no_units_note(ck, t->file);
	}
	link_uses(ck);
}

/* ---- what the model says about its parts ---- */

static void fill_modules(struct ql_check *ck)
{
	struct ql_model *m = ck->m;
	m->module_name = QL_NEW_N(ck->a, const char *, (size_t)ck->n_inst);
	m->module_doc = QL_NEW_N(ck->a, const char *, (size_t)ck->n_inst);
	for (int i = 0; i < ck->n_inst; i++) {
		if (!*ck->inst[i].name && ck->inst[i].text->role == QL_TEXT_MODEL)
			continue;
		m->module_name[m->n_module] = ck->inst[i].name;
		m->module_doc[m->n_module++] = ck->inst[i].text->doc ? ck->inst[i].text->doc : "";
	}
}

static bool has_agent(const struct ql_text *t)
{
	for (int i = 0; i < t->n_stmt; i++)
		if (t->stmt[i]->kind == QL_S_AGENT)
			return true;
	return false;
}

static void fill_slots(struct ql_check *ck)
{
	struct ql_model *m = ck->m;
	m->slot = QL_NEW_N(ck->a, struct ql_slot, (size_t)ck->n_inst);
	for (int i = 0; i < ck->n_inst; i++) {
		if (!has_agent(ck->inst[i].text))
			continue;
		struct ql_slot *s = &m->slot[m->n_slot++];
		s->name = ck->inst[i].name;
		s->module = ck->inst[i].text->name;
		s->default_agent = ck->inst[i].slot_default;
		s->column = QL_NEW_N(ck->a, int, (size_t)m->n_q);
		for (int q = 0; q < m->n_q; q++)
			if (m->q[q].kind == QL_AGENT && strcmp(m->q[q].module, s->name) == 0)
				s->column[s->n_column++] = q;
	}
}

static bool is_open_input(const struct ql_quantity *q) { return q->kind == QL_INPUT && strncmp(q->name, "rate(", 5) != 0; }

static void unknown_member(struct ql_check *ck, const char *name, struct ql_span span)
{
	struct ql_model *m = ck->m;
	const char **word = QL_NEW_N(&ck->scratch, const char *, (size_t)(m->n_q + m->n_dose));
	int n = 0;
	for (int i = 0; i < m->n_dose; i++)
		word[n++] = m->dose[i].name;
	for (int i = 0; i < m->n_q; i++)
		if (is_open_input(&m->q[i]))
			word[n++] = m->q[i].name;
	struct ql_diag *d = ql_ck_error(ck, QL_E0222, span, "`%s` is neither a dose nor an input", name);
	const char *near = ql_suggest(name, word, n);
	if (near)
		ql_diag_help(d, "did you mean `%s`?", near);
	else if (n)
		ql_diag_help(d, "name a dose or input (`%s`), a module that has some, or `*` for all", word[0]);
	else
		ql_diag_help(d, "the model declares none; `dose NAME : UNIT into STATE` declares one");
}

struct members {
	const char **name;
	int n, cap;
};

static void add_member(struct ql_check *ck, struct members *list, const char *name)
{
	if (list->n == list->cap) {
		int cap = list->cap ? 2 * list->cap : 16;
		const char **more = QL_NEW_N(ck->a, const char *, (size_t)cap);
		if (list->n)
			memcpy(more, list->name, (size_t)list->n * sizeof *more);
		list->name = more;
		list->cap = cap;
	}
	list->name[list->n++] = name;
}

/* A dose, an input, or a module for all of its doses and inputs. */
static void add_members(struct ql_check *ck, struct members *list, const char *word, struct ql_span span)
{
	const struct ql_model *m = ck->m;
	int dose = ql_model_find_dose(m, word), q = ql_model_find(m, word), n = list->n;
	if (dose >= 0) {
		add_member(ck, list, m->dose[dose].name);
		return;
	}
	if (q >= 0 && is_open_input(&m->q[q])) {
		add_member(ck, list, m->q[q].name);
		return;
	}
	bool module = *word && ql_ck_instance(ck, word) >= 0;
	for (int i = 0; module && i < m->n_dose; i++)
		if (strcmp(m->dose[i].module, word) == 0)
			add_member(ck, list, m->dose[i].name);
	for (int i = 0; module && i < m->n_q; i++)
		if (is_open_input(&m->q[i]) && strcmp(m->q[i].module, word) == 0)
			add_member(ck, list, m->q[i].name);
	if (list->n == n)
		unknown_member(ck, word, span);
}

static void fill_kernels(struct ql_check *ck, const struct ql_text *t)
{
	struct ql_model *m = ck->m;
	m->kernel = QL_NEW_N(ck->a, struct ql_kernel_set, (size_t)t->n_stmt);
	for (int i = 0; i < t->n_stmt && t->role == QL_TEXT_MODEL; i++) {
		const struct ql_stmt *s = t->stmt[i];
		if (s->kind != QL_S_KERNEL || s->bad)
			continue;
		struct members list = {0};
		if (s->all)
			add_member(ck, &list, "*");
		for (int w = 0; w < s->n_word; w++)
			add_members(ck, &list, s->word[w], s->word_span[w]);
		for (int p = 0; p < m->n_kernel; p++)
			if (strcmp(m->kernel[p].name, s->name) == 0)
				ql_ck_error(ck, QL_E0202, s->span, "the kernel set `%s` is declared twice", s->name);
		m->kernel[m->n_kernel++] = (struct ql_kernel_set){s->name, list.name, list.n};
	}
}

/* ---- loading ---- */

struct ql_model *ql_model_new(void)
{
	struct ql_model *m = ql_realloc(NULL, 1, sizeof *m);
	*m = (struct ql_model){.hash = QL_HASH_SEED};
	ql_dag_init(&m->dag);
	return m;
}

static void load_rxode(struct load_job *j, const struct source *src)
{
	struct ql_check *ck = &j->ck;
	struct ql_rx_text t;
	const char *file = ql_arena_strdup(ck->a, j->path);
	ql_rx_parse(&ck->parser, ck->a, file, src->text, src->len, j->ds, &t);
	ql_parser_free(&ck->parser);
	ck->m->name = t.name ? t.name : file;
	ck->m->doc = t.doc ? t.doc : "";
	ck->m->module_name = QL_NEW_N(ck->a, const char *, 1);
	ck->m->module_doc = QL_NEW_N(ck->a, const char *, 1);
	ck->m->module_name[0] = ck->m->module_doc[0] = "";
	ck->m->n_module = 1;
	no_units_note(ck, file);
	ql_rx_build(ck, &t);
}

static void load_equations(struct load_job *j, const struct source *src)
{
	struct ql_check *ck = &j->ck;
	struct ql_model *m = ck->m;
	struct ql_text *t = read_text(j, j->path, src);
	m->name = t->name ? t->name : t->file;
	m->doc = t->doc ? t->doc : "";
	bind_all(j, t);
	m->has_units = ck->units_on;
	if (!ck->stop)
		ql_ck_declare(ck);
	if (!ck->stop)
		ql_ck_define(ck);
	if (ck->n_errors)
		return;
	ql_model_index_names(m);
	fill_modules(ck);
	fill_slots(ck);
	fill_kernels(ck, t);
}

static enum quell_status load(void *arg)
{
	struct load_job *j = arg;
	struct ql_check *ck = &j->ck;
	struct ql_model *m = ql_model_new();
	struct source src;
	ck->m = m;
	ck->ds = j->ds;
	ck->a = &m->arena;
	ck->fuel = QL_FUEL;
	int errors = j->ds->n_errors;
	if (!read_source(j, j->path, j->text, j->len, &src) || !ql_units_init(&ck->us, ck->a, j->ds))
		return QUELL_ERR_IO;
	if (ql_rx_detect(src.text, src.len))
		load_rxode(j, &src);
	else
		load_equations(j, &src);
	if (j->ds->n_errors == errors && !m->names)
		ql_model_index_names(m);
	return j->ds->n_errors > errors ? QUELL_ERR_INPUT : QUELL_OK;
}

static void free_check(struct ql_check *ck)
{
	for (int i = 0; i < ck->n_set; i++)
		ql_map_free(&ck->set[i].at);
	ql_free(ck->set);
	ql_free(ck->entity);
	ql_free(ck->dose);
	ql_free(ck->when);
	ql_free(ck->property);
	ql_free(ck->leaf);
	ql_map_free(&ck->names);
	ql_map_free(&ck->said);
	ql_rx_free(ck->rx);
	ql_units_free(&ck->us);
	ql_parser_free(&ck->parser);
	ql_arena_free(&ck->scratch);
}

/* By place: the model's own file first, then by file as it was met; notes about whole files last. */
static int place_order(const struct ql_diags *ds, int from, const struct ql_diag *d)
{
	if (d->span.line == 0 && d->severity == QL_NOTE)
		return ds->n_source + 1;
	for (int i = from; i < ds->n_source; i++)
		if (d->span.file && strcmp(ds->source[i].file, d->span.file) == 0)
			return i;
	return ds->n_source;
}

static bool comes_before(const struct ql_diags *ds, int from, const struct ql_diag *a, const struct ql_diag *b)
{
	int x = place_order(ds, from, a), y = place_order(ds, from, b);
	if (x != y)
		return x < y;
	return a->span.line != b->span.line ? a->span.line < b->span.line : a->span.col < b->span.col;
}

static void sort_diags(struct ql_diags *ds, int from_item, int from_source)
{
	for (int i = from_item + 1; i < ds->n; i++) {
		struct ql_diag *d = ds->item[i];
		int k = i;
		for (; k > from_item && comes_before(ds, from_source, d, ds->item[k - 1]); k--)
			ds->item[k] = ds->item[k - 1];
		ds->item[k] = d;
	}
}

static enum quell_status run_load(struct load_job *j)
{
	int from_item = j->ds->n, from_source = j->ds->n_source;
	*j->out = NULL;
	enum quell_status s = ql_protect(load, j);
	sort_diags(j->ds, from_item, from_source);
	if (s == QUELL_OK)
		*j->out = j->ck.m;
	else
		ql_model_free(j->ck.m);
	free_check(&j->ck);
	ql_map_free(&j->files);
	ql_free(j->texts);
	return s;
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);
	return n > k && strcmp(s + n - k, end) == 0;
}

enum quell_status ql_model_load(const char *path, struct ql_diags *ds, struct ql_model **out)
{
	if (ends_with(path, ".xml") || ends_with(path, ".sbml"))
		return ql_sbml_load(path, ds, out, NULL);
	struct load_job j = {.path = path, .ds = ds, .out = out};
	return run_load(&j);
}

enum quell_status ql_model_parse(const char *file, const char *text, size_t len, struct ql_diags *ds, struct ql_model **out)
{
	struct load_job j = {.path = file, .text = text, .len = len, .ds = ds, .out = out};
	return run_load(&j);
}

void ql_model_free(struct ql_model *m)
{
	if (!m)
		return;
	if (m->names) {
		struct ql_map *maps[] = {&m->names->full,      &m->names->last, &m->names->dose,
					 &m->names->dose_last, &m->names->when, &m->names->when_last};
		for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
			ql_map_free(maps[i]);
	}
	ql_dag_free(&m->dag);
	ql_free(m->q);
	ql_free(m->dose);
	ql_free(m->when);
	ql_arena_free(&m->arena);
	ql_free(m);
}

/* ---- names ---- */

enum { AMBIGUOUS = -2 };

static const char *last_part(const char *name)
{
	const char *dot = strchr(name, '.'), *paren = strchr(name, '(');
	return dot && !paren ? dot + 1 : name;
}

static void index_name(struct ql_map *full, struct ql_map *last, const char *name, int i)
{
	const char *part = last_part(name);
	ql_map_set(full, name, i);
	int before = ql_map_get(last, part);
	ql_map_set(last, part, before == -1 ? i : AMBIGUOUS);
}

void ql_model_index_names(struct ql_model *m)
{
	struct ql_name_table *t = QL_NEW(&m->arena, struct ql_name_table);
	m->names = t;
	for (int i = 0; i < m->n_q; i++)
		index_name(&t->full, &t->last, m->q[i].name, i);
	for (int i = 0; i < m->n_dose; i++)
		index_name(&t->dose, &t->dose_last, m->dose[i].name, i);
	for (int i = 0; i < m->n_when; i++)
		index_name(&t->when, &t->when_last, m->when[i].name, i);
}

static int find_name(const struct ql_map *full, const struct ql_map *last, const char *name)
{
	int i = ql_map_get(full, name);
	if (i < 0)
		i = ql_map_get(last, name);
	return i < 0 ? -1 : i;
}

struct ql_quantity ql_quantity_blank(enum ql_kind kind, const char *name)
{
	return (struct ql_quantity){.kind = kind,
				    .name = name,
				    .base = name,
				    .module = "",
				    .unit = "",
				    .doc = "",
				    .sym = QL_NO_NODE,
				    .def = QL_NO_NODE,
				    .realised = QL_NO_NODE,
				    .init = QL_NO_NODE,
				    .draw_mean = QL_NO_NODE,
				    .draw_random = -1,
				    .lo = -INFINITY,
				    .hi = INFINITY};
}

int ql_model_find(const struct ql_model *m, const char *name)
{
	return m->names ? find_name(&m->names->full, &m->names->last, name) : -1;
}

int ql_model_find_dose(const struct ql_model *m, const char *name)
{
	return m->names ? find_name(&m->names->dose, &m->names->dose_last, name) : -1;
}

int ql_model_find_when(const struct ql_model *m, const char *name)
{
	return m->names ? find_name(&m->names->when, &m->names->when_last, name) : -1;
}

int ql_model_find_slot(const struct ql_model *m, const char *name)
{
	for (int i = 0; i < m->n_slot; i++)
		if (strcmp(m->slot[i].name, name) == 0)
			return i;
	return -1;
}

/* The nearest name, by full names and by last parts. */
const char *ql_model_suggest(const struct ql_model *m, const char *name, unsigned kinds)
{
	const char **word = ql_realloc(NULL, 2 * (size_t)m->n_q + 1, sizeof *word);
	int *who = ql_realloc(NULL, 2 * (size_t)m->n_q + 1, sizeof *who), n = 0;
	for (int pass = 0; pass < 2; pass++)
		for (int i = 0; i < m->n_q; i++)
			if (kinds & 1u << m->q[i].kind) {
				word[n] = pass ? last_part(m->q[i].name) : m->q[i].name;
				who[n++] = i;
			}
	const char *near = ql_suggest(name, word, n), *found = NULL;
	for (int i = 0; near && i < n; i++)
		if (word[i] == near) {
			found = m->q[who[i]].name;
			break;
		}
	ql_free(who);
	ql_free(word);
	return found;
}

/* ---- expressions in the name space of a finished model ---- */

struct ql_value ql_ck_model_ref(struct ql_check *ck, const struct ql_expr *e)
{
	struct ql_model *m = ck->m;
	const char *name = e->module ? ql_arena_printf(&ck->scratch, "%s.%s", e->module, e->name) : e->name;
	for (int i = 0; i < e->n_sub; i++)
		name = ql_arena_printf(&ck->scratch, "%s%s%s%s", name, i ? "," : "[", e->sub[i].name ? e->sub[i].name : "*",
				       i == e->n_sub - 1 ? "]" : "");
	struct ql_value v = {ql_const(&m->dag, 1), QL_UNIT_ANY, false};
	int q = ql_model_find(m, name);
	if (q < 0) {
		struct ql_diag *d = ql_ck_error(ck, QL_E0201, e->span, "unknown name `%s`", name);
		const char *near = ql_model_suggest(m, name, 1u << QL_PARAM | 1u << QL_COVARIATE | 1u << QL_AGENT | 1u << QL_LET);
		if (near)
			ql_diag_help(d, "did you mean `%s`?", near);
	} else if (m->q[q].kind == QL_STATE || m->q[q].kind == QL_INPUT) {
		ql_ck_error(ck, QL_E0209, e->span, "`%s` changes during a run; a constant of the patient is needed", name);
	} else {
		v.node = m->q[q].kind == QL_PARAM ? m->q[q].realised : m->q[q].sym;
	}
	return v;
}

struct expression_job {
	struct ql_check ck;
	const char *text;
	struct ql_span span;
	ql_node *out;
};

static enum quell_status expression(void *arg)
{
	struct expression_job *j = arg;
	struct ql_check *ck = &j->ck;
	int errors = ck->ds->n_errors;
	struct ql_expr *e = ql_parse_expression(&ck->parser, ck->a, j->span, j->text, ck->ds);
	if (!e)
		return QUELL_ERR_INPUT;
	struct ql_value v = ql_ck_eval(ck, e);
	if (ck->ds->n_errors > errors)
		return QUELL_ERR_INPUT;
	*j->out = v.node;
	return QUELL_OK;
}

enum quell_status ql_model_expression(struct ql_model *m, const char *text, struct ql_span span, struct ql_diags *ds, ql_node *out)
{
	struct expression_job j = {.text = text, .span = span, .out = out};
	j.ck.m = m;
	j.ck.ds = ds;
	j.ck.a = &m->arena;
	j.ck.fuel = QL_FUEL;
	*out = QL_NO_NODE;
	enum quell_status s = ql_protect(expression, &j);
	free_check(&j.ck);
	return s;
}
