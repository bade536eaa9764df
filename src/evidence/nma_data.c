/* SPDX-License-Identifier: Apache-2.0 */
/* Studies from rows: arms, contrasts and their covariance, with every check that the input needs. */
#include "evidence/nma_data.h"
#include "evidence/linear.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ARMS = 64 };
/* Contrasts of one trial disagree by rounding, or because each was fitted on its own; more than this share of the
 * smallest standard error is a mistake. */
#define DISAGREE 0.5
#define ROUNDING 2e-3 /* of numbers printed with three decimals */

struct ql_nma_builder *ql_nma_builder_new(struct ql_arena *a, const struct ql_nma_read_options *o, enum ql_measure m,
					  struct ql_diags *ds)
{
	struct ql_nma_builder *b = QL_NEW(a, struct ql_nma_builder);
	*b = (struct ql_nma_builder){.a = a, .o = *o, .measure = m, .ds = ds, .errors = ds->n_errors};
	b->treat.a = b->study.a = b->folded.a = a;
	return b;
}

void ql_nma_note(struct ql_nma_data *d, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	if (d->n_note == d->cap_note) {
		d->cap_note = d->cap_note ? 2 * d->cap_note : 8;
		d->note = ql_arena_grow(d->a, d->note, (size_t)d->n_note, (size_t)d->cap_note, sizeof *d->note);
	}
	d->note[d->n_note++] = ql_arena_vprintf(d->a, fmt, ap);
	va_end(ap);
}

/* Too many faults of a kind drown the first ones. */
static bool told_enough(struct ql_nma_builder *b)
{
	return b->ds->n_errors - b->errors > 40;
}

static int add_treatment(struct ql_nma_builder *b, const char *name, int side, struct ql_span span)
{
	if (b->name_span[side].line > 0)
		span = b->name_span[side];
	int known = ql_names_find(&b->treat, name);
	if (known >= 0)
		return known;
	if ((!name[0] || name[0] == '=' || name[0] == '@') && !told_enough(b)) {
		struct ql_diag *d = ql_diag_add(b->ds, QL_E0711, span, "`%s` is no name of a treatment", name);
		ql_diag_help(d,
			     name[0] ? "this is a spreadsheet formula; save the values instead" : "the cell is empty");
	}
	const char *folded = ql_name_fold(b->a, name);
	int same = ql_names_find(&b->folded, folded);
	if (same >= 0 && !b->o.exact_names && !told_enough(b)) {
		struct ql_diag *d =
		    ql_diag_add(b->ds, QL_E0717, span, "`%s` and `%s` differ in case, accents or blanks only", name,
				b->treat.name[same]);
		ql_diag_note(d, b->treat.span[same], "first spelt `%s` here", b->treat.name[same]);
		ql_diag_help(d, "spell it one way; --exact-names keeps them apart");
	}
	if (same < 0)
		ql_names_add(&b->folded, folded, span);
	else
		ql_names_add(&b->folded, ql_arena_printf(b->a, "%s\001%d", folded, b->treat.n),
			     span); /* keep indices aligned */
	return ql_names_add(&b->treat, name, span);
}

static struct ql_row *add_row(struct ql_nma_builder *b, const char *study, struct ql_span span)
{
	if (!study[0] && !told_enough(b))
		ql_diag_add(b->ds, QL_E0711, span, "the study has no name");
	int s = ql_names_add(&b->study, study, span);
	if (b->n_row == b->cap_row) {
		b->cap_row = b->cap_row ? 2 * b->cap_row : 64;
		b->row = ql_arena_grow(b->a, b->row, (size_t)b->n_row, (size_t)b->cap_row, sizeof *b->row);
	}
	struct ql_row *r = &b->row[b->n_row++];
	*r = (struct ql_row){.study = s, .span = span};
	return r;
}

