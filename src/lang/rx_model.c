/* SPDX-License-Identifier: Apache-2.0 */
/* Runs rxode2 statements on symbols: what a name holds at the end of the text is its definition. */
#include "lang/rx.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct ql_value value;

static value any(ql_node n) { return (value){n, QL_UNIT_ANY, false}; }
static ql_node num(struct ql_check *ck, double x) { return ql_const(&ck->m->dag, x); }
static ql_node op2(struct ql_check *ck, enum ql_op op, ql_node a, ql_node b) { return ql_op2(&ck->m->dag, op, a, b); }

/* ---- slots ---- */

int ql_rx_find_slot(const struct ql_rx *rx, char kind, const char *name)
{
	char key[QL_NAME_BUFFER];
	snprintf(key, sizeof key, "%c:%s", kind, name);
	return ql_map_get(&rx->slots, key);
}

int ql_rx_make_slot(struct ql_check *ck, char kind, const char *name)
{
	struct ql_rx *rx = ck->rx;
	int i = ql_rx_find_slot(rx, kind, name);
	if (i >= 0)
		return i;
	QL_GROW(rx->slot, rx->n_slot, rx->cap_slot);
	i = rx->n_slot++;
	rx->slot[i] = (struct ql_rx_slot){.name = name, .kind = kind, .node = QL_NO_NODE, .state = -1};
	ql_map_set(&rx->slots, ql_arena_printf(&ck->scratch, "%c:%s", kind, name), i);
	return i;
}

void ql_rx_assign(struct ql_check *ck, int i, ql_node n)
{
	struct ql_rx *rx = ck->rx;
	QL_GROW(rx->trail, rx->n_trail, rx->cap_trail);
	rx->trail[rx->n_trail++] = (struct ql_rx_trail){i, rx->slot[i].node};
	rx->slot[i].node = n;
}

/* What a slot holds in a branch that does not assign it. */
static ql_node default_of(struct ql_check *ck, const struct ql_rx_slot *s)
{
	bool zero = s->kind == QL_SLOT_RATE || s->kind == QL_SLOT_INIT || s->kind == QL_SLOT_PROPERTY + 1;
	return num(ck, zero ? 0 : s->kind == QL_SLOT_PROPERTY ? 1 : NAN);
}

/* ---- quantities ---- */

int ql_rx_quantity(struct ql_check *ck, enum ql_kind kind, const char *name, struct ql_span span)
{
	int i = ql_ck_new_quantity(ck, kind, name);
	ck->m->q[i].span = span;
	ck->m->q[i].sym = ck->m->q[i].realised = ql_var(&ck->m->dag, i);
	return i;
}

int ql_rx_find_state(const struct ql_rx *rx, const char *name)
{
	int i = ql_rx_find_slot(rx, QL_SLOT_RATE, name);
	return i < 0 ? -1 : rx->slot[i].state;
}

static int add_state(struct ql_check *ck, const char *name, struct ql_span span, bool by_lincmt)
{
	struct ql_rx *rx = ck->rx;
	int i = ql_rx_find_state(rx, name);
	if (i >= 0) {
		rx->state[i].by_lincmt = rx->state[i].by_lincmt || by_lincmt;
		return i;
	}
	QL_GROW(rx->state, rx->n_state, rx->cap_state);
	int q = ql_rx_quantity(ck, QL_STATE, name, span);
	ck->m->q[q].init = num(ck, 0);
	rx->state[rx->n_state] = (struct ql_rx_state){name, q, span, by_lincmt};
	i = ql_rx_make_slot(ck, QL_SLOT_RATE, name);
	rx->slot[i].state = rx->n_state;
	return rx->n_state++;
}

/* A name that the text reads and never assigned: given from outside. */
static ql_node outside_parameter(struct ql_check *ck, const char *name, struct ql_span span, double x)
{
	int q = ql_rx_quantity(ck, QL_PARAM, name, span), i = ql_rx_make_slot(ck, QL_SLOT_NAME, name);
	ck->m->q[q].def = num(ck, x);
	ck->rx->slot[i].node = ck->m->q[q].sym; /* not on the trail: it holds in every branch */
	ck->rx->slot[i].span = span;
	return ck->m->q[q].sym;
}

