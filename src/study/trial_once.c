/* SPDX-License-Identifier: Apache-2.0 */
#include "study/adam.h"

#define CHUNK (64u * QL_TRIAL_BLOCK)

struct once {
	struct ql_trial *t;
	const struct ql_trial_once *how;
	struct ql_trial_sum *sum;
	struct ql_diags *ds;
	struct ql_adam *adam;
	struct ql_arena arena;
};

/* Chunk by chunk: records live no longer than it takes to count and to write them. */
static enum quell_status run(void *arg)
{
	struct once *k = arg;
	uint64_t n = ql_trial_info(k->t)->n_total;
	struct ql_patient_record *record = ql_arena_alloc(&k->arena, (size_t)(n < CHUNK ? n : CHUNK), sizeof *record);
	for (uint64_t at = 0; at < n; at += CHUNK) {
		uint64_t size = n - at < CHUNK ? n - at : CHUNK;
		enum quell_status s = ql_trial_chunk(k->t, 0, at, size, record, k->adam ? ql_adam_visit : NULL, k->adam, k->ds);
		if (s != QUELL_OK && s != QUELL_ERR_INTERRUPTED)
			return s;
		ql_trial_sum_add(k->sum, record, size);
		if (s != QUELL_OK)
			return s;
		if (k->adam)
			ql_adam_add(k->adam, 0, at, size, record);
		if (k->how->progress)
			k->how->progress(k->how->progress_ctx, at + size, n);
	}
	return k->adam ? ql_adam_commit(k->adam, k->ds) : QUELL_OK;
}

enum quell_status ql_trial_once(struct ql_trial *t, const struct ql_trial_once *how, struct ql_trial_sum *sum, struct ql_diags *ds)
{
	struct once k = {.t = t, .how = how, .sum = sum, .ds = ds};
	enum quell_status s = how->adam ? ql_adam_open(t, how->adam, ds, &k.adam) : QUELL_OK;
	if (s == QUELL_OK)
		s = ql_protect(run, &k);
	ql_adam_free(k.adam);
	ql_arena_free(&k.arena);
	return s;
}
