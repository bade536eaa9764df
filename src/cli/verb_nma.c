/* SPDX-License-Identifier: Apache-2.0 */
/* quell nma FILE: network and pairwise meta-analysis of any table. */
#define _POSIX_C_SOURCE 200809L
#include "base/json.h"
#include "cli/nma_text.h"
#include <string.h>
#include <time.h>

enum { NET_MH = QL_PM + 1, NET_NCH, NET_NCH_EXACT, NET_INVERSE, NET_METHODS };

struct nma_verb {
	struct ql_cli *c;
	const char *reference, *method, *dataset, *out, *group1, *group2, *covariate;
	const char *inactive, *tau_prior, *svg, *league;
	int model, small, measure, contributions, net, pair, slopes, chains, warmup, chain_draws;
	double level, increment, effect_sd;
	bool json, hk, repair, exact_names, heat, keep_double_zero, components, bayes, timing;
	uint64_t draws, seed;
};

static const char *dataset_name(struct nma_verb *v, const char *path)
{
	if (v->dataset)
		return v->dataset;
	const char *base = strrchr(path, '/'), *dot;
	base = base ? base + 1 : path;
	dot = strrchr(base, '.');
	char *name = ql_arena_strndup(&v->c->arena, base, dot ? (size_t)(dot - base) : strlen(base));
	char *tail = strstr(name, "_contrasts");
	if (tail && !tail[10])
		*tail = 0;
	return name;
}

/* "REML:knha" is an estimator and Knapp-Hartung intervals. */
static bool choose_method(struct nma_verb *v)
{
	static const char *const name[] = {"DL", "REML", "ML", "PM", "MH", "NCH", "NCH-exact", "Inverse"};
	const char *colon = strchr(v->method, ':');
	char *base = ql_arena_strndup(&v->c->arena, v->method, colon ? (size_t)(colon - v->method) : strlen(v->method));
	v->hk |= colon && strcmp(colon, ":knha") == 0;
	v->pair = ql_pair_method_find(base);
	v->net = -1;
	for (int i = 0; i < NET_METHODS; i++)
		if (strcmp(base, name[i]) == 0)
			v->net = i;
	if ((v->pair >= 0 || v->net >= 0) && (!colon || strcmp(colon, ":knha") == 0))
		return true;
	struct ql_diag *d =
	    ql_diag_add(&v->c->ds, QL_E0913, ql_cli_span(v->c, v->method), "`--method` does not take `%s`", v->method);
	ql_diag_help(d, "networks: DL, REML, ML, PM; rare events: MH, NCH, NCH-exact, Inverse; two treatments also EE, "
			"HE, HS, SJ, EB; "
			":knha behind it gives Knapp-Hartung intervals");
	return false;
}

/* The part of the network that holds the reference. */
static const struct ql_nma_data *choose_part(struct nma_verb *v, const struct ql_nma_data *d, struct ql_nma_report *r,
					     int *reference)
{
	*reference = v->reference ? ql_nma_treatment(d, v->reference, &v->c->ds) : ql_nma_hub(d);
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
	*reference = ql_nma_treatment(p, d->treat[*reference], &v->c->ds);
	return p;
}

static enum quell_status write_json(struct nma_verb *v, json_t *j)
{
	if (v->json) {
		ql_json_write(j, &v->c->out);
		json_decref(j);
		return QUELL_OK;
	}
	struct ql_buf text = {0};
	struct ql_out_file f;
	ql_json_write(j, &text);
	json_decref(j);
	enum quell_status s = ql_out_open(&f, v->out, &v->c->ds);
	if (s == QUELL_OK) {
		ql_out_write(&f, text.data, text.len);
		s = ql_out_commit(&f, &v->c->ds);
	}
	ql_buf_free(&text);
	return s;
}

static enum quell_status wrong_method(struct nma_verb *v, const char *why)
{
	ql_diag_add(&v->c->ds, QL_E0721, ql_cli_span(v->c, v->method), "`%s` %s", v->method, why);
	return QUELL_ERR_INPUT;
}

