/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vector arithmetic for kernels and the interpreter: one spelling for AVX-512,
 * AVX2, NEON and plain C, with the same bits in every lane of each. Included
 * with QL_W, the lanes of an array element; QL_PL of them fill one register.
 *
 * Fused multiply-add is always explicit; contraction must be off.
 */
#ifndef QL_EMIT_LANES_H
#define QL_EMIT_LANES_H

#include <stdint.h>

#define LN static inline __attribute__((always_inline, unused))

#if defined(__AVX512F__) && defined(__AVX512VL__) && defined(__AVX512DQ__) && QL_W >= 8
#define QL_PL 8
#elif defined(__AVX2__) && defined(__FMA__) && QL_W >= 4
#define QL_PL 4
#elif defined(__ARM_NEON) && defined(__aarch64__) && QL_W >= 4
#define QL_PL 2
#else
#define QL_PL 1
#endif

#if QL_PL == 8

#include <immintrin.h>
typedef __m512d lane_v;
typedef __mmask8 lane_m;
LN lane_v ln_set(double x) { return _mm512_set1_pd(x); }
LN lane_v ln_fma(lane_v a, lane_v b, lane_v c) { return _mm512_fmadd_pd(a, b, c); }
LN lane_v ln_fms(lane_v a, lane_v b, lane_v c) { return _mm512_fmsub_pd(a, b, c); }
LN lane_v ln_fnma(lane_v a, lane_v b, lane_v c) { return _mm512_fnmadd_pd(a, b, c); }
LN lane_v ln_fnms(lane_v a, lane_v b, lane_v c) { return _mm512_fnmsub_pd(a, b, c); }
LN lane_v ln_sqrt(lane_v a) { return _mm512_sqrt_pd(a); }
LN lane_v ln_min(lane_v a, lane_v b) { return _mm512_min_pd(a, b); }
LN lane_v ln_max(lane_v a, lane_v b) { return _mm512_max_pd(a, b); }
LN lane_v ln_abs(lane_v a) { return _mm512_abs_pd(a); }
LN lane_v ln_floor(lane_v a) { return _mm512_roundscale_pd(a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC); }
LN lane_v ln_ceil(lane_v a) { return _mm512_roundscale_pd(a, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC); }
LN lane_m ln_lt(lane_v a, lane_v b) { return _mm512_cmp_pd_mask(a, b, _CMP_LT_OQ); }
LN lane_m ln_le(lane_v a, lane_v b) { return _mm512_cmp_pd_mask(a, b, _CMP_LE_OQ); }
LN lane_m ln_eq(lane_v a, lane_v b) { return _mm512_cmp_pd_mask(a, b, _CMP_EQ_OQ); }
LN lane_m ln_ne(lane_v a, lane_v b) { return _mm512_cmp_pd_mask(a, b, _CMP_NEQ_UQ); }
LN lane_m ln_and(lane_m a, lane_m b) { return (lane_m)(a & b); }
LN lane_m ln_or(lane_m a, lane_m b) { return (lane_m)(a | b); }
LN lane_m ln_not(lane_m a) { return (lane_m)~a; }
LN lane_v ln_sel(lane_m m, lane_v a, lane_v b) { return _mm512_mask_blend_pd(m, b, a); }
LN lane_v ln_num(lane_m m) { return _mm512_maskz_mov_pd(m, _mm512_set1_pd(1)); }
#define LN_SLEEF(name) Sleef_finz_##name##d8_u10avx512f

#elif QL_PL == 4

