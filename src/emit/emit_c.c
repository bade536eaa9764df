/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Straight-line C for one plan and one width. The text leans on base/kernel.h
 * and base/lanes.h only; the order of operations of every value is that of the
 * interpreter, so both give the same bits.
 */
#include "emit/code.h"
#include "base/io.h"
#include <ctype.h>
#include <math.h>
#include <string.h>

/* Values that may wait in memory without harm: an instruction can read one operand from there. */
#define SPILLS 4

struct emitting {
	const struct ql_plan *p;
	const struct ql_plan_code *code;
	struct ql_buf *out;
	int width, registers; /* vector registers of the target, to size blocks */
};

static const char *const target_name[] = {[QL_TO_F] = "f", [QL_TO_FT] = "ft", [QL_TO_LU] = "lu", [QL_TO_OUT] = "out",
					  [QL_TO_TRIG] = "g"};

/* Conditions live in masks; whoever needs a number asks for one. */
static bool is_mask(const struct ql_ins *x) { return ql_op_is_condition(x->op); }

static const char *number(const struct ql_program *g, int v, char *buf)
{
	snprintf(buf, 32, is_mask(&g->ins[v]) ? "ln_num(v%d)" : "v%d", v);
	return buf;
}

static const char *mask(const struct ql_program *g, int v, char *buf)
{
	snprintf(buf, 32, is_mask(&g->ins[v]) ? "v%d" : "ln_true(v%d)", v);
	return buf;
}

static void put_constant(struct ql_buf *out, double x)
{
	char buf[32];
	if (isnan(x))
		ql_buf_puts(out, "ln_set(__builtin_nan(\"\"))");
	else if (isinf(x))
		ql_buf_puts(out, x > 0 ? "ln_set(__builtin_inf())" : "ln_set(-__builtin_inf())");
	else
		ql_buf_printf(out, "ln_set(%s)", ql_format_double(x, buf));
}

static const char *function_name(int op)
{
	switch (op) {
	case QL_OP_FMA: return "ln_fma";
	case QL_C_FMS: return "ln_fms";
	case QL_C_FNMA: return "ln_fnma";
	case QL_C_FNMS: return "ln_fnms";
	case QL_OP_LT: return "ln_lt";
	case QL_OP_LE: return "ln_le";
	case QL_OP_EQ: return "ln_eq";
	case QL_OP_NE: return "ln_ne";
	default: return NULL; /* ln_<text of the operation> */
	}
}

static void put_operation(struct ql_buf *out, const struct ql_program *g, const struct ql_ins *x)
{
	char a[32], b[32], c[32];
	const char *name = function_name(x->op);
	switch (x->op) {
	case QL_OP_ADD:
	case QL_OP_SUB:
	case QL_OP_MUL:
	case QL_OP_DIV:
		ql_buf_printf(out, "%s %s %s", number(g, x->a, a), ql_op_text((enum ql_op)x->op), number(g, x->b, b));
		return;
	case QL_OP_NEG: ql_buf_printf(out, "-%s", number(g, x->a, a)); return;
	case QL_OP_AND: ql_buf_printf(out, "ln_and(%s, %s)", mask(g, x->a, a), mask(g, x->b, b)); return;
	case QL_OP_OR: ql_buf_printf(out, "ln_or(%s, %s)", mask(g, x->a, a), mask(g, x->b, b)); return;
	case QL_OP_NOT: ql_buf_printf(out, "ln_not(%s)", mask(g, x->a, a)); return;
	case QL_OP_SELECT:
		ql_buf_printf(out, "ln_sel(%s, %s, %s)", mask(g, x->a, a), number(g, x->b, b), number(g, x->c, c));
		return;
	default: break;
	}
	ql_buf_printf(out, name ? "%s(%s" : "ln_%s(%s", name ? name : ql_op_text((enum ql_op)x->op), number(g, x->a, a));
	if (x->b >= 0)
		ql_buf_printf(out, ", %s", number(g, x->b, b));
	if (x->c >= 0)
		ql_buf_printf(out, ", %s", number(g, x->c, c));
	ql_buf_puts(out, ")");
}

