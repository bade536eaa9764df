/* SPDX-License-Identifier: Apache-2.0 */
/* The page: head, effects table, curves, courses, differences, how it was computed, limits. */
#include "decide/report.h"
#include "decide/report_svg.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const page_style =
	"*{box-sizing:border-box}\n"
	"body{margin:0 auto;max-width:62rem;padding:1rem;background:var(--paper);color:var(--ink);"
	"font:16px/1.5 system-ui,-apple-system,\"Segoe UI\",Roboto,sans-serif}\n"
	"h1{font-size:1.6rem;line-height:1.25;margin:.2rem 0 .6rem}h2{font-size:1.2rem;margin:2.2rem 0 .6rem}"
	"h3{font-size:1rem;margin:1.4rem 0 .3rem}small,.soft{color:var(--soft);font-weight:400}\n"
	"a{color:inherit}code{font-family:ui-monospace,Consolas,monospace;font-size:.9em;overflow-wrap:anywhere}\n"
	".use{border:1px solid var(--rule);border-radius:6px;padding:.5rem .8rem;margin:1rem 0}\n"
	"table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}"
	"th,td{text-align:left;vertical-align:top;padding:.45rem .6rem .45rem 0;border-bottom:1px solid var(--rule)}"
	"thead th{border-bottom:2px solid var(--ink)}tbody th{font-weight:600}\n"
	".effects td svg{display:block;width:100%;max-width:9rem;height:auto;margin:.15rem 0}"
	".effects .pub{display:block;font-size:.85rem;color:var(--soft)}\n"
	".plain td,.plain th{padding:.2rem .8rem .2rem 0;font-size:.9rem}.scroll{overflow-x:auto}\n"
	"svg{display:block;width:100%;height:auto}.wide svg{max-width:760px}\n"
	".narrow{display:none}figure{margin:0}figcaption{font-size:.85rem;color:var(--soft)}\n"
	".multiples{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.6rem 1rem}"
	".multiples figure{max-width:15rem}"
	".panels{display:grid;grid-template-columns:repeat(auto-fit,minmax(16rem,1fr));gap:1rem}.panels figure{max-width:22rem}\n"
	"summary{cursor:pointer;padding:.3rem 0;min-height:24px}:focus-visible{outline:3px solid var(--a0);outline-offset:2px}\n"
	"dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}\n"
	"@media (max-width:40rem){.wide{display:none}.narrow{display:block}"
	".effects thead{position:absolute;left:-999rem}.effects tr,.effects th,.effects td{display:block;border:0;padding:.15rem 0}"
	".effects tr{border-bottom:1px solid var(--rule);padding:.5rem 0}"
	".effects td::before{content:attr(data-arm) \" \";color:var(--soft)}dl{grid-template-columns:1fr}dt{margin-top:.4rem}}\n"
	"@media print{body{max-width:none;font-size:11pt}.wide{display:block}.narrow{display:none}h2,h3{break-after:avoid}"
	"figure,tr{break-inside:avoid}details::details-content{content-visibility:visible}}\n";

/* "1,234,567" */
static void grouped(struct ql_buf *b, uint64_t n)
{
	char digits[32];
	int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			ql_buf_puts(b, ",");
		ql_buf_add(b, digits + i, 1);
	}
}

static bool is_share(const struct ql_endpoint *e) { return strcmp(e->unit, "1") == 0; }

/* "66" of 100, or "31.5" months. A time that is not finite was not reached, a share was not estimable. */
static void number(struct ql_buf *b, double x, bool share)
{
	if (!isfinite(x))
		ql_buf_puts(b, share ? "–" : "not reached");
	else if (share && x > 0 && x < 0.01)
		ql_buf_printf(b, "%.1f", 100 * x);
	else if (share)
		ql_buf_printf(b, "%.0f", 100 * x);
	else
		ql_buf_printf(b, fabs(x) < 10 ? "%.2g" : "%.0f", x);
}

static void range(struct ql_buf *b, double lower, double upper, bool share)
{
	if (!isfinite(lower) && !isfinite(upper))
		return;
	ql_buf_puts(b, " <span class=\"soft\">(");
	number(b, lower, share);
	ql_buf_puts(b, "–");
	number(b, upper, share);
	ql_buf_puts(b, ")</span>");
}

