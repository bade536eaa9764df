/* SPDX-License-Identifier: Apache-2.0 */
/* Quantities and their definitions: entities in order of dependence, then rates, doses and events. */
#include "lang/check.h"
#include <math.h>
#include <string.h>

int ql_ck_new_quantity(struct ql_check *ck, enum ql_kind kind, const char *name)
{
	struct ql_model *m = ck->m;
	QL_GROW(m->q, m->n_q, ck->cap_q);
	m->q[m->n_q] = ql_quantity_blank(kind, name);
	return m->n_q++;
}

static const enum ql_kind kind_of_role[] = {
	[QL_ROLE_PARAM] = QL_PARAM, [QL_ROLE_COVARIATE] = QL_COVARIATE, [QL_ROLE_AGENT] = QL_AGENT,
	[QL_ROLE_INPUT] = QL_INPUT, [QL_ROLE_DRAW] = QL_DRAW,		[QL_ROLE_LET] = QL_LET,
	[QL_ROLE_HANDLE] = QL_LET,  [QL_ROLE_STATE] = QL_STATE,		[QL_ROLE_OUTPUT] = QL_OUTPUT};

static const char *unit_text(struct ql_check *ck, const struct ql_entity *e)
{
	if (e->decl->unit)
		return e->decl->unit->text;
	return ck->units_on && e->unit_known ? ql_units_text(&ck->us, e->unit) : "";
}

/* The quantity of one element; its symbol is a leaf. */
static int entity_quantity(struct ql_check *ck, struct ql_entity *e, int elem)
{
	const struct ql_stmt *s = e->defined[elem] && e->role != QL_ROLE_HANDLE ? e->defined[elem]->s : e->decl;
	int i = ql_ck_new_quantity(ck, kind_of_role[e->role], ql_ck_element_name(ck, e, elem, true));
	struct ql_quantity *q = &ck->m->q[i];
	q->base = e->full;
	q->module = ck->inst[e->inst].name;
	q->unit = unit_text(ck, e);
	q->doc = s->doc ? s->doc : e->decl->doc ? e->decl->doc : "";
	q->cite = s->cite;
	q->n_cite = s->n_cite;
	q->grade = s->grade;
	q->span = s->span;
	q->lo = s->lo;
	q->hi = s->hi;
	q->allowed = s->allowed;
	q->n_allowed = s->n_allowed;
	q->integer_set = s->n_allowed > 0;
	q->atol = s->atol;
	q->is_quad = s->is_quad;
	q->sym = q->realised = ql_var(&ck->m->dag, i);
	e->q[elem] = i;
	return i;
}

static bool is_given(enum ql_role r) { return r == QL_ROLE_COVARIATE || r == QL_ROLE_AGENT || r == QL_ROLE_INPUT || r == QL_ROLE_STATE; }

/* What others may refer to before it is defined: leaves, and symbols of intermediates. */
static void create_leaves(struct ql_check *ck)
{
	for (int i = 0; i < ck->n_entity; i++) {
		struct ql_entity *e = ck->entity[i];
		if (!e->defined || e->role == QL_ROLE_PARAM || e->role == QL_ROLE_DRAW)
			continue;
		for (int k = 0; k < e->n_elem; k++) {
			if (!e->defined[k] && e->role != QL_ROLE_HANDLE)
				continue;
			entity_quantity(ck, e, k);
			if (is_given(e->role))
				e->node[k] = ck->m->q[e->q[k]].sym;
		}
	}
}

/* ---- values of parameters, covariates, inputs ---- */

static const struct ql_expr *value_for(struct ql_check *ck, const struct ql_piece *piece, const struct ql_entity *e, int elem)
{
	const struct ql_stmt *s = piece->s;
	if (s->n_value == 1)
		return s->value[0];
	if (s->n_value == e->n_elem && !piece->in && e->n_elem > 1)
		return s->value[elem];
	struct ql_diag *d = ql_ck_error(ck, QL_E0213, s->value[0]->span, "`%s` has %d element%s but %d values", e->full, e->n_elem,
					e->n_elem == 1 ? "" : "s", s->n_value);
	ql_diag_help(d, piece->in ? "inside `for` give one value"
				  : "give one value for all elements, or one for each in the order of the index");
	return NULL;
}

