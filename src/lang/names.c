/* SPDX-License-Identifier: Apache-2.0 */
/* Instances, index sets and declarations: what names stand for. */
#include "lang/check.h"
#include "base/io.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

struct ql_diag *ql_ck_error(struct ql_check *ck, enum ql_code code, struct ql_span span, const char *fmt, ...)
{
	char key[QL_NAME_BUFFER];
	snprintf(key, sizeof key, "%d:%d:%d:%.500s", (int)code, span.line, span.col, span.file ? span.file : "");
	bool error = code != QL_E0217 && code != QL_E0220;
	if (ql_map_get(&ck->said, key) >= 0 || (error && ck->n_errors >= QL_MAX_ERRORS)) {
		if (++ck->n_muted > QL_MAX_MUTED || ck->n_errors >= QL_MAX_ERRORS)
			ck->stop = true;
		ck->mute = (struct ql_diag){.arena = &ck->scratch};
		return &ck->mute;
	}
	ql_map_set(&ck->said, ql_arena_strdup(&ck->scratch, key), 1);
	va_list ap;
	va_start(ap, fmt);
	char *text = ql_arena_vprintf(&ck->scratch, fmt, ap);
	va_end(ap);
	ck->n_errors += error;
	return ql_diag_add(ck->ds, code, span, "%s", text);
}

/* ---- keys: one map, one letter per kind of name ---- */

static int get_name(const struct ql_check *ck, char kind, int inst, const char *name)
{
	char key[QL_NAME_BUFFER];
	snprintf(key, sizeof key, "%c%d:%s", kind, inst, name);
	return ql_map_get(&ck->names, key);
}

static void set_name(struct ql_check *ck, char kind, int inst, const char *name, int value)
{
	ql_map_set(&ck->names, ql_arena_printf(&ck->scratch, "%c%d:%s", kind, inst, name), value);
}

int ql_ck_instance(const struct ql_check *ck, const char *name) { return get_name(ck, 'm', 0, name); }

struct ql_entity *ql_ck_find(struct ql_check *ck, int inst, const char *name)
{
	int i = get_name(ck, 'e', inst, name);
	return i < 0 ? NULL : ck->entity[i];
}

struct ql_dose_entry *ql_ck_dose(struct ql_check *ck, int inst, const char *name)
{
	int i = get_name(ck, 'd', inst, name);
	return i < 0 ? NULL : &ck->dose[i];
}

bool ql_ck_sees(const struct ql_check *ck, int inst, int other)
{
	if (inst == other || ck->inst[inst].uses_all)
		return true;
	for (int i = 0; i < ck->inst[inst].n_uses; i++)
		if (ck->inst[inst].uses[i] == other)
			return true;
	return false;
}

/* A name without module: one's own, else a covariate of the modules in use if only one has it. */
static struct ql_entity *find_bare(struct ql_check *ck, const char *name)
{
	struct ql_entity *e = ql_ck_find(ck, ck->here, name), *found = NULL;
	if (e)
		return e;
	for (int i = 0; i < ck->n_inst; i++) {
		e = i != ck->here && ql_ck_sees(ck, ck->here, i) ? ql_ck_find(ck, i, name) : NULL;
		if (!e || e->role != QL_ROLE_COVARIATE)
			continue;
		if (found)
			return NULL;
		found = e;
	}
	return found;
}

struct ql_entity *ql_ck_lookup(struct ql_check *ck, const char *module, const char *name)
{
	if (!module)
		return find_bare(ck, name);
	int i = ql_ck_instance(ck, module);
	return i >= 0 && ql_ck_sees(ck, ck->here, i) ? ql_ck_find(ck, i, name) : NULL;
}

