/* SPDX-License-Identifier: Apache-2.0 */
/* The vector loops for x86-64-v4 (AVX-512); cmake/ode.cmake gives the compiler flags. */
#define QL_RODAS_OPS ql_rodas_ops_v4
#if defined(__AVX512F__)
#define QL_RODAS_ISA "x86-64-v4"
#define QL_RODAS_V 8
#include "ode/rodas_vec.h"
#else
#include "ode/rodas_work.h"
const struct ql_rodas_ops *QL_RODAS_OPS(int width)
{
	(void)width;
	return NULL;
}
#endif
