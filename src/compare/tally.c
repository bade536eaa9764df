/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/tally.h"
#include "compare/endpoint_private.h"
#include <math.h>
#include <string.h>

#define FORMAT 4 /* of the bytes */

int ql_tally_bins(double horizon_day) { return (int)ceil(horizon_day * QL_TALLY_PER_DAY) + 1; }

int ql_tally_bin(double day, double horizon_day)
{
	double bin = ceil(fmin(day, horizon_day) * QL_TALLY_PER_DAY);
	return bin > 0 ? (int)bin : 0;
}

double ql_tally_day(int bin, double horizon_day) { return fmin((double)bin / QL_TALLY_PER_DAY, horizon_day); }

double ql_tally_time(const struct ql_tally *t, int bin) { return fmin(bin * t->width_day, t->horizon_day); }

double ql_tally_days(const struct ql_tally *t, uint64_t bins, uint64_t last)
{
	double late = (t->n_bin - 1) * t->width_day - t->horizon_day;
	return (double)bins * t->width_day - late * (double)last;
}

/* --- one arm --- */

static int bin_of(const struct ql_tally *t, double day)
{
	double bin = ceil(fmin(day, t->horizon_day) / t->width_day);
	return bin > 0 ? (int)bin : 0;
}

static void count(struct ql_tally *t, enum ql_tally_kind kind, int code, double day)
{
	t->count[kind][code * t->n_bin + bin_of(t, day)]++;
}

uint64_t ql_tally_years(double years)
{
	return years > 0.0 ? (uint64_t)(fmin(years, 1000.0) * QL_TALLY_PER_YEAR + 0.5) : 0;
}

static void count_event(struct ql_tally *t, enum ql_tally_kind kind, enum ql_measure m, const struct ql_patient_record *r)
{
	double time;
	int event;
	if (ql_record_event(r, m, &time, &event))
		count(t, kind, event, time);
}

static const struct {
	enum ql_tally_kind kind;
	enum ql_measure measure;
} counted[] = {{QL_TALLY_INFECTION, QL_M_INFECTION},
	       {QL_TALLY_AF, QL_M_AF},
	       {QL_TALLY_SPM, QL_M_SPM},
	       {QL_TALLY_TOXICITY, QL_M_TOX_STOP},
	       {QL_TALLY_DEATH, QL_M_OS_MEDIAN},
	       {QL_TALLY_NEXT, QL_M_NEXT},
	       {QL_TALLY_EFS, QL_M_EFS_MEDIAN},
	       {QL_TALLY_PFS2, QL_M_PFS2_MEDIAN},
	       {QL_TALLY_DETERIORATION, QL_M_DETERIORATION_MEDIAN},
	       {QL_TALLY_DURATION, QL_M_DOR_MEDIAN},
	       {QL_TALLY_RESPONSE, QL_M_RESPONSE_TIME},
	       {QL_TALLY_NEUTROPENIA, QL_M_NEUTROPENIA_BY}};

static void add_adverse(struct ql_tally *t, const struct ql_patient_record *r)
{
	for (int k = 0; k < QL_ADVERSE; k++) {
		double time;
		bool event;
		ql_record_adverse(r, (enum ql_adverse)k, &time, &event);
		int bin = bin_of(t, time);
		t->adverse[k] += event;
		t->at_risk[k] += (uint64_t)bin;
		t->at_risk_last[k] += bin == t->n_bin - 1;
	}
}

uint64_t ql_tally_mean_value(const struct ql_patient_record *r, int which)
{
	const float value[] = {r->qaly, r->life_years, r->quality_mean[0], r->quality_mean[1], r->quality_mean[2]};
	_Static_assert(sizeof value / sizeof *value == QL_TALLY_MEANS, "one value per measure");
	return value[which] > 0 ? ql_tally_years((double)value[which]) : 0; /* NaN: not read */
}

