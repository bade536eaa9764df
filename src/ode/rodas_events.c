/* SPDX-License-Identifier: Apache-2.0 */
/* Looking inside a step: triggers by root finding, and samples, both on the dense output. */
#include "ode/rodas_work.h"
#include <float.h>
#include <math.h>
#include <string.h>

#define ROOT_TOLERANCE 1e-13 /* of the step */
#define ROOT_TRIES 100

/* A stretch of the step, in theta, at whose end some trigger is up that was not up at its start. */
struct bracket {
	double a, b;
	double ga, gb; /* weights of regula falsi */
	int side, tries;
	bool open;
};

static bool has(uint32_t lanes, int lane) { return lanes >> lane & 1; }

void ql_rodas_trigger_values(struct ql_ode_work *w, const double *y, const double *t, double *g)
{
	const struct ql_kernel *k = w->kernel;
	k->trig(k->self, t, y, w->p, w->k, g);
}

static void point_at(struct ql_ode_work *w, int lane, double theta)
{
	w->theta[lane] = theta;
	w->ts[lane] = theta < 1 ? fma(theta, w->h[lane], w->t[lane]) : w->end[lane].t;
}

static void triggers_at_points(struct ql_ode_work *w, double *g)
{
	w->ops->dense(w);
	ql_rodas_trigger_values(w, w->ys, w->ts, g);
}

static bool rises(const struct ql_ode_work *w, const double *a, const double *b, int lane)
{
	for (int j = 0; j < w->kernel->n_trig; j++)
		if (a[j * w->W + lane] <= 0 && b[j * w->W + lane] > 0)
			return true;
	return false;
}

static void copy_lane(const struct ql_ode_work *w, double *to, const double *from, int lane)
{
	for (int j = 0; j < w->kernel->n_trig; j++)
		to[j * w->W + lane] = from[j * w->W + lane];
}

static void open_bracket(struct ql_ode_work *w, int lane, double a, const double *ga, double b, const double *gb,
			 struct bracket *br)
{
	copy_lane(w, w->ga, ga, lane);
	copy_lane(w, w->gb, gb, lane);
	*br = (struct bracket){.a = a, .b = b, .ga = NAN, .gb = NAN, .open = true};
}

/* Where a parabola through neighbouring looks says that a trigger crosses between them although no look saw it. */
static bool suspect_between(const struct ql_ode_work *w, int lane, double *theta)
{
	for (int j = 0; j < w->kernel->n_trig; j++) {
		const int at = j * w->W + lane;
		const bool up = w->g[0][at] > 0;
		for (int i = 1; i <= QL_LOOKS; i++) {
			double l = w->g[i - 1][at], m = w->g[i][at], r = w->g[i + 1][at];
			double slope = 0.5 * (r - l), bend = l - 2 * m + r, x = -slope / bend;
			if (fabs(x) < 1 && (l > 0) == up && (m > 0) == up && (r > 0) == up &&
			    (m + 0.5 * slope * x > 0) != up) {
				*theta = (i + x) * (1.0 / (QL_LOOKS + 1));
				return true;
			}
		}
	}
	return false;
}

/* First stretch between looks in which something rises; `extra` is one more look, at a place of its own. */
static void bracket_between_looks(struct ql_ode_work *w, int lane, double extra, struct bracket *br)
{
	const double *before = w->g[0];
	double a = 0;
	for (int i = 1; i <= QL_LOOKS + 1 && !br->open; i++) {
		double b = i * (1.0 / (QL_LOOKS + 1));
		if (extra > a && extra < b) {
			if (rises(w, before, w->gs, lane)) {
				open_bracket(w, lane, a, before, extra, w->gs, br);
				return;
			}
			before = w->gs;
			a = extra;
		}
		if (rises(w, before, w->g[i], lane))
			open_bracket(w, lane, a, before, b, w->g[i], br);
		before = w->g[i];
		a = b;
	}
}

