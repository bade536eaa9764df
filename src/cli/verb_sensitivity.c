/* SPDX-License-Identifier: Apache-2.0 */
/* quell sensitivity: which parameters move an endpoint. */
#include "cli/compare_text.h"
#include "cli/sensitivity.h"
#include <string.h>

static void on_progress(void *ctx, uint64_t done, uint64_t total) { ql_cli_progress(ctx, "Evaluating", done, total); }

/* --- text --- */

static void put_limits(struct ql_buf *b, const struct ql_index *x)
{
	ql_buf_printf(b, "  %8.4f  %8.4f to %8.4f", x->value, x->lower, x->upper);
}

static void show_input(struct ql_cli *c, const struct ql_sensitivity *r, const struct ql_sensitivity_output *o, int rank)
{
	int i = o->order[rank];
	const struct ql_sensitivity_input *in = &r->input[i];
	char low[32], high[32];
	snprintf(low, sizeof low, "%.4g", in->low);
	snprintf(high, sizeof high, "%.4g", in->high);
	ql_buf_printf(&c->out, "%3d  %-28s", rank + 1, in->name);
	if (r->spec->method == QL_SENSITIVITY_SOBOL) {
		put_limits(&c->out, &o->sobol.total[i]);
		put_limits(&c->out, &o->sobol.first[i]);
	} else {
		put_limits(&c->out, &o->morris.mu_star[i]);
		ql_buf_printf(&c->out, "  %8.4f  %8.4f", o->morris.mu[i], o->morris.sigma[i]);
	}
	bool graded = strcmp(in->grade, "none") != 0;
	ql_buf_printf(&c->out, "  %s to %s%s%s%s%s\n", low, high, *in->unit && strcmp(in->unit, "1") != 0 ? " " : "",
		      strcmp(in->unit, "1") != 0 ? in->unit : "", graded ? ", " : "", graded ? in->grade : "");
}

static void show_output(struct ql_cli *c, const struct ql_sensitivity *r, const struct ql_sensitivity_output *o, int top)
{
	bool sobol = r->spec->method == QL_SENSITIVITY_SOBOL;
	uint64_t used = sobol ? o->sobol.n_used : o->morris.n_used;
	int n = r->n_input < top ? r->n_input : top;
	ql_buf_printf(&c->out, "%s%s%s: %s (%s)", ql_cli_style(c, QL_BOLD), o->regimen, ql_cli_style(c, QL_PLAIN), o->title, o->endpoint);
	if (sobol)
		ql_buf_printf(&c->out, "; mean %.4g, variance %.4g", o->sobol.mean, o->sobol.variance);
	ql_buf_printf(&c->out, "; %s of %s %s\n", ql_grouped(c, used), ql_grouped(c, r->spec->samples), sobol ? "rows" : "trajectories");
	if (o->warning)
		ql_buf_printf(&c->out, "%s\n", o->warning);
	ql_buf_puts(&c->out, sobol ? "     parameter                        total        95 % limits     first order   95 % limits        "
				     "varied over, grade\n"
				   : "     parameter                     |effect|        95 % limits          mean        sd  varied over, grade\n");
	for (int i = 0; i < n; i++)
		show_input(c, r, o, i);
	if (n < r->n_input)
		ql_buf_printf(&c->out, "     %d more; --json has all\n", r->n_input - n);
	ql_buf_puts(&c->out, "\n");
}

static int show(struct ql_cli *c, const struct ql_sensitivity *r, const struct ql_buf *json, int top)
{
	if (c->json) {
		ql_buf_add(&c->out, json->data, json->len);
		return QL_EXIT_OK;
	}
	for (int o = 0; o < r->n_output; o++)
		show_output(c, r, &r->output[o], top);
	ql_buf_puts(&c->out, r->spec->method == QL_SENSITIVITY_SOBOL
				     ? "Shares of the variance of the endpoint when all parameters vary over their ranges.\n"
				     : "Change of the endpoint over the whole range of a parameter; sd: interaction or curvature.\n");
	if (r->failed)
		ql_buf_printf(&c->out, "%s of %s evaluations gave no value and are left out with their row.\n", ql_grouped(c, r->failed),
			      ql_grouped(c, r->evaluations));
	ql_buf_puts(&c->out, QL_RESEARCH_USE "\n");
	return QL_EXIT_OK;
}

/* --- running --- */

