/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/endpoint.h"
#include "base/special.h"
#include "compare/endpoint_private.h"
#include "compare/tally.h"
#include "trial/rules.h"
#include "trial/survival.h"
#include <math.h>
#include <string.h>

#define LEVEL 0.95

/* --- which endpoints --- */

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

/* --- one arm --- */

void ql_wilson(double share, double n, double level, double *lower, double *upper)
{
	double z = ql_qnorm(0.5 + 0.5 * level), z2 = z * z;
	double middle = (share + z2 / (2 * n)) / (1 + z2 / n);
	double half = z / (1 + z2 / n) * sqrt(share * (1 - share) / n + z2 / (4 * n * n));
	/* At 0 and at 1 the limit is the share itself, which rounding would miss. */
	*lower = !(n > 0) ? NAN : share > 0.0 ? fmax(0.0, middle - half) : 0.0;
	*upper = !(n > 0) ? NAN : share < 1.0 ? fmin(1.0, middle + half) : 1.0;
}

bool ql_cohort_counts(const struct ql_cohort *c, uint64_t i) { return c->record[i].status == QUELL_OK; }

/* Time to `day`, else to the end of follow-up; a competing death if `died`. */
static void first_of(double day, double end, bool died, double *time, int *event)
{
	bool happened = day < INFINITY && day <= end;
	*time = happened ? day : end;
	*event = happened ? 1 : died ? 2 : 0;
}

bool ql_record_event(const struct ql_patient_record *r, enum ql_measure m, double *time, int *event)
{
	bool died = r->pfs_cause == QL_PFS_DEATH, dead = r->death_day < INFINITY;
	switch (m) {
	case QL_M_INFECTION: first_of(r->infection_day, r->follow_day, died, time, event); return true;
	case QL_M_AF: first_of(r->af_day, r->follow_day, died, time, event); return true;
	case QL_M_SPM: first_of(r->spm_day, r->follow_day, died, time, event); return true;
	case QL_M_TOX_STOP: first_of(r->tox_day, r->follow_day, died, time, event); return true;
	case QL_M_NEUTROPENIA_BY: {
		bool happened;
		ql_record_adverse(r, QL_AE_NEUTROPENIA, time, &happened);
		*event = happened ? 1 : died && *time >= r->follow_day ? 2 : 0;
		return true;
	}
	case QL_M_RICHTER:
		first_of(r->pfs_cause == QL_PFS_RICHTER ? r->pfs_day : INFINITY, r->follow_day, died, time, event);
		return true;
	case QL_M_DEATH:
		first_of(died ? r->pfs_day : INFINITY, r->follow_day, r->pfs_cause != QL_PFS_CENSORED, time, event);
		return true;
	case QL_M_OS_RATE:
	case QL_M_OS_MEDIAN: first_of(r->death_day, r->last_day, false, time, event); return true;
	case QL_M_TTNT_FREE:
	case QL_M_TTNT_MEDIAN: first_of(fmin(r->next_day, r->death_day), r->last_day, false, time, event); return true;
	case QL_M_NEXT: first_of(r->next_day, r->last_day, dead, time, event); return true;
	case QL_M_EFS_MEDIAN:
		first_of(fmin(r->pfs_day, fmin(r->next_day, r->death_day)), r->last_day, false, time, event);
		return true;
	case QL_M_PFS2_MEDIAN: first_of(fmin(r->pfs2_day, r->death_day), r->last_day, false, time, event); return true;
	case QL_M_DETERIORATION_MEDIAN: first_of(r->deterioration_day, r->last_day, false, time, event); return true;
	case QL_M_DOR_RATE:
	case QL_M_DOR_MEDIAN:
		if (!(r->response_day < INFINITY))
			return false;
		first_of(r->pfs_day, r->follow_day, false, time, event);
		*time -= r->response_day;
		return true;
	case QL_M_RESPONSE_TIME:
		*time = r->response_day;
		*event = 1;
		return r->response_day < INFINITY;
	default: first_of(r->pfs_day, r->pfs_day < INFINITY ? r->pfs_day : r->follow_day, false, time, event); return true;
	}
}

static void add_time(struct ql_times *t, double time, int event, double weight)
{
	t->time[t->n] = time;
	t->event[t->n] = event;
	t->weight[t->n++] = weight;
	t->patients += weight;
}

static struct ql_times make_times(size_t n, struct ql_arena *a)
{
	return (struct ql_times){QL_NEW_N(a, double, n + 1), QL_NEW_N(a, int, n + 1), QL_NEW_N(a, double, n + 1), 0, 0};
}