/* Evaluates interior points of the step for the lanes that may hide a crossing. */
static void look_inside(struct ql_ode_work *w, uint32_t lanes, struct bracket *br)
{
	double extra[QL_MAX_LANES];
	bool any = false;
	for (int i = 1; i <= QL_LOOKS; i++) {
		for (int l = 0; l < w->W; l++)
			point_at(w, l, i * (1.0 / (QL_LOOKS + 1)));
		triggers_at_points(w, w->g[i]);
	}
	for (int l = 0; l < w->W; l++) {
		extra[l] = -1;
		if (has(lanes, l) && suspect_between(w, l, &extra[l])) {
			any = true;
			point_at(w, l, extra[l]);
		}
	}
	if (any)
		triggers_at_points(w, w->gs);
	for (int l = 0; l < w->W; l++)
		if (has(lanes, l))
			bracket_between_looks(w, l, extra[l], &br[l]);
}

/* The highest trigger among those that rise in the bracket, at one of its ends. */
static double highest(const struct ql_ode_work *w, int lane, const double *g)
{
	double top = -INFINITY;
	for (int j = 0; j < w->kernel->n_trig; j++) {
		const int at = j * w->W + lane;
		if (w->ga[at] <= 0 && w->gb[at] > 0)
			top = fmax(top, g[at]);
	}
	return top;
}

/* Next point of a bracket by the Illinois form of regula falsi, with a bisection every fourth time. */
static double next_point(const struct ql_ode_work *w, int lane, struct bracket *br)
{
	if (!(br->ga <= 0))
		br->ga = highest(w, lane, w->ga);
	if (!(br->gb > 0))
		br->gb = highest(w, lane, w->gb);
	const double width = br->b - br->a, margin = 0.4 * ROOT_TOLERANCE;
	double x = br->b - br->gb * width / (br->gb - br->ga);
	if (++br->tries % 4 == 0 || !(x >= br->a && x <= br->b))
		x = br->a + 0.5 * width;
	return fmin(fmax(x, br->a + margin), br->b - margin);
}

static void narrow(struct ql_ode_work *w, int lane, struct bracket *br)
{
	const double x = w->theta[lane];
	if (rises(w, w->ga, w->gs, lane)) {
		copy_lane(w, w->gb, w->gs, lane);
		br->b = x;
		br->gb = NAN;
		br->ga = br->side > 0 ? 0.5 * br->ga : highest(w, lane, w->ga);
		br->side = 1;
	} else {
		copy_lane(w, w->ga, w->gs, lane);
		br->a = x;
		br->ga = NAN;
		br->gb = br->side < 0 ? 0.5 * br->gb : highest(w, lane, w->gb);
		br->side = -1;
	}
}

static bool narrow_enough(const struct ql_ode_work *w, int lane, const struct bracket *br)
{
	double width = br->b - br->a;
	return width <= ROOT_TOLERANCE || br->tries >= ROOT_TRIES ||
	       width * w->h[lane] <= DBL_EPSILON * fabs(w->t[lane]);
}

/* The step ends where the bracket closed. The trigger that fires counts as up; others that rise with it are left
 * as they were before, so that they are seen to rise afterwards. */
static void end_at_root(struct ql_ode_work *w, int lane, const struct bracket *br)
{
	struct ql_lane_end *end = &w->end[lane];
	end->theta = br->b;
	end->t = br->b < 1 ? fma(br->b, w->h[lane], w->t[lane]) : end->t;
	copy_lane(w, w->g[0], w->ga, lane);
	for (int j = 0; j < w->kernel->n_trig && end->trigger < 0; j++) {
		const int at = j * w->W + lane;
		if (w->ga[at] <= 0 && w->gb[at] > 0) {
			end->trigger = j;
			w->g[0][at] = w->gb[at];
		}
	}
}

static void close_brackets(struct ql_ode_work *w, struct bracket *br)
{
	for (bool busy = true; busy;) {
		busy = false;
		for (int l = 0; l < w->W; l++)
			if (br[l].open && narrow_enough(w, l, &br[l])) {
				end_at_root(w, l, &br[l]);
				br[l].open = false;
			} else if (br[l].open) {
				point_at(w, l, next_point(w, l, &br[l]));
				busy = true;
			}
		if (!busy)
			return;
		triggers_at_points(w, w->gs);
		for (int l = 0; l < w->W; l++)
			if (br[l].open)
				narrow(w, l, &br[l]);
	}
}

