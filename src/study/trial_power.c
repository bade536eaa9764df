/* SPDX-License-Identifier: Apache-2.0 */
#include "study/trial_power.h"
#include "compare/endpoint.h"
#include "study/trial_private.h"
#include "trial/rules.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEVEL 0.95

struct powering { /* one call at work */
	const struct ql_trial_spec *spec;
	const struct ql_power_spec *power;
	struct ql_arena *a;
	struct ql_diags *ds;
	struct ql_power_result *out;
	struct ql_trial *t;
	struct ql_trial_sum *sum, *part;
	struct ql_patient_record *record;
	struct ql_arena scratch;
	double *value;          /* [arm][endpoint][replicate] */
	double *ratio;          /* [contrast][replicate] */
	uint64_t *better, *worse; /* [contrast] */
	double *calendar;       /* [n_total] events of primary in calendar time */
	double stop_sum, event_sum;
	uint64_t reached[QL_MAX_LOOKS];
};

static uint64_t total(const struct powering *k) { return k->t->info.n_total; }

/* --- looks --- */

static int by_value(const void *x, const void *y)
{
	double a = *(const double *)x, b = *(const double *)y;
	return (a > b) - (a < b);
}

/* z of the log-rank test with the sign of "first arm better", on what is known at a calendar day. */
static double look_at(struct powering *k, uint64_t replicate, double day, double *events)
{
	ql_trial_sum_clear(k->part);
	for (uint64_t i = 0; i < total(k); i++) {
		double seen = day - ql_trial_entry_day(k->t, replicate, i);
		struct ql_patient_record r = k->record[i];
		if (!(seen > 0.0) || r.arm > 1)
			continue;
		ql_record_censor(&r, seen, 0.0);
		ql_trial_sum_add(k->part, &r, 1);
	}
	struct ql_trial_contrast c;
	ql_trial_contrast_fit(k->part, QL_TIME_PFS, 0, 1, &c);
	*events = c.events;
	return isnan(c.z) ? 0.0 : -c.z;
}

static uint64_t calendar_events(struct powering *k, uint64_t replicate)
{
	uint64_t n = 0;
	for (uint64_t i = 0; i < total(k); i++) {
		const struct ql_patient_record *r = &k->record[i];
		if (r->status == QUELL_OK && r->arm <= 1 && r->pfs_day < INFINITY)
			k->calendar[n++] = ql_trial_entry_day(k->t, replicate, i) + r->pfs_day;
	}
	qsort(k->calendar, (size_t)n, sizeof *k->calendar, by_value);
	return n;
}

/* The trial as its looks would have ended it. */
static void look_through(struct powering *k, uint64_t replicate)
{
	struct ql_power_result *out = k->out;
	if (out->n_look == 0)
		return;
	uint64_t n = calendar_events(k, replicate);
	double final_limit = out->look[out->n_look - 1].limit;
	for (int i = 0; i < out->n_look; i++) {
		struct ql_look *l = &out->look[i];
		bool last = i == out->n_look - 1;
		uint64_t need = (uint64_t)ceil(l->information * (double)n);
		double events, day = last || n == 0 ? k->t->info.follow_day : k->calendar[need > 0 ? need - 1 : 0];
		double z = look_at(k, replicate, day, &events);
		k->reached[i]++;
		l->day += day;
		l->events += events;
		bool success = z >= l->limit;
		bool futile = !last && k->power->futility > 0.0 &&
			      ql_conditional_power(z, l->information, final_limit) < k->power->futility;
		l->efficacy += success;
		l->futility += !success && futile;
		if (success || futile || last) {
			k->stop_sum += day;
			k->event_sum += events;
			return;
		}
	}
}

static enum quell_status plan_looks(struct powering *k)
{
	const struct ql_power_spec *p = k->power;
	double t[QL_MAX_LOOKS], limit[QL_MAX_LOOKS];
	int n = p->n_look;
	if (n == 0)
		return QUELL_OK;
	for (int i = 0; i < n && i < QL_MAX_LOOKS; i++)
		t[i] = p->look[i];
	if (n < QL_MAX_LOOKS)
		t[n] = 1.0;
	if (n >= QL_MAX_LOOKS || k->t->info.n_arm < 2 || !(p->look[n - 1] < 1.0) ||
	    ql_sequential_limits(t, n + 1, p->alpha / 2.0, limit) != QUELL_OK) {
		ql_diag_help(ql_diag_add(k->ds, QL_E0672, (struct ql_span){"command line", 0, 0, 0}, "these looks cannot be planned"),
			     "give ascending shares of events below 1, as in `--looks 0.5,0.75`; at least two arms");
		return QUELL_ERR_INPUT;
	}
	k->out->n_look = n + 1;
	for (int i = 0; i <= n; i++)
		k->out->look[i] = (struct ql_look){.information = t[i], .limit = limit[i]};
	return QUELL_OK;
}