static enum quell_status pairwise(struct nma_verb *v, const struct ql_nma_data *d, const char *dataset)
{
	struct ql_pair_report r = {.dataset = dataset, .method = v->method};
	int reference = v->reference ? ql_nma_treatment(d, v->reference, &v->c->ds) : ql_nma_hub(d);
	if (reference < 0)
		return QUELL_ERR_INPUT;
	enum ql_pair_method method = v->model == 1 ? QL_PAIR_EE : (enum ql_pair_method)v->pair;
	enum quell_status s =
	    ql_pair_report_run(d, reference, method, v->hk, v->covariate != NULL, v->level / 100, &v->c->ds, &r);
	if (s == QUELL_OK && !v->json)
		ql_pair_print(v->c, &r);
	if (s == QUELL_OK && v->svg)
		s = ql_pair_write_svg(v->c, &r, v->svg);
	return s == QUELL_OK && (v->json || v->out) ? write_json(v, ql_pair_json(&r)) : s;
}

static double milliseconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

/* "half-normal:0.5", "uniform:2" */
static enum quell_status tau_prior(struct nma_verb *v, struct ql_bayes_options *o)
{
	const char *colon = v->tau_prior ? strchr(v->tau_prior, ':') : NULL;
	size_t n = colon ? (size_t)(colon - v->tau_prior) : 0;
	if (!v->tau_prior)
		return QUELL_OK;
	bool half = n == 11 && strncmp(v->tau_prior, "half-normal", n) == 0,
	     flat = n == 7 && strncmp(v->tau_prior, "uniform", n) == 0;
	o->prior = flat ? QL_UNIFORM : QL_HALF_NORMAL;
	if ((half || flat) && ql_parse_double(colon + 1, strlen(colon + 1), &o->tau_scale) && o->tau_scale > 0 &&
	    isfinite(o->tau_scale))
		return QUELL_OK;
	struct ql_diag *d = ql_diag_add(&v->c->ds, QL_E0913, ql_cli_span(v->c, v->tau_prior),
					"`--tau-prior` does not take `%s`", v->tau_prior);
	ql_diag_help(d, "accepted: half-normal:SCALE, uniform:UPPER");
	return QUELL_ERR_USAGE;
}

static enum quell_status bayes(struct nma_verb *v, struct ql_nma_report *r)
{
	struct ql_bayes_options o = {.chains = v->chains,
				     .warmup = v->warmup,
				     .draws = v->chain_draws,
				     .seed = v->seed,
				     .effect_sd = v->effect_sd,
				     .reference = r->m->o.reference,
				     .cancel = v->c->cancel,
				     .small_desirable = v->small == 0};
	enum quell_status s = tau_prior(v, &o);
	if (s != QUELL_OK)
		return s;
	const struct ql_nma_arm *x = r->d->study[0].observed;
	o.binomial = r->d->measure == QL_OR && x && !isnan(x[0].events) && !isnan(x[0].n);
	struct ql_bayes *b = QL_NEW(&v->c->arena, struct ql_bayes);
	s = ql_nma_bayes(r->d, &o, &v->c->ds, b);
	r->bayes = s == QUELL_OK ? b : NULL;
	return s;
}

/* What was asked for on top of the network. The component model also takes parts that no study connects. */
static enum quell_status more_models(struct nma_verb *v, const struct ql_nma_options *o, const struct ql_nma_data *all,
				     struct ql_nma_report *r)
{
	enum quell_status s = QUELL_OK;
	if (v->components) {
		struct ql_component_fit *f = QL_NEW(&v->c->arena, struct ql_component_fit);
		if (v->inactive && ql_nma_treatment(all, v->inactive, &v->c->ds) < 0)
			return QUELL_ERR_INPUT;
		s = ql_nma_components(all, NULL, v->inactive, o, &v->c->ds, f);
		r->components = s == QUELL_OK ? f : NULL;
	}
	if (s == QUELL_OK && v->covariate) {
		struct ql_regression_fit *f = QL_NEW(&v->c->arena, struct ql_regression_fit);
		s = ql_nma_regression(r->d, v->slopes == 0, o, &v->c->ds, f);
		r->regression = s == QUELL_OK ? f : NULL;
	}
	return s == QUELL_OK && v->bayes ? bayes(v, r) : s;
}

