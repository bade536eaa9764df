/* SPDX-License-Identifier: Apache-2.0 */
#include "validate/target.h"
#include "trial/rules.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const ql_target_class_name[QL_CLASS_COUNT] = {"PFS and OS rates", "medians", "hazard ratios", "response",
							  "complete response", "undetectable MRD", "adverse events"};

struct entry {
	const char *endpoint, *id;
	enum ql_target_kind kind;
	enum ql_target_class class;
	int what; /* clock or share */
};

static const struct entry entries[] = {
	{"PFS_rate", "pfs_rate", QL_TARGET_RATE, QL_CLASS_RATE, QL_CLOCK_PFS},
	{"OS_rate", "os_rate", QL_TARGET_RATE, QL_CLASS_RATE, QL_CLOCK_OS},
	{"TTNT_free", "ttnt_free", QL_TARGET_RATE, QL_CLASS_RATE, QL_CLOCK_TTNT},
	{"DOR_rate", "dor_rate", QL_TARGET_RATE, QL_CLASS_RATE, QL_CLOCK_DOR},
	{"PFS_median_mo", "pfs_median", QL_TARGET_MEDIAN, QL_CLASS_MEDIAN, QL_CLOCK_PFS},
	{"PFS_median_mo_INV", "pfs_median", QL_TARGET_MEDIAN, QL_CLASS_MEDIAN, QL_CLOCK_PFS},
	{"EFS_median_mo", "efs_median", QL_TARGET_MEDIAN, QL_CLASS_MEDIAN, QL_CLOCK_PFS},
	{"OS_median_mo", "os_median", QL_TARGET_MEDIAN, QL_CLASS_MEDIAN, QL_CLOCK_OS},
	{"TTNT_median_mo", "ttnt_median", QL_TARGET_MEDIAN, QL_CLASS_MEDIAN, QL_CLOCK_TTNT},
	{"TTP_median_mo", "ttp_median", QL_TARGET_MEDIAN, QL_CLASS_MEDIAN, QL_CLOCK_TTP},
	{"TTF_median_mo", "ttf_median", QL_TARGET_MEDIAN, QL_CLASS_MEDIAN, QL_CLOCK_TTF},
	{"DOR_median_mo", "dor_median", QL_TARGET_MEDIAN, QL_CLASS_MEDIAN, QL_CLOCK_DOR},
	{"PFS_HR", "pfs_hr", QL_TARGET_HR, QL_CLASS_HR, QL_CLOCK_PFS},
	{"EFS_HR", "efs_hr", QL_TARGET_HR, QL_CLASS_HR, QL_CLOCK_PFS},
	{"OS_HR", "os_hr", QL_TARGET_HR, QL_CLASS_HR, QL_CLOCK_OS},
	{"TTNT_HR", "ttnt_hr", QL_TARGET_HR, QL_CLASS_HR, QL_CLOCK_TTNT},
	{"ORR", "orr", QL_TARGET_SHARE, QL_CLASS_RESPONSE, QL_SHARE_ORR},
	{"ORR_end_of_treatment", "orr", QL_TARGET_SHARE, QL_CLASS_RESPONSE, QL_SHARE_ORR},
	{"CR", "cr", QL_TARGET_SHARE, QL_CLASS_CR, QL_SHARE_CR},
	{"PR", "pr", QL_TARGET_SHARE, QL_CLASS_RESPONSE, QL_SHARE_PR},
	{"nPR", "npr", QL_TARGET_SHARE, QL_CLASS_RESPONSE, QL_SHARE_NPR},
	{"uMRD_PB_1e-4", "umrd_pb_1e-4_eot", QL_TARGET_SHARE, QL_CLASS_MRD, QL_SHARE_UMRD_BLOOD},
	{"uMRD_PB_1e-4_NGS", "umrd_pb_1e-4_eot", QL_TARGET_SHARE, QL_CLASS_MRD, QL_SHARE_UMRD_BLOOD},
	{"uMRD_BM_1e-4", "umrd_bm_1e-4_eot", QL_TARGET_SHARE, QL_CLASS_MRD, QL_SHARE_UMRD_MARROW},
	{"uMRD_BM_flow", "umrd_bm_1e-4_eot", QL_TARGET_SHARE, QL_CLASS_MRD, QL_SHARE_UMRD_MARROW},
	{"uMRD_any_1e-4", "umrd_any_1e-4_eot", QL_TARGET_SHARE, QL_CLASS_MRD, QL_SHARE_UMRD_ANY},
	{"uMRD_in_CR", "umrd_in_cr", QL_TARGET_SHARE, QL_CLASS_MRD, QL_SHARE_UMRD_BLOOD_IN_CR},
	{"uMRD_PB_in_CR", "umrd_in_cr", QL_TARGET_SHARE, QL_CLASS_MRD, QL_SHARE_UMRD_BLOOD_IN_CR},
	{"uMRD_BM_in_CR", "umrd_bm_in_cr", QL_TARGET_SHARE, QL_CLASS_MRD, QL_SHARE_UMRD_MARROW_IN_CR},
	{"neutropenia_g3", "neutropenia_g3", QL_TARGET_SHARE, QL_CLASS_AE, QL_SHARE_NEUTROPENIA},
	{"grade3_infection", "infection_g3", QL_TARGET_SHARE, QL_CLASS_AE, QL_SHARE_INFECTION},
	{"AF_any", "af", QL_TARGET_SHARE, QL_CLASS_AE, QL_SHARE_AF},
	{"IRR_g3", "irr_g3", QL_TARGET_SHARE, QL_CLASS_AE, QL_SHARE_IRR},
	{"CRS_any", "crs_any", QL_TARGET_SHARE, QL_CLASS_AE, QL_SHARE_CRS},
	{"CRS_g3", "crs_g3", QL_TARGET_SHARE, QL_CLASS_AE, QL_SHARE_CRS_SEVERE},
	{"CRS_g4_5", "crs_g4", QL_TARGET_SHARE, QL_CLASS_AE, QL_SHARE_CRS_WORST},
	{"ICANS_any", "icans_any", QL_TARGET_SHARE, QL_CLASS_AE, QL_SHARE_ICANS},
	{"ICANS_g3", "icans_g3", QL_TARGET_SHARE, QL_CLASS_AE, QL_SHARE_ICANS_SEVERE},
	{"AE_discontinuation", "tox_stop", QL_TARGET_SHARE, QL_CLASS_AE, QL_SHARE_TOX_STOP},
	{"second_malignancy", "spm", QL_TARGET_SHARE, QL_CLASS_AE, QL_SHARE_SPM},
	{"second_malignancy_or_RT", "spm_or_richter", QL_TARGET_SHARE, QL_CLASS_AE, QL_SHARE_SPM_OR_RICHTER},
	{"richter", "richter", QL_TARGET_SHARE, QL_CLASS_AE, QL_SHARE_RICHTER},
	{"deaths", "dead", QL_TARGET_SHARE, QL_CLASS_RATE, QL_SHARE_DEAD},
	{"alive_at_fu", "alive", QL_TARGET_SHARE, QL_CLASS_RATE, QL_SHARE_ALIVE},
	{"still_on_treatment", "on_treatment", QL_TARGET_SHARE, QL_CLASS_RATE, QL_SHARE_ON_TREATMENT},
};