#include <immintrin.h>
typedef __m256d lane_v;
typedef __m256d lane_m;
LN lane_v ln_set(double x) { return _mm256_set1_pd(x); }
LN lane_v ln_fma(lane_v a, lane_v b, lane_v c) { return _mm256_fmadd_pd(a, b, c); }
LN lane_v ln_fms(lane_v a, lane_v b, lane_v c) { return _mm256_fmsub_pd(a, b, c); }
LN lane_v ln_fnma(lane_v a, lane_v b, lane_v c) { return _mm256_fnmadd_pd(a, b, c); }
LN lane_v ln_fnms(lane_v a, lane_v b, lane_v c) { return _mm256_fnmsub_pd(a, b, c); }
LN lane_v ln_sqrt(lane_v a) { return _mm256_sqrt_pd(a); }
LN lane_v ln_min(lane_v a, lane_v b) { return _mm256_min_pd(a, b); }
LN lane_v ln_max(lane_v a, lane_v b) { return _mm256_max_pd(a, b); }
LN lane_v ln_abs(lane_v a) { return _mm256_andnot_pd(_mm256_set1_pd(-0.0), a); }
LN lane_v ln_floor(lane_v a) { return _mm256_floor_pd(a); }
LN lane_v ln_ceil(lane_v a) { return _mm256_ceil_pd(a); }
LN lane_m ln_lt(lane_v a, lane_v b) { return _mm256_cmp_pd(a, b, _CMP_LT_OQ); }
LN lane_m ln_le(lane_v a, lane_v b) { return _mm256_cmp_pd(a, b, _CMP_LE_OQ); }
LN lane_m ln_eq(lane_v a, lane_v b) { return _mm256_cmp_pd(a, b, _CMP_EQ_OQ); }
LN lane_m ln_ne(lane_v a, lane_v b) { return _mm256_cmp_pd(a, b, _CMP_NEQ_UQ); }
LN lane_m ln_and(lane_m a, lane_m b) { return _mm256_and_pd(a, b); }
LN lane_m ln_or(lane_m a, lane_m b) { return _mm256_or_pd(a, b); }
LN lane_m ln_not(lane_m a) { return _mm256_xor_pd(a, _mm256_castsi256_pd(_mm256_set1_epi64x(-1))); }
LN lane_v ln_sel(lane_m m, lane_v a, lane_v b) { return _mm256_blendv_pd(b, a, m); }
LN lane_v ln_num(lane_m m) { return _mm256_and_pd(m, _mm256_set1_pd(1)); }
#define LN_SLEEF(name) Sleef_finz_##name##d4_u10avx2

#elif QL_PL == 2

#include <arm_neon.h>
typedef float64x2_t lane_v;
typedef uint64x2_t lane_m;
LN lane_v ln_set(double x) { return vdupq_n_f64(x); }
LN lane_v ln_fma(lane_v a, lane_v b, lane_v c) { return vfmaq_f64(c, a, b); }
LN lane_v ln_fms(lane_v a, lane_v b, lane_v c) { return vfmaq_f64(vnegq_f64(c), a, b); }
LN lane_v ln_fnma(lane_v a, lane_v b, lane_v c) { return vfmsq_f64(c, a, b); }
LN lane_v ln_fnms(lane_v a, lane_v b, lane_v c) { return vfmsq_f64(vnegq_f64(c), a, b); }
LN lane_v ln_sqrt(lane_v a) { return vsqrtq_f64(a); }
LN lane_m ln_lt(lane_v a, lane_v b) { return vcltq_f64(a, b); }
LN lane_m ln_le(lane_v a, lane_v b) { return vcleq_f64(a, b); }
LN lane_m ln_eq(lane_v a, lane_v b) { return vceqq_f64(a, b); }
LN lane_m ln_not(lane_m a) { return veorq_u64(a, vdupq_n_u64(~0ull)); }
LN lane_m ln_ne(lane_v a, lane_v b) { return ln_not(vceqq_f64(a, b)); }
LN lane_m ln_and(lane_m a, lane_m b) { return vandq_u64(a, b); }
LN lane_m ln_or(lane_m a, lane_m b) { return vorrq_u64(a, b); }
LN lane_v ln_sel(lane_m m, lane_v a, lane_v b) { return vbslq_f64(m, a, b); }
LN lane_v ln_min(lane_v a, lane_v b) { return ln_sel(ln_lt(a, b), a, b); }
LN lane_v ln_max(lane_v a, lane_v b) { return ln_sel(ln_lt(b, a), a, b); }
LN lane_v ln_abs(lane_v a) { return vabsq_f64(a); }
LN lane_v ln_floor(lane_v a) { return vrndmq_f64(a); }
LN lane_v ln_ceil(lane_v a) { return vrndpq_f64(a); }
LN lane_v ln_num(lane_m m) { return ln_sel(m, vdupq_n_f64(1), vdupq_n_f64(0)); }
#define LN_SLEEF(name) Sleef_finz_##name##d2_u10advsimd

