/* SPDX-License-Identifier: Apache-2.0 */
/* `trial`: one virtual trial from its design, many of them for power, in a store if asked for. */
#include "api/stored.h"
#include "study/adam.h"
#include <string.h>

static enum quell_status stored(struct ql_api_trial_job *w)
{
	enum quell_status s = ql_trial_work_open(&w->spec, w->power.alpha, w->keep_patients, w->store.chunk, &w->r->ds, &w->work);
	if (s == QUELL_OK)
		s = ql_api_stored(w->r, &w->store, ql_trial_work(w->work));
	if (s == QUELL_OK)
		ql_run_sheets(w->r, ql_tables_trial);
	return s;
}

static enum quell_status run(void *arg)
{
	struct ql_api_trial_job *w = arg;
	struct ql_api_run *r = w->r;
	struct ql_trial_result result;
	struct ql_power_result power;
	bool many = w->power.replicates > 1;
	const struct ql_trial_once how = {w->adam, many ? NULL : ql_run_on_progress, r};
	if (w->store.path)
		return stored(w);
	enum quell_status s = ql_trial_open(&w->spec, &r->ds, &w->t);
	if (s != QUELL_OK)
		return s;
	w->sum = ql_trial_sum_make(w->t);
	s = ql_trial_once(w->t, &how, w->sum, &r->ds);
	if (s == QUELL_OK && many)
		s = ql_trial_power(&w->spec, &w->power, &r->work, &r->ds, &power);
	if (s != QUELL_OK && s != QUELL_ERR_INTERRUPTED)
		return s;
	enum quell_status estimated = ql_trial_estimate(w->t, w->sum, &r->work, &result);
	if (estimated != QUELL_OK)
		return estimated;
	ql_trial_json(w->t, w->sum, &result, many && s == QUELL_OK ? &power : NULL, w->power.alpha, s == QUELL_ERR_INTERRUPTED, &r->json);
	ql_run_sheets(r, ql_tables_trial);
	return s;
}

enum quell_status ql_api_trial_run(struct ql_api_trial_job *w)
{
	w->power.progress = ql_run_on_progress;
	w->power.progress_ctx = w->r;
	enum quell_status s = ql_protect(run, w);
	if (w->sum)
		ql_trial_sum_free(w->sum);
	if (w->t)
		ql_trial_close(w->t);
	ql_trial_work_close(w->work);
	return s;
}

/* A store holds one trial's counts and records: what needs more than that runs without one. */
static enum quell_status storable(const struct ql_api_trial_job *w)
{
	const char *word = w->adam ? "adam" : w->power.replicates > 1 ? "replicates" : w->store.keep_courses ? "courses" : NULL;
	if (!w->store.path || !word)
		return QUELL_OK;
	struct ql_diag *d = ql_diag_add(&w->r->ds, QL_E0913, (struct ql_span){0}, "a trial in a store takes no `%s`", word);
	ql_diag_help(d, "leave it out, or run without `store`");
	return QUELL_ERR_USAGE;
}

enum quell_status ql_api_trial(struct ql_api_run *r)
{
	struct ql_api_trial_job w = {.r = r,
				     .spec = {.design = ql_run_text(r, "design"),
					      .patients = ql_run_count(r, "patients"),
					      .seed = ql_run_count(r, "seed"),
					      .threads = ql_run_threads(r),
					      .lanes = ql_run_lanes(r),
					      .solver = ql_run_choice(r, "solver") ? QL_SOLVER_CVODE : QL_SOLVER_OWN,
					      .rtol = ql_run_number(r, "rtol"),
					      .draws = ql_run_text(r, "draws"),
					      .n_draws = ql_run_int(r, "n-draws"),
					      .cancel = &r->cancel},
				     .power = {.replicates = ql_run_count(r, "replicates"),
					       .alpha = ql_run_number(r, "alpha"),
					       .futility = ql_run_number(r, "futility")},
				     .adam = ql_run_text(r, "adam")};
	int n_look;
	const char **look = ql_run_list(r, "looks", &n_look);
	w.spec.set = ql_run_list(r, "set", &w.spec.n_set);
	if (!w.spec.design)
		return ql_run_needs(r, "design", "the name of a design of the library, such as cll14, or a path");
	enum quell_status s = ql_run_data(r);
	if (s == QUELL_OK)
		s = ql_api_store_options(r, &w.store);
	w.spec.data_dir = r->data_dir;
	w.keep_patients = w.store.keep_patients;
	if (s == QUELL_OK)
		s = storable(&w);
	if (s == QUELL_OK && (!ql_power_looks(look, n_look, &w.power, &r->ds) || !ql_power_draws_fit(w.spec.draws, &w.power, (struct ql_span){0}, &r->ds)))
		s = QUELL_ERR_INPUT;
	return s == QUELL_OK ? ql_api_trial_run(&w) : s;
}