static enum ql_tally_kind kind_of(enum ql_measure m)
{
	switch (m) {
	case QL_M_INFECTION: return QL_TALLY_INFECTION;
	case QL_M_AF: return QL_TALLY_AF;
	case QL_M_SPM: return QL_TALLY_SPM;
	case QL_M_TOX_STOP: return QL_TALLY_TOXICITY;
	case QL_M_NEUTROPENIA_BY: return QL_TALLY_NEUTROPENIA;
	case QL_M_OS_RATE:
	case QL_M_OS_MEDIAN: return QL_TALLY_DEATH;
	case QL_M_TTNT_FREE:
	case QL_M_TTNT_MEDIAN:
	case QL_M_NEXT: return QL_TALLY_NEXT;
	case QL_M_PFS2_MEDIAN: return QL_TALLY_PFS2;
	case QL_M_EFS_MEDIAN: return QL_TALLY_EFS;
	case QL_M_DETERIORATION_MEDIAN: return QL_TALLY_DETERIORATION;
	case QL_M_DOR_RATE:
	case QL_M_DOR_MEDIAN: return QL_TALLY_DURATION;
	case QL_M_RESPONSE_TIME: return QL_TALLY_RESPONSE;
	default: return QL_TALLY_PFS;
	}
}

/* The event of a measure for a code of the tally. */
static int event_of(enum ql_measure m, int code)
{
	if (m == QL_M_TTNT_FREE || m == QL_M_TTNT_MEDIAN) /* a next line or death */
		return code > 0;
	if (kind_of(m) != QL_TALLY_PFS)
		return code;
	if (m == QL_M_RICHTER)
		return code == QL_PFS_RICHTER ? 1 : code == QL_PFS_DEATH ? 2 : 0;
	if (m == QL_M_DEATH)
		return code == QL_PFS_DEATH ? 1 : code == QL_PFS_CENSORED ? 0 : 2;
	return code != QL_PFS_CENSORED;
}

enum { TALLY_BLOCK = 512 };

/* How many of bins from..to-1 somebody's time is in, by code. Nearly all of a small cohort are empty: memcmp is fast. */
static size_t cells_used(const uint32_t *count, int n_bin, int from, int to)
{
	static const uint32_t none[TALLY_BLOCK];
	size_t n = 0;
	for (int code = 0; code < QL_TALLY_CODES; code++) {
		const uint32_t *row = count + (size_t)code * (size_t)n_bin + from;
		if (memcmp(row, none, (size_t)(to - from) * sizeof *row) == 0)
			continue;
		for (int i = 0; i < to - from; i++)
			n += row[i] > 0;
	}
	return n;
}

static int block_end(const struct ql_tally *t, int from)
{
	return from + TALLY_BLOCK < t->n_bin ? from + TALLY_BLOCK : t->n_bin;
}

/* The cells that are not empty, by time. */
static struct ql_cells find_cells(const struct ql_tally *t, enum ql_tally_kind kind, struct ql_arena *a)
{
	const uint32_t *count = t->count[kind];
	struct ql_cells out = {.found = true};
	size_t n = 0;
	for (int from = 0; from < t->n_bin; from = block_end(t, from))
		n += cells_used(count, t->n_bin, from, block_end(t, from));
	out.cell = QL_NEW_N(a, struct ql_cell, n + 1);
	for (int from = 0; out.n < n; from = block_end(t, from)) {
		int to = block_end(t, from);
		if (cells_used(count, t->n_bin, from, to) == 0)
			continue;
		for (int bin = from; bin < to; bin++)
			for (int code = 0; code < QL_TALLY_CODES; code++)
				if (count[code * t->n_bin + bin])
					out.cell[out.n++] = (struct ql_cell){bin, code, count[code * t->n_bin + bin]};
	}
	return out;
}

static struct ql_times tally_times(const struct ql_cohort *c, enum ql_measure m, struct ql_arena *a)
{
	enum ql_tally_kind kind = kind_of(m);
	struct ql_cells fresh, *cells = c->cells ? &c->cells[kind] : &fresh;
	if (cells == &fresh || !cells->found)
		*cells = find_cells(c->tally, kind, c->cells ? c->keep : a);
	struct ql_times out = make_times(cells->n, a);
	for (size_t i = 0; i < cells->n; i++)
		add_time(&out, ql_tally_time(c->tally, cells->cell[i].bin), event_of(m, cells->cell[i].code),
			 cells->cell[i].count);
	return out;
}