/* Why an endpoint of the table has no counterpart. */
static const struct {
	const char *endpoint, *reason;
} without[] = {
	{"PFS_HR_prognostic", "a factor within an arm, no treatment effect"},
	{"OS_HR_pre_crossover", "censored at crossover, which is no property of the arms"},
	{"PFS2_HR", "after maintenance"},
	{"PFS_significant", "a flag"},
	{"status", "a placeholder without a value"},
	{"n_randomised", "a number of patients, no outcome"},
	{"n_enrolled", "a number of patients, no outcome"},
	{"n_infused", "a number of patients, no outcome"},
	{"CR_n", "a count without denominator"},
	{"deaths_n", "a count of deaths during treatment by cause"},
	{"death_ae_n", "a count of deaths by attributed cause"},
	{"death_ae", "deaths by attributed cause are not simulated"},
	{"treatment_related_mortality", "deaths by attributed cause are not simulated"},
	{"highrisk_cytogenetics", "who was enrolled, no outcome"},
	{"prior_BTKi_and_ven", "who was enrolled, no outcome"},
	{"prior_RT_therapy", "who was enrolled, no outcome"},
	{"dose_median_CARpos", "a dose, no outcome"},
	{"manufacturing_success", "manufacturing is not simulated"},
	{"crossover", "the share that crossed over is an input of the design"},
	{"next_therapy_rate", "both arms together"},
	{"treatment_completed", "completion of all planned doses is not kept in records"},
	{"uMRD_PB_1e-4@40mo", "MRD on that day is not kept in records"},
	{"uMRD_PB_1e-4@64mo", "MRD on that day is not kept in records"},
	{"uMRD_PB_1e-4@60mo_post", "MRD on that day is not kept in records"},
	{"uMRD_BM_IGHseq", "sequencing below the threshold of the simulated assay"},
	{"CR_with_uMRD_BM", "CR and marrow MRD together, for a regimen that the library lacks"},
	{"neutropenia_g3_cycles", "a share of cycles, not of patients"},
	{"IRR_any", "infusion reactions are simulated from grade 3 on"},
};

