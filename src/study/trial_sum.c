/* SPDX-License-Identifier: Apache-2.0 */
/* Counts of a trial, and what they say. */
#include "base/pack.h"
#include "base/special.h"
#include "compare/endpoint_private.h"
#include "study/trial_private.h"
#include "trial/rules.h"
#include <math.h>
#include <string.h>

#define FORMAT 1
#define LEVEL 0.95

/* --- counts --- */

static size_t cells(const struct ql_trial_sum *s)
{
	return (size_t)s->n_arm * (size_t)s->n_stratum * QL_TRIAL_TIMES * 2 * (size_t)s->n_day;
}

uint32_t *ql_trial_count(const struct ql_trial_sum *s, int arm, int stratum, enum ql_trial_time what, int event)
{
	size_t row = (((size_t)arm * (size_t)s->n_stratum + (size_t)stratum) * QL_TRIAL_TIMES + (size_t)what) * 2 + (size_t)event;
	return s->count + row * (size_t)s->n_day;
}

struct ql_trial_sum *ql_trial_sum_make(const struct ql_trial *t)
{
	struct ql_trial_sum *s = ql_realloc(NULL, 1, sizeof *s);
	*s = (struct ql_trial_sum){.t = t, .n_arm = t->info.n_arm, .n_stratum = t->info.n_stratum,
				   .n_day = (int)ceil(t->info.follow_day) + 2};
	for (int a = 0; a < s->n_arm; a++)
		ql_tally_make(&s->arm[a], t->info.follow_day);
	s->count = ql_alloc_aligned(cells(s), sizeof *s->count);
	return s;
}

void ql_trial_sum_free(struct ql_trial_sum *s)
{
	if (!s)
		return;
	for (int a = 0; a < s->n_arm; a++)
		ql_tally_free(&s->arm[a]);
	ql_free_aligned(s->count);
	ql_free(s);
}

void ql_trial_sum_clear(struct ql_trial_sum *s)
{
	for (int a = 0; a < s->n_arm; a++)
		ql_tally_clear(&s->arm[a]);
	memset(s->count, 0, cells(s) * sizeof *s->count);
}

bool ql_trial_event(const struct ql_patient_record *r, enum ql_trial_time what, int *day, bool *event)
{
	double at = what == QL_TIME_PFS ? r->pfs_day : what == QL_TIME_OS ? r->death_day : fmin(r->next_day, r->death_day);
	if (r->status != QUELL_OK)
		return false;
	*event = at < INFINITY;
	if (!*event)
		at = what == QL_TIME_PFS ? r->follow_day : r->last_day;
	*day = at > 0.0 ? (int)ceil(at) : 1;
	return true;
}

void ql_trial_sum_add(struct ql_trial_sum *s, const struct ql_patient_record *record, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++) {
		const struct ql_patient_record *r = &record[i];
		if (r->arm >= s->n_arm || r->stratum >= s->n_stratum)
			continue;
		ql_tally_add(&s->arm[r->arm], r);
		for (int what = 0; what < QL_TRIAL_TIMES; what++) {
			int day;
			bool event;
			if (ql_trial_event(r, (enum ql_trial_time)what, &day, &event))
				ql_trial_count(s, r->arm, r->stratum, (enum ql_trial_time)what, event)[day < s->n_day ? day : s->n_day - 1]++;
		}
	}
}

void ql_trial_sum_pack(const struct ql_trial_sum *s, struct ql_buf *out)
{
	const int shape[] = {FORMAT, s->n_arm, s->n_stratum, s->n_day};
	for (int i = 0; i < 4; i++)
		ql_pack(out, (uint64_t)shape[i]);
	for (int a = 0; a < s->n_arm; a++)
		ql_tally_pack(&s->arm[a], out);
	ql_pack_row(out, s->count, cells(s));
}

