/* SPDX-License-Identifier: Apache-2.0 */
/* The arm as a client of the integrator, and its threads. */
#include "trial/arm.h"
#include "base/pool.h"
#include "trial/arm_private.h"
#include "trial/utility.h"
#include <math.h>
#include <string.h>

static bool cancelled(const struct ql_arm_spec *s) { return s->cancel && *s->cancel; }

/* Told from one thread at a time; a thread that finds another talking goes on with its work. */
static void report(struct arm_run *run, uint64_t done)
{
	const struct ql_arm_spec *s = run->spec;
	if (!s->progress || pthread_mutex_trylock(&run->progress_lock) != 0)
		return;
	s->progress(s->progress_ctx, done);
	pthread_mutex_unlock(&run->progress_lock);
}

static void close_record(struct arm_run *run, struct ql_patient_record *r, enum quell_status why)
{
	r->status = (unsigned char)why;
	if (why == QUELL_ERR_INTERRUPTED)
		return;
	if (why != QUELL_OK)
		atomic_fetch_add(&run->failed, 1);
	report(run, atomic_fetch_add(&run->done, 1) + 1);
}

static bool fetch_later(struct arm_worker *w, struct ql_lane *lane)
{
	struct arm_run *run = w->run;
	while (!cancelled(run->spec)) {
		uint64_t i = atomic_fetch_add(&run->next, 1);
		if (i >= run->pass_end)
			return false;
		struct live *l = &w->live[lane->index];
		enum quell_status why = ql_live_resume(w, l, lane, &run->todo[i]);
		if (why == QUELL_OK)
			return true;
		close_record(run, l->record, why);
	}
	return false;
}

static bool fetch(void *ctx, struct ql_lane *lane)
{
	struct arm_worker *w = ctx;
	struct arm_run *run = w->run;
	if (run->todo)
		return fetch_later(w, lane);
	while (!cancelled(run->spec)) {
		uint64_t i = atomic_fetch_add(&run->next, 1);
		if (i >= run->pass_end)
			return false;
		struct live *l = &w->live[lane->index];
		enum quell_status why = ql_live_begin(w, l, lane, i);
		if (why == QUELL_OK)
			return true;
		close_record(run, l->record, why);
	}
	return false;
}

/* --- how a line ends --- */

/* The best response of the first line; progression before any other is PD. */
static void keep_best(struct live *l, bool progressed)
{
	struct ql_patient_record *r = l->record;
	if (!l->evaluable)
		return;
	r->best = (uint8_t)(l->best.best == QL_RESP_NE && progressed ? QL_RESP_PD : l->best.best);
	r->response_day = (float)l->best.response_day;
	r->cr_day = (float)l->best.cr_day;
}

/* A cycle left out for toxicity is a stop on the day it was due. */
static void note_drop(struct live *l, double t)
{
	if (l->drop_day <= t)
		l->record->tox_day = (float)fmin(l->record->tox_day, l->drop_day);
}

static enum ql_next end_of_follow_up(struct live *l, double t)
{
	l->record->last_day = (float)t;
	if (l->stage == QL_STAGE_FIRST) {
		l->record->follow_day = (float)t;
		l->record->end_day = (float)fmin(t, l->end_of_treatment);
		note_drop(l, t);
		keep_best(l, false);
	}
	return QL_FINISHED;
}

/* Courses count patients while they are on the first line. */
static void commit_course(struct arm_run *run, const struct live *l)
{
	for (int a = 0; a < ql_course_axis_count && run->out->course; a++)
		for (int d = 0; d < l->next_grid; d++)
			ql_course_count(run->out->course, a, d, l->bin[a][d]);
}

static void end_first_line(struct arm_run *run, struct live *l, double t, enum ql_pfs_cause cause)
{
	bool seen_before = cause == QL_PFS_PROGRESSION && l->pd_day < t;
	l->record->pfs_day = (float)(seen_before ? l->pd_day : t);
	l->record->pfs_cause = (unsigned char)cause;
	l->record->follow_day = (float)t;
	l->record->end_day = (float)fmin(t, l->end_of_treatment);
	note_drop(l, t);
	if (cause == QL_PFS_PROGRESSION && l->response_pending)
		l->record->response = QL_RESP_PD;
	keep_best(l, cause == QL_PFS_PROGRESSION);
	commit_course(run, l);
}

