/* SPDX-License-Identifier: Apache-2.0 */
/* quell simulate: time courses of one profile. */
#include "base/io.h"
#include "cli/cli.h"
#include "compare/simulate.h"
#include <string.h>

static const double shown_day[] = {0, 1, 7, 28, 91, 182, 365, 730, 1095, 1826, 2557, 3652};
enum { N_SHOWN = sizeof shown_day / sizeof *shown_day, SPARK = 24 };

static const char *value_text(struct ql_cli *c, double x)
{
	return isfinite(x) ? ql_arena_printf(&c->arena, "%.3g", x) : "-";
}

/* The course as a row of blocks from its least to its greatest value. */
static void spark(struct ql_cli *c, const double *value, int n)
{
	static const char *const block[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	double lo = INFINITY, hi = -INFINITY;
	for (int i = 0; i < n; i++) {
		lo = fmin(lo, value[i]);
		hi = fmax(hi, value[i]);
	}
	for (int i = 0; i < SPARK && n > 0 && !c->ascii; i++) {
		double x = value[(long)i * (n - 1) / (SPARK - 1)];
		int level = hi > lo ? (int)(7.999 * (x - lo) / (hi - lo)) : 0;
		ql_buf_puts(&c->out, block[level]);
	}
}

static int index_of_day(const struct ql_simulation *s, double day)
{
	for (int i = 0; i < s->n_day; i++)
		if (s->day[i] >= day - 1e-9)
			return i;
	return -1;
}

static void arm_text(struct ql_cli *c, const struct ql_simulation *s, const struct ql_simulation_arm *arm, int width)
{
	ql_buf_printf(&c->out, "\n%s%s%s  %s, evidence %c%s%s\n%s", ql_cli_style(c, QL_BOLD), arm->id, ql_cli_style(c, QL_PLAIN),
		      arm->title, arm->evidence_grade, arm->warning ? ": " : "", arm->warning ? arm->warning : "",
		      ql_cli_style(c, QL_DIM));
	ql_buf_pad(&c->out, "day", width, false);
	int at[N_SHOWN], n = 0;
	for (int i = 0; i < N_SHOWN; i++) {
		int k = index_of_day(s, shown_day[i]);
		if (k < 0 || (n && at[n - 1] == k) || n == 8)
			continue;
		at[n++] = k;
		ql_buf_pad(&c->out, ql_arena_printf(&c->arena, "%g", s->day[k]), 9, true);
	}
	ql_buf_printf(&c->out, "%s\n", ql_cli_style(c, QL_PLAIN));
	for (int o = 0; o < s->n_output; o++) {
		const double *value = arm->value + (size_t)o * (size_t)s->n_day;
		bool plain = strcmp(s->unit[o], "1") == 0;
		ql_buf_pad(&c->out, plain ? s->output[o] : ql_arena_printf(&c->arena, "%s, %s", s->output[o], s->unit[o]), width,
			   false);
		for (int k = 0; k < n; k++)
			ql_buf_pad(&c->out, at[k] < arm->n_day ? value_text(c, value[at[k]]) : "-", 9, true);
		ql_buf_puts(&c->out, "  ");
		spark(c, value, arm->n_day);
		ql_buf_puts(&c->out, "\n");
	}
	if (arm->status != QUELL_OK)
		ql_buf_printf(&c->out, "stopped after %d of %d days: %s\n", arm->n_day, s->n_day, quell_status_text(arm->status));
}

static void text(struct ql_cli *c, const struct ql_simulation *s)
{
	char number[32];
	int width = 10;
	ql_buf_printf(&c->out, "%s patient %llu of seed %llu, population %s", s->typical ? "typical" : "virtual",
		      (unsigned long long)s->patient, (unsigned long long)s->seed, s->population);
	int column = 1000; /* so that the list starts on a line of its own */
	for (int i = 0; i < s->n_covariate; i++) {
		const char *dot = strrchr(s->covariate[i], '.'), *unit = strcmp(s->covariate_unit[i], "1") ? s->covariate_unit[i] : "";
		double rounded = floor(s->covariate_value[i] * 100 + 0.5) / 100;
		const char *item = ql_arena_printf(&c->arena, "%s %s%s%s", dot ? dot + 1 : s->covariate[i],
						   ql_format_double(rounded, number), *unit ? " " : "", unit);
		column += ql_text_width(item) + 2;
		ql_buf_printf(&c->out, "%s%s", column > 96 ? "\n  " : ", ", item);
		column = column > 96 ? ql_text_width(item) + 2 : column;
	}
	ql_buf_puts(&c->out, "\n");
	for (int o = 0; o < s->n_output; o++) {
		int w = ql_text_width(s->output[o]) + ql_text_width(s->unit[o]) + 3;
		width = w > width ? w : width;
	}
	for (int a = 0; a < s->n_arm; a++)
		arm_text(c, s, &s->arm[a], width);
	ql_buf_puts(&c->out, "\n" QL_RESEARCH_USE "\n");
}

static enum quell_status write_csv(struct ql_cli *c, const char *dir, const struct ql_simulation *s)
{
	struct ql_out_file f;
	struct ql_buf table = {0};
	enum quell_status st = ql_out_open(&f, ql_arena_printf(&c->arena, "%s/simulation.csv", dir), &c->ds);
	if (st == QUELL_OK) {
		ql_simulation_csv(s, &table);
		ql_out_write(&f, table.data, table.len);
		st = ql_out_commit(&f, &c->ds);
	}
	ql_buf_free(&table);
	return st;
}

static int show(struct ql_cli *c, const struct ql_simulation *s, const char *csv)
{
	enum quell_status st = csv ? write_csv(c, csv, s) : QUELL_OK;
	if (c->json)
		ql_simulation_json(s, &c->out);
	else
		text(c, s);
	for (int a = 0; st == QUELL_OK && a < s->n_arm; a++)
		st = s->arm[a].status;
	return ql_cli_exit(st);
}

/* A data set brings its own doses, so the verb has other options then. */
static bool has_data(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--data") == 0 || strncmp(argv[i], "--data=", 7) == 0)
			return true;
	return false;
}

int ql_verb_simulate(struct ql_cli *c, int argc, char **argv)
{
	if (has_data(argc, argv))
		return ql_simulate_data(c, argc, argv);
	struct ql_sim sim = {0};
	struct ql_simulate_spec spec = {0};
	struct ql_words outputs = {0};
	const char *csv = NULL;
	struct ql_opt common[QL_SIM_N_OPT];
	ql_sim_options(c, &sim, common);
	const struct ql_opt opt[] = {
		QL_OPT_SHARED("patient", QL_OPT_COUNT, &spec.patient),
		QL_OPT_SHARED("typical", QL_OPT_FLAG, &spec.typical),
		QL_OPT_SHARED("outputs", QL_OPT_LIST, &outputs),
		QL_OPT_SHARED("step", QL_OPT_NUMBER, &spec.step_day),
		{"csv", QL_OPT_TEXT, &csv, "DIR", NULL, 0, 0, NULL, "simulation.csv in an existing folder"},
		{0}};
	const struct ql_command cmd = {
		"simulate", NULL, 0, 0,
		"Simulates one profile under regimens: the courses of the model's outputs. Doses are given as planned and\n"
		"nothing happens by chance. Covariates can be set like parameters: --set age=70.\n"
		"With --data FILE it runs a NONMEM data set instead; see quell simulate --data FILE --help.\n",
		"quell simulate --regimens ven-obi --typical\n"
		"quell simulate --population relapsed --patient 12 --regimens ibrutinib --set age=80 --outputs alc,spd --json\n"
		"quell simulate --data pk.csv --model pk.qm --out result.csv\n",
		{common, opt}};
	int exit;
	if (!ql_cli_parse(c, &cmd, argc, argv, &exit))
		return exit;
	if (sim.regimens.n + sim.regimen_files.n + sim.whatif.n == 0) {
		struct ql_diag *d = ql_diag_add(&c->ds, QL_E0915, ql_cli_span(c, ""), "`quell simulate` needs a regimen");
		ql_diag_help(d, "write `--regimens NAME`; `quell regimen list` lists them");
		return QL_EXIT_USAGE;
	}
	enum quell_status s = ql_sim_finish(c, &sim);
	if (s != QUELL_OK)
		return ql_cli_exit(s);
	spec.run = sim.spec;
	spec.output = outputs.item;
	spec.n_output = outputs.n;
	struct ql_simulation *r = NULL;
	s = ql_simulate_run(&spec, &c->ds, &r);
	exit = r ? show(c, r, csv) : ql_cli_exit(s);
	ql_simulation_free(r);
	return exit == QL_EXIT_OK ? ql_cli_exit(s) : exit;
}
