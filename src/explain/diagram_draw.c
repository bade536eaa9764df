/* SPDX-License-Identifier: Apache-2.0 */
/* Layered layout and drawing of a diagram: rows as given, order within a row by crossings, long links through free
 * places of the rows between. */
#include "explain/diagram.h"
#include "report/report_svg.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BOX_HEIGHT 46.0
#define ROW_STEP 104.0
#define TOP 92.0
#define GUTTER 118.0
#define GAP 34.0
#define LANE 16.0 /* width of the place that a passing link takes */
#define LEGEND 100.0

struct place { /* a box, or where a link passes a row */
	int node, link; /* node -1: a passage of link */
	int row;
	double x, width;
};
struct layout {
	struct ql_diagram *d;
	struct place *place;
	int n;
	int **row; /* places per row, in order */
	int *n_row;
	int **chain; /* per link: places from the upper to the lower end */
	int *n_chain;
	double *scratch; /* 3 per place */
};

static double text_width(const char *s, double per_char)
{
	double w = 0;
	for (; *s; s++)
		if (((unsigned char)*s & 0xc0) != 0x80)
			w += strchr("iljtfr.,:'| ", *s) ? 0.6 * per_char : strchr("mwMW", *s) ? 1.35 * per_char : per_char;
	return w;
}

static void new_place(struct layout *l, int node, int link, int row, double width)
{
	l->place[l->n] = (struct place){node, link, row, 0, width};
	l->row[row][l->n_row[row]++] = l->n++;
}

static int upper_row(const struct layout *l, const struct ql_diagram_link *k, bool upper)
{
	int a = l->d->node[k->from].row, b = l->d->node[k->to].row;
	return upper == (a < b) ? a : b;
}

/* Links on the busier of its two sides. */
static int most_ports(const struct ql_diagram *d, int node)
{
	int side[2] = {0, 0};
	for (int k = 0; k < d->n_link; k++) {
		int other = d->link[k].from == node ? d->link[k].to : d->link[k].to == node ? d->link[k].from : -1;
		if (other >= 0 && d->node[other].row != d->node[node].row)
			side[d->node[other].row > d->node[node].row]++;
	}
	return side[0] > side[1] ? side[0] : side[1];
}

static void make_places(struct layout *l)
{
	struct ql_diagram *d = l->d;
	size_t most = (size_t)(d->n_node + d->n_link * d->n_row) + 1;
	l->place = QL_NEW_N(d->a, struct place, most);
	l->row = QL_NEW_N(d->a, int *, (size_t)d->n_row + 1);
	l->n_row = QL_NEW_N(d->a, int, (size_t)d->n_row + 1);
	l->chain = QL_NEW_N(d->a, int *, (size_t)d->n_link + 1);
	l->n_chain = QL_NEW_N(d->a, int, (size_t)d->n_link + 1);
	for (int r = 0; r < d->n_row; r++)
		l->row[r] = QL_NEW_N(d->a, int, most);
	for (int i = 0; i < d->n_node; i++) {
		struct ql_diagram_node *n = &d->node[i];
		n->width = fmax(fmax(96, 13 * most_ports(d, i) + 14), fmax(text_width(n->label, 8.6), 6.5 * (double)strlen(n->name)) + 24);
		new_place(l, i, -1, n->row, n->width);
	}
	for (int k = 0; k < d->n_link; k++) {
		int top = upper_row(l, &d->link[k], true), bottom = upper_row(l, &d->link[k], false);
		bool down = d->node[d->link[k].from].row == top;
		l->chain[k] = QL_NEW_N(d->a, int, (size_t)d->n_row + 2);
		l->chain[k][l->n_chain[k]++] = down ? d->link[k].from : d->link[k].to;
		for (int r = top + 1; r < bottom; r++) {
			l->chain[k][l->n_chain[k]++] = l->n;
			new_place(l, -1, k, r, LANE);
		}
		l->chain[k][l->n_chain[k]++] = down ? d->link[k].to : d->link[k].from;
	}
}

/* --- order --- */

