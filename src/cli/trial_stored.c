/* SPDX-License-Identifier: Apache-2.0 */
/* A trial kept in a store. */
#include "cli/trial_stored.h"
#include "cli/compare_text.h"
#include "cli/trial_text.h"

#define FAILED_SHARE 0.01 /* of the patients: more is exit status 3 */

static int show(struct ql_cli *c, struct ql_trial_work *w, const struct ql_buf *json, double alpha, bool all)
{
	const struct ql_trial *t = ql_trial_work_trial(w);
	uint64_t done = 0, failed = 0;
	if (c->json)
		ql_buf_add(&c->out, json->data, json->len);
	else
		ql_trial_text(c, t, ql_trial_work_result(w), NULL, alpha, all);
	for (int a = 0; a < ql_trial_info(t)->n_arm; a++) {
		uint64_t f;
		done += ql_trial_sum_done(ql_trial_work_sum(w), a, &f);
		failed += f;
	}
	ql_cli_say(c, "Simulated", "%s patients of %s; %s solves failed", ql_grouped(c, done), ql_trial_info(t)->id,
		   ql_grouped(c, failed));
	if ((double)failed <= FAILED_SHARE * (double)done)
		return QL_EXIT_OK;
	struct ql_diag *d = ql_diag_add(&c->ds, QL_E0920, (struct ql_span){0}, "%s patients could not be integrated",
					ql_grouped(c, failed));
	ql_diag_help(d, "try `--solver cvode` or a smaller `--rtol`; if both fail the model leaves its range");
	return QL_EXIT_SOLVES;
}

int ql_trial_stored(struct ql_cli *c, struct ql_trial_spec *spec, double alpha, bool keep_patients,
		    const struct ql_stored *stored, bool all)
{
	struct ql_trial_work *work;
	struct ql_queue_report report = {0};
	struct ql_buf json = {0};
	spec->threads = ql_stored_threads(c, spec->threads);
	enum quell_status s = ql_trial_work_open(spec, alpha, keep_patients, stored->chunk, &c->ds, &work);
	if (s != QUELL_OK && c->team && c->team->rank > 0)
		ql_team_give_up(c->team, &c->ds);
	if (s == QUELL_OK && !ql_stored_expected(c, stored, ql_trial_work(work)))
		s = QUELL_ERR_INPUT;
	int exit = ql_cli_exit(s);
	if (s == QUELL_OK && stored->dry_run) {
		exit = ql_stored_dry_run(c, stored, ql_trial_work(work), spec->threads);
	} else if (s == QUELL_OK) {
		s = ql_stored_run(c, stored, ql_trial_work(work), &json, &report);
		exit = s == QUELL_OK && json.len ? show(c, work, &json, alpha, all) : ql_cli_exit(s);
	}
	ql_buf_free(&json);
	ql_trial_work_close(work);
	return exit;
}