static void check_range(struct ql_check *ck, const struct ql_stmt *s, const struct ql_quantity *q)
{
	double x;
	if (s->lo > s->hi) {
		ql_diag_help(ql_ck_error(ck, QL_E0215, s->range_span, "the range is empty: %g is more than %g", s->lo, s->hi),
			     "write `in %g..%g`", s->hi, s->lo);
		return;
	}
	if (q->def == QL_NO_NODE || !ql_is_const(&ck->m->dag, q->def, &x) || isnan(x))
		return;
	bool inside = x >= s->lo && x <= s->hi;
	for (int i = 0; i < s->n_allowed; i++) {
		inside = s->allowed[i] == x;
		if (inside)
			break;
	}
	if (!inside)
		ql_diag_help(ql_ck_error(ck, QL_E0215, s->range_span, "the default %g is outside of its own range", x),
			     "correct the default or the range");
}

static void define_given(struct ql_check *ck, const struct ql_piece *piece, struct ql_entity *e, int elem)
{
	const struct ql_stmt *s = piece->s;
	int i = e->q[elem];
	if (i < 0 || e->defined[elem] != piece)
		return;
	ql_node def = ql_const(&ck->m->dag, NAN); /* a column of an agent row has no default */
	if (s->n_value) {
		const struct ql_expr *x = s->value[0];
		double number;
		def = ql_ck_eval_as(ck, x, e->unit, e->full, true);
		if (!ql_is_const(&ck->m->dag, def, &number)) {
			struct ql_diag *d = ql_ck_error(ck, QL_E0209, x->span, "the default of `%s` must be a number", e->full);
			ql_diag_help(d, "use a `let` for what is computed");
		}
	} else if (e->role != QL_ROLE_AGENT) {
		struct ql_diag *d = ql_ck_error(ck, QL_E0101, s->span, "`%s` needs a default", e->full);
		ql_diag_help(d, "write `= value` after the unit");
	}
	ck->m->q[i].def = def;
	check_range(ck, s, &ck->m->q[i]);
}

/* ---- spreads and draws ---- */

static int new_random(struct ql_check *ck, const char *stream, enum ql_draw law, const struct ql_stmt *s, const char *module)
{
	int i = ql_ck_new_quantity(ck, QL_RANDOM,
				   ql_arena_printf(ck->a, "%c(%s)", law == QL_DRAW_UNIFORM ? 'u' : 'z', stream));
	struct ql_quantity *q = &ck->m->q[i];
	q->unit = "1";
	q->doc = law == QL_DRAW_UNIFORM ? "uniform number behind it" : "standard normal behind it";
	q->module = module;
	q->span = s->span;
	q->stream = stream;
	q->draw = law;
	q->sym = q->realised = ql_var(&ck->m->dag, i);
	return i;
}

static ql_node combine_spread(struct ql_check *ck, const struct ql_stmt *s, const struct ql_entity *e, ql_node x, ql_node z)
{
	struct ql_dag *d = &ck->m->dag;
	bool plain = s->spread != QL_SPREAD_NORMAL && s->spread != QL_SPREAD_UNIFORM;
	int unit = plain && ck->units_on ? QL_UNIT_ONE : e->unit;
	ql_node a = ql_ck_eval_as(ck, s->spread_arg[0], unit, "the spread", true), one = ql_const(d, 1);
	ql_node shift = ql_op2(d, QL_OP_MUL, a, z);
	switch (s->spread) {
	case QL_SPREAD_LOGNORMAL_CV:
		a = ql_op1(d, QL_OP_SQRT, ql_op1(d, QL_OP_LOG, ql_op2(d, QL_OP_ADD, one, ql_op2(d, QL_OP_MUL, a, a))));
		return ql_op2(d, QL_OP_MUL, x, ql_op1(d, QL_OP_EXP, ql_op2(d, QL_OP_MUL, a, z)));
	case QL_SPREAD_LOGNORMAL: return ql_op2(d, QL_OP_MUL, x, ql_op1(d, QL_OP_EXP, shift));
	case QL_SPREAD_NORMAL: return ql_op2(d, QL_OP_ADD, x, shift);
	case QL_SPREAD_LOGITNORMAL: {
		ql_node logit = ql_op1(d, QL_OP_LOG, ql_op2(d, QL_OP_DIV, x, ql_op2(d, QL_OP_SUB, one, x)));
		ql_node moved = ql_op1(d, QL_OP_NEG, ql_op2(d, QL_OP_ADD, logit, shift));
		return ql_op2(d, QL_OP_DIV, one, ql_op2(d, QL_OP_ADD, one, ql_op1(d, QL_OP_EXP, moved)));
	}
	default: {
		ql_node b = ql_ck_eval_as(ck, s->spread_arg[1], unit, "the spread", true);
		return ql_op2(d, QL_OP_ADD, a, ql_op2(d, QL_OP_MUL, ql_op2(d, QL_OP_SUB, b, a), z));
	}
	}
}

