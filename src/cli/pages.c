/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pages.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

struct ql_pages {
	const char *page;    /* "evidence-nma" */
	const char *verb;    /* "evidence" */
	const char *summary; /* NULL: taken from the description */
	struct ql_buf man, bash, zsh, fish;
	struct ql_buf options; /* "page option", for tools/check_options */
	struct ql_words seen; /* options of the verb so far: a sub-command may share some */
};

/* Verbs whose first word or option leads to another table. */
static const struct {
	const char *verb, *word, *page;
} more_page[] = {{"simulate", "--data", "simulate-data"}, {"evidence", "nma", "evidence-nma"}};

/* ---- roff ---- */

static void roff(struct ql_buf *b, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if ((i == 0 || text[i - 1] == '\n') && (text[i] == '.' || text[i] == '\''))
			ql_buf_puts(b, "\\&");
		if (text[i] == '\\')
			ql_buf_puts(b, "\\e");
		else if (text[i] == '-')
			ql_buf_puts(b, "\\-");
		else
			ql_buf_add(b, &text[i], 1);
	}
}

static void roff_text(struct ql_buf *b, const char *text) { roff(b, text, strlen(text)); }

static void roff_option(struct ql_cli *c, struct ql_buf *b, const struct ql_opt *o)
{
	char lo[32], hi[32];
	const char *value = o->metavar ? o->metavar : o->kind == QL_OPT_CHOICE ? o->choices : NULL;
	bool ranged = o->kind == QL_OPT_NUMBER || o->kind == QL_OPT_COUNT || o->kind == QL_OPT_INT;
	ql_buf_puts(b, ".TP\n\\fB\\-\\-");
	roff_text(b, o->name);
	ql_buf_puts(b, "\\fR");
	if (value) {
		ql_buf_puts(b, " \\fI");
		roff_text(b, value);
		ql_buf_puts(b, "\\fR");
	}
	ql_buf_puts(b, "\n");
	roff_text(b, o->help);
	if (ranged && isfinite(o->hi))
		roff_text(b, ql_arena_printf(&c->arena, ", %s to %s", ql_format_double(o->lo, lo), ql_format_double(o->hi, hi)));
	if (o->fallback)
		roff_text(b, ql_arena_printf(&c->arena, " (default %s)", o->fallback));
	ql_buf_puts(b, "\n");
}

static void roff_head(struct ql_buf *b, const char *page, const char *summary)
{
	ql_buf_puts(b, ".TH QUELL");
	for (const char *p = page ? page : ""; *p; p++) {
		char upper = *p >= 'a' && *p <= 'z' ? (char)(*p - 32) : *p;
		ql_buf_puts(b, p == page ? "\\-" : "");
		roff(b, &upper, 1);
	}
	ql_buf_printf(b, " 1 \"\" \"quell %s\" \"User Commands\"\n.SH NAME\nquell%s", quell_version(), page ? "\\-" : "");
	roff_text(b, page ? page : "");
	ql_buf_puts(b, " \\- ");
	roff_text(b, summary);
	ql_buf_puts(b, "\n");
}

static void roff_tail(struct ql_buf *b)
{
	ql_buf_puts(b, ".SH EXIT STATUS\n0 fine, 1 your input, 2 usage, 3 too many failed solves or no convergence, 70 a fault of "
		       "quell, 130 stopped by Ctrl\\-C.\n.SH NOTES\n");
	roff_text(b, QL_RESEARCH_USE);
	ql_buf_puts(b, "\n.SH SEE ALSO\n.BR quell (1)\n");
}

static void roff_lines(struct ql_buf *b, const char *heading, const char *lines)
{
	ql_buf_printf(b, ".SH %s\n.nf\n", heading);
	roff_text(b, lines);
	ql_buf_puts(b, ".fi\n");
}

/* ---- completions ---- */

