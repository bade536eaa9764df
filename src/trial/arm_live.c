/* SPDX-License-Identifier: Apache-2.0 */
/* One patient on a lane: start, doses, thresholds, and what visits see. */
#include "base/io.h"
#include "base/rng.h"
#include "trial/arm_private.h"
#include "trial/rules.h"
#include <math.h>
#include <string.h>

#define NEVER 1e9 /* threshold that no cumulative hazard reaches */

double ql_live_uniform(const struct arm_run *run, const struct live *l, const char *stream, uint64_t ordinal)
{
	return ql_rng_uniform(run->spec->seed, l->id, ql_hash_str(stream), ordinal);
}

static double covariate(const struct live *l, int quantity, double missing)
{
	return quantity < 0 ? missing : l->v.q[quantity];
}

static double *slot(struct ql_lane *lane, int p) { return &lane->p[p * lane->stride]; }

/* --- start --- */

static void draw_patient(const struct arm_run *run, struct live *l)
{
	const struct ql_arm_spec *s = run->spec;
	const struct ql_model *m = s->model;
	memcpy(l->v.q, run->base.q, (size_t)m->n_q * sizeof(double));
	ql_population_draw(s->population, m, s->seed, l->id, s->covariate, &l->v);
	for (int i = 0; s->typical && i < m->n_q; i++)
		if (m->q[i].kind == QL_RANDOM)
			l->v.q[i] = m->q[i].draw == QL_DRAW_UNIFORM ? 0.5 : 0.0;
}

struct value_context {
	const struct ql_plan *plan;
	struct ql_values *v;
};

static double node_value(void *ctx, ql_node node)
{
	struct value_context *c = ctx;
	return ql_plan_value(c->plan, c->v, node);
}

static enum quell_status make_events(const struct arm_run *run, struct live *l)
{
	const struct ql_arm_spec *s = run->spec;
	struct ql_body body = {covariate(l, run->names.weight, 75.0), covariate(l, run->names.bsa, 1.9),
			       covariate(l, run->names.crcl, 80.0)};
	struct value_context c = {s->plan, &l->v};
	l->events.n = 0;
	l->next_event = 0;
	for (int i = 0; i < s->regimen->n_item; i++) {
		l->open[i] = 0;
		l->stopped[i] = false;
	}
	return ql_regimen_events(s->model, s->regimen, &body, 0.0, s->horizon_day, node_value, &c, &l->events);
}

/* Chance of no further cycle, drawn for each cycle from the second. */
static int draw_last_cycle(const struct arm_run *run, const struct live *l)
{
	const struct ql_regimen *r = run->spec->regimen;
	for (int c = 2; c <= r->n_cycle && !run->spec->fixed_doses; c++)
		if (ql_live_uniform(run, l, "protocol.dropout", (uint64_t)c) < r->dropout_per_cycle)
			return c - 1;
	return 0;
}

static bool dropped(const struct live *l, const struct ql_event *e)
{
	return e->dose < 0 || (l->last_cycle > 0 && e->cycle > l->last_cycle) || l->stopped[e->dose];
}

/* Last event that is given; open-ended items that were not stopped go on for ever. */
static double end_of_treatment(const struct arm_run *run, const struct live *l)
{
	const struct ql_regimen *r = run->spec->regimen;
	double end = 0.0;
	for (int i = 0; i < r->n_item; i++)
		if (!l->stopped[i] && isinf(r->info[i].last_day))
			return INFINITY;
	for (int i = 0; i < l->events.n; i++)
		if (!dropped(l, &l->events.item[i]))
			end = fmax(end, l->events.item[i].time_day);
	return end;
}

/* Next unit exponential on top of the last; what happens once is put out of reach. */
void ql_live_set_threshold(const struct arm_run *run, struct live *l, struct ql_lane *lane, int h)
{
	if (run->names.next[h] < 0)
		return;
	if (l->ordinal[h] > 0 && h != QL_HAPPEN_INFECTION) {
		*slot(lane, run->names.next[h]) = NEVER;
		return;
	}
	char stream[32] = "event.";
	strncat(stream, ql_happening_name[h], sizeof stream - 7);
	l->threshold[h] += ql_quantile_exponential(ql_live_uniform(run, l, stream, l->ordinal[h]++));
	*slot(lane, run->names.next[h]) = l->threshold[h];
}