enum quell_status ql_trial_sum_unpack(struct ql_trial_sum *s, const void *data, size_t size)
{
	const unsigned char *at = data;
	struct ql_unpack u = {at, at + size, false};
	const int shape[] = {FORMAT, s->n_arm, s->n_stratum, s->n_day};
	for (int i = 0; i < 4; i++)
		if (ql_unpack(&u) != (uint64_t)shape[i])
			return QUELL_ERR_INPUT;
	for (int a = 0; a < s->n_arm; a++)
		ql_tally_unpack(&s->arm[a], &u);
	ql_unpack_row(&u, s->count, cells(s));
	return u.bad || u.at != u.end ? QUELL_ERR_INPUT : QUELL_OK;
}

uint64_t ql_trial_sum_done(const struct ql_trial_sum *s, int arm, uint64_t *failed)
{
	*failed = s->arm[arm].failed;
	return s->arm[arm].done;
}

/* --- two arms --- */

struct risk { /* one stratum at work */
	double n_a, n_b, d_a, d_b;
};

/* Days of a stratum with events, last first: those at risk are whoever has not left before. f sees each. */
static void each_day(const struct ql_trial_sum *s, enum ql_trial_time what, int stratum, int a, int b,
		     void (*f)(void *ctx, const struct risk *r), void *ctx)
{
	const uint32_t *ca = ql_trial_count(s, a, stratum, what, 0), *ea = ql_trial_count(s, a, stratum, what, 1);
	const uint32_t *cb = ql_trial_count(s, b, stratum, what, 0), *eb = ql_trial_count(s, b, stratum, what, 1);
	struct risk r = {0};
	for (int day = s->n_day - 1; day >= 0; day--) {
		r.n_a += (double)ca[day] + ea[day];
		r.n_b += (double)cb[day] + eb[day];
		r.d_a = ea[day];
		r.d_b = eb[day];
		if (r.d_a + r.d_b > 0.0)
			f(ctx, &r);
	}
}

struct cox {
	double ratio, score, information;
};

static void cox_day(void *ctx, const struct risk *r)
{
	struct cox *c = ctx;
	double d = r->d_a + r->d_b;
	for (double l = 0; l < d; l++) {
		double a = c->ratio * (r->n_a - l / d * r->d_a), p = a / (a + r->n_b - l / d * r->d_b);
		c->score -= p;
		c->information += p * (1 - p);
	}
	c->score += r->d_a;
}

struct logrank {
	double observed, expected, variance, events;
};

static void logrank_day(void *ctx, const struct risk *r)
{
	struct logrank *l = ctx;
	double n = r->n_a + r->n_b, d = r->d_a + r->d_b, p = r->n_a / n;
	l->observed += r->d_a;
	l->expected += d * p;
	l->events += d;
	if (n > 1)
		l->variance += d * p * (1 - p) * (n - d) / (n - 1);
}

/* Newton's method on the log ratio, halved into the bracket where it would leave it. */
static bool cox_solve(const struct ql_trial_sum *s, enum ql_trial_time what, int a, int b, double *beta, double *se)
{
	double low = -20, high = 20, x = 0;
	for (int i = 0; i < 100; i++) {
		struct cox c = {exp(x), 0, 0};
		for (int k = 0; k < s->n_stratum; k++)
			each_day(s, what, k, a, b, cox_day, &c);
		*(c.score > 0 ? &low : &high) = x;
		double next = c.information > 0 ? x + c.score / c.information : NAN;
		if (!(next > low && next < high))
			next = 0.5 * (low + high);
		if (fabs(next - x) <= 1e-13 * (1 + fabs(x))) {
			*beta = x;
			*se = 1 / sqrt(c.information);
			return c.information > 0 && fabs(x) < 15; /* beyond: an arm without events has no finite estimate */
		}
		x = next;
	}
	return false;
}

