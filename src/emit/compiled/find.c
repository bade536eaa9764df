/* SPDX-License-Identifier: Apache-2.0 */
#include "emit/machine.h"
#include "emit/plan.h"

/* Written by the build: every compiled kernel, then NULL; better instruction sets first. */
extern const struct ql_kernel *const ql_compiled_kernels[];

/* One full register is what most patients per second ask for. */
static int natural_width(void) { return ql_machine_has("x86-64-v4") ? 8 : 4; }

const struct ql_kernel *ql_kernel_find(uint64_t plan_hash, int width)
{
	const struct ql_kernel *any = NULL;
	for (const struct ql_kernel *const *k = ql_compiled_kernels; *k; k++) {
		if ((*k)->plan_hash != plan_hash || !ql_machine_has((*k)->isa))
			continue;
		if ((*k)->width == (width ? width : natural_width()))
			return *k;
		if (!any || (*k)->width > any->width)
			any = *k;
	}
	return width ? NULL : any;
}