static const struct entry *find(const char *endpoint, size_t n)
{
	for (size_t i = 0; i < sizeof entries / sizeof *entries; i++)
		if (strlen(entries[i].endpoint) == n && strncmp(entries[i].endpoint, endpoint, n) == 0)
			return &entries[i];
	return NULL;
}

static const char *reason(const struct ql_trial_row *row)
{
	for (size_t i = 0; i < sizeof without / sizeof *without; i++)
		if (strcmp(without[i].endpoint, row->endpoint) == 0)
			return without[i].reason;
	return "the model has no such endpoint";
}

const char *ql_target_of(const struct ql_trial_row *row, struct ql_target *out)
{
	const char *at = strchr(row->endpoint, '@');
	char *end = NULL;
	double month = at ? strtod(at + 1, &end) : 0.0;
	bool landmark = at && strcmp(end, "mo") == 0;
	const struct entry *e = find(row->endpoint, at ? (size_t)(at - row->endpoint) : strlen(row->endpoint));
	if (!e || (at && !landmark) || (e->kind == QL_TARGET_RATE) != landmark)
		return reason(row);
	*out = (struct ql_target){.unit = e->kind == QL_TARGET_MEDIAN ? "month" : "1", .kind = e->kind, .class = e->class,
				  .clock = (enum ql_interval_of)e->what, .share = (enum ql_share)e->what, .month = month};
	if (landmark)
		snprintf(out->id, sizeof out->id, "%s_%gmo", e->id, month);
	else
		snprintf(out->id, sizeof out->id, "%s", e->id);
	return NULL;
}

void ql_target_published(const struct ql_trial_row *row, double *value, double *lower, double *upper)
{
	double scale = strcmp(row->unit, "%") == 0 ? 0.01 : 1.0;
	*value = row->value * scale;
	*lower = row->lower * scale;
	*upper = row->upper * scale;
}

/* --- one patient --- */

static bool responded(const struct ql_patient_record *r) { return r->response_day < INFINITY; }