static void put_instruction(struct ql_buf *out, const struct ql_program *g, int i)
{
	const struct ql_ins *x = &g->ins[i];
	char a[32];
	if (x->op == QL_C_STORE) {
		ql_buf_printf(out, "\tln_put(%s, %d, %s);\n", target_name[x->target], x->index, number(g, x->a, a));
		return;
	}
	ql_buf_printf(out, "\tconst %s v%d = ", is_mask(x) ? "lane_m" : "lane_v", i);
	switch (x->op) {
	case QL_OP_CONST: put_constant(out, x->value); break;
	case QL_OP_TIME: ql_buf_puts(out, "ln_get(t, 0)"); break;
	case QL_C_Y: ql_buf_printf(out, "ln_get(y, %d)", x->index); break;
	case QL_C_P: ql_buf_printf(out, "ln_get(p, %d)", x->index); break;
	case QL_C_K: ql_buf_printf(out, "ln_set(k[%d])", x->index); break;
	default: put_operation(out, g, x); break;
	}
	ql_buf_puts(out, ";\n");
}

/* A body works on the QL_PL lanes that its pointers stand at; the function around it goes through all lanes. */
static void put_program(const struct emitting *e, const struct ql_program *g, const char *name, int n_target,
			const char *const *target)
{
	struct ql_buf *out = e->out;
	ql_buf_printf(out,
		      "LN void %s_lanes(const double *restrict t, const double *restrict y, const double *restrict p,\n"
		      "\tconst double *restrict k",
		      name);
	for (int i = 0; i < n_target; i++)
		ql_buf_printf(out, ", double *restrict %s", target[i]);
	ql_buf_puts(out, ")\n{\n\t(void)t, (void)y, (void)p, (void)k");
	for (int i = 0; i < n_target; i++)
		ql_buf_printf(out, ", (void)%s", target[i]);
	ql_buf_puts(out, ";\n");
	struct ql_arena a = {0};
	int *order = QL_NEW_N(&a, int, g->n), n = ql_schedule(g, e->registers + SPILLS, &a, order);
	for (int i = 0; i < n; i++)
		put_instruction(out, g, order[i]);
	ql_arena_free(&a);
	ql_buf_printf(out,
		      "}\n\nstatic void %s(const void *self, const double *t, const double *y, const double *p, const double *k",
		      name);
	for (int i = 0; i < n_target; i++)
		ql_buf_printf(out, ", double *%s", target[i]);
	ql_buf_puts(out, ")\n{\n\t(void)self;\n\tfor (int i = 0; i < QL_W; i += QL_PL)\n");
	ql_buf_printf(out, "\t\t%s_lanes(t + i, y + i, p + i, k", name);
	for (int i = 0; i < n_target; i++)
		ql_buf_printf(out, ", %s + i", target[i]);
	ql_buf_puts(out, ");\n}\n\n");
}

/* Factors. A row is worked on in blocks of entries small enough to stay in registers. */

static void put_row_block(const struct emitting *e, int i, const int *slot, const int *col, int n)
{
	const struct ql_lu_row *row = &e->code->row[i];
	int n_state = e->p->n_state;
	for (int j = 0; j < n; j++)
		ql_buf_printf(e->out, "\tlane_v a%d = ln_get(lu, %d)%s;\n", slot[j], slot[j], slot[j] == i ? " + s" : "");
	for (int l = 0; l < row->n_l; l++) {
		int pivot = row->l_col[l];
		for (int j = 0; j < n; j++) {
			int u = e->code->slot_at[pivot * n_state + col[j]];
			if (u >= n_state && e->code->step_of[col[j]] > e->code->step_of[pivot])
				ql_buf_printf(e->out, "\ta%d = ln_fnma(a%d, ln_get(lu, %d), a%d);\n", slot[j], row->l[l], u,
					      slot[j]);
		}
	}
}