void ql_nma_builder_contrast(struct ql_nma_builder *b, const char *study, const char *treat1, const char *treat2,
			     double te, double se, double n1, double n2, double covariate, struct ql_span span,
			     const struct ql_trial_row *row)
{
	int t1 = add_treatment(b, treat1, 0, span), t2 = add_treatment(b, treat2, 1, span);
	struct ql_row *r = add_row(b, study, span);
	r->kind = QL_ROW_CONTRAST;
	r->t1 = t1;
	r->t2 = t2;
	r->te = te;
	r->se = se;
	r->n1 = n1;
	r->n2 = n2;
	r->covariate = covariate;
	r->row = row;
	r->bad = !(se > 0) || isinf(se) || !isfinite(te) || t1 == t2;
	if (told_enough(b))
		return;
	if (!(se > 0) || isinf(se)) {
		struct ql_diag *d =
		    ql_diag_add(b->ds, QL_E0713, span, "the standard error of study `%s` is %g", study, se);
		ql_diag_help(
		    d, "standard errors are positive; a study without events has none, leave it out or give arms");
	} else if (!isfinite(te)) {
		ql_diag_add(b->ds, QL_E0713, span, "study `%s` has no effect", study);
	}
	if (t1 == t2)
		ql_diag_add(b->ds, QL_E0714, span, "study `%s` compares `%s` with itself", study, treat1);
}

void ql_nma_builder_difference(struct ql_nma_builder *b, const char *study, const char *treat, double diff, double se,
			       double covariate, struct ql_span span)
{
	int t = add_treatment(b, treat, 0, span);
	struct ql_row *r = add_row(b, study, span);
	r->kind = QL_ROW_DIFFERENCE;
	r->t1 = t;
	r->te = diff;
	r->se = se;
	r->covariate = covariate;
	r->bad = isfinite(diff) && !(se > 0);
	if (!told_enough(b) && isfinite(diff) && !(se > 0))
		ql_diag_add(b->ds, QL_E0713, span, "the standard error of study `%s` is %g", study, se);
}

void ql_nma_builder_arm(struct ql_nma_builder *b, const char *study, const char *treat, struct ql_nma_arm observed,
			double covariate, struct ql_span span)
{
	int t = add_treatment(b, treat, 0, span);
	struct ql_row *r = add_row(b, study, span);
	r->kind = QL_ROW_ARM;
	r->t1 = t;
	r->observed = observed;
	r->covariate = covariate;
	const char *bad = ql_arm_fault(b->measure, &observed);
	r->bad = bad != NULL;
	if (bad && !told_enough(b)) {
		struct ql_diag *d = ql_diag_add(b->ds, QL_E0719, span, "arm `%s` of study `%s`: %s", treat, study, bad);
		ql_diag_help(d, "check the counts of this row");
	}
}

/* ---- one study ---- */

struct ql_workshop { /* rows of one study, and its arms */
	struct ql_nma_builder *b;
	const struct ql_row **row;
	int n_row, k;
	int arm[MAX_ARMS];
	const char *name;
};

static int arm_of(const struct ql_workshop *w, int treat)
{
	for (int i = 0; i < w->k; i++)
		if (w->arm[i] == treat)
			return i;
	return -1;
}

static struct ql_diag *study_fault(struct ql_workshop *w, enum ql_code code, struct ql_span span, const char *what)
{
	return ql_diag_add(w->b->ds, code, span, "study `%s` %s", w->name, what);
}

static bool add_arm(struct ql_workshop *w, int treat)
{
	if (arm_of(w, treat) >= 0)
		return true;
	if (w->k == MAX_ARMS) {
		study_fault(w, QL_E0711, w->row[0]->span, "has more than 64 arms");
		return false;
	}
	w->arm[w->k++] = treat;
	return true;
}

static void new_study(struct ql_workshop *w, struct ql_nma_study *st)
{
	size_t c = (size_t)(w->k > 0 ? w->k - 1 : 0);
	struct ql_arena *a = w->b->a;
	*st = (struct ql_nma_study){
	    .name = w->name, .k = w->k, .covariate = w->row[0]->covariate, .span = w->row[0]->span};
	st->arm = QL_NEW_N(a, int, (size_t)w->k);
	memcpy(st->arm, w->arm, (size_t)w->k * sizeof *st->arm);
	st->y = QL_NEW_N(a, double, c);
	st->s = QL_NEW_N(a, double, c *c);
	st->row = QL_NEW_N(a, const struct ql_trial_row *, (size_t)w->n_row);
	for (int i = 0; i < w->n_row; i++)
		if (w->row[i]->row)
			st->row[st->n_row++] = w->row[i]->row;
}

static bool check_covariate(struct ql_workshop *w)
{
	double x = w->row[0]->covariate;
	for (int i = 1; i < w->n_row; i++) {
		double z = w->row[i]->covariate;
		if (!(x == z || (isnan(x) && isnan(z)))) {
			struct ql_diag *d =
			    study_fault(w, QL_E0724, w->row[i]->span, "has two values of the covariate");
			ql_diag_note(d, w->row[0]->span, "first given here");
			return false;
		}
	}
	return true;
}

