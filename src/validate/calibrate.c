/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "validate/calibrate.h"
#include "base/csv.h"
#include "base/rng.h"
#include "trial/names.h"
#include "validate/calibrate_private.h"
#include "validate/validate_private.h"
#include <math.h>
#include <string.h>
#include <time.h>

/* --- parameters --- */

static enum quell_status read_parameters(struct calibration *k)
{
	struct ql_calibration *c = k->c;
	const char *path = k->spec->parameters;
	if (!path)
		path = ql_arena_printf(&c->arena, "%s/library/calibration/parameters.csv", k->spec->panel.data_dir);
	struct ql_csv_options o = {.comment = '#'};
	struct ql_csv *t;
	enum quell_status s = ql_csv_read(&c->arena, path, &o, k->ds, &t);
	if (s != QUELL_OK)
		return s;
	int name = ql_csv_column(t, "name", true, k->ds), sd = ql_csv_column(t, "prior_sd_log", true, k->ds);
	if (name < 0 || sd < 0)
		return QUELL_ERR_INPUT;
	const struct ql_model *m = ql_panel_model(c->v->panel);
	c->parameter = QL_NEW_N(&c->arena, struct ql_calibrated, (size_t)t->n_row + 1);
	for (int i = 0; i < t->n_row; i++) {
		struct ql_calibrated *p = &c->parameter[c->n_parameter++];
		p->name = ql_csv_string(t, i, name, &c->arena);
		p->q = ql_trial_quantity(m, p->name, 1u << QL_PARAM);
		if (!ql_csv_number_required(t, i, sd, k->ds, &p->prior_sd))
			s = QUELL_ERR_INPUT;
		if (p->q >= 0 && ql_is_const(&m->dag, m->q[p->q].def, &p->start) && p->start > 0)
			continue;
		struct ql_diag *d = ql_diag_add(k->ds, QL_E0604, ql_csv_span(t, i, name), "`%s` cannot be calibrated", p->name);
		ql_diag_help(d, "name a parameter of the model whose typical value is a number above 0");
		s = QUELL_ERR_INPUT;
	}
	return s;
}

/* --- evaluation --- */

/* Rows that one first line can answer, of verified calibration trials, on scales that parameters move. */
static bool wanted(const struct ql_validated *x)
{
	const struct ql_target *t = &x->target;
	bool curve = t->kind != QL_TARGET_SHARE && (t->clock == QL_CLOCK_PFS || t->clock == QL_CLOCK_TTP);
	bool response = t->kind == QL_TARGET_SHARE && (t->class == QL_CLASS_RESPONSE || t->class == QL_CLASS_CR ||
						       t->class == QL_CLASS_MRD);
	return x->row->verified && (curve || response);
}

/* Names a set of values under this model, seed and size. */
static uint64_t key_of(const struct calibration *k, const double *theta)
{
	uint64_t h = ql_hash(QL_HASH_SEED, &k->c->v->model_hash, sizeof k->c->v->model_hash);
	h = ql_hash(h, &k->spec->panel.seed, sizeof k->spec->panel.seed);
	h = ql_hash(h, &k->spec->panel.patients, sizeof k->spec->panel.patients);
	h = ql_hash(h, &k->c->n_target, sizeof k->c->n_target);
	for (int i = 0; i < k->c->n_parameter; i++)
		h = ql_hash(h, k->c->parameter[i].name, strlen(k->c->parameter[i].name));
	return ql_hash(h, theta, (size_t)k->c->n_parameter * sizeof *theta);
}

static bool recall(struct calibration *k, uint64_t key, double *y)
{
	for (int i = 0; i < k->n_known; i++)
		if (k->known[i].key == key) {
			memcpy(y, k->known[i].y, (size_t)k->c->n_target * sizeof *y);
			k->c->n_reused++;
			return true;
		}
	return false;
}

static void remember(struct calibration *k, uint64_t key, const double *y)
{
	if (k->n_known == k->cap_known)
		return;
	struct evaluation *e = &k->known[k->n_known++];
	e->key = key;
	e->y = QL_NEW_N(&k->c->arena, double, (size_t)k->c->n_target + 1);
	memcpy(e->y, y, (size_t)k->c->n_target * sizeof *y);
	if (!k->log)
		return;
	fprintf(k->log, "%016llx", (unsigned long long)key);
	for (int i = 0; i < k->c->n_target; i++)
		fprintf(k->log, ",%.17g", y[i]);
	fputc('\n', k->log);
	fflush(k->log);
}

