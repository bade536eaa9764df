/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A checked model: modules bound, index sets expanded, every quantity a scalar
 * with a definition in one expression graph.
 *
 * Names after expansion: "disease.S[node]", "mab.CL", "btki.level"; a model
 * file without modules has bare names ("A1").
 */
#ifndef QL_LANG_MODEL_H
#define QL_LANG_MODEL_H

#include "base/diag.h"
#include "base/yaml.h"
#include "lang/dag.h"

enum ql_kind {
	QL_PARAM,     /* typical value; settable by --set; the same for all patients of a run */
	QL_COVARIATE, /* what a patient brings */
	QL_AGENT,     /* column of the agent row bound to a slot; changes when a regimen changes the row */
	QL_INPUT,     /* set by events during a run (drug levels, infusion rates) */
	QL_RANDOM,    /* hidden standard normal behind a spread, or the unit uniform behind a draw */
	QL_DRAW,      /* realised random number: exponential, poisson, uniform, normal */
	QL_LET,       /* intermediate */
	QL_STATE,     /* integrated */
	QL_OUTPUT,    /* what endpoints, files and plots see */
	QL_ACTIVE     /* 1 if the dose or input named by `base` can be given in this run, else 0: known when a kernel
		       * is planned */
};

enum ql_grade { QL_GRADE_NONE, QL_VERIFIED, QL_DERIVED, QL_RECALLED, QL_ASSUMED, QL_CALIBRATED };

enum ql_draw { QL_DRAW_NONE, QL_DRAW_NORMAL, QL_DRAW_UNIFORM, QL_DRAW_EXPONENTIAL, QL_DRAW_POISSON };

struct ql_quantity {
	enum ql_kind kind;
	const char *name;   /* full, unique */
	const char *base;   /* declared name without index, "disease.S" */
	const char *module; /* instance: "disease", "mab"; "" in a model without modules */
	const char *unit;   /* as written; "" if none given, "1" if dimensionless */
	const char *doc;
	const char **cite; /* keys of references.bib */
	int n_cite;
	enum ql_grade grade;
	struct ql_span span;

	/* The leaf that stands for this quantity in expressions. For LET and OUTPUT it is `def` itself;
	 * for a PARAM with spread, `realised` below is what expressions use. */
	ql_node sym;
	/* PARAM: typical value (constant, or an expression of covariates, params); COVARIATE, INPUT, AGENT: default;
	 * LET, OUTPUT: definition; STATE: its rate d/dt; DRAW: realised value as an expression of its QL_RANDOM.
	 * Definitions of PARAM and DRAW use only PARAM and DRAW of smaller index. AGENT: NaN until a row is bound. */
	ql_node def;
	ql_node realised;        /* PARAM with spread: sym combined with its random (so that --set moves the typical
				  * value); else sym */
	ql_node init;            /* STATE: initial value, patient-constant */
	double atol;             /* STATE: absolute tolerance, 0 = default */
	bool is_quad;            /* STATE that no rate reads */
	bool integer_set;        /* COVARIATE in {a, b, ...} */
	double lo, hi;           /* COVARIATE, AGENT, INPUT: accepted range, -inf..inf if none */
	double *allowed;         /* COVARIATE in {..} */
	int n_allowed;
	enum ql_draw draw;       /* RANDOM: how the trial layer makes it: NORMAL or UNIFORM only. DRAW: its law */
	const char *stream;      /* RANDOM: stream name, hashed for the generator: the full name of the parameter or
				  * draw ("disease.rmax", "disease.e[wild]"), of all its elements if `common` */
	const char *spread_text; /* PARAM: "lognormal(0.4)" for tables; NULL if none */
	ql_node draw_mean;       /* DRAW with law POISSON: its mean (patient-constant); the value is
				  * ql_quantile_poisson(uniform, mean), computed by the plan, and `def` is `sym` */
	int draw_random;         /* DRAW, PARAM with spread: quantity index of its QL_RANDOM; -1 else */
};

/* One of no definition, no unit and no text, with any value allowed. */
struct ql_quantity ql_quantity_blank(enum ql_kind kind, const char *name);

/* A hidden input that keeps something about the doses given so far (rxode2's tad(), podo(), dosenum()); whoever gives a
 * dose sets it at that instant. Before the first dose all are 0. */
enum ql_clock_kind {
	QL_CLOCK_LAST,  /* time of the last dose */
	QL_CLOCK_FIRST, /* time of the first dose */
	QL_CLOCK_COUNT, /* number of doses so far */
	QL_CLOCK_AMOUNT /* prescribed amount of the last dose */
};
struct ql_clock {
	enum ql_clock_kind kind;
	int input; /* quantity index */
};

