/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What differs between two models, whatever their texts look like: quantities
 * by full name, equations as expressions in which intermediates stand as names
 * (so a changed intermediate is one change, not one in all that reads it).
 */
#ifndef QL_LANG_DIFF_H
#define QL_LANG_DIFF_H

#include "lang/model.h"

enum ql_change_kind { QL_ADDED, QL_REMOVED, QL_CHANGED };

struct ql_change {
	enum ql_change_kind kind;
	const char *group;     /* "state", "parameter", "dose", "event", "kernel", ... */
	const char *name;
	const char *what;      /* CHANGED: "value", "equation", "initial value", "unit", ... */
	const char *from, *to; /* CHANGED; ADDED and REMOVED: what it is */
};

/* Number of changes; the list in `a`, in the order of the first model, then what is new. out and n may be NULL. */
int ql_model_diff(const struct ql_model *one, const struct ql_model *other, struct ql_arena *a, struct ql_change **out, int *n);

#endif
