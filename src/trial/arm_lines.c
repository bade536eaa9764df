/* SPDX-License-Identifier: Apache-2.0 */
/* From one line of treatment to the next. */
#include "base/rng.h"
#include "trial/arm_private.h"
#include "trial/rules.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NEVER 1e9 /* threshold that no cumulative hazard reaches */

/* --- progression --- */

static double off_days(const struct live *l, double t)
{
	return l->end_of_treatment < t ? t - l->end_of_treatment : 0.0;
}

static int choose(const struct arm_run *run, const struct live *l, double t)
{
	int line = l->n_path + 2;
	double years = t / QL_DAYS_PER_YEAR;
	struct ql_next_patient p = {.failed = l->words, .had = l->had, .line = line,
				    .off_days = off_days(l, l->progressed_day),
				    .year = run->spec->year > 0.0 ? run->spec->year + years : INFINITY,
				    .age = ql_live_covariate(l, run->names.age, 70.0) + years,
				    .crcl = ql_live_covariate(l, run->names.crcl, 80.0), .day = t,
				    .u_share = ql_live_uniform(run, l, "protocol.next_line_share", (uint64_t)line)};
	return ql_next_choose(run->spec->next, &p, ql_live_uniform(run, l, "protocol.next_line", (uint64_t)line));
}

static double start_of_next(const struct arm_run *run, const struct live *l, int regimen, double t)
{
	bool relapsed = l->n_path > 0 || ql_live_covariate(l, run->names.relapsed, 0.0) > 0.5;
	double u = ql_live_uniform(run, l, "protocol.next_line_delay", (uint64_t)(l->n_path + 2));
	return t + ql_next_delay_day(run->spec->next, regimen, off_days(l, l->progressed_day), relapsed, ql_quantile_normal(u));
}

static void set_slot(struct ql_lane *lane, int slot, double value)
{
	if (slot >= 0)
		*ql_slot(lane, slot) = value;
}

/* Nothing is left to give: no dose and no visit, to death or the horizon. */
static void rest(const struct arm_run *run, struct live *l, struct ql_lane *lane, double progressed)
{
	ql_live_stop_all(run, l, lane);
	l->stage = QL_STAGE_QUIET;
	set_slot(lane, run->names.failed, 0.0);
	set_slot(lane, run->names.progressed, progressed);
}

bool ql_live_next_line(struct arm_run *run, struct live *l, struct ql_lane *lane)
{
	int regimen = choose(run, l, lane->t);
	double start = start_of_next(run, l, regimen, lane->t);
	if (regimen < 0 || start >= run->spec->horizon_day) {
		rest(run, l, lane, regimen < 0 ? 1.0 : 0.0);
		return false;
	}
	l->path[l->n_path++] = (uint8_t)regimen;
	l->next_start = start;
	l->hand_over = true;
	return true;
}

static bool gives_chemotherapy(const struct ql_regimen *r)
{
	for (int i = 0; i < r->n_active; i++)
		if (strncmp(r->active[i], "chemo.", 6) == 0)
			return true;
	return false;
}

bool ql_live_after_progression(struct arm_run *run, struct live *l, struct ql_lane *lane)
{
	double off = off_days(l, lane->t);
	double u = ql_live_uniform(run, l, "protocol.next_line_need", (uint64_t)(l->n_path + 2));
	l->progressed_day = lane->t;
	l->refractory |= off < QL_REFRACTORY_DAY && gives_chemotherapy(l->regimen);
	l->need_share = ql_next_need(run->spec->next, choose(run, l, lane->t), off, ql_quantile_normal(u));
	if (!(l->need_share > 0.0))
		return ql_live_next_line(run, l, lane);
	ql_live_stop_all(run, l, lane);
	l->stage = QL_STAGE_WAIT;
	set_slot(lane, run->names.failed, 1.0);
	l->next_visit = nextafter(lane->t, INFINITY); /* there may be a reason already */
	return false;
}

void ql_live_after_richter(struct arm_run *run, struct live *l, struct ql_lane *lane)
{
	rest(run, l, lane, run->spec->next->richter_ratio);
}

/* --- between lanes --- */