/* For single quotes: ' becomes '\''; in zsh's specifications also : [ ]. */
static void quoted(struct ql_buf *b, const char *text, bool zsh)
{
	for (; *text; text++) {
		if (*text == '\'')
			ql_buf_puts(b, "'\\''");
		else if (zsh && (*text == ':' || *text == '[' || *text == ']'))
			ql_buf_printf(b, "\\%c", *text);
		else
			ql_buf_add(b, text, 1);
	}
}

static void choice_words(struct ql_buf *b, const char *choices)
{
	for (; *choices; choices++)
		ql_buf_add(b, *choices == '|' ? " " : choices, 1);
}

static void complete_option(struct ql_pages *p, const struct ql_opt *o)
{
	bool value = o->kind != QL_OPT_FLAG;
	ql_buf_printf(&p->bash, " --%s", o->name);
	ql_buf_printf(&p->zsh, " \\\n\t\t\t'--%s%s[", o->name, value ? "=" : "");
	quoted(&p->zsh, o->help, true);
	ql_buf_puts(&p->zsh, "]");
	if (value) {
		ql_buf_puts(&p->zsh, ":");
		quoted(&p->zsh, o->metavar ? o->metavar : "value", true);
		ql_buf_puts(&p->zsh, o->kind == QL_OPT_CHOICE ? ":(" : ":_files");
		if (o->kind == QL_OPT_CHOICE)
			choice_words(&p->zsh, o->choices);
		ql_buf_puts(&p->zsh, o->kind == QL_OPT_CHOICE ? ")" : "");
	}
	ql_buf_puts(&p->zsh, "'");
	ql_buf_printf(&p->fish, "complete -c quell -n '__fish_seen_subcommand_from %s' -l %s%s -d '", p->verb, o->name, value ? " -r" : "");
	quoted(&p->fish, o->help, false);
	ql_buf_puts(&p->fish, "'");
	if (o->kind == QL_OPT_CHOICE) {
		ql_buf_puts(&p->fish, " -x -a '");
		choice_words(&p->fish, o->choices);
		ql_buf_puts(&p->fish, "'");
	}
	ql_buf_puts(&p->fish, "\n");
}

static bool seen_before(struct ql_cli *c, const char *name)
{
	struct ql_words *seen = &c->pages->seen;
	for (int i = 0; i < seen->n; i++)
		if (strcmp(seen->item[i], name) == 0)
			return true;
	ql_words_add(&c->arena, seen, name);
	return false;
}

/* ---- one verb ---- */

static const char *first_line(struct ql_cli *c, const char *about)
{
	size_t n = strcspn(about, ".\n:");
	return ql_arena_strndup(&c->arena, about, n);
}

void ql_pages_add(struct ql_cli *c, const struct ql_command *cmd)
{
	struct ql_pages *p = c->pages;
	struct ql_buf *b = &p->man;
	roff_head(b, p->page, p->summary ? p->summary : first_line(c, cmd->about));
	ql_buf_puts(b, ".SH SYNOPSIS\n.B quell ");
	roff_text(b, cmd->name);
	ql_buf_puts(b, "\n");
	if (cmd->arguments && *cmd->arguments) {
		roff_text(b, cmd->arguments);
		ql_buf_puts(b, "\n");
	}
	ql_buf_puts(b, "[\\fIoptions\\fR]\n");
	roff_lines(b, "DESCRIPTION", cmd->about);
	ql_buf_puts(b, ".SH OPTIONS\n");
	for (size_t t = 0; t < sizeof cmd->opt / sizeof *cmd->opt && cmd->opt[t]; t++)
		for (const struct ql_opt *o = cmd->opt[t]; o->name; o++) {
			roff_option(c, b, o);
			ql_buf_printf(&p->options, "%s %s\n", p->page, o->name);
			if (!seen_before(c, ql_arena_strdup(&c->arena, o->name)))
				complete_option(p, o);
		}
	ql_buf_puts(b, ".TP\n\\fB\\-\\-ascii\\fR\nno characters outside of ASCII in tables\n.TP\n\\fB\\-\\-help\\fR\nthis text\n");
	roff_lines(b, "EXAMPLES", cmd->examples);
	roff_tail(b);
}

