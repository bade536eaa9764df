/* SPDX-License-Identifier: Apache-2.0 */
/* quell optimize: doses and days that minimise a stated loss. */
#include "base/io.h"
#include "base/paths.h"
#include "cli/compare_text.h"
#include "decide/optimize.h"
#include <stdio.h>
#include <string.h>

static void measure_row(struct ql_cli *c, const struct ql_optimisation *o, const char *name, const double *m, double loss, double miss)
{
	struct ql_buf *b = &c->out;
	char text[32];
	ql_buf_puts(b, "  ");
	ql_buf_pad(b, name, 24, false);
	snprintf(text, sizeof text, "%.4f", loss);
	ql_buf_pad(b, text, 10, true);
	for (int i = 0; i < QL_O_COUNT; i++)
		if (o->weight[i] < 0 || o->weight[i] > 0 || o->bound[i] == o->bound[i] || i == QL_O_orr) {
			snprintf(text, sizeof text, "%.3f", m[i]);
			ql_buf_pad(b, text, 16, true);
		}
	ql_buf_puts(b, miss > 0 ? "  misses a bound\n" : "\n");
}

static void head(struct ql_cli *c, const struct ql_optimisation *o)
{
	struct ql_buf *b = &c->out;
	ql_buf_printf(b, "%s%s%s%s%s\n", ql_cli_style(c, QL_BOLD), o->name, ql_cli_style(c, QL_PLAIN), o->title ? ": " : "",
		      o->title ? o->title : "");
	ql_buf_printf(b, "%s virtual patients of %s, the same in every schedule, %g years; %d schedules tried\n",
		      ql_grouped(c, o->patients), o->population, o->years, o->n_trial);
	if (o->warning)
		ql_buf_printf(b, "evidence %c: %s\n", o->evidence_grade, o->warning);
	ql_buf_printf(b, "\n%s  ", ql_cli_style(c, QL_DIM));
	ql_buf_pad(b, "", 24, false);
	ql_buf_pad(b, "loss", 10, true);
	for (int i = 0; i < QL_O_COUNT; i++)
		if (o->weight[i] < 0 || o->weight[i] > 0 || o->bound[i] == o->bound[i] || i == QL_O_orr)
			ql_buf_pad(b, ql_opt_measure_def[i].id, 16, true);
	ql_buf_printf(b, "%s\n", ql_cli_style(c, QL_PLAIN));
}

static void label(struct ql_cli *c, const struct ql_optimisation *o, int v, const struct ql_opt_trial *t, struct ql_buf *b)
{
	const struct ql_opt_variable *x = &o->variable[v];
	ql_buf_puts(b, v ? ", " : "");
	if (x->order)
		ql_buf_printf(b, "%s, then %s", ql_opt_label(x, t->x[v], 0, &c->arena), ql_opt_label(x, t->x[v], 1, &c->arena));
	else
		ql_buf_printf(b, "%s %s", x->name, ql_opt_label(x, t->x[v], 0, &c->arena));
}

static const char *at(struct ql_cli *c, const struct ql_optimisation *o, const struct ql_opt_trial *t)
{
	struct ql_buf b = {0};
	for (int v = 0; v < o->n_variable; v++)
		label(c, o, v, t, &b);
	const char *text = ql_arena_strdup(&c->arena, b.data);
	ql_buf_free(&b);
	return text;
}

static void show(struct ql_cli *c, const struct ql_optimisation *o)
{
	struct ql_buf *b = &c->out;
	head(c, o);
	for (int i = 0; i < o->n_reference; i++)
		measure_row(c, o, o->reference[i].id, o->reference[i].measure, o->reference[i].loss, o->reference[i].miss);
	if (o->best < 0) {
		ql_buf_puts(b, "  no schedule that was tried meets the bounds\n");
	} else {
		measure_row(c, o, "best schedule", o->trial[o->best].measure, o->trial[o->best].loss, 0);
		ql_buf_printf(b, "\nbest schedule: %s\n", at(c, o, &o->trial[o->best]));
	}
	ql_buf_puts(b, "\ntrade-off (no schedule is better in both the loss and the first bound)\n");
	for (int i = 0; i < o->n_trial; i++)
		if (o->trial[i].pareto)
			measure_row(c, o, at(c, o, &o->trial[i]), o->trial[i].measure, o->trial[i].loss, o->trial[i].miss);
	ql_buf_puts(b, "\n" QL_RESEARCH_USE "\n");
}

