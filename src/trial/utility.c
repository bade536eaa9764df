/* SPDX-License-Identifier: Apache-2.0 */
#include "trial/utility.h"
#include "base/elem.h"
#include "trial/rules.h"
#include <math.h>
#include <stdbool.h>
#include <string.h>

const struct ql_utility_set ql_utility_base = {
	.id = "base", .title = "recommended by the model dossier; anchored on NICE TA663 and Kosmas 2015",
#define X(field, name, base, least, most) .field = base,
	QL_UTILITIES(X)
#undef X
};

static double age_norm(const struct ql_utility_set *u, double age) { return 1.0 - u->age_loss * fmax(0.0, age - u->age_from); }

/* Discounted years between two days. */
static double years(const struct ql_utility_set *u, double from, double to)
{
	double rate = ql_log(1.0 + u->discount) / QL_DAYS_PER_YEAR;
	if (!(to > from))
		return 0.0;
	if (!(rate > 0.0))
		return (to - from) / QL_DAYS_PER_YEAR;
	return (ql_exp(-rate * from) - ql_exp(-rate * to)) / rate / QL_DAYS_PER_YEAR;
}

/* A stretch at one utility, in pieces of a year for the age norm. */
static double stretch(const struct ql_utility_set *u, double utility, double age, double from, double to)
{
	double sum = 0.0;
	for (double a = from, b; a < to; a = b) {
		b = fmin(to, a + QL_DAYS_PER_YEAR);
		sum += utility * age_norm(u, age + 0.5 * (a + b) / QL_DAYS_PER_YEAR) * years(u, a, b);
	}
	return sum;
}

struct span {
	double utility, until;
};
enum { MAX_SPANS = 6 };

static int free_of_progression(const struct ql_utility_set *u, const struct ql_patient_record *r, const struct ql_utility_input *in,
			       double pfs, struct span *s)
{
	int n = 0;
	if (!isnan(u->no_response)) {
		s[n++] = (struct span){u->no_response, fmin((double)r->response_day, pfs)};
		s[n++] = (struct span){u->partial_response, fmin((double)r->cr_day, pfs)};
		s[n++] = (struct span){u->complete_response, pfs};
		return n;
	}
	s[n++] = (struct span){u->infusion, fmin(in->infusion_day, pfs)};
	s[n++] = (struct span){u->oral, fmin(in->drug_day, pfs)};
	s[n++] = (struct span){u->off, pfs};
	return n;
}

static int spans(const struct ql_utility_set *u, const struct ql_patient_record *r, const struct ql_utility_input *in, struct span *s)
{
	double pfs = fmin((double)r->pfs_day, (double)r->last_day), late = fmin((double)r->pfs2_day, (double)r->last_day);
	int n = free_of_progression(u, r, in, pfs, s);
	s[n++] = (struct span){u->waiting, fmin((double)r->next_day, late)};
	s[n++] = (struct span){u->progressed, late};
	s[n++] = (struct span){u->late, (double)r->last_day};
	return n;
}

static double loss(const struct ql_utility_set *u, double amount, double day, double duration, double last)
{
	return day < INFINITY ? amount * years(u, day, fmin(day + duration, last)) : 0.0;
}

static double losses(const struct ql_utility_set *u, const struct ql_patient_record *r)
{
	const double crs[] = {0.0, u->crs_1, u->crs_2, u->crs_3, u->crs_3}, icans[] = {0.0, u->icans_1, u->icans_1, u->icans_3, u->icans_3};
	double last = (double)r->last_day, sum = 0.0;
	if (r->n_infection > 0) /* all of them at the day of the first: discounting moves little */
		sum += r->n_infection * loss(u, u->loss_infection, (double)r->infection_day, u->infection_day, last);
	sum += loss(u, u->loss_af, (double)r->af_day, INFINITY, last) + loss(u, u->loss_cancer, (double)r->spm_day, u->cancer_day, last);
	sum += loss(u, crs[r->crs_grade < 4 ? r->crs_grade : 4], (double)r->crs_day, u->crs_day, last);
	sum += loss(u, icans[r->icans_grade < 4 ? r->icans_grade : 4], (double)r->icans_day, u->icans_day, last);
	return sum + (r->irr_g3 ? loss(u, u->loss_reaction, 0.0, u->reaction_day, last) : 0.0);
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
		bool with_af = low + ql_utility_base.loss_af >= QL_UTILITY_STEP - 1e-12;
		if (now)
			since = fmin(since, from);
		else if (with_af && (double)r->af_day < s[i].until)
			since = fmin(since, fmax(from, (double)r->af_day));
		else
			since = INFINITY; /* well again */
		from = s[i].until;
	}
	return fmin(since, (double)r->death_day);
}

double ql_utility_years(const struct ql_utility_set *u, const struct ql_patient_record *r, const struct ql_utility_input *in)
{
	struct span s[MAX_SPANS];
	int n = spans(u, r, in, s);
	double sum = 0.0, from = 0.0;
	for (int i = 0; i < n; i++) {
		if (i + 1 < n && s[i + 1].until >= s[i].until && !(s[i + 1].utility < s[i].utility || s[i + 1].utility > s[i].utility))
			continue; /* one stretch */
		sum += stretch(u, s[i].utility, in->age, from, s[i].until);
		from = fmax(from, s[i].until);
	}
	return fmax(0.0, sum - losses(u, r));
}

void ql_utility_fill(struct ql_patient_record *r, const struct ql_utility_input *in)
{
	const struct ql_utility_set *u = &ql_utility_base;
	struct span s[MAX_SPANS];
	int n = spans(u, r, in, s);
	r->qaly = (float)ql_utility_years(u, r, in);
	r->life_years = (float)years(u, 0.0, (double)r->last_day);
	r->deterioration_day = (float)deterioration(r, s, n);
}

bool ql_utility_is_infusion(const struct ql_model *m, int dose) { return dose >= 0 && strcmp(m->dose[dose].unit, "dose") != 0; }

double ql_utility_last_infusion(const struct ql_model *m, const struct ql_regimen *r)
{
	double day = -1.0;
	for (int i = 0; i < r->n_item; i++)
		if (ql_utility_is_infusion(m, r->info[i].dose))
			day = fmax(day, r->info[i].last_day);
	return day;
}