/* Finished patients as times and codes. Arrays in `a`. */
struct ql_times ql_cohort_times(const struct ql_cohort *c, enum ql_measure m, struct ql_arena *a)
{
	if (c->tally)
		return tally_times(c, m, a);
	struct ql_times t = make_times(c->n, a);
	for (uint64_t i = 0; i < c->n; i++) {
		double time;
		int event;
		if (!ql_cohort_counts(c, i) || !ql_record_event(&c->record[i], m, &time, &event))
			continue;
		add_time(&t, ql_tally_day(ql_tally_bin(time, c->horizon_day), c->horizon_day), event, 1);
	}
	return t;
}

/* 1, 0, or NaN where the measure is no yes or no of one patient. */
double ql_record_value(const struct ql_patient_record *r, const struct ql_endpoint_def *def, double horizon_day)
{
	if (def->measure >= QL_M_RESPONSE_NE && def->measure <= QL_M_RESPONSE_CR)
		return r->response == def->measure - QL_M_RESPONSE_NE;
	switch (def->measure) {
	case QL_M_PFS_RATE:
		return r->pfs_day > (float)def->day;
	case QL_M_PFS_MEAN:
		return ql_tally_day(ql_tally_bin(r->pfs_day, horizon_day), horizon_day) / QL_DAYS_PER_MONTH;
	case QL_M_ORR:
		return r->response >= QL_RESP_PR_L;
	case QL_M_CR:
		return r->response >= QL_RESP_CRI;
	case QL_M_BEST_ORR:
		return r->best >= QL_RESP_PR_L;
	case QL_M_BEST_CR:
		return r->best >= QL_RESP_CRI;
	case QL_M_CRS:
		return r->crs_grade >= 1;
	case QL_M_CRS_G3:
		return r->crs_grade >= 3;
	case QL_M_ICANS:
		return r->icans_grade >= 1;
	case QL_M_ICANS_G3:
		return r->icans_grade >= 3;
	case QL_M_IRR_G3:
		return r->irr_g3;
	case QL_M_TLS:
		return r->tls;
	case QL_M_UMRD5_BLOOD:
		return r->mrd_blood_eot < 1e-5f;
	case QL_M_UMRD5_MARROW:
		return r->mrd_marrow_eot < 1e-5f;
	case QL_M_UMRD6_BLOOD:
		return r->mrd_blood_eot < 1e-6f;
	case QL_M_UMRD6_MARROW:
		return r->mrd_marrow_eot < 1e-6f;
	case QL_M_UMRD_ANY:
		return r->mrd_blood_low < (float)QL_MRD_UNDETECTABLE;
	case QL_M_UMRD_BLOOD: /* no sample: not undetectable, as trials count it */
		return r->mrd_blood_eot < (float)QL_MRD_UNDETECTABLE;
	case QL_M_UMRD_MARROW:
		return r->mrd_marrow_eot < (float)QL_MRD_UNDETECTABLE;
	case QL_M_NEUTROPENIA:
		return r->anc_nadir < (float)QL_ANC_GRADE3;
	default:
		return NAN;
	}
}

static void estimate_share(const struct ql_cohort *c, const struct ql_endpoint_def *def, struct ql_endpoint *out)
{
	uint64_t n = 0, yes = 0;
	if (c->tally) {
		n = c->tally->done - c->tally->failed;
		yes = c->tally->yes[def->measure];
	}
	for (uint64_t i = 0; !c->tally && i < c->n; i++)
		if (ql_cohort_counts(c, i)) {
			n++;
			yes += ql_record_value(&c->record[i], def, c->horizon_day) > 0.5;
		}
	out->estimate = n ? (double)yes / (double)n : NAN;
	ql_wilson(out->estimate, (double)n, LEVEL, &out->lower, &out->upper);
}

/* Kaplan-Meier at a landmark. Without events in it, or when none is left, Greenwood's limits do not exist. */
static void estimate_rate(const struct ql_cohort *c, const struct ql_endpoint_def *def, struct ql_arena *a,
			  struct ql_endpoint *out)
{
	struct ql_times t = ql_cohort_times(c, def->measure, a);
	struct ql_km km;
	if (t.n == 0 || ql_km_fit(t.time, t.event, t.weight, t.n, LEVEL, a, &km) != QUELL_OK)
		return;
	bool all_gone = km.n > 0 && km.surv[km.n - 1] == 0.0 && def->day >= km.time[km.n - 1];
	struct ql_km_point p = ql_km_at(&km, def->day);
	out->estimate = all_gone ? 0.0 : p.surv;
	out->lower = p.lower;
	out->upper = p.upper;
	if (out->estimate == 0.0 || out->estimate == 1.0)
		ql_wilson(out->estimate, t.patients, LEVEL, &out->lower, &out->upper);
}

