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
	ql_buf_printf(b, "  virtual patients      %s of population %s, as informative as %.0f independent ones%s\n",
		      ql_grouped(c, r->patients), r->population, r->effective, r->outside ? " (outside of the population)" : "");
	if (r->n_draws)
		ql_buf_printf(b, "  parameters            %d draws of %s, patients take them in turn\n", r->n_draws, r->draws);
	ql_buf_puts(b, "\n");
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

/* Where the model error of the draws comes from. */
static void model_error(struct ql_cli *c, const struct ql_recommendation *r)
{
	struct ql_buf *b = &c->out;
	int most[QL_K_COUNT] = {0}, any = 0;
	for (int i = 0; i < r->n_eligible; i++)
		for (int k = 0; k < QL_K_COUNT; k++)
			most[k] = r->ranked[i].error_arms[k] > most[k] ? r->ranked[i].error_arms[k] : most[k];
	ql_buf_puts(b, "  model error: ");
	for (int k = 0; k < QL_K_COUNT; k++)
		if (most[k])
			ql_buf_printf(b, "%s%s (%d)", any++ ? ", " : "from residuals of calibration arms for ", ql_benefit_def[k].id, most[k]);
	ql_buf_puts(b, any ? "; assumed for " : "assumed for ");
	any = 0;
	for (int k = 0; k < QL_K_COUNT; k++)
		if (!most[k])
			ql_buf_printf(b, "%s%s", any++ ? ", " : "", ql_benefit_def[k].id);
	ql_buf_puts(b, any ? "\n\n" : "nothing\n\n");
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
	ql_buf_puts(b, "  shares of 100 virtual patients; first: share of draws over outcomes and wishes in which it leads\n");
	model_error(c, r);
}

static void months(struct ql_buf *b, double month, double years)
{
	char t[32];
	if (month > 12 * years)
		snprintf(t, sizeof t, ">%.0f", 12 * years);
	else
		snprintf(t, sizeof t, "%.0f", month);
	ql_buf_pad(b, t, 9, true);
}

/* Mean scores and time to deterioration of the first regimens. */
static void quality(struct ql_cli *c, const struct ql_recommendation *r)
{
	struct ql_buf *b = &c->out;
	int n = r->n_eligible < 5 ? r->n_eligible : 5;
	if (!n || !r->ranked[0].smaa)
		return;
	ql_buf_printf(b, "quality of life  %ssymptoms  fatigue  worries   months to worse: symptoms  fatigue  worries%s\n", dim(c), plain(c));
	for (int i = 0; i < n; i++) {
		const struct ql_quality_summary *q = &r->ranked[i].quality;
		if (!r->ranked[i].smaa)
			continue;
		ql_buf_puts(b, "  ");
		ql_buf_pad(b, r->ranked[i].id, 15, false);
		for (int s = 0; s < QL_QUALITY_N; s++)
			ql_buf_pad(b, ql_arena_printf(&c->arena, "%.0f", q->mean[s]), s ? 9 : 8, true);
		ql_buf_puts(b, "                  ");
		for (int s = 0; s < QL_QUALITY_N; s++)
			months(b, q->worse_month[s], r->years);
		ql_buf_puts(b, "\n");
	}
	const struct ql_quality_summary *q = &r->ranked[0].quality;
	ql_buf_printf(b, "  scores in the manner of the QLQ-CLL17, 0 to 100, higher is worse, mean of five years (%.0f, %.0f, %.0f at the start);\n"
			 "  worse: by 10 points for good, or death. The map from counts and events to scores is assumed.\n\n",
		      q->start[0], q->start[1], q->start[2]);
}

/* The ranking under other sets of utilities. */
static void utilities(struct ql_cli *c, const struct ql_recommendation *r)
{
	struct ql_buf *b = &c->out;
	int n = r->n_eligible < 3 ? r->n_eligible : 3;
	if (!n || !r->ranked[0].smaa || r->n_utility < 2)
		return;
	ql_buf_printf(b, "\nutility sets     %s", dim(c));
	for (int i = 0; i < n; i++)
		ql_buf_pad(b, r->ranked[i].id, 15, true);
	ql_buf_printf(b, "   first by years  first by score%s\n", plain(c));
	for (int u = 0; u < r->n_utility; u++) {
		const struct ql_utility_view *v = &r->utility[u];
		ql_buf_puts(b, v->used ? "* " : "  ");
		ql_buf_pad(b, v->set.id, 15, false);
		for (int i = 0; i < n; i++)
			ql_buf_pad(b, ql_arena_printf(&c->arena, "%.2f", v->qaly[i]), 15, true);
		ql_buf_puts(b, "   ");
		ql_buf_pad(b, v->by_qaly ? v->by_qaly : "", 16, false);
		ql_buf_printf(b, "%s\n", v->by_score ? v->by_score : "");
	}
	ql_buf_puts(b, "  quality-adjusted years in ten by each set (* behind the ranking), for the same patients; sets are never mixed\n");
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
			if (x->rule[k].sure)
				ql_buf_printf(b, "  %-10s  %s\n",
					      x->rule[k].rule->effect == QL_PREFER ? "agrees" : ql_effect_text[x->rule[k].rule->effect],
					      x->rule[k].rule->text);
	}
}