static ql_node outside_input(struct ql_check *ck, const char *name, struct ql_span span)
{
	int q = ql_rx_quantity(ck, QL_INPUT, name, span), i = ql_rx_make_slot(ck, QL_SLOT_NAME, name);
	ck->m->q[q].def = num(ck, 0);
	ck->rx->slot[i].node = ck->m->q[q].sym;
	return ck->m->q[q].sym;
}

/* ---- names in expressions ---- */

struct ql_value ql_rx_ref(struct ql_check *ck, const struct ql_expr *e)
{
	static const struct {
		const char *name;
		double x;
	} constant[] = {{"pi", 3.14159265358979323846}, {"M_PI", 3.14159265358979323846}, {"Inf", INFINITY}, {"NaN", NAN}, {"NA", NAN},
			{"M_E", 2.71828182845904523536}, {"M_LN2", 0.693147180559945309417}, {"TRUE", 1}, {"FALSE", 0}};
	struct ql_rx *rx = ck->rx;
	if (strcmp(e->name, "t") == 0 || strcmp(e->name, "time") == 0)
		return any(ql_time(&ck->m->dag));
	int state = ql_rx_find_state(rx, e->name), i = ql_rx_find_slot(rx, QL_SLOT_NAME, e->name);
	if (state >= 0)
		return any(ck->m->q[rx->state[state].q].sym);
	if (i >= 0 && rx->slot[i].node != QL_NO_NODE)
		return any(rx->slot[i].node);
	for (size_t k = 0; k < sizeof constant / sizeof *constant; k++)
		if (strcmp(e->name, constant[k].name) == 0)
			return (value){num(ck, constant[k].x), QL_UNIT_ANY, true};
	return any(outside_parameter(ck, e->name, e->span, NAN));
}

/* ---- ini({ }) ---- */

static bool constant(struct ql_check *ck, const struct ql_expr *e, double *x)
{
	ql_node n = ql_ck_eval(ck, e).node;
	if (ql_is_const(&ck->m->dag, n, x))
		return true;
	ql_ck_error(ck, QL_E0101, e->span, "a number is needed in ini()");
	return false;
}

/* Numbers of `x`, `c(x, y)`, `fix(c(x, y))`, without the words fix and fixed. */
static int numbers_of(struct ql_check *ck, const struct ql_expr *e, double *out, int max)
{
	while (e && e->kind == QL_X_CALL && e->n_arg == 1 && strncmp(e->name, "fix", 3) == 0)
		e = e->arg[0];
	bool list = e && e->kind == QL_X_CALL && strcmp(e->name, "c") == 0;
	int n = 0, given = list ? e->n_arg : 1;
	for (int i = 0; e && i < given; i++) {
		const struct ql_expr *x = list ? e->arg[i] : e;
		if (!x || (x->kind == QL_X_REF && (strncmp(x->name, "fix", 3) == 0 || strncmp(x->name, "FIX", 3) == 0)))
			continue;
		if (n == max || !constant(ck, x, &out[n]))
			return -1;
		n++;
	}
	return n;
}

static int declared_parameter(struct ql_check *ck, const char *name, struct ql_span span, double x)
{
	if (ql_rx_find_slot(ck->rx, QL_SLOT_NAME, name) >= 0) {
		ql_ck_error(ck, QL_E0202, span, "`%s` is declared twice", name);
		return -1;
	}
	outside_parameter(ck, name, span, x);
	return ck->m->n_q - 1;
}

static void run_theta(struct ql_check *ck, const struct ql_rx_stmt *s)
{
	double x[3];
	int n = numbers_of(ck, s->value, x, 3);
	if (n < 1) {
		ql_ck_error(ck, QL_E0101, s->span, "`%s` needs a number, or c(lower, start, upper)", s->name);
		return;
	}
	int q = declared_parameter(ck, s->name, s->span, x[n == 1 ? 0 : 1]);
	if (q < 0)
		return;
	ck->m->q[q].lo = n > 1 ? x[0] : -INFINITY;
	ck->m->q[q].hi = n > 2 ? x[2] : INFINITY;
	ck->rx->last_theta = q;
	double start = x[n == 1 ? 0 : 1];
	if (n > 1 && (x[0] > start || (n > 2 && start > x[2])))
		ql_diag_help(ql_ck_error(ck, QL_E0215, s->span, "`%s` starts outside of its own range", s->name),
			     "write c(lower, start, upper)");
}

enum { MAX_ETAS = 24 };

