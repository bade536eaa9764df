/* SPDX-License-Identifier: Apache-2.0 */
/* Which endpoints there are, and of what kind. */
#include "compare/endpoint.h"
#include "compare/endpoint_private.h"
#include "trial/rules.h"
#include <math.h>
#include <string.h>

struct landmark {
	const char *id, *title; /* "%d": months */
	enum ql_measure measure;
	int month[8];
	bool detail;
};

static const struct landmark landmarks[] = {
	{"pfs_rate_%dmo", "progression-free at %d months", QL_M_PFS_RATE, {12, 24, 36, 48, 60, 72, 84}, false},
	{"infection_g3_%dmo", "severe infection within %d months", QL_M_INFECTION, {12, 24}, false},
	{"neutropenia_g3_%dmo", "neutrophils below 1.0e9/L on treatment within %d months", QL_M_NEUTROPENIA_BY, {6, 12}, true},
	{"af_%dmo", "atrial fibrillation within %d months", QL_M_AF, {24, 60}, false},
	{"spm_%dmo", "second cancer within %d months", QL_M_SPM, {60}, false},
	{"richter_%dmo", "Richter transformation before progression within %d months", QL_M_RICHTER, {60}, false},
	{"tox_stop_%dmo", "drug stopped for toxicity within %d months", QL_M_TOX_STOP, {24}, false},
	{"death_%dmo", "death before progression within %d months", QL_M_DEATH, {24, 60}, false},
	{"os_rate_%dmo", "alive at %d months", QL_M_OS_RATE, {12, 24, 36, 48, 60, 72, 84}, false},
	{"ttnt_free_%dmo", "alive without a next treatment at %d months", QL_M_TTNT_FREE, {24, 48, 72}, false},
	{"next_treatment_%dmo", "next treatment begun within %d months", QL_M_NEXT, {24, 60}, true},
	{"dor_rate_%dmo", "responders still in response after %d months", QL_M_DOR_RATE, {12, 24}, true},
};

