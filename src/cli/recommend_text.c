/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/recommend_text.h"
#include "cli/compare_text.h"
#include <stdio.h>
#include <string.h>

static const char *bold(struct ql_cli *c) { return ql_cli_style(c, QL_BOLD); }
static const char *dim(struct ql_cli *c) { return ql_cli_style(c, QL_DIM); }
static const char *plain(struct ql_cli *c) { return ql_cli_style(c, QL_PLAIN); }

static void profile(struct ql_cli *c, const struct ql_recommendation *r)
{
	static const char *const three[] = {"no", "yes", "not known"};
	struct ql_buf *b = &c->out;
	ql_buf_printf(b, "%s%s%s", bold(c), r->profile.name, plain(c));
	if (strcmp(r->profile.title, r->profile.name) != 0)
		ql_buf_printf(b, ": %s", r->profile.title);
	ql_buf_puts(b, "\n");
	if (r->ipi.low == r->ipi.high)
		ql_buf_printf(b, "  CLL-IPI               %d points, %s\n", r->ipi.low, r->ipi.group);
	else
		ql_buf_printf(b, "  CLL-IPI               %d to %d points, %s\n", r->ipi.low, r->ipi.high, r->ipi.group);
	ql_buf_printf(b, "  tumour lysis          %s\n", r->tls);
	ql_buf_printf(b, "  indication to treat   %s%s%s\n", three[r->indication],
		      r->indication == QL_UNSURE ? "; it would depend on " : ": ", r->indication_why);
	ql_buf_printf(b, "  virtual patients      %s of population %s, as informative as %.0f independent ones%s\n\n",
		      ql_grouped(c, r->patients), r->population, r->effective, r->outside ? " (outside of the population)" : "");
}

static void number(struct ql_buf *b, const struct ql_smaa_option *s, int k, int width)
{
	char t[32];
	if (ql_benefit_def[k].share)
		snprintf(t, sizeof t, "%.0f", 100 * s->mean[k]);
	else
		snprintf(t, sizeof t, s->mean[k] < 100 ? "%.1f" : "%.0f", s->mean[k]);
	ql_buf_pad(b, t, width, true);
}

static void table(struct ql_cli *c, const struct ql_recommendation *r)
{
	static const char *const head[QL_K_COUNT] = {"QALY", "OS 5y", "TTNT y", "inf 2y", "AF 5y", "SPM 5y", "days", "acute"};
	struct ql_buf *b = &c->out;
	int width = 12;
	for (int i = 0; i < r->n_eligible; i++)
		width = ql_text_width(r->ranked[i].id) > width ? ql_text_width(r->ranked[i].id) : width;
	ql_buf_printf(b, "%s      ", dim(c));
	ql_buf_pad(b, "", width, false);
	ql_buf_puts(b, "  first  score");
	for (int k = 0; k < QL_K_COUNT; k++)
		ql_buf_pad(b, head[k], 8, true);
	ql_buf_printf(b, "  evidence%s\n", plain(c));
	int tier = 0;
	for (int i = 0; i < r->n_eligible; i++) {
		const struct ql_ranked *x = &r->ranked[i];
		if (!x->smaa)
			continue;
		if (x->smaa->tier != tier) {
			tier = x->smaa->tier;
			ql_buf_printf(b, "  %s\n", tier == 1 ? "behind all others:" : "no clinical data, never first:");
		}
		ql_buf_printf(b, "  %2d  ", x->rank);
		ql_buf_pad(b, x->id, width, false);
		ql_buf_printf(b, "  %4.0f%%  %5.2f", 100 * x->smaa->first, x->smaa->value);
		for (int k = 0; k < QL_K_COUNT; k++)
			number(b, x->smaa, k, 8);
		ql_buf_printf(b, "  %c%s%s%s\n", x->grade, x->calibrated ? ", used in calibration" : "", x->warning ? ": " : "",
			      x->warning ? x->warning : "");
	}
	ql_buf_puts(b, "  shares of 100 virtual patients; first: share of draws over outcomes and wishes in which it leads\n\n");
}

static void reasons(struct ql_cli *c, const struct ql_recommendation *r)
{
	struct ql_buf *b = &c->out;
	for (int i = 0; i < r->n_eligible && i < 3; i++) {
		const struct ql_ranked *x = &r->ranked[i];
		ql_buf_printf(b, "%s%s%s\n", bold(c), x->id, plain(c));
		if (x->driver[0])
			ql_buf_printf(b, "  for it      %s\n", x->driver[0]);
		if (x->driver[1])
			ql_buf_printf(b, "  against it  %s\n", x->driver[1]);
		if (x->moved)
			ql_buf_puts(b, "  order       direct evidence outranks the simulation here\n");
		if (x->by_consensus)
			ql_buf_puts(b, "  order       named by consensus, ahead of slightly better scores\n");
		if (x->against_first)
			ql_buf_printf(b, "  trials      against %s: %s\n", r->ranked[0].id, x->against_first->statement);
		for (int k = 0; k < x->n_rule; k++)
			if (x->rule[k].sure || x->rule[k].rule->effect != QL_CAUTION)
				ql_buf_printf(b, "  %-10s  %s%s\n",
				      x->rule[k].rule->effect == QL_PREFER ? (x->rule[k].sure ? "agrees" : "may agree")
									   : ql_effect_text[x->rule[k].rule->effect],
				      x->rule[k].rule->text, x->rule[k].sure ? "" : " (depends on what is not known)");
	}
}