/* Lower triangle of the Cholesky factor, in place, row by row; false if the matrix is not positive. */
static bool cholesky(double *a, int n)
{
#define A(i, j) a[(i) * ((i) + 1) / 2 + (j)]
	for (int i = 0; i < n; i++)
		for (int j = 0; j <= i; j++) {
			double sum = A(i, j);
			for (int k = 0; k < j; k++)
				sum -= A(i, k) * A(j, k);
			if (i == j && !(sum > -1e-12 * fabs(A(i, i))))
				return false;
			A(i, j) = i == j ? sqrt(sum > 0 ? sum : 0) : A(j, j) > 0 ? sum / A(j, j) : 0;
		}
	return true;
#undef A
}

/* Each eta is a parameter whose typical value is 0, moved by its row of the factor times standard normals. */
static void run_eta(struct ql_check *ck, const struct ql_rx_stmt *s)
{
	double a[MAX_ETAS * (MAX_ETAS + 1) / 2];
	int n = s->n_names, wanted = n * (n + 1) / 2, param[MAX_ETAS], z[MAX_ETAS];
	if (n > MAX_ETAS || numbers_of(ck, s->value, a, MAX_ETAS * (MAX_ETAS + 1) / 2) != wanted) {
		struct ql_diag *d = ql_ck_error(ck, QL_E0213, s->span, "%d random effect%s need %d number%s", n, n == 1 ? "" : "s", wanted,
						wanted == 1 ? "" : "s");
		ql_diag_help(d, "give the lower triangle of the covariance matrix, row by row");
		return;
	}
	char text[64];
	snprintf(text, sizeof text, "normal(%g)", n == 1 && a[0] > 0 ? sqrt(a[0]) : 0.0);
	if (!cholesky(a, n)) {
		ql_diag_help(ql_ck_error(ck, QL_E0215, s->span, "the covariance matrix is not positive"),
			     "a covariance is at most the root of the product of its two variances");
		return;
	}
	for (int i = 0; i < n; i++) {
		param[i] = declared_parameter(ck, s->names[i], s->names_span[i], 0);
		if (param[i] < 0)
			return;
		z[i] = ql_rx_quantity(ck, QL_RANDOM, ql_arena_printf(ck->a, "z(%s)", s->names[i]), s->names_span[i]);
		ck->m->q[z[i]].stream = s->names[i];
		ck->m->q[z[i]].draw = QL_DRAW_NORMAL;
		ql_node sum = ck->m->q[param[i]].sym;
		for (int k = 0; k <= i; k++)
			sum = op2(ck, QL_OP_ADD, sum, op2(ck, QL_OP_MUL, num(ck, a[i * (i + 1) / 2 + k]), ck->m->q[z[k]].sym));
		struct ql_quantity *q = &ck->m->q[param[i]];
		q->realised = sum;
		q->draw_random = z[i];
		q->doc = "random effect";
		q->spread_text = n == 1 ? ql_arena_strdup(ck->a, text) : "normal, correlated";
		ck->rx->slot[ql_rx_find_slot(ck->rx, QL_SLOT_NAME, s->names[i])].node = sum;
	}
}

/* ---- statements ---- */

static void run_list(struct ql_check *ck, struct ql_rx_stmt **list, int n);

struct branch {
	int *slot;
	ql_node *node;
	int n;
};

/* Takes back what was assigned since `mark` and returns the last value of each slot. */
static struct branch take_back(struct ql_check *ck, int mark)
{
	struct ql_rx *rx = ck->rx;
	size_t n = (size_t)(rx->n_trail - mark);
	struct branch b = {QL_NEW_N(&ck->scratch, int, n), QL_NEW_N(&ck->scratch, ql_node, n), 0};
	for (int i = rx->n_trail - 1; i >= mark; i--) {
		struct ql_rx_slot *s = &rx->slot[rx->trail[i].slot];
		if (!s->seen) { /* its last assignment is met first */
			b.slot[b.n] = rx->trail[i].slot;
			b.node[b.n++] = s->node;
			s->seen = true;
		}
		s->node = rx->trail[i].before;
	}
	for (int i = 0; i < b.n; i++)
		rx->slot[b.slot[i]].seen = false;
	rx->n_trail = mark;
	return b;
}

static ql_node held_before(struct ql_check *ck, const struct ql_rx_slot *s)
{
	return s->node != QL_NO_NODE ? s->node : default_of(ck, s);
}

