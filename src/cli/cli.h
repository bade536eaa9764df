/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line: one file per verb, one table per option list.
 *
 * To add a verb: a line in verbs.def and a file verb_<name>.c with
 *
 *	int ql_verb_name(struct ql_cli *c, int argc, char **argv)
 *	{
 *		double tau = 0;
 *		const struct ql_opt opt[] = {
 *			QL_OPT_SHARED("seed", QL_OPT_COUNT, &seed), // as src/api/verbs.c describes it
 *			{"tau", QL_OPT_NUMBER, &tau, "TIME", "none", 0, INFINITY, NULL, "restricted mean up to TIME"},
 *			{0}};
 *		const struct ql_command cmd = {"name", "FILE", 1, 1, "what it does, longer\n", "quell name x.csv\n",
 *					       {opt}};
 *		int exit;
 *		if (!ql_cli_parse(c, &cmd, argc, argv, &exit))
 *			return exit;
 *		...
 *		return ql_cli_exit(status);
 *	}
 *
 * The table gives parsing, --help, range errors and "did you mean". Mistakes go into c->ds; main() shows them after
 * the verb has returned. A verb runs under ql_protect(): running out of memory needs no handling. Results go to
 * standard output through c->out, everything else to standard error; nothing is printed by the library.
 */
#ifndef QL_CLI_CLI_H
#define QL_CLI_CLI_H

#include "base/io.h"
#include "compare/compare.h"
#include <jansson.h>
#include <math.h>

/* Exit statuses; shown by `quell help`. 130 follows the shells' custom for Ctrl-C. */
enum ql_exit {
	QL_EXIT_OK = 0,
	QL_EXIT_INPUT = 1,
	QL_EXIT_USAGE = 2,
	QL_EXIT_SOLVES = 3,
	QL_EXIT_BUG = 70,
	QL_EXIT_INTERRUPTED = 130
};

struct ql_words {
	const char **item;
	int n, cap;
};

struct ql_cli {
	struct ql_arena arena; /* lives until the program ends */
	struct ql_diags ds;
	struct ql_buf out;     /* standard output, written when the verb has returned; ql_cli_flush() sends it earlier */
	struct ql_words args;  /* what is no option */
	const char *line;      /* the command line as typed, for messages and reports */
	bool json, ascii;      /* --json (where the verb has it), --ascii */
	bool check;            /* show warnings about the files that come with quell, too */
	bool color_out, color_err;
	volatile int *cancel;  /* set by Ctrl-C and SIGTERM */
	const char *data_dir;  /* after ql_cli_data() */
	struct ql_pages *pages; /* help goes into manual pages (cli/pages.h) */
	bool captured;         /* the caller reads c->out: nothing is written, nothing is said */
	void (*progress)(void *ctx, uint64_t done, uint64_t total); /* with captured; NULL: none */
	void *progress_ctx;
	struct ql_warm *warm;  /* models and plans of earlier commands of this process; NULL: none */
	uint64_t warm_stamp;   /* of the files that they were made from */
	bool out_of_memory;    /* after ql_cli_run() */
	struct ql_team *team;  /* the other processes of an MPI job, once a verb has joined them; NULL: none */
};

enum ql_opt_kind {
	QL_OPT_FLAG,   /* bool */
	QL_OPT_TEXT,   /* const char * */
	QL_OPT_NUMBER, /* double in lo..hi */
	QL_OPT_COUNT,  /* uint64_t in lo..hi; 1e6 is fine */
	QL_OPT_INT,    /* int in lo..hi */
	QL_OPT_CHOICE, /* int: position in `choices`, "own|cvode" */
	QL_OPT_LIST,   /* struct ql_words: A,B,C; repeating adds */
	QL_OPT_ITEM    /* struct ql_words: one per use, commas kept; repeating adds */
};

/* Repeating an option that holds one value: the last one counts. */
struct ql_opt {
	const char *name; /* without dashes; NULL ends a table */
	enum ql_opt_kind kind;
	void *target;
	const char *metavar;  /* NULL for flags and choices */
	const char *fallback; /* the default in words; NULL: not shown. The target holds it already. */
	double lo, hi;        /* accepted range of numbers */
	const char *choices;
	const char *help;
};

/* An option that the library has too: its range, default, choices and help stand in src/api/verbs.c, under the verb of the
 * command or another one. ql_cli_parse() fills them in and puts the default into the target. What stands in full in a
 * table here is the command line's alone, and tools/cli_only.txt says why. */
