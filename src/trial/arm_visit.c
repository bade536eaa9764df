/* SPDX-License-Identifier: Apache-2.0 */
/* What visits see, and what is judged there. */
#include "base/rng.h"
#include "trial/arm_private.h"
#include "trial/rules.h"
#include <math.h>

void ql_live_count_course(const struct arm_run *run, struct live *l, const double *out)
{
	for (int a = 0; a < ql_course_axis_count && run->out->course; a++) {
		int o = run->names.axis[a];
		l->bin[a][l->next_grid] = (uint16_t)(o < 0 ? QL_COURSE_SKIP : ql_course_bin(a, out[o]));
	}
	l->next_grid++;
}

void ql_live_observe(const struct arm_run *run, const struct live *l, double t, unsigned at, const double *out)
{
	if (run->spec->observe && at)
		run->spec->observe(run->spec->observe_ctx, l->id, t, at, out);
}

static double output(const double *out, int index) { return index < 0 ? NAN : out[index]; }

void ql_live_read(const struct arm_run *run, const struct ql_lane *lane, double day, const double *out,
		  struct ql_reading *r)
{
	const struct ql_trial_names *n = &run->names;
	*r = (struct ql_reading){.day = day, .alc = output(out, n->alc), .spd = output(out, n->spd),
				 .diameter = output(out, n->node_diameter), .spleen = output(out, n->spleen_length),
				 .marrow = output(out, n->marrow_fraction), .anc = output(out, n->anc),
				 .hb = output(out, n->haemoglobin), .plt = output(out, n->platelets)};
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
	if (l->record->anc_nadir < (float)QL_ANC_GRADE3 && !(l->record->neutropenia_day < INFINITY))
		l->record->neutropenia_day = (float)t;
}

static float measured_mrd(const struct arm_run *run, const struct live *l, const char *stream, double share,
			  uint64_t ordinal)
{
	double z = ql_quantile_normal(ql_live_uniform(run, l, stream, ordinal));
	double seen = share * ql_pow(10.0, QL_MRD_NOISE_LOG10 * z);
	return (float)(seen < QL_MRD_FLOOR ? QL_MRD_FLOOR : seen);
}

static void judge_mrd(const struct arm_run *run, struct live *l, const double *out)
{
	if (run->names.mrd_blood >= 0)
		l->record->mrd_blood_eot = measured_mrd(run, l, "mrd.noise.blood", out[run->names.mrd_blood], 0);
	if (run->names.mrd_marrow >= 0)
		l->record->mrd_marrow_eot = measured_mrd(run, l, "mrd.noise.marrow", out[run->names.mrd_marrow], 0);
}

static void judge_response(const struct arm_run *run, struct live *l, const struct ql_reading *r, const double *out)
{
	enum ql_response response = ql_assess_response(r, &l->baseline, ql_assess_biopsy(r->marrow, l->u_biopsy));
	l->record->response = (unsigned char)(l->evaluable ? response : QL_RESP_NE);
	if (run->spec->n_mrd == 0)
		judge_mrd(run, l, out);
	l->response_pending = false;
}

static double usual_visit_after(const struct arm_run *run, const struct live *l, double t)
{
	if (t < QL_VISIT_EARLY_LAST)
		return t + QL_VISIT_EARLY_DAY;
	if (t < QL_VISIT_LATE_FIRST)
		return QL_VISIT_LATE_FIRST + QL_VISIT_LATE_DAY * ql_live_uniform(run, l, "visit.phase", 0);
	return t + QL_VISIT_LATE_DAY;
}

double ql_live_visit_after(const struct arm_run *run, const struct live *l, double t)
{
	const struct ql_arm_spec *s = run->spec;
	double from = 0.0;
	if (!s->visits)
		return usual_visit_after(run, l, t);
	for (int i = 0; i < s->n_visits; i++) {
		const struct ql_visit_phase *p = &s->visits[i];
		bool last = i == s->n_visits - 1;
		double next = from + p->every_day * (floor((t - from) / p->every_day + 1e-9) + 1.0);
		if (last || next <= p->until_day)
			return fmax(next, from + p->every_day);
		from = p->until_day;
	}
	return INFINITY;
}

