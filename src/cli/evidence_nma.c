/* SPDX-License-Identifier: Apache-2.0 */
/* quell evidence nma: networks from the evidence table, every number with its row. */
#include "base/json.h"
#include "cli/evidence_verbs.h"
#include "cli/nma_text.h"
#include "evidence/certainty.h"
#include "evidence/select.h"
#include <string.h>

struct network_verb {
	struct ql_cli *c;
	const char *endpoint, *line, *reference, *svg, *league;
	int method, model;
	bool recalled, json, rows, hk, certainty, components;
	struct ql_words exclude, cut;
	struct ql_evidence *e;
	struct ql_certainty judged;
};

static enum quell_status bad_word(struct network_verb *v, const char *option, const char *word, const char *accepted)
{
	struct ql_diag *d =
	    ql_diag_add(&v->c->ds, QL_E0913, ql_cli_span(v->c, word), "`--%s` does not take `%s`", option, word);
	ql_diag_help(d, "accepted: %s", accepted);
	return QUELL_ERR_USAGE;
}

static void put_contrast(struct ql_cli *c, const struct ql_selected *x)
{
	const struct ql_trial_row *r = x->row;
	char arms[160], value[96], number[16], v[32], l[32], u[32];
	snprintf(number, sizeof number, "%d", ql_row_number(r));
	snprintf(arms, sizeof arms, "%s : %s", r->treatment, r->comparator);
	snprintf(value, sizeof value, "%s", ql_short_number(r->value, v));
	if (!isnan(r->lower))
		snprintf(value, sizeof value, "%s (%s to %s, %g %%)", v, ql_short_number(r->lower, l),
			 ql_short_number(r->upper, u), r->ci_level);
	ql_buf_pad(&c->out, number, 5, true);
	ql_buf_puts(&c->out, "  ");
	ql_buf_pad(&c->out, r->trial, 20, false);
	ql_buf_pad(&c->out, arms, 24, false);
	ql_buf_puts(&c->out, " ");
	ql_buf_pad(&c->out, value, 28, false);
	ql_buf_printf(&c->out, " %s %s", r->verified ? "verified" : "recalled", r->cite);
	if (x->asymmetric && x->fate == QL_USED)
		ql_buf_puts(&c->out, " (limits off centre)");
}

static void put_rows(struct network_verb *v, const struct ql_selection *s)
{
	struct ql_cli *c = v->c;
	ql_buf_puts(&c->out, "\nrows used (first number: line of evidence/trials.csv)\n");
	for (int i = 0; i < s->n; i++)
		if (s->item[i].fate == QL_USED) {
			put_contrast(c, &s->item[i]);
			ql_buf_puts(&c->out, "\n");
		}
	int count[QL_SAME_CONTRAST + 1] = {0};
	for (int i = 0; i < s->n; i++)
		count[s->item[i].fate]++;
	ql_buf_puts(&c->out, "left out:");
	for (int f = QL_RECALLED; f <= QL_SAME_CONTRAST; f++)
		if (count[f])
			ql_buf_printf(&c->out, " %d %s;", count[f], ql_row_fate_text((enum ql_row_fate)f));
	ql_buf_puts(&c->out, v->rows ? "\n" : " --rows lists them\n");
	for (int i = 0; v->rows && i < s->n; i++)
		if (s->item[i].fate != QL_USED) {
			put_contrast(c, &s->item[i]);
			ql_buf_printf(&c->out, " [%s] %s\n", s->item[i].row->subgroup,
				      ql_row_fate_text(s->item[i].fate));
		}
}

static json_t *rows_json(struct network_verb *v, const struct ql_selection *s)
{
	json_t *list = json_array();
	for (int i = 0; i < s->n; i++) {
		json_t *o = ql_row_json(v->e, s->item[i].row);
		json_object_set_new(o, "fate", json_string(ql_row_fate_text(s->item[i].fate)));
		json_object_set_new(o, "used", json_boolean(s->item[i].fate == QL_USED));
		json_object_set_new(o, "log_hr", ql_json_real(s->item[i].te));
		json_object_set_new(o, "se", ql_json_real(s->item[i].se));
		json_array_append_new(list, o);
	}
	return list;
}