static enum ql_next progression(struct arm_run *run, struct live *l, struct ql_lane *lane)
{
	l->over = false;
	if (l->stage == QL_STAGE_WAIT) {
		if (ql_live_next_line(run, l, lane))
			return QL_FINISHED;
		ql_live_schedule(run, l, lane);
		return QL_CHANGED;
	}
	ql_quality_progress(&l->quality, lane->t);
	if (l->stage == QL_STAGE_FIRST)
		end_first_line(run, l, lane->t, QL_PFS_PROGRESSION);
	else if (l->n_path == 1)
		l->record->pfs2_day = (float)lane->t;
	if (!run->spec->next) {
		l->record->last_day = (float)lane->t;
		l->stage = QL_STAGE_QUIET;
		return QL_FINISHED;
	}
	if (ql_live_after_progression(run, l, lane))
		return QL_FINISHED;
	ql_live_schedule(run, l, lane);
	return QL_CHANGED;
}

static enum ql_next richter(struct arm_run *run, struct live *l, struct ql_lane *lane)
{
	l->record->richter_day = (float)lane->t;
	ql_quality_progress(&l->quality, lane->t);
	if (l->stage == QL_STAGE_FIRST)
		end_first_line(run, l, lane->t, QL_PFS_RICHTER);
	else if (l->begun && l->n_path == 1 && l->stage == QL_STAGE_LATER)
		l->record->pfs2_day = (float)lane->t;
	if (!run->spec->next) {
		l->record->last_day = (float)lane->t;
		l->stage = QL_STAGE_QUIET;
		return QL_FINISHED;
	}
	if (run->names.next[QL_HAPPEN_RICHTER] >= 0)
		*ql_slot(lane, run->names.next[QL_HAPPEN_RICHTER]) = 1e9; /* happens once */
	ql_live_after_richter(run, l, lane);
	ql_live_schedule(run, l, lane);
	return QL_CHANGED;
}

static enum ql_next death(struct arm_run *run, struct live *l, const struct ql_lane *lane)
{
	l->record->death_day = (float)lane->t;
	if (l->stage == QL_STAGE_FIRST)
		end_first_line(run, l, lane->t, QL_PFS_DEATH);
	else if (l->record->n_line > 0 && !(l->record->pfs2_day < INFINITY))
		l->record->pfs2_day = (float)lane->t;
	l->record->last_day = (float)lane->t;
	l->stage = QL_STAGE_QUIET;
	return QL_FINISHED;
}

/* --- the integrator's client --- */

static enum ql_next stop(void *ctx, struct ql_lane *lane)
{
	struct arm_run *run = ((struct arm_worker *)ctx)->run;
	struct live *l = lane->user;
	if (l->over)
		return progression(run, l, lane);
	bool changed = ql_rules_act(run, l, lane);
	if (lane->t >= l->forced_stop) {
		l->forced_stop = INFINITY;
		ql_live_stop_all(run, l, lane);
		changed = true;
	}
	changed |= ql_live_apply_events(run, l, lane);
	if (lane->t >= run->spec->horizon_day)
		return end_of_follow_up(l, run->spec->horizon_day);
	ql_live_schedule(run, l, lane);
	return changed ? QL_CHANGED : QL_GO_ON;
}

static enum ql_next sample(void *ctx, struct ql_lane *lane, double t, const double *y, const double *out)
{
	struct arm_run *run = ((struct arm_worker *)ctx)->run;
	struct live *l = lane->user;
	(void)y;
	bool acts = false;
	l->over = ql_live_sample(run, l, lane, t, out, &acts);
	if (l->over || acts)
		return QL_CHANGED;
	ql_live_schedule(run, l, lane);
	return QL_GO_ON;
}

static int happening_of(const struct arm_run *run, int trigger)
{
	int h = 0;
	while (h < QL_HAPPEN_COUNT && run->names.trigger[h] != trigger)
		h++;
	return h;
}

static void first_day(float *day, double t)
{
	if (!(*day < INFINITY))
		*day = (float)t;
}