static bool has_unsure(const struct ql_ranked *x, const struct ql_guideline_rule *rule)
{
	for (int k = 0; k < x->n_rule; k++)
		if (x->rule[k].rule == rule && !x->rule[k].sure)
			return true;
	return false;
}

/* Rules that would move the first regimens if an unknown field were so, each once. */
static void undecided(struct ql_cli *c, const struct ql_recommendation *r)
{
	struct ql_buf *b = &c->out;
	bool any = false;
	for (int g = 0; g < r->guideline.n_rule; g++) {
		const struct ql_guideline_rule *rule = &r->guideline.rule[g];
		int n = 0;
		for (int i = 0; i < r->n_eligible && i < 3 && rule->effect <= QL_LAST; i++)
			n += has_unsure(&r->ranked[i], rule);
		if (!n)
			continue;
		ql_buf_printf(b, "%s  %-10s  ", any ? "" : "\nwould change the order if it held (not known)\n", ql_effect_text[rule->effect]);
		for (int i = 0, said = 0; i < r->n_eligible && i < 3; i++)
			if (has_unsure(&r->ranked[i], rule))
				ql_buf_printf(b, "%s%s", said++ ? ", " : "", r->ranked[i].id);
		ql_buf_printf(b, ": %s\n", rule->text);
		any = true;
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
	quality(c, r);
	reasons(c, r);
	undecided(c, r);
	departures(c, r);
	excluded(c, r);
	utilities(c, r);
	tests_due(c, r);
	information(c, r);
	ql_buf_printf(b, "\n%s%s%s\n" QL_RESEARCH_USE "\n", bold(c), r->statement, plain(c));
}

static void line_member(struct ql_cli *c, const struct ql_line_def *d)
{
	static const char *const form[] = {"NAME", "[NAME, ...]", "YYYY-MM or YYYY", NULL, NULL, "text"};
	char lo[32], hi[32];
	const char *takes = form[d->kind] ? form[d->kind] : d->choices;
	if (d->kind == QL_LK_NUMBER)
		takes = ql_arena_printf(&c->arena, "%s to %s %s", ql_format_double(d->low, lo), ql_format_double(d->high, hi), d->unit);
	ql_buf_printf(&c->out, "  %-20s ", d->name);
	ql_buf_pad(&c->out, takes, 24, false);
	ql_buf_printf(&c->out, "  %s\n", d->help);
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
	ql_buf_puts(b, "\nprior_lines: [{MEMBER: VALUE}], one for each earlier line in order; [] is untreated, unknown is not known\n");
	for (int m = 0; m < QL_PL_N; m++)
		line_member(c, &ql_line_def[m]);
	ql_buf_printf(b, "\ncourses: {regimen: NAME, COURSE: {unit: U, at: {DAY: VALUE}}}, measured under that regimen (%s), days 0 to %g of it\n",
		      QL_COURSE_REGIMEN, QL_LAST_COURSE_DAY);
	for (int k = 0; k < QL_CK_COUNT; k++)
		ql_buf_printf(b, "  %-20s %-6s %s\n", ql_course_def[k].name, ql_course_def[k].unit, ql_course_def[k].title);
	ql_buf_puts(b, "\npreferences: {CRITERION: WEIGHT}, of which ratios matter; what is left out has none\n");
	for (int k = 0; k < QL_K_COUNT; k++)
		ql_buf_printf(b, "  %-20s %s\n", ql_benefit_def[k].id, ql_benefit_def[k].title);
	ql_buf_puts(b, "\nIn a file as they stand here; on the command line --with age=70 --with 'prior_lines=[{regimen: fcr, ended: completed}]'\n");
}