static void set_thresholds(const struct arm_run *run, struct live *l, struct ql_lane *lane)
{
	memset(l->ordinal, 0, sizeof l->ordinal);
	memset(l->threshold, 0, sizeof l->threshold);
	for (int h = 0; h < QL_HAPPEN_COUNT && !run->spec->fixed_doses; h++)
		ql_live_set_threshold(run, l, lane, h);
	if (run->spec->fixed_doses && run->names.extinction >= 0)
		*slot(lane, run->names.extinction) = 0.0;
}

/* Outputs before the first dose, by one call with this patient in every lane. */
static const double *outputs_now(struct arm_worker *w, const struct ql_lane *lane)
{
	const struct ql_kernel *k = w->run->spec->kernel;
	int n = k->width;
	for (int j = 0; j < n; j++) {
		w->t[j] = lane->t;
		for (int i = 0; i < k->n_state; i++)
			w->y[i * n + j] = lane->y[i * lane->stride];
		for (int i = 0; i < k->n_p; i++)
			w->p[i * n + j] = lane->p[i * lane->stride];
	}
	k->out(k->self, w->t, w->y, w->p, w->run->spec->k, w->out);
	for (int i = 1; i < k->n_out; i++)
		w->out[i] = w->out[i * n];
	return w->out;
}

static void start_schedule(const struct arm_run *run, struct live *l)
{
	l->next_regular = QL_VISIT_EARLY_DAY;
	l->next_anc = QL_ANC_EVERY_DAY;
	l->next_grid = 0;
	l->over = false;
	l->response_pending = run->spec->regimen->response_day > 0.0;
	l->next_visit = l->response_pending ? fmin(l->next_regular, run->spec->regimen->response_day) : l->next_regular;
}

static void count_course(const struct arm_run *run, struct live *l, const double *out)
{
	for (int a = 0; a < ql_course_axis_count && run->out->course; a++) {
		int o = run->names.axis[a];
		l->bin[a][l->next_grid] = (uint16_t)(o < 0 ? QL_COURSE_SKIP : ql_course_bin(a, out[o]));
	}
	l->next_grid++;
}

static void observe(const struct arm_run *run, const struct live *l, double t, unsigned at, const double *out)
{
	if (run->spec->observe && at)
		run->spec->observe(run->spec->observe_ctx, l->id, t, at, out);
}

enum quell_status ql_live_begin(struct arm_worker *w, struct live *l, struct ql_lane *lane, uint64_t id)
{
	struct arm_run *run = w->run;
	l->id = id;
	lane->user = l;
	lane->t = 0.0;
	draw_patient(run, l);
	enum quell_status s = ql_plan_patient(run->spec->plan, &l->v, lane->p, lane->y, lane->stride);
	if (s == QUELL_OK)
		s = make_events(run, l);
	if (s != QUELL_OK)
		return s;
	l->last_cycle = draw_last_cycle(run, l);
	l->end_of_treatment = end_of_treatment(run, l);
	l->record->last_cycle = (unsigned char)l->last_cycle;
	l->record->tp53 = covariate(l, run->names.tp53, 0.0) > 0.5;
	l->record->ighv_u = covariate(l, run->names.ighv_u, 0.0) > 0.5;
	set_thresholds(run, l, lane);
	start_schedule(run, l);
	const double *out = outputs_now(w, lane);
	ql_live_read(run, lane, 0.0, out, &l->baseline);
	ql_nadir_start(&l->nadir, &l->baseline);
	if (run->n_grid > 0 && run->grid[0] <= 0.0) {
		count_course(run, l, out);
		observe(run, l, 0.0, QL_READ_GRID, out);
	}
	ql_live_apply_events(run, l, lane);
	ql_live_schedule(run, l, lane);
	return QUELL_OK;
}

