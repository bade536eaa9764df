/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/compare_text.h"
#include "cli/explain_text.h"
#include "report/report.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDE = 110, CELLS_WIDE = 41, CELLS_NARROW = 17, NUMBER = 6, RANGE = 9, UNREACHED = 11, NONE = 26 };

struct layout {
	struct ql_cli *c;
	const struct ql_compare *r;
	int name, cells;
	bool own_line; /* published figures do not fit beside the bar */
};

const char *ql_grouped(struct ql_cli *c, uint64_t n)
{
	char digits[32], *out = ql_arena_alloc(&c->arena, 40, 1);
	int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n), k = 0;
	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			out[k++] = ',';
		out[k++] = digits[i];
	}
	return out;
}

static bool is_share(const struct ql_endpoint *e) { return strcmp(e->unit, "1") == 0; }

static const char *dash(const struct layout *l) { return l->c->ascii ? "-" : "–"; }

static const char *number(const struct layout *l, double x, bool share)
{
	char text[32];
	if (!isfinite(x))
		return "-";
	if (share)
		snprintf(text, sizeof text, x > 0 && x < 0.01 ? "%.1f" : "%.0f", 100 * x);
	else
		snprintf(text, sizeof text, fabs(x) < 10 ? "%.2g" : "%.0f", x);
	return ql_arena_strdup(&l->c->arena, text);
}

static const char *range(const struct layout *l, double lower, double upper, bool share)
{
	if (!isfinite(lower) && !isfinite(upper))
		return "";
	return ql_arena_printf(&l->c->arena, "%s%s%s", number(l, lower, share), dash(l),
			       isfinite(upper) ? number(l, upper, share) : "NR"); /* not reached */
}

static void head(const struct layout *l)
{
	const struct ql_compare *r = l->r;
	struct ql_buf *b = &l->c->out;
	const char *bold = ql_cli_style(l->c, QL_BOLD), *plain = ql_cli_style(l->c, QL_PLAIN);
	ql_buf_printf(b, "%s%s%s", bold, r->population, plain);
	if (r->population_title)
		ql_buf_printf(b, ": %s", r->population_title);
	ql_buf_printf(b, "\n%s virtual patients, the same under every regimen, %g years, seed %llu\n\n",
		      ql_grouped(l->c, r->patients_total), r->years, (unsigned long long)r->seed);
	for (int a = 0; a < r->n_arm; a++) {
		const struct ql_arm *arm = &r->arm[a];
		ql_buf_puts(b, "  ");
		ql_buf_pad(b, arm->id, l->name, false);
		ql_buf_printf(b, "%s, evidence %c%s%s\n", arm->title, arm->evidence_grade, arm->warning ? ": " : "",
			      arm->warning ? arm->warning : "");
		if (arm->prior)
			ql_text_wrapped(l->c, arm->prior->text, l->name + 2);
		if (arm->whatif)
			ql_text_wrapped(l->c, arm->rationale, l->name + 2);
	}
	if (r->n_draws)
		ql_buf_printf(b, "\nof 100 virtual patients; 95 %% interval of parameters (%d draws of %s) and chance", r->n_draws, r->draws);
	else
		ql_buf_puts(b, "\nof 100 virtual patients; 95 % interval of chance alone");
	if (ql_compare_has_prior(r))
		ql_buf_puts(b, ", of a wide prior too where there is one");
	ql_buf_puts(b, l->own_line ? "\n\n" : "; published figure beside it\n\n");
}

static void axis(const struct layout *l)
{
	struct ql_buf *b = &l->c->out;
	int at = 0;
	ql_buf_printf(b, "%s%*s", ql_cli_style(l->c, QL_DIM), l->name + 2, "");
	for (int i = 0; i <= 4; i++) {
		char text[8];
		int len = snprintf(text, sizeof text, "%d", 25 * i), want = i * (l->cells - 1) / 4 - (len - 1) / 2;
		ql_buf_printf(b, "%*s%s", want > at ? want - at : 0, "", text);
		at = (want > at ? want : at) + len;
	}
	ql_buf_printf(b, "%s\n", ql_cli_style(l->c, QL_PLAIN));
}