/* A small 0-100 track with the interval and the published value as a hollow mark. */
static void track(struct ql_buf *b, const struct ql_endpoint *e, int style)
{
	char class[16];
	struct ql_scale x = {0, 1, 5, 115, false};
	ql_buf_puts(b, "<svg viewBox=\"0 0 120 14\" aria-hidden=\"true\">");
	ql_svg_line(b, "grid", 5, 7, 115, 7);
	snprintf(class, sizeof class, "m%d", style);
	if (isfinite(e->lower) && isfinite(e->upper))
		ql_buf_printf(b, "<line class=\"%s\" stroke-width=\"4\" x1=\"%.1f\" y1=\"7\" x2=\"%.1f\" y2=\"7\"/>", class,
			      ql_scale_at(&x, e->lower), ql_scale_at(&x, e->upper));
	if (isfinite(e->estimate))
		ql_svg_marker(b, style, ql_scale_at(&x, e->estimate), 7, 3, false);
	if (e->published && isfinite(e->published->value))
		ql_svg_marker(b, style, ql_scale_at(&x, e->published->value), 7, 3.4, true);
	ql_buf_puts(b, "</svg>");
}

static void published(struct ql_buf *b, const struct ql_endpoint *e)
{
	const struct ql_published *p = e->published;
	ql_buf_puts(b, "<span class=\"pub\">");
	if (!p) {
		ql_buf_puts(b, "published: none in this evidence base</span>");
		return;
	}
	ql_buf_puts(b, "published ");
	number(b, p->value, is_share(e));
	if (isfinite(p->lower) && isfinite(p->upper)) {
		ql_buf_puts(b, " (");
		number(b, p->lower, is_share(e));
		ql_buf_puts(b, "–");
		number(b, p->upper, is_share(e));
		ql_buf_puts(b, ")");
	}
	ql_buf_puts(b, ", <span title=\"");
	ql_html_text(b, p->source);
	ql_buf_puts(b, "\">");
	ql_html_text(b, p->trial);
	ql_buf_printf(b, "</span>%s</span>", p->verified ? "" : ", recalled");
}

void ql_report_arm_name(struct ql_buf *b, const struct ql_arm *a)
{
	ql_html_text(b, a->id);
	if (a->warning) {
		ql_buf_puts(b, " <small>");
		ql_html_text(b, a->warning);
		ql_buf_puts(b, "</small>");
	}
}

static void effects_cell(struct ql_buf *b, const struct ql_arm *arm, const struct ql_endpoint *e, int style)
{
	ql_buf_puts(b, "<td role=\"cell\" data-arm=\"");
	ql_html_text(b, arm->id);
	ql_buf_puts(b, arm->warning ? ", " : "");
	ql_html_text(b, arm->warning);
	ql_buf_puts(b, "\">");
	if (arm->patients_done > arm->patients_failed)
		number(b, e->estimate, is_share(e));
	else
		ql_buf_puts(b, "no patient finished");
	range(b, e->lower, e->upper, is_share(e));
	if (is_share(e))
		track(b, e, style);
	published(b, e);
	ql_buf_puts(b, "</td>");
}

static const struct ql_endpoint *find_endpoint(const struct ql_arm *a, const char *id)
{
	for (int i = 0; i < a->n_endpoint; i++)
		if (strcmp(a->endpoint[i].id, id) == 0)
			return &a->endpoint[i];
	return NULL;
}

static int style_of(const struct ql_compare *c, int arm) { return c->n_arm > QL_REPORT_STYLES ? 0 : arm; }

