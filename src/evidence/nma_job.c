/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "evidence/nma_job.h"
#include <math.h>
#include <string.h>
#include <time.h>

enum { NET_MH = QL_PM + 1, NET_NCH, NET_NCH_EXACT, NET_INVERSE, NET_METHODS };

struct job {
	struct ql_arena *a;
	const struct ql_nma_request *q;
	struct ql_diags *ds;
	struct ql_nma_answer *out;
	const char *dataset;
	int net, pair; /* the method for networks, for pairs; -1: it is none */
	bool hk;
};

static const struct ql_span command_line = {"command line", 0, 0, 0};

/* File name without folder, extension and "_contrasts". */
static const char *dataset_name(struct job *j, const char *path)
{
	if (j->q->dataset)
		return j->q->dataset;
	const char *base = strrchr(path, '/'), *dot;
	base = base ? base + 1 : path;
	dot = strrchr(base, '.');
	char *name = ql_arena_strndup(j->a, base, dot ? (size_t)(dot - base) : strlen(base));
	char *tail = strstr(name, "_contrasts");
	if (tail && !tail[10])
		*tail = 0;
	return name;
}

/* "REML:knha" is an estimator and Knapp-Hartung intervals. */
static bool choose_method(struct job *j)
{
	static const char *const name[] = {"DL", "REML", "ML", "PM", "MH", "NCH", "NCH-exact", "Inverse"};
	const char *method = j->q->method, *colon = strchr(method, ':');
	char *base = ql_arena_strndup(j->a, method, colon ? (size_t)(colon - method) : strlen(method));
	j->hk = j->q->hk || (colon && strcmp(colon, ":knha") == 0);
	j->pair = ql_pair_method_find(base);
	j->net = -1;
	for (int i = 0; i < NET_METHODS; i++)
		if (strcmp(base, name[i]) == 0)
			j->net = i;
	if ((j->pair >= 0 || j->net >= 0) && (!colon || strcmp(colon, ":knha") == 0))
		return true;
	struct ql_diag *d = ql_diag_add(j->ds, QL_E0913, command_line, "there is no method `%s`", method);
	ql_diag_help(d, "networks: DL, REML, ML, PM; rare events: MH, NCH, NCH-exact, Inverse; two treatments also EE, "
			"HE, HS, SJ, EB; "
			":knha behind it gives Knapp-Hartung intervals");
	return false;
}

/* The part of the network that holds the reference. */
static const struct ql_nma_data *choose_part(struct job *j, const struct ql_nma_data *d, struct ql_nma_report *r,
					     int *reference)
{
	*reference = j->q->reference ? ql_nma_treatment(d, j->q->reference, j->ds) : ql_nma_hub(d);
	if (*reference < 0)
		return NULL;
	int *part = QL_NEW_N(d->a, int, (size_t)d->n_treat);
	if (ql_nma_parts(d, part) == 1)
		return d;
	const char **left = QL_NEW_N(d->a, const char *, (size_t)d->n_treat);
	for (int t = 0; t < d->n_treat; t++)
		if (part[t] != part[*reference])
			left[r->n_left_out++] = d->treat[t];
	r->left_out = left;
	const struct ql_nma_data *p = ql_nma_part(d, part, part[*reference]);
	*reference = ql_nma_treatment(p, d->treat[*reference], j->ds);
	return p;
}

static enum quell_status wrong_method(struct job *j, const char *why)
{
	ql_diag_add(j->ds, QL_E0721, command_line, "`%s` %s", j->q->method, why);
	return QUELL_ERR_INPUT;
}

static enum quell_status pairwise(struct job *j, const struct ql_nma_data *d)
{
	const struct ql_nma_request *q = j->q;
	j->out->is_pair = true;
	j->out->pair = (struct ql_pair_report){.dataset = j->dataset, .method = q->method};
	int reference = q->reference ? ql_nma_treatment(d, q->reference, j->ds) : ql_nma_hub(d);
	if (reference < 0)
		return QUELL_ERR_INPUT;
	enum ql_pair_method method = q->common ? QL_PAIR_EE : (enum ql_pair_method)j->pair;
	return ql_pair_report_run(d, reference, method, j->hk, q->covariate != NULL, q->level / 100, j->ds, &j->out->pair);
}

static double milliseconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

/* "half-normal:0.5", "uniform:2" */
static enum quell_status tau_prior(struct job *j, struct ql_bayes_options *o)
{
	const char *text = j->q->tau_prior, *colon = text ? strchr(text, ':') : NULL;
	size_t n = colon ? (size_t)(colon - text) : 0;
	if (!text)
		return QUELL_OK;
	bool half = n == 11 && strncmp(text, "half-normal", n) == 0, flat = n == 7 && strncmp(text, "uniform", n) == 0;
	o->prior = flat ? QL_UNIFORM : QL_HALF_NORMAL;
	if ((half || flat) && ql_parse_double(colon + 1, strlen(colon + 1), &o->tau_scale) && o->tau_scale > 0 &&
	    isfinite(o->tau_scale))
		return QUELL_OK;
	struct ql_diag *d = ql_diag_add(j->ds, QL_E0913, command_line, "the prior cannot be `%s`", text);
	ql_diag_help(d, "accepted: half-normal:SCALE, uniform:UPPER");
	return QUELL_ERR_USAGE;
}

