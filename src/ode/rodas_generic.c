/* SPDX-License-Identifier: Apache-2.0 */
/* The vector loops for any processor; fused multiply-add may be a library call, with the same bits. */
#define QL_RODAS_ISA "generic"
#if defined(__aarch64__)
#define QL_RODAS_V 2
#else
#define QL_RODAS_V 1
#endif
#define QL_RODAS_OPS ql_rodas_ops_generic
#include "ode/rodas_vec.h"
