/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counter-based random numbers (Philox 4x64-10, Random123; Salmon SC'11).
 * A draw is a pure function of (seed, patient, stream, ordinal): no state, no
 * order of calls. Streams are hashes of names (ql_hash_str), so a parameter
 * keeps its draws when others come or go.
 */
#ifndef QL_BASE_RNG_H
#define QL_BASE_RNG_H

#include "base/elem.h" /* ql_exp, ql_log, ql_pow, which laws need as well */
#include <stdint.h>

uint64_t ql_rng_bits(uint64_t seed, uint64_t patient, uint64_t stream, uint64_t ordinal);
/* Uniform in the open interval (0,1), 53 bits, never 0 or 1. */
double ql_rng_uniform(uint64_t seed, uint64_t patient, uint64_t stream, uint64_t ordinal);

/* Quantile functions with the same bits on every machine. u in (0,1). */
double ql_quantile_normal(double u);      /* Wichura 1988, AS 241; about 1e-16 */
double ql_cdf_normal(double z);           /* lower tail; relative error about 1e-15 */
double ql_quantile_exponential(double u); /* -log(1-u) by log of the upper tail */
/* Exact inversion for mean <= 200, above it Cornish-Fisher with third-order terms
 * (error below 1 count for u in 1e-9..1-1e-9); +inf or NaN mean gives NaN. */
double ql_quantile_poisson(double u, double mean);

#endif