static void define_spread(struct ql_check *ck, struct ql_entity *e, int elem, const struct ql_stmt *s)
{
	int i = e->q[elem], z = -1;
	enum ql_draw law = s->spread == QL_SPREAD_UNIFORM ? QL_DRAW_UNIFORM : QL_DRAW_NORMAL;
	const char *stream = s->common ? e->full : ck->m->q[i].name;
	for (int k = 0; s->common && k < elem && z < 0; k++)
		if (e->q[k] >= 0 && ck->m->q[e->q[k]].draw_random >= 0)
			z = ck->m->q[e->q[k]].draw_random;
	if (z < 0)
		z = new_random(ck, stream, law, s, ck->inst[e->inst].name);
	ck->m->q[i].spread_text = s->spread_text;
	ck->m->q[i].draw_random = z;
	ql_node realised = combine_spread(ck, s, e, ck->m->q[i].sym, ck->m->q[z].sym);
	ck->m->q[i].realised = realised;
}

static void warn_provenance(struct ql_check *ck, const struct ql_stmt *s, const struct ql_entity *e)
{
	bool needs_source = s->grade == QL_VERIFIED || s->grade == QL_RECALLED;
	if (s->grade != QL_GRADE_NONE && (!needs_source || s->n_cite) && s->doc)
		return;
	if (!ck->units_on || ck->ds->n_errors)
		return;
	struct ql_diag *d = ql_ck_error(ck, QL_E0217, s->span, "`%s` has no %s", e->full,
					!s->doc		       ? "meaning"
					: s->grade == QL_GRADE_NONE ? "grade"
								    : "source");
	ql_diag_help(d, !s->doc ? "add what it means in quotes"
			: s->grade == QL_GRADE_NONE
				? "add [verified], [derived], [recalled], [assumed] or [calibrated], and its sources in { }"
				: "add the key of its reference in { }");
}

static void define_param(struct ql_check *ck, const struct ql_piece *piece, struct ql_entity *e, int elem)
{
	const struct ql_stmt *s = piece->s;
	if (e->defined[elem] != piece)
		return;
	const struct ql_expr *x = value_for(ck, piece, e, elem);
	if (!x) {
		e->unit = QL_UNIT_ANY;
		return;
	}
	ql_node def = ql_ck_eval_as(ck, x, e->unit, e->full, true);
	int i = entity_quantity(ck, e, elem);
	ck->m->q[i].def = def;
	if (s->spread != QL_SPREAD_NONE)
		define_spread(ck, e, elem, s);
	e->node[elem] = ck->m->q[i].realised;
	warn_provenance(ck, s, e);
}

static ql_node draw_law(struct ql_check *ck, const struct ql_stmt *s, ql_node sym, ql_node u, ql_node a, ql_node b)
{
	struct ql_dag *d = &ck->m->dag;
	switch (s->draw) {
	case QL_DRAW_EXPONENTIAL: {
		ql_node tail = ql_op2(d, QL_OP_SUB, ql_const(d, 1), u);
		return ql_op1(d, QL_OP_NEG, ql_op2(d, QL_OP_MUL, a, ql_op1(d, QL_OP_LOG, tail)));
	}
	case QL_DRAW_UNIFORM: return ql_op2(d, QL_OP_ADD, a, ql_op2(d, QL_OP_MUL, ql_op2(d, QL_OP_SUB, b, a), u));
	case QL_DRAW_NORMAL: return ql_op2(d, QL_OP_ADD, a, ql_op2(d, QL_OP_MUL, b, u));
	default: return sym; /* poisson: computed from draw_mean */
	}
}

static void define_draw(struct ql_check *ck, const struct ql_piece *piece, struct ql_entity *e, int elem)
{
	const struct ql_stmt *s = piece->s;
	if (e->defined[elem] != piece)
		return;
	ql_node a = ql_ck_eval_as(ck, s->spread_arg[0], e->unit, e->full, true), b = QL_NO_NODE;
	if (s->spread_arg[1])
		b = ql_ck_eval_as(ck, s->spread_arg[1], e->unit, e->full, true);
	if (s->draw == QL_DRAW_POISSON && !ql_units_same(&ck->us, e->unit, QL_UNIT_ONE)) {
		struct ql_diag *d = ql_ck_error(ck, QL_E0205, s->span, "a count drawn from a Poisson law is a plain number");
		ql_diag_help(d, "write `%s : 1`, and multiply where a unit is needed", s->name);
	}
	int i = entity_quantity(ck, e, elem);
	int u = new_random(ck, ck->m->q[i].name, s->draw == QL_DRAW_NORMAL ? QL_DRAW_NORMAL : QL_DRAW_UNIFORM, s,
			   ck->inst[e->inst].name);
	struct ql_quantity *q = &ck->m->q[i];
	q->draw = s->draw;
	q->draw_random = u;
	q->spread_text = s->spread_text;
	q->draw_mean = s->draw == QL_DRAW_POISSON ? a : QL_NO_NODE;
	q->def = draw_law(ck, s, q->sym, ck->m->q[u].sym, a, b);
	e->node[elem] = q->sym;
}

