/* SPDX-License-Identifier: Apache-2.0 */
/* P-scores (exact) and rankograms (by drawing from the normal distribution of the estimates). */
#include "evidence/nma.h"
#include "base/io.h"
#include "base/rng.h"
#include "base/special.h"
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void p_scores(const struct ql_nma *m, double *score)
{
	size_t n = (size_t)m->n;
	double sign = m->o.small_desirable ? -1 : 1;
	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++) {
			double v = m->v[i * n + i] + m->v[j * n + j] - 2 * m->v[i * n + j];
			double diff = sign * (m->effect[i] - m->effect[j]);
			double p = v > 0 ? ql_pnorm(diff / (sqrt(v) * m->inflate)) : 0.5;
			score[i] += p;
			score[j] += 1 - p;
		}
	for (size_t i = 0; i < n; i++)
		score[i] = n > 1 ? score[i] / ((double)n - 1) : NAN;
}

struct drawn {
	double value;
	int treat;
};

static int best_first(const void *x, const void *y)
{
	const struct drawn *a = x, *b = y;
	return a->value != b->value ? (a->value > b->value) - (a->value < b->value)
				    : (a->treat > b->treat) - (a->treat < b->treat);
}

/* Factor of the covariance without the reference; draws are reproducible whatever the order of calls. */
static void rankogram(const struct ql_nma *m, uint64_t draws, uint64_t seed, double *count)
{
	size_t n = (size_t)m->n, p = n - 1, r = (size_t)m->o.reference;
	double *f = QL_NEW_N(m->d->a, double, p *p), *z = QL_NEW_N(m->d->a, double, p);
	struct drawn *x = QL_NEW_N(m->d->a, struct drawn, n);
	for (size_t i = 0; i < p; i++)
		for (size_t j = 0; j < p; j++)
			f[i * p + j] = m->v[(i + (i >= r)) * n + j + (j >= r)] * m->inflate * m->inflate;
	if (LAPACKE_dpotrf(LAPACK_ROW_MAJOR, 'L', (lapack_int)p, f, (lapack_int)p) != 0)
		return;
	double sign = m->o.small_desirable ? 1 : -1;
	uint64_t stream = ql_hash_str("rankogram");
	for (uint64_t k = 0; k < draws; k++) {
		for (size_t i = 0; i < p; i++)
			z[i] = ql_quantile_normal(ql_rng_uniform(seed, k, stream, i));
		for (size_t t = 0; t < n; t++) {
			double e = m->effect[t];
			for (size_t i = t - (t > r), j = 0; t != r && j <= i; j++)
				e += f[i * p + j] * z[j];
			x[t] = (struct drawn){sign * e, (int)t};
		}
		qsort(x, n, sizeof *x, best_first);
		for (size_t rank = 0; rank < n; rank++)
			count[(size_t)x[rank].treat * n + rank] += 1;
	}
}

void ql_nma_ranks(const struct ql_nma *m, uint64_t draws, uint64_t seed, struct ql_ranks *out)
{
	size_t n = (size_t)m->n;
	*out = (struct ql_ranks){.p_score = QL_NEW_N(m->d->a, double, n), .draws = draws};
	p_scores(m, out->p_score);
	if (draws == 0 || n < 2)
		return;
	out->rankogram = QL_NEW_N(m->d->a, double, n *n);
	out->sucra = QL_NEW_N(m->d->a, double, n);
	rankogram(m, draws, seed, out->rankogram);
	for (size_t i = 0; i < n; i++) {
		double mean_rank = 0;
		for (size_t r = 0; r < n; r++) {
			out->rankogram[i * n + r] /= (double)draws;
			mean_rank += out->rankogram[i * n + r] * (double)(r + 1);
		}
		out->sucra[i] = ((double)n - mean_rank) / ((double)n - 1);
	}
}
