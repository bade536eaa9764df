/* SPDX-License-Identifier: Apache-2.0 */
/* The doses of one subject of a data set as actions at fixed times, for formats that have events but no data sets. */
#ifndef QL_DOSING_SCHEDULE_H
#define QL_DOSING_SCHEDULE_H

#include "dosing/dataset.h"
#include "lang/listing.h"

/* Actions in order of time, in `a`. Doses are worked out under v (covariates of the first record). What fixed times cannot
 * say is refused with the record's place: steady state, resets, covariates that change. */
enum quell_status ql_schedule_make(const struct ql_plan *p, struct ql_values *v, const struct ql_dataset *data, int subject,
				   struct ql_arena *a, struct ql_diags *ds, struct ql_action **out, int *n);
/* Names of doses and inputs that a data set uses, for ql_plan_make: doses, what they set besides, inputs with a column. */
const char **ql_dataset_active(const struct ql_model *m, const struct ql_dataset *data, struct ql_arena *a, int *n);

#endif