void ql_rodas_find_triggers(struct ql_ode_work *w, uint32_t accepted)
{
	struct bracket br[QL_MAX_LANES];
	double *g1 = w->g[QL_LOOKS + 1];
	uint32_t inside = 0;
	bool any = false;
	for (int l = 0; l < w->W; l++) {
		w->ts[l] = has(accepted, l) ? w->end[l].t : w->t[l];
		br[l].open = false;
	}
	ql_rodas_trigger_values(w, w->u, w->ts, g1);
	w->ops->watch(w);
	for (int l = 0; l < w->W; l++)
		if (has(accepted, l) && w->hides[l])
			inside |= UINT32_C(1) << l;
	if (inside)
		look_inside(w, inside, br);
	for (int l = 0; l < w->W; l++) {
		if (has(accepted & ~inside, l) && w->rose[l])
			open_bracket(w, l, 0, w->g[0], 1, g1, &br[l]);
		any |= br[l].open;
		w->mask[l] = has(accepted, l) && !br[l].open ? -1 : 0;
	}
	w->ops->pass_on(w);
	if (any)
		close_brackets(w, br);
}

/* Hands one sample to the client from ys and out. */
static enum ql_next deliver(struct ql_ode_work *w, int lane, double t)
{
	const enum ql_wants wants = w->opts->wants;
	const int W = w->W;
	if (wants != QL_WANT_OUTPUTS)
		for (int i = 0; i < w->n; i++)
			w->row[i] = w->ys[i * W + lane];
	if (wants != QL_WANT_STATES)
		for (int i = 0; i < w->n_out; i++)
			w->row_out[i] = w->out[i * W + lane];
	return w->client->sample(w->client->ctx, &w->lane[lane], t, wants != QL_WANT_OUTPUTS ? w->row : NULL,
				 wants != QL_WANT_STATES ? w->row_out : NULL);
}

static void outputs(struct ql_ode_work *w, const double *y)
{
	const struct ql_kernel *k = w->kernel;
	if (k->n_out > 0 && w->opts->wants != QL_WANT_STATES)
		k->out(k->self, w->ts, y, w->p, w->k, w->out);
}

static uint32_t waiting(struct ql_ode_work *w, uint32_t accepted)
{
	uint32_t lanes = 0;
	for (int l = 0; l < w->W; l++) {
		const double ts = w->lane[l].t_sample;
		if (!has(accepted, l) || w->end[l].set_back || !(ts <= w->end[l].t))
			continue;
		lanes |= UINT32_C(1) << l;
		w->ts[l] = ts;
		const double theta = ts < w->end[l].t ? (ts - w->t[l]) / w->h[l] : w->end[l].theta;
		w->theta[l] = theta < w->end[l].theta ? theta : w->end[l].theta;
	}
	return lanes;
}

void ql_rodas_samples(struct ql_ode_work *w, uint32_t accepted)
{
	for (uint32_t lanes; (lanes = waiting(w, accepted));) {
		w->ops->dense(w);
		outputs(w, w->ys);
		for (int l = 0; l < w->W; l++) {
			if (!has(lanes, l))
				continue;
			const double t = w->ts[l];
			if (deliver(w, l, t) != QL_GO_ON)
				w->end[l] = (struct ql_lane_end){t, w->theta[l], -1, true};
			if (!(w->lane[l].t_sample > t))
				w->lane[l].t_sample = INFINITY;
		}
	}
}

enum ql_next ql_rodas_sample_now(struct ql_ode_work *w, int lane)
{
	memcpy(w->ts, w->t, (size_t)w->W * sizeof(double));
	outputs(w, w->y);
	for (int at = lane; at < w->n * w->W; at += w->W)
		w->ys[at] = w->y[at];
	return deliver(w, lane, w->t[lane]);
}
