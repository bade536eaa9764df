/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "cli/cli.h"
#include "scale/team.h"
#include "cli/pages.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct ql_verb ql_verbs[] = {
#define X(name, function, group, summary) {#name, group, summary, function},
#include "cli/verbs.def"
#undef X
};
const int ql_n_verbs = sizeof ql_verbs / sizeof *ql_verbs;

static volatile int cancelled;

/* The first Ctrl-C asks the run to finish; the handler is gone then, so a second one ends the program. */
static void on_signal(int number)
{
	(void)number;
	cancelled = 1;
}

static void catch_signals(void)
{
	struct sigaction stop = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	sigaction(SIGXFSZ, &ignore, NULL); /* a file-size limit becomes a write error with a message */
}

static void list_group(struct ql_cli *c, int first)
{
	ql_buf_printf(&c->out, "\n%s%s%s\n", ql_cli_style(c, QL_BOLD), ql_verbs[first].group, ql_cli_style(c, QL_PLAIN));
	for (int i = first; i < ql_n_verbs; i++)
		if (strcmp(ql_verbs[i].group, ql_verbs[first].group) == 0)
			ql_buf_printf(&c->out, "  %-12s %s\n", ql_verbs[i].name, ql_verbs[i].summary);
}

static void front_page(struct ql_cli *c)
{
	ql_buf_puts(&c->out,
		    "quell simulates chronic lymphocytic leukaemia under immunotherapy and compares regimens.\n\n"
		    "  quell compare --population unfit-1l --regimens clb-obi,ven-obi --html report.html\n"
		    "  quell explain ven-obi\n"
		    "  quell survival data.csv --time months --event died --group arm\n");
	for (int i = 0; i < ql_n_verbs; i++) {
		bool first = true;
		for (int j = 0; j < i; j++)
			first = first && strcmp(ql_verbs[i].group, ql_verbs[j].group) != 0;
		if (first)
			list_group(c, i);
	}
	ql_buf_puts(&c->out, "\nquell VERB --help shows a verb's options; quell --version what this build contains.\n"
			     "Exit status: 0 fine, 1 your input, 2 usage, 3 too many failed solves or no convergence,\n"
			     "70 our bug, 130 stopped by Ctrl-C.\n\n" QL_RESEARCH_USE "\n");
}

static const char *on_off(bool on) { return on ? "on" : "off"; }

static void print_version(struct ql_cli *c)
{
	const char *isa = "generic";
#if defined(__x86_64__)
	isa = __builtin_cpu_supports("avx512f") ? "x86-64-v4" : __builtin_cpu_supports("avx2") ? "x86-64-v3" : "x86-64";
#elif defined(__aarch64__)
	isa = "aarch64";
#endif
	bool cvode = false, sbml = false, serve = false, mpi = false;
#ifdef QUELL_HAVE_CVODE
	cvode = true;
#endif
#ifdef QUELL_HAVE_SBML
	sbml = true;
#endif
#ifdef QUELL_HAVE_SERVE
	serve = true;
#endif
#ifdef QUELL_HAVE_MPI
	mpi = true;
#endif
	ql_buf_printf(&c->out, "quell %s\ncompiler      %s\nmachine       %s\n", quell_version(),
#if defined(__clang__)
		      "clang " __clang_version__,
#else
		      "gcc " __VERSION__,
#endif
		      isa);
	ql_buf_printf(&c->out, "cvode solver  %s\nSBML          %s\nserve         %s\nMPI           %s\n", on_off(cvode), on_off(sbml),
		      on_off(serve), on_off(mpi));
}

static int unknown_verb(struct ql_cli *c, const char *word)
{
	const char *names[sizeof ql_verbs / sizeof *ql_verbs];
	for (int i = 0; i < ql_n_verbs; i++)
		names[i] = ql_verbs[i].name;
	const char *near = ql_suggest(word, names, ql_n_verbs);
	bool option = word[0] == '-';
	struct ql_diag *d = ql_diag_add(&c->ds, QL_E0910, ql_cli_span(c, word), "unknown %s `%s`", option ? "option" : "verb",
					word);
	if (option)
		ql_diag_help(d, "options come after the verb; `quell` alone lists the verbs");
	else if (near)
		ql_diag_help(d, "did you mean `quell %s`? `quell` alone lists the verbs", near);
	else
		ql_diag_help(d, "`quell` alone lists the verbs");
	return QL_EXIT_USAGE;
}

/* Whether this process has nothing to do: one of several that were started for a verb that runs in one. */
static bool superfluous(const char *verb)
{
	static const char *const shared_out[] = {"compare", "trial", "resume", "sensitivity"};
	bool found = ql_team_launched_rank() == 0;
	for (size_t i = 0; i < sizeof shared_out / sizeof *shared_out; i++)
		found = found || strcmp(verb, shared_out[i]) == 0;
	return !found;
}

static int run_verb(struct ql_cli *c, int argc, char **argv)
{
	if (superfluous(argv[0]))
		return QL_EXIT_OK;
	for (int i = 0; i < ql_n_verbs; i++)
		if (strcmp(ql_verbs[i].name, argv[0]) == 0)
			return ql_verbs[i].run(c, argc, argv);
	return unknown_verb(c, argv[0]);
}