int ql_sensitivity_stored(struct ql_cli *c, const struct ql_sensitivity_spec *spec, struct ql_run_spec *run,
			  const struct ql_stored *stored, int top)
{
	struct ql_sensitivity_work *work;
	struct ql_queue_report report = {0};
	struct ql_buf json = {0};
	run->threads = ql_stored_threads(c, run->threads);
	run->progress = on_progress;
	run->progress_ctx = c;
	enum quell_status s = ql_sensitivity_work_open(spec, &c->ds, &work);
	if (s != QUELL_OK && c->team && c->team->rank > 0)
		ql_team_give_up(c->team, &c->ds);
	if (s == QUELL_OK && !ql_stored_expected(c, stored, ql_sensitivity_work(work)))
		s = QUELL_ERR_INPUT;
	int exit = ql_cli_exit(s);
	if (s == QUELL_OK && stored->dry_run) {
		exit = ql_stored_dry_run(c, stored, ql_sensitivity_work(work), run->threads);
	} else if (s == QUELL_OK) {
		s = stored->store ? ql_stored_run(c, stored, ql_sensitivity_work(work), &json, &report)
				  : ql_sensitivity_run(work, &json);
		ql_cli_progress(c, "", 1, 1);
		exit = s == QUELL_OK && json.len ? show(c, ql_sensitivity_result(work), &json, top) : ql_cli_exit(s);
	}
	ql_buf_free(&json);
	ql_sensitivity_work_close(work);
	return exit;
}

static bool asked_well(struct ql_cli *c, const struct ql_sensitivity_spec *s, const struct ql_sim *sim)
{
	int before = c->ds.n_errors;
	if (!s->function && sim->regimens.n + sim->regimen_files.n == 0)
		ql_diag_help(ql_diag_add(&c->ds, QL_E0915, ql_cli_span(c, ""), "`quell sensitivity` needs regimens"),
			     "write `--regimens A,B`; `quell explain regimens` lists them");
	if (sim->whatif.n)
		ql_diag_help(ql_diag_add(&c->ds, QL_E0911, ql_cli_span(c, "--what-if"), "`quell sensitivity` takes no what-ifs"),
			     "name regimens, or write the change into a regimen file of your own");
	if (s->function && strcmp(s->function, "ishigami") != 0 && strcmp(s->function, "g") != 0)
		ql_diag_help(ql_diag_add(&c->ds, QL_E0913, ql_cli_span(c, s->function), "no function `%s`", s->function),
			     "ishigami or g");
	return c->ds.n_errors == before;
}

int ql_verb_sensitivity(struct ql_cli *c, int argc, char **argv)
{
	struct ql_sim sim = {0};
	struct ql_stored stored = {0};
	struct ql_words params = {0}, ranges = {0}, endpoints = {0};
	struct ql_sensitivity_spec spec = {0};
	struct ql_opt common[QL_SIM_N_OPT], store_opt[QL_STORED_N_OPT];
	int method = 0, top = 10, exit;
	ql_sim_options(c, &sim, common);
	ql_stored_options(&stored, store_opt);
	const struct ql_opt opt[] = {
		QL_OPT_SHARED("endpoint", QL_OPT_LIST, &endpoints),
		QL_OPT_SHARED("method", QL_OPT_CHOICE, &method),
		QL_OPT_SHARED("samples", QL_OPT_COUNT, &spec.samples),
		QL_OPT_SHARED("params", QL_OPT_LIST, &params),
		QL_OPT_SHARED("spread", QL_OPT_NUMBER, &spec.spread),
		QL_OPT_SHARED("range", QL_OPT_ITEM, &ranges),
		{"top", QL_OPT_INT, &top, "N", "10", 1, 10000, NULL, "parameters to show"},
		QL_OPT_SHARED("function", QL_OPT_TEXT, &spec.function),
		{0}};
	const struct ql_command cmd = {
		"sensitivity", NULL, 0, 0,
		"Varies typical values of parameters, simulates the same virtual patients (--patients, 200 here) with each set\n"
		"and says which parameters move an endpoint. Intervals are bootstrap limits.\n",
		"quell sensitivity --regimens ven-obi --method morris\n"
		"quell sensitivity --regimens ven-obi --params disease.rmax,disease.K --samples 512 --store s.db\n"
		"quell sensitivity --function ishigami --samples 1024\n",
		{opt, common, store_opt}};
	if (!ql_cli_parse(c, &cmd, argc, argv, &exit))
		return exit;
	if (!ql_stored_finish(c, &stored, &exit))
		return exit;
	spec.method = method ? QL_SENSITIVITY_MORRIS : QL_SENSITIVITY_SOBOL;
	if (spec.samples == 0)
		spec.samples = method ? 20 : 256;
	if (!asked_well(c, &spec, &sim))
		return QL_EXIT_USAGE;
	if (ql_sim_finish(c, &sim) != QUELL_OK)
		return QL_EXIT_INPUT;
	if (endpoints.n == 0)
		ql_words_add(&c->arena, &endpoints, "pfs_rate_60mo");
	spec.run = &sim.spec;
	spec.input = params.item;
	spec.n_input = params.n;
	spec.range = ranges.item;
	spec.n_range = ranges.n;
	spec.endpoint = endpoints.item;
	spec.n_endpoint = endpoints.n;
	return ql_sensitivity_stored(c, &spec, &sim.spec, &stored, top);
}