/* The roles keep it a table for screen readers where a narrow screen shows blocks. */
static void effects(struct ql_buf *b, const struct ql_compare *c)
{
	ql_buf_puts(b, "<h2 id=\"effects\">Effects</h2>\n<p class=\"soft\">Of 100 virtual patients, or the unit named; in brackets "
		       "the 95 % interval of chance alone");
	ql_buf_puts(b, ql_compare_has_prior(c) ? ", and of the wide prior of products without clinical data" : "");
	ql_buf_puts(b, ". Filled marks are simulated, hollow marks published.</p>\n"
		       "<table class=\"effects\" role=\"table\"><thead role=\"rowgroup\"><tr role=\"row\">"
		       "<th scope=\"col\" role=\"columnheader\">outcome</th>");
	for (int a = 0; a < c->n_arm; a++) {
		ql_buf_puts(b, "<th scope=\"col\" role=\"columnheader\">");
		ql_html_text(b, c->arm[a].id);
		ql_buf_printf(b, " <small>evidence %c%s", c->arm[a].evidence_grade, c->arm[a].warning ? ": " : "");
		ql_html_text(b, c->arm[a].warning);
		if (c->arm[a].prior) {
			ql_buf_puts(b, "; ");
			ql_html_text(b, c->arm[a].prior->text);
		}
		ql_buf_puts(b, "</small></th>");
	}
	ql_buf_puts(b, "</tr></thead><tbody role=\"rowgroup\">\n");
	for (int i = 0; c->n_arm && i < c->arm[0].n_endpoint; i++) {
		const struct ql_endpoint *first = &c->arm[0].endpoint[i];
		ql_buf_puts(b, "<tr role=\"row\"><th scope=\"row\" role=\"rowheader\">");
		ql_html_text(b, first->title);
		if (!is_share(first)) {
			ql_buf_puts(b, " <small>");
			ql_html_text(b, first->unit);
			ql_buf_puts(b, "</small>");
		}
		ql_buf_puts(b, "</th>");
		for (int a = 0; a < c->n_arm; a++) {
			const struct ql_endpoint *e = find_endpoint(&c->arm[a], first->id);
			if (e)
				effects_cell(b, &c->arm[a], e, style_of(c, a));
			else
				ql_buf_puts(b, "<td role=\"cell\">not computed</td>");
		}
		ql_buf_puts(b, "</tr>\n");
	}
	ql_buf_puts(b, "</tbody></table>\n");
}

static void curve_table(struct ql_buf *b, const struct ql_compare *c)
{
	ql_buf_puts(b, "<details><summary>Table</summary><div class=\"scroll\"><table class=\"plain\"><thead><tr>"
		       "<th scope=\"col\">regimen</th><th scope=\"col\">month</th><th scope=\"col\">of 100</th>"
		       "<th scope=\"col\">interval</th><th scope=\"col\">at risk</th><th scope=\"col\">censored</th>"
		       "<th scope=\"col\">events</th></tr></thead><tbody>\n");
	for (int a = 0; a < c->n_arm; a++) {
		const struct ql_curve *k = ql_report_find_curve(&c->arm[a], "pfs");
		for (int i = 0; k && i < k->n; i++) {
			if (fmod(k->month[i], 6) != 0)
				continue;
			ql_buf_puts(b, "<tr><th scope=\"row\">");
			ql_report_arm_name(b, &c->arm[a]);
			ql_buf_printf(b, "</th><td>%g</td><td>%.1f</td><td>%.1f–%.1f</td><td>%llu</td><td>%llu</td><td>%llu</td></tr>\n",
				      k->month[i], 100 * k->surv[i], 100 * k->lower[i], 100 * k->upper[i],
				      (unsigned long long)k->at_risk[i], (unsigned long long)k->censored[i],
				      (unsigned long long)k->events[i]);
		}
	}
	ql_buf_puts(b, "</tbody></table></div></details>\n");
}

static void chart(struct ql_buf *b, const struct ql_compare *c)
{
	char id[32];
	struct ql_km_chart k = {.c = c, .curve = "pfs", .n_arm = c->n_arm, .id = id};
	for (int i = 0; i < c->n_arm; i++)
		k.arm[i] = i;
	for (int narrow = 0; narrow < 2; narrow++) {
		snprintf(id, sizeof id, "km%c", narrow ? 'n' : 'w');
		k.width = narrow ? 340 : 760;
		ql_buf_printf(b, "<figure class=\"%s\">\n", narrow ? "narrow" : "wide");
		ql_report_km(b, &k);
		ql_buf_puts(b, "</figure>\n");
	}
}