static void suggest_entity(struct ql_check *ck, int inst, const char *name, struct ql_diag *d)
{
	const char **word = QL_NEW_N(&ck->scratch, const char *, (size_t)ck->n_entity + 1);
	int n = 0;
	for (int i = 0; i < ck->n_entity; i++)
		if (ck->entity[i]->inst == inst)
			word[n++] = ck->entity[i]->name;
	const char *near = ql_suggest(name, word, n);
	for (int i = 0; i < ck->n_inst; i++) {
		struct ql_entity *e = i != inst ? ql_ck_find(ck, i, name) : NULL;
		if (!e)
			continue;
		if (ql_ck_sees(ck, ck->here, i))
			ql_diag_help(d, "write `%s`; names of other modules carry their module", e->full);
		else
			ql_diag_help(d, "`%s` exists; list `%s` after `uses` and write it with its module", e->full, ck->inst[i].name);
		return;
	}
	double factor;
	if (ck->units_on && ql_unit_convert(name, name, &factor))
		ql_diag_help(d, "`%s` is a unit; put the whole unit behind its number in parentheses, as in `x/(0.1 (mg/L))`", name);
	else if (near)
		ql_diag_help(d, "did you mean `%s`?", near);
	else
		ql_diag_help(d, "declare it with param, covariate, let, state, ...");
}

static void report_module(struct ql_check *ck, const char *module, struct ql_span span)
{
	const struct ql_text *here = ck->inst[ck->here].text;
	for (int i = 0; i < here->n_stmt && here->role == QL_TEXT_MODEL; i++) { /* `use` failed and said so */
		const struct ql_stmt *s = here->stmt[i];
		if (s->kind == QL_S_USE && strcmp(s->target ? s->target : s->name ? s->name : "", module) == 0)
			return;
	}
	for (int i = 0; i < here->n_uses; i++) /* its absence is reported where it stands after `uses` */
		if (strcmp(here->uses[i], module) == 0)
			return;
	const char *word[QL_MAX_INSTANCES];
	for (int i = 0; i < ck->n_inst; i++)
		word[i] = ck->inst[i].name;
	const char *near = ql_suggest(module, word, ck->n_inst);
	struct ql_diag *d = ql_ck_error(ck, QL_E0211, span, "no module is bound as `%s`", module);
	if (near && *near)
		ql_diag_help(d, "did you mean `%s`?", near);
	else
		ql_diag_help(d, "bind it in the model: `use FILE as %s`", module);
}

struct ql_entity *ql_ck_resolve(struct ql_check *ck, const char *module, const char *name, struct ql_span span)
{
	struct ql_entity *e = ql_ck_lookup(ck, module, name);
	if (e)
		return e;
	int i = module ? ql_ck_instance(ck, module) : ck->here;
	if (i < 0) {
		report_module(ck, module, span);
	} else if (!ql_ck_sees(ck, ck->here, i)) {
		struct ql_diag *d = ql_ck_error(ck, QL_E0211, span, "this module does not use `%s`", module);
		ql_diag_help(d, "add `%s` after `uses` in the first line of the file", module);
	} else {
		const char *full = module ? ql_arena_printf(&ck->scratch, "%s.%s", module, name) : name;
		struct ql_diag *d = ql_ck_error(ck, QL_E0201, span, "unknown name `%s`", full);
		suggest_entity(ck, i, name, d);
	}
	return NULL;
}

/* An index: one's own, else that of the modules in use if only one has the name. -2: several. */
int ql_ck_find_set(struct ql_check *ck, const char *module, const char *name)
{
	if (module) {
		int i = ql_ck_instance(ck, module);
		return i >= 0 && ql_ck_sees(ck, ck->here, i) ? get_name(ck, 'i', i, name) : -1;
	}
	int found = get_name(ck, 'i', ck->here, name);
	for (int i = 0, own = found >= 0; !own && i < ck->n_inst; i++) {
		int other = i != ck->here && ql_ck_sees(ck, ck->here, i) ? get_name(ck, 'i', i, name) : -1;
		if (other >= 0 && found >= 0)
			return -2;
		found = other >= 0 ? other : found;
	}
	return found;
}

int ql_ck_set(struct ql_check *ck, const char *module, const char *name, struct ql_span span)
{
	int set = ql_ck_find_set(ck, module, name);
	if (set >= 0)
		return set;
	struct ql_diag *d = set == -2 ? ql_ck_error(ck, QL_E0206, span, "several modules have an index `%s`", name)
				      : ql_ck_error(ck, QL_E0201, span, "unknown index `%s`", name);
	const char **word = QL_NEW_N(&ck->scratch, const char *, (size_t)ck->n_set + 1);
	for (int i = 0; i < ck->n_set; i++)
		word[i] = ck->set[i].name;
	const char *near = ql_suggest(name, word, ck->n_set);
	if (set == -2)
		ql_diag_help(d, "write it with its module, `module.%s`", name);
	else if (near)
		ql_diag_help(d, "did you mean `%s`?", near);
	else
		ql_diag_help(d, "declare it: `index %s = first, second`", name);
	return -1;
}

