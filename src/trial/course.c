/* SPDX-License-Identifier: Apache-2.0 */
#include "trial/course.h"
#include "base/rng.h"
#include <math.h>
#include <stdatomic.h>
#include <string.h>

const struct ql_course_axis ql_course_axis[] = {
	{"alc", "absolute lymphocyte count", "1e9/L", 1e-3, 1e4, true},
	{"spd", "node size, sum of products of diameters", "cm2", 1e-1, 1e4, true},
	{"marrow_fraction", "CLL share of marrow", "1", 0.0, 1.0, false},
	{"mrd_blood", "CLL share of blood leucocytes", "1", 1e-9, 1.0, true},
	{"igg", "IgG", "g/L", 1e-1, 1e2, true},
	{"anc", "neutrophils", "1e9/L", 1e-3, 1e2, true},
};
const int ql_course_axis_count = sizeof ql_course_axis / sizeof *ql_course_axis;

#define CELLS (QL_COURSE_BINS + 2)

struct ql_course_sum {
	int n_day;
	double day[QL_COURSE_MAX_DAYS];
	_Atomic uint32_t *count; /* [axis][day][CELLS] */
};

int ql_course_grid(double horizon_day, double *day)
{
	static const double early[] = {0,   7,   14,  28,  42,  56,  84,  112, 140,
				       168, 196, 224, 252, 280, 308, 336, 364};
	int n = 0;
	for (size_t i = 0; i < sizeof early / sizeof *early && early[i] <= horizon_day; i++)
		day[n++] = early[i];
	double left = horizon_day - 364.0;
	double step = 84.0 * ceil(left / (84.0 * 26.0));
	for (int i = 1; left > 0.0 && 364.0 + step * i <= horizon_day; i++)
		day[n++] = 364.0 + step * i;
	return n;
}

struct ql_course_sum *ql_course_make(const double *day, int n_day)
{
	struct ql_course_sum *c = ql_realloc(NULL, 1, sizeof *c);
	*c = (struct ql_course_sum){.n_day = n_day};
	memcpy(c->day, day, (size_t)n_day * sizeof *day);
	size_t cells = (size_t)ql_course_axis_count * (size_t)n_day * CELLS;
	c->count = ql_alloc_aligned(cells, sizeof *c->count);
	return c;
}

struct ql_course_sum *ql_course_like(const struct ql_course_sum *c) { return ql_course_make(c->day, c->n_day); }

void ql_course_free(struct ql_course_sum *c)
{
	if (c)
		ql_free_aligned((void *)c->count);
	ql_free(c);
}

int ql_course_days(const struct ql_course_sum *c, const double **day)
{
	*day = c->day;
	return c->n_day;
}

/* Position on the axis, 0 at low and 1 at high. */
static double position(const struct ql_course_axis *x, double value)
{
	if (!x->logarithmic)
		return (value - x->low) / (x->high - x->low);
	return value <= 0.0 ? -1.0 : ql_log(value / x->low) / ql_log(x->high / x->low);
}

unsigned ql_course_bin(int a, double value)
{
	if (isnan(value))
		return QL_COURSE_SKIP;
	double p = position(&ql_course_axis[a], value);
	if (p < 0.0)
		return 0;
	return p >= 1.0 ? QL_COURSE_BINS + 1 : 1 + (unsigned)(p * QL_COURSE_BINS);
}

static _Atomic uint32_t *row(const struct ql_course_sum *c, int a, int day)
{
	return c->count + ((size_t)a * (size_t)c->n_day + (size_t)day) * CELLS;
}

void ql_course_count(struct ql_course_sum *c, int a, int day, unsigned bin)
{
	if (bin < CELLS)
		atomic_fetch_add_explicit(&row(c, a, day)[bin], 1, memory_order_relaxed);
}

void ql_course_merge(struct ql_course_sum *into, const struct ql_course_sum *from)
{
	size_t cells = (size_t)ql_course_axis_count * (size_t)into->n_day * CELLS;
	for (size_t i = 0; i < cells; i++)
		into->count[i] += from->count[i];
}

void ql_course_pack(const struct ql_course_sum *c, struct ql_buf *out)
{
	uint32_t plain[CELLS];
	for (int a = 0; a < ql_course_axis_count; a++)
		for (int d = 0; d < c->n_day; d++) {
			for (int i = 0; i < CELLS; i++)
				plain[i] = row(c, a, d)[i];
			ql_pack_row(out, plain, CELLS);
		}
}

void ql_course_unpack(struct ql_course_sum *c, struct ql_unpack *u)
{
	uint32_t plain[CELLS];
	for (int a = 0; a < ql_course_axis_count; a++)
		for (int d = 0; d < c->n_day; d++) {
			for (int i = 0; i < CELLS; i++)
				plain[i] = row(c, a, d)[i];
			ql_unpack_row(u, plain, CELLS);
			for (int i = 0; i < CELLS; i++)
				row(c, a, d)[i] = plain[i];
		}
}

uint64_t ql_course_total(const struct ql_course_sum *c, int a, int day)
{
	uint64_t n = 0;
	for (int i = 0; i < CELLS; i++)
		n += row(c, a, day)[i];
	return n;
}

static double value_at(const struct ql_course_axis *x, double p)
{
	p = fmin(fmax(p, 0.0), 1.0);
	return x->logarithmic ? x->low * ql_pow(x->high / x->low, p) : x->low + p * (x->high - x->low);
}

/* Patients are spread evenly over their bin. */
double ql_course_quantile(const struct ql_course_sum *c, int a, int day, double p)
{
	uint64_t n = ql_course_total(c, a, day);
	if (n == 0)
		return NAN;
	double want = p * (double)n, below = 0.0;
	int i = 0;
	for (; i < CELLS - 1 && below + row(c, a, day)[i] < want; i++)
		below += row(c, a, day)[i];
	double in_bin = row(c, a, day)[i];
	double within = in_bin > 0.0 ? (want - below) / in_bin : 0.0;
	return value_at(&ql_course_axis[a], (i - 1 + within) / QL_COURSE_BINS);
}
