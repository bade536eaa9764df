/* SPDX-License-Identifier: Apache-2.0 */
/* What is computed from a profile: prognostic index, risk of tumour lysis, indication to treat, and the covariates of the
 * model that the profile fixes. */
#ifndef QL_PATIENT_RISK_H
#define QL_PATIENT_RISK_H

#include "emit/plan.h"
#include "patient/profile.h"

enum ql_three { QL_NO, QL_YES, QL_UNSURE };

/* CLL-IPI (International CLL-IPI working group 2016, Lancet Oncol 17:779, doi 10.1016/S1470-2045(16)30029-8): points of
 * what is known, and the most that could be added by what is not. */
struct ql_cll_ipi {
	int low, high; /* points */
	const char *group; /* "low", "intermediate", "high", "very high", or "low to high" */
};
struct ql_cll_ipi ql_cll_ipi(const struct ql_profile *p, struct ql_arena *a);

/* Tumour lysis by the label of venetoclax: nodes and lymphocytes. "low", "intermediate", "high", "not known". */
const char *ql_tls_risk(const struct ql_profile *p);

/* Indication to treat (Hallek 2018, Blood 131:2745, doi 10.1182/blood-2017-09-806398). *why: the first item met, or what
 * would have to be known. */
enum ql_three ql_treatment_indication(const struct ql_profile *p, const char **why);

/* An autoimmune complication explains low counts otherwise than by a failing marrow; unless it is refractory to steroids it
 * is treated itself, and the counts are no indication. */

/* TP53: deletion or mutation. */
enum ql_three ql_tp53_aberrant(const struct ql_profile *p);
/* Treated before: a line is listed, or a resistance mutation says so where lines are not known. */
bool ql_profile_treated(const struct ql_profile *p);
/* A drug or class given in any line (a resistance mutation stands for its class where lines are not known); with `progressed`, one that ended by progression on it. */
bool ql_profile_had(const struct ql_profile *p, const char *word);
bool ql_profile_progressed_on(const struct ql_profile *p, const char *word);
bool ql_profile_intolerant_of(const struct ql_profile *p, const char *word); /* ended by toxicity */
/* Months from the end of the last line that held the word to the next need; NaN unknown or never had. */
double ql_profile_remission_after(const struct ql_profile *p, const char *word);

/* Covariates of the model that the profile fixes: [n_q], NaN elsewhere. Values that the model does not accept are moved to
 * its border with a warning. */
void ql_profile_covariates(const struct ql_profile *p, const struct ql_model *m, double *covariate, struct ql_diags *ds);
/* Population of the library that is nearest: "fit-1l", "unfit-1l", "early", "relapsed", "cellular". */
const char *ql_profile_population(const struct ql_profile *p);

#endif
