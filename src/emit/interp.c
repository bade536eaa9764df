/* SPDX-License-Identifier: Apache-2.0 */
#include "emit/interp.h"
#include "emit/machine.h"
#include <string.h>

#define STACK_LIMIT (1 << 20) /* bytes of registers that one call may put on the stack */

/* Registers by last use: a value's register is free again after the instruction that reads it last. */

struct allocation {
	const struct ql_program *g;
	int *last_use;
	struct ql_operand *place;
	int *free_reg, n_free, n_reg;
};

static bool is_leaf(int op)
{
	return op == QL_OP_CONST || op == QL_OP_TIME || op == QL_C_Y || op == QL_C_P || op == QL_C_K;
}

static void find_last_uses(struct allocation *al)
{
	for (int i = 0; i < al->g->n; i++) {
		const struct ql_ins *x = &al->g->ins[i];
		int operand[3] = {x->a, x->b, x->c};
		al->last_use[i] = -1;
		for (int j = 0; j < 3; j++)
			if (operand[j] >= 0)
				al->last_use[operand[j]] = i;
	}
}

static struct ql_operand leaf_place(const struct ql_ins *x, int *n_const)
{
	switch (x->op) {
	case QL_OP_CONST: return (struct ql_operand){QL_IN_CONST, (*n_const)++};
	case QL_OP_TIME: return (struct ql_operand){QL_IN_T, 0};
	case QL_C_Y: return (struct ql_operand){QL_IN_Y, x->index};
	case QL_C_P: return (struct ql_operand){QL_IN_P, x->index};
	default: return (struct ql_operand){QL_IN_K, x->index};
	}
}

static struct ql_operand read_value(struct allocation *al, int value, int here)
{
	if (value < 0)
		return (struct ql_operand){QL_IN_REG, 0};
	struct ql_operand place = al->place[value];
	if (place.space == QL_IN_REG && al->last_use[value] == here) {
		al->last_use[value] = -1; /* an instruction may read it twice */
		al->free_reg[al->n_free++] = place.index;
	}
	return place;
}

static void fill_constants(const struct ql_program *g, const struct ql_operand *place, int chunk, double *out)
{
	for (int i = 0; i < g->n; i++)
		if (g->ins[i].op == QL_OP_CONST)
			for (int j = 0; j < chunk; j++)
				out[place[i].index * chunk + j] = g->ins[i].value;
}

static void translate(const struct ql_program *g, struct ql_arena *a, struct ql_interp_program *to,
		      struct ql_operand *place, int *n_const)
{
	struct allocation al = {g, QL_NEW_N(a, int, g->n), place, QL_NEW_N(a, int, g->n + 1), 0, 0};
	to->ins = QL_NEW_N(a, struct ql_interp_ins, g->n);
	find_last_uses(&al);
	for (int i = 0; i < g->n; i++) {
		const struct ql_ins *x = &g->ins[i];
		if (is_leaf(x->op)) {
			place[i] = leaf_place(x, n_const);
			continue;
		}
		struct ql_interp_ins *y = &to->ins[to->n++];
		*y = (struct ql_interp_ins){.op = x->op, .to = x->index, .target = x->target};
		y->a = read_value(&al, x->a, i);
		y->b = read_value(&al, x->b, i);
		y->c = read_value(&al, x->c, i);
		if (x->op == QL_C_STORE)
			continue;
		y->to = al.n_free ? al.free_reg[--al.n_free] : al.n_reg++;
		place[i] = (struct ql_operand){QL_IN_REG, y->to};
	}
	to->n_reg = al.n_reg + 1;
}

static void flatten_lu(struct ql_interp *in, const struct ql_plan *p)
{
	const struct ql_plan_code *code = p->code;
	int n = p->n_state, n_l = 0, n_pair = 0;
	for (int i = 0; i < n; i++)
		for (int l = 0; l < code->row[i].n_l; l++) {
			n_l++;
			n_pair += code->row[code->row[i].l_col[l]].n_u;
		}
	in->lu = (struct ql_interp_lu){code, n, QL_NEW_N(&in->arena, int, 2 * n_pair), QL_NEW_N(&in->arena, int, n_l)};
	int *pair = in->lu.pair, *count = in->lu.n_pair;
	for (int step = 0; step < n; step++) {
		int i = code->order[step];
		for (int l = 0; l < code->row[i].n_l; l++) {
			const struct ql_lu_row *pivot = &code->row[code->row[i].l_col[l]];
			*count++ = pivot->n_u;
			for (int u = 0; u < pivot->n_u; u++) {
				*pair++ = pivot->u[u];
				*pair++ = code->slot_at[i * n + pivot->u_col[u]];
			}
		}
	}
}

#define CALL(...)                                                     \
	const struct ql_interp *in = self;                            \
	struct ql_interp_call call = {t, y, p, k, {__VA_ARGS__}}

static void do_rhs(const void *self, const double *t, const double *y, const double *p, const double *k, double *f)
{
	CALL([QL_TO_F] = f);
	in->body->run(in, &in->rhs, &call);
}

static void do_jac(const void *self, const double *t, const double *y, const double *p, const double *k, double *f,
		   double *ft, double *lu)
{
	CALL([QL_TO_F] = f, [QL_TO_FT] = ft, [QL_TO_LU] = lu);
	in->body->run(in, &in->jac, &call);
}

