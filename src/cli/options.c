/* SPDX-License-Identifier: Apache-2.0 */
/* Parsing of option tables. */
#include "cli/cli.h"
#include <assert.h>
#include <string.h>

#define COMMAND_LINE "command line"

void ql_words_add(struct ql_arena *a, struct ql_words *w, const char *text)
{
	if (w->n == w->cap) {
		w->cap = w->cap ? 2 * w->cap : 8;
		const char **more = QL_NEW_N(a, const char *, (size_t)w->cap);
		if (w->n)
			memcpy(more, w->item, (size_t)w->n * sizeof *more);
		w->item = more;
	}
	w->item[w->n++] = text;
}

struct ql_span ql_cli_span(const struct ql_cli *c, const char *word)
{
	size_t len = strlen(word);
	for (const char *at = len ? strstr(c->line, word) : NULL; at; at = strstr(at + 1, word)) {
		bool starts = at == c->line || strchr(" =,", at[-1]), ends = !at[len] || strchr(" =,", at[len]);
		if (starts && ends)
			return (struct ql_span){COMMAND_LINE, 1, (int)(at - c->line) + 1, (int)len};
	}
	return (struct ql_span){COMMAND_LINE, 0, 0, 0};
}

static const struct ql_opt *find_option(const struct ql_command *cmd, const char *name, size_t len)
{
	for (size_t t = 0; t < sizeof cmd->opt / sizeof *cmd->opt && cmd->opt[t]; t++)
		for (const struct ql_opt *o = cmd->opt[t]; o->name; o++)
			if (strlen(o->name) == len && memcmp(o->name, name, len) == 0)
				return o;
	return NULL;
}

static void unknown_option(struct ql_cli *c, const struct ql_command *cmd, const char *word, size_t len)
{
	struct ql_words names = {0};
	for (size_t t = 0; t < sizeof cmd->opt / sizeof *cmd->opt && cmd->opt[t]; t++)
		for (const struct ql_opt *o = cmd->opt[t]; o->name; o++)
			ql_words_add(&c->arena, &names, o->name);
	ql_words_add(&c->arena, &names, "help");
	const char *typed = ql_arena_strndup(&c->arena, word, len);
	const char *bare = typed + (typed[0] == '-') + (typed[0] == '-' && typed[1] == '-');
	const char *near = ql_suggest(bare, names.item, names.n);
	struct ql_diag *d = ql_diag_add(&c->ds, QL_E0911, ql_cli_span(c, typed), "`quell %s` has no option `%s`",
					cmd->name, typed);
	if (near)
		ql_diag_help(d, "did you mean `--%s`? `quell %s --help` lists all", near, cmd->name);
	else
		ql_diag_help(d, "`quell %s --help` lists the options", cmd->name);
}

static bool refuse(struct ql_cli *c, const struct ql_opt *o, const char *value, const char *accepted)
{
	struct ql_diag *d = ql_diag_add(&c->ds, QL_E0913, ql_cli_span(c, value), "`--%s` does not take `%s`", o->name, value);
	ql_diag_help(d, "accepted: %s", accepted);
	return false;
}

static const char *range_words(struct ql_cli *c, const struct ql_opt *o)
{
	char lo[32], hi[32];
	const char *kind = o->kind == QL_OPT_NUMBER ? "a number" : "a whole number";
	if (isinf(o->hi))
		return ql_arena_printf(&c->arena, "%s, %s or more", kind, ql_format_double(o->lo, lo));
	return ql_arena_printf(&c->arena, "%s from %s to %s", kind, ql_format_double(o->lo, lo),
			       ql_format_double(o->hi, hi));
}

static bool set_number(struct ql_cli *c, const struct ql_opt *o, const char *value)
{
	double x;
	bool ok = ql_parse_double(value, strlen(value), &x) && x >= o->lo && x <= o->hi;
	if (o->kind != QL_OPT_NUMBER)
		ok = ok && x == floor(x) && fabs(x) <= 9007199254740992.0;
	if (!ok)
		return refuse(c, o, value, range_words(c, o));
	if (o->kind == QL_OPT_NUMBER)
		*(double *)o->target = x;
	else if (o->kind == QL_OPT_COUNT)
		*(uint64_t *)o->target = (uint64_t)x;
	else
		*(int *)o->target = (int)x;
	return true;
}

/* Words of "a|b|c", or of "a,b,c", into the arena. */
static struct ql_words split(struct ql_cli *c, const char *text, char at)
{
	struct ql_words w = {0};
	for (const char *p = text;; p++) {
		const char *end = strchr(p, at);
		size_t len = end ? (size_t)(end - p) : strlen(p);
		ql_words_add(&c->arena, &w, ql_arena_strndup(&c->arena, p, len));
		if (!end)
			return w;
		p = end;
	}
}

static bool set_choice(struct ql_cli *c, const struct ql_opt *o, const char *value)
{
	struct ql_words w = split(c, o->choices, '|');
	for (int i = 0; i < w.n; i++)
		if (strcmp(w.item[i], value) == 0) {
			*(int *)o->target = i;
			return true;
		}
	struct ql_buf list = {0};
	for (int i = 0; i < w.n; i++)
		ql_buf_printf(&list, "%s%s", i ? ", " : "", w.item[i]);
	refuse(c, o, value, list.data);
	ql_buf_free(&list);
	return false;
}

static bool set_list(struct ql_cli *c, const struct ql_opt *o, const char *value)
{
	struct ql_words w = split(c, value, ',');
	for (int i = 0; i < w.n; i++) {
		if (!*w.item[i])
			return refuse(c, o, value, "names separated by single commas, without blanks");
		ql_words_add(&c->arena, o->target, w.item[i]);
	}
	return true;
}