/* Consensus that names other regimens than the first. */
static void departures(struct ql_cli *c, const struct ql_recommendation *r)
{
	struct ql_buf *b = &c->out;
	bool any = false;
	for (int g = 0; g < r->guideline.n_rule && r->n_eligible; g++) {
		const struct ql_guideline_rule *rule = &r->guideline.rule[g];
		bool first = false;
		const struct ql_ranked *named = NULL;
		for (int i = 0; i < r->n_eligible; i++)
			for (int k = 0; k < r->ranked[i].n_rule; k++)
				if (r->ranked[i].rule[k].rule == rule && rule->effect == QL_PREFER && r->ranked[i].rule[k].sure) {
					first |= i == 0;
					named = named ? named : &r->ranked[i];
				}
		if (!named || first)
			continue;
		ql_buf_printf(b, "%s  consensus names %s (rank %d): %s; ", any ? "" : "\ndeparts from consensus\n", named->id, named->rank,
			      rule->text);
		ql_buf_printf(b, "here %s speaks against it\n", named->driver[1] ? named->driver[1] : "the sum of small differences");
		any = true;
	}
}

static void excluded(struct ql_cli *c, const struct ql_recommendation *r)
{
	struct ql_buf *b = &c->out;
	if (r->n_ranked > r->n_eligible)
		ql_buf_printf(b, "\n%snot considered%s\n", bold(c), plain(c));
	for (int i = r->n_eligible; i < r->n_ranked; i++)
		ql_buf_printf(b, "  %-18s %s\n", r->ranked[i].id, r->ranked[i].excluded);
}

static void information(struct ql_cli *c, const struct ql_recommendation *r)
{
	struct ql_buf *b = &c->out;
	bool any = false;
	for (int i = 0; i < r->n_information && i < 3; i++) {
		if (!(r->information[i].value > 0.001))
			continue;
		ql_buf_printf(b, "%s  %-22s would change the first regimen for %.0f of 100 patients, worth %.3f of score\n",
			      any ? "" : "\nworth knowing\n", r->information[i].title, 100 * r->information[i].change,
			      r->information[i].value);
		any = true;
	}
}

/* What should be known before a treatment is chosen, and is not. */
static void tests_due(struct ql_cli *c, const struct ql_recommendation *r)
{
	struct ql_buf *b = &c->out;
	bool any = false;
	for (int i = 0; i < r->guideline.n_test; i++) {
		if (r->indication == QL_NO || !ql_test_is_due(&r->guideline.test[i], &r->profile))
			continue;
		ql_buf_printf(b, "%s  %s\n", any ? "" : "\nto be tested before treatment\n", r->guideline.test[i].text);
		any = true;
	}
}

void ql_recommend_text(struct ql_cli *c, const struct ql_recommendation *r)
{
	struct ql_buf *b = &c->out;
	profile(c, r);
	table(c, r);
	reasons(c, r);
	departures(c, r);
	excluded(c, r);
	tests_due(c, r);
	information(c, r);
	ql_buf_printf(b, "\n%s%s%s\n" QL_RESEARCH_USE "\n", bold(c), r->statement, plain(c));
}

void ql_recommend_fields(struct ql_cli *c)
{
	struct ql_buf *b = &c->out;
	char lo[32], hi[32];
	ql_buf_puts(b, "fields of a profile (each may be left out or `unknown`)\n");
	for (int f = 0; f < QL_PROFILE_N; f++) {
		const struct ql_profile_def *d = &ql_profile_def[f];
		ql_buf_printf(b, "  %-20s ", d->name);
		if (d->unit)
			ql_buf_pad(b, ql_arena_printf(&c->arena, "%s to %s %s", ql_format_double(d->low, lo), ql_format_double(d->high, hi), d->unit), 24, false);
		else
			ql_buf_pad(b, d->choices, 24, false);
		ql_buf_printf(b, "  %s\n", d->help);
	}
	ql_buf_puts(b, "  prior_lines          a list of {regimen: NAME} or {drugs: [...]}, with start, end, ended, remission_months\n"
		       "\ncourses: {regimen: NAME, COURSE: {unit: U, at: {DAY: VALUE}}}\n");
	for (int k = 0; k < QL_CK_COUNT; k++)
		ql_buf_printf(b, "  %-20s %s\n", ql_course_def[k].name, ql_course_def[k].unit);
	ql_buf_puts(b, "\npreferences: {CRITERION: WEIGHT}\n");
	for (int k = 0; k < QL_K_COUNT; k++)
		ql_buf_printf(b, "  %-20s %s\n", ql_benefit_def[k].id, ql_benefit_def[k].title);
}