/* ---- intermediates ---- */

static void define_let(struct ql_check *ck, const struct ql_piece *piece, struct ql_entity *e, int elem)
{
	if (e->defined[elem] != piece || e->q[elem] < 0)
		return;
	ql_node n;
	if (e->unit_known) {
		n = ql_ck_eval_as(ck, piece->s->value[0], e->unit, e->full, false);
	} else {
		struct ql_value v = ql_ck_eval(ck, piece->s->value[0]);
		e->unit = v.unit == QL_UNIT_ZERO ? QL_UNIT_ONE : v.unit;
		e->unit_known = true;
		n = v.node;
	}
	struct ql_quantity *q = &ck->m->q[e->q[elem]];
	q->unit = unit_text(ck, e);
	q->def = q->sym = q->realised = n;
	e->node[elem] = n;
}

static void add_contribution(struct ql_check *ck, const struct ql_piece *piece, struct ql_entity *e, int elem)
{
	bool product = e->decl->is_product;
	if (piece->s->kind != QL_S_ADD || !piece->s->n_value)
		return;
	int unit = product && ck->units_on ? QL_UNIT_ONE : e->unit;
	ql_node n = ql_ck_eval_as(ck, piece->s->value[0], unit, e->full, false);
	struct ql_quantity *q = &ck->m->q[e->q[elem]];
	q->def = ql_op2(&ck->m->dag, product ? QL_OP_MUL : QL_OP_ADD, q->def, n);
}

static void define_handle(struct ql_check *ck, struct ql_entity *e)
{
	if (e->decl->is_product && !ql_units_same(&ck->us, e->unit, QL_UNIT_ONE))
		ql_ck_error(ck, QL_E0205, e->decl->span, "a product handle is a plain number, `%s : 1`", e->name);
	for (int k = 0; k < e->n_elem; k++)
		ck->m->q[e->q[k]].def = ql_const(&ck->m->dag, e->decl->is_product);
	for (const struct ql_piece *p = e->piece; p && !ck->stop; p = p->next)
		if (p->s->kind == QL_S_ADD)
			ql_ck_expand(ck, p, e, add_contribution);
	for (int k = 0; k < e->n_elem; k++) {
		struct ql_quantity *q = &ck->m->q[e->q[k]];
		e->node[k] = q->sym = q->realised = q->def;
	}
}

static void define_entity(struct ql_check *ck, struct ql_entity *e)
{
	if (!e->defined || ck->stop)
		return;
	static const ql_visit visit[] = {
		[QL_ROLE_PARAM] = define_param, [QL_ROLE_COVARIATE] = define_given, [QL_ROLE_AGENT] = define_given,
		[QL_ROLE_INPUT] = define_given, [QL_ROLE_DRAW] = define_draw,	    [QL_ROLE_LET] = define_let,
		[QL_ROLE_OUTPUT] = define_let,	[QL_ROLE_STATE] = NULL,		    [QL_ROLE_HANDLE] = NULL};
	if (e->role == QL_ROLE_HANDLE)
		define_handle(ck, e);
	else if (visit[e->role])
		for (const struct ql_piece *p = e->piece; p && !ck->stop; p = p->next)
			ql_ck_expand(ck, p, e, visit[e->role]);
}

/* ---- order of dependence, from names in the syntax trees; an explicit stack, for chains may be long ---- */

struct needs {
	struct ql_entity **item;
	int n, cap;
};

static void add_need(struct ql_check *ck, struct needs *list, struct ql_entity *x)
{
	if (!x || x->color == 2 || is_given(x->role))
		return;
	if (list->n == list->cap) {
		int cap = list->cap ? 2 * list->cap : 16;
		struct ql_entity **more = QL_NEW_N(&ck->scratch, struct ql_entity *, (size_t)cap);
		if (list->n)
			memcpy(more, list->item, (size_t)list->n * sizeof *more);
		list->item = more;
		list->cap = cap;
	}
	list->item[list->n++] = x;
}

static void collect_needs(struct ql_check *ck, struct needs *list, const struct ql_expr *e)
{
	if (!e)
		return;
	if (e->kind == QL_X_REF && e->name)
		add_need(ck, list, ql_ck_lookup(ck, e->module, e->name));
	if (e->kind == QL_X_CALL && strcmp(e->name, "active") == 0)
		return;
	for (int i = 0; i < e->n_arg; i++)
		collect_needs(ck, list, e->arg[i]);
}

