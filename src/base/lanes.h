/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vector arithmetic for kernels and the interpreter: one spelling for AVX-512,
 * AVX2, NEON and plain C, with the same bits in every lane of each. Included
 * with QL_W, the lanes of an array element; QL_PL of them fill one register.
 *
 * Fused multiply-add is always explicit; contraction must be off.
 *
 * exp, log and pow are written here from the operations above them, so they
 * have the same bits wherever those do, and kernels keep their registers
 * (a call would spill all of them). Bounds that tests/unit/t_base_elem.c
 * checks, in units of the last place: exp 1.0, log 0.6, pow 1.3 while
 * |y log x| < 30 and 3 up to overflow.
 */
#ifndef QL_BASE_LANES_H
#define QL_BASE_LANES_H

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
typedef uint64_t lane_u __attribute__((vector_size(64)));
LN lane_u ln_bits(lane_v a) { return (lane_u)a; }
LN lane_v ln_from_bits(lane_u a) { return (lane_v)a; }
LN lane_u ln_uset(uint64_t x) { return (lane_u)_mm512_set1_epi64((long long)x); }
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
typedef uint64_t lane_u __attribute__((vector_size(32)));
LN lane_u ln_bits(lane_v a) { return (lane_u)a; }
LN lane_v ln_from_bits(lane_u a) { return (lane_v)a; }
LN lane_u ln_uset(uint64_t x) { return (lane_u)_mm256_set1_epi64x((long long)x); }
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
typedef uint64x2_t lane_u;
LN lane_u ln_bits(lane_v a) { return vreinterpretq_u64_f64(a); }
LN lane_v ln_from_bits(lane_u a) { return vreinterpretq_f64_u64(a); }
LN lane_u ln_uset(uint64_t x) { return vdupq_n_u64(x); }
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
typedef uint64_t lane_u;
LN lane_u ln_bits(lane_v a)
{
	lane_u u;
	__builtin_memcpy(&u, &a, sizeof u);
	return u;
}
LN lane_v ln_from_bits(lane_u a)
{
	lane_v v;
	__builtin_memcpy(&v, &a, sizeof v);
	return v;
}
LN lane_u ln_uset(uint64_t x) { return x; }
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
#ifndef LN_SLEEF
#define LN_SLEEF(name) Sleef_finz_##name##d1_u10purecfma
#endif

#endif

LN lane_m ln_true(lane_v a) { return ln_ne(a, ln_set(0)); }

/* Tells the compiler to read memory again rather than keep what it wrote in registers, which it would spill. */
#define LN_FENCE __asm__ volatile("" ::: "memory")

/* Element i of a lane array; base points at the first lane of this register. */
LN lane_v ln_get(const double *base, int i) { return *(const lane_v *)(base + i * QL_W); }
LN void ln_put(double *base, int i, lane_v x) { *(lane_v *)(base + i * QL_W) = x; }

/* Coefficients from tools/minimax.py. */

#define LN_SHIFTER 0x1.8p52 /* adding it rounds to a whole number and leaves that in the low bits */
#define LN_LN2_HI 0x1.62e42fefa2000p-1 /* 13 low bits are zero: a multiple below 2^13 is exact */
#define LN_LN2_LO 0x1.9ef35793c7673p-41

/* exp(x + low), low tiny. Out of range: 0, infinity; gradual underflow; NaN stays. */
LN lane_v ln_exp2part(lane_v x, lane_v low)
{
	/* minimum and maximum take their second argument when either is NaN */
	x = ln_max(ln_set(-750), ln_min(ln_set(710), x));
	lane_v k = ln_fma(x, ln_set(0x1.71547652b82fep+0), ln_set(LN_SHIFTER)) - ln_set(LN_SHIFTER);
	lane_v r = ln_fnma(k, ln_set(LN_LN2_LO), ln_fnma(k, ln_set(LN_LN2_HI), x)) + low;
	lane_v r2 = r * r, r4 = r2 * r2;
	lane_v a = ln_fma(ln_fma(ln_set(0x1.111111110ec65p-7), r, ln_set(0x1.5555555555503p-5)), r2,
			  ln_fma(ln_set(0x1.555555555555bp-3), r, ln_set(0.5)));
	lane_v b = ln_fma(ln_fma(ln_set(0x1.71ddf02860f45p-19), r, ln_set(0x1.a01a01369fb69p-16)), r2,
			  ln_fma(ln_set(0x1.a01a01b37b406p-13), r, ln_set(0x1.6c16c16c30439p-10)));
	lane_v c = ln_fma(ln_set(0x1.1e3d361116fdfp-29), r2,
			  ln_fma(ln_set(0x1.af6bda6e51996p-26), r, ln_set(0x1.27e5b43356396p-22)));
	lane_v q = ln_fma(ln_fma(c, r4, b), r4, a), y = ln_fma(r2, q, r) + ln_set(1);
	/* times 2^k in two halves, since k may be beyond the exponents of normal numbers */
	lane_v half = ln_fma(k, ln_set(0.5), ln_set(LN_SHIFTER + 1023)), rest = k - (half - ln_set(LN_SHIFTER + 1023));
	lane_u s1 = ln_bits(half) << 52, s2 = ln_bits(rest + ln_set(LN_SHIFTER + 1023)) << 52;
	return y * ln_from_bits(s1) * ln_from_bits(s2);
}