static void pack(struct layout *l, int r)
{
	double at = 0;
	for (int i = 0; i < l->n_row[r]; i++) {
		struct place *p = &l->place[l->row[r][i]];
		p->x = at + p->width / 2;
		at += p->width + (p->node >= 0 ? GAP : GAP / 3);
	}
	for (int i = 0; i < l->n_row[r]; i++)
		l->place[l->row[r][i]].x -= at / 2;
}

/* Crossings between neighbouring rows, and how far links run sideways. */
static double cost(const struct layout *l)
{
	double total = 0;
	for (int a = 0; a < l->d->n_link; a++)
		for (int i = 0; i + 1 < l->n_chain[a]; i++) {
			const struct place *p = &l->place[l->chain[a][i]], *q = &l->place[l->chain[a][i + 1]];
			total += 0.004 * fabs(p->x - q->x);
			for (int b = a + 1; b < l->d->n_link; b++)
				for (int j = 0; j + 1 < l->n_chain[b]; j++) {
					const struct place *s = &l->place[l->chain[b][j]], *t = &l->place[l->chain[b][j + 1]];
					if (s->row == p->row && t->row == q->row && p->row != q->row)
						total += (p->x - s->x) * (q->x - t->x) < 0;
				}
		}
	return total;
}

static bool improve_row(struct layout *l, int r, double *best)
{
	bool better = false;
	for (int i = 0; i < l->n_row[r]; i++)
		for (int j = i + 1; j < l->n_row[r]; j++) {
			int *a = &l->row[r][i], *b = &l->row[r][j], keep = *a;
			*a = *b;
			*b = keep;
			pack(l, r);
			double c = cost(l);
			if (c < *best - 1e-9) {
				*best = c;
				better = true;
				continue;
			}
			*b = *a;
			*a = keep;
			pack(l, r);
		}
	return better;
}

static void order(struct layout *l)
{
	for (int r = 0; r < l->d->n_row; r++)
		pack(l, r);
	double best = cost(l);
	for (int sweep = 0; sweep < 12; sweep++) {
		bool better = false;
		for (int r = 0; r < l->d->n_row; r++)
			better |= improve_row(l, r, &best);
		if (!better)
			break;
	}
}

/* --- positions --- */

static double gap_between(const struct place *a, const struct place *b)
{
	double gap = a->node >= 0 && b->node >= 0 ? GAP : a->node >= 0 || b->node >= 0 ? GAP / 2 : 4;
	return (a->width + b->width) / 2 + gap;
}

static double wish_of(const struct layout *l, int place)
{
	double sum = 0, weight = 0;
	for (int k = 0; k < l->d->n_link; k++)
		for (int i = 0; i < l->n_chain[k]; i++) {
			if (l->chain[k][i] != place)
				continue;
			double w = l->place[place].node < 0 ? 2 : 1;
			for (int side = -1; side <= 1; side += 2) {
				int j = i + side;
				if (j < 0 || j >= l->n_chain[k] || l->place[l->chain[k][j]].row == l->place[place].row)
					continue;
				double stiff = w * (l->place[l->chain[k][j]].node < 0 ? 2 : 1);
				sum += stiff * l->place[l->chain[k][j]].x;
				weight += stiff;
			}
		}
	return weight > 0 ? sum / weight : 0;
}

/* Every place to where its links want it, with a pull to the middle, as far as the order and the gaps allow: the mean of
 * packing from both sides. */
static void settle_row(struct layout *l, int r)
{
	int n = l->n_row[r];
	double *left = l->scratch, *right = left + n, *wish = right + n;
	for (int i = 0; i < n; i++)
		wish[i] = 0.2 * l->place[l->row[r][i]].x + 0.65 * wish_of(l, l->row[r][i]);
	for (int i = 0; i < n; i++)
		left[i] = i ? fmax(wish[i], left[i - 1] + gap_between(&l->place[l->row[r][i - 1]], &l->place[l->row[r][i]])) : wish[i];
	for (int i = n - 1; i >= 0; i--)
		right[i] = i < n - 1 ? fmin(wish[i], right[i + 1] - gap_between(&l->place[l->row[r][i]], &l->place[l->row[r][i + 1]])) : wish[i];
	for (int i = 0; i < n; i++)
		l->place[l->row[r][i]].x = (left[i] + right[i]) / 2;
}