static enum quell_status write_files(struct ql_cli *c, const char *out, struct ql_optimisation *o)
{
	const char *path, *text;
	enum quell_status s = QUELL_OK;
	if (o->best < 0) {
		ql_diag_help(ql_diag_add(&c->ds, QL_E0610, (struct ql_span){0}, "no schedule meets the bounds: `%s` is not written", out),
			     "loosen a bound, widen a variable or give more `--evaluations`");
		return QUELL_ERR_INPUT;
	}
	for (int i = 0; s == QUELL_OK && ql_optimisation_file(o, i, out, &path, &text); i++) {
		struct ql_out_file f;
		s = ql_out_open(&f, path, &c->ds);
		if (s != QUELL_OK)
			return s;
		ql_out_write(&f, text, strlen(text));
		s = ql_out_commit(&f, &c->ds);
	}
	if (s == QUELL_OK)
		ql_cli_say(c, "Written", "run it: %s", ql_optimisation_command(o, out));
	return s;
}

static int list_measures(struct ql_cli *c)
{
	for (int i = 0; i < QL_O_COUNT; i++)
		ql_buf_printf(&c->out, "%-16s %s\n", ql_opt_measure_def[i].id, ql_opt_measure_def[i].title);
	return QL_EXIT_OK;
}

int ql_verb_optimize(struct ql_cli *c, int argc, char **argv)
{
	struct ql_optimize_spec spec = {0};
	const char *out = NULL;
	bool measures = false;
	const struct ql_opt opt[] = {
		QL_OPT_SHARED("patients", QL_OPT_COUNT, &spec.run.patients),
		QL_OPT_SHARED("population", QL_OPT_TEXT, &spec.run.population),
		QL_OPT_SHARED("evaluations", QL_OPT_INT, &spec.evaluations),
		QL_OPT_SHARED("seed", QL_OPT_COUNT, &spec.run.seed),
		QL_OPT_SHARED("threads", QL_OPT_INT, &spec.run.threads),
		QL_OPT_SHARED("rtol", QL_OPT_NUMBER, &spec.run.rtol),
		QL_OPT_SHARED("out", QL_OPT_TEXT, &out),
		QL_OPT_SHARED("measures", QL_OPT_FLAG, &measures),
		{"json", QL_OPT_FLAG, &c->json, NULL, NULL, 0, 0, NULL, "JSON on standard output"},
		{0}};
	const struct ql_command cmd = {
		"optimize", "[NAME|FILE.yaml]", 0, 1,
		"Varies doses and days of a regimen to minimise a stated loss over virtual patients, the same in every schedule.\n"
		"Worked examples are in library/optimize.\n",
		"quell optimize epcoritamab-step-up --out stepped.yaml\nquell optimize venetoclax-duration --evaluations 40 --json\n",
		{opt}};
	int exit;
	if (!ql_cli_parse(c, &cmd, argc, argv, &exit))
		return exit;
	if (measures)
		return list_measures(c);
	if (!c->args.n) {
		ql_diag_help(ql_diag_add(&c->ds, QL_E0915, ql_cli_span(c, ""), "`quell optimize` needs a file"),
			     "name a worked example of library/optimize or a file of your own");
		return QL_EXIT_USAGE;
	}
	if (!ql_cli_data(c))
		return QL_EXIT_INPUT;
	spec.run.data_dir = c->data_dir;
	spec.run.cancel = c->cancel;
	spec.path = ql_library_file(&c->arena, c->data_dir, "library/optimize", c->args.item[0], ".yaml", QL_E0610, "optimisation", &c->ds);
	struct ql_optimisation *o = NULL;
	enum quell_status s = spec.path ? ql_optimize_run(&spec, &c->ds, &o) : QUELL_ERR_INPUT;
	if (o) {
		ql_cli_say(c, "Optimised", "%d schedules, %.1f s", o->n_trial, o->wall_s);
		if (c->json)
			ql_optimisation_json(o, &c->out);
		else
			show(c, o);
		s = out ? write_files(c, out, o) : s;
	}
	ql_optimisation_free(o);
	return ql_cli_exit(s);
}
