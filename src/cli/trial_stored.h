/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QL_CLI_TRIAL_STORED_H
#define QL_CLI_TRIAL_STORED_H

#include "cli/stored.h"
#include "scale/work_trial.h"

/* quell trial run --store, and quell resume of such a run. */
int ql_trial_stored(struct ql_cli *c, struct ql_trial_spec *spec, double alpha, bool keep_patients,
		    const struct ql_stored *stored, bool all);

#endif
