/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/diff.h"
#include "base/io.h"
#include "lang/map.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SHOWN = 160, SHOWN_DEPTH = 40 };

struct side {
	const struct ql_model *m;
	const char **name; /* per node: the intermediate that it is */
	uint64_t *hash;    /* per node, intermediates written out one level only */
	struct ql_map at;  /* name -> quantity */
};

struct differ {
	struct side one, other;
	struct ql_arena *a;
	struct ql_change *change;
	int n, cap;
};

/* --- expressions --- */

static bool is_named(enum ql_kind k) { return k == QL_LET || k == QL_OUTPUT; }

static bool commutes(enum ql_op op)
{
	return op == QL_OP_ADD || op == QL_OP_MUL || op == QL_OP_MIN || op == QL_OP_MAX || op == QL_OP_AND || op == QL_OP_OR ||
	       op == QL_OP_EQ || op == QL_OP_NE;
}

static uint64_t hash_ref(const struct side *s, ql_node n)
{
	if (n == QL_NO_NODE)
		return 1;
	return s->name[n] ? ql_hash(ql_hash_str("intermediate"), s->name[n], strlen(s->name[n])) : s->hash[n];
}

static uint64_t hash_node(const struct side *s, ql_node n)
{
	const struct ql_dag_node *x = &s->m->dag.node[n];
	uint64_t part[4] = {(uint64_t)x->op, hash_ref(s, x->a), hash_ref(s, x->b), hash_ref(s, x->c)};
	if (x->op == QL_OP_CONST)
		memcpy(&part[1], &x->value, sizeof x->value);
	if (x->op == QL_OP_VAR)
		part[1] = ql_hash_str(s->m->q[x->var].name);
	if (commutes(x->op) && part[1] > part[2]) {
		uint64_t swap = part[1];
		part[1] = part[2];
		part[2] = swap;
	}
	return ql_hash(QL_HASH_SEED, part, sizeof part);
}

static void prepare(struct side *s, const struct ql_model *m, struct ql_arena *a)
{
	s->m = m;
	s->name = QL_NEW_N(a, const char *, (size_t)m->dag.n + 1);
	s->hash = QL_NEW_N(a, uint64_t, (size_t)m->dag.n + 1);
	for (int i = 0; i < m->n_q; i++) {
		const struct ql_quantity *q = &m->q[i];
		ql_map_set(&s->at, q->name, i);
		if (is_named(q->kind) && q->def != QL_NO_NODE && ql_op_arity(m->dag.node[q->def].op) > 0 &&
		    (!s->name[q->def] || strcmp(q->name, s->name[q->def]) < 0))
			s->name[q->def] = q->name;
	}
	for (ql_node n = 0; n < m->dag.n; n++)
		s->hash[n] = hash_node(s, n);
}

static int rank(enum ql_op op)
{
	switch (op) {
	case QL_OP_OR: return 1;
	case QL_OP_AND: return 2;
	case QL_OP_LT:
	case QL_OP_LE:
	case QL_OP_EQ:
	case QL_OP_NE: return 3;
	case QL_OP_ADD:
	case QL_OP_SUB: return 4;
	case QL_OP_MUL:
	case QL_OP_DIV: return 5;
	case QL_OP_NEG:
	case QL_OP_NOT: return 6;
	default: return 9;
	}
}