static void published(const struct layout *l, const struct ql_endpoint *e)
{
	struct ql_buf *b = &l->c->out;
	const struct ql_published *p = e->published;
	bool share = is_share(e);
	ql_buf_puts(b, ql_cli_style(l->c, QL_DIM));
	if (!p) {
		ql_buf_puts(b, "none in this evidence base");
	} else {
		const char *limits = isfinite(p->lower) && isfinite(p->upper) ? range(l, p->lower, p->upper, share) : "";
		ql_buf_printf(b, "%s %s%s%s%s%s", p->trial, number(l, p->value, share), *limits ? " (" : "", limits,
			      *limits ? ")" : "", p->verified ? "" : " recalled");
	}
	ql_buf_puts(b, ql_cli_style(l->c, QL_PLAIN));
}

static void endpoint_row(const struct layout *l, const struct ql_arm *arm, const struct ql_endpoint *e)
{
	struct ql_buf *b = &l->c->out;
	bool share = is_share(e);
	ql_buf_puts(b, "  ");
	ql_buf_pad(b, arm->id, l->name, false);
	if (share)
		ql_buf_bar(b, e->lower, e->estimate, e->upper, 1, l->cells, l->c->ascii);
	bool unreached = !share && !isfinite(e->estimate) && strstr(e->id, "_median") && arm->patients_done > 0;
	ql_buf_pad(b, unreached ? "not reached" : number(l, e->estimate, share), share ? NUMBER : UNREACHED, true);
	ql_buf_puts(b, "  ");
	ql_buf_pad(b, range(l, e->lower, e->upper, share), RANGE, false);
	ql_buf_puts(b, " ");
	if (l->own_line && share)
		ql_buf_printf(b, "\n%*s", l->name + 2, "");
	published(l, e);
	ql_buf_puts(b, "\n");
}

static const struct ql_endpoint *find_endpoint(const struct ql_arm *a, const char *id)
{
	for (int i = 0; i < a->n_endpoint; i++)
		if (strcmp(a->endpoint[i].id, id) == 0)
			return &a->endpoint[i];
	return NULL;
}

static void endpoints(const struct layout *l, bool share)
{
	const struct ql_compare *r = l->r;
	for (int i = 0; r->n_arm && i < r->arm[0].n_endpoint; i++) {
		const struct ql_endpoint *first = &r->arm[0].endpoint[i];
		if (first->detail || is_share(first) != share)
			continue;
		ql_buf_printf(&l->c->out, "%s%s%s", ql_cli_style(l->c, QL_BOLD), first->title, ql_cli_style(l->c, QL_PLAIN));
		ql_buf_printf(&l->c->out, share ? "\n" : ", %s\n", first->unit);
		for (int a = 0; a < r->n_arm; a++) {
			const struct ql_endpoint *e = find_endpoint(&r->arm[a], first->id);
			if (e)
				endpoint_row(l, &r->arm[a], e);
		}
	}
}

static void points(const struct layout *l, const struct ql_contrast *k, int sign)
{
	char text[64] = "";
	if (k && isfinite(k->difference)) {
		double lo = sign > 0 ? k->lower : -k->upper, hi = sign > 0 ? k->upper : -k->lower;
		snprintf(text, sizeof text, "%+.0f (%+.0f to %+.0f)", 100 * sign * k->difference, 100 * lo, 100 * hi);
	}
	ql_buf_pad(&l->c->out, *text ? text : "-", 20, true);
}

static void ratio_text(const struct layout *l, struct ql_ratio r, bool turned, char text[64])
{
	if (turned)
		r = ql_ratio_turned(r);
	if (isfinite(r.estimate))
		snprintf(text, 64, "%.2f (%.2f%s%.2f)", r.estimate, r.lower, dash(l), r.upper);
}