static const struct ql_endpoint_def plain[] = {
	{"pfs_median", "median progression-free survival", "month", QL_M_PFS_MEDIAN, 0, false},
	{"pfs_mean", "mean progression-free time within the horizon", "month", QL_M_PFS_MEAN, 0, false},
	{"orr", "response (PR-L or better)", "1", QL_M_ORR, 0, false},
	{"cr", "complete response (CR or CRi)", "1", QL_M_CR, 0, false},
	{"response_cr", "complete response (CR), by itself", "1", QL_M_RESPONSE_CR, 0, true},
	{"response_cri", "CR with incomplete recovery of counts (CRi)", "1", QL_M_RESPONSE_CRI, 0, true},
	{"response_npr", "nodular partial response (nPR)", "1", QL_M_RESPONSE_NPR, 0, true},
	{"response_pr", "partial response (PR)", "1", QL_M_RESPONSE_PR, 0, true},
	{"response_prl", "partial response with lymphocytosis (PR-L)", "1", QL_M_RESPONSE_PR_L, 0, true},
	{"response_sd", "stable disease (SD)", "1", QL_M_RESPONSE_SD, 0, true},
	{"response_pd", "progressive disease (PD) by then", "1", QL_M_RESPONSE_PD, 0, true},
	{"response_ne", "not evaluable: dead, not seen or not judged (NE)", "1", QL_M_RESPONSE_NE, 0, true},
	{"umrd_pb_1e-4_eot", "undetectable MRD in blood, end of treatment", "1", QL_M_UMRD_BLOOD, 0, false},
	{"umrd_bm_1e-4_eot", "undetectable MRD in marrow, end of treatment", "1", QL_M_UMRD_MARROW, 0, false},
	{"umrd_pb_1e-5_eot", "MRD below 1e-5 in blood, end of treatment", "1", QL_M_UMRD5_BLOOD, 0, true},
	{"umrd_bm_1e-5_eot", "MRD below 1e-5 in marrow, end of treatment", "1", QL_M_UMRD5_MARROW, 0, true},
	{"umrd_pb_1e-6_eot", "MRD below 1e-6 in blood, end of treatment", "1", QL_M_UMRD6_BLOOD, 0, true},
	{"umrd_bm_1e-6_eot", "MRD below 1e-6 in marrow, end of treatment", "1", QL_M_UMRD6_MARROW, 0, true},
	{"umrd_pb_1e-4_any", "undetectable MRD in blood at a visit", "1", QL_M_UMRD_ANY, 0, true},
	{"orr_best", "response that held two months, at any time", "1", QL_M_BEST_ORR, 0, true},
	{"cr_best", "complete response that held two months, at any time", "1", QL_M_BEST_CR, 0, true},
	{"neutropenia_g3", "neutrophils below 1.0e9/L on treatment", "1", QL_M_NEUTROPENIA, 0, false},
	{"crs_any", "cytokine release syndrome, any grade", "1", QL_M_CRS, 0, false},
	{"crs_g3", "cytokine release syndrome, grade 3 or more", "1", QL_M_CRS_G3, 0, false},
	{"icans_any", "neurotoxicity (ICANS), any grade", "1", QL_M_ICANS, 0, false},
	{"icans_g3", "neurotoxicity (ICANS), grade 3 or more", "1", QL_M_ICANS_G3, 0, false},
	{"irr_g3", "severe infusion reaction", "1", QL_M_IRR_G3, 0, true},
	{"tls", "laboratory tumour lysis", "1", QL_M_TLS, 0, true},
	{"infection_g3_rate", "severe infections per patient-year", "1/year", QL_M_INFECTION_RATE, 0, false},
	{"neutropenia_g3_rate", "first neutrophils below 1.0e9/L per patient-year at risk", "1/year", QL_M_NEUTROPENIA_RATE, 0, true},
	{"infection_g3_first_rate", "first severe infections per patient-year at risk", "1/year", QL_M_FIRST_INFECTION_RATE, 0, true},
	{"af_rate", "first atrial fibrillation per patient-year at risk", "1/year", QL_M_AF_RATE, 0, true},
	{"spm_rate", "first second cancers per patient-year at risk", "1/year", QL_M_SPM_RATE, 0, true},
	{"richter_rate", "Richter transformation per patient-year at risk", "1/year", QL_M_RICHTER_RATE, 0, true},
	{"tox_stop_rate", "drugs stopped for toxicity per patient-year at risk", "1/year", QL_M_TOX_STOP_RATE, 0, true},
	{"crs_any_rate", "first cytokine release syndrome per patient-year at risk", "1/year", QL_M_CRS_RATE, 0, true},
	{"icans_any_rate", "first neurotoxicity (ICANS) per patient-year at risk", "1/year", QL_M_ICANS_RATE, 0, true},
	{"irr_g3_rate", "severe infusion reactions per patient-year at risk", "1/year", QL_M_IRR_RATE, 0, true},
	{"tls_rate", "laboratory tumour lysis per patient-year at risk", "1/year", QL_M_TLS_RATE, 0, true},
	{"os_median", "median overall survival", "month", QL_M_OS_MEDIAN, 0, false},
	{"ttnt_median", "median time alive without a next treatment", "month", QL_M_TTNT_MEDIAN, 0, false},
	{"efs_median", "median event-free survival", "month", QL_M_EFS_MEDIAN, 0, true},
	{"pfs2_median", "median time to progression on the next line, or death", "month", QL_M_PFS2_MEDIAN, 0, true},
	{"deterioration_median", "median time to lasting deterioration of quality of life", "month", QL_M_DETERIORATION_MEDIAN,
	 0, true},
	{"dor_median", "median duration of response", "month", QL_M_DOR_MEDIAN, 0, true},
	{"response_time_median", "median time to response of those who respond", "month", QL_M_RESPONSE_TIME, 0, true},
	{"qaly", "quality-adjusted years within the horizon, discounted", "year", QL_M_QALY, 0, true},
	{"life_years", "years of life within the horizon, discounted", "year", QL_M_LIFE_YEARS, 0, true},
	{"symptoms_mean", "symptom burden, mean score of five years (QLQ-CLL17 manner, 0 to 100)", "point", QL_M_SYMPTOMS, 0, true},
	{"fatigue_mean", "physical condition and fatigue, mean score of five years", "point", QL_M_FATIGUE, 0, true},
	{"worries_mean", "worries and fears, mean score of five years", "point", QL_M_WORRIES, 0, true},
};

static int add_landmarks(struct ql_arena *a, const struct landmark *l, double horizon_day, struct ql_endpoint_def *out)
{
	int n = 0;
	for (int i = 0; i < 8 && l->month[i]; i++) {
		double day = l->month[i] * QL_DAYS_PER_MONTH;
		if (day > horizon_day * (1 + 1e-9))
			continue;
		char id[64], title[96];
		const char *at = strchr(l->id, '%'), *in = strchr(l->title, '%');
		snprintf(id, sizeof id, "%.*s%d%s", (int)(at - l->id), l->id, l->month[i], at + 2);
		snprintf(title, sizeof title, "%.*s%d%s", (int)(in - l->title), l->title, l->month[i], in + 2);
		out[n++] = (struct ql_endpoint_def){ql_arena_strdup(a, id), ql_arena_strdup(a, title), "1", l->measure,
						    fmin(day, horizon_day), l->detail};
	}
	return n;
}

