/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/nma_svg.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLUE "#0072B2"
#define VERMILION "#D55E00"
#define INK "#1a1a1a"
#define GRID "#d0d0d0"

enum { ROW = 22, LEFT = 190, PLOT = 330, RIGHT = 250, TOP = 56 };

static void put_text(struct ql_buf *b, const char *s)
{
	for (; *s; s++)
		switch (*s) {
		case '&':
			ql_buf_puts(b, "&amp;");
			break;
		case '<':
			ql_buf_puts(b, "&lt;");
			break;
		case '>':
			ql_buf_puts(b, "&gt;");
			break;
		default:
			ql_buf_add(b, s, 1);
		}
}

static void begin(struct ql_buf *b, int width, int height, const char *title, const char *description)
{
	ql_buf_printf(
	    b,
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\" "
	    "font-family=\"system-ui, sans-serif\" font-size=\"13\" fill=\"" INK "\">\n<title>",
	    width, height, width, height);
	put_text(b, title);
	ql_buf_puts(b, "</title>\n<desc>");
	put_text(b, description);
	ql_buf_printf(b, "</desc>\n<rect width=\"%d\" height=\"%d\" fill=\"white\"/>\n", width, height);
	ql_buf_printf(b, "<text x=\"12\" y=\"22\" font-size=\"15\" font-weight=\"600\">");
	put_text(b, title);
	ql_buf_puts(b, "</text>\n");
}

static void label(struct ql_buf *b, double x, double y, const char *anchor, const char *text)
{
	ql_buf_printf(b, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor);
	put_text(b, text);
	ql_buf_puts(b, "</text>\n");
}

static void line(struct ql_buf *b, double x1, double y1, double x2, double y2, const char *stroke, double width)
{
	ql_buf_printf(b,
		      "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" stroke-width=\"%.1f\"/>\n",
		      x1, y1, x2, y2, stroke, width);
}

static const char *number(enum ql_measure m, double x, char *buf)
{
	bool ratio = ql_measure_is_ratio(m);
	double y = ratio ? exp(x) : x, a = fabs(y);
	int digits = a >= 99.95 ? 0 : a >= 9.995 ? 1 : ratio && a < 0.0995 ? 3 : 2;
	snprintf(buf, 32, "%.*f", digits, y);
	return buf;
}

static const char *interval(enum ql_measure m, const struct ql_estimate *e, char *buf)
{
	char t[32], l[32], u[32];
	snprintf(buf, 100, "%s (%s to %s)", number(m, e->te, t), number(m, e->lower, l), number(m, e->upper, u));
	return buf;
}

/* ---- forest ---- */

static double place(const struct ql_forest_range *s, double x)
{
	return LEFT + PLOT * (x - s->low) / (s->high - s->low);
}

static void axis(struct ql_buf *b, const struct ql_forest_range *s, double bottom)
{
	static const double ratio[] = {0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100};
	double step = pow(10, floor(log10((s->high - s->low) / 2))), last = -100;
	if ((s->high - s->low) / step > 8)
		step *= 2;
	for (int k = 0; k < 100; k++) {
		double x =
		    ql_measure_is_ratio(s->m) ? (k < 13 ? log(ratio[k]) : INFINITY) : (ceil(s->low / step) + k) * step;
		char text[32];
		if (!(x >= s->low && x <= s->high))
			continue;
		bool zero = fabs(x) < 1e-9;
		line(b, place(s, x), TOP - 6, place(s, x), bottom, zero ? INK : GRID, zero ? 1.2 : 1);
		snprintf(text, sizeof text, "%g", ql_measure_is_ratio(s->m) ? ratio[k] : zero ? 0 : x);
		if (place(s, x) - last > 30) {
			label(b, place(s, x), bottom + 16, "middle", text);
			last = place(s, x);
		}
	}
}

