/* SPDX-License-Identifier: Apache-2.0 */
/* Index variables: bindings, elements, and the visit of every element that a piece defines. */
#include "lang/check.h"
#include <string.h>

bool ql_ck_burn(struct ql_check *ck)
{
	if (ck->stop)
		return false;
	if (--ck->fuel > 0 && ck->m->dag.n < QL_MAX_TERMS)
		return true;
	struct ql_diag *d = ql_ck_error(ck, QL_E0210, (struct ql_span){ck->m->name, 0, 0, 0},
					"the model is too large after its index sets are expanded");
	ql_diag_help(d, "check the sizes of the index sets and the nesting of sums");
	ck->stop = true;
	return false;
}

const struct ql_binding *ql_ck_bound(const struct ql_check *ck, const char *name)
{
	for (int i = ck->n_bind - 1; i >= 0; i--)
		if (strcmp(ck->bind[i].name, name) == 0)
			return &ck->bind[i];
	return NULL;
}

bool ql_ck_bind(struct ql_check *ck, const char *name, int set, int slot)
{
	if (ck->n_bind == QL_MAX_BINDINGS)
		return false;
	ck->bind[ck->n_bind++] = (struct ql_binding){name, set, ck->set[set].pos[slot]};
	return true;
}

const char *ql_ck_bindings_text(struct ql_check *ck)
{
	if (!ck->n_bind)
		return NULL;
	const char *text = "";
	for (int i = 0; i < ck->n_bind && i < 6; i++) {
		const struct ql_binding *b = &ck->bind[i];
		const struct ql_index_set *root = &ck->set[ck->set[b->set].root];
		text = ql_arena_printf(&ck->scratch, "%s%s%s = %s", text, i ? ", " : "", b->name, root->elem[b->pos]);
	}
	return text;
}

const char *ql_ck_element_name(struct ql_check *ck, const struct ql_entity *e, int elem, bool full)
{
	const char *name = full ? e->full : e->name;
	if (e->n_dim <= 0)
		return name;
	const char *text = ql_arena_printf(&ck->scratch, "%s[", name);
	for (int i = 0; i < e->n_dim; i++) {
		const struct ql_index_set *x = &ck->set[e->dim[i]];
		text = ql_arena_printf(i == e->n_dim - 1 ? ck->a : &ck->scratch, "%s%s%s%s", text, i ? "," : "",
				       x->elem[elem / e->stride[i] % x->n], i == e->n_dim - 1 ? "]" : "");
	}
	return text;
}

static void note_bindings(struct ql_check *ck, struct ql_diag *d)
{
	const char *where = ql_ck_bindings_text(ck);
	if (where)
		ql_diag_note(d, (struct ql_span){0}, "this happens where %s", where);
}

static void help_elements(struct ql_check *ck, const struct ql_index_set *x, struct ql_diag *d)
{
	const char *list = "";
	for (int i = 0; i < x->n && i < 12; i++)
		list = ql_arena_printf(&ck->scratch, "%s%s%s", list, i ? ", " : "", x->elem[i]);
	ql_diag_help(d, "its elements are %s%s", list, x->n > 12 ? ", ..." : "");
}

/* Element of set x that a bracket means, -1 after a report. */
static int slot_of_sub(struct ql_check *ck, const struct ql_entity *e, const struct ql_index_set *x, const struct ql_sub *sub)
{
	const struct ql_binding *b = sub->name && !sub->in ? ql_ck_bound(ck, sub->name) : NULL;
	if (b && ck->set[b->set].root == x->root) {
		int slot = x->slot[b->pos];
		if (slot < 0) {
			const char *elem = ck->set[x->root].elem[b->pos];
			struct ql_diag *d = ql_ck_error(ck, QL_E0206, sub->span, "`%s` has no element `%s`", e->full, elem);
			note_bindings(ck, d);
			ql_diag_help(d, "`%s` runs over `%s`; guard it with `if %s in %s then ... else ...`", e->name, x->name,
				     sub->name, x->name);
		}
		return slot;
	}
	int slot = sub->name && !sub->in ? ql_map_get(&x->at, sub->name) : -1;
	if (slot >= 0)
		return slot;
	struct ql_diag *d;
	if (b) {
		d = ql_ck_error(ck, QL_E0206, sub->span, "`%s` runs over `%s`, but `%s` is indexed by `%s`", sub->name,
				ck->set[b->set].name, e->full, x->name);
	} else if (!sub->name || sub->in) {
		d = ql_ck_error(ck, QL_E0206, sub->span, "one element is needed here");
		ql_diag_help(d, "use sum(i in %s : ...) to take all", x->name);
	} else {
		d = ql_ck_error(ck, QL_E0206, sub->span, "`%s` is not an element of `%s`", sub->name, x->name);
		const char *near = ql_suggest(sub->name, x->elem, x->n);
		if (near)
			ql_diag_help(d, "did you mean `%s`?", near);
		else
			help_elements(ck, x, d);
	}
	return -1;
}

