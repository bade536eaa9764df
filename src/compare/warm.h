/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What runs of one program leave for the next one: the model as read, its plans, the evidence. Reading and planning take
 * longer than a small comparison takes to simulate. A kit belongs to one run at a time, so nothing in it is locked; as
 * many kits come into being as runs go on at once. Results do not depend on it.
 */
#ifndef QL_COMPARE_WARM_H
#define QL_COMPARE_WARM_H

#include "trial/next_line.h"
#include "trial/plans.h"
#include "trial/protocol.h"

struct ql_evidence;
struct ql_warm; /* may be used by several threads */

struct ql_warm_kit {
	uint64_t key;
	struct ql_model *model;       /* NULL: not read yet */
	struct ql_plans plans;        /* of this model, with parameters of the last run */
	struct ql_evidence *evidence; /* NULL: not read yet */
	struct ql_arena arena;        /* of the next two, which are read under the names that stand before them; NULL: not yet */
	const char *protocol_name, *next_name;
	struct ql_protocol protocol;
	struct ql_next_table next_lines;
	struct ql_warm_kit *next;
};

struct ql_warm *ql_warm_new(void);
void ql_warm_free(struct ql_warm *w); /* when all kits are back */
/* A kit with this key, blank if none is at hand. The key stands for all files and settings that its content depends on. */
struct ql_warm_kit *ql_warm_take(struct ql_warm *w, uint64_t key);
void ql_warm_give(struct ql_warm *w, struct ql_warm_kit *kit);

#endif