int ql_ck_unit(struct ql_check *ck, const struct ql_unit_ref *ref)
{
	const struct ql_unit_factor *bad;
	if (!ref || !ck->units_on)
		return QL_UNIT_ANY;
	int u = ql_units_of(&ck->us, ref, &bad);
	if (u >= 0)
		return u;
	if (!bad->name) {
		ql_ck_error(ck, QL_E0204, bad->span, "a factor of a unit must be a positive number");
		return QL_UNIT_ANY;
	}
	struct ql_diag *d = ql_ck_error(ck, QL_E0204, bad->span, "unknown unit `%s`", bad->name);
	const char *near = ql_units_suggest(&ck->us, bad->name);
	if (near)
		ql_diag_help(d, "did you mean `%s`?", near);
	else
		ql_diag_help(d, "declare a unit of your own with `unit %s`", bad->name);
	return QL_UNIT_ANY;
}

/* ---- index sets ---- */

static void declared_twice(struct ql_check *ck, const char *name, struct ql_span span, struct ql_span before)
{
	struct ql_diag *d = ql_ck_error(ck, QL_E0202, span, "`%s` is declared twice", name);
	ql_diag_note(d, before, "the first declaration is here");
	ql_diag_help(d, "rename one of them");
}

static bool fill_subset(struct ql_check *ck, const struct ql_stmt *s, struct ql_index_set *x, const struct ql_index_set *parent)
{
	bool ok = true;
	for (int i = 0; i < s->n_word; i++) {
		int at = ql_map_get(&parent->at, s->word[i]);
		if (at < 0) {
			struct ql_diag *d = ql_ck_error(ck, QL_E0206, s->word_span[i], "`%s` is not an element of `%s`", s->word[i],
							parent->name);
			const char *near = ql_suggest(s->word[i], parent->elem, parent->n);
			if (near)
				ql_diag_help(d, "did you mean `%s`?", near);
			ok = false;
			continue;
		}
		x->pos[i] = parent->pos[at];
	}
	return ok;
}

static void declare_set(struct ql_check *ck, int inst, const struct ql_stmt *s)
{
	ck->here = inst;
	int before = get_name(ck, 'i', inst, s->name);
	if (before >= 0) {
		declared_twice(ck, s->name, s->span, ck->set[before].span);
		return;
	}
	int parent = -1;
	if (s->parent && (parent = ql_ck_set(ck, s->module, s->parent, s->target_span)) < 0)
		return;
	QL_GROW(ck->set, ck->n_set, ck->cap_set);
	int id = ck->n_set;
	int root = parent >= 0 ? ck->set[parent].root : id;
	struct ql_index_set x = {.name = s->name, .inst = inst, .root = root, .n = s->n_word, .elem = s->word, .span = s->span};
	x.pos = QL_NEW_N(ck->a, int, (size_t)x.n);
	for (int i = 0; i < x.n; i++)
		x.pos[i] = i;
	bool ok = parent < 0 || fill_subset(ck, s, &x, &ck->set[parent]);
	int n_root = parent >= 0 ? ck->set[root].n : x.n;
	x.slot = QL_NEW_N(ck->a, int, (size_t)n_root);
	for (int i = 0; i < n_root; i++)
		x.slot[i] = -1;
	ck->set[ck->n_set++] = x;
	struct ql_index_set *kept = &ck->set[id];
	for (int i = 0; i < x.n; i++) {
		if (ql_map_get(&kept->at, s->word[i]) >= 0) {
			ql_ck_error(ck, QL_E0202, s->word_span[i], "`%s` is listed twice", s->word[i]);
			ok = false;
		}
		ql_map_set(&kept->at, s->word[i], i);
		kept->slot[x.pos[i]] = i;
	}
	set_name(ck, 'i', inst, s->name, id);
	ck->stop = ck->stop || !ok;
}

