/* SPDX-License-Identifier: Apache-2.0 */
/* Reports as PDF: Chromium prints the page, without a network and in a profile that is thrown away. */
#define _GNU_SOURCE
#include "cli/pdf.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *in_path(struct ql_cli *c, const char *name)
{
	const char *path = getenv("PATH");
	for (const char *p = path ? path : "/usr/bin:/bin"; *p;) {
		size_t n = strcspn(p, ":");
		const char *full = ql_arena_printf(&c->arena, "%.*s/%s", (int)n, p, name);
		if (n > 0 && access(full, X_OK) == 0)
			return full;
		p += n + (p[n] == ':');
	}
	return NULL;
}

const char *ql_pdf_browser(struct ql_cli *c)
{
	static const char *const name[] = {"chromium", "chromium-browser", "google-chrome"};
	const char *found = NULL;
	for (size_t i = 0; i < sizeof name / sizeof *name && !found; i++)
		found = in_path(c, name[i]);
	if (!found)
		ql_diag_help(ql_diag_add(&c->ds, QL_E0904, ql_cli_span(c, "--pdf"), "no Chromium to print with"),
			     "install chromium, or write `--html` and print it from any browser");
	return found;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st, (void)kind, (void)at;
	return remove(path);
}

static bool run(char **argv)
{
	int status = 0;
	pid_t child = fork();
	if (child == 0) {
		int quiet = open("/dev/null", O_RDWR);
		if (quiet >= 0) {
			dup2(quiet, STDIN_FILENO);
			dup2(quiet, STDOUT_FILENO);
			dup2(quiet, STDERR_FILENO);
		}
		execv(argv[0], argv);
		_exit(127);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* What the browser has printed, into `path` by way of a temporary name. */
static enum quell_status take(struct ql_cli *c, const char *printed, const char *path)
{
	struct ql_out_file f;
	char part[65536];
	FILE *in = fopen(printed, "rb");
	size_t n = in ? fread(part, 1, sizeof part, in) : 0;
	if (n < 5 || memcmp(part, "%PDF-", 5) != 0) {
		if (in)
			fclose(in);
		ql_diag_help(ql_diag_add(&c->ds, QL_E0904, (struct ql_span){path, 0, 0, 0}, "Chromium printed nothing"),
			     "write `--html` and print it from a browser to see what is wrong");
		return QUELL_ERR_IO;
	}
	enum quell_status s = ql_out_open(&f, path, &c->ds);
	for (; s == QUELL_OK && n > 0; n = fread(part, 1, sizeof part, in))
		ql_out_write(&f, part, n);
	fclose(in);
	return s == QUELL_OK ? ql_out_commit(&f, &c->ds) : s;
}

static enum quell_status write_page(struct ql_cli *c, const char *path, const struct ql_buf *html)
{
	struct ql_out_file f;
	enum quell_status s = ql_out_open(&f, path, &c->ds);
	if (s != QUELL_OK)
		return s;
	ql_out_write(&f, html->data, html->len);
	return ql_out_commit(&f, &c->ds);
}

enum quell_status ql_pdf_print(struct ql_cli *c, const char *browser, const struct ql_buf *html, const char *path)
{
	const char *base = getenv("TMPDIR");
	char *folder = ql_arena_printf(&c->arena, "%s/quell-pdf-XXXXXX", base && *base ? base : "/tmp");
	if (!mkdtemp(folder)) {
		ql_diag_help(ql_diag_add(&c->ds, QL_E0903, (struct ql_span){folder, 0, 0, 0}, "no folder to print in: %s", strerror(errno)),
			     "set TMPDIR to a folder that can be written");
		return QUELL_ERR_IO;
	}
	const char *page = ql_arena_printf(&c->arena, "%s/report.html", folder), *pdf = ql_arena_printf(&c->arena, "%s/report.pdf", folder);
	char *argv[] = {ql_arena_strdup(&c->arena, browser), ql_arena_strdup(&c->arena, "--headless"),
			ql_arena_strdup(&c->arena, "--disable-gpu"), ql_arena_strdup(&c->arena, "--no-pdf-header-footer"),
			ql_arena_printf(&c->arena, "--user-data-dir=%s/profile", folder),
			ql_arena_printf(&c->arena, "--print-to-pdf=%s", pdf), ql_arena_strdup(&c->arena, "--virtual-time-budget=20000"),
			/* #print: every view, one after another */
			ql_arena_printf(&c->arena, "file://%s#print", page),
			/* root has no sandbox of its own; the page is ours */
			geteuid() == 0 ? ql_arena_strdup(&c->arena, "--no-sandbox") : NULL, NULL};
	enum quell_status s = write_page(c, page, html);
	if (s == QUELL_OK) {
		run(argv);
		s = take(c, pdf, path);
	}
	nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return s;
}
