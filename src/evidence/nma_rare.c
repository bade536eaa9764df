/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/nma_rare.h"
#include "evidence/linear.h"
#include "evidence/names.h"
#include "base/special.h"
#include <lapacke.h>
#include <math.h>
#include <string.h>

/* ---- which studies and arms can be used ---- */

static const char *design_label(struct ql_arena *a, const struct ql_nma_study *st)
{
	struct ql_buf b = {0};
	bool *used = QL_NEW_N(a, bool, (size_t)st->k);
	for (int n = 0; n < st->k; n++) { /* ascending */
		int best = -1;
		for (int i = 0; i < st->k; i++)
			if (!used[i] && (best < 0 || st->arm[i] < st->arm[best]))
				best = i;
		used[best] = true;
		ql_buf_printf(&b, "%s%d", n ? ":" : "", st->arm[best]);
	}
	const char *label = ql_arena_strdup(a, b.data);
	ql_buf_free(&b);
	return label;
}

static bool informative(const struct ql_nma_study *st)
{
	double events = 0, others = 0;
	for (int i = 0; i < st->k; i++) {
		events += st->observed[i].events;
		others += st->observed[i].n - st->observed[i].events;
	}
	return st->k > 1 && events > 0 && others > 0;
}

static void drop_arm(struct ql_nma_study *st, int i)
{
	st->k--;
	memmove(st->arm + i, st->arm + i + 1, (size_t)(st->k - i) * sizeof *st->arm);
	memmove(st->observed + i, st->observed + i + 1, (size_t)(st->k - i) * sizeof *st->observed);
}

/* Drops arms whose design has no event (or only events) under that treatment; true if something went. */
static bool drop_empty_arms(struct ql_nma_data *d)
{
	struct ql_names designs = {.a = d->a};
	size_t cells = (size_t)d->n_study * (size_t)d->n_treat;
	double *events = QL_NEW_N(d->a, double, cells), *others = QL_NEW_N(d->a, double, cells);
	int *of = QL_NEW_N(d->a, int, (size_t)d->n_study);
	bool changed = false;
	for (int s = 0; s < d->n_study; s++) {
		struct ql_nma_study *st = &d->study[s];
		of[s] = ql_names_add(&designs, design_label(d->a, st), st->span);
		for (int i = 0; i < st->k; i++) {
			size_t at = (size_t)of[s] * (size_t)d->n_treat + (size_t)st->arm[i];
			events[at] += st->observed[i].events;
			others[at] += st->observed[i].n - st->observed[i].events;
		}
	}
	for (int s = 0; s < d->n_study; s++)
		for (int i = d->study[s].k - 1; i >= 0; i--) {
			struct ql_nma_study *st = &d->study[s];
			size_t at = (size_t)of[s] * (size_t)d->n_treat + (size_t)st->arm[i];
			if (events[at] > 0 && others[at] > 0)
				continue;
			ql_nma_note(d, "study %s: arm %s is left out, no study of this design has %s under it",
				    st->name, d->treat[st->arm[i]],
				    events[at] > 0 ? "a patient without an event" : "an event");
			drop_arm(st, i);
			changed = true;
		}
	return changed;
}

static void drop_studies(struct ql_nma_data *d)
{
	int n = 0;
	for (int s = 0; s < d->n_study; s++) {
		if (informative(&d->study[s]))
			d->study[n++] = d->study[s];
		else
			ql_nma_note(
			    d,
			    "study %s is left out: without events (or with events only) it says nothing about an odds "
			    "ratio",
			    d->study[s].name);
	}
	d->n_study = n;
}

static void renumber(struct ql_nma_data *d)
{
	int *rank = QL_NEW_N(d->a, int, (size_t)d->n_treat), n = 0;
	const char **name = QL_NEW_N(d->a, const char *, (size_t)d->n_treat);
	for (int s = 0; s < d->n_study; s++)
		for (int i = 0; i < d->study[s].k; i++)
			rank[d->study[s].arm[i]] = 1;
	for (int t = 0; t < d->n_treat; t++) {
		if (rank[t]) {
			rank[t] = n;
			name[n++] = d->treat[t];
		} else {
			ql_nma_note(d, "treatment %s has no usable study and is left out", d->treat[t]);
		}
	}
	d->treat = name;
	d->n_treat = n;
	for (int s = 0; s < d->n_study; s++)
		for (int i = 0; i < d->study[s].k; i++)
			d->study[s].arm[i] = rank[d->study[s].arm[i]];
}