static struct needs needs_of(struct ql_check *ck, const struct ql_entity *e)
{
	struct needs list = {0};
	for (const struct ql_piece *p = e->piece; p; p = p->next) {
		ck->here = p->inst;
		for (int i = 0; i < p->s->n_value; i++)
			collect_needs(ck, &list, p->s->value[i]);
		for (int i = 0; i < 2; i++)
			collect_needs(ck, &list, p->s->spread_arg[i]);
	}
	return list;
}

struct frame {
	struct ql_entity *e;
	struct needs needs;
	int next;
};

/* The names on the way round, kept with each of them for messages. */
static void mark_cycle(struct ql_check *ck, struct frame *stack, int top, const struct ql_entity *again)
{
	int from = top;
	while (from > 0 && stack[from].e != again)
		from--;
	struct ql_cycle *c = QL_NEW(&ck->scratch, struct ql_cycle);
	c->n = top - from + 1 < 8 ? top - from + 1 : 8;
	for (int i = 0; i < c->n; i++)
		c->way[i] = stack[from + i].e;
	for (int i = from; i <= top; i++)
		stack[i].e->cycle = c;
}

/* Parameters and draws have no symbol before they are defined: a cycle through one is reported here. */
static bool report_cycle(struct ql_check *ck, struct frame *stack, int top, const struct ql_entity *again)
{
	int from = top;
	bool fatal = false;
	for (; from >= 0; from--) {
		fatal = fatal || stack[from].e->role == QL_ROLE_PARAM || stack[from].e->role == QL_ROLE_DRAW;
		if (stack[from].e == again)
			break;
	}
	if (!fatal)
		return false;
	struct ql_diag *d = ql_ck_error(ck, QL_E0207, again->decl->span, "`%s` depends on itself", again->full);
	for (int i = from + 1; i <= top && i < from + 9; i++)
		ql_diag_note(d, stack[i].e->decl->span, "through `%s`", stack[i].e->full);
	return true;
}

static void define_in_order(struct ql_check *ck)
{
	struct frame *stack = QL_NEW_N(&ck->scratch, struct frame, (size_t)ck->n_entity + 1);
	for (int i = 0; i < ck->n_entity && !ck->stop; i++) {
		int top = -1;
		if (ck->entity[i]->color)
			continue;
		stack[++top] = (struct frame){ck->entity[i], needs_of(ck, ck->entity[i]), 0};
		ck->entity[i]->color = 1;
		while (top >= 0 && !ck->stop) {
			struct frame *f = &stack[top];
			if (f->next == f->needs.n) {
				define_entity(ck, f->e);
				f->e->color = 2;
				top--;
				continue;
			}
			struct ql_entity *x = f->needs.item[f->next++];
			if (x->color == 1 && !report_cycle(ck, stack, top, x))
				mark_cycle(ck, stack, top, x);
			if (x->color != 0)
				continue;
			x->color = 1;
			stack[++top] = (struct frame){x, needs_of(ck, x), 0};
		}
	}
}

/* ---- states ---- */

static void define_state(struct ql_check *ck, const struct ql_piece *piece, struct ql_entity *e, int elem)
{
	const struct ql_stmt *s = piece->s;
	if (e->defined[elem] != piece || e->q[elem] < 0)
		return;
	ql_node init = ql_const(&ck->m->dag, 0);
	if (s->n_value)
		init = ql_ck_eval_as(ck, s->value[0], e->unit, ql_arena_printf(&ck->scratch, "the initial value of %s", e->full), true);
	ck->m->q[e->q[elem]].init = init;
	if (s->atol < 0)
		ql_ck_error(ck, QL_E0215, s->span, "a tolerance is a positive number");
}

static void define_rate(struct ql_check *ck, const struct ql_piece *piece, struct ql_entity *e, int elem)
{
	if (e->rated[elem] != piece || e->q[elem] < 0)
		return;
	int unit = ck->units_on ? ql_units_div(&ck->us, e->unit, ck->us.day) : QL_UNIT_ANY;
	const char *what = ql_arena_printf(&ck->scratch, "d/dt(%s)", e->full);
	ql_node rate = ql_ck_eval_as(ck, piece->s->value[0], unit, what, false);
	ck->m->q[e->q[elem]].def = rate;
}

