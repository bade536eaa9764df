/* SPDX-License-Identifier: Apache-2.0 */
/* The shipped model held against the check tables of its component specifications. */
#ifndef CLL_TABLES_H
#define CLL_TABLES_H

#include "cll_run.h"

/* QUELL_TEST_SHOW=1 prints every figure beside its table. */
static inline void check(const char *what, double x, double want, double factor)
{
	if (getenv("QUELL_TEST_SHOW"))
		printf("%-44s %10.4g table %10.4g ratio %.2f\n", what, x, want, x / want);
	if (!(x < want * factor && x > want / factor))
		fail_msg("%s: %g, in the table %g (within a factor of %g)", what, x, want, factor);
}

static inline double highest(const struct cll *c, int w, double *when)
{
	double x = -INFINITY;
	for (int i = 0; i < c->n_sample; i++)
		if (c->sample[i][w] > x) {
			x = c->sample[i][w];
			*when = i * c->step;
		}
	return x;
}

enum { EFF, IL6, BURDEN, STUB_WATCHED }; /* what stub() watches */

/* The stub of the cell dossier: blood 250, node 500, spleen 350, marrow 500 Gcell times `burden`; row: the cells, or NULL. */
static inline struct cll *stub(const char *active, const char *row, double burden)
{
	struct cll *c = cll_open(active);
	cll_default_agents(c);
	if (row)
		cll_agent(c, "cells", row);
	cll_agent(c, "chemo", "lymphodepletion");
	cll_set(c, "protocol.extinction", 0);
	cll_set(c, "disease.alc0", 2.2 + 50 * burden);
	cll_set(c, "disease.spd0", 6 * pow(500 * burden / (0.9 * 10 * 6 * 0.5235988), 2.0 / 3));
	double enlarged = fmax(0, 350 * burden - 16) / 0.8;
	cll_set(c, "disease.spleen0", pow((200 + enlarged) / 0.15, 1.0 / 3));
	cll_set(c, "disease.marrow0", fmax(0.01, 500 * burden / 1200));
	cll_set(c, "cells.unreached", 1e-3);
	cll_set(c, "cytokines.g6", 6);
	cll_watch(c, "observe.effectors");
	cll_watch(c, "observe.il6_rise");
	cll_watch(c, "observe.burden");
	return c;
}

#endif
