/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that only rxode2 has: time since doses, transit(), linCmt(), and those the graph has no operation for. */
#include "lang/rx.h"
#include <string.h>

typedef struct ql_value value;

static value any(ql_node n) { return (value){n, QL_UNIT_ANY, false}; }
static ql_node num(struct ql_check *ck, double x) { return ql_const(&ck->m->dag, x); }
static ql_node op1(struct ql_check *ck, enum ql_op op, ql_node a) { return ql_op1(&ck->m->dag, op, a); }
static ql_node op2(struct ql_check *ck, enum ql_op op, ql_node a, ql_node b) { return ql_op2(&ck->m->dag, op, a, b); }

/* ---- functions of the dialect ---- */

static int clock_input(struct ql_check *ck, enum ql_clock_kind kind, int state, struct ql_span span)
{
	static const char *const word[] = {"tlast", "tfirst", "dosenum", "podo"};
	struct ql_rx *rx = ck->rx;
	for (int i = 0; i < rx->n_clock; i++)
		if (rx->clock[i].kind == kind && rx->clock[i].state == state)
			return rx->clock[i].q;
	const char *name = ql_arena_printf(ck->a, "%s(%s)", word[kind], state >= 0 ? rx->state[state].name : "");
	int q = ql_rx_quantity(ck, QL_INPUT, name, span);
	ck->m->q[q].def = num(ck, 0);
	ck->m->q[q].doc = "set by the doses";
	QL_GROW(rx->clock, rx->n_clock, rx->cap_clock);
	rx->clock[rx->n_clock++] = (struct ql_rx_clock){state, kind, q};
	return q;
}

static ql_node clock_value(struct ql_check *ck, enum ql_clock_kind kind, int state, struct ql_span span)
{
	int q = clock_input(ck, kind, state, span);
	return ck->m->q[q].sym;
}

static bool call_clock(struct ql_check *ck, const struct ql_expr *e, value *out)
{
	static const struct {
		const char *name;
		enum ql_clock_kind kind;
		bool elapsed;
	} list[] = {{"tad", QL_CLOCK_LAST, true},  {"tafd", QL_CLOCK_FIRST, true},	{"tlast", QL_CLOCK_LAST, false},
		    {"tfirst", QL_CLOCK_FIRST, false}, {"dosenum", QL_CLOCK_COUNT, false}, {"podo", QL_CLOCK_AMOUNT, false}};
	for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
		if (strcmp(e->name, list[i].name) != 0)
			continue;
		int state = -1;
		if (e->n_arg == 1 && e->arg[0]->kind == QL_X_REF)
			state = ql_rx_find_state(ck->rx, e->arg[0]->name);
		if (e->n_arg > 1 || (e->n_arg == 1 && state < 0)) {
			ql_ck_error(ck, QL_E0212, e->span, "`%s` takes the name of a state, or nothing", e->name);
			return true;
		}
		ql_node n = clock_value(ck, list[i].kind, state, e->span);
		*out = any(list[i].elapsed ? op2(ck, QL_OP_SUB, ql_time(&ck->m->dag), n) : n);
		return true;
	}
	return false;
}

