/* SPDX-License-Identifier: Apache-2.0 */
/* How large the trial effect is: variance components of published minus simulated. */
#include "validate/validate_private.h"
#include <math.h>
#include <string.h>

const char *const ql_effect_name[QL_EFFECT_COUNT] = {"hazard of the trial", "hazard of the arm", "response",
						     "complete response",   "undetectable MRD",	 "adverse events"};

struct ql_trial_sds ql_validation_effect(const struct ql_validation *v, enum ql_target_class c)
{
	static const enum ql_effect_part of[QL_CLASS_COUNT] = {
		[QL_CLASS_RESPONSE] = QL_EFFECT_RESPONSE, [QL_CLASS_CR] = QL_EFFECT_CR, [QL_CLASS_MRD] = QL_EFFECT_MRD,
		[QL_CLASS_AE] = QL_EFFECT_AE};
	return (struct ql_trial_sds){v->trial_sd[QL_EFFECT_HAZARD_TRIAL], v->trial_sd[QL_EFFECT_HAZARD_ARM], v->trial_sd[of[c]]};
}

/* --- restricted likelihood --- */

struct reml { /* one evaluation at a time */
	const struct ql_effect_row *row;
	int n, n_regimen;
	double *v, *x, *y; /* covariance and its factor, [n*n]; design, [n*n_regimen]; residuals */
	int rank;
};

static double arms_in_common(const struct ql_effect_row *p, const struct ql_effect_row *q)
{
	double s = p->arm_a == q->arm_a;
	s -= q->arm_b >= 0 && p->arm_a == q->arm_b;
	s -= p->arm_b >= 0 && p->arm_b == q->arm_a;
	return s + (p->arm_b >= 0 && p->arm_b == q->arm_b);
}

static void fill(struct reml *f, double trial, double arm)
{
	for (int i = 0; i < f->n; i++) {
		const struct ql_effect_row *p = &f->row[i];
		for (int j = 0; j < f->n; j++) {
			const struct ql_effect_row *q = &f->row[j];
			bool same = p->trial >= 0 && p->trial == q->trial;
			f->v[i * f->n + j] = (i == j ? p->variance : 0) + (same ? trial * trial : 0) + arm * arm * arms_in_common(p, q);
		}
		for (int k = 0; k < f->n_regimen; k++)
			f->x[i * f->n_regimen + k] = (p->regimen_a == k) - (p->regimen_b >= 0 && p->regimen_b == k);
		f->y[i] = p->y;
	}
}

/* Lower factor in place; false if not positive. *log_det: of the matrix. */
static bool factor(double *a, int n, double *log_det)
{
	*log_det = 0;
	for (int j = 0; j < n; j++) {
		double d = a[j * n + j];
		for (int k = 0; k < j; k++)
			d -= a[j * n + k] * a[j * n + k];
		if (!(d > 0))
			return false;
		a[j * n + j] = sqrt(d);
		*log_det += log(d);
		for (int i = j + 1; i < n; i++) {
			double s = a[i * n + j];
			for (int k = 0; k < j; k++)
				s -= a[i * n + k] * a[j * n + k];
			a[i * n + j] = s / a[j * n + j];
		}
	}
	return true;
}

/* Columns of b (n rows, m columns) become L^-1 b. */
static void forward(const double *l, int n, double *b, int m)
{
	for (int c = 0; c < m; c++)
		for (int i = 0; i < n; i++) {
			double s = b[i * m + c];
			for (int k = 0; k < i; k++)
				s -= l[i * n + k] * b[k * m + c];
			b[i * m + c] = s / l[i * n + i];
		}
}

/* Gram-Schmidt on the whitened design: columns that follow from others are left out. Whitened y loses its projection. */
static double project(struct reml *f)
{
	double log_det = 0;
	f->rank = 0;
	for (int k = 0; k < f->n_regimen; k++) {
		double before = 0, after = 0;
		for (int i = 0; i < f->n; i++)
			before += f->x[i * f->n_regimen + k] * f->x[i * f->n_regimen + k];
		for (int twice = 0; twice < 2; twice++)
			for (int j = 0; j < k; j++) {
				double s = 0;
				for (int i = 0; i < f->n; i++)
					s += f->x[i * f->n_regimen + j] * f->x[i * f->n_regimen + k];
				for (int i = 0; i < f->n; i++)
					f->x[i * f->n_regimen + k] -= s * f->x[i * f->n_regimen + j];
			}
		for (int i = 0; i < f->n; i++)
			after += f->x[i * f->n_regimen + k] * f->x[i * f->n_regimen + k];
		bool used = after > 1e-10 * before && before > 0;
		for (int i = 0; i < f->n; i++)
			f->x[i * f->n_regimen + k] = used ? f->x[i * f->n_regimen + k] / sqrt(after) : 0;
		f->rank += used;
		log_det += used ? log(after) : 0;
		double s = 0;
		for (int i = 0; i < f->n && used; i++)
			s += f->x[i * f->n_regimen + k] * f->y[i];
		for (int i = 0; i < f->n && used; i++)
			f->y[i] -= s * f->x[i * f->n_regimen + k];
	}
	return log_det;
}

