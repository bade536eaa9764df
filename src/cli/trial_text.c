/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/trial_text.h"
#include "cli/compare_text.h"
#include "trial/rules.h"
#include <string.h>

const char ql_trial_template[] =
	"# A trial of your own. `quell trial run FILE` simulates it; docs/trials.md explains every key.\n"
	"trial: MY-TRIAL\n"
	"title: \"venetoclax and obinutuzumab against acalabrutinib, untreated, with comorbidity\"\n"
	"role: plan                       # not published: nothing to compare with\n"
	"line: 1L\n"
	"population:\n"
	"  base: unfit-1l                 # library/populations; `quell explain populations` lists them\n"
	"  covariates: {}                 # laws that replace those of the base, each with source and grade\n"
	"  eligibility:                   # all must hold\n"
	"    - {covariate: age, min: 65}\n"
	"    - {covariate: crcl, min: 30}\n"
	"arms:                            # the first arm is tested against each of the others\n"
	"  - {arm: Ven-Obi, regimen: ven-obi, n: 200}\n"
	"  - {arm: Acala, regimen: acalabrutinib, n: 200}\n"
	"stratify:\n"
	"  - {covariate: ighv_u}\n"
	"visits:                          # the last phase has no end\n"
	"  - {every_days: 28, until_day: 168}\n"
	"  - {every_days: 84}\n"
	"assess: {response_day: 420}      # response and MRD at the end of fixed treatment\n"
	"endpoints: [pfs_median, pfs_rate_24mo, orr, umrd_pb_1e-4_eot]\n"
	"follow_up:\n"
	"  accrual_months: 18             # patients enter evenly\n"
	"  months: 54                     # after the last one entered\n"
	"  dropout_per_year: 0.02         # lost to follow-up\n"
	"  grade: assumed\n"
	"# protocol: standard             # holds, reductions, rescue, next lines: library/protocols\n";

static const char *figure(char *buf, size_t size, double x, bool share)
{
	if (isnan(x))
		return "-";
	snprintf(buf, size, share ? "%.1f" : fabs(x) < 10 ? "%.2f" : "%.1f", share ? 100 * x : x);
	return buf;
}

static void interval(struct ql_buf *b, double lower, double upper, bool share)
{
	char x[32], y[32];
	if (!isnan(lower) || !isnan(upper))
		ql_buf_printf(b, "%s to %s", figure(x, sizeof x, lower, share), isnan(upper) ? "not reached" : figure(y, sizeof y, upper, share));
}

static void endpoint_row(struct ql_cli *c, const char *arm, int width, const struct ql_endpoint *e, const struct ql_prediction *p)
{
	bool share = strcmp(e->unit, "1") == 0;
	char x[32];
	struct ql_buf text = {0};
	ql_buf_puts(&c->out, "  ");
	ql_buf_pad(&c->out, arm, width, false);
	const struct ql_endpoint one = *e;
	double estimate = p ? p->median : one.estimate;
	bool unreached = isnan(estimate) && strstr(e->id, "_median");
	ql_buf_pad(&c->out, unreached ? "not reached" : figure(x, sizeof x, estimate, share), 12, true);
	ql_buf_puts(&c->out, "  ");
	interval(&text, p ? p->lower : one.lower, p ? p->upper : one.upper, share);
	ql_buf_puts(&c->out, text.data ? text.data : "");
	ql_buf_puts(&c->out, "\n");
	ql_buf_free(&text);
}

static void endpoints(struct ql_cli *c, const struct ql_trial_info *info, const struct ql_trial_result *r,
		      const struct ql_power_result *power, bool all)
{
	int width = 8;
	for (int a = 0; a < info->n_arm; a++)
		width = ql_text_width(info->arm[a]) + 2 > width ? ql_text_width(info->arm[a]) + 2 : width;
	for (int e = 0; e < r->n_endpoint; e++) {
		const struct ql_endpoint *first = &r->endpoint[0][e];
		if (first->detail && !all)
			continue;
		bool share = strcmp(first->unit, "1") == 0;
		ql_buf_printf(&c->out, "%s%s%s, %s\n", ql_cli_style(c, QL_BOLD), first->title, ql_cli_style(c, QL_PLAIN),
			      share ? "%" : first->unit);
		for (int a = 0; a < info->n_arm; a++)
			endpoint_row(c, info->arm[a], width, &r->endpoint[a][e], power ? &power->endpoint[a][e] : NULL);
	}
}

