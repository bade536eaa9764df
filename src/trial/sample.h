/* SPDX-License-Identifier: Apache-2.0 */
/* A table of times and events as arrays, and the analyses of it as JSON. */
#ifndef QL_TRIAL_SAMPLE_H
#define QL_TRIAL_SAMPLE_H

#include "base/csv.h"
#include "trial/survival.h"
#include <jansson.h>

struct ql_work { /* where results live and mistakes go */
	struct ql_arena *a;
	struct ql_diags *ds;
};

struct ql_levels { /* the different values of a column, numbers in order of size, else in order of bytes */
	const char **name;
	int n;
};

struct ql_sample {
	size_t n, dropped;
	double *time, *x; /* x[n*p] */
	int *event, *group, *strata;
	struct ql_levels groups;
	const char **term; /* [p] names of columns of x: text columns become "sex=male" against the first value */
	int p;
};

struct ql_sample_columns { /* names; NULL or empty: not used */
	const char *time, *event, *group, *strata;
	const char *const *covariate;
	int n_covariate;
};

/* Rows with a blank in a used column are left out. False with diagnostics if columns or values are wrong. */
bool ql_sample_take(const struct ql_work *c, const struct ql_csv *t, const struct ql_sample_columns *names,
		    struct ql_sample *out);

/* NULL `time`: about six round times. */
json_t *ql_survival_km(const struct ql_work *c, const struct ql_sample *s, double level, const double *time, int n_time);
/* minuend and subtrahend: numbers of the groups of the difference; -1 = none. */
json_t *ql_survival_rmst(const struct ql_work *c, const struct ql_sample *s, double tau, int minuend, int subtrahend);
json_t *ql_survival_logrank(const struct ql_work *c, const struct ql_sample *s, double rho);
json_t *ql_survival_cox(const struct ql_work *c, const struct ql_sample *s, enum ql_ties ties);
struct ql_cause {
	const char *name;
	int code;
};
json_t *ql_survival_cif(const struct ql_work *c, const struct ql_sample *s, const struct ql_cause *cause, int n_cause,
			const double *time, int n_time);

/* What `quell survival` does with one table: curves (or cumulative incidence), restricted means, test, Cox model. */
struct ql_survival_request {
	const char *time, *event, *group, *strata; /* columns; NULL: none */
	const char *const *cox;                    /* columns of the Cox model */
	int n_cox;
	const char *const *times; /* numbers; none: round times */
	int n_times;
	const char *const *competing; /* event codes */
	int n_competing;
	enum ql_ties ties;
	double tau, rho, level; /* tau NaN: no restricted mean */
};
/* schema "quell.survival/1", a new reference. */
enum quell_status ql_survival_analyses(const struct ql_work *w, const struct ql_csv *table,
				       const struct ql_survival_request *r, json_t **out);

#endif
