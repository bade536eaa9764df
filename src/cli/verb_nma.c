/* SPDX-License-Identifier: Apache-2.0 */
/* quell nma FILE: network and pairwise meta-analysis of any table. */
#include "base/json.h"
#include "cli/nma_text.h"
#include "evidence/nma_job.h"
#include <string.h>

struct nma_verb {
	struct ql_cli *c;
	struct ql_nma_request q;
	const char *out, *svg, *league;
	int model, small, slopes; /* choices */
	bool json, timing;
};

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

static enum quell_status show_network(struct nma_verb *v, const struct ql_nma_answer *x)
{
	const struct ql_nma_report *r = &x->network;
	enum quell_status s = QUELL_OK;
	if (v->timing)
		ql_cli_say(v->c, "Analysed", "%d studies, %d treatments in %.2f ms", r->d->n_study, r->d->n_treat, x->network_ms);
	if (!v->json)
		ql_nma_print(v->c, r);
	if (v->svg)
		s = ql_nma_write_svg(v->c, r, v->svg, "");
	if (s == QUELL_OK && v->league)
		s = ql_nma_write_league(v->c, r, v->league);
	return s;
}

static enum quell_status show_pair(struct nma_verb *v, const struct ql_nma_answer *x)
{
	if (!v->json)
		ql_pair_print(v->c, &x->pair);
	return v->svg ? ql_pair_write_svg(v->c, &x->pair, v->svg) : QUELL_OK;
}

static enum quell_status analyse(struct nma_verb *v, const char *path)
{
	const struct ql_csv_options csv = {.any_case = true};
	struct ql_csv *table;
	struct ql_nma_answer x;
	v->q.common = v->model == 1;
	v->q.undesirable = v->small == 1;
	v->q.separate_slopes = v->slopes == 1;
	v->q.cancel = v->c->cancel;
	enum quell_status s = ql_csv_read(&v->c->arena, path, &csv, &v->c->ds, &table);
	if (s == QUELL_OK)
		s = ql_nma_job_run(&v->c->arena, table, &v->q, &v->c->ds, &x);
	if (s == QUELL_OK)
		s = x.is_pair ? show_pair(v, &x) : show_network(v, &x);
	return s == QUELL_OK && (v->json || v->out) ? write_json(v, ql_nma_answer_json(&x)) : s;
}

int ql_verb_nma(struct ql_cli *c, int argc, char **argv)
{
	struct nma_verb v = {.c = c,
			     .q = {.method = "DL",
				   .level = 95,
				   .increment = 0.5,
				   .draws = 100000,
				   .seed = 1,
				   .chains = 4,
				   .warmup = 1000,
				   .chain_draws = 5000}};
	const struct ql_opt opt[] = {
	    QL_OPT_SHARED("reference", QL_OPT_TEXT, &v.q.reference),
	    QL_OPT_SHARED("method", QL_OPT_TEXT, &v.q.method),
	    QL_OPT_SHARED("model", QL_OPT_CHOICE, &v.model),
	    QL_OPT_SHARED("small-values", QL_OPT_CHOICE, &v.small),
	    QL_OPT_SHARED("measure", QL_OPT_CHOICE, &v.q.measure),
	    QL_OPT_SHARED("level", QL_OPT_NUMBER, &v.q.level),
	    QL_OPT_SHARED("hk", QL_OPT_FLAG, &v.q.hk),
	    QL_OPT_SHARED("increment", QL_OPT_NUMBER, &v.q.increment),
	    QL_OPT_SHARED("keep-double-zero", QL_OPT_FLAG, &v.q.keep_double_zero),
	    QL_OPT_SHARED("covariate", QL_OPT_TEXT, &v.q.covariate),
	    QL_OPT_SHARED("treatment", QL_OPT_TEXT, &v.q.group1),
	    QL_OPT_SHARED("control", QL_OPT_TEXT, &v.q.group2),
	    QL_OPT_SHARED("repair", QL_OPT_FLAG, &v.q.repair),
	    QL_OPT_SHARED("exact-names", QL_OPT_FLAG, &v.q.exact_names),
	    QL_OPT_SHARED("heat", QL_OPT_FLAG, &v.q.heat),
	    QL_OPT_SHARED("contributions", QL_OPT_CHOICE, &v.q.contributions),
	    QL_OPT_SHARED("draws", QL_OPT_COUNT, &v.q.draws),
	    QL_OPT_SHARED("seed", QL_OPT_COUNT, &v.q.seed),
	    QL_OPT_SHARED("slopes", QL_OPT_CHOICE, &v.slopes),
	    QL_OPT_SHARED("components", QL_OPT_FLAG, &v.q.components),
	    QL_OPT_SHARED("inactive", QL_OPT_TEXT, &v.q.inactive),
	    QL_OPT_SHARED("bayes", QL_OPT_FLAG, &v.q.bayes),
	    QL_OPT_SHARED("tau-prior", QL_OPT_TEXT, &v.q.tau_prior),
	    QL_OPT_SHARED("effect-sd", QL_OPT_NUMBER, &v.q.effect_sd),
	    QL_OPT_SHARED("chains", QL_OPT_INT, &v.q.chains),
	    QL_OPT_SHARED("warmup", QL_OPT_INT, &v.q.warmup),
	    QL_OPT_SHARED("chain-draws", QL_OPT_INT, &v.q.chain_draws),
	    QL_OPT_SHARED("dataset", QL_OPT_TEXT, &v.q.dataset),
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
