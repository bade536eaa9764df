/* SPDX-License-Identifier: Apache-2.0 */
#include "trial/utility.h"
#include "base/elem.h"
#include "trial/rules.h"
#include <math.h>
#include <stdbool.h>

static double age_norm(double age) { return 1.0 - QL_U_AGE_LOSS * fmax(0.0, age - QL_U_AGE_FROM); }

/* Discounted years between two days. */
static double years(double from, double to)
{
	double rate = ql_log(1.0 + QL_U_DISCOUNT) / QL_DAYS_PER_YEAR;
	if (!(to > from))
		return 0.0;
	return (ql_exp(-rate * from) - ql_exp(-rate * to)) / rate / QL_DAYS_PER_YEAR;
}

/* A stretch at one utility, in pieces of a year for the age norm. */
static double stretch(double utility, double age, double from, double to)
{
	double sum = 0.0;
	for (double a = from, b; a < to; a = b) {
		b = fmin(to, a + QL_DAYS_PER_YEAR);
		sum += utility * age_norm(age + 0.5 * (a + b) / QL_DAYS_PER_YEAR) * years(a, b);
	}
	return sum;
}

struct span {
	double utility, until;
};

static int spans(const struct ql_patient_record *r, const struct ql_utility_input *in, struct span *s)
{
	double pfs = fmin(r->pfs_day, r->last_day), late = fmin(r->pfs2_day, r->last_day);
	int n = 0;
	s[n++] = (struct span){QL_U_INFUSION, fmin(in->infusion_day, pfs)};
	s[n++] = (struct span){QL_U_ORAL, fmin(in->drug_day, pfs)};
	s[n++] = (struct span){QL_U_OFF, pfs};
	s[n++] = (struct span){QL_U_PROGRESSED, late};
	s[n++] = (struct span){QL_U_LATE, r->last_day};
	return n;
}

static double loss(double amount, double day, double duration, double last)
{
	return day < INFINITY ? amount * years(day, fmin(day + duration, last)) : 0.0;
}

static double losses(const struct ql_patient_record *r)
{
	static const double crs[] = QL_U_CRS, icans[] = QL_U_ICANS;
	double last = r->last_day, sum = 0.0;
	if (r->n_infection > 0) /* all of them at the day of the first: discounting moves little */
		sum += r->n_infection * loss(QL_U_INFECTION, r->infection_day, QL_U_INFECTION_DAY, last);
	sum += loss(QL_U_AF, r->af_day, INFINITY, last) + loss(QL_U_CANCER, r->spm_day, QL_U_CANCER_DAY, last);
	sum += loss(crs[r->crs_grade < 4 ? r->crs_grade : 4], r->crs_day, QL_U_CRS_DAY, last);
	sum += loss(icans[r->icans_grade < 4 ? r->icans_grade : 4], r->icans_day, QL_U_ICANS_DAY, last);
	return sum + (r->irr_g3 ? loss(QL_U_REACTION, 0.0, QL_U_REACTION_DAY, last) : 0.0);
}

/* The first change after which utility never again comes within the step of where it began. States only get worse from
 * progression on, and atrial fibrillation stays. */
static double deterioration(const struct ql_patient_record *r, const struct span *s, int n)
{
	double start = NAN, from = 0.0, since = INFINITY;
	for (int i = 0; i < n; i++) {
		if (!(s[i].until > from))
			continue;
		if (isnan(start))
			start = s[i].utility;
		double low = start - s[i].utility;
		bool now = low >= QL_UTILITY_STEP - 1e-12;
		bool with_af = low + QL_U_AF >= QL_UTILITY_STEP - 1e-12;
		if (now)
			since = fmin(since, from);
		else if (with_af && r->af_day < s[i].until)
			since = fmin(since, fmax(from, r->af_day));
		else
			since = INFINITY; /* well again */
		from = s[i].until;
	}
	return fmin(since, r->death_day);
}

void ql_utility_fill(struct ql_patient_record *r, const struct ql_utility_input *in)
{
	struct span s[5];
	int n = spans(r, in, s);
	double sum = 0.0, from = 0.0;
	for (int i = 0; i < n; i++) {
		sum += stretch(s[i].utility, in->age, from, s[i].until);
		from = fmax(from, s[i].until);
	}
	r->qaly = (float)fmax(0.0, sum - losses(r));
	r->life_years = (float)years(0.0, r->last_day);
	r->deterioration_day = (float)deterioration(r, s, n);
}
