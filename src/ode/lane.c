/* SPDX-License-Identifier: Apache-2.0 */
#include "ode/lane.h"
#include <math.h>

enum quell_status ql_outcome_status(enum ql_outcome o) { return o == QL_OVER ? QUELL_OK : QUELL_SOLVE_EVENTS; }

bool ql_lane_is_finite(const struct ql_lane *l, int n_state)
{
	double bad = 0;
	for (int i = 0; i < n_state; i++)
		bad += l->y[i * l->stride] - l->y[i * l->stride];
	return bad == 0;
}

static bool too_many(const struct ql_lane_care *c, struct ql_lane *l)
{
	return ++l->events > (c->max_events > 0 ? c->max_events : 10000000);
}

static enum ql_outcome fire(const struct ql_lane_care *c, struct ql_lane *l, int which, enum ql_next *next)
{
	c->stats->triggers++;
	if (too_many(c, l))
		return QL_OVER_EVENTS;
	*next = c->client->trigger(c->client->ctx, l, which);
	return *next == QL_FINISHED ? QL_OVER : QL_READY;
}

/* Fires what rose since g0, and again after each change that makes more rise. */
static enum ql_outcome fire_risen(const struct ql_lane_care *c, struct ql_lane *l, double *g0, bool *changed)
{
	const double *now = NULL;
	for (int j = 0; j < c->n_trig; j++) {
		if (!now)
			now = c->triggers(c->engine, l);
		const int at = j * l->stride;
		const bool rose = g0[at] <= 0 && now[at] > 0;
		g0[at] = now[at];
		if (!rose)
			continue;
		enum ql_next next;
		enum ql_outcome o = fire(c, l, j, &next);
		if (o != QL_READY)
			return o;
		now = NULL;
		if (next == QL_CHANGED) {
			*changed = true;
			j = -1;
		}
	}
	return QL_READY;
}

enum ql_outcome ql_lane_stop(const struct ql_lane_care *c, struct ql_lane *l, double *g0, bool *changed)
{
	c->stats->stops++;
	if (too_many(c, l))
		return QL_OVER_EVENTS;
	enum ql_next next = c->client->stop(c->client->ctx, l);
	if (next == QL_FINISHED)
		return QL_OVER;
	if (next == QL_GO_ON)
		return QL_READY;
	*changed = true;
	return fire_risen(c, l, g0, changed);
}

enum ql_outcome ql_lane_trigger(const struct ql_lane_care *c, struct ql_lane *l, int which, double *g0, bool *changed)
{
	enum ql_next next;
	enum ql_outcome o = fire(c, l, which, &next);
	if (o != QL_READY)
		return o;
	*changed = *changed || next == QL_CHANGED;
	return fire_risen(c, l, g0, changed); /* others may have risen at the same moment */
}

enum ql_outcome ql_lane_settle(const struct ql_lane_care *c, struct ql_lane *l, double *g0, bool *changed)
{
	enum ql_outcome o = QL_READY;
	while (o == QL_READY) {
		bool stop = !(l->t_stop > l->t);
		if (l->t_sample <= l->t) {
			stop = c->sample(c->engine, l) != QL_GO_ON;
			if (!(l->t_sample > l->t))
				l->t_sample = INFINITY;
			if (!stop)
				continue;
		}
		if (!stop)
			break;
		o = ql_lane_stop(c, l, g0, changed);
	}
	return o;
}
