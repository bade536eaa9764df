/* SPDX-License-Identifier: Apache-2.0 */
/* `recommend`, `optimize`, `validate`, `calibrate`: options into the settings of their rooms, JSON into tables. */
#include "api/sheet.h"
#include "api/simulation.h"
#include "base/paths.h"
#include "decide/optimize.h"
#include "decide/recommend.h"
#include "report/report.h"
#include "validate/calibrate.h"
#include "validate/credibility.h"
#include <math.h>

/* JSON and tables of a result, under protection so that the result is freed whatever happens. */
struct shown {
	struct ql_api_run *r;
	const void *result;
};
#define SHOW(verb, type, to_json)                          \
	static enum quell_status show_##verb(void *arg)    \
	{                                                  \
		const struct shown *x = arg;               \
		to_json((type)x->result, &x->r->json);     \
		ql_run_own_sheets(x->r);                   \
		return QUELL_OK;                           \
	}
SHOW(recommend, const struct ql_recommendation *, ql_recommendation_json)
SHOW(optimize, const struct ql_optimisation *, ql_optimisation_json)
SHOW(validate, const struct ql_validation *, ql_validation_json)
SHOW(calibrate, const struct ql_calibration *, ql_calibration_json)

/* ---- recommend ---- */

static enum quell_status fields(void *arg)
{
	struct ql_api_run *r = arg;
	struct ql_table *t = ql_run_add_table(r, "fields", QL_PROFILE_N);
	int name = ql_table_text(t, "field", ""), unit = ql_table_text(t, "unit", "missing: a choice");
	double *low = ql_table_doubles(t, "low", "", "in `unit`"), *high = ql_table_doubles(t, "high", "", "in `unit`");
	int choices = ql_table_text(t, "choices", ""), help = ql_table_text(t, "help", "");
	for (int f = 0; f < QL_PROFILE_N; f++) {
		const struct ql_profile_def *d = &ql_profile_def[f];
		ql_table_text_add(t, name, d->name);
		ql_table_text_add(t, unit, d->unit);
		low[f] = d->unit ? d->low : (double)NAN;
		high[f] = d->unit ? d->high : (double)NAN;
		ql_table_text_add(t, choices, d->choices);
		ql_table_text_add(t, help, d->help);
	}
	return QUELL_OK;
}

enum quell_status ql_api_recommend(struct ql_api_run *r)
{
	struct ql_recommend_spec spec = {.profile = ql_run_text(r, "profile"), .guideline = ql_run_text(r, "guideline"),
					 .utilities = ql_run_text(r, "utilities")};
	struct ql_recommendation *out = NULL;
	if (ql_run_flag(r, "fields"))
		return ql_protect(fields, r);
	spec.with = ql_run_list(r, "with", &spec.n_with);
	enum quell_status s = ql_api_run_spec(r, false, &spec.run);
	spec.run.draws = ql_run_text(r, "draws");
	spec.run.n_draws = ql_run_int(r, "n-draws");
	if (s == QUELL_OK && spec.run.years < 5) {
		struct ql_diag *d = ql_diag_add(&r->ds, QL_E0605, (struct ql_span){0}, "five years are the least that the criteria need");
		ql_diag_help(d, "give 5 to 40 `years`");
		return QUELL_ERR_USAGE;
	}
	if (s == QUELL_OK)
		s = ql_recommend_run(&spec, &r->ds, &out);
	struct shown x = {r, out};
	if (out)
		s = ql_protect(show_recommend, &x);
	ql_recommendation_free(out);
	return s;
}

/* ---- optimize ---- */

static enum quell_status measures(void *arg)
{
	struct ql_table *t = ql_run_add_table(arg, "measures", QL_O_COUNT);
	int id = ql_table_text(t, "measure", ""), title = ql_table_text(t, "title", "");
	for (int i = 0; i < QL_O_COUNT; i++) {
		ql_table_text_add(t, id, ql_opt_measure_def[i].id);
		ql_table_text_add(t, title, ql_opt_measure_def[i].title);
	}
	return QUELL_OK;
}

static enum quell_status write_files(struct ql_api_run *r, struct ql_optimisation *o)
{
	const char *out = ql_run_text(r, "out"), *path, *content;
	enum quell_status s = QUELL_OK;
	if (out && o->best < 0) {
		ql_diag_help(ql_diag_add(&r->ds, QL_E0610, (struct ql_span){0}, "no schedule meets the bounds: `%s` is not written", out),
			     "loosen a bound, widen a variable or give more `evaluations`");
		return QUELL_ERR_INPUT;
	}
	for (int i = 0; out && s == QUELL_OK && ql_optimisation_file(o, i, out, &path, &content); i++) {
		struct ql_buf text = {0};
		ql_buf_puts(&text, content);
		s = ql_run_write(r, path, &text);
		ql_buf_free(&text);
	}
	return s;
}

