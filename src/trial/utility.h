/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quality of life of one patient from the record: one base set of utilities,
 * never a mixture of published sets. D: model dossier of endpoints, 5.1.
 */
#ifndef QL_TRIAL_UTILITY_H
#define QL_TRIAL_UTILITY_H

#include "trial/record.h"

/* Base set (D, recommended; anchored on 0.77 off treatment in unfit patients, NICE TA663, verified, and on the order of
 * states in Kosmas 2015, verified and recalled): per state, times an age norm. */
#define QL_U_OFF 0.77          /* progression-free, no treatment */
#define QL_U_ORAL 0.73         /* progression-free, tablets */
#define QL_U_INFUSION 0.69     /* progression-free, infusions */
#define QL_U_PROGRESSED 0.60   /* after the first progression */
#define QL_U_LATE 0.50         /* after the second */
#define QL_U_AGE_FROM 60.0
#define QL_U_AGE_LOSS 0.0035   /* per year of age above 60 (D, assumed) */
/* Losses: severe infection (Tolley 2013, verified; duration assumed), atrial fibrillation for good and a second cancer
 * for a year (assumed), cytokine release and neurotoxicity by grade (Howell 2022, verified; duration assumed),
 * infusion reaction for a day (assumed). */
#define QL_U_INFECTION 0.195
#define QL_U_INFECTION_DAY 14.0
#define QL_U_AF 0.05
#define QL_U_CANCER 0.15
#define QL_U_CANCER_DAY 365.25
#define QL_U_CRS {0.0, 0.01, 0.05, 0.23, 0.23}
#define QL_U_CRS_DAY 7.0
#define QL_U_ICANS {0.0, 0.04, 0.04, 0.18, 0.18}
#define QL_U_ICANS_DAY 10.0
#define QL_U_REACTION 0.20
#define QL_U_REACTION_DAY 1.0
#define QL_U_DISCOUNT 0.035    /* per year (UK practice) */
/* Deterioration: utility below that at the start by this much, for good (difference that matters, about 0.074 for
 * EQ-5D: recalled). */
#define QL_UTILITY_STEP 0.074

struct ql_utility_input {
	double age;           /* at the start */
	double infusion_day;  /* last infusion or injection of the first line; -1: none */
	double drug_day;      /* last day on treatment of the first line */
};
/* Fills qaly, life_years and deterioration_day of a finished record. */
void ql_utility_fill(struct ql_patient_record *r, const struct ql_utility_input *in);

#endif