static void position(struct layout *l)
{
	double low = INFINITY, high = -INFINITY;
	for (int sweep = 0; sweep < 60; sweep++)
		for (int r = 0; r < l->d->n_row; r++)
			settle_row(l, sweep % 2 ? l->d->n_row - 1 - r : r);
	for (int i = 0; i < l->n; i++) {
		low = fmin(low, l->place[i].x - l->place[i].width / 2);
		high = fmax(high, l->place[i].x + l->place[i].width / 2);
	}
	for (int i = 0; i < l->n; i++)
		l->place[i].x += GUTTER + 24 - low;
	l->d->width = fmax(720, GUTTER + 48 + high - low);
	double spare = l->d->width - (GUTTER + 48 + high - low);
	for (int i = 0; i < l->n; i++)
		l->place[i].x += spare / 2;
	l->d->height = TOP + (l->d->n_row - 1) * ROW_STEP + BOX_HEIGHT + 24 + LEGEND;
	for (int i = 0; i < l->d->n_node; i++) {
		l->d->node[i].x = l->place[i].x;
		l->d->node[i].y = TOP + l->d->node[i].row * ROW_STEP + BOX_HEIGHT / 2;
	}
}

/* --- ports: where links touch a box --- */

struct ends { /* x where a link leaves its upper box and meets its lower one */
	double x[2];
};
struct port {
	double toward; /* x of what the link goes to next */
	int link, end; /* end 0: upper, 1: lower */
};
static int by_direction(const void *a, const void *b)
{
	const struct port *x = a, *y = b;
	return x->toward < y->toward ? -1 : x->toward > y->toward ? 1 : x->link - y->link;
}

static void spread_ports(const struct layout *l, int node, bool bottom, struct ends *at)
{
	struct port *p = QL_NEW_N(l->d->a, struct port, (size_t)l->d->n_link + 1);
	const struct ql_diagram_node *box = &l->d->node[node];
	int n = 0;
	for (int k = 0; k < l->d->n_link; k++) {
		int last = l->n_chain[k] - 1;
		if (l->d->node[l->d->link[k].from].row == l->d->node[l->d->link[k].to].row)
			continue;
		if (bottom && l->chain[k][0] == node)
			p[n++] = (struct port){l->place[l->chain[k][1]].x, k, 0};
		if (!bottom && l->chain[k][last] == node)
			p[n++] = (struct port){l->place[l->chain[k][last - 1]].x, k, 1};
	}
	qsort(p, (size_t)n, sizeof *p, by_direction);
	double step = n > 1 ? fmin(22, (box->width - 26) / (n - 1)) : 0;
	for (int i = 0; i < n; i++)
		at[p[i].link].x[p[i].end] = box->x + (i - (n - 1) / 2.0) * step;
}

/* --- drawing --- */

static double row_y(const struct layout *l, int place) { return TOP + l->place[place].row * ROW_STEP + BOX_HEIGHT / 2; }

static void curve(struct ql_buf *b, double x0, double y0, double x1, double y1)
{
	double reach = 0.5 * (y1 - y0);
	ql_buf_printf(b, " C%.1f %.1f %.1f %.1f %.1f %.1f", x0, y0 + reach, x1, y1 - reach, x1, y1);
}

static const char *link_class(const struct ql_diagram_link *k) { return k->sign > 0 ? "up" : k->sign < 0 ? "down" : "both"; }

static void link_title(const struct layout *l, const struct ql_diagram_link *k, struct ql_buf *b)
{
	ql_html_text(b, l->d->node[k->from].label);
	ql_buf_puts(b, k->sign > 0 ? " raises " : k->sign < 0 ? " lowers " : " raises or lowers ");
	ql_html_text(b, l->d->node[k->to].label);
}

