/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which inputs move an output: designs on the unit cube and what is estimated from the outputs. Everything is a pure
 * function of seed and numbers.
 *
 * Sobol' (Sobol' 2001): points of a Sobol' sequence with Owen's nested scrambling; per row i the outputs at A_i, B_i and
 * A_i with coordinate j from B_i. First order by Saltelli (2010), total by Jansen (1999), as recommended there. Intervals
 * are percentiles over rows drawn again (bootstrap).
 * Morris (1991): r trajectories through a grid of 4 levels, each coordinate moved once by 2/3; mean, mean of absolute
 * values (Campolongo 2007) and standard deviation of the elementary effects; bootstrap over trajectories.
 *
 * An output that is NaN takes its row or trajectory out, and n_used says how many are left.
 */
#ifndef QL_DECIDE_SENSITIVITY_H
#define QL_DECIDE_SENSITIVITY_H

#include "base/mem.h"

#define QL_SOBOL_MAX_INPUTS 64 /* half the dimensions of the sequence */
#define QL_MORRIS_LEVELS 4

/* Point i of the scrambled sequence, in (0,1); dims <= 2 QL_SOBOL_MAX_INPUTS. */
void ql_sobol_point(uint64_t seed, uint32_t i, int dims, double *u);
/* Point `which` of row i: 0 A, 1 B, 2+j A with coordinate j of B. */
void ql_saltelli_point(uint64_t seed, uint32_t i, int k, int which, double *u);

struct ql_index { /* one input */
	double value, lower, upper;
};
struct ql_sobol {
	int k;
	uint64_t n, n_used;
	double mean, variance;           /* of the output */
	struct ql_index *first, *total;  /* [k] */
};
/* f[n][k+2]; arrays of *out in `a`. Variance 0: all indices NaN. */
void ql_saltelli_estimate(const double *f, uint64_t n, int k, double level, uint64_t seed, struct ql_arena *a,
			  struct ql_sobol *out);

/* Point 0..k of trajectory t; *moved is the coordinate that changed from the point before (-1 for point 0). */
void ql_morris_point(uint64_t seed, uint64_t t, int k, int point, double *u, int *moved);
struct ql_morris {
	int k;
	uint64_t n, n_used;
	struct ql_index *mu_star;  /* [k] effect of the whole range, in the output's unit */
	double *mu, *sigma;
};
/* f[n][k+1]; u as ql_morris_point gives it. */
void ql_morris_estimate(const double *f, uint64_t n, int k, double level, uint64_t seed, struct ql_arena *a,
			struct ql_morris *out);

/* Functions with known indices, x in the unit cube. Ishigami: a 7, b 0.1, three inputs on -pi..pi. g (Saltelli and
 * Sobol' 1995): a = 0, 1, 4.5, 9, 99, 99, 99, 99. */
double ql_ishigami(const double *u);
double ql_sobol_g(const double *u, int k);

#endif