/* Savic's transit chain with n stages: dose*ktr*(ktr t)^n exp(-ktr t)/n! after the last dose into the state. */
static void call_transit(struct ql_check *ck, const struct ql_expr *e, value *out)
{
	int at = ck->rx->current;
	if (e->n_arg < 2 || e->n_arg > 3 || at < 0) {
		ql_ck_error(ck, QL_E0212, e->span, at < 0 ? "`transit` stands in the equation of the state that is dosed"
							  : "`transit` takes n, mtt and, if wanted, bio");
		return;
	}
	ql_node n = ql_ck_eval(ck, e->arg[0]).node, mtt = ql_ck_eval(ck, e->arg[1]).node;
	ql_node bio = e->n_arg == 3 ? ql_ck_eval(ck, e->arg[2]).node : num(ck, 1);
	ql_node last = clock_value(ck, QL_CLOCK_LAST, at, e->span);
	ql_node dose = clock_value(ck, QL_CLOCK_AMOUNT, at, e->span);
	ql_node t = op2(ck, QL_OP_SUB, ql_time(&ck->m->dag), last), n1 = op2(ck, QL_OP_ADD, n, num(ck, 1));
	ql_node ktr = op2(ck, QL_OP_DIV, n1, mtt), kt = op2(ck, QL_OP_MUL, ktr, op2(ck, QL_OP_MAX, t, num(ck, 0)));
	ql_node power = op2(ck, QL_OP_SUB, op2(ck, QL_OP_MUL, n, op1(ck, QL_OP_LOG, kt)), op2(ck, QL_OP_ADD, kt, op1(ck, QL_OP_LGAMMA, n1)));
	ql_node rate = op2(ck, QL_OP_MUL, op2(ck, QL_OP_MUL, op2(ck, QL_OP_MUL, bio, dose), ktr), op1(ck, QL_OP_EXP, power));
	ql_node started = op2(ck, QL_OP_LT, num(ck, 0), kt);
	*out = any(ql_op3(&ck->m->dag, QL_OP_SELECT, started, rate, num(ck, 0)));
}

static ql_node arg(struct ql_check *ck, const struct ql_expr *e, int i) { return ql_ck_eval(ck, e->arg[i]).node; }

static ql_node call_logit(struct ql_check *ck, const struct ql_expr *e)
{
	ql_node x = arg(ck, e, 0), lo = e->n_arg > 1 ? arg(ck, e, 1) : num(ck, 0), hi = e->n_arg > 2 ? arg(ck, e, 2) : num(ck, 1);
	ql_node width = op2(ck, QL_OP_SUB, hi, lo), one = num(ck, 1);
	if (strcmp(e->name, "expit") == 0) {
		ql_node p = op2(ck, QL_OP_DIV, one, op2(ck, QL_OP_ADD, one, op1(ck, QL_OP_EXP, op1(ck, QL_OP_NEG, x))));
		return op2(ck, QL_OP_ADD, lo, op2(ck, QL_OP_MUL, width, p));
	}
	return op1(ck, QL_OP_LOG, op2(ck, QL_OP_DIV, op2(ck, QL_OP_SUB, x, lo), op2(ck, QL_OP_SUB, hi, x)));
}

/* Functions of one argument that the graph has no operation for. */
static bool call_simple(struct ql_check *ck, const struct ql_expr *e, value *out)
{
	static const char *const word[] = {"log2", "log1p", "expm1", "fabs", "ceiling", "trunc", "round", "gamma", "gammafn", "tgamma",
					   "lgammafn", "factorial", "lfactorial", "fix", "fixed", "FIX", "sign", "exp10", "log10p"};
	size_t k = 0;
	while (k < sizeof word / sizeof *word && strcmp(word[k], e->name) != 0)
		k++;
	if (k == sizeof word / sizeof *word || e->n_arg != 1)
		return false;
	ql_node x = arg(ck, e, 0), one = num(ck, 1), half = num(ck, 0.5), n;
	switch (k) {
	case 0: n = op2(ck, QL_OP_MUL, num(ck, 1.44269504088896340736), op1(ck, QL_OP_LOG, x)); break;
	case 1: n = op1(ck, QL_OP_LOG, op2(ck, QL_OP_ADD, one, x)); break;
	case 2: n = op2(ck, QL_OP_SUB, op1(ck, QL_OP_EXP, x), one); break;
	case 3: n = op1(ck, QL_OP_ABS, x); break;
	case 4: n = op1(ck, QL_OP_CEIL, x); break;
	case 5:
		n = ql_op3(&ck->m->dag, QL_OP_SELECT, op2(ck, QL_OP_LT, x, num(ck, 0)), op1(ck, QL_OP_CEIL, x), op1(ck, QL_OP_FLOOR, x));
		break;
	case 6: n = op1(ck, QL_OP_FLOOR, op2(ck, QL_OP_ADD, x, half)); break;
	case 7:
	case 8:
	case 9: n = op1(ck, QL_OP_EXP, op1(ck, QL_OP_LGAMMA, x)); break;
	case 10: n = op1(ck, QL_OP_LGAMMA, x); break;
	case 11: n = op1(ck, QL_OP_EXP, op1(ck, QL_OP_LGAMMA, op2(ck, QL_OP_ADD, x, one))); break;
	case 12: n = op1(ck, QL_OP_LGAMMA, op2(ck, QL_OP_ADD, x, one)); break;
	case 13:
	case 14:
	case 15: n = x; break;
	case 16: n = op2(ck, QL_OP_SUB, op2(ck, QL_OP_LT, num(ck, 0), x), op2(ck, QL_OP_LT, x, num(ck, 0))); break;
	case 17: n = op2(ck, QL_OP_POW, num(ck, 10), x); break;
	default: return false;
	}
	*out = any(n);
	return true;
}