/* ---- declarations ---- */

static const char *full_name(struct ql_check *ck, int inst, const char *name)
{
	const char *module = ck->inst[inst].name;
	return *module ? ql_arena_printf(ck->a, "%s.%s", module, name) : name;
}

static struct ql_piece *new_piece(struct ql_check *ck, int inst, const struct ql_stmt *s, const struct ql_block *in)
{
	struct ql_piece *p = QL_NEW(&ck->scratch, struct ql_piece);
	*p = (struct ql_piece){.s = s, .inst = inst, .in = in};
	return p;
}

static void append_piece(struct ql_piece **first, struct ql_piece **last, struct ql_piece *p)
{
	if (*last)
		(*last)->next = p;
	else
		*first = p;
	*last = p;
}

/* The set over which an enclosing `for` runs a variable, -1 if none does. */
static int set_of_variable(struct ql_check *ck, const struct ql_block *in, const char *name)
{
	for (; in; in = in->up)
		for (int i = 0; in->s->kind == QL_S_FOR && i < in->s->n_sub; i++)
			if (strcmp(in->s->sub[i].name, name) == 0)
				return ql_ck_set(ck, in->s->sub[i].module, in->s->sub[i].in, in->s->sub[i].span);
	return -1;
}

/* The root index that has an element of this name, one's own first. */
static int set_of_element(struct ql_check *ck, const char *name)
{
	int found = -1;
	for (int i = 0; i < ck->n_set; i++) {
		const struct ql_index_set *x = &ck->set[i];
		if (x->root != i || !ql_ck_sees(ck, ck->here, x->inst) || ql_map_get(&x->at, name) < 0)
			continue;
		if (x->inst == ck->here)
			return i;
		found = found < 0 ? i : found;
	}
	return found;
}

/* The index behind one bracket of a declaration. */
static int set_of_sub(struct ql_check *ck, const struct ql_block *in, const struct ql_sub *sub)
{
	if (sub->in)
		return ql_ck_set(ck, sub->module, sub->in, sub->span);
	if (!sub->name) {
		ql_ck_error(ck, QL_E0206, sub->span, "`*` cannot stand in a declaration");
		return -1;
	}
	int set = set_of_variable(ck, in, sub->name);
	if (set < 0)
		set = ql_ck_find_set(ck, NULL, sub->name);
	if (set < 0)
		set = set_of_element(ck, sub->name);
	return set >= 0 ? set : ql_ck_set(ck, NULL, sub->name, sub->span);
}

static bool set_dims(struct ql_check *ck, const struct ql_block *in, const struct ql_stmt *s, struct ql_entity *e)
{
	e->n_dim = s->n_sub;
	for (int i = 0; i < s->n_sub; i++)
		if ((e->dim[i] = set_of_sub(ck, in, &s->sub[i])) < 0)
			return false;
	return true;
}

/* Another `let` of the same name adds elements; the index widens to the root where sets differ. */
static bool merge_dims(struct ql_check *ck, const struct ql_block *in, const struct ql_stmt *s, struct ql_entity *e)
{
	struct ql_entity other = {0};
	if (s->n_sub != e->n_dim || (s->n_sub == 0 && !in)) {
		declared_twice(ck, e->full, s->span, e->decl->span);
		return false;
	}
	if (!set_dims(ck, in, s, &other))
		return false;
	for (int i = 0; i < e->n_dim; i++) {
		int root = ck->set[e->dim[i]].root;
		if (ck->set[other.dim[i]].root != root) {
			declared_twice(ck, e->full, s->span, e->decl->span);
			return false;
		}
		if (other.dim[i] != e->dim[i])
			e->dim[i] = root;
	}
	return true;
}

static int role_of(const struct ql_stmt *s)
{
	switch (s->kind) {
	case QL_S_PARAM: return QL_ROLE_PARAM;
	case QL_S_COVARIATE: return QL_ROLE_COVARIATE;
	case QL_S_COLUMN: return QL_ROLE_AGENT;
	case QL_S_INPUT: return QL_ROLE_INPUT;
	case QL_S_DRAW: return QL_ROLE_DRAW;
	case QL_S_LET: return QL_ROLE_LET;
	case QL_S_HANDLE: return QL_ROLE_HANDLE;
	case QL_S_STATE: return QL_ROLE_STATE;
	case QL_S_OUTPUT: return QL_ROLE_OUTPUT;
	default: return -1;
	}
}