/* ---- files ---- */

static void help_of(struct ql_cli *c, const char *verb, const char *word)
{
	char option[] = "--help";
	char *argv[3] = {ql_arena_strdup(&c->arena, verb), option, NULL};
	if (word) {
		argv[1] = ql_arena_strdup(&c->arena, word);
		argv[2] = option;
	}
	for (int i = 0; i < ql_n_verbs; i++)
		if (strcmp(ql_verbs[i].name, verb) == 0)
			ql_verbs[i].run(c, word ? 3 : 2, argv);
}

static enum quell_status write_page(struct ql_cli *c, const char *folder, const char *verb, const char *word, const char *page,
				    const char *summary)
{
	struct ql_pages *p = c->pages;
	p->page = page;
	p->verb = verb;
	p->summary = summary;
	p->man.len = 0;
	help_of(c, verb, word);
	return ql_out_file(ql_arena_printf(&c->arena, "%s/man1/quell-%s.1", folder, page), &p->man, &c->ds);
}

static void front_page(struct ql_cli *c)
{
	struct ql_buf *b = &c->pages->man;
	b->len = 0;
	roff_head(b, NULL, "virtual trials of immunotherapy in chronic lymphocytic leukaemia");
	ql_buf_puts(b, ".SH SYNOPSIS\n.B quell\n\\fIverb\\fR [\\fIoptions\\fR]\n.SH DESCRIPTION\n"
		       "quell simulates chronic lymphocytic leukaemia (CLL) under immunotherapy in virtual patients, compares regimens,\n"
		       "and sets every simulated figure beside what trials have published.\n.SH VERBS\n");
	for (int i = 0; i < ql_n_verbs; i++) {
		ql_buf_printf(b, ".TP\n.BR quell\\-%s (1)\n", ql_verbs[i].name);
		roff_text(b, ql_verbs[i].summary);
		ql_buf_puts(b, "\n");
	}
	ql_buf_puts(b, ".SH FILES\nModels, library and evidence lie in share/quell of the installation;\n"
		       ".SH ENVIRONMENT\n.TP\nQUELL_DATA\na folder with models/, library/ and evidence/ in place of the installed one\n"
		       ".TP\nNO_COLOR\nno colours\n");
	roff_tail(b);
}

static void start_completions(struct ql_pages *p)
{
	ql_buf_puts(&p->bash, "# bash completion for quell, written by quell itself\n_quell() {\n"
			      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} words\n\tif [ \"$COMP_CWORD\" = 1 ]; then\n"
			      "\t\twords='help version");
	for (int i = 0; i < ql_n_verbs; i++)
		ql_buf_printf(&p->bash, " %s", ql_verbs[i].name);
	ql_buf_puts(&p->bash, "'\n\telse\n\t\tcase $verb in\n");
	ql_buf_puts(&p->zsh, "#compdef quell\n# zsh completion for quell, written by quell itself\n_quell() {\n\tlocal -a verbs\n\tverbs=(\n");
	for (int i = 0; i < ql_n_verbs; i++) {
		ql_buf_printf(&p->zsh, "\t\t'%s:", ql_verbs[i].name);
		quoted(&p->zsh, ql_verbs[i].summary, true);
		ql_buf_puts(&p->zsh, "'\n");
		ql_buf_printf(&p->fish, "%scomplete -c quell -n __fish_use_subcommand -a %s -d '",
			      i ? "" : "# fish completion for quell, written by quell itself\n", ql_verbs[i].name);
		quoted(&p->fish, ql_verbs[i].summary, false);
		ql_buf_puts(&p->fish, "'\n");
	}
	ql_buf_puts(&p->zsh, "\t)\n\tif (( CURRENT == 2 )); then\n\t\t_describe verb verbs\n\t\treturn\n\tfi\n\tcase $words[2] in\n");
}