/* Too many to tell apart in one chart: small ones beside each other, with equal axes. */
static void panels(struct ql_buf *b, const struct ql_compare *c)
{
	char id[32];
	ql_buf_puts(b, "<div class=\"panels\">\n");
	for (int a = 0; a < c->n_arm; a++) {
		const struct ql_km_chart k = {.c = c, .curve = "pfs", .arm = {a}, .n_arm = 1, .width = 340, .id = id};
		snprintf(id, sizeof id, "km%d", a);
		ql_buf_puts(b, "<figure>\n");
		ql_report_km(b, &k);
		ql_buf_puts(b, "</figure>\n");
	}
	ql_buf_puts(b, "</div>\n");
}

static bool has_curves(const struct ql_compare *c)
{
	bool all = c->n_arm > 0;
	for (int a = 0; a < c->n_arm; a++) {
		const struct ql_curve *k = ql_report_find_curve(&c->arm[a], "pfs");
		all = all && k && k->n > 1;
	}
	return all;
}

static void curves(struct ql_buf *b, const struct ql_compare *c)
{
	if (!has_curves(c))
		return;
	ql_buf_puts(b, "<h2 id=\"curves\">Progression-free survival</h2>\n<p class=\"soft\">Bands are 95 % limits of chance for this "
		       "number of patients. Hollow marks with bars are verified published results of trials at that time.</p>\n");
	if (c->n_arm <= QL_REPORT_STYLES)
		chart(b, c);
	else
		panels(b, c);
	curve_table(b, c);
}

const struct ql_contrast *ql_compare_contrast(const struct ql_compare *c, int a, int b, const char *endpoint)
{
	for (int i = 0; i < c->n_contrast; i++) {
		const struct ql_contrast *k = &c->contrast[i];
		if (strcmp(k->endpoint, endpoint) == 0 && ((k->arm_a == a && k->arm_b == b) || (k->arm_a == b && k->arm_b == a)))
			return k;
	}
	return NULL;
}

const char *ql_compare_last_rate(const struct ql_compare *c)
{
	const char *id = NULL;
	for (int i = 0; c->n_arm && i < c->arm[0].n_endpoint; i++)
		if (strncmp(c->arm[0].endpoint[i].id, "pfs_rate_", 9) == 0 && isfinite(c->arm[0].endpoint[i].estimate))
			id = c->arm[0].endpoint[i].id;
	return id;
}

/* Hazard ratio and late progression-free share of every pair, later arm against earlier. */
static void ratio(struct ql_buf *b, struct ql_ratio r, bool turned)
{
	if (turned)
		r = ql_ratio_turned(r);
	if (isfinite(r.estimate))
		ql_buf_printf(b, "%.2f (%.2f–%.2f)", r.estimate, r.lower, r.upper);
}

/* Network estimate of the trials, whether the simulation agrees, where it comes from and how sure it is. */
static void in_trials(struct ql_buf *b, const struct ql_trial_evidence *t, bool turned)
{
	if (!isfinite(t->network.estimate)) {
		ql_buf_puts(b, "<span class=\"soft\">no trial connects them</span>");
		return;
	}
	ratio(b, t->network, turned);
	ql_buf_printf(b, ": %s<br><span class=\"soft\">%s", t->agreement, t->n_row ? "" : "indirect");
	for (int i = 0; i < t->n_row; i++) {
		ql_buf_puts(b, i ? ", " : "");
		ql_html_text(b, t->row[i].trial);
		ql_buf_puts(b, strcmp(t->row[i].role, "calibration") == 0 ? " (used in calibration)" : "");
	}
	ql_buf_printf(b, "; certainty %s</span>", t->certainty ? t->certainty : "not assessed");
}

