/* SPDX-License-Identifier: Apache-2.0 */
/* What this core can do at most: fused multiply-adds on independent registers, at the widest vectors it has. */
#include "bench.h"
#include <math.h>

#ifdef __AVX512F__
enum { BYTES = 64 };
#else
enum { BYTES = 32 };
#endif
typedef double wide __attribute__((vector_size(BYTES)));
enum { CHAINS = 12, ROUNDS = 2000000 };

/* Compiled for this machine with contraction on: a*x + b is one fused operation. */
static double spin(double seed)
{
	const wide a = seed - (wide){0}, b = 1.0 - seed - (wide){0};
	wide x[CHAINS];
	double sum = 0;
	for (int i = 0; i < CHAINS; i++)
		x[i] = (double)i - (wide){0};
	for (long r = 0; r < ROUNDS; r++)
		for (int i = 0; i < CHAINS; i++)
			x[i] = a * x[i] + b;
	for (int i = 0; i < CHAINS; i++)
		sum += x[i][0];
	return sum;
}

double bench_peak_flops(void)
{
	const double flops = 2.0 * CHAINS * ROUNDS * (BYTES / sizeof(double));
	volatile double seed = 0.999999, keep;
	double best = INFINITY;
	for (int i = 0; i < 8; i++) {
		double start = bench_cpu_seconds();
		keep = spin(seed);
		best = fmin(best, bench_cpu_seconds() - start);
	}
	(void)keep;
	return flops / best;
}
