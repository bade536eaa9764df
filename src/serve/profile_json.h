/* SPDX-License-Identifier: Apache-2.0 */
/* What a profile may hold, from its tables: for people who fill a form, and as a JSON schema for /api. */
#ifndef QL_SERVE_PROFILE_JSON_H
#define QL_SERVE_PROFILE_JSON_H

#include "base/diag.h"
#include "base/yaml.h"
#include <jansson.h>

/* Fields, members of a line of treatment, courses, criteria, sets of utilities, and the samples of the library. */
json_t *ql_profile_offer(struct ql_arena *a, const char *data_dir, struct ql_diags *ds);
/* Schema of `with`. */
json_t *ql_profile_schema(void);
/* A YAML tree as JSON; null for NULL. */
json_t *ql_yaml_json(const struct ql_yaml *y);

#endif