/* --- doses --- */

static bool apply_rate(struct live *l, struct ql_lane *lane, const struct ql_event *e, int p)
{
	l->open[e->dose] += e->amount > 0.0 ? 1 : -1;
	*slot(lane, p) += e->amount;
	if (l->open[e->dose] == 0 && fabs(*slot(lane, p)) < 1e-9 * fabs(e->amount))
		*slot(lane, p) = 0.0; /* no rounding residue after the last infusion */
	return true;
}

/* Marks change nothing, and neither do events of what was stopped, but for the ends of running infusions. */
static bool takes_place(const struct live *l, const struct ql_event *e)
{
	bool ends_infusion = e->kind == QL_EV_RATE && e->amount <= 0.0;
	return e->kind != QL_EV_MARK && (ends_infusion ? l->open[e->dose] > 0 : !dropped(l, e));
}

static bool apply(const struct arm_run *run, struct live *l, struct ql_lane *lane, const struct ql_event *e)
{
	const struct ql_plan *plan = run->spec->plan;
	if (!takes_place(l, e))
		return false;
	if (e->kind == QL_EV_BOLUS) {
		int s = plan->state_of_q[e->quantity];
		if (s >= 0)
			lane->y[s * lane->stride] += e->amount;
		return s >= 0;
	}
	int p = plan->p_of_q[e->quantity];
	if (p < 0)
		return false;
	if (e->kind == QL_EV_RATE)
		return apply_rate(l, lane, e, p);
	*slot(lane, p) = e->amount;
	return true;
}

bool ql_live_apply_events(const struct arm_run *run, struct live *l, struct ql_lane *lane)
{
	bool changed = false;
	while (l->next_event < l->events.n && l->events.item[l->next_event].time_day <= lane->t)
		changed |= apply(run, l, lane, &l->events.item[l->next_event++]);
	return changed;
}

void ql_live_stop_for_toxicity(const struct arm_run *run, struct live *l, struct ql_lane *lane)
{
	const struct ql_regimen *r = run->spec->regimen;
	for (int i = 0; i < r->n_item; i++) {
		if (!r->stops_for_toxicity[i])
			continue;
		l->stopped[i] = true;
		int p = r->info[i].input < 0 ? -1 : run->spec->plan->p_of_q[r->info[i].input];
		if (p >= 0)
			*slot(lane, p) = 0.0;
	}
	/* What was given before counts as well: treatment did not end before today. */
	l->end_of_treatment = fmax(lane->t, end_of_treatment(run, l));
}

/* --- visits --- */

void ql_live_schedule(const struct arm_run *run, const struct live *l, struct ql_lane *lane)
{
	double stop = run->spec->horizon_day;
	for (int i = l->next_event; i < l->events.n; i++)
		if (takes_place(l, &l->events.item[i])) {
			stop = fmin(stop, l->events.item[i].time_day);
			break;
		}
	lane->t_stop = stop;
	double next = l->next_visit;
	if (l->next_anc <= fmin(QL_ANC_WEEKLY_LAST, l->end_of_treatment + QL_ANC_AFTER_LAST_DOSE))
		next = fmin(next, l->next_anc);
	if (l->next_grid < run->n_grid)
		next = fmin(next, run->grid[l->next_grid]);
	lane->t_sample = next <= run->spec->horizon_day ? next : INFINITY;
}

static double output(const double *out, int index) { return index < 0 ? NAN : out[index]; }

void ql_live_read(const struct arm_run *run, const struct ql_lane *lane, double day, const double *out,
		  struct ql_reading *r)
{
	const struct ql_trial_names *n = &run->names;
	*r = (struct ql_reading){.day = day, .alc = output(out, n->alc), .spd = output(out, n->spd),
				 .diameter = output(out, n->node_diameter), .spleen = output(out, n->spleen_length),
				 .marrow = output(out, n->marrow_fraction), .anc = output(out, n->anc)};
	for (int i = 0; i < 2; i++)
		r->waiver |= n->level[i] >= 0 && lane->p[n->level[i] * lane->stride] > 0.0;
}

