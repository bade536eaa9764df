/* SPDX-License-Identifier: Apache-2.0 */
#include "emit/machine.h"
#include <string.h>

#if defined(__x86_64__)

static bool has_v3(void)
{
	__builtin_cpu_init();
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
	       __builtin_cpu_supports("bmi2");
}

static bool has_v4(void)
{
	return has_v3() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
	       __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
	       __builtin_cpu_supports("avx512cd");
}

bool ql_machine_has(const char *isa)
{
	if (strcmp(isa, "x86-64-v3") == 0)
		return has_v3();
	return strcmp(isa, "x86-64-v4") == 0 && has_v4();
}

#else

bool ql_machine_has(const char *isa) { return strcmp(isa, "generic") == 0; }

#endif
