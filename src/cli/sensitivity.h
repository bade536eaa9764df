/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QL_CLI_SENSITIVITY_H
#define QL_CLI_SENSITIVITY_H

#include "cli/stored.h"
#include "scale/work_sensitivity.h"

/* quell sensitivity, and quell resume of such a run. */
int ql_sensitivity_stored(struct ql_cli *c, const struct ql_sensitivity_spec *spec, struct ql_run_spec *run,
			  const struct ql_stored *stored, int top);

#endif
