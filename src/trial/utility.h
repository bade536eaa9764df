/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quality of life of one patient from the record. A set of utilities is a
 * whole: published sets differ by how they were elicited and are never mixed.
 * The base set is built in; others are files of library/utilities. D: model
 * dossier of endpoints, 5.1.
 */
#ifndef QL_TRIAL_UTILITY_H
#define QL_TRIAL_UTILITY_H

#include "dosing/regimen.h"
#include "trial/record.h"

/* X(field, name in a file, base, least, most). States of life, as utilities; times an age norm. Base set (D, recommended;
 * anchored on 0.77 off treatment in unfit patients, NICE TA663, verified, and on the order of states in Kosmas 2015,
 * verified). Losses: severe infection (Tolley 2013, verified; duration assumed), atrial fibrillation for good and a second
 * cancer for a year (assumed), cytokine release and neurotoxicity by grade (Howell 2022, verified; duration assumed),
 * infusion reaction for a day (assumed). Age norm D, assumed; discount by UK practice. */
#define QL_UTILITIES(X)                                              \
	X(off, "off", 0.77, -0.6, 1)               /* progression-free, no treatment */ \
	X(oral, "oral", 0.73, -0.6, 1)             /* progression-free, tablets */     \
	X(infusion, "infusion", 0.69, -0.6, 1)     /* progression-free, infusions */   \
	X(waiting, "waiting", 0.60, -0.6, 1)       /* after the first progression, before the next line */ \
	X(progressed, "progressed", 0.60, -0.6, 1) /* on the next line */              \
	X(late, "late", 0.50, -0.6, 1)             /* after the second progression */  \
	X(no_response, "no_response", NAN, -0.6, 1)           /* progression-free by response so far, in place of */ \
	X(partial_response, "partial_response", NAN, -0.6, 1) /* off, oral and infusion */ \
	X(complete_response, "complete_response", NAN, -0.6, 1)                        \
	X(loss_infection, "infection", 0.195, 0, 1)                                    \
	X(infection_day, "infection_days", 14, 0, 366)                                 \
	X(loss_af, "af", 0.05, 0, 1)                                                   \
	X(loss_cancer, "cancer", 0.15, 0, 1)                                           \
	X(cancer_day, "cancer_days", 365.25, 0, 7305)                                  \
	X(crs_1, "crs_1", 0.01, 0, 1)                                                  \
	X(crs_2, "crs_2", 0.05, 0, 1)                                                  \
	X(crs_3, "crs_3", 0.23, 0, 1)                                                  \
	X(crs_day, "crs_days", 7, 0, 366)                                              \
	X(icans_1, "icans_1", 0.04, 0, 1)                                              \
	X(icans_3, "icans_3", 0.18, 0, 1)                                              \
	X(icans_day, "icans_days", 10, 0, 366)                                         \
	X(loss_reaction, "reaction", 0.20, 0, 1)                                       \
	X(reaction_day, "reaction_days", 1, 0, 366)                                    \
	X(age_from, "age_from", 60, 0, 110)                                            \
	X(age_loss, "age_loss", 0.0035, 0, 0.05) /* per year of age above it */        \
	X(discount, "discount", 0.035, 0, 0.2)   /* per year */

struct ql_utility_set {
	const char *id, *title, *note;
#define X(field, name, base, least, most) double field;
	QL_UTILITIES(X)
#undef X
};
extern const struct ql_utility_set ql_utility_base;

/* Deterioration: utility (of the base set) below that at the start by this much, for good (difference that matters, about
 * 0.074 for EQ-5D: recalled). */
#define QL_UTILITY_STEP 0.074

struct ql_utility_input {
	double age;           /* at the start */
	double infusion_day;  /* last infusion or injection of the first line; -1: none */
	double drug_day;      /* last day on treatment of the first line */
};
/* Fills qaly, life_years and deterioration_day of a finished record, by the base set. */
void ql_utility_fill(struct ql_patient_record *r, const struct ql_utility_input *in);
/* Discounted quality-adjusted years of a finished record by another set. */
double ql_utility_years(const struct ql_utility_set *u, const struct ql_patient_record *r, const struct ql_utility_input *in);
/* Day of the last infusion or injection that the regimen plans; -1: none. Pulses of chemotherapy stand for tablets or
 * infusions, the product's file does not say which, and do not count. */
double ql_utility_last_infusion(const struct ql_model *m, const struct ql_regimen *r);
bool ql_utility_is_infusion(const struct ql_model *m, int dose);

/* Reads library/utilities/<name>.yaml: values with source and grade; what a file leaves out stands as in the base set. */
enum quell_status ql_utility_load(const char *path, struct ql_arena *a, struct ql_diags *ds, struct ql_utility_set *out);

#endif