/* ---- linCmt() ---- */

static const char *spelled(const struct ql_rx *rx, const char *const *alias)
{
	for (; *alias; alias++) {
		int i = ql_map_get(&rx->assigned, *alias);
		if (i >= 0)
			return rx->spelling[i];
	}
	return NULL;
}

static ql_node named(struct ql_check *ck, const char *name, struct ql_span span)
{
	struct ql_expr e = {.kind = QL_X_REF, .name = name, .span = span};
	return ql_rx_ref(ck, &e).node;
}

struct ql_rx_lincmt ql_rx_lincmt_names(const struct ql_rx *rx)
{
#define NAMES(...) spelled(rx, (const char *const[]){__VA_ARGS__, NULL})
	struct ql_rx_lincmt l = {.cl = NAMES("cl"), .v = NAMES("v", "vc", "v1"), .ka = NAMES("ka"), .kel = NAMES("kel", "ke", "k", "k10")};
	bool shifted = !l.v && NAMES("v2"); /* numbers that count the depot */
	if (shifted)
		l.v = NAMES("v2");
	l.q[0] = shifted ? NAMES("q", "q3", "cld") : NAMES("q", "q1", "cld", "cld1", "q2");
	l.q[1] = shifted ? NAMES("q4", "cld2") : NAMES("q3", "cld2");
	l.vp[0] = shifted ? NAMES("v3", "vp", "vp1", "vt") : NAMES("vp", "vp1", "vt", "vt1", "v2");
	l.vp[1] = shifted ? NAMES("v4", "vp2", "vt2") : NAMES("vp2", "vt2", "v3");
	if (!shifted && !l.q[1] && NAMES("q", "q1", "cld", "cld1"))
		l.q[1] = NAMES("q2");
	l.k_out[0] = NAMES("k12");
	l.k_in[0] = NAMES("k21");
	l.k_out[1] = NAMES("k13");
	l.k_in[1] = NAMES("k31");
#undef NAMES
	if (l.v && l.cl)
		l.n = l.q[0] && l.vp[0] ? (l.q[1] && l.vp[1] ? 3 : 2) : 1;
	else if (l.v && l.kel)
		l.n = l.k_out[0] && l.k_in[0] ? (l.k_out[1] && l.k_in[1] ? 3 : 2) : 1;
	return l;
}