/* --- replicates --- */

static enum quell_status first_replicate(struct powering *k, const struct ql_trial_result *r)
{
	struct ql_power_result *out = k->out;
	size_t n = (size_t)k->power->replicates;
	int arms = k->t->info.n_arm;
	out->n_endpoint = r->n_endpoint;
	out->n_contrast = r->n_contrast;
	k->value = QL_NEW_N(k->a, double, (size_t)arms * (size_t)r->n_endpoint * n + 1);
	k->ratio = QL_NEW_N(k->a, double, (size_t)r->n_contrast * n + 1);
	k->better = QL_NEW_N(k->a, uint64_t, (size_t)r->n_contrast + 1);
	k->worse = QL_NEW_N(k->a, uint64_t, (size_t)r->n_contrast + 1);
	out->contrast = QL_NEW_N(k->a, struct ql_power_contrast, (size_t)r->n_contrast + 1);
	for (int c = 0; c < r->n_contrast; c++)
		out->contrast[c] = (struct ql_power_contrast){.what = r->contrast[c].what, .arm_a = r->contrast[c].arm_a,
							      .arm_b = r->contrast[c].arm_b};
	return QUELL_OK;
}

static void keep(struct powering *k, uint64_t replicate, const struct ql_trial_result *r)
{
	uint64_t n = k->power->replicates;
	for (int a = 0; a < k->t->info.n_arm; a++)
		for (int e = 0; e < r->n_endpoint; e++)
			k->value[((uint64_t)(a * r->n_endpoint + e)) * n + replicate] = r->endpoint[a][e].estimate;
	for (int c = 0; c < r->n_contrast; c++) {
		const struct ql_trial_contrast *x = &r->contrast[c];
		k->ratio[(uint64_t)c * n + replicate] = x->hazard_ratio;
		bool significant = x->p < k->power->alpha;
		k->better[c] += significant && x->z < 0;
		k->worse[c] += significant && x->z > 0;
	}
}

static enum quell_status run_replicate(struct powering *k, uint64_t replicate)
{
	struct ql_trial_result r;
	ql_trial_use_draw(k->t, replicate);
	enum quell_status s = ql_trial_chunk(k->t, replicate, 0, total(k), k->record, NULL, NULL, k->ds);
	if (s != QUELL_OK)
		return s;
	ql_trial_sum_clear(k->sum);
	ql_trial_sum_add(k->sum, k->record, total(k));
	s = ql_trial_estimate(k->t, k->sum, &k->scratch, &r);
	if (s == QUELL_OK && !k->value)
		s = first_replicate(k, &r);
	if (s != QUELL_OK)
		return s;
	keep(k, replicate, &r);
	look_through(k, replicate);
	ql_arena_free(&k->scratch);
	return QUELL_OK;
}

static double quantile(const double *sorted, uint64_t n, double p)
{
	double at = p * (double)(n - 1);
	uint64_t i = (uint64_t)floor(at);
	return i + 1 < n ? sorted[i] + (at - (double)i) * (sorted[i + 1] - sorted[i]) : sorted[n - 1];
}

/* NaN: a median that was not reached, for example; it is left out and counted. */
static struct ql_prediction predict(double *x, uint64_t n)
{
	uint64_t m = 0;
	for (uint64_t i = 0; i < n; i++)
		if (!isnan(x[i]))
			x[m++] = x[i];
	if (m == 0)
		return (struct ql_prediction){NAN, NAN, NAN, 0};
	qsort(x, (size_t)m, sizeof *x, by_value);
	return (struct ql_prediction){quantile(x, m, 0.025), quantile(x, m, 0.5), quantile(x, m, 0.975), m};
}

