/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The evidence base: evidence/trials.csv with provenance. One row per trial,
 * arm or contrast, endpoint and data cut; columns are described in
 * docs/evidence.md. The loader checks every row and reports each fault with
 * its place.
 */
#ifndef QL_EVIDENCE_TABLE_H
#define QL_EVIDENCE_TABLE_H

#include "evidence/references.h"

struct ql_trial_row {
	const char *trial, *nct, *publication, *line, *population, *treatment, *comparator;
	const char *endpoint, *unit, *subgroup, *note, *role;             /* role from roles.csv; "" if none */
	const char *cite;                                                 /* key in references.bib; "" if none */
	int year;                                                         /* 0: blank */
	double n_arm, n_comp, value, lower, upper, ci_level, followup_mo; /* NaN where blank */
	bool not_reached;                                                 /* a median printed as NR; value is NaN */
	bool verified;
	struct ql_span span;
};

struct ql_treatment { /* evidence/treatments.csv */
	const char *name, *title;
	const char *components; /* "FC+R" for additive models, "none" for no treatment; "" if it cannot be split */
};

struct ql_evidence {
	struct ql_arena arena;
	struct ql_trial_row *row;
	int n_row;
	struct ql_treatment *treatment;
	int n_treatment;
	struct ql_references references;
};

/* Reads <data_dir>/evidence/{trials,roles,treatments}.csv and references.bib. */
enum quell_status ql_evidence_load(const char *data_dir, struct ql_diags *ds, struct ql_evidence **out);
void ql_evidence_free(struct ql_evidence *e);

/* NULL if unknown. */
const struct ql_treatment *ql_evidence_treatment(const struct ql_evidence *e, const char *name);
bool ql_evidence_has_trial(const struct ql_evidence *e, const char *trial);

/* Rows that answer for an endpoint of a simulated arm (ids as in `quell compare --json`: pfs_rate_24mo, pfs_median,
 * orr, cr, umrd_pb_1e-4_eot, ...), best first: wanted trials in the order given, verified before recalled, whole
 * population before subgroups (subgroups are left out), latest cut first. Rates at other months do not answer.
 * Writes at most `max`, returns how many. */
int ql_evidence_answers(const struct ql_evidence *e, const char *const *treatment, int n_treatment, const char *line,
			const char *const *trial_first, int n_trial, const char *endpoint_id,
			const struct ql_trial_row **out, int max);
/* The row's value in the endpoint's unit (percent to fraction). */
void ql_evidence_value(const struct ql_trial_row *r, double *value, double *lower, double *upper);
/* Name in the column `endpoint` for an endpoint id, into buf; false if the table has no such endpoint. */
bool ql_evidence_endpoint(const char *endpoint_id, char *buf, size_t size);

#endif
