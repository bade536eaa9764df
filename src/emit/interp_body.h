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
		for (int j = 0; j < n; j++)
			k[i * n + j] = call->k[i];
	struct frame f = {.reg = reg, .n = n, .stride = {n, n, n, w, w, w}};
	for (int lane = 0; lane < w; lane += n) {
		const double *base[QL_SPACES] = {reg, g->constant, k, call->t + lane, call->y + lane, call->p + lane};
		for (int i = 0; i < QL_SPACES; i++)
			f.base[i] = base[i];
		run_chunk(in, g, call, &f, lane);
	}
}

static lane_v get(const double *lu, int slot, int w) { return *(const lane_v *)(lu + slot * w); }
static void put(double *lu, int slot, int w, lane_v x) { *(lane_v *)(lu + slot * w) = x; }

static void factor(const struct ql_interp *in, const double *shift, double *lu_all)
{
	const struct ql_plan_code *code = in->lu.code;
	int w = in->kernel.width;
	for (int lane = 0; lane < w; lane += QL_PL) {
		double *lu = lu_all + lane;
		const int *pair = in->lu.pair, *n_pair = in->lu.n_pair;
		for (int step = 0; step < in->lu.n_state; step++) {
			int i = code->order[step];
			const struct ql_lu_row *row = &code->row[i];
			put(lu, i, w, get(lu, i, w) + *(const lane_v *)(shift + lane));
			for (int l = 0; l < row->n_l; l++) {
				lane_v t = get(lu, row->l[l], w);
				for (int j = *n_pair++; j > 0; j--, pair += 2)
					put(lu, pair[1], w, ln_fnma(t, get(lu, pair[0], w), get(lu, pair[1], w)));
				put(lu, row->l[l], w, t * get(lu, row->l_col[l], w));
			}
			lane_v inverse = ln_set(1) / get(lu, i, w);
			put(lu, i, w, inverse);
			for (int u = 0; u < row->n_u; u++)
				put(lu, row->u[u], w, get(lu, row->u[u], w) * inverse);
		}
	}
}

static void solve(const struct ql_interp *in, const double *lu_all, double *b_all)
{
	const struct ql_plan_code *code = in->lu.code;
	int w = in->kernel.width, n = in->lu.n_state;
	for (int lane = 0; lane < w; lane += QL_PL) {
		const double *lu = lu_all + lane;
		double *b = b_all + lane;
		for (int step = 0; step < n; step++) {
			int i = code->order[step];
			const struct ql_lu_row *row = &code->row[i];
			lane_v s = get(b, i, w);
			for (int l = 0; l < row->n_l; l++)
				s = ln_fnma(get(lu, row->l[l], w), get(b, row->l_col[l], w), s);
			put(b, i, w, s);
		}
		for (int step = n - 1; step >= 0; step--) {
			int i = code->order[step];
			const struct ql_lu_row *row = &code->row[i];
			lane_v s = get(b, i, w) * get(lu, i, w);
			for (int u = 0; u < row->n_u; u++)
				s = ln_fnma(get(lu, row->u[u], w), get(b, row->u_col[u], w), s);
			put(b, i, w, s);
		}
	}
}