void ql_tally_add(struct ql_tally *t, const struct ql_patient_record *r)
{
	if (r->status == QUELL_ERR_INTERRUPTED)
		return;
	t->done++;
	t->failed += r->status != QUELL_OK;
	if (r->status != QUELL_OK)
		return;
	count(t, QL_TALLY_PFS, r->pfs_cause, r->pfs_cause == QL_PFS_CENSORED ? r->follow_day : r->pfs_day);
	for (size_t i = 0; i < sizeof counted / sizeof *counted; i++)
		count_event(t, counted[i].kind, counted[i].measure, r);
	add_adverse(t, r);
	int follow = bin_of(t, r->follow_day);
	t->follow += (uint64_t)follow;
	t->follow_last += follow == t->n_bin - 1;
	t->infections += r->n_infection;
	for (int i = 0; i < QL_TALLY_MEANS; i++) {
		uint64_t x = ql_tally_mean_value(r, i);
		t->mean[i] += x;
		t->mean_squares[i] += x * x;
	}
	for (int m = 0; m < QL_MEASURES; m++) {
		const struct ql_endpoint_def def = {.measure = (enum ql_measure)m};
		if (ql_endpoint_is_share(def.measure))
			t->yes[m] += ql_record_value(r, &def, t->horizon_day) > 0.5;
	}
}

static void make(struct ql_tally *t, double horizon_day, double width_day)
{
	*t = (struct ql_tally){.horizon_day = horizon_day, .width_day = width_day,
			       .n_bin = (int)ceil(horizon_day / width_day) + 1};
	for (int k = 0; k < QL_TALLY_KINDS; k++)
		t->count[k] = ql_alloc_aligned((size_t)t->n_bin * QL_TALLY_CODES, sizeof(uint32_t));
}

void ql_tally_make(struct ql_tally *t, double horizon_day) { make(t, horizon_day, 1.0 / QL_TALLY_PER_DAY); }
void ql_tally_make_coarse(struct ql_tally *t, double horizon_day) { make(t, horizon_day, QL_TALLY_COARSE_DAY); }

void ql_tally_free(struct ql_tally *t)
{
	for (int k = 0; k < QL_TALLY_KINDS; k++)
		ql_free_aligned(t->count[k]);
	*t = (struct ql_tally){0};
}

void ql_tally_clear(struct ql_tally *t)
{
	uint32_t *count[QL_TALLY_KINDS];
	memcpy(count, t->count, sizeof count);
	*t = (struct ql_tally){.horizon_day = t->horizon_day, .width_day = t->width_day, .n_bin = t->n_bin};
	memcpy(t->count, count, sizeof count);
	for (int k = 0; k < QL_TALLY_KINDS; k++)
		memset(t->count[k], 0, (size_t)t->n_bin * QL_TALLY_CODES * sizeof(uint32_t));
}

/* --- two arms --- */

static int end_bin(const struct ql_patient_record *r, double horizon_day)
{
	return ql_tally_bin(r->pfs_day, horizon_day);
}

static void add_times(struct ql_pair_sum *p, const struct ql_patient_record *a, const struct ql_patient_record *b,
		      double horizon_day)
{
	int last = ql_tally_bins(horizon_day) - 1, x = end_bin(a, horizon_day), y = end_bin(b, horizon_day);
	int64_t d = x - y, e = (x == last) - (y == last);
	p->d += d;
	p->e += e;
	p->de += d * e;
	p->ee += (uint64_t)(e * e);
	p->dd += (unsigned __int128)(uint64_t)(d * d);
}

/* Time of the event; who has none fares best, who does not count at all is left out by NaN. */
static double median_bin(const struct ql_patient_record *r, enum ql_measure m, double horizon_day)
{
	double time;
	int event;
	if (!ql_record_event(r, m, &time, &event))
		return NAN;
	return event ? (double)ql_tally_bin(time, horizon_day) : (double)INFINITY;
}

void ql_pair_add(struct ql_pair_sum *p, const struct ql_patient_record *a, const struct ql_patient_record *b,
		 const struct ql_endpoint_def *def, double horizon_day)
{
	if (a->status != QUELL_OK || b->status != QUELL_OK)
		return;
	double x, y, sign = ql_measure_is_bad(def->measure) ? -1 : 1;
	if (ql_endpoint_is_median(def->measure)) {
		x = median_bin(a, def->measure, horizon_day);
		y = median_bin(b, def->measure, horizon_day);
	} else if (def->measure == QL_M_PFS_MEAN) {
		x = end_bin(a, horizon_day);
		y = end_bin(b, horizon_day);
		add_times(p, a, b, horizon_day);
	} else {
		x = sign * ql_record_value(a, def, horizon_day);
		y = sign * ql_record_value(b, def, horizon_day);
	}
	p->n++;
	p->a_better += x > y;
	p->b_better += x < y;
}

/* --- all of them --- */

