/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/validate_text.h"
#include <string.h>

static void one(char *buf, size_t size, const struct ql_target *t, double x)
{
	if (isnan(x))
		snprintf(buf, size, "-");
	else if (isinf(x))
		snprintf(buf, size, "NR");
	else if (t->kind == QL_TARGET_HR)
		snprintf(buf, size, "%.2f", x);
	else if (t->kind == QL_TARGET_MEDIAN)
		snprintf(buf, size, "%.1f", x);
	else
		snprintf(buf, size, "%.1f", 100 * x);
}

void ql_validate_value(char *buf, size_t size, const struct ql_target *t, double value, double lower, double upper)
{
	char v[24], lo[24], hi[24];
	one(v, sizeof v, t, value);
	one(lo, sizeof lo, t, lower);
	one(hi, sizeof hi, t, upper);
	if (isnan(lower) && isnan(upper))
		snprintf(buf, size, "%s", v);
	else
		snprintf(buf, size, "%s (%s-%s)", v, lo, hi);
}

static void row(struct ql_cli *c, const struct ql_validated *x)
{
	char pub[80], sim[80];
	ql_validate_value(pub, sizeof pub, &x->target, x->value, x->lower, x->upper);
	ql_validate_value(sim, sizeof sim, &x->target, x->sim.estimate, x->sim.lower[QL_LEVELS - 1],
			  x->sim.upper[QL_LEVELS - 1]);
	ql_buf_puts(&c->out, "  ");
	ql_buf_pad(&c->out, x->arm, 34, false);
	ql_buf_pad(&c->out, x->target.id, 19, false);
	ql_buf_pad(&c->out, pub, 18, true);
	ql_buf_puts(&c->out, "  ");
	ql_buf_pad(&c->out, sim, 19, true);
	ql_buf_printf(&c->out, "  %s\n", x->counted ? (x->hit ? "hit" : "MISS") : x->hit ? "recalled, in" : "recalled, out");
}

static void trial(struct ql_cli *c, const struct ql_validation *v, const struct ql_design *d, bool all)
{
	int n = 0, hit = 0, without = 0;
	for (int i = 0; i < v->n_item; i++)
		if (v->item[i].design == d) {
			n += v->item[i].counted;
			hit += v->item[i].counted && v->item[i].hit;
			without += v->item[i].reason != NULL;
		}
	ql_buf_printf(&c->out, "\n%s%s%s  %s; %d of %d hit\n", ql_cli_style(c, QL_BOLD), d->name, ql_cli_style(c, QL_PLAIN),
		      d->title, hit, n);
	for (int i = 0; i < v->n_item; i++)
		if (v->item[i].design == d && v->item[i].simulated)
			row(c, &v->item[i]);
	for (int i = 0; i < v->n_item && all; i++)
		if (v->item[i].design == d && v->item[i].reason)
			ql_buf_printf(&c->out, "  %s%s %s: %s%s%s\n", ql_cli_style(c, QL_DIM), v->item[i].arm,
				      v->item[i].row->endpoint, v->item[i].reason, v->item[i].row->verified ? "" : " (recalled)",
				      ql_cli_style(c, QL_PLAIN));
	if (without && !all)
		ql_buf_printf(&c->out, "  %s%d row%s not simulated; --all names them%s\n", ql_cli_style(c, QL_DIM), without,
			      without == 1 ? "" : "s", ql_cli_style(c, QL_PLAIN));
}

void ql_validate_score_text(struct ql_cli *c, const struct ql_validation *v)
{
	struct ql_buf *b = &c->out;
	ql_buf_puts(b, "\nscore of verified rows\n");
	ql_buf_puts(b, "  role         rows  hits       one vote per trial  coverage 50/80/95 %   half-width/binomial\n");
	for (int i = 0; i < 4; i++) {
		const struct ql_score *s = &v->score[i];
		if (s->n == 0)
			continue;
		ql_buf_puts(b, "  ");
		ql_buf_pad(b, s->role, 11, false);
		ql_buf_printf(b, "%6d  %4d %3.0f %%  %9.0f %% of %-3d     %3.0f / %3.0f / %3.0f           %.2f\n", s->n, s->hit,
			      100.0 * s->hit / s->n, 100 * s->by_trial, s->n_trial, 100 * s->coverage[0],
			      100 * s->coverage[1], 100 * s->coverage[2], s->half_width);
	}
	ql_buf_puts(b, "\nmean absolute error of arms of 150 or more (points; medians and ratios in %)\n");
	for (int k = 0; k < QL_CLASS_COUNT; k++) {
		ql_buf_puts(b, "  ");
		ql_buf_pad(b, ql_target_class_name[k], 20, false);
		for (int i = 0; i < 4; i++)
			if (v->score[i].n > 0 && v->score[i].class[k].n > 0)
				ql_buf_printf(b, "  %s %.1f of %d", v->score[i].role, 100 * v->score[i].class[k].mean_error,
					      v->score[i].class[k].n);
		ql_buf_puts(b, "\n");
	}
}

void ql_validate_text(struct ql_cli *c, const struct ql_validation *v, bool all)
{
	static const char *const roles[] = {"calibration", "validation", "evidence", "plan"};
	for (int r = 0; r < 4; r++) {
		bool any = false;
		for (int d = 0; d < v->n_design; d++) {
			if (strcmp(v->design[d]->role, roles[r]) != 0)
				continue;
			if (!any)
				ql_buf_printf(&c->out, "%s=== %s ===   published (95 %% limits), predicted for a trial of that size "
					      "(95 %%)\n", any ? "" : "\n", roles[r]);
			any = true;
			trial(c, v, v->design[d], all);
		}
	}
	for (int i = 0; i < v->n_left_out && all; i++)
		ql_buf_printf(&c->out, "%s%s%s%s%s: %s\n", i ? "" : "\nnot simulated\n  ", i ? "  " : "", v->left_out[i].trial,
			      *v->left_out[i].arm ? " " : "", v->left_out[i].arm, v->left_out[i].reason);
	ql_validate_score_text(c, v);
	ql_buf_printf(&c->out, "\n%s\n", QL_RESEARCH_USE);
}