/* Links within a row bow below the boxes between them; neighbours are joined side to side. */
static void draw_level(const struct layout *l, int k, struct ql_buf *b)
{
	const struct ql_diagram_node *from = &l->d->node[l->d->link[k].from], *to = &l->d->node[l->d->link[k].to];
	double side = from->x < to->x ? 1 : -1, back = 0;
	bool near = true;
	for (int i = 0; i < l->n; i++)
		if (l->place[i].row == from->row && (l->place[i].x - from->x) * side > 1 && (to->x - l->place[i].x) * side > 1)
			near = false;
	for (int j = 0; j < l->d->n_link; j++)
		if (l->d->link[j].from == l->d->link[k].to && l->d->link[j].to == l->d->link[k].from)
			back = j < k ? -7 : 7;
	if (near) {
		ql_buf_printf(b, "M%.1f %.1f L%.1f %.1f", from->x + side * from->width / 2, from->y + back, to->x - side * (to->width / 2 + 4),
			      to->y + back);
		return;
	}
	double x0 = from->x + side * from->width * 0.3, x1 = to->x - side * to->width * 0.3, y = from->y + BOX_HEIGHT / 2;
	ql_buf_printf(b, "M%.1f %.1f C%.1f %.1f %.1f %.1f %.1f %.1f", x0, y, x0, y + 34, x1, y + 34, x1, y + 4);
}

static void draw_link(const struct layout *l, int k, const struct ends *port, struct ql_buf *b)
{
	const struct ql_diagram_link *link = &l->d->link[k];
	const int *c = l->chain[k], last = l->n_chain[k] - 1;
	bool down = l->d->node[link->from].row < l->d->node[link->to].row, level = l->d->node[link->from].row == l->d->node[link->to].row;
	ql_buf_printf(b, "<path class=\"%s%s\" marker-end=\"url(#m-%s)\" d=\"", link_class(link), down || level ? "" : " back", link_class(link));
	if (level) {
		draw_level(l, k, b);
	} else {
		double x = port[k].x[down ? 0 : 1], y = row_y(l, c[down ? 0 : last]) + (down ? 1 : -1) * BOX_HEIGHT / 2;
		ql_buf_printf(b, "M%.1f %.1f", x, y);
		for (int i = 1; i <= last; i++) {
			int at = down ? i : last - i;
			bool end = i == last;
			double nx = end ? port[k].x[down ? 1 : 0] : l->place[c[at]].x;
			double ny = row_y(l, c[at]) + (down ? -1 : 1) * (BOX_HEIGHT / 2 + (end ? 4 : 0));
			curve(b, x, y, nx, ny);
			x = nx;
			y = ny;
			if (!end) {
				y += (down ? 1 : -1) * BOX_HEIGHT;
				ql_buf_printf(b, " L%.1f %.1f", x, y);
			}
		}
	}
	ql_buf_puts(b, "\"><title>");
	link_title(l, link, b);
	ql_buf_puts(b, "</title></path>\n");
}

static void draw_box(const struct ql_diagram_node *n, struct ql_buf *b)
{
	static const char *const class[] = {"given", "state", "rate", "seen"};
	ql_buf_printf(b, "<g><title>");
	ql_html_text(b, n->name);
	ql_buf_puts(b, n->meaning && *n->meaning ? ": " : "");
	ql_html_text(b, n->meaning);
	if (n->unit && *n->unit && strcmp(n->unit, "1") != 0)
		ql_buf_printf(b, ", %s", n->unit);
	ql_buf_printf(b, "</title><rect class=\"%s%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.0f\" rx=\"%d\"/>", class[n->shape],
		      n->core ? " core" : "", n->x - n->width / 2, n->y - BOX_HEIGHT / 2, n->width, BOX_HEIGHT,
		      n->shape == QL_SHAPE_GIVEN ? 23 : n->shape == QL_SHAPE_SEEN ? 0 : 7);
	ql_buf_printf(b, "<text class=\"label\" x=\"%.1f\" y=\"%.1f\">", n->x, n->y - 3);
	ql_html_text(b, n->label);
	ql_buf_printf(b, "</text><text class=\"name\" x=\"%.1f\" y=\"%.1f\">", n->x, n->y + 14);
	ql_html_text(b, n->name);
	ql_buf_puts(b, "</text></g>\n");
}