static void read_log(struct calibration *k)
{
	FILE *f = k->spec->log ? fopen(k->spec->log, "r") : NULL;
	unsigned long long key;
	double *y = QL_NEW_N(&k->c->arena, double, (size_t)k->c->n_target + 1);
	while (f && k->n_known < k->cap_known && fscanf(f, "%16llx", &key) == 1) {
		int n = 0, c;
		while (n < k->c->n_target && fscanf(f, ",%lf", &y[n]) == 1)
			n++;
		while ((c = fgetc(f)) != EOF && c != '\n')
			;
		if (n == k->c->n_target) /* a line that was cut off is left out */
			remember(k, key, y);
	}
	if (f)
		fclose(f);
	if (k->spec->log)
		k->log = fopen(k->spec->log, "a");
}

/* Every point that was looked at, for the surface of the draws. */
static void note(struct calibration *k, const double *theta, const double *y)
{
	if (k->n_point == k->cap_known)
		return;
	struct point *p = &k->point[k->n_point++];
	p->theta = QL_NEW_N(&k->c->arena, double, (size_t)k->c->n_parameter + 1);
	p->y = QL_NEW_N(&k->c->arena, double, (size_t)k->c->n_target + 1);
	memcpy(p->theta, theta, (size_t)k->c->n_parameter * sizeof *theta);
	memcpy(p->y, y, (size_t)k->c->n_target * sizeof *y);
}

/* Endpoints on their scales at log-parameters theta (relative to the start). */
enum quell_status ql_calibration_evaluate(struct calibration *k, const double *theta, double *y)
{
	struct ql_calibration *c = k->c;
	uint64_t key = key_of(k, theta);
	c->n_evaluations++;
	if (recall(k, key, y)) {
		note(k, theta, y);
		return QUELL_OK;
	}
	for (int i = 0; i < c->n_parameter; i++)
		k->param[c->parameter[i].q] = c->parameter[i].start * exp(theta[i]);
	ql_panel_set(c->v->panel, k->param);
	c->v->n_failed = c->v->n_simulated = 0;
	enum quell_status s = ql_validation_simulate(&k->rows);
	if (s == QUELL_OK)
		s = ql_validation_predict(&k->rows);
	if (s != QUELL_OK)
		return s;
	for (int i = 0; i < c->n_target; i++)
		y[i] = c->target[i].row->sim.scaled;
	remember(k, key, y);
	note(k, theta, y);
	return QUELL_OK;
}

double ql_calibration_log_posterior(const struct calibration *k, const double *theta, const double *y)
{
	double sum = 0;
	for (int i = 0; i < k->c->n_target; i++) {
		/* A median that is not reached lies beyond what was followed: as far off as a factor of three. */
		double r = isfinite(y[i]) ? k->published[i] - y[i] : 1.1;
		sum -= k->c->target[i].weight * r * r / (2 * k->variance[i]);
	}
	for (int i = 0; i < k->c->n_parameter; i++)
		sum -= theta[i] * theta[i] / (2 * k->c->parameter[i].prior_sd * k->c->parameter[i].prior_sd);
	return sum;
}

/* --- targets --- */

static bool same_vote(const struct ql_validated *a, const struct ql_validated *b)
{
	bool curve = a->target.kind != QL_TARGET_SHARE && b->target.kind != QL_TARGET_SHARE;
	return strcmp(a->trial, b->trial) == 0 && strcmp(a->arm, b->arm) == 0 &&
	       (curve ? a->target.clock == b->target.clock
		      : a->target.kind == b->target.kind && a->target.share == b->target.share);
}