/* What the trials say of a pair: network estimate, whether the simulation agrees, and where it comes from. */
static void trials_row(const struct layout *l, int a, int b)
{
	const struct ql_compare *r = l->r;
	const struct ql_contrast *h = ql_compare_contrast(r, a, b, "pfs_median");
	const struct ql_trial_evidence *t = h ? h->trials : NULL;
	struct ql_buf *out = &l->c->out;
	char text[64] = "";
	if (!t)
		return;
	ql_buf_puts(out, "  ");
	ql_buf_pad(out, r->arm[a].id, l->name, false);
	ql_buf_pad(out, r->arm[b].id, l->name, false);
	ratio_text(l, t->network, h->arm_a != a, text);
	ql_buf_pad(out, *text ? text : "-", 20, true);
	ql_buf_puts(out, "  ");
	ql_buf_pad(out, t->agreement, 13, false);
	if (!*text)
		ql_buf_puts(out, "no trial connects them");
	else if (!t->n_row)
		ql_buf_puts(out, "indirect");
	for (int i = 0; i < t->n_row; i++)
		ql_buf_printf(out, "%s%s%s", i ? ", " : "", t->row[i].trial,
			      strcmp(t->row[i].role, "calibration") == 0 ? " (used in calibration)" : "");
	if (*text)
		ql_buf_printf(out, "; certainty %s", t->certainty ? t->certainty : "not assessed");
	ql_buf_puts(out, "\n");
}

static void contrast_row(const struct layout *l, int a, int b, const char *rate)
{
	const struct ql_compare *r = l->r;
	struct ql_buf *out = &l->c->out;
	const struct ql_contrast *h = ql_compare_contrast(r, a, b, "pfs_median");
	char text[64] = "";
	if (h)
		ratio_text(l, (struct ql_ratio){h->hazard_ratio, h->hr_lower, h->hr_upper}, h->arm_a != a, text);
	ql_buf_puts(out, "  ");
	ql_buf_pad(out, r->arm[a].id, l->name, false);
	ql_buf_pad(out, r->arm[b].id, l->name, false);
	ql_buf_pad(out, *text ? text : "-", 20, true);
	const struct ql_contrast *k = rate ? ql_compare_contrast(r, a, b, rate) : NULL;
	points(l, k, k && k->arm_a != a ? -1 : 1);
	k = ql_compare_contrast(r, a, b, "infection_g3_24mo");
	points(l, k, k && k->arm_a != a ? -1 : 1);
	ql_buf_puts(out, "\n");
}

static void contrasts(const struct layout *l)
{
	const struct ql_compare *r = l->r;
	if (r->n_arm < 2 || !r->n_contrast)
		return;
	struct ql_buf *b = &l->c->out;
	const char *rate = ql_compare_last_rate(r);
	ql_buf_printf(b, "\n%sdifferences%s, same virtual patients\n%s  ", ql_cli_style(l->c, QL_BOLD),
		      ql_cli_style(l->c, QL_PLAIN), ql_cli_style(l->c, QL_DIM));
	ql_buf_pad(b, "", l->name, false);
	ql_buf_pad(b, "against", l->name, false);
	ql_buf_pad(b, "PFS hazard ratio", 20, true);
	ql_buf_pad(b, rate ? ql_arena_printf(&l->c->arena, "PFS %d mo, points", atoi(rate + 9)) : "", 20, true);
	ql_buf_pad(b, "infection, points", 20, true);
	ql_buf_printf(b, "%s\n", ql_cli_style(l->c, QL_PLAIN));
	int last = r->n_arm > 6 ? 1 : r->n_arm; /* many arms: all against the first */
	for (int b_arm = 0; b_arm < r->n_arm; b_arm++)
		for (int a = b_arm + 1; a < r->n_arm; a++)
			if (r->arm[a].whatif ? r->arm[a].base == b_arm : b_arm < last)
				contrast_row(l, a, b_arm, rate);
	ql_buf_printf(b, "\n%strials%s, PFS hazard ratio of the network of verified rows, and whether the simulated one agrees\n",
		      ql_cli_style(l->c, QL_BOLD), ql_cli_style(l->c, QL_PLAIN));
	for (int b_arm = 0; b_arm < last; b_arm++)
		for (int a = b_arm + 1; a < r->n_arm; a++)
			if (!r->arm[a].whatif && !r->arm[b_arm].whatif)
				trials_row(l, a, b_arm);
}