/* Pair matrices of one study; NaN where no contrast is given. */
struct pairs {
	int k;
	double te[MAX_ARMS * MAX_ARMS], v[MAX_ARMS * MAX_ARMS];
	int n_given;
};

static bool collect_pairs(struct ql_workshop *w, struct pairs *p)
{
	for (int i = 0; i < w->n_row; i++)
		if (!add_arm(w, w->row[i]->t1) || !add_arm(w, w->row[i]->t2))
			return false;
	p->k = w->k;
	p->n_given = 0;
	for (int i = 0; i < w->k * w->k; i++)
		p->te[i] = p->v[i] = NAN;
	for (int r = 0; r < w->n_row; r++) {
		int i = arm_of(w, w->row[r]->t1), j = arm_of(w, w->row[r]->t2);
		if (!isnan(p->te[i * w->k + j])) {
			struct ql_diag *d = study_fault(w, QL_E0714, w->row[r]->span, "gives the same contrast twice");
			ql_diag_help(d, "two trials need two names; a duplicate row must go");
			return false;
		}
		p->te[i * w->k + j] = w->row[r]->te;
		p->te[j * w->k + i] = -w->row[r]->te;
		p->v[i * w->k + j] = p->v[j * w->k + i] = w->row[r]->se * w->row[r]->se;
		p->n_given++;
	}
	return true;
}

/* Basic contrasts by least squares over all given contrasts, and the largest residual. */
static bool project_effects(const struct pairs *p, double *y, double *worst)
{
	int k = p->k, c = k - 1;
	double n[MAX_ARMS * MAX_ARMS], g[MAX_ARMS], det;
	memset(n, 0, sizeof n);
	memset(g, 0, sizeof g);
	for (int i = 0; i < k; i++)
		for (int j = i + 1; j < k; j++) {
			double te = p->te[i * k + j], w = 1 / p->v[i * k + j];
			if (isnan(te))
				continue;
			n[(j - 1) * c + j - 1] += w;
			g[j - 1] -= w * te;
			if (i == 0)
				continue;
			n[(i - 1) * c + i - 1] += w;
			n[(i - 1) * c + j - 1] -= w;
			n[(j - 1) * c + i - 1] -= w;
			g[i - 1] += w * te;
		}
	if (!ql_spd_invert(n, c, &det))
		return false;
	for (int i = 0; i < c; i++) {
		y[i] = 0;
		for (int j = 0; j < c; j++)
			y[i] += n[i * c + j] * g[j];
	}
	*worst = 0;
	for (int i = 0; i < k; i++)
		for (int j = i + 1; j < k; j++)
			if (!isnan(p->te[i * k + j]))
				*worst = fmax(*worst, fabs(p->te[i * k + j] - ((i ? y[i - 1] : 0) - y[j - 1])));
	return true;
}

/* Arm variances that reproduce the given variances of contrasts as closely as possible, staying near the prior
 * guess: half the mean variance, split by the patients of the arms where these are known. */
static bool fit_arm_variances(struct ql_workshop *w, const struct pairs *p, double *v)
{
	int k = p->k;
	double share[MAX_ARMS], n[MAX_ARMS * MAX_ARMS], g[MAX_ARMS], det, sum = 0, inverse = 0;
	for (int i = 0; i < k; i++)
		share[i] = NAN;
	for (int r = 0; r < w->n_row; r++) {
		int i = arm_of(w, w->row[r]->t1), j = arm_of(w, w->row[r]->t2);
		share[i] = isnan(share[i]) ? 1 / w->row[r]->n1 : share[i];
		share[j] = isnan(share[j]) ? 1 / w->row[r]->n2 : share[j];
		sum += p->v[i * k + j] / (2 * p->n_given);
	}
	bool known = true;
	for (int i = 0; i < k; i++) {
		known &= isfinite(share[i]) && share[i] > 0;
		inverse += share[i] / k;
	}
	memset(n, 0, sizeof n);
	memset(g, 0, sizeof g);
	for (int i = 0; i < k; i++) {
		double guess = known ? sum * share[i] / inverse : sum;
		n[i * k + i] += 1e-6;
		g[i] += 1e-6 * guess;
		for (int j = 0; j < k; j++)
			if (j != i && !isnan(p->v[i * k + j])) {
				n[i * k + i] += 1;
				n[i * k + j] += 1;
				g[i] += p->v[i * k + j];
			}
	}
	if (!ql_spd_invert(n, k, &det))
		return false;
	double floor_v = 1e-3 * sum;
	for (int i = 0; i < k; i++) {
		v[i] = 0;
		for (int j = 0; j < k; j++)
			v[i] += n[i * k + j] * g[j];
		v[i] = fmax(v[i], floor_v);
	}
	return true;
}

