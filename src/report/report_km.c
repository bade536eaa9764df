/* SPDX-License-Identifier: Apache-2.0 */
/* The survival chart: curves with bands, published points, numbers at risk under the same axis. */
#include "report/report_svg.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct ql_curve *ql_report_find_curve(const struct ql_arm *a, const char *id)
{
	for (int i = 0; i < a->n_curve; i++)
		if (strcmp(a->curve[i].id, id) == 0)
			return &a->curve[i];
	return NULL;
}

struct frame {
	const struct ql_km_chart *k;
	struct ql_scale x, y;
	double label_x;
	int bottom, height;
	bool narrow;
	double tick[16];
	int n_tick;
	int n_warning; /* regimens without clinical data, said under the table */
};

/* Month of "pfs_rate_24mo" for curve "pfs"; 0 if the endpoint is something else. */
static double endpoint_month(const char *id, const char *curve)
{
	size_t n = strlen(curve);
	if (strncmp(id, curve, n) != 0 || strncmp(id + n, "_rate_", 6) != 0)
		return 0;
	return atof(id + n + 6);
}

static void axes(struct ql_buf *b, const struct frame *f)
{
	char text[32];
	for (int i = 0; i <= 4; i++) {
		double y = ql_scale_at(&f->y, 0.25 * i);
		ql_svg_line(b, "grid", f->x.p0, y, f->x.p1, y);
		snprintf(text, sizeof text, "%d", 25 * i);
		ql_svg_text(b, "s n", f->x.p0 - 6, y + 4, "end", text);
	}
	for (int i = 0; i < f->n_tick; i++) {
		double x = ql_scale_at(&f->x, f->tick[i]);
		ql_svg_line(b, "axis", x, f->y.p0, x, f->y.p0 + 4);
		snprintf(text, sizeof text, "%g", f->tick[i]);
		ql_svg_text(b, "s n", x, f->y.p0 + 18, "middle", text);
	}
	ql_svg_line(b, "axis", f->x.p0, f->y.p0, f->x.p1, f->y.p0);
	ql_svg_text(b, "s", f->x.p1, f->y.p0 + 34, "end", "months since start of treatment");
	ql_svg_text(b, "s", f->narrow ? 4 : 8, 16, "start", "of 100 patients, without progression");
}

static void published(struct ql_buf *b, const struct frame *f, int style, const struct ql_arm *arm)
{
	char class[16];
	snprintf(class, sizeof class, "m%d", style);
	for (int i = 0; i < arm->n_endpoint; i++) {
		const struct ql_endpoint *e = &arm->endpoint[i];
		double month = endpoint_month(e->id, f->k->curve);
		if (!(month > 0) || month > f->x.d1 || !e->published || !e->published->verified ||
		    !isfinite(e->published->value))
			continue;
		const struct ql_published *p = e->published;
		double x = ql_scale_at(&f->x, month) + 3.0 * (style - (f->k->n_arm - 1) / 2.0); /* side by side */
		if (isfinite(p->lower) && isfinite(p->upper))
			ql_svg_line(b, class, x, ql_scale_at(&f->y, p->lower), x, ql_scale_at(&f->y, p->upper));
		ql_svg_marker(b, style, x, ql_scale_at(&f->y, p->value), 4, true);
	}
}

/* Last value of each curve, moved apart so that labels at the line ends do not overlap. */
static void end_labels(struct ql_buf *b, const struct frame *f)
{
	int order[QL_REPORT_STYLES], n = f->k->n_arm;
	double y[QL_REPORT_STYLES];
	for (int i = 0; i < n; i++) {
		const struct ql_curve *c = ql_report_find_curve(&f->k->c->arm[f->k->arm[i]], f->k->curve);
		int last = c->n - 1;
		while (last > 0 && !isfinite(c->surv[last]))
			last--;
		y[i] = ql_scale_at(&f->y, c->surv[last]);
		int at = i;
		for (; at > 0 && y[order[at - 1]] > y[i]; at--)
			order[at] = order[at - 1];
		order[at] = i;
	}
	for (int pass = 0; pass < 20; pass++)
		for (int i = 1; i < n; i++) {
			double gap = y[order[i]] - y[order[i - 1]];
			if (gap >= 15)
				continue;
			y[order[i - 1]] -= (15 - gap) / 2;
			y[order[i]] += (15 - gap) / 2;
		}
	for (int i = 0; i < n; i++) {
		ql_svg_marker(b, i, f->label_x + 5, y[i], 3.5, false);
		ql_svg_text(b, "", f->label_x + 14, y[i] + 4, "start", f->k->c->arm[f->k->arm[i]].id);
	}
}