#else

#include <math.h>
typedef double lane_v;
typedef int lane_m;
LN lane_v ln_set(double x) { return x; }
LN lane_v ln_fma(lane_v a, lane_v b, lane_v c) { return __builtin_fma(a, b, c); }
LN lane_v ln_fms(lane_v a, lane_v b, lane_v c) { return __builtin_fma(a, b, -c); }
LN lane_v ln_fnma(lane_v a, lane_v b, lane_v c) { return __builtin_fma(-a, b, c); }
LN lane_v ln_fnms(lane_v a, lane_v b, lane_v c) { return __builtin_fma(-a, b, -c); }
LN lane_v ln_sqrt(lane_v a) { return __builtin_sqrt(a); }
LN lane_v ln_min(lane_v a, lane_v b) { return a < b ? a : b; }
LN lane_v ln_max(lane_v a, lane_v b) { return a > b ? a : b; }
LN lane_v ln_abs(lane_v a) { return __builtin_fabs(a); }
LN lane_v ln_floor(lane_v a) { return __builtin_floor(a); }
LN lane_v ln_ceil(lane_v a) { return __builtin_ceil(a); }
LN lane_m ln_lt(lane_v a, lane_v b) { return a < b; }
LN lane_m ln_le(lane_v a, lane_v b) { return a <= b; }
LN lane_m ln_eq(lane_v a, lane_v b) { return a == b; }
LN lane_m ln_ne(lane_v a, lane_v b) { return a != b; }
LN lane_m ln_and(lane_m a, lane_m b) { return a & b; }
LN lane_m ln_or(lane_m a, lane_m b) { return a | b; }
LN lane_m ln_not(lane_m a) { return !a; }
LN lane_v ln_sel(lane_m m, lane_v a, lane_v b) { return m ? a : b; }
LN lane_v ln_num(lane_m m) { return m; }
#define LN_SLEEF(name) Sleef_finz_##name##d1_u10purecfma

#endif

LN lane_m ln_true(lane_v a) { return ln_ne(a, ln_set(0)); }

/* Element i of a lane array; base points at the first lane of this register. */
LN lane_v ln_get(const double *base, int i) { return *(const lane_v *)(base + i * QL_W); }
LN void ln_put(double *base, int i, lane_v x) { *(lane_v *)(base + i * QL_W) = x; }

/* SLEEF's deterministic functions; its header does not declare them for every target. */
#define LN_ELEMENTARY(name)                \
	lane_v LN_SLEEF(name)(lane_v);     \
	LN lane_v ln_##name(lane_v a) { return LN_SLEEF(name)(a); }
LN_ELEMENTARY(exp)
LN_ELEMENTARY(log)
LN_ELEMENTARY(sin)
LN_ELEMENTARY(cos)
LN_ELEMENTARY(tan)
LN_ELEMENTARY(asin)
LN_ELEMENTARY(acos)
LN_ELEMENTARY(atan)
LN_ELEMENTARY(sinh)
LN_ELEMENTARY(cosh)
LN_ELEMENTARY(tanh)
LN_ELEMENTARY(lgamma)
lane_v LN_SLEEF(pow)(lane_v, lane_v);
LN lane_v ln_pow(lane_v a, lane_v b) { return LN_SLEEF(pow)(a, b); }

#endif
