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

double ql_live_covariate(const struct live *l, int quantity, double missing)
{
	return quantity < 0 ? missing : l->v.q[quantity];
}

/* --- start --- */

void ql_live_draw(const struct arm_run *run, struct live *l)
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

enum quell_status ql_live_events(const struct arm_run *run, struct live *l)
{
	const struct ql_arm_spec *s = run->spec;
	const struct ql_regimen *r = l->regimen;
	struct ql_body body = {ql_live_covariate(l, run->names.weight, 75.0), ql_live_covariate(l, run->names.bsa, 1.9),
			       ql_live_covariate(l, run->names.crcl, 80.0)};
	struct value_context c = {run->plan, &l->v};
	l->events.n = 0;
	l->next_event = 0;
	for (int i = 0; i < r->n_item; i++) {
		l->open[i] = l->held[i] = 0;
		l->stopped[i] = false;
		l->level[i] = NAN;
		l->scale[i] = 1.0;
	}
	ql_rules_start(run, l);
	return ql_regimen_events(s->model, r, &body, l->start_day, s->horizon_day, node_value, &c, &l->events);
}

/* Chance of no further cycle, drawn for each cycle from the second. */
int ql_live_last_cycle(const struct arm_run *run, const struct live *l)
{
	const struct ql_regimen *r = l->regimen;
	for (int c = 2; c <= r->n_cycle && !run->spec->fixed_doses; c++)
		if (ql_live_uniform(run, l, "protocol.dropout", (uint64_t)c + ((uint64_t)l->n_path << 16)) <
		    r->dropout_per_cycle)
			return c - 1;
	return 0;
}

/* The day of the first cycle that is not given, where toxicity is the reason. */
static double drop_day(const struct arm_run *run, const struct live *l)
{
	if (l->last_cycle == 0 || ql_live_uniform(run, l, "protocol.dropout.toxic", 0) >= QL_DROPOUT_TOXIC)
		return INFINITY;
	for (int i = 0; i < l->events.n; i++)
		if (l->events.item[i].cycle > l->last_cycle)
			return l->events.item[i].time_day;
	return INFINITY;
}

static bool dropped(const struct live *l, const struct ql_event *e)
{
	return e->dose < 0 || (l->last_cycle > 0 && e->cycle > l->last_cycle) || l->stopped[e->dose];
}

/* Last event that is given; open-ended items that were not stopped go on for ever. */
double ql_live_end_of_treatment(const struct live *l)
{
	const struct ql_regimen *r = l->regimen;
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
		*ql_slot(lane, run->names.next[h]) = NEVER;
		return;
	}
	char stream[32] = "event.";
	strncat(stream, ql_happening_name[h], sizeof stream - 7);
	l->threshold[h] += ql_quantile_exponential(ql_live_uniform(run, l, stream, l->ordinal[h]++));
	*ql_slot(lane, run->names.next[h]) = l->threshold[h];
}

static void set_thresholds(const struct arm_run *run, struct live *l, struct ql_lane *lane)
{
	memset(l->ordinal, 0, sizeof l->ordinal);
	memset(l->threshold, 0, sizeof l->threshold);
	for (int h = 0; h < QL_HAPPEN_COUNT && !run->spec->fixed_doses; h++)
		ql_live_set_threshold(run, l, lane, h);
	if (run->spec->fixed_doses && run->names.extinction >= 0)
		*ql_slot(lane, run->names.extinction) = 0.0;
}

const double *ql_live_outputs(struct arm_worker *w, const struct ql_lane *lane)
{
	const struct ql_kernel *k = w->run->kernel;
	int n = k->width;
	for (int j = 0; j < n; j++) {
		w->t[j] = lane->t;
		for (int i = 0; i < k->n_state; i++)
			w->y[i * n + j] = lane->y[i * lane->stride];
		for (int i = 0; i < k->n_p; i++)
			w->p[i * n + j] = lane->p[i * lane->stride];
	}
	k->out(k->self, w->t, w->y, w->p, w->run->k, w->out);
	for (int i = 1; i < k->n_out; i++)
		w->out[i] = w->out[i * n];
	return w->out;
}