bool ql_target_time(const struct ql_patient_record *r, enum ql_interval_of clock, double follow_day, double *time, int *event)
{
	double from = 0.0, at = INFINITY, seen = r->last_day;
	switch (clock) {
	case QL_CLOCK_PFS:
		at = r->pfs_day;
		break;
	case QL_CLOCK_OS:
		at = r->death_day;
		break;
	case QL_CLOCK_TTNT:
		at = fmin(r->next_day, r->death_day);
		break;
	case QL_CLOCK_TTP:
		at = r->pfs_cause == QL_PFS_DEATH ? INFINITY : r->pfs_day;
		seen = fmin(seen, r->pfs_day);
		break;
	case QL_CLOCK_TTF:
		at = fmin(r->pfs_day, r->tox_day);
		break;
	case QL_CLOCK_DOR:
		if (!responded(r) || r->response_day > follow_day)
			return false;
		from = r->response_day;
		at = r->pfs_day;
		break;
	}
	seen = fmin(seen, follow_day);
	*event = at <= seen;
	*time = fmax(0.0, fmin(at, seen) - from);
	return true;
}

static double by(double day, double until) { return day <= until; }

static double in_cr(const struct ql_patient_record *r, double yes)
{
	return r->response >= QL_RESP_CRI ? yes : NAN;
}

double ql_target_share(const struct ql_patient_record *r, enum ql_share share, bool continuous, double follow_day)
{
	double safety = fmin(follow_day, r->end_day + QL_AE_WINDOW_DAY);
	bool blood = r->mrd_blood_eot < (float)QL_MRD_UNDETECTABLE, marrow = r->mrd_marrow_eot < (float)QL_MRD_UNDETECTABLE;
	switch (share) {
	case QL_SHARE_ORR:
		return continuous ? by(r->response_day, follow_day) : r->response >= QL_RESP_PR_L;
	case QL_SHARE_CR:
		return continuous ? by(r->cr_day, follow_day) : r->response >= QL_RESP_CRI;
	case QL_SHARE_PR:
		return r->response == QL_RESP_PR || r->response == QL_RESP_PR_L || r->response == QL_RESP_NPR;
	case QL_SHARE_NPR:
		return r->response == QL_RESP_NPR;
	case QL_SHARE_UMRD_BLOOD:
		return blood;
	case QL_SHARE_UMRD_MARROW:
		return marrow;
	case QL_SHARE_UMRD_ANY:
		return blood || marrow;
	case QL_SHARE_UMRD_BLOOD_IN_CR:
		return in_cr(r, blood);
	case QL_SHARE_UMRD_MARROW_IN_CR:
		return in_cr(r, marrow);
	case QL_SHARE_NEUTROPENIA:
		return r->anc_nadir < (float)QL_ANC_GRADE3;
	case QL_SHARE_INFECTION:
		return by(r->infection_day, safety);
	case QL_SHARE_AF:
		return by(r->af_day, safety);
	case QL_SHARE_IRR:
		return r->irr_g3;
	case QL_SHARE_CRS:
		return r->crs_grade >= 1;
	case QL_SHARE_CRS_SEVERE:
		return r->crs_grade >= 3;
	case QL_SHARE_CRS_WORST:
		return r->crs_grade >= 4;
	case QL_SHARE_ICANS:
		return r->icans_grade >= 1;
	case QL_SHARE_ICANS_SEVERE:
		return r->icans_grade >= 3;
	case QL_SHARE_TOX_STOP:
		return by(r->tox_day, follow_day);
	case QL_SHARE_SPM:
		return by(r->spm_day, follow_day);
	case QL_SHARE_RICHTER:
		return by(r->richter_day, follow_day);
	case QL_SHARE_SPM_OR_RICHTER:
		return by(fmin(r->spm_day, r->richter_day), follow_day);
	case QL_SHARE_DEAD:
		return by(r->death_day, follow_day);
	case QL_SHARE_ALIVE:
		return !(r->death_day <= follow_day);
	case QL_SHARE_ON_TREATMENT:
		return r->end_day >= follow_day && r->pfs_day > follow_day;
	}
	return NAN;
}