/* How far the simulated shares lie from the published ones, verified rows only. */
static void gaps(const struct layout *l)
{
	const struct ql_compare *r = l->r;
	const struct ql_endpoint *worst = NULL;
	const char *arm = "";
	double sum = 0, most = -1;
	int n = 0;
	for (int a = 0; a < r->n_arm; a++)
		for (int i = 0; i < r->arm[a].n_endpoint; i++) {
			const struct ql_endpoint *e = &r->arm[a].endpoint[i];
			if (!is_share(e) || !e->published || !e->published->verified || !isfinite(e->estimate) ||
			    !isfinite(e->published->value))
				continue;
			double gap = fabs(e->estimate - e->published->value);
			sum += gap;
			n++;
			if (gap > most) {
				most = gap;
				worst = e;
				arm = r->arm[a].id;
			}
		}
	if (!n)
		return;
	ql_buf_printf(&l->c->out, "\ncheck  %.0f points mean distance to %d published shares; largest %.0f: %s, %s (%s)\n",
		      100 * sum / n, n, 100 * most, worst->title, arm, worst->published->trial);
}

/* The largest effect of tighter tolerances on a share, and on anything else as a part of its value. */
static void numerics(const struct layout *l)
{
	const struct ql_numerics *n = l->r->numerics;
	const struct ql_numeric_effect *worst[2] = {NULL, NULL};
	double most[2] = {0, 0};
	struct ql_buf *b = &l->c->out;
	if (!n)
		return;
	for (int i = 0; i < n->n_effect; i++) {
		const struct ql_numeric_effect *e = &n->effect[i];
		int kind = strcmp(e->unit, "1") != 0;
		double effect = fabs(e->loose - e->tight) / (kind ? fmax(fabs(e->tight), 1e-300) : 1);
		if (!(effect <= fmax(most[kind], 1e-12))) { /* less is rounding of sums */
			most[kind] = effect;
			worst[kind] = e;
		}
	}
	ql_buf_printf(b, "\nnumerics  %s patients solved again at rtol %g: ", ql_grouped(l->c, n->patients), n->rtol);
	if (!worst[0] && !worst[1])
		ql_buf_puts(b, "no endpoint moves");
	if (worst[0])
		ql_buf_printf(b, "a share moves by up to %.2g points (%s, %s)", 100 * most[0], worst[0]->endpoint,
			      l->r->arm[worst[0]->arm].id);
	if (worst[1])
		ql_buf_printf(b, "%sanother endpoint by up to %.2g %% (%s, %s)", worst[0] ? ", " : "", 100 * most[1],
			      worst[1]->endpoint, l->r->arm[worst[1]->arm].id);
	ql_buf_printf(b, n->failed ? "; %s solves failed\n" : "\n", ql_grouped(l->c, n->failed));
}

static void ending(const struct layout *l)
{
	const struct ql_compare *r = l->r;
	struct ql_buf *b = &l->c->out;
	for (int a = 0; a < r->n_arm; a++) {
		if (r->arm[a].patients_failed)
			ql_buf_printf(b, "note   %s patients under %s could not be integrated and are left out of its figures\n",
				      ql_grouped(l->c, r->arm[a].patients_failed), r->arm[a].id);
		if (r->interrupted)
			ql_buf_printf(b, "note   stopped early: %s of %s patients under %s\n",
				      ql_grouped(l->c, r->arm[a].patients_done), ql_grouped(l->c, r->patients_total), r->arm[a].id);
	}
	if (r->n_arm)
		ql_buf_printf(b, "next   quell explain %s %s quell compare ... --html report.html %s --json\n", r->arm[0].id,
			      l->c->ascii ? "|" : "·", l->c->ascii ? "|" : "·");
	ql_buf_puts(b, QL_RESEARCH_USE "\n");
}

void ql_compare_text(struct ql_cli *c, const struct ql_compare *r)
{
	int width = ql_cli_width(), longest = 8;
	for (int a = 0; a < r->n_arm; a++)
		if (ql_text_width(r->arm[a].id) > longest)
			longest = ql_text_width(r->arm[a].id);
	int cells = width >= WIDE ? CELLS_WIDE : CELLS_NARROW, used = longest + 2 + cells + NUMBER + RANGE + 5;
	struct layout l = {c, r, longest + 2, cells, used + NONE > width};
	head(&l);
	axis(&l);
	endpoints(&l, true);
	ql_buf_puts(&c->out, "\n");
	endpoints(&l, false);
	contrasts(&l);
	gaps(&l);
	numerics(&l);
	ending(&l);
}