enum quell_status ql_rare_data(const struct ql_nma_data *d, struct ql_diags *ds, struct ql_nma_data **out)
{
	struct ql_nma_data *r = QL_NEW(d->a, struct ql_nma_data);
	struct ql_span at = {d->n_study ? d->study[0].span.file : NULL, 0, 0, 0};
	*out = NULL;
	*r = *d;
	r->note = NULL;
	r->n_note = r->cap_note = r->n_incremented = 0;
	r->study = QL_NEW_N(d->a, struct ql_nma_study, (size_t)d->n_study);
	for (int s = 0; s < d->n_study; s++) {
		struct ql_nma_study *st = &r->study[s];
		*st = d->study[s];
		if (!st->observed || isnan(st->observed[0].events) || isnan(st->observed[0].n)) {
			struct ql_diag *g = ql_diag_add(ds, QL_E0721, st->span,
							"study `%s` has no events and patients of arms", st->name);
			ql_diag_help(g, "rare-event methods start from a table of arms: study, treatment, events, n");
			return QUELL_ERR_INPUT;
		}
		size_t k = (size_t)st->k;
		st->arm = memcpy(QL_NEW_N(d->a, int, k), st->arm, k * sizeof *st->arm);
		st->observed = memcpy(QL_NEW_N(d->a, struct ql_nma_arm, k), st->observed, k * sizeof *st->observed);
	}
	do
		drop_studies(r);
	while (drop_empty_arms(r));
	drop_studies(r);
	renumber(r);
	if (r->n_study == 0) {
		ql_diag_add(ds, QL_E0722, at, "no study with events is left");
		return QUELL_ERR_INPUT;
	}
	*out = r;
	return QUELL_OK;
}

/* ---- Mantel-Haenszel ---- */

struct mh { /* one design: arms in treatment order */
	struct ql_arena *a;
	int k, n_study;
	const int *treat;
	double *events, *others, *total; /* [n_study*k], [n_study] */
	double *c;                       /* [k*k] sum a_x b_y / n */
};

static double cell(const struct mh *m, const double *v, int s, int x)
{
	return v[s * m->k + x];
}

static double log_odds(const struct mh *m, int x, int y)
{
	return x == y ? 0 : log(m->c[x * m->k + y] / m->c[y * m->k + x]);
}

/* Robins, Breslow and Greenland 1986 */
static double variance(const struct mh *m, int x, int y)
{
	double r = m->c[x * m->k + y], s = m->c[y * m->k + x], pr = 0, ps = 0, qs = 0;
	for (int i = 0; i < m->n_study; i++) {
		double n = m->total[i], cr = cell(m, m->events, i, x) * cell(m, m->others, i, y) / n;
		double cs = cell(m, m->events, i, y) * cell(m, m->others, i, x) / n;
		double p = (cell(m, m->events, i, x) + cell(m, m->others, i, y)) / n;
		double q = (cell(m, m->others, i, x) + cell(m, m->events, i, y)) / n;
		pr += p * cr;
		ps += p * cs + q * cr;
		qs += q * cs;
	}
	return pr / (2 * r * r) + ps / (2 * r * s) + qs / (2 * s * s);
}

/* Covariance of the log odds ratios x:y and x:z, which share arm x: the mean of three estimators that are unbiased
 * for few large and for many small studies (Greenland 1989). */
static double covariance_at(const struct mh *m, int x, int y, int z)
{
	int k = m->k;
	double xy = m->c[x * k + y], yx = m->c[y * k + x], xz = m->c[x * k + z], zx = m->c[z * k + x], sum = 0;
	for (int i = 0; i < m->n_study; i++) {
		double ax = cell(m, m->events, i, x), bx = cell(m, m->others, i, x), ay = cell(m, m->events, i, y);
		double by = cell(m, m->others, i, y), az = cell(m, m->events, i, z), bz = cell(m, m->others, i, z);
		double t = ax * by * bz / (xy * xz) + bx * ay * az / (yx * zx) +
			   (ax + bx) * (by * az / (xy * zx) + ay * bz / (yx * xz));
		sum += t / (3 * m->total[i] * m->total[i]);
	}
	return sum;
}

static double covariance(const struct mh *m, int x, int y, int z, int w)
{
	if (x == y || z == w)
		return 0;
	if (x == z)
		return y == w ? variance(m, x, y) : covariance_at(m, x, y, w);
	if (y == w)
		return covariance_at(m, y, x, z);
	if (x == w)
		return y == z ? -variance(m, x, y) : -covariance_at(m, x, y, z);
	return y == z ? -covariance_at(m, y, x, w) : 0;
}