static int dispatch(struct ql_cli *c, int argc, char **argv)
{
	const char *first = argc > 1 ? argv[1] : "help";
	if (strcmp(first, "--version") == 0 || strcmp(first, "version") == 0) {
		print_version(c);
		return QL_EXIT_OK;
	}
	if (strcmp(first, "_pages") == 0) /* for the build */
		return ql_pages_write(c, argc - 1, argv + 1);
	bool help = strcmp(first, "help") == 0 || strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0;
	if (help && argc <= 2) {
		front_page(c);
		return QL_EXIT_OK;
	}
	if (help) { /* quell help VERB */
		char option[] = "--help", *words[] = {argv[2], option};
		return run_verb(c, 2, words);
	}
	return run_verb(c, argc - 1, argv + 1);
}

struct invocation {
	struct ql_cli *c;
	int argc, exit;
	char **argv;
};

static enum quell_status invoke(void *arg)
{
	struct invocation *v = arg;
	struct ql_cli *c = v->c;
	struct ql_buf line = {0};
	for (int i = 0; i < v->argc; i++)
		ql_buf_printf(&line, "%s%s", i ? " " : "", i ? v->argv[i] : "quell");
	c->line = ql_arena_strdup(&c->arena, line.data ? line.data : "quell");
	ql_buf_free(&line);
	ql_diags_add_source(&c->ds, "command line", c->line, strlen(c->line));
	v->exit = dispatch(c, v->argc, v->argv);
	return QUELL_OK;
}

int ql_cli_run(struct ql_cli *c, int argc, char **argv)
{
	struct invocation v = {c, argc, QL_EXIT_OK, argv};
	if (ql_protect(invoke, &v) == QUELL_OK)
		return v.exit;
	c->out_of_memory = true;
	return QL_EXIT_INPUT;
}

static bool color_wanted(int fd)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
	return isatty(fd) && !(no && *no) && !(term && strcmp(term, "dumb") == 0);
}

/* An error about a name that was typed, reported by a room that knows no command line, gets its place there. */
static void point_at_command_line(struct ql_cli *c, struct ql_diag *d)
{
	bool placed = d->span.file && (strcmp(d->span.file, "command line") != 0 || d->span.line > 0);
	const char *open = strchr(d->message, '`'), *close = open ? strchr(open + 1, '`') : NULL;
	if (placed || d->severity != QL_ERROR || !close || close == open + 1 || strncmp(open + 1, "quell", 5) == 0)
		return;
	d->span = ql_cli_span(c, ql_arena_strndup(&c->arena, open + 1, (size_t)(close - open - 1)));
}

/* Warnings about the files that come with quell are for those who edit them: `quell model check` shows them. */
static bool about_shipped_file(const struct ql_cli *c, const struct ql_diag *d)
{
	return !c->check && d->severity == QL_WARNING && c->data_dir && d->span.file &&
	       strncmp(d->span.file, c->data_dir, strlen(c->data_dir)) == 0;
}

void ql_cli_settle_diagnostics(struct ql_cli *c)
{
	int n = 0;
	for (int i = 0; i < c->ds.n; i++) {
		point_at_command_line(c, c->ds.item[i]);
		if (!about_shipped_file(c, c->ds.item[i]))
			c->ds.item[n++] = c->ds.item[i];
	}
	c->ds.n = n;
}

static enum quell_status show_diagnostics(void *arg)
{
	struct ql_cli *c = arg;
	struct ql_buf text = {0};
	ql_cli_settle_diagnostics(c);
	ql_diags_render(&c->ds, c->color_err, &text);
	if (text.len)
		fwrite(text.data, 1, text.len, stderr);
	ql_buf_free(&text);
	return QUELL_OK;
}

void ql_cli_show_warnings(struct ql_cli *c)
{
	if (c->captured || c->ds.n == 0 || c->ds.n_errors || ql_protect(show_diagnostics, c) != QUELL_OK)
		return;
	c->ds.n = 0;
}

int main(int argc, char **argv)
{
	static struct ql_cli c;
	catch_signals();
	c.cancel = &cancelled;
	c.color_out = color_wanted(STDOUT_FILENO);
	c.color_err = color_wanted(STDERR_FILENO);
	int exit = ql_cli_run(&c, argc, argv);
	if (c.out_of_memory || ql_memory_ran_out()) {
		fputs("error: memory ran out; ask for fewer patients or outputs\n", stderr);
		return exit == QL_EXIT_OK ? QL_EXIT_INPUT : exit;
	}
	if (ql_team_launched_rank() > 0) { /* rank 0 speaks for all */
		ql_team_close(c.team);
		return QL_EXIT_OK;
	}
	if (ql_cli_flush(&c) != QUELL_OK && exit == QL_EXIT_OK)
		exit = QL_EXIT_INPUT;
	if (ql_protect(show_diagnostics, &c) != QUELL_OK)
		exit = QL_EXIT_INPUT;
	if (exit == QL_EXIT_BUG)
		fprintf(stderr, "This is a fault of quell %s. Please report it with this command line:\n  %s\n", quell_version(),
			c.line);
	fflush(stderr);
	ql_team_close(c.team);
	ql_buf_free(&c.out);
	ql_diags_free(&c.ds);
	ql_arena_free(&c.arena);
	return exit;
}