static void covariance_from_pairs(const struct pairs *p, double *s)
{
	int k = p->k, c = k - 1;
	for (int i = 0; i < c; i++)
		for (int j = 0; j < c; j++)
			s[i * c + j] =
			    i == j ? p->v[i + 1] : 0.5 * (p->v[i + 1] + p->v[j + 1] - p->v[(i + 1) * k + j + 1]);
}

static bool positive_definite(const double *s, int c)
{
	double copy[MAX_ARMS * MAX_ARMS], det;
	memcpy(copy, s, (size_t)c * (size_t)c * sizeof *s);
	return ql_spd_invert(copy, c, &det);
}

static bool offer_repair(struct ql_workshop *w, enum ql_code code, const char *what)
{
	struct ql_diag *d = study_fault(w, code, w->row[0]->span, what);
	ql_diag_help(
	    d,
	    "correct the rows, or use --repair: effects are fitted by least squares, missing or impossible variances "
	    "are those of the nearest set of arms, and the result says so");
	return false;
}

/* S = v_0 + diag(v_i) */
static void covariance_from_arms(const double *v, int k, double *s)
{
	for (int i = 0; i < k - 1; i++)
		for (int j = 0; j < k - 1; j++)
			s[i * (k - 1) + j] = v[0] + (i == j ? v[i + 1] : 0);
}

/* All printed contrasts enter when they do not add up exactly; y becomes their fit with the weights at tau2 = 0. */
static void keep_pairs(struct ql_workshop *w, const struct pairs *p, double worst, struct ql_nma_study *st)
{
	int k = w->k, c = k - 1;
	if (worst < 1e-10)
		return;
	double *l = QL_NEW_N(w->b->a, double, (size_t)(k * k)), det;
	st->pair = QL_NEW_N(w->b->a, double, (size_t)(k * k));
	for (int i = 0; i < k * k; i++)
		st->pair[i] = i % (k + 1) ? p->te[i] : 0;
	if (!ql_arm_weights(st->s, k, 0, l, &det))
		return;
	for (int i = 0; i < c; i++) {
		st->y[i] = 0;
		for (int j = 0; j < c; j++) /* L without arm 0 is the inverse of s */
			st->y[i] += st->s[i * c + j] * ql_arm_target(st, l, j + 1);
	}
}

/* By far the commonest study. */
static bool build_one_contrast(struct ql_workshop *w, struct ql_nma_study *st)
{
	add_arm(w, w->row[0]->t1);
	add_arm(w, w->row[0]->t2);
	new_study(w, st);
	st->y[0] = -w->row[0]->te;
	st->s[0] = w->row[0]->se * w->row[0]->se;
	return true;
}

static bool build_contrasts(struct ql_workshop *w, struct ql_nma_study *st)
{
	if (w->n_row == 1)
		return build_one_contrast(w, st);
	struct pairs p;
	double worst, v[MAX_ARMS];
	if (!collect_pairs(w, &p))
		return false;
	new_study(w, st);
	int all = w->k * (w->k - 1) / 2;
	if (!project_effects(&p, st->y, &worst)) {
		study_fault(w, QL_E0715, w->row[0]->span, "has contrasts that share no arm");
		return false;
	}
	char text[160];
	snprintf(text, sizeof text, "has %d arms and %d of %d contrasts", w->k, p.n_given, all);
	if (p.n_given < all && !w->b->o.repair)
		return offer_repair(w, QL_E0715, text);
	double smallest = INFINITY;
	for (int i = 0; i < w->n_row; i++)
		smallest = fmin(smallest, w->row[i]->se);
	snprintf(text, sizeof text, "has contrasts that contradict each other by up to %.4g", worst);
	if (worst > fmax(ROUNDING, DISAGREE * smallest) && !w->b->o.repair)
		return offer_repair(w, QL_E0716, text);
	st->residual = worst > ROUNDING ? worst : 0;
	if (p.n_given == all) {
		covariance_from_pairs(&p, st->s);
		if (positive_definite(st->s, w->k - 1)) {
			keep_pairs(w, &p, worst, st);
			return true;
		}
		if (!w->b->o.repair)
			return offer_repair(w, QL_E0716, "has standard errors that cannot belong to one trial");
	}
	if (!fit_arm_variances(w, &p, v))
		return offer_repair(w, QL_E0716, "has standard errors that cannot belong to one trial");
	covariance_from_arms(v, w->k, st->s);
	w->b->n_refitted++;
	return true;
}

