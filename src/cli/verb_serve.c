/* SPDX-License-Identifier: Apache-2.0 */
/* quell serve: the page, on this machine. */
#define _GNU_SOURCE
#include "serve/serve.h"
#include "cli/cli.h"
#include "store/store.h"
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum { TOKEN_BYTES = 24 };

struct serving {
	struct ql_cli *c;
	bool open;
};

/* One command of a request, in a command line of its own. */
static void run_command(struct ql_serve_command *k)
{
	struct ql_cli c = {.captured = true, .cancel = k->cancel, .progress = k->progress, .progress_ctx = k->progress_ctx,
			   .warm = k->warm, .warm_stamp = k->stamp};
	char program[] = "quell", **argv = calloc((size_t)k->argc + 2, sizeof *argv);
	k->status = QUELL_ERR_MEMORY;
	if (!argv)
		return;
	argv[0] = program;
	memcpy(argv + 1, k->argv, (size_t)k->argc * sizeof *argv);
	int exit = ql_cli_run(&c, k->argc + 1, argv);
	ql_cli_settle_diagnostics(&c);
	bool answered = c.out.len > 0 && (exit == QL_EXIT_OK || exit == QL_EXIT_SOLVES);
	k->status = answered ? QUELL_OK
		    : c.out_of_memory ? QUELL_ERR_MEMORY
		    : exit == QL_EXIT_INTERRUPTED ? QUELL_ERR_INTERRUPTED
		    : exit == QL_EXIT_SOLVES ? QUELL_ERR_NUMERIC
		    : exit == QL_EXIT_INPUT || exit == QL_EXIT_USAGE ? QUELL_ERR_INPUT : QUELL_ERR_INTERNAL;
	k->out = c.out;
	k->ds = c.ds;
	ql_arena_free(&c.arena);
	free(argv);
}

static bool has_verb(const char *name)
{
	for (int i = 0; i < ql_n_verbs; i++)
		if (strcmp(ql_verbs[i].name, name) == 0)
			return true;
	return false;
}

/* Whatever shows pages on this desktop; the address is on the screen in any case. */
static void open_page(const char *url)
{
	pid_t child = fork();
	if (child != 0)
		return;
	if (!freopen("/dev/null", "w", stderr) || !freopen("/dev/null", "w", stdout))
		_exit(1);
	execlp("xdg-open", "xdg-open", url, (char *)NULL);
	_exit(127);
}

static void ready(void *ctx, const char *url)
{
	struct serving *s = ctx;
	ql_cli_say(s->c, "Serving", "%s  (Ctrl-C stops; nothing is sent anywhere)", url);
	if (s->open)
		open_page(url);
}

static const char *make_token(struct ql_cli *c)
{
	unsigned char raw[TOKEN_BYTES];
	char text[2 * TOKEN_BYTES + 1];
	if (getrandom(raw, sizeof raw, 0) != (ssize_t)sizeof raw)
		return NULL;
	for (int i = 0; i < TOKEN_BYTES; i++)
		snprintf(text + 2 * i, 3, "%02x", raw[i]);
	return ql_arena_strdup(&c->arena, text);
}

/* The first line of a file, so that the token stands on no command line. */
static const char *read_token(struct ql_cli *c, const char *path)
{
	const struct ql_source *s;
	if (ql_read_source(&c->ds, path, &s) != QUELL_OK)
		return NULL;
	size_t n = strcspn(s->text, "\r\n");
	if (n >= 16 && n <= 256 && strspn(s->text, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_") >= n)
		return ql_arena_strndup(&c->arena, s->text, n);
	struct ql_diag *d = ql_diag_add(&c->ds, QL_E0913, (struct ql_span){path, 1, 1, 0}, "the token cannot be used");
	ql_diag_help(d, "write 16 to 256 letters, digits, - and _ into the first line");
	return NULL;
}

/* Made if it is missing. One that cannot be used is no reason not to serve: what needs it is refused with the reason. */
static void try_store(struct ql_cli *c, const char *path)
{
	struct ql_store *s;
	if (ql_store_open(path, QL_STORE_CREATE, &c->ds, &s) != QUELL_OK && c->ds.n)
		ql_cli_say(c, "No store", "%s: %s; long runs will be refused", path, c->ds.item[0]->message);
	ql_store_close(s);
	c->ds.n = c->ds.n_errors = 0;
}

int ql_verb_serve(struct ql_cli *c, int argc, char **argv)
{
	struct serving s = {.c = c};
	const char *token_file = NULL;
	struct ql_serve_options o = {.address = "127.0.0.1", .port = 8750, .run = run_command, .has = has_verb, .cancel = c->cancel, .ready = ready, .ready_ctx = &s};
	const struct ql_opt opt[] = {
		{"port", QL_OPT_INT, &o.port, "N", "8750; 0 takes any free one", 0, 65535, NULL, "port to listen on"},
		{"open", QL_OPT_FLAG, &s.open, NULL, NULL, 0, 0, NULL, "open the page in the browser"},
		{"bind", QL_OPT_TEXT, &o.address, "ADDRESS", "127.0.0.1", 0, 0, NULL,
		 "numeric address to listen on; any but the loopback demands a token"},
		{"store", QL_OPT_TEXT, &o.store, "DB", "none: runs end with the program", 0, 0, NULL,
		 "keep long runs in this SQLite file, go on with them after a stop, and list them"},
		{"token-file", QL_OPT_TEXT, &token_file, "FILE", "a new one at each start", 0, 0, NULL,
		 "the token that requests must carry, in the first line of FILE"},
		{0}};
	const struct ql_command cmd = {
		"serve", NULL, 0, 0,
		"Serves the page on this machine: comparisons, evidence, the model and its limits, with the same numbers as\n"
		"the command line. /api describes the JSON behind it. Only this machine can reach it, unless --bind says\n"
		"otherwise; then every request must carry a token, and the traffic is not encrypted.\n",
		"quell serve --open\nquell serve --port 0\nquell serve --store runs.db\n", {opt}};
	int exit;
	if (!ql_cli_parse(c, &cmd, argc, argv, &exit))
		return exit;
	if (!ql_cli_data(c))
		return QL_EXIT_INPUT;
	o.data_dir = c->data_dir;
	if (token_file)
		o.token = read_token(c, token_file);
	else if (!ql_serve_is_loopback(o.address))
		o.token = make_token(c);
	if (c->ds.n_errors)
		return QL_EXIT_INPUT;
	if (o.store)
		try_store(c, o.store);
#ifdef M_MMAP_THRESHOLD
	mallopt(M_MMAP_THRESHOLD, 64 << 20); /* every comparison takes and gives back the same tens of megabytes: */
	mallopt(M_TRIM_THRESHOLD, 256 << 20); /* keep them, or the kernel clears them anew each time */
#endif
	enum quell_status status = ql_serve(&o, &c->ds);
	if (status == QUELL_OK)
		ql_cli_say(c, "Stopped", "%s", o.store ? "finished chunks of comparisons are in the store" : "what was running has been thrown away");
	return ql_cli_exit(status);
}
