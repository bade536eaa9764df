/* SPDX-License-Identifier: Apache-2.0 */
/* `compare`: the tables of a comparison. */
#include "api/simulation.h"
#include "decide/compare_json.h"
#include <math.h>
#include <string.h>

static const char *const interval_kind[] = {"monte_carlo", "parameter", "trial"};

static void regimens(struct ql_run *r, const struct ql_compare *c)
{
	struct ql_table *t = ql_run_add_table(r, "regimens", c->n_arm);
	int id = ql_table_text(t, "regimen", ""), title = ql_table_text(t, "title", ""),
	    grade = ql_table_text(t, "evidence_grade", "A phase 3 in CLL to D no clinical data in CLL"),
	    warning = ql_table_text(t, "warning", "");
	int64_t *done = ql_table_ints(t, "patients_done", "", ""), *failed = ql_table_ints(t, "patients_failed", "", "");
	int kernel = ql_table_text(t, "kernel", "");
	int64_t *state = ql_table_ints(t, "n_state", "", "states of the pruned model");
	for (int a = 0; a < c->n_arm; a++) {
		const struct ql_arm *arm = &c->arm[a];
		const char letter[2] = {arm->evidence_grade, 0};
		ql_table_text_add(t, id, arm->id);
		ql_table_text_add(t, title, arm->title);
		ql_table_text_add(t, grade, letter);
		ql_table_text_add(t, warning, arm->warning);
		done[a] = (int64_t)arm->patients_done;
		failed[a] = (int64_t)arm->patients_failed;
		ql_table_text_add(t, kernel, arm->kernel);
		state[a] = arm->n_state;
	}
}

static void endpoints(struct ql_run *r, const struct ql_compare *c)
{
	int64_t n = 0, k = 0;
	for (int a = 0; a < c->n_arm; a++)
		n += c->arm[a].n_endpoint;
	struct ql_table *t = ql_run_add_table(r, "endpoints", n);
	int regimen = ql_table_text(t, "regimen", ""), id = ql_table_text(t, "endpoint", ""), title = ql_table_text(t, "title", ""),
	    unit = ql_table_text(t, "unit", "of estimate, limits and published figure");
	double *estimate = ql_table_doubles(t, "estimate", "", "in `unit`"), *lower = ql_table_doubles(t, "lower", "", "in `unit`"),
	       *upper = ql_table_doubles(t, "upper", "", "in `unit`"), *level = ql_table_doubles(t, "level", "1", "of the interval");
	int interval = ql_table_text(t, "interval", "monte_carlo: how far the number of patients leaves the figure open");
	double *published = ql_table_doubles(t, "published", "", "in `unit`"),
	       *published_lower = ql_table_doubles(t, "published_lower", "", "in `unit`"),
	       *published_upper = ql_table_doubles(t, "published_upper", "", "in `unit`");
	int trial = ql_table_text(t, "published_trial", ""), source = ql_table_text(t, "published_source", "");
	for (int a = 0; a < c->n_arm; a++)
		for (int i = 0; i < c->arm[a].n_endpoint; i++, k++) {
			const struct ql_endpoint *e = &c->arm[a].endpoint[i];
			const struct ql_published none = {.value = NAN, .lower = NAN, .upper = NAN},
						  *p = e->n_published ? &e->published[0] : &none;
			ql_table_text_add(t, regimen, c->arm[a].id);
			ql_table_text_add(t, id, e->id);
			ql_table_text_add(t, title, e->title);
			ql_table_text_add(t, unit, e->unit);
			estimate[k] = e->estimate;
			lower[k] = e->lower;
			upper[k] = e->upper;
			level[k] = e->level;
			ql_table_text_add(t, interval, interval_kind[e->kind]);
			published[k] = p->value;
			published_lower[k] = p->lower;
			published_upper[k] = p->upper;
			ql_table_text_add(t, trial, p->trial);
			ql_table_text_add(t, source, p->source);
		}
}

static void published(struct ql_run *r, const struct ql_compare *c)
{
	int64_t n = 0, k = 0;
	for (int a = 0; a < c->n_arm; a++)
		for (int i = 0; i < c->arm[a].n_endpoint; i++)
			n += c->arm[a].endpoint[i].n_published;
	struct ql_table *t = ql_run_add_table(r, "published", n);
	int regimen = ql_table_text(t, "regimen", ""), endpoint = ql_table_text(t, "endpoint", ""),
	    unit = ql_table_text(t, "unit", ""), trial = ql_table_text(t, "trial", ""),
	    arm = ql_table_text(t, "arm", "name of the regimen in the evidence"), population = ql_table_text(t, "population", "");
	double *value = ql_table_doubles(t, "value", "", "in `unit`"), *lower = ql_table_doubles(t, "lower", "", "in `unit`"),
	       *upper = ql_table_doubles(t, "upper", "", "in `unit`");
	int source = ql_table_text(t, "source", "publication"), verified = ql_table_text(t, "verified", "read in a source, or recalled");
	for (int a = 0; a < c->n_arm; a++)
		for (int i = 0; i < c->arm[a].n_endpoint; i++)
			for (int j = 0; j < c->arm[a].endpoint[i].n_published; j++, k++) {
				const struct ql_published *p = &c->arm[a].endpoint[i].published[j];
				ql_table_text_add(t, regimen, c->arm[a].id);
				ql_table_text_add(t, endpoint, c->arm[a].endpoint[i].id);
				ql_table_text_add(t, unit, c->arm[a].endpoint[i].unit);
				ql_table_text_add(t, trial, p->trial);
				ql_table_text_add(t, arm, p->arm);
				ql_table_text_add(t, population, p->population);
				value[k] = p->value;
				lower[k] = p->lower;
				upper[k] = p->upper;
				ql_table_text_add(t, source, p->source);
				ql_table_text_add(t, verified, p->verified ? "yes" : "no");
			}
}