static void run_if(struct ql_check *ck, const struct ql_rx_stmt *s)
{
	struct ql_rx *rx = ck->rx;
	struct ql_dag *d = &ck->m->dag;
	ql_node c = ql_ck_eval(ck, s->value).node;
	int mark = rx->n_trail;
	run_list(ck, s->body, s->n_body);
	struct branch yes = take_back(ck, mark);
	run_list(ck, s->otherwise, s->n_otherwise);
	struct branch no = take_back(ck, mark);
	for (int i = 0; i < no.n; i++)
		rx->slot[no.slot[i]].other = i + 1;
	for (int i = 0; i < yes.n; i++) {
		struct ql_rx_slot *x = &rx->slot[yes.slot[i]];
		ql_node other = x->other ? no.node[x->other - 1] : held_before(ck, x);
		yes.node[i] = ql_op3(d, QL_OP_SELECT, c, yes.node[i], other);
		x->other = 0;
	}
	for (int i = 0; i < no.n; i++) {
		struct ql_rx_slot *x = &rx->slot[no.slot[i]];
		if (x->other) /* only the second branch assigns it */
			ql_rx_assign(ck, no.slot[i], ql_op3(d, QL_OP_SELECT, c, held_before(ck, x), no.node[i]));
		x->other = 0;
	}
	for (int i = 0; i < yes.n; i++)
		ql_rx_assign(ck, yes.slot[i], yes.node[i]);
}

static void run_assign(struct ql_check *ck, const struct ql_rx_stmt *s)
{
	struct ql_rx *rx = ck->rx;
	if (ql_rx_find_state(rx, s->name) >= 0) {
		struct ql_diag *d = ql_ck_error(ck, QL_E0221, s->span, "`%s` is a state and cannot be assigned", s->name);
		ql_diag_help(d, "write `%s(0) = ...` for its start value", s->name);
		return;
	}
	int i = ql_rx_find_slot(rx, QL_SLOT_NAME, s->name);
	bool outside = i >= 0 && !rx->slot[i].assigned && rx->slot[i].node != QL_NO_NODE;
	ql_node n = ql_ck_eval(ck, s->value).node;
	i = ql_rx_make_slot(ck, QL_SLOT_NAME, s->name);
	if (outside || (!rx->slot[i].assigned && rx->slot[i].node != QL_NO_NODE)) {
		struct ql_diag *d = ql_ck_error(ck, QL_E0202, s->span, "`%s` is read as a parameter before it is assigned", s->name);
		ql_diag_note(d, rx->slot[i].span, "here");
		ql_diag_help(d, "give the assigned one another name");
		return;
	}
	rx->slot[i].assigned = true;
	rx->slot[i].hidden = s->hidden;
	if (!rx->slot[i].span.line)
		rx->slot[i].span = s->span;
	ql_rx_assign(ck, i, n);
}

static int state_of(struct ql_check *ck, const struct ql_rx_stmt *s)
{
	int state = ql_rx_find_state(ck->rx, s->name);
	if (state >= 0)
		return state;
	const char **word = QL_NEW_N(&ck->scratch, const char *, (size_t)ck->rx->n_state + 1);
	for (int i = 0; i < ck->rx->n_state; i++)
		word[i] = ck->rx->state[i].name;
	struct ql_diag *d = ql_ck_error(ck, QL_E0221, s->span, "`%s` is not a state", s->name);
	const char *near = ql_suggest(s->name, word, ck->rx->n_state);
	if (near)
		ql_diag_help(d, "did you mean `%s`?", near);
	else
		ql_diag_help(d, "a state has an equation `d/dt(%s) = ...`", s->name);
	return -1;
}

static void run_rate(struct ql_check *ck, const struct ql_rx_stmt *s)
{
	struct ql_rx *rx = ck->rx;
	int state = ql_rx_find_state(rx, s->name);
	if (rx->state[state].by_lincmt)
		ql_ck_error(ck, QL_E0202, s->span, "linCmt() has an equation for `%s` already", s->name);
	rx->current = state;
	ql_node n = ql_ck_eval(ck, s->value).node;
	rx->current = -1;
	ql_rx_assign(ck, ql_rx_make_slot(ck, QL_SLOT_RATE, s->name), n);
}

