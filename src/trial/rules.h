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

/* Response. A biopsy finds CLL the more often the more of the marrow is CLL: it is clear with the probability
 * QL_CR_CONFIRMED/(1 + share/QL_CR_HALF), so that the residue that stays under continuous BTK inhibitors is found and the
 * deep remissions of fixed-duration treatment are not held up (both calibrated: CR of ELEVATE-TN, RESONATE, CLL8, CLL10).
 * One with nodules (assumed); patients whose response cannot be judged (calibrated: ORR of CLL10, CLL8, CLL14), unless the
 * design of a trial gives its own share. */
#define QL_CR_CONFIRMED 0.75
#define QL_CR_HALF 0.002
#define QL_CR_NODULES 0.05
#define QL_NOT_EVALUABLE 0.04
/* Patients who get no further cycle and stop for toxicity: the others stop for refusal, progress of another disease or
 * enough response. Calibrated: HELIOS, both arms (ChananKhan 2016), where a fifth did not complete six cycles. */
#define QL_DROPOUT_TOXIC 0.5

/* iwCLL 2018 thresholds (Hallek 2018; items that the model dossier marks as recalled are recalled). */
#define QL_PR_SHARE 0.5            /* of baseline: nodes, lymphocytes, spleen excess; verified */
#define QL_PR_ALC 4.0              /* 1e9/L; verified */
#define QL_PR_SPD_MEASURABLE 9.0   /* cm2: below it at baseline nodes do not count (D, assumed) */
#define QL_CR_DIAMETER 1.5         /* cm; verified */
#define QL_CR_MARROW 0.01          /* share of CLL cells (D, assumed for "no CLL cells") */
#define QL_CR_ANC 1.5              /* 1e9/L; below this and the next two complete remission is CRi; verified */
#define QL_CR_HB 110.0             /* g/L, untransfused; verified */
#define QL_CR_PLT 100.0            /* 1e9/L; verified */
#define QL_PR_COUNT_RISE 1.5       /* of baseline: neutrophils, haemoglobin, platelets; verified */
#define QL_RESPONSE_HOLD_DAY 56.0  /* two months of visits; recalled */
#define QL_SPLEEN_NORMAL 13.0      /* cm; recalled */
#define QL_PD_SHARE 1.5            /* of nadir: nodes, lymphocytes; verified */
#define QL_PD_DIAMETER 1.5         /* cm; recalled */
#define QL_PD_ALC 5.0              /* 1e9/L; recalled */
#define QL_PD_ALC_WAIVER 10.0      /* 1e9/L on BTK or PI3K inhibitors, and only after: */
#define QL_PD_WAIVER_DAY 365.0     /* day (D, assumed) */
#define QL_PD_SPLEEN_RISE 2.0      /* cm above nadir; recalled */
#define QL_PD_SPLEEN 14.0          /* cm (D, assumed) */
#define QL_PD_HB_FALL 20.0         /* g/L below baseline, by CLL; verified */
#define QL_PD_PLT_SHARE 0.5        /* of baseline, by CLL; verified */
#define QL_PD_MARROW 0.3           /* share of CLL cells that makes low counts the work of CLL (assumed) */
#define QL_PD_CONFIRM_DAY 28.0     /* second look at lymphocytes and counts; recalled */

/* MRD assay: log10 standard deviation (D, assumed) and what the assay reports at least. */
#define QL_MRD_NOISE_LOG10 0.25
#define QL_MRD_FLOOR 1e-7            /* what is reported at least; a method that sees 1e-6 (assumed) */
#define QL_MRD_UNDETECTABLE 1e-4   /* below: uMRD4; iwCLL 2018, verified */

/* Cytokine release and neurotoxicity, read from running peaks of the rise of interleukin-6 (pg/mL) and of effectors
 * (cells/uL): P(grade >= g) = expit(slope*(log10 peak - log10 threshold_g)); grades by ASTCT (Lee 2019, verified), the
 * map from peaks to grades D, assumed. Sampled twice a day after every dose of cells or of a bispecific: for 60 days after
 * the first and after any that is larger than those before, for 28 days after the others. */
#define QL_CRS_THRESHOLDS {25.0, 150.0, 2000.0, 8000.0}
#define QL_CRS_SLOPE 2.5
#define QL_ICANS_SLOPE 0.9
/* Rise of interleukin-6 at which half of that risk applies (assumed): no neurotoxicity where nothing is released, as in 0 of
 * 11 after CAR-NK cells (Liu 2020, recalled). */
#define QL_ICANS_HALF_IL6 10.0
#define QL_ICANS_ANY_CELLS (-2.6)
#define QL_ICANS_G3_CELLS (-4.0)
#define QL_ICANS_ANY_BISPECIFIC (-3.5)
#define QL_ICANS_G3_BISPECIFIC (-6.0)
#define QL_CYTOKINES_EVERY_DAY 0.5
#define QL_CYTOKINES_FIRST 60.0
#define QL_CYTOKINES_AGAIN 28.0

/* Progression this soon after the last dose of chemotherapy means refractory disease; iwCLL 2018, verified. */
#define QL_REFRACTORY_DAY 183.0
/* What counts towards a reason to treat again: a spleen this much longer than normal, and lymphocytes from which they
 * alone may be one, 1e9/L (assumed); haemoglobin and platelets as in iwCLL 2018 (verified). */
#define QL_NEED_SPLEEN_EXCESS 3.0
#define QL_NEED_ALC 30.0
#define QL_NEED_HB 100.0
#define QL_NEED_PLT 100.0

#define QL_DAYS_PER_MONTH 30.4375
#define QL_DAYS_PER_YEAR 365.25

#endif