enum quell_status ql_api_optimize(struct ql_api_run *r)
{
	struct ql_optimize_spec spec = {.run = {.population = ql_run_text(r, "population"),
						.patients = ql_run_count(r, "patients"),
						.seed = ql_run_count(r, "seed"),
						.threads = ql_run_threads(r),
						.rtol = ql_run_number(r, "rtol"),
						.cancel = &r->cancel,
						.progress = ql_run_on_progress,
						.progress_ctx = r},
					.evaluations = ql_run_int(r, "evaluations")};
	struct ql_optimisation *o = NULL;
	const char *problem = ql_run_text(r, "problem");
	if (ql_run_flag(r, "measures"))
		return ql_protect(measures, r);
	if (!problem)
		return ql_run_needs(r, "problem", "a worked example of library/optimize, or the path of a .yaml");
	enum quell_status s = ql_run_data(r);
	if (s != QUELL_OK)
		return s;
	spec.run.data_dir = r->data_dir;
	spec.path = ql_library_file(&r->work, r->data_dir, "library/optimize", problem, ".yaml", QL_E0610, "optimisation", &r->ds);
	s = spec.path ? ql_optimize_run(&spec, &r->ds, &o) : QUELL_ERR_INPUT;
	struct shown x = {r, o};
	if (o) {
		enum quell_status filled = ql_protect(show_optimize, &x);
		s = filled != QUELL_OK ? filled : s == QUELL_OK ? write_files(r, o) : s;
	}
	ql_optimisation_free(o);
	return s;
}

/* ---- validate ---- */

static enum quell_status validation_files(struct ql_api_run *r, const struct ql_validation *v)
{
	const char *html = ql_run_text(r, "html"), *dossier = ql_run_text(r, "credibility");
	struct ql_buf text = {0};
	enum quell_status s = QUELL_OK;
	if (html) {
		struct ql_buf json = {0};
		ql_validation_json(v, &json);
		ql_report_page(&(struct ql_report){"Published against simulated", NULL, NULL, &json}, &text);
		ql_buf_free(&json);
		s = ql_run_write(r, html, &text);
	}
	text.len = 0;
	if (dossier && s == QUELL_OK)
		s = ql_credibility(v, r->data_dir, "by the library", &r->ds, &text);
	if (dossier && s == QUELL_OK)
		s = ql_run_write(r, dossier, &text);
	ql_buf_free(&text);
	return s;
}

enum quell_status ql_api_validate(struct ql_api_run *r)
{
	static const char *const roles[] = {NULL, "calibration", "validation", "evidence"};
	struct ql_validate_spec spec = {.panel = {.patients = ql_run_count(r, "patients"),
						  .seed = ql_run_count(r, "seed"),
						  .threads = ql_run_threads(r),
						  .rtol = 1e-4,
						  .draws = ql_run_text(r, "draws"),
						  .n_draws = ql_run_int(r, "n-draws"),
						  .cancel = &r->cancel,
						  .progress = ql_run_on_progress,
						  .progress_ctx = r},
					.role = roles[ql_run_choice(r, "role")],
					.replicates = ql_run_int(r, "replicates"),
					.trial_effect = ql_run_text(r, "trial-effect")};
	struct ql_validation *v = NULL;
	spec.trial = ql_run_list(r, "trial", &spec.n_trial);
	spec.panel.set = ql_run_list(r, "set", &spec.panel.n_set);
	enum quell_status s = ql_run_data(r);
	spec.panel.data_dir = r->data_dir;
	if (s == QUELL_OK)
		s = ql_validate_run(&spec, &r->ds, &v);
	if (s != QUELL_OK)
		return s;
	struct shown x = {r, v};
	s = ql_protect(show_validate, &x);
	if (s == QUELL_OK)
		s = validation_files(r, v);
	ql_validation_free(v);
	return s;
}

/* ---- calibrate ---- */

static void on_stage(void *run, const char *what, uint64_t done, uint64_t total)
{
	(void)what;
	ql_run_on_progress(run, done, total);
}

static enum quell_status calibration_files(struct ql_api_run *r, const struct ql_calibration *c)
{
	static const struct {
		const char *option;
		void (*write)(const struct ql_calibration *c, const char *command, struct ql_buf *out);
	} file[] = {{"out", ql_calibration_draws_csv}, {"report", ql_calibration_report}};
	enum quell_status s = QUELL_OK;
	struct ql_buf text = {0};
	for (int i = 0; i < 2 && s == QUELL_OK; i++) {
		const char *path = ql_run_text(r, file[i].option);
		text.len = 0;
		if (path)
			file[i].write(c, "by the library", &text);
		s = ql_run_write(r, path, &text);
	}
	ql_buf_free(&text);
	return s;
}

enum quell_status ql_api_calibrate(struct ql_api_run *r)
{
	struct ql_calibrate_spec spec = {.panel = {.patients = ql_run_count(r, "patients"),
						   .seed = ql_run_count(r, "seed"),
						   .threads = ql_run_threads(r),
						   .rtol = 1e-4,
						   .cancel = &r->cancel},
					 .parameters = ql_run_text(r, "parameters"),
					 .log = ql_run_text(r, "log"),
					 .steps = ql_run_int(r, "steps"),
					 .draws = ql_run_int(r, "draw"),
					 .keep = ql_run_int(r, "keep"),
					 .progress = on_stage,
					 .progress_ctx = r};
	struct ql_calibration *c = NULL;
	enum quell_status s = ql_run_data(r);
	spec.panel.data_dir = r->data_dir;
	if (s == QUELL_OK)
		s = ql_calibrate_run(&spec, &r->ds, &c);
	if (s != QUELL_OK)
		return s;
	struct shown x = {r, c};
	s = ql_protect(show_calibrate, &x);
	if (s == QUELL_OK)
		s = calibration_files(r, c);
	ql_calibration_free(c);
	return s;
}