/* Averaged over all arms, so that the estimates of a design are consistent: (L_x+ - L_0+)/k. */
static void pool_design(const struct mh *m, struct ql_nma_study *out)
{
	int k = m->k, c = k - 1;
	double *full = QL_NEW_N(m->a, double, (size_t)(k * k * k * k));
	for (int x = 0; x < k; x++)
		for (int y = 0; y < k; y++)
			for (int z = 0; z < k; z++)
				for (int w = 0; w < k; w++)
					full[((x * k + y) * k + z) * k + w] = covariance(m, x, y, z, w);
	for (int x = 1; x < k; x++)
		for (int y = 0; y < k; y++)
			out->y[x - 1] += (log_odds(m, x, y) - log_odds(m, 0, y)) / k;
	for (int x = 1; x < k; x++)
		for (int z = 1; z < k; z++)
			for (int y = 0; y < k; y++)
				for (int w = 0; w < k; w++)
					out->s[(x - 1) * c + z - 1] +=
					    (full[((x * k + y) * k + z) * k + w] - full[((x * k + y) * k) * k + w] -
					     full[(y * k + z) * k + w] + full[(y * k) * k + w]) /
					    (k * k);
}

static void fill_design(const struct ql_nma_data *d, const int *of, int design, struct mh *m)
{
	for (int s = 0; s < d->n_study; s++) {
		const struct ql_nma_study *st = &d->study[s];
		if (of[s] != design)
			continue;
		for (int x = 0; x < m->k; x++)
			for (int i = 0; i < st->k; i++)
				if (st->arm[i] == m->treat[x]) {
					m->events[m->n_study * m->k + x] = st->observed[i].events;
					m->others[m->n_study * m->k + x] = st->observed[i].n - st->observed[i].events;
					m->total[m->n_study] += st->observed[i].n;
				}
		m->n_study++;
	}
	for (int i = 0; i < m->n_study; i++)
		for (int x = 0; x < m->k; x++)
			for (int y = 0; y < m->k; y++)
				m->c[x * m->k + y] += m->events[i * m->k + x] * m->others[i * m->k + y] / m->total[i];
}

static enum quell_status mantel_haenszel(const struct ql_nma_data *d, struct ql_diags *ds, struct ql_nma_data *pooled)
{
	struct ql_names designs = {.a = d->a};
	int *of = QL_NEW_N(d->a, int, (size_t)d->n_study), *first = QL_NEW_N(d->a, int, (size_t)d->n_study);
	for (int s = 0; s < d->n_study; s++) {
		int known = designs.n;
		of[s] = ql_names_add(&designs, design_label(d->a, &d->study[s]), d->study[s].span);
		if (of[s] == known)
			first[of[s]] = s;
	}
	pooled->study = QL_NEW_N(d->a, struct ql_nma_study, (size_t)designs.n);
	pooled->n_study = designs.n;
	for (int g = 0; g < designs.n; g++) {
		const struct ql_nma_study *st = &d->study[first[g]];
		size_t k = (size_t)st->k, n = (size_t)d->n_study;
		struct mh m = {.a = d->a,
			       .k = st->k,
			       .treat = st->arm,
			       .events = QL_NEW_N(d->a, double, n *k),
			       .others = QL_NEW_N(d->a, double, n *k),
			       .total = QL_NEW_N(d->a, double, n),
			       .c = QL_NEW_N(d->a, double, k *k)};
		fill_design(d, of, g, &m);
		for (int i = 0; i < m.k * m.k; i++)
			if (!(m.c[i] > 0) && i % (m.k + 1)) {
				ql_diag_add(ds, QL_E0721, st->span,
					    "the design of study `%s` is too sparse for Mantel-Haenszel", st->name);
				return QUELL_ERR_INPUT;
			}
		struct ql_nma_study *out = &pooled->study[g];
		*out = (struct ql_nma_study){.name = designs.name[g],
					     .k = st->k,
					     .arm = st->arm,
					     .covariate = NAN,
					     .y = QL_NEW_N(d->a, double, k),
					     .s = QL_NEW_N(d->a, double, k *k),
					     .span = st->span};
		pool_design(&m, out);
	}
	return QUELL_OK;
}

/* ---- non-central hypergeometric ---- */

struct pmf { /* a distribution on first..first+n-1 */
	int first, n;
	double *p;
};

