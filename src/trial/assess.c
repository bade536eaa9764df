/* SPDX-License-Identifier: Apache-2.0 */
#include "trial/assess.h"
#include "trial/rules.h"
#include <math.h>

static double lower(double a, double b) { return b < a || isnan(a) ? b : a; }

void ql_nadir_start(struct ql_nadir *n, const struct ql_reading *baseline)
{
	*n = (struct ql_nadir){.alc = baseline->alc, .spd = baseline->spd, .spleen = baseline->spleen};
}

void ql_nadir_update(struct ql_nadir *n, const struct ql_reading *r)
{
	n->alc = lower(n->alc, r->alc);
	n->spd = lower(n->spd, r->spd);
	n->spleen = lower(n->spleen, r->spleen);
}

bool ql_assess_progression(const struct ql_reading *r, const struct ql_nadir *n)
{
	bool nodes = r->spd >= QL_PD_SHARE * n->spd && !(r->diameter <= QL_PD_DIAMETER);
	bool spleen = r->spleen >= n->spleen + QL_PD_SPLEEN_RISE && r->spleen > QL_PD_SPLEEN;
	bool count = r->alc >= QL_PD_SHARE * n->alc;
	bool blood = r->waiver ? count && r->day > QL_PD_WAIVER_DAY && r->alc > QL_PD_ALC_WAIVER
			       : count && r->alc >= QL_PD_ALC;
	return nodes || spleen || blood;
}

/* True unless the reading shows the opposite: a missing item is not judged. */
static bool at_most(double x, double limit) { return !(x > limit); }

static bool spleen_improved(const struct ql_reading *r, const struct ql_reading *b)
{
	double excess = fmax(0.0, b->spleen - QL_SPLEEN_NORMAL);
	return at_most(r->spleen - QL_SPLEEN_NORMAL, QL_PR_SHARE * excess);
}

static bool complete(const struct ql_reading *r)
{
	return at_most(r->diameter, QL_CR_DIAMETER) && !(r->spleen >= QL_SPLEEN_NORMAL) && !(r->alc >= QL_PR_ALC) &&
	       !(r->marrow >= QL_CR_MARROW) && !(r->anc <= QL_CR_ANC);
}

enum ql_response ql_assess_response(const struct ql_reading *r, const struct ql_reading *b, bool confirmed)
{
	bool nodes = at_most(r->spd, QL_PR_SHARE * b->spd) || b->spd < QL_PR_SPD_MEASURABLE;
	if (!nodes || !spleen_improved(r, b))
		return QL_RESP_SD;
	if (!at_most(r->alc, QL_PR_SHARE * b->alc) && !(r->alc < QL_PR_ALC))
		return r->waiver ? QL_RESP_PR_L : QL_RESP_SD;
	return confirmed && complete(r) ? QL_RESP_CR : QL_RESP_PR;
}