static void list_targets(struct calibration *k)
{
	struct ql_calibration *c = k->c;
	c->target = QL_NEW_N(&c->arena, struct ql_target_fit, (size_t)c->v->n_item + 1);
	k->published = QL_NEW_N(&c->arena, double, (size_t)c->v->n_item + 1);
	k->variance = QL_NEW_N(&c->arena, double, (size_t)c->v->n_item + 1);
	for (int i = 0; i < c->v->n_item; i++) {
		struct ql_validated *x = &c->v->item[i];
		if (x->reason || !isfinite(x->sim.scaled) || !isfinite(x->sim.variance)) {
			if (!x->reason)
				x->reason = "not reached in the simulation";
			continue;
		}
		int t = c->n_target++;
		struct ql_trial_sds effect = ql_validation_effect(c->v, x->target.class);
		double sd = ql_trial_effect_sd(&x->target, &effect, x->value);
		c->target[t] = (struct ql_target_fit){.row = x, .published = x->value, .before = x->sim.estimate};
		k->published[t] = ql_target_scaled(&x->target, x->value, x->n);
		k->variance[t] = x->sim.variance + sd * sd;
	}
	for (int t = 0; t < c->n_target; t++) {
		int n = 0;
		for (int u = 0; u < c->n_target; u++)
			n += same_vote(c->target[t].row, c->target[u].row);
		c->target[t].weight = 1.0 / n;
	}
}

/* --- search --- */

void ql_calibration_tell(struct calibration *k, const char *what, int done, int total)
{
	if (k->spec->progress)
		k->spec->progress(k->spec->progress_ctx, what, (uint64_t)done, (uint64_t)total);
}

/* Central differences, half a prior standard deviation to each side. */
static enum quell_status jacobian(struct calibration *k, const double *theta)
{
	int n = k->c->n_parameter, m = k->c->n_target;
	double *x = k->trial_point, *up = k->y_up, *down = k->y_down;
	for (int j = 0; j < n; j++) {
		double h = 0.5 * k->c->parameter[j].prior_sd;
		memcpy(x, theta, (size_t)n * sizeof *x);
		x[j] = theta[j] + h;
		enum quell_status s = ql_calibration_evaluate(k, x, up);
		x[j] = theta[j] - h;
		if (s == QUELL_OK)
			s = ql_calibration_evaluate(k, x, down);
		if (s != QUELL_OK)
			return s;
		for (int i = 0; i < m; i++) {
			double d = (up[i] - down[i]) / (2 * h);
			k->jacobian[i * n + j] = isfinite(d) ? d : 0.0;
		}
		ql_calibration_tell(k, "Differentiating", j + 1, n);
	}
	return QUELL_OK;
}

/* Lower Cholesky factor of a matrix that is positive definite up to rounding: priors stand on its diagonal. */
void ql_calibration_cholesky(const double *a, int n, double *l)
{
	memset(l, 0, (size_t)(n * n) * sizeof *l);
	for (int i = 0; i < n; i++)
		for (int j = 0; j <= i; j++) {
			double sum = a[i * n + j];
			for (int m = 0; m < j; m++)
				sum -= l[i * n + m] * l[j * n + m];
			l[i * n + j] = i == j ? sqrt(fmax(sum, 1e-14)) : sum / l[j * n + j];
		}
}

/* Inverse in place by way of the factor; l is scratch. */
static void invert(double *a, int n, double *l)
{
	ql_calibration_cholesky(a, n, l);
	for (int c = 0; c < n; c++) { /* solve L L' x = e_c into column c */
		for (int i = 0; i < n; i++) {
			double sum = i == c;
			for (int m = 0; m < i; m++)
				sum -= l[i * n + m] * a[m * n + c];
			a[i * n + c] = sum / l[i * n + i];
		}
		for (int i = n - 1; i >= 0; i--) {
			double sum = a[i * n + c];
			for (int m = i + 1; m < n; m++)
				sum -= l[m * n + i] * a[m * n + c];
			a[i * n + c] = sum / l[i * n + i];
		}
	}
}

/* Covariance of the posterior about theta, and the Gauss-Newton step from there. */
static void normal_equations(struct calibration *k, const double *theta, const double *y, double *step)
{
	int n = k->c->n_parameter, m = k->c->n_target;
	memset(k->covariance, 0, (size_t)(n * n) * sizeof(double));
	for (int a = 0; a < n; a++) {
		double p = 1 / (k->c->parameter[a].prior_sd * k->c->parameter[a].prior_sd);
		k->covariance[a * n + a] = p;
		k->gradient[a] = -p * theta[a];
	}
	for (int i = 0; i < m; i++) {
		double w = k->c->target[i].weight / k->variance[i];
		if (!isfinite(y[i]))
			continue;
		for (int a = 0; a < n; a++) {
			k->gradient[a] += w * k->jacobian[i * n + a] * (k->published[i] - y[i]);
			for (int b = 0; b < n; b++)
				k->covariance[a * n + b] += w * k->jacobian[i * n + a] * k->jacobian[i * n + b];
		}
	}
	invert(k->covariance, n, k->factor);
	for (int a = 0; a < n; a++) {
		step[a] = 0;
		for (int b = 0; b < n; b++)
			step[a] += k->covariance[a * n + b] * k->gradient[b];
	}
}