/* Binomial probabilities times x^power, where they matter. */
static struct pmf binomial(struct ql_arena *a, double n, double logit, int power)
{
	double p = 1 / (1 + exp(-logit)), mean = n * p, sd = sqrt(n * p * (1 - p)) + 1;
	int lo = (int)fmax(0, floor(mean - 40 * sd)), hi = (int)fmin(n, ceil(mean + 40 * sd));
	struct pmf f = {lo, hi - lo + 1, QL_NEW_N(a, double, (size_t)(hi - lo + 1))};
	double log_p = -log1p(exp(-logit)), log_q = -log1p(exp(logit));
	for (int x = lo; x <= hi; x++)
		f.p[x - lo] = exp(lgamma(n + 1) - lgamma(x + 1.0) - lgamma(n - x + 1) + x * log_p + (n - x) * log_q) *
			      (power == 0   ? 1
			       : power == 1 ? x
					    : (double)x * x);
	return f;
}

static struct pmf convolve(struct ql_arena *a, struct pmf x, struct pmf y)
{
	struct pmf z = {x.first + y.first, x.n + y.n - 1, QL_NEW_N(a, double, (size_t)(x.n + y.n - 1))};
	for (int i = 0; i < x.n; i++)
		for (int j = 0; x.p[i] > 0 && j < y.n; j++)
			z.p[i + j] += x.p[i] * y.p[j];
	return z;
}

/* Coefficient of the sum `total` when arm i is weighted by its power. */
static double coefficient(struct ql_arena *a, const struct ql_nma_study *st, const double *logit, const int *power,
			  double total)
{
	struct pmf f = binomial(a, st->observed[0].n, logit[0], power[0]);
	for (int i = 1; i < st->k - 1; i++)
		f = convolve(a, f, binomial(a, st->observed[i].n, logit[i], power[i]));
	struct pmf last = binomial(a, st->observed[st->k - 1].n, logit[st->k - 1], power[st->k - 1]);
	double sum = 0;
	for (int i = 0; i < f.n; i++) {
		int j = (int)total - (f.first + i) - last.first;
		if (j >= 0 && j < last.n)
			sum += f.p[i] * last.p[j];
	}
	return sum;
}

/* Common shift of the logits so that the expected number of events is the observed one; the conditional
 * distribution does not change, and nothing underflows. */
static double centre(const struct ql_nma_study *st, const double *theta, double total)
{
	double lo = -60, hi = 60;
	for (int it = 0; it < 100; it++) {
		double mid = 0.5 * (lo + hi), expected = 0;
		for (int i = 0; i < st->k; i++)
			expected += st->observed[i].n / (1 + exp(-(mid + theta[st->arm[i]])));
		*(expected < total ? &lo : &hi) = mid;
	}
	return 0.5 * (lo + hi);
}

/* Adds score and information of one study, both on treatments; returns its log-likelihood up to a constant. */
static double conditional(struct ql_arena *work, const struct ql_nma_study *st, const double *theta, int n,
			  double *score, double *info)
{
	double total = 0, ll = 0, *logit = QL_NEW_N(work, double, (size_t)st->k),
	       *mean = QL_NEW_N(work, double, (size_t)st->k);
	int *power = QL_NEW_N(work, int, (size_t)st->k);
	for (int i = 0; i < st->k; i++)
		total += st->observed[i].events;
	double shift = centre(st, theta, total);
	for (int i = 0; i < st->k; i++) {
		const struct ql_nma_arm *x = &st->observed[i];
		logit[i] = shift + theta[st->arm[i]];
		ll += x->events * -log1p(exp(-logit[i])) + (x->n - x->events) * -log1p(exp(logit[i]));
	}
	double all = coefficient(work, st, logit, power, total);
	for (int i = 0; i < st->k; i++) {
		power[i] = 1;
		mean[i] = coefficient(work, st, logit, power, total) / all;
		power[i] = 0;
		score[st->arm[i]] += st->observed[i].events - mean[i];
	}
	for (int i = 0; i < st->k; i++)
		for (int j = i; j < st->k; j++) {
			power[i]++, power[j]++;
			double c = coefficient(work, st, logit, power, total) / all - mean[i] * mean[j];
			power[i] = power[j] = 0;
			info[st->arm[i] * n + st->arm[j]] += c;
			if (i != j)
				info[st->arm[j] * n + st->arm[i]] += c;
		}
	return ll - log(all);
}

/* The same for rare events (Stijnen 2010): the arms share the events like a multinomial with chances n exp(theta). */
static double approximate(struct ql_arena *work, const struct ql_nma_study *st, const double *theta, int n,
			  double *score, double *info)
{
	double total = 0, sum = 0, ll = 0, *w = QL_NEW_N(work, double, (size_t)st->k);
	for (int i = 0; i < st->k; i++) {
		total += st->observed[i].events;
		sum += w[i] = st->observed[i].n * exp(theta[st->arm[i]]);
	}
	for (int i = 0; i < st->k; i++) {
		ll += st->observed[i].events * log(w[i] / sum);
		score[st->arm[i]] += st->observed[i].events - total * w[i] / sum;
		for (int j = 0; j < st->k; j++)
			info[st->arm[i] * n + st->arm[j]] += total * w[i] / sum * ((i == j) - w[j] / sum);
	}
	return ll;
}

