/* SPDX-License-Identifier: Apache-2.0 */
#include "decide/sensitivity.h"
#include "base/io.h"
#include "base/rng.h"
#include "decide/sobol_numbers.h"
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { BITS = 32, RESAMPLES = 1000 };

/* --- the sequence --- */

static uint32_t direction[SOBOL_DIMENSIONS][BITS];

static void make_directions(void)
{
	for (int b = 0; b < BITS; b++)
		direction[0][b] = 1u << (BITS - 1 - b);
	for (int d = 1; d < SOBOL_DIMENSIONS; d++) {
		int degree = sobol_number[d - 1].degree;
		uint32_t m[BITS];
		for (int i = 0; i < BITS; i++) {
			if (i < degree) {
				m[i] = sobol_number[d - 1].m[i];
			} else {
				m[i] = (m[i - degree] << degree) ^ m[i - degree];
				for (int k = 1; k < degree; k++)
					if (sobol_number[d - 1].polynomial >> (degree - k) & 1)
						m[i] ^= m[i - k] << k;
			}
			direction[d][i] = m[i] << (BITS - 1 - i);
		}
	}
}

/* Owen's scrambling: a digit is flipped or not by a random bit that belongs to the digits before it. */
static uint32_t scramble(uint64_t seed, int dim, uint32_t x)
{
	static const char stream_name[] = "sobol";
	uint64_t stream = ql_hash(QL_HASH_SEED, stream_name, sizeof stream_name - 1);
	uint32_t out = 0;
	for (int b = 0; b < BITS; b++) {
		uint64_t prefix = (uint64_t)(b ? x >> (BITS - b) : 0) | 1ull << b; /* the leading 1 tells lengths apart */
		uint64_t flip = ql_rng_bits(seed, (uint64_t)dim, stream, prefix) >> 63;
		out = out << 1 | ((x >> (BITS - 1 - b) & 1) ^ (uint32_t)flip);
	}
	return out;
}

void ql_sobol_point(uint64_t seed, uint32_t i, int dims, double *u)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, make_directions);
	for (int d = 0; d < dims; d++) {
		uint32_t x = 0;
		for (int b = 0; b < BITS; b++)
			if (i >> b & 1)
				x ^= direction[d][b];
		u[d] = (scramble(seed, d, x) + 0.5) / 4294967296.0;
	}
}

void ql_saltelli_point(uint64_t seed, uint32_t i, int k, int which, double *u)
{
	double both[2 * QL_SOBOL_MAX_INPUTS];
	ql_sobol_point(seed, i, 2 * k, both);
	for (int j = 0; j < k; j++)
		u[j] = which == 1 || which == 2 + j ? both[k + j] : both[j];
}

/* --- intervals --- */

static int ascending(const void *x, const void *y)
{
	const double *a = x, *b = y;
	return (*a > *b) - (*a < *b);
}

/* Percentile limits of RESAMPLES values; NaN among them: none. */
static void limits(double *value, double level, struct ql_index *out)
{
	for (int i = 0; i < RESAMPLES; i++)
		if (isnan(value[i])) {
			out->lower = out->upper = NAN;
			return;
		}
	qsort(value, RESAMPLES, sizeof *value, ascending);
	double tail = (1 - level) / 2 * (RESAMPLES - 1);
	out->lower = value[(int)tail];
	out->upper = value[RESAMPLES - 1 - (int)tail];
}

/* How often each of n rows is drawn in resample r. */
static void draw_rows(uint64_t seed, int r, uint32_t n, uint32_t *times)
{
	static const char stream_name[] = "bootstrap";
	uint64_t stream = ql_hash(QL_HASH_SEED, stream_name, sizeof stream_name - 1);
	memset(times, 0, n * sizeof *times);
	for (uint32_t i = 0; i < n; i++)
		times[(uint32_t)(ql_rng_uniform(seed, (uint64_t)r, stream, i) * n)]++;
}

/* Rows without NaN, packed. */
static uint64_t whole_rows(const double *f, uint64_t n, int columns, double *out)
{
	uint64_t used = 0;
	for (uint64_t i = 0; i < n; i++) {
		bool whole = true;
		for (int c = 0; c < columns; c++)
			whole = whole && isfinite(f[i * (uint64_t)columns + (uint64_t)c]);
		if (whole)
			memcpy(out + used++ * (uint64_t)columns, f + i * (uint64_t)columns, (size_t)columns * sizeof *f);
	}
	return used;
}

/* --- Sobol' --- */

struct moments { /* weighted sums over rows */
	double n, mean, variance, *first, *total;
};

