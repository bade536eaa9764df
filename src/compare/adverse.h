/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Adverse events of the first line as rates: patients with a first event over
 * the patient-years until it, or until observation ends (exposure-adjusted
 * incidence rate). Cumulative incidence with death as competing event is in
 * endpoint.c; both are the same events.
 */
#ifndef QL_COMPARE_ADVERSE_H
#define QL_COMPARE_ADVERSE_H

#include "trial/record.h"
#include <stdbool.h>

enum ql_adverse { /* in the order of their measures, QL_M_NEUTROPENIA_RATE and so on */
	QL_AE_NEUTROPENIA,
	QL_AE_INFECTION,
	QL_AE_AF,
	QL_AE_SPM,
	QL_AE_RICHTER,
	QL_AE_TOX_STOP,
	QL_AE_CRS,
	QL_AE_ICANS,
	QL_AE_IRR,
	QL_AE_TLS,
	QL_ADVERSE
};

/* Time at risk from the start, and whether the event ended it. Neutropenia is looked for up to 28 days after the last
 * dose, all others to the end of the first line. */
void ql_record_adverse(const struct ql_patient_record *r, enum ql_adverse what, double *time, bool *event);

#endif
