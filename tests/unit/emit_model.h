/* SPDX-License-Identifier: Apache-2.0 */
/* A small model made by hand, so that these tests do not lean on the parser. It has a bit of everything: a dosed
 * two-compartment drug, a logistic population with a Hill effect and a saturable square root, a quad, an explicit time
 * dependence, a threshold event, random and drawn quantities, and a block (z1, z2) that only a second drug sets going. */
#ifndef EMIT_MODEL_H
#define EMIT_MODEL_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "emit/plan.h"

enum { /* quantities */
	P_CL, P_V, P_K12, P_K21, P_R, P_KMAX, P_EMAX, P_EC50, P_GAMMA, P_KZ, P_DERIVED,
	C_WT, A_POT, I_LEVEL, I_RATE1, I_RATE2, X_Z, X_U, X_UP, D_THRESH, D_COUNT, ACT_2,
	S_A1, S_A2, S_N, S_M, S_Z1, S_Z2, S_Q, S_BASE, O_N, O_Z, N_QUANTITIES
};

static struct ql_quantity em_q[N_QUANTITIES];
static struct ql_dose em_dose[2];
static struct ql_when em_when;
static int em_target[2] = {S_N, I_LEVEL};
static ql_node em_value[2];
static struct ql_model em;

#define V(i) ql_var(&em.dag, (i))
#define K(x) ql_const(&em.dag, (x))
#define ADD(a, b) ql_op2(&em.dag, QL_OP_ADD, (a), (b))
#define SUB(a, b) ql_op2(&em.dag, QL_OP_SUB, (a), (b))
#define MUL(a, b) ql_op2(&em.dag, QL_OP_MUL, (a), (b))
#define DIV(a, b) ql_op2(&em.dag, QL_OP_DIV, (a), (b))
#define POW(a, b) ql_op2(&em.dag, QL_OP_POW, (a), (b))
#define FN(op, a) ql_op1(&em.dag, QL_OP_##op, (a))

static void em_quantity(int i, enum ql_kind kind, const char *name, ql_node def)
{
	em_q[i] = (struct ql_quantity){.kind = kind, .name = name, .base = name, .module = "", .unit = "", .doc = "",
				       .def = def, .init = QL_NO_NODE, .draw_mean = QL_NO_NODE, .draw_random = -1};
	em_q[i].sym = V(i);
	em_q[i].realised = em_q[i].sym;
}

static void em_state(int i, const char *name, ql_node init, ql_node rate)
{
	em_quantity(i, QL_STATE, name, rate);
	em_q[i].init = init;
}

static void em_params(void)
{
	em_quantity(P_CL, QL_PARAM, "CL", K(0.2));
	em_quantity(P_V, QL_PARAM, "V", K(3));
	em_quantity(P_K12, QL_PARAM, "k12", K(0.4));
	em_quantity(P_K21, QL_PARAM, "k21", K(0.3));
	em_quantity(P_R, QL_PARAM, "r", K(0.05));
	em_quantity(P_KMAX, QL_PARAM, "kmax", K(100));
	em_quantity(P_EMAX, QL_PARAM, "emax", K(0.8));
	em_quantity(P_EC50, QL_PARAM, "ec50", K(2));
	em_quantity(P_GAMMA, QL_PARAM, "gamma", K(1.3));
	em_quantity(P_KZ, QL_PARAM, "kz", K(0.07));
	em_quantity(C_WT, QL_COVARIATE, "wt", K(70));
	em_quantity(P_DERIVED, QL_PARAM, "derived", MUL(V(P_V), POW(DIV(V(C_WT), K(70)), K(0.75))));
	em_quantity(A_POT, QL_AGENT, "pot", K(1.5));
	em_quantity(I_LEVEL, QL_INPUT, "level", K(0));
	em_quantity(I_RATE1, QL_INPUT, "drug1.rate", K(0));
	em_quantity(I_RATE2, QL_INPUT, "drug2.rate", K(0));
	em_quantity(X_Z, QL_RANDOM, "z", QL_NO_NODE);
	em_quantity(X_U, QL_RANDOM, "u", QL_NO_NODE);
	em_quantity(X_UP, QL_RANDOM, "up", QL_NO_NODE);
	em_q[X_U].draw = em_q[X_UP].draw = QL_DRAW_UNIFORM;
	em_quantity(D_THRESH, QL_DRAW, "thresh", FN(NEG, FN(LOG, SUB(K(1), V(X_U)))));
	em_quantity(D_COUNT, QL_DRAW, "count", QL_NO_NODE);
	em_q[D_COUNT].draw = QL_DRAW_POISSON;
	em_q[D_COUNT].draw_mean = MUL(V(P_V), K(2));
	em_q[D_COUNT].draw_random = X_UP;
	em_quantity(ACT_2, QL_ACTIVE, "active(drug2)", QL_NO_NODE);
	em_q[ACT_2].base = "drug2";
}