void ql_carry_away(struct arm_worker *w, const struct live *l, const struct ql_lane *lane)
{
	const struct arm_run *run = w->run;
	const double *out = ql_live_outputs(w, lane);
	QL_GROW(w->waiting.item, w->waiting.n, w->waiting.cap);
	struct ql_carry *c = &w->waiting.item[w->waiting.n];
	*c = (struct ql_carry){.index = l->index, .plan = run->plan, .t = lane->t, .start_day = l->next_start,
			       .next_regular = l->next_regular, .n_path = l->n_path, .had = l->had,
			       .last_infection = l->last_infection, .n_infection = l->seen->n_infection,
			       .baseline = l->baseline, .refractory = l->refractory, .quality = l->quality};
	c->cells_left = run->names.cells_kept < 0 ? 1.0 : out[run->names.cells_kept];
	c->lineages_left = run->names.lineages_kept < 0 ? 1.0 : fmin(1.0, out[run->names.lineages_kept]);
	for (int h = 0; h < QL_HAPPEN_COUNT; h++)
		c->next[h] = run->names.next[h] < 0 ? NEVER : lane->p[run->names.next[h] * lane->stride];
	memcpy(c->threshold, l->threshold, sizeof c->threshold);
	memcpy(c->ordinal, l->ordinal, sizeof c->ordinal);
	memcpy(c->path, l->path, sizeof c->path);
	w->waiting.n++; /* before the next allocation, so that it is freed whatever happens */
	c->y = ql_realloc(NULL, (size_t)run->plan->n_state + 1, sizeof *c->y);
	for (int i = 0; i < run->plan->n_state; i++)
		c->y[i] = lane->y[i * lane->stride];
}

void ql_carry_free(struct ql_carry_list *list)
{
	for (int i = 0; i < list->n; i++)
		ql_free(list->item[i].y);
	ql_free(list->item);
	*list = (struct ql_carry_list){0};
}

struct wanted {
	struct arm_run *run;
	struct ql_carry *c;
	const char **active;
	int n;
};

static enum quell_status get_plan(void *arg)
{
	struct wanted *w = arg;
	return ql_plans_get(w->run->spec->plans, w->active, w->n, "lines", w->run->ds, &w->c->to);
}

/* Everything given so far and next. What was not given cannot have left a trace. */
static enum quell_status plan_for(struct arm_run *run, struct ql_carry *c)
{
	const struct ql_arm_spec *s = run->spec;
	int n = s->regimen->n_active;
	for (int i = 0; i < c->n_path; i++)
		n += s->next->regimen[c->path[i]].n_active;
	const char **active = ql_realloc(NULL, (size_t)n + 1, sizeof *active);
	n = 0;
	for (int i = -1; i < c->n_path; i++) {
		const struct ql_regimen *r = i < 0 ? s->regimen : &s->next->regimen[c->path[i]];
		for (int j = 0; j < r->n_active; j++) {
			bool known = false;
			for (int k = 0; k < n && !known; k++)
				known = strcmp(active[k], r->active[j]) == 0;
			if (!known)
				active[n++] = r->active[j];
		}
	}
	struct wanted w = {run, c, active, n};
	if (s->plans_lock)
		pthread_mutex_lock(s->plans_lock);
	enum quell_status status = ql_protect(get_plan, &w);
	if (s->plans_lock)
		pthread_mutex_unlock(s->plans_lock);
	ql_free(active);
	if (status == QUELL_ERR_MEMORY)
		ql_out_of_memory();
	return status;
}

static bool same_path(const struct ql_carry *a, const struct ql_carry *b)
{
	return a->n_path == b->n_path && memcmp(a->path, b->path, a->n_path) == 0;
}

static int by_path(const void *x, const void *y)
{
	const struct ql_carry *a = x, *b = y;
	int d = a->n_path - b->n_path;
	return d ? d : memcmp(a->path, b->path, sizeof a->path);
}

static int by_plan(const void *x, const void *y)
{
	const struct ql_carry *a = x, *b = y;
	int d = a->to == b->to ? 0 : strcmp(a->to->name, b->to->name);
	return d ? d : a->index < b->index ? -1 : a->index > b->index;
}

enum quell_status ql_carry_plan(struct arm_run *run)
{
	struct ql_carry_list *list = &run->waiting;
	if (list->n == 0)
		return QUELL_OK;
	qsort(list->item, (size_t)list->n, sizeof *list->item, by_path);
	for (int i = 0; i < list->n; i++) {
		if (i > 0 && same_path(&list->item[i], &list->item[i - 1])) {
			list->item[i].to = list->item[i - 1].to;
			continue;
		}
		enum quell_status s = plan_for(run, &list->item[i]);
		if (s != QUELL_OK)
			return s;
	}
	qsort(list->item, (size_t)list->n, sizeof *list->item, by_plan);
	return QUELL_OK;
}

/* --- on a lane again --- */

/* Columns of a slot hold the product that was given last. */
static void bind_agents(const struct arm_run *run, struct live *l, const struct ql_regimen *r)
{
	for (int i = 0; i < r->n_slot; i++) {
		const struct ql_slot *slot = &run->spec->model->slot[r->slot[i]];
		for (int c = 0; c < slot->n_column; c++)
			l->v.q[slot->column[c]] = r->row[i].value[c];
	}
}