static void summarise(struct powering *k, uint64_t n)
{
	struct ql_power_result *out = k->out;
	uint64_t stride = k->power->replicates;
	out->replicates = n;
	out->assurance = k->t->info.n_draws > 0;
	for (int a = 0; a < k->t->info.n_arm; a++) {
		out->endpoint[a] = QL_NEW_N(k->a, struct ql_prediction, (size_t)out->n_endpoint + 1);
		for (int e = 0; e < out->n_endpoint; e++)
			out->endpoint[a][e] = predict(k->value + (uint64_t)(a * out->n_endpoint + e) * stride, n);
	}
	for (int c = 0; c < out->n_contrast; c++) {
		struct ql_power_contrast *x = &out->contrast[c];
		x->hazard_ratio = predict(k->ratio + (uint64_t)c * stride, n);
		x->power = (double)k->better[c] / (double)n;
		x->harm = (double)k->worse[c] / (double)n;
		ql_wilson(x->power, (double)n, LEVEL, &x->lower, &x->upper);
	}
	for (int i = 0; i < out->n_look; i++) {
		struct ql_look *l = &out->look[i];
		double here = (double)k->reached[i];
		l->day = here > 0 ? l->day / here : NAN;
		l->events = here > 0 ? l->events / here : NAN;
		l->efficacy /= (double)n;
		l->futility /= (double)n;
	}
	out->stop_day = out->n_look ? k->stop_sum / (double)n : NAN;
	out->enrolled_events = out->n_look ? k->event_sum / (double)n : NAN;
}

static enum quell_status power(void *arg)
{
	struct powering *k = arg;
	enum quell_status s = ql_trial_open(k->spec, k->ds, &k->t);
	if (s == QUELL_OK)
		s = plan_looks(k);
	if (s != QUELL_OK)
		return s;
	k->sum = ql_trial_sum_make(k->t);
	k->part = ql_trial_sum_make(k->t);
	k->record = ql_realloc(NULL, (size_t)total(k) + 1, sizeof *k->record);
	k->calendar = ql_realloc(NULL, (size_t)total(k) + 1, sizeof *k->calendar);
	uint64_t done = 0;
	for (; done < k->power->replicates && s == QUELL_OK; done++) {
		s = run_replicate(k, done);
		if (k->power->progress)
			k->power->progress(k->power->progress_ctx, done + 1, k->power->replicates);
	}
	if (s == QUELL_OK)
		summarise(k, done);
	return s;
}

enum quell_status ql_trial_power(const struct ql_trial_spec *spec, const struct ql_power_spec *p, struct ql_arena *a,
				 struct ql_diags *ds, struct ql_power_result *out)
{
	*out = (struct ql_power_result){0};
	struct powering k = {.spec = spec, .power = p, .a = a, .ds = ds, .out = out};
	enum quell_status s = ql_protect(power, &k);
	ql_trial_sum_free(k.sum);
	ql_trial_sum_free(k.part);
	ql_free(k.record);
	ql_free(k.calendar);
	ql_trial_close(k.t);
	ql_arena_free(&k.scratch);
	return s;
}

bool ql_power_looks(const char *const *word, int n, struct ql_power_spec *power, struct ql_diags *ds)
{
	for (int i = 0; i < n; i++) {
		double x;
		if (power->n_look < QL_MAX_LOOKS - 1 && ql_parse_double(word[i], strlen(word[i]), &x) && x > 0.0 && x < 1.0) {
			power->look[power->n_look++] = x;
			continue;
		}
		ql_diag_help(ql_diag_add(ds, QL_E0672, (struct ql_span){0}, "`%s` is no share of events", word[i]),
			     "give at most nine shares between 0 and 1, ascending: 0.5,0.75");
		return false;
	}
	if (n > 0 && power->replicates < 2) {
		ql_diag_help(ql_diag_add(ds, QL_E0672, (struct ql_span){0}, "looks need many trials"), "add replicates, such as 200");
		return false;
	}
	return true;
}

bool ql_power_draws_fit(const char *draws, const struct ql_power_spec *power, struct ql_span at, struct ql_diags *ds)
{
	if (!draws || power->replicates > 1)
		return true;
	ql_diag_help(ql_diag_add(ds, QL_E0673, at, "draws need many trials"), "add `--replicates 200`");
	return false;
}
