/* SPDX-License-Identifier: Apache-2.0 */
/* The survival figure of a comparison, and the head of pages that have no script. */
#include "report/report.h"
#include "report/report_svg.h"
#include <math.h>
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

static bool has_curves(const struct ql_compare *c)
{
	bool all = c->n_arm > 0;
	for (int a = 0; a < c->n_arm; a++) {
		const struct ql_curve *k = ql_report_find_curve(&c->arm[a], "pfs");
		all = all && k && k->n > 1;
	}
	return all;
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

const char *ql_compare_heading(const struct ql_compare *c, struct ql_arena *a)
{
	struct ql_buf b = {0};
	for (int i = 0; i < c->n_arm; i++)
		ql_buf_printf(&b, "%s%s", i ? ", " : "", c->arm[i].id);
	ql_buf_puts(&b, " compared");
	const char *text = ql_arena_strdup(a, b.data);
	ql_buf_free(&b);
	return text;
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