static void mark(struct ql_buf *b, const struct ql_forest_range *s, const struct ql_estimate *e, double y, double size,
		 const char *colour)
{
	double l = fmax(e->lower, s->low), u = fmin(e->upper, s->high);
	line(b, place(s, l), y, place(s, u), y, colour, 1.8);
	for (int side = 0; side < 2; side++) {
		double x = place(s, side ? u : l), d = side ? 6 : -6;
		bool cut = side ? e->upper > s->high : e->lower < s->low;
		if (cut)
			ql_buf_printf(b, "<path d=\"M%.1f %.1f l%.1f -4 v8 z\" fill=\"%s\"/>\n", x + d, y, -d, colour);
		else
			line(b, x, y - 4, x, y + 4, colour, 1.8);
	}
	ql_buf_printf(b, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>\n",
		      place(s, e->te) - size / 2, y - size / 2, size, size, colour);
}

void ql_nma_svg_forest(const struct ql_nma_report *r, struct ql_buf *b)
{
	const struct ql_nma *m = r->m;
	const int *order = ql_nma_rank_order(r);
	struct ql_estimate *e = QL_NEW_N(r->d->a, struct ql_estimate, (size_t)m->n);
	for (int i = 0; i < m->n; i++)
		e[i] = ql_nma_estimate(m, order[i], m->o.reference);
	struct ql_forest_range s = ql_forest_range(r->d->measure, e, m->n, 0.04);
	double bottom = TOP + ROW * m->n;
	bool ratio = ql_measure_is_ratio(r->d->measure);
	char title[300], text[300];
	snprintf(title, sizeof title, "%s: %s against %s", r->dataset, ql_measure_name(r->d->measure),
		 r->d->treat[m->o.reference]);
	snprintf(text, sizeof text, "%s %s favours the treatment named. %d studies, %s model. Intervals: 95 %%.",
		 m->o.small_desirable ? "below" : "above", ratio ? "1" : "0", r->n_studies,
		 m->o.random ? "random-effects" : "common-effect");
	begin(b, LEFT + PLOT + RIGHT, (int)bottom + 50, title, text);
	label(b, 12, 40, "start", text);
	axis(b, &s, bottom);
	label(b, LEFT + PLOT + RIGHT - 12, TOP - 8, "end", "P-score");
	for (int i = 0; i < m->n; i++) {
		double y = TOP + ROW * (i + 0.5);
		label(b, LEFT - 10, y + 4, "end", r->d->treat[order[i]]);
		if (order[i] == m->o.reference) {
			label(b, LEFT + PLOT + 12, y + 4, "start", "reference");
		} else {
			mark(b, &s, &e[i], y, 8, BLUE);
			label(b, LEFT + PLOT + 12, y + 4, "start", interval(r->d->measure, &e[i], text));
		}
		snprintf(text, sizeof text, "%.2f", r->ranks.p_score[order[i]]);
		label(b, LEFT + PLOT + RIGHT - 12, y + 4, "end", text);
	}
	ql_buf_puts(b, "</svg>\n");
}

/* ---- network ---- */