static void sum_rows(const double *f, const uint32_t *times, uint64_t n, int k, struct moments *m)
{
	double sum = 0, square = 0, count = 0;
	memset(m->first, 0, (size_t)k * sizeof *m->first);
	memset(m->total, 0, (size_t)k * sizeof *m->total);
	for (uint64_t i = 0; i < n; i++) {
		const double *row = f + i * (uint64_t)(k + 2);
		double w = times ? times[i] : 1;
		count += w;
		sum += w * (row[0] + row[1]);
		square += w * (row[0] * row[0] + row[1] * row[1]);
		for (int j = 0; j < k; j++) {
			m->first[j] += w * row[1] * (row[2 + j] - row[0]);
			m->total[j] += w * (row[0] - row[2 + j]) * (row[0] - row[2 + j]);
		}
	}
	m->n = count;
	m->mean = sum / (2 * count);
	m->variance = square / (2 * count) - m->mean * m->mean;
	for (int j = 0; j < k; j++) {
		m->first[j] /= count * m->variance;
		m->total[j] /= 2 * count * m->variance;
	}
}

void ql_saltelli_estimate(const double *f, uint64_t n, int k, double level, uint64_t seed, struct ql_arena *a,
			  struct ql_sobol *out)
{
	struct ql_arena scratch = {0};
	size_t inputs = (size_t)k;
	double *row = QL_NEW_N(&scratch, double, (size_t)n * (inputs + 2) + 1);
	*out = (struct ql_sobol){k, n, whole_rows(f, n, k + 2, row), NAN, NAN, QL_NEW_N(a, struct ql_index, inputs),
				 QL_NEW_N(a, struct ql_index, inputs)};
	struct moments m = {.first = QL_NEW_N(&scratch, double, inputs), .total = QL_NEW_N(&scratch, double, inputs)};
	uint64_t used = out->n_used, cells = used * (inputs + 2);
	double centre = 0;
	for (uint64_t i = 0; i < used; i++)
		centre += (row[i * (inputs + 2)] + row[i * (inputs + 2) + 1]) / (2 * (double)used);
	for (uint64_t i = 0; i < cells; i++) /* the estimate of the first order is better the nearer the mean is to 0 */
		row[i] -= centre;
	sum_rows(row, NULL, used, k, &m);
	out->mean = centre;
	out->variance = used > 1 ? m.variance : (double)NAN;
	bool flat = !(m.variance > 1e-24 * (1 + centre * centre)) || used < 2;
	for (int j = 0; j < k; j++) {
		out->first[j] = (struct ql_index){flat ? (double)NAN : m.first[j], NAN, NAN};
		out->total[j] = (struct ql_index){flat ? (double)NAN : m.total[j], NAN, NAN};
	}
	double *first = QL_NEW_N(&scratch, double, inputs * RESAMPLES), *total = QL_NEW_N(&scratch, double, inputs * RESAMPLES);
	uint32_t *times = QL_NEW_N(&scratch, uint32_t, (size_t)used + 1);
	for (int r = 0; r < RESAMPLES && !flat; r++) {
		draw_rows(seed, r, (uint32_t)used, times);
		sum_rows(row, times, used, k, &m);
		for (int j = 0; j < k; j++) {
			first[j * RESAMPLES + r] = m.first[j];
			total[j * RESAMPLES + r] = m.total[j];
		}
	}
	for (int j = 0; j < k && !flat; j++) {
		limits(first + j * RESAMPLES, level, &out->first[j]);
		limits(total + j * RESAMPLES, level, &out->total[j]);
	}
	ql_arena_free(&scratch);
}

/* --- Morris --- */

#define STEP (QL_MORRIS_LEVELS / (2.0 * (QL_MORRIS_LEVELS - 1)))

static uint64_t morris_bits(uint64_t seed, uint64_t t, uint64_t what)
{
	static const char stream_name[] = "morris";
	return ql_rng_bits(seed, t, ql_hash(QL_HASH_SEED, stream_name, sizeof stream_name - 1), what);
}

/* The order of coordinates by a shuffle; each starts at one of the levels from which a step up or down stays inside. */
void ql_morris_point(uint64_t seed, uint64_t t, int k, int point, double *u, int *moved)
{
	struct ql_arena scratch = {0};
	int *order = QL_NEW_N(&scratch, int, (size_t)k + 1);
	for (int j = 0; j < k; j++) {
		int other = (int)(morris_bits(seed, t, (uint64_t)j) % (uint64_t)(j + 1));
		order[j] = order[other];
		order[other] = j;
	}
	for (int j = 0; j < k; j++) {
		uint64_t bits = morris_bits(seed, t, (uint64_t)(k + j));
		double low = (double)(bits % (QL_MORRIS_LEVELS / 2)) / (QL_MORRIS_LEVELS - 1);
		u[j] = bits >> 63 ? low + STEP : low;
	}
	for (int s = 0; s < point; s++) {
		int j = order[s];
		u[j] += morris_bits(seed, t, (uint64_t)(k + j)) >> 63 ? -STEP : STEP;
	}
	*moved = point > 0 ? order[point - 1] : -1;
	ql_arena_free(&scratch);
}