struct ql_summary *ql_summary_make(int n_arm, int n_draw, double horizon_day, const struct ql_endpoint_def *def, int n_def)
{
	struct ql_summary *s = ql_realloc(NULL, 1, sizeof *s);
	*s = (struct ql_summary){.n_def = n_def, .n_pair = n_arm * (n_arm - 1) / 2, .def = def};
	double day[QL_COURSE_MAX_DAYS];
	int n_day = ql_course_grid(horizon_day, day);
	s->arm = ql_alloc_aligned((size_t)n_arm, sizeof *s->arm);
	s->course = ql_alloc_aligned((size_t)n_arm, sizeof(struct ql_course_sum *));
	s->pair = ql_alloc_aligned((size_t)(s->n_pair * n_def) + 1, sizeof *s->pair);
	s->n_arm = n_arm;
	for (int i = 0; i < n_arm; i++) {
		ql_tally_make(&s->arm[i], horizon_day);
		s->course[i] = ql_course_make(day, n_day);
	}
	s->by_draw = ql_alloc_aligned((size_t)(n_draw * n_arm) + 1, sizeof *s->by_draw);
	s->n_draw = n_draw;
	for (int i = 0; i < n_draw * n_arm; i++)
		ql_tally_make_coarse(&s->by_draw[i], horizon_day);
	return s;
}

void ql_summary_free(struct ql_summary *s)
{
	for (int i = 0; s && i < s->n_arm; i++) {
		ql_tally_free(&s->arm[i]);
		ql_course_free(s->course[i]);
	}
	for (int i = 0; s && s->by_draw && i < s->n_draw * s->n_arm; i++)
		ql_tally_free(&s->by_draw[i]);
	if (s) {
		ql_free_aligned(s->by_draw);
		ql_free_aligned(s->arm);
		ql_free_aligned(s->course);
		ql_free_aligned(s->pair);
	}
	ql_free(s);
}

static void add_pair(struct ql_summary *s, const struct ql_arm_result *result, int a, int b, uint64_t n,
		     struct ql_pair_sum *pair)
{
	for (uint64_t i = 0; result[a].record && result[b].record && i < n; i++)
		for (int d = 0; d < s->n_def; d++)
			ql_pair_add(&pair[d], &result[a].record[i], &result[b].record[i], &s->def[d],
				    s->arm[a].horizon_day);
}

static void add_by_draw(struct ql_summary *s, const struct ql_arm_result *result, int arm, uint64_t first, uint64_t n)
{
	for (uint64_t i = 0; s->n_draw && result[arm].record && i < n; i++)
		ql_tally_add(&s->by_draw[(int)((first + i) % (uint64_t)s->n_draw) * s->n_arm + arm], &result[arm].record[i]);
}

void ql_summary_add(struct ql_summary *s, const struct ql_arm_result *result, uint64_t first, uint64_t n)
{
	struct ql_pair_sum *pair = s->pair;
	for (int a = 0; a < s->n_arm; a++) {
		for (uint64_t i = 0; result[a].record && i < n; i++)
			ql_tally_add(&s->arm[a], &result[a].record[i]);
		add_by_draw(s, result, a, first, n);
		if (result[a].course)
			ql_course_merge(s->course[a], result[a].course);
		s->steps += (uint64_t)result[a].stats.steps;
		s->rejected += (uint64_t)result[a].stats.rejected;
		for (int b = a + 1; b < s->n_arm; b++, pair += s->n_def)
			add_pair(s, result, a, b, n, pair);
	}
}

const struct ql_pair_sum *ql_summary_pair(const struct ql_summary *s, int a, int b, int def)
{
	int before = a * s->n_arm - a * (a + 1) / 2; /* pairs that start with a smaller arm */
	return &s->pair[(before + b - a - 1) * s->n_def + def];
}

/* --- bytes --- */

void ql_tally_pack(const struct ql_tally *t, struct ql_buf *out)
{
	const uint64_t number[] = {t->done, t->failed, t->infections, t->follow, t->follow_last};
	for (size_t i = 0; i < sizeof number / sizeof *number; i++)
		ql_pack(out, number[i]);
	for (int k = 0; k < QL_ADVERSE; k++) {
		ql_pack(out, t->adverse[k]);
		ql_pack(out, t->at_risk[k]);
		ql_pack(out, t->at_risk_last[k]);
	}
	for (int i = 0; i < QL_TALLY_MEANS; i++) {
		ql_pack(out, t->mean[i]);
		ql_pack(out, t->mean_squares[i]);
	}
	for (int m = 0; m < QL_MEASURES; m++)
		ql_pack(out, t->yes[m]);
	for (int k = 0; k < QL_TALLY_KINDS; k++)
		ql_pack_row(out, t->count[k], (size_t)t->n_bin * QL_TALLY_CODES);
}

