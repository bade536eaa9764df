/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plan: the model specialised to the doses and inputs that a run may use.
 *
 * Planning prunes states that cannot move (greatest set of undosed states whose
 * rate is identically zero at their initial value), sorts every needed node by
 * phase (run-constant -> k[], patient-constant -> p[], dynamic -> code), builds
 * the symbolic sparse Jacobian and fixes the elimination order and fill of its
 * LU factors (Markowitz on the diagonal). The C emitter and the interpreter
 * both work from it, so their layouts agree by construction.
 */
#ifndef QL_EMIT_PLAN_H
#define QL_EMIT_PLAN_H

#include "base/kernel.h"
#include "lang/model.h"

struct ql_plan {
	struct ql_model *m;     /* not owned */
	const char *name;
	uint64_t hash;          /* of layout and all programs; equal hash = equal arithmetic */
	struct ql_arena arena;

	int n_state;
	int *state;             /* plan state -> quantity */
	int *state_of_q;        /* quantity -> plan state, -1 if pruned or not a state */
	double *atol;           /* per plan state; default 1e-6 where the model gives none */

	int n_out;
	int *out_q;             /* plan output -> quantity */
	int n_trig;
	int *trig_when;         /* plan trigger -> model when; triggers that cannot fire are dropped */

	int n_p;                /* per-lane slots: first n_input inputs, then patient constants */
	int n_input;
	int *input_q;           /* p slot -> INPUT quantity */
	int *p_of_q;            /* quantity -> p slot for inputs, -1 otherwise */
	int n_k;

	struct ql_plan_code *code; /* programs; private to emit */
};

/* active: names of doses and inputs that may be used; NULL = all. */
enum quell_status ql_plan_make(struct ql_model *m, const char *name, const char *const *active, int n_active,
			       struct ql_diags *ds, struct ql_plan **out);
void ql_plan_free(struct ql_plan *p);

/* One patient's scalar work space: all quantities by number. */
struct ql_values {
	double *q;            /* [m->n_q] typical params, covariates, agents, inputs, randoms, draws, states at t=0 */
	unsigned char *fixed; /* [m->n_q] PARAM whose value stands although the model defines it by an expression */
	/* scratch */
	double *node;
	unsigned *seen, generation;
	ql_node *stack;
	int n_node, cap_stack;
};
void ql_values_init(const struct ql_plan *p, struct ql_values *v); /* defaults of the model */
void ql_values_free(struct ql_values *v);
void ql_values_set(struct ql_values *v, int quantity, double value); /* what --set does to a PARAM */

/* k[n_k] from parameters (v->q of QL_PARAM). Once per run. */
void ql_plan_run_constants(const struct ql_plan *p, struct ql_values *v, double *k);
/* From covariates, agents, params and randoms in v->q: draws, p slots (inputs at v->q values, patient constants)
 * and initial states. p and y are strided (element i at [i*stride]). Also stores draws and initial states in v->q. */
enum quell_status ql_plan_patient(const struct ql_plan *p, struct ql_values *v, double *pslot, double *y, int stride);
/* Patient constants again after agents changed in v->q (next line of therapy); states and inputs untouched. */
void ql_plan_patient_constants(const struct ql_plan *p, struct ql_values *v, double *pslot, int stride);
/* scale, bioavailability, ... : any patient-constant node of the model's graph under v->q. */
double ql_plan_value(const struct ql_plan *p, struct ql_values *v, ql_node n);
/* Per quantity its value for a patient with default covariates and no hidden differences: parameters, covariates,
 * inputs, states at the start. NaN where there is none. [n_q] in `a`. */
double *ql_plan_typical(struct ql_model *m, struct ql_arena *a, struct ql_diags *ds);
/* Applies trigger `trig`: assigns states y and inputs pslot, reading the state at the event. */
void ql_plan_fire(const struct ql_plan *p, struct ql_values *v, int trig, double t, double *y, double *pslot, int stride);

/* Floating-point operations per call and lane; a fused multiply-add counts two. For benchmarks. */
struct ql_flops {
	double rhs, jac, factor, solve;
};
struct ql_flops ql_plan_flops(const struct ql_plan *p);

/* Interpreter over W lanes (1, 4, 8 or 32). Freed with ql_interp_free. */
enum quell_status ql_interp_make(const struct ql_plan *p, int width, struct ql_kernel **out);
void ql_interp_free(struct ql_kernel *k);

/* Vector C source of one kernel for a width; `isa` is a tag that goes into names: ql_k_<name>_<isa>_w<width>.
 * The text defines one external `const struct ql_kernel`. */
enum quell_status ql_emit_c(const struct ql_plan *p, int width, const char *isa, struct ql_buf *out);

/* The compiled kernel of this plan that suits this machine and width (0 = best), else NULL. */
const struct ql_kernel *ql_kernel_find(uint64_t plan_hash, int width);

/* Smallest kernel set of the model that covers the wanted doses and inputs; -1 if none (then plan exactly those). */
int ql_kernel_set_for(const struct ql_model *m, const char *const *wanted, int n_wanted);

#endif