static void em_dynamics(void)
{
	struct ql_dag *d = &em.dag;
	ql_node cl = MUL(V(P_CL), FN(EXP, MUL(K(0.3), V(X_Z)))), conc = DIV(V(S_A1), V(P_DERIVED));
	ql_node pos = ql_op2(d, QL_OP_MAX, conc, K(0)), hill = POW(pos, V(P_GAMMA));
	ql_node effect = DIV(MUL(MUL(V(P_EMAX), V(A_POT)), hill), ADD(POW(V(P_EC50), V(P_GAMMA)), hill));
	ql_node burden = ADD(V(S_N), V(S_M)), b = SUB(ADD(conc, V(P_EC50)), V(S_M));
	ql_node root = FN(SQRT, ADD(MUL(b, b), MUL(MUL(K(4), V(P_EC50)), V(S_M))));
	ql_node dark = ql_op3(d, QL_OP_SELECT,
			      ql_op2(d, QL_OP_AND, ql_op2(d, QL_OP_LT, V(S_A2), V(S_A1)), ql_op2(d, QL_OP_LE, K(0.1), V(S_N))),
			      MUL(V(S_A2), K(0.01)), FN(ABS, SUB(V(S_N), V(S_A2))));
	em_state(S_A1, "A1", K(0),
		 ADD(V(I_RATE1), SUB(MUL(V(P_K21), V(S_A2)), MUL(ADD(DIV(cl, V(P_DERIVED)), V(P_K12)), V(S_A1)))));
	em_state(S_A2, "A2", K(0), SUB(MUL(V(P_K12), V(S_A1)), MUL(V(P_K21), V(S_A2))));
	em_state(S_N, "N", MUL(K(20), FN(EXP, V(X_Z))),
		 MUL(V(S_N), SUB(SUB(MUL(V(P_R), SUB(K(1), DIV(burden, V(P_KMAX)))), effect),
				 MUL(V(I_LEVEL), MUL(K(0.1), ADD(K(1), FN(SIN, MUL(K(0.2), ql_time(d)))))))));
	em_state(S_M, "M", K(5), SUB(ADD(MUL(root, K(0.02)), dark), MUL(V(S_M), MUL(K(0.1), FN(EXP, FN(NEG, DIV(V(S_N), K(30))))))));
	em_state(S_Z1, "Z1", K(0), SUB(V(I_RATE2), MUL(V(P_KZ), MUL(V(S_Z1), V(S_N)))));
	em_state(S_Z2, "Z2", K(0), SUB(MUL(V(P_KZ), V(S_Z1)), MUL(V(S_Z2), V(P_R))));
	em_state(S_Q, "Q", K(0), MUL(V(S_N), MUL(V(S_M), K(0.001))));
	em_state(S_BASE, "base", DIV(V(P_R), V(P_KZ)), SUB(V(P_R), MUL(V(P_KZ), V(S_BASE))));
	/* The second drug feeds back only while it is there. */
	em_q[S_N].def = SUB(em_q[S_N].def, MUL(V(ACT_2), MUL(V(S_Z2), V(S_N))));
	em_quantity(O_N, QL_OUTPUT, "total", ADD(burden, V(S_BASE)));
	em_quantity(O_Z, QL_OUTPUT, "zsum", ADD(V(S_Z1), V(S_Z2)));
}

static int em_set_up(void **state)
{
	(void)state;
	ql_dag_init(&em.dag);
	em.name = "hand-made";
	em.q = em_q;
	em.n_q = N_QUANTITIES;
	em_params();
	em_dynamics();
	em_dose[0] = (struct ql_dose){.name = "drug1", .module = "", .state = S_A1, .scale = K(2), .rate_input = I_RATE1};
	em_dose[1] = (struct ql_dose){.name = "drug2", .module = "", .state = S_Z1, .scale = K(1), .rate_input = I_RATE2};
	em.dose = em_dose;
	em.n_dose = 2;
	em_value[0] = MUL(V(S_N), K(0.5));
	em_value[1] = ADD(V(S_N), V(I_LEVEL));
	em_when = (struct ql_when){.name = "low", .g = SUB(V(D_THRESH), V(S_N)), .target = em_target, .value = em_value, .n_assign = 2};
	em.when = &em_when;
	em.n_when = 1;
	return 0;
}

static int em_tear_down(void **state)
{
	(void)state;
	ql_dag_free(&em.dag);
	em = (struct ql_model){0};
	return 0;
}

static struct ql_plan *em_plan(const char *const *active, int n)
{
	struct ql_diags ds = {0};
	struct ql_plan *p = NULL;
	assert_int_equal(ql_plan_make(&em, "test", active, n, &ds, &p), QUELL_OK);
	ql_diags_free(&ds);
	return p;
}

#endif