/* A step of at most 1.5 prior standard deviations in any parameter, halved until it improves. */
static enum quell_status search(struct calibration *k, double *theta, double *y, double *best)
{
	int n = k->c->n_parameter;
	double *step = QL_NEW_N(&k->c->arena, double, (size_t)n + 1), *x = QL_NEW_N(&k->c->arena, double, (size_t)n + 1);
	double *at = QL_NEW_N(&k->c->arena, double, (size_t)k->c->n_target + 1);
	int steps = k->spec->steps > 0 ? k->spec->steps : 2;
	for (int i = 0; i < steps; i++) {
		enum quell_status s = jacobian(k, theta);
		if (s != QUELL_OK)
			return s;
		normal_equations(k, theta, y, step);
		double scale = 1;
		for (int j = 0; j < n; j++)
			scale = fmin(scale, 1.5 * k->c->parameter[j].prior_sd / fmax(fabs(step[j]), 1e-12));
		bool better = false;
		for (int half = 0; half < 4 && !better; half++, scale /= 2) {
			for (int j = 0; j < n; j++)
				x[j] = theta[j] + scale * step[j];
			s = ql_calibration_evaluate(k, x, at);
			if (s != QUELL_OK)
				return s;
			double f = ql_calibration_log_posterior(k, x, at);
			better = f > *best;
			if (better) {
				*best = f;
				memcpy(theta, x, (size_t)n * sizeof *theta);
				memcpy(y, at, (size_t)k->c->n_target * sizeof *y);
			}
		}
		ql_calibration_tell(k, "Searching", i + 1, steps);
		if (!better)
			break;
	}
	return QUELL_OK;
}

/* --- what was found --- */

static void describe_parameters(struct calibration *k, const double *mode)
{
	int n = k->c->n_parameter;
	for (int a = 0; a < n; a++) {
		struct ql_calibrated *p = &k->c->parameter[a];
		p->mode = p->start * exp(mode[a]);
		p->shift = mode[a] / p->prior_sd;
		p->posterior_sd = sqrt(k->covariance[a * n + a]);
		p->identified = p->posterior_sd * p->posterior_sd < 0.5 * p->prior_sd * p->prior_sd;
		for (int b = 0; b < n; b++) {
			double r = k->covariance[a * n + b] / sqrt(k->covariance[a * n + a] * k->covariance[b * n + b]);
			if (b != a && fabs(r) > fabs(p->correlation)) {
				p->correlation = r;
				p->partner = k->c->parameter[b].name;
			}
		}
	}
}

static void describe_targets(struct calibration *k, const double *before, const double *after)
{
	for (int i = 0; i < k->c->n_target; i++) {
		struct ql_target_fit *t = &k->c->target[i];
		double se = sqrt(k->variance[i]);
		t->after = ql_target_unscaled(&t->row->target, after[i], t->row->n);
		t->z_before = (k->published[i] - before[i]) / se;
		t->z_after = (k->published[i] - after[i]) / se;
	}
}

/* Pull of a target on the parameters, in prior standard deviations. */
static void pull(const struct calibration *k, int i, double *g)
{
	for (int j = 0; j < k->c->n_parameter; j++)
		g[j] = k->c->target[i].z_after * k->jacobian[i * k->c->n_parameter + j] * k->c->parameter[j].prior_sd;
}

static double cosine(const double *a, const double *b, int n)
{
	double ab = 0, aa = 0, bb = 0;
	for (int i = 0; i < n; i++) {
		ab += a[i] * b[i];
		aa += a[i] * a[i];
		bb += b[i] * b[i];
	}
	return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : 0;
}

/* Both still off by more than a standard error and a half, with pulls that point against each other. */
static void find_conflicts(struct calibration *k)
{
	struct ql_calibration *c = k->c;
	int n = c->n_parameter;
	double *a = QL_NEW_N(&c->arena, double, (size_t)n + 1), *b = QL_NEW_N(&c->arena, double, (size_t)n + 1);
	c->conflict = QL_NEW_N(&c->arena, struct ql_conflict, (size_t)(c->n_target * c->n_target / 2 + 1));
	for (int i = 0; i < c->n_target; i++)
		for (int j = i + 1; j < c->n_target; j++) {
			if (fabs(c->target[i].z_after) < 1.5 || fabs(c->target[j].z_after) < 1.5)
				continue;
			pull(k, i, a);
			pull(k, j, b);
			double r = cosine(a, b, n);
			if (r < -0.8)
				c->conflict[c->n_conflict++] = (struct ql_conflict){i, j, r};
		}
}

