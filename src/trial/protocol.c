/* SPDX-License-Identifier: Apache-2.0 */
#include "trial/protocol.h"
#include <math.h>

const struct ql_observable_info ql_observable[QL_OBS_COUNT] = {
	[QL_OBS_ANC] = {"anc", "anc", "1e9/L"},
	[QL_OBS_PLATELETS] = {"platelets", "platelets", "1e9/L"},
	[QL_OBS_HAEMOGLOBIN] = {"haemoglobin", "haemoglobin", "g/L"},
	[QL_OBS_ALC] = {"alc", "alc", "1e9/L"},
	[QL_OBS_IGG] = {"igg", "igg", "g/L"},
	[QL_OBS_MRD_BLOOD] = {"mrd_blood", "mrd_blood", "1"},
	[QL_OBS_MRD_MARROW] = {"mrd_marrow", "mrd_marrow", "1"},
	[QL_OBS_CRS] = {"crs", NULL, "grade"},
	[QL_OBS_ICANS] = {"icans", NULL, "grade"},
	[QL_OBS_INFECTIONS] = {"infections", NULL, "1"},
	[QL_OBS_INFECTION_DAYS] = {"infection_days", NULL, "day"},
	[QL_OBS_DAY] = {"day", NULL, "day"},
};

static bool inside(const struct ql_interval *i, double x)
{
	return (i->low_open ? x > i->low : x >= i->low) && (i->high_open ? x < i->high : x <= i->high);
}

/* What was not read (NaN) fulfils nothing. */
bool ql_criterion_holds(const struct ql_criterion *c, const double *reading)
{
	for (int i = 0; i < QL_OBS_COUNT; i++)
		if (c->used >> i & 1u && !inside(&c->in[i], reading[i]))
			return false;
	return true;
}
