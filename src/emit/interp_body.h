/* SPDX-License-Identifier: Apache-2.0 */
/* The interpreter over QL_PL lanes at a time; included once per instruction set. */
#include "emit/interp.h"
#include "base/lanes.h"

struct frame {
	const double *base[QL_SPACES];
	int stride[QL_SPACES]; /* doubles per element */
	double *reg;
	int n; /* doubles handled per value, a multiple of QL_PL */
};

static inline const double *at(const struct frame *f, struct ql_operand x)
{
	return f->base[x.space] + x.index * f->stride[x.space];
}

#define EACH for (int i = 0; i < f->n; i += QL_PL)
#define A (*(const lane_v *)(a + i))
#define B (*(const lane_v *)(b + i))
#define C (*(const lane_v *)(c + i))
#define R (*(lane_v *)(r + i))
#define CASE(op, expr)                  \
	case op:                        \
		EACH R = (expr);        \
		break;

static void one_instruction(const struct frame *f, const struct ql_interp_ins *x)
{
	double *r = f->reg + x->to * f->n;
	const double *a = at(f, x->a), *b = at(f, x->b), *c = at(f, x->c);
	switch (x->op) {
		CASE(QL_OP_ADD, A + B)
		CASE(QL_OP_SUB, A - B)
		CASE(QL_OP_MUL, A *B)
		CASE(QL_OP_DIV, A / B)
		CASE(QL_OP_NEG, -A)
		CASE(QL_OP_FMA, ln_fma(A, B, C))
		CASE(QL_C_FMS, ln_fms(A, B, C))
		CASE(QL_C_FNMA, ln_fnma(A, B, C))
		CASE(QL_C_FNMS, ln_fnms(A, B, C))
		CASE(QL_OP_POW, ln_pow(A, B))
		CASE(QL_OP_SQRT, ln_sqrt(A))
		CASE(QL_OP_EXP, ln_exp(A))
		CASE(QL_OP_LOG, ln_log(A))
		CASE(QL_OP_MIN, ln_min(A, B))
		CASE(QL_OP_MAX, ln_max(A, B))
		CASE(QL_OP_ABS, ln_abs(A))
		CASE(QL_OP_FLOOR, ln_floor(A))
		CASE(QL_OP_CEIL, ln_ceil(A))
		CASE(QL_OP_LT, ln_num(ln_lt(A, B)))
		CASE(QL_OP_LE, ln_num(ln_le(A, B)))
		CASE(QL_OP_EQ, ln_num(ln_eq(A, B)))
		CASE(QL_OP_NE, ln_num(ln_ne(A, B)))
		CASE(QL_OP_AND, ln_num(ln_and(ln_true(A), ln_true(B))))
		CASE(QL_OP_OR, ln_num(ln_or(ln_true(A), ln_true(B))))
		CASE(QL_OP_NOT, ln_num(ln_not(ln_true(A))))
		CASE(QL_OP_SELECT, ln_sel(ln_true(A), B, C))
		CASE(QL_OP_SIN, ln_sin(A))
		CASE(QL_OP_COS, ln_cos(A))
		CASE(QL_OP_TAN, ln_tan(A))
		CASE(QL_OP_ASIN, ln_asin(A))
		CASE(QL_OP_ACOS, ln_acos(A))
		CASE(QL_OP_ATAN, ln_atan(A))
		CASE(QL_OP_SINH, ln_sinh(A))
		CASE(QL_OP_COSH, ln_cosh(A))
		CASE(QL_OP_TANH, ln_tanh(A))
		CASE(QL_OP_LGAMMA, ln_lgamma(A))
	default: break;
	}
}

static void run_chunk(const struct ql_interp *in, const struct ql_interp_program *g, const struct ql_interp_call *call,
		      const struct frame *f, int lane)
{
	int w = in->kernel.width;
	for (int j = 0; j < g->n; j++) {
		const struct ql_interp_ins *x = &g->ins[j];
		if (x->op != QL_C_STORE) {
			one_instruction(f, x);
			continue;
		}
		const double *a = at(f, x->a);
		double *r = call->to[x->target] + x->to * w + lane;
		EACH R = A;
	}
}

