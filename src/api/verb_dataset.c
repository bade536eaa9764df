/* SPDX-License-Identifier: Apache-2.0 */
/* `dataset`: the records of a NONMEM data set through any model. */
#include "api/api.h"
#include "base/pool.h"
#include "dosing/dataset.h"
#include "dosing/dataset_job.h"
#include <math.h>
#include <string.h>

struct work {
	struct ql_api_run *r;
	struct ql_model *m;
};

/* IDs as numbers where they all are, as data frames have them. */
static bool numeric_ids(const struct ql_dataset *d, double *id)
{
	for (int i = 0; i < d->n_subject; i++)
		if (!ql_parse_double(d->subject[i].id, strlen(d->subject[i].id), &id[i]))
			return false;
	return true;
}

static void add_ids(struct ql_table *t, const struct ql_dataset *d, const double *id, bool per_record)
{
	double *number = id ? ql_table_doubles(t, "ID", "", "subject") : NULL;
	int text = id ? -1 : ql_table_text(t, "ID", "subject");
	for (int i = 0; i < d->n_subject; i++) {
		int n = per_record ? d->subject[i].n : 1;
		for (int k = 0; number && k < n; k++)
			*number++ = id[i];
		if (!number)
			ql_table_text_fill(t, text, d->subject[i].id, n);
	}
}

static void records(struct ql_api_run *r, const struct ql_model *m, const struct ql_dataset *d,
		    const struct ql_dataset_result *x, const double *id)
{
	struct ql_table *t = ql_run_add_table(r, "records", d->n_record);
	add_ids(t, d, id, true);
	double *time = ql_table_doubles(t, "TIME", m->has_units ? "day" : "", "in the model's own unit");
	for (int i = 0; i < d->n_record; i++)
		time[i] = d->record[i].time;
	double **column = QL_NEW_N(&r->work, double *, (size_t)x->n_out + 1);
	for (int k = 0; k < x->n_out; k++)
		column[k] = ql_table_doubles(t, x->name[k], m->q[x->quantity[k]].unit, m->q[x->quantity[k]].doc);
	for (int i = 0; i < d->n_record; i++)
		for (int k = 0; k < x->n_out; k++)
			column[k][i] = x->value[(size_t)i * (size_t)x->n_out + (size_t)k];
}

static void subjects(struct ql_api_run *r, const struct ql_dataset *d, const struct ql_dataset_result *x, const double *id)
{
	struct ql_table *t = ql_run_add_table(r, "subjects", d->n_subject);
	add_ids(t, d, id, false);
	int64_t *n = ql_table_ints(t, "records", "", "");
	int status = ql_table_text(t, "status", "of the integration");
	for (int i = 0; i < d->n_subject; i++) {
		n[i] = d->subject[i].n;
		ql_table_text_add(t, status, quell_status_text(x->status[i]));
	}
}

static enum quell_status simulate(void *arg)
{
	struct work *w = arg;
	struct ql_api_run *r = w->r;
	const struct ql_run_value *model = ql_run_value(r, "model");
	struct ql_dataset_job job;
	struct ql_csv *table;
	struct ql_dataset data;
	struct ql_dataset_result x;
	enum quell_status s = ql_run_csv(r, "data", true, &table);
	if (s != QUELL_OK)
		return s;
	s = model->model.m ? ql_model_again(model->model.m, &r->ds, &w->m) : ql_model_load(model->text, &r->ds, &w->m);
	if (s != QUELL_OK)
		return s;
	int n_set, n_agent;
	const char **set = ql_run_list(r, "set", &n_set), **agent = ql_run_list(r, "agents", &n_agent);
	const char **all = QL_NEW_N(&r->work, const char *, (size_t)(n_set + model->model.n_set) + 1);
	for (int i = 0; i < n_set + model->model.n_set; i++)
		all[i] = i < model->model.n_set ? model->model.set[i] : set[i - model->model.n_set];
	double threads = ql_run_number(r, "threads");
	job = (struct ql_dataset_job){.set = all,
				      .n_set = n_set + model->model.n_set,
				      .agent = agent,
				      .n_agent = n_agent,
				      .interpolation = (enum ql_interpolation)ql_run_choice(r, "covariates"),
				      .states = ql_run_flag(r, "states"),
				      .rtol = ql_run_number(r, "rtol"),
				      .atol = ql_run_number(r, "atol"),
				      .threads = isnan(threads) ? 0 : (int)threads,
				      .native = ql_run_choice(r, "native"),
				      .cancel = &r->cancel};
	s = ql_dataset_job_run(&job, w->m, table, &r->work, &r->ds, &data, &x);
	if (s != QUELL_OK && s != QUELL_ERR_NUMERIC)
		return s;
	double *id = QL_NEW_N(&r->work, double, (size_t)data.n_subject + 1);
	bool numbers = numeric_ids(&data, id);
	records(r, w->m, &data, &x, numbers ? id : NULL);
	subjects(r, &data, &x, numbers ? id : NULL);
	return s;
}

enum quell_status ql_api_dataset(struct ql_api_run *r)
{
	struct work w = {.r = r};
	const struct ql_run_value *model = ql_run_value(r, "model");
	if (!model->model.m && !model->text) {
		struct ql_diag *d = ql_diag_add(&r->ds, QL_E0915, (struct ql_span){0}, "dataset needs a `model`");
		ql_diag_help(d, "give a model, or the path of a .qm or .xml file");
		return QUELL_ERR_USAGE;
	}
	enum quell_status s = ql_protect(simulate, &w);
	ql_model_free(w.m);
	return s;
}
