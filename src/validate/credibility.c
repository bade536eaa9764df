/* SPDX-License-Identifier: Apache-2.0 */
#include "validate/credibility.h"
#include "base/csv.h"
#include <math.h>
#include <string.h>

struct rule {
	const char *id, *arm, *side, *text;
	int n;
	struct ql_buf rows;
};

static const char front[] =
	"# Credibility\n\n"
	"Written by the run below; tables follow ASME V&V 40 (2018) and ICH M15. Nothing here is edited by hand.\n\n";

static const char context[] =
	"## Context of use\n\n"
	"| item | statement |\n|---|---|\n"
	"| question of interest | how groups of patients with chronic lymphocytic leukaemia fare under a regimen, and how regimens "
	"compare: response, residual disease, progression, survival, adverse events |\n"
	"| context of use | design of trials and comparison of regimens before and between trials, beside the evidence; groups of "
	"virtual patients |\n"
	"| not for | treatment of a person; claims of efficacy or safety; therapies without clinical data in CLL other than as "
	"hypotheses (evidence grade D, said in every output) |\n"
	"| quantities of interest | those of the tables below |\n\n"
	"## Model risk\n\n"
	"| item | level | why |\n|---|---|---|\n"
	"| influence of the model on a decision | medium | it stands beside published evidence and network meta-analysis, and never "
	"alone |\n"
	"| consequence of a wrong decision | medium | a trial planned with a wrong effect or size; no patient is treated by it |\n"
	"| model risk | medium | asks for validation against independent trials, with misses shown |\n\n"
	"## Verification\n\n"
	"| what | how | where |\n|---|---|---|\n"
	"| code | unit tests of every room, fuzzing of every reader, two compilers | `ctest`, `tests/` |\n"
	"| numerical method | against SUNDIALS CVODE, closed forms, SBML and NONMEM reference results | `quell conformance`, "
	"docs/numerics.md |\n"
	"| discretisation | endpoints at tighter tolerances | `quell compare --numerics` |\n"
	"| model text against its back ends | compiled kernels against the interpreter, bit for bit | `ctest -R emit` |\n"
	"| survival statistics | reference analyses in R | `quell conformance`, `ctest -R survival` |\n"
	"| reproducibility | the same bytes for any threads, lanes and order | `ctest` |\n\n"
	"## Calibration\n\n"
	"| item | statement |\n|---|---|\n"
	"| data | trials with role `calibration` in evidence/roles.csv, and published measurements named in the model text |\n"
	"| not used | trials with role `validation` or `evidence` |\n"
	"| method | values of the model text by its sources; posterior draws by `quell calibrate`, docs/calibration.md |\n"
	"| identifiability and conflicts | library/posterior/report.md |\n\n";

static const char limits[] =
	"## Limits\n\n"
	"| limit | consequence |\n|---|---|\n"
	"| many parameters are assumed or recalled | each says so: `quell model show`, `quell explain NAME` |\n"
	"| baselines of most trials are recalled, not read in the publication | the file of each trial in library/trials says so "
	"per covariate |\n"
	"| what follows progression is one table per period | overall survival and time to next treatment carry its errors |\n"
	"| Richter transformation ends the model | no statement about its treatment |\n"
	"| comorbidity is one factor of background death | no statement by organ |\n"
	"| published values differ in method (MRD assay, response review, grading scales) | part of the trial effect |\n\n";

static void scores(const struct ql_validation *v, struct ql_buf *b)
{
	ql_buf_puts(b, "## Validation\n\nA hit: the published value lies in the 95 % prediction interval of a trial of that size "
		       "(docs/validation.md). Verified rows only.\n\n| role | rows | hits | one vote per trial | coverage of 50, 80, "
		       "95 % intervals | half-width over binomial |\n|---|---|---|---|---|---|\n");
	for (int i = 0; i < 4; i++) {
		const struct ql_score *s = &v->score[i];
		if (s->n > 0)
			ql_buf_printf(b, "| %s | %d | %d (%.0f %%) | %.0f %% of %d | %.0f, %.0f, %.0f | %.2f |\n", s->role, s->n,
				      s->hit, 100.0 * s->hit / s->n, 100 * s->by_trial, s->n_trial, 100 * s->coverage[0],
				      100 * s->coverage[1], 100 * s->coverage[2], s->half_width);
	}
	ql_buf_puts(b, "\nAims: 90 % of calibration and 75 % of validation rows; half-width at most 2.\n\nMean absolute error of arms of "
		       "150 patients or more, in points; of medians and ratios in %.\n\n| class | aim | calibration | validation |\n"
		       "|---|---|---|---|\n");
	static const char *const aim[QL_CLASS_COUNT] = {"8", "20", "", "8", "12", "12", "10"};
	for (int c = 0; c < QL_CLASS_COUNT; c++) {
		ql_buf_printf(b, "| %s | %s |", ql_target_class_name[c], aim[c]);
		for (int i = 0; i < 2; i++) {
			const struct ql_class_score *s = &v->score[i].class[c];
			if (s->n > 0)
				ql_buf_printf(b, " %.1f (%d rows) |", 100 * s->mean_error, s->n);
			else
				ql_buf_puts(b, " none |");
		}
		ql_buf_puts(b, "\n");
	}
}

