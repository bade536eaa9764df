/* SPDX-License-Identifier: Apache-2.0 */
/* The options that every simulating verb shares. */
#include "cli/cli.h"
#include <string.h>

void ql_sim_options(struct ql_cli *c, struct ql_sim *s, struct ql_opt *opt)
{
	struct ql_run_spec *r = &s->spec;
	*r = (struct ql_run_spec){.population = "unfit-1l", .patients = 1000, .seed = 1, .years = 6, .rtol = 1e-4};
	const struct ql_opt table[] = {
		ql_cli_opt(c, "compare", "population", QL_OPT_TEXT, &r->population),
		ql_cli_opt(c, "compare", "regimens", QL_OPT_LIST, &s->regimens),
		ql_cli_opt(c, "compare", "regimen", QL_OPT_ITEM, &s->regimen_files),
		ql_cli_opt(c, "compare", "what-if", QL_OPT_LIST, &s->whatif),
		ql_cli_opt(c, "compare", "patients", QL_OPT_COUNT, &r->patients),
		ql_cli_opt(c, "compare", "years", QL_OPT_NUMBER, &r->years),
		ql_cli_opt(c, "compare", "seed", QL_OPT_COUNT, &r->seed),
		{"protocol", QL_OPT_TEXT, &r->protocol, "NAME|FILE", "standard", 0, 0, NULL,
		 "rules of the clinic: library/protocols, a file, or none"},
		{"next-line", QL_OPT_TEXT, &r->next_line, "NAME|FILE", "as the protocol says", 0, 0, NULL,
		 "what follows progression: library/protocols, a file, or none"},
		ql_cli_opt(c, "compare", "set", QL_OPT_ITEM, &s->set),
		ql_cli_opt(c, "compare", "model", QL_OPT_TEXT, &r->model),
		ql_cli_opt(c, "compare", "threads", QL_OPT_INT, &r->threads),
		ql_cli_opt(c, "compare", "lanes", QL_OPT_CHOICE, &s->lanes),
		ql_cli_opt(c, "compare", "solver", QL_OPT_CHOICE, &s->solver),
		ql_cli_opt(c, "compare", "native", QL_OPT_CHOICE, &s->native),
		ql_cli_opt(c, "compare", "rtol", QL_OPT_NUMBER, &r->rtol),
		ql_cli_opt(c, "compare", "fixed-doses", QL_OPT_FLAG, &r->fixed_doses),
		{"json", QL_OPT_FLAG, &c->json, NULL, NULL, 0, 0, NULL, "JSON on standard output"},
		{0}};
	_Static_assert(sizeof table / sizeof *table == QL_SIM_N_OPT, "keep QL_SIM_N_OPT in step");
	memcpy(opt, table, sizeof table);
}

enum quell_status ql_sim_finish(struct ql_cli *c, struct ql_sim *s)
{
	static const int lanes[] = {0, 4, 8};
	if (!ql_cli_data(c))
		return QUELL_ERR_IO;
	for (int i = 0; i < s->regimen_files.n; i++)
		ql_words_add(&c->arena, &s->regimens, s->regimen_files.item[i]);
	s->spec.data_dir = c->data_dir;
	s->spec.regimen = s->regimens.item;
	s->spec.n_regimen = s->regimens.n;
	s->spec.whatif = s->whatif.item;
	s->spec.n_whatif = s->whatif.n;
	s->spec.set = s->set.item;
	s->spec.n_set = s->set.n;
	s->spec.lanes = lanes[s->lanes];
	s->spec.solver = s->solver ? QL_SOLVER_CVODE : QL_SOLVER_OWN;
	s->spec.native = s->native;
	s->spec.cancel = c->cancel;
	return QUELL_OK;
}
