/* SPDX-License-Identifier: Apache-2.0 */
/* What a terminal needs: styles, widths, bars, one progress line. */
#define _POSIX_C_SOURCE 200809L
#include "cli/cli.h"
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

const char *ql_cli_style(const struct ql_cli *c, enum ql_style s)
{
	if (!c->color_out)
		return "";
	return s == QL_BOLD ? "\033[1m" : s == QL_DIM ? "\033[2m" : "\033[0m";
}

int ql_cli_width(void)
{
	struct winsize w;
	const char *columns = getenv("COLUMNS");
	if (columns && atoi(columns) > 0)
		return atoi(columns);
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0 ? w.ws_col : 80;
}

int ql_text_width(const char *s)
{
	int n = 0;
	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

void ql_buf_pad(struct ql_buf *b, const char *text, int width, bool right)
{
	int gap = width - ql_text_width(text);
	if (gap < 0)
		gap = 0;
	ql_buf_printf(b, "%*s%s%*s", right ? gap : 0, "", text, right ? 0 : gap, "");
}

static int cell_of(double x, double max, int cells)
{
	double at = floor(x / max * (cells - 1) + 0.5);
	return at < 0 ? 0 : at > cells - 1 ? cells - 1 : (int)at;
}

void ql_buf_bar(struct ql_buf *b, double lower, double estimate, double upper, double max, int cells, bool ascii)
{
	const char *left = ascii ? "|" : "├", *line = ascii ? "-" : "─", *point = ascii ? "o" : "●", *right = ascii ? "|" : "┤";
	bool has_point = isfinite(estimate), has_range = isfinite(lower) && isfinite(upper);
	int p = has_point ? cell_of(estimate, max, cells) : -1;
	int l = has_range ? cell_of(lower, max, cells) : p, r = has_range ? cell_of(upper, max, cells) : p;
	for (int i = 0; i < cells; i++) {
		bool tick = i % ((cells - 1) / 4) == 0;
		ql_buf_puts(b, i == p ? point : i == l && l < r ? left : i == r && l < r ? right : i > l && i < r ? line : tick ? "." : " ");
	}
}

void ql_cli_say(const struct ql_cli *c, const char *verb, const char *fmt, ...)
{
	va_list ap;
	if (c->captured)
		return;
	fprintf(stderr, "%s%12s%s  ", c->color_err ? "\033[1m" : "", verb, c->color_err ? "\033[0m" : "");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

/* Rate and time left, from what was done since the first call: a resumed run starts with much done already. */
static void put_rate(uint64_t done, uint64_t total, double now)
{
	static uint64_t first, total_before;
	static double start;
	if (total != total_before || done < first) {
		total_before = total;
		first = done;
		start = now;
	}
	double passed = now - start;
	if (done == first || passed < 1)
		return;
	double rate = (double)(done - first) / passed, left = (double)(total - done) / rate;
	fprintf(stderr, ", %.3g/s, ", rate);
	if (left < 90)
		fprintf(stderr, "%.0f s left", left);
	else if (left < 5400)
		fprintf(stderr, "%.0f min left", left / 60);
	else
		fprintf(stderr, "%.1f h left", left / 3600);
}

void ql_cli_progress(const struct ql_cli *c, const char *verb, uint64_t done, uint64_t total)
{
	static struct timespec last;
	struct timespec now;
	if (c->captured) {
		if (c->progress)
			c->progress(c->progress_ctx, done, total);
		return;
	}
	if (!isatty(STDERR_FILENO))
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	double since = (double)(now.tv_sec - last.tv_sec) + 1e-9 * (double)(now.tv_nsec - last.tv_nsec);
	if (done < total && since < 0.1)
		return;
	last = now;
	if (done >= total)
		fputs("\r\033[K", stderr);
	if (done < total) {
		fprintf(stderr, "\r%s%12s%s  %llu of %llu, %.0f %%", c->color_err ? "\033[1m" : "", verb,
			c->color_err ? "\033[0m" : "", (unsigned long long)done, (unsigned long long)total,
			100.0 * (double)done / (double)total);
		put_rate(done, total, (double)now.tv_sec + 1e-9 * (double)now.tv_nsec);
		fputs("\033[K", stderr);
	}
	fflush(stderr);
}
