/* SPDX-License-Identifier: Apache-2.0 */
/* Instantiates rodas_vec.inc for the widths of one instruction set. QL_RODAS_ISA (text), QL_RODAS_V (doubles per
 * register) and QL_RODAS_OPS (the function that finds the operations of a width) are defined by the includer. */
#include "ode/rodas_work.h"
#include <math.h>
#include <string.h>

#define PASTE2(a, w) a##_w##w
#define PASTE(a, w) PASTE2(a, w)
#define name(x) PASTE(x, W)
#define TYPES(v)                                                               \
	typedef double vd##v __attribute__((vector_size(8 * v), may_alias));   \
	typedef int64_t vi##v __attribute__((vector_size(8 * v), may_alias));
#define FMA(v) static inline __attribute__((always_inline)) vd##v fma##v(vd##v a, vd##v b, vd##v c)

typedef double vd1;
typedef int64_t vi1;
FMA(1)
{
	return __builtin_fma(a, b, c);
}

#if QL_RODAS_V == 2
#include <arm_neon.h>
TYPES(2)
FMA(2)
{
	return (vd2)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b);
}
#endif
#if QL_RODAS_V >= 4
#include <immintrin.h>
TYPES(4)
FMA(4)
{
	return (vd4)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
}
#endif
#if QL_RODAS_V == 8
TYPES(8)
FMA(8)
{
	return (vd8)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
}
#endif

#define KIND2(prefix, v) prefix##v
#define KIND(prefix, v) KIND2(prefix, v)
#define vec KIND(vd, V)
#define ivec KIND(vi, V)
#define fma_v KIND(fma, V)

#define W 1
#define V 1
#include "ode/rodas_vec.inc"
#undef W
#undef V

#define W 4
#if QL_RODAS_V == 8
#define V 4
#else
#define V QL_RODAS_V
#endif
#include "ode/rodas_vec.inc"
#undef W
#undef V

#define V QL_RODAS_V
#define W 8
#include "ode/rodas_vec.inc"
#undef W
#define W 32
#include "ode/rodas_vec.inc"

const struct ql_rodas_ops *QL_RODAS_OPS(int width)
{
	static const struct ql_rodas_ops *const all[] = {&ops_w1, &ops_w4, &ops_w8, &ops_w32};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i]->width == width)
			return all[i];
	return NULL;
}
