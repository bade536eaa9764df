/* SPDX-License-Identifier: Apache-2.0 */
/* Drawing pieces of the report. Coordinates are pixels of the drawing; colours are classes that the page styles. */
#ifndef QL_REPORT_REPORT_SVG_H
#define QL_REPORT_REPORT_SVG_H

#include "compare/compare.h"

#define QL_REPORT_STYLES 5 /* colour, dash and marker of an arm; more arms are drawn apart */

/* Text with < > & " replaced; NULL gives nothing. */
void ql_html_text(struct ql_buf *b, const char *s);

struct ql_scale { /* data to pixels */
	double d0, d1, p0, p1;
	bool log;
};
double ql_scale_at(const struct ql_scale *s, double x);
/* Round ticks inside of the scale's range, at most about `wish`; returns how many (max 16). */
int ql_scale_ticks(const struct ql_scale *s, int wish, double tick[16]);

/* <svg> with title and description; `id` makes their ids unique. End with ql_svg_end(). */
void ql_svg_begin(struct ql_buf *b, const char *id, int width, int height, const char *title, const char *desc);
void ql_svg_end(struct ql_buf *b);
void ql_svg_line(struct ql_buf *b, const char *class, double x0, double y0, double x1, double y1);
void ql_svg_text(struct ql_buf *b, const char *class, double x, double y, const char *anchor, const char *text);
/* Marker of a style, centred. */
void ql_svg_marker(struct ql_buf *b, int style, double x, double y, double r, bool hollow);
/* A path through points, as steps (right-continuous) or straight; NaN breaks it. */
void ql_svg_path(struct ql_buf *b, const char *class, const struct ql_scale *sx, const struct ql_scale *sy,
		 const double *x, const double *y, int n, bool steps);
/* The area between two curves. */
void ql_svg_band(struct ql_buf *b, const char *class, const struct ql_scale *sx, const struct ql_scale *sy,
		 const double *x, const double *lo, const double *hi, int n, bool steps);

/* Survival chart with numbers at risk under the same axis and published points over it. */
struct ql_km_chart {
	const struct ql_compare *c;
	const char *curve; /* "pfs" */
	int arm[QL_REPORT_STYLES], n_arm;
	int width;         /* 340: for narrow screens; 760: wide */
	const char *id;
	bool standalone;   /* with xmlns and its own styles */
};
void ql_report_km(struct ql_buf *b, const struct ql_km_chart *k);
const struct ql_curve *ql_report_find_curve(const struct ql_arm *a, const char *id);
/* From <!doctype> to the opening <h1>. */
void ql_report_head(struct ql_buf *b, const char *title);
/* The styles that both the page and the standalone figure need. */
void ql_report_svg_style(struct ql_buf *b);

#endif