/* A named way in. amount (prescribed, in `unit`) * scale is added to the state, at once or over an infusion. */
struct ql_dose {
	const char *name;  /* full, "mab.infusion" */
	const char *module;
	const char *unit;  /* of the prescribed amount, "mg" */
	int state;         /* quantity index */
	ql_node scale;     /* patient-constant; may use AGENT columns */
	int rate_input;    /* quantity index of the hidden INPUT added to the state's rate, amount/day of the state */
	ql_node bioavailability, lag, modelled_rate, modelled_duration; /* QL_NO_NODE if not given */
	struct ql_clock *clock; /* what this dose sets besides */
	int n_clock;
	const char *doc;
	struct ql_span span;
};

/* A threshold event: fires when `g` rises through 0 (condition turns true), then assigns at once. */
struct ql_when {
	const char *name; /* "extinct[wild]" */
	ql_node g;        /* > 0 while the condition holds */
	int *target;      /* state or input quantities */
	ql_node *value;
	int n_assign;
	bool at_start; /* may fire at the start already: its condition counts as false before (SBML's initialValue) */
	const char *doc;
	struct ql_span span;
};

/* A slot for agents: `use anti_cd20 as mab` makes slot "mab" whose columns are QL_AGENT quantities "mab.CL". */
struct ql_slot {
	const char *name, *module, *default_agent;
	int *column; /* quantity indices */
	int n_column;
};

/* A kernel set: which doses and inputs may be active; models/<name>.qm states them. */
struct ql_kernel_set {
	const char *name;
	const char **active; /* full names of doses or inputs ("mab.infusion", "btki.level"), or one "*" */
	int n_active;
};

struct ql_model {
	struct ql_arena arena;
	struct ql_dag dag;
	const char *name, *doc;
	uint64_t hash; /* of all texts read, in order */
	struct ql_quantity *q;
	int n_q;
	struct ql_dose *dose;
	int n_dose;
	struct ql_when *when;
	int n_when;
	struct ql_slot *slot;
	int n_slot;
	struct ql_kernel_set *kernel;
	int n_kernel;
	bool has_units; /* false: a file without units, for example in the rxode2 dialect */
	struct ql_name_table *names; /* private: for ql_model_find */
	const char **module_name; /* instances in order, with their doc strings */
	const char **module_doc;
	int n_module;
};

/* Reads a model and everything it uses, or a file in the dialect of rxode2. A file without `dose` statements has one
 * dose per state, under the state's name. Relative paths in `use ... from` start at the model file's folder.
 * A module on its own is read with what it `uses` from the files beside it.
 * On QUELL_ERR_INPUT *out is NULL and ds says why. Bounded in time and memory on any input. */
enum quell_status ql_model_load(const char *path, struct ql_diags *ds, struct ql_model **out);
enum quell_status ql_model_parse(const char *file, const char *text, size_t len, struct ql_diags *ds,
				 struct ql_model **out);
void ql_model_free(struct ql_model *m);

/* Index of a quantity by full name, or by a bare name ("alc", "S[node]") that only one module has; -1 if none.
 * Doses and events are found the same way. ql_model_suggest gives the nearest name for a message. */
int ql_model_find(const struct ql_model *m, const char *name);
const char *ql_model_suggest(const struct ql_model *m, const char *name, unsigned kinds /* bit per ql_kind */);
int ql_model_find_dose(const struct ql_model *m, const char *name);
int ql_model_find_when(const struct ql_model *m, const char *name);
int ql_model_find_slot(const struct ql_model *m, const char *name);

const char *ql_kind_word(const struct ql_quantity *q); /* "parameter", "state", ... */
const char *ql_grade_word(enum ql_grade g);	       /* "calibrated"; "" for none */

/* An agent row: library/agents/<name>.yaml checked against the slot's columns (missing, extra, range, unit). */
struct ql_agent_row {
	const char *name, *title, *slot_module;
	double *value;        /* one per column of the slot, in slot order */
	const char **source;  /* per column: citation keys as text, or NULL */
	enum ql_grade *grade; /* per column */
	struct ql_yaml *yaml; /* the whole file: labelled dose, warnings, class, ... */
};
enum quell_status ql_agent_load(const struct ql_model *m, const struct ql_slot *slot, const char *path,
				struct ql_arena *a, struct ql_diags *ds, struct ql_agent_row *out);

/* Parses an expression in the model's name space (for population files); patient-constant names only. */
enum quell_status ql_model_expression(struct ql_model *m, const char *text, struct ql_span span, struct ql_diags *ds,
				      ql_node *out);

/* For readers of other formats: an empty model (q, dose and when on the heap, the rest in its arena), and the index of
 * names once it is filled. */
struct ql_model *ql_model_new(void);
void ql_model_index_names(struct ql_model *m);

/* How an expression varies: over nothing but parameters, between patients, or in time. */
enum ql_phase { QL_PHASE_RUN, QL_PHASE_PATIENT, QL_PHASE_DYNAMIC };

#endif