static void uncertainty(const struct ql_validation *v, struct ql_buf *b)
{
	ql_buf_puts(b, "\n## Uncertainty\n\n| source | how it enters |\n|---|---|\n| between patients | hidden normals of the model, laws "
		       "of the population |\n| sampling of a trial | resampling to the published size, entry, data cut, loss |\n"
		       "| finite simulation | intervals are widened by the size of the cohort |\n");
	ql_buf_puts(b, "| between trials | random effect, standard deviation on the scale of the estimate:");
	for (int c = 0; c < QL_EFFECT_COUNT; c++)
		ql_buf_printf(b, "%s %s %.2f", c ? "," : "", ql_effect_name[c], v->trial_sd[c]);
	if (v->n_draws > 1)
		ql_buf_printf(b, " |\n| parameters | %d posterior draws: what they differ by beyond chance is a random effect of its own |\n\n", v->n_draws);
	else
		ql_buf_puts(b, " |\n| parameters | not in this run; `--draws posterior` adds them |\n\n");
}

static bool starts(const char *s, const char *with) { return strncmp(s, with, strlen(with)) == 0; }

static bool fits(const struct rule *r, const struct ql_validated *x)
{
	bool above = x->sim.estimate > x->value;
	return (strcmp(r->id, "*") == 0 || starts(x->target.id, r->id)) && (!*r->arm || strstr(x->arm, r->arm)) &&
	       (strcmp(r->side, "any") == 0 || above == (strcmp(r->side, "above") == 0));
}

static void number(struct ql_buf *b, const struct ql_target *t, double x)
{
	bool ratio = t->kind == QL_TARGET_HR, median = t->kind == QL_TARGET_MEDIAN;
	if (isfinite(x))
		ql_buf_printf(b, ratio ? "%.2f" : median ? "%.1f" : "%.0f %%", ratio || median ? x : 100 * x);
	else
		ql_buf_puts(b, "not reached");
}

static void add_miss(struct rule *r, const struct ql_validated *x)
{
	ql_buf_printf(&r->rows, "%s%s %s %s %s ", r->n++ ? "; " : "", x->trial, x->arm, x->target.id,
		      strcmp(x->role, "calibration") == 0 ? "(c)" : strcmp(x->role, "validation") == 0 ? "(v)" : "(e)");
	number(&r->rows, &x->target, x->value);
	ql_buf_puts(&r->rows, " published, ");
	number(&r->rows, &x->target, x->sim.estimate);
	ql_buf_puts(&r->rows, " simulated");
}

static void misses(const struct ql_validation *v, struct rule *rule, int n, struct ql_buf *b)
{
	ql_buf_puts(b, "## Misses and their diagnoses\n\n(c) calibration, (v) validation, (e) evidence.\n\n| diagnosis | misses | rows "
		       "|\n|---|---|---|\n");
	for (int i = 0; i < v->n_item; i++) {
		const struct ql_validated *x = &v->item[i];
		if (!x->counted || x->hit)
			continue;
		int r = 0;
		while (r < n - 1 && !fits(&rule[r], x))
			r++;
		add_miss(&rule[r], x);
	}
	for (int r = 0; r < n; r++)
		if (rule[r].n > 0)
			ql_buf_printf(b, "| %s | %d | %s |\n", rule[r].text, rule[r].n, rule[r].rows.data);
}

static void not_simulated(const struct ql_validation *v, struct ql_buf *b)
{
	ql_buf_puts(b, "\n## Not simulated\n\nTrials and arms without counterpart, with the reason; single rows: `quell validate "
		       "--all`.\n\n| trial | arm | reason |\n|---|---|---|\n");
	for (int i = 0; i < v->n_left_out; i++)
		ql_buf_printf(b, "| %s | %s | %s |\n", v->left_out[i].trial, v->left_out[i].arm, v->left_out[i].reason);
}

enum quell_status ql_credibility(const struct ql_validation *v, const char *data_dir, const char *command,
				 struct ql_diags *ds, struct ql_buf *out)
{
	struct ql_arena a = {0};
	struct ql_csv_options o = {.comment = '#'};
	struct ql_csv *t;
	enum quell_status s = ql_csv_read(&a, ql_arena_printf(&a, "%s/library/validation/diagnoses.csv", data_dir), &o, ds, &t);
	int id = -1, arm = -1, side = -1, text = -1;
	if (s == QUELL_OK) {
		id = ql_csv_column(t, "id", true, ds);
		arm = ql_csv_column(t, "arm", true, ds);
		side = ql_csv_column(t, "side", true, ds);
		text = ql_csv_column(t, "diagnosis", true, ds);
	}
	if (s != QUELL_OK || id < 0 || arm < 0 || side < 0 || text < 0 || t->n_row == 0) {
		ql_arena_free(&a);
		return s != QUELL_OK ? s : QUELL_ERR_INPUT;
	}
	struct rule *rule = QL_NEW_N(&a, struct rule, (size_t)t->n_row);
	for (int i = 0; i < t->n_row; i++)
		rule[i] = (struct rule){.id = ql_csv_string(t, i, id, &a), .arm = ql_csv_string(t, i, arm, &a),
					.side = ql_csv_string(t, i, side, &a), .text = ql_csv_string(t, i, text, &a)};
	ql_buf_puts(out, front);
	ql_buf_printf(out, "`%s`: quell %s, model %016llx, seed %llu, %llu patients per arm, %d trials.\n\n", command,
		      quell_version(), (unsigned long long)v->model_hash, (unsigned long long)v->seed,
		      (unsigned long long)v->patients, v->n_design);
	ql_buf_puts(out, context);
	scores(v, out);
	uncertainty(v, out);
	misses(v, rule, t->n_row, out);
	not_simulated(v, out);
	ql_buf_puts(out, "\n");
	ql_buf_puts(out, limits);
	ql_buf_puts(out, "Research use only: groups of virtual patients, not advice for a person.\n");
	for (int i = 0; i < t->n_row; i++)
		ql_buf_free(&rule[i].rows);
	ql_arena_free(&a);
	return QUELL_OK;
}
