/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SBML (levels 1 to 3, core) as a model, through libSBML.
 *
 * What changes by rate rules or reactions is a state (species as amounts), what
 * only events change is an input, assignment rules are lets, the rest are
 * parameters. Every varying symbol is also an output. Triggers of events become
 * `when`s whose g is continuous where the condition allows it, so that they are
 * found by root finding; the exact conditions and the rest of SBML's event
 * semantics are in struct ql_sbml. Units are not read.
 *
 * Refused by name (QL_E1002): algebraic rules, fast reactions, delays (of
 * events and in maths), event priorities, rateOf, packages that change the
 * meaning of the core.
 */
#ifndef QL_LANG_SBML_H
#define QL_LANG_SBML_H

#include "lang/model.h"

/* A symbol of the file: species, compartment, parameter, species reference or reaction. */
struct ql_sbml_symbol {
	const char *id;
	bool is_species;
	ql_node value;         /* as it reads in maths */
	ql_node amount;        /* species; else value */
	ql_node concentration; /* species: amount / size; else value */
	ql_node initial;       /* what `quantity` holds at the start, over parameters */
	int quantity;          /* STATE, INPUT or PARAM that holds it (species: amount), -1 if assigned or a rate */
};

struct ql_sbml_assignment {
	int target;     /* state or input */
	ql_node value;  /* of the symbol */
	ql_node factor; /* value * factor = what target holds: size of the compartment of a species; QL_NO_NODE: 1 */
};

struct ql_sbml_event {
	const char *id;
	int when;          /* of the model */
	ql_node trigger;   /* the exact condition, 0 or 1 */
	bool initial_value, persistent, use_trigger_values;
	struct ql_sbml_assignment *assign;
	int n_assign;
};

struct ql_sbml {
	struct ql_sbml_symbol *symbol;
	int n_symbol;
	struct ql_sbml_event *event;
	int n_event;
};

/* `info` may be NULL; it lives with the model. QUELL_ERR_UNSUPPORTED when built without libSBML or when the file uses
 * what is not supported. */
enum quell_status ql_sbml_load(const char *path, struct ql_diags *ds, struct ql_model **out, struct ql_sbml **info);

#endif
