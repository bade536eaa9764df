/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A model as a list of assignments, for writers of other formats.
 *
 * The graph shares its expressions; written out as trees they would explode.
 * A listing gives a name to every intermediate of the model and to what is
 * used more than once, in an order in which each is known before it is read.
 * Random quantities hold their typical values, `active()` what the caller
 * says, so what is left are parameters, inputs, states and time.
 */
#ifndef QL_LANG_LISTING_H
#define QL_LANG_LISTING_H

#include "lang/model.h"

struct ql_definition {
	const char *name;               /* an identifier, unique in the listing */
	ql_node node;
	const struct ql_quantity *q;    /* what the model calls it; NULL: an intermediate without a name */
	bool dynamic;                   /* depends on states, inputs or time */
};

struct ql_leaf { /* PARAM, COVARIATE, AGENT, INPUT, STATE that the listing reads */
	int q;
	const char *name;
	double value; /* of parameters and inputs at the start */
};

struct ql_listing {
	struct ql_model *m;
	struct ql_arena a;
	struct ql_leaf *leaf; /* in the order of the model; states last, in their order */
	int n_leaf, n_state;  /* the last n_state leaves are states */
	const char **q_name;  /* [m->n_q] identifier of a leaf or named definition, NULL if it has none */
	ql_node *rate, *init; /* by state, in the order of the leaves */
	struct ql_definition *def;
	int n_def;
	const char **node_name; /* [m->dag.n] name that stands for a node, NULL: write it out */
	int n_node;
	ql_node *when_g, **when_value; /* by event of the model */
	ql_node *dose_scale, *dose_f, *dose_lag, *dose_rate, *dose_duration; /* by dose; QL_NO_NODE where not given */
};

struct ql_listing_options {
	const double *value;         /* [n_q] of parameters, covariates, agents and inputs */
	const bool *fixed;           /* [n_q] PARAM: value stands although the model defines it by an expression; or NULL */
	const unsigned char *active; /* [n_q] value of each QL_ACTIVE */
	const bool *keep_input;      /* [n_q] inputs that stay variables; others are their value */
	const char *const *reserved; /* words that no identifier may be, NULL-terminated */
	bool clock_calls;            /* inputs that hold times of doses keep their names: tlast(depot) */
};

/* The model's graph gains nodes. Free the result whatever is returned. */
enum quell_status ql_listing_make(struct ql_model *m, const struct ql_listing_options *o, struct ql_diags *ds,
				  struct ql_listing *out);
void ql_listing_free(struct ql_listing *l);

/* An expression as text. `own` is the node being defined: its own name is not used for it. */
enum ql_dialect { QL_AS_RXODE2, QL_AS_C };
void ql_listing_text(const struct ql_listing *l, ql_node n, bool own, enum ql_dialect dialect, struct ql_buf *out);
/* As MathML: the content of a <math> element. False if an operation has none (lgamma). */
bool ql_listing_mathml(const struct ql_listing *l, ql_node n, bool own, struct ql_buf *out);
void ql_mathml_number(double x, struct ql_buf *out); /* <cn>0.001</cn> */

/* Doses and levels at fixed times, as other formats give them: what to add to states, to add to the rate of an infusion, or
 * to set. Sorted by time. */
enum ql_action_kind { QL_ACT_ADD_STATE, QL_ACT_ADD_RATE, QL_ACT_SET_INPUT };
struct ql_action {
	double time, value;
	enum ql_action_kind kind;
	int q; /* state or input */
};

struct ql_export {
	const struct ql_listing *l;
	const struct ql_action *action;
	int n_action;
	const char *made_by;      /* "quell 0.1.0" */
	const char *note;         /* lines about what was exported; may be NULL */
	const double *time;       /* expected numbers: n_time rows of n_out values */
	int n_time;
	const char **out_name;    /* identifiers in the listing */
	const int *out_q;
	int n_out;
	const double *expected;
};

/* What the format cannot carry is reported as QL_E0115 (a warning) and said in the file. */
enum quell_status ql_export_sbml(const struct ql_export *x, struct ql_diags *ds, struct ql_buf *out);
enum quell_status ql_export_rxode2(const struct ql_export *x, struct ql_diags *ds, struct ql_buf *out);
enum quell_status ql_export_mrgsolve(const struct ql_export *x, struct ql_diags *ds, struct ql_buf *out);

#endif