void ql_trial_contrast_fit(const struct ql_trial_sum *s, enum ql_trial_time what, int a, int b,
			   struct ql_trial_contrast *out)
{
	struct logrank l = {0};
	double beta, se, width = ql_qnorm(0.5 + 0.5 * LEVEL);
	*out = (struct ql_trial_contrast){.what = what, .arm_a = a, .arm_b = b, .hazard_ratio = NAN, .lower = NAN,
					  .upper = NAN, .p = NAN, .log_hr = NAN, .se = NAN, .z = NAN};
	for (int k = 0; k < s->n_stratum; k++)
		each_day(s, what, k, a, b, logrank_day, &l);
	out->events = l.events;
	if (l.variance > 0) {
		out->z = (l.observed - l.expected) / sqrt(l.variance);
		out->p = ql_pchisq_upper(out->z * out->z, 1);
	}
	if (!cox_solve(s, what, a, b, &beta, &se))
		return;
	out->log_hr = beta;
	out->se = se;
	out->hazard_ratio = exp(beta);
	out->lower = exp(beta - width * se);
	out->upper = exp(beta + width * se);
}

/* --- everything --- */

struct estimating {
	const struct ql_trial *t;
	const struct ql_trial_sum *s;
	struct ql_arena *a, scratch;
	struct ql_trial_result *out;
};

static bool reported(const struct ql_trial *t, const struct ql_endpoint_def *def, bool cytokines, const struct ql_trial_names *names)
{
	struct ql_trial_names n = *names;
	const char *missing;
	n.cytokines = cytokines;
	return ql_endpoint_available(def->measure, &n, &missing) && (t->job.has_next || !ql_endpoint_needs_next(def->measure));
}

static void estimate_arm(struct estimating *e, int arm)
{
	const struct ql_trial *t = e->t;
	struct ql_trial_names names;
	bool cytokines = false;
	for (int i = 0; i < t->job.n_arm; i++) {
		ql_trial_names_find(t->job.arm[i].plan, &names);
		cytokines |= names.cytokines;
	}
	const struct ql_job_arm *j = &t->job.arm[t->first_arm[arm]];
	double response = t->job.design.response_day > 0.0 ? t->job.design.response_day : j->regimen.response_day;
	struct ql_cohort c = {.n = e->s->arm[arm].done, .horizon_day = t->info.follow_day, .response_day = response,
			      .scratch = &e->scratch, .tally = &e->s->arm[arm]};
	e->out->endpoint[arm] = QL_NEW_N(e->a, struct ql_endpoint, (size_t)t->n_def + 1);
	e->out->n_endpoint = 0;
	for (int d = 0; d < t->n_def; d++)
		if (reported(t, &t->def[d], cytokines, &names))
			ql_endpoint_estimate(&c, &t->def[d], &e->out->endpoint[arm][e->out->n_endpoint++]);
	ql_endpoint_curve(&c, QL_M_PFS_RATE, "pfs", e->a, &e->out->curve[arm][0]);
	if (t->job.has_next)
		ql_endpoint_curve(&c, QL_M_OS_RATE, "os", e->a, &e->out->curve[arm][1]);
	e->out->n_curve = t->job.has_next ? 2 : 1;
}

static enum quell_status estimate(void *arg)
{
	struct estimating *e = arg;
	int n = e->t->info.n_arm;
	for (int a = 0; a < n; a++)
		estimate_arm(e, a);
	e->out->contrast = QL_NEW_N(e->a, struct ql_trial_contrast, (size_t)(n * QL_TRIAL_TIMES) + 1);
	for (int b = 1; b < n; b++)
		for (int what = 0; what < (e->t->job.has_next ? QL_TRIAL_TIMES : 1); what++)
			ql_trial_contrast_fit(e->s, (enum ql_trial_time)what, 0, b, &e->out->contrast[e->out->n_contrast++]);
	return QUELL_OK;
}

enum quell_status ql_trial_estimate(const struct ql_trial *t, const struct ql_trial_sum *s, struct ql_arena *a,
				    struct ql_trial_result *out)
{
	struct estimating e = {.t = t, .s = s, .a = a, .out = out};
	*out = (struct ql_trial_result){.n_endpoint = 0};
	enum quell_status status = ql_protect(estimate, &e);
	ql_arena_free(&e.scratch);
	return status;
}