static double log_likelihood(struct reml *f, double trial, double arm)
{
	double log_det, squares = 0;
	fill(f, trial, arm);
	if (!factor(f->v, f->n, &log_det))
		return -INFINITY;
	forward(f->v, f->n, f->x, f->n_regimen);
	forward(f->v, f->n, f->y, 1);
	double fixed = project(f);
	for (int i = 0; i < f->n; i++)
		squares += f->y[i] * f->y[i];
	return -0.5 * (log_det + fixed + squares);
}

/* A grid over both, made finer around its best point. */
bool ql_effect_fit(const struct ql_effect_row *row, int n, int n_regimen, struct ql_arena *scratch, double *trial_sd,
		   double *arm_sd, int *df)
{
	enum { STEPS = 12, ROUNDS = 5 };
	size_t rows = (size_t)n, columns = (size_t)n_regimen;
	struct reml f = {.row = row, .n = n, .n_regimen = n_regimen, .v = QL_NEW_N(scratch, double, rows * rows + 1),
			 .x = QL_NEW_N(scratch, double, rows * columns + 1), .y = QL_NEW_N(scratch, double, rows + 1)};
	double best = -INFINITY, low[2] = {0, 0}, high[2] = {1.5, 1.5}, at[2] = {0, 0};
	*trial_sd = *arm_sd = 0;
	log_likelihood(&f, 0.1, 0.1);
	*df = n - f.rank;
	if (*df < 2)
		return false;
	for (int r = 0; r < ROUNDS; r++) {
		for (int i = 0; i <= STEPS; i++)
			for (int j = 0; j <= STEPS; j++) {
				double t = low[0] + (high[0] - low[0]) * i / STEPS, a = low[1] + (high[1] - low[1]) * j / STEPS;
				double l = log_likelihood(&f, t, a);
				if (l > best) {
					best = l;
					at[0] = t;
					at[1] = a;
				}
			}
		for (int k = 0; k < 2; k++) {
			double half = (high[k] - low[k]) / STEPS * 1.5;
			low[k] = fmax(0, at[k] - half);
			high[k] = at[k] + half;
		}
	}
	*trial_sd = at[0];
	*arm_sd = at[1];
	return true;
}

/* --- rows of curves --- */

struct residual { /* rows of one arm, or of one ratio, averaged */
	const struct ql_validated *first;
	enum ql_interval_of clock;
	double y, variance;
	int n;
};

/* Progression-free and overall survival of all patients; the living and the dead at a data cut are overall survival. */
static bool curve_of(const struct ql_validated *x, enum ql_interval_of *clock)
{
	const struct ql_target *t = &x->target;
	bool usable = x->counted && strcmp(x->row->subgroup, "all") == 0 && strcmp(x->role, "calibration") == 0 &&
		      isfinite(x->sim.excess) && isfinite(x->sim.excess_variance);
	*clock = t->clock;
	if (t->kind == QL_TARGET_SHARE) {
		*clock = QL_CLOCK_OS;
		return usable && (t->share == QL_SHARE_DEAD || t->share == QL_SHARE_ALIVE);
	}
	return usable && (t->clock == QL_CLOCK_PFS || t->clock == QL_CLOCK_OS);
}

static bool same_arm(const struct residual *r, const struct ql_validated *x, enum ql_interval_of clock)
{
	return r->clock == clock && r->first->design == x->design && strcmp(r->first->row->treatment, x->row->treatment) == 0 &&
	       strcmp(r->first->row->comparator, x->row->comparator) == 0;
}

/* Rows of one curve go together: their variances are averaged, not divided. */
static int collect(const struct ql_validation *v, struct residual *out)
{
	int n = 0;
	for (int i = 0; i < v->n_item; i++) {
		const struct ql_validated *x = &v->item[i];
		enum ql_interval_of clock;
		if (!curve_of(x, &clock))
			continue;
		int k = 0;
		while (k < n && !same_arm(&out[k], x, clock))
			k++;
		if (k == n)
			out[n++] = (struct residual){.first = x, .clock = clock};
		out[k].y += x->sim.excess;
		out[k].variance += x->sim.excess_variance;
		out[k].n++;
	}
	for (int k = 0; k < n; k++) {
		out[k].y /= out[k].n;
		out[k].variance /= out[k].n;
	}
	return n;
}

struct names { /* numbers for what is told apart by design, treatment and clock */
	const struct ql_design **design;
	const char **treatment;
	enum ql_interval_of *clock;
	int n;
};

static struct names no_names(struct ql_arena *a, int most)
{
	size_t n = 2 * (size_t)most + 1;
	return (struct names){QL_NEW_N(a, const struct ql_design *, n), QL_NEW_N(a, const char *, n),
			      QL_NEW_N(a, enum ql_interval_of, n), 0};
}

static int number_of(struct names *m, const struct ql_design *d, const char *treatment, enum ql_interval_of clock)
{
	for (int i = 0; i < m->n; i++)
		if (m->design[i] == d && strcmp(m->treatment[i], treatment) == 0 && m->clock[i] == clock)
			return i;
	m->design[m->n] = d;
	m->treatment[m->n] = treatment;
	m->clock[m->n] = clock;
	return m->n++;
}