static void curves(struct ql_run *r, const struct ql_compare *c)
{
	int64_t n = 0, k = 0;
	for (int a = 0; a < c->n_arm; a++)
		for (int i = 0; i < c->arm[a].n_curve; i++)
			n += c->arm[a].curve[i].n;
	struct ql_table *t = ql_run_add_table(r, "curves", n);
	int regimen = ql_table_text(t, "regimen", ""), id = ql_table_text(t, "curve", "");
	double *month = ql_table_doubles(t, "month", "month", "30.4375 days each"), *surv = ql_table_doubles(t, "surv", "1", "Kaplan-Meier"),
	       *lower = ql_table_doubles(t, "lower", "1", "95 %"), *upper = ql_table_doubles(t, "upper", "1", "95 %");
	int64_t *at_risk = ql_table_ints(t, "at_risk", "", "just before"), *events = ql_table_ints(t, "events", "", "up to that month"),
		*censored = ql_table_ints(t, "censored", "", "up to that month");
	for (int a = 0; a < c->n_arm; a++)
		for (int i = 0; i < c->arm[a].n_curve; i++) {
			const struct ql_curve *x = &c->arm[a].curve[i];
			for (int d = 0; d < x->n; d++, k++) {
				ql_table_text_add(t, regimen, c->arm[a].id);
				ql_table_text_add(t, id, x->id);
				month[k] = x->month[d];
				surv[k] = x->surv[d];
				lower[k] = x->lower[d];
				upper[k] = x->upper[d];
				at_risk[k] = (int64_t)x->at_risk[d];
				events[k] = (int64_t)x->events[d];
				censored[k] = (int64_t)x->censored[d];
			}
		}
}

static void courses(struct ql_run *r, const struct ql_compare *c)
{
	static const char *const name[] = {"q05", "q25", "q50", "q75", "q95"};
	int64_t n = 0, k = 0;
	for (int a = 0; a < c->n_arm; a++)
		for (int i = 0; i < c->arm[a].n_course; i++)
			n += c->arm[a].course[i].n;
	struct ql_table *t = ql_run_add_table(r, "courses", n);
	int regimen = ql_table_text(t, "regimen", ""), output = ql_table_text(t, "output", ""),
	    unit = ql_table_text(t, "unit", "of the quantiles");
	double *day = ql_table_doubles(t, "day", "day", "since the start of treatment"), *q[5];
	for (int j = 0; j < 5; j++)
		q[j] = ql_table_doubles(t, name[j], "", "quantile over patients still followed, in `unit`");
	for (int a = 0; a < c->n_arm; a++)
		for (int i = 0; i < c->arm[a].n_course; i++) {
			const struct ql_course *x = &c->arm[a].course[i];
			const double *from[5] = {x->q05, x->q25, x->q50, x->q75, x->q95};
			for (int d = 0; d < x->n; d++, k++) {
				ql_table_text_add(t, regimen, c->arm[a].id);
				ql_table_text_add(t, output, x->output);
				ql_table_text_add(t, unit, x->unit);
				day[k] = x->day[d];
				for (int j = 0; j < 5; j++)
					q[j][k] = from[j][d];
			}
		}
}

static void contrasts(struct ql_run *r, const struct ql_compare *c)
{
	static const char *const name[] = {"difference", "lower", "upper", "p_ahead", "hazard_ratio", "hr_lower", "hr_upper"};
	struct ql_table *t = ql_run_add_table(r, "contrasts", c->n_contrast);
	int a = ql_table_text(t, "a", "regimen"), b = ql_table_text(t, "b", "regimen"), endpoint = ql_table_text(t, "endpoint", "");
	double *x[7];
	for (int j = 0; j < 7; j++)
		x[j] = ql_table_doubles(t, name[j], "", j == 3 ? "share who do better under a, of those who differ" : "a against b");
	for (int i = 0; i < c->n_contrast; i++) {
		const struct ql_contrast *k = &c->contrast[i];
		const double from[7] = {k->difference, k->lower, k->upper, k->p_ahead, k->hazard_ratio, k->hr_lower, k->hr_upper};
		ql_table_text_add(t, a, c->arm[k->arm_a].id);
		ql_table_text_add(t, b, c->arm[k->arm_b].id);
		ql_table_text_add(t, endpoint, k->endpoint);
		for (int j = 0; j < 7; j++)
			x[j][i] = from[j];
	}
}

struct fill {
	struct ql_run *r;
	const struct ql_compare *c;
};

static enum quell_status fill(void *arg)
{
	struct fill *f = arg;
	regimens(f->r, f->c);
	endpoints(f->r, f->c);
	published(f->r, f->c);
	curves(f->r, f->c);
	courses(f->r, f->c);
	contrasts(f->r, f->c);
	ql_compare_json(f->c, &f->r->json);
	return QUELL_OK;
}

enum quell_status ql_api_compare(struct ql_run *r)
{
	struct ql_run_spec spec;
	struct ql_compare *c = NULL;
	enum quell_status s = ql_api_run_spec(r, &spec);
	if (s != QUELL_OK)
		return s;
	s = ql_compare_run(&spec, &r->ds, &c);
	struct fill f = {r, c};
	if (s == QUELL_OK)
		s = ql_protect(fill, &f);
	if (s == QUELL_OK && c->interrupted)
		s = QUELL_ERR_INTERRUPTED;
	ql_compare_free(c);
	return s;
}