void ql_nma_svg_network(const struct ql_nma_report *r, struct ql_buf *b)
{
	enum { SIZE = 640, RADIUS = 200 };
	int n = r->m->n, *studies = QL_NEW_N(r->d->a, int, (size_t)n), most = 1;
	for (int s = 0; s < r->d->n_study; s++)
		for (int i = 0; i < r->d->study[s].k; i++)
			studies[r->d->study[s].arm[i]]++;
	for (int i = 0; i < n; i++)
		most = studies[i] > most ? studies[i] : most;
	char title[200], text[64];
	snprintf(title, sizeof title, "%s: who was compared with whom", r->dataset);
	begin(b, SIZE + 120, SIZE, title,
	      "Circles are treatments, lines are direct comparisons; both grow with the number of studies.");
	double cx = (SIZE + 120) / 2.0, cy = SIZE / 2.0 + 14, turn = 2 * 3.14159265358979323846 / n;
	for (int i = 0; i < r->n_split; i++) {
		const struct ql_split *s = &r->split[i];
		double x1 = cx + RADIUS * sin(s->treat * turn), y1 = cy - RADIUS * cos(s->treat * turn);
		double x2 = cx + RADIUS * sin(s->comp * turn), y2 = cy - RADIUS * cos(s->comp * turn);
		line(b, x1, y1, x2, y2, "#767676", 1.2 + 1.8 * (sqrt(s->n_study) - 1));
		if (s->n_study > 1) {
			snprintf(text, sizeof text, "%d", s->n_study);
			label(b, (x1 + x2) / 2, (y1 + y2) / 2 - 3, "middle", text);
		}
	}
	for (int i = 0; i < n; i++) {
		double x = sin(i * turn), y = -cos(i * turn), radius = 5 + 11 * sqrt((double)studies[i] / most);
		ql_buf_printf(
		    b,
		    "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"%s\" stroke=\"white\" stroke-width=\"1.5\"/>\n",
		    cx + RADIUS * x, cy + RADIUS * y, radius, i == r->m->o.reference ? VERMILION : BLUE);
		const char *anchor = fabs(x) < 0.2 ? "middle" : x > 0 ? "start" : "end";
		label(b, cx + (RADIUS + radius + 8) * x,
		      cy + (RADIUS + radius + 8) * y +
			  (y > 0.5    ? 12
			   : y < -0.5 ? -2
				      : 4),
		      anchor, r->d->treat[i]);
	}
	ql_buf_puts(b, "</svg>\n");
}

/* ---- ranks ---- */

void ql_nma_svg_ranks(const struct ql_nma_report *r, struct ql_buf *b)
{
	enum { COLUMNS = 4, W = 190, H = 130, PAD = 28 };
	int n = r->m->n;
	char title[200], text[100];
	if (!r->ranks.rankogram)
		return;
	const int *order = ql_nma_rank_order(r);
	snprintf(title, sizeof title, "%s: chance of each rank", r->dataset);
	begin(b, COLUMNS * W + 24, 48 + (n + COLUMNS - 1) / COLUMNS * H, title,
	      "One panel per treatment, best P-score first; bars give the chance of ranks from best (left) to worst "
	      "(right). Ranks say "
	      "nothing about how much better.");
	for (int k = 0; k < n; k++) {
		double x0 = 12 + k % COLUMNS * W, y0 = 48 + k / COLUMNS * H, high = H - 52, bar = (double)(W - PAD) / n;
		snprintf(text, sizeof text, "%.60s, P-score %.2f", r->d->treat[order[k]], r->ranks.p_score[order[k]]);
		label(b, x0, y0 + 4, "start", text);
		line(b, x0, y0 + 14 + high, x0 + W - PAD, y0 + 14 + high, INK, 1);
		for (int i = 0; i < n; i++) {
			double p = r->ranks.rankogram[order[k] * n + i];
			ql_buf_printf(
			    b, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"" BLUE "\"/>\n",
			    x0 + i * bar + 0.5, y0 + 14 + high * (1 - p), fmax(bar - 1, 0.5), high * p);
		}
		label(b, x0 + bar / 2, y0 + 28 + high, "middle", "1");
		snprintf(text, sizeof text, "%d", n);
		label(b, x0 + W - PAD - bar / 2, y0 + 28 + high, "middle", text);
	}
	ql_buf_puts(b, "</svg>\n");
}

/* ---- two treatments ---- */