static const char *const style =
	"<style>.mech text{font-family:system-ui,-apple-system,\"Segoe UI\",Roboto,sans-serif;fill:#1a1a1a}"
	".mech .title{font-size:19px;font-weight:650}.mech .sub,.mech .row{font-size:13px;fill:#555}"
	".mech .label{font-size:13.5px;font-weight:600;text-anchor:middle}.mech .name{font-size:10.5px;fill:#555;text-anchor:middle;"
	"font-family:ui-monospace,Consolas,monospace}.mech .band{fill:#f6f6f3}.mech .key{font-size:12px;fill:#333}"
	".mech rect.given{fill:#e3eff7;stroke:#0072B2;stroke-width:1.5}.mech rect.state{fill:#fff;stroke:#1a1a1a;stroke-width:1.5}"
	".mech rect.rate{fill:#fdf3e4;stroke:#8a6a2f;stroke-width:1}.mech rect.seen{fill:#f8ecf3;stroke:#a8527e;stroke-width:1.5}"
	".mech rect.core{stroke-width:2.6}.mech path{fill:none;stroke-width:1.7}.mech path.up{stroke:#0072B2}"
	".mech path.down{stroke:#D55E00;stroke-dasharray:6 3.5}.mech path.both{stroke:#555;stroke-dasharray:1.5 3.5}"
	".mech path.back{stroke-width:1.2}.mech .warn{fill:#fff4e5;stroke:#D55E00}.mech .alert{font-size:13px;font-weight:650}</style>\n"
	"<defs>"
	"<marker id=\"m-up\" viewBox=\"0 0 10 10\" refX=\"6.5\" refY=\"5\" markerWidth=\"9\" markerHeight=\"9\" markerUnits=\"userSpaceOnUse\" "
	"orient=\"auto\"><path d=\"M0 0L10 5L0 10z\" style=\"fill:#0072B2;stroke:none\"/></marker>"
	"<marker id=\"m-down\" viewBox=\"0 0 10 10\" refX=\"5\" refY=\"5\" markerWidth=\"12\" markerHeight=\"12\" markerUnits=\"userSpaceOnUse\" "
	"orient=\"auto\"><path d=\"M5 0L5 10\" style=\"stroke:#D55E00;stroke-width:2.6\"/></marker>"
	"<marker id=\"m-both\" viewBox=\"0 0 10 10\" refX=\"5\" refY=\"5\" markerWidth=\"8\" markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" "
	"orient=\"auto\"><circle cx=\"5\" cy=\"5\" r=\"4\" style=\"fill:#555\"/></marker></defs>\n";

static void describe(const struct layout *l, struct ql_buf *b)
{
	for (int r = 0; r < l->d->n_row; r++) {
		ql_html_text(b, l->d->row_title[r]);
		ql_buf_puts(b, ": ");
		bool first = true;
		for (int i = 0; i < l->d->n_node; i++) {
			if (l->d->node[i].row != r)
				continue;
			ql_buf_puts(b, first ? "" : ", ");
			ql_html_text(b, l->d->node[i].label);
			first = false;
		}
		ql_buf_puts(b, ". ");
	}
	for (int k = 0; k < l->d->n_link; k++) {
		link_title(l, &l->d->link[k], b);
		ql_buf_puts(b, ". ");
	}
}

