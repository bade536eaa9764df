/* SPDX-License-Identifier: Apache-2.0 */
#include "report/report_svg.h"
#include <math.h>
#include <string.h>

void ql_html_text(struct ql_buf *b, const char *s)
{
	for (; s && *s; s++) {
		const char *as = *s == '<' ? "&lt;" : *s == '>' ? "&gt;" : *s == '&' ? "&amp;" : *s == '"' ? "&quot;" : NULL;
		if (as)
			ql_buf_puts(b, as);
		else
			ql_buf_add(b, s, 1);
	}
}

double ql_scale_at(const struct ql_scale *s, double x)
{
	double f = s->log ? log10(fmax(x, s->d0) / s->d0) / log10(s->d1 / s->d0) : (x - s->d0) / (s->d1 - s->d0);
	return s->p0 + f * (s->p1 - s->p0);
}

static int decade_ticks(const struct ql_scale *s, int wish, double tick[16])
{
	int low = (int)ceil(log10(s->d0) - 1e-9), high = (int)floor(log10(s->d1) + 1e-9), n = 0;
	int every = (high - low) / (wish > 0 ? wish : 1) + 1;
	for (int e = low; e <= high && n < 16; e++)
		if (e % every == 0)
			tick[n++] = pow(10, e);
	return n;
}

int ql_scale_ticks(const struct ql_scale *s, int wish, double tick[16])
{
	static const double round[] = {1, 2, 2.5, 5, 10};
	if (s->log)
		return decade_ticks(s, wish, tick);
	double span = s->d1 - s->d0, power = pow(10, floor(log10(span / wish))), step = 10 * power;
	for (int i = 4; i >= 0; i--)
		if (round[i] * power * wish >= span * 0.999)
			step = round[i] * power;
	int n = 0;
	for (double x = ceil(s->d0 / step - 1e-9) * step; x <= s->d1 + 1e-9 * span && n < 16; x += step)
		tick[n++] = fabs(x) < 1e-12 * span ? 0 : x;
	return n;
}

void ql_svg_begin(struct ql_buf *b, const char *id, int width, int height, const char *title, const char *desc)
{
	ql_buf_printf(b, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"%s-t %s-d\">\n<title id=\"%s-t\">", width,
		      height, id, id, id);
	ql_html_text(b, title);
	ql_buf_printf(b, "</title>\n<desc id=\"%s-d\">", id);
	ql_html_text(b, desc);
	ql_buf_puts(b, "</desc>\n");
}

void ql_svg_end(struct ql_buf *b) { ql_buf_puts(b, "</svg>\n"); }

