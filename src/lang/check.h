/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to the checker: from syntax trees to a scalar model.
 *
 * 1. names.c   instances, units, index sets, declarations ("entities"), where each element is defined
 * 2. eval.c    an expression under bindings of index variables -> node and unit
 * 3. define.c  entities in order of dependence, then rates, doses, events
 * 4. finish.c  what must hold of the whole
 * 5. model.c   reads the files, runs the above, finds names
 *
 * A definition (`let x[t in tissue] = ...` inside `for` and `if` blocks) is a
 * piece; expanding a piece visits every element that it defines.
 */
#ifndef QL_LANG_CHECK_H
#define QL_LANG_CHECK_H

#include "lang/parse.h"
#include "lang/units.h"

enum {
	QL_MAX_ERRORS = 100,
	QL_MAX_MUTED = 20000,
	QL_MAX_QUANTITIES = 200000,
	QL_MAX_TERMS = 1500000,
	QL_MAX_DIMS = 8,
	QL_MAX_BINDINGS = 96,
	QL_MAX_INSTANCES = 200,
	QL_NAME_BUFFER = 640
};
#define QL_FUEL 1000000 /* steps of evaluation and expansion */

struct ql_instance {
	const char *name; /* "" for a text of its own and for the statements of a model file */
	const struct ql_text *text;
	int *uses;
	int n_uses;
	bool uses_all;
	const char *slot_default;
	struct ql_span span;
};

struct ql_index_set {
	const char *name;
	int inst, root, n;
	int *pos;	   /* element -> position in the root */
	int *slot;	   /* position in the root -> element, -1 */
	const char **elem;
	struct ql_map at; /* element name -> element */
	struct ql_span span;
};

struct ql_block { /* enclosing `for` or `if` */
	const struct ql_block *up;
	const struct ql_stmt *s;
	bool otherwise;
};

struct ql_piece {
	const struct ql_stmt *s;
	int inst;
	const struct ql_block *in;
	struct ql_piece *next;
};

enum ql_role { QL_ROLE_PARAM, QL_ROLE_COVARIATE, QL_ROLE_AGENT, QL_ROLE_INPUT, QL_ROLE_DRAW, QL_ROLE_LET, QL_ROLE_HANDLE,
	       QL_ROLE_STATE, QL_ROLE_OUTPUT };

struct ql_entity {
	enum ql_role role;
	int inst;
	const char *name, *full; /* "S", "disease.S" */
	const struct ql_stmt *decl;
	struct ql_piece *piece, *last_piece; /* definitions: of the value, or contributions of a handle */
	struct ql_piece *rate, *last_rate;
	int n_dim, dim[QL_MAX_DIMS], stride[QL_MAX_DIMS], n_elem;
	const struct ql_piece **defined; /* per element: who defines its value */
	const struct ql_piece **rated;	 /* per element of a state */
	int *q;
	ql_node *node; /* what expressions use; QL_NO_NODE = not known yet */
	int unit;
	bool unit_known, rate_bad;
	struct ql_cycle *cycle; /* of names, through this one */
	unsigned char color; /* of the search for cycles */
};

struct ql_cycle {
	const struct ql_entity *way[8];
	int n;
};

struct ql_dose_entry {
	const struct ql_piece *piece;
	const char *name, *full;
	const struct ql_piece *property[4]; /* f, alag, rate, dur */
	int dose;			    /* index in the model */
	int unit, state_unit;
};

struct ql_binding {
	const char *name;
	int set, pos; /* pos in the root of the set */
};

struct ql_value {
	ql_node node;
	int unit;
	bool fixed; /* decided when the model is read: index tests and numbers */
};

struct ql_check {
	struct ql_model *m;
	struct ql_diags *ds;
	struct ql_arena *a; /* of the model */
	struct ql_arena scratch;
	struct ql_parser parser;
	struct ql_units us;
	bool units_on;
	struct ql_text *text;
	struct ql_instance *inst;
	int n_inst;
	struct ql_index_set *set;
	int n_set, cap_set;
	struct ql_entity **entity;
	int n_entity, cap_entity;
	struct ql_dose_entry *dose;
	int n_dose, cap_dose;
	struct ql_piece **when;
	int n_when, cap_when;
	struct ql_piece **property;
	int n_property, cap_property;
	struct ql_map names; /* keys of ql_key */
	int cap_q, cap_when_out, cap_dose_out;