static void run_mtime(struct ql_check *ck, const struct ql_rx_stmt *s)
{
	struct ql_rx_stmt as = *s;
	as.kind = QL_RX_ASSIGN;
	run_assign(ck, &as);
	int i = ql_rx_find_slot(ck->rx, QL_SLOT_NAME, s->name);
	struct ql_model *m = ck->m;
	if (i < 0 || ck->rx->slot[i].node == QL_NO_NODE || m->n_when >= 5000)
		return;
	QL_GROW(m->when, m->n_when, ck->cap_when_out);
	m->when[m->n_when++] = (struct ql_when){
		.name = ql_arena_printf(ck->a, "mtime(%s)", s->name),
		.g = op2(ck, QL_OP_SUB, ql_time(&m->dag), ck->rx->slot[i].node),
		.doc = "model time: the solver stops here",
		.span = s->span,
	};
}

static void run_one(struct ql_check *ck, const struct ql_rx_stmt *s)
{
	struct ql_rx *rx = ck->rx;
	switch ((enum ql_rx_kind)s->kind) {
	case QL_RX_ASSIGN: run_assign(ck, s); break;
	case QL_RX_RATE: run_rate(ck, s); break;
	case QL_RX_INIT:
	case QL_RX_PROPERTY:
		if (state_of(ck, s) >= 0)
			ql_rx_assign(ck, ql_rx_make_slot(ck, s->kind == QL_RX_INIT ? QL_SLOT_INIT : (char)(QL_SLOT_PROPERTY + s->property), s->name),
			       ql_ck_eval(ck, s->value).node);
		break;
	case QL_RX_IF: run_if(ck, s); break;
	case QL_RX_MTIME: run_mtime(ck, s); break;
	case QL_RX_THETA: run_theta(ck, s); break;
	case QL_RX_ETA: run_eta(ck, s); break;
	case QL_RX_LABEL:
		if (rx->last_theta >= 0)
			ck->m->q[rx->last_theta].doc = s->text;
		break;
	case QL_RX_PARAM:
		if (ql_rx_find_slot(rx, QL_SLOT_NAME, s->name) < 0)
			outside_parameter(ck, s->name, s->span, NAN);
		break;
	case QL_RX_INPUT:
		if (ql_rx_find_slot(rx, QL_SLOT_NAME, s->name) < 0)
			outside_input(ck, s->name, s->span);
		break;
	case QL_RX_CMT: break;
	}
}

static void run_list(struct ql_check *ck, struct ql_rx_stmt **list, int n)
{
	for (int i = 0; i < n && ql_ck_burn(ck); i++)
		run_one(ck, list[i]);
}

/* ---- before the run: states and the names that linCmt() may find ---- */

static bool calls_lincmt(const struct ql_expr *e)
{
	if (!e)
		return false;
	if (e->kind == QL_X_CALL && strcmp(e->name, "linCmt") == 0)
		return true;
	for (int i = 0; i < e->n_arg; i++)
		if (calls_lincmt(e->arg[i]))
			return true;
	return false;
}

static void note_assigned(struct ql_check *ck, const char *name)
{
	struct ql_rx *rx = ck->rx;
	char *lower = ql_arena_strdup(&ck->scratch, name);
	for (char *c = lower; *c; c++)
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
	if (ql_map_get(&rx->assigned, lower) >= 0)
		return;
	QL_GROW(rx->spelling, rx->n_spelling, rx->cap_spelling);
	rx->spelling[rx->n_spelling] = name;
	ql_map_set(&rx->assigned, lower, rx->n_spelling++);
}

static void survey(struct ql_check *ck, struct ql_rx_stmt **list, int n, bool names)
{
	for (int i = 0; i < n; i++) {
		const struct ql_rx_stmt *s = list[i];
		if (names && (s->kind == QL_RX_ASSIGN || s->kind == QL_RX_THETA || s->kind == QL_RX_PARAM))
			note_assigned(ck, s->name);
		if (names && calls_lincmt(s->value))
			ck->rx->lincmt = true;
		if (!names && (s->kind == QL_RX_RATE || s->kind == QL_RX_CMT))
			add_state(ck, s->name, s->span, false);
		survey(ck, s->body, s->n_body, names);
		survey(ck, s->otherwise, s->n_otherwise, names);
	}
}