static double first_event(const struct live *l, int dose, int input)
{
	for (int i = 0; i < l->events.n; i++) {
		const struct ql_event *e = &l->events.item[i];
		const struct ql_regimen_item_info *info = e->dose < 0 ? NULL : &l->regimen->info[e->dose];
		if (info && e->amount > 0.0 && ((dose >= 0 && info->dose == dose) || (input >= 0 && info->input == input)))
			return e->time_day;
	}
	return INFINITY;
}

/* Doses that release cytokines: of the modules for cells and bispecifics; of any module where a model has neither. */
static bool releases(const struct arm_run *run, const struct live *l, const struct ql_event *e)
{
	const struct ql_regimen_item_info *info = e->dose < 0 ? NULL : &l->regimen->info[e->dose];
	if (!info || info->dose < 0 || !(e->amount > 0.0))
		return false;
	const char *name = run->spec->model->dose[info->dose].name;
	return !run->names.cell_doses || strncmp(name, "cells.", 6) == 0 || strncmp(name, "bispecific.", 11) == 0;
}

/* The next sample after t, on the grid that starts with each dose. */
double ql_live_cytokines_after(const struct arm_run *run, const struct live *l, double t)
{
	double next = t + QL_CYTOKINES_EVERY_DAY, soonest = INFINITY, largest = 0.0;
	for (int i = 0; i < l->events.n && run->names.cytokines; i++) {
		const struct ql_event *e = &l->events.item[i];
		if (!releases(run, l, e))
			continue;
		double last = e->time_day + (e->amount > largest ? QL_CYTOKINES_FIRST : QL_CYTOKINES_AGAIN);
		largest = fmax(largest, e->amount);
		if (next > e->time_day && next <= last)
			return next;
		if (e->time_day >= next)
			soonest = fmin(soonest, e->time_day + QL_CYTOKINES_EVERY_DAY);
	}
	return soonest;
}

void ql_live_watch_cytokines(const struct arm_run *run, struct live *l)
{
	l->peak_il6 = l->peak_effectors = 0.0;
	l->next_half = ql_live_cytokines_after(run, l, l->start_day);
	if (!run->names.cytokines)
		return;
	l->u_crs = ql_live_uniform(run, l, "toxicity.crs", l->n_path);
	l->u_icans = ql_live_uniform(run, l, "toxicity.icans", l->n_path);
	l->bispecific = false;
	for (int i = 0; i < l->regimen->n_active; i++)
		l->bispecific |= strncmp(l->regimen->active[i], "bispecific.", 11) == 0;
}

/* What is drawn once for a patient of the first line, and what is to be watched. */
static void start_watch(const struct arm_run *run, struct live *l)
{
	l->u_biopsy = ql_live_uniform(run, l, "response.cr_confirmed", 0);
	l->evaluable = ql_live_uniform(run, l, "response.evaluable", 0) <
		       (run->spec->judged_share > 0.0 ? run->spec->judged_share : 1.0 - QL_NOT_EVALUABLE);
	ql_best_start(&l->best);
	l->pd_day = NAN;
	l->last_infection = -INFINITY;
	ql_live_watch_cytokines(run, l);
	l->next_irr = run->names.irr_risk < 0 ? INFINITY : first_event(l, run->names.mab_dose, -1);
	l->next_tls = run->names.tls_risk < 0 ? INFINITY : first_event(l, -1, run->names.bcl2i_input);
}

