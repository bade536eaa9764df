/* SPDX-License-Identifier: Apache-2.0 */
/* What a record says for a measure, and the times of all patients of an arm. */
#include "compare/endpoint_private.h"
#include "compare/tally.h"
#include "trial/rules.h"
#include <math.h>
#include <string.h>

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