int ql_ck_element(struct ql_check *ck, const struct ql_entity *e, const struct ql_sub *sub, int n, struct ql_span span)
{
	if (e->n_dim < 0 || !e->defined)
		return -1;
	if (n != e->n_dim) {
		struct ql_diag *d = ql_ck_error(ck, QL_E0206, span, "`%s` has %d %s, %d given", e->full, e->n_dim,
						e->n_dim == 1 ? "index" : "indices", n);
		ql_diag_note(d, e->decl->span, "it is declared here");
		if (e->n_dim == 1)
			ql_diag_help(d, "write `%s[...]` with an element of `%s`", e->name, ck->set[e->dim[0]].name);
		else if (e->n_dim == 0)
			ql_diag_help(d, "write `%s` without brackets", e->name);
		return -1;
	}
	int elem = 0;
	for (int i = 0; i < n; i++) {
		int slot = slot_of_sub(ck, e, &ck->set[e->dim[i]], &sub[i]);
		if (slot < 0)
			return -1;
		elem += slot * e->stride[i];
	}
	return elem;
}

/* ---- the visit: one step per variable or condition around the piece, outermost first ---- */

struct step {
	const char *name; /* variable, or NULL */
	int set;
	const struct ql_expr *condition;
	bool negate;
};

struct walk {
	struct step step[QL_MAX_BINDINGS + QL_MAX_BLOCKS];
	int n;
	const struct ql_piece *piece;
	struct ql_entity *e;
	ql_visit visit;
	struct ql_sub target[QL_MAX_DIMS]; /* the brackets with implied variables named */
};

enum { MAX_STEPS = QL_MAX_BINDINGS + QL_MAX_BLOCKS };

static bool add_variable(struct ql_check *ck, struct walk *w, const char *name, int set)
{
	if (set < 0 || w->n == MAX_STEPS) {
		if (set >= 0)
			ql_ck_error(ck, QL_E0106, w->piece->s->span, "too many index variables around this definition");
		return false;
	}
	w->step[w->n++] = (struct step){.name = name, .set = set};
	return true;
}

static bool add_block(struct ql_check *ck, struct walk *w, const struct ql_block *b)
{
	if (b->up && !add_block(ck, w, b->up))
		return false;
	if (b->s->kind == QL_S_IF) {
		if (w->n == MAX_STEPS || !b->s->n_value)
			return false;
		w->step[w->n++] = (struct step){.condition = b->s->value[0], .negate = b->otherwise};
		return true;
	}
	for (int i = 0; i < b->s->n_sub; i++) {
		const struct ql_sub *v = &b->s->sub[i];
		if (!add_variable(ck, w, v->name, ql_ck_set(ck, v->module, v->in, v->span)))
			return false;
	}
	return true;
}

static bool is_step(const struct walk *w, const char *name)
{
	for (int i = 0; i < w->n; i++)
		if (w->step[i].name && strcmp(w->step[i].name, name) == 0)
			return true;
	return false;
}

/* `[t in tissue]` and `[tissue]` bind a variable; `[t]` of a `for` and `[node]` do not. */
static bool add_brackets(struct ql_check *ck, struct walk *w)
{
	const struct ql_stmt *s = w->piece->s;
	for (int i = 0; i < s->n_sub && i < QL_MAX_DIMS; i++) {
		const struct ql_sub *sub = &s->sub[i];
		w->target[i] = *sub;
		w->target[i].in = NULL;
		int set = -1;
		if (sub->in)
			set = ql_ck_set(ck, sub->module, sub->in, sub->span);
		else if (sub->name && !is_step(w, sub->name))
			set = ql_ck_find_set(ck, NULL, sub->name);
		else
			continue;
		if (set < 0 && !sub->in)
			continue; /* an element; looked up when visited */
		if (!add_variable(ck, w, sub->name, set))
			return false;
	}
	return true;
}

static void run_step(struct ql_check *ck, struct walk *w, int k)
{
	if (!ql_ck_burn(ck))
		return;
	if (k == w->n) {
		int elem = 0;
		if (w->e) {
			elem = ql_ck_element(ck, w->e, w->target, w->piece->s->n_sub, w->piece->s->span);
			if (elem < 0)
				return;
		}
		w->visit(ck, w->piece, w->e, elem);
		return;
	}
	const struct step *st = &w->step[k];
	if (st->condition) {
		struct ql_value v = ql_ck_eval(ck, st->condition);
		double x = 0;
		if (!v.fixed || !ql_is_const(&ck->m->dag, v.node, &x)) {
			struct ql_diag *d =
				ql_ck_error(ck, QL_E0223, st->condition->span, "this condition is not decided when the model is read");
			ql_diag_help(d, "write `if condition then a else b` inside the equation instead");
		} else if ((x != 0) != st->negate) {
			run_step(ck, w, k + 1);
		}
		return;
	}
	int n = ck->set[st->set].n;
	for (int i = 0; i < n && !ck->stop; i++) {
		if (!ql_ck_bind(ck, st->name, st->set, i)) {
			ql_ck_error(ck, QL_E0106, w->piece->s->span, "too many index variables around this definition");
			return;
		}
		run_step(ck, w, k + 1);
		ck->n_bind--;
	}
}

void ql_ck_expand(struct ql_check *ck, const struct ql_piece *piece, struct ql_entity *e, ql_visit visit)
{
	struct walk work, *w = &work;
	int here = ck->here, bound = ck->n_bind;
	ck->here = piece->inst;
	w->n = 0;
	w->piece = piece;
	w->e = e;
	w->visit = visit;
	bool ok = piece->s->n_sub <= QL_MAX_DIMS && (!piece->in || add_block(ck, w, piece->in)) && add_brackets(ck, w);
	if (ok)
		run_step(ck, w, 0);
	ck->n_bind = bound;
	ck->here = here;
}
