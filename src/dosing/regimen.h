/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Regimens: YAML in words of the clinic (cycles, days, ramp-ups, infusions) ->
 * one exact, sorted list of events for one patient.
 */
#ifndef QL_DOSING_REGIMEN_H
#define QL_DOSING_REGIMEN_H

#include "lang/model.h"

enum ql_event_kind {
	QL_EV_BOLUS, /* state += amount */
	QL_EV_RATE,  /* input += amount (start or, negative, end of an infusion; amount in state units per day) */
	QL_EV_SET,   /* input := amount (drug level) */
	QL_EV_MARK   /* nothing changes; the protocol wants to know (end of treatment, cycle start) */
};

struct ql_event {
	double time_day;
	enum ql_event_kind kind;
	int quantity;    /* state or input of the model */
	double amount;   /* already in model units for this patient */
	int dose;        /* index of the regimen's dose item, for holds and reductions; -1: a mark */
	int cycle;       /* 1-based; 0 if its item has no cycles. A mark with cycle 0 is the end of treatment */
	double prescribed; /* in the dose's own unit, for data sets */
};

/* What ends an item before its schedule does. Progression is the default; `stop: none` clears it. */
enum ql_stop_rule { QL_STOP_PROGRESSION = 1, QL_STOP_TOXICITY = 2 };

/* One line of `doses:` as the protocol sees it. */
struct ql_regimen_item_info {
	const char *name;        /* "mab.infusion", "btki.level" */
	int dose, input;         /* index of the model's dose or QL_INPUT quantity; the other is -1 */
	unsigned stop;           /* bits of enum ql_stop_rule */
	double first_day, last_day; /* planned, 0 = start; INFINITY = open-ended. An input ends with its change to 0 */
	struct ql_span span;
};

/* One therapy as read from library/regimens/<name>.yaml, names resolved against the model. */
struct ql_regimen {
	const char *name, *title;
	char evidence_grade;       /* 'A'..'D' */
	const char *warning;       /* e.g. "no clinical data in CLL"; NULL if none */
	const char **source;
	int n_source;
	const char **treatment;    /* names of this regimen in evidence/trials.csv, best first */
	int n_treatment;
	const char **line;         /* "1L", "RR" */
	int n_line;
	const char **active;       /* doses and inputs used: for kernel choice */
	int n_active;
	int n_slot;                /* agent rows per slot */
	int *slot;
	struct ql_agent_row *row;
	double end_day;            /* planned end of treatment; INFINITY = until progression */
	double response_day;       /* when response is assessed; from the file */
	double cycle_days;         /* length of a cycle; 0 if the regimen has none */
	int n_cycle;               /* planned cycles; 0 = none or open-ended */
	bool continuous;           /* some item is open-ended */
	double dropout_per_cycle;  /* chance that no further cycle is given, drawn per cycle (from the second) and patient */
	const bool *stops_for_toxicity; /* [n_item] `stop: toxicity`: the item ends when the toxicity trigger fires */
	const struct ql_regimen_item_info *info; /* [n_item] */
	struct ql_regimen_item *item; /* private to dosing */
	int n_item;
	struct ql_yaml *yaml;
};

/* Resolves every name and unit; mistakes become diagnostics and QUELL_ERR_INPUT. Everything lives in `a`. */
enum quell_status ql_regimen_load(const struct ql_model *m, const char *path, const char *agents_dir,
				  struct ql_arena *a, struct ql_diags *ds, struct ql_regimen *out);

/* The same from YAML that was read already (and perhaps changed). */
enum quell_status ql_regimen_build(const struct ql_model *m, struct ql_yaml *yaml, const char *agents_dir, struct ql_arena *a,
				   struct ql_diags *ds, struct ql_regimen *out);

/* Slots that a regimen leaves alone get the model's default agents: nothing of them is given, but their columns are
 * read where a kernel covers more than the regimen needs. */
enum quell_status ql_regimen_fill_slots(const struct ql_model *m, const char *data_dir, struct ql_regimen *r,
					struct ql_arena *a, struct ql_diags *ds);

/* What a dose by weight, surface or clearance needs. */
struct ql_body {
	double weight_kg, bsa_m2, crcl_ml_min;
};

/* A patient's events, sorted by time; at one time: marks of cycle starts, ends of infusions, then file order, the
 * mark of the end of treatment last. To end item i early: skip its later events, but keep a negative QL_EV_RATE whose
 * start was given (it follows its start in the list), and set its input to 0. */
struct ql_events {
	struct ql_event *item;
	int n, cap;
};

/* `value(ctx, node)` gives a patient-constant node of the model (scale, bioavailability, lag) for this patient, as
 * ql_plan_value does. Events later than horizon_day are left out. Events are appended to *out, which is sorted as a
 * whole. QUELL_ERR_NUMERIC when an amount is not finite or negative, QUELL_SOLVE_EVENTS beyond 1e6 events. */
enum quell_status ql_regimen_events(const struct ql_model *m, const struct ql_regimen *r, const struct ql_body *body,
				    double start_day, double horizon_day, double (*value)(void *ctx, ql_node node),
				    void *ctx, struct ql_events *out);
void ql_events_free(struct ql_events *e);

/* The events of one patient as a NONMEM data set: ID TIME EVID AMT CMT RATE II ADDL SS MDV, then one column per input
 * that the regimen sets (its level from this record on; records with EVID 2 change nothing else). AMT is the
 * prescribed amount after body scaling in the unit of the dose, RATE gives the planned infusion time after
 * bioavailability, CMT is the number of the state, or the name of the dose where several lead into one state. One
 * record per dose, so II, ADDL and SS are 0. TIME is the model's (day), 0 = start of treatment. `header` writes the
 * line of names first. */
enum quell_status ql_regimen_dataset(const struct ql_model *m, const struct ql_regimen *r, const struct ql_body *body,
				     double horizon_day, double (*value)(void *ctx, ql_node node), void *ctx,
				     const char *id, bool header, struct ql_buf *out);
/* The same for a patient with the model's default weight, body surface and clearance. */
enum quell_status ql_regimen_typical_dataset(struct ql_model *m, const struct ql_regimen *r, double years, struct ql_diags *ds,
					     struct ql_buf *out);
/* Number of a state as CMT of a data set: its place among the model's states, 1-based. 0 if q is no state. */
int ql_dosing_compartment(const struct ql_model *m, int q);

#endif