static void define_states(struct ql_check *ck)
{
	for (int i = 0; i < ck->n_entity && !ck->stop; i++) {
		struct ql_entity *e = ck->entity[i];
		if (e->role != QL_ROLE_STATE || !e->defined)
			continue;
		for (const struct ql_piece *p = e->piece; p && !ck->stop; p = p->next)
			ql_ck_expand(ck, p, e, define_state);
		for (const struct ql_piece *p = e->rate; p && !ck->stop; p = p->next)
			ql_ck_expand(ck, p, e, define_rate);
		for (int k = 0; k < e->n_elem; k++) {
			if (e->rated[k] || !e->defined[k] || e->rate_bad)
				continue;
			const char *name = ql_ck_element_name(ck, e, k, false);
			struct ql_diag *d = ql_ck_error(ck, QL_E0208, e->decl->span, "`%s` has no equation", name);
			ql_diag_help(d, "add `d/dt(%s) = ...`", name);
		}
	}
}

/* ---- doses ---- */

static ql_node property_value(struct ql_check *ck, const struct ql_piece *p, int unit, const char *what)
{
	if (!p)
		return QL_NO_NODE;
	ck->here = p->inst;
	return ql_ck_eval_as(ck, p->s->value[0], unit, what, false);
}

static void attach_properties(struct ql_check *ck)
{
	static const char *const word[] = {"f", "alag", "rate", "dur"};
	for (int i = 0; i < ck->n_property; i++) {
		const struct ql_piece *p = ck->property[i];
		struct ql_dose_entry *dose = ql_ck_dose(ck, p->inst, p->s->name);
		if (!dose || p->in) {
			struct ql_diag *d = ql_ck_error(ck, QL_E0221, p->s->span, "`%s` is not a dose of this module", p->s->name);
			ql_diag_help(d, "declare it: `dose %s : mg into STATE`", p->s->name);
			continue;
		}
		for (int k = 0; k < 4; k++) {
			if (strcmp(p->s->target, word[k]) != 0)
				continue;
			if (dose->property[k])
				ql_ck_error(ck, QL_E0202, p->s->span, "%s(%s) is given twice", word[k], p->s->name);
			dose->property[k] = p;
		}
	}
}

/* Appends a dose and the hidden input that carries its infusions. */
static void add_dose(struct ql_check *ck, const struct ql_dose *dose, const char *rate_unit)
{
	struct ql_model *m = ck->m;
	int rate = ql_ck_new_quantity(ck, QL_INPUT, ql_arena_printf(ck->a, "rate(%s)", dose->name));
	struct ql_quantity *q = &m->q[rate], *state = &m->q[dose->state];
	q->module = dose->module;
	q->unit = rate_unit;
	q->doc = "infusion rate";
	q->span = dose->span;
	q->sym = q->realised = ql_var(&m->dag, rate);
	q->def = ql_const(&m->dag, 0);
	if (state->def != QL_NO_NODE)
		state->def = ql_op2(&m->dag, QL_OP_ADD, state->def, q->sym);
	QL_GROW(m->dose, m->n_dose, ck->cap_dose_out);
	m->dose[m->n_dose] = *dose;
	m->dose[m->n_dose++].rate_input = rate;
}

struct ql_dose *ql_ck_state_dose(struct ql_check *ck, int state, const char *name)
{
	const struct ql_quantity *q = &ck->m->q[state];
	const char *unit = ck->units_on ? ql_arena_printf(ck->a, "%s/day", q->unit) : "";
	struct ql_dose dose = {.name = name, .module = "", .unit = q->unit, .state = state, .scale = ql_const(&ck->m->dag, 1),
			       .bioavailability = QL_NO_NODE, .lag = QL_NO_NODE, .modelled_rate = QL_NO_NODE,
			       .modelled_duration = QL_NO_NODE, .doc = "into the state", .span = q->span};
	add_dose(ck, &dose, unit);
	return &ck->m->dose[ck->m->n_dose - 1];
}

