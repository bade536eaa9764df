/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML files as a tree with places, over libyaml. One document per file, no
 * aliases or tags, at most 32 levels and 2e6 nodes; duplicate keys are errors.
 * Scalars keep their text; the typed getters convert and complain.
 */
#ifndef QL_BASE_YAML_H
#define QL_BASE_YAML_H

#include "base/io.h"

enum ql_yaml_kind { QL_YAML_SCALAR, QL_YAML_LIST, QL_YAML_MAP };

struct ql_yaml {
	enum ql_yaml_kind kind;
	struct ql_span span; /* of the value */
	const char *text;    /* scalar */
	bool quoted;
	int n;                  /* list or map size */
	struct ql_yaml **item;  /* values in file order */
	const char **key;       /* map only */
	struct ql_span *key_span;
};

/* Nodes live in `a`. *out is NULL for an empty document. */
enum quell_status ql_yaml_read(struct ql_arena *a, const char *path, struct ql_diags *ds, struct ql_yaml **out);
enum quell_status ql_yaml_parse(struct ql_arena *a, const struct ql_source *src, struct ql_diags *ds,
				struct ql_yaml **out);

/* NULL if absent (or map is NULL). */
struct ql_yaml *ql_yaml_get(const struct ql_yaml *map, const char *key);
/* Reports every key that is not in the NULL-terminated list, with a suggestion. */
void ql_yaml_check_keys(const struct ql_yaml *map, const char *const *known, struct ql_diags *ds);
/* Typed access. A missing optional key leaves *out alone and returns true; a missing required key
 * or a wrong kind is reported and returns false. */
bool ql_yaml_string(const struct ql_yaml *map, const char *key, bool required, struct ql_diags *ds, const char **out);
bool ql_yaml_number(const struct ql_yaml *map, const char *key, bool required, struct ql_diags *ds, double *out);
bool ql_yaml_bool(const struct ql_yaml *map, const char *key, bool required, struct ql_diags *ds, bool *out);
bool ql_yaml_is_number(const struct ql_yaml *v, double *out);

#endif