static void put_row(const struct emitting *e, int i, int *slot, int *col)
{
	const struct ql_lu_row *row = &e->code->row[i];
	struct ql_buf *out = e->out;
	int n = 0, block = e->registers - 4;
	for (int l = 0; l < row->n_l; l++, n++) {
		slot[n] = row->l[l];
		col[n] = row->l_col[l];
	}
	slot[n] = col[n] = i;
	n++;
	for (int u = row->n_u - 1; u >= 0; u--, n++) {
		slot[n] = row->u[u];
		col[n] = row->u_col[u];
	}
	ql_buf_puts(out, "\t{\n");
	for (int at = 0; at < n; at += block)
		put_row_block(e, i, slot + at, col + at, n - at < block ? n - at : block);
	for (int l = 0; l < row->n_l; l++)
		ql_buf_printf(out, "\tln_put(lu, %d, a%d*ln_get(lu, %d));\n", row->l[l], row->l[l], row->l_col[l]);
	ql_buf_printf(out, "\tconst lane_v r = ln_set(1)/a%d;\n\tln_put(lu, %d, r);\n", i, i);
	for (int u = 0; u < row->n_u; u++)
		ql_buf_printf(out, "\tln_put(lu, %d, a%d*r);\n", row->u[u], row->u[u]);
	ql_buf_puts(out, "\t}\n\tLN_FENCE;\n");
}

static void put_factor(const struct emitting *e)
{
	int n = e->p->n_state, *slot = ql_realloc(NULL, (size_t)(2 * n + 2), sizeof *slot);
	ql_buf_puts(e->out, "LN void factor_lanes(const double *restrict shift, double *restrict lu)\n{\n"
			    "\tconst lane_v s = ln_get(shift, 0);\n\t(void)s, (void)lu;\n");
	for (int step = 0; step < n; step++)
		put_row(e, e->code->order[step], slot, slot + n + 1);
	ql_free(slot);
	ql_buf_puts(e->out, "}\n\nstatic void factor(const void *self, const double *shift, double *lu)\n{\n\t(void)self;\n"
			    "\tfor (int i = 0; i < QL_W; i += QL_PL)\n\t\tfactor_lanes(shift + i, lu + i);\n}\n\n");
}

static void put_solve(const struct emitting *e)
{
	const struct ql_plan_code *code = e->code;
	struct ql_buf *out = e->out;
	int n = e->p->n_state;
	ql_buf_puts(out, "LN void solve_lanes(const double *restrict lu, double *restrict b)\n{\n\t(void)lu, (void)b;\n");
	for (int step = 0; step < n; step++) {
		int i = code->order[step];
		const struct ql_lu_row *row = &code->row[i];
		ql_buf_printf(out, "\tlane_v z%d = ln_get(b, %d);\n", i, i);
		for (int l = 0; l < row->n_l; l++)
			ql_buf_printf(out, "\tz%d = ln_fnma(ln_get(lu, %d), z%d, z%d);\n", i, row->l[l], row->l_col[l], i);
	}
	for (int step = n - 1; step >= 0; step--) {
		int i = code->order[step];
		const struct ql_lu_row *row = &code->row[i];
		ql_buf_printf(out, "\tz%d = z%d*ln_get(lu, %d);\n", i, i, i);
		for (int u = 0; u < row->n_u; u++)
			ql_buf_printf(out, "\tz%d = ln_fnma(ln_get(lu, %d), z%d, z%d);\n", i, row->u[u], row->u_col[u], i);
		ql_buf_printf(out, "\tln_put(b, %d, z%d);\n", i, i);
	}
	ql_buf_puts(out, "}\n\nstatic void solve(const void *self, const double *lu, double *b)\n{\n\t(void)self;\n"
			 "\tfor (int i = 0; i < QL_W; i += QL_PL)\n\t\tsolve_lanes(lu + i, b + i);\n}\n\n");
}