/* States by quantity; what the old plan had pruned stands at its start, which the new plan has just set. */
static void carry_states(const struct arm_run *run, struct ql_lane *lane, const struct ql_carry *c)
{
	for (int i = 0; i < run->plan->n_state; i++) {
		int old = c->plan->state_of_q[run->plan->state[i]];
		if (old >= 0)
			lane->y[i * lane->stride] = c->y[old];
	}
}

static void set_covariate(struct live *l, int q, double value)
{
	if (q >= 0)
		l->v.q[q] = value;
}

/* What earlier lines have made of the patient. */
static void carry_history(const struct arm_run *run, struct live *l, const struct ql_carry *c)
{
	l->baseline = c->baseline;
	l->last_infection = c->last_infection;
	l->later = ql_record_blank();
	l->later.n_infection = c->n_infection;
	l->seen = &l->later;
	l->refractory = c->refractory;
	set_covariate(l, run->names.lines_since, c->n_path);
	set_covariate(l, run->names.cells_left, c->cells_left);
	set_covariate(l, run->names.lineages_left, c->lineages_left);
	if (c->refractory)
		set_covariate(l, run->names.chemo_refractory, 1.0);
}

/* First events of the trial are not counted any more; infections still happen, for the protocol reads them. */
static void carry_thresholds(const struct arm_run *run, struct live *l, struct ql_lane *lane, const struct ql_carry *c)
{
	memcpy(l->threshold, c->threshold, sizeof l->threshold);
	memcpy(l->ordinal, c->ordinal, sizeof l->ordinal);
	for (int h = 0; h < QL_HAPPEN_COUNT; h++)
		if (run->names.next[h] >= 0)
			*ql_slot(lane, run->names.next[h]) = c->next[h];
	static const int ended[] = {QL_HAPPEN_AF, QL_HAPPEN_SPM};
	for (size_t i = 0; i < sizeof ended / sizeof *ended; i++)
		if (run->names.next[ended[i]] >= 0)
			*ql_slot(lane, run->names.next[ended[i]]) = NEVER;
	/* New drugs, new chance to stop for them. */
	int tox = QL_HAPPEN_TOXICITY;
	if (run->names.next[tox] < 0 || run->names.hazard[tox] < 0)
		return;
	double u = ql_live_uniform(run, l, "event.toxicity", (uint64_t)(l->n_path + 1) << 16);
	l->threshold[tox] = lane->y[run->names.hazard[tox] * lane->stride] + ql_quantile_exponential(u);
	*ql_slot(lane, run->names.next[tox]) = l->threshold[tox];
}

enum quell_status ql_live_resume(struct arm_worker *w, struct live *l, struct ql_lane *lane, const struct ql_carry *c)
{
	const struct arm_run *run = w->run;
	const struct ql_next_table *table = run->spec->next;
	l->index = c->index;
	l->record = &run->out->record[c->index];
	l->id = run->spec->patient ? run->spec->patient[c->index] : run->spec->first_patient + c->index;
	lane->user = l;
	lane->t = c->t;
	l->stage = QL_STAGE_LATER;
	l->hand_over = l->over = l->begun = false;
	l->n_path = c->n_path;
	l->quality = c->quality;
	memcpy(l->path, c->path, sizeof l->path);
	ql_live_draw(run, l);
	carry_history(run, l, c);
	for (int i = 0; i < c->n_path; i++)
		bind_agents(run, l, &table->regimen[c->path[i]]);
	enum quell_status s = ql_plan_patient(run->plan, &l->v, lane->p, lane->y, lane->stride);
	if (s != QUELL_OK)
		return s;
	carry_states(run, lane, c);
	ql_live_regimen(l, &table->regimen[c->path[c->n_path - 1]]);
	l->words = table->words_of[c->path[c->n_path - 1]];
	l->had = c->had | l->words;
	carry_thresholds(run, l, lane, c);
	l->start_day = c->start_day;
	s = ql_live_events(run, l);
	if (s != QUELL_OK)
		return s;
	l->last_cycle = ql_live_last_cycle(run, l);
	l->end_of_treatment = ql_live_end_of_treatment(l);
	l->next_regular = c->next_regular;
	while (l->next_regular <= lane->t)
		l->next_regular += QL_VISIT_LATE_DAY;
	l->next_visit = fmin(l->next_regular, l->start_day);
	l->next_anc = l->next_half = l->next_irr = l->next_tls = INFINITY;
	l->next_grid = run->n_grid;
	l->forced_stop = INFINITY;
	l->response_pending = false;
	ql_live_schedule(run, l, lane);
	return QUELL_OK;
}
