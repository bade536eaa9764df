/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/adverse.h"
#include "trial/rules.h"
#include "quell.h"
#include <math.h>

static double day_of(const struct ql_patient_record *r, enum ql_adverse what)
{
	switch (what) {
	case QL_AE_NEUTROPENIA: return r->neutropenia_day;
	case QL_AE_INFECTION: return r->infection_day;
	case QL_AE_AF: return r->af_day;
	case QL_AE_SPM: return r->spm_day;
	case QL_AE_RICHTER: return r->pfs_cause == QL_PFS_RICHTER ? r->pfs_day : INFINITY;
	case QL_AE_TOX_STOP: return r->tox_day;
	case QL_AE_CRS: return r->crs_day;
	case QL_AE_ICANS: return r->icans_day;
	case QL_AE_IRR: return r->irr_day;
	case QL_AE_TLS: return r->tls_day;
	case QL_ADVERSE: break;
	}
	return INFINITY;
}

void ql_record_adverse(const struct ql_patient_record *r, enum ql_adverse what, double *time, bool *event)
{
	double day = day_of(r, what), end = r->follow_day;
	if (what == QL_AE_NEUTROPENIA)
		end = fmin(end, r->end_day + QL_ANC_AFTER_LAST_DOSE);
	*event = day < INFINITY && day <= end;
	*time = *event ? day : end;
}
