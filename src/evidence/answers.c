/* SPDX-License-Identifier: Apache-2.0 */
/* Which rows answer for an endpoint of a simulated arm. */
#include "evidence/table.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ids that end in a month carry it over to the table only where `at` is set; incidences are printed without one. */
static const struct {
	const char *id, *endpoint;
	bool month, at;
} endpoint_map[] = {
    {"orr", "ORR", false, false},
    {"cr", "CR", false, false},
    {"pfs_median", "PFS_median_mo", false, false},
    {"os_median", "OS_median_mo", false, false},
    {"ttnt_median", "TTNT_median_mo", false, false},
    {"dor_median", "DOR_median_mo", false, false},
    {"pfs_rate", "PFS_rate", true, true},
    {"os_rate", "OS_rate", true, true},
    {"ttnt_free", "TTNT_free", true, true},
    {"dor_rate", "DOR_rate", true, true},
    {"umrd_pb_1e-4_eot", "uMRD_PB_1e-4", false, false},
    {"umrd_bm_1e-4_eot", "uMRD_BM_1e-4", false, false},
    {"infection_g3", "grade3_infection", true, false},
    {"neutropenia_g3", "neutropenia_g3", false, false},
    {"thrombocytopenia_g3", "thrombocytopenia_g3", false, false},
    {"af", "AF_any", true, false},
    {"spm", "second_malignancy", true, false},
    {"richter", "richter", true, false},
    {"death_ae", "death_ae", true, false},
    {"crs_any", "CRS_any", false, false},
    {"crs_g3", "CRS_g3", false, false},
    {"icans_any", "ICANS_any", false, false},
    {"icans_g3", "ICANS_g3", false, false},
    {"irr_g3", "IRR_g3", false, false},
};

/* "_24mo" at the end of an id: its length, and the months. */
static size_t month_suffix(const char *id, int *month)
{
	const char *u = strrchr(id, '_');
	char *end;
	if (!u || u[1] < '1' || u[1] > '9')
		return 0;
	long m = strtol(u + 1, &end, 10);
	if (strcmp(end, "mo") != 0 || m > 1200)
		return 0;
	*month = (int)m;
	return strlen(u);
}

bool ql_evidence_endpoint(const char *endpoint_id, char *buf, size_t size)
{
	int month = 0;
	size_t tail = month_suffix(endpoint_id, &month), head = strlen(endpoint_id) - tail;
	for (size_t i = 0; i < sizeof endpoint_map / sizeof *endpoint_map; i++) {
		const char *id = endpoint_map[i].id;
		if (strlen(id) != head || strncmp(id, endpoint_id, head) != 0 || (tail > 0) != endpoint_map[i].month)
			continue;
		int n = endpoint_map[i].at ? snprintf(buf, size, "%s@%dmo", endpoint_map[i].endpoint, month)
					   : snprintf(buf, size, "%s", endpoint_map[i].endpoint);
		return n > 0 && (size_t)n < size;
	}
	return false;
}

static bool is_one_of(const char *name, const char *const *list, int n, int *at)
{
	for (int i = 0; i < n; i++)
		if (strcmp(name, list[i]) == 0) {
			*at = i;
			return true;
		}
	*at = n;
	return false;
}

/* A trial of both lines answers with the stratum of the line only. */
static bool whole_population(const struct ql_trial_row *r, const char *line)
{
	if (!line || strcmp(r->line, line) == 0)
		return strcmp(r->subgroup, "all") == 0;
	char stratum[32];
	snprintf(stratum, sizeof stratum, "%s stratum", line);
	return strcmp(r->line, "1L+RR") == 0 && strcmp(r->subgroup, stratum) == 0;
}

static bool ahead(const struct ql_trial_row *a, int rank_a, const struct ql_trial_row *b, int rank_b)
{
	if (rank_a != rank_b)
		return rank_a < rank_b;
	if (a->verified != b->verified)
		return a->verified;
	double fa = isnan(a->followup_mo) ? 0 : a->followup_mo, fb = isnan(b->followup_mo) ? 0 : b->followup_mo;
	if (strcmp(a->trial, b->trial) == 0 && a->year != b->year)
		return a->year > b->year;
	if (fa > fb || fa < fb)
		return fa > fb;
	return a->year > b->year;
}

int ql_evidence_answers(const struct ql_evidence *e, const char *const *treatment, int n_treatment, const char *line,
			const char *const *trial_first, int n_trial, const char *endpoint_id,
			const struct ql_trial_row **out, int max)
{
	char endpoint[64];
	int n = 0;
	if (max <= 0 || !ql_evidence_endpoint(endpoint_id, endpoint, sizeof endpoint))
		return 0;
	for (int i = 0; i < e->n_row; i++) {
		const struct ql_trial_row *r = &e->row[i];
		int ignored, rank, rank_k;
		if (strcmp(r->endpoint, endpoint) != 0 || r->comparator[0] || isnan(r->value) ||
		    !is_one_of(r->treatment, treatment, n_treatment, &ignored) || !whole_population(r, line))
			continue;
		is_one_of(r->trial, trial_first, n_trial, &rank);
		int k = n < max ? n++ : n;
		for (; k > 0; k--) { /* insertion keeps file order among equals */
			is_one_of(out[k - 1]->trial, trial_first, n_trial, &rank_k);
			if (!ahead(r, rank, out[k - 1], rank_k))
				break;
			if (k < max)
				out[k] = out[k - 1];
		}
		if (k < max)
			out[k] = r;
	}
	return n;
}

void ql_evidence_value(const struct ql_trial_row *r, double *value, double *lower, double *upper)
{
	double scale = strcmp(r->unit, "%") == 0 ? 100 : 1;
	*value = r->value / scale;
	*lower = r->lower / scale;
	*upper = r->upper / scale;
}
