/* SPDX-License-Identifier: Apache-2.0 */
/* A trial's result as JSON (schema "quell.trial/1"): nothing in it depends on threads, lanes, chunks, host or time. */
#ifndef QL_STUDY_TRIAL_JSON_H
#define QL_STUDY_TRIAL_JSON_H

#include "study/trial_power.h"

/* power may be NULL. */
void ql_trial_json(const struct ql_trial *t, const struct ql_trial_sum *sum, const struct ql_trial_result *r,
		   const struct ql_power_result *power, double alpha, bool interrupted, struct ql_buf *out);

#endif