struct ql_endpoint_def *ql_endpoint_defs(struct ql_arena *a, double horizon_day, int *n)
{
	enum { N_LANDMARK = sizeof landmarks / sizeof *landmarks, N_PLAIN = sizeof plain / sizeof *plain };
	struct ql_endpoint_def *def = QL_NEW_N(a, struct ql_endpoint_def, 8 * N_LANDMARK + N_PLAIN);
	*n = add_landmarks(a, &landmarks[0], horizon_day, def);
	for (int i = 0; i < N_PLAIN; i++)
		def[(*n)++] = plain[i];
	for (int i = 1; i < N_LANDMARK; i++)
		*n += add_landmarks(a, &landmarks[i], horizon_day, def + *n);
	return def;
}

static const char *unless(int index, const char *name) { return index < 0 ? name : NULL; }

bool ql_endpoint_available(enum ql_measure m, const struct ql_trial_names *names, const char **missing)
{
	const int *t = names->trigger;
	*missing = NULL;
	switch (m) {
	case QL_M_UMRD_BLOOD:
	case QL_M_UMRD5_BLOOD:
	case QL_M_UMRD6_BLOOD:
	case QL_M_UMRD_ANY: *missing = unless(names->mrd_blood, "mrd_blood"); break;
	case QL_M_UMRD_MARROW:
	case QL_M_UMRD5_MARROW:
	case QL_M_UMRD6_MARROW: *missing = unless(names->mrd_marrow, "mrd_marrow"); break;
	case QL_M_NEUTROPENIA_BY:
	case QL_M_NEUTROPENIA_RATE:
	case QL_M_NEUTROPENIA: *missing = unless(names->anc, "anc"); break;
	case QL_M_CRS:
	case QL_M_CRS_G3:
	case QL_M_ICANS:
	case QL_M_CRS_RATE:
	case QL_M_ICANS_RATE:
	case QL_M_ICANS_G3: return names->cytokines;
	case QL_M_IRR_RATE:
	case QL_M_IRR_G3: return names->irr_risk >= 0;
	case QL_M_TLS_RATE:
	case QL_M_TLS: return names->tls_risk >= 0;
	case QL_M_INFECTION:
	case QL_M_FIRST_INFECTION_RATE:
	case QL_M_INFECTION_RATE: *missing = unless(t[QL_HAPPEN_INFECTION], "infection"); break;
	case QL_M_AF_RATE:
	case QL_M_AF: *missing = unless(t[QL_HAPPEN_AF], "af"); break;
	case QL_M_SPM_RATE:
	case QL_M_SPM: *missing = unless(t[QL_HAPPEN_SPM], "spm"); break;
	case QL_M_RICHTER_RATE:
	case QL_M_RICHTER: *missing = unless(t[QL_HAPPEN_RICHTER], "richter"); break;
	case QL_M_TOX_STOP_RATE:
	case QL_M_TOX_STOP: *missing = unless(t[QL_HAPPEN_TOXICITY], "toxicity"); break;
	case QL_M_DEATH:
	case QL_M_OS_RATE:
	case QL_M_OS_MEDIAN:
	case QL_M_SYMPTOMS: *missing = unless(names->burden, "burden"); break;
	case QL_M_FATIGUE: *missing = unless(names->haemoglobin, "haemoglobin"); break;
	case QL_M_WORRIES: *missing = unless(names->mrd_blood, "mrd_blood"); break;
	case QL_M_QALY:
	case QL_M_LIFE_YEARS: *missing = unless(t[QL_HAPPEN_DEATH], "death"); break;
	default: *missing = unless(names->spd, "spd"); break;
	}
	return *missing == NULL;
}

bool ql_endpoint_needs_next(enum ql_measure m) { return m >= QL_M_NEXT_FIRST && m < QL_M_DOR_RATE; }

/* --- kinds --- */

bool ql_endpoint_is_share(enum ql_measure m) { return m >= QL_M_ORR && m <= QL_M_TLS; }

bool ql_measure_is_bad(enum ql_measure m)
{
	return (m >= QL_M_NEUTROPENIA && m <= QL_M_TLS) || (m >= QL_M_RESPONSE_NE && m <= QL_M_RESPONSE_SD);
}

bool ql_endpoint_is_per_year(enum ql_measure m)
{
	return m == QL_M_INFECTION_RATE || (m >= QL_M_NEUTROPENIA_RATE && m <= QL_M_TLS_RATE);
}

bool ql_endpoint_is_rate(enum ql_measure m)
{
	return m == QL_M_PFS_RATE || m == QL_M_OS_RATE || m == QL_M_TTNT_FREE || m == QL_M_DOR_RATE;
}

bool ql_endpoint_is_median(enum ql_measure m)
{
	return m == QL_M_PFS_MEDIAN || m == QL_M_OS_MEDIAN || m == QL_M_TTNT_MEDIAN || m == QL_M_EFS_MEDIAN ||
	       m == QL_M_PFS2_MEDIAN || m == QL_M_DETERIORATION_MEDIAN || m == QL_M_DOR_MEDIAN || m == QL_M_RESPONSE_TIME;
}
