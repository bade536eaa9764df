/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/warm.h"
#include "evidence/table.h"
#include <pthread.h>

enum { MAX_KITS = 4, MAX_PLANS = 128 };

struct ql_warm {
	pthread_mutex_t lock;
	struct ql_warm_kit *kit; /* at hand; the last one given back first */
};

static void free_kit(struct ql_warm_kit *k)
{
	ql_plans_free(&k->plans);
	ql_arena_free(&k->arena);
	if (k->evidence)
		ql_evidence_free(k->evidence);
	if (k->model)
		ql_model_free(k->model);
	ql_free(k);
}

struct ql_warm *ql_warm_new(void)
{
	struct ql_warm *w = ql_realloc(NULL, 1, sizeof *w);
	*w = (struct ql_warm){0};
	pthread_mutex_init(&w->lock, NULL);
	return w;
}

void ql_warm_free(struct ql_warm *w)
{
	while (w && w->kit) {
		struct ql_warm_kit *next = w->kit->next;
		free_kit(w->kit);
		w->kit = next;
	}
	if (w)
		pthread_mutex_destroy(&w->lock);
	ql_free(w);
}

struct ql_warm_kit *ql_warm_take(struct ql_warm *w, uint64_t key)
{
	pthread_mutex_lock(&w->lock);
	struct ql_warm_kit **p = &w->kit;
	while (*p && (*p)->key != key)
		p = &(*p)->next;
	struct ql_warm_kit *k = *p;
	if (k)
		*p = k->next;
	pthread_mutex_unlock(&w->lock);
	if (!k) {
		k = ql_realloc(NULL, 1, sizeof *k);
		*k = (struct ql_warm_kit){.key = key};
	}
	k->next = NULL;
	return k;
}

/* A plan that could not be made (memory ran out) would fail for ever; too many would fill memory. */
static bool worth_keeping(const struct ql_warm_kit *k)
{
	bool good = k->model && k->plans.n <= MAX_PLANS;
	for (int i = 0; i < k->plans.n; i++)
		good = good && k->plans.item[i]->status == QUELL_OK;
	return good;
}

void ql_warm_give(struct ql_warm *w, struct ql_warm_kit *kit)
{
	struct ql_warm_kit *old = NULL;
	int n = 1;
	if (!worth_keeping(kit)) {
		free_kit(kit);
		return;
	}
	pthread_mutex_lock(&w->lock);
	kit->next = w->kit;
	w->kit = kit;
	for (struct ql_warm_kit *k = kit; k; k = k->next)
		if (n++ == MAX_KITS) {
			old = k->next;
			k->next = NULL;
		}
	pthread_mutex_unlock(&w->lock);
	while (old) {
		struct ql_warm_kit *next = old->next;
		free_kit(old);
		old = next;
	}
}