/* Readable, cut where it grows long. */
static void show(const struct side *s, ql_node n, bool own, int above, int depth, struct ql_buf *b)
{
	const struct ql_dag_node *x = &s->m->dag.node[n];
	char number[32];
	if (b->len > SHOWN || depth > SHOWN_DEPTH) {
		if (b->len < SHOWN + 8)
			ql_buf_puts(b, "...");
		return;
	}
	if (x->op == QL_OP_CONST || x->op == QL_OP_TIME || x->op == QL_OP_VAR || (s->name[n] && !own)) {
		ql_buf_puts(b, x->op == QL_OP_CONST  ? ql_format_double(x->value, number)
			       : x->op == QL_OP_TIME ? "t"
			       : x->op == QL_OP_VAR  ? s->m->q[x->var].name
						     : s->name[n]);
		return;
	}
	int mine = rank(x->op);
	const char *sign = ql_op_text(x->op);
	if (mine < 6) {
		ql_buf_puts(b, mine < above ? "(" : "");
		show(s, x->a, false, mine, depth + 1, b);
		ql_buf_printf(b, mine == 5 ? "%s" : " %s ", sign);
		show(s, x->b, false, mine + 1, depth + 1, b);
		ql_buf_puts(b, mine < above ? ")" : "");
		return;
	}
	const ql_node arg[3] = {x->a, x->b, x->c};
	ql_buf_printf(b, mine == 6 ? "%s" : "%s(", x->op == QL_OP_NEG ? "-" : x->op == QL_OP_NOT ? "not " : x->op == QL_OP_SELECT ? "if" : sign);
	for (int i = 0; i < 3 && arg[i] != QL_NO_NODE; i++) {
		ql_buf_puts(b, i ? ", " : "");
		show(s, arg[i], false, mine == 6 ? 7 : 0, depth + 1, b);
	}
	ql_buf_puts(b, mine == 6 ? "" : ")");
}

static const char *text_of(struct differ *d, const struct side *s, ql_node n)
{
	struct ql_buf b = {0};
	if (n == QL_NO_NODE)
		return "(none)";
	show(s, n, true, 0, 0, &b);
	const char *text = ql_arena_strdup(d->a, b.data ? b.data : "");
	ql_buf_free(&b);
	return text;
}

/* --- changes --- */

static void add(struct differ *d, enum ql_change_kind kind, const char *group, const char *name, const char *what, const char *from,
		const char *to)
{
	QL_GROW(d->change, d->n, d->cap);
	d->change[d->n++] = (struct ql_change){kind, group, name, what, from, to};
}

static void compare_text(struct differ *d, const char *group, const char *name, const char *what, const char *from, const char *to)
{
	from = from ? from : "";
	to = to ? to : "";
	if (strcmp(from, to) != 0)
		add(d, QL_CHANGED, group, name, what, *from ? from : "(none)", *to ? to : "(none)");
}

static void compare_node(struct differ *d, const char *group, const char *name, const char *what, ql_node from, ql_node to)
{
	uint64_t x = from == QL_NO_NODE ? 0 : d->one.hash[from], y = to == QL_NO_NODE ? 0 : d->other.hash[to];
	if (x != y)
		add(d, QL_CHANGED, group, name, what, text_of(d, &d->one, from), text_of(d, &d->other, to));
}

static void compare_number(struct differ *d, const char *group, const char *name, const char *what, double from, double to)
{
	char x[32], y[32];
	if (from != to && !(isnan(from) && isnan(to)))
		add(d, QL_CHANGED, group, name, what, ql_arena_strdup(d->a, ql_format_double(from, x)),
		    ql_arena_strdup(d->a, ql_format_double(to, y)));
}

static const char *kind_name(const struct ql_quantity *q)
{
	static const char *const name[] = {"parameter", "covariate", "agent column", "input", "random", "draw", "intermediate", "state",
					   "output", "activity"};
	return name[q->kind];
}

static const char *sources(struct differ *d, const struct ql_quantity *q)
{
	struct ql_buf b = {0};
	ql_buf_puts(&b, "");
	for (int i = 0; i < q->n_cite; i++)
		ql_buf_printf(&b, "%s%s", i ? ", " : "", q->cite[i]);
	const char *text = ql_arena_strdup(d->a, b.data);
	ql_buf_free(&b);
	return text;
}

static const char *allowed(struct differ *d, const struct ql_quantity *q)
{
	struct ql_buf b = {0};
	char number[32];
	ql_buf_puts(&b, "");
	for (int i = 0; i < q->n_allowed; i++)
		ql_buf_printf(&b, "%s%s", i ? ", " : "", ql_format_double(q->allowed[i], number));
	const char *text = ql_arena_strdup(d->a, b.data);
	ql_buf_free(&b);
	return text;
}