static enum quell_status calibrate(void *arg)
{
	struct calibration *k = arg;
	struct ql_calibration *c = k->c;
	enum quell_status s = ql_validation_prepare(&k->rows);
	if (s == QUELL_OK)
		s = read_parameters(k);
	if (s != QUELL_OK)
		return s;
	k->param = QL_NEW_N(&c->arena, double, (size_t)ql_panel_model(c->v->panel)->n_q + 1);
	for (int i = 0; i < ql_panel_model(c->v->panel)->n_q; i++)
		k->param[i] = NAN;
	/* Once with replicates, for sampling variances; then estimates alone. */
	s = ql_validation_simulate(&k->rows);
	if (s == QUELL_OK)
		s = ql_validation_predict(&k->rows);
	if (s != QUELL_OK)
		return s;
	c->v->replicates = 0;
	list_targets(k);
	size_t n = (size_t)c->n_parameter + 1, m = (size_t)c->n_target + 1;
	k->cap_known = 4096;
	k->known = QL_NEW_N(&c->arena, struct evaluation, (size_t)k->cap_known);
	k->point = QL_NEW_N(&c->arena, struct point, (size_t)k->cap_known);
	k->jacobian = QL_NEW_N(&c->arena, double, n * m);
	k->covariance = QL_NEW_N(&c->arena, double, n * n);
	k->factor = QL_NEW_N(&c->arena, double, n * n);
	k->gradient = QL_NEW_N(&c->arena, double, n);
	k->trial_point = QL_NEW_N(&c->arena, double, n);
	k->y_up = QL_NEW_N(&c->arena, double, m);
	k->y_down = QL_NEW_N(&c->arena, double, m);
	double *theta = QL_NEW_N(&c->arena, double, n), *y = QL_NEW_N(&c->arena, double, m), *before = QL_NEW_N(&c->arena, double, m);
	read_log(k);
	s = ql_calibration_evaluate(k, theta, y);
	if (s != QUELL_OK)
		return s;
	memcpy(before, y, m * sizeof *y);
	c->log_posterior_before = c->log_posterior_after = ql_calibration_log_posterior(k, theta, y);
	s = search(k, theta, y, &c->log_posterior_after);
	if (s == QUELL_OK)
		s = ql_calibration_sample(k, theta);
	if (s != QUELL_OK)
		return s;
	describe_parameters(k, theta);
	describe_targets(k, before, y);
	find_conflicts(k);
	return QUELL_OK;
}

static double seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

enum quell_status ql_calibrate_run(const struct ql_calibrate_spec *spec, struct ql_diags *ds, struct ql_calibration **out)
{
	struct ql_calibration *c = ql_realloc(NULL, 1, sizeof *c);
	*c = (struct ql_calibration){0};
	c->v = ql_realloc(NULL, 1, sizeof *c->v);
	*c->v = (struct ql_validation){.seed = spec->panel.seed, .patients = spec->panel.patients,
				       .rtol = spec->panel.rtol > 0 ? spec->panel.rtol : 1e-4, .replicates = 100};
	struct ql_validate_spec rows = {.panel = spec->panel, .role = "calibration"};
	rows.panel.first_line = true;
	rows.panel.draws = NULL;
	struct calibration k = {.spec = spec, .ds = ds, .c = c,
				.rows = {.spec = &rows, .ds = ds, .v = c->v, .wanted = wanted}};
	double start = seconds();
	enum quell_status s = ql_protect(calibrate, &k);
	ql_validation_clean(&k.rows);
	if (k.log)
		fclose(k.log);
	c->wall_s = seconds() - start;
	*out = c;
	if (s != QUELL_OK) {
		ql_calibration_free(c);
		*out = NULL;
	}
	return s;
}

void ql_calibration_free(struct ql_calibration *c)
{
	if (!c)
		return;
	ql_validation_free(c->v);
	ql_arena_free(&c->arena);
	ql_free(c);
}
