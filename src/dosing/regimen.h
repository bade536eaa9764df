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
	int dose;        /* index of the regimen's dose item, for holds and reductions */
	int cycle;       /* 1-based; 0 if none */
	double prescribed; /* in the dose's own unit, for data sets */
};

/* One therapy as read from library/regimens/<name>.yaml, names resolved against the model. */
struct ql_regimen {
	const char *name, *title;
	char evidence_grade;       /* 'A'..'D' */
	const char *warning;       /* e.g. "no clinical data in CLL"; NULL if none */
	const char **source;
	int n_source;
	const char *treatment;     /* canonical name in evidence/trials.csv */
	const char **active;       /* doses and inputs used: for kernel choice */
	int n_active;
	int n_slot;                /* agent rows per slot */
	int *slot;
	struct ql_agent_row *row;
	double end_day;            /* planned end of treatment; INFINITY = until progression */
	double response_day;       /* when response is assessed; from the file */
	bool continuous;
	double dropout_per_cycle;  /* chance that no further cycle is given, drawn per cycle (from the second) and patient */
	const bool *stops_for_toxicity; /* [n_item] `stop: toxicity`: the item ends when the toxicity trigger fires */
	struct ql_regimen_item *item; /* private to dosing */
	int n_item;
	struct ql_yaml *yaml;
};

enum quell_status ql_regimen_load(const struct ql_model *m, const char *path, const char *agents_dir,
				  struct ql_arena *a, struct ql_diags *ds, struct ql_regimen *out);

/* What a dose by weight, surface or clearance needs. */
struct ql_body {
	double weight_kg, bsa_m2, crcl_ml_min;
};

/* Appends the patient's events, sorted by time then file order, ties: ends of infusion before starts. Daily oral
 * drugs are level changes. `scale(ctx, dose)` gives the model's amount per prescribed unit for this patient. */
struct ql_events {
	struct ql_event *item;
	int n, cap;
};
enum quell_status ql_regimen_events(const struct ql_model *m, const struct ql_regimen *r, const struct ql_body *body,
				    double start_day, double (*scale)(void *ctx, int dose), void *ctx,
				    struct ql_events *out);
void ql_events_free(struct ql_events *e);

#endif