static void compare_quantity(struct differ *d, const struct ql_quantity *x, const struct ql_quantity *y)
{
	static const char *const grade[] = {"", "verified", "derived", "recalled", "assumed", "calibrated"};
	const char *g = kind_name(x), *name = x->name;
	if (x->kind != y->kind) {
		add(d, QL_CHANGED, g, name, "kind", g, kind_name(y));
		return;
	}
	bool equation = x->kind == QL_STATE || is_named(x->kind) || x->kind == QL_DRAW;
	if (x->kind != QL_RANDOM && x->kind != QL_ACTIVE)
		compare_node(d, g, name, equation ? "equation" : "value", x->def, y->def);
	if (x->kind == QL_STATE) {
		compare_node(d, g, name, "initial value", x->init, y->init);
		compare_number(d, g, name, "absolute tolerance", x->atol, y->atol);
	}
	compare_text(d, g, name, "unit", x->unit, y->unit);
	compare_text(d, g, name, "spread", x->spread_text, y->spread_text);
	compare_number(d, g, name, "lower bound", x->lo, y->lo);
	compare_number(d, g, name, "upper bound", x->hi, y->hi);
	compare_text(d, g, name, "accepted values", allowed(d, x), allowed(d, y));
	compare_text(d, g, name, "grade", grade[x->grade], grade[y->grade]);
	compare_text(d, g, name, "sources", sources(d, x), sources(d, y));
	compare_text(d, g, name, "meaning", x->doc, y->doc);
}

/* What the checker adds by itself: it changes with what it belongs to. */
static bool is_hidden(const struct ql_model *m, int i)
{
	bool rate = false;
	for (int k = 0; k < m->n_dose; k++)
		rate = rate || m->dose[k].rate_input == i;
	return rate || m->q[i].kind == QL_RANDOM || m->q[i].kind == QL_ACTIVE;
}

static const char *describe(struct differ *d, const struct side *s, const struct ql_quantity *q)
{
	ql_node n = q->def;
	return n == QL_NO_NODE ? "" : text_of(d, s, n);
}

static void quantities(struct differ *d)
{
	const struct ql_model *a = d->one.m, *b = d->other.m;
	for (int i = 0; i < a->n_q; i++) {
		int j = ql_map_get(&d->other.at, a->q[i].name);
		if (j >= 0)
			compare_quantity(d, &a->q[i], &b->q[j]);
		else if (!is_hidden(a, i))
			add(d, QL_REMOVED, kind_name(&a->q[i]), a->q[i].name, NULL, describe(d, &d->one, &a->q[i]), NULL);
	}
	for (int i = 0; i < b->n_q; i++)
		if (ql_map_get(&d->one.at, b->q[i].name) < 0 && !is_hidden(b, i))
			add(d, QL_ADDED, kind_name(&b->q[i]), b->q[i].name, NULL, NULL, describe(d, &d->other, &b->q[i]));
}

static void doses(struct differ *d)
{
	const struct ql_model *a = d->one.m, *b = d->other.m;
	for (int i = 0; i < a->n_dose; i++) {
		const struct ql_dose *x = &a->dose[i], *y = NULL;
		for (int j = 0; j < b->n_dose && !y; j++)
			y = strcmp(b->dose[j].name, x->name) == 0 ? &b->dose[j] : NULL;
		if (!y) {
			add(d, QL_REMOVED, "dose", x->name, NULL, a->q[x->state].name, NULL);
			continue;
		}
		compare_text(d, "dose", x->name, "state", a->q[x->state].name, b->q[y->state].name);
		compare_text(d, "dose", x->name, "unit", x->unit, y->unit);
		compare_node(d, "dose", x->name, "scale", x->scale, y->scale);
		compare_node(d, "dose", x->name, "bioavailability", x->bioavailability, y->bioavailability);
		compare_node(d, "dose", x->name, "lag", x->lag, y->lag);
		compare_node(d, "dose", x->name, "modelled rate", x->modelled_rate, y->modelled_rate);
		compare_node(d, "dose", x->name, "modelled duration", x->modelled_duration, y->modelled_duration);
	}
	for (int j = 0; j < b->n_dose; j++) {
		bool found = false;
		for (int i = 0; i < a->n_dose; i++)
			found = found || strcmp(b->dose[j].name, a->dose[i].name) == 0;
		if (!found)
			add(d, QL_ADDED, "dose", b->dose[j].name, NULL, NULL, b->q[b->dose[j].state].name);
	}
}

