/* SPDX-License-Identifier: Apache-2.0 */
/* The scoreboard as one page: styles inside, no script, nothing loaded. */
#include "decide/report.h"
#include "decide/report_svg.h"
#include "decide/validate.h"
#include <math.h>
#include <string.h>

static void number(struct ql_buf *b, const struct ql_target *t, double x)
{
	if (isnan(x))
		ql_buf_puts(b, "&ndash;");
	else if (isinf(x))
		ql_buf_puts(b, "NR");
	else
		ql_buf_printf(b, t->kind == QL_TARGET_HR ? "%.2f" : "%.1f",
			      t->kind == QL_TARGET_HR || t->kind == QL_TARGET_MEDIAN ? x : 100 * x);
}

static void interval(struct ql_buf *b, const struct ql_target *t, double value, double lower, double upper)
{
	number(b, t, value);
	if (isnan(lower) && isnan(upper))
		return;
	ql_buf_puts(b, " <small>(");
	number(b, t, lower);
	ql_buf_puts(b, "&ndash;");
	number(b, t, upper);
	ql_buf_puts(b, ")</small>");
}

/* Prediction as a band, published value as a mark, on the axis of the endpoint. */
static void strip(struct ql_buf *b, const struct ql_validated *x)
{
	bool log_axis = x->target.kind == QL_TARGET_HR || x->target.kind == QL_TARGET_MEDIAN;
	double d0 = x->target.kind == QL_TARGET_HR ? 0.05 : x->target.kind == QL_TARGET_MEDIAN ? 1 : 0;
	double d1 = x->target.kind == QL_TARGET_HR ? 4 : x->target.kind == QL_TARGET_MEDIAN ? 200 : 1;
	struct ql_scale s = {d0, d1, 4, 156, log_axis};
	double lo = fmin(fmax(x->sim.lower[QL_LEVELS - 1], d0), d1), hi = fmin(fmax(x->sim.upper[QL_LEVELS - 1], d0), d1);
	double mid = fmin(fmax(x->sim.estimate, d0), d1), pub = fmin(fmax(x->value, d0), d1);
	ql_buf_printf(b, "<svg width=\"160\" height=\"14\" role=\"img\" aria-label=\"published value %s the predicted interval\">",
		      x->hit ? "inside" : "outside");
	ql_buf_printf(b, "<line x1=\"4\" x2=\"156\" y1=\"7\" y2=\"7\" class=\"axis\"/><line x1=\"%.1f\" x2=\"%.1f\" y1=\"7\" "
			 "y2=\"7\" class=\"band\"/><line x1=\"%.1f\" x2=\"%.1f\" y1=\"3\" y2=\"11\" class=\"mid\"/>"
			 "<circle cx=\"%.1f\" cy=\"7\" r=\"4\" class=\"%s\"/></svg>",
		      ql_scale_at(&s, lo), ql_scale_at(&s, hi), ql_scale_at(&s, mid), ql_scale_at(&s, mid),
		      ql_scale_at(&s, pub), x->hit ? "pub" : "pub miss");
}

static void row(struct ql_buf *b, const struct ql_validated *x)
{
	ql_buf_printf(b, "<tr%s><td>", x->counted ? (x->hit ? "" : " class=\"miss\"") : " class=\"recalled\"");
	ql_html_text(b, x->arm);
	ql_buf_puts(b, "</td><td><code>");
	ql_html_text(b, x->target.id);
	ql_buf_puts(b, "</code></td><td class=\"r\">");
	interval(b, &x->target, x->value, x->lower, x->upper);
	ql_buf_puts(b, "</td><td class=\"r\">");
	interval(b, &x->target, x->sim.estimate, x->sim.lower[QL_LEVELS - 1], x->sim.upper[QL_LEVELS - 1]);
	ql_buf_puts(b, "</td><td>");
	strip(b, x);
	ql_buf_printf(b, "</td><td>%s</td><td><small>", x->counted ? (x->hit ? "hit" : "miss") : "recalled, not counted");
	ql_html_text(b, x->source);
	if (x->network && x->network->statement) {
		ql_buf_puts(b, "<br>");
		ql_html_text(b, x->network->statement);
	}
	ql_buf_puts(b, "</small></td></tr>\n");
}

