/* SPDX-License-Identifier: Apache-2.0 */
/* The options that every simulating verb shares. */
#include "cli/cli.h"
#include <string.h>

void ql_sim_options(struct ql_cli *c, struct ql_sim *s, struct ql_opt *opt)
{
	struct ql_run_spec *r = &s->spec;
	const struct ql_opt table[] = {
		QL_OPT_SHARED("population", QL_OPT_TEXT, &r->population),
		QL_OPT_SHARED("regimens", QL_OPT_LIST, &s->regimens),
		QL_OPT_SHARED("regimen", QL_OPT_ITEM, &s->regimen_files),
		QL_OPT_SHARED("what-if", QL_OPT_LIST, &s->whatif),
		QL_OPT_SHARED("patients", QL_OPT_COUNT, &r->patients),
		QL_OPT_SHARED("years", QL_OPT_NUMBER, &r->years),
		QL_OPT_SHARED("seed", QL_OPT_COUNT, &r->seed),
		QL_OPT_SHARED("protocol", QL_OPT_TEXT, &r->protocol),
		QL_OPT_SHARED("next-line", QL_OPT_TEXT, &r->next_line),
		QL_OPT_SHARED("set", QL_OPT_ITEM, &s->set),
		QL_OPT_SHARED("model", QL_OPT_TEXT, &r->model),
		QL_OPT_SHARED("threads", QL_OPT_INT, &r->threads),
		QL_OPT_SHARED("lanes", QL_OPT_CHOICE, &s->lanes),
		QL_OPT_SHARED("solver", QL_OPT_CHOICE, &s->solver),
		QL_OPT_SHARED("native", QL_OPT_CHOICE, &s->native),
		QL_OPT_SHARED("rtol", QL_OPT_NUMBER, &r->rtol),
		QL_OPT_SHARED("fixed-doses", QL_OPT_FLAG, &r->fixed_doses),
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
