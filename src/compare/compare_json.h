/* SPDX-License-Identifier: Apache-2.0 */
/* A comparison as text: JSON (schema "quell.compare/1") and a folder of CSV tables. Same bytes for the same inputs:
 * no time, host, thread or lane appears in either. */
#ifndef QL_COMPARE_COMPARE_JSON_H
#define QL_COMPARE_COMPARE_JSON_H

#include "compare/compare.h"
#include <jansson.h>

/* What trials say of a pair, as it stands in contrasts[].trials. */
json_t *ql_trial_evidence_json(const struct ql_trial_evidence *t);
/* Parts that trials and recommendations have, too. null where there are no draws, or no estimate. */
json_t *ql_ratio_json(struct ql_ratio r);
json_t *ql_interval_json(double lower, double upper, double level, const char *kind);
json_t *ql_curve_json(const struct ql_curve *c);
json_t *ql_draws_json(const char *file, uint64_t hash, int draws);
void ql_compare_json(const struct ql_compare *c, struct ql_buf *out);
/* endpoints.csv, curves.csv, courses.csv, contrasts.csv in an existing folder; all or none. */
enum quell_status ql_compare_csv(const struct ql_compare *c, const char *dir, struct ql_diags *ds);

#endif
