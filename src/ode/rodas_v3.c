/* SPDX-License-Identifier: Apache-2.0 */
/* The vector loops for x86-64-v3 (AVX2 and FMA); cmake/ode.cmake gives the compiler flags. */
#define QL_RODAS_OPS ql_rodas_ops_v3
#if defined(__AVX2__) && defined(__FMA__)
#define QL_RODAS_ISA "x86-64-v3"
#define QL_RODAS_V 4
#include "ode/rodas_vec.h"
#else
#include "ode/rodas_work.h"
const struct ql_rodas_ops *QL_RODAS_OPS(int width)
{
	(void)width;
	return NULL;
}
#endif