static void run(const struct ql_interp *in, const struct ql_interp_program *g, const struct ql_interp_call *call)
{
	int w = in->kernel.width, n = in->chunk, n_k = in->kernel.n_k;
	/* Registers, then k spread over lanes: on the stack, because threads share a kernel. */
	unsigned char space[(size_t)(g->n_reg + n_k + 1) * (size_t)n * sizeof(double) + 64];
	double *reg = (double *)(((uintptr_t)space + 63) & ~(uintptr_t)63), *k = reg + g->n_reg * n;
	for (int i = 0; i < n_k; i++)
		for (int j = 0; j < n; j += QL_PL)
			*(lane_v *)(k + i * n + j) = ln_set(call->k[i]);
	struct frame f = {.reg = reg, .n = n, .stride = {n, n, n, w, w, w}};
	for (int lane = 0; lane < w; lane += n) {
		const double *base[QL_SPACES] = {reg, g->constant, k, call->t + lane, call->y + lane, call->p + lane};
		for (int i = 0; i < QL_SPACES; i++)
			f.base[i] = base[i];
		run_chunk(in, g, call, &f, lane);
	}
}

/* Factors and solves go over their index lists once for every `nv` registers of lanes; nv is a constant where these are
 * inlined. */

LN lane_v get(const double *lu, int slot, int w, int v) { return *(const lane_v *)(lu + slot * w + v * QL_PL); }
LN void put(double *lu, int slot, int w, int v, lane_v x) { *(lane_v *)(lu + slot * w + v * QL_PL) = x; }

LN void factor_lanes(const struct ql_interp *in, const double *shift, double *lu, int nv)
{
	const struct ql_plan_code *code = in->lu.code;
	const int *pair = in->lu.pair, *n_pair = in->lu.n_pair;
	int w = in->kernel.width;
	for (int step = 0; step < in->lu.n_state; step++) {
		int i = code->order[step];
		const struct ql_lu_row *row = &code->row[i];
		for (int v = 0; v < nv; v++)
			put(lu, i, w, v, get(lu, i, w, v) + get(shift, 0, w, v));
		for (int l = 0; l < row->n_l; l++) {
			lane_v t[2];
			for (int v = 0; v < nv; v++)
				t[v] = get(lu, row->l[l], w, v);
			for (int j = *n_pair++; j > 0; j--, pair += 2)
				for (int v = 0; v < nv; v++)
					put(lu, pair[1], w, v, ln_fnma(t[v], get(lu, pair[0], w, v), get(lu, pair[1], w, v)));
			for (int v = 0; v < nv; v++)
				put(lu, row->l[l], w, v, t[v] * get(lu, row->l_col[l], w, v));
		}
		for (int v = 0; v < nv; v++) {
			lane_v inverse = ln_set(1) / get(lu, i, w, v);
			put(lu, i, w, v, inverse);
			for (int u = 0; u < row->n_u; u++)
				put(lu, row->u[u], w, v, get(lu, row->u[u], w, v) * inverse);
		}
	}
}

LN void sum_row(const double *lu, const double *b, const int *slot, const int *col, int n, int w, int nv, lane_v *s)
{
	for (int j = 0; j < n; j++)
		for (int v = 0; v < nv; v++)
			s[v] = ln_fnma(get(lu, slot[j], w, v), get(b, col[j], w, v), s[v]);
}

LN void solve_lanes(const struct ql_interp *in, const double *lu, double *b, int nv)
{
	const struct ql_plan_code *code = in->lu.code;
	int w = in->kernel.width, n = in->lu.n_state;
	lane_v s[2];
	for (int step = 0; step < n; step++) {
		int i = code->order[step];
		for (int v = 0; v < nv; v++)
			s[v] = get(b, i, w, v);
		sum_row(lu, b, code->row[i].l, code->row[i].l_col, code->row[i].n_l, w, nv, s);
		for (int v = 0; v < nv; v++)
			put(b, i, w, v, s[v]);
	}
	for (int step = n - 1; step >= 0; step--) {
		int i = code->order[step];
		for (int v = 0; v < nv; v++)
			s[v] = get(b, i, w, v) * get(lu, i, w, v);
		sum_row(lu, b, code->row[i].u, code->row[i].u_col, code->row[i].n_u, w, nv, s);
		for (int v = 0; v < nv; v++)
			put(b, i, w, v, s[v]);
	}
}

static void factor(const struct ql_interp *in, const double *shift, double *lu)
{
	int w = in->kernel.width, lane = 0;
	for (; lane + 2 * QL_PL <= w; lane += 2 * QL_PL)
		factor_lanes(in, shift + lane, lu + lane, 2);
	for (; lane < w; lane += QL_PL)
		factor_lanes(in, shift + lane, lu + lane, 1);
}

static void solve(const struct ql_interp *in, const double *lu, double *b)
{
	int w = in->kernel.width, lane = 0;
	for (; lane + 2 * QL_PL <= w; lane += 2 * QL_PL)
		solve_lanes(in, lu + lane, b + lane, 2);
	for (; lane < w; lane += QL_PL)
		solve_lanes(in, lu + lane, b + lane, 1);
}