/* ---- certainty: what people judged ---- */

static bool in_network(const struct ql_selection *s, const char *treat)
{
	for (int t = 0; t < s->data->n_treat; t++)
		if (strcmp(s->data->treat[t], treat) == 0)
			return true;
	return false;
}

static void put_certainty(struct network_verb *v, const struct ql_selection *s, const char *endpoint, const char *line)
{
	struct ql_cli *c = v->c;
	int n = 0;
	for (int i = 0; i < v->judged.n; i++) {
		const struct ql_judgement *j = &v->judged.item[i];
		char pair[120];
		if (strcmp(j->endpoint, endpoint) != 0 || strcmp(j->line, line) != 0 || !in_network(s, j->treat) ||
		    !in_network(s, j->comp))
			continue;
		if (n++ == 0)
			ql_buf_puts(
			    &c->out,
			    "\ncertainty as judged in evidence/certainty.yaml (concerns; none are not listed)\n");
		snprintf(pair, sizeof pair, "%s : %s", j->treat, j->comp);
		ql_buf_puts(&c->out, "  ");
		ql_buf_pad(&c->out, pair, 26, false);
		ql_buf_pad(&c->out, ql_confidence_text(j->confidence), 10, false);
		for (int d = 0; d < QL_N_DOMAIN; d++)
			if (j->concern[d] != QL_NO_CONCERN)
				ql_buf_printf(&c->out, " %s%s", ql_domain_text((enum ql_domain)d),
					      j->concern[d] == QL_MAJOR_CONCERN ? "!" : "");
		ql_buf_puts(&c->out, "\n");
		for (int d = 0; v->certainty && d < QL_N_DOMAIN; d++)
			ql_buf_printf(&c->out, "      %-14s %-6s %s\n", ql_domain_text((enum ql_domain)d),
				      ql_concern_text(j->concern[d]), j->reason[d]);
	}
	if (n)
		ql_buf_puts(&c->out,
			    v->certainty
				? "other pairs: not assessed\n"
				: "other pairs: not assessed; ! a major concern; --certainty gives the reasons\n");
	else
		ql_buf_puts(&c->out, "\ncertainty: no comparison of this network has been assessed\n");
}

static json_t *certainty_json(struct network_verb *v, const char *endpoint, const char *line)
{
	json_t *list = json_array();
	for (int i = 0; i < v->judged.n; i++) {
		const struct ql_judgement *j = &v->judged.item[i];
		if (strcmp(j->endpoint, endpoint) != 0 || strcmp(j->line, line) != 0)
			continue;
		json_t *o = json_pack("{ss,ss,ss,ss}", "treat", j->treat, "comp", j->comp, "confidence",
				      ql_confidence_text(j->confidence), "assessed", j->assessed);
		for (int d = 0; d < QL_N_DOMAIN; d++)
			json_object_set_new(
			    o, ql_domain_text((enum ql_domain)d),
			    json_pack("{ss,ss}", "concern", ql_concern_text(j->concern[d]), "reason", j->reason[d]));
		json_array_append_new(list, o);
	}
	return list;
}

/* ---- additive components over all parts ---- */

/* Regimens are sums of their components as evidence/treatments.csv lists them; what cannot be split stands for itself.
 */
static enum quell_status components(struct network_verb *v, const struct ql_selection *s, struct ql_component_fit *f)
{
	const struct ql_nma_data *d = s->data;
	const char **parts = QL_NEW_N(&v->c->arena, const char *, (size_t)d->n_treat);
	for (int t = 0; t < d->n_treat; t++) {
		const struct ql_treatment *x = ql_evidence_treatment(v->e, d->treat[t]);
		parts[t] = !x || !x->components[0]              ? d->treat[t]
			   : strcmp(x->components, "none") == 0 ? ""
								: x->components;
	}
	struct ql_nma_options o = {.method = (enum ql_tau_method)v->method,
				   .random = v->model == 0,
				   .small_desirable = true,
				   .level = 0.95,
				   .tau2 = NAN};
	return ql_nma_components(d, parts, NULL, &o, &v->c->ds, f);
}