static void start_schedule(const struct arm_run *run, struct live *l)
{
	const struct ql_arm_spec *s = run->spec;
	l->next_regular = s->visits ? ql_live_visit_after(run, l, 0.0) : QL_VISIT_EARLY_DAY;
	l->next_anc = QL_ANC_EVERY_DAY;
	l->next_grid = 0;
	l->over = false;
	l->response_day = s->response_day > 0.0 ? s->response_day : l->regimen->response_day;
	l->response_pending = l->response_day > 0.0;
	l->next_mrd = 0;
	ql_live_next_visit(run, l, 0.0);
	l->forced_stop = s->stop_day > 0.0 ? s->stop_day : INFINITY;
}

void ql_live_regimen(struct live *l, const struct ql_regimen *r)
{
	l->regimen = r;
	if (r->n_item + 1 <= l->room)
		return;
	l->room = r->n_item + 1;
	l->open = ql_realloc(l->open, (size_t)l->room, sizeof *l->open);
	l->stopped = ql_realloc(l->stopped, (size_t)l->room, sizeof *l->stopped);
	l->level = ql_realloc(l->level, (size_t)l->room, sizeof *l->level);
	l->scale = ql_realloc(l->scale, (size_t)l->room, sizeof *l->scale);
	l->held = ql_realloc(l->held, (size_t)l->room, sizeof *l->held);
}

enum quell_status ql_live_begin(struct arm_worker *w, struct live *l, struct ql_lane *lane, uint64_t index)
{
	struct arm_run *run = w->run;
	l->index = index;
	l->record = l->seen = &run->out->record[index];
	l->id = run->spec->patient ? run->spec->patient[index] : run->spec->first_patient + index;
	l->stage = QL_STAGE_FIRST;
	l->n_path = 0;
	l->words = l->had = run->words;
	l->hand_over = l->refractory = false;
	l->start_day = 0.0;
	ql_live_regimen(l, run->spec->regimen);
	lane->user = l;
	lane->t = 0.0;
	ql_live_draw(run, l);
	enum quell_status s = ql_plan_patient(run->plan, &l->v, lane->p, lane->y, lane->stride);
	if (s == QUELL_OK)
		s = ql_live_events(run, l);
	if (s != QUELL_OK)
		return s;
	l->last_cycle = ql_live_last_cycle(run, l);
	l->end_of_treatment = ql_live_end_of_treatment(l);
	if (run->spec->stop_day > 0.0)
		l->end_of_treatment = fmin(l->end_of_treatment, run->spec->stop_day);
	l->record->last_cycle = (unsigned char)l->last_cycle;
	l->drop_day = drop_day(run, l);
	l->record->tp53 = ql_live_covariate(l, run->names.tp53, 0.0) > 0.5;
	l->record->ighv_u = ql_live_covariate(l, run->names.ighv_u, 0.0) > 0.5;
	set_thresholds(run, l, lane);
	start_schedule(run, l);
	start_watch(run, l);
	const double *out = ql_live_outputs(w, lane);
	ql_live_read(run, lane, 0.0, out, &l->baseline);
	ql_nadir_start(&l->nadir, &l->baseline);
	l->quality = (struct ql_quality){0};
	ql_live_quality(run, l, 0.0, out);
	if (run->n_grid > 0 && run->grid[0] <= 0.0) {
		ql_live_count_course(run, l, out);
		ql_live_observe(run, l, 0.0, QL_READ_GRID, out);
	}
	ql_live_apply_events(run, l, lane);
	ql_live_schedule(run, l, lane);
	return QUELL_OK;
}

/* --- doses --- */

static bool apply_rate(struct live *l, struct ql_lane *lane, const struct ql_event *e, int p)
{
	l->open[e->dose] += e->amount > 0.0 ? 1 : -1;
	*ql_slot(lane, p) += e->amount;
	if (l->open[e->dose] == 0 && fabs(*ql_slot(lane, p)) < 1e-9 * fabs(e->amount))
		*ql_slot(lane, p) = 0.0; /* no rounding residue after the last infusion */
	return true;
}

/* Marks change nothing, and neither do events of what was stopped, but for the ends of running infusions. What is held
 * is left out; a level that changes while it is held is remembered. */
