/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to emit: a plan's programs.
 *
 * A program is straight-line code in single assignment: instruction i defines
 * value i. The C emitter prints it; the lane interpreter gives its values
 * registers; the scalar machine (values.c) runs those that work on one
 * patient's quantities. Loads and stores name an array and an index:
 *
 *	lanes:  QL_C_Y, QL_C_P, QL_C_K, time; store into f, ft, lu, out or g
 *	scalar: QL_OP_VAR loads v->q[index]; stores go into v->q, k or p
 */
#ifndef QL_EMIT_CODE_H
#define QL_EMIT_CODE_H

#include "emit/plan.h"

/* Raised whenever the same plan would be emitted as different arithmetic. */
#define QL_EMIT_VERSION 1

/* Operations beyond enum ql_op. */
enum {
	QL_C_FMS = QL_OP_COUNT, /* a*b - c */
	QL_C_FNMA,              /* c - a*b */
	QL_C_FNMS,              /* -(a*b) - c */
	QL_C_Y,
	QL_C_P,
	QL_C_K,
	QL_C_STORE,             /* target[index] = a */
	QL_C_DRAW_POISSON,      /* quantile at uniform a of the Poisson law with mean b */
	QL_C_COUNT
};

enum ql_target {
	QL_TO_F,
	QL_TO_FT,
	QL_TO_LU,
	QL_TO_OUT,
	QL_TO_TRIG,
	QL_TO_K,
	QL_TO_P,
	QL_TO_Y,
	QL_TO_Q,       /* v->q */
	QL_TO_Q_PARAM  /* v->q unless the caller fixed that parameter */
};

struct ql_ins {
	int op;
	int a, b, c;   /* values, -1 where unused */
	int index;     /* of a load or store */
	int target;    /* of a store */
	double value;  /* of a constant */
};

struct ql_program {
	struct ql_ins *ins;
	int n;
};

/* Row i of the factors, columns in order of elimination. */
struct ql_lu_row {
	int n_l, n_u;
	int *l, *l_col; /* slots and columns left of the diagonal, first eliminated first */
	int *u, *u_col; /* right of it, last eliminated first: the unknown computed most recently comes last in the sum */
};

struct ql_plan_code {
	struct ql_program rhs, jac, out, trig;
	struct ql_program run_constants;     /* v->q -> k */
	struct ql_program definitions;       /* v->q -> v->q: typical values, draws, initial states; then y */
	struct ql_program patient_constants; /* v->q -> p */
	bool autonomous;

	int n_lu;
	int *lu_row, *lu_col;
	bool *lu_is_jac;
	int *slot_at;          /* [n*n] row-major: slot of an entry, -1 if it is zero */
	int *order, *step_of;  /* elimination step -> state and back */
	struct ql_lu_row *row; /* by state */

	struct ql_activity *activity;
};

struct ql_activity {
	unsigned char *dose;  /* [n_dose] can be given */
	unsigned char *q;     /* INPUT: may be set; ACTIVE: its value */
	unsigned char *live;  /* STATE: kept */
	unsigned char *fires; /* [n_when] can fire */
};

/* graph.c: the model's expressions in a graph of the plan's own, so that the numbering (and with it the
 * arithmetic) does not depend on what else was made in the model's graph. */
struct ql_graph {
	struct ql_dag dag;
	ql_node *from;         /* model node -> own node */
	int n_from;
	unsigned char *mark;   /* scratch [n_from] */
	ql_node *map;          /* quantity -> own node in its place, QL_NO_NODE: keep */
};
void ql_graph_free(struct ql_graph *g);
void ql_graph_start(struct ql_graph *g, const struct ql_model *m);
void ql_graph_forget(struct ql_graph *g); /* after a change of map: copies are made anew */
/* Copies what `roots` need, with g->map applied. */
void ql_graph_import(struct ql_graph *g, const struct ql_model *m, const ql_node *roots, int n_roots);

/* prune.c: ds may be NULL. */
enum quell_status ql_activity_resolve(const struct ql_model *m, const char *const *active, int n_active,
				      struct ql_arena *a, struct ql_diags *ds, struct ql_activity *out);
void ql_activity_prune(const struct ql_model *m, struct ql_graph *g, struct ql_arena *a, struct ql_activity *act);

/* lower.c: rewrites for speed, once per plan, so that every back end does the same arithmetic. */
struct ql_lowering {
	struct ql_dag *d;
	const unsigned char *var_phase; /* enum ql_phase by quantity */
	unsigned char *phase;           /* enum ql_phase by node, known for the first n nodes */
	int n;
	unsigned char *mark;            /* reached from the roots, and how often each node is used */
	int *uses;
	ql_node *map;                   /* scratch */
	int *divisions;
};
enum ql_phase ql_phase_of(struct ql_lowering *w, ql_node n);
/* Replaces the roots by cheaper ones; leaves mark and uses of the result. */
void ql_lower(struct ql_lowering *w, ql_node *roots, int n_roots);
void ql_count_uses(struct ql_lowering *w, const ql_node *roots, int n_roots);
void ql_lowering_free(struct ql_lowering *w);

/* sparse.c: order, slots and rows of the factors, from the Jacobian's pattern [n*n], row-major. */
void ql_sparse_plan(int n, const unsigned char *jac, struct ql_arena *a, struct ql_plan_code *code);

/* jacobian.c: minus the derivatives of n_f nodes with respect to those marked in is_input[d->n]. The graph gains nodes. */
struct ql_accumulation {
	struct ql_lowering *w;
	struct ql_vertex *vertex;
	struct entry *queue;
	const unsigned char *needed;
	int n_vertex, n_queue, cap_queue;
};
void ql_accumulate(struct ql_accumulation *a, struct ql_lowering *w, const ql_node *f, int n_f, const unsigned char *is_input,
		   unsigned char *needed /* scratch [d->n] */);
/* -d f[f]/d input, QL_NO_NODE if it is zero or there is no such input. */
ql_node ql_accumulated(const struct ql_accumulation *a, int f, int n_f, ql_node input);
void ql_accumulation_free(struct ql_accumulation *a);

/* program.c: instructions from nodes. value_of[node] remembers what a program has computed already. */
struct ql_slots { /* static nodes that lanes read from k[] or p[]; slot first+i holds node[i] */
	ql_node *node;
	int n, cap, first;
};
struct ql_builder {
	struct ql_lowering *w;
	ql_node zero;
	bool lanes;                     /* lane program (fused operations, slots) or scalar program on v->q */
	struct ql_slots *k, *p;         /* lanes */
	const int *state_of_q, *p_of_q;
	const unsigned char *is_input;  /* by quantity */
	struct ql_ins *ins;
	int n_ins, cap_ins;
	int *value_of, n_value;
	int *slot_of, n_slot_of;
	ql_node *stack;
	int cap_stack;
};
void ql_builder_start(struct ql_builder *b, struct ql_lowering *w); /* an empty program */
int ql_builder_value(struct ql_builder *b, ql_node n);
void ql_builder_store(struct ql_builder *b, ql_node n, enum ql_target target, int index);
void ql_builder_draw_poisson(struct ql_builder *b, ql_node uniform, ql_node mean, int quantity);
struct ql_program ql_builder_finish(const struct ql_builder *b, struct ql_arena *a);
void ql_builder_free(struct ql_builder *b);

/* schedule.c: order[g->n] in which to print the instructions, for a machine with so many vector registers. Loads and
 * constants that nothing uses are left out; returns how many are in. */
int ql_schedule(const struct ql_program *g, int registers, struct ql_arena *a, int *order);

#endif