static void define_dose(struct ql_check *ck, struct ql_dose_entry *entry)
{
	const struct ql_stmt *s = entry->piece->s;
	struct ql_model *m = ck->m;
	ck->here = entry->piece->inst;
	if (!s->unit && ck->units_on) {
		struct ql_diag *d = ql_ck_error(ck, QL_E0225, s->span, "`%s` has no unit", s->name);
		ql_diag_help(d, "write `dose %s : mg into %s`", s->name, s->target);
	}
	int unit = ql_ck_unit(ck, s->unit);
	struct ql_entity *e = ql_ck_resolve(ck, s->parent, s->target, s->target_span);
	if (!e)
		return;
	if (e->role != QL_ROLE_STATE) {
		struct ql_diag *d = ql_ck_error(ck, QL_E0221, s->target_span, "`%s` is not a state", e->full);
		ql_diag_note(d, e->decl->span, "it is declared here");
		ql_diag_help(d, "a dose goes into a state");
		return;
	}
	int elem = ql_ck_element(ck, e, s->target_sub, s->n_target_sub, s->target_span);
	if (elem < 0 || e->q[elem] < 0)
		return;
	int wanted = ql_units_div(&ck->us, e->unit, unit);
	ql_node scale = ql_const(&m->dag, 1);
	if (s->n_value) {
		const char *what = ql_arena_printf(&ck->scratch, "the scale (%s per prescribed amount)", e->full);
		scale = ql_ck_eval_as(ck, s->value[0], wanted, what, false);
	} else if (!ql_units_same(&ck->us, e->unit, unit)) {
		double factor;
		struct ql_diag *d = ql_ck_error(ck, QL_E0203, s->span, "a dose in %s cannot go into `%s` in %s",
						ql_units_text(&ck->us, unit), e->full, ql_units_text(&ck->us, e->unit));
		if (ql_units_factor(&ck->us, unit, e->unit, &factor))
			ql_diag_help(d, "add `scale %g (%s)`", factor, ql_units_text(&ck->us, wanted));
		else
			ql_diag_help(d, "add `scale ...` in %s", ql_units_text(&ck->us, wanted));
	}
	int plain = ck->units_on ? QL_UNIT_ONE : QL_UNIT_ANY, day = ck->units_on ? ck->us.day : QL_UNIT_ANY;
	struct ql_dose dose = {
		.name = entry->full,
		.module = ck->inst[entry->piece->inst].name,
		.unit = s->unit ? s->unit->text : "",
		.state = e->q[elem],
		.scale = scale,
		.bioavailability = property_value(ck, entry->property[0], plain, "bioavailability"),
		.lag = property_value(ck, entry->property[1], day, "the lag"),
		.modelled_rate = property_value(ck, entry->property[2], ql_units_div(&ck->us, unit, day), "the rate"),
		.modelled_duration = property_value(ck, entry->property[3], day, "the duration"),
		.doc = s->doc ? s->doc : "",
		.span = s->span,
	};
	entry->dose = m->n_dose;
	add_dose(ck, &dose, ck->units_on ? ql_units_text(&ck->us, ql_units_div(&ck->us, e->unit, ck->us.day)) : "");
}

/* Without `dose` statements a text of its own can be dosed into any state; f(STATE) and the like belong to that dose. */
static void dose_all_states(struct ql_check *ck)
{
	struct ql_model *m = ck->m;
	static const char *const word[] = {"f", "alag", "rate", "dur"};
	for (int i = 0, n = m->n_q; i < n; i++) {
		if (m->q[i].kind != QL_STATE || m->q[i].is_quad)
			continue;
		ql_ck_state_dose(ck, i, m->q[i].name);
		for (int k = 0; k < ck->n_property; k++) {
			const struct ql_piece *p = ck->property[k];
			if (p->in || strcmp(p->s->name, m->q[i].name) != 0)
				continue;
			int which = 0;
			while (strcmp(p->s->target, word[which]) != 0)
				which++;
			int amount = ck->units_on ? ql_ck_find(ck, p->inst, p->s->name)->unit : QL_UNIT_ANY;
			int day = ck->units_on ? ck->us.day : QL_UNIT_ANY, one = ck->units_on ? QL_UNIT_ONE : QL_UNIT_ANY;
			const int unit[4] = {one, day, ql_units_div(&ck->us, amount, day), day};
			ql_node value = property_value(ck, p, unit[which], p->s->target);
			struct ql_dose *d = &m->dose[m->n_dose - 1];
			ql_node *to[4] = {&d->bioavailability, &d->lag, &d->modelled_rate, &d->modelled_duration};
			*to[which] = value;
		}
	}
}

/* ---- events ---- */

struct targets {
	int q[256];
	ql_node value[256];
	int n;
};

static void add_target(struct ql_check *ck, struct targets *t, const struct ql_assign *a, struct ql_entity *e, int elem)
{
	if (elem < 0 || e->q[elem] < 0)
		return;
	if (t->n == 256) {
		ql_ck_error(ck, QL_E0210, a->span, "an event sets at most 256 quantities");
		return;
	}
	t->value[t->n] = ql_ck_eval_as(ck, a->value, e->unit, e->full, true);
	t->q[t->n++] = e->q[elem];
}