static void do_out(const void *self, const double *t, const double *y, const double *p, const double *k, double *out)
{
	CALL([QL_TO_OUT] = out);
	in->body->run(in, &in->out, &call);
}

static void do_trig(const void *self, const double *t, const double *y, const double *p, const double *k, double *g)
{
	CALL([QL_TO_TRIG] = g);
	in->body->run(in, &in->trig, &call);
}

static void do_factor(const void *self, const double *shift, double *lu)
{
	const struct ql_interp *in = self;
	in->body->factor(in, shift, lu);
}

static void do_solve(const void *self, const double *lu, double *b)
{
	const struct ql_interp *in = self;
	in->body->solve(in, lu, b);
}

static struct ql_interp_body *choose_body(int width)
{
	if (width >= 8 && ql_interp_v4 && ql_machine_has("x86-64-v4"))
		return ql_interp_v4;
	if (width >= 4 && ql_interp_v3 && (ql_machine_has("x86-64-v3") || ql_machine_has("generic")))
		return ql_interp_v3;
	return &ql_interp_scalar;
}

static size_t stack_use(const struct ql_interp *in, int n_reg)
{
	return (size_t)(n_reg + in->kernel.n_k) * (size_t)in->chunk * sizeof(double);
}

static enum quell_status choose_chunk(struct ql_interp *in, int n_reg)
{
	in->chunk = in->kernel.width;
	while (in->chunk > in->body->lanes && stack_use(in, n_reg) > STACK_LIMIT)
		in->chunk /= 2;
	if (stack_use(in, n_reg) > STACK_LIMIT) {
		in->body = &ql_interp_scalar;
		in->chunk = 1;
	}
	return stack_use(in, n_reg) > STACK_LIMIT ? QUELL_ERR_UNSUPPORTED : QUELL_OK;
}

static enum quell_status translate_all(struct ql_interp *in, const struct ql_plan *p)
{
	const struct ql_program *from[4] = {&p->code->rhs, &p->code->jac, &p->code->out, &p->code->trig};
	struct ql_interp_program *to[4] = {&in->rhs, &in->jac, &in->out, &in->trig};
	struct ql_operand *place[4];
	int n_const[4], total = 0, n_reg = 0;
	for (int i = 0; i < 4; i++) {
		place[i] = QL_NEW_N(&in->arena, struct ql_operand, from[i]->n);
		n_const[i] = 0;
		translate(from[i], &in->arena, to[i], place[i], &n_const[i]);
		total += n_const[i];
		n_reg = to[i]->n_reg > n_reg ? to[i]->n_reg : n_reg;
	}
	enum quell_status s = choose_chunk(in, n_reg);
	if (s != QUELL_OK)
		return s;
	/* Each program's constants start on a cache line. */
	in->constants = ql_alloc_aligned((size_t)total * (size_t)in->chunk + 4 * 8, sizeof(double));
	size_t at = 0;
	for (int i = 0; i < 4; i++) {
		to[i]->constant = in->constants + at;
		fill_constants(from[i], place[i], in->chunk, to[i]->constant);
		at = (at + (size_t)n_const[i] * (size_t)in->chunk + 7) & ~(size_t)7;
	}
	return QUELL_OK;
}

struct interp_making {
	const struct ql_plan *p;
	struct ql_interp *in;
};

static enum quell_status make_interp(void *arg)
{
	struct interp_making *k = arg;
	const struct ql_plan *p = k->p;
	const struct ql_plan_code *code = p->code;
	struct ql_interp *in = k->in;
	in->kernel = (struct ql_kernel){
		.name = p->name, .isa = "interpreter", .plan_hash = p->hash, .width = in->kernel.width,
		.n_state = p->n_state, .n_p = p->n_p, .n_k = p->n_k, .n_out = p->n_out, .n_trig = p->n_trig,
		.n_lu = code->n_lu, .autonomous = code->autonomous,
		.lu_row = code->lu_row, .lu_col = code->lu_col, .lu_is_jac = code->lu_is_jac, .self = in,
		.rhs = do_rhs, .jac = do_jac, .factor = do_factor, .solve = do_solve, .out = do_out, .trig = do_trig};
	in->body = choose_body(in->kernel.width);
	flatten_lu(in, p);
	return translate_all(in, p);
}

enum quell_status ql_interp_make(const struct ql_plan *p, int width, struct ql_kernel **out)
{
	*out = NULL;
	if (width != 1 && width != 4 && width != 8 && width != 32)
		return QUELL_ERR_USAGE;
	struct interp_making k = {p, ql_realloc(NULL, 1, sizeof *k.in)};
	*k.in = (struct ql_interp){.kernel.width = width};
	enum quell_status s = ql_protect(make_interp, &k);
	if (s != QUELL_OK) {
		ql_interp_free(&k.in->kernel);
		return s;
	}
	*out = &k.in->kernel;
	return QUELL_OK;
}

void ql_interp_free(struct ql_kernel *kernel)
{
	struct ql_interp *in = (struct ql_interp *)kernel; /* its first member */
	if (!in)
		return;
	ql_free_aligned(in->constants);
	ql_arena_free(&in->arena);
	ql_free(in);
}
