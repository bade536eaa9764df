/* SPDX-License-Identifier: Apache-2.0 */
/* The options that every simulating verb shares. */
#include "cli/cli.h"
#include <string.h>

void ql_sim_options(struct ql_cli *c, struct ql_sim *s, struct ql_opt *opt)
{
	struct ql_run_spec *r = &s->spec;
	*r = (struct ql_run_spec){.population = "unfit-1l", .patients = 1000, .seed = 1, .years = 6, .rtol = 1e-4};
	const struct ql_opt table[] = {
		{"population", QL_OPT_TEXT, &r->population, "NAME|FILE", "unfit-1l", 0, 0, NULL,
		 "who is simulated: a population of the library, a .yaml or a .csv"},
		{"regimens", QL_OPT_LIST, &s->regimens, "A,B,...", NULL, 0, 0, NULL, "regimens of the library, by name"},
		{"regimen", QL_OPT_ITEM, &s->regimen_files, "FILE", NULL, 0, 0, NULL,
		 "a regimen of your own (.yaml); may be repeated"},
		{"what-if", QL_OPT_LIST, &s->whatif, "A,B,...", NULL, 0, 0, NULL,
		 "what-ifs of the library, each beside the regimens that it changes"},
		{"patients", QL_OPT_COUNT, &r->patients, "N", "1000", 1, 2e9, NULL, "virtual patients per regimen"},
		{"years", QL_OPT_NUMBER, &r->years, "Y", "6", 0.1, 40, NULL, "how long each is followed"},
		{"seed", QL_OPT_COUNT, &r->seed, "N", "1", 0, 9007199254740992.0, NULL, "random seed"},
		{"protocol", QL_OPT_TEXT, &r->protocol, "NAME|FILE", "standard", 0, 0, NULL,
		 "rules of the clinic: library/protocols, a file, or none"},
		{"next-line", QL_OPT_TEXT, &r->next_line, "NAME|FILE", "as the protocol says", 0, 0, NULL,
		 "what follows progression: library/protocols, a file, or none"},
		{"set", QL_OPT_ITEM, &s->set, "NAME=VALUE", NULL, 0, 0, NULL, "change a parameter of the model; may be repeated"},
		{"model", QL_OPT_TEXT, &r->model, "FILE", "the shipped CLL model", 0, 0, NULL, "another model"},
		{"threads", QL_OPT_INT, &r->threads, "N", "all cores", 1, 1024, NULL, "threads; results do not depend on it"},
		{"lanes", QL_OPT_CHOICE, &s->lanes, NULL, "auto", 0, 0, "auto|4|8",
		 "patients per vector; results do not depend on it"},
		{"solver", QL_OPT_CHOICE, &s->solver, NULL, "own", 0, 0, "own|cvode", "integrator"},
		{"native", QL_OPT_CHOICE, &s->native, NULL, "auto", 0, 0, QL_NATIVE_CHOICES, QL_NATIVE_HELP},
		{"rtol", QL_OPT_NUMBER, &r->rtol, "X", "1e-4", 1e-13, 0.1, NULL, "relative tolerance of the integrator"},
		{"fixed-doses", QL_OPT_FLAG, &r->fixed_doses, NULL, NULL, 0, 0, NULL,
		 "no adaptive protocol and no extinction, for comparing solvers"},
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