static enum quell_status network(struct nma_verb *v, const struct ql_nma_data *d, const char *dataset)
{
	struct ql_nma_report r = {.dataset = dataset, .method = v->method};
	struct ql_nma_report_options o = {.heat = v->heat,
					  .contributions = v->contributions > 0,
					  .draws = v->draws,
					  .flow = v->contributions == 1 ? QL_SHORTEST_PATH : QL_RANDOM_WALK,
					  .seed = v->seed};
	enum quell_status s;
	static const int rare[] = {QL_MANTEL_HAENSZEL, QL_HYPERGEOMETRIC_RARE, QL_HYPERGEOMETRIC};
	if (v->net >= NET_MH && v->net <= NET_NCH_EXACT) {
		struct ql_nma_data *usable;
		s = ql_rare_data(d, &v->c->ds, &usable);
		if (s != QUELL_OK)
			return s;
		d = usable;
	}
	const struct ql_nma_data *part = choose_part(v, d, &r, &o.fit.reference);
	if (!part)
		return QUELL_ERR_INPUT;
	o.fit.method = v->net <= QL_PM ? (enum ql_tau_method)v->net : QL_DL;
	o.fit.random = v->model == 0 && v->net <= QL_PM;
	o.fit.hartung_knapp = v->hk;
	o.fit.small_desirable = v->small == 0;
	o.fit.level = v->level / 100;
	o.fit.tau2 = NAN;
	o.rare = v->net >= NET_MH && v->net <= NET_NCH_EXACT ? rare[v->net - NET_MH] : -1;
	double start = milliseconds();
	s = ql_nma_report_run(part, &o, &v->c->ds, &r);
	if (s == QUELL_OK && v->timing)
		ql_cli_say(v->c, "Analysed", "%d studies, %d treatments in %.2f ms", part->n_study, part->n_treat,
			   milliseconds() - start);
	if (s == QUELL_OK)
		s = more_models(v, &o.fit, d, &r);
	if (s == QUELL_OK && !v->json)
		ql_nma_print(v->c, &r);
	if (s == QUELL_OK && v->svg)
		s = ql_nma_write_svg(v->c, &r, v->svg, "");
	if (s == QUELL_OK && v->league)
		s = ql_nma_write_league(v->c, &r, v->league);
	return s == QUELL_OK && (v->json || v->out) ? write_json(v, ql_nma_json(&r)) : s;
}

static enum quell_status analyse(struct nma_verb *v, const char *path)
{
	if (!choose_method(v))
		return QUELL_ERR_USAGE;
	bool rare = v->net >= NET_MH;
	struct ql_nma_read_options o = {.measure = v->measure ? v->measure
						   : rare     ? QL_OR
							      : -1,
					.covariate = v->covariate,
					.group1 = v->group1,
					.group2 = v->group2,
					.increment = v->increment,
					.repair = v->repair,
					.keep_double_zero = rare || v->keep_double_zero,
					.exact_names = v->exact_names};
	struct ql_nma_data *d;
	enum quell_status s = ql_nma_read(&v->c->arena, path, &o, &v->c->ds, &d);
	if (s != QUELL_OK)
		return s;
	if (v->pair >= 0 && ql_pair_fits(d))
		return pairwise(v, d, dataset_name(v, path));
	if (v->net < 0)
		return wrong_method(v, "is for two treatments in two-arm studies; networks take DL, REML, ML, PM, MH, "
				       "NCH, NCH-exact, Inverse");
	return network(v, d, dataset_name(v, path));
}

