/* SPDX-License-Identifier: Apache-2.0 */
/* The arm as a client of the integrator, and its threads. */
#include "trial/arm.h"
#include "base/pool.h"
#include "trial/arm_private.h"
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

static bool fetch(void *ctx, struct ql_lane *lane)
{
	struct arm_worker *w = ctx;
	struct arm_run *run = w->run;
	const struct ql_arm_spec *s = run->spec;
	while (!cancelled(s)) {
		uint64_t i = atomic_fetch_add(&run->next, 1);
		if (i >= s->n_patients)
			return false;
		struct live *l = &w->live[lane->index];
		l->record = &run->out->record[i];
		enum quell_status why = ql_live_begin(w, l, lane, s->first_patient + i);
		if (why == QUELL_OK)
			return true;
		close_record(run, l->record, why);
	}
	return false;
}

static enum ql_next end_here(struct live *l, double t)
{
	l->record->follow_day = (float)t;
	return QL_FINISHED;
}

static enum ql_next stop(void *ctx, struct ql_lane *lane)
{
	struct arm_run *run = ((struct arm_worker *)ctx)->run;
	struct live *l = lane->user;
	if (l->over)
		return end_here(l, lane->t);
	bool changed = ql_live_apply_events(run, l, lane);
	if (lane->t >= run->spec->horizon_day)
		return end_here(l, run->spec->horizon_day);
	ql_live_schedule(run, l, lane);
	return changed ? QL_CHANGED : QL_GO_ON;
}

static enum ql_next sample(void *ctx, struct ql_lane *lane, double t, const double *y, const double *out)
{
	struct arm_run *run = ((struct arm_worker *)ctx)->run;
	struct live *l = lane->user;
	(void)y;
	l->over = ql_live_sample(run, l, lane, t, out);
	if (l->over)
		return QL_CHANGED;
	ql_live_schedule(run, l, lane);
	return QL_GO_ON;
}