/* The description */

static void put_ints(struct ql_buf *out, const char *type, const char *name, const int *x, int n)
{
	ql_buf_printf(out, "static const %s %s[] = {", type, name);
	for (int i = 0; i < n; i++)
		ql_buf_printf(out, i % 24 ? "%d," : "\n\t%d,", x[i]);
	ql_buf_puts(out, n ? "};\n" : "0};\n");
}

static void put_identifier(struct ql_buf *out, const char *s)
{
	for (; *s; s++)
		ql_buf_printf(out, "%c", isalnum((unsigned char)*s) ? *s : '_');
}

static void put_description(const struct emitting *e, const char *isa)
{
	const struct ql_plan *p = e->p;
	struct ql_buf *out = e->out;
	put_ints(out, "int", "lu_row", e->code->lu_row, e->code->n_lu);
	put_ints(out, "int", "lu_col", e->code->lu_col, e->code->n_lu);
	ql_buf_puts(out, "static const bool lu_is_jac[] = {");
	for (int i = 0; i < e->code->n_lu; i++)
		ql_buf_printf(out, i % 24 ? "%d," : "\n\t%d,", e->code->lu_is_jac[i]);
	ql_buf_puts(out, e->code->n_lu ? "};\n\n" : "0};\n\n");
	ql_buf_puts(out, "extern __attribute__((visibility(\"default\"))) const struct ql_kernel ql_k_");
	put_identifier(out, p->name);
	ql_buf_puts(out, "_");
	put_identifier(out, isa);
	ql_buf_printf(out, "_w%d;\nconst struct ql_kernel ql_k_", e->width);
	put_identifier(out, p->name);
	ql_buf_puts(out, "_");
	put_identifier(out, isa);
	ql_buf_printf(out,
		      "_w%d = {\n\t.name = \"%s\", .isa = \"%s\", .plan_hash = %lluu, .width = %d,\n"
		      "\t.n_state = %d, .n_p = %d, .n_k = %d, .n_out = %d, .n_trig = %d, .n_lu = %d, .autonomous = %d,\n"
		      "\t.lu_row = lu_row, .lu_col = lu_col, .lu_is_jac = lu_is_jac,\n"
		      "\t.rhs = rhs, .jac = jac, .factor = factor, .solve = solve, .out = out, .trig = trig};\n",
		      e->width, p->name, isa, (unsigned long long)p->hash, e->width, p->n_state, p->n_p, p->n_k, p->n_out,
		      p->n_trig, e->code->n_lu, e->code->autonomous);
}

enum quell_status ql_emit_c(const struct ql_plan *p, int width, const char *isa, struct ql_buf *out)
{
	static const char *const to_f[] = {"f"}, *const to_jac[] = {"f", "ft", "lu"}, *const to_out[] = {"out"},
			  *const to_trig[] = {"g"};
	if (width != 1 && width != 4 && width != 8)
		return QUELL_ERR_USAGE;
	struct emitting e = {p, p->code, out, width, strcmp(isa, "x86-64-v4") == 0 ? 32 : 16};
	ql_buf_printf(out,
		      "/* Kernel set %s, %d states; made by quell, do not edit. */\n#define QL_W %d\n"
		      "#include \"base/kernel.h\"\n#include \"base/lanes.h\"\n\n",
		      p->name, p->n_state, width);
	put_program(&e, &p->code->rhs, "rhs", 1, to_f);
	put_program(&e, &p->code->jac, "jac", 3, to_jac);
	put_program(&e, &p->code->out, "out", 1, to_out);
	put_program(&e, &p->code->trig, "trig", 1, to_trig);
	put_factor(&e);
	put_solve(&e);
	put_description(&e, isa);
	return QUELL_OK;
}
