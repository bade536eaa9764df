/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the SBML reader. */
#ifndef QL_LANG_SBML_PRIVATE_H
#define QL_LANG_SBML_PRIVATE_H

#include "lang/map.h"
#include "lang/sbml.h"
#include <sbml/SBMLTypes.h>

enum ql_sbml_kind { QL_SB_COMPARTMENT, QL_SB_SPECIES, QL_SB_PARAMETER, QL_SB_STOICHIOMETRY, QL_SB_REACTION };

/* Expressions exist twice: during the run, and at the start. */
enum ql_sbml_mode { QL_SB_NOW, QL_SB_START };

struct ql_sbml_entry {
	const char *id;
	enum ql_sbml_kind kind;
	SBase_t *object;
	const SBase_t *rule, *start; /* where the maths stand */
	const ASTNode_t *assigned, *rate, *initial; /* maths of rules and initial assignment, NULL if none */
	bool in_reaction, by_event;                 /* changed by reactions, by events */
	bool only_amount;                           /* species that reads as an amount in maths */
	int compartment;                            /* entry of a species' compartment, -1 */
	bool given;                                 /* the attribute is set */
	double number;                              /* its value */
	bool given_concentration;                   /* species: the attribute is a concentration */
	int q;                                      /* STATE, INPUT or PARAM, -1 */
	ql_node held;                               /* its leaf */
	ql_node value[2], amount[2];                /* by mode */
	unsigned char busy[2];                      /* 1: being worked out, 2: done */
};

struct ql_sbml_reader {
	Model_t *sbml;
	struct ql_model *m;
	struct ql_arena *a;
	struct ql_diags *ds;
	const char *file, *text;
	struct ql_sbml *info;
	struct ql_sbml_entry *entry;
	int n_entry;
	struct ql_map ids;
	int depth, errors; /* depth of formulas; errors before this file */
	long work;         /* operators read, function bodies each time they are called */
	bool unsupported;
};

/* Names bound while a formula is read: arguments of a function, parameters of a kinetic law. */
struct ql_sbml_scope {
	const struct ql_sbml_scope *up;
	const char **name;
	ql_node *value;
	int n;
};

ql_node ql_sbml_math(struct ql_sbml_reader *r, const ASTNode_t *x, enum ql_sbml_mode mode,
		     const struct ql_sbml_scope *scope, const SBase_t *at);
/* A continuous function that is above 0 where the condition holds. */
ql_node ql_sbml_surrogate(struct ql_sbml_reader *r, ql_node condition);
/* What a name stands for. */
ql_node ql_sbml_value(struct ql_sbml_reader *r, int entry, enum ql_sbml_mode mode);
ql_node ql_sbml_amount(struct ql_sbml_reader *r, int entry, enum ql_sbml_mode mode);
int ql_sbml_find(const struct ql_sbml_reader *r, const char *id);

struct ql_diag *ql_sbml_complain(struct ql_sbml_reader *r, enum ql_code code, const SBase_t *at, const char *fmt, ...)
	QL_PRINTF(4, 5);
void ql_sbml_refuse(struct ql_sbml_reader *r, const SBase_t *at, const char *what);

int ql_sbml_add_quantity(struct ql_sbml_reader *r, enum ql_kind kind, const char *name);

/* Quantities, rates, events; called in this order. */
void ql_sbml_collect(struct ql_sbml_reader *r);
void ql_sbml_make_quantities(struct ql_sbml_reader *r);
void ql_sbml_make_rates(struct ql_sbml_reader *r);
void ql_sbml_make_events(struct ql_sbml_reader *r);
void ql_sbml_make_outputs(struct ql_sbml_reader *r);

#endif