/* `S[c, *]`: every element of the starred indices. */
static void assign_all(struct ql_check *ck, struct targets *t, const struct ql_assign *a, struct ql_entity *e, int k,
		       struct ql_sub *sub)
{
	while (k < a->n_sub && sub[k].name)
		k++;
	if (!ql_ck_burn(ck))
		return;
	if (k == a->n_sub) {
		add_target(ck, t, a, e, ql_ck_element(ck, e, sub, a->n_sub, a->span));
		return;
	}
	const struct ql_index_set *x = &ck->set[e->dim[k]];
	for (int i = 0; i < x->n && !ck->stop; i++) {
		struct ql_sub next[QL_MAX_DIMS];
		memcpy(next, sub, (size_t)a->n_sub * sizeof *next);
		next[k].name = x->elem[i];
		assign_all(ck, t, a, e, k + 1, next);
	}
}

static void define_assign(struct ql_check *ck, struct targets *t, const struct ql_assign *a)
{
	struct ql_entity *e = ql_ck_resolve(ck, a->module, a->name, a->span);
	if (!e)
		return;
	if (e->role != QL_ROLE_STATE && e->role != QL_ROLE_INPUT) {
		struct ql_diag *d = ql_ck_error(ck, QL_E0221, a->span, "`%s` is neither a state nor an input", e->full);
		ql_diag_note(d, e->decl->span, "it is declared here");
		ql_diag_help(d, "an event sets states and inputs; the rest follows from them");
		return;
	}
	struct ql_sub sub[QL_MAX_DIMS] = {0};
	if (a->n_sub != e->n_dim || a->n_sub > QL_MAX_DIMS) {
		ql_ck_element(ck, e, a->sub, a->n_sub, a->span);
		return;
	}
	if (a->n_sub > 0)
		memcpy(sub, a->sub, (size_t)a->n_sub * sizeof *sub);
	assign_all(ck, t, a, e, 0, sub);
}

static void define_when(struct ql_check *ck, const struct ql_piece *piece, struct ql_entity *none, int elem)
{
	(void)none, (void)elem;
	const struct ql_stmt *s = piece->s;
	struct ql_model *m = ck->m;
	struct targets *t = QL_NEW(&ck->scratch, struct targets);
	const char *module = ck->inst[piece->inst].name;
	const char *name = ql_arena_printf(&ck->scratch, "%s%s%s", module, *module ? "." : "", s->name);
	for (int i = 0; i < s->n_sub; i++) {
		const struct ql_binding *b = s->sub[i].name ? ql_ck_bound(ck, s->sub[i].name) : NULL;
		if (!b && !s->sub[i].name)
			ql_ck_error(ck, QL_E0206, s->sub[i].span, "`*` cannot stand in the name of an event");
		name = ql_arena_printf(&ck->scratch, "%s%s%s%s", name, i ? "," : "[",
				       b ? ck->set[ck->set[b->set].root].elem[b->pos] : s->sub[i].name ? s->sub[i].name : "*",
				       i == s->n_sub - 1 ? "]" : "");
	}
	ql_node g = ql_ck_trigger(ck, s->n_value ? s->value[0] : NULL);
	for (int i = 0; i < s->n_assign; i++)
		define_assign(ck, t, &s->assign[i]);
	for (int i = 0; i < m->n_when; i++)
		if (strcmp(m->when[i].name, name) == 0)
			ql_ck_error(ck, QL_E0202, s->span, "the event `%s` is declared twice", name);
	if (m->n_when >= 5000) {
		ql_ck_error(ck, QL_E0210, s->span, "the model has more than 5000 events");
		ck->stop = true;
		return;
	}
	QL_GROW(m->when, m->n_when, ck->cap_when_out);
	struct ql_when *w = &m->when[m->n_when++];
	*w = (struct ql_when){.name = ql_arena_strdup(ck->a, name), .g = g, .n_assign = t->n, .span = s->span};
	w->doc = s->doc ? s->doc : "";
	w->target = QL_NEW_N(ck->a, int, (size_t)t->n);
	w->value = QL_NEW_N(ck->a, ql_node, (size_t)t->n);
	memcpy(w->target, t->q, (size_t)t->n * sizeof *t->q);
	memcpy(w->value, t->value, (size_t)t->n * sizeof *t->value);
}

void ql_ck_define(struct ql_check *ck)
{
	create_leaves(ck);
	define_in_order(ck);
	define_states(ck);
	bool free_doses = ck->n_dose == 0 && ck->n_inst == 1 && ck->inst[0].text->role == QL_TEXT_OWN;
	if (!free_doses)
		attach_properties(ck);
	else if (!ck->stop)
		dose_all_states(ck);
	for (int i = 0; i < ck->n_dose && !ck->stop; i++)
		define_dose(ck, &ck->dose[i]);
	for (int i = 0; i < ck->n_when && !ck->stop; i++)
		ql_ck_expand(ck, ck->when[i], NULL, define_when);
	ql_ck_resolve_symbols(ck);
	if (!ck->stop && !ck->n_errors)
		ql_ck_finish(ck);
}
