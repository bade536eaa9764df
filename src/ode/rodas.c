/* SPDX-License-Identifier: Apache-2.0 */
/* The integrator's driver: lanes, their patients, stops and ends. */
#include "ode/rodas_work.h"
#include <float.h>
#include <math.h>
#include <string.h>

static const struct ql_rodas_ops *best_ops(int width)
{
	const struct ql_rodas_ops *ops = NULL;
#if defined(__x86_64__)
	__builtin_cpu_init();
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
	    __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw"))
		ops = ql_rodas_ops_v4(width);
	if (!ops && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2"))
		ops = ql_rodas_ops_v3(width);
#endif
	return ops ? ops : ql_rodas_ops_generic(width);
}

/* Hands out pieces of the block; with base NULL it only counts. Pieces are kept from starting at the same place of
 * a page, where eight of them would push each other out of the first-level cache. */
struct cutter {
	char *base;
	size_t used;
	int piece;
};

static double *cut(struct cutter *c, size_t count)
{
	c->used += (size_t)(c->piece++ % 8) * 64;
	double *p = c->base ? (double *)(void *)(c->base + c->used) : NULL;
	c->used += (count * sizeof(double) + 63) & ~(size_t)63;
	return p;
}

static size_t lay_out(struct ql_ode_work *w, const struct ql_kernel *k, char *base)
{
	const size_t W = (size_t)k->width, n = (size_t)k->n_state * W, nt = (size_t)k->n_trig * W;
	struct cutter c = {base, (sizeof *w + 63) & ~(size_t)63, 0};
	w->y = cut(&c, n);
	w->u = cut(&c, n);
	for (int i = 0; i < QL_RODAS_STAGES; i++)
		w->U[i] = cut(&c, n);
	w->f = cut(&c, n);
	w->ft = cut(&c, n);
	w->ys = cut(&c, n);
	for (int i = 0; i < QL_RODAS_DENSE; i++)
		w->D[i] = cut(&c, n);
	w->lu = cut(&c, (size_t)k->n_lu * W);
	w->p = cut(&c, (size_t)k->n_p * W);
	w->out = cut(&c, (size_t)k->n_out * W);
	for (int i = 0; i < QL_LOOKS + 2; i++)
		w->g[i] = cut(&c, nt);
	w->gs = cut(&c, nt);
	w->ga = cut(&c, nt);
	w->gb = cut(&c, nt);
	w->g_move = cut(&c, nt);
	w->row = cut(&c, (size_t)k->n_state);
	w->row_out = cut(&c, (size_t)k->n_out);
	double **per_lane[] = {&w->t, &w->h, &w->ts, &w->theta, &w->err, &w->bad, &w->shift};
	for (size_t i = 0; i < sizeof per_lane / sizeof *per_lane; i++)
		*per_lane[i] = cut(&c, W);
	int64_t **masks[] = {&w->mask, &w->rose, &w->hides};
	for (size_t i = 0; i < sizeof masks / sizeof *masks; i++)
		*masks[i] = (int64_t *)(void *)cut(&c, W);
	return c.used;
}

struct making {
	const struct ql_kernel *k;
	struct ql_ode_work *w;
};

static enum quell_status make(void *arg)
{
	struct making *m = arg;
	const struct ql_rodas_ops *ops = best_ops(m->k->width);
	if (!ops)
		return QUELL_ERR_UNSUPPORTED;
	struct ql_ode_work probe;
	struct ql_ode_work *w = ql_alloc_aligned(lay_out(&probe, m->k, NULL), 1);
	lay_out(w, m->k, (char *)w);
	w->ops = ops;
	w->W = m->k->width;
	w->n = m->k->n_state;
	w->n_p = m->k->n_p;
	w->n_lu = m->k->n_lu;
	w->n_out = m->k->n_out;
	w->n_trig = m->k->n_trig;
	m->w = w;
	return QUELL_OK;
}

enum quell_status ql_ode_work_make(const struct ql_kernel *k, struct ql_ode_work **out)
{
	struct making m = {k, NULL};
	enum quell_status s = ql_protect(make, &m);
	*out = m.w;
	return s;
}

void ql_ode_work_free(struct ql_ode_work *w) { ql_free_aligned(w); }

static const double *triggers_now(void *engine, struct ql_lane *l)
{
	struct ql_ode_work *w = engine;
	ql_rodas_trigger_values(w, w->y, w->t, w->gs);
	return w->gs + l->index;
}

static enum ql_next sample_now(void *engine, struct ql_lane *l)
{
	struct ql_ode_work *w = engine;
	return ql_rodas_sample_now(w, l->index);
}

static void start_trigger_values(struct ql_ode_work *w, int lane)
{
	if (w->n_trig == 0)
		return;
	ql_rodas_trigger_values(w, w->y, w->t, w->gs);
	for (int at = lane; at < w->n_trig * w->W; at += w->W)
		w->g[0][at] = w->gs[at];
}

static bool fetch(struct ql_ode_work *w, int lane)
{
	struct ql_lane *l = &w->lane[lane];
	if (w->drained)
		return false;
	*l = (struct ql_lane){.index = lane, .stride = w->W, .y = w->y + lane, .p = w->p + lane,
			      .t_stop = INFINITY, .t_sample = INFINITY};
	if (!w->client->fetch(w->client->ctx, l)) {
		w->drained = true;
		return false;
	}
	w->state[lane] = (struct ql_lane_state){.active = true, .fresh = true};
	w->t[lane] = l->t;
	for (int at = lane; at < w->n_trig * w->W; at += w->W)
		w->g_move[at] = INFINITY;
	return true;
}

static void tell_end(struct ql_ode_work *w, int lane, enum quell_status why)
{
	struct ql_lane *l = &w->lane[lane];
	w->stats.patients++;
	w->stats.failed += why != QUELL_OK;
	w->stats.steps += l->steps;
	w->stats.rejected += l->rejected;
	w->state[lane].active = false;
	w->client->finished(w->client->ctx, l, why);
}

/* An empty lane goes on computing; it borrows a harmless state so that it does so at full speed. */
static void idle(struct ql_ode_work *w, int lane)
{
	w->h[lane] = 1;
	for (int i = 0; i < w->n; i++)
		if (!isfinite(w->y[i * w->W + lane]))
			w->y[i * w->W + lane] = 0;
}

/* Samples and stops due now; false when the patient is over. */
static bool settle(struct ql_ode_work *w, int lane, enum ql_outcome o, enum quell_status *why)
{
	struct ql_lane *l = &w->lane[lane];
	if (o == QL_READY)
		o = ql_lane_settle(&w->care, l, w->g[0] + lane, &w->state[lane].fresh);
	if (o != QL_READY)
		*why = ql_outcome_status(o);
	else if (w->state[lane].fresh && !ql_lane_is_finite(l, w->n))
		*why = QUELL_SOLVE_NONFINITE;
	else
		return true;
	return false;
}

/* Takes patients from the queue until one is ready to step or the queue is empty. */
static void refill(struct ql_ode_work *w, int lane)
{
	while (fetch(w, lane)) {
		enum quell_status why = QUELL_SOLVE_INIT;
		if (ql_lane_is_finite(&w->lane[lane], w->n) && isfinite(w->lane[lane].t)) {
			start_trigger_values(w, lane);
			if (settle(w, lane, QL_READY, &why))
				return;
		}
		tell_end(w, lane, why);
	}
	idle(w, lane);
}

static void end_lane(struct ql_ode_work *w, int lane, enum quell_status why)
{
	tell_end(w, lane, why);
	refill(w, lane);
}

/* Moves accepted lanes to the end of their step, which may lie inside it. */
static void move(struct ql_ode_work *w, uint32_t accepted)
{
	uint32_t partial = 0;
	for (int l = 0; l < w->W; l++) {
		const bool in = accepted >> l & 1;
		const bool whole = in && w->end[l].theta >= 1;
		w->mask[l] = whole ? -1 : 0;
		if (in && !whole) {
			partial |= UINT32_C(1) << l;
			w->theta[l] = w->end[l].theta;
		}
	}
	if (partial)
		w->ops->dense(w);
	w->ops->take(w);
	for (int l = 0; l < w->W; l++) {
		if (partial >> l & 1)
			for (int i = l; i < w->n * w->W; i += w->W)
				w->y[i] = w->ys[i];
		if (accepted >> l & 1)
			w->t[l] = w->lane[l].t = w->end[l].t;
	}
}

/* Everything due to a lane after its step. */
static void attend(struct ql_ode_work *w, int lane)
{
	const struct ql_lane_end *end = &w->end[lane];
	struct ql_lane *l = &w->lane[lane];
	double *g0 = w->g[0] + lane;
	bool *fresh = &w->state[lane].fresh;
	enum ql_outcome o = QL_READY;
	enum quell_status why;
	if (end->set_back) {
		start_trigger_values(w, lane);
		o = ql_lane_stop(&w->care, l, g0, fresh);
	} else if (end->trigger >= 0) {
		o = ql_lane_trigger(&w->care, l, end->trigger, g0, fresh);
	}
	if (!settle(w, lane, o, &why))
		end_lane(w, lane, why);
}

static void after_step(struct ql_ode_work *w, uint32_t accepted)
{
	w->dense_ready = false;
	for (int l = 0; l < w->W; l++)
		if (accepted >> l & 1)
			w->end[l] = (struct ql_lane_end){
				w->state[l].hits_stop ? w->lane[l].t_stop : w->t[l] + w->h[l], 1, -1, false};
	if (w->n_trig > 0)
		ql_rodas_find_triggers(w, accepted);
	ql_rodas_samples(w, accepted);
	move(w, accepted);
	for (int l = 0; l < w->W; l++)
		if (accepted >> l & 1)
			attend(w, l);
}

static void enforce_step_limit(struct ql_ode_work *w)
{
	const long limit = w->opts->max_steps > 0 ? w->opts->max_steps : 1000000;
	for (int l = 0; l < w->W; l++)
		if (w->state[l].active && w->lane[l].steps + w->lane[l].rejected >= limit)
			end_lane(w, l, QUELL_SOLVE_STEPS);
}

/* One step of all lanes. */
static void step(struct ql_ode_work *w)
{
	const struct ql_kernel *k = w->kernel;
	uint32_t accepted = 0;
	enum quell_status why[QL_MAX_LANES];
	enforce_step_limit(w);
	k->jac(k->self, w->t, w->y, w->p, w->k, k->autonomous ? w->U[0] : w->f, w->ft, w->lu);
	for (int l = 0; l < w->W; l++)
		if (w->state[l].active)
			ql_rodas_choose(w, l);
	w->ops->advance(w);
	w->stats.vector_steps++;
	for (int l = 0; l < w->W; l++) {
		bool ok = false;
		why[l] = w->state[l].active ? ql_rodas_judge(w, l, &ok) : QUELL_OK;
		accepted |= (uint32_t)ok << l;
	}
	if (accepted)
		after_step(w, accepted);
	for (int l = 0; l < w->W; l++)
		if (why[l] != QUELL_OK)
			end_lane(w, l, why[l]);
}

static bool any_active(const struct ql_ode_work *w)
{
	for (int l = 0; l < w->W; l++)
		if (w->state[l].active)
			return true;
	return false;
}

static enum quell_status interrupt(struct ql_ode_work *w)
{
	for (int l = 0; l < w->W; l++)
		if (w->state[l].active)
			tell_end(w, l, QUELL_ERR_INTERRUPTED);
	return QUELL_ERR_INTERRUPTED;
}

static bool fits(const struct ql_ode_work *w, const struct ql_kernel *k)
{
	return k->width == w->W && k->n_state == w->n && k->n_p == w->n_p && k->n_lu == w->n_lu &&
	       k->n_out == w->n_out && k->n_trig == w->n_trig;
}

enum quell_status ql_ode_run(const struct ql_kernel *kernel, const double *k, const struct ql_ode_opts *opts,
			     const struct ql_ode_client *client, struct ql_ode_work *w, struct ql_ode_stats *stats)
{
	if (!fits(w, kernel) || !(opts->rtol > 0))
		return QUELL_ERR_USAGE;
	w->kernel = kernel;
	w->k = k;
	w->opts = opts;
	w->client = client;
	w->table = opts->method == QL_RODAS4 ? &ql_rodas4 : &ql_rodas5p;
	w->stats = (struct ql_ode_stats){0};
	w->care = (struct ql_lane_care){w, client, &w->stats, opts->max_events, w->n_trig, triggers_now, sample_now};
	w->drained = false;
	enum quell_status status = QUELL_OK;
	for (int l = 0; l < w->W; l++)
		refill(w, l);
	while (status == QUELL_OK && any_active(w)) {
		if (opts->cancel && *opts->cancel)
			status = interrupt(w);
		else
			step(w);
	}
	if (stats)
		*stats = w->stats;
	return status;
}