static void declare_entity(struct ql_check *ck, int inst, const struct ql_stmt *s, const struct ql_block *in)
{
	ck->here = inst;
	struct ql_piece *piece = new_piece(ck, inst, s, in);
	struct ql_entity *e = ql_ck_find(ck, inst, s->name);
	enum ql_role role = (enum ql_role)role_of(s);
	if (e) {
		bool more = e->role == role && (role == QL_ROLE_LET || role == QL_ROLE_OUTPUT);
		if (s->bad || e->n_dim < 0)
			return;
		if (!more)
			declared_twice(ck, e->full, s->span, e->decl->span);
		else if (merge_dims(ck, in, s, e))
			append_piece(&e->piece, &e->last_piece, piece);
		return;
	}
	e = QL_NEW(&ck->scratch, struct ql_entity);
	*e = (struct ql_entity){.role = role, .inst = inst, .name = s->name, .full = full_name(ck, inst, s->name), .decl = s};
	if (s->bad || !set_dims(ck, in, s, e)) { /* keep the name known, so that its uses are not reported too */
		e->n_dim = -1;
		e->unit_known = true;
	}
	append_piece(&e->piece, &e->last_piece, piece);
	QL_GROW(ck->entity, ck->n_entity, ck->cap_entity);
	set_name(ck, 'e', inst, s->name, ck->n_entity);
	ck->entity[ck->n_entity++] = e;
}

static void declare_dose(struct ql_check *ck, int inst, const struct ql_stmt *s, const struct ql_block *in)
{
	struct ql_dose_entry *before = ql_ck_dose(ck, inst, s->name);
	if (before) {
		declared_twice(ck, s->name, s->span, before->piece->s->span);
		return;
	}
	if (s->n_sub || in) {
		ql_ck_error(ck, QL_E0206, s->span, "a dose has no index and stands outside of blocks");
		return;
	}
	QL_GROW(ck->dose, ck->n_dose, ck->cap_dose);
	set_name(ck, 'd', inst, s->name, ck->n_dose);
	ck->dose[ck->n_dose++] = (struct ql_dose_entry){
		.piece = new_piece(ck, inst, s, in), .name = s->name, .full = full_name(ck, inst, s->name), .dose = -1};
}

/* Rates and contributions go to what they define; it may be declared anywhere. */
static void attach(struct ql_check *ck, int inst, const struct ql_stmt *s, const struct ql_block *in)
{
	ck->here = inst;
	struct ql_entity *e = ql_ck_resolve(ck, s->module, s->name, s->span);
	if (!e)
		return;
	struct ql_diag *d;
	if (s->kind == QL_S_DDT) {
		if (e->role == QL_ROLE_STATE && e->inst == inst) {
			e->rate_bad = e->rate_bad || s->bad;
			if (!s->bad)
				append_piece(&e->rate, &e->last_rate, new_piece(ck, inst, s, in));
			return;
		}
		d = ql_ck_error(ck, QL_E0221, s->span, "`%s` is not a state of this module", s->name);
		ql_diag_note(d, e->decl->span, "it is declared here");
		ql_diag_help(d, "declare it: `state %s : unit = initial value`", s->name);
		return;
	}
	if (e->role != QL_ROLE_HANDLE) {
		d = ql_ck_error(ck, QL_E0214, s->span, "`%s` is not a handle", e->full);
		ql_diag_note(d, e->decl->span, "it is declared here");
		ql_diag_help(d, "only handles can be added to; the owner declares `handle %s : unit = sum`", e->name);
		return;
	}
	if (e->decl->is_product != s->is_product) {
		d = ql_ck_error(ck, QL_E0214, s->span, "`%s` is a %s", e->full, e->decl->is_product ? "product" : "sum");
		ql_diag_help(d, "write `%s`", e->decl->is_product ? "*=" : "+=");
		return;
	}
	append_piece(&e->piece, &e->last_piece, new_piece(ck, inst, s, in));
}

