/* SPDX-License-Identifier: Apache-2.0 */
/* `trial`: one virtual trial from its design. */
#include "api/api.h"
#include "decide/trial_json.h"
#include <math.h>

enum { CHUNK = 256 * 64 };

struct work {
	struct ql_run *r;
	struct ql_trial *t;
	struct ql_trial_sum *sum;
};

/* Chunk by chunk: records live no longer than it takes to count them. */
static enum quell_status simulate(struct work *w)
{
	uint64_t n = ql_trial_info(w->t)->n_total, most = n < CHUNK ? n : CHUNK;
	struct ql_patient_record *record = QL_NEW_N(&w->r->work, struct ql_patient_record, (size_t)most + 1);
	enum quell_status s = QUELL_OK;
	for (uint64_t at = 0; at < n && s == QUELL_OK; at += CHUNK) {
		uint64_t size = n - at < CHUNK ? n - at : CHUNK;
		s = ql_trial_chunk(w->t, 0, at, size, record, NULL, NULL, &w->r->ds);
		if (s == QUELL_OK || s == QUELL_ERR_INTERRUPTED)
			ql_trial_sum_add(w->sum, record, size);
		if (s == QUELL_OK)
			ql_run_on_progress(w->r, at + size, n);
	}
	return s;
}

static void arms(struct work *w)
{
	const struct ql_trial_info *info = ql_trial_info(w->t);
	struct ql_table *t = ql_run_add_table(w->r, "arms", info->n_arm);
	int arm = ql_table_text(t, "arm", ""), title = ql_table_text(t, "title", ""),
	    grade = ql_table_text(t, "evidence_grade", "A phase 3 in CLL to D no clinical data in CLL"),
	    warning = ql_table_text(t, "warning", "");
	int64_t *n = ql_table_ints(t, "patients", "", ""), *done = ql_table_ints(t, "patients_done", "", ""),
		*failed = ql_table_ints(t, "patients_failed", "", "");
	for (int a = 0; a < info->n_arm; a++) {
		const char letter[2] = {info->evidence_grade[a], 0};
		uint64_t bad = 0;
		ql_table_text_add(t, arm, info->arm[a]);
		ql_table_text_add(t, title, info->arm_title[a]);
		ql_table_text_add(t, grade, letter);
		ql_table_text_add(t, warning, info->warning[a]);
		n[a] = (int64_t)info->n[a];
		done[a] = (int64_t)ql_trial_sum_done(w->sum, a, &bad);
		failed[a] = (int64_t)bad;
	}
}

static void endpoints(struct work *w, const struct ql_trial_result *r)
{
	const struct ql_trial_info *info = ql_trial_info(w->t);
	struct ql_table *t = ql_run_add_table(w->r, "endpoints", (int64_t)info->n_arm * r->n_endpoint);
	int arm = ql_table_text(t, "arm", ""), id = ql_table_text(t, "endpoint", ""), title = ql_table_text(t, "title", ""),
	    unit = ql_table_text(t, "unit", "");
	double *x[3] = {ql_table_doubles(t, "estimate", "", "in `unit`"), ql_table_doubles(t, "lower", "", "in `unit`"),
			ql_table_doubles(t, "upper", "", "in `unit`")};
	for (int a = 0, k = 0; a < info->n_arm; a++)
		for (int i = 0; i < r->n_endpoint; i++, k++) {
			const struct ql_endpoint *e = &r->endpoint[a][i];
			ql_table_text_add(t, arm, info->arm[a]);
			ql_table_text_add(t, id, e->id);
			ql_table_text_add(t, title, e->title);
			ql_table_text_add(t, unit, e->unit);
			x[0][k] = e->estimate;
			x[1][k] = e->lower;
			x[2][k] = e->upper;
		}
}

static void contrasts(struct work *w, const struct ql_trial_result *r)
{
	static const char *const name[] = {"events", "hazard_ratio", "lower", "upper", "p", "z"};
	const struct ql_trial_info *info = ql_trial_info(w->t);
	struct ql_table *t = ql_run_add_table(w->r, "contrasts", r->n_contrast);
	int a = ql_table_text(t, "a", "arm"), b = ql_table_text(t, "b", "arm"), what = ql_table_text(t, "time_to", "pfs, os, ttnt");
	double *x[6];
	for (int j = 0; j < 6; j++)
		x[j] = ql_table_doubles(t, name[j], "", j == 1 ? "a against b, Cox, stratified" : "");
	for (int i = 0; i < r->n_contrast; i++) {
		const struct ql_trial_contrast *c = &r->contrast[i];
		const double from[6] = {c->events, c->hazard_ratio, c->lower, c->upper, c->p, c->z};
		ql_table_text_add(t, a, info->arm[c->arm_a]);
		ql_table_text_add(t, b, info->arm[c->arm_b]);
		ql_table_text_add(t, what, ql_trial_time_id[c->what]);
		for (int j = 0; j < 6; j++)
			x[j][i] = from[j];
	}
}

static enum quell_status run(void *arg)
{
	static const int lanes[] = {0, 4, 8};
	struct work *w = arg;
	struct ql_run *r = w->r;
	double threads = ql_run_number(r, "threads"), patients = ql_run_number(r, "patients");
	struct ql_trial_spec spec = {.data_dir = r->data_dir,
				     .design = ql_run_text(r, "design"),
				     .patients = isnan(patients) ? 0 : (uint64_t)patients,
				     .seed = (uint64_t)ql_run_number(r, "seed"),
				     .threads = isnan(threads) ? 0 : (int)threads,
				     .lanes = lanes[ql_run_choice(r, "lanes")],
				     .solver = ql_run_choice(r, "solver") ? QL_SOLVER_CVODE : QL_SOLVER_OWN,
				     .rtol = ql_run_number(r, "rtol"),
				     .cancel = &r->cancel};
	struct ql_trial_result result;
	spec.set = ql_run_list(r, "set", &spec.n_set);
	enum quell_status s = ql_trial_open(&spec, &r->ds, &w->t);
	if (s != QUELL_OK)
		return s;
	w->sum = ql_trial_sum_make(w->t);
	s = simulate(w);
	if (s != QUELL_OK && s != QUELL_ERR_INTERRUPTED)
		return s;
	enum quell_status estimated = ql_trial_estimate(w->t, w->sum, &r->work, &result);
	if (estimated != QUELL_OK)
		return estimated;
	arms(w);
	endpoints(w, &result);
	contrasts(w, &result);
	ql_trial_json(w->t, w->sum, &result, NULL, 0.05, s == QUELL_ERR_INTERRUPTED, &r->json);
	return s;
}

enum quell_status ql_api_trial(struct ql_run *r)
{
	struct work w = {.r = r};
	if (!ql_run_text(r, "design")) {
		struct ql_diag *d = ql_diag_add(&r->ds, QL_E0915, (struct ql_span){0}, "trial needs a `design`");
		ql_diag_help(d, "give the name of a design of the library, such as cll14, or a path");
		return QUELL_ERR_USAGE;
	}
	enum quell_status s = ql_run_data(r);
	if (s == QUELL_OK)
		s = ql_protect(run, &w);
	if (w.sum)
		ql_trial_sum_free(w.sum);
	if (w.t)
		ql_trial_close(w.t);
	return s;
}