static void pairs(struct ql_buf *b, const struct ql_compare *c)
{
	const char *rate = ql_compare_last_rate(c);
	const struct ql_endpoint *e = rate ? find_endpoint(&c->arm[0], rate) : NULL;
	ql_buf_puts(b, "<div class=\"scroll\"><table class=\"plain\"><thead><tr><th scope=\"col\">regimen</th><th scope=\"col\">"
		       "against</th><th scope=\"col\">hazard ratio of progression or death</th><th scope=\"col\">in trials</th>"
		       "<th scope=\"col\">");
	ql_html_text(b, e ? e->title : "");
	ql_buf_puts(b, e ? ", points</th></tr></thead><tbody>\n" : "</th></tr></thead><tbody>\n");
	int last = c->n_arm > QL_REPORT_STYLES ? 1 : c->n_arm; /* many arms: all against the first */
	for (int y = 0; y < last; y++)
		for (int x = y + 1; x < c->n_arm; x++) {
			const struct ql_contrast *h = ql_compare_contrast(c, x, y, "pfs_median");
			const struct ql_contrast *d = rate ? ql_compare_contrast(c, x, y, rate) : NULL;
			double sign = d && d->arm_a != x ? -1 : 1;
			ql_buf_puts(b, "<tr><th scope=\"row\">");
			ql_html_text(b, c->arm[x].id);
			ql_buf_puts(b, "</th><td>");
			ql_html_text(b, c->arm[y].id);
			ql_buf_puts(b, "</td><td>");
			if (h)
				ratio(b, (struct ql_ratio){h->hazard_ratio, h->hr_lower, h->hr_upper}, h->arm_a != x);
			ql_buf_puts(b, "</td><td>");
			if (h && h->trials)
				in_trials(b, h->trials, h->arm_a != x);
			ql_buf_puts(b, "</td><td>");
			if (d && isfinite(d->difference))
				ql_buf_printf(b, "%+.0f (%+.0f to %+.0f)", 100 * sign * d->difference,
					      100 * (sign > 0 ? d->lower : -d->upper), 100 * (sign > 0 ? d->upper : -d->lower));
			ql_buf_puts(b, "</td></tr>\n");
		}
	ql_buf_puts(b, "</tbody></table></div>\n");
}

static void differences(struct ql_buf *b, const struct ql_compare *c)
{
	if (!c->n_contrast)
		return;
	ql_buf_puts(b, "<h2 id=\"differences\">Differences</h2>\n<p class=\"soft\">The same virtual patients under both "
		       "regimens.</p>\n");
	pairs(b, c);
	ql_buf_puts(b, "<details><summary>All outcomes</summary><p class=\"soft\">“Better under first” counts only patients who do "
		       "not fare the same.</p><div class=\"scroll\"><table class=\"plain\"><thead><tr><th scope=\"col\">first less second</th>"
		       "<th scope=\"col\">outcome</th><th scope=\"col\">difference</th><th scope=\"col\">better under first</th>"
		       "</tr></thead><tbody>\n");
	for (int i = 0; i < c->n_contrast; i++) {
		const struct ql_contrast *k = &c->contrast[i];
		const struct ql_endpoint *e = find_endpoint(&c->arm[k->arm_a], k->endpoint);
		bool share = e && is_share(e);
		ql_buf_puts(b, "<tr><th scope=\"row\">");
		ql_html_text(b, c->arm[k->arm_a].id);
		ql_buf_puts(b, " − ");
		ql_html_text(b, c->arm[k->arm_b].id);
		ql_buf_puts(b, "</th><td>");
		ql_html_text(b, e ? e->title : k->endpoint);
		ql_buf_puts(b, "</td><td>");
		if (isfinite(k->difference))
			ql_buf_printf(b, "%+.1f%s", (share ? 100 : 1) * k->difference, share ? "" : " ");
		if (!share && e && isfinite(k->difference))
			ql_html_text(b, e->unit);
		if (isfinite(k->lower) && isfinite(k->upper))
			ql_buf_printf(b, " (%+.1f to %+.1f)", (share ? 100 : 1) * k->lower, (share ? 100 : 1) * k->upper);
		if (isfinite(k->hazard_ratio)) {
			ql_buf_puts(b, isfinite(k->difference) ? "; hazard ratio " : "hazard ratio ");
			ratio(b, (struct ql_ratio){k->hazard_ratio, k->hr_lower, k->hr_upper}, false);
		}
		if (isfinite(k->p_ahead))
			ql_buf_printf(b, "</td><td>%.0f of 100</td></tr>\n", 100 * k->p_ahead);
		else
			ql_buf_puts(b, "</td><td>–</td></tr>\n");
	}
	ql_buf_puts(b, "</tbody></table></div></details>\n");
}