	int here; /* instance whose names are looked up */
	struct ql_binding bind[QL_MAX_BINDINGS];
	int n_bind;
	long fuel;
	int n_errors, n_muted;
	bool stop;
	struct ql_map said;
	struct ql_diag mute;
	uint32_t *leaf; /* per node: bits of the kinds of quantities below, QL_LEAF_TIME */
	int n_leaf, cap_leaf;
	struct ql_rx *rx; /* the rxode2 dialect is being run; NULL otherwise */
	bool placeholders; /* some node refers to a let that was not known yet */
};
#define QL_LEAF_TIME (1u << 31)

/* Reports once per place and code; after too many, sets `stop`. The result is never NULL. */
struct ql_diag *ql_ck_error(struct ql_check *ck, enum ql_code code, struct ql_span span, const char *fmt, ...)
	QL_PRINTF(4, 5);

/* names.c */
void ql_ck_declare(struct ql_check *ck);
int ql_ck_instance(const struct ql_check *ck, const char *name); /* -1 */
struct ql_entity *ql_ck_find(struct ql_check *ck, int inst, const char *name);
/* By name in the current instance, reporting what is wrong; NULL then. */
struct ql_entity *ql_ck_resolve(struct ql_check *ck, const char *module, const char *name, struct ql_span span);
/* The same without reports. */
struct ql_entity *ql_ck_lookup(struct ql_check *ck, const char *module, const char *name);
int ql_ck_find_set(struct ql_check *ck, const char *module, const char *name);
int ql_ck_set(struct ql_check *ck, const char *module, const char *name, struct ql_span span);
struct ql_dose_entry *ql_ck_dose(struct ql_check *ck, int inst, const char *name);
bool ql_ck_sees(const struct ql_check *ck, int inst, int other);
/* Unit of a reference; ANY after a report. */
int ql_ck_unit(struct ql_check *ck, const struct ql_unit_ref *ref);

/* expand.c */
typedef void (*ql_visit)(struct ql_check *ck, const struct ql_piece *piece, struct ql_entity *e, int elem);
/* Calls visit for every element that the piece defines, with its variables bound and `here` set. */
void ql_ck_expand(struct ql_check *ck, const struct ql_piece *piece, struct ql_entity *e, ql_visit visit);
/* Binds `i in index` variables one combination after the other. Start with first = true. */
const struct ql_binding *ql_ck_bound(const struct ql_check *ck, const char *name);
bool ql_ck_bind(struct ql_check *ck, const char *name, int set, int slot);
/* Element number of name[subs]; -1 after a report. */
int ql_ck_element(struct ql_check *ck, const struct ql_entity *e, const struct ql_sub *sub, int n, struct ql_span span);
bool ql_ck_burn(struct ql_check *ck);
/* "S[node]" for an element, in the arena; with the full name of the module if `full`. */
const char *ql_ck_element_name(struct ql_check *ck, const struct ql_entity *e, int elem, bool full);
/* "t = spleen, c = wild" or NULL. */
const char *ql_ck_bindings_text(struct ql_check *ck);

/* eval.c */
struct ql_value ql_ck_eval(struct ql_check *ck, const struct ql_expr *e);
/* Value of an expression that must have `unit`; bare numbers take it. `what` names what is defined, for messages. */
ql_node ql_ck_eval_as(struct ql_check *ck, const struct ql_expr *e, int unit, const char *what, bool adopt);
/* > 0 while the condition holds. */
ql_node ql_ck_trigger(struct ql_check *ck, const struct ql_expr *e);
void ql_ck_check_unit(struct ql_check *ck, const struct ql_expr *e, int found, int wanted, const char *what);
/* Hook for names of ql_model_expression: resolves a reference against the finished model. */
struct ql_value ql_ck_model_ref(struct ql_check *ck, const struct ql_expr *e);

/* define.c */
void ql_ck_define(struct ql_check *ck);
int ql_ck_new_quantity(struct ql_check *ck, enum ql_kind kind, const char *name);

/* A dose into a state under the state's name and unit, with its rate input. Valid until the next dose is made. */
struct ql_dose *ql_ck_state_dose(struct ql_check *ck, int state, const char *name);

/* finish.c */
/* Puts definitions in place of the symbols that stood for lets in cycles of names, or reports a cycle of elements. */
void ql_ck_resolve_symbols(struct ql_check *ck);
void ql_ck_finish(struct ql_check *ck);
/* Bits of the kinds of quantities below a node, QL_LEAF_TIME for time. */
uint32_t ql_ck_leaves(struct ql_check *ck, ql_node n);

/* names of a finished model: finds full names and unique last parts */
struct ql_name_table {
	struct ql_map full, last, dose, dose_last, when, when_last;
};

#endif