/* Counted on the first line; afterwards they act on the patient and the protocol, and are not kept. */
static void note_event(struct live *l, int happening, double t)
{
	if (happening == QL_HAPPEN_INFECTION && l->stage < QL_STAGE_WAIT) {
		l->last_infection = t;
		first_day(&l->seen->infection_day, t);
		if (l->seen->n_infection < UINT8_MAX)
			l->seen->n_infection++;
	}
	if (l->stage != QL_STAGE_FIRST || happening == QL_HAPPEN_INFECTION)
		return;
	if (happening == QL_HAPPEN_AF) {
		first_day(&l->record->af_day, t);
	} else if (happening == QL_HAPPEN_SPM) {
		first_day(&l->record->spm_day, t);
	} else {
		first_day(&l->record->tox_day, t);
	}
}

static enum ql_next trigger(void *ctx, struct ql_lane *lane, int which)
{
	struct arm_run *run = ((struct arm_worker *)ctx)->run;
	struct live *l = lane->user;
	int h = happening_of(run, which);
	if (h == QL_HAPPEN_DEATH)
		return death(run, l, lane);
	if (h == QL_HAPPEN_RICHTER)
		return richter(run, l, lane);
	ql_plan_fire(run->plan, &l->v, which, lane->t, lane->y, lane->p, lane->stride);
	if (h == QL_HAPPEN_COUNT)
		return QL_CHANGED;
	note_event(l, h, lane->t);
	if (h == QL_HAPPEN_TOXICITY && l->stage < QL_STAGE_WAIT) {
		ql_live_stop_for_toxicity(run, l, lane);
		ql_live_schedule(run, l, lane);
	}
	ql_live_set_threshold(run, l, lane, h);
	return QL_CHANGED;
}

static void fill_utility(const struct arm_run *run, const struct live *l)
{
	const struct ql_utility_input in = {.age = ql_live_covariate(l, run->names.age, 70.0),
					    .infusion_day = fmin(ql_utility_last_infusion(run->spec->model, run->spec->regimen), l->record->end_day),
					    .drug_day = l->record->end_day};
	ql_utility_fill(l->record, &in);
	ql_quality_close(&l->quality, l->record);
}

static void finished(void *ctx, struct ql_lane *lane, enum quell_status why)
{
	struct arm_worker *w = ctx;
	struct live *l = lane->user;
	if (why == QUELL_OK && l->hand_over) {
		ql_carry_away(w, l, lane);
		return;
	}
	if (why == QUELL_OK && l->stage == QL_STAGE_FIRST)
		commit_course(w->run, l);
	if (why == QUELL_OK)
		fill_utility(w->run, l);
	else
		l->record->follow_day = (float)fmin(l->record->follow_day, lane->t);
	close_record(w->run, l->record, why);
}

static void apply_settings(const struct ql_arm_spec *s, struct ql_values *v)
{
	for (int i = 0; s->param && i < s->model->n_q; i++)
		if (s->model->q[i].kind == QL_PARAM && !isnan(s->param[i]))
			ql_values_set(v, i, s->param[i]);
}

static void make_live(const struct arm_run *run, struct live *l)
{
	ql_values_init(run->plan, &l->v);
	apply_settings(run->spec, &l->v); /* marks them as fixed; the values come anew with each patient */
}

static enum quell_status make_worker(struct arm_worker *w)
{
	const struct ql_kernel *k = w->run->kernel;
	size_t width = (size_t)k->width;
	w->live = ql_alloc_aligned(width, sizeof *w->live);
	w->n_live = k->width;
	for (int i = 0; i < w->n_live; i++)
		make_live(w->run, &w->live[i]);
	w->t = ql_alloc_aligned(width, sizeof(double));
	w->y = ql_alloc_aligned(width * (size_t)(k->n_state + 1), sizeof(double));
	w->p = ql_alloc_aligned(width * (size_t)(k->n_p + 1), sizeof(double));
	w->out = ql_alloc_aligned(width * (size_t)(k->n_out + 1), sizeof(double));
	return w->run->spec->cvode ? QUELL_OK : ql_ode_work_make(k, &w->work);
}

