/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A protocol: what the clinic does at visits. Rules of library/protocols read
 * what was measured (with the noise and the limits of the method) and hold,
 * reduce or stop doses, give others, or set levels.
 */
#ifndef QL_TRIAL_PROTOCOL_H
#define QL_TRIAL_PROTOCOL_H

#include "trial/next_line.h"

/* What conditions may name. */
enum ql_observable {
	QL_OBS_ANC,          /* 1e9/L */
	QL_OBS_PLATELETS,    /* 1e9/L */
	QL_OBS_HAEMOGLOBIN,  /* g/L */
	QL_OBS_ALC,          /* 1e9/L */
	QL_OBS_IGG,          /* g/L */
	QL_OBS_MRD_BLOOD,    /* share of leucocytes */
	QL_OBS_MRD_MARROW,
	QL_OBS_CRS,          /* ASTCT grade so far */
	QL_OBS_ICANS,
	QL_OBS_INFECTIONS,   /* severe ones so far */
	QL_OBS_INFECTION_DAYS, /* since the last one; infinite before the first */
	QL_OBS_DAY,          /* since the start of treatment */
	QL_OBS_COUNT
};

struct ql_observable_info {
	const char *name, *output, *unit; /* output of the model; NULL: the trial knows it itself */
};
extern const struct ql_observable_info ql_observable[QL_OBS_COUNT];

struct ql_assay { /* reading = true value * exp(sd*z), not below limit */
	double sd, limit;
};

/* A conjunction: every observable lies in its interval. */
struct ql_interval {
	double low, high;
	bool low_open, high_open;
};
struct ql_criterion {
	struct ql_interval in[QL_OBS_COUNT];
	unsigned used; /* bits of enum ql_observable */
};

enum ql_rule_kind { QL_RULE_HOLD, QL_RULE_REDUCE, QL_RULE_STOP, QL_RULE_GIVE, QL_RULE_SET };

struct ql_rule_target { /* a dose or an input of the model */
	const char *name;
	int dose, input; /* the other is -1 */
	double amount;   /* given or set; per kg where so */
	bool per_kg;
	struct ql_span span;
};

#define QL_MAX_RULES 32
#define QL_MAX_TARGETS 6

struct ql_rule {
	const char *name;
	struct ql_span span;
	enum ql_rule_kind kind;
	struct ql_criterion when, until; /* until: of holds and levels */
	bool has_until;
	struct ql_rule_target target[QL_MAX_TARGETS];
	int n_target;
	double factor, least;    /* reduce, also after a hold (`then`): each time by factor, down to least; 1: none */
	double held_for_day;     /* the condition must have held this long */
	double delay_day, every_day, for_day; /* act this much later; not again before; level goes back after */
	int most;                /* times; 0 = no limit */
	int after;               /* rule that must have acted before; -1 */
	unsigned act;            /* bit of enum ql_act that it leaves in the record */
	bool left_out;           /* this model has nothing that it could act on */
};

struct ql_protocol {
	const char *name, *title;
	const char *next_line;   /* table of next lines, "none", or NULL: the standard one */
	struct ql_assay assay[QL_OBS_COUNT];
	struct ql_rule rule[QL_MAX_RULES];
	int n_rule;
	unsigned used;           /* bits of enum ql_observable that some rule reads */
	struct ql_yaml *yaml;
};

/* `name`: of library/protocols, or a path. `lenient`: names that the model lacks switch a rule off with a note, for a
 * model that is not the shipped one. All mistakes at once. */
enum quell_status ql_protocol_load(const struct ql_model *m, const char *data_dir, const char *name, bool lenient,
				   struct ql_arena *a, struct ql_diags *ds, struct ql_protocol *out);

bool ql_criterion_holds(const struct ql_criterion *c, const double *reading /* [QL_OBS_COUNT] */);

#endif