static void key(const struct layout *l, struct ql_buf *b)
{
	double y = l->d->height - LEGEND + 30, x = 24;
	static const struct {
		const char *class, *text;
		double width;
	} line[] = {{"up", "raises", 100}, {"down", "lowers", 100}, {"both", "either, by state", 148}},
	  box[] = {{"given", "given", 86}, {"rate", "rate or share", 124}, {"state", "amount that changes over time", 240}, {"seen", "seen in the clinic", 0}};
	for (int i = 0; i < 3; i++) {
		ql_buf_printf(b, "<path class=\"%s\" marker-end=\"url(#m-%s)\" d=\"M%.0f %.0f h30\"/><text class=\"key\" x=\"%.0f\" y=\"%.0f\">%s</text>\n",
			      line[i].class, line[i].class, x, y - 4, x + 42, y, line[i].text);
		x += line[i].width;
	}
	x = 24;
	y += 25;
	for (int i = 0; i < 4; i++) {
		ql_buf_printf(b, "<rect class=\"%s\" x=\"%.0f\" y=\"%.0f\" width=\"22\" height=\"13\" rx=\"%d\"/><text class=\"key\" x=\"%.0f\" y=\"%.0f\">%s</text>\n",
			      box[i].class, x, y - 11, i == 0 ? 6 : i == 3 ? 0 : 3, x + 29, y, box[i].text);
		x += box[i].width;
	}
	ql_buf_printf(b, "<text class=\"key\" x=\"24\" y=\"%.0f\">Boxes are quantities of the model, links are read from its equations; thin links lead back up. "
			 "Research use only.</text>\n", y + 26);
}

static void frame(const struct layout *l, const struct ql_therapy *t, struct ql_buf *b)
{
	ql_buf_printf(b, "<rect width=\"%.0f\" height=\"%.0f\" rx=\"8\" fill=\"#fff\"/>\n<text class=\"title\" x=\"24\" y=\"36\">", l->d->width, l->d->height);
	ql_html_text(b, l->d->title);
	ql_buf_printf(b, "</text>\n<text class=\"sub\" x=\"24\" y=\"60\">evidence grade %c</text>\n", t->evidence_grade);
	if (t->warning) {
		ql_buf_printf(b, "<rect class=\"warn\" x=\"152\" y=\"45\" width=\"%.0f\" height=\"22\" rx=\"4\"/><text class=\"alert\" x=\"162\" y=\"60\">",
			      text_width(t->warning, 7.6) + 26);
		ql_html_text(b, t->warning);
		ql_buf_puts(b, "</text>\n");
	}
	for (int r = 0; r < l->d->n_row; r++) {
		double y = TOP + r * ROW_STEP;
		ql_buf_printf(b, "<rect class=\"band\" x=\"12\" y=\"%.0f\" width=\"%.0f\" height=\"%.0f\" rx=\"8\"/><text class=\"row\" x=\"24\" y=\"%.0f\">",
			      y - 13, l->d->width - 24, BOX_HEIGHT + 26, y + BOX_HEIGHT / 2 + 4);
		ql_html_text(b, l->d->row_title[r]);
		ql_buf_puts(b, "</text>\n");
	}
}

void ql_diagram_draw(struct ql_diagram *d, const struct ql_therapy *t, struct ql_buf *b)
{
	struct layout l = {.d = d};
	make_places(&l);
	l.scratch = QL_NEW_N(d->a, double, 3 * (size_t)l.n + 1);
	order(&l);
	position(&l);
	struct ends *port = QL_NEW_N(d->a, struct ends, (size_t)d->n_link + 1);
	for (int i = 0; i < d->n_node; i++) {
		spread_ports(&l, i, true, port);
		spread_ports(&l, i, false, port);
	}
	ql_buf_printf(b, "<svg class=\"mech\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-labelledby=\"%s-t %s-d\">\n<title id=\"%s-t\">",
		      d->width, d->height, t->id, t->id, t->id);
	ql_html_text(b, d->title);
	ql_buf_printf(b, "</title>\n<desc id=\"%s-d\">", t->id);
	describe(&l, b);
	ql_buf_puts(b, "</desc>\n");
	ql_buf_puts(b, style);
	frame(&l, t, b);
	for (int k = 0; k < d->n_link; k++)
		draw_link(&l, k, port, b);
	for (int i = 0; i < d->n_node; i++)
		draw_box(&d->node[i], b);
	key(&l, b);
	ql_buf_puts(b, "</svg>\n");
}