#define QL_OPT_SHARED(name, kind, target) {name, kind, target, NULL, NULL, 0, 0, NULL, NULL}
#define QL_OPT_SHARED_WITH(verb, name, kind, target) {name, kind, target, verb, NULL, 0, 0, NULL, NULL}

struct ql_command {
	const char *name, *arguments; /* "compare", "FILE [FILE]" */
	int min_args, max_args;
	const char *about, *examples; /* lines, each ending in '\n' */
	const struct ql_opt *opt[4];  /* tables in the order of the help page */
};

/* Parses argv[1..]; argv[0] is the verb. True: go on. False: help was asked for or the line is wrong; return *exit. */
bool ql_cli_parse(struct ql_cli *c, const struct ql_command *cmd, int argc, char **argv, int *exit);
void ql_cli_help(struct ql_cli *c, const struct ql_command *cmd);

/* c->data_dir, or false with a diagnostic. */
bool ql_cli_data(struct ql_cli *c);
/* Runs argv[1..] as the command line of *c (argv[0] is the program); returns the exit status. Only this and what it
 * calls may be used by several threads at once, each with a struct ql_cli of its own. */
int ql_cli_run(struct ql_cli *c, int argc, char **argv);
/* Gives errors about typed names their place, and leaves out warnings about files that come with quell. */
void ql_cli_settle_diagnostics(struct ql_cli *c);
/* Warnings so far, now: before a long computation, not after it. */
void ql_cli_show_warnings(struct ql_cli *c);
/* Exit status for a status of the library. */
int ql_cli_exit(enum quell_status s);
/* The place of a word of the command line, for spans. */
struct ql_span ql_cli_span(const struct ql_cli *c, const char *word);
void ql_words_add(struct ql_arena *a, struct ql_words *w, const char *text);

/* Standard output now (long runs); a failed write is reported as QL_E0903. */
enum quell_status ql_cli_flush(struct ql_cli *c);
/* By ql_json_write() of base/json.h; takes the reference. */
void ql_cli_print_json(struct ql_cli *c, json_t *j);
/* Talk: a line on standard error with the verb column bold and right-aligned ("  Simulated  ..."). */
void ql_cli_say(const struct ql_cli *c, const char *verb, const char *fmt, ...) QL_PRINTF(3, 4);
/* One progress line on standard error that erases itself; only on a terminal. done = total ends it. */
void ql_cli_progress(const struct ql_cli *c, const char *verb, uint64_t done, uint64_t total);
/* Styles for standard output: "" when colour is off. */
enum ql_style { QL_PLAIN, QL_BOLD, QL_DIM };
const char *ql_cli_style(const struct ql_cli *c, enum ql_style s);
int ql_cli_width(void); /* columns of the terminal, 80 if unknown */
/* Display width of UTF-8 text (code points), and padding to a width. */
int ql_text_width(const char *s);
void ql_buf_pad(struct ql_buf *b, const char *text, int width, bool right);
/* An interval as a bar on a 0..max axis of `cells` cells: "├──●──┤", |--o--| with ascii. NaN limits: the point alone. */
void ql_buf_bar(struct ql_buf *b, double lower, double estimate, double upper, double max, int cells, bool ascii);

/* The line that ends every report for people. */
#define QL_RESEARCH_USE "Research use only: groups of virtual patients, not advice for a person."

/* What every simulating verb accepts; ends up in a struct ql_run_spec. */
struct ql_sim {
	struct ql_run_spec spec;
	struct ql_words regimens, regimen_files, set, whatif;
	int lanes, solver, native;
};
#define QL_SIM_N_OPT 19
/* Defaults into *s and the table into opt[QL_SIM_N_OPT]. */
void ql_sim_options(struct ql_cli *c, struct ql_sim *s, struct ql_opt *opt);
/* After parsing: fills spec (data_dir, regimens, set, lanes, solver, cancel). */
enum quell_status ql_sim_finish(struct ql_cli *c, struct ql_sim *s);

/* One verb: name, group and summary come from verbs.def. */
struct ql_verb {
	const char *name, *group, *summary;
	int (*run)(struct ql_cli *c, int argc, char **argv);
};
extern const struct ql_verb ql_verbs[];
extern const int ql_n_verbs;

int ql_simulate_data(struct ql_cli *c, int argc, char **argv); /* quell simulate --data FILE */

#define X(name, function, group, summary) int function(struct ql_cli *c, int argc, char **argv);
#include "cli/verbs.def"
#undef X

#endif
