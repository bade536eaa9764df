/* SPDX-License-Identifier: Apache-2.0 */
/* quell nma FILE: network and pairwise meta-analysis of any table. */
#include "base/json.h"
#include "cli/cli.h"
#include "evidence/nma_report.h"
#include <string.h>

struct nma_verb {
	struct ql_cli *c;
	const char *reference, *method, *dataset, *out, *group1, *group2, *covariate;
	int model, small, measure, contributions;
	double level, increment;
	bool json, hk, repair, exact_names, heat;
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

static bool tau_method(struct nma_verb *v, enum ql_tau_method *m)
{
	static const char *const name[] = {"DL", "REML", "ML", "PM"};
	for (int i = 0; i < 4; i++)
		if (strcmp(v->method, name[i]) == 0) {
			*m = (enum ql_tau_method)i;
			return true;
		}
	struct ql_diag *d = ql_diag_add(&v->c->ds, QL_E0913, ql_cli_span(v->c, v->method), "`--method` does not take `%s`",
					v->method);
	ql_diag_help(d, "accepted: DL, REML, ML, PM");
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
	if (!v->out) {
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
		fwrite(text.data, 1, text.len, f.f);
		s = ql_out_commit(&f, &v->c->ds);
	}
	ql_buf_free(&text);
	return s;
}

static enum quell_status analyse(struct nma_verb *v, const char *path)
{
	struct ql_nma_read_options o = {.measure = v->measure - 1, .covariate = v->covariate, .group1 = v->group1,
					.group2 = v->group2, .increment = v->increment, .repair = v->repair,
					.exact_names = v->exact_names};
	struct ql_nma_report_options ro = {.heat = v->heat, .contributions = v->contributions > 0,
					   .flow = v->contributions == 1 ? QL_SHORTEST_PATH : QL_RANDOM_WALK, .draws = v->draws,
					   .seed = v->seed};
	struct ql_nma_report r = {.dataset = dataset_name(v, path), .method = v->method};
	struct ql_nma_data *d;
	if (!tau_method(v, &ro.fit.method))
		return QUELL_ERR_USAGE;
	enum quell_status s = ql_nma_read(&v->c->arena, path, &o, &v->c->ds, &d);
	if (s != QUELL_OK)
		return s;
	const struct ql_nma_data *use = choose_part(v, d, &r, &ro.fit.reference);
	if (!use)
		return QUELL_ERR_INPUT;
	ro.fit.random = v->model == 0;
	ro.fit.hartung_knapp = v->hk;
	ro.fit.small_desirable = v->small == 0;
	ro.fit.level = v->level / 100;
	ro.fit.tau2 = NAN;
	s = ql_nma_report_run(use, &ro, &v->c->ds, &r);
	if (s != QUELL_OK)
		return s;
	return write_json(v, ql_nma_json(&r));
}

int ql_verb_nma(struct ql_cli *c, int argc, char **argv)
{
	struct nma_verb v = {.c = c, .method = "DL", .level = 95, .increment = 0.5, .draws = 100000, .seed = 1};
	const struct ql_opt opt[] = {
		{"reference", QL_OPT_TEXT, &v.reference, "NAME", "most compared", 0, 0, NULL, "treatment that the others are compared with"},
		{"method", QL_OPT_TEXT, &v.method, "NAME", "DL", 0, 0, NULL, "variance between studies: DL, REML, ML, PM"},
		{"model", QL_OPT_CHOICE, &v.model, NULL, "random", 0, 0, "random|common", "effects of studies"},
		{"small-values", QL_OPT_CHOICE, &v.small, NULL, "desirable", 0, 0, "desirable|undesirable", "which direction is better"},
		{"measure", QL_OPT_CHOICE, &v.measure, NULL, "auto", 0, 0, "auto|MD|SMD|OR|RR|RD|IRR|HR", "effect measure"},
		{"level", QL_OPT_NUMBER, &v.level, "PERCENT", "95", 50, 99.99, NULL, "confidence level"},
		{"hk", QL_OPT_FLAG, &v.hk, NULL, NULL, 0, 0, NULL, "Hartung-Knapp intervals"},
		{"increment", QL_OPT_NUMBER, &v.increment, "X", "0.5", 0, 10, NULL, "added to all cells of a study with a zero cell"},
		{"repair", QL_OPT_FLAG, &v.repair, NULL, NULL, 0, 0, NULL, "project contradictory multi-arm contrasts"},
		{"exact-names", QL_OPT_FLAG, &v.exact_names, NULL, NULL, 0, 0, NULL, "case and accents tell treatments apart"},
		{"heat", QL_OPT_FLAG, &v.heat, NULL, NULL, 0, 0, NULL, "net heat matrix"},
		{"contributions", QL_OPT_CHOICE, &v.contributions, NULL, "none", 0, 0, "none|shortest-path|random-walk", "contribution matrix"},
		{"draws", QL_OPT_COUNT, &v.draws, "N", "100000", 0, 1e8, NULL, "draws for the rankogram"},
		{"seed", QL_OPT_COUNT, &v.seed, "N", "1", 0, 1e15, NULL, "seed of the draws"},
		{"dataset", QL_OPT_TEXT, &v.dataset, "NAME", "file name", 0, 0, NULL, "name in the result"},
		{"out", QL_OPT_TEXT, &v.out, "FILE", NULL, 0, 0, NULL, "JSON result into FILE"},
		{"json", QL_OPT_FLAG, &v.json, NULL, NULL, 0, 0, NULL, "JSON on standard output"},
		{0}};
	const struct ql_command cmd = {"nma", "FILE", 1, 1, "Network meta-analysis of a table of contrasts or arms.\n",
				       "quell nma contrasts.csv --reference placebo --method REML\n", {opt}};
	int exit;
	if (!ql_cli_parse(c, &cmd, argc, argv, &exit))
		return exit;
	return ql_cli_exit(analyse(&v, c->args.item[0]));
}