static enum quell_status bayes(struct job *j, struct ql_nma_report *r)
{
	const struct ql_nma_request *q = j->q;
	struct ql_bayes_options o = {.chains = q->chains,
				     .warmup = q->warmup,
				     .draws = q->chain_draws,
				     .seed = q->seed,
				     .effect_sd = q->effect_sd,
				     .reference = r->m->o.reference,
				     .cancel = q->cancel,
				     .small_desirable = !q->undesirable};
	enum quell_status s = tau_prior(j, &o);
	if (s != QUELL_OK)
		return s;
	const struct ql_nma_arm *x = r->d->study[0].observed;
	o.binomial = r->d->measure == QL_OR && x && !isnan(x[0].events) && !isnan(x[0].n);
	struct ql_bayes *b = QL_NEW(j->a, struct ql_bayes);
	s = ql_nma_bayes(r->d, &o, j->ds, b);
	r->bayes = s == QUELL_OK ? b : NULL;
	return s;
}

/* What was asked for on top of the network. The component model also takes parts that no study connects. */
static enum quell_status more_models(struct job *j, const struct ql_nma_options *o, const struct ql_nma_data *all,
				     struct ql_nma_report *r)
{
	enum quell_status s = QUELL_OK;
	const struct ql_nma_request *q = j->q;
	if (q->components) {
		struct ql_component_fit *f = QL_NEW(j->a, struct ql_component_fit);
		if (q->inactive && ql_nma_treatment(all, q->inactive, j->ds) < 0)
			return QUELL_ERR_INPUT;
		s = ql_nma_components(all, NULL, q->inactive, o, j->ds, f);
		r->components = s == QUELL_OK ? f : NULL;
	}
	if (s == QUELL_OK && q->covariate) {
		struct ql_regression_fit *f = QL_NEW(j->a, struct ql_regression_fit);
		s = ql_nma_regression(r->d, !q->separate_slopes, o, j->ds, f);
		r->regression = s == QUELL_OK ? f : NULL;
	}
	return s == QUELL_OK && q->bayes ? bayes(j, r) : s;
}

static void choose_options(const struct job *j, struct ql_nma_report_options *o)
{
	static const int rare[] = {QL_MANTEL_HAENSZEL, QL_HYPERGEOMETRIC_RARE, QL_HYPERGEOMETRIC};
	const struct ql_nma_request *q = j->q;
	o->heat = q->heat;
	o->contributions = q->contributions > 0;
	o->draws = q->draws;
	o->flow = q->contributions == 1 ? QL_SHORTEST_PATH : QL_RANDOM_WALK;
	o->seed = q->seed;
	o->fit.method = j->net <= QL_PM ? (enum ql_tau_method)j->net : QL_DL;
	o->fit.random = !q->common && j->net <= QL_PM;
	o->fit.hartung_knapp = j->hk;
	o->fit.small_desirable = !q->undesirable;
	o->fit.level = q->level / 100;
	o->fit.tau2 = NAN;
	o->rare = j->net >= NET_MH && j->net <= NET_NCH_EXACT ? rare[j->net - NET_MH] : -1;
}

static enum quell_status network(struct job *j, const struct ql_nma_data *d)
{
	struct ql_nma_report *r = &j->out->network;
	struct ql_nma_report_options o = {0};
	enum quell_status s;
	*r = (struct ql_nma_report){.dataset = j->dataset, .method = j->q->method};
	if (j->net >= NET_MH && j->net <= NET_NCH_EXACT) {
		struct ql_nma_data *usable;
		s = ql_rare_data(d, j->ds, &usable);
		if (s != QUELL_OK)
			return s;
		d = usable;
	}
	choose_options(j, &o);
	const struct ql_nma_data *part = choose_part(j, d, r, &o.fit.reference);
	if (!part)
		return QUELL_ERR_INPUT;
	double start = milliseconds();
	s = ql_nma_report_run(part, &o, j->ds, r);
	j->out->network_ms = milliseconds() - start;
	return s == QUELL_OK ? more_models(j, &o.fit, d, r) : s;
}

enum quell_status ql_nma_job_run(struct ql_arena *a, struct ql_csv *table, const struct ql_nma_request *q,
				 struct ql_diags *ds, struct ql_nma_answer *out)
{
	struct job j = {.a = a, .q = q, .ds = ds, .out = out};
	*out = (struct ql_nma_answer){0};
	if (!choose_method(&j))
		return QUELL_ERR_USAGE;
	bool rare = j.net >= NET_MH;
	struct ql_nma_read_options o = {.measure = q->measure ? q->measure
						   : rare     ? QL_OR
							      : -1,
					.covariate = q->covariate,
					.group1 = q->group1,
					.group2 = q->group2,
					.increment = q->increment,
					.repair = q->repair,
					.keep_double_zero = rare || q->keep_double_zero,
					.exact_names = q->exact_names};
	struct ql_nma_data *d;
	enum quell_status s = ql_nma_take(a, table, &o, ds, &d);
	if (s != QUELL_OK)
		return s;
	j.dataset = dataset_name(&j, table->file);
	if (j.pair >= 0 && ql_pair_fits(d))
		return pairwise(&j, d);
	if (j.net < 0)
		return wrong_method(&j, "is for two treatments in two-arm studies; networks take DL, REML, ML, PM, MH, "
					"NCH, NCH-exact, Inverse");
	return network(&j, d);
}

json_t *ql_nma_answer_json(const struct ql_nma_answer *x)
{
	return x->is_pair ? ql_pair_json(&x->pair) : ql_nma_json(&x->network);
}