double ql_live_visit_day(const struct arm_run *run, const struct live *l, double planned)
{
	const struct ql_arm_spec *s = run->spec;
	if (!s->visits || !(s->window_day > 0.0))
		return planned;
	double reach = fmin(s->window_day, 0.25 * (ql_live_visit_after(run, l, planned) - planned));
	return planned + reach * (2.0 * ql_live_uniform(run, l, "visit.window", (uint64_t)planned) - 1.0);
}

void ql_live_next_visit(const struct arm_run *run, struct live *l, double t)
{
	l->next_visit = ql_live_visit_day(run, l, l->next_regular);
	if (t >= l->next_visit) {
		l->next_regular = ql_live_visit_after(run, l, l->next_regular);
		l->next_visit = ql_live_visit_day(run, l, l->next_regular);
	}
	if (l->response_pending)
		l->next_visit = fmin(l->next_visit, l->response_day);
	if (l->next_mrd < run->spec->n_mrd)
		l->next_visit = fmin(l->next_visit, run->spec->mrd_day[l->next_mrd]);
}

/* Planned assessments that this visit answers for. */
static void assess(const struct arm_run *run, struct live *l, double t, const struct ql_reading *r, const double *out)
{
	const struct ql_arm_spec *s = run->spec;
	double window = s->visits ? s->window_day : 0.0;
	if (l->response_pending && t >= l->response_day - window)
		judge_response(run, l, r, out);
	for (; l->next_mrd < s->n_mrd && t >= s->mrd_day[l->next_mrd] - window; l->next_mrd++)
		if (l->next_mrd == 0)
			judge_mrd(run, l, out);
}

/* True when progression is certain. Lymphocytes or counts alone need a second look, and the day of the first counts. */
static bool progressed(struct live *l, const struct ql_reading *r, double t)
{
	bool on_treatment = t <= l->end_of_treatment + QL_ANC_AFTER_LAST_DOSE;
	unsigned pd = ql_assess_pd(r, &l->nadir, on_treatment);
	if (!pd) {
		l->pd_day = NAN;
		return false;
	}
	if (isnan(l->pd_day))
		l->pd_day = t;
	return pd & (QL_PD_NODES | QL_PD_BY_SPLEEN) || t - l->pd_day >= QL_PD_CONFIRM_DAY - 1e-6;
}

static void read_mrd(const struct arm_run *run, struct live *l, double t, const double *out)
{
	if (run->names.mrd_blood < 0)
		return;
	float seen = measured_mrd(run, l, "mrd.noise.blood", out[run->names.mrd_blood], 1 + (uint64_t)t);
	if (!(l->record->mrd_blood_low <= seen))
		l->record->mrd_blood_low = seen;
}

/* True at progression. */
static bool visit(const struct arm_run *run, struct live *l, struct ql_lane *lane, double t, const double *out)
{
	struct ql_reading r;
	ql_live_read(run, lane, t, out, &r);
	ql_live_quality(run, l, t, out);
	if (!run->spec->fixed_doses && progressed(l, &r, t))
		return true;
	read_mrd(run, l, t, out);
	if (isnan(l->pd_day)) {
		ql_nadir_update(&l->nadir, &r);
		ql_best_add(&l->best, t, ql_assess_response(&r, &l->baseline, ql_assess_biopsy(r.marrow, l->u_biopsy)));
	}
	assess(run, l, t, &r, out);
	ql_live_next_visit(run, l, t);
	if (!isnan(l->pd_day))
		l->next_visit = fmin(l->next_visit, fmax(l->pd_day + QL_PD_CONFIRM_DAY, nextafter(t, INFINITY)));
	return false;
}