static void trial(struct ql_buf *b, const struct ql_validation *v, const struct ql_design *d)
{
	ql_buf_puts(b, "<h3>");
	ql_html_text(b, d->name);
	ql_buf_puts(b, "</h3><p>");
	ql_html_text(b, d->title);
	ql_buf_puts(b, "</p>\n<table><thead><tr><th>arm</th><th>endpoint</th><th class=\"r\">published (95&nbsp;%)</th>"
		       "<th class=\"r\">predicted (95&nbsp;%)</th><th></th><th></th><th>source</th></tr></thead><tbody>\n");
	for (int i = 0; i < v->n_item; i++)
		if (v->item[i].design == d && v->item[i].simulated)
			row(b, &v->item[i]);
	ql_buf_puts(b, "</tbody></table>\n");
	bool any = false;
	for (int i = 0; i < v->n_item; i++) {
		const struct ql_validated *x = &v->item[i];
		if (x->design != d || !x->reason)
			continue;
		ql_buf_puts(b, any ? "<br>" : "<details><summary>rows that are not simulated</summary><p><small>");
		any = true;
		ql_html_text(b, x->arm);
		ql_buf_puts(b, " ");
		ql_html_text(b, x->row->endpoint);
		ql_buf_puts(b, ": ");
		ql_html_text(b, x->reason);
	}
	ql_buf_puts(b, any ? "</small></p></details>\n" : "");
}

static void scores(struct ql_buf *b, const struct ql_validation *v)
{
	ql_buf_puts(b, "<table><thead><tr><th>role</th><th class=\"r\">rows</th><th class=\"r\">hits</th><th class=\"r\">one vote "
		       "per trial</th><th class=\"r\">coverage of the 50, 80, 95&nbsp;% intervals</th><th class=\"r\">half-width over "
		       "binomial</th></tr></thead><tbody>\n");
	for (int i = 0; i < 4; i++) {
		const struct ql_score *s = &v->score[i];
		if (s->n > 0)
			ql_buf_printf(b, "<tr><td>%s</td><td class=\"r\">%d</td><td class=\"r\">%d (%.0f&nbsp;%%)</td><td class=\"r\">"
					 "%.0f&nbsp;%%</td><td class=\"r\">%.0f, %.0f, %.0f</td><td class=\"r\">%.2f</td></tr>\n",
				      s->role, s->n, s->hit, 100.0 * s->hit / s->n, 100 * s->by_trial, 100 * s->coverage[0],
				      100 * s->coverage[1], 100 * s->coverage[2], s->half_width);
	}
	ql_buf_puts(b, "</tbody></table>\n");
}

static const char head[] =
	"<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
	"content=\"width=device-width\"><title>Published against simulated</title><style>\n"
	"body{font:15px/1.45 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}\n"
	"table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}\n"
	"th,td{padding:.2rem .5rem;text-align:left;border-bottom:1px solid #ddd;vertical-align:middle}.r{text-align:right}\n"
	"tr.miss td{background:#fdecea}tr.recalled td{color:#666}\n"
	".axis{stroke:#ccc}.band{stroke:#4477aa;stroke-width:5;opacity:.55}.mid{stroke:#223a5e;stroke-width:2}\n"
	".pub{fill:#fff;stroke:#111;stroke-width:1.5}.miss{stroke:#b00020}\n"
	"@media (prefers-color-scheme:dark){body{background:#14171a;color:#e6e6e6}th,td{border-color:#333}tr.miss td{background:#3a1d1d}"
	"tr.recalled td{color:#999}.mid{stroke:#cfe0ff}.pub{fill:#14171a;stroke:#eee}}\n</style></head><body>\n";

void ql_validation_html(const struct ql_validation *v, const char *command, struct ql_buf *b)
{
	static const char *const roles[] = {"calibration", "validation", "evidence", "plan"};
	ql_buf_puts(b, head);
	ql_buf_puts(b, "<h1>Published against simulated</h1>\n<p>A hit: the published value lies in the 95&nbsp;% interval of a "
		       "simulated trial of that size, trial effect included. Circles are published values, bands the predicted "
		       "intervals. Model parameters were fitted to calibration trials only.</p>\n");
	scores(b, v);
	for (int r = 0; r < 4; r++) {
		bool any = false;
		for (int d = 0; d < v->n_design; d++) {
			if (strcmp(v->design[d]->role, roles[r]) != 0)
				continue;
			if (!any)
				ql_buf_printf(b, "<h2>Trials of role %s</h2>\n", roles[r]);
			any = true;
			trial(b, v, v->design[d]);
		}
	}
	ql_buf_puts(b, "<h2>Trials that are not simulated</h2><ul>\n");
	for (int i = 0; i < v->n_left_out; i++) {
		ql_buf_puts(b, "<li>");
		ql_html_text(b, v->left_out[i].trial);
		ql_buf_puts(b, *v->left_out[i].arm ? ", " : "");
		ql_html_text(b, v->left_out[i].arm);
		ql_buf_puts(b, ": ");
		ql_html_text(b, v->left_out[i].reason);
		ql_buf_puts(b, "</li>\n");
	}
	ql_buf_printf(b, "</ul>\n<p><small>quell %s, model %016llx, seed %llu, %llu patients per arm. ", quell_version(),
		      (unsigned long long)v->model_hash, (unsigned long long)v->seed, (unsigned long long)v->patients);
	ql_html_text(b, command);
	ql_buf_puts(b, "</small></p><p>" QL_RESEARCH_USE_LONG "</p></body></html>\n");
}