void ql_svg_line(struct ql_buf *b, const char *class, double x0, double y0, double x1, double y1)
{
	ql_buf_printf(b, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", class, x0, y0, x1, y1);
}

void ql_svg_text(struct ql_buf *b, const char *class, double x, double y, const char *anchor, const char *text)
{
	ql_buf_printf(b, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", class, x, y, anchor);
	ql_html_text(b, text);
	ql_buf_puts(b, "</text>\n");
}

void ql_svg_marker(struct ql_buf *b, int style, double x, double y, double r, bool hollow)
{
	const char *fill = hollow ? "hollow" : "solid";
	switch (style) {
	case 0:
		ql_buf_printf(b, "<circle class=\"m%d %s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"/>\n", style, fill, x, y, r);
		break;
	case 1:
		ql_buf_printf(b, "<rect class=\"m%d %s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n", style, fill,
			      x - 0.9 * r, y - 0.9 * r, 1.8 * r, 1.8 * r);
		break;
	case 2:
		ql_buf_printf(b, "<path class=\"m%d %s\" d=\"M%.1f %.1fL%.1f %.1fL%.1f %.1fZ\"/>\n", style, fill, x, y - 1.2 * r,
			      x + 1.1 * r, y + 0.9 * r, x - 1.1 * r, y + 0.9 * r);
		break;
	case 3:
		ql_buf_printf(b, "<path class=\"m%d %s\" d=\"M%.1f %.1fL%.1f %.1fL%.1f %.1fL%.1f %.1fZ\"/>\n", style, fill, x,
			      y - 1.3 * r, x + 1.3 * r, y, x, y + 1.3 * r, x - 1.3 * r, y);
		break;
	default:
		ql_buf_printf(b, "<path class=\"m%d %s\" d=\"M%.1f %.1fL%.1f %.1fL%.1f %.1fZ\"/>\n", style, fill, x, y + 1.2 * r,
			      x + 1.1 * r, y - 0.9 * r, x - 1.1 * r, y - 0.9 * r);
	}
}

/* Adds "x y" pairs; `up` false walks from the end. Steps hold the last value until the next time. */
static void points(struct ql_buf *b, const struct ql_scale *sx, const struct ql_scale *sy, const double *x,
		   const double *y, int n, bool steps, bool *pen)
{
	for (int i = 0; i < n; i++) {
		if (!isfinite(y[i])) {
			*pen = false;
			continue;
		}
		double px = ql_scale_at(sx, x[i]), py = ql_scale_at(sy, y[i]);
		if (*pen && steps)
			ql_buf_printf(b, "H%.1fV%.1f", px, py);
		else
			ql_buf_printf(b, "%c%.1f %.1f", *pen ? 'L' : 'M', px, py);
		*pen = true;
	}
}

void ql_svg_path(struct ql_buf *b, const char *class, const struct ql_scale *sx, const struct ql_scale *sy,
		 const double *x, const double *y, int n, bool steps)
{
	bool pen = false;
	ql_buf_printf(b, "<path class=\"%s\" d=\"", class);
	points(b, sx, sy, x, y, n, steps, &pen);
	ql_buf_puts(b, "\"/>\n");
}

/* One unbroken piece [from, to). */
static void band_piece(struct ql_buf *b, const struct ql_scale *sx, const struct ql_scale *sy, const double *x,
		       const double *lo, const double *hi, int from, int to, bool steps)
{
	bool pen = false;
	points(b, sx, sy, x + from, hi + from, to - from, steps, &pen);
	for (int i = to - 1; i >= from; i--) {
		double px = ql_scale_at(sx, x[i]), py = ql_scale_at(sy, lo[i]);
		if (steps && i < to - 1)
			ql_buf_printf(b, "V%.1fH%.1f", py, px);
		else
			ql_buf_printf(b, "L%.1f %.1f", px, py);
	}
	ql_buf_puts(b, "Z");
}

void ql_svg_band(struct ql_buf *b, const char *class, const struct ql_scale *sx, const struct ql_scale *sy,
		 const double *x, const double *lo, const double *hi, int n, bool steps)
{
	ql_buf_printf(b, "<path class=\"%s\" d=\"", class);
	for (int i = 0; i < n;) {
		int from = i;
		while (i < n && isfinite(lo[i]) && isfinite(hi[i]))
			i++;
		if (i > from + 1)
			band_piece(b, sx, sy, x, lo, hi, from, i, steps);
		i += i == from;
	}
	ql_buf_puts(b, "\"/>\n");
}

void ql_report_svg_style(struct ql_buf *b)
{
	/* Okabe-Ito marks; labels in ink. On dark paper black becomes white, the rest stay. */
	ql_buf_puts(b, ":root{--ink:#1a1a1a;--soft:#595959;--rule:#d9d9d9;--paper:#fff;--a0:#0072b2;--a1:#d55e00;--a2:#009e73;"
		       "--a3:#cc79a7;--a4:#000}\n"
		       "@media (prefers-color-scheme:dark){:root{--ink:#f0f0f0;--soft:#b8b8b8;--rule:#444;--paper:#16181b;"
		       "--a0:#4da6d9;--a1:#f08a4b;--a2:#2bc196;--a3:#e0a3c5;--a4:#fff}}\n"
		       "@media print{:root{--ink:#000;--soft:#444;--rule:#bbb;--paper:#fff;--a0:#0072b2;--a1:#d55e00;--a2:#009e73;"
		       "--a3:#cc79a7;--a4:#000}}\n"
		       "svg text{fill:var(--ink);font:13px/1 system-ui,-apple-system,\"Segoe UI\",Roboto,sans-serif}\n"
		       "svg .s{fill:var(--soft);font-size:12px}svg .b{font-weight:600}svg .n{font-variant-numeric:tabular-nums}\n"
		       "svg .axis{stroke:var(--ink);stroke-width:1}svg .grid{stroke:var(--rule);stroke-width:1}\n"
		       "svg .l0,svg .l1,svg .l2,svg .l3,svg .l4{fill:none;stroke-width:2;stroke-linejoin:round}\n"
		       "svg .k0,svg .k1,svg .k2,svg .k3,svg .k4{opacity:.17;stroke:none}\n"
		       "svg .hollow{fill:var(--paper);stroke-width:2}svg .solid{stroke-width:2}\n");
	static const char *const dash[] = {"none", "7 3", "2 3", "9 3 2 3", "14 4"};
	for (int i = 0; i < QL_REPORT_STYLES; i++)
		ql_buf_printf(b, "svg .l%d{stroke:var(--a%d);stroke-dasharray:%s}svg .k%d{fill:var(--a%d)}"
				 "svg .m%d{stroke:var(--a%d)}svg .m%d.solid{fill:var(--a%d)}\n",
			      i, i, dash[i], i, i, i, i, i, i);
}