static enum quell_status hypergeometric(const struct ql_nma_data *d, bool exact, struct ql_diags *ds, struct ql_nma *m)
{
	int n = d->n_treat, p = n - 1, r = m->o.reference;
	double *theta = m->effect, *score = QL_NEW_N(d->a, double, (size_t)n),
	       *info = QL_NEW_N(d->a, double, (size_t)(n * n));
	double *v = QL_NEW_N(d->a, double, (size_t)(p * p)), *g = QL_NEW_N(d->a, double, (size_t)p),
	       *old = QL_NEW_N(d->a, double, (size_t)n);
	double best = -INFINITY;
	struct ql_arena work = {0};
	enum quell_status status = QUELL_ERR_NUMERIC;
	for (int it = 0; it < 100; it++) {
		double ll = 0;
		memset(score, 0, (size_t)n * sizeof *score);
		memset(info, 0, (size_t)(n * n) * sizeof *info);
		for (int s = 0; s < d->n_study; s++) {
			ll += (exact ? conditional : approximate)(&work, &d->study[s], theta, n, score, info);
			ql_arena_free(&work);
		}
		if (!(ll > best - 1e-9)) { /* overshot: halve the step */
			for (int t = 0; t < n; t++)
				theta[t] = 0.5 * (theta[t] + old[t]);
			continue;
		}
		best = ll;
		for (int i = 0; i < p; i++) {
			g[i] = score[i + (i >= r)];
			for (int j = 0; j < p; j++)
				v[i * p + j] = info[(i + (i >= r)) * n + j + (j >= r)];
		}
		if (LAPACKE_dpotrf(LAPACK_ROW_MAJOR, 'L', p, v, p) != 0)
			break;
		LAPACKE_dpotrs(LAPACK_ROW_MAJOR, 'L', p, 1, v, p, g, 1);
		double step = 0;
		memcpy(old, theta, (size_t)n * sizeof *old);
		for (int i = 0; i < p; i++) {
			theta[i + (i >= r)] += g[i];
			step = fmax(step, fabs(g[i]));
		}
		if (step > 1e-10)
			continue;
		LAPACKE_dpotri(LAPACK_ROW_MAJOR, 'L', p, v, p);
		for (int i = 0; i < p; i++)
			for (int j = 0; j < p; j++)
				m->v[(size_t)((i + (i >= r)) * n + j + (j >= r))] =
				    i >= j ? v[i * p + j] : v[j * p + i];
		status = QUELL_OK;
		break;
	}
	if (status != QUELL_OK) {
		struct ql_diag *e = ql_diag_add(ds, QL_E0725, (struct ql_span){d->study[0].span.file, 0, 0, 0},
						"the hypergeometric likelihood has no maximum");
		ql_diag_help(
		    e,
		    "some treatment has events in none or in all of its patients; use Mantel-Haenszel or leave it out");
	}
	return status;
}

enum quell_status ql_rare_fit(const struct ql_nma_data *d, const struct ql_nma_options *o, enum ql_rare_method method,
			      struct ql_diags *ds, struct ql_nma **out)
{
	struct ql_nma_options common = *o;
	common.random = common.hartung_knapp = false;
	*out = NULL;
	if (method == QL_MANTEL_HAENSZEL) {
		struct ql_nma_data *pooled = QL_NEW(d->a, struct ql_nma_data);
		*pooled = *d;
		enum quell_status s = mantel_haenszel(d, ds, pooled);
		return s != QUELL_OK ? s : ql_nma_fit(pooled, &common, ds, out);
	}
	struct ql_nma *m = QL_NEW(d->a, struct ql_nma);
	size_t n = (size_t)d->n_treat;
	*m = (struct ql_nma){.d = d,
			     .o = common,
			     .n = d->n_treat,
			     .q = NAN,
			     .q_random = NAN,
			     .p_q = NAN,
			     .i2 = NAN,
			     .i2_lower = NAN,
			     .i2_upper = NAN,
			     .inflate = 1,
			     .crit = ql_qnorm(0.5 + o->level / 2),
			     .predict_crit = NAN};
	m->effect = QL_NEW_N(d->a, double, n);
	m->v = QL_NEW_N(d->a, double, n *n);
	enum quell_status s = hypergeometric(d, method == QL_HYPERGEOMETRIC, ds, m);
	*out = s == QUELL_OK ? m : NULL;
	return s;
}