static void compare_event(struct differ *d, const struct ql_when *x, const struct ql_when *y)
{
	const struct ql_model *a = d->one.m, *b = d->other.m;
	compare_node(d, "event", x->name, "condition (above 0)", x->g, y->g);
	for (int i = 0; i < x->n_assign || i < y->n_assign; i++) {
		const char *from = i < x->n_assign ? a->q[x->target[i]].name : "", *to = i < y->n_assign ? b->q[y->target[i]].name : "";
		if (strcmp(from, to) == 0)
			compare_node(d, "event", x->name, ql_arena_printf(d->a, "value of %s", from), x->value[i], y->value[i]);
		else
			compare_text(d, "event", x->name, "target", from, to);
	}
}

static void events(struct differ *d)
{
	const struct ql_model *a = d->one.m, *b = d->other.m;
	for (int i = 0; i < a->n_when; i++) {
		const struct ql_when *y = NULL;
		for (int j = 0; j < b->n_when && !y; j++)
			y = strcmp(b->when[j].name, a->when[i].name) == 0 ? &b->when[j] : NULL;
		if (y)
			compare_event(d, &a->when[i], y);
		else
			add(d, QL_REMOVED, "event", a->when[i].name, NULL, text_of(d, &d->one, a->when[i].g), NULL);
	}
	for (int j = 0; j < b->n_when; j++) {
		bool found = false;
		for (int i = 0; i < a->n_when; i++)
			found = found || strcmp(b->when[j].name, a->when[i].name) == 0;
		if (!found)
			add(d, QL_ADDED, "event", b->when[j].name, NULL, NULL, text_of(d, &d->other, b->when[j].g));
	}
}

static const char *members(struct differ *d, const struct ql_kernel_set *k)
{
	struct ql_buf b = {0};
	ql_buf_puts(&b, "");
	for (int i = 0; i < k->n_active; i++)
		ql_buf_printf(&b, "%s%s", i ? ", " : "", k->active[i]);
	const char *text = ql_arena_strdup(d->a, b.data);
	ql_buf_free(&b);
	return text;
}

static void kernels(struct differ *d)
{
	const struct ql_model *a = d->one.m, *b = d->other.m;
	for (int i = 0; i < a->n_kernel; i++) {
		int j = 0;
		while (j < b->n_kernel && strcmp(a->kernel[i].name, b->kernel[j].name) != 0)
			j++;
		if (j < b->n_kernel)
			compare_text(d, "kernel", a->kernel[i].name, "members", members(d, &a->kernel[i]), members(d, &b->kernel[j]));
		else
			add(d, QL_REMOVED, "kernel", a->kernel[i].name, NULL, members(d, &a->kernel[i]), NULL);
	}
	for (int j = 0; j < b->n_kernel; j++) {
		int i = 0;
		while (i < a->n_kernel && strcmp(a->kernel[i].name, b->kernel[j].name) != 0)
			i++;
		if (i == a->n_kernel)
			add(d, QL_ADDED, "kernel", b->kernel[j].name, NULL, NULL, members(d, &b->kernel[j]));
	}
}

struct call {
	struct differ d;
	const struct ql_model *one, *other;
};

static enum quell_status compare(void *arg)
{
	struct call *c = arg;
	prepare(&c->d.one, c->one, c->d.a);
	prepare(&c->d.other, c->other, c->d.a);
	quantities(&c->d);
	doses(&c->d);
	events(&c->d);
	kernels(&c->d);
	return QUELL_OK;
}

int ql_model_diff(const struct ql_model *one, const struct ql_model *other, struct ql_arena *a, struct ql_change **out, int *n)
{
	struct call c = {.d = {.a = a}, .one = one, .other = other};
	enum quell_status s = ql_protect(compare, &c);
	ql_map_free(&c.d.one.at);
	ql_map_free(&c.d.other.at);
	int count = c.d.n;
	if (s == QUELL_OK && out) {
		*out = QL_NEW_N(a, struct ql_change, (size_t)count + 1);
		if (count)
			memcpy(*out, c.d.change, (size_t)count * sizeof **out);
		*n = count;
	}
	ql_free(c.d.change);
	if (s == QUELL_ERR_MEMORY)
		ql_out_of_memory();
	return count;
}