/* A later line: nothing but its start and its progression is kept. True at progression. */
static bool later_visit(const struct arm_run *run, struct live *l, const struct ql_lane *lane, double t,
			const double *out)
{
	struct ql_reading r;
	ql_live_read(run, lane, t - l->start_day, out, &r);
	ql_live_quality(run, l, t, out);
	if (l->begun && ql_assess_progression(&r, &l->nadir))
		return true;
	if (l->begun) {
		ql_nadir_update(&l->nadir, &r);
	} else if (t >= l->start_day) {
		l->begun = true;
		ql_nadir_start(&l->nadir, &r);
		l->record->n_line = l->n_path;
		l->record->line[l->n_path - 1] = (uint8_t)(l->path[l->n_path - 1] + 1);
		if (l->n_path == 1)
			l->record->next_day = (float)l->start_day;
		l->next_anc = l->start_day + QL_ANC_EVERY_DAY;
		ql_live_watch_cytokines(run, l);
	}
	while (l->next_regular <= t)
		l->next_regular += QL_VISIT_LATE_DAY;
	l->next_visit = l->begun ? l->next_regular : fmin(l->next_regular, l->start_day);
	return false;
}

/* Progressed: true once as much of the disease is back as makes treatment wanted. */
static bool waiting_visit(const struct arm_run *run, struct live *l, const struct ql_lane *lane, double t,
			  const double *out)
{
	struct ql_reading r;
	ql_live_read(run, lane, t, out, &r);
	if (ql_assess_need(&r, &l->baseline, l->need_share))
		return true;
	while (l->next_regular <= t)
		l->next_regular += QL_VISIT_LATE_DAY;
	l->next_visit = l->next_regular;
	return false;
}

static void read_cytokines(const struct arm_run *run, struct live *l, double t, const double *out)
{
	if (!(t >= l->next_half))
		return;
	l->next_half = ql_live_cytokines_after(run, l, l->next_half);
	ql_rules_cytokines(run, l, t, out);
}

static void draw_acute(const struct arm_run *run, struct live *l, double t, const double *out)
{
	if (t >= l->next_irr) {
		l->next_irr = INFINITY;
		l->record->irr_g3 = ql_live_uniform(run, l, "toxicity.irr", 0) < out[run->names.irr_risk];
		l->record->irr_day = l->record->irr_g3 ? (float)t : INFINITY;
	}
	if (t >= l->next_tls) {
		l->next_tls = INFINITY;
		l->record->tls = ql_live_uniform(run, l, "toxicity.tls", 0) < out[run->names.tls_risk];
		l->record->tls_day = l->record->tls ? (float)t : INFINITY;
	}
	read_cytokines(run, l, t, out);
}

/* The protocol goes on; what it does on a later line is not kept. True at progression. */
static bool later_sample(const struct arm_run *run, struct live *l, const struct ql_lane *lane, double t, const double *out,
			 bool *acts)
{
	bool counts = t >= l->next_anc, looks = t >= l->next_visit, reads = l->begun && (counts || looks || t >= l->next_half);
	if (counts)
		l->next_anc += QL_ANC_EVERY_DAY;
	read_cytokines(run, l, t, out);
	if (looks && later_visit(run, l, lane, t, out))
		return true;
	*acts = reads && ql_rules_read(run, l, t, out, looks);
	return false;
}

bool ql_live_sample(const struct arm_run *run, struct live *l, struct ql_lane *lane, double t, const double *out,
		    bool *acts)
{
	unsigned at = 0;
	*acts = false;
	if (l->stage == QL_STAGE_LATER)
		return later_sample(run, l, lane, t, out, acts);
	if (l->stage == QL_STAGE_WAIT)
		return waiting_visit(run, l, lane, t, out);
	read_neutrophils(run, l, t, out);
	bool reads = t >= l->next_anc || t >= l->next_visit || t >= l->next_half;
	if (t >= l->next_anc)
		l->next_anc += QL_ANC_EVERY_DAY;
	draw_acute(run, l, t, out);
	if (l->next_grid < run->n_grid && t >= run->grid[l->next_grid]) {
		ql_live_count_course(run, l, out);
		at |= QL_READ_GRID;
	}
	at |= t >= l->next_visit ? (unsigned)QL_READ_VISIT : 0u;
	ql_live_observe(run, l, t, at, out);
	bool over = at & QL_READ_VISIT ? visit(run, l, lane, t, out) : false;
	*acts = !over && reads && ql_rules_read(run, l, t, out, at & QL_READ_VISIT);
	return over;
}