static void pair(struct ql_buf *b, const char *name, const char *value)
{
	ql_buf_printf(b, "<dt>%s</dt><dd>", name);
	ql_html_text(b, value);
	ql_buf_puts(b, "</dd>\n");
}

static void computed(struct ql_buf *b, const struct ql_compare *c, const struct ql_report_meta *m)
{
	char text[128];
	ql_buf_puts(b, "<h2 id=\"computed\">How it was computed</h2>\n<dl>\n");
	pair(b, "program", quell_version());
	snprintf(text, sizeof text, "%s, hash %016llx", c->model_name, (unsigned long long)c->model_hash);
	pair(b, "model", text);
	pair(b, "population", c->population);
	ql_buf_puts(b, "<dt>patients</dt><dd>");
	grouped(b, c->patients_total);
	ql_buf_printf(b, " per regimen, the same under each; seed %llu; followed for %g years</dd>\n",
		      (unsigned long long)c->seed, c->years);
	snprintf(text, sizeof text, "%s, relative tolerance %g", m->solver, c->rtol);
	pair(b, "integration", text);
	if (m->command) {
		ql_buf_puts(b, "<dt>again</dt><dd><code>");
		ql_html_text(b, m->command);
		ql_buf_puts(b, "</code></dd>\n");
	}
	ql_buf_puts(b, "</dl>\n<div class=\"scroll\"><table class=\"plain\"><thead><tr><th scope=\"col\">regimen</th><th scope=\"col\">"
		       "name</th><th scope=\"col\">states</th><th scope=\"col\">failed patients</th></tr></thead><tbody>\n");
	for (int a = 0; a < c->n_arm; a++) {
		ql_buf_puts(b, "<tr><th scope=\"row\">");
		ql_html_text(b, c->arm[a].id);
		ql_buf_puts(b, "</th><td>");
		ql_html_text(b, c->arm[a].title);
		if (c->arm[a].whatif) {
			ql_buf_puts(b, ". ");
			ql_html_text(b, c->arm[a].rationale);
		}
		ql_buf_printf(b, "</td><td>%d</td><td>%llu</td></tr>\n", c->arm[a].n_state,
			      (unsigned long long)c->arm[a].patients_failed);
	}
	ql_buf_puts(b, "</tbody></table></div>\n");
}

static bool seen_before(const struct ql_compare *c, int arm, int endpoint, const char *source)
{
	for (int a = 0; a <= arm; a++)
		for (int i = 0; i < c->arm[a].n_endpoint && !(a == arm && i == endpoint); i++) {
			const struct ql_published *p = c->arm[a].endpoint[i].published;
			if (p && p->source && strcmp(p->source, source) == 0)
				return true;
		}
	return false;
}

static void sources(struct ql_buf *b, const struct ql_compare *c)
{
	ql_buf_puts(b, "<h2 id=\"sources\">Published figures from</h2>\n<ul>\n");
	int n = 0;
	for (int a = 0; a < c->n_arm; a++)
		for (int i = 0; i < c->arm[a].n_endpoint; i++) {
			const struct ql_published *p = c->arm[a].endpoint[i].published;
			if (!p || !p->source || seen_before(c, a, i, p->source))
				continue;
			ql_buf_puts(b, "<li>");
			ql_html_text(b, p->trial);
			ql_buf_puts(b, ": ");
			ql_html_text(b, p->source);
			ql_buf_puts(b, "</li>\n");
			n++;
		}
	ql_buf_puts(b, n ? "</ul>\n" : "<li>none in this evidence base</li></ul>\n");
}

