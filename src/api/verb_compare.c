/* SPDX-License-Identifier: Apache-2.0 */
/* `compare`: the same virtual patients under several regimens, in a store if asked for. */
#include "api/simulation.h"
#include "api/stored.h"
#include "compare/compare_json.h"
#include "compare/numerics.h"
#include "report/report.h"
#include <string.h>

static enum quell_status report(struct ql_api_run *r, const struct ql_compare *c, bool cvode)
{
	const char *html = ql_run_text(r, "html"), *figure = ql_run_text(r, "figure");
	struct ql_buf text = {0};
	enum quell_status s = QUELL_OK;
	if (html) {
		struct ql_buf json = {0};
		ql_compare_json(c, &json);
		const struct ql_report page = {ql_compare_heading(c, &r->work), NULL, cvode ? "CVODE" : "Rodas5P", &json};
		ql_report_page(&page, &text);
		ql_buf_free(&json);
		s = ql_run_write(r, html, &text);
	}
	text.len = 0;
	if (figure && s == QUELL_OK) {
		ql_report_figure(c, &text);
		s = ql_run_write(r, figure, &text);
	}
	ql_buf_free(&text);
	return s;
}

/* JSON, tables and files of a finished comparison. */
static enum quell_status deliver(struct ql_api_compare *w)
{
	struct ql_api_run *r = w->r;
	uint64_t numerics = ql_run_count(r, "numerics");
	if (numerics && !w->c->interrupted) {
		enum quell_status s = ql_compare_numerics(&w->spec, numerics, &r->ds, w->c);
		if (s != QUELL_OK)
			return s;
	}
	r->json.len = 0;
	ql_compare_json(w->c, &r->json);
	ql_run_sheets(r, ql_tables_compare);
	return w->c->interrupted ? QUELL_ERR_INTERRUPTED : report(r, w->c, w->spec.solver == QL_SOLVER_CVODE);
}

static enum quell_status stored(struct ql_api_compare *w)
{
	enum quell_status s = ql_compare_work_open(&w->spec, w->keep, w->store.chunk, &w->r->ds, &w->work);
	if (s == QUELL_OK)
		s = ql_api_stored(w->r, &w->store, ql_compare_work(w->work));
	if (s != QUELL_OK)
		return s;
	w->c = ql_compare_work_result(w->work);
	return deliver(w);
}

static enum quell_status run(void *arg)
{
	struct ql_api_compare *w = arg;
	if (w->store.path)
		return stored(w);
	enum quell_status s = ql_compare_run(&w->spec, &w->r->ds, &w->c);
	return s == QUELL_OK ? deliver(w) : s;
}

enum quell_status ql_api_compare_run(struct ql_api_compare *w)
{
	enum quell_status s = ql_protect(run, w);
	ql_compare_free(w->c);
	ql_compare_work_close(w->work);
	return s;
}

enum quell_status ql_api_compare(struct ql_api_run *r)
{
	struct ql_api_compare w = {.r = r};
	enum quell_status s = ql_api_run_spec(r, true, &w.spec);
	w.spec.draws = ql_run_text(r, "draws");
	w.spec.no_courses = ql_run_flag(r, "no-courses");
	w.spec.no_contrasts = ql_run_flag(r, "no-contrasts");
	w.spec.n_draws = ql_run_int(r, "n-draws");
	if (s == QUELL_OK)
		s = ql_api_store_options(r, &w.store);
	w.keep = (struct ql_compare_keep){w.store.keep_patients, w.store.keep_courses};
	return s == QUELL_OK ? ql_api_compare_run(&w) : s;
}