static void end_completions(struct ql_pages *p)
{
	ql_buf_puts(&p->bash, "\t\tesac\n\tfi\n\tcase $cur in\n\t-*|'') ;;\n\t*) [ \"$COMP_CWORD\" = 1 ] || words= ;;\n\tesac\n"
			      "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\ncomplete -o default -F _quell quell\n");
	ql_buf_puts(&p->zsh, "\tesac\n}\n_quell \"$@\"\n");
}

static enum quell_status verb_pages(struct ql_cli *c, const char *folder, int v)
{
	struct ql_pages *p = c->pages;
	const char *verb = ql_verbs[v].name;
	p->seen.n = 0;
	ql_buf_printf(&p->bash, "\t\t%s) words='", verb);
	ql_buf_printf(&p->zsh, "\t%s)\n\t\t_arguments", verb);
	enum quell_status s = write_page(c, folder, verb, NULL, verb, ql_verbs[v].summary);
	for (size_t i = 0; s == QUELL_OK && i < sizeof more_page / sizeof *more_page; i++)
		if (strcmp(more_page[i].verb, verb) == 0)
			s = write_page(c, folder, verb, more_page[i].word, more_page[i].page, NULL);
	ql_buf_puts(&p->bash, " --ascii --help' ;;\n");
	ql_buf_puts(&p->zsh, " \\\n\t\t\t'--ascii[no characters outside of ASCII]' '--help[help]' '*:file:_files' ;;\n");
	return s;
}

static enum quell_status make_folders(struct ql_cli *c, const char *folder)
{
	static const char *const sub[] = {"", "/man1", "/bash", "/zsh", "/fish"};
	for (int i = 0; i < 5; i++) {
		const char *path = ql_arena_printf(&c->arena, "%s%s", folder, sub[i]);
		if (mkdir(path, 0777) == 0 || errno == EEXIST)
			continue;
		ql_diag_add(&c->ds, QL_E0903, (struct ql_span){path, 0, 0, 0}, "cannot make the folder `%s`: %s", path, strerror(errno));
		return QUELL_ERR_IO;
	}
	return QUELL_OK;
}

int ql_pages_write(struct ql_cli *c, int argc, char **argv)
{
	struct ql_pages p = {0};
	const char *folder = argc > 1 ? argv[1] : "pages";
	enum quell_status s = make_folders(c, folder);
	c->pages = &p;
	start_completions(&p);
	for (int v = 0; v < ql_n_verbs && s == QUELL_OK; v++)
		s = verb_pages(c, folder, v);
	end_completions(&p);
	front_page(c);
	if (s == QUELL_OK)
		s = ql_out_file(ql_arena_printf(&c->arena, "%s/man1/quell.1", folder), &p.man, &c->ds);
	if (s == QUELL_OK)
		s = ql_out_file(ql_arena_printf(&c->arena, "%s/bash/quell", folder), &p.bash, &c->ds);
	if (s == QUELL_OK)
		s = ql_out_file(ql_arena_printf(&c->arena, "%s/zsh/_quell", folder), &p.zsh, &c->ds);
	if (s == QUELL_OK)
		s = ql_out_file(ql_arena_printf(&c->arena, "%s/fish/quell.fish", folder), &p.fish, &c->ds);
	if (s == QUELL_OK)
		s = ql_out_file(ql_arena_printf(&c->arena, "%s/options.txt", folder), &p.options, &c->ds);
	c->pages = NULL;
	ql_buf_free(&p.options);
	ql_buf_free(&p.man);
	ql_buf_free(&p.bash);
	ql_buf_free(&p.zsh);
	ql_buf_free(&p.fish);
	return ql_cli_exit(s);
}
