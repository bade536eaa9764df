/* SPDX-License-Identifier: Apache-2.0 */
#include "trial/record.h"
#include "quell.h"
#include <math.h>

struct ql_patient_record ql_record_blank(void)
{
	return (struct ql_patient_record){.pfs_day = INFINITY, .follow_day = INFINITY, .death_day = INFINITY,
					  .last_day = INFINITY, .next_day = INFINITY, .pfs2_day = INFINITY,
					  .richter_day = INFINITY, .end_day = INFINITY, .infection_day = INFINITY,
					  .af_day = INFINITY, .spm_day = INFINITY, .tox_day = INFINITY,
					  .response_day = INFINITY, .cr_day = INFINITY, .crs_day = INFINITY,
					  .icans_day = INFINITY, .irr_day = INFINITY, .tls_day = INFINITY,
					  .neutropenia_day = INFINITY,
					  .anc_nadir = NAN, .mrd_blood_eot = NAN, .mrd_marrow_eot = NAN,
					  .mrd_blood_low = NAN, .deterioration_day = INFINITY,
					  .quality_start = {NAN, NAN, NAN}, .quality_mean = {NAN, NAN, NAN},
					  .worse_day = {INFINITY, INFINITY, INFINITY},
					  .status = QUELL_ERR_INTERRUPTED};
}

static void hide(float *event, float day)
{
	if (*event > day)
		*event = INFINITY;
}

void ql_record_censor(struct ql_patient_record *r, double at, double judged_day)
{
	float day = (float)at;
	float *const event[] = {&r->death_day, &r->next_day, &r->pfs2_day, &r->richter_day, &r->infection_day, &r->af_day,
				&r->spm_day, &r->tox_day, &r->response_day, &r->cr_day, &r->crs_day, &r->icans_day, &r->irr_day, &r->tls_day,
				&r->neutropenia_day, &r->deterioration_day};
	if (!(r->last_day > day))
		return;
	if (r->pfs_day > day) {
		r->pfs_day = INFINITY;
		r->pfs_cause = QL_PFS_CENSORED;
	}
	if (r->neutropenia_day > day && r->neutropenia_day < INFINITY)
		r->anc_nadir = NAN; /* the lowest count up to the day is not known */
	for (unsigned i = 0; i < sizeof event / sizeof *event; i++)
		hide(event[i], day);
	for (int i = 0; i < QL_QUALITY_N; i++)
		hide(&r->worse_day[i], day);
	r->crs_grade = r->crs_day < INFINITY ? r->crs_grade : 0;
	r->icans_grade = r->icans_day < INFINITY ? r->icans_grade : 0;
	r->irr_g3 = r->irr_g3 && r->irr_day < INFINITY;
	r->tls = r->tls && r->tls_day < INFINITY;
	r->n_infection = r->infection_day < INFINITY ? r->n_infection : 0;
	if (judged_day > at) {
		if (r->pfs_cause != QL_PFS_PROGRESSION)
			r->response = QL_RESP_NE;
		r->mrd_blood_eot = r->mrd_marrow_eot = NAN;
	}
	if (!(r->next_day < INFINITY))
		r->n_line = 0;
	r->follow_day = fminf(r->follow_day, day);
	r->end_day = fminf(r->end_day, r->follow_day);
	r->last_day = day;
}