static bool takes_place(const struct live *l, const struct ql_event *e)
{
	bool ends_infusion = e->kind == QL_EV_RATE && e->amount <= 0.0;
	if (e->kind == QL_EV_MARK)
		return false;
	if (ends_infusion)
		return l->open[e->dose] > 0;
	return !dropped(l, e) && (e->kind == QL_EV_SET || l->held[e->dose] == 0);
}

static bool apply(const struct arm_run *run, struct live *l, struct ql_lane *lane, const struct ql_event *e)
{
	const struct ql_plan *plan = run->plan;
	if (!takes_place(l, e))
		return false;
	if (e->kind == QL_EV_BOLUS) {
		int s = plan->state_of_q[e->quantity];
		if (s >= 0)
			lane->y[s * lane->stride] += e->amount * l->scale[e->dose];
		return s >= 0;
	}
	int p = plan->p_of_q[e->quantity];
	if (p < 0)
		return false;
	if (e->kind == QL_EV_RATE)
		return apply_rate(l, lane, e, p);
	l->level[e->dose] = e->amount;
	*ql_slot(lane, p) = l->held[e->dose] > 0 ? 0.0 : e->amount * l->scale[e->dose];
	return true;
}

bool ql_live_apply_events(const struct arm_run *run, struct live *l, struct ql_lane *lane)
{
	bool changed = false;
	while (l->next_event < l->events.n && l->events.item[l->next_event].time_day <= lane->t)
		changed |= apply(run, l, lane, &l->events.item[l->next_event++]);
	return changed;
}

static void stop_item(const struct arm_run *run, struct live *l, struct ql_lane *lane, int i)
{
	const struct ql_regimen_item_info *info = &l->regimen->info[i];
	l->stopped[i] = true;
	int p = info->input < 0 ? -1 : run->plan->p_of_q[info->input];
	if (p >= 0)
		*ql_slot(lane, p) = 0.0;
}

void ql_live_stop_all(const struct arm_run *run, struct live *l, struct ql_lane *lane)
{
	for (int i = 0; i < l->regimen->n_item; i++) {
		stop_item(run, l, lane, i);
		int dose = l->regimen->info[i].dose;
		int p = dose < 0 || l->open[i] == 0 ? -1 : run->plan->p_of_q[run->spec->model->dose[dose].rate_input];
		if (p >= 0)
			*ql_slot(lane, p) = 0.0;
		l->open[i] = 0;
	}
	l->end_of_treatment = fmin(l->end_of_treatment, lane->t);
	l->next_event = l->events.n;
}

void ql_live_stop_for_toxicity(const struct arm_run *run, struct live *l, struct ql_lane *lane)
{
	const struct ql_regimen *r = l->regimen;
	for (int i = 0; i < r->n_item; i++)
		if (r->stops_for_toxicity[i])
			stop_item(run, l, lane, i);
	/* What was given before counts as well: treatment did not end before today. */
	l->end_of_treatment = fmax(lane->t, ql_live_end_of_treatment(l));
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
	lane->t_stop = fmin(fmin(stop, l->forced_stop), ql_rules_next(l));
	lane->t_sample = INFINITY;
	if (l->stage == QL_STAGE_QUIET)
		return;
	double next = l->next_visit;
	if (l->stage == QL_STAGE_WAIT) {
		lane->t_sample = next <= run->spec->horizon_day ? next : INFINITY;
		return;
	}
	if (l->next_anc <= fmin(l->start_day + QL_ANC_WEEKLY_LAST, l->end_of_treatment + QL_ANC_AFTER_LAST_DOSE))
		next = fmin(next, l->next_anc);
	if (l->next_grid < run->n_grid)
		next = fmin(next, run->grid[l->next_grid]);
	next = fmin(fmin(next, l->next_half), fmin(l->next_irr, l->next_tls));
	lane->t_sample = next <= run->spec->horizon_day ? next : INFINITY;
}

