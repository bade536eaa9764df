/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Response and progression by iwCLL 2018 (Hallek 2018 Blood 131:2745,
 * doi 10.1182/blood-2017-09-806398), CT staging. NaN in a reading: that item
 * is not judged; a model without haemoglobin and platelets is judged on
 * neutrophils alone. Liver and constitutional symptoms are not simulated, and
 * one draw stands for the biopsy (trial/rules.h).
 */
#ifndef QL_TRIAL_ASSESS_H
#define QL_TRIAL_ASSESS_H

#include "trial/arm.h"

struct ql_reading { /* what a visit sees */
	double day;      /* of the line */
	double alc;      /* 1e9/L */
	double spd;      /* cm2, six target nodes */
	double diameter; /* cm, largest node */
	double spleen;   /* cm, length */
	double marrow;   /* share of CLL cells */
	double anc;      /* 1e9/L */
	bool waiver;     /* BTK or PI3K inhibitor on board: lymphocytosis is redistribution */
	double hb;       /* g/L */
	double plt;      /* 1e9/L */
};

struct ql_nadir { /* lowest so far, baseline included; blood counts: as they were at baseline */
	double alc, spd, spleen, hb, plt;
};

void ql_nadir_start(struct ql_nadir *n, const struct ql_reading *baseline);
void ql_nadir_update(struct ql_nadir *n, const struct ql_reading *r);

/* What speaks for progression, as bits. Lymphocytes and blood counts alone need a second look. */
enum ql_pd { QL_PD_NODES = 1, QL_PD_BY_SPLEEN = 2, QL_PD_BLOOD = 4, QL_PD_CYTOPENIA = 8 };
/* `drug_cytopenia`: counts may be low because of treatment, and do not speak then. */
unsigned ql_assess_pd(const struct ql_reading *r, const struct ql_nadir *n, bool drug_cytopenia);
bool ql_assess_progression(const struct ql_reading *r, const struct ql_nadir *n);

/* After progression: is there as much disease as makes treatment wanted? `share` of the nodes, of the spleen's excess or of
 * the lymphocytes that were there when treatment was wanted first, or counts held down by CLL. */
bool ql_assess_need(const struct ql_reading *r, const struct ql_reading *baseline, double share);

enum ql_biopsy { QL_BIOPSY_RESIDUAL, QL_BIOPSY_CLEAR, QL_BIOPSY_NODULES };
/* What a biopsy shows where `marrow` of the marrow cells are CLL; u: the patient's place among all, 0 to 1. */
enum ql_biopsy ql_assess_biopsy(double marrow, double u);
/* PD is not looked for here. At least two abnormal items of group A (lymphocytes, nodes, spleen) and one of group B
 * (neutrophils, haemoglobin, platelets) must have improved, or the only one. `biopsy`: what is not simulated. */
enum ql_response ql_assess_response(const struct ql_reading *r, const struct ql_reading *baseline, enum ql_biopsy biopsy);

/* Responses that held: a better one counts from the first of two visits at least QL_RESPONSE_HOLD_DAY apart with nothing
 * worse in between. */
struct ql_best {
	enum ql_response best;
	double since[QL_RESP_CR + 1]; /* first day of an unbroken run at this level or better; NaN: no run */
	double response_day, cr_day;  /* first day of what held; INFINITY */
};
void ql_best_start(struct ql_best *b);
void ql_best_add(struct ql_best *b, double day, enum ql_response r);

#endif
