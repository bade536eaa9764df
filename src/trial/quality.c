/* SPDX-License-Identifier: Apache-2.0 */
#include "trial/quality.h"
#include "trial/rules.h"
#include <math.h>

const char *const ql_quality_id[QL_QUALITY_N] = {
#define X(id, title) #id,
	QL_QUALITY_SCALES(X)
#undef X
};
const char *const ql_quality_title[QL_QUALITY_N] = {
#define X(id, title) title,
	QL_QUALITY_SCALES(X)
#undef X
};

enum { SYMPTOMS, FATIGUE, WORRIES };

static double within(double x) { return fmin(fmax(x, 0.0), 100.0); }

void ql_quality_score(const struct ql_quality_state *s, double *score)
{
	/* what was not read adds nothing: a comparison with NaN is false, and fmax and fmin leave NaN out */
	double burden = fmin(fmax(s->burden_gcell / QL_Q_BURDEN_GCELL, 0.0), 1.0), anaemia = fmax(QL_Q_HB - s->haemoglobin, 0.0);
	score[SYMPTOMS] = within(QL_Q_SYMPTOMS + QL_Q_SYMPTOMS_BURDEN * burden +
				 (s->platelets < QL_Q_PLATELETS ? QL_Q_SYMPTOMS_PLATELETS : 0.0) +
				 (s->event ? QL_Q_SYMPTOMS_EVENT : 0.0) + (s->on_drug ? QL_Q_SYMPTOMS_DRUG : 0.0));
	score[FATIGUE] = within(QL_Q_FATIGUE + QL_Q_FATIGUE_HB * anaemia + (s->event ? QL_Q_FATIGUE_EVENT : 0.0) +
				(s->progressed ? QL_Q_FATIGUE_PROGRESSED : 0.0));
	score[WORRIES] = within(QL_Q_WORRIES + (s->progressed ? QL_Q_WORRIES_PROGRESSED : 0.0) +
				(s->mrd_blood < QL_MRD_UNDETECTABLE ? QL_Q_WORRIES_UMRD : 0.0) +
				(s->on_drug ? QL_Q_WORRIES_DRUG : 0.0) + (s->infusions ? QL_Q_WORRIES_INFUSION : 0.0));
}

/* A score holds until the next one. */
static double stretch(const struct ql_quality *q, double day)
{
	return fmax(fmin(day, QL_QUALITY_MEAN_DAY) - q->day, 0.0);
}

void ql_quality_see(struct ql_quality *q, double day, const double *score)
{
	for (int i = 0; i < QL_QUALITY_N; i++) {
		if (!q->begun) {
			q->start[i] = score[i];
			q->since[i] = INFINITY;
			q->area[i] = 0.0;
		} else {
			q->area[i] += q->last[i] * stretch(q, day);
		}
		bool worse = score[i] - q->start[i] >= QL_QUALITY_STEP - 1e-9;
		q->since[i] = worse ? fmin(q->since[i], day) : INFINITY;
		q->last[i] = score[i];
	}
	q->begun = true;
	q->day = day;
}

void ql_quality_progress(struct ql_quality *q, double day)
{
	double score[QL_QUALITY_N];
	if (!q->begun || q->progressed)
		return;
	q->progressed = true;
	score[SYMPTOMS] = q->last[SYMPTOMS];
	score[FATIGUE] = within(q->last[FATIGUE] + QL_Q_FATIGUE_PROGRESSED);
	score[WORRIES] = within(q->last[WORRIES] + QL_Q_WORRIES_PROGRESSED);
	ql_quality_see(q, day, score);
}

void ql_quality_close(const struct ql_quality *q, struct ql_patient_record *r)
{
	double end = fmin((double)r->last_day, QL_QUALITY_MEAN_DAY);
	for (int i = 0; i < QL_QUALITY_N; i++) {
		double area = q->area[i] + q->last[i] * stretch(q, (double)r->last_day);
		r->quality_start[i] = q->begun ? (float)q->start[i] : NAN;
		r->quality_mean[i] = !q->begun ? NAN : end > 0.0 ? (float)(area / end) : (float)q->start[i];
		r->worse_day[i] = q->begun ? (float)fmin(q->since[i], (double)r->death_day) : INFINITY;
	}
}
