/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of the protocol, each with its source and grade. D: model dossier, section 6. */
#ifndef QL_TRIAL_RULES_H
#define QL_TRIAL_RULES_H

/* Visits: every 28 days to day 140, one in 168..252, then every 84 (D, assumed from common trial calendars). */
#define QL_VISIT_EARLY_DAY 28.0
#define QL_VISIT_EARLY_LAST 140.0
#define QL_VISIT_LATE_FIRST 168.0
#define QL_VISIT_LATE_DAY 84.0

/* Blood counts: weekly while on treatment in the first year, at visits after it, to 28 days after the last dose
 * (adverse-event window of the trials; D, assumed). Grade 3 neutropenia: below 1.0e9/L (CTCAE 5, verified). */
#define QL_ANC_EVERY_DAY 7.0
#define QL_ANC_WEEKLY_LAST 364.0
#define QL_ANC_AFTER_LAST_DOSE 28.0
#define QL_ANC_GRADE3 1.0

/* Response. Confirmation of a complete remission by biopsy, haemoglobin and platelets (D, calibrated); patients
 * whose response cannot be judged (D, assumed). */
#define QL_CR_CONFIRMED 0.60
#define QL_NOT_EVALUABLE 0.07

/* iwCLL 2018 thresholds (Hallek 2018; items that the model dossier marks as recalled are recalled). */
#define QL_PR_SHARE 0.5            /* of baseline: nodes, lymphocytes, spleen excess; verified */
#define QL_PR_ALC 4.0              /* 1e9/L; verified */
#define QL_PR_SPD_MEASURABLE 9.0   /* cm2: below it at baseline nodes do not count (D, assumed) */
#define QL_CR_DIAMETER 1.5         /* cm; verified */
#define QL_CR_MARROW 0.01          /* share of CLL cells (D, assumed for "no CLL cells") */
#define QL_CR_ANC 1.0              /* 1e9/L (D; the text asks 1.5 without growth factors) */
#define QL_SPLEEN_NORMAL 13.0      /* cm; recalled */
#define QL_PD_SHARE 1.5            /* of nadir: nodes, lymphocytes; verified */
#define QL_PD_DIAMETER 1.5         /* cm; recalled */
#define QL_PD_ALC 5.0              /* 1e9/L; recalled */
#define QL_PD_ALC_WAIVER 10.0      /* 1e9/L on BTK or PI3K inhibitors, and only after: */
#define QL_PD_WAIVER_DAY 365.0     /* day (D, assumed) */
#define QL_PD_SPLEEN_RISE 2.0      /* cm above nadir; recalled */
#define QL_PD_SPLEEN 14.0          /* cm (D, assumed) */

/* MRD assay: log10 standard deviation (D, assumed) and what the assay reports at least. */
#define QL_MRD_NOISE_LOG10 0.25
#define QL_MRD_FLOOR 1e-5
#define QL_MRD_UNDETECTABLE 1e-4   /* below: uMRD4; iwCLL 2018, verified */

#define QL_DAYS_PER_MONTH 30.4375
#define QL_DAYS_PER_YEAR 365.25

#endif