static enum ql_next end_of_pfs(struct live *l, double t, enum ql_pfs_cause cause)
{
	l->record->pfs_day = (float)t;
	l->record->pfs_cause = (unsigned char)cause;
	return end_here(l, t);
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

static enum ql_next trigger(void *ctx, struct ql_lane *lane, int which)
{
	struct arm_run *run = ((struct arm_worker *)ctx)->run;
	struct live *l = lane->user;
	int h = happening_of(run, which);
	if (h == QL_HAPPEN_DEATH) {
		l->record->death_day = (float)lane->t;
		return end_of_pfs(l, lane->t, QL_PFS_DEATH);
	}
	if (h == QL_HAPPEN_RICHTER)
		return end_of_pfs(l, lane->t, QL_PFS_RICHTER);
	ql_plan_fire(run->spec->plan, &l->v, which, lane->t, lane->y, lane->p, lane->stride);
	if (h == QL_HAPPEN_COUNT)
		return QL_CHANGED;
	if (h == QL_HAPPEN_INFECTION) {
		first_day(&l->record->infection_day, lane->t);
		if (l->record->n_infection < UINT8_MAX)
			l->record->n_infection++;
	} else if (h == QL_HAPPEN_AF) {
		first_day(&l->record->af_day, lane->t);
	} else if (h == QL_HAPPEN_SPM) {
		first_day(&l->record->spm_day, lane->t);
	} else {
		first_day(&l->record->tox_day, lane->t);
		ql_live_stop_for_toxicity(run, l, lane);
		ql_live_schedule(run, l, lane);
	}
	ql_live_set_threshold(run, l, lane, h);
	return QL_CHANGED;
}

static void commit_course(struct arm_run *run, const struct live *l)
{
	for (int a = 0; a < ql_course_axis_count && run->out->course; a++)
		for (int d = 0; d < l->next_grid; d++)
			ql_course_count(run->out->course, a, d, l->bin[a][d]);
}

static void finished(void *ctx, struct ql_lane *lane, enum quell_status why)
{
	struct arm_run *run = ((struct arm_worker *)ctx)->run;
	struct live *l = lane->user;
	if (why == QUELL_OK)
		commit_course(run, l);
	else
		l->record->follow_day = (float)lane->t;
	close_record(run, l->record, why);
}

static void apply_settings(const struct ql_arm_spec *s, struct ql_values *v)
{
	for (int i = 0; s->param && i < s->model->n_q; i++)
		if (s->model->q[i].kind == QL_PARAM && !isnan(s->param[i]))
			ql_values_set(v, i, s->param[i]);
}

static void make_live(const struct arm_run *run, struct live *l)
{
	ql_values_init(run->spec->plan, &l->v);
	apply_settings(run->spec, &l->v); /* marks them as fixed; the values come anew with each patient */
	size_t items = (size_t)run->spec->regimen->n_item + 1;
	l->open = ql_realloc(NULL, items, sizeof *l->open);
	l->stopped = ql_realloc(NULL, items, sizeof *l->stopped);
}

static enum quell_status make_worker(struct arm_worker *w)
{
	const struct ql_kernel *k = w->run->spec->kernel;
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
	}
	ql_free_aligned(w->live);
	ql_free_aligned(w->t);
	ql_free_aligned(w->y);
	ql_free_aligned(w->p);
	ql_free_aligned(w->out);
	if (w->work)
		ql_ode_work_free(w->work);
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
		return ql_cvode_run(s->kernel, s->k, &opts, QL_CVODE_KLU, &client, &w->stats);
	return ql_ode_run(s->kernel, s->k, &opts, &client, w->work, &w->stats);
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

static void blank_record(struct ql_patient_record *r)
{
	*r = (struct ql_patient_record){.pfs_day = INFINITY, .death_day = INFINITY, .infection_day = INFINITY,
					.af_day = INFINITY, .spm_day = INFINITY, .tox_day = INFINITY, .anc_nadir = NAN,
					.mrd_blood_eot = NAN, .mrd_marrow_eot = NAN, .status = QUELL_ERR_INTERRUPTED};
}

static void prepare(struct arm_run *run)
{
	const struct ql_arm_spec *s = run->spec;
	struct ql_arm_result *out = run->out;
	fill_base(run);
	run->atol = ql_realloc(NULL, (size_t)s->plan->n_state + 1, sizeof(double));
	for (int i = 0; i < s->plan->n_state; i++)
		run->atol[i] = s->plan->atol[i] * fmin(1.0, s->rtol / 1e-4);
	run->grid = s->grid ? s->grid : run->course_day;
	run->n_grid = s->grid ? s->n_grid : ql_course_grid(s->horizon_day, run->course_day);
	if (!s->grid)
		out->course = ql_course_make(run->grid, run->n_grid);
	out->record = ql_realloc(NULL, (size_t)s->n_patients, sizeof *out->record);
	for (uint64_t i = 0; i < s->n_patients; i++)
		blank_record(&out->record[i]);
	run->worker = ql_alloc_aligned((size_t)run->n_worker, sizeof *run->worker);
	for (int i = 0; i < run->n_worker; i++)
		run->worker[i].run = run;
}

static enum quell_status body(void *arg)
{
	struct arm_run *run = arg;
	prepare(run);
	enum quell_status status = ql_pool_run(run->n_worker, work, run);
	if (status == QUELL_OK && cancelled(run->spec) && run->done < run->spec->n_patients)
		return QUELL_ERR_INTERRUPTED;
	return status;
}

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

enum quell_status ql_arm_run(const struct ql_arm_spec *spec, struct ql_diags *ds, struct ql_arm_result *out)
{
	(void)ds;
	*out = (struct ql_arm_result){0};
	struct arm_run run = {.spec = spec, .out = out, .n_worker = spec->threads};
	if (run.n_worker < 1)
		run.n_worker = ql_cpu_count();
	if ((uint64_t)run.n_worker > spec->n_patients)
		run.n_worker = (int)spec->n_patients;
	ql_trial_names_find(spec->plan, &run.names);
	pthread_mutex_init(&run.progress_lock, NULL);
	enum quell_status status = ql_protect(body, &run);
	out->n_done = run.done;
	out->n_failed = run.failed;
	for (int i = 0; run.worker && i < run.n_worker; i++) {
		add_stats(&out->stats, &run.worker[i].stats);
		free_worker(&run.worker[i]);
	}
	ql_free_aligned(run.worker);
	ql_values_free(&run.base);
	ql_free(run.atol);
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
