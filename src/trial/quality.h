/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scores in the manner of the EORTC QLQ-CLL17, 0 to 100, higher is worse: symptom burden, physical condition and fatigue,
 * worries and fears on health and functioning (17 items; van de Poll-Franse 2018, Qual Life Res 27:333,
 * doi 10.1007/s11136-017-1718-y; validated in 341 patients: Oerlemans 2022, Br J Haematol, doi 10.1111/bjh.18072; both
 * verified). No trial has published how these scores move with burden, counts and events: the map below is assumed (model
 * dossier of endpoints, 5.2) but for what stands with it. Read at visits, as questionnaires are.
 *
 * Against it: in 431 untreated patients neither nodes, spleen nor lymphocytes went with any domain of the QLQ-C30, low
 * haemoglobin and constitutional symptoms did (Else 2008, Br J Haematol 143:690, verified). The weight on burden is kept
 * small for that reason.
 */
#ifndef QL_TRIAL_QUALITY_H
#define QL_TRIAL_QUALITY_H

#include "trial/record.h"
#include <stdbool.h>

/* X(id, title) in the order of the scores of a record */
#define QL_QUALITY_SCALES(X)                                     \
	X(symptoms, "symptom burden")                            \
	X(fatigue, "physical condition and fatigue")             \
	X(worries, "worries and fears on health and functioning")

/* A change that matters: 10 points (used in LRF CLL4 and in CLL11 for the QLQ-C30, verified; none is published for the
 * CLL17). Deterioration is definite when no later score is better, as in CLL14 (Al-Sawaf 2024, verified). */
#define QL_QUALITY_STEP 10.0
#define QL_QUALITY_MEAN_DAY (5 * 365.25) /* scores are averaged up to here */

/* Symptom burden (assumed). */
#define QL_Q_SYMPTOMS 10.0
#define QL_Q_SYMPTOMS_BURDEN 15.0    /* at this many CLL cells or more: */
#define QL_Q_BURDEN_GCELL 1500.0
#define QL_Q_SYMPTOMS_PLATELETS 5.0  /* bruises below 50e9/L */
#define QL_Q_PLATELETS 50.0
#define QL_Q_SYMPTOMS_EVENT 15.0     /* severe infection, cytokine release or neurotoxicity in the last four weeks */
#define QL_Q_SYMPTOMS_DRUG 5.0       /* on a drug: complaints below grade 3 */
/* Fatigue: 6.7 points per 10 g/L of haemoglobin below 120. Between 13 (Lind 2002, Br J Cancer 86:1243: 6.9 of the 52 points
 * of the FACT fatigue scale per 10 g/L, across patients, verified) and 3 (Cella 2004, Ann Oncol 15:979: 2.8 of 52 after a
 * rise of 20 g/L or more, within patients, verified); derived. The rest assumed. */
#define QL_Q_FATIGUE 25.0
#define QL_Q_FATIGUE_HB 0.67         /* per g/L */
#define QL_Q_HB 120.0
#define QL_Q_FATIGUE_EVENT 10.0
#define QL_Q_FATIGUE_PROGRESSED 10.0
/* Worries (assumed; fewer on ibrutinib than on chemoimmunotherapy in 127 patients with the CLL17: PMID 32748412,
 * verified). */
#define QL_Q_WORRIES 35.0
#define QL_Q_WORRIES_PROGRESSED 15.0
#define QL_Q_WORRIES_UMRD (-5.0)     /* undetectable MRD in blood */
#define QL_Q_WORRIES_DRUG 5.0        /* treatment that goes on */
#define QL_Q_WORRIES_INFUSION 5.0    /* visits for infusions in the last four weeks */
#define QL_Q_WINDOW_DAY 28.0

struct ql_quality_state { /* of one patient at a visit; NaN: not read */
	double burden_gcell, haemoglobin, platelets, mrd_blood;
	bool event, on_drug, infusions, progressed;
};

struct ql_quality { /* what is kept between visits */
	double start[QL_QUALITY_N], last[QL_QUALITY_N], since[QL_QUALITY_N], area[QL_QUALITY_N];
	double day; /* of the last scores */
	bool progressed, begun;
};

void ql_quality_score(const struct ql_quality_state *s, double *score);
void ql_quality_see(struct ql_quality *q, double day, const double *score);
/* Progression where no visit follows: adds what progression does. */
void ql_quality_progress(struct ql_quality *q, double day);
/* Fills the record, whose last_day and death_day are known; the last scores count to the end. */
void ql_quality_close(const struct ql_quality *q, struct ql_patient_record *r);

extern const char *const ql_quality_id[QL_QUALITY_N], *const ql_quality_title[QL_QUALITY_N];

#endif