static const char *time_title(enum ql_trial_time what)
{
	return what == QL_TIME_PFS ? "progression or death" : what == QL_TIME_OS ? "death" : "next treatment or death";
}

static void contrasts(struct ql_cli *c, const struct ql_trial_info *info, const struct ql_trial_result *r,
		      const struct ql_power_result *power, double alpha)
{
	for (int i = 0; i < r->n_contrast; i++) {
		const struct ql_trial_contrast *x = &r->contrast[i];
		ql_buf_printf(&c->out, "%s%s, %s against %s%s\n", ql_cli_style(c, QL_BOLD), time_title(x->what),
			      info->arm[x->arm_a], info->arm[x->arm_b], ql_cli_style(c, QL_PLAIN));
		if (isnan(x->hazard_ratio))
			ql_buf_printf(&c->out, "  hazard ratio cannot be had, %.0f events\n", x->events);
		else
			ql_buf_printf(&c->out, "  hazard ratio %.3f (%.3f to %.3f), %.0f events, log-rank p %.2g%s\n", x->hazard_ratio,
				      x->lower, x->upper, x->events, x->p, power ? ", first trial" : "");
		if (!power)
			continue;
		const struct ql_power_contrast *p = &power->contrast[i];
		ql_buf_printf(&c->out, "  over trials: hazard ratio %.3f (95 %% of trials %.3f to %.3f)\n", p->hazard_ratio.median,
			      p->hazard_ratio.lower, p->hazard_ratio.upper);
		ql_buf_printf(&c->out, "  %s: %.1f %% of trials (%.1f to %.1f) have p < %g for %s; %.1f %% against it\n",
			      power->assurance ? "assurance" : "power", 100 * p->power, 100 * p->lower, 100 * p->upper, alpha,
			      info->arm[x->arm_a], 100 * p->harm);
	}
}

static void looks(struct ql_cli *c, const struct ql_power_result *p)
{
	if (p->n_look == 0)
		return;
	ql_buf_printf(&c->out, "%slooks at progression-free survival%s\n", ql_cli_style(c, QL_BOLD), ql_cli_style(c, QL_PLAIN));
	ql_buf_puts(&c->out, "  events, share   z at least   stops for efficacy   for futility   month   events\n");
	for (int i = 0; i < p->n_look; i++) {
		const struct ql_look *l = &p->look[i];
		char month[32], events[32];
		ql_buf_printf(&c->out, "  %13.2f   %10.3f   %16.1f %%   %10.1f %%   %5s   %6s\n", l->information, l->limit,
			      100 * l->efficacy, 100 * l->futility,
			      figure(month, sizeof month, l->day / QL_DAYS_PER_MONTH, false),
			      figure(events, sizeof events, l->events, false));
	}
	ql_buf_printf(&c->out, "  expected end: month %.1f, %.1f events\n", p->stop_day / QL_DAYS_PER_MONTH, p->enrolled_events);
	ql_buf_puts(&c->out, "  Limits spend error as Lan and DeMets (O'Brien-Fleming); futility is not binding.\n");
}

void ql_trial_text(struct ql_cli *c, const struct ql_trial *t, const struct ql_trial_result *r,
		   const struct ql_power_result *power, double alpha, bool all)
{
	const struct ql_trial_info *info = ql_trial_info(t);
	ql_buf_printf(&c->out, "%s%s%s  %s\n", ql_cli_style(c, QL_BOLD), info->id, ql_cli_style(c, QL_PLAIN), info->title);
	for (int a = 0; a < info->n_arm; a++) {
		ql_buf_printf(&c->out, "  %s: %s patients, %s\n", info->arm[a], ql_grouped(c, info->n[a]), info->arm_title[a]);
		if (info->warning[a])
			ql_buf_printf(&c->out, "  %s: %s\n", info->arm[a], info->warning[a]);
	}
	ql_buf_printf(&c->out, "\n%s\n\n", power ? "Median over trials of this size, and where 95 % of them lie."
						 : "Estimate of this trial, and its 95 % interval.");
	endpoints(c, info, r, power, all);
	ql_buf_puts(&c->out, "\n");
	contrasts(c, info, r, power, alpha);
	if (power)
		looks(c, power);
	ql_buf_printf(&c->out, "\n%s\n", QL_RESEARCH_USE);
}