void ql_tally_unpack(struct ql_tally *t, struct ql_unpack *u)
{
	uint64_t *const number[] = {&t->done, &t->failed, &t->infections, &t->follow, &t->follow_last};
	for (size_t i = 0; i < sizeof number / sizeof *number; i++)
		*number[i] += ql_unpack(u);
	for (int k = 0; k < QL_ADVERSE; k++) {
		t->adverse[k] += ql_unpack(u);
		t->at_risk[k] += ql_unpack(u);
		t->at_risk_last[k] += ql_unpack(u);
	}
	for (int i = 0; i < QL_TALLY_MEANS; i++) {
		t->mean[i] += ql_unpack(u);
		t->mean_squares[i] += ql_unpack(u);
	}
	for (int m = 0; m < QL_MEASURES; m++)
		t->yes[m] += ql_unpack(u);
	for (int k = 0; k < QL_TALLY_KINDS; k++)
		ql_unpack_row(u, t->count[k], (size_t)t->n_bin * QL_TALLY_CODES);
}

/* Differences may be below 0: they travel modulo 2^64, and so does their addition. */
static void pack_pair(const struct ql_pair_sum *p, struct ql_buf *out)
{
	const uint64_t number[] = {p->n, p->a_better, p->b_better, (uint64_t)p->d, (uint64_t)p->e, (uint64_t)p->de, p->ee,
				   (uint64_t)p->dd, (uint64_t)(p->dd >> 64)};
	for (size_t i = 0; i < sizeof number / sizeof *number; i++)
		ql_pack(out, number[i]);
}

static void unpack_pair(struct ql_pair_sum *p, struct ql_unpack *u)
{
	uint64_t x[9];
	for (int i = 0; i < 9; i++)
		x[i] = ql_unpack(u);
	p->n += x[0];
	p->a_better += x[1];
	p->b_better += x[2];
	p->d = (int64_t)((uint64_t)p->d + x[3]);
	p->e = (int64_t)((uint64_t)p->e + x[4]);
	p->de = (int64_t)((uint64_t)p->de + x[5]);
	p->ee += x[6];
	p->dd += ((unsigned __int128)x[8] << 64) + x[7];
}

void ql_summary_pack(const struct ql_summary *s, struct ql_buf *out)
{
	const int shape[] = {FORMAT, s->n_arm, s->n_def, s->n_draw, s->n_arm ? s->arm[0].n_bin : 0};
	for (size_t i = 0; i < sizeof shape / sizeof *shape; i++)
		ql_pack(out, (uint64_t)shape[i]);
	ql_pack(out, s->steps);
	ql_pack(out, s->rejected);
	for (int i = 0; i < s->n_arm; i++) {
		ql_tally_pack(&s->arm[i], out);
		ql_course_pack(s->course[i], out);
	}
	for (int i = 0; i < s->n_draw * s->n_arm; i++)
		ql_tally_pack(&s->by_draw[i], out);
	for (int i = 0; i < s->n_pair * s->n_def; i++)
		pack_pair(&s->pair[i], out);
}

enum quell_status ql_summary_unpack(struct ql_summary *s, const void *data, size_t size)
{
	const unsigned char *at = data;
	struct ql_unpack u = {at, at + size, false};
	const int shape[] = {FORMAT, s->n_arm, s->n_def, s->n_draw, s->n_arm ? s->arm[0].n_bin : 0};
	for (size_t i = 0; i < sizeof shape / sizeof *shape; i++)
		if (ql_unpack(&u) != (uint64_t)shape[i])
			return QUELL_ERR_INPUT;
	s->steps += ql_unpack(&u);
	s->rejected += ql_unpack(&u);
	for (int i = 0; i < s->n_arm; i++) {
		ql_tally_unpack(&s->arm[i], &u);
		ql_course_unpack(s->course[i], &u);
	}
	for (int i = 0; i < s->n_draw * s->n_arm; i++)
		ql_tally_unpack(&s->by_draw[i], &u);
	for (int i = 0; i < s->n_pair * s->n_def; i++)
		unpack_pair(&s->pair[i], &u);
	return u.bad || u.at != u.end ? QUELL_ERR_INPUT : QUELL_OK;
}