LN lane_v ln_exp(lane_v x) { return ln_exp2part(x, ln_set(0)); }

struct lane_pair {
	lane_v hi, lo;
};

/* log(x) as a sum with about 60 good bits, for finite x > 0. */
LN struct lane_pair ln_logpair(lane_v x)
{
	const uint64_t root_half = 0x3fe6a09e667f3bcdull; /* bits of sqrt(1/2) */
	lane_m tiny = ln_lt(x, ln_set(0x1p-1022));
	lane_u u = ln_bits(ln_sel(tiny, x * ln_set(0x1p54), x)) + ln_uset(0x3ff0000000000000ull - root_half);
	/* x = 2^e m with sqrt(1/2) <= m < sqrt(2) */
	lane_v e = ln_from_bits((u >> 52) | ln_uset(0x4330000000000000ull)) -
		   ln_sel(tiny, ln_set(0x1p52 + 1023 + 54), ln_set(0x1p52 + 1023));
	lane_v m = ln_from_bits((u & ln_uset(0xfffffffffffffull)) + ln_uset(root_half));
	/* log(m) = 2 atanh(s), s = (m-1)/(m+1) with a correction for what the division lost */
	lane_v f = m - ln_set(1), d = m + ln_set(1), d_lo = (ln_set(1) - d) + m, inverse = ln_set(1) / d;
	lane_v s = f * inverse, s_lo = ln_fnma(s, d_lo, ln_fnma(s, d, f)) * inverse;
	lane_v z = s * s, z2 = z * z;
	lane_v a = ln_fma(ln_fma(ln_set(0x1.c71c7258eaa17p-3), z, ln_set(0x1.249249242b515p-2)), z2,
			  ln_fma(ln_set(0x1.9999999999dfep-2), z, ln_set(0x1.5555555555555p-1)));
	lane_v b = ln_fma(ln_fma(ln_set(0x1.0f623d741d64cp-3), z, ln_set(0x1.0f5ce045ec290p-3)), z2,
			  ln_fma(ln_set(0x1.3b20aa88c6150p-3), z, ln_set(0x1.745cde3b9a5d4p-3)));
	lane_v p = ln_fma(b, z2 * z2, a);
	lane_v big = e * ln_set(LN_LN2_HI), two_s = s + s, h = big + two_s;
	lane_v l = ln_fma(s * z, p, ln_fma(e, ln_set(LN_LN2_LO), ln_fma(ln_set(2), s_lo, (big - h) + two_s)));
	lane_v hi = h + l;
	return (struct lane_pair){hi, (h - hi) + l};
}

LN lane_v ln_log(lane_v x)
{
	lane_v r = ln_logpair(x).hi;
	r = ln_sel(ln_lt(x, ln_set(__builtin_inf())), r, x); /* infinity and NaN stay */
	return ln_sel(ln_lt(ln_set(0), x), r,
		      ln_sel(ln_eq(x, ln_set(0)), ln_set(-__builtin_inf()), r + ln_set(__builtin_nan(""))));
}

/* x^y for x >= 0. */
LN lane_v ln_pow_pos(lane_v x, lane_v y)
{
	struct lane_pair l = ln_logpair(x);
	l.hi = ln_sel(ln_lt(ln_set(0), x), l.hi, ln_set(-1e300));
	l.hi = ln_sel(ln_lt(x, ln_set(__builtin_inf())), l.hi, x);
	lane_v hi = y * l.hi, lo = ln_fma(y, l.lo, ln_fms(y, l.hi, hi));
	lo = ln_sel(ln_lt(ln_abs(hi), ln_set(1024)), lo, ln_set(0)); /* beyond it only over- and underflow are left */
	return ln_exp2part(hi, lo);
}

/* x^y; negative x needs a whole y. */
LN lane_v ln_pow(lane_v x, lane_v y)
{
	lane_v r = ln_pow_pos(ln_abs(x), y), half = y * ln_set(0.5);
	lane_m whole = ln_eq(ln_floor(y), y), even = ln_eq(ln_floor(half), half);
	lane_v below = ln_sel(even, r, ln_sel(whole, -r, r + ln_set(__builtin_nan(""))));
	return ln_sel(ln_lt(x, ln_set(0)), below, r);
}

/* SLEEF's deterministic functions; its header does not declare them for every target. */
#define LN_ELEMENTARY(name)                \
	lane_v LN_SLEEF(name)(lane_v);     \
	LN lane_v ln_##name(lane_v a) { return LN_SLEEF(name)(a); }
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

#endif