static void call_lincmt(struct ql_check *ck, const struct ql_expr *e, value *out)
{
	static const char *const peripheral[] = {"peripheral1", "peripheral2"};
	struct ql_rx *rx = ck->rx;
	struct ql_rx_lincmt l = ql_rx_lincmt_names(rx);
	int central = ql_rx_find_state(rx, "central"), depot = ql_rx_find_state(rx, "depot");
	if (l.n == 0 || central < 0) {
		struct ql_diag *d = ql_ck_error(ck, QL_E0111, e->span, "linCmt() finds no parameters that it knows");
		ql_diag_help(d, "assign cl and v (with q, vp, q2, vp2 for more compartments, ka for absorption), or kel, v, k12, k21, k13, k31");
		return;
	}
	ql_node v = named(ck, l.v, e->span), c = ck->m->q[rx->state[central].q].sym, rate = num(ck, 0);
	ql_node kel = l.cl ? op2(ck, QL_OP_DIV, named(ck, l.cl, e->span), v) : named(ck, l.kel, e->span);
	if (l.ka && depot >= 0) {
		ql_node flow = op2(ck, QL_OP_MUL, named(ck, l.ka, e->span), ck->m->q[rx->state[depot].q].sym);
		ql_rx_assign(ck, ql_rx_make_slot(ck, QL_SLOT_RATE, "depot"), op1(ck, QL_OP_NEG, flow));
		rate = flow;
	}
	rate = op2(ck, QL_OP_SUB, rate, op2(ck, QL_OP_MUL, kel, c));
	for (int i = 0; i + 1 < l.n; i++) {
		ql_node q = l.cl ? named(ck, l.q[i], e->span) : QL_NO_NODE, p = ck->m->q[rx->state[ql_rx_find_state(rx, peripheral[i])].q].sym;
		ql_node out_k = l.cl ? op2(ck, QL_OP_DIV, q, v) : named(ck, l.k_out[i], e->span);
		ql_node in_k = l.cl ? op2(ck, QL_OP_DIV, q, named(ck, l.vp[i], e->span)) : named(ck, l.k_in[i], e->span);
		ql_node flow = op2(ck, QL_OP_SUB, op2(ck, QL_OP_MUL, out_k, c), op2(ck, QL_OP_MUL, in_k, p));
		ql_rx_assign(ck, ql_rx_make_slot(ck, QL_SLOT_RATE, peripheral[i]), flow);
		rate = op2(ck, QL_OP_SUB, rate, flow);
	}
	ql_rx_assign(ck, ql_rx_make_slot(ck, QL_SLOT_RATE, "central"), rate);
	*out = any(op2(ck, QL_OP_DIV, c, v));
}

static bool refuse(struct ql_check *ck, const struct ql_expr *e)
{
	static const char *const list[] = {"gammap", "gammaq", "gammapInv", "gammaqInv", "lowergamma", "uppergamma", "pnorm", "qnorm", "phi", "erf",
					   "erfc", "probit", "probitInv", "beta", "lbeta", "choose", "lchoose", "is.na", "rnorm", "rxnorm",
					   "rxbinom", "rpois", "rxpois", "delay", "past", "lead", "lag", "diff", "first", "last", "simeta",
					   "simeps", "besselI", "besselJ", "besselK", "besselY", "llikNorm", "polyroot"};
	for (size_t i = 0; i < sizeof list / sizeof *list; i++)
		if (strcmp(e->name, list[i]) == 0) {
			ql_diag_help(ql_ck_error(ck, QL_E0111, e->span, "the function `%s` is not supported", e->name),
				     "docs/language.md lists the functions that are");
			return true;
		}
	return false;
}

bool ql_rx_call(struct ql_check *ck, const struct ql_expr *e, struct ql_value *out)
{
	*out = any(num(ck, 1));
	if (call_clock(ck, e, out) || call_simple(ck, e, out) || refuse(ck, e))
		return true;
	if (strcmp(e->name, "linCmt") == 0) {
		call_lincmt(ck, e, out);
	} else if (strcmp(e->name, "transit") == 0) {
		call_transit(ck, e, out);
	} else if (strcmp(e->name, "ifelse") == 0 && e->n_arg == 3) {
		ql_node c = arg(ck, e, 0), a = arg(ck, e, 1), b = arg(ck, e, 2);
		*out = any(ql_op3(&ck->m->dag, QL_OP_SELECT, c, a, b));
	} else if (strcmp(e->name, "R_pow") == 0 && e->n_arg == 2) {
		ql_node a = arg(ck, e, 0), b = arg(ck, e, 1);
		*out = any(op2(ck, QL_OP_POW, a, b));
	} else if ((strcmp(e->name, "expit") == 0 || strcmp(e->name, "logit") == 0) && e->n_arg >= 1 && e->n_arg <= 3) {
		*out = any(call_logit(ck, e));
	} else if ((strcmp(e->name, "sum") == 0 || strcmp(e->name, "prod") == 0) && e->n_arg >= 1) {
		ql_node n = arg(ck, e, 0);
		for (int i = 1; i < e->n_arg; i++)
			n = op2(ck, e->name[0] == 's' ? QL_OP_ADD : QL_OP_MUL, n, arg(ck, e, i));
		*out = any(n);
	} else {
		return false;
	}
	return true;
}
