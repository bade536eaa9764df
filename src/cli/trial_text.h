/* SPDX-License-Identifier: Apache-2.0 */
/* A trial's result for people. */
#ifndef QL_CLI_TRIAL_TEXT_H
#define QL_CLI_TRIAL_TEXT_H

#include "cli/cli.h"
#include "study/trial_power.h"

/* power may be NULL; all: every endpoint, not only the usual ones. */
void ql_trial_text(struct ql_cli *c, const struct ql_trial *t, const struct ql_trial_result *r,
		   const struct ql_power_result *power, double alpha, bool all);
/* A commented trial file to start from. */
extern const char ql_trial_template[];

#endif