/* Every connected part is analysed by itself; the one with the reference (or the largest) comes first. */
static enum quell_status analyse_part(struct network_verb *v, const struct ql_selection *s, const int *part, int which,
				      int number, int n_part, const char *title, json_t *networks)
{
	const struct ql_nma_data *d = ql_nma_part(s->data, part, which);
	int reference = -1;
	for (int t = 0; v->reference && t < d->n_treat; t++)
		if (strcmp(d->treat[t], v->reference) == 0)
			reference = t;
	struct ql_nma_report r = {.dataset = title,
				  .method = v->method == 1   ? "REML"
					    : v->method == 2 ? "ML"
					    : v->method == 3 ? "PM"
							     : "DL"};
	struct ql_nma_report_options o = {.fit = {.method = (enum ql_tau_method)v->method,
						  .random = v->model == 0,
						  .hartung_knapp = v->hk,
						  .small_desirable = true,
						  .level = 0.95,
						  .tau2 = NAN,
						  .reference = reference >= 0 ? reference : ql_nma_hub(d)},
					  .draws = 100000,
					  .seed = 1,
					  .rare = -1};
	enum quell_status st = ql_nma_report_run(d, &o, &v->c->ds, &r);
	if (st != QUELL_OK)
		return st;
	if (v->json)
		json_array_append_new(networks, ql_nma_json(&r));
	else
		ql_nma_print(v->c, &r);
	const char *prefix = n_part > 1 ? ql_arena_printf(&v->c->arena, "part%d-", number) : "";
	if (v->svg)
		st = ql_nma_write_svg(v->c, &r, v->svg, prefix);
	return st == QUELL_OK && v->league && number == 1 ? ql_nma_write_league(v->c, &r, v->league) : st;
}

static enum quell_status run(struct network_verb *v)
{
	struct ql_cli *c = v->c;
	struct ql_selection_options so = {.endpoint = ql_selection_endpoint(v->endpoint),
					  .line = ql_selection_line(v->line),
					  .recalled = v->recalled,
					  .exclude = v->exclude.item,
					  .n_exclude = v->exclude.n,
					  .cut = v->cut.item,
					  .n_cut = v->cut.n};
	struct ql_selection s;
	if (!so.endpoint)
		return bad_word(v, "endpoint", v->endpoint, "pfs, os, ttnt, efs, pfs2");
	if (!so.line)
		return bad_word(v, "line", v->line, "1L, RR, maint, RT");
	enum quell_status st = ql_evidence_select(v->e, &so, &c->arena, &c->ds, &s);
	if (st != QUELL_OK)
		return st;
	int *part = QL_NEW_N(&c->arena, int, (size_t)s.data->n_treat), n_part = ql_nma_parts(s.data, part), first = 0;
	if (v->reference) {
		int t = ql_nma_treatment(s.data, v->reference, &c->ds);
		if (t < 0)
			return QUELL_ERR_INPUT;
		first = part[t];
	} else {
		first = part[ql_nma_hub(s.data)];
	}
	json_t *networks = json_array();
	const char *title = ql_arena_printf(&c->arena, "%s line %s", so.endpoint, so.line);
	if (n_part > 1 && !v->json)
		ql_buf_printf(
		    &c->out,
		    "The evidence falls into %d parts that no trial connects; nothing can be said across them.\n\n",
		    n_part);
	for (int k = 0; k < n_part && st == QUELL_OK; k++) {
		int which = k == 0 ? first : k <= first ? k - 1 : k;
		if (k && !v->json)
			ql_buf_puts(&c->out, "\n");
		st = analyse_part(v, &s, part, which, k + 1, n_part,
				  n_part > 1 ? ql_arena_printf(&c->arena, "%s, part %d", title, k + 1) : title,
				  networks);
	}
	struct ql_component_fit additive;
	struct ql_nma_report shown = {.d = s.data};
	if (v->components && st == QUELL_OK) {
		st = components(v, &s, &additive);
		shown.components = st == QUELL_OK ? &additive : NULL;
	}
	if (v->json) {
		json_t *o = json_pack("{ss,ss,ss,sb,so,so,so}", "schema", "quell.evidence_nma/1", "endpoint",
				      so.endpoint, "line", so.line, "recalled_rows", v->recalled, "networks", networks,
				      "rows", rows_json(v, &s), "certainty", certainty_json(v, so.endpoint, so.line));
		if (shown.components)
			json_object_set_new(o, "component_model", ql_components_json(&shown));
		ql_json_write(o, &c->out);
		json_decref(o);
		return st;
	}
	json_decref(networks);
	ql_nma_print_models(c, &shown);
	put_certainty(v, &s, so.endpoint, so.line);
	put_rows(v, &s);
	ql_buf_puts(&c->out, "\n" QL_RESEARCH_USE "\n");
	return st;
}