static void read_neutrophils(const struct arm_run *run, struct live *l, double t, const double *out)
{
	double anc = output(out, run->names.anc);
	if (t > l->end_of_treatment + QL_ANC_AFTER_LAST_DOSE || isnan(anc))
		return;
	if (!(l->record->anc_nadir <= anc))
		l->record->anc_nadir = (float)anc;
}

static float measured_mrd(const struct arm_run *run, const struct live *l, const char *stream, double share)
{
	double z = ql_quantile_normal(ql_live_uniform(run, l, stream, 0));
	double seen = share * ql_pow(10.0, QL_MRD_NOISE_LOG10 * z);
	return (float)(seen < QL_MRD_FLOOR ? QL_MRD_FLOOR : seen);
}

static void judge_response(const struct arm_run *run, struct live *l, const struct ql_reading *r, const double *out)
{
	bool confirmed = ql_live_uniform(run, l, "response.cr_confirmed", 0) < QL_CR_CONFIRMED;
	bool evaluable = ql_live_uniform(run, l, "response.evaluable", 0) >= QL_NOT_EVALUABLE;
	enum ql_response response = ql_assess_response(r, &l->baseline, confirmed);
	l->record->response = (unsigned char)(evaluable ? response : QL_RESP_NE);
	if (run->names.mrd_blood >= 0)
		l->record->mrd_blood_eot = measured_mrd(run, l, "mrd.noise.blood", out[run->names.mrd_blood]);
	if (run->names.mrd_marrow >= 0)
		l->record->mrd_marrow_eot = measured_mrd(run, l, "mrd.noise.marrow", out[run->names.mrd_marrow]);
	l->response_pending = false;
}

static void next_visit(const struct arm_run *run, struct live *l, double t)
{
	if (t >= l->next_regular) {
		if (l->next_regular < QL_VISIT_EARLY_LAST)
			l->next_regular += QL_VISIT_EARLY_DAY;
		else if (l->next_regular < QL_VISIT_LATE_FIRST)
			l->next_regular =
				QL_VISIT_LATE_FIRST + QL_VISIT_LATE_DAY * ql_live_uniform(run, l, "visit.phase", 0);
		else
			l->next_regular += QL_VISIT_LATE_DAY;
	}
	l->next_visit = l->next_regular;
	if (l->response_pending)
		l->next_visit = fmin(l->next_visit, run->spec->regimen->response_day);
}

/* True at progression. */
static bool visit(const struct arm_run *run, struct live *l, struct ql_lane *lane, double t, const double *out)
{
	struct ql_reading r;
	ql_live_read(run, lane, t, out, &r);
	if (!run->spec->fixed_doses && ql_assess_progression(&r, &l->nadir)) {
		l->record->pfs_day = (float)t;
		l->record->pfs_cause = QL_PFS_PROGRESSION;
		if (l->response_pending)
			l->record->response = QL_RESP_PD;
		return true;
	}
	ql_nadir_update(&l->nadir, &r);
	if (l->response_pending && t >= run->spec->regimen->response_day)
		judge_response(run, l, &r, out);
	next_visit(run, l, t);
	return false;
}

bool ql_live_sample(const struct arm_run *run, struct live *l, struct ql_lane *lane, double t, const double *out)
{
	unsigned at = 0;
	read_neutrophils(run, l, t, out);
	if (t >= l->next_anc)
		l->next_anc += QL_ANC_EVERY_DAY;
	if (l->next_grid < run->n_grid && t >= run->grid[l->next_grid]) {
		count_course(run, l, out);
		at |= QL_READ_GRID;
	}
	at |= t >= l->next_visit ? (unsigned)QL_READ_VISIT : 0u;
	observe(run, l, t, at, out);
	return at & QL_READ_VISIT ? visit(run, l, lane, t, out) : false;
}
