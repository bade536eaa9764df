/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io.h"
#include "validate/calibrate.h"
#include <math.h>

void ql_calibration_draws_csv(const struct ql_calibration *c, const char *command, struct ql_buf *out)
{
	char x[32];
	ql_buf_printf(out, "# %s\n# model %016llx, seed %llu, %llu patients per arm; equal weights\ndraw", command,
		      (unsigned long long)c->v->model_hash, (unsigned long long)c->v->seed,
		      (unsigned long long)c->v->patients);
	for (int j = 0; j < c->n_parameter; j++)
		ql_buf_printf(out, ",%s", c->parameter[j].name);
	for (int d = 0; d < c->n_kept; d++) {
		ql_buf_printf(out, "\n%d", d + 1);
		for (int j = 0; j < c->n_parameter; j++) {
			snprintf(x, sizeof x, "%.5g", c->draw[d * c->n_parameter + j]);
			ql_buf_printf(out, ",%s", x);
		}
	}
	ql_buf_puts(out, "\n");
}

static void value(struct ql_buf *b, const struct ql_target *t, double x)
{
	bool ratio = t->kind == QL_TARGET_HR, median = t->kind == QL_TARGET_MEDIAN;
	if (isfinite(x))
		ql_buf_printf(b, ratio ? "%.2f" : "%.1f", ratio || median ? x : 100 * x);
	else
		ql_buf_puts(b, "not reached");
}

static void parameters(const struct ql_calibration *c, struct ql_buf *b)
{
	ql_buf_puts(b, "\n## Parameters\n\nSpreads are standard deviations of the logarithm. Identified: the data halve the prior "
		       "variance at least.\n\n| parameter | model | mode | mean | prior sd | posterior sd | shift, prior sd | identified | "
		       "goes with |\n|---|---|---|---|---|---|---|---|---|\n");
	for (int i = 0; i < c->n_parameter; i++) {
		const struct ql_calibrated *p = &c->parameter[i];
		ql_buf_printf(b, "| `%s` | %.4g | %.4g | %.4g | %.2f | %.2f | %+.2f | %s | ", p->name, p->start, p->mode, p->mean, p->prior_sd,
			      p->posterior_sd, p->shift, p->identified ? "yes" : "no");
		if (p->partner && fabs(p->correlation) >= 0.3)
			ql_buf_printf(b, "`%s` (%+.2f)", p->partner, p->correlation);
		ql_buf_puts(b, " |\n");
	}
}

static void targets(const struct ql_calibration *c, struct ql_buf *b)
{
	double before = 0, after = 0, weight = 0;
	ql_buf_puts(b, "\n## Targets\n\nz: published minus simulated in standard errors, trial effect included.\n\n| trial | arm | "
		       "endpoint | published | before | after | z before | z after |\n|---|---|---|---|---|---|---|---|\n");
	for (int i = 0; i < c->n_target; i++) {
		const struct ql_target_fit *t = &c->target[i];
		ql_buf_printf(b, "| %s | %s | %s | ", t->row->trial, t->row->arm, t->row->target.id);
		value(b, &t->row->target, t->published);
		ql_buf_puts(b, " | ");
		value(b, &t->row->target, t->before);
		ql_buf_puts(b, " | ");
		value(b, &t->row->target, t->after);
		ql_buf_printf(b, " | %+.1f | %+.1f |\n", t->z_before, t->z_after);
		if (isfinite(t->z_before) && isfinite(t->z_after)) {
			before += t->weight * t->z_before * t->z_before;
			after += t->weight * t->z_after * t->z_after;
			weight += t->weight;
		}
	}
	ql_buf_printf(b, "\nMean square of z, one vote per curve or response: %.2f before, %.2f after.\n", before / weight,
		      after / weight);
}

static void conflicts(const struct ql_calibration *c, struct ql_buf *b)
{
	ql_buf_puts(b, "\n## Targets in conflict\n\nBoth miss by more than 1.5 standard errors, and what would mend one spoils the "
		       "other (cosine of their pulls on the parameters below -0.8).\n\n");
	if (c->n_conflict == 0)
		ql_buf_puts(b, "None.\n");
	for (int i = 0; i < c->n_conflict && i < 40; i++) {
		const struct ql_validated *x = c->target[c->conflict[i].a].row, *y = c->target[c->conflict[i].b].row;
		ql_buf_printf(b, "* %s %s %s against %s %s %s (%.2f)\n", x->trial, x->arm, x->target.id, y->trial, y->arm,
			      y->target.id, c->conflict[i].cosine);
	}
	if (c->n_conflict > 40)
		ql_buf_printf(b, "* and %d more\n", c->n_conflict - 40);
}

void ql_calibration_report(const struct ql_calibration *c, const char *command, struct ql_buf *b)
{
	ql_buf_printf(b, "# Calibration run\n\n`%s`, model %016llx, seed %llu, %llu patients per arm, %d targets of calibration "
			 "trials, %d evaluations.\n\nLog posterior %.1f at the model's values, %.1f at the mode. Effective sample size "
			 "%.1f of the %d draws of the last wave (%.1f by their single evaluations); %d draws with equal weights are "
			 "kept. The surface misses evaluations by %.2f standard errors of the targets.\n",
		      command, (unsigned long long)c->v->model_hash, (unsigned long long)c->v->seed,
		      (unsigned long long)c->v->patients, c->n_target, c->n_evaluations, c->log_posterior_before,
		      c->log_posterior_after, c->effective, c->n_drawn, c->effective_alone, c->n_kept, c->misfit);
	parameters(c, b);
	conflicts(c, b);
	targets(c, b);
}
