/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What answers look like, as JSON schemas. They are made from the tables of the verbs (api/tables.h), which say where in
 * a result each column stands and in what unit; what no table has, and answers without a verb, are described here alike.
 */
#ifndef QL_SERVE_SHAPE_H
#define QL_SERVE_SHAPE_H

#include <jansson.h>

/* All of them, by the name under `components` of the description. */
json_t *ql_shapes(void);
/* {"$ref": ...} to the one of "quell.compare/1"; NULL if there is none. */
json_t *ql_shape_ref(const char *schema);
/* Of a result whose verb is not known beforehand: a job, a run of the store. */
json_t *ql_shape_of_runs(void);

#endif