/* Elementary effects [trajectory][input]: change of the output over the change of the coordinate. */
static void effects(const double *f, const uint64_t *number, uint64_t used, int k, uint64_t seed, double *effect)
{
	struct ql_arena scratch = {0};
	double *u = QL_NEW_N(&scratch, double, (size_t)k + 1), *before = QL_NEW_N(&scratch, double, (size_t)k + 1);
	for (uint64_t i = 0; i < used; i++)
		for (int p = 0; p <= k; p++) {
			int moved;
			ql_morris_point(seed, number[i], k, p, u, &moved);
			const double *row = f + number[i] * (uint64_t)(k + 1);
			if (p > 0)
				effect[i * (uint64_t)k + (uint64_t)moved] = (row[p] - row[p - 1]) / (u[moved] - before[moved]);
			memcpy(before, u, (size_t)k * sizeof *u);
		}
	ql_arena_free(&scratch);
}

static void describe(const double *effect, uint64_t n, int k, int j, double *mu, double *sigma, double *mu_star)
{
	double sum = 0, square = 0, magnitude = 0;
	for (uint64_t i = 0; i < n; i++) {
		double x = effect[i * (uint64_t)k + (uint64_t)j];
		sum += x;
		magnitude += fabs(x);
	}
	*mu = sum / (double)n;
	for (uint64_t i = 0; i < n; i++) {
		double d = effect[i * (uint64_t)k + (uint64_t)j] - *mu;
		square += d * d;
	}
	*sigma = n > 1 ? sqrt(square / (double)(n - 1)) : (double)NAN;
	*mu_star = magnitude / (double)n;
}

void ql_morris_estimate(const double *f, uint64_t n, int k, double level, uint64_t seed, struct ql_arena *a,
			struct ql_morris *out)
{
	struct ql_arena scratch = {0};
	size_t inputs = (size_t)k;
	uint64_t *number = QL_NEW_N(&scratch, uint64_t, (size_t)n + 1), used = 0;
	for (uint64_t i = 0; i < n; i++) {
		bool whole = true;
		for (int p = 0; p <= k; p++)
			whole = whole && isfinite(f[i * (inputs + 1) + (uint64_t)p]);
		if (whole)
			number[used++] = i;
	}
	*out = (struct ql_morris){k, n, used, QL_NEW_N(a, struct ql_index, inputs), QL_NEW_N(a, double, inputs),
				  QL_NEW_N(a, double, inputs)};
	double *effect = QL_NEW_N(&scratch, double, (size_t)used * inputs + 1), *value = QL_NEW_N(&scratch, double, RESAMPLES);
	uint32_t *times = QL_NEW_N(&scratch, uint32_t, ((size_t)used + 1) * RESAMPLES);
	effects(f, number, used, k, seed, effect);
	for (int r = 0; r < RESAMPLES; r++)
		draw_rows(seed, r, (uint32_t)used, times + (size_t)r * used);
	for (int j = 0; j < k; j++) {
		describe(effect, used, k, j, &out->mu[j], &out->sigma[j], &out->mu_star[j].value);
		for (int r = 0; r < RESAMPLES; r++) {
			value[r] = used ? 0 : (double)NAN;
			for (uint64_t i = 0; i < used; i++)
				value[r] += times[(size_t)r * used + i] * fabs(effect[i * (uint64_t)k + (uint64_t)j]) / (double)used;
		}
		limits(value, level, &out->mu_star[j]);
	}
	ql_arena_free(&scratch);
}

/* --- functions with known indices --- */

double ql_ishigami(const double *u)
{
	const double pi = 3.14159265358979323846;
	double x = pi * (2 * u[0] - 1), y = pi * (2 * u[1] - 1), z = pi * (2 * u[2] - 1);
	return sin(x) + 7 * sin(y) * sin(y) + 0.1 * z * z * z * z * sin(x);
}

double ql_sobol_g(const double *u, int k)
{
	static const double a[] = {0, 1, 4.5, 9, 99, 99, 99, 99};
	double product = 1;
	for (int j = 0; j < k; j++)
		product *= (fabs(4 * u[j] - 2) + a[j < 8 ? j : 7]) / (1 + a[j < 8 ? j : 7]);
	return product;
}