void ql_pair_svg_forest(const struct ql_pair_report *r, struct ql_buf *b)
{
	int n = r->d->n_study;
	struct ql_estimate *e = QL_NEW_N(r->d->a, struct ql_estimate, (size_t)n + 1);
	double most = 0;
	for (int i = 0; i < n; i++) {
		double half = 1.959963984540054 * sqrt(r->v[i]);
		e[i] = (struct ql_estimate){.te = r->y[i], .lower = r->y[i] - half, .upper = r->y[i] + half};
		most = fmax(most, r->weight[i]);
	}
	e[n] = (struct ql_estimate){.te = r->fit.b[0], .lower = r->fit.lower[0], .upper = r->fit.upper[0]};
	struct ql_forest_range s = ql_forest_range(r->d->measure, e, n + 1, 0.04);
	double bottom = TOP + ROW * (n + 1.5);
	char title[300], text[200];
	snprintf(title, sizeof title, "%s: %s of %s against %s", r->dataset, ql_measure_name(r->d->measure),
		 r->d->treat[r->treat], r->d->treat[r->comp]);
	begin(b, LEFT + PLOT + RIGHT, (int)bottom + 50, title,
	      "Squares are studies, sized by weight; the diamond is the pooled effect.");
	axis(b, &s, bottom);
	label(b, LEFT + PLOT + RIGHT - 12, TOP - 8, "end", "weight");
	for (int i = 0; i < n; i++) {
		double y = TOP + ROW * (i + 0.5);
		label(b, LEFT - 10, y + 4, "end", r->d->study[i].name);
		mark(b, &s, &e[i], y, 3 + 9 * sqrt(r->weight[i] / most), BLUE);
		label(b, LEFT + PLOT + 12, y + 4, "start", interval(r->d->measure, &e[i], text));
		snprintf(text, sizeof text, "%.1f %%", 100 * r->weight[i]);
		label(b, LEFT + PLOT + RIGHT - 12, y + 4, "end", text);
	}
	double y = TOP + ROW * (n + 1);
	ql_buf_printf(b, "<path d=\"M%.1f %.1f L%.1f %.1f L%.1f %.1f L%.1f %.1f z\" fill=\"" VERMILION "\"/>\n",
		      place(&s, e[n].lower), y, place(&s, e[n].te), y - 7, place(&s, e[n].upper), y, place(&s, e[n].te),
		      y + 7);
	label(b, LEFT - 10, y + 4, "end", "together");
	label(b, LEFT + PLOT + 12, y + 4, "start", interval(r->d->measure, &e[n], text));
	ql_buf_puts(b, "</svg>\n");
}

void ql_pair_svg_funnel(const struct ql_pair_report *r, struct ql_buf *b)
{
	enum { HEIGHT = 360 };
	int n = r->d->n_study;
	double worst = 0, reach = 0;
	char title[300], text[32];
	for (int i = 0; i < n; i++)
		worst = fmax(worst, 1.05 * sqrt(r->v[i]));
	for (int i = 0; i < n; i++)
		reach = fmax(reach, fabs(r->y[i] - r->fit.b[0]));
	reach = fmax(1.05 * reach, 1.96 * worst);
	struct ql_forest_range s = {r->fit.b[0] - reach, r->fit.b[0] + reach, r->d->measure};
	snprintf(title, sizeof title, "%s: small studies against large ones", r->dataset);
	begin(b, LEFT + PLOT + 60, TOP + HEIGHT + 50, title,
	      "Funnel plot: effect against standard error; the lines hold 95 % of studies of one common effect.");
	axis(b, &s, TOP + HEIGHT);
	double tip = place(&s, r->fit.b[0]), foot = place(&s, r->fit.b[0] + 1.96 * worst) - tip;
	ql_buf_printf(b,
		      "<path d=\"M%.1f %d L%.1f %d M%.1f %d L%.1f %d\" stroke=\"#767676\" stroke-dasharray=\"4 3\" "
		      "fill=\"none\"/>\n",
		      tip, TOP, tip - foot, TOP + HEIGHT, tip, TOP, tip + foot, TOP + HEIGHT);
	for (int i = 0; i < n; i++)
		ql_buf_printf(b, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4.5\" fill=\"" BLUE "\"/>\n", place(&s, r->y[i]),
			      TOP + HEIGHT * sqrt(r->v[i]) / worst);
	label(b, LEFT - 10, TOP + 4, "end", "standard error 0");
	snprintf(text, sizeof text, "%.2g", worst);
	label(b, LEFT - 10, TOP + HEIGHT + 4, "end", text);
	ql_buf_puts(b, "</svg>\n");
}