static void free_worker(struct arm_worker *w)
{
	for (int i = 0; i < w->n_live; i++) {
		ql_values_free(&w->live[i].v);
		ql_events_free(&w->live[i].events);
		ql_free(w->live[i].open);
		ql_free(w->live[i].stopped);
		ql_free(w->live[i].level);
		ql_free(w->live[i].scale);
		ql_free(w->live[i].held);
	}
	ql_free_aligned(w->live);
	ql_free_aligned(w->t);
	ql_free_aligned(w->y);
	ql_free_aligned(w->p);
	ql_free_aligned(w->out);
	if (w->work)
		ql_ode_work_free(w->work);
	ql_carry_free(&w->waiting);
}

static enum quell_status work(void *ctx, int thread)
{
	struct arm_run *run = ctx;
	const struct ql_arm_spec *s = run->spec;
	struct arm_worker *w = &run->worker[thread];
	enum quell_status status = make_worker(w);
	if (status != QUELL_OK)
		return status;
	struct ql_ode_client client = {w, fetch, stop, sample, trigger, finished};
	struct ql_ode_opts opts = {.method = QL_RODAS5P, .rtol = s->rtol, .atol = run->atol,
				   .wants = QL_WANT_OUTPUTS, .cancel = s->cancel};
	if (s->cvode)
		return ql_cvode_run(run->kernel, run->k, &opts, QL_CVODE_KLU, &client, &w->stats);
	return ql_ode_run(run->kernel, run->k, &opts, &client, w->work, &w->stats);
}

/* Settings and the regimen's agents; parameters, inputs and the rest keep the model's values. */
static void fill_base(struct arm_run *run)
{
	const struct ql_arm_spec *s = run->spec;
	ql_values_init(s->plan, &run->base);
	apply_settings(s, &run->base);
	for (int i = 0; i < s->regimen->n_slot; i++) {
		const struct ql_slot *slot = &s->model->slot[s->regimen->slot[i]];
		for (int c = 0; c < slot->n_column; c++)
			run->base.q[slot->column[c]] = s->regimen->row[i].value[c];
	}
}

static void prepare(struct arm_run *run)
{
	const struct ql_arm_spec *s = run->spec;
	struct ql_arm_result *out = run->out;
	fill_base(run);
	if (s->next)
		run->words = ql_next_words(s->next, s->model, s->regimen);
	run->grid = s->grid ? s->grid : run->course_day;
	run->n_grid = s->grid ? s->n_grid : ql_course_grid(s->horizon_day, run->course_day);
	if (!s->grid && !s->no_courses)
		out->course = ql_course_make(run->grid, run->n_grid);
	out->record = ql_realloc(NULL, (size_t)s->n_patients, sizeof *out->record);
	for (uint64_t i = 0; i < s->n_patients; i++)
		out->record[i] = ql_record_blank();
}

/* --- passes --- */

static void add_stats(struct ql_ode_stats *sum, const struct ql_ode_stats *x)
{
	sum->patients += x->patients;
	sum->failed += x->failed;
	sum->steps += x->steps;
	sum->rejected += x->rejected;
	sum->vector_steps += x->vector_steps;
	sum->stops += x->stops;
	sum->triggers += x->triggers;
}

void ql_arm_result_add(struct ql_arm_result *sum, const struct ql_arm_result *x)
{
	sum->n_done += x->n_done;
	sum->n_failed += x->n_failed;
	sum->n_line += x->n_line;
	add_stats(&sum->stats, &x->stats);
	if (x->course && !sum->course)
		sum->course = ql_course_like(x->course);
	if (x->course)
		ql_course_merge(sum->course, x->course);
}

static void gather(struct arm_run *run, struct arm_worker *w)
{
	add_stats(&run->out->stats, &w->stats);
	for (int i = 0; i < w->waiting.n; i++) {
		QL_GROW(run->waiting.item, run->waiting.n, run->waiting.cap);
		run->waiting.item[run->waiting.n++] = w->waiting.item[i];
		w->waiting.item[i].y = NULL;
	}
}

static void end_pass(struct arm_run *run)
{
	for (int i = 0; run->worker && i < run->n_started; i++)
		free_worker(&run->worker[i]);
	ql_free_aligned(run->worker);
	run->worker = NULL;
	ql_free(run->atol);
	run->atol = NULL;
}