int ql_evidence_nma(struct ql_cli *c, int argc, char **argv)
{
	struct network_verb v = {.c = c, .endpoint = "pfs", .line = "1L"};
	const struct ql_opt opt[] = {
	    {"endpoint", QL_OPT_TEXT, &v.endpoint, "NAME", "pfs", 0, 0, NULL,
	     "hazard ratio of pfs, os, ttnt, efs, pfs2"},
	    {"line", QL_OPT_TEXT, &v.line, "LINE", "1L", 0, 0, NULL, "1L, RR, maint, RT"},
	    {"reference", QL_OPT_TEXT, &v.reference, "REGIMEN", "most compared", 0, 0, NULL,
	     "regimen that the others are compared with"},
	    {"method", QL_OPT_CHOICE, &v.method, NULL, "DL", 0, 0, "DL|REML|ML|PM", "variance between trials"},
	    {"model", QL_OPT_CHOICE, &v.model, NULL, "random", 0, 0, "random|common", "effects of trials"},
	    {"hk", QL_OPT_FLAG, &v.hk, NULL, NULL, 0, 0, NULL, "Hartung-Knapp intervals"},
	    {"recalled", QL_OPT_FLAG, &v.recalled, NULL, NULL, 0, 0, NULL, "let recalled rows in"},
	    {"exclude", QL_OPT_LIST, &v.exclude, "TRIAL,...", NULL, 0, 0, NULL, "leave trials out"},
	    {"cut", QL_OPT_ITEM, &v.cut, "TRIAL=KEY", NULL, 0, 0, NULL,
	     "use this publication of a trial instead of the latest"},
	    {"svg", QL_OPT_TEXT, &v.svg, "DIR", NULL, 0, 0, NULL, "forest, network and rank plots as SVG into DIR"},
	    {"league", QL_OPT_TEXT, &v.league, "FILE", NULL, 0, 0, NULL, "league table of the first part as CSV"},
	    {"rows", QL_OPT_FLAG, &v.rows, NULL, NULL, 0, 0, NULL, "list the rows left out, with the reason"},
	    {"components", QL_OPT_FLAG, &v.components, NULL, NULL, 0, 0, NULL,
	     "additive model of the components in evidence/treatments.csv, across all parts"},
	    {"certainty", QL_OPT_FLAG, &v.certainty, NULL, NULL, 0, 0, NULL,
	     "reasons behind the judgements of certainty"},
	    {"json", QL_OPT_FLAG, &v.json, NULL, NULL, 0, 0, NULL, "JSON on standard output"},
	    {0}};
	const struct ql_command cmd = {
	    "evidence nma",
	    NULL,
	    0,
	    0,
	    "Network meta-analysis of hazard ratios in the evidence table: one cut per trial, the latest\n"
	    "verified one; standard errors from the printed limits and their level.\n",
	    "quell evidence nma --endpoint pfs --line 1L\nquell evidence nma --endpoint os --line RR --recalled\n",
	    {opt}};
	int exit;
	if (!ql_cli_parse(c, &cmd, argc, argv, &exit))
		return exit;
	if (!ql_cli_data(c))
		return QL_EXIT_INPUT;
	enum quell_status s = ql_evidence_load(c->data_dir, &c->ds, &v.e);
	if (s == QUELL_OK)
		s = ql_certainty_load(c->data_dir, v.e, &c->arena, &c->ds, &v.judged);
	if (s == QUELL_OK)
		s = run(&v);
	ql_evidence_free(v.e);
	return ql_cli_exit(s);
}
