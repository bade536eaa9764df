/* SPDX-License-Identifier: Apache-2.0 */
#include "decide/model_error.h"
#include "base/csv.h"
#include "decide/guideline.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define FEW_ARMS 5
#define YEARS_PER_SURVIVAL 0.1 /* error of the logarithm of quality-adjusted years over that of the logit of survival */

enum quell_status ql_model_errors_load(const char *data_dir, struct ql_arena *a, struct ql_diags *ds, struct ql_model_errors *out)
{
	static const char *const columns[] = {"measure", "class", "sd", "mean", "arms", "rows", NULL};
	const struct ql_csv_options options = {.delimiter = ',', .comment = '#'};
	const char *path = ql_arena_printf(a, "%s/library/validation/model_error.csv", data_dir);
	struct ql_csv *t = NULL;
	*out = (struct ql_model_errors){0};
	FILE *f = fopen(path, "r");
	if (!f)
		return QUELL_OK;
	fclose(f);
	int errors = ds->n_errors;
	enum quell_status s = ql_csv_read(a, path, &options, ds, &t);
	if (s != QUELL_OK)
		return s;
	ql_csv_check_columns(t, columns, ds);
	int measure = ql_csv_column(t, "measure", true, ds), class = ql_csv_column(t, "class", true, ds),
	    sd = ql_csv_column(t, "sd", true, ds), arms = ql_csv_column(t, "arms", true, ds);
	out->row = QL_NEW_N(a, struct ql_error_row, (size_t)t->n_row + 1);
	for (int i = 0; i < t->n_row && ds->n_errors == errors; i++) {
		struct ql_error_row *r = &out->row[out->n_row++];
		*r = (struct ql_error_row){ql_csv_string(t, i, measure, a), ql_csv_string(t, i, class, a), 0, 0};
		ql_csv_number_required(t, i, sd, ds, &r->sd);
		ql_csv_whole(t, i, arms, 1, 1000000, ds, &r->arms);
	}
	return ds->n_errors == errors ? QUELL_OK : QUELL_ERR_INPUT;
}

static const struct ql_error_row *find(const struct ql_model_errors *m, const char *measure, const char *class)
{
	for (int i = 0; i < m->n_row; i++)
		if (strcmp(m->row[i].measure, measure) == 0 && strcmp(m->row[i].class, class) == 0)
			return &m->row[i];
	return NULL;
}

/* The regimen's class in the order of tools/model_error.py; "all" where none of them. */
static const char *class_of(const struct ql_regimen *g)
{
	static const char *const class[] = {"CAR-T cells", "bispecific antibody", "BTK inhibitor", "BCL2 inhibitor", "PI3K inhibitor",
					    "chemotherapy", "anti-CD20 antibody"};
	for (size_t i = 0; i < sizeof class / sizeof *class; i++)
		if (ql_regimen_holds(g, class[i]))
			return class[i];
	return "all";
}

void ql_model_errors_of(const struct ql_model_errors *m, const struct ql_regimen *g, double *sd, int *arms)
{
	const char *class = class_of(g);
	for (int k = 0; k < QL_K_COUNT; k++) {
		const struct ql_error_row *r = find(m, ql_benefit_def[k].id, class);
		r = r ? r : find(m, ql_benefit_def[k].id, "all");
		sd[k] = ql_benefit_def[k].error;
		arms[k] = r ? (int)r->arms : 0;
		const struct ql_error_row *all = find(m, ql_benefit_def[k].id, "all");
		if (r)
			sd[k] = all && all->arms >= FEW_ARMS ? r->sd : fmax(r->sd, sd[k]);
	}
	if (arms[QL_K_os]) {
		sd[QL_K_qaly] = YEARS_PER_SURVIVAL * sd[QL_K_os];
		arms[QL_K_qaly] = arms[QL_K_os];
	}
}