static void unit_not_declared(struct ql_check *ck, const struct ql_stmt *s)
{
	const int most = QL_UNIT_BASES - QL_UNIT_OWN;
	struct ql_diag *d = ql_ck_error(ck, QL_E0202, s->span, "`%s` cannot be declared as a unit", s->name);
	if (!s->unit && ck->us.n_own == most)
		ql_diag_help(d, "a model has at most %d base units of its own; define this one by another: `unit NAME = UNIT`", most);
	else
		ql_diag_help(d, "it is a unit already; leave the declaration out, or choose another name");
}

static void declare_unit(struct ql_check *ck, int inst, const struct ql_stmt *s)
{
	ck->here = inst;
	int as = s->unit ? ql_ck_unit(ck, s->unit) : -1;
	if (as == QL_UNIT_ANY)
		return;
	if (!ql_units_declare(&ck->us, s->name, as >= 0 ? &ck->us.unit[as] : NULL))
		unit_not_declared(ck, s);
}

enum pass { PASS_UNITS, PASS_SETS, PASS_SUBSETS, PASS_ENTITIES, PASS_PIECES };

static void declare_one(struct ql_check *ck, enum pass pass, int inst, const struct ql_stmt *s, const struct ql_block *in)
{
	if (s->bad && role_of(s) < 0 && s->kind != QL_S_DDT)
		return;
	if (pass == PASS_UNITS && s->kind == QL_S_UNIT)
		declare_unit(ck, inst, s);
	if (s->kind == QL_S_INDEX && pass == (s->parent ? PASS_SUBSETS : PASS_SETS)) {
		if (in)
			ql_ck_error(ck, QL_E0101, s->span, "an index is declared outside of blocks");
		else
			declare_set(ck, inst, s);
	}
	if (pass == PASS_ENTITIES && role_of(s) >= 0)
		declare_entity(ck, inst, s, in);
	if (pass == PASS_ENTITIES && s->kind == QL_S_DOSE)
		declare_dose(ck, inst, s, in);
	if (pass == PASS_PIECES && (s->kind == QL_S_DDT || s->kind == QL_S_ADD))
		attach(ck, inst, s, in);
	if (pass == PASS_PIECES && s->kind == QL_S_WHEN) {
		QL_GROW(ck->when, ck->n_when, ck->cap_when);
		ck->when[ck->n_when++] = new_piece(ck, inst, s, in);
	}
	if (pass == PASS_PIECES && s->kind == QL_S_PROPERTY) {
		/* a dose, or in a text without doses a state */
		QL_GROW(ck->property, ck->n_property, ck->cap_property);
		ck->property[ck->n_property++] = new_piece(ck, inst, s, in);
	}
	if (pass == PASS_PIECES && (s->kind == QL_S_USE || s->kind == QL_S_KERNEL) && ck->inst[inst].text->role != QL_TEXT_MODEL)
		ql_diag_help(ql_ck_error(ck, QL_E0109, s->span, "`%s` belongs into a file that starts with `model`",
					 s->kind == QL_S_USE ? "use" : "kernel"),
			     "begin the file with `model NAME \"what it is\"`");
}

static void declare_lines(struct ql_check *ck, enum pass pass, int inst, struct ql_stmt **list, int n, const struct ql_block *in)
{
	for (int i = 0; i < n && !ck->stop; i++) {
		const struct ql_stmt *s = list[i];
		declare_one(ck, pass, inst, s, in);
		if (s->kind == QL_S_AGENT)
			declare_lines(ck, pass, inst, s->body, s->n_body, in);
		if (s->kind != QL_S_FOR && s->kind != QL_S_IF)
			continue;
		struct ql_block *block = QL_NEW_N(&ck->scratch, struct ql_block, 2);
		block[0] = (struct ql_block){in, s, false};
		block[1] = (struct ql_block){in, s, true};
		declare_lines(ck, pass, inst, s->body, s->n_body, &block[0]);
		declare_lines(ck, pass, inst, s->otherwise, s->n_otherwise, &block[1]);
	}
}

