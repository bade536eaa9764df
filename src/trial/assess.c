/* SPDX-License-Identifier: Apache-2.0 */
#include "trial/assess.h"
#include "trial/rules.h"
#include <math.h>

static double lower(double a, double b) { return b < a || isnan(a) ? b : a; }

void ql_nadir_start(struct ql_nadir *n, const struct ql_reading *b)
{
	*n = (struct ql_nadir){.alc = b->alc, .spd = b->spd, .spleen = b->spleen, .hb = b->hb, .plt = b->plt};
}

void ql_nadir_update(struct ql_nadir *n, const struct ql_reading *r)
{
	n->alc = lower(n->alc, r->alc);
	n->spd = lower(n->spd, r->spd);
	n->spleen = lower(n->spleen, r->spleen);
}

/* --- progression --- */

unsigned ql_assess_pd(const struct ql_reading *r, const struct ql_nadir *n, bool drug_cytopenia)
{
	bool nodes = r->spd >= QL_PD_SHARE * n->spd && !(r->diameter <= QL_PD_DIAMETER);
	bool spleen = r->spleen >= n->spleen + QL_PD_SPLEEN_RISE && r->spleen > QL_PD_SPLEEN;
	bool count = r->alc >= QL_PD_SHARE * n->alc;
	bool blood = r->waiver ? count && r->day > QL_PD_WAIVER_DAY && r->alc > QL_PD_ALC_WAIVER
			       : count && r->alc >= QL_PD_ALC;
	bool low = r->hb <= n->hb - QL_PD_HB_FALL || r->plt <= QL_PD_PLT_SHARE * n->plt;
	bool cytopenia = low && !drug_cytopenia && r->marrow >= QL_PD_MARROW;
	return (nodes ? QL_PD_NODES : 0u) | (spleen ? QL_PD_BY_SPLEEN : 0u) | (blood ? QL_PD_BLOOD : 0u) |
	       (cytopenia ? QL_PD_CYTOPENIA : 0u);
}

bool ql_assess_progression(const struct ql_reading *r, const struct ql_nadir *n) { return ql_assess_pd(r, n, true) != 0; }

bool ql_assess_need(const struct ql_reading *r, const struct ql_reading *b, double share)
{
	if (isnan(r->spd) && isnan(r->alc))
		return true; /* nothing speaks against it */
	bool nodes = b->spd >= QL_PR_SPD_MEASURABLE && r->spd >= share * b->spd;
	double excess = fmax(b->spleen - QL_SPLEEN_NORMAL, QL_NEED_SPLEEN_EXCESS);
	bool spleen = r->spleen - QL_SPLEEN_NORMAL >= share * excess;
	bool blood = r->alc >= share * fmax(b->alc, QL_NEED_ALC);
	bool counts = (r->hb < QL_NEED_HB || r->plt < QL_NEED_PLT) && r->marrow >= QL_PD_MARROW;
	return nodes || spleen || blood || counts;
}

/* --- response --- */

/* True unless the reading shows the opposite: a missing item is not judged. */
static bool at_most(double x, double limit) { return !(x > limit); }

static bool spleen_improved(const struct ql_reading *r, const struct ql_reading *b)
{
	double excess = fmax(0.0, b->spleen - QL_SPLEEN_NORMAL);
	return at_most(r->spleen - QL_SPLEEN_NORMAL, QL_PR_SHARE * excess);
}

static bool no_tissue(const struct ql_reading *r)
{
	return at_most(r->diameter, QL_CR_DIAMETER) && !(r->spleen >= QL_SPLEEN_NORMAL) && !(r->alc >= QL_PR_ALC) &&
	       !(r->marrow >= QL_CR_MARROW);
}

static bool counts_normal(const struct ql_reading *r)
{
	return !(r->anc <= QL_CR_ANC) && !(r->hb < QL_CR_HB) && !(r->plt < QL_CR_PLT);
}

/* One count: abnormal at the start, and better now (normal, or half again). */
static void group_b(double now, double then, double normal, int *abnormal, int *better)
{
	if (isnan(now) || isnan(then) || then >= normal)
		return;
	++*abnormal;
	*better += now >= normal || now >= QL_PR_COUNT_RISE * then;
}

static bool counts_improved(const struct ql_reading *r, const struct ql_reading *b)
{
	int abnormal = 0, better = 0;
	group_b(r->anc, b->anc, QL_CR_ANC, &abnormal, &better);
	group_b(r->hb, b->hb, QL_CR_HB, &abnormal, &better);
	group_b(r->plt, b->plt, QL_CR_PLT, &abnormal, &better);
	return abnormal == 0 || better > 0;
}

enum ql_biopsy ql_assess_biopsy(double marrow, double u)
{
	double clear = QL_CR_CONFIRMED / (1.0 + (marrow > 0.0 ? marrow : 0.0) / QL_CR_HALF);
	return u < clear ? QL_BIOPSY_CLEAR : u < clear + QL_CR_NODULES ? QL_BIOPSY_NODULES : QL_BIOPSY_RESIDUAL;
}

enum ql_response ql_assess_response(const struct ql_reading *r, const struct ql_reading *b, enum ql_biopsy biopsy)
{
	bool had_nodes = b->spd >= QL_PR_SPD_MEASURABLE, had_spleen = b->spleen > QL_SPLEEN_NORMAL;
	bool had_blood = b->alc >= QL_PR_ALC;
	bool nodes = at_most(r->spd, QL_PR_SHARE * b->spd), spleen = spleen_improved(r, b);
	bool blood = at_most(r->alc, QL_PR_SHARE * b->alc) || r->alc < QL_PR_ALC;
	int tissue = (had_nodes && nodes) + (had_spleen && spleen), had_tissue = had_nodes + had_spleen;
	if (!counts_improved(r, b))
		return QL_RESP_SD;
	if (r->waiver && had_blood && !blood) /* all but lymphocytes */
		return had_tissue > 0 && tissue >= (had_tissue < 2 ? had_tissue : 2) ? QL_RESP_PR_L : QL_RESP_SD;
	int had = had_tissue + had_blood, improved = tissue + (had_blood && blood);
	if (improved < (had < 2 ? had : 2))
		return QL_RESP_SD;
	if (biopsy == QL_BIOPSY_RESIDUAL || !no_tissue(r))
		return QL_RESP_PR;
	if (biopsy == QL_BIOPSY_NODULES)
		return QL_RESP_NPR;
	return counts_normal(r) ? QL_RESP_CR : QL_RESP_CRI;
}

/* --- responses that hold --- */

void ql_best_start(struct ql_best *b)
{
	*b = (struct ql_best){.best = QL_RESP_NE, .response_day = INFINITY, .cr_day = INFINITY};
	for (int i = 0; i <= QL_RESP_CR; i++)
		b->since[i] = NAN;
}

void ql_best_add(struct ql_best *b, double day, enum ql_response r)
{
	for (int level = QL_RESP_SD; level <= QL_RESP_CR; level++) {
		if ((int)r < level) {
			b->since[level] = NAN;
			continue;
		}
		if (isnan(b->since[level]))
			b->since[level] = day;
		bool held = level == QL_RESP_SD || day - b->since[level] >= QL_RESPONSE_HOLD_DAY;
		if (!held)
			continue;
		if (level > (int)b->best)
			b->best = (enum ql_response)level;
		if (level >= QL_RESP_PR_L)
			b->response_day = fmin(b->response_day, b->since[level]);
		if (level >= QL_RESP_CRI)
			b->cr_day = fmin(b->cr_day, b->since[level]);
	}
}