static bool set_value(struct ql_cli *c, const struct ql_opt *o, const char *value)
{
	switch (o->kind) {
	case QL_OPT_FLAG:
		return refuse(c, o, value, "no value; the option alone switches it on");
	case QL_OPT_NUMBER:
	case QL_OPT_COUNT:
	case QL_OPT_INT:
		return set_number(c, o, value);
	case QL_OPT_CHOICE:
		return set_choice(c, o, value);
	case QL_OPT_LIST:
		return set_list(c, o, value);
	case QL_OPT_ITEM:
		ql_words_add(&c->arena, o->target, value);
		return true;
	case QL_OPT_TEXT:
		if (!*value)
			return refuse(c, o, value, "text that is not empty");
		*(const char **)o->target = value;
		return true;
	}
	return false;
}

/* One "--name[=value]" at argv[i]; returns the index of the last word used. */
static int take_option(struct ql_cli *c, const struct ql_command *cmd, int argc, char **argv, int i)
{
	const char *word = argv[i], *equals = strchr(word, '=');
	size_t len = equals ? (size_t)(equals - word) : strlen(word);
	const struct ql_opt *o = len > 2 && word[1] == '-' ? find_option(cmd, word + 2, len - 2) : NULL;
	if (!o) {
		unknown_option(c, cmd, word, len);
		return i;
	}
	if (equals) {
		set_value(c, o, equals + 1);
		return i;
	}
	if (o->kind == QL_OPT_FLAG) {
		*(bool *)o->target = true;
		return i;
	}
	if (i + 1 == argc || strncmp(argv[i + 1], "--", 2) == 0) {
		struct ql_diag *d = ql_diag_add(&c->ds, QL_E0912, ql_cli_span(c, word), "`%s` needs a value", word);
		ql_diag_help(d, "write `%s %s`", word, o->metavar ? o->metavar : o->choices);
		return i;
	}
	set_value(c, o, argv[i + 1]);
	return i + 1;
}

static void check_arguments(struct ql_cli *c, const struct ql_command *cmd)
{
	if (c->args.n > cmd->max_args) {
		const char *extra = c->args.item[cmd->max_args];
		struct ql_diag *d = ql_diag_add(&c->ds, QL_E0914, ql_cli_span(c, extra), "`quell %s` does not expect `%s`",
						cmd->name, extra);
		ql_diag_help(d, "usage: quell %s %s [options]", cmd->name, cmd->arguments ? cmd->arguments : "");
	}
	if (c->args.n < cmd->min_args) {
		struct ql_diag *d = ql_diag_add(&c->ds, QL_E0915, ql_cli_span(c, ""), "`quell %s` needs %s", cmd->name,
						cmd->arguments);
		ql_diag_help(d, "`quell %s --help` shows examples", cmd->name);
	}
}

static bool wants_help(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}

/* ---- options that the library describes ---- */

static void shared(struct ql_cli *c, const char *verb, struct ql_opt *o)
{
	const struct quell_verb_info *v = quell_verb_find(o->metavar ? o->metavar : verb);
	const struct quell_option_info *i = NULL;
	for (int k = 0; v && k < v->n_option; k++)
		if (strcmp(v->option[k].name, o->name) == 0)
			i = &v->option[k];
	assert(i);
	bool words = i->fallback && *i->fallback == '(';
	*o = (struct ql_opt){o->name, o->kind, o->target, i->metavar, i->fallback, i->lo, i->hi, i->choices, i->help};
	if (words)
		o->fallback = ql_arena_strndup(&c->arena, i->fallback + 1, strlen(i->fallback) - 2);
	else if (i->fallback)
		set_value(c, o, i->fallback);
}

/* One place for what both have; a table of the library's is an argument here. */
static bool described_twice(const char *verb, const struct ql_opt *o)
{
	const struct quell_verb_info *v = quell_verb_find(verb);
	for (int k = 0; v && k < v->n_option; k++)
		if (v->option[k].kind != QUELL_OPTION_TABLE && strcmp(v->option[k].name, o->name) == 0)
			return true;
	return false;
}

/* The command with its shared options filled in. */
static struct ql_command resolved(struct ql_cli *c, const struct ql_command *cmd)
{
	struct ql_command out = *cmd;
	for (size_t t = 0; t < sizeof cmd->opt / sizeof *cmd->opt && cmd->opt[t]; t++) {
		size_t n = 0;
		while (cmd->opt[t][n].name)
			n++;
		struct ql_opt *table = QL_NEW_N(&c->arena, struct ql_opt, n + 1);
		memcpy(table, cmd->opt[t], n * sizeof *table);
		for (size_t i = 0; i < n; i++)
			if (!table[i].help)
				shared(c, cmd->name, &table[i]);
			else
				assert(!described_twice(cmd->name, &table[i]));
		out.opt[t] = table;
	}
	return out;
}

bool ql_cli_parse(struct ql_cli *c, const struct ql_command *given, int argc, char **argv, int *exit)
{
	const struct ql_command full = resolved(c, given), *cmd = &full;
	*exit = QL_EXIT_OK;
	if (wants_help(argc, argv)) {
		ql_cli_help(c, cmd);
		return false;
	}
	bool options = true;
	for (int i = 1; i < argc; i++) {
		if (options && strcmp(argv[i], "--") == 0)
			options = false;
		else if (options && strcmp(argv[i], "--ascii") == 0)
			c->ascii = true;
		else if (options && argv[i][0] == '-' && argv[i][1])
			i = take_option(c, cmd, argc, argv, i);
		else
			ql_words_add(&c->arena, &c->args, argv[i]);
	}
	check_arguments(c, cmd);
	*exit = c->ds.n_errors ? QL_EXIT_USAGE : QL_EXIT_OK;
	return c->ds.n_errors == 0;
}