/* Names above the chart, for narrow screens where there is no room at the line ends. */
static void key(struct ql_buf *b, const struct frame *f, double top)
{
	for (int i = 0; i < f->k->n_arm; i++) {
		double y = top + 18 * (i / 2), x = 8 + (i % 2) * (f->k->width / 2);
		char class[16];
		snprintf(class, sizeof class, "l%d", i);
		ql_svg_line(b, class, x, y, x + 22, y);
		ql_svg_marker(b, i, x + 11, y, 3.5, false);
		ql_svg_text(b, "", x + 28, y + 4, "start", f->k->c->arm[f->k->arm[i]].id);
	}
}

static void at_risk(struct ql_buf *b, const struct frame *f)
{
	char text[32];
	double y = f->y.p0 + 56;
	ql_svg_text(b, "s b", f->narrow ? 8 : f->x.p0 - 6, y, f->narrow ? "start" : "end", "at risk");
	for (int i = 0; i < f->k->n_arm; i++) {
		const struct ql_arm *arm = &f->k->c->arm[f->k->arm[i]];
		const struct ql_curve *c = ql_report_find_curve(arm, f->k->curve);
		if (f->narrow) {
			y += 17;
			ql_svg_marker(b, i, 12, y - 4, 3.5, false);
			ql_svg_text(b, "s", 22, y, "start", arm->id);
		}
		y += 17;
		if (!f->narrow) {
			ql_svg_marker(b, i, 12, y - 4, 3.5, false);
			ql_svg_text(b, "s", 22, y, "start", arm->id);
		}
		for (int t = 0; t < f->n_tick; t++)
			for (int j = 0; j < c->n; j++)
				if (c->month[j] == f->tick[t]) {
					snprintf(text, sizeof text, "%llu", (unsigned long long)c->at_risk[j]);
					ql_svg_text(b, "s n", ql_scale_at(&f->x, f->tick[t]), y, "middle", text);
				}
	}
}

static void month_ticks(struct frame *f)
{
	double step = f->x.d1 <= 12 ? 3 : f->x.d1 <= 36 ? 6 : f->x.d1 <= 120 ? 12 : 24;
	if (f->narrow)
		step *= 2;
	for (f->n_tick = 0; f->n_tick < 16 && step * f->n_tick <= f->x.d1 + 1e-9; f->n_tick++)
		f->tick[f->n_tick] = step * f->n_tick;
}

/* "gd-t: no clinical data in CLL" under the table, one line per such regimen, and which regimens found no room; returns
 * how many lines. */
static int warnings(struct ql_buf *b, const struct frame *f)
{
	int n = 0;
	for (int i = 0; i < f->k->n_arm; i++) {
		const struct ql_arm *arm = &f->k->c->arm[f->k->arm[i]];
		char text[160];
		if (!arm->warning)
			continue;
		n++;
		if (!b)
			continue;
		snprintf(text, sizeof text, "%s: %s%s%s", arm->id, arm->warning, arm->prior && !f->narrow ? "; " : "",
			 arm->prior && !f->narrow ? arm->prior->text : "");
		ql_svg_text(b, "s b", 8, f->height - 8 - 17 * (f->n_warning - n), "start", text);
	}
	if (f->k->standalone && f->k->n_arm < f->k->c->n_arm) {
		struct ql_buf rest = {0};
		ql_buf_printf(&rest, "not drawn, see the report: ");
		for (int a = f->k->n_arm; a < f->k->c->n_arm; a++)
			ql_buf_printf(&rest, "%s%s", a > f->k->n_arm ? ", " : "", f->k->c->arm[a].id);
		n++;
		if (b)
			ql_svg_text(b, "s", 8, f->height - 8 - 17 * (f->n_warning - n), "start", rest.data);
		ql_buf_free(&rest);
	}
	return n;
}