static bool has_figure(const struct residual *r, int n, const struct ql_design *d, const char *treatment, enum ql_interval_of clock)
{
	for (int i = 0; i < n; i++)
		if (!*r[i].first->row->comparator && r[i].first->design == d && r[i].clock == clock &&
		    strcmp(r[i].first->row->treatment, treatment) == 0)
			return true;
	return false;
}

static void curves(const struct ql_validation *v, struct ql_arena *scratch, struct ql_trial_effect *trial, struct ql_trial_effect *arm)
{
	struct residual *r = QL_NEW_N(scratch, struct residual, (size_t)v->n_item + 1);
	int n = collect(v, r), rows = 0;
	struct ql_effect_row *row = QL_NEW_N(scratch, struct ql_effect_row, (size_t)n + 1);
	struct names regimens = no_names(scratch, n), trials = no_names(scratch, n), arms = no_names(scratch, n);
	for (int i = 0; i < n; i++) {
		const struct ql_trial_row *e = r[i].first->row;
		const struct ql_design *d = r[i].first->design;
		bool ratio = *e->comparator;
		if (ratio && has_figure(r, n, d, e->treatment, r[i].clock) && has_figure(r, n, d, e->comparator, r[i].clock))
			continue;
		row[rows++] = (struct ql_effect_row){
			.regimen_a = number_of(&regimens, NULL, e->treatment, r[i].clock),
			.regimen_b = ratio ? number_of(&regimens, NULL, e->comparator, r[i].clock) : -1,
			.trial = ratio ? -1 : number_of(&trials, d, "", r[i].clock),
			.arm_a = number_of(&arms, d, e->treatment, r[i].clock),
			.arm_b = ratio ? number_of(&arms, d, e->comparator, r[i].clock) : -1, .y = r[i].y, .variance = r[i].variance};
	}
	int df = 0;
	trial->n = arm->n = rows;
	ql_effect_fit(row, rows, regimens.n, scratch, &trial->sd, &arm->sd, &df);
	trial->df = arm->df = df;
}

/* --- other shares --- */

static bool share_of(const struct ql_validated *x)
{
	return x->counted && strcmp(x->row->subgroup, "all") == 0 && strcmp(x->role, "calibration") == 0 &&
	       x->target.kind == QL_TARGET_SHARE && !ql_target_on_hazard(&x->target) && isfinite(x->sim.excess) &&
	       isfinite(x->sim.excess_variance);
}

static bool same_share(const struct ql_validated *a, const struct ql_validated *b)
{
	return a->target.share == b->target.share && strcmp(a->row->treatment, b->row->treatment) == 0;
}

/* Trial means of the regimen and share that row `first` opens; 0 if an earlier row opened it. */
static int share_means(const struct ql_validation *v, int first, struct residual *out)
{
	int n = 0;
	for (int i = 0; i < v->n_item; i++) {
		const struct ql_validated *x = &v->item[i];
		if (!share_of(x) || !same_share(x, &v->item[first]))
			continue;
		if (i < first)
			return 0;
		int t = 0;
		while (t < n && out[t].first->design != x->design)
			t++;
		if (t == n)
			out[n++] = (struct residual){.first = x};
		out[t].y += x->sim.excess;
		out[t].variance += x->sim.excess_variance;
		out[t].n++;
	}
	for (int t = 0; t < n; t++) {
		out[t].y /= out[t].n;
		out[t].variance /= out[t].n;
	}
	return n;
}

static void shares(const struct ql_validation *v, struct ql_arena *scratch, struct ql_trial_effect out[QL_EFFECT_COUNT])
{
	struct residual *r = QL_NEW_N(scratch, struct residual, (size_t)v->n_item + 1);
	double excess = 0;
	int df = 0;
	for (int i = 0; i < v->n_item; i++) {
		int n = share_of(&v->item[i]) ? share_means(v, i, r) : 0;
		double centre = 0;
		if (n < 2)
			continue;
		struct ql_trial_effect *e = &out[QL_EFFECT_RESPONSE + (v->item[i].target.class - QL_CLASS_RESPONSE)];
		for (int t = 0; t < n; t++)
			centre += r[t].y / n;
		for (int t = 0; t < n; t++)
			excess += (r[t].y - centre) * (r[t].y - centre) - r[t].variance * (n - 1) / n;
		e->n += n;
		e->df += n - 1;
		df += n - 1;
	}
	for (int c = QL_EFFECT_RESPONSE; c < QL_EFFECT_COUNT; c++) {
		out[c].sd = df > 0 ? sqrt(fmax(0.0, excess / df)) : 0.0;
		out[c].pooled = true;
	}
}

void ql_trial_effect_estimate(const struct ql_validation *v, struct ql_arena *scratch,
			      struct ql_trial_effect out[QL_EFFECT_COUNT])
{
	memset(out, 0, QL_EFFECT_COUNT * sizeof *out);
	curves(v, scratch, &out[QL_EFFECT_HAZARD_TRIAL], &out[QL_EFFECT_HAZARD_ARM]);
	shares(v, scratch, out);
}