/* One base arm (no difference; its standard error is that of its own mean) and differences from it. */
static bool build_differences(struct ql_workshop *w, struct ql_nma_study *st)
{
	int base = -1;
	for (int i = 0; i < w->n_row; i++)
		if (isnan(w->row[i]->te)) {
			if (base >= 0) {
				study_fault(w, QL_E0714, w->row[i]->span,
					    "has two base arms (rows without a difference)");
				return false;
			}
			base = i;
		}
	if (base < 0) {
		study_fault(w, QL_E0715, w->row[0]->span, "has no base arm (a row with an empty difference)");
		return false;
	}
	add_arm(w, w->row[base]->t1);
	for (int i = 0; i < w->n_row; i++)
		if (i != base && arm_of(w, w->row[i]->t1) >= 0) {
			study_fault(w, QL_E0714, w->row[i]->span, "has the same arm twice");
			return false;
		} else if (i != base && !add_arm(w, w->row[i]->t1)) {
			return false;
		}
	new_study(w, st);
	int c = w->k - 1;
	double v0 = w->row[base]->se * w->row[base]->se;
	if (c > 1 && !(v0 > 0)) {
		struct ql_diag *d =
		    study_fault(w, QL_E0713, w->row[base]->span, "needs the standard error of its base arm");
		ql_diag_help(d, "differences of one trial are correlated by the variance of the shared arm");
		return false;
	}
	for (int i = 0, at = 0; i < w->n_row; i++)
		if (i != base) {
			st->y[at] = w->row[i]->te;
			for (int j = 0; j < c; j++)
				st->s[at * c + j] = j == at ? w->row[i]->se * w->row[i]->se : v0;
			at++;
		}
	if (c > 0 && !positive_definite(st->s, c)) {
		study_fault(w, QL_E0716, w->row[base]->span, "has standard errors that cannot belong to one trial");
		return false;
	}
	return true;
}

static bool build_arms(struct ql_workshop *w, struct ql_nma_study *st)
{
	for (int i = 0; i < w->n_row; i++) {
		if (arm_of(w, w->row[i]->t1) >= 0) {
			struct ql_diag *d = study_fault(w, QL_E0714, w->row[i]->span, "has the same arm twice");
			ql_diag_help(d, "combine the two rows, or give the treatments different names");
			return false;
		}
		if (!add_arm(w, w->row[i]->t1))
			return false;
	}
	new_study(w, st);
	st->observed = QL_NEW_N(w->b->a, struct ql_nma_arm, (size_t)w->k);
	for (int i = 0; i < w->k; i++)
		st->observed[i] = w->row[i]->observed;
	return true;
}

static bool build_study(struct ql_workshop *w, struct ql_nma_study *st)
{
	enum ql_row_kind kind = w->row[0]->kind;
	for (int i = 1; i < w->n_row; i++)
		if (w->row[i]->kind != kind) {
			study_fault(w, QL_E0711, w->row[i]->span, "mixes arms and contrasts");
			return false;
		}
	if (!check_covariate(w))
		return false;
	bool ok = kind == QL_ROW_CONTRAST     ? build_contrasts(w, st)
		  : kind == QL_ROW_DIFFERENCE ? build_differences(w, st)
					      : build_arms(w, st);
	if (ok && w->k < 2) {
		struct ql_diag *d = study_fault(w, QL_E0712, w->row[0]->span, "has one arm only and compares nothing");
		ql_diag_help(d, "remove the row, or add the other arm under the same study name");
		return false;
	}
	return ok;
}

