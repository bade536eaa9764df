/* SPDX-License-Identifier: Apache-2.0 */
/* `sensitivity`, in a store if asked for. */
#include "api/simulation.h"
#include "api/stored.h"
#include <string.h>

static enum quell_status sensitivity(void *arg)
{
	struct ql_api_sensitivity_job *w = arg;
	enum quell_status s = ql_sensitivity_work_open(&w->spec, &w->r->ds, &w->work);
	if (s == QUELL_OK)
		s = w->store.path ? ql_api_stored(w->r, &w->store, ql_sensitivity_work(w->work))
				  : ql_sensitivity_run(w->work, &w->r->json);
	if (s == QUELL_OK)
		ql_run_sheets(w->r, ql_tables_sensitivity);
	return s;
}

enum quell_status ql_api_sensitivity_run(struct ql_api_sensitivity_job *w)
{
	w->spec.run = &w->run;
	enum quell_status s = ql_protect(sensitivity, w);
	ql_sensitivity_work_close(w->work);
	return s;
}

static enum quell_status asked_well(struct ql_api_run *r, const struct ql_api_sensitivity_job *w)
{
	const struct ql_sensitivity_spec *s = &w->spec;
	struct ql_diag *d = NULL;
	if (w->run.n_whatif) {
		d = ql_diag_add(&r->ds, QL_E0911, (struct ql_span){0}, "sensitivity takes no what-ifs");
		ql_diag_help(d, "name regimens, or write the change into a regimen file of your own");
	}
	if (s->function && strcmp(s->function, "ishigami") != 0 && strcmp(s->function, "g") != 0) {
		d = ql_diag_add(&r->ds, QL_E0913, (struct ql_span){0}, "no function `%s`", s->function);
		ql_diag_help(d, "ishigami or g");
	}
	return d ? QUELL_ERR_USAGE : QUELL_OK;
}

enum quell_status ql_api_sensitivity(struct ql_api_run *r)
{
	static const char *usual[] = {"pfs_rate_60mo"};
	bool morris = ql_run_choice(r, "method") == 1;
	struct ql_api_sensitivity_job w = {.r = r,
					   .spec = {.function = ql_run_text(r, "function"),
						    .method = morris ? QL_SENSITIVITY_MORRIS : QL_SENSITIVITY_SOBOL,
						    .samples = ql_run_count(r, "samples"),
						    .spread = ql_run_number(r, "spread")}};
	w.spec.input = ql_run_list(r, "params", &w.spec.n_input);
	w.spec.range = ql_run_list(r, "range", &w.spec.n_range);
	w.spec.endpoint = ql_run_list(r, "endpoint", &w.spec.n_endpoint);
	if (w.spec.samples == 0)
		w.spec.samples = morris ? 20 : 256;
	if (w.spec.n_endpoint == 0) {
		w.spec.endpoint = usual;
		w.spec.n_endpoint = 1;
	}
	enum quell_status s = ql_api_run_spec(r, !w.spec.function, &w.run);
	if (s == QUELL_OK)
		s = asked_well(r, &w);
	if (s == QUELL_OK)
		s = ql_api_store_options(r, &w.store);
	return s == QUELL_OK ? ql_api_sensitivity_run(&w) : s;
}