static struct frame make_frame(const struct ql_km_chart *k)
{
	struct frame f = {.k = k, .narrow = k->width < 500};
	const struct ql_curve *c = ql_report_find_curve(&k->c->arm[k->arm[0]], k->curve);
	int longest = 8;
	for (int i = 0; i < k->n_arm; i++) {
		int len = (int)strlen(k->c->arm[k->arm[i]].id);
		longest = len > longest ? len : longest;
	}
	int text = 22 + 8 * (longest < 24 ? longest : 24);
	int left = f.narrow ? 32 : text > 60 ? text + 8 : 60, right = f.narrow ? 14 : text + 4;
	int top = f.narrow ? 36 + 18 * ((k->n_arm + 1) / 2) : 30, plot = f.narrow ? 220 : 320;
	f.x = (struct ql_scale){0, fmax(c->month[c->n - 1], 1), left, k->width - right, false};
	f.y = (struct ql_scale){0, 1, top + plot, top, false};
	f.label_x = f.x.p1;
	f.n_warning = warnings(NULL, &f);
	f.height = top + plot + 66 + 17 * k->n_arm * (f.narrow ? 2 : 1) + 17 * f.n_warning;
	month_ticks(&f);
	return f;
}

static void begin(struct ql_buf *b, const struct frame *f)
{
	struct ql_buf desc = {0};
	const struct ql_km_chart *k = f->k;
	ql_buf_printf(&desc, "Kaplan-Meier curves with 95 %% bands over %g months. At the end: ", f->x.d1);
	for (int i = 0; i < k->n_arm; i++) {
		const struct ql_arm *arm = &k->c->arm[k->arm[i]];
		const struct ql_curve *c = ql_report_find_curve(arm, k->curve);
		ql_buf_printf(&desc, "%s%s %.0f of 100", i ? ", " : "", arm->id, 100 * c->surv[c->n - 1]);
	}
	ql_buf_puts(&desc, ". Hollow marks are published trial results.");
	if (k->standalone) {
		ql_buf_printf(b, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" "
				 "role=\"img\" aria-labelledby=\"%s-t %s-d\">\n<title id=\"%s-t\">Progression-free survival</title>\n"
				 "<desc id=\"%s-d\">",
			      k->width, f->height, k->width, f->height, k->id, k->id, k->id, k->id);
		ql_html_text(b, desc.data);
		ql_buf_puts(b, "</desc>\n<style>\n");
		ql_report_svg_style(b);
		ql_buf_printf(b, "</style>\n<rect width=\"%d\" height=\"%d\" rx=\"6\" fill=\"var(--paper)\"/>\n", k->width, f->height);
	} else {
		ql_svg_begin(b, k->id, k->width, f->height, "Progression-free survival", desc.data);
	}
	ql_buf_free(&desc);
}

void ql_report_km(struct ql_buf *b, const struct ql_km_chart *k)
{
	struct frame f = make_frame(k);
	begin(b, &f);
	axes(b, &f);
	char class[16];
	for (int i = 0; i < k->n_arm; i++) {
		const struct ql_curve *c = ql_report_find_curve(&k->c->arm[k->arm[i]], k->curve);
		snprintf(class, sizeof class, "k%d", i);
		ql_svg_band(b, class, &f.x, &f.y, c->month, c->lower, c->upper, c->n, true);
	}
	for (int i = 0; i < k->n_arm; i++) {
		const struct ql_curve *c = ql_report_find_curve(&k->c->arm[k->arm[i]], k->curve);
		snprintf(class, sizeof class, "l%d", i);
		ql_svg_path(b, class, &f.x, &f.y, c->month, c->surv, c->n, true);
	}
	for (int i = 0; i < k->n_arm; i++)
		published(b, &f, i, &k->c->arm[k->arm[i]]);
	if (f.narrow)
		key(b, &f, 36);
	else
		end_labels(b, &f);
	at_risk(b, &f);
	warnings(b, &f);
	ql_svg_end(b);
}