/* Rows in the order of studies, keeping their order within one. */
static const struct ql_row **group_rows(struct ql_nma_builder *b, int **first)
{
	int n = b->study.n;
	*first = QL_NEW_N(b->a, int, (size_t)n + 1);
	const struct ql_row **out = QL_NEW_N(b->a, const struct ql_row *, (size_t)b->n_row);
	for (int i = 0; i < b->n_row; i++)
		(*first)[b->row[i].study + 1]++;
	for (int s = 0; s < n; s++)
		(*first)[s + 1] += (*first)[s];
	int *at = QL_NEW_N(b->a, int, (size_t)n + 1);
	memcpy(at, *first, ((size_t)n + 1) * sizeof *at);
	for (int i = 0; i < b->n_row; i++)
		out[at[b->row[i].study]++] = &b->row[i];
	return out;
}

/* Treatments are numbered by name, so that results do not depend on the order of rows. */
static int by_name(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static void sort_treatments(struct ql_nma_data *d, const struct ql_nma_builder *b)
{
	d->n_treat = b->treat.n;
	d->treat = QL_NEW_N(d->a, const char *, (size_t)d->n_treat);
	memcpy(d->treat, b->treat.name, (size_t)d->n_treat * sizeof *d->treat);
	qsort(d->treat, (size_t)d->n_treat, sizeof *d->treat, by_name);
	int *rank = QL_NEW_N(d->a, int, (size_t)d->n_treat);
	for (int i = 0; i < d->n_treat; i++)
		rank[ql_names_find(&b->treat, d->treat[i])] = i;
	for (int s = 0; s < d->n_study; s++)
		for (int i = 0; i < d->study[s].k; i++)
			d->study[s].arm[i] = rank[d->study[s].arm[i]];
}

/* Without a study a treatment must go too. */
static void drop_unused(struct ql_nma_data *d)
{
	int *rank = QL_NEW_N(d->a, int, (size_t)d->n_treat), n = 0;
	for (int s = 0; s < d->n_study; s++)
		for (int i = 0; i < d->study[s].k; i++)
			rank[d->study[s].arm[i]] = 1;
	for (int t = 0; t < d->n_treat; t++) {
		if (!rank[t]) {
			ql_nma_note(d, "treatment %s has no usable study and is left out", d->treat[t]);
			continue;
		}
		rank[t] = n;
		d->treat[n++] = d->treat[t];
	}
	d->n_treat = n;
	for (int s = 0; s < d->n_study; s++)
		for (int i = 0; i < d->study[s].k; i++)
			d->study[s].arm[i] = rank[d->study[s].arm[i]];
}

enum quell_status ql_nma_builder_finish(struct ql_nma_builder *b, struct ql_nma_data **out)
{
	*out = NULL;
	struct ql_nma_data *d = QL_NEW(b->a, struct ql_nma_data);
	*d = (struct ql_nma_data){.a = b->a, .measure = b->measure};
	int *first;
	const struct ql_row **row = group_rows(b, &first);
	d->study = QL_NEW_N(b->a, struct ql_nma_study, (size_t)b->study.n);
	for (int s = 0; s < b->study.n && !told_enough(b); s++) {
		struct ql_workshop w;
		w.b = b;
		w.row = row + first[s];
		w.n_row = first[s + 1] - first[s];
		w.k = 0;
		w.name = b->study.name[s];
		struct ql_nma_study *st = &d->study[d->n_study];
		bool bad = false;
		for (int i = 0; i < w.n_row; i++)
			bad |= w.row[i]->bad;
		if (bad || !build_study(&w, st))
			continue;
		if (st->residual > 0)
			ql_nma_note(
			    d,
			    "study %s: its contrasts disagree by up to %.3g; all of them are fitted by least squares",
			    st->name, st->residual);
		if (!st->observed || ql_arm_effects(d, st, &b->o))
			d->n_study++;
	}
	if (told_enough(b))
		ql_diag_add(b->ds, QL_E0711, (struct ql_span){b->n_row ? b->row[0].span.file : NULL, 0, 0, 0},
			    "reading stopped after 40 faults");
	if (b->ds->n_errors > b->errors)
		return QUELL_ERR_INPUT;
	if (d->n_study == 0) {
		struct ql_span at = {b->n_row ? b->row[0].span.file : NULL, 0, 0, 0};
		ql_diag_add(b->ds, QL_E0722, at, "no study is left to analyse");
		return QUELL_ERR_INPUT;
	}
	if (b->n_refitted)
		ql_nma_note(
		    d,
		    "%d multi-arm stud%s without a complete set of contrasts: variances of the arms were fitted to "
		    "the printed standard errors",
		    b->n_refitted, b->n_refitted == 1 ? "y" : "ies");
	sort_treatments(d, b);
	drop_unused(d);
	*out = d;
	return QUELL_OK;
}

int ql_nma_treatment(const struct ql_nma_data *d, const char *name, struct ql_diags *ds)
{
	for (int i = 0; i < d->n_treat; i++)
		if (strcmp(d->treat[i], name) == 0)
			return i;
	struct ql_diag *g = ql_diag_add(ds, QL_E0720, (struct ql_span){0}, "the network has no treatment `%s`", name);
	const char *near = ql_suggest(name, d->treat, d->n_treat);
	if (near) {
		ql_diag_help(g, "did you mean `%s`?", near);
		return -1;
	}
	struct ql_buf list = {0};
	for (int i = 0; i < d->n_treat && i < 30; i++)
		ql_buf_printf(&list, "%s%s", i ? ", " : "", d->treat[i]);
	ql_diag_help(g, "treatments: %s%s", list.data, d->n_treat > 30 ? ", ..." : "");
	ql_buf_free(&list);
	return -1;
}

static int root_of(int *up, int i)
{
	while (up[i] != i)
		i = up[i] = up[up[i]];
	return i;
}

int ql_nma_parts(const struct ql_nma_data *d, int *part)
{
	for (int i = 0; i < d->n_treat; i++)
		part[i] = i;
	for (int s = 0; s < d->n_study; s++)
		for (int i = 1; i < d->study[s].k; i++)
			part[root_of(part, d->study[s].arm[i])] = root_of(part, d->study[s].arm[0]);
	int *number = QL_NEW_N(d->a, int, (size_t)d->n_treat), n = 0;
	for (int i = 0; i < d->n_treat; i++) {
		int r = root_of(part, i);
		if (!number[r])
			number[r] = ++n;
	}
	int *result = QL_NEW_N(d->a, int, (size_t)d->n_treat);
	for (int i = 0; i < d->n_treat; i++)
		result[i] = number[root_of(part, i)] - 1;
	memcpy(part, result, (size_t)d->n_treat * sizeof *part);
	return n;
}

struct ql_nma_data *ql_nma_part(const struct ql_nma_data *d, const int *part, int which)
{
	struct ql_nma_data *p = QL_NEW(d->a, struct ql_nma_data);
	*p = *d;
	p->treat = QL_NEW_N(d->a, const char *, (size_t)d->n_treat);
	p->study = QL_NEW_N(d->a, struct ql_nma_study, (size_t)d->n_study);
	p->n_treat = p->n_study = 0;
	int *rank = QL_NEW_N(d->a, int, (size_t)d->n_treat);
	for (int t = 0; t < d->n_treat; t++)
		if (part[t] == which) {
			rank[t] = p->n_treat;
			p->treat[p->n_treat++] = d->treat[t];
		}
	for (int s = 0; s < d->n_study; s++) {
		if (part[d->study[s].arm[0]] != which)
			continue;
		struct ql_nma_study *st = &p->study[p->n_study++];
		*st = d->study[s];
		st->arm = QL_NEW_N(d->a, int, (size_t)st->k);
		for (int i = 0; i < st->k; i++)
			st->arm[i] = rank[d->study[s].arm[i]];
	}
	p->note = QL_NEW_N(d->a, const char *, (size_t)d->n_note + 8);
	p->cap_note = d->n_note + 8;
	if (d->n_note)
		memcpy(p->note, d->note, (size_t)d->n_note * sizeof *p->note);
	return p;
}

int ql_nma_hub(const struct ql_nma_data *d)
{
	int *studies = QL_NEW_N(d->a, int, (size_t)d->n_treat), *first = QL_NEW_N(d->a, int, (size_t)d->n_treat),
	    best = 0;
	for (int s = 0; s < d->n_study; s++)
		for (int i = 0; i < d->study[s].k; i++) {
			studies[d->study[s].arm[i]]++;
			first[d->study[s].arm[i]] += i == 0;
		}
	for (int t = 1; t < d->n_treat; t++)
		if (studies[t] > studies[best] || (studies[t] == studies[best] && first[t] < first[best]))
			best = t;
	return best;
}