/* Patients [first, end): of the arm, or of the list `todo`. */
static enum quell_status pass(struct arm_run *run, const struct ql_carry *todo, uint64_t first, uint64_t end)
{
	const struct ql_arm_spec *s = run->spec;
	run->todo = todo;
	run->pass_first = first;
	run->pass_end = end;
	atomic_store(&run->next, first);
	run->atol = ql_realloc(NULL, (size_t)run->plan->n_state + 1, sizeof(double));
	for (int i = 0; i < run->plan->n_state; i++)
		run->atol[i] = run->plan->atol[i] * fmin(1.0, s->rtol / 1e-4);
	run->n_started = (uint64_t)run->n_worker > end - first ? (int)(end - first) : run->n_worker;
	run->worker = ql_alloc_aligned((size_t)run->n_started, sizeof *run->worker);
	for (int i = 0; i < run->n_started; i++)
		run->worker[i].run = run;
	enum quell_status status = ql_pool_run(run->n_started, work, run);
	for (int i = 0; i < run->n_started && status == QUELL_OK; i++)
		gather(run, &run->worker[i]);
	end_pass(run);
	return status;
}

static void use_plan(struct arm_run *run, const struct ql_planned *p)
{
	run->plan = p->plan;
	run->kernel = p->kernel;
	run->k = p->k;
	run->names = p->names;
}

/* Everyone who waits, plan by plan; who progresses again waits anew. */
static enum quell_status later_lines(struct arm_run *run)
{
	enum quell_status status = QUELL_OK;
	while (run->waiting.n > 0 && status == QUELL_OK && !cancelled(run->spec)) {
		struct ql_carry_list now;
		status = ql_carry_plan(run);
		now = run->waiting;
		run->leaving = now;
		run->waiting = (struct ql_carry_list){0};
		for (int a = 0, b; a < now.n && status == QUELL_OK && !cancelled(run->spec); a = b) {
			for (b = a + 1; b < now.n && now.item[b].to == now.item[a].to; b++) {}
			use_plan(run, now.item[a].to);
			status = pass(run, now.item, (uint64_t)a, (uint64_t)b);
		}
		ql_carry_free(&run->leaving);
	}
	ql_carry_free(&run->waiting);
	return status;
}

static void first_plan(struct arm_run *run)
{
	const struct ql_arm_spec *s = run->spec;
	run->plan = s->plan;
	run->kernel = s->kernel;
	run->k = s->k;
	ql_trial_names_find(s->plan, &run->names);
}

static enum quell_status body(void *arg)
{
	struct arm_run *run = arg;
	const struct ql_arm_spec *s = run->spec;
	prepare(run);
	enum quell_status status = QUELL_OK;
	for (uint64_t at = 0; at < s->n_patients && status == QUELL_OK && !cancelled(s); at += QL_ARM_BLOCK) {
		uint64_t left = s->n_patients - at;
		first_plan(run);
		status = pass(run, NULL, at, at + (left < QL_ARM_BLOCK ? left : QL_ARM_BLOCK));
		if (status == QUELL_OK)
			status = later_lines(run);
	}
	if (status == QUELL_OK && cancelled(s) && run->done < s->n_patients)
		return QUELL_ERR_INTERRUPTED;
	return status;
}

enum quell_status ql_arm_run(const struct ql_arm_spec *spec, struct ql_diags *ds, struct ql_arm_result *out)
{
	*out = (struct ql_arm_result){0};
	struct arm_run run = {.spec = spec, .out = out, .ds = ds, .n_worker = spec->threads, .plan = spec->plan};
	if (run.n_worker < 1)
		run.n_worker = ql_cpu_count();
	pthread_mutex_init(&run.progress_lock, NULL);
	enum quell_status status = ql_protect(body, &run);
	out->n_done = run.done;
	out->n_failed = run.failed;
	for (uint64_t i = 0; out->record && i < spec->n_patients; i++)
		out->n_line += out->record[i].n_line;
	end_pass(&run);
	ql_carry_free(&run.waiting);
	ql_carry_free(&run.leaving);
	ql_values_free(&run.base);
	pthread_mutex_destroy(&run.progress_lock);
	if (status != QUELL_OK && status != QUELL_ERR_INTERRUPTED)
		ql_arm_result_free(out);
	return status;
}

void ql_arm_result_free(struct ql_arm_result *r)
{
	ql_free(r->record);
	ql_course_free(r->course);
	*r = (struct ql_arm_result){0};
}