static void add_lincmt_states(struct ql_check *ck)
{
	struct ql_rx_lincmt l = ql_rx_lincmt_names(ck->rx);
	struct ql_span nowhere = {ck->m->name, 1, 1, 1};
	if (!ck->rx->lincmt || l.n == 0)
		return;
	if (l.ka)
		add_state(ck, "depot", nowhere, true);
	add_state(ck, "central", nowhere, true);
	if (l.n > 1)
		add_state(ck, "peripheral1", nowhere, true);
	if (l.n > 2)
		add_state(ck, "peripheral2", nowhere, true);
}

/* ---- after the run ---- */

static ql_node slot_node(const struct ql_rx *rx, char kind, const char *name)
{
	int i = ql_rx_find_slot(rx, kind, name);
	return i < 0 ? QL_NO_NODE : rx->slot[i].node;
}

static void finish_states(struct ql_check *ck)
{
	struct ql_rx *rx = ck->rx;
	struct ql_model *m = ck->m;
	for (int i = 0; i < rx->n_state; i++) {
		struct ql_rx_state *s = &rx->state[i];
		struct ql_quantity *q = &m->q[s->q];
		ql_node rate = slot_node(rx, QL_SLOT_RATE, s->name), init = slot_node(rx, QL_SLOT_INIT, s->name);
		if (rate == QL_NO_NODE) {
			struct ql_diag *d = ql_ck_error(ck, QL_E0208, s->span, "`%s` has no equation", s->name);
			ql_diag_help(d, "add `d/dt(%s) = ...`", s->name);
			continue;
		}
		q->def = rate;
		if (init != QL_NO_NODE)
			q->init = init;
	}
}

static void finish_names(struct ql_check *ck)
{
	struct ql_rx *rx = ck->rx;
	const uint32_t moving = 1u << QL_STATE | 1u << QL_INPUT | QL_LEAF_TIME;
	for (int i = 0; i < rx->n_slot; i++) {
		const struct ql_rx_slot *s = &rx->slot[i];
		if (s->kind != QL_SLOT_NAME || !s->assigned || s->node == QL_NO_NODE)
			continue;
		bool output = !s->hidden && ql_ck_leaves(ck, s->node) & moving;
		int q = ql_ck_new_quantity(ck, output ? QL_OUTPUT : QL_LET, s->name);
		struct ql_quantity *x = &ck->m->q[q];
		x->span = s->span;
		x->sym = x->def = x->realised = s->node;
	}
}

static void add_clocks(struct ql_check *ck, struct ql_dose *dose, int state)
{
	struct ql_rx *rx = ck->rx;
	dose->clock = QL_NEW_N(ck->a, struct ql_clock, (size_t)rx->n_clock);
	for (int i = 0; i < rx->n_clock; i++)
		if (rx->clock[i].state < 0 || rx->clock[i].state == state)
			dose->clock[dose->n_clock++] = (struct ql_clock){rx->clock[i].kind, rx->clock[i].q};
}

static void finish_doses(struct ql_check *ck)
{
	struct ql_rx *rx = ck->rx;
	for (int i = 0; i < rx->n_state; i++) {
		const char *name = rx->state[i].name;
		struct ql_dose *d = ql_ck_state_dose(ck, rx->state[i].q, name);
		d->bioavailability = slot_node(rx, QL_SLOT_PROPERTY, name);
		d->lag = slot_node(rx, QL_SLOT_PROPERTY + 1, name);
		d->modelled_rate = slot_node(rx, QL_SLOT_PROPERTY + 2, name);
		d->modelled_duration = slot_node(rx, QL_SLOT_PROPERTY + 3, name);
		add_clocks(ck, d, i);
	}
}

void ql_rx_build(struct ql_check *ck, const struct ql_rx_text *t)
{
	ck->rx = QL_NEW(&ck->scratch, struct ql_rx);
	ck->rx->current = ck->rx->last_theta = -1;
	survey(ck, t->stmt, t->n_stmt, true);
	survey(ck, t->stmt, t->n_stmt, false);
	add_lincmt_states(ck);
	run_list(ck, t->stmt, t->n_stmt);
	finish_states(ck);
	if (!ck->n_errors && !ck->stop) {
		finish_names(ck);
		finish_doses(ck);
		ql_ck_finish(ck);
	}
}

void ql_rx_free(struct ql_rx *rx)
{
	if (!rx)
		return;
	ql_free(rx->slot);
	ql_free(rx->state);
	ql_free(rx->trail);
	ql_free(rx->clock);
	ql_free(rx->spelling);
	ql_map_free(&rx->slots);
	ql_map_free(&rx->assigned);
}