/* ---- sizes, and who defines which element ---- */

static bool size_entity(struct ql_check *ck, struct ql_entity *e, long *total)
{
	long n = 1;
	if (e->n_dim < 0)
		return false;
	for (int i = e->n_dim - 1; i >= 0 && n <= QL_MAX_QUANTITIES; i--) {
		e->stride[i] = (int)n;
		n *= ck->set[e->dim[i]].n;
	}
	*total += n;
	if (*total > QL_MAX_QUANTITIES) {
		struct ql_diag *d = ql_ck_error(ck, QL_E0210, e->decl->span, "`%s` makes more than %d quantities", e->full,
						QL_MAX_QUANTITIES);
		ql_diag_help(d, "check the sizes of its index sets");
		ck->stop = true;
		return false;
	}
	e->n_elem = (int)n;
	e->defined = QL_NEW_N(&ck->scratch, const struct ql_piece *, (size_t)n);
	e->rated = QL_NEW_N(&ck->scratch, const struct ql_piece *, (size_t)n);
	e->q = QL_NEW_N(&ck->scratch, int, (size_t)n);
	e->node = QL_NEW_N(&ck->scratch, ql_node, (size_t)n);
	for (int i = 0; i < e->n_elem; i++) {
		e->q[i] = -1;
		e->node[i] = QL_NO_NODE;
	}
	return true;
}

static void mark(struct ql_check *ck, const struct ql_piece *piece, struct ql_entity *e, int elem)
{
	const struct ql_piece **who = piece->s->kind == QL_S_DDT ? e->rated : e->defined;
	if (who[elem]) {
		struct ql_diag *d = ql_ck_error(ck, QL_E0202, piece->s->span, "`%s` is defined twice",
						ql_ck_element_name(ck, e, elem, true));
		ql_diag_note(d, who[elem]->s->span, "the other definition is here");
		if (piece->s == who[elem]->s)
			ql_diag_help(d, "the definition does not use every variable of the blocks around it");
		else
			ql_diag_help(d, "keep one of them");
		return;
	}
	who[elem] = piece;
}

static void mark_all(struct ql_check *ck)
{
	long total = 0;
	for (int i = 0; i < ck->n_entity && !ck->stop; i++) {
		struct ql_entity *e = ck->entity[i];
		if (!size_entity(ck, e, &total))
			continue;
		if (e->role == QL_ROLE_HANDLE) {
			for (int k = 0; k < e->n_elem; k++)
				e->defined[k] = e->piece;
			continue;
		}
		for (const struct ql_piece *p = e->piece; p && !ck->stop; p = p->next)
			ql_ck_expand(ck, p, e, mark);
		for (const struct ql_piece *p = e->rate; p && !ck->stop; p = p->next)
			ql_ck_expand(ck, p, e, mark);
	}
}

static void declare_units_of(struct ql_check *ck)
{
	for (int i = 0; i < ck->n_entity; i++) {
		struct ql_entity *e = ck->entity[i];
		ck->here = e->inst;
		if (e->unit_known)
			continue;
		const struct ql_stmt *s = e->decl;
		if (s->unit || !ck->units_on) {
			e->unit = ql_ck_unit(ck, s->unit);
			e->unit_known = true;
		} else if (e->role != QL_ROLE_LET && e->role != QL_ROLE_OUTPUT) {
			struct ql_diag *d = ql_ck_error(ck, QL_E0225, s->span, "`%s` has no unit", s->name);
			ql_diag_help(d, "write `%s : unit`, or `%s : 1` for a plain number", s->name, s->name);
			e->unit = QL_UNIT_ANY;
			e->unit_known = true;
		}
	}
}

void ql_ck_declare(struct ql_check *ck)
{
	for (int i = 0; i < ck->n_inst; i++)
		set_name(ck, 'm', 0, ck->inst[i].name, i);
	for (enum pass pass = PASS_UNITS; pass <= PASS_PIECES; pass++)
		for (int i = 0; i < ck->n_inst && !ck->stop; i++)
			declare_lines(ck, pass, i, ck->inst[i].text->stmt, ck->inst[i].text->n_stmt, NULL);
	declare_units_of(ck);
	mark_all(ck);
}