static void estimate_time(const struct ql_cohort *c, const struct ql_endpoint_def *def, struct ql_arena *a,
			  struct ql_endpoint *out)
{
	struct ql_times t = ql_cohort_times(c, def->measure, a);
	struct ql_km km;
	if (t.n == 0 || ql_km_fit(t.time, t.event, t.weight, t.n, LEVEL, a, &km) != QUELL_OK)
		return;
	if (ql_endpoint_is_median(def->measure)) {
		ql_km_quantile(&km, 0.5, &out->estimate, &out->lower, &out->upper);
	} else {
		double se, z = ql_qnorm(0.5 + 0.5 * LEVEL);
		ql_km_rmst(&km, c->horizon_day, &out->estimate, &se);
		out->lower = fmax(0.0, out->estimate - z * se);
		out->upper = out->estimate + z * se;
	}
	out->estimate /= QL_DAYS_PER_MONTH;
	out->lower /= QL_DAYS_PER_MONTH;
	out->upper /= QL_DAYS_PER_MONTH;
}

/* Incidence and its error at the landmark; limits by log(-log). */
bool ql_cohort_incidence(const struct ql_cohort *c, const struct ql_endpoint_def *def, struct ql_arena *a,
			 double *value, double *se, uint64_t *n)
{
	struct ql_times t = ql_cohort_times(c, def->measure, a);
	struct ql_cif cif;
	*n = (uint64_t)t.patients;
	if (t.n == 0 || ql_cif_fit_counts(t.time, t.event, t.weight, t.n, 1, a, &cif) != QUELL_OK)
		return false;
	/* Nobody under observation any more: the curve stays where it is. */
	double last = cif.n > 0 ? cif.time[cif.n - 1] : def->day;
	struct ql_cif_point p = ql_cif_at(&cif, fmin(def->day, last));
	*value = p.value;
	*se = p.se;
	return true;
}

static void estimate_incidence(const struct ql_cohort *c, const struct ql_endpoint_def *def, struct ql_arena *a,
			       struct ql_endpoint *out)
{
	double f, se, z = ql_qnorm(0.5 + 0.5 * LEVEL);
	uint64_t n;
	if (!ql_cohort_incidence(c, def, a, &f, &se, &n))
		return;
	out->estimate = f;
	if (!(f > 0.0 && f < 1.0)) {
		ql_wilson(f, (double)n, LEVEL, &out->lower, &out->upper);
		return;
	}
	double w = z * se / (f * log(f));
	out->lower = pow(f, exp(-w));
	out->upper = pow(f, exp(w));
}

/* Events over time under observation; exact Poisson limits. Severe infections: all of them; others: the first. */
static void estimate_event_rate(const struct ql_cohort *c, enum ql_measure m, struct ql_endpoint *out)
{
	bool all = m == QL_M_INFECTION_RATE;
	enum ql_adverse what = (enum ql_adverse)(all ? 0 : m - QL_M_NEUTROPENIA_RATE);
	double events = 0, days = 0, alpha = 1 - LEVEL;
	if (c->tally) {
		const struct ql_tally *t = c->tally;
		events = (double)(all ? t->infections : t->adverse[what]);
		days = all ? ql_tally_days(t, t->follow, t->follow_last) : ql_tally_days(t, t->at_risk[what], t->at_risk_last[what]);
	}
	for (uint64_t i = 0; !c->tally && i < c->n; i++)
		if (ql_cohort_counts(c, i)) {
			double time = c->record[i].follow_day;
			bool event;
			if (!all)
				ql_record_adverse(&c->record[i], what, &time, &event);
			events += all ? c->record[i].n_infection : event;
			days += ql_tally_day(ql_tally_bin(time, c->horizon_day), c->horizon_day);
		}
	double years = days / QL_DAYS_PER_YEAR;
	if (!(years > 0.0))
		return;
	out->estimate = events / years;
	out->lower = events > 0.0 ? ql_qchisq(alpha / 2, 2 * events) / 2 / years : 0.0;
	out->upper = ql_qchisq(1 - alpha / 2, 2 * events + 2) / 2 / years;
}

