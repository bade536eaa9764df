/* SPDX-License-Identifier: Apache-2.0 */
/* quell recommend: regimens for one profile. */
#include "base/io.h"
#include "cli/compare_text.h"
#include "cli/recommend_text.h"
#include "cli/report.h"
#include <string.h>

static int show(struct ql_cli *c, const struct ql_report_files *files, const struct ql_recommendation *r)
{
	struct ql_buf json = {0};
	ql_cli_say(c, "Simulated", "%s virtual patients x %d regimen%s, %g years, %.1f s", ql_grouped(c, r->patients), r->n_eligible,
		   r->n_eligible == 1 ? "" : "s", r->years, r->wall_s);
	ql_recommendation_json(r, &json);
	if (c->json)
		ql_buf_add(&c->out, json.data, json.len);
	else
		ql_recommend_text(c, r);
	enum quell_status s = ql_report_files_write(c, files, r->profile.title, NULL, &json);
	ql_buf_free(&json);
	return ql_cli_exit(s);
}

int ql_verb_recommend(struct ql_cli *c, int argc, char **argv)
{
	struct ql_sim sim = {0};
	struct ql_recommend_spec spec = {0};
	struct ql_words with = {0};
	bool fields = false;
	struct ql_report_files files = {0};
	struct ql_opt common[QL_SIM_N_OPT];
	ql_sim_options(c, &sim, common);
	const struct ql_opt opt[] = {
		QL_OPT_SHARED("with", QL_OPT_ITEM, &with),
		QL_OPT_SHARED("guideline", QL_OPT_TEXT, &spec.guideline),
		QL_OPT_SHARED("draws", QL_OPT_TEXT, &sim.spec.draws),
		QL_OPT_SHARED("n-draws", QL_OPT_INT, &sim.spec.n_draws),
		QL_OPT_SHARED("utilities", QL_OPT_TEXT, &spec.utilities),
		QL_OPT_SHARED("fields", QL_OPT_FLAG, &fields),
		QL_REPORT_HTML(&files),
		QL_REPORT_PDF(&files),
		{0}};
	const struct ql_command cmd = {
		"recommend", "[NAME|FILE.yaml]", 0, 1,
		"Ranks regimens for one profile: rules first, then the eligible regimens on virtual patients who match it, with the\n"
		"doubt about outcomes and wishes; trials and consensus beside it. Says so where nothing is known.\n",
		"quell recommend library/vignettes/unfit-mutated.yaml\n"
		"quell recommend --with age=58 --with ighv=unmutated --with tp53=normal --with del17p=no --with symptoms=yes\n",
		{common, opt}};
	int exit;
	if (!ql_cli_parse(c, &cmd, argc, argv, &exit))
		return exit;
	if (fields) {
		ql_recommend_fields(c);
		return QL_EXIT_OK;
	}
	if (sim.spec.years < 5) {
		struct ql_diag *d = ql_diag_add(&c->ds, QL_E0605, ql_cli_span(c, "--years"), "five years are the least that the criteria need");
		ql_diag_help(d, "give 5 to 40 years");
		return QL_EXIT_USAGE;
	}
	if (!ql_report_files_ready(c, &files) || ql_sim_finish(c, &sim) != QUELL_OK)
		return QL_EXIT_INPUT;
	spec.run = sim.spec;
	spec.profile = c->args.n ? c->args.item[0] : NULL;
	spec.with = with.item;
	spec.n_with = with.n;
	struct ql_recommendation *r = NULL;
	enum quell_status s = ql_recommend_run(&spec, &c->ds, &r);
	exit = r ? show(c, &files, r) : ql_cli_exit(s);
	ql_recommendation_free(r);
	return exit;
}