static void limits(struct ql_buf *b, const struct ql_compare *c)
{
	ql_buf_puts(b, "<h2 id=\"limits\">Limits</h2>\n<ul>\n"
		       "<li>Intervals show the play of chance for this number of virtual patients. They do not contain the doubt "
		       "about parameters and equations, which is larger.</li>\n"
		       "<li>Published figures come from trials whose patients differ from this population and from each other; "
		       "a trial that served to calibrate the model agrees with it for that reason alone.</li>\n"
		       "<li>Evidence grades: A phase 3 trial in CLL, B phase 1–2 with 20 or more CLL patients, C fewer, D none.</li>\n");
	for (int a = 0; a < c->n_arm; a++) {
		if (c->arm[a].warning) {
			ql_buf_puts(b, "<li>");
			ql_html_text(b, c->arm[a].id);
			ql_buf_puts(b, ": ");
			ql_html_text(b, c->arm[a].warning);
			if (c->arm[a].prior) {
				ql_buf_puts(b, "; ");
				ql_html_text(b, c->arm[a].prior->text);
			}
			ql_buf_puts(b, "</li>\n");
		}
		if (c->arm[a].patients_failed)
			ql_buf_printf(b, "<li>%llu patients under %s could not be integrated and are left out of its figures.</li>\n",
				      (unsigned long long)c->arm[a].patients_failed, c->arm[a].id);
		if (c->interrupted)
			ql_buf_printf(b, "<li>The run was stopped early: %llu of %llu patients under %s.</li>\n",
				      (unsigned long long)c->arm[a].patients_done, (unsigned long long)c->patients_total, c->arm[a].id);
	}
	ql_buf_puts(b, "</ul>\n");
}

void ql_report_head(struct ql_buf *b, const char *title)
{
	ql_buf_puts(b, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
		       "content=\"width=device-width,initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
	ql_html_text(b, title);
	ql_buf_puts(b, "</title>\n<style>\n");
	ql_report_svg_style(b);
	ql_buf_puts(b, page_style);
	ql_buf_puts(b, "</style>\n</head>\n<body>\n<header>\n<p class=\"soft\">quell</p>\n<h1>");
}

static void head(struct ql_buf *b, const struct ql_compare *c)
{
	struct ql_buf title = {0};
	for (int a = 0; a < c->n_arm; a++)
		ql_buf_printf(&title, "%s%s", a ? ", " : "", c->arm[a].id);
	ql_buf_puts(&title, " compared");
	ql_report_head(b, title.data);
	ql_buf_free(&title);
	ql_buf_printf(b, "%d regimen%s compared: ", c->n_arm, c->n_arm == 1 ? "" : "s");
	ql_html_text(b, c->population_title ? c->population_title : c->population);
	ql_buf_puts(b, "</h1>\n<p>");
	grouped(b, c->patients_total);
	ql_buf_printf(b, " virtual patients, the same under every regimen, followed for %g years.</p>\n<p class=\"use\">" QL_RESEARCH_USE_LONG "</p>\n</header>\n<main>\n",
		      c->years);
}

void ql_report_html(const struct ql_compare *c, const struct ql_report_meta *meta, struct ql_buf *out)
{
	head(out, c);
	effects(out, c);
	curves(out, c);
	differences(out, c);
	ql_buf_puts(out, "<h2 id=\"courses\">Time courses</h2>\n<p class=\"soft\">Years on the horizontal axis. Line: median of the "
			 "patients still followed; bands: the middle half and nine in ten of them. Patients differ; this is not "
			 "doubt about the model.</p>\n");
	ql_report_courses(out, c);
	computed(out, c, meta);
	sources(out, c);
	limits(out, c);
	ql_buf_puts(out, "</main>\n<footer><p class=\"use\">" QL_RESEARCH_USE_LONG "</p></footer>\n</body>\n</html>\n");
}

void ql_report_figure(const struct ql_compare *c, struct ql_buf *out)
{
	if (!has_curves(c))
		return;
	struct ql_km_chart k = {.c = c, .curve = "pfs", .width = 760, .id = "km", .standalone = true};
	k.n_arm = c->n_arm < QL_REPORT_STYLES ? c->n_arm : QL_REPORT_STYLES;
	for (int i = 0; i < k.n_arm; i++)
		k.arm[i] = i;
	ql_report_km(out, &k);
}
