/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/numerics.h"
#include <math.h>
#include <string.h>

struct pair {
	struct ql_compare *c, *loose, *tight; /* c: where the result goes */
	uint64_t patients;
};

/* The same endpoints in the same order, since only the tolerance differs. */
static void fill(const struct pair *p, struct ql_numerics *n)
{
	for (int a = 0; a < p->loose->n_arm; a++)
		for (int e = 0; e < p->loose->arm[a].n_endpoint; e++) {
			const struct ql_endpoint *x = &p->loose->arm[a].endpoint[e], *y = &p->tight->arm[a].endpoint[e];
			if (isnan(x->estimate) && isnan(y->estimate))
				continue;
			n->effect[n->n_effect++] = (struct ql_numeric_effect){
				a, ql_arena_strdup(&p->c->arena, x->id), ql_arena_strdup(&p->c->arena, x->unit), x->estimate,
				y->estimate};
		}
}

static enum quell_status describe(void *arg)
{
	struct pair *p = arg;
	struct ql_numerics *n = QL_NEW(&p->c->arena, struct ql_numerics);
	int most = 0;
	for (int a = 0; a < p->loose->n_arm; a++)
		most += p->loose->arm[a].n_endpoint;
	*n = (struct ql_numerics){.patients = p->patients, .rtol = p->tight->rtol,
				  .effect = QL_NEW_N(&p->c->arena, struct ql_numeric_effect, (size_t)most + 1)};
	for (int a = 0; a < p->tight->n_arm; a++)
		n->failed += p->tight->arm[a].patients_failed;
	fill(p, n);
	p->c->numerics = n;
	return QUELL_OK;
}

enum quell_status ql_compare_numerics(const struct ql_run_spec *spec, uint64_t patients, struct ql_diags *ds,
				      struct ql_compare *c)
{
	struct pair p = {.c = c, .patients = patients < spec->patients ? patients : spec->patients};
	struct ql_run_spec loose = *spec, tight;
	loose.patients = p.patients;
	loose.rtol = c->rtol;
	loose.progress = NULL;
	tight = loose;
	tight.rtol = fmax(c->rtol / QL_NUMERICS_TIGHTER, 1e-12);
	enum quell_status s = ql_compare_run(&loose, ds, &p.loose);
	if (s == QUELL_OK)
		s = ql_compare_run(&tight, ds, &p.tight);
	if (s == QUELL_OK)
		s = p.loose->interrupted || p.tight->interrupted ? QUELL_ERR_INTERRUPTED : ql_protect(describe, &p);
	ql_compare_free(p.loose);
	ql_compare_free(p.tight);
	return s;
}
