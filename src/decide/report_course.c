/* SPDX-License-Identifier: Apache-2.0 */
/* Time courses as small multiples. */
#include "decide/report_svg.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = 190, HEIGHT = 130 };
#define LOG_RANGE 200.0 /* a quantity that spans more is drawn on a logarithmic axis */
#define LOG_DEPTH 1e7   /* and is cut that far below its top */

static const struct ql_course *find_course(const struct ql_arm *a, const char *output)
{
	for (int i = 0; i < a->n_course; i++)
		if (strcmp(a->course[i].output, output) == 0)
			return &a->course[i];
	return NULL;
}

/* The axis that all regimens share for one quantity. */
static struct ql_scale shared_axis(const struct ql_compare *c, const char *output)
{
	double top = 0, low = INFINITY;
	for (int a = 0; a < c->n_arm; a++) {
		const struct ql_course *q = find_course(&c->arm[a], output);
		for (int i = 0; q && i < q->n; i++) {
			if (isfinite(q->q95[i]))
				top = fmax(top, q->q95[i]);
			if (isfinite(q->q25[i]) && q->q25[i] > 0)
				low = fmin(low, q->q25[i]);
		}
	}
	if (!(top > 0))
		top = 1;
	low = fmax(low, top / LOG_DEPTH);
	if (top / low > LOG_RANGE)
		return (struct ql_scale){pow(10, floor(log10(low))), pow(10, ceil(log10(top))), HEIGHT - 22, 10, true};
	return (struct ql_scale){0, top * 1.05, HEIGHT - 22, 10, false};
}

static void tick_text(char *text, size_t n, double x, bool log)
{
	if (log && (x < 0.01 || x >= 1e5))
		snprintf(text, n, "1e%d", (int)lround(log10(x)));
	else
		snprintf(text, n, "%g", x);
}

static void panel_axes(struct ql_buf *b, const struct ql_scale *x, const struct ql_scale *y)
{
	double tick[16];
	char text[32];
	int n = ql_scale_ticks(y, 4, tick);
	for (int i = 0; i < n; i++) {
		double at = ql_scale_at(y, tick[i]);
		ql_svg_line(b, "grid", x->p0, at, x->p1, at);
		tick_text(text, sizeof text, tick[i], y->log);
		ql_svg_text(b, "s n", x->p0 - 4, at + 4, "end", text);
	}
	ql_svg_line(b, "axis", x->p0, y->p0, x->p1, y->p0);
	n = ql_scale_ticks(x, 3, tick);
	for (int i = 0; i < n; i++) {
		snprintf(text, sizeof text, "%g", tick[i]);
		ql_svg_text(b, "s n", ql_scale_at(x, tick[i]), y->p0 + 15, "middle", text);
	}
}

static void panel(struct ql_buf *b, const struct ql_arm *arm, const struct ql_course *q, const struct ql_scale *y,
		  const char *id)
{
	char title[256], desc[256];
	int n = q->n, last = n - 1;
	while (last > 0 && !isfinite(q->q50[last]))
		last--;
	struct ql_scale x = {0, fmax(q->day[n - 1], 36), 44, WIDTH - 8, false}, years = x;
	years.d1 /= 365.25;
	snprintf(title, sizeof title, "%s, %s", q->title, arm->id);
	snprintf(desc, sizeof desc, "Median %.3g at the start and %.3g after %.1f years, %s, with ranges over patients.",
		 q->q50[0], q->q50[last], q->day[last] / 365.25, q->unit);
	ql_svg_begin(b, id, WIDTH, HEIGHT, title, desc);
	panel_axes(b, &years, y);
	ql_svg_band(b, "k0", &x, y, q->day, q->q05, q->q95, n, false);
	ql_svg_band(b, "k0", &x, y, q->day, q->q25, q->q75, n, false);
	ql_svg_path(b, "l0", &x, y, q->day, q->q50, n, false);
	ql_svg_end(b);
}

static void table_rows(struct ql_buf *b, const struct ql_arm *arm, const struct ql_course *q)
{
	double next = 0;
	for (int i = 0; i < q->n; i++) {
		if (q->day[i] < next - 1e-9 || !isfinite(q->q50[i]))
			continue;
		next = q->day[i] < 360 ? q->day[i] + 91.3125 : q->day[i] + 365.25;
		ql_buf_puts(b, "<tr><th scope=\"row\">");
		ql_report_arm_name(b, arm);
		ql_buf_printf(b, "</th><td>%.0f</td><td>%.3g</td><td>%.3g</td><td>%.3g</td><td>%.3g</td><td>%.3g</td></tr>\n",
			      q->day[i], q->q05[i], q->q25[i], q->q50[i], q->q75[i], q->q95[i]);
	}
}

static void table(struct ql_buf *b, const struct ql_compare *c, const char *output)
{
	ql_buf_puts(b, "<details><summary>Table</summary><div class=\"scroll\"><table class=\"plain\"><thead><tr>"
		       "<th scope=\"col\">regimen</th><th scope=\"col\">day</th><th scope=\"col\">5 %</th>"
		       "<th scope=\"col\">25 %</th><th scope=\"col\">median</th><th scope=\"col\">75 %</th>"
		       "<th scope=\"col\">95 %</th></tr></thead><tbody>\n");
	for (int a = 0; a < c->n_arm; a++) {
		const struct ql_course *q = find_course(&c->arm[a], output);
		if (q)
			table_rows(b, &c->arm[a], q);
	}
	ql_buf_puts(b, "</tbody></table></div></details>\n");
}

static void one_output(struct ql_buf *b, const struct ql_compare *c, const struct ql_course *q, int number)
{
	struct ql_scale y = shared_axis(c, q->output);
	char id[64];
	ql_buf_puts(b, "<h3>");
	ql_html_text(b, q->title);
	if (strcmp(q->unit, "1") != 0) {
		ql_buf_puts(b, " <small>");
		ql_html_text(b, q->unit);
		ql_buf_puts(b, "</small>");
	}
	ql_buf_printf(b, "%s</h3>\n<div class=\"multiples\">\n", y.log ? " <small>logarithmic axis</small>" : "");
	for (int a = 0; a < c->n_arm; a++) {
		const struct ql_course *own = find_course(&c->arm[a], q->output);
		if (!own || own->n < 2)
			continue;
		snprintf(id, sizeof id, "c%d-%d", number, a);
		ql_buf_puts(b, "<figure><figcaption>");
		ql_report_arm_name(b, &c->arm[a]);
		ql_buf_puts(b, "</figcaption>\n");
		panel(b, &c->arm[a], own, &y, id);
		ql_buf_puts(b, "</figure>\n");
	}
	ql_buf_puts(b, "</div>\n");
	table(b, c, q->output);
}

void ql_report_courses(struct ql_buf *b, const struct ql_compare *c)
{
	for (int i = 0; c->n_arm && i < c->arm[0].n_course; i++)
		one_output(b, c, &c->arm[0].course[i], i);
}