int ql_verb_nma(struct ql_cli *c, int argc, char **argv)
{
	struct nma_verb v = {.c = c,
			     .method = "DL",
			     .level = 95,
			     .increment = 0.5,
			     .draws = 100000,
			     .seed = 1,
			     .chains = 4,
			     .warmup = 1000,
			     .chain_draws = 5000};
	const struct ql_opt opt[] = {
	    {"reference", QL_OPT_TEXT, &v.reference, "NAME", "most compared", 0, 0, NULL,
	     "treatment that the others are compared with"},
	    {"method", QL_OPT_TEXT, &v.method, "NAME", "DL", 0, 0, NULL,
	     "variance between studies (DL, REML, ML, PM), or MH, NCH, NCH-exact, Inverse for rare events; two "
	     "treatments also EE, HE, HS, SJ, EB; :knha"},
	    {"model", QL_OPT_CHOICE, &v.model, NULL, "random", 0, 0, "random|common", "effects of studies"},
	    {"small-values", QL_OPT_CHOICE, &v.small, NULL, "desirable", 0, 0, "desirable|undesirable",
	     "which direction is better"},
	    {"measure", QL_OPT_CHOICE, &v.measure, NULL, "auto", 0, 0, "auto|MD|SMD|OR|RR|RD|IRR|HR", "effect measure"},
	    {"level", QL_OPT_NUMBER, &v.level, "PERCENT", "95", 50, 99.99, NULL, "confidence level"},
	    {"hk", QL_OPT_FLAG, &v.hk, NULL, NULL, 0, 0, NULL, "Hartung-Knapp intervals"},
	    {"increment", QL_OPT_NUMBER, &v.increment, "X", "0.5", 0, 10, NULL,
	     "added to all cells of a study with a zero cell"},
	    {"keep-double-zero", QL_OPT_FLAG, &v.keep_double_zero, NULL, NULL, 0, 0, NULL,
	     "studies without events stay in, with the increment"},
	    {"covariate", QL_OPT_TEXT, &v.covariate, "COLUMN", NULL, 0, 0, NULL,
	     "meta-regression on a column of the table"},
	    {"treatment", QL_OPT_TEXT, &v.group1, "NAME", "treatment", 0, 0, NULL,
	     "name of the first side of 2x2 tables"},
	    {"control", QL_OPT_TEXT, &v.group2, "NAME", "control", 0, 0, NULL, "name of the second side of 2x2 tables"},
	    {"repair", QL_OPT_FLAG, &v.repair, NULL, NULL, 0, 0, NULL, "project contradictory multi-arm contrasts"},
	    {"exact-names", QL_OPT_FLAG, &v.exact_names, NULL, NULL, 0, 0, NULL,
	     "case and accents tell treatments apart"},
	    {"heat", QL_OPT_FLAG, &v.heat, NULL, NULL, 0, 0, NULL, "net heat matrix"},
	    {"contributions", QL_OPT_CHOICE, &v.contributions, NULL, "none", 0, 0, "none|shortest-path|random-walk",
	     "contribution matrix"},
	    {"draws", QL_OPT_COUNT, &v.draws, "N", "100000", 0, 1e8, NULL, "draws for the rankogram"},
	    {"seed", QL_OPT_COUNT, &v.seed, "N", "1", 0, 1e15, NULL, "seed of the draws"},
	    {"slopes", QL_OPT_CHOICE, &v.slopes, NULL, "common", 0, 0, "common|separate",
	     "slopes of the meta-regression"},
	    {"components", QL_OPT_FLAG, &v.components, NULL, NULL, 0, 0, NULL, "additive model: names are split at +"},
	    {"inactive", QL_OPT_TEXT, &v.inactive, "NAME", NULL, 0, 0, NULL,
	     "treatment without components, such as placebo"},
	    {"bayes", QL_OPT_FLAG, &v.bayes, NULL, NULL, 0, 0, NULL,
	     "posterior by Gibbs sampling (binomial for events of arms)"},
	    {"tau-prior", QL_OPT_TEXT, &v.tau_prior, "PRIOR", "half-normal:1", 0, 0, NULL,
	     "half-normal:SCALE or uniform:UPPER"},
	    {"effect-sd", QL_OPT_NUMBER, &v.effect_sd, "SD", "10", 0, 1e6, NULL,
	     "normal prior of effects (scales with units: 15 times the largest)"},
	    {"chains", QL_OPT_INT, &v.chains, "N", "4", 2, 64, NULL, "chains"},
	    {"warmup", QL_OPT_INT, &v.warmup, "N", "1000", 0, 1e6, NULL, "draws thrown away per chain"},
	    {"chain-draws", QL_OPT_INT, &v.chain_draws, "N", "5000", 100, 1e6, NULL, "draws kept per chain"},
	    {"dataset", QL_OPT_TEXT, &v.dataset, "NAME", "file name", 0, 0, NULL, "name in the result"},
	    {"svg", QL_OPT_TEXT, &v.svg, "DIR", NULL, 0, 0, NULL, "forest, network and rank plots as SVG into DIR"},
	    {"league", QL_OPT_TEXT, &v.league, "FILE", NULL, 0, 0, NULL, "league table of all pairs as CSV"},
	    {"timing", QL_OPT_FLAG, &v.timing, NULL, NULL, 0, 0, NULL, "time of the network part on standard error"},
	    {"out", QL_OPT_TEXT, &v.out, "FILE", NULL, 0, 0, NULL, "JSON result into FILE"},
	    {"json", QL_OPT_FLAG, &v.json, NULL, NULL, 0, 0, NULL, "JSON on standard output"},
	    {0}};
	const struct ql_command cmd = {"nma",
				       "FILE",
				       1,
				       1,
				       "Network meta-analysis of a table of contrasts or arms.\n",
				       "quell nma contrasts.csv --reference placebo --method REML\n",
				       {opt}};
	int exit;
	if (!ql_cli_parse(c, &cmd, argc, argv, &exit))
		return exit;
	return ql_cli_exit(analyse(&v, c->args.item[0]));
}