/* Mean of a value of each patient, kept in steps of 1/QL_TALLY_PER_YEAR. */
static void estimate_mean(const struct ql_cohort *c, const struct ql_endpoint_def *def, struct ql_endpoint *out)
{
	const int which = (int)def->measure - QL_M_QALY;
	double n = 0, sum = 0, squares = 0;
	if (c->tally) {
		n = (double)(c->tally->done - c->tally->failed);
		sum = (double)c->tally->mean[which];
		squares = (double)c->tally->mean_squares[which];
	}
	for (uint64_t i = 0; !c->tally && i < c->n; i++)
		if (ql_cohort_counts(c, i)) {
			double x = (double)ql_tally_mean_value(&c->record[i], which);
			n++;
			sum += x;
			squares += x * x;
		}
	if (!(n > 0))
		return;
	double mean = sum / n, variance = n > 1 ? fmax(0.0, squares - sum * mean) / (n - 1) : NAN;
	double half = ql_qnorm(0.5 + 0.5 * LEVEL) * sqrt(variance / n);
	out->estimate = mean / QL_TALLY_PER_YEAR;
	out->lower = fmax(0.0, mean - half) / QL_TALLY_PER_YEAR;
	out->upper = (mean + half) / QL_TALLY_PER_YEAR;
}

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

bool ql_cohort_judged(const struct ql_cohort *c, enum ql_measure m)
{
	bool at_response = m >= QL_M_ORR && m <= QL_M_UMRD6_MARROW;
	return !at_response || (c->response_day > 0.0 && c->response_day <= c->horizon_day);
}

void ql_endpoint_estimate(const struct ql_cohort *c, const struct ql_endpoint_def *def, struct ql_endpoint *out)
{
	*out = (struct ql_endpoint){.id = def->id, .title = def->title, .unit = def->unit, .detail = def->detail,
				    .estimate = NAN, .lower = NAN, .upper = NAN, .level = LEVEL, .kind = QL_INTERVAL_MONTE_CARLO,
				    .chance_lower = NAN, .chance_upper = NAN, .parameter_sd = NAN};
	if (!ql_cohort_judged(c, def->measure))
		return;
	if (ql_endpoint_is_share(def->measure))
		estimate_share(c, def, out);
	else if (ql_endpoint_is_rate(def->measure))
		estimate_rate(c, def, c->scratch, out);
	else if (def->measure >= QL_M_QALY && def->measure <= QL_M_WORRIES)
		estimate_mean(c, def, out);
	else if (ql_endpoint_is_median(def->measure) || def->measure == QL_M_PFS_MEAN)
		estimate_time(c, def, c->scratch, out);
	else if (ql_endpoint_is_per_year(def->measure))
		estimate_event_rate(c, def->measure, out);
	else
		estimate_incidence(c, def, c->scratch, out);
	ql_arena_free(c->scratch);
}

/* --- curve --- */

static uint64_t count_until(const struct ql_times *t, double day, int event)
{
	double n = 0;
	for (size_t i = 0; i < t->n; i++)
		n += t->event[i] == event && t->time[i] <= day ? t->weight[i] : 0;
	return (uint64_t)n;
}

void ql_endpoint_curve(const struct ql_cohort *c, enum ql_measure rate, const char *id, struct ql_arena *a,
		       struct ql_curve *out)
{
	struct ql_times t = ql_cohort_times(c, rate, c->scratch);
	int n = (int)floor(c->horizon_day / QL_DAYS_PER_MONTH + 1e-9) + 1;
	size_t size = (size_t)n;
	*out = (struct ql_curve){id, 0, QL_NEW_N(a, double, size), QL_NEW_N(a, double, size),
				 QL_NEW_N(a, double, size), QL_NEW_N(a, double, size), QL_NEW_N(a, uint64_t, size),
				 QL_NEW_N(a, uint64_t, size), QL_NEW_N(a, uint64_t, size)};
	struct ql_endpoint_def def = {.measure = rate};
	struct ql_km km;
	if (t.n == 0 || ql_km_fit(t.time, t.event, t.weight, t.n, LEVEL, c->scratch, &km) != QUELL_OK)
		n = 0;
	for (int i = 0; i < n; i++) {
		def.day = fmin(i * QL_DAYS_PER_MONTH, c->horizon_day);
		struct ql_km_point p = ql_km_at(&km, def.day);
		bool all_gone = km.surv[km.n - 1] == 0.0 && def.day >= km.time[km.n - 1];
		out->month[i] = i;
		out->surv[i] = all_gone ? 0.0 : p.surv;
		out->lower[i] = p.lower;
		out->upper[i] = p.upper;
		out->events[i] = count_until(&t, def.day, 1);
		out->censored[i] = count_until(&t, def.day, 0);
		out->at_risk[i] = (uint64_t)p.n_risk;
	}
	out->n = n;
	ql_arena_free(c->scratch);
}
